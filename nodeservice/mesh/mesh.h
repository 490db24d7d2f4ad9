#pragma once

/// What people ask of the shard map, at any node of the mesh: to declare tables, to drop them, to see what there is.
/// Any thread; calls wait for the store, for the nodes' PostgreSQL, and until the nodes concerned serve the new map.

#include "nodeservice/mesh/definition.h"
#include "nodeservice/mesh/map_store.h"
#include "nodeservice/mesh/records.h"
#include "nodeservice/mesh/rights.h"
#include "nodeservice/postgres/connection.h"

#include <atomic>
#include <string>
#include <vector>

namespace tessera::mesh {

class Mesh {
  public:
    /// `database`: of the node, as the superuser. The store outlives it.
    Mesh(Rights rights, postgres::ConnectionSettings database, MapStore& store)
        : rights_(std::move(rights)), database_(std::move(database)), store_(store) {}

    /// `action`: apply, check (apply without effect), drop, tables, shards, moves, replicas, nodes, export, or
    /// one of move_requests.h or replica_requests.h; `body`: what it is about, a text of declarations, a table's name,
    /// or JSON. `role`: who signed in. Returns JSON, for export YAML.
    Result<std::string> answer(const std::string& role, const std::string& action, const std::string& body);

    /// Calls that wait give up.
    void requestStop() { stopping_ = true; }

  private:
    Result<std::string> apply(const std::string& text, bool is_dry);
    Result<std::string> drop(const std::string& name);
    Result<std::string> list(const std::string& what);
    /// All tables where none is named.
    Result<std::string> exportTables(const std::string& name);
    Result<ShardMap> map();
    /// Whether there is nothing more to do for it in this map; what is, is added to the batch.
    Result<std::string> plan(Declaration& declaration, const ShardMap& map, Batch& batch, std::int64_t& version);
    Result<> tryAll(std::vector<Declaration>& declarations, const ShardMap& map);

    const Rights rights_;
    const postgres::ConnectionSettings database_;
    MapStore& store_;
    std::atomic<bool> stopping_ = false;
};

}  // namespace tessera::mesh
