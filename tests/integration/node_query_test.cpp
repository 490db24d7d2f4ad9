// Statements through a node's gRPC interface: results of every kind, errors with their place, back-pressure that bounds
// memory, and cancel that reaches a remote source.

#include "tests/support/proc_file.h"
#include "tests/support/temporary_node.h"
#include "tests/support/temporary_postgres.h"
#include "tests/support/wait_until.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <cstdlib>
#include <mutex>

namespace tessera {
namespace {

using client::ColumnEncoding;
using testing::HasSubstr;

std::string describe(const std::vector<client::ResultColumn>& columns) {
    std::string text;
    for (const client::ResultColumn& column : columns) {
        text += column.name + " " + column.type_name + ", ";
    }
    return text;
}

std::string firstRow(const QueryAnswer& answer) {
    std::string text;
    for (const auto& value : answer.rows.empty() ? std::vector<std::optional<std::string>>() : answer.rows[0]) {
        text += value.value_or("NULL") + "|";
    }
    return text;
}

class NodeQuery : public testing::Test {
  protected:
    void SetUp() override {
        auto node = TemporaryNode::start({.yaml = "query: {max_statements: 3}"});
        ASSERT_TRUE(node) << node.error().describe();
        node_ = std::make_unique<TemporaryNode>(std::move(*node));
        client_ = node_->client();
    }

    Result<QueryAnswer> query(const std::string& sql) { return runQuery(*client_, sql); }

