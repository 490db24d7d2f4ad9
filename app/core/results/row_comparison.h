#pragma once

/// Two results side by side: rows by their place, columns by their names. For a thread of the task pool.

#include "app/core/results/result_view.h"
#include "app/core/thread/background_task.h"

#include <set>
#include <utility>

namespace tessera::app {

struct RowDifferences {
    /// More are counted, but not kept.
    static constexpr std::size_t kCellsMax = 1'000'000;

    /// (row of the view, the store's column).
    std::set<std::pair<std::uint64_t, int>> cells;
    std::uint64_t cell_count = 0;
    /// Rows at the end of one that the other has not.
    std::uint64_t only_here = 0;
    std::uint64_t only_there = 0;
};

/// Columns that only one of them has are not compared.
Result<RowDifferences> compareRows(const ResultView& here, const ResultView& there, TaskControl& control);

}  // namespace tessera::app
