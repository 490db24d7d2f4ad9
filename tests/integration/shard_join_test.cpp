/// Joins of sharded tables with other tables of the mesh, at the shards' nodes: the same rows as of plain tables.

#include "tests/support/mesh_nodes.h"
#include "tests/support/seed.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <random>
#include <string>
#include <vector>

namespace tessera {
namespace {

using postgres::Connection;
using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

class ShardJoin : public testing::Test {
  protected:
    static void SetUpTestSuite() {
        const std::string sql =
            "CREATE TABLE orders (id bigint NOT NULL, customer int NOT NULL, product int, amount numeric(12,2), note "
            "text, PRIMARY KEY (customer, id)); CREATE TABLE segments (customer int NOT NULL PRIMARY KEY, name text, "
            "rank int); CREATE TABLE products (product int NOT NULL PRIMARY KEY, label text, price int); CREATE TABLE "
            "visits (customer int NOT NULL, day int NOT NULL, PRIMARY KEY (customer, day)); CREATE TABLE spare "
            "(product int NOT NULL PRIMARY KEY, label text, price int); CREATE TABLE calls (customer int NOT NULL "
            "PRIMARY "
            "KEY, product int); CREATE TABLE copy (customer int NOT NULL PRIMARY KEY, product int);";
        mesh_ = std::make_unique<MeshNodes>(sql);
        ASSERT_TRUE(mesh_->server().execute(sql, "plain"));
        for (const char* made :
             {"create_sharded_table('sales.orders', 'hash (customer)', '[\"a/crm.orders\", \"b/crm.orders\", "
              "\"c/crm.orders\"]', key => '{customer, id}', writers => '{tester}')",
              "create_sharded_table('sales.visits', 'hash (customer)', '[\"a/crm.visits\", \"b/crm.visits\", "
              "\"c/crm.visits\"]', key => '{customer, day}', writers => '{tester}')",
              "create_sharded_table('sales.products', 'range (product)', '[{\"at\": \"b/crm.products\", \"to\": [20]}, "
              "{\"at\": \"c/crm.products\", \"from\": [20]}]', key => '{product}', writers => '{tester}')",
              "create_reference_table('sales.segments', 'a/crm.segments', '{b/crm.segments, c/crm.segments}', key => "
              "'{customer}', writers => '{tester}')"}) {
            ASSERT_EQ(ask(0, std::string("SELECT tessera.") + made), "NULL\n");
        }
        fill(
            "orders SELECT i, i % 97, CASE WHEN i % 7 > 0 THEN i % 53 END, i / 4.0, CASE WHEN i % 5 > 0 THEN 'note ' "
            "|| i % 11 END FROM generate_series(1, 3000) i");
        // Not each customer has a segment or has come, not each product is known.
        fill(
            "segments SELECT i, CASE WHEN i % 6 > 0 THEN 'segment ' || i % 5 END, i % 9 FROM generate_series(0, 80) i");
        fill("products SELECT i, 'product ' || i % 8, i * 3 FROM generate_series(0, 40) i");
        fill("visits SELECT i % 60, i / 60 FROM generate_series(0, 400) i");
        for (std::size_t node = 0; node < kMembers; ++node) {
            // What the sources know of their columns is known to the planner, too.
            ASSERT_TRUE(mesh_->server().execute("ANALYZE", MeshNodes::databaseOf(node)));
            ASSERT_TRUE(
                waitUntil([&] { return ask(node, "SELECT count(*) FROM sales.segments") == "81\n"; }, kPatience));
            ASSERT_TRUE(waitUntil(
                [&] {
                    return node == 0 || ask(node, "EXPLAIN (VERBOSE) SELECT * FROM sales.segments").find("Read From") !=
                                            std::string::npos;
                },
                kPatience));
            ask(node, "ANALYZE sales.orders; ANALYZE sales.products");
        }
    }

    static void TearDownTestSuite() { mesh_.reset(); }

    static std::string ask(std::size_t node, const std::string& sql) {
        Connection at = mesh_->connect(node);
        return answerOf(at, sql);
    }

    static void fill(const std::string& rows) {
        ASSERT_THAT(ask(0, "INSERT INTO sales." + rows), Not(HasSubstr("error")));
        ASSERT_TRUE(mesh_->server().execute("INSERT INTO " + rows, "plain"));
    }

