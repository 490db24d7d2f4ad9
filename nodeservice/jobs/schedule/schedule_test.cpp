#include "nodeservice/jobs/schedule/schedule.h"

#include <gtest/gtest.h>

#include <random>

namespace tessera::jobs {
namespace {

using std::chrono::seconds;

Instant at(int year, unsigned month, unsigned day, int hour = 0, int minute = 0, int second = 0) {
    return std::chrono::sys_days(std::chrono::year(year) / static_cast<int>(month) / static_cast<int>(day)) +
           std::chrono::hours(hour) + std::chrono::minutes(minute) + seconds(second);
}

Cron cron(const std::string& text, const std::string& zone = "UTC") {
    auto found = TimeZone::find(zone);
    EXPECT_TRUE(found) << found.error().describe();
    auto parsed = Cron::parse(text, *found);
    EXPECT_TRUE(parsed) << parsed.error().describe();
    return *parsed;
}

std::string errorOf(const std::string& text) {
    const auto parsed = Cron::parse(text, TimeZone::utc());
    return parsed ? "" : parsed.error().message + " | " + parsed.error().hint;
}

TEST(TimeZone, IsOneOfTheDatabase) {
    EXPECT_TRUE(TimeZone::find("America/Argentina/Buenos_Aires"));
    EXPECT_TRUE(TimeZone::find("Etc/GMT+5"));
    for (const char* name : {"", "Europe/Berlim", "/etc/localtime", "../zoneinfo/UTC", "right/UTC", "localtime",
                             "Fixed/UTC+01:00:00", "file:UTC", "zone.tab", "Europe"}) {
        EXPECT_FALSE(TimeZone::find(name)) << name;
    }
    EXPECT_EQ(TimeZone::find("Europe/Berlim").error().hint, "did you mean 'Europe/Berlin'?");
}

TEST(TimeZone, ClocksThatJump) {
    const TimeZone berlin = *TimeZone::find("Europe/Berlin");
    const LocalTime skipped = std::chrono::local_days(std::chrono::year(2026) / 3 / 29) + seconds(2 * 3600 + 30 * 60);
    EXPECT_EQ(berlin.toInstant(skipped), at(2026, 3, 29, 1));
    const LocalTime twice = std::chrono::local_days(std::chrono::year(2026) / 10 / 25) + seconds(2 * 3600 + 30 * 60);
    EXPECT_EQ(berlin.toInstant(twice), at(2026, 10, 25, 0, 30));
    EXPECT_EQ(berlin.nextChange(at(2026, 1, 1)), at(2026, 3, 29, 1));
    EXPECT_EQ(berlin.nextChange(at(2026, 3, 29, 1)), at(2026, 10, 25, 1));
    EXPECT_EQ(TimeZone::utc().nextChange(at(2026, 1, 1)), std::nullopt);
    // No list of changes goes that far.
    EXPECT_EQ(berlin.nextChange(at(2126, 1, 1)), at(2126, 3, 31, 1));
}

TEST(Cron, ASkippedTimeRunsWhenClocksJumpAndADoubledOneOnce) {
    const Schedule nightly(cron("30 2 * * *", "Europe/Berlin"));
    EXPECT_EQ(nightly.nextTimes(at(2026, 3, 28, 0), 3),
              (std::vector{at(2026, 3, 28, 1, 30), at(2026, 3, 29, 1), at(2026, 3, 30, 0, 30)}));
    EXPECT_EQ(nightly.nextTimes(at(2026, 10, 24, 0), 3),
              (std::vector{at(2026, 10, 24, 0, 30), at(2026, 10, 25, 0, 30), at(2026, 10, 26, 1, 30)}));
    // Several skipped times are one moment.
    EXPECT_EQ(Schedule(cron("0,30 2,3 * * *", "Europe/Berlin")).nextTimes(at(2026, 3, 29, 0), 2),
              (std::vector{at(2026, 3, 29, 1), at(2026, 3, 29, 1, 30)}));
}

TEST(Cron, OneOfEveryHourFollowsTimeAsItPasses) {
    const Schedule half_hours(cron("*/30 * * * *", "Europe/Berlin"));
    EXPECT_EQ(
        half_hours.nextTimes(at(2026, 10, 25, 0), 4),
        (std::vector{at(2026, 10, 25, 0, 30), at(2026, 10, 25, 1), at(2026, 10, 25, 1, 30), at(2026, 10, 25, 2)}));
    EXPECT_EQ(half_hours.nextTimes(at(2026, 3, 29, 0, 30), 2),
              (std::vector{at(2026, 3, 29, 1), at(2026, 3, 29, 1, 30)}));
}

TEST(Cron, ADayThatAZoneLeavesOut) {
    // Samoa had no 30 December 2011: its run of that day is at midnight, when the 31st begins.
    const Schedule daily(cron("0 9 * * *", "Pacific/Apia"));
    EXPECT_EQ(daily.nextTimes(at(2011, 12, 29, 19), 3),
              (std::vector{at(2011, 12, 30, 10), at(2011, 12, 30, 19), at(2011, 12, 31, 19)}));
}

TEST(Cron, RareDays) {
    EXPECT_EQ(Schedule(cron("0 0 29 2 *")).nextTimes(at(2096, 3, 1), 1), (std::vector{at(2104, 2, 29)}));
    EXPECT_EQ(Schedule(cron("0 0 13 * fri")).nextTimes(at(2026, 11, 1), 3),
              (std::vector{at(2026, 11, 6), at(2026, 11, 13), at(2026, 11, 20)}));
    EXPECT_EQ(Schedule(cron("0 0 * * 7")).nextTimes(at(2026, 11, 21), 1), (std::vector{at(2026, 11, 22)}));
    EXPECT_EQ(Schedule(cron("59 59 23 31 12 *")).nextTimes(at(2026, 11, 1), 1),
              (std::vector{at(2026, 12, 31, 23, 59, 59)}));
}

TEST(Cron, SaysWhatIsWrong) {
    EXPECT_EQ(errorOf("0 25 * * *"), "the hour '25' holds 25 | it may be 0 to 23");
    EXPECT_EQ(errorOf("0 0 30 feb *"),
              "the schedule '0 0 30 feb *' never comes | none of its months has one of its days");
    EXPECT_EQ(errorOf("* * *"),
              "the schedule '* * *' has 3 fields, not 5 or 6 | write minute, hour, day of the month, "
              "month, day of the week: '30 2 * * mon-fri'");
    EXPECT_EQ(errorOf("0 22-2 * * *"),
              "the hour '22-2' has a range that ends before it begins | write both parts: 22-23,0-2");
    EXPECT_EQ(errorOf("5/10 * * * *"), "the minute '5/10' has a step without a range | write 5-59/10");
    EXPECT_EQ(errorOf("@dayly"), "'@dayly' is not a schedule | did you mean '@daily'?");
    for (const char* text : {"", "@reboot", "- * * * *", "1- * * * *", "*/0 * * * *", "*/ * * * *", "1,,2 * * * *",
                             "1-2-3 * * * *", "*/2/3 * * * *", "-1 * * * *", "+1 * * * *", "0 0 0 * *", "0 0 * 13 *",
                             "0 0 * * 8", "0 0 * foo *", "99999999999 * * * *", "*-5 * * * *", "? * * * *"}) {
        EXPECT_NE(errorOf(text), "") << text;
    }
}

TEST(Cron, InWords) {
    const auto words = [](const std::string& text) { return cron(text).describe(); };
    EXPECT_EQ(words("30 2 * * mon-fri"), "every weekday at 02:30");
    EXPECT_EQ(words("@daily"), "every day at 00:00");
    EXPECT_EQ(words("@hourly"), "every hour");
    EXPECT_EQ(words("@weekly"), "every Sunday at 00:00");
    EXPECT_EQ(words("@yearly"), "on day 1 of January at 00:00");
    EXPECT_EQ(words("* * * * *"), "every minute");
    EXPECT_EQ(words("*/15 * * * *"), "every 15 minutes");
    EXPECT_EQ(words("5 * * * *"), "at minute 5 of every hour");
    EXPECT_EQ(words("0 */2 * * *"), "every 2 hours");
    EXPECT_EQ(words("0 6,18 1,15 * *"), "on days 1 and 15 of every month at 06:00 and 18:00");
    EXPECT_EQ(words("0 9 * jun-aug sat,sun"), "every Saturday and Sunday in June to August at 09:00");
    EXPECT_EQ(words("0 0 1 * mon"), "on day 1 of every month and on every Monday at 00:00");
    EXPECT_EQ(words("*/10 9-17 * * mon,wed,fri"),
              "every 10 minutes of hours 9 to 17, every Monday, Wednesday and Friday");
    EXPECT_EQ(words("*/10 * * * * *"), "every 10 seconds");
    EXPECT_EQ(words("30 0 12 * * *"), "every day at 12:00:30");
    EXPECT_EQ(cron("30 2 * * *", "Europe/Berlin").describe(), "every day at 02:30 (Europe/Berlin)");
}

TEST(Schedule, AnIntervalKeepsItsDistances) {
    const Schedule schedule(Interval{seconds(900), at(2026, 1, 1, 0, 5)});
    EXPECT_EQ(schedule.nextTimes(at(2026, 1, 1, 0, 5), 2), (std::vector{at(2026, 1, 1, 0, 20), at(2026, 1, 1, 0, 35)}));
    EXPECT_EQ(schedule.next(at(2026, 1, 1, 0, 4, 59)), at(2026, 1, 1, 0, 5));
    EXPECT_EQ(schedule.next(at(2025, 12, 31, 23, 50)), at(2026, 1, 1, 0, 5));
    EXPECT_EQ(schedule.next(at(2025, 12, 31, 23, 49, 59)), at(2025, 12, 31, 23, 50));
    EXPECT_EQ(schedule.describe(), "every 15 minutes");
}

TEST(Schedule, TheLastTimeIsTheLastOfAllTimes) {
    std::mt19937_64 random(5);
    for (const char* text : {"*/7 * * * *", "0 0 29 2 *", "10 3 * * mon", "*/5 * 4 * * *", "0 0 1 1 *"}) {
        const Schedule schedule(cron(text, "America/New_York"));
        for (int round = 0; round < 40; ++round) {
            const Instant after = at(2026, 1, 1) + seconds(random() % (400 * 86400));
            const Instant until = after + seconds(random() % (20 * 86400));
            std::optional<Instant> last;
            for (auto time = schedule.next(after); time && *time <= until; time = schedule.next(*time)) {
                last = time;
            }
            EXPECT_EQ(schedule.lastIn(after, until), last) << text;
        }
    }
}

TEST(DueTimes, MissedOnesByPolicy) {
    const Schedule hourly(cron("@hourly"));
    const Instant considered = at(2026, 11, 21, 0, 30);
    const Instant now = at(2026, 11, 21, 6, 0, 10);
    const auto due = [&](MissedRuns policy, std::size_t limit = 100) {
        return dueTimes(hourly, considered, now, policy, seconds(60), limit);
    };
    EXPECT_EQ(due(MissedRuns::kSkip).times, (std::vector{at(2026, 11, 21, 6)}));
    EXPECT_EQ(due(MissedRuns::kLast).times, (std::vector{at(2026, 11, 21, 5), at(2026, 11, 21, 6)}));
    EXPECT_EQ(due(MissedRuns::kCatchUp).times.size(), 6U);
    EXPECT_EQ(due(MissedRuns::kCatchUp).considered, now);
    // A limit leaves the rest for the next time.
    const DueTimes first = due(MissedRuns::kCatchUp, 4);
    EXPECT_EQ(first.considered, at(2026, 11, 21, 4));
    EXPECT_EQ(dueTimes(hourly, first.considered, now, MissedRuns::kCatchUp, seconds(60), 4).times,
              (std::vector{at(2026, 11, 21, 5), at(2026, 11, 21, 6)}));
}

TEST(DueTimes, NothingTwiceAndNothingLeftOutWhenAskedOften) {
    std::mt19937_64 random(9);
    const Schedule schedule(cron("*/3 * * * *", "Europe/Berlin"));
    for (const auto policy : {MissedRuns::kSkip, MissedRuns::kLast, MissedRuns::kCatchUp}) {
        Instant considered = at(2026, 10, 24, 23, 17);
        const Instant begin = considered;
        Instant now = considered;
        std::vector<Instant> times;
        while (now < at(2026, 10, 25, 4)) {
            // Never longer away than the grace; sometimes the clock goes back.
            now += seconds(static_cast<std::int64_t>(random() % 50) - 8);
            const DueTimes due = dueTimes(schedule, considered, now, policy, seconds(300), 1);
            ASSERT_GE(due.considered, considered);
            considered = due.considered;
            times.insert(times.end(), due.times.begin(), due.times.end());
        }
        EXPECT_EQ(times, schedule.nextTimes(begin, times.size()));
        EXPECT_GT(times.size(), 90U);
    }
}

TEST(DueTimes, ALongAbsenceIsNotCountedThrough) {
    const Schedule every_second(cron("* * * * * *"));
    const auto last = dueTimes(every_second, at(1980, 1, 1), at(2026, 1, 1), MissedRuns::kLast, seconds(0), 100);
    EXPECT_EQ(last.times, (std::vector{at(2025, 12, 31, 23, 59, 59), at(2026, 1, 1)}));
}

TEST(Jitter, IsTheSameForAJobAndATimeAndSpreads) {
    const Instant time = at(2026, 11, 21);
    EXPECT_EQ(jitterOf("nightly", time, seconds(300)), jitterOf("nightly", time, seconds(300)));
    EXPECT_EQ(jitterOf("nightly", time, seconds(0)), seconds(0));
    std::vector<int> counts(11);
    for (int i = 0; i < 11'000; ++i) {
        const auto jitter = jitterOf("job-" + std::to_string(i), time, seconds(10));
        ++counts.at(static_cast<std::size_t>(jitter.count()));
    }
    for (const int count : counts) {
        EXPECT_NEAR(count, 1000, 200);
    }
}

TEST(Duration, IsReadAndWritten) {
    EXPECT_EQ(parseDuration("90s"), seconds(90));
    EXPECT_EQ(parseDuration("1h30m"), seconds(5400));
    EXPECT_EQ(parseDuration("2d"), seconds(172800));
    EXPECT_EQ(durationText(seconds(90)), "1m30s");
    EXPECT_EQ(durationText(seconds(172801)), "2d1s");
    EXPECT_EQ(durationWords(seconds(5400)), "1 hour 30 minutes");
    for (const char* text :
         {"", "5", "m", "-5m", "5m1h", "1h1h", "0s", "1.5h", "5 m", "99999999999999999999d", "11y"}) {
        EXPECT_FALSE(parseDuration(text)) << text;
    }
    for (std::int64_t count = 1; count < 1'000'000; count += 977) {
        EXPECT_EQ(parseDuration(durationText(seconds(count))), seconds(count));
    }
}

}  // namespace
}  // namespace tessera::jobs
