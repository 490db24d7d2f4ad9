#include "nodeservice/mesh/move_requests.h"

#include "nodeservice/mesh/definition.h"
#include "nodeservice/mesh/lookup.h"
#include "nodeservice/mesh/records.h"
#include "nodeservice/mesh/request_json.h"
#include "nodeservice/mesh/trial.h"

#include <algorithm>
#include <utility>
#include <vector>

namespace tessera::mesh {

namespace {

using nlohmann::json;

constexpr int kMostTries = 5;

json changed(const std::string& table, const std::string& change) {
    return json::array({json{{"table", table}, {"change", change}}});
}

/// A replica at the node of its shard would be away with it.
Result<> checkNoReplica(const ShardedTable& table, const Shard& shard, const std::string& node) {
    for (const Replica& replica : shard.replicas) {
        if (replica.at.node == node) {
            return fail(ErrorCode::kFailedPrecondition,
                        nameOf(table, shard) + " has a replica at node '" + node + "', which would be away with it",
                        "drop the replica " + replica.at.text() + " first, or move the shard elsewhere");
        }
    }
    return {};
}

json moveJson(const ShardedTable& table, const Shard& shard) {
    const ShardMove& move = *shard.move;
    std::string to = move.to.text();
    for (std::size_t i = 1; i < move.parts.size(); ++i) {
        to += ", " + move.parts[i].to.text();
    }
    return {{"name", table.text()},
            {"shard", shard.number},
            {"from_place", shard.primary.text()},
            {"to_place", to},
            {"state", nameOf(move.state)},
            {"rows_copied", move.rows},
            {"rows_deleted", 0},
            {"rows_per_second", move.rows_per_second},
            {"problem", move.problem}};
}

json oldPlaceJson(const OldPlace& old) {
    return {{"name", old.table},
            {"shard", old.shard},
            {"from_place", old.place.text()},
            {"state", old.is_kept ? "keeping" : "deleting"},
            {"rows_deleted", old.rows},
            {"rows_per_second", old.rows_per_second},
            {"problem", old.problem}};
}

}  // namespace

std::string movesText(const ShardMap& map) {
    json rows = json::array();
    for (const ShardedTable& table : map.tables) {
        for (const Shard& shard : table.shards) {
            if (shard.move) {
                rows.push_back(moveJson(table, shard));
            }
        }
    }
    for (const OldPlace& old : map.old_places) {
        rows.push_back(oldPlaceJson(old));
    }
    return dumpAnswer(rows);
}

bool MoveRequests::knows(std::string_view action) {
    return action == "move" || action == "throttle" || action == "cancel" || action == "rebalance" ||
           action == "drain" || action == "undrain" || action == "split";
}

Result<std::string> MoveRequests::answer(const std::string& action, const std::string& body) {
    return action == "move"        ? move(body)
           : action == "throttle"  ? throttle(body)
           : action == "cancel"    ? cancel(body)
           : action == "rebalance" ? rebalance(body)
           : action == "drain"     ? drain(body)
           : action == "split"     ? split(body)
                                   : undrain(body);
}

Result<std::string> MoveRequests::repeat(const std::function<Result<std::string>(const ShardMap& map)>& attempt) {
    for (int tried = 0; tried < kMostTries && !stops_; ++tried) {
        const ShardMap map =
            TSR_TRY(readMap([this](const store::SqlStatement& statement) { return store_.query(statement); }));
        std::string answered = TSR_TRY(attempt(map));
        if (!answered.empty()) {
            awaitHere(store_, stops_);
            return answered;
        }
    }
    return fail(ErrorCode::kAborted, "others keep changing the shard map", "try again");
}

Result<std::string> MoveRequests::move(const std::string& body) {
    const json asked = parseRequest(body);
    const Place place = TSR_TRY(readPlace(textIn(asked, "to")));
    return repeat([&](const ShardMap& map) -> Result<std::string> {
        const auto [table, shard] = TSR_TRY(findShard(map, textIn(asked, "table"), numberIn(asked, "shard", -1)));
        TSR_TRY(checkMovable(table, shard));
        TSR_TRY(checkNoReplica(table, shard, place.node));
        TSR_TRY(checkFree(map, place));
        TSR_TRY(checkNotDrained(map, place.node));
        TSR_TRY(checkPlacement(table, place.node));
        auto connection = TSR_TRY(postgres::Connection::open(database_));
        TSR_TRY(tryPlace(connection, node_, table, place));
        ShardMove wanted{.to = place, .state = MoveState::kWaiting};
        wanted.rows_per_second = std::max<std::int64_t>(numberIn(asked, "rows_per_second", 0), 0);
        wanted.keeps_old = isSetIn(asked, "keep_old");
        if (!TSR_TRY(store_.apply(startMove(table, shard.number, wanted, map.version)))) {
            return std::string();
        }
        return dumpAnswer({{"tables", changed(table.text(), nameOf(table, shard) + " moves to " + place.text())},
                           {"problems", json::array()}});
    });
}

Result<std::string> MoveRequests::throttle(const std::string& body) {
    const json asked = parseRequest(body);
    const std::string name = textIn(asked, "table");
    const std::int64_t number = numberIn(asked, "shard", -1);
    const std::int64_t speed = numberIn(asked, "rows_per_second", 0);
    if (speed < 0) {
        return fail(ErrorCode::kInvalidArgument, "rows_per_second is below 0", "0 is as fast as it goes");
    }
    const ShardMap map =
        TSR_TRY(readMap([this](const store::SqlStatement& statement) { return store_.query(statement); }));
    const std::string pace = speed == 0 ? " as fast as it goes" : " at " + std::to_string(speed) + " rows a second";
    json changes = json::array();
    for (const OldPlace& old : map.old_places) {
        if (old.table == name && old.shard == number && !old.is_kept) {
            TSR_TRY(store_.apply(throttleOldPlace(old.place, speed)));
            changes.push_back({{"table", name}, {"change", "rows at " + old.place.text() + " are deleted" + pace}});
        }
    }
    const auto found = findShard(map, name, number);
    if (found && found->second.move) {
        TSR_TRY(store_.apply(throttleMove(found->first, number, speed)));
        changes.push_back({{"table", name}, {"change", nameOf(found->first, found->second) + " moves" + pace}});
    }
    if (changes.empty()) {
        const auto [table, shard] = TSR_TRY(found);
        return fail(ErrorCode::kFailedPrecondition, nameOf(table, shard) + " is not on its way anywhere");
    }
    awaitHere(store_, stops_);
    return dumpAnswer({{"tables", changes}, {"problems", json::array()}});
}

Result<std::string> MoveRequests::cancel(const std::string& body) {
    const json asked = parseRequest(body);
    return repeat([&](const ShardMap& map) -> Result<std::string> {
        json kept = json::array();
        for (const OldPlace& old : map.old_places) {
            if (old.table == textIn(asked, "table") && old.shard == numberIn(asked, "shard", -1)) {
                TSR_TRY(store_.apply(keepOldPlace(old.place)));
                kept.push_back({{"table", old.table}, {"change", "what is left at " + old.place.text() + " stays"}});
            }
        }
        const auto found = findShard(map, textIn(asked, "table"), numberIn(asked, "shard", -1));
        if (!kept.empty() && (!found || !found->second.move)) {
            return dumpAnswer({{"tables", kept}, {"problems", json::array()}});
        }
        const auto [table, shard] = TSR_TRY(findShard(map, textIn(asked, "table"), numberIn(asked, "shard", -1)));
        if (!shard.move) {
            return fail(ErrorCode::kFailedPrecondition, nameOf(table, shard) + " is not on its way anywhere");
        }
        if (!TSR_TRY(store_.apply(cancelMove(table, shard, map.version)))) {
            return std::string();
        }
        const auto problems = awaitNodes(store_, {shard.primary.node}, map.version + 1, stops_);
        return dumpAnswer(
            {{"tables", changed(table.text(), nameOf(table, shard) + " stays where it is")}, {"problems", problems}});
    });
}

}  // namespace tessera::mesh
