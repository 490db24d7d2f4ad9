#include "nodeservice/rest/job_pages.h"

#include <algorithm>
#include <charconv>
#include <optional>
#include <random>
#include <string_view>
#include <utility>

namespace tessera::rest {

using nlohmann::ordered_json;

namespace {

constexpr int kMostWaiting = 4;
constexpr std::int64_t kUsualRuns = 100;
constexpr std::int64_t kMostRuns = 1000;
constexpr std::int64_t kMostLines = 1000;

/// Milliseconds since 1970, or null for "not yet".
ordered_json timeOf(std::int64_t ms) {
    return ms == 0 ? ordered_json(nullptr) : ordered_json(ms);
}

ordered_json jsonOf(const jobs::RunSummary& run) {
    ordered_json parameters = ordered_json::object();
    for (const auto& [name, value] : run.parameters) {
        parameters[name] = value;
    }
    return {{"id", run.id},
            {"job", run.job},
            {"version", run.version},
            {"cause", run.cause},
            {"state", run.state},
            {"date", run.date},
            {"node", run.node},
            {"asked_by", run.asked_by},
            {"error", run.error},
            {"cancelled", run.is_cancelled},
            {"parameters", std::move(parameters)},
            {"scheduled_ms", timeOf(run.scheduled_ms)},
            {"created_ms", timeOf(run.created_ms)},
            {"started_ms", timeOf(run.started_ms)},
            {"ended_ms", timeOf(run.ended_ms)}};
}

ordered_json jsonOf(const jobs::StepSummary& step) {
    return {{"name", step.name},
            {"kind", step.kind},
            {"after", step.after},
            {"state", step.state},
            {"attempt", step.attempt},
            {"failures", step.failures},
            {"interruptions", step.interruptions},
            {"rows", step.rows},
            {"bytes", step.bytes},
            {"error", step.error},
            {"started_ms", timeOf(step.started_ms)},
            {"ended_ms", timeOf(step.ended_ms)}};
}

ordered_json jsonOf(const jobs::JobSummary& job) {
    return {{"name", job.name},
            {"documentation", job.documentation},
            {"owner", job.owner},
            {"run_as", job.run_as},
            {"version", job.version},
            {"paused", job.is_paused},
            {"triggers", job.triggers},
            {"next_ms", timeOf(job.next_ms)},
            {"active_runs", job.active_runs},
            {"last_run", job.last_run ? jsonOf(*job.last_run) : ordered_json(nullptr)},
            {"problem", job.problem}};
}

template <class Item>
ordered_json listOf(const std::vector<Item>& items) {
    ordered_json list = ordered_json::array();
    for (const Item& item : items) {
        list.push_back(jsonOf(item));
    }
    return list;
}

Result<std::int64_t> numberOf(std::string_view text, const std::string& what) {
    std::int64_t number = 0;
    const auto read = std::from_chars(text.data(), text.data() + text.size(), number);
    if (read.ec != std::errc() || read.ptr != text.data() + text.size() || number < 0) {
        return fail(ErrorCode::kInvalidArgument, what + " is no number: '" + std::string(text) + "'");
    }
    return number;
}

/// What follows '?': names of numbers alone, each of them known.
Result<std::int64_t> numberIn(std::string_view query, std::string_view name, std::int64_t otherwise) {
    std::int64_t found = otherwise;
    while (!query.empty()) {
        const std::string_view pair = query.substr(0, query.find('&'));
        query.remove_prefix(std::min(query.size(), pair.size() + 1));
        const std::string_view key = pair.substr(0, pair.find('='));
        if (key != "before" && key != "after" && key != "limit") {
            return fail(ErrorCode::kInvalidArgument, "there is no parameter '" + std::string(key) + "' here",
                        "before, after or limit");
        }
        if (key == name) {
            found = TSR_TRY(numberOf(pair.substr(std::min(pair.size(), key.size() + 1)), std::string(key)));
        }
    }
    return found;
}

/// The run, if it is one of the job.
Result<jobs::RunDetails> runOf(jobs::Jobs& jobs, const std::string& job, const std::string& id) {
    const std::int64_t number = TSR_TRY(numberOf(id, "the run"));
    auto details = TSR_TRY(jobs.run(number));
    if (details.run.job != job) {
        return fail(ErrorCode::kNotFound, "run " + id + " is none of job '" + job + "'");
    }
    return details;
}

Result<ordered_json> logOf(jobs::Jobs& jobs, const std::string& job, const std::string& id, std::string_view query) {
    const jobs::RunDetails details = TSR_TRY(runOf(jobs, job, id));
    const auto after = TSR_TRY(numberIn(query, "after", 0));
    ordered_json lines = ordered_json::array();
    for (const jobs::StoredLine& line : TSR_TRY(jobs.log(details.run.id, after, kMostLines))) {
        lines.push_back({{"line", line.line},
                         {"at_ms", line.told.at_ms},
                         {"step", line.told.step},
                         {"attempt", line.told.attempt},
                         {"text", line.told.text}});
    }
    return ordered_json{{"lines", std::move(lines)}, {"ended", details.run.ended_ms != 0}};
}

std::string newKey() {
    std::random_device random;
    return std::to_string((std::uint64_t{random()} << 32U) | random());
}

/// The body: {"parameters": {name: text}, "key": text}, or nothing.
Result<ordered_json> start(jobs::Jobs& jobs, const std::string& job, const std::string& body, const std::string& role) {
    const auto given = body.empty() ? ordered_json::object() : ordered_json::parse(body, nullptr, false);
    const auto bad = [](const std::string& what) { return fail(ErrorCode::kInvalidArgument, what); };
    if (!given.is_object()) {
        return bad("the body is no JSON object");
    }
    std::string key = newKey();
    jobs::TextPairs parameters;
    for (const auto& [name, value] : given.items()) {
        if (name == "key" && value.is_string()) {
            key = value.get<std::string>();
        } else if (name == "parameters" && value.is_object()) {
            for (const auto& [parameter, text] : value.items()) {
                if (!text.is_string()) {
                    return bad("the parameter '" + parameter + "' is no text");
                }
                parameters.emplace_back(parameter, text.get<std::string>());
            }
        } else {
            return bad("'" + name + "' is not possible here: \"parameters\" is an object of texts, \"key\" a text");
        }
    }
    return ordered_json{{"run", TSR_TRY(jobs.start(job, "hand", key, parameters, role))}};
}

}  // namespace

const char* JobPages::methodsOf(const std::vector<std::string>& parts) {
    const bool is_runs = parts.size() >= 3 && parts[2] == "runs";
    return is_runs && parts.size() == 3 ? "GET, POST" : is_runs && parts.size() == 4 ? "GET, DELETE" : "GET";
}

Result<ordered_json> JobPages::answer(const gateway::HttpRequest& request, const std::vector<std::string>& parts,
                                      const std::string& role) {
    const bool reads = request.method == "GET" || request.method == "HEAD";
    TSR_TRY(rights_.check(role, reads ? jobs::Right::kRead : jobs::Right::kOperate));
    jobs::Jobs* jobs = jobs_();
    if (jobs == nullptr) {
        return fail(ErrorCode::kUnavailable, "the node's jobs have not started", "try again");
    }

    struct Waiting {
        explicit Waiting(std::atomic<int>& counted) : count(counted), number(++count) {}

        ~Waiting() { --count; }

        std::atomic<int>& count;
        const int number;
    };

    const Waiting waiting(waiting_);
    if (waiting.number > kMostWaiting) {
        return fail(ErrorCode::kResourceExhausted, "the node has too many requests for jobs at once", "try again");
    }
    if (request.method == "POST") {
        return start(*jobs, parts[1], request.body, role);
    }
    if (request.method == "DELETE") {
        const jobs::RunDetails details = TSR_TRY(runOf(*jobs, parts[1], parts[3]));
        TSR_TRY(jobs->cancelRun(details.run.id, role));
        return ordered_json{{"run", details.run.id}};
    }
    return read(*jobs, request, parts);
}

Result<ordered_json> JobPages::read(jobs::Jobs& jobs, const gateway::HttpRequest& request,
                                    const std::vector<std::string>& parts) {
    const bool is_runs = parts.size() >= 3 && parts[2] == "runs";
    if (parts.size() == 1) {
        return ordered_json{{"jobs", listOf(TSR_TRY(jobs.list()))}};
    }
    if (parts.size() == 2) {
        ordered_json job = jsonOf(TSR_TRY(jobs.find(parts[1])));
        job["text"] = TSR_TRY(jobs.version(parts[1], 0)).text;
        return job;
    }
    if (is_runs && parts.size() == 3) {
        TSR_TRY(jobs.find(parts[1]));
        const auto before = TSR_TRY(numberIn(request.query, "before", 0));
        const auto limit = TSR_TRY(numberIn(request.query, "limit", kUsualRuns));
        return ordered_json{
            {"runs",
             listOf(TSR_TRY(jobs.history({parts[1], {}, before, std::clamp<std::int64_t>(limit, 1, kMostRuns)})))}};
    }
    if (is_runs && parts.size() == 4) {
        const jobs::RunDetails details = TSR_TRY(runOf(jobs, parts[1], parts[3]));
        ordered_json run = jsonOf(details.run);
        run["steps"] = listOf(details.steps);
        return run;
    }
    if (is_runs && parts.size() == 5 && parts[4] == "log") {
        return logOf(jobs, parts[1], parts[3], request.query);
    }
    return fail(ErrorCode::kNotFound, "there is nothing under this path", "see /api/v1/openapi.json");
}

}  // namespace tessera::rest
