#include "nodeservice/mesh/records.h"

#include <nlohmann/json.hpp>

#include <map>
#include <utility>

namespace tessera::mesh {

namespace {

constexpr std::int64_t kSchemaVersion = 1;

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

std::string boundText(const ShardBound& bound) {
    return nlohmann::json{
        {"from", bound.from}, {"to", bound.to}, {"values", bound.values}, {"default", bound.is_default}}
        .dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

ShardBound boundOf(const nlohmann::json& json) {
    const auto member = [&](const char* name) { return json.is_object() ? json.value(name, nlohmann::json()) : json; };
    return {listOf(member("from")), listOf(member("to")), listOf(member("values")), member("default") == true};
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

ShardMethod methodOf(const std::string& text) {
    return text == "range" ? ShardMethod::kRange : text == "list" ? ShardMethod::kList : ShardMethod::kHash;
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

Result<std::int64_t> schemaVersion(const Ask& ask) {
    const auto tables = TSR_TRY(ask({"SELECT count(*) FROM sqlite_master WHERE name = 'mesh_map'", {}}));
    if (integerOf(tables.at(0).at(0)) == 0) {
        return std::int64_t{0};
    }
    return integerOf(TSR_TRY(ask({"SELECT schema FROM mesh_map", {}})).at(0).at(0));
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

constexpr const char* kCopying = "copying";
constexpr const char* kSwitching = "switching";

}  // namespace

Result<> migrate(MapStore& store) {
    const Ask ask = [&store](const store::SqlStatement& statement) { return store.query(statement); };
    if (TSR_TRY(schemaVersion(ask)) == 0) {
        Batch batch;
        for (const char* statement : firstTables()) {
            batch.push_back({statement, {}});
        }
        // Whoever loses a race finds the other's work.
        static_cast<void>(store.apply(batch));
    }
    const std::int64_t version = TSR_TRY(schemaVersion(ask));
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
    ShardMap map;
    if (TSR_TRY(schemaVersion(ask)) == 0) {
        return map;
    }
    // One statement, so that all of it is of one state.
    const auto rows = TSR_TRY(
        ask({"SELECT m.version, t.id, t.version, t.schema_name, t.name, t.method, t.shard_by, t.key, t.columns, "
             "t.readers, t.writers, s.number, s.epoch, s.bound, p.node, p.schema_name, p.name, v.node, v.schema_name, "
             "v.name, v.state, v.rows, v.rows_per_second, v.problem FROM mesh_map m LEFT "
             "JOIN mesh_table t ON true LEFT JOIN mesh_shard s ON s.table_id = t.id LEFT JOIN mesh_place p ON "
             "p.table_id = s.table_id AND p.number = s.number LEFT JOIN mesh_move v ON v.table_id = s.table_id AND "
             "v.number = s.number ORDER BY t.id, s.number",
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
            map.tables.push_back(std::move(table));
        }
        Shard shard{integerOf(row.at(11)),
                    integerOf(row.at(12)),
                    boundOf(parse(row.at(13))),
                    {textOf(row.at(14)), textOf(row.at(15)), textOf(row.at(16))}};
        if (std::holds_alternative<std::string>(row.at(17))) {
            shard.move = ShardMove{{textOf(row.at(17)), textOf(row.at(18)), textOf(row.at(19))},
                                   textOf(row.at(20)) == kSwitching ? MoveState::kSwitching : MoveState::kCopying,
                                   integerOf(row.at(21)),
                                   integerOf(row.at(22)),
                                   textOf(row.at(23))};
        }
        map.tables.back().shards.push_back(std::move(shard));
    }
    return map;
}

Batch addTable(const ShardedTable& table, std::int64_t expected) {
    const std::int64_t version = expected + 1;
    Batch batch = change(expected);
    // A table's number is the version that made it: no other has it, ever.
    batch.push_back(
        {"INSERT INTO mesh_table VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
         {version, version, table.schema, table.name, std::string(nameOf(table.method)), listText(table.shard_by),
          listText(table.key), columnsText(table.columns), readersValue(table), listText(table.writers)}});
    for (const Shard& shard : table.shards) {
        batch.push_back(
            {"INSERT INTO mesh_shard VALUES (?, ?, ?, ?)", {version, shard.number, version, boundText(shard.bound)}});
        batch.push_back({"INSERT INTO mesh_place VALUES (?, ?, ?, ?, ?)",
                         {version, shard.number, shard.primary.node, shard.primary.schema, shard.primary.table}});
    }
    return batch;
}

Batch changeRights(const ShardedTable& table, std::int64_t expected) {
    Batch batch = change(expected);
    batch.push_back({"UPDATE mesh_table SET version = ?, readers = ?, writers = ? WHERE id = ?",
                     {expected + 1, readersValue(table), listText(table.writers), table.id}});
    return batch;
}

Batch removeTable(std::int64_t id, std::int64_t expected) {
    Batch batch = change(expected);
    batch.push_back({"DELETE FROM mesh_move WHERE table_id = ?", {id}});
    batch.push_back({"DELETE FROM mesh_place WHERE table_id = ?", {id}});
    batch.push_back({"DELETE FROM mesh_shard WHERE table_id = ?", {id}});
    batch.push_back({"DELETE FROM mesh_table WHERE id = ?", {id}});
    return batch;
}

Batch startMove(const ShardedTable& table, std::int64_t shard, const ShardMove& move, std::int64_t expected) {
    Batch batch = change(table, expected);
    batch.push_back(
        {"INSERT INTO mesh_move VALUES (?, ?, ?, ?, ?, ?, 0, ?, '')",
         {table.id, shard, move.to.node, move.to.schema, move.to.table, std::string(kCopying), move.rows_per_second}});
    return batch;
}

Batch changeMove(const ShardedTable& table, std::int64_t shard, MoveState state, std::int64_t expected) {
    const bool is_copying = state == MoveState::kCopying;
    Batch batch = change(table, expected);
    batch.push_back(expectMove(table, shard, is_copying ? kSwitching : kCopying));
    batch.push_back({"UPDATE mesh_move SET state = ? WHERE table_id = ? AND number = ?",
                     {std::string(is_copying ? kCopying : kSwitching), table.id, shard}});
    return batch;
}

Batch finishMove(const ShardedTable& table, std::int64_t shard, std::int64_t expected) {
    Batch batch = change(table, expected);
    batch.push_back(expectMove(table, shard, kSwitching));
    batch.push_back(
        {"UPDATE mesh_place SET (node, schema_name, name) = (SELECT node, schema_name, name FROM mesh_move v "
         "WHERE v.table_id = ?1 AND v.number = ?2) WHERE table_id = ?1 AND number = ?2",
         {table.id, shard}});
    batch.push_back(
        {"UPDATE mesh_shard SET epoch = ? WHERE table_id = ? AND number = ?", {expected + 1, table.id, shard}});
    batch.push_back({"DELETE FROM mesh_move WHERE table_id = ? AND number = ?", {table.id, shard}});
    return batch;
}

Batch cancelMove(const ShardedTable& table, std::int64_t shard, std::int64_t expected) {
    Batch batch = change(table, expected);
    batch.push_back({"INSERT INTO mesh_expect SELECT count(*) = 1 FROM mesh_move WHERE table_id = ? AND number = ?",
                     {table.id, shard}});
    batch.push_back({"DELETE FROM mesh_move WHERE table_id = ? AND number = ?", {table.id, shard}});
    return batch;
}

Batch noteMove(const ShardedTable& table, std::int64_t shard, std::int64_t rows, const std::string& problem) {
    return {{"UPDATE mesh_move SET rows = ?, problem = ? WHERE table_id = ? AND number = ?",
             {rows, problem, table.id, shard}}};
}

Batch noteState(const NodeState& state) {
    return {{"INSERT INTO mesh_node VALUES (?1, ?2, ?3) ON CONFLICT(node) DO UPDATE SET version = ?2, problem = ?3",
             {state.node, state.version, state.problem}}};
}

Result<std::vector<NodeState>> readStates(const Ask& ask) {
    std::vector<NodeState> states;
    if (TSR_TRY(schemaVersion(ask)) == 0) {
        return states;
    }
    for (const Row& row : TSR_TRY(ask({"SELECT node, version, problem FROM mesh_node ORDER BY node", {}}))) {
        states.push_back({textOf(row.at(0)), integerOf(row.at(1)), textOf(row.at(2))});
    }
    return states;
}

}  // namespace tessera::mesh
