// Goal: jobs, runs and steps as tables that keep their rows, and the watch that asks for them: choosing, new log lines
// once each, actions, other nodes while one is away. Method: models under QAbstractItemModelTester; fake nodes.
#include "app/core/jobs/job_models.h"
#include "app/core/jobs/jobs_watch.h"
#include "app/core/testing/event_loop.h"
#include "app/core/testing/fake_jobs_client.h"

#include <gtest/gtest.h>

#include <QAbstractItemModelTester>
#include <QPersistentModelIndex>
#include <QSignalSpy>

namespace tessera::app {
namespace {

using Tester = QAbstractItemModelTester;
constexpr auto kFatal = Tester::FailureReportingMode::Fatal;

client::JobInfo job(const char* name) {
    client::JobInfo job;
    job.name = name;
    job.owner = "ann";
    return job;
}

client::JobRun run(std::int64_t id, const char* state, const char* of = "nightly") {
    client::JobRun run;
    run.id = id;
    run.job = of;
    run.state = state;
    run.cause = "time";
    run.started_ms = 1'000;
    run.ended_ms = 4'500;
    return run;
}

QString cell(const QAbstractItemModel& model, int row, int column) {
    return model.index(row, column).data().toString();
}

std::vector<std::string> namesOf(const JobListModel& model) {
    std::vector<std::string> names;
    for (const client::JobInfo& one : model.rows()) {
        names.push_back(one.name);
    }
    return names;
}

TEST(JobModels, RowsThatAreToldAgainStay) {
    JobListModel model;
    const Tester tester(&model, kFatal);
    model.setRows({job("a"), job("c"), job("d")});
    const QPersistentModelIndex c = model.index(1, 0);
    model.setRows({job("d"), job("b"), job("c"), job("e")});
    EXPECT_EQ(namesOf(model), (std::vector<std::string>{"d", "b", "c", "e"}));
    ASSERT_TRUE(c.isValid());
    EXPECT_EQ(c.row(), 2);
    EXPECT_EQ(c.data().toString(), QStringLiteral("c"));
    model.setRows({});
    EXPECT_FALSE(c.isValid());
    EXPECT_EQ(model.rowOf(model.index(0, 0)), nullptr);
}

TEST(JobModels, AJobIsToldInWords) {
    JobListModel model;
    const Tester tester(&model, kFatal);
    client::JobInfo running = job("running");
    running.active_runs = 1;
    running.triggers = {"at 02:30", "after clean"};
    client::JobInfo paused = job("paused");
    paused.is_paused = true;
    paused.next_ms = 1;
    paused.last_run = run(3, "failed");
    client::JobInfo broken = job("broken");
    broken.problem = "line 3: no such step";
    model.setRows({running, paused, broken});
    EXPECT_EQ(cell(model, 0, JobListModel::kState), QStringLiteral("running"));
    EXPECT_EQ(cell(model, 0, JobListModel::kTriggers), QStringLiteral("at 02:30; after clean"));
    EXPECT_EQ(cell(model, 0, JobListModel::kLastRun), QStringLiteral("never ran"));
    EXPECT_EQ(cell(model, 1, JobListModel::kState), QStringLiteral("paused"));
    // What is paused does not run next.
    EXPECT_EQ(cell(model, 1, JobListModel::kNextRun), QString());
    EXPECT_TRUE(cell(model, 1, JobListModel::kLastRun).startsWith(QLatin1String("failed")));
    EXPECT_EQ(model.index(1, JobListModel::kLastRun).data(kJobToneRole).toInt(), static_cast<int>(JobTone::kBad));
    EXPECT_EQ(cell(model, 2, JobListModel::kState), QStringLiteral("cannot be read"));
    EXPECT_EQ(model.index(2, 0).data(Qt::ToolTipRole).toString(), QStringLiteral("line 3: no such step"));
}

TEST(JobModels, RunsAndStepsAreToldInWords) {
    JobRunsModel runs;
    const Tester runs_tester(&runs, kFatal);
    client::JobRun by_hand = run(8, "running");
    by_hand.cause = "hand";
    by_hand.asked_by = "ann";
    by_hand.ended_ms = 0;
    by_hand.is_cancelled = true;
    runs.setRows({by_hand, run(7, "succeeded")});
    EXPECT_EQ(cell(runs, 0, JobRunsModel::kState), QStringLiteral("being cancelled"));
    EXPECT_EQ(cell(runs, 0, JobRunsModel::kCause), QStringLiteral("by ann"));
    EXPECT_EQ(cell(runs, 1, JobRunsModel::kDuration), QStringLiteral("3.5 s"));
    EXPECT_EQ(cell(runs, 1, JobRunsModel::kCause), QStringLiteral("schedule"));

    JobStepsModel steps;
    const Tester steps_tester(&steps, kFatal);
    client::JobStepRun step;
    step.name = "orders";
    step.kind = "export";
    step.state = "blocked";
    step.rows = 1'234'567;
    step.attempt = 2;
    step.error = "two\nlines";
    steps.setRows({step});
    EXPECT_EQ(cell(steps, 0, JobStepsModel::kState), QStringLiteral("blocked by a failed step"));
    EXPECT_EQ(cell(steps, 0, JobStepsModel::kRows), QLocale().toString(1'234'567));
    EXPECT_EQ(cell(steps, 0, JobStepsModel::kAttempts), QStringLiteral("2"));
    EXPECT_EQ(cell(steps, 0, JobStepsModel::kProblem), QStringLiteral("two lines"));
}

class JobsWatchTest : public testing::Test {
  protected:
    void SetUp() override {
        first_->with([](FakeJobsClient::Content& content) {
            content.jobs = {job("nightly"), job("other")};
            content.runs = {run(7, "running"), run(6, "succeeded"), run(5, "failed", "other")};
            content.logs[7] = {{1, 0, "", 0, "begins"}, {2, 0, "clean", 1, "3 rows"}};
        });
        watch_.setNodes(std::make_shared<JobNodes>([this]() -> Result<JobsClients> {
            return JobsClients{first_, second_};
        }));
        QObject::connect(&watch_, &JobsWatch::logAdded, &watch_, [this](const std::vector<client::JobLogLine>& lines) {
            for (const client::JobLogLine& line : lines) {
                log_.push_back(line.text);
            }
        });
        QObject::connect(&watch_, &JobsWatch::logCleared, &watch_, [this] { log_.clear(); });
    }

