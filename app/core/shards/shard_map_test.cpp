// Goal: what nodes say of sharded tables becomes one picture, whatever one of them lacks or says besides. Method: rows
// as nodes send them.
#include "app/core/shards/shard_map.h"

#include <gtest/gtest.h>

namespace tessera::app {
namespace {

QString q(const char* text) {
    return QString::fromUtf8(text);
}

RowsQuery::Rows rowsOfA() {
    return {{q("move"), q(R"({"name": "sales.orders", "shard": 1, "from_place": "b/crm.orders",
                              "to_place": "c/crm.spare", "state": "copying", "rows_copied": 40,
                              "rows_per_second": 0, "problem": ""})")},
            {q("shard"), q(R"({"name": "sales.orders", "shard": 1, "rows_of": "hash 1 of 2", "node": "b",
                               "place": "crm.orders", "epoch": 3, "replicas": ["c/crm.copy", "d/crm.copy"]})")},
            {q("shard"), q(R"({"name": "sales.orders", "shard": 0, "rows_of": "hash 0 of 2", "node": "a",
                               "place": "crm.orders", "epoch": 3, "replicas": null})")},
            {q("table"), q(R"({"name": "sales.orders", "method": "hash", "shard_by": ["customer"],
                               "key": ["customer", "id"], "shards": 2, "readers": null, "writers": ["etl"],
                               "version": 3})")},
            {q("node"), q(R"({"node": "a", "version": 4, "problem": ""})")},
            {q("node"), q(R"({"node": "b", "version": 3, "problem": "no peer 'c'"})")},
            {q("here"), q(R"({"place": "crm.orders", "rows": 1200, "source": "crm", "reading": 2})")}};
}

RowsQuery::Rows rowsOfB() {
    RowsQuery::Rows rows = rowsOfA();
    rows.back()[1] = q(R"({"place": "crm.orders", "rows": null, "source": "crm", "reading": 0})");
    return rows;
}

TEST(ShardMap, NodesGiveOnePicture) {
    const ShardPicture picture =
        shardPicture({{q("a"), readShardAnswer(rowsOfA())}, {q("b"), readShardAnswer(rowsOfB())}});
    ASSERT_EQ(picture.tables.size(), 1U);
    const ShardedTableState& table = picture.tables[0];
    EXPECT_EQ(table.key, (QStringList{q("customer"), q("id")}));
    EXPECT_FALSE(table.readers.has_value());
    EXPECT_EQ(table.writers, QStringList{q("etl")});
    ASSERT_EQ(table.shards.size(), 2U);
    // Sizes are of the shard's own node, though both have a table of that name.
    EXPECT_EQ(table.shards[0].at(), q("a/crm.orders"));
    EXPECT_EQ(table.shards[0].rows, std::optional(1200.0));
    EXPECT_EQ(table.shards[0].reading, std::optional(2));
    EXPECT_FALSE(table.shards[1].rows.has_value());
    EXPECT_EQ(table.shards[1].reading, std::optional(0));
    ASSERT_TRUE(table.shards[1].move.has_value());
    EXPECT_EQ(table.shards[1].move->to, q("c/crm.spare"));
    EXPECT_EQ(table.shards[1].move->rows_copied, 40);
    EXPECT_TRUE(picture.isMoving());
    // What this program does not know is told, too; what says nothing is not.
    EXPECT_TRUE(table.shards[0].more.empty());
    ASSERT_EQ(table.shards[1].more.size(), 1U);
    EXPECT_EQ(table.shards[1].more[0], (std::pair{q("replicas"), q("c/crm.copy, d/crm.copy")}));
    ASSERT_EQ(picture.nodes.size(), 2U);
    EXPECT_EQ(picture.nodes[1].problem, q("no peer 'c'"));
}

TEST(ShardMap, TheNewestMapOfAStoreCountsAndOtherStoresBesides) {
    ShardAnswer old;
    old.tables.emplace_back().name = q("sales.dropped");
    old.nodes = {{q("a"), 4, {}, {}, false}, {q("b"), 3, {}, {}, false}};
    ShardAnswer fresh;
    fresh.tables.emplace_back().name = q("sales.orders");
    fresh.nodes = {{q("a"), 5, {}, {}, false}, {q("b"), 5, {}, {}, false}};
    ShardAnswer other;
    other.tables.emplace_back().name = q("far.away");
    other.nodes = {{q("z"), 1, {}, {}, false}};
    const ShardPicture picture = shardPicture({{q("b"), old}, {q("z"), other}, {q("a"), fresh}});
    ASSERT_EQ(picture.tables.size(), 2U);
    EXPECT_EQ(picture.tables[0].name, q("far.away"));
    EXPECT_EQ(picture.tables[1].name, q("sales.orders"));
    EXPECT_EQ(picture.nodes.size(), 3U);
}

TEST(ShardMap, WhatIsLeftOfAMoveIsNotInTheWayOfTheNext) {
    RowsQuery::Rows rows = rowsOfA();
    rows.push_back({q("move"), q(R"({"name": "sales.orders", "shard": 1, "from_place": "d/crm.orders",
                                     "state": "deleting", "rows_deleted": 7, "problem": ""})")});
    rows.push_back({q("move"), q(R"({"name": "sales.orders", "shard": 0, "from_place": "d/crm.orders",
                                     "state": "deleting", "rows_deleted": 7, "problem": ""})")});
    rows[2][1].replace(q("\"epoch\": 3"), q("\"epoch\": 3, \"rows\": 55, \"bytes\": 4096"));
    const ShardPicture picture = shardPicture({{q("a"), readShardAnswer(rows)}});
    const std::vector<ShardState>& shards = picture.tables[0].shards;
    EXPECT_EQ(shards[1].move->state, q("copying"));
    EXPECT_TRUE(shards[0].move->isOver());
    EXPECT_EQ(shards[0].move->rows_deleted, 7);
    // What the node tells the store is newer than its statistics.
    EXPECT_EQ(shards[0].rows, std::optional(55.0));
    EXPECT_EQ(shards[0].bytes, std::optional(4096.0));
    EXPECT_TRUE(shards[0].more.empty());
}

TEST(ShardMap, WhatIsNoAnswerIsNone) {
    EXPECT_TRUE(readShardAnswer({{q("table")}, {q("what"), q("{}")}, {q("shard"), q("no JSON")}}).tables.empty());
    const ShardAnswer orphan = readShardAnswer({{q("move"), q(R"({"name": "gone", "shard": 0})")}});
    EXPECT_TRUE(orphan.tables.empty());
}

TEST(ShardMap, TheStatementThatIsShownIsTheOneThatRuns) {
    EXPECT_EQ(movePaceStatement(q("sales.o'hara"), 2, 0), q("SELECT tessera.throttle_move('sales.o\'\'hara', 2, 0);"));
    const client::QueryRequest request = movePaceRequest(q("sales.o'hara"), 2, 700);
    EXPECT_EQ(request.sql, "SELECT tessera.throttle_move($1, $2, $3)");
    ASSERT_EQ(request.parameters.size(), 3U);
    EXPECT_EQ(request.parameters[0].text, "sales.o'hara");
    EXPECT_EQ(request.parameters[1].text, "2");
    EXPECT_EQ(request.parameters[2].text, "700");
}

TEST(ShardMap, NamesAreQuotedWhereRowsAreCounted) {
    EXPECT_EQ(countRowsRequest(q("crm.Orders")).sql, "SELECT count(*)::text FROM crm.\"Orders\"");
}

}  // namespace
}  // namespace tessera::app
