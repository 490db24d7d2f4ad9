/// What one statement reads of one source, it reads in one state of it, however many scans and look-ups that takes, and
/// whatever others commit meanwhile: for each source that knows transactions.

#include "common/strings.h"
#include "tests/support/temporary_mariadb.h"
#include "tests/support/temporary_postgres.h"
#include "tests/support/wait_until.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sqlite3.h>

#include <optional>
#include <thread>

namespace tessera {
namespace {

using postgres::Connection;
using testing::HasSubstr;
using testing::Not;

/// Two tables with the rows 1 … 300 each.
constexpr const char* kTables[] = {"one", "two"};
constexpr int kRows = 300;

class SnapshotOf : public testing::TestWithParam<const char*> {
  protected:
    static void SetUpTestSuite() {
        auto node = TemporaryPostgres::start({.with_extension = true});
        ASSERT_TRUE(node) << node.error().describe();
        node_ = std::make_unique<TemporaryPostgres>(std::move(*node));
        ASSERT_TRUE(node_->execute("CREATE EXTENSION tessera_fdw"));
    }

    static void TearDownTestSuite() { node_.reset(); }

    void SetUp() override {
        const std::string kind = GetParam();
        const std::string options = kind == "postgres" ? startPostgres()
                                    : kind == "mysql"  ? startMariaDb()
                                                       : makeFile();
        reader_ = connect();
        writer_ = connect();
        must(*reader_,
             "SET client_min_messages = warning; DROP SERVER IF EXISTS source CASCADE; DROP SCHEMA IF EXISTS src "
             "CASCADE;"
             "CREATE SCHEMA src; CREATE SERVER source FOREIGN DATA WRAPPER tessera_fdw OPTIONS (connector '" +
                 kind + "', " + options + "); CREATE USER MAPPING FOR CURRENT_USER SERVER source" + mapping_);
        for (const char* table : kTables) {
            const std::string name = table;
            must(*reader_, "CREATE FOREIGN TABLE src." + name +
                               " (id int OPTIONS (key 'true')) SERVER source OPTIONS (table_name '" + name + "'); " +
                               "INSERT INTO src." + name + " SELECT generate_series(1, " + std::to_string(kRows) + ")");
        }
    }

    void TearDown() override {
        reader_.reset();
        writer_.reset();
        customer_.reset();
        mariadb_.reset();
    }

    std::string startPostgres() {
        auto started = TemporaryPostgres::start();
        EXPECT_TRUE(started) << started.error().describe();
        customer_ = std::make_unique<TemporaryPostgres>(std::move(*started));
        EXPECT_TRUE(customer_->execute("CREATE TABLE one (id int PRIMARY KEY); CREATE TABLE two (id int PRIMARY KEY)"));
        mapping_ = " OPTIONS (user 'postgres', password " + quoteLiteral(TemporaryPostgres::kPassword) + ")";
        return "host '127.0.0.1', dbname 'postgres', port '" + std::to_string(customer_->port()) + "'";
    }

    std::string startMariaDb() {
        auto started = TemporaryMariaDb::start();
        EXPECT_TRUE(started) << started.error().describe();
        mariadb_.emplace(std::move(*started));
        EXPECT_TRUE(mariadb_->execute("CREATE TABLE one (id int PRIMARY KEY); CREATE TABLE two (id int PRIMARY KEY)"));
        mapping_ = std::string(" OPTIONS (user '") + TemporaryMariaDb::kUser + "', password " +
                   quoteLiteral(TemporaryMariaDb::kPassword) + ")";
        return "host '127.0.0.1', database 'test', port '" + std::to_string(mariadb_->port()) + "'";
    }

