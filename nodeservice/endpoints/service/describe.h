#pragma once

/// What PostgreSQL says of an endpoint's statement: whether it is right, and which columns its result has.

#include "nodeservice/endpoints/serve/call.h"
#include "nodeservice/postgres/connection.h"

#include <vector>

namespace tessera::endpoints {

/// Prepares the statement, and those of calls that use pages, fields and sorting, on the author's session; runs
/// nothing. Errors keep a position in the endpoint's SQL where it has one.
Result<std::vector<ResultColumn>> describe(postgres::Connection& session, const Definition& definition);

}  // namespace tessera::endpoints
