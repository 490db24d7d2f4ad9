#pragma once

/// Lets this node's PostgreSQL read copies of shards whose nodes can't be reached, for as long as that is so, and its
/// own copies of reference tables while they are in step, and tells it which shards can't be read at all: it watches
/// the nodes concerned, and keeps the table tessera.read_from, by which the extension plans (fdw/pg/replica.c,
/// missing.c).
///
/// A thread of its own, `mesh-fallback`; the functions belong to the node's main thread.

#include "nodeservice/mesh/map_store.h"
#include "nodeservice/mesh/peer_watch.h"
#include "nodeservice/mesh/shard_map.h"
#include "nodeservice/postgres/connection.h"

#include <chrono>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <thread>

namespace tessera::mesh {

class Fallback {
  public:
    /// `node`: its name. `database`: as the superuser. The store outlives it.
    Fallback(std::string node, postgres::ConnectionSettings database, MapStore& store)
        : node_(std::move(node)), database_(std::move(database)), store_(store) {}

    ~Fallback() { stop(); }

    Fallback(const Fallback&) = delete;
    Fallback& operator=(const Fallback&) = delete;

    void start();
    void requestStop();
    /// May be called again.
    void stop();

  private:
    using Clock = std::chrono::steady_clock;

    void run();
    /// The nodes that have shards, or replicas.
    void watch();
    /// What read_from is to hold, as JSON.
    std::string wanted() const;
    /// The one that is read; NULL: none can be.
    const Replica* choose(const Shard& shard) const;
    /// This node's own, where it is as good as the shard itself.
    const Replica* nearCopy(const ShardedTable& table, const Shard& shard) const;
    std::optional<std::int64_t> awaySince(const std::string& node) const;
    Result<> apply(const std::string& wanted);

    const std::string node_;
    const postgres::ConnectionSettings database_;
    MapStore& store_;
    std::optional<std::uint64_t> seen_;
    ShardMap map_;
    std::map<std::string, std::unique_ptr<PeerWatch>> peers_;
    std::optional<postgres::Connection> connection_;
    std::optional<std::string> applied_;
    Clock::time_point apply_again_{};
    store::Sleeper rest_{store_.appliedIndex()};
    std::thread thread_;
};

}  // namespace tessera::mesh
