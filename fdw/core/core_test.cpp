/// The extension's own side without PostgreSQL: through the C header, as fdw/pg uses it, on the connector `memory`.
#include "fdw/core/fdw_core.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>

#include <cstdlib>
#include <cstring>
#include <memory>
#include <new>
#include <string>
#include <utility>
#include <vector>

namespace {

using testing::HasSubstr;

constexpr const char* kTables = R"({
    "people": {"comment": "Who works here", "columns": [
        {"name": "id", "type": "bigint", "value": "sequence", "key": 1, "not_null": true},
        {"name": "name", "type": "text", "value": "text"}], "rows": 5000},
    "none": {"columns": [{"name": "id", "type": "integer"}], "rows": []}})";

TsrSignal noSignal(const TsrHost* /*host*/) {
    return TSR_SIGNAL_NONE;
}

constexpr TsrHost kHost = [] {
    TsrHost host{};
    host.struct_size = sizeof host;
    host.poll_signal = noSignal;
    return host;
}();

class FdwCore : public testing::Test {
  protected:
    void SetUp() override {
        connector_ = tsr_connector_find(TESSERA_CONNECTORS, "memory", &error_);
        ASSERT_NE(connector_, nullptr) << error_.message;
        tsr_sessions_invalidate();
    }

    void TearDown() override { tsr_sessions_invalidate(); }

    TsrSource source(std::uint32_t user = 1) {
        return {7, user, "toys", connector_, options_.size(), options_.data(), false, 0, 0};
    }

    static TsrQuery queryOf(const TsrRendered& rendered, std::size_t batch_bytes) {
        TsrQuery query{};
        query.struct_size = sizeof query;
        query.text = rendered.text;
        query.batch_bytes = batch_bytes;
        query.takes_tuples = true;
        query.expected_rows = -1;
        query.most_readers = 1;
        return query;
    }

    /// Rows that `SELECT id FROM table` gives, or -1 with error_.
    std::int64_t countRows(const char* table, const char* fail_after = nullptr) {
        const TsrSource from = source();
        TsrStatement* statement = tsr_statement_create(&from, &kHost, &error_);
        std::vector<TsrOption> options = {{"table_name", table}};
        if (fail_after != nullptr) {
            options.push_back({"fail_after_rows", fail_after});
        }
        tsr_select_from(statement, tsr_from_table(statement, 1, &from, options.data(), options.size(), &error_));
        tsr_select_output(statement, tsr_expr_column(statement, 1, "id", "int8"));
        TsrRendered rendered{};
        EXPECT_EQ(tsr_statement_render(statement, &rendered, &error_), TSR_OK) << error_.message;
        const TsrType type = TSR_TYPE_INT64;
        TsrQuery query = queryOf(rendered, 4096);
        query.column_count = 1;
        query.column_types = &type;
        TsrScan* scan = nullptr;
        std::int64_t rows = -1;
        if (tsr_scan_start(&from, &kHost, &query, &scan, &error_) == TSR_OK) {
            rows = drain(scan);
        }
        tsr_scan_destroy(scan);
        tsr_statement_destroy(statement);
        return rows;
    }

    std::int64_t drain(TsrScan* scan) {
        std::int64_t rows = 0;
        const ArrowArray* batch = nullptr;
        TsrStatus status = TSR_AGAIN;
        while ((status = tsr_scan_next(scan, &batch, &error_)) != TSR_END) {
            if (status == TSR_ERROR) {
                return -1;
            }
            rows += status == TSR_OK ? batch->length : 0;
        }
        return rows;
    }

    const TsrConnector* connector_ = nullptr;
    std::vector<TsrOption> options_ = {{"tables", kTables}};
    TsrError error_{};
};

TEST_F(FdwCore, NamesTheConnectorThatIsNotThere) {
    EXPECT_EQ(tsr_connector_find(TESSERA_CONNECTORS, "oracle", &error_), nullptr);
    EXPECT_THAT(error_.message, HasSubstr("'oracle'"));
    EXPECT_EQ(tsr_connector_find("", "memory", &error_), nullptr);
    EXPECT_THAT(error_.message, HasSubstr("tessera.connector_path"));
    EXPECT_EQ(tsr_connector_find(TESSERA_CONNECTORS, "memory", &error_), connector_);
}

