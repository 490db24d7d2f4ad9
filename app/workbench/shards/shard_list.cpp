// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/workbench/shards/shard_list.h"

#include "app/workbench/ui/facts_table.h"
#include "app/workbench/ui/icons.h"
#include "app/workbench/ui/theme.h"

#include <QAction>
#include <QHeaderView>
#include <utility>

namespace tessera::workbench {

namespace {

enum Column { kNumber, kAt, kFrom, kTo, kValues, kDefault, kProblem, kColumnCount };

/// Only bounds are written.
class BoundDelegate : public FactsDelegate {
  public:
    using FactsDelegate::FactsDelegate;

    QWidget* createEditor(QWidget* parent, const QStyleOptionViewItem& option,
                          const QModelIndex& index) const override {
        const bool is_bound = index.column() == kFrom || index.column() == kTo || index.column() == kValues;
        return is_bound ? FactsDelegate::createEditor(parent, option, index) : nullptr;
    }
};

}  // namespace

ShardList::ShardList(QWidget* parent) : QTreeWidget(parent) {
    setObjectName(QStringLiteral("shardList"));
    setAccessibleName(tr("Shards"));
    setHeaderLabels({tr("Shard"), tr("Table"), tr("From"), tr("Before"), tr("Values"), tr("The rest"), tr("Problem")});
    styleFactsTable(this);
    setProperty("checks", true);
    setSelectionMode(QAbstractItemView::SingleSelection);
    setEditTriggers(QAbstractItemView::DoubleClicked | QAbstractItemView::EditKeyPressed |
                    QAbstractItemView::AnyKeyPressed | QAbstractItemView::SelectedClicked);
    setItemDelegate(new BoundDelegate(this));
    constexpr int kWidths[] = {60, 180, 90, 90, 190, 70, 140};
    for (int column = 0; column < kColumnCount; ++column) {
        setColumnWidth(column, kWidths[column]);
    }
    const auto addKey = [this](const QString& text, const QKeySequence& key, auto&& slot) {
        auto* action = new QAction(text, this);
        action->setShortcut(key);
        action->setShortcutContext(Qt::WidgetShortcut);
        connect(action, &QAction::triggered, this, slot);
        addAction(action);
    };
    addKey(tr("Remove"), QKeySequence::Delete, [this] { removeCurrent(); });
    addKey(tr("Up"), QKeySequence(Qt::ALT | Qt::Key_Up), [this] { moveCurrent(-1); });
    addKey(tr("Down"), QKeySequence(Qt::ALT | Qt::Key_Down), [this] { moveCurrent(1); });
    setContextMenuPolicy(Qt::ActionsContextMenu);
    connect(this, &QTreeWidget::itemChanged, this, &ShardList::onItemChanged);
    showAll();
}

void ShardList::add(const QString& node, const QString& place) {
    shards_.push_back({node, place, {}, {}, {}, false});
    showAll();
    setCurrentItem(topLevelItem(topLevelItemCount() - 1));
    Q_EMIT changed();
}

void ShardList::setMethod(Method method) {
    method_ = method;
    showAll();
}

void ShardList::showAll() {
    const QSignalBlocker blocker(this);
    const int current = indexOfTopLevelItem(currentItem());
    while (topLevelItemCount() > static_cast<int>(shards_.size())) {
        delete takeTopLevelItem(topLevelItemCount() - 1);
    }
    for (int row = 0; row < static_cast<int>(shards_.size()); ++row) {
        const Shard& shard = shards_[static_cast<std::size_t>(row)];
        QTreeWidgetItem* item = row < topLevelItemCount() ? topLevelItem(row) : new QTreeWidgetItem(this);
        item->setText(kNumber, QString::number(row));
        item->setText(kAt, shard.at());
        item->setToolTip(kAt, shard.at());
        item->setText(kFrom, app::joinValues(shard.from));
        item->setText(kTo, app::joinValues(shard.to));
        item->setText(kValues, app::joinValues(shard.values));
        item->setFlags(Qt::ItemIsEnabled | Qt::ItemIsSelectable | Qt::ItemIsEditable | Qt::ItemIsUserCheckable);
        if (method_ == Method::kHash) {
            item->setData(kDefault, Qt::CheckStateRole, {});
        } else {
            item->setCheckState(kDefault, shard.is_default ? Qt::Checked : Qt::Unchecked);
        }
    }
    setColumnHidden(kFrom, method_ != Method::kRange);
    setColumnHidden(kTo, method_ != Method::kRange);
    setColumnHidden(kValues, method_ != Method::kList);
    setColumnHidden(kDefault, method_ == Method::kHash);
    // The cell that is being written stays.
    if (current >= topLevelItemCount() && topLevelItemCount() > 0) {
        setCurrentItem(topLevelItem(topLevelItemCount() - 1));
    }
}

void ShardList::setProblems(const std::vector<app::ShardingProblem>& problems) {
    const QSignalBlocker blocker(this);
    for (int row = 0; row < topLevelItemCount(); ++row) {
        QStringList texts;
        for (const app::ShardingProblem& problem : problems) {
            if (problem.field == app::ShardingProblem::Field::kShards && problem.shard == row) {
                texts += problem.text;
            }
        }
        QTreeWidgetItem* item = topLevelItem(row);
        const QString text = texts.join(QLatin1Char('\n'));
        item->setText(kProblem, texts.join(QStringLiteral("; ")));
        item->setToolTip(kProblem, text);
        item->setForeground(kProblem, currentTheme().error);
        item->setIcon(kNumber, text.isEmpty() ? QIcon() : icon("error", currentTheme().error));
        item->setData(kNumber, Qt::AccessibleTextRole,
                      text.isEmpty() ? QVariant() : tr("shard %1: %2").arg(QString::number(row), text));
    }
}

void ShardList::onItemChanged(QTreeWidgetItem* item, int column) {
    const int row = indexOfTopLevelItem(item);
    Shard& shard = shards_[static_cast<std::size_t>(row)];
    if (column == kFrom) {
        shard.from = app::splitValues(item->text(kFrom));
    } else if (column == kTo) {
        shard.to = app::splitValues(item->text(kTo));
    } else if (column == kValues) {
        shard.values = app::splitValues(item->text(kValues));
    } else if (column == kDefault) {
        shard.is_default = item->checkState(kDefault) == Qt::Checked;
        // There is one rest.
        for (std::size_t other = 0; shard.is_default && other < shards_.size(); ++other) {
            shards_[other].is_default = static_cast<int>(other) == row;
        }
    } else {
        return;
    }
    showAll();
    Q_EMIT changed();
}

void ShardList::removeCurrent() {
    const int row = indexOfTopLevelItem(currentItem());
    if (row >= 0) {
        shards_.erase(shards_.begin() + row);
        showAll();
        Q_EMIT changed();
    }
}

void ShardList::moveCurrent(int by) {
    const int row = indexOfTopLevelItem(currentItem());
    const int to = row + by;
    if (row >= 0 && to >= 0 && to < topLevelItemCount()) {
        std::swap(shards_[static_cast<std::size_t>(row)], shards_[static_cast<std::size_t>(to)]);
        showAll();
        setCurrentItem(topLevelItem(to));
        Q_EMIT changed();
    }
}

}  // namespace tessera::workbench
