/// Plans over several sources at once: two servers of one PostgreSQL, with tables that tell when they are read.

#include "common/strings.h"
#include "tests/support/temporary_postgres.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace tessera {
namespace {

using postgres::Connection;
using testing::HasSubstr;
using testing::Not;

/// "reads" has one row, which costs half a second; whoever reads it counts.
constexpr const char* kCustomer = R"sql(
    CREATE SEQUENCE readings;
    CREATE VIEW reads AS SELECT 1 AS id, clock_timestamp() AS began, nextval('readings') AS n, pg_sleep(0.5)::text AS slept;
    CREATE TABLE small AS SELECT i AS id, 'row ' || i AS name FROM generate_series(1, 100) i;
    CREATE TABLE big AS SELECT i AS id, i % 1000 AS k, 'row ' || i AS name FROM generate_series(1, 50000) i;
    ALTER TABLE big ADD PRIMARY KEY (id);
    ANALYZE)sql";

class AcrossServers : public testing::Test {
  protected:
    static void SetUpTestSuite() {
        auto customer = TemporaryPostgres::start();
        ASSERT_TRUE(customer) << customer.error().describe();
        customer_ = std::make_unique<TemporaryPostgres>(std::move(*customer));
        auto node = TemporaryPostgres::start({.with_extension = true});
        ASSERT_TRUE(node) << node.error().describe();
        node_ = std::make_unique<TemporaryPostgres>(std::move(*node));
        const auto made = customer_->execute(kCustomer);
        ASSERT_TRUE(made) << made.error().describe();
        auto connection = node_->connect();
        ASSERT_TRUE(connection) << connection.error().describe();
        connection_ = std::make_unique<Connection>(std::move(*connection));
        std::string sql = "CREATE EXTENSION tessera_fdw;";
        for (const std::string name : {"a", "b"}) {
            sql += "CREATE SERVER " + name +
                   " FOREIGN DATA WRAPPER tessera_fdw OPTIONS (connector 'postgres', host '127.0.0.1', port '" +
                   std::to_string(customer_->port()) +
                   "', dbname 'postgres'); CREATE USER MAPPING FOR CURRENT_USER SERVER " + name +
                   " OPTIONS (user 'postgres', password " + quoteLiteral(TemporaryPostgres::kPassword) +
                   "); CREATE SCHEMA " + name + "; IMPORT FOREIGN SCHEMA public FROM SERVER " + name + " INTO " + name +
                   ";" + "ANALYZE " + name + ".small; ANALYZE " + name + ".big;";
        }
        must(sql +
             "CREATE TABLE few AS SELECT i * 37 AS id FROM generate_series(1, 20) i;"
             "CREATE TABLE many AS SELECT i AS id, i % 7 AS k FROM generate_series(1, 40000) i; ANALYZE few, many");
    }

    static void TearDownTestSuite() {
        connection_.reset();
        node_.reset();
        customer_.reset();
    }

    void SetUp() override { must("RESET ALL; SET jit = off"); }

    static void must(const std::string& sql) {
        const auto done = connection_->execute(sql);
        ASSERT_TRUE(done) << sql << "\n" << done.error().describe();
    }

    static std::string value(const std::string& sql) {
        auto found = connection_->queryValue(sql);
        EXPECT_TRUE(found) << sql << "\n" << found.error().describe();
        return found ? found->value_or("NULL") : "";
    }

    static std::string explain(const std::string& sql, const std::string& options = "COSTS OFF") {
        std::string text;
        auto rows = connection_->query("EXPLAIN (" + options + ") " + sql);
        EXPECT_TRUE(rows) << sql << "\n" << rows.error().describe();
        for (const auto& row : rows ? rows->values : decltype(rows->values){}) {
            text += row[0].value_or("") + "\n";
        }
        return text;
    }

    static std::string readings() {
        auto connection = customer_->connect();
        return connection->queryValue("SELECT CASE WHEN is_called THEN last_value ELSE 0 END FROM readings")
            ->value_or("");
    }

    static void forgetReadings() {
        ASSERT_TRUE(customer_->execute("ALTER SEQUENCE readings RESTART"));
        ASSERT_EQ(readings(), "0");
    }

    inline static std::unique_ptr<TemporaryPostgres> customer_;
    inline static std::unique_ptr<TemporaryPostgres> node_;
    inline static std::unique_ptr<Connection> connection_;
};

TEST_F(AcrossServers, SourcesWorkAtTheSameTime) {
    for (const char* from : {"(SELECT * FROM a.reads UNION ALL SELECT * FROM b.reads) x",
                             "(SELECT r.* FROM a.reads r UNION ALL SELECT s.* FROM b.reads s ORDER BY n LIMIT 5) x"}) {
        EXPECT_EQ(value(std::string("SELECT max(began) - min(began) < interval '400 ms' FROM ") + from), "t") << from;
    }
    must("SET enable_nestloop = off; SET enable_mergejoin = off; SET tessera.enable_bind_join = off");
    EXPECT_EQ(value("SELECT greatest(x.began, y.began) - least(x.began, y.began) < interval '400 ms' "
                    "FROM a.reads x JOIN b.reads y ON x.id = y.id"),
              "t");
}

