/// What only the postgres connector promises: how it maps a catalog, sizes tables, and passes on what its source says.

#include "tests/conformance/connector_client.h"
#include "tests/support/temporary_postgres.h"
#include "tests/support/wait_until.h"

#include <gmock/gmock.h>

#include <algorithm>
#include <csignal>
#include <fstream>
#include <thread>

namespace tessera::conformance {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Pair;

class PostgresConnectorTest : public testing::Test {
  protected:
    void SetUp() override {
        auto started = TemporaryPostgres::start();
        ASSERT_TRUE(started) << started.error().describe();
        server_.emplace(std::move(*started));
        auto opened = ClientSession::open("postgres", host_, options());
        ASSERT_TRUE(opened) << opened.error().describe();
        session_.emplace(std::move(*opened));
    }

    OptionList options() const {
        return {{"host", TemporaryPostgres::kHost},
                {"port", std::to_string(server_->port())},
                {"dbname", "postgres"},
                {"user", TemporaryPostgres::kUser},
                {"password", TemporaryPostgres::kPassword}};
    }

    void run(const std::string& sql) {
        const auto done = server_->execute(sql);
        ASSERT_TRUE(done) << done.error().describe();
    }

    std::vector<ListedTable> list(const std::optional<std::string>& table = std::nullopt) {
        const auto listed = session_->listTables("s", table);
        EXPECT_TRUE(listed) << listed.error().describe();
        return listed.value_or(std::vector<ListedTable>());
    }

    double rowsOf(const std::string& table) {
        const auto statistics = session_->statistics({{"schema_name", "s"}, {"table_name", table}});
        EXPECT_TRUE(statistics) << statistics.error().describe();
        return statistics ? statistics->row_count : -2;
    }

    Error errorOf(const std::string& sql) {
        const auto rows = session_->countRows({sql, {}});
        EXPECT_FALSE(rows) << sql;
        return rows ? Error() : rows.error();
    }

