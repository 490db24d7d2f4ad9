// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/workbench/shards/shard_delegate.h"

#include "app/workbench/ui/theme.h"

#include <QPainter>
#include <algorithm>

namespace tessera::workbench {

void ShardDelegate::paint(QPainter* painter, const QStyleOptionViewItem& option, const QModelIndex& index) const {
    QStyledItemDelegate::paint(painter, option, index);
    const QVariant share = index.data(kShareRole);
    if (!share.isValid()) {
        return;
    }
    constexpr int kHeight = 3;
    constexpr int kEdge = 3;
    const QRect line(option.rect.left() + kEdge, option.rect.bottom() - kHeight, option.rect.width() - 3 * kEdge,
                     kHeight);
    painter->save();
    painter->setRenderHint(QPainter::Antialiasing);
    painter->setPen(Qt::NoPen);
    painter->setBrush(currentTheme().border);
    painter->drawRoundedRect(line, 1.5, 1.5);
    if (const double done = share.toDouble(); done > 0) {
        painter->setBrush(currentTheme().accent);
        painter->drawRoundedRect(QRectF(line.left(), line.top(), line.width() * std::min(done, 1.0), kHeight), 1.5,
                                 1.5);
    }
    painter->restore();
}

}  // namespace tessera::workbench
