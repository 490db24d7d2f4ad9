#include "nodeservice/jobs/schedule/cron.h"

#include <bit>

namespace tessera::jobs {

namespace {

using std::chrono::day;
using std::chrono::days;
using std::chrono::hours;
using std::chrono::local_days;
using std::chrono::minutes;
using std::chrono::months;
using std::chrono::seconds;
using std::chrono::year_month_day;

constexpr std::uint64_t bitsBetween(unsigned first, unsigned last) {
    return ((std::uint64_t{2} << last) - 1) & ~((std::uint64_t{1} << first) - 1);
}

bool has(std::uint64_t values, unsigned value) {
    return (values >> value & 1U) != 0;
}

/// The lowest value from `from` on, or none.
std::optional<unsigned> nextValue(std::uint64_t values, unsigned from) {
    const std::uint64_t rest = from > 63 ? 0 : values & ~((std::uint64_t{1} << from) - 1);
    return rest == 0 ? std::nullopt : std::optional(static_cast<unsigned>(std::countr_zero(rest)));
}

/// The first time of a day at or after `from` seconds into it.
std::optional<seconds> nextTimeOfDay(const CronFields& fields, std::int64_t from) {
    auto hour = static_cast<unsigned>(from / 3600);
    auto minute = static_cast<unsigned>(from / 60 % 60);
    auto second = static_cast<unsigned>(from % 60);
    while (const auto found_hour = nextValue(fields.hours, hour)) {
        if (*found_hour > hour) {
            minute = second = 0;
        }
        hour = *found_hour;
        while (const auto found_minute = nextValue(fields.minutes, minute)) {
            if (*found_minute > minute) {
                second = 0;
            }
            minute = *found_minute;
            if (const auto found_second = nextValue(fields.seconds, second)) {
                return seconds(hour * 3600LL + minute * 60LL + *found_second);
            }
            ++minute;
            second = 0;
        }
        ++hour;
        minute = second = 0;
    }
    return std::nullopt;
}

}  // namespace

bool CronFields::isEveryHour() const {
    return hours == bitsBetween(0, 23);
}

bool CronFields::isEveryDay() const {
    return days == bitsBetween(1, 31);
}

bool CronFields::isEveryWeekday() const {
    return weekdays == bitsBetween(0, 6);
}

bool CronFields::isEveryMonth() const {
    return months == bitsBetween(1, 12);
}

bool CronFields::allows(year_month_day date) const {
    if (!has(months, static_cast<unsigned>(date.month()))) {
        return false;
    }
    const bool is_day = has(days, static_cast<unsigned>(date.day()));
    const bool is_weekday = has(weekdays, std::chrono::weekday(local_days(date)).c_encoding());
    return isEveryDay() || isEveryWeekday() ? is_day && is_weekday : is_day || is_weekday;
}

std::optional<LocalTime> Cron::nextLocal(LocalTime from) const {
    // 29 February can be eight years away.
    const local_days last = std::chrono::floor<days>(from) + days(9 * 366);
    local_days date = std::chrono::floor<days>(from);
    std::int64_t time_of_day = (from - date).count();
    while (date <= last) {
        const year_month_day civil(date);
        if (!has(fields_.months, static_cast<unsigned>(civil.month()))) {
            date = local_days((civil + months(1)).year() / (civil + months(1)).month() / day(1));
            time_of_day = 0;
            continue;
        }
        if (fields_.allows(civil)) {
            if (const auto found = nextTimeOfDay(fields_, time_of_day)) {
                return date + *found;
            }
        }
        date += days(1);
        time_of_day = 0;
    }
    return std::nullopt;
}

std::optional<Instant> Cron::next(Instant after) const {
    return fields_.isEveryHour() ? nextOfEveryHour(after) : nextOfNamedHours(after);
}

/// Times of the wall clock in their order stand for moments in the same order, some of them for the same one.
std::optional<Instant> Cron::nextOfNamedHours(Instant after) const {
    LocalTime from = zone_.toLocal(after);
    while (const auto local = nextLocal(from)) {
        const Instant instant = zone_.toInstant(*local);
        if (instant > after) {
            return instant;
        }
        from = *local + seconds(1);
    }
    return std::nullopt;
}

/// Between two changes of the clock it runs evenly.
std::optional<Instant> Cron::nextOfEveryHour(Instant after) const {
    const Instant last = after + days(9 * 366);
    while (after < last) {
        const Instant begin = after + seconds(1);
        const auto change = zone_.nextChange(begin);
        const auto local = nextLocal(zone_.toLocal(begin));
        if (!local) {
            return std::nullopt;
        }
        const Instant instant = begin + (*local - zone_.toLocal(begin));
        if (!change || instant < *change) {
            return instant;
        }
        after = *change - seconds(1);
    }
    return std::nullopt;
}

}  // namespace tessera::jobs
