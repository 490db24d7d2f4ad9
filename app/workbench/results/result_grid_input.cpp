// SPDX-License-Identifier: GPL-3.0-or-later
// ResultGrid's events: mouse, keys, scrolling, focus.
#include "app/workbench/results/grid_header.h"
#include "app/workbench/results/result_grid.h"

#include <QContextMenuEvent>
#include <QKeyEvent>
#include <QMouseEvent>
#include <QScrollBar>

namespace tessera::workbench {

namespace {

constexpr int kDragScrollInterval_ms = 40;

}  // namespace

void ResultGrid::resizeEvent(QResizeEvent* event) {
    QAbstractScrollArea::resizeEvent(event);
    updateGeometries();
}

void ResultGrid::scrollContentsBy(int /*dx*/, int /*dy*/) {
    header_->setOffset(horizontalScrollBar()->value());
    viewport()->update();
    gutter_->update();
}

void ResultGrid::mousePressEvent(QMouseEvent* event) {
    if (event->button() == Qt::LeftButton && row_count_ > 0) {
        setCurrentCell(cellNear(event->position().toPoint()), selectionModeOf(event->modifiers()));
    }
}

void ResultGrid::mouseMoveEvent(QMouseEvent* event) {
    if (!(event->buttons() & Qt::LeftButton) || row_count_ == 0) {
        return;
    }
    drag_point_ = event->position().toPoint();
    setCurrentCell(cellNear(drag_point_), GridSelection::Mode::kExtend);
    if (viewport()->rect().contains(drag_point_)) {
        drag_scroll_.stop();
    } else if (!drag_scroll_.isActive()) {
        drag_scroll_.start(kDragScrollInterval_ms, this);
    }
}

void ResultGrid::mouseReleaseEvent(QMouseEvent* /*event*/) {
    drag_scroll_.stop();
}

void ResultGrid::mouseDoubleClickEvent(QMouseEvent* event) {
    if (event->button() == Qt::LeftButton && row_count_ > 0) {
        Q_EMIT cellActivated();
    }
}

void ResultGrid::timerEvent(QTimerEvent* event) {
    if (event->timerId() == drag_scroll_.timerId()) {
        // Below the last whole row cellNear() names the next one, so each tick goes one further.
        setCurrentCell(cellNear(drag_point_), GridSelection::Mode::kExtend);
    } else {
        QAbstractScrollArea::timerEvent(event);
    }
}

void ResultGrid::keyPressEvent(QKeyEvent* event) {
    if (event->matches(QKeySequence::Copy)) {
        Q_EMIT copyRequested();
    } else if (event->matches(QKeySequence::SelectAll)) {
        selectAll();
    } else if (event->key() == Qt::Key_Return || event->key() == Qt::Key_Enter) {
        Q_EMIT cellActivated();
    } else if (event->key() == Qt::Key_F2) {
        Q_EMIT editRequested({});
    } else if (event->key() == Qt::Key_Delete && event->modifiers() == Qt::ControlModifier) {
        Q_EMIT nullRequested();
    } else if (event->key() == Qt::Key_Space && event->modifiers() == Qt::ShiftModifier) {
        selectRows(selection_.current().row, GridSelection::Mode::kReplace);
    } else if (event->key() == Qt::Key_Space && event->modifiers() == Qt::ControlModifier) {
        selectColumn(selection_.current().column);
    } else if (moveByKey(*event)) {
        return;
    } else if (!event->text().isEmpty() && event->text().front().isPrint() &&
               !(event->modifiers() & (Qt::ControlModifier | Qt::AltModifier | Qt::MetaModifier))) {
        Q_EMIT editRequested(event->text());
    } else {
        QAbstractScrollArea::keyPressEvent(event);
    }
}

bool ResultGrid::moveByKey(const QKeyEvent& event) {
    GridCell cell = selection_.current();
    const bool is_control = event.modifiers() & Qt::ControlModifier;
    switch (event.key()) {
        case Qt::Key_Up:
            cell.row = is_control ? 0 : cell.row - 1;
            break;
        case Qt::Key_Down:
            cell.row = is_control ? row_count_ - 1 : cell.row + 1;
            break;
        case Qt::Key_Left:
            cell.column = is_control ? firstShownColumn() : nextShownColumn(cell.column, -1);
            break;
        case Qt::Key_Right:
            cell.column = is_control ? lastShownColumn() : nextShownColumn(cell.column, 1);
            break;
        case Qt::Key_PageUp:
            cell.row -= visibleRows();
            break;
        case Qt::Key_PageDown:
            cell.row += visibleRows();
            break;
        case Qt::Key_Home:
            cell = {is_control ? 0 : cell.row, firstShownColumn()};
            break;
        case Qt::Key_End:
            cell = {is_control ? row_count_ - 1 : cell.row, lastShownColumn()};
            break;
        default:
            return false;
    }
    const bool extends = event.modifiers() & Qt::ShiftModifier;
    setCurrentCell(cell, extends ? GridSelection::Mode::kExtend : GridSelection::Mode::kReplace);
    return true;
}

void ResultGrid::contextMenuEvent(QContextMenuEvent* event) {
    if (event->reason() == QContextMenuEvent::Keyboard) {
        const QRect cell = columnRect(selection_.current().column);
        const auto row = static_cast<int>(selection_.current().row - topRow() + 1);
        Q_EMIT rowMenuRequested(viewport()->mapToGlobal(QPoint(cell.left(), row * kRowHeight)));
    } else {
        Q_EMIT rowMenuRequested(event->globalPos());
    }
}

void ResultGrid::focusInEvent(QFocusEvent* event) {
    QAbstractScrollArea::focusInEvent(event);
    viewport()->update();
}

void ResultGrid::focusOutEvent(QFocusEvent* event) {
    QAbstractScrollArea::focusOutEvent(event);
    viewport()->update();
}

void ResultGrid::changeEvent(QEvent* event) {
    QAbstractScrollArea::changeEvent(event);
    if (event->type() == QEvent::PaletteChange) {
        viewport()->update();
        gutter_->update();
        header_->viewport()->update();
        frozen_header_->viewport()->update();
    }
}

}  // namespace tessera::workbench
