#include "app/core/results/value_order.h"

#include <algorithm>
#include <bit>
#include <charconv>
#include <chrono>
#include <cmath>
#include <limits>
#include <optional>

namespace tessera::app {

namespace {

using client::ColumnEncoding;

constexpr std::uint64_t kSignBit = std::uint64_t{1} << 63U;

std::uint64_t keyOfInteger(std::int64_t value) {
    return static_cast<std::uint64_t>(value) ^ kSignBit;
}

std::uint64_t keyOfDouble(double value) {
    if (std::isnan(value)) {
        return std::numeric_limits<std::uint64_t>::max();
    }
    const auto bits = std::bit_cast<std::uint64_t>(value == 0 ? 0.0 : value);
    return (bits & kSignBit) != 0 ? ~bits : bits | kSignBit;
}

double parseDouble(std::string_view text) {
    if (text == "NaN") {
        return std::numeric_limits<double>::quiet_NaN();
    }
    const bool is_negative = text.starts_with('-');
    text.remove_prefix(is_negative || text.starts_with('+') ? 1 : 0);
    double value = std::numeric_limits<double>::infinity();
    if (!text.starts_with("Inf")) {
        const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
        // Beyond a double's range: the key is the same for all of those, and the digits decide.
        if (error == std::errc::result_out_of_range) {
            const std::size_t mark = text.find_first_not_of("0.");
            const bool is_tiny = text.starts_with("0") && mark != std::string_view::npos && text.find('.') < mark;
            value = is_tiny ? 0 : std::numeric_limits<double>::max();
        }
    }
    return is_negative ? -value : value;
}

/// A decimal's parts. PostgreSQL writes numerics without exponents; what people type may have one.
struct Decimal {
    /// -2: -Infinity, 2: Infinity, 3: NaN; else the sign, 0 for zero.
    int rank = 0;
    /// Significant digits without leading or trailing zeros.
    std::string digits;
    /// How many of them stand before the point.
    std::int64_t point = 0;
};

Decimal parseDecimal(std::string_view text) {
    if (text == "NaN") {
        return {3, {}, 0};
    }
    const bool is_negative = text.starts_with('-');
    text.remove_prefix(is_negative || text.starts_with('+') ? 1 : 0);
    if (text.starts_with("Inf")) {
        return {is_negative ? -2 : 2, {}, 0};
    }
    Decimal decimal;
    bool is_behind_point = false;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const char c = text[i];
        if (c == '.') {
            is_behind_point = true;
        } else if (c == 'e' || c == 'E') {
            int exponent = 0;
            const std::size_t from = i + 1 + (i + 1 < text.size() && text[i + 1] == '+' ? 1 : 0);
            std::from_chars(text.data() + from, text.data() + text.size(), exponent);
            decimal.point += exponent;
            break;
        } else if (c == '0' && decimal.digits.empty()) {
            decimal.point -= is_behind_point ? 1 : 0;
        } else {
            decimal.digits += c;
            decimal.point += is_behind_point ? 0 : 1;
        }
    }
    while (decimal.digits.ends_with('0')) {
        decimal.digits.pop_back();
    }
    decimal.rank = decimal.digits.empty() ? 0 : is_negative ? -1 : 1;
    return decimal;
}

int compareDecimals(std::string_view a_text, std::string_view b_text) {
    const Decimal a = parseDecimal(a_text);
    const Decimal b = parseDecimal(b_text);
    if (a.rank != b.rank || a.digits.empty()) {
        return a.rank - b.rank;
    }
    const int larger = a.rank;
    if (a.point != b.point) {
        return a.point > b.point ? larger : -larger;
    }
    const int digits = a.digits.compare(b.digits);
    return digits == 0 ? 0 : digits > 0 ? larger : -larger;
}

std::string_view withoutPadding(std::string_view text) {
    const std::size_t last = text.find_last_not_of(' ');
    return text.substr(0, last == std::string_view::npos ? 0 : last + 1);
}

std::uint64_t keyOfBytes(std::string_view text) {
    std::uint64_t key = 0;
    for (std::size_t i = 0; i < sizeof key; ++i) {
        key = key << 8U | (i < text.size() ? static_cast<unsigned char>(text[i]) : 0U);
    }
    return key;
}

/// Reads "2026-11-21", "2026-11-21 08:05:09.25+05:30", "0044-03-15 BC", "infinity": microseconds since 1970 in UTC.
class TimeReader {
  public:
    explicit TimeReader(std::string_view text) : text_(text) {}

