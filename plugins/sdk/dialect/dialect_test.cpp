#include "plugins/sdk/dialect/dialect.h"

#include <gtest/gtest.h>

#include <set>
#include <string>

namespace tessera::dialect {
namespace {

TEST(Dialect, IsFoundByName) {
    for (const Dialect* dialect : all()) {
        EXPECT_EQ(find(dialect->name).value(), dialect);
    }
    EXPECT_EQ(find("informix").error().code, ErrorCode::kNotFound);
}

TEST(Dialect, KnowsWhichFunctionsAreComparisons) {
    EXPECT_EQ(comparisonOperator("int48lt(int4,int8)"), "<");
    EXPECT_EQ(comparisonOperator("texteq(text,text)"), "=");
    EXPECT_EQ(comparisonOperator("text_ge(text,text)"), ">=");
    EXPECT_EQ(comparisonOperator("date_ne_timestamp(date,timestamp)"), "<>");
    EXPECT_EQ(comparisonOperator("int4pl(int4,int4)"), "");
    // These depend on the session's time zone.
    EXPECT_EQ(comparisonOperator("date_eq_timestamptz(date,timestamptz)"), "");
}

TEST(Dialect, HasEachEntryOnce) {
    for (const Dialect* dialect : all()) {
        std::set<std::string_view> seen;
        for (const FunctionRule& rule : dialect->functions) {
            EXPECT_TRUE(seen.insert(rule.signature).second) << dialect->name << " " << rule.signature;
        }
        for (const FunctionRule& rule : dialect->aggregates) {
            EXPECT_TRUE(seen.insert(rule.signature).second) << dialect->name << " " << rule.signature;
        }
        std::set<std::string_view> types;
        for (const TypeRule& rule : dialect->types) {
            EXPECT_TRUE(types.insert(rule.type).second) << dialect->name << " " << rule.type;
        }
    }
}

/// A rule that could not be written down would only show in front of a person.
TEST(Dialect, TemplatesNameOnlyTheirOperands) {
    for (const Dialect* dialect : all()) {
        for (const auto rules : {dialect->functions, dialect->aggregates}) {
            for (const FunctionRule& rule : rules) {
                const bool binary = rule.signature.find(',') != std::string_view::npos;
                EXPECT_FALSE(rule.sql.empty()) << rule.signature;
                EXPECT_EQ(rule.sql.find("{1}") != std::string_view::npos, binary)
                    << dialect->name << " " << rule.signature;
                EXPECT_EQ(rule.sql.find("{2}"), std::string_view::npos) << rule.signature;
            }
        }
    }
}

TEST(Dialect, FallsBackToItsRuleForAnyType) {
    EXPECT_EQ(typeRule(kPostgres, "jsonb")->output, "{0}::text");
    EXPECT_EQ(typeRule(kMysql, "jsonb"), nullptr);
}

}  // namespace
}  // namespace tessera::dialect
