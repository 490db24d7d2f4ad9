// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/workbench/catalog/catalog_panel.h"

#include "app/workbench/catalog/catalog_delegate.h"
#include "app/workbench/catalog/catalog_search.h"
#include "app/workbench/ui/icons.h"

#include <QAction>
#include <QApplication>
#include <QClipboard>
#include <QKeyEvent>
#include <QLabel>
#include <QLineEdit>
#include <QMenu>
#include <QMimeData>
#include <QPushButton>
#include <QStackedWidget>
#include <QTreeView>
#include <QVBoxLayout>
#include <memory>

namespace tessera::workbench {

namespace {

using app::CatalogKind;

constexpr int kNodesOpenedMax = 8;

}  // namespace

QString selectStatement(const app::CatalogModel::TablePlace& place) {
    return QStringLiteral("SELECT * FROM %1 LIMIT 100;").arg(app::qualifiedName(place.schema, place.table));
}

CatalogPanel::CatalogPanel(app::MeshNames& names, QWidget* parent)
    : QWidget(parent),
      field_(new QLineEdit),
      stack_(new QStackedWidget),
      found_(new CatalogSearch),
      found_note_(new QLabel),
      tree_(new QTreeView),
      query_(new QAction(tr("Query its rows"), this)),
      insert_(new QAction(tr("Insert into the editor"), this)),
      failure_(new QWidget),
      failure_text_(new QLabel) {
    setObjectName(QStringLiteral("catalogPanel"));
    constexpr int kLeastWidth = 220;
    setMinimumWidth(kLeastWidth);
    tree_->setObjectName(QStringLiteral("catalogTree"));
    tree_->setAccessibleName(tr("Catalog"));
    tree_->setModel(&model_);
    connect(&model_, &QAbstractItemModel::rowsInserted, this, &CatalogPanel::openFewSources);
    connect(&model_, &QAbstractItemModel::rowsInserted, this, &CatalogPanel::revealNext);
    tree_->setItemDelegate(new CatalogDelegate(tree_));
    tree_->setHeaderHidden(true);
    tree_->setUniformRowHeights(true);
    tree_->setExpandsOnDoubleClick(false);
    tree_->setIndentation(16);
    tree_->setFrameShape(QFrame::NoFrame);
    tree_->setContextMenuPolicy(Qt::CustomContextMenu);
    tree_->setMouseTracking(true);
    tree_->setDragDropMode(QAbstractItemView::DragOnly);
    tree_->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);

    failure_->setObjectName(QStringLiteral("catalogFailure"));
    failure_text_->setObjectName(QStringLiteral("catalogFailureText"));
    failure_text_->setWordWrap(true);
    failure_text_->setTextFormat(Qt::PlainText);
    auto* retry = new QPushButton(tr("Retry"));
    retry->setObjectName(QStringLiteral("catalogRetryButton"));
    auto* failure_layout = new QVBoxLayout(failure_);
    failure_layout->setContentsMargins(16, 12, 16, 16);
    failure_layout->setSpacing(8);
    failure_layout->addWidget(failure_text_);
    failure_layout->addWidget(retry, 0, Qt::AlignLeft);
    failure_->hide();

    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(0);
    auto* field_row = new QVBoxLayout;
    field_row->setContentsMargins(8, 8, 8, 6);
    field_row->addWidget(field_);
    stack_->addWidget(tree_);
    stack_->addWidget(found_);
    layout->addLayout(field_row);
    layout->addWidget(stack_, 1);
    layout->addWidget(found_note_);
    layout->addWidget(failure_);
    field_->setObjectName(QStringLiteral("catalogSearchField"));
    field_->setAccessibleName(tr("Search the catalog"));
    field_->setPlaceholderText(tr("Names, comments, #tags"));
    field_->setClearButtonEnabled(true);
    field_->installEventFilter(this);
    tree_->installEventFilter(this);
    found_->setNames(names);
    found_->installEventFilter(this);
    found_note_->setObjectName(QStringLiteral("catalogFoundNote"));
    found_note_->setContentsMargins(12, 6, 12, 8);
    found_note_->setWordWrap(true);
    found_note_->hide();
    connect(field_, &QLineEdit::textChanged, this, &CatalogPanel::onSearch);
    connect(found_, &CatalogSearch::chosen, this, &CatalogPanel::choose);
    connect(found_, &CatalogSearch::noteChanged, this, [this](const QString& note) {
        found_note_->setText(note);
        found_note_->setVisible(!note.isEmpty() && stack_->currentWidget() == found_);
    });

