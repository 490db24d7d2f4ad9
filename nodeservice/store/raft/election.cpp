/// Elections: paper §5.2 and §5.4.1; pre-vote and check-quorum: dissertation §9.6, §6.2.

#include "nodeservice/store/raft/core.h"

namespace tessera::store::raft {

/// A voter that a membership leaves out may be the only one that has its entry: until that is known to be committed,
/// the node still stands for election, or nobody could win one (dissertation §4.2.2).
bool Core::mayCampaign() const {
    if (installing_ && enforced(Guard::kQuietWhileInstalling)) {
        return false;
    }
    const bool was_voter = membershipIndex() > commit_ && memberships_.size() > 1 &&
                           memberships_[memberships_.size() - 2].membership.isVoter(options_.id);
    return membership().isVoter(options_.id) || was_voter;
}

void Core::preCampaign() {
    becomeFollower(hard_.term, kNoNode);
    role_ = Role::kPreCandidate;
    votes_[options_.id] = true;
    askForVotes(MessageKind::kPreVote, hard_.term + 1, false);
    countVotes();
}

void Core::campaign(bool is_transfer) {
    becomeFollower(hard_.term + 1, kNoNode);
    role_ = Role::kCandidate;
    hard_.vote = options_.id;
    // Its own vote counts once it is durable: see countVotes().
    votes_[options_.id] = true;
    askForVotes(MessageKind::kVote, hard_.term, is_transfer);
}

void Core::askForVotes(MessageKind kind, Term term, bool is_transfer) {
    for (const NodeId node : membership().all()) {
        if (node != options_.id && membership().isVoter(node)) {
            sendWhenDurable({.kind = kind, .to = node, .term = term, .previous = log_.last(), .transfer = is_transfer});
        }
    }
}

void Core::countVotes() {
    const bool is_candidate = role_ == Role::kCandidate;
    if (is_candidate && durable_hard_ != hard_ && enforced(Guard::kPersistBeforeSend)) {
        return;
    }
    const auto has_said = [&](bool answer) {
        return deciding().isQuorum([&](NodeId node) {
            const auto vote = votes_.find(node);
            return vote != votes_.end() && vote->second == answer;
        });
    };
    if (has_said(true)) {
        if (is_candidate) {
            becomeLeader();
        } else {
            campaign(false);
        }
    } else if (has_said(false)) {
        becomeFollower(hard_.term, kNoNode);
    }
}

void Core::becomeLeader() {
    role_ = Role::kLeader;
    leader_ = options_.id;
    peers_.clear();
    adjustPeers();
    for (auto& [node, peer] : peers_) {
        peer.active = true;
    }
    quorum_elapsed_ = 0;
    round_ = 0;
    lease_forfeited_ = false;
    uncommitted_bytes_ = 0;
    for (Index index = commit_ + 1; index <= log_.lastIndex(); ++index) {
        uncommitted_bytes_ += log_.at(index).bytes();
    }
    if (enforced(Guard::kNoopAtTermStart)) {
        appendOwn(EntryKind::kNoop, nullptr);
    }
    sendHeartbeats();
}

void Core::handleVote(const Message& message) {
    const bool is_pre_vote = message.kind == MessageKind::kPreVote;
    const bool is_free = hard_.vote == message.from || (hard_.vote == kNoNode && leader_ == kNoNode) ||
                         (is_pre_vote && message.term > hard_.term) ||
                         (!is_pre_vote && !enforced(Guard::kOneVotePerTerm));
    const Position own = log_.last();
    const bool is_up_to_date = message.previous.term > own.term ||
                               (message.previous.term == own.term && message.previous.index >= own.index) ||
                               !enforced(Guard::kUpToDateVote);
    const bool grants = is_free && is_up_to_date;
    if (grants && !is_pre_vote) {
        hard_.vote = message.from;
        election_elapsed_ = 0;
    }
    sendWhenDurable({.kind = is_pre_vote ? MessageKind::kPreVoteResponse : MessageKind::kVoteResponse,
                     .to = message.from,
                     .term = grants ? message.term : hard_.term,
                     .reject = !grants});
}

void Core::handleVoteResponse(const Message& message) {
    const bool is_pre_vote = message.kind == MessageKind::kPreVoteResponse;
    const bool is_asked = role_ == (is_pre_vote ? Role::kPreCandidate : Role::kCandidate);
    // A grant of a pre-vote carries the term that would begin.
    const bool is_current =
        is_pre_vote && !message.reject ? message.term == hard_.term + 1 : message.term == hard_.term;
    if (is_asked && (is_current || !enforced(Guard::kStaleTermRefused))) {
        votes_.emplace(message.from, !message.reject);
        countVotes();
    }
}

void Core::checkQuorum() {
    const bool has_quorum = deciding().isQuorum([&](NodeId node) {
        const auto peer = peers_.find(node);
        return node == options_.id || (peer != peers_.end() && peer->second.active);
    });
    for (auto& [node, peer] : peers_) {
        peer.active = false;
    }
    if (!has_quorum && enforced(Guard::kCheckQuorum)) {
        becomeFollower(hard_.term, kNoNode);
    }
}

}  // namespace tessera::store::raft
