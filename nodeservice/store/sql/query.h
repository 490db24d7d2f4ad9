#pragma once

#include "nodeservice/store/sql/command.h"
#include "nodeservice/store/sql/environment.h"

namespace tessera::store {

/// A user's statement that only reads, with its parameters bound. Errors: what SQLite says of it, why it is refused, or
/// that the number of parameters is another one.
Result<sqlite::Statement> prepareQuery(sqlite::Database& database, Environment& environment,
                                       const SqlStatement& statement);

Result<> bindParameters(sqlite::Statement& prepared, const SqlStatement& statement);

}  // namespace tessera::store
