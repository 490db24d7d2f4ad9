#pragma once

/// Every change of jobs and runs, as one batch that holds what it expects: of two nodes that race, one has an effect.
/// Times in them are the store's own (they come from the log entry), so that a node's clock cannot shorten a lease.

#include "nodeservice/jobs/definition/definition.h"
#include "nodeservice/jobs/run/job_store.h"
#include "nodeservice/jobs/run/records.h"

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

namespace tessera::jobs {

// --- jobs ---

/// A new version, after `expected` (0: the job is new).
Batch define(const Definition& definition, std::int64_t expected, const std::string& author);
struct NewRun;
/// One run of a definition that becomes no version of the job: its number is `run.version`, below 0. With the same key
/// nothing is done.
Batch defineTest(const Definition& definition, const NewRun& run, const std::string& author);
/// Its runs stay. Those that wait are cancelled.
Batch remove(const std::string& job);
/// Times that pass meanwhile are not caught up.
Batch pause(const std::string& job, bool is_paused);

// --- what starts runs ---

struct NewRun {
    /// The same trigger has the same key: it leads to one run, however often it is asked for.
    std::string key;
    std::int64_t version = 0;
    /// time, after, hand, api, job, backfill, test
    std::string cause;
    Instant scheduled{};
    std::string date;
    std::chrono::seconds delay{0};
    TextPairs parameters{};
    /// Who asked for it, if somebody did.
    std::string asked_by{};
};

Batch createRun(const Definition& definition, const NewRun& run);

struct TriggerCursor {
    std::string job;
    std::int64_t position = 0;
    Instant considered{};
};

/// The runs (at least one), and that everything up to `considered` has been looked at: if nobody else has since the
/// cursor was read.
Batch trigger(const Definition& definition, const TriggerCursor& cursor, Instant considered,
              const std::vector<NewRun>& runs);

/// That the jobs after this ended run have been started, with the batches that do, and that people are to be told:
/// `alerts` are positions in the definition.
Batch follow(std::int64_t ended_run, const std::vector<Batch>& runs, const std::vector<std::int64_t>& alerts);

/// `why`: it could not be sent; empty: it was.
Batch endAlert(std::int64_t run, std::int64_t epoch, std::int64_t position, const std::string& why);
Batch retryAlert(std::int64_t run, std::int64_t epoch, std::int64_t position, std::int64_t tried,
                 std::chrono::seconds wait);

// --- notices on desktops ---

/// In place of an alert: kept for the desktops of `person`. Of each person the newest kMostNotices are, and none for
/// longer than kNoticeLife.
struct NewNotice {
    std::int64_t run = 0;
    std::int64_t epoch = 0;
    std::int64_t position = 0;
    std::string person;
    /// As the run had ended when the alert was made.
    std::string state;
};

Batch keepNotice(const NewNotice& notice);
/// A device of the person `who` has shown the notice, one of those for `names`: fails its expectation when it is gone,
/// or was shown there before.
Batch acknowledgeNotice(std::int64_t notice, const std::vector<std::string>& names, const std::string& who,
                        const std::string& device);

inline constexpr std::int64_t kMostNotices = 100;
inline constexpr std::chrono::hours kNoticeLife{72};

// --- runs under way ---

/// Takes a run that waits, or whose node no longer says that it lives. `epoch`: as it was read.
Batch claim(const RunRecord& run, const std::string& node, std::chrono::milliseconds lease,
            std::chrono::seconds timeout);
Batch renew(std::int64_t run, std::int64_t epoch, std::chrono::milliseconds lease);

/// Steps under way are to be started again, by whoever takes the run next.
Batch releaseRun(const RunRecord& run);

Batch startStep(const RunRecord& run, const StepRecord& step);

struct StepResult {
    std::int64_t rows = 0;
    std::int64_t bytes = 0;
};

Batch completeStep(const RunRecord& run, const StepRecord& step, const StepResult& result);
/// To be tried again after the time.
Batch retryStep(const RunRecord& run, const StepRecord& step, const std::string& error, std::chrono::seconds wait);
/// For good.
Batch failStep(const RunRecord& run, const StepRecord& step, const std::string& error);
/// Steps that will not be run, as one they need was not successful.
Batch blockSteps(const RunRecord& run, const std::vector<std::string>& steps);

/// When no step is under way or to come: succeeded if all steps are.
Batch endRun(const RunRecord& run);
/// Whatever its steps do: `state` is failed or cancelled.
Batch stopRun(const RunRecord& run, const std::string& state, const std::string& error);

// --- by people ---

Batch cancel(std::int64_t run, const std::string& by);
/// A run that failed or was cancelled goes on: what succeeded is not repeated. With `from`, the name of a step, that
/// step and all that come after it are done again.
Batch rerun(std::int64_t run, const std::string& by);
Batch rerunFrom(std::int64_t run, const std::vector<std::string>& steps, const std::string& by);

// --- what a run tells ---

struct LogLine {
    std::int64_t run = 0;
    std::string step;
    std::int64_t attempt = 0;
    std::int64_t at_ms = 0;
    std::string text;
};

/// All of one run. Lines beyond kMostLogLines are left out.
Batch addLog(const std::vector<LogLine>& lines);

inline constexpr std::int64_t kMostLogLines = 10'000;

// --- upkeep ---

/// Ends cancelled runs whose node is gone.
Batch endAbandoned();
/// Something, if the job has runs that ended before.
store::SqlStatement oldRuns(const std::string& job, std::int64_t before_ms);
/// Removes some of them.
Batch prune(const std::string& job, std::chrono::seconds keep);

/// Interrupted so often, a step fails: it may be what ends its nodes.
inline constexpr std::int64_t kMostInterruptions = 5;

/// Which runs a node may take now, those that others wait for and the oldest first: id, job, version, epoch, cause.
store::SqlStatement claimable(std::int64_t now_ms, std::int64_t limit);

}  // namespace tessera::jobs
