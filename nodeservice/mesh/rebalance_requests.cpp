/// The requests about many shards: to rebalance tables, and to drain a node.
#include "common/strings.h"
#include "nodeservice/mesh/lookup.h"
#include "nodeservice/mesh/move_requests.h"
#include "nodeservice/mesh/place_maker.h"
#include "nodeservice/mesh/records.h"
#include "nodeservice/mesh/request_json.h"

#include <algorithm>
#include <map>
#include <utility>
#include <vector>

namespace tessera::mesh {

namespace {

using nlohmann::json;

/// Of a node that has not moved anything yet.
constexpr std::int64_t kRowsPerSecond = 10000;

json moveJson(const PlannedMove& move, const Place& to, std::int64_t rows_per_second) {
    const ShardSize size = move.shard->size.value_or(ShardSize{});
    json made{{"sharded_table", move.table->text()},
              {"shard", move.shard->number},
              {"from_place", move.shard->primary.text()},
              {"to_place", to.text()}};
    if (move.shard->size) {
        made["rows"] = size.rows;
        made["bytes"] = size.bytes;
        made["seconds"] = static_cast<double>(size.rows) / static_cast<double>(rows_per_second);
    }
    return made;
}

}  // namespace

Result<std::set<std::string>> MoveRequests::nodes(const ShardMap& map) {
    std::set<std::string> names;
    for (const NodeState& state :
         TSR_TRY(readStates([this](const store::SqlStatement& statement) { return store_.query(statement); }))) {
        if (!map.drained.contains(state.node)) {
            names.insert(state.node);
        }
    }
    return names;
}

Result<std::string> MoveRequests::carryOut(const ShardMap& map, RebalancePlan plan, Batch batch, std::int64_t version,
                                           const std::string& body) {
    const json asked = parseRequest(body);
    const std::int64_t most_speed = std::max<std::int64_t>(numberIn(asked, "rows_per_second", 0), 0);
    auto connection = TSR_TRY(postgres::Connection::open(database_));
    std::map<std::pair<std::int64_t, std::string>, Result<std::string>> schemas;
    json moves = json::array();
    json changes = json::array();
    for (const PlannedMove& planned : plan.moves) {
        const auto key = std::pair(planned.table->id, planned.to);
        auto schema = schemas.find(key);
        if (schema == schemas.end()) {
            schema = schemas.emplace(key, schemaForPlaces(connection, node_, *planned.table, planned.to)).first;
        }
        const std::string what = "shard " + std::to_string(planned.shard->number) + " of " + planned.table->text();
        if (!schema->second) {
            plan.notes.push_back(what + " stays: " + schema->second.error().message);
            continue;
        }
        const Place to{planned.to, *schema->second, nameForPlace(*planned.table, planned.shard->number, version + 1)};
        const auto speed = map.speeds.find(planned.to);
        const std::int64_t usual = speed == map.speeds.end() ? kRowsPerSecond : speed->second;
        moves.push_back(
            moveJson(planned, to, std::max<std::int64_t>(most_speed > 0 ? std::min(most_speed, usual) : usual, 1)));
        const Batch added = startMove(*planned.table, planned.shard->number,
                                      ShardMove{.to = to,
                                                .state = MoveState::kWaiting,
                                                .rows_per_second = most_speed,
                                                .keeps_old = isSetIn(asked, "keep_old"),
                                                .makes_places = true},
                                      version);
        batch.insert(batch.end(), added.begin(), added.end());
        ++version;
        changes.push_back({{"table", planned.table->text()}, {"change", what + " moves to " + to.text()}});
    }
    if (!isSetIn(asked, "dry_run") && !batch.empty() && !TSR_TRY(store_.apply(batch))) {
        return std::string();
    }
    return dumpAnswer({{"tables", changes}, {"plan", moves}, {"problems", plan.notes}});
}

Result<std::string> MoveRequests::rebalance(const std::string& body) {
    const json asked = parseRequest(body);
    const std::string table = textIn(asked, "table");
    const std::vector<std::string> wanted = textsIn(asked, "nodes");
    return repeat([&](const ShardMap& map) -> Result<std::string> {
        if (!table.empty() && findTable(map, table) == nullptr) {
            return unknownTable(map, table);
        }
        std::set<std::string> there = TSR_TRY(nodes(map));
        for (const std::string& node : wanted) {
            TSR_TRY(checkNotDrained(map, node));
            if (!there.contains(node)) {
                return fail(ErrorCode::kNotFound, "no node '" + node + "' serves the shard map",
                            suggestion(node, {there.begin(), there.end()}));
            }
        }
        if (!wanted.empty()) {
            there = {wanted.begin(), wanted.end()};
        }
        return carryOut(map, planRebalance(map, there, table), {}, map.version, body);
    });
}

Result<std::string> MoveRequests::drain(const std::string& body) {
    const json asked = parseRequest(body);
    const std::string node = textIn(asked, "node");
    return repeat([&](const ShardMap& read) -> Result<std::string> {
        ShardMap map = read;
        std::set<std::string> there = TSR_TRY(nodes(map));
        if (there.erase(node) == 0 && !map.drained.contains(node)) {
            return fail(ErrorCode::kNotFound, "no node '" + node + "' serves the shard map",
                        suggestion(node, {there.begin(), there.end()}));
        }
        Batch batch = setDrained(node, true, map.version);
        std::int64_t version = map.version + 1;
        for (ShardedTable& table : map.tables) {
            for (Shard& shard : table.shards) {
                if (shard.move && shard.move->to.node == node) {
                    const Batch cancelled = cancelMove(table, shard, version++);
                    batch.insert(batch.end(), cancelled.begin(), cancelled.end());
                    shard.move.reset();
                }
            }
        }
        return carryOut(map, planDrain(map, there, node), std::move(batch), version, body);
    });
}

Result<std::string> MoveRequests::undrain(const std::string& body) {
    const std::string node = textIn(parseRequest(body), "node");
    return repeat([&](const ShardMap& map) -> Result<std::string> {
        if (!map.drained.contains(node)) {
            return fail(ErrorCode::kFailedPrecondition, "node '" + node + "' is not drained",
                        "'tessera mesh nodes' shows which are");
        }
        if (!TSR_TRY(store_.apply(setDrained(node, false, map.version)))) {
            return std::string();
        }
        return dumpAnswer({{"tables", json::array()}, {"plan", json::array()}, {"problems", json::array()}});
    });
}

}  // namespace tessera::mesh