TEST_F(FdwCore, ChecksOptionsWhereTheyStand) {
    const TsrOption unknown = {"tabels", "{}"};
    EXPECT_EQ(tsr_options_check(connector_, TSR_SCOPE_SERVER, "server \"toys\"", &unknown, 1, &error_), TSR_ERROR);
    EXPECT_THAT(error_.message, HasSubstr("server \"toys\": the connector 'memory' has no option 'tabels'"));
    EXPECT_THAT(error_.hint, HasSubstr("tables"));
    EXPECT_STREQ(error_.sqlstate, "HV00D");
    EXPECT_EQ(tsr_options_check(connector_, TSR_SCOPE_SERVER, "server", nullptr, 0, &error_), TSR_ERROR);
    EXPECT_THAT(error_.message, HasSubstr("requires the option 'tables'"));
    EXPECT_EQ(tsr_options_check(connector_, TSR_SCOPE_SERVER, "server", options_.data(), 1, &error_), TSR_OK);
}

TEST_F(FdwCore, ListsTablesThatOutliveTheConnectorsOwn) {
    const TsrSource from = source();
    TsrTableList* list = nullptr;
    ASSERT_EQ(tsr_table_list_create(&from, &kHost, "any", nullptr, &list, &error_), TSR_OK) << error_.message;
    tsr_sessions_invalidate();
    ASSERT_EQ(tsr_table_list_size(list), 2U);
    const TsrTable* people = tsr_table_list_at(list, 0);
    for (std::size_t i = 0; i < 2; ++i) {
        people = std::strcmp(tsr_table_list_at(list, i)->name, "people") == 0 ? tsr_table_list_at(list, i) : people;
    }
    EXPECT_STREQ(people->comment, "Who works here");
    ASSERT_EQ(people->column_count, 2U);
    EXPECT_STREQ(people->columns[0].pg_type, "bigint");
    EXPECT_EQ(people->columns[0].key_position, 1);
    EXPECT_STREQ(people->options[0].value, "people");
    tsr_table_list_destroy(list);
}

TEST_F(FdwCore, ScansToTheEnd) {
    EXPECT_EQ(countRows("people"), 5000);
    EXPECT_EQ(countRows("none"), 0);
    EXPECT_EQ(countRows("people"), 5000);  // on the session of before
}

TEST_F(FdwCore, AFailureInMidScanIsAnError) {
    EXPECT_EQ(countRows("people", "3000"), -1);
    EXPECT_EQ(std::string(error_.sqlstate).substr(0, 2), "08");
    EXPECT_EQ(countRows("people"), 5000);
}

TEST_F(FdwCore, AScanMayBeLeftHalfWayAndTwoMayRunAtOnce) {
    const TsrOption table = {"table_name", "people"};
    const TsrSource from = source();
    TsrStatement* statement = tsr_statement_create(&from, &kHost, &error_);
    tsr_select_from(statement, tsr_from_table(statement, 1, &from, &table, 1, &error_));
    TsrRendered rendered{};
    ASSERT_EQ(tsr_statement_render(statement, &rendered, &error_), TSR_OK);
    const TsrQuery query = queryOf(rendered, 1024);
    TsrScan* first = nullptr;
    TsrScan* second = nullptr;
    ASSERT_EQ(tsr_scan_start(&from, &kHost, &query, &first, &error_), TSR_OK);
    ASSERT_EQ(tsr_scan_start(&from, &kHost, &query, &second, &error_), TSR_OK);
    const ArrowArray* batch = nullptr;
    ASSERT_EQ(tsr_scan_next(first, &batch, &error_), TSR_OK);
    tsr_scan_destroy(first);
    EXPECT_EQ(drain(second), 5000);
    TsrScanProgress progress{};
    tsr_scan_progress(second, &progress);
    EXPECT_EQ(progress.rows, 5000);
    EXPECT_EQ(progress.encoding, TSR_ENCODING_ARROW);
    EXPECT_EQ(progress.bytes, -1) << "nobody counts the bytes of rows in memory";
    EXPECT_GE(progress.wait_us, 0);
    tsr_sessions_invalidate();  // while the second is on loan
    tsr_scan_destroy(second);
    tsr_statement_destroy(statement);
}

