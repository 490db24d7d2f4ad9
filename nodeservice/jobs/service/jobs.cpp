#include "nodeservice/jobs/service/jobs.h"

#include "common/strings.h"
#include "nodeservice/jobs/definition/read.h"
#include "nodeservice/jobs/run/scheduler.h"
#include "nodeservice/jobs/run/schema.h"

#include <algorithm>
#include <array>
#include <set>

namespace tessera::jobs {

namespace {

constexpr std::size_t kMostBackfills = 1000;

/// As toRun() reads them. `table` with a dot, or empty.
std::string runColumns(const std::string& table) {
    std::string columns;
    for (const char* name : {"id", "job", "version", "cause", "state", "date", "node", "asked_by", "error",
                             "is_cancelled", "parameters", "scheduled_s", "created_ms", "started_ms", "ended_ms"}) {
        columns += (columns.empty() ? "" : ", ") + table + name;
    }
    return columns;
}

std::int64_t integer(const store::sqlite::Value& value) {
    const auto* number = std::get_if<std::int64_t>(&value);
    return number == nullptr ? 0 : *number;
}

std::string text(const store::sqlite::Value& value) {
    const auto* found = std::get_if<std::string>(&value);
    return found == nullptr ? std::string() : *found;
}

RunSummary toRun(const Row& row) {
    RunSummary run;
    run.id = integer(row.at(0));
    run.job = text(row.at(1));
    run.version = integer(row.at(2));
    run.cause = text(row.at(3));
    run.state = text(row.at(4));
    run.date = text(row.at(5));
    run.node = text(row.at(6));
    run.asked_by = text(row.at(7));
    run.error = text(row.at(8));
    run.is_cancelled = integer(row.at(9)) != 0;
    run.parameters = decodePairs(text(row.at(10)));
    run.scheduled_ms = integer(row.at(11)) * 1000;
    run.created_ms = integer(row.at(12));
    run.started_ms = integer(row.at(13));
    run.ended_ms = integer(row.at(14));
    return run;
}

std::string summaryQuery() {
    return "SELECT j.name, j.version, j.is_paused, (SELECT count(*) FROM job_run a WHERE a.job = j.name AND a.state IN "
           "('waiting', 'running')), " +
           runColumns("r.") +
           " FROM job j LEFT JOIN job_run r ON r.id = (SELECT max(l.id) FROM job_run l WHERE l.job = j.name)";
}

std::int64_t nowSeconds() {
    return std::chrono::duration_cast<std::chrono::seconds>(std::chrono::system_clock::now().time_since_epoch())
        .count();
}

std::string wordsOf(const Trigger& trigger) {
    if (const auto schedule = trigger.schedule()) {
        // Who reads a list of jobs does not know by whose clock.
        const auto* cron = std::get_if<Cron>(&trigger.when);
        return schedule->describe() + (cron != nullptr && cron->zone().name() == "UTC" ? " (UTC)" : "");
    }
    const auto& after = std::get<AfterJob>(trigger.when);
    return "after '" + after.job + "'" +
           (after.end == RunEnd::kSuccess
                ? std::string()
                : std::string(after.end == RunEnd::kFailure ? ", when it fails" : ", however it ends"));
}

const char* kindOf(const Step& step) {
    static constexpr std::array<const char*, 6> kKinds = {"sql", "export", "copy", "refresh", "http", "job"};
    return kKinds.at(step.action.index());
}

/// The step and all that come after it.
std::vector<std::string> fromStepOn(const Definition& definition, const std::string& from) {
    std::vector<std::string> steps = {from};
    for (std::size_t known = 0; known != steps.size();) {
        known = steps.size();
        for (const Step& step : definition.steps) {
            const bool follows = std::any_of(step.after.begin(), step.after.end(), [&](const std::string& before) {
                return std::find(steps.begin(), steps.end(), before) != steps.end();
            });
            if (follows && std::find(steps.begin(), steps.end(), step.name) == steps.end()) {
                steps.push_back(step.name);
            }
        }
    }
    return steps;
}

const std::string& roleOf(const Definition& definition) {
    return definition.run_as.empty() ? definition.owner : definition.run_as;
}

}  // namespace

Result<bool> Jobs::hasTables() {
    return TSR_TRY(schemaVersion(store_)) != 0;
}

Error Jobs::noJob(const std::string& job) {
    std::vector<std::string> names;
    if (hasTables().value_or(false)) {
        if (const auto rows = store_.query({"SELECT name FROM job", {}})) {
            for (const Row& row : *rows) {
                names.push_back(text(row.at(0)));
            }
        }
    }
    return fail(ErrorCode::kNotFound, "there is no job '" + job + "'", suggestion(job, names));
}

Result<std::int64_t> Jobs::currentVersion(const std::string& job) {
    if (TSR_TRY(hasTables())) {
        const auto rows = TSR_TRY(store_.query({"SELECT version FROM job WHERE name = ?", {job}}));
        if (!rows.empty()) {
            return integer(rows.at(0).at(0));
        }
    }
    return noJob(job);
}

Result<std::shared_ptr<const Definition>> Jobs::definitionOf(const std::string& job, std::int64_t version) {
    const std::lock_guard lock(mutex_);
    return definitions_.find(job, version);
}

Result<std::shared_ptr<const Definition>> Jobs::definition(const std::string& job) {
    return definitionOf(job, TSR_TRY(currentVersion(job)));
}

Result<std::vector<Definition>> Jobs::allDefinitions() {
    std::vector<Definition> all;
    for (const Row& row : TSR_TRY(store_.query({"SELECT name, version FROM job", {}}))) {
        // One that this program cannot read is not in the way of others.
        if (const auto definition = definitionOf(text(row.at(0)), integer(row.at(1)))) {
            all.push_back(**definition);
        }
    }
    return all;
}

Result<JobSummary> Jobs::summaryOf(const Row& row, std::int64_t now_s) {
    JobSummary job;
    job.name = text(row.at(0));
    job.version = integer(row.at(1));
    job.is_paused = integer(row.at(2)) != 0;
    job.active_runs = integer(row.at(3));
    if (integer(row.at(4)) != 0) {
        job.last_run = toRun(Row(row.begin() + 4, row.end()));
    }
    const auto definition = definitionOf(job.name, job.version);
    if (!definition) {
        if (definition.error().code != ErrorCode::kInvalidArgument) {
            return definition.error();
        }
        job.problem = definition.error().describe();
        return job;
    }
    job.documentation = (*definition)->documentation;
    job.owner = (*definition)->owner;
    job.run_as = (*definition)->run_as;
    for (const Trigger& trigger : (*definition)->triggers) {
        job.triggers.push_back(wordsOf(trigger));
        const auto schedule = trigger.schedule();
        const auto next = schedule && !job.is_paused ? schedule->next(Instant(std::chrono::seconds(now_s)))
                                                     : std::optional<Instant>();
        if (next) {
            const std::int64_t next_ms = std::int64_t{next->time_since_epoch().count()} * 1000;
            job.next_ms = job.next_ms == 0 ? next_ms : std::min(job.next_ms, next_ms);
        }
    }
    return job;
}

Result<std::vector<JobSummary>> Jobs::list() {
    std::vector<JobSummary> jobs;
    if (!TSR_TRY(hasTables())) {
        return jobs;
    }
    for (const Row& row : TSR_TRY(store_.query({summaryQuery() + " ORDER BY j.name", {}}))) {
        jobs.push_back(TSR_TRY(summaryOf(row, nowSeconds())));
    }
    return jobs;
}

Result<JobSummary> Jobs::find(const std::string& job) {
    TSR_TRY(currentVersion(job));
    const auto rows = TSR_TRY(store_.query({summaryQuery() + " WHERE j.name = ?", {job}}));
    return rows.empty() ? Result<JobSummary>(noJob(job)) : summaryOf(rows.at(0), nowSeconds());
}

Result<JobVersion> Jobs::version(const std::string& job, std::int64_t version) {
    const std::int64_t current = TSR_TRY(currentVersion(job));
    const auto rows = TSR_TRY(
        store_.query({"SELECT version, author, at_ms, definition FROM job_version WHERE job = ? AND version = ?",
                      {job, version == 0 ? current : version}}));
    if (rows.empty()) {
        return fail(ErrorCode::kNotFound, "the job '" + job + "' has no version " + std::to_string(version),
                    "its newest is " + std::to_string(current));
    }
    return JobVersion{integer(rows[0][0]), text(rows[0][1]), integer(rows[0][2]), text(rows[0][3])};
}

Result<std::vector<JobVersion>> Jobs::versions(const std::string& job) {
    TSR_TRY(currentVersion(job));
    std::vector<JobVersion> versions;
    for (const Row& row : TSR_TRY(store_.query(
             {"SELECT version, author, at_ms FROM job_version WHERE job = ? AND version > 0 ORDER BY version DESC",
              {job}}))) {
        versions.push_back({integer(row.at(0)), text(row.at(1)), integer(row.at(2)), {}});
    }
    return versions;
}

Result<std::vector<Error>> Jobs::readAll(const std::vector<JobFile>& files, std::vector<Definition>& wanted) {
    std::vector<Error> problems;
    for (const JobFile& file : files) {
        ReadDefinition read = readDefinition(file.text, file.origin);
        problems.insert(problems.end(), read.errors.begin(), read.errors.end());
        wanted.push_back(std::move(read.definition));
    }
    if (!problems.empty()) {
        wanted.clear();
        return problems;
    }
    std::vector<Definition> together = TSR_TRY(hasTables()) ? TSR_TRY(allDefinitions()) : std::vector<Definition>();
    std::erase_if(together, [&](const Definition& old) {
        return std::any_of(wanted.begin(), wanted.end(), [&](const Definition& one) { return one.name == old.name; });
    });
    together.insert(together.end(), wanted.begin(), wanted.end());
    return checkTogether(together);
}

/// Who has made the newest version, for the author of another one.
Error Jobs::changedMeanwhile(const Definition& wanted, std::int64_t newest) {
    if (newest == 0) {
        return fail(ErrorCode::kAborted,
                    wanted.place.text + ": somebody else has removed '" + wanted.name + "' meanwhile",
                    "save it as a new job");
    }
    const auto by = version(wanted.name, newest);
    return fail(ErrorCode::kAborted,
                wanted.place.text + ": '" + wanted.name + "' is at version " + std::to_string(newest) +
                    (by ? " by " + by->author : std::string()) + ", which you have not seen",
                "compare the two, and change the newest one");
}

Result<Application> Jobs::apply(const std::vector<JobFile>& files, const std::string& author,
                                const MayRunAs& may_run_as, bool is_dry) {
    Application application;
    std::vector<Definition> wanted;
    application.problems = TSR_TRY(readAll(files, wanted));
    if (wanted.empty()) {
        return application;
    }
    const bool has_tables = TSR_TRY(hasTables());
    Batch batch;
    for (std::size_t position = 0; position < wanted.size(); ++position) {
        const Definition& one = wanted[position];
        const auto rows = has_tables ? TSR_TRY(store_.query({"SELECT version FROM job WHERE name = ?", {one.name}}))
                                     : std::vector<Row>();
        AppliedJob applied{one.name, AppliedJob::Change::kCreated, rows.empty() ? 0 : integer(rows[0][0]), {}};
        if (files[position].based_on && *files[position].based_on != applied.version) {
            application.problems.push_back(changedMeanwhile(one, applied.version));
            continue;
        }
        std::set<std::string> users = {roleOf(one)};
        if (!rows.empty()) {
            const auto old = definitionOf(one.name, applied.version);
            if (old) {
                users.insert(roleOf(**old));
                applied.diff = diffDefinitions(**old, one);
            }
            applied.change = old && **old == one ? AppliedJob::Change::kUnchanged : AppliedJob::Change::kChanged;
        } else {
            applied.diff = diffDefinitions(Definition(), one);
        }
        if (applied.change != AppliedJob::Change::kUnchanged) {
            for (const std::string& user : users) {
                if (auto may = may_run_as(user); !may) {
                    application.problems.push_back(std::move(may).error().withContext(one.place.text));
                }
            }
            const Batch change = define(one, applied.version, author);
            batch.insert(batch.end(), change.begin(), change.end());
            ++applied.version;
        }
        application.jobs.push_back(std::move(applied));
    }
    if (!application.problems.empty()) {
        application.jobs.clear();
    }
    if (is_dry || batch.empty() || !application.problems.empty()) {
        return application;
    }
    TSR_TRY(migrate(store_));
    if (!TSR_TRY(store_.apply(batch))) {
        return fail(ErrorCode::kAborted, "somebody else has changed one of the jobs meanwhile", "try again");
    }
    return application;
}

Result<> Jobs::remove(const std::string& job, const MayRunAs& may_run_as) {
    const std::int64_t version = TSR_TRY(currentVersion(job));
    if (const auto definition = definitionOf(job, version)) {
        TSR_TRY(may_run_as(roleOf(**definition)));
    }
    for (const Definition& other : TSR_TRY(allDefinitions())) {
        for (const Step& step : other.steps) {
            const auto* run = std::get_if<JobStep>(&step.action);
            if (run != nullptr && run->job == job && other.name != job) {
                return fail(ErrorCode::kFailedPrecondition, "the job '" + other.name + "' runs '" + job + "'",
                            "change or remove it first");
            }
        }
        for (const Trigger& trigger : other.triggers) {
            const auto* after = std::get_if<AfterJob>(&trigger.when);
            if (after != nullptr && after->job == job && other.name != job) {
                return fail(ErrorCode::kFailedPrecondition, "the job '" + other.name + "' runs after '" + job + "'",
                            "change or remove it first");
            }
        }
    }
    return TSR_TRY(store_.apply(jobs::remove(job))) ? Result<>() : Result<>(noJob(job));
}

Result<> Jobs::pause(const std::string& job, bool is_paused) {
    TSR_TRY(currentVersion(job));
    return TSR_TRY(store_.apply(jobs::pause(job, is_paused))) ? Result<>() : Result<>(noJob(job));
}

Result<std::int64_t> Jobs::start(const std::string& job, const std::string& cause, const std::string& key,
                                 const TextPairs& parameters, const std::string& by) {
    const std::int64_t version = TSR_TRY(currentVersion(job));
    const auto definition = TSR_TRY(definitionOf(job, version));
    const Instant now{std::chrono::seconds(nowSeconds())};
    NewRun run;
    run.key = job + "/" + cause + "/" + key;
    run.version = version;
    run.cause = cause;
    run.scheduled = now;
    run.date = dateIn(*definition, now);
    run.parameters = parameters;
    run.asked_by = by;
    // What is wrong with the parameters is said now, not in a failed run.
    TSR_TRY(runValues(*definition, parameters, valuesOfRun(0, job, run.date, now)));
    if (!TSR_TRY(store_.apply(createRun(*definition, run)))) {
        return fail(ErrorCode::kAborted, "the run could not be created", "try again");
    }
    return runOfKey(run.key);
}

Result<std::int64_t> Jobs::runOfKey(const std::string& key) {
    const auto rows = TSR_TRY(store_.query({"SELECT id FROM job_run WHERE key = ?", {key}}));
    return rows.empty() ? Result<std::int64_t>(fail(ErrorCode::kAborted, "the run is gone again"))
                        : Result<std::int64_t>(integer(rows[0][0]));
}

Result<StartedTest> Jobs::startTest(const JobFile& file, const std::string& key, const TextPairs& parameters,
                                    const std::string& by, const MayRunAs& may_run_as) {
    StartedTest started;
    std::vector<Definition> wanted;
    started.problems = TSR_TRY(readAll({file}, wanted));
    if (!started.problems.empty()) {
        return started;
    }
    const Definition& definition = wanted.at(0);
    TSR_TRY(currentVersion(definition.name));
    if (auto may = may_run_as(roleOf(definition)); !may) {
        started.problems.push_back(std::move(may).error().withContext(definition.place.text));
        return started;
    }
    const Instant now{std::chrono::seconds(nowSeconds())};
    NewRun run;
    run.key = definition.name + "/test/" + key;
    run.cause = "test";
    run.scheduled = now;
    run.date = dateIn(definition, now);
    run.parameters = parameters;
    run.asked_by = by;
    TSR_TRY(runValues(definition, parameters, valuesOfRun(0, definition.name, run.date, now)));
    const auto rows = TSR_TRY(store_.query(
        {"SELECT min(0, coalesce(min(version), 0)) - 1 FROM job_version WHERE job = ?", {definition.name}}));
    run.version = integer(rows.at(0).at(0));
    if (!TSR_TRY(store_.apply(defineTest(definition, run, by)))) {
        return fail(ErrorCode::kAborted, "another test of the job begins at the same time", "try again");
    }
    started.run = TSR_TRY(runOfKey(run.key));
    return started;
}

Result<std::size_t> Jobs::startBackfill(const std::string& job, std::size_t position, Instant from, Instant until,
                                        const TextPairs& parameters, const std::string& by) {
    const std::int64_t version = TSR_TRY(currentVersion(job));
    const auto definition = TSR_TRY(definitionOf(job, version));
    auto runs = TSR_TRY(backfill(*definition, version, position, from, until, parameters, kMostBackfills));
    std::vector<Batch> batches;
    for (NewRun& run : runs) {
        run.asked_by = by;
        TSR_TRY(runValues(*definition, run.parameters, valuesOfRun(0, job, run.date, run.scheduled)));
        batches.push_back(createRun(*definition, run));
    }
    const auto count = [&]() -> Result<std::int64_t> {
        return integer(
            TSR_TRY(store_.query({"SELECT count(*) FROM job_run WHERE job = ? AND cause = 'backfill'", {job}}))
                .at(0)
                .at(0));
    };
    const std::int64_t before = TSR_TRY(count());
    // Each by itself: one that is there already is left as it is. The oldest first, so that it runs first.
    for (const Batch& batch : batches) {
        TSR_TRY(store_.apply(batch));
    }
    return static_cast<std::size_t>(std::max<std::int64_t>(0, TSR_TRY(count()) - before));
}

Result<> Jobs::cancelRun(std::int64_t id, const std::string& by) {
    const RunDetails details = TSR_TRY(run(id));
    if (details.run.ended_ms != 0) {
        return fail(ErrorCode::kFailedPrecondition,
                    "run " + std::to_string(id) + " of '" + details.run.job + "' has ended: " + details.run.state);
    }
    return TSR_TRY(store_.apply(cancel(id, by)))
               ? Result<>()
               : fail(ErrorCode::kAborted, "run " + std::to_string(id) + " has ended meanwhile");
}

Result<> Jobs::runAgain(std::int64_t id, const std::string& from, const std::string& by) {
    const RunDetails details = TSR_TRY(run(id));
    const std::string name = "run " + std::to_string(id) + " of '" + details.run.job + "'";
    if (details.run.ended_ms == 0) {
        return fail(ErrorCode::kFailedPrecondition, name + " is still under way", "cancel it first");
    }
    if (details.run.state == "skipped") {
        return fail(ErrorCode::kFailedPrecondition, name + " was left out, as another one was under way",
                    "start a new run");
    }
    Batch batch;
    if (from.empty()) {
        if (details.run.state == "succeeded") {
            return fail(ErrorCode::kFailedPrecondition, name + " has succeeded",
                        "name the step from which on it is to be done again, or start a new run");
        }
        batch = rerun(id, by);
    } else {
        const auto definition = TSR_TRY(definitionOf(details.run.job, details.run.version));
        if (definition->step(from) == nullptr) {
            std::vector<std::string> names;
            for (const Step& step : definition->steps) {
                names.push_back(step.name);
            }
            return fail(ErrorCode::kInvalidArgument, name + " has no step '" + from + "'", suggestion(from, names));
        }
        batch = rerunFrom(id, fromStepOn(*definition, from), by);
    }
    return TSR_TRY(store_.apply(batch)) ? Result<>() : fail(ErrorCode::kAborted, name + " has changed meanwhile");
}

Result<std::vector<RunSummary>> Jobs::history(const HistoryFilter& filter) {
    std::vector<RunSummary> runs;
    if (!filter.job.empty()) {
        TSR_TRY(currentVersion(filter.job));
    }
    if (!TSR_TRY(hasTables())) {
        return runs;
    }
    const auto rows = TSR_TRY(store_.query(
        {"SELECT " + runColumns("") +
             " FROM job_run WHERE (?1 = '' OR job = ?1) AND (?2 = '' OR state = ?2) AND (?3 = 0 OR id < ?3) ORDER BY "
             "id DESC LIMIT ?4",
         {filter.job, filter.state, filter.before, filter.limit}}));
    for (const Row& row : rows) {
        runs.push_back(toRun(row));
    }
    return runs;
}

Result<RunDetails> Jobs::run(std::int64_t id) {
    const auto rows = TSR_TRY(hasTables())
                          ? TSR_TRY(store_.query({"SELECT " + runColumns("") + " FROM job_run WHERE id = ?", {id}}))
                          : std::vector<Row>();
    if (rows.empty()) {
        return fail(ErrorCode::kNotFound, "there is no run " + std::to_string(id),
                    "it may have been removed with old history");
    }
    RunDetails details{toRun(rows[0]), {}};
    const auto definition = definitionOf(details.run.job, details.run.version);
    for (const Row& row : TSR_TRY(store_.query(
             {"SELECT name, state, attempt, failures, interruptions, started_ms, ended_ms, rows, bytes, error FROM "
              "job_step WHERE run = ? ORDER BY position",
              {id}}))) {
        StepSummary step{text(row[0]),
                         text(row[1]),
                         integer(row[2]),
                         integer(row[3]),
                         integer(row[4]),
                         integer(row[5]),
                         integer(row[6]),
                         integer(row[7]),
                         integer(row[8]),
                         text(row[9]),
                         {},
                         {}};
        if (const Step* known = definition ? (*definition)->step(step.name) : nullptr) {
            step.after = known->after;
            step.kind = kindOf(*known);
        }
        details.steps.push_back(std::move(step));
    }
    return details;
}

Result<std::vector<StoredLine>> Jobs::log(std::int64_t run, std::int64_t after, std::int64_t limit) {
    std::vector<StoredLine> lines;
    for (const Row& row :
         TSR_TRY(store_.query({"SELECT line, at_ms, step, attempt, text FROM job_log WHERE run = ? AND "
                               "line > ? ORDER BY line LIMIT ?",
                               {run, after, limit}}))) {
        lines.push_back({integer(row[0]), {run, text(row[2]), integer(row[3]), integer(row[1]), text(row[4])}});
    }
    return lines;
}

}  // namespace tessera::jobs
