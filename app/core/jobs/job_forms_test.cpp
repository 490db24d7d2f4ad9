// Goal: what the forms of jobs rest on: cron expressions as a person builds them, steps and what waits for what, and
// when things of a run happened. Method: texts and made-up runs.
#include "app/core/jobs/cron_pattern.h"
#include "app/core/jobs/job_models.h"
#include "app/core/jobs/job_steps.h"
#include "app/core/jobs/run_times.h"

#include <gtest/gtest.h>

#include <QDateTime>

namespace tessera::app {
namespace {

using Kind = CronPattern::Kind;

TEST(CronPattern, ReadsBackWhatItWrites) {
    const CronPattern patterns[] = {{.kind = Kind::kMinutes, .every = 20},
                                    {.kind = Kind::kHourly, .minute = 5},
                                    {.kind = Kind::kDaily, .minute = 30, .hour = 23},
                                    {.kind = Kind::kWeekly, .minute = 0, .hour = 6},
                                    {.kind = Kind::kWeekly, .minute = 1, .hour = 7, .weekdays = 0b1000001},
                                    {.kind = Kind::kMonthly, .minute = 0, .hour = 4, .day = 31}};
    for (const CronPattern& pattern : patterns) {
        SCOPED_TRACE(cronOf(pattern));
        const CronPattern read = patternOf(cronOf(pattern));
        EXPECT_EQ(static_cast<int>(read.kind), static_cast<int>(pattern.kind));
        EXPECT_EQ(cronOf(read), cronOf(pattern));
    }
    EXPECT_EQ(cronOf({.kind = Kind::kWeekly, .hour = 6}), "0 6 * * mon-fri");
    EXPECT_EQ(patternOf("@daily").kind, Kind::kDaily);
    EXPECT_EQ(patternOf("30 2 * * 1-5").weekdays, 0b0111110U);
    EXPECT_EQ(patternOf("30 2 * * 7").weekdays, 1U) << "Sunday is 0 and 7";
    for (const char* other :
         {"*/7 * * * *", "0 2 1 * mon", "0 2 * 3 *", "0,30 2 * * *", "15 0 2 * * *", "0 8-18 * * *", "no cron", ""}) {
        EXPECT_EQ(patternOf(other).kind, Kind::kOther) << other;
    }
}

TEST(CronPattern, SaysWordsAndTheNextTimesInTheSchedulesZone) {
    // 28 March 2026, 12:00 UTC: the night after, clocks in Berlin jump from 2 to 3.
    const jobs::Instant now{std::chrono::seconds(1774699200)};
    const ScheduleWords said = describeSchedule("30 2 * * *", "Europe/Berlin", "", now, 10);
    EXPECT_EQ(said.words, QStringLiteral("every day at 02:30 (Europe/Berlin)"));
    ASSERT_EQ(said.next.size(), 10U);
    EXPECT_TRUE(said.next[0].contains(QLatin1String("2026-03-29 03:00"))) << said.next[0].toStdString();
    EXPECT_TRUE(said.next[1].contains(QLatin1String("2026-03-30 02:30"))) << said.next[1].toStdString();
    EXPECT_EQ(describeSchedule("", "", "15m", now, 3).next.size(), 3U);
    EXPECT_TRUE(describeSchedule("0 0 30 2 *", "", "", now, 3).next.empty());
    EXPECT_FALSE(describeSchedule("0 0 30 2 *", "", "", now, 3).problem.isEmpty());
    EXPECT_TRUE(
        describeSchedule("0 0 * * *", "Europe/Berlln", "", now, 3).problem.contains(QLatin1String("Europe/Berlin")));
    EXPECT_FALSE(describeSchedule("", "", "fifteen", now, 3).problem.isEmpty());
}

TEST(JobSteps, WhatComesAfterWhatSurvivesChanges) {
    auto document = *YamlDocument::parse(
        "job: a\nowner: b\nsteps:\n  - {name: one, sql: SELECT 1}\n  - {name: two, sql: SELECT 2}\n"
        "  - {name: three, after: [one], refresh: v}\n  - {name: four, after: [two, three], sql: SELECT 4}\n");
    using Names = std::vector<std::string>;
    EXPECT_EQ(stepsBefore(document, 1), Names{"one"});
    EXPECT_EQ(stepKind(document, 2), "refresh");
    EXPECT_TRUE(comesAfter(document, 3, "one"));
    EXPECT_FALSE(comesAfter(document, 1, "three"));
    // A new one behind the first changes nobody else's place.
    EXPECT_EQ(addStep(document, "sql", 0), 1U);
    EXPECT_EQ(document.value("steps/1/name"), "sql");
    EXPECT_EQ(stepsBefore(document, 1), Names{"one"});
    EXPECT_EQ(stepsBefore(document, 2), Names{"one"});
    renameStep(document, 2, "second");
    EXPECT_EQ(stepsBefore(document, 4), (Names{"second", "three"}));
    // What came after a removed one comes after what that came after.
    removeStep(document, 0);
    EXPECT_EQ(stepsBefore(document, 0), Names{});
    EXPECT_EQ(stepsBefore(document, 1), Names{});
    EXPECT_EQ(stepsBefore(document, 2), Names{});
    removeStep(document, 1);
    EXPECT_EQ(stepsBefore(document, 2), Names{"three"});
    // Another kind keeps the query.
    setStepKind(document, 2, "copy");
    EXPECT_EQ(document.value("steps/2/copy/query"), "SELECT 4");
    EXPECT_TRUE(document.has("steps/2/copy/into"));
    EXPECT_FALSE(document.has("steps/2/sql"));
    while (document.size("steps") > 0) {
        removeStep(document, 0);
    }
    EXPECT_EQ(addStep(document, "http", 0), 0U);
    EXPECT_EQ(stepKind(document, 0), "http");
}

TEST(RunTimes, ABarWaitsForWhatComesBeforeIt) {
    client::JobRunDetails run;
    run.run.created_ms = 900;
    run.run.started_ms = 1000;
    const auto step = [](const char* name, std::vector<std::string> after, const char* state, std::int64_t from,
                         std::int64_t until, std::int64_t attempt) {
        client::JobStepRun made;
        made.name = name;
        made.after = std::move(after);
        made.state = state;
        made.started_ms = from;
        made.ended_ms = until;
        made.attempt = attempt;
        return made;
    };
    run.steps = {step("a", {}, "succeeded", 1100, 2000, 1), step("b", {"a"}, "running", 5000, 0, 3),
                 step("c", {"b"}, "pending", 0, 0, 0)};
    const StepChart chart = stepChart(run, 9000);
    ASSERT_EQ(chart.bars.size(), 3U);
    EXPECT_EQ(chart.begin_ms, 1000);
    EXPECT_EQ(chart.end_ms, 9000);
    EXPECT_EQ(chart.bars[0].ready_ms, 1000);
    EXPECT_EQ(chart.bars[1].ready_ms, 2000);
    EXPECT_EQ(chart.bars[1].ended_ms, 9000);
    EXPECT_EQ(chart.bars[1].attempts, 3);
    EXPECT_EQ(chart.bars[2].started_ms, 0);
}

TEST(RunTimes, ACalendarShowsWhatMattersMostOfADay) {
    client::JobInfo nightly;
    nightly.name = "nightly";
    const QDate today(2026, 11, 22);
    const auto run = [&](std::int64_t id, const char* state, int days_ago) {
        client::JobRun made;
        made.id = id;
        made.job = "nightly";
        made.state = state;
        made.started_ms = QDateTime(today.addDays(-days_ago), QTime(12, 0)).toMSecsSinceEpoch();
        return made;
    };
    RunCalendarModel calendar;
    calendar.setRuns({nightly},
                     {run(9, "succeeded", 0), run(8, "succeeded", 0), run(7, "failed", 1), run(6, "succeeded", 1),
                      run(5, "failed", 40)},
                     today);
    ASSERT_EQ(calendar.rowCount(), 1);
    ASSERT_EQ(calendar.columnCount(), RunCalendarModel::kDays + 1);
    const auto cell = [&](int days_ago) { return calendar.index(0, RunCalendarModel::kDays - days_ago); };
    EXPECT_EQ(cell(0).data().toString(), QStringLiteral("2"));
    EXPECT_EQ(calendar.runOf(cell(0)), 9);
    EXPECT_EQ(cell(0).data(kJobToneRole).toInt(), static_cast<int>(JobTone::kGood));
    EXPECT_EQ(cell(1).data().toString(), QStringLiteral("1/2"));
    EXPECT_EQ(calendar.runOf(cell(1)), 7);
    EXPECT_EQ(cell(1).data(kJobToneRole).toInt(), static_cast<int>(JobTone::kBad));
    EXPECT_FALSE(cell(2).data().isValid());
    EXPECT_EQ(calendar.runOf(cell(2)), 0);
    EXPECT_EQ(calendar.dayOf(RunCalendarModel::kDays), today);
}

}  // namespace
}  // namespace tessera::app
