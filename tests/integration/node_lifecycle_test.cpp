// The life of a node process: first and second start, changed configuration, clean stop, and what survives kill -9 of
// either side. Each test runs real processes and asks them from outside.

#include "tests/support/temporary_node.h"
#include "tests/support/wait_until.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <sstream>

namespace tessera {
namespace {

using testing::HasSubstr;
using testing::Not;

/// A source that needs no server.
std::string memorySource(const std::string& name) {
    return "{name: " + name +
           R"(, connector: memory, options: {tables: '{"t": {"columns": [{"name": "id", "type": "bigint"}], )" +
           R"("rows": 10}}'}, import: [{schema: any, into: )" + name + "}]}";
}

bool isAlive(pid_t pid) {
    return pid > 0 && ::kill(pid, 0) == 0 &&
           readFile("/proc/" + std::to_string(pid) + "/stat").find(") Z") == std::string::npos;
}

std::string valueOf(const TemporaryNode& node, const std::string& sql) {
    const auto client = node.client();
    const auto answer = runQuery(*client, sql);
    if (!answer) {
        return "error: " + answer.error().message;
    }
    return answer->rows.empty() ? "no rows" : answer->rows[0][0].value_or("NULL");
}

TEST(NodeLifecycle, ServesAndStopsWithoutLeavingAnything) {
    auto node = TemporaryNode::start();
    ASSERT_TRUE(node) << node.error().describe();
    EXPECT_EQ(node->httpGet("/healthz"), "200 ok\n");
    EXPECT_EQ(node->httpGet("/readyz"), "200 ready\n");
    EXPECT_THAT(node->httpGet("/version"), HasSubstr(R"("program":"tessera-node")"));
    EXPECT_EQ(valueOf(*node, "SELECT current_user"), "tester");
    const pid_t postmaster = node->postmasterPid();
    ASSERT_TRUE(isAlive(postmaster));
    const ExitStatus status = node->stop();
    EXPECT_EQ(status.exit_code, 0) << node->log();
    EXPECT_FALSE(isAlive(postmaster));
    EXPECT_EQ(node->httpGet("/healthz"), "");
    EXPECT_THAT(node->log(), Not(HasSubstr(TemporaryNode::kPassword)));
}

/// Each session has several sockets in the node, which may have thousands.
TEST(NodeLifecycle, MayHaveAsManyFilesAsTheSystemAllows) {
    rlimit before{};
    ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &before), 0);
    rlimit low = before;
    low.rlim_cur = std::min<rlim_t>(1024, before.rlim_max);
    ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &low), 0);
    const auto node = TemporaryNode::start();
    EXPECT_EQ(::setrlimit(RLIMIT_NOFILE, &before), 0);
    ASSERT_TRUE(node) << node.error().describe();
    std::istringstream limits(readFile("/proc/" + std::to_string(node->pid()) + "/limits"));
    std::string line;
    while (std::getline(limits, line) && line.rfind("Max open files", 0) != 0) {
    }
    std::istringstream words(line.substr(std::min(line.size(), std::string("Max open files").size())));
    std::string soft;
    std::string hard;
    words >> soft >> hard;
    EXPECT_EQ(soft, hard) << limits.str();
}

TEST(NodeLifecycle, ASecondStartSkipsPreparationAndKeepsLocalTables) {
    auto node = TemporaryNode::start({.yaml = "sources: [" + memorySource("birds") + "]"});
    ASSERT_TRUE(node) << node.error().describe();
    EXPECT_EQ(valueOf(*node, "CREATE TABLE mine AS SELECT 42 AS answer"), "no rows");
    EXPECT_EQ(node->stop().exit_code, 0);
    const auto begin = std::chrono::steady_clock::now();
    const auto again = node->launch();
    ASSERT_TRUE(again) << again.error().describe();
    EXPECT_EQ(valueOf(*node, "SELECT answer + count(*) FROM mine, birds.t GROUP BY answer"), "52");
    const auto took = std::chrono::steady_clock::now() - begin;
    RecordProperty("second_start_ms",
                   std::to_string(std::chrono::duration_cast<std::chrono::milliseconds>(took).count()));
    EXPECT_THAT(node->log(), HasSubstr("preparation.done sources=1 unchanged=1"));
}

