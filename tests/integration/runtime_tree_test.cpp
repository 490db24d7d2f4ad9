// A server in a runtime tree runs an extension that the system's PostgreSQL does not have, from files that its user
// could not reach where they were built.

#include "nodeservice/postgres/cluster.h"
#include "nodeservice/postgres/installation.h"
#include "tests/support/temporary_directory.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

namespace tessera::postgres {
namespace {

namespace fs = std::filesystem;

ino_t inodeOf(const fs::path& file) {
    struct stat status {};

    return ::stat(file.c_str(), &status) == 0 ? status.st_ino : 0;
}

class RuntimeTreeTest : public testing::Test {
  protected:
    void SetUp() override {
        auto installation = findInstallation();
        auto user = serviceUser();
        ASSERT_TRUE(installation) << installation.error().describe();
        ASSERT_TRUE(user) << user.error().describe();
        options_.system = *installation;
        options_.user = *user;
        options_.extension_directory = build_ / "extension";
        options_.connector_directory = build_ / "connectors";
        options_.tree = folder_.path() / "runtime";
        writeFile(build_ / "extension/tessera_fdw.control", "default_version = '0.1'\nrelocatable = true\n");
        writeFile(build_ / "extension/tessera_fdw--0.1.sql",
                  "CREATE FUNCTION answer() RETURNS int LANGUAGE sql AS 'SELECT 42';");
        writeFile(build_ / "extension/tessera_fdw.so", "not loaded by this test");
        writeFile(build_ / "connectors/libtessera_memory.so", "not loaded either");
        fs::permissions(build_, fs::perms::owner_all);  // as a checkout in root's home
    }

    TemporaryDirectory folder_;
    const fs::path build_ = folder_.path() / "build";
    RuntimeTreeOptions options_;
};

TEST_F(RuntimeTreeTest, ServerFindsOurExtensionAndPostgresOwn) {
    const auto tree = makeRuntimeTree(options_);
    ASSERT_TRUE(tree) << tree.error().describe();
    ClusterOptions cluster_options;
    cluster_options.installation = tree->installation;
    cluster_options.user = options_.user;
    cluster_options.data_directory = folder_.path() / "data";
    cluster_options.socket_directory = folder_.path() / "socket";
    cluster_options.log_file = folder_.path() / "log";
    cluster_options.initdb_arguments = {"--no-sync", "--wal-segsize=1"};
    cluster_options.host_based_authentication = "local all all trust\n";
    Cluster cluster(cluster_options);
    const auto initialised = cluster.initialise();
    ASSERT_TRUE(initialised) << initialised.error().describe();
    const auto started = cluster.start();
    ASSERT_TRUE(started) << started.error().describe();
    auto connection = Connection::open(cluster.superuserSettings());
    ASSERT_TRUE(connection) << connection.error().describe();
    const auto created = connection->execute("CREATE EXTENSION tessera_fdw; CREATE EXTENSION pg_trgm;");
    ASSERT_TRUE(created) << created.error().describe();
    const auto answer = connection->queryValue("SELECT answer() || show_trgm('a')::text");
    ASSERT_TRUE(answer) << answer.error().describe();
    EXPECT_EQ(answer->value_or("").substr(0, 2), "42");
    EXPECT_TRUE(canRead(options_.user, tree->connector_directory / "libtessera_memory.so").value_or(false));
}

TEST_F(RuntimeTreeTest, IsMadeAgainOnlyWhenFilesChanged) {
    const auto first = makeRuntimeTree(options_);
    ASSERT_TRUE(first) << first.error().describe();
    const ino_t server = inodeOf(first->installation.bin_directory / "postgres");
    ASSERT_NE(server, 0u);
    ASSERT_TRUE(makeRuntimeTree(options_));
    EXPECT_EQ(inodeOf(first->installation.bin_directory / "postgres"), server);

    writeFile(build_ / "connectors/libtessera_memory.so", "a new version");
    ASSERT_TRUE(makeRuntimeTree(options_));
    EXPECT_NE(inodeOf(first->installation.bin_directory / "postgres"), server);
    EXPECT_EQ(readFile(first->connector_directory / "libtessera_memory.so"), "a new version");
}

TEST_F(RuntimeTreeTest, UnfinishedTreeIsReplaced) {
    writeFile(folder_.path() / "runtime.new/half", "");
    writeFile(folder_.path() / "runtime/half", "");
    const auto tree = makeRuntimeTree(options_);
    ASSERT_TRUE(tree) << tree.error().describe();
    EXPECT_FALSE(fs::exists(folder_.path() / "runtime/half"));
    EXPECT_TRUE(fs::exists(tree->installation.bin_directory / "postgres"));
}

TEST_F(RuntimeTreeTest, LinkedLibraryStaysALinkWhereItCanBeRead) {
    writeFile(folder_.path() / "open/libbig.so", "big");
    writeFile(build_ / "libclosed.so", "closed");
    fs::create_symlink(folder_.path() / "open/libbig.so", build_ / "connectors/libbig.so");
    fs::create_symlink(build_ / "libclosed.so", build_ / "connectors/libclosed.so");
    const auto tree = makeRuntimeTree(options_);
    ASSERT_TRUE(tree) << tree.error().describe();
    EXPECT_TRUE(fs::is_symlink(tree->connector_directory / "libbig.so"));
    EXPECT_TRUE(canRead(options_.user, tree->connector_directory / "libbig.so").value_or(false));
    EXPECT_TRUE(canRead(options_.user, tree->connector_directory / "libclosed.so").value_or(false));
}

TEST_F(RuntimeTreeTest, MissingExtensionIsNamed) {
    fs::remove(build_ / "extension/tessera_fdw.control");
    const auto tree = makeRuntimeTree(options_);
    ASSERT_FALSE(tree);
    EXPECT_NE(tree.error().message.find("lacks 'tessera_fdw.control'"), std::string::npos);
}

TEST_F(RuntimeTreeTest, MissingPostgresTellsHowToInstallIt) {
    const auto none = findInstallation(folder_.path());
    ASSERT_FALSE(none);
    EXPECT_NE(none.error().message.find("PostgreSQL 15 is not in '" + folder_.path().string() + "'"),
              std::string::npos);
    EXPECT_NE(none.error().hint.find("apt-get install postgresql-15"), std::string::npos);
}

}  // namespace
}  // namespace tessera::postgres
