/// Members of a store with real threads and files, in one process. What is waited for is a condition, never a time.

#include "nodeservice/store/driver/replica.h"

#include "nodeservice/store/driver/recovery.h"
#include "nodeservice/store/storage/memory_storage.h"
#include "tests/support/store_members.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <ctime>
#include <future>

namespace tessera::store {
namespace {

class LoneStoreTest : public StoreTest {
  protected:
    LoneStoreTest() : StoreTest(1) {}

    void SetUp() override {
        start(1);
        awaitLeader();
    }
};

TEST(StoreWithoutConfigurationTest, OneMemberIsAStore) {
    const TemporaryDirectory folder;
    ChannelHub hub;
    ChannelTransport transport(hub);
    ReplicaOptions options;
    options.raft.id = 7;
    options.folder = folder.path();
    const auto replica = Replica::open(options, transport);
    ASSERT_TRUE(replica) << replica.error().describe();
    ASSERT_TRUE(waitUntil([&] { return (*replica)->status().role == Role::kLeader; }));
    ASSERT_EQ((*replica)->execute(command({"CREATE TABLE t(a)", "INSERT INTO t VALUES (5)"}), kPatience).fate,
              Fate::kApplied);
    EXPECT_EQ(ask(**replica, "SELECT a FROM t", Consistency::kLinearizable), "5");
}

TEST_F(LoneStoreTest, KeepsWhatItAnswered) {
    const Execution made = execute(1, command({"CREATE TABLE t(a)", "INSERT INTO t VALUES (1), (2)"}));
    ASSERT_EQ(made.fate, Fate::kApplied) << made.error.message;
    EXPECT_EQ(made.outcome.statements.at(0).changes, 0);
    EXPECT_EQ(made.outcome.statements.at(1).changes, 2);
    stop(1);
    start(1);
    awaitLeader();
    EXPECT_EQ(ask(*replicas_[1], "SELECT a FROM t ORDER BY a", Consistency::kLinearizable), "1,2");
}

TEST_F(LoneStoreTest, TheSameNumberIsDoneOnce) {
    ASSERT_EQ(execute(1, command({"CREATE TABLE t(a)"}, 9, 1)).fate, Fate::kApplied);
    // As a statement of its own it would fail.
    const Execution again = execute(1, command({"CREATE TABLE t(a)"}, 9, 1));
    EXPECT_EQ(again.fate, Fate::kApplied);
    EXPECT_EQ(again.outcome.error, "");
}

TEST_F(LoneStoreTest, WhatFailsDoesNotEnterTheLog) {
    ASSERT_EQ(execute(1, command({"CREATE TABLE t(a UNIQUE)", "INSERT INTO t VALUES (1)"})).fate, Fate::kApplied);
    ASSERT_TRUE(awaitSameState());
    const raft::Index before = replicas_[1]->status().commit;
    for (const char* sql : {"INSERT INTO t VALUES (1)", "SELEC", "PRAGMA foreign_keys = OFF", ""}) {
        const Execution refused = execute(1, command({sql}));
        EXPECT_EQ(refused.fate, Fate::kRefused) << sql;
        EXPECT_EQ(refused.error.code, ErrorCode::kInvalidArgument) << sql;
    }
    EXPECT_EQ(replicas_[1]->status().commit, before);
}

TEST_F(LoneStoreTest, AQueryOnlyReads) {
    ASSERT_EQ(execute(1, command({"CREATE TABLE t(a)"})).fate, Fate::kApplied);
    EXPECT_EQ(ask(*replicas_[1], "INSERT INTO t VALUES (1) RETURNING a", Consistency::kNone),
              "error: a query of the store only reads");
    EXPECT_EQ(ask(*replicas_[1], "SELECT count(*) FROM t", Consistency::kNone), "0");
}

TEST_F(StoreTest, WhatTheLeaderAnsweredIsReadOnEveryMember) {
    raft_.lease_ticks = 8;
    startAll();
    const NodeId leader = awaitLeader();
    ASSERT_EQ(execute(leader, command({"CREATE TABLE t(a)"})).fate, Fate::kApplied);
    for (int i = 1; i <= 20; ++i) {
        ASSERT_EQ(execute(leader, command({"INSERT INTO t VALUES (" + std::to_string(i) + ")"})).fate, Fate::kApplied);
        for (const auto& [id, replica] : replicas_) {
            EXPECT_EQ(ask(*replica, "SELECT count(*) FROM t", Consistency::kLinearizable), std::to_string(i));
        }
        EXPECT_EQ(ask(*replicas_[leader], "SELECT count(*) FROM t", Consistency::kLeader), std::to_string(i));
        EXPECT_EQ(ask(*replicas_[leader], "SELECT count(*) FROM t", Consistency::kWeak), std::to_string(i));
    }
    EXPECT_TRUE(awaitSameState());
}

TEST_F(StoreTest, AFollowerSaysWhoLeads) {
    startAll();
    const NodeId leader = awaitLeader();
    const NodeId follower = leader == 1 ? 2 : 1;
    ASSERT_TRUE(waitUntil([&] { return replicas_[follower]->status().leader == leader; }));
    const Execution refused = execute(follower, command({"CREATE TABLE t(a)"}));
    EXPECT_EQ(refused.fate, Fate::kRefused);
    EXPECT_EQ(refused.leader, leader);
    EXPECT_TRUE(ask(*replicas_[follower], "SELECT 1", Consistency::kWeak).starts_with("error: ")) << "not the leader";
    EXPECT_EQ(ask(*replicas_[follower], "SELECT 1", Consistency::kNone), "1");
}

TEST_F(StoreTest, AWriteOfACutOffLeaderIsOfUnknownFateAndIsFoundOut) {
    startAll();
    const NodeId old = awaitLeader();
    ASSERT_EQ(execute(old, command({"CREATE TABLE t(a)"})).fate, Fate::kApplied);
    hub_.isolate(old);
    std::promise<Execution> answered;
    const Command insert = command({"INSERT INTO t VALUES (1)"}, 5, 1);
    replicas_[old]->execute(insert, std::chrono::steady_clock::now() + milliseconds(300),
                            [&](Execution execution) { answered.set_value(std::move(execution)); });
    const Execution unknown = answered.get_future().get();
    EXPECT_EQ(unknown.fate, Fate::kUnknown);
    EXPECT_EQ(unknown.error.code, ErrorCode::kUnknown);
    EXPECT_TRUE(ask(*replicas_[old], "SELECT count(*) FROM t", Consistency::kLinearizable, milliseconds(300))
                    .starts_with("error: "));
    const NodeId next = awaitLeader(old);
    EXPECT_NE(next, old);
    ASSERT_EQ(execute(next, insert).fate, Fate::kApplied);
    hub_.heal();
    EXPECT_EQ(executeSomewhere(insert).outcome.error, "");
    EXPECT_TRUE(awaitSameState());
    EXPECT_EQ(ask(*replicas_[old], "SELECT count(*) FROM t", Consistency::kLinearizable), "1");
}

TEST_F(StoreTest, ManyClientsAndAMemberThatComesAndGoes) {
    startAll();
    ASSERT_EQ(executeSomewhere(command({"CREATE TABLE t(client, sequence, UNIQUE(client, sequence))"})).outcome.error,
              "");
    constexpr std::uint64_t kClients = 6;
    constexpr std::uint64_t kEach = 25;
    std::vector<std::future<int>> clients;
    for (std::uint64_t client = 1; client <= kClients; ++client) {
        clients.push_back(std::async(std::launch::async, [&, client] {
            int done = 0;
            for (std::uint64_t sequence = 1; sequence <= kEach; ++sequence) {
                const std::string row = std::to_string(client) + ", " + std::to_string(sequence);
                done += executeSomewhere(command({"INSERT INTO t VALUES (" + row + ")"}, client, sequence))
                            .outcome.error.empty();
            }
            return done;
        }));
    }
    for (std::future<int>& client : clients) {
        EXPECT_EQ(client.get(), kEach);
    }
    const NodeId leader = awaitLeader();
    EXPECT_EQ(ask(*replicas_[leader], "SELECT count(*) FROM t", Consistency::kLinearizable),
              std::to_string(kClients * kEach));
    stop(leader);
    EXPECT_EQ(executeSomewhere(command({"INSERT INTO t VALUES (0, 0)"}, 100, 1)).outcome.error, "");
    start(leader);
    EXPECT_EQ(ask(*replicas_[leader], "SELECT count(*) FROM t", Consistency::kLinearizable),
              std::to_string(kClients * kEach + 1));
    EXPECT_TRUE(awaitSameState());
}

TEST_F(SmallLogTest, TheLogStaysShortAndWhoWasAwayGetsASnapshot) {
    startAll();
    executeSomewhere(command({"CREATE TABLE t(a, b)"}, 1, 1));
    fill(1, 10);
    const NodeId away = awaitLeader() == 3 ? 1 : 3;
    ASSERT_TRUE(awaitSameState());
    const raft::Index seen = replicas_[away]->status().applied;
    stop(away);
    fill(11, 150);
    ASSERT_TRUE(waitUntil([&] {
        return std::all_of(replicas_.begin(), replicas_.end(), [&](const auto& one) {
            const ReplicaStatus status = one.second->status();
            // What follows the last snapshot, and what is kept before it.
            return status.log_base > seen && status.log_bytes <= max_log_bytes_ + max_log_bytes_ / 4 + 1024;
        });
    }));
    start(away);
    EXPECT_EQ(ask(*replicas_[away], "SELECT count(*) FROM t", Consistency::kLinearizable), "150");
    EXPECT_GT(replicas_[away]->status().log_base, seen);
    fill(151, 155);
    EXPECT_TRUE(awaitSameState());
    // And what it now has is whole after a restart.
    stop(away);
    start(away);
    EXPECT_EQ(ask(*replicas_[away], "SELECT count(*) FROM t", Consistency::kLinearizable), "155");
}

TEST_F(StoreTest, ASlowStatementCostsNoElection) {
    tick_ = milliseconds(100);  // a busy machine alone costs none either
    startAll();
    const NodeId leader = awaitLeader();
    ASSERT_EQ(execute(leader, command({"CREATE TABLE t(a)"})).fate, Fate::kApplied);
    const raft::Term term = replicas_[leader]->status().term;
    const Execution slow =
        execute(leader, command({"INSERT INTO t WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n "
                                 "WHERE i < 2000000) SELECT count(*) FROM n"}));
    EXPECT_EQ(slow.fate, Fate::kApplied) << slow.error.message;
    EXPECT_TRUE(awaitSameState());
    EXPECT_EQ(replicas_[leader]->status().term, term);
    EXPECT_EQ(ask(*replicas_[leader], "SELECT a FROM t", Consistency::kLinearizable), "2000000");
}

TEST_F(StoreTest, MembersAreAddedAndLeave) {
    startAll();
    executeSomewhere(command({"CREATE TABLE t(a)", "INSERT INTO t VALUES (1)"}, 1, 1));
    founders_ = {};
    start(4);
    const auto change = [&](raft::MembershipTarget target) {
        return waitUntil([&] {
            std::promise<Result<raft::Position>> answered;
            replicas_[awaitLeader()]->changeMembership(
                [&](const raft::Membership&) -> Result<raft::MembershipTarget> { return target; },
                [&](Result<raft::Position> result) { answered.set_value(std::move(result)); });
            const auto result = answered.get_future().get();
            return result || result.error().code == ErrorCode::kAlreadyExists;
        });
    };
    ASSERT_TRUE(change({{1, 2, 3}, {4}}));
    EXPECT_EQ(ask(*replicas_[4], "SELECT a FROM t", Consistency::kLinearizable), "1");
    ASSERT_TRUE(change({{2, 3, 4}, {}}));
    ASSERT_TRUE(waitUntil([&] {
        const NodeId leader = awaitLeader();
        const raft::Membership membership = replicas_[leader]->status().membership;
        return membership.voters == std::set<NodeId>{2, 3, 4} && !membership.isJoint();
    }));
    stop(1);
    EXPECT_EQ(executeSomewhere(command({"INSERT INTO t VALUES (2)"}, 1, 2)).outcome.error, "");
    EXPECT_EQ(ask(*replicas_[4], "SELECT count(*) FROM t", Consistency::kLinearizable), "2");
}

TEST_F(StoreTest, LeadershipGoesToSomebodyWhoIsThere) {
    startAll();
    executeSomewhere(command({"CREATE TABLE t(a)"}, 1, 1));
    const NodeId absent = awaitLeader() == 1 ? 2 : 1;
    stop(absent);
    for (std::uint64_t i = 2; i < 12; ++i) {
        executeSomewhere(command({"INSERT INTO t VALUES (1)"}, 1, i));
    }
    NodeId from = raft::kNoNode;
    NodeId to = raft::kNoNode;
    ASSERT_TRUE(waitUntil([&] {
        from = awaitLeader();
        std::promise<Result<NodeId>> answered;
        replicas_[from]->transferLeadership(raft::kNoNode,
                                            [&](Result<NodeId> result) { answered.set_value(std::move(result)); });
        const auto result = answered.get_future().get();
        to = result.value_or(raft::kNoNode);
        return result.has_value();
    }));
    EXPECT_NE(to, absent);
    EXPECT_NE(to, from);
    EXPECT_EQ(executeSomewhere(command({"INSERT INTO t VALUES (1)"}, 1, 12)).outcome.error, "");
}

TEST_F(StoreTest, ABackupIsADatabaseOfOneIndex) {
    founders_.voters = {1};
    start(1);
    const Execution done = executeSomewhere(command({"CREATE TABLE t(a)", "INSERT INTO t VALUES (7)"}, 1, 1));
    const auto file = folder_.path() / "backup.db";
    const auto index = replicas_[1]->backUp(file);
    ASSERT_TRUE(index) << index.error().describe();
    EXPECT_GE(*index, done.index);
    auto copy = sqlite::Database::open(file);
    ASSERT_TRUE(copy) << copy.error().describe();
    auto rows = copy->prepare("SELECT a FROM t");
    ASSERT_TRUE(rows) << rows.error().describe();
    ASSERT_TRUE(*rows->step());
    EXPECT_EQ(rows->number(0), 7);
    replicas_[1]->stop();
    EXPECT_FALSE(replicas_[1]->backUp(folder_.path() / "late.db"));
    EXPECT_EQ(replicas_[1]->execute(command({"DELETE FROM t"}), seconds(1)).fate, Fate::kRefused);
}

/// Its disk fails when the test says so.
class FailingStorage : public MemoryStorage {
  public:
    Result<> write(const LogWrite& write) override {
        return *is_full_ ? fail(ErrorCode::kResourceExhausted, "the disk is full") : MemoryStorage::write(write);
    }

