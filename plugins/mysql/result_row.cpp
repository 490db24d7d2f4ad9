#include "plugins/mysql/result_row.h"

#include "common/handle.h"
#include "plugins/mysql/temporal.h"
#include "plugins/sdk/values.h"

#include <algorithm>
#include <cmath>

namespace tessera::mysql {

namespace {

constexpr unsigned long kLeastBuffer = 64;
constexpr unsigned long kFirstBuffer = 4096;
constexpr std::int64_t kMicrosPerDay = 86'400'000'000;

Error misfit(const sdk::BatchBuilder& rows, std::size_t index, const std::string& value, const char* sqlstate,
             const char* hint = "") {
    Error error =
        fail(ErrorCode::kOutOfRange,
             "value '" + sdk::abbreviate(value) + "' does not fit type " + std::string(sdk::typeName(rows.type(index))),
             hint);
    error.sqlstate = sqlstate;
    return error;
}

bool isText(TsrType type) {
    return type == TSR_TYPE_TEXT || type == TSR_TYPE_LITERAL;
}

/// Bits, highest first, the last `count` of them.
std::string formatBits(std::string_view bytes, unsigned long count) {
    std::string bits;
    for (const char c : bytes) {
        for (int bit = 7; bit >= 0; --bit) {
            bits += (static_cast<unsigned char>(c) >> bit & 1) != 0 ? '1' : '0';
        }
    }
    return bits.size() > count ? bits.substr(bits.size() - count) : bits;
}

}  // namespace

ResultRow::ResultRow(MYSQL_STMT* statement, ZeroDates zero_dates) : statement_(statement), zero_dates_(zero_dates) {
    const Handle<MYSQL_RES, mysql_free_result> metadata(mysql_stmt_result_metadata(statement));
    const unsigned count = metadata ? mysql_num_fields(metadata.get()) : 0;
    columns_.resize(count);
    for (unsigned i = 0; i < count; ++i) {
        const MYSQL_FIELD& field = *mysql_fetch_field_direct(metadata.get(), i);
        Column& column = columns_[i];
        column.name = field.org_name != nullptr && *field.org_name != '\0' ? field.org_name : field.name;
        column.kind = kindOf(field.type);
        column.is_unsigned = (field.flags & UNSIGNED_FLAG) != 0;
        column.bits = field.length;
        if (column.kind == Kind::kBytes || column.kind == Kind::kDecimal || column.kind == Kind::kBits) {
            column.buffer.resize(std::clamp(field.length, kLeastBuffer, kFirstBuffer));
        }
        types_.push_back(field.type);
        binds_.push_back(bindOf(column, field.type));
    }
}

ResultRow::Kind ResultRow::kindOf(enum_field_types type) {
    switch (type) {
        case MYSQL_TYPE_TINY:
        case MYSQL_TYPE_SHORT:
        case MYSQL_TYPE_INT24:
        case MYSQL_TYPE_LONG:
        case MYSQL_TYPE_LONGLONG:
        case MYSQL_TYPE_YEAR:
            return Kind::kInteger;
        case MYSQL_TYPE_FLOAT:
            return Kind::kFloat;
        case MYSQL_TYPE_DOUBLE:
            return Kind::kDouble;
        case MYSQL_TYPE_DECIMAL:
        case MYSQL_TYPE_NEWDECIMAL:
            return Kind::kDecimal;
        case MYSQL_TYPE_DATE:
        case MYSQL_TYPE_NEWDATE:
            return Kind::kDate;
        case MYSQL_TYPE_DATETIME:
        case MYSQL_TYPE_TIMESTAMP:
            return Kind::kDateTime;
        case MYSQL_TYPE_TIME:
            return Kind::kTime;
        case MYSQL_TYPE_BIT:
            return Kind::kBits;
        default:
            return Kind::kBytes;
    }
}

MYSQL_BIND ResultRow::bindOf(Column& column, enum_field_types type) {
    MYSQL_BIND bind{};
    bind.length = &column.length;
    bind.is_null = &column.is_null;
    bind.error = &column.is_cut;
    bind.is_unsigned = column.is_unsigned ? 1 : 0;
    switch (column.kind) {
        case Kind::kInteger:
            bind.buffer_type = MYSQL_TYPE_LONGLONG;
            bind.buffer = &column.number;
            break;
        case Kind::kFloat:
        case Kind::kDouble:
            bind.buffer_type = type;
            bind.buffer = &column.number;
            break;
        case Kind::kDate:
        case Kind::kDateTime:
        case Kind::kTime:
            bind.buffer_type = type;
            bind.buffer = &column.time;
            break;
        case Kind::kDecimal:
        case Kind::kBits:
        case Kind::kBytes:
            bind.buffer_type = MYSQL_TYPE_STRING;
            bind.buffer = column.buffer.data();
            bind.buffer_length = column.buffer.size();
            break;
    }
    return bind;
}

bool ResultRow::bind() {
    return binds_.empty() || mysql_stmt_bind_result(statement_, binds_.data()) == 0;
}

Result<> ResultRow::append(sdk::BatchBuilder& rows) {
    for (std::size_t i = 0; i < columns_.size(); ++i) {
        const Column& column = columns_[i];
        if (column.is_null != 0) {
            rows.appendNull(i);
            continue;
        }
        if (!column.buffer.empty() && column.length > column.buffer.size()) {
            TSR_TRY(refetch(i));
        } else if (column.is_cut != 0) {
            return fail(ErrorCode::kDataLoss, "column '" + column.name + "': the client library would change a value");
        }
        if (putPlain(column, i, rows)) {
            continue;
        }
        if (auto appended = appendColumn(column, i, rows); !appended) {
            return std::move(appended).error().withContext("column '" + column.name + "'");
        }
    }
    if (grown_) {
        grown_ = false;
        bind();
    }
    return sdk::success();
}

Result<> ResultRow::refetch(std::size_t index) {
    Column& column = columns_[index];
    column.buffer.resize(column.length);
    largest_ = std::max(largest_, column.buffer.size());
    binds_[index] = bindOf(column, types_[index]);
    MYSQL_BIND whole = binds_[index];
    if (mysql_stmt_fetch_column(statement_, &whole, static_cast<unsigned>(index), 0) != 0 ||
        column.length > column.buffer.size()) {
        return fail(ErrorCode::kDataLoss, "column '" + column.name + "': a value of " + std::to_string(column.length) +
                                              " bytes could not be fetched whole");
    }
    grown_ = true;
    return {};
}

bool ResultRow::putPlain(const Column& column, std::size_t index, sdk::BatchBuilder& rows) {
    const TsrType type = rows.type(index);
    switch (column.kind) {
        case Kind::kInteger:
            return (type == TSR_TYPE_INT16 || type == TSR_TYPE_INT32 || type == TSR_TYPE_INT64) &&
                   (!column.is_unsigned || column.number.integer >= 0) && rows.tryInt(index, column.number.integer);
        case Kind::kDouble:
            return rows.tryFloat(index, column.number.real);
        case Kind::kDateTime: {
            const bool is_moment = type == TSR_TYPE_TIMESTAMP || type == TSR_TYPE_TIMESTAMPTZ;
            const auto micros = is_moment ? timestampOf(column.time) : std::nullopt;
            return micros && rows.tryInt(index, *micros);
        }
        case Kind::kBytes:
            return rows.tryText(index, {column.buffer.data(), column.length});
        default:
            return false;
    }
}

Result<> ResultRow::appendColumn(const Column& column, std::size_t index, sdk::BatchBuilder& rows) const {
    switch (column.kind) {
        case Kind::kInteger:
            return appendInteger(column, index, rows);
        case Kind::kFloat:
            return appendReal(static_cast<double>(column.number.single), index, rows);
        case Kind::kDouble:
            return appendReal(column.number.real, index, rows);
        case Kind::kDecimal:
            return rows.appendText(index, {column.buffer.data(), column.length});
        case Kind::kDate:
        case Kind::kDateTime:
            return appendMoment(column, index, rows);
        case Kind::kTime:
            return appendTime(column, index, rows);
        case Kind::kBits:
            return appendBits(column, index, rows);
        case Kind::kBytes:
            return appendBytes(column, index, rows);
    }
    return {};
}

Result<> ResultRow::appendInteger(const Column& column, std::size_t index, sdk::BatchBuilder& rows) const {
    const std::int64_t value = column.number.integer;
    const TsrType type = rows.type(index);
    if (column.is_unsigned && value < 0) {
        const std::string digits = std::to_string(static_cast<std::uint64_t>(value));
        return type == TSR_TYPE_DECIMAL || isText(type) ? rows.appendBytes(index, digits)
                                                        : misfit(rows, index, digits, "22003");
    }
    switch (type) {
        case TSR_TYPE_BOOL:
            if (value != 0 && value != 1) {
                return misfit(
                    rows, index, std::to_string(value), "22003",
                    "the column holds more than 0 and 1: declare it as smallint, or set tinyint1_is_bool to false");
            }
            return rows.appendBool(index, value == 1);
        case TSR_TYPE_DATE:
        case TSR_TYPE_TIME:
        case TSR_TYPE_TIMESTAMP:
        case TSR_TYPE_TIMESTAMPTZ:
            return misfit(rows, index, std::to_string(value), "22007");
        default:
            return rows.appendInt(index, value);
    }
}

Result<> ResultRow::appendReal(double value, std::size_t index, sdk::BatchBuilder& rows) const {
    switch (rows.type(index)) {
        case TSR_TYPE_BOOL:
        case TSR_TYPE_INT16:
        case TSR_TYPE_INT32:
        case TSR_TYPE_INT64:
            if (value != std::trunc(value) || std::abs(value) > 9'007'199'254'740'992.0) {
                return misfit(rows, index, sdk::formatFloat(value), "22003");
            }
            return rows.appendInt(index, static_cast<std::int64_t>(value));
        default:
            return rows.appendFloat(index, value);
    }
}

Result<> ResultRow::appendMoment(const Column& column, std::size_t index, sdk::BatchBuilder& rows) const {
    const TsrType type = rows.type(index);
    const auto text = [&] {
        return column.kind == Kind::kDate ? formatDateOf(column.time) : formatDateTimeOf(column.time);
    };
    if (isText(type)) {
        return rows.appendBytes(index, text());
    }
    const auto micros = timestampOf(column.time);
    if (!micros) {
        if (zero_dates_ == ZeroDates::kNull) {
            rows.appendNull(index);
            return {};
        }
        return misfit(rows, index, text(), "22008",
                      "set the server's option zero_dates to null, or declare the column as text");
    }
    switch (type) {
        case TSR_TYPE_TIMESTAMP:
        case TSR_TYPE_TIMESTAMPTZ:
            return rows.appendInt(index, *micros);
        case TSR_TYPE_DATE:
            if (*micros % kMicrosPerDay != 0) {
                return misfit(rows, index, text(), "22008");
            }
            return rows.appendInt(index, *daysOf(column.time));
        default:
            return misfit(rows, index, text(), "22007");
    }
}

Result<> ResultRow::appendTime(const Column& column, std::size_t index, sdk::BatchBuilder& rows) const {
    if (isText(rows.type(index))) {
        return rows.appendBytes(index, formatTimeOf(column.time));
    }
    const auto micros = timeOfDayOf(column.time);
    if (rows.type(index) != TSR_TYPE_TIME || !micros) {
        return misfit(rows, index, formatTimeOf(column.time), "22008", "declare the column as interval or text");
    }
    return rows.appendInt(index, *micros);
}

Result<> ResultRow::appendBits(const Column& column, std::size_t index, sdk::BatchBuilder& rows) const {
    const std::string_view bytes(column.buffer.data(), column.length);
    const std::string bits = formatBits(bytes, column.bits);
    const std::size_t first = bits.find('1');
    switch (rows.type(index)) {
        case TSR_TYPE_TEXT:
        case TSR_TYPE_LITERAL:
            return rows.appendBytes(index, bits);
        case TSR_TYPE_BYTES:
            return rows.appendBytes(index, bytes);
        case TSR_TYPE_BOOL:
            if (first != std::string::npos && first + 1 < bits.size()) {
                return misfit(rows, index, bits, "22003");
            }
            return rows.appendBool(index, first != std::string::npos);
        default: {
            std::uint64_t value = 0;
            for (const char c : bytes) {
                value = value << 8 | static_cast<unsigned char>(c);
            }
            return rows.appendText(index, std::to_string(value));
        }
    }
}

Result<> ResultRow::appendBytes(const Column& column, std::size_t index, sdk::BatchBuilder& rows) const {
    const std::string_view bytes(column.buffer.data(), column.length);
    const TsrType type = rows.type(index);
    if (isText(type) || type == TSR_TYPE_BYTES || (type == TSR_TYPE_UUID && bytes.size() == 16)) {
        return rows.appendBytes(index, bytes);
    }
    return rows.appendText(index, bytes);
}

}  // namespace tessera::mysql
