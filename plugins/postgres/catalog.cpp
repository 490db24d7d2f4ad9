#include "plugins/postgres/catalog.h"

#include "common/strings.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdlib>
#include <string_view>

namespace tessera::postgres_connector {

namespace {

/// $1 is the schema, $2 the table or NULL.
///
/// A domain is offered as the type it is based on. A type that is not in pg_catalog (an enum, a composite type, one of
/// an extension) need not exist on the host: it is offered as text, which it is cast to at the source.
constexpr const char* kListTables = R"(
WITH RECURSIVE base (type, base_type, base_modifier) AS (
    SELECT oid, oid, NULL::int4 FROM pg_type
  UNION ALL
    SELECT base.type, t.typbasetype, t.typtypmod FROM base JOIN pg_type t ON t.oid = base.base_type WHERE t.typtype = 'd'
)
SELECT c.relname, obj_description(c.oid, 'pg_class'), c.reltuples,
       a.attname, a.attnotnull, col_description(c.oid, a.attnum),
       format_type(base.base_type, coalesce(base.base_modifier, a.atttypmod)),
       tn.nspname = 'pg_catalog' AND t.typtype <> 'p',
       format_type(a.atttypid, a.atttypmod),
       coalesce(key.position, 0),
       coalesce(l.collisdeterministic, true),
       a.attgenerated <> '' OR a.attidentity = 'a',
       a.atthasdef OR a.attidentity <> ''
  FROM pg_class c
  JOIN pg_namespace n ON n.oid = c.relnamespace
  LEFT JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
  LEFT JOIN base ON base.type = a.atttypid
  LEFT JOIN pg_type t ON t.oid = base.base_type
  LEFT JOIN pg_namespace tn ON tn.oid = t.typnamespace
  LEFT JOIN pg_collation l ON l.oid = a.attcollation
  LEFT JOIN pg_index i ON i.indrelid = c.oid AND i.indisprimary
  LEFT JOIN LATERAL unnest(i.indkey::int2[]) WITH ORDINALITY key (attnum, position) ON key.attnum = a.attnum
 WHERE n.nspname = $1 AND c.relkind IN ('r', 'p', 'v', 'm', 'f')
   AND CASE WHEN $2::text IS NULL THEN NOT c.relispartition ELSE c.relname = $2 END
   AND (t.typtype IS NULL OR t.typtype <> 'd')
 ORDER BY c.relname, a.attnum)";

/// The columns of kListTables, in their order.
enum ListField {
    kTableName,
    kTableComment,
    kRowCount,
    kColumnName,
    kNotNull,
    kColumnComment,
    kBaseType,
    kBuiltIn,
    kRemoteType,
    kKeyPosition,
    kDeterministic,
    kGenerated,
    kHasDefault
};

constexpr const char* kHasSchema = "SELECT count(*) FROM pg_namespace WHERE nspname = $1";

/// Of a partitioned table: those of all its parts.
constexpr const char* kReadColumnStatistics = R"(
SELECT a.attname, s.null_frac, s.avg_width, s.n_distinct,
       CASE WHEN c.relkind NOT IN ('r', 'm', 'p') OR (c.relkind = 'r' AND c.relhassubclass) THEN 0
            WHEN EXISTS (SELECT FROM pg_index i JOIN pg_class x ON x.oid = i.indexrelid JOIN pg_am m ON m.oid = x.relam
                          WHERE i.indrelid = c.oid AND i.indkey[0] = a.attnum AND i.indisvalid AND i.indpred IS NULL
                            AND m.amname IN ('btree', 'hash')) THEN 1
            ELSE -1 END
  FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
  JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
  LEFT JOIN (SELECT DISTINCT ON (attname) * FROM pg_stats WHERE schemaname = $1 AND tablename = $2
              ORDER BY attname, inherited DESC) s ON s.attname = a.attname
 WHERE n.nspname = $1 AND c.relname = $2)";