    static std::string plan(std::size_t node, const std::string& sql, const std::string& mode = "force") {
        Connection at = mesh_->connect(node);
        EXPECT_TRUE(at.execute("SET tessera.repartition_joins = off; SET tessera.shard_joins = " + mode));
        return answerOf(at, "EXPLAIN (VERBOSE, COSTS OFF) " + sql);
    }

    inline static std::unique_ptr<MeshNodes> mesh_;
};

TEST_F(ShardJoin, WithAReferenceTableIsDoneAndAggregatedAtEachShard) {
    const std::string sql =
        "SELECT s.name, count(*), sum(o.amount), avg(o.product) FROM sales.orders o JOIN sales.segments s USING "
        "(customer) GROUP BY s.name ORDER BY 1";
    for (std::size_t node = 0; node < kMembers; ++node) {
        const std::string shown = plan(node, sql);
        EXPECT_EQ(count(shown, "INNER JOIN (all of sales.segments, as it is there s)"), 2U) << shown;
        EXPECT_EQ(count(shown, "Partial aggregate on"), 3U) << shown;
        EXPECT_EQ(count(shown, "Async Foreign Scan"), 3U) << shown;
        const std::string of_key = plan(node,
                                        "SELECT * FROM sales.orders o JOIN sales.segments s USING (customer) "
                                        "WHERE o.customer = 42");
        EXPECT_LE(count(of_key, "Foreign Scan"), 2U) << of_key;
    }
}

TEST_F(ShardJoin, OfWhatIsShardedOtherwiseIsABroadcast) {
    const std::string sql = "SELECT count(*) FROM sales.orders o JOIN sales.products p USING (product)";
    for (std::size_t node = 0; node < kMembers; ++node) {
        const std::string shown = plan(node, sql);
        EXPECT_EQ(count(shown, "INNER JOIN (all of sales.products, as it is there p)"), 2U) << shown;
    }
    EXPECT_EQ(count(plan(0, sql, "off"), "as it is there"), 0U);
    // The smaller one is sent to the shards of the larger one, whichever comes first.
    EXPECT_EQ(count(plan(0, "SELECT count(*) FROM sales.products p JOIN sales.orders o USING (product)"),
                    "all of sales.products"),
              2U);
    EXPECT_EQ(
        count(plan(0, "SELECT * FROM sales.orders o LEFT JOIN sales.products p USING (product)"), "LEFT JOIN (all of"),
        2U);
    EXPECT_EQ(count(plan(0,
                         "SELECT * FROM sales.orders o WHERE NOT EXISTS (SELECT FROM sales.products p WHERE "
                         "p.product = o.product)"),
                    "ANTI JOIN (all of"),
              2U);
    // Rows of the other side would come once from each shard.
    EXPECT_EQ(
        count(plan(0, "SELECT * FROM sales.orders o FULL JOIN sales.segments s USING (customer)"), "as it is there"),
        0U);
}

/// Nodes that read for a session see nothing of its transaction, so that they do not read for it what it has changed.
TEST_F(ShardJoin, SeesWhatItsTransactionHasWritten) {
    const std::string sql =
        "SELECT count(*), sum(p.price) FROM sales.orders o JOIN sales.products p USING (product) WHERE p.label = 'new'";
    Connection at = mesh_->connect(0);
    ASSERT_TRUE(
        at.execute("SET tessera.shard_joins = force; SET plan_cache_mode = force_generic_plan; PREPARE kept AS " + sql +
                   "; PREPARE of_orders AS SELECT count(*) FROM sales.orders o JOIN sales.segments s "
                   "USING (customer) WHERE o.note = 'new'"));
    for (int round = 0; round < 2; ++round) {
        ASSERT_EQ(answerOf(at, "EXECUTE kept"), "0|NULL\n");
        ASSERT_EQ(answerOf(at, "EXECUTE of_orders"), "0\n");
        ASSERT_THAT(plan(0, sql), HasSubstr("as it is there"));
        ASSERT_TRUE(at.execute("BEGIN"));
        ASSERT_THAT(answerOf(at, "UPDATE sales.products SET label = 'new' WHERE product IN (3, 33)"),
                    Not(HasSubstr("error")));
        Connection plain = mesh_->direct("plain");
        const std::string expected = answerOf(
            plain, "SELECT count(*), sum(price) FROM orders JOIN products USING (product) WHERE product IN (3, 33)");
        EXPECT_EQ(answerOf(at, "EXECUTE kept"), expected);
        EXPECT_EQ(answerOf(at, sql), expected);
        ASSERT_THAT(answerOf(at, "UPDATE sales.orders SET note = 'new' WHERE id < 50"), Not(HasSubstr("error")));
        EXPECT_EQ(answerOf(at, "EXECUTE of_orders"),
                  answerOf(plain, "SELECT count(*) FROM orders JOIN segments USING (customer) WHERE id < 50"));
        ASSERT_TRUE(at.execute("ROLLBACK"));
    }
}

/// A shard whose node is away is joined at the node of its copy, by kept plans, too.
TEST_F(ShardJoin, GoesOnAtTheCopiesOfShards) {
    ASSERT_EQ(ask(0,
                  "SELECT tessera.create_sharded_table('sales.calls', 'hash (customer)', '[\"a/crm.calls\", {\"at\": "
                  "\"b/crm.calls\", \"replicas\": [\"c/crm.copy\"]}]', key => '{customer}', writers => '{tester}')"),
              "NULL\n");
    ASSERT_THAT(ask(0, "INSERT INTO sales.calls SELECT i, i % 50 FROM generate_series(0, 500) i"),
                Not(HasSubstr("error")));
    const std::string sql =
        "SELECT s.name, count(*), sum(c.product) FROM sales.calls c JOIN sales.segments s USING (customer) GROUP BY 1 "
        "ORDER BY 1";
    Connection at = mesh_->connect(0);
    ASSERT_TRUE(at.execute("SET tessera.shard_joins = off"));
    const std::string expected = answerOf(at, sql);
    ASSERT_THAT(expected, HasSubstr("segment 1|"));
    Connection source = mesh_->direct("crm_b");
    Connection copy = mesh_->direct("crm_c");
    ASSERT_TRUE(waitUntil(
        [&] {
            return ask(0, "SELECT state FROM tessera.shard_replicas WHERE name = 'sales.calls'") == "in step\n" &&
                   ask(2, "SELECT count(*) FROM sales.calls") == "501\n" &&
                   answerOf(copy, "SELECT count(*) FROM copy") == answerOf(source, "SELECT count(*) FROM calls");
        },
        2 * kPatience));
    ASSERT_TRUE(at.execute(
        "SET tessera.shard_joins = force; SET plan_cache_mode = force_generic_plan; PREPARE kept AS " + sql));
    ASSERT_EQ(answerOf(at, "EXECUTE kept"), expected);
    ASSERT_THAT(plan(0, sql), AllOf(HasSubstr("Source: b"), HasSubstr("INNER JOIN (all of sales.segments")));
    mesh_->at(1).kill();
    EXPECT_TRUE(waitUntil(
        [&] {
            const std::string answer = answerOf(at, "EXECUTE kept");
            EXPECT_TRUE(answer == expected || answer.find("error 08") == 0) << answer;
            return answer == expected;
        },
        kPatience));
    EXPECT_THAT(plan(0, sql), AllOf(HasSubstr("Source: c"), HasSubstr("INNER JOIN (all of sales.segments"),
                                    HasSubstr("Read From: the copy c/crm.copy of shard 1 of sales.calls")));
    const auto launched = mesh_->at(1).launch();
    ASSERT_TRUE(launched) << launched.error().describe();
    EXPECT_TRUE(waitUntil([&] { return plan(0, sql).find("Source: b") != std::string::npos; }, kPatience));
    EXPECT_EQ(answerOf(at, "EXECUTE kept"), expected);
}

/// It has a table of its own by that name: its rows are none of the mesh's.
TEST_F(ShardJoin, IsNotAskedOfANodeThatDoesNotServeTheTable) {
    mesh_->at(1).kill();
    writeFile(
        mesh_->at(1).folder() / "init/clash.sql",
        "CREATE SCHEMA IF NOT EXISTS sales; CREATE TABLE IF NOT EXISTS sales.clash AS SELECT i AS product, 'wrong' "
        "AS label, 0 AS price FROM generate_series(0, 60) i; GRANT SELECT ON sales.clash TO PUBLIC");
    const auto launched = mesh_->at(1).launch();
    ASSERT_TRUE(launched) << launched.error().describe();
    ASSERT_TRUE(waitUntil([] { return ask(0, "SELECT count(*) FROM sales.orders") == "3000\n"; }, kPatience));
    ASSERT_EQ(ask(0,
                  "SELECT tessera.create_reference_table('sales.clash', 'c/crm.spare', '{}', key => '{product}', "
                  "writers => '{tester}')"),
              "NULL\n");
    const std::string sql =
        "SELECT p.label, count(*) FROM sales.orders o JOIN sales.clash p USING (product) GROUP BY 1 ORDER BY 1";
    ASSERT_TRUE(waitUntil([] { return ask(0, "SELECT to_regclass('sales.clash')") == "sales.clash\n"; }, kPatience));
    const std::string shown = plan(0, sql);
    EXPECT_EQ(count(shown, "all of sales.clash"), 0U) << shown;
    Connection at = mesh_->connect(0);
    ASSERT_TRUE(at.execute("SET tessera.shard_joins = force"));
    ASSERT_THAT(answerOf(at, "INSERT INTO sales.clash SELECT i, 'right', 0 FROM generate_series(0, 60) i"),
                Not(HasSubstr("error")));
    Connection plain = mesh_->direct("plain");
    EXPECT_EQ(answerOf(at, sql), "right|" + answerOf(plain, "SELECT count(product) FROM orders"));
}

/// Policies and masks of the asking node hold, whatever other nodes could read for it: such tables are joined here.
TEST_F(ShardJoin, ShowsWhatPoliciesShow) {
    mesh_->at(0).kill();
    writeFile(
        mesh_->at(0).folder() / "init/administer.sql",
        "CREATE OR REPLACE FUNCTION public.administer(sql text) RETURNS void LANGUAGE plpgsql SECURITY DEFINER AS "
        "'BEGIN EXECUTE sql; END'; GRANT EXECUTE ON FUNCTION public.administer TO PUBLIC");
    const auto launched = mesh_->at(0).launch();
    ASSERT_TRUE(launched) << launched.error().describe();
    ASSERT_TRUE(waitUntil([] { return ask(0, "SELECT count(*) FROM sales.orders") == "3000\n"; }, kPatience));
    const auto administer = [](const std::string& what) {
        EXPECT_THAT(ask(0, "SELECT administer($$SELECT tessera." + what + "$$)"), Not(HasSubstr("error"))) << what;
    };
    administer("create_policy('sales.segments', 'low', 'rank < 4')");
    administer("create_policy('sales.products', 'cheap', 'price < 60')");
    administer("create_policy('sales.orders', 'even', 'id % 2 = 0')");
    administer("create_mask('sales.segments', 'name', $m$'hidden ' || rank$m$)");
    const std::string orders = "(SELECT * FROM orders WHERE id % 2 = 0) o ";
    const std::string segments = " (SELECT * FROM segments WHERE rank < 4) s USING (customer) ";
    const std::string products = " (SELECT * FROM products WHERE price < 60) p USING (product) GROUP BY 1 ORDER BY 1";
    Connection plain = mesh_->direct("plain");
    Connection at = mesh_->connect(0);
    for (const char* mode : {"off", "auto", "force"}) {
        ASSERT_TRUE(at.execute(std::string("SET tessera.shard_joins = ") + mode));
        for (const std::string join : {"JOIN", "LEFT JOIN"}) {
            EXPECT_EQ(answerOf(at, "SELECT s.name, count(*), sum(p.price) FROM sales.orders o " + join +
                                       " sales.segments s USING (customer) " + join +
                                       " sales.products p USING (product) GROUP BY 1 ORDER BY 1"),
                      answerOf(plain, "SELECT 'hidden ' || s.rank, count(*), sum(p.price) FROM " + orders + join +
                                          segments + join + products))
                << mode;
        }
        // What fails for hidden rows would tell of them.
        EXPECT_EQ(
            answerOf(at,
                     "SELECT count(*) FROM sales.orders o WHERE NOT EXISTS (SELECT FROM sales.segments s WHERE "
                     "s.customer = o.customer AND 10 / (s.rank - 8) < 100)"),
            answerOf(plain, "SELECT count(*) FROM " + orders +
                                "WHERE NOT EXISTS (SELECT FROM segments s WHERE s.customer = o.customer AND rank < 4)"))
            << mode;
    }
    for (const char* drop : {"drop_policy('sales.segments', 'low')", "drop_policy('sales.products', 'cheap')",
                             "drop_policy('sales.orders', 'even')", "drop_mask('sales.segments', 'name')"}) {
        administer(drop);
    }
}

/// A query that all of the kinds of joins may be part of, by the seed.
class RandomJoins {
  public:
    explicit RandomJoins(std::mt19937& random) : random_(random) {}

