// Goal: the README's picture is what a person gets, and somebody who has never seen the workbench finds how to sign in,
// a table by a word of its comment, a join of two sources, a chart, an export and why a statement is slow. Method: the
// demo mesh and one window, driven by keys and by what can be seen and clicked.

#include "app/core/testing/event_loop.h"
#include "app/workbench/catalog/catalog_panel.h"
#include "app/workbench/catalog/object_page.h"
#include "app/workbench/editor/completion_popup.h"
#include "app/workbench/editor/sql_assistant.h"
#include "app/workbench/jobs/jobs_page.h"
#include "app/workbench/plan/plan_view.h"
#include "app/workbench/results/chart_view.h"
#include "app/workbench/results/export_dialog.h"
#include "app/workbench/results/result_grid.h"
#include "app/workbench/results/result_page.h"
#include "app/workbench/results/results_panel.h"
#include "app/workbench/shell/main_window.h"
#include "app/workbench/ui/theme.h"
#include "tests/gui/signed_in.h"
#include "tests/support/temporary_agent.h"
#include "tests/support/temporary_demo.h"
#include "tests/support/temporary_identity_provider.h"

#include <gtest/gtest.h>

#include <QAbstractButton>
#include <QApplication>
#include <QClipboard>
#include <QComboBox>
#include <QDir>
#include <QFile>
#include <QLabel>
#include <QLineEdit>
#include <QListView>
#include <QListWidget>
#include <QLocale>
#include <QPlainTextEdit>
#include <QPushButton>
#include <QSignalBlocker>
#include <QTest>
#include <QTreeView>
#include <filesystem>
#include <future>
#include <memory>
#include <optional>

