#pragma once

/// What a node's catalogs say of one table, view or foreign table: read by one statement (tableFactsRequest()), whose
/// rows readTableFacts() understands. Values. And statements written from it, for the editor. Nothing here runs one.

#include "app/core/catalog/catalog_model.h"
#include "app/core/results/result_store.h"
#include "nodeservice/client/node_client.h"

#include <QDateTime>
#include <QString>
#include <optional>
#include <utility>
#include <vector>

namespace tessera::app {

struct TableFacts {
    using Options = std::vector<std::pair<QString, QString>>;

    struct Column {
        QString name;
        QString type;
        QString default_expression;
        QString comment;
        /// In the primary key, or in what stands for one at a foreign table; else 0.
        int key_position = 0;
        bool is_not_null = false;
        /// Identity or generated: nobody gives its value.
        bool is_generated = false;
        /// How many values it has, by the statistics; negative: their part of the rows.
        std::optional<double> distinct;
        /// Of a foreign table's column.
        Options options;
    };

    /// A constraint or an index.
    struct Key {
        QString name;
        QString kind;
        QString definition;
    };

    struct Grant {
        /// Empty: everybody.
        QString grantee;
        QString privileges;
    };

    QString node;
    QString schema;
    QString name;
    CatalogKind kind = CatalogKind::kTable;
    QString owner;
    QString comment;
    /// Does it belong to a role of the person's?
    bool may_comment = false;
    /// The foreign server; empty for what is local.
    QString server;
    /// The planner's estimate; none where nothing was counted yet.
    std::optional<double> rows;
    /// On the node's disk, with indexes.
    std::optional<qint64> bytes;
    /// When the estimates are of; invalid: not known.
    QDateTime analyzed;
    /// Of a view: its query.
    QString definition;
    Options options;
    std::vector<Column> columns;
    std::vector<Key> keys;
    std::vector<Grant> grants;
};

client::QueryRequest tableFactsRequest(const CatalogModel::TablePlace& place);

/// None when the table is not there (any more).
std::optional<TableFacts> readTableFacts(const CatalogModel::TablePlace& place, const ResultStore& store);

/// All columns by name, some rows.
QString selectStatement(const TableFacts& facts);
/// With a parameter for each column that takes a value.
QString insertStatement(const TableFacts& facts);
/// Sets the comment of the table, or of a column of it; an empty text takes it away.
QString commentStatement(const TableFacts& facts, const QString& column, const QString& text);
/// What makes a foreign table like it: for a foreign table itself with its own server and options, else for another
/// node that has this one as a server, under a name to be filled in.
QString foreignTableStatement(const TableFacts& facts);

}  // namespace tessera::app
