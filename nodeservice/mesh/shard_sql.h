#pragma once

/// The SQL by which a node's PostgreSQL has a sharded table: a partitioned table, and for each shard a foreign table in
/// the schema `tessera_shard`. Pure; any thread.

#include "nodeservice/mesh/shard_map.h"

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace tessera::mesh {

inline constexpr const char* kShardSchema = "tessera_shard";

using Options = std::vector<std::pair<std::string, std::string>>;

/// Of a shard's foreign table, the same at every node; at most 63 bytes. Holds the shard's epoch.
std::string relationName(const ShardedTable& table, const Shard& shard);

/// Of a shard that moves or is copied: where its node notes the keys of rows that change.
std::string notesName(const ShardedTable& table, const Shard& shard);

/// Of a replica that is whole: by which it is read, the same at every node. Holds its epoch.
std::string replicaName(const ShardedTable& table, const Shard& shard, const Replica& replica);
/// What the names of a replica's tables begin with by which its node keeps it.
std::string copyName(const ShardedTable& table, const Shard& shard);

/// Of all of a table, the same at every node, whatever else is called as the table is. A partition's, without what
/// follows the table's number: the extension finds it so (fdw/pg/shard_join.c).
std::string wholeName(const ShardedTable& table);
/// A view, with the rights of whoever reads it.
std::string createWholeSql(const ShardedTable& table);

/// With its schema, quoted.
std::string qualified(const std::string& schema, const std::string& name);

/// Of a shard by hash: modulus and remainder.
std::pair<std::int64_t, std::int64_t> hashOf(const ShardedTable& table, const Shard& shard);

/// Of ATTACH PARTITION: "FOR VALUES …" or "DEFAULT".
std::string boundSql(const ShardedTable& table, const Shard& shard);

/// The partitioned table without its partitions.
std::string createParentSql(const ShardedTable& table);

struct ForeignTable {
    std::string schema = kShardSchema;
    std::string name;
    std::string server;
    Options options;
    /// A column's.
    std::vector<Options> column_options;
};

/// With the columns of `table`, in their order.
std::string createForeignSql(const ShardedTable& table, const ForeignTable& made);

/// Of what the peer `server` has under the same name in `tessera_shard`; its key as the table's.
ForeignTable foreignTableAtPeer(const ShardedTable& table, const std::string& name, const std::string& server);

/// Refuses what would leave rows in the wrong shard, or change rows that can't be told apart.
std::string guardSql(const ShardedTable& table, const std::string& relation);

/// Notes the keys of all rows that change by way of the shard's foreign table.
std::string noteChangesSql(const ShardedTable& table, const Shard& shard);
/// Changes of the shard are refused with 40001 from then on, while a move switches to the other place.
std::string refuseChangesSql(const ShardedTable& table, const Shard& shard);

/// In the place of a shard's foreign table that other nodes may still know: whoever uses it is told to try again.
std::string createTombstoneSql(const ShardedTable& table, const std::string& relation);

/// The schema `tessera_shard`, its bookkeeping and its functions, or what is missing of it.
const char* prepareSql();

}  // namespace tessera::mesh
