// Sessions that a client of gRPC keeps over several statements: transactions, what a failed statement leaves, and that
// a session which is lost, forgotten or whose client has gone leaves nothing behind.

#include "tests/support/temporary_node.h"
#include "tests/support/wait_until.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <csignal>
#include <mutex>
#include <optional>

namespace tessera {
namespace {

using client::TransactionStatus;
using testing::HasSubstr;

class SessionLog final : public client::SessionObserver {
  public:
    void onTransaction(client::TransactionState state) override {
        const std::lock_guard lock(mutex_);
        EXPECT_GT(state.revision, state_.revision);
        state_ = state;
    }

    void onClosed(Error why) override {
        const std::lock_guard lock(mutex_);
        EXPECT_FALSE(closed_);
        closed_ = std::move(why);
    }

    TransactionStatus status() const {
        const std::lock_guard lock(mutex_);
        return state_.status;
    }

    std::uint64_t revision() const {
        const std::lock_guard lock(mutex_);
        return state_.revision;
    }

    std::optional<Error> closed() const {
        const std::lock_guard lock(mutex_);
        return closed_;
    }

  private:
    mutable std::mutex mutex_;
    client::TransactionState state_;
    std::optional<Error> closed_;
};

class NodeSessionTest : public testing::Test {
  protected:
    void SetUp() override {
        auto node = TemporaryNode::start({.yaml = "query: {open_sessions: 2, open_session_idle_seconds: 600}"});
        ASSERT_TRUE(node) << node.error().describe();
        node_ = std::make_unique<TemporaryNode>(std::move(*node));
        client_ = node_->client();
        ASSERT_TRUE(runQuery(*client_, "CREATE TABLE t (a int PRIMARY KEY)"));
        session_ = client_->openSession(log_);
    }

    /// In a transaction of the session, as a tab with manual commit does.
    Result<QueryAnswer> run(const std::string& sql) {
        client::QueryRequest request;
        request.sql = sql;
        request.in_transaction = sql != "COMMIT" && sql != "ROLLBACK";
        return runQuery(*session_, std::move(request));
    }

    /// As another session sees it.
    std::string count() {
        const auto answer = runQuery(*client_, "SELECT count(*) FROM t");
        return answer ? answer->rows[0][0].value_or("") : answer.error().describe();
    }

    bool waitForSessions(int number) {
        return waitUntil([&] {
            return node_->httpGet("/metrics").find("tessera_open_sessions " + std::to_string(number) + "\n") !=
                   std::string::npos;
        });
    }

    bool waitForBackends(int number) {
        return waitUntil([&] {
            const auto found = runQuery(*client_, "SELECT count(*) FROM pg_stat_activity WHERE state LIKE 'idle in%'");
            return found && found->rows[0][0] == std::to_string(number);
        });
    }

    std::unique_ptr<TemporaryNode> node_;
    std::shared_ptr<client::NodeClient> client_;
    std::shared_ptr<SessionLog> log_ = std::make_shared<SessionLog>();
    std::shared_ptr<client::NodeSession> session_;
};

TEST_F(NodeSessionTest, ATransactionIsSeenByOthersWhenItIsCommittedAndNotAtAllWhenRolledBack) {
    // With a type whose name takes a statement of its own, and with parameters.
    const auto inserted = run("INSERT INTO t VALUES (1) RETURNING a::numeric(7,2)");
    ASSERT_TRUE(inserted) << inserted.error().describe();
    EXPECT_EQ(inserted->columns[0].type_name, "numeric(7,2)");
    EXPECT_EQ(log_->status(), TransactionStatus::kOpen);
    ASSERT_TRUE(run("INSERT INTO t VALUES (2)"));
    EXPECT_EQ(count(), "0");
    const auto committed = run("COMMIT");
    ASSERT_TRUE(committed) << committed.error().describe();
    EXPECT_EQ(committed->completion.command_tag, "COMMIT");
    EXPECT_TRUE(committed->notices.empty());
    EXPECT_EQ(log_->status(), TransactionStatus::kNone);
    EXPECT_EQ(count(), "2");
    ASSERT_TRUE(run("DELETE FROM t"));
    ASSERT_TRUE(run("ROLLBACK"));
    EXPECT_EQ(count(), "2");
    EXPECT_FALSE(log_->closed());
}

TEST_F(NodeSessionTest, WithoutASessionAStatementCommitsWhateverItAsksFor) {
    ASSERT_TRUE(runQuery(*client_, {"INSERT INTO t VALUES (1)", {}, 0, 0, true}));
    EXPECT_EQ(count(), "1");
}

TEST_F(NodeSessionTest, WhatTheSessionHasSetStays) {
    ASSERT_TRUE(runQuery(*session_, "SET search_path TO pg_catalog"));
    ASSERT_TRUE(runQuery(*session_, "CREATE TEMPORARY TABLE mine (a int)"));
    const auto path = runQuery(*session_, "SHOW search_path");
    ASSERT_TRUE(path);
    EXPECT_EQ(path->rows[0][0], "pg_catalog");
    EXPECT_EQ(log_->status(), TransactionStatus::kNone);
    ASSERT_TRUE(runQuery(*session_, "DEALLOCATE ALL"));
    EXPECT_TRUE(runQuery(*session_, "SELECT * FROM mine"));
    EXPECT_FALSE(runQuery(*client_, "SELECT * FROM mine"));
}

TEST_F(NodeSessionTest, AFailedTransactionSaysSoInPlainWords) {
    ASSERT_TRUE(run("INSERT INTO t VALUES (1)"));
    EXPECT_FALSE(run("SELECT 1 / 0"));
    EXPECT_EQ(log_->status(), TransactionStatus::kFailed);
    const auto refused = run("SELECT 1");
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().message, "a statement of this transaction failed before, so nothing more runs in it");
    EXPECT_THAT(refused.error().hint, HasSubstr("roll back"));
    EXPECT_EQ(refused.error().sqlstate, "25P02");
    ASSERT_TRUE(run("ROLLBACK"));
    EXPECT_EQ(log_->status(), TransactionStatus::kNone);
    EXPECT_TRUE(run("SELECT 1"));
}

TEST_F(NodeSessionTest, AStatementThatFailsAloneOpensNoTransaction) {
    EXPECT_FALSE(run("SELEC 1"));
    EXPECT_EQ(log_->status(), TransactionStatus::kNone);
    EXPECT_FALSE(run("SELECT 1 / 0"));
    EXPECT_EQ(log_->status(), TransactionStatus::kNone);
    EXPECT_EQ(log_->revision(), 2U);
    EXPECT_TRUE(waitForBackends(0));
}

class Sleeper final : public client::QueryObserver {
  public:
    void onColumns(std::vector<client::ResultColumn>) override { has_columns = true; }