    TestHost host_;
    std::optional<TemporaryPostgres> server_;
    std::optional<ClientSession> session_;
};

std::vector<std::string> namesOf(const std::vector<ListedTable>& tables) {
    std::vector<std::string> names;
    for (const ListedTable& table : tables) {
        names.push_back(table.name);
    }
    return names;
}

/// Has a process that stands still been sent the signal?
bool isPending(pid_t process, int signal) {
    std::ifstream status("/proc/" + std::to_string(process) + "/status");
    for (std::string line; std::getline(status, line);) {
        if (line.starts_with("ShdPnd:")) {
            return ((std::stoull(line.substr(7), nullptr, 16) >> (signal - 1)) & 1U) != 0;
        }
    }
    return false;
}

/// A server under load: it hears of the cancel before it has read the statement, when there is nothing to cancel.
TEST_F(PostgresConnectorTest, StopsAStatementThatBeginsAfterTheCancelRequest) {
    const auto rows = session_->query({"SELECT pg_backend_pid()", {TSR_TYPE_INT32}});
    ASSERT_TRUE(rows) << rows.error().describe();
    const pid_t backend = std::stoi(*rows->at(0).at(0));
    ASSERT_EQ(kill(backend, SIGSTOP), 0);
    auto cursor = session_->execute({"SELECT 1::bigint FROM pg_sleep(120)", {TSR_TYPE_INT64}});
    ASSERT_TRUE(cursor) << cursor.error().describe();
    std::thread wake([backend] {
        waitUntil([backend] { return isPending(backend, SIGINT); });
        kill(backend, SIGCONT);
    });
    cursor->close();
    wake.join();
    auto connection = server_->connect();
    ASSERT_TRUE(connection) << connection.error().describe();
    EXPECT_TRUE(waitUntil([&] {
        const auto count = connection->queryValue(
            "SELECT count(*) FROM pg_stat_activity WHERE state = 'active' AND query LIKE '%pg_sleep(120)'");
        return count && *count == "0";
    })) << "it still runs at the source";
    EXPECT_TRUE(session_->usable());
}

TEST_F(PostgresConnectorTest, OffersTypesOfTheDatabaseAsWhatTheHostHas) {
    run("CREATE SCHEMA s; CREATE TYPE s.mood AS ENUM ('sad', 'glad'); CREATE TYPE s.pair AS (a int, b int);"
        "CREATE DOMAIN s.code AS varchar(8) NOT NULL; CREATE DOMAIN s.short_code AS s.code CHECK (length(value) < 4);"
        "CREATE TABLE s.t (m s.mood, p s.pair, d s.short_code, e s.mood[], n numeric(8,3), i int[])");
    const auto tables = list();
    ASSERT_THAT(namesOf(tables), ElementsAre("t"));
    std::vector<std::string> types;
    for (const ListedColumn& column : tables[0].columns) {
        types.push_back(column.pg_type);
    }
    EXPECT_THAT(types, ElementsAre("text", "text", "character varying(8)", "text", "numeric(8,3)", "integer[]"));
    EXPECT_EQ(tables[0].skipped, "read as text: \"m\" (s.mood), \"p\" (s.pair), \"e\" (s.mood[])");
}

TEST_F(PostgresConnectorTest, ReadsAndComparesTypesOfTheDatabaseAsText) {
    run("CREATE SCHEMA s; CREATE TYPE s.mood AS ENUM ('sad', 'glad'); CREATE TABLE s.\"T\" (id int, \"M \" s.mood);"
        "INSERT INTO s.\"T\" VALUES (1, 'sad'), (2, 'glad'), (3, NULL)");
    const auto tables = list();
    ASSERT_THAT(namesOf(tables), ElementsAre("T"));
    const auto connector = loadBuiltConnector("postgres");
    ASSERT_TRUE(connector) << connector.error().describe();
    std::vector<TsrOption> table_options;
    for (const auto& [name, value] : tables[0].options) {
        table_options.push_back({name.c_str(), value.c_str()});
    }
    char relation[1024];
    TsrError error;
    ASSERT_EQ((*connector)
                  ->relation(nullptr, 0, table_options.data(), table_options.size(), relation, sizeof relation, &error),
              TSR_OK);
    // As text, 'glad' comes before 'sad'; as the enum it comes after.
    const auto rows = session_->query(
        {std::string("SELECT r1.\"M \" FROM ") + relation + " r1 WHERE \"M \" < 'h'::text COLLATE \"C\"",
         {TSR_TYPE_TEXT}});
    ASSERT_TRUE(rows) << rows.error().describe();
    EXPECT_EQ(*rows, (RowList{{"glad"}}));
}

TEST_F(PostgresConnectorTest, ListsWhatCanBeReadAndPartitionsOnlyByName) {
    run("CREATE SCHEMA s; CREATE TABLE s.a (); CREATE VIEW s.b AS SELECT 1 AS x; CREATE MATERIALIZED VIEW s.c AS "
        "SELECT 1 AS x;"
        "CREATE TABLE s.d (k int, l int, PRIMARY KEY (l, k)) PARTITION BY RANGE (k);"
        "CREATE TABLE s.d1 PARTITION OF s.d FOR VALUES FROM (0) TO (10); CREATE SEQUENCE s.not_a_table; CREATE INDEX i "
        "ON s.d (k);"
        "ALTER TABLE s.d ADD COLUMN gone int; ALTER TABLE s.d DROP COLUMN gone; COMMENT ON COLUMN s.d.k IS 'comment'");
    const auto tables = list();
    ASSERT_THAT(namesOf(tables), ElementsAre("a", "b", "c", "d"));
    EXPECT_TRUE(tables[0].columns.empty());
    ASSERT_EQ(tables[3].columns.size(), 2U);
    EXPECT_EQ(tables[3].columns[0].key_position, 2);
    EXPECT_EQ(tables[3].columns[1].key_position, 1);
    EXPECT_THAT(namesOf(list("d1")), ElementsAre("d1"));
    EXPECT_THAT(tables[3].options, ElementsAre(Pair("schema_name", "s"), Pair("table_name", "d")));
}

TEST_F(PostgresConnectorTest, NamesASchemaThatIsNotThere) {
    const auto tables = session_->listTables("nowhere");
    ASSERT_FALSE(tables);
    EXPECT_EQ(tables.error().sqlstate, "3F000");
    EXPECT_THAT(tables.error().message, HasSubstr("no schema 'nowhere'"));
}

TEST_F(PostgresConnectorTest, ScalesCountedRowsToThePresentSize) {
    run("CREATE SCHEMA s; CREATE TABLE s.t AS SELECT i FROM generate_series(1, 10000) i; ALTER TABLE s.t SET "
        "(autovacuum_enabled = false)");
    EXPECT_EQ(rowsOf("t"), -1) << "never analysed";
    run("ANALYZE s.t");
    EXPECT_EQ(rowsOf("t"), 10000);
    run("INSERT INTO s.t SELECT i FROM generate_series(1, 10000) i");
    EXPECT_NEAR(rowsOf("t"), 20000, 500);
}

TEST_F(PostgresConnectorTest, AddsUpPartitionsAndLeavesViewsUnknown) {
    run("CREATE SCHEMA s; CREATE TABLE s.p (k int) PARTITION BY RANGE (k); CREATE VIEW s.v AS SELECT 1 AS x;"
        "CREATE TABLE s.empty (k int) PARTITION BY RANGE (k);"
        "CREATE TABLE s.p1 PARTITION OF s.p FOR VALUES FROM (0) TO (1000); CREATE TABLE s.p2 PARTITION OF s.p DEFAULT;"
        "INSERT INTO s.p SELECT i FROM generate_series(0, 2999) i; ANALYZE s.p");
    EXPECT_EQ(rowsOf("p"), 3000);
    EXPECT_EQ(rowsOf("empty"), 0);
    EXPECT_EQ(rowsOf("v"), -1);
    const auto missing = session_->statistics({{"schema_name", "s"}, {"table_name", "nothing"}});
    ASSERT_FALSE(missing);
    EXPECT_EQ(missing.error().sqlstate, "42P01");
}

TEST_F(PostgresConnectorTest, PassesOnWhatTheSourceSaysOfAnError) {
    const Error error = errorOf("SELECT 'žluť', nothing FROM pg_class");
    EXPECT_EQ(error.sqlstate, "42703");
    EXPECT_THAT(error.message, HasSubstr("nothing"));
    EXPECT_EQ(error.position, 16) << "in characters, not bytes";
    const Error raised = errorOf(
        "DO $$ BEGIN RAISE EXCEPTION 'no' USING DETAIL = 'the detail', HINT = 'the hint', ERRCODE = 'XX123'; END $$");
    EXPECT_EQ(raised.sqlstate, "XX123");
    EXPECT_EQ(raised.detail, "the detail\nat the source: PL/pgSQL function inline_code_block line 1 at RAISE");
    EXPECT_EQ(raised.hint, "the hint");
    EXPECT_TRUE(session_->usable());
}

TEST_F(PostgresConnectorTest, AnErrorAfterManyRowsIsNoEnd) {
    const auto rows =
        session_->countRows({"SELECT 10000 / (9000 - i) FROM generate_series(1, 20000) i", {TSR_TYPE_INT32}});
    ASSERT_FALSE(rows);
    EXPECT_EQ(rows.error().sqlstate, "22012");
    EXPECT_TRUE(session_->usable());
}

TEST_F(PostgresConnectorTest, ASessionEndedByTheSourceIsALostConnection) {
    // The host's own clients would take SQLSTATE 57P01 for the end of the host.
    const Error error = errorOf("SELECT pg_terminate_backend(pg_backend_pid())");
    EXPECT_EQ(error.sqlstate, "08006");
    EXPECT_THAT(error.message, HasSubstr("127.0.0.1:" + std::to_string(server_->port())));
    EXPECT_THAT(error.detail, HasSubstr("57P01"));
    EXPECT_FALSE(session_->usable());
}

TEST_F(PostgresConnectorTest, RefusesStatementsThatAreNoQueries) {
    EXPECT_EQ(errorOf("").sqlstate, "42601");
    EXPECT_THAT(errorOf("COPY pg_class TO STDOUT").message, HasSubstr("COPY"));
}

TEST_F(PostgresConnectorTest, NamesTheDatabaseThatIsNotThere) {
    OptionList other = options();
    std::replace(other.begin(), other.end(), std::pair<std::string, std::string>("dbname", "postgres"),
                 {"dbname", "nowhere"});
    const auto session = ClientSession::open("postgres", host_, other);
    ASSERT_FALSE(session);
    EXPECT_EQ(session.error().sqlstate, "3D000");
    EXPECT_THAT(session.error().message, HasSubstr("nowhere"));
    EXPECT_THAT(session.error().hint, HasSubstr("dbname"));
}

TEST_F(PostgresConnectorTest, AsksForThePasswordThatIsMissing) {
    OptionList without = options();
    without.pop_back();
    const auto session = ClientSession::open("postgres", host_, without);
    ASSERT_FALSE(session);
    EXPECT_EQ(session.error().sqlstate, "28P01");
    EXPECT_THAT(session.error().hint, HasSubstr("password"));
}

TEST_F(PostgresConnectorTest, SetsTheSessionUpWhateverTheRoleHasSet) {
    run("ALTER ROLE postgres SET DateStyle = 'German'; ALTER ROLE postgres SET TimeZone = 'Asia/Kolkata';"
        "ALTER ROLE postgres SET extra_float_digits = 0; ALTER ROLE postgres SET search_path = public; "
        "ALTER ROLE postgres SET bytea_output = 'escape'; ALTER ROLE postgres SET IntervalStyle = 'iso_8601'");
    auto session = ClientSession::open("postgres", host_, options());
    ASSERT_TRUE(session) << session.error().describe();
    const auto rows =
        session->query({"SELECT current_setting('search_path'), (timestamptz '2024-02-29 12:00:00+00')::text, "
                        "(0.1::float8 + 0.2)::text,"
                        " (interval '1 day')::text, ('\\x00'::bytea)::text, current_setting('application_name')",
                        std::vector<TsrType>(6, TSR_TYPE_TEXT)});
    ASSERT_TRUE(rows) << rows.error().describe();
    EXPECT_THAT((*rows)[0], ElementsAre("pg_catalog", "2024-02-29 12:00:00+00", "0.30000000000000004", "1 day", "\\x00",
                                        "tessera"));
}

TEST_F(PostgresConnectorTest, NoCancelHitsTheNextStatement) {
    for (int i = 0; i < 30; ++i) {
        auto cursor = session_->execute({"SELECT i FROM generate_series(1, 100000) i", {TSR_TYPE_INT32}});
        ASSERT_TRUE(cursor) << cursor.error().describe();
        ASSERT_TRUE(cursor->nextBatch());
        cursor->close();
        ASSERT_TRUE(session_->usable());
        const auto rows = session_->countRows({"SELECT i FROM generate_series(1, 2000) i", {TSR_TYPE_INT32}});
        ASSERT_TRUE(rows) << rows.error().describe();
        ASSERT_EQ(*rows, 2000);
    }
}

TEST_F(PostgresConnectorTest, DeliversTheRowsThatAreHereWhileTheSourceTakesItsTime) {
    // The server sends whenever 8 kB are full, so most of these rows come before it sleeps.
    auto cursor = session_->execute(
        {"SELECT repeat('x', 100), pg_sleep(CASE i WHEN 400 THEN 60 ELSE 0 END)::text FROM generate_series(1, 400) i",
         {TSR_TYPE_TEXT, TSR_TYPE_TEXT},
         {},
         8 * 1024 * 1024});
    ASSERT_TRUE(cursor) << cursor.error().describe();
    const auto batch = cursor->nextBatch();
    ASSERT_TRUE(batch) << batch.error().describe();
    ASSERT_TRUE(*batch);
    EXPECT_GT((***batch).length, 100);
    EXPECT_LT((***batch).length, 400);
}

TEST_F(PostgresConnectorTest, KeepsNoticesOffTheHostsLog) {
    testing::internal::CaptureStderr();
    const auto rows = session_->countRows({"DO $$ BEGIN RAISE WARNING 'for others'; END $$", {}});
    EXPECT_EQ(testing::internal::GetCapturedStderr(), "");
    EXPECT_TRUE(rows) << rows.error().describe();
}

TEST_F(PostgresConnectorTest, CannotReadATypeWithoutATextCastAndSaysSo) {
    const auto rows = session_->countRows({"SELECT 1, interval '1 day' AS span", {TSR_TYPE_INT32, TSR_TYPE_LITERAL}});
    ASSERT_FALSE(rows);
    EXPECT_THAT(rows.error().message, HasSubstr("column 2 ('span')"));
    EXPECT_THAT(rows.error().message, HasSubstr("interval"));
}

}  // namespace
}  // namespace tessera::conformance
