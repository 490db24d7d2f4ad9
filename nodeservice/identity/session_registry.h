#pragma once

/// From where the sessions of the node's PostgreSQL are used: PostgreSQL itself sees its private socket only. Any
/// thread.

#include <chrono>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace tessera::identity {

struct SessionOrigin {
    /// The client's, without a port.
    std::string address = {};
    /// "postgres", "grpc" or "rest".
    std::string protocol = {};
};

class SessionRegistry {
  public:
    /// Somebody's use of a session; ends with it.
    class Entry {
      public:
        Entry(SessionRegistry& registry, int pid) : registry_(&registry), pid_(pid) {}

        Entry(Entry&& other) noexcept : registry_(std::exchange(other.registry_, nullptr)), pid_(other.pid_) {}

        Entry& operator=(Entry&&) = delete;

        ~Entry() {
            if (registry_ != nullptr) {
                registry_->end(pid_);
            }
        }

      private:
        SessionRegistry* registry_;
        int pid_;
    };

    /// `context`: whom the session acts for, or null.
    Entry add(int pid, SessionOrigin origin, std::string role, std::shared_ptr<const std::string> context) {
        const std::lock_guard lock(mutex_);
        const Clock::time_point now = Clock::now();
        std::erase_if(uses_, [now](const auto& use) { return use.second.ended + kKept < now; });
        uses_[pid] = {std::move(origin), kInUse, std::move(role), std::move(context)};
        return {*this, pid};
    }

    /// Of the session with this backend, also for a while after its use has ended: what it did last is told later.
    std::optional<SessionOrigin> find(int pid) const {
        const std::lock_guard lock(mutex_);
        const auto use = uses_.find(pid);
        return use == uses_.end() ? std::nullopt : std::optional(use->second.origin);
    }

    /// The backends of sessions in use of which `fits(role, context)` holds; the context is null for the node's users.
    template <class Fits>
    std::vector<int> inUse(Fits fits) const {
        const std::lock_guard lock(mutex_);
        std::vector<int> pids;
        for (const auto& [pid, use] : uses_) {
            if (use.ended == kInUse && fits(use.role, use.context.get())) {
                pids.push_back(pid);
            }
        }
        return pids;
    }

  private:
    using Clock = std::chrono::steady_clock;
    static constexpr std::chrono::seconds kKept{10};
    static constexpr Clock::time_point kInUse = Clock::time_point::max() - kKept;

    struct Use {
        SessionOrigin origin;
        Clock::time_point ended;
        std::string role;
        std::shared_ptr<const std::string> context;
    };

    void end(int pid) {
        const std::lock_guard lock(mutex_);
        if (const auto use = uses_.find(pid); use != uses_.end()) {
            use->second.ended = Clock::now();
        }
    }

    mutable std::mutex mutex_;
    std::map<int, Use> uses_;  // guarded by mutex_
};

}  // namespace tessera::identity