    explicit FailingStorage(std::shared_ptr<std::atomic<bool>> is_full) : is_full_(std::move(is_full)) {}

  private:
    std::shared_ptr<std::atomic<bool>> is_full_;
};

/// It answers nothing that it has not written, and somebody else leads.
TEST_F(StoreTest, ALeaderWhoseDiskFailsTakesPartNoMore) {
    std::map<NodeId, std::shared_ptr<std::atomic<bool>>> is_full;
    for (const NodeId id : founders_.voters) {
        is_full[id] = std::make_shared<std::atomic<bool>>(false);
        start(id, std::make_unique<FailingStorage>(is_full[id]));
    }
    ASSERT_EQ(executeSomewhere(command({"CREATE TABLE t(a)"}, 1, 1)).outcome.error, "");
    const NodeId broken = awaitLeader();
    *is_full[broken] = true;
    EXPECT_NE(execute(broken, command({"INSERT INTO t VALUES (1)"}, 1, 2)).fate, Fate::kApplied);
    awaitLeader(broken);
    EXPECT_EQ(executeSomewhere(command({"INSERT INTO t VALUES (1)"}, 1, 2)).outcome.error, "");
    ASSERT_TRUE(waitUntil([&] { return replicas_[broken]->status().fault.has_value(); }));
    EXPECT_EQ(replicas_[broken]->status().fault->code, ErrorCode::kResourceExhausted);
    EXPECT_EQ(execute(broken, command({"INSERT INTO t VALUES (2)"})).fate, Fate::kRefused);
}

/// Goes on when the test says so, and knows how often it was asked.
class ManualClock : public Clock {
  public:
    Time now() const override {
        ++asked;
        return Time(std::chrono::nanoseconds(nanoseconds));
    }

