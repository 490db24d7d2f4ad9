// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/workbench/results/messages_view.h"

#include "app/workbench/ui/theme.h"

#include <QTextCursor>
#include <QTime>

namespace tessera::workbench {

namespace {

constexpr int kLinesMax = 5000;

QColor colorOf(MessagesView::Tone tone) {
    const Theme& theme = currentTheme();
    switch (tone) {
        case MessagesView::Tone::kSuccess:
            return theme.success;
        case MessagesView::Tone::kWarning:
            return theme.warning;
        case MessagesView::Tone::kError:
            return theme.error;
        case MessagesView::Tone::kPlain:
            break;
    }
    return theme.text;
}

}  // namespace

MessagesView::MessagesView(QWidget* parent) : QPlainTextEdit(parent) {
    setObjectName(QStringLiteral("messagesView"));
    setAccessibleName(tr("Messages"));
    setReadOnly(true);
    setFrameShape(QFrame::NoFrame);
    setFont(monospaceFont());
    setMaximumBlockCount(kLinesMax);
    setLineWrapMode(QPlainTextEdit::WidgetWidth);
    setPlaceholderText(tr("Notices and errors of the statements you run appear here."));
    document()->setDocumentMargin(8);
}

void MessagesView::add(Tone tone, const QString& text) {
    QTextCharFormat time_format;
    time_format.setForeground(currentTheme().muted_text);
    QTextCharFormat text_format;
    text_format.setForeground(colorOf(tone));
    QTextCursor cursor(document());
    cursor.movePosition(QTextCursor::End);
    if (!document()->isEmpty()) {
        cursor.insertBlock();
    }
    cursor.insertText(QTime::currentTime().toString(QStringLiteral("HH:mm:ss  ")), time_format);
    cursor.insertText(text, text_format);
    setTextCursor(cursor);
}

}  // namespace tessera::workbench
