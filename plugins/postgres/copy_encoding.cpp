#include "plugins/postgres/copy_encoding.h"

#include "plugins/postgres/byte_order.h"
#include "plugins/sdk/values.h"

#include <charconv>
#include <cmath>
#include <cstring>
#include <limits>

namespace tessera::postgres_connector {

namespace {

template <class T>
T native(const TsrParam& param) {
    T value{};
    std::memcpy(&value, param.data, sizeof value);
    return value;
}

std::string_view bytesOf(const TsrParam& param) {
    return {param.size > 0 ? static_cast<const char*>(param.data) : "", param.size};
}

template <class T>
void appendNumber(T value, std::string& out) {
    const T ordered = std::endian::native == std::endian::big ? value : reverseBytes(value);
    char bytes[sizeof ordered];
    std::memcpy(bytes, &ordered, sizeof ordered);
    out.append(bytes, sizeof bytes);
}

template <class T>
void appendField(T value, std::string& out) {
    appendNumber(static_cast<std::int32_t>(sizeof value), out);
    appendNumber(value, out);
}

Result<> appendBytes(std::string_view bytes, std::string& out) {
    if (bytes.size() > std::numeric_limits<std::int32_t>::max()) {
        return fail(ErrorCode::kResourceExhausted, "a value is longer than 2 GB");
    }
    appendNumber(static_cast<std::int32_t>(bytes.size()), out);
    out.append(bytes);
    return {};
}

/// Days or microseconds since 1970 in PostgreSQL's count; the extremes stand for the infinities on both sides.
template <class T>
Result<> appendMoment(T since_1970, T epoch, std::string& out) {
    using Limits = std::numeric_limits<T>;
    const bool infinite = since_1970 == Limits::max() || since_1970 == Limits::min();
    if (!infinite && since_1970 < Limits::min() + epoch) {
        Error error = fail(ErrorCode::kOutOfRange, "a date lies before what PostgreSQL can hold");
        error.sqlstate = "22008";
        return error;
    }
    appendField(infinite ? since_1970 : static_cast<T>(since_1970 - epoch), out);
    return {};
}

void appendEscaped(std::string_view text, std::string& out) {
    for (const char c : text) {
        switch (c) {
            case '\\':
                out += "\\\\";
                break;
            case '\n':
                out += "\\n";
                break;
            case '\r':
                out += "\\r";
                break;
            case '\t':
                out += "\\t";
                break;
            default:
                out += c;
        }
    }
}

void appendHex(std::string_view bytes, std::string& out) {
    constexpr char kHex[] = "0123456789abcdef";
    out += "\\\\x";
    for (const char c : bytes) {
        const auto byte = static_cast<unsigned char>(c);
        out += kHex[byte >> 4U];
        out += kHex[byte & 15U];
    }
}

std::string float32Text(float value) {
    if (!std::isfinite(value)) {
        return sdk::formatFloat(value);
    }
    char text[40];
    return {text, std::to_chars(text, text + sizeof text, value).ptr};
}

/// A time of day with "+00" between the date and the era: "0044-03-15 12:00:00+00 BC".
std::string zonedText(std::int64_t micros) {
    std::string text = sdk::formatTimestamp(micros);
    if (text.ends_with("infinity")) {
        return text;
    }
    const bool before_christ = text.ends_with(" BC");
    text.insert(before_christ ? text.size() - 3 : text.size(), "+00");
    return text;
}

}  // namespace

bool readsBinary(Oid column, TsrType value) {
    switch (value) {
        case TSR_TYPE_BOOL:
            return column == kBoolOid;
        case TSR_TYPE_INT16:
            return column == kInt2Oid;
        case TSR_TYPE_INT32:
            return column == kInt4Oid;
        case TSR_TYPE_INT64:
            return column == kInt8Oid;
        case TSR_TYPE_FLOAT32:
            return column == kFloat4Oid;
        case TSR_TYPE_FLOAT64:
            return column == kFloat8Oid;
        case TSR_TYPE_DECIMAL:
            return column == kNumericOid;
        case TSR_TYPE_TEXT:
        case TSR_TYPE_BITS:
        case TSR_TYPE_LITERAL:
            return column == kTextOid || column == kVarcharOid || column == kBpcharOid || column == kJsonOid;
        case TSR_TYPE_BYTES:
            return column == kByteaOid;
        case TSR_TYPE_DATE:
            return column == kDateOid;
        case TSR_TYPE_TIME:
            return column == kTimeOid;
        case TSR_TYPE_TIMESTAMP:
            return column == kTimestampOid;
        case TSR_TYPE_TIMESTAMPTZ:
            return column == kTimestamptzOid;
        case TSR_TYPE_UUID:
            return column == kUuidOid;
    }
    return false;
}

std::string_view copyHeader() {
    // Signature, flags, length of the header's extension.
    return {"PGCOPY\n\377\r\n\0\0\0\0\0\0\0\0\0", 19};
}

std::string_view copyTrailer() {
    return {"\377\377", 2};
}

Result<> appendNumeric(std::string_view digits, std::string& out) {
    const auto special = [&](std::uint16_t sign) {
        appendNumber(std::int32_t{8}, out);
        appendNumber(std::uint16_t{0}, out);
        appendNumber(std::int16_t{0}, out);
        appendNumber(sign, out);
        appendNumber(std::uint16_t{0}, out);
    };
    if (digits == "NaN" || digits == "Infinity" || digits == "-Infinity") {
        special(digits == "NaN" ? 0xC000 : digits == "Infinity" ? 0xD000 : 0xF000);
        return {};
    }
    const bool negative = digits.starts_with('-');
    digits.remove_prefix(negative ? 1 : 0);
    const std::size_t point = std::min(digits.find('.'), digits.size());
    const std::string_view whole = digits.substr(0, point);
    const std::string_view fraction = point < digits.size() ? digits.substr(point + 1) : std::string_view();
    // Groups of four digits from the point outwards.
    std::string padded((4 - whole.size() % 4) % 4, '0');
    padded.append(whole).append(fraction).append((4 - fraction.size() % 4) % 4, '0');
    if (padded.find_first_not_of("0123456789") != std::string::npos || whole.empty()) {
        return fail(ErrorCode::kInvalidArgument, "'" + sdk::abbreviate(digits) + "' is not a number in digits");
    }
    std::size_t first = 0;
    std::size_t last = padded.size() / 4;
    const auto group = [&](std::size_t i) {
        return static_cast<std::int16_t>((padded[4 * i] - '0') * 1000 + (padded[4 * i + 1] - '0') * 100 +
                                         (padded[4 * i + 2] - '0') * 10 + (padded[4 * i + 3] - '0'));
    };
    auto weight = static_cast<std::int64_t>((whole.size() + 3) / 4) - 1;
    for (; first < last && group(first) == 0; ++first, --weight) {
    }
    for (; last > first && group(last - 1) == 0; --last) {
    }
    const std::size_t count = last - first;
    if (weight > std::numeric_limits<std::int16_t>::max() || fraction.size() > 16383) {
        return fail(ErrorCode::kOutOfRange, "a number has more digits than numeric holds");
    }
    appendNumber(static_cast<std::int32_t>(8 + 2 * count), out);
    appendNumber(static_cast<std::uint16_t>(count), out);
    appendNumber(static_cast<std::int16_t>(count == 0 ? 0 : weight), out);
    appendNumber(static_cast<std::uint16_t>(negative && count > 0 ? 0x4000 : 0), out);
    appendNumber(static_cast<std::uint16_t>(fraction.size()), out);
    for (; first < last; ++first) {
        appendNumber(group(first), out);
    }
    return {};
}

Result<> appendBinary(const TsrParam& value, std::string& out) {
    if (value.is_null) {
        appendNumber(std::int32_t{-1}, out);
        return {};
    }
    switch (value.type) {
        case TSR_TYPE_BOOL:
            appendNumber(std::int32_t{1}, out);
            out += native<bool>(value) ? '\1' : '\0';
            return {};
        case TSR_TYPE_INT16:
            appendField(native<std::int16_t>(value), out);
            return {};
        case TSR_TYPE_INT32:
        case TSR_TYPE_FLOAT32:
            appendField(native<std::uint32_t>(value), out);
            return {};
        case TSR_TYPE_INT64:
        case TSR_TYPE_FLOAT64:
        case TSR_TYPE_TIME:
            appendField(native<std::uint64_t>(value), out);
            return {};
        case TSR_TYPE_DATE:
            return appendMoment(native<std::int32_t>(value), kEpochDays, out);
        case TSR_TYPE_TIMESTAMP:
        case TSR_TYPE_TIMESTAMPTZ:
            return appendMoment(native<std::int64_t>(value), kEpochMicros, out);
        case TSR_TYPE_DECIMAL:
            return appendNumeric(bytesOf(value), out);
        case TSR_TYPE_TEXT:
        case TSR_TYPE_BYTES:
        case TSR_TYPE_UUID:
        case TSR_TYPE_BITS:
        case TSR_TYPE_LITERAL:
            return appendBytes(bytesOf(value), out);
    }
    return fail(ErrorCode::kInvalidArgument, "a value has an unknown type");
}

Result<> appendText(const TsrParam& value, std::string& out) {
    if (value.is_null) {
        out += "\\N";
        return {};
    }
    switch (value.type) {
        case TSR_TYPE_BOOL:
            out += native<bool>(value) ? 't' : 'f';
            return {};
        case TSR_TYPE_INT16:
            out += std::to_string(native<std::int16_t>(value));
            return {};
        case TSR_TYPE_INT32:
            out += std::to_string(native<std::int32_t>(value));
            return {};
        case TSR_TYPE_INT64:
            out += std::to_string(native<std::int64_t>(value));
            return {};
        case TSR_TYPE_FLOAT32:
            out += float32Text(native<float>(value));
            return {};
        case TSR_TYPE_FLOAT64:
            out += sdk::formatFloat(native<double>(value));
            return {};
        case TSR_TYPE_DATE:
            out += sdk::formatDate(native<std::int32_t>(value));
            return {};
        case TSR_TYPE_TIME:
            out += sdk::formatTime(native<std::int64_t>(value));
            return {};
        case TSR_TYPE_TIMESTAMP:
            out += sdk::formatTimestamp(native<std::int64_t>(value));
            return {};
        case TSR_TYPE_TIMESTAMPTZ:
            out += zonedText(native<std::int64_t>(value));
            return {};
        case TSR_TYPE_UUID:
            out += sdk::formatUuid(bytesOf(value));
            return {};
        case TSR_TYPE_BYTES:
            appendHex(bytesOf(value), out);
            return {};
        case TSR_TYPE_DECIMAL:
        case TSR_TYPE_TEXT:
        case TSR_TYPE_BITS:
        case TSR_TYPE_LITERAL:
            appendEscaped(bytesOf(value), out);
            return {};
    }
    return fail(ErrorCode::kInvalidArgument, "a value has an unknown type");
}

}  // namespace tessera::postgres_connector
