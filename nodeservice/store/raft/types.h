#pragma once

/// What the Raft core, its storage and its transport speak of. Values; pure.

#include "nodeservice/store/raft/membership.h"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace tessera::store::raft {

using Term = std::uint64_t;

/// Shared between the log, messages and what waits to be written: an entry's bytes are never copied or changed.
using Payload = std::shared_ptr<const std::string>;

inline Payload makePayload(std::string bytes) {
    return std::make_shared<const std::string>(std::move(bytes));
}

/// The numbers are stored and sent.
enum class EntryKind : std::uint8_t { kCommand = 1, kNoop = 2, kMembership = 3 };

struct Position {
    Index index = 0;
    Term term = 0;

    bool operator==(const Position&) const = default;
};

struct Entry {
    Index index = 0;
    Term term = 0;
    EntryKind kind = EntryKind::kCommand;
    Payload data;

    /// What it weighs in limits: its data, and a little for itself.
    std::size_t bytes() const { return (data ? data->size() : 0) + 24; }

    std::string_view text() const { return data ? std::string_view(*data) : std::string_view(); }

    bool operator==(const Entry& other) const {
        return index == other.index && term == other.term && kind == other.kind && text() == other.text();
    }
};

/// What must survive a crash besides the log: Raft paper, fig. 2.
struct HardState {
    Term term = 0;
    NodeId vote = kNoNode;

    bool operator==(const HardState&) const = default;
};

/// A state of the data at one index, kept as a file of `size` bytes. Two snapshots are the same if all of this is.
struct SnapshotMeta {
    Index index = 0;
    Term term = 0;
    Membership membership;
    std::uint64_t size = 0;
    std::uint64_t checksum = 0;

    bool operator==(const SnapshotMeta&) const = default;

    Position position() const { return {index, term}; }
};

/// What a node keeps of the log. A new cluster's members all start with an empty one whose `snapshot.membership` names
/// them; a node that is to join, with none at all.
struct StoredLog {
    HardState hard_state;
    SnapshotMeta snapshot;
    /// What stands before the first entry; at or before the snapshot.
    Position base;
    std::vector<Entry> entries;

    bool operator==(const StoredLog&) const = default;
};

/// The numbers are sent.
enum class MessageKind : std::uint8_t {
    kVote = 1,
    kVoteResponse = 2,
    kPreVote = 3,
    kPreVoteResponse = 4,
    kAppend = 5,
    kAppendResponse = 6,
    kHeartbeat = 7,
    kHeartbeatResponse = 8,
    kSnapshot = 9,
    kSnapshotResponse = 10,
    kReadIndex = 11,
    kReadIndexResponse = 12,
    kTimeoutNow = 13,
};

/// One struct for all kinds; which members a kind uses stands beside them.
struct Message {
    MessageKind kind = MessageKind::kHeartbeat;
    NodeId from = kNoNode;
    NodeId to = kNoNode;
    /// The sender's; of pre-votes (and their grants) the term that would begin.
    Term term = 0;
    /// kAppend: what stands before `entries`. Votes: the candidate's last entry. kAppendResponse: up to where the logs
    /// match; if `reject`, the `previous` that did not match. kReadIndexResponse: index only.
    Position previous{};
    /// kAppend, kHeartbeat.
    Index commit = 0;
    /// kAppend.
    std::vector<Entry> entries{};
    /// Votes, kAppendResponse, kSnapshotResponse.
    bool reject = false;
    /// kAppendResponse with `reject`: the follower's last position that could match.
    Position hint{};
    /// kHeartbeat, kAppend and their responses: the leader's round, which the response repeats.
    std::uint64_t round = 0;
    /// kVote: a transfer of leadership, which stickiness does not refuse.
    bool transfer = false;
    /// kReadIndex and its response: the asker's own number.
    std::uint64_t context = 0;
    /// kSnapshot, kSnapshotResponse. `offset`: of the chunk, or the next wanted.
    SnapshotMeta snapshot{};
    std::uint64_t offset = 0;
    /// kSnapshot: filled in from the snapshot's file by who sends it. Empty only at the end of the file.
    Payload chunk{};
};

/// A part of a snapshot that has arrived, for the file that is being made beside.
struct SnapshotChunk {
    SnapshotMeta snapshot;
    std::uint64_t offset = 0;
    Payload data;
};

/// A read that may be served from any state at or after `index`.
struct ReadState {
    std::uint64_t context = 0;
    Index index = 0;
};

/// What the core wants done. In the order of Readys: make `hard_state`, `entries`, `chunks` and `install` durable, call
/// Core::persisted(number), send `messages_when_durable`. `messages` may go at once. `committed` may be applied at
/// once, after any earlier `install` has taken effect.
struct Ready {
    std::uint64_t number = 0;
    std::optional<HardState> hard_state;
    /// They follow each other; whatever is stored at the first one's index or behind it is replaced.
    std::vector<Entry> entries;
    std::vector<SnapshotChunk> chunks;
    /// The snapshot whose last chunk has arrived: check it, put it in the place of data and log; or
    /// Core::installFailed(number).
    std::optional<SnapshotMeta> install;
    std::vector<Message> messages;
    std::vector<Message> messages_when_durable;
    std::vector<Entry> committed;
    std::vector<ReadState> reads;

    bool mustPersist() const { return hard_state || !entries.empty() || !chunks.empty() || install; }

    bool empty() const {
        return !mustPersist() && messages.empty() && messages_when_durable.empty() && committed.empty() &&
               reads.empty();
    }
};

}  // namespace tessera::store::raft
