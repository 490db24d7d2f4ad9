// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

/// Shows the rows of a ResultStore, however many and while more arrive: it scrolls by row number, keeps nothing per row
/// and draws only what is visible. Selection is ranges; numbers stand right; NULL is a grey pill; long cells are cut at
/// kCellCharactersMax. GUI thread; reads the store without waiting for it.

#include "app/core/results/result_store.h"
#include "app/workbench/results/grid_selection.h"
#include "common/result.h"

#include <QAbstractScrollArea>
#include <QBasicTimer>
#include <memory>

class QPainter;

namespace tessera::workbench {

class GridHeader;
class GridGutter;

class ResultGrid : public QAbstractScrollArea {
    Q_OBJECT

  public:
    static constexpr int kRowHeight = 24;

    explicit ResultGrid(QWidget* parent = nullptr);

    /// Null shows nothing. Its columns may be unknown yet.
    void setStore(std::shared_ptr<const app::ResultStore> store);
    /// The store has its columns now.
    void refreshColumns();
    /// The store has more rows.
    void refreshRows();

    std::int64_t rowCount() const { return row_count_; }

    int columnCount() const;
    /// As it is drawn; "NULL" for NULL.
    QString cellText(std::int64_t row, int column) const;

    const GridSelection& selection() const { return selection_; }

    void selectAll();
    /// Makes a cell current and visible.
    void setCurrentCell(GridCell cell, GridSelection::Mode mode = GridSelection::Mode::kReplace);
    /// The selection to the clipboard; how many cells, or why not.
    Result<std::int64_t> copySelection() const;

  Q_SIGNALS:
    void selectionChanged();
    /// Ctrl+C could not copy.
    void copyFailed(const QString& reason);

  protected:
    void paintEvent(QPaintEvent* event) override;
    void resizeEvent(QResizeEvent* event) override;
    void scrollContentsBy(int dx, int dy) override;
    void mousePressEvent(QMouseEvent* event) override;
    void mouseMoveEvent(QMouseEvent* event) override;
    void mouseReleaseEvent(QMouseEvent* event) override;
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
    void paintRow(QPainter& painter, std::int64_t row, int y, int first_column, int last_column) const;
    void paintCell(QPainter& painter, const QRect& rect, const app::ResultStore::Position& position,
                   GridCell cell) const;
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
    void copyOrTell();
    bool moveByKey(const QKeyEvent& event);

    std::shared_ptr<const app::ResultStore> store_;
    std::int64_t row_count_ = 0;
    /// Widths come from the first rows once; then they are the person's.
    bool is_sized_ = false;
    GridSelection selection_;
    GridHeader* header_;
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
