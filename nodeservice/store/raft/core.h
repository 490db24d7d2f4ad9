#pragma once

/// One node's part in Raft (Ongaro & Ousterhout, "In Search of an Understandable Consensus Algorithm", extended
/// version; Ongaro's dissertation, "Consensus: Bridging Theory and Practice"), as a pure step function: what happens to
/// the node goes in, ready() says what is to be done. No clock, no I/O, no threads, no randomness but the given seed:
/// the same inputs in the same order give the same outputs. One thread.
///
/// Its files: core.cpp (terms, inputs, Ready), election.cpp, replication.cpp, snapshot.cpp, reading.cpp, change.cpp
/// (membership, transfer of leadership).

#include "nodeservice/store/raft/guard.h"
#include "nodeservice/store/raft/log.h"
#include "nodeservice/store/raft/progress.h"
#include "nodeservice/store/raft/types.h"

#include <map>
#include <vector>

namespace tessera::store::raft {

struct Options {
    NodeId id = kNoNode;
    std::uint64_t seed = 0;
    /// An election starts after one to two of these without a leader.
    std::uint32_t election_ticks = 10;
    /// So often a leader is heard where nothing happens. What was committed it tells at the next tick.
    std::uint32_t heartbeat_ticks = 1;
    /// How long after a round was sent, which a quorum has confirmed, lease reads are served; 0: no lease reads. Less
    /// than election_ticks by as much as clocks may run apart.
    std::uint32_t lease_ticks = 0;
    std::size_t max_message_bytes = std::size_t{1} << 20;
    std::size_t max_in_flight = 64;
    std::size_t max_in_flight_bytes = std::size_t{8} << 20;
    /// Proposals are refused while more than this is not committed.
    std::size_t max_uncommitted_bytes = std::size_t{64} << 20;
    /// Committed entries in one Ready.
    std::size_t max_apply_bytes = std::size_t{4} << 20;
    /// A learner may become a voter when it lacks at most this many entries.
    Index max_promotion_gap = 1000;
};

enum class Role : std::uint8_t { kFollower, kPreCandidate, kCandidate, kLeader };

enum class ReadMode : std::uint8_t {
    kReadIndex,  ///< A quorum confirms the leader first.
    kLease,      ///< The leader answers while its lease lasts, else as kReadIndex.
};

class Core {
  public:
    /// What storage holds when the node starts, and up to where the data holds what it says.
    Core(const Options& options, StoredLog stored, Index applied);

    // --- what happens to the node

    /// A unit of time has passed by the node's own monotonic clock.
    void tick();

    /// So many ticks would be counted and lead to nothing, if nothing else happens: they may come together.
    std::uint32_t quietTicks() const;

    void receive(Message message);

    /// Appends commands, all or none. The position is the first one's. An entry of another term that turns up committed
    /// at a command's index means that the command is lost; until one has turned up, its fate is open.
    Result<Position> propose(std::vector<Payload> commands);

    /// Answered in Ready::reads, or never (a lost message, a lost leader): ask again.
    Result<> read(std::uint64_t context, ReadMode mode = ReadMode::kReadIndex);

    /// Refused while another change is under way.
    Result<Position> changeMembership(const MembershipTarget& target);

    /// Gives leadership to a voter as soon as it has the whole log; given up after an election time-out.
    Result<> transferLeadership(NodeId to);

    /// As if the election time-out had passed; with leases, nothing while a leader is heard, which may rely on one.
    void timeOut();

    /// All Readys up to this number are durable.
    void persisted(std::uint64_t ready_number);

    /// The snapshot of the Ready's `install` was not what was sent: its bytes are forgotten, data and log are as
    /// before. Comes before that Ready's persisted().
    void installFailed(std::uint64_t ready_number);

    /// A snapshot of this node's own has been made; the log may lose all up to `base`, at or before it.
    void compact(SnapshotMeta snapshot, Index base);

    // --- what is to be done

    Ready ready();

    // --- what can be seen

    /// Something happened that Raft excludes: storage lost what it had confirmed, or a node broke the rules. The core
    /// does nothing more. Empty otherwise.
    const std::optional<Error>& fault() const { return fault_; }

    NodeId id() const { return options_.id; }

    Role role() const { return role_; }

    Term term() const { return hard_.term; }

    NodeId leader() const { return leader_; }

    Index commit() const { return commit_; }

    /// All up to here is durable on this node.
    Index durable() const { return durable_; }

    const Log& log() const { return log_; }

    const Membership& membership() const { return memberships_.back().membership; }

    /// As it was at an index from the snapshot's to the commit index.
    const Membership& membershipAt(Index index) const;

    /// The index of the entry that made it so.
    Index membershipIndex() const { return memberships_.back().index; }

    const SnapshotMeta& snapshot() const { return snapshot_; }

    const std::map<NodeId, Progress>& peers() const { return peers_; }

    bool isInstalling() const { return installing_.has_value(); }

    NodeId transferringTo() const { return transfer_to_; }

    bool hasLease() const;

  private:
    struct MembershipAt {
        Index index = 0;
        Membership membership;
        /// Whose majorities decide: the same, but for a guard that is left out.
        Membership deciding;
    };

