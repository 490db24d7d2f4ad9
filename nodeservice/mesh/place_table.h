#pragma once

/// The tables in which shards lie, as the nodes that have them tell of them. Sessions are the superuser's, in the
/// node's database.

#include "common/result.h"
#include "nodeservice/mesh/shard_map.h"
#include "nodeservice/mesh/shard_sql.h"
#include "nodeservice/postgres/connection.h"

#include <string>
#include <vector>

namespace tessera::mesh {

/// `node`: this one, which asks the place's node through its peer's connection. kNotFound: there is no such table;
/// kFailedPrecondition: it can't hold a shard.
Result<std::vector<ShardColumn>> columnsAt(postgres::Connection& connection, const std::string& node,
                                           const Place& place);

/// A foreign table of the same source as this node's table at the place.
Result<ForeignTable> foreignTableAtSource(postgres::Connection& connection, const ShardedTable& table,
                                          const Place& place, const std::string& name);

/// A foreign table of the place, here or at a peer.
Result<ForeignTable> foreignTableOf(postgres::Connection& connection, const std::string& node,
                                    const ShardedTable& table, const Place& place, const std::string& name);

}  // namespace tessera::mesh