    // Of a column there is no page of its own: it goes into the text.
    connect(tree_, &QTreeView::doubleClicked, this, [this](const QModelIndex& index) {
        model_.kindOf(index) == CatalogKind::kColumn ? insertName(index) : onDoubleClicked(index);
    });
    connect(tree_, &QTreeView::activated, this, [this](const QModelIndex& index) {
        if (!QApplication::mouseButtons()) {
            onDoubleClicked(index);
        }
    });
    connect(tree_, &QTreeView::customContextMenuRequested, this, &CatalogPanel::showMenu);
    connect(tree_->selectionModel(), &QItemSelectionModel::currentChanged, this, &CatalogPanel::onCurrentChanged);
    query_->setObjectName(QStringLiteral("catalogQueryAction"));
    query_->setShortcut(QKeySequence(Qt::SHIFT | Qt::Key_Return));
    query_->setShortcutContext(Qt::WidgetShortcut);
    tree_->addAction(query_);
    connect(query_, &QAction::triggered, this, [this] {
        if (const auto place = model_.tablePlaceOf(tree_->currentIndex())) {
            requestQuery(*place);
        }
    });
    insert_->setObjectName(QStringLiteral("catalogInsertAction"));
    insert_->setShortcut(QKeySequence(Qt::Key_Insert));
    insert_->setShortcutContext(Qt::WidgetShortcut);
    tree_->addAction(insert_);
    connect(insert_, &QAction::triggered, this, [this] { insertName(tree_->currentIndex()); });
    connect(retry, &QPushButton::clicked, this, [this] { model_.retry(tree_->currentIndex()); });
    // What arrives may replace the failure that is shown.
    connect(&model_, &QAbstractItemModel::rowsRemoved, this, &CatalogPanel::onCurrentChanged);
    connect(&model_, &QAbstractItemModel::rowsInserted, this, &CatalogPanel::onCurrentChanged);
}

void CatalogPanel::onSearch(const QString& text) {
    found_->look(text);
    const bool is_search = !text.trimmed().isEmpty();
    stack_->setCurrentWidget(is_search ? static_cast<QWidget*>(found_) : tree_);
    found_note_->setVisible(is_search && !found_note_->text().isEmpty());
    failure_->setVisible(!is_search && failure_->isVisible());
}

void CatalogPanel::search(const QString& text) {
    field_->setText(text);
    field_->setFocus(Qt::ShortcutFocusReason);
}

void CatalogPanel::choose(const app::FoundName& found) {
    if (found.kind == app::FoundName::Kind::kTag) {
        search(QString::fromStdString(found.name));
    } else {
        Q_EMIT foundChosen(found);
    }
}

/// From the field down into what was found and on Enter to the first of it; Esc goes back to the tree, a slash from it.
bool CatalogPanel::eventFilter(QObject* watched, QEvent* event) {
    if (event->type() != QEvent::KeyPress) {
        return QWidget::eventFilter(watched, event);
    }
    const auto* key = static_cast<QKeyEvent*>(event);
    if (watched == tree_ && key->text() == QLatin1String("/")) {
        field_->setFocus(Qt::ShortcutFocusReason);
        field_->selectAll();
        return true;
    }
    if (watched != tree_ && key->key() == Qt::Key_Escape) {
        field_->clear();
        tree_->setFocus();
        return true;
    }
    const bool is_search = stack_->currentWidget() == found_;
    if (watched == field_ && key->key() == Qt::Key_Down) {
        stack_->currentWidget()->setFocus();
        return true;
    }
    if (watched == field_ && is_search && (key->key() == Qt::Key_Return || key->key() == Qt::Key_Enter)) {
        if (found_->current() != nullptr) {
            const app::FoundName chosen = *found_->current();
            choose(chosen);
        }
        return true;
    }
    return QWidget::eventFilter(watched, event);
}

void CatalogPanel::setMesh(const app::Mesh& mesh) {
    model_.setMesh(mesh);
    QStringList nodes;
    for (const app::MeshNode& node : mesh.nodes) {
        if (node.client) {
            nodes += QString::fromStdString(node.name);
        }
    }
    found_->setNodes(std::move(nodes));
    const QModelIndex top = model_.index(0, 0);
    tree_->expand(top);
    // Opening a node asks it for its schemas, and so shows at once which nodes can be reached; a large mesh is not
    // asked.
    for (int row = 0; row < model_.rowCount(top) && model_.rowCount(top) <= kNodesOpenedMax; ++row) {
        const QModelIndex node = model_.index(row, 0, top);
        tree_->expand(node);
        // Now, not when the tree is laid out: what a person waits for is asked before what is read besides.
        model_.fetchMore(node);
    }
}

void CatalogPanel::refreshNode(const QString& node) {
    const QModelIndex top = model_.index(0, 0);
    for (int row = 0; row < model_.rowCount(top); ++row) {
        if (const QModelIndex index = model_.index(row, 0, top); index.data().toString() == node) {
            model_.refresh(index);
            tree_->expand(index);
        }
    }
}

void CatalogPanel::reveal(const QString& node, const QString& schema, const QString& table, bool takes_focus) {
    reveal_takes_focus_ = takes_focus;
    to_reveal_ = {node, schema, table};
    revealed_ = model_.index(0, 0);
    revealNext();
}

void CatalogPanel::revealNext() {
    while (!to_reveal_.isEmpty() && revealed_.isValid()) {
        tree_->expand(revealed_);
        const QModelIndex found = rowBelow(revealed_, to_reveal_.front());
        if (!found.isValid()) {
            return;  // goes on when its rows are there
        }
        tree_->expand(found.parent());
        revealed_ = found;
        to_reveal_.removeFirst();
    }
    if (to_reveal_.isEmpty() && revealed_.isValid()) {
        tree_->setCurrentIndex(revealed_);
        tree_->scrollTo(revealed_, QAbstractItemView::PositionAtCenter);
        if (reveal_takes_focus_) {
            tree_->setFocus();
        }
        revealed_ = QPersistentModelIndex();
    }
}

