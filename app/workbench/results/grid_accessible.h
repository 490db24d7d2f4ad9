// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

/// What a screen reader is told of the grid: a table of rows × columns, its headings, each cell's text, where the focus
/// is and what is selected. Rows and columns are as they stand on the screen; hidden columns count, and are invisible.
/// A cell's object is made when it is asked for, and only the last kCellsMax of them are kept. Nothing here waits for
/// the disk. GUI thread.

#include "app/workbench/results/grid_selection.h"

#include <QAccessibleWidget>
#include <QPointer>
#include <deque>
#include <map>
#include <utility>

namespace tessera::workbench {

class ResultGrid;

class GridAccessible : public QAccessibleWidget, public QAccessibleTableInterface {
  public:
    static constexpr std::size_t kCellsMax = 4096;
    /// The row of the headings.
    static constexpr std::int64_t kHeadings = -1;

    /// Makes Qt take this for every ResultGrid from now on.
    static void install();
    /// Tell who listens, if anybody does, that the current cell or the selection is another, that there are more rows,
    /// that all is another table.
    static void tellCurrent(ResultGrid* grid);
    static void tellMoreRows(ResultGrid* grid, std::int64_t first, std::int64_t last);
    static void tellOtherRows(ResultGrid* grid);

    explicit GridAccessible(ResultGrid* grid);
    ~GridAccessible() override;

    ResultGrid& grid() const;

    void* interface_cast(QAccessible::InterfaceType type) override;
    QAccessible::State state() const override;
    int childCount() const override;
    QAccessibleInterface* child(int index) const override;
    int indexOfChild(const QAccessibleInterface* child) const override;
    QAccessibleInterface* childAt(int x, int y) const override;
    QAccessibleInterface* focusChild() const override;

    QAccessibleInterface* cellAt(int row, int column) const override;

    QAccessibleInterface* caption() const override { return nullptr; }

    QAccessibleInterface* summary() const override { return nullptr; }

    QString columnDescription(int column) const override;
    QString rowDescription(int row) const override;
    int rowCount() const override;
    int columnCount() const override;
    int selectedCellCount() const override;
    int selectedColumnCount() const override;
    int selectedRowCount() const override;
    QList<QAccessibleInterface*> selectedCells() const override;
    QList<int> selectedColumns() const override;
    QList<int> selectedRows() const override;
    bool isColumnSelected(int column) const override;
    bool isRowSelected(int row) const override;
    bool selectRow(int row) override;
    bool selectColumn(int column) override;
    bool unselectRow(int row) override;
    bool unselectColumn(int column) override;
    void modelChange(QAccessibleTableModelChangeEvent* event) override;

    QAccessibleInterface* cell(GridCell place) const;
    /// As child() numbers them: the headings first.
    int childNumber(GridCell place) const;

  private:
    void forgetCells() const;

    using Place = std::pair<std::int64_t, int>;

    // By row and column, and the order in which they were made.
    mutable std::map<Place, QAccessible::Id> cells_;
    mutable std::deque<Place> made_;
};

/// A cell or a heading.
class GridCellAccessible : public QAccessibleInterface,
                           public QAccessibleTableCellInterface,
                           public QAccessibleActionInterface {
  public:
    GridCellAccessible(ResultGrid* grid, GridCell place) : grid_(grid), place_(place) {}

    GridCell place() const { return place_; }

    bool isValid() const override;

    QObject* object() const override { return nullptr; }

    QWindow* window() const override;
    QAccessibleInterface* parent() const override;

    QAccessibleInterface* child(int /*index*/) const override { return nullptr; }

    QAccessibleInterface* childAt(int /*x*/, int /*y*/) const override { return nullptr; }

    int childCount() const override { return 0; }

    int indexOfChild(const QAccessibleInterface* /*child*/) const override { return -1; }

    QString text(QAccessible::Text kind) const override;

    void setText(QAccessible::Text /*kind*/, const QString& /*text*/) override {}

    QRect rect() const override;
    QAccessible::Role role() const override;
    QAccessible::State state() const override;
    void* interface_cast(QAccessible::InterfaceType type) override;

    bool isSelected() const override;
    QList<QAccessibleInterface*> columnHeaderCells() const override;

    QList<QAccessibleInterface*> rowHeaderCells() const override { return {}; }

    int columnIndex() const override { return place_.column; }

    int rowIndex() const override { return static_cast<int>(place_.row); }

    int columnExtent() const override { return 1; }

    int rowExtent() const override { return 1; }

    QAccessibleInterface* table() const override { return parent(); }

    QStringList actionNames() const override;
    void doAction(const QString& name) override;

    QStringList keyBindingsForAction(const QString& /*name*/) const override { return {}; }

  private:
    bool isHeading() const { return place_.row == GridAccessible::kHeadings; }

    GridAccessible& owner() const;

    const QPointer<ResultGrid> grid_;
    const GridCell place_;
};

}  // namespace tessera::workbench
