#pragma once

/// The tables of models, made where they are missing.

#include "nodeservice/endpoints/model/tables.h"
#include "nodeservice/postgres/connection.h"

#include <string>
#include <vector>

namespace tessera::endpoints {

/// Begins a transaction on the author's session, and leaves it open: who commits it keeps what was made. Gives the
/// statements that were run; none when all is there. Adds tables, columns, foreign keys with an index, and rights;
/// never takes or changes any. An error names the model; the transaction is of no use then.
Result<std::vector<std::string>> makeTables(postgres::Connection& session, const std::vector<ModelTable>& tables);

}  // namespace tessera::endpoints
