#pragma once

/// What a person answers before a job runs: values for its parameters, and which days it is to make up for. Pure; any
/// thread.

#include "nodeservice/client/jobs_client.h"
#include "nodeservice/jobs/definition/definition.h"

#include <QDate>
#include <QString>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

namespace tessera::app {

/// What a parameter's values look like: "2026-11-22" for a date.
QString parameterExample(jobs::ParameterType type);

/// Why the value will not do; empty: it will. An empty value stands for the default.
QString parameterProblem(const jobs::Parameter& parameter, const QString& value);

/// The positions of the triggers that have times of their own: only those can be made up for.
std::vector<std::size_t> timedTriggers(const jobs::Definition& definition);

/// Times of a trigger from the beginning of one day to the end of another, in the trigger's zone.
struct MissedTimes {
    std::int64_t from_ms = 0;
    std::int64_t until_ms = 0;
    /// How many, at most kMissedTimesMax + 1.
    int count = 0;
    std::int64_t first_ms = 0;
    std::int64_t last_ms = 0;
};

/// As many as a node takes at once.
inline constexpr int kMissedTimesMax = 1000;

/// The trigger must be one of timedTriggers().
MissedTimes missedTimes(const jobs::Trigger& trigger, const QDate& first_day, const QDate& last_day);

}  // namespace tessera::app
