// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/workbench/activity/mesh_page.h"

#include "app/workbench/activity/audit_view.h"
#include "app/workbench/activity/mesh_graph.h"
#include "app/workbench/activity/store_view.h"
#include "app/workbench/graph/graph_view.h"
#include "app/workbench/shards/shards_view.h"
#include "app/workbench/ui/empty_state.h"
#include "app/workbench/ui/facts_table.h"
#include "app/workbench/ui/icons.h"
#include "app/workbench/ui/note_label.h"
#include "app/workbench/ui/theme.h"

#include <QAction>
#include <QEvent>
#include <QHeaderView>
#include <QLabel>
#include <QLineEdit>
#include <QPushButton>
#include <QSortFilterProxyModel>
#include <QSplitter>
#include <QStackedWidget>
#include <QTabWidget>
#include <QTreeView>
#include <QTreeWidget>
#include <QVBoxLayout>
#include <algorithm>

namespace tessera::workbench {

namespace {

constexpr int kIdRole = Qt::UserRole;

QTreeWidget* makeList(const char* object_name, const QString& accessible_name, const QStringList& headings) {
    auto* list = new QTreeWidget;
    list->setObjectName(QLatin1String(object_name));
    list->setAccessibleName(accessible_name);
    list->setHeaderLabels(headings);
    styleFactsTable(list);
    list->setSelectionMode(QAbstractItemView::SingleSelection);
    return list;
}

}  // namespace

MeshPage::MeshPage(std::shared_ptr<const app::Mesh> mesh, app::StoreConnector store, QWidget* parent)
    : QWidget(parent),
      sections_(new QTabWidget),
      audit_(new AuditView),
      store_(new StoreView(std::move(store))),
      shards_(new ShardsView(watch_)) {
    setObjectName(QStringLiteral("meshPage"));
    setAutoFillBackground(true);
    setBackgroundRole(QPalette::Base);
    sections_->setObjectName(QStringLiteral("meshSections"));
    sections_->setDocumentMode(true);
    sections_->addTab(buildMesh(), tr("Mesh"));
    sections_->addTab(buildRunning(), tr("Running"));
    sections_->addTab(audit_, tr("Audit"));
    sections_->addTab(store_, tr("Store"));
    sections_->addTab(shards_, tr("Shards"));
    sections_->setTabVisible(static_cast<int>(Section::kAudit), false);
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->addWidget(sections_);
    connect(&watch_, &app::MeshWatch::meshChanged, this, &MeshPage::onMeshChanged);
    connect(&watch_, &app::MeshWatch::nodeChanged, this, &MeshPage::onNodeChanged);
    connect(&watch_, &app::MeshWatch::cancelEnded, this, &MeshPage::onCancelEnded);
    connect(audit_, &AuditView::queryRequested, this, &MeshPage::queryRequested);
    connect(shards_, &ShardsView::queryRequested, this, &MeshPage::queryRequested);
    auto* again = new QAction(tr("Refresh"), this);
    again->setObjectName(QStringLiteral("refreshMeshAction"));
    again->setShortcut(QKeySequence(Qt::Key_F5));
    again->setShortcutContext(Qt::WidgetWithChildrenShortcut);
    connect(again, &QAction::triggered, this, [this] {
        watch_.refresh();
        audit_->refresh();
        store_->refresh();
        shards_->refresh();
    });
    addAction(again);
    setMesh(std::move(mesh));
}

QWidget* MeshPage::buildMesh() {
    graph_ = new GraphView("meshGraph", tr("Nodes and their sources"));
    list_ = makeList("meshList", tr("Nodes"), {tr("Node or source"), tr("State")});
    list_->setRootIsDecorated(true);
    facts_ = makeList("meshFacts", tr("What is known of it"), {tr("Fact"), tr("Value")});
    facts_->setHeaderHidden(true);
    problem_ = new NoteLabel(QStringLiteral("meshProblem"));
    problem_->setContentsMargins(12, 8, 12, 8);
    auto* known = new QWidget;
    auto* known_layout = new QVBoxLayout(known);
    known_layout->setContentsMargins(0, 0, 0, 0);
    known_layout->setSpacing(0);
    known_layout->addWidget(problem_);
    known_layout->addWidget(facts_, 1);
    auto* side = new QSplitter(Qt::Vertical);
    side->setHandleWidth(1);
    side->addWidget(list_);
    side->addWidget(known);
    auto* splitter = new QSplitter(Qt::Horizontal);
    splitter->setHandleWidth(1);
    splitter->addWidget(graph_);
    splitter->addWidget(side);
    constexpr int kGraphPart = 640;
    constexpr int kSidePart = 340;
    splitter->setSizes({kGraphPart, kSidePart});
    splitter->setStretchFactor(0, 1);
    connect(graph_, &GraphView::selectionChanged, this, &MeshPage::showObject);
    connect(list_, &QTreeWidget::currentItemChanged, this, [this](QTreeWidgetItem* item) {
        if (item != nullptr) {
            graph_->select(item->data(0, kIdRole).toString());
            updateFacts();
        }
    });
    return splitter;
}

QWidget* MeshPage::buildRunning() {
    running_ = new QTreeView;
    running_->setObjectName(QStringLiteral("runningTable"));
    running_->setAccessibleName(tr("Running statements"));
    sorted_ = new QSortFilterProxyModel(this);
    sorted_->setSourceModel(&statements_);
    sorted_->setSortRole(app::ActivityModel::kSortRole);
    sorted_->setFilterCaseSensitivity(Qt::CaseInsensitive);
    sorted_->setFilterKeyColumn(-1);
    running_->setModel(sorted_);
    styleFactsTable(running_);
    running_->setSortingEnabled(true);
    running_->sortByColumn(app::ActivityModel::kSince, Qt::DescendingOrder);
    constexpr int kWidths[] = {160, 110, 80, 170, 130, 290};
    for (int column = 0; column < app::ActivityModel::kColumnCount; ++column) {
        running_->setColumnWidth(column, kWidths[column]);
    }
    filter_ = new QLineEdit;
    filter_->setObjectName(QStringLiteral("runningFilter"));
    filter_->setPlaceholderText(tr("Filter by person, node, source or text"));
    filter_->setAccessibleName(tr("Filter"));
    filter_->setClearButtonEnabled(true);
    cancel_ = new QPushButton(tr("Cancel statement"));
    cancel_->setObjectName(QStringLiteral("cancelStatementButton"));
    open_ = new QPushButton(tr("Open text"));
    open_->setObjectName(QStringLiteral("openStatementButton"));
    open_->setProperty("secondary", true);
    auto* bar = new QHBoxLayout;
    bar->setContentsMargins(12, 10, 12, 10);
    bar->setSpacing(8);
    bar->addWidget(filter_, 1);
    bar->addWidget(open_);
    bar->addWidget(cancel_);
    running_empty_ = new EmptyState;
    running_empty_->setObjectName(QStringLiteral("runningState"));
    running_stack_ = new QStackedWidget;
    running_stack_->addWidget(running_);
    running_stack_->addWidget(running_empty_);
    note_ = new QLabel;
    note_->setObjectName(QStringLiteral("runningNote"));
    note_->setContentsMargins(12, 6, 12, 8);
    note_->setWordWrap(true);
    note_->setTextFormat(Qt::PlainText);
    auto* page = new QWidget;
    auto* layout = new QVBoxLayout(page);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(0);
    layout->addLayout(bar);
    layout->addWidget(running_stack_, 1);
    layout->addWidget(note_);

    auto* cancel_key = new QAction(cancel_->text(), running_);
    cancel_key->setShortcut(QKeySequence::Delete);
    cancel_key->setShortcutContext(Qt::WidgetShortcut);
    running_->addAction(cancel_key);
    connect(cancel_key, &QAction::triggered, this, &MeshPage::cancelSelected);
    connect(cancel_, &QPushButton::clicked, this, &MeshPage::cancelSelected);
    connect(open_, &QPushButton::clicked, this, &MeshPage::openText);
    connect(running_, &QTreeView::activated, this, &MeshPage::openText);
    connect(filter_, &QLineEdit::textChanged, this, [this](const QString& text) {
        sorted_->setFilterFixedString(text);
        updateRunning();
    });
    connect(running_->selectionModel(), &QItemSelectionModel::selectionChanged, this, &MeshPage::updateRunning);
    return page;
}

void MeshPage::setMesh(std::shared_ptr<const app::Mesh> mesh) {
    mesh_ = std::move(mesh);
    audit_->setMesh(mesh_);
    store_->setMesh(mesh_);
    shards_->setMesh(mesh_);
    watch_.setMesh(mesh_);
}

void MeshPage::showSection(Section section) {
    sections_->setCurrentIndex(static_cast<int>(section));
    QWidget* first = graph_;
    if (section == Section::kRunning) {
        first = running_;
    } else if (section == Section::kStore) {
        first = store_;
    } else if (section == Section::kShards) {
        first = shards_;
    }
    first->setFocus();
}

void MeshPage::showEvent(QShowEvent* event) {
    QWidget::showEvent(event);
    watch_.start();
}

void MeshPage::hideEvent(QHideEvent* event) {
    watch_.stop();
    QWidget::hideEvent(event);
}

void MeshPage::changeEvent(QEvent* event) {
    if (event->type() == QEvent::PaletteChange && graph_ != nullptr && !watch_.nodes().empty()) {
        updateList();
        updateFacts();
    }
    QWidget::changeEvent(event);
}

void MeshPage::onMeshChanged() {
    statements_.clear();
    updateGraph();
    updateList();
    updateFacts();
    updateRunning();
}

void MeshPage::onNodeChanged(int node) {
    const app::NodeState& state = watch_.nodes()[static_cast<std::size_t>(node)];
    statements_.setStatements(state.name, state.activity.statements);
    updateGraph();
    updateList();
    updateFacts();
    updateRunning();
    QStringList nodes;
    for (const app::NodeState& known : watch_.nodes()) {
        if (known.activity.may_read_audit) {
            nodes += known.name;
        }
    }
    audit_->setNodes(nodes);
    // Once there, it stays: a node that was lost may come back.
    if (!nodes.isEmpty()) {
        sections_->setTabVisible(static_cast<int>(Section::kAudit), true);
    }
}

void MeshPage::updateGraph() {
    graph_->setGraph(meshGraph(watch_.nodes()));
}

/// The graph's boxes in words: nodes with what hangs on them.
void MeshPage::updateList() {
    const Graph graph = meshGraph(watch_.nodes());
    const Theme& theme = currentTheme();
    const auto fill = [&](QTreeWidgetItem* item, const GraphBox& box) {
        item->setText(0, box.title);
        item->setText(1, box.subtitle);
        const QColor color = box.tone == GraphBox::Tone::kError  ? theme.error
                             : box.tone == GraphBox::Tone::kGood ? theme.success
                                                                 : theme.muted_text;
        item->setIcon(0, icon(box.icon, color));
        item->setForeground(1, box.tone == GraphBox::Tone::kError ? theme.error : theme.muted_text);
        item->setData(0, kIdRole, box.id);
    };
    // Rows that are there already are written over, so that nothing jumps.
    const auto child = [](QTreeWidgetItem* parent, int row) {
        return row < parent->childCount() ? parent->child(row) : new QTreeWidgetItem(parent);
    };
    QTreeWidgetItem* root = list_->invisibleRootItem();
    const int node_count = static_cast<int>(watch_.nodes().size());
    for (int node = 0; node < node_count; ++node) {
        const bool is_new = node >= root->childCount();
        QTreeWidgetItem* item = child(root, node);
        fill(item, graph.boxes[static_cast<std::size_t>(node)]);
        int row = 0;
        for (const GraphEdge& edge : graph.edges) {
            if (edge.from == node) {
                fill(child(item, row++), graph.boxes[static_cast<std::size_t>(edge.to)]);
            }
        }
        while (item->childCount() > row) {
            delete item->takeChild(row);
        }
        if (is_new) {
            item->setExpanded(true);
        }
    }
    while (root->childCount() > node_count) {
        delete root->takeChild(node_count);
    }
    list_->resizeColumnToContents(0);
    if (list_->currentItem() == nullptr && root->childCount() > 0) {
        list_->setCurrentItem(root->child(0));
    }
}

void MeshPage::updateFacts() {
    const QTreeWidgetItem* item = list_->currentItem();
    const auto known = item == nullptr ? QList<std::pair<QString, QString>>()
                                       : meshFacts(watch_.nodes(), item->data(0, kIdRole).toString());
    while (facts_->topLevelItemCount() > known.size()) {
        delete facts_->takeTopLevelItem(static_cast<int>(known.size()));
    }
    for (int row = 0; row < known.size(); ++row) {
        QTreeWidgetItem* line =
            row < facts_->topLevelItemCount() ? facts_->topLevelItem(row) : new QTreeWidgetItem(facts_);
        line->setText(0, known[row].first);
        line->setText(1, known[row].second);
        line->setForeground(0, currentTheme().muted_text);
        line->setToolTip(1, known[row].second);
    }
    facts_->resizeColumnToContents(0);
    const QString problem =
        item == nullptr ? QString() : meshProblem(watch_.nodes(), item->data(0, kIdRole).toString());
    problem_->setNote(problem.left(1).toUpper() + problem.mid(1), NoteLabel::Tone::kError);
}

void MeshPage::showObject(const QString& id) {
    for (QTreeWidgetItemIterator it(list_); *it != nullptr; ++it) {
        if ((*it)->data(0, kIdRole).toString() == id) {
            list_->setCurrentItem(*it);
            return;
        }
    }
}

const app::RunningStatement* MeshPage::current() const {
    const QModelIndexList rows = running_->selectionModel()->selectedRows();
    return rows.isEmpty() ? nullptr : statements_.statementOf(sorted_->mapToSource(rows.front()));
}

void MeshPage::updateRunning() {
    bool may_cancel = false;
    for (const QModelIndex& row : running_->selectionModel()->selectedRows()) {
        may_cancel = may_cancel || statements_.statementOf(sorted_->mapToSource(row))->may_cancel;
    }
    cancel_->setEnabled(may_cancel);
    open_->setEnabled(current() != nullptr && !current()->text.isEmpty());
    int hidden = 0;
    bool is_asking = false;
    QStringList notes;
    for (const app::NodeState& node : watch_.nodes()) {
        hidden += node.activity.hidden_sessions;
        is_asking = is_asking || node.health == app::NodeState::Health::kUnknown;
        if (!node.error.message.empty()) {
            notes += tr("%1: %2.").arg(node.name, QString::fromStdString(node.error.message));
        }
    }
    if (hidden > 0) {
        notes += tr("Sessions of other people that are not yours to see: %1.").arg(hidden);
    }
    if (!cancel_note_.isEmpty()) {
        notes.prepend(cancel_note_);
    }
    note_->setText(notes.join(QLatin1Char('\n')));
    note_->setVisible(!notes.isEmpty());
    if (sorted_->rowCount() > 0) {
        running_stack_->setCurrentWidget(running_);
        return;
    }
    if (statements_.rowCount() > 0) {
        running_empty_->setMessage("activity", tr("No statement has that in it"), tr("Clear the filter to see all"));
    } else if (is_asking) {
        running_empty_->setMessage("waiting", tr("Asking the nodes what they run…"));
    } else {
        running_empty_->setMessage("activity", tr("Nothing runs at the moment"),
                                   tr("Statements of all nodes appear here while they run"));
    }
    running_stack_->setCurrentWidget(running_empty_);
}

void MeshPage::cancelSelected() {
    for (const QModelIndex& row : running_->selectionModel()->selectedRows()) {
        const app::RunningStatement statement = *statements_.statementOf(sorted_->mapToSource(row));
        if (statement.may_cancel) {
            watch_.cancel(statement.node, statement.pid);
        }
    }
}

void MeshPage::onCancelEnded(const QString& node, int pid, const QString& problem) {
    cancel_note_ = problem.isEmpty() ? tr("Session %1 of %2 was told to stop.").arg(pid).arg(node)
                                     : tr("Session %1 of %2 was not stopped: %3.").arg(pid).arg(node).arg(problem);
    updateRunning();
}

void MeshPage::openText() {
    if (const app::RunningStatement* statement = current(); statement != nullptr && !statement->text.isEmpty()) {
        Q_EMIT queryRequested(statement->node, statement->text);
    }
}

}  // namespace tessera::workbench