    std::optional<std::int64_t> read() {
        if (text_ == "infinity" || text_ == "-infinity") {
            return text_ == "infinity" ? std::numeric_limits<std::int64_t>::max()
                                       : std::numeric_limits<std::int64_t>::min();
        }
        const bool is_before_christ = text_.ends_with(" BC");
        if (is_before_christ) {
            text_.remove_suffix(3);
        }
        std::int64_t year = number();
        const bool has_date = take('-');
        const auto month = static_cast<unsigned>(number());
        const bool has_day = take('-');
        const auto day = static_cast<unsigned>(number());
        if (!has_date || !has_day || month < 1 || month > 12 || day < 1 || day > 31) {
            return std::nullopt;
        }
        year = is_before_christ ? 1 - year : year;
        std::int64_t microseconds = daysOf(year, month, day) * 86'400'000'000;
        if (take(' ') || take('T')) {
            microseconds += timeOfDay() * 1'000'000 + fraction();
            microseconds -= zone() * 1'000'000;
        }
        return text_.empty() ? std::optional(microseconds) : std::nullopt;
    }

  private:
    std::int64_t number() {
        std::int64_t value = 0;
        const auto [end, error] = std::from_chars(text_.data(), text_.data() + text_.size(), value);
        if (error == std::errc()) {
            text_.remove_prefix(static_cast<std::size_t>(end - text_.data()));
        }
        return value;
    }

    bool take(char sign) {
        const bool is_there = text_.starts_with(sign);
        text_.remove_prefix(is_there ? 1 : 0);
        return is_there;
    }

    std::int64_t timeOfDay() {
        std::int64_t seconds = number() * 3600;
        seconds += take(':') ? number() * 60 : 0;
        return seconds + (take(':') ? number() : 0);
    }

    std::int64_t fraction() {
        if (!take('.')) {
            return 0;
        }
        std::int64_t value = 0;
        for (int place = 0; place < 6; ++place) {
            const bool is_digit = !text_.empty() && text_[0] >= '0' && text_[0] <= '9';
            value = value * 10 + (is_digit ? text_[0] - '0' : 0);
            text_.remove_prefix(is_digit ? 1 : 0);
        }
        return value;
    }

    std::int64_t zone() {
        const bool is_west = text_.starts_with('-');
        if (!take('+') && !take('-')) {
            return 0;
        }
        const std::int64_t offset = timeOfDay();
        return is_west ? -offset : offset;
    }

    /// Howard Hinnant's days_from_civil, for years beyond std::chrono::year.
    static std::int64_t daysOf(std::int64_t year, unsigned month, unsigned day) {
        year -= month <= 2 ? 1 : 0;
        const std::int64_t era = (year >= 0 ? year : year - 399) / 400;
        const auto year_of_era = static_cast<std::int64_t>(year - era * 400);
        const std::int64_t day_of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
        return era * 146'097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year - 719'468;
    }

    std::string_view text_;
};

}  // namespace

