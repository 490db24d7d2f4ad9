#include "app/core/session/query_session.h"

#include "app/core/testing/event_loop.h"
#include "app/core/testing/fake_node_client.h"

#include <gtest/gtest.h>

#include <thread>

namespace tessera::app {
namespace {

using State = QuerySession::State;

class QuerySessionTest : public testing::Test {
  protected:
    void run(const std::string& sql) {
        client::QueryRequest request;
        request.sql = sql;
        session_.run(node_, std::move(request));
    }

    std::shared_ptr<FakeNodeClient> node_ = std::make_shared<FakeNodeClient>("lake");
    QuerySession session_{nullptr, 1000};
};

TEST_F(QuerySessionTest, RowsAndTheEndArriveFromTheTransportsThread) {
    run("select 1");
    EXPECT_TRUE(session_.isRunning());
    std::jthread transport([&] {
        node_->statement().sendColumns({"a"});
        node_->statement().sendRows(1, {{"x"}, {"y"}});
        node_->statement().complete("SELECT 2", 2);
    });
    ASSERT_TRUE(processEventsUntil([&] { return session_.state() == State::kSucceeded; }));
    EXPECT_EQ(session_.store()->rowCount(), 2U);
    EXPECT_EQ(session_.completion().command_tag, "SELECT 2");
    EXPECT_EQ(node_->statement().released, 1);
    EXPECT_TRUE(node_->statement().is_destroyed);
}

TEST_F(QuerySessionTest, NewsAreCoalescedHoweverManyBatchesArrive) {
    run("select 1");
    int news = 0;
    QObject::connect(&session_, &QuerySession::rowsChanged, &session_, [&] { ++news; });
    QElapsedTimer clock;
    clock.start();
    std::jthread transport([&] {
        node_->statement().sendColumns({"a"});
        for (int i = 0; i < 2000; ++i) {
            node_->statement().sendRows(1, {{std::nullopt}});
        }
        node_->statement().complete("SELECT 2000", 2000);
    });
    ASSERT_TRUE(processEventsUntil([&] { return session_.state() == State::kSucceeded; }));
    EXPECT_LE(news, 2 + clock.elapsed() / QuerySession::kNewsInterval_ms);
    EXPECT_EQ(session_.store()->rowCount(), 2000U);
}

TEST_F(QuerySessionTest, CancelFreesTheSessionAtOnceAndDropsWhatComesAfter) {
    run("select 1");
    node_->statement().sendColumns({"a"});
    node_->statement().sendRows(1, {{"before"}});
    session_.cancel();
    EXPECT_EQ(session_.state(), State::kCancelling);
    EXPECT_TRUE(node_->statement().is_cancelled);
    node_->statement().sendRows(1, {{"after"}});
    EXPECT_EQ(session_.store()->rowCount(), 1U);
    node_->statement().failWith(Error::make(ErrorCode::kCancelled, "cancelled"));
    ASSERT_TRUE(processEventsUntil([&] { return session_.state() == State::kCancelled; }));
}

TEST_F(QuerySessionTest, ANewStatementHearsNothingOfTheCancelledOne) {
    run("select 'old'");
    session_.cancel();
    run("select 'new'");
    const auto old_statement = node_->statements.front();
    old_statement->sendRows(1, {{"old"}});
    old_statement->failWith(Error::make(ErrorCode::kCancelled, "cancelled"));
    processPendingEvents();
    EXPECT_TRUE(session_.isRunning());
    EXPECT_EQ(session_.store()->rowCount(), 0U);
    node_->statement().complete("SELECT 0", 0);
    ASSERT_TRUE(processEventsUntil([&] { return session_.state() == State::kSucceeded; }));
}

TEST_F(QuerySessionTest, PastTheLimitTheNodeWaitsForThePerson) {
    run("select 1");
    FakeStatement& statement = node_->statement();
    statement.sendColumns({"a"});
    for (int i = 0; i < client::RunningQuery::kMaxBatchesInFlight; ++i) {
        statement.sendRows(1, {{std::string(1100, 'x')}});
    }
    ASSERT_TRUE(processEventsUntil([&] { return session_.isPaused(); }));
    EXPECT_EQ(statement.released, 0);
    session_.resume();
    EXPECT_FALSE(session_.isPaused());
    EXPECT_EQ(statement.released, client::RunningQuery::kMaxBatchesInFlight);
    statement.sendRows(1, {{"y"}});
    EXPECT_EQ(statement.released, client::RunningQuery::kMaxBatchesInFlight + 1);
}

TEST_F(QuerySessionTest, FailuresAndNoticesAreKept) {
    run("selec");
    std::string notice;
    QObject::connect(&session_, &QuerySession::noticeReceived, &session_,
                     [&](const client::Notice& n) { notice = n.message; });
    Error error = Error::make(ErrorCode::kInvalidArgument, "syntax error");
    error.position = 1;
    node_->statement().observer->onNotice({"WARNING", "careful", "", "", ""});
    node_->statement().failWith(error);
    ASSERT_TRUE(processEventsUntil([&] { return session_.state() == State::kFailed; }));
    EXPECT_EQ(session_.error().message, "syntax error");
    EXPECT_EQ(session_.error().position, 1);
    EXPECT_EQ(notice, "careful");
}

TEST_F(QuerySessionTest, ASessionMayGoWhileItsStatementRuns) {
    auto session = std::make_unique<QuerySession>();
    session->run(node_, {});
    const auto statement = node_->statements.back();
    session.reset();
    EXPECT_TRUE(statement->is_cancelled);
    statement->sendRows(1, {{"late"}});
    statement->complete("SELECT 1", 1);
    processPendingEvents();
}

TEST_F(QuerySessionTest, AFullDiskEndsTheStatementAndKeepsItsRows) {
    // No room in memory, and a folder where no file can be made.
    const auto memory = std::make_shared<ResultMemory>(ResultMemory::Limits{200, 200, "/proc/nowhere"});
    QuerySession session(nullptr, 1U << 20U, memory);
    session.run(node_, {});
    FakeStatement& statement = node_->statement();
    statement.sendColumns({"a"});
    statement.sendRows(1, {{"kept"}});
    statement.sendRows(1, {{std::string(1000, 'x')}});
    EXPECT_TRUE(statement.is_cancelled);
    statement.failWith(Error::make(ErrorCode::kCancelled, "cancelled"));
    ASSERT_TRUE(processEventsUntil([&] { return session.state() == State::kFailed; }));
    EXPECT_NE(session.error().message.find("temporary file"), std::string::npos);
    ASSERT_EQ(session.store()->rowCount(), 1U);
    EXPECT_EQ(session.store()->at(0)->batch().textView(0, 0), "kept");
}

}  // namespace
}  // namespace tessera::app
