// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/workbench/results/result_grid.h"

#include "app/core/output/cell_kind.h"
#include "app/workbench/results/cell_text.h"
#include "app/workbench/results/grid_header.h"
#include "app/workbench/ui/theme.h"

#include <QApplication>
#include <QClipboard>
#include <QMouseEvent>
#include <QPainter>
#include <QScrollBar>
#include <algorithm>
#include <limits>

namespace tessera::workbench {

namespace {

constexpr int kPadding = GridHeader::kPadding;
constexpr int kColumnWidthMin = 64;
constexpr int kColumnWidthMax = 400;
constexpr std::int64_t kSampledRows = 200;
constexpr int kGutterDigitsMin = 3;
constexpr int kPillFontPixels = 10;

}  // namespace

GridSelection::Mode ResultGrid::selectionModeOf(Qt::KeyboardModifiers modifiers) {
    if (modifiers & Qt::ShiftModifier) {
        return GridSelection::Mode::kExtend;
    }
    return modifiers & Qt::ControlModifier ? GridSelection::Mode::kAdd : GridSelection::Mode::kReplace;
}

void GridGutter::paintEvent(QPaintEvent* /*event*/) {
    QPainter painter(this);
    grid_->paintGutter(painter, rect());
}

void GridGutter::mousePressEvent(QMouseEvent* event) {
    const int row = event->position().toPoint().y() / ResultGrid::kRowHeight;
    grid_->setFocus(Qt::MouseFocusReason);
    grid_->selectRows(grid_->topRow() + row, ResultGrid::selectionModeOf(event->modifiers()));
}

ResultGrid::ResultGrid(QWidget* parent)
    : QAbstractScrollArea(parent),
      header_(new GridHeader(this)),
      gutter_(new GridGutter(this)),
      corner_(new QWidget(this)),
      cell_font_(monospaceFont()) {
    setObjectName(QStringLiteral("resultGrid"));
    setAccessibleName(tr("Result rows"));
    gutter_->setObjectName(QStringLiteral("resultGridGutter"));
    corner_->setAutoFillBackground(true);
    corner_->setBackgroundRole(QPalette::AlternateBase);
    setFrameShape(QFrame::NoFrame);
    setFocusPolicy(Qt::StrongFocus);
    setHorizontalScrollBarPolicy(Qt::ScrollBarAsNeeded);
    viewport()->setBackgroundRole(QPalette::Base);
    digit_width_ = QFontMetrics(cell_font_).horizontalAdvance(QLatin1Char('0'));
    connect(header_, &QHeaderView::sectionResized, this, [this] {
        updateScrollBars();
        viewport()->update();
    });
    connect(header_, &QHeaderView::sectionPressed, this, &ResultGrid::selectColumn);
    connect(header_, &QHeaderView::sectionHandleDoubleClicked, this, [this](int column) {
        header_->resizeSection(column, contentWidth(column, topRow(), topRow() + visibleRows()));
    });
}

void ResultGrid::setStore(std::shared_ptr<const app::ResultStore> store) {
    store_ = std::move(store);
    row_count_ = 0;
    is_sized_ = false;
    selection_.clear();
    header_->columns().setColumns(nullptr);
    verticalScrollBar()->setValue(0);
    horizontalScrollBar()->setValue(0);
    if (store_ && store_->columns()) {
        refreshColumns();
        refreshRows();
    }
    updateGeometries();
    viewport()->update();
    Q_EMIT selectionChanged();
}

void ResultGrid::refreshColumns() {
    header_->columns().setColumns(store_->columns());
    sizeColumns();
    updateGeometries();
}

void ResultGrid::refreshRows() {
    const bool was_empty = row_count_ == 0;
    row_count_ = static_cast<std::int64_t>(store_->rowCount());
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
}

int ResultGrid::columnCount() const {
    return header_->count();
}

QString ResultGrid::cellText(std::int64_t row, int column) const {
    const app::ResultStore::Position position = store_->at(static_cast<std::uint64_t>(row));
    const auto at = static_cast<std::size_t>(column);
    if (position.batch->isNull(position.row, at)) {
        return QStringLiteral("NULL");
    }
    return cellPreview(*position.batch, position.row, at, header_->columns().columns()[at].encoding);
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

Result<std::int64_t> ResultGrid::copySelection() const {
    if (!store_ || selection_.isEmpty()) {
        return 0;
    }
    QApplication::clipboard()->setText(TSR_TRY(selectionAsTsv(*store_, selection_)));
    return selection_.cellCount();
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
    const int column = header_->logicalIndexAt(std::max(0, x));
    return column < 0 ? std::max(0, columnCount() - 1) : column;
}

void ResultGrid::paintEvent(QPaintEvent* /*event*/) {
    QPainter painter(viewport());
    painter.fillRect(viewport()->rect(), currentTheme().surface);
    if (!store_ || row_count_ == 0 || columnCount() == 0) {
        return;
    }
    painter.setFont(cell_font_);
    const int first_column = columnNear(0);
    const int last_column = columnNear(viewport()->width());
    const std::int64_t last_row = std::min(row_count_ - 1, topRow() + viewport()->height() / kRowHeight);
    for (std::int64_t row = topRow(); row <= last_row; ++row) {
        paintRow(painter, row, static_cast<int>(row - topRow()) * kRowHeight, first_column, last_column);
    }
}

void ResultGrid::paintRow(QPainter& painter, std::int64_t row, int y, int first_column, int last_column) const {
    const app::ResultStore::Position position = store_->at(static_cast<std::uint64_t>(row));
    for (int column = first_column; column <= last_column; ++column) {
        const QRect rect(header_->sectionViewportPosition(column), y, header_->sectionSize(column), kRowHeight);
        paintCell(painter, rect, position, {row, column});
    }
}

void ResultGrid::paintCell(QPainter& painter, const QRect& rect, const app::ResultStore::Position& position,
                           GridCell cell) const {
    const Theme& theme = currentTheme();
    const bool is_selected = selection_.contains(cell);
    if (is_selected) {
        painter.fillRect(rect, theme.selection);
    }
    painter.setPen(theme.hover);
    painter.drawLine(rect.topRight(), rect.bottomRight());
    painter.drawLine(rect.bottomLeft(), rect.bottomRight());
    const auto at = static_cast<std::size_t>(cell.column);
    const client::ResultColumn& column = header_->columns().columns()[at];
    const bool is_right = app::cellKindOf(column) == app::CellKind::kNumber;
    const QRect inner = rect.adjusted(kPadding, 0, -kPadding, 0);
    if (position.batch->isNull(position.row, at)) {
        paintNull(painter, inner, is_right);
    } else {
        QString text = cellPreview(*position.batch, position.row, at, column.encoding);
        if (text.size() * digit_width_ > inner.width()) {
            text = painter.fontMetrics().elidedText(text, Qt::ElideRight, inner.width());
        }
        painter.setPen(is_selected ? theme.selection_text : theme.text);
        painter.drawText(inner, (is_right ? Qt::AlignRight : Qt::AlignLeft) | Qt::AlignVCenter | Qt::TextSingleLine,
                         text);
    }
    if (cell == selection_.current() && hasFocus() && !selection_.isEmpty()) {
        painter.setPen(theme.accent);
        painter.drawRect(rect.adjusted(0, 0, -1, -1));
    }
}

void ResultGrid::paintNull(QPainter& painter, const QRect& rect, bool is_right) const {
    const Theme& theme = currentTheme();
    QFont font = this->font();
    font.setPixelSize(kPillFontPixels);
    const int width = QFontMetrics(font).horizontalAdvance(QStringLiteral("NULL")) + 12;
    constexpr int kHeight = 16;
    const QRect pill(is_right ? rect.right() - width + 1 : rect.left(), rect.center().y() - kHeight / 2 + 1, width,
                     kHeight);
    painter.save();
    painter.setRenderHint(QPainter::Antialiasing);
    painter.setPen(Qt::NoPen);
    painter.setBrush(theme.null_pill);
    painter.drawRoundedRect(pill, kHeight / 2.0, kHeight / 2.0);
    painter.setPen(theme.null_text);
    painter.setFont(font);
    painter.drawText(pill, Qt::AlignCenter, QStringLiteral("NULL"));
    painter.restore();
}

void ResultGrid::paintGutter(QPainter& painter, const QRect& area) const {
    const Theme& theme = currentTheme();
    painter.fillRect(area, theme.raised);
    painter.setPen(theme.border);
    painter.drawLine(area.topRight(), area.bottomRight());
    painter.setFont(cell_font_);
    const std::int64_t last_row = std::min(row_count_ - 1, topRow() + area.height() / kRowHeight);
    for (std::int64_t row = topRow(); row <= last_row; ++row) {
        const QRect cell(0, static_cast<int>(row - topRow()) * kRowHeight, area.width() - kPadding, kRowHeight);
        const bool is_current = !selection_.isEmpty() && selection_.current().row == row;
        painter.setPen(is_current ? theme.text : theme.muted_text);
        painter.drawText(cell, Qt::AlignRight | Qt::AlignVCenter, QString::number(row + 1));
    }
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
    for (int column = 0; column < columnCount(); ++column) {
        header_->resizeSection(column, contentWidth(column, 0, kSampledRows));
    }
}

int ResultGrid::contentWidth(int column, std::int64_t first_row, std::int64_t last_row) const {
    int width = header_->headingWidth(column);
    const QFontMetrics metrics(cell_font_);
    for (std::int64_t row = first_row; row <= std::min(last_row, row_count_ - 1) && width < kColumnWidthMax; ++row) {
        width = std::max(width, metrics.horizontalAdvance(cellText(row, column)) + 2 * kPadding + 1);
    }
    return std::clamp(width, kColumnWidthMin, kColumnWidthMax);
}

void ResultGrid::scrollTo(GridCell cell) {
    if (cell.row < topRow()) {
        verticalScrollBar()->setValue(static_cast<int>(cell.row));
    } else if (cell.row >= topRow() + visibleRows()) {
        verticalScrollBar()->setValue(static_cast<int>(cell.row - visibleRows() + 1));
    }
    const int left = header_->sectionPosition(cell.column);
    const int right = left + header_->sectionSize(cell.column);
    QScrollBar* bar = horizontalScrollBar();
    if (left < bar->value()) {
        bar->setValue(left);
    } else if (right > bar->value() + viewport()->width()) {
        bar->setValue(std::min(left, right - viewport()->width()));
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
    Q_EMIT selectionChanged();
}

void ResultGrid::copyOrTell() {
    if (const Result<std::int64_t> copied = copySelection(); !copied) {
        Q_EMIT copyFailed(QString::fromStdString(copied.error().message + ": " + copied.error().hint));
    }
}

}  // namespace tessera::workbench
