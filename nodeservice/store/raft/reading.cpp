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
    peer->second.round = std::max(peer->second.round, round);
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
