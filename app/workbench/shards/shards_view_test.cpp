// SPDX-License-Identifier: GPL-3.0-or-later
// Goal: sharded tables as a person looks at them and changes them: sizes, use, a move from its start to its end, what
// is refused, dropping. Method: the whole window over two fake nodes; tests/gui does it with real ones.
#include "app/workbench/shards/shards_view.h"

#include "app/workbench/activity/mesh_page.h"
#include "app/workbench/shards/move_pace_dialog.h"
#include "app/workbench/shards/move_shard_dialog.h"
#include "app/workbench/shards/shard_delegate.h"
#include "app/workbench/shards/shard_plan_dialog.h"
#include "app/workbench/shards/split_shard_dialog.h"
#include "app/workbench/testing/window_fixture.h"
#include "app/workbench/ui/empty_state.h"

#include <QComboBox>
#include <QLabel>
#include <QMenu>
#include <QMessageBox>
#include <QPlainTextEdit>
#include <QPushButton>
#include <QScrollBar>
#include <QSpinBox>
#include <QTreeWidget>

namespace tessera::workbench {
namespace {

const std::optional<std::string> kNone;

/// What both nodes say of the map; the last row is what each knows of its own.
std::vector<app::TextRow> mapRows(const std::string& here, const std::string& move = {}) {
    std::vector<app::TextRow> rows = {
        {"table", R"({"name": "sales.orders", "method": "hash", "shard_by": ["customer"], "key": ["customer", "id"],
                      "shards": 2, "readers": null, "writers": ["etl"], "version": 7})"},
        {"table", R"({"name": "sales.visits", "method": "range", "shard_by": ["day"], "key": [], "shards": 1,
                      "readers": ["analyst"], "writers": [], "version": 5})"},
        {"shard", R"({"name": "sales.orders", "shard": 0, "rows_of": "hash 0 of 2", "node": "operations",
                      "place": "crm.orders", "epoch": 7})"},
        {"shard", R"({"name": "sales.orders", "shard": 1, "rows_of": "hash 1 of 2", "node": "lake",
                      "place": "files.orders", "epoch": 7})"},
        {"shard", R"({"name": "sales.visits", "shard": 0, "rows_of": "from the least to the greatest",
                      "node": "lake", "place": "files.visits", "epoch": 5})"},
        {"node", R"({"node": "operations", "version": 7, "problem": ""})"},
        {"node", R"({"node": "lake", "version": 6, "problem": "shard 0 of sales.orders: no peer 'operations'"})"},
        {"here", here}};
    if (!move.empty()) {
        rows.push_back({"move", move});
    }
    return rows;
}

const char* const kHereOperations = R"({"place": "crm.orders", "rows": 1200000, "source": "crm", "reading": 3})";
const char* const kHereLake = R"({"place": "files.orders", "rows": 800000, "source": "files", "reading": 0})";

class ShardsViewTest : public MainWindowTest {
  protected:
    void SetUp() override {
        MainWindowTest::SetUp();
        window_->resize(1280, 800);
        QTest::keyClick(window_.get(), Qt::Key_M, Qt::ControlModifier | Qt::ShiftModifier);
        window_->meshPage()->showSection(MeshPage::Section::kShards);
        ASSERT_TRUE(processEventsUntil([&] { return view().isVisible(); }));
    }

    ShardsView& view() { return *window_->findChild<ShardsView*>(QStringLiteral("shardsView")); }

    template <class T>
    T* find(const char* name) {
        return view().findChild<T*>(QLatin1String(name));
    }

    QTreeWidget& tree() { return *find<QTreeWidget>("shardsTree"); }

    /// The statement that has `words` in it, as soon as the node is asked.
    static std::shared_ptr<app::FakeStatement> asked(app::FakeNodeClient& node, const char* words) {
        std::shared_ptr<app::FakeStatement> found;
        EXPECT_TRUE(processEventsUntil([&] {
            for (auto it = node.statements.begin(); it != node.statements.end(); ++it) {
                if ((*it)->request.sql.find(words) != std::string::npos) {
                    found = *it;
                    node.statements.erase(it);
                    return true;
                }
            }
            return false;
        })) << words;
        return found;
    }

