#pragma once

/// Which nodes a command speaks to.

#include "app/cli/options.h"
#include "common/result.h"
#include "nodeservice/client/mesh_file.h"
#include "nodeservice/client/node_client.h"

#include <memory>
#include <vector>

namespace tessera::cli {

/// The node that --node names; without it the mesh's only node, or an error that lists them.
Result<client::NodeAddress> chooseNode(const client::MeshFile& mesh, const std::string& name);

/// The node that --node names, or all.
Result<std::vector<client::NodeAddress>> chooseNodes(const client::MeshFile& mesh, const std::string& name);

}  // namespace tessera::cli
