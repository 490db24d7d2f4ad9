#include "nodeservice/store/raft/core.h"

#include <algorithm>

namespace tessera::store::raft {

Core::Core(const Options& options, StoredLog stored, Index applied)
    : options_(options),
      random_state_(options.seed ^ (options.id * 0x9E3779B97F4A7C15ULL)),
      hard_(stored.hard_state),
      log_(stored.base, std::move(stored.entries)),
      snapshot_(std::move(stored.snapshot)) {
    useMembership(snapshot_.index, snapshot_.membership);
    for (Index index = std::max(snapshot_.index, log_.base().index) + 1; index <= log_.lastIndex(); ++index) {
        if (log_.at(index).kind == EntryKind::kMembership) {
            if (const auto membership = Membership::decode(log_.at(index).text())) {
                useMembership(index, *membership);
            } else {
                stop(membership.error().message);
            }
        }
    }
    commit_ = std::max(snapshot_.index, applied);
    delivered_ = commit_;
    handed_ = durable_ = log_.lastIndex();
    handed_hard_ = durable_hard_ = hard_;
    if (commit_ > log_.lastIndex()) {
        stop("the log ends at entry " + std::to_string(log_.lastIndex()) + ", but entry " + std::to_string(commit_) +
             " has been applied");
    }
    has_heard_leader_ = enforced(Guard::kSilentStart);
    resetElectionTimer();
}

void Core::stop(std::string what) {
    if (!fault_) {
        fault_ = fail(ErrorCode::kDataLoss, std::move(what), "restore this node of the store from its peers");
    }
}

void Core::becomeFollower(Term term, NodeId leader) {
    if (term > hard_.term) {
        hard_ = {term, kNoNode};
    }
    role_ = Role::kFollower;
    leader_ = leader;
    votes_.clear();
    peers_.clear();
    reads_.clear();
    rounds_.clear();
    round_open_ = false;
    transfer_to_ = kNoNode;
    resetElectionTimer();
}

void Core::heardLeader(NodeId leader) {
    if (role_ == Role::kLeader) {
        return stop("node " + std::to_string(leader) + " leads in term " + std::to_string(hard_.term) +
                    ", as this node does");
    }
    if (role_ != Role::kFollower) {
        becomeFollower(hard_.term, leader);
    }
    leader_ = leader;
    election_elapsed_ = 0;
    heard_leader_at_ = now_;
    has_heard_leader_ = true;
}

bool Core::hearsLeader() const {
    return role_ == Role::kLeader || (has_heard_leader_ && now_ - heard_leader_at_ < options_.election_ticks);
}

void Core::resetElectionTimer() {
    election_elapsed_ = 0;
    election_timeout_ = options_.election_ticks + static_cast<std::uint32_t>(random() % options_.election_ticks);
}

/// SplitMix64 (Steele, Lea, Flood 2014).
std::uint64_t Core::random() {
    random_state_ += 0x9E3779B97F4A7C15ULL;
    std::uint64_t value = random_state_;
    value = (value ^ (value >> 30U)) * 0xBF58476D1CE4E5B9ULL;
    value = (value ^ (value >> 27U)) * 0x94D049BB133111EBULL;
    return value ^ (value >> 31U);
}

void Core::send(Message message) {
    message.from = options_.id;
    if (message.term == 0) {
        message.term = hard_.term;
    }
    next_.messages.push_back(std::move(message));
}

void Core::sendWhenDurable(Message message) {
    send(std::move(message));
    if (enforced(Guard::kPersistBeforeSend)) {
        next_.messages_when_durable.push_back(std::move(next_.messages.back()));
        next_.messages.pop_back();
    }
}

void Core::tick() {
    if (fault_) {
        return;
    }
    ++now_;
    if (role_ == Role::kLeader) {
        leaderTick();
    } else if (++election_elapsed_ >= election_timeout_) {
        resetElectionTimer();
        timeOut();
    }
}

std::uint32_t Core::quietTicks() const {
    const auto before = [](std::uint32_t elapsed, std::uint32_t due) {
        return elapsed + 1 < due ? due - elapsed - 1 : 0;
    };
    if (role_ != Role::kLeader) {
        return before(election_elapsed_, election_timeout_);
    }
    if (commit_ > told_commit_ || !reads_.empty() || transfer_to_ != kNoNode) {
        return 0;
    }
    return std::min(before(heartbeat_elapsed_, options_.heartbeat_ticks),
                    before(quorum_elapsed_, options_.election_ticks));
}

void Core::leaderTick() {
    if (++quorum_elapsed_ >= options_.election_ticks) {
        quorum_elapsed_ = 0;
        checkQuorum();
        if (role_ != Role::kLeader) {
            return;
        }
    }
    if (transfer_to_ != kNoNode && ++transfer_elapsed_ >= options_.election_ticks) {
        transfer_to_ = kNoNode;
    }
    for (auto& [node, peer] : peers_) {
        if (node == options_.id || !peer.stalled(options_.election_ticks)) {
            continue;
        }
        if (peer.state() == Progress::State::kSnapshot) {
            peer.chunk_sent = false;
        } else {
            peer.probeAgain();
        }
    }
    // Reads that still wait: not all were asked, see askQuorum().
    if (++heartbeat_elapsed_ >= options_.heartbeat_ticks || commit_ > told_commit_ || !reads_.empty()) {
        sendHeartbeats();
    }
}

void Core::timeOut() {
    if (fault_ || role_ == Role::kLeader || !mayCampaign() || (options_.lease_ticks != 0 && hearsLeader())) {
        return;
    }
    if (enforced(Guard::kPreVote)) {
        preCampaign();
    } else {
        campaign(false);
    }
}

/// The rules about terms: paper §5.1, with stickiness (dissertation §4.2.3) and pre-votes (§9.6), which raise no terms.
bool Core::takesTermOf(const Message& message) {
    const bool asks_vote = message.kind == MessageKind::kVote || message.kind == MessageKind::kPreVote;
    if (message.term > hard_.term) {
        if (asks_vote && !message.transfer && hearsLeader() && enforced(Guard::kStickiness)) {
            return false;
        }
        const bool is_grant = message.kind == MessageKind::kPreVoteResponse && !message.reject;
        if (message.kind != MessageKind::kPreVote && !is_grant) {
            becomeFollower(message.term, kNoNode);
        }
        return true;
    }
    if (message.term == hard_.term || !enforced(Guard::kStaleTermRefused)) {
        return true;
    }
    // A leader or candidate of an older term learns of the newer one, or it would go on for ever.
    const bool from_leader = message.kind == MessageKind::kAppend || message.kind == MessageKind::kHeartbeat ||
                             message.kind == MessageKind::kSnapshot;
    if (from_leader) {
        sendWhenDurable({.kind = MessageKind::kAppendResponse, .to = message.from, .reject = true});
    } else if (message.kind == MessageKind::kPreVote) {
        sendWhenDurable({.kind = MessageKind::kPreVoteResponse, .to = message.from, .reject = true});
    }
    return false;
}

void Core::receive(Message message) {
    if (fault_ || message.to != options_.id || !takesTermOf(message)) {
        return;
    }
    handle(message);
}

void Core::handle(const Message& message) {
    switch (message.kind) {
        case MessageKind::kVote:
        case MessageKind::kPreVote:
            return handleVote(message);
        case MessageKind::kVoteResponse:
        case MessageKind::kPreVoteResponse:
            return handleVoteResponse(message);
        case MessageKind::kAppend:
            return handleAppend(message);
        case MessageKind::kAppendResponse:
            return handleAppendResponse(message);
        case MessageKind::kHeartbeat:
            return handleHeartbeat(message);
        case MessageKind::kHeartbeatResponse:
            return handleHeartbeatResponse(message);
        case MessageKind::kSnapshot:
            return handleSnapshot(message);
        case MessageKind::kSnapshotResponse:
            return handleSnapshotResponse(message);
        case MessageKind::kReadIndex:
            if (role_ == Role::kLeader) {
                startRead(message.from, message.context);
            }
            return;
        case MessageKind::kReadIndexResponse:
            next_.reads.push_back({message.context, message.previous.index});
            return;
        case MessageKind::kTimeoutNow:
            return handleTimeoutNow();
    }
}

std::optional<HardState> Core::hardStateToPersist() {
    if (hard_ == handed_hard_ || (hard_.vote == kNoNode && !enforced(Guard::kTermPersisted))) {
        return std::nullopt;
    }
    handed_hard_ = hard_;
    return enforced(Guard::kVotePersisted) ? hard_ : HardState{hard_.term, kNoNode};
}

Ready Core::ready() {
    if (fault_) {
        return {};
    }
    if (role_ == Role::kLeader) {
        replicate();
    }
    next_.hard_state = hardStateToPersist();
    if (handed_ < log_.lastIndex()) {
        next_.entries = log_.slice(handed_ + 1, log_.lastIndex(), SIZE_MAX);
        handed_ = log_.lastIndex();
    }
    const Index may_apply = enforced(Guard::kApplyWhenDurable) ? std::min(commit_, durable_) : commit_;
    if (delivered_ < may_apply && !installing_) {
        next_.committed = log_.slice(delivered_ + 1, may_apply, options_.max_apply_bytes);
        delivered_ = next_.committed.back().index;
    }
    if (next_.empty()) {
        return {};
    }
    next_.number = ++ready_number_;
    if (next_.install) {
        installing_->ready_number = next_.number;
    }
    if (next_.mustPersist()) {
        outstanding_.push_back({next_.number, handed_hard_, log_.last()});
    }
    return std::exchange(next_, {});
}

void Core::persisted(std::uint64_t ready_number) {
    if (fault_) {
        return;
    }
    while (!outstanding_.empty() && outstanding_.front().number <= ready_number) {
        const Outstanding& written = outstanding_.front();
        durable_hard_ = written.hard_state;
        // What was truncated meanwhile does not count, whatever it was.
        if (log_.has(written.last)) {
            durable_ = std::max(durable_, std::min(written.last.index, handed_));
        }
        outstanding_.pop_front();
    }
    if (installing_ && installing_->ready_number != 0 && installing_->ready_number <= ready_number) {
        finishInstall();
    }
    if (role_ == Role::kPreCandidate || role_ == Role::kCandidate) {
        countVotes();
    } else if (role_ == Role::kLeader) {
        advanceCommit();
    }
}

}  // namespace tessera::store::raft
