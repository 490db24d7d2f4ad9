// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/workbench/editor/completion_popup.h"

#include "app/workbench/ui/icons.h"
#include "app/workbench/ui/theme.h"

#include <QGridLayout>
#include <QLabel>
#include <QListView>
#include <QPainter>
#include <QScreen>
#include <algorithm>
#include <utility>

namespace tessera::workbench {

namespace {

using Kind = app::Proposal::Kind;

constexpr int kRowHeight = 24;
constexpr int kListWidth = 460;
constexpr int kDocumentationWidth = 240;
constexpr int kIconSize = 16;
constexpr int kPadding = 8;
constexpr int kProposalRole = Qt::UserRole;

const char* iconName(const app::Proposal& proposal) {
    switch (proposal.kind) {
        case Kind::kColumn:
            return proposal.is_key ? "key" : "column";
        case Kind::kTable:
            return "table";
        case Kind::kView:
            return "view";
        case Kind::kForeignTable:
            return "foreign-table";
        case Kind::kSchema:
            return "schema";
        case Kind::kJoin:
            return "mesh";
        case Kind::kStar:
            return "rows";
        case Kind::kSnippet:
            return "edit";
        case Kind::kAlias:
            return "table";
        case Kind::kFunction:
        case Kind::kKeyword:
            return nullptr;
    }
    return nullptr;
}

/// What has no icon of its own is told by a short sign in the icon's place.
QString signOf(const app::Proposal& proposal) {
    return proposal.kind == Kind::kFunction ? QStringLiteral("ƒ") : QString();
}

QString kindText(Kind kind) {
    switch (kind) {
        case Kind::kColumn:
            return CompletionPopup::tr("column");
        case Kind::kTable:
            return CompletionPopup::tr("table");
        case Kind::kView:
            return CompletionPopup::tr("view");
        case Kind::kForeignTable:
            return CompletionPopup::tr("foreign table");
        case Kind::kFunction:
            return CompletionPopup::tr("function");
        case Kind::kKeyword:
            return CompletionPopup::tr("keyword");
        case Kind::kAlias:
            return CompletionPopup::tr("relation of this statement");
        case Kind::kSchema:
            return CompletionPopup::tr("schema");
        case Kind::kJoin:
            return CompletionPopup::tr("join");
        case Kind::kStar:
            return CompletionPopup::tr("all columns");
        case Kind::kSnippet:
            return CompletionPopup::tr("snippet");
    }
    return {};
}

/// A guess says that it is one.
QString basisText(app::JoinBasis basis) {
    switch (basis) {
        case app::JoinBasis::kForeignKey:
            return CompletionPopup::tr("join by a foreign key");
        case app::JoinBasis::kKeyName:
            return CompletionPopup::tr("join by a column named after the other's key; no foreign key says so");
        case app::JoinBasis::kComment:
            return CompletionPopup::tr("join by what a column's comment says");
        case app::JoinBasis::kSameName:
            return CompletionPopup::tr(
                "join by columns of the same name and type; whether they mean the same, nothing says");
    }
    return {};
}

QString kindText(const app::Proposal& proposal) {
    return proposal.join_basis ? basisText(*proposal.join_basis) : kindText(proposal.kind);
}

}  // namespace

void ProposalModel::setProposals(std::vector<app::Proposal> proposals) {
    beginResetModel();
    proposals_ = std::move(proposals);
    endResetModel();
}

int ProposalModel::rowCount(const QModelIndex& parent) const {
    return parent.isValid() ? 0 : static_cast<int>(proposals_.size());
}

QVariant ProposalModel::data(const QModelIndex& index, int role) const {
    if (!index.isValid()) {
        return {};
    }
    const app::Proposal& proposal = at(index.row());
    switch (role) {
        case Qt::DisplayRole:
            return QString::fromStdString(proposal.label);
        case Qt::AccessibleTextRole:
            return QStringLiteral("%1, %2 %3")
                .arg(QString::fromStdString(proposal.label), kindText(proposal),
                     QString::fromStdString(proposal.detail));
        case kProposalRole:
            return QVariant::fromValue(static_cast<const void*>(&proposal));
        default:
            return {};
    }
}

void ProposalDelegate::paint(QPainter* painter, const QStyleOptionViewItem& option, const QModelIndex& index) const {
    const auto& proposal = *static_cast<const app::Proposal*>(index.data(kProposalRole).value<const void*>());
    const Theme& theme = currentTheme();
    const bool is_selected = (option.state & QStyle::State_Selected) != 0;
    const QColor text = is_selected ? theme.selection_text : theme.text;
    const QColor muted = is_selected ? theme.selection_text : theme.muted_text;
    painter->save();
    if (is_selected) {
        painter->setRenderHint(QPainter::Antialiasing);
        painter->setPen(Qt::NoPen);
        painter->setBrush(theme.selection);
        painter->drawRoundedRect(option.rect.adjusted(4, 0, -4, 0), 4, 4);
    }
    QRect rect = option.rect.adjusted(kPadding + 4, 0, -kPadding - 4, 0);
    const QRect icon_rect(rect.left(), rect.center().y() - kIconSize / 2 + 1, kIconSize, kIconSize);
    if (const char* name = iconName(proposal)) {
        painter->drawPixmap(icon_rect, iconPixmap(name, is_selected ? text : theme.accent, kIconSize,
                                                  painter->device()->devicePixelRatioF()));
    } else {
        painter->setPen(is_selected ? text : theme.accent);
        painter->drawText(icon_rect, Qt::AlignCenter, signOf(proposal));
    }
    rect.setLeft(icon_rect.right() + kPadding);
    const QFontMetrics metrics(option.font);
    // The name first, then the origin at the right, then what is left for the type.
    const QString label = metrics.elidedText(QString::fromStdString(proposal.label), Qt::ElideMiddle, rect.width());
    painter->setFont(option.font);
    painter->setPen(text);
    painter->drawText(rect, Qt::AlignVCenter | Qt::AlignLeft, label);
    rect.setLeft(rect.left() + metrics.horizontalAdvance(label) + 2 * kPadding);
    painter->setPen(muted);
    const QString origin =
        metrics.elidedText(QString::fromStdString(proposal.origin), Qt::ElideMiddle, std::max(0, rect.width() / 2));
    painter->drawText(rect, Qt::AlignVCenter | Qt::AlignRight, origin);
    rect.setRight(rect.right() - metrics.horizontalAdvance(origin) - kPadding);
    if (rect.width() > 3 * kPadding) {
        const QString detail = proposal.kind == Kind::kStar ? QString::fromStdString(proposal.comment)
                                                            : QString::fromStdString(proposal.detail);
        painter->drawText(rect, Qt::AlignVCenter | Qt::AlignLeft,
                          metrics.elidedText(detail, Qt::ElideRight, rect.width()));
    }
    painter->restore();
}

QSize ProposalDelegate::sizeHint(const QStyleOptionViewItem& /*option*/, const QModelIndex& /*index*/) const {
    return {kListWidth, kRowHeight};
}

CompletionPopup::CompletionPopup(QWidget* parent)
    : QFrame(parent, Qt::ToolTip | Qt::FramelessWindowHint | Qt::WindowDoesNotAcceptFocus),
      list_(new QListView),
      documentation_(new QLabel),
      footer_(new QLabel(tr("Tab accepts · Esc closes"))) {
    setObjectName(QStringLiteral("completionPopup"));
    setAttribute(Qt::WA_ShowWithoutActivating);
    setFrameShape(QFrame::NoFrame);
    list_->setObjectName(QStringLiteral("completionList"));
    list_->setAccessibleName(tr("Proposals"));
    list_->setModel(&model_);
    list_->setItemDelegate(new ProposalDelegate(list_));
    list_->setUniformItemSizes(true);
    list_->setFocusPolicy(Qt::NoFocus);
    list_->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    list_->setFixedWidth(kListWidth);
    documentation_->setObjectName(QStringLiteral("completionDocumentation"));
    documentation_->setTextFormat(Qt::PlainText);
    documentation_->setWordWrap(true);
    documentation_->setAlignment(Qt::AlignTop | Qt::AlignLeft);
    documentation_->setFixedWidth(kDocumentationWidth);
    documentation_->setContentsMargins(12, 8, 12, 8);
    footer_->setContentsMargins(12, 3, 12, 3);
    auto* layout = new QGridLayout(this);
    layout->setContentsMargins(1, 5, 1, 1);
    layout->setSpacing(0);
    layout->addWidget(list_, 0, 0);
    layout->addWidget(documentation_, 0, 1);
    layout->addWidget(footer_, 1, 0, 1, 2);
    connect(list_->selectionModel(), &QItemSelectionModel::currentChanged, this, &CompletionPopup::showDocumentation);
    connect(list_, &QListView::clicked, this, &CompletionPopup::accepted);
}

void CompletionPopup::showProposals(std::vector<app::Proposal> proposals, const QPoint& caret, int line_height) {
    has_chosen_ = false;
    applyTheme();
    model_.setProposals(std::move(proposals));
    list_->setCurrentIndex(model_.index(0, 0));
    list_->scrollToTop();
    list_->setFixedHeight(std::min(kRowsShown, model_.rowCount()) * kRowHeight + 4);
    showDocumentation();
    adjustSize();
    QPoint place = caret + QPoint(-kPadding - kIconSize, line_height + 2);
    if (const QScreen* screen = parentWidget()->screen()) {
        const QRect space = screen->availableGeometry();
        if (place.y() + height() > space.bottom()) {
            place.setY(caret.y() - height() - 2);
        }
        place.setX(std::clamp(place.x(), space.left(), std::max(space.left(), space.right() - width())));
    }
    move(place);
    show();
}

int CompletionPopup::currentRow() const {
    return list_->currentIndex().row();
}

const app::Proposal* CompletionPopup::current() const {
    return list_->currentIndex().isValid() ? &model_.at(currentRow()) : nullptr;
}

void CompletionPopup::moveBy(int rows) {
    const int count = model_.rowCount();
    if (count > 0) {
        has_chosen_ = true;
        list_->setCurrentIndex(model_.index((currentRow() + rows % count + count) % count, 0));
    }
}

void CompletionPopup::moveByPage(int pages) {
    const int count = model_.rowCount();
    if (count > 0) {
        has_chosen_ = true;
        list_->setCurrentIndex(model_.index(std::clamp(currentRow() + pages * kRowsShown, 0, count - 1), 0));
    }
}

void CompletionPopup::showDocumentation() {
    const app::Proposal* proposal = current();
    if (proposal == nullptr) {
        return;
    }
    QStringList lines{kindText(*proposal) + (proposal->is_key ? tr(", part of the primary key") : QString())};
    if (proposal->kind != Kind::kStar && !proposal->detail.empty()) {
        lines += QString::fromStdString(proposal->label + (proposal->kind == Kind::kFunction ? "" : "  ") +
                                        proposal->detail);
    }
    if (!proposal->comment.empty()) {
        lines += QString::fromStdString(proposal->comment);
    }
    documentation_->setText(lines.join(QStringLiteral("\n\n")));
}

void CompletionPopup::applyTheme() {
    const Theme& theme = currentTheme();
    if (std::exchange(shown_theme_, &theme) == &theme) {
        return;
    }
    list_->setFont(monospaceFont());
    setStyleSheet(QStringLiteral("#completionPopup { background: %1; border: 1px solid %2; }"
                                 "#completionList { background: %1; border: none; }"
                                 "#completionDocumentation { background: %1; color: %4; border-left: 1px solid %2; }"
                                 "QLabel { color: %3; background: %1; }")
                      .arg(theme.surface.name(), theme.border.name(), theme.muted_text.name(), theme.text.name()));
}

}  // namespace tessera::workbench
