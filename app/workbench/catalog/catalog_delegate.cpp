// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/workbench/catalog/catalog_delegate.h"

#include "app/core/catalog/catalog_model.h"
#include "app/workbench/ui/icons.h"
#include "app/workbench/ui/theme.h"

#include <QPainter>
#include <QPixmapCache>
#include <algorithm>

namespace tessera::workbench {

namespace {

using app::CatalogKind;
using app::CatalogModel;

constexpr int kIconSize = 16;
constexpr int kSpacing = 6;
constexpr int kRightMargin = 12;
constexpr int kDetailFontPixels = 11;

QPixmap cachedIcon(const char* name, const QColor& color, qreal ratio) {
    const QString key = QStringLiteral("catalog:%1:%2:%3").arg(QLatin1String(name), color.name()).arg(ratio);
    QPixmap pixmap;
    if (!QPixmapCache::find(key, &pixmap)) {
        pixmap = iconPixmap(name, color, kIconSize, ratio);
        QPixmapCache::insert(key, pixmap);
    }
    return pixmap;
}

}  // namespace

const char* iconNameOf(app::CatalogKind kind, bool is_key) {
    switch (kind) {
        case CatalogKind::kMesh:
            return "mesh";
        case CatalogKind::kNode:
            return "node";
        case CatalogKind::kSource:
            return "source";
        case CatalogKind::kSchema:
            return "schema";
        case CatalogKind::kTable:
            return "table";
        case CatalogKind::kView:
        case CatalogKind::kMaterializedView:
            return "view";
        case CatalogKind::kForeignTable:
            return "foreign-table";
        case CatalogKind::kColumn:
            return is_key ? "key" : "column";
        case CatalogKind::kKeys:
        case CatalogKind::kKey:
            return "key";
        case CatalogKind::kStatistics:
            return "activity";
        case CatalogKind::kStatistic:
            return "dot";
        case CatalogKind::kLoading:
            return "waiting";
        case CatalogKind::kFailure:
            return "error";
        case CatalogKind::kNothing:
            break;
    }
    return "info";
}

void CatalogDelegate::paint(QPainter* painter, const QStyleOptionViewItem& option, const QModelIndex& index) const {
    const Theme& theme = currentTheme();
    const auto kind = static_cast<CatalogKind>(index.data(CatalogModel::kKindRole).toInt());
    const bool is_selected = option.state & QStyle::State_Selected;
    const bool is_note = kind == CatalogKind::kLoading || kind == CatalogKind::kNothing;
    if (is_selected) {
        painter->fillRect(option.rect, theme.selection);
    } else if (option.state & QStyle::State_MouseOver) {
        painter->fillRect(option.rect, theme.hover);
    }
    QColor name_color = is_note ? theme.muted_text : kind == CatalogKind::kFailure ? theme.error : theme.text;
    QColor detail_color = theme.muted_text;
    if (is_selected) {
        name_color = detail_color = theme.selection_text;
    }
    QRect rect = option.rect.adjusted(2, 0, -kRightMargin, 0);
    const QColor icon_color = is_selected || kind == CatalogKind::kFailure ? name_color : theme.muted_text;
    painter->drawPixmap(rect.left(), rect.center().y() - kIconSize / 2 + 1,
                        cachedIcon(iconNameOf(kind, index.data(CatalogModel::kIsKeyRole).toBool()), icon_color,
                                   painter->device()->devicePixelRatioF()));
    rect.setLeft(rect.left() + kIconSize + kSpacing);

    const QString name = index.data(Qt::DisplayRole).toString();
    const QFontMetrics metrics(option.font);
    const int name_width = std::min(metrics.horizontalAdvance(name), rect.width());
    painter->setFont(option.font);
    painter->setPen(name_color);
    painter->drawText(rect, Qt::AlignLeft | Qt::AlignVCenter | Qt::TextSingleLine,
                      metrics.elidedText(name, Qt::ElideRight, rect.width()));

    QFont detail_font = option.font;
    detail_font.setPixelSize(kDetailFontPixels);
    const QRect detail_rect = rect.adjusted(name_width + 2 * kSpacing, 0, 0, 0);
    const QString detail = QFontMetrics(detail_font)
                               .elidedText(index.data(CatalogModel::kDetailRole).toString(), Qt::ElideRight,
                                           std::max(0, detail_rect.width()));
    painter->setFont(detail_font);
    painter->setPen(detail_color);
    painter->drawText(detail_rect, Qt::AlignRight | Qt::AlignVCenter | Qt::TextSingleLine, detail);
}

QSize CatalogDelegate::sizeHint(const QStyleOptionViewItem& option, const QModelIndex& index) const {
    return {QStyledItemDelegate::sizeHint(option, index).width(), kRowHeight};
}

}  // namespace tessera::workbench
