// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

/// Draws a row of the catalog: icon, name, and its detail small and grey at the right. GUI thread.

#include <QStyledItemDelegate>

namespace tessera::workbench {

class CatalogDelegate : public QStyledItemDelegate {
    Q_OBJECT

  public:
    static constexpr int kRowHeight = 24;

    using QStyledItemDelegate::QStyledItemDelegate;

    void paint(QPainter* painter, const QStyleOptionViewItem& option, const QModelIndex& index) const override;
    QSize sizeHint(const QStyleOptionViewItem& option, const QModelIndex& index) const override;
};

}  // namespace tessera::workbench
