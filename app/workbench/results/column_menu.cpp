// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/workbench/results/column_menu.h"

#include "app/workbench/results/grid_header.h"
#include "app/workbench/results/result_grid.h"

#include <QCoreApplication>
#include <QMenu>
#include <algorithm>

namespace tessera::workbench {

namespace {

QString tr(const char* text) {
    return QCoreApplication::translate("ColumnMenu", text);
}

/// More names than that make a menu that nobody can use.
constexpr int kListedColumns = 60;

void addVisibility(QMenu& menu, ResultGrid& grid) {
    QMenu* shown = menu.addMenu(tr("Shown columns"));
    shown->setObjectName(QStringLiteral("shownColumnsMenu"));
    shown->addAction(tr("Show all"), &grid, [&grid] {
        for (int column = 0; column < grid.columnCount(); ++column) {
            grid.setColumnHidden(column, false);
        }
    });
    shown->addSeparator();
    for (int column = 0; column < std::min(grid.columnCount(), kListedColumns); ++column) {
        // "&" in a name would be taken for a mnemonic.
        QAction* action = shown->addAction(grid.columnName(column).replace(QLatin1Char('&'), QStringLiteral("&&")));
        action->setCheckable(true);
        action->setChecked(!grid.isColumnHidden(column));
        QObject::connect(action, &QAction::toggled, &grid,
                         [&grid, column](bool is_shown) { grid.setColumnHidden(column, !is_shown); });
    }
}

}  // namespace

QMenu* createColumnMenu(ResultGrid& grid, int column, const ColumnRequests& requests, QWidget* parent) {
    auto* menu = new QMenu(parent);
    menu->setObjectName(QStringLiteral("columnMenu"));
    const int store_column = grid.storeColumn(column);
    menu->addAction(tr("Sort ascending"), parent,
                    [requests, store_column] { requests.sort(store_column, Qt::AscendingOrder); });
    menu->addAction(tr("Sort descending"), parent,
                    [requests, store_column] { requests.sort(store_column, Qt::DescendingOrder); });
    QAction* unsort = menu->addAction(tr("As it came"), parent, requests.unsort);
    unsort->setEnabled(grid.header().columns().sortColumn() >= 0);
    menu->addSeparator();
    menu->addAction(tr("Statistics"), parent, [requests, store_column] { requests.statistics(store_column); });
    menu->addSeparator();
    menu->addAction(tr("Hide column"), &grid, [&grid, column] { grid.setColumnHidden(column, true); });
    menu->addAction(tr("Move left"), &grid, [&grid, column] { grid.moveColumn(column, column - 1); })
        ->setEnabled(column > 0);
    menu->addAction(tr("Move right"), &grid, [&grid, column] { grid.moveColumn(column, column + 1); })
        ->setEnabled(column + 1 < grid.columnCount());
    if (grid.frozenColumns() == column + 1) {
        menu->addAction(tr("Unfreeze columns"), &grid, [&grid] { grid.freezeColumns(0); });
    } else {
        menu->addAction(tr("Freeze up to here"), &grid, [&grid, column] { grid.freezeColumns(column + 1); });
    }
    addVisibility(*menu, grid);
    return menu;
}

}  // namespace tessera::workbench
