#include "nodeservice/endpoints/definition/compile.h"
#include "nodeservice/endpoints/definition/read.h"
#include "nodeservice/endpoints/serve/statement.h"
#include "tests/support/seed.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <random>

namespace tessera::endpoints {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

Published endpointOf(const std::string& header, const std::string& sql = "SELECT * FROM t") {
    ReadDefinition read = readDefinition("/* {endpoint: x, " + header + "} */ " + sql, "x.sql");
    EXPECT_THAT(read.errors, IsEmpty()) << read.errors.front().message;
    Published made{1, read.definition, {{"id", "bigint", true}, {"at", "timestamp with time zone", false}}, {}, "me",
                   0};
    made.compiled = compileSql(made.definition);
    return made;
}

Call callOf(const Published& endpoint, const std::string& query) {
    const auto given = givenInQuery(query);
    EXPECT_TRUE(given) << given.error().describe();
    ReadCall read = readCall(endpoint, *given);
    EXPECT_THAT(read.problems, IsEmpty()) << read.problems.front().message;
    return read.call;
}

TEST(Calls, ValuesAreBoundAndNamesAreTheEndpointsOwn) {
    const Published endpoint = endpointOf(
        "parameters: [{name: a}, {name: b, type: bigint, list: true}], page: {key: [at "
        "desc, id], size: 5}, sort: [id]",
        "SELECT * FROM t WHERE a = :a AND b = ANY(:b)");
    Call call = callOf(endpoint, "a=x%27y&b=1&b=-2&fields=id");
    Statement made = statementOf(endpoint, call);
    EXPECT_EQ(
        made.sql,
        "SELECT e.\"id\", (e.\"at\")::text, (e.\"id\")::text FROM (\nSELECT * FROM t WHERE a = ($1::text) AND b = "
        "ANY(($2::bigint[]))\n) AS e ORDER BY e.\"at\" DESC, e.\"id\" LIMIT ($3::bigint)");
    EXPECT_THAT(made.parameters, ElementsAre("x'y", "{\"1\",\"-2\"}", "6"));
    EXPECT_EQ(made.cursor_columns, 2U);
    const std::string cursor = makeCursor(endpoint, call, {"2026-01-01 00:00:00+00", "7"});
    call = callOf(endpoint, "a=x%27y&b=1&b=-2&fields=id&cursor=" + cursor);
    made = statementOf(endpoint, call);
    EXPECT_THAT(made.sql,
                HasSubstr(" WHERE e.\"at\" <= ($3::timestamp with time zone) AND ((e.\"at\" < ($3::timestamp with "
                          "time zone)) OR (e.\"at\" = ($3::timestamp with time zone) AND e.\"id\" > ($4::bigint)))"));
    EXPECT_THAT(made.parameters, ElementsAre("x'y", "{\"1\",\"-2\"}", "2026-01-01 00:00:00+00", "7", "6"));
    // Behind a row without a time: others without one, and then all that have one.
    call.after = {std::nullopt, "7"};
    EXPECT_THAT(statementOf(endpoint, call).sql,
                HasSubstr(" WHERE ((e.\"at\" IS NOT NULL) OR (e.\"at\" IS NULL AND e.\"id\" > ($3::bigint)))"));
}

TEST(Calls, OfAllRowsAndFieldsAreTheEndpointsOwnSql) {
    const Published endpoint = endpointOf("documentation: x", "SELECT * FROM t ORDER BY 1;");
    EXPECT_EQ(statementOf(endpoint, callOf(endpoint, "")).sql, "SELECT * FROM t ORDER BY 1");
}

TEST(Calls, ACursorBelongsToItsCall) {
    const Published endpoint = endpointOf("page: {key: [id]}, sort: [at]");
    const Call call = callOf(endpoint, "limit=2");
    const std::string cursor = makeCursor(endpoint, call, {"7"});
    EXPECT_EQ(cursor.find_first_of("+/=&?% "), std::string::npos);
    EXPECT_EQ(callOf(endpoint, "limit=9&fields=at&cursor=" + cursor).after->front(), "7");
    const auto problemOf = [](const Published& of, const std::string& query) {
        const auto read = readCall(of, *givenInQuery(query));
        return read.problems.empty() ? std::string() : read.problems.front().parameter;
    };
    EXPECT_EQ(problemOf(endpoint, "sort=at&cursor=" + cursor), "cursor");
    Published later = endpoint;
    later.version = 2;
    EXPECT_EQ(problemOf(later, "cursor=" + cursor), "cursor");
    EXPECT_EQ(problemOf(endpoint, "cursor=" + cursor + "A"), "cursor");
    EXPECT_EQ(problemOf(endpoint, "cursor="), "cursor");
}

TEST(Calls, TheSameCallHasTheSameKey) {
    const Published endpoint = endpointOf("parameters: [{name: a}, {name: b}], page: {key: [id]}", "SELECT :a, :b");
    EXPECT_EQ(keyOf(endpoint, callOf(endpoint, "a=1&b=2")), keyOf(endpoint, callOf(endpoint, "b=2&a=1&fields=at,id")));
    EXPECT_NE(keyOf(endpoint, callOf(endpoint, "a=1&b=2")), keyOf(endpoint, callOf(endpoint, "a=1")));
    EXPECT_NE(keyOf(endpoint, callOf(endpoint, "a=")), keyOf(endpoint, callOf(endpoint, "")));
    EXPECT_NE(keyOf(endpoint, callOf(endpoint, "limit=1")), keyOf(endpoint, callOf(endpoint, "")));
}

TEST(Calls, BodiesAreReadStrictly) {
    const auto given =
        givenInBody(R"({"a": 1.50, "b": [1, "x", true], "c": {"d": [1]}, "e": null, "f": 9007199254740993})");
    ASSERT_TRUE(given);
    ASSERT_EQ(given->size(), 5U);
    EXPECT_EQ(given->at(0).values.front(), "1.5");
    EXPECT_THAT(given->at(1).values, ElementsAre("1", "x", "true"));
    EXPECT_EQ(given->at(2).values.front(), "{\"d\":[1]}");
    EXPECT_EQ(given->at(3).values.front(), std::nullopt);
    EXPECT_EQ(given->at(4).values.front(), "9007199254740993");
    for (const std::string body : {"", "[]", "1", "{", "{\"a\":\"\\u0000\"}", "{\"a\":\"\xff\"}"}) {
        EXPECT_FALSE(givenInBody(body)) << body;
    }
    EXPECT_FALSE(givenInBody("{\"a\":" + std::string(100'000, '[')));
}

/// Whatever is given, the statement's text is one of the few that the endpoint has, and all values are parameters.
TEST(Calls, NothingGivenGetsIntoTheText) {
    const unsigned seed = testSeed();
    SCOPED_TRACE("TESSERA_SEED=" + std::to_string(seed));
    std::mt19937 random(seed);
    const Published endpoint =
        endpointOf("parameters: [{name: a}, {name: b, type: integer}], page: {key: [id]}, sort: [at]", "SELECT :a, :b");
    const std::vector<std::string> parts = {"zqj", "'",    "%27",    "\"",     ";",     "--", "at", "id",
                                            "-",   ",",    "1",      "%20",    "(",     "&",  "=",  "a",
                                            "b",   "sort", "fields", "cursor", "limit", "$1", "+",  "eyJ"};
    int right = 0;
    for (int i = 0; i < 30'000; ++i) {
        std::string query = random() % 2 == 0 ? "a=" : "sort=";
        for (auto left = random() % 8; left > 0; --left) {
            query += parts[random() % parts.size()];
        }
        const auto given = givenInQuery(query);
        if (!given) {
            continue;
        }
        const ReadCall read = readCall(endpoint, *given);
        for (const Problem& problem : read.problems) {
            ASSERT_FALSE(problem.message.empty());
        }
        if (!read.problems.empty()) {
            continue;
        }
        ++right;
        const Statement made = statementOf(endpoint, read.call);
        ASSERT_EQ(made.sql.find("zqj"), std::string::npos) << query << "\n" << made.sql;
        ASSERT_EQ(made.sql.find(';'), std::string::npos) << made.sql;
        ASSERT_EQ(made.sql.find('\''), std::string::npos) << made.sql;
        ASSERT_EQ(std::count(made.sql.begin(), made.sql.end(), '"') % 2, 0);
    }
    EXPECT_GT(right, 1000);
}

}  // namespace
}  // namespace tessera::endpoints
