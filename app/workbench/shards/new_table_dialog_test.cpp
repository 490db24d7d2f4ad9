// SPDX-License-Identifier: GPL-3.0-or-later
// Goal: a sharded table is declared as a person does it, by mouse and by keys; what is wrong stands beside its field,
// and declaring can be followed, stopped and undone. Method: the whole window over fake nodes; tests/gui does it with
// real ones.
#include "app/workbench/shards/new_table_dialog.h"

#include "app/workbench/activity/mesh_page.h"
#include "app/workbench/shards/shard_list.h"
#include "app/workbench/shards/shards_view.h"
#include "app/workbench/testing/window_fixture.h"
#include "app/workbench/ui/empty_state.h"

#include <QComboBox>
#include <QLabel>
#include <QLineEdit>
#include <QPlainTextEdit>
#include <QProgressBar>
#include <QPushButton>
#include <QTreeWidget>
#include <algorithm>

namespace tessera::workbench {
namespace {

const std::optional<std::string> kNone;

class NewTableTest : public MainWindowTest {
  protected:
    void SetUp() override {
        MainWindowTest::SetUp();
        window_->resize(1280, 800);
        QTest::keyClick(window_.get(), Qt::Key_M, Qt::ControlModifier | Qt::ShiftModifier);
        window_->meshPage()->showSection(MeshPage::Section::kShards);
        answerMap({});
        auto* empty = view().findChild<EmptyState*>(QStringLiteral("shardsState"));
        ASSERT_TRUE(processEventsUntil([&] { return empty->sentence().startsWith(QLatin1String("No table")); }));
        QTest::mouseClick(view().findChild<QPushButton*>(QStringLiteral("newShardedTableButton")), Qt::LeftButton);
        dialog_ = view().findChild<NewTableDialog*>(QStringLiteral("newTableDialog"));
        ASSERT_NE(dialog_, nullptr);
        reply(*operations_, "srvoptions", {{"crm", "orders", "crm", "1200"}, {"crm", "visits", "crm", kNone}}, 4);
        reply(*lake_, "srvoptions", {{"files", "orders", "files", kNone}}, 4);
        ASSERT_TRUE(processEventsUntil(
            [&] { return places().topLevelItem(1)->child(0)->text(0) == QLatin1String("files.orders"); }));
    }

    ShardsView& view() { return *window_->findChild<ShardsView*>(QStringLiteral("shardsView")); }

    template <class T>
    T* find(const char* name) {
        return dialog_->findChild<T*>(QLatin1String(name));
    }

    QTreeWidget& places() { return *find<QTreeWidget>("placeTree"); }

    ShardList& shards() { return *find<ShardList>("shardList"); }

    QString textOf(const char* label) { return find<QLabel>(label)->text(); }

    /// The statement that has `words` in it, as soon as the node is asked.
    static std::shared_ptr<app::FakeStatement> asked(app::FakeNodeClient& node, const std::string& words) {
        std::shared_ptr<app::FakeStatement> found;
        EXPECT_TRUE(processEventsUntil([&] {
            const auto it = std::find_if(node.statements.rbegin(), node.statements.rend(), [&](const auto& statement) {
                return statement->request.sql.find(words) != std::string::npos && !statement->is_cancelled;
            });
            if (it != node.statements.rend()) {
                found = *it;
                node.statements.erase(std::next(it).base());
            }
            return found != nullptr;
        })) << words;
        return found;
    }

    static void reply(app::FakeNodeClient& node, const std::string& words, const std::vector<app::TextRow>& rows,
                      std::size_t columns) {
        if (const auto statement = asked(node, words)) {
            answerRows(*statement, rows, columns);
        }
    }

    static void answerRows(app::FakeStatement& statement, const std::vector<app::TextRow>& rows, std::size_t columns) {
        statement.sendColumns(std::vector<std::string>(columns, "c"));
        if (!rows.empty()) {
            statement.sendRows(columns, rows);
        }
        statement.complete("SELECT", rows.size());
    }

    void answerMap(std::vector<app::TextRow> rows) {
        rows.push_back({"node", R"({"node": "operations", "version": 1, "problem": ""})"});
        rows.push_back({"node", R"({"node": "lake", "version": 0, "problem": ""})"});
        reply(*operations_, "tessera.mesh_nodes", rows, 2);
        reply(*lake_, "tessera.mesh_nodes", rows, 2);
    }

    /// By the keys: the table of that node, then Enter.
    void choosePlace(int node, int row) {
        places().setFocus();
        places().setCurrentItem(places().topLevelItem(node)->child(row));
        QTest::keyClick(&places(), Qt::Key_Return);
    }

