#pragma once

/// Follows the store's shard map: whenever it has changed, makes the node's PostgreSQL serve it, and tells the store
/// so. Goes on with what it has while the store has no leader. A thread of its own, `mesh`; the functions belong to the
/// node's main thread but for those that say otherwise.

#include "nodeservice/mesh/map_store.h"
#include "nodeservice/mesh/records.h"
#include "nodeservice/mesh/router.h"
#include "nodeservice/postgres/connection.h"

#include <chrono>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <thread>

namespace tessera::mesh {

class Follower {
  public:
    /// `node`: its name; `labels`: what it says of itself. `database`: as the superuser. The store outlives it.
    Follower(std::string node, std::set<std::string> labels, postgres::ConnectionSettings database, MapStore& store);

    ~Follower() { stop(); }

    Follower(const Follower&) = delete;
    Follower& operator=(const Follower&) = delete;

    void start();
    void requestStop();
    /// Waits for the store at most as long as that still takes part. May be called again.
    void stop();

  private:
    using Clock = std::chrono::steady_clock;

    void run();
    bool sleep();
    Result<> follow();
    Result<> tellLabels(const ShardMap& map);
    Result<> serve(const ShardMap& map);

    const std::string node_;
    const std::set<std::string> labels_;
    const postgres::ConnectionSettings database_;
    MapStore& store_;
    Router router_;
    std::optional<postgres::Connection> connection_;
    /// Up to which entry the store was looked at.
    std::optional<std::uint64_t> seen_;
    std::optional<NodeState> told_;
    std::int64_t served_ = -1;
    /// When it is looked at again, whatever the store says: sources may have been made anew.
    Clock::time_point look_again_{};
    bool is_failing_ = false;
    store::Sleeper rest_{store_.appliedIndex()};
    std::thread thread_;
};

}  // namespace tessera::mesh
