#pragma once

/// How failed sign-ins are slowed down, by whichever protocol they come: the first few of an address as a user are
/// free, then each doubles the time to wait. The table is bounded. Any thread.

#include <chrono>
#include <cstddef>
#include <map>
#include <mutex>
#include <string>

namespace tessera::identity {

class SignInThrottle {
  public:
    /// The user of calls, gRPC's and HTTP's: what they carry names nobody until it is known to be right.
    static constexpr const char* kCalls = "(call)";

    /// How long the next sign-in of this user from this address has to wait.
    std::chrono::milliseconds delay(const std::string& address, const std::string& user) const;
    /// What is left of that since the last failure, for who is sent away instead of being kept waiting.
    std::chrono::milliseconds delayLeft(const std::string& address, const std::string& user) const;
    void failed(const std::string& address, const std::string& user);
    void succeeded(const std::string& address, const std::string& user);

    static constexpr std::size_t kMostRemembered = 4096;

    std::size_t size() const;

  private:
    using Clock = std::chrono::steady_clock;

    struct Failures {
        int count = 0;
        Clock::time_point last;
    };

    static std::chrono::milliseconds delayOf(const Failures& failures);

    mutable std::mutex mutex_;
    std::map<std::string, Failures> failures_;  // guarded by mutex_
};

}  // namespace tessera::identity
