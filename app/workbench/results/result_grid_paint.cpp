// SPDX-License-Identifier: GPL-3.0-or-later
// ResultGrid's drawing: straight to the painter, without delegates, because a frame has 16 ms.
#include "app/core/output/cell_kind.h"
#include "app/workbench/results/cell_text.h"
#include "app/workbench/results/grid_header.h"
#include "app/workbench/results/result_grid.h"
#include "app/workbench/ui/theme.h"

#include <QPainter>
#include <QScrollBar>
#include <algorithm>

namespace tessera::workbench {

namespace {

constexpr int kPadding = GridHeader::kPadding;
constexpr int kPillFontPixels = 10;
constexpr int kChangedCharactersMax = 300;

}  // namespace

void GridGutter::paintEvent(QPaintEvent* /*event*/) {
    QPainter painter(this);
    grid_->paintGutter(painter, rect());
}

void ResultGrid::paintEvent(QPaintEvent* /*event*/) {
    QPainter painter(viewport());
    painter.fillRect(viewport()->rect(), currentTheme().surface);
    if (row_count_ == 0 || columnCount() == 0) {
        return;
    }
    const std::int64_t last_row = std::min(row_count_ - 1, topRow() + viewport()->height() / kRowHeight);
    rows_->show(static_cast<std::uint64_t>(topRow()), static_cast<std::uint64_t>(last_row));
    if (rows_->error()) {
        painter.setPen(currentTheme().error);
        painter.drawText(viewport()->rect().adjusted(kPadding, kPadding, -kPadding, -kPadding),
                         Qt::AlignTop | Qt::TextWordWrap, QString::fromStdString(rows_->error()->describe()));
        return;
    }
    painter.setFont(cell_font_);
    const int frozen = frozenWidth();
    painter.setClipRect(viewport()->rect().adjusted(frozen, 0, 0, 0));
    paintRows(painter, std::max(frozen_count_, columnNear(frozen)), columnNear(viewport()->width()));
    if (frozen_count_ > 0) {
        painter.setClipRect(QRect(0, 0, frozen, viewport()->height()));
        paintRows(painter, 0, frozen_count_ - 1);
        painter.setPen(currentTheme().muted_text);
        painter.drawLine(frozen - 1, 0, frozen - 1, viewport()->height());
    }
}

void ResultGrid::paintRows(QPainter& painter, int first_column, int last_column) const {
    const std::int64_t last_row = std::min(row_count_ - 1, topRow() + viewport()->height() / kRowHeight);
    for (int column = first_column; column <= last_column; ++column) {
        if (isColumnHidden(column)) {
            continue;
        }
        QRect rect = columnRect(column);
        for (std::int64_t row = topRow(); row <= last_row; ++row) {
            rect.moveTop(static_cast<int>(row - topRow()) * kRowHeight);
            if (const auto* position = rows_->row(static_cast<std::uint64_t>(row))) {
                paintCell(painter, rect, *position, {row, column});
            } else {
                paintAbsent(painter, rect);
            }
        }
    }
}

void ResultGrid::paintCell(QPainter& painter, const QRect& rect, const app::ResultStore::Position& position,
                           GridCell cell) const {
    const Theme& theme = currentTheme();
    const bool is_selected = selection_.contains(cell);
    const auto at = static_cast<std::size_t>(storeColumn(cell.column));
    auto [is_null, is_changed, text] = contentOf(position, cell);
    const bool is_marked = (marker_ && !is_null && marker_(text)) || is_changed ||
                           differences_.cells.contains({static_cast<std::uint64_t>(cell.row), static_cast<int>(at)});
    if (is_selected || is_marked) {
        painter.fillRect(rect, is_selected ? theme.selection : theme.warning_surface);
    }
    painter.setPen(theme.hover);
    painter.drawLine(rect.topRight(), rect.bottomRight());
    painter.drawLine(rect.bottomLeft(), rect.bottomRight());
    const bool is_right = app::cellKindOf(columns_->columns()[at]) == app::CellKind::kNumber;
    const QRect inner = rect.adjusted(kPadding, 0, -kPadding, 0);
    if (is_null) {
        paintNull(painter, inner, is_right);
    } else {
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

ResultGrid::Content ResultGrid::contentOf(const app::ResultStore::Position& position, GridCell cell) const {
    const auto at = static_cast<std::size_t>(storeColumn(cell.column));
    const app::CellValue* changed =
        overlay_ ? overlay_(view().storeRow(static_cast<std::uint64_t>(cell.row)), at) : nullptr;
    const bool is_null = changed != nullptr ? !*changed : position.isNull(at);
    return {is_null, changed != nullptr,
            is_null              ? QString()
            : changed != nullptr ? QString::fromStdString(**changed).left(kChangedCharactersMax).simplified()
                                 : cellPreview(position, at)};
}

void ResultGrid::paintAbsent(QPainter& painter, const QRect& rect) const {
    const Theme& theme = currentTheme();
    painter.setPen(theme.hover);
    painter.drawLine(rect.bottomLeft(), rect.bottomRight());
    const int width = std::min(rect.width() - 2 * kPadding, 48);
    painter.fillRect(QRect(rect.left() + kPadding, rect.center().y() - 3, width, 6), theme.hover);
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

}  // namespace tessera::workbench
