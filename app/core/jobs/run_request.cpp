#include "app/core/jobs/run_request.h"

#include <QCoreApplication>

namespace tessera::app {

namespace {

struct Texts {
    Q_DECLARE_TR_FUNCTIONS(RunRequest)
};

jobs::Instant beginOf(const QDate& day, const jobs::TimeZone& zone) {
    const std::chrono::local_days local{std::chrono::year(day.year()) / day.month() / day.day()};
    return zone.toInstant(jobs::LocalTime(local));
}

std::int64_t toMs(jobs::Instant instant) {
    return std::int64_t{instant.time_since_epoch().count()} * 1000;
}

}  // namespace

QString parameterExample(jobs::ParameterType type) {
    switch (type) {
        case jobs::ParameterType::kInteger:
            return QStringLiteral("42");
        case jobs::ParameterType::kDecimal:
            return QStringLiteral("0.5");
        case jobs::ParameterType::kBoolean:
            return QStringLiteral("true");
        case jobs::ParameterType::kDate:
            return QStringLiteral("2026-11-22");
        case jobs::ParameterType::kTime:
            return QStringLiteral("2026-11-22T02:30:00Z");
        case jobs::ParameterType::kText:
            break;
    }
    return {};
}

QString parameterProblem(const jobs::Parameter& parameter, const QString& value) {
    if (value.isEmpty()) {
        return parameter.default_value ? QString() : Texts::tr("It needs a value.");
    }
    if (jobs::isValueOf(parameter.type, value.toStdString())) {
        return {};
    }
    switch (parameter.type) {
        case jobs::ParameterType::kInteger:
            return Texts::tr("Write a whole number, like %1.").arg(parameterExample(parameter.type));
        case jobs::ParameterType::kDecimal:
            return Texts::tr("Write a number, like %1.").arg(parameterExample(parameter.type));
        case jobs::ParameterType::kBoolean:
            return Texts::tr("Write true or false.");
        case jobs::ParameterType::kDate:
            return Texts::tr("Write a date, like %1.").arg(parameterExample(parameter.type));
        default:
            return Texts::tr("Write a time, like %1.").arg(parameterExample(parameter.type));
    }
}

std::vector<std::size_t> timedTriggers(const jobs::Definition& definition) {
    std::vector<std::size_t> positions;
    for (std::size_t i = 0; i < definition.triggers.size(); ++i) {
        if (definition.triggers[i].schedule()) {
            positions.push_back(i);
        }
    }
    return positions;
}

MissedTimes missedTimes(const jobs::Trigger& trigger, const QDate& first_day, const QDate& last_day) {
    const auto* cron = std::get_if<jobs::Cron>(&trigger.when);
    const jobs::TimeZone zone = cron != nullptr ? cron->zone() : jobs::TimeZone::utc();
    const jobs::Instant from = beginOf(first_day, zone);
    const jobs::Instant until = beginOf(last_day.addDays(1), zone);
    MissedTimes times{.from_ms = toMs(from), .until_ms = toMs(until)};
    const auto schedule = trigger.schedule();
    auto next = schedule->next(from - std::chrono::seconds(1));
    for (; next && *next < until && times.count <= kMissedTimesMax; next = schedule->next(*next)) {
        times.first_ms = times.count == 0 ? toMs(*next) : times.first_ms;
        times.last_ms = toMs(*next);
        ++times.count;
    }
    return times;
}

}  // namespace tessera::app
