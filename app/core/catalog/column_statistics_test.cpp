// Goal: what the statistics and the counting of a table give is read right, also where nothing is known. Method: rows
// as nodes send them; tests/gui asks a real node.
#include "app/core/catalog/column_statistics.h"

#include <gtest/gtest.h>

namespace tessera::app {
namespace {

QString q(const char* text) {
    return QString::fromUtf8(text);
}

TableFacts orders() {
    TableFacts facts;
    facts.node = q("lake");
    facts.schema = q("sales");
    facts.name = q("Orders");
    for (const auto& [name, type] : {std::pair("id", "bigint"), std::pair("when", "timestamp with time zone"),
                                     std::pair("notes", "jsonb"), std::pair("tags", "text[]")}) {
        TableFacts::Column column;
        column.name = q(name);
        column.type = q(type);
        facts.columns.push_back(column);
    }
    return facts;
}

TEST(ColumnStatistics, AreReadFromWhatPostgresqlKeeps) {
    const auto read = readKeptStatistics({{q("id"), q("0"), q("-1"), q("1"), q("300"), QString()},
                                          {q("state"), q("0.25"), q("3"), QString(), QString(),
                                           q("new\x1f"
                                             "0.5\x1f"
                                             "paid, all\x1f"
                                             "0.125")},
                                          {q("nothing"), q("1"), q("0"), QString(), QString(), QString()},
                                          {q("torn")}});
    ASSERT_EQ(read.size(), 3U);
    EXPECT_EQ(read[0].distinct, std::optional(-1.0));
    EXPECT_EQ(read[0].greatest, q("300"));
    ASSERT_EQ(read[1].common.size(), 2U);
    EXPECT_EQ(read[1].common[1].value, q("paid, all"));
    EXPECT_DOUBLE_EQ(read[1].common[1].share, 0.125);
    EXPECT_EQ(read[1].null_share, std::optional(0.25));
    EXPECT_FALSE(read[2].distinct.has_value()) << "0: not known";
}

TEST(ColumnStatistics, AreCountedByOneStatement) {
    const std::string sql = countedStatisticsRequest(orders()).sql;
    EXPECT_NE(sql.find("count(DISTINCT id)"), std::string::npos) << sql;
    EXPECT_NE(sql.find("max(\"when\")"), std::string::npos) << sql;
    EXPECT_EQ(sql.find("min(notes)"), std::string::npos) << "jsonb has no least value";
    EXPECT_EQ(sql.find("DISTINCT tags"), std::string::npos);
    EXPECT_NE(sql.find("FROM sales.\"Orders\""), std::string::npos) << sql;
    const auto counted = readCountedStatistics(
        orders(), {{q("4"), q("4"), q("4"), q("1"), q("9"), q("2"), q("1"), q("a"), q("a"), q("0"), q("3")}});
    ASSERT_TRUE(counted.has_value());
    EXPECT_EQ(counted->rows, 4);
    EXPECT_EQ(counted->columns[0].greatest, q("9"));
    EXPECT_EQ(counted->columns[1].null_share, std::optional(0.5));
    EXPECT_EQ(counted->columns[2].null_share, std::optional(1.0));
    EXPECT_EQ(counted->columns[3].null_share, std::optional(0.25));
    EXPECT_FALSE(readCountedStatistics(orders(), {{q("4")}}).has_value()) << "other columns than were asked for";
    const auto common = readCommonValues({{q("x"), q("3")}, {q("y"), q("1")}}, 4);
    ASSERT_EQ(common.size(), 2U);
    EXPECT_DOUBLE_EQ(common[0].share, 0.75);
    EXPECT_TRUE(readCommonValues({{q("x"), q("3")}}, 0).empty());
}

TEST(ColumnStatistics, TypesWithoutAnOrderAreKnown) {
    for (const char* type : {"bigint", "numeric(12,2)", "character varying(80)", "timestamp without time zone",
                             "time with time zone", "double precision", "date", "character(3)"}) {
        EXPECT_TRUE(isOrdered(q(type))) << type;
    }
    for (const char* type : {"jsonb", "text[]", "boolean", "uuid", "bytea", "point", "sales.mood"}) {
        EXPECT_FALSE(isOrdered(q(type))) << type;
    }
}

}  // namespace
}  // namespace tessera::app
