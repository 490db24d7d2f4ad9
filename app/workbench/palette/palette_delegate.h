// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

/// Draws a row of the palette: icon, title, place, and at the right keys or a type. GUI thread.

#include <QStyledItemDelegate>

namespace tessera::workbench {

class PaletteDelegate : public QStyledItemDelegate {
  public:
    static constexpr int kRowHeight = 30;

    using QStyledItemDelegate::QStyledItemDelegate;

    void paint(QPainter* painter, const QStyleOptionViewItem& option, const QModelIndex& index) const override;
    QSize sizeHint(const QStyleOptionViewItem& option, const QModelIndex& index) const override;
};

}  // namespace tessera::workbench