    struct Outstanding {
        std::uint64_t number = 0;
        HardState hard_state;
        Position last;
    };

    struct PendingRead {
        std::uint64_t round = 0;
        Index index = 0;
        NodeId from = kNoNode;
        std::uint64_t context = 0;
    };

    struct Round {
        std::uint64_t number = 0;
        std::uint64_t sent_at = 0;
    };

    struct Incoming {
        SnapshotMeta snapshot;
        std::uint64_t offset = 0;
    };

    struct Installing {
        SnapshotMeta snapshot;
        std::uint64_t ready_number = 0;
        Term term = 0;
    };

    // core.cpp
    void stop(std::string what);
    void becomeFollower(Term term, NodeId leader);
    void heardLeader(NodeId leader);
    bool hearsLeader() const;
    void resetElectionTimer();
    std::uint64_t random();
    void send(Message message);
    void sendWhenDurable(Message message);
    bool takesTermOf(const Message& message);
    void handle(const Message& message);
    void leaderTick();
    std::optional<HardState> hardStateToPersist();

    // election.cpp
    bool mayCampaign() const;
    void preCampaign();
    void campaign(bool is_transfer);
    void askForVotes(MessageKind kind, Term term, bool is_transfer);
    void countVotes();
    void becomeLeader();
    void handleVote(const Message& message);
    void handleVoteResponse(const Message& message);
    void checkQuorum();

    // replication.cpp
    Index appendOwn(EntryKind kind, Payload data);
    void appendEntry(Entry entry);
    void replicate();
    void sendAppend(NodeId to, Progress& peer);
    void sendHeartbeats();
    void sendHeartbeat(NodeId to, Progress& peer);
    void advanceCommit();
    void commitTo(Index index);
    void handleAppend(const Message& message);
    bool takeEntries(const std::vector<Entry>& entries);
    void refuseAppend(const Message& message);
    void handleAppendResponse(const Message& message);
    void handleHeartbeat(const Message& message);
    void handleHeartbeatResponse(const Message& message);

    // snapshot.cpp
    void sendSnapshot(NodeId to, Progress& peer);
    void handleSnapshot(const Message& message);
    void handleSnapshotResponse(const Message& message);
    void answerSnapshot(const SnapshotMeta& snapshot, std::uint64_t offset, bool reject);
    void finishInstall();

    // reading.cpp
    void startRead(NodeId from, std::uint64_t context);
    void askQuorum();
    std::vector<NodeId> quickestQuorum() const;
    void answerRead(NodeId from, std::uint64_t context, Index index);
    void noteRound(NodeId from, std::uint64_t round);
    std::uint64_t confirmedRound() const;
    void releaseReads();

    // change.cpp
    void useMembership(Index index, Membership membership);
    void rollBackMembership(Index from);

    const Membership& deciding() const { return memberships_.back().deciding; }

    void adjustPeers();
    void membershipCommitted();
    void handleTimeoutNow();
    void continueTransfer();

    Options options_;
    std::uint64_t random_state_;
    std::optional<Error> fault_;

    HardState hard_;
    Log log_;
    SnapshotMeta snapshot_;
    /// The membership at the log's base or later, and those that entries behind the commit index may still undo.
    std::vector<MembershipAt> memberships_;

    Role role_ = Role::kFollower;
    NodeId leader_ = kNoNode;
    Index commit_ = 0;
    /// Handed out in a Ready to be applied.
    Index delivered_ = 0;
    /// Handed out in a Ready to be stored; and confirmed.
    Index handed_ = 0;
    Index durable_ = 0;
    HardState handed_hard_;
    HardState durable_hard_;
    std::uint64_t ready_number_ = 0;
    std::deque<Outstanding> outstanding_;
    Ready next_;

    std::uint64_t now_ = 0;
    std::uint32_t election_elapsed_ = 0;
    std::uint32_t election_timeout_ = 0;
    /// When it last heard a leader. The start counts as such: see Guard::kSilentStart.
    std::uint64_t heard_leader_at_ = 0;
    bool has_heard_leader_ = true;

    // Candidate.
    std::map<NodeId, bool> votes_;

    // Leader.
    std::map<NodeId, Progress> peers_;
    std::uint32_t heartbeat_elapsed_ = 0;
    Index told_commit_ = 0;  // by the last heartbeats
    std::uint32_t quorum_elapsed_ = 0;
    std::size_t uncommitted_bytes_ = 0;
    std::uint64_t round_ = 0;
    /// The round has not been sent yet: reads that come now still belong to it.
    bool round_open_ = false;
    std::deque<Round> rounds_;
    std::uint64_t answers_ = 0;  // to rounds
    std::deque<PendingRead> reads_;
    NodeId transfer_to_ = kNoNode;
    std::uint32_t transfer_elapsed_ = 0;
    bool transfer_sent_ = false;
    bool lease_forfeited_ = false;

    // Receiving a snapshot.
    std::optional<Incoming> incoming_;
    std::optional<Installing> installing_;
};

}  // namespace tessera::store::raft
