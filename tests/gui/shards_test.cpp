// Goal: a sharded table is declared, looked at, moved and dropped in the workbench, and the nodes do it; what they
// refuse stands beside its field. Method: the whole window over three real nodes that hold one store.

#include "app/core/testing/event_loop.h"
#include "app/workbench/activity/mesh_page.h"
#include "app/workbench/shell/main_window.h"
#include "app/workbench/testing/screenshots.h"
#include "tests/support/mesh_nodes.h"
#include "tests/support/temporary_directory.h"

#include <gtest/gtest.h>

#include <QApplication>
#include <QComboBox>
#include <QDialog>
#include <QLabel>
#include <QLineEdit>
#include <QMessageBox>
#include <QPushButton>
#include <QTest>
#include <QTreeView>
#include <QTreeWidget>

namespace tessera::workbench {
namespace {

using app::processEventsUntil;

constexpr int kDeadline_ms = 120'000;

class ShardsTest : public testing::Test {
  protected:
    static void SetUpTestSuite() {
        const std::string columns =
            " (id bigint NOT NULL, customer int NOT NULL, amount numeric(12,2), PRIMARY KEY (customer, id));";
        mesh = std::make_unique<MeshNodes>("CREATE TABLE orders" + columns + "CREATE TABLE spare" + columns +
                                           "CREATE TABLE narrow (id bigint)");
    }

    static void TearDownTestSuite() { mesh.reset(); }

