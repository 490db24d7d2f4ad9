#include "plugins/mysql/ingest.h"

#include "common/strings.h"
#include "plugins/mysql/temporal.h"
#include "plugins/sdk/values.h"

#include <charconv>
#include <cmath>
#include <cstring>

namespace tessera::mysql {

namespace {

/// Below every server's max_allowed_packet by default.
constexpr std::size_t kStatementBytes = 1UL << 20U;

template <class T>
T native(const TsrParam& param) {
    T value;
    std::memcpy(&value, param.data, sizeof value);
    return value;
}

Error noSuchValue(const std::string& what) {
    Error error = fail(ErrorCode::kOutOfRange, "MySQL has no value " + what);
    error.sqlstate = "22003";
    return error;
}

void appendQuoted(std::string_view text, std::string& sql) {
    sql += '\'';
    for (const char c : text) {
        sql.append(c == '\'' ? 2 : 1, c);
    }
    sql += '\'';
}

void appendHex(std::string_view bytes, std::string& sql) {
    constexpr char kHex[] = "0123456789ABCDEF";
    sql += "X'";
    for (const char c : bytes) {
        const auto byte = static_cast<unsigned char>(c);
        sql += kHex[byte >> 4U];
        sql += kHex[byte & 15U];
    }
    sql += '\'';
}

template <class T>
Result<> appendFloat(T value, std::string& sql) {
    if (!std::isfinite(value)) {
        return noSuchValue(sdk::formatFloat(static_cast<double>(value)));
    }
    char text[40];
    // With an exponent it is a floating point literal, not a decimal one.
    sql.append(text, std::to_chars(text, text + sizeof text, value, std::chars_format::scientific).ptr);
    return {};
}

Result<> appendStamp(std::int64_t micros, std::string& sql) {
    const auto time = dateTimeFrom(micros);
    if (!time) {
        return noSuchValue(sdk::formatTimestamp(micros));
    }
    appendQuoted(formatDateTimeOf(*time), sql);
    return {};
}

}  // namespace

Result<> appendLiteral(const TsrParam& value, std::string& sql) {
    if (value.is_null) {
        sql += "NULL";
        return {};
    }
    const std::string_view bytes(value.size > 0 ? static_cast<const char*>(value.data) : "", value.size);
    switch (value.type) {
        case TSR_TYPE_BOOL:
            sql += native<bool>(value) ? '1' : '0';
            return {};
        case TSR_TYPE_INT16:
            sql += std::to_string(native<std::int16_t>(value));
            return {};
        case TSR_TYPE_INT32:
            sql += std::to_string(native<std::int32_t>(value));
            return {};
        case TSR_TYPE_INT64:
            sql += std::to_string(native<std::int64_t>(value));
            return {};
        case TSR_TYPE_FLOAT32:
            return appendFloat(native<float>(value), sql);
        case TSR_TYPE_FLOAT64:
            return appendFloat(native<double>(value), sql);
        case TSR_TYPE_DECIMAL:
            if (bytes.find_first_not_of("+-.0123456789") != std::string_view::npos) {
                return noSuchValue(std::string(bytes));
            }
            sql += bytes;
            return {};
        case TSR_TYPE_TEXT:
        case TSR_TYPE_LITERAL:
            appendQuoted(bytes, sql);
            return {};
        case TSR_TYPE_BYTES:
            appendHex(bytes, sql);
            return {};
        case TSR_TYPE_BITS:  // as a text, its digits' codes would be the bits
            sql += "b'" + std::string(bytes) + "'";
            return {};
        case TSR_TYPE_UUID:
            appendQuoted(sdk::formatUuid(bytes), sql);
            return {};
        case TSR_TYPE_DATE: {
            const auto days = native<std::int32_t>(value);
            const auto date = dateFrom(days);
            if (!date) {
                return noSuchValue(sdk::formatDate(days));
            }
            appendQuoted(formatDateOf(*date), sql);
            return {};
        }
        case TSR_TYPE_TIME:
            appendQuoted(sdk::formatTime(native<std::int64_t>(value)), sql);
            return {};
        case TSR_TYPE_TIMESTAMP:
        case TSR_TYPE_TIMESTAMPTZ:
            return appendStamp(native<std::int64_t>(value), sql);
    }
    return fail(ErrorCode::kInvalidArgument, "a value has an unknown type");
}

std::unique_ptr<sdk::Ingest> Ingest::start(Connection& connection, const sdk::Target& target) {
    std::string columns;
    for (const std::string_view column : target.columns) {
        columns += (columns.empty() ? "" : ", ") + quoteIdentifier(std::string(column));
    }
    return std::unique_ptr<sdk::Ingest>(
        new Ingest(connection, "INSERT INTO " + std::string(target.relation) + " (" + columns + ") VALUES ",
                   target.columns.size()));
}

Result<> Ingest::rows(std::span<const TsrParam> values) {
    for (std::size_t first = 0; first < values.size(); first += columns_) {
        sql_ += sql_.empty() ? head_ + "(" : ", (";
        for (std::size_t i = 0; i < columns_; ++i) {
            sql_ += i > 0 ? ", " : "";
            TSR_TRY(appendLiteral(values[first + i], sql_));
        }
        sql_ += ")";
        ++count_;
        if (sql_.size() >= kStatementBytes) {
            TSR_TRY(send());
        }
    }
    return {};
}

Result<> Ingest::send() {
    if (!sql_.empty()) {
        TSR_TRY(connection_.run(sql_));
        sql_.clear();
    }
    return {};
}

Result<std::int64_t> Ingest::finish() {
    TSR_TRY(send());
    return count_;
}

}  // namespace tessera::mysql
