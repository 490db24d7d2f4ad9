// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

/// A cell that says how far a move is: its text over a bar of the share that is done. GUI thread.

#include <QStyledItemDelegate>

namespace tessera::workbench {

class ShardDelegate : public QStyledItemDelegate {
  public:
    /// From 0 to 1; less: not known how much there is in all; invalid: nothing moves.
    static constexpr int kShareRole = Qt::UserRole + 2;

    using QStyledItemDelegate::QStyledItemDelegate;

    void paint(QPainter* painter, const QStyleOptionViewItem& option, const QModelIndex& index) const override;
};

}  // namespace tessera::workbench
