#pragma once

/// Many shards at once: what a rebalancing or the draining of a node would move, as a node plans it, and the statements
/// that do it; and the splitting of one. Values; nothing here runs one.

#include "app/core/session/rows_query.h"

#include <QString>
#include <QStringList>
#include <optional>
#include <vector>

namespace tessera::app {

/// What is to be done with many shards.
struct ShardsOrder {
    enum class Kind { kRebalance, kDrain };

    Kind kind = Kind::kRebalance;
    /// Of kRebalance: this table and those that are sharded alike; empty: all.
    QString table;
    /// Of kDrain.
    QString node;
    /// Of each move; 0: as fast as it goes.
    int rows_per_second = 0;
    bool keeps_old = false;
};

enum class PlanRun { kDry, kReal };

/// The statement for people to read; shardPlanRequest() does the same.
QString shardPlanStatement(const ShardsOrder& order);
/// `kDry` only asks what would move.
client::QueryRequest shardPlanRequest(const ShardsOrder& order, PlanRun run);

struct PlannedShardMove {
    QString table;
    int shard = 0;
    /// "a/crm.orders"
    QString from;
    QString to;
    /// About how much; none where nothing was counted yet.
    std::optional<double> rows;
    std::optional<double> bytes;
    std::optional<double> seconds;
};

struct ShardPlan {
    std::vector<PlannedShardMove> moves;
    /// What stays where it is although it should move, and why.
    QStringList problems;
};

Result<ShardPlan> readShardPlan(const RowsQuery::Rows& rows);

/// That a drained node gets shards again.
client::QueryRequest undrainRequest(const QString& node);

/// One shard becomes two. By hash nothing but the shard is said; by range `at`, by list `values`; of a default shard by
/// range `from` and `to`.
struct ShardSplitOrder {
    QString table;
    int shard = 0;
    QStringList at;
    QStringList values;
    QStringList from;
    QStringList to;
    /// Where both will lie; empty: where the shard is.
    QString node;
    int rows_per_second = 0;
};

QString splitShardStatement(const ShardSplitOrder& order);
client::QueryRequest splitShardRequest(const ShardSplitOrder& order);

}  // namespace tessera::app
