#pragma once

/// How the rows of a shard are shared out when it is split.

#include "common/result.h"
#include "nodeservice/mesh/shard_map.h"
#include "nodeservice/postgres/connection.h"

#include <string>
#include <vector>

namespace tessera::mesh {

/// What was said about where to split.
struct SplitWish {
    /// Of kRange: the first key of the upper part.
    std::vector<std::string> at;
    /// Of kList: what the new shard takes.
    std::vector<std::string> values;
    /// Of a default shard of kRange: what the new shard takes.
    std::vector<std::string> from;
    std::vector<std::string> to;
};

/// The bounds of the shard and of the new one, in this order; of kHash two halves. kInvalidArgument: the wish does not
/// fit the shard. Whether values are of the columns' types is for tryBounds().
Result<std::vector<ShardBound>> splitBounds(const ShardedTable& table, const Shard& shard, const SplitWish& wish);

/// Whether PostgreSQL takes these bounds in the place of the shard's, beside those of the others. The session is the
/// superuser's; nothing is left of it.
Result<> tryBounds(postgres::Connection& connection, const ShardedTable& table, const Shard& shard,
                   const std::vector<ShardBound>& bounds);

}  // namespace tessera::mesh
