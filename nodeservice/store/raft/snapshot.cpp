/// Snapshots: paper §7. They go in chunks, one under way at a time; a receiver that has begun with the same snapshot
/// says where it goes on, whoever sends it.

#include "nodeservice/store/raft/core.h"

namespace tessera::store::raft {

void Core::sendSnapshot(NodeId to, Progress& peer) {
    if (peer.snapshot() != snapshot_) {
        peer.sendSnapshot(snapshot_);
    }
    peer.chunk_sent = true;
    send({.kind = MessageKind::kSnapshot, .to = to, .snapshot = peer.snapshot(), .offset = peer.offset});
}

void Core::answerSnapshot(const SnapshotMeta& snapshot, std::uint64_t offset, bool reject) {
    if (leader_ != kNoNode && leader_ != options_.id) {
        sendWhenDurable({.kind = MessageKind::kSnapshotResponse,
                         .to = leader_,
                         .reject = reject,
                         .snapshot = snapshot,
                         .offset = offset});
    }
}

void Core::handleSnapshot(const Message& message) {
    heardLeader(message.from);
    if (installing_) {
        return;
    }
    const SnapshotMeta& snapshot = message.snapshot;
    if ((snapshot.index <= commit_ && enforced(Guard::kOldSnapshotIgnored)) || log_.has(snapshot.position())) {
        // A snapshot holds only what is committed.
        commitTo(std::min(snapshot.index, log_.lastIndex()));
        return sendWhenDurable({.kind = MessageKind::kAppendResponse, .to = message.from, .previous = {commit_, 0}});
    }
    if (!incoming_ || incoming_->snapshot != snapshot) {
        incoming_ = Incoming{snapshot, 0};
    }
    if (message.offset != incoming_->offset || !message.chunk) {
        return answerSnapshot(snapshot, incoming_->offset, false);
    }
    next_.chunks.push_back({snapshot, message.offset, message.chunk});
    incoming_->offset += message.chunk->size();
    if (incoming_->offset < snapshot.size) {
        return answerSnapshot(snapshot, incoming_->offset, false);
    }
    next_.install = snapshot;
    installing_ = Installing{snapshot, 0, hard_.term};
    incoming_.reset();
}

void Core::installFailed(std::uint64_t ready_number) {
    if (!installing_ || installing_->ready_number != ready_number) {
        return;
    }
    const SnapshotMeta snapshot = installing_->snapshot;
    installing_.reset();
    answerSnapshot(snapshot, 0, true);
}

void Core::finishInstall() {
    const Installing installed = *installing_;
    installing_.reset();
    snapshot_ = installed.snapshot;
    log_.reset(snapshot_.position());
    memberships_.clear();
    useMembership(snapshot_.index, snapshot_.membership);
    handed_ = durable_ = commit_ = delivered_ = snapshot_.index;
    // To the leader of now, whoever it is: what is committed matches every later leader's log.
    if (leader_ != kNoNode && leader_ != options_.id) {
        sendWhenDurable({.kind = MessageKind::kAppendResponse, .to = leader_, .previous = {commit_, 0}});
    }
}

void Core::handleSnapshotResponse(const Message& message) {
    const auto found = peers_.find(message.from);
    if (role_ != Role::kLeader || found == peers_.end()) {
        return;
    }
    Progress& peer = found->second;
    peer.active = true;
    if (peer.state() == Progress::State::kSnapshot && peer.snapshot() == message.snapshot) {
        peer.offset = message.offset;
        peer.chunk_sent = false;
    }
}

void Core::compact(SnapshotMeta snapshot, Index base) {
    if (fault_ || snapshot.index <= snapshot_.index || snapshot.index > commit_ || base > snapshot.index ||
        base < log_.base().index || installing_) {
        return;
    }
    snapshot_ = std::move(snapshot);
    log_.compact(base);
    while (memberships_.size() > 1 && memberships_[1].index <= snapshot_.index) {
        memberships_.erase(memberships_.begin());
    }
}

}  // namespace tessera::store::raft
