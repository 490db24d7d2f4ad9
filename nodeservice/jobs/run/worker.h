#pragma once

/// Runs jobs on one node: takes runs, keeps their leases alive, starts steps and records how they end.
///
/// A step is started only after the store holds that it is, and its end counts only while the run is this node's. What
/// the store holds is read again each time and what is to be done follows from it; all that is kept besides are the
/// steps that are under way here. A node that cannot renew a lease stops its steps before another may take the run.
///
/// No threads and no clock of its own: the owner calls tick() with both clocks. One thread.

#include "nodeservice/jobs/run/records.h"
#include "nodeservice/jobs/run/transitions.h"

#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace tessera::jobs {

/// A step to carry out.
struct StepTask {
    std::int64_t run = 0;
    std::int64_t epoch = 0;
    std::int64_t attempt = 0;
    /// The same for every attempt at this step of this run: for effects that must not happen twice.
    std::string effect_key;
    std::shared_ptr<const Definition> definition;
    Step step;
    Values values;
};

struct StepReport {
    std::int64_t run = 0;
    std::string step;
    std::int64_t attempt = 0;
    Result<StepResult> result;
};

/// Carries steps out, as many as it is given, without making the caller wait.
class StepRunner {
  public:
    virtual ~StepRunner() = default;

    /// By its own steady clock: until then this run's steps may go on. Those that are still under way then are stopped,
    /// and none is started.
    virtual void allow(std::int64_t run, std::int64_t until_steady_ms) = 0;
    virtual void start(StepTask task) = 0;
    /// What the step has not done yet it shall not do. It may still be reported.
    virtual void stop(std::int64_t run, const std::string& step) = 0;
    virtual std::vector<StepReport> takeEnded() = 0;
};

struct WorkerOptions {
    std::string node;
    std::chrono::milliseconds lease{15'000};
    std::size_t most_runs = 16;
    std::size_t most_steps_of_run = 4;
};

class Worker {
  public:
    Worker(WorkerOptions options, JobStore& store, StepRunner& runner)
        : options_(std::move(options)), store_(store), runner_(runner), definitions_(store) {}

    /// `now_ms`: as people read it. `steady_ms`: goes forward only.
    void tick(std::int64_t now_ms, std::int64_t steady_ms);

    std::size_t heldRuns() const { return held_.size(); }

  private:
    struct UnderWay {
        std::int64_t attempt = 0;
        std::int64_t started_steady_ms = 0;
        std::optional<Result<StepResult>> result;
    };

    struct Held {
        std::int64_t epoch = 0;
        std::int64_t renewed_steady_ms = 0;
        std::map<std::string, UnderWay> steps;
    };

    void collect();
    void claimMore(std::int64_t now_ms, std::int64_t steady_ms);
    /// False: the run is not this node's any more.
    bool advance(std::int64_t run, Held& held, std::int64_t now_ms, std::int64_t steady_ms);
    void leased(std::int64_t run, Held& held, std::int64_t steady_ms);
    std::int64_t giveUpMs() const;
    Result<bool> keepLease(std::int64_t run, Held& held, std::int64_t steady_ms);
    void carryOut(const RunState& state, const std::shared_ptr<const Definition>& definition, Held& held,
                  std::int64_t steady_ms);
    void launch(const RunState& state, const std::shared_ptr<const Definition>& definition, const StepRecord& record,
                Held& held, std::int64_t steady_ms);
    void record(const RunState& state, const Definition& definition, const StepRecord& record,
                const Result<StepResult>& result);
    void stopSteps(std::int64_t run, Held& held);

    const WorkerOptions options_;
    JobStore& store_;
    StepRunner& runner_;
    Definitions definitions_;
    std::map<std::int64_t, Held> held_;
};

}  // namespace tessera::jobs
