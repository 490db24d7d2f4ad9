#include "nodeservice/client/mesh_file.h"

#include "common/config/loader.h"
#include "common/strings.h"

#include <cstdlib>
#include <set>

namespace tessera::client {

namespace {

const config::Schema& meshSchema() {
    using config::PropertyType;
    static const config::Schema instance{"The mesh file",
                                         "The nodes that a person works with.",
                                         {
                                             {.name = "mesh",
                                              .type = PropertyType::kText,
                                              .doc = "The mesh's name, as the workbench shows it.",
                                              .required = true,
                                              .example = "mesh: demo"},
                                             {.name = "nodes",
                                              .type = PropertyType::kSectionList,
                                              .doc = "The nodes, in the order they are shown.",
                                              .required = true,
                                              .children =
                                                  {
                                                      {.name = "name",
                                                       .type = PropertyType::kText,
                                                       .doc = "The node's name.",
                                                       .required = true,
                                                       .example = "name: operations"},
                                                      {.name = "address",
                                                       .type = PropertyType::kAddress,
                                                       .doc = "Where its gRPC interface listens.",
                                                       .required = true,
                                                       .example = "127.0.0.1:7410"},
                                                      {.name = "user",
                                                       .type = PropertyType::kText,
                                                       .doc = "The user to sign in as.",
                                                       .required = true,
                                                       .example = "user: analyst"},
                                                      {.name = "password",
                                                       .type = PropertyType::kSecret,
                                                       .doc = "The user's password.",
                                                       .required = true,
                                                       .example = "password: ${file:secrets/analyst}"},
                                                  }},
                                         }};
    return instance;
}

std::filesystem::path environmentPath(const char* name) {
    const char* value = std::getenv(name);
    return value == nullptr ? std::filesystem::path() : std::filesystem::path(value);
}

}  // namespace

std::filesystem::path defaultMeshFilePath() {
    if (const auto path = environmentPath("TESSERA_MESH"); !path.empty()) {
        return path;
    }
    std::filesystem::path folder = environmentPath("XDG_CONFIG_HOME");
    // The base directory specification: a relative $XDG_CONFIG_HOME is to be ignored.
    if (!folder.is_absolute()) {
        folder = environmentPath("HOME") / ".config";
    }
    return folder / "tessera" / "mesh.yaml";
}

Result<MeshFile> loadMeshFile(const std::optional<std::filesystem::path>& path) {
    const std::filesystem::path file = path.value_or(defaultMeshFilePath());
    auto loaded = config::load(file, meshSchema());
    if (!loaded) {
        Error error = std::move(loaded).error();
        if (error.code == ErrorCode::kNotFound) {
            error = fail(ErrorCode::kNotFound, "there is no mesh file at '" + file.string() + "'",
                         "name one with --mesh FILE or TESSERA_MESH, or run './dev demo', which makes one");
        }
        return error;
    }
    MeshFile mesh{loaded->text("mesh"), {}};
    std::set<std::string> names;
    for (const config::Section& node : loaded->sections("nodes")) {
        if (!names.insert(node.text("name")).second) {
            return fail(ErrorCode::kInvalidArgument,
                        node.where("name") + ": there is a second node named '" + node.text("name") + "'",
                        "give each node a name of its own");
        }
        mesh.nodes.push_back(
            {node.text("name"), node.address("address"), node.text("user"), node.secret("password").reveal()});
    }
    return mesh;
}

Result<NodeAddress> findNode(const MeshFile& mesh, const std::string& name) {
    std::vector<std::string> names;
    for (const NodeAddress& node : mesh.nodes) {
        if (node.name == name) {
            return node;
        }
        names.push_back(node.name);
    }
    return fail(ErrorCode::kNotFound, "the mesh '" + mesh.name + "' has no node '" + name + "'",
                suggestion(name, names));
}

}  // namespace tessera::client
