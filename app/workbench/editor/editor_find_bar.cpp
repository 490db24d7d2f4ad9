// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/workbench/editor/editor_find_bar.h"

#include "app/workbench/editor/sql_editor.h"

#include <QHBoxLayout>
#include <QKeyEvent>
#include <QLabel>
#include <QLineEdit>
#include <QToolButton>

namespace tessera::workbench {

namespace {

QToolButton* button(const char* object_name, const QString& text, const QString& tooltip, bool is_checkable) {
    auto* made = new QToolButton;
    made->setObjectName(QLatin1String(object_name));
    made->setText(text);
    made->setToolTip(tooltip);
    made->setAccessibleName(tooltip);
    made->setCheckable(is_checkable);
    made->setAutoRaise(true);
    return made;
}

}  // namespace

EditorFindBar::EditorFindBar(SqlEditor* editor, QWidget* parent)
    : QWidget(parent),
      editor_(editor),
      find_(new QLineEdit),
      replace_(new QLineEdit),
      case_(button("editorFindCase", QStringLiteral("Aa"), tr("Match the letter case"), true)),
      regex_(button("editorFindRegex", QStringLiteral(".*"), tr("Regular expression"), true)),
      status_(new QLabel) {
    setObjectName(QStringLiteral("editorFindBar"));
    find_->setObjectName(QStringLiteral("editorFindField"));
    find_->setPlaceholderText(tr("Find"));
    find_->setAccessibleName(tr("Find"));
    find_->setClearButtonEnabled(true);
    replace_->setObjectName(QStringLiteral("editorReplaceField"));
    replace_->setPlaceholderText(tr("Replace with"));
    replace_->setAccessibleName(tr("Replace with"));
    status_->setObjectName(QStringLiteral("editorFindStatus"));
    QToolButton* back = button("findPrevious", tr("Previous"), tr("Find the one before (Shift+Enter)"), false);
    QToolButton* next = button("findNext", tr("Next"), tr("Find the next (Enter)"), false);
    QToolButton* one = button("replaceOne", tr("Replace"), tr("Replace this one and find the next"), false);
    QToolButton* all = button("replaceAll", tr("Replace all"), tr("Replace all in this tab"), false);
    QToolButton* close = button("closeFind", QStringLiteral("✕"), tr("Close (Esc)"), false);
    auto* layout = new QHBoxLayout(this);
    layout->setContentsMargins(8, 4, 8, 4);
    layout->setSpacing(4);
    layout->addWidget(find_, 3);
    for (QToolButton* widget : {case_, regex_, back, next}) {
        layout->addWidget(widget);
    }
    layout->addWidget(replace_, 2);
    layout->addWidget(one);
    layout->addWidget(all);
    layout->addWidget(status_, 1);
    layout->addWidget(close);
    connect(back, &QToolButton::clicked, this, [this] { findNext(false); });
    connect(next, &QToolButton::clicked, this, [this] { findNext(true); });
    connect(one, &QToolButton::clicked, this, &EditorFindBar::replaceOne);
    connect(all, &QToolButton::clicked, this, [this] { replaceAll(); });
    connect(close, &QToolButton::clicked, this, [this] {
        hide();
        editor_->setFocus();
    });
    hide();
}

void EditorFindBar::open() {
    if (const QString selected = editor_->selectedText(); !selected.isEmpty() && !selected.contains(u'\n')) {
        find_->setText(selected);
    }
    show();
    find_->setFocus();
    find_->selectAll();
}

bool EditorFindBar::findFrom(int line, int index, bool is_forward, bool wraps) {
    // The last flag: ECMAScript's expressions instead of Scintilla's own few.
    return !find_->text().isEmpty() && editor_->findFirst(find_->text(), regex_->isChecked(), case_->isChecked(), false,
                                                          wraps, is_forward, line, index, true, false, true);
}

bool EditorFindBar::findNext(bool is_forward) {
    int line = -1;
    int index = -1;
    if (!is_forward && editor_->hasSelectedText()) {
        // Back from the hit's begin: else it would be found again.
        int line_to = 0;
        int index_to = 0;
        editor_->getSelection(&line, &index, &line_to, &index_to);
    }
    const bool is_found = findFrom(line, index, is_forward, true);
    say(is_found ? QString() : tr("Not found"));
    return is_found;
}

void EditorFindBar::replaceOne() {
    if (editor_->hasSelectedText()) {
        // findFirst() anew, so that it is a hit that is replaced and not any selection.
        int line = 0;
        int index = 0;
        int line_to = 0;
        int index_to = 0;
        editor_->getSelection(&line, &index, &line_to, &index_to);
        if (findFrom(line, index, true, false)) {
            editor_->replace(replace_->text());
        }
    }
    findNext(true);
}

int EditorFindBar::replaceAll() {
    int count = 0;
    editor_->beginUndoAction();
    bool is_found = findFrom(0, 0, true, false);
    while (is_found) {
        const bool is_empty = !editor_->hasSelectedText();
        editor_->replace(replace_->text());
        ++count;
        if (is_empty) {
            break;  // an expression that matches nothing would be replaced for ever
        }
        is_found = editor_->findNext();
    }
    editor_->endUndoAction();
    say(tr("%n replaced", nullptr, count));
    return count;
}

void EditorFindBar::keyPressEvent(QKeyEvent* event) {
    if (event->key() == Qt::Key_Escape) {
        hide();
        editor_->setFocus();
    } else if (event->key() == Qt::Key_Return || event->key() == Qt::Key_Enter) {
        findNext((event->modifiers() & Qt::ShiftModifier) == 0);
    } else {
        QWidget::keyPressEvent(event);
    }
}

void EditorFindBar::say(const QString& text) {
    status_->setText(text);
}

}  // namespace tessera::workbench
