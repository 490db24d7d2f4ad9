#pragma once

/// What nodes say of themselves, "zone=eu", and which tables are kept to those that do. Pure; any thread.

#include "common/result.h"
#include "nodeservice/mesh/map_store.h"
#include "nodeservice/mesh/shard_map.h"

#include <set>
#include <string>

namespace tessera::mesh {

/// Which nodes the table is kept to at the moment. A label that no node has is kept, as one of no node's name.
void keepToNodes(const ShardMap& map, ShardedTable& table);

/// What the node says of itself, instead of what it has said before. Not a change of the map.
Batch noteLabels(const std::string& node, const std::set<std::string>& labels);

/// Whether each label that the table is kept to is some node's.
Result<> checkLabels(const ShardMap& map, const ShardedTable& table);

}  // namespace tessera::mesh
