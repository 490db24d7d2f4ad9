#pragma once

/// The mesh a person works with: its nodes, each with a client or the reason why it has none. A value made once from
/// the mesh file; clients are shared and thread-safe.

#include "nodeservice/client/agent_client.h"
#include "nodeservice/client/node_client.h"

#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace tessera::app {

struct MeshNode {
    std::string name;
    std::string address;
    std::string user;
    /// Null when `error` says why.
    std::shared_ptr<client::NodeClient> client;
    Error error;
};

struct Mesh {
    std::string name;
    std::vector<MeshNode> nodes;

    /// Null when there is no such node.
    const MeshNode* find(const std::string& node_name) const;
};

/// How a client is made; tests give another one than NodeClient::create.
using ClientFactory = std::function<Result<std::shared_ptr<client::NodeClient>>(client::NodeAddress)>;

/// Finds the mesh (see findMesh() of nodeservice/client/agent_client.h) and makes a client for each node. Reads files
/// and may start the agent, so not on the GUI thread; makes no connection to a node.
Result<Mesh> openMesh(const std::optional<std::filesystem::path>& path, const ClientFactory& factory);

}  // namespace tessera::app
