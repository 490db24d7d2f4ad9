#include "plugins/store/row_change.h"

#include <gtest/gtest.h>

namespace tessera::store_tables {
namespace {

TEST(RowChange, IsTakenApart) {
    const auto update =
        takeApart(R"(UPDATE "main"."a WHERE ? b" SET "x SET " = ?, "y" = (SELECT 1 WHERE ?) WHERE "id" = ?)");
    ASSERT_TRUE(update);
    EXPECT_EQ(update->relation, R"("main"."a WHERE ? b")");
    EXPECT_EQ(update->head_parameters, 2U);
    EXPECT_EQ(update->condition, R"("id" = ?)");
    EXPECT_TRUE(update->head.ends_with(" WHERE "));
    const auto removal = takeApart(R"(DELETE FROM "main"."t""x" WHERE "a" = ? AND "b" = ' WHERE ')");
    ASSERT_TRUE(removal);
    EXPECT_EQ(removal->relation, R"("main"."t""x")");
    EXPECT_EQ(removal->head_parameters, 0U);
    EXPECT_EQ(removal->condition, R"("a" = ? AND "b" = ' WHERE ')");
}

TEST(RowChange, OthersAreNot) {
    EXPECT_FALSE(takeApart(R"(DELETE FROM "main"."t")"));
    EXPECT_FALSE(takeApart("INSERT INTO t SELECT 1 WHERE 1"));
    EXPECT_FALSE(takeApart("UPDATE t SET a = 'x WHERE "));
    EXPECT_FALSE(takeApart("UPDATE t WHERE a SET b"));
}

}  // namespace
}  // namespace tessera::store_tables
