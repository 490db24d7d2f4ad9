// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

/// Tables of the pages that show what a node says: plain texts, columns as wide as they need and narrower where that
/// saves scrolling sideways, those that say nothing hidden. GUI thread.

#include <QList>
#include <QStringList>
#include <QStyledItemDelegate>

class QTreeView;

namespace tessera::workbench {

/// The first column begins where labels and buttons above the table do, which a style sheet has no word for.
class FactsDelegate : public QStyledItemDelegate {
  public:
    explicit FactsDelegate(QTreeView* table);

    QSize sizeHint(const QStyleOptionViewItem& option, const QModelIndex& index) const override;
    void paint(QPainter* painter, const QStyleOptionViewItem& option, const QModelIndex& index) const override;

    /// A text that is shortened has itself as its tooltip, unless it has one of its own.
    bool helpEvent(QHelpEvent* event, QAbstractItemView* view, const QStyleOptionViewItem& option,
                   const QModelIndex& index) override;

  private:
    int indent(const QModelIndex& index) const;

    QTreeView* table_;
};

/// Without rows; its model is a QStandardItemModel.
QTreeView* makeFactsTable(const char* object_name, const QString& accessible_name, const QStringList& headings);

/// How such a table looks, with a model of one's own. A delegate of one's own is a FactsDelegate, and set afterwards.
void styleFactsTable(QTreeView* table);

/// Makes each column as wide as its texts; where all of them have no room, first the gaps between them shrink, then the
/// widest columns, and the last one takes what is left. Again whenever the table's width changes. Widths
/// that a person has chosen stay.
void fitFactsColumns(QTreeView* table);

/// In place of the rows it has. The selection stays on its row's first text.
void fillFactsTable(QTreeView* table, const QList<QStringList>& rows);

}  // namespace tessera::workbench