    static void reply(app::FakeNodeClient& node, const char* words, const std::vector<app::TextRow>& rows,
                      std::size_t columns) {
        if (const auto statement = asked(node, words)) {
            statement->sendColumns(std::vector<std::string>(columns, "c"));
            if (!rows.empty()) {
                statement->sendRows(columns, rows);
            }
            statement->complete("SELECT", rows.size());
        }
    }

    void answerMap(const std::string& move = {}) {
        reply(*operations_, "tessera.mesh_nodes", mapRows(kHereOperations, move), 2);
        reply(*lake_, "tessera.mesh_nodes", mapRows(kHereLake, move), 2);
        ASSERT_TRUE(processEventsUntil([&] {
            const app::ShardPicture& picture = view().watch().picture();
            return picture.tables.size() == 2 && picture.tables[0].shards[0].rows && picture.tables[0].shards[1].rows;
        }));
    }

    /// Asks anew, and answers.
    void answerMapAgain(const std::string& move = {}) {
        operations_->statements.clear();
        lake_->statements.clear();
        // Questions that are under way are dropped.
        view().setMesh(view().watch().mesh());
        answerMap(move);
    }

    void choose(int shard) {
        tree().setFocus();
        tree().setCurrentItem(tree().topLevelItem(0)->child(shard));
    }

    QString note() { return find<QLabel>("shardsNote")->text(); }
};

TEST_F(ShardsViewTest, EachShardIsThereWithItsRowsItsPlaceItsSizeAndItsUse) {
    EXPECT_TRUE(find<EmptyState>("shardsState")->isVisible());
    answerMap();
    const QTreeWidgetItem* orders = tree().topLevelItem(0);
    EXPECT_EQ(orders->text(0), QStringLiteral("sales.orders"));
    EXPECT_TRUE(orders->text(1).contains(QStringLiteral("hash (customer)")));
    EXPECT_EQ(orders->child(0)->text(2), QStringLiteral("operations/crm.orders"));
    EXPECT_EQ(orders->child(0)->text(3), QStringLiteral("≈ 1.2 M"));
    EXPECT_EQ(orders->child(0)->text(4), QStringLiteral("reading now: 3"));
    EXPECT_EQ(orders->child(1)->text(1), QStringLiteral("hash 1 of 2"));
    EXPECT_EQ(find<QTreeView>("shardNodes")->model()->rowCount(), 2);
    // A table without a key has rows that nobody can tell apart.
    tree().setCurrentItem(tree().topLevelItem(1)->child(0));
    EXPECT_FALSE(find<QPushButton>("moveShardButton")->isEnabled());
    choose(0);
    EXPECT_TRUE(find<QPushButton>("moveShardButton")->isEnabled());
    EXPECT_FALSE(find<QPushButton>("cancelMoveButton")->isEnabled());
    saveScreenshots("shards");
}

