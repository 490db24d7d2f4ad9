/// Membership changes by joint consensus: paper §6; learners: dissertation §4.2.1. Leadership transfer: §3.10.

#include "nodeservice/store/raft/core.h"

#include <algorithm>

namespace tessera::store::raft {

namespace {

Result<> checkTarget(const MembershipTarget& target) {
    if (target.voters.empty()) {
        return fail(ErrorCode::kInvalidArgument, "the store needs at least one voting member");
    }
    if (target.voters.contains(kNoNode) || target.learners.contains(kNoNode)) {
        return fail(ErrorCode::kInvalidArgument, "0 is no node of the store");
    }
    for (const NodeId node : target.learners) {
        if (target.voters.contains(node)) {
            return fail(ErrorCode::kInvalidArgument,
                        "node " + std::to_string(node) + " cannot be a voter and a learner at once");
        }
    }
    return {};
}

}  // namespace

Result<Position> Core::changeMembership(const MembershipTarget& target) {
    TSR_TRY(checkTarget(target));
    if (fault_ || role_ != Role::kLeader || transfer_to_ != kNoNode) {
        return fail(ErrorCode::kUnavailable, "only the store's leader can change its members",
                    leader_ == kNoNode ? "try again when a leader is elected" : "ask node " + std::to_string(leader_));
    }
    if ((membershipIndex() > commit_ || membership().isJoint()) && enforced(Guard::kOneChangeAtATime)) {
        return fail(ErrorCode::kFailedPrecondition, "another change of the store's members is under way",
                    "try again when it is done");
    }
    for (const NodeId node : target.voters) {
        const auto peer = peers_.find(node);
        if (membership().learners.contains(node) && peer != peers_.end() &&
            peer->second.match() + options_.max_promotion_gap < log_.lastIndex()) {
            return fail(ErrorCode::kFailedPrecondition,
                        "node " + std::to_string(node) + " is not yet up to date and cannot vote", "try again later");
        }
    }
    Membership next{target.voters, {}, target.learners, {}};
    if (next == membership()) {
        return fail(ErrorCode::kAlreadyExists, "the store's members are these already");
    }
    if (target.voters != membership().voters) {
        next.outgoing = membership().voters;
        for (const NodeId node : next.outgoing) {
            if (next.learners.erase(node) != 0) {
                next.demoted.insert(node);
            }
        }
    }
    const Index index = appendOwn(EntryKind::kMembership, makePayload(next.encode()));
    return Position{index, hard_.term};
}

void Core::useMembership(Index index, Membership membership) {
    Membership deciding = membership;
    if (!enforced(Guard::kJointQuorum)) {
        deciding.outgoing.clear();
    }
    if (!enforced(Guard::kLearnersDoNotCount)) {
        deciding.voters.insert(deciding.learners.begin(), deciding.learners.end());
    }
    memberships_.push_back({index, std::move(membership), std::move(deciding)});
    adjustPeers();
}

const Membership& Core::membershipAt(Index index) const {
    auto at = memberships_.rbegin();
    while (at + 1 != memberships_.rend() && at->index > index) {
        ++at;
    }
    return at->membership;
}

void Core::rollBackMembership(Index from) {
    while (memberships_.size() > 1 && memberships_.back().index >= from && enforced(Guard::kMembershipRollsBack)) {
        memberships_.pop_back();
    }
}

void Core::adjustPeers() {
    if (role_ != Role::kLeader) {
        return;
    }
    const std::set<NodeId> members = membership().all();
    std::erase_if(peers_, [&](const auto& peer) { return !members.contains(peer.first); });
    for (const NodeId node : members) {
        // The last entry is sent at once and shows where the logs match.
        if (peers_.emplace(node, Progress(std::max<Index>(1, log_.lastIndex()))).second) {
            peers_.at(node).active = true;
        }
    }
}

/// A joint membership that is committed ends by itself, whoever leads then; a leader that is no member any more goes.
void Core::membershipCommitted() {
    if (role_ != Role::kLeader || membershipIndex() > commit_) {
        return;
    }
    if (membership().isJoint()) {
        appendOwn(EntryKind::kMembership, makePayload(membership().afterJoint().encode()));
    } else if (!membership().isVoter(options_.id)) {
        sendHeartbeats();
        becomeFollower(hard_.term, kNoNode);
    }
}

Result<> Core::transferLeadership(NodeId to) {
    if (fault_ || role_ != Role::kLeader) {
        return fail(ErrorCode::kUnavailable, "only the store's leader can give leadership away",
                    leader_ == kNoNode ? "try again when a leader is elected" : "ask node " + std::to_string(leader_));
    }
    if (to == options_.id || !membership().isVoter(to)) {
        return fail(ErrorCode::kInvalidArgument, "node " + std::to_string(to) + " is no other voter of the store");
    }
    if (transfer_to_ != kNoNode) {
        return fail(ErrorCode::kFailedPrecondition,
                    "leadership of the store is already going to node " + std::to_string(transfer_to_));
    }
    transfer_to_ = to;
    transfer_elapsed_ = 0;
    transfer_sent_ = false;
    continueTransfer();
    return {};
}

void Core::continueTransfer() {
    const auto peer = peers_.find(transfer_to_);
    if (transfer_to_ == kNoNode || transfer_sent_ || peer == peers_.end()) {
        return;
    }
    if (peer->second.match() == log_.lastIndex() || !enforced(Guard::kTransferWaits)) {
        transfer_sent_ = true;
        // It may arrive at any later time, and that node's votes then know no stickiness.
        lease_forfeited_ = true;
        send({.kind = MessageKind::kTimeoutNow, .to = transfer_to_});
    }
}

void Core::handleTimeoutNow() {
    if (role_ == Role::kFollower && mayCampaign()) {
        campaign(true);
    }
}

}  // namespace tessera::store::raft
