#include "app/core/plan/query_plan.h"

#include <gtest/gtest.h>

#include <QStringList>

namespace tessera::app {
namespace {

// As EXPLAIN (ANALYZE, VERBOSE, BUFFERS, FORMAT JSON) of a node prints it, shortened.
constexpr const char* kJoin = R"json([{"Plan": {
  "Node Type": "Hash Join", "Join Type": "Left", "Startup Cost": 1.0, "Total Cost": 900.0, "Plan Rows": 50,
  "Actual Startup Time": 1.0, "Actual Total Time": 100.0, "Actual Rows": 90000, "Actual Loops": 1, "Hash Cond": "(a = b)",
  "Plans": [
    {"Node Type": "Foreign Scan", "Parent Relationship": "Outer", "Relation Name": "flights", "Schema": "files", "Alias": "f",
     "Total Cost": 500.0, "Plan Rows": 60, "Actual Total Time": 70.0, "Actual Rows": 90000, "Actual Loops": 1,
     "Filter": "(upper(f.tail) ~ 'N1'::text)", "Rows Removed by Filter": 2000000, "Source": "lake",
     "Remote SQL": "SELECT tail FROM flights", "Not Pushed": ["files has no exact ~", "a limit"], "Rows Received": 2090000,
     "Bytes Received": 12345678, "Round Trips": 150, "Source Wait": 60.0},
    {"Node Type": "Hash", "Actual Total Time": 10.0, "Actual Rows": 10, "Actual Loops": 1, "Plan Rows": 10,
     "Hash Batches": 4, "Plans": [
       {"Node Type": "Custom Scan", "Custom Plan Provider": "Bind Join", "Actual Total Time": 2.0, "Actual Rows": 5,
        "Actual Loops": 3, "Plan Rows": 5}]}]},
  "Planning Time": 2.5, "Execution Time": 101.0}])json";

TEST(QueryPlan, ReadsWhatEachPartDid) {
    auto plan = parsePlan(kJoin);
    ASSERT_TRUE(plan) << plan.error().describe();
    EXPECT_EQ(plan->planning_ms, 2.5);
    EXPECT_EQ(plan->execution_ms, 101.0);
    EXPECT_EQ(plan->bytes_received, 12345678);
    EXPECT_EQ(plan->sources, QStringList{QStringLiteral("lake")});
    // The rest is the node's own: 100 of the join without 70 of the scan.
    EXPECT_EQ(plan->time_ms_by_source,
              (std::vector<std::pair<QString, double>>{{QStringLiteral("lake"), 70.0}, {QString(), 30.0}}));
    const PlanNode& join = *plan->root;
    EXPECT_EQ(join.operation, QStringLiteral("Hash Join (Left)"));
    EXPECT_EQ(join.own_time_ms, 20.0);
    EXPECT_TRUE(join.is_on_slowest_path);
    ASSERT_EQ(join.children.size(), 2U);
    const PlanNode& scan = *join.children[0];
    EXPECT_EQ(scan.target, QStringLiteral("files.flights f"));
    EXPECT_EQ(scan.source, QStringLiteral("lake"));
    EXPECT_EQ(scan.remote_sql, QStringLiteral("SELECT tail FROM flights"));
    EXPECT_EQ(scan.not_pushed.size(), 2);
    EXPECT_EQ(scan.rows_removed, 2000000);
    EXPECT_TRUE(scan.is_on_slowest_path);
    EXPECT_DOUBLE_EQ(estimateError(scan), 1500);
    EXPECT_FALSE(join.children[1]->is_on_slowest_path);
    const PlanNode& bind = *join.children[1]->children[0];
    EXPECT_EQ(bind.operation, QStringLiteral("Bind Join"));
    EXPECT_EQ(bind.rows, 15);  // of three loops together
    EXPECT_EQ(bind.time_ms, 6.0);
    EXPECT_EQ(join.children[1]->own_time_ms, 4.0);
}

