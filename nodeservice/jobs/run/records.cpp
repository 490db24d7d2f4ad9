#include "nodeservice/jobs/run/records.h"

#include "nodeservice/jobs/definition/read.h"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <cstdio>

namespace tessera::jobs {

namespace {

std::int64_t integer(const store::sqlite::Value& value) {
    const auto* number = std::get_if<std::int64_t>(&value);
    return number == nullptr ? 0 : *number;
}

std::string text(const store::sqlite::Value& value) {
    const auto* found = std::get_if<std::string>(&value);
    return found == nullptr ? std::string() : *found;
}

}  // namespace

const StepRecord* RunState::step(const std::string& name) const {
    const auto found =
        std::find_if(steps.begin(), steps.end(), [&](const StepRecord& one) { return one.name == name; });
    return found == steps.end() ? nullptr : &*found;
}

Result<RunState> readRun(JobStore& store, std::int64_t id) {
    auto found = TSR_TRY(readRuns(store, {id}));
    if (found.empty()) {
        return fail(ErrorCode::kNotFound, "there is no run " + std::to_string(id));
    }
    return std::move(found.begin()->second);
}

/// The steps first: a run that is read later than its steps is at least as new as they are, which nodes that lost it
/// see by its epoch.
Result<std::map<std::int64_t, RunState>> readRuns(JobStore& store, const std::vector<std::int64_t>& ids) {
    const std::string list = nlohmann::json(ids).dump();
    const auto steps =
        TSR_TRY(store.query({"SELECT run, name, state, attempt, failures, interruptions, retry_at_ms, error, redone "
                             "FROM job_step WHERE run IN (SELECT value FROM json_each(?)) ORDER BY run, position",
                             {list}}));
    const auto runs =
        TSR_TRY(store.query({"SELECT id, job, version, scheduled_s, date, parameters, state, deadline_ms, node, epoch, "
                             "is_cancelled, error FROM job_run WHERE id IN (SELECT value FROM json_each(?))",
                             {list}}));
    std::map<std::int64_t, RunState> found;
    for (const Row& row : runs) {
        found[integer(row[0])].run = {integer(row[0]), text(row[1]),          integer(row[2]),
                                      integer(row[3]), text(row[4]),          decodePairs(text(row[5])),
                                      text(row[6]),    integer(row[7]),       text(row[8]),
                                      integer(row[9]), integer(row[10]) != 0, text(row[11])};
    }
    for (const Row& step : steps) {
        if (const auto run = found.find(integer(step[0])); run != found.end()) {
            run->second.steps.push_back({text(step[1]), text(step[2]), integer(step[3]), integer(step[4]),
                                         integer(step[5]), integer(step[6]), text(step[7]), integer(step[8])});
        }
    }
    return found;
}

Values valuesOfRun(std::int64_t id, const std::string& job, const std::string& date, Instant scheduled) {
    const auto day = std::chrono::floor<std::chrono::days>(scheduled);
    const std::chrono::year_month_day calendar(day);
    const std::chrono::hh_mm_ss time(scheduled - day);
    std::array<char, 32> text{};
    std::snprintf(text.data(), text.size(), "%04d-%02u-%02uT%02d:%02d:%02dZ", static_cast<int>(calendar.year()),
                  static_cast<unsigned>(calendar.month()), static_cast<unsigned>(calendar.day()),
                  static_cast<int>(time.hours().count()), static_cast<int>(time.minutes().count()),
                  static_cast<int>(time.seconds().count()));
    return {{"run.id", {ParameterType::kInteger, std::to_string(id)}},
            {"run.job", {ParameterType::kText, job}},
            {"run.date", {ParameterType::kDate, date}},
            {"run.time", {ParameterType::kTime, text.data()}}};
}

std::string encodePairs(const TextPairs& pairs) {
    auto list = nlohmann::json::array();
    for (const auto& [name, value] : pairs) {
        list.push_back({name, value});
    }
    return list.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

TextPairs decodePairs(const std::string& text) {
    TextPairs pairs;
    const auto list = nlohmann::json::parse(text, nullptr, false);
    if (list.is_array()) {
        for (const auto& pair : list) {
            if (pair.is_array() && pair.size() == 2 && pair[0].is_string() && pair[1].is_string()) {
                pairs.emplace_back(pair[0].get<std::string>(), pair[1].get<std::string>());
            }
        }
    }
    return pairs;
}

Result<std::shared_ptr<const Definition>> Definitions::find(const std::string& job, std::int64_t version) {
    {
        const std::lock_guard lock(mutex_);
        if (const auto found = known_.find({job, version}); found != known_.end()) {
            return found->second;
        }
    }
    const auto rows =
        TSR_TRY(store_.query({"SELECT definition FROM job_version WHERE job = ? AND version = ?", {job, version}}));
    const std::string name = "the job '" + job + "', version " + std::to_string(version);
    if (rows.empty()) {
        return fail(ErrorCode::kNotFound, name + ", is not in the store");
    }
    ReadDefinition read = readDefinition(text(rows[0][0]), job);
    if (!read.errors.empty()) {
        return std::move(read.errors.front()).withContext(name);
    }
    auto definition = std::make_shared<const Definition>(std::move(read.definition));
    const std::lock_guard lock(mutex_);
    return known_.emplace(std::pair(job, version), definition).first->second;
}

}  // namespace tessera::jobs
