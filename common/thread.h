#pragma once

/// Threads as every program of Tessera starts them: with all signals blocked, because signals belong to the main thread
/// and a thread inherits its starter's mask, and with a name that `top -H` and debuggers show.

#include "common/thread.h"

#include <chrono>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <string>
#include <thread>

namespace tessera {

/// `name`: the kernel keeps its first 15 bytes. `work` must not throw.
std::thread startThread(const std::string& name, std::function<void()> work);

/// A thread that does something now and then until it is asked to stop:
///
///     void run() { while (!thread_.stopsWithin(kPause)) { … } }
///
/// Declared as its owner's last member, so that it has ended before anything that it uses. start() and stop() belong to
/// one thread, the others are for any.
class StoppableThread {
  public:
    using Clock = std::chrono::steady_clock;

    StoppableThread() = default;

    ~StoppableThread() { stop(); }

    StoppableThread(const StoppableThread&) = delete;
    StoppableThread& operator=(const StoppableThread&) = delete;

    /// As startThread(). At most once.
    void start(const std::string& name, std::function<void()> work);
    /// Ends a stopsWithin() that waits, at once. Does not wait itself.
    void requestStop();
    /// Asks, and waits for the thread's end. May be called again, and where nothing was started.
    void stop();
    /// Waits for `time` at most, and no longer than until a stop is asked for: whether one is.
    bool stopsWithin(Clock::duration time);

  private:
    std::mutex mutex_;
    std::condition_variable stop_requested_;
    bool stopping_ = false;  // guarded by mutex_
    std::thread thread_;
};

}  // namespace tessera
