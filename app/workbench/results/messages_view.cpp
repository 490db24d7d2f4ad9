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

void MessagesView::begin() {
    QTextCursor cursor(document());
    cursor.movePosition(QTextCursor::End);
    if (!document()->isEmpty()) {
        cursor.insertBlock();
    }
    insert(QTime::currentTime().toString(QStringLiteral("HH:mm:ss  ")), currentTheme().muted_text);
}

void MessagesView::insert(const QString& text, const QColor& color) {
    QTextCharFormat format;
    format.setForeground(color);
    QTextCursor cursor(document());
    cursor.movePosition(QTextCursor::End);
    cursor.insertText(text, format);
    setTextCursor(cursor);
}

void MessagesView::add(Tone tone, const QString& text) {
    begin();
    insert(text, colorOf(tone));
}

void MessagesView::addError(const QString& report) {
    begin();
    QColor color = colorOf(Tone::kError);
    bool is_first = true;
    for (const QString& line : report.split(QLatin1Char('\n'))) {
        if (line.startsWith(QLatin1String("LINE ")) || line.startsWith(QLatin1String("DETAIL: "))) {
            color = currentTheme().text;
        } else if (line.startsWith(QLatin1String("HINT: "))) {
            color = currentTheme().accent;
        }
        insert(is_first ? line : QLatin1Char('\n') + line, color);
        is_first = false;
    }
}

}  // namespace tessera::workbench
