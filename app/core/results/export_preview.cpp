#include "app/core/results/export_preview.h"

#include "app/core/output/parquet_writer.h"
#include "app/core/output/table_writer.h"

#include <algorithm>

namespace tessera::app {

namespace {

constexpr std::uint64_t kShownRows = 5;
/// What the size is estimated from.
constexpr std::uint64_t kSampledRows = 200;
constexpr std::size_t kShownBytes = 16'384;
constexpr std::size_t kSampledBytes = std::size_t{4} << 20U;

/// Keeps the begin, counts all, and ends what is far too long.
class PreviewOutput final : public Output {
  public:
    Result<> write(std::string_view bytes) override {
        text_.append(bytes.substr(0, kShownBytes - std::min(kShownBytes, text_.size())));
        size_ += bytes.size();
        return size_ <= kSampledBytes ? Result<>{} : fail(ErrorCode::kResourceExhausted, "that is enough");
    }

    std::string takeText() {
        if (size_ > text_.size()) {
            // Not half a character.
            while (!text_.empty() && (static_cast<unsigned char>(text_.back()) & 0xC0U) == 0x80U) {
                text_.pop_back();
            }
            text_.resize(text_.empty() ? 0 : text_.size() - 1);
            text_ += "…";
        }
        return std::move(text_);
    }

    std::uint64_t size() const { return size_; }

    bool isFull() const { return size_ > kSampledBytes; }

  private:
    std::string text_;
    std::uint64_t size_ = 0;
};

CellSelection firstRows(CellSelection cells, std::uint64_t count) {
    std::vector<RowRange> kept;
    for (const RowRange& range : cells.rows) {
        if (count == 0) {
            break;
        }
        const std::uint64_t rows = std::min(count, range.last - range.first + 1);
        kept.push_back({range.first, range.first + rows - 1});
        count -= rows;
    }
    cells.rows = std::move(kept);
    return cells;
}

std::string parquetTypes(const ResultView& view, const CellSelection& cells) {
    std::size_t width = 0;
    for (const int column : cells.columns) {
        width = std::max(width, view.columns()[static_cast<std::size_t>(column)].name.size());
    }
    std::string text;
    for (const int index : cells.columns) {
        const client::ResultColumn& column = view.columns()[static_cast<std::size_t>(index)];
        text += column.name + std::string(width - column.name.size() + 2, ' ') + parquetTypeOf(column) + '\n';
        if (text.size() > kShownBytes) {
            return text + "…\n\n";
        }
    }
    return text + '\n';
}

}  // namespace

Result<ExportPreview> previewExport(const ResultView& view, const CellSelection& cells, const ExportOptions& options,
                                    const WriterFactory& make, TaskControl& control) {
    const bool is_text = make || (options.format != ExportFormat::kXlsx && options.format != ExportFormat::kParquet);
    const auto write = [&](std::uint64_t rows, PreviewOutput& output) -> Result<> {
        const std::unique_ptr<RowWriter> writer = make      ? make(output)
                                                  : is_text ? createTextWriter(options, output)
                                                            : std::make_unique<TableWriter>(output, TableStyle{});
        const Result<> written = writeCells(view, firstRows(cells, rows), *writer, control);
        return output.isFull() ? Result<>{} : written;
    };
    ExportPreview preview;
    PreviewOutput shown;
    TSR_TRY(write(kShownRows, shown));
    preview.text = (options.format == ExportFormat::kParquet && !make ? parquetTypes(view, cells) : std::string()) +
                   shown.takeText();
    if (!is_text) {
        return preview;
    }
    PreviewOutput sampled;
    TSR_TRY(write(kSampledRows, sampled));
    const std::uint64_t rows = cells.rowCount();
    const std::uint64_t sampled_rows = std::min(rows, kSampledRows);
    if (!sampled.isFull()) {
        preview.bytes = sampled_rows == 0 ? sampled.size() : sampled.size() * rows / sampled_rows;
    }
    return preview;
}

}  // namespace tessera::app
