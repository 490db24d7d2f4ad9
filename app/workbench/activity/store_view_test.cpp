// SPDX-License-Identifier: GPL-3.0-or-later
// Goal: the store's members as an engineer sees them at night: who leads, who is away, how far each one is; calm where
// there is no leader, no store or no right. Method: the whole window over two fake nodes whose stores say what the test
// says; a third member is not in the mesh.
#include "app/workbench/activity/store_view.h"

#include "app/workbench/activity/mesh_page.h"
#include "app/workbench/activity/store_faults_bar.h"
#include "app/workbench/testing/window_fixture.h"
#include "app/workbench/ui/empty_state.h"

#include <QAbstractItemModelTester>
#include <QAccessible>
#include <QLabel>
#include <QMessageBox>
#include <QPushButton>
#include <memory>
#include <mutex>

namespace tessera::workbench {
namespace {

using Column = app::StoreModel::Column;

const client::StoreMember kOperations{1, "operations", "10.0.0.1:7410"};
const client::StoreMember kLake{2, "lake", "10.0.0.2:7410"};
const client::StoreMember kArchive{3, "archive", "10.0.0.3:7410"};

client::StoreStatus statusOf(const client::StoreMember& member, const char* role, const client::StoreMember& leader,
                             std::uint64_t term, std::uint64_t last, std::uint64_t commit, std::uint64_t applied) {
    client::StoreStatus status;
    status.member = member;
    status.role = role;
    status.leader = leader;
    status.term = term;
    status.durable_index = last;
    status.commit_index = commit;
    status.applied_index = applied;
    status.voters = {kOperations, kLake, kArchive};
    return status;
}

client::StoreStatus leading() {
    client::StoreStatus status = statusOf(kOperations, "leader", kOperations, 7, 12345, 12340, 12340);
    status.peers = {{kLake, 12300, 2, 4096, true, false, std::chrono::microseconds(1340)},
                    {kArchive, 9000, 0, 0, false, false, std::chrono::microseconds(800)}};
    return status;
}

class StoreViewTest : public MainWindowTest {
  protected:
    void SetUp() override {
        MainWindowTest::SetUp();
        window_->resize(1280, 800);
        QTest::keyClick(window_.get(), Qt::Key_M, Qt::ControlModifier | Qt::ShiftModifier);
        auto* sections = window_->meshPage()->findChild<QTabWidget*>(QStringLiteral("meshSections"));
        sections->setCurrentIndex(static_cast<int>(MeshPage::Section::kStore));
    }

    template <class T>
    T* find(const char* name) {
        return window_->meshPage()->findChild<T*>(QLatin1String(name));
    }

    QTreeView& table() { return *find<QTreeView>("storeTable"); }

    QString text(int row, int column) { return table().model()->index(row, column).data().toString(); }

    QString note() { return find<QLabel>("storeNote")->text(); }

    bool comes(const std::function<bool()>& condition) { return processEventsUntil(condition); }

