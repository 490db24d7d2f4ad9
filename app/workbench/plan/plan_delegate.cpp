// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/workbench/plan/plan_delegate.h"

#include "app/workbench/plan/plan_model.h"
#include "app/workbench/ui/theme.h"

#include <QPainter>
#include <algorithm>

namespace tessera::workbench {

namespace {

constexpr int kPadding = 8;
constexpr int kBarHeight = 3;
/// An estimate that is so many times off is shown as one.
constexpr double kFarOff = 10;

}  // namespace

void PlanDelegate::paint(QPainter* painter, const QStyleOptionViewItem& option, const QModelIndex& index) const {
    const Theme& theme = currentTheme();
    const bool is_selected = (option.state & QStyle::State_Selected) != 0;
    painter->save();
    if (is_selected) {
        painter->fillRect(option.rect, theme.selection);
    } else if ((option.state & QStyle::State_MouseOver) != 0) {
        painter->fillRect(option.rect, theme.hover);
    }
    QColor color = index.column() == PlanModel::kOperation ? theme.text : theme.muted_text;
    QFont font = option.font;
    if (index.data(PlanModel::kIsOnSlowestPathRole).toBool() && index.column() == PlanModel::kOperation) {
        color = theme.accent;
        font.setBold(true);
    }
    if (index.column() == PlanModel::kRows && index.data(PlanModel::kEstimateErrorRole).toDouble() >= kFarOff) {
        color = theme.warning;
    }
    const QRect rect = option.rect.adjusted(kPadding, 0, -kPadding, 0);
    if (const QVariant part = index.data(PlanModel::kTimePartRole);
        index.column() == PlanModel::kTime && part.isValid()) {
        const int width = static_cast<int>(std::clamp(part.toDouble(), 0.0, 1.0) * rect.width());
        painter->fillRect(QRect(rect.right() - width, rect.bottom() - kBarHeight - 1, width, kBarHeight), theme.accent);
        color = theme.text;
    }
    painter->setFont(font);
    painter->setPen(is_selected ? theme.selection_text : color);
    const auto alignment = Qt::Alignment(index.data(Qt::TextAlignmentRole).toInt());
    painter->drawText(rect, static_cast<int>(alignment) | Qt::TextSingleLine,
                      QFontMetrics(font).elidedText(index.data().toString(), Qt::ElideRight, rect.width()));
    painter->restore();
}

QSize PlanDelegate::sizeHint(const QStyleOptionViewItem& option, const QModelIndex& index) const {
    return {QStyledItemDelegate::sizeHint(option, index).width() + 2 * kPadding, kRowHeight};
}

}  // namespace tessera::workbench
