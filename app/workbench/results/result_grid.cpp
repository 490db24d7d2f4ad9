// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/workbench/results/result_grid.h"

#include "app/workbench/results/cell_text.h"
#include "app/workbench/results/grid_accessible.h"
#include "app/workbench/results/grid_header.h"
#include "app/workbench/ui/theme.h"

#include <QApplication>
#include <QMouseEvent>
#include <QScrollBar>
#include <algorithm>
#include <limits>
#include <utility>

namespace tessera::workbench {

namespace {

constexpr int kPadding = GridHeader::kPadding;
constexpr int kColumnWidthMin = 64;
constexpr int kColumnWidthMax = 400;
constexpr std::int64_t kSampledRows = 200;
/// With thousands of columns a row or two must do.
constexpr std::int64_t kSampledCells = 4000;
constexpr int kGutterDigitsMin = 3;

}  // namespace

GridSelection::Mode ResultGrid::selectionModeOf(Qt::KeyboardModifiers modifiers) {
    if (modifiers & Qt::ShiftModifier) {
        return GridSelection::Mode::kExtend;
    }
    return modifiers & Qt::ControlModifier ? GridSelection::Mode::kAdd : GridSelection::Mode::kReplace;
}

void GridGutter::mousePressEvent(QMouseEvent* event) {
    const int row = event->position().toPoint().y() / ResultGrid::kRowHeight;
    grid_->setFocus(Qt::MouseFocusReason);
    grid_->selectRows(grid_->topRow() + row, ResultGrid::selectionModeOf(event->modifiers()));
}

ResultGrid::ResultGrid(QWidget* parent)
    : QAbstractScrollArea(parent),
      rows_(new app::VisibleRows(this)),
      columns_(new GridColumnModel(this)),
      header_(new GridHeader(this, columns_)),
      frozen_header_(new GridHeader(this, columns_)),
      gutter_(new GridGutter(this)),
      corner_(new QWidget(this)),
      cell_font_(monospaceFont()) {
    GridAccessible::install();
    setObjectName(QStringLiteral("resultGrid"));
    setAccessibleName(tr("Result rows"));
    frozen_header_->setObjectName(QStringLiteral("resultGridFrozenHeader"));
    frozen_header_->hide();
    gutter_->setObjectName(QStringLiteral("resultGridGutter"));
    corner_->setAutoFillBackground(true);
    corner_->setBackgroundRole(QPalette::AlternateBase);
    setFrameShape(QFrame::NoFrame);
    setFocusPolicy(Qt::StrongFocus);
    setHorizontalScrollBarPolicy(Qt::ScrollBarAsNeeded);
    viewport()->setBackgroundRole(QPalette::Base);
    digit_width_ = QFontMetrics(cell_font_).horizontalAdvance(QLatin1Char('0'));
    connect(rows_, &app::VisibleRows::arrived, viewport(), qOverload<>(&QWidget::update));
    connect(rows_, &app::VisibleRows::arrived, this, &ResultGrid::tellCurrentCell);
    connectHeader(header_, frozen_header_);
    connectHeader(frozen_header_, header_);
}

void ResultGrid::connectHeader(GridHeader* header, GridHeader* other) {
    connect(header, &QHeaderView::sectionResized, this, [this, other](int column, int /*old*/, int size) {
        other->resizeSection(column, size);
        updateGeometries();
        viewport()->update();
    });
    connect(header, &QHeaderView::sectionMoved, this, [this, other](int column, int /*from*/, int to) {
        if (other->visualIndex(column) != to) {
            other->moveSection(other->visualIndex(column), to);
        }
        viewport()->update();
    });
    connect(header, &QHeaderView::sectionPressed, this,
            [this](int column) { selectColumn(header_->visualIndex(column)); });
    connect(header, &QHeaderView::sectionDoubleClicked, this, &ResultGrid::sortRequested);
    connect(header, &QHeaderView::sectionHandleDoubleClicked, this, [this](int column) {
        header_->resizeSection(column, contentWidth(column, topRow(), topRow() + visibleRows()));
    });
    header->setContextMenuPolicy(Qt::CustomContextMenu);
    connect(header, &QWidget::customContextMenuRequested, this, [this, header](const QPoint& point) {
        if (const int column = header->visualIndexAt(point.x()); column >= 0) {
            Q_EMIT columnMenuRequested(column, header->mapToGlobal(point));
        }
    });
}

void ResultGrid::setStore(std::shared_ptr<const app::ResultStore> store) {
    rows_->setView({std::move(store), nullptr});
    row_count_ = 0;
    is_sized_ = false;
    selection_.clear();
    differences_ = {};
    columns_->setColumns(nullptr);
    GridAccessible::tellOtherRows(this);
    verticalScrollBar()->setValue(0);
    horizontalScrollBar()->setValue(0);
    if (view().store && view().store->columns()) {
        refreshColumns();
        refreshRows();
    }
    updateGeometries();
    viewport()->update();
    Q_EMIT selectionChanged();
}

void ResultGrid::setOrder(std::shared_ptr<const app::RowOrder> order) {
    rows_->setView({view().store, std::move(order)});
    selection_.clear();
    differences_ = {};
    row_count_ = 0;
    GridAccessible::tellOtherRows(this);
    verticalScrollBar()->setValue(0);
    refreshRows();
    Q_EMIT selectionChanged();
}

void ResultGrid::refreshColumns() {
    columns_->setColumns(view().store->columns());
    sizeColumns();
    updateGeometries();
}

void ResultGrid::refreshRows() {
    const std::int64_t before = std::exchange(row_count_, static_cast<std::int64_t>(view().rowCount()));
    const bool was_empty = before == 0;
    if (!is_sized_ && row_count_ > 0) {
        sizeColumns();
        is_sized_ = true;
    }
    updateGeometries();
    gutter_->update();
    if (was_empty && row_count_ > 0 && columnCount() > 0) {
        setCurrentCell({0, 0});
    }
    viewport()->update();
    if (row_count_ > before) {
        GridAccessible::tellMoreRows(this, before, row_count_ - 1);
    }
}

int ResultGrid::columnCount() const {
    return header_->count();
}

int ResultGrid::storeColumn(int column) const {
    return header_->logicalIndex(column);
}

QString ResultGrid::cellText(std::int64_t row, int column) const {
    const Result<app::ResultStore::Position> position = view().at(static_cast<std::uint64_t>(row));
    if (!position) {
        return QString::fromStdString(position.error().message);
    }
    const auto at = static_cast<std::size_t>(storeColumn(column));
    return position->isNull(at) ? QStringLiteral("NULL") : cellPreview(*position, at);
}

void ResultGrid::selectAll() {
    if (row_count_ > 0 && columnCount() > 0) {
        selection_.selectRange({0, 0, row_count_ - 1, columnCount() - 1}, selection_.current(),
                               GridSelection::Mode::kReplace);
        changeSelection();
    }
}

void ResultGrid::setCurrentCell(GridCell cell, GridSelection::Mode mode) {
    if (row_count_ == 0 || columnCount() == 0) {
        return;
    }
    cell.row = std::clamp<std::int64_t>(cell.row, 0, row_count_ - 1);
    cell.column = std::clamp(cell.column, 0, columnCount() - 1);
    selection_.select(cell, mode);
    scrollTo(cell);
    changeSelection();
}

void ResultGrid::setColumnHidden(int column, bool is_hidden) {
    header_->setSectionHidden(storeColumn(column), is_hidden);
    frozen_header_->setSectionHidden(storeColumn(column), is_hidden);
    updateGeometries();
    viewport()->update();
}

bool ResultGrid::isColumnHidden(int column) const {
    return header_->isSectionHidden(storeColumn(column));
}

void ResultGrid::moveColumn(int column, int to) {
    if (to >= 0 && to < columnCount()) {
        header_->moveSection(column, to);
        setCurrentCell({selection_.current().row, to});
    }
}

void ResultGrid::freezeColumns(int count) {
    frozen_count_ = std::clamp(count, 0, columnCount());
    updateGeometries();
    viewport()->update();
}

std::vector<int> ResultGrid::shownStoreColumns() const {
    std::vector<int> shown;
    for (int column = 0; column < columnCount(); ++column) {
        if (!isColumnHidden(column)) {
            shown.push_back(storeColumn(column));
        }
    }
    return shown;
}

std::vector<int> ResultGrid::selectedStoreColumns() const {
    std::vector<int> selected;
    for (int column = 0; column < columnCount(); ++column) {
        const bool is_selected =
            std::any_of(selection_.ranges().begin(), selection_.ranges().end(),
                        [column](const GridRange& range) { return column >= range.left && column <= range.right; });
        if (is_selected && !isColumnHidden(column)) {
            selected.push_back(storeColumn(column));
        }
    }
    return selected;
}

QString ResultGrid::columnName(int column) const {
    return columns_->headerData(storeColumn(column), Qt::Horizontal, Qt::DisplayRole).toString();
}

QString ResultGrid::columnType(int column) const {
    return columns_->headerData(storeColumn(column), Qt::Horizontal, GridColumnModel::kTypeRole).toString();
}

void ResultGrid::setMarker(std::function<bool(const QString&)> marker) {
    marker_ = std::move(marker);
    viewport()->update();
}

void ResultGrid::setDifferences(app::RowDifferences differences) {
    differences_ = std::move(differences);
    viewport()->update();
}

void ResultGrid::setOverlay(Overlay overlay) {
    overlay_ = std::move(overlay);
    viewport()->update();
}

QRect ResultGrid::cellRect(GridCell cell) const {
    const std::int64_t line = cell.row - topRow();
    if (line < 0 || line * kRowHeight >= viewport()->height() || isColumnHidden(cell.column)) {
        return {};
    }
    return columnRect(cell.column).translated(0, static_cast<int>(line) * kRowHeight);
}

QRect ResultGrid::headingRect(int column) const {
    return isColumnHidden(column) ? QRect() : columnRect(column).translated(0, -header_->height());
}

std::optional<GridCell> ResultGrid::cellAt(const QPoint& point) const {
    const bool is_on_cells = viewport()->rect().contains(point) && columnCount() > 0 &&
                             topRow() + point.y() / kRowHeight < row_count_ && point.x() < header_->length();
    return is_on_cells ? std::optional(cellNear(point)) : std::nullopt;
}

std::optional<ResultGrid::Content> ResultGrid::content(GridCell cell) const {
    const auto row = static_cast<std::uint64_t>(cell.row);
    if (const app::ResultStore::Position* position = rows_->row(row)) {
        return contentOf(*position, cell);
    }
    const std::optional<app::ResultStore::Position> position = view().peek(row);
    return position ? std::optional(contentOf(*position, cell)) : std::nullopt;
}

std::int64_t ResultGrid::topRow() const {
    return verticalScrollBar()->value();
}

int ResultGrid::visibleRows() const {
    return std::max(1, viewport()->height() / kRowHeight);
}

GridCell ResultGrid::cellNear(const QPoint& point) const {
    const std::int64_t row = topRow() + (point.y() < 0 ? -1 : point.y() / kRowHeight);
    return {std::clamp<std::int64_t>(row, 0, std::max<std::int64_t>(0, row_count_ - 1)), columnNear(point.x())};
}

int ResultGrid::columnNear(int x) const {
    x = std::max(0, x);
    const int column = x < frozenWidth() ? frozen_header_->visualIndexAt(x) : header_->visualIndexAt(x);
    return column < 0 ? std::max(0, columnCount() - 1) : column;
}

QRect ResultGrid::columnRect(int column) const {
    const int at = storeColumn(column);
    const int x = column < frozen_count_ ? header_->sectionPosition(at) : header_->sectionViewportPosition(at);
    return {x, 0, header_->sectionSize(at), kRowHeight};
}

int ResultGrid::frozenWidth() const {
    int width = 0;
    for (int column = 0; column < frozen_count_; ++column) {
        width += header_->sectionSize(storeColumn(column));
    }
    return std::min(width, viewport()->width());
}

void ResultGrid::updateGeometries() {
    const auto digits = static_cast<int>(QString::number(std::max<std::int64_t>(1, row_count_)).size());
    const int gutter_width = columnCount() == 0 ? 0 : std::max(kGutterDigitsMin, digits) * digit_width_ + 2 * kPadding;
    const int header_height = columnCount() == 0 ? 0 : GridHeader::kHeight;
    setViewportMargins(gutter_width, header_height, 0, 0);
    const QRect inner = viewport()->geometry();
    header_->setVisible(header_height > 0);
    header_->setGeometry(inner.left(), inner.top() - header_height, inner.width(), header_height);
    gutter_->setGeometry(inner.left() - gutter_width, inner.top(), gutter_width, inner.height());
    frozen_header_->setVisible(frozen_count_ > 0 && header_height > 0);
    frozen_header_->setGeometry(inner.left(), inner.top() - header_height, frozenWidth(), header_height);
    frozen_header_->raise();
    corner_->setGeometry(inner.left() - gutter_width, inner.top() - header_height, gutter_width, header_height);
    updateScrollBars();
}

void ResultGrid::updateScrollBars() {
    const std::int64_t hidden = std::max<std::int64_t>(0, row_count_ - visibleRows());
    verticalScrollBar()->setRange(0, static_cast<int>(std::min<std::int64_t>(hidden, std::numeric_limits<int>::max())));
    verticalScrollBar()->setPageStep(visibleRows());
    verticalScrollBar()->setSingleStep(1);
    const int overlap = std::max(0, header_->length() - viewport()->width());
    horizontalScrollBar()->setRange(0, overlap);
    horizontalScrollBar()->setPageStep(viewport()->width());
    horizontalScrollBar()->setSingleStep(kRowHeight);
}

void ResultGrid::sizeColumns() {
    const QSignalBlocker blocker(header_);
    const QSignalBlocker frozen_blocker(frozen_header_);
    const std::int64_t rows = std::clamp<std::int64_t>(kSampledCells / std::max(1, columnCount()), 1, kSampledRows);
    for (int column = 0; column < columnCount(); ++column) {
        const int width = contentWidth(column, 0, rows - 1);
        header_->resizeSection(column, width);
        frozen_header_->resizeSection(column, width);
    }
}

int ResultGrid::contentWidth(int column, std::int64_t first_row, std::int64_t last_row) const {
    int width = header_->headingWidth(column);
    const QFontMetrics metrics(cell_font_);
    const auto at = static_cast<std::size_t>(column);
    for (std::int64_t row = first_row; row <= std::min(last_row, row_count_ - 1) && width < kColumnWidthMax; ++row) {
        const auto position = view().peek(static_cast<std::uint64_t>(row));
        if (position && !position->isNull(at)) {
            width = std::max(width, metrics.horizontalAdvance(cellPreview(*position, at)) + 2 * kPadding + 1);
        }
    }
    return std::clamp(width, kColumnWidthMin, kColumnWidthMax);
}

void ResultGrid::scrollTo(GridCell cell) {
    if (cell.row < topRow()) {
        verticalScrollBar()->setValue(static_cast<int>(cell.row));
    } else if (cell.row >= topRow() + visibleRows()) {
        verticalScrollBar()->setValue(static_cast<int>(cell.row - visibleRows() + 1));
    }
    if (cell.column < frozen_count_) {
        return;
    }
    const int left = header_->sectionPosition(storeColumn(cell.column));
    const int right = left + header_->sectionSize(storeColumn(cell.column));
    QScrollBar* bar = horizontalScrollBar();
    if (left - frozenWidth() < bar->value()) {
        bar->setValue(left - frozenWidth());
    } else if (right > bar->value() + viewport()->width()) {
        bar->setValue(std::min(left - frozenWidth(), right - viewport()->width()));
    }
}

void ResultGrid::selectRows(std::int64_t row, GridSelection::Mode mode) {
    if (columnCount() > 0 && row >= 0 && row < row_count_) {
        selection_.selectRange({row, 0, row, columnCount() - 1}, {row, 0}, mode);
        changeSelection();
    }
}

void ResultGrid::selectColumn(int column) {
    if (row_count_ > 0) {
        setFocus(Qt::MouseFocusReason);
        selection_.selectRange({0, column, row_count_ - 1, column}, {topRow(), column},
                               selectionModeOf(QApplication::keyboardModifiers()));
        changeSelection();
    }
}

void ResultGrid::changeSelection() {
    viewport()->update();
    gutter_->update();
    tellCurrentCell();
    GridAccessible::tellCurrent(this);
    Q_EMIT selectionChanged();
}

int ResultGrid::nextShownColumn(int column, int step) const {
    int next = column + step;
    while (next >= 0 && next < columnCount() && isColumnHidden(next)) {
        next += step;
    }
    return next >= 0 && next < columnCount() ? next : column;
}

void ResultGrid::tellCurrentCell() {
    // A screen reader says the cell as the arrow keys reach it; nothing is waited for.
    const GridCell cell = selection_.current();
    const std::optional<Content> shown = selection_.isEmpty() ? std::nullopt : content(cell);
    if (!shown) {
        return;
    }
    setAccessibleDescription(
        tr("row %1, %2: %3").arg(cell.row + 1).arg(columnName(cell.column), shown->is_null ? tr("NULL") : shown->text));
}

}  // namespace tessera::workbench
