// Goal: what runs on the nodes, as it is read and shown. Method: rows as a node sends them, into the model, under
// QAbstractItemModelTester, and the watch over fake nodes.
#include "app/core/activity/activity_model.h"
#include "app/core/activity/mesh_watch.h"
#include "app/core/testing/event_loop.h"
#include "app/core/testing/fake_node_client.h"

#include <gtest/gtest.h>

#include <QAbstractItemModelTester>
#include <QPersistentModelIndex>
#include <QSignalSpy>

namespace tessera::app {
namespace {

const QString kNull;

RowsQuery::Row session(const char* pid, const char* text, const char* elapsed, const char* sources = "") {
    const auto q = [](const char* value) { return QString::fromUtf8(value); };
    return {q("s"), q(pid), q("ann"), q("psql"), q("10.0.0.1"), q("active"), kNull, q(sources), q(text), q(elapsed)};
}

RowsQuery::Rows sampleRows() {
    const auto q = [](const char* value) { return QString::fromUtf8(value); };
    return {session("7", "SELECT\n 1",
                    "1500\x1f"
                    "c",
                    "crm\x1flake"),
            {q("s"), q("8"), q("bob"), q("x"), kNull, kNull, kNull, q("crm"), kNull, kNull},
            {q("h"), q("3"), kNull, kNull, kNull, kNull, kNull, kNull, kNull, kNull},
            {q("l"), q("crm"), q("postgres"), kNull, q("2"), kNull, kNull, kNull, kNull, kNull},
            {q("l"), q("west"), q("node"), q("lake"), q("0"), kNull, kNull, kNull, kNull, kNull},
            {q("a"), q("true"), kNull, kNull, kNull, kNull, kNull, kNull, kNull, kNull},
            {q("s"), q("too short")}};
}

TEST(Activity, IsReadFromItsRows) {
    const NodeActivity activity = readActivity(QStringLiteral("lake"), sampleRows());
    ASSERT_EQ(activity.statements.size(), 2U);
    EXPECT_EQ(activity.statements[0].pid, 7);
    EXPECT_EQ(activity.statements[0].elapsed_ms, 1500);
    EXPECT_TRUE(activity.statements[0].may_cancel);
    EXPECT_EQ(activity.statements[0].sources, (QStringList{QStringLiteral("crm"), QStringLiteral("lake")}));
    // Somebody else's: what may be seen of it and no more.
    EXPECT_TRUE(activity.statements[1].text.isNull());
    EXPECT_FALSE(activity.statements[1].elapsed_ms);
    EXPECT_FALSE(activity.statements[1].may_cancel);
    EXPECT_EQ(activity.hidden_sessions, 3);
    ASSERT_EQ(activity.servers.size(), 2U);
    EXPECT_EQ(activity.servers[0].running, 2);
    EXPECT_EQ(activity.servers[1].peer, QStringLiteral("lake"));
    EXPECT_TRUE(activity.may_read_audit);
}

TEST(Activity, WordsOfTheAuditFilterAreTakenLiterally) {
    const client::QueryRequest request = auditRequest({QStringLiteral("50% a_b \"q\\"), true, 10});
    EXPECT_EQ(request.parameters[0].text, R"({"%50\\%%","%a\\_b%","%\"q\\\\%"})");
    EXPECT_EQ(request.parameters[1].text, "true");
}

TEST(ActivityModel, WhatIsToldAgainStaysTheSameRow) {
    ActivityModel model;
    const QAbstractItemModelTester tester(&model, QAbstractItemModelTester::FailureReportingMode::Fatal);
    const QString lake = QStringLiteral("lake");
    const QString west = QStringLiteral("west");
    model.setStatements(lake, readActivity(lake, {session("1", "a", "10"), session("2", "b", "20")}).statements);
    model.setStatements(west, readActivity(west, {session("1", "c", "30")}).statements);
    ASSERT_EQ(model.rowCount(), 3);
    const QPersistentModelIndex second(model.index(1, ActivityModel::kStatement));
    QSignalSpy changed(&model, &QAbstractItemModel::dataChanged);
    QSignalSpy reset(&model, &QAbstractItemModel::modelReset);

    model.setStatements(lake, readActivity(lake, {session("2", "b", "5020"), session("3", "d", "1")}).statements);
    ASSERT_EQ(model.rowCount(), 3);
    ASSERT_TRUE(second.isValid());
    EXPECT_EQ(second.data().toString(), QStringLiteral("b"));
    EXPECT_EQ(second.sibling(second.row(), ActivityModel::kSince).data().toString(), QStringLiteral("5.0 s"));
    EXPECT_EQ(changed.count(), 1);
    EXPECT_EQ(reset.count(), 0);

    // Nothing new: nothing is told.
    model.setStatements(lake, readActivity(lake, {session("2", "b", "5020"), session("3", "d", "1")}).statements);
    EXPECT_EQ(changed.count(), 1);
    model.setStatements(lake, {});
    EXPECT_EQ(model.rowCount(), 1);
    model.clear();
    EXPECT_EQ(model.rowCount(), 0);
}

TEST(Activity, DurationsAreShort) {
    EXPECT_EQ(durationText(420), QStringLiteral("0.4 s"));
    EXPECT_EQ(durationText(42'000), QStringLiteral("42 s"));
    EXPECT_EQ(durationText(600'000), QStringLiteral("10 min"));
    EXPECT_EQ(durationText(7'500'000), QStringLiteral("2 h 5 min"));
}

class MeshWatchTest : public testing::Test {
  protected:
    MeshWatchTest() {
        auto mesh = std::make_shared<Mesh>();
        mesh->nodes.push_back({"lake", "127.0.0.1:1", "ann", lake_, {}});
        mesh->nodes.push_back({"west", "127.0.0.1:2", "ann", west_, {}});
        mesh->nodes.push_back({"gone", "nowhere", "ann", nullptr, fail(ErrorCode::kInvalidArgument, "no address")});
        watch_.setMesh(mesh);
    }

    static void sendRows(const FakeStatement& asked, const std::vector<TextRow>& rows) {
        asked.sendColumns({"kind", "name", "a", "b", "c", "d", "e", "f", "g", "h"});
        if (!rows.empty()) {
            asked.sendRows(10, rows);
        }
        asked.complete("SELECT", rows.size());
    }

    std::shared_ptr<FakeNodeClient> lake_ = std::make_shared<FakeNodeClient>("lake");
    std::shared_ptr<FakeNodeClient> west_ = std::make_shared<FakeNodeClient>("west");
    MeshWatch watch_;
};

TEST_F(MeshWatchTest, AsksEachNodeAndASlowOneHoldsUpNobody) {
    EXPECT_EQ(watch_.nodes()[2].health, NodeState::Health::kDown);
    watch_.start();
    ASSERT_EQ(lake_->waiting_info.size(), 1U);
    ASSERT_EQ(west_->waiting_info.size(), 1U);
    lake_->waiting_info[0](client::NodeInfo{"lake", "0.1", "15.9", {}});
    ASSERT_TRUE(processEventsUntil([&] { return lake_->statements.size() == 1; }));
    EXPECT_EQ(watch_.nodes()[0].health, NodeState::Health::kUp);
    EXPECT_TRUE(watch_.nodes()[0].latency_ms);
    const std::optional<std::string> none;
    sendRows(lake_->statement(), {{"s", "7", "ann", "psql", none, "active", none, none, "SELECT 1",
                                   "10\x1f"
                                   "c"}});
    ASSERT_TRUE(processEventsUntil([&] { return watch_.nodes()[0].activity.statements.size() == 1; }));
    EXPECT_EQ(watch_.nodes()[1].health, NodeState::Health::kUnknown);

    // The one that has not answered is not asked twice.
    watch_.refresh();
    EXPECT_EQ(lake_->waiting_info.size(), 2U);
    EXPECT_EQ(west_->waiting_info.size(), 1U);
    watch_.stop();
    EXPECT_FALSE(watch_.isRunning());
}

TEST_F(MeshWatchTest, ANodeThatIsLostIsDownAndNothingRunsThere) {
    watch_.refresh();
    lake_->waiting_info[0](client::NodeInfo{"lake", "0.1", "15.9", {}});
    ASSERT_TRUE(processEventsUntil([&] { return lake_->statements.size() == 1; }));
    const std::optional<std::string> none;
    sendRows(lake_->statement(), {{"s", "7", "ann", "psql", none, "active", none, none, "SELECT 1", "10"}});
    ASSERT_TRUE(processEventsUntil([&] { return !watch_.nodes()[0].activity.statements.empty(); }));
    watch_.refresh();
    ASSERT_EQ(lake_->waiting_info.size(), 2U);
    lake_->waiting_info[1](fail(ErrorCode::kUnavailable, "node 'lake' cannot be reached"));
    ASSERT_TRUE(processEventsUntil([&] { return watch_.nodes()[0].health == NodeState::Health::kDown; }));
    EXPECT_TRUE(watch_.nodes()[0].activity.statements.empty());
    EXPECT_EQ(watch_.nodes()[0].error.message, "node 'lake' cannot be reached");
}

TEST_F(MeshWatchTest, CancelsAndSaysHowItWent) {
    QSignalSpy ended(&watch_, &MeshWatch::cancelEnded);
    watch_.cancel(QStringLiteral("lake"), 42);
    ASSERT_EQ(lake_->statements.size(), 1U);
    EXPECT_EQ(lake_->statement().request.parameters[0].text, "42");
    lake_->statement().sendColumns({"done"});
    lake_->statement().sendRows(1, {{"true"}});
    lake_->statement().complete("SELECT 1", 1);
    ASSERT_TRUE(processEventsUntil([&] { return ended.count() == 1; }));
    EXPECT_EQ(ended[0][2].toString(), QString());

    watch_.cancel(QStringLiteral("lake"), 43);
    lake_->statement().failWith(fail(ErrorCode::kPermissionDenied, "must be a member of the role"));
    ASSERT_TRUE(processEventsUntil([&] { return ended.count() == 2; }));
    EXPECT_EQ(ended[1][2].toString(), QStringLiteral("must be a member of the role"));
    watch_.cancel(QStringLiteral("nobody"), 1);
    EXPECT_EQ(ended.count(), 3);
}

}  // namespace
}  // namespace tessera::app
