// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/workbench/results/cell_editor.h"

#include "app/workbench/ui/theme.h"

#include <QKeyEvent>
#include <algorithm>

namespace tessera::workbench {

namespace {

constexpr int kLeastWidth = 160;
constexpr int kLines = 4;

}  // namespace

CellEditor::CellEditor(QWidget* parent, const QRect& cell) : QPlainTextEdit(parent) {
    setObjectName(QStringLiteral("cellEditor"));
    setAccessibleName(tr("Value of the cell"));
    setFont(monospaceFont());
    setTabChangesFocus(true);
    setFrameShape(QFrame::Box);
    document()->setDocumentMargin(3);
    const int height = std::min(cell.height() * kLines, parent->height());
    const int width = std::min(std::max(cell.width(), kLeastWidth), parent->width());
    setGeometry(std::clamp(cell.left(), 0, parent->width() - width), std::min(cell.top(), parent->height() - height),
                width, height);
}

void CellEditor::begin(const QString& text, bool is_selected) {
    original_ = is_selected ? text : QString();
    was_typed_ = !is_selected;
    setPlainText(text);
    if (is_selected) {
        selectAll();
    } else {
        moveCursor(QTextCursor::End);
    }
    show();
    setFocus(Qt::OtherFocusReason);
}

void CellEditor::keyPressEvent(QKeyEvent* event) {
    const bool is_enter = event->key() == Qt::Key_Return || event->key() == Qt::Key_Enter;
    if (event->key() == Qt::Key_Escape) {
        end(false);
    } else if (is_enter && event->modifiers() == Qt::NoModifier) {
        end(true);
    } else {
        QPlainTextEdit::keyPressEvent(event);
    }
}

void CellEditor::focusOutEvent(QFocusEvent* event) {
    QPlainTextEdit::focusOutEvent(event);
    // Its own menu takes the focus for a moment.
    if (event->reason() != Qt::PopupFocusReason && event->reason() != Qt::ActiveWindowFocusReason) {
        end(true);
    }
}

void CellEditor::end(bool is_taken) {
    if (has_ended_) {
        return;
    }
    has_ended_ = true;
    if (is_taken && (was_typed_ || document()->isModified() || toPlainText() != original_)) {
        Q_EMIT taken(toPlainText());
    }
    hide();
    Q_EMIT closed();
    deleteLater();
}

}  // namespace tessera::workbench
