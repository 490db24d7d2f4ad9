#pragma once

/// A program's way to the scheduled jobs of a mesh, through any node that holds the store. Its calls wait: not on a GUI
/// thread. Any thread; several calls at once. Times are milliseconds since 1970; 0 is none.

#include "common/result.h"
#include "nodeservice/client/node_client.h"

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace tessera::client {

using JobParameters = std::vector<std::pair<std::string, std::string>>;

struct JobRun {
    std::int64_t id = 0;
    std::string job;
    std::int64_t version = 0;
    /// time, after, hand, api, job, backfill, test
    std::string cause;
    /// waiting, running, succeeded, failed, cancelled, skipped
    std::string state;
    /// Of its scheduled time, in its trigger's zone.
    std::string date;
    std::string node;
    std::string asked_by;
    std::string error;
    bool is_cancelled = false;
    JobParameters parameters;
    std::int64_t scheduled_ms = 0;
    std::int64_t created_ms = 0;
    std::int64_t started_ms = 0;
    std::int64_t ended_ms = 0;

    bool hasEnded() const { return ended_ms != 0; }
};

struct JobStepRun {
    std::string name;
    /// sql, export, copy, refresh, http, job
    std::string kind;
    /// pending, running, succeeded, failed, blocked, cancelled
    std::string state;
    /// Names of the steps before it.
    std::vector<std::string> after;
    std::int64_t attempt = 0;
    std::int64_t failures = 0;
    std::int64_t interruptions = 0;
    std::int64_t started_ms = 0;
    std::int64_t ended_ms = 0;
    std::int64_t rows = 0;
    std::int64_t bytes = 0;
    std::string error;
};

struct JobRunDetails {
    JobRun run;
    std::vector<JobStepRun> steps;
};

struct JobInfo {
    std::string name;
    std::string documentation;
    std::string owner;
    std::string run_as;
    std::int64_t version = 0;
    bool is_paused = false;
    /// In words.
    std::vector<std::string> triggers;
    std::int64_t next_ms = 0;
    std::int64_t active_runs = 0;
    std::optional<JobRun> last_run;
    /// Why the node cannot read its definition, or empty.
    std::string problem;
};

struct JobVersionInfo {
    std::int64_t version = 0;
    std::string author;
    std::int64_t at_ms = 0;
};

struct JobDetails {
    JobInfo job;
    JobVersionInfo version;
    /// Its file at that version.
    std::string text;
    /// The newest first.
    std::vector<JobVersionInfo> versions;
};

struct JobFile {
    /// What messages call it.
    std::string origin;
    std::string text;
    /// The version that was seen, 0: none. If the newest is another one by then, nothing is applied.
    std::optional<std::int64_t> based_on = {};
};

struct StartedJobTest {
    std::int64_t run = 0;
    /// As of JobApplication; then nothing was started.
    std::vector<Error> problems;
};

struct AppliedJob {
    enum class Change { kUnchanged, kCreated, kChanged };

    std::string name;
    Change change = Change::kUnchanged;
    std::int64_t version = 0;
    /// Lines with '+', '-' or ' ' before each.
    std::string diff;
};

struct JobApplication {
    std::vector<AppliedJob> jobs;
    /// All that is wrong, each beginning with file:line:column; then nothing was applied.
    std::vector<Error> problems;
};

struct JobLogLine {
    std::int64_t line = 0;
    std::int64_t at_ms = 0;
    /// Empty for what concerns the run.
    std::string step;
    std::int64_t attempt = 0;
    std::string text;
};

struct JobGrant {
    std::string job;
    /// The owner.
    std::string person;
    std::string role;
    std::int64_t given_ms = 0;
    std::int64_t until_ms = 0;
    std::int64_t used_ms = 0;
    /// Why it is no longer good, or empty.
    std::string ended;
};

struct JobRunFilter {
    /// Empty: of all jobs, in all states.
    std::string job = {};
    std::string state = {};
    /// Only runs with lower numbers; 0: all.
    std::int64_t before = 0;
    std::uint32_t limit = 100;
};

class JobsClient {
  public:
    /// Opens a channel to the node without waiting for it. Without an agent, `address` must be loopback.
    static Result<std::shared_ptr<JobsClient>> create(NodeAddress address);

    virtual ~JobsClient() = default;

    virtual Result<std::vector<JobInfo>> list() = 0;
    /// `version` 0: the newest.
    virtual Result<JobDetails> get(const std::string& job, std::int64_t version) = 0;
    /// The newest first.
    virtual Result<std::vector<JobRun>> runs(const JobRunFilter& filter) = 0;
    virtual Result<JobRunDetails> run(std::int64_t id) = 0;

    /// Lines after `after`; with `follow` until the run has ended. False from `sink` ends it.
    virtual Result<> log(std::int64_t run, std::int64_t after, bool follow,
                         const std::function<bool(const JobLogLine&)>& sink) = 0;

    /// The same key leads to the same run; empty: a new one. Returns its number.
    virtual Result<std::int64_t> start(const std::string& job, const JobParameters& parameters,
                                       const std::string& key) = 0;
    /// A run for each time of a trigger (from 0) in [from, until). Returns how many were not there before.
    virtual Result<std::uint64_t> backfill(const std::string& job, std::uint32_t trigger, std::int64_t from_ms,
                                           std::int64_t until_ms, const JobParameters& parameters) = 0;
    virtual Result<> cancel(std::int64_t run) = 0;
    /// From a step on; empty: what has not succeeded.
    virtual Result<> runAgain(std::int64_t run, const std::string& from_step) = 0;
    virtual Result<> pause(const std::string& job, bool is_paused) = 0;

    /// All files or none; `is_dry`: only says what would change.
    virtual Result<JobApplication> apply(const std::vector<JobFile>& files, bool is_dry) = 0;
    /// One run of a file that is not applied, of a job that is there.
    virtual Result<StartedJobTest> test(const JobFile& file, const JobParameters& parameters,
                                        const std::string& key) = 0;
    virtual Result<> remove(const std::string& job) = 0;

    virtual Result<std::vector<JobGrant>> grants() = 0;
    /// Whether the caller could give one for the job, for so many days (0: as many as is usual there);
    /// AgentClient::grantJob() does. Returns how many days the node allows; 0 when it is too old to say.
    virtual Result<std::int64_t> checkGrant(const std::string& job, std::int64_t days) = 0;
    /// Returns why the identity provider could not be told, or nothing.
    virtual Result<std::string> revokeGrant(const std::string& job) = 0;
};

}  // namespace tessera::client
