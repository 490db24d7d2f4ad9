// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

/// Draws the rows of a plan: a bar below the time, the slowest path in the accent's colour, estimates that were far off
/// in the warning's. GUI thread.

#include <QStyledItemDelegate>

namespace tessera::workbench {

class PlanDelegate : public QStyledItemDelegate {
  public:
    static constexpr int kRowHeight = 26;

    using QStyledItemDelegate::QStyledItemDelegate;

    void paint(QPainter* painter, const QStyleOptionViewItem& option, const QModelIndex& index) const override;
    QSize sizeHint(const QStyleOptionViewItem& option, const QModelIndex& index) const override;
};

}  // namespace tessera::workbench
