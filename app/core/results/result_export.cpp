#include "app/core/results/result_export.h"

#include "app/core/output/csv_writer.h"
#include "app/core/output/json_writer.h"
#include "app/core/output/parquet_writer.h"
#include "app/core/output/text_writers.h"
#include "app/core/output/xlsx_writer.h"

#include <cstring>

namespace tessera::app {

namespace {

using Batch = client::ResultBatch;

constexpr std::size_t kBatchRows = 1024;
constexpr std::size_t kBatchBytes = std::size_t{1} << 20U;

std::size_t widthOf(client::ColumnEncoding encoding) {
    switch (encoding) {
        case client::ColumnEncoding::kBool:
            return 1;
        case client::ColumnEncoding::kFloat32:
            return 4;
        default:
            return 8;
    }
}

/// Batches of cells from many chunks.
class BatchBuilder {
  public:
    BatchBuilder(const ResultStore& store, const ResultStore::Columns& columns) : store_(store), columns_(columns) {
        clear();
    }

    Result<> addCell(std::size_t column, const ResultStore::Position& position, std::size_t from) {
        Batch::Column& into = built_[column];
        const Batch::Column& source = position.batch().column(from);
        if (into.encoding == client::ColumnEncoding::kText) {
            if (position.chunk->longText(position.row, from) != nullptr) {
                into.values += TSR_TRY(store_.readText(position, from));
            } else {
                into.values += position.batch().textView(position.row, from);
            }
        } else {
            const std::size_t width = widthOf(into.encoding);
            into.values.append(source.values, position.row * width, width);
        }
        finishCell(into, !position.isNull(from));
        return {};
    }

    void addNull(std::size_t column) {
        Batch::Column& into = built_[column];
        into.values.append(into.encoding == client::ColumnEncoding::kText ? 0 : widthOf(into.encoding), '\0');
        finishCell(into, false);
    }

    void finishRow() { ++rows_; }

    bool isFull() const { return rows_ >= kBatchRows || bytes_ >= kBatchBytes; }

    bool isEmpty() const { return rows_ == 0; }

    Batch take() {
        Batch batch(rows_, std::move(built_));
        clear();
        return batch;
    }

  private:
    void clear() {
        rows_ = 0;
        bytes_ = 0;
        built_.assign(columns_.size(), {});
        for (std::size_t i = 0; i < columns_.size(); ++i) {
            built_[i].encoding = columns_[i].encoding;
            if (columns_[i].encoding == client::ColumnEncoding::kText) {
                built_[i].offsets.assign(sizeof(std::uint32_t), '\0');
            }
        }
    }

    void finishCell(Batch::Column& into, bool is_valid) {
        if (rows_ % 8 == 0) {
            into.validity += '\0';
        }
        if (is_valid) {
            into.validity.back() =
                static_cast<char>(static_cast<unsigned char>(into.validity.back()) | 1U << rows_ % 8);
        }
        if (into.encoding == client::ColumnEncoding::kText) {
            const auto end = static_cast<std::uint32_t>(into.values.size());
            into.offsets.append(reinterpret_cast<const char*>(&end), sizeof end);
            bytes_ = std::max(bytes_, into.values.size());
        }
    }

    const ResultStore& store_;
    const ResultStore::Columns& columns_;
    std::vector<Batch::Column> built_;
    std::size_t rows_ = 0;
    std::size_t bytes_ = 0;
};

/// All rows and columns as they came: batches go to the writer as they are.
bool isWholeResult(const ResultView& view, const CellSelection& cells) {
    if (view.order || cells.contains || cells.rows.size() != 1 || cells.rows[0].first != 0 ||
        cells.columns.size() != view.columns().size()) {
        return false;
    }
    for (std::size_t i = 0; i < cells.columns.size(); ++i) {
        if (cells.columns[i] != static_cast<int>(i)) {
            return false;
        }
    }
    return true;
}

/// As many whole chunks as the selection covers; how many rows they had.
Result<std::uint64_t> writeWholeChunks(const ResultView& view, std::uint64_t row_count, RowWriter& writer,
                                       TaskControl& control) {
    const std::size_t chunks = view.store->chunkCount();
    std::uint64_t written = 0;
    for (std::size_t chunk = 0; chunk < chunks; ++chunk) {
        const ResultStore::Span span = view.store->chunkSpan(chunk);
        if (span.first_row + span.row_count > row_count) {
            break;
        }
        if (control.isCancelled()) {
            return TaskControl::cancelled();
        }
        const std::shared_ptr<const Batch> batch = TSR_TRY(view.store->readBatch(chunk));
        TSR_TRY(writer.batch(*batch));
        control.advance(span.row_count);
        written = span.first_row + span.row_count;
    }
    return written;
}

class BoundedOutput final : public Output {
  public:
    explicit BoundedOutput(std::size_t bytes_max) : bytes_max_(bytes_max) {}

