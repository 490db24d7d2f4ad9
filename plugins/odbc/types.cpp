#include "plugins/odbc/types.h"

#include "common/strings.h"

#include <sql.h>
#include <sqlext.h>
#include <sqlucode.h>

namespace tessera::odbc {

namespace {

/// SQL Server's own; and ODBC 4's moment with a time zone.
constexpr int kSsTime2 = -154;
constexpr int kSsTimestampOffset = -155;
constexpr int kSsUdt = -151;
constexpr int kTimestampWithTimezone = 95;

constexpr long kMostDigits = 1000;

std::string numericType(const ColumnFacts& column, const Dbms& dbms) {
    // Oracle's NUMBER without a precision is reported as its greatest, and may have any scale.
    const bool unbounded = dbms.dialect == "oracle" && column.size.value_or(0) >= 38;
    if (!column.size || !column.digits || unbounded || *column.size < 1 || *column.size > kMostDigits ||
        *column.digits < 0 || *column.digits > *column.size) {
        return "numeric";
    }
    return "numeric(" + std::to_string(*column.size) + "," + std::to_string(*column.digits) + ")";
}

std::string characterType(const ColumnFacts& column) {
    constexpr long kMostVarchar = 4000;  // beyond it a driver's way to say "any length"
    return column.size && *column.size >= 1 && *column.size <= kMostVarchar
               ? "character varying(" + std::to_string(*column.size) + ")"
               : "text";
}

std::string momentType(const ColumnFacts& column, const Dbms& dbms) {
    const std::string name = toLowerAscii(column.type_name);
    return !dbms.utc_type.empty() && name == dbms.utc_type ? "timestamp with time zone" : "timestamp without time zone";
}

}  // namespace

bool isKnownType(int sql_type) {
    switch (sql_type) {
        case SQL_LONGVARCHAR:
        case SQL_WLONGVARCHAR:
            return true;
        default: {
            const Dbms& unknown = dbmsOf("");
            const std::string type = pgTypeOf({sql_type, "", 1, 0}, unknown);
            return type != "text";
        }
    }
}

std::string pgTypeOf(const ColumnFacts& column, const Dbms& dbms) {
    const std::string name = toLowerAscii(column.type_name);
    const bool is_unsigned = name.find("unsigned") != std::string::npos;
    if (name == "bool" || name == "boolean") {
        return "boolean";
    }
    if (dbms.lax && name.find("int") != std::string::npos) {
        return "bigint";
    }
    switch (column.sql_type) {
        case SQL_BIT:
            return column.size.value_or(1) <= 1 ? "boolean" : "text";
        case SQL_TINYINT:
            return "smallint";
        case SQL_SMALLINT:
            return is_unsigned ? "integer" : "smallint";
        case SQL_INTEGER:
            return is_unsigned ? "bigint" : "integer";
        case SQL_BIGINT:
            return is_unsigned ? "numeric(20,0)" : "bigint";
        case SQL_REAL:
            return "real";
        case SQL_FLOAT:
        case SQL_DOUBLE:
            // Oracle's FLOAT is a decimal number of up to 38 digits.
            return dbms.dialect == "oracle" && name == "float" ? "numeric" : "double precision";
        case SQL_DECIMAL:
        case SQL_NUMERIC:
            return numericType(column, dbms);
        case SQL_CHAR:
        case SQL_WCHAR:
            // The filling comes along: character(n) does not count it either.
            return column.size && *column.size >= 1 && *column.size <= 4000
                       ? "character(" + std::to_string(*column.size) + ")"
                       : "text";
        case SQL_VARCHAR:
        case SQL_WVARCHAR:
            return characterType(column);
        case SQL_BINARY:
        case SQL_VARBINARY:
        case SQL_LONGVARBINARY:
        case kSsUdt:
            return "bytea";
        case SQL_DATE:
        case SQL_TYPE_DATE:
            return "date";
        case SQL_TIME:
        case SQL_TYPE_TIME:
        case kSsTime2:
            return "time without time zone";
        case SQL_TIMESTAMP:
        case SQL_TYPE_TIMESTAMP:
            return momentType(column, dbms);
        case kSsTimestampOffset:
        case kTimestampWithTimezone:
            return "timestamp with time zone";
        case SQL_GUID:
            return "uuid";
        default:
            return "text";  // long text, XML, intervals, what no one has heard of: in the driver's text form
    }
}

}  // namespace tessera::odbc
