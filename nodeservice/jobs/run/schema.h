#pragma once

/// The store's tables of jobs and runs, by version.

#include "nodeservice/jobs/run/job_store.h"

namespace tessera::jobs {

/// Brings the tables to this program's version: any number of nodes may do so at once. An error if they are of a later
/// one.
Result<> migrate(JobStore& store);

/// 0: there are none yet.
Result<std::int64_t> schemaVersion(JobStore& store);

inline constexpr std::int64_t kSchemaVersion = 5;

}  // namespace tessera::jobs
