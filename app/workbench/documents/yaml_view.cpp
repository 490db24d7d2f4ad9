// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/workbench/documents/yaml_view.h"

#include "app/workbench/documents/draft_form.h"
#include "app/workbench/documents/problem_list.h"
#include "app/workbench/ui/theme.h"

#include <QEvent>
#include <QKeyEvent>
#include <QPlainTextEdit>
#include <QRegularExpression>
#include <QSyntaxHighlighter>
#include <QTextBlock>
#include <QVBoxLayout>
#include <algorithm>
#include <utility>

namespace tessera::workbench {

/// Keys and comments; all else is somebody's text.
class YamlView::Colors final : public QSyntaxHighlighter {
  public:
    using QSyntaxHighlighter::QSyntaxHighlighter;

  protected:
    void highlightBlock(const QString& text) override {
        static const QRegularExpression kKey(QStringLiteral("(?:^[ -]*|[{,] *)([A-Za-z_][A-Za-z0-9_.-]*):(?= |$)"));
        static const QRegularExpression kComment(QStringLiteral("(?:^|\\s)#.*$"));
        for (auto keys = kKey.globalMatch(text); keys.hasNext();) {
            const QRegularExpressionMatch key = keys.next();
            setFormat(static_cast<int>(key.capturedStart(1)), static_cast<int>(key.capturedLength(1)),
                      currentTheme().keyword);
        }
        if (const QRegularExpressionMatch comment = kComment.match(text); comment.hasMatch()) {
            setFormat(static_cast<int>(comment.capturedStart()), static_cast<int>(comment.capturedLength()),
                      currentTheme().comment);
        }
    }
};

YamlView::YamlView(app::DocumentDraft& draft, const QString& accessible_name, Access access, QWidget* parent)
    : QWidget(parent), access_(std::move(access)), text_(new QPlainTextEdit), colors_(new Colors(text_->document())) {
    text_->setObjectName(QStringLiteral("yamlText"));
    text_->setAccessibleName(accessible_name);
    text_->setFont(monospaceFont());
    text_->setFrameShape(QFrame::NoFrame);
    text_->setLineWrapMode(QPlainTextEdit::NoWrap);
    text_->installEventFilter(new DraftKeys(draft, text_));
    text_->installEventFilter(this);
    auto* problems = new ProblemList(draft, "yamlProblems");
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(12, 8, 12, 8);
    layout->addWidget(text_, 1);
    layout->addWidget(problems);
    connect(text_, &QPlainTextEdit::textChanged, this, [this] {
        if (!is_showing_) {
            is_typing_ = true;
            access_.write(text_->toPlainText().toStdString());
            is_typing_ = false;
        }
    });
    connect(problems, &ProblemList::chosen, this, [this](int line) {
        const QTextBlock block = text_->document()->findBlockByNumber(line - 1);
        text_->setTextCursor(QTextCursor(block.isValid() ? block : text_->document()->firstBlock()));
        text_->setFocus();
    });
    connect(&draft, &app::DocumentDraft::changed, this, [this] {
        if (!is_typing_) {
            showText();
        }
    });
    showText();
}

bool YamlView::eventFilter(QObject* watched, QEvent* event) {
    // YAML has no tabs.
    if (event->type() == QEvent::KeyPress && !text_->isReadOnly()) {
        const auto& key = static_cast<const QKeyEvent&>(*event);
        if (key.key() == Qt::Key_Tab && key.modifiers() == Qt::NoModifier) {
            text_->insertPlainText(QStringLiteral("  "));
            return true;
        }
    }
    // Only when one has left it: a text that lays itself out anew while one types is nobody's.
    if (event->type() == QEvent::FocusOut) {
        showText();
    }
    return QWidget::eventFilter(watched, event);
}

void YamlView::changeEvent(QEvent* event) {
    if (event->type() == QEvent::PaletteChange && colors_ != nullptr) {
        colors_->rehighlight();
    }
    QWidget::changeEvent(event);
}

void YamlView::showText() {
    const QString wanted = QString::fromStdString(access_.read());
    if (text_->toPlainText() != wanted) {
        // What the mesh said of it came while one typed: the place stays.
        const int place = text_->textCursor().position();
        is_showing_ = true;
        text_->setPlainText(wanted);
        is_showing_ = false;
        QTextCursor cursor = text_->textCursor();
        cursor.setPosition(std::min(place, static_cast<int>(wanted.size())));
        text_->setTextCursor(cursor);
    }
}

}  // namespace tessera::workbench
