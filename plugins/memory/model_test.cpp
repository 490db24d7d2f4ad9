#include "plugins/memory/model.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace tessera::memory {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

TEST(MemoryTablesTest, ReadsWrittenRows) {
    const auto tables = parseTables(R"({"t": {"comment": "c", "rows": [[1, "a"], [null, "2.50"]],
        "columns": [{"name": "id", "type": "integer", "key": 1, "not_null": true}, {"name": "s", "type": "text"}]}})");
    ASSERT_TRUE(tables) << tables.error().describe();
    const Table& table = tables->front();
    EXPECT_EQ(table.name, "t");
    EXPECT_EQ(table.rowCount(), 2);
    EXPECT_TRUE(table.columns[0].not_null);
    EXPECT_EQ(table.columns[0].key_position, 1);
    EXPECT_EQ(table.cell(0, 0), Cell("1"));
    EXPECT_EQ(table.cell(1, 0), std::nullopt);
    EXPECT_EQ(table.cell(1, 1), Cell("2.50"));
}

TEST(MemoryTablesTest, GeneratesRowsFromPatterns) {
    const auto tables = parseTables(R"({"t": {"rows": 4, "columns": [{"name": "a", "type": "bigint"},
        {"name": "b", "type": "integer", "value": "modulo 3"}, {"name": "c", "type": "text", "value": "text", "null_every": 2}]}})");
    ASSERT_TRUE(tables) << tables.error().describe();
    const Table& table = tables->front();
    EXPECT_EQ(table.rowCount(), 4);
    EXPECT_EQ(table.cell(3, 0), Cell("4"));
    EXPECT_EQ(table.cell(3, 1), Cell("1"));
    EXPECT_EQ(table.cell(0, 2), Cell("row 1"));
    EXPECT_EQ(table.cell(1, 2), std::nullopt);
}

TEST(MemoryTablesTest, SaysWhatIsWrong) {
    const auto message = [](const char* json) {
        const auto tables = parseTables(json);
        return tables ? std::string("no error") : tables.error().message;
    };
    EXPECT_THAT(message("{"), HasSubstr("option 'tables'"));
    EXPECT_THAT(message("[]"), HasSubstr("not an object"));
    EXPECT_THAT(message(R"({"t": {"rows": 1}})"), HasSubstr("table \"t\" has no \"columns\""));
    EXPECT_THAT(message(R"({"t": {"rows": 1, "columns": [], "colums": 1}})"), HasSubstr("did you mean 'columns'?"));
    EXPECT_THAT(message(R"({"t": {"rows": [[1]], "columns": []}})"), HasSubstr("row 1 of table \"t\""));
    EXPECT_THAT(message(R"({"t": {"rows": 1, "columns": [{"name": "a", "type": "text", "value": "sequel"}]}})"),
                HasSubstr("\"sequel\""));
    EXPECT_THAT(message(R"({"t": {"rows": 1, "columns": [{"name": "a", "type": 4}]}})"), HasSubstr("option 'tables'"));
}

TEST(MemoryPlanTest, ReadsAScan) {
    const auto plan = parsePlan(R"json({
        "version": 1, "scan": {"options": {"table_name": "t"}}, "columns": ["a", "b"], "limit": 10,
        "filter": [{"call": "int4eq(int4,int4)", "args": [{"column": "a"}, {"const": {"type": "int4", "value": "5"}}]},
                   {"or": [{"is_null": {"column": "b"}}, {"param": 1}]}]})json");
    ASSERT_TRUE(plan) << plan.error().describe();
    EXPECT_THAT(plan->columns, ElementsAre("a", "b"));
    EXPECT_EQ(plan->limit, 10);
    ASSERT_EQ(plan->filter.size(), 2U);
    EXPECT_EQ(plan->filter[0].name, "int4eq(int4,int4)");
    EXPECT_EQ(plan->filter[0].arguments[1].constant, Cell("5"));
    EXPECT_EQ(plan->filter[1].arguments[0].kind, Expression::Kind::kIsNull);
    EXPECT_EQ(plan->filter[1].arguments[1].parameter, 1U);
}

TEST(MemoryPlanTest, RefusesWhatItDoesNotKnow) {
    EXPECT_FALSE(parsePlan("select 1"));
    EXPECT_FALSE(parsePlan(R"({"version": 2, "scan": {"options": {}}, "columns": []})"));
    EXPECT_FALSE(parsePlan(R"({"version": 1, "scan": {"options": {}}, "columns": [], "sort": []})"));
    EXPECT_FALSE(parsePlan(R"({"version": 1, "scan": {"options": {}}, "columns": [], "filter": [{"xor": []}]})"));
    EXPECT_FALSE(parsePlan(R"({"version": 1, "scan": {"options": {}}, "columns": [], "filter": [7]})"));
}

}  // namespace
}  // namespace tessera::memory
