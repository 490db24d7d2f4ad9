#include "plugins/files/types.h"

#include <utility>

namespace tessera::files {

namespace {

constexpr std::pair<std::string_view, std::string_view> kTypes[] = {
    {"BOOLEAN", "boolean"},
    {"TINYINT", "smallint"},
    {"SMALLINT", "smallint"},
    {"INTEGER", "integer"},
    {"BIGINT", "bigint"},
    {"UTINYINT", "smallint"},
    {"USMALLINT", "integer"},
    {"UINTEGER", "bigint"},
    {"UBIGINT", "numeric(20,0)"},
    {"HUGEINT", "numeric(39,0)"},
    {"UHUGEINT", "numeric(39,0)"},
    {"FLOAT", "real"},
    {"DOUBLE", "double precision"},
    {"VARCHAR", "text"},
    {"BLOB", "bytea"},
    {"BIT", "bit varying"},
    {"UUID", "uuid"},
    {"JSON", "json"},
    {"DATE", "date"},
    {"TIME", "time without time zone"},
    {"TIME_NS", "time without time zone"},
    {"TIME WITH TIME ZONE", "time with time zone"},
    {"TIMESTAMP", "timestamp without time zone"},
    {"TIMESTAMP_S", "timestamp without time zone"},
    {"TIMESTAMP_MS", "timestamp without time zone"},
    {"TIMESTAMP_NS", "timestamp without time zone"},
    {"TIMESTAMP WITH TIME ZONE", "timestamp with time zone"},
    {"INTERVAL", "interval"},
};

}  // namespace

MappedType pgTypeOfDuck(std::string_view duck_type) {
    for (const auto& [duck, pg] : kTypes) {
        if (duck_type == duck) {
            return {std::string(pg), false};
        }
    }
    // A list of anything ends so; look before the beginnings, which its element may have.
    if (duck_type.ends_with(']') || duck_type.starts_with("STRUCT(") || duck_type.starts_with("MAP(") ||
        duck_type.starts_with("UNION(")) {
        return {"json", true};
    }
    if (duck_type.starts_with("DECIMAL(")) {
        return {"numeric" + std::string(duck_type.substr(7)), false};
    }
    return {"text", false};
}

}  // namespace tessera::files
