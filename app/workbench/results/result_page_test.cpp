// SPDX-License-Identifier: GPL-3.0-or-later
// Goal: a result, driven as a person drives it. Method: a session with a fake node behind the real panel; keys, clicks
// and fields by objectName.
#include "app/core/output/text_batch.h"
#include "app/core/testing/event_loop.h"
#include "app/core/testing/fake_node_client.h"
#include "app/workbench/results/cell_viewer.h"
#include "app/workbench/results/chart_painter.h"
#include "app/workbench/results/chart_view.h"
#include "app/workbench/results/export_dialog.h"
#include "app/workbench/results/find_bar.h"
#include "app/workbench/results/grid_header.h"
#include "app/workbench/results/result_grid.h"
#include "app/workbench/results/results_panel.h"
#include "app/workbench/testing/screenshots.h"
#include "app/workbench/ui/theme.h"

#include <gtest/gtest.h>

#include <QAbstractItemModelTester>
#include <QAction>
#include <QApplication>
#include <QBuffer>
#include <QClipboard>
#include <QComboBox>
#include <QDir>
#include <QElapsedTimer>
#include <QLabel>
#include <QLineEdit>
#include <QMenu>
#include <QPlainTextEdit>
#include <QPushButton>
#include <QRadioButton>
#include <QScrollBar>
#include <QTabWidget>
#include <QTemporaryDir>
#include <QTest>
#include <QToolButton>
#include <algorithm>
#include <atomic>

namespace tessera::workbench {
namespace {

using app::processEventsUntil;

class ResultPageTest : public testing::Test {
  protected:
    ResultPageTest() {
        panel_.resize(1200, 500);
        panel_.show();
        run("select * from flights");
    }

    void run(const std::string& sql) {
        client::QueryRequest request;
        request.sql = sql;
        session_.run(node_, std::move(request));
    }

    void sendFlights() {
        app::FakeStatement& statement = node_->statement();
        statement.observer->onColumns({{"id", "bigint", 20, client::ColumnEncoding::kInt64},
                                       {"state", "text", 25, client::ColumnEncoding::kText},
                                       {"delay", "numeric", 1700, client::ColumnEncoding::kText}});
        statement.observer->onBatch(std::make_shared<const client::ResultBatch>(
            5, std::vector{app::integerColumn({1, 2, 3, 4, 5}),
                           app::textColumn({"NY", "CA", std::nullopt, "ca & co", "{\"a\": [1, null]}"}),
                           app::textColumn({"10", "9.5", "-1", std::nullopt, "10.0"})}));
    }

    void finish() {
        node_->statement().complete("SELECT 5", 5);
        ASSERT_TRUE(processEventsUntil([&] { return session_.state() == app::QuerySession::State::kSucceeded; }));
    }

    void showFlights() {
        sendFlights();
        finish();
        ASSERT_TRUE(processEventsUntil([&] { return grid().rowCount() == 5; }));
        grid().setFocus();
    }

    ResultGrid& grid() { return panel_.grid(); }

    ResultPage& page() { return panel_.page(); }

    template <class T>
    T* child(const char* name) {
        return page().findChild<T*>(QLatin1String(name));
    }

    QStringList column(int place) {
        QStringList texts;
        for (std::int64_t row = 0; row < grid().rowCount(); ++row) {
            texts << grid().cellText(row, place);
        }
        return texts;
    }

    void filter(const char* text) {
        auto* field = child<QLineEdit>("filterField");
        field->setText(QString::fromUtf8(text));
        QTest::keyClick(field, Qt::Key_Return);
    }

    /// The dialog of the export.
    ExportDialog* askForExport() {
        QTest::mouseClick(child<QToolButton>("exportButton"), Qt::LeftButton);
        return page().findChildren<ExportDialog*>(QStringLiteral("exportDialog")).back();
    }

    bool showsSoon(const QString& summary) {
        return processEventsUntil([&] { return page().summaryText() == summary; });
    }