    mutable std::atomic<std::uint64_t> asked = 0;
    std::atomic<std::int64_t> nanoseconds = 1'000'000'000;
};

/// Leases last by the leader's count and patience by the followers': a loop that is late must not count slower.
TEST(StoreClockTest, ALateLoopCountsAllTicks) {
    const TemporaryDirectory folder;
    ChannelHub hub;
    ChannelTransport transport(hub);
    const auto clock = std::make_shared<ManualClock>();
    ReplicaOptions options;
    options.raft.id = 1;
    options.folder = folder.path();
    options.founders = raft::Membership{{1, 2}, {}, {}, {}};
    options.tick = milliseconds(10);
    options.clock = clock;
    options.random = [] { return std::uint64_t{1}; };  // an election time-out of 19 ticks
    const auto replica = Replica::open(options, transport);
    ASSERT_TRUE(replica) << replica.error().describe();
    // Eleven times almost two ticks: twenty in all.
    for (int i = 0; i < 11; ++i) {
        clock->nanoseconds += 19'000'000;
        const std::uint64_t asked = clock->asked;
        ASSERT_TRUE(waitUntil([&] { return clock->asked >= asked + 4; }));
    }
    EXPECT_TRUE(waitUntil([&] { return (*replica)->status().role == Role::kPreCandidate; }));
}

TEST_F(StoreTest, WhatWaitsWhenAMemberStopsIsAnswered) {
    start(1);  // alone it can decide nothing
    std::promise<Result<raft::Index>> answered;
    replicas_[1]->awaitReadable(Consistency::kLinearizable, std::chrono::steady_clock::now() + std::chrono::hours(1),
                                [&](Result<raft::Index> index) { answered.set_value(std::move(index)); });
    stop(1);
    EXPECT_FALSE(answered.get_future().get());
}

/// All states that one member can show, against what they were when they were the newest.
class PastTest : public StoreTest {
  protected:
    PastTest() : StoreTest(1) {}

