#pragma once

/// The gRPC service StoreFaults: faults on purpose at this member, for test clusters.

#include "nodeservice/server/store_service.h"
#include "nodeservice/store/driver/fault_transport.h"

#include <condition_variable>
#include <memory>
#include <mutex>

namespace tessera::server {

class StoreFaults {
  public:
    /// Both outlive it.
    StoreFaults(store::FaultTransport& transport, store::Replica& replica) : transport_(transport), replica_(replica) {}

    ~StoreFaults() { end(); }

    StoreFaults(const StoreFaults&) = delete;
    StoreFaults& operator=(const StoreFaults&) = delete;

    struct State {
        store::LinkFaults links{};
        bool is_paused = false;
        /// Not looked at by set().
        store::LinkFaultCounts counts{};
    };

    // Any thread.

    State state() const;
    void set(const State& state);
    /// Forces an election: a leader has another member stand at once. Of others the time-out passes, which comes to
    /// nothing while they hear a leader.
    void elect();

    /// Heals, and takes no more faults: before the member stops, which would wait for one that stands still.
    void end();

  private:
    void standStill();

    store::FaultTransport& transport_;
    store::Replica& replica_;
    mutable std::mutex mutex_;
    std::condition_variable changed_;
    // Guarded by mutex_.
    bool is_paused_ = false;
    bool stands_still_ = false;
    bool has_ended_ = false;
};

/// For administrators of the store. `faults`: outlives the server.
std::unique_ptr<grpc::Service> makeStoreFaultsService(StoreContext context, StoreFaults& faults);

}  // namespace tessera::server