    void onBatch(std::shared_ptr<const client::ResultBatch>) override {}

    void onDone(Result<client::Completion> result) override {
        is_cancelled = !result && result.error().code == ErrorCode::kCancelled;
        is_done = true;
    }

    std::atomic<bool> has_columns = false;
    std::atomic<bool> is_done = false;
    std::atomic<bool> is_cancelled = false;
};

TEST_F(NodeSessionTest, ACancelledStatementLeavesTheSessionAndTheTransactionIsKnown) {
    ASSERT_TRUE(run("INSERT INTO t VALUES (1)"));
    const auto sleeper = std::make_shared<Sleeper>();
    const auto running = session_->execute({"SELECT pg_sleep(600)", {}, 0, 0, true}, sleeper);
    ASSERT_TRUE(waitUntil([&] { return sleeper->has_columns.load(); }));
    const auto busy = run("SELECT 1");
    ASSERT_FALSE(busy);
    EXPECT_EQ(busy.error().code, ErrorCode::kFailedPrecondition);
    EXPECT_EQ(busy.error().message, "another statement runs on this session");
    running->cancel();
    ASSERT_TRUE(waitUntil([&] { return sleeper->is_done.load(); }));
    EXPECT_TRUE(sleeper->is_cancelled);
    // Its own call is over: the session's tells.
    ASSERT_TRUE(waitUntil([&] { return log_->status() == TransactionStatus::kFailed; }));
    ASSERT_TRUE(run("ROLLBACK"));
    EXPECT_TRUE(run("INSERT INTO t VALUES (2)"));
    ASSERT_TRUE(run("COMMIT"));
    EXPECT_EQ(count(), "1");
    EXPECT_FALSE(log_->closed());
}

TEST_F(NodeSessionTest, AClientThatGoesLeavesNothing) {
    ASSERT_TRUE(run("INSERT INTO t VALUES (1)"));
    EXPECT_TRUE(waitForSessions(1));
    session_.reset();
    EXPECT_TRUE(waitForSessions(0));
    EXPECT_TRUE(waitForBackends(0));
    EXPECT_EQ(count(), "0");
    EXPECT_FALSE(log_->closed());
    // Also in the midst of a statement.
    log_ = std::make_shared<SessionLog>();
    session_ = client_->openSession(log_);
    ASSERT_TRUE(run("INSERT INTO t VALUES (1)"));
    const auto sleeper = std::make_shared<Sleeper>();
    const auto running = session_->execute({"SELECT pg_sleep(600)", {}, 0, 0, true}, sleeper);
    ASSERT_TRUE(waitUntil([&] { return sleeper->has_columns.load(); }));
    session_.reset();
    ASSERT_TRUE(waitUntil([&] { return sleeper->is_done.load(); }));
    EXPECT_TRUE(waitForSessions(0));
    EXPECT_EQ(count(), "0");
}

TEST_F(NodeSessionTest, ASessionIsItsOwnersAndThereAreAsManyAsMayBe) {
    ASSERT_TRUE(run("INSERT INTO t VALUES (1)"));
    const auto second_log = std::make_shared<SessionLog>();
    const auto second = client_->openSession(second_log);
    ASSERT_TRUE(runQuery(*second, "SELECT 1"));
    const auto third_log = std::make_shared<SessionLog>();
    const auto third = client_->openSession(third_log);
    const auto refused = runQuery(*third, "SELECT 1");
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, ErrorCode::kResourceExhausted);
    EXPECT_THAT(refused.error().message, HasSubstr("holds 2 open sessions already"));
    ASSERT_TRUE(waitUntil([&] { return third_log->closed().has_value(); }));
    EXPECT_FALSE(second_log->closed());
}

