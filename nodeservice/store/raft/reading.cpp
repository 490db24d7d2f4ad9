/// Linearizable reads without a log entry: dissertation §6.4, and by a lease: §6.4.1.

#include "nodeservice/store/raft/core.h"

#include <algorithm>

namespace tessera::store::raft {

Result<> Core::read(std::uint64_t context, ReadMode mode) {
    if (fault_ || leader_ == kNoNode) {
        return fail(ErrorCode::kUnavailable, "the store has no leader that this node knows of", "try again later");
    }
    if (role_ != Role::kLeader) {
        send({.kind = MessageKind::kReadIndex, .to = leader_, .context = context});
    } else if (mode == ReadMode::kLease && hasLease()) {
        next_.reads.push_back({context, commit_});
    } else {
        startRead(options_.id, context);
    }
    return {};
}

/// The commit index of now is remembered; it holds for the read when a quorum confirms a round that begins later.
void Core::startRead(NodeId from, std::uint64_t context) {
    if (!round_open_) {
        ++round_;
        round_open_ = true;
    }
    reads_.push_back({round_, commit_, from, context});
    releaseReads();
}

/// A round for reads goes to no more nodes than a quorum needs: what the others would answer is of no use to anybody,
/// and to wake them for each read is a large part of what it costs. All are asked at the next tick if an answer is
/// missing then, and while one to the round before is.
void Core::askQuorum() {
    if (confirmedRound() + 1 < round_) {
        return sendHeartbeats();
    }
    round_open_ = false;
    rounds_.push_back({round_, now_});
    for (const NodeId node : quickestQuorum()) {
        sendHeartbeat(node, peers_.at(node));
    }
}

/// Without this node: those that answered the last round first.
std::vector<NodeId> Core::quickestQuorum() const {
    std::vector<NodeId> voters;
    for (const auto& [node, peer] : peers_) {
        if (node != options_.id && deciding().isVoter(node)) {
            voters.push_back(node);
        }
    }
    std::sort(voters.begin(), voters.end(), [this](NodeId left, NodeId right) {
        const Progress& a = peers_.at(left);
        const Progress& b = peers_.at(right);
        return a.round != b.round ? a.round > b.round : a.answer < b.answer;
    });
    std::vector<NodeId> asked;
    const auto is_asked = [&](NodeId node) {
        return node == options_.id || std::find(asked.begin(), asked.end(), node) != asked.end();
    };
    for (auto next = voters.begin(); next != voters.end() && !deciding().isQuorum(is_asked); ++next) {
        asked.push_back(*next);
    }
    return asked;
}

void Core::answerRead(NodeId from, std::uint64_t context, Index index) {
    if (from == options_.id) {
        next_.reads.push_back({context, index});
    } else {
        send({.kind = MessageKind::kReadIndexResponse, .to = from, .previous = {index, 0}, .context = context});
    }
}

void Core::noteRound(NodeId from, std::uint64_t round) {
    const auto peer = peers_.find(from);
    if (role_ != Role::kLeader || peer == peers_.end()) {
        return;
    }
    if (round > peer->second.round) {
        peer->second.round = round;
        peer->second.answer = ++answers_;
    }
    const std::uint64_t confirmed = confirmedRound();
    while (rounds_.size() > 1 && rounds_[1].number <= confirmed) {
        rounds_.pop_front();
    }
    releaseReads();
}

std::uint64_t Core::confirmedRound() const {
    return deciding().reachedByQuorum([&](NodeId node) -> std::uint64_t {
        const auto peer = peers_.find(node);
        return node == options_.id ? round_ : peer == peers_.end() ? 0 : peer->second.round;
    });
}

void Core::releaseReads() {
    // Until an entry of its own term is committed, the leader does not know what is: a former leader may have committed
    // more. Reads that came before then take the commit index of then.
    const bool knows_commit = log_.termAt(commit_) == hard_.term;
    if (!knows_commit && enforced(Guard::kReadAfterOwnCommit)) {
        return;
    }
    const Index first_own = log_.lastAtMost(commit_, hard_.term - 1).index + 1;
    const std::uint64_t confirmed = enforced(Guard::kReadQuorum) ? confirmedRound() : round_;
    while (!reads_.empty() && reads_.front().round <= confirmed) {
        const PendingRead read = reads_.front();
        reads_.pop_front();
        answerRead(read.from, read.context,
                   enforced(Guard::kReadAfterOwnCommit) ? std::max(read.index, first_own) : read.index);
    }
}

bool Core::hasLease() const {
    if (role_ != Role::kLeader || options_.lease_ticks == 0 || lease_forfeited_ || log_.termAt(commit_) != hard_.term) {
        return false;
    }
    if (!enforced(Guard::kLeaseExpires) || deciding().isQuorum([&](NodeId node) { return node == options_.id; })) {
        return true;
    }
    const std::uint64_t confirmed = confirmedRound();
    return !rounds_.empty() && rounds_.front().number <= confirmed &&
           now_ - rounds_.front().sent_at < options_.lease_ticks;
}

}  // namespace tessera::store::raft
