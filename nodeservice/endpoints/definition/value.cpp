#include "nodeservice/endpoints/definition/value.h"

#include <algorithm>
#include <charconv>
#include <chrono>
#include <cmath>
#include <limits>
#include <optional>

namespace tessera::endpoints {

namespace {

constexpr std::size_t kMostNumericDigits = 1000;
constexpr int kMostJsonDepth = 64;

bool isDigit(char c) {
    return c >= '0' && c <= '9';
}

bool allDigits(std::string_view text) {
    return !text.empty() && std::all_of(text.begin(), text.end(), isDigit);
}

template <class Integer>
bool isInteger(std::string_view text) {
    Integer value = 0;
    const auto read = std::from_chars(text.data(), text.data() + text.size(), value);
    return read.ec == std::errc() && read.ptr == text.data() + text.size();
}

/// -12.5, without an exponent.
bool isDecimal(std::string_view text) {
    if (text.starts_with('-')) {
        text.remove_prefix(1);
    }
    const std::size_t point = text.find('.');
    return text.size() <= kMostNumericDigits && allDigits(text.substr(0, point)) &&
           (point == std::string_view::npos || allDigits(text.substr(point + 1)));
}

std::optional<double> doubleOf(std::string_view text) {
    double value = 0;
    const auto read = std::from_chars(text.data(), text.data() + text.size(), value);
    const bool is_number = !text.empty() && (isDigit(text.front()) || text.front() == '-');
    return is_number && read.ec == std::errc() && read.ptr == text.data() + text.size() && std::isfinite(value)
               ? std::optional(value)
               : std::nullopt;
}

int numberAt(std::string_view text, std::size_t at, std::size_t length) {
    int value = -1;
    const std::string_view part = at + length <= text.size() ? text.substr(at, length) : std::string_view();
    if (allDigits(part)) {
        std::from_chars(part.data(), part.data() + part.size(), value);
    }
    return value;
}

/// 2026-11-22
bool isDate(std::string_view text) {
    using std::chrono::day;
    using std::chrono::month;
    using std::chrono::year;
    return text.size() == 10 && text[4] == '-' && text[7] == '-' && numberAt(text, 0, 4) > 0 &&
           numberAt(text, 5, 2) > 0 && numberAt(text, 8, 2) > 0 &&
           std::chrono::year_month_day(year(numberAt(text, 0, 4)), month(static_cast<unsigned>(numberAt(text, 5, 2))),
                                       day(static_cast<unsigned>(numberAt(text, 8, 2))))
               .ok();
}

/// 02:30, 02:30:00, 02:30:00.123456
bool isTime(std::string_view text) {
    const auto within = [&](std::size_t at, int most) {
        const int number = numberAt(text, at, 2);
        return number >= 0 && number <= most;
    };
    const bool has_seconds = text.size() > 5;
    const std::string_view fraction = text.size() > 8 ? text.substr(8) : std::string_view();
    return text.size() >= 5 && text[2] == ':' && within(0, 23) && within(3, 59) &&
           (!has_seconds || (text.size() >= 8 && text[5] == ':' && within(6, 59))) &&
           (fraction.empty() || (fraction[0] == '.' && fraction.size() <= 7 && allDigits(fraction.substr(1))));
}

/// Of a time with a zone, where the zone begins.
std::size_t zoneOf(std::string_view text) {
    return text.find_first_of("Z+-", text.size() > 10 ? 10 : text.size());
}

bool isZone(std::string_view text) {
    if (text == "Z") {
        return true;
    }
    const bool is_signed = text.starts_with('+') || text.starts_with('-');
    const int hours = is_signed ? numberAt(text, 1, 2) : -1;
    const int minutes = text.size() == 3 ? 0 : text.size() == 6 && text[3] == ':' ? numberAt(text, 4, 2) : -1;
    return hours >= 0 && hours <= 15 && minutes >= 0 && minutes <= 59;
}

bool isTimestamp(std::string_view text) {
    return text.size() >= 16 && isDate(text.substr(0, 10)) && (text[10] == 'T' || text[10] == ' ') &&
           isTime(text.substr(11));
}

bool isUuid(std::string_view text) {
    if (text.size() != 36) {
        return false;
    }
    for (std::size_t i = 0; i < text.size(); ++i) {
        const bool is_dash = i == 8 || i == 13 || i == 18 || i == 23;
        const char c = text[i];
        const bool is_hex = isDigit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
        if (is_dash ? c != '-' : !is_hex) {
            return false;
        }
    }
    return true;
}

/// Not deeper than that it can be taken apart; all else PostgreSQL judges.
bool isJsonBounded(std::string_view text) {
    int depth = 0;
    bool is_string = false;
    bool is_escaped = false;
    for (const char c : text) {
        if (is_string) {
            is_string = is_escaped || c != '"';
            is_escaped = !is_escaped && c == '\\';
        } else if (c == '"') {
            is_string = true;
        } else if (c == '[' || c == '{') {
            ++depth;
        } else if (c == ']' || c == '}') {
            --depth;
        }
        if (depth > kMostJsonDepth) {
            return false;
        }
    }
    return !text.empty();
}

/// Without leading zeros, and those at the end of the fraction.
int compareDecimals(std::string_view a, std::string_view b) {
    struct Parts {
        bool is_negative;
        std::string_view whole;
        std::string_view fraction;
    };

    const auto partsOf = [](std::string_view text) {
        Parts parts{text.starts_with('-'), {}, {}};
        text.remove_prefix(parts.is_negative ? 1 : 0);
        const std::size_t point = text.find('.');
        parts.whole = text.substr(0, point);
        parts.whole.remove_prefix(std::min(parts.whole.find_first_not_of('0'), parts.whole.size()));
        parts.fraction = point == std::string_view::npos ? std::string_view() : text.substr(point + 1);
        parts.fraction = parts.fraction.substr(0, parts.fraction.find_last_not_of('0') + 1);
        parts.is_negative = parts.is_negative && !(parts.whole.empty() && parts.fraction.empty());
        return parts;
    };
    const Parts left = partsOf(a);
    const Parts right = partsOf(b);
    if (left.is_negative != right.is_negative) {
        return left.is_negative ? -1 : 1;
    }
    const int magnitude = left.whole.size() != right.whole.size() ? (left.whole.size() < right.whole.size() ? -1 : 1)
                          : left.whole != right.whole             ? left.whole.compare(right.whole)
                                                                  : left.fraction.compare(right.fraction);
    return left.is_negative ? -magnitude : magnitude;
}

/// In microseconds since 1970, UTC.
std::int64_t momentOf(std::string_view text) {
    using std::chrono::day;
    using std::chrono::month;
    using std::chrono::year;
    const std::size_t zone = zoneOf(text);
    const std::string_view time = text.substr(11, zone - 11);
    const auto days = std::chrono::sys_days(
        std::chrono::year_month_day(year(numberAt(text, 0, 4)), month(static_cast<unsigned>(numberAt(text, 5, 2))),
                                    day(static_cast<unsigned>(numberAt(text, 8, 2)))));
    std::int64_t seconds = days.time_since_epoch().count() * std::int64_t{86400} + numberAt(time, 0, 2) * 3600 +
                           numberAt(time, 3, 2) * 60 + (time.size() >= 8 ? numberAt(time, 6, 2) : 0);
    if (zone != std::string_view::npos && text[zone] != 'Z') {
        const std::string_view offset = text.substr(zone);
        const int minutes = numberAt(offset, 1, 2) * 60 + (offset.size() == 6 ? numberAt(offset, 4, 2) : 0);
        seconds -= (offset[0] == '-' ? -60 : 60) * minutes;
    }
    std::int64_t micros = 0;
    for (std::size_t i = 0; i < 6; ++i) {
        micros = micros * 10 + (time.size() > 9 + i ? time[9 + i] - '0' : 0);
    }
    return seconds * 1'000'000 + micros;
}

}  // namespace

const char* formOf(ParameterType type) {
    switch (type) {
        case ParameterType::kText:
            return "text";
        case ParameterType::kInteger:
            return "a whole number from -2147483648 to 2147483647";
        case ParameterType::kBigint:
            return "a whole number from -9223372036854775808 to 9223372036854775807";
        case ParameterType::kNumeric:
            return "a decimal number such as 12.50";
        case ParameterType::kDouble:
            return "a number";
        case ParameterType::kBoolean:
            return "true or false";
        case ParameterType::kDate:
            return "a date such as 2026-11-22";
        case ParameterType::kTime:
            return "a time such as 14:30:00";
        case ParameterType::kTimestamp:
            return "a date and time without a zone, such as 2026-11-22T14:30:00";
        case ParameterType::kTimestamptz:
            return "a date and time with its zone, such as 2026-11-22T14:30:00Z or …+01:00";
        case ParameterType::kUuid:
            return "a UUID such as 0192f0c1-2b7a-7e3c-8a4e-5f60718293a4";
        case ParameterType::kJson:
            return "a JSON value";
    }
    return "";
}

bool isValueOf(ParameterType type, std::string_view text) {
    switch (type) {
        case ParameterType::kText:
            return text.find('\0') == std::string_view::npos;
        case ParameterType::kInteger:
            return isInteger<std::int32_t>(text);
        case ParameterType::kBigint:
            return isInteger<std::int64_t>(text);
        case ParameterType::kNumeric:
            return isDecimal(text);
        case ParameterType::kDouble:
            return doubleOf(text).has_value();
        case ParameterType::kBoolean:
            return text == "true" || text == "false";
        case ParameterType::kDate:
            return isDate(text);
        case ParameterType::kTime:
            return isTime(text);
        case ParameterType::kTimestamp:
            return isTimestamp(text);
        case ParameterType::kTimestamptz: {
            const std::size_t zone = zoneOf(text);
            return zone != std::string_view::npos && isTimestamp(text.substr(0, zone)) && isZone(text.substr(zone));
        }
        case ParameterType::kUuid:
            return isUuid(text);
        case ParameterType::kJson:
            return text.find('\0') == std::string_view::npos && isJsonBounded(text);
    }
    return false;
}

bool isOrdered(ParameterType type) {
    return type != ParameterType::kBoolean && type != ParameterType::kUuid && type != ParameterType::kJson;
}

int compareValues(ParameterType type, std::string_view a, std::string_view b) {
    switch (type) {
        case ParameterType::kInteger:
        case ParameterType::kBigint:
        case ParameterType::kNumeric:
            return compareDecimals(a, b);
        case ParameterType::kDouble: {
            const double left = doubleOf(a).value_or(0);
            const double right = doubleOf(b).value_or(0);
            return left < right ? -1 : left > right ? 1 : 0;
        }
        case ParameterType::kTimestamp:
        case ParameterType::kTimestamptz: {
            const std::int64_t left = momentOf(a);
            const std::int64_t right = momentOf(b);
            return left < right ? -1 : left > right ? 1 : 0;
        }
        default:
            // Of dates and times the texts have their order: "14:30" is before "14:30:00.1", and equal times that are
            // written differently have no bound between them.
            return a.compare(b);
    }
}

}  // namespace tessera::endpoints
