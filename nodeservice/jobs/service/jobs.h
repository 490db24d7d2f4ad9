#pragma once

/// What people, programs and other jobs ask of the jobs in the store. Every call reads the newest state, and waits for
/// the store. Any thread; the store outlives it.

#include "nodeservice/jobs/run/records.h"
#include "nodeservice/jobs/run/transitions.h"

#include <cstdint>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

namespace tessera::jobs {

struct RunSummary {
    std::int64_t id = 0;
    std::string job;
    std::int64_t version = 0;
    /// time, after, hand, api, job, backfill, test
    std::string cause;
    /// As of RunRecord.
    std::string state;
    std::string date;
    std::string node;
    std::string asked_by;
    std::string error;
    bool is_cancelled = false;
    TextPairs parameters;
    std::int64_t scheduled_ms = 0;
    std::int64_t created_ms = 0;
    /// 0: not yet.
    std::int64_t started_ms = 0;
    std::int64_t ended_ms = 0;
};

struct StepSummary {
    std::string name;
    /// As of StepRecord.
    std::string state;
    std::int64_t attempt = 0;
    std::int64_t failures = 0;
    std::int64_t interruptions = 0;
    std::int64_t started_ms = 0;
    std::int64_t ended_ms = 0;
    std::int64_t rows = 0;
    std::int64_t bytes = 0;
    std::string error;
    /// Names of the steps before it.
    std::vector<std::string> after;
    /// sql, export, copy, refresh, http, job
    std::string kind;
};

struct RunDetails {
    RunSummary run;
    std::vector<StepSummary> steps;
};

struct JobSummary {
    std::string name;
    std::string documentation;
    std::string owner;
    std::string run_as;
    std::int64_t version = 0;
    bool is_paused = false;
    /// Its triggers in words.
    std::vector<std::string> triggers;
    /// When it starts next by itself; 0: not.
    std::int64_t next_ms = 0;
    std::int64_t active_runs = 0;
    std::optional<RunSummary> last_run;
    /// Why this program cannot read its definition, or empty.
    std::string problem;
};

struct JobVersion {
    std::int64_t version = 0;
    std::string author;
    std::int64_t at_ms = 0;
    /// Its file.
    std::string text;
};

struct JobFile {
    /// What messages call it.
    std::string origin;
    std::string text;
    /// The version that its author has seen, 0 for none: if the newest is another one by then, nothing is applied.
    std::optional<std::int64_t> based_on = {};
};

struct AppliedJob {
    enum class Change { kUnchanged, kCreated, kChanged };

    std::string name;
    Change change = Change::kUnchanged;
    std::int64_t version = 0;
    /// As diffDefinitions() writes it.
    std::string diff;
};

struct Application {
    std::vector<AppliedJob> jobs;
    /// All that is wrong; then nothing was applied.
    std::vector<Error> problems;
};

struct StartedTest {
    std::int64_t run = 0;
    /// All that is wrong; then nothing was started.
    std::vector<Error> problems;
};

struct StoredLine {
    std::int64_t line = 0;
    LogLine told;
};

class Jobs {
  public:
    explicit Jobs(JobStore& store) : store_(store), definitions_(store) {}

    Result<std::vector<JobSummary>> list();
    Result<JobSummary> find(const std::string& job);

    /// `version` 0: the newest; below 0: of a test.
    Result<JobVersion> version(const std::string& job, std::int64_t version);
    /// The newest first, without their texts.
    Result<std::vector<JobVersion>> versions(const std::string& job);

    /// As it is at its newest version.
    Result<std::shared_ptr<const Definition>> definition(const std::string& job);

    /// An error: the author may not have the job run as this user.
    using MayRunAs = std::function<Result<>(const std::string& user)>;

    /// All files or none. Of a job that is as in its file no version is made. `is_dry`: only says what would change.
    Result<Application> apply(const std::vector<JobFile>& files, const std::string& author, const MayRunAs& may_run_as,
                              bool is_dry);
    Result<> remove(const std::string& job, const MayRunAs& may_run_as);
    Result<> pause(const std::string& job, bool is_paused);

    /// The same key leads to the same run. Returns its id.
    Result<std::int64_t> start(const std::string& job, const std::string& cause, const std::string& key,
                               const TextPairs& parameters, const std::string& by);
    /// One run for each time of the job's schedule number `position` in [from, until). Returns how many are new.
    Result<std::size_t> startBackfill(const std::string& job, std::size_t position, Instant from, Instant until,
                                      const TextPairs& parameters, const std::string& by);
    /// One run of a job that is there, as the file has it, which becomes no version of it. No other job follows, and
    /// nobody is alerted. The same key leads to the same run.
    Result<StartedTest> startTest(const JobFile& file, const std::string& key, const TextPairs& parameters,
                                  const std::string& by, const MayRunAs& may_run_as);
    Result<> cancelRun(std::int64_t run, const std::string& by);
    /// `from`: a step from which on all is done again; empty: what has not succeeded.
    Result<> runAgain(std::int64_t run, const std::string& from, const std::string& by);

    struct HistoryFilter {
        /// Empty: all.
        std::string job;
        std::string state;
        /// Only runs with lower numbers; 0: all.
        std::int64_t before = 0;
        std::int64_t limit = 100;
    };

    /// The newest first.
    Result<std::vector<RunSummary>> history(const HistoryFilter& filter);
    Result<RunDetails> run(std::int64_t id);
    Result<std::vector<StoredLine>> log(std::int64_t run, std::int64_t after, std::int64_t limit);

  private:
    /// Whether the store has tables of jobs; they are made with the first job.
    Result<bool> hasTables();
    /// All that is wrong with the files, by themselves and with the other jobs.
    Result<std::vector<Error>> readAll(const std::vector<JobFile>& files, std::vector<Definition>& wanted);
    Error changedMeanwhile(const Definition& wanted, std::int64_t newest);
    Result<std::int64_t> runOfKey(const std::string& key);
    Result<std::int64_t> currentVersion(const std::string& job);
    Result<std::shared_ptr<const Definition>> definitionOf(const std::string& job, std::int64_t version);
    Result<std::vector<Definition>> allDefinitions();
    Result<JobSummary> summaryOf(const Row& row, std::int64_t now_s);
    Error noJob(const std::string& job);

    JobStore& store_;
    std::mutex mutex_;
    Definitions definitions_;  // guarded by mutex_
};

}  // namespace tessera::jobs
