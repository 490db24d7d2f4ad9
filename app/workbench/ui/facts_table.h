// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

/// Tables of the pages that show what a node says: plain texts, columns as wide as they need, those that say nothing
/// hidden. GUI thread.

#include <QList>
#include <QStringList>

class QTreeView;

namespace tessera::workbench {

/// Without rows; its model is a QStandardItemModel.
QTreeView* makeFactsTable(const char* object_name, const QString& accessible_name, const QStringList& headings);

/// How such a table looks, with a model of one's own.
void styleFactsTable(QTreeView* table);

/// In place of the rows it has. The selection stays on its row's first text.
void fillFactsTable(QTreeView* table, const QList<QStringList>& rows);

}  // namespace tessera::workbench
