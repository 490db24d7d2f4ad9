/// What DuckDB's own reader finds in files that were written here.

#include "nodeservice/rest/parquet_writer.h"

#include "nodeservice/jobs/steps/duckdb_library.h"
#include "nodeservice/query/batch_encoder.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

namespace tessera::rest {
namespace {

using query::Encoding;

const std::vector<query::Column> kColumns = {{"n", "bigint", 20, Encoding::kInt64},
                                             {"i", "integer", 23, Encoding::kInt64},
                                             {"s", "smallint", 21, Encoding::kInt64},
                                             {"x \"q\"", "double precision", 701, Encoding::kFloat64},
                                             {"r", "real", 700, Encoding::kFloat32},
                                             {"ok", "boolean", 16, Encoding::kBool},
                                             {"total", "numeric(10,2)", 1700, Encoding::kText}};

using Rows = std::vector<std::vector<std::optional<std::string>>>;

query::Batch batchOf(const Rows& rows) {
    std::vector<Encoding> encodings;
    for (const query::Column& column : kColumns) {
        encodings.push_back(column.encoding);
    }
    query::BatchEncoder encoder(encodings);
    for (const auto& row : rows) {
        for (std::size_t i = 0; i < row.size(); ++i) {
            EXPECT_TRUE(encoder.append(i, row[i] ? std::optional<std::string_view>(*row[i]) : std::nullopt));
        }
        encoder.endRow();
    }
    return encoder.take();
}

class ParquetWriterTest : public testing::Test {
  protected:
    void SetUp() override {
        const auto library = jobs::duckDbLibrary({});
        ASSERT_TRUE(library) << library.error().describe();
        library_ = *library;
        std::string folder = testing::TempDir() + "parquetXXXXXX";
        ASSERT_NE(mkdtemp(folder.data()), nullptr);
        folder_ = folder;
    }

    void TearDown() override { std::filesystem::remove_all(folder_); }

    /// What a query says of the file, as CSV.
    std::string ask(const std::string& select, const std::string& bytes) {
        std::ofstream(folder_ / "a.parquet", std::ios::binary) << bytes;
        std::string sql = "COPY (" + select + ") TO '" + (folder_ / "answer.csv").string() +
                          "' (FORMAT csv, HEADER false, NULLSTR 'NULL')";
        sql.replace(sql.find("FILE"), 4, "'" + (folder_ / "a.parquet").string() + "'");
        duckdb_database database = nullptr;
        duckdb_connection connection = nullptr;
        EXPECT_EQ(library_->open(nullptr, &database), DuckDBSuccess);
        EXPECT_EQ(library_->connect(database, &connection), DuckDBSuccess);
        duckdb_result result;
        EXPECT_EQ(library_->query(connection, sql.c_str(), &result), DuckDBSuccess) << library_->result_error(&result);
        library_->destroy_result(&result);
        library_->disconnect(&connection);
        library_->close(&database);
        std::ostringstream text;
        text << std::ifstream(folder_ / "answer.csv").rdbuf();
        return text.str();
    }

    static std::string fileOf(const std::vector<query::Batch>& batches) {
        const auto writer = makeParquetWriter();
        std::string out = writer->begin(kColumns);
        for (const query::Batch& batch : batches) {
            out += writer->rows(batch, 0, batch.row_count);
        }
        return out + writer->end(nullptr, "");
    }

    const jobs::DuckDbLibrary* library_ = nullptr;
    std::filesystem::path folder_;
};

TEST_F(ParquetWriterTest, DuckDbReadsTypesAndNulls) {
    const std::string file = fileOf(
        {batchOf({{"9223372036854775807", "-2147483648", "-32768", "0.1", "1.5", "t", "12.50"},
                  {std::nullopt, std::nullopt, std::nullopt, std::nullopt, std::nullopt, std::nullopt, std::nullopt},
                  {"-1", "2147483647", "32767", "-Infinity", "-0.25", "f", "NaN"},
                  {"0", "0", "0", "1e300", "0", "t", ""}})});
    EXPECT_EQ(ask("SELECT * FROM read_parquet(FILE)", file),
              "9223372036854775807,-2147483648,-32768,0.1,1.5,true,12.50\n"
              "NULL,NULL,NULL,NULL,NULL,NULL,NULL\n"
              "-1,2147483647,32767,-inf,-0.25,false,NaN\n"
              "0,0,0,1e+300,0.0,true,\n");
    EXPECT_EQ(ask("SELECT string_agg(column_name || ' ' || column_type, ';') FROM (DESCRIBE SELECT * FROM "
                  "read_parquet(FILE))",
                  file),
              "\"n BIGINT;i INTEGER;s SMALLINT;x \"\"q\"\" DOUBLE;r FLOAT;ok BOOLEAN;total VARCHAR\"\n");
    EXPECT_EQ(
        ask("SELECT decode(value) FROM parquet_kv_metadata(FILE) WHERE decode(key) = 'postgresql.type.total'", file),
        "\"numeric(10,2)\"\n");
}

TEST_F(ParquetWriterTest, AResultWithoutRowsHasItsColumns) {
    EXPECT_EQ(ask("SELECT count(*), count(total) FROM read_parquet(FILE)", fileOf({})), "0,0\n");
}

/// Far more than a group, in batches that end anywhere: what is held does not grow.
TEST_F(ParquetWriterTest, LargeResultsAreGroups) {
    const auto writer = makeParquetWriter();
    std::string file = writer->begin(kColumns);
    std::size_t largest = 0;
    int number = 0;
    for (int batch = 0; batch < 60; ++batch) {
        Rows rows;
        for (int row = 0; row < 997; ++row, ++number) {
            const std::string n = std::to_string(number);
            rows.push_back({n, n, "1", "0.5", "0.5", number % 3 == 0 ? std::nullopt : std::optional<std::string>("t"),
                            std::string(400, static_cast<char>('a' + number % 26))});
        }
        const query::Batch made = batchOf(rows);
        const std::string part = writer->rows(made, 0, made.row_count);
        largest = std::max(largest, part.size());
        file += part;
    }
    file += writer->end(nullptr, "");
    EXPECT_LT(largest, std::size_t{6} << 20U);
    EXPECT_GT(file.size(), std::size_t{20} << 20U);
    EXPECT_EQ(
        ask("SELECT count(*), sum(n), sum(i), count(ok), min(length(total)), max(total)[1] FROM read_parquet(FILE)",
            file),
        "59820,1789186290,1789186290,39880,400,z\n");
    EXPECT_EQ(ask("SELECT count(DISTINCT row_group_id) > 4 FROM parquet_metadata(FILE)", file), "true\n");
}

}  // namespace
}  // namespace tessera::rest
