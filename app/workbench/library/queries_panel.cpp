// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/workbench/library/queries_panel.h"

#include "app/workbench/ui/empty_state.h"

#include <QAction>
#include <QHBoxLayout>
#include <QLabel>
#include <QLineEdit>
#include <QMenu>
#include <QPushButton>
#include <QTreeView>
#include <QVBoxLayout>
#include <utility>

namespace tessera::workbench {

namespace {

using Kind = app::LibraryItem::Kind;

}  // namespace

QueriesPanel::QueriesPanel(app::Library& library, QWidget* parent)
    : QWidget(parent),
      library_(library),
      model_(library),
      search_(new QLineEdit),
      tree_(new QTreeView),
      empty_(new EmptyState),
      undo_label_(new QLabel),
      undo_button_(new QPushButton(tr("Undo"))) {
    setObjectName(QStringLiteral("queriesPanel"));
    search_->setObjectName(QStringLiteral("queriesSearch"));
    search_->setPlaceholderText(tr("Search saved queries"));
    search_->setAccessibleName(tr("Search saved queries"));
    search_->setClearButtonEnabled(true);
    tree_->setObjectName(QStringLiteral("queriesTree"));
    tree_->setAccessibleName(tr("Saved queries"));
    tree_->setModel(&model_);
    tree_->setHeaderHidden(true);
    tree_->setUniformRowHeights(true);
    tree_->setFrameShape(QFrame::NoFrame);
    tree_->setDragDropMode(QAbstractItemView::DragDrop);
    tree_->setDefaultDropAction(Qt::MoveAction);
    tree_->setEditTriggers(QAbstractItemView::NoEditTriggers);
    tree_->setContextMenuPolicy(Qt::ActionsContextMenu);
    empty_->setMessage("edit", tr("Queries you keep stand here, in folders if you like."),
                       tr("They are found by Ctrl+P, too."));
    empty_->setAction(tr("Keep the current text"));
    open_ = addAction("queriesOpen", tr("Open in a tab"), {}, [this] { open(tree_->currentIndex()); });
    rename_ = addAction("queriesRename", tr("Rename"), QKeySequence(Qt::Key_F2),
                        [this] { tree_->edit(tree_->currentIndex()); });
    remove_ = addAction("queriesDelete", tr("Delete"), QKeySequence(Qt::Key_Delete), [this] { removeCurrent(); });
    addAction("queriesNewFolder", tr("New folder"), {}, [this] { newFolder(); });
    undo_ = addAction("queriesUndo", tr("Undo"), QKeySequence(QKeySequence::Undo), [this] { library_.undo(); });
    auto* folder = new QPushButton(tr("New folder"));
    folder->setObjectName(QStringLiteral("queriesFolderButton"));
    folder->setProperty("secondary", true);
    auto* keep = new QPushButton(tr("Keep the current text"));
    keep->setObjectName(QStringLiteral("queriesKeepButton"));
    undo_button_->setObjectName(QStringLiteral("queriesUndoButton"));
    undo_button_->setProperty("secondary", true);
    undo_label_->setObjectName(QStringLiteral("queriesUndoLabel"));
    undo_label_->setWordWrap(true);
    auto* undo_row = new QHBoxLayout;
    undo_row->addWidget(undo_label_, 1);
    undo_row->addWidget(undo_button_);
    auto* buttons = new QHBoxLayout;
    buttons->addWidget(folder);
    buttons->addStretch();
    buttons->addWidget(keep);
    auto* title = new QLabel(tr("Saved queries"));
    title->setBuddy(search_);
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(8, 8, 8, 8);
    layout->setSpacing(8);
    constexpr int kWidth = 320;
    setMinimumWidth(kWidth);
    layout->addWidget(title);
    layout->addWidget(search_);
    layout->addWidget(tree_, 1);
    layout->addWidget(empty_, 1);
    layout->addLayout(undo_row);
    layout->addLayout(buttons);
    connect(search_, &QLineEdit::textChanged, &model_, &QueriesModel::setFilter);
    connect(&model_, &QAbstractItemModel::modelAboutToBeReset, this, &QueriesPanel::beforeReset);
    connect(&model_, &QAbstractItemModel::modelReset, this, &QueriesPanel::afterReset);
    connect(tree_, &QTreeView::activated, this, &QueriesPanel::open);
    connect(tree_->selectionModel(), &QItemSelectionModel::currentChanged, this, &QueriesPanel::updateState);
    connect(folder, &QPushButton::clicked, this, &QueriesPanel::newFolder);
    connect(keep, &QPushButton::clicked, this, [this] { Q_EMIT keepRequested(currentFolder()); });
    connect(empty_, &EmptyState::actionTriggered, this, [this] { Q_EMIT keepRequested(0); });
    connect(undo_button_, &QPushButton::clicked, &library_, &app::Library::undo);
    updateState();
}

QAction* QueriesPanel::addAction(const char* object_name, const QString& text, const QKeySequence& key,
                                 const std::function<void()>& run) {
    auto* action = new QAction(text, tree_);
    action->setObjectName(QLatin1String(object_name));
    action->setShortcut(key);
    action->setShortcutContext(Qt::WidgetShortcut);
    connect(action, &QAction::triggered, this, run);
    tree_->addAction(action);
    return action;
}

void QueriesPanel::showEvent(QShowEvent* event) {
    QWidget::showEvent(event);
    library_.refresh();
}

void QueriesPanel::beforeReset() {
    const app::LibraryItem* current = model_.item(tree_->currentIndex());
    current_ = current != nullptr ? current->id : current_;
    if (!search_->text().trimmed().isEmpty()) {
        return;
    }
    for (const app::LibraryItem& item : library_.items()) {
        const QModelIndex index = model_.indexOf(item.id);
        if (index.isValid() && tree_->isExpanded(index)) {
            expanded_.insert(item.id);
        } else if (index.isValid()) {
            expanded_.remove(item.id);
        }
    }
}

void QueriesPanel::afterReset() {
    for (const qint64 id : expanded_) {
        tree_->setExpanded(model_.indexOf(id), true);
    }
    if (const QModelIndex index = model_.indexOf(current_); index.isValid()) {
        tree_->setCurrentIndex(index);
    }
    updateState();
    if (const QModelIndex index = model_.indexOf(to_name_); index.isValid()) {
        to_name_ = 0;
        tree_->setCurrentIndex(index);
        tree_->scrollTo(index);
        tree_->edit(index);
    }
}

void QueriesPanel::updateState() {
    const app::LibraryItem* current = model_.item(tree_->currentIndex());
    open_->setEnabled(current != nullptr && current->kind == Kind::kQuery);
    rename_->setEnabled(current != nullptr);
    remove_->setEnabled(current != nullptr);
    const QString undo = library_.undoText();
    undo_->setEnabled(!undo.isEmpty());
    undo_label_->setVisible(!undo.isEmpty());
    undo_button_->setVisible(!undo.isEmpty());
    undo_label_->setText(tr("Last change: %1").arg(undo));
    const bool is_empty = model_.rowCount() == 0 && search_->text().trimmed().isEmpty();
    tree_->setVisible(!is_empty);
    empty_->setVisible(is_empty);
}

void QueriesPanel::open(const QModelIndex& index) {
    if (const app::LibraryItem* item = model_.item(index); item != nullptr && item->kind == Kind::kQuery) {
        Q_EMIT openRequested(item->id);
    }
}

qint64 QueriesPanel::currentFolder() const {
    const app::LibraryItem* current = model_.item(tree_->currentIndex());
    return current == nullptr ? 0 : current->kind == Kind::kFolder ? current->id : current->folder;
}

void QueriesPanel::newFolder() {
    const qint64 around = currentFolder();
    expanded_.insert(around);
    search_->clear();
    library_.add({0, Kind::kFolder, around, tr("New folder")}, [this](qint64 id, qint64) {
        to_name_ = id;
        afterReset();
    });
}

void QueriesPanel::removeCurrent() {
    const QModelIndex index = tree_->currentIndex();
    const app::LibraryItem* item = model_.item(index);
    if (item == nullptr) {
        return;
    }
    const qint64 removed = item->id;
    // The next one, so that Delete does not lose its place.
    const QModelIndex below = index.siblingAtRow(index.row() + 1);
    const app::LibraryItem* next = model_.item(below.isValid() ? below : index.siblingAtRow(index.row() - 1));
    tree_->setCurrentIndex({});
    current_ = next != nullptr ? next->id : 0;
    library_.remove(removed);
}

}  // namespace tessera::workbench
