#include "nodeservice/mesh/rebalance.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <random>
#include <string>
#include <vector>

namespace tessera::mesh {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

/// Shards at nodes, of so many megabytes.
ShardedTable tableOf(const std::string& name, const std::vector<std::pair<std::string, std::int64_t>>& shards) {
    ShardedTable table;
    table.schema = "s";
    table.name = name;
    table.shard_by = {"k"};
    table.key = {"k"};
    table.columns = {{"k", "integer", true}};
    for (const auto& [node, megabytes] : shards) {
        Shard shard;
        shard.number = static_cast<std::int64_t>(table.shards.size());
        shard.primary = {node, "crm", name};
        shard.size = ShardSize{megabytes * 10000, megabytes * 1000000};
        table.shards.push_back(shard);
    }
    return table;
}

std::vector<std::string> textOf(const RebalancePlan& plan) {
    std::vector<std::string> texts;
    for (const PlannedMove& move : plan.moves) {
        texts.push_back(move.table->name + " " + std::to_string(move.shard->number) + " to " + move.to);
    }
    return texts;
}

TEST(Rebalance, BringsTheFullestAndTheEmptiestTogether) {
    const ShardMap map{1, {tableOf("t", {{"a", 10}, {"a", 30}, {"a", 20}, {"b", 20}})}};
    EXPECT_THAT(textOf(planRebalance(map, {"a", "b"})), ElementsAre("t 2 to b"));
    EXPECT_THAT(textOf(planRebalance(map, {"a", "b", "c"})), ElementsAre("t 1 to c"));
}

TEST(Rebalance, AShardDoesNotGoWhereItsReplicaIs) {
    ShardMap map{1, {tableOf("t", {{"a", 20}, {"a", 20}, {"b", 20}})}};
    map.tables[0].shards[0].replicas = {{.at = {"c", "crm", "copy"}}};
    EXPECT_THAT(textOf(planRebalance(map, {"a", "b", "c"})), ElementsAre("t 1 to c"));
    map.tables[0].shards[1].replicas = {{.at = {"b", "crm", "copy"}}, {.at = {"c", "crm", "copy_1"}}};
    const RebalancePlan drained = planDrain(map, {"b", "c"}, "a");
    EXPECT_THAT(textOf(drained), ElementsAre("t 0 to b"));
    EXPECT_THAT(drained.notes, ElementsAre(HasSubstr("shard 1 of s.t stays: all other nodes have replicas of it")));
}

TEST(Rebalance, ATableStaysAtTheNodesThatItIsKeptTo) {
    ShardMap map{1, {tableOf("kept", {{"a", 20}, {"a", 20}, {"c", 20}}), tableOf("t", {{"a", 10}, {"a", 20}})}};
    map.tables[0].kept_to = {"a", "b"};
    // What lies elsewhere goes there, to the one with less; the rest is evened out around that.
    EXPECT_THAT(textOf(planRebalance(map, {"a", "b", "c"})), ElementsAre("kept 0 to b", "kept 2 to b", "t 1 to c"));
    EXPECT_THAT(textOf(planDrain(map, {"b", "c"}, "a")),
                ElementsAre("kept 0 to b", "kept 1 to b", "t 0 to b", "t 1 to c"));
    const RebalancePlan nowhere = planDrain(map, {"c"}, "a");
    EXPECT_THAT(textOf(nowhere), ElementsAre("t 0 to c", "t 1 to c"));
    EXPECT_THAT(nowhere.notes,
                ElementsAre(HasSubstr("shard 0 of s.kept stays: there is no other node that its table is "
                                      "kept to"),
                            HasSubstr("shard 1 of s.kept stays")));
    // Those of another table that would be alike go their own ways.
    ShardMap alike{1, {tableOf("kept", {{"a", 20}, {"b", 20}}), tableOf("t", {{"a", 20}, {"b", 20}})}};
    alike.tables[0].kept_to = {"a", "b"};
    EXPECT_THAT(textOf(planDrain(alike, {"b", "c"}, "a")), ElementsAre("kept 0 to b", "t 0 to c"));
}

TEST(Rebalance, LeavesAloneWhatIsAboutEven) {
    const ShardMap map{1, {tableOf("t", {{"a", 50}, {"a", 52}, {"b", 100}})}};
    EXPECT_THAT(textOf(planRebalance(map, {"a", "b"})), IsEmpty());
}

TEST(Rebalance, EmptyShardsAreSharedToo) {
    const ShardMap map{1, {tableOf("t", {{"a", 0}, {"a", 0}, {"a", 0}})}};
    EXPECT_EQ(planRebalance(map, {"a", "b", "c"}).moves.size(), 2U);
}

TEST(Rebalance, WhatIsShardedAlikeStaysTogether) {
    ShardMap map{1,
                 {tableOf("t", {{"a", 30}, {"a", 30}}), tableOf("u", {{"a", 1}, {"a", 1}}), tableOf("v", {{"b", 1}})}};
    for (std::size_t i = 0; i < map.tables.size(); ++i) {
        map.tables[i].id = static_cast<std::int64_t>(i);
    }
    const auto texts = textOf(planRebalance(map, {"a", "b"}, "s.u"));
    ASSERT_EQ(texts.size(), 2U);
    EXPECT_EQ(texts[0].substr(1), texts[1].substr(1));
}

TEST(Rebalance, OneLargeShardIsToldOf) {
    const ShardMap map{1, {tableOf("t", {{"a", 900}, {"b", 3}, {"b", 3}})}};
    const RebalancePlan plan = planRebalance(map, {"a", "b"});
    EXPECT_THAT(plan.moves, IsEmpty());
    EXPECT_THAT(plan.notes, ElementsAre(HasSubstr("shard 0 of s.t has most of the rows, at node 'a'")));
}

TEST(Rebalance, ADrainTakesAllThatCanGo) {
    ShardMap map{1, {tableOf("t", {{"a", 10}, {"a", 50}, {"b", 20}, {"c", 60}}), tableOf("keyless", {{"a", 5}})}};
    map.tables[1].key.clear();
    const RebalancePlan plan = planDrain(map, {"b", "c"}, "a");
    EXPECT_THAT(textOf(plan), ElementsAre("t 0 to c", "t 1 to b"));
    EXPECT_THAT(plan.notes, ElementsAre(HasSubstr("shard 0 of s.keyless stays")));
    EXPECT_THAT(planDrain(map, {}, "a").moves, IsEmpty());
}

TEST(Rebalance, WhatMovesCountsWhereItGoes) {
    ShardMap map{1, {tableOf("t", {{"a", 10}, {"a", 10}})}};
    map.tables[0].shards[0].move = ShardMove{.to = {"b", "crm", "t"}};
    EXPECT_THAT(textOf(planRebalance(map, {"a", "b"})), IsEmpty());
}

/// Whatever lies where: nothing is moved away from the chosen nodes, and the fullest gets no fuller.
TEST(Rebalance, RandomMapsGetNoWorse) {
    const unsigned seed = std::random_device()();
    std::mt19937 random(seed);
    for (int run = 0; run < 300; ++run) {
        std::vector<std::pair<std::string, std::int64_t>> shards;
        std::map<std::string, std::int64_t> before;
        for (std::size_t i = 0; i < 1 + random() % 20; ++i) {
            shards.emplace_back(std::string(1, static_cast<char>('a' + random() % 4)), random() % 100);
            before[shards.back().first] += shards.back().second;
        }
        const ShardMap map{1, {tableOf("t", shards)}};
        auto after = before;
        for (const PlannedMove& move : planRebalance(map, {"a", "b", "c", "d"}).moves) {
            after[move.shard->primary.node] -= move.shard->size->bytes / 1000000;
            after[move.to] += move.shard->size->bytes / 1000000;
        }
        const auto most = [](const auto& loads) {
            std::int64_t largest = 0;
            for (const auto& [node, load] : loads) {
                largest = std::max(largest, load);
            }
            return largest;
        };
        EXPECT_LE(most(after), most(before)) << "seed " << seed << ", run " << run;
    }
}

}  // namespace
}  // namespace tessera::mesh
