#pragma once

/// The shard map's tables as the file that declares them (definition.h): what `tessera mesh export` writes.

#include "nodeservice/mesh/shard_map.h"

#include <string>
#include <vector>

namespace tessera::mesh {

/// The same tables give the same text, in the order of their names, whenever and wherever it is asked for. Declaring it
/// gives the same tables; moves that are under way are not in it.
std::string exportYaml(std::vector<ShardedTable> tables);

}  // namespace tessera::mesh
