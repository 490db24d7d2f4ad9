#pragma once

/// A node's part in running jobs: starts runs while its member leads the store, and carries runs out. Threads:
/// job-scheduler, job-worker, job-alerts, and those of StepPool. start() and stop() belong to one thread.

#include "nodeservice/jobs/run/scheduler.h"
#include "nodeservice/jobs/run/worker.h"
#include "nodeservice/jobs/service/alerts.h"
#include "nodeservice/jobs/steps/step_pool.h"
#include "nodeservice/store/driver/sleeper.h"

#include <atomic>
#include <functional>
#include <string>
#include <thread>

namespace tessera::jobs {

struct ServiceOptions {
    std::string node;
    /// Does this node carry runs out? One that does not may still start them for others.
    bool carries_out = true;
    std::chrono::milliseconds lease{15'000};
    std::size_t most_runs = 16;
};

/// What the member of the store says of itself.
struct StoreWatch {
    /// Any thread; must not wait.
    std::function<bool()> leads;
    store::AppliedIndex& applied;
};

/// For metrics.
struct ServiceCounters {
    std::atomic<std::uint64_t> runs_started = 0;
    std::atomic<std::uint64_t> steps_done = 0;
    std::atomic<std::uint64_t> steps_failed = 0;
    std::atomic<std::uint64_t> runs_held = 0;
    std::atomic<bool> schedules = false;
};

class Service {
  public:
    /// `store`: for any thread; it outlives this, as does what `carry` refers to.
    Service(ServiceOptions options, JobStore& store, StoreWatch watch, StepPool::Carry carry, AlertOptions alerts);

    ~Service() { stop(); }

    void start();
    /// Stops the steps under way and lets other nodes take their runs. While the store still takes part.
    void stop();

    const ServiceCounters& counters() const { return counters_; }

    std::size_t stepsUnderWay() const { return pool_.underWay(); }

  private:
    void schedule();
    void work();
    void tell();
    bool isQuiet(std::int64_t last_ms, bool has_failed) const;
    Result<bool> hasTables();
    std::chrono::milliseconds leastPause() const;
    std::chrono::milliseconds untilDue(const Scheduler* scheduler, bool has_failed) const;

    const ServiceOptions options_;
    JobStore& store_;
    const StoreWatch watch_;
    ServiceCounters counters_;
    /// The scheduler's and the worker's: what one has read the other need not.
    Definitions definitions_;
    store::Sleeper scheduler_rest_;
    store::Sleeper worker_rest_;
    store::Sleeper teller_rest_;
    StepPool pool_;
    Alerts alerts_;
    std::atomic<bool> has_tables_ = false;
    std::thread scheduler_;
    std::thread worker_;
    std::thread teller_;
};

}  // namespace tessera::jobs
