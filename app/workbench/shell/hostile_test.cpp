// SPDX-License-Identifier: GPL-3.0-or-later
// Goal: what a mesh does to a person on a bad day ends with a calm sentence and a way on, the rows that came and the
// text stay, and the window never waits. Method: the whole window over fake nodes that misbehave.
#include "app/core/testing/file_size_limit.h"
#include "app/workbench/editor/completion_popup.h"
#include "app/workbench/results/cell_viewer.h"
#include "app/workbench/results/messages_view.h"
#include "app/workbench/results/result_grid.h"
#include "app/workbench/results/result_page.h"
#include "app/workbench/testing/window_fixture.h"
#include "app/workbench/ui/empty_state.h"
#include "tests/support/proc_file.h"

#include <gtest/gtest.h>

#include <QApplication>
#include <QClipboard>
#include <QElapsedTimer>
#include <QLabel>
#include <QPushButton>
#include <algorithm>
#include <cstdlib>
#include <string>

namespace tessera::workbench {
namespace {

class HostileTest : public MainWindowTest {
  protected:
    EmptyState& empty() { return *tab().results().findChild<EmptyState*>(); }

    /// The button with that text that can be seen now.
    QPushButton* button(const char* text) {
        for (auto* found : tab().results().findChildren<QPushButton*>()) {
            if (found->isVisible() && found->text() == QString::fromUtf8(text)) {
                return found;
            }
        }
        return nullptr;
    }

    bool waitForState(app::QuerySession::State state) {
        return processEventsUntil([&] { return tab().session().state() == state; });
    }

