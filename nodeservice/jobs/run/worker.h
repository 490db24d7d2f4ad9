#pragma once

/// Runs jobs on one node: takes runs, keeps their leases alive, starts steps and records how they end.
///
/// What follows from each other goes in one batch: a run is taken with its first steps, and its last step ends with it;
/// and what is to be done for all runs here goes to the store together.
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
#include <functional>
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
    /// The same for every attempt at this step of this run, until a person has it done again: for effects that must
    /// not happen twice.
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

    /// What steps have told since it was last asked.
    virtual std::vector<LogLine> takeLog() { return {}; }
};

struct WorkerOptions {
    std::string node;
    std::chrono::milliseconds lease{15'000};
    /// Runs that other runs wait for are taken beyond it: they must not wait for each other's places.
    std::size_t most_runs = 16;
    std::size_t most_steps_of_run = 4;
};

class Worker {
  public:
    /// All outlive it.
    Worker(WorkerOptions options, JobStore& store, StepRunner& runner, Definitions& definitions)
        : options_(std::move(options)), store_(store), runner_(runner), definitions_(definitions) {}

    /// `now_ms`: as people read it. `steady_ms`: goes forward only.
    void tick(std::int64_t now_ms, std::int64_t steady_ms);

    /// When the node stops, after its steps have: what is done is recorded, and other nodes may take the runs at once.
    void release();

    std::size_t heldRuns() const { return held_.size(); }

  private:
    struct UnderWay {
        std::int64_t attempt = 0;
        std::int64_t started_steady_ms = 0;
        std::optional<Result<StepResult>> result;
    };

    struct Held {
        std::int64_t epoch = 0;
        /// False: the claim's answer was lost, and what is read next tells.
        bool is_sure = true;
        std::int64_t renewed_steady_ms = 0;
        std::map<std::string, UnderWay> steps;
    };

    void collect();
    void keepLog();
    /// Runs to take, with their first steps. `ending`: how many of those here are about to end.
    void claimMore(std::int64_t now_ms, std::int64_t steady_ms, std::size_t ending);
    void wishClaim(const RunRecord& run, const RunState* state, const std::shared_ptr<const Definition>& definition,
                   std::int64_t now_ms, std::int64_t steady_ms);
    bool goOn(std::int64_t now_ms, std::int64_t steady_ms);
    std::map<std::int64_t, Held>::iterator letGo(std::map<std::int64_t, Held>::iterator held);
    /// False: the run is not this node's any more.
    bool advance(const RunState& state, Held& held, std::int64_t now_ms, std::int64_t steady_ms);
    void leased(std::int64_t run, Held& held, std::int64_t steady_ms);
    std::int64_t giveUpMs() const;
    void keepLeases(std::int64_t steady_ms);
    /// Returns whether the run's end is wished for, too.
    bool carryOut(const RunState& state, const std::shared_ptr<const Definition>& definition, Held& held,
                  std::int64_t now_ms, std::int64_t steady_ms);
    void launch(const RunState& state, const std::shared_ptr<const Definition>& definition, const StepRecord& record,
                Held& held, std::int64_t steady_ms);
    /// How a step has ended; `step` becomes what the store will hold of it.
    static Batch endOf(const RunRecord& run, const Definition& definition, StepRecord& step,
                       const Result<StepResult>& result);
    void stopSteps(std::int64_t run, Held& held);

    enum class Fate { kApplied, kUnknown };

    void wish(Batch batch, std::function<void(Fate)> then = {}) {
        wishes_.push_back({std::move(batch), std::move(then)});
    }

    /// To be applied, and what follows unless it is not.
    struct Wish {
        Batch batch;
        std::function<void(Fate)> then;
    };

    const WorkerOptions options_;
    JobStore& store_;
    StepRunner& runner_;
    Definitions& definitions_;
    std::map<std::int64_t, Held> held_;
    std::vector<Wish> wishes_;
    std::size_t ending_ = 0;  // runs here whose end is among the wishes
    /// Told, and not in the store yet.
    std::map<std::int64_t, std::vector<LogLine>> log_;
};

}  // namespace tessera::jobs
