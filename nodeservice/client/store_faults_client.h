#pragma once

/// Faults on purpose at one member of the store, in a test cluster (docs/store.md). Any thread; each call waits for its
/// answer.

#include "nodeservice/client/node_client.h"

#include <chrono>
#include <cstdint>
#include <memory>
#include <vector>

namespace tessera::client {

/// What disturbs a member; as it is made, nothing.
struct StoreFaults {
    /// It neither hears other members nor is heard.
    bool is_isolated = false;
    /// The same between it and these.
    std::vector<std::uint64_t> cut = {};
    /// Of a hundred messages, in each direction.
    std::uint32_t lost_percent = 0;
    /// What it says goes out so much later.
    std::chrono::milliseconds delay{0};
    /// It stands still.
    bool is_paused = false;

    bool operator==(const StoreFaults&) const = default;
};

/// How many messages of a member, since its node began.
struct StoreFaultCounts {
    /// By chance, in either direction.
    std::uint64_t lost = 0;
    /// Between it and one that it was cut from, or while it was isolated.
    std::uint64_t cut = 0;
    /// Gone out late.
    std::uint64_t late = 0;
};

struct StoreFaultsState {
    StoreFaults faults{};
    StoreFaultCounts counts{};
};

class StoreFaultsClient {
  public:
    /// As StoreClient::create().
    static Result<std::shared_ptr<StoreFaultsClient>> create(NodeAddress address);

    virtual ~StoreFaultsClient() = default;

    /// kUnimplemented: the node is of no test cluster.
    virtual Result<StoreFaultsState> get() = 0;

    /// In the place of what disturbed it before.
    virtual Result<StoreFaultsState> set(const StoreFaults& faults) = 0;

    /// Forces an election: a leader has another member stand at once. Of others the time-out passes, which comes to
    /// nothing while they hear a leader.
    virtual Result<> elect() = 0;
};

}  // namespace tessera::client