namespace tessera::workbench {
namespace {

using app::processEventsUntil;
using State = app::QuerySession::State;

namespace fs = std::filesystem;

/// The row named so under `parent`, when it has come. Of a node: the schema, which stands below its source.
QModelIndex rowNamed(app::CatalogModel& model, const QModelIndex& parent, const char* name) {
    QModelIndex found;
    const auto look = [&](const QModelIndex& index) {
        if (index.data().toString() == QLatin1String(name)) {
            found = index;
        }
    };
    processEventsUntil(
        [&] {
            for (int row = 0; row < model.rowCount(parent) && !found.isValid(); ++row) {
                const QModelIndex index = model.index(row, 0, parent);
                if (model.kindOf(index) != app::CatalogKind::kSource) {
                    look(index);
                    continue;
                }
                for (int below = 0; below < model.rowCount(index) && !found.isValid(); ++below) {
                    look(model.index(below, 0, index));
                }
            }
            return found.isValid();
        },
        30'000);
    return found;
}

class DemoTest : public testing::Test {
  protected:
    static void SetUpTestSuite() {
        auto started = TemporaryDemo::start();
        ASSERT_TRUE(started) << started.error().describe();
        demo = std::move(*started);
    }

    static void TearDownTestSuite() { demo.reset(); }

    void SetUp() override { ASSERT_NE(demo, nullptr); }

    void open(std::optional<fs::path> mesh_file) {
        WorkbenchOptions options;
        options.mesh_file = std::move(mesh_file);
        options.profile_directory = QString::fromStdString((profile_.path() / "profile").string());
        window_ = std::make_unique<MainWindow>(std::move(options));
        QObject::connect(window_.get(), &MainWindow::meshLoaded, window_.get(), [this](bool is_ok) {
            ++loaded_;
            is_loaded_ = is_ok;
        });
        window_->resize(1440, 900);
        window_->show();
        ASSERT_TRUE(QTest::qWaitForWindowActive(window_.get(), 60'000));
        ASSERT_TRUE(processEventsUntil([&] { return loaded_ == 1; }));
    }

    QueryTab& tab() { return *window_->currentTab(); }

    ResultPage& page() { return tab().results().page(); }

    /// The button of that text that can be seen and used; null where there is none.
    template <class Button = QAbstractButton>
    Button* button(const char* text) {
        for (Button* found : window_->findChildren<Button*>()) {
            if (found->isVisible() && found->isEnabled() && found->text() == QString::fromUtf8(text)) {
                return found;
            }
        }
        ADD_FAILURE() << "nobody finds a button \"" << text << "\"";
        return nullptr;
    }

    void click(const char* text) {
        if (QAbstractButton* found = button(text)) {
            QTest::mouseClick(found, Qt::LeftButton);
        }
    }

    /// Whether a label somewhere in the window begins so.
    bool isRead(const char* text) const {
        for (const QLabel* label : window_->findChildren<QLabel*>()) {
            if (label->isVisible() && label->text().startsWith(QString::fromUtf8(text))) {
                return true;
            }
        }
        return false;
    }

    /// The field that stands beside the label, which its label leads to; null where there is none.
    template <class Field>
    static Field* field(const QWidget& dialog, const char* label) {
        for (const QLabel* one : dialog.findChildren<QLabel*>()) {
            if (auto* found = qobject_cast<Field*>(one->buddy());
                found != nullptr && one->isVisible() && one->text() == QString::fromUtf8(label)) {
                return found;
            }
        }
        ADD_FAILURE() << "nobody finds a field \"" << label << "\"";
        return nullptr;
    }

    /// What stands beside the chosen proposal, once proposals are there.
    QString proposal() {
        const auto* popup = tab().findChild<CompletionPopup*>();
        EXPECT_TRUE(processEventsUntil([&] { return popup->isVisible(); }, 60'000)) << "nothing is proposed";
        return popup->current() != nullptr
                   ? popup->model().data(popup->model().index(popup->currentRow()), Qt::AccessibleTextRole).toString()
                   : QString();
    }

    static void press(Qt::Key key, Qt::KeyboardModifiers modifiers = {}) {
        QTest::keyClick(QApplication::focusWidget(), key, modifiers);
    }

    static void type(const char* text) { QTest::keyClicks(QApplication::focusWidget(), QLatin1String(text)); }

    void waitForRows() {
        ASSERT_TRUE(processEventsUntil([&] { return tab().session().state() == State::kSucceeded; }, 120'000))
            << tab().session().error().describe();
    }

    /// By the window's own button, in the browser as one of the provider's people.
    void signIn(const TemporaryAgent& agent, const PersonsDesktop& desktop, const std::string& login,
                const char* picture = nullptr) {
        click("Sign in…");
        std::string url;
        ASSERT_TRUE(processEventsUntil([&] { return !(url = desktop.openedPage()).empty(); }, 60'000)) << agent.log();
        if (picture != nullptr) {
            saveScreenshot(picture);
        }
        const auto browsed = std::async(std::launch::async, [&] { return browse(url, login); });
        ASSERT_TRUE(processEventsUntil([&] { return loaded_ == 2; }, 60'000)) << agent.log();
        ASSERT_TRUE(is_loaded_);
        const QString shown = window_->findChild<QLabel*>(QStringLiteral("identityLabel"))->text();
        EXPECT_TRUE(shown.contains(QString::fromStdString(login))) << shown.toStdString();
    }

    void saveScreenshot(const char* name) {
        app::processPendingEvents();
        ASSERT_TRUE(QDir().mkpath(QStringLiteral(TESSERA_SCREENSHOT_DIR)));
        EXPECT_TRUE(window_->grab().save(QStringLiteral(TESSERA_SCREENSHOT_DIR "/%1.png").arg(QLatin1String(name))));
    }

    static inline std::unique_ptr<TemporaryDemo> demo;
    const TemporaryDirectory profile_;
    std::unique_ptr<MainWindow> window_;
    int loaded_ = 0;
    bool is_loaded_ = false;
};

TEST_F(DemoTest, TheFederatedQueryShowsItsRowsInTheWorkbench) {
    open(demo->meshFile());
    ASSERT_TRUE(is_loaded_);

    // What the query reads stands in the tree.
    app::CatalogModel& model = window_->catalog().model();
    const QModelIndex mesh = model.index(0, 0);
    for (const auto& [node, schema] : {std::pair("operations", "geography"), std::pair("lake", "lake")}) {
        const QModelIndex node_row = rowNamed(model, mesh, node);
        ASSERT_TRUE(node_row.isValid()) << node;
        window_->catalog().tree().expand(node_row);
        const QModelIndex schema_row = rowNamed(model, node_row, schema);
        ASSERT_TRUE(schema_row.isValid()) << schema;
        window_->catalog().tree().expand(schema_row);
        ASSERT_TRUE(rowNamed(model, schema_row, node == std::string("lake") ? "flights" : "airports").isValid());
    }

    QApplication::clipboard()->setText(QString::fromStdString(readFile(demoQueries().front())));
    tab().editor().setFocus();
    press(Qt::Key_V, Qt::ControlModifier);
    press(Qt::Key_Return, Qt::ControlModifier);
    waitForRows();

    ResultGrid& grid = tab().results().grid();
    EXPECT_EQ(grid.rowCount(), 15);
    ASSERT_EQ(grid.columnCount(), 8);
    QStringList first;
    for (int column = 0; column < grid.columnCount(); ++column) {
        first += grid.cellText(0, column);
    }
    EXPECT_EQ(first.join(u'|').toStdString(), "JFK|New York|New York|31270|12.3|2.9|391|6370278");
    saveScreenshot("federated-query");
}

TEST_F(DemoTest, TheJobsAreSeenWithTheirFirstRuns) {
    open(demo->meshFile());
    ASSERT_TRUE(is_loaded_);
    QTest::keyClick(window_.get(), Qt::Key_J, Qt::ControlModifier | Qt::ShiftModifier);
    JobsPage* jobs = window_->jobsPage();
    ASSERT_NE(jobs, nullptr);
    const auto cell = [&](const char* table, int row, int column) {
        return jobs->findChild<QTreeView*>(QLatin1String(table))->model()->index(row, column).data().toString();
    };
    const auto has_succeeded = [&](int row) {
        return cell("jobsTable", row, app::JobListModel::kLastRun).startsWith(QLatin1String("succeeded"));
    };
    ASSERT_TRUE(processEventsUntil([&] { return has_succeeded(0) && has_succeeded(1); }, 60'000));
    EXPECT_EQ(cell("jobsTable", 0, app::JobListModel::kName), QStringLiteral("nightly-delays"));
    EXPECT_EQ(cell("jobsTable", 0, app::JobListModel::kOwner), QStringLiteral("ann@example.org"));
    EXPECT_EQ(cell("jobsTable", 1, app::JobListModel::kName), QStringLiteral("weather-archive"));
    ASSERT_TRUE(
        processEventsUntil([&] { return cell("stepsTable", 2, app::JobStepsModel::kStep) == QLatin1String("note"); }));
    saveScreenshot("demo-jobs");
}

/// Node `archive` has the routes from node `operations`, which has them from node `lake`.
TEST_F(DemoTest, WhoSignsInSeesTheirRowsOfATableTwoNodesAway) {
    const TemporaryAgent agent(readFile(demo->folder() / "profiles.yaml"), "");
    const PersonsDesktop desktop(agent);
    open({});
    ASSERT_NO_FATAL_FAILURE(signIn(agent, desktop, "sam"));
    app::CatalogModel& model = window_->catalog().model();
    const QModelIndex node = rowNamed(model, model.index(0, 0), "archive");
    ASSERT_TRUE(node.isValid());
    window_->catalog().tree().expand(node);
    const QModelIndex schema = rowNamed(model, node, "lake");
    ASSERT_TRUE(schema.isValid());
    window_->catalog().tree().expand(schema);
    ASSERT_TRUE(rowNamed(model, schema, "routes").isValid());
    tab().setNodeName(QStringLiteral("archive"));
    tab().editor().insert(QStringLiteral("SELECT origin, count(*), tessera.user_id() FROM lake.routes GROUP BY 1"));
    click("Run");
    waitForRows();
    ResultGrid& grid = tab().results().grid();
    ASSERT_EQ(grid.rowCount(), 1);
    EXPECT_EQ(grid.cellText(0, 0), QStringLiteral("SEA"));
    EXPECT_EQ(grid.cellText(0, 2), QStringLiteral("sam"));
    saveScreenshot("two-nodes-away");
}

TEST_F(DemoTest, ANewcomerFindsTheWayFromSigningInToWhyAQueryIsSlow) {
    const TemporaryAgent agent(readFile(demo->folder() / "profiles.yaml"), "");
    const PersonsDesktop desktop(agent);
    open({});
    ASSERT_FALSE(is_loaded_) << "there is a mesh already";

    // The only thing to be done is to sign in, which the browser asks for.
    saveScreenshot("newcomer-1-start");
    ASSERT_NO_FATAL_FAILURE(signIn(agent, desktop, "ann", "newcomer-2-sign-in"));

    // A table by a word of its comment: what is empty says how.
    saveScreenshot("newcomer-3-empty");
    click("Find a table…");
    type("planes");
    auto* list = window_->findChild<QListView*>(QStringLiteral("paletteList"));
    ASSERT_TRUE(processEventsUntil([&] { return list->currentIndex().data().toString() == QLatin1String("airports"); },
                                   60'000));
    // Two nodes have it.
    const auto of_operations = [&] {
        return list->currentIndex().data(Qt::AccessibleTextRole).toString().contains(QLatin1String("operations"));
    };
    ASSERT_TRUE(processEventsUntil(
        [&] {
            if (!of_operations()) {
                press(Qt::Key_Down);
            }
            return of_operations();
        },
        60'000));
    ASSERT_EQ(list->currentIndex().data().toString(), QLatin1String("airports"));
    saveScreenshot("newcomer-4-found");
    press(Qt::Key_Return);
    const auto* table = qobject_cast<ObjectPage*>(window_->tabs().currentWidget());
    ASSERT_NE(table, nullptr);
    ASSERT_TRUE(processEventsUntil([&] { return table->facts() != nullptr; }, 60'000));
    EXPECT_TRUE(table->facts()->comment.contains(QStringLiteral("Where planes land")));
    saveScreenshot("newcomer-5-table");
    click("Query");
    EXPECT_TRUE(tab().editor().text().contains(QStringLiteral("FROM geography.airports")));
    EXPECT_EQ(tab().nodeName(), QStringLiteral("operations"));

    // Two sources: a Parquet file at one node, a database at another. They have no keys in common; what joins them is
    // proposed, and so are both tables.
    ASSERT_TRUE(processEventsUntil([&] { return tab().assistant().hasNames(); }, 60'000));
    press(Qt::Key_A, Qt::ControlModifier);
    type("select state, count(*) as flights, round(avg(delay), 1) as delay from fligh");
    EXPECT_TRUE(proposal().startsWith(QStringLiteral("flights, foreign table")));
    press(Qt::Key_Tab);
    type(" f join airp");
    EXPECT_TRUE(proposal().startsWith(QStringLiteral("airports, join by what a column's comment says")))
        << proposal().toStdString();
    press(Qt::Key_Tab);
    type(" group by state order by delay desc limit 20");
    press(Qt::Key_Escape);
    EXPECT_TRUE(tab().editor().text().contains(
        QStringLiteral("from lake.flights f join geography.airports a ON a.iata = f.origin")))
        << tab().editor().text().toStdString();
    click("Run");
    waitForRows();
    EXPECT_EQ(tab().results().grid().rowCount(), 20);
    saveScreenshot("newcomer-6-joined");

    click("Chart");
    ASSERT_TRUE(processEventsUntil([&] { return page().chart().data().drawn_rows > 0; }));
    EXPECT_TRUE(page().chart().isVisible());
    saveScreenshot("newcomer-7-chart");

    click("Export…");
    auto* dialog = window_->findChild<ExportDialog*>();
    ASSERT_NE(dialog, nullptr);
    auto* format = field<QComboBox>(*dialog, "Format");
    ASSERT_NE(format, nullptr);
    format->setFocus();
    QTest::keyClicks(format, QStringLiteral("Par"));
    EXPECT_TRUE(format->currentText().startsWith(QStringLiteral("Parquet")));
    const QString file = QString::fromStdString((profile_.path() / "delays.parquet").string());
    auto* path = field<QLineEdit>(*dialog, "File");
    ASSERT_NE(path, nullptr);
    path->selectAll();
    QTest::keyClicks(path, file);
    const auto* preview = dialog->findChild<QPlainTextEdit*>();
    ASSERT_TRUE(processEventsUntil([&] { return preview->toPlainText().contains(QStringLiteral("BIGINT")); }));
    {
        // The picture is of a person's folder; the file goes where this test may write.
        const QSignalBlocker unnoticed(path);
        path->setText(QStringLiteral("/home/ann/delays.parquet"));
        EXPECT_TRUE(dialog->grab().save(QStringLiteral(TESSERA_SCREENSHOT_DIR "/newcomer-8-export.png")));
        path->setText(file);
    }
    for (const QPushButton* one : dialog->findChildren<QPushButton*>()) {
        EXPECT_TRUE(one->icon().isNull()) << "the platform's own icons look like no other of ours";
    }
    click("Export");
    ASSERT_TRUE(processEventsUntil([&] { return isRead("Exported 20 rows to delays.parquet"); }, 60'000));
    QFile written(file);
    ASSERT_TRUE(written.open(QIODevice::ReadOnly));
    EXPECT_EQ(written.read(4), QByteArray("PAR1"));

    // By a word for it: the field that finds tables says how it finds what can be done.
    press(Qt::Key_P, Qt::ControlModifier);
    type(">slow");
    ASSERT_TRUE(processEventsUntil(
        [&] { return list->currentIndex().data().toString() == QLatin1String("Run and show the measured plan"); },
        60'000))
        << list->currentIndex().data().toString().toStdString();
    press(Qt::Key_Return);
    waitForRows();
    ASSERT_TRUE(processEventsUntil([&] { return isRead("Where the time went: "); }, 60'000));
    EXPECT_TRUE(isRead("What could be done"));
    const PlanView* plan = tab().results().plan();
    ASSERT_NE(plan, nullptr);
    // The advice is about what took the time: a sentence, and the part that it is about is on the slowest path.
    auto* advice = plan->findChild<QListWidget*>();
    ASSERT_GT(advice->count(), 0);
    EXPECT_NE(advice->item(0)->flags(), Qt::NoItemFlags) << advice->item(0)->text().toStdString();
    EXPECT_TRUE(advice->item(0)->text().endsWith(u'.')) << advice->item(0)->text().toStdString();
    saveScreenshot("newcomer-9-why");
}

}  // namespace
}  // namespace tessera::workbench

int main(int argc, char** argv) {
    testing::InitGoogleTest(&argc, argv);
    QLocale::setDefault(QLocale(QLocale::English, QLocale::UnitedStates));
    QApplication application(argc, argv);
    QApplication::setCursorFlashTime(0);
    tessera::workbench::applyTheme(application, tessera::workbench::ThemeName::kLight);
    return RUN_ALL_TESTS();
}
