#pragma once

/// What whoever changes the shard map asks of it first, and waits for afterwards. Any thread.

#include "nodeservice/mesh/map_store.h"
#include "nodeservice/mesh/shard_map.h"

#include <atomic>
#include <cstdint>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace tessera::mesh {

/// By "schema.name"; null: there is none.
const ShardedTable* findTable(const ShardMap& map, const std::string& name);
Error unknownTable(const ShardMap& map, const std::string& name);

/// The table and its shard of that number.
Result<std::pair<ShardedTable, Shard>> findShard(const ShardMap& map, const std::string& table, std::int64_t number);

/// "shard 0 of sales.orders".
std::string nameOf(const ShardedTable& table, const Shard& shard);

/// Whether it can be brought to another place: kFailedPrecondition of one that moves, or has no key.
Result<> checkMovable(const ShardedTable& table, const Shard& shard);

/// Whether nothing of the map lies there, a replica neither, is on its way to it, or is being deleted there;
/// kAlreadyExists.
Result<> checkFree(const ShardMap& map, const Place& place);

/// Whether shards may be put there: kFailedPrecondition of a node that is drained.
Result<> checkNotDrained(const ShardMap& map, const std::string& node);

/// Whether the table is not kept from there.
Result<> checkPlacement(const ShardedTable& table, const std::string& node);

/// What those say that have problems, or do not serve the version in time.
std::vector<std::string> awaitNodes(MapStore& store, std::set<std::string> nodes, std::int64_t version,
                                    const std::atomic<bool>& stops);

/// Until this node's own data hold all of the map that the store has now, so that whoever has asked it for a change
/// sees that there; not for long.
void awaitHere(MapStore& store, const std::atomic<bool>& stops);

}  // namespace tessera::mesh
