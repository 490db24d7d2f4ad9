#include "app/core/sql/explain.h"

#include <gtest/gtest.h>

namespace tessera::app {
namespace {

bool isMeasured(std::string_view statement) {
    const auto prefix = explainPrefixFor(statement, true);
    EXPECT_TRUE(prefix) << statement;
    return prefix && prefix->is_measured;
}

TEST(Explain, OnlyWhatChangesNothingIsRun) {
    EXPECT_TRUE(isMeasured("select 1"));
    EXPECT_TRUE(isMeasured("-- a comment: update\n(SELECT 'delete' FROM \"insert\") UNION VALUES (1)"));
    EXPECT_TRUE(isMeasured("with x as (select 1) table x"));
    EXPECT_FALSE(isMeasured("with x as (Delete from t returning *) select * from x"));
    EXPECT_FALSE(isMeasured("select * into t from u"));
    EXPECT_FALSE(isMeasured("select * from t for update"));
    EXPECT_FALSE(isMeasured("insert into t values (1)"));
    EXPECT_FALSE(isMeasured("execute p(1)"));
    const auto estimated = explainPrefixFor("select 1", false);
    ASSERT_TRUE(estimated);
    EXPECT_FALSE(estimated->is_measured);
    EXPECT_EQ(estimated->text, "EXPLAIN (VERBOSE, FORMAT JSON) ");
}

TEST(Explain, WhatHasNoPlanSaysSo) {
    for (const char* statement :
         {"", "  -- nothing", "create table t (a int)", "explain select 1", "set a = 1", "(("}) {
        const auto prefix = explainPrefixFor(statement, true);
        EXPECT_FALSE(prefix) << statement;
    }
    EXPECT_EQ(explainPrefixFor("Vacuum t", true).error().message, "there is no plan for VACUUM statements");
}

}  // namespace
}  // namespace tessera::app
