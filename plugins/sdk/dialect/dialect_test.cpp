#include "plugins/sdk/dialect/dialect.h"

#include <gtest/gtest.h>

#include <algorithm>
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
        for (const AggregateRule& rule : dialect->aggregates) {
            EXPECT_TRUE(seen.insert(rule.signature).second) << dialect->name << " " << rule.signature;
        }
        std::set<std::string_view> types;
        for (const TypeRule& rule : dialect->types) {
            EXPECT_TRUE(types.insert(rule.type).second) << dialect->name << " " << rule.type;
        }
    }
}

/// Else it is a constant's value.
bool isType(std::string_view name) {
    return name.starts_with("any") || typeRule(kDuckdb, name) != nullptr || name == "bpchar" || name == "interval" ||
           name == "tid";
}

/// A rule that could not be written down would only show in front of a person.
TEST(Dialect, TemplatesNameOnlyTheirOperands) {
    const auto check = [](const Dialect& dialect, std::string_view signature, std::string_view sql) {
        EXPECT_FALSE(sql.empty()) << signature;
        const std::vector<std::string_view> types = parseSignature(signature).types;
        for (const std::size_t number : {0, 1, 2, 3}) {
            // What is part of the signature by its value need not stand in the text.
            const bool is_operand = number < types.size() && isType(types[number]);
            EXPECT_EQ(sql.find("{" + std::to_string(number) + "}") != std::string_view::npos, is_operand)
                << dialect.name << " " << signature;
        }
    };
    for (const Dialect* dialect : all()) {
        for (const FunctionRule& rule : dialect->functions) {
            check(*dialect, rule.signature, rule.sql);
        }
        for (const auto rules : {dialect->aggregates, dialect->window_functions}) {
            for (const AggregateRule& rule : rules) {
                if (rule.signature.find('(') != std::string_view::npos) {
                    check(*dialect, rule.signature, rule.sql);
                }
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