    void awaitRound() {
        const QSignalSpy changed(&watch_, &JobsWatch::changed);
        watch_.refresh();
        ASSERT_TRUE(processEventsUntil([&] { return !changed.isEmpty(); }));
    }

    std::shared_ptr<FakeJobsClient> first_ = std::make_shared<FakeJobsClient>();
    std::shared_ptr<FakeJobsClient> second_ = std::make_shared<FakeJobsClient>();
    std::vector<std::string> log_;
    JobsWatch watch_;
};

TEST_F(JobsWatchTest, TellsJobsThenRunsThenTheRunWithEachLineOnce) {
    watch_.start();
    ASSERT_TRUE(processEventsUntil([&] { return watch_.jobs().size() == 2; }));
    watch_.chooseJob(QStringLiteral("nightly"));
    ASSERT_TRUE(processEventsUntil([&] { return watch_.runs().size() == 2; }));
    watch_.chooseRun(7);
    ASSERT_TRUE(processEventsUntil([&] { return watch_.run().has_value(); }));
    EXPECT_EQ(watch_.run()->run.id, 7);
    first_->with([](FakeJobsClient::Content& content) { content.logs[7].push_back({3, 0, "clean", 1, "done"}); });
    awaitRound();
    awaitRound();
    EXPECT_EQ(log_, (std::vector<std::string>{"begins", "3 rows", "done"}));
    // Another job: nothing of the one before stays.
    watch_.chooseJob(QStringLiteral("other"));
    EXPECT_TRUE(watch_.runs().empty());
    EXPECT_FALSE(watch_.run());
    EXPECT_TRUE(log_.empty());
    ASSERT_TRUE(processEventsUntil([&] { return watch_.runs().size() == 1; }));
    watch_.stop();
    EXPECT_FALSE(watch_.isRunning());
}

TEST_F(JobsWatchTest, ANodeThatIsAwayIsReplacedByAnother) {
    first_->with([](FakeJobsClient::Content& content) { content.error = fail(ErrorCode::kUnavailable, "away"); });
    second_->with([](FakeJobsClient::Content& content) { content.jobs = {job("nightly")}; });
    awaitRound();
    EXPECT_FALSE(watch_.error());
    EXPECT_EQ(watch_.jobs().size(), 1U);
    // When all are away, what was told stays.
    second_->with([](FakeJobsClient::Content& content) { content.error = fail(ErrorCode::kUnimplemented, "none"); });
    awaitRound();
    ASSERT_TRUE(watch_.error());
    EXPECT_EQ(watch_.error()->message, "away");
    EXPECT_EQ(watch_.jobs().size(), 1U);
    EXPECT_TRUE(watch_.isKnown());
}

TEST_F(JobsWatchTest, ActionsSayHowTheyEnded) {
    awaitRound();
    watch_.chooseJob(QStringLiteral("nightly"));
    const QSignalSpy ended(&watch_, &JobsWatch::actionEnded);
    const auto await = [&](int count) { return processEventsUntil([&] { return ended.size() == count; }); };
    watch_.runNow(QStringLiteral("nightly"), {});
    // One at a time.
    watch_.runNow(QStringLiteral("nightly"), {});
    ASSERT_TRUE(await(1));
    EXPECT_EQ(watch_.runId(), 8);
    watch_.setPaused(QStringLiteral("nightly"), true);
    ASSERT_TRUE(await(2));
    watch_.cancelRun(8);
    ASSERT_TRUE(await(3));
    EXPECT_EQ(first_->done(), (std::vector<std::string>{"start nightly", "pause nightly", "cancel 8"}));
    first_->with([](FakeJobsClient::Content& content) {
        content.action_error = fail(ErrorCode::kPermissionDenied, "you may not run jobs", "ask for 'jobs.operators'");
    });
    watch_.runAgain(6, {});
    ASSERT_TRUE(await(4));
    EXPECT_EQ(ended.back().at(0).toString(), QString());
    EXPECT_TRUE(ended.back().at(1).toString().contains(QLatin1String("you may not run jobs")));
}

}  // namespace
}  // namespace tessera::app
