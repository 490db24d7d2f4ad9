// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/workbench/catalog/catalog_panel.h"

#include "app/workbench/catalog/catalog_delegate.h"
#include "app/workbench/ui/icons.h"

#include <QAction>
#include <QApplication>
#include <QClipboard>
#include <QLabel>
#include <QMenu>
#include <QPushButton>
#include <QTreeView>
#include <QVBoxLayout>

namespace tessera::workbench {

namespace {

using app::CatalogKind;

constexpr int kNodesOpenedMax = 8;

}  // namespace

QString selectStatement(const app::CatalogModel::TablePlace& place) {
    return QStringLiteral("SELECT * FROM %1 LIMIT 100;").arg(app::qualifiedName(place.schema, place.table));
}

CatalogPanel::CatalogPanel(QWidget* parent)
    : QWidget(parent),
      tree_(new QTreeView),
      query_(new QAction(tr("Query its rows"), this)),
      failure_(new QWidget),
      failure_text_(new QLabel) {
    setObjectName(QStringLiteral("catalogPanel"));
    tree_->setObjectName(QStringLiteral("catalogTree"));
    tree_->setAccessibleName(tr("Catalog"));
    tree_->setModel(&model_);
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
    layout->addWidget(tree_, 1);
    layout->addWidget(failure_);

    connect(tree_, &QTreeView::doubleClicked, this, &CatalogPanel::onDoubleClicked);
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
    connect(retry, &QPushButton::clicked, this, [this] { model_.retry(tree_->currentIndex()); });
    // What arrives may replace the failure that is shown.
    connect(&model_, &QAbstractItemModel::rowsRemoved, this, &CatalogPanel::onCurrentChanged);
    connect(&model_, &QAbstractItemModel::rowsInserted, this, &CatalogPanel::onCurrentChanged);
}

void CatalogPanel::setMesh(const app::Mesh& mesh) {
    model_.setMesh(mesh);
    const QModelIndex top = model_.index(0, 0);
    tree_->expand(top);
    // Opening a node asks it for its schemas, and so shows at once which nodes can be reached; a large mesh is not
    // asked.
    for (int row = 0; row < model_.rowCount(top) && model_.rowCount(top) <= kNodesOpenedMax; ++row) {
        tree_->expand(model_.index(row, 0, top));
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
        QModelIndex found;
        for (int row = 0; row < model_.rowCount(revealed_) && !found.isValid(); ++row) {
            const QModelIndex child = model_.index(row, 0, revealed_);
            found = child.data().toString() == to_reveal_.front() ? child : QModelIndex();
        }
        if (!found.isValid()) {
            return;  // goes on when its rows are there
        }
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

void CatalogPanel::onDoubleClicked(const QModelIndex& index) {
    if (model_.kindOf(index) == CatalogKind::kFailure) {
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
    if (const auto place = model_.tablePlaceOf(index)) {
        menu->addAction(icon("info"), tr("Details"), this, [this, place] { Q_EMIT detailsRequested(*place); });
        menu->addAction(icon("table"), tr("Query"), query_->shortcut(), this, [this, place] { requestQuery(*place); });
    }
    if (model_.kindOf(index) == CatalogKind::kFailure) {
        menu->addAction(icon("refresh"), tr("Retry"), this, [this, kept] { model_.retry(kept); });
    } else {
        menu->addAction(icon("copy"), tr("Copy name"), this,
                        [name = index.data().toString()] { QApplication::clipboard()->setText(name); });
        menu->addAction(icon("refresh"), tr("Refresh"), this, [this, kept] { model_.refresh(kept); });
    }
    menu->popup(tree_->viewport()->mapToGlobal(point));
}

void CatalogPanel::requestQuery(const app::CatalogModel::TablePlace& place) {
    Q_EMIT queryRequested(place.node, selectStatement(place));
}

}  // namespace tessera::workbench
