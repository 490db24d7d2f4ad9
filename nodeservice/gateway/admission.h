#pragma once

/// Who may have how many connections, and what is logged of refusals: each kind of an address's refusals once a minute,
/// however many there are. Every table in it is bounded. Any thread.
///
/// A few connections more than there may be are let in as supernumeraries: to be told so, each in its own protocol, and
/// to cancel what others run.

#include <atomic>
#include <chrono>
#include <cstddef>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

namespace tessera::gateway {

/// At a time; who comes beyond them is closed without a word.
inline constexpr std::size_t kMostSupernumeraries = 16;

struct Limits {
    std::size_t connections = 1000;
    std::size_t connections_per_user = 200;
    /// Connections that are not signed in yet, of one address.
    std::size_t waiting_per_address = 100;
    std::chrono::milliseconds sign_in_time{10000};
    /// 0: none.
    std::chrono::seconds idle_time{0};
};

class Admission {
  public:
    explicit Admission(Limits limits) : limits_(limits) {}

    /// A connection's place; gives it back when it goes.
    class Ticket {
      public:
        Ticket(Admission& admission, std::string address, bool supernumerary)
            : admission_(&admission), address_(std::move(address)), supernumerary_(supernumerary) {}

        Ticket(Ticket&& other) noexcept;
        Ticket& operator=(Ticket&&) = delete;
        ~Ticket();

        const std::string& address() const { return address_; }

        /// No longer counted as waiting; false when the user has as many as allowed.
        bool signedIn(const std::string& user);
        /// Known to be no stranger by other means (calls carry their credentials themselves). Any thread.
        void established();

        bool isWaiting() const { return waiting_; }

        /// There are as many as allowed without it: it may not sign in.
        bool isSupernumerary() const { return supernumerary_; }

      private:
        Admission* admission_;
        std::string address_;
        bool supernumerary_;
        std::string user_;
        std::atomic<bool> waiting_ = true;
    };

    /// Nothing when there are too many. That is logged here, and so is that it is a supernumerary's.
    std::optional<Ticket> enter(const std::string& address);

    /// Logs that a connection of the address was refused.
    void refused(const std::string& address, const std::string& reason);

    /// Logs that sign-ins of the address have to wait, because so many have failed.
    void slowedDown(const std::string& address, const std::string& user);

    /// Without supernumeraries.
    std::size_t connections() const;

    const Limits& limits() const { return limits_; }

    std::size_t refusals() const;

  private:
    using Clock = std::chrono::steady_clock;

    void leave(const std::string& address, const std::string& user, bool waiting, bool supernumerary);
    void stopWaiting(const std::string& address);
    /// Was it not logged within the last minute, and are there not too many lines just now? mutex_ is held.
    bool isNews(const std::string& event);

    const Limits limits_;
    mutable std::mutex mutex_;
    // All below: guarded by mutex_.
    std::size_t connections_ = 0;
    std::size_t supernumeraries_ = 0;
    std::map<std::string, std::size_t> waiting_;
    std::map<std::string, std::size_t> users_;
    std::map<std::string, Clock::time_point> logged_;
    std::size_t refusals_ = 0;
    Clock::time_point line_second_;
    int lines_ = 0;
};

}  // namespace tessera::gateway
