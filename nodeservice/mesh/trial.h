#pragma once

/// Tries a declared table before it enters the map: its places, its columns, its bounds, and the rows that are there.
/// All in a transaction that is undone.

#include "nodeservice/mesh/definition.h"
#include "nodeservice/postgres/connection.h"

#include <string>
#include <vector>

namespace tessera::mesh {

/// All that is wrong, in the order in which it was found; none: it may be added, with the columns that are set now.
/// `node`: this one. An error only when it could not be tried.
Result<std::vector<Error>> tryTable(postgres::Connection& connection, const std::string& node,
                                    Declaration& declaration);

/// Whether a shard of the table can be moved to the place: its columns are there, and no rows.
Result<> tryPlace(postgres::Connection& connection, const std::string& node, const ShardedTable& table,
                  const Place& place);

}  // namespace tessera::mesh
