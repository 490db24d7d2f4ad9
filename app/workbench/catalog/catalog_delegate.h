// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

/// Draws a row of the catalog: icon, name, and its detail small and grey at the right. GUI thread.

#include "app/core/catalog/catalog_node.h"

#include <QStyledItemDelegate>

namespace tessera::workbench {

/// The name of a row's icon; `is_key` only of columns.
const char* iconNameOf(app::CatalogKind kind, bool is_key);

class CatalogDelegate : public QStyledItemDelegate {
    Q_OBJECT

  public:
    static constexpr int kRowHeight = 24;

    using QStyledItemDelegate::QStyledItemDelegate;

    void paint(QPainter* painter, const QStyleOptionViewItem& option, const QModelIndex& index) const override;
    QSize sizeHint(const QStyleOptionViewItem& option, const QModelIndex& index) const override;
};

}  // namespace tessera::workbench
