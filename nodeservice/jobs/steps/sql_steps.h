#pragma once

/// Steps that a node's PostgreSQL carries out: SQL scripts, copies, refreshes. Each is one transaction, together with
/// the record that it was done: tried again on this PostgreSQL, because its end was not heard of, it does nothing.
///
/// Rows of a copy never come here: PostgreSQL reads them from one source and writes them to another, batch by batch.

#include "nodeservice/jobs/definition/definition.h"
#include "nodeservice/jobs/run/transitions.h"
#include "nodeservice/postgres/connection.h"

#include <string>

namespace tessera::jobs {

/// The table of what was done. Once for each database, by its owner.
Result<> prepareEffects(postgres::Connection& connection);

/// Waits until it is done. `effect_key`: the same for all attempts at the step. An error of the step's text is
/// kInvalidArgument or as PostgreSQL says; nothing has been done then, unless the script itself committed.
Result<StepResult> runSqlStep(postgres::Connection& connection, const Step& step, const Values& values,
                              const std::string& effect_key);

}  // namespace tessera::jobs
