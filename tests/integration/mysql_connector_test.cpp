// Goal: the mysql connector reads a real server exactly, cancels at the server, and tells every failure in its own
// words. Method: one MariaDB server for all tests, filled with its own client; sessions are opened in this process.

#include "plugins/mysql/session.h"
#include "plugins/sdk/test_support.h"
#include "tests/support/temporary_mariadb.h"
#include "tests/support/wait_until.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>

namespace tessera::mysql {
namespace {

using sdk::test::OptionList;
using sdk::test::query;
using sdk::test::Row;

Error errorOf(auto&& result) {
    EXPECT_FALSE(result);
    return result ? Error{} : result.error();
}

class MysqlConnector : public testing::Test {
  protected:
    static void SetUpTestSuite() {
        auto started = TemporaryMariaDb::start();
        ASSERT_TRUE(started) << started.error().describe();
        server_ = new TemporaryMariaDb(std::move(*started));
    }

    static void TearDownTestSuite() {
        delete server_;
        server_ = nullptr;
    }

    void SetUp() override {
        ASSERT_NE(server_, nullptr);
        execute("DROP DATABASE IF EXISTS shop; CREATE DATABASE shop");
        session_ = open({});
        ASSERT_NE(session_, nullptr);
    }

    static std::string execute(const std::string& sql, const std::string& database = "test") {
        const auto done = server_->execute(sql, database);
        EXPECT_TRUE(done) << done.error().describe();
        return done.value_or("");
    }

    static Result<std::unique_ptr<sdk::Session>> tryOpen(
        const TsrHost& host, const std::vector<std::pair<std::string, std::string>>& changes) {
        std::vector<std::pair<std::string, std::string>> options{{"host", TemporaryMariaDb::kHost},
                                                                 {"port", std::to_string(server_->port())},
                                                                 {"user", TemporaryMariaDb::kUser},
                                                                 {"password", TemporaryMariaDb::kPassword},
                                                                 {"database", "shop"}};
        for (const auto& [name, value] : changes) {
            std::erase_if(options, [&, wanted = name](const auto& option) { return option.first == wanted; });
            options.emplace_back(name, value);
        }
        std::vector<TsrOption> borrowed;
        for (const auto& [name, value] : options) {
            borrowed.push_back({name.c_str(), value.c_str()});
        }
        return Session::open(host, sdk::Options(borrowed.data(), borrowed.size()));
    }

    std::unique_ptr<sdk::Session> open(const std::vector<std::pair<std::string, std::string>>& changes) {
        auto opened = tryOpen(host_, changes);
        EXPECT_TRUE(opened) << opened.error().describe();
        return opened ? std::move(*opened) : nullptr;
    }

    /// Statements that the server is running for the test account, but for this question.
    static std::string running() {
        return execute(
            "SELECT info FROM information_schema.processlist WHERE info IS NOT NULL AND id <> connection_id()");
    }

