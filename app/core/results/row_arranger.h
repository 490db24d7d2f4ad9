#pragma once

/// Filters and sorts a result here, without the node: reads every row once and returns which of them are shown, in
/// which order. Ties stay in the order they came. NULLs stand as PostgreSQL puts them: last when ascending, first when
/// descending. For a thread of the task pool; memory is 16 bytes a row while it sorts, and texts of the sorted column
/// besides, at most kSortedTextBytesMax of them.

#include "app/core/results/result_view.h"
#include "app/core/results/row_filter.h"
#include "app/core/thread/background_task.h"

#include <optional>

namespace tessera::app {

constexpr std::size_t kSortedTextBytesMax = std::size_t{512} << 20U;

enum class SortDirection { kAscending, kDescending };

struct RowSort {
    std::size_t column = 0;
    SortDirection direction = SortDirection::kAscending;
};

/// Of the rows that are there when it begins. An error for types that are not compared here, and for too much text.
Result<std::shared_ptr<const RowOrder>> arrangeRows(const ResultStore& store, const RowFilter& filter,
                                                    const std::optional<RowSort>& sort, TaskControl& control);

/// The statement that has the server do the same: the statement as a subquery, with WHERE and ORDER BY.
std::string arrangedSql(std::string_view sql, const ResultStore::Columns& columns, const RowFilter& filter,
                        const std::optional<RowSort>& sort);

/// The rows of the view in which a shown value contains the text, whatever the case of its letters.
Result<RowOrder> findRows(const ResultView& view, std::string_view text, TaskControl& control);

}  // namespace tessera::app
