#include "nodeservice/mesh/records.h"

#include "nodeservice/mesh/labels.h"
#include "nodeservice/mesh/shard_sql.h"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <map>
#include <utility>

namespace tessera::mesh {

namespace {

constexpr std::int64_t kSchemaVersion = 5;

std::int64_t integerOf(const store::sqlite::Value& value) {
    const auto* number = std::get_if<std::int64_t>(&value);
    return number == nullptr ? 0 : *number;
}

std::string textOf(const store::sqlite::Value& value) {
    const auto* found = std::get_if<std::string>(&value);
    return found == nullptr ? std::string() : *found;
}

std::string listText(const std::vector<std::string>& list) {
    return nlohmann::json(list).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

/// What is not a list of texts reads as an empty one: whoever writes the store's tables by hand breaks that table only.
std::vector<std::string> listOf(const nlohmann::json& json) {
    std::vector<std::string> list;
    for (const auto& one : json.is_array() ? json : nlohmann::json::array()) {
        if (one.is_string()) {
            list.push_back(one.get<std::string>());
        }
    }
    return list;
}

nlohmann::json parse(const store::sqlite::Value& value) {
    return nlohmann::json::parse(textOf(value), nullptr, false);
}

std::string dump(const nlohmann::json& json) {
    return json.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

nlohmann::json boundJson(const ShardBound& bound) {
    nlohmann::json json{
        {"from", bound.from}, {"to", bound.to}, {"values", bound.values}, {"default", bound.is_default}};
    if (bound.modulus > 0) {
        json["modulus"] = bound.modulus;
        json["remainder"] = bound.remainder;
    }
    return json;
}

std::string boundText(const ShardBound& bound) {
    return dump(boundJson(bound));
}

ShardBound boundOf(const nlohmann::json& json) {
    const auto member = [&](const char* name) { return json.is_object() ? json.value(name, nlohmann::json()) : json; };
    const auto number = [&](const char* name) {
        const auto found = member(name);
        return found.is_number_integer() ? found.get<std::int64_t>() : std::int64_t{0};
    };
    return {listOf(member("from")),    listOf(member("to")), listOf(member("values")),
            member("default") == true, number("modulus"),    number("remainder")};
}

std::string partsText(const std::vector<ShardPart>& parts) {
    auto json = nlohmann::json::array();
    for (const ShardPart& part : parts) {
        json.push_back({{"bound", boundJson(part.bound)},
                        {"node", part.to.node},
                        {"schema", part.to.schema},
                        {"name", part.to.table}});
    }
    return dump(json);
}

std::vector<ShardPart> partsOf(const nlohmann::json& json) {
    std::vector<ShardPart> parts;
    for (const auto& one : json.is_array() ? json : nlohmann::json::array()) {
        const auto text = [&](const char* name) {
            const auto found = one.is_object() ? one.value(name, nlohmann::json()) : nlohmann::json();
            return found.is_string() ? found.get<std::string>() : std::string();
        };
        parts.push_back({{text("node"), text("schema"), text("name")},
                         boundOf(one.is_object() ? one.value("bound", nlohmann::json()) : nlohmann::json())});
    }
    return parts;
}

std::string columnsText(const std::vector<ShardColumn>& columns) {
    auto json = nlohmann::json::array();
    for (const ShardColumn& column : columns) {
        json.push_back({{"name", column.name}, {"type", column.type}, {"not_null", column.is_not_null}});
    }
    return json.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

std::vector<ShardColumn> columnsOf(const nlohmann::json& json) {
    std::vector<ShardColumn> columns;
    for (const auto& one : json.is_array() ? json : nlohmann::json::array()) {
        const auto text = [&](const char* name) {
            const auto found = one.is_object() ? one.value(name, nlohmann::json()) : nlohmann::json();
            return found.is_string() ? found.get<std::string>() : std::string();
        };
        columns.push_back({text("name"), text("type"),
                           one.is_object() && one.value("not_null", nlohmann::json()) == nlohmann::json(true)});
    }
    return columns;
}

/// Of a query's JSON array of objects with the columns of mesh_replica.
std::vector<Replica> replicasOf(const nlohmann::json& json) {
    std::vector<Replica> replicas;
    for (const auto& one : json.is_array() ? json : nlohmann::json::array()) {
        const auto text = [&](const char* name) {
            return one.contains(name) && one[name].is_string() ? one[name].get<std::string>() : std::string();
        };
        const auto number = [&](const char* name) {
            return one.contains(name) && one[name].is_number_integer() ? one[name].get<std::int64_t>() : 0;
        };
        replicas.push_back({{text("node"), text("schema"), text("name")},
                            number("epoch"),
                            number("rows"),
                            number("in_step_at"),
                            number("behind_since"),
                            text("problem"),
                            number("seen"),
                            text("seen_of")});
    }
    return replicas;
}

ShardMethod methodOf(const std::string& text) {
    for (const ShardMethod method : {ShardMethod::kRange, ShardMethod::kList, ShardMethod::kReference}) {
        if (text == nameOf(method)) {
            return method;
        }
    }
    return ShardMethod::kHash;
}

store::sqlite::Value readersValue(const ShardedTable& table) {
    return table.readers ? store::sqlite::Value(listText(*table.readers)) : store::sqlite::Value();
}

const std::vector<const char*>& firstTables() {
    static const std::vector<const char*> kStatements = {
        "CREATE TABLE mesh_map(id INTEGER PRIMARY KEY CHECK(id = 1), schema INTEGER NOT NULL, version INTEGER NOT "
        "NULL)",
        "INSERT INTO mesh_map VALUES (1, 1, 0)",
        // A batch inserts what it expects: if that does not hold, it fails as a whole.
        "CREATE VIEW mesh_expect(holds) AS SELECT 1",
        "CREATE TRIGGER mesh_expected INSTEAD OF INSERT ON mesh_expect WHEN NEW.holds IS NOT 1 "
        "BEGIN SELECT RAISE(ABORT, 'mesh: the shard map has changed'); END",
        "CREATE TABLE mesh_table(id INTEGER PRIMARY KEY, version INTEGER NOT NULL, schema_name TEXT NOT NULL, name "
        "TEXT NOT NULL, method TEXT NOT NULL, shard_by TEXT NOT NULL, key TEXT NOT NULL, columns TEXT NOT NULL, "
        "readers TEXT, writers TEXT NOT NULL, UNIQUE(schema_name, name))",
        "CREATE TABLE mesh_shard(table_id INTEGER NOT NULL REFERENCES mesh_table(id), number INTEGER NOT NULL, epoch "
        "INTEGER NOT NULL, bound TEXT NOT NULL, PRIMARY KEY(table_id, number)) WITHOUT ROWID",
        "CREATE TABLE mesh_place(table_id INTEGER NOT NULL, number INTEGER NOT NULL, node TEXT NOT NULL, schema_name "
        "TEXT NOT NULL, name TEXT NOT NULL, PRIMARY KEY(table_id, number), UNIQUE(node, schema_name, name))",
        "CREATE TABLE mesh_move(table_id INTEGER NOT NULL, number INTEGER NOT NULL, node TEXT NOT NULL, schema_name "
        "TEXT NOT NULL, name TEXT NOT NULL, state TEXT NOT NULL, rows INTEGER NOT NULL, rows_per_second INTEGER NOT "
        "NULL, problem TEXT NOT NULL, PRIMARY KEY(table_id, number), UNIQUE(node, schema_name, name))",
        "CREATE TABLE mesh_node(node TEXT PRIMARY KEY, version INTEGER NOT NULL, problem TEXT NOT NULL) WITHOUT ROWID"};
    return kStatements;
}

/// What moves leave behind, splits, and nodes that get no shards.
const std::vector<const char*>& secondTables() {
    static const std::vector<const char*> kStatements = {
        "INSERT INTO mesh_expect SELECT schema = 1 FROM mesh_map",
        "UPDATE mesh_map SET schema = 2",
        "ALTER TABLE mesh_move ADD COLUMN keeps_old INTEGER NOT NULL DEFAULT 0",
        "ALTER TABLE mesh_move ADD COLUMN makes_places INTEGER NOT NULL DEFAULT 0",
        "ALTER TABLE mesh_move ADD COLUMN parts TEXT NOT NULL DEFAULT '[]'",
        "CREATE TABLE mesh_old_place(node TEXT NOT NULL, schema_name TEXT NOT NULL, name TEXT NOT NULL, table_name "
        "TEXT "
        "NOT NULL, shard INTEGER NOT NULL, key TEXT NOT NULL, gate TEXT NOT NULL, rows INTEGER NOT NULL DEFAULT 0, "
        "rows_per_second INTEGER NOT NULL, is_kept INTEGER NOT NULL DEFAULT 0, problem TEXT NOT NULL DEFAULT '', "
        "PRIMARY "
        "KEY(node, schema_name, name)) WITHOUT ROWID",
        "CREATE TABLE mesh_drained(node TEXT PRIMARY KEY) WITHOUT ROWID",
        "CREATE TABLE mesh_size(table_id INTEGER NOT NULL, number INTEGER NOT NULL, rows INTEGER NOT NULL, bytes "
        "INTEGER "
        "NOT NULL, PRIMARY KEY(table_id, number)) WITHOUT ROWID",
        "CREATE TABLE mesh_speed(node TEXT PRIMARY KEY, rows_per_second INTEGER NOT NULL) WITHOUT ROWID"};
    return kStatements;
}

const std::vector<const char*>& tablesOfReplicas() {
    static const std::vector<const char*> kStatements = {
        "INSERT INTO mesh_expect SELECT schema = 2 FROM mesh_map", "UPDATE mesh_map SET schema = 3",
        "CREATE TABLE mesh_replica(id INTEGER PRIMARY KEY, table_id INTEGER NOT NULL, number INTEGER NOT "
        "NULL, node TEXT NOT NULL, schema_name TEXT NOT NULL, name TEXT NOT NULL, epoch INTEGER NOT NULL, rows INTEGER "
        "NOT NULL, in_step_at INTEGER NOT NULL, behind_since INTEGER NOT NULL, problem TEXT NOT NULL, seen INTEGER NOT "
        "NULL, seen_of TEXT NOT NULL, UNIQUE(node, schema_name, name))"};
    return kStatements;
}

const std::vector<const char*>& nodesOfTables() {
    static const std::vector<const char*> kStatements = {
        "INSERT INTO mesh_expect SELECT schema = 3 FROM mesh_map", "UPDATE mesh_map SET schema = 4",
        "ALTER TABLE mesh_table ADD COLUMN nodes TEXT NOT NULL DEFAULT '[]'"};
    return kStatements;
}

const std::vector<const char*>& labelsOfNodes() {
    static const std::vector<const char*> kStatements = {
        "INSERT INTO mesh_expect SELECT schema = 4 FROM mesh_map", "UPDATE mesh_map SET schema = 5",
        "CREATE TABLE mesh_label(node TEXT NOT NULL, label TEXT NOT NULL, PRIMARY KEY(node, label)) WITHOUT ROWID"};
    return kStatements;
}

struct Versions {
    /// 0: there are no tables.
    std::int64_t schema = 0;
    std::int64_t map = 0;
};

Result<Versions> readVersions(const Ask& ask) {
    const auto tables = TSR_TRY(ask({"SELECT count(*) FROM sqlite_master WHERE name = 'mesh_map'", {}}));
    if (integerOf(tables.at(0).at(0)) == 0) {
        return Versions{};
    }
    const auto rows = TSR_TRY(ask({"SELECT schema, version FROM mesh_map", {}}));
    return Versions{integerOf(rows.at(0).at(0)), integerOf(rows.at(0).at(1))};
}

/// The next version, if it is the expected one now.
Batch change(std::int64_t expected) {
    return {{"INSERT INTO mesh_expect SELECT version = ? FROM mesh_map", {expected}},
            {"UPDATE mesh_map SET version = version + 1", {}}};
}

/// The same, and the table is of it.
Batch change(const ShardedTable& table, std::int64_t expected) {
    Batch batch = change(expected);
    batch.push_back({"UPDATE mesh_table SET version = ? WHERE id = ?", {expected + 1, table.id}});
    return batch;
}

store::SqlStatement expectMove(const ShardedTable& table, std::int64_t shard, const char* state) {
    return {
        "INSERT INTO mesh_expect SELECT count(*) = 1 FROM mesh_move WHERE table_id = ? AND number = ? AND state = ?",
        {table.id, shard, std::string(state)}};
}

MoveState stateOf(const std::string& text) {
    return text == "waiting" ? MoveState::kWaiting : text == "switching" ? MoveState::kSwitching : MoveState::kCopying;
}

/// Whatever has been copied by moves of the table, or of that shard alone, is to be deleted.
store::SqlStatement leaveTargets(std::int64_t table, std::optional<std::int64_t> shard) {
    return {
        "INSERT INTO mesh_old_place(node, schema_name, name, table_name, shard, key, gate, rows_per_second) SELECT "
        "coalesce(p.value ->> 'node', v.node), coalesce(p.value ->> 'schema', v.schema_name), coalesce(p.value ->> "
        "'name', v.name), t.schema_name || '.' || t.name, v.number, t.key, '', v.rows_per_second FROM mesh_move v "
        "JOIN mesh_table t ON t.id = v.table_id LEFT JOIN json_each(v.parts) p ON true WHERE v.table_id = ?1 AND "
        "(?2 IS NULL OR v.number = ?2) AND (v.state <> 'waiting' OR v.rows > 0) ON CONFLICT DO NOTHING",
        {table, shard ? store::sqlite::Value(*shard) : store::sqlite::Value()}};
}

/// Its rows are to be deleted. Where they are already, nothing changes.
store::SqlStatement leave(const Place& place, const ShardedTable& table, const Shard& shard, const std::string& gate) {
    return {
        "INSERT INTO mesh_old_place(node, schema_name, name, table_name, shard, key, gate, rows_per_second) VALUES "
        "(?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING",
        {place.node, place.schema, place.table, table.text(), shard.number, listText(table.key), gate,
         shard.move ? shard.move->rows_per_second : 0}};
}

/// Also of versions that a store of an older one has: then there are none.
Result<> readOldPlaces(const Ask& ask, ShardMap& map) {
    for (const Row& row :
         TSR_TRY(ask({"SELECT node, schema_name, name, table_name, shard, key, gate, rows, rows_per_second, is_kept, "
                      "problem FROM mesh_old_place ORDER BY table_name, shard, node, schema_name, name",
                      {}}))) {
        map.old_places.push_back({{textOf(row.at(0)), textOf(row.at(1)), textOf(row.at(2))},
                                  textOf(row.at(3)),
                                  integerOf(row.at(4)),
                                  listOf(parse(row.at(5))),
                                  textOf(row.at(6)),
                                  integerOf(row.at(7)),
                                  integerOf(row.at(8)),
                                  integerOf(row.at(9)) != 0,
                                  textOf(row.at(10))});
    }
    for (const Row& row : TSR_TRY(ask({"SELECT node FROM mesh_drained", {}}))) {
        map.drained.insert(textOf(row.at(0)));
    }
    for (const Row& row : TSR_TRY(ask({"SELECT node, rows_per_second FROM mesh_speed", {}}))) {
        map.speeds[textOf(row.at(0))] = integerOf(row.at(1));
    }
    return {};
}

/// In several statements, the tables last.
Result<ShardMap> readOnce(const Ask& ask, std::int64_t schema) {
    ShardMap map;
    if (schema > 1) {
        // Before the tables: what is deleted meanwhile is used by nobody yet.
        TSR_TRY(readOldPlaces(ask, map));
    }
    if (schema > 4) {
        for (const Row& row : TSR_TRY(ask({"SELECT node, label FROM mesh_label", {}}))) {
            map.labels[textOf(row.at(0))].insert(textOf(row.at(1)));
        }
    }
    const std::string more = schema > 1 ? ", v.keeps_old, v.makes_places, v.parts, z.rows, z.bytes" : "";
    const std::string sizes =
        schema > 1 ? " LEFT JOIN mesh_size z ON z.table_id = s.table_id AND z.number = s.number" : "";
    // A store that nobody has changed with this program yet has none.
    const std::string replicas =
        schema < 3 ? "NULL"
                   : "(SELECT json_group_array(json_object('node', r.node, 'schema', r.schema_name, 'name', r.name, "
                     "'epoch', r.epoch, 'rows', r.rows, 'in_step_at', r.in_step_at, 'behind_since', r.behind_since, "
                     "'problem', r.problem, 'seen', r.seen, 'seen_of', r.seen_of)) FROM (SELECT * FROM mesh_replica "
                     "WHERE table_id = s.table_id AND number = s.number ORDER BY id) r)";
    // One statement, so that all of it is of one state.
    const auto rows = TSR_TRY(
        ask({"SELECT m.version, t.id, t.version, t.schema_name, t.name, t.method, t.shard_by, t.key, t.columns, "
             "t.readers, t.writers, s.number, s.epoch, s.bound, p.node, p.schema_name, p.name, v.node, v.schema_name, "
             "v.name, v.state, v.rows, v.rows_per_second, v.problem" +
                 more + (schema > 3 ? ", t.nodes" : ", '[]'") + ", " + replicas +
                 " FROM mesh_map m LEFT JOIN mesh_table t ON true LEFT JOIN mesh_shard s ON s.table_id = t.id LEFT "
                 "JOIN mesh_place p ON "
                 "p.table_id = s.table_id AND p.number = s.number LEFT JOIN mesh_move v ON v.table_id = s.table_id AND "
                 "v.number = s.number" +
                 sizes + " ORDER BY t.id, s.number",
             {}}));
    for (const Row& row : rows) {
        map.version = integerOf(row.at(0));
        const std::int64_t id = integerOf(row.at(1));
        if (id == 0) {
            break;
        }
        if (map.tables.empty() || map.tables.back().id != id) {
            ShardedTable table;
            table.id = id;
            table.version = integerOf(row.at(2));
            table.schema = textOf(row.at(3));
            table.name = textOf(row.at(4));
            table.method = methodOf(textOf(row.at(5)));
            table.shard_by = listOf(parse(row.at(6)));
            table.key = listOf(parse(row.at(7)));
            table.columns = columnsOf(parse(row.at(8)));
            if (std::holds_alternative<std::string>(row.at(9))) {
                table.readers = listOf(parse(row.at(9)));
            }
            table.writers = listOf(parse(row.at(10)));
            const std::vector<std::string> nodes = listOf(parse(row.at(row.size() - 2)));
            table.nodes = {nodes.begin(), nodes.end()};
            keepToNodes(map, table);
            map.tables.push_back(std::move(table));
        }
        Shard shard{integerOf(row.at(11)),
                    integerOf(row.at(12)),
                    boundOf(parse(row.at(13))),
                    {textOf(row.at(14)), textOf(row.at(15)), textOf(row.at(16))}};
        if (std::holds_alternative<std::string>(row.at(17))) {
            shard.move = ShardMove{{textOf(row.at(17)), textOf(row.at(18)), textOf(row.at(19))},
                                   stateOf(textOf(row.at(20))),
                                   integerOf(row.at(21)),
                                   integerOf(row.at(22)),
                                   textOf(row.at(23))};
        }
        if (schema > 1) {
            if (shard.move) {
                shard.move->keeps_old = integerOf(row.at(24)) != 0;
                shard.move->makes_places = integerOf(row.at(25)) != 0;
                shard.move->parts = partsOf(parse(row.at(26)));
            }
            if (std::holds_alternative<std::int64_t>(row.at(27))) {
                shard.size = ShardSize{integerOf(row.at(27)), integerOf(row.at(28))};
            }
        }
        shard.replicas = replicasOf(parse(row.back()));
        map.tables.back().shards.push_back(std::move(shard));
    }
    return map;
}

store::SqlStatement insertReplica(std::int64_t table, std::int64_t shard, const Place& at) {
    return {"INSERT INTO mesh_replica VALUES (NULL, ?, ?, ?, ?, ?, 0, 0, 0, 0, '', 0, '')",
            {table, shard, at.node, at.schema, at.table}};
}

constexpr const char* kReplica =
    " WHERE table_id = ?1 AND number = ?2 AND node = ?3 AND schema_name = ?4 AND name = ?5";

/// The values of kReplica, and more behind them.
std::vector<store::sqlite::Value> replicaValues(std::int64_t table, std::int64_t shard, const Place& at,
                                                std::vector<store::sqlite::Value> more = {}) {
    std::vector<store::sqlite::Value> values = {table, shard, at.node, at.schema, at.table};
    values.insert(values.end(), more.begin(), more.end());
    return values;
}

}  // namespace

const char* nameOf(MoveState state) {
    return state == MoveState::kWaiting ? "waiting" : state == MoveState::kCopying ? "copying" : "switching";
}

Result<> migrate(MapStore& store) {
    const Ask ask = [&store](const store::SqlStatement& statement) { return store.query(statement); };
    const std::vector<const std::vector<const char*>*> steps = {&firstTables(), &secondTables(), &tablesOfReplicas(),
                                                                &nodesOfTables(), &labelsOfNodes()};
    for (auto step = TSR_TRY(readVersions(ask)).schema; step < kSchemaVersion; ++step) {
        Batch batch;
        for (const char* statement : *steps.at(static_cast<std::size_t>(step))) {
            batch.push_back({statement, {}});
        }
        // Whoever loses a race finds the other's work.
        static_cast<void>(store.apply(batch));
    }
    const std::int64_t version = TSR_TRY(readVersions(ask)).schema;
    if (version > kSchemaVersion) {
        return fail(ErrorCode::kFailedPrecondition,
                    "the store's shard map is of version " + std::to_string(version) + ", this node knows up to " +
                        std::to_string(kSchemaVersion),
                    "update this node");
    }
    return version == kSchemaVersion
               ? Result<>()
               : fail(ErrorCode::kUnavailable, "the store's tables of the shard map could not be made", "try again");
}

Result<ShardMap> readMap(const Ask& ask) {
    constexpr int kMostTries = 10;
    for (int i = 1;; ++i) {
        const Versions versions = TSR_TRY(readVersions(ask));
        if (versions.schema == 0) {
            return ShardMap{};
        }
        ShardMap map = TSR_TRY(readOnce(ask, versions.schema));
        // What was read before it is of the same version, or the map changes without end.
        if (map.version == versions.map || i == kMostTries) {
            return map;
        }
    }
}

Batch addTable(const ShardedTable& table, std::int64_t expected) {
    const std::int64_t version = expected + 1;
    Batch batch = change(expected);
    // A table's number is the version that made it: no other has it, ever.
    batch.push_back({"INSERT INTO mesh_table VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                     {version, version, table.schema, table.name, std::string(nameOf(table.method)),
                      listText(table.shard_by), listText(table.key), columnsText(table.columns), readersValue(table),
                      listText(table.writers), listText({table.nodes.begin(), table.nodes.end()})}});
    for (const Shard& shard : table.shards) {
        batch.push_back(
            {"INSERT INTO mesh_shard VALUES (?, ?, ?, ?)", {version, shard.number, version, boundText(shard.bound)}});
        batch.push_back({"INSERT INTO mesh_place VALUES (?, ?, ?, ?, ?)",
                         {version, shard.number, shard.primary.node, shard.primary.schema, shard.primary.table}});
        for (const Replica& replica : shard.replicas) {
            batch.push_back(insertReplica(version, shard.number, replica.at));
        }
    }
    return batch;
}

Batch changeTable(const ShardedTable& table, std::int64_t expected) {
    Batch batch = change(expected);
    batch.push_back({"UPDATE mesh_table SET version = ?, readers = ?, writers = ?, nodes = ? WHERE id = ?",
                     {expected + 1, readersValue(table), listText(table.writers),
                      listText({table.nodes.begin(), table.nodes.end()}), table.id}});
    return batch;
}

Batch removeTable(std::int64_t id, std::int64_t expected) {
    Batch batch = change(expected);
    batch.push_back(leaveTargets(id, std::nullopt));
    batch.push_back({"DELETE FROM mesh_replica WHERE table_id = ?", {id}});
    batch.push_back({"DELETE FROM mesh_move WHERE table_id = ?", {id}});
    batch.push_back({"DELETE FROM mesh_size WHERE table_id = ?", {id}});
    batch.push_back({"DELETE FROM mesh_place WHERE table_id = ?", {id}});
    batch.push_back({"DELETE FROM mesh_shard WHERE table_id = ?", {id}});
    batch.push_back({"DELETE FROM mesh_table WHERE id = ?", {id}});
    return batch;
}

Batch startMove(const ShardedTable& table, std::int64_t shard, const ShardMove& move, std::int64_t expected) {
    Batch batch = change(table, expected);
    batch.push_back(
        {"INSERT INTO mesh_move(table_id, number, node, schema_name, name, state, rows, rows_per_second, problem, "
         "keeps_old, makes_places, parts) VALUES (?, ?, ?, ?, ?, ?, 0, ?, '', ?, ?, ?)",
         {table.id, shard, move.to.node, move.to.schema, move.to.table, std::string(nameOf(move.state)),
          move.rows_per_second, std::int64_t{move.keeps_old}, std::int64_t{move.makes_places}, partsText(move.parts)}});
    return batch;
}

Batch changeMove(const ShardedTable& table, std::int64_t shard, MoveState state, std::int64_t expected) {
    const bool is_copying = state == MoveState::kCopying;
    Batch batch = change(table, expected);
    batch.push_back(expectMove(table, shard, nameOf(is_copying ? MoveState::kSwitching : MoveState::kCopying)));
    batch.push_back({"UPDATE mesh_move SET state = ? WHERE table_id = ? AND number = ?",
                     {std::string(nameOf(state)), table.id, shard}});
    return batch;
}

namespace {

store::SqlStatement setBound(const ShardedTable& table, std::int64_t shard, const ShardBound& bound) {
    return {"UPDATE mesh_shard SET bound = ? WHERE table_id = ? AND number = ?", {boundText(bound), table.id, shard}};
}

/// The first of its parts is the shard, the others are new ones.
void addParts(const ShardedTable& table, const Shard& shard, std::int64_t version, Batch& batch) {
    std::int64_t number = 0;
    for (const Shard& other : table.shards) {
        number = std::max(number, other.number);
        if (table.method == ShardMethod::kHash && other.bound.modulus == 0) {
            // The number of shards will be another one.
            const auto [modulus, remainder] = hashOf(table, other);
            batch.push_back(setBound(table, other.number, {.modulus = modulus, .remainder = remainder}));
        }
    }
    batch.push_back(setBound(table, shard.number, shard.move->parts.front().bound));
    for (std::size_t i = 1; i < shard.move->parts.size(); ++i) {
        const ShardPart& part = shard.move->parts[i];
        ++number;
        batch.push_back(
            {"INSERT INTO mesh_shard VALUES (?, ?, ?, ?)", {table.id, number, version, boundText(part.bound)}});
        batch.push_back({"INSERT INTO mesh_place VALUES (?, ?, ?, ?, ?)",
                         {table.id, number, part.to.node, part.to.schema, part.to.table}});
    }
    batch.push_back({"DELETE FROM mesh_size WHERE table_id = ? AND number = ?", {table.id, shard.number}});
}

}  // namespace

Batch finishMove(const ShardedTable& table, const Shard& shard, std::int64_t expected) {
    Batch batch = change(table, expected);
    batch.push_back(expectMove(table, shard.number, nameOf(MoveState::kSwitching)));
    if (!shard.move->parts.empty()) {
        addParts(table, shard, expected + 1, batch);
    }
    batch.push_back(
        {"UPDATE mesh_place SET (node, schema_name, name) = (SELECT node, schema_name, name FROM mesh_move v "
         "WHERE v.table_id = ?1 AND v.number = ?2) WHERE table_id = ?1 AND number = ?2",
         {table.id, shard.number}});
    batch.push_back(
        {"UPDATE mesh_shard SET epoch = ? WHERE table_id = ? AND number = ?", {expected + 1, table.id, shard.number}});
    batch.push_back({"DELETE FROM mesh_move WHERE table_id = ? AND number = ?", {table.id, shard.number}});
    if (!shard.move->keeps_old) {
        batch.push_back(leave(shard.primary, table, shard, relationName(table, shard)));
    }
    return batch;
}

Batch cancelMove(const ShardedTable& table, const Shard& shard, std::int64_t expected) {
    Batch batch = change(table, expected);
    batch.push_back({"INSERT INTO mesh_expect SELECT count(*) = 1 FROM mesh_move WHERE table_id = ? AND number = ?",
                     {table.id, shard.number}});
    batch.push_back(leaveTargets(table.id, shard.number));
    batch.push_back({"DELETE FROM mesh_move WHERE table_id = ? AND number = ?", {table.id, shard.number}});
    return batch;
}

Batch beginMove(const ShardedTable& table, const Shard& shard, std::int64_t expected) {
    Batch batch = change(table, expected);
    batch.push_back(expectMove(table, shard.number, nameOf(MoveState::kWaiting)));
    batch.push_back(
        {"INSERT INTO mesh_expect SELECT count(*) = 0 FROM mesh_move v JOIN mesh_place p ON p.table_id = "
         "v.table_id AND p.number = v.number WHERE v.state <> 'waiting' AND (v.node IN (?1, ?2) OR p.node "
         "IN (?1, ?2))",
         {shard.primary.node, shard.move->to.node}});
    batch.push_back({"UPDATE mesh_move SET state = 'copying', rows = 0 WHERE table_id = ? AND number = ?",
                     {table.id, shard.number}});
    return batch;
}

Batch postponeMove(const ShardedTable& table, const Shard& shard, std::int64_t expected) {
    Batch batch = change(table, expected);
    batch.push_back(expectMove(table, shard.number, nameOf(MoveState::kCopying)));
    batch.push_back(
        {"UPDATE mesh_move SET state = 'waiting' WHERE table_id = ? AND number = ?", {table.id, shard.number}});
    return batch;
}

Batch setDrained(const std::string& node, bool is_drained, std::int64_t expected) {
    Batch batch = change(expected);
    batch.push_back({is_drained ? "INSERT INTO mesh_drained VALUES (?) ON CONFLICT DO NOTHING"
                                : "DELETE FROM mesh_drained WHERE node = ?",
                     {node}});
    return batch;
}

Batch noteSize(const ShardedTable& table, std::int64_t shard, const ShardSize& size) {
    // The table may have been dropped meanwhile.
    return {
        {"INSERT INTO mesh_size SELECT table_id, number, ?3, ?4 FROM mesh_shard WHERE table_id = ?1 AND number = ?2 "
         "ON CONFLICT DO UPDATE SET rows = excluded.rows, bytes = excluded.bytes",
         {table.id, shard, size.rows, size.bytes}}};
}

Batch noteSpeed(const std::string& node, std::int64_t rows_per_second) {
    return {{"INSERT INTO mesh_speed VALUES (?1, ?2) ON CONFLICT DO UPDATE SET rows_per_second = ?2",
             {node, rows_per_second}}};
}

Batch noteMove(const ShardedTable& table, std::int64_t shard, std::int64_t rows) {
    return {{"UPDATE mesh_move SET rows = ?, problem = '' WHERE table_id = ? AND number = ?", {rows, table.id, shard}}};
}

Batch throttleMove(const ShardedTable& table, std::int64_t shard, std::int64_t rows_per_second) {
    return {{"UPDATE mesh_move SET rows_per_second = ? WHERE table_id = ? AND number = ?",
             {rows_per_second, table.id, shard}}};
}

Batch noteProblem(const ShardedTable& table, std::int64_t shard, const std::string& problem) {
    return {{"UPDATE mesh_move SET problem = ? WHERE table_id = ? AND number = ?", {problem, table.id, shard}}};
}

Batch noteOldPlace(const Place& place, std::int64_t rows, const std::string& problem) {
    return {{"UPDATE mesh_old_place SET rows = ?, problem = ? WHERE node = ? AND schema_name = ? AND name = ?",
             {rows, problem, place.node, place.schema, place.table}}};
}

Batch throttleOldPlace(const Place& place, std::int64_t rows_per_second) {
    return {{"UPDATE mesh_old_place SET rows_per_second = ? WHERE node = ? AND schema_name = ? AND name = ?",
             {rows_per_second, place.node, place.schema, place.table}}};
}

Batch keepOldPlace(const Place& place) {
    return {{"UPDATE mesh_old_place SET is_kept = 1 WHERE node = ? AND schema_name = ? AND name = ?",
             {place.node, place.schema, place.table}}};
}

Batch forgetOldPlace(const Place& place) {
    return {{"DELETE FROM mesh_old_place WHERE node = ? AND schema_name = ? AND name = ?",
             {place.node, place.schema, place.table}}};
}

Batch addReplica(const ShardedTable& table, std::int64_t shard, const Place& at, std::int64_t expected) {
    Batch batch = change(table, expected);
    batch.push_back(insertReplica(table.id, shard, at));
    return batch;
}

Batch dropReplica(const ShardedTable& table, std::int64_t shard, const Place& at, std::int64_t expected) {
    Batch batch = change(table, expected);
    batch.push_back({std::string("INSERT INTO mesh_expect SELECT count(*) = 1 FROM mesh_replica") + kReplica,
                     replicaValues(table.id, shard, at)});
    batch.push_back({std::string("DELETE FROM mesh_replica") + kReplica, replicaValues(table.id, shard, at)});
    return batch;
}

Batch finishReplica(const ShardedTable& table, std::int64_t shard, const Place& at, std::int64_t expected) {
    Batch batch = change(table, expected);
    batch.push_back({std::string("INSERT INTO mesh_expect SELECT count(*) = 1 FROM mesh_replica") + kReplica,
                     replicaValues(table.id, shard, at)});
    batch.push_back({std::string("UPDATE mesh_replica SET epoch = ?6") + kReplica,
                     replicaValues(table.id, shard, at, {expected + 1})});
    return batch;
}

Batch noteReplica(std::int64_t table, std::int64_t shard, const Replica& replica) {
    return {{std::string("UPDATE mesh_replica SET rows = ?6, in_step_at = ?7, behind_since = ?8, problem = ?9, seen = "
                         "?10, seen_of = ?11") +
                 kReplica,
             replicaValues(table, shard, replica.at,
                           {replica.rows, replica.in_step_at, replica.behind_since, replica.problem, replica.seen,
                            replica.seen_of})}};
}

Batch noteState(const NodeState& state) {
    return {{"INSERT INTO mesh_node VALUES (?1, ?2, ?3) ON CONFLICT(node) DO UPDATE SET version = ?2, problem = ?3",
             {state.node, state.version, state.problem}}};
}

Result<std::vector<NodeState>> readStates(const Ask& ask) {
    std::vector<NodeState> states;
    if (TSR_TRY(readVersions(ask)).schema == 0) {
        return states;
    }
    for (const Row& row : TSR_TRY(ask({"SELECT node, version, problem FROM mesh_node ORDER BY node", {}}))) {
        states.push_back({textOf(row.at(0)), integerOf(row.at(1)), textOf(row.at(2))});
    }
    return states;
}

}  // namespace tessera::mesh