    std::unique_ptr<TemporaryNode> node_;
    std::shared_ptr<client::NodeClient> client_;
};

/// What a value of 900 MB takes of this machine: PostgreSQL's and libpq's copies.
constexpr long kGigabyteTest_MB = 8000;

TEST_F(NodeQuery, AValueThatNoMessageCanCarryIsAnErrorThatNamesItAndTheNodeGoesOn) {
    if (const long available = availableMegabytes(); available < kGigabyteTest_MB) {
        GTEST_SKIP() << "this needs " << kGigabyteTest_MB << " MB of memory, and " << available << " are free";
    }
    const auto refused = query("SELECT 1 AS one, repeat('x', 900 * 1024 * 1024) AS huge");
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, ErrorCode::kResourceExhausted);
    EXPECT_EQ(refused.error().message,
              "row 1 of the result has 900 MiB, most of it in column \"huge\"; a message carries 100 MiB at most");
    EXPECT_THAT(refused.error().hint, HasSubstr("substring"));
    const auto part = query("SELECT substring(repeat('x', 900 * 1024 * 1024), 1, 3)");
    ASSERT_TRUE(part) << part.error().describe();
    EXPECT_EQ(firstRow(*part), "xxx|");
}

TEST_F(NodeQuery, ResultsOfEveryKind) {
    const auto values = query(
        "SELECT 1::int2 a, 2::int4 b, 9223372036854775807::int8 c, true d, 0.1::float8 e, 1e10::float4 f, 'é'::text g, "
        "NULL h, "
        "1.50::numeric(10,2) i, date '2024-02-29' j, timestamptz '2024-02-29 12:00+02' k, '{1,NULL}'::int[] l, "
        "'x'::varchar(7) m, ''::text n, 'NaN'::float8 o, interval '1 day 2 hours' p, '\\x00ff'::bytea q");
    ASSERT_TRUE(values) << values.error().describe();
    EXPECT_EQ(firstRow(*values),
              "1|2|9223372036854775807|t|0.1|1e+10|é|NULL|1.50|2024-02-29|2024-02-29 10:00:00+00|{1,NULL}|x||NaN|"
              "1 day 02:00:00|\\x00ff|");
    EXPECT_EQ(describe(values->columns),
              "a smallint, b integer, c bigint, d boolean, e double precision, f real, g text, h text, i "
              "numeric(10,2), j date, "
              "k timestamp with time zone, l integer[], m character varying(7), n text, o double precision, p "
              "interval, q bytea, ");
    EXPECT_EQ(values->columns[2].encoding, ColumnEncoding::kInt64);
    EXPECT_EQ(values->completion.command_tag, "SELECT 1");

    const auto empty = query("SELECT 1 AS x WHERE false");
    ASSERT_TRUE(empty);
    EXPECT_EQ(empty->columns.size(), 1u);
    EXPECT_TRUE(empty->rows.empty());
    EXPECT_EQ(empty->completion.command_tag, "SELECT 0");

    const auto no_columns = query("SELECT FROM generate_series(1, 3)");
    ASSERT_TRUE(no_columns);
    EXPECT_EQ(no_columns->completion.row_count, 3u);

    const auto plan = query("EXPLAIN SELECT 1");  // its tag has no number
    ASSERT_TRUE(plan);
    EXPECT_EQ(plan->completion.row_count, 1u);

    const auto cell = query("SELECT repeat('x', 1048576)");
    ASSERT_TRUE(cell);
    EXPECT_EQ(cell->rows[0][0].value_or("").size(), 1048576u);
    const auto own_type = query("SELECT NULL::pg_catalog.pg_lsn, 'a'::\"char\"");
    ASSERT_TRUE(own_type);
    EXPECT_EQ(describe(own_type->columns), "pg_lsn pg_lsn, char \"char\", ");
}

TEST_F(NodeQuery, StatementsOfEveryKind) {
    const auto created = query("CREATE TABLE t (a int PRIMARY KEY, b text)");
    ASSERT_TRUE(created) << created.error().describe();
    EXPECT_EQ(created->completion.command_tag, "CREATE TABLE");
    EXPECT_TRUE(created->columns.empty());
    const auto inserted = query("INSERT INTO t SELECT n, 'r' || n FROM generate_series(1, 5) n");
    ASSERT_TRUE(inserted);
    EXPECT_EQ(inserted->completion.command_tag, "INSERT 0 5");
    EXPECT_EQ(inserted->completion.row_count, 5u);
    const auto returned = query("DELETE FROM t WHERE a = 3 RETURNING b");
    ASSERT_TRUE(returned);
    EXPECT_EQ(firstRow(*returned), "r3|");

    const auto parameters =
        runQuery(*client_, {.sql = "SELECT b, $2::text IS NULL, $3 FROM t WHERE a = $1 AND b <> '$1'",
                            .parameters = {{"4", ""}, {std::nullopt, "text"}, {"2024-02-29", "date"}},
                            .batch_bytes = 0,
                            .timeout_ms = 0});
    ASSERT_TRUE(parameters) << parameters.error().describe();
    EXPECT_EQ(firstRow(*parameters), "r4|t|2024-02-29|");

    const auto notice = query("DO $$ BEGIN RAISE NOTICE 'look: %', 7 USING HINT = 'there'; END $$");
    ASSERT_TRUE(notice);
    ASSERT_EQ(notice->notices.size(), 1u);
    EXPECT_EQ(notice->notices[0].severity + notice->notices[0].message + notice->notices[0].hint, "NOTICElook: 7there");

    // Nothing of a statement's session is left for the next one.
    ASSERT_TRUE(query("SET search_path = nowhere"));
    EXPECT_TRUE(query("SELECT * FROM t"));
    const auto begun = query("BEGIN");
    ASSERT_TRUE(begun);
    EXPECT_THAT(begun->notices.at(0).message, HasSubstr("each statement has a session of its own"));
}

TEST_F(NodeQuery, ErrorsSayWhereAndWhat) {
    struct Case {
        const char* sql;
        ErrorCode code;
        const char* sqlstate;
        int position;
        const char* message;
    };

    const std::vector<Case> cases = {
        {"SELECT *\n  FROM nö_such", ErrorCode::kNotFound, "42P01", 17, "relation \"nö_such\" does not exist"},
        {"SELECT 'ü', 1 +", ErrorCode::kInvalidArgument, "42601", 16, "syntax error at end of input"},
        {"SELECT 1/(n-3) FROM generate_series(1,5) n", ErrorCode::kInvalidArgument, "22012", 0, "division by zero"},
        {"SELECT 1; SELECT 2", ErrorCode::kInvalidArgument, "42601", 0, "cannot insert multiple commands"},
        {"SELECT $1", ErrorCode::kInvalidArgument, "", 0, "the statement has 1 parameters, and 0 were given"},
        {"COPY pg_class TO STDOUT", ErrorCode::kUnimplemented, "", 0, "COPY from or to the client is not possible"},
        {"SELECT * FROM tessera_node.prepared", ErrorCode::kPermissionDenied, "42501", 15,
         "permission denied for schema"},
        {"SELECT pg_read_file('/etc/passwd')", ErrorCode::kPermissionDenied, "42501", 0,
         "permission denied for function"},
    };
    for (const Case& expected : cases) {
        const auto answer = query(expected.sql);
        ASSERT_FALSE(answer) << expected.sql;
        const Error& error = answer.error();
        EXPECT_EQ(error.code, expected.code) << error.describe();
        EXPECT_EQ(error.sqlstate, expected.sqlstate);
        EXPECT_EQ(error.position, expected.position) << expected.sql;
        EXPECT_THAT(error.message, HasSubstr(expected.message));
    }
    const auto hint = query("SELECT relnam FROM pg_class");
    ASSERT_FALSE(hint);
    EXPECT_THAT(hint.error().hint, HasSubstr("Perhaps you meant"));
    EXPECT_TRUE(query("SELECT 1")) << "errors must not use sessions up";
}

TEST_F(NodeQuery, BatchesStartSmallAndFollowTheirTarget) {
    const auto answer = query("SELECT n, repeat('x', 100) FROM generate_series(1, 20000) n");
    ASSERT_TRUE(answer) << answer.error().describe();
    EXPECT_EQ(answer->rows.size(), 20000u);
    EXPECT_EQ(answer->rows.back()[0], "20000");
    EXPECT_LE(answer->batch_bytes.front(), std::size_t{80} << 10);
    ASSERT_GT(answer->batch_bytes.size(), 3u);
    EXPECT_LE(*std::max_element(answer->batch_bytes.begin(), answer->batch_bytes.end()), std::size_t{260} << 10);
    const auto small = runQuery(*client_, {.sql = "SELECT repeat('x', 100) FROM generate_series(1, 1000)",
                                           .parameters = {},
                                           .batch_bytes = 10000,
                                           .timeout_ms = 0});
    ASSERT_TRUE(small);
    EXPECT_LE(*std::max_element(small->batch_bytes.begin(), small->batch_bytes.end()), 11000u);
}

TEST_F(NodeQuery, ATimeLimitEndsAStatement) {
    const auto answer =
        runQuery(*client_, {.sql = "SELECT pg_sleep(60)", .parameters = {}, .batch_bytes = 0, .timeout_ms = 100});
    ASSERT_FALSE(answer);
    EXPECT_EQ(answer.error().code, ErrorCode::kDeadlineExceeded);
    EXPECT_THAT(answer.error().message, HasSubstr("longer than its limit of 100 ms"));
}

/// Takes batches, and releases none until it is told to.
class Holder final : public client::QueryObserver {
  public:
    void onStarted() override { started_ = true; }

