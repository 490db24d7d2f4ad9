#include "nodeservice/mesh/place_table.h"

#include "common/strings.h"
#include "nodeservice/mesh/router.h"

#include <algorithm>
#include <map>

namespace tessera::mesh {

namespace {

using postgres::Connection;

constexpr const char* kDescribe =
    "SELECT c.relkind::text, tessera.is_governed(c.oid)::text, a.attname::text, format_type(a.atttypid, a.atttypmod), "
    "a.attnotnull::text FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace LEFT JOIN "
    "pg_catalog.pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped WHERE n.nspname = $1 AND "
    "c.relname = $2 ORDER BY a.attnum";

Result<postgres::Rows> describe(Connection& connection, const std::string& node, const Place& place) {
    if (place.node == node) {
        return connection.query(kDescribe, {place.schema, place.table});
    }
    const std::string server = TSR_TRY(Router::serverOf(connection, place.node));
    return connection.query(
        "SELECT * FROM tessera.remote_query($1, $2, $3, $4) AS told (kind text, is_governed text, name text, type "
        "text, is_not_null text)",
        {server, kDescribe, place.schema, place.table});
}

bool isTrue(const std::optional<std::string>& text) {
    return text == "t" || text == "true";
}

}  // namespace

Result<std::vector<ShardColumn>> columnsAt(Connection& connection, const std::string& node, const Place& place) {
    const postgres::Rows rows = TSR_TRY(describe(connection, node, place));
    if (rows.values.empty()) {
        return fail(ErrorCode::kNotFound, "node '" + place.node + "' has no table " + place.schema + "." + place.table,
                    "'tessera catalog --node " + place.node + "' lists what it has");
    }
    if (rows.values[0][0] != "f") {
        return fail(ErrorCode::kFailedPrecondition,
                    place.text() + " is no table of a source of node '" + place.node + "'",
                    "a shard is a foreign table: bring the table in as a source");
    }
    if (isTrue(rows.values[0][1])) {
        return fail(ErrorCode::kFailedPrecondition,
                    place.text() + " has policies or masks, which would not hold for the sharded table",
                    "drop them there, and make them on the sharded table at every node");
    }
    std::vector<ShardColumn> columns;
    for (const auto& row : rows.values) {
        if (row[2]) {
            columns.push_back({*row[2], row[3].value_or(""), isTrue(row[4])});
        }
    }
    return columns;
}

Result<ForeignTable> foreignTableAtSource(Connection& connection, const ShardedTable& table, const Place& place,
                                          const std::string& name) {
    ForeignTable made;
    made.name = name;
    const std::string relation = qualified(place.schema, place.table);
    const postgres::Rows found =
        TSR_TRY(connection.query("SELECT s.srvname, o.option_name, o.option_value FROM pg_foreign_table f JOIN "
                                 "pg_foreign_server s ON s.oid = f.ftserver LEFT JOIN LATERAL "
                                 "pg_options_to_table(f.ftoptions) o ON true WHERE f.ftrelid = to_regclass($1)",
                                 {relation}));
    if (found.values.empty()) {
        return fail(ErrorCode::kNotFound, "this node has no foreign table " + place.schema + "." + place.table);
    }
    made.server = *found.values[0][0];
    for (const auto& row : found.values) {
        if (row[1]) {
            made.options.emplace_back(*row[1], row[2].value_or(""));
        }
    }
    const postgres::Rows columns = TSR_TRY(
        connection.query("SELECT a.attname, o.option_name, o.option_value FROM pg_attribute a LEFT JOIN LATERAL "
                         "pg_options_to_table(a.attfdwoptions) o ON true WHERE a.attrelid = to_regclass($1) "
                         "AND a.attnum > 0 AND NOT a.attisdropped",
                         {relation}));
    std::map<std::string, Options> of_column;
    for (const auto& row : columns.values) {
        Options& options = of_column[*row[0]];
        // The sharded table says what its key is.
        if (row[1] && (table.key.empty() || row[1] != "key")) {
            options.emplace_back(*row[1], row[2].value_or(""));
        }
    }
    for (const ShardColumn& column : table.columns) {
        if (!of_column.contains(column.name)) {
            return fail(ErrorCode::kFailedPrecondition, place.text() + " has no column '" + column.name + "' any more");
        }
        Options options = of_column.at(column.name);
        if (std::find(table.key.begin(), table.key.end(), column.name) != table.key.end()) {
            options.emplace_back("key", "true");
        }
        made.column_options.push_back(std::move(options));
    }
    return made;
}

Result<ForeignTable> foreignTableOf(Connection& connection, const std::string& node, const ShardedTable& table,
                                    const Place& place, const std::string& name) {
    if (place.node == node) {
        return foreignTableAtSource(connection, table, place, name);
    }
    ForeignTable made;
    made.name = name;
    made.server = TSR_TRY(Router::serverOf(connection, place.node));
    made.options = {{"schema_name", place.schema}, {"table_name", place.table}};
    made.column_options.resize(table.columns.size());
    return made;
}

}  // namespace tessera::mesh
