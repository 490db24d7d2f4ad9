#include "nodeservice/jobs/definition/read.h"
#include "nodeservice/jobs/run/decide.h"
#include "nodeservice/jobs/run/scheduler.h"
#include "nodeservice/jobs/run/schema.h"
#include "nodeservice/jobs/run/transitions.h"
#include "tests/support/temporary_job_store.h"

namespace tessera::jobs {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr milliseconds kLease{15'000};

Definition parse(const std::string& text) {
    const ReadDefinition read = readDefinition(text, "test.yaml");
    EXPECT_TRUE(read.errors.empty()) << read.errors.front().describe();
    return read.definition;
}

class JobRun : public testing::Test {
  protected:
    JobRun() { EXPECT_TRUE(migrate(store_)); }

    Definition makeJob(const std::string& more = "") {
        Definition job = parse(
            "job: orders\nowner: anna\nsteps:\n  - {name: a, sql: SELECT 1}\n"
            "  - {name: b, sql: SELECT 2}\n" +
            more);
        EXPECT_TRUE(*store_.apply(define(job, 0, "anna")));
        return job;
    }

    bool apply(const Batch& batch) { return *store_.apply(batch); }

    std::int64_t start(const Definition& job, const std::string& key) {
        EXPECT_TRUE(apply(createRun(job, {.key = key, .version = 1, .cause = "hand", .date = "2027-01-15"})));
        return std::stoll(store_.value("SELECT id FROM job_run WHERE key = '" + key + "'"));
    }

    bool take(std::int64_t run, const std::string& node) {
        return apply(claim(state(run).run, node, kLease, seconds(3600)));
    }

    RunState state(std::int64_t run) { return *readRun(store_, run); }

    StepRecord step(std::int64_t run, const std::string& name) { return *state(run).step(name); }

    void succeed(std::int64_t run, const std::string& name) {
        EXPECT_TRUE(apply(startStep(state(run).run, step(run, name))));
        EXPECT_TRUE(apply(completeStep(state(run).run, step(run, name), {7, 100})));
    }

