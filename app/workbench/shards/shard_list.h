// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

/// The shards of a table that is about to be declared, in their order, with the bounds of each written in its cells: F2
/// or typing begins, Delete takes a shard away, Alt with an arrow moves it. GUI thread.

#include "app/core/shards/new_sharded_table.h"

#include <QTreeWidget>
#include <vector>

namespace tessera::workbench {

class ShardList : public QTreeWidget {
    Q_OBJECT

  public:
    using Method = app::NewShardedTable::Method;
    using Shard = app::NewShardedTable::Shard;

    explicit ShardList(QWidget* parent = nullptr);

    const std::vector<Shard>& shards() const { return shards_; }

    void add(const QString& node, const QString& place);
    void setMethod(Method method);
    /// What is wrong with each, by its number; others are right.
    void setProblems(const std::vector<app::ShardingProblem>& problems);

  Q_SIGNALS:
    void changed();

  private:
    void showAll();
    void onItemChanged(QTreeWidgetItem* item, int column);
    void removeCurrent();
    void moveCurrent(int by);

    Method method_ = Method::kHash;
    std::vector<Shard> shards_;
};

}  // namespace tessera::workbench
