#pragma once

/// What PostgreSQL's planner knows of foreign tables: ANALYZE, once for each table that never had it, so that joins across
/// sources start from true row counts. It reads a sample from each source, which takes a while, so it runs beside a node
/// that serves already; until then the planner asks sources for their own counts.

#include "common/result.h"
#include "nodeservice/postgres/connection.h"

#include <functional>

namespace tessera::catalog {

/// Analyses the foreign tables of tessera_fdw that were never analysed, one after another, until `stop` says so. A table
/// whose source fails is logged and left. An error only when the connection itself fails. Blocks; one thread.
Result<> analyzeNewTables(postgres::Connection& connection, const std::function<bool()>& stop);

}  // namespace tessera::catalog