    static TemporaryMariaDb* server_;
    sdk::test::ManualHost host_;
    std::unique_ptr<sdk::Session> session_;
};

TemporaryMariaDb* MysqlConnector::server_ = nullptr;

TEST_F(MysqlConnector, ReadsEveryTypeExactly) {
    execute(
        "CREATE TABLE t (b TINYINT(1), i8 TINYINT, u16 SMALLINT UNSIGNED, i32 INT, u32 INT UNSIGNED, i64 BIGINT,"
        " u64 BIGINT UNSIGNED, f FLOAT, d DOUBLE, n DECIMAL(65,30), s VARCHAR(50), x VARBINARY(10), day DATE,"
        " ts DATETIME(6), tz TIMESTAMP(3) NULL, tm TIME(6), y YEAR, bits BIT(10), e ENUM('a','b'), st SET('x','y'),"
        " j JSON, u UUID, g POINT);"
        "SET time_zone = '+02:00';"
        "INSERT INTO t VALUES (1, -128, 65535, -2147483648, 4294967295, -9223372036854775808, 18446744073709551615, "
        "0.5, 0.1,"
        " 12345678901234567890123456789012345.123456789012345678901234567891, 'Zürich ✈', x'00ff', '2024-02-29',"
        " '2024-02-29 12:34:56.789012', '2024-02-29 12:34:56.5', '23:59:59.000001', 2024, b'1010', 'b', 'x,y', "
        "'{\"a\": 1}',"
        " 'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11', POINT(1,2));"
        "INSERT INTO t (b) VALUES (NULL)",
        "shop");
    const auto rows = query(
        *session_,
        "SELECT b, i8, u16, i32, u32, i64, u64, f, d, n, s, x, day, ts, tz, tm, y, bits, e, st, j, u, ST_AsBinary(g) "
        "FROM shop.t",
        {TSR_TYPE_BOOL,    TSR_TYPE_INT16,     TSR_TYPE_INT32,       TSR_TYPE_INT32,   TSR_TYPE_INT64, TSR_TYPE_INT64,
         TSR_TYPE_DECIMAL, TSR_TYPE_FLOAT32,   TSR_TYPE_FLOAT64,     TSR_TYPE_DECIMAL, TSR_TYPE_TEXT,  TSR_TYPE_BYTES,
         TSR_TYPE_DATE,    TSR_TYPE_TIMESTAMP, TSR_TYPE_TIMESTAMPTZ, TSR_TYPE_TIME,    TSR_TYPE_INT16, TSR_TYPE_LITERAL,
         TSR_TYPE_TEXT,    TSR_TYPE_TEXT,      TSR_TYPE_LITERAL,     TSR_TYPE_UUID,    TSR_TYPE_BYTES});
    ASSERT_TRUE(rows) << rows.error().describe();
    ASSERT_EQ(rows->size(), 2U);
    EXPECT_EQ((*rows)[0], (Row{"t",
                               "-128",
                               "65535",
                               "-2147483648",
                               "4294967295",
                               "-9223372036854775808",
                               "18446744073709551615",
                               "0.5",
                               "0.1",
                               "12345678901234567890123456789012345.123456789012345678901234567891",
                               "Zürich ✈",
                               "\\x00ff",
                               "2024-02-29",
                               "2024-02-29 12:34:56.789012",
                               "2024-02-29 10:34:56.5+00",
                               "23:59:59.000001",
                               "2024",
                               "0000001010",
                               "b",
                               "x,y",
                               "{\"a\": 1}",
                               "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11",
                               "\\x0101000000000000000000f03f0000000000000040"}));
    EXPECT_EQ((*rows)[1], Row(23, "NULL"));
}

TEST_F(MysqlConnector, LongValuesAreFetchedWhole) {
    execute(
        "CREATE TABLE t (id INT PRIMARY KEY, s LONGTEXT, x LONGBLOB);"
        "INSERT INTO t VALUES (1, repeat('é', 3000000), repeat(x'00', 5000)), (2, 'short', x'01'), (3, repeat('z', "
        "5000), ''),"
        " (4, repeat('y', 4096), repeat(x'02', 4097))",
        "shop");
    const auto rows = query(*session_, "SELECT s, x FROM t ORDER BY id", {TSR_TYPE_TEXT, TSR_TYPE_BYTES});
    ASSERT_TRUE(rows) << rows.error().describe();
    ASSERT_EQ(rows->size(), 4U);
    EXPECT_EQ((*rows)[0][0].size(), 6'000'000U);
    EXPECT_EQ((*rows)[0][1].size(), 2 + 10'000U);
    EXPECT_EQ((*rows)[1], (Row{"short", "\\x01"}));
    EXPECT_EQ((*rows)[2][0], std::string(5000, 'z'));
    EXPECT_EQ((*rows)[3][0], std::string(4096, 'y'));
    EXPECT_EQ((*rows)[3][1].size(), 2 + 2 * 4097U);
}

TEST_F(MysqlConnector, ZeroAndPartialDatesAreErrorsOrNull) {
    execute(
        "SET sql_mode = ''; CREATE TABLE t (id INT, d DATE NOT NULL, ts DATETIME);"
        "INSERT INTO t VALUES (1, '0000-00-00', '2024-00-10 01:02:03')",
        "shop");
    const Error zero = errorOf(query(*session_, "SELECT d FROM t", {TSR_TYPE_DATE}));
    EXPECT_EQ(zero.message, "column 'd': value '0000-00-00' does not fit type date");
    EXPECT_EQ(zero.sqlState(), "22008");
    EXPECT_NE(zero.hint.find("zero_dates"), std::string::npos);
    EXPECT_FALSE(query(*session_, "SELECT ts FROM t", {TSR_TYPE_TIMESTAMP}));
    EXPECT_EQ(query(*session_, "SELECT d, ts FROM t", {TSR_TYPE_TEXT, TSR_TYPE_TEXT})->at(0),
              (Row{"0000-00-00", "2024-00-10 01:02:03"}));
    const auto lenient = open({{"zero_dates", "null"}});
    EXPECT_EQ(query(*lenient, "SELECT d, ts FROM t", {TSR_TYPE_DATE, TSR_TYPE_TIMESTAMP})->at(0),
              (Row{"NULL", "NULL"}));
    EXPECT_FALSE(lenient->listTables("shop", "t")->at(0).columns[1].not_null);
}

TEST_F(MysqlConnector, WhatDoesNotFitIsAnErrorThatNamesTheColumn) {
    execute(
        "CREATE TABLE t (b TINYINT(1), tm TIME, u BIGINT UNSIGNED); INSERT INTO t VALUES (2, '838:59:59', "
        "18446744073709551615)",
        "shop");
    EXPECT_EQ(errorOf(query(*session_, "SELECT b FROM t", {TSR_TYPE_BOOL})).message,
              "column 'b': value '2' does not fit type boolean");
    EXPECT_EQ(errorOf(query(*session_, "SELECT tm FROM t", {TSR_TYPE_TIME})).sqlState(), "22008");
    EXPECT_EQ(query(*session_, "SELECT tm FROM t", {TSR_TYPE_LITERAL})->at(0), Row{"838:59:59"});
    EXPECT_EQ(errorOf(query(*session_, "SELECT u FROM t", {TSR_TYPE_INT64})).sqlState(), "22003");
    EXPECT_FALSE(query(*session_, "SELECT 1.5", {TSR_TYPE_INT32}));
    EXPECT_FALSE(query(*session_, "SELECT 'abc'", {TSR_TYPE_DECIMAL}));
    EXPECT_FALSE(query(*session_, "SELECT x'ff'", {TSR_TYPE_TEXT}));
    EXPECT_TRUE(query(*session_, "SELECT 1", {TSR_TYPE_INT32})) << "the session must stay usable";
}

TEST_F(MysqlConnector, BindsParametersNatively) {
    execute(
        "CREATE TABLE t (i BIGINT, n DECIMAL(30,10), s VARCHAR(20) COLLATE utf8mb4_bin, x VARBINARY(5), d DATE, ts "
        "DATETIME(6),"
        " tz TIMESTAMP(6) NULL, tm TIME(6), f DOUBLE);"
        "SET time_zone = '+00:00';"
        "INSERT INTO t VALUES (-5, 12345678901234567890.0000000001, 'it''s \\\\', x'0001', '2024-02-29', '2024-02-29 "
        "01:02:03.000004',"
        " '2024-02-29 01:02:03.000004', '01:02:03.5', 0.1)",
        "shop");
    const std::int64_t whole = -5;
    const std::int32_t day = *sdk::parseDate("2024-02-29");
    const std::int64_t stamp = *sdk::parseTimestamp("2024-02-29 01:02:03.000004");
    const std::int64_t time = *sdk::parseTime("01:02:03.5");
    const double real = 0.1;
    const bool yes = true;
    const auto rows =
        query(*session_,
              "SELECT count(*) FROM t WHERE i = ? AND n = ? AND s = ? AND x = ? AND d = ? AND ts = ? AND tz = ?"
              " AND tm = ? AND f = ? AND ? AND ? IS NULL",
              {TSR_TYPE_INT64},
              {sdk::test::param(TSR_TYPE_INT64, whole),
               sdk::test::textParam(TSR_TYPE_DECIMAL, "12345678901234567890.0000000001"),
               sdk::test::textParam(TSR_TYPE_TEXT, "it's \\"),
               sdk::test::textParam(TSR_TYPE_BYTES, std::string_view("\0\1", 2)), sdk::test::param(TSR_TYPE_DATE, day),
               sdk::test::param(TSR_TYPE_TIMESTAMP, stamp), sdk::test::param(TSR_TYPE_TIMESTAMPTZ, stamp),
               sdk::test::param(TSR_TYPE_TIME, time), sdk::test::param(TSR_TYPE_FLOAT64, real),
               sdk::test::param(TSR_TYPE_BOOL, yes), sdk::test::nullParam(TSR_TYPE_TEXT)});
    ASSERT_TRUE(rows) << rows.error().describe();
    EXPECT_EQ(rows->at(0), Row{"1"});
    EXPECT_FALSE(query(*session_, "SELECT ?", {TSR_TYPE_TEXT}));
    const auto infinite = std::numeric_limits<double>::infinity();
    EXPECT_EQ(errorOf(query(*session_, "SELECT ?", {TSR_TYPE_FLOAT64}, {sdk::test::param(TSR_TYPE_FLOAT64, infinite)}))
                  .sqlState(),
              "22003");
}

TEST_F(MysqlConnector, KeepsLookUpsPrepared) {
    execute("CREATE TABLE t (id INT PRIMARY KEY, a INT); INSERT INTO t VALUES (1, 7), (2, NULL)", "shop");
    const auto prepared = [] { return execute("SHOW GLOBAL STATUS LIKE 'Com_stmt_prepare'"); };
    const std::string before = prepared();
    for (const std::int32_t id : {1, 2, 3, 1}) {
        const auto rows = query(*session_, "SELECT a FROM shop.t WHERE id = ?", {TSR_TYPE_INT32},
                                {sdk::test::param(TSR_TYPE_INT32, id)});
        ASSERT_TRUE(rows) << rows.error().describe();
        EXPECT_EQ(*rows, id == 3 ? std::vector<Row>() : std::vector<Row>({Row{id == 1 ? "7" : "NULL"}}));
    }
    const std::string after = prepared();
    const auto countOf = [](const std::string& status) { return std::stoi(status.substr(status.find('\t'))); };
    EXPECT_EQ(countOf(after), countOf(before) + 1) << before << after;
}

TEST_F(MysqlConnector, AKeptStatementSeesItsTableChange) {
    execute("CREATE TABLE t (id INT PRIMARY KEY, a INT); INSERT INTO t VALUES (1, 7)", "shop");
    const std::int32_t id = 1;
    const auto lookUp = [&](TsrType type) {
        return query(*session_, "SELECT a FROM shop.t WHERE id = ?", {type}, {sdk::test::param(TSR_TYPE_INT32, id)});
    };
    EXPECT_EQ(lookUp(TSR_TYPE_INT32).value(), std::vector<Row>{Row{"7"}});
    execute("ALTER TABLE t MODIFY a VARCHAR(40); UPDATE t SET a = 'seven and some more'", "shop");
    EXPECT_EQ(lookUp(TSR_TYPE_TEXT).value(), std::vector<Row>{Row{"seven and some more"}});
    EXPECT_FALSE(lookUp(TSR_TYPE_INT32));
    EXPECT_EQ(lookUp(TSR_TYPE_TEXT).value(), std::vector<Row>{Row{"seven and some more"}});
    execute("ALTER TABLE t MODIFY a MEDIUMTEXT; UPDATE t SET a = repeat('x', 100000)", "shop");
    EXPECT_TRUE(lookUp(TSR_TYPE_TEXT).value() == std::vector<Row>{Row{std::string(100000, 'x')}});
    execute("ALTER TABLE t DROP COLUMN a, ADD COLUMN a BIGINT UNSIGNED DEFAULT 18446744073709551615", "shop");
    EXPECT_EQ(lookUp(TSR_TYPE_DECIMAL).value(), std::vector<Row>{Row{"18446744073709551615"}});
    execute("ALTER TABLE t DROP COLUMN a", "shop");
    EXPECT_EQ(errorOf(lookUp(TSR_TYPE_DECIMAL)).sqlState(), "42703");
    execute("ALTER TABLE t ADD COLUMN a DATETIME DEFAULT '2024-02-29 01:02:03'", "shop");
    EXPECT_EQ(lookUp(TSR_TYPE_TIMESTAMP).value(), std::vector<Row>{Row{"2024-02-29 01:02:03"}});
    execute("DROP TABLE t; CREATE TABLE t (a DOUBLE, id INT); INSERT INTO t VALUES (0.5, 1)", "shop");
    EXPECT_EQ(lookUp(TSR_TYPE_FLOAT64).value(), std::vector<Row>{Row{"0.5"}});
}

TEST_F(MysqlConnector, TheSessionSpeaksStandardSql) {
    EXPECT_EQ(query(*session_, "SELECT 'a' || 'b', 'back\\slash', \"one\" FROM (SELECT 1 AS one) q",
                    {TSR_TYPE_TEXT, TSR_TYPE_TEXT, TSR_TYPE_INT32})
                  ->at(0),
              (Row{"ab", "back\\slash", "1"}));
    EXPECT_EQ(query(*session_, "SELECT @@time_zone, @@tx_isolation", {TSR_TYPE_TEXT, TSR_TYPE_TEXT})->at(0),
              (Row{"+00:00", "REPEATABLE-READ"}));
    EXPECT_EQ(query(*session_, "SELECT 'A' = 'a'", {TSR_TYPE_BOOL})->at(0), Row{"f"});
}

TEST_F(MysqlConnector, ListsTablesWithTypesKeysAndCollations) {
    execute(
        "CREATE TABLE o (a INT, k1 INT, k2 VARCHAR(10) COLLATE utf8mb4_bin COMMENT 'the code', j JSON, t TIMESTAMP "
        "NULL,"
        " PRIMARY KEY (k2, k1)) COMMENT 'orders';"
        "INSERT INTO o (k1, k2) VALUES (1, 'a'), (2, 'b'); ANALYZE TABLE o;"
        "CREATE VIEW v AS SELECT k1 FROM o; CREATE TABLE gone (a INT); CREATE VIEW broken AS SELECT a FROM gone; DROP "
        "TABLE gone",
        "shop");
    const auto tables = session_->listTables("shop", std::nullopt);
    ASSERT_TRUE(tables) << tables.error().describe();
    ASSERT_EQ(tables->size(), 3U);
    EXPECT_EQ(tables->at(0).name, "broken");
    EXPECT_FALSE(tables->at(0).skipped.empty());
    const sdk::Table& orders = tables->at(1);
    EXPECT_EQ(orders.comment, "orders");
    EXPECT_EQ(orders.row_count, 2);
    EXPECT_THAT(orders.options, testing::ElementsAre(std::pair("schema_name", "shop"), std::pair("table_name", "o")));
    ASSERT_EQ(orders.columns.size(), 5U);
    EXPECT_EQ(orders.columns[1].key_position, 2);
    EXPECT_EQ(orders.columns[2].key_position, 1);
    EXPECT_TRUE(orders.columns[2].not_null);
    EXPECT_EQ(orders.columns[2].pg_type, "character varying(10)");
    EXPECT_EQ(orders.columns[2].comment, "the code");
    EXPECT_THAT(orders.columns[2].options,
                testing::ElementsAre(std::pair("collation", "utf8mb4_bin"), std::pair("key", "true")));
    EXPECT_EQ(orders.columns[3].pg_type, "json");
    EXPECT_EQ(orders.columns[4].pg_type, "timestamp with time zone");
    EXPECT_EQ(tables->at(2).row_count, -1);
    EXPECT_TRUE(tables->at(2).comment.empty());
    EXPECT_EQ(session_->listTables("shop", "v")->size(), 1U);
    EXPECT_EQ(errorOf(session_->listTables("nowhere", std::nullopt)).sqlState(), "3F000");
    EXPECT_EQ(session_->statistics(OptionList{{"schema_name", "shop"}, {"table_name", "o"}})->row_count, 2);
    EXPECT_EQ(errorOf(session_->statistics(OptionList{{"schema_name", "shop"}, {"table_name", "x"}})).sqlState(),
              "42P01");
}

TEST_F(MysqlConnector, KnowsHowManyValuesAnIndexHas) {
    execute(
        "CREATE TABLE orders (id int PRIMARY KEY, customer int, note text, KEY by_customer (customer, id));"
        "INSERT INTO orders SELECT seq, seq % 10, 'x' FROM seq_1_to_1000; ANALYZE TABLE orders",
        "shop");
    const OptionList options({{"schema_name", "shop"}, {"table_name", "orders"}});
    auto told = session_->columnStatistics(options);
    ASSERT_TRUE(told) << told.error().describe();
    ASSERT_EQ(told->size(), 3U);
    std::sort(told->begin(), told->end(), [](const auto& a, const auto& b) { return a.name < b.name; });
    EXPECT_EQ((*told)[0].index, 1);
    EXPECT_EQ((*told)[1].index, 1);
    EXPECT_EQ((*told)[2].index, -1);
    EXPECT_EQ((*told)[0].name, "customer");
    // InnoDB guesses, from a few pages.
    EXPECT_GE((*told)[0].distinct, 5);
    EXPECT_LE((*told)[0].distinct, 40);
    EXPECT_EQ((*told)[1].name, "id");
    EXPECT_NEAR((*told)[1].distinct, 1000, 100);
}

TEST_F(MysqlConnector, StreamsInBatchesAndCountsRowsWithoutColumns) {
    const auto rows = query(*session_, "SELECT seq, concat('row ', seq) FROM shop.seq_1_to_100000",
                            {TSR_TYPE_INT32, TSR_TYPE_TEXT}, {}, 50'000);
    ASSERT_TRUE(rows) << rows.error().describe();
    ASSERT_EQ(rows->size(), 100'000U);
    EXPECT_EQ(rows->back(), (Row{"100000", "row 100000"}));
    EXPECT_EQ(query(*session_, "SELECT 1 FROM shop.seq_1_to_5000", {})->size(), 5000U);
}

TEST_F(MysqlConnector, CancelEndsTheStatementAtTheServer) {
    std::atomic<int> polls = 0;
    host_.on_poll = [&] {
        if (++polls == 3) {
            host_.signal = TSR_SIGNAL_CANCEL;
        }
    };
    EXPECT_EQ(errorOf(query(*session_, "SELECT sleep(600)", {TSR_TYPE_INT32})).sqlState(), "57014");
    EXPECT_TRUE(waitUntil([] { return running().find("sleep") == std::string::npos; }));
    host_.on_poll = nullptr;
    host_.signal = TSR_SIGNAL_NONE;
    EXPECT_TRUE(session_->usable());
    EXPECT_EQ(query(*session_, "SELECT 42", {TSR_TYPE_INT32})->at(0), Row{"42"});
}

TEST_F(MysqlConnector, ClosingInTheMiddleEndsTheStatementAtTheServer) {
    for (int i = 0; i < 20; ++i) {
        const auto cursor = session_->execute({"SELECT seq, repeat('x', 1000) FROM shop.seq_1_to_100000000",
                                               {},
                                               {TSR_TYPE_INT64, TSR_TYPE_TEXT},
                                               10'000});
        ASSERT_TRUE(cursor) << cursor.error().describe();
        ArrowArray batch{};
        sdk::Fetch fetched = sdk::Fetch::kAgain;
        while (fetched == sdk::Fetch::kAgain) {
            const auto next = (*cursor)->next(&batch);
            ASSERT_TRUE(next) << next.error().describe();
            fetched = *next;
        }
        ASSERT_EQ(fetched, sdk::Fetch::kBatch);
        batch.release(&batch);
    }
    EXPECT_EQ(running(), "");
    EXPECT_TRUE(session_->usable());
    EXPECT_EQ(query(*session_, "SELECT 42", {TSR_TYPE_INT32})->at(0), Row{"42"});
}

TEST_F(MysqlConnector, AttentionPausesAndGoesOn) {
    const std::vector<TsrType> types{TSR_TYPE_INT32};
    const auto cursor = session_->execute({"SELECT sleep(0.3)", {}, types, 65'536});
    ASSERT_TRUE(cursor);
    host_.signal = TSR_SIGNAL_ATTENTION;
    ArrowArray batch{};
    EXPECT_EQ((*cursor)->next(&batch), sdk::Fetch::kAgain);
    host_.signal = TSR_SIGNAL_NONE;
    EXPECT_EQ(*sdk::test::readAll(**cursor, types), (std::vector<Row>{{"0"}}));
}

TEST_F(MysqlConnector, StatementErrorsHaveStates) {
    EXPECT_EQ(errorOf(query(*session_, "SELECT * FROM missing", {TSR_TYPE_INT32})).sqlState(), "42P01");
    EXPECT_EQ(errorOf(query(*session_, "SELECT nope FROM shop.seq_1_to_2", {TSR_TYPE_INT32})).sqlState(), "42703");
    EXPECT_EQ(errorOf(query(*session_, "SELEC 1", {TSR_TYPE_INT32})).sqlState(), "42601");
    EXPECT_EQ(errorOf(query(*session_, "SELECT 1; SELECT 2", {TSR_TYPE_INT32})).sqlState(), "42601");
    EXPECT_EQ(
        errorOf(query(*session_, "SELECT 9223372036854775807 + seq FROM shop.seq_1_to_2", {TSR_TYPE_INT64})).sqlState(),
        "22003");
    EXPECT_TRUE(session_->usable());
}

TEST_F(MysqlConnector, AnErrorAfterTheFirstRowsIsNoEndOfRows) {
    const Error error = errorOf(
        query(*session_, "SELECT 9223372036854770000 + seq FROM shop.seq_1_to_100000", {TSR_TYPE_INT64}, {}, 1000));
    EXPECT_EQ(error.sqlState(), "22003") << error.describe();
    EXPECT_TRUE(query(*session_, "SELECT 1", {TSR_TYPE_INT32}));
}

TEST_F(MysqlConnector, ASessionThatTheServerEndedIsNotUsable) {
    const auto id = query(*session_, "SELECT connection_id()", {TSR_TYPE_TEXT});
    ASSERT_TRUE(id);
    execute("KILL " + id->at(0)[0]);
    EXPECT_TRUE(waitUntil([&] { return !session_->usable(); }));
    EXPECT_EQ(errorOf(query(*session_, "SELECT 1", {TSR_TYPE_INT32})).sqlState(), "08006");
}

TEST_F(MysqlConnector, ConnectingFailsWithTheReason) {
    const Error password = errorOf(tryOpen(host_, {{"password", "a wrong one"}}));
    EXPECT_EQ(password.sqlState(), "28P01");
    EXPECT_EQ(password.describe().find("a wrong one"), std::string::npos);
    EXPECT_NE(password.message.find(std::to_string(server_->port())), std::string::npos);
    const Error refused = errorOf(tryOpen(host_, {{"port", "1"}}));
    EXPECT_EQ(refused.sqlState(), "08001");
    EXPECT_NE(refused.message.find("127.0.0.1:1"), std::string::npos);
    EXPECT_EQ(errorOf(tryOpen(host_, {{"database", "nowhere"}})).sqlState(), "3D000");
    EXPECT_EQ(errorOf(tryOpen(host_, {{"sslmode", "require"}})).sqlState(), "08001");
    EXPECT_EQ(errorOf(tryOpen(host_, {{"socket", "/nowhere.sock"}})).sqlState(), "08001");
}

/// Runs last in its own suite: it ends the server.
TEST(MysqlConnectorLoss, AServerThatDiesInMidScanIsAnError) {
    auto server = TemporaryMariaDb::start();
    ASSERT_TRUE(server) << server.error().describe();
    sdk::test::ManualHost host;
    const OptionList options{{"host", TemporaryMariaDb::kHost},
                             {"port", std::to_string(server->port())},
                             {"user", TemporaryMariaDb::kUser},
                             {"password", TemporaryMariaDb::kPassword},
                             {"database", TemporaryMariaDb::kDatabase}};
    const auto session = Session::open(host, options);
    ASSERT_TRUE(session) << session.error().describe();
    const std::vector<TsrType> types{TSR_TYPE_INT64, TSR_TYPE_TEXT};
    {
        const auto cursor =
            (*session)->execute({"SELECT seq, repeat('x', 1000) FROM seq_1_to_100000000", {}, types, 10'000});
        ASSERT_TRUE(cursor) << cursor.error().describe();
        ArrowArray batch{};
        ASSERT_EQ(*(*cursor)->next(&batch), sdk::Fetch::kBatch);
        batch.release(&batch);
        server->kill();
        Result<sdk::Fetch> next = sdk::Fetch::kAgain;
        while (next) {
            next = (*cursor)->next(&batch);
            if (next && *next == sdk::Fetch::kBatch) {
                batch.release(&batch);
            }
            ASSERT_TRUE(!next || *next != sdk::Fetch::kEnd) << "the end of a broken result is not the end of the rows";
        }
        EXPECT_EQ(next.error().sqlState(), "08006") << next.error().describe();
        EXPECT_NE(next.error().message.find(std::to_string(server->port())), std::string::npos);
    }
    EXPECT_FALSE((*session)->usable());
}

}  // namespace
}  // namespace tessera::mysql
