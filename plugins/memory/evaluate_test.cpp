#include "plugins/memory/evaluate.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace tessera::memory {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr char kTables[] = R"({"t": {
    "columns": [{"name": "n", "type": "integer"}, {"name": "s", "type": "text"}, {"name": "d", "type": "date"}],
    "rows": [[1, "a", null], [2, null, null], [null, "B", null], [-4, "a", null]]}})";

/// The numbers of the rows that a filter takes, from 1.
Result<std::vector<int>> rowsOf(const std::string& filter, std::span<const TsrParam> params = {}) {
    const std::vector<Table> tables = TSR_TRY(parseTables(kTables));
    const Plan plan =
        TSR_TRY(parsePlan(R"({"version": 1, "scan": {"options": {}}, "columns": [], "filter": [)" + filter + "]}"));
    const Filter compiled = TSR_TRY(Filter::compile(plan.filter, tables[0], params));
    std::vector<int> rows;
    for (int row = 0; row < tables[0].rowCount(); ++row) {
        if (TSR_TRY(compiled.matches(row))) {
            rows.push_back(row + 1);
        }
    }
    return rows;
}

std::vector<int> taken(const std::string& filter, std::span<const TsrParam> params = {}) {
    const auto rows = rowsOf(filter, params);
    EXPECT_TRUE(rows) << rows.error().describe();
    return rows.value_or(std::vector<int>{-1});
}

/// A comparison of column n with a number in JSON.
std::string compareN(const std::string& function, const std::string& value) {
    return "{\"call\": \"" + function + R"(", "args": [{"column": "n"}, {"const": {"type": "int8", "value": )" + value +
           "}}]}";
}

std::string call(const std::string& function, const std::string& left, const std::string& right) {
    return "{\"call\": \"" + function + "\", \"args\": [" + left + "," + right + "]}";
}

const std::string kN = R"({"column": "n"})";
const std::string kS = R"({"column": "s"})";
const std::string kFirstParam = R"({"param": 1})";

TEST(MemoryFilterTest, ComparesIntegersOfAnyWidths) {
    EXPECT_THAT(taken(compareN("int4eq(int4,int4)", "2")), ElementsAre(2));
    EXPECT_THAT(taken(compareN("int48ne(int4,int8)", "2")), ElementsAre(1, 4));
    EXPECT_THAT(taken(compareN("int42lt(int4,int2)", "1")), ElementsAre(4));
    EXPECT_THAT(taken(compareN("int4le(int4,int4)", "1")), ElementsAre(1, 4));
    EXPECT_THAT(taken(compareN("int4gt(int4,int4)", "-4")), ElementsAre(1, 2));
    EXPECT_THAT(taken(compareN("int84ge(int8,int4)", "\"-4\"")), ElementsAre(1, 2, 4));
}

TEST(MemoryFilterTest, ComparesTextBytewise) {
    EXPECT_THAT(taken(call("texteq(text,text)", kS, R"({"const": {"type": "text", "value": "b"}})")), IsEmpty());
    EXPECT_THAT(taken(call("textne(text,text)", kS, R"({"const": {"type": "text", "value": "a"}})")), ElementsAre(3));
}

TEST(MemoryFilterTest, TreatsNullAsUnknown) {
    const std::string less = compareN("int4lt(int4,int4)", "2");
    const std::string null = compareN("int4lt(int4,int4)", "null");
    EXPECT_THAT(taken(null), IsEmpty());
    EXPECT_THAT(taken("{\"not\": " + null + "}"), IsEmpty());
    EXPECT_THAT(taken("{\"not\": " + less + "}"), ElementsAre(2));
    EXPECT_THAT(taken("{\"or\": [" + less + "," + null + "]}"), ElementsAre(1, 4));
    EXPECT_THAT(taken("{\"not\": {\"and\": [" + less + "," + null + "]}}"), ElementsAre(2));
    EXPECT_THAT(taken(R"({"is_null": {"column": "n"}})"), ElementsAre(3));
    EXPECT_THAT(taken(R"({"is_null": {"column": "d"}})"), ElementsAre(1, 2, 3, 4));
    EXPECT_THAT(taken(R"({"is_not_null": {"column": "s"}})"), ElementsAre(1, 3, 4));
}

TEST(MemoryFilterTest, TakesParameters) {
    const std::int64_t two = 2;
    const TsrParam number{TSR_TYPE_INT64, false, &two, sizeof two};
    const TsrParam text{TSR_TYPE_TEXT, false, "a", 1};
    const TsrParam nothing{TSR_TYPE_INT64, true, nullptr, 0};
    const std::string equal = call("int48eq(int4,int8)", kN, kFirstParam);
    EXPECT_THAT(taken(equal, std::span(&number, 1)), ElementsAre(2));
    EXPECT_THAT(taken(equal, std::span(&nothing, 1)), IsEmpty());
    EXPECT_THAT(taken(call("texteq(text,text)", kFirstParam, kS), std::span(&text, 1)), ElementsAre(1, 4));
}

TEST(MemoryFilterTest, RefusesWhatItCannotEvaluate) {
    const auto message = [](const std::string& filter) {
        const auto rows = rowsOf(filter);
        return rows ? std::string("no error") : rows.error().message;
    };
    EXPECT_THAT(message(compareN("int4pl(int4,int4)", "1")), HasSubstr("function int4pl(int4,int4)"));
    EXPECT_THAT(message(call("textlt(text,text)", kS, kS)), HasSubstr("function textlt"));
    EXPECT_THAT(message(R"({"is_null": {"column": "x"}})"), HasSubstr("no column 'x'"));
    EXPECT_THAT(message(R"({"is_null": {"param": 1}})"), HasSubstr("no parameter $1"));
    EXPECT_THAT(message(R"({"not": {"column": "n"}})"), HasSubstr("not boolean"));
    EXPECT_THAT(message(kN), HasSubstr("not boolean"));
    EXPECT_THAT(message(call("int4eq(int4,int4)", kN, kS)), HasSubstr("another type"));
}

}  // namespace
}  // namespace tessera::memory
