// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/workbench/results/grid_selection.h"

#include <algorithm>

namespace tessera::workbench {

namespace {

GridRange between(GridCell a, GridCell b) {
    return {std::min(a.row, b.row), std::min(a.column, b.column), std::max(a.row, b.row), std::max(a.column, b.column)};
}

}  // namespace

void GridSelection::clear() {
    *this = {};
}

void GridSelection::select(GridCell cell, Mode mode) {
    if (mode == Mode::kExtend && !ranges_.empty()) {
        ranges_.back() = between(anchor_, cell);
    } else {
        if (mode != Mode::kAdd) {
            ranges_.clear();
        }
        anchor_ = cell;
        ranges_.push_back(between(cell, cell));
    }
    current_ = cell;
}

void GridSelection::selectRange(GridRange range, GridCell current, Mode mode) {
    if (mode == Mode::kExtend && !ranges_.empty()) {
        GridRange& last = ranges_.back();
        last = {std::min(last.top, range.top), std::min(last.left, range.left), std::max(last.bottom, range.bottom),
                std::max(last.right, range.right)};
    } else {
        if (mode != Mode::kAdd) {
            ranges_.clear();
        }
        anchor_ = {range.top, range.left};
        ranges_.push_back(range);
    }
    current_ = current;
}

bool GridSelection::contains(GridCell cell) const {
    return std::any_of(ranges_.begin(), ranges_.end(), [cell](const GridRange& range) { return range.contains(cell); });
}

GridRange GridSelection::bounds() const {
    GridRange all = ranges_.front();
    for (const GridRange& range : ranges_) {
        all = {std::min(all.top, range.top), std::min(all.left, range.left), std::max(all.bottom, range.bottom),
               std::max(all.right, range.right)};
    }
    return all;
}

std::int64_t GridSelection::cellCount() const {
    std::int64_t count = 0;
    for (const GridRange& range : ranges_) {
        count += range.cellCount();
    }
    return count;
}

}  // namespace tessera::workbench