    void tellSample() {
        operations_store_->tell(leading());
        lake_store_->tell(statusOf(kLake, "follower", kOperations, 7, 12300, 12290, 12280));
        ASSERT_TRUE(comes([&] { return table().model()->rowCount() == 3 && text(1, Column::kLag) == u"60"; }));
    }
};

TEST_F(StoreViewTest, EveryMemberIsARowAndTheNumbersAreLive) {
    EXPECT_EQ(find<EmptyState>("storeState")->sentence(), QStringLiteral("Asking the nodes for their store…"));
    const QAbstractItemModelTester tester(table().model(), QAbstractItemModelTester::FailureReportingMode::Fatal);
    tellSample();
    EXPECT_EQ(note(), QStringLiteral("operations leads. Members that answer: 2 of 3."));
    EXPECT_EQ(text(0, Column::kMember), u"operations");
    EXPECT_EQ(text(0, Column::kRole), u"leader");
    EXPECT_EQ(text(0, Column::kState), u"answers");
    EXPECT_EQ(text(0, Column::kTerm), u"7");
    EXPECT_EQ(text(0, Column::kLastIndex), u"12,345");
    EXPECT_EQ(text(0, Column::kLag), u"0");
    EXPECT_EQ(text(0, Column::kInFlight), u"–");
    EXPECT_EQ(text(1, Column::kRole), u"follower");
    EXPECT_EQ(text(1, Column::kLeader), u"operations");
    EXPECT_EQ(text(1, Column::kCommitted), u"12,290");
    EXPECT_EQ(text(1, Column::kApplied), u"12,280");
    EXPECT_EQ(text(1, Column::kInFlight), u"2 (4 KiB)");
    EXPECT_EQ(text(1, Column::kLatency), u"1.3 ms");
    EXPECT_EQ(text(0, Column::kLatency), u"–");
    EXPECT_EQ(text(2, Column::kLatency), u"–");  // of old
    // What the leader knows of one that is not asked.
    EXPECT_EQ(text(2, Column::kMember), u"archive");
    EXPECT_EQ(text(2, Column::kRole), u"voter");
    EXPECT_EQ(text(2, Column::kState), u"not in this mesh; the leader does not hear it");
    EXPECT_EQ(text(2, Column::kLastIndex), u"9,000");
    EXPECT_EQ(text(2, Column::kApplied), u"–");
    saveScreenshots("store");

    // By keys; and what is told again leaves the selection where it is.
    table().setFocus();
    QTest::keyClick(&table(), Qt::Key_Home);
    QTest::keyClick(&table(), Qt::Key_Down);
    ASSERT_EQ(table().currentIndex().row(), 1);
    lake_store_->tell(statusOf(kLake, "follower", kOperations, 7, 12345, 12340, 12340));
    ASSERT_TRUE(comes([&] { return text(1, Column::kLag) == u"0"; }));
    EXPECT_EQ(table().currentIndex().row(), 1);
    EXPECT_TRUE(table().selectionModel()->isRowSelected(1, {}));
}

TEST_F(StoreViewTest, AnAssistantReadsEachNumberWithItsHeading) {
    tellSample();
    QAccessibleInterface* shown = QAccessible::queryAccessibleInterface(&table());
    ASSERT_NE(shown, nullptr);
    EXPECT_EQ(shown->text(QAccessible::Name), QStringLiteral("Members of the store"));
    EXPECT_EQ(table().model()->index(1, Column::kLag).data(Qt::AccessibleTextRole).toString(),
              QStringLiteral("Lag: 60"));
}

TEST_F(StoreViewTest, ALeaderThatGoesAwayIsSaidCalmly) {
    tellSample();
    operations_store_->tell(fail(ErrorCode::kUnavailable, "node 'operations' cannot be reached"));
    ASSERT_TRUE(comes([&] { return note().startsWith(u"operations leads, as lake says, and cannot be reached"); }));
    EXPECT_EQ(text(0, Column::kState), u"node 'operations' cannot be reached");
    EXPECT_EQ(text(0, Column::kTerm), u"–");

    // Then lake asks for votes; alone it is no majority.
    lake_store_->tell(statusOf(kLake, "candidate", {}, 8, 12345, 12340, 12340));
    ASSERT_TRUE(comes([&] { return note().startsWith(u"No leader: members that answer: 1 of 3, and 2 are needed."); }));
    EXPECT_EQ(text(1, Column::kRole), u"candidate");
    EXPECT_EQ(text(1, Column::kLeader), u"–");
    saveScreenshots("store-no-leader");

    // The old one comes back as a follower: two are enough to choose. (Lake speaks again: pictures may take long.)
    lake_store_->tell(statusOf(kLake, "candidate", {}, 8, 12345, 12340, 12340));
    operations_store_->tell(statusOf(kOperations, "follower", {}, 8, 12345, 12340, 12340));
    ASSERT_TRUE(comes([&] { return note().startsWith(u"No leader at the moment: the members choose one."); }));
    client::StoreStatus chosen = statusOf(kLake, "leader", kLake, 9, 12346, 12346, 12346);
    chosen.peers = {{kOperations, 12346, 0, 0, true, false}, {kArchive, 12346, 0, 0, true, false}};
    lake_store_->tell(chosen);
    ASSERT_TRUE(comes([&] { return note() == u"lake leads. Members that answer: 2 of 3."; }));
    EXPECT_EQ(text(2, Column::kState), u"not in this mesh; the leader hears it");
}

TEST_F(StoreViewTest, NodesThatEachHaveAStoreOfTheirOwnAreSeveralStores) {
    client::StoreStatus operations = statusOf(kOperations, "leader", kOperations, 1, 5, 5, 5);
    operations.voters = {kOperations};
    client::StoreStatus lake = statusOf({1, "lake", ""}, "leader", {1, "lake", ""}, 1, 99, 99, 99);
    lake.voters = {{1, "lake", ""}};
    operations_store_->tell(operations);
    lake_store_->tell(lake);
    ASSERT_TRUE(comes([&] { return table().model()->rowCount() == 2; }));
    EXPECT_EQ(text(0, Column::kLag), u"0");
    EXPECT_EQ(text(1, Column::kLag), u"0");
    EXPECT_EQ(note(), QStringLiteral("operations leads. Members that answer: 1 of 1.\n"
                                     "lake leads. Members that answer: 1 of 1."));
}

TEST_F(StoreViewTest, WithoutAStoreOrTheRightItSaysSo) {
    const Error none = fail(ErrorCode::kUnimplemented, "the node has no store");
    operations_store_->tell(none);
    lake_store_->tell(none);
    ASSERT_TRUE(comes(
        [&] { return find<EmptyState>("storeState")->sentence() == u"No node of this mesh has a replicated store."; }));
    // Neither is asked again by itself; F5 asks both.
    const Error refused = fail(ErrorCode::kPermissionDenied, "the role 'analyst' may not read the store",
                               "store.readers in the configuration of node 'lake' names who may");
    operations_store_->tell(refused);
    lake_store_->tell(refused);
    auto* sections = find<QTabWidget>("meshSections");
    sections->setFocus();
    QTest::keyClick(sections, Qt::Key_F5);
    ASSERT_TRUE(comes(
        [&] { return find<EmptyState>("storeState")->sentence() == u"The role 'analyst' may not read the store."; }));
    saveScreenshots("store-refused");
}

/// A test cluster's member, which does what it is told.
class FakeFaults final : public client::StoreFaultsClient {
  public:
    Result<client::StoreFaultsState> get() override {
        const std::lock_guard lock(mutex_);
        return client::StoreFaultsState{now_};
    }

