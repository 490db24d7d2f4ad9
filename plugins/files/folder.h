#pragma once

/// A folder as a schema: a table for each data file in it, and one for each subfolder whose data files all have the
/// same format. Also what files tell of their size. Used by the session's thread.

#include "plugins/files/relation.h"
#include "plugins/sdk/connector_base.h"

#include <duckdb.h>

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tessera::files {

/// `schema` is "." or a subfolder of `directory`. A file that cannot be read comes without columns and says why.
Result<std::vector<sdk::Table>> listFolder(const TsrHost& host, duckdb_connection connection,
                                           const std::string& directory, const std::string& schema,
                                           const std::optional<std::string>& only);

/// Rows (exact for Parquet, estimated for text, -1 for packed text) and bytes of all files of a table.
Result<TsrStatistics> measure(duckdb_connection connection, const Source& source);

/// "Weekly-Weather (1)" is "weekly_weather__1_": lower case, and what is no letter, digit or underscore becomes one.
std::string identifierOf(std::string_view stem);

}  // namespace tessera::files
