/// What a session may take of the machine's memory: a statement that wants more fails, and nothing else does.

#include "tests/support/temporary_node.h"
#include "tests/support/temporary_postgres.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <libpq-fe.h>

#include <filesystem>
#include <optional>

namespace tessera {
namespace {

using postgres::Connection;
using testing::AnyOf;
using testing::HasSubstr;

constexpr std::size_t kManyBytes = 150'000'000;

class NodeMemory : public testing::Test {
  protected:
    static void SetUpTestSuite() {
        auto source = TemporaryPostgres::start();
        ASSERT_TRUE(source) << source.error().describe();
        source_.emplace(std::move(*source));
        const auto made = source_->execute(
            "CREATE TABLE wide AS SELECT 1 AS id; CREATE VIEW wide_view AS SELECT id, repeat('x', " +
            std::to_string(kManyBytes) + ") AS value FROM wide;" +
            "CREATE VIEW many AS SELECT i AS id, repeat('x', 1000) AS value FROM generate_series(1, 150000) i");
        ASSERT_TRUE(made) << made.error().describe();
        auto node = TemporaryNode::prepare(
            {.yaml =
                 "init: '@FOLDER@/init'\nsources:\n  - name: crm\n    connector: postgres\n    options: {host: "
                 "127.0.0.1, port: " +
                 std::to_string(source_->port()) +
                 ", dbname: postgres}\n    credentials: {user: postgres, password: only for tests}\n"
                 "    import: [{schema: public, into: crm}]\n"
                 "  - name: lake\n    connector: files\n    options: {directory: '@FOLDER@/lake', read_only: 'false'}\n"
                 "    tables:\n      - name: wide\n        schema: lake\n"
                 "        columns: [{name: id, type: bigint}, {name: value, type: text}]\n"
                 "        options: {path: 'wide/*.parquet'}\n",
             .users = "{name: small, password: only for tests, session_memory_mb: 64}"});
        ASSERT_TRUE(node) << node.error().describe();
        node_.emplace(std::move(*node));
        std::filesystem::create_directory(node_->folder() / "lake");
        std::filesystem::permissions(node_->folder() / "lake", std::filesystem::perms(0777));
        std::filesystem::create_directory(node_->folder() / "init");
        writeFile(node_->folder() / "init/fill.sql",
                  "INSERT INTO lake.wide SELECT 1, repeat('x', " + std::to_string(kManyBytes) + ")");
        const auto launched = node_->launch();
        ASSERT_TRUE(launched) << launched.error().describe();
    }

    static void TearDownTestSuite() {
        node_.reset();
        source_.reset();
    }

    static Connection open(const std::string& user) {
        auto opened = node_->connect(user, TemporaryNode::kPassword);
        EXPECT_TRUE(opened) << opened.error().describe();
        return std::move(*opened);
    }

    /// The SQLSTATE that the statement ends with.
    static std::string stateOf(Connection& connection, const std::string& sql) {
        const auto done = connection.query(sql);
        return done ? "00000" : std::string(done.error().sqlState());
    }

    inline static std::optional<TemporaryPostgres> source_;
    inline static std::optional<TemporaryNode> node_;
};

TEST_F(NodeMemory, AStatementThatWantsTooMuchFailsAndNothingElseDoes) {
    Connection small = open("small");
    Connection other = open(TemporaryNode::kUser);
    ASSERT_TRUE(other.execute("CREATE TEMPORARY TABLE mine AS SELECT 1 AS x"));
    const int pid = PQbackendPID(small.handle());
    for (const std::string statement : {
             "SELECT length(string_agg(repeat('x', 1000), '')) FROM generate_series(1, 200000)",
             "SELECT cardinality(array_agg(i)) FROM generate_series(1, 20000000) i",
             "SELECT length(repeat('x', 150000000))",
             "SELECT length(value) FROM crm.wide_view WHERE md5(value) <> ''",
             "SELECT length(string_agg(value || random(), '')) FROM crm.many",
             "SELECT md5(value) FROM lake.wide",
         }) {
        const auto refused = small.query(statement);
        ASSERT_FALSE(refused) << statement;
        EXPECT_EQ(refused.error().sqlState(), "53200") << statement << "\n" << refused.error().describe();
        EXPECT_THAT(refused.error().describe(), AnyOf(HasSubstr("64 MB"), HasSubstr("memory_limit"))) << statement;
        const auto goes_on = small.queryValue("SELECT count(*) FROM crm.wide");
        ASSERT_TRUE(goes_on) << statement << "\n" << goes_on.error().describe();
        EXPECT_EQ(PQbackendPID(small.handle()), pid) << statement;
        const auto others = other.queryValue("SELECT x FROM mine");
        ASSERT_TRUE(others) << statement << "\n" << others.error().describe();
    }
    EXPECT_EQ(stateOf(other, "SELECT length(string_agg(repeat('x', 1000), '')) FROM generate_series(1, 200000)"),
              "00000");
    EXPECT_EQ(stateOf(other, "SELECT md5(value) FROM lake.wide"), "00000");
    EXPECT_EQ(stateOf(other, "SELECT length(value) FROM crm.wide_view WHERE md5(value) <> ''"), "00000");
}

TEST_F(NodeMemory, OrdinaryStatementsHaveEnough) {
    Connection small = open("small");
    EXPECT_EQ(stateOf(small, "SELECT id, md5(value) FROM crm.many ORDER BY 2"), "00000");
    EXPECT_EQ(stateOf(small, "SELECT count(*) FROM crm.many a JOIN generate_series(1, 150000) i ON i = a.id"), "00000");
}

TEST_F(NodeMemory, TheRoleCannotHaveMore) {
    Connection small = open("small");
    const std::string much = "SELECT length(repeat('x', 150000000))";
    EXPECT_EQ(stateOf(small, "SET tessera.session_memory = 0"), "42501");
    EXPECT_EQ(stateOf(small, "SELECT set_config('tessera.session_memory', '1GB', false)"), "42501");
    EXPECT_EQ(stateOf(small, "ALTER ROLE small RESET tessera.session_memory"), "42501");
    EXPECT_EQ(stateOf(small,
                      "CREATE FUNCTION public.wide() RETURNS int LANGUAGE sql SET tessera.session_memory = 0 AS "
                      "'SELECT length(repeat(''x'', 150000000))'"),
              "42501");
    for (const char* reset : {"RESET tessera.session_memory", "RESET ALL", "DISCARD ALL"}) {
        EXPECT_EQ(stateOf(small, reset), reset == std::string("RESET tessera.session_memory") ? "42501" : "00000");
        EXPECT_EQ(stateOf(small, much), "53200") << reset;
    }
    const auto lifted = small.queryValue(
        "DO $$ BEGIN PERFORM length(repeat('x', 150000000)); EXCEPTION WHEN OTHERS THEN "
        "PERFORM length(repeat('x', 150000000)); END $$");
    EXPECT_FALSE(lifted);
    EXPECT_EQ(stateOf(small, much), "53200");
}

TEST_F(NodeMemory, AlsoThroughTheOtherProtocols) {
    const auto client = node_->client("small");
    const auto refused = runQuery(*client, "SELECT length(repeat('x', 150000000))");
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, ErrorCode::kResourceExhausted);
    EXPECT_EQ(refused.error().sqlState(), "53200");
    const auto goes_on = runQuery(*client, "SELECT 1");
    EXPECT_TRUE(goes_on) << goes_on.error().describe();
}

}  // namespace
}  // namespace tessera
