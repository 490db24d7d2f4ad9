#include "plugins/mysql/types.h"

#include <optional>
#include <utility>

namespace tessera::mysql {

namespace {

struct IntegerType {
    std::string_view name;
    std::string_view pg_signed;
    std::string_view pg_unsigned;
};

constexpr IntegerType kIntegers[] = {
    {"tinyint", "smallint", "smallint"}, {"smallint", "smallint", "integer"},   {"mediumint", "integer", "integer"},
    {"int", "integer", "bigint"},        {"bigint", "bigint", "numeric(20,0)"},
};

constexpr std::pair<std::string_view, std::string_view> kOthers[] = {
    {"year", "smallint"},
    {"float", "real"},
    {"double", "double precision"},
    {"date", "date"},
    {"time", "time without time zone"},
    {"datetime", "timestamp without time zone"},
    {"timestamp", "timestamp with time zone"},
    {"json", "json"},
    {"uuid", "uuid"},
    {"binary", "bytea"},
    {"varbinary", "bytea"},
    {"tinyblob", "bytea"},
    {"blob", "bytea"},
    {"mediumblob", "bytea"},
    {"longblob", "bytea"},
    {"geometry", "bytea"},
    {"geomcollection", "bytea"},
    {"geometrycollection", "bytea"},
    {"point", "bytea"},
    {"linestring", "bytea"},
    {"polygon", "bytea"},
    {"multipoint", "bytea"},
    {"multilinestring", "bytea"},
    {"multipolygon", "bytea"},
};

std::optional<std::string> integerType(const ColumnFacts& column, bool tinyint1_is_bool) {
    if (tinyint1_is_bool && column.column_type.starts_with("tinyint(1)")) {
        return "boolean";
    }
    for (const IntegerType& integer : kIntegers) {
        if (column.data_type == integer.name) {
            const bool is_unsigned = column.column_type.find("unsigned") != std::string::npos;
            return std::string(is_unsigned ? integer.pg_unsigned : integer.pg_signed);
        }
    }
    return std::nullopt;
}

}  // namespace

std::string pgTypeOf(const ColumnFacts& column, bool tinyint1_is_bool) {
    if (auto integer = integerType(column, tinyint1_is_bool)) {
        return *integer;
    }
    if (column.data_type == "decimal") {
        return "numeric(" + column.precision + "," + (column.scale.empty() ? "0" : column.scale) + ")";
    }
    if (column.data_type == "bit") {
        return tinyint1_is_bool && column.precision == "1" ? "boolean" : "bit(" + column.precision + ")";
    }
    // MySQL takes the filling off a char(n) when it is read: it behaves as PostgreSQL's varchar, not as its char.
    if ((column.data_type == "varchar" || column.data_type == "char") && !column.length.empty() &&
        column.length != "0") {
        return "character varying(" + column.length + ")";
    }
    for (const auto& [name, pg] : kOthers) {
        if (column.data_type == name) {
            return std::string(pg);
        }
    }
    return "text";
}

}  // namespace tessera::mysql
