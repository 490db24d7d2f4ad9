// SPDX-License-Identifier: GPL-3.0-or-later
// Goal: a table's page, opened and read as a person does. Method: the whole window over a fake node.
#include "app/workbench/catalog/object_page.h"

#include "app/workbench/results/result_grid.h"
#include "app/workbench/testing/window_fixture.h"
#include "app/workbench/ui/empty_state.h"

#include <QLabel>
#include <QMenu>
#include <QMimeData>
#include <QPlainTextEdit>
#include <QPushButton>

namespace tessera::workbench {
namespace {

class ObjectPageTest : public MainWindowTest {
  protected:
    void SetUp() override {
        MainWindowTest::SetUp();
        fillCatalog();
    }

    ObjectPage* page() { return qobject_cast<ObjectPage*>(window_->tabs().currentWidget()); }

    /// By the keyboard, as fillCatalog() leaves the tree: at lake's files.flights.
    void openPage() {
        QTreeView& tree = window_->catalog().tree();
        tree.setFocus();
        QTest::keyClick(&tree, Qt::Key_Return);
        ASSERT_NE(page(), nullptr);
        ASSERT_EQ(lake_->statements.size(), 1U);
    }

    void sendFacts() {
        const app::FakeStatement& asked = *lake_->statements.front();
        const std::optional<std::string> none;
        asked.sendColumns({"kind", "name", "a", "b", "c", "d", "e"});
        asked.sendRows(
            7, {{"f", "kind", "f", none, none, none, none},
                {"f", "owner", "ann", none, none, none, none},
                {"f", "comment", "On-time records of *three million* flights in 2001.<img src='x'>", none, none, none,
                 none},
                {"f", "server", "flights", none, none, none, none},
                {"f", "rows", "3000000", none, none, none, none},
                {"f", "analyzed", std::to_string(QDateTime::currentMSecsSinceEpoch() - 2 * 3'600'000 - 60'000), none,
                 none, none, none},
                {"o", "table_name", "flights-3m.parquet", none, none, none, none},
                {"c", "id", "bigint", "1n\x1f-1", none, "Counts from 1", none},
                {"c", "date", "timestamp without time zone",
                 "0\x1f"
                 "527040",
                 none, "Of the departure, local time", none},
                {"c", "delay", "integer",
                 "0\x1f"
                 "1382",
                 none, "Minutes; negative: early", none},
                {"c", "origin", "text",
                 "0\x1f"
                 "219",
                 none, none, none},
                {"k", "flights_id", "c", "CHECK (id > 0)", none, none, none},
                {"g", "", "SELECT", none, none, none, none},
                {"g", "ann", "DELETE, INSERT, SELECT, UPDATE", none, none, none, none}});
        asked.complete("SELECT 14", 14);
        ASSERT_TRUE(processEventsUntil([&] { return page()->facts() != nullptr; }));
    }

    QString label(const char* name) { return page()->findChild<QLabel*>(QLatin1String(name))->text(); }

    QString state() { return page()->findChild<EmptyState*>(QStringLiteral("objectPageState"))->sentence(); }
};

TEST_F(ObjectPageTest, EnterOpensItAndItSaysWhatTheNodeKnows) {
    openPage();
    EXPECT_EQ(state(), QStringLiteral("Reading what the node knows of it…"));
    const client::QueryRequest& request = lake_->statements.front()->request;
    ASSERT_EQ(request.parameters.size(), 2U);
    EXPECT_EQ(request.parameters[0].text, "files");
    EXPECT_EQ(request.parameters[1].text, "flights");
    sendFacts();
    EXPECT_EQ(label("objectOrigin"),
              QStringLiteral("Foreign table · schema files of lake · source flights · owner ann"));
    EXPECT_EQ(label("objectSize"), QStringLiteral("About 3.0 M rows · as of 2 h ago"));
    EXPECT_TRUE(label("objectDescription").contains(QStringLiteral("three million")));
    EXPECT_FALSE(label("objectDescription").contains(QStringLiteral("<img")));
    const QAbstractItemModel& columns = *page()->findChild<QTreeView*>(QStringLiteral("objectColumns"))->model();
    ASSERT_EQ(columns.rowCount(), 4);
    EXPECT_EQ(columns.index(0, 2).data().toString(), QStringLiteral("not null"));
    EXPECT_EQ(columns.index(0, 3).data().toString(), QStringLiteral("unique"));
    EXPECT_EQ(columns.index(2, 5).data().toString(), QStringLiteral("Minutes; negative: early"));
    // What no column has is no column of the page.
    EXPECT_TRUE(page()->findChild<QTreeView*>(QStringLiteral("objectColumns"))->isColumnHidden(4));
    EXPECT_TRUE(page()
                    ->findChild<QPlainTextEdit*>(QStringLiteral("objectDefinition"))
                    ->toPlainText()
                    .startsWith(QStringLiteral("CREATE FOREIGN TABLE files.flights (")));
    saveScreenshots("object-page");
    // The same table is the same page.
    window_->tabs().setCurrentIndex(0);
    QTest::keyClick(&window_->catalog().tree(), Qt::Key_Return);
    EXPECT_NE(page(), nullptr);
    EXPECT_EQ(window_->tabs().count(), 2);
    EXPECT_EQ(lake_->statements.size(), 1U);
}

TEST_F(ObjectPageTest, ASampleIsReadWhenItIsLookedAt) {
    openPage();
    sendFacts();
    page()->sections().setCurrentWidget(&page()->sample());
    ASSERT_EQ(lake_->statements.size(), 2U);
    EXPECT_EQ(lake_->statement().request.sql, "SELECT * FROM files.flights LIMIT 100");
    lake_->statement().sendColumns({"id", "origin"});
    lake_->statement().sendRows(2, {{"1", "ABQ"}, {"2", std::nullopt}});
    lake_->statement().complete("SELECT 2", 2);
    ASSERT_TRUE(processEventsUntil([&] { return page()->sample().grid().rowCount() == 2; }));
    page()->sections().setCurrentIndex(0);
    page()->sections().setCurrentWidget(&page()->sample());
    EXPECT_EQ(lake_->statements.size(), 2U);
    QTest::keyClick(page(), Qt::Key_F5);
    EXPECT_EQ(lake_->statements.size(), 4U);
}

TEST_F(ObjectPageTest, AFailureIsSaidAndCanBeTriedAgain) {
    openPage();
    lake_->statement().failWith(fail(ErrorCode::kUnavailable, "node 'lake' cannot be reached", "start it"));
    ASSERT_TRUE(processEventsUntil([&] { return state() == QStringLiteral("Node 'lake' cannot be reached."); }));
    EXPECT_FALSE(page()->findChild<QPushButton*>(QStringLiteral("objectQueryButton"))->isEnabled());
    saveScreenshots("object-page-failure");
    page()
        ->findChild<EmptyState*>(QStringLiteral("objectPageState"))
        ->findChild<QPushButton*>(QStringLiteral("emptyStateAction"))
        ->click();
    ASSERT_EQ(lake_->statements.size(), 2U);
    // It was dropped meanwhile.
    lake_->statement().sendColumns({"kind", "name", "a", "b", "c", "d", "e"});
    lake_->statement().complete("SELECT 0", 0);
    EXPECT_TRUE(processEventsUntil([&] { return state().contains(QStringLiteral("not there any more")); }))
        << state().toStdString();
}

TEST_F(ObjectPageTest, WritesStatementsIntoTheEditorAndRunsNone) {
    openPage();
    sendFacts();
    page()->findChild<QPushButton*>(QStringLiteral("objectQueryButton"))->click();
    ASSERT_NE(window_->currentTab(), nullptr);
    EXPECT_EQ(tab().editor().text(), QStringLiteral("SELECT id, date, delay, origin\nFROM files.flights\nLIMIT 100;"));
    EXPECT_EQ(tab().nodeName(), QStringLiteral("lake"));
    QTest::keyClick(&window_->catalog().tree(), Qt::Key_Return);
    QMenu& menu = *page()->findChild<QMenu*>(QStringLiteral("objectWriteMenu"));
    menu.actions().at(1)->trigger();
    EXPECT_EQ(tab().editor().text(), QStringLiteral("INSERT INTO files.flights (id, date, delay, origin)\n"
                                                    "VALUES (:id, :date, :delay, :origin);"));
    EXPECT_EQ(lake_->statements.size(), 1U);
}

/// Actions of the editor have nothing to act on while a page is shown; drafts are those of the query tabs.
TEST_F(ObjectPageTest, APageIsNoQueryTab) {
    tab().editor().setText(QStringLiteral("select 1"));
    openPage();
    EXPECT_EQ(window_->currentTab(), nullptr);
    EXPECT_FALSE(window_->findChild<QAction*>(QStringLiteral("runAction"))->isEnabled());
    for (const char* name : {"focusEditorAction", "focusResultsAction", "findAction", "formatAction"}) {
        window_->findChild<QAction*>(QLatin1String(name))->trigger();
    }
    window_->close();
    window_.reset();
    start();
    // The page comes back with the session, beside the tab.
    ASSERT_EQ(window_->tabs().count(), 2);
    window_->tabs().setCurrentIndex(0);
    ASSERT_NE(window_->currentTab(), nullptr);
    EXPECT_EQ(tab().editor().text(), QStringLiteral("select 1"));
    // Closed while the node has not answered.
    window_->tabs().setCurrentIndex(1);
    window_->findChild<QAction*>(QStringLiteral("closeTabAction"))->trigger();
    ASSERT_EQ(window_->tabs().count(), 1);
    fillCatalog();
    lake_->statements.clear();
    openPage();
    window_->findChild<QAction*>(QStringLiteral("closeTabAction"))->trigger();
    QCoreApplication::sendPostedEvents(nullptr, QEvent::DeferredDelete);
    EXPECT_TRUE(lake_->statement().is_cancelled || lake_->statement().is_destroyed);
}

TEST_F(ObjectPageTest, NamesCanBeDraggedIntoTheEditor) {
    const app::CatalogModel& model = window_->catalog().model();
    const QModelIndex table = window_->catalog().tree().currentIndex();
    EXPECT_TRUE(model.flags(table) & Qt::ItemIsDragEnabled);
    const std::unique_ptr<QMimeData> data(model.mimeData({table}));
    EXPECT_EQ(data->text(), QStringLiteral("files.flights"));
    const std::unique_ptr<QMimeData> column(model.mimeData({model.index(1, 0, table)}));
    EXPECT_EQ(column->text(), QStringLiteral("date"));
    EXPECT_FALSE(model.flags(model.index(0, 0)) & Qt::ItemIsDragEnabled);
}

TEST_F(ObjectPageTest, NamesAreInsertedAtTheCaretByKeyAndDoubleClick) {
    tab().editor().setText(QStringLiteral("select  from x"));
    tab().editor().setCaret(7);
    QTreeView& tree = window_->catalog().tree();
    const QModelIndex date = tree.model()->index(1, 0, tree.currentIndex());
    const QPoint place = tree.visualRect(date).center();
    QTest::mouseClick(tree.viewport(), Qt::LeftButton, {}, place);
    QTest::mouseDClick(tree.viewport(), Qt::LeftButton, {}, place);
    // The toolkit's double click leaves its button down.
    QTest::mouseRelease(tree.viewport(), Qt::LeftButton, {}, place);
    EXPECT_EQ(tab().editor().text(), QStringLiteral("select date from x"));
    EXPECT_TRUE(tab().editor().hasFocus());
    // What is selected is replaced; the mesh and the nodes have no name in SQL.
    tab().editor().setSelection(0, 17, 0, 18);
    tree.setFocus();
    tree.setCurrentIndex(date.parent());
    QTest::keyClick(&tree, Qt::Key_Insert);
    EXPECT_EQ(tab().editor().text(), QStringLiteral("select date from files.flights"));
    tree.setCurrentIndex(tree.model()->index(0, 0));
    QTest::keyClick(&tree, Qt::Key_Insert);
    EXPECT_EQ(tab().editor().text(), QStringLiteral("select date from files.flights"));
}

}  // namespace
}  // namespace tessera::workbench
