// SPDX-License-Identifier: GPL-3.0-or-later
// Goal: the page of the jobs as a person uses it, by keys and clicks: the jobs, a job's runs, a run's steps and its log
// as it grows; running, cancelling, pausing; what it says where there is nothing. Method: the whole window over fakes.
#include "app/workbench/jobs/jobs_page.h"

#include "app/core/testing/fake_agent.h"
#include "app/workbench/jobs/step_chart_view.h"
#include "app/workbench/testing/window_fixture.h"
#include "app/workbench/ui/empty_state.h"

#include <QDateEdit>
#include <QDateTime>
#include <QDesktopServices>
#include <QDialog>
#include <QLabel>
#include <QLineEdit>
#include <QMessageBox>
#include <QPlainTextEdit>
#include <QPushButton>
#include <QSpinBox>
#include <QTabBar>
#include <QTabWidget>
#include <QTreeView>
#include <QUrl>

namespace tessera::workbench {
namespace {

client::JobRun makeRun(std::int64_t id, const char* job, const char* state, std::int64_t started_ms,
                       std::int64_t took_ms) {
    client::JobRun run;
    run.id = id;
    run.job = job;
    run.cause = "time";
    run.state = state;
    run.node = "lake";
    run.created_ms = run.started_ms = started_ms;
    run.ended_ms = took_ms == 0 ? 0 : started_ms + took_ms;
    return run;
}

client::JobStepRun makeStep(const char* name, const char* kind, const char* state, std::int64_t started_ms,
                            std::int64_t took_ms, std::int64_t rows) {
    client::JobStepRun step;
    step.name = name;
    step.kind = kind;
    step.state = state;
    step.started_ms = started_ms;
    step.ended_ms = took_ms == 0 ? 0 : started_ms + took_ms;
    step.rows = rows;
    step.attempt = 1;
    return step;
}

class JobsPageTest : public MainWindowTest {
  protected:
    void SetUp() override {
        MainWindowTest::SetUp();
        window_->resize(1360, 860);
    }

