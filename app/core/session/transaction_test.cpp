#include "app/core/session/transaction.h"

#include "app/core/testing/event_loop.h"
#include "app/core/testing/fake_node_client.h"

#include <gtest/gtest.h>

namespace tessera::app {
namespace {

using client::TransactionStatus;
using Mode = Transaction::Mode;
using State = Transaction::State;

class TransactionTest : public testing::Test {
  protected:
    client::QueryRequest prepare(const char* sql) {
        client::QueryRequest request;
        request.sql = sql;
        executor_ = transaction_.prepare(node_, request);
        return request;
    }

    void leave(TransactionStatus status) {
        node_->sessions.back()->tell(status);
        processPendingEvents();
        transaction_.statementEnded();
    }

    std::shared_ptr<FakeNodeClient> node_ = std::make_shared<FakeNodeClient>("lake");
    std::shared_ptr<client::StatementExecutor> executor_;
    Transaction transaction_;
};

TEST_F(TransactionTest, StatementsCommitByThemselvesOnTheNode) {
    EXPECT_FALSE(prepare("insert into t values (1)").in_transaction);
    EXPECT_EQ(executor_, node_);
    EXPECT_FALSE(transaction_.isOpen());
    EXPECT_TRUE(node_->sessions.empty());
}

TEST_F(TransactionTest, ByHandAllRunOnOneSessionUntilTheyAreCommitted) {
    transaction_.setMode(Mode::kManual);
    EXPECT_TRUE(node_->sessions.empty());
    EXPECT_TRUE(prepare("insert into t values (1)").in_transaction);
    EXPECT_NE(executor_, node_);
    // Not known yet: nobody may lose it meanwhile.
    EXPECT_TRUE(transaction_.isOpen());
    leave(TransactionStatus::kOpen);
    EXPECT_EQ(transaction_.state(), State::kOpen);
    EXPECT_TRUE(transaction_.since().isValid());
    prepare("select 1");
    leave(TransactionStatus::kOpen);
    EXPECT_FALSE(prepare("COMMIT").in_transaction);
    leave(TransactionStatus::kNone);
    EXPECT_FALSE(transaction_.isOpen());
    EXPECT_EQ(node_->sessions.size(), 1U);

    prepare("select 1");
    leave(TransactionStatus::kOpen);
    std::optional<Error> error;
    bool has_ended = false;
    QObject::connect(&transaction_, &Transaction::ended, &transaction_, [&](const std::optional<Error>& why) {
        error = why;
        has_ended = true;
    });
    transaction_.commit();
    EXPECT_EQ(node_->statement().request.sql, "COMMIT");
    EXPECT_FALSE(node_->statement().request.in_transaction);
    node_->sessions.back()->tell(TransactionStatus::kNone);
    node_->statement().complete("COMMIT", 0);
    ASSERT_TRUE(processEventsUntil([&] { return has_ended; }));
    EXPECT_FALSE(error);
    EXPECT_FALSE(transaction_.isOpen());
    transaction_.setMode(Mode::kAuto);
    EXPECT_TRUE(node_->sessions.back()->is_closed);
}

TEST_F(TransactionTest, ACommitThatPostgresRollsBackIsNoSuccess) {
    transaction_.setMode(Mode::kManual);
    prepare("select 1");
    leave(TransactionStatus::kFailed);
    std::optional<Error> error;
    QObject::connect(&transaction_, &Transaction::ended, &transaction_,
                     [&](const std::optional<Error>& why) { error = why; });
    transaction_.commit();
    node_->sessions.back()->tell(TransactionStatus::kNone);
    node_->statement().complete("ROLLBACK", 0);
    ASSERT_TRUE(processEventsUntil([&] { return error.has_value(); }));
    EXPECT_EQ(error->code, ErrorCode::kAborted);
    EXPECT_EQ(transaction_.state(), State::kNone);
}

TEST_F(TransactionTest, BeginInTheTextOpensOneUntilItsEnd) {
    EXPECT_FALSE(prepare("begin").in_transaction);
    EXPECT_NE(executor_, node_);
    leave(TransactionStatus::kOpen);
    EXPECT_EQ(transaction_.mode(), Mode::kAuto);
    EXPECT_FALSE(prepare("insert into t values (1)").in_transaction);
    EXPECT_NE(executor_, node_);
    leave(TransactionStatus::kOpen);
    prepare("commit");
    leave(TransactionStatus::kNone);
    EXPECT_TRUE(node_->sessions.back()->is_closed);
    prepare("select 1");
    EXPECT_EQ(executor_, node_);
}

TEST_F(TransactionTest, ALostSessionIsToldWhenSomethingWasLost) {
    transaction_.setMode(Mode::kManual);
    int losses = 0;
    QObject::connect(&transaction_, &Transaction::lost, &transaction_, [&] { ++losses; });
    prepare("select 1");
    leave(TransactionStatus::kOpen);
    node_->sessions.back()->lose(Error::make(ErrorCode::kUnavailable, "the node is stopping"));
    ASSERT_TRUE(processEventsUntil([&] { return losses == 1; }));
    EXPECT_FALSE(transaction_.isOpen());
    prepare("select 1");
    EXPECT_EQ(node_->sessions.size(), 2U);
    leave(TransactionStatus::kNone);
    // What an earlier session still says is late.
    node_->sessions.front()->tell(TransactionStatus::kOpen);
    node_->sessions.back()->lose(Error::make(ErrorCode::kAborted, "not used"));
    processPendingEvents();
    EXPECT_FALSE(transaction_.isOpen());
    EXPECT_EQ(losses, 1);
}

TEST_F(TransactionTest, AnotherNodeGetsASessionOfItsOwn) {
    transaction_.setMode(Mode::kManual);
    prepare("select 1");
    leave(TransactionStatus::kNone);
    const auto other = std::make_shared<FakeNodeClient>("operations");
    client::QueryRequest request;
    request.sql = "select 1";
    transaction_.prepare(other, request);
    EXPECT_TRUE(node_->sessions.back()->is_closed);
    EXPECT_EQ(other->sessions.size(), 1U);
}

}  // namespace
}  // namespace tessera::app