    void onColumns(std::vector<client::ResultColumn>) override {}

    void onBatch(std::shared_ptr<const client::ResultBatch> batch) override {
        rows += batch->rowCount();
        ++batches;
    }

    void onProgress(client::Progress) override { ++progress; }

    void onDone(Result<client::Completion> result) override {
        const std::lock_guard lock(mutex_);
        result_ = std::move(result);
    }

    std::optional<Result<client::Completion>> result() {
        const std::lock_guard lock(mutex_);
        return result_;
    }

    std::atomic<bool> started_ = false;
    std::atomic<int> batches = 0;
    std::atomic<int> progress = 0;
    std::atomic<std::size_t> rows = 0;

  private:
    std::mutex mutex_;
    std::optional<Result<client::Completion>> result_;
};

/// Resident memory of a process in KiB.
long residentKb(pid_t pid) {
    return kilobytesOf("/proc/" + std::to_string(pid) + "/status", "VmRSS");
}

TEST_F(NodeQuery, ASlowReaderStopsTheNodeAndItsMemoryStaysBounded) {
    ASSERT_TRUE(query("SELECT 1"));
    const long before = residentKb(node_->pid());
    auto holder = std::make_shared<Holder>();
    // A gigabyte, of which the reader takes four batches.
    const auto running =
        client_->execute({"SELECT repeat('x', 10000) FROM generate_series(1, 100000)", {}, 0, 0}, holder);
    ASSERT_TRUE(waitUntil([&] { return holder->batches == client::RunningQuery::kMaxBatchesInFlight; }));
    // It has stopped when PostgreSQL itself waits for its client.
    ASSERT_TRUE(waitUntil([&] {
        const auto waits =
            query("SELECT count(*) FROM pg_stat_activity WHERE wait_event = 'ClientWrite' AND usename = current_user");
        return waits && waits->rows[0][0] == "1";
    }));
    EXPECT_EQ(holder->batches, client::RunningQuery::kMaxBatchesInFlight);
    const long grown = residentKb(node_->pid()) - before;
    EXPECT_LT(grown, 40L << 10) << "KiB";
    RecordProperty("grown_kb", std::to_string(grown));
    running->release();
    EXPECT_TRUE(waitUntil([&] { return holder->batches > client::RunningQuery::kMaxBatchesInFlight; }));
    running->cancel();
    ASSERT_TRUE(waitUntil([&] { return holder->result().has_value(); }));
    EXPECT_EQ(holder->result()->error().code, ErrorCode::kCancelled);
    EXPECT_TRUE(
        waitUntil([&] { return node_->httpGet("/metrics").find("tessera_queries_active 0\n") != std::string::npos; }));
}

TEST_F(NodeQuery, TooManyStatementsAreRefusedClearlyAndStopEndsTheRest) {
    std::vector<std::shared_ptr<Holder>> holders;
    std::vector<std::unique_ptr<client::RunningQuery>> running;
    for (int i = 0; i < 3; ++i) {
        holders.push_back(std::make_shared<Holder>());
        running.push_back(client_->execute({"SELECT pg_sleep(60)", {}, 0, 0}, holders.back()));
        ASSERT_TRUE(waitUntil([&] { return holders.back()->started_.load(); }));
    }
    EXPECT_THAT(node_->httpGet("/metrics"), HasSubstr("tessera_queries_active 3\n"));
    const auto refused = query("SELECT 1");
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, ErrorCode::kResourceExhausted);
    EXPECT_THAT(refused.error().message, HasSubstr("the node runs 3 statements already"));
    EXPECT_TRUE(waitUntil([&] { return holders[0]->progress > 0; }));
    running.pop_back();
    ASSERT_TRUE(waitUntil([&] { return holders[2]->result().has_value(); }));
    EXPECT_TRUE(waitUntil([&] { return query("SELECT 1").has_value(); }));

