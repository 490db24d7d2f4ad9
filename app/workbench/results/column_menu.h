// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

/// What can be done with a column of a result, as a menu: from its heading, and for the current column from the
/// keyboard. GUI thread.

#include <QString>
#include <functional>

class QMenu;

namespace tessera::workbench {

class ResultGrid;

/// What the menu asks of the result around the grid; by the store's number of the column.
struct ColumnRequests {
    std::function<void(int column, Qt::SortOrder order)> sort;
    std::function<void()> unsort;
    std::function<void(int column)> statistics;
};

/// Of the column at that place on the screen. The caller owns and shows it.
QMenu* createColumnMenu(ResultGrid& grid, int column, const ColumnRequests& requests, QWidget* parent);

}  // namespace tessera::workbench
