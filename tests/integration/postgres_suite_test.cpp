/// PostgreSQL's own regression and isolation tests through the gateway: they must give what they give directly, byte by
/// byte. What PostgreSQL's authors expect is not asked: that depends on the server's version and settings.
///
/// TESSERA_REGRESS=all runs all of them (./dev test --regress), else those that say most of the protocol.

#include "common/service_user.h"
#include "tests/support/cached.h"
#include "tests/support/temporary_node.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <map>
#include <regex>
#include <sstream>

namespace tessera {
namespace {

using testing::HasSubstr;

namespace fs = std::filesystem;

constexpr std::chrono::minutes kPatience{40};
constexpr std::uint16_t kPostgresPort = 5432;
constexpr const char* kBinaries = "/usr/lib/postgresql/15/bin";
constexpr const char* kTools = "/usr/lib/postgresql/15/lib/pgxs/src/test";

constexpr const char* kYaml = "gateway: {max_waiting_per_address: 1000}";

/// What pg_regress does to a database that it creates itself, and the rights of the one who runs the tests.
constexpr const char* kPrepare =
    "ALTER ROLE tester SUPERUSER;"
    "ALTER DATABASE tessera SET lc_messages TO 'C'; ALTER DATABASE tessera SET lc_monetary TO 'C';"
    "ALTER DATABASE tessera SET lc_numeric TO 'C'; ALTER DATABASE tessera SET lc_time TO 'C';"
    "ALTER DATABASE tessera SET bytea_output TO 'hex';"
    "ALTER DATABASE tessera SET timezone_abbreviations TO 'Default';";

/// The node's own access, and what these tests need beside the gateway.
constexpr const char* kHostBasedAuthentication =
    "local all tessera_node peer map=node\n"
    "local tessera all scram-sha-256\n"
    "host tessera tester,tessera_node 127.0.0.0/8 trust\n";

// Each stands for something that a protocol's proxy could get wrong; the first two make what others read.
constexpr const char* kRegressPart =
    "test: test_setup\n"
    "test: create_index\n"
    "test: copy copyselect copydml errors\n"
    "test: transactions portals prepared_xacts select_into\n"
    "test: psql psql_crosstab async guc\n"
    "test: plancache prepare temp copy2 largeobject returning xml\n"
    "test: encoding conversion json_encoding\n"
    "test: select_parallel\n";
constexpr const char* kIsolationPart =
    "test: simple-write-skew\n"
    "test: deadlock-simple\n"
    "test: nowait\n"
    "test: async-notify\n"
    "test: temp-schema-cleanup\n"
    "test: lock-committed-update\n";

fs::path testsFolder() {
    return cached("postgresql-15-tests", "version");
}

bool isWhole() {
    const char* value = std::getenv("TESSERA_REGRESS");
    return value != nullptr && std::string_view(value) == "all";
}

struct Results {
    /// What each test wrote, by its file's name.
    std::map<std::string, std::string> output;
    /// Tests that gave what PostgreSQL's authors expect.
    int as_expected = 0;
};

Results resultsOf(const std::string& told, const fs::path& folder) {
    Results results;
    for (const auto& entry : fs::directory_iterator(folder)) {
        if (entry.path().extension() == ".out") {
            results.output[entry.path().filename().string()] = readFile(entry.path());
        }
    }
    constexpr std::string_view kOk = " ... ok ";
    for (std::size_t at = 0; (at = told.find(kOk, at)) != std::string::npos; at += kOk.size()) {
        ++results.as_expected;
    }
    return results;
}

/// What sessions say unasked comes last. isolationtester asks by a connection of its own whether a session waits, and
/// on a starved machine what that session said before may then still be on its way through the gateway.
std::string withNoticesApart(const std::string& text) {
    static const std::regex kNotice("^[A-Za-z0-9_]+: (NOTICE|WARNING|NOTIFY)\\b.*");
    std::istringstream lines(text);
    std::string rest;
    std::string notices;
    for (std::string line; std::getline(lines, line);) {
        (std::regex_match(line, kNotice) ? notices : rest) += line + "\n";
    }
    return rest + notices;
}

struct Suite {
    std::string name;
    fs::path program;
    fs::path tests;
    std::string schedule;
    bool is_encrypted = false;
    std::string (*normalise)(const std::string&) = [](const std::string& text) { return text; };
};

class PostgresSuiteTest : public testing::Test {
  protected:
    void SetUp() override {
        if (testsFolder().empty()) {
            GTEST_SKIP() << "PostgreSQL's own tests are not there: ./dev setup could not fetch the sources of Debian's "
                            "package postgresql-15";
        }
    }

