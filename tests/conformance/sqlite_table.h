#pragma once

/// The known table as SQLite has it: for the connectors that read its files.

#include "tests/conformance/source.h"

#include <string>
#include <vector>

namespace tessera::conformance {

KnownTable sqliteKnownTable();

/// What makes it and fills it: one CREATE TABLE, and an INSERT for each row.
std::vector<std::string> sqliteStatements(const KnownTable& table);

std::string sqliteSelect(const std::string& table, const std::vector<std::string>& columns);

}  // namespace tessera::conformance