    std::shared_ptr<app::FakeNodeClient> node_ = std::make_shared<app::FakeNodeClient>("lake");
    app::QuerySession session_;
    ResultsPanel panel_{session_, nullptr};
};

TEST_F(ResultPageTest, SortsHereAsPostgreSqlDoesAndBack) {
    showFlights();
    page().sortBy(2, Qt::AscendingOrder);
    const QStringList ascending{QStringLiteral("3"), QStringLiteral("2"), QStringLiteral("1"), QStringLiteral("5"),
                                QStringLiteral("4")};
    ASSERT_TRUE(processEventsUntil([&] { return column(0) == ascending; })) << column(0).join(u' ').toStdString();
    EXPECT_TRUE(page().arrangementText().contains(QStringLiteral("here")));
    EXPECT_EQ(grid().header().columns().sortColumn(), 2);
    filter("delay >= 9.5");
    ASSERT_TRUE(processEventsUntil([&] { return grid().rowCount() == 3; }));
    EXPECT_EQ(column(0), QStringList({QStringLiteral("2"), QStringLiteral("1"), QStringLiteral("5")}));
    EXPECT_TRUE(page().arrangementText().contains(QStringLiteral("3 of 5 rows")));
    EXPECT_EQ(node_->statements.size(), 1U);
}

TEST_F(ResultPageTest, OrHasTheServerDoIt) {
    showFlights();
    child<QComboBox>("arrangePlace")->setCurrentIndex(1);
    filter("state = 'CA'");
    ASSERT_EQ(node_->statements.size(), 2U);
    EXPECT_EQ(node_->statement().request.sql,
              "SELECT * FROM (\nselect * from flights\n) AS result\nWHERE \"state\" = 'CA'");
    sendFlights();
    finish();
    EXPECT_TRUE(page().arrangementText().contains(QStringLiteral("on the server")));
    page().sortBy(0, Qt::DescendingOrder);
    EXPECT_TRUE(
        QString::fromStdString(node_->statement().request.sql).endsWith(QStringLiteral("ORDER BY \"id\" DESC")));
    sendFlights();
    finish();
    // Another statement of the person's begins without all that.
    run("select 1");
    EXPECT_TRUE(page().arrangementText().isEmpty());
    EXPECT_TRUE(child<QLineEdit>("filterField")->text().isEmpty());
}

TEST_F(ResultPageTest, TheServerIsNotAskedWhileTheStatementRunsAndItsErrorLeavesAWayBack) {
    sendFlights();
    ASSERT_TRUE(processEventsUntil([&] { return grid().rowCount() == 5; }));
    child<QComboBox>("arrangePlace")->setCurrentIndex(1);
    page().sortBy(0, Qt::AscendingOrder);
    EXPECT_EQ(node_->statements.size(), 1U);
    EXPECT_FALSE(node_->statement().is_cancelled);
    finish();
    page().sortBy(0, Qt::AscendingOrder);
    ASSERT_EQ(node_->statements.size(), 2U);
    Error error = Error::make(ErrorCode::kInvalidArgument, "WITH clause containing a data-modifying statement");
    error.position = 3;
    node_->statement().failWith(error);
    ASSERT_TRUE(processEventsUntil([&] { return session_.state() == app::QuerySession::State::kFailed; }));
    EXPECT_EQ(session_.error().position, 0);
    bool is_retried = false;
    QObject::connect(&panel_, &ResultsPanel::retryRequested, &panel_, [&] { is_retried = true; });
    QTest::mouseClick(panel_.findChild<QPushButton*>(QStringLiteral("emptyStateAction")), Qt::LeftButton);
    EXPECT_TRUE(is_retried);
}

TEST_F(ResultPageTest, RowsThatComeLaterAreArrangedAtTheEnd) {
    sendFlights();
    ASSERT_TRUE(processEventsUntil([&] { return grid().rowCount() == 5; }));
    page().sortBy(0, Qt::DescendingOrder);
    ASSERT_TRUE(processEventsUntil([&] { return grid().cellText(0, 0) == QStringLiteral("5"); }));
    node_->statement().observer->onBatch(std::make_shared<const client::ResultBatch>(
        1, std::vector{app::integerColumn({9}), app::textColumn({"x"}), app::textColumn({"0"})}));
    finish();
    ASSERT_TRUE(processEventsUntil([&] { return grid().rowCount() == 6; }));
    EXPECT_EQ(grid().cellText(0, 0), QStringLiteral("9"));
}

TEST_F(ResultPageTest, SumsUpWhatIsSelected) {
    showFlights();
    grid().setCurrentCell({0, 2});
    grid().setCurrentCell({4, 2}, GridSelection::Mode::kExtend);
    EXPECT_TRUE(showsSoon(QStringLiteral("Count 4   NULL 1   Sum 28.5   Average 7.125   Min -1   Max 10   Distinct 3")))
        << page().summaryText().toStdString();
    QTest::keyClick(&grid(), Qt::Key_Space, Qt::ShiftModifier);
    EXPECT_EQ(grid().selection().cellCount(), 3);
}

TEST_F(ResultPageTest, FindsAndCountsRows) {
    showFlights();
    QTest::keyClick(&grid(), Qt::Key_F, Qt::ControlModifier);
    auto* bar = panel_.findChild<FindBar*>();
    if (!bar->isVisible()) {
        bar->open();  // without an active window no shortcut fires
    }
    QTest::keyClicks(child<QLineEdit>("findField"), QStringLiteral("ca"));
    ASSERT_TRUE(processEventsUntil([&] { return bar->status() == QStringLiteral("1 of 2 rows"); }))
        << bar->status().toStdString();
    EXPECT_EQ(grid().selection().current(), (GridCell{1, 1}));
    QTest::keyClick(child<QLineEdit>("findField"), Qt::Key_Return);
    EXPECT_EQ(grid().selection().current(), (GridCell{3, 1}));
    QTest::keyClick(child<QLineEdit>("findField"), Qt::Key_Return);
    EXPECT_EQ(grid().selection().current(), (GridCell{1, 1}));
    QTest::keyClick(child<QLineEdit>("findField"), Qt::Key_Escape);
    EXPECT_FALSE(bar->isVisible());
}

TEST_F(ResultPageTest, CopiesInTheOrderShownWithoutHiddenColumns) {
    showFlights();
    grid().moveColumn(2, 0);
    grid().setColumnHidden(2, true);
    grid().setCurrentCell({0, 0});
    grid().setCurrentCell({1, 2}, GridSelection::Mode::kExtend);
    page().copyAs({app::ExportFormat::kCsv});
    EXPECT_TRUE(processEventsUntil([] {
        return QApplication::clipboard()->text() == QStringLiteral("delay,id\n10,1\n9.5,2\n");
    })) << QApplication::clipboard()->text().toStdString();
}

TEST_F(ResultPageTest, ExportsWhatIsShownToAFile) {
    showFlights();
    filter("delay is not null");
    ASSERT_TRUE(processEventsUntil([&] { return grid().rowCount() == 4; }));
    grid().setColumnHidden(1, true);
    const QTemporaryDir folder;
    const QString path = folder.filePath(QStringLiteral("flights.csv"));
    ExportDialog* dialog = askForExport();
    dialog->findChild<QLineEdit*>(QStringLiteral("exportPath"))->setText(path);
    // The first rows are shown before anything is written.
    auto* preview = dialog->findChild<QPlainTextEdit*>(QStringLiteral("exportPreview"));
    ASSERT_TRUE(processEventsUntil([&] {
        return preview->toPlainText() == QStringLiteral("id,delay\n1,10\n2,9.5\n3,-1\n5,10.0\n");
    })) << preview->toPlainText().toStdString();
    EXPECT_TRUE(processEventsUntil([&] {
        return dialog->findChild<QLabel*>(QStringLiteral("exportNote"))->text() ==
               QStringLiteral("4 rows, about 32 bytes");
    })) << dialog->findChild<QLabel*>(QStringLiteral("exportNote"))->text().toStdString();
    EXPECT_FALSE(QFile::exists(path));
    QTest::mouseClick(dialog->findChild<QPushButton*>(QStringLiteral("exportStart")), Qt::LeftButton);
    ASSERT_TRUE(processEventsUntil(
        [&] { return child<QLabel>("workLabel")->text() == QStringLiteral("Exported 4 rows to flights.csv"); }));
    EXPECT_TRUE(child<QToolButton>("openFolderButton")->isVisible());
    QFile file(path);
    ASSERT_TRUE(file.open(QIODevice::ReadOnly));
    EXPECT_EQ(file.readAll(), QByteArray("id,delay\n1,10\n2,9.5\n3,-1\n5,10.0\n"));
    page().exportTo(QStringLiteral("/proc/nowhere/flights.xlsx"), app::CellSelection::everything(grid().view()));
    EXPECT_TRUE(processEventsUntil(
        [&] { return child<QLabel>("workLabel")->text().contains(QStringLiteral("/proc/nowhere")); }));
    EXPECT_FALSE(child<QToolButton>("openFolderButton")->isVisible());
}

TEST_F(ResultPageTest, TheExportDialogKeepsFormatAndNameTogetherAndSaysWhatIsWrong) {
    showFlights();
    grid().setCurrentCell({0, 0});
    grid().setCurrentCell({1, 1}, GridSelection::Mode::kExtend);
    const QTemporaryDir folder;
    ExportDialog* dialog = askForExport();
    auto* path = dialog->findChild<QLineEdit*>(QStringLiteral("exportPath"));
    auto* format = dialog->findChild<QComboBox*>(QStringLiteral("exportFormat"));
    auto* preview = dialog->findChild<QPlainTextEdit*>(QStringLiteral("exportPreview"));
    auto* note = dialog->findChild<QLabel*>(QStringLiteral("exportNote"));
    auto* start = dialog->findChild<QPushButton*>(QStringLiteral("exportStart"));
    // What is selected is what is meant.
    EXPECT_EQ(dialog->scope(), ExportDialog::Scope::kSelection);
    path->setText(folder.filePath(QStringLiteral("a.b.json")));
    EXPECT_EQ(format->currentData().toString(), QStringLiteral("json"));
    ASSERT_TRUE(processEventsUntil([&] { return preview->toPlainText().startsWith(u'['); }));
    format->setFocus();
    format->setCurrentIndex(format->findData(QStringLiteral("parquet")));
    Q_EMIT format->activated(format->currentIndex());
    EXPECT_EQ(dialog->path(), folder.filePath(QStringLiteral("a.b.parquet")));
    ASSERT_TRUE(processEventsUntil([&] { return preview->toPlainText().contains(QStringLiteral("BIGINT")); }));
    path->setText(QStringLiteral("flights.parquet"));
    ASSERT_TRUE(processEventsUntil([&] { return preview->toPlainText().contains(QStringLiteral("BIGINT")); }));
    saveScreenshotsInBothThemes(*dialog, "export-dialog");
    QTest::mouseClick(dialog->findChild<QRadioButton*>(QStringLiteral("exportShown")), Qt::LeftButton, Qt::NoModifier,
                      QPoint(8, 8));
    EXPECT_EQ(dialog->scope(), ExportDialog::Scope::kShown);
    path->setText(folder.filePath(QStringLiteral("missing/a.csv")));
    EXPECT_TRUE(note->text().contains(QStringLiteral("There is no folder"))) << note->text().toStdString();
    EXPECT_FALSE(start->isEnabled());
    path->clear();
    EXPECT_EQ(note->text(), QStringLiteral("Name a file."));
    expectColorOfEachTheme(*note, &Theme::warning);
    path->setText(folder.path());
    EXPECT_FALSE(start->isEnabled());
    QFile there(folder.filePath(QStringLiteral("there.csv")));
    ASSERT_TRUE(there.open(QIODevice::WriteOnly));
    path->setText(there.fileName());
    EXPECT_TRUE(note->text().contains(QStringLiteral("will be replaced")));
    EXPECT_TRUE(start->isEnabled());
    QTest::keyClick(dialog, Qt::Key_Escape);
    EXPECT_EQ(there.size(), 0);
}

/// Starts statements from the thread that writes a file, and says when.
class ExportSource final : public client::StatementExecutor {
  public:
    std::unique_ptr<client::RunningQuery> execute(client::QueryRequest request,
                                                  std::shared_ptr<client::QueryObserver> observer) override {
        auto running = node.execute(std::move(request), std::move(observer));
        ++started;
        return running;
    }