    /// A node whose PostgreSQL listens on `address`, too.
    static Result<TemporaryNode> startNode(const std::string& address) {
        auto node = TSR_TRY(TemporaryNode::prepare(
            {.yaml = kYaml, .listen = "tls_certificate: @FOLDER@/node.pem, tls_key: @FOLDER@/node.key"}));
        TSR_TRY(runChecked(
            {.arguments = {"openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
                           "-days", "2", "-subj", "/CN=localhost", "-keyout", (node.folder() / "node.key").string(),
                           "-out", (node.folder() / "node.pem").string()}},
            kPatience));
        fs::permissions(node.folder() / "node.key", fs::perms(0644));
        const fs::path hba = writeFile(node.folder() / "hba.conf", kHostBasedAuthentication);
        TSR_TRY(node.launch());
        node.stop();
        std::ofstream(node.dataDirectory() / "postgres" / "postgresql.auto.conf", std::ios::app)
            << "listen_addresses = '" << address << "'\nhba_file = '" << hba.string()
            << "'\nmax_prepared_transactions = 10\nautovacuum = off\n";
        TSR_TRY(node.launch());
        // A node gives its users no such rights, and takes them away when it starts.
        auto own = TSR_TRY(postgres::Connection::open({.host = address,
                                                       .port = kPostgresPort,
                                                       .user = "tessera_node",
                                                       .password = "",
                                                       .database = "tessera",
                                                       .more = {{"sslmode", "disable"}}}));
        TSR_TRY(own.execute(kPrepare));
        return node;
    }

    /// Runs the suite in `folder`, which is empty before, and tells what each test wrote.
    static Result<Results> runSuite(const Suite& suite, const fs::path& folder, const std::string& host,
                                    std::uint16_t port, const std::string& sslmode) {
        const ServiceUser user = TSR_TRY(serviceUser());
        TSR_TRY(makePrivateDirectory(user, folder));
        const fs::path schedule = writeFile(folder / "schedule", suite.schedule);
        TSR_TRY(giveTo(user, schedule));
        // Some tests fail against the authors' expectations: the exit code says nothing here.
        const auto ran = TSR_TRY(
            run({.arguments = {suite.program.string(), "--inputdir=" + suite.tests.string(),
                               "--outputdir=" + folder.string(), "--bindir=" + std::string(kBinaries),
                               "--dlpath=" + (testsFolder() / "lib").string(), "--schedule=" + schedule.string(),
                               "--use-existing", "--dbname=tessera", "--host=" + host, "--port=" + std::to_string(port),
                               "--user=" + std::string(TemporaryNode::kUser), "--max-connections=8"},
                 .environment = {{"PGPASSWORD", TemporaryNode::kPassword}, {"PGSSLMODE", sslmode}},
                 .working_directory = folder,
                 .run_as = user.runAs()},
                kPatience));
        Results results = resultsOf(ran.output, folder / "results");
        fs::remove_all(folder);
        return results;
    }

