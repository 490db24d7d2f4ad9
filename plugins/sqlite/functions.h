#pragma once

/// PostgreSQL's functions for SQLite to call, where its own differ: integers that overflow, division by zero, text
/// counted and cut as PostgreSQL does. The dialect (plugins/sdk/dialect/sqlite.cpp) names them.
///
/// NULL for a NULL argument. An error's message begins with its SQLSTATE: "[22003] integer out of range".

#include "common/result.h"

#include <sqlite3.h>

#include <string>
#include <string_view>

namespace tessera::sqlite {

/// False when SQLite has no memory for them.
bool registerFunctions(sqlite3* database);

/// The SQLSTATE that such a message begins with, which is taken off; empty for any other message.
std::string takeSqlState(std::string& message);

}  // namespace tessera::sqlite
