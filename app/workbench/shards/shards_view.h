// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

/// Sharded tables with their shards: which rows, where, how much, who has them open, what moves and how far it is;
/// which nodes serve the map. Shards are moved, moves ended, tables declared and dropped from here, as the person
/// themself: the node decides whether they may. Asks the nodes while it is looked at, and only then. GUI thread.

#include "app/core/activity/mesh_watch.h"
#include "app/core/shards/shard_plan.h"
#include "app/core/shards/shards_watch.h"

#include <QWidget>
#include <map>
#include <memory>
#include <utility>

class QPushButton;
class QStackedWidget;
class QTreeView;
class QTreeWidget;
class QTreeWidgetItem;

namespace tessera::workbench {

class EmptyState;
class NoteLabel;

class ShardsView : public QWidget {
    Q_OBJECT

  public:
    /// `mesh`: says how busy the shards' sources are, for who may know; outlives the view.
    explicit ShardsView(const app::MeshWatch& mesh, QWidget* parent = nullptr);

    void setMesh(std::shared_ptr<const app::Mesh> mesh);
    void refresh();

    app::ShardsWatch& watch() { return watch_; }

    /// Opens the window that declares one, as soon as a node has answered.
    void declareTable();

  Q_SIGNALS:
    /// The person wants this text in the editor.
    void queryRequested(const QString& node, const QString& sql);

  protected:
    void showEvent(QShowEvent* event) override;
    void hideEvent(QHideEvent* event) override;
    void changeEvent(QEvent* event) override;

  private:
    QWidget* buildBar();
    QWidget* buildTables();
    QWidget* buildNodes();
    void showState();
    void showNothing();
    /// That they are there.
    void noteArrivals();
    void fillTables();
    void fillTable(QTreeWidgetItem* item, const app::ShardedTableState& table);
    void fillShard(QTreeWidgetItem* item, const app::ShardedTableState& table, const app::ShardState& shard);
    void fillNodes();
    void updateButtons();
    void updateNodeButtons();
    /// What is chosen; null where nothing is, or no shard.
    const app::ShardedTableState* currentTable() const;
    const app::ShardState* currentShard() const;
    const app::ShardNodeState* currentNode() const;
    /// Why the chosen shard can not be moved, or split; empty where it can.
    QString whyNotMoved() const;
    QString whyNotSplit() const;
    QString hourText(const app::ShardState& shard) const;

    void move();
    void split();
    /// Of that table and those sharded alike; empty: of all.
    void rebalance(const QString& table);
    /// The chosen node gets no more shards; or some again.
    void drain();
    void plan(app::ShardsOrder order);
    /// Of the chosen shard, which is on its way.
    void setPace();
    void cancelMove();
    void countRows();
    void drop();
    void run(client::QueryRequest request, const QString& done);
    void note(const QString& text, bool is_problem);

    const app::MeshWatch& mesh_;
    app::ShardsWatch watch_;
    app::RowsQuery change_;
    /// Counts of rows that were asked for, by place.
    std::map<QString, qint64> counted_;
    std::map<QString, std::unique_ptr<app::RowsQuery>> counting_;
    /// Where shards go that were sent from here, by table and number.
    std::map<std::pair<QString, int>, QString> sent_;

    NoteLabel* summary_ = nullptr;
    QPushButton* new_ = nullptr;
    QPushButton* move_ = nullptr;
    QPushButton* split_ = nullptr;
    QPushButton* pace_ = nullptr;
    QPushButton* cancel_ = nullptr;
    QPushButton* rebalance_ = nullptr;
    QPushButton* drain_ = nullptr;
    QPushButton* count_ = nullptr;
    QPushButton* drop_ = nullptr;
    QStackedWidget* stack_;
    EmptyState* empty_;
    QTreeWidget* tables_ = nullptr;
    QTreeView* nodes_ = nullptr;
    NoteLabel* note_;
};

}  // namespace tessera::workbench