    static void expectSame(const Suite& suite) {
        const TemporaryDirectory parent;
        // The same for both runs: some tests print it.
        const fs::path folder = parent.path() / "suite";
        const std::string address = ownLoopbackAddress();
        Results direct;
        Results through;
        {
            const auto node = startNode(address);
            ASSERT_TRUE(node) << node.error().describe();
            auto ran = runSuite(suite, folder, address, kPostgresPort, "disable");
            ASSERT_TRUE(ran) << ran.error().describe();
            direct = std::move(*ran);
        }
        {
            const auto node = startNode(address);
            ASSERT_TRUE(node) << node.error().describe();
            auto ran = runSuite(suite, folder, "127.0.0.1", node->port(), suite.is_encrypted ? "require" : "disable");
            ASSERT_TRUE(ran) << ran.error().describe() << node->log();
            through = std::move(*ran);
        }
        // What fails alike, because it could not even begin, shows nothing.
        EXPECT_GT(direct.as_expected * 2, static_cast<int>(direct.output.size()));
        EXPECT_EQ(direct.output.size(), through.output.size());
        for (const auto& [name, text] : direct.output) {
            const std::string& found = through.output[name];
            EXPECT_TRUE(suite.normalise(found) == suite.normalise(text)) << name << " differs:\n"
                                                                         << difference(parent.path(), text, found);
        }
        std::cout << suite.name << ": " << direct.output.size() << " tests, of them " << direct.as_expected
                  << " as PostgreSQL's authors expect\n";
    }

    static std::string difference(const fs::path& folder, const std::string& direct, const std::string& through) {
        const fs::path first = writeFile(folder / "direct", direct);
        const fs::path second = writeFile(folder / "through", through);
        const auto told = run({.arguments = {"diff", "-u", first.string(), second.string()}}, kPatience);
        return told ? told->output.substr(0, 4000) : told.error().describe();
    }

    /// An address of this machine's loopback that nobody else's PostgreSQL has.
    static std::string ownLoopbackAddress() {
        const auto pid = static_cast<unsigned>(::getpid());
        return "127." + std::to_string(1 + pid % 250) + "." + std::to_string(pid / 250 % 250) + ".9";
    }

    static std::string schedule(const fs::path& whole, const char* part) {
        return isWhole() ? readFile(whole) : std::string(part);
    }
};

TEST_F(PostgresSuiteTest, Regression) {
    const fs::path tests = testsFolder() / "regress";
    expectSame({"regression", fs::path(kTools) / "regress/pg_regress", tests,
                schedule(tests / "parallel_schedule", kRegressPart), true});
}

TEST_F(PostgresSuiteTest, Isolation) {
    const fs::path tests = testsFolder() / "isolation";
    expectSame({"isolation", fs::path(kTools) / "isolation/pg_isolation_regress", tests,
                schedule(tests / "isolation_schedule", kIsolationPart), false, withNoticesApart});
}

/// PostgreSQL's test of libpq's pipelines, in clear and within TLS.
TEST_F(PostgresSuiteTest, Pipelines) {
    const std::string address = ownLoopbackAddress();
    const auto node = startNode(address);
    ASSERT_TRUE(node) << node.error().describe();
    const std::string program = (testsFolder() / "lib/libpq_pipeline").string();
    const auto names = runChecked({.arguments = {program, "tests"}}, kPatience);
    ASSERT_TRUE(names) << names.error().describe();
    std::istringstream lines(*names);
    int count = 0;
    for (std::string name; std::getline(lines, name); ++count) {
        for (const char* sslmode : {"disable", "require"}) {
            const auto ran = runChecked({.arguments = {program, name,
                                                       "host=127.0.0.1 dbname=tessera user=tester port=" +
                                                           std::to_string(node->port()) + " sslmode=" + sslmode},
                                         .environment = {{"PGPASSWORD", TemporaryNode::kPassword}}},
                                        kPatience);
            EXPECT_TRUE(ran) << name << ", sslmode=" << sslmode << ": " << ran.error().describe();
        }
    }
    EXPECT_GT(count, 5);
}

}  // namespace
}  // namespace tessera
