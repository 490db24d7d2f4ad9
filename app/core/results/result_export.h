#pragma once

/// Rows of a view into a writer: for the clipboard, for files. Long texts are whole, in constant memory otherwise. For
/// a thread of the task pool.

#include "app/core/output/row_writer.h"
#include "app/core/results/cell_selection.h"
#include "app/core/thread/background_task.h"

#include <filesystem>
#include <functional>
#include <string>

namespace tessera::app {

enum class ExportFormat { kTsv, kCsv, kJson, kNdjson, kMarkdown, kInsert, kInList, kXlsx, kParquet };

struct ExportOptions {
    ExportFormat format = ExportFormat::kCsv;
    /// For kInsert: as SQL writes it.
    std::string table = "result";
    /// For kTsv.
    bool has_header = true;
};

/// begin(), batches, end(). Cells that are not selected within selected rows and columns are NULL.
Result<> writeCells(const ResultView& view, const CellSelection& cells, RowWriter& writer, TaskControl& control);

/// The text for the clipboard; an error past `bytes_max`.
Result<std::string> cellsAsText(const ResultView& view, const CellSelection& cells, const ExportOptions& options,
                                std::size_t bytes_max, TaskControl& control);

/// Into a file that appears when it is complete; how many rows it has.
Result<std::uint64_t> exportCells(const ResultView& view, const CellSelection& cells, const ExportOptions& options,
                                  const std::filesystem::path& path, TaskControl& control);

/// The same in a format of somebody else's: `make` gives the writer for the file's bytes.
using WriterFactory = std::function<std::unique_ptr<RowWriter>(Output&)>;
Result<std::uint64_t> exportCellsBy(const ResultView& view, const CellSelection& cells, const WriterFactory& make,
                                    const std::filesystem::path& path, TaskControl& control);

/// A file of any format, which appears under its name when it is complete.
class ExportFile {
  public:
    static Result<std::unique_ptr<ExportFile>> create(const ExportOptions& options, const std::filesystem::path& path);

    RowWriter& rows() { return *writer_; }

    /// After the writer's end().
    Result<> commit();

  private:
    /// None where the writer has the file itself.
    std::unique_ptr<FileOutput> output_;
    std::unique_ptr<RowWriter> writer_;
};

/// For formats that are text; not kXlsx and kParquet.
std::unique_ptr<RowWriter> createTextWriter(const ExportOptions& options, Output& output);

}  // namespace tessera::app