QModelIndex CatalogPanel::rowBelow(const QModelIndex& parent, const QString& name) const {
    for (int row = 0; row < model_.rowCount(parent); ++row) {
        const QModelIndex child = model_.index(row, 0, parent);
        const bool is_source = model_.kindOf(child) == CatalogKind::kSource;
        const QModelIndex found = is_source                         ? rowBelow(child, name)
                                  : child.data().toString() == name ? child
                                                                    : QModelIndex();
        if (found.isValid()) {
            return found;
        }
    }
    return {};
}

/// A few sources are no more to read than their schemas; many are opened one by one.
void CatalogPanel::openFewSources(const QModelIndex& parent) {
    constexpr int kFew = 8;
    if (!parent.isValid() || model_.kindOf(parent) != CatalogKind::kNode || model_.rowCount(parent) > kFew) {
        return;
    }
    for (int row = 0; row < model_.rowCount(parent); ++row) {
        if (const QModelIndex child = model_.index(row, 0, parent); model_.kindOf(child) == CatalogKind::kSource) {
            tree_->expand(child);
        }
    }
}

void CatalogPanel::onDoubleClicked(const QModelIndex& index) {
    const CatalogKind kind = model_.kindOf(index);
    if (kind == CatalogKind::kKeys || kind == CatalogKind::kStatistics) {
        tree_->setExpanded(index, !tree_->isExpanded(index));
    } else if (model_.kindOf(index) == CatalogKind::kFailure) {
        model_.retry(index);
    } else if (const auto place = model_.tablePlaceOf(index)) {
        Q_EMIT detailsRequested(*place);
    } else {
        tree_->setExpanded(index, !tree_->isExpanded(index));
    }
}

void CatalogPanel::onCurrentChanged() {
    const QModelIndex current = tree_->currentIndex();
    const bool is_failure = current.isValid() && model_.kindOf(current) == CatalogKind::kFailure;
    failure_->setVisible(is_failure);
    if (is_failure) {
        const QString hint = current.data(app::CatalogModel::kHintRole).toString();
        failure_text_->setText(current.data().toString() +
                               (hint.isEmpty() ? QString() : QStringLiteral("\n\n") + hint));
    }
}

void CatalogPanel::showMenu(const QPoint& point) {
    const QModelIndex index = tree_->indexAt(point);
    if (!index.isValid()) {
        return;
    }
    auto* menu = new QMenu(this);
    menu->setObjectName(QStringLiteral("catalogMenu"));
    menu->setAttribute(Qt::WA_DeleteOnClose);
    const QPersistentModelIndex kept(index);
    addPlaceActions(*menu, index);
    if (model_.kindOf(index) == CatalogKind::kFailure) {
        menu->addAction(icon("refresh"), tr("Retry"), this, [this, kept] { model_.retry(kept); });
    } else {
        if (index.flags().testFlag(Qt::ItemIsDragEnabled)) {
            menu->addAction(icon("edit"), insert_->text(), insert_->shortcut(), this,
                            [this, kept] { insertName(kept); });
        }
        menu->addAction(icon("copy"), tr("Copy name"), this,
                        [name = index.data().toString()] { QApplication::clipboard()->setText(name); });
        menu->addAction(icon("refresh"), tr("Refresh"), this, [this, kept] { model_.refresh(kept); });
    }
    menu->popup(tree_->viewport()->mapToGlobal(point));
}

void CatalogPanel::addPlaceActions(QMenu& menu, const QModelIndex& index) {
    const QString node = model_.nodeNameOf(index);
    if (const auto place = model_.tablePlaceOf(index)) {
        menu.addAction(icon("info"), tr("Details"), this, [this, place] { Q_EMIT detailsRequested(*place); });
        menu.addAction(icon("table"), tr("Query"), query_->shortcut(), this, [this, place] { requestQuery(*place); });
    } else if (model_.kindOf(index) == CatalogKind::kSchema) {
        menu.addAction(icon("graph"), tr("Diagram of its keys"), this,
                       [this, node, schema = index.data().toString()] { Q_EMIT diagramRequested(node, schema); });
    } else if (model_.kindOf(index) == CatalogKind::kNode) {
        menu.addAction(icon("source"), tr("Add a source…"), this, [this, node] { Q_EMIT addSourceRequested(node); });
    }
}

/// As it would be dragged there.
void CatalogPanel::insertName(const QModelIndex& index) {
    if (index.isValid() && index.flags().testFlag(Qt::ItemIsDragEnabled)) {
        const std::unique_ptr<QMimeData> dragged(model_.mimeData({index}));
        Q_EMIT nameChosen(dragged->text());
    }
}

void CatalogPanel::requestQuery(const app::CatalogModel::TablePlace& place) {
    Q_EMIT queryRequested(place.node, selectStatement(place));
}

}  // namespace tessera::workbench
