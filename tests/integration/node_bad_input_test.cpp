// What is wrong from outside: each gives one clear error that names the thing and what to do, with the right exit code,
// and a node with a bad source goes on serving the others.

#include "tests/support/temporary_node.h"
#include "tests/support/temporary_postgres.h"
#include "tests/support/wait_until.h"

#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <csignal>
#include <filesystem>
#include <fstream>
#include <future>

namespace tessera {
namespace {

using testing::HasSubstr;
using testing::Not;

Result<ProcessResult> runTool(std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), std::string(TESSERA_BUILD_DIR) + "/bin/tessera-node");
    return run({.arguments = std::move(arguments)}, std::chrono::seconds(30));
}

struct BadFile {
    const char* yaml;
    const char* message;
};

TEST(NodeBadInput, TheConfigurationIsRefusedWithItsPlace) {
    const TemporaryDirectory folder;
    const std::vector<BadFile> cases = {
        {"node: a\ndata_directory: d\nsorces: []",
         "node.yaml:3:1: unknown key 'sorces'\n  hint: did you mean 'sources'?"},
        {"node: a\ndata_directory: d\nlisten: [{address: 0.0.0.0:1}]",
         "node.yaml:3:20: '0.0.0.0:1' would let nobody in without a certificate"},
        {"node: a\ndata_directory: d\nquery: {max_statements: many}",
         "'max_statements' must be an integer, and is 'many'"},
        {"node: a\ndata_directory: d\nusers: [{name: u, password: '${file:nope}'}]",
         "nope' of ${file:nope}: No such file"},
        {"data_directory: d", "'node' is missing in the file"},
        {"node: [", "this is not valid YAML"},
    };
    for (const BadFile& bad : cases) {
        const auto file = writeFile(folder.path() / "node.yaml", bad.yaml);
        for (const char* command : {"run", "check"}) {
            std::vector<std::string> arguments = {command, "--config", file.string()};
            if (arguments[0] == "check") {
                arguments.insert(arguments.begin(), "config");
            }
            const auto result = runTool(arguments);
            ASSERT_TRUE(result);
            EXPECT_EQ(result->status.exit_code, 2) << result->error;
            EXPECT_THAT(result->error, HasSubstr(bad.message));
        }
    }
    EXPECT_FALSE(std::filesystem::exists(folder.path() / "d"));
}

TEST(NodeBadInput, DialectFilesAreCheckedWithTheConfiguration) {
    const TemporaryDirectory folder;
    const auto file =
        writeFile(folder.path() / "node.yaml", "node: a\ndata_directory: d\ndialect_directory: dialects\n");
    writeFile(folder.path() / "dialects" / "crm.yaml", "extends: generic\njions: true\nquotes: x\n");
    writeFile(folder.path() / "dialects" / "erp.yaml", "extends: generic\njoins: true\n");
    const auto bad = runTool({"config", "check", "--config", file.string()});
    ASSERT_TRUE(bad);
    EXPECT_EQ(bad->status.exit_code, 2);
    EXPECT_THAT(bad->error, HasSubstr("crm.yaml:2:1: unknown key 'jions'\n  hint: did you mean 'joins'?"));
    EXPECT_THAT(bad->error, HasSubstr("crm.yaml:3:9: 'quotes' must be two characters"));
    EXPECT_THAT(bad->error, Not(HasSubstr("erp.yaml")));
    writeFile(folder.path() / "dialects" / "crm.yaml", "extends: generic\n");
    const auto right = runTool({"config", "check", "--config", file.string()});
    ASSERT_TRUE(right);
    EXPECT_EQ(right->status.exit_code, 0) << right->error;
}

TEST(NodeBadInput, UsageErrorsExitWithTwo) {
    for (const std::vector<std::string>& arguments :
         {std::vector<std::string>{}, {"run"}, {"fly"}, {"run", "--config", "/no/such.yaml"}, {"config"}}) {
        const auto result = runTool(arguments);
        ASSERT_TRUE(result);
        EXPECT_EQ(result->status.exit_code, 2);
        EXPECT_FALSE(result->error.empty());
    }
    const auto help = runTool({"--help"});
    ASSERT_TRUE(help);
    EXPECT_EQ(help->status.exit_code, 0);
    EXPECT_THAT(help->output, HasSubstr("Exit codes: 0 ended as asked"));
}

