// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/workbench/results/grid_accessible.h"

#include "app/workbench/results/result_grid.h"
#include "app/workbench/ui/accessibility.h"

#include <algorithm>
#include <limits>
#include <optional>

namespace tessera::workbench {

namespace {

/// Lists of what is selected end here: nobody listens to more, and there may be a billion.
constexpr int kListedMax = 1000;

int clamped(std::int64_t count) {
    return static_cast<int>(std::min<std::int64_t>(count, std::numeric_limits<int>::max()));
}

QAccessibleInterface* makeAccessible(const QString& class_name, QObject* object) {
    if (class_name == QLatin1String(ResultGrid::staticMetaObject.className())) {
        return new GridAccessible(static_cast<ResultGrid*>(object));
    }
    return nullptr;
}

}  // namespace

void GridAccessible::install() {
    [[maybe_unused]] static const bool is_installed = [] {
        QAccessible::installFactory(makeAccessible);
        return true;
    }();
}

void GridAccessible::tellCurrent(ResultGrid* grid) {
    if (!isAccessibilityHeard()) {
        return;
    }
    const auto* own = static_cast<GridAccessible*>(QAccessible::queryAccessibleInterface(grid));
    const int current = own->childNumber(grid->selection().current());
    for (const QAccessible::Event type : {QAccessible::Focus, QAccessible::Selection}) {
        if (type == QAccessible::Selection || grid->hasFocus()) {
            QAccessibleEvent event(grid, type);
            event.setChild(current);
            tellAccessibility(event);
        }
    }
}

void GridAccessible::tellMoreRows(ResultGrid* grid, std::int64_t first, std::int64_t last) {
    if (isAccessibilityHeard()) {
        QAccessibleTableModelChangeEvent event(grid, QAccessibleTableModelChangeEvent::RowsInserted);
        event.setFirstRow(clamped(first));
        event.setLastRow(clamped(last));
        tellAccessibility(event);
    }
}

void GridAccessible::tellOtherRows(ResultGrid* grid) {
    QAccessibleTableModelChangeEvent event(grid, QAccessibleTableModelChangeEvent::ModelReset);
    if (isAccessibilityHeard()) {
        tellAccessibility(event);
    }
}

GridAccessible::GridAccessible(ResultGrid* grid) : QAccessibleWidget(grid, QAccessible::Table) {}

GridAccessible::~GridAccessible() {
    forgetCells();
}

ResultGrid& GridAccessible::grid() const {
    return *static_cast<ResultGrid*>(widget());
}

void* GridAccessible::interface_cast(QAccessible::InterfaceType type) {
    return type == QAccessible::TableInterface ? static_cast<QAccessibleTableInterface*>(this)
                                               : QAccessibleWidget::interface_cast(type);
}

QAccessible::State GridAccessible::state() const {
    QAccessible::State state = QAccessibleWidget::state();
    state.multiSelectable = true;
    state.extSelectable = true;
    return state;
}

int GridAccessible::childCount() const {
    return clamped((grid().rowCount() + 1) * grid().columnCount());
}

int GridAccessible::childNumber(GridCell place) const {
    return clamped((place.row + 1) * grid().columnCount() + place.column);
}

QAccessibleInterface* GridAccessible::child(int index) const {
    if (index < 0 || index >= childCount()) {
        return nullptr;
    }
    return cell({index / grid().columnCount() - 1, index % grid().columnCount()});
}

QAccessibleInterface* GridAccessible::cell(GridCell place) const {
    const Place key{place.row, place.column};
    if (const auto known = cells_.find(key); known != cells_.end()) {
        return QAccessible::accessibleInterface(known->second);
    }
    auto* made = new GridCellAccessible(&grid(), place);
    cells_.emplace(key, QAccessible::registerAccessibleInterface(made));
    made_.push_back(key);
    if (made_.size() > kCellsMax) {
        const auto oldest = cells_.find(made_.front());
        QAccessible::deleteAccessibleInterface(oldest->second);
        cells_.erase(oldest);
        made_.pop_front();
    }
    return made;
}

void GridAccessible::forgetCells() const {
    for (const auto& [place, id] : cells_) {
        QAccessible::deleteAccessibleInterface(id);
    }
    cells_.clear();
    made_.clear();
}

int GridAccessible::indexOfChild(const QAccessibleInterface* child) const {
    if (const auto* cell = dynamic_cast<const GridCellAccessible*>(child)) {
        return childNumber(cell->place());
    }
    return -1;
}

QAccessibleInterface* GridAccessible::childAt(int x, int y) const {
    const std::optional<GridCell> place = grid().cellAt(grid().viewport()->mapFromGlobal(QPoint(x, y)));
    return place ? cell(*place) : nullptr;
}

QAccessibleInterface* GridAccessible::focusChild() const {
    return grid().hasFocus() && !grid().selection().isEmpty() ? cell(grid().selection().current()) : nullptr;
}

QAccessibleInterface* GridAccessible::cellAt(int row, int column) const {
    const bool is_inside = row >= 0 && row < rowCount() && column >= 0 && column < columnCount();
    return is_inside ? cell({row, column}) : nullptr;
}

QString GridAccessible::columnDescription(int column) const {
    return column >= 0 && column < columnCount() ? grid().columnName(column) : QString();
}

QString GridAccessible::rowDescription(int row) const {
    return row >= 0 && row < rowCount() ? QString::number(qint64{row} + 1) : QString();
}

int GridAccessible::rowCount() const {
    return clamped(grid().rowCount());
}

int GridAccessible::columnCount() const {
    return grid().columnCount();
}

int GridAccessible::selectedCellCount() const {
    return clamped(grid().selection().cellCount());
}

int GridAccessible::selectedColumnCount() const {
    return static_cast<int>(selectedColumns().size());
}

int GridAccessible::selectedRowCount() const {
    std::int64_t count = 0;
    for (const GridRange& range : grid().selection().ranges()) {
        count += range.left == 0 && range.right == columnCount() - 1 ? range.bottom - range.top + 1 : 0;
    }
    return clamped(std::min(count, grid().rowCount()));
}

QList<QAccessibleInterface*> GridAccessible::selectedCells() const {
    QList<QAccessibleInterface*> cells;
    for (const GridRange& range : grid().selection().ranges()) {
        for (std::int64_t row = range.top; row <= range.bottom; ++row) {
            for (int column = range.left; column <= range.right; ++column) {
                if (cells.size() == kListedMax) {
                    return cells;
                }
                cells.append(cell({row, column}));
            }
        }
    }
    return cells;
}

QList<int> GridAccessible::selectedColumns() const {
    QList<int> columns;
    for (int column = 0; column < columnCount() && columns.size() < kListedMax; ++column) {
        if (isColumnSelected(column)) {
            columns.append(column);
        }
    }
    return columns;
}

QList<int> GridAccessible::selectedRows() const {
    QList<int> rows;
    for (const GridRange& range : grid().selection().ranges()) {
        for (std::int64_t row = range.top;
             range.left == 0 && range.right == columnCount() - 1 && row <= range.bottom && rows.size() < kListedMax;
             ++row) {
            rows.append(clamped(row));
        }
    }
    return rows;
}

bool GridAccessible::isColumnSelected(int column) const {
    const auto& ranges = grid().selection().ranges();
    return std::any_of(ranges.begin(), ranges.end(), [&](const GridRange& range) {
        return range.left <= column && column <= range.right && range.top == 0 && range.bottom == grid().rowCount() - 1;
    });
}

bool GridAccessible::isRowSelected(int row) const {
    const auto& ranges = grid().selection().ranges();
    return std::any_of(ranges.begin(), ranges.end(), [&](const GridRange& range) {
        return range.top <= row && row <= range.bottom && range.left == 0 && range.right == columnCount() - 1;
    });
}

bool GridAccessible::selectRow(int row) {
    if (row < 0 || row >= rowCount() || columnCount() == 0) {
        return false;
    }
    grid().setCurrentCell({row, 0});
    grid().setCurrentCell({row, columnCount() - 1}, GridSelection::Mode::kExtend);
    return true;
}

bool GridAccessible::selectColumn(int column) {
    if (column < 0 || column >= columnCount() || rowCount() == 0) {
        return false;
    }
    grid().setCurrentCell({0, column});
    grid().setCurrentCell({grid().rowCount() - 1, column}, GridSelection::Mode::kExtend);
    return true;
}

bool GridAccessible::unselectRow(int row) {
    // There is always a current cell, which is selected: what is left is that.
    const bool is_selected = isRowSelected(row);
    if (is_selected) {
        grid().setCurrentCell(grid().selection().current());
    }
    return is_selected;
}

bool GridAccessible::unselectColumn(int column) {
    const bool is_selected = isColumnSelected(column);
    if (is_selected) {
        grid().setCurrentCell(grid().selection().current());
    }
    return is_selected;
}

void GridAccessible::modelChange(QAccessibleTableModelChangeEvent* event) {
    // Rows only come at the end: cells that were made stay right.
    if (event->modelChangeType() != QAccessibleTableModelChangeEvent::RowsInserted) {
        forgetCells();
    }
}

GridAccessible& GridCellAccessible::owner() const {
    return *static_cast<GridAccessible*>(QAccessible::queryAccessibleInterface(grid_.data()));
}

bool GridCellAccessible::isValid() const {
    return grid_ && place_.row < grid_->rowCount() && place_.column < grid_->columnCount();
}

QWindow* GridCellAccessible::window() const {
    return grid_ ? owner().window() : nullptr;
}

QAccessibleInterface* GridCellAccessible::parent() const {
    return grid_ ? QAccessible::queryAccessibleInterface(grid_.data()) : nullptr;
}

QString GridCellAccessible::text(QAccessible::Text kind) const {
    if (!isValid() || (kind != QAccessible::Name && kind != QAccessible::Description)) {
        return {};
    }
    const QString column = grid_->columnName(place_.column);
    if (isHeading()) {
        return kind == QAccessible::Name ? column : grid_->columnType(place_.column);
    }
    if (kind == QAccessible::Description) {
        return ResultGrid::tr("row %1, %2").arg(place_.row + 1).arg(column);
    }
    const std::optional<ResultGrid::Content> content = grid_->content(place_);
    if (!content) {
        return ResultGrid::tr("being read");
    }
    // A text may be "NULL", too.
    return content->is_null          ? ResultGrid::tr("no value, NULL")
           : content->text.isEmpty() ? ResultGrid::tr("empty text")
                                     : content->text;
}

QRect GridCellAccessible::rect() const {
    if (!isValid()) {
        return {};
    }
    const QRect rect = isHeading() ? grid_->headingRect(place_.column) : grid_->cellRect(place_);
    return rect.isEmpty() ? QRect() : QRect(grid_->viewport()->mapToGlobal(rect.topLeft()), rect.size());
}

QAccessible::Role GridCellAccessible::role() const {
    return isHeading() ? QAccessible::ColumnHeader : QAccessible::Cell;
}

QAccessible::State GridCellAccessible::state() const {
    QAccessible::State state;
    if (!isValid()) {
        state.invalid = true;
        return state;
    }
    state.invisible = grid_->isColumnHidden(place_.column);
    if (isHeading()) {
        return state;
    }
    const QRect rect = grid_->cellRect(place_);
    state.offscreen = rect.isEmpty() || !grid_->viewport()->rect().intersects(rect);
    state.focusable = true;
    state.selectable = true;
    state.multiSelectable = true;
    state.selected = isSelected();
    state.focused = grid_->hasFocus() && grid_->selection().current() == place_;
    state.readOnly = true;
    return state;
}

void* GridCellAccessible::interface_cast(QAccessible::InterfaceType type) {
    if (type == QAccessible::TableCellInterface) {
        return static_cast<QAccessibleTableCellInterface*>(this);
    }
    return type == QAccessible::ActionInterface ? static_cast<QAccessibleActionInterface*>(this) : nullptr;
}

bool GridCellAccessible::isSelected() const {
    return grid_ && !isHeading() && grid_->selection().contains(place_);
}

QList<QAccessibleInterface*> GridCellAccessible::columnHeaderCells() const {
    return grid_ ? QList{owner().cell({GridAccessible::kHeadings, place_.column})} : QList<QAccessibleInterface*>();
}

QStringList GridCellAccessible::actionNames() const {
    return isHeading() ? QStringList{pressAction()} : QStringList{setFocusAction(), pressAction()};
}

void GridCellAccessible::doAction(const QString& name) {
    if (!isValid()) {
        return;
    }
    if (isHeading()) {
        Q_EMIT grid_->sortRequested(grid_->storeColumn(place_.column));
        return;
    }
    grid_->setFocus();
    grid_->setCurrentCell(place_);
    if (name == pressAction()) {
        Q_EMIT grid_->cellActivated();
    }
}

}  // namespace tessera::workbench
