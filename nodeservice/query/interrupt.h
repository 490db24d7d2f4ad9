#pragma once

/// Asks a running statement to stop: wakes the thread that waits for PostgreSQL through a file descriptor that it polls
/// together with the connection. Shared by both sides; any thread. The first reason stays.

#include "common/process.h"

#include <atomic>
#include <mutex>

namespace tessera::query {

class Interrupt {
  public:
    enum class Reason { kNone, kCancelled, kShutdown };

    void raise(Reason reason);

    Reason reason() const { return reason_; }

    bool isRaised() const { return reason_ != Reason::kNone; }

    /// Readable from raise() on. Made when it is first asked for: most calls of endpoints end before anybody waits. -1
    /// when the node has too many files open; who waits looks at isRaised() from time to time then.
    int descriptor() const;

  private:
    std::atomic<Reason> reason_ = Reason::kNone;
    mutable std::mutex mutex_;
    mutable FileDescriptor event_;  // guarded by mutex_
};

}  // namespace tessera::query
