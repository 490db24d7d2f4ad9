#pragma once

/// Deletes the rows that moves leave at a node's places (OldPlace), a part at a time, as slowly as is asked for, and
/// goes on where it was after a restart: what is left is what the place holds. Never of a place that the map says is in
/// use, nor while somebody may still read there by way of the mesh. The mover's thread.

#include "nodeservice/mesh/map_store.h"
#include "nodeservice/mesh/shard_map.h"
#include "nodeservice/postgres/connection.h"

#include <chrono>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace tessera::mesh {

class Sweeper {
  public:
    /// Whether to end within that time.
    using Sleep = std::function<bool(std::chrono::milliseconds)>;

    /// `node`: this one. `database`: as the superuser. The store outlives it.
    Sweeper(std::string node, postgres::ConnectionSettings database, MapStore& store, Sleep stops_within)
        : node_(std::move(node)),
          database_(std::move(database)),
          store_(store),
          stops_within_(std::move(stops_within)) {}

    /// A part of each of the node's old places that is due. Returns whether any is left.
    bool sweep(const ShardMap& map);

  private:
    using Clock = std::chrono::steady_clock;

    /// When it is done the map has it no more.
    Result<> sweepPlace(const OldPlace& seen);
    Result<> deletePart(postgres::Connection& connection, const OldPlace& old);
    Result<> forget(const OldPlace& old);
    Result<> note(const OldPlace& old, std::int64_t rows, const std::string& problem);

    const std::string node_;
    const postgres::ConnectionSettings database_;
    MapStore& store_;
    const Sleep stops_within_;
    /// By the place's text: not before.
    std::map<std::string, Clock::time_point> due_;
    /// Likewise: the last key of the part that was deleted last.
    std::map<std::string, std::vector<std::optional<std::string>>> reached_;
};

}  // namespace tessera::mesh
