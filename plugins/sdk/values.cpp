#include "plugins/sdk/values.h"

#include "common/strings.h"

#include <charconv>
#include <cmath>
#include <cstdio>
#include <cstring>
#include <limits>

namespace tessera::sdk {

namespace {

constexpr std::int64_t kMicrosPerSecond = 1'000'000;
constexpr std::int64_t kMicrosPerDay = 86'400 * kMicrosPerSecond;

Error invalid(std::string_view type, std::string_view text, const char* sqlstate) {
    Error error = fail(ErrorCode::kInvalidArgument,
                       "'" + abbreviate(text) + "' is not a valid value of type " + std::string(type));
    error.sqlstate = sqlstate;
    return error;
}

/// Reads a value piece by piece; every reader says whether it matched.
class Scanner {
  public:
    explicit Scanner(std::string_view text) : rest_(text) {}

    bool atEnd() const { return rest_.empty(); }

    bool accept(char c) {
        if (rest_.empty() || rest_.front() != c) {
            return false;
        }
        rest_.remove_prefix(1);
        return true;
    }

    bool accept(std::string_view word) {
        if (rest_.substr(0, word.size()) != word) {
            return false;
        }
        rest_.remove_prefix(word.size());
        return true;
    }

    /// At least `least` and at most `most` digits.
    bool digits(std::size_t least, std::size_t most, std::int64_t* value) {
        std::size_t count = 0;
        *value = 0;
        while (count < most && count < rest_.size() && rest_[count] >= '0' && rest_[count] <= '9') {
            *value = *value * 10 + (rest_[count] - '0');
            ++count;
        }
        rest_.remove_prefix(count);
        return count >= least;
    }

    /// ".123456" as microseconds; absent is zero. More than six digits are refused: they would be lost.
    bool fraction(std::int64_t* micros) {
        *micros = 0;
        if (!accept('.')) {
            return true;
        }
        std::int64_t scale = 100'000;
        bool any = false;
        while (!rest_.empty() && rest_.front() >= '0' && rest_.front() <= '9') {
            const int digit = rest_.front() - '0';
            if (scale == 0 && digit != 0) {
                return false;
            }
            *micros += digit * scale;
            scale /= 10;
            any = true;
            rest_.remove_prefix(1);
        }
        return any;
    }

    std::string_view rest() const { return rest_; }

