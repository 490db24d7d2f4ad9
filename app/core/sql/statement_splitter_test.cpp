#include "app/core/sql/statement_splitter.h"

#include <gtest/gtest.h>

#include <string>

namespace tessera::app {
namespace {

std::vector<std::string> statementsOf(std::string_view sql) {
    std::vector<std::string> texts;
    for (const StatementRange& range : splitStatements(sql)) {
        texts.emplace_back(range.of(sql));
    }
    return texts;
}

using Texts = std::vector<std::string>;

TEST(StatementSplitter, SplitsAtSemicolonsAndDropsEmptyStatements) {
    EXPECT_EQ(statementsOf(" select 1 ;; \n select 2\n"), (Texts{"select 1", "select 2"}));
    EXPECT_EQ(statementsOf(""), Texts{});
    EXPECT_EQ(statementsOf(" -- only a comment\n ; /* and */ "), Texts{});
}

TEST(StatementSplitter, SemicolonsInQuotesEndNothing) {
    EXPECT_EQ(statementsOf("select 'a;''b;', \"x;\"\"y;\"; select 2").size(), 2U);
    EXPECT_EQ(statementsOf("select E'it\\'s;', e';'; select 2").size(), 2U);
    // Without E a backslash is an ordinary character.
    EXPECT_EQ(statementsOf("select '\\'; select 2").size(), 2U);
}

TEST(StatementSplitter, DollarQuotesAreFollowedByTheirTag) {
    EXPECT_EQ(statementsOf("do $$ begin; x; end $$; select 2").size(), 2U);
    EXPECT_EQ(statementsOf("do $a$ ; $$ ; $b$ ; $a$; select 2").size(), 2U);
    EXPECT_EQ(statementsOf("select $1; select $2").size(), 2U);
    EXPECT_EQ(statementsOf("select a$b$; select c$b$").size(), 2U);
}

TEST(StatementSplitter, CommentsNestAndBelongToNoStatement) {
    EXPECT_EQ(statementsOf("/* a /* ; */ ; */ select 1 -- ; x\n; select 2 /* tail */"),
              (Texts{"select 1", "select 2"}));
}

TEST(StatementSplitter, SqlBodiesOfFunctionsStayWhole) {
    const std::string function =
        "create or replace function f() returns int begin atomic select case when true then 1 end; select 2; end";
    EXPECT_EQ(statementsOf(function + "; select 3"), (Texts{function, "select 3"}));
    EXPECT_EQ(statementsOf("begin; select 1; end").size(), 3U);
}

TEST(StatementSplitter, RuleActionsStayWhole) {
    EXPECT_EQ(statementsOf("create rule r as on insert to t do also (select 1; select 2); select 3").size(), 2U);
}

TEST(StatementSplitter, AnOpenParenthesisDoesNotSwallowWhatFollows) {
    EXPECT_EQ(statementsOf("select (1; select 2").size(), 2U);
}

TEST(StatementSplitter, BrokenTextIsAStatementToo) {
    EXPECT_EQ(statementsOf("select 1; SELEC b; select 3").size(), 3U);
    EXPECT_EQ(statementsOf("select 'open; select 2"), (Texts{"select 'open; select 2"}));
    EXPECT_EQ(statementsOf("select $x$ open; select 2").size(), 1U);
}

TEST(StatementSplitter, TheCaretMeansTheStatementAroundIt) {
    const std::string sql = "select 1;  \n\nselect 2; select 3\n";
    const auto at = [&](std::size_t offset) { return std::string(statementAt(sql, offset)->of(sql)); };
    EXPECT_EQ(at(0), "select 1");
    EXPECT_EQ(at(8), "select 1");
    EXPECT_EQ(at(9), "select 1");
    EXPECT_EQ(at(10), "select 1");
    EXPECT_EQ(at(12), "select 2");
    EXPECT_EQ(at(15), "select 2");
    EXPECT_EQ(at(22), "select 2");
    EXPECT_EQ(at(25), "select 3");
    EXPECT_EQ(at(sql.size()), "select 3");
    EXPECT_FALSE(statementAt("  -- nothing", 2));
}

}  // namespace
}  // namespace tessera::app
