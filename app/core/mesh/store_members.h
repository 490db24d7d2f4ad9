#pragma once

/// The members of the stores that a mesh holds, put together from what each node says of itself and what the leader
/// says of the others. Pure; GUI thread, because of texts for people.

#include "app/core/mesh/store_watch.h"

#include <QString>
#include <QStringList>
#include <chrono>
#include <cstdint>
#include <optional>
#include <vector>

namespace tessera::app {

struct StoreMemberRow {
    enum class Role { kVoter, kLearner, kLeaving, kFollower, kCandidate, kLeader };

    /// The node's name; "#3" where nobody knows it.
    QString name;
    QString address;
    std::uint64_t id = 0;
    Role role = Role::kVoter;
    /// Whether it told its own state a moment ago.
    bool is_reached = false;
    /// "answers"; why it does not; what the leader says of it.
    QString state;
    /// Something to look after.
    bool is_trouble = false;
    /// Whom it takes for the leader; empty while it knows none.
    QString leader;
    std::optional<std::uint64_t> term = {};
    /// Of the last entry of its log that is on disk.
    std::optional<std::uint64_t> last_index = {};
    std::optional<std::uint64_t> commit_index = {};
    std::optional<std::uint64_t> applied_index = {};
    /// Entries that are committed in the store and not applied here.
    std::optional<std::uint64_t> lag = {};
    /// Messages with entries that the leader sent and it has not answered; unknown without a leader.
    std::optional<std::uint32_t> messages_in_flight = {};
    std::uint64_t bytes_in_flight = 0;
    /// From the leader's heartbeat to its answer; unknown without a leader, of the leader itself, and at first.
    std::optional<std::chrono::microseconds> latency = {};

    bool operator==(const StoreMemberRow&) const = default;
};

struct StoreOverview {
    /// Store by store in the mesh's order, in each by the members' numbers.
    std::vector<StoreMemberRow> members;
    /// A sentence for each store, then one for each node that nothing is known of.
    QStringList notes;
    /// Whether a store is without a leader, or a node away.
    bool is_trouble = false;
};

StoreOverview storeOverview(const std::vector<StoreNode>& nodes);

}  // namespace tessera::app