    EXPECT_EQ(node_->stop().exit_code, 0);
    ASSERT_TRUE(waitUntil([&] { return holders[0]->result() && holders[1]->result(); }));
    EXPECT_EQ(holders[0]->result()->error().code, ErrorCode::kUnavailable);
    EXPECT_EQ(holders[0]->result()->error().message, "the node is stopping");
}

TEST(NodeFederation, AcrossSourcesAndCancelReachesTheRemoteServer) {
    auto customer = TemporaryPostgres::start();
    ASSERT_TRUE(customer) << customer.error().describe();
    ASSERT_TRUE(
        customer->execute("CREATE TABLE orders AS SELECT n AS id, n % 3 AS kind FROM generate_series(1, 300) n; "
                          "CREATE VIEW slow AS SELECT n, pg_sleep(0.05)::text AS s FROM generate_series(1, 100000) n"));
    const auto node = TemporaryNode::start({.yaml = R"(sources:
  - name: crm
    connector: postgres
    options: {host: 127.0.0.1, port: )" + std::to_string(customer->port()) +
                                                    R"(, dbname: postgres}
    credentials: {user: postgres, password: only for tests}
    import: [{schema: public, into: crm, tables: [orders]}]
    tables: [{name: slow, schema: crm, columns: [{name: n, type: integer}, {name: s, type: text}], options: {schema_name: public, table_name: slow}}]
  - name: kinds
    connector: memory
    options: {tables: '{"kinds": {"columns": [{"name": "id", "type": "integer"}, {"name": "name", "type": "text"}], "rows": [[0, "none"], [1, "one"], [2, "two"]]}}'}
    import: [{schema: any, into: kinds}]
)"});
    ASSERT_TRUE(node) << node.error().describe();
    const auto client = node->client();
    const auto joined = runQuery(*client,
                                 "SELECT k.name, count(*) FROM crm.orders o JOIN kinds.kinds k ON k.id = o.kind "
                                 "WHERE o.id <= 200 GROUP BY k.name ORDER BY k.name");
    ASSERT_TRUE(joined) << joined.error().describe();
    ASSERT_EQ(joined->rows.size(), 3u);
    EXPECT_EQ(joined->rows[1][0].value_or("") + joined->rows[1][1].value_or(""), "one67");

    const auto remoteCount = [&](const std::string& condition) {
        auto connection = customer->connect();
        const auto count = connection ? connection->queryValue(
                                            "SELECT count(*) FROM pg_stat_activity WHERE state = 'active' AND "
                                            "pid <> pg_backend_pid() AND " +
                                            condition)
                                      : Result<std::optional<std::string>>(connection.error());
        return count ? count->value_or("") : count.error().message;
    };
    auto holder = std::make_shared<Holder>();
    const auto running = client->execute({"SELECT count(*), max(s) FROM crm.slow", {}, 0, 0}, holder);
    ASSERT_TRUE(waitUntil([&] { return remoteCount("query LIKE '%slow%'") == "1"; }));
    running->cancel();
    EXPECT_TRUE(waitUntil([&] { return remoteCount("query LIKE '%slow%'") == "0"; }, std::chrono::seconds(5)));
    ASSERT_TRUE(waitUntil([&] { return holder->result().has_value(); }));
    EXPECT_EQ(holder->result()->error().code, ErrorCode::kCancelled);
}

TEST(NodeFederation, APeerIsReadThroughThePostgresProtocol) {
    const auto lake = TemporaryNode::start({.name = "lake", .yaml = R"(sources:
  - name: kinds
    connector: memory
    options: {tables: '{"kinds": {"columns": [{"name": "id", "type": "integer"}, {"name": "name", "type": "text"}], "rows": [[0, "none"], [1, "one"]]}}'}
    import: [{schema: any, into: kinds}]
)"});
    ASSERT_TRUE(lake) << lake.error().describe();
    const auto node =
        TemporaryNode::start({.yaml = "peers:\n  - {name: lake, address: \"127.0.0.1:" + std::to_string(lake->port()) +
                                      "\", user: " + TemporaryNode::kUser + ", password: " + TemporaryNode::kPassword +
                                      ", comment: Files, import: [{schema: kinds, into: lake}]}"});
    ASSERT_TRUE(node) << node.error().describe();
    const auto client = node->client();
    const auto answer = runQuery(*client, "SELECT name FROM lake.kinds WHERE id = 1");
    ASSERT_TRUE(answer) << answer.error().describe();
    EXPECT_EQ(firstRow(*answer), "one|");
    const auto info =
        client::callAndWait<client::NodeInfo>([&](auto done) { return client->describeNode(std::move(done)); });
    ASSERT_TRUE(info);
    ASSERT_EQ(info->sources.size(), 1u);
    EXPECT_EQ(info->sources[0].name + " " + info->sources[0].connector + " " + info->sources[0].comment,
              "lake node Files");
}

}  // namespace
}  // namespace tessera
