#include "app/cli/node_choice.h"

#include "common/strings.h"

namespace tessera::cli {

Result<client::NodeAddress> chooseNode(const client::MeshFile& mesh, const std::string& name) {
    if (!name.empty()) {
        return client::findNode(mesh, name);
    }
    if (mesh.nodes.size() == 1) {
        return mesh.nodes.front();
    }
    std::vector<std::string> names;
    for (const client::NodeAddress& node : mesh.nodes) {
        names.push_back(node.name);
    }
    return fail(ErrorCode::kInvalidArgument,
                "the mesh '" + mesh.name + "' has " + std::to_string(names.size()) + " nodes",
                "choose one with --node: " + join(names, ", "));
}

Result<std::vector<client::NodeAddress>> chooseNodes(const client::MeshFile& mesh, const std::string& name) {
    if (name.empty()) {
        return mesh.nodes;
    }
    return std::vector{TSR_TRY(client::findNode(mesh, name))};
}

}  // namespace tessera::cli
