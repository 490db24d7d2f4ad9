#include "app/core/results/row_comparison.h"

#include <algorithm>

namespace tessera::app {

namespace {

using Position = ResultStore::Position;

std::vector<std::pair<int, int>> sharedColumns(const ResultStore::Columns& here, const ResultStore::Columns& there) {
    std::vector<std::pair<int, int>> shared;
    for (std::size_t i = 0; i < here.size(); ++i) {
        const auto found = std::find_if(there.begin(), there.end(), [&](const client::ResultColumn& column) {
            return column.name == here[i].name;
        });
        if (found != there.end()) {
            shared.emplace_back(static_cast<int>(i), static_cast<int>(found - there.begin()));
        }
    }
    return shared;
}

Result<bool> areEqual(const ResultView& here, const Position& a, std::size_t a_column, const ResultView& there,
                      const Position& b, std::size_t b_column) {
    if (a.isNull(a_column) || b.isNull(b_column)) {
        return a.isNull(a_column) && b.isNull(b_column);
    }
    const bool is_long = a.chunk->longText(a.row, a_column) != nullptr;
    if (is_long != (b.chunk->longText(b.row, b_column) != nullptr)) {
        return false;
    }
    if (is_long) {
        const std::string text = TSR_TRY(here.store->readText(a, a_column));
        return text == TSR_TRY(there.store->readText(b, b_column));
    }
    return a.batch().text(a.row, a_column) == b.batch().text(b.row, b_column);
}

}  // namespace

Result<RowDifferences> compareRows(const ResultView& here, const ResultView& there, TaskControl& control) {
    RowDifferences differences;
    const std::uint64_t rows = std::min(here.rowCount(), there.rowCount());
    differences.only_here = here.rowCount() - rows;
    differences.only_there = there.rowCount() - rows;
    const auto shared = sharedColumns(here.columns(), there.columns());
    control.setTotal(rows);
    constexpr std::uint64_t kRowsBetweenLooks = 1024;
    for (std::uint64_t row = 0; row < rows; ++row) {
        if (row % kRowsBetweenLooks == 0) {
            control.advance(row == 0 ? 0 : kRowsBetweenLooks);
            if (control.isCancelled()) {
                return TaskControl::cancelled();
            }
        }
        const Position a = TSR_TRY(here.at(row));
        const Position b = TSR_TRY(there.at(row));
        for (const auto& [a_column, b_column] : shared) {
            const bool is_equal = TSR_TRY(
                areEqual(here, a, static_cast<std::size_t>(a_column), there, b, static_cast<std::size_t>(b_column)));
            if (is_equal) {
                continue;
            }
            ++differences.cell_count;
            if (differences.cells.size() < RowDifferences::kCellsMax) {
                differences.cells.emplace(row, a_column);
            }
        }
    }
    return differences;
}

}  // namespace tessera::app
