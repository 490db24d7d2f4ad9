#include "nodeservice/server/peer/message_codec.h"

#include "nodeservice/proto/store_peer.pb.h"

#include <utility>

namespace tessera::store {

namespace {

void encode(const raft::Position& position, v1::RaftPosition* out) {
    out->set_index(position.index);
    out->set_term(position.term);
}

raft::Position decode(const v1::RaftPosition& in) {
    return {in.index(), in.term()};
}

Error notAMessage() {
    return fail(ErrorCode::kInvalidArgument, "a message between members of the store cannot be read",
                "run the same version of Tessera on all of them");
}

bool isKnown(std::uint32_t kind, auto last) {
    return kind >= 1 && kind <= static_cast<std::uint32_t>(last);
}

}  // namespace

void encode(const raft::Message& message, v1::RaftMessage& out) {
    out.set_kind(static_cast<std::uint32_t>(message.kind));
    out.set_from(message.from);
    out.set_to(message.to);
    out.set_term(message.term);
    encode(message.previous, out.mutable_previous());
    out.set_commit(message.commit);
    for (const raft::Entry& entry : message.entries) {
        v1::RaftEntry* one = out.add_entries();
        one->set_index(entry.index);
        one->set_term(entry.term);
        one->set_kind(static_cast<std::uint32_t>(entry.kind));
        if (entry.data) {
            one->set_data(*entry.data);
        }
    }
    out.set_reject(message.reject);
    encode(message.hint, out.mutable_hint());
    out.set_round(message.round);
    out.set_transfer(message.transfer);
    out.set_context(message.context);
    if (message.kind == raft::MessageKind::kSnapshot || message.kind == raft::MessageKind::kSnapshotResponse) {
        v1::RaftSnapshot* snapshot = out.mutable_snapshot();
        snapshot->set_index(message.snapshot.index);
        snapshot->set_term(message.snapshot.term);
        snapshot->set_membership(message.snapshot.membership.encode());
        snapshot->set_size(message.snapshot.size);
        snapshot->set_checksum(message.snapshot.checksum);
    }
    out.set_offset(message.offset);
    if (message.chunk) {
        out.set_chunk(*message.chunk);
    }
}

Result<raft::Message> decode(v1::RaftMessage&& in) {
    if (!isKnown(in.kind(), raft::MessageKind::kTimeoutNow) || in.from() == raft::kNoNode) {
        return notAMessage();
    }
    raft::Message message;
    message.kind = static_cast<raft::MessageKind>(in.kind());
    message.from = in.from();
    message.to = in.to();
    message.term = in.term();
    message.previous = decode(in.previous());
    message.commit = in.commit();
    for (v1::RaftEntry& entry : *in.mutable_entries()) {
        // They follow each other, and what stands before them.
        if (!isKnown(entry.kind(), raft::EntryKind::kMembership) ||
            entry.index() != message.previous.index + message.entries.size() + 1) {
            return notAMessage();
        }
        message.entries.push_back({entry.index(), entry.term(), static_cast<raft::EntryKind>(entry.kind()),
                                   entry.has_data() ? raft::makePayload(std::move(*entry.mutable_data())) : nullptr});
    }
    message.reject = in.reject();
    message.hint = decode(in.hint());
    message.round = in.round();
    message.transfer = in.transfer();
    message.context = in.context();
    if (in.has_snapshot()) {
        message.snapshot.index = in.snapshot().index();
        message.snapshot.term = in.snapshot().term();
        message.snapshot.membership = TSR_TRY(raft::Membership::decode(in.snapshot().membership()));
        message.snapshot.size = in.snapshot().size();
        message.snapshot.checksum = in.snapshot().checksum();
    }
    message.offset = in.offset();
    if (in.has_chunk()) {
        message.chunk = raft::makePayload(std::move(*in.mutable_chunk()));
    }
    return message;
}

}  // namespace tessera::store
