#pragma once

/// Steps that a node's PostgreSQL carries out: SQL scripts, copies, refreshes. Each is one transaction, together with
/// the record that it was done: tried again on this PostgreSQL, because its end was not heard of, it does nothing.
///
/// Rows of a copy never come here: PostgreSQL reads them from one source and writes them to another, batch by batch.

#include "nodeservice/jobs/definition/definition.h"
#include "nodeservice/jobs/run/transitions.h"
#include "nodeservice/postgres/connection.h"

#include <functional>
#include <string>
#include <vector>

namespace tessera::jobs {

/// The table of what was done. For each database, by its superuser; `roles` are those that steps run as, and each of
/// them sees and changes its own records only.
Result<> prepareEffects(postgres::Connection& connection, const std::vector<std::string>& roles = {});

/// In a step's transaction: what PostgreSQL asks of sources comes as notices, and so into the run's log. Means nothing
/// to a PostgreSQL without the extension.
inline constexpr const char* kTellRemote = "SET LOCAL tessera.tell_remote = on";

/// Waits until it is done. `effect_key`: the same for all attempts at the step. An error of the step's text is
/// kInvalidArgument or as PostgreSQL says; nothing has been done then, unless the script itself committed. Without
/// `may_commit` when all is done, it is kCancelled, and undone.
Result<StepResult> runSqlStep(
    postgres::Connection& connection, const Step& step, const Values& values, const std::string& effect_key,
    const std::function<bool()>& may_commit = [] { return true; });

}  // namespace tessera::jobs
