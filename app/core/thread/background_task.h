#pragma once

/// Long work off the GUI thread, one at a time for its owner: starting another or cancelling drops the one before,
/// whose result is then never told. A pool of its own, so that nothing long stands in the way of rows that are read to
/// be shown. The owner holds it as one of its last members. Owner's thread.

#include "app/core/thread/owner_thread.h"
#include "common/result.h"

#include <QThreadPool>
#include <atomic>
#include <cstdint>
#include <memory>
#include <utility>

namespace tessera::app {

/// How far work is, and whether it is still wanted. Any thread.
class TaskControl {
  public:
    void cancel() { is_cancelled_.store(true, std::memory_order_relaxed); }

    bool isCancelled() const { return is_cancelled_.load(std::memory_order_relaxed); }

    void setTotal(std::uint64_t total) { total_.store(total, std::memory_order_relaxed); }

    void advance(std::uint64_t done) { done_.fetch_add(done, std::memory_order_relaxed); }

    std::uint64_t total() const { return total_.load(std::memory_order_relaxed); }

    std::uint64_t done() const { return done_.load(std::memory_order_relaxed); }

    /// What cancelled work returns; nobody is told of it.
    static Error cancelled() { return fail(ErrorCode::kCancelled, "cancelled"); }

  private:
    std::atomic<bool> is_cancelled_{false};
    std::atomic<std::uint64_t> total_{0};
    std::atomic<std::uint64_t> done_{0};
};

/// Where long work runs.
QThreadPool& taskPool();

class BackgroundTask {
  public:
    explicit BackgroundTask(QObject* owner) : owner_thread_(owner) {}

    ~BackgroundTask() { cancel(); }

    BackgroundTask(const BackgroundTask&) = delete;
    BackgroundTask& operator=(const BackgroundTask&) = delete;

    /// `work(TaskControl&)` runs on the pool; `done(its value)` later on the owner's thread.
    template <class Work, class Done>
    void start(Work work, Done done) {
        cancel();
        control_ = std::make_shared<TaskControl>();
        taskPool().start([this, post = owner_thread_.poster(), control = control_, work = std::move(work),
                          done = std::move(done)]() mutable {
            auto value = std::make_shared<decltype(work(*control))>(work(*control));
            post([this, control, value, done = std::move(done)]() mutable {
                if (!control->isCancelled()) {
                    control_.reset();
                    done(std::move(*value));
                }
            });
        });
    }

    void cancel() {
        if (control_) {
            control_->cancel();
            control_.reset();
        }
    }

    bool isRunning() const { return control_ != nullptr; }

    /// Null when nothing runs.
    const TaskControl* control() const { return control_.get(); }

  private:
    std::shared_ptr<TaskControl> control_;
    OwnerThread owner_thread_;
};

}  // namespace tessera::app
