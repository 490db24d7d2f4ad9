// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/workbench/jobs/editor/yaml_view.h"

#include "app/workbench/jobs/editor/draft_form.h"
#include "app/workbench/ui/icons.h"
#include "app/workbench/ui/theme.h"

#include <QEvent>
#include <QListWidget>
#include <QPlainTextEdit>
#include <QTextBlock>
#include <QVBoxLayout>

namespace tessera::workbench {

YamlView::YamlView(app::JobDraft& draft, QWidget* parent)
    : QWidget(parent), draft_(draft), text_(new QPlainTextEdit), problems_(new QListWidget) {
    text_->setObjectName(QStringLiteral("yamlText"));
    text_->setAccessibleName(tr("The job's file"));
    text_->setFont(monospaceFont());
    text_->setFrameShape(QFrame::NoFrame);
    text_->setLineWrapMode(QPlainTextEdit::NoWrap);
    text_->installEventFilter(new DraftKeys(draft_, text_));
    text_->installEventFilter(this);
    problems_->setObjectName(QStringLiteral("yamlProblems"));
    problems_->setAccessibleName(tr("What is wrong"));
    problems_->setFrameShape(QFrame::NoFrame);
    problems_->setWordWrap(true);
    constexpr int kProblemsHeight = 140;
    problems_->setMaximumHeight(kProblemsHeight);
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(12, 8, 12, 8);
    layout->addWidget(text_, 1);
    layout->addWidget(problems_);
    connect(text_, &QPlainTextEdit::textChanged, this, [this] {
        if (!is_showing_) {
            is_typing_ = true;
            draft_.setYaml(text_->toPlainText().toStdString());
            is_typing_ = false;
        }
    });
    connect(problems_, &QListWidget::itemActivated, this, [this](const QListWidgetItem* item) {
        const QTextBlock block = text_->document()->findBlockByNumber(item->data(Qt::UserRole).toInt() - 1);
        text_->setTextCursor(QTextCursor(block.isValid() ? block : text_->document()->firstBlock()));
        text_->setFocus();
    });
    connect(problems_, &QListWidget::itemClicked, problems_, &QListWidget::itemActivated);
    connect(&draft_, &app::JobDraft::changed, this, &YamlView::showAll);
    showAll();
    showText();
}

bool YamlView::eventFilter(QObject* watched, QEvent* event) {
    // Only when one has left it: a text that lays itself out anew while one types is nobody's.
    if (event->type() == QEvent::FocusOut) {
        showText();
    }
    return QWidget::eventFilter(watched, event);
}

void YamlView::showText() {
    const QString wanted = QString::fromStdString(draft_.yaml());
    if (text_->toPlainText() != wanted) {
        is_showing_ = true;
        text_->setPlainText(wanted);
        is_showing_ = false;
    }
}

void YamlView::showAll() {
    if (!is_typing_) {
        showText();
    }
    problems_->clear();
    for (const app::JobDraft::Problem& problem : draft_.problems()) {
        auto* item = new QListWidgetItem(
            icon("error", currentTheme().error),
            problem.line > 0 ? tr("Line %1: %2").arg(problem.line).arg(problem.text) : problem.text, problems_);
        item->setData(Qt::UserRole, problem.line);
    }
    problems_->setVisible(problems_->count() > 0);
}

}  // namespace tessera::workbench