    std::string query() {
        std::string from = "sales.orders o";
        std::string where = oneOf({"true", "o.id % 3 = 1", "o.amount > 300", "o.customer < 30", "o.note IS NOT NULL",
                                   "o.customer IN (3, 4, 42)", "o.customer = 42"});
        std::vector<std::string> columns = {"o.customer", "o.note", "o.product"};
        bool has_segments = false;
        bool has_products = false;
        for (int i = 0; i < 2; ++i) {
            switch (random_() % 6) {
                case 0:
                    if (!has_segments) {
                        from += oneOf({" JOIN ", " LEFT JOIN "}) + "sales.segments s ON s.customer = o.customer" +
                                oneOf({"", " AND s.rank > 3", " AND o.amount > 200"});
                        columns.insert(columns.end(), {"s.name", "s.rank"});
                        where += oneOf({"", " AND s.rank < 7", " AND s.name IS NULL"});
                        has_segments = true;
                    }
                    break;
                case 1:
                    if (!has_products) {
                        from += oneOf({" JOIN ", " LEFT JOIN "}) + "sales.products p ON p.product = o.product" +
                                oneOf({"", " AND p.price > 30", " AND o.id % 2 = 0"});
                        columns.insert(columns.end(), {"p.label", "p.price"});
                        where += oneOf({"", " AND p.price < 100", " AND p.label IS NOT NULL"});
                        has_products = true;
                    }
                    break;
                case 2:
                    where += " AND " + oneOf({"", "NOT "}) +
                             "EXISTS (SELECT FROM sales.products q WHERE q.product = o.product" +
                             oneOf({"", " AND q.price > 20", " AND q.price > o.amount"}) + ")";
                    break;
                case 3:
                    where += " AND " + oneOf({"", "NOT "}) +
                             "EXISTS (SELECT FROM sales.segments t WHERE t.customer = o.customer" +
                             oneOf({"", " AND t.rank <> 4"}) + ")";
                    break;
                case 4:
                    where += " AND o.product " + oneOf({"", "NOT "}) +
                             "IN (SELECT product FROM sales.products WHERE price > 50)";
                    break;
                default:
                    where += " AND EXISTS (SELECT FROM sales.visits v WHERE v.customer = o.customer AND v.day < 4)";
                    break;
            }
        }
        const std::string rest = " FROM " + from + " WHERE " + where;
        const std::string key = oneOf(columns);
        const std::string other = oneOf(columns);
        switch (random_() % 3) {
            case 0:
                return "SELECT o.id, " + key + ", " + other + rest + " ORDER BY 1, 2, 3 LIMIT 400";
            case 1:
                return "SELECT " + key + ", count(*), sum(o.amount), avg(o.id), min(" + other + "), count(DISTINCT " +
                       other + ")" + rest + " GROUP BY 1 ORDER BY 1";
            default:
                return "SELECT " + key + ", " + other + ", count(*), sum(o.amount), max(o.id)" + rest +
                       " GROUP BY 1, 2" + oneOf({"", " HAVING count(*) > 5"}) + " ORDER BY 1, 2, 3";
        }
    }

