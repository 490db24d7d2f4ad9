#pragma once

/// What information_schema says of a database's tables and views. Used by the session's thread.

#include "plugins/mysql/connection.h"
#include "plugins/sdk/connector_base.h"

#include <optional>
#include <string>
#include <vector>

namespace tessera::mysql {

/// `schema` is a database. A view that no longer works comes without columns and says why.
Result<std::vector<sdk::Table>> listTables(Connection& connection, const std::string& schema,
                                           const std::optional<std::string>& only);

/// The server's own estimate.
Result<TsrStatistics> readStatistics(Connection& connection, const std::string& schema, const std::string& table);
/// Of a table's columns: is there an index that begins with it, and how many values it then has.
Result<std::vector<sdk::ColumnStatistics>> readColumnStatistics(Connection& connection, const std::string& schema,
                                                                const std::string& table);

}  // namespace tessera::mysql
