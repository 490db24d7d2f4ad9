#include "nodeservice/audit/redaction.h"

#include <gtest/gtest.h>

namespace tessera::audit {
namespace {

TEST(Redaction, TakesValuesAndKeepsTheRest) {
    EXPECT_EQ(redacted("SELECT a, $1 FROM s.t1 WHERE b = 'x''y' AND c > 1.5e-3 -- note\n AND d = 7"),
              "SELECT a, $1 FROM s.t1 WHERE b = ? AND c > ? AND d = ?");
    EXPECT_EQ(redacted("SELECT E'it\\'s', B'01', x'ff', U&'\\0041', n'z', $$a'b$$, $q$c$$d$q$, .5, \"odd 1\"\"\""),
              "SELECT ?, ?, ?, ?, ?, ?, ?, ?, \"odd 1\"\"\"");
    EXPECT_EQ(redacted("/* a /* b */ 'c */ SELECT\t\n 1"), "SELECT ?");
    EXPECT_EQ(redacted("CREATE USER MAPPING FOR x SERVER y OPTIONS (user 'u', password 'p')"),
              "CREATE USER MAPPING FOR x SERVER y OPTIONS (user ?, password ?)");
    EXPECT_EQ(redacted("ALTER ROLE a PASSWORD 'it is'"), "ALTER ROLE a PASSWORD ?");
    EXPECT_EQ(redacted("SELECT t.a1, 1::int4, '{1}'::int[]"), "SELECT t.a1, ?::int4, ?::int[]");
}

TEST(Redaction, WhatDoesNotEndIsGone) {
    for (const char* sql : {"SELECT 'secret", "SELECT $$secret", "SELECT $x$secret$", "SELECT \"secret",
                            "SELECT E'secret\\", "SELECT /* secret", "SELECT -- secret", "SELECT U&'secret"}) {
        EXPECT_EQ(redacted(sql).find("secret"), std::string::npos) << sql;
    }
    EXPECT_EQ(redacted(""), "");
    EXPECT_EQ(redacted("'"), "?");
    EXPECT_EQ(redacted("$"), "$");
    EXPECT_EQ(redacted("1e"), "?");
}

/// Whether a backslash escapes may be a setting's matter (standard_conforming_strings), or that of the literal before:
/// then all the rest is taken for text.
TEST(Redaction, ABackslashBeforeAQuoteTakesTheRest) {
    for (const char* sql :
         {R"(SELECT 'it\'s secret')", R"(SELECT 'a\'' , 'secret')", R"(SELECT '\' || 'secret')",
          "SELECT E'a'\n'b\\'secret'", R"(SELECT 'a\\\'secret')", R"(SELECT N'\'secret')", R"(SELECT U&'\'secret')"}) {
        EXPECT_TRUE(redacted(sql).starts_with("SELECT ?")) << sql;
        EXPECT_EQ(redacted(sql).find("secret"), std::string::npos) << sql;
    }
    EXPECT_EQ(redacted(R"(SELECT 'a\\' AS b, 'C:\x' AS c, E'\'' AS d, E'\\' AS e)"),
              "SELECT ? AS b, ? AS c, ? AS d, ? AS e");
}

TEST(Redaction, EveryBeginningOfAStatementIsRead) {
    const std::string sql = "SELECT E'a\\'b' || $q$x$q$ /* y */ -- z\n, \"n\" FROM t WHERE k = 1e5 AND l = 'm'";
    for (std::size_t size = 0; size <= sql.size(); ++size) {
        EXPECT_LE(redacted(std::string_view(sql).substr(0, size)).size(), size + 1);
    }
}

}  // namespace
}  // namespace tessera::audit