TEST_F(NodeSessionTest, ALostConnectionIsToldWithoutAsking) {
    ASSERT_TRUE(run("INSERT INTO t VALUES (1)"));
    const auto pid = run("SELECT pg_backend_pid()");
    ASSERT_TRUE(pid);
    auto other = node_->connect();
    ASSERT_TRUE(other);
    ASSERT_TRUE(other->query("SELECT pg_terminate_backend($1)", {pid->rows[0][0].value_or("")}));
    ASSERT_TRUE(waitUntil([&] { return log_->closed().has_value(); }));
    EXPECT_THAT(log_->closed()->message, HasSubstr("was lost, and its open transaction was rolled back"));
    const auto after = run("SELECT 1");
    ASSERT_FALSE(after);
    EXPECT_THAT(after.error().message, HasSubstr("rolled back"));
    EXPECT_TRUE(waitForSessions(0));
}

TEST_F(NodeSessionTest, ANodeThatStopsAndOneThatDiesAreTold) {
    ASSERT_TRUE(run("INSERT INTO t VALUES (1)"));
    EXPECT_EQ(node_->stop().exit_code, 0);
    ASSERT_TRUE(waitUntil([&] { return log_->closed().has_value(); }));
    EXPECT_THAT(log_->closed()->message, HasSubstr("the node is stopping"));
    ASSERT_TRUE(node_->launch());
    log_ = std::make_shared<SessionLog>();
    session_ = client_->openSession(log_);
    ASSERT_TRUE(run("INSERT INTO t VALUES (1)"));
    node_->kill();
    ASSERT_TRUE(waitUntil([&] { return log_->closed().has_value(); }));
    EXPECT_EQ(log_->closed()->code, ErrorCode::kUnavailable);
    EXPECT_FALSE(run("SELECT 1"));
}

TEST(NodeSessionLimits, OnePersonLeavesSessionsToOthers) {
    auto node = TemporaryNode::start(
        {.yaml = "query: {open_sessions: 3, open_sessions_per_person: 2}", .users = "{name: other, password: o}"});
    ASSERT_TRUE(node) << node.error().describe();
    const auto open = [](const std::shared_ptr<client::NodeClient>& client) {
        return client->openSession(std::make_shared<SessionLog>());
    };
    const auto own = node->client();
    // One after the other: which of three that open at once are refused is chance.
    const auto first = open(own);
    ASSERT_TRUE(runQuery(*first, "SELECT 1"));
    const auto second = open(own);
    ASSERT_TRUE(runQuery(*second, "SELECT 1"));
    const auto third = open(own);
    const auto refused = runQuery(*third, "SELECT 1");
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, ErrorCode::kResourceExhausted);
    EXPECT_THAT(refused.error().message, HasSubstr("you hold 2 open sessions"));
    const auto others = open(node->client("other", "o"));
    const auto answer = runQuery(*others, "SELECT 1");
    EXPECT_TRUE(answer) << answer.error().describe();
}

TEST(NodeSessionTimes, ASessionThatNobodyUsesIsClosedAndItsTransactionRolledBack) {
    auto node = TemporaryNode::start({.yaml = "query: {open_session_idle_seconds: 1}"});
    ASSERT_TRUE(node) << node.error().describe();
    const auto client = node->client();
    const auto log = std::make_shared<SessionLog>();
    const auto session = client->openSession(log);
    ASSERT_TRUE(runQuery(*session, {"CREATE TABLE t ()", {}, 0, 0, true}));
    ASSERT_TRUE(waitUntil([&] { return log->closed().has_value(); }));
    EXPECT_EQ(log->closed()->message,
              "the session was not used for 1 s and was closed, and its open transaction was rolled back");
    const auto after = runQuery(*session, "SELECT 1");
    ASSERT_FALSE(after);
    EXPECT_EQ(after.error().message, log->closed()->message);
    EXPECT_FALSE(runQuery(*client, "TABLE t"));
}

}  // namespace
}  // namespace tessera
