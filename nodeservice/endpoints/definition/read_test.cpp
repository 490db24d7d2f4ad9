#include "nodeservice/endpoints/definition/read.h"

#include "nodeservice/endpoints/definition/changes.h"
#include "tests/support/seed.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>

namespace tessera::endpoints {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

constexpr const char* kWhole = R"sql(/*
endpoint: orders-by-country
documentation: Orders of a country.
tags: [sales]
parameters:
  - {name: country, required: true, max_length: 60, enum: [US, FR]}
  - {name: since, type: date, default: 2024-01-01, min: 2000-01-01}
  - {name: ids, type: bigint, list: true}
page: {key: [ordered_at desc, id], size: 20, max: 200}
sort: [total]
roles: [analyst, etl]
cache: {seconds: 30}
rate: {requests: 100}
timeout_ms: 5000
not_null: [id]
*/

SELECT id FROM orders WHERE country = :country AND ordered_at >= :since AND id = ANY(:ids)
)sql";

std::string errorsOf(const std::string& text) {
    std::string all;
    for (const Error& error : readDefinition(text, "x.sql").errors) {
        all += error.describe() + "\n";
    }
    return all;
}

TEST(EndpointFiles, AreReadWhole) {
    const ReadDefinition read = readDefinition(kWhole, "x.sql");
    ASSERT_THAT(read.errors, IsEmpty()) << errorsOf(kWhole);
    const Definition& made = read.definition;
    EXPECT_EQ(made.name, "orders-by-country");
    ASSERT_EQ(made.parameters.size(), 3U);
    EXPECT_TRUE(made.parameters[0].is_required);
    EXPECT_THAT(made.parameters[0].choices, ElementsAre("US", "FR"));
    EXPECT_EQ(made.parameters[1].default_value, "2024-01-01");
    EXPECT_TRUE(made.parameters[2].is_list);
    ASSERT_TRUE(made.paging);
    EXPECT_THAT(made.paging->key, ElementsAre(SortKey{"ordered_at", true}, SortKey{"id", false}));
    EXPECT_EQ(made.paging->most, 200);
    EXPECT_EQ(made.max_age_seconds, 30);
    EXPECT_FALSE(made.may_be_partial) << "unless it is said";
    EXPECT_EQ(made.rate, (RateLimit{100, 60}));
    EXPECT_EQ(made.timeout_ms, 5000);
    EXPECT_EQ(read.sql_line, 18U);
}

TEST(EndpointFiles, SayAllThatIsWrongAndWhere) {
    EXPECT_THAT(
        errorsOf("/*\nendpoint: A\nparameters:\n  - {name: limit}\n  - {name: a, type: date, default: soon}\n"
                 "  - {name: a}\nsort: [x]\n*/ SELECT :limit, :a"),
        AllOf(HasSubstr("x.sql:2:11: 'A' is not an endpoint's name"), HasSubstr("x.sql:4:12: 'limit' has a meaning"),
              HasSubstr("'soon' is not a value of the type date"), HasSubstr("two parameters 'a'"),
              HasSubstr("'sort' needs 'page'")));
    EXPECT_THAT(errorsOf("/* {endpoint: x, parameters: [{name: a, type: integer, min: 5, max: 1}]} */ SELECT :a"),
                HasSubstr("'min' is greater"));
    EXPECT_THAT(errorsOf("/* {endpoint: x, parameters: [{name: a, type: integer, max: 5, default: 6}]} */ SELECT :a"),
                HasSubstr("the default '6' is not allowed"));
    EXPECT_THAT(errorsOf("/* {endpoint: x, parameters: [{name: a, type: boolean, min: true}]} */ SELECT :a"),
                HasSubstr("no least"));
    EXPECT_THAT(errorsOf("/* {endpoint: x, parameters: [{name: a, required: true, default: b}]} */ SELECT :a"),
                HasSubstr("has no default"));
    EXPECT_THAT(errorsOf("/* {endpoint: x, parameters: [{name: a}]} */ SELECT 1"), HasSubstr("does not use"));
    EXPECT_THAT(errorsOf("/* {endpoint: x, page: {size: 5}} */ SELECT 1"), HasSubstr("'page' needs 'key'"));
    EXPECT_THAT(errorsOf("/* {endpoint: x, writes: true, cache: {seconds: 1}} */ INSERT INTO a VALUES (1)"),
                HasSubstr("neither"));
    EXPECT_THAT(errorsOf("/* {endpoint: x, writes: true, fallback: partial} */ INSERT INTO a VALUES (1)"),
                HasSubstr("all of it or nothing"));
    EXPECT_THAT(errorsOf("/* {endpoint: x, fallback: stale} */ SELECT 1"), HasSubstr("partial"));
    EXPECT_TRUE(readDefinition("/* {endpoint: x, fallback: partial} */ SELECT 1", "x").definition.may_be_partial);
    EXPECT_THAT(errorsOf("/* {endpoint: x, cach: {seconds: 1}} */ SELECT 1"), HasSubstr("did you mean 'cache'"));
    EXPECT_THAT(errorsOf("/* endpoint: x"), HasSubstr("does not end"));
    EXPECT_THAT(errorsOf(""), HasSubstr("does not begin"));
    EXPECT_THAT(errorsOf("/* {endpoint: x} */ -- nothing"), HasSubstr("no SQL"));
    EXPECT_THAT(errorsOf(std::string("/* {endpoint: x} */ SELECT '\0'", 31)), HasSubstr("UTF-8"));
    EXPECT_THAT(errorsOf("/* {endpoint: x} */ DROP TABLE a"), HasSubstr("no query"));
    EXPECT_THAT(errorsOf("/* {endpoint: x, writes: true} */ DROP TABLE a"), HasSubstr("cannot be published"));
    EXPECT_THAT(errorsOf("/* {endpoint: x} */ SELECT 1" + std::string(3000, '\n') + "/**/"), HasSubstr("too large"));
}

