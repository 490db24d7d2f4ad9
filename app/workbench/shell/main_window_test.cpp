// SPDX-License-Identifier: GPL-3.0-or-later
// Goal: the whole window, driven as a person drives it, against a fake node. Method: keys and clicks by objectName.
#include "app/workbench/editor/completion_popup.h"
#include "app/workbench/palette/command_palette.h"
#include "app/workbench/results/messages_view.h"
#include "app/workbench/results/result_grid.h"
#include "app/workbench/shell/onboarding_page.h"
#include "app/workbench/testing/window_fixture.h"
#include "app/workbench/ui/empty_state.h"
#include "app/workbench/ui/theme.h"

#include <gtest/gtest.h>

#include <QApplication>
#include <QCheckBox>
#include <QClipboard>
#include <QComboBox>
#include <QDockWidget>
#include <QFileDialog>
#include <QLineEdit>
#include <QListWidget>
#include <QPushButton>

namespace tessera::workbench {
namespace {

TEST_F(MainWindowTest, CtrlEnterRunsTheStatementUnderTheCaretAndShowsItsRows) {
    tab().editor().setText(QStringLiteral("select 'a;b';\nselect 2 as x;\n"));
    tab().editor().setCursorPosition(1, 3);
    QTest::keyClick(&tab().editor(), Qt::Key_Return, Qt::ControlModifier);
    ASSERT_EQ(operations_->statements.size(), 1U);
    EXPECT_EQ(operations_->statement().request.sql, "select 2 as x");
    operations_->statement().sendColumns({"x", "y"});
    operations_->statement().sendRows(2, {{"2", std::nullopt}, {"3", "z"}});
    operations_->statement().complete("SELECT 2", 2);
    ASSERT_TRUE(processEventsUntil([&] { return grid().rowCount() == 2; }));
    EXPECT_EQ(grid().cellText(0, 0), QStringLiteral("2"));
    EXPECT_EQ(grid().cellText(0, 1), QStringLiteral("NULL"));
    ASSERT_TRUE(processEventsUntil([&] { return tab().session().state() == app::QuerySession::State::kSucceeded; }));
    EXPECT_TRUE(tab().results().summary().startsWith(QStringLiteral("2 rows · ")));
    // Ctrl+Enter must not have reached the editor as text.
    EXPECT_EQ(tab().editor().lines(), 3);
}

TEST_F(MainWindowTest, AnErrorIsMarkedWhereTheServerMeansItAndGoesWithTheNextKey) {
    typeAndRun("select '😀', nope from t");
    Error error = Error::make(ErrorCode::kInvalidArgument, "column \"nope\" does not exist");
    error.position = 13;
    operations_->statement().failWith(error);
    ASSERT_TRUE(processEventsUntil([&] { return tab().editor().errorRange().second != 0; }));
    const auto [from, to] = tab().editor().errorRange();
    EXPECT_EQ(tab().editor().utf8().substr(from, to - from), "nope");
    EXPECT_TRUE(tab().results().messages().toPlainText().contains(QStringLiteral("LINE 1")));
    QTest::keyClicks(&tab().editor(), QStringLiteral("x"));
    EXPECT_EQ(tab().editor().errorRange().second, 0U);
}

TEST_F(MainWindowTest, EscapeFreesTheTabAtOnce) {
    // Before, its keys are nobody's.
    ASSERT_TRUE(QTest::qWaitForWindowActive(window_.get(), 60'000));
    typeAndRun("select pg_sleep(60)");
    auto* stop = window_->findChild<QAction*>(QStringLiteral("stopAction"));
    EXPECT_TRUE(stop->isEnabled());
    QTest::keyClick(&tab().editor(), Qt::Key_Escape);
    EXPECT_TRUE(operations_->statement().is_cancelled);
    EXPECT_FALSE(stop->isEnabled());
    EXPECT_FALSE(tab().session().isRunning());
    typeAndRun("select 1");
    EXPECT_TRUE(tab().session().isRunning());
}

TEST_F(MainWindowTest, AllStatementsRunUntilOneFails) {
    tab().editor().setText(QStringLiteral("select 1; select 2; select 3"));
    window_->findChild<QAction*>(QStringLiteral("runAllAction"))->trigger();
    operations_->statement().complete("SELECT 0", 0);
    ASSERT_TRUE(processEventsUntil([&] { return operations_->statements.size() == 2; }));
    operations_->statement().failWith(Error::make(ErrorCode::kInvalidArgument, "no"));
    ASSERT_TRUE(processEventsUntil([&] { return tab().session().state() == app::QuerySession::State::kFailed; }));
    EXPECT_EQ(operations_->statements.size(), 2U);
}

TEST_F(MainWindowTest, ShiftEnterOnATableWritesItsQueryForItsNode) {
    CatalogPanel& catalog = window_->catalog();
    const QModelIndex lake = catalog.model().index(1, 0, catalog.model().index(0, 0));
    catalog.tree().expand(lake);
    answer(lake_->waiting_schemas,
           Result<std::vector<client::SchemaInfo>>(std::vector<client::SchemaInfo>{{"files", "", "flights"}}));
    app::processPendingEvents();
    const QModelIndex schema = catalog.model().index(0, 0, catalog.model().index(0, 0, lake));
    catalog.tree().expand(schema);
    answer(lake_->waiting_tables, Result<std::vector<client::TableInfo>>(std::vector<client::TableInfo>{
                                      {"files", "Flights 3m", client::TableKind::kForeignTable, "", 3e6}}));
    app::processPendingEvents();
    const QModelIndex table = catalog.model().index(0, 0, schema);
    const QRect rect = catalog.tree().visualRect(table);
    QTest::mouseClick(catalog.tree().viewport(), Qt::LeftButton, {}, rect.center());
    catalog.tree().setFocus();
    QTest::keyClick(&catalog.tree(), Qt::Key_Return, Qt::ShiftModifier);
    EXPECT_EQ(tab().editor().text(), QStringLiteral("SELECT * FROM files.\"Flights 3m\" LIMIT 100;"));
    EXPECT_EQ(tab().nodeName(), QStringLiteral("lake"));
    EXPECT_TRUE(lake_->statements.empty());
}

TEST_F(MainWindowTest, AnErrorIsToldAsPsqlDoesWithTheHintApart) {
    typeAndRun("select nope from t");
    Error error = Error::make(ErrorCode::kInvalidArgument, "column \"nope\" does not exist",
                              "Perhaps you meant to reference the column \"t.note\".");
    error.sqlstate = "42703";
    error.detail = "There is a column named \"note\" in table \"t\".";
    error.position = 8;
    operations_->statement().failWith(error);
    ASSERT_TRUE(processEventsUntil([&] { return tab().session().state() == app::QuerySession::State::kFailed; }));
    const QTextDocument& messages = *tab().results().messages().document();
    EXPECT_TRUE(
        messages.toPlainText().endsWith(QLatin1String("ERROR: column \"nope\" does not exist (42703)\n"
                                                      "LINE 1: select nope from t\n"
                                                      "               ^\n"
                                                      "DETAIL: There is a column named \"note\" in table \"t\".\n"
                                                      "HINT: Perhaps you meant to reference the column \"t.note\".")))
        << messages.toPlainText().toStdString();
    const auto colorOf = [&](const char* word) {
        return messages.find(QLatin1String(word)).charFormat().foreground().color();
    };
    EXPECT_EQ(colorOf("ERROR"), currentTheme().error);
    EXPECT_EQ(colorOf("DETAIL"), currentTheme().text);
    EXPECT_EQ(colorOf("HINT"), currentTheme().accent);
    saveScreenshots("error");
}

TEST_F(MainWindowTest, PanelsStandWhereTheyWerePutAlsoAfterAStart) {
    const auto dock = [this] { return window_->findChild<QDockWidget*>(QStringLiteral("catalogDock")); };
    ASSERT_EQ(window_->dockWidgetArea(dock()), Qt::LeftDockWidgetArea);
    window_->findChild<QAction*>(QStringLiteral("catalogDockRight"))->trigger();
    EXPECT_EQ(window_->dockWidgetArea(dock()), Qt::RightDockWidgetArea);
    auto* history = window_->findChild<QDockWidget*>(QStringLiteral("historyDock"));
    ASSERT_TRUE(history->isHidden());
    window_->findChild<QAction*>(QStringLiteral("historyDockBelow"))->trigger();
    EXPECT_TRUE(history->isVisible());
    EXPECT_EQ(window_->dockWidgetArea(history), Qt::BottomDockWidgetArea);
    window_->close();
    window_.reset();
    start();
    EXPECT_EQ(window_->dockWidgetArea(dock()), Qt::RightDockWidgetArea);
    EXPECT_EQ(window_->dockWidgetArea(window_->findChild<QDockWidget*>(QStringLiteral("historyDock"))),
              Qt::BottomDockWidgetArea);
}

TEST_F(MainWindowTest, APanelFloatsAndIsDockedAgainAlsoAfterAStart) {
    const auto dock = [this] { return window_->findChild<QDockWidget*>(QStringLiteral("catalogDock")); };
    window_->findChild<QAction*>(QStringLiteral("catalogDockFloating"))->trigger();
    EXPECT_TRUE(dock()->isFloating());
    EXPECT_TRUE(dock()->isVisible());
    EXPECT_EQ(dock()->titleBarWidget(), nullptr) << "it is moved by its title";
    const QRect place(60, 80, 300, 400);
    dock()->setGeometry(place);
    window_->close();
    window_.reset();
    start();
    EXPECT_TRUE(dock()->isFloating());
    EXPECT_EQ(dock()->titleBarWidget(), nullptr);
    EXPECT_EQ(dock()->size(), place.size());
    window_->findChild<QAction*>(QStringLiteral("catalogDockLeft"))->trigger();
    EXPECT_FALSE(dock()->isFloating());
    EXPECT_NE(dock()->titleBarWidget(), nullptr);
    EXPECT_EQ(window_->dockWidgetArea(dock()), Qt::LeftDockWidgetArea);
}

TEST_F(MainWindowTest, NamesComeFromTheNodeAndF12ShowsTheTable) {
    tab().setNodeName(QStringLiteral("lake"));
    EXPECT_TRUE(lake_->names_readings.empty());
    // Names are read behind what a person waits for.
    answer(lake_->waiting_schemas,
           Result<std::vector<client::SchemaInfo>>(std::vector<client::SchemaInfo>{{"files", "", "flights"}}));
    ASSERT_EQ(lake_->names_readings.size(), 1U);
    const app::FakeStatement& reading = *lake_->names_readings[0];
    reading.sendColumns({"kind", "schema", "name", "detail", "extra", "comment"});
    reading.sendRows(6, {{"p", "", "files", "", "", ""},
                         {"t", "files", "flights", "f", "", "On-time records"},
                         {"c", "", "delay", "integer", "0", "Minutes"}});
    reading.complete("SELECT 3", 3);
    tab().editor().setText(QStringLiteral("select f. from flights f"));
    tab().editor().setCaret(9);
    auto* complete = window_->findChild<QAction*>(QStringLiteral("completeAction"));
    ASSERT_TRUE(processEventsUntil([&] {
        complete->trigger();
        return tab().assistant().popup().isVisible();
    }));
    saveScreenshots("completion");
    QTest::keyClick(&tab().editor(), Qt::Key_Tab);
    EXPECT_EQ(tab().editor().text(), QStringLiteral("select f.delay from flights f"));
    tab().editor().setCaret(tab().editor().utf8().find("flights"));
    QTest::keyClick(&tab().editor(), Qt::Key_F12);
    answer(lake_->waiting_tables, Result<std::vector<client::TableInfo>>(std::vector<client::TableInfo>{
                                      {"files", "flights", client::TableKind::kForeignTable, "", 3e6}}));
    EXPECT_EQ(window_->catalog().tree().currentIndex().data().toString(), QStringLiteral("flights"));
    EXPECT_EQ(window_->currentTab(), nullptr);
    EXPECT_EQ(window_->tabs().tabText(window_->tabs().currentIndex()), QStringLiteral("flights"));
    window_->tabs().setCurrentIndex(0);
    // A statement that changes tables makes the names be read again, without a word on this tab's session.
    typeAndRun("create table t (a int)");
    lake_->statement().complete("CREATE TABLE", 0);
    EXPECT_TRUE(processEventsUntil([&] { return lake_->names_readings.size() == 2; }));
}

TEST_F(MainWindowTest, ParametersAreAskedForAndSentWithTheirTypes) {
    typeAndRun("select :name::text, nope, :since");
    EXPECT_TRUE(operations_->statements.empty());
    auto* name = tab().findChild<QLineEdit*>(QStringLiteral("parameter-name"));
    ASSERT_NE(name, nullptr);
    EXPECT_TRUE(name->isVisible());
    name->setText(QStringLiteral("é"));
    tab().findChild<QCheckBox*>(QStringLiteral("parameterNull-since"))->setChecked(true);
    auto* type = tab().findChild<QComboBox*>(QStringLiteral("parameterType-since"));
    type->setCurrentIndex(type->findData(QStringLiteral("date")));
    saveScreenshots("parameters");
    window_->findChild<QAction*>(QStringLiteral("runAction"))->trigger();
    ASSERT_EQ(operations_->statements.size(), 1U);
    const client::QueryRequest& request = operations_->statement().request;
    EXPECT_EQ(request.sql, "select $1::text, nope, $2");
    ASSERT_EQ(request.parameters.size(), 2U);
    EXPECT_EQ(request.parameters[0].text, "é");
    EXPECT_FALSE(request.parameters[1].text);
    EXPECT_EQ(request.parameters[1].type_name, "date");
    Error error = Error::make(ErrorCode::kInvalidArgument, "column \"nope\" does not exist");
    error.position = 18;
    operations_->statement().failWith(error);
    ASSERT_TRUE(processEventsUntil([&] { return tab().editor().errorRange().second != 0; }));
    const auto [from, to] = tab().editor().errorRange();
    EXPECT_EQ(tab().editor().utf8().substr(from, to - from), "nope");
    // Gone from the text and back again, a parameter still has its value.
    tab().editor().setText(QStringLiteral("select 1"));
    ASSERT_TRUE(
        processEventsUntil([&] { return tab().findChild<QLineEdit*>(QStringLiteral("parameter-name")) == nullptr; }));
    typeAndRun("select :name");
    ASSERT_EQ(operations_->statements.size(), 2U);
    EXPECT_EQ(operations_->statement().request.parameters[0].text, "é");
}

TEST_F(MainWindowTest, WhatWasRunIsInTheHistoryAndComesBackAsText) {
    typeAndRun("select 'first'");
    operations_->statement().complete("SELECT 7", 7);
    ASSERT_TRUE(processEventsUntil([&] { return tab().session().state() == app::QuerySession::State::kSucceeded; }));
    typeAndRun("select nope");
    operations_->statement().failWith(Error::make(ErrorCode::kInvalidArgument, "no such column"));
    ASSERT_TRUE(processEventsUntil([&] { return tab().session().state() == app::QuerySession::State::kFailed; }));
    window_->findChild<QAction*>(QStringLiteral("historyAction"))->trigger();
    auto* list = window_->findChild<QListWidget*>(QStringLiteral("historyList"));
    ASSERT_TRUE(processEventsUntil([&] { return list->count() == 2; }));
    EXPECT_TRUE(list->item(1)->text().startsWith(QStringLiteral("select 'first'\n")));
    EXPECT_TRUE(list->item(1)->text().contains(QStringLiteral("7 rows")));
    EXPECT_EQ(list->item(0)->toolTip(), QStringLiteral("no such column"));
    list->setCurrentRow(0);
    saveScreenshots("history");
    window_->findChild<QLineEdit*>(QStringLiteral("historySearch"))->setText(QStringLiteral("FIRST"));
    ASSERT_TRUE(processEventsUntil([&] { return list->count() == 1; }));
    list->setCurrentRow(0);
    window_->findChild<QPushButton*>(QStringLiteral("historyOpen"))->click();
    EXPECT_EQ(tab().editor().text(), QStringLiteral("select 'first'"));
    EXPECT_EQ(operations_->statements.size(), 2U);  // opened, not run
}

/// Names are searched on all nodes, so a table that was found may not be where the tab asks.
TEST_F(MainWindowTest, AStatementAboutAnotherNodesTablesCanBeRunThere) {
    typeAndRun("select * from files.flights");
    Error error = Error::make(ErrorCode::kNotFound, "relation \"files.flights\" does not exist");
    error.sqlstate = "42P01";
    operations_->statement().failWith(error);
    auto* empty = tab().results().findChild<EmptyState*>();
    auto* action = empty->findChild<QPushButton*>(QStringLiteral("emptyStateAction"));
    ASSERT_TRUE(processEventsUntil([&] { return empty->sentence().contains(QStringLiteral("files.flights")); }));
    EXPECT_FALSE(action->isVisible());
    // The other node's names come when they come, behind what a person waits for.
    answer(lake_->waiting_schemas, Result<std::vector<client::SchemaInfo>>(std::vector<client::SchemaInfo>{}));
    ASSERT_TRUE(processEventsUntil([&] { return !lake_->names_readings.empty(); }));
    const auto names = lake_->names_readings.back();
    names->sendColumns({"kind", "schema", "name", "detail", "extra", "comment"});
    names->sendRows(6, {{"s", "", "files", "", "", ""},
                        {"t", "files", "flights", "f", "", ""},
                        {"c", "", "delay", "integer", "0", ""}});
    names->complete("SELECT 3", 3);
    ASSERT_TRUE(processEventsUntil([&] { return action->isVisible(); }));
    EXPECT_EQ(action->text(), QStringLiteral("Run it on lake"));
    saveScreenshots("other-node");
    QTest::mouseClick(action, Qt::LeftButton);
    EXPECT_EQ(tab().nodeName(), QStringLiteral("lake"));
    ASSERT_EQ(lake_->statements.size(), 1U);
    EXPECT_EQ(lake_->statement().request.sql, "select * from files.flights");
}

TEST_F(MainWindowTest, AStatementThatTookItsTimeLeadsToItsPlan) {
    auto* why = tab().results().findChild<QToolButton*>(QStringLiteral("whyButton"));
    typeAndRun("select 1");
    operations_->statement().sendColumns({"x"});
    operations_->statement().complete("SELECT 0", 0);
    ASSERT_TRUE(processEventsUntil([&] { return tab().session().state() == app::QuerySession::State::kSucceeded; }));
    EXPECT_FALSE(why->isVisible());
    typeAndRun("select slowly()");
    ASSERT_TRUE(processEventsUntil([&] { return tab().session().elapsed_ms() >= 1000; }));
    operations_->statement().sendColumns({"x"});
    operations_->statement().complete("SELECT 0", 0);
    ASSERT_TRUE(processEventsUntil([&] { return why->isVisible(); }));
    EXPECT_TRUE(why->text().startsWith(QStringLiteral("Why 1."))) << why->text().toStdString();
    QTest::mouseClick(why, Qt::LeftButton);
    EXPECT_TRUE(operations_->statement().request.sql.starts_with("EXPLAIN (ANALYZE"))
        << operations_->statement().request.sql;
    EXPECT_FALSE(why->isVisible());
}

TEST_F(MainWindowTest, AnEmptyTabSaysWhatToDo) {
    auto* empty = tab().results().findChild<EmptyState*>();
    EXPECT_TRUE(empty->isVisible());
    saveScreenshots("empty-tab");
    QTest::mouseClick(empty->findChild<QPushButton*>(QStringLiteral("emptyStateAction")), Qt::LeftButton);
    EXPECT_TRUE(window_->palette().isVisible());
}

TEST_F(MainWindowTest, ANodeThatCannotBeReachedSaysSoAndCanBeRetried) {
    typeAndRun("select 1");
    operations_->statement().failWith(
        Error::make(ErrorCode::kUnavailable, "node 'operations' cannot be reached", "start it"));
    auto* empty = tab().results().findChild<EmptyState*>();
    ASSERT_TRUE(processEventsUntil([&] { return empty->sentence().contains(QStringLiteral("cannot be reached")); }));
    Q_EMIT empty->actionTriggered();
    ASSERT_EQ(operations_->statements.size(), 2U);
    EXPECT_EQ(operations_->statement().request.sql, "select 1");
}

TEST_F(MainWindowTest, TextComesBackAfterARestartAndNothingIsRun) {
    tab().editor().setText(QStringLiteral("delete from important"));
    tab().setNodeName(QStringLiteral("lake"));
    window_->findChild<QAction*>(QStringLiteral("newTabAction"))->trigger();
    tab().editor().setText(QStringLiteral("select 2"));
    window_->close();
    window_.reset();
    start();
    ASSERT_EQ(window_->tabs().count(), 2);
    EXPECT_EQ(tab().editor().text(), QStringLiteral("select 2"));
    window_->tabs().setCurrentIndex(0);
    EXPECT_EQ(tab().editor().text(), QStringLiteral("delete from important"));
    EXPECT_EQ(tab().nodeName(), QStringLiteral("lake"));
    EXPECT_TRUE(operations_->statements.empty());
    EXPECT_TRUE(lake_->statements.empty());
}

TEST_F(MainWindowTest, AClosedTabCanBeOpenedAgain) {
    tab().editor().setText(QStringLiteral("select 'kept'"));
    window_->findChild<QAction*>(QStringLiteral("closeTabAction"))->trigger();
    EXPECT_TRUE(tab().editor().text().isEmpty());
    window_->findChild<QAction*>(QStringLiteral("reopenTabAction"))->trigger();
    EXPECT_EQ(tab().editor().text(), QStringLiteral("select 'kept'"));
}

TEST_F(MainWindowTest, AClosedTabCanBeOpenedAgainInTheNextSession) {
    QAction* close_tab = window_->findChild<QAction*>(QStringLiteral("closeTabAction"));
    for (const char* text : {"select 'first'", "select 'second'"}) {
        window_->findChild<QAction*>(QStringLiteral("newTabAction"))->trigger();
        tab().editor().setText(QString::fromLatin1(text));
        tab().setNodeName(QStringLiteral("lake"));
        close_tab->trigger();
    }
    window_->close();
    window_.reset();
    start();
    auto* reopen = window_->findChild<QAction*>(QStringLiteral("reopenTabAction"));
    ASSERT_TRUE(reopen->isEnabled());
    QTest::keyClick(&tab().editor(), Qt::Key_T, Qt::ControlModifier | Qt::ShiftModifier);
    EXPECT_EQ(tab().editor().text(), QStringLiteral("select 'second'"));
    EXPECT_EQ(tab().nodeName(), QStringLiteral("lake"));
    QTest::keyClick(&tab().editor(), Qt::Key_T, Qt::ControlModifier | Qt::ShiftModifier);
    EXPECT_EQ(tab().editor().text(), QStringLiteral("select 'first'"));
    EXPECT_FALSE(reopen->isEnabled());
    EXPECT_TRUE(lake_->statements.empty());
}

TEST_F(MainWindowTest, TheGridMovesByKeysAndCopiesTheSelection) {
    typeAndRun("select 1");
    operations_->statement().sendColumns({"a", "b"});
    std::vector<app::TextRow> rows;
    for (int i = 0; i < 1000; ++i) {
        rows.push_back({std::to_string(i), "x"});
    }
    operations_->statement().sendRows(2, rows);
    operations_->statement().complete("SELECT 1000", 1000);
    ASSERT_TRUE(processEventsUntil([&] { return grid().rowCount() == 1000; }));
    grid().setFocus();
    QTest::keyClick(&grid(), Qt::Key_End, Qt::ControlModifier);
    EXPECT_EQ(grid().selection().current(), (GridCell{999, 1}));
    QTest::keyClick(&grid(), Qt::Key_Up, Qt::ShiftModifier);
    QTest::keyClick(&grid(), Qt::Key_Left, Qt::ShiftModifier);
    QTest::keyClick(&grid(), Qt::Key_C, Qt::ControlModifier);
    EXPECT_TRUE(
        processEventsUntil([] { return QApplication::clipboard()->text() == QStringLiteral("998\tx\n999\tx"); }));
    QTest::keyClick(&grid(), Qt::Key_A, Qt::ControlModifier);
    EXPECT_EQ(grid().selection().cellCount(), 2000);
}

TEST_F(MainWindowTest, WithoutAMeshFileTheWindowSaysWhatToDo) {
    window_.reset();
    // For the picture, somewhere that says something.
    mesh_file_ = QStringLiteral("/home/ann/missing.yaml");
    start();
    auto* onboarding = window_->findChild<OnboardingPage*>(QStringLiteral("onboarding"));
    EXPECT_TRUE(onboarding->isVisible());
    EXPECT_TRUE(onboarding->sentence().contains(QStringLiteral("missing.yaml")));
    saveScreenshots("onboarding");
}

TEST_F(MainWindowTest, OnboardingLeadsToAMesh) {
    window_.reset();
    mesh_file_ = directory_.filePath(QStringLiteral("missing.yaml"));
    start();
    auto* onboarding = window_->findChild<OnboardingPage*>(QStringLiteral("onboarding"));
    ASSERT_TRUE(onboarding->isVisible());
    // How far a sign-in is.
    onboarding->setStep(OnboardingPage::Step::kBrowser, QStringLiteral("https://login.example.org/x"));
    saveScreenshots("onboarding-sign-in");
    QTest::mouseClick(onboarding->findChild<QPushButton*>(QStringLiteral("onboardingCopy")), Qt::LeftButton);
    EXPECT_EQ(QApplication::clipboard()->text(), QStringLiteral("https://login.example.org/x"));
    QTest::mouseClick(onboarding->findChild<QPushButton*>(QStringLiteral("onboardingCancel")), Qt::LeftButton);
    EXPECT_EQ(onboarding->step(), OnboardingPage::Step::kNone);
    // By a file, which is there again the next time.
    bool is_loaded = false;
    // start()'s own, which is over.
    QObject::disconnect(window_.get(), &MainWindow::meshLoaded, nullptr, nullptr);
    QObject::connect(window_.get(), &MainWindow::meshLoaded, window_.get(), [&](bool is_ok) { is_loaded = is_ok; });
    QTest::mouseClick(onboarding->findChild<QPushButton*>(QStringLiteral("onboardingOpen")), Qt::LeftButton);
    auto* dialog = window_->findChild<QFileDialog*>(QStringLiteral("meshFileDialog"));
    ASSERT_NE(dialog, nullptr);
    Q_EMIT dialog->fileSelected(directory_.filePath(QStringLiteral("mesh.yaml")));
    dialog->close();
    ASSERT_TRUE(processEventsUntil([&] { return is_loaded; }));
    EXPECT_FALSE(onboarding->isVisible());
    window_.reset();
    start();
    onboarding = window_->findChild<OnboardingPage*>(QStringLiteral("onboarding"));
    auto* recent = onboarding->findChild<QPushButton*>(QStringLiteral("onboardingRecent"));
    ASSERT_NE(recent, nullptr);
    EXPECT_TRUE(processEventsUntil([&] { return recent->height() >= recent->sizeHint().height(); }));
    saveScreenshots("onboarding-recent");
    is_loaded = false;
    QObject::disconnect(window_.get(), &MainWindow::meshLoaded, nullptr, nullptr);
    QObject::connect(window_.get(), &MainWindow::meshLoaded, window_.get(), [&](bool is_ok) { is_loaded = is_ok; });
    QTest::mouseClick(recent, Qt::LeftButton);
    ASSERT_TRUE(processEventsUntil([&] { return is_loaded; }));
}

TEST_F(MainWindowTest, PagesComeBackAndAskForNothingUntilTheyAreLookedAt) {
    fillCatalog();
    QTreeView& tree = window_->catalog().tree();
    tree.setFocus();
    QTest::keyClick(&tree, Qt::Key_Return);
    window_->findChild<QAction*>(QStringLiteral("newTabAction"))->trigger();
    ASSERT_EQ(window_->tabs().count(), 3);
    lake_->statements.clear();
    window_->close();
    window_.reset();

    // Without a mesh they wait, and are not forgotten.
    mesh_file_ = directory_.filePath(QStringLiteral("missing.yaml"));
    start();
    EXPECT_EQ(window_->tabs().count(), 2);
    window_->close();
    window_.reset();
    mesh_file_.clear();
    start();
    ASSERT_EQ(window_->tabs().count(), 3);
    EXPECT_EQ(window_->tabs().tabText(1), QStringLiteral("flights"));
    EXPECT_NE(window_->tabs().currentIndex(), 1);
    app::processPendingEvents();
    EXPECT_TRUE(lake_->statements.empty());
    window_->tabs().setCurrentIndex(1);
    EXPECT_TRUE(processEventsUntil([&] { return !lake_->statements.empty(); }));
}

TEST_F(MainWindowTest, TheThemeIsRememberedAndReachesTheEditor) {
    window_->findChild<QAction*>(QStringLiteral("darkThemeAction"))->trigger();
    EXPECT_EQ(currentTheme().name, ThemeName::kDark);
    const QImage drawn = tab().editor().grab().toImage();
    EXPECT_EQ(drawn.pixelColor(drawn.width() - 40, drawn.height() - 40), currentTheme().surface);
    window_.reset();
    start();
    EXPECT_EQ(currentTheme().name, ThemeName::kDark);
    window_->findChild<QAction*>(QStringLiteral("darkThemeAction"))->trigger();
    EXPECT_EQ(currentTheme().name, ThemeName::kLight);
}

TEST_F(MainWindowTest, ItsScreensAreDrawnInBothThemes) {
    window_->resize(1280, 800);
    fillCatalog();
    tab().editor().setText(
        QStringLiteral("-- Delays by state: flights in Parquet, airports in MariaDB\n"
                       "SELECT a.state, count(*) AS flights, round(avg(f.delay)::numeric, 1) AS delay\n"
                       "FROM lake.flights f JOIN operations.airports a ON a.iata = f.origin\n"
                       "WHERE f.delay > 15 AND a.country = 'USA'\nGROUP BY 1 ORDER BY 3 DESC;\n"));
    tab().editor().setCursorPosition(2, 5);
    window_->findChild<QAction*>(QStringLiteral("runAction"))->trigger();
    operations_->statement().observer->onColumns({{"state", "text", 25, client::ColumnEncoding::kText},
                                                  {"flights", "bigint", 20, client::ColumnEncoding::kInt64},
                                                  {"delay", "numeric", 1700, client::ColumnEncoding::kText},
                                                  {"remark", "text", 25, client::ColumnEncoding::kText}});
    std::vector<std::optional<std::int64_t>> flights;
    app::TextRow states, delays, remarks;
    for (int i = 0; i < 400; ++i) {
        states.emplace_back(std::string("S") + std::to_string(i % 50));
        flights.emplace_back(i * 7919 % 100'000);
        delays.push_back(i % 7 == 3 ? std::nullopt : std::optional<std::string>(std::to_string(i % 90) + ".5"));
        remarks.push_back(i % 5 == 0 ? std::nullopt
                                     : std::optional<std::string>("arrivals late, mostly in winter months"));
    }
    operations_->statement().observer->onBatch(std::make_shared<const client::ResultBatch>(
        400, std::vector{app::textColumn(states), app::integerColumn(flights), app::textColumn(delays),
                         app::textColumn(remarks)}));
    operations_->statement().complete("SELECT 400", 400);
    ASSERT_TRUE(processEventsUntil([&] { return tab().session().state() == app::QuerySession::State::kSucceeded; }));
    saveScreenshots("results");
    typeAndRun("SELECT state, nope\nFROM lake.flights");
    Error error = Error::make(ErrorCode::kInvalidArgument, "column \"nope\" does not exist",
                              "Perhaps you meant \"flights.note\".");
    error.sqlstate = "42703";
    error.position = 15;
    operations_->statement().failWith(error);
    ASSERT_TRUE(processEventsUntil([&] { return tab().editor().errorRange().second != 0; }));
    saveScreenshots("error");
}

TEST_F(MainWindowTest, EveryWidgetAPersonUsesHasAName) {
    for (const char* name :
         {"sqlEditor", "resultGrid", "messagesView", "catalogTree", "nodePicker", "runButton", "stopButton",
          "queryTabs", "newTabButton", "identityLabel", "nodeLabel", "summaryLabel", "resultTabs"}) {
        EXPECT_NE(window_->findChild<QWidget*>(QLatin1String(name)), nullptr) << name;
    }
    // The status bar says as whom, and at which node.
    EXPECT_EQ(window_->findChild<QLabel*>(QStringLiteral("identityLabel"))->text(),
              QStringLiteral("Signed in as analyst"));
    EXPECT_EQ(window_->findChild<QLabel*>(QStringLiteral("nodeLabel"))->text(),
              QStringLiteral("operations · 127.0.0.1:1"));
}

}  // namespace
}  // namespace tessera::workbench
