#include "plugins/postgres/copy_encoding.h"

#include "plugins/sdk/byte_order.h"
#include "plugins/sdk/numeric_binary.h"
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
    char bytes[sizeof value];
    sdk::putBigEndian(value, bytes);
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

Result<> appendNumeric(std::string_view digits, std::string& out) {
    const std::size_t begin = out.size();
    out.resize(begin + sizeof(std::int32_t) + sdk::mostNumericBytes(digits.size()));
    char* const field = out.data() + begin;
    const std::size_t size = TSR_TRY(sdk::encodeNumeric(digits, field + sizeof(std::int32_t)));
    sdk::putBigEndian(static_cast<std::int32_t>(size), field);
    out.resize(begin + sizeof(std::int32_t) + size);
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
