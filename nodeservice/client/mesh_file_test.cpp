#include "nodeservice/client/mesh_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

namespace tessera::client {
namespace {

class MeshFileTest : public testing::Test {
  protected:
    MeshFileTest()
        : folder_(std::filesystem::path(testing::TempDir()) / ("mesh_file_test." + std::to_string(getpid()))) {
        std::filesystem::create_directories(folder_ / "secrets");
    }

    ~MeshFileTest() override { std::filesystem::remove_all(folder_); }

    std::filesystem::path write(const std::string& text) const {
        std::ofstream(folder_ / "mesh.yaml") << text;
        return folder_ / "mesh.yaml";
    }

    std::filesystem::path folder_;
};

TEST_F(MeshFileTest, ReadsNodesAndPasswordFiles) {
    std::ofstream(folder_ / "secrets" / "analyst") << "s3cret\n";
    const auto mesh = loadMeshFile(write(R"(mesh: demo
nodes:
  - name: operations
    address: 127.0.0.1:7410
    user: analyst
    password: ${file:secrets/analyst}
)"));
    ASSERT_TRUE(mesh) << mesh.error().describe();
    EXPECT_EQ(mesh->name, "demo");
    const auto node = findNode(*mesh, "operations");
    ASSERT_TRUE(node);
    EXPECT_EQ(node->address, "127.0.0.1:7410");
    EXPECT_EQ(node->password, "s3cret");
    EXPECT_EQ(findNode(*mesh, "operation").error().hint, "did you mean 'operations'?");
}

TEST_F(MeshFileTest, AMissingFileSaysHowToGetOne) {
    const auto mesh = loadMeshFile(folder_ / "none.yaml");
    ASSERT_FALSE(mesh);
    EXPECT_EQ(mesh.error().code, ErrorCode::kNotFound);
    EXPECT_THAT(mesh.error().hint, testing::HasSubstr("./dev demo"));
}

TEST_F(MeshFileTest, TwoNodesOfOneNameAreRefused) {
    const std::string node = "  - {name: a, address: '127.0.0.1:1', user: u, password: p}\n";
    const auto mesh = loadMeshFile(write("mesh: m\nnodes:\n" + node + node));
    ASSERT_FALSE(mesh);
    EXPECT_THAT(mesh.error().message, testing::HasSubstr("mesh.yaml:4:12: there is a second node named 'a'"));
}

TEST_F(MeshFileTest, TheEnvironmentNamesTheFile) {
    setenv("TESSERA_MESH", "/x/mesh.yaml", 1);
    EXPECT_EQ(defaultMeshFilePath(), "/x/mesh.yaml");
    unsetenv("TESSERA_MESH");
    setenv("XDG_CONFIG_HOME", "/cfg", 1);
    EXPECT_EQ(defaultMeshFilePath(), "/cfg/tessera/mesh.yaml");
    unsetenv("XDG_CONFIG_HOME");
}

}  // namespace
}  // namespace tessera::client
