#include "app/cli/store_sql.h"

#include <gtest/gtest.h>

namespace tessera::cli {
namespace {

TEST(StoreSql, StatementsEndWhereSqliteSaysSo) {
    EXPECT_EQ(splitStatements("select 1; select ';' -- ; no\n, 2;  ;"),
              (std::vector<std::string>{"select 1;", " select ';' -- ; no\n, 2;"}));
    const std::string trigger = "create trigger t after insert on a begin delete from b; delete from c; end;";
    EXPECT_EQ(splitStatements(trigger + "select 1"), (std::vector<std::string>{trigger, "select 1"}));
    EXPECT_TRUE(splitStatements(" -- nothing\n ; /* ; */").empty());
}

TEST(StoreSql, AStatementIsCompleteWithItsSemicolon) {
    EXPECT_TRUE(isComplete("select 1;"));
    EXPECT_FALSE(isComplete("select 1"));
    EXPECT_FALSE(isComplete("select ';"));
    EXPECT_TRUE(isComplete("  "));
}

TEST(StoreSql, ReadingIsToldByTheFirstWord) {
    EXPECT_TRUE(onlyReads(" /* insert */ SELECT 1"));
    EXPECT_TRUE(onlyReads("values (1)"));
    EXPECT_TRUE(onlyReads("explain delete from t"));
    EXPECT_TRUE(onlyReads("with a as (select 1), \"insert\" as (select 2) select * from a"));
    EXPECT_TRUE(onlyReads("with recursive n(i) as (values (1)) select i from n"));
    EXPECT_FALSE(onlyReads("with a as (select 1) insert into t select * from a"));
    EXPECT_FALSE(onlyReads("with a as (select 1) delete from t"));
    EXPECT_FALSE(onlyReads("insert into t select 1"));
    EXPECT_FALSE(onlyReads("create table t as select 1"));
    EXPECT_FALSE(onlyReads(""));
}

}  // namespace
}  // namespace tessera::cli
