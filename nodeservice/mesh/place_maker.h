#pragma once

/// Tables for shards, made where a node has none yet: in a PostgreSQL source, beside the tables that the node imports
/// from it. Sessions are the superuser's, in the node's database.

#include "common/result.h"
#include "nodeservice/mesh/shard_map.h"
#include "nodeservice/postgres/connection.h"

#include <string>

namespace tessera::mesh {

/// The schema of node `at` in which a table for a shard of `table` can be made: where another of its shards lies, else
/// one that is called like theirs, else the only one there is. kFailedPrecondition: there is none, or it is not clear
/// which. `node`: this one, which asks the other.
Result<std::string> schemaForPlaces(postgres::Connection& connection, const std::string& node,
                                    const ShardedTable& table, const std::string& at);

/// What a table is called that is made for the shard at that version of the map: no other is, ever.
std::string nameForPlace(const ShardedTable& table, std::int64_t shard, std::int64_t version);

/// Makes this node's table at the place, with the columns and the key of the sharded one, unless it is there.
Result<> makePlace(postgres::Connection& connection, const ShardedTable& table, const Place& place);

}  // namespace tessera::mesh