constexpr const char* kReadStatistics = R"(
WITH RECURSIVE tree (oid) AS (
    SELECT c.oid FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname = $1 AND c.relname = $2
  UNION
    SELECT inhrelid FROM pg_inherits JOIN tree ON inhparent = tree.oid
), part AS (
    SELECT c.reltuples, c.relpages, c.relkind, coalesce(pg_relation_size(c.oid), 0) AS bytes,
           current_setting('block_size')::float8 AS block_size
      FROM tree JOIN pg_class c ON c.oid = tree.oid WHERE c.relkind <> 'p'
)
SELECT CASE WHEN bool_and(reltuples >= 0 AND relkind <> 'v' AND (relpages > 0 OR bytes = 0 OR relkind = 'f'))
            THEN sum(CASE WHEN relkind = 'f' THEN reltuples
                          WHEN relpages > 0 THEN round(reltuples::float8 / relpages * (bytes / block_size))
                          ELSE 0 END) ELSE -1 END,
       CASE WHEN bool_and(relkind IN ('r', 'm')) THEN sum(bytes)::float8 ELSE -1 END,
       count(*), (SELECT count(*) FROM tree)
  FROM part)";

/// A node's shards (nodeservice/mesh). Of two nodes one serves a new version of the shard map before the other, which
/// then has the shard a moment later.
constexpr std::string_view kShards = "tessera_shard";
constexpr std::chrono::seconds kShardPatience{3};
constexpr const char* kPause = "SELECT pg_sleep(0.02)";

/// Scans of ctid ranges came with version 14.
constexpr const char* kCountPages = R"(
SELECT pg_relation_size(c.oid) / current_setting('block_size')::bigint
  FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace JOIN pg_am a ON a.oid = c.relam
 WHERE n.nspname = $1 AND c.relname = $2 AND c.relkind IN ('r', 'm') AND NOT c.relhassubclass AND a.amname = 'heap'
   AND current_setting('server_version_num')::int >= 140000)";

std::string text(const PGresult* result, int row, int field) {
    return PQgetvalue(result, row, field);
}

double number(const PGresult* result, int row, int field) {
    return std::strtod(PQgetvalue(result, row, field), nullptr);
}

bool isTrue(const PGresult* result, int row, int field) {
    return PQgetvalue(result, row, field)[0] == 't';
}

/// A table while its columns arrive.
struct Listing {
    sdk::Table table;
    std::vector<std::string> select_list;
    std::vector<std::string> as_text;      // columns whose type the host need not have
    std::vector<std::string> as_bytewise;  // columns whose collation calls different texts equal
};

void addColumn(const PGresult* result, int row, Listing& listing) {
    sdk::Column column;
    column.name = text(result, row, kColumnName);
    column.not_null = isTrue(result, row, kNotNull);
    column.comment = text(result, row, kColumnComment);
    column.key_position = static_cast<int>(number(result, row, kKeyPosition));
    column.options.emplace_back("column_name", column.name);
    if (column.key_position > 0) {
        column.options.emplace_back("key", "true");
    }
    if (isTrue(result, row, kGenerated)) {
        column.options.emplace_back("generated", "true");
    } else if (column.not_null && isTrue(result, row, kHasDefault)) {
        column.options.emplace_back("source_default", "true");
    }
    const std::string name = quoteIdentifier(column.name);
    if (!isTrue(result, row, kBuiltIn)) {
        column.pg_type = "text";
        listing.as_text.push_back(name + " (" + text(result, row, kRemoteType) + ")");
        listing.select_list.push_back(name + "::text AS " + name);
    } else if (!isTrue(result, row, kDeterministic)) {
        column.pg_type = text(result, row, kBaseType);
        listing.as_bytewise.push_back(name);
        listing.select_list.push_back(name + " COLLATE \"C\" AS " + name);
    } else {
        column.pg_type = text(result, row, kBaseType);
        listing.select_list.push_back(name);
    }
    listing.table.columns.push_back(std::move(column));
}

/// A table with columns that are read otherwise than they are is what a query gives, so that conditions see the same.
sdk::Table finishTable(Listing listing, const std::string& schema) {
    sdk::Table& table = listing.table;
    table.options = {{"schema_name", schema}, {"table_name", table.name}};
    if (listing.as_text.empty() && listing.as_bytewise.empty()) {
        return std::move(table);
    }
    table.options.emplace_back("query", "SELECT " + join(listing.select_list, ", ") + " FROM " +
                                            quoteIdentifier(schema) + "." + quoteIdentifier(table.name));
    if (!listing.as_text.empty()) {
        table.skipped = "read as text: " + join(listing.as_text, ", ");
    }
    if (!listing.as_bytewise.empty()) {
        table.skipped += (table.skipped.empty() ? "" : "; ") +
                         std::string("compared bytewise, their collation is not ") +
                         "deterministic: " + join(listing.as_bytewise, ", ");
    }
    return std::move(table);
}

