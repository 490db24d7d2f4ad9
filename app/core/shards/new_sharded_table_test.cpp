// Goal: what a person fills in becomes the file that a node reads, and each thing a node has against it is shown where
// it belongs. Method: fields and messages as they are; tests/gui asks real nodes.
#include "app/core/shards/new_sharded_table.h"

#include <gtest/gtest.h>

namespace tessera::app {
namespace {

using Field = ShardingProblem::Field;
using Method = NewShardedTable::Method;

QString q(const char* text) {
    return QString::fromUtf8(text);
}

NewShardedTable orders() {
    NewShardedTable table;
    table.name = q("sales.orders");
    table.shard_by = {q("customer")};
    table.key = {q("customer"), q("id")};
    table.writers = {q("etl")};
    table.shards = {{q("a"), q("crm.orders"), {}, {}, {}, false}, {q("b"), q("crm.orders"), {}, {}, {}, false}};
    return table;
}

TEST(NewShardedTable, IsTheFileOfTheCommandLine) {
    EXPECT_EQ(shardingFile(orders()).text, q("tables:\n"
                                             "  - name: sales.orders\n"
                                             "    shard_by: hash (customer)\n"
                                             "    key: [customer, id]\n"
                                             "    writers: [etl]\n"
                                             "    shards:\n"
                                             "      - {at: a/crm.orders}\n"
                                             "      - {at: b/crm.orders}\n"));
    NewShardedTable table = orders();
    table.method = Method::kRange;
    table.checks_rows = false;
    table.shards[0].to = {q("M")};
    table.shards[1].from = {q("M")};
    EXPECT_TRUE(
        shardingFile(table).text.endsWith(q("    shard_by: range (customer)\n"
                                            "    key: [customer, id]\n"
                                            "    writers: [etl]\n"
                                            "    check_rows: false\n"
                                            "    shards:\n"
                                            "      - {at: a/crm.orders, to: [\"M\"]}\n"
                                            "      - {at: b/crm.orders, from: [\"M\"]}\n")))
        << shardingFile(table).text.toStdString();
    table.method = Method::kList;
    table.shards[0].values = {q("NO"), q("a \"b\", c")};
    table.shards[1].is_default = true;
    EXPECT_TRUE(
        shardingFile(table).text.endsWith(q("      - {at: a/crm.orders, values: [\"NO\", \"a \\\"b\\\", c\"]}\n"
                                            "      - {at: b/crm.orders, default: true}\n")))
        << shardingFile(table).text.toStdString();
}

TEST(NewShardedTable, NamesThatYamlWouldReadOtherwiseStandInQuotes) {
    NewShardedTable table = orders();
    table.name = q("no.on: #x");
    table.key = {q("yes"), q("12"), q("a, b")};
    const QString text = shardingFile(table).text;
    EXPECT_TRUE(text.contains(q("name: \"no.on: #x\""))) << text.toStdString();
    EXPECT_TRUE(text.contains(q("key: [\"yes\", \"12\", \"a, b\"]"))) << text.toStdString();
}

TEST(NewShardedTable, SaysWhatIsMissingBesideWhatItIsOf) {
    const auto first = [](const NewShardedTable& table) {
        const auto problems = missingOf(table);
        return problems.empty() ? std::pair(Field::kOther, -1) : std::pair(problems[0].field, problems[0].shard);
    };
    EXPECT_EQ(first(orders()), (std::pair(Field::kOther, -1)));
    NewShardedTable table = orders();
    table.name = q("orders");
    EXPECT_EQ(first(table).first, Field::kName);
    table = orders();
    table.shard_by = {};
    EXPECT_EQ(first(table).first, Field::kShardBy);
    table = orders();
    table.key = {q("id")};
    EXPECT_EQ(first(table).first, Field::kKey);
    table = orders();
    table.shards = {};
    EXPECT_EQ(first(table), (std::pair(Field::kShards, -1)));
    table = orders();
    table.shards[1].node = q("a");
    EXPECT_EQ(first(table), (std::pair(Field::kShards, 1)));
    table = orders();
    table.method = Method::kList;
    table.shards[0].is_default = true;
    EXPECT_EQ(first(table), (std::pair(Field::kShards, 1)));
    table.method = Method::kRange;
    table.shards[1].from = {q("1"), q("2")};
    EXPECT_EQ(first(table), (std::pair(Field::kShards, 1)));
}

TEST(NewShardedTable, WhatANodeSaysStandsWhereItBelongs) {
    const NewShardedTable table = orders();
    const ShardingFile file = shardingFile(table);
    Error error = fail(ErrorCode::kFailedPrecondition,
                       "mesh:2:5: sales.orders: shard 1: node 'b' has no table crm.orders", "look there");
    error.detail =
        "mesh:2:5: sales.orders: shard_by names a column 'customer' that its tables do not have (did you mean "
        "'customer_id'?)\nmesh:2:5: sales.orders: node 'a' has another table of that name already\nmesh:7:10: 'a' is "
        "not "
        "a place\nmesh:2:5: a/crm.orders is a shard of sales.old already\nmesh:5:14: something of roles";
    const auto problems = problemsOf(error, file, table);
    ASSERT_EQ(problems.size(), 6U);
    EXPECT_EQ(std::pair(problems[0].field, problems[0].shard), (std::pair(Field::kShards, 1)));
    EXPECT_EQ(problems[0].text, q("Node 'b' has no table crm.orders (look there)"));
    EXPECT_EQ(problems[1].field, Field::kShardBy);
    EXPECT_EQ(problems[2].field, Field::kName);
    EXPECT_EQ(std::pair(problems[3].field, problems[3].shard), (std::pair(Field::kShards, 0)));
    EXPECT_EQ(std::pair(problems[4].field, problems[4].shard), (std::pair(Field::kShards, 0)));
    EXPECT_EQ(problems[5].field, Field::kRights);
    // What is of no field is said all the same.
    const auto other =
        problemsOf(fail(ErrorCode::kPermissionDenied, "the role 'ann' may not change the shard map"), file, table);
    ASSERT_EQ(other.size(), 1U);
    EXPECT_EQ(other[0].field, Field::kOther);
    EXPECT_EQ(other[0].text, q("The role 'ann' may not change the shard map"));
}

TEST(NewShardedTable, ValuesHaveCommasBetweenAndQuotesAround) {
    EXPECT_EQ(splitValues(q(" DE, FR ,")), (QStringList{q("DE"), q("FR")}));
    EXPECT_EQ(splitValues(q("'a, b', c")), (QStringList{q("a, b"), q("c")}));
    EXPECT_EQ(splitValues(q("'it''s', ''")), (QStringList{q("it's"), q("")}));
    EXPECT_TRUE(splitValues(q("  ")).isEmpty());
    const QStringList values = {q("a, b"), q(" c"), q("it's"), q("'d"), q("")};
    EXPECT_EQ(splitValues(joinValues(values)), values);
}

TEST(NewShardedTable, TheStatementHoldsTheFileWhateverIsInIt) {
    EXPECT_EQ(declareStatement(q("a\n")), q("SELECT * FROM tessera.apply_mesh($mesh$\na\n$mesh$);"));
    EXPECT_EQ(declareStatement(q("$mesh$\n")), q("SELECT * FROM tessera.apply_mesh($mesh1$\n$mesh$\n$mesh1$);"));
}

}  // namespace
}  // namespace tessera::app
