#pragma once

/// Sessions of the node's PostgreSQL that a client has left clean, kept for the next one that would get exactly the
/// same: the same role, person, claims and start-up parameters. What is put in has been reset, and that was verified.
///
/// Any thread: a session may go on on another event loop than it came from.

#include "common/process.h"
#include "nodeservice/gateway/backend.h"

#include <chrono>
#include <cstddef>
#include <list>
#include <mutex>
#include <optional>
#include <string>

namespace tessera::gateway {

struct PoolLimits {
    /// 0: nothing is kept, each client has a session of its own.
    std::size_t sessions = 0;
    std::chrono::seconds idle_time{60};
};

/// Of whom a session is.
std::string poolKeyOf(const BackendRequest& request);

class BackendPool {
  public:
    explicit BackendPool(PoolLimits limits) : limits_(limits) {}

    struct Session {
        FileDescriptor socket;
        std::string greeting;
        CancelKey key;
    };

    bool isOn() const { return limits_.sessions > 0; }

    std::optional<Session> take(const std::string& key);
    void keep(const std::string& key, Session session);

    /// Closes those that nobody took for too long.
    void expire();
    void clear();

    std::size_t size() const;

  private:
    using Clock = std::chrono::steady_clock;

    struct Idle {
        std::string key;
        Session session;
        Clock::time_point since;
    };

    const PoolLimits limits_;
    mutable std::mutex mutex_;
    std::list<Idle> idle_;  // guarded by mutex_; newest first
};

}  // namespace tessera::gateway
