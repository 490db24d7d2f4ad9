#pragma once

/// CSV as PostgreSQL's COPY … CSV HEADER writes it: NULL is nothing between the commas, an empty text is "". Any number
/// of rows in constant memory.

#include "app/core/output/row_writer.h"

namespace tessera::app {

class CsvWriter final : public RowWriter {
  public:
    explicit CsvWriter(Output& output) : output_(output) {}

    Result<> begin(const std::vector<client::ResultColumn>& columns) override;
    Result<> batch(const client::ResultBatch& batch) override;

    Result<> end() override { return {}; }

  private:
    Output& output_;
};

/// A value between quotes where CSV needs them.
void appendCsvValue(std::string& line, std::string_view value);

}  // namespace tessera::app
