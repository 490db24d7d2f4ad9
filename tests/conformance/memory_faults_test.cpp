/// The faults that tests of the host order from the connector `memory`.

#include "tests/conformance/connector_client.h"

#include <gmock/gmock.h>

#include <chrono>

namespace tessera::conformance {
namespace {

using ::testing::HasSubstr;

constexpr char kTables[] = R"({"t": {"rows": 1000, "columns": [{"name": "n", "type": "bigint"}]}})";

Result<ClientSession> openMemory(const TestHost& host, OptionList more = {}) {
    more.emplace_back("tables", kTables);
    return ClientSession::open("memory", host, more);
}

/// A statement that reads column n of table t with more table options, as JSON members.
Statement readT(const std::string& more_options) {
    return {R"({"version": 1, "scan": {"options": {"table_name": "t")" + more_options + R"(}}, "columns": ["n"]})",
            {TSR_TYPE_INT64}};
}

TEST(MemoryFaultsTest, FailsAfterTheRowsItWasAskedToDeliver) {
    const TestHost host;
    auto session = openMemory(host);
    ASSERT_TRUE(session) << session.error().describe();
    auto cursor = session->execute(readT(R"(, "fail_after_rows": "300", "fail_sqlstate": "XX123")"));
    ASSERT_TRUE(cursor) << cursor.error().describe();
    const auto batch = cursor->nextBatch();
    ASSERT_TRUE(batch) << batch.error().describe();
    ASSERT_TRUE(*batch);
    EXPECT_EQ((***batch).length, 300);
    const auto failed = cursor->nextBatch();
    ASSERT_FALSE(failed);
    EXPECT_EQ(failed.error().sqlstate, "XX123");
    EXPECT_THAT(failed.error().message, HasSubstr("300 rows"));
}

TEST(MemoryFaultsTest, FailsInsteadOfTheEnd) {
    const TestHost host;
    auto session = openMemory(host);
    ASSERT_TRUE(session) << session.error().describe();
    const auto rows = session->countRows(readT(R"(, "fail_after_rows": "1000")"));
    ASSERT_FALSE(rows);
    EXPECT_EQ(rows.error().sqlstate, "08006");
}

TEST(MemoryFaultsTest, FailsWhenOpened) {
    const TestHost host;
    const auto refused = openMemory(host, {{"fail_at_open", "true"}, {"fail_sqlstate", "08001"}});
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().sqlstate, "08001");
    auto session = openMemory(host);
    ASSERT_TRUE(session) << session.error().describe();
    const auto cursor = session->execute(readT(R"(, "fail_at_open": "true")"));
    ASSERT_FALSE(cursor);
    EXPECT_EQ(cursor.error().sqlstate, "08006");
}

TEST(MemoryFaultsTest, GeneratesAsManyRowsAsTheTableOptionSays) {
    const TestHost host;
    auto session = openMemory(host);
    ASSERT_TRUE(session) << session.error().describe();
    EXPECT_EQ(session->countRows(readT(R"(, "rows": "12345")")), 12345);
    const auto statistics = session->statistics({{"table_name", "t"}, {"rows", "7"}});
    ASSERT_TRUE(statistics) << statistics.error().describe();
    EXPECT_EQ(statistics->row_count, 7);
}

TEST(MemoryFaultsTest, AppliesFilterAndLimit) {
    const TestHost host;
    auto session = openMemory(host);
    ASSERT_TRUE(session) << session.error().describe();
    const auto rows =
        session->query({R"json({"version": 1, "scan": {"options": {"table_name": "t"}}, "columns": ["n"], "limit": 2,
                 "filter": [{"call": "int84gt(int8,int4)", "args": [{"column": "n"}, {"const": {"type": "int4", "value": "990"}}]}]})json",
                        {TSR_TYPE_INT64}});
    ASSERT_TRUE(rows) << rows.error().describe();
    EXPECT_EQ(*rows, (RowList{{"991"}, {"992"}}));
}

TEST(MemoryFaultsTest, WaitsBeforeEachBatch) {
    const TestHost host;
    auto session = openMemory(host);
    ASSERT_TRUE(session) << session.error().describe();
    const auto begin = std::chrono::steady_clock::now();
    EXPECT_EQ(session->countRows(readT(R"(, "delay_ms": "30")")), 1000);
    EXPECT_GE(std::chrono::steady_clock::now() - begin, std::chrono::milliseconds(60));
}

}  // namespace
}  // namespace tessera::conformance
