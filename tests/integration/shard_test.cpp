/// Sharded tables over the sources of three real nodes: declared once, served by every node, and the same to whoever
/// asks as a plain table would be.

#include "tests/support/mesh_nodes.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

namespace tessera {
namespace {

using postgres::Connection;
using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

class Shard : public testing::Test {
  protected:
    static constexpr const char* kOrders =
        "(id bigint NOT NULL, customer int NOT NULL, amount numeric(12,2), note text, placed date, PRIMARY KEY "
        "(customer, id))";

    static void SetUpTestSuite() {
        mesh_ = std::make_unique<MeshNodes>(std::string("CREATE TABLE orders ") + kOrders +
                                            "; CREATE TABLE spread (id bigint NOT NULL PRIMARY KEY)");
        ASSERT_TRUE(mesh_->server().execute(std::string("CREATE TABLE orders ") + kOrders, "plain"));
    }

    static void TearDownTestSuite() { mesh_.reset(); }

    static void create() {
        Connection a = mesh_->connect(0);
        if (answerOf(a, "SELECT count(*) FROM tessera.sharded_tables WHERE name = 'sales.orders'") == "0\n") {
            EXPECT_EQ(answerOf(a,
                               "SELECT tessera.create_sharded_table('sales.orders', 'hash (customer)', "
                               "'[\"a/crm.orders\", \"b/crm.orders\", \"c/crm.orders\"]', key => '{customer, id}', "
                               "writers => '{tester}')"),
                      "NULL\n");
            change(
                0,
                "INSERT INTO sales.orders SELECT i, i % 97, i / 4.0, CASE WHEN i % 5 > 0 THEN 'note ' || i END, date "
                "'2026-01-01' + i % 300 FROM generate_series(1, 3000) i");
        }
    }

    /// At the node, and the same of the plain table.
    static void change(std::size_t node, const std::string& sql) {
        Connection at = mesh_->connect(node);
        EXPECT_THAT(answerOf(at, sql), Not(HasSubstr("error"))) << sql;
        Connection plain = mesh_->direct("plain");
        ASSERT_THAT(answerOf(plain, plainOf(sql)), Not(HasSubstr("error"))) << sql;
    }

    /// At every node as of the plain table.
    static void compare(const std::string& sql) {
        Connection plain = mesh_->direct("plain");
        const std::string expected = answerOf(plain, plainOf(sql));
        EXPECT_THAT(expected, Not(HasSubstr("error"))) << sql;
        for (std::size_t node = 0; node < kMembers; ++node) {
            Connection at = mesh_->connect(node);
            EXPECT_EQ(answerOf(at, sql), expected) << Nodes::nameOf(node) << ": " << sql;
        }
    }

    static std::string plan(std::size_t node, const std::string& sql) {
        Connection at = mesh_->connect(node);
        return answerOf(at, "EXPLAIN (VERBOSE, COSTS OFF) " + sql);
    }

