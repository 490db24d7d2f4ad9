// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/workbench/documents/diff_text.h"

#include "app/workbench/ui/theme.h"

#include <QEvent>
#include <QSyntaxHighlighter>

namespace tessera::workbench {

class DiffText::Colors final : public QSyntaxHighlighter {
  public:
    using QSyntaxHighlighter::QSyntaxHighlighter;

  protected:
    void highlightBlock(const QString& text) override {
        if (text.startsWith(QLatin1Char('+'))) {
            setFormat(0, static_cast<int>(text.size()), currentTheme().success);
        } else if (text.startsWith(QLatin1Char('-'))) {
            setFormat(0, static_cast<int>(text.size()), currentTheme().error);
        }
    }
};

DiffText::DiffText(const char* object_name, const QString& accessible_name, QWidget* parent)
    : QPlainTextEdit(parent), colors_(new Colors(document())) {
    setObjectName(QLatin1String(object_name));
    setAccessibleName(accessible_name);
    setReadOnly(true);
    setTextInteractionFlags(Qt::TextSelectableByMouse | Qt::TextSelectableByKeyboard);
    setFrameShape(QFrame::NoFrame);
    setFont(monospaceFont());
    setLineWrapMode(QPlainTextEdit::NoWrap);
}

void DiffText::setDiff(const QString& diff, const QString& empty) {
    setPlaceholderText(empty);
    setPlainText(diff);
}

void DiffText::changeEvent(QEvent* event) {
    if (event->type() == QEvent::PaletteChange && colors_ != nullptr) {
        colors_->rehighlight();
    }
    QPlainTextEdit::changeEvent(event);
}

}  // namespace tessera::workbench
