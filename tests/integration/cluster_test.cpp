// A cluster of our own: what prevents a start is said in words, and what a killed owner left does not prevent one.

#include "nodeservice/postgres/cluster.h"

#include "common/net.h"
#include "tests/support/temporary_directory.h"
#include "tests/support/temporary_postgres.h"
#include "tests/support/wait_until.h"

#include <gtest/gtest.h>
#include <signal.h>
#include <unistd.h>

#include <fstream>

namespace tessera::postgres {
namespace {

namespace fs = std::filesystem;

class ClusterTest : public testing::Test {
  protected:
    ClusterOptions options() {
        ClusterOptions made;
        auto installation = findInstallation();
        auto user = serviceUser();
        EXPECT_TRUE(installation && user);
        made.installation = *installation;
        made.user = *user;
        made.data_directory = folder_.path() / "data";
        made.socket_directory = folder_.path() / "socket";
        made.log_file = folder_.path() / "log";
        made.initdb_arguments = {"--no-sync", "--wal-segsize=1"};
        made.host_based_authentication = "local all all trust\n";
        made.settings = {{"fsync", "off"}};
        return made;
    }

    TemporaryDirectory folder_;
};

TEST_F(ClusterTest, InitialisesStartsAndStops) {
    Cluster cluster(options());
    auto initialised = cluster.isInitialised();
    ASSERT_TRUE(initialised);
    EXPECT_FALSE(*initialised);
    const auto made = cluster.initialise();
    ASSERT_TRUE(made) << made.error().describe();
    initialised = cluster.isInitialised();
    ASSERT_TRUE(initialised);
    EXPECT_TRUE(*initialised);
    const auto started = cluster.start();
    ASSERT_TRUE(started) << started.error().describe();
    {
        auto connection = Connection::open(cluster.superuserSettings());
        ASSERT_TRUE(connection) << connection.error().describe();
        const auto encoding = connection->queryValue(
            "SELECT pg_encoding_to_char(encoding) || ' ' || datcollate || ' ' || datctype FROM pg_database WHERE "
            "datname = "
            "'template1'");
        ASSERT_TRUE(encoding);
        EXPECT_EQ(*encoding, "UTF8 C C.UTF-8");
        const auto addresses = connection->queryValue("SHOW listen_addresses");
        ASSERT_TRUE(addresses);
        EXPECT_EQ(*addresses, "");
    }
    EXPECT_TRUE(cluster.isRunning());
    cluster.stop();
    EXPECT_FALSE(cluster.isRunning());
    EXPECT_FALSE(cluster.initialise()) << "the data directory is not empty";
}

TEST_F(ClusterTest, DirectoryOfAnotherVersionIsRefused) {
    writeFile(folder_.path() / "data/PG_VERSION", "14\n");
    const auto initialised = Cluster(options()).isInitialised();
    ASSERT_FALSE(initialised);
    EXPECT_NE(initialised.error().message.find("was made by PostgreSQL 14"), std::string::npos);
}

TEST_F(ClusterTest, PortInUseIsNamed) {
    auto other = TemporaryPostgres::start();
    ASSERT_TRUE(other) << other.error().describe();
    auto made = options();
    made.listen_on_loopback = true;
    made.port = other->port();
    Cluster cluster(made);
    ASSERT_TRUE(cluster.initialise());
    const auto started = cluster.start();
    ASSERT_FALSE(started);
    EXPECT_EQ(started.error().code, ErrorCode::kUnavailable);
    EXPECT_EQ(started.error().message, "port " + std::to_string(other->port()) + " on 127.0.0.1 is in use");
}

TEST_F(ClusterTest, FailedStartShowsTheLog) {
    auto made = options();
    made.settings.emplace_back("no_such_setting", "it's \\ odd");
    Cluster cluster(made);
    ASSERT_TRUE(cluster.initialise());
    const auto started = cluster.start();
    ASSERT_FALSE(started);
    EXPECT_NE(started.error().detail.find("unrecognized configuration parameter \"no_such_setting\""),
              std::string::npos)
        << started.error().describe();
}

TEST_F(ClusterTest, LongSocketPathIsRefused) {
    auto made = options();
    made.socket_directory = folder_.path() / std::string(120, 'x');
    const auto started = Cluster(made).start();
    ASSERT_FALSE(started);
    EXPECT_EQ(started.error().code, ErrorCode::kInvalidArgument);
}

TEST_F(ClusterTest, StaleLockFilesDoNotPreventAStart) {
    Cluster cluster(options());
    ASSERT_TRUE(cluster.initialise());
    // The number of a process that lives, as after a crash and a reuse of the number.
    const std::string stale = std::to_string(::getppid()) + "\n" + (folder_.path() / "data").string() + "\n1\n5432\n";
    writeFile(folder_.path() / "data/postmaster.pid", stale);
    const auto started = cluster.start();
    ASSERT_TRUE(started) << started.error().describe();
}

/// What OwnerIsKilled runs in a process of its own: owns a running server and waits to be killed.
void ownServerAndWait(const ClusterOptions& options, const fs::path& pid_file) {
    Cluster cluster(options);
    ASSERT_TRUE(cluster.initialise());
    const auto started = cluster.start();
    ASSERT_TRUE(started) << started.error().describe();
    std::ofstream(pid_file) << cluster.pid() << std::endl;
    ::pause();
}

TEST_F(ClusterTest, OwnerIsKilledAndAnotherTakesOver) {
    const char* given = std::getenv("TESSERA_CLUSTER_TEST_FOLDER");
    const fs::path folder = given != nullptr ? fs::path(given) : folder_.path();
    ClusterOptions made = options();
    made.data_directory = folder / "data";
    made.socket_directory = folder / "socket";
    made.log_file = folder / "log";
    if (given != nullptr) {
        ownServerAndWait(made, folder / "pid");
        return;
    }
    auto owner = Process::start(
        {.arguments = {"/proc/self/exe", "--gtest_filter=ClusterTest.OwnerIsKilledAndAnotherTakesOver"},
         // Its own temporary folder lies in ours, because it cannot remove it.
         .environment = {{"TESSERA_CLUSTER_TEST_FOLDER", folder.string()}, {"TMPDIR", folder.string()}}});
    ASSERT_TRUE(owner) << owner.error().describe();
    pid_t server = 0;
    ASSERT_TRUE(waitUntil([&] { return bool(std::ifstream(folder / "pid") >> server) || owner->poll(); }));
    ASSERT_GT(server, 0);
    ASSERT_TRUE(owner->signal(SIGKILL));

    Cluster cluster(made);
    const auto started = cluster.start();
    ASSERT_TRUE(started) << started.error().describe();
    EXPECT_NE(cluster.pid(), server);
    auto connection = Connection::open(cluster.superuserSettings());
    ASSERT_TRUE(connection) << connection.error().describe();
}

}  // namespace
}  // namespace tessera::postgres
