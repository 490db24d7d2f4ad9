#include "app/core/catalog/column_statistics.h"

#include <QStringList>
#include <algorithm>

namespace tessera::app {

namespace {

constexpr int kCommonValues = 5;
constexpr int kLongestValue = 200;
constexpr QChar kUnitSeparator(0x1F);

// Bounds are those of the histogram and of the most common values together: a value is in one of the two. Their order
// is the type's own only within the histogram, so that a least value among the common ones stands by itself.
constexpr const char* kKeptStatement = R"sql(
SELECT s.attname::text, s.null_frac::text, s.n_distinct::text,
       left((s.histogram_bounds::text::text[])[1], 200),
       left((s.histogram_bounds::text::text[])[pg_catalog.array_upper(s.histogram_bounds::text::text[], 1)], 200),
       (SELECT pg_catalog.string_agg(left(v.value, 200) || chr(31) || v.share::text, chr(31) ORDER BY v.place)
          FROM ROWS FROM (unnest(s.most_common_vals::text::text[]), unnest(s.most_common_freqs))
               WITH ORDINALITY AS v(value, share, place) WHERE v.place <= 5)
  FROM pg_catalog.pg_stats s
 WHERE s.schemaname = $1 AND s.tablename = $2
   AND s.inherited = (SELECT pg_catalog.bool_and(i.inherited) FROM pg_catalog.pg_stats i
                       WHERE i.schemaname = $1 AND i.tablename = $2)
 ORDER BY s.attname)sql";

std::optional<double> number(const QString& text) {
    bool is_number = false;
    const double value = text.toDouble(&is_number);
    return is_number ? std::optional(value) : std::nullopt;
}

}  // namespace

client::QueryRequest keptStatisticsRequest(const CatalogModel::TablePlace& place) {
    return {.sql = kKeptStatement,
            .parameters = {{place.schema.toStdString(), "text"}, {place.table.toStdString(), "text"}}};
}

std::vector<ColumnStatistics> readKeptStatistics(const RowsQuery::Rows& rows) {
    std::vector<ColumnStatistics> read;
    for (const RowsQuery::Row& row : rows) {
        if (row.size() != 6) {
            continue;
        }
        ColumnStatistics column{row[0], number(row[1]), number(row[2]), row[3], row[4], {}};
        if (column.distinct == 0.0) {
            column.distinct.reset();
        }
        const QStringList common = row[5].isEmpty() ? QStringList() : row[5].split(kUnitSeparator);
        for (qsizetype i = 0; i + 1 < common.size(); i += 2) {
            column.common.push_back({common[i], number(common[i + 1]).value_or(0)});
        }
        read.push_back(std::move(column));
    }
    return read;
}

bool isOrdered(const QString& type) {
    static const QStringList kTypes = {
        QStringLiteral("smallint"),  QStringLiteral("integer"), QStringLiteral("bigint"),
        QStringLiteral("numeric"),   QStringLiteral("real"),    QStringLiteral("double precision"),
        QStringLiteral("text"),      QStringLiteral("date"),    QStringLiteral("character varying"),
        QStringLiteral("character"), QStringLiteral("time"),    QStringLiteral("timestamp"),
        QStringLiteral("interval"),  QStringLiteral("oid"),     QStringLiteral("money")};
    const QString plain = type.section(QLatin1Char('('), 0, 0).section(QLatin1String(" with"), 0, 0).trimmed();
    return !type.endsWith(QLatin1String("[]")) && kTypes.contains(plain);
}

client::QueryRequest countedStatisticsRequest(const TableFacts& facts) {
    QStringList asked{QStringLiteral("count(*)::text")};
    for (const TableFacts::Column& column : facts.columns) {
        const QString name = identifier(column.name);
        asked += QStringLiteral("count(%1)::text").arg(name);
        if (isOrdered(column.type)) {
            asked += QStringLiteral("count(DISTINCT %1)::text").arg(name);
            asked += QStringLiteral("left(min(%1)::text, %2)").arg(name).arg(kLongestValue);
            asked += QStringLiteral("left(max(%1)::text, %2)").arg(name).arg(kLongestValue);
        }
    }
    const QString sql = QStringLiteral("SELECT %1\nFROM %2")
                            .arg(asked.join(QStringLiteral(", ")), qualifiedName(facts.schema, facts.name));
    return {.sql = sql.toStdString(), .parameters = {}};
}

std::optional<CountedStatistics> readCountedStatistics(const TableFacts& facts, const RowsQuery::Rows& rows) {
    std::size_t wanted = 1;
    for (const TableFacts::Column& column : facts.columns) {
        wanted += isOrdered(column.type) ? 4 : 1;
    }
    if (rows.size() != 1 || rows.front().size() != wanted) {
        return std::nullopt;
    }
    const RowsQuery::Row& row = rows.front();
    CountedStatistics counted;
    counted.rows = row[0].toDouble();
    std::size_t at = 1;
    for (const TableFacts::Column& column : facts.columns) {
        ColumnStatistics statistics;
        statistics.column = column.name;
        const double values = row[at++].toDouble();
        statistics.null_share = counted.rows > 0 ? std::optional((counted.rows - values) / counted.rows) : std::nullopt;
        if (isOrdered(column.type)) {
            statistics.distinct = row[at].toDouble();
            statistics.least = row[at + 1];
            statistics.greatest = row[at + 2];
            at += 3;
        }
        counted.columns.push_back(std::move(statistics));
    }
    return counted;
}

client::QueryRequest commonValuesRequest(const TableFacts& facts, const QString& column) {
    const QString sql = QStringLiteral(
                            "SELECT left(%1::text, %2), count(*)::text\nFROM %3\nWHERE %1 IS NOT NULL\n"
                            "GROUP BY %1 ORDER BY count(*) DESC, 1 LIMIT %4")
                            .arg(identifier(column))
                            .arg(kLongestValue)
                            .arg(qualifiedName(facts.schema, facts.name))
                            .arg(kCommonValues);
    return {.sql = sql.toStdString(), .parameters = {}};
}

std::vector<ColumnStatistics::Common> readCommonValues(const RowsQuery::Rows& found, double rows) {
    std::vector<ColumnStatistics::Common> common;
    for (const RowsQuery::Row& row : found) {
        if (row.size() == 2 && rows > 0) {
            common.push_back({row[0], row[1].toDouble() / rows});
        }
    }
    return common;
}

}  // namespace tessera::app