    void putSample() {
        const std::int64_t now = QDateTime::currentMSecsSinceEpoch();
        jobs_->with([&](app::FakeJobsClient::Content& content) {
            client::JobInfo nightly;
            nightly.name = "nightly-export";
            nightly.owner = "anna@example.org";
            nightly.triggers = {"at 02:30 on weekdays (Europe/Berlin)"};
            nightly.next_ms = now + 36'000'000;
            nightly.active_runs = 1;
            client::JobInfo copy;
            copy.name = "copy-orders";
            copy.owner = "etl";
            copy.triggers = {"every 15 minutes", "after nightly-export"};
            copy.is_paused = true;
            client::JobInfo broken;
            broken.name = "refresh-totals";
            broken.owner = "etl";
            broken.problem = "its definition is of a later version";
            content.runs = {makeRun(42, "nightly-export", "running", now - 65'000, 0),
                            makeRun(41, "copy-orders", "failed", now - 90'000'000, 12'400),
                            makeRun(40, "nightly-export", "succeeded", now - 86'400'000, 95'000)};
            content.runs[1].error = "step 'orders' failed: relation \"orders\" does not exist";
            nightly.last_run = content.runs[0];
            copy.last_run = content.runs[1];
            content.jobs = {copy, nightly, broken};
            content.steps[42] = {makeStep("clean", "sql", "succeeded", now - 64'000, 4'000, 1200),
                                 makeStep("orders", "export", "running", now - 60'000, 0, 1'520'000),
                                 makeStep("notify", "http", "pending", 0, 0, 0)};
            content.steps[41] = {makeStep("orders", "copy", "failed", now - 90'000'000, 12'000, 0)};
            content.logs[42] = {{1, now - 65'000, "", 0, "started on lake"},
                                {2, now - 60'000, "clean", 1, "1,200 rows deleted"},
                                {3, now - 58'000, "orders", 1, "writing /data/orders/2026-11-22"}};
        });
    }

    void open() {
        QTest::keyClick(window_.get(), Qt::Key_J, Qt::ControlModifier | Qt::ShiftModifier);
        ASSERT_NE(window_->jobsPage(), nullptr);
    }

    JobsPage& page() { return *window_->jobsPage(); }

    template <class T>
    T* find(const char* name) {
        return page().findChild<T*>(QLatin1String(name));
    }

    int rows(const char* table) { return find<QTreeView>(table)->model()->rowCount(); }

    QString cell(const char* table, int row, int column) {
        return find<QTreeView>(table)->model()->index(row, column).data().toString();
    }

    void openSample() {
        putSample();
        open();
        ASSERT_TRUE(processEventsUntil([&] { return rows("jobsTable") == 3; }));
    }

    /// Presses a button and waits until the node did what it asked for.
    void press(const char* button, const char* expected) {
        ASSERT_TRUE(processEventsUntil([&] { return find<QPushButton>(button)->isEnabled(); }));
        QTest::mouseClick(find<QPushButton>(button), Qt::LeftButton);
        ASSERT_TRUE(processEventsUntil([&] { return !page().watch().isActing(); }));
        ASSERT_FALSE(jobs_->done().empty());
        EXPECT_EQ(jobs_->done().back(), expected);
    }

    /// By the keys, as a person goes through the list.
    void chooseNightly() {
        QTest::keyClick(&page().list(), Qt::Key_Down);
        ASSERT_TRUE(processEventsUntil([&] { return rows("stepsTable") == 3; }));
    }
};

TEST_F(JobsPageTest, ShowsJobsTheirRunsStepsAndALogThatGrows) {
    openSample();
    EXPECT_TRUE(page().list().hasFocus());
    // The first is chosen, with its newest run and why that failed.
    ASSERT_TRUE(processEventsUntil([&] { return find<QLabel>("runProblem")->isVisible(); }));
    EXPECT_EQ(cell("jobsTable", 0, app::JobListModel::kState), QStringLiteral("paused"));
    EXPECT_TRUE(find<QLabel>("runProblem")->text().contains(QLatin1String("does not exist")));
    chooseNightly();
    EXPECT_EQ(rows("runsTable"), 2);
    EXPECT_FALSE(find<QLabel>("runProblem")->isVisible());
    EXPECT_EQ(cell("stepsTable", 1, app::JobStepsModel::kState), QStringLiteral("running"));
    auto* log = find<QPlainTextEdit>("runLog");
    ASSERT_TRUE(processEventsUntil([&] { return log->toPlainText().contains(QLatin1String("writing /data")); }));
    saveScreenshots("jobs");
    jobs_->with([](app::FakeJobsClient::Content& content) {
        content.logs[42].push_back({4, 0, "orders", 1, "all is written"});
    });
    ASSERT_TRUE(processEventsUntil([&] { return log->toPlainText().contains(QLatin1String("all is written")); }));
    EXPECT_EQ(log->blockCount(), 4);
    // Back to an older run.
    find<QTreeView>("runsTable")->setFocus();
    QTest::keyClick(find<QTreeView>("runsTable"), Qt::Key_Down);
    ASSERT_TRUE(
        processEventsUntil([&] { return find<QLabel>("runTitle")->text().startsWith(QLatin1String("Run 40")); }));
    EXPECT_TRUE(log->toPlainText().isEmpty());
}

TEST_F(JobsPageTest, JobsAreRunPausedAndRunsCancelled) {
    openSample();
    press("pauseJobButton", "resume copy-orders");
    ASSERT_TRUE(
        processEventsUntil([&] { return find<QPushButton>("pauseJobButton")->text() == QLatin1String("Pause"); }));
    press("runAgainButton", "again 41");
    chooseNightly();
    EXPECT_FALSE(find<QPushButton>("runAgainButton")->isEnabled());
    press("cancelRunButton", "cancel 42");
    EXPECT_EQ(find<QLabel>("jobsNote")->text(), QStringLiteral("Run 42 is being cancelled."));
    press("runJobButton", "start nightly-export");
    // The new run is the chosen one.
    ASSERT_TRUE(
        processEventsUntil([&] { return find<QLabel>("runTitle")->text().startsWith(QLatin1String("Run 43")); }));
    EXPECT_EQ(rows("runsTable"), 3);
    // What a node refuses is said, and the page stays.
    jobs_->with([](app::FakeJobsClient::Content& content) {
        content.action_error = fail(ErrorCode::kPermissionDenied, "you may not run jobs here");
    });
    press("runJobButton", "start nightly-export");
    EXPECT_EQ(find<QLabel>("jobsNote")->text(), QStringLiteral("you may not run jobs here"));
    // What cannot be read cannot be run.
    QTest::keyClick(&page().list(), Qt::Key_End);
    ASSERT_TRUE(processEventsUntil([&] { return !find<QPushButton>("runJobButton")->isEnabled(); }));
}

TEST_F(JobsPageTest, ParametersAreAskedForAndCheckedBeforeARun) {
    jobs_->with([](app::FakeJobsClient::Content& content) {
        content.files["copy-orders"] =
            "job: copy-orders\nowner: etl\nparameters:\n"
            "  - {name: day, type: date, default: '${run.date}', documentation: Which day's orders are copied}\n"
            "  - {name: shop, type: integer}\n  - {name: all, type: boolean, default: 'false'}\n"
            "steps: [{name: a, sql: 'SELECT ${day}, ${shop}, ${all}'}]\n";
    });
    openSample();
    ASSERT_TRUE(processEventsUntil([&] { return find<QPushButton>("runJobButton")->isEnabled(); }));
    EXPECT_FALSE(find<QPushButton>("backfillJobButton")->isEnabled()) << "it has no times of its own";
    QTest::mouseClick(find<QPushButton>("runJobButton"), Qt::LeftButton);
    auto* dialog = find<QDialog>("runDialog");
    ASSERT_NE(dialog, nullptr);
    auto* shop = dialog->findChild<QLineEdit*>(QStringLiteral("parameter_shop"));
    auto* problem = dialog->findChild<QLabel*>(QStringLiteral("parameterProblem_shop"));
    auto* start = dialog->findChild<QPushButton*>(QStringLiteral("runDialogStart"));
    EXPECT_EQ(dialog->findChild<QLineEdit*>(QStringLiteral("parameter_day"))->placeholderText(),
              QStringLiteral("the day of the run"));
    EXPECT_FALSE(problem->isVisible());
    QTest::mouseClick(start, Qt::LeftButton);
    EXPECT_EQ(problem->text(), QStringLiteral("It needs a value."));
    QTest::keyClicks(shop, QStringLiteral("many"));
    EXPECT_EQ(problem->text(), QStringLiteral("Write a whole number, like 42."));
    saveScreenshotsInBothThemes(*dialog, "job-run-parameters");
    QTest::mouseClick(start, Qt::LeftButton);
    EXPECT_TRUE(dialog->isVisible()) << "nothing is started with it";
    shop->setFocus();
    shop->selectAll();
    QTest::keyClicks(shop, QStringLiteral("7"));
    EXPECT_FALSE(problem->isVisible());
    QTest::keyClick(shop, Qt::Key_Return);
    ASSERT_TRUE(processEventsUntil([&] { return !page().watch().isActing() && !jobs_->done().empty(); }));
    EXPECT_EQ(jobs_->done().back(), "start copy-orders shop=7");
}

TEST_F(JobsPageTest, TimesOfARangeOfDaysAreMadeUpFor) {
    jobs_->with([](app::FakeJobsClient::Content& content) {
        content.files["copy-orders"] =
            "job: copy-orders\nowner: etl\ntriggers: [{after: x}, {cron: '30 2 * * *', zone: Europe/Berlin}]\n"
            "steps: [{name: a, sql: SELECT 1}]\n";
    });
    openSample();
    ASSERT_TRUE(processEventsUntil([&] { return find<QPushButton>("backfillJobButton")->isEnabled(); }));
    QTest::mouseClick(find<QPushButton>("backfillJobButton"), Qt::LeftButton);
    auto* dialog = find<QDialog>("runDialog");
    ASSERT_NE(dialog, nullptr);
    const auto day = [&](const char* name) { return dialog->findChild<QDateEdit*>(QLatin1String(name)); };
    auto* times = dialog->findChild<QLabel*>(QStringLiteral("backfillTimes"));
    auto* start = dialog->findChild<QPushButton*>(QStringLiteral("runDialogStart"));
    // Over the night in which clocks are set forward, from 2 to 3.
    day("backfillFirst")->setDate(QDate(2026, 3, 28));
    day("backfillLast")->setDate(QDate(2026, 3, 30));
    EXPECT_TRUE(times->text().startsWith(QLatin1String("3 times, "))) << times->text().toStdString();
    saveScreenshotsInBothThemes(*dialog, "job-backfill");
    day("backfillLast")->setDate(QDate(2026, 3, 27));
    EXPECT_FALSE(start->isEnabled());
    day("backfillLast")->setDate(QDate(2036, 3, 30));
    EXPECT_TRUE(times->text().startsWith(QLatin1String("More than 1000 times"))) << times->text().toStdString();
    EXPECT_FALSE(start->isEnabled());
    day("backfillLast")->setDate(QDate(2026, 3, 30));
    QTest::mouseClick(start, Qt::LeftButton);
    ASSERT_TRUE(processEventsUntil([&] { return !page().watch().isActing() && !jobs_->done().empty(); }));
    // From 28 March 00:00 +01 to 31 March 00:00 +02.
    EXPECT_EQ(jobs_->done().back(), "backfill copy-orders 1 1774652400000 1774908000000");
    EXPECT_EQ(find<QLabel>("jobsNote")->text(), QStringLiteral("3 runs of copy-orders are to come."));
}

/// Keeps the addresses that are to be opened, in place of a browser.
class Browser : public QObject {
    Q_OBJECT

  public:
    Browser() { QDesktopServices::setUrlHandler(QStringLiteral("https"), this, "open"); }

    ~Browser() override { QDesktopServices::unsetUrlHandler(QStringLiteral("https")); }

    QStringList opened;

  public Q_SLOTS:

    void open(const QUrl& url) { opened += url.toString(); }
};

class JobGrantTest : public JobsPageTest {
  protected:
    app::AgentConnector agentConnector() override { return app::FakeAgentClient::connector(agent_); }

    QString identity() { return find<QLabel>("jobIdentity")->text(); }

    void chooseAnnasJob() {
        openSample();
        chooseNightly();
        ASSERT_TRUE(processEventsUntil([&] { return identity().contains(QLatin1String("anna@example.org")); }));
    }

    std::shared_ptr<app::FakeAgent> agent_ = app::annsAgent();
};

TEST_F(JobGrantTest, AJobRunsAsItsOwnerByAGrantThatIsGivenAndEnded) {
    openSample();
    // A service user's needs none.
    EXPECT_TRUE(processEventsUntil([&] { return identity() == QLatin1String("Runs as the service user etl."); }));
    EXPECT_FALSE(find<QPushButton>("grantJobButton")->isVisible());
    chooseNightly();
    EXPECT_TRUE(identity().contains(QLatin1String("anna@example.org, who has not let it"))) << identity().toStdString();
    EXPECT_FALSE(find<QPushButton>("revokeGrantButton")->isVisible());
    saveScreenshots("job-without-grant");

    Browser browser;
    QTest::mouseClick(find<QPushButton>("grantJobButton"), Qt::LeftButton);
    auto* dialog = find<QDialog>("grantDialog");
    ASSERT_NE(dialog, nullptr);
    const auto* note = dialog->findChild<QLabel*>(QStringLiteral("grantNote"));
    ASSERT_TRUE(processEventsUntil([&] { return note->text() == QLatin1String("The node allows 90 days at most."); }));
    saveScreenshotsInBothThemes(*dialog, "job-grant");
    const auto* copy = dialog->findChild<QPushButton*>(QStringLiteral("grantCopy"));
    EXPECT_FALSE(copy->isEnabled()) << "there is no page yet";
    dialog->findChild<QSpinBox*>(QStringLiteral("grantDays"))->setValue(60);
    QTest::keyClick(dialog, Qt::Key_Return);
    ASSERT_TRUE(processEventsUntil([&] { return !browser.opened.isEmpty(); }));
    EXPECT_EQ(browser.opened, QStringList{QStringLiteral("https://login.example.org/once-more")});
    EXPECT_TRUE(copy->isEnabled());
    saveScreenshotsInBothThemes(*dialog, "job-grant-browser");
    const std::int64_t until = QDateTime::currentMSecsSinceEpoch() + 60LL * 86'400'000;
    jobs_->with([&](app::FakeJobsClient::Content& content) {
        content.grants = {{"nightly-export", "anna@example.org", "analyst", 1, until, 0, ""}};
    });
    agent_->with([&](app::FakeAgent& agent) {
        ASSERT_TRUE(agent.wish);
        EXPECT_EQ(agent.wish->profile, "demo");
        EXPECT_EQ(agent.wish->job, "nightly-export");
        EXPECT_EQ(agent.wish->days, 60);
        agent.granted = client::JobGranted{"nightly-export", "anna@example.org", until};
    });
    ASSERT_TRUE(processEventsUntil([&] { return find<QDialog>("grantDialog") == nullptr; }));
    EXPECT_TRUE(
        find<QLabel>("jobsNote")->text().startsWith(QLatin1String("nightly-export runs as anna@example.org until ")));
    ASSERT_TRUE(processEventsUntil([&] { return identity().contains(QLatin1String("by a grant until")); }));
    EXPECT_TRUE(identity().endsWith(QLatin1String("not used yet.")));
    saveScreenshots("job-granted");

    // It ends when that was said twice.
    QTest::mouseClick(find<QPushButton>("revokeGrantButton"), Qt::LeftButton);
    auto* box = find<QMessageBox>("revokeGrantBox");
    ASSERT_NE(box, nullptr);
    for (QAbstractButton* button : box->buttons()) {
        if (button->text() == QLatin1String("End the grant")) {
            button->click();
            break;
        }
    }
    ASSERT_TRUE(processEventsUntil([&] { return identity().contains(QLatin1String("has not let it")); }));
    EXPECT_EQ(jobs_->done().back(), "revoke nightly-export");
    EXPECT_EQ(find<QLabel>("jobsNote")->text(), QStringLiteral("nightly-export no longer runs as its owner."));
}

TEST_F(JobGrantTest, SaysWhatIsInTheWayOfAGrantAndWhyOneEnded) {
    jobs_->with([](app::FakeJobsClient::Content& content) {
        content.grants = {{"nightly-export", "anna@example.org", "analyst", 1, 2'000, 0, "the job was changed"}};
        content.grant_refused =
            fail(ErrorCode::kPermissionDenied, "only anna@example.org may let this job run as them");
    });
    chooseAnnasJob();
    EXPECT_EQ(identity(),
              QStringLiteral("The grant of anna@example.org has ended: the job was changed. Runs fail until "
                             "there is another."));
    Browser browser;
    QTest::mouseClick(find<QPushButton>("grantJobButton"), Qt::LeftButton);
    auto* dialog = find<QDialog>("grantDialog");
    ASSERT_NE(dialog, nullptr);
    const auto* note = dialog->findChild<QLabel*>(QStringLiteral("grantNote"));
    const auto* start = dialog->findChild<QPushButton*>(QStringLiteral("grantStart"));
    const auto tries = [&](const char* answer) {
        QTest::keyClick(dialog, Qt::Key_Return);
        return processEventsUntil([&] { return start->isEnabled() && note->text().startsWith(QLatin1String(answer)); });
    };
    // Before anything was done in it.
    EXPECT_TRUE(processEventsUntil([&] { return note->text().startsWith(QLatin1String("only anna@example.org")); }));
    EXPECT_TRUE(tries("only anna@example.org")) << note->text().toStdString();
    saveScreenshotsInBothThemes(*dialog, "job-grant-refused");
    // The agent serves another mesh: its profile is not used for this one.
    jobs_->with([](app::FakeJobsClient::Content& content) { content.grant_refused.reset(); });
    agent_->with([](app::FakeAgent& agent) { agent.status.profiles[0].name = "elsewhere"; });
    EXPECT_TRUE(tries("only somebody who signs in")) << note->text().toStdString();
    EXPECT_TRUE(browser.opened.isEmpty());
    // Whoever closes the window gives the sign-in up.
    agent_->with([](app::FakeAgent& agent) { agent.status.profiles[0].name = "demo"; });
    QTest::keyClick(dialog, Qt::Key_Return);
    ASSERT_TRUE(processEventsUntil([&] { return !browser.opened.isEmpty(); }));
    QTest::keyClick(dialog, Qt::Key_Escape);
    EXPECT_TRUE(processEventsUntil([&] { return find<QDialog>("grantDialog") == nullptr; }));
    agent_->with([](const app::FakeAgent& agent) { EXPECT_TRUE(agent.is_given_up); });
}

TEST_F(JobGrantTest, TheNodesLimitIsKnownBeforeAnybodySignsIn) {
    jobs_->with([](app::FakeJobsClient::Content& content) { content.most_grant_days = 20; });
    chooseAnnasJob();
    Browser browser;
    QTest::mouseClick(find<QPushButton>("grantJobButton"), Qt::LeftButton);
    auto* dialog = find<QDialog>("grantDialog");
    ASSERT_NE(dialog, nullptr);
    const auto* note = dialog->findChild<QLabel*>(QStringLiteral("grantNote"));
    auto* days = dialog->findChild<QSpinBox*>(QStringLiteral("grantDays"));
    ASSERT_TRUE(processEventsUntil([&] { return note->text().contains(QLatin1String("20 days")); }));
    EXPECT_EQ(days->value(), 20) << "less than the month that is proposed elsewhere";
    days->setValue(400);
    EXPECT_EQ(days->value(), 20);
    // Another node, or this one started anew, allows less.
    jobs_->with([](app::FakeJobsClient::Content& content) { content.most_grant_days = 10; });
    QTest::keyClick(dialog, Qt::Key_Return);
    EXPECT_TRUE(processEventsUntil([&] {
        return note->text().startsWith(QLatin1String("a grant is for 1 to 10 days"));
    })) << note->text().toStdString();
    EXPECT_TRUE(browser.opened.isEmpty());
    EXPECT_TRUE(days->isEnabled()) << "it can be changed and tried again";
}

TEST_F(JobsPageTest, ARunsStepsAreSeenOverTimeAndDoneAgainFromOneOn) {
    openSample();
    jobs_->with([](app::FakeJobsClient::Content& content) {
        const std::int64_t from = content.runs[2].started_ms;
        content.steps[40] = {makeStep("clean", "sql", "succeeded", from + 500, 4'000, 1200),
                             makeStep("orders", "export", "succeeded", from + 40'000, 50'000, 1'520'000),
                             makeStep("prices", "export", "failed", from + 6'000, 20'000, 0)};
        content.steps[40][1].after = content.steps[40][2].after = {"clean"};
        content.steps[40][1].attempt = 3;
    });
    chooseNightly();
    find<QTreeView>("runsTable")->setFocus();
    QTest::keyClick(find<QTreeView>("runsTable"), Qt::Key_Down);
    auto* chart = page().findChild<StepChartView*>();
    ASSERT_TRUE(
        processEventsUntil([&] { return chart->chart().bars.size() == 3 && chart->chart().bars[1].attempts == 3; }));
    find<QTabWidget>("runTabs")->setCurrentIndex(1);
    EXPECT_FALSE(find<QPushButton>("runFromHereButton")->isEnabled());
    QTest::keyClick(chart, Qt::Key_Down);
    QTest::keyClick(chart, Qt::Key_Down);
    EXPECT_EQ(chart->chosen(), QStringLiteral("orders"));
    saveScreenshots("job-run-over-time");
    press("runFromHereButton", "again 40 from orders");
    EXPECT_EQ(find<QLabel>("jobsNote")->text(), QStringLiteral("Run 40 goes on from orders."));
}

TEST_F(JobsPageTest, ACalendarShowsDaysAndLeadsToTheirRuns) {
    putSample();
    jobs_->with([](app::FakeJobsClient::Content& content) {
        const std::int64_t now = QDateTime::currentMSecsSinceEpoch();
        constexpr std::int64_t kDay = 86'400'000;
        const char* states[] = {"succeeded", "succeeded", "failed", "succeeded", "cancelled", "succeeded", "skipped"};
        for (std::int64_t i = 2; i < 12; ++i) {
            content.runs.push_back(makeRun(40 - i, "nightly-export", states[i % 7], now - i * kDay, 60'000));
            content.runs.push_back(makeRun(20 - i, "copy-orders", states[(i + 3) % 7], now - i * kDay, 5'000));
        }
    });
    open();
    ASSERT_TRUE(processEventsUntil([&] { return rows("jobsTable") == 3; }));
    find<QTabBar>("jobViews")->setCurrentIndex(1);
    auto* calendar = find<QTreeView>("runCalendar");
    ASSERT_TRUE(processEventsUntil([&] {
        return calendar->model()->rowCount() == 3 &&
               calendar->model()->index(1, 12).data().toString() == QLatin1String("1");
    }));
    saveScreenshots("jobs-calendar");
    // Two days ago, of the second job.
    Q_EMIT calendar->clicked(calendar->model()->index(1, 12));
    ASSERT_TRUE(processEventsUntil([&] { return page().watch().runId() == 38; }));
    EXPECT_EQ(page().watch().job(), QStringLiteral("nightly-export"));
    EXPECT_FALSE(find<QPushButton>("calendarForth")->isEnabled());
    QTest::mouseClick(find<QPushButton>("calendarBack"), Qt::LeftButton);
    EXPECT_TRUE(find<QPushButton>("calendarForth")->isEnabled());
    EXPECT_EQ(calendar->model()->index(1, 12).data().toString(), QStringLiteral("1"));
}

TEST_F(JobsPageTest, TheFilterLeavesNoOtherJobChosen) {
    openSample();
    find<QLineEdit>("jobsFilter")->setText(QStringLiteral("anna@"));
    ASSERT_TRUE(processEventsUntil([&] { return page().watch().job() == QLatin1String("nightly-export"); }));
    EXPECT_EQ(rows("jobsTable"), 1);
    find<QLineEdit>("jobsFilter")->setText(QStringLiteral("nothing like it"));
    ASSERT_TRUE(processEventsUntil([&] { return page().watch().job().isEmpty(); }));
    EXPECT_FALSE(find<QPushButton>("runJobButton")->isEnabled());
    EXPECT_EQ(rows("runsTable"), 0);
}

TEST_F(JobsPageTest, SaysWhyThereIsNothing) {
    open();
    auto* state = find<EmptyState>("jobsState");
    ASSERT_TRUE(processEventsUntil([&] { return state->sentence() == QLatin1String("There are no jobs yet."); }));
    EXPECT_TRUE(state->isAncestorOf(QApplication::focusWidget())) << "Tab goes on from here";
    saveScreenshots("jobs-none");
    const auto answerWith = [&](Error error) {
        jobs_->with([&](app::FakeJobsClient::Content& content) { content.error = std::move(error); });
        page().watch().refresh();
    };
    answerWith(fail(ErrorCode::kUnimplemented, "unknown service"));
    ASSERT_TRUE(
        processEventsUntil([&] { return state->sentence() == QLatin1String("No node of this mesh keeps jobs."); }));
    answerWith(fail(ErrorCode::kPermissionDenied, "you may not see jobs", "ask for 'jobs.readers'"));
    ASSERT_TRUE(processEventsUntil([&] { return state->sentence() == QLatin1String("You may not see jobs."); }));
    // Once they were there, they stay, and the page says that they may be old.
    jobs_->with([](app::FakeJobsClient::Content& content) { content.error.reset(); });
    putSample();
    page().watch().refresh();
    ASSERT_TRUE(processEventsUntil([&] { return rows("jobsTable") == 3; }));
    answerWith(fail(ErrorCode::kUnavailable, "cannot reach node 'lake'"));
    ASSERT_TRUE(processEventsUntil(
        [&] { return find<QLabel>("jobsNote")->text() == QLatin1String("Not up to date: cannot reach node 'lake'"); }));
    EXPECT_EQ(rows("jobsTable"), 3);
    // Nobody is asked while nobody looks.
    window_->findChild<QAction*>(QStringLiteral("newTabAction"))->trigger();
    EXPECT_FALSE(page().watch().isRunning());
}

}  // namespace
}  // namespace tessera::workbench

#include "jobs_page_test.moc"
