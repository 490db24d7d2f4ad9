#pragma once

/// A node's part in the shard map, put together: it follows the map, and answers its PostgreSQL, which asks at a unix
/// socket (fdw/core/mesh_request.cpp). The store's node outlives it. start() and stop() belong to one thread.

#include "common/request_door.h"
#include "nodeservice/mesh/fallback.h"
#include "nodeservice/mesh/follower.h"
#include "nodeservice/mesh/mesh.h"
#include "nodeservice/mesh/mover.h"
#include "nodeservice/mesh/replicator.h"
#include "nodeservice/server/store_node.h"

#include <filesystem>
#include <memory>
#include <set>
#include <string>

namespace tessera::node {

class NodeMesh {
  public:
    /// `database`: as the superuser.
    static Result<std::unique_ptr<NodeMesh>> start(const mesh::Rights& rights, const std::set<std::string>& labels,
                                                   const postgres::ConnectionSettings& database,
                                                   const std::filesystem::path& socket, server::StoreNode& store);
    ~NodeMesh();

    NodeMesh(const NodeMesh&) = delete;
    NodeMesh& operator=(const NodeMesh&) = delete;

    /// What waits gives up, as far as it does not wait for the store.
    void requestStop();

  private:
    NodeMesh() = default;

    std::string answer(const std::string& request);

    std::unique_ptr<mesh::MapStore> store_;
    std::unique_ptr<mesh::Mesh> mesh_;
    std::unique_ptr<mesh::Follower> follower_;
    std::unique_ptr<mesh::Mover> mover_;
    std::unique_ptr<mesh::Replicator> replicator_;
    std::unique_ptr<mesh::Fallback> fallback_;
    std::unique_ptr<RequestDoor> door_;
};

}  // namespace tessera::node
