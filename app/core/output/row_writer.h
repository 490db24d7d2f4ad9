#pragma once

/// Writes a result as it arrives: begin(), any number of batches, end(). A writer holds at most a bounded sample of the
/// result, never all of it, except where its format says so. One thread at a time; errors are those of the Output.

#include "app/core/output/output.h"
#include "common/result.h"
#include "nodeservice/client/types.h"

#include <memory>
#include <string>
#include <vector>

namespace tessera::app {

class RowWriter {
  public:
    virtual ~RowWriter() = default;
    virtual Result<> begin(const std::vector<client::ResultColumn>& columns) = 0;
    virtual Result<> batch(const client::ResultBatch& batch) = 0;
    /// All rows were written.
    virtual Result<> end() = 0;

    /// No more rows will come, though there should be: shows rows that were held back, and nothing that would make an
    /// incomplete document look complete.
    virtual Result<> abandon() { return {}; }
};

enum class OutputFormat { kTable, kCsv, kJson, kNdjson, kParquet };

struct TableStyle {
    /// How NULL is shown.
    std::string null_text = "NULL";
    /// Cells wider than this end with "…"; 0 shows them whole. A single column is always whole.
    std::size_t cell_columns_max = 60;
};

/// The output must outlive the writer. Not for kParquet, which is no stream: see parquet_writer.h.
std::unique_ptr<RowWriter> createRowWriter(OutputFormat format, Output& output, const TableStyle& style = {});

}  // namespace tessera::app
