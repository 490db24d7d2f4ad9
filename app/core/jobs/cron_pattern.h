#pragma once

/// The usual kinds of schedules, as a person builds them, and the cron expressions that mean them. Pure; any thread.

#include "nodeservice/jobs/schedule/schedule.h"

#include <QString>
#include <string>
#include <vector>

namespace tessera::app {

struct CronPattern {
    enum class Kind {
        kMinutes,  ///< Every so many minutes.
        kHourly,   ///< At a minute of every hour.
        kDaily,
        kWeekly,  ///< On days of the week.
        kMonthly,
        kOther,  ///< What only an expression can say.
    };

    Kind kind = Kind::kDaily;
    /// Of kMinutes: a divisor of 60.
    int every = 15;
    int minute = 0;
    int hour = 2;
    /// Of kWeekly: bit 0 is Sunday.
    unsigned weekdays = 0b0111110;
    /// Of kMonthly.
    int day = 1;

    bool operator==(const CronPattern&) const = default;
};

/// kOther for what is no such pattern, or no expression at all.
CronPattern patternOf(const std::string& cron);

/// Empty for kOther.
std::string cronOf(const CronPattern& pattern);

/// What a trigger means: its words and its next times, or why it has none.
struct ScheduleWords {
    QString words;
    /// "Mon 2026-11-23 02:30" in the schedule's zone, with what that is here if clocks show something else.
    std::vector<QString> next;
    QString problem;
};

/// `cron` in `zone` (empty: UTC), or every `every` when `cron` is empty.
ScheduleWords describeSchedule(const std::string& cron, const std::string& zone, const std::string& every,
                               jobs::Instant now, std::size_t count);

}  // namespace tessera::app
