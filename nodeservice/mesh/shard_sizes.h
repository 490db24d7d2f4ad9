#pragma once

/// How large the shards of a node are, as it tells the store from time to time: from what the sources say without
/// reading, else from a part of the rows. What is planned by them is never asked of the sources then. One thread.

#include "nodeservice/mesh/map_store.h"
#include "nodeservice/mesh/shard_map.h"
#include "nodeservice/postgres/connection.h"

#include <chrono>
#include <string>

namespace tessera::mesh {

class ShardSizes {
  public:
    /// `node`: this one. `database`: as the superuser. The store outlives it.
    ShardSizes(std::string node, postgres::ConnectionSettings database, MapStore& store)
        : node_(std::move(node)), database_(std::move(database)), store_(store) {}

    /// Measures this node's shards when that is due, and tells the store of those whose size has changed notably.
    Result<> measure(const ShardMap& map);

    bool isDue() const { return Clock::now() >= due_; }

  private:
    using Clock = std::chrono::steady_clock;

    const std::string node_;
    const postgres::ConnectionSettings database_;
    MapStore& store_;
    Clock::time_point due_{};
};

}  // namespace tessera::mesh
