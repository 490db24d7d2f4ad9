#pragma once

/// Runs and their steps as the store keeps them.

#include "nodeservice/jobs/definition/definition.h"
#include "nodeservice/jobs/run/job_store.h"

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

namespace tessera::jobs {

struct RunRecord {
    std::int64_t id = 0;
    std::string job;
    std::int64_t version = 0;
    std::int64_t scheduled_s = 0;
    /// The date of its time in its trigger's zone.
    std::string date;
    TextPairs parameters;
    /// waiting, running, succeeded, failed, cancelled, skipped
    std::string state;
    std::int64_t deadline_ms = 0;
    std::string node;
    /// Grows whenever a node takes the run: what an earlier one still does has no effect on the records.
    std::int64_t epoch = 0;
    bool is_cancelled = false;
    std::string error;
};

struct StepRecord {
    std::string name;
    /// pending, running, succeeded, failed, blocked (one before it failed), cancelled
    std::string state;
    /// How often it was started.
    std::int64_t attempt = 0;
    /// Attempts that failed, and those that ended with their node.
    std::int64_t failures = 0;
    std::int64_t interruptions = 0;
    std::int64_t retry_at_ms = 0;
    std::string error;
    /// How often a person had it done again after it had succeeded.
    std::int64_t redone = 0;
};

struct RunState {
    RunRecord run;
    std::vector<StepRecord> steps;

    const StepRecord* step(const std::string& name) const;
};

/// kNotFound if there is none.
Result<RunState> readRun(JobStore& store, std::int64_t id);

/// By id; those that are not there are left out.
Result<std::map<std::int64_t, RunState>> readRuns(JobStore& store, const std::vector<std::int64_t>& ids);

/// What texts may use of a run besides its parameters: run.id, run.job, run.date, run.time.
Values valuesOfRun(std::int64_t id, const std::string& job, const std::string& date, Instant scheduled);

std::string encodePairs(const TextPairs& pairs);
TextPairs decodePairs(const std::string& text);

/// Definitions by job and version, each read once. Any thread.
class Definitions {
  public:
    explicit Definitions(JobStore& store) : store_(store) {}

    Result<std::shared_ptr<const Definition>> find(const std::string& job, std::int64_t version);

  private:
    JobStore& store_;
    std::mutex mutex_;
    std::map<std::pair<std::string, std::int64_t>, std::shared_ptr<const Definition>> known_;  // guarded by mutex_
};

}  // namespace tessera::jobs
