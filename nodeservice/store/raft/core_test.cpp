/// The core as people run it, without a cluster around it; tests/fault has the clusters.

#include "nodeservice/store/raft/core.h"

#include <gtest/gtest.h>

namespace tessera::store::raft {
namespace {

StoredLog founded(std::set<NodeId> voters) {
    StoredLog stored;
    stored.snapshot.membership.voters = std::move(voters);
    return stored;
}

/// A leader of three, with its own entry of the term durable.
Core makeLeader(Options options = {}) {
    options.id = 1;
    Core core(options, founded({1, 2, 3}), 0);
    core.timeOut();
    static_cast<void>(core.ready());
    core.receive({.kind = MessageKind::kPreVoteResponse, .from = 2, .to = 1, .term = 1});
    core.persisted(core.ready().number);
    core.receive({.kind = MessageKind::kVoteResponse, .from = 2, .to = 1, .term = 1});
    core.persisted(core.ready().number);
    return core;
}

void confirm(Core& core, NodeId from, Index index) {
    core.receive(
        {.kind = MessageKind::kAppendResponse, .from = from, .to = 1, .term = core.term(), .previous = {index, 0}});
}

std::vector<Message> appendsTo(const Ready& ready, NodeId node) {
    std::vector<Message> appends;
    for (const Message& message : ready.messages) {
        if (message.kind == MessageKind::kAppend && message.to == node) {
            appends.push_back(message);
        }
    }
    return appends;
}

/// Quiet ticks are counted and nothing else; the one behind them is not.
void expectQuietAsSaid(Core core) {
    const std::uint32_t quiet = core.quietTicks();
    EXPECT_GT(quiet, 0);
    for (std::uint32_t i = 0; i < quiet; ++i) {
        EXPECT_EQ(core.quietTicks(), quiet - i);
        core.tick();
        EXPECT_TRUE(core.ready().empty()) << i;
    }
    EXPECT_EQ(core.quietTicks(), 0);
    core.tick();
    EXPECT_FALSE(core.ready().empty());
}

TEST(CoreTest, TicksThatLeadToNothingAreKnown) {
    for (std::uint64_t seed = 1; seed < 20; ++seed) {
        expectQuietAsSaid(Core({.id = 1, .seed = seed}, founded({1, 2, 3}), 0));
    }
    Core leader = makeLeader({.heartbeat_ticks = 4});
    confirm(leader, 2, leader.log().lastIndex());
    static_cast<void>(leader.ready());
    EXPECT_EQ(leader.quietTicks(), 0);  // the others are not told yet what is committed
    leader.tick();
    static_cast<void>(leader.ready());
    expectQuietAsSaid(leader);
}

TEST(CoreTest, OneNodeAloneCommitsWhatIsDurable) {
    Core core({.id = 1}, founded({1}), 0);
    core.timeOut();
    Ready vote = core.ready();
    ASSERT_TRUE(vote.hard_state);
    EXPECT_EQ(*vote.hard_state, (HardState{1, 1}));
    EXPECT_EQ(core.role(), Role::kCandidate);  // its vote is not durable yet
    core.persisted(vote.number);
    EXPECT_EQ(core.role(), Role::kLeader);
    const Ready first = core.ready();
    ASSERT_EQ(first.entries.size(), 1);
    EXPECT_TRUE(first.committed.empty());
    core.persisted(first.number);
    EXPECT_EQ(core.ready().committed.size(), 1);
    ASSERT_TRUE(core.propose({makePayload("a"), makePayload("b")}));
    const Ready second = core.ready();
    EXPECT_EQ(second.entries.size(), 2);
    core.persisted(second.number);
    EXPECT_EQ(core.commit(), 3);
}

TEST(CoreTest, ProposalsBetweenReadysGoInOneMessage) {
    Core core = makeLeader();
    confirm(core, 2, 1);
    static_cast<void>(core.ready());
    for (int i = 0; i < 10; ++i) {
        ASSERT_TRUE(core.propose({makePayload("x")}));
    }
    const auto appends = appendsTo(core.ready(), 2);
    ASSERT_EQ(appends.size(), 1);
    EXPECT_EQ(appends[0].entries.size(), 10);
}

TEST(CoreTest, MessagesFollowEachOtherUpToTheWindow) {
    Core core = makeLeader({.max_message_bytes = 1, .max_in_flight = 4});
    confirm(core, 2, 1);
    static_cast<void>(core.ready());
    for (int i = 0; i < 10; ++i) {
        ASSERT_TRUE(core.propose({makePayload("x")}));
    }
    EXPECT_EQ(appendsTo(core.ready(), 2).size(), 4);
    confirm(core, 2, 3);
    EXPECT_EQ(appendsTo(core.ready(), 2).size(), 2);
}

TEST(CoreTest, TheWindowIsAlsoOneOfBytes) {
    Core core = makeLeader({.max_message_bytes = 1, .max_in_flight_bytes = 300});
    confirm(core, 2, 1);
    static_cast<void>(core.ready());
    for (int i = 0; i < 10; ++i) {
        ASSERT_TRUE(core.propose({makePayload(std::string(100, 'x'))}));
    }
    EXPECT_EQ(appendsTo(core.ready(), 2).size(), 3);
}

TEST(CoreTest, RefusesProposalsWhenTooMuchIsUncommitted) {
    Core core = makeLeader({.max_uncommitted_bytes = 1000});
    ASSERT_TRUE(core.propose({makePayload(std::string(2000, 'x'))}));
    const auto refused = core.propose({makePayload("x")});
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, ErrorCode::kResourceExhausted);
    core.persisted(core.ready().number);
    confirm(core, 2, 2);
    EXPECT_EQ(core.commit(), 2);
    EXPECT_TRUE(core.propose({makePayload("x")}));
}

TEST(CoreTest, LostMessagesAreSentAgain) {
    Core core = makeLeader();
    confirm(core, 2, 1);
    ASSERT_TRUE(core.propose({makePayload("x")}));
    EXPECT_EQ(appendsTo(core.ready(), 2).size(), 1);
    bool is_repeated = false;
    for (int i = 0; i < 15 && !is_repeated; ++i) {
        core.receive({.kind = MessageKind::kHeartbeatResponse, .from = 2, .to = 1, .term = 1});
        core.tick();
        is_repeated = !appendsTo(core.ready(), 2).empty();
    }
    EXPECT_TRUE(is_repeated);
}

/// Whom a read's round is sent to.
std::vector<NodeId> askedBy(const Ready& ready) {
    std::vector<NodeId> asked;
    for (const Message& message : ready.messages) {
        EXPECT_EQ(message.kind, MessageKind::kHeartbeat);
        asked.push_back(message.to);
    }
    return asked;
}

void answerRound(Core& core, NodeId from, const Ready& asked) {
    core.receive({.kind = MessageKind::kHeartbeatResponse,
                  .from = from,
                  .to = 1,
                  .term = 1,
                  .round = asked.messages.at(0).round});
}

Core makeReadyLeader() {
    Core core = makeLeader({.heartbeat_ticks = 4});
    confirm(core, 2, 1);
    confirm(core, 3, 1);
    static_cast<void>(core.ready());
    core.tick();  // what is committed is told
    static_cast<void>(core.ready());
    return core;
}

TEST(CoreTest, ReadsThatComeTogetherShareARoundOfOneQuorum) {
    Core core = makeReadyLeader();
    ASSERT_TRUE(core.read(1));
    answerRound(core, 2, core.ready());
    EXPECT_EQ(core.ready().reads.size(), 1);
    for (std::uint64_t context = 2; context <= 6; ++context) {
        ASSERT_TRUE(core.read(context));
    }
    const Ready asked = core.ready();
    EXPECT_EQ(askedBy(asked), std::vector<NodeId>{2});
    EXPECT_TRUE(asked.reads.empty());
    answerRound(core, 2, asked);
    const Ready answered = core.ready();
    ASSERT_EQ(answered.reads.size(), 5);
    EXPECT_EQ(answered.reads[0].index, 1);
}

TEST(CoreTest, WhoAnswersFirstIsAskedForReads) {
    Core core = makeReadyLeader();
    ASSERT_TRUE(core.read(1));
    const Ready all = core.ready();
    EXPECT_EQ(askedBy(all), (std::vector<NodeId>{2, 3}));  // the round before is not confirmed
    answerRound(core, 3, all);
    answerRound(core, 2, all);
    EXPECT_EQ(core.ready().reads.size(), 1);
    for (std::uint64_t context = 2; context <= 4; ++context) {
        ASSERT_TRUE(core.read(context));
        const Ready asked = core.ready();
        EXPECT_EQ(askedBy(asked), std::vector<NodeId>{3});
        answerRound(core, 3, asked);
        EXPECT_EQ(core.ready().reads.size(), 1);
    }
}

TEST(CoreTest, AReadWhoseAnswerIsMissingAsksEverybodyAtTheNextTick) {
    Core core = makeReadyLeader();
    ASSERT_TRUE(core.read(1));
    answerRound(core, 2, core.ready());
    EXPECT_EQ(core.ready().reads.size(), 1);
    ASSERT_TRUE(core.read(2));
    EXPECT_EQ(askedBy(core.ready()), std::vector<NodeId>{2});
    // Those that come meanwhile are not held up.
    ASSERT_TRUE(core.read(3));
    EXPECT_EQ(askedBy(core.ready()), (std::vector<NodeId>{2, 3}));
    EXPECT_EQ(core.quietTicks(), 0);
    core.tick();
    const Ready again = core.ready();
    EXPECT_EQ(askedBy(again), (std::vector<NodeId>{2, 3}));
    answerRound(core, 3, again);
    EXPECT_EQ(core.ready().reads.size(), 2);
    ASSERT_TRUE(core.read(4));
    EXPECT_EQ(askedBy(core.ready()), std::vector<NodeId>{3});
}

TEST(CoreTest, OnlyTheLeaderTakesProposals) {
    Core core({.id = 2}, founded({1, 2, 3}), 0);
    const auto refused = core.propose({makePayload("x")});
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, ErrorCode::kUnavailable);
    core.receive({.kind = MessageKind::kHeartbeat, .from = 3, .to = 2, .term = 4});
    EXPECT_EQ(core.propose({makePayload("x")}).error().hint, "ask node 3");
}