    raft::Index write(const std::string& sql) {
        const Execution done = replicas_[1]->execute(command({sql}), kPatience);
        EXPECT_EQ(done.fate, Fate::kApplied) << done.error.message;
        EXPECT_EQ(done.outcome.error, "");
        return done.index;
    }

    std::string askAt(raft::Index index, milliseconds most = kPatience) {
        ReadPoint point = Consistency::kAtIndex;
        point.index = index;
        return askAt(point, most);
    }

    std::string askAt(const ReadPoint& point, milliseconds most = kPatience) {
        std::string answer;
        const auto done = replicas_[1]->query({"SELECT group_concat(a || '.' || random_at) FROM t", {}}, point, most,
                                              {[](const auto&, raft::Index) { return Result<>(); },
                                               [&](std::vector<sqlite::Value> row) {
                                                   const auto* text = std::get_if<std::string>(&row[0]);
                                                   answer = text == nullptr ? "" : *text;
                                                   return Result<>();
                                               }});
        return done ? answer : "error: " + done.error().message;
    }
};

TEST_F(PastTest, AnyIndexAndTimeShowsTheStateOfThen) {
    max_log_bytes_ = 200'000;
    trailing_log_bytes_ = 1'000'000;
    startAll();
    awaitLeader();
    write("CREATE TABLE t(a, random_at DEFAULT (abs(random() % 1000)))");
    std::map<raft::Index, std::string> states;
    std::map<std::int64_t, raft::Index> times;
    for (int i = 0; i < 60; ++i) {
        const raft::Index index = write(i % 3 == 2 ? "DELETE FROM t WHERE rowid = (SELECT min(rowid) FROM t)"
                                                   : "INSERT INTO t(a) VALUES (" + std::to_string(i) + ")");
        states[index] = askAt(Consistency::kLinearizable);
        times[Clock().wallMs()] = index;
        if (i == 20 || i == 40) {
            const raft::Index before = replicas_[1]->status().snapshot;
            replicas_[1]->snapshotNow();
            ASSERT_TRUE(waitUntil([&] { return replicas_[1]->status().snapshot > before; }));
        }
        // So that times differ.
        const std::int64_t now = Clock().wallMs();
        ASSERT_TRUE(waitUntil([&] { return Clock().wallMs() > now; }));
    }
    std::vector<raft::Index> order;
    for (const auto& [index, state] : states) {
        order.push_back(index);
    }
    // Back and forth, so that copies are used again and made anew.
    for (std::size_t i = 0; i < order.size(); ++i) {
        const raft::Index index = order[(i * 37) % order.size()];
        EXPECT_EQ(askAt(index), states[index]) << "entry " << index;
    }
    for (const auto& [time_ms, index] : times) {
        ReadPoint point = Consistency::kAtTime;
        point.time_ms = time_ms;
        EXPECT_EQ(askAt(point), states[index]) << "time " << time_ms;
    }
}

TEST_F(PastTest, WhatIsNotKeptOrYetToComeIsSaid) {
    trailing_log_bytes_ = 1;
    startAll();
    awaitLeader();
    const raft::Index first = write("CREATE TABLE t(a, random_at)");
    write("INSERT INTO t VALUES (1, 1)");
    const raft::Index last = write("INSERT INTO t VALUES (2, 2)");
    replicas_[1]->snapshotNow();
    ASSERT_TRUE(waitUntil([&] { return replicas_[1]->status().snapshot >= last; }));
    write("INSERT INTO t VALUES (3, 3)");
    EXPECT_EQ(askAt(last), "1.1,2.2");
    EXPECT_NE(askAt(first).find("is not kept any more: this node has those from entry"), std::string::npos)
        << askAt(first);
    ReadPoint long_ago = Consistency::kAtTime;
    long_ago.time_ms = 1'000'000'000'000;
    EXPECT_NE(askAt(long_ago).find("2001-09-09"), std::string::npos) << askAt(long_ago);
    EXPECT_NE(askAt(last + 1000, milliseconds(100)).find("has not come to entry"), std::string::npos);
    ReadPoint to_come = Consistency::kAtTime;
    to_come.time_ms = Clock().wallMs() + 1'000'000;
    EXPECT_NE(askAt(to_come).find("yet to come"), std::string::npos);
}

TEST_F(StoreTest, FreshnessAsksTheLeaderOnlyWhenItMust) {
    startAll();
    const NodeId leader = awaitLeader();
    const NodeId follower = leader == 1 ? 2 : 1;
    ASSERT_EQ(replicas_[leader]->execute(command({"CREATE TABLE t(a)"}), kPatience).fate, Fate::kApplied);
    ReadPoint recent = Consistency::kFreshness;
    recent.max_age = std::chrono::hours(1);
    const auto countOf = [&](const ReadPoint& point, milliseconds most) {
        std::string answer;
        const auto done = replicas_[follower]->query({"SELECT 'there is ' || count(*) FROM t", {}}, point, most,
                                                     {[](const auto&, raft::Index) { return Result<>(); },
                                                      [&](std::vector<sqlite::Value> row) {
                                                          answer = std::get<std::string>(row[0]);
                                                          return Result<>();
                                                      }});
        return done ? answer : "error: " + done.error().message;
    };
    EXPECT_EQ(countOf(recent, kPatience), "there is 0");
    // Nobody can be asked any more.
    hub_.disconnect(leader);
    hub_.disconnect(6 - leader - follower);
    EXPECT_EQ(countOf(recent, milliseconds(500)), "there is 0");
    recent.max_age = milliseconds(0);
    EXPECT_NE(countOf(recent, milliseconds(500)).find("did not answer in time"), std::string::npos);
}

TEST_F(StoreTest, OneThatIsLeftGoesOnAloneAndTakesOthersIn) {
    startAll();
    const NodeId leader = awaitLeader();
    ASSERT_EQ(replicas_[leader]->execute(command({"CREATE TABLE t(a)"}, 5, 1), kPatience).fate, Fate::kApplied);
    const Execution last = replicas_[leader]->execute(command({"INSERT INTO t VALUES ('kept')"}, 5, 2), kPatience);
    ASSERT_EQ(last.fate, Fate::kApplied);
    const NodeId left = leader == 1 ? 2 : 1;
    ASSERT_TRUE(waitUntil([&] { return replicas_[left]->status().applied >= last.index; }));
    for (const NodeId id : {1, 2, 3}) {
        stop(id);
    }
    const auto folder = folder_.path() / std::to_string(left);
    const auto before = inspectStore(folder);
    ASSERT_TRUE(before) << before.error().describe();
    EXPECT_EQ(before->membership.voters.size(), 3);
    const auto after = recoverStore(folder, left);
    ASSERT_TRUE(after) << after.error().describe();
    EXPECT_EQ(after->membership.voters, std::set<NodeId>{left});

    start(left);
    ASSERT_EQ(awaitLeader(), left);
    EXPECT_EQ(ask(*replicas_[left], "SELECT a FROM t", Consistency::kLinearizable), "kept");
    // What it was sent before is still known.
    EXPECT_EQ(replicas_[left]->execute(command({"INSERT INTO t VALUES ('twice')"}, 5, 2), kPatience).outcome.error, "");
    EXPECT_EQ(ask(*replicas_[left], "SELECT count(*) FROM t", Consistency::kLinearizable), "1");
    // Another one, with nothing of its own.
    const NodeId other = left % 3 + 1;
    std::filesystem::remove_all(folder_.path() / std::to_string(other));
    founders_ = {};
    start(other);
    const auto change = [&](std::set<NodeId> voters, std::set<NodeId> learners) {
        auto changed = std::make_shared<std::promise<bool>>();
        replicas_[left]->changeMembership(
            [=](const raft::Membership&) -> Result<raft::MembershipTarget> {
                return raft::MembershipTarget{voters, learners};
            },
            [changed](const Result<raft::Position>& done) { changed->set_value(done.has_value()); });
        return changed->get_future().get();
    };
    ASSERT_TRUE(waitUntil([&] { return change({left}, {other}); }));
    ASSERT_TRUE(waitUntil([&] { return change({left, other}, {}); }));
    EXPECT_TRUE(waitUntil([&] { return ask(*replicas_[other], "SELECT a FROM t", Consistency::kNone) == "kept"; }));
}

}  // namespace
}  // namespace tessera::store