TEST(NodeLifecycle, KillingTheNodeLeavesNoPostgresAndDoesNotPreventAStart) {
    auto node = TemporaryNode::start();
    ASSERT_TRUE(node) << node.error().describe();
    ASSERT_EQ(valueOf(*node, "CREATE TABLE mine AS SELECT 42 AS answer"), "no rows");
    const pid_t postmaster = node->postmasterPid();
    node->kill();
    EXPECT_TRUE(waitUntil([&] { return !isAlive(postmaster); }));
    const auto again = node->launch();
    ASSERT_TRUE(again) << again.error().describe();
    EXPECT_EQ(valueOf(*node, "SELECT answer FROM mine"), "42");
}

/// Also behind the change of user, of which the kernel's memory of it does not survive.
TEST(NodeLifecycle, EndsWithWhoeverStartedItToEndWithThem) {
    auto node = TemporaryNode::prepare({});
    ASSERT_TRUE(node) << node.error().describe();
    const auto said = node->folder() / "said";
    auto starter = Process::start(
        {.arguments = {"sh", "-c",
                       "setpriv --pdeathsig TERM \"$0\" run --config \"$1\" 2>\"$2\" & echo $! >\"$2.pid\"; wait",
                       TESSERA_BUILD_DIR "/bin/tessera-node", node->configFile().string(), said.string()}});
    ASSERT_TRUE(starter) << starter.error().describe();
    ASSERT_TRUE(
        waitUntil([&] { return readFile(said).find("node.ready") != std::string::npos; }, std::chrono::seconds(60)))
        << readFile(said);
    const pid_t pid = std::stoi(readFile(said.string() + ".pid"));
    ASSERT_TRUE(isAlive(pid));
    const pid_t postmaster = node->postmasterPid();
    ASSERT_TRUE(starter->signal(SIGKILL));
    EXPECT_TRUE(waitUntil([&] { return !isAlive(pid) && !isAlive(postmaster); }, std::chrono::seconds(60)));
    if (isAlive(pid)) {
        ::kill(pid, SIGTERM);
    }
}

TEST(NodeLifecycle, PostgresIsRestartedWhenItIsKilled) {
    auto node = TemporaryNode::start();
    ASSERT_TRUE(node) << node.error().describe();
    ASSERT_EQ(valueOf(*node, "SELECT 1"), "1");
    const pid_t first = node->postmasterPid();
    ASSERT_EQ(::kill(first, SIGKILL), 0);
    EXPECT_TRUE(waitUntil([&] { return valueOf(*node, "SELECT 2") == "2" && node->postmasterPid() != first; }))
        << node->log();
    EXPECT_EQ(node->httpGet("/readyz"), "200 ready\n");
    EXPECT_THAT(node->httpGet("/metrics"), HasSubstr("tessera_postgres_restarts_total 1\n"));
    EXPECT_EQ(node->stop().exit_code, 0);
}

TEST(NodeLifecycle, ANodeThatIsStoppedWhileItStartsEndsCleanly) {
    auto node = TemporaryNode::prepare({});
    ASSERT_TRUE(node) << node.error().describe();
    auto process = Process::start({.arguments = {std::string(TESSERA_BUILD_DIR) + "/bin/tessera-node", "run",
                                                 "--config", node->configFile().string()},
                                   .standard_error = ProcessOutput::toFile(node->folder() / "node.log")});
    ASSERT_TRUE(process);
    ASSERT_TRUE(waitUntil([&] { return !node->httpGet("/readyz").empty(); }));
    EXPECT_EQ(process->terminate(std::chrono::seconds(30)).exit_code, 0) << node->log();
    EXPECT_FALSE(isAlive(node->postmasterPid()));
}

