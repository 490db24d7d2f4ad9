#pragma once

/// What administrators ask about moves of shards: to begin one or many, to slow them down, to cancel
/// them. The nodes that the shards go to
/// carry them out (mover.h). Calls wait for the store and the nodes' PostgreSQL.

#include "nodeservice/mesh/map_store.h"
#include "nodeservice/mesh/rebalance.h"
#include "nodeservice/mesh/shard_map.h"
#include "nodeservice/postgres/connection.h"

#include <atomic>
#include <functional>
#include <set>
#include <string>
#include <string_view>

namespace tessera::mesh {

/// All moves and old places as JSON, for people to read.
std::string movesText(const ShardMap& map);

class MoveRequests {
  public:
    /// `node`: this one; `database`: of it, as the superuser. `stops`: calls that wait give up.
    MoveRequests(const std::string& node, const postgres::ConnectionSettings& database, MapStore& store,
                 const std::atomic<bool>& stops)
        : node_(node), database_(database), store_(store), stops_(stops) {}

    static bool knows(std::string_view action);

    /// `action`: move, split, throttle, cancel, rebalance, drain or undrain; `body`: JSON that says which shard, and
    /// where to, or which node. Returns JSON: "tables", what has changed, "plan", the moves and what they will cost,
    /// and "problems".
    Result<std::string> answer(const std::string& action, const std::string& body);

  private:
    Result<std::string> move(const std::string& body);
    Result<std::string> throttle(const std::string& body);
    Result<std::string> cancel(const std::string& body);
    Result<std::string> split(const std::string& body);
    Result<std::string> rebalance(const std::string& body);
    Result<std::string> drain(const std::string& body);
    Result<std::string> undrain(const std::string& body);
    /// All moves of the plan, which wait for their turn, behind `batch`, whose version of the map is `version`; nothing
    /// of it when it is only to be seen.
    Result<std::string> carryOut(const ShardMap& map, RebalancePlan plan, Batch batch, std::int64_t version,
                                 const std::string& body);
    /// Nodes that serve the map and may have shards.
    Result<std::set<std::string>> nodes(const ShardMap& map);
    /// With the newest map, again while others change it meanwhile; `attempt` returns nothing when that is so.
    Result<std::string> repeat(const std::function<Result<std::string>(const ShardMap& map)>& attempt);

    const std::string& node_;
    const postgres::ConnectionSettings& database_;
    MapStore& store_;
    const std::atomic<bool>& stops_;
};

}  // namespace tessera::mesh
