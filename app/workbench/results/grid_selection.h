// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

/// What is selected in the grid: rectangles of cells, the last of which is being drawn, and the current cell. Its size
/// does not depend on how many cells are selected. A value; no Qt, no widget.

#include <cstdint>
#include <vector>

namespace tessera::workbench {

struct GridCell {
    std::int64_t row = 0;
    int column = 0;

    bool operator==(const GridCell&) const = default;
};

/// Both corners are inside.
struct GridRange {
    std::int64_t top = 0;
    int left = 0;
    std::int64_t bottom = 0;
    int right = 0;

    bool contains(GridCell cell) const {
        return cell.row >= top && cell.row <= bottom && cell.column >= left && cell.column <= right;
    }

    std::int64_t cellCount() const { return (bottom - top + 1) * (right - left + 1); }
};

class GridSelection {
  public:
    enum class Mode {
        /// Starts anew at the cell.
        kReplace,
        /// From where the last range began to the cell.
        kExtend,
        /// Another range beside the ones there are.
        kAdd,
    };

    void clear();
    void select(GridCell cell, Mode mode);
    /// Whole rows, columns or everything: `current` becomes the current cell.
    void selectRange(GridRange range, GridCell current, Mode mode);

    bool contains(GridCell cell) const;

    bool isEmpty() const { return ranges_.empty(); }

    GridCell current() const { return current_; }

    const std::vector<GridRange>& ranges() const { return ranges_; }

    /// The smallest range around all of them. Not when isEmpty().
    GridRange bounds() const;
    /// Counts cells of ranges that overlap more than once.
    std::int64_t cellCount() const;

  private:
    std::vector<GridRange> ranges_;
    GridCell anchor_;
    GridCell current_;
};

}  // namespace tessera::workbench
