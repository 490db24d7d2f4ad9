#include "nodeservice/jobs/schedule/cron.h"

#include <array>
#include <bit>
#include <vector>

namespace tessera::jobs {

namespace {

constexpr std::array<const char*, 7> kWeekdays = {"Sunday",   "Monday", "Tuesday", "Wednesday",
                                                  "Thursday", "Friday", "Saturday"};
constexpr std::array<const char*, 13> kMonths = {"",        "January",  "February", "March",  "April",
                                                 "May",     "June",     "July",     "August", "September",
                                                 "October", "November", "December"};
constexpr std::uint64_t kSixty = (std::uint64_t{1} << 60U) - 1;

std::vector<unsigned> valuesOf(std::uint64_t bits) {
    std::vector<unsigned> values;
    for (; bits != 0; bits &= bits - 1) {
        values.push_back(static_cast<unsigned>(std::countr_zero(bits)));
    }
    return values;
}

bool isOne(std::uint64_t bits) {
    return std::has_single_bit(bits);
}

/// "a", "a and b", "a, b and c".
std::string listOf(const std::vector<std::string>& words) {
    std::string out;
    for (std::size_t i = 0; i < words.size(); ++i) {
        const bool is_last = i + 1 == words.size();
        out += (i == 0 ? "" : is_last ? " and " : ", ") + words[i];
    }
    return out;
}

/// Runs of three and more as "a to b".
template <class Name>
std::string namesOf(std::uint64_t bits, Name name) {
    const auto values = valuesOf(bits);
    std::vector<std::string> words;
    for (std::size_t i = 0; i < values.size();) {
        std::size_t end = i;
        while (end + 1 < values.size() && values[end + 1] == values[end] + 1) {
            ++end;
        }
        if (end - i >= 2) {
            words.push_back(name(values[i]) + " to " + name(values[end]));
            i = end + 1;
        } else {
            words.push_back(name(values[i++]));
        }
    }
    return listOf(words);
}

std::string number(unsigned value) {
    return std::to_string(value);
}

std::string twoDigits(unsigned value) {
    return (value < 10 ? "0" : "") + std::to_string(value);
}

/// The n of `*/n` over 60 or 24 values, when it divides them evenly; else 0.
unsigned evenStep(std::uint64_t bits, unsigned count) {
    const unsigned values = static_cast<unsigned>(std::popcount(bits));
    if (values < 2 || count % values != 0) {
        return 0;
    }
    const unsigned step = count / values;
    for (unsigned value = 0; value < count; value += step) {
        if ((bits >> value & 1U) == 0) {
            return 0;
        }
    }
    return step;
}

std::string every(unsigned step, const std::string& unit) {
    return step == 1 ? "every " + unit : "every " + number(step) + " " + unit + "s";
}

/// "at 02:30 and 14:30": when the times of a day are few.
std::string clockTimes(const CronFields& fields) {
    constexpr int kMost = 6;
    if (std::popcount(fields.hours) * std::popcount(fields.minutes) * std::popcount(fields.seconds) > kMost) {
        return {};
    }
    std::vector<std::string> times;
    for (const unsigned hour : valuesOf(fields.hours)) {
        for (const unsigned minute : valuesOf(fields.minutes)) {
            for (const unsigned second : valuesOf(fields.seconds)) {
                times.push_back(twoDigits(hour) + ":" + twoDigits(minute) +
                                (fields.seconds == 1 ? "" : ":" + twoDigits(second)));
            }
        }
    }
    return "at " + listOf(times);
}

std::string withinHour(const CronFields& fields) {
    std::string words;
    if (const unsigned step = evenStep(fields.seconds, 60); step != 0) {
        words = every(step, "second");
    } else if (fields.seconds != 1) {
        words = "at second " + namesOf(fields.seconds, number);
    }
    if (fields.minutes == kSixty) {
        return words.empty() ? "every minute" : words.starts_with("every") ? words : words + " of every minute";
    }
    const unsigned step = evenStep(fields.minutes, 60);
    const std::string minutes = step != 0 ? every(step, "minute") : "at minute " + namesOf(fields.minutes, number);
    return words.empty() ? minutes : words + " of " + (step != 0 ? minutes : minutes.substr(3));
}

std::string timeWords(const CronFields& fields) {
    if (fields.isEveryHour()) {
        const std::string words = withinHour(fields);
        if (fields.minutes == 1 && fields.seconds == 1) {
            return "every hour";
        }
        return words.starts_with("at ") || words.find(" of minute") != std::string::npos ? words + " of every hour"
                                                                                         : words;
    }
    if (std::string times = clockTimes(fields); !times.empty()) {
        return times;
    }
    if (const unsigned step = evenStep(fields.hours, 24); step != 0 && fields.minutes == 1 && fields.seconds == 1) {
        return every(step, "hour");
    }
    return withinHour(fields) + (isOne(fields.hours) ? " of hour " : " of hours ") + namesOf(fields.hours, number);
}

std::string weekdayWords(std::uint64_t weekdays) {
    if (weekdays == 0b0111110) {
        return "weekday";
    }
    if (weekdays == 0b1000001) {
        return "Saturday and Sunday";
    }
    // Weeks begin on Monday: Sunday goes last.
    const std::uint64_t from_monday = weekdays >> 1U | (weekdays & 1U) << 6U;
    return namesOf(from_monday, [](unsigned value) { return std::string(kWeekdays.at((value + 1) % 7)); });
}

std::string dayWords(const CronFields& fields) {
    const std::string months = namesOf(fields.months, [](unsigned value) { return std::string(kMonths.at(value)); });
    const std::string of_month = fields.isEveryMonth() ? "of every month" : "of " + months;
    const std::string days = (isOne(fields.days) ? "day " : "days ") + namesOf(fields.days, number) + " " + of_month;
    const std::string in_month = fields.isEveryMonth() ? "" : " in " + months;
    if (fields.isEveryDay() && fields.isEveryWeekday()) {
        return fields.isEveryMonth() ? "every day" : "every day of " + months;
    }
    if (fields.isEveryDay()) {
        return "every " + weekdayWords(fields.weekdays) + in_month;
    }
    if (fields.isEveryWeekday()) {
        return "on " + days;
    }
    return "on " + days + " and on every " + weekdayWords(fields.weekdays) + in_month;
}

}  // namespace

std::string Cron::describe() const {
    const std::string times = timeWords(fields_);
    const std::string days = dayWords(fields_);
    std::string words;
    if (days == "every day" && times.starts_with("every")) {
        words = times;
    } else if (times.starts_with("at ") && !fields_.isEveryHour()) {
        words = days + " " + times;
    } else {
        words = days == "every day" ? times : times + ", " + days;
    }
    return zone_.name() == "UTC" ? words : words + " (" + zone_.name() + ")";
}

}  // namespace tessera::jobs