    /// In the mode in which readers don't hold up writers.
    std::string makeFile() {
        const std::string file = (folder_.path() / "source.db").string();
        sqlite3* database = nullptr;
        EXPECT_EQ(sqlite3_open(file.c_str(), &database), SQLITE_OK);
        EXPECT_EQ(sqlite3_exec(database,
                               "PRAGMA journal_mode = wal; CREATE TABLE one (id INTEGER PRIMARY KEY);"
                               "CREATE TABLE two (id INTEGER PRIMARY KEY)",
                               nullptr, nullptr, nullptr),
                  SQLITE_OK);
        sqlite3_close(database);
        // The node's server is another user.
        std::filesystem::permissions(file, std::filesystem::perms(0666));
        std::filesystem::permissions(folder_.path(), std::filesystem::perms(0777));
        mapping_ = "";
        return "read_only 'false', database " + quoteLiteral(file);
    }

    static std::unique_ptr<Connection> connect() {
        auto opened = node_->connect();
        EXPECT_TRUE(opened) << opened.error().describe();
        return opened ? std::make_unique<Connection>(std::move(*opened)) : nullptr;
    }

    static void must(Connection& connection, const std::string& sql) {
        const auto done = connection.execute(sql);
        ASSERT_TRUE(done) << sql << "\n" << done.error().describe();
    }

    std::vector<std::vector<std::optional<std::string>>> rows(const std::string& sql) {
        auto found = reader_->query(sql);
        EXPECT_TRUE(found) << sql << "\n" << found.error().describe();
        return found ? std::move(found->values) : std::vector<std::vector<std::optional<std::string>>>{};
    }

    /// Someone else adds a row to both tables.
    void addRows(int id) {
        must(*writer_, "BEGIN; INSERT INTO src.one VALUES (" + std::to_string(id) + "); INSERT INTO src.two VALUES (" +
                           std::to_string(id) + "); COMMIT");
    }