    inline static std::unique_ptr<MeshNodes> mesh_;
};

TEST_F(Shard, EveryNodeAnswersAsAPlainTableWould) {
    create();
    compare(
        "SELECT count(*), count(note), sum(amount), min(placed), max(note), avg(amount), avg(customer) FROM "
        "sales.orders");
    compare("SELECT * FROM sales.orders WHERE customer = 42 ORDER BY id");
    compare("SELECT * FROM sales.orders ORDER BY amount DESC, id LIMIT 10 OFFSET 3");
    compare("SELECT placed, count(*), sum(amount), stddev(amount) FROM sales.orders GROUP BY placed ORDER BY placed");
    compare("SELECT customer, count(*) FROM sales.orders GROUP BY customer HAVING count(*) > 30 ORDER BY customer");
    compare("SELECT count(DISTINCT placed), percentile_cont(0.5) WITHIN GROUP (ORDER BY id) FROM sales.orders");
    compare(
        "SELECT a.id, b.id FROM sales.orders a JOIN sales.orders b USING (customer) WHERE a.id < 5 AND b.id < 500 "
        "ORDER BY 1, 2");
    // The rows are where the map says: a third of them or so at each source.
    for (std::size_t i = 0; i < kMembers; ++i) {
        Connection source = mesh_->direct(MeshNodes::databaseOf(i));
        EXPECT_THAT(answerOf(source, "SELECT count(*) BETWEEN 500 AND 1500 FROM orders"), "t\n");
    }
}

/// A plan that is kept finds the shard when it is run, so that it costs what one shard does; planning anew costs more.
TEST_F(Shard, APlanOfALookUpIsKept) {
    create();
    Connection at = mesh_->connect(0);
    ASSERT_TRUE(
        at.execute("PREPARE look AS SELECT id FROM sales.orders WHERE customer = $1 AND id = $2; PREPARE pay AS UPDATE "
                   "sales.orders SET note = note WHERE customer = $1 AND id = $2 RETURNING id"));
    for (int i = 1; i < 9; ++i) {
        const std::string key = "(" + std::to_string(i) + ", " + std::to_string(i) + ")";
        EXPECT_EQ(answerOf(at, "EXECUTE look" + key), std::to_string(i) + "\n");
        EXPECT_EQ(answerOf(at, "EXECUTE pay" + key), std::to_string(i) + "\n");
    }
    EXPECT_EQ(answerOf(at, "SELECT custom_plans, generic_plans FROM pg_prepared_statements WHERE name = 'look'"),
              "5|3\n");
    EXPECT_THAT(answerOf(at, "EXPLAIN EXECUTE look(1, 1)"), HasSubstr("Subplans Removed: 2"));
    // Of a range there may be any number.
    ASSERT_TRUE(at.execute("PREPARE many AS SELECT count(*) FROM sales.orders WHERE customer > $1"));
    for (int i = 1; i < 9; ++i) {
        EXPECT_THAT(answerOf(at, "EXECUTE many(" + std::to_string(i) + ")"), Not(HasSubstr("error")));
    }
}

TEST_F(Shard, AKeyGoesToOneShardAndAggregatesToAll) {
    create();
    for (std::size_t node = 0; node < kMembers; ++node) {
        const std::string of_key = plan(node, "SELECT * FROM sales.orders WHERE customer = 42");
        EXPECT_EQ(count(of_key, "Foreign Scan on"), 1U) << of_key;
        const std::string of_all = plan(node, "SELECT count(*), sum(amount), avg(amount) FROM sales.orders");
        EXPECT_EQ(count(of_all, "Partial aggregate on"), 3U) << of_all;
        EXPECT_EQ(count(of_all, "Async Foreign Scan"), 3U) << of_all;
        const std::string joined =
            plan(node, "SELECT count(*) FROM sales.orders a JOIN sales.orders b USING (customer, id)");
        EXPECT_EQ(count(joined, "INNER JOIN"), 6U) << joined;
    }
}

TEST_F(Shard, IsChangedFromEveryNode) {
    create();
    for (std::size_t node = 0; node < kMembers; ++node) {
        const std::string n = std::to_string(node);
        change(node,
               "INSERT INTO sales.orders VALUES (900000 + " + n + ", 1000 + " + n + ", 1.5, 'one', '2026-11-22')");
        change(node,
               "INSERT INTO sales.orders SELECT 910000 + i, i, i, 'many', NULL FROM generate_series(1, 200) i "
               "WHERE i % 3 = " +
                   n);
        change(node, "UPDATE sales.orders SET amount = amount + 1, note = 'by " + n + "' WHERE id % 7 = " + n);
        change(node, "UPDATE sales.orders SET note = 'of one' WHERE customer = 2" + n);
        change(node,
               "UPDATE sales.orders SET amount = v.x FROM (VALUES (5, 1.25), (6, 2.5)) v (k, x) WHERE customer = "
               "v.k AND id % 11 = " +
                   n);
        change(node, "DELETE FROM sales.orders WHERE id % 101 = " + n);
        change(node, "DELETE FROM sales.orders WHERE customer = 7" + n);
        compare("SELECT * FROM sales.orders ORDER BY customer, id");
    }
    Connection a = mesh_->connect(0);
    ASSERT_TRUE(a.execute("BEGIN; DELETE FROM sales.orders; ROLLBACK"));
    compare("SELECT count(*) FROM sales.orders");
}

TEST_F(Shard, WhatDecidesTheShardIsNotChanged) {
    create();
    for (std::size_t node = 0; node < kMembers; ++node) {
        Connection at = mesh_->connect(node);
        EXPECT_THAT(
            answerOf(at, "UPDATE sales.orders SET customer = customer + 1 WHERE id = 4"),
            AllOf(HasSubstr("error 0A000"), HasSubstr("customer decides in which shard of sales.orders a row is"),
                  HasSubstr("delete the row and insert it anew")));
    }
}

/// Each third of the nodes has a third of the rows, within five hundredths of them all.
TEST_F(Shard, AMillionRowsAreSpreadEvenly) {
    Connection a = mesh_->connect(0);
    ASSERT_EQ(answerOf(a,
                       "SELECT tessera.create_sharded_table('sales.spread', 'hash (id)', '[\"a/crm.spread\", "
                       "\"b/crm.spread\", \"c/crm.spread\"]', key => '{id}', writers => '{tester}')"),
              "NULL\n");
    ASSERT_THAT(answerAgain(a, "INSERT INTO sales.spread SELECT generate_series(1, 1000000)"), Not(HasSubstr("error")));
    for (std::size_t node = 0; node < kMembers; ++node) {
        Connection source = mesh_->direct(MeshNodes::databaseOf(node));
        EXPECT_EQ(answerOf(source, "SELECT abs(count(*) / 1000000.0 - 1 / 3.0) < 0.05 FROM spread"), "t\n");
        Connection at = mesh_->connect(node);
        EXPECT_EQ(answerOf(at, "SELECT count(*), sum(id), min(id), max(id) FROM sales.spread"),
                  "1000000|500000500000|1|1000000\n");
    }
    EXPECT_EQ(answerOf(a, "SELECT tessera.drop_sharded_table('sales.spread')"), "NULL\n");
}

/// What has been declared at one node is the same at the others: names, columns, types, bounds, rights, version.
TEST_F(Shard, EveryNodeHasTheSameCatalog) {
    create();
    const std::vector<std::string> questions = {
        "SELECT * FROM tessera.sharded_tables ORDER BY name",
        "SELECT name, shard, rows_of, node, place, epoch, replicas FROM tessera.shards ORDER BY name, shard",
        "SELECT table_name, ordinal_position, column_name, data_type, numeric_precision, numeric_scale, is_nullable "
        "FROM information_schema.columns WHERE table_schema = 'sales' ORDER BY 1, 2",
        "SELECT c.relname, pg_get_expr(c.relpartbound, c.oid), pg_get_partkeydef(p.inhparent) FROM pg_inherits p JOIN "
        "pg_class c ON c.oid = p.inhrelid WHERE p.inhparent = 'sales.orders'::regclass ORDER BY 2",
        "SELECT relname, relacl FROM pg_class WHERE oid = 'sales.orders'::regclass"};
    for (const std::string& question : questions) {
        Connection a = mesh_->connect(0);
        const std::string expected = answerOf(a, question);
        EXPECT_THAT(expected, AllOf(HasSubstr("|"), Not(HasSubstr("error")))) << question;
        for (std::size_t node = 1; node < kMembers; ++node) {
            Connection at = mesh_->connect(node);
            EXPECT_EQ(answerOf(at, question), expected) << Nodes::nameOf(node) << ": " << question;
        }
    }
}

TEST_F(Shard, TellsWhatThereIs) {
    create();
    for (std::size_t node = 0; node < kMembers; ++node) {
        Connection at = mesh_->connect(node, "reader", "r");
        EXPECT_EQ(answerOf(at,
                           "SELECT name, method, shard_by, key, shards, readers, writers FROM "
                           "tessera.sharded_tables WHERE name = 'sales.orders'"),
                  "sales.orders|hash|{customer}|{customer,id}|3|NULL|{tester}\n");
        EXPECT_EQ(answerOf(at, "SELECT shard, rows_of, node, place FROM tessera.shards WHERE name = 'sales.orders'"),
                  "0|hash 0 of 3|a|crm.orders\n1|hash 1 of 3|b|crm.orders\n2|hash 2 of 3|c|crm.orders\n");
        EXPECT_EQ(
            answerOf(at, "SELECT count(DISTINCT version), string_agg(node || problem, ',') FROM tessera.mesh_nodes"),
            "1|a,b,c\n");
        EXPECT_EQ(answerOf(at, "SELECT count(*) > 0 FROM sales.orders"), "t\n");
        EXPECT_THAT(answerOf(at, "DELETE FROM sales.orders"), HasSubstr("error 42501"));
        EXPECT_THAT(answerOf(at, "SELECT tessera.drop_sharded_table('sales.orders')"),
                    AllOf(HasSubstr("error 42501"), HasSubstr("the role 'reader' may not change the shard map"),
                          HasSubstr("mesh.administrators")));
    }
}

}  // namespace
}  // namespace tessera
