#pragma once

/// A Parquet file, written by DuckDB as rows arrive: it holds a row group at most. Columns get the type that is the
/// same in Parquet (numeric(p,s), dates, times, uuid, bytea among them), else text; a value that the type cannot hold
/// ends the file with an error that says which. The file is there after end(), and not before.

#include "app/core/output/row_writer.h"

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>

namespace tessera::app {

/// What a column becomes there: "BIGINT", "DECIMAL(10,2)".
std::string parquetTypeOf(const client::ResultColumn& column);

class ParquetWriter final : public RowWriter {
  public:
    explicit ParquetWriter(std::filesystem::path path);
    /// Removes what is not complete.
    ~ParquetWriter() override;
    ParquetWriter(const ParquetWriter&) = delete;
    ParquetWriter& operator=(const ParquetWriter&) = delete;

    Result<> begin(const std::vector<client::ResultColumn>& columns) override;
    Result<> batch(const client::ResultBatch& batch) override;
    Result<> end() override;

  private:
    class Copy;

    const std::filesystem::path path_;
    std::unique_ptr<Copy> copy_;
};

}  // namespace tessera::app
