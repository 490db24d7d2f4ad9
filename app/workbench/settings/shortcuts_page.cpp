// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/workbench/settings/shortcuts_page.h"

#include "app/workbench/ui/facts_table.h"
#include "app/workbench/ui/note_label.h"

#include <QAction>
#include <QHBoxLayout>
#include <QHeaderView>
#include <QKeySequenceEdit>
#include <QPushButton>
#include <QTreeWidget>
#include <QVBoxLayout>

namespace tessera::workbench {

namespace {

constexpr int kActionRole = Qt::UserRole;

QString plainText(const QAction& action) {
    QString text = action.text();
    return text.remove(u'&');
}

QString keysText(const QList<QKeySequence>& keys) {
    return QKeySequence::listToString(keys, QKeySequence::NativeText);
}

}  // namespace

ShortcutsPage::ShortcutsPage(Shortcuts& shortcuts, QWidget* parent)
    : QWidget(parent),
      shortcuts_(shortcuts),
      table_(new QTreeWidget),
      keys_(new QKeySequenceEdit),
      take_(new QPushButton(tr("Use them here"))),
      clear_(new QPushButton(tr("No keys"))),
      reset_(new QPushButton(tr("Default"))),
      note_(new NoteLabel(QStringLiteral("shortcutNote"))) {
    setObjectName(QStringLiteral("shortcutsPage"));
    table_->setObjectName(QStringLiteral("shortcutsTable"));
    table_->setAccessibleName(tr("Actions and their keys"));
    table_->setHeaderLabels({tr("Action"), tr("Keys")});
    styleFactsTable(table_);
    table_->setSelectionMode(QAbstractItemView::SingleSelection);
    table_->header()->setSectionResizeMode(0, QHeaderView::Stretch);
    table_->header()->setSectionResizeMode(1, QHeaderView::ResizeToContents);
    table_->header()->setStretchLastSection(false);
    keys_->setObjectName(QStringLiteral("shortcutKeys"));
    keys_->setAccessibleName(tr("Keys of the chosen action"));
    take_->setObjectName(QStringLiteral("shortcutTake"));
    clear_->setObjectName(QStringLiteral("shortcutClear"));
    reset_->setObjectName(QStringLiteral("shortcutReset"));
    for (QPushButton* button : {clear_, reset_}) {
        button->setProperty("secondary", true);
    }
    note_->setMinimumHeight(2 * note_->fontMetrics().height());
    auto* edit = new QHBoxLayout;
    edit->addWidget(keys_, 1);
    edit->addWidget(clear_);
    edit->addWidget(reset_);
    auto* warning = new QHBoxLayout;
    warning->addWidget(note_, 1);
    warning->addWidget(take_);
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->addWidget(table_, 1);
    layout->addLayout(edit);
    layout->addLayout(warning);
    connect(table_, &QTreeWidget::currentItemChanged, this, &ShortcutsPage::onCurrentChanged);
    connect(keys_, &QKeySequenceEdit::editingFinished, this, &ShortcutsPage::onKeysPressed);
    connect(keys_, &QKeySequenceEdit::keySequenceChanged, this, &ShortcutsPage::updateNote);
    connect(take_, &QPushButton::clicked, this, &ShortcutsPage::takeKeysAway);
    connect(clear_, &QPushButton::clicked, this, [this] { shortcuts_.setKeys(current(), {}); });
    connect(reset_, &QPushButton::clicked, this, [this] { shortcuts_.reset(current()); });
    connect(&shortcuts_, &Shortcuts::changed, this, [this] {
        for (int row = 0; row < table_->topLevelItemCount(); ++row) {
            showRow(table_->topLevelItem(row));
        }
        onCurrentChanged();
    });
    fill();
}

void ShortcutsPage::fill() {
    for (QAction* action : shortcuts_.actions()) {
        auto* item = new QTreeWidgetItem(table_);
        item->setData(0, kActionRole, QVariant::fromValue(action));
        showRow(item);
    }
    table_->sortItems(0, Qt::AscendingOrder);
    table_->setCurrentItem(table_->topLevelItem(0));
}

void ShortcutsPage::showRow(QTreeWidgetItem* item) const {
    const auto* action = item->data(0, kActionRole).value<QAction*>();
    const bool is_changed = shortcuts_.isChanged(action);
    item->setText(0, is_changed ? plainText(*action) + QStringLiteral("  •") : plainText(*action));
    item->setToolTip(
        0, is_changed ? tr("Changed; the default is %1").arg(keysText(shortcuts_.defaultsOf(action))) : QString());
    item->setText(1, keysText(action->shortcuts()));
}

void ShortcutsPage::filter(const QString& text) {
    for (int row = 0; row < table_->topLevelItemCount(); ++row) {
        QTreeWidgetItem* item = table_->topLevelItem(row);
        item->setHidden(!item->text(0).contains(text, Qt::CaseInsensitive) &&
                        !item->text(1).contains(text, Qt::CaseInsensitive));
    }
}

QAction* ShortcutsPage::current() const {
    const QTreeWidgetItem* item = table_->currentItem();
    return item != nullptr ? item->data(0, kActionRole).value<QAction*>() : nullptr;
}

void ShortcutsPage::onCurrentChanged() {
    const QAction* action = current();
    is_filling_ = true;
    keys_->setKeySequence(action != nullptr ? action->shortcut() : QKeySequence());
    is_filling_ = false;
    keys_->setEnabled(action != nullptr);
    clear_->setEnabled(action != nullptr && !action->shortcuts().isEmpty());
    reset_->setEnabled(action != nullptr && shortcuts_.isChanged(action));
    updateNote();
}

void ShortcutsPage::onKeysPressed() {
    if (current() != nullptr && shortcuts_.ownerOf({keys_->keySequence()}, current()) == nullptr) {
        assign();
    }
    updateNote();
}

void ShortcutsPage::assign() {
    if (!is_filling_ && !keys_->keySequence().isEmpty() && current()->shortcut() != keys_->keySequence()) {
        shortcuts_.setKeys(current(), {keys_->keySequence()});
    }
}

void ShortcutsPage::takeKeysAway() {
    const QKeySequence wanted = keys_->keySequence();
    for (QAction* action : shortcuts_.actions()) {
        if (action != current() && action->shortcuts().contains(wanted)) {
            QList<QKeySequence> left = action->shortcuts();
            left.removeAll(wanted);
            shortcuts_.setKeys(action, left);
        }
    }
    keys_->setKeySequence(wanted);
    assign();
}

void ShortcutsPage::updateNote() {
    const QKeySequence wanted = keys_->keySequence();
    const QAction* owner = wanted.isEmpty() ? nullptr : shortcuts_.ownerOf({wanted}, current());
    take_->setVisible(owner != nullptr);
    note_->setNote(owner != nullptr
                       ? tr("%1 is already “%2”.").arg(wanted.toString(QKeySequence::NativeText), plainText(*owner))
                       : tr("Choose an action, click into the field, and press the keys."),
                   owner != nullptr ? NoteLabel::Tone::kWarning : NoteLabel::Tone::kMuted);
}

}  // namespace tessera::workbench