TEST(NodeBadInput, APortInUseIsNamed) {
    const auto first = TemporaryNode::start();
    ASSERT_TRUE(first) << first.error().describe();
    const auto second = TemporaryNode::prepare({.name = "second"});
    ASSERT_TRUE(second);
    std::string text = readFile(second->configFile());
    const std::string own = ":" + std::to_string(second->port());
    text.replace(text.find(own), own.size(), ":" + std::to_string(first->port()));
    writeFile(second->configFile(), text);
    const auto result = second->launchAndWait();
    ASSERT_TRUE(result);
    EXPECT_EQ(result->status.exit_code, 1);
    EXPECT_THAT(result->error,
                HasSubstr("port " + std::to_string(first->port()) + " on 127.0.0.1 is in use\n  hint: stop what"));
}

TEST(NodeBadInput, ADataDirectoryThatIsNotItsOwnIsRefused) {
    auto node = TemporaryNode::start();
    ASSERT_TRUE(node) << node.error().describe();
    const auto second = node->launchAndWait();
    ASSERT_TRUE(second);
    EXPECT_EQ(second->status.exit_code, 1);
    EXPECT_THAT(second->error, HasSubstr("is in use by another tessera-node (process " + std::to_string(node->pid())));
    node->stop();

    writeFile(node->dataDirectory() / "node", "other\n");
    const auto other = node->launchAndWait();
    ASSERT_TRUE(other);
    EXPECT_THAT(other->error, HasSubstr("belongs to node 'other', this is node 'node'"));

    writeFile(node->dataDirectory() / "node", "node\n");
    writeFile(node->dataDirectory() / "postgres/PG_VERSION", "14\n");
    const auto version = node->launchAndWait();
    ASSERT_TRUE(version);
    EXPECT_EQ(version->status.exit_code, 1);
    EXPECT_THAT(version->error, HasSubstr("was made by PostgreSQL 14, this is PostgreSQL 15\n  hint: choose another"));
}

TEST(NodeBadInput, AWrongPasswordIsRefusedEverywhere) {
    const auto node = TemporaryNode::start();
    ASSERT_TRUE(node) << node.error().describe();
    for (const auto& [user, password] : {std::pair("tester", "wrong"), std::pair("nobody", "x"),
                                         std::pair("tester", ""), std::pair("tessera_node", "x")}) {
        const auto client = node->client(user, password);
        const auto answer = runQuery(*client, "SELECT 1");
        ASSERT_FALSE(answer) << user;
        EXPECT_EQ(answer.error().code, ErrorCode::kUnauthenticated) << answer.error().describe();
        const auto info =
            client::callAndWait<client::NodeInfo>([&](auto done) { return client->describeNode(std::move(done)); });
        ASSERT_FALSE(info) << user;
        EXPECT_EQ(info.error().code, ErrorCode::kUnauthenticated);
        EXPECT_FALSE(node->connect(user, password));
        // A right one in between: else calls are sent away before their password is looked at.
        EXPECT_TRUE(runQuery(*node->client(), "SELECT 1"));
    }
}

