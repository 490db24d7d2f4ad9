// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/workbench/shards/place_picker.h"

#include "app/workbench/ui/facts_table.h"
#include "app/workbench/ui/icons.h"
#include "app/workbench/ui/theme.h"

#include <QAction>
#include <QEvent>
#include <QLineEdit>
#include <QPushButton>
#include <QTreeWidget>
#include <QVBoxLayout>

namespace tessera::workbench {

PlacePicker::PlacePicker(std::shared_ptr<const app::Mesh> mesh, QStringList taken, QWidget* parent)
    : QWidget(parent), taken_(std::move(taken)), filter_(new QLineEdit), tree_(new QTreeWidget) {
    filter_->setObjectName(QStringLiteral("placeFilter"));
    filter_->setAccessibleName(tr("Filter"));
    filter_->setPlaceholderText(tr("Tables of the mesh: filter by name"));
    filter_->setClearButtonEnabled(true);
    tree_->setObjectName(QStringLiteral("placeTree"));
    tree_->setAccessibleName(tr("Tables of the mesh"));
    tree_->setHeaderLabels({tr("Table"), tr("Source"), tr("Rows")});
    styleFactsTable(tree_);
    tree_->setRootIsDecorated(true);
    constexpr int kTableWidth = 220;
    constexpr int kSourceWidth = 110;
    tree_->setColumnWidth(0, kTableWidth);
    tree_->setColumnWidth(1, kSourceWidth);
    auto* add = new QPushButton(tr("Add"));
    add->setObjectName(QStringLiteral("addPlaceButton"));
    add->setProperty("secondary", true);
    add->setAutoDefault(false);
    add->setToolTip(tr("Make the chosen tables shards (Enter)"));
    auto* bar = new QHBoxLayout;
    bar->setSpacing(8);
    bar->addWidget(filter_, 1);
    bar->addWidget(add);
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(6);
    layout->addLayout(bar);
    layout->addWidget(tree_, 1);
    connect(filter_, &QLineEdit::textChanged, this, &PlacePicker::filter);
    connect(add, &QPushButton::clicked, this, &PlacePicker::chooseSelected);
    connect(tree_, &QTreeWidget::itemDoubleClicked, this, &PlacePicker::chooseSelected);
    // Enter is the dialog's, unless the tree takes it.
    for (const int key : {Qt::Key_Return, Qt::Key_Enter}) {
        auto* choose = new QAction(add->text(), tree_);
        choose->setShortcut(QKeySequence(key));
        choose->setShortcutContext(Qt::WidgetShortcut);
        connect(choose, &QAction::triggered, this, &PlacePicker::chooseSelected);
        tree_->addAction(choose);
    }
    for (const app::MeshNode& node : mesh->nodes) {
        auto* item = new QTreeWidgetItem(tree_, {QString::fromStdString(node.name)});
        item->setExpanded(true);
        if (!node.client) {
            showPlaces(item, node.error);
            continue;
        }
        new QTreeWidgetItem(item, {tr("Reading what it has…")});
        queries_.push_back(std::make_unique<app::RowsQuery>());
        queries_.back()->run(node.client, app::shardPlacesRequest(),
                             [this, item](const Result<app::RowsQuery::Rows>& rows) { showPlaces(item, rows); });
    }
    tree_->setCurrentItem(tree_->topLevelItem(0));
    applyColors();
}

void PlacePicker::changeEvent(QEvent* event) {
    if (event->type() == QEvent::PaletteChange && tree_ != nullptr) {
        applyColors();
    }
    QWidget::changeEvent(event);
}

void PlacePicker::applyColors() {
    const Theme& theme = currentTheme();
    for (int node = 0; node < tree_->topLevelItemCount(); ++node) {
        QTreeWidgetItem* item = tree_->topLevelItem(node);
        item->setIcon(0, icon("node", theme.accent));
        for (int row = 0; row < item->childCount(); ++row) {
            // What is only said has no rows and no icon.
            const bool is_table = item->child(row)->flags().testFlag(Qt::ItemIsSelectable);
            item->child(row)->setIcon(0, is_table ? icon("foreign-table", theme.muted_text) : QIcon());
        }
    }
}

void PlacePicker::showPlaces(QTreeWidgetItem* item, const Result<app::RowsQuery::Rows>& rows) {
    qDeleteAll(item->takeChildren());
    const auto say = [&](const QString& text, const QColor& color) {
        auto* said = new QTreeWidgetItem(item, {text});
        said->setFlags(Qt::ItemIsEnabled);
        said->setFirstColumnSpanned(true);
        said->setForeground(0, color);
        said->setToolTip(0, text);
    };
    if (!rows) {
        say(QString::fromStdString(rows.error().message), currentTheme().error);
        return;
    }
    for (const app::ShardPlace& place : app::readShardPlaces(*rows)) {
        if (!taken_.contains(item->text(0) + QLatin1Char('/') + place.text())) {
            auto* table = new QTreeWidgetItem(item, {place.text(), place.source, app::roughCount(place.rows)});
            table->setToolTip(0, place.text());
        }
    }
    if (item->childCount() == 0) {
        say(tr("No table of a source that is free"), currentTheme().muted_text);
    }
    applyColors();
    filter(filter_->text());
}

void PlacePicker::filter(const QString& words) {
    for (int node = 0; node < tree_->topLevelItemCount(); ++node) {
        QTreeWidgetItem* item = tree_->topLevelItem(node);
        for (int row = 0; row < item->childCount(); ++row) {
            item->child(row)->setHidden(!item->child(row)->text(0).contains(words, Qt::CaseInsensitive));
        }
    }
}

void PlacePicker::chooseSelected() {
    for (const QTreeWidgetItem* item : tree_->selectedItems()) {
        if (item->parent() != nullptr && item->flags().testFlag(Qt::ItemIsSelectable)) {
            Q_EMIT chosen(item->parent()->text(0), item->text(0));
        }
    }
}

}  // namespace tessera::workbench
