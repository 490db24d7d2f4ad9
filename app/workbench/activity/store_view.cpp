// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/workbench/activity/store_view.h"

#include "app/workbench/activity/store_faults_bar.h"
#include "app/workbench/ui/empty_state.h"
#include "app/workbench/ui/facts_table.h"
#include "app/workbench/ui/icons.h"
#include "app/workbench/ui/note_label.h"
#include "app/workbench/ui/theme.h"

#include <QItemSelectionModel>
#include <QStackedWidget>
#include <QTreeView>
#include <QVBoxLayout>
#include <algorithm>

namespace tessera::workbench {

namespace {

/// The leader stands out, and so does what is to be looked after.
class MemberDelegate : public FactsDelegate {
  public:
    MemberDelegate(const app::StoreModel& model, QTreeView* table) : FactsDelegate(table), model_(model) {}

  protected:
    void initStyleOption(QStyleOptionViewItem* option, const QModelIndex& index) const override {
        FactsDelegate::initStyleOption(option, index);
        const app::StoreMemberRow& member = model_.memberAt(index.row());
        const Theme& theme = currentTheme();
        if (index.column() <= app::StoreModel::kRole && member.role == app::StoreMemberRow::Role::kLeader) {
            option->font.setBold(true);
        }
        if (index.column() == app::StoreModel::kMember) {
            option->features |= QStyleOptionViewItem::HasDecoration;
            option->decorationSize = QSize(16, 16);
            option->icon = icon("dot", member.is_trouble   ? theme.error
                                       : member.is_reached ? theme.success
                                                           : theme.muted_text);
        } else if (index.column() == app::StoreModel::kState && member.is_trouble) {
            option->palette.setColor(QPalette::Text, theme.error);
        }
    }

  private:
    const app::StoreModel& model_;
};

}  // namespace

StoreView::StoreView(app::StoreConnector reach, QWidget* parent)
    : QWidget(parent),
      watch_(std::move(reach)),
      note_(new NoteLabel(QStringLiteral("storeNote"))),
      table_(new QTreeView),
      stack_(new QStackedWidget),
      empty_(new EmptyState),
      faults_(new StoreFaultsBar(this)) {
    setObjectName(QStringLiteral("storeView"));
    note_->setContentsMargins(12, 10, 12, 10);
    table_->setObjectName(QStringLiteral("storeTable"));
    table_->setAccessibleName(tr("Members of the store"));
    table_->setModel(&model_);
    styleFactsTable(table_);
    table_->setItemDelegate(new MemberDelegate(model_, table_));
    constexpr int kWidths[] = {128, 75, 185, 85, 47, 80, 82, 74, 50, 90, 75};
    for (int column = 0; column < app::StoreModel::kColumnCount; ++column) {
        table_->setColumnWidth(column, kWidths[column]);
    }
    empty_->setObjectName(QStringLiteral("storeState"));
    stack_->addWidget(table_);
    stack_->addWidget(empty_);
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(0);
    layout->addWidget(note_);
    layout->addWidget(stack_, 1);
    layout->addWidget(faults_);
    setFocusProxy(table_);
    connect(&watch_, &app::StoreWatch::changed, this, &StoreView::showState);
    connect(table_->selectionModel(), &QItemSelectionModel::currentRowChanged, this, &StoreView::chooseMember);
    connect(empty_, &EmptyState::actionTriggered, this, &StoreView::refresh);
    showState();
}

void StoreView::setMesh(std::shared_ptr<const app::Mesh> mesh) {
    faults_->faults().setMesh(mesh);
    watch_.setMesh(std::move(mesh));
}

void StoreView::chooseMember() {
    const QModelIndex current = table_->currentIndex();
    faults_->setNode(current.isValid() ? model_.memberAt(current.row()).name : QString());
}

void StoreView::refresh() {
    if (watch_.isRunning()) {
        watch_.stop();
        watch_.start();
        faults_->faults().look();
    }
}

void StoreView::showEvent(QShowEvent* event) {
    QWidget::showEvent(event);
    watch_.start();
    faults_->faults().look();
}

void StoreView::hideEvent(QHideEvent* event) {
    watch_.stop();
    QWidget::hideEvent(event);
}

void StoreView::showState() {
    const app::StoreOverview overview = app::storeOverview(watch_.nodes());
    model_.setMembers(overview.members);
    if (overview.members.empty()) {
        showNothing();
    } else {
        showMembers(overview);
    }
}

void StoreView::showMembers(const app::StoreOverview& overview) {
    note_->setNote(overview.notes.join(QLatin1Char('\n')),
                   overview.is_trouble ? NoteLabel::Tone::kText : NoteLabel::Tone::kMuted);
    stack_->setCurrentWidget(table_);
}

/// Nobody has told of a store: they are still asked, they have none, or all say why not.
void StoreView::showNothing() {
    note_->setNote({});
    stack_->setCurrentWidget(empty_);
    empty_->setAction({});
    const auto& nodes = watch_.nodes();
    const bool is_asking = std::any_of(nodes.begin(), nodes.end(), [](const app::StoreNode& node) {
        return node.news == app::StoreNode::News::kWaiting;
    });
    const auto failed = std::find_if(nodes.begin(), nodes.end(), [](const app::StoreNode& node) {
        return !node.error.message.empty() && node.error.code != ErrorCode::kUnimplemented;
    });
    if (is_asking) {
        empty_->setMessage("waiting", tr("Asking the nodes for their store…"));
    } else if (failed != nodes.end()) {
        empty_->setMessage("error", QString::fromStdString(failed->error.message),
                           QString::fromStdString(failed->error.hint), EmptyState::Tone::kError);
        empty_->setAction(tr("Retry"));
    } else {
        empty_->setMessage("node", tr("No node of this mesh has a replicated store"),
                           tr("Nodes of this version have one: those that are here are older"));
    }
}

}  // namespace tessera::workbench
