// Goal: what a node plans is read whole, and what is ordered reaches it as it was said. Method: answers as nodes give
// them; that nodes do it is shown by ShardsTest of tests/gui.
#include "app/core/shards/shard_plan.h"

#include <gtest/gtest.h>

namespace tessera::app {
namespace {

TEST(ShardPlan, IsReadWithWhatItCannotMove) {
    const auto plan = readShardPlan({{QStringLiteral(
        R"({"plan": [{"sharded_table": "sales.orders", "shard": 2, "from_place": "a/crm.orders", "to_place": "b/crm.o",
                      "rows": 1200, "bytes": 64000, "seconds": 0.5},
                     {"sharded_table": "s.t", "shard": 0, "from_place": "a/x.y", "to_place": "b/x.y", "rows": null}],
            "problems": ["shard 1 of s.t stays: it has replicas"]})")}});
    ASSERT_TRUE(plan);
    ASSERT_EQ(plan->moves.size(), 2U);
    EXPECT_EQ(plan->moves[0].to, QStringLiteral("b/crm.o"));
    EXPECT_EQ(plan->moves[0].bytes, 64000);
    EXPECT_FALSE(plan->moves[1].rows);
    EXPECT_EQ(plan->problems, QStringList{QStringLiteral("shard 1 of s.t stays: it has replicas")});
    EXPECT_TRUE(readShardPlan({{QStringLiteral(R"({"plan": []})")}})->moves.empty());
    EXPECT_FALSE(readShardPlan({}));
    EXPECT_FALSE(readShardPlan({{QStringLiteral("nothing")}}));
}

TEST(ShardPlan, OrdersSayWhatTheFormsSay) {
    ShardsOrder order;
    EXPECT_EQ(shardPlanStatement(order), QStringLiteral("SELECT * FROM tessera.rebalance();"));
    EXPECT_EQ(*shardPlanRequest(order, PlanRun::kDry).parameters[1].text,
              R"({"dry_run":true,"keep_old":false,"nodes":null,"rows_per_second":0,"table":null})");
    order = {ShardsOrder::Kind::kDrain, {}, QStringLiteral("b'c"), 500, true};
    EXPECT_EQ(shardPlanStatement(order),
              QStringLiteral("SELECT * FROM tessera.drain_node('b''c', rows_per_second => 500, keep_old => true);"));
    const client::QueryRequest request = shardPlanRequest(order, PlanRun::kReal);
    EXPECT_EQ(*request.parameters[0].text, "drain");
    EXPECT_EQ(*request.parameters[1].text, R"({"dry_run":false,"keep_old":true,"node":"b'c","rows_per_second":500})");
}

TEST(ShardPlan, ASplitIsSaidAsTheMethodWantsIt) {
    ShardSplitOrder order{QStringLiteral("s.t"), 1, {}, {}, {}, {}, {}, 0};
    EXPECT_EQ(splitShardStatement(order), QStringLiteral("SELECT tessera.split_shard('s.t', 1);"));
    EXPECT_FALSE(splitShardRequest(order).parameters[2].text);
    order.values = {QStringLiteral("A\"B"), QStringLiteral("C,D")};
    order.node = QStringLiteral("b");
    EXPECT_EQ(splitShardStatement(order),
              QStringLiteral(R"(SELECT tessera.split_shard('s.t', 1, "values" => '{"A\"B","C,D"}', node => 'b');)"));
    EXPECT_EQ(*splitShardRequest(order).parameters[3].text, R"({"A\"B","C,D"})");
}

}  // namespace
}  // namespace tessera::app
