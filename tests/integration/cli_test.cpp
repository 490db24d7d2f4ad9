// Goal: `tessera` with a real node: what it writes where, and how it ends. Method: the program as a process.

#include "common/process.h"
#include "tests/support/temporary_node.h"
#include "tests/support/wait_until.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <csignal>

namespace tessera {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

class Cli : public testing::Test {
  protected:
    static void SetUpTestSuite() {
        auto started = TemporaryNode::start({.name = "lake"});
        ASSERT_TRUE(started) << started.error().describe();
        node = std::make_unique<TemporaryNode>(std::move(*started));
    }

    static void TearDownTestSuite() { node.reset(); }

    void SetUp() override {
        ASSERT_NE(node, nullptr);
        mesh_ = meshFile("mesh.yaml", node->port(), TemporaryNode::kPassword);
    }

    std::filesystem::path meshFile(const char* name, std::uint16_t port, const std::string& password) {
        return writeFile(folder_.path() / name,
                         "mesh: trial\nnodes:\n  - name: lake\n    address: 127.0.0.1:" + std::to_string(port) +
                             "\n    user: " + TemporaryNode::kUser + "\n    password: \"" + password + "\"\n");
    }

    ProcessOptions options(std::vector<std::string> arguments) const {
        arguments.insert(arguments.begin(), TESSERA_BUILD_DIR "/bin/tessera");
        ProcessOptions options;
        options.arguments = std::move(arguments);
        options.environment = {{"TESSERA_MESH", mesh_.string()}};
        return options;
    }

    ProcessResult tessera(std::vector<std::string> arguments, const std::string& input = {}) const {
        ProcessOptions process = options(std::move(arguments));
        process.standard_input = input;
        auto result = run(std::move(process), std::chrono::seconds(60));
        EXPECT_TRUE(result) << result.error().describe();
        return result ? *result : ProcessResult{};
    }

