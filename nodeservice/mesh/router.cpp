#include "nodeservice/mesh/router.h"

#include "common/log.h"
#include "common/strings.h"
#include "nodeservice/mesh/place_table.h"
#include "nodeservice/mesh/shard_sql.h"

#include <algorithm>
#include <set>
#include <utility>

namespace tessera::mesh {

namespace {

using postgres::Connection;

// A statement that runs for long keeps its tables: better to try again than to have everybody wait behind us.
constexpr const char* kBegin = "BEGIN; SET LOCAL lock_timeout = '3s'; SET LOCAL client_min_messages = warning";

template <class Block>
Result<> inTransaction(Connection& connection, Block&& block) {
    TSR_TRY(connection.execute(kBegin));
    Result<> done = block();
    if (!done) {
        (void)connection.execute("ROLLBACK");
        return done;
    }
    return connection.execute("COMMIT");
}

/// Takes what anybody had, and gives it to those of the map whom this node knows.
Result<> grant(Connection& connection, const ShardedTable& table, const std::string& relation,
               const char* of_writers = "SELECT, INSERT, UPDATE, DELETE") {
    const postgres::Rows granted = TSR_TRY(
        connection.query("SELECT DISTINCT CASE WHEN a.grantee = 0 THEN 'PUBLIC' ELSE quote_ident(r.rolname) END FROM "
                         "pg_class c, aclexplode(c.relacl) a LEFT JOIN pg_roles r ON r.oid = a.grantee WHERE c.oid = "
                         "$1::regclass AND a.grantee <> c.relowner",
                         {relation}));
    for (const auto& row : granted.values) {
        TSR_TRY(connection.execute("REVOKE ALL ON " + relation + " FROM " + row[0].value_or("PUBLIC")));
    }
    const auto give = [&](const char* rights, const std::vector<std::string>& roles) -> Result<> {
        for (const std::string& role : roles) {
            if (TSR_TRY(connection.queryValue("SELECT count(*) FROM pg_roles WHERE rolname = $1", {role})) != "0") {
                TSR_TRY(connection.execute(std::string("GRANT ") + rights + " ON " + relation + " TO " +
                                           quoteIdentifier(role)));
            }
        }
        return {};
    };
    TSR_TRY(give("SELECT", table.readers.value_or(std::vector<std::string>{"tessera_reader"})));
    return give(of_writers, table.writers);
}

Result<> grantSchema(Connection& connection, const ShardedTable& table) {
    std::vector<std::string> roles = table.readers.value_or(std::vector<std::string>{"tessera_reader"});
    roles.insert(roles.end(), table.writers.begin(), table.writers.end());
    for (const std::string& role : roles) {
        if (TSR_TRY(connection.queryValue("SELECT count(*) FROM pg_roles WHERE rolname = $1", {role})) != "0") {
            TSR_TRY(connection.execute("GRANT USAGE ON SCHEMA " + quoteIdentifier(table.schema) + " TO " +
                                       quoteIdentifier(role)));
        }
    }
    return {};
}

/// What a node has in `tessera_shard` for the table, besides notes.
std::set<std::string> relationsOf(const ShardedTable& table) {
    std::set<std::string> names;
    for (const Shard& shard : table.shards) {
        names.insert(relationName(table, shard));
        for (const Replica& replica : shard.replicas) {
            if (replica.epoch > 0) {
                names.insert(replicaName(table, shard, replica));
            }
        }
    }
    return names;
}

Result<> noteRelation(Connection& connection, const ShardedTable& table, const std::string& name, bool is_gate) {
    TSR_TRY(
        connection.query("INSERT INTO tessera_shard.relation VALUES ($1, $2, $3, false) ON CONFLICT (name) DO "
                         "UPDATE SET is_gate = excluded.is_gate, is_tombstone = false",
                         {name, std::to_string(table.id), is_gate ? "true" : "false"}));
    return {};
}

/// Once for each wording: rights and functions that are made anew are a change of what people may see, with which the
/// answers that all nodes keep end.
Result<> prepare(Connection& connection) {
    const std::string sql = prepareSql();
    const std::string mark = std::to_string(markOf(sql));
    const auto made =
        TSR_TRY(connection.queryValue("SELECT obj_description(to_regnamespace('tessera_shard'), 'pg_namespace')"));
    if (made == mark) {
        return {};
    }
    return connection.execute(sql + "COMMENT ON SCHEMA tessera_shard IS " + quoteLiteral(mark));
}

}  // namespace

Result<std::string> Router::serverOf(Connection& connection, const std::string& node) {
    const postgres::Rows found =
        TSR_TRY(connection.query("SELECT s.srvname FROM pg_foreign_server s JOIN pg_foreign_data_wrapper w ON w.oid = "
                                 "s.srvfdw WHERE w.fdwname = 'tessera_fdw' AND 'connector=node' = ANY(s.srvoptions) "
                                 "AND (s.srvname = $1 OR 'delegate=' || $1 = ANY(s.srvoptions)) ORDER BY s.srvname <> "
                                 "$1 LIMIT 1",
                                 {node}));
    if (found.values.empty()) {
        return fail(ErrorCode::kFailedPrecondition, "this node has no peer '" + node + "'",
                    "name it among the peers in this node's configuration");
    }
    return *found.values[0][0];
}

Result<std::map<std::string, Error>> Router::serve(Connection& connection, const ShardMap& map) {
    std::map<std::string, Error> problems;
    TSR_TRY(readServed(connection));
    std::set<std::int64_t> wanted;
    for (const ShardedTable& table : map.tables) {
        wanted.insert(table.id);
    }
    // First, so that names become free.
    for (const auto& [id, served] : std::map(served_)) {
        if (!wanted.contains(id)) {
            const Result<> done = inTransaction(connection, [&, id = id] { return dropTable(connection, id); });
            if (!done) {
                problems.emplace(served.schema + "." + served.name, done.error());
            }
        }
    }
    for (const ShardedTable& table : map.tables) {
        if (isServed(table)) {
            continue;
        }
        const Result<> done = inTransaction(connection, [&] { return serveTable(connection, table); });
        if (!done) {
            problems.emplace(table.text(), done.error());
            continue;
        }
        log::info("mesh.table_served", {{"table", table.text()}, {"version", table.version}});
    }
    return problems;
}

Result<> Router::readServed(Connection& connection) {
    served_.clear();
    relations_.clear();
    TSR_TRY(connection.execute("SET client_min_messages = warning; SET search_path = pg_catalog"));
    TSR_TRY(prepare(connection));
    const postgres::Rows tables = TSR_TRY(
        connection.query("SELECT s.id, s.schema_name, s.table_name, s.version, EXISTS (SELECT FROM pg_class c WHERE "
                         "c.oid = s.relation) FROM tessera_shard.served s"));
    for (const auto& row : tables.values) {
        served_[std::stoll(*row[0])] = {*row[1], *row[2], std::stoll(*row[3]), row[4] == "t"};
    }
    const postgres::Rows relations = TSR_TRY(connection.query(
        "SELECT r.table_id, r.name, r.is_gate, r.is_tombstone, EXISTS (SELECT FROM pg_class c JOIN pg_namespace n ON "
        "n.oid = c.relnamespace WHERE n.nspname = 'tessera_shard' AND c.relname = r.name) FROM "
        "tessera_shard.relation r"));
    for (const auto& row : relations.values) {
        relations_[std::stoll(*row[0])][*row[1]] = {row[2] == "t", row[4] == "t", row[3] == "t"};
    }
    return {};
}

bool Router::isServed(const ShardedTable& table) const {
    const auto served = served_.find(table.id);
    if (served == served_.end() || !served->second.is_there || served->second.version != table.version) {
        return false;
    }
    const auto relations = relations_.find(table.id);
    const std::set<std::string> wanted = relationsOf(table);
    return std::all_of(wanted.begin(), wanted.end(), [&](const std::string& name) {
        return relations != relations_.end() && relations->second.contains(name) && relations->second.at(name).is_there;
    });
}

Result<> Router::serveTable(Connection& connection, const ShardedTable& table) {
    TSR_TRY(makeParent(connection, table));
    TSR_TRY(dropStale(connection, table));
    for (const Shard& shard : table.shards) {
        const std::string name = relationName(table, shard);
        if (!relations_[table.id][name].is_there) {
            TSR_TRY(makeShard(connection, table, shard));
        }
        if (shard.primary.node == node_) {
            TSR_TRY(grant(connection, table, qualified(kShardSchema, name)));
            TSR_TRY(serveMove(connection, table, shard));
        }
        for (const Replica& replica : shard.replicas) {
            TSR_TRY(serveReplica(connection, table, shard, replica));
        }
    }
    const std::string parent = qualified(table.schema, table.name);
    TSR_TRY(grantSchema(connection, table));
    TSR_TRY(grant(connection, table, parent));
    TSR_TRY(connection.execute(createWholeSql(table)));
    TSR_TRY(grant(connection, table, qualified(kShardSchema, wholeName(table)), "SELECT"));
    TSR_TRY(
        connection.query("INSERT INTO tessera_shard.served VALUES ($1, $2, $3, $4, $5::regclass) ON CONFLICT (id) "
                         "DO UPDATE SET version = excluded.version, relation = excluded.relation",
                         {std::to_string(table.id), table.schema, table.name, std::to_string(table.version), parent}));
    return {};
}

Result<> Router::makeParent(Connection& connection, const ShardedTable& table) {
    const auto served = served_.find(table.id);
    if (served != served_.end() && served->second.is_there) {
        return {};
    }
    for (const ShardColumn& column : table.columns) {
        // Nothing but a type's name passes: the texts of the store are not SQL of anybody's.
        TSR_TRY(connection.query("SELECT $1::regtype", {column.type}));
    }
    const std::string name = qualified(table.schema, table.name);
    if (TSR_TRY(connection.queryValue("SELECT to_regclass($1)", {name}))) {
        return fail(ErrorCode::kAlreadyExists, "this node has another table " + table.text() + " already",
                    "drop or rename it; it is not part of the mesh");
    }
    TSR_TRY(connection.execute("CREATE SCHEMA IF NOT EXISTS " + quoteIdentifier(table.schema)));
    TSR_TRY(connection.execute(createParentSql(table)));
    return table.method == ShardMethod::kReference ? Result<>() : connection.execute(guardSql(table, name));
}

/// Shards that are elsewhere now. What others may still ask this node for stays as something that says so.
Result<> Router::dropStale(Connection& connection, const ShardedTable& table) {
    const std::set<std::string> wanted = relationsOf(table);
    for (const auto& [name, relation] : relations_[table.id]) {
        if (wanted.contains(name) || relation.is_tombstone) {
            continue;
        }
        // Waits for those who are changing it.
        TSR_TRY(connection.execute("DROP FOREIGN TABLE IF EXISTS " + qualified(kShardSchema, name) +
                                   "; DROP TABLE IF EXISTS " + qualified(kShardSchema, name + "_notes")));
        if (relation.is_gate) {
            TSR_TRY(connection.execute(createTombstoneSql(table, name)));
            TSR_TRY(
                connection.query("UPDATE tessera_shard.relation SET is_tombstone = true, made = now() WHERE name = "
                                 "$1",
                                 {name}));
        } else {
            TSR_TRY(connection.query("DELETE FROM tessera_shard.relation WHERE name = $1", {name}));
        }
    }
    return {};
}

Result<> Router::makeShard(Connection& connection, const ShardedTable& table, const Shard& shard) {
    const bool is_gate = shard.primary.node == node_;
    const ForeignTable made =
        is_gate
            ? TSR_TRY(foreignTableAtSource(connection, table, shard.primary, relationName(table, shard)))
            : foreignTableAtPeer(table, relationName(table, shard), TSR_TRY(serverOf(connection, shard.primary.node)));
    const std::string name = qualified(kShardSchema, made.name);
    TSR_TRY(connection.execute(createForeignSql(table, made)));
    if (is_gate && table.method != ShardMethod::kReference) {
        TSR_TRY(connection.execute(guardSql(table, name)));
    }
    TSR_TRY(connection.execute("ALTER TABLE " + qualified(table.schema, table.name) + " ATTACH PARTITION " + name +
                               " " + boundSql(table, shard)));
    return noteRelation(connection, table, made.name, is_gate);
}

Result<> Router::serveReplica(Connection& connection, const ShardedTable& table, const Shard& shard,
                              const Replica& replica) {
    if (replica.epoch == 0) {
        return {};
    }
    const std::string name = replicaName(table, shard, replica);
    const bool is_gate = replica.at.node == node_;
    if (!relations_[table.id][name].is_there) {
        const ForeignTable made = is_gate
                                      ? TSR_TRY(foreignTableAtSource(connection, table, replica.at, name))
                                      : foreignTableAtPeer(table, name, TSR_TRY(serverOf(connection, replica.at.node)));
        TSR_TRY(connection.execute(createForeignSql(table, made)));
        TSR_TRY(noteRelation(connection, table, name, is_gate));
    }
    // Who keeps it writes past the gate.
    return is_gate ? grant(connection, table, qualified(kShardSchema, name), "SELECT") : Result<>();
}

Result<> Router::serveMove(Connection& connection, const ShardedTable& table, const Shard& shard) {
    const std::string gate = qualified(kShardSchema, relationName(table, shard));
    // What is as it should be is left alone: each of these waits for those who are changing the shard.
    const auto has = [&](const char* trigger) -> Result<bool> {
        return TSR_TRY(connection.queryValue("SELECT EXISTS (SELECT FROM pg_trigger WHERE tgrelid = $1::regclass AND "
                                             "tgname = $2)",
                                             {gate, trigger})) == "t";
    };
    const bool is_moving = shard.move && shard.move->state != MoveState::kWaiting;
    const bool is_switching = is_moving && shard.move->state == MoveState::kSwitching;
    if (is_switching != TSR_TRY(has("is_switching"))) {
        TSR_TRY(
            connection.execute(is_switching ? refuseChangesSql(table, shard) : "DROP TRIGGER is_switching ON " + gate));
    }
    const bool is_copied = is_moving || !shard.replicas.empty();
    if (is_copied != TSR_TRY(has("notes_changes"))) {
        const std::string notes = qualified(kShardSchema, notesName(table, shard));
        TSR_TRY(connection.execute(is_copied
                                       ? noteChangesSql(table, shard)
                                       : "DROP TRIGGER notes_changes ON " + gate + "; DROP TABLE IF EXISTS " + notes));
        if (is_copied) {
            TSR_TRY(grant(connection, table, notes, "SELECT"));
        }
    }
    return {};
}

Result<> Router::dropTable(Connection& connection, std::int64_t id) {
    const Served& served = served_.at(id);
    if (served.is_there) {
        // By whichever name it has now.
        const auto name = TSR_TRY(connection.queryValue(
            "SELECT relation::regclass FROM tessera_shard.served WHERE id = $1", {std::to_string(id)}));
        ShardedTable table;
        table.id = id;
        table.name = served.name;
        TSR_TRY(connection.execute("DROP VIEW IF EXISTS " + qualified(kShardSchema, wholeName(table)) +
                                   "; DROP TABLE " + name.value_or("")));
    }
    for (const auto& [name, relation] : relations_[id]) {
        const char* kind = relation.is_tombstone ? "VIEW" : "FOREIGN TABLE";
        TSR_TRY(connection.execute(std::string("DROP ") + kind + " IF EXISTS " + qualified(kShardSchema, name) +
                                   "; DROP TABLE IF EXISTS " + qualified(kShardSchema, name + "_notes")));
    }
    TSR_TRY(connection.query("DELETE FROM tessera_shard.relation WHERE table_id = $1", {std::to_string(id)}));
    TSR_TRY(connection.query("DELETE FROM tessera_shard.served WHERE id = $1", {std::to_string(id)}));
    return {};
}

}  // namespace tessera::mesh
