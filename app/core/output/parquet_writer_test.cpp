#include "app/core/output/parquet_writer.h"

#include "app/core/output/duckdb_library.h"
#include "app/core/output/text_batch.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>
#include <fstream>
#include <sstream>

namespace tessera::app {
namespace {

using client::ColumnEncoding;
using testing::HasSubstr;

class ParquetWriterTest : public testing::Test {
  protected:
    void SetUp() override {
        const auto library = duckDbLibrary();
        ASSERT_TRUE(library) << library.error().describe();
        library_ = *library;
        std::string folder = testing::TempDir() + "parquetXXXXXX";
        ASSERT_NE(mkdtemp(folder.data()), nullptr);
        folder_ = folder;
    }

    void TearDown() override { std::filesystem::remove_all(folder_); }

    std::filesystem::path file() const { return folder_ / "a'b.parquet"; }

    /// What a query says of the file, as CSV without a header.
    std::string ask(const std::string& select) {
        duckdb_database database = nullptr;
        duckdb_connection connection = nullptr;
        EXPECT_EQ(library_->duckdb_open(nullptr, &database), DuckDBSuccess);
        EXPECT_EQ(library_->duckdb_connect(database, &connection), DuckDBSuccess);
        const std::string out = (folder_ / "answer.csv").string();
        const std::string sql = "COPY (" + select + ") TO '" + out + "' (FORMAT csv, HEADER false, NULLSTR 'NULL')";
        duckdb_result result;
        EXPECT_EQ(library_->duckdb_query(connection, "SET TimeZone = 'UTC'", &result), DuckDBSuccess);
        library_->duckdb_destroy_result(&result);
        EXPECT_EQ(library_->duckdb_query(connection, sql.c_str(), &result), DuckDBSuccess)
            << library_->duckdb_result_error(&result);
        library_->duckdb_destroy_result(&result);
        library_->duckdb_disconnect(&connection);
        library_->duckdb_close(&database);
        std::ostringstream text;
        text << std::ifstream(out).rdbuf();
        return text.str();
    }

