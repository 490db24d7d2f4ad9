// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/workbench/ui/facts_table.h"

#include <QHeaderView>
#include <QStandardItemModel>
#include <QStyle>
#include <QTreeView>
#include <algorithm>

namespace tessera::workbench {

namespace {

constexpr int kRowHeight = 24;
constexpr int kPadding = 3;
/// Of the first column at the left and of the last at the right, more than of the others.
constexpr int kIndent = 9;
constexpr int kColumnWidthMax = 420;

int outdent(const QModelIndex& index) {
    return index.column() == index.model()->columnCount() - 1 ? kIndent : 0;
}

}  // namespace

FactsDelegate::FactsDelegate(QTreeView* table) : QStyledItemDelegate(table), table_(table) {}

int FactsDelegate::indent(const QModelIndex& index) const {
    // Branches have room of their own.
    return index.column() > 0 || table_->rootIsDecorated() ? 0 : kIndent;
}

QSize FactsDelegate::sizeHint(const QStyleOptionViewItem& option, const QModelIndex& index) const {
    return QStyledItemDelegate::sizeHint(option, index) + QSize(indent(index) + outdent(index), 0);
}

void FactsDelegate::paint(QPainter* painter, const QStyleOptionViewItem& option, const QModelIndex& index) const {
    QStyleOptionViewItem cell = option;
    if (indent(index) + outdent(index) > 0) {
        // What marks the row goes to its edge.
        initStyleOption(&cell, index);
        table_->style()->drawPrimitive(QStyle::PE_PanelItemViewItem, &cell, painter, table_);
        cell = option;
        cell.rect.adjust(indent(index), 0, -outdent(index), 0);
    }
    QStyledItemDelegate::paint(painter, cell, index);
}

void styleFactsTable(QTreeView* table) {
    table->setRootIsDecorated(false);
    table->setUniformRowHeights(true);
    table->setAlternatingRowColors(true);
    table->setAllColumnsShowFocus(true);
    table->setEditTriggers(QAbstractItemView::NoEditTriggers);
    table->setSelectionMode(QAbstractItemView::ExtendedSelection);
    table->setFrameShape(QFrame::NoFrame);
    // As high as the catalog's rows; the first column begins where labels and buttons above it do.
    table->setStyleSheet(QStringLiteral("QTreeView::item { height: %1px; padding: 0 %2px; }"
                                        "QHeaderView::section { padding: 5px %2px; }"
                                        "QHeaderView::section:first, QHeaderView::section:only-one"
                                        " { padding-left: %3px; }"
                                        "QHeaderView::section:last, QHeaderView::section:only-one"
                                        " { padding-right: %3px; }")
                             .arg(kRowHeight)
                             .arg(kPadding)
                             .arg(kPadding + kIndent));
    table->setItemDelegate(new FactsDelegate(table));
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
        constexpr int kGap = 20;
        table->setColumnWidth(column, std::min(table->columnWidth(column) + kGap, kColumnWidthMax));
    }
    table->header()->setStretchLastSection(stretches);
}

}  // namespace tessera::workbench