    void fail(ErrorCode code, const char* message, const char* hint) {
        operations_->statement().failWith(Error::make(code, message, hint));
        ASSERT_TRUE(waitForState(app::QuerySession::State::kFailed));
    }
};

TEST_F(HostileTest, ANodeThatIsLostInMidStreamLeavesItsRowsAndTheTextAndTheNextRunWorks) {
    typeAndRun("select * from t");
    operations_->statement().sendColumns({"x"});
    operations_->statement().sendRows(1, {{"1"}, {"2"}});
    ASSERT_TRUE(processEventsUntil([&] { return grid().rowCount() == 2; }));
    fail(ErrorCode::kUnavailable, "the connection to node 'operations' was lost", "see whether it runs, then retry");
    EXPECT_EQ(grid().rowCount(), 2);
    EXPECT_EQ(grid().cellText(1, 0), QStringLiteral("2"));
    EXPECT_TRUE(grid().isVisible());
    const auto labels = tab().results().page().findChildren<QLabel*>();
    EXPECT_TRUE(std::any_of(labels.begin(), labels.end(), [](const QLabel* label) {
        return label->isVisible() && label->text().contains(QStringLiteral("2 rows came before")) &&
               label->text().contains(QStringLiteral("was lost"));
    }));
    EXPECT_EQ(tab().editor().text(), QStringLiteral("select * from t"));
    saveScreenshots("node-lost");
    QTest::keyClick(&tab().editor(), Qt::Key_Return, Qt::ControlModifier);
    ASSERT_EQ(operations_->statements.size(), 2U);
    operations_->statement().sendColumns({"x"});
    operations_->statement().sendRows(1, {{"7"}});
    operations_->statement().complete("SELECT 1", 1);
    ASSERT_TRUE(processEventsUntil([&] { return grid().rowCount() == 1 && grid().cellText(0, 0) == u'7'; }));
}

TEST_F(HostileTest, ALostNodesStatementIsRunAgainBesideTheRowsThatCame) {
    typeAndRun("select * from t");
    operations_->statement().sendColumns({"x"});
    operations_->statement().sendRows(1, {{"1"}, {"2"}});
    ASSERT_TRUE(processEventsUntil([&] { return grid().rowCount() == 2; }));
    fail(ErrorCode::kUnavailable, "the connection to node 'operations' was lost", "see whether it runs, then retry");
    ResultGrid* const kept = &grid();
    auto* const again = tab().results().page().findChild<QPushButton*>(QStringLiteral("resultNoteAction"));
    ASSERT_TRUE(again->isVisible());
    again->click();
    ASSERT_EQ(operations_->statements.size(), 2U);
    EXPECT_EQ(operations_->statement().request.sql, "select * from t");
    EXPECT_FALSE(again->isVisibleTo(kept->window()));
    operations_->statement().sendColumns({"x"});
    operations_->statement().sendRows(1, {{"1"}, {"2"}, {"3"}});
    operations_->statement().complete("SELECT 3", 3);
    ASSERT_TRUE(processEventsUntil([&] { return grid().rowCount() == 3; }));
    EXPECT_NE(&grid(), kept);
    EXPECT_EQ(kept->rowCount(), 2);
    EXPECT_EQ(kept->cellText(1, 0), QStringLiteral("2"));
    // A mistake in the statement is not mended by running it again.
    typeAndRun("select 1 / x from t");
    operations_->statement().sendColumns({"x"});
    operations_->statement().sendRows(1, {{"1"}});
    ASSERT_TRUE(processEventsUntil([&] { return grid().rowCount() == 1; }));
    fail(ErrorCode::kInvalidArgument, "division by zero", "");
    EXPECT_FALSE(tab().results().page().findChild<QPushButton*>(QStringLiteral("resultNoteAction"))->isVisible());
}

TEST_F(HostileTest, AnExpiredTokenAsksToSignInAndTheStatementCanBeRunAgain) {
    typeAndRun("select 1");
    fail(ErrorCode::kUnauthenticated, "your sign-in has expired", "sign in again");
    EXPECT_TRUE(empty().isVisible());
    EXPECT_TRUE(empty().sentence().contains(QStringLiteral("expired"))) << empty().sentence().toStdString();
    saveScreenshots("sign-in-expired");
    ASSERT_NE(button("Sign in…"), nullptr);
    QPushButton* retry = button("Retry");
    ASSERT_NE(retry, nullptr);
    EXPECT_EQ(operations_->statements.size(), 1U);
    QTest::mouseClick(retry, Qt::LeftButton);
    ASSERT_EQ(operations_->statements.size(), 2U);
    EXPECT_EQ(operations_->statement().request.sql, "select 1");
    operations_->statement().sendColumns({"x"});
    operations_->statement().sendRows(1, {{"1"}});
    operations_->statement().complete("SELECT 1", 1);
    ASSERT_TRUE(waitForState(app::QuerySession::State::kSucceeded));
    EXPECT_EQ(button("Sign in…"), nullptr);
}

TEST_F(HostileTest, AnAgentThatIsGoneIsSaidAndRetried) {
    typeAndRun("select 1");
    fail(ErrorCode::kUnavailable, "the agent does not run", "start it with 'tessera agent start'");
    EXPECT_TRUE(empty().isVisible());
    EXPECT_TRUE(empty().sentence().contains(QStringLiteral("agent does not run"))) << empty().sentence().toStdString();
    EXPECT_EQ(tab().editor().text(), QStringLiteral("select 1"));
    QPushButton* retry = button("Retry");
    ASSERT_NE(retry, nullptr);
    QTest::mouseClick(retry, Qt::LeftButton);
    EXPECT_EQ(operations_->statements.size(), 2U);
}

/// The rest of a result that memory has no room for goes to a file.
TEST_F(HostileTest, ADiskThatIsFullLeavesTheRowsThatCameAndTheNextRunWorks) {
    constexpr int kBatchRows = 4000;
    const std::vector<app::TextRow> batch(kBatchRows, {std::string(1000, 'x')});
    typeAndRun("select * from large");
    operations_->statement().sendColumns({"large"});
    int sent = 0;
    {
        const app::FileSizeLimit limit(1 << 20);
        // One result may have 64 MB of memory.
        while (!operations_->statement().is_cancelled && sent < 64) {
            operations_->statement().sendRows(1, batch);
            ++sent;
        }
    }
    ASSERT_TRUE(operations_->statement().is_cancelled) << "nothing was written";
    operations_->statement().failWith(Error::make(ErrorCode::kCancelled, "the statement was cancelled"));
    ASSERT_TRUE(waitForState(app::QuerySession::State::kFailed));
    ASSERT_EQ(grid().rowCount(), (sent - 1) * kBatchRows);
    ASSERT_GT(sent, 1);
    EXPECT_TRUE(grid().isVisible());
    EXPECT_FALSE(grid().cellText(0, 0).isEmpty());
    const auto* note = tab().results().page().findChild<QLabel*>(QStringLiteral("resultNote"));
    ASSERT_NE(note, nullptr);
    EXPECT_TRUE(note->isVisible() && note->text().contains(QStringLiteral("the disk is full")))
        << note->text().toStdString();
    EXPECT_EQ(tab().editor().text(), QStringLiteral("select * from large"));
    saveScreenshots("disk-full");
    typeAndRun("select 1");
    operations_->statement().sendColumns({"x"});
    operations_->statement().sendRows(1, {{"1"}});
    operations_->statement().complete("SELECT 1", 1);
    ASSERT_TRUE(waitForState(app::QuerySession::State::kSucceeded));
    ASSERT_TRUE(processEventsUntil([&] { return grid().rowCount() == 1; }));
}

TEST_F(HostileTest, AResultOfFiveThousandColumnsIsShownAndWalkedThrough) {
    constexpr int kColumns = 5000;
    std::vector<std::string> names;
    app::TextRow row;
    for (int i = 0; i < kColumns; ++i) {
        names.push_back("column_" + std::to_string(i));
        row.emplace_back("value " + std::to_string(i));
    }
    typeAndRun("select * from wide");
    operations_->statement().sendColumns(names);
    operations_->statement().sendRows(kColumns, std::vector<app::TextRow>(20, row));
    operations_->statement().complete("SELECT 20", 20);
    ASSERT_TRUE(waitForState(app::QuerySession::State::kSucceeded));
    ASSERT_TRUE(processEventsUntil([&] { return grid().rowCount() == 20; }));
    ASSERT_EQ(grid().columnCount(), kColumns);
    grid().setFocus();
    grid().setCurrentCell({0, 0});
    QTest::keyClick(&grid(), Qt::Key_End);
    EXPECT_EQ(grid().selection().current().column, kColumns - 1);
    EXPECT_EQ(grid().cellText(0, kColumns - 1), QStringLiteral("value 4999"));
    saveScreenshots("wide-result");
    grid().selectAll();
    QTest::keyClick(&grid(), Qt::Key_C, Qt::ControlModifier);
    ASSERT_TRUE(
        processEventsUntil([&] { return QApplication::clipboard()->text().contains(QStringLiteral("value 4999")); }));
}

TEST_F(HostileTest, WhileANodeTakesItsTimeTheWindowIsFreeAndOtherNodesAnswer) {
    typeAndRun("select pg_sleep(60)");
    ASSERT_TRUE(tab().session().isRunning());
    QElapsedTimer turn;
    qint64 longest_ms = 0;
    tab().editor().setCaret(tab().editor().utf8().size());
    for (int i = 0; i < 50; ++i) {
        turn.start();
        QTest::keyClicks(&tab().editor(), QStringLiteral("y"));
        app::processPendingEvents();
        longest_ms = std::max(longest_ms, turn.elapsed());
    }
    EXPECT_TRUE(tab().editor().text().endsWith(QString(50, u'y')));
    // Far above what it takes, far below what would be waiting.
    EXPECT_LT(longest_ms, 5000);
    QueryTab& slow = tab();
    window_->findChild<QAction*>(QStringLiteral("newTabAction"))->trigger();
    tab().setNodeName(QStringLiteral("lake"));
    typeAndRun("select 1");
    ASSERT_EQ(lake_->statements.size(), 1U);
    lake_->statement().sendColumns({"x"});
    lake_->statement().sendRows(1, {{"1"}});
    lake_->statement().complete("SELECT 1", 1);
    ASSERT_TRUE(waitForState(app::QuerySession::State::kSucceeded));
    EXPECT_TRUE(slow.session().isRunning());
    slow.cancel();
    EXPECT_FALSE(slow.session().isRunning());
}

TEST_F(HostileTest, RowsThatTrickleInAreShownAsTheyCome) {
    typeAndRun("select * from t");
    operations_->statement().sendColumns({"x"});
    for (int i = 1; i <= 5; ++i) {
        operations_->statement().sendRows(1, {{std::to_string(i)}});
        ASSERT_TRUE(processEventsUntil([&] { return grid().rowCount() == i; }));
        EXPECT_EQ(grid().cellText(i - 1, 0), QString::number(i));
        EXPECT_TRUE(tab().session().isRunning());
    }
    QTest::keyClick(&tab().editor(), Qt::Key_Escape);
    EXPECT_FALSE(tab().session().isRunning());
    EXPECT_EQ(grid().rowCount(), 5);
}

TEST_F(HostileTest, BytesThatAreNoTextAreShownAndCopiedWithoutHarm) {
    typeAndRun("select broken");
    operations_->statement().sendColumns({"a\xFF", "b"});
    operations_->statement().sendRows(
        2, {{"ok \xC3\x28 \xF0\x9F\x98", std::string("zero \0 byte", 11)}, {"\xED\xA0\x80", "\xEF\xBF\xBE"}});
    operations_->statement().complete("SELECT 2", 2);
    ASSERT_TRUE(waitForState(app::QuerySession::State::kSucceeded));
    ASSERT_TRUE(processEventsUntil([&] { return grid().rowCount() == 2; }));
    const QString cell = grid().cellText(0, 0);
    EXPECT_TRUE(cell.startsWith(QStringLiteral("ok ")) && cell.contains(QChar(0xFFFD))) << cell.toStdString();
    saveScreenshots("broken-text");
    grid().setFocus();
    grid().selectAll();
    QTest::keyClick(&grid(), Qt::Key_C, Qt::ControlModifier);
    ASSERT_TRUE(processEventsUntil([&] { return QApplication::clipboard()->text().contains(QStringLiteral("ok ")); }));
    grid().setCurrentCell({0, 0});
    QTest::keyClick(&grid(), Qt::Key_Return);
    CellViewer& viewer = tab().results().page().viewer();
    ASSERT_TRUE(processEventsUntil([&] { return viewer.text().startsWith(QStringLiteral("ok ")); }));
}

/// What the fake node's copies of a gigabyte and the store's take of this machine.
constexpr long kGigabyteTest_MB = 8000;

TEST_F(HostileTest, ACellOfAGigabyteIsDrawnShownInPartsAndSaved) {
    if (const long available = availableMegabytes(); available < kGigabyteTest_MB) {
        GTEST_SKIP() << "this needs " << kGigabyteTest_MB << " MB of memory, and " << available << " are free";
    }
    constexpr std::size_t kBytes = std::size_t{1} << 30U;
    typeAndRun("select huge");
    operations_->statement().sendColumns({"huge"});
    {
        app::TextRow row(1);
        row[0].emplace(kBytes, 'x');
        row[0]->back() = 'z';
        operations_->statement().observer->onBatch(
            std::make_shared<const client::ResultBatch>(1, std::vector{app::textColumn(row)}));
    }
    operations_->statement().complete("SELECT 1", 1);
    ASSERT_TRUE(waitForState(app::QuerySession::State::kSucceeded));
    ASSERT_TRUE(processEventsUntil([&] { return grid().rowCount() == 1; }, 60'000));
    EXPECT_LT(grid().cellText(0, 0).size(), 10'000);
    grid().setFocus();
    grid().setCurrentCell({0, 0});
    QTest::keyClick(&grid(), Qt::Key_Return);
    CellViewer& viewer = tab().results().page().viewer();
    ASSERT_TRUE(processEventsUntil([&] { return !viewer.text().isEmpty(); }, 60'000));
    EXPECT_LE(static_cast<std::uint64_t>(viewer.text().size()), CellViewer::kPartBytes);
    EXPECT_TRUE(viewer.findChild<QPushButton*>(QStringLiteral("saveCellButton"))->isVisible());
    const QString path = directory_.filePath(QStringLiteral("huge.txt"));
    viewer.saveTo(path);
    ASSERT_TRUE(processEventsUntil([&] { return QFile::exists(path); }, 120'000));
    QFile file(path);
    EXPECT_EQ(file.size(), static_cast<qint64>(kBytes));
    ASSERT_TRUE(file.open(QIODevice::ReadOnly));
    ASSERT_TRUE(file.seek(file.size() - 2));
    EXPECT_EQ(file.readAll(), "xz");
}

TEST_F(HostileTest, ASavedByteaIsItsBytes) {
    typeAndRun("select b");
    operations_->statement().observer->onColumns({{"b", "bytea", 17, client::ColumnEncoding::kText}});
    operations_->statement().sendRows(1, {{"\\x00ff41"}});
    operations_->statement().complete("SELECT 1", 1);
    ASSERT_TRUE(processEventsUntil([&] { return grid().rowCount() == 1; }));
    grid().setCurrentCell({0, 0});
    QTest::keyClick(&grid(), Qt::Key_Return);
    CellViewer& viewer = tab().results().page().viewer();
    const QString path = directory_.filePath(QStringLiteral("b.bin"));
    viewer.saveTo(path);
    ASSERT_TRUE(processEventsUntil([&] { return QFile::exists(path); }));
    QFile file(path);
    ASSERT_TRUE(file.open(QIODevice::ReadOnly));
    EXPECT_EQ(file.readAll(), QByteArray("\x00\xff"
                                         "A",
                                         3));
    const auto* facts = viewer.findChild<QLabel*>(QStringLiteral("cellFacts"));
    viewer.saveTo(QStringLiteral("/nowhere/b.bin"));
    ASSERT_TRUE(
        processEventsUntil([&] { return facts->text().contains(QStringLiteral("cannot write '/nowhere/b.bin'")); }));
}

TEST_F(HostileTest, AHugeCellIsDrawnAtOnceAndShownInParts) {
    constexpr std::size_t kBytes = std::size_t{64} << 20U;
    typeAndRun("select huge");
    operations_->statement().sendColumns({"huge", "small"});
    operations_->statement().sendRows(2, {{std::string(kBytes, 'x'), "s"}});
    operations_->statement().complete("SELECT 1", 1);
    ASSERT_TRUE(waitForState(app::QuerySession::State::kSucceeded));
    ASSERT_TRUE(processEventsUntil([&] { return grid().rowCount() == 1; }));
    // No more of it than fits into a cell is ever made into text for the grid.
    EXPECT_LT(grid().cellText(0, 0).size(), 10'000);
    grid().setFocus();
    grid().setCurrentCell({0, 0});
    QTest::keyClick(&grid(), Qt::Key_Return);
    CellViewer& viewer = tab().results().page().viewer();
    ASSERT_TRUE(processEventsUntil([&] { return !viewer.text().isEmpty(); }));
    EXPECT_LE(static_cast<std::uint64_t>(viewer.text().size()), CellViewer::kPartBytes);
    ASSERT_TRUE(processEventsUntil([&] { return clippedTexts(*window_).isEmpty(); }));
    saveScreenshots("huge-cell");
}

}  // namespace
}  // namespace tessera::workbench
