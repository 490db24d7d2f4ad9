#include "nodeservice/endpoints/definition/compile.h"

#include "tests/support/seed.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>

namespace tessera::endpoints {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

Definition definitionOf(const std::string& sql) {
    Definition made;
    made.sql = sql;
    made.parameters.resize(2);
    made.parameters[0].name = "a";
    made.parameters[1].name = "b";
    made.parameters[1].type = ParameterType::kBigint;
    made.parameters[1].is_list = true;
    return made;
}

TEST(EndpointSql, ParametersBecomeNumbersWithTheirTypes) {
    EXPECT_EQ(compileSql(definitionOf("SELECT :a, x FROM t WHERE y = ANY(:b) OR z = :a;")),
              "SELECT ($1::text), x FROM t WHERE y = ANY(($2::bigint[])) OR z = ($1::text)");
}

TEST(EndpointSql, QuotationsCommentsAndCastsAreLeftAlone) {
    for (const std::string sql : {"SELECT ':a'", "SELECT E'\\':a'", "SELECT \":a\"", "SELECT $$:a$$",
                                  "SELECT $t$ :a $$ :a $t$", "SELECT 1 -- :a", "SELECT /* :a /* :a */ :a */ 1",
                                  "SELECT x::a", "SELECT f(p := 1)", "SELECT U&':a'", "SELECT x$1 FROM t"}) {
        EXPECT_EQ(compileSql(definitionOf(sql)), sql);
    }
    EXPECT_EQ(compileSql(definitionOf("SELECT :a::text, ':a' || :a -- :a\n, 1")),
              "SELECT ($1::text)::text, ':a' || ($1::text) -- :a\n, 1");
}

TEST(EndpointSql, OneStatementAndNoMore) {
    EXPECT_TRUE(readSql("SELECT 1;  -- done\n/* yes */"));
    EXPECT_THAT(readSql("SELECT 1; SELECT 2").error().message, HasSubstr("second statement"));
    EXPECT_THAT(readSql("SELECT ';' ; ;").error().message, HasSubstr("second statement"));
    EXPECT_THAT(readSql("SELECT 'x").error().message, HasSubstr("does not end"));
    EXPECT_THAT(readSql("SELECT /* x").error().message, HasSubstr("does not end"));
    EXPECT_THAT(readSql("SELECT $1").error().message, HasSubstr("no parameter"));
    EXPECT_THAT(readSql(" -- x").error().message, HasSubstr("no SQL"));
    EXPECT_THAT(readSql("SELECT a FROM b LEFT JOIN \"Right\" ON 'full' = c")->words,
                ElementsAre("select", "a", "from", "b", "left", "join", "on", "c"));
}

/// A parameter's place is never within what PostgreSQL takes for a quotation or comment.
TEST(EndpointSql, AnyTextIsTakenApart) {
    const unsigned seed = testSeed();
    SCOPED_TRACE("TESSERA_SEED=" + std::to_string(seed));
    std::mt19937 random(seed);
    const std::vector<std::string> parts = {"'", "\"", "$$", "$t$", "--", "/*", "*/", "\n", ":a",       "::",
                                            ":", ";",  "\\", "E'",  " ",  "x",  "$1", "1",  "\xc3\xbc", "("};
    for (int i = 0; i < 20'000; ++i) {
        std::string sql = "SELECT ";
        for (auto left = random() % 12; left > 0; --left) {
            sql += parts[random() % parts.size()];
        }
        const auto facts = readSql(sql);
        if (!facts) {
            EXPECT_EQ(facts.error().code, ErrorCode::kInvalidArgument);
            continue;
        }
        ASSERT_LE(facts->end, sql.size());
        for (const Placeholder& one : facts->placeholders) {
            ASSERT_EQ(sql.substr(one.begin, one.end - one.begin), ":" + one.name) << sql;
            const std::string before = sql.substr(0, one.begin);
            // Simple quotations alone: an odd number of quotes before would be one that is open.
            if (before.find_first_of("\"$-/\\") == std::string::npos) {
                ASSERT_EQ(std::count(before.begin(), before.end(), '\'') % 2, 0) << sql;
            }
        }
    }
}

}  // namespace
}  // namespace tessera::endpoints
