#pragma once

/// Faults on purpose, for test clusters: what this member says to others and hears from them is lost or comes late.

#include "nodeservice/store/driver/transport.h"

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <map>
#include <mutex>
#include <random>
#include <set>
#include <thread>

namespace tessera::store {

struct LinkFaults {
    /// Nothing goes out and nothing comes in.
    bool is_isolated = false;
    /// The same between this member and these.
    std::set<raft::NodeId> cut{};
    /// Of a hundred messages, in each direction, by chance.
    unsigned lost_percent = 0;
    /// Each message goes out so much later.
    std::chrono::milliseconds delay{0};

    bool operator==(const LinkFaults&) const = default;
};

/// How many messages, since the transport was made.
struct LinkFaultCounts {
    /// By chance, in either direction.
    std::uint64_t lost = 0;
    /// By a cut or the isolation, in either direction.
    std::uint64_t cut = 0;
    /// Kept for later. One that is cut off meanwhile counts as that, too.
    std::uint64_t late = 0;
};

class FaultTransport final : public Transport {
  public:
    /// `inner` outlives it. `seed`: of the chance by which messages are lost.
    FaultTransport(Transport& inner, std::uint64_t seed);
    ~FaultTransport() override;

    FaultTransport(const FaultTransport&) = delete;
    FaultTransport& operator=(const FaultTransport&) = delete;

    // Any thread.

    /// In the place of those before. What is on its way late still comes.
    void set(LinkFaults faults);
    LinkFaults faults() const;
    LinkFaultCounts counts() const;

    void send(raft::Message message) override;

    /// Whether what comes from there is to be heard.
    bool hears(raft::NodeId from);

  private:
    using Clock = std::chrono::steady_clock;

    bool isCut(raft::NodeId other);
    bool isLost(raft::NodeId other);
    void sendLate();

    Transport& inner_;
    /// Without faults messages go past the mutex.
    std::atomic<bool> has_faults_ = false;
    mutable std::mutex mutex_;
    // Guarded by mutex_.
    LinkFaults faults_;
    LinkFaultCounts counts_;
    std::mt19937_64 chance_;
    std::multimap<Clock::time_point, raft::Message> late_;
    bool is_stopping_ = false;
    std::condition_variable changed_;
    std::thread thread_;
};

}  // namespace tessera::store
