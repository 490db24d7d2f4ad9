// SPDX-License-Identifier: GPL-3.0-or-later
// Goal: everything can be gone to by its name. Method: keys into the palette of the whole window, over fake nodes.
#include "app/workbench/palette/command_palette.h"

#include "app/workbench/catalog/object_page.h"
#include "app/workbench/testing/window_fixture.h"

#include <QApplication>
#include <QLabel>
#include <QLineEdit>
#include <QListView>

namespace tessera::workbench {
namespace {

class CommandPaletteTest : public MainWindowTest {
  protected:
    QLineEdit& field() { return *window_->findChild<QLineEdit*>(QStringLiteral("paletteField")); }

    QListView& list() { return *window_->findChild<QListView*>(QStringLiteral("paletteList")); }

    QString hint() { return window_->findChild<QLabel*>(QStringLiteral("paletteHint"))->text(); }

    void trigger(const char* action) { window_->findChild<QAction*>(QLatin1String(action))->trigger(); }

    void press(int key, Qt::KeyboardModifiers modifiers = {}) {
        QTest::keyClick(&field(), static_cast<Qt::Key>(key), modifiers);
    }

    QStringList titles() {
        QStringList titles;
        for (int row = 0; row < list().model()->rowCount(); ++row) {
            titles += list().model()->index(row, 0).data().toString();
        }
        return titles;
    }

    static void sendNames(app::FakeNodeClient& node, const std::vector<app::TextRow>& rows) {
        const app::FakeStatement& reading = *node.names_readings.back();
        reading.sendColumns({"kind", "schema", "name", "detail", "extra", "comment"});
        reading.sendRows(6, rows);
        reading.complete("SELECT", rows.size());
    }

    /// Opens it and gives it the names of one node; the other's are on their way.
    void openWithNamesOfLake() {
        for (app::FakeNodeClient* node : {lake_.get(), operations_.get()}) {
            answer(node->waiting_schemas, Result<std::vector<client::SchemaInfo>>(std::vector<client::SchemaInfo>{}));
        }
        trigger("quickOpenAction");
        ASSERT_EQ(lake_->names_readings.size(), 1U);
        ASSERT_EQ(operations_->names_readings.size(), 1U);
        sendNames(*lake_, {{"p", "", "files", "", "", ""},
                           {"t", "files", "flights", "f", "", "On-time records of every departure"},
                           {"c", "", "delay", "integer", "0", "Minutes"},
                           {"t", "files", "Flight plans", "v", "", ""}});
    }