ValueKind valueKindOf(const client::ResultColumn& column) {
    switch (column.encoding) {
        case ColumnEncoding::kInt64:
            return ValueKind::kInteger;
        case ColumnEncoding::kFloat64:
        case ColumnEncoding::kFloat32:
            return ValueKind::kFloat;
        case ColumnEncoding::kBool:
            return ValueKind::kBoolean;
        case ColumnEncoding::kText:
            break;
    }
    std::string_view name = column.type_name;
    const auto is = [&name](std::string_view type) {
        return name == type || (name.starts_with(type) && name.size() > type.size() && name[type.size()] == '(');
    };
    if (name.ends_with("[]")) {
        return ValueKind::kOther;
    }
    if (is("numeric") || is("oid")) {
        return ValueKind::kNumeric;
    }
    if (is("text") || is("character varying") || is("name") || is("uuid") || is("bytea") ||
        (name.starts_with("time") && name.ends_with("without time zone") && !name.starts_with("timestamp"))) {
        return ValueKind::kText;
    }
    if (is("character")) {
        return ValueKind::kPadded;
    }
    if (is("date")) {
        return ValueKind::kDate;
    }
    return name.starts_with("timestamp") ? ValueKind::kTimestamp : ValueKind::kOther;
}

bool isComparable(ValueKind kind) {
    return kind != ValueKind::kOther;
}

bool isNumber(ValueKind kind) {
    return kind == ValueKind::kInteger || kind == ValueKind::kFloat || kind == ValueKind::kNumeric;
}

int compareTexts(ValueKind kind, std::string_view a, std::string_view b) {
    switch (kind) {
        case ValueKind::kInteger:
        case ValueKind::kNumeric:
            return compareDecimals(a, b);
        case ValueKind::kText:
        case ValueKind::kOther:
            return a.compare(b);
        case ValueKind::kPadded:
            return withoutPadding(a).compare(withoutPadding(b));
        default: {
            const std::uint64_t a_key = orderKeyOfText(kind, a);
            const std::uint64_t b_key = orderKeyOfText(kind, b);
            return a_key == b_key ? 0 : a_key < b_key ? -1 : 1;
        }
    }
}

std::uint64_t orderKey(ValueKind kind, const client::ResultBatch& batch, std::size_t row, std::size_t column) {
    switch (batch.column(column).encoding) {
        case ColumnEncoding::kInt64:
            return keyOfInteger(batch.integer(row, column));
        case ColumnEncoding::kFloat64:
        case ColumnEncoding::kFloat32:
            return keyOfDouble(batch.number(row, column));
        case ColumnEncoding::kBool:
            return batch.column(column).values[row] != 0 ? 1 : 0;
        case ColumnEncoding::kText:
            break;
    }
    return orderKeyOfText(kind, batch.textView(row, column));
}

std::uint64_t orderKeyOfText(ValueKind kind, std::string_view text) {
    switch (kind) {
        case ValueKind::kInteger: {
            std::int64_t value = 0;
            std::from_chars(text.data(), text.data() + text.size(), value);
            return keyOfInteger(value);
        }
        case ValueKind::kFloat:
        case ValueKind::kNumeric:
            return keyOfDouble(parseDouble(text));
        case ValueKind::kBoolean:
            return text.starts_with('t') || text.starts_with('T') || text == "1" ? 1 : 0;
        case ValueKind::kPadded:
            return keyOfBytes(withoutPadding(text));
        case ValueKind::kDate:
        case ValueKind::kTimestamp:
            return keyOfInteger(TimeReader(text).read().value_or(0));
        case ValueKind::kText:
        case ValueKind::kOther:
            break;
    }
    return keyOfBytes(text);
}

bool isExactKey(ValueKind kind) {
    return kind != ValueKind::kNumeric && kind != ValueKind::kText && kind != ValueKind::kPadded &&
           kind != ValueKind::kOther;
}

std::string_view canonicalText(ValueKind kind, std::string_view text) {
    if (kind == ValueKind::kPadded) {
        return withoutPadding(text);
    }
    if (kind == ValueKind::kNumeric && text.find('.') != std::string_view::npos) {
        text = text.substr(0, text.find_last_not_of('0') + 1);
        return text.ends_with('.') ? text.substr(0, text.size() - 1) : text;
    }
    return text;
}

}  // namespace tessera::app
