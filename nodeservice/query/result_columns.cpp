#include "nodeservice/query/result_columns.h"

#include "nodeservice/query/batch_encoder.h"

#include <libpq-fe.h>

#include <array>
#include <utility>

namespace tessera::query {

namespace {

/// What format_type() says of built-in types without a modifier; most results have no others, and save a round trip.
std::string builtInName(Oid type) {
    static constexpr std::array<std::pair<Oid, const char*>, 19> kNames{{{16, "boolean"},
                                                                         {17, "bytea"},
                                                                         {19, "name"},
                                                                         {20, "bigint"},
                                                                         {21, "smallint"},
                                                                         {23, "integer"},
                                                                         {25, "text"},
                                                                         {26, "oid"},
                                                                         {114, "json"},
                                                                         {700, "real"},
                                                                         {701, "double precision"},
                                                                         {1082, "date"},
                                                                         {1083, "time without time zone"},
                                                                         {1114, "timestamp without time zone"},
                                                                         {1184, "timestamp with time zone"},
                                                                         {1186, "interval"},
                                                                         {1700, "numeric"},
                                                                         {2950, "uuid"},
                                                                         {3802, "jsonb"}}};
    for (const auto& [oid, name] : kNames) {
        if (oid == type) {
            return name;
        }
    }
    return {};
}

}  // namespace

std::vector<Column> columnsOf(const pg_result* description) {
    std::vector<Column> columns;
    for (int i = 0; i < PQnfields(description); ++i) {
        const Oid type = PQftype(description, i);
        columns.push_back({PQfname(description, i), PQfmod(description, i) == -1 ? builtInName(type) : std::string(),
                           type, encodingOf(type)});
    }
    return columns;
}

std::optional<std::string> typeNameQuery(const pg_result* description, const std::vector<Column>& columns) {
    std::string oids;
    std::string modifiers;
    for (std::size_t i = 0; i < columns.size(); ++i) {
        if (columns[i].type_name.empty()) {
            oids += (oids.empty() ? "" : ",") + std::to_string(columns[i].type_oid);
            modifiers += (modifiers.empty() ? "" : ",") + std::to_string(PQfmod(description, static_cast<int>(i)));
        }
    }
    if (oids.empty()) {
        return std::nullopt;
    }
    return "SELECT pg_catalog.format_type(t, m) FROM ROWS FROM (pg_catalog.unnest('{" + oids +
           "}'::pg_catalog.oid[]), pg_catalog.unnest('{" + modifiers +
           "}'::pg_catalog.int4[])) WITH ORDINALITY AS types (t, m, i) ORDER BY i";
}

}  // namespace tessera::query