TEST(NodeBadInput, ABadSourceIsRecordedAndTheOthersServe) {
    auto customer = TemporaryPostgres::start();
    ASSERT_TRUE(customer) << customer.error().describe();
    ASSERT_TRUE(
        customer->execute("CREATE TABLE t AS SELECT 7 AS n; CREATE ROLE late LOGIN PASSWORD 'other'; "
                          "GRANT SELECT ON t TO late"));
    const std::string port = std::to_string(customer->port());
    const auto source = [&](const std::string& name, const std::string& source_port, const std::string& user,
                            const std::string& password) {
        return "  - {name: " + name + ", connector: postgres, options: {host: 127.0.0.1, port: " + source_port +
               ", dbname: postgres}, credentials: {user: " + user + ", password: " + password +
               "}, import: [{schema: public, into: " + name + "}]}\n";
    };
    const auto node = TemporaryNode::start({.yaml = "sources:\n" + source("good", port, "postgres", "only for tests") +
                                                    source("late", port, "late", "expected") +
                                                    source("gone", "1", "u", "pw-of-gone")});
    ASSERT_TRUE(node) << node.error().describe();
    const auto client = node->client();
    const auto good = runQuery(*client, "SELECT n FROM good.t");
    ASSERT_TRUE(good) << good.error().describe();
    EXPECT_EQ(good->rows[0][0], "7");

    const auto info =
        client::callAndWait<client::NodeInfo>([&](auto done) { return client->describeNode(std::move(done)); });
    ASSERT_TRUE(info) << info.error().describe();
    ASSERT_EQ(info->sources.size(), 3u);
    EXPECT_EQ(info->sources[0].error, "");
    EXPECT_THAT(info->sources[1].error, HasSubstr("late"));
    EXPECT_THAT(info->sources[2].error, HasSubstr("127.0.0.1:1"));
    EXPECT_THAT(node->httpGet("/metrics"),
                HasSubstr("tessera_source_prepared{source=\"gone\",connector=\"postgres\"} 0\n"));
    EXPECT_THAT(node->log(), HasSubstr("source.failed source=gone"));
    for (const char* secret : {"only for tests", "expected", "pw-of-gone"}) {
        EXPECT_THAT(node->log(), Not(HasSubstr(secret)));
        EXPECT_THAT(readFile(node->dataDirectory() / "log/postgres.log"), Not(HasSubstr(secret)));
    }

    // The customer repairs the account: the node comes back to it by itself.
    ASSERT_TRUE(customer->execute("ALTER ROLE late PASSWORD 'expected'"));
    EXPECT_TRUE(waitUntil([&] {
        const auto late = runQuery(*client, "SELECT n FROM late.t");
        return late && late->rows[0][0] == "7";
    })) << node->log();
}

/// A server that accepts connections and never says a word.
class MuteServer {
  public:
    MuteServer() : socket_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        socklen_t size = sizeof address;
        auto* generic = reinterpret_cast<sockaddr*>(&address);
        EXPECT_EQ(::bind(socket_.get(), generic, size), 0);
        EXPECT_EQ(::listen(socket_.get(), 5), 0);
        EXPECT_EQ(::getsockname(socket_.get(), generic, &size), 0);
        port_ = ntohs(address.sin_port);
    }

    std::uint16_t port() const { return port_; }

  private:
    FileDescriptor socket_;
    std::uint16_t port_ = 0;
};

/// The child of a postmaster whose title holds the text; -1 when there is none.
pid_t backendOf(pid_t postmaster, const std::string& title) {
    const std::string pid = std::to_string(postmaster);
    std::ifstream children("/proc/" + pid + "/task/" + pid + "/children");
    for (pid_t child = 0; children >> child;) {
        if (readFile("/proc/" + std::to_string(child) + "/cmdline").find(title) != std::string::npos) {
            return child;
        }
    }
    return -1;
}

TEST(NodeBadInput, ASourceThatCrashesPostgresDoesNotKeepTheNodeFromStarting) {
    const MuteServer mute;
    auto node = TemporaryNode::prepare({.yaml = R"(sources:
  - name: mute
    connector: postgres
    options: {host: 127.0.0.1, dbname: x, port: )" +
                                                std::to_string(mute.port()) + R"(}
    import: [{schema: public, into: mute}]
  - name: kinds
    connector: memory
    options: {tables: '{"kinds": {"columns": [{"name": "id", "type": "integer"}], "rows": [[7]]}}'}
    import: [{schema: any, into: kinds}]
)"});
    ASSERT_TRUE(node) << node.error().describe();
    auto launched = std::async(std::launch::async, [&] { return node->launch(); });
    // The crash is played: the back end that reads the source is killed.
    pid_t backend = -1;
    ASSERT_TRUE(waitUntil([&] { return (backend = backendOf(node->postmasterPid(), "IMPORT FOREIGN SCHEMA")) > 0; }))
        << node->log();
    ASSERT_EQ(::kill(backend, SIGKILL), 0);
    const auto ready = launched.get();
    ASSERT_TRUE(ready) << ready.error().describe();
    const auto client = node->client();
    const auto answer = runQuery(*client, "SELECT id FROM kinds.kinds");
    ASSERT_TRUE(answer) << answer.error().describe();
    EXPECT_EQ(answer->rows[0][0], "7");
    const auto info =
        client::callAndWait<client::NodeInfo>([&](auto done) { return client->describeNode(std::move(done)); });
    ASSERT_TRUE(info);
    EXPECT_NE(info->sources.at(0).error, "");
    EXPECT_EQ(node->stop().exit_code, 0);
}

}  // namespace
}  // namespace tessera