    inline static std::unique_ptr<TemporaryPostgres> node_;
    TemporaryDirectory folder_;
    std::unique_ptr<TemporaryPostgres> customer_;
    std::optional<TemporaryMariaDb> mariadb_;
    std::string mapping_;
    std::unique_ptr<Connection> reader_;
    std::unique_ptr<Connection> writer_;
};

/// A cursor starts the second scan after the first has given its rows.
TEST_P(SnapshotOf, TwoScansSeeOneState) {
    must(*reader_,
         "BEGIN; DECLARE c CURSOR FOR SELECT 1, id FROM src.one UNION ALL SELECT 2, id FROM src.two UNION ALL "
         "SELECT 3, id FROM src.two");
    EXPECT_EQ(rows("FETCH 5 FROM c").size(), 5U);
    addRows(kRows + 1);
    EXPECT_EQ(rows("FETCH ALL FROM c").size(), static_cast<std::size_t>(3 * kRows - 5));
    // The next statement sees what was committed.
    EXPECT_EQ(rows("SELECT id FROM src.one UNION ALL SELECT id FROM src.two").size(),
              static_cast<std::size_t>(2 * kRows + 2));
    must(*reader_, "COMMIT");
}

TEST_P(SnapshotOf, AScanThatIsRunAgainSeesTheSameState) {
    must(*reader_,
         "SET enable_hashjoin = off; SET enable_mergejoin = off; SET enable_material = off; SET "
         "enable_memoize = off");
    must(*reader_,
         "BEGIN; DECLARE c CURSOR FOR SELECT g, (SELECT count(*) FROM src.one WHERE id >= g) FROM "
         "generate_series(1, 5) g");
    EXPECT_EQ(rows("FETCH 1 FROM c")[0][1], std::to_string(kRows));
    addRows(kRows + 1);
    for (int g = 2; g <= 5; ++g) {
        EXPECT_EQ(rows("FETCH 1 FROM c")[0][1], std::to_string(kRows + 1 - g));
    }
    must(*reader_, "COMMIT");
}

TEST_P(SnapshotOf, AStatementDoesNotSeeWhatItWritesItself) {
    if (std::string(GetParam()) == "sqlite") {
        GTEST_SKIP() << "a SQLite file has one writer, in whose session its readers are once a transaction changes it";
    }
    must(*reader_,
         "SET enable_hashjoin = off; SET enable_mergejoin = off; SET enable_material = off; SET "
         "tessera.write_batch_size = 1; SET tessera.pushdown = off");
    must(*reader_,
         "INSERT INTO src.two SELECT 1000 + 10 * a.id + b.id FROM (SELECT id FROM src.one WHERE id <= 5) a, "
         "LATERAL (SELECT id FROM src.two WHERE id > a.id AND (id <= 7 OR id > 1000)) b");
    EXPECT_EQ(rows("SELECT id FROM src.two WHERE id > 1000").size(), 20U);
}

/// A scan that makes way for another one while it computes a row keeps its rest, here on disk.
TEST_P(SnapshotOf, RowsThatMakeWayAreKeptOnDisk) {
    must(*reader_, "INSERT INTO src.one SELECT generate_series(1001, 31000)");
    must(*reader_, "SET work_mem = '64kB'; SET tessera.pushdown = off");
    const auto found = rows(
        "SELECT count(*), sum(id) FROM src.one WHERE id NOT IN (SELECT id FROM src.two WHERE id > 290) AND id % 2 = 1");
    ASSERT_EQ(found.size(), 1U);
    EXPECT_EQ(found[0][0], "15145");
    EXPECT_EQ(found[0][1], "240021025");
}

TEST_P(SnapshotOf, AStatementThatFailsLeavesUsableSessions) {
    for (int i = 0; i < 3; ++i) {
        EXPECT_FALSE(reader_->execute("SELECT 1 / (a.id - 250) FROM src.one a UNION ALL SELECT b.id FROM src.two b"));
        EXPECT_EQ(rows("SELECT (SELECT count(*) FROM src.one), (SELECT count(*) FROM src.two)")[0][1],
                  std::to_string(kRows));
    }
    EXPECT_LE(rows("SELECT * FROM tessera.connections").size(), 4U);
    EXPECT_EQ(rows("SELECT * FROM tessera.connections WHERE in_transaction OR state <> 'idle'").size(), 0U);
}

/// The snapshot of a transaction that has failed can't be shared any more: what is told is why it failed.
TEST_P(SnapshotOf, AScanThatFailsMeanwhileIsTheError) {
    if (GetParam() != std::string("postgres")) {
        GTEST_SKIP() << "no other source has sessions that share a snapshot";
    }
    ASSERT_TRUE(
        customer_->execute("CREATE VIEW failing AS SELECT id, 1 / (20000 - id) AS q, repeat('x', 20) AS t FROM "
                           "generate_series(1, 30000) id"));
    must(*reader_,
         "CREATE FOREIGN TABLE src.failing (id int, q int, t text) SERVER source OPTIONS (table_name 'failing');"
         "SET tessera.batch_memory = '64kB'; BEGIN; DECLARE c CURSOR FOR SELECT id, q, t, CASE WHEN id > 1 THEN "
         "(SELECT count(*) FROM src.two t WHERE random() < 2 AND t.id < f.id) END FROM src.failing f");
    EXPECT_EQ(rows("FETCH 1 FROM c").size(), 1U);
    auto watcher = customer_->connect();
    ASSERT_TRUE(watcher) << watcher.error().describe();
    EXPECT_TRUE(waitUntil([&] {
        const auto failed =
            watcher->query("SELECT FROM pg_stat_activity WHERE state LIKE 'idle in transaction (aborted)'");
        return failed && !failed->values.empty();
    }));
    const auto fetched = reader_->query("FETCH 1 FROM c");
    ASSERT_FALSE(fetched);
    EXPECT_EQ(fetched.error().sqlState(), "22012") << fetched.error().describe();
    EXPECT_THAT(fetched.error().message, HasSubstr("division by zero"));
    must(*reader_, "ROLLBACK; RESET tessera.batch_memory");
    EXPECT_EQ(rows("SELECT o.id FROM src.one o JOIN src.two t USING (id)").size(), static_cast<std::size_t>(kRows));
}

/// Of two nodes one serves a new version of the shard map first: it asks for shards that the other has in a moment.
TEST_P(SnapshotOf, AShardThatComesInAMomentIsWaitedFor) {
    if (GetParam() != std::string("postgres")) {
        GTEST_SKIP() << "shards are tables of nodes, which are PostgreSQL";
    }
    ASSERT_TRUE(customer_->execute("CREATE SCHEMA tessera_shard"));
    must(*reader_,
         "CREATE FOREIGN TABLE src.shard (id int) SERVER source OPTIONS (schema_name 'tessera_shard', table_name "
         "'one')");
    auto node = customer_->connect();
    ASSERT_TRUE(node) << node.error().describe();
    std::thread behind([&] {
        EXPECT_TRUE(waitUntil([&] {
            const auto asks = node->query("SELECT FROM pg_stat_activity WHERE query LIKE 'SELECT pg\\_sleep%'");
            return asks && !asks->values.empty();
        }));
        EXPECT_TRUE(node->query("CREATE TABLE tessera_shard.one AS SELECT 7 AS id"));
    });
    EXPECT_THAT(rows("SELECT id FROM src.shard"), testing::SizeIs(1));
    behind.join();

    must(
        *reader_,
        "CREATE FOREIGN TABLE src.gone (id int) SERVER source OPTIONS (schema_name 'tessera_shard', table_name 'two')");
    const auto never = reader_->query("SELECT id FROM src.gone");
    ASSERT_FALSE(never);
    EXPECT_EQ(never.error().sqlState(), "40001") << never.error().describe();
}

/// What asks once does so without a transaction.
TEST_P(SnapshotOf, OneLookUpIsOneRoundTrip) {
    must(*reader_, "PREPARE look_up(int) AS SELECT id FROM src.one WHERE id = $1");
    for (int i = 0; i < 8; ++i) {
        EXPECT_EQ(rows("EXECUTE look_up(7)").size(), 1U);
    }
    std::string plan;
    for (const auto& row : rows("EXPLAIN (ANALYZE, VERBOSE, COSTS OFF, TIMING OFF) EXECUTE look_up(7)")) {
        plan += row[0].value_or("") + "\n";
    }
    EXPECT_THAT(plan, HasSubstr("Remote Statements: 1"));
    if (std::string(GetParam()) == "postgres") {
        EXPECT_THAT(plan, HasSubstr("Round Trips: 1"));
    }
}

/// A large table of SQLite is read by several connections of the backend.
class SqliteInRanges : public SnapshotOf {
  protected:
    static constexpr int kMany = 20'000;

