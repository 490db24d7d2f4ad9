#pragma once

/// The mesh file: the nodes a person works with, read by the workbench and the CLI.
///
///     mesh: demo
///     nodes:
///       - name: operations
///         address: 127.0.0.1:7410
///         user: analyst
///         password: ${file:/home/ann/.local/share/tessera/demo/secrets/analyst}
///
/// It is looked for in this order: an explicit path (--mesh), $TESSERA_MESH, $XDG_CONFIG_HOME/tessera/mesh.yaml
/// (~/.config/tessera/mesh.yaml).

#include "common/result.h"
#include "nodeservice/client/node_client.h"

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace tessera::client {

struct MeshFile {
    std::string name;
    std::vector<NodeAddress> nodes;
};

/// Where the mesh file is looked for when no path is given.
std::filesystem::path defaultMeshFilePath();

/// Reads the file; `path` empty: defaultMeshFilePath(). kNotFound when there is none: the hint says how to get one.
Result<MeshFile> loadMeshFile(const std::optional<std::filesystem::path>& path);

/// The node of that name, or an error that proposes the nearest one.
Result<NodeAddress> findNode(const MeshFile& mesh, const std::string& name);

}  // namespace tessera::client