    TemporaryJobStore store_;
};

TEST_F(JobRun, TablesAreMadeOnceByAnyNumberOfNodes) {
    EXPECT_TRUE(migrate(store_));
    EXPECT_EQ(store_.value("SELECT version FROM job_schema"), std::to_string(kSchemaVersion));
    EXPECT_TRUE(apply({{"UPDATE job_schema SET version = 99", {}}}));
    EXPECT_EQ(migrate(store_).error().code, ErrorCode::kFailedPrecondition);
}

/// Or users could have them first, and change them.
TEST_F(JobRun, AllNamesAreKeptFromUsers) {
    EXPECT_EQ(
        store_.value("SELECT group_concat(name) FROM sqlite_schema WHERE name NOT LIKE '\\_tessera\\_%' ESCAPE '\\' "
                     "AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\' AND name NOT IN " +
                     store::controlPlaneList(store::kControlPlaneNames)),
        "");
    EXPECT_NE(store_.value("SELECT count(*) FROM sqlite_schema WHERE name = 'job_run'"), "0");
}

TEST_F(JobRun, ANewVersionIsDefinedByWhoKnowsTheLast) {
    const Definition job = makeJob();
    EXPECT_FALSE(apply(define(job, 0, "bert")));
    EXPECT_TRUE(apply(define(job, 1, "anna")));
    EXPECT_FALSE(apply(define(job, 1, "bert")));
    EXPECT_EQ(store_.value("SELECT version FROM job"), "2");
    EXPECT_TRUE(apply(remove("orders")));
    EXPECT_FALSE(apply(remove("orders")));
    // Versions go on: runs of the removed job keep theirs.
    EXPECT_TRUE(apply(define(job, 0, "anna")));
    EXPECT_EQ(store_.value("SELECT version FROM job"), "3");
}

TEST_F(JobRun, OneKeyIsOneRun) {
    const Definition job = makeJob();
    const std::int64_t run = start(job, "k");
    EXPECT_EQ(start(job, "k"), run);
    EXPECT_EQ(store_.value("SELECT count(*) FROM job_run"), "1");
    EXPECT_EQ(store_.value("SELECT count(*) FROM job_step"), "2");
}

TEST_F(JobRun, OfTwoNodesOneTakesARunAndOnlyItCounts) {
    const Definition job = makeJob();
    const std::int64_t run = start(job, "k");
    const RunRecord as_read = state(run).run;
    EXPECT_TRUE(apply(claim(as_read, "one", kLease, seconds(3600))));
    EXPECT_FALSE(apply(claim(as_read, "two", kLease, seconds(3600))));
    EXPECT_FALSE(take(run, "two"));
    const RunRecord of_one = state(run).run;
    EXPECT_TRUE(apply(startStep(of_one, step(run, "a"))));
    EXPECT_FALSE(apply(startStep(of_one, step(run, "a")))) << "it is under way";
    const StepRecord a = step(run, "a");

    store_.now_ms += kLease.count() + 1;
    EXPECT_TRUE(take(run, "two"));
    EXPECT_EQ(step(run, "a").state, "pending");
    EXPECT_EQ(step(run, "a").interruptions, 1);
    // The first one is fenced off, whatever it does.
    EXPECT_FALSE(apply(renew(run, of_one.epoch, kLease)));
    EXPECT_FALSE(apply(completeStep(of_one, a, {})));
    EXPECT_FALSE(apply(failStep(of_one, a, "x")));
    EXPECT_FALSE(apply(endRun(of_one)));
    EXPECT_FALSE(apply(stopRun(of_one, "failed", "x")));
}

TEST_F(JobRun, ALeaseThatIsRenewedIsNotTaken) {
    const std::int64_t run = start(makeJob(), "k");
    EXPECT_TRUE(take(run, "one"));
    store_.now_ms += kLease.count() - 1000;
    EXPECT_TRUE(apply(renew(run, 1, kLease)));
    store_.now_ms += kLease.count() - 1000;
    EXPECT_FALSE(take(run, "two"));
    store_.now_ms += 2000;
    EXPECT_TRUE(take(run, "two"));
}

TEST_F(JobRun, EndsWhenItsStepsHave) {
    const std::int64_t run = start(makeJob(), "k");
    EXPECT_TRUE(take(run, "one"));
    EXPECT_FALSE(apply(endRun(state(run).run)));
    succeed(run, "a");
    EXPECT_FALSE(apply(startStep(state(run).run, step(run, "a")))) << "what is done is not repeated";
    succeed(run, "b");
    EXPECT_TRUE(apply(endRun(state(run).run)));
    EXPECT_EQ(state(run).run.state, "succeeded");
    EXPECT_EQ(store_.value("SELECT sum(rows) FROM job_step"), "14");
}

TEST_F(JobRun, GoesOnFromTheStepThatFailed) {
    const Definition job = makeJob();
    const std::int64_t run = start(job, "k");
    EXPECT_TRUE(take(run, "one"));
    succeed(run, "a");
    EXPECT_TRUE(apply(startStep(state(run).run, step(run, "b"))));
    EXPECT_TRUE(apply(failStep(state(run).run, step(run, "b"), "no such table")));
    EXPECT_TRUE(apply(endRun(state(run).run)));
    EXPECT_EQ(state(run).run.state, "failed");
    EXPECT_EQ(state(run).run.error, "b: no such table");
    EXPECT_TRUE(apply(rerun(run, "anna")));
    EXPECT_FALSE(apply(rerun(run, "anna")));
    EXPECT_TRUE(take(run, "two"));
    EXPECT_EQ(decide(job, state(run), store_.now_ms).start, std::vector<std::string>{"b"});
    succeed(run, "b");
    EXPECT_TRUE(apply(endRun(state(run).run)));
    EXPECT_EQ(state(run).run.state, "succeeded");
    EXPECT_FALSE(apply(rerun(run, "anna")));
}

TEST_F(JobRun, ARetryWaits) {
    const Definition job = makeJob();
    const std::int64_t run = start(job, "k");
    EXPECT_TRUE(take(run, "one"));
    EXPECT_TRUE(apply(startStep(state(run).run, step(run, "a"))));
    EXPECT_TRUE(apply(retryStep(state(run).run, step(run, "a"), "busy", seconds(30))));
    EXPECT_TRUE(decide(job, state(run), store_.now_ms + 29'999).start.empty());
    EXPECT_FALSE(decide(job, state(run), store_.now_ms).is_over);
    EXPECT_EQ(decide(job, state(run), store_.now_ms + 30'000).start, std::vector<std::string>{"a"});
    EXPECT_EQ(step(run, "a").failures, 1);
}

TEST_F(JobRun, StepsBehindAFailureAreBlocked) {
    const Definition job =
        makeJob("  - {name: c, after: [b], sql: SELECT 3}\n  - {name: d, after: [], sql: SELECT 4}\n");
    const std::int64_t run = start(job, "k");
    EXPECT_TRUE(take(run, "one"));
    EXPECT_EQ(decide(job, state(run), store_.now_ms).start, (std::vector<std::string>{"a", "d"}));
    EXPECT_TRUE(apply(startStep(state(run).run, step(run, "a"))));
    EXPECT_TRUE(apply(failStep(state(run).run, step(run, "a"), "x")));
    EXPECT_EQ(decide(job, state(run), store_.now_ms).block, std::vector<std::string>{"b"});
    EXPECT_TRUE(apply(blockSteps(state(run).run, {"b"})));
    EXPECT_EQ(decide(job, state(run), store_.now_ms).block, std::vector<std::string>{"c"});
    EXPECT_TRUE(apply(blockSteps(state(run).run, {"c"})));
    succeed(run, "d");
    EXPECT_TRUE(decide(job, state(run), store_.now_ms).is_over);
    EXPECT_TRUE(apply(endRun(state(run).run)));
    EXPECT_EQ(state(run).run.state, "failed");
}

TEST_F(JobRun, AStepThatEndsItsNodesFailsAtLast) {
    const std::int64_t run = start(makeJob(), "k");
    for (std::int64_t i = 0; i < kMostInterruptions; ++i) {
        EXPECT_TRUE(take(run, "one"));
        EXPECT_TRUE(apply(startStep(state(run).run, step(run, "a"))));
        store_.now_ms += kLease.count() + 1;
    }
    EXPECT_TRUE(take(run, "one"));
    EXPECT_EQ(step(run, "a").state, "failed");
    EXPECT_EQ(step(run, "a").error, "its node stopped 5 times");
}

TEST_F(JobRun, CancelledAtOnceWhileItWaits) {
    const std::int64_t run = start(makeJob(), "k");
    EXPECT_TRUE(apply(cancel(run, "anna")));
    EXPECT_EQ(state(run).run.state, "cancelled");
    EXPECT_FALSE(take(run, "one"));
    EXPECT_FALSE(apply(cancel(run, "anna")));
}

TEST_F(JobRun, CancelledWhileItRunsNoStepIsStarted) {
    const std::int64_t run = start(makeJob(), "k");
    EXPECT_TRUE(take(run, "one"));
    EXPECT_TRUE(apply(cancel(run, "anna")));
    EXPECT_FALSE(apply(startStep(state(run).run, step(run, "a"))));
    // Its node is gone: nobody else takes it, it only ends.
    EXPECT_TRUE(apply(endAbandoned()));
    EXPECT_EQ(state(run).run.state, "running");
    store_.now_ms += kLease.count() + 1;
    EXPECT_FALSE(take(run, "two"));
    EXPECT_TRUE(apply(endAbandoned()));
    EXPECT_EQ(state(run).run.state, "cancelled");
    EXPECT_FALSE(apply(renew(run, 1, kLease)));
}

TEST_F(JobRun, RunsOfAJobWaitForEachOther) {
    const Definition job = makeJob();
    const std::int64_t first = start(job, "1");
    const std::int64_t second = start(job, "2");
    EXPECT_FALSE(take(second, "one"));
    EXPECT_TRUE(take(first, "one"));
    EXPECT_FALSE(take(second, "two"));
    EXPECT_TRUE(apply(stopRun(state(first).run, "failed", "x")));
    EXPECT_TRUE(take(second, "two"));
    // One that goes on waits too.
    EXPECT_TRUE(apply(rerun(first, "anna")));
    EXPECT_FALSE(take(first, "one"));
}

TEST_F(JobRun, AnEarlierOneThatWaitsDoesNotHoldUpATakeOver) {
    const Definition job = makeJob();
    const std::int64_t first = start(job, "1");
    EXPECT_TRUE(take(first, "one"));
    EXPECT_TRUE(apply(stopRun(state(first).run, "failed", "x")));
    const std::int64_t second = start(job, "2");
    EXPECT_TRUE(take(second, "one"));
    EXPECT_TRUE(apply(rerun(first, "anna")));
    store_.now_ms += kLease.count() + 1;
    EXPECT_FALSE(take(first, "two"));
    EXPECT_TRUE(take(second, "two"));
}

TEST_F(JobRun, OrAreSkipped) {
    const Definition job = makeJob("concurrency: skip\n");
    const std::int64_t first = start(job, "1");
    EXPECT_EQ(state(start(job, "2")).run.state, "skipped");
    EXPECT_TRUE(apply(cancel(first, "anna")));
    EXPECT_EQ(state(start(job, "3")).run.state, "waiting");
    EXPECT_EQ(state(start(job, "2")).run.state, "skipped");
}

TEST_F(JobRun, OrReplaceOneAnother) {
    const Definition job = makeJob("concurrency: replace\n");
    const std::int64_t first = start(job, "1");
    EXPECT_TRUE(take(first, "one"));
    const std::int64_t second = start(job, "2");
    EXPECT_TRUE(state(first).run.is_cancelled);
    EXPECT_FALSE(take(second, "two")) << "the first one has not stopped yet";
    const std::int64_t third = start(job, "3");
    EXPECT_EQ(state(second).run.state, "cancelled");
    EXPECT_EQ(start(job, "2"), second) << "asking again cancels nothing";
    EXPECT_FALSE(state(third).run.is_cancelled);
    EXPECT_TRUE(apply(stopRun(state(first).run, "cancelled", "")));
    EXPECT_TRUE(take(third, "two"));
}

TEST_F(JobRun, OrRunSideBySide) {
    const Definition job = makeJob("concurrency: allow\n");
    const std::int64_t first = start(job, "1");
    const std::int64_t second = start(job, "2");
    EXPECT_TRUE(take(second, "one"));
    EXPECT_TRUE(take(first, "two"));
}

TEST_F(JobRun, WhatEndedLongAgoIsNotLookedThrough) {
    const store::SqlStatement statement = claimable(store_.now_ms, 10);
    const auto plan = store_.query({"EXPLAIN QUERY PLAN " + statement.sql, statement.parameters});
    ASSERT_TRUE(plan);
    std::string text;
    for (const Row& row : *plan) {
        text += std::get<std::string>(row.at(3)) + "\n";
    }
    EXPECT_NE(text.find("SCAN r USING INDEX job_run_active"), std::string::npos) << text;
    EXPECT_NE(text.find("SEARCH o USING COVERING INDEX job_run_active"), std::string::npos) << text;
}

TEST_F(JobRun, OldOnesAreRemovedWithTheirSteps) {
    const Definition job = makeJob();
    const std::int64_t run = start(job, "1");
    start(job, "2");
    EXPECT_TRUE(apply(cancel(run, "anna")));
    EXPECT_TRUE(apply(follow(run, {}, {})));
    EXPECT_FALSE(apply(follow(run, {}, {})));
    store_.now_ms += 1001;
    EXPECT_TRUE(apply(prune("orders", seconds(10))));
    EXPECT_EQ(store_.value("SELECT count(*) FROM job_run"), "2");
    EXPECT_TRUE(apply(prune("orders", seconds(1))));
    EXPECT_EQ(store_.value("SELECT count(*) FROM job_run"), "1");
    EXPECT_EQ(store_.value("SELECT count(*) FROM job_step"), "2");
}

TEST_F(JobRun, TimesStartRunsOnceAlthoughTwoSchedulersLook) {
    makeJob("triggers:\n  - {every: 10s, missed: catch_up, parameters: {}}\n");
    Definitions definitions(store_);
    Scheduler one(store_, definitions);
    Scheduler two(store_, definitions);
    EXPECT_EQ(one.tick(store_.now_ms), 0U);
    EXPECT_EQ(two.tick(store_.now_ms), 0U);
    store_.now_ms += 35'000;
    EXPECT_EQ(one.tick(store_.now_ms), 3U);
    EXPECT_EQ(two.tick(store_.now_ms), 0U);
    store_.now_ms += 10'000;
    EXPECT_EQ(two.tick(store_.now_ms), 1U);
    EXPECT_EQ(one.tick(store_.now_ms), 0U);
    EXPECT_EQ(store_.value("SELECT count(*) FROM job_run"), "4");
    EXPECT_EQ(store_.value("SELECT key FROM job_run"), "orders/time/0/1800000010");
}

TEST_F(JobRun, APausedJobCatchesNothingUp) {
    makeJob("triggers:\n  - {every: 10s, missed: catch_up}\n");
    Definitions definitions(store_);
    Scheduler scheduler(store_, definitions);
    EXPECT_TRUE(apply(pause("orders", true)));
    EXPECT_EQ(scheduler.tick(store_.now_ms), 0U);
    store_.now_ms += 100'000;
    EXPECT_EQ(scheduler.tick(store_.now_ms), 0U);
    EXPECT_TRUE(apply(pause("orders", false)));
    EXPECT_EQ(scheduler.tick(store_.now_ms), 0U);
    store_.now_ms += 10'000;
    EXPECT_EQ(scheduler.tick(store_.now_ms), 1U);
    EXPECT_FALSE(apply(pause("nobody", true)));
}

TEST_F(JobRun, AfterAnotherJobsEnd) {
    const Definition first = makeJob();
    const Definition second = parse(
        "job: report\nowner: anna\nsteps: [{name: s, sql: SELECT 1}]\ntriggers:\n"
        "  - {after: orders, end: failure}\n  - {after: orders, end: any}\n");
    EXPECT_TRUE(apply(define(second, 0, "anna")));
    Definitions definitions(store_);
    Scheduler scheduler(store_, definitions);
    const std::int64_t run = start(first, "k");
    EXPECT_EQ(scheduler.tick(store_.now_ms), 0U);
    EXPECT_TRUE(take(run, "one"));
    succeed(run, "a");
    succeed(run, "b");
    EXPECT_TRUE(apply(endRun(state(run).run)));
    EXPECT_EQ(scheduler.tick(store_.now_ms), 1U);
    EXPECT_EQ(scheduler.tick(store_.now_ms), 0U);
    EXPECT_EQ(store_.value("SELECT key FROM job_run WHERE job = 'report'"), "report/after/1/1/1");
    EXPECT_EQ(store_.value("SELECT date FROM job_run WHERE job = 'report'"), "2027-01-15");
}

TEST_F(JobRun, ABackfillDoesNotRepeatWhatRan) {
    const Definition job = makeJob("triggers:\n  - {cron: 0 1 * * *, zone: Europe/Berlin}\n");
    const Instant from = std::chrono::sys_days(std::chrono::year(2027) / 3 / 1);
    const auto runs = backfill(job, 1, 0, from, from + seconds(30 * 86400), {}, 100);
    ASSERT_TRUE(runs) << runs.error().describe();
    // The clocks go forward meanwhile: the last one is at 23:00 of the 30th in UTC.
    ASSERT_EQ(runs->size(), 31U);
    EXPECT_EQ(runs->front().date, "2027-03-01");
    EXPECT_EQ(runs->back().date, "2027-03-31");
    for (const NewRun& run : *runs) {
        EXPECT_TRUE(apply(createRun(job, run)));
        EXPECT_TRUE(apply(createRun(job, run)));
    }
    EXPECT_TRUE(apply(createRun(job, runAt(job, 1, 0, runs->front().scheduled, "time"))));
    EXPECT_EQ(store_.value("SELECT count(*) FROM job_run"), "31");
    EXPECT_FALSE(backfill(job, 1, 0, from, from + seconds(30 * 86400), {}, 30));
    EXPECT_FALSE(backfill(job, 1, 1, from, from + seconds(30 * 86400), {}, 100));
}

TEST_F(JobRun, AnAlertBecomesOneNoticeThatEachDeviceAcknowledgesOnce) {
    const Definition job = makeJob();
    const std::int64_t run = start(job, "k");
    const auto alert = [&](std::int64_t position) {
        EXPECT_TRUE(apply({{"INSERT INTO job_alert VALUES (?, 0, ?, 'failed', 0, 0)", {run, position}}}));
        return NewNotice{run, 0, position, "anna@example.org", "failed"};
    };
    const NewNotice notice = alert(0);
    EXPECT_TRUE(apply(keepNotice(notice)));
    EXPECT_FALSE(apply(keepNotice(notice))) << "another node was there before";
    EXPECT_EQ(store_.value("SELECT job || ' ' || state || ' ' || length(key) FROM job_notice"), "orders failed 16");

    const std::vector<std::string> names = {"analyst", "anna@example.org"};
    EXPECT_FALSE(apply(acknowledgeNotice(1, {"bert@example.org"}, "bert", "d"))) << "it is not theirs";
    EXPECT_TRUE(apply(acknowledgeNotice(1, names, "anna", "desk")));
    EXPECT_FALSE(apply(acknowledgeNotice(1, names, "anna", "desk")));
    EXPECT_TRUE(apply(acknowledgeNotice(1, names, "anna", "lap")));
    EXPECT_FALSE(apply(acknowledgeNotice(2, names, "anna", "lap"))) << "there is none";

    // No more than so many are kept for anybody, and none for long.
    for (std::int64_t i = 1; i <= kMostNotices; ++i) {
        EXPECT_TRUE(apply(keepNotice(alert(i))));
    }
    EXPECT_EQ(store_.value("SELECT count(*) || ' ' || min(id) FROM job_notice"), std::to_string(kMostNotices) + " 2");
    store_.now_ms += milliseconds(kNoticeLife).count() + 1;
    EXPECT_TRUE(apply(keepNotice(alert(0))));
    EXPECT_EQ(store_.value("SELECT count(*) FROM job_notice"), "1");
}

}  // namespace
}  // namespace tessera::jobs
