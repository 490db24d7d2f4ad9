#pragma once

/// What is asked about copies of shards: that there be one, or no more; which there are, as JSON for people to read.
/// Calls that change something wait for the store and the nodes' PostgreSQL.

#include "nodeservice/mesh/definition.h"
#include "nodeservice/mesh/map_store.h"
#include "nodeservice/mesh/shard_map.h"
#include "nodeservice/postgres/connection.h"

#include <atomic>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace tessera::mesh {

/// All replicas of the map.
std::string replicasText(const ShardMap& map);

/// Those of a shard, a text each: where, and whether it is in step.
std::vector<std::string> replicasOf(const Shard& shard);

/// Whether the replicas of a declared table can be where it says: nothing of the map is there, and the columns are
/// `table`'s, which may be in the map already.
std::vector<Error> tryReplicas(postgres::Connection& connection, const std::string& node, const ShardMap& map,
                               const Declaration& declaration, const ShardedTable& table);

/// Adds what is declared and not there to the batch, and drops what is there and not declared; false: nothing is to be
/// done.
bool planReplicas(const ShardedTable& declared, const ShardedTable& known, Batch& batch, std::int64_t& version);

class ReplicaRequests {
  public:
    /// `node`: this one; `database`: of it, as the superuser. `stops`: calls that wait give up.
    ReplicaRequests(const std::string& node, const postgres::ConnectionSettings& database, MapStore& store,
                    const std::atomic<bool>& stops)
        : node_(node), database_(database), store_(store), stops_(stops) {}

    static bool knows(std::string_view action) { return action == "add-replica" || action == "drop-replica"; }

    /// `body`: JSON that says which shard, and where. Returns JSON: "tables", what has changed, and "problems".
    Result<std::string> answer(const std::string& action, const std::string& body);

  private:
    const std::string& node_;
    const postgres::ConnectionSettings& database_;
    MapStore& store_;
    const std::atomic<bool>& stops_;
};

}  // namespace tessera::mesh
