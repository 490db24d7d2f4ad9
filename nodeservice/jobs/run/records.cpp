#include "nodeservice/jobs/run/records.h"

#include "nodeservice/jobs/definition/read.h"

#include <nlohmann/json.hpp>

#include <algorithm>

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
    const auto rows =
        TSR_TRY(store.query({"SELECT job, version, scheduled_s, date, parameters, state, deadline_ms, node, epoch, "
                             "is_cancelled, error FROM job_run WHERE id = ?",
                             {id}}));
    if (rows.empty()) {
        return fail(ErrorCode::kNotFound, "there is no run " + std::to_string(id));
    }
    const Row& row = rows[0];
    RunState state;
    state.run = {id,
                 text(row[0]),
                 integer(row[1]),
                 integer(row[2]),
                 text(row[3]),
                 decodePairs(text(row[4])),
                 text(row[5]),
                 integer(row[6]),
                 text(row[7]),
                 integer(row[8]),
                 integer(row[9]) != 0,
                 text(row[10])};
    const auto steps =
        TSR_TRY(store.query({"SELECT name, state, attempt, failures, interruptions, retry_at_ms, error "
                             "FROM job_step WHERE run = ? ORDER BY position",
                             {id}}));
    for (const Row& step : steps) {
        state.steps.push_back({text(step[0]), text(step[1]), integer(step[2]), integer(step[3]), integer(step[4]),
                               integer(step[5]), text(step[6])});
    }
    return state;
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
    if (const auto found = known_.find({job, version}); found != known_.end()) {
        return found->second;
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
    known_.emplace(std::pair(job, version), definition);
    return definition;
}

}  // namespace tessera::jobs