    Result<client::StoreFaultsState> set(const client::StoreFaults& faults) override {
        const std::lock_guard lock(mutex_);
        if (faults.is_paused) {
            return fail(ErrorCode::kPermissionDenied, "the role 'ana' may not administer the store");
        }
        now_ = faults;
        return client::StoreFaultsState{now_};
    }

    Result<> elect() override {
        const std::lock_guard lock(mutex_);
        ++elections_;
        return {};
    }

    int elections() {
        const std::lock_guard lock(mutex_);
        return elections_;
    }

  private:
    std::mutex mutex_;
    client::StoreFaults now_;
    int elections_ = 0;
};

class StoreFaultsTest : public StoreViewTest {
  protected:
    /// Only `operations` is of a test cluster.
    void begin() {
        bar().faults().setConnector(
            [this](const client::NodeAddress& address) -> Result<std::shared_ptr<client::StoreFaultsClient>> {
                if (address.name != "operations") {
                    return fail(ErrorCode::kUnimplemented, "of no test cluster");
                }
                return std::shared_ptr<client::StoreFaultsClient>(member_);
            });
        bar().faults().look();
        tellSample();
        ASSERT_TRUE(comes([this] { return bar().isVisible(); }));
    }

    StoreFaultsBar& bar() { return *find<StoreFaultsBar>("storeFaults"); }

    QString faultsNote() { return find<QLabel>("faultsNote")->text(); }

    void choose(int row) { table().setCurrentIndex(table().model()->index(row, 0)); }

    /// Presses the button, and in the box that asks, the first one.
    void press(const char* button, const char* box_name) {
        find<QPushButton>(button)->click();
        auto* box = bar().findChild<QMessageBox*>(QLatin1String(box_name));
        ASSERT_NE(box, nullptr);
        EXPECT_TRUE(box->text().contains(QStringLiteral("operations"))) << "it says whom it means";
        for (QAbstractButton* one : box->buttons()) {
            if (box->buttonRole(one) == QMessageBox::DestructiveRole) {
                one->click();
                return;
            }
        }
        FAIL() << "no button does it";
    }

    std::shared_ptr<FakeFaults> member_ = std::make_shared<FakeFaults>();
};

TEST_F(StoreFaultsTest, AMemberOfATestClusterIsDisturbedAndHealed) {
    begin();
    choose(1);
    EXPECT_FALSE(find<QPushButton>("isolateMember")->isEnabled()) << "lake is of no test cluster";
    choose(0);
    ASSERT_TRUE(find<QPushButton>("isolateMember")->isEnabled());
    EXPECT_FALSE(find<QPushButton>("healMembers")->isEnabled());
    press("isolateMember", "isolateBox");
    ASSERT_TRUE(comes([this] { return faultsNote() == QStringLiteral("operations: isolated"); }));
    EXPECT_TRUE(member_->get()->faults.is_isolated);
    saveScreenshots("store-faults");
    find<QPushButton>("healMembers")->click();
    ASSERT_TRUE(comes([this] { return !member_->get()->faults.is_isolated; }));
    ASSERT_TRUE(comes([this] { return !find<QPushButton>("healMembers")->isEnabled(); }));
    press("electMember", "electBox");
    EXPECT_TRUE(comes([this] { return member_->elections() == 1; }));
}

TEST_F(StoreFaultsTest, ARefusalIsShown) {
    begin();
    choose(0);
    press("pauseMember", "pauseBox");
    EXPECT_TRUE(comes([this] { return faultsNote().contains(QStringLiteral("may not administer")); }));
}

TEST_F(StoreFaultsTest, WhereNoNodeTakesFaultsThereAreNoButtons) {
    bar().faults().setConnector([](const client::NodeAddress&) -> Result<std::shared_ptr<client::StoreFaultsClient>> {
        return fail(ErrorCode::kUnimplemented, "of no test cluster");
    });
    bar().faults().look();
    tellSample();
    EXPECT_FALSE(bar().isVisible());
}

TEST_F(StoreViewTest, NobodyIsFollowedWhileNobodyLooks) {
    tellSample();
    EXPECT_EQ(operations_store_->watchers(), 1);
    auto* sections = find<QTabWidget>("meshSections");
    sections->setCurrentIndex(0);
    EXPECT_EQ(operations_store_->watchers(), 0);
    EXPECT_EQ(lake_store_->watchers(), 0);
    sections->setCurrentIndex(static_cast<int>(MeshPage::Section::kStore));
    ASSERT_TRUE(comes([&] { return operations_store_->watchers() == 1; }));
}

}  // namespace
}  // namespace tessera::workbench
