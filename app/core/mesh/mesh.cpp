#include "app/core/mesh/mesh.h"

#include <algorithm>

namespace tessera::app {

const MeshNode* Mesh::find(const std::string& node_name) const {
    const auto found =
        std::find_if(nodes.begin(), nodes.end(), [&](const MeshNode& node) { return node.name == node_name; });
    return found == nodes.end() ? nullptr : &*found;
}

Result<Mesh> openMesh(const std::optional<std::filesystem::path>& path, const ClientFactory& factory) {
    const client::MeshFile file = TSR_TRY(client::findMesh({path, {}}));
    Mesh mesh;
    mesh.name = file.name;
    for (const client::NodeAddress& address : file.nodes) {
        MeshNode node{address.name, address.address, address.agent ? address.agent->person : address.user, nullptr, {}};
        Result<std::shared_ptr<client::NodeClient>> made = factory(address);
        if (made) {
            node.client = std::move(*made);
        } else {
            node.error = made.error();
        }
        mesh.nodes.push_back(std::move(node));
    }
    return mesh;
}

}  // namespace tessera::app