    Result<> write(std::string_view bytes) override {
        if (text_.size() + bytes.size() > bytes_max_) {
            return fail(ErrorCode::kResourceExhausted, "the selection is too large for the clipboard",
                        "select fewer rows, or export the result to a file");
        }
        text_.append(bytes);
        return {};
    }

    std::string take() { return std::move(text_); }

  private:
    const std::size_t bytes_max_;
    std::string text_;
};

}  // namespace

Result<> writeCells(const ResultView& view, const CellSelection& cells, RowWriter& writer, TaskControl& control) {
    ResultStore::Columns columns;
    for (const int column : cells.columns) {
        columns.push_back(view.columns()[static_cast<std::size_t>(column)]);
    }
    control.setTotal(cells.rowCount());
    TSR_TRY(writer.begin(columns));
    CellSelection rest = cells;
    if (isWholeResult(view, cells)) {
        rest.rows[0].first = TSR_TRY(writeWholeChunks(view, cells.rowCount(), writer, control));
        if (rest.rows[0].first > rest.rows[0].last) {
            return writer.end();
        }
    }
    BatchBuilder builder(*view.store, columns);
    const auto add = [&](const ResultStore::Position& position, std::uint64_t row) -> Result<> {
        for (std::size_t i = 0; i < cells.columns.size(); ++i) {
            if (!cells.contains || cells.contains(row, cells.columns[i])) {
                TSR_TRY(builder.addCell(i, position, static_cast<std::size_t>(cells.columns[i])));
            } else {
                builder.addNull(i);
            }
        }
        builder.finishRow();
        if (!builder.isFull()) {
            return {};
        }
        if (control.isCancelled()) {
            return TaskControl::cancelled();
        }
        const Batch batch = builder.take();
        control.advance(batch.rowCount());
        return writer.batch(batch);
    };
    TSR_TRY(forEachSelectedRow(view, rest, add));
    if (!builder.isEmpty()) {
        TSR_TRY(writer.batch(builder.take()));
    }
    return writer.end();
}

std::unique_ptr<RowWriter> createTextWriter(const ExportOptions& options, Output& output) {
    switch (options.format) {
        case ExportFormat::kTsv:
            return std::make_unique<TsvWriter>(
                output, options.has_header ? TsvWriter::Header::kNames : TsvWriter::Header::kNone);
        case ExportFormat::kJson:
            return std::make_unique<JsonWriter>(output, JsonLayout::kArray);
        case ExportFormat::kNdjson:
            return std::make_unique<JsonWriter>(output, JsonLayout::kLines);
        case ExportFormat::kMarkdown:
            return std::make_unique<MarkdownWriter>(output);
        case ExportFormat::kInsert:
            return std::make_unique<InsertWriter>(output, options.table);
        case ExportFormat::kInList:
            return std::make_unique<InListWriter>(output);
        default:
            return std::make_unique<CsvWriter>(output);
    }
}

Result<std::unique_ptr<ExportFile>> ExportFile::create(const ExportOptions& options,
                                                       const std::filesystem::path& path) {
    auto file = std::make_unique<ExportFile>();
    if (options.format == ExportFormat::kXlsx) {
        file->writer_ = std::make_unique<XlsxWriter>(path);
    } else if (options.format == ExportFormat::kParquet) {
        file->writer_ = std::make_unique<ParquetWriter>(path);
    } else {
        file->output_ = TSR_TRY(FileOutput::create(path));
        file->writer_ = createTextWriter(options, *file->output_);
    }
    return file;
}

Result<> ExportFile::commit() {
    return output_ ? output_->commit() : Result<>{};
}

Result<std::string> cellsAsText(const ResultView& view, const CellSelection& cells, const ExportOptions& options,
                                std::size_t bytes_max, TaskControl& control) {
    BoundedOutput output(bytes_max);
    TSR_TRY(writeCells(view, cells, *createTextWriter(options, output), control));
    return output.take();
}

Result<std::uint64_t> exportCells(const ResultView& view, const CellSelection& cells, const ExportOptions& options,
                                  const std::filesystem::path& path, TaskControl& control) {
    const std::unique_ptr<ExportFile> file = TSR_TRY(ExportFile::create(options, path));
    TSR_TRY(writeCells(view, cells, file->rows(), control));
    TSR_TRY(file->commit());
    return cells.rowCount();
}

Result<std::uint64_t> exportCellsBy(const ResultView& view, const CellSelection& cells, const WriterFactory& make,
                                    const std::filesystem::path& path, TaskControl& control) {
    const std::unique_ptr<FileOutput> output = TSR_TRY(FileOutput::create(path));
    TSR_TRY(writeCells(view, cells, *make(*output), control));
    TSR_TRY(output->commit());
    return cells.rowCount();
}

}  // namespace tessera::app