TEST_F(ShardsViewTest, AShardIsMovedWatchedAndStopped) {
    answerMap();
    choose(0);
    QTest::keyClick(&tree(), Qt::Key_Return);
    auto* dialog = view().findChild<MoveShardDialog*>(QStringLiteral("moveShardDialog"));
    ASSERT_NE(dialog, nullptr);
    // Another node than where it is; what it has, without what is a shard already.
    EXPECT_EQ(dialog->findChild<QComboBox*>(QStringLiteral("moveNode"))->currentText(), QStringLiteral("lake"));
    reply(
        *lake_, "pg_foreign_table f\n  JOIN pg_catalog.pg_class c",
        {{"files", "full", "files", "12"}, {"files", "orders", "files", "800000"}, {"files", "spare", "files", kNone}},
        4);
    auto* place = dialog->findChild<QComboBox*>(QStringLiteral("movePlace"));
    ASSERT_TRUE(processEventsUntil([&] { return place->count() == 2; }));
    EXPECT_EQ(place->itemText(0), QStringLiteral("files.spare"));
    auto* move = dialog->findChild<QPushButton*>(QStringLiteral("moveButton"));
    EXPECT_FALSE(move->isEnabled());
    place->setCurrentText(QStringLiteral("files.full"));
    EXPECT_EQ(dialog->findChild<QPlainTextEdit*>(QStringLiteral("moveStatement"))->toPlainText(),
              QStringLiteral("SELECT tessera.move_shard('sales.orders', 0, 'lake/files.full', 0, keep_old => false);"));
    // What the node has against it is said where it was asked, and nothing is lost.
    QTest::mouseClick(move, Qt::LeftButton);
    asked(*operations_, "tessera.move_shard")
        ->failWith(fail(ErrorCode::kFailedPrecondition, "lake/files.full has rows already",
                        "a shard is moved to an empty table"));
    auto* said = dialog->findChild<QLabel*>(QStringLiteral("moveNote"));
    ASSERT_TRUE(processEventsUntil([&] { return said->text().startsWith(QLatin1String("lake/files.full has rows")); }));
    for (const char* theme : {"light", "dark"}) {
        saveWidget(*dialog, (std::string("move-shard-") + theme).c_str());
        window_->findChild<QAction*>(QStringLiteral("darkThemeAction"))->trigger();
    }
    place->setCurrentText(QStringLiteral("files.spare"));
    QTest::mouseClick(move, Qt::LeftButton);
    const auto begun = asked(*operations_, "tessera.move_shard");
    EXPECT_EQ(begun->request.parameters[2].text, "lake/files.spare");
    begun->sendColumns({"c"});
    begun->complete("SELECT 1", 1);
    ASSERT_TRUE(processEventsUntil([&] { return note().contains(QLatin1String("on its way")); }));

    answerMapAgain(R"({"name": "sales.orders", "shard": 0, "to_place": "lake/files.spare", "state": "copying",
                       "rows_copied": 300000, "rows_per_second": 0, "problem": "begun anew: lake was restarted"})");
    const QTreeWidgetItem* moving = tree().topLevelItem(0)->child(0);
    EXPECT_TRUE(moving->text(5).contains(QLatin1String("lake/files.spare")));
    EXPECT_DOUBLE_EQ(moving->data(5, ShardDelegate::kShareRole).toDouble(), 0.25);
    EXPECT_TRUE(moving->toolTip(5).contains(QLatin1String("restarted")));
    choose(0);
    EXPECT_FALSE(find<QPushButton>("moveShardButton")->isEnabled());
    expectColumnsFit(tree());
    expectColumnsFit(*find<QTreeView>("shardNodes"));
    saveScreenshots("shard-moving");
    // The dialog was the active window.
    window_->activateWindow();
    ASSERT_TRUE(processEventsUntil([&] { return window_->isActiveWindow(); }));
    choose(0);
    QTest::keyClick(&tree(), Qt::Key_Delete);
    const auto cancelled = asked(*operations_, "tessera.cancel_move");
    EXPECT_EQ(cancelled->request.parameters[1].text, "0");
    cancelled->failWith(fail(ErrorCode::kFailedPrecondition, "shard 0 of sales.orders is not on its way anywhere"));
    ASSERT_TRUE(processEventsUntil([&] { return note().contains(QLatin1String("not on its way anywhere")); }));
}

TEST_F(ShardsViewTest, AMoveUnderWayIsSlowedDown) {
    answerMap();
    choose(0);
    auto* pace = find<QPushButton>("movePaceButton");
    EXPECT_FALSE(pace->isEnabled()) << "the shard is where it is";
    answerMapAgain(R"({"name": "sales.orders", "shard": 0, "to_place": "lake/files.spare", "state": "copying",
                       "rows_copied": 300000, "rows_per_second": 2000, "problem": ""})");
    choose(0);
    EXPECT_TRUE(tree().topLevelItem(0)->child(0)->toolTip(5).contains(QLatin1String("at most 2,000 rows a second")));
    QTest::mouseClick(pace, Qt::LeftButton);
    auto* dialog = view().findChild<MovePaceDialog*>(QStringLiteral("movePaceDialog"));
    ASSERT_NE(dialog, nullptr);
    auto* speed = dialog->findChild<QSpinBox*>(QStringLiteral("paceSpeed"));
    EXPECT_EQ(speed->value(), 2000) << "as it goes now";
    speed->setValue(500);
    EXPECT_EQ(dialog->findChild<QPlainTextEdit*>(QStringLiteral("paceStatement"))->toPlainText(),
              QStringLiteral("SELECT tessera.throttle_move('sales.orders', 0, 500);"));
    saveScreenshotsInBothThemes(*dialog, "move-pace");
    auto* set = dialog->findChild<QPushButton*>(QStringLiteral("paceButton"));
    QTest::mouseClick(set, Qt::LeftButton);
    EXPECT_FALSE(set->isEnabled());
    asked(*operations_, "tessera.throttle_move")
        ->failWith(fail(ErrorCode::kPermissionDenied, "only administrators may slow moves down"));
    auto* said = dialog->findChild<QLabel*>(QStringLiteral("paceNote"));
    ASSERT_TRUE(processEventsUntil([&] { return said->text().startsWith(QLatin1String("Only administrators")); }));
    QTest::mouseClick(set, Qt::LeftButton);
    const auto told = asked(*operations_, "tessera.throttle_move");
    EXPECT_EQ(told->request.parameters[0].text, "sales.orders");
    EXPECT_EQ(told->request.parameters[1].text, "0");
    EXPECT_EQ(told->request.parameters[2].text, "500");
    told->sendColumns({"c"});
    told->complete("SELECT 1", 1);
    ASSERT_TRUE(processEventsUntil([&] { return note().contains(QLatin1String("at 500 rows a second")); }));
}

