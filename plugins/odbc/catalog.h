#pragma once

/// Tables, columns, keys and sizes, by ODBC's catalog functions. Used in the worker.

#include "plugins/odbc/connection.h"
#include "plugins/sdk/connector_base.h"

#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace tessera::odbc {

/// `schema` is a catalog's name where the source has no schemas (MySQL), and nothing where it has neither (SQLite).
Result<std::vector<sdk::Table>> listTables(const std::shared_ptr<Link>& link, const std::string& catalog,
                                           const std::string& schema, const std::optional<std::string>& only);

Result<TsrStatistics> readStatistics(const std::shared_ptr<Link>& link, const sdk::Options& table_options);

}  // namespace tessera::odbc
