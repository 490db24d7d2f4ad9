#pragma once

/// The columns of a statement's result, from libpq's description of it.

#include "nodeservice/query/statement.h"

#include <optional>
#include <string>
#include <vector>

struct pg_result;

namespace tessera::query {

/// Name, type oid and encoding of each column; type names where PostgreSQL need not be asked for them.
std::vector<Column> columnsOf(const pg_result* description);

/// The query that asks format_type() for the columns without a type name, as text of oid and typmod arrays; nothing
/// when every name is known.
std::optional<std::string> typeNameQuery(const pg_result* description, const std::vector<Column>& columns);

}  // namespace tessera::query
