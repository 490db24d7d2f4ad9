#include "plugins/mysql/temporal.h"

#include "plugins/sdk/values.h"

#include <chrono>
#include <cstdio>

namespace tessera::mysql {

namespace {

constexpr std::int64_t kMicrosPerSecond = 1'000'000;
constexpr std::int64_t kMicrosPerDay = 86'400 * kMicrosPerSecond;

std::int64_t microsOf(const MYSQL_TIME& time) {
    const auto hours = std::int64_t{time.day} * 24 + time.hour;
    return ((hours * 60 + time.minute) * 60 + time.second) * kMicrosPerSecond +
           static_cast<std::int64_t>(time.second_part);
}

void setTimeOfDay(std::int64_t micros, MYSQL_TIME* time) {
    const std::int64_t seconds = micros / kMicrosPerSecond;
    time->hour = static_cast<unsigned>(seconds / 3600);
    time->minute = static_cast<unsigned>(seconds / 60 % 60);
    time->second = static_cast<unsigned>(seconds % 60);
    time->second_part = static_cast<unsigned long>(micros % kMicrosPerSecond);
}

/// ".5" for 500000 microseconds, nothing for none.
std::string fractionOf(unsigned long micros) {
    if (micros == 0) {
        return {};
    }
    char text[32];
    std::snprintf(text, sizeof text, ".%06lu", micros);
    std::string fraction = text;
    fraction.erase(fraction.find_last_not_of('0') + 1);
    return fraction;
}

}  // namespace

std::optional<std::int64_t> daysOf(const MYSQL_TIME& time) {
    const std::chrono::year_month_day date(std::chrono::year(static_cast<int>(time.year)),
                                           std::chrono::month(time.month), std::chrono::day(time.day));
    if (time.year < 1 || time.year > 9999 || !date.ok()) {
        return std::nullopt;
    }
    return sdk::daysFromCivil(time.year, time.month, time.day);
}

std::optional<std::int64_t> timestampOf(const MYSQL_TIME& time) {
    const auto days = daysOf(time);
    if (!days) {
        return std::nullopt;
    }
    MYSQL_TIME clock = time;
    clock.day = 0;
    return *days * kMicrosPerDay + microsOf(clock);
}

std::optional<std::int64_t> timeOfDayOf(const MYSQL_TIME& time) {
    const std::int64_t micros = microsOf(time);
    if ((time.neg != 0 && micros != 0) || micros > kMicrosPerDay) {
        return std::nullopt;
    }
    return micros;
}

std::string formatDateOf(const MYSQL_TIME& time) {
    char text[40];
    std::snprintf(text, sizeof text, "%04u-%02u-%02u", time.year, time.month, time.day);
    return text;
}

std::string formatDateTimeOf(const MYSQL_TIME& time) {
    char text[40];
    std::snprintf(text, sizeof text, " %02u:%02u:%02u", time.hour, time.minute, time.second);
    return formatDateOf(time) + text + fractionOf(time.second_part);
}

std::string formatTimeOf(const MYSQL_TIME& time) {
    char text[48];
    std::snprintf(text, sizeof text, "%s%02u:%02u:%02u", time.neg != 0 ? "-" : "", time.day * 24 + time.hour,
                  time.minute, time.second);
    return text + fractionOf(time.second_part);
}

std::optional<MYSQL_TIME> dateFrom(std::int64_t days) {
    std::int64_t year = 0;
    MYSQL_TIME time{};
    sdk::civilFromDays(days, &year, &time.month, &time.day);
    if (year < 1 || year > 9999) {
        return std::nullopt;
    }
    time.year = static_cast<unsigned>(year);
    time.time_type = MYSQL_TIMESTAMP_DATE;
    return time;
}

std::optional<MYSQL_TIME> dateTimeFrom(std::int64_t microseconds) {
    std::int64_t days = microseconds / kMicrosPerDay;
    std::int64_t rest = microseconds % kMicrosPerDay;
    if (rest < 0) {
        rest += kMicrosPerDay;
        --days;
    }
    auto time = dateFrom(days);
    if (time) {
        setTimeOfDay(rest, &*time);
        time->time_type = MYSQL_TIMESTAMP_DATETIME;
    }
    return time;
}

MYSQL_TIME timeFrom(std::int64_t microseconds) {
    MYSQL_TIME time{};
    setTimeOfDay(microseconds, &time);
    time.time_type = MYSQL_TIMESTAMP_TIME;
    return time;
}

}  // namespace tessera::mysql
