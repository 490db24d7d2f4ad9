// Two nodes: what one offers is read through the other, and what can be computed there is.

#include "tests/support/temporary_node.h"
#include "tests/support/wait_until.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>

namespace tessera {
namespace {

using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

class NodePeer : public testing::Test {
  protected:
    /// Both nodes serve all tests; the last one stops one.
    static void SetUpTestSuite() {
        auto lake = TemporaryNode::prepare({.name = "lake", .yaml = R"(init: init
sources:
  - name: files
    connector: files
    options: {directory: "@FOLDER@/files"}
    import: [{schema: ".", into: lake}]
  - name: slow
    connector: memory
    options: {tables: '{"slow": {"columns": [{"name": "id", "type": "integer"}], "rows": 100000}}'}
    tables:
      - {name: slow, schema: lake, columns: [{name: id, type: integer}], options: {table_name: slow, delay_ms: "60000"}}
)"});
        ASSERT_TRUE(lake) << lake.error().describe();
        lake_.emplace(std::move(*lake));
        std::filesystem::create_directory(lake_->folder() / "files");
        writeFile(lake_->folder() / "files/ports.csv", "code,country\nPRG,CZ\nBRQ,CZ\nVIE,AT\n");
        writeFile(lake_->folder() / "files/flights.csv", flights());
        writeFile(lake_->folder() / "init/10.sql", R"(
CREATE SCHEMA IF NOT EXISTS reports;
GRANT USAGE ON SCHEMA reports TO tessera_user;
CREATE TABLE IF NOT EXISTS reports.kept (id bigint PRIMARY KEY, price numeric(10,2) NOT NULL, tags text[]);
COMMENT ON TABLE reports.kept IS 'What we keep';
COMMENT ON COLUMN reports.kept.price IS 'in euros';
INSERT INTO reports.kept VALUES (1, 9.90, '{a,"b c"}') ON CONFLICT DO NOTHING;
CREATE OR REPLACE VIEW reports.countries AS SELECT DISTINCT country FROM lake.ports;
GRANT SELECT ON reports.kept, reports.countries TO tessera_user;
)");
        const auto lake_started = lake_->launch();
        ASSERT_TRUE(lake_started) << lake_started.error().describe();
        auto operations = TemporaryNode::start(
            {.name = "operations",
             .yaml = "peers: [{name: lake, address: \"127.0.0.1:" + std::to_string(lake_->port()) +
                     "\", user: " + TemporaryNode::kUser + ", password: " + TemporaryNode::kPassword +
                     ", import: [{schema: lake, into: lake}, {schema: reports, into: reports}]}]"});
        ASSERT_TRUE(operations) << operations.error().describe();
        operations_.emplace(std::move(*operations));
    }

    /// So many that grouping them far away is worth it: 4000 from each port, with 1 to 3 seats.
    static std::string flights() {
        std::string csv = "port,seats\n";
        const char* const ports[] = {"PRG", "BRQ", "VIE"};
        for (int i = 0; i < 12'000; ++i) {
            csv += std::string(ports[i % 3]) + "," + std::to_string(i % 3 + 1) + "\n";
        }
        return csv;
    }

    static std::string ask(TemporaryNode& node, const std::string& sql) {
        const auto answer = runQuery(*node.client(), sql);
        if (!answer) {
            return "error " + answer.error().sqlstate + " " + answer.error().describe();
        }
        std::string text;
        for (const auto& row : answer->rows) {
            for (std::size_t i = 0; i < row.size(); ++i) {
                text += (i == 0 ? "" : "|") + row[i].value_or("NULL");
            }
            text += "\n";
        }
        return text;
    }

    static void TearDownTestSuite() {
        operations_.reset();
        lake_.reset();
    }

    static std::optional<TemporaryNode> lake_;
    static std::optional<TemporaryNode> operations_;
};

std::optional<TemporaryNode> NodePeer::lake_;
std::optional<TemporaryNode> NodePeer::operations_;

TEST_F(NodePeer, AWholeJoinRunsAtTheFarNodesSource) {
    const std::string sql =
        "SELECT p.country, count(*) AS n, sum(f.seats) AS seats FROM lake.ports p JOIN lake.flights f ON f.port = "
        "p.code "
        "GROUP BY p.country ORDER BY n DESC";
    EXPECT_EQ(ask(*operations_, sql), "CZ|8000|12000\nAT|4000|12000\n");
    const std::string plan = ask(*operations_, "EXPLAIN (VERBOSE, COSTS OFF) " + sql);
    EXPECT_THAT(plan, HasSubstr("Remote SQL: SELECT "));
    const std::size_t at = plan.find("Remote SQL: ") + 12;
    const std::string remote = plan.substr(at, plan.find('\n', at) - at);
    EXPECT_THAT(remote, HasSubstr(" JOIN "));
    EXPECT_THAT(remote, HasSubstr(" GROUP BY "));
    // The far node hands it on as it is.
    const std::string far = ask(*lake_, "EXPLAIN (VERBOSE, COSTS OFF) " + remote);
    EXPECT_THAT(far, HasSubstr("Foreign Scan"));
    EXPECT_THAT(far, HasSubstr("Remote SQL: SELECT "));
    EXPECT_THAT(far.substr(far.find("Remote SQL: ")), HasSubstr(" JOIN "));
    EXPECT_THAT(far.substr(far.find("Remote SQL: ")), HasSubstr(" GROUP BY "));
    EXPECT_THAT(far, Not(HasSubstr("Hash Join")));
}

TEST_F(NodePeer, OffersTablesViewsAndForeignTablesWithTheirTypesAndComments) {
    EXPECT_EQ(ask(*operations_,
                  "SELECT foreign_table_name FROM information_schema.foreign_tables WHERE foreign_server_name = 'lake' "
                  "ORDER BY 1"),
              "countries\nflights\nkept\nports\nslow\n");
    EXPECT_EQ(
        ask(*operations_,
            "SELECT attname, format_type(atttypid, atttypmod), attnotnull, col_description(attrelid, attnum) FROM "
            "pg_attribute WHERE attrelid = 'reports.kept'::regclass AND attnum > 0 ORDER BY attnum"),
        "id|bigint|t|NULL\nprice|numeric(10,2)|t|in euros\ntags|text[]|f|NULL\n");
    EXPECT_EQ(ask(*operations_, "SELECT obj_description('reports.kept'::regclass, 'pg_class')"), "What we keep\n");
    EXPECT_EQ(ask(*operations_, "SELECT id, price, tags[2] FROM reports.kept"), "1|9.90|b c\n");
    EXPECT_EQ(ask(*operations_, "SELECT country FROM reports.countries ORDER BY country"), "AT\nCZ\n");
}

TEST_F(NodePeer, ACancelReachesTheFarNode) {
    const auto answer =
        runQuery(*operations_->client(),
                 client::QueryRequest{
                     .sql = "SELECT count(*) FROM lake.slow", .parameters = {}, .batch_bytes = 0, .timeout_ms = 500});
    ASSERT_FALSE(answer);
    EXPECT_EQ(answer.error().code, ErrorCode::kDeadlineExceeded) << answer.error().describe();
    EXPECT_TRUE(waitUntil([&] {
        return ask(*lake_,
                   "SELECT count(*) FROM pg_stat_activity WHERE state = 'active' AND application_name = 'tessera' AND "
                   "pid <> pg_backend_pid() AND query LIKE '%\"slow\"%'") == "0\n";
    })) << "it still runs at the far node";
}

TEST_F(NodePeer, ErrorsNameTheNode) {
    const std::string name = "node 'lake' at 127.0.0.1:" + std::to_string(lake_->port());
    lake_->stop();
    const std::string gone = ask(*operations_, "SELECT count(*) FROM reports.kept");
    EXPECT_THAT(gone, StartsWith("error 08001"))
        << operations_->log() << readFile(operations_->dataDirectory() / "log" / "postgres.log");
    EXPECT_THAT(gone, HasSubstr(name));
    EXPECT_THAT(gone, Not(HasSubstr(TemporaryNode::kPassword)));
}

}  // namespace
}  // namespace tessera
