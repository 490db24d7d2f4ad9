#pragma once

/// Keeps this node's replicas of shards as the shards are, for good: a move (mover.h) that never switches. The shard's
/// node notes the keys of rows that change; this one copies all rows, compares the two tables row by row, lets the map
/// say that the replica is whole, and from then on brings over what changes, within about a second.
///
/// A replica that is whole stays readable whatever happens: when it can not follow for a while, because either node was
/// ended or can't be reached, all rows are compared afterwards, and those that differ brought over.
///
/// A thread of its own, `mesh-copies`, and one, `mesh-copy`, for each replica; the functions belong to the node's main
/// thread.

#include "nodeservice/mesh/map_store.h"
#include "nodeservice/mesh/records.h"
#include "nodeservice/postgres/connection.h"

#include <chrono>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <thread>

namespace tessera::mesh {

class Replicator {
  public:
    /// `node`: its name. `database`: as the superuser. The store outlives it.
    Replicator(std::string node, postgres::ConnectionSettings database, MapStore& store);
    ~Replicator();

    Replicator(const Replicator&) = delete;
    Replicator& operator=(const Replicator&) = delete;

    void start();
    void requestStop();
    /// Waits for what is under way at a source. May be called again.
    void stop();

  private:
    class Keeper;

    void run();
    void follow();

    const std::string node_;
    const postgres::ConnectionSettings database_;
    MapStore& store_;
    /// By table, shard and place. Of the thread `mesh-copies`.
    std::map<std::string, std::unique_ptr<Keeper>> keepers_;
    std::optional<std::uint64_t> seen_;
    store::Sleeper rest_{store_.appliedIndex()};
    std::thread thread_;
};

}  // namespace tessera::mesh
