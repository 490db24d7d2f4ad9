// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/workbench/palette/palette_delegate.h"

#include "app/workbench/palette/palette_model.h"
#include "app/workbench/ui/icons.h"
#include "app/workbench/ui/theme.h"

#include <QPainter>
#include <algorithm>

namespace tessera::workbench {

namespace {

constexpr int kIconSize = 16;
constexpr int kPadding = 12;
constexpr int kSpacing = 8;
constexpr int kSmallPixels = 12;

const char* iconName(const PaletteEntry& entry) {
    switch (entry.kind) {
        case PaletteEntry::Kind::kAction:
            return nullptr;
        case PaletteEntry::Kind::kTab:
            return "rows";
        case PaletteEntry::Kind::kDocument:
            return "query";
        case PaletteEntry::Kind::kObject:
            break;
    }
    switch (entry.object.kind) {
        case app::FoundName::Kind::kTable:
            return "table";
        case app::FoundName::Kind::kView:
        case app::FoundName::Kind::kMaterializedView:
            return "view";
        case app::FoundName::Kind::kForeignTable:
            return "foreign-table";
        case app::FoundName::Kind::kColumn:
            return "column";
        case app::FoundName::Kind::kTag:
            return "tag";
        case app::FoundName::Kind::kFunction:
            return nullptr;
    }
    return nullptr;
}

}  // namespace

void PaletteDelegate::paint(QPainter* painter, const QStyleOptionViewItem& option, const QModelIndex& index) const {
    const auto* model = qobject_cast<const PaletteModel*>(index.model());
    const PaletteEntry* entry = model != nullptr ? model->entry(index) : nullptr;
    if (entry == nullptr) {
        return;
    }
    const Theme& theme = currentTheme();
    const bool is_selected = (option.state & QStyle::State_Selected) != 0;
    const bool is_off = (index.flags() & Qt::ItemIsEnabled) == 0;
    const QColor muted = is_selected ? theme.selection_text : theme.muted_text;
    const QColor text = is_selected ? theme.selection_text : is_off ? theme.muted_text : theme.text;
    painter->save();
    if (is_selected) {
        painter->setRenderHint(QPainter::Antialiasing);
        painter->setPen(Qt::NoPen);
        painter->setBrush(theme.selection);
        painter->drawRoundedRect(option.rect.adjusted(4, 1, -4, -1), 4, 4);
    }
    QRect rect = option.rect.adjusted(kPadding, 0, -kPadding, 0);
    const QRect icon_rect(rect.left(), rect.center().y() - kIconSize / 2 + 1, kIconSize, kIconSize);
    if (const char* name = iconName(*entry)) {
        painter->drawPixmap(icon_rect, iconPixmap(name, muted, kIconSize, painter->device()->devicePixelRatioF()));
    } else if (entry->kind == PaletteEntry::Kind::kObject) {
        painter->setPen(muted);
        painter->drawText(icon_rect, Qt::AlignCenter, QStringLiteral("ƒ"));
    }
    if (entry->kind != PaletteEntry::Kind::kAction) {
        rect.setLeft(icon_rect.right() + kSpacing);
    }
    // The title as far as it goes, then the note at the right, and what is left is the place's.
    const QFontMetrics metrics(option.font);
    const int title_width = std::min(metrics.horizontalAdvance(entry->title), rect.width());
    painter->setFont(option.font);
    painter->setPen(text);
    painter->drawText(rect, Qt::AlignLeft | Qt::AlignVCenter | Qt::TextSingleLine,
                      metrics.elidedText(entry->title, Qt::ElideMiddle, rect.width()));
    QFont small = option.font;
    small.setPixelSize(kSmallPixels);
    const QFontMetrics small_metrics(small);
    painter->setFont(small);
    painter->setPen(muted);
    rect.setLeft(rect.left() + title_width + kSpacing);
    const QString note = small_metrics.elidedText(entry->note, Qt::ElideRight,
                                                  std::max(0, std::min(rect.width(), option.rect.width() / 3)));
    painter->drawText(rect, Qt::AlignRight | Qt::AlignVCenter | Qt::TextSingleLine, note);
    rect.setRight(rect.right() - small_metrics.horizontalAdvance(note) - kSpacing);
    painter->drawText(rect, Qt::AlignLeft | Qt::AlignVCenter | Qt::TextSingleLine,
                      small_metrics.elidedText(entry->place, Qt::ElideRight, std::max(0, rect.width())));
    painter->restore();
}

QSize PaletteDelegate::sizeHint(const QStyleOptionViewItem& option, const QModelIndex& index) const {
    return {QStyledItemDelegate::sizeHint(option, index).width(), kRowHeight};
}

}  // namespace tessera::workbench