TEST(CoreTest, MembershipChangesAreChecked) {
    Core core = makeLeader();
    EXPECT_EQ(core.changeMembership({{}, {}}).error().code, ErrorCode::kInvalidArgument);
    EXPECT_EQ(core.changeMembership({{1, 0}, {}}).error().code, ErrorCode::kInvalidArgument);
    EXPECT_EQ(core.changeMembership({{1, 2}, {2}}).error().code, ErrorCode::kInvalidArgument);
    EXPECT_EQ(core.changeMembership({{1, 2, 3}, {}}).error().code, ErrorCode::kAlreadyExists);
    ASSERT_TRUE(core.changeMembership({{1, 2}, {3}}));
    EXPECT_EQ(core.membership(), (Membership{{1, 2}, {1, 2, 3}, {}, {3}}));
    EXPECT_EQ(core.changeMembership({{1, 2, 3, 4}, {}}).error().code, ErrorCode::kFailedPrecondition);
}

TEST(CoreTest, ALogThatEndsBeforeWhatWasAppliedIsAFault) {
    Core core({.id = 1}, founded({1}), 5);
    ASSERT_TRUE(core.fault());
    EXPECT_EQ(core.fault()->code, ErrorCode::kDataLoss);
    core.timeOut();
    EXPECT_TRUE(core.ready().empty());
}

/// The same inputs give the same outputs.
TEST(CoreTest, IsDeterministic) {
    const auto terms = [](std::uint64_t seed) {
        Core core({.id = 1, .seed = seed}, founded({1, 2, 3}), 0);
        std::vector<std::size_t> messages;
        for (int i = 0; i < 200; ++i) {
            core.tick();
            messages.push_back(core.ready().messages_when_durable.size());
        }
        return messages;
    };
    EXPECT_EQ(terms(7), terms(7));
    EXPECT_NE(terms(7), terms(8));
}

}  // namespace
}  // namespace tessera::store::raft
