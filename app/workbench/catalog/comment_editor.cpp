// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/workbench/catalog/comment_editor.h"

#include "app/workbench/ui/note_label.h"

#include <QKeyEvent>
#include <QLabel>
#include <QPlainTextEdit>
#include <QPushButton>
#include <QVBoxLayout>

namespace tessera::workbench {

CommentEditor::CommentEditor(QWidget* parent)
    : QWidget(parent),
      title_(new QLabel),
      text_(new QPlainTextEdit),
      problem_(new NoteLabel(QStringLiteral("commentProblem"))),
      save_(new QPushButton(tr("Save"))) {
    setObjectName(QStringLiteral("commentEditor"));
    title_->setObjectName(QStringLiteral("commentTitle"));
    title_->setTextFormat(Qt::PlainText);
    text_->setObjectName(QStringLiteral("commentText"));
    text_->setAccessibleName(tr("Comment"));
    text_->setPlaceholderText(tr("Markdown; #words are tags. Empty takes the comment away."));
    text_->setTabChangesFocus(true);
    text_->setProperty("framed", true);
    constexpr int kHeight = 96;
    text_->setFixedHeight(kHeight);
    text_->installEventFilter(this);
    save_->setObjectName(QStringLiteral("commentSaveButton"));
    save_->setToolTip(tr("Ctrl+Enter"));
    auto* cancel = new QPushButton(tr("Cancel"));
    cancel->setObjectName(QStringLiteral("commentCancelButton"));
    cancel->setProperty("secondary", true);
    auto* buttons = new QHBoxLayout;
    buttons->setSpacing(8);
    buttons->addWidget(problem_, 1);
    // They stay at the right without a note.
    buttons->addStretch();
    buttons->addWidget(cancel);
    buttons->addWidget(save_);
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(12, 4, 12, 12);
    layout->setSpacing(6);
    layout->addWidget(title_);
    layout->addWidget(text_);
    layout->addLayout(buttons);
    connect(save_, &QPushButton::clicked, this, &CommentEditor::save);
    connect(cancel, &QPushButton::clicked, this, &CommentEditor::leave);
    hide();
}

void CommentEditor::open(const QString& title, const QString& text, std::shared_ptr<client::NodeClient> node,
                         Statement statement) {
    query_.cancel();
    node_ = std::move(node);
    statement_ = std::move(statement);
    title_->setText(title);
    text_->setPlainText(text);
    problem_->setNote({});
    save_->setEnabled(true);
    show();
    text_->setFocus();
    text_->moveCursor(QTextCursor::End);
}

bool CommentEditor::eventFilter(QObject* watched, QEvent* event) {
    if (watched == text_ && event->type() == QEvent::KeyPress) {
        const auto* key = static_cast<QKeyEvent*>(event);
        const bool is_enter = key->key() == Qt::Key_Return || key->key() == Qt::Key_Enter;
        if (is_enter && key->modifiers().testFlag(Qt::ControlModifier)) {
            save();
            return true;
        }
        if (key->key() == Qt::Key_Escape) {
            leave();
            return true;
        }
    }
    // Ctrl+Enter and Esc are the window's for running, else.
    if (watched == text_ && event->type() == QEvent::ShortcutOverride) {
        const auto* key = static_cast<QKeyEvent*>(event);
        if (key->key() == Qt::Key_Escape || key->key() == Qt::Key_Return || key->key() == Qt::Key_Enter) {
            event->accept();
            return true;
        }
    }
    return QWidget::eventFilter(watched, event);
}

void CommentEditor::save() {
    if (!save_->isEnabled()) {
        return;
    }
    save_->setEnabled(false);
    problem_->setNote(tr("Saving…"));
    client::QueryRequest request;
    request.sql = statement_(text_->toPlainText().trimmed()).toStdString();
    query_.run(node_, std::move(request), [this](const Result<app::RowsQuery::Rows>& done) {
        save_->setEnabled(true);
        if (done) {
            leave();
            Q_EMIT saved();
            return;
        }
        problem_->setNote(tr("Not saved: %1.").arg(QString::fromStdString(done.error().message)),
                          NoteLabel::Tone::kError);
    });
}

void CommentEditor::leave() {
    query_.cancel();
    hide();
    if (QWidget* page = parentWidget()) {
        page->setFocus();
    }
}

}  // namespace tessera::workbench
