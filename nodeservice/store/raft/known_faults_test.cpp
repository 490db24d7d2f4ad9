/// Faults that a widely used Raft library had and mended one after another (canonical/raft 0.15 to 0.18): each is tried
/// on the core by its name. Two more of them need more than the core: tests/fault/scenarios.cpp plays the commit of an
/// older term's entry (Figure8), nodeservice/store/driver/replica_test.cpp the leader whose disk fails.

#include "nodeservice/store/raft/core.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace tessera::store::raft {
namespace {

StoredLog ofThree() {
    StoredLog stored;
    stored.snapshot.membership.voters = {1, 2, 3};
    return stored;
}

/// Node 1 asks for votes in term 1; its own vote is in the Ready that is returned.
Ready startElection(Core& core) {
    core.timeOut();
    static_cast<void>(core.ready());
    core.receive({.kind = MessageKind::kPreVoteResponse, .from = 2, .to = 1, .term = 1});
    return core.ready();
}

/// Node 1 leads in term 1; its first entry is durable.
Core makeLeader() {
    Core core({.id = 1}, ofThree(), 0);
    const Ready vote = startElection(core);
    core.persisted(vote.number);
    core.receive({.kind = MessageKind::kVoteResponse, .from = 2, .to = 1, .term = 1});
    core.persisted(core.ready().number);
    return core;
}

void confirm(Core& core, NodeId from, Index index, Term term = 1) {
    core.receive({.kind = MessageKind::kAppendResponse, .from = from, .to = 1, .term = term, .previous = {index, 0}});
}

Message append(NodeId from, Term term, Position previous, std::vector<Entry> entries) {
    Message message{.kind = MessageKind::kAppend, .from = from, .to = 2, .term = term, .previous = previous};
    message.entries = std::move(entries);
    return message;
}

Message wholeSnapshot(NodeId from, Term term) {
    Message message{.kind = MessageKind::kSnapshot, .from = from, .to = 2, .term = term};
    message.snapshot.index = 5;
    message.snapshot.term = 1;
    message.snapshot.membership.voters = {1, 2, 3};
    message.snapshot.size = 3;
    message.chunk = makePayload("abc");
    return message;
}

bool hasKind(const std::vector<Message>& messages, MessageKind kind) {
    return std::any_of(messages.begin(), messages.end(), [&](const Message& one) { return one.kind == kind; });
}

TEST(KnownFaultsTest, NoEntryAtTheTermsStart) {
    const Core core = makeLeader();
    ASSERT_EQ(core.log().lastIndex(), 1);
    EXPECT_EQ(core.log().at(1).kind, EntryKind::kNoop);
    EXPECT_EQ(core.log().at(1).term, core.term());
}

TEST(KnownFaultsTest, CommitNotByWhatPeersHold) {
    Core core = makeLeader();
    confirm(core, 2, 1);
    ASSERT_TRUE(core.propose({makePayload("x")}));
    core.persisted(core.ready().number);
    ASSERT_EQ(core.durable(), 2);
    confirm(core, 2, 1);
    EXPECT_EQ(core.commit(), 1);
    confirm(core, 3, 99);  // more than there is
    EXPECT_EQ(core.commit(), 1);
    EXPECT_FALSE(core.fault());
    confirm(core, 3, 2);
    EXPECT_EQ(core.commit(), 2);
}

TEST(KnownFaultsTest, MembershipStaysWhenItsEntryGoes) {
    Core core({.id = 2}, ofThree(), 0);
    Membership next;
    next.voters = {1, 2, 3, 4};
    next.outgoing = {1, 2, 3};
    core.receive(append(1, 1, {}, {{1, 1, EntryKind::kMembership, makePayload(next.encode())}}));
    ASSERT_EQ(core.membership(), next);
    core.receive(append(3, 2, {}, {{1, 2, EntryKind::kNoop, nullptr}}));
    EXPECT_EQ(core.membership(), ofThree().snapshot.membership);
}

TEST(KnownFaultsTest, AnswersOfAnotherTermCount) {
    Core core = makeLeader();
    ASSERT_TRUE(core.propose({makePayload("x")}));
    core.persisted(core.ready().number);
    core.receive({.kind = MessageKind::kHeartbeat, .from = 3, .to = 1, .term = 2});
    ASSERT_EQ(core.role(), Role::kFollower);
    confirm(core, 2, 2);
    EXPECT_EQ(core.commit(), 0);
    // It leads again: what was confirmed in the first term is not confirmed in this one.
    core.timeOut();
    core.persisted(core.ready().number);
    core.receive({.kind = MessageKind::kPreVoteResponse, .from = 2, .to = 1, .term = 3});
    core.persisted(core.ready().number);
    core.receive({.kind = MessageKind::kVoteResponse, .from = 2, .to = 1, .term = 3});
    core.persisted(core.ready().number);
    ASSERT_EQ(core.role(), Role::kLeader);
    confirm(core, 2, 3, 1);
    EXPECT_EQ(core.commit(), 0);
    confirm(core, 2, 3, 3);
    EXPECT_EQ(core.commit(), 3);
}

TEST(KnownFaultsTest, NewTermWhileASnapshotComesIn) {
    Core core({.id = 2}, ofThree(), 0);
    core.receive(wholeSnapshot(1, 1));
    const Ready ready = core.ready();
    ASSERT_TRUE(ready.install);
    core.receive({.kind = MessageKind::kHeartbeat, .from = 3, .to = 2, .term = 2});
    core.persisted(ready.number);
    EXPECT_FALSE(core.fault());
    EXPECT_EQ(core.term(), 2);
    EXPECT_EQ(core.commit(), 5);
    const Ready next = core.ready();
    const auto answer = std::find_if(
        next.messages_when_durable.begin(), next.messages_when_durable.end(),
        [](const Message& one) { return one.kind == MessageKind::kAppendResponse && one.previous.index == 5; });
    ASSERT_NE(answer, next.messages_when_durable.end());
    EXPECT_EQ(answer->to, 3);
    EXPECT_EQ(answer->term, 2);
}

TEST(KnownFaultsTest, CandidacyWhileASnapshotIsInstalled) {
    Core core({.id = 2}, ofThree(), 0);
    core.receive(wholeSnapshot(1, 1));
    const Ready ready = core.ready();
    core.timeOut();
    EXPECT_EQ(core.role(), Role::kFollower);
    core.persisted(ready.number);
    core.timeOut();
    EXPECT_EQ(core.role(), Role::kPreCandidate);
}

/// The vote is asked for with a position that is not on disk yet: it leaves behind that write.
TEST(KnownFaultsTest, CandidacyWhileEntriesAreWritten) {
    Core core({.id = 2}, ofThree(), 0);
    core.receive(append(1, 1, {}, {{1, 1, EntryKind::kNoop, nullptr}}));
    const Ready written = core.ready();
    ASSERT_EQ(written.entries.size(), 1);
    core.timeOut();
    const Ready asked = core.ready();
    EXPECT_FALSE(hasKind(asked.messages, MessageKind::kPreVote));
    EXPECT_TRUE(hasKind(asked.messages_when_durable, MessageKind::kPreVote));
    EXPECT_GT(asked.number, written.number);
}

TEST(KnownFaultsTest, ElectedByAVoteThatIsNotDurable) {
    Core core({.id = 1}, ofThree(), 0);
    const Ready vote = startElection(core);
    ASSERT_TRUE(vote.hard_state);
    EXPECT_FALSE(hasKind(vote.messages, MessageKind::kVote));
    core.receive({.kind = MessageKind::kVoteResponse, .from = 2, .to = 1, .term = 1});
    EXPECT_EQ(core.role(), Role::kCandidate);
    core.persisted(vote.number);
    EXPECT_EQ(core.role(), Role::kLeader);
}

TEST(KnownFaultsTest, TruncatedEntriesCountAsWritten) {
    Core core({.id = 2}, ofThree(), 0);
    core.receive(append(1, 1, {}, {{1, 1, EntryKind::kNoop, nullptr}, {2, 1, EntryKind::kCommand, makePayload("x")}}));
    const Ready first = core.ready();
    core.receive(append(3, 2, {}, {{1, 2, EntryKind::kNoop, nullptr}}));
    const Ready second = core.ready();
    core.persisted(first.number);
    EXPECT_EQ(core.durable(), 0);
    core.persisted(second.number);
    EXPECT_EQ(core.durable(), 1);
}

TEST(KnownFaultsTest, TimeoutNowToOneThatLags) {
    Core core = makeLeader();
    ASSERT_TRUE(core.propose({makePayload("x")}));
    core.persisted(core.ready().number);
    confirm(core, 2, 1);
    ASSERT_TRUE(core.transferLeadership(2));
    EXPECT_FALSE(hasKind(core.ready().messages, MessageKind::kTimeoutNow));
    confirm(core, 2, 2);
    EXPECT_TRUE(hasKind(core.ready().messages, MessageKind::kTimeoutNow));
}

TEST(KnownFaultsTest, TransferOutlivesTheLeadership) {
    Core core = makeLeader();
    ASSERT_TRUE(core.propose({makePayload("x")}));
    ASSERT_TRUE(core.transferLeadership(2));
    core.receive({.kind = MessageKind::kHeartbeat, .from = 3, .to = 1, .term = 2});
    EXPECT_EQ(core.transferringTo(), kNoNode);
    confirm(core, 2, 2);
    for (int i = 0; i < 50; ++i) {
        core.tick();
    }
    EXPECT_FALSE(hasKind(core.ready().messages, MessageKind::kTimeoutNow));
    EXPECT_FALSE(core.fault());
}

}  // namespace
}  // namespace tessera::store::raft
