// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/workbench/results/cell_text.h"

#include "app/core/text/display_width.h"
#include "app/core/text/utf8.h"
#include "app/workbench/results/result_grid.h"

#include <algorithm>
#include <string_view>

namespace tessera::workbench {

namespace {

std::string wholeText(const client::ResultBatch& batch, std::size_t row, std::size_t column,
                      client::ColumnEncoding encoding) {
    std::string text = batch.text(row, column);
    if (encoding == client::ColumnEncoding::kBool) {
        return text == "t" ? "true" : "false";
    }
    return text;
}

}  // namespace

QString cellPreview(const app::ResultStore::Position& position, std::size_t column) {
    const client::ResultBatch& batch = position.batch();
    const client::ColumnEncoding encoding = batch.column(column).encoding;
    if (encoding != client::ColumnEncoding::kText) {
        return QString::fromStdString(wholeText(batch, position.row, column, encoding));
    }
    const std::string_view value = batch.textView(position.row, column);
    const std::string_view shown = app::firstCharacters(value, kCellCharactersMax);
    QString preview = QString::fromStdString(app::printable(shown));
    if (shown.size() < value.size()) {
        preview += QChar(0x2026);
    }
    return preview;
}

app::CellSelection selectedCells(const ResultGrid& grid) {
    const GridSelection& selection = grid.selection();
    app::CellSelection cells;
    cells.columns = grid.selectedStoreColumns();
    std::vector<app::RowRange> rows;
    for (const GridRange& range : selection.ranges()) {
        rows.push_back({static_cast<std::uint64_t>(range.top), static_cast<std::uint64_t>(range.bottom)});
    }
    std::sort(rows.begin(), rows.end(),
              [](const app::RowRange& a, const app::RowRange& b) { return a.first < b.first; });
    for (const app::RowRange& range : rows) {
        if (!cells.rows.empty() && range.first <= cells.rows.back().last + 1) {
            cells.rows.back().last = std::max(cells.rows.back().last, range.last);
        } else {
            cells.rows.push_back(range);
        }
    }
    if (selection.ranges().size() > 1) {
        // By the place on the screen, as it is now.
        std::vector<int> place(static_cast<std::size_t>(grid.columnCount()), 0);
        for (int column = 0; column < grid.columnCount(); ++column) {
            place[static_cast<std::size_t>(grid.storeColumn(column))] = column;
        }
        cells.contains = [selection, place = std::move(place)](std::uint64_t row, int column) {
            return selection.contains({static_cast<std::int64_t>(row), place[static_cast<std::size_t>(column)]});
        };
    }
    return cells;
}

}  // namespace tessera::workbench