    void SetUp() override {
        WorkbenchOptions options;
        std::string yaml = "mesh: trial\nnodes:\n";
        for (std::size_t i = 0; i < kMembers; ++i) {
            yaml += "  - {name: " + Nodes::nameOf(i) + ", address: '127.0.0.1:" + std::to_string(mesh->at(i).port()) +
                    "', user: " + TemporaryNode::kUser + ", password: '" + TemporaryNode::kPassword + "'}\n";
        }
        options.mesh_file = writeFile(folder_.path() / "mesh.yaml", yaml);
        options.profile_directory = QString::fromStdString((folder_.path() / "profile").string());
        window_ = std::make_unique<MainWindow>(std::move(options));
        window_->resize(1280, 800);
        bool is_loaded = false;
        QObject::connect(window_.get(), &MainWindow::meshLoaded, window_.get(), [&](bool is_ok) { is_loaded = is_ok; });
        window_->show();
        ASSERT_TRUE(QTest::qWaitForWindowActive(window_.get(), 60'000));
        ASSERT_TRUE(processEventsUntil([&] { return is_loaded; }, kDeadline_ms));
        QTest::keyClick(window_.get(), Qt::Key_M, Qt::ControlModifier | Qt::ShiftModifier);
        window_->meshPage()->showSection(MeshPage::Section::kShards);
    }

    static std::string ask(std::size_t node, const std::string& sql) {
        postgres::Connection at = mesh->connect(node);
        return answerOf(at, sql);
    }

    template <class T>
    T* find(const char* name) {
        return window_->findChild<T*>(QLatin1String(name));
    }

    bool isSaid(const char* label, const char* words) {
        return processEventsUntil(
            [&] {
                auto* found = find<QLabel>(label);
                return found != nullptr && found->text().contains(QLatin1String(words));
            },
            kDeadline_ms);
    }

    void press(const char* button) {
        ASSERT_TRUE(processEventsUntil([&] { return find<QPushButton>(button)->isEnabled(); }, kDeadline_ms))
            << button << " " << find<QLabel>("shardsSummary")->text().toStdString();
        QTest::mouseClick(find<QPushButton>(button), Qt::LeftButton);
    }

    QTreeWidget& tree() { return *find<QTreeWidget>("shardsTree"); }

    /// By keys, as soon as the node has said what it has.
    void choosePlace(int node, const char* table) {
        auto* places = find<QTreeWidget>("placeTree");
        QTreeWidgetItem* wanted = nullptr;
        ASSERT_TRUE(processEventsUntil(
            [&] {
                QTreeWidgetItem* of = places->topLevelItem(node);
                for (int row = 0; row < of->childCount(); ++row) {
                    wanted = of->child(row)->text(0) == QLatin1String(table) ? of->child(row) : wanted;
                }
                return wanted != nullptr;
            },
            kDeadline_ms));
        places->setFocus();
        places->setCurrentItem(wanted);
        QTest::keyClick(places, Qt::Key_Return);
    }

    static inline std::unique_ptr<MeshNodes> mesh;
    TemporaryDirectory folder_;
    std::unique_ptr<MainWindow> window_;
};

TEST_F(ShardsTest, ATableIsDeclaredMovedAndDropped) {
    press("newShardedTableButton");
    auto* dialog = find<QDialog>("newTableDialog");
    ASSERT_NE(dialog, nullptr);
    QTest::keyClicks(find<QLineEdit>("shardedName"), QStringLiteral("sales.orders"));
    choosePlace(0, "crm.orders");
    choosePlace(1, "crm.narrow");
    auto* columns = find<QTreeWidget>("shardedColumns");
    ASSERT_TRUE(processEventsUntil([&] { return columns->topLevelItemCount() == 3; }, kDeadline_ms));
    for (int row = 0; row < 3; ++row) {
        if (columns->topLevelItem(row)->text(0) == QLatin1String("customer")) {
            columns->topLevelItem(row)->setCheckState(2, Qt::Checked);
        }
        if (columns->topLevelItem(row)->text(0) != QLatin1String("amount")) {
            columns->topLevelItem(row)->setCheckState(3, Qt::Checked);
        }
    }
    // The second table is another one: the node says so, beside it.
    auto* shards = find<QTreeWidget>("shardList");
    ASSERT_TRUE(isSaid("shardsListNote", "has no column 'customer'"))
        << find<QLabel>("shardsListNote")->text().toStdString();
    EXPECT_TRUE(shards->topLevelItem(0)->text(6).isEmpty());
    EXPECT_FALSE(find<QPushButton>("declareTableButton")->isEnabled());
    saveScreenshotsInBothThemes(*dialog, "sharding-real-problem");
    shards->setFocus();
    shards->setCurrentItem(shards->topLevelItem(1));
    QTest::keyClick(shards, Qt::Key_Delete);
    choosePlace(1, "crm.orders");
    QTest::keyClicks(find<QLineEdit>("shardedWriters"), QLatin1String(TemporaryNode::kUser));
    press("declareTableButton");
    ASSERT_TRUE(isSaid("newTableNote", "is declared, and served"))
        << find<QLabel>("newTableNote")->text().toStdString();
    QTest::mouseClick(find<QPushButton>("closeTableButton"), Qt::LeftButton);
    EXPECT_EQ(ask(2, "INSERT INTO sales.orders SELECT i, i % 97, i FROM generate_series(1, 500) i"), "");
    EXPECT_EQ(ask(0, "SELECT count(*) FROM sales.orders"), "500\n");

    ASSERT_TRUE(processEventsUntil([&] { return tree().topLevelItemCount() == 1; }, kDeadline_ms));
    tree().setCurrentItem(tree().topLevelItem(0));
    press("countShardButton");
    ASSERT_TRUE(processEventsUntil(
        [&] {
            const QTreeWidgetItem* orders = tree().topLevelItem(0);
            return orders->child(0)->text(3).toInt() + orders->child(1)->text(3).toInt() == 500;
        },
        kDeadline_ms));

    // To a table with rows: refused in the window that asks; then to an empty one.
    tree().setCurrentItem(tree().topLevelItem(0)->child(0));
    press("moveShardButton");
    find<QComboBox>("moveNode")->setCurrentText(QStringLiteral("c"));
    find<QComboBox>("movePlace")->setEditText(QStringLiteral("crm.narrow"));
    press("moveButton");
    ASSERT_TRUE(isSaid("moveNote", "has no column")) << find<QLabel>("moveNote")->text().toStdString();
    find<QComboBox>("movePlace")->setEditText(QStringLiteral("crm.spare"));
    press("moveButton");
    ASSERT_TRUE(processEventsUntil(
        [&] { return tree().topLevelItem(0)->child(0)->text(2) == QLatin1String("c/crm.spare"); }, kDeadline_ms));
    ASSERT_TRUE(isSaid("shardsNote", "is at c/crm.spare now"));
    EXPECT_EQ(ask(1, "SELECT count(*) FROM sales.orders"), "500\n");
    saveScreenshotsInBothThemes(*window_, "shards-real");

    // In two; then its node is drained, after it was said what that moves, and gets shards again.
    tree().setCurrentItem(tree().topLevelItem(0)->child(1));
    press("splitShardButton");
    press("splitButton");
    ASSERT_TRUE(processEventsUntil([&] { return tree().topLevelItem(0)->childCount() == 3; }, kDeadline_ms))
        << (find<QLabel>("splitNote") != nullptr ? find<QLabel>("splitNote")->text().toStdString() : std::string());
    EXPECT_EQ(ask(1, "SELECT count(*) FROM sales.orders"), "500\n");
    auto* nodes = find<QTreeView>("shardNodes");
    nodes->setCurrentIndex(nodes->model()->index(1, 0));
    press("drainNodeButton");
    ASSERT_TRUE(isSaid("planTotal", "Shards that move: 2")) << find<QLabel>("planNote")->text().toStdString();
    saveScreenshotsInBothThemes(*find<QDialog>("shardPlanDialog"), "drain-real");
    press("planBegin");
    const auto shardsAtB = [&] {
        return ask(0, "SELECT count(*) FROM tessera.shards WHERE node = 'b' AND name = 'sales.orders'");
    };
    ASSERT_TRUE(processEventsUntil([&] { return shardsAtB() == "0\n"; }, kDeadline_ms)) << shardsAtB();
    // Who asks in the moment behind a move is told to ask again.
    EXPECT_TRUE(processEventsUntil(
        [&] { return ask(2, "SELECT count(*), sum(id) FROM sales.orders") == "500|125250\n"; }, kDeadline_ms));
    ASSERT_TRUE(processEventsUntil(
        [&] { return find<QPushButton>("drainNodeButton")->text() == QLatin1String("Let it have shards again"); },
        kDeadline_ms));
    press("drainNodeButton");
    ASSERT_TRUE(isSaid("shardsNote", "b gets shards again"));

    tree().setCurrentItem(tree().topLevelItem(0));
    press("dropShardedTableButton");
    QTest::mouseClick(find<QPushButton>("dropShardedTableYes"), Qt::LeftButton);
    ASSERT_TRUE(isSaid("shardsNote", "sales.orders is dropped"));
    ASSERT_TRUE(processEventsUntil([&] { return find<QLabel>("shardsSummary")->text().isEmpty(); }, kDeadline_ms));
    EXPECT_EQ(ask(0, "SELECT count(*) FROM tessera.sharded_tables"), "0\n");
    EXPECT_NE(ask(2, "SELECT count(*) FROM crm.spare"), "0\n");
}

}  // namespace
}  // namespace tessera::workbench
