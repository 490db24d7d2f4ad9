// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/workbench/results/column_menu.h"

#include "app/workbench/results/grid_header.h"
#include "app/workbench/results/result_grid.h"

#include <QCoreApplication>
#include <QMenu>
#include <algorithm>

namespace tessera::workbench {

namespace {

struct Texts {
    Q_DECLARE_TR_FUNCTIONS(ColumnMenu)
};

/// More names than that make a menu that nobody can use.
constexpr int kListedColumns = 60;

void addVisibility(QMenu& menu, ResultGrid& grid) {
    QMenu* shown = menu.addMenu(Texts::tr("Shown columns"));
    shown->setObjectName(QStringLiteral("shownColumnsMenu"));
    shown->addAction(Texts::tr("Show all"), &grid, [&grid] {
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
    menu->addAction(Texts::tr("Sort ascending"), parent,
                    [requests, store_column] { requests.sort(store_column, Qt::AscendingOrder); });
    menu->addAction(Texts::tr("Sort descending"), parent,
                    [requests, store_column] { requests.sort(store_column, Qt::DescendingOrder); });
    QAction* unsort = menu->addAction(Texts::tr("As it came"), parent, requests.unsort);
    unsort->setEnabled(grid.header().columns().sortColumn() >= 0);
    menu->addSeparator();
    menu->addAction(Texts::tr("Statistics"), parent, [requests, store_column] { requests.statistics(store_column); });
    menu->addSeparator();
    menu->addAction(Texts::tr("Hide column"), &grid, [&grid, column] { grid.setColumnHidden(column, true); });
    menu->addAction(Texts::tr("Move left"), &grid, [&grid, column] { grid.moveColumn(column, column - 1); })
        ->setEnabled(column > 0);
    menu->addAction(Texts::tr("Move right"), &grid, [&grid, column] { grid.moveColumn(column, column + 1); })
        ->setEnabled(column + 1 < grid.columnCount());
    if (grid.frozenColumns() == column + 1) {
        menu->addAction(Texts::tr("Unfreeze columns"), &grid, [&grid] { grid.freezeColumns(0); });
    } else {
        menu->addAction(Texts::tr("Freeze up to here"), &grid, [&grid, column] { grid.freezeColumns(column + 1); });
    }
    addVisibility(*menu, grid);
    return menu;
}

}  // namespace tessera::workbench
