// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/workbench/ui/facts_table.h"

#include <QHeaderView>
#include <QStandardItemModel>
#include <QTreeView>
#include <algorithm>

namespace tessera::workbench {

namespace {

constexpr int kRowHeight = 24;
constexpr int kColumnWidthMax = 420;

}  // namespace

void styleFactsTable(QTreeView* table) {
    table->setRootIsDecorated(false);
    table->setUniformRowHeights(true);
    table->setAlternatingRowColors(true);
    table->setAllColumnsShowFocus(true);
    table->setEditTriggers(QAbstractItemView::NoEditTriggers);
    table->setSelectionMode(QAbstractItemView::ExtendedSelection);
    table->setFrameShape(QFrame::NoFrame);
    // As high as the catalog's rows, and beginning where the headings do.
    table->setStyleSheet(QStringLiteral("QTreeView::item { height: %1px; padding: 0 3px; }"
                                        "QHeaderView::section { padding: 5px 3px; }")
                             .arg(kRowHeight));
    table->header()->setDefaultAlignment(Qt::AlignLeft | Qt::AlignVCenter);
    table->header()->setSectionsMovable(false);
}

QTreeView* makeFactsTable(const char* object_name, const QString& accessible_name, const QStringList& headings) {
    auto* table = new QTreeView;
    table->setObjectName(QLatin1String(object_name));
    table->setAccessibleName(accessible_name);
    auto* model = new QStandardItemModel(table);
    model->setHorizontalHeaderLabels(headings);
    table->setModel(model);
    styleFactsTable(table);
    return table;
}

void fillFactsTable(QTreeView* table, const QList<QStringList>& rows) {
    auto* model = qobject_cast<QStandardItemModel*>(table->model());
    const QString current = table->currentIndex().siblingAtColumn(0).data().toString();
    model->removeRows(0, model->rowCount());
    for (const QStringList& row : rows) {
        QList<QStandardItem*> items;
        for (const QString& text : row) {
            auto* item = new QStandardItem(text.simplified());
            item->setToolTip(text.size() > 40 ? text : QString());
            items += item;
        }
        model->appendRow(items);
        if (!current.isEmpty() && items.front()->text() == current) {
            table->setCurrentIndex(items.front()->index());
        }
    }
    // The gap is not for what the last column was stretched by: there would be something to scroll to always.
    const bool stretches = table->header()->stretchLastSection();
    table->header()->setStretchLastSection(false);
    for (int column = 0; column < model->columnCount(); ++column) {
        const bool says_something =
            std::any_of(rows.begin(), rows.end(), [&](const QStringList& row) { return !row[column].isEmpty(); });
        table->setColumnHidden(column, column > 0 && !says_something);
        table->resizeColumnToContents(column);
        constexpr int kGap = 24;
        table->setColumnWidth(column, std::min(table->columnWidth(column) + kGap, kColumnWidthMax));
    }
    table->header()->setStretchLastSection(stretches);
}

}  // namespace tessera::workbench