TEST(NodeLifecycle, AnExtensionThatChangedWithoutANewVersionIsMadeAgain) {
    const TemporaryDirectory extension;
    const std::filesystem::path built = std::filesystem::path(TESSERA_BUILD_DIR) / "extension";
    std::filesystem::copy(built, extension.path(), std::filesystem::copy_options::recursive);
    const std::string sources = "sources: [" + memorySource("birds") + "]";
    auto node = TemporaryNode::prepare({.yaml = sources + "\ninit: init", .extension_directory = extension.path()});
    ASSERT_TRUE(node) << node.error().describe();
    writeFile(node->folder() / "init/policies.sql", "SELECT tessera.create_policy('birds.t', 'all', 'true')");
    const auto first = node->launch();
    ASSERT_TRUE(first) << first.error().describe();
    EXPECT_EQ(valueOf(*node, "SELECT tessera.is_governed('birds.t'::regclass)"), "t");
    EXPECT_EQ(valueOf(*node, "CREATE TABLE mine AS SELECT 42 AS answer"), "no rows");
    EXPECT_EQ(node->stop().exit_code, 0);
    const std::filesystem::path script = extension.path() / "tessera_fdw--0.1.sql";
    writeFile(script, readFile(script) + "CREATE FUNCTION newly_made() RETURNS int LANGUAGE sql AS 'SELECT 7';");
    node->setYaml(sources);
    const auto again = node->launch();
    ASSERT_TRUE(again) << again.error().describe();
    EXPECT_EQ(valueOf(*node, "SELECT count(*) FROM pg_proc WHERE proname = 'newly_made'"), "1");
    EXPECT_EQ(valueOf(*node, "SELECT tessera.is_governed('birds.t'::regclass)"), "t") << "without the init script";
    EXPECT_EQ(valueOf(*node, "SELECT answer + count(*) FROM mine, birds.t GROUP BY answer"), "52");
    EXPECT_EQ(node->stop().exit_code, 0);
    const auto unchanged = node->launch();
    ASSERT_TRUE(unchanged) << unchanged.error().describe();
    EXPECT_THAT(node->log(), HasSubstr("preparation.done sources=1 unchanged=1"));
}

TEST(NodeLifecycle, OnlyWhatChangedIsPreparedAgain) {
    const std::string birds = memorySource("birds");
    const std::string types = memorySource("types");
    auto node = TemporaryNode::start({.yaml = "sources: [" + birds + ", " + types + "]\ninit: init"});
    ASSERT_FALSE(node) << "a missing init folder is an error";
    EXPECT_THAT(node.error().message, HasSubstr("exit code 2"));

    auto again = TemporaryNode::prepare({.yaml = "sources: [" + birds + ", " + types + "]\ninit: init"});
    ASSERT_TRUE(again);
    writeFile(again->folder() / "init/10-views.sql",
              "CREATE SCHEMA IF NOT EXISTS reports; GRANT USAGE ON SCHEMA reports TO tessera_user;");
    writeFile(again->folder() / "init/20-views.sql",
              "CREATE OR REPLACE VIEW reports.one AS SELECT 1 AS one; GRANT SELECT ON reports.one TO tessera_user;");
    const auto started = again->launch();
    ASSERT_TRUE(started) << started.error().describe();
    EXPECT_EQ(valueOf(*again, "SELECT one FROM reports.one"), "1");
    again->stop();

    again->setYaml("sources: [" + birds + "]\ninit: init");
    writeFile(again->folder() / "init/20-views.sql", "CREATE OR REPLACE VIEW reports.one AS SELECT 2 AS one;");
    const auto changed = again->launch();
    ASSERT_TRUE(changed) << changed.error().describe();
    EXPECT_THAT(again->log(), HasSubstr("source.removed source=types"));
    EXPECT_THAT(again->log(), HasSubstr("preparation.done sources=1 unchanged=1"));
    EXPECT_EQ(valueOf(*again, "SELECT one FROM reports.one"), "2");
    EXPECT_EQ(valueOf(*again, "SELECT count(*) FROM pg_namespace WHERE nspname = 'types'"), "0");
}

