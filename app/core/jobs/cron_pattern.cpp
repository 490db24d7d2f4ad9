#include "app/core/jobs/cron_pattern.h"

#include <QCoreApplication>
#include <QDateTime>
#include <QLocale>
#include <QTimeZone>
#include <bit>
#include <optional>

namespace tessera::app {

namespace {

struct Texts {
    Q_DECLARE_TR_FUNCTIONS(CronPattern)
};

constexpr int kMinutesOfHour = 60;

/// The only value that a field allows.
std::optional<int> only(std::uint64_t bits) {
    return std::popcount(bits) == 1 ? std::optional(std::countr_zero(bits)) : std::nullopt;
}

/// N, when the field allows 0, N, 2N, … of an hour.
std::optional<int> stepOf(std::uint64_t minutes) {
    for (int every = 1; every < kMinutesOfHour; ++every) {
        std::uint64_t wanted = 0;
        for (int minute = 0; minute < kMinutesOfHour; minute += every) {
            wanted |= std::uint64_t{1} << static_cast<unsigned>(minute);
        }
        if (kMinutesOfHour % every == 0 && minutes == wanted) {
            return every;
        }
    }
    return std::nullopt;
}

QString timeText(jobs::Instant time, const jobs::TimeZone& zone) {
    // What clocks there show, as if it were a time here: only its digits are used.
    const auto local = zone.toLocal(time).time_since_epoch().count();
    const QDateTime there = QDateTime::fromSecsSinceEpoch(local, Qt::UTC);
    const QDateTime here = QDateTime::fromSecsSinceEpoch(time.time_since_epoch().count());
    const QString format = QStringLiteral("ddd yyyy-MM-dd HH:mm");
    const QString text =
        QLocale().toString(there, there.time().second() == 0 ? format : format + QStringLiteral(":ss"));
    if (here.date() == there.date() && here.time() == there.time()) {
        return text;
    }
    return Texts::tr("%1 (here %2)")
        .arg(text, QLocale().toString(
                       here, here.date() == there.date() ? QStringLiteral("HH:mm") : QStringLiteral("ddd HH:mm")));
}

}  // namespace

CronPattern patternOf(const std::string& cron) {
    CronPattern pattern{.kind = CronPattern::Kind::kOther};
    const auto parsed = jobs::Cron::parse(cron, jobs::TimeZone::utc());
    if (!parsed) {
        return pattern;
    }
    const jobs::CronFields& fields = parsed->fields();
    const auto minute = only(fields.minutes);
    const auto hour = only(fields.hours);
    const auto day = only(fields.days);
    if (fields.seconds != 1 || !fields.isEveryMonth()) {
        return pattern;
    }
    const bool is_every_day = fields.isEveryDay() && fields.isEveryWeekday();
    if (const auto every = stepOf(fields.minutes); every && fields.isEveryHour() && is_every_day && *every > 1) {
        return {.kind = CronPattern::Kind::kMinutes, .every = *every};
    }
    if (!minute) {
        return pattern;
    }
    pattern.minute = *minute;
    if (fields.isEveryHour() && is_every_day) {
        pattern.kind = CronPattern::Kind::kHourly;
    } else if (hour) {
        pattern.hour = *hour;
        pattern.kind = is_every_day                     ? CronPattern::Kind::kDaily
                       : fields.isEveryDay()            ? CronPattern::Kind::kWeekly
                       : fields.isEveryWeekday() && day ? CronPattern::Kind::kMonthly
                                                        : CronPattern::Kind::kOther;
        pattern.weekdays = fields.isEveryWeekday() ? pattern.weekdays : static_cast<unsigned>(fields.weekdays & 0x7F);
        pattern.day = day.value_or(1);
    }
    // Only what it says again is such a pattern.
    const auto again = jobs::Cron::parse(cronOf(pattern), jobs::TimeZone::utc());
    if (!again || again->fields() != fields) {
        return {.kind = CronPattern::Kind::kOther};
    }
    return pattern;
}

std::string cronOf(const CronPattern& pattern) {
    const std::string time = std::to_string(pattern.minute) + " " + std::to_string(pattern.hour);
    switch (pattern.kind) {
        case CronPattern::Kind::kMinutes:
            return "*/" + std::to_string(pattern.every) + " * * * *";
        case CronPattern::Kind::kHourly:
            return std::to_string(pattern.minute) + " * * * *";
        case CronPattern::Kind::kDaily:
            return time + " * * *";
        case CronPattern::Kind::kWeekly: {
            constexpr unsigned kWorkdays = 0b0111110;
            static constexpr const char* kNames[] = {"sun", "mon", "tue", "wed", "thu", "fri", "sat"};
            std::string days;
            for (unsigned day = 0; day < 7; ++day) {
                if ((pattern.weekdays >> day & 1U) != 0) {
                    days += (days.empty() ? "" : ",") + std::string(kNames[day]);
                }
            }
            return time + " * * " + (pattern.weekdays == kWorkdays ? "mon-fri" : days.empty() ? "*" : days);
        }
        case CronPattern::Kind::kMonthly:
            return time + " " + std::to_string(pattern.day) + " * *";
        case CronPattern::Kind::kOther:
            break;
    }
    return {};
}

ScheduleWords describeSchedule(const std::string& cron, const std::string& zone, const std::string& every,
                               jobs::Instant now, std::size_t count) {
    ScheduleWords found;
    const auto made = [&]() -> Result<std::pair<jobs::Schedule, jobs::TimeZone>> {
        if (cron.empty() && !every.empty()) {
            return std::pair(jobs::Schedule(jobs::Interval{.every = TSR_TRY(jobs::parseDuration(every))}),
                             jobs::TimeZone::utc());
        }
        const jobs::TimeZone clocks = TSR_TRY(jobs::TimeZone::find(zone.empty() ? "UTC" : zone));
        return std::pair(jobs::Schedule(TSR_TRY(jobs::Cron::parse(cron, clocks))), clocks);
    }();
    if (!made) {
        found.problem = QString::fromStdString(made.error().describe());
        return found;
    }
    found.words = QString::fromStdString(made->first.describe());
    for (const jobs::Instant time : made->first.nextTimes(now, count)) {
        found.next.push_back(timeText(time, made->second));
    }
    return found;
}

}  // namespace tessera::app
