#pragma once

/// When a job starts by itself: by a cron expression, or every so often. Immutable; any thread.

#include "nodeservice/jobs/schedule/cron.h"

#include <variant>
#include <vector>

namespace tessera::jobs {

/// Moments a fixed time apart, whatever clocks show: `anchor` is one of them.
struct Interval {
    std::chrono::seconds every{0};
    Instant anchor{};

    bool operator==(const Interval&) const = default;
};

class Schedule {
  public:
    explicit Schedule(Cron cron) : rule_(std::move(cron)) {}

    /// `every`: at least a second.
    explicit Schedule(Interval interval) : rule_(interval) {}

    /// The first moment after this one; none: never again.
    std::optional<Instant> next(Instant after) const;

    std::vector<Instant> nextTimes(Instant after, std::size_t count) const;

    /// The last moment in (after, until], without counting through all of them.
    std::optional<Instant> lastIn(Instant after, Instant until) const;

    /// "every weekday at 02:30", "every 15 minutes".
    std::string describe() const;

    bool operator==(const Schedule&) const = default;

  private:
    std::variant<Cron, Interval> rule_;
};

/// What happens to times at which nobody looked: the nodes were down, or the clock jumped.
enum class MissedRuns {
    kSkip,     ///< None of them is run.
    kLast,     ///< The last one is.
    kCatchUp,  ///< All are, oldest first.
};

struct DueTimes {
    std::vector<Instant> times;
    /// Everything up to here has been looked at.
    Instant considered{};
};

/// Which times after `considered` up to `now` are to be run. Those older than `grace` are missed. At most `limit` at
/// once (at least one): the rest comes when asked again from `considered`.
DueTimes dueTimes(const Schedule& schedule, Instant considered, Instant now, MissedRuns policy,
                  std::chrono::seconds grace, std::size_t limit);

/// How long after its time a run starts: always the same for a job and a time, in [0, most].
std::chrono::seconds jitterOf(std::string_view job, Instant time, std::chrono::seconds most);

/// "1h30m", "90s", "2d"; an error for what is not positive or not understood.
Result<std::chrono::seconds> parseDuration(std::string_view text);

/// The shortest text that parseDuration reads back.
std::string durationText(std::chrono::seconds duration);

/// "15 minutes", "1 hour 30 minutes".
std::string durationWords(std::chrono::seconds duration);

}  // namespace tessera::jobs
