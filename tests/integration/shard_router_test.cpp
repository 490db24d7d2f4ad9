/// A node that no longer hears of the shard map goes on with the one it has: it reads and writes what is still where it
/// was, and is refused where a shard has moved. Tables that lie alike are joined where they lie.

#include "tests/support/mesh_nodes.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>

namespace tessera {
namespace {

using postgres::Connection;
using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

class ShardRouter : public testing::Test {
  protected:
    static void SetUpTestSuite() {
        const std::string columns =
            " (id int NOT NULL, customer int NOT NULL, amount int, PRIMARY KEY (customer, id));";
        mesh_ = std::make_unique<MeshNodes>("CREATE TABLE orders" + columns + "CREATE TABLE spare" + columns +
                                                "CREATE TABLE customers (customer int PRIMARY KEY, name text)",
                                            MeshNodes::Files{}, Nodes::Links::kOwn);
        declare("orders", "{customer, id}");
        declare("customers", "{customer}");
        EXPECT_THAT(ask(0, "INSERT INTO sales.customers SELECT i, 'name ' || i % 7 FROM generate_series(0, 49) i"),
                    Not(HasSubstr("error")));
        EXPECT_THAT(ask(1, "INSERT INTO sales.orders SELECT i, i % 50, i FROM generate_series(1, 1000) i"),
                    Not(HasSubstr("error")));
    }

    static void TearDownTestSuite() { mesh_.reset(); }

    static void declare(const std::string& table, const std::string& key) {
        EXPECT_EQ(ask(0, "SELECT tessera.create_sharded_table('sales." + table + "', 'hash (customer)', '[\"a/crm." +
                             table + "\", \"b/crm." + table + "\"]', key => '" + key + "', writers => '{tester}')"),
                  "NULL\n");
    }

    static std::string ask(std::size_t node, const std::string& sql) {
        Connection at = mesh_->connect(node);
        return answerOf(at, sql);
    }

    /// One that lies in the shard at node a, and one in the other.
    static std::string customerAt(const std::string& database) {
        Connection source = mesh_->direct(database);
        return answerOf(source, "SELECT min(customer) FROM customers").substr(0, 2);
    }

    inline static std::unique_ptr<MeshNodes> mesh_;
};

TEST_F(ShardRouter, JoinsTablesThatLieAlikeWhereTheyLie) {
    for (std::size_t node = 0; node < kMembers; ++node) {
        EXPECT_TRUE(waitUntil([&] { return ask(node, "SELECT count(*) FROM sales.customers") == "50\n"; }, kPatience));
        const std::string sql =
            "SELECT c.name, count(*), sum(o.amount) FROM sales.orders o JOIN sales.customers c USING (customer) GROUP "
            "BY "
            "c.name ORDER BY c.name";
        const std::string plan = ask(node, "EXPLAIN (VERBOSE, COSTS OFF) " + sql);
        EXPECT_EQ(count(plan, "INNER JOIN"), 4U) << plan;  // each of two shards, in "Relations" and in "Remote SQL"
        EXPECT_THAT(plan, Not(HasSubstr("Hash Join")));
        EXPECT_THAT(ask(node, sql), HasSubstr("name 0|160|"));
    }
}

TEST_F(ShardRouter, AStaleMapNeverWrites) {
    const std::string moved = customerAt("crm_a");
    const std::string stays = customerAt("crm_b");
    ASSERT_TRUE(waitUntil([&] { return ask(2, "SELECT count(*) FROM sales.orders") == "1000\n"; }, kPatience));
    mesh_->nodes().isolate(2);
    EXPECT_LT(mesh_->nodes().awaitLeader(2), 2U);
    // Again while a new leader is found.
    EXPECT_TRUE(waitUntil(
        [&] { return ask(0, "SELECT tessera.move_shard('sales.orders', 0, 'b/crm.spare')") == "NULL\n"; }, kPatience));
    EXPECT_TRUE(waitUntil(
        [&] {
            return ask(1, "SELECT node FROM tessera.shards WHERE name = 'sales.orders' AND shard = 0") == "b\n" &&
                   ask(0, "SELECT count(*) FROM sales.orders") == "1000\n";
        },
        kPatience));
    // c still believes that a has it.
    EXPECT_EQ(ask(2, "SELECT node FROM tessera.shards WHERE name = 'sales.orders' AND shard = 0"), "a\n");
    const auto change = [](const std::string& customer) {
        return "UPDATE sales.orders SET amount = -1 WHERE customer = " + customer;
    };
    for (const std::string& sql : {change(moved), "DELETE FROM sales.orders WHERE customer = " + moved,
                                   "INSERT INTO sales.orders VALUES (5000, " + moved + ", 1)",
                                   "SELECT * FROM sales.orders WHERE customer = " + moved}) {
        EXPECT_THAT(ask(2, sql), AllOf(HasSubstr("error 40001"),
                                       HasSubstr("a shard of sales.orders has moved: the shard map is at")))
            << sql;
    }
    EXPECT_THAT(ask(2, change(stays)), Not(HasSubstr("error")));
    EXPECT_EQ(ask(0, "SELECT count(*) FROM sales.orders WHERE amount = -1"), "20\n");
    mesh_->nodes().heal();
    EXPECT_TRUE(waitUntil([&] { return ask(2, change(moved)).find("error") == std::string::npos; }, kPatience));
    EXPECT_EQ(ask(2, "SELECT count(*) FROM sales.orders WHERE amount = -1"), "40\n");
}

}  // namespace
}  // namespace tessera
