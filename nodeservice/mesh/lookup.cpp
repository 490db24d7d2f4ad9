#include "nodeservice/mesh/lookup.h"

#include "common/strings.h"
#include "nodeservice/mesh/records.h"

#include <algorithm>
#include <chrono>
#include <thread>

namespace tessera::mesh {

namespace {

using Clock = std::chrono::steady_clock;

constexpr std::chrono::seconds kMostWait{15};
constexpr std::chrono::milliseconds kPause{50};

bool isOf(const Shard& shard, const Place& place) {
    if (shard.primary == place || (shard.move && shard.move->to == place) ||
        std::any_of(shard.replicas.begin(), shard.replicas.end(),
                    [&](const Replica& replica) { return replica.at == place; })) {
        return true;
    }
    return shard.move && std::any_of(shard.move->parts.begin(), shard.move->parts.end(),
                                     [&](const ShardPart& part) { return part.to == place; });
}

}  // namespace

const ShardedTable* findTable(const ShardMap& map, const std::string& name) {
    const auto found = std::find_if(map.tables.begin(), map.tables.end(),
                                    [&](const ShardedTable& table) { return table.text() == name; });
    return found == map.tables.end() ? nullptr : &*found;
}

Error unknownTable(const ShardMap& map, const std::string& name) {
    std::vector<std::string> names;
    for (const ShardedTable& one : map.tables) {
        names.push_back(one.text());
    }
    return fail(ErrorCode::kNotFound, "there is no sharded table '" + name + "'", suggestion(name, names));
}

Result<std::pair<ShardedTable, Shard>> findShard(const ShardMap& map, const std::string& name, std::int64_t number) {
    const ShardedTable* table = findTable(map, name);
    if (table == nullptr) {
        return unknownTable(map, name);
    }
    const auto shard = std::find_if(table->shards.begin(), table->shards.end(),
                                    [&](const Shard& one) { return one.number == number; });
    if (shard == table->shards.end()) {
        return fail(ErrorCode::kNotFound, name + " has no shard " + std::to_string(number),
                    "its shards are 0 to " + std::to_string(table->shards.size() - 1));
    }
    return std::pair(*table, *shard);
}

std::string nameOf(const ShardedTable& table, const Shard& shard) {
    return "shard " + std::to_string(shard.number) + " of " + table.text();
}

Result<> checkMovable(const ShardedTable& table, const Shard& shard) {
    const std::string what = nameOf(table, shard);
    if (shard.move) {
        return fail(ErrorCode::kFailedPrecondition, what + " is on its way to " + shard.move->to.text(),
                    "'tessera shard cancel' ends that");
    }
    if (table.key.empty()) {
        return fail(ErrorCode::kFailedPrecondition, what + " can not be moved: its rows can not be told apart",
                    "declare the table with a key");
    }
    return {};
}

Result<> checkFree(const ShardMap& map, const Place& place) {
    for (const ShardedTable& table : map.tables) {
        if (std::any_of(table.shards.begin(), table.shards.end(),
                        [&](const Shard& shard) { return isOf(shard, place); })) {
            return fail(ErrorCode::kAlreadyExists,
                        place.text() + " is a shard of " + table.text() + " already, or a replica of one");
        }
    }
    for (const OldPlace& old : map.old_places) {
        if (old.place == place) {
            return fail(ErrorCode::kAlreadyExists,
                        "the rows that shard " + std::to_string(old.shard) + " of " + old.table + " has left at " +
                            place.text() + " are being deleted",
                        "wait until 'tessera shard moves' does not show it any more, or keep what is left with "
                        "'tessera shard cancel " +
                            old.table + " " + std::to_string(old.shard) + "'");
        }
    }
    return {};
}

Result<> checkNotDrained(const ShardMap& map, const std::string& node) {
    return !map.drained.contains(node)
               ? Result<>()
               : fail(ErrorCode::kFailedPrecondition, "node '" + node + "' is drained: it gets no shards",
                      "'tessera mesh undrain " + node + "' lets it have some again");
}

Result<> checkPlacement(const ShardedTable& table, const std::string& node) {
    return !table.isKeptFrom(node)
               ? Result<>()
               : fail(ErrorCode::kFailedPrecondition,
                      table.text() + " is kept to " + join({table.nodes.begin(), table.nodes.end()}, ", ") +
                          ", and node '" + node + "' is not among them",
                      "'nodes' in its declaration says so: change it there, or choose one of these");
}

std::vector<std::string> awaitNodes(MapStore& store, std::set<std::string> nodes, std::int64_t version,
                                    const std::atomic<bool>& stops) {
    std::vector<std::string> problems;
    const auto deadline = Clock::now() + kMostWait;
    while (!nodes.empty() && !stops && Clock::now() < deadline) {
        const auto states =
            readStates([&store](const store::SqlStatement& statement) { return store.queryHere(statement); });
        for (const NodeState& state : states.value_or(std::vector<NodeState>())) {
            if (state.version >= version && nodes.erase(state.node) > 0 && !state.problem.empty()) {
                problems.push_back("node '" + state.node + "': " + state.problem);
            }
        }
        if (!nodes.empty()) {
            std::this_thread::sleep_for(kPause);
        }
    }
    for (const std::string& node : nodes) {
        problems.push_back("node '" + node + "' does not serve version " + std::to_string(version) + " yet");
    }
    return problems;
}

void awaitHere(MapStore& store, const std::atomic<bool>& stops) {
    const auto deadline = Clock::now() + kMostWait;
    const auto there = readMap([&store](const store::SqlStatement& statement) { return store.query(statement); });
    while (there && !stops && Clock::now() < deadline) {
        const auto here =
            readMap([&store](const store::SqlStatement& statement) { return store.queryHere(statement); });
        if (!here || here->version >= there->version) {
            return;
        }
        std::this_thread::sleep_for(kPause);
    }
}

}  // namespace tessera::mesh
