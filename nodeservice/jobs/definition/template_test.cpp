#include "nodeservice/jobs/definition/template.h"

#include <gtest/gtest.h>

namespace tessera::jobs {
namespace {

const Values kValues = {
    {"name", {ParameterType::kText, "O'Brien \\ \"x\""}},
    {"day", {ParameterType::kDate, "2026-11-22"}},
    {"count", {ParameterType::kInteger, "-5"}},
    {"path", {ParameterType::kText, "../../etc"}},
    {"run.time", {ParameterType::kTime, "2026-11-22T02:30:00Z"}},
};

std::string filled(std::string_view text, TemplateKind kind) {
    const auto result = fill(text, kValues, kind);
    return result ? *result : "error: " + result.error().message;
}

TEST(Template, QuotesForItsLanguage) {
    EXPECT_EQ(filled("a = ${name} and n - ${count} > 0", TemplateKind::kSql),
              "a = ('O''Brien \\ \"x\"'::text) and n - (-5) > 0");
    EXPECT_EQ(filled("day = ${day} AND at < ${run.time}", TemplateKind::kSql),
              "day = (DATE '2026-11-22') AND at < (TIMESTAMPTZ '2026-11-22T02:30:00Z')");
    EXPECT_EQ(filled("https://x/?q=${name}", TemplateKind::kUrl), "https://x/?q=O%27Brien%20%5C%20%22x%22");
    EXPECT_EQ(filled("{\"n\": \"${name}\"}", TemplateKind::kJson), "{\"n\": \"O'Brien \\\\ \\\"x\\\"\"}");
    EXPECT_EQ(filled("/data/${day}/x", TemplateKind::kPath), "/data/2026-11-22/x");
    EXPECT_EQ(filled("/data/${path}/x", TemplateKind::kPath),
              "error: the parameter 'path' cannot be a part of a path: '../../etc'");
    EXPECT_EQ(filled("$${day} and $$", TemplateKind::kPlain), "${day} and $$");
    EXPECT_EQ(filled("${missing}", TemplateKind::kPlain), "error: there is no parameter 'missing'");
}

TEST(Template, InSqlItStandsOutsideOfQuotesAndComments) {
    for (const char* sql : {"'${day}'", "'it''s ${day}'", "E'\\'${day}'", "e'\\\\\\' ${day}'", "\"${day}\"",
                            "$$ ${day} $$", "$body$ ${day} $body$", "-- ${day}\nSELECT 1", "/* ${day} */",
                            "/* /* */ ${day} */", "'open ${day}", "$a$ $b$ ${day} $b$ $a$", "U&'${day}'"}) {
        EXPECT_FALSE(placeholdersOf(sql, TemplateKind::kSql)) << sql;
    }
    for (const char* sql : {"'x' ${day}", "'it''s' || ${day}", "E'\\'' || ${day}", "'\\' || ${day}",
                            "\"a\"\"b\" ${day}", "$$ x $$ ${day}", "$body$ $$ $body$ ${day}", "-- x\n${day}",
                            "/* /* */ */ ${day}", "/**/${day}", "a$b$c ${day}", "$1 + ${day}", "name'x' ${day}"}) {
        const auto found = placeholdersOf(sql, TemplateKind::kSql);
        EXPECT_TRUE(found && found->size() == 1) << sql;
    }
}

TEST(Template, WhatIsNotAName) {
    for (const char* text : {"${", "${}", "${a", "${1a}", "${a b}", "${a;drop}", "x ${é}"}) {
        EXPECT_FALSE(placeholdersOf(text, TemplateKind::kPlain)) << text;
    }
}

TEST(Template, ValuesAreOfTheirType) {
    using enum ParameterType;
    for (const auto& [type, text] :
         std::vector<std::pair<ParameterType, std::string>>{{kInteger, "0"},
                                                            {kInteger, "-9223372036854775808"},
                                                            {kDecimal, "-1.50"},
                                                            {kDecimal, "7"},
                                                            {kBoolean, "true"},
                                                            {kDate, "2024-02-29"},
                                                            {kTime, "2026-11-22T23:59:59Z"},
                                                            {kText, ""}}) {
        EXPECT_TRUE(isValueOf(type, text)) << text;
    }
    for (const auto& [type, text] :
         std::vector<std::pair<ParameterType, std::string>>{{kInteger, ""},
                                                            {kInteger, "-"},
                                                            {kInteger, "1 OR 1=1"},
                                                            {kInteger, "9223372036854775808"},
                                                            {kInteger, "1.5"},
                                                            {kDecimal, "1."},
                                                            {kDecimal, ".5"},
                                                            {kDecimal, "1e9"},
                                                            {kBoolean, "TRUE"},
                                                            {kDate, "2026-02-29"},
                                                            {kDate, "2026-1-1"},
                                                            {kTime, "2026-11-22 23:59:59"},
                                                            {kTime, "2026-11-22T24:00:00Z"},
                                                            {kText, std::string("a\0b", 3)}}) {
        EXPECT_FALSE(isValueOf(type, text)) << text;
    }
}

}  // namespace
}  // namespace tessera::jobs
