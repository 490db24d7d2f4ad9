#pragma once

/// Starts runs: when their time has come, and after other jobs. Meant for the store's leader; several at once do no
/// harm, as every batch says what it expects. No threads and no clock of its own. One thread.

#include "nodeservice/jobs/run/records.h"
#include "nodeservice/jobs/run/transitions.h"

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace tessera::jobs {

struct SchedulerOptions {
    /// Of one trigger, at once: the rest follows.
    std::size_t most_times = 100;
};

class Scheduler {
  public:
    /// All outlive it.
    Scheduler(JobStore& store, Definitions& definitions, SchedulerOptions options = {})
        : store_(store), options_(options), definitions_(definitions) {}

    /// How many runs it has started. What failed is tried again the next time.
    Result<std::size_t> tick(std::int64_t now_ms);

    /// The earliest time of a schedule, as the last tick knew them; none: nothing will be due by itself.
    std::optional<Instant> nextDue() const { return next_due_; }

    /// Removes runs that are older than their jobs keep them, some at a time.
    Result<> pruneOld(std::int64_t now_ms);

    /// Jobs that this program does not understand, and why.
    const std::map<std::string, std::string>& unreadable() const { return unreadable_; }

  private:
    struct Watched {
        TriggerCursor cursor;
        std::int64_t version = 0;
        std::shared_ptr<const Definition> definition;
        const Trigger* trigger = nullptr;
        /// Of a schedule; none: never again.
        std::optional<Instant> next;
    };

    Result<> reloadIfChanged();
    Result<std::size_t> startDue(Instant now);
    std::optional<Instant> firstDue() const;
    Result<std::size_t> startAfterEnded();
    Result<std::vector<std::int64_t>> alertsOf(const std::string& job, std::int64_t version, const std::string& state);

    JobStore& store_;
    const SchedulerOptions options_;
    Definitions& definitions_;
    std::optional<std::int64_t> changes_;
    std::vector<Watched> watched_;
    std::optional<Instant> next_due_;
    std::map<std::string, std::string> unreadable_;
};

/// The date of a run that no schedule asked for: in the zone of the job's first cron trigger, or UTC.
std::string dateIn(const Definition& definition, Instant time);

/// The run of a trigger at a time.
NewRun runAt(const Definition& definition, std::int64_t version, std::size_t position, Instant time,
             const std::string& cause);

/// One run for each time of a trigger in [from, until): those that were run already are not run again, whether as
/// backfill or at their time. An error if there are more than `most`.
Result<std::vector<NewRun>> backfill(const Definition& definition, std::int64_t version, std::size_t position,
                                     Instant from, Instant until, const TextPairs& parameters, std::size_t most);

}  // namespace tessera::jobs
