#pragma once

/// A sharded table that a person is about to declare, as fields have it: as the file of `tessera mesh apply`, as the
/// statements that try it out and declare it, and what is wrong with it, field by field. Values; nothing here runs one.

#include "app/core/session/rows_query.h"

#include <QString>
#include <QStringList>
#include <utility>
#include <vector>

namespace tessera::app {

struct NewShardedTable {
    enum class Method { kHash, kRange, kList };

    struct Shard {
        QString node;
        /// "crm.orders"
        QString place;
        /// A value for each of shard_by; empty: open.
        QStringList from;
        QStringList to;
        QStringList values;
        bool is_default = false;

        QString at() const { return node + QLatin1Char('/') + place; }
    };

    /// "sales.orders"
    QString name;
    Method method = Method::kHash;
    QStringList shard_by;
    QStringList key;
    /// Empty: whoever may read what a node imports.
    QStringList readers;
    /// Empty: nobody.
    QStringList writers;
    bool checks_rows = true;
    std::vector<Shard> shards;
};

/// Where a problem belongs.
struct ShardingProblem {
    enum class Field { kName, kShardBy, kKey, kRights, kShards, kOther };

    Field field = Field::kOther;
    /// Of kShards: its number, or -1: of them together.
    int shard = -1;
    QString text;
};

/// The file, and for each of its lines to what it belongs.
struct ShardingFile {
    QString text;
    std::vector<std::pair<ShardingProblem::Field, int>> lines;
};

ShardingFile shardingFile(const NewShardedTable& table);

/// What is missing or can be seen to be wrong without a node.
std::vector<ShardingProblem> missingOf(const NewShardedTable& table);

/// What a node said against the file, each where it belongs.
std::vector<ShardingProblem> problemsOf(const Error& error, const ShardingFile& file, const NewShardedTable& table);

/// The statement that declares it, for people to read; it is what declareRequest() runs.
QString declareStatement(const QString& file);
client::QueryRequest declareRequest(const QString& file);
/// Only says what is wrong with it.
client::QueryRequest tryShardingRequest(const QString& file);

struct PlaceColumn {
    QString name;
    QString type;
    bool is_key = false;
};

/// Of a table, at its node.
client::QueryRequest placeColumnsRequest(const QString& place);
std::vector<PlaceColumn> readPlaceColumns(const RowsQuery::Rows& rows);

/// "a, 'b, c', d" as three texts: commas between, one of which within quotes is part of the text.
QStringList splitValues(const QString& text);
QString joinValues(const QStringList& values);

}  // namespace tessera::app
