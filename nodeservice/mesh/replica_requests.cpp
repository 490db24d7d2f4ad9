#include "nodeservice/mesh/replica_requests.h"

#include "nodeservice/mesh/lookup.h"
#include "nodeservice/mesh/records.h"
#include "nodeservice/mesh/request_json.h"
#include "nodeservice/mesh/trial.h"

#include <algorithm>
#include <utility>

namespace tessera::mesh {

namespace {

using nlohmann::json;

constexpr int kMostTries = 5;

const char* stateOf(const Replica& replica) {
    return replica.epoch == 0 ? "copying" : replica.behind_since > 0 ? "behind" : "in step";
}

const Replica* findReplica(const Shard& shard, const Place& place) {
    const auto found =
        std::find_if(shard.replicas.begin(), shard.replicas.end(), [&](const Replica& one) { return one.at == place; });
    return found == shard.replicas.end() ? nullptr : &*found;
}

json replicaJson(const ShardedTable& table, const Shard& shard, const Replica& replica) {
    const auto time = [](std::int64_t ms) { return ms == 0 ? json(nullptr) : json(static_cast<double>(ms) / 1000); };
    return {{"name", table.text()},
            {"shard", shard.number},
            {"node", replica.at.node},
            {"place", replica.at.schema + "." + replica.at.table},
            {"state", stateOf(replica)},
            {"rows_copied", replica.rows},
            {"in_step_at", time(replica.in_step_at)},
            {"behind_since", time(replica.behind_since)},
            {"problem", replica.problem}};
}

/// Whether the shard can have one there, as far as the map tells.
Result<> checkReplica(const ShardedTable& table, const Shard& shard, const Place& place) {
    const bool is_there = std::any_of(shard.replicas.begin(), shard.replicas.end(),
                                      [&](const Replica& one) { return one.at.node == place.node; });
    if (shard.move) {
        return fail(ErrorCode::kFailedPrecondition, nameOf(table, shard) + " is on its way to " + shard.move->to.text(),
                    "wait until 'tessera shard moves' does not show it any more, or 'tessera shard cancel' it");
    }
    if (place.node == shard.primary.node || is_there) {
        return fail(
            ErrorCode::kFailedPrecondition,
            nameOf(table, shard) + (is_there ? " has a replica" : " is") + " at node '" + place.node + "' already",
            "a replica lies at a node of its own");
    }
    if (table.key.empty()) {
        return fail(ErrorCode::kFailedPrecondition,
                    nameOf(table, shard) + " can not be copied: its rows can not be told apart",
                    "declare the table with a key");
    }
    return {};
}

}  // namespace

std::string replicasText(const ShardMap& map) {
    json rows = json::array();
    for (const ShardedTable& table : map.tables) {
        for (const Shard& shard : table.shards) {
            for (const Replica& replica : shard.replicas) {
                rows.push_back(replicaJson(table, shard, replica));
            }
        }
    }
    return dumpAnswer(rows);
}

std::vector<std::string> replicasOf(const Shard& shard) {
    std::vector<std::string> texts;
    for (const Replica& replica : shard.replicas) {
        texts.push_back(replica.at.text() + " (" + stateOf(replica) + ")");
    }
    return texts;
}

std::vector<Error> tryReplicas(postgres::Connection& connection, const std::string& node, const ShardMap& map,
                               const Declaration& declaration, const ShardedTable& table) {
    std::vector<Error> problems;
    for (std::size_t i = 0; i < declaration.table.shards.size(); ++i) {
        for (const Replica& replica : declaration.table.shards[i].replicas) {
            if (i < table.shards.size() && &table != &declaration.table &&
                findReplica(table.shards[i], replica.at) != nullptr) {
                continue;
            }
            Result<> free = checkFree(map, replica.at);
            if (free && &table != &declaration.table && i < table.shards.size() && table.shards[i].move) {
                free = checkReplica(table, table.shards[i], replica.at);
            }
            free = free ? checkPlacement(declaration.table, replica.at.node) : free;
            free = free ? tryPlace(connection, node, table, replica.at) : free;
            if (!free) {
                problems.push_back(std::move(free).error().withContext(declaration.where));
            }
        }
    }
    return problems;
}

bool planReplicas(const ShardedTable& declared, const ShardedTable& known, Batch& batch, std::int64_t& version) {
    const std::int64_t before = version;
    const auto add = [&](const Batch& more) {
        batch.insert(batch.end(), more.begin(), more.end());
        ++version;
    };
    for (std::size_t i = 0; i < known.shards.size(); ++i) {
        for (const Replica& replica : known.shards[i].replicas) {
            if (findReplica(declared.shards[i], replica.at) == nullptr) {
                add(dropReplica(known, known.shards[i].number, replica.at, version));
            }
        }
        for (const Replica& replica : declared.shards[i].replicas) {
            if (findReplica(known.shards[i], replica.at) == nullptr) {
                add(addReplica(known, known.shards[i].number, replica.at, version));
            }
        }
    }
    return version > before;
}

Result<std::string> ReplicaRequests::answer(const std::string& action, const std::string& body) {
    const json asked = parseRequest(body);
    const Place place = TSR_TRY(readPlace(textIn(asked, "at")));
    const bool adds = action == "add-replica";
    for (int tried = 0; tried < kMostTries && !stops_; ++tried) {
        const ShardMap map =
            TSR_TRY(readMap([this](const store::SqlStatement& statement) { return store_.query(statement); }));
        const auto [table, shard] = TSR_TRY(findShard(map, textIn(asked, "table"), numberIn(asked, "shard", -1)));
        if (adds) {
            TSR_TRY(checkReplica(table, shard, place));
            TSR_TRY(checkFree(map, place));
            TSR_TRY(checkNotDrained(map, place.node));
            TSR_TRY(checkPlacement(table, place.node));
            auto connection = TSR_TRY(postgres::Connection::open(database_));
            TSR_TRY(tryPlace(connection, node_, table, place));
        } else if (findReplica(shard, place) == nullptr) {
            return fail(ErrorCode::kNotFound, nameOf(table, shard) + " has no replica " + place.text(),
                        "'tessera shard replicas' lists those that there are");
        }
        if (!TSR_TRY(store_.apply(adds ? addReplica(table, shard.number, place, map.version)
                                       : dropReplica(table, shard.number, place, map.version)))) {
            continue;
        }
        const auto problems = awaitNodes(store_, {shard.primary.node, place.node}, map.version + 1, stops_);
        const std::string change =
            nameOf(table, shard) + (adds ? " is copied to " : " has no replica any more at ") + place.text();
        return dumpAnswer(
            {{"tables", json::array({json{{"table", table.text()}, {"change", change}}})}, {"problems", problems}});
    }
    return fail(ErrorCode::kAborted, "others keep changing the shard map", "try again");
}

}  // namespace tessera::mesh
