#include "plugins/sqlite/values.h"

#include "plugins/sdk/values.h"

#include <cmath>
#include <cstring>
#include <string>
#include <string_view>
#include <type_traits>

namespace tessera::sqlite {

namespace {

constexpr std::int64_t kMicrosPerDay = 86'400'000'000;

const char* storageName(int storage) {
    switch (storage) {
        case SQLITE_INTEGER:
            return "an integer";
        case SQLITE_FLOAT:
            return "a real";
        case SQLITE_TEXT:
            return "a text";
        case SQLITE_BLOB:
            return "a blob";
        default:
            return "a null";
    }
}

std::string_view bytesOf(sqlite3_value* value, int storage) {
    // The pointer first, then the size: the first call may convert from UTF-16. sqlite3_value_text() would copy the
    // text for a NUL at its end.
    const bool as_it_is = storage == SQLITE_BLOB || sqlite3_value_encoding(value) == SQLITE_UTF8;
    const void* data = as_it_is ? sqlite3_value_blob(value) : sqlite3_value_text(value);
    return {static_cast<const char*>(data), static_cast<std::size_t>(sqlite3_value_bytes(value))};
}

std::string columnName(sqlite3_stmt* statement, int column) {
    const char* name = sqlite3_column_name(statement, column);
    return name != nullptr ? name : std::to_string(column + 1);
}

Error misfit(sqlite3_stmt* statement, int column, sdk::BatchBuilder& rows, int storage) {
    sqlite3_value* value = sqlite3_column_value(statement, column);
    const std::string shown = storage == SQLITE_BLOB ? "of " + std::to_string(sqlite3_value_bytes(value)) + " bytes"
                                                     : "'" + sdk::abbreviate(bytesOf(value, SQLITE_TEXT)) + "'";
    const auto type = rows.type(static_cast<std::size_t>(column));
    Error error =
        fail(ErrorCode::kInvalidArgument,
             "column '" + columnName(statement, column) + "' holds " + storageName(storage) + " " + shown +
                 ", which is no value of type " + std::string(sdk::typeName(type)),
             "SQLite keeps values of any type in any column: correct the value, or declare the foreign table's "
             "column with a type that takes it");
    error.sqlstate = "22P02";
    return error;
}

bool isNumber(TsrType type) {
    return type == TSR_TYPE_INT16 || type == TSR_TYPE_INT32 || type == TSR_TYPE_INT64;
}

Result<> appendInteger(std::int64_t value, std::size_t column, sdk::BatchBuilder& rows) {
    switch (rows.type(column)) {
        case TSR_TYPE_BOOL:
            if (value != 0 && value != 1) {
                return fail(ErrorCode::kOutOfRange, "not 0 or 1");
            }
            return rows.appendBool(column, value == 1);
        case TSR_TYPE_DATE:
        case TSR_TYPE_TIME:
        case TSR_TYPE_TIMESTAMP:
        case TSR_TYPE_TIMESTAMPTZ:
            // A number may be seconds since 1970, a Julian day or a year: there is no telling.
            return fail(ErrorCode::kInvalidArgument, "a number is no date");
        default:
            return rows.appendInt(column, value);
    }
}

Result<> appendReal(double value, std::size_t column, sdk::BatchBuilder& rows) {
    switch (rows.type(column)) {
        case TSR_TYPE_INT16:
        case TSR_TYPE_INT32:
        case TSR_TYPE_INT64:
            if (value != std::trunc(value) || std::abs(value) > 9'007'199'254'740'992.0) {
                return fail(ErrorCode::kOutOfRange, "not a whole number");
            }
            return rows.appendInt(column, static_cast<std::int64_t>(value));
        default:
            return rows.appendFloat(column, value);
    }
}

Result<> appendWords(std::string_view text, std::size_t column, sdk::BatchBuilder& rows) {
    switch (rows.type(column)) {
        case TSR_TYPE_TEXT:
        case TSR_TYPE_BITS:
        case TSR_TYPE_LITERAL:
            return rows.appendBytes(column, text);
        case TSR_TYPE_DECIMAL:
            if (!sdk::isNumeric(text)) {
                return fail(ErrorCode::kInvalidArgument, "not a number");
            }
            return rows.appendBytes(column, text);
        case TSR_TYPE_DATE: {
            if (const auto date = sdk::parseDate(text)) {
                return rows.appendInt(column, *date);
            }
            // Many programs write dates with a time of midnight.
            const std::int64_t micros = TSR_TRY(sdk::parseTimestamp(text));
            if (micros % kMicrosPerDay != 0) {
                return fail(ErrorCode::kInvalidArgument, "has a time of day");
            }
            return rows.appendInt(column, micros / kMicrosPerDay);
        }
        case TSR_TYPE_TIME:
        case TSR_TYPE_TIMESTAMP:
        case TSR_TYPE_TIMESTAMPTZ:
        case TSR_TYPE_UUID:
            return rows.appendText(column, text);
        default:
            // SQLite compares a text as a text, also '12' with 12: to take it as a number would give other answers.
            return fail(ErrorCode::kInvalidArgument, "a text");
    }
}

Result<> appendBlob(std::string_view bytes, std::size_t column, sdk::BatchBuilder& rows) {
    if (rows.type(column) != TSR_TYPE_BYTES && rows.type(column) != TSR_TYPE_UUID) {
        return fail(ErrorCode::kInvalidArgument, "a blob");
    }
    return rows.appendBytes(column, bytes);
}

Result<> appendStored(sqlite3_value* value, int storage, std::size_t column, sdk::BatchBuilder& rows) {
    switch (storage) {
        case SQLITE_NULL:
            rows.appendNull(column);
            return sdk::success();
        case SQLITE_INTEGER:
            return appendInteger(sqlite3_value_int64(value), column, rows);
        case SQLITE_FLOAT:
            return appendReal(sqlite3_value_double(value), column, rows);
        case SQLITE_TEXT:
            return appendWords(bytesOf(value, storage), column, rows);
        default:
            return appendBlob(bytesOf(value, storage), column, rows);
    }
}

/// A numeric as SQLite would hold it, or an error when it cannot without a change.
Result<Stored> storedDecimal(std::string_view digits) {
    if (const auto whole = sdk::parseInt(digits)) {
        return Stored(*whole);
    }
    // Fifteen significant digits always survive a double; more may or may not.
    std::size_t significant = 0;
    for (const char c : digits) {
        significant += (c >= '1' && c <= '9') || (c == '0' && significant > 0) ? 1 : 0;
    }
    const auto value = sdk::parseFloat(digits);
    if (!value || !std::isfinite(*value) || significant > 15) {
        return fail(ErrorCode::kOutOfRange, "SQLite has no exact form of the number " + sdk::abbreviate(digits),
                    "compare with a number of at most 15 digits, or cast the column");
    }
    return Stored(*value);
}

template <class T>
T native(const TsrParam& param) {
    T value;
    std::memcpy(&value, param.data, sizeof value);
    return value;
}

Result<Stored> storedNative(const TsrParam& param) {
    const std::string_view bytes(param.size > 0 ? static_cast<const char*>(param.data) : "", param.size);
    switch (param.type) {
        case TSR_TYPE_BOOL:
            return Stored(std::int64_t{native<bool>(param) ? 1 : 0});
        case TSR_TYPE_INT16:
            return Stored(std::int64_t{native<std::int16_t>(param)});
        case TSR_TYPE_INT32:
            return Stored(std::int64_t{native<std::int32_t>(param)});
        case TSR_TYPE_INT64:
            return Stored(native<std::int64_t>(param));
        case TSR_TYPE_FLOAT32:
        case TSR_TYPE_FLOAT64: {
            const double value = param.type == TSR_TYPE_FLOAT32 ? native<float>(param) : native<double>(param);
            if (std::isnan(value)) {
                return fail(ErrorCode::kOutOfRange, "SQLite has no value NaN");  // it would be bound as NULL
            }
            return Stored(value);
        }
        case TSR_TYPE_DATE:
            return Stored(sdk::formatDate(native<std::int32_t>(param)));
        case TSR_TYPE_TIME:
            return Stored(sdk::formatTime(native<std::int64_t>(param)));
        case TSR_TYPE_TIMESTAMP:
            return Stored(sdk::formatTimestamp(native<std::int64_t>(param)));
        case TSR_TYPE_TIMESTAMPTZ:
            return Stored(sdk::formatTimestamp(native<std::int64_t>(param)) + "+00:00");
        case TSR_TYPE_UUID:
            return Stored(sdk::formatUuid(bytes));
        case TSR_TYPE_DECIMAL:
            return storedDecimal(bytes);
        case TSR_TYPE_BYTES:
            return Stored(BlobView{bytes});
        case TSR_TYPE_TEXT:
        case TSR_TYPE_BITS:
        case TSR_TYPE_LITERAL:
            return Stored(bytes);
    }
    return fail(ErrorCode::kInternal, "a parameter has no type that is known");
}

int bindStored(sqlite3_stmt* statement, int index, const Stored& value) {
    return std::visit(
        [&](const auto& held) {
            using T = std::decay_t<decltype(held)>;
            if constexpr (std::is_same_v<T, std::monostate>) {
                return sqlite3_bind_null(statement, index);
            } else if constexpr (std::is_same_v<T, std::int64_t>) {
                return sqlite3_bind_int64(statement, index, held);
            } else if constexpr (std::is_same_v<T, double>) {
                return sqlite3_bind_double(statement, index, held);
            } else if constexpr (std::is_same_v<T, BlobView>) {
                // A null pointer would bind NULL where no bytes are meant.
                return sqlite3_bind_blob64(statement, index, held.bytes.data(), held.bytes.size(), SQLITE_TRANSIENT);
            } else {
                return sqlite3_bind_text64(statement, index, held.data(), held.size(), SQLITE_TRANSIENT, SQLITE_UTF8);
            }
        },
        value);
}

/// What most values are, put as appendValue() would; false for all others.
bool putPlainValue(sqlite3_stmt* statement, int column, sdk::BatchBuilder& rows) {
    const auto target = static_cast<std::size_t>(column);
    // sqlite3_column_… would look the value up for each call.
    sqlite3_value* value = sqlite3_column_value(statement, column);
    switch (sqlite3_value_type(value)) {
        case SQLITE_INTEGER:
            return isNumber(rows.type(target)) && rows.tryInt(target, sqlite3_value_int64(value));
        case SQLITE_FLOAT:
            return rows.tryFloat(target, sqlite3_value_double(value));
        case SQLITE_TEXT:
            return rows.tryText(target, bytesOf(value, SQLITE_TEXT));
        case SQLITE_NULL:
            rows.appendNull(target);
            return true;
        default:
            return false;
    }
}

/// Appends the value of the statement's current row to the same column of `rows`.
Result<> appendValue(sqlite3_stmt* statement, int column, sdk::BatchBuilder& rows) {
    const auto target = static_cast<std::size_t>(column);
    sqlite3_value* value = sqlite3_column_value(statement, column);
    const int storage = sqlite3_value_type(value);
    Result<> appended = appendStored(value, storage, target, rows);
    if (appended) {
        return appended;
    }
    const std::string_view state = appended.error().sqlState();
    if (state == "22021" || state == "53000") {
        return std::move(appended).error().withContext("column '" + columnName(statement, column) + "'");
    }
    return misfit(statement, column, rows, storage);
}

}  // namespace

Result<> appendRow(sqlite3_stmt* statement, sdk::BatchBuilder& rows) {
    if (rows.columnCount() == 0) {
        rows.addRows(1);
        return sdk::success();
    }
    for (std::size_t column = 0; column < rows.columnCount(); ++column) {
        if (!putPlainValue(statement, static_cast<int>(column), rows)) {
            TSR_TRY(appendValue(statement, static_cast<int>(column), rows));
        }
    }
    rows.endRow();
    return sdk::success();
}

Result<Stored> storedForm(const TsrParam& param) {
    return param.is_null ? Result<Stored>(std::monostate()) : storedNative(param);
}

Result<> bindParam(sqlite3_stmt* statement, int index, const TsrParam& param) {
    const Stored value = TSR_TRY(storedForm(param));
    const int code = bindStored(statement, index, value);
    if (code != SQLITE_OK) {
        return fail(ErrorCode::kInternal, "cannot bind parameter " + std::to_string(index) +
                                              " of a SQLite statement: " + sqlite3_errstr(code));
    }
    return {};
}

}  // namespace tessera::sqlite
