#pragma once

/// Asks a running statement to stop: wakes the thread that waits for PostgreSQL through a file descriptor that it polls
/// together with the connection. Shared by both sides; any thread. The first reason stays.

#include "common/process.h"
#include "common/result.h"

#include <atomic>
#include <memory>

namespace tessera::query {

class Interrupt {
  public:
    enum class Reason { kNone, kCancelled, kShutdown };

    static Result<std::shared_ptr<Interrupt>> create();

    explicit Interrupt(FileDescriptor event) : event_(std::move(event)) {}

    void raise(Reason reason);

    Reason reason() const { return reason_; }

    bool isRaised() const { return reason_ != Reason::kNone; }

    /// Readable from raise() on.
    int descriptor() const { return event_.get(); }

  private:
    FileDescriptor event_;
    std::atomic<Reason> reason_ = Reason::kNone;
};

}  // namespace tessera::query