    app::FakeNodeClient node{"lake"};
    std::atomic<int> started = 0;
};

TEST_F(ResultPageTest, TheWholeQueryGoesToAFileAsItComes) {
    showFlights();
    const auto source = std::make_shared<ExportSource>();
    page().setSource(source, session_.requestAgain());
    const QTemporaryDir folder;
    ExportDialog* dialog = askForExport();
    dialog->findChild<QLineEdit*>(QStringLiteral("exportPath"))
        ->setText(folder.filePath(QStringLiteral("flights.parquet")));
    dialog->findChild<QRadioButton*>(QStringLiteral("exportWhole"))->click();
    EXPECT_EQ(dialog->scope(), ExportDialog::Scope::kWholeQuery);
    dialog->findChild<QPushButton*>(QStringLiteral("exportStart"))->click();
    ASSERT_TRUE(processEventsUntil([&] { return source->started == 1; }));
    EXPECT_EQ(source->node.statement().request.sql, "select * from flights");
    source->node.statement().sendColumns({"x"});
    source->node.statement().sendRows(1, {{"one"}, {"two"}});
    auto* label = child<QLabel>("workLabel");
    EXPECT_TRUE(processEventsUntil([&] { return label->text().endsWith(QStringLiteral("… 2 rows")); }))
        << label->text().toStdString();
    EXPECT_TRUE(child<QPushButton>("cancelWork")->isVisible());
    source->node.statement().complete("SELECT 2", 2);
    ASSERT_TRUE(processEventsUntil([&] {
        return label->text() == QStringLiteral("Exported 2 rows to flights.parquet");
    })) << label->text().toStdString();
    EXPECT_TRUE(QFile::exists(folder.filePath(QStringLiteral("flights.parquet"))));

    page().exportQueryTo(folder.filePath(QStringLiteral("stopped.csv")));
    ASSERT_TRUE(processEventsUntil([&] { return source->started == 2; }));
    QTest::mouseClick(child<QPushButton>("cancelWork"), Qt::LeftButton);
    const auto stopped = source->node.statements.back();
    EXPECT_TRUE(processEventsUntil([&] { return stopped->is_destroyed.load(); }));
    EXPECT_TRUE(processEventsUntil([&] { return QDir(folder.path()).entryList(QDir::Files).size() == 1; }));
}

TEST_F(ResultPageTest, AStatementThatChangesSomethingIsNotRunAgainForAFile) {
    showFlights();
    client::QueryRequest request;
    request.sql = "with d as (delete from flights returning *) select * from d";
    const auto source = std::make_shared<ExportSource>();
    page().setSource(source, request);
    ExportDialog* dialog = askForExport();
    EXPECT_FALSE(dialog->findChild<QRadioButton*>(QStringLiteral("exportWhole"))->isEnabled());
    dialog->reject();
    page().exportQueryTo(QStringLiteral("/nowhere.csv"));
    EXPECT_EQ(source->started, 0);
}

TEST_F(ResultPageTest, EnterShowsTheCellWhole) {
    showFlights();
    grid().setCurrentCell({4, 1});
    QTest::keyClick(&grid(), Qt::Key_Return);
    CellViewer& viewer = page().viewer();
    EXPECT_TRUE(viewer.isVisible());
    ASSERT_TRUE(processEventsUntil([&] { return viewer.text() == QStringLiteral("{\"a\": [1, null]}"); }));
    EXPECT_EQ(viewer.tabs().tabText(viewer.tabs().currentIndex()), QStringLiteral("Tree"));
    EXPECT_TRUE(child<QPlainTextEdit>("cellBytes")->toPlainText().contains(QStringLiteral("7b 22 61 22")));
    grid().setCurrentCell({0, 0});
    ASSERT_TRUE(processEventsUntil([&] { return viewer.text() == QStringLiteral("1"); }));
    QTest::keyClick(&viewer, Qt::Key_Escape);
    EXPECT_FALSE(viewer.isVisible());
}

TEST_F(ResultPageTest, APictureALongTextAndBytesHaveTheirViews) {
    QImage red(8, 4, QImage::Format_RGB32);
    red.fill(Qt::red);
    QByteArray png;
    QBuffer buffer(&png);
    ASSERT_TRUE(red.save(&buffer, "PNG"));
    app::FakeStatement& statement = node_->statement();
    statement.observer->onColumns(
        {{"photo", "bytea", 17, client::ColumnEncoding::kText}, {"note", "text", 25, client::ColumnEncoding::kText}});
    std::string note;
    for (int line = 0; line < 2000; ++line) {
        note += "line " + std::to_string(line) + "\n";
    }
    statement.observer->onBatch(std::make_shared<const client::ResultBatch>(
        1, std::vector{app::textColumn({"\\x" + png.toHex().toStdString()}), app::textColumn({note})}));
    finish();
    ASSERT_TRUE(processEventsUntil([&] { return grid().rowCount() == 1; }));
    grid().setCurrentCell({0, 0});
    QTest::keyClick(&grid(), Qt::Key_Return);
    CellViewer& viewer = page().viewer();
    auto* picture = child<QLabel>("cellImage");
    ASSERT_TRUE(processEventsUntil([&] { return picture->pixmap().size() == QSize(8, 4); }));
    EXPECT_TRUE(picture->isVisible());
    EXPECT_EQ(picture->pixmap().toImage().pixelColor(2, 2), QColor(Qt::red));
    EXPECT_TRUE(child<QLabel>("cellFacts")->text().endsWith(QStringLiteral("8 × 4 pixels")));
    EXPECT_TRUE(child<QPlainTextEdit>("cellBytes")->toPlainText().contains(QLatin1String("89 50 4e 47")));
    // The next cell is a long text, all of it.
    grid().setCurrentCell({0, 1});
    ASSERT_TRUE(processEventsUntil([&] { return viewer.text().endsWith(QLatin1String("line 1999\n")); }));
    EXPECT_EQ(viewer.tabs().tabText(viewer.tabs().currentIndex()), QStringLiteral("Text"));
    EXPECT_FALSE(picture->isVisible());
}

TEST_F(ResultPageTest, AColumnsStatisticsAreInItsMenu) {
    showFlights();
    grid().setCurrentCell({0, 2});
    QTest::keyClick(&grid(), Qt::Key_Down, Qt::AltModifier);
    auto* menu = panel_.findChild<QMenu*>(QStringLiteral("columnMenu"));
    ASSERT_NE(menu, nullptr);
    const QList<QAction*> actions = menu->actions();
    const auto statistics = std::find_if(actions.begin(), actions.end(), [](const QAction* action) {
        return action->text() == QLatin1String("Statistics");
    });
    ASSERT_NE(statistics, actions.end());
    (*statistics)->trigger();
    menu->close();
    EXPECT_TRUE(processEventsUntil([&] {
        return page().summaryText().contains(
            QLatin1String("Count 4   NULL 1   Sum 28.5   Average 7.125   Min -1   Max 10   Distinct 3"));
    })) << page().summaryText().toStdString();
    EXPECT_TRUE(page().summaryText().startsWith(QLatin1String("delay"))) << page().summaryText().toStdString();
}

TEST_F(ResultPageTest, APinnedResultStaysAndCanBeCompared) {
    showFlights();
    ResultPage* pinned = &page();
    QTest::mouseClick(child<QToolButton>("pinButton"), Qt::LeftButton);
    ASSERT_EQ(panel_.tabs().count(), 3);
    run("select * from flights");
    app::FakeStatement& statement = node_->statement();
    statement.sendColumns({"state", "other"});
    statement.sendRows(2, {{"NY", "1"}, {"TX", "2"}, {std::nullopt, "3"}});
    finish();
    EXPECT_EQ(pinned->grid().rowCount(), 5);
    ASSERT_TRUE(processEventsUntil([&] { return grid().rowCount() == 3; }));
    page().compareWith(pinned->grid().view(), QStringLiteral("Result 1"));
    EXPECT_TRUE(processEventsUntil([&] {
        return child<QLabel>("workLabel")->text() ==
               QStringLiteral("1 cells differ from Result 1; only here 0 rows, only there 2 rows");
    })) << child<QLabel>("workLabel")->text().toStdString();
}

TEST_F(ResultPageTest, AStatementThatFailsInMidStreamKeepsItsRows) {
    sendFlights();
    node_->statement().failWith(Error::make(ErrorCode::kUnavailable, "node 'lake' was lost"));
    ASSERT_TRUE(processEventsUntil([&] { return session_.state() == app::QuerySession::State::kFailed; }));
    EXPECT_TRUE(grid().isVisible());
    EXPECT_EQ(grid().rowCount(), 5);
    EXPECT_TRUE(child<QLabel>("resultNote")->text().contains(QStringLiteral("node 'lake' was lost")));
}

TEST_F(ResultPageTest, HiddenColumnsAreSteppedOverAndFrozenOnesStay) {
    showFlights();
    grid().setColumnHidden(1, true);
    grid().setCurrentCell({0, 0});
    QTest::keyClick(&grid(), Qt::Key_Right);
    EXPECT_EQ(grid().selection().current().column, 2);
    grid().setColumnHidden(1, false);
    grid().freezeColumns(1);
    for (int i = 0; i < 3; ++i) {
        grid().header().resizeSection(i, 700);
    }
    grid().setCurrentCell({0, 2});
    EXPECT_GT(grid().horizontalScrollBar()->value(), 0);
    auto* frozen = grid().findChild<QWidget*>(QStringLiteral("resultGridFrozenHeader"));
    EXPECT_TRUE(frozen->isVisible());
    EXPECT_EQ(frozen->width(), grid().header().sectionSize(0));
}

TEST_F(ResultPageTest, AllColumnsHaveNamesForScreenReadersAndTheCellIsSaid) {
    showFlights();
    app::processPendingEvents();
    grid().grab();
    QTest::keyClick(&grid(), Qt::Key_Down);
    EXPECT_EQ(grid().accessibleDescription(), QStringLiteral("row 2, id: 2"));
    for (const QWidget* widget : panel_.findChildren<QLineEdit*>()) {
        EXPECT_FALSE(widget->accessibleName().isEmpty()) << widget->objectName().toStdString();
    }
    const QAbstractItemModelTester tester(&grid().header().columns());
}

TEST_F(ResultPageTest, IsDrawnAsAChartThatCanBeSaved) {
    showFlights();
    QTest::mouseClick(child<QToolButton>("chartButton"), Qt::LeftButton);
    ChartView& chart = page().chart();
    ASSERT_TRUE(processEventsUntil([&] { return chart.data().drawn_rows == 5; }));
    EXPECT_EQ(chart.spec().kind, app::ChartKind::kBar);
    EXPECT_EQ(chart.spec().x, 1);
    auto* kind = child<QComboBox>("chartKind");
    const QTemporaryDir folder;
    for (int i = 0; i < kind->count(); ++i) {
        kind->setCurrentIndex(i);
        Q_EMIT kind->activated(i);
        ASSERT_TRUE(processEventsUntil([&] { return chart.note() != QStringLiteral("Reading…"); }));
        const QString picture = folder.filePath(QStringLiteral("chart%1.png").arg(i));
        ASSERT_TRUE(chart.save(picture));
        const QImage image(picture);
        ASSERT_EQ(image.size(), QSize(1600, 900));
        int drawn = 0;
        for (int y = 0; y < image.height(); y += 4) {
            for (int x = 0; x < image.width(); x += 4) {
                drawn += image.pixelColor(x, y) != currentTheme().surface ? 1 : 0;
            }
        }
        EXPECT_GT(drawn, 200) << kind->currentText().toStdString();
    }
    const QString drawing = folder.filePath(QStringLiteral("chart.svg"));
    ASSERT_TRUE(chart.save(drawing));
    QFile file(drawing);
    ASSERT_TRUE(file.open(QIODevice::ReadOnly));
    EXPECT_TRUE(file.readAll().contains("<svg"));
    EXPECT_FALSE(chart.save(QStringLiteral("/proc/nowhere/chart.png")));
    kind->setCurrentIndex(1);
    Q_EMIT kind->activated(1);
    ASSERT_TRUE(processEventsUntil([&] { return chart.data().kind == app::ChartKind::kBar; }));
    saveScreenshotsInBothThemes(panel_, "result-chart");
}

TEST(ChartAxis, TicksAreRoundNumbersWithinTheRange) {
    EXPECT_EQ(axisTicks(0, 97, 5), (std::vector<double>{0, 20, 40, 60, 80}));
    EXPECT_EQ(axisTicks(-0.3, 0.3, 3), (std::vector<double>{-0.2, 0, 0.2}));
    EXPECT_EQ(axisTicks(5, 5, 3), std::vector<double>{5});
}

TEST_F(ResultPageTest, ItsScreensAreDrawnInBothThemes) {
    showFlights();
    page().sortBy(2, Qt::AscendingOrder);
    ASSERT_TRUE(processEventsUntil([&] { return grid().view().order != nullptr; }));
    grid().setCurrentCell({0, 2});
    grid().setCurrentCell({4, 2}, GridSelection::Mode::kExtend);
    grid().setCurrentCell({3, 1});
    QTest::keyClick(&grid(), Qt::Key_Return);
    grid().setCurrentCell({0, 2});
    grid().setCurrentCell({3, 2}, GridSelection::Mode::kExtend);
    ASSERT_TRUE(processEventsUntil([&] { return page().summaryText().startsWith(QStringLiteral("Count")); }));
    saveScreenshotsInBothThemes(panel_, "result-panel");
}

TEST_F(ResultPageTest, FiveThousandColumnsAreDrawnAtOnce) {
    constexpr std::size_t kColumns = 5000;
    std::vector<std::string> names;
    app::TextRow row;
    for (std::size_t i = 0; i < kColumns; ++i) {
        names.push_back("column " + std::to_string(i));
        row.emplace_back(std::to_string(i));
    }
    node_->statement().sendColumns(names);
    node_->statement().sendRows(kColumns, {row, row, row});
    finish();
    ASSERT_TRUE(processEventsUntil([&] { return grid().rowCount() == 3; }));
    grid().setCurrentCell({2, static_cast<int>(kColumns) - 1});
    QElapsedTimer clock;
    clock.start();
    grid().grab();
    // Of a build without optimisation on a busy machine: an O(columns) frame takes seconds.
    EXPECT_LT(clock.elapsed(), 1000);
    EXPECT_EQ(grid().cellText(2, static_cast<int>(kColumns) - 1), QStringLiteral("4999"));
}

}  // namespace
}  // namespace tessera::workbench
