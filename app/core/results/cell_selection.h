#pragma once

/// Cells of a ResultView as work on them wants them: rows from top to bottom, the store's columns from left to right,
/// and which cells of that grid are meant. A value; any thread.

#include "app/core/results/result_view.h"

#include <functional>
#include <vector>

namespace tessera::app {

/// Both ends are inside.
struct RowRange {
    std::uint64_t first = 0;
    std::uint64_t last = 0;
};

struct CellSelection {
    /// Ascending, without overlaps.
    std::vector<RowRange> rows;
    std::vector<int> columns;
    /// Of a view's row and a store's column; null: every cell.
    std::function<bool(std::uint64_t row, int column)> contains;

    std::uint64_t rowCount() const {
        std::uint64_t count = 0;
        for (const RowRange& range : rows) {
            count += range.last - range.first + 1;
        }
        return count;
    }

    static CellSelection everything(const ResultView& view) {
        CellSelection all;
        if (view.rowCount() > 0) {
            all.rows.push_back({0, view.rowCount() - 1});
        }
        for (std::size_t column = 0; column < view.columns().size(); ++column) {
            all.columns.push_back(static_cast<int>(column));
        }
        return all;
    }
};

/// Calls `row(position, view row)`, which returns a Result<>, for every selected row. Chunks of an unordered view are
/// read once each and leave the cache alone.
template <class Row>
Result<> forEachSelectedRow(const ResultView& view, const CellSelection& cells, const Row& row) {
    std::size_t chunk = 0;
    ResultStore::Span span;
    ResultStore::Position position;
    for (const RowRange& range : cells.rows) {
        for (std::uint64_t at = range.first; at <= range.last; ++at) {
            if (view.order) {
                position = TSR_TRY(view.at(at));
            } else {
                if (!position.chunk || at >= span.first_row + span.row_count) {
                    while (at >= (span = view.store->chunkSpan(chunk)).first_row + span.row_count) {
                        ++chunk;
                    }
                    position.chunk = TSR_TRY(view.store->readChunk(chunk));
                }
                position.row = static_cast<std::size_t>(at - span.first_row);
            }
            TSR_TRY(row(position, at));
        }
    }
    return {};
}

}  // namespace tessera::app
