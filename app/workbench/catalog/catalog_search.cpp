// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/workbench/catalog/catalog_search.h"

#include "app/workbench/ui/icons.h"
#include "app/workbench/ui/theme.h"

#include <QPainter>
#include <algorithm>

namespace tessera::workbench {

namespace {

constexpr std::size_t kFoundMax = 200;
constexpr int kIconSize = 16;
constexpr int kPadding = 10;
constexpr int kSmallPixels = 11;

const char* iconOf(app::FoundName::Kind kind) {
    switch (kind) {
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
            break;
    }
    return "";
}

QString objectsText(const app::FoundName& tag) {
    return tag.detail == "1" ? CatalogSearch::tr("1 object")
                             : CatalogSearch::tr("%1 objects").arg(QString::fromStdString(tag.detail));
}

QString placeOf(const app::FoundName& found) {
    if (found.kind == app::FoundName::Kind::kTag) {
        return CatalogSearch::tr("Tag");
    }
    QString place = QString::fromStdString(found.node) + QStringLiteral(" · ") + QString::fromStdString(found.schema);
    if (found.kind == app::FoundName::Kind::kColumn) {
        place += u'.' + QString::fromStdString(found.table);
    }
    const QString comment = QString::fromStdString(found.comment).simplified();
    return comment.isEmpty() ? place : place + QStringLiteral(" — ") + comment;
}

}  // namespace

void FoundNamesModel::setFound(std::vector<app::FoundName> found) {
    beginResetModel();
    found_ = std::move(found);
    endResetModel();
}

const app::FoundName* FoundNamesModel::found(const QModelIndex& index) const {
    return index.isValid() ? &found_[static_cast<std::size_t>(index.row())] : nullptr;
}

int FoundNamesModel::rowCount(const QModelIndex& parent) const {
    return parent.isValid() ? 0 : static_cast<int>(found_.size());
}

QVariant FoundNamesModel::data(const QModelIndex& index, int role) const {
    const app::FoundName* shown = found(index);
    if (shown == nullptr) {
        return {};
    }
    switch (role) {
        case Qt::DisplayRole:
            return QString::fromStdString(shown->name);
        case kPlaceRole:
        case Qt::ToolTipRole:
        case Qt::AccessibleDescriptionRole:
            return placeOf(*shown);
        case kDetailRole:
            return shown->kind == app::FoundName::Kind::kTag ? objectsText(*shown)
                                                             : QString::fromStdString(shown->detail);
        case kIconRole:
            return QString::fromLatin1(iconOf(shown->kind));
        default:
            return {};
    }
}

void FoundNameDelegate::paint(QPainter* painter, const QStyleOptionViewItem& option, const QModelIndex& index) const {
    const Theme& theme = currentTheme();
    const bool is_selected = (option.state & QStyle::State_Selected) != 0;
    const QColor text = is_selected ? theme.selection_text : theme.text;
    const QColor muted = is_selected ? theme.selection_text : theme.muted_text;
    painter->save();
    if (is_selected || (option.state & QStyle::State_MouseOver) != 0) {
        painter->fillRect(option.rect, is_selected ? theme.selection : theme.hover);
    }
    const QRect rect = option.rect.adjusted(kPadding, 4, -kPadding, -4);
    const QRect icon_rect(rect.left(), rect.top() + 2, kIconSize, kIconSize);
    const QByteArray name = index.data(FoundNamesModel::kIconRole).toString().toLatin1();
    if (name.isEmpty()) {
        painter->setPen(muted);
        painter->drawText(icon_rect, Qt::AlignCenter, QStringLiteral("ƒ"));
    } else {
        painter->drawPixmap(icon_rect,
                            iconPixmap(name.constData(), muted, kIconSize, painter->device()->devicePixelRatioF()));
    }
    QFont small = option.font;
    small.setPixelSize(kSmallPixels);
    const QFontMetrics small_metrics(small);
    QRect upper(icon_rect.right() + 8, rect.top(), rect.right() - icon_rect.right() - 8, rect.height() / 2);
    const QRect lower = upper.translated(0, rect.height() / 2);
    const QString detail = small_metrics.elidedText(index.data(FoundNamesModel::kDetailRole).toString(), Qt::ElideRight,
                                                    upper.width() / 2);
    painter->setFont(small);
    painter->setPen(muted);
    painter->drawText(upper, Qt::AlignRight | Qt::AlignVCenter | Qt::TextSingleLine, detail);
    painter->drawText(
        lower, Qt::AlignLeft | Qt::AlignVCenter | Qt::TextSingleLine,
        small_metrics.elidedText(index.data(FoundNamesModel::kPlaceRole).toString(), Qt::ElideRight, lower.width()));
    upper.setRight(upper.right() - small_metrics.horizontalAdvance(detail) - 8);
    painter->setFont(option.font);
    painter->setPen(text);
    painter->drawText(upper, Qt::AlignLeft | Qt::AlignVCenter | Qt::TextSingleLine,
                      QFontMetrics(option.font).elidedText(index.data().toString(), Qt::ElideMiddle, upper.width()));
    painter->restore();
}

QSize FoundNameDelegate::sizeHint(const QStyleOptionViewItem& option, const QModelIndex& index) const {
    return {QStyledItemDelegate::sizeHint(option, index).width(), kRowHeight};
}

CatalogSearch::CatalogSearch(QWidget* parent) : QListView(parent), search_(this) {
    setObjectName(QStringLiteral("catalogFound"));
    setAccessibleName(tr("What was found"));
    setModel(&model_);
    setItemDelegate(new FoundNameDelegate(this));
    setUniformItemSizes(true);
    setFrameShape(QFrame::NoFrame);
    setMouseTracking(true);
    setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    const auto choose = [this](const QModelIndex& index) {
        if (const app::FoundName* found = model_.found(index)) {
            const app::FoundName kept = *found;
            Q_EMIT chosen(kept);
        }
    };
    connect(this, &QListView::activated, this, choose);
}

void CatalogSearch::setNames(app::MeshNames& names) {
    names_ = &names;
    connect(&names, &app::MeshNames::namesChanged, this, [this] {
        if (!text_.isEmpty()) {
            searchNow();
        }
    });
}

/// The row that somebody went to stays the current one.
void CatalogSearch::show(std::vector<app::FoundName> found) {
    const app::FoundName* current = currentIndex().row() > 0 ? this->current() : nullptr;
    const auto kept = current == nullptr ? found.end() : std::find(found.begin(), found.end(), *current);
    const auto row = kept == found.end() ? 0 : static_cast<int>(kept - found.begin());
    model_.setFound(std::move(found));
    setCurrentIndex(model_.index(row));
}

void CatalogSearch::look(const QString& text) {
    text_ = text.trimmed();
    if (text_.isEmpty()) {
        search_.cancel();
        model_.setFound({});
        return;
    }
    setCurrentIndex(model_.index(0));
    for (const QString& node : nodes_) {
        names_->request(node);
    }
    searchNow();
}

void CatalogSearch::searchNow() {
    std::vector<app::NodeNames> nodes;
    for (const QString& node : nodes_) {
        if (auto names = names_->names(node)) {
            nodes.push_back({node.toStdString(), std::move(names)});
        }
    }
    const auto missing = static_cast<std::size_t>(nodes_.size()) - nodes.size();
    search_.start([nodes = std::move(nodes), wanted = text_.toStdString()](
                      app::TaskControl&) { return app::searchMesh(nodes, wanted, kFoundMax); },
                  [this, missing](std::vector<app::FoundName> found) {
                      const bool is_empty = found.empty();
                      show(std::move(found));
                      Q_EMIT noteChanged(missing > 0 ? tr("Nodes whose names are not known yet: %1.").arg(missing)
                                         : is_empty  ? tr("No name, no comment and no tag has that in it.")
                                                     : QString());
                  });
}

}  // namespace tessera::workbench
