/// Shards that are planned to lie elsewhere: evenly over the nodes, or off one of them, in tables that the nodes make
/// themselves; split; and what administrators and nodes can do wrong meanwhile.

#include "tests/support/mesh_nodes.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <string>
#include <thread>
#include <vector>

namespace tessera {
namespace {

using postgres::Connection;
using testing::AllOf;
using testing::AnyOf;
using testing::HasSubstr;
using testing::Not;

class ShardRebalance : public testing::Test {
  protected:
    static constexpr const char* kColumns =
        "(id bigint NOT NULL, customer int NOT NULL, amount numeric(12,2), PRIMARY KEY (customer, id));";

    static void SetUpTestSuite() {
        std::string sql;
        for (const char* table : {"orders_0", "orders_1", "orders_2", "orders_3", "places", "sites", "twice"}) {
            sql += "CREATE TABLE " + std::string(table) + " " + kColumns;
        }
        mesh_ = std::make_unique<MeshNodes>(sql + "ALTER TABLE twice DROP CONSTRAINT twice_pkey");
    }

    static void TearDownTestSuite() { mesh_.reset(); }

    static std::string ask(std::size_t node, const std::string& sql) {
        Connection at = mesh_->connect(node);
        return answerOf(at, sql);
    }

    static void drop(const std::string& table) {
        EXPECT_TRUE(awaitQuiet());
        EXPECT_EQ(ask(0, "SELECT tessera.drop_sharded_table('" + table + "')"), "NULL\n");
    }

    /// No move is under way, and nothing is left at old places.
    static bool awaitQuiet() {
        const bool is_quiet =
            waitUntil([] { return ask(1, "SELECT count(*) FROM tessera.shard_moves") == "0\n"; }, 3 * kPatience);
        EXPECT_TRUE(is_quiet) << ask(1, "SELECT * FROM tessera.shard_moves");
        return is_quiet;
    }

    static std::string nodesOf(const std::string& table) {
        return ask(1, "SELECT string_agg(node, '' ORDER BY shard) FROM tessera.shards WHERE name = '" + table + "'");
    }

    inline static std::unique_ptr<MeshNodes> mesh_;
};

TEST_F(ShardRebalance, SharesShardsAndDrainsANode) {
    ASSERT_EQ(ask(0,
                  "SELECT tessera.create_sharded_table('sales.orders', 'hash (customer)', '[\"a/crm.orders_0\", "
                  "\"a/crm.orders_1\", \"a/crm.orders_2\", \"a/crm.orders_3\"]', key => '{customer, id}', writers => "
                  "'{tester}')"),
              "NULL\n");
    ASSERT_THAT(ask(0, "INSERT INTO sales.orders SELECT i, i % 97, i FROM generate_series(1, 4000) i"),
                Not(HasSubstr("error")));
    // What it is planned by: as the shards' node has told.
    EXPECT_TRUE(waitUntil([] { return ask(2, "SELECT sum(rows) FROM tessera.shards") == "4000\n"; }, kPatience));
    const std::string dry =
        ask(2,
            "SELECT sharded_table, from_place, to_place, rows > 500, bytes > 10000, seconds > 0 FROM "
            "tessera.rebalance(dry_run => true)");
    EXPECT_EQ(std::count(dry.begin(), dry.end(), '\n'), 2) << dry;
    EXPECT_THAT(dry, AllOf(HasSubstr("sales.orders|a/crm.orders_"), HasSubstr("|b/crm.orders_s"),
                           HasSubstr("|c/crm.orders_s"), HasSubstr("|t|t|t\n")));
    EXPECT_EQ(nodesOf("sales.orders"), "aaaa\n");
    EXPECT_EQ(ask(0, "SELECT count(*) FROM tessera.shard_moves"), "0\n");

    EXPECT_EQ(ask(2, "SELECT count(*) FROM tessera.rebalance('sales.orders')"), "2\n");
    EXPECT_TRUE(awaitQuiet());
    EXPECT_EQ(ask(1, "SELECT string_agg(shards::text, '' ORDER BY shards) FROM tessera.mesh_nodes"), "112\n");
    EXPECT_EQ(ask(1, "SELECT count(*), sum(id), sum(amount) FROM sales.orders"), "4000|8002000|8002000.00\n");
    EXPECT_TRUE(waitUntil([] { return ask(2, "SELECT sum(rows) FROM tessera.shards") == "4000\n"; }, kPatience));
    EXPECT_EQ(ask(0, "SELECT count(*) FROM tessera.rebalance('sales.orders')"), "0\n");  // as even as can be

    // Off node b, which gets none then.
    EXPECT_EQ(ask(2, "SELECT count(*) FROM tessera.drain_node('b', true)"), "1\n");
    EXPECT_EQ(ask(2, "SELECT count(*) FROM tessera.drain_node('b')"), "1\n");
    EXPECT_TRUE(awaitQuiet());
    EXPECT_EQ(ask(0, "SELECT shards, is_drained FROM tessera.mesh_nodes WHERE node = 'b'"), "0|t\n");
    EXPECT_EQ(ask(1, "SELECT count(*), sum(id), sum(amount) FROM sales.orders"), "4000|8002000|8002000.00\n");
    EXPECT_THAT(ask(0, "SELECT tessera.move_shard('sales.orders', 0, 'b/crm.places')"),
                AllOf(HasSubstr("error 55000"), HasSubstr("node 'b' is drained"), HasSubstr("tessera mesh undrain b")));
    EXPECT_THAT(ask(0, "SELECT * FROM tessera.rebalance(nodes => '{a,b}')"), HasSubstr("node 'b' is drained"));
    EXPECT_THAT(ask(0,
                    "SELECT tessera.create_sharded_table('s.places', 'hash (customer)', '[\"b/crm.places\"]', key => "
                    "'{customer, id}')"),
                HasSubstr("node 'b' is drained"));
    EXPECT_EQ(ask(0, "SELECT tessera.undrain_node('b')"), "NULL\n");
    EXPECT_THAT(ask(0, "SELECT tessera.undrain_node('b')"), HasSubstr("node 'b' is not drained"));
    EXPECT_THAT(ask(0, "SELECT * FROM tessera.drain_node('bb')"), HasSubstr("no node 'bb' serves the shard map"));
    EXPECT_THAT(ask(0, "SELECT * FROM tessera.rebalance('sales.ordrs')"),
                HasSubstr("there is no sharded table 'sales.ordrs'"));
    EXPECT_THAT(ask(0, "SELECT * FROM tessera.rebalance(nodes => '{a,x}')"), HasSubstr("no node 'x' serves"));
    Connection reader = mesh_->connect(0, "reader", "r");
    EXPECT_THAT(answerOf(reader, "SELECT * FROM tessera.drain_node('a')"), HasSubstr("error 42501"));
    drop("sales.orders");
}

}  // namespace
}  // namespace tessera
