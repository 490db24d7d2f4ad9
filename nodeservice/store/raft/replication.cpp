/// The log: paper §5.3 and §5.4.2; pipelining and parallel writes: dissertation §10.2.1.

#include "nodeservice/store/raft/core.h"

#include <algorithm>

namespace tessera::store::raft {

Result<Position> Core::propose(std::vector<Payload> commands) {
    if (fault_ || role_ != Role::kLeader) {
        return fail(ErrorCode::kUnavailable, "this node of the store is not the leader",
                    leader_ == kNoNode ? "try again when a leader is elected" : "ask node " + std::to_string(leader_));
    }
    if (transfer_to_ != kNoNode && enforced(Guard::kTransferStopsProposals)) {
        return fail(ErrorCode::kUnavailable, "leadership of the store is going to node " + std::to_string(transfer_to_),
                    "try again in a moment");
    }
    if (uncommitted_bytes_ > options_.max_uncommitted_bytes) {
        return fail(ErrorCode::kResourceExhausted, "too many writes to the store wait to be committed",
                    "try again later");
    }
    const Position first = {log_.lastIndex() + 1, hard_.term};
    for (Payload& command : commands) {
        appendOwn(EntryKind::kCommand, std::move(command));
    }
    return first;
}

Index Core::appendOwn(EntryKind kind, Payload data) {
    Entry entry{log_.lastIndex() + 1, hard_.term, kind, std::move(data)};
    uncommitted_bytes_ += entry.bytes();
    appendEntry(std::move(entry));
    return log_.lastIndex();
}

/// A membership holds from when it is in the log, not from when it is committed: paper §6.
void Core::appendEntry(Entry entry) {
    if (entry.kind == EntryKind::kMembership) {
        auto membership = Membership::decode(entry.text());
        if (!membership) {
            return stop(membership.error().message);
        }
        const Index index = entry.index;
        log_.append(std::move(entry));
        return useMembership(index, std::move(*membership));
    }
    log_.append(std::move(entry));
}

/// Sends each node what it lacks, as far as its window allows. Once for all that was proposed since the last Ready.
void Core::replicate() {
    if (round_open_) {
        askQuorum();
    }
    for (auto& [node, peer] : peers_) {
        if (node == options_.id) {
            continue;
        }
        while (role_ == Role::kLeader && peer.next() <= log_.lastIndex() &&
               peer.mayAppend(options_.max_in_flight, options_.max_in_flight_bytes)) {
            if (peer.next() <= log_.base().index) {
                peer.sendSnapshot(snapshot_);
                break;
            }
            sendAppend(node, peer);
        }
        if (peer.state() == Progress::State::kSnapshot && !peer.chunk_sent) {
            sendSnapshot(node, peer);
        }
    }
}

void Core::sendAppend(NodeId to, Progress& peer) {
    const Index previous = peer.next() - 1;
    Message message{.kind = MessageKind::kAppend,
                    .to = to,
                    .previous = {previous, log_.termAt(previous)},
                    .commit = commit_,
                    .entries = log_.slice(peer.next(), log_.lastIndex(), options_.max_message_bytes),
                    .round = round_};
    std::size_t bytes = 0;
    for (const Entry& entry : message.entries) {
        bytes += entry.bytes();
    }
    peer.sent(message.entries.back().index, bytes);
    send(std::move(message));
}

void Core::sendHeartbeats() {
    heartbeat_elapsed_ = 0;
    told_commit_ = commit_;
    if (!round_open_) {
        ++round_;
    }
    round_open_ = false;
    rounds_.push_back({round_, now_});
    for (auto& [node, peer] : peers_) {
        if (node != options_.id) {
            sendHeartbeat(node, peer);
        }
    }
}

void Core::sendHeartbeat(NodeId to, Progress& peer) {
    peer.heartbeatPassed();
    const Index commit = enforced(Guard::kCommitWithinMatched) ? std::min(peer.match(), commit_) : commit_;
    send({.kind = MessageKind::kHeartbeat, .to = to, .commit = commit, .round = round_});
}

void Core::advanceCommit() {
    const Index own = enforced(Guard::kSelfCountsWhenDurable) ? durable_ : log_.lastIndex();
    const Index reached = deciding().reachedByQuorum([&](NodeId node) -> Index {
        const auto peer = peers_.find(node);
        return node == options_.id ? own : peer == peers_.end() ? 0 : peer->second.match();
    });
    if (reached > commit_ && (log_.termAt(reached) == hard_.term || !enforced(Guard::kOwnTermCommit))) {
        commitTo(reached);
        releaseReads();
        membershipCommitted();
    }
}

void Core::commitTo(Index index) {
    if (index <= commit_) {
        return;
    }
    if (index > log_.lastIndex()) {
        return stop("entry " + std::to_string(index) + " is committed, but the log ends at " +
                    std::to_string(log_.lastIndex()));
    }
    if (role_ == Role::kLeader) {
        for (Index i = commit_ + 1; i <= index; ++i) {
            uncommitted_bytes_ -= log_.at(i).bytes();
        }
    }
    commit_ = index;
}

void Core::handleAppend(const Message& message) {
    heardLeader(message.from);
    if (fault_) {
        return;
    }
    if (installing_ && enforced(Guard::kQuietWhileInstalling)) {
        return;
    }
    if (message.previous.index < commit_) {
        // Old news: all up to the commit index matches any leader's log.
        return sendWhenDurable({.kind = MessageKind::kAppendResponse,
                                .to = message.from,
                                .previous = {commit_, 0},
                                .round = message.round});
    }
    const bool matches =
        log_.has(message.previous) || (!enforced(Guard::kLogMatching) && message.previous.index <= log_.lastIndex());
    if (!matches) {
        return refuseAppend(message);
    }
    if (!takeEntries(message.entries)) {
        return;
    }
    const Index matched = message.entries.empty() ? message.previous.index : message.entries.back().index;
    commitTo(enforced(Guard::kCommitWithinMatched) ? std::min(message.commit, matched)
                                                   : std::min(message.commit, log_.lastIndex()));
    sendWhenDurable(
        {.kind = MessageKind::kAppendResponse, .to = message.from, .previous = {matched, 0}, .round = message.round});
}

bool Core::takeEntries(const std::vector<Entry>& entries) {
    for (const Entry& entry : entries) {
        if (entry.index <= log_.lastIndex()) {
            if (log_.termAt(entry.index) == entry.term || !enforced(Guard::kConflictTruncates)) {
                continue;
            }
            if (entry.index <= commit_) {
                stop("the leader's entry " + std::to_string(entry.index) + " is not the one committed here");
                return false;
            }
            log_.truncate(entry.index);
            rollBackMembership(entry.index);
            handed_ = std::min(handed_, entry.index - 1);
            durable_ = std::min(durable_, entry.index - 1);
        }
        appendEntry(entry);
    }
    return true;
}

/// Says where the logs may still match, so that the leader skips whole terms: paper §5.3, last paragraphs.
void Core::refuseAppend(const Message& message) {
    sendWhenDurable({.kind = MessageKind::kAppendResponse,
                     .to = message.from,
                     .previous = message.previous,
                     .reject = true,
                     .hint = log_.lastAtMost(message.previous.index, message.previous.term),
                     .round = message.round});
}

void Core::handleAppendResponse(const Message& message) {
    const auto found = peers_.find(message.from);
    if (role_ != Role::kLeader || found == peers_.end()) {
        return;
    }
    Progress& peer = found->second;
    peer.active = true;
    if (message.reject) {
        const Position hint = log_.lastAtMost(message.hint.index, message.hint.term);
        peer.refuse(message.previous.index, hint.index + 1);
    } else if (message.previous.index <= log_.lastIndex()) {
        const bool is_news = peer.confirm(message.previous.index);
        if (is_news) {
            advanceCommit();
        }
        continueTransfer();
    }
    noteRound(message.from, message.round);
}

void Core::handleHeartbeat(const Message& message) {
    heardLeader(message.from);
    commitTo(enforced(Guard::kCommitWithinMatched) ? message.commit : std::min(message.commit, log_.lastIndex()));
    send({.kind = MessageKind::kHeartbeatResponse, .to = message.from, .round = message.round});
}

void Core::handleHeartbeatResponse(const Message& message) {
    const auto peer = peers_.find(message.from);
    if (role_ == Role::kLeader && peer != peers_.end()) {
        peer->second.active = true;
        noteRound(message.from, message.round);
    }
}

}  // namespace tessera::store::raft
