#include "app/core/output/table_writer.h"

#include "app/core/text/display_width.h"
#include "app/core/text/utf8.h"

#include <algorithm>

namespace tessera::app {

namespace {

std::string repeated(std::string_view sign, std::size_t count) {
    std::string text;
    for (std::size_t i = 0; i < count; ++i) {
        text += sign;
    }
    return text;
}

}  // namespace

Result<> TableWriter::begin(const std::vector<client::ResultColumn>& columns) {
    columns_.clear();
    sample_.clear();
    sample_bytes_ = 0;
    is_sampling_ = true;
    for (const client::ResultColumn& column : columns) {
        Column shown;
        shown.title = printable(column.name);
        shown.right_aligned = cellKindOf(column) == CellKind::kNumber;
        shown.width = displayWidth(shown.title);
        columns_.push_back(std::move(shown));
    }
    return {};
}

Result<> TableWriter::batch(const client::ResultBatch& batch) {
    std::string text;
    for (std::size_t row = 0; row < batch.rowCount(); ++row) {
        Row shown = shownRow(batch, row);
        if (!is_sampling_) {
            appendRow(text, shown);
            continue;
        }
        for (std::size_t column = 0; column < shown.size(); ++column) {
            columns_[column].width = std::max(columns_[column].width, displayWidth(shown[column]));
            sample_bytes_ += shown[column].size();
        }
        sample_.push_back(std::move(shown));
        if (sample_.size() >= kSampleRows || sample_bytes_ >= kSampleBytes) {
            TSR_TRY(writeSample());
        }
    }
    return text.empty() ? Result<>{} : output_.write(text);
}

Result<> TableWriter::end() {
    return is_sampling_ && !columns_.empty() ? writeSample() : Result<>{};
}

Result<> TableWriter::abandon() {
    return sample_.empty() ? Result<>{} : writeSample();
}

TableWriter::Row TableWriter::shownRow(const client::ResultBatch& batch, std::size_t row) const {
    Row shown;
    shown.reserve(columns_.size());
    for (std::size_t column = 0; column < columns_.size(); ++column) {
        if (batch.isNull(row, column)) {
            shown.push_back(style_.null_text);
            continue;
        }
        const std::string value = batch.text(row, column);
        // A column alone has the line to itself: plans are read to their ends.
        const std::size_t limit = columns_.size() == 1 ? 0 : style_.cell_columns_max;
        // One more than fits is enough to know that the cell is too long, however long it is.
        shown.push_back(limit == 0 ? printable(value) : elided(printable(firstCharacters(value, limit + 1)), limit));
    }
    return shown;
}

Result<> TableWriter::writeSample() {
    is_sampling_ = false;
    std::string text = heading();
    for (const Row& row : sample_) {
        appendRow(text, row);
    }
    sample_.clear();
    sample_.shrink_to_fit();
    return output_.write(text);
}

void TableWriter::appendRow(std::string& text, const Row& row) const {
    for (std::size_t i = 0; i < row.size(); ++i) {
        const Column& column = columns_[i];
        const std::size_t width = displayWidth(row[i]);
        const std::string padding(column.width > width ? column.width - width : 0, ' ');
        text += i == 0 ? " " : " │ ";
        if (column.right_aligned) {
            text += padding + row[i];
        } else if (i + 1 == row.size()) {
            text += row[i];
        } else {
            text += row[i] + padding;
        }
    }
    text += '\n';
}

std::string TableWriter::heading() const {
    Row titles;
    std::string rule;
    for (const Column& column : columns_) {
        titles.push_back(column.title);
        rule += (rule.empty() ? "" : "┼") + repeated("─", column.width + 2);
    }
    std::string text;
    appendRow(text, titles);
    return text + rule + "\n";
}

}  // namespace tessera::app
