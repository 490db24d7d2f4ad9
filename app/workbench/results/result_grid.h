// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

/// Shows the rows of a ResultView, however many and while more arrive: it scrolls by row number, keeps nothing per row
/// and draws only what is visible; a row that must be read from the disk is drawn when it has come. Selection is ranges
/// of rows and of columns as they stand on the screen; numbers stand right; NULL is a grey pill; long cells are cut at
/// kCellCharactersMax. GUI thread.

#include "app/core/edit/row_changes.h"
#include "app/core/results/row_comparison.h"
#include "app/core/results/visible_rows.h"
#include "app/workbench/results/grid_selection.h"

#include <QAbstractScrollArea>
#include <QBasicTimer>
#include <functional>
#include <memory>
#include <optional>
#include <vector>

class QPainter;

namespace tessera::workbench {

class GridColumnModel;
class GridHeader;
class GridGutter;

class ResultGrid : public QAbstractScrollArea {
    Q_OBJECT

  public:
    static constexpr int kRowHeight = 24;

    explicit ResultGrid(QWidget* parent = nullptr);

    /// Null shows nothing. Its columns may be unknown yet.
    void setStore(std::shared_ptr<const app::ResultStore> store);
    /// Other rows of the same store, or in another order: widths and order of the columns stay.
    void setOrder(std::shared_ptr<const app::RowOrder> order);
    /// The store has its columns now.
    void refreshColumns();
    /// The store has more rows.
    void refreshRows();

    std::int64_t rowCount() const { return row_count_; }

    int columnCount() const;

    const app::ResultView& view() const { return rows_->view(); }

    /// As it is drawn; "NULL" for NULL. May wait for the disk, unlike drawing.
    QString cellText(std::int64_t row, int column) const;
    /// The store's column at a place on the screen.
    int storeColumn(int column) const;

    const GridSelection& selection() const { return selection_; }

    void selectAll();

    /// Columns by their place on the screen.
    void setColumnHidden(int column, bool is_hidden);
    bool isColumnHidden(int column) const;
    void moveColumn(int column, int to);
    /// The first `count` columns stay when the rest scrolls.
    void freezeColumns(int count);

    int frozenColumns() const { return frozen_count_; }

    GridHeader& header() { return *header_; }

    /// The columns of the selection as the store numbers them, in the order they are shown, without hidden ones.
    std::vector<int> selectedStoreColumns() const;
    std::vector<int> shownStoreColumns() const;
    QString columnName(int column) const;
    QString columnType(int column) const;

    /// Cells that a search found, drawn apart; null marks none.
    void setMarker(std::function<bool(const QString&)> marker);
    /// Cells that differ from another result's, drawn apart, too.
    void setDifferences(app::RowDifferences differences);

    /// Cells with another value than the store's, drawn apart; row by row of the store. Null: none.
    using Overlay = std::function<const app::CellValue*(std::uint64_t store_row, std::size_t store_column)>;
    void setOverlay(Overlay overlay);

    /// What a cell shows.
    struct Content {
        bool is_null = false;
        /// Not what the store has.
        bool is_changed = false;
        QString text;
    };

    /// None while its row is on the disk and not read yet: nothing waits for it.
    std::optional<Content> content(GridCell cell) const;

    /// In the viewport; empty when it cannot be seen.
    QRect cellRect(GridCell cell) const;
    /// In the viewport's place, above it.
    QRect headingRect(int column) const;
    /// The cell under a point of the viewport.
    std::optional<GridCell> cellAt(const QPoint& point) const;

    /// Makes a cell current and visible.
    void setCurrentCell(GridCell cell, GridSelection::Mode mode = GridSelection::Mode::kReplace);

  Q_SIGNALS:
    void selectionChanged();
    void copyRequested();
    /// Enter or a double click on a cell.
    void cellActivated();
    /// F2, or a key that writes something: what is to stand there first; null keeps the value.
    void editRequested(const QString& text);
    /// The cell is to be NULL.
    void nullRequested();
    /// The menu of a heading, or of the current column by the keyboard.
    void columnMenuRequested(int column, const QPoint& global_position);
    void rowMenuRequested(const QPoint& global_position);
    /// A click on a heading: by the store's number.
    void sortRequested(int store_column);

  protected:
    void paintEvent(QPaintEvent* event) override;
    void resizeEvent(QResizeEvent* event) override;
    void scrollContentsBy(int dx, int dy) override;
    void mousePressEvent(QMouseEvent* event) override;
    void mouseMoveEvent(QMouseEvent* event) override;
    void mouseReleaseEvent(QMouseEvent* event) override;
    void mouseDoubleClickEvent(QMouseEvent* event) override;
    void keyPressEvent(QKeyEvent* event) override;
    void contextMenuEvent(QContextMenuEvent* event) override;
    void focusInEvent(QFocusEvent* event) override;
    void focusOutEvent(QFocusEvent* event) override;
    void changeEvent(QEvent* event) override;
    void timerEvent(QTimerEvent* event) override;

  private:
    friend class GridGutter;

    static GridSelection::Mode selectionModeOf(Qt::KeyboardModifiers modifiers);
    std::int64_t topRow() const;
    int visibleRows() const;
    /// The cell under a point of the viewport, pulled inside the grid.
    GridCell cellNear(const QPoint& point) const;
    int columnNear(int x) const;
    QRect columnRect(int column) const;
    int frozenWidth() const;
    void paintRows(QPainter& painter, int first_column, int last_column) const;
    void paintCell(QPainter& painter, const QRect& rect, const app::ResultStore::Position& position,
                   GridCell cell) const;
    Content contentOf(const app::ResultStore::Position& position, GridCell cell) const;
    void paintAbsent(QPainter& painter, const QRect& rect) const;
    void paintGutter(QPainter& painter, const QRect& area) const;
    void paintNull(QPainter& painter, const QRect& rect, bool is_right) const;
    void updateGeometries();
    void updateScrollBars();
    void sizeColumns();
    int contentWidth(int column, std::int64_t first_row, std::int64_t last_row) const;
    void scrollTo(GridCell cell);
    void selectRows(std::int64_t row, GridSelection::Mode mode);
    void selectColumn(int column);
    void changeSelection();
    int nextShownColumn(int column, int step) const;

    int firstShownColumn() const { return nextShownColumn(-1, 1); }

    int lastShownColumn() const { return nextShownColumn(columnCount(), -1); }

    bool moveByKey(const QKeyEvent& event);
    void connectHeader(GridHeader* header, GridHeader* other);
    void tellCurrentCell();

    app::VisibleRows* rows_;
    std::int64_t row_count_ = 0;
    /// Widths come from the first rows once; then they are the person's.
    bool is_sized_ = false;
    GridSelection selection_;
    GridColumnModel* columns_;
    GridHeader* header_;
    /// Over the first columns when they are frozen.
    GridHeader* frozen_header_;
    int frozen_count_ = 0;
    std::function<bool(const QString&)> marker_;
    app::RowDifferences differences_;
    Overlay overlay_;
    GridGutter* gutter_;
    QWidget* corner_;
    QFont cell_font_;
    int digit_width_ = 8;
    QBasicTimer drag_scroll_;
    QPoint drag_point_;
};

/// Row numbers at the grid's left; a click selects a row.
class GridGutter : public QWidget {
    Q_OBJECT

  public:
    explicit GridGutter(ResultGrid* grid) : QWidget(grid), grid_(grid) {}

  protected:
    void paintEvent(QPaintEvent* event) override;
    void mousePressEvent(QMouseEvent* event) override;

  private:
    ResultGrid* grid_;
};

}  // namespace tessera::workbench
