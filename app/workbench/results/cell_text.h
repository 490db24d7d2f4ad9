// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

/// A value as the grid shows it, and the grid's selection for whoever copies, counts or exports it. The first is pure;
/// the second wants the GUI thread.

#include "app/core/results/cell_selection.h"

#include <QString>

namespace tessera::workbench {

class ResultGrid;

/// Longer cells end with "…" in the grid; the clipboard gets them whole.
constexpr std::size_t kCellCharactersMax = 300;

/// One line without control characters; not for NULL.
QString cellPreview(const app::ResultStore::Position& position, std::size_t column);

/// What is selected in the grid, as work on it wants it: hidden columns are left out.
app::CellSelection selectedCells(const ResultGrid& grid);

}  // namespace tessera::workbench
