#include "app/core/sql/tokens.h"

#include <gtest/gtest.h>

namespace tessera::app {
namespace {

std::vector<std::string> textsOf(std::string_view sql) {
    std::vector<std::string> texts;
    for (const Token& token : tokensOf(sql)) {
        texts.emplace_back(token.of(sql));
    }
    return texts;
}

TEST(Tokens, AreThoseOfPostgresql) {
    EXPECT_EQ(textsOf("select a.\"B c\", e'it\\'s', $$x'y$$ -- no\n/* /* n */ */ from t"),
              (std::vector<std::string>{"select", "a", ".", "\"B c\"", ",", "e'it\\'s'", ",", "$$x'y$$", "from", "t"}));
    EXPECT_EQ(textsOf("a=-1"), (std::vector<std::string>{"a", "=", "-", "1"}));
    EXPECT_EQ(textsOf("x->>'k' 1.5e-3 .5 $1 a::int"),
              (std::vector<std::string>{"x", "->>", "'k'", "1.5e-3", ".5", "$1", "a", "::", "int"}));
}

TEST(Tokens, OpenOnesReachTheEndAndSaySo) {
    for (const char* sql : {"'abc", "\"abc", "$$abc", "/* abc", "e'a\\"}) {
        const auto tokens = tokensOf(sql, true);
        ASSERT_EQ(tokens.size(), 1U) << sql;
        EXPECT_TRUE(tokens[0].is_open) << sql;
        EXPECT_EQ(tokens[0].end, std::string_view(sql).size()) << sql;
    }
}

TEST(Tokens, NamesAreFoldedAndQuotedWhereNeeded) {
    const std::string_view sql = "Abc \"A\"\"b\"";
    const auto tokens = tokensOf(sql);
    EXPECT_EQ(nameOf(tokens[0], sql), "abc");
    EXPECT_EQ(nameOf(tokens[1], sql), "A\"b");
    EXPECT_EQ(quotedIfNeeded("order"), "\"order\"");
    EXPECT_EQ(quotedIfNeeded("Flights 3m"), "\"Flights 3m\"");
    EXPECT_EQ(quotedIfNeeded("customer_id"), "customer_id");
}

TEST(Tokens, ParametersAreNoCastsSlicesStringsOrComments) {
    const std::string_view sql = "select :a::int, x[1:n], ':b', $$:c$$ -- :d\n, :a, y := 1";
    const auto uses = namedParametersOf(sql);
    ASSERT_EQ(uses.size(), 2U);
    EXPECT_EQ(uses[0].name, "a");
    EXPECT_EQ(uses[1].begin, sql.rfind(":a"));
}

TEST(Tokens, ParametersBecomeNumbersAndPositionsComeBack) {
    const std::string_view sql = "select :first, :second_one, :first where nope";
    const BoundStatement bound = bindNamedParameters(sql);
    EXPECT_EQ(bound.sql, "select $1, $2, $1 where nope");
    EXPECT_EQ(bound.names, (std::vector<std::string>{"first", "second_one"}));
    EXPECT_EQ(bound.originalOffset(bound.sql.find("nope")), sql.find("nope"));
    EXPECT_EQ(bound.originalOffset(bound.sql.find("$2") + 1), sql.find(":second"));
    EXPECT_EQ(bound.originalOffset(3), 3U);
}

}  // namespace
}  // namespace tessera::app
