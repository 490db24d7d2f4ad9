#pragma once

/// What the batches of transitions.h and grant_records.h are made of.

#include "nodeservice/jobs/run/job_store.h"

#include <string>
#include <utility>
#include <vector>

namespace tessera::jobs {

/// The time of the log entry, in milliseconds since 1970.
inline const std::string kNow = "CAST(round((julianday('now') - 2440587.5) * 86400000) AS INTEGER)";

inline store::SqlStatement expect(const std::string& condition, std::vector<store::sqlite::Value> parameters) {
    return {"INSERT INTO job_expect SELECT " + condition, std::move(parameters)};
}

/// That the statement before it changed exactly one row.
inline store::SqlStatement expectOneChange() {
    return expect("changes() = 1", {});
}

}  // namespace tessera::jobs
