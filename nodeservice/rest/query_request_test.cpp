#include "nodeservice/rest/query_request.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace tessera::rest {
namespace {

using testing::HasSubstr;

TEST(QueryRequest, ReadsAStatementWithItsParameters) {
    const auto request = readQueryRequest(R"({"sql": "SELECT $1", "parameters": [1, "x", null, true, 1.5,
        {"type": "date", "value": "2024-01-01"}, {"type": "jsonb", "value": {"a": [1]}}],
        "timeout_ms": 10, "page_rows": 20, "id": "A-b_1"})");
    ASSERT_TRUE(request) << request.error().describe();
    EXPECT_EQ(request->statement.sql, "SELECT $1");
    const auto& parameters = request->statement.parameters;
    ASSERT_EQ(parameters.size(), 7u);
    EXPECT_EQ(parameters[0].text, "1");
    EXPECT_EQ(parameters[1].text, "x");
    EXPECT_EQ(parameters[2].text, std::nullopt);
    EXPECT_EQ(parameters[3].text, "true");
    EXPECT_EQ(parameters[4].text, "1.5");
    EXPECT_EQ(parameters[5].type_name, "date");
    EXPECT_EQ(parameters[6].text, R"({"a":[1]})");
    EXPECT_EQ(request->statement.timeout_ms, 10u);
    EXPECT_EQ(request->page_rows, 20u);
    EXPECT_EQ(request->statement.request_id, "A-b_1");
}

TEST(QueryRequest, RefusesWhatItDoesNotKnow) {
    const std::string deep = R"({"sql": "x", "parameters": )" + std::string(100000, '[');
    for (const std::string body :
         {R"()", R"([])", R"("sql")", R"({})", R"({"sql": 1})", R"({"sql": "x", "more": 1})", R"({"sql": "a\u0000b"})",
          R"({"sql": "x", "parameters": {}})", R"({"sql": "x", "parameters": [[1]]})",
          R"({"sql": "x", "parameters": [{"type": "int", "value": [1]}]})",
          R"({"sql": "x", "parameters": [{"value": 1}]})", R"({"sql": "x", "parameters": ["\u0000"]})",
          R"({"sql": "x", "timeout_ms": 0})", R"({"sql": "x", "timeout_ms": -1})", R"({"sql": "x", "page_rows": 1e3})",
          R"({"sql": "x", "page_rows": 1000000})", R"({"sql": "x", "id": ""})", R"({"sql": "x", "id": "a b"})",
          deep.c_str()}) {
        EXPECT_FALSE(readQueryRequest(body)) << body.substr(0, 100);
    }
}

TEST(QueryRequest, ChoosesTheFormatThatIsAccepted) {
    EXPECT_EQ(*formatOf(""), Format::kJson);
    EXPECT_EQ(*formatOf("*/*"), Format::kJson);
    EXPECT_EQ(*formatOf("text/html, text/csv;q=0.5, */*"), Format::kCsv);
    EXPECT_EQ(*formatOf("text/csv;q=0, application/x-ndjson"), Format::kNdjson);
    EXPECT_EQ(*formatOf("application/vnd.apache.arrow.stream"), Format::kArrow);
    EXPECT_FALSE(formatOf("text/html"));
    EXPECT_TRUE(acceptsGzip("deflate, gzip;q=1.0"));
    EXPECT_FALSE(acceptsGzip("gzip;q=0"));
    EXPECT_FALSE(acceptsGzip(""));
}

}  // namespace
}  // namespace tessera::rest