TEST_F(ShardsViewTest, WhatCanNotBeDoneSaysWhy) {
    answerMap();
    auto* split = find<QPushButton>("splitShardButton");
    auto* drain = find<QPushButton>("drainNodeButton");
    tree().setCurrentItem(tree().topLevelItem(0));
    EXPECT_FALSE(split->isEnabled());
    EXPECT_EQ(split->toolTip(), QStringLiteral("Choose a shard first"));
    EXPECT_FALSE(drain->isEnabled());
    EXPECT_EQ(drain->toolTip(), QStringLiteral("Choose a node first"));
    tree().setCurrentItem(tree().topLevelItem(1)->child(0));
    EXPECT_TRUE(split->toolTip().contains(QLatin1String("has no key"))) << split->toolTip().toStdString();
    choose(0);
    EXPECT_TRUE(split->isEnabled());
    answerMapAgain(R"({"name": "sales.orders", "shard": 0, "to_place": "lake/files.spare", "state": "copying",
                       "rows_copied": 300, "rows_per_second": 0, "problem": ""})");
    choose(0);
    EXPECT_FALSE(split->isEnabled());
    EXPECT_EQ(split->toolTip(), QStringLiteral("The shard is on its way"));
}

TEST_F(ShardsViewTest, ANodeIsDrainedAfterItWasSaidWhatWouldMove) {
    answerMap();
    auto* nodes = find<QTreeView>("shardNodes");
    nodes->setCurrentIndex(nodes->model()->index(0, 0));  // lake
    QTest::mouseClick(find<QPushButton>("drainNodeButton"), Qt::LeftButton);
    auto* dialog = view().findChild<ShardPlanDialog*>(QStringLiteral("shardPlanDialog"));
    ASSERT_NE(dialog, nullptr);
    auto* begin = dialog->findChild<QPushButton*>(QStringLiteral("planBegin"));
    EXPECT_FALSE(begin->isEnabled());
    const auto planned = asked(*operations_, "tessera.mesh_request");
    EXPECT_TRUE(planned->request.parameters[1].text->find(R"("dry_run":true)") != std::string::npos);
    const auto answerWith = [](app::FakeStatement& statement) {
        statement.sendColumns({"c"});
        statement.sendRows(1, {{R"({"plan": [{"sharded_table": "sales.orders", "shard": 1,
            "from_place": "lake/files.orders", "to_place": "operations/crm.orders_s1", "rows": 800000,
            "bytes": 64000000, "seconds": 12.2}], "problems": ["shard 0 of sales.visits stays: the table has no key"]})"}});
        statement.complete("SELECT 1", 1);
    };
    answerWith(*planned);
    ASSERT_TRUE(processEventsUntil([&] { return begin->isEnabled(); }));
    EXPECT_EQ(dialog->findChild<QTreeView*>(QStringLiteral("planMoves"))->model()->rowCount(), 1);
    EXPECT_TRUE(dialog->findChild<QLabel*>(QStringLiteral("planTotal"))->text().contains(QStringLiteral("≈ 800")))
        << dialog->findChild<QLabel*>(QStringLiteral("planTotal"))->text().toStdString();
    EXPECT_TRUE(dialog->findChild<QLabel*>(QStringLiteral("planNote"))->text().contains(QLatin1String("has no key")));
    for (const char* theme : {"light", "dark"}) {
        saveWidget(*dialog, (std::string("drain-node-") + theme).c_str());
        EXPECT_EQ(dialog->findChild<QTreeView*>(QStringLiteral("planMoves"))->horizontalScrollBar()->maximum(), 0);
        window_->findChild<QAction*>(QStringLiteral("darkThemeAction"))->trigger();
    }
    // Refused once, which leaves the plan; then begun.
    QTest::mouseClick(begin, Qt::LeftButton);
    asked(*operations_, "tessera.mesh_request")
        ->failWith(fail(ErrorCode::kPermissionDenied, "only administrators may drain nodes"));
    auto* said = dialog->findChild<QLabel*>(QStringLiteral("planNote"));
    ASSERT_TRUE(processEventsUntil([&] { return said->text().startsWith(QLatin1String("Only administrators")); }));
    QTest::mouseClick(begin, Qt::LeftButton);
    const auto begun = asked(*operations_, "tessera.mesh_request");
    EXPECT_EQ(begun->request.parameters[0].text, "drain");
    EXPECT_EQ(begun->request.parameters[1].text,
              R"({"dry_run":false,"keep_old":false,"node":"lake","rows_per_second":0})");
    answerWith(*begun);
    ASSERT_TRUE(processEventsUntil([&] { return note().contains(QLatin1String("lake gets no more of them")); }));
}

