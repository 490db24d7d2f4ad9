#include "nodeservice/mesh/place_maker.h"

#include "common/strings.h"
#include "nodeservice/mesh/router.h"
#include "nodeservice/mesh/shard_sql.h"

#include <algorithm>
#include <set>
#include <utility>
#include <vector>

namespace tessera::mesh {

namespace {

using postgres::Connection;

constexpr std::size_t kMostNameBytes = 30;

/// Schemas into which tables of a PostgreSQL source are imported, the source's server, and their schema there.
constexpr const char* kSchemas =
    "SELECT DISTINCT n.nspname::text, s.srvname::text, coalesce((SELECT o.option_value FROM "
    "pg_catalog.pg_options_to_table(t.ftoptions) o WHERE o.option_name = 'schema_name'), 'public') FROM "
    "pg_catalog.pg_foreign_table t JOIN pg_catalog.pg_class c ON c.oid = t.ftrelid JOIN pg_catalog.pg_namespace n ON "
    "n.oid = c.relnamespace JOIN pg_catalog.pg_foreign_server s ON s.oid = t.ftserver JOIN "
    "pg_catalog.pg_foreign_data_wrapper w ON w.oid = s.srvfdw WHERE w.fdwname = 'tessera_fdw' AND "
    "'connector=postgres' = ANY(s.srvoptions) AND n.nspname <> 'tessera_shard' ORDER BY 1, 2, 3";

struct Schema {
    std::string name;
    std::string server;
    std::string at_source;
};

Result<std::vector<Schema>> schemasOf(Connection& connection, const std::string& node, const std::string& at) {
    const std::string server = at == node ? std::string() : TSR_TRY(Router::serverOf(connection, at));
    const auto rows = TSR_TRY(
        at == node ? connection.query(kSchemas)
                   : connection.query("SELECT * FROM tessera.remote_query($1, $2) AS told (name text, server text, "
                                      "at_source text)",
                                      {server, kSchemas}));
    std::vector<Schema> schemas;
    for (const auto& row : rows.values) {
        schemas.push_back({row[0].value_or(""), row[1].value_or(""), row[2].value_or("")});
    }
    return schemas;
}

}  // namespace

Result<std::string> schemaForPlaces(Connection& connection, const std::string& node, const ShardedTable& table,
                                    const std::string& at) {
    const auto schemas = TSR_TRY(schemasOf(connection, node, at));
    std::set<std::string> there;
    std::set<std::string> elsewhere;
    for (const Shard& shard : table.shards) {
        (shard.primary.node == at ? there : elsewhere).insert(shard.primary.schema);
    }
    for (const auto* wanted : {&there, &elsewhere}) {
        for (const Schema& schema : schemas) {
            if (wanted->contains(schema.name)) {
                return schema.name;
            }
        }
    }
    if (schemas.size() == 1) {
        return schemas.front().name;
    }
    return fail(ErrorCode::kFailedPrecondition,
                schemas.empty() ? "node '" + at + "' imports no table of a PostgreSQL source, so that none can be made"
                                : "node '" + at + "' has several PostgreSQL sources in which a table could be made",
                "make an empty table there, and 'tessera shard move " + table.text() + "' to it");
}

std::string nameForPlace(const ShardedTable& table, std::int64_t shard, std::int64_t version) {
    const std::string name = table.name.size() <= kMostNameBytes ? table.name : "t" + std::to_string(table.id);
    return name + "_s" + std::to_string(shard) + "_" + std::to_string(version);
}

Result<> makePlace(Connection& connection, const ShardedTable& table, const Place& place) {
    const std::string name = qualified(place.schema, place.table);
    if (TSR_TRY(connection.queryValue("SELECT to_regclass($1)", {name}))) {
        return {};
    }
    const auto schemas = TSR_TRY(schemasOf(connection, place.node, place.node));
    const auto found =
        std::find_if(schemas.begin(), schemas.end(), [&](const Schema& schema) { return schema.name == place.schema; });
    if (found == schemas.end()) {
        return fail(ErrorCode::kFailedPrecondition, "no table of a PostgreSQL source is imported into the schema '" +
                                                        place.schema + "' of node '" + place.node + "' any more");
    }
    std::vector<std::string> columns;
    for (const ShardColumn& column : table.columns) {
        // Nothing but a type's name passes: the texts of the store are not SQL of anybody's.
        TSR_TRY(connection.query("SELECT $1::regtype", {column.type}));
        columns.push_back(quoteIdentifier(column.name) + " " + column.type + (column.is_not_null ? " NOT NULL" : ""));
    }
    std::vector<std::string> key;
    for (const std::string& column : table.key) {
        key.push_back(quoteIdentifier(column));
    }
    // The name is nobody else's: what is there is of a try before.
    const std::string sql = "CREATE TABLE IF NOT EXISTS " + qualified(found->at_source, place.table) + " (" +
                            join(columns, ", ") + ", PRIMARY KEY (" + join(key, ", ") + "))";
    if (const auto made = connection.query("SELECT tessera.remote_execute($1, $2)", {found->server, sql}); !made) {
        return Error(made.error()).withContext("making a table for the shard in the source '" + found->server + "'");
    }
    return connection.execute("IMPORT FOREIGN SCHEMA " + quoteIdentifier(found->at_source) + " LIMIT TO (" +
                              quoteIdentifier(place.table) + ") FROM SERVER " + quoteIdentifier(found->server) +
                              " INTO " + quoteIdentifier(place.schema));
}

}  // namespace tessera::mesh