TEST_F(AcrossServers, StartsNothingThatIsNotWanted) {
    forgetReadings();
    must("EXPLAIN (VERBOSE) SELECT * FROM a.reads UNION ALL SELECT * FROM b.reads");
    EXPECT_EQ(readings(), "0");
    must("SELECT * FROM (SELECT * FROM a.reads UNION ALL SELECT * FROM b.reads ORDER BY n) x LIMIT 0");
    EXPECT_EQ(readings(), "0");
    must("SELECT * FROM a.reads UNION ALL SELECT * FROM b.reads LIMIT 1");
    EXPECT_EQ(readings(), "1");
    must("BEGIN; DECLARE c CURSOR FOR SELECT * FROM a.reads UNION ALL SELECT * FROM b.reads; FETCH 1 FROM c; COMMIT");
    EXPECT_EQ(readings(), "2");
}

TEST_F(AcrossServers, PlansAreWhatOneWouldWant) {
    const std::string small_with_large = explain("SELECT * FROM few JOIN a.big USING (id)", "VERBOSE, COSTS OFF");
    EXPECT_THAT(small_with_large, HasSubstr("Bind Join"));
    EXPECT_THAT(small_with_large, HasSubstr("(\"id\" = ANY($1::int4[]))"));
    const std::string two_large = explain("SELECT * FROM many JOIN a.big USING (id)");
    EXPECT_THAT(two_large, HasSubstr("Hash Join"));
    EXPECT_THAT(explain("SELECT * FROM a.small JOIN a.big USING (id)", "VERBOSE, COSTS OFF"), HasSubstr("INNER JOIN"));
    EXPECT_THAT(explain("SELECT * FROM a.small s JOIN b.big USING (id) WHERE s.id < 5"), HasSubstr("Bind Join"));
    EXPECT_THAT(explain("SELECT * FROM a.big WHERE id IN (SELECT id FROM few)"), HasSubstr("Bind Join"));
    must("SET tessera.enable_bind_join = off");
    EXPECT_THAT(explain("SELECT * FROM few JOIN a.big USING (id)"), Not(HasSubstr("Bind Join")));
}

TEST_F(AcrossServers, KeepsSmallResultsForTheSameParameters) {
    must("SET enable_memoize = off; SET enable_material = off");
    const std::string plan = explain(
        "SELECT (SELECT max(name) FROM a.big b WHERE b.id = l.g) FROM (SELECT i / 10 AS g FROM generate_series(10, 39) "
        "i) l",
        "ANALYZE, VERBOSE, COSTS OFF, TIMING OFF, SUMMARY OFF");
    EXPECT_THAT(plan, HasSubstr("loops=30"));
    EXPECT_THAT(plan, HasSubstr("Remote Statements: 3"));
}

/// What is locked or changed is read again by PostgreSQL itself, which a bind join can't do.
TEST_F(AcrossServers, NoBindJoinWhereRowsAreLocked) {
    EXPECT_THAT(explain("SELECT * FROM few JOIN a.big USING (id) FOR UPDATE OF few"), Not(HasSubstr("Bind Join")));
    EXPECT_THAT(explain("UPDATE few SET id = few.id FROM a.big WHERE few.id = big.id"), Not(HasSubstr("Bind Join")));
    EXPECT_THAT(explain("INSERT INTO few SELECT big.id FROM few JOIN a.big USING (id)"), HasSubstr("Bind Join"));
}

/// A batch has a bound in bytes, too: a thousand keys with long rows are several batches.
TEST_F(AcrossServers, BatchesAreBoundedInBytes) {
    must("SET work_mem = '64kB'");
    const std::string plan = explain(
        "SELECT l.id, length(l.ballast), b.name FROM (SELECT id, repeat(id::text, 500) AS ballast FROM few) l "
        "LEFT JOIN a.big b ON b.id = l.id AND b.name <> l.ballast",
        "ANALYZE, VERBOSE, COSTS OFF, TIMING OFF, SUMMARY OFF");
    EXPECT_THAT(plan, HasSubstr("Keys Sent: 20"));
    must("SET enable_hashjoin = off; SET enable_mergejoin = off; SET enable_nestloop = off");
    const std::string many = explain(
        "SELECT l.id, length(l.ballast), b.name FROM (SELECT id, repeat(id::text, 500) AS ballast FROM many "
        "WHERE id <= 1000 OFFSET 0) l LEFT JOIN a.big b ON b.id = l.id",
        "ANALYZE, VERBOSE, COSTS OFF, TIMING OFF, SUMMARY OFF");
    EXPECT_THAT(many, HasSubstr("Keys Sent: 1000"));
    EXPECT_THAT(many, Not(HasSubstr("Round Trips: 1\n")));
}

}  // namespace
}  // namespace tessera