    void fillIn() {
        QTest::keyClicks(find<QLineEdit>("shardedName"), QStringLiteral("sales.orders"));
        choosePlace(0, 0);
        choosePlace(1, 0);
        reply(*operations_, "attfdwoptions",
              {{"id", "bigint", "true"}, {"customer", "integer", "true"}, {"amount", "numeric(12,2)", "false"}}, 3);
        auto* columns = find<QTreeWidget>("shardedColumns");
        ASSERT_TRUE(processEventsUntil([&] { return columns->topLevelItemCount() == 3; }));
        columns->topLevelItem(1)->setCheckState(2, Qt::Checked);
    }

    void saveDialog(const char* name) {
        for (const char* theme : {"light", "dark"}) {
            saveWidget(*dialog_, (std::string(name) + "-" + theme).c_str());
            window_->findChild<QAction*>(QStringLiteral("darkThemeAction"))->trigger();
        }
    }

    NewTableDialog* dialog_ = nullptr;
};

TEST_F(NewTableTest, IsTriedOutWhileItIsWrittenDeclaredAndUndone) {
    auto* declare = find<QPushButton>("declareTableButton");
    EXPECT_FALSE(declare->isEnabled());
    saveDialog("sharding-empty");
    fillIn();
    // The key is what the table's own options say.
    EXPECT_EQ(dialog_->table().key, (QStringList{QStringLiteral("id"), QStringLiteral("customer")}));
    EXPECT_TRUE(find<QPlainTextEdit>("newTableStatement")->toPlainText().contains(QLatin1String("hash (customer)")));
    const auto tried = asked(*operations_, "apply_mesh($1, true)");
    EXPECT_NE(tried->request.parameters[0].text->find("check_rows: false"), std::string::npos);
    EXPECT_FALSE(declare->isEnabled());
    answerRows(*tried, {{"sales.orders", "created"}}, 2);
    ASSERT_TRUE(processEventsUntil([&] { return declare->isEnabled(); }));
    saveDialog("sharding");

    QTest::mouseClick(declare, Qt::LeftButton);
    const auto declaring = asked(*operations_, "apply_mesh($1)");
    EXPECT_EQ(declaring->request.parameters[0].text->find("check_rows"), std::string::npos);
    EXPECT_TRUE(find<QProgressBar>("newTableProgress")->isVisible());
    // The nodes are followed: one of the two serves it.
    answerMap({{"table", R"({"name": "sales.orders", "method": "hash", "shard_by": ["customer"], "key": [],
                             "shards": 2, "readers": null, "writers": [], "version": 1})"}});
    ASSERT_TRUE(processEventsUntil([&] { return textOf("newTableNote").contains(QLatin1String("waiting for: lake")); }))
        << textOf("newTableNote").toStdString();
    saveDialog("sharding-declaring");
    answerRows(*declaring, {{"sales.orders", "created"}}, 2);
    ASSERT_TRUE(processEventsUntil([&] { return textOf("newTableNote").contains(QLatin1String("is declared")); }));
    EXPECT_TRUE(find<QPushButton>("queryTableButton")->isVisible());

    QTest::mouseClick(find<QPushButton>("undoTableButton"), Qt::LeftButton);
    const auto dropped = asked(*operations_, "tessera.drop_sharded_table");
    EXPECT_EQ(dropped->request.parameters[0].text, "sales.orders");
    answerRows(*dropped, {}, 1);
    // All is there to be changed, and is tried out once more.
    ASSERT_TRUE(processEventsUntil([&] { return declare->isVisible(); }));
    EXPECT_EQ(dialog_->table().shards.size(), 2U);
    asked(*operations_, "apply_mesh($1, true)");
}

TEST_F(NewTableTest, WhatIsWrongStandsBesideItsField) {
    fillIn();
    find<QComboBox>("shardedMethod")->setCurrentIndex(1);
    // The second begins where the first ends: written into its cell by keys.
    shards().setFocus();
    shards().setCurrentItem(shards().topLevelItem(1), 2);
    QTest::keyClick(&shards(), Qt::Key_F2);
    auto* editor = shards().findChild<QLineEdit*>();
    ASSERT_NE(editor, nullptr);
    QTest::keyClicks(editor, QStringLiteral("100"));
    QTest::keyClick(editor, Qt::Key_Return);
    ASSERT_TRUE(
        processEventsUntil([&] { return dialog_->table().shards[1].from == QStringList{QStringLiteral("100")}; }));
    Error error = fail(ErrorCode::kInvalidArgument,
                       "mesh:2:5: sales.orders: shard 1: partition \"s1\" would overlap partition \"s0\"");
    error.detail =
        "mesh:2:5: sales.orders: node 'operations' has another table of that name already (give the sharded table "
        "another name or schema)";
    asked(*operations_, "apply_mesh($1, true)")->failWith(error);
    ASSERT_TRUE(processEventsUntil([&] { return !textOf("shardedNameNote").isEmpty(); }));
    EXPECT_TRUE(textOf("shardedNameNote").contains(QLatin1String("another table of that name")));
    EXPECT_TRUE(shards().topLevelItem(1)->text(6).contains(QLatin1String("would overlap")));
    EXPECT_TRUE(shards().topLevelItem(0)->text(6).isEmpty());
    EXPECT_FALSE(find<QPushButton>("declareTableButton")->isEnabled());
    saveDialog("sharding-problems");

    // What can be seen without a node is said at once.
    QTest::keyClick(find<QLineEdit>("shardedName"), Qt::Key_A, Qt::ControlModifier);
    QTest::keyClicks(find<QLineEdit>("shardedName"), QStringLiteral("orders"));
    EXPECT_TRUE(textOf("shardedNameNote").contains(QLatin1String("no schema and name")));
    auto* columns = find<QTreeWidget>("shardedColumns");
    columns->topLevelItem(1)->setCheckState(3, Qt::Unchecked);
    EXPECT_TRUE(textOf("shardKeyNote").contains(QLatin1String("customer")));
    // Who may not is told so, beside no field.
    find<QLineEdit>("shardedName")->setText(QStringLiteral("sales.orders"));
    columns->topLevelItem(1)->setCheckState(3, Qt::Checked);
    asked(*operations_, "apply_mesh($1, true)")
        ->failWith(fail(ErrorCode::kPermissionDenied, "the role 'ann' may not change the shard map",
                        "mesh.administrators names who may"));
    ASSERT_TRUE(processEventsUntil([&] { return textOf("newTableNote").contains(QLatin1String("'ann'")); }));
}

TEST_F(NewTableTest, ShardsAreMovedAndTakenAwayByKeys) {
    fillIn();
    find<QComboBox>("shardedMethod")->setCurrentIndex(2);
    shards().setFocus();
    shards().setCurrentItem(shards().topLevelItem(1));
    QTest::keyClick(&shards(), Qt::Key_Up, Qt::AltModifier);
    EXPECT_EQ(dialog_->table().shards[0].at(), QStringLiteral("lake/files.orders"));
    // One of them has the rest, and only one.
    shards().topLevelItem(0)->setCheckState(5, Qt::Checked);
    shards().topLevelItem(1)->setCheckState(5, Qt::Checked);
    EXPECT_FALSE(dialog_->table().shards[0].is_default);
    EXPECT_TRUE(dialog_->table().shards[1].is_default);
    EXPECT_TRUE(shards().topLevelItem(0)->text(6).contains(QLatin1String("values")));
    QTest::keyClick(&shards(), Qt::Key_Delete);
    EXPECT_EQ(dialog_->table().shards.size(), 1U);
}

TEST_F(NewTableTest, RowsInTheWrongShardAreSaidWhenItIsDeclared) {
    fillIn();
    answerRows(*asked(*operations_, "apply_mesh($1, true)"), {{"sales.orders", "created"}}, 2);
    auto* declare = find<QPushButton>("declareTableButton");
    ASSERT_TRUE(processEventsUntil([&] { return declare->isEnabled(); }));
    QTest::mouseClick(declare, Qt::LeftButton);
    asked(*operations_, "apply_mesh($1)")
        ->failWith(fail(ErrorCode::kFailedPrecondition,
                        "mesh:2:5: sales.orders: shard 0: 12 rows of operations/crm.orders belong to another shard",
                        "move them first"));
    ASSERT_TRUE(
        processEventsUntil([&] { return shards().topLevelItem(0)->text(6).contains(QLatin1String("12 rows")); }));
    // Nothing is lost, and another change is tried out again.
    EXPECT_FALSE(declare->isEnabled());
    EXPECT_EQ(dialog_->table().name, QStringLiteral("sales.orders"));
    // Stopping is possible as long as it runs.
    QTest::keyClicks(find<QLineEdit>("shardedWriters"), QStringLiteral("etl"));
    answerRows(*asked(*operations_, "apply_mesh($1, true)"), {{"sales.orders", "created"}}, 2);
    ASSERT_TRUE(processEventsUntil([&] { return declare->isEnabled(); }));
    QTest::mouseClick(declare, Qt::LeftButton);
    const auto declaring = asked(*operations_, "apply_mesh($1)");
    QTest::mouseClick(find<QPushButton>("closeTableButton"), Qt::LeftButton);
    EXPECT_TRUE(declaring->is_cancelled);
    EXPECT_TRUE(dialog_->isVisible());
}

}  // namespace
}  // namespace tessera::workbench
