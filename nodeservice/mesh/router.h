#pragma once

/// Makes a node's PostgreSQL serve the shard map: each sharded table is there as a partitioned table whose partitions
/// are foreign tables of the shards' places. A place of this node is reached at its source, and other nodes reach it
/// through the foreign table made here; one at a peer through the peer's.
///
/// One thread at a time; the session is the superuser's, in the node's database.

#include "common/result.h"
#include "nodeservice/mesh/shard_map.h"
#include "nodeservice/postgres/connection.h"

#include <map>
#include <string>
#include <vector>

namespace tessera::mesh {

class Router {
  public:
    explicit Router(std::string node) : node_(std::move(node)) {}

    /// Each table in a transaction of its own. Returns, for those that can't be served, why, by "schema.name"; an error
    /// only when nothing could be done.
    Result<std::map<std::string, Error>> serve(postgres::Connection& connection, const ShardMap& map);

    /// The server by which this node reaches another; kFailedPrecondition when it is none of its peers.
    static Result<std::string> serverOf(postgres::Connection& connection, const std::string& node);

  private:
    struct Served {
        std::string schema;
        std::string name;
        std::int64_t version = 0;
        bool is_there = false;
    };

    struct Relation {
        bool is_gate = false;
        bool is_there = false;
        bool is_tombstone = false;
    };

    Result<> readServed(postgres::Connection& connection);
    bool isServed(const ShardedTable& table) const;
    Result<> serveTable(postgres::Connection& connection, const ShardedTable& table);
    Result<> makeParent(postgres::Connection& connection, const ShardedTable& table);
    Result<> dropStale(postgres::Connection& connection, const ShardedTable& table);
    Result<> makeShard(postgres::Connection& connection, const ShardedTable& table, const Shard& shard);
    /// What it is read by, once it is whole.
    Result<> serveReplica(postgres::Connection& connection, const ShardedTable& table, const Shard& shard,
                          const Replica& replica);
    /// What a shard of this node that moves or is copied has, or has no more.
    Result<> serveMove(postgres::Connection& connection, const ShardedTable& table, const Shard& shard);
    Result<> dropTable(postgres::Connection& connection, std::int64_t id);

    const std::string node_;
    std::map<std::int64_t, Served> served_;
    std::map<std::int64_t, std::map<std::string, Relation>> relations_;
};

}  // namespace tessera::mesh