    const DuckDbLibrary* library_ = nullptr;
    std::filesystem::path folder_;
};

const std::vector<client::ResultColumn> kColumns{
    {"id", "bigint", 20, ColumnEncoding::kInt64},
    {"id", "integer", 23, ColumnEncoding::kInt64},
    {"pri\"ce", "numeric(10,2)", 1700, ColumnEncoding::kText},
    {"exact", "numeric", 1700, ColumnEncoding::kText},
    {"day", "date", 1082, ColumnEncoding::kText},
    {"at", "timestamp with time zone", 1184, ColumnEncoding::kText},
    {"local", "timestamp without time zone", 1114, ColumnEncoding::kText},
    {"bytes", "bytea", 17, ColumnEncoding::kText},
    {"key", "uuid", 2950, ColumnEncoding::kText},
    {"name", "text", 25, ColumnEncoding::kText},
};

client::ResultBatch batchOf(const std::vector<std::optional<std::int64_t>>& ids, const TextRow& prices,
                            const TextRow& exact, const TextRow& days, const TextRow& at, const TextRow& local,
                            const TextRow& bytes, const TextRow& keys, const TextRow& names) {
    return {ids.size(),
            {integerColumn(ids), integerColumn(ids), textColumn(prices), textColumn(exact), textColumn(days),
             textColumn(at), textColumn(local), textColumn(bytes), textColumn(keys), textColumn(names)}};
}

TEST_F(ParquetWriterTest, KeepsValuesAndTypes) {
    ParquetWriter writer(file());
    ASSERT_TRUE(writer.begin(kColumns));
    ASSERT_TRUE(writer.batch(
        batchOf({1, std::nullopt}, {"1.50", std::nullopt}, {"0.1000", std::nullopt}, {"2024-02-29", "0044-03-15 BC"},
                {"2024-02-29 10:00:00.5+00", "2024-02-29 10:00:00+05:30"}, {"2024-02-29 23:59:59.999999", "infinity"},
                {"\\x00ff", "\\x"}, {"6b0e4f0c-9d3e-4b52-9c3a-0a6c1d1b7a11", std::nullopt}, {"a 😀, \"b\"", ""})));
    EXPECT_FALSE(std::filesystem::exists(file()));
    const Result<> done = writer.end();
    ASSERT_TRUE(done) << done.error().describe();
    const std::string from = " FROM read_parquet('" + (folder_ / "a''b.parquet").string() + "')";
    EXPECT_EQ(ask("SELECT column_name, column_type FROM (DESCRIBE SELECT *" + from + ")"),
              "id,BIGINT\nid_2,INTEGER\n\"pri\"\"ce\",\"DECIMAL(10,2)\"\nexact,VARCHAR\nday,DATE\nat,TIMESTAMP WITH "
              "TIME ZONE\nlocal,TIMESTAMP\nbytes,BLOB\nkey,UUID\nname,VARCHAR\n");
    EXPECT_EQ(
        ask("SELECT id, id_2, \"pri\"\"ce\", exact, day, epoch_us(\"at\"), epoch_us(local), hex(bytes), key, name" +
            from + " ORDER BY id_2 NULLS LAST LIMIT 1"),
        "1,1,1.50,0.1000,2024-02-29,1709200800500000,1709251199999999,00FF,6b0e4f0c-9d3e-4b52-9c3a-0a6c1d1b7a11,"
        "\"a 😀, \"\"b\"\"\"\n");
    EXPECT_EQ(
        ask("SELECT id, day, epoch_us(\"at\"), local, octet_length(bytes), key, name" + from + " WHERE id IS NULL"),
        "NULL,0044-03-15 (BC),1709181000000000,infinity,0,NULL,\n");
}

TEST_F(ParquetWriterTest, TakesBatchesLargerThanItsChunksInTheirOrder) {
    constexpr int kRows = 300000;
    ParquetWriter writer(file());
    ASSERT_TRUE(writer.begin({{"n", "bigint", 20, ColumnEncoding::kInt64}}));
    for (int from = 0; from < kRows; from += 5000) {
        std::vector<std::optional<std::int64_t>> values;
        for (int i = from; i < from + 5000; ++i) {
            values.emplace_back(i % 7 == 0 ? std::nullopt : std::optional<std::int64_t>(i));
        }
        ASSERT_TRUE(writer.batch(client::ResultBatch(values.size(), {integerColumn(values)})));
    }
    ASSERT_TRUE(writer.end());
    EXPECT_EQ(
        ask("SELECT count(*), count(n), sum(n), count(*) FILTER (WHERE n <> file_row_number) FROM read_parquet('" +
            (folder_ / "a''b.parquet").string() + "', file_row_number = true)"),
        "300000,257142,38571171429,0\n");
}

TEST_F(ParquetWriterTest, AValueThatTheTypeCannotHoldIsNamedAndNoFileIsLeft) {
    {
        ParquetWriter writer(file());
        ASSERT_TRUE(writer.begin({{"price", "numeric(10,2)", 1700, ColumnEncoding::kText}}));
        Result<> done = writer.batch(client::ResultBatch(1, {textColumn({"NaN"})}));
        if (done) {
            done = writer.end();
        }
        ASSERT_FALSE(done);
        EXPECT_THAT(done.error().message, HasSubstr("NaN"));
        EXPECT_THAT(done.error().hint, HasSubstr("cast the column to text"));
    }
    EXPECT_FALSE(std::filesystem::exists(file()));
    EXPECT_FALSE(std::filesystem::exists(file().string() + ".partial"));
}

TEST_F(ParquetWriterTest, WhatIsStoppedHalfWayLeavesNothing) {
    {
        ParquetWriter writer(file());
        ASSERT_TRUE(writer.begin({{"n", "bigint", 20, ColumnEncoding::kInt64}}));
        ASSERT_TRUE(writer.batch(client::ResultBatch(1, {integerColumn({1})})));
    }
    EXPECT_TRUE(std::filesystem::is_empty(folder_));
    ParquetWriter nowhere(folder_ / "missing" / "x.parquet");
    Result<> done = nowhere.begin({{"n", "bigint", 20, ColumnEncoding::kInt64}});
    if (done) {
        done = nowhere.end();
    }
    EXPECT_FALSE(done);
    EXPECT_FALSE(ParquetWriter(file()).begin({}));
}

}  // namespace
}  // namespace tessera::app
