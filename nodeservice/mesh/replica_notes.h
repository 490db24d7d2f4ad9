#pragma once

/// A node notes the keys of rows that change in its shards for as long as these have replicas: here the notes are
/// removed that no replica needs any more. More than a million of them are dropped, with an empty key in their place:
/// replicas that have not seen them compare all rows again. One thread; the session is the superuser's, in the node's
/// database.

#include "common/result.h"
#include "nodeservice/mesh/shard_map.h"
#include "nodeservice/postgres/connection.h"

#include <string>

namespace tessera::mesh {

/// Of the shards that `node`, this one, has. To be called again and again.
Result<> pruneNotes(postgres::Connection& connection, const std::string& node, const ShardMap& map);

}  // namespace tessera::mesh
