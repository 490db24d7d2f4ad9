#pragma once

/// Sharded tables as nodes tell of them: which there are, which rows each shard has and where, how much that is, what
/// moves. One statement (shardMapRequest()) asks a node; what all nodes say is one picture (shardPicture()). And the
/// statements that change it. Values; nothing here runs one.

#include "app/core/session/rows_query.h"

#include <QString>
#include <QStringList>
#include <optional>
#include <utility>
#include <vector>

namespace tessera::app {

/// A shard on its way, or what is left of it where it was.
struct MovingShard {
    QString from;
    QString to;
    /// "waiting", "copying", "switching"; of what is left behind "deleting" and "keeping".
    QString state;
    qint64 rows_copied = 0;
    qint64 rows_deleted = 0;
    qint64 rows_per_second = 0;
    /// What keeps it, or why it was begun anew.
    QString problem;

    /// It is at its new place.
    bool isOver() const { return state == QLatin1String("deleting") || state == QLatin1String("keeping"); }
};

struct ShardState {
    int number = 0;
    /// "hash 0 of 3", "from A to before M"
    QString rows_of;
    QString node;
    /// "crm.orders"
    QString place;
    qint64 epoch = 0;
    /// About how many, by what its node tells the store, or by its statistics; none where nothing was counted yet.
    std::optional<double> rows;
    std::optional<double> bytes;
    /// Statements that have it open there; none where the node has not said.
    std::optional<int> reading;
    /// Of its node; empty when not known.
    QString source;
    std::optional<MovingShard> move;
    /// What else the node says of it, name and value, for columns that this program does not know.
    std::vector<std::pair<QString, QString>> more;

    /// "a/crm.orders"
    QString at() const { return node + QLatin1Char('/') + place; }
};

struct ShardedTableState {
    QString name;
    /// "hash", "range", "list"
    QString method;
    QStringList shard_by;
    QStringList key;
    std::optional<QStringList> readers;
    QStringList writers;
    qint64 version = 0;
    std::vector<ShardState> shards;
};

/// Which version of the map a node serves.
struct ShardNodeState {
    QString node;
    qint64 version = 0;
    QString problem;
    std::optional<int> shards;
    /// It gets no more of them.
    bool is_drained = false;
};

/// What one node says. It knows sizes of what it has itself alone.
struct ShardAnswer {
    struct Here {
        QString place;
        std::optional<double> rows;
        int reading = 0;
        QString source;
    };

    std::vector<ShardedTableState> tables;
    std::vector<ShardNodeState> nodes;
    std::vector<Here> here;
};

struct ShardPicture {
    std::vector<ShardedTableState> tables;
    std::vector<ShardNodeState> nodes;

    bool isMoving() const;
    const ShardedTableState* find(const QString& table) const;
};

client::QueryRequest shardMapRequest();
ShardAnswer readShardAnswer(const RowsQuery::Rows& rows);

/// Each answer with the name of who gave it. Of nodes that hold one store, the one that knows the newest map counts.
ShardPicture shardPicture(const std::vector<std::pair<QString, ShardAnswer>>& answers);

struct ShardMoveOrder {
    QString table;
    int shard = 0;
    /// "c/crm.orders"
    QString to;
    /// 0: as fast as it goes.
    int rows_per_second = 0;
    /// Are the rows at its old place kept? Else they are deleted behind the move.
    bool keeps_old = false;
};

/// The statement for people to read; moveShardRequest() runs the same. It has only begun when that is answered.
QString moveShardStatement(const ShardMoveOrder& order);
client::QueryRequest moveShardRequest(const ShardMoveOrder& order);
/// How fast a move goes from now on, or the deletion of the rows that it has left behind; 0: as fast as it goes.
QString movePaceStatement(const QString& table, int shard, int rows_per_second);
client::QueryRequest movePaceRequest(const QString& table, int shard, int rows_per_second);
client::QueryRequest cancelMoveRequest(const QString& table, int shard);
/// Out of the mesh; rows stay where they are.
client::QueryRequest dropShardedTableRequest(const QString& table);
/// To be asked of the node that has it: one row with one number.
client::QueryRequest countRowsRequest(const QString& place);

/// A table of a source, where a shard may lie.
struct ShardPlace {
    QString schema;
    QString table;
    QString source;
    std::optional<double> rows;

    QString text() const { return schema + QLatin1Char('.') + table; }
};

/// To be asked of the node that is to have the shard.
client::QueryRequest shardPlacesRequest();
std::vector<ShardPlace> readShardPlaces(const RowsQuery::Rows& rows);

/// "≈ 1.2M"; empty when not known.
QString roughCount(const std::optional<double>& rows);

/// With a capital, unless it begins with a place ("a/crm.orders"); an error's hint on a line of its own.
QString sentenceOf(const QString& text);
QString sentenceOf(const Error& error);

}  // namespace tessera::app