TEST(NodeLifecycle, ScriptsRunAsTheServiceUserThatTheyName) {
    auto node = TemporaryNode::prepare(
        {.yaml = "sources: [" + memorySource("birds") +
                 "]\ninit: init\nscripts: [{folder: etl, run_as: etl}, {folder: reports, run_as: reporter}]",
         .users = "{name: etl, password: e, statement_seconds: 50}, {name: reporter, password: r}"});
    ASSERT_TRUE(node) << node.error().describe();
    // The superuser's come first, whatever the files' names.
    writeFile(node->folder() / "init/90-schema.sql",
              "CREATE SCHEMA IF NOT EXISTS stage; GRANT USAGE, CREATE ON SCHEMA stage TO etl, reporter;"
              "GRANT USAGE ON SCHEMA stage TO tessera_user");
    writeFile(node->folder() / "etl/10-birds.sql",
              "CREATE TABLE IF NOT EXISTS stage.birds AS SELECT concat_ws(' ', session_user, current_user, "
              "current_setting('is_superuser'), current_setting('statement_timeout'), count(*)) AS by FROM birds.t;"
              "GRANT SELECT ON stage.birds TO tessera_user");
    writeFile(node->folder() / "reports/10-report.sql",
              "CREATE OR REPLACE VIEW stage.report AS SELECT * FROM stage.birds;"
              "GRANT SELECT ON stage.report TO tessera_user");
    const auto started = node->launch();
    ASSERT_TRUE(started) << started.error().describe();
    EXPECT_EQ(valueOf(*node, "SELECT by FROM stage.report"), "etl etl off 50s 10") << node->log();
    EXPECT_EQ(valueOf(*node, "SELECT string_agg(tableowner, ' ') FROM pg_tables WHERE schemaname = 'stage'"), "etl");
    EXPECT_EQ(valueOf(*node, "SELECT viewowner FROM pg_views WHERE viewname = 'report'"), "reporter");
    EXPECT_THAT(node->log(), HasSubstr("init.done script=etl/10-birds.sql user=etl"));
    node->stop();

    // There is no way back to the superuser, and what failed is named.
    for (const std::string step : {"RESET ROLE", "SET SESSION AUTHORIZATION DEFAULT", "RESET SESSION AUTHORIZATION"}) {
        writeFile(node->folder() / "etl/20-more.sql", step + "; CREATE ROLE mallory SUPERUSER");
        const auto refused = node->launch();
        ASSERT_TRUE(refused) << refused.error().describe();
        EXPECT_THAT(node->httpGet("/metrics"), HasSubstr("tessera_init_failed 1\n"));
        EXPECT_THAT(node->log(), HasSubstr("init.failed script=etl/20-more.sql user=etl error=\"must be superuser"));
        EXPECT_EQ(valueOf(*node, "SELECT count(*) FROM pg_roles WHERE rolname = 'mallory'"), "0");
        node->stop();
    }
    writeFile(node->folder() / "etl/20-more.sql", "CREATE TABLE IF NOT EXISTS stage.more (id int)");
    const auto repaired = node->launch();
    ASSERT_TRUE(repaired) << repaired.error().describe();
    EXPECT_THAT(node->httpGet("/metrics"), HasSubstr("tessera_init_failed 0\n"));
    EXPECT_EQ(valueOf(*node, "SELECT tableowner FROM pg_tables WHERE tablename = 'more'"), "etl");
}

}  // namespace
}  // namespace tessera