  private:
    std::string_view rest_;
};

bool isLeap(std::int64_t year) {
    return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
}

std::int64_t daysInMonth(std::int64_t year, std::int64_t month) {
    static constexpr int kDays[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    return month == 2 && isLeap(year) ? 29 : kDays[month - 1];
}

struct YearMonthDay {
    std::int64_t year;
    std::int64_t month;
    std::int64_t day;
};

bool scanDate(Scanner& scanner, YearMonthDay* date) {
    if (!scanner.digits(4, 7, &date->year) || !scanner.accept('-') || !scanner.digits(1, 2, &date->month) ||
        !scanner.accept('-') || !scanner.digits(1, 2, &date->day)) {
        return false;
    }
    return date->month >= 1 && date->month <= 12 && date->day >= 1;
}

/// Applies " BC" when it is there, checks the day and gives the day number.
bool finishDate(YearMonthDay date, bool before_christ, std::int64_t* days) {
    if (date.year == 0) {
        return false;
    }
    if (before_christ) {
        date.year = 1 - date.year;
    }
    if (date.day > daysInMonth(date.year, date.month)) {
        return false;
    }
    *days = daysFromCivil(date.year, static_cast<unsigned>(date.month), static_cast<unsigned>(date.day));
    return true;
}

bool scanTime(Scanner& scanner, std::int64_t* micros) {
    std::int64_t hours = 0;
    std::int64_t minutes = 0;
    std::int64_t seconds = 0;
    std::int64_t fraction = 0;
    if (!scanner.digits(1, 2, &hours) || !scanner.accept(':') || !scanner.digits(2, 2, &minutes)) {
        return false;
    }
    if (scanner.accept(':') && (!scanner.digits(2, 2, &seconds) || !scanner.fraction(&fraction))) {
        return false;
    }
    *micros = ((hours * 60 + minutes) * 60 + seconds) * kMicrosPerSecond + fraction;
    return minutes < 60 && seconds < 60 && *micros <= kMicrosPerDay;
}

/// "Z", "+01", "-03:30", "+053020": seconds east of UTC; absent is zero.
bool scanOffset(Scanner& scanner, std::int64_t* seconds) {
    *seconds = 0;
    if (scanner.atEnd() || scanner.accept('Z') || scanner.accept('z')) {
        return true;
    }
    const bool west = scanner.accept('-');
    if (!west && !scanner.accept('+')) {
        return true;
    }
    std::int64_t hours = 0;
    std::int64_t minutes = 0;
    std::int64_t extra = 0;
    if (!scanner.digits(2, 2, &hours)) {
        return false;
    }
    if (scanner.accept(':') || !scanner.atEnd()) {
        if (scanner.digits(2, 2, &minutes) && (scanner.accept(':') || !scanner.atEnd())) {
            scanner.digits(2, 2, &extra);
        }
    }
    *seconds = (hours * 60 + minutes) * 60 + extra;
    if (west) {
        *seconds = -*seconds;
    }
    return hours < 16 && minutes < 60 && extra < 60;
}

std::string dateText(std::int64_t days, bool* before_christ) {
    std::int64_t year = 0;
    unsigned month = 0;
    unsigned day = 0;
    civilFromDays(days, &year, &month, &day);
    *before_christ = year <= 0;
    char text[40];
    std::snprintf(text, sizeof text, "%04lld-%02u-%02u", static_cast<long long>(*before_christ ? 1 - year : year),
                  month, day);
    return text;
}

}  // namespace

void civilFromDays(std::int64_t days, std::int64_t* year, unsigned* month, unsigned* day) {
    // Howard Hinnant, "chrono-compatible low-level date algorithms".
    days += 719'468;
    const std::int64_t era = (days >= 0 ? days : days - 146'096) / 146'097;
    const auto day_of_era = static_cast<unsigned>(days - era * 146'097);
    const unsigned year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36'524 - day_of_era / 146'096) / 365;
    const unsigned day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    const unsigned shifted = (5 * day_of_year + 2) / 153;
    *day = day_of_year - (153 * shifted + 2) / 5 + 1;
    *month = shifted < 10 ? shifted + 3 : shifted - 9;
    *year = static_cast<std::int64_t>(year_of_era) + era * 400 + (*month <= 2 ? 1 : 0);
}

std::int64_t daysFromCivil(std::int64_t year, unsigned month, unsigned day) {
    year -= month <= 2 ? 1 : 0;
    const std::int64_t era = (year >= 0 ? year : year - 399) / 400;
    const auto year_of_era = static_cast<unsigned>(year - era * 400);
    const unsigned day_of_year = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1;
    const unsigned day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    return era * 146'097 + static_cast<std::int64_t>(day_of_era) - 719'468;
}

Result<bool> parseBool(std::string_view text) {
    const std::string word = toLowerAscii(text);
    if (word == "t" || word == "true" || word == "yes" || word == "on" || word == "1") {
        return true;
    }
    if (word == "f" || word == "false" || word == "no" || word == "off" || word == "0") {
        return false;
    }
    return invalid("boolean", text, "22P02");
}

Result<std::int64_t> parseInt(std::string_view text) {
    std::int64_t value = 0;
    const char* begin = text.data();
    const char* end = begin + text.size();
    const auto [stop, code] = std::from_chars(begin, end, value);
    if (code == std::errc::result_out_of_range) {
        return invalid("bigint", text, "22003");
    }
    if (code != std::errc() || stop != end) {
        return invalid("integer", text, "22P02");
    }
    return value;
}

Result<double> parseFloat(std::string_view text) {
    double value = 0;
    const char* begin = text.data();
    const char* end = begin + text.size();
    const auto [stop, code] = std::from_chars(begin, end, value);
    if (code == std::errc::result_out_of_range) {
        return invalid("double precision", text, "22003");
    }
    if (code != std::errc() || stop != end) {
        return invalid("double precision", text, "22P02");
    }
    return value;
}

Result<std::int32_t> parseDate(std::string_view text) {
    if (text == "infinity") {
        return std::numeric_limits<std::int32_t>::max();
    }
    if (text == "-infinity") {
        return std::numeric_limits<std::int32_t>::min();
    }
    Scanner scanner(text);
    YearMonthDay date{};
    std::int64_t days = 0;
    if (!scanDate(scanner, &date) || !finishDate(date, scanner.accept(" BC"), &days) || !scanner.atEnd()) {
        return invalid("date", text, "22007");
    }
    return static_cast<std::int32_t>(days);
}

Result<std::int64_t> parseTime(std::string_view text) {
    Scanner scanner(text);
    std::int64_t micros = 0;
    if (!scanTime(scanner, &micros) || !scanner.atEnd()) {
        return invalid("time", text, "22007");
    }
    return micros;
}

Result<std::int64_t> parseTimestamp(std::string_view text) {
    if (text == "infinity") {
        return std::numeric_limits<std::int64_t>::max();
    }
    if (text == "-infinity") {
        return std::numeric_limits<std::int64_t>::min();
    }
    Scanner scanner(text);
    YearMonthDay date{};
    std::int64_t micros = 0;
    std::int64_t offset = 0;
    if (!scanDate(scanner, &date)) {
        return invalid("timestamp", text, "22007");
    }
    if (scanner.accept('T') || (scanner.rest() != " BC" && scanner.accept(' '))) {
        if (!scanTime(scanner, &micros) || (scanner.rest() != " BC" && !scanOffset(scanner, &offset))) {
            return invalid("timestamp", text, "22007");
        }
    }
    std::int64_t days = 0;
    if (!finishDate(date, scanner.accept(" BC"), &days) || !scanner.atEnd()) {
        return invalid("timestamp", text, "22007");
    }
    return days * kMicrosPerDay + micros - offset * kMicrosPerSecond;
}

Result<std::string> parseUuid(std::string_view text) {
    std::string bytes;
    int high = -1;
    for (const char c : text) {
        int digit = -1;
        if (c >= '0' && c <= '9') {
            digit = c - '0';
        } else if (c >= 'a' && c <= 'f') {
            digit = c - 'a' + 10;
        } else if (c >= 'A' && c <= 'F') {
            digit = c - 'A' + 10;
        } else if (c == '-' || c == '{' || c == '}') {
            continue;
        } else {
            return invalid("uuid", text, "22P02");
        }
        if (high < 0) {
            high = digit;
        } else {
            bytes += static_cast<char>(high * 16 + digit);
            high = -1;
        }
    }
    if (high >= 0 || bytes.size() != 16) {
        return invalid("uuid", text, "22P02");
    }
    return bytes;
}

std::string formatDate(std::int32_t days) {
    if (days == std::numeric_limits<std::int32_t>::max()) {
        return "infinity";
    }
    if (days == std::numeric_limits<std::int32_t>::min()) {
        return "-infinity";
    }
    bool before_christ = false;
    const std::string text = dateText(days, &before_christ);
    return before_christ ? text + " BC" : text;
}

std::string formatTime(std::int64_t microseconds) {
    const std::int64_t seconds = microseconds / kMicrosPerSecond;
    const std::int64_t fraction = microseconds % kMicrosPerSecond;
    char text[40];
    std::snprintf(text, sizeof text, "%02lld:%02lld:%02lld", static_cast<long long>(seconds / 3600),
                  static_cast<long long>(seconds / 60 % 60), static_cast<long long>(seconds % 60));
    std::string result = text;
    if (fraction != 0) {
        std::snprintf(text, sizeof text, ".%06lld", static_cast<long long>(fraction));
        result += text;
        result.erase(result.find_last_not_of('0') + 1);
    }
    return result;
}

std::string formatTimestamp(std::int64_t microseconds) {
    if (microseconds == std::numeric_limits<std::int64_t>::max()) {
        return "infinity";
    }
    if (microseconds == std::numeric_limits<std::int64_t>::min()) {
        return "-infinity";
    }
    std::int64_t days = microseconds / kMicrosPerDay;
    std::int64_t rest = microseconds % kMicrosPerDay;
    if (rest < 0) {
        rest += kMicrosPerDay;
        --days;
    }
    bool before_christ = false;
    std::string text = dateText(days, &before_christ) + " " + formatTime(rest);
    return before_christ ? text + " BC" : text;
}

std::string formatFloat(double value) {
    if (std::isnan(value)) {
        return "NaN";
    }
    if (std::isinf(value)) {
        return value > 0 ? "Infinity" : "-Infinity";
    }
    char text[40];
    const auto end = std::to_chars(text, text + sizeof text, value).ptr;
    return std::string(text, end);
}

std::string formatUuid(std::string_view bytes) {
    static constexpr char kHex[] = "0123456789abcdef";
    std::string text;
    for (std::size_t i = 0; i < bytes.size(); ++i) {
        if (i == 4 || i == 6 || i == 8 || i == 10) {
            text += '-';
        }
        const auto byte = static_cast<unsigned char>(bytes[i]);
        text += kHex[byte >> 4];
        text += kHex[byte & 15];
    }
    return text;
}

bool isNumeric(std::string_view text) {
    if (text == "NaN" || text == "Infinity" || text == "-Infinity") {
        return true;
    }
    std::size_t at = !text.empty() && (text[0] == '-' || text[0] == '+') ? 1 : 0;
    const auto digits = [&] {
        const std::size_t begin = at;
        while (at < text.size() && text[at] >= '0' && text[at] <= '9') {
            ++at;
        }
        return at - begin;
    };
    std::size_t count = digits();
    if (at < text.size() && text[at] == '.') {
        ++at;
        count += digits();
    }
    if (count == 0) {
        return false;
    }
    if (at < text.size() && (text[at] == 'e' || text[at] == 'E')) {
        ++at;
        at += at < text.size() && (text[at] == '-' || text[at] == '+') ? 1 : 0;
        // Longer exponents than numeric has would be an error of PostgreSQL that names no column.
        if (const std::size_t exponent = digits(); exponent == 0 || exponent > 4) {
            return false;
        }
    }
    return at == text.size();
}

bool isPlainAscii(std::string_view text) {
    constexpr std::uint64_t kHigh = 0x8080808080808080ULL;
    constexpr std::uint64_t kLow = 0x0101010101010101ULL;
    const char* at = text.data();
    std::size_t left = text.size();
    std::uint64_t found = 0;
    for (; left >= sizeof found; at += sizeof found, left -= sizeof found) {
        std::uint64_t word = 0;
        std::memcpy(&word, at, sizeof word);
        found |= word | ((word - kLow) & ~word);
    }
    for (; left > 0; ++at, --left) {
        found |= static_cast<signed char>(*at) <= 0 ? kHigh : 0;
    }
    return (found & kHigh) == 0;
}

Result<> checkText(std::string_view text) {
    const auto* at = reinterpret_cast<const unsigned char*>(text.data());
    const auto* const end = at + text.size();
    const auto bad = [&](const char* what) -> Error {
        Error error = fail(ErrorCode::kInvalidArgument, std::string(what) + " in '" + abbreviate(text) + "'");
        error.sqlstate = "22021";
        return error;
    };
    while (at < end) {
        // Eight ASCII bytes at a time, none of them zero: the usual text.
        while (end - at >= 8) {
            std::uint64_t word = 0;
            std::memcpy(&word, at, 8);
            const std::uint64_t high = word & 0x8080808080808080ULL;
            const std::uint64_t zero = (word - 0x0101010101010101ULL) & ~word & 0x8080808080808080ULL;
            if ((high | zero) != 0) {
                break;
            }
            at += 8;
        }
        if (at == end) {
            break;
        }
        const unsigned char lead = *at;
        if (lead == 0) {
            return bad("a character U+0000, which text cannot hold,");
        }
        if (lead < 0x80) {
            ++at;
            continue;
        }
        const int extra = lead >= 0xF0 ? 3 : lead >= 0xE0 ? 2 : 1;
        if (lead < 0xC2 || lead > 0xF4 || end - at <= extra) {
            return bad("a byte sequence that is not UTF-8");
        }
        std::uint32_t code = lead & (0x3FU >> extra);
        for (int i = 1; i <= extra; ++i) {
            if ((at[i] & 0xC0U) != 0x80U) {
                return bad("a byte sequence that is not UTF-8");
            }
            code = code << 6 | (at[i] & 0x3FU);
        }
        static constexpr std::uint32_t kLeast[] = {0, 0x80, 0x800, 0x10000};
        if (code < kLeast[extra] || code > 0x10FFFF || (code >= 0xD800 && code <= 0xDFFF)) {
            return bad("a byte sequence that is not UTF-8");
        }
        at += extra + 1;
    }
    Result<> fine;
    return fine;
}

std::string abbreviate(std::string_view value) {
    constexpr std::size_t kMost = 60;
    std::string shown;
    for (const char c : value.substr(0, kMost)) {
        const auto byte = static_cast<unsigned char>(c);
        if (byte < 0x20 || byte >= 0x7F) {
            char escape[8];
            std::snprintf(escape, sizeof escape, "\\x%02x", byte);
            shown += escape;
        } else {
            shown += c;
        }
    }
    return value.size() > kMost ? shown + "…" : shown;
}

}  // namespace tessera::sdk