    void SetUp() override {
        SnapshotOf::SetUp();
        must(*reader_, "INSERT INTO src.one SELECT generate_series(" + std::to_string(kRows + 1) + ", " +
                           std::to_string(kMany) + "); SET tessera.min_parallel_scan_size = 0");
    }

    std::string explained(const std::string& sql) {
        std::string plan;
        for (const auto& row : rows("EXPLAIN (ANALYZE, VERBOSE, COSTS OFF, TIMING OFF) " + sql)) {
            plan += row[0].value_or("") + "\n";
        }
        return plan;
    }

    std::string value(const std::string& sql) { return rows(sql)[0][0].value_or("null"); }
};

constexpr const char* kAllRows =
    "SELECT count(*) || ' ' || sum(id) || ' ' || count(DISTINCT id) FROM src.one WHERE "
    "random() >= 0";

TEST_P(SqliteInRanges, OnlyLargeScansAreDivided) {
    EXPECT_THAT(explained("SELECT id FROM src.one"), HasSubstr("Readers: "));
    EXPECT_THAT(explained("SELECT id FROM src.one WHERE id % 3 = 1 AND random() >= 0"), HasSubstr("Readers: "));
    EXPECT_EQ(value(kAllRows), "20000 200010000 20000");
    must(*reader_,
         "PREPARE above(int) AS SELECT count(*) FROM src.one WHERE id > $1 AND random() >= 0; SET "
         "plan_cache_mode = force_generic_plan");
    EXPECT_THAT(explained("EXECUTE above(5000)"), HasSubstr("Readers: "));
    EXPECT_EQ(value("EXECUTE above(5000)"), "15000");
    EXPECT_EQ(value("EXECUTE above(15000)"), "5000");
    EXPECT_EQ(value("EXECUTE above(NULL)"), "0");
    for (const char* one : {"SELECT id FROM src.one ORDER BY id", "SELECT count(*) FROM src.one",
                            "SELECT id FROM src.one LIMIT 5", "SELECT id FROM src.one FOR UPDATE"}) {
        EXPECT_THAT(explained(one), Not(HasSubstr("Readers: "))) << one;
    }
    must(*reader_, "SET tessera.parallel_scans = 1");
    EXPECT_THAT(explained("SELECT id FROM src.one"), Not(HasSubstr("Readers: ")));
    must(*reader_, "RESET tessera.parallel_scans; RESET tessera.min_parallel_scan_size");
    EXPECT_THAT(explained("SELECT id FROM src.one"), Not(HasSubstr("Readers: ")));
}

TEST_P(SqliteInRanges, ACursorSeesTheStateOfItsStart) {
    must(*reader_, "BEGIN; DECLARE c CURSOR FOR SELECT id FROM src.one WHERE random() >= 0");
    EXPECT_EQ(rows("FETCH 1 FROM c").size(), 1U);
    must(*writer_, "DELETE FROM src.one WHERE id % 2 = 0");
    EXPECT_EQ(rows("FETCH ALL FROM c").size(), static_cast<std::size_t>(kMany - 1));
    EXPECT_EQ(value(kAllRows), "10000 100000000 10000");
    // One that is closed in the middle is in nobody's way.
    must(*reader_, "DECLARE d CURSOR FOR SELECT id FROM src.one WHERE random() >= 0; FETCH 1 FROM d; CLOSE d; COMMIT");
    must(*writer_, "DELETE FROM src.one");
    EXPECT_EQ(value("SELECT count(*) FROM (SELECT id FROM src.one OFFSET 0) x"), "0");
}

TEST_P(SqliteInRanges, ATransactionSeesWhatItWrote) {
    must(*reader_, "BEGIN; DELETE FROM src.one WHERE id <= 100; INSERT INTO src.one VALUES (100000)");
    EXPECT_EQ(value(kAllRows), "19901 200104950 19901");
    EXPECT_THAT(explained("SELECT id FROM src.one"), Not(HasSubstr("Readers: ")));
    must(*reader_, "ROLLBACK; BEGIN ISOLATION LEVEL REPEATABLE READ");
    EXPECT_EQ(value(kAllRows), "20000 200010000 20000");
    must(*writer_, "DELETE FROM src.one WHERE id > 1000");
    EXPECT_EQ(value(kAllRows), "20000 200010000 20000");
    must(*reader_, "COMMIT");
    EXPECT_EQ(value(kAllRows), "1000 500500 1000");
}

TEST_P(SqliteInRanges, ErrorsAndTimeoutsLeaveUsableSessions) {
    for (int i = 0; i < 3; ++i) {
        EXPECT_FALSE(reader_->execute("SELECT 1 / (id - 15000) FROM src.one"));
        EXPECT_EQ(value(kAllRows), "20000 200010000 20000");
    }
    must(*reader_, "SET statement_timeout = '200ms'");
    const auto late = reader_->query("SELECT pg_sleep(0.001) FROM src.one WHERE random() >= 0");
    ASSERT_FALSE(late);
    EXPECT_EQ(late.error().sqlState(), "57014");
    must(*reader_, "RESET statement_timeout");
    EXPECT_EQ(value(kAllRows), "20000 200010000 20000");
    EXPECT_EQ(rows("SELECT * FROM tessera.connections").size(), 1U);
}

INSTANTIATE_TEST_SUITE_P(Sources, SqliteInRanges, testing::Values("sqlite"),
                         [](const auto& tested) { return std::string(tested.param); });

INSTANTIATE_TEST_SUITE_P(Sources, SnapshotOf, testing::Values("postgres", "mysql", "sqlite"),
                         [](const auto& tested) { return std::string(tested.param); });

}  // namespace
}  // namespace tessera
