// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/workbench/results/grid_header.h"

#include "app/core/output/cell_kind.h"
#include "app/workbench/ui/theme.h"

#include <QPainter>
#include <algorithm>

namespace tessera::workbench {

namespace {

constexpr int kTypeFontPixels = 11;
constexpr int kWidthMin = 32;

QFont nameFont(const QFont& font) {
    QFont bold = font;
    bold.setWeight(QFont::DemiBold);
    return bold;
}

QFont typeFont(const QFont& font) {
    QFont small = font;
    small.setPixelSize(kTypeFontPixels);
    return small;
}

}  // namespace

void GridColumnModel::setColumns(std::shared_ptr<const app::ResultStore::Columns> columns) {
    beginResetModel();
    sort_column_ = -1;
    columns_ = columns ? std::move(columns) : std::make_shared<const app::ResultStore::Columns>();
    endResetModel();
}

void GridColumnModel::setSort(int column, Qt::SortOrder order) {
    sort_column_ = column;
    sort_order_ = order;
    if (columnCount() > 0) {
        Q_EMIT headerDataChanged(Qt::Horizontal, 0, columnCount() - 1);
    }
}

int GridColumnModel::rowCount(const QModelIndex& /*parent*/) const {
    return 0;
}

int GridColumnModel::columnCount(const QModelIndex& parent) const {
    return parent.isValid() ? 0 : static_cast<int>(columns_->size());
}

QVariant GridColumnModel::data(const QModelIndex& /*index*/, int /*role*/) const {
    return {};
}

QVariant GridColumnModel::headerData(int section, Qt::Orientation orientation, int role) const {
    if (orientation != Qt::Horizontal || section < 0 || section >= columnCount()) {
        return {};
    }
    const client::ResultColumn& column = (*columns_)[static_cast<std::size_t>(section)];
    switch (role) {
        case Qt::DisplayRole:
            return QString::fromStdString(column.name);
        case Qt::ToolTipRole:
            return QString::fromStdString(column.name + "\n" + column.type_name);
        case kTypeRole:
            return QString::fromStdString(column.type_name);
        case kIsRightAlignedRole:
            return app::cellKindOf(column) == app::CellKind::kNumber;
        case kSortRole:
            return section == sort_column_ ? QVariant(sort_order_ == Qt::AscendingOrder) : QVariant();
        default:
            return {};
    }
}

GridHeader::GridHeader(QWidget* parent, GridColumnModel* columns)
    : QHeaderView(Qt::Horizontal, parent), columns_(columns) {
    setObjectName(QStringLiteral("resultGridHeader"));
    setModel(columns_);
    setSectionsClickable(true);
    setSectionsMovable(true);
    setAccessibleName(tr("Columns of the result"));
    setHighlightSections(false);
    setMinimumSectionSize(kWidthMin);
    setSectionResizeMode(QHeaderView::Interactive);
    setFixedHeight(kHeight);
}

int GridHeader::headingWidth(int section) const {
    const QString name = columns_->headerData(section, Qt::Horizontal, Qt::DisplayRole).toString();
    const QString type = columns_->headerData(section, Qt::Horizontal, GridColumnModel::kTypeRole).toString();
    // Room for the mark of a sorted column, too.
    constexpr int kSortMark = 16;
    return 2 * kPadding + kSortMark +
           std::max(QFontMetrics(nameFont(font())).horizontalAdvance(name),
                    QFontMetrics(typeFont(font())).horizontalAdvance(type));
}

void GridHeader::paintEvent(QPaintEvent* event) {
    QHeaderView::paintEvent(event);
    // The style's empty part behind the last column looks unlike the columns.
    QPainter painter(viewport());
    if (length() - offset() >= viewport()->width()) {
        return;
    }
    const QRect rest = viewport()->rect().adjusted(std::max(0, length() - offset()), 0, 0, 0);
    painter.fillRect(rest, currentTheme().raised);
    painter.setPen(currentTheme().border);
    painter.drawLine(rest.bottomLeft(), rest.bottomRight());
}

void GridHeader::paintSection(QPainter* painter, const QRect& rect, int section) const {
    const Theme& theme = currentTheme();
    painter->fillRect(rect, theme.raised);
    painter->setPen(theme.border);
    painter->drawLine(rect.topRight(), rect.bottomRight());
    painter->drawLine(rect.bottomLeft(), rect.bottomRight());
    const bool is_right = columns_->headerData(section, Qt::Horizontal, GridColumnModel::kIsRightAlignedRole).toBool();
    const int alignment = is_right ? Qt::AlignRight : Qt::AlignLeft;
    const QRect inner = rect.adjusted(kPadding, 4, -kPadding, -5);
    const auto line = [&](const QFont& font, const QColor& color, int vertical, const QVariant& text) {
        painter->setFont(font);
        painter->setPen(color);
        const QString shown = QFontMetrics(font).elidedText(text.toString(), Qt::ElideRight, inner.width());
        painter->drawText(inner, alignment | vertical | Qt::TextSingleLine, shown);
    };
    const QVariant sort = columns_->headerData(section, Qt::Horizontal, GridColumnModel::kSortRole);
    const QString arrow = sort.isNull() ? QString() : sort.toBool() ? QStringLiteral(" ▲") : QStringLiteral(" ▼");
    line(nameFont(font()), sort.isNull() ? theme.text : theme.accent, Qt::AlignTop,
         QString(columns_->headerData(section, Qt::Horizontal, Qt::DisplayRole).toString() + arrow));
    line(typeFont(font()), theme.muted_text, Qt::AlignBottom,
         columns_->headerData(section, Qt::Horizontal, GridColumnModel::kTypeRole));
}

QSize GridHeader::sizeHint() const {
    return {QHeaderView::sizeHint().width(), kHeight};
}

}  // namespace tessera::workbench
