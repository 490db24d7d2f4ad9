// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/workbench/shards/shards_view.h"

#include "app/core/catalog/catalog_model.h"
#include "app/workbench/shards/shard_delegate.h"
#include "app/workbench/ui/empty_state.h"
#include "app/workbench/ui/facts_table.h"
#include "app/workbench/ui/icons.h"
#include "app/workbench/ui/note_label.h"
#include "app/workbench/ui/theme.h"

#include <QAction>
#include <QEvent>
#include <QHeaderView>
#include <QLabel>
#include <QLocale>
#include <QMenu>
#include <QPushButton>
#include <QSplitter>
#include <QStackedWidget>
#include <QStandardItemModel>
#include <QTreeView>
#include <QTreeWidget>
#include <QVBoxLayout>
#include <algorithm>
#include <set>

namespace tessera::workbench {

namespace {

enum Column { kName, kRowsOf, kPlace, kRows, kInUse, kState, kMore, kColumnCount };

constexpr int kTableRole = Qt::UserRole;
constexpr int kShardRole = Qt::UserRole + 1;

QPushButton* makeButton(const char* object_name, const QString& text) {
    auto* button = new QPushButton(text);
    button->setObjectName(QLatin1String(object_name));
    button->setProperty("secondary", true);
    button->setEnabled(false);
    return button;
}

QString moveText(const app::MovingShard& move) {
    const QString& state = move.state;
    const auto count = [](qint64 rows) { return app::compactCount(static_cast<double>(rows)); };
    return state == QLatin1String("waiting")     ? ShardsView::tr("waits for its turn to %1").arg(move.to)
           : state == QLatin1String("switching") ? ShardsView::tr("to %1: switching").arg(move.to)
           : state == QLatin1String("deleting")
               ? ShardsView::tr("%1 old rows deleted at %2").arg(count(move.rows_deleted), move.from)
           : state == QLatin1String("keeping") ? ShardsView::tr("old rows kept at %1").arg(move.from)
                                               : ShardsView::tr("to %1: %2 rows").arg(move.to, count(move.rows_copied));
}

QString moveTip(const app::MovingShard& move) {
    return move.rows_per_second == 0 ? moveText(move)
                                     : ShardsView::tr("%1, at most %2 rows a second")
                                           .arg(moveText(move), QLocale().toString(move.rows_per_second));
}

/// Rows that are there already are written over, so that nothing jumps.
QTreeWidgetItem* rowOf(QTreeWidgetItem* parent, int row) {
    return row < parent->childCount() ? parent->child(row) : new QTreeWidgetItem(parent);
}

}  // namespace

ShardsView::ShardsView(const app::MeshWatch& mesh, QWidget* parent)
    : QWidget(parent),
      mesh_(mesh),
      stack_(new QStackedWidget),
      empty_(new EmptyState),
      note_(new NoteLabel(QStringLiteral("shardsNote"))) {
    setObjectName(QStringLiteral("shardsView"));
    empty_->setObjectName(QStringLiteral("shardsState"));
    QWidget* bar = buildBar();
    stack_->addWidget(empty_);
    stack_->addWidget(buildTables());
    note_->setContentsMargins(12, 6, 12, 8);
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(0);
    layout->addWidget(bar);
    layout->addWidget(stack_, 1);
    layout->addWidget(note_);
    setFocusProxy(tables_);
    connect(&watch_, &app::ShardsWatch::changed, this, &ShardsView::showState);
    connect(empty_, &EmptyState::actionTriggered, this,
            [this] { watch_.answering() != nullptr ? declareTable() : refresh(); });
}

QWidget* ShardsView::buildBar() {
    summary_ = new NoteLabel(QStringLiteral("shardsSummary"));
    move_ = makeButton("moveShardButton", tr("Move…"));
    split_ = makeButton("splitShardButton", tr("Split…"));
    cancel_ = makeButton("cancelMoveButton", tr("Cancel move"));
    pace_ = makeButton("movePaceButton", tr("Pace…"));
    count_ = makeButton("countShardButton", tr("Count rows"));
    count_->setToolTip(tr("Counts them where they are, instead of guessing by statistics"));
    drop_ = makeButton("dropShardedTableButton", tr("Drop table…"));
    new_ = new QPushButton(tr("New sharded table…"));
    new_->setObjectName(QStringLiteral("newShardedTableButton"));
    connect(new_, &QPushButton::clicked, this, &ShardsView::declareTable);
    connect(move_, &QPushButton::clicked, this, &ShardsView::move);
    connect(split_, &QPushButton::clicked, this, &ShardsView::split);
    connect(pace_, &QPushButton::clicked, this, &ShardsView::setPace);
    connect(cancel_, &QPushButton::clicked, this, &ShardsView::cancelMove);
    connect(count_, &QPushButton::clicked, this, &ShardsView::countRows);
    connect(drop_, &QPushButton::clicked, this, &ShardsView::drop);
    auto* bar = new QWidget;
    auto* layout = new QHBoxLayout(bar);
    layout->setContentsMargins(12, 10, 12, 10);
    layout->setSpacing(8);
    layout->addWidget(summary_, 1);
    // The buttons stay at the right while there is nothing to sum up.
    layout->addStretch();
    for (QPushButton* button : {move_, split_, pace_, cancel_, count_, drop_}) {
        layout->addWidget(button);
    }
    layout->addWidget(new_);
    return bar;
}

QWidget* ShardsView::buildTables() {
    tables_ = new QTreeWidget;
    tables_->setObjectName(QStringLiteral("shardsTree"));
    tables_->setAccessibleName(tr("Sharded tables and their shards"));
    tables_->setHeaderLabels(
        {tr("Table, shard"), tr("Which rows"), tr("Place"), tr("Rows"), tr("In use"), tr("State"), tr("More")});
    styleFactsTable(tables_);
    tables_->setRootIsDecorated(true);
    tables_->setSelectionMode(QAbstractItemView::SingleSelection);
    tables_->setItemDelegateForColumn(kState, new ShardDelegate(tables_));
    connect(tables_, &QTreeWidget::currentItemChanged, this, &ShardsView::updateButtons);
    auto* cancel_key = new QAction(cancel_->text(), tables_);
    cancel_key->setShortcut(QKeySequence::Delete);
    cancel_key->setShortcutContext(Qt::WidgetShortcut);
    tables_->addAction(cancel_key);
    connect(cancel_key, &QAction::triggered, this, &ShardsView::cancelMove);
    connect(tables_, &QTreeWidget::itemActivated, this, &ShardsView::move);
    auto* splitter = new QSplitter(Qt::Vertical);
    splitter->setHandleWidth(1);
    splitter->addWidget(tables_);
    splitter->addWidget(buildNodes());
    constexpr int kTablesPart = 440;
    constexpr int kNodesPart = 170;
    splitter->setSizes({kTablesPart, kNodesPart});
    splitter->setStretchFactor(0, 1);
    return splitter;
}

QWidget* ShardsView::buildNodes() {
    auto* title = new QLabel(tr("Nodes"));
    title->setProperty("muted", true);
    rebalance_ = makeButton("rebalanceButton", tr("Rebalance…"));
    drain_ = makeButton("drainNodeButton", tr("Drain node…"));
    auto* which = new QMenu(this);
    rebalance_->setMenu(which);
    connect(which, &QMenu::aboutToShow, this, [this, which] {
        which->clear();
        which->addAction(tr("All tables…"), this, [this] { rebalance({}); });
        if (const app::ShardedTableState* table = currentTable()) {
            which->addAction(tr("%1 and those sharded alike…").arg(table->name), this,
                             [this, name = table->name] { rebalance(name); });
        }
    });
    connect(drain_, &QPushButton::clicked, this, &ShardsView::drain);
    nodes_ = makeFactsTable("shardNodes", tr("Which version of the shard map each node serves"),
                            {tr("Node"), tr("Serves version"), tr("Shards"), tr("What keeps it from serving all")});
    connect(nodes_->selectionModel(), &QItemSelectionModel::currentChanged, this, &ShardsView::updateNodeButtons);
    auto* bar = new QHBoxLayout;
    bar->setContentsMargins(12, 6, 12, 6);
    bar->setSpacing(8);
    bar->addWidget(title, 1);
    bar->addWidget(rebalance_);
    bar->addWidget(drain_);
    auto* part = new QWidget;
    auto* layout = new QVBoxLayout(part);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(0);
    layout->addLayout(bar);
    layout->addWidget(nodes_, 1);
    return part;
}

void ShardsView::setMesh(std::shared_ptr<const app::Mesh> mesh) {
    counted_.clear();
    counting_.clear();
    sent_.clear();
    change_.cancel();
    note({}, false);
    watch_.setMesh(std::move(mesh));
}

void ShardsView::refresh() {
    watch_.refresh();
}

void ShardsView::showEvent(QShowEvent* event) {
    QWidget::showEvent(event);
    watch_.start();
}

void ShardsView::hideEvent(QHideEvent* event) {
    watch_.stop();
    QWidget::hideEvent(event);
}

void ShardsView::changeEvent(QEvent* event) {
    if (event->type() == QEvent::PaletteChange && watch_.mesh()) {
        showState();
    }
    QWidget::changeEvent(event);
}

void ShardsView::showState() {
    const app::ShardPicture& picture = watch_.picture();
    int shards = 0;
    for (const app::ShardedTableState& table : picture.tables) {
        shards += static_cast<int>(table.shards.size());
    }
    const QStringList problems = [this] {
        QStringList texts;
        for (const auto& [node, error] : watch_.problems()) {
            texts += tr("%1: %2").arg(node, QString::fromStdString(error.message));
        }
        return texts;
    }();
    QStringList summary;
    if (!picture.tables.empty()) {
        summary += tr("Sharded tables: %1").arg(picture.tables.size());
        summary += tr("shards: %1").arg(shards);
    }
    summary += problems;
    summary_->setNote(summary.join(QStringLiteral(" · ")),
                      problems.isEmpty() ? NoteLabel::Tone::kMuted : NoteLabel::Tone::kWarning);
    summary_->setToolTip(problems.join(QLatin1Char('\n')));
    if (picture.tables.empty()) {
        showNothing();
        updateButtons();
        return;
    }
    fillTables();
    fillNodes();
    noteArrivals();
    stack_->setCurrentIndex(1);
    updateButtons();
}

void ShardsView::noteArrivals() {
    for (const app::ShardedTableState& table : watch_.picture().tables) {
        for (const app::ShardState& shard : table.shards) {
            const auto sent = sent_.find({table.name, shard.number});
            const bool is_there = !shard.move || shard.move->isOver();
            if (sent != sent_.end() && is_there && shard.at() == sent->second) {
                note(tr("Shard %1 of %2 is at %3 now.").arg(QString::number(shard.number), table.name, shard.at()),
                     false);
                sent_.erase(sent);
            }
        }
    }
}

/// Nobody has told of a sharded table: they are still asked, there are none, or all say why not.
void ShardsView::showNothing() {
    stack_->setCurrentWidget(empty_);
    empty_->setAction({});
    const auto problems = watch_.problems();
    if (!watch_.isComplete()) {
        empty_->setMessage("waiting", tr("Asking the nodes for sharded tables…"));
    } else if (watch_.answering() == nullptr && !problems.empty()) {
        empty_->setMessage("error", QString::fromStdString(problems.front().second.message),
                           QString::fromStdString(problems.front().second.hint), EmptyState::Tone::kError);
        empty_->setAction(tr("Retry"));
    } else {
        empty_->setMessage("table", tr("No table of this mesh is sharded"),
                           tr("A sharded table has its rows at several nodes, and every node shows it as one"));
        empty_->setAction(watch_.answering() != nullptr ? tr("New sharded table…") : QString());
    }
}

void ShardsView::fillTables() {
    const auto& tables = watch_.picture().tables;
    QTreeWidgetItem* root = tables_->invisibleRootItem();
    bool has_more = false;
    for (int row = 0; row < static_cast<int>(tables.size()); ++row) {
        const app::ShardedTableState& table = tables[static_cast<std::size_t>(row)];
        const bool is_new = row >= root->childCount();
        QTreeWidgetItem* item = rowOf(root, row);
        fillTable(item, table);
        for (int shard = 0; shard < static_cast<int>(table.shards.size()); ++shard) {
            const app::ShardState& state = table.shards[static_cast<std::size_t>(shard)];
            fillShard(rowOf(item, shard), table, state);
            has_more = has_more || !state.more.empty();
        }
        while (item->childCount() > static_cast<int>(table.shards.size())) {
            delete item->takeChild(item->childCount() - 1);
        }
        if (is_new) {
            item->setExpanded(true);
        }
    }
    while (root->childCount() > static_cast<int>(tables.size())) {
        delete root->takeChild(root->childCount() - 1);
    }
    tables_->setColumnHidden(kMore, !has_more);
    fitFactsColumns(tables_);
    if (tables_->currentItem() == nullptr && root->childCount() > 0) {
        tables_->setCurrentItem(root->child(0));
    }
}

void ShardsView::fillTable(QTreeWidgetItem* item, const app::ShardedTableState& table) {
    std::set<QString> nodes;
    double rows = 0;
    int known = 0;
    int reading = 0;
    int moving = 0;
    for (const app::ShardState& shard : table.shards) {
        nodes.insert(shard.node);
        rows += shard.rows.value_or(0);
        known += shard.rows ? 1 : 0;
        reading += shard.reading.value_or(0);
        moving += shard.move && !shard.move->isOver() ? 1 : 0;
    }
    const bool is_known = known == static_cast<int>(table.shards.size());
    item->setText(kName, table.name);
    QFont bold = tables_->font();
    bold.setWeight(QFont::DemiBold);
    item->setFont(kName, bold);
    item->setIcon(kName, icon("table", currentTheme().accent));
    QString way = QStringLiteral("%1 (%2)").arg(table.method, table.shard_by.join(QStringLiteral(", ")));
    if (!table.key.isEmpty()) {
        way += tr(" · key %1").arg(table.key.join(QStringLiteral(", ")));
    }
    item->setText(kRowsOf, way);
    item->setText(kPlace, tr("nodes: %1").arg(nodes.size()));
    item->setText(kRows, is_known ? app::roughCount(rows) : QString());
    item->setText(kInUse, reading > 0 ? tr("reading now: %1").arg(reading) : QString());
    item->setText(kState, moving > 0 ? tr("on the way: %1").arg(moving) : QString());
    item->setData(kState, ShardDelegate::kShareRole, {});
    QStringList facts = {tr("Version %1 of the map").arg(table.version)};
    facts += table.readers ? tr("May read: %1").arg(table.readers->join(QStringLiteral(", ")))
                           : tr("May read: whoever may read what a node imports");
    facts += table.writers.isEmpty() ? tr("May change: nobody")
                                     : tr("May change: %1").arg(table.writers.join(QStringLiteral(", ")));
    item->setToolTip(kName, facts.join(QLatin1Char('\n')));
    item->setData(kName, kTableRole, table.name);
    item->setData(kName, kShardRole, -1);
    for (int column = kRowsOf; column < kColumnCount; ++column) {
        item->setForeground(column, currentTheme().muted_text);
    }
}

void ShardsView::fillShard(QTreeWidgetItem* item, const app::ShardedTableState& table, const app::ShardState& shard) {
    const Theme& theme = currentTheme();
    item->setText(kName, tr("shard %1").arg(shard.number));
    item->setIcon(kName, icon("dot", shard.reading.value_or(0) > 0 ? theme.accent : theme.muted_text));
    item->setText(kRowsOf, shard.rows_of);
    item->setToolTip(kRowsOf, shard.rows_of);
    item->setText(kPlace, shard.at());
    item->setToolTip(kPlace, shard.source.isEmpty() ? QString() : tr("Source %1 of %2").arg(shard.source, shard.node));
    const auto counted = counted_.find(shard.at());
    item->setToolTip(kRows, shard.bytes
                                ? tr("About %1").arg(QLocale().formattedDataSize(static_cast<qint64>(*shard.bytes)))
                                : QString());
    item->setText(kRows, counting_.contains(shard.at()) ? tr("counting…")
                         : counted != counted_.end()    ? QLocale().toString(counted->second)
                                                        : app::roughCount(shard.rows));
    QStringList use;
    if (shard.reading.value_or(0) > 0) {
        use += tr("reading now: %1").arg(*shard.reading);
    }
    if (const QString hour = hourText(shard); !hour.isEmpty()) {
        use += hour;
    }
    item->setText(kInUse, use.join(QStringLiteral(" · ")));
    item->setText(kState, {});
    item->setToolTip(kState, {});
    item->setData(kState, ShardDelegate::kShareRole, {});
    if (shard.move) {
        const bool is_known = !shard.move->isOver() && shard.rows && *shard.rows > 0;
        const double share = is_known ? std::min(1.0, static_cast<double>(shard.move->rows_copied) / *shard.rows) : -1;
        item->setText(kState, moveText(*shard.move));
        item->setToolTip(kState,
                         shard.move->problem.isEmpty() ? moveTip(*shard.move) : app::sentenceOf(shard.move->problem));
        item->setData(kState, ShardDelegate::kShareRole,
                      shard.move->isOver() || shard.move->state == QLatin1String("waiting") ? QVariant() : share);
    }
    item->setForeground(kState, shard.move && !shard.move->problem.isEmpty() ? theme.warning : theme.text);
    QStringList more;
    for (const auto& [name, value] : shard.more) {
        more += QStringLiteral("%1: %2").arg(name, value);
    }
    item->setText(kMore, more.join(QStringLiteral(" · ")));
    item->setToolTip(kMore, more.join(QLatin1Char('\n')));
    item->setData(kName, kTableRole, table.name);
    item->setData(kName, kShardRole, shard.number);
}

void ShardsView::fillNodes() {
    QList<QStringList> rows;
    for (const app::ShardNodeState& node : watch_.picture().nodes) {
        const QString shards = node.shards ? QString::number(*node.shards) : QString();
        rows +=
            QStringList{node.node, QString::number(node.version),
                        node.is_drained ? tr("%1 · gets no more").arg(shards) : shards, app::sentenceOf(node.problem)};
    }
    fillFactsTable(nodes_, rows);
    auto* model = qobject_cast<QStandardItemModel*>(nodes_->model());
    for (int row = 0; row < model->rowCount(); ++row) {
        const bool is_fine = watch_.picture().nodes[static_cast<std::size_t>(row)].problem.isEmpty();
        model->item(row)->setIcon(icon("dot", is_fine ? currentTheme().success : currentTheme().warning));
        model->item(row, 3)->setForeground(currentTheme().warning);
    }
    // The dots want room, too.
    fitFactsColumns(nodes_);
}

/// How busy the shard's source was, which may hold other tables, too.
QString ShardsView::hourText(const app::ShardState& shard) const {
    for (const app::NodeState& node : mesh_.nodes()) {
        if (node.name != shard.node) {
            continue;
        }
        for (const app::ServerTraffic& traffic : node.traffic) {
            if (traffic.server == shard.source && traffic.statements > 0) {
                return tr("%1: %2/h").arg(shard.source, app::compactCount(static_cast<double>(traffic.statements)));
            }
        }
    }
    return {};
}

const app::ShardedTableState* ShardsView::currentTable() const {
    const QTreeWidgetItem* item = tables_->currentItem();
    return item == nullptr ? nullptr : watch_.picture().find(item->data(kName, kTableRole).toString());
}

const app::ShardState* ShardsView::currentShard() const {
    const app::ShardedTableState* table = currentTable();
    const QTreeWidgetItem* item = tables_->currentItem();
    if (table == nullptr) {
        return nullptr;
    }
    const auto found = std::find_if(table->shards.begin(), table->shards.end(), [&](const app::ShardState& shard) {
        return shard.number == item->data(kName, kShardRole).toInt();
    });
    return found == table->shards.end() ? nullptr : &*found;
}

const app::ShardNodeState* ShardsView::currentNode() const {
    const auto& nodes = watch_.picture().nodes;
    const int row = nodes_->currentIndex().row();
    return row < 0 || row >= static_cast<int>(nodes.size()) ? nullptr : &nodes[static_cast<std::size_t>(row)];
}

QString ShardsView::whyNotMoved() const {
    const app::ShardState* shard = currentShard();
    return shard == nullptr ? tr("Choose a shard first")
           : currentTable()->key.isEmpty()
               ? tr("The table has no key, so that its rows can not be told apart and not be moved")
           : shard->move && !shard->move->isOver() ? tr("The shard is on its way")
                                                   : QString();
}

QString ShardsView::whyNotSplit() const {
    if (QString why = whyNotMoved(); !why.isEmpty()) {
        return why;
    }
    const auto& more = currentShard()->more;
    const bool has_replicas =
        std::any_of(more.begin(), more.end(), [](const auto& fact) { return fact.first == QLatin1String("replicas"); });
    return currentTable()->method == QLatin1String("reference") ? tr("Every node has all rows of such a table")
           : has_replicas                                       ? tr("The shard has replicas: drop them first")
                                                                : QString();
}

void ShardsView::updateButtons() {
    const app::ShardedTableState* table = currentTable();
    const app::ShardState* shard = currentShard();
    const bool may_change = watch_.answering() != nullptr && !change_.isRunning();
    const auto offer = [&](QPushButton* button, const QString& why_not, const QString& what) {
        button->setEnabled(may_change && why_not.isEmpty());
        button->setToolTip(why_not.isEmpty() ? what : why_not);
    };
    offer(move_, whyNotMoved(), tr("To an empty table of another node, while it is read and written"));
    offer(split_, whyNotSplit(), tr("Makes two shards of one, while it is read and written"));
    const QString not_moving = shard != nullptr && shard->move && shard->move->state != QLatin1String("keeping")
                                   ? QString()
                                   : tr("Choose a shard that is on its way");
    // One in place of the other: the bar has no room for both.
    pace_->setVisible(not_moving.isEmpty());
    move_->setVisible(!not_moving.isEmpty());
    offer(pace_, not_moving, tr("How many rows a second it may move from now on"));
    offer(cancel_, not_moving, tr("It stays where it is"));
    count_->setEnabled(table != nullptr);
    drop_->setEnabled(may_change && table != nullptr);
    new_->setEnabled(may_change);
    updateNodeButtons();
}

void ShardsView::updateNodeButtons() {
    const auto& nodes = watch_.picture().nodes;
    const app::ShardNodeState* node = currentNode();
    const bool may_change = watch_.answering() != nullptr && !change_.isRunning();
    const QString alone = nodes.size() < 2 ? tr("There is no other node that serves the shard map") : QString();
    const bool is_drained = node != nullptr && node->is_drained;
    rebalance_->setEnabled(may_change && alone.isEmpty());
    rebalance_->setToolTip(alone.isEmpty() ? tr("Shows what would move until all nodes have about as much") : alone);
    drain_->setText(is_drained ? tr("Let it have shards again") : tr("Drain node…"));
    drain_->setEnabled(may_change && node != nullptr && (is_drained || alone.isEmpty()));
    drain_->setToolTip(node == nullptr    ? tr("Choose a node first")
                       : is_drained       ? tr("It is drained: it gets no shards")
                       : !alone.isEmpty() ? alone
                                          : tr("Shows what would move to other nodes"));
}

void ShardsView::note(const QString& text, bool is_problem) {
    note_->setNote(text, is_problem ? NoteLabel::Tone::kError : NoteLabel::Tone::kMuted);
}

}  // namespace tessera::workbench