/// Files that are broken anywhere are read or refused, and nothing else.
TEST(EndpointFiles, AnyTextIsReadOrRefused) {
    const unsigned seed = testSeed();
    SCOPED_TRACE("TESSERA_SEED=" + std::to_string(seed));
    std::mt19937 random(seed);
    const std::string whole = kWhole;
    const std::string parts = ":'\"$*/-;{}[],\n\t \\&!|>%@`#?a0\xc3\xff";
    int read_whole = 0;
    for (int i = 0; i < 3000; ++i) {
        std::string text = whole;
        for (auto changes = random() % 4; changes > 0; --changes) {
            const std::size_t at = random() % text.size();
            switch (random() % 3) {
                case 0:
                    text[at] = parts[random() % parts.size()];
                    break;
                case 1:
                    text.insert(at, 1, parts[random() % parts.size()]);
                    break;
                default:
                    text.erase(at, 1 + random() % 20);
            }
            text += text.empty() ? " " : "";
        }
        const ReadDefinition read = readDefinition(text, "x.sql");
        read_whole += read.errors.empty() ? 1 : 0;
        for (const Error& error : read.errors) {
            ASSERT_EQ(error.code, ErrorCode::kInvalidArgument);
            ASSERT_TRUE(error.message.starts_with("x.sql")) << error.message;
        }
        if (read.errors.empty()) {
            ASSERT_TRUE(isEndpointName(read.definition.name));
        }
    }
    EXPECT_GT(read_whole, 100) << "most changes in values leave a file right";
}

TEST(EndpointChanges, ThatCallersNotice) {
    const auto definitionOf = [](const std::string& header) {
        return readDefinition("/* {endpoint: x, " + header + "} */ SELECT :a, :b", "x.sql").definition;
    };
    const Definition before = definitionOf("parameters: [{name: a, type: integer, max: 10}, {name: b, enum: [u, v]}]");
    const std::vector<ResultColumn> columns = {{"id", "bigint", true}, {"name", "text", false}};
    EXPECT_THAT(breakingChanges({before, columns}, {before, columns}), IsEmpty());
    const Definition wider =
        definitionOf("parameters: [{name: a, type: integer, max: 20}, {name: b, enum: [u, v, w]}]");
    EXPECT_THAT(
        breakingChanges({before, columns}, {wider, {{"id", "bigint", true}, {"name", "text", true}, {"new", "text"}}}),
        IsEmpty());
    EXPECT_THAT(breakingChanges({wider, columns}, {before, columns}),
                ElementsAre("the parameter 'a' allows less", "the parameter 'b' does not allow 'w' any more"));
    EXPECT_THAT(
        breakingChanges({before, columns},
                        {definitionOf("parameters: [{name: a, type: text, required: true}]"), {{"id", "text", false}}}),
        ElementsAre("the parameter 'a' is of another type", "the parameter 'a' is required",
                    "the parameter 'b' is gone", "the field 'id' is of another type", "the field 'name' is gone"));
    EXPECT_THAT(breakingChanges({before, columns}, {before, {{"id", "bigint", false}, {"name", "text", false}}}),
                ElementsAre("the field 'id' may be null"));
    const Definition partial = readDefinition("/* {endpoint: x, fallback: partial} */ SELECT 1", "x.sql").definition;
    const Definition whole = readDefinition("/* {endpoint: x} */ SELECT 1", "x.sql").definition;
    EXPECT_THAT(breakingChanges({whole, columns}, {partial, columns}), ElementsAre("its rows may be partial"));
    EXPECT_THAT(breakingChanges({partial, columns}, {whole, columns}), IsEmpty());
}

}  // namespace
}  // namespace tessera::endpoints
