#pragma once

/// Carries out the moves of shards to this node, one at a time, while their rows are read and written. A move waits
/// until neither of its nodes takes part in another:
///
/// 1. *copying*: the node that has the shard notes the keys of all rows that change from now on; this node copies all
///    rows, then those of the keys that were noted, until few are left, and compares the two tables row by row.
/// 2. *switching*: the other node refuses writes (40001). The last keys are brought over and compared.
/// 3. The map says the new place: the only moment that counts. The rows at the old place are deleted afterwards, by the
///    node that has them (sweeper.h).
///
/// Whatever fails, the shard is where it was: copying begins anew, also after a crash of either node. A thread of its
/// own, `mesh-move`; the functions belong to the node's main thread.

#include "nodeservice/mesh/map_store.h"
#include "nodeservice/mesh/records.h"
#include "nodeservice/mesh/shard_sizes.h"
#include "nodeservice/mesh/sweeper.h"
#include "nodeservice/postgres/connection.h"

#include <chrono>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace tessera::mesh {

class Mover {
  public:
    /// `node`: its name. `database`: as the superuser. The store outlives it.
    Mover(std::string node, postgres::ConnectionSettings database, MapStore& store)
        : node_(std::move(node)),
          database_(std::move(database)),
          store_(store),
          sweeper_(node_, database_, store_, [this](std::chrono::milliseconds time) { return stopsWithin(time); }),
          sizes_(node_, database_, store_) {}

    ~Mover() { stop(); }

    Mover(const Mover&) = delete;
    Mover& operator=(const Mover&) = delete;

    void start();
    void requestStop();
    /// Waits for what is under way at a source. May be called again.
    void stop();

  private:
    void run();
    bool stopsWithin(std::chrono::milliseconds time);
    Result<> moveNext();
    /// The moves to this node, in the order in which they are tried.
    std::vector<std::pair<const ShardedTable*, const Shard*>> inTurn(const ShardMap& map) const;

    const std::string node_;
    const postgres::ConnectionSettings database_;
    MapStore& store_;
    Sweeper sweeper_;
    ShardSizes sizes_;
    /// The move that was tried last: its table and its shard's number.
    std::pair<std::int64_t, std::int64_t> last_{};
    std::optional<std::uint64_t> seen_;
    store::Sleeper rest_{store_.appliedIndex()};
    std::thread thread_;
};

}  // namespace tessera::mesh
