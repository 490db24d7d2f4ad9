#include "plugins/odbc/columns.h"

#include "plugins/odbc/unicode.h"
#include "plugins/sdk/values.h"

#include <sqlucode.h>

#include <algorithm>
#include <array>
#include <cstring>

namespace tessera::odbc {

namespace {

/// A row set's buffers are about as large as this.
constexpr std::size_t kRowSetBytes = 256 * 1024;
constexpr std::size_t kMostRows = 1024;
constexpr SQLULEN kMostBoundCharacters = 2000;
constexpr SQLULEN kMostBoundBytes = 4000;
constexpr SQLULEN kMostDigits = 1000;

constexpr std::int64_t kMicrosPerSecond = 1'000'000;
constexpr std::int64_t kMicrosPerDay = 86'400 * kMicrosPerSecond;

Error misfit(std::string message, const char* sqlstate = "22P02", std::string hint = {}) {
    Error error = fail(errorCodeOfSqlState(sqlstate), std::move(message), std::move(hint));
    error.sqlstate = sqlstate;
    return error;
}

bool isInteger(SQLSMALLINT type) {
    return type == SQL_TINYINT || type == SQL_SMALLINT || type == SQL_INTEGER || type == SQL_BIGINT;
}

bool isFloat(SQLSMALLINT type) {
    return type == SQL_REAL || type == SQL_FLOAT || type == SQL_DOUBLE;
}

bool isBinary(SQLSMALLINT type) {
    return type == SQL_BINARY || type == SQL_VARBINARY || type == SQL_LONGVARBINARY;
}

bool isMoment(SQLSMALLINT type) {
    return type == SQL_TYPE_TIMESTAMP || type == SQL_TIMESTAMP;
}

bool isDay(SQLSMALLINT type) {
    return type == SQL_TYPE_DATE || type == SQL_DATE;
}

template <class T>
T native(std::string_view bytes) {
    T value{};
    std::memcpy(&value, bytes.data(), std::min(sizeof value, bytes.size()));
    return value;
}

std::string shown(const SQL_TIMESTAMP_STRUCT& moment) {
    std::array<char, 64> text{};
    std::snprintf(text.data(), text.size(), "%04d-%02d-%02d %02d:%02d:%02d.%09u", moment.year, moment.month, moment.day,
                  moment.hour, moment.minute, moment.second, moment.fraction);
    return text.data();
}

/// Days since 1970; drivers hand out '0000-00-00' and the like, too.
Result<std::int64_t> daysOf(int year, unsigned month, unsigned day) {
    const std::int64_t days =
        month >= 1 && month <= 12 && day >= 1 && day <= 31 ? sdk::daysFromCivil(year, month, day) : 0;
    std::int64_t real_year = 0;
    unsigned real_month = 0;
    unsigned real_day = 0;
    sdk::civilFromDays(days, &real_year, &real_month, &real_day);
    if (year < 1 || real_year != year || real_month != month || real_day != day) {
        std::array<char, 32> text{};
        std::snprintf(text.data(), text.size(), "%04d-%02u-%02u", year, month, day);
        return misfit("'" + std::string(text.data()) + "' is no date", "22008",
                      "declare the foreign table's column as text to see such values");
    }
    return days;
}

/// Does a moment's text end in "Z", "+02" or "+02:00"?
bool saysZone(std::string_view text) {
    const std::size_t time = text.find(':');
    return time != std::string_view::npos && text.find_first_of("+-Zz", time) != std::string_view::npos;
}

bool isTemporal(TsrType type) {
    return type == TSR_TYPE_TIME || type == TSR_TYPE_TIMESTAMP || type == TSR_TYPE_TIMESTAMPTZ;
}

}  // namespace

Result<std::string> normalizeMoment(std::string_view text) {
    std::string normal(text);
    const std::size_t time = normal.find(':');
    if (time == std::string::npos) {
        return normal;
    }
    if (const std::size_t blank = normal.find(' ', time); blank != std::string::npos) {
        normal.erase(blank, 1);
    }
    const std::size_t point = normal.find('.', time);
    if (point == std::string::npos) {
        return normal;
    }
    std::size_t end = point + 1;
    while (end < normal.size() && normal[end] >= '0' && normal[end] <= '9') {
        ++end;
    }
    constexpr std::size_t kMicroDigits = 6;
    while (end - point - 1 > kMicroDigits) {
        if (normal[--end] != '0') {
            return misfit("'" + sdk::abbreviate(text) + "' is finer than a microsecond", "22008",
                          "declare the foreign table's column as text, or round it in a view at the source");
        }
        normal.erase(end, 1);
    }
    return normal;
}

SQLSMALLINT Columns::cTypeOf(Kind kind) {
    switch (kind) {
        case Kind::kInteger:
            return SQL_C_SBIGINT;
        case Kind::kUnsigned:
            return SQL_C_UBIGINT;
        case Kind::kBit:
            return SQL_C_BIT;
        case Kind::kDouble:
            return SQL_C_DOUBLE;
        case Kind::kDate:
            return SQL_C_TYPE_DATE;
        case Kind::kMoment:
            return SQL_C_TYPE_TIMESTAMP;
        case Kind::kDigits:
            return SQL_C_CHAR;
        case Kind::kBytes:
            return SQL_C_BINARY;
        case Kind::kWords:
            break;
    }
    return SQL_C_WCHAR;
}

Result<> Columns::chooseKind(Column& column, SQLSMALLINT type, SQLULEN size, TsrType wanted, const Dbms& dbms) {
    const bool as_text = dbms.lax && wanted != TSR_TYPE_BYTES && !isBinary(type);
    const bool wants_text = wanted == TSR_TYPE_TEXT || wanted == TSR_TYPE_LITERAL;
    if (isBinary(type)) {
        if (wanted != TSR_TYPE_BYTES && wanted != TSR_TYPE_UUID) {
            return misfit("the source has bytes, not " + std::string(sdk::typeName(wanted)), "42804",
                          "import the table again, or declare the foreign table's column as bytea");
        }
        column.kind = Kind::kBytes;
        column.width = size;
        column.is_long = dbms.lax || size < 1 || size > kMostBoundBytes;
    } else if (wanted == TSR_TYPE_BYTES) {
        return misfit("the source has no bytes", "42804",
                      "import the table again, or declare the foreign table's column as text");
    } else if (!as_text && !wants_text && isInteger(type)) {
        column.kind = Kind::kInteger;
        column.width = sizeof(SQLBIGINT);
    } else if (!as_text && wanted == TSR_TYPE_BOOL && type == SQL_BIT) {
        column.kind = Kind::kBit;
        column.width = 1;
    } else if (isFloat(type) && (wanted == TSR_TYPE_FLOAT32 || wanted == TSR_TYPE_FLOAT64)) {
        // Also SQL_REAL: MariaDB's driver steps wrongly through arrays of SQL_C_FLOAT.
        column.kind = Kind::kDouble;
        column.width = sizeof(SQLDOUBLE);
    } else if (!as_text && wanted == TSR_TYPE_DATE && isDay(type)) {
        column.kind = Kind::kDate;
        column.width = sizeof(SQL_DATE_STRUCT);
    } else if (!as_text && isMoment(type) &&
               (wanted == TSR_TYPE_DATE || wanted == TSR_TYPE_TIMESTAMP || wanted == TSR_TYPE_TIMESTAMPTZ)) {
        column.kind = Kind::kMoment;
        column.width = sizeof(SQL_TIMESTAMP_STRUCT);
    } else if (!as_text && (type == SQL_DECIMAL || type == SQL_NUMERIC || isInteger(type))) {
        constexpr SQLULEN kSignPointTerminator = 8;
        column.kind = Kind::kDigits;
        column.width = size + kSignPointTerminator;
        column.is_long = size < 1 || size > kMostDigits;
    } else {
        constexpr SQLULEN kUnitsOfOthers = 64;  // moments, unique identifiers, numbers
        const bool is_text = type == SQL_CHAR || type == SQL_VARCHAR || type == SQL_WCHAR || type == SQL_WVARCHAR;
        const bool is_short = isMoment(type) || isDay(type) || isFloat(type) || type == SQL_TYPE_TIME ||
                              type == SQL_GUID || type == SQL_BIT;
        column.kind = Kind::kWords;
        // A character may take two units.
        column.width = ((is_text ? 2 * size : kUnitsOfOthers) + 1) * sizeof(SQLWCHAR);
        column.is_long = as_text || (is_text ? size < 1 || size > kMostBoundCharacters : !is_short);
    }
    return {};
}

Result<Columns::Column> Columns::describeColumn(Statement& statement, SQLUSMALLINT number, TsrType wanted) {
    std::array<SQLWCHAR, 256> name{};
    SQLSMALLINT name_length = 0;
    SQLSMALLINT type = 0;
    SQLULEN size = 0;
    SQLSMALLINT digits = 0;
    SQLSMALLINT nullable = 0;
    TSR_TRY(statement.check(SQLDescribeColW(statement.get(), number, name.data(), static_cast<SQLSMALLINT>(name.size()),
                                            &name_length, &type, &size, &digits, &nullable)));
    Column column;
    column.name = fromWideForMessage(
        {reinterpret_cast<char16_t*>(name.data()),
         std::min<std::size_t>(static_cast<std::size_t>(std::max<SQLSMALLINT>(name_length, 0)), name.size() - 1)});
    const Dbms& dbms = *statement.link().facts().dbms;
    if (auto chosen = chooseKind(column, type, size, wanted, dbms); !chosen) {
        return std::move(chosen).error().withContext("column '" + column.name + "'");
    }
    if (type == SQL_BIGINT && column.kind == Kind::kInteger) {
        SQLLEN is_unsigned = SQL_FALSE;
        SQLColAttributeW(statement.get(), number, SQL_DESC_UNSIGNED, nullptr, 0, nullptr, &is_unsigned);
        column.kind = is_unsigned == SQL_TRUE ? Kind::kUnsigned : column.kind;
    }
    column.knows_zone = !dbms.utc_type.empty() || !isMoment(type);
    return column;
}

Result<Columns> Columns::describe(Statement& statement, const sdk::BatchBuilder& wanted, std::size_t most_rows) {
    Columns all;
    std::size_t row_bytes = 1;
    bool has_long = false;
    for (std::size_t i = 0; i < wanted.columnCount(); ++i) {
        Column& column = all.columns_.emplace_back(
            TSR_TRY(describeColumn(statement, static_cast<SQLUSMALLINT>(i + 1), wanted.type(i))));
        // What comes after a long value is fetched like it: drivers give values in the order of the columns.
        has_long = has_long || column.is_long;
        column.is_long = has_long;
        row_bytes += column.width + sizeof(SQLLEN);
    }
    if (!has_long) {
        const std::size_t fitting = std::clamp<std::size_t>(kRowSetBytes / row_bytes, 1, kMostRows);
        all.rows_at_once_ = most_rows != 0 ? most_rows : fitting;
    }
    return all;
}

Result<> Columns::bind(Statement& statement) {
    const SQLHSTMT handle = statement.get();
    const auto setNumber = [&](SQLINTEGER attribute, SQLULEN value) {
        return SQLSetStmtAttrW(handle, attribute, reinterpret_cast<SQLPOINTER>(value),  // NOLINT: ODBC's numbers
                               SQL_IS_UINTEGER);
    };
    if (rows_at_once_ > 1) {
        SQLULEN taken = 1;
        if (!SQL_SUCCEEDED(setNumber(SQL_ATTR_ROW_BIND_TYPE, SQL_BIND_BY_COLUMN)) ||
            !SQL_SUCCEEDED(setNumber(SQL_ATTR_ROW_ARRAY_SIZE, rows_at_once_)) ||
            !SQL_SUCCEEDED(SQLGetStmtAttrW(handle, SQL_ATTR_ROW_ARRAY_SIZE, &taken, SQL_IS_UINTEGER, nullptr))) {
            taken = 1;
        }
        // A driver may take less than it is asked for, but not more than there are buffers.
        if (taken < 1 || taken > rows_at_once_) {
            taken = 1;
            TSR_TRY(statement.check(setNumber(SQL_ATTR_ROW_ARRAY_SIZE, 1)));
        }
        rows_at_once_ = taken;
    }
    for (std::size_t i = 0; i < columns_.size() && !columns_[i].is_long; ++i) {
        Column& column = columns_[i];
        column.values.resize(column.width * rows_at_once_);
        column.indicators.resize(rows_at_once_);
        TSR_TRY(statement.check(SQLBindCol(handle, static_cast<SQLUSMALLINT>(i + 1), cTypeOf(column.kind),
                                           column.values.data(), static_cast<SQLLEN>(column.width),
                                           column.indicators.data())));
    }
    return {};
}

Result<> Columns::append(Statement& statement, std::size_t row, sdk::BatchBuilder& rows) {
    for (std::size_t i = 0; i < columns_.size(); ++i) {
        const Column& column = columns_[i];
        Result<> appended;
        if (column.is_long) {
            const auto value = TSR_TRY(readLong(statement, static_cast<SQLUSMALLINT>(i + 1), cTypeOf(column.kind)));
            if (!value) {
                rows.appendNull(i);
                continue;
            }
            appended = appendValue(column, *value, i, rows);
        } else {
            const SQLLEN indicator = column.indicators[row];
            if (indicator == SQL_NULL_DATA) {
                rows.appendNull(i);
                continue;
            }
            const bool is_fixed =
                column.kind != Kind::kDigits && column.kind != Kind::kWords && column.kind != Kind::kBytes;
            const std::size_t terminator = column.kind == Kind::kWords ? 2 : column.kind == Kind::kDigits ? 1 : 0;
            const std::size_t size = is_fixed ? column.width : static_cast<std::size_t>(indicator);
            if (!is_fixed && (indicator < 0 || size > column.width - terminator)) {
                return misfit("column '" + column.name + "': a value is longer than the driver said it could be",
                              "HV000",
                              "set the server's option 'fetch_rows' to 1 and cast the column to a long type, or give "
                              "its type the right length at the source");
            }
            appended = appendValue(column, {column.values.data() + row * column.width, size}, i, rows);
        }
        if (!appended) {
            return std::move(appended).error().withContext("column '" + column.name + "'");
        }
    }
    rows.endRow();
    return {};
}

Result<> Columns::appendValue(const Column& column, std::string_view bytes, std::size_t index,
                              sdk::BatchBuilder& rows) {
    switch (column.kind) {
        case Kind::kInteger: {
            const auto value = native<SQLBIGINT>(bytes);
            if (rows.type(index) != TSR_TYPE_BOOL) {
                return rows.appendInt(index, value);
            }
            return value == 0 || value == 1
                       ? rows.appendBool(index, value == 1)
                       : Result<>(misfit("the number " + std::to_string(value) + " is no boolean"));
        }
        case Kind::kUnsigned:
            return rows.appendText(index, std::to_string(native<SQLUBIGINT>(bytes)));
        case Kind::kBit:
            return rows.appendBool(index, bytes[0] != 0);
        case Kind::kDouble:
            return rows.appendFloat(index, native<SQLDOUBLE>(bytes));
        case Kind::kDate: {
            const auto date = native<SQL_DATE_STRUCT>(bytes);
            return rows.appendInt(index, TSR_TRY(daysOf(date.year, date.month, date.day)));
        }
        case Kind::kMoment:
            return appendMoment(column, native<SQL_TIMESTAMP_STRUCT>(bytes), index, rows);
        case Kind::kBytes:
            return rows.appendBytes(index, bytes);
        case Kind::kDigits:
            return appendWords(column, bytes, index, rows);
        case Kind::kWords:
            break;
    }
    // Aligned copies: values stand at any place in a buffer.
    std::u16string units(bytes.size() / 2, u'\0');
    std::memcpy(units.data(), bytes.data(), units.size() * 2);
    return appendWords(column, TSR_TRY(fromWide(units)), index, rows);
}

Result<> Columns::appendMoment(const Column& column, const SQL_TIMESTAMP_STRUCT& moment, std::size_t index,
                               sdk::BatchBuilder& rows) {
    const std::int64_t days = TSR_TRY(daysOf(moment.year, moment.month, moment.day));
    constexpr unsigned kNanosPerMicro = 1000;
    if (moment.fraction % kNanosPerMicro != 0) {
        return misfit("'" + shown(moment) + "' is finer than a microsecond", "22008",
                      "declare the foreign table's column as text, or round it in a view at the source");
    }
    const std::int64_t time =
        ((moment.hour * 60 + moment.minute) * 60 + moment.second) * kMicrosPerSecond + moment.fraction / kNanosPerMicro;
    if (rows.type(index) == TSR_TYPE_DATE) {
        return time == 0 ? rows.appendInt(index, days)
                         : Result<>(misfit("'" + shown(moment) + "' has a time of day", "22008"));
    }
    if (rows.type(index) == TSR_TYPE_TIMESTAMPTZ && !column.knows_zone) {
        return misfit("the driver does not say the time zone of '" + shown(moment) + "'", "22007",
                      "declare the foreign table's column as timestamp");
    }
    return rows.appendInt(index, days * kMicrosPerDay + time);
}

Result<> Columns::appendWords(const Column& column, std::string_view text, std::size_t index, sdk::BatchBuilder& rows) {
    const TsrType type = rows.type(index);
    if (type == TSR_TYPE_TEXT || type == TSR_TYPE_LITERAL) {
        return rows.appendBytes(index, text);
    }
    if (type == TSR_TYPE_DECIMAL) {
        return sdk::isNumeric(text) ? rows.appendBytes(index, text)
                                    : Result<>(misfit("'" + sdk::abbreviate(text) + "' is no number"));
    }
    if (!isTemporal(type)) {
        return rows.appendText(index, text);
    }
    const std::string moment = TSR_TRY(normalizeMoment(text));
    if (type == TSR_TYPE_TIMESTAMPTZ && !column.knows_zone && !saysZone(moment)) {
        return misfit("the driver does not say the time zone of '" + sdk::abbreviate(text) + "'", "22007",
                      "declare the foreign table's column as timestamp");
    }
    return rows.appendText(index, moment);
}

}  // namespace tessera::odbc