Result<> checkSchema(Connection& connection, const std::string& schema) {
    const std::array<const char*, 1> params = {schema.c_str()};
    const PgResult result = TSR_TRY(connection.run(kHasSchema, params));
    if (number(result.get(), 0, 0) > 0) {
        return {};
    }
    Error error = fail(ErrorCode::kNotFound, connection.source() + " has no schema '" + schema + "'",
                       "psql's \\dn lists the schemas of a database");
    error.sqlstate = "3F000";
    return error;
}

}  // namespace

Result<std::vector<sdk::Table>> listTables(Connection& connection, const std::string& schema,
                                           const std::optional<std::string>& table) {
    const std::array<const char*, 2> params = {schema.c_str(), table ? table->c_str() : nullptr};
    const PgResult result = TSR_TRY(connection.run(kListTables, params));
    const int rows = PQntuples(result.get());
    if (rows == 0) {
        TSR_TRY(checkSchema(connection, schema));
    }
    std::vector<sdk::Table> tables;
    for (int row = 0; row < rows;) {
        Listing listing;
        listing.table.name = text(result.get(), row, kTableName);
        listing.table.comment = text(result.get(), row, kTableComment);
        listing.table.row_count = std::max(number(result.get(), row, kRowCount), -1.0);
        for (; row < rows && text(result.get(), row, kTableName) == listing.table.name; ++row) {
            if (PQgetisnull(result.get(), row, kColumnName) == 0) {
                addColumn(result.get(), row, listing);
            }
        }
        tables.push_back(finishTable(std::move(listing), schema));
    }
    return tables;
}

Result<TsrStatistics> readStatistics(Connection& connection, const std::string& schema, const std::string& table) {
    constexpr int kRows = 0;
    constexpr int kBytes = 1;
    constexpr int kParts = 2;
    constexpr int kRelations = 3;
    const std::array<const char*, 2> params = {schema.c_str(), table.c_str()};
    PgResult result = TSR_TRY(connection.run(kReadStatistics, params));
    const bool is_shard = schema == kShards;
    // Within a transaction the snapshot is one of before, and looking again shows nothing new.
    const bool may_come = is_shard && PQtransactionStatus(connection.get()) == PQTRANS_IDLE;
    const auto deadline = Connection::Clock::now() + kShardPatience;
    while (may_come && number(result.get(), 0, kRelations) == 0 && Connection::Clock::now() < deadline) {
        TSR_TRY(connection.run(kPause, {}));
        result = TSR_TRY(connection.run(kReadStatistics, params));
    }
    if (number(result.get(), 0, kRelations) == 0 && is_shard) {
        Error error = fail(ErrorCode::kAborted, connection.source() + " does not serve the newest shard map yet",
                           "try again in a moment");
        error.sqlstate = "40001";
        return error;
    }
    if (number(result.get(), 0, kRelations) == 0) {
        Error error =
            fail(ErrorCode::kNotFound,
                 connection.source() + " has no table " + quoteIdentifier(schema) + "." + quoteIdentifier(table),
                 "correct the options schema_name and table_name, or import the schema again");
        error.sqlstate = "42P01";
        return error;
    }
    if (number(result.get(), 0, kParts) == 0) {
        // A partitioned table that has no partitions yet.
        return TsrStatistics{0, 0};
    }
    return TsrStatistics{number(result.get(), 0, kRows), number(result.get(), 0, kBytes)};
}

Result<std::vector<sdk::ColumnStatistics>> readColumnStatistics(Connection& connection, const std::string& schema,
                                                                const std::string& table) {
    const std::array<const char*, 2> params = {schema.c_str(), table.c_str()};
    const PgResult result = TSR_TRY(connection.run(kReadColumnStatistics, params));
    std::vector<sdk::ColumnStatistics> columns;
    for (int row = 0; row < PQntuples(result.get()); ++row) {
        columns.push_back({text(result.get(), row, 0), number(result.get(), row, 1), number(result.get(), row, 2),
                           number(result.get(), row, 3), static_cast<std::int32_t>(number(result.get(), row, 4))});
    }
    return columns;
}

Result<std::int64_t> countPages(Connection& connection, const std::string& schema, const std::string& table) {
    const std::array<const char*, 2> params = {schema.c_str(), table.c_str()};
    const PgResult result = TSR_TRY(connection.run(kCountPages, params));
    return PQntuples(result.get()) == 1 ? static_cast<std::int64_t>(number(result.get(), 0, 0)) : 0;
}

}  // namespace tessera::postgres_connector
