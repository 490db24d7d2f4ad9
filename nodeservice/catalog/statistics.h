#pragma once

/// What PostgreSQL's planner knows of foreign tables: ANALYZE, once for each table that never had it, so that joins
/// across sources start from true row counts. It reads a sample from each source, which takes a while, so it runs
/// beside a node that serves already; until then the planner asks sources for their own counts.
///
/// Only tables whose source knows their size without reading them, and says that it is moderate, are read unasked: a
/// view may cost its owner minutes. The others are left to a person's ANALYZE, or to a later call, when the source
/// knows more.

#include "common/result.h"
#include "nodeservice/postgres/connection.h"

#include <cstddef>
#include <functional>

namespace tessera::catalog {

/// Analyses the foreign tables of tessera_fdw that were never analysed, one after another, until `stop` says so.
/// Returns how many have no statistics still; a table whose source fails is logged and among them. An error only when
/// the connection itself fails. Blocks; one thread.
Result<std::size_t> analyzeNewTables(postgres::Connection& connection, const std::function<bool()>& stop);

}  // namespace tessera::catalog