    static std::unique_ptr<TemporaryNode> node;
    TemporaryDirectory folder_;
    std::filesystem::path mesh_;
};

std::unique_ptr<TemporaryNode> Cli::node;

TEST_F(Cli, WritesRowsToStandardOutputAndTheRestToStandardError) {
    const ProcessResult result = tessera({"query", "select 1 as a, null as b, 'x' as c"});
    EXPECT_EQ(result.status.exit_code, 0) << result.error;
    EXPECT_EQ(result.output, " a │ b    │ c\n───┼──────┼───\n 1 │ NULL │ x\n");
    EXPECT_THAT(result.error, StartsWith("(1 row, "));
}

TEST_F(Cli, KeepsTypesInJsonAndNullsInCsv) {
    EXPECT_EQ(
        tessera({"query", "-f", "ndjson", "select 1::int8 a, 1.50 b, true c, null d, '{\"x\": 1}'::jsonb e"}).output,
        "{\"a\":1,\"b\":1.50,\"c\":true,\"d\":null,\"e\":{\"x\": 1}}\n");
    EXPECT_EQ(tessera({"query", "-f", "csv", "select 1 a, null b, '' c"}).output, "a,b,c\n1,,\"\"\n");
}

TEST_F(Cli, PassesParametersAsValues) {
    const ProcessResult result = tessera({"query", "-f", "csv", "--param", "'; drop table x; --", "--param", "\\N",
                                          "select $1::text as a, $2::text as b"});
    EXPECT_EQ(result.output, "a,b\n'; drop table x; --,\n") << result.error;
}

TEST_F(Cli, RunsStatementsOfAFileAndOfStandardInput) {
    const auto file = writeFile(folder_.path() / "two.sql", "-- first\nselect 1 as a;\nselect 2 as b;\n");
    EXPECT_EQ(tessera({"query", "-f", "csv", "--file", file.string()}).output, "a\n1\nb\n2\n");
    EXPECT_EQ(tessera({"query", "-f", "csv", "-"}, "select 3 as c").output, "c\n3\n");
}

TEST_F(Cli, PutsACaretUnderAnErrorAndCountsTheFilesLines) {
    const auto file = writeFile(folder_.path() / "bad.sql", "select 1;\n\nselect 'é東',\n  nope");
    const ProcessResult result = tessera({"query", "--file", file.string()});
    EXPECT_EQ(result.status.exit_code, 1);
    EXPECT_THAT(result.error, HasSubstr("ERROR: column \"nope\" does not exist (42703)\n"
                                        "LINE 4:   nope\n"
                                        "          ^\n"));
}

TEST_F(Cli, ShowsNotices) {
    const ProcessResult result = tessera({"query", "do $$ begin raise warning 'careful'; end $$"});
    EXPECT_EQ(result.status.exit_code, 0);
    EXPECT_THAT(result.error, HasSubstr("WARNING: careful"));
}

TEST_F(Cli, AFileAppearsOnlyWhenItIsComplete) {
    const auto file = folder_.path() / "rows.csv";
    EXPECT_EQ(
        tessera({"query", "-f", "csv", "-o", file.string(), "select 10 / (3 - i) as x from generate_series(1, 3) i"})
            .status.exit_code,
        1);
    EXPECT_FALSE(std::filesystem::exists(file));
    EXPECT_EQ(tessera({"query", "-f", "csv", "-o", file.string(), "select 1 as x"}).status.exit_code, 0);
    EXPECT_EQ(readFile(file), "x\n1\n");
}

TEST_F(Cli, CtrlCCancelsTheStatementAtTheNode) {
    ProcessOptions process = options({"query", "select pg_sleep(600), 'cli'"});
    process.standard_output = ProcessOutput::capture();
    process.standard_error = ProcessOutput::capture();
    auto started = Process::start(process);
    ASSERT_TRUE(started);
    const auto client = node->client();
    const auto running = [&] {
        const auto answer =
            runQuery(*client,
                     "select count(*) from pg_stat_activity where state = 'active' and pid <> pg_backend_pid() "
                     "and query like '%pg_sleep(600), ''cli''%'");
        return answer ? answer->rows[0][0].value_or("") : answer.error().message;
    };
    ASSERT_TRUE(waitUntil([&] { return running() == "1"; }));
    ASSERT_TRUE(started->signal(SIGINT));
    const auto status = started->wait(std::chrono::seconds(20));
    ASSERT_TRUE(status);
    EXPECT_EQ(status->exit_code, 130);
    EXPECT_THAT(started->capturedError(), HasSubstr("Cancelled"));
    EXPECT_TRUE(waitUntil([&] { return running() == "0"; }));
}

TEST_F(Cli, ATimeoutIsAFailedStatement) {
    const ProcessResult result = tessera({"query", "--timeout", "200ms", "select pg_sleep(600)"});
    EXPECT_EQ(result.status.exit_code, 1);
    EXPECT_THAT(result.error, HasSubstr("200 ms"));
    EXPECT_EQ(result.output, "");
}

TEST_F(Cli, AReaderThatLeavesEndsItQuietly) {
    ProcessOptions process;
    process.arguments = {
        "bash", "-c",
        "\"$0\" query -f csv 'select i from generate_series(1, 10000000) i' | head -2; exit \"${PIPESTATUS[0]}\"",
        TESSERA_BUILD_DIR "/bin/tessera"};
    process.environment = {{"TESSERA_MESH", mesh_.string()}};
    const auto result = run(std::move(process), std::chrono::seconds(60));
    ASSERT_TRUE(result);
    EXPECT_EQ(result->status.exit_code, 141);
    EXPECT_EQ(result->output, "i\n1\n");
    EXPECT_EQ(result->error, "");
}

TEST_F(Cli, ListsTheCatalog) {
    ASSERT_EQ(tessera({"query", "create table listed (id bigint primary key, note text)"}).status.exit_code, 0);
    EXPECT_THAT(tessera({"catalog", "-f", "csv"}).output, HasSubstr("lake,public,"));
    EXPECT_THAT(tessera({"catalog", "-f", "csv", "public"}).output, HasSubstr("lake,listed,table,"));
    EXPECT_THAT(tessera({"catalog", "-f", "csv", "public.listed"}).output, HasSubstr("lake,id,bigint,not null,1,"));
    const ProcessResult missing = tessera({"catalog", "public.nothing"});
    EXPECT_EQ(missing.status.exit_code, 1);
    EXPECT_THAT(missing.error, HasSubstr("nothing"));
}

TEST_F(Cli, TellsAnUnreachableNodeFromAWrongPassword) {
    EXPECT_THAT(tessera({"nodes", "-f", "csv"}).output, HasSubstr(",ready,"));
    // Port 1 of loopback: nothing listens there.
    const auto nowhere = meshFile("nowhere.yaml", 1, TemporaryNode::kPassword);
    const ProcessResult unreachable = tessera({"query", "--mesh", nowhere.string(), "select 1"});
    EXPECT_EQ(unreachable.status.exit_code, 3);
    EXPECT_THAT(unreachable.error, HasSubstr("cannot reach node 'lake'"));
    EXPECT_THAT(tessera({"nodes", "-f", "csv", "--mesh", nowhere.string()}).output, HasSubstr(",unreachable,"));
    const auto wrong = meshFile("wrong.yaml", node->port(), "not the password");
    const ProcessResult refused = tessera({"query", "--mesh", wrong.string(), "select 1"});
    EXPECT_EQ(refused.status.exit_code, 3);
    EXPECT_THAT(refused.error, HasSubstr("password"));
    EXPECT_THAT(refused.error, testing::Not(HasSubstr("not the password")));
}

TEST_F(Cli, ASingleTransactionCountsAsAWholeOrNotAtAll) {
    ASSERT_EQ(tessera({"query", "create table whole (a int primary key)"}).status.exit_code, 0);
    const ProcessResult failed = tessera({"query", "-1", "insert into whole values (1); insert into whole values (1)"});
    EXPECT_EQ(failed.status.exit_code, 1);
    EXPECT_THAT(failed.error, HasSubstr("duplicate key"));
    EXPECT_EQ(tessera({"query", "-f", "csv", "select count(*) from whole"}).output, "count\n0\n");
    const ProcessResult done = tessera({"query", "-1", "insert into whole values (1); insert into whole values (2)"});
    EXPECT_EQ(done.status.exit_code, 0) << done.error;
    EXPECT_THAT(done.error, HasSubstr("COMMIT ("));
    EXPECT_EQ(tessera({"query", "-f", "csv", "select count(*) from whole"}).output, "count\n2\n");
}

TEST_F(Cli, WritesParquet) {
    const std::filesystem::path file = folder_.path() / "n.parquet";
    const ProcessResult result = tessera(
        {"query", "-f", "parquet", "-o", file.string(), "select n, n::text as t from generate_series(1, 100000) n"});
    EXPECT_EQ(result.status.exit_code, 0) << result.error;
    EXPECT_THAT(result.error, StartsWith("(100000 rows, "));
    const std::string written = readFile(file);
    ASSERT_GT(written.size(), 8U);
    EXPECT_EQ(written.substr(0, 4) + written.substr(written.size() - 4), "PAR1PAR1");
    EXPECT_EQ(tessera({"query", "-f", "parquet", "select 1"}).status.exit_code, 2);
    EXPECT_EQ(tessera({"query", "-f", "parquet", "-o", (folder_.path() / "no.parquet").string(), "select 1/0"})
                  .status.exit_code,
              1);
    EXPECT_FALSE(std::filesystem::exists(folder_.path() / "no.parquet"));
}

TEST_F(Cli, WrongUsageEndsWithTwo) {
    EXPECT_EQ(tessera({"query"}).status.exit_code, 2);
    EXPECT_EQ(tessera({"query", "--node", "lak", "select 1"}).status.exit_code, 2);
    EXPECT_EQ(tessera({"query", "--mesh", "/nonexistent/mesh.yaml", "select 1"}).status.exit_code, 2);
    EXPECT_EQ(tessera({"query", " -- nothing"}).status.exit_code, 2);
}

}  // namespace
}  // namespace tessera
