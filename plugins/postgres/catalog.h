#pragma once

/// What a PostgreSQL source says of its tables, read from pg_catalog. Errors are the source's own.

#include "common/result.h"
#include "plugins/postgres/connection.h"
#include "plugins/sdk/connector_base.h"

#include <optional>
#include <string>
#include <vector>

namespace tessera::postgres_connector {

/// Tables, partitioned tables, views, materialised views and foreign tables of a schema; partitions only when asked for
/// by name, as their rows are in their parent. SQLSTATE 3F000 when there is no such schema.
Result<std::vector<sdk::Table>> listTables(Connection& connection, const std::string& schema,
                                           const std::optional<std::string>& table);

/// The table's rows as the source's planner would estimate them: what the last ANALYZE counted, scaled to the present
/// size; partitions and inheriting tables included. -1 when never analysed, and for views.
Result<TsrStatistics> readStatistics(Connection& connection, const std::string& schema, const std::string& table);
/// What ANALYZE found there.
Result<std::vector<sdk::ColumnStatistics>> readColumnStatistics(Connection& connection, const std::string& schema,
                                                                const std::string& table);

/// Of a table whose rows all lie in its own heap and whose ctid ranges are scanned as such; else 0.
Result<std::int64_t> countPages(Connection& connection, const std::string& schema, const std::string& table);

}  // namespace tessera::postgres_connector