/// Of shards that no node has measured yet, it does not say that they are empty.
TEST_F(ShardsViewTest, SizesThatNobodyKnowsAreSaidToBeUnknown) {
    answerMap();
    auto* nodes = find<QTreeView>("shardNodes");
    nodes->setCurrentIndex(nodes->model()->index(0, 0));
    QTest::mouseClick(find<QPushButton>("drainNodeButton"), Qt::LeftButton);
    auto* dialog = view().findChild<ShardPlanDialog*>(QStringLiteral("shardPlanDialog"));
    ASSERT_NE(dialog, nullptr);
    const auto planned = asked(*operations_, "tessera.mesh_request");
    planned->sendColumns({"c"});
    planned->sendRows(1, {{R"({"plan": [{"sharded_table": "sales.orders", "shard": 1,
        "from_place": "lake/files.orders", "to_place": "operations/crm.orders_s1"}], "problems": []})"}});
    planned->complete("SELECT 1", 1);
    auto* total = dialog->findChild<QLabel*>(QStringLiteral("planTotal"));
    ASSERT_TRUE(processEventsUntil([&] { return !total->text().isEmpty(); }));
    EXPECT_EQ(total->text(), QStringLiteral("Shards that move: 1 · their size is not known yet"));
}

TEST_F(ShardsViewTest, NothingIsBegunWhereNothingWouldMove) {
    answerMap();
    auto* menu = find<QPushButton>("rebalanceButton")->menu();
    Q_EMIT menu->aboutToShow();
    ASSERT_EQ(menu->actions().size(), 2);
    menu->actions().back()->trigger();
    const auto planned = asked(*operations_, "tessera.mesh_request");
    EXPECT_TRUE(planned->request.parameters[1].text->find(R"("table":"sales.orders")") != std::string::npos);
    planned->sendColumns({"c"});
    planned->sendRows(1, {{R"({"plan": [], "problems": []})"}});
    planned->complete("SELECT 1", 1);
    auto* dialog = view().findChild<ShardPlanDialog*>(QStringLiteral("shardPlanDialog"));
    auto* said = dialog->findChild<QLabel*>(QStringLiteral("planNote"));
    ASSERT_TRUE(processEventsUntil([&] { return said->text().startsWith(QLatin1String("Nothing would move")); }));
    EXPECT_FALSE(dialog->findChild<QPushButton*>(QStringLiteral("planBegin"))->isEnabled());
}

