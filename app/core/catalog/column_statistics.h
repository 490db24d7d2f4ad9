#pragma once

/// What is known of a table's columns: how many NULLs and different values, the least, the greatest, the most common.
/// By PostgreSQL's statistics, which cost nothing and may be old or missing; or by reading the table. Values; nothing
/// here runs a statement.

#include "app/core/catalog/table_facts.h"
#include "app/core/session/rows_query.h"

#include <QString>
#include <optional>
#include <utility>
#include <vector>

namespace tessera::app {

struct ColumnStatistics {
    QString column;
    /// Of all rows, from 0 to 1.
    std::optional<double> null_share;
    /// Different values; negative: their part of the rows, as PostgreSQL has it.
    std::optional<double> distinct;
    /// Null where there is none, or the type has no order.
    QString least;
    QString greatest;

    struct Common {
        QString value;
        /// Of all rows.
        double share = 0;
    };

    std::vector<Common> common;
};

/// What pg_stats has, which is of columns that the person may read.
client::QueryRequest keptStatisticsRequest(const CatalogModel::TablePlace& place);
std::vector<ColumnStatistics> readKeptStatistics(const RowsQuery::Rows& rows);

/// Can it be compared, so that values are counted and ordered?
bool isOrdered(const QString& type);

/// One statement that reads the table once; its row is read with the same facts.
client::QueryRequest countedStatisticsRequest(const TableFacts& facts);

struct CountedStatistics {
    double rows = 0;
    std::vector<ColumnStatistics> columns;
};

std::optional<CountedStatistics> readCountedStatistics(const TableFacts& facts, const RowsQuery::Rows& rows);

/// The most common values of one column, by reading it.
client::QueryRequest commonValuesRequest(const TableFacts& facts, const QString& column);
/// `rows`: of the table.
std::vector<ColumnStatistics::Common> readCommonValues(const RowsQuery::Rows& found, double rows);

}  // namespace tessera::app
