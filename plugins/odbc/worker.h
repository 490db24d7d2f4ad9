#pragma once

/// The thread in which a driver's calls run: most drivers block, and the session's caller must look at the host's
/// signals meanwhile.
///
/// One job at a time; the thread blocks all signals. A driver that does not come back is left behind with its thread:
/// what a job uses must therefore be owned by the job, or shared with it. Owned by one session.

#include "plugins/sdk/connector.h"

#include <chrono>
#include <functional>
#include <memory>

namespace tessera::odbc {

class Worker {
  public:
    using Clock = std::chrono::steady_clock;

    enum class Outcome { kDone, kAttention, kCancelled, kTimedOut };

    Worker();
    /// Waits for a job in progress no longer than settle() was told to.
    ~Worker();
    Worker(const Worker&) = delete;
    Worker& operator=(const Worker&) = delete;

    /// The last job must be over. A job does not throw.
    void start(std::function<void()> job);

    /// Until the job is over, the person cancels, the time is up, or, when it is `heeded`, the host wants attention.
    Outcome wait(const TsrHost& host, bool heeded, Clock::time_point deadline = Clock::time_point::max());

    /// Without a look at the host: true when the job is over.
    bool settle(std::chrono::milliseconds limit);

    bool isBusy() const;

  private:
    struct Shared;

    std::shared_ptr<Shared> shared_;
};

}  // namespace tessera::odbc