/// A join of two nodes' tables that one of them has done.
TEST(QueryPlan, SaysWhatSourcesReadOfEachOther) {
    const auto plan = parsePlan(R"json([{"Plan": {
      "Node Type": "Foreign Scan", "Relations": "(shop.orders o) INNER JOIN (read there from its peer: p)",
      "Total Cost": 1.0, "Plan Rows": 1, "Actual Total Time": 3.0, "Actual Rows": 1, "Actual Loops": 1, "Source": "shop",
      "Bytes Received": 33, "Links": [
        {"From": "crm", "To": "shop", "Expected Rows": 334, "Expected Bytes": 1336, "Rows": 330, "Bytes": 1320},
        {"From": "shop", "To": "here", "Expected Rows": 1, "Expected Bytes": 40}]}}])json");
    ASSERT_TRUE(plan) << plan.error().describe();
    EXPECT_EQ(plan->sources, (QStringList{QStringLiteral("shop"), QStringLiteral("crm")}));
    ASSERT_EQ(plan->root->links.size(), 2U);
    EXPECT_EQ(plan->root->links[0].to, QStringLiteral("shop"));
    EXPECT_EQ(plan->root->links[0].bytes, 1320);
    EXPECT_TRUE(plan->root->links[1].to.isEmpty());
    EXPECT_FALSE(plan->root->links[1].bytes);
    ASSERT_EQ(plan->root->properties.size(), 2U);
    EXPECT_EQ(plan->root->properties[0].second,
              QStringLiteral("from crm to shop, expected 334 rows, 1336 bytes, moved 330 rows, 1320 bytes"));
    EXPECT_EQ(plan->root->properties[1].second, QStringLiteral("from shop to here, expected 1 rows, 40 bytes"));
}

TEST(QueryPlan, SaysWhatCouldBeDone) {
    const auto plan = parsePlan(kJoin);
    ASSERT_TRUE(plan);
    QStringList texts;
    for (const PlanAdvice& advice : plan->advice) {
        ASSERT_NE(advice.node, nullptr);
        texts += advice.text;
    }
    const QString all = texts.join(u'\n');
    for (const char* expected :
         {"Done here rather than at lake: files has no exact ~.", "lake sent 2,090,000 rows, of which 2,000,000 were",
          "90,000 rows came where 60 were expected: ANALYZE files.flights", "lake was asked 150 times",
          "waiting for lake", "did not fit into memory (4 batches)"}) {
        EXPECT_TRUE(all.contains(QLatin1String(expected))) << expected << "\n" << all.toStdString();
    }
    // The scan took most of the time.
    EXPECT_EQ(plan->advice.front().node, plan->root->children[0].get());
}

TEST(QueryPlan, TimesOfParallelPartsAreNotAddedUp) {
    const auto plan =
        parsePlan(R"json([{"Plan": {"Node Type": "Gather", "Workers Launched": 1, "Actual Total Time": 50.0,
      "Actual Rows": 10, "Actual Loops": 1, "Plans": [{"Node Type": "Seq Scan", "Relation Name": "t", "Alias": "t",
      "Actual Total Time": 40.0, "Actual Rows": 5, "Actual Loops": 2}]}}])json");
    ASSERT_TRUE(plan);
    EXPECT_EQ(plan->root->children[0]->time_ms, 40.0);
    EXPECT_EQ(plan->root->children[0]->rows, 10);
    EXPECT_EQ(plan->root->own_time_ms, 10.0);
}

TEST(QueryPlan, WithoutFiguresOnlyEstimates) {
    const auto plan = parsePlan(R"json([{"Plan": {"Node Type": "ModifyTable", "Operation": "Update", "Plan Rows": 0,
      "Total Cost": 3.0, "Plans": [{"Node Type": "Aggregate", "Strategy": "Hashed", "Plan Rows": 7}]}}])json");
    ASSERT_TRUE(plan);
    EXPECT_EQ(plan->root->operation, QStringLiteral("Update"));
    EXPECT_FALSE(plan->root->rows);
    EXPECT_FALSE(plan->root->is_on_slowest_path);
    EXPECT_EQ(plan->root->children[0]->operation, QStringLiteral("Hashed Aggregate"));
    EXPECT_EQ(estimateError(*plan->root), 1);
    EXPECT_TRUE(plan->advice.empty());
}

TEST(QueryPlan, WhatIsNoPlanIsAnError) {
    for (const char* text : {"", "[]", "{}", "[{}]", "[1]", "not json", "[{\"Plan\": 3}]", "[{\"Plan\": {}}]"}) {
        EXPECT_FALSE(parsePlan(text)) << text;
    }
}

}  // namespace
}  // namespace tessera::app
