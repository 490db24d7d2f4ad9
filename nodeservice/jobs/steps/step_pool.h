#pragma once

/// Carries steps out, each on a thread of its own. A step that is stopped, or may not go on because its node's lease on
/// the run is in doubt, is told so at once and again until it ends. Threads: job-step-N, up to `most_steps`, and
/// job-watch. Its functions are the worker's, one thread.

#include "common/worker_pool.h"
#include "nodeservice/jobs/run/worker.h"

#include <atomic>
#include <condition_variable>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace tessera::jobs {

/// One attempt at a step while it is carried out. Any thread.
class StepAttempt {
  public:
    explicit StepAttempt(StepTask task) : task_(std::move(task)) {}

    const StepTask& task() const { return task_; }

    bool isStopped() const { return is_stopped_; }

    /// What an attempt that was stopped ends with.
    static Error stopped();

    /// While it lives, `interrupt` is called from another thread when the step is stopped, and again from time to time:
    /// it must make whatever the step waits for end, and not wait itself.
    class Interruptible {
      public:
        Interruptible(StepAttempt& attempt, std::function<void()> interrupt);
        ~Interruptible();

        Interruptible(const Interruptible&) = delete;
        Interruptible& operator=(const Interruptible&) = delete;

      private:
        StepAttempt& attempt_;
    };

    /// False: it was stopped while it waited.
    bool wait(std::chrono::milliseconds time);

    /// A line of the run's log. The first thousand of an attempt are kept.
    void tell(std::string text);
    /// The lines told since the last call.
    std::vector<LogLine> takeTold();

  private:
    friend class StepPool;

    void stop();

    const StepTask task_;
    std::atomic<bool> is_stopped_ = false;
    std::mutex mutex_;
    std::condition_variable changed_;
    std::function<void()> interrupt_;           // guarded by mutex_
    std::vector<LogLine> lines_;                // guarded by mutex_
    std::size_t told_ = 0;                      // guarded by mutex_
    std::optional<Result<StepResult>> result_;  // guarded by the pool's mutex
};

class StepPool : public StepRunner {
  public:
    /// Waits until the step is done. From many threads.
    using Carry = std::function<Result<StepResult>(StepAttempt&)>;

    /// `has_ended`: told, from any thread, when something has ended.
    StepPool(Carry carry, std::size_t most_steps, std::function<void()> has_ended = {});

    ~StepPool() override { stopAll(); }

    void allow(std::int64_t run, std::int64_t until_steady_ms) override;
    void start(StepTask task) override;
    void stop(std::int64_t run, const std::string& step) override;
    std::vector<StepReport> takeEnded() override;
    std::vector<LogLine> takeLog() override;

    /// Something has ended that takeEnded() has not given out yet. Any thread.
    bool hasEnded() const { return has_ended_; }

    std::size_t underWay() const;

    /// Stops all steps and waits for them. Nothing is started afterwards. Any thread.
    void stopAll();

    static std::int64_t steadyMs();

  private:
    void watch();

    const Carry carry_;
    const std::function<void()> tell_ended_;
    mutable std::mutex mutex_;
    std::condition_variable changed_;
    // Guarded by mutex_, all of them.
    std::vector<std::shared_ptr<StepAttempt>> attempts_;
    std::map<std::int64_t, std::int64_t> allowed_until_ms_;
    bool is_stopping_ = false;
    std::atomic<bool> has_ended_ = false;
    WorkerPool workers_;
    std::thread watcher_;
};

}  // namespace tessera::jobs