TEST_F(ShardsViewTest, AShardIsSplitAndWhatItCopiesIsSaidBefore) {
    answerMap();
    choose(0);
    QTest::mouseClick(find<QPushButton>("splitShardButton"), Qt::LeftButton);
    auto* dialog = view().findChild<SplitShardDialog*>(QStringLiteral("splitShardDialog"));
    ASSERT_NE(dialog, nullptr);
    EXPECT_TRUE(dialog->findChild<QLabel*>(QStringLiteral("splitCost"))->text().contains(QStringLiteral("≈ 1.2")));
    dialog->findChild<QComboBox*>(QStringLiteral("splitNode"))->setCurrentIndex(1);
    EXPECT_EQ(dialog->findChild<QPlainTextEdit*>(QStringLiteral("splitStatement"))->toPlainText(),
              QStringLiteral("SELECT tessera.split_shard('sales.orders', 0, node => 'lake');"));
    for (const char* theme : {"light", "dark"}) {
        saveWidget(*dialog, (std::string("split-shard-") + theme).c_str());
        window_->findChild<QAction*>(QStringLiteral("darkThemeAction"))->trigger();
    }
    QTest::mouseClick(dialog->findChild<QPushButton*>(QStringLiteral("splitButton")), Qt::LeftButton);
    const auto begun = asked(*operations_, "tessera.split_shard");
    EXPECT_EQ(begun->request.parameters[6].text, "lake");
    begun->sendColumns({"c"});
    begun->complete("SELECT 1", 1);
    ASSERT_TRUE(processEventsUntil([&] { return note().contains(QLatin1String("is being split")); }));
}

TEST_F(ShardsViewTest, RowsAreCountedWhereTheyAre) {
    answerMap();
    tree().setCurrentItem(tree().topLevelItem(0));
    QTest::mouseClick(find<QPushButton>("countShardButton"), Qt::LeftButton);
    reply(*operations_, "FROM crm.orders", {{"1200042"}}, 1);
    asked(*lake_, "FROM files.orders")
        ->failWith(fail(ErrorCode::kPermissionDenied, "permission denied for schema files"));
    ASSERT_TRUE(processEventsUntil([&] { return note().contains(QLatin1String("permission denied")); }));
    ASSERT_TRUE(
        processEventsUntil([&] { return tree().topLevelItem(0)->child(0)->text(3) == QLocale().toString(1200042); }));
}

TEST_F(ShardsViewTest, ATableIsDroppedAfterAQuestion) {
    answerMap();
    tree().setCurrentItem(tree().topLevelItem(0));
    QTest::mouseClick(find<QPushButton>("dropShardedTableButton"), Qt::LeftButton);
    auto* box = view().findChild<QMessageBox*>(QStringLiteral("dropShardedTableBox"));
    ASSERT_NE(box, nullptr);
    QTest::mouseClick(box->findChild<QPushButton*>(QStringLiteral("dropShardedTableYes")), Qt::LeftButton);
    const auto dropped = asked(*operations_, "tessera.drop_sharded_table");
    EXPECT_EQ(dropped->request.parameters[0].text, "sales.orders");
    dropped->sendColumns({"c"});
    dropped->complete("SELECT 1", 1);
    ASSERT_TRUE(processEventsUntil([&] { return note().contains(QLatin1String("rows are where they were")); }));
}

TEST_F(ShardsViewTest, WithoutShardedTablesItSaysWhatTheyAre) {
    reply(*operations_, "tessera.mesh_nodes", {{"node", R"({"node": "operations", "version": 0, "problem": ""})"}}, 2);
    asked(*lake_, "tessera.mesh_nodes")->failWith(fail(ErrorCode::kUnavailable, "node 'lake' cannot be reached"));
    ASSERT_TRUE(processEventsUntil([&] {
        return find<EmptyState>("shardsState")->sentence() == QLatin1String("No table of this mesh is sharded.");
    }));
    EXPECT_TRUE(find<QLabel>("shardsSummary")->text().contains(QLatin1String("cannot be reached")));
    saveScreenshots("shards-none");
}

TEST_F(ShardsViewTest, WhenNoNodeAnswersItSaysWhy) {
    for (app::FakeNodeClient* node : {operations_.get(), lake_.get()}) {
        asked(*node, "tessera.mesh_nodes")
            ->failWith(fail(ErrorCode::kUnavailable, "the node cannot be reached", "start it"));
    }
    ASSERT_TRUE(processEventsUntil(
        [&] { return find<EmptyState>("shardsState")->sentence() == QLatin1String("The node cannot be reached."); }));
}

}  // namespace
}  // namespace tessera::workbench
