#include "tests/fault/watcher.h"

#include <algorithm>

namespace tessera::fault {

using store::raft::Core;
using store::raft::Message;
using store::raft::MessageKind;
using store::raft::Position;
using store::raft::Role;
using store::raft::Term;

namespace {

std::uint64_t digest(const Entry& entry) {
    return store::checksumOf(entry.text(), static_cast<std::uint64_t>(entry.kind) + 1);
}

std::string number(std::uint64_t value) {
    return std::to_string(value);
}

}  // namespace

void Watcher::seen(const Core& core) {
    if (core.fault()) {
        return report("node " + number(core.id()) + ": " + core.fault()->message);
    }
    Seen& seen = nodes_[core.id()];
    Term& term = terms_[core.id()];
    if (core.term() < seen.term) {
        report("terms: node " + number(core.id()) + " goes back to term " + number(core.term()));
    }
    term = std::max(term, core.term());
    checkLog(core, seen);
    checkCommit(core, seen);
    if (core.role() == Role::kLeader && (seen.role != Role::kLeader || seen.term != core.term())) {
        checkLeader(core);
    }
    seen.role = core.role();
    seen.term = core.term();
}

void Watcher::wiped(NodeId node) {
    nodes_.erase(node);
    terms_.erase(node);
    std::erase_if(votes_, [&](const auto& vote) { return vote.first.second == node; });
}

/// Log matching: an index and a term name one entry, and the entry before it.
void Watcher::checkLog(const Core& core, Seen& seen) {
    const Position last = core.log().last();
    if (last == seen.last) {
        return;
    }
    // From where it may have changed: an older last entry that is still there vouches for all before it.
    const bool extends = seen.last.index >= core.log().base().index && core.log().has(seen.last);
    const Index from = extends ? seen.last.index + 1 : core.log().base().index + 1;
    for (Index index = from; index <= last.index; ++index) {
        const Entry& entry = core.log().at(index);
        const Written written = {digest(entry), core.log().termAt(index - 1)};
        const auto [known, is_new] = written_.emplace(std::pair(index, entry.term), written);
        const bool knows_previous = index - 1 > core.log().base().index;
        if (!is_new && (known->second.data != written.data ||
                        (knows_previous && known->second.previous_term != written.previous_term))) {
            report("log matching: entry " + number(index) + " of term " + number(entry.term) +
                   " is not the same on node " + number(core.id()));
        }
    }
    seen.last = last;
}

void Watcher::checkLeader(const Core& core) {
    const auto [leader, is_new] = leaders_.emplace(core.term(), core.id());
    if (!is_new && leader->second != core.id()) {
        report("election safety: nodes " + number(leader->second) + " and " + number(core.id()) + " lead in term " +
               number(core.term()));
    }
    for (const auto& [index, known] : committed_) {
        if (index > core.log().base().index && core.log().termAt(index) != known.term) {
            return report("leader completeness: node " + number(core.id()) + " leads in term " + number(core.term()) +
                          " without the committed entry " + number(index));
        }
    }
}

/// A committed entry is the same wherever it is committed, for ever.
void Watcher::checkCommit(const Core& core, Seen& seen) {
    if (core.commit() < seen.commit) {
        report("commit: node " + number(core.id()) + " goes back to entry " + number(core.commit()));
    }
    for (Index index = std::max(seen.commit, core.log().base().index) + 1; index <= core.commit(); ++index) {
        const Entry& entry = core.log().at(index);
        const auto [known, is_new] = committed_.emplace(index, Known{entry.term, digest(entry)});
        if (!is_new && (known->second.term != entry.term || known->second.data != digest(entry))) {
            report("state machine safety: node " + number(core.id()) + " commits another entry " + number(index));
        }
        if (is_new) {
            checkDurable(core, index);
        }
    }
    seen.commit = core.commit();
}

/// What is committed is on the disks of a quorum at that moment.
void Watcher::checkDurable(const Core& core, Index index) {
    const Position position = {index, core.log().termAt(index)};
    const bool is_durable = core.membership().isQuorum([&](NodeId node) {
        const SimDisk* disk = disk_of_(node);
        return disk != nullptr && disk->holds(position);
    });
    // A follower may learn of it first, when a membership it does not know yet has decided.
    if (!is_durable && core.role() == Role::kLeader) {
        report("durability: entry " + number(index) + " is committed and not on the disks of a quorum");
    }
}

/// What a message promises is on its sender's disk.
void Watcher::sent(const Message& message) {
    const SimDisk* disk = disk_of_(message.from);
    const auto& hard = disk->held().hard_state;
    if (message.kind == MessageKind::kVote &&
        (hard.term < message.term || (hard.term == message.term && hard.vote != message.from))) {
        report("persisted before sent: node " + number(message.from) + " asks for votes in term " +
               number(message.term));
    }
    if (message.kind == MessageKind::kVoteResponse && !message.reject) {
        if (hard.term < message.term || (hard.term == message.term && hard.vote != message.to)) {
            report("persisted before sent: node " + number(message.from) + " votes in term " + number(message.term));
        }
        const auto [vote, is_new] = votes_.emplace(std::pair(message.term, message.from), message.to);
        if (!is_new && vote->second != message.to) {
            report("one vote a term: node " + number(message.from) + " votes twice in term " + number(message.term));
        }
    }
    if (message.kind == MessageKind::kAppendResponse && !message.reject) {
        const auto& held = disk->held();
        const Index last = held.entries.empty() ? held.base.index : held.entries.back().index;
        if (hard.term < message.term || (hard.term == message.term && message.previous.index > last)) {
            report("persisted before sent: node " + number(message.from) + " confirms entry " +
                   number(message.previous.index));
        }
    }
}

void Watcher::applied(NodeId node, const Entry& entry, std::uint64_t hash) {
    const auto known = committed_.find(entry.index);
    if (known != committed_.end() && (known->second.term != entry.term || known->second.data != digest(entry))) {
        report("state machine safety: node " + number(node) + " applies another entry " + number(entry.index));
    }
    const auto [first, is_new] = hashes_.emplace(entry.index, hash);
    if (!is_new && first->second != hash) {
        report("state machine safety: node " + number(node) + " has another state at entry " + number(entry.index));
    }
    const SimDisk* disk = disk_of_(node);
    if (!disk->holds({entry.index, entry.term})) {
        report("durability: node " + number(node) + " applies entry " + number(entry.index) +
               ", which is not on its disk");
    }
}

}  // namespace tessera::fault
