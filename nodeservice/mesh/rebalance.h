#pragma once

/// Which shards should lie elsewhere, so that nodes have about as much of them. Pure; any thread.

#include "nodeservice/mesh/shard_map.h"

#include <set>
#include <string>
#include <vector>

namespace tessera::mesh {

/// One shard of the map's, and the node that it is to go to.
struct PlannedMove {
    const ShardedTable* table = nullptr;
    const Shard* shard = nullptr;
    std::string to;
};

struct RebalancePlan {
    std::vector<PlannedMove> moves;
    /// What it can't even out, for people.
    std::vector<std::string> notes;
};

/// Tables that are sharded alike, with their shards at the same nodes, stay so: shards of the same number move
/// together. Shards that move already count where they go.
///
/// `nodes`: they share all shards, by bytes, to within a tenth; what lies elsewhere goes there. Tables that are kept to
/// some of them share those first. `table`: only it, and
/// those sharded alike.
RebalancePlan planRebalance(const ShardMap& map, const std::set<std::string>& nodes, const std::string& table = {});

/// All shards of a node go to the others, each to the one with the least; other shards stay.
RebalancePlan planDrain(const ShardMap& map, const std::set<std::string>& nodes, const std::string& drained);

}  // namespace tessera::mesh
