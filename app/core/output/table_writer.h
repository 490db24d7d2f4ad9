#pragma once

/// A table for people: a header, a rule, aligned cells, numbers to the right, NULL shown apart. Column widths come from
/// a bounded sample of the first rows (kSampleRows or kSampleBytes); a later cell that is wider pushes its row's rest
/// aside rather than being cut.

#include "app/core/output/cell_kind.h"
#include "app/core/output/row_writer.h"

namespace tessera::app {

class TableWriter final : public RowWriter {
  public:
    static constexpr std::size_t kSampleRows = 1000;
    static constexpr std::size_t kSampleBytes = std::size_t{4} << 20U;

    TableWriter(Output& output, TableStyle style) : output_(output), style_(std::move(style)) {}

    Result<> begin(const std::vector<client::ResultColumn>& columns) override;
    Result<> batch(const client::ResultBatch& batch) override;
    Result<> end() override;
    Result<> abandon() override;

  private:
    struct Column {
        std::string title;
        bool right_aligned = false;
        std::size_t width = 0;
    };

    using Row = std::vector<std::string>;

    Row shownRow(const client::ResultBatch& batch, std::size_t row) const;
    Result<> writeSample();
    void appendRow(std::string& text, const Row& row) const;
    std::string heading() const;

    Output& output_;
    TableStyle style_;
    std::vector<Column> columns_;
    std::vector<Row> sample_;
    std::size_t sample_bytes_ = 0;
    bool is_sampling_ = true;
};

}  // namespace tessera::app
