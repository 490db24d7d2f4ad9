#pragma once

/// What a SQLite database says of its tables and views: columns, declared types, keys, sizes. Used by the session's
/// thread.

#include "plugins/sdk/connector_base.h"
#include "plugins/sqlite/database.h"

#include <optional>
#include <string>
#include <vector>

namespace tessera::sqlite {

/// Every table and view, or only the one named. A view that no longer works comes without columns and says why.
Result<std::vector<sdk::Table>> listTables(Database& database, const std::optional<std::string>& only);

/// Rows by ANALYZE's own figures, else a bound by row ids; -1 when neither is there.
Result<TsrStatistics> readStatistics(Database& database, const std::string& table);

/// Of a table's columns: whether an index begins with it. None of views and virtual tables.
Result<std::vector<sdk::ColumnStatistics>> readColumnStatistics(Database& database, const std::string& table);

}  // namespace tessera::sqlite
