#include "nodeservice/jobs/schedule/schedule.h"

#include <algorithm>
#include <array>

namespace tessera::jobs {

namespace {

using std::chrono::seconds;

Instant nextOf(const Interval& interval, Instant after) {
    const auto behind = (after - interval.anchor) % interval.every;
    const auto since_last = behind < seconds(0) ? behind + interval.every : behind;
    return after - since_last + interval.every;
}

struct Unit {
    char letter;
    const char* word;
    std::int64_t length;
};

constexpr std::array<Unit, 4> kUnits = {
    {{'d', "day", 86400}, {'h', "hour", 3600}, {'m', "minute", 60}, {'s', "second", 1}}};

}  // namespace

std::optional<Instant> Schedule::next(Instant after) const {
    if (const auto* cron = std::get_if<Cron>(&rule_)) {
        return cron->next(after);
    }
    return nextOf(std::get<Interval>(rule_), after);
}

std::vector<Instant> Schedule::nextTimes(Instant after, std::size_t count) const {
    std::vector<Instant> times;
    while (times.size() < count) {
        const auto time = next(after);
        if (!time) {
            break;
        }
        times.push_back(*time);
        after = *time;
    }
    return times;
}

/// Looks back over twice as much each time, so that what it counts through is about as much as the first look was
/// short.
std::optional<Instant> Schedule::lastIn(Instant after, Instant until) const {
    for (seconds back(60); after < until; back *= 2) {
        const Instant begin = std::max(after, until - back);
        std::optional<Instant> last;
        for (auto time = next(begin); time && *time <= until; time = next(*time)) {
            last = time;
        }
        if (last || begin == after) {
            return last;
        }
    }
    return std::nullopt;
}

std::string Schedule::describe() const {
    if (const auto* cron = std::get_if<Cron>(&rule_)) {
        return cron->describe();
    }
    return "every " + durationWords(std::get<Interval>(rule_).every);
}

DueTimes dueTimes(const Schedule& schedule, Instant considered, Instant now, MissedRuns policy, seconds grace,
                  std::size_t limit) {
    DueTimes due{{}, considered};
    const Instant on_time = std::max(considered, now - grace);
    if (policy != MissedRuns::kCatchUp && considered < on_time) {
        // Those exactly `grace` old are not missed.
        const Instant last_missed = on_time - seconds(1);
        if (policy == MissedRuns::kLast) {
            if (const auto last = schedule.lastIn(considered, last_missed)) {
                due.times.push_back(*last);
            }
        }
        due.considered = std::max(considered, last_missed);
    }
    limit = std::max<std::size_t>(limit, 1);
    while (due.times.size() < limit) {
        const auto time = schedule.next(due.considered);
        if (!time || *time > now) {
            due.considered = std::max(due.considered, now);
            break;
        }
        due.times.push_back(*time);
        due.considered = *time;
    }
    return due;
}

/// FNV-1a, and the last steps of SplitMix64 to spread it.
seconds jitterOf(std::string_view job, Instant time, seconds most) {
    if (most <= seconds(0)) {
        return seconds(0);
    }
    std::uint64_t hash = 0xCBF29CE484222325ULL;
    const auto add = [&](unsigned char byte) { hash = (hash ^ byte) * 0x100000001B3ULL; };
    std::for_each(job.begin(), job.end(), add);
    const auto count = static_cast<std::uint64_t>(time.time_since_epoch().count());
    for (unsigned shift = 0; shift < 64; shift += 8) {
        add(static_cast<unsigned char>(count >> shift));
    }
    hash = (hash ^ (hash >> 30U)) * 0xBF58476D1CE4E5B9ULL;
    hash = (hash ^ (hash >> 27U)) * 0x94D049BB133111EBULL;
    hash ^= hash >> 31U;
    return seconds(static_cast<std::int64_t>(hash % (static_cast<std::uint64_t>(most.count()) + 1)));
}

Result<seconds> parseDuration(std::string_view text) {
    constexpr std::int64_t kLongest = 10LL * 366 * 86400;
    std::int64_t total = 0;
    std::size_t at = 0;
    const auto* unit = kUnits.begin();
    while (at < text.size()) {
        std::int64_t count = 0;
        const std::size_t digits = at;
        while (at < text.size() && text[at] >= '0' && text[at] <= '9' && count <= kLongest) {
            count = count * 10 + (text[at++] - '0');
        }
        const auto* found = std::find_if(unit, kUnits.end(), [&](const Unit& candidate) {
            return at < text.size() && candidate.letter == text[at];
        });
        if (at == digits || found == kUnits.end()) {
            total = 0;
            break;
        }
        unit = found + 1;
        ++at;
        // Long before it could overflow.
        total = std::min(total, kLongest + 1) + std::min(count, kLongest + 1) * found->length;
    }
    if (total <= 0 || at != text.size()) {
        return fail(ErrorCode::kInvalidArgument, "'" + std::string(text) + "' is not a time span",
                    "write days, hours, minutes and seconds, longest first: 90s, 15m, 1h30m, 2d");
    }
    if (total > kLongest) {
        return fail(ErrorCode::kInvalidArgument, "'" + std::string(text) + "' is more than ten years");
    }
    return seconds(total);
}

std::string durationText(seconds duration) {
    std::string text;
    std::int64_t rest = duration.count();
    for (const Unit& unit : kUnits) {
        if (rest >= unit.length) {
            text += std::to_string(rest / unit.length) + unit.letter;
            rest %= unit.length;
        }
    }
    return text.empty() ? "0s" : text;
}

std::string durationWords(seconds duration) {
    std::string text;
    std::int64_t rest = duration.count();
    for (const Unit& unit : kUnits) {
        if (const std::int64_t count = rest / unit.length; count > 0) {
            const std::string words = count == 1 && unit.length == duration.count()
                                          ? std::string(unit.word)
                                          : std::to_string(count) + " " + unit.word + (count == 1 ? "" : "s");
            text += (text.empty() ? "" : " ") + words;
            rest %= unit.length;
        }
    }
    return text.empty() ? "0 seconds" : text;
}

}  // namespace tessera::jobs