  private:
    std::string oneOf(const std::vector<std::string>& texts) { return texts[random_() % texts.size()]; }

    std::mt19937& random_;
};

TEST_F(ShardJoin, GivesWhatPlainTablesGive) {
    std::mt19937 random(testSeed());
    RandomJoins joins(random);
    Connection plain = mesh_->direct("plain");
    std::vector<Connection> nodes;
    for (std::size_t node = 0; node < kMembers; ++node) {
        nodes.push_back(mesh_->connect(node));
    }
    std::size_t at_shards = 0;
    for (int i = 0; i < 80; ++i) {
        const std::string sql = joins.query();
        const std::string expected = answerOf(plain, plainOf(sql));
        ASSERT_THAT(expected, Not(HasSubstr("error"))) << sql;
        for (const char* mode : {"off", "auto", "force"}) {
            Connection& at = nodes[random() % kMembers];
            ASSERT_TRUE(at.execute(std::string("SET tessera.shard_joins = ") + mode));
            EXPECT_EQ(answerAgain(at, sql), expected)
                << mode << ": " << sql << answerOf(at, "EXPLAIN (VERBOSE) " + sql);
            at_shards += answerOf(at, "EXPLAIN (VERBOSE) " + sql).find("as it is there") != std::string::npos ? 1 : 0;
        }
    }
    EXPECT_GT(at_shards, 20U);
}

}  // namespace
}  // namespace tessera