TEST_F(FdwCore, RemembersWhatASourceSaysOfASize) {
    const TsrSource from = source();
    const TsrOption table = {"table_name", "people"};
    TsrStatistics statistics{-1, -1};
    ASSERT_EQ(tsr_source_statistics(&from, &kHost, 99, &table, 1, &statistics, &error_), TSR_OK);
    EXPECT_EQ(statistics.row_count, 5000);
    options_ = {{"tables", "no longer JSON"}};
    const TsrSource broken = source();
    ASSERT_EQ(tsr_source_statistics(&broken, &kHost, 99, &table, 1, &statistics, &error_), TSR_OK);
    EXPECT_EQ(statistics.row_count, 5000);
    EXPECT_EQ(tsr_source_statistics(&broken, &kHost, 100, &table, 1, &statistics, &error_), TSR_OK);  // a kept session
    const TsrSource other = source(2);
    EXPECT_EQ(tsr_source_statistics(&other, &kHost, 99, &table, 1, &statistics, &error_), TSR_ERROR);
}

TEST_F(FdwCore, ARefusalSaysWhy) {
    const TsrSource from = source();
    TsrStatement* statement = tsr_statement_create(&from, &kHost, &error_);
    const TsrExpr* name = tsr_expr_column(statement, 1, "name", "text");
    EXPECT_EQ(tsr_expr_call(statement, "lower(text)", "lower", false, "text", TSR_COLLATION_BYTEWISE, &name, 1),
              nullptr);
    EXPECT_STREQ(tsr_refusal(statement), "plan has no exact form of lower(text)");
    EXPECT_FALSE(tsr_can_sort_by(statement, name, TSR_COLLATION_BYTEWISE));
    EXPECT_FALSE(tsr_can_join(statement, TSR_JOIN_INNER));
    EXPECT_EQ(tsr_refuse(statement, "it needs a whole row"), nullptr);
    EXPECT_STREQ(tsr_refusal(statement), "it needs a whole row");
    tsr_statement_destroy(statement);
}

/// A connector whose sessions say what they speak: memory, but for its dialect.
int times_asked = 0;

const char* speaksSqlite(TsrSession* /*session*/) {
    ++times_asked;
    return "sqlite";
}

TEST_F(FdwCore, ASessionMaySayItsDialect) {
    TsrConnector table = *connector_;
    table.dialect = "";
    table.session_dialect = speaksSqlite;
    TsrSource from = source();
    from.connector = &table;
    for (int i = 0; i < 2; ++i) {
        TsrStatement* statement = tsr_statement_create(&from, &kHost, &error_);
        ASSERT_NE(statement, nullptr) << error_.message;
        EXPECT_TRUE(tsr_can_join(statement, TSR_JOIN_INNER));
        EXPECT_FALSE(tsr_can_join(statement, TSR_JOIN_FULL));
        tsr_statement_destroy(statement);
    }
    EXPECT_EQ(times_asked, 1);
    tsr_sessions_invalidate();  // the server's options may lead elsewhere now
    tsr_statement_destroy(tsr_statement_create(&from, &kHost, &error_));
    EXPECT_EQ(times_asked, 2);
    options_ = {{"tables", "no JSON"}};
    TsrSource broken = source(3);
    broken.connector = &table;
    EXPECT_EQ(tsr_statement_create(&broken, &kHost, &error_), nullptr);
    tsr_sessions_invalidate();
}

bool raiseOnce() {
    static bool raised = false;
    const rlimit none{RLIM_INFINITY, RLIM_INFINITY};
    return !std::exchange(raised, true) && setrlimit(RLIMIT_DATA, &none) == 0;
}

/// 0: the first allocation that fails gets what `raiseOnce` gives, and the next is an exception.
[[noreturn]] void exhaustMemory() {
    constexpr std::size_t kBytes = std::size_t{256} << 20;
    const rlimit little{std::size_t{64} << 20, RLIM_INFINITY};
    tsr_memory_on_failure(raiseOnce);
    setrlimit(RLIMIT_DATA, &little);
    const std::unique_ptr<char[]> given(new char[kBytes]);
    setrlimit(RLIMIT_DATA, &little);
    try {
        const std::unique_ptr<char[]> refused(new char[kBytes]);
        std::_Exit(refused[0] == given[0] ? 1 : 2);
    } catch (const std::bad_alloc&) {
        std::_Exit(0);
    }
}

TEST(Memory, IsAskedForBeforeAnAllocationFails) {
    EXPECT_EXIT(exhaustMemory(), testing::ExitedWithCode(0), "");
}

}  // namespace