    void openWithNames() {
        openWithNamesOfLake();
        sendNames(*operations_,
                  {{"p", "", "public", "", "", ""}, {"t", "public", "airports", "r", "", "Where flights go"}});
        field().setText(QStringLiteral("flight"));
        ASSERT_TRUE(processEventsUntil([&] { return titles().contains(QStringLiteral("airports")); }));
    }
};

TEST_F(CommandPaletteTest, FindsTablesOfAllNodesByNameAndComment) {
    openWithNames();
    EXPECT_EQ(titles().mid(0, 3),
              (QStringList{QStringLiteral("flights"), QStringLiteral("Flight plans"), QStringLiteral("airports")}));
    saveScreenshots("palette");
    field().setText(QStringLiteral("minutes"));
    ASSERT_TRUE(processEventsUntil([&] { return titles() == QStringList{QStringLiteral("delay")}; }));
    // Enter shows the table's page.
    press(Qt::Key_Return);
    EXPECT_FALSE(window_->palette().isVisible());
    const auto* page = qobject_cast<ObjectPage*>(window_->tabs().currentWidget());
    ASSERT_NE(page, nullptr);
    EXPECT_EQ(page->place().node, QStringLiteral("lake"));
    EXPECT_EQ(page->place().table, QStringLiteral("flights"));
    // From there, an action of a query's is not to be had, and nothing happens.
    const std::size_t asked = lake_->statements.size();  // what the page shows
    trigger("explainAction");
    trigger("runAction");
    trigger("stopAllAction");
    EXPECT_EQ(lake_->statements.size(), asked);
}

TEST_F(CommandPaletteTest, CtrlEnterWritesTheQueryAndRunsNothing) {
    openWithNames();
    press(Qt::Key_Down);
    press(Qt::Key_Return, Qt::ControlModifier);
    EXPECT_EQ(tab().editor().text(), QStringLiteral("SELECT * FROM files.\"Flight plans\" LIMIT 100;"));
    EXPECT_EQ(tab().nodeName(), QStringLiteral("lake"));
    EXPECT_TRUE(lake_->statements.empty());
    EXPECT_TRUE(operations_->statements.empty());
}

/// Whoever has gone to a row keeps it while other nodes' names come.
TEST_F(CommandPaletteTest, NamesThatComeLeaveTheChosenRowAlone) {
    openWithNamesOfLake();
    field().setText(QStringLiteral("flight"));
    ASSERT_TRUE(processEventsUntil([&] { return titles().contains(QStringLiteral("Flight plans")); }));
    press(Qt::Key_Down);
    ASSERT_EQ(list().currentIndex().data().toString(), QStringLiteral("Flight plans"));
    const QStringList before = titles();
    sendNames(*operations_, {{"p", "", "public", "", "", ""}, {"t", "public", "flight", "r", "", "Stands first"}});
    EXPECT_EQ(titles(), before) << "until what is found with them is there";
    EXPECT_EQ(list().currentIndex().data().toString(), QStringLiteral("Flight plans"));
    ASSERT_TRUE(processEventsUntil([&] { return titles().front() == QStringLiteral("flight"); }));
    EXPECT_EQ(list().currentIndex().data().toString(), QStringLiteral("Flight plans"));
    press(Qt::Key_Return, Qt::ControlModifier);
    EXPECT_EQ(tab().editor().text(), QStringLiteral("SELECT * FROM files.\"Flight plans\" LIMIT 100;"));
}

/// What has come above the chosen row is reached by the same key.
TEST_F(CommandPaletteTest, TheArrowsGoAroundTheEnds) {
    openWithNamesOfLake();
    field().setText(QStringLiteral("flight"));
    ASSERT_TRUE(processEventsUntil([&] { return titles().contains(QStringLiteral("Flight plans")); }));
    press(Qt::Key_Down);
    sendNames(*operations_, {{"p", "", "public", "", "", ""}, {"t", "public", "flight", "r", "", "Stands first"}});
    ASSERT_TRUE(processEventsUntil([&] { return titles().front() == QStringLiteral("flight"); }));
    const auto current = [&] { return list().currentIndex().data().toString(); };
    ASSERT_NE(current(), QStringLiteral("flight"));
    for (qsizetype i = 0; i < titles().size() && current() != QStringLiteral("flight"); ++i) {
        press(Qt::Key_Down);
    }
    EXPECT_EQ(current(), QStringLiteral("flight"));
    press(Qt::Key_Up);
    EXPECT_EQ(list().currentIndex().row(), list().model()->rowCount() - 1);
    press(Qt::Key_Down);
    EXPECT_EQ(current(), QStringLiteral("flight"));
}

/// Somebody who types faster than is found gets the object, not the action that fits the word, too.
TEST_F(CommandPaletteTest, EnterWaitsForWhatIsLookedFor) {
    openWithNames();
    field().setText(QStringLiteral("plan"));
    ASSERT_TRUE(window_->palette().isSearching());
    press(Qt::Key_Return, Qt::ControlModifier);
    ASSERT_TRUE(processEventsUntil([&] { return !window_->palette().isVisible(); }));
    EXPECT_EQ(tab().editor().text(), QStringLiteral("SELECT * FROM files.\"Flight plans\" LIMIT 100;"));
}

TEST_F(CommandPaletteTest, RunsActionsAndSaysTheirKeys) {
    tab().editor().setFocus();
    trigger("allActionsAction");
    EXPECT_EQ(field().text(), QStringLiteral(">"));
    EXPECT_GT(titles().size(), 15);
    saveScreenshots("palette-actions");
    field().setText(QStringLiteral(">clos ta"));
    ASSERT_FALSE(titles().isEmpty());
    EXPECT_EQ(titles().front(), QStringLiteral("Close tab"));
    const QString spoken = list().model()->index(0, 0).data(Qt::AccessibleTextRole).toString();
    EXPECT_TRUE(spoken.contains(QStringLiteral("Ctrl+W"))) << spoken.toStdString();
    field().setText(QStringLiteral(">newtab"));
    press(Qt::Key_Return);
    EXPECT_EQ(window_->tabs().count(), 2);
}

TEST_F(CommandPaletteTest, ActionsAreFoundByWhatOthersCallThem) {
    trigger("allActionsAction");
    for (const auto& [words, action] :
         {std::pair(">slow", "Run and show the measured plan"), std::pair(">explain", "Show the plan"),
          std::pair(">parquet", "Export the result"), std::pair(">plot", "Show the result as a chart"),
          std::pair(">login", "Sign in"), std::pair(">preferences", "Settings"),
          std::pair(">connect data", "Add a source")}) {
        field().setText(QString::fromLatin1(words));
        EXPECT_TRUE(titles().contains(QString::fromLatin1(action)))
            << words << ": " << titles().join(u'|').toStdString();
    }
}

TEST_F(CommandPaletteTest, WhatCannotBeDoneNowIsShownButNotChosen) {
    trigger("allActionsAction");
    field().setText(QStringLiteral(">stop"));  // nothing runs
    ASSERT_FALSE(titles().isEmpty());
    EXPECT_FALSE(list().model()->flags(list().model()->index(titles().indexOf(QStringLiteral("Stop")), 0)) &
                 Qt::ItemIsEnabled);
    EXPECT_NE(list().currentIndex().data().toString(), QStringLiteral("Stop"));
}

TEST_F(CommandPaletteTest, GoesToAnOpenTab) {
    trigger("newTabAction");
    ASSERT_EQ(window_->tabs().currentIndex(), 1);
    trigger("quickOpenAction");
    field().setText(QStringLiteral("query 1"));
    press(Qt::Key_Return);
    EXPECT_EQ(window_->tabs().currentIndex(), 0);
}

TEST_F(CommandPaletteTest, EscapeGoesBackAndStopsNothing) {
    typeAndRun("select pg_sleep(60)");
    window_->activateWindow();
    tab().editor().setFocus();
    trigger("quickOpenAction");
    field().setText(QStringLiteral("no such thing anywhere"));
    ASSERT_TRUE(processEventsUntil([&] { return hint().startsWith(QStringLiteral("Nothing is called so")); }));
    press(Qt::Key_Return);
    EXPECT_TRUE(window_->palette().isVisible());
    press(Qt::Key_Escape);
    EXPECT_FALSE(window_->palette().isVisible());
    EXPECT_TRUE(tab().session().isRunning());
    EXPECT_TRUE(tab().editor().hasFocus() || QApplication::focusWidget() == nullptr);
}

TEST_F(CommandPaletteTest, TheStatusBarCountsWhatRuns) {
    auto* running = window_->findChild<QWidget*>(QStringLiteral("runningButton"));
    EXPECT_FALSE(running->isVisible());
    typeAndRun("select pg_sleep(60)");
    trigger("newTabAction");
    typeAndRun("select pg_sleep(61)");
    EXPECT_TRUE(running->isVisible());
    EXPECT_EQ(running->property("text").toString(), QStringLiteral("2 running"));
    trigger("stopAllAction");
    EXPECT_TRUE(processEventsUntil([&] { return !running->isVisible(); }));
    EXPECT_TRUE(operations_->statements[0]->is_cancelled);
    EXPECT_TRUE(operations_->statements[1]->is_cancelled);
}

}  // namespace
}  // namespace tessera::workbench
