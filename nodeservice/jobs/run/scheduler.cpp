#include "nodeservice/jobs/run/scheduler.h"

#include <array>
#include <cstdio>

namespace tessera::jobs {

namespace {

std::string dateText(LocalTime local) {
    const std::chrono::year_month_day date(std::chrono::floor<std::chrono::days>(local));
    std::array<char, 32> text{};
    std::snprintf(text.data(), text.size(), "%04d-%02u-%02u", static_cast<int>(date.year()),
                  static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()));
    return text.data();
}

bool matches(RunEnd wanted, const std::string& state) {
    return wanted == RunEnd::kAny || (wanted == RunEnd::kSuccess) == (state == "succeeded");
}

}  // namespace

std::string dateIn(const Definition& definition, Instant time) {
    for (const Trigger& trigger : definition.triggers) {
        if (const auto* cron = std::get_if<Cron>(&trigger.when)) {
            return dateText(cron->zone().toLocal(time));
        }
    }
    return dateText(TimeZone::utc().toLocal(time));
}

NewRun runAt(const Definition& definition, std::int64_t version, std::size_t position, Instant time,
             const std::string& cause) {
    const Trigger& trigger = definition.triggers.at(position);
    const auto* cron = std::get_if<Cron>(&trigger.when);
    const TimeZone zone = cron == nullptr ? TimeZone::utc() : cron->zone();
    return {.key = definition.name + "/time/" + std::to_string(position) + "/" +
                   std::to_string(time.time_since_epoch().count()),
            .version = version,
            .cause = cause,
            .scheduled = time,
            .date = dateText(zone.toLocal(time)),
            .delay = jitterOf(definition.name, time, trigger.jitter),
            .parameters = trigger.parameters};
}

Result<std::vector<NewRun>> backfill(const Definition& definition, std::int64_t version, std::size_t position,
                                     Instant from, Instant until, const TextPairs& parameters, std::size_t most) {
    const auto schedule =
        position < definition.triggers.size() ? definition.triggers[position].schedule() : std::nullopt;
    if (!schedule) {
        return fail(ErrorCode::kInvalidArgument,
                    "the job '" + definition.name + "' has no schedule " + std::to_string(position + 1));
    }
    std::vector<NewRun> runs;
    for (auto time = schedule->next(from - std::chrono::seconds(1)); time && *time < until;
         time = schedule->next(*time)) {
        if (runs.size() == most) {
            return fail(ErrorCode::kOutOfRange, "there are more than " + std::to_string(most) + " times to run for",
                        "choose a shorter range");
        }
        runs.push_back(runAt(definition, version, position, *time, "backfill"));
        runs.back().delay = std::chrono::seconds(0);
        runs.back().parameters.insert(runs.back().parameters.begin(), parameters.begin(), parameters.end());
    }
    return runs;
}

Result<std::size_t> Scheduler::tick(std::int64_t now_ms) {
    TSR_TRY(reloadIfChanged());
    const Instant now(std::chrono::seconds(now_ms / 1000));
    const auto due = startDue(now);
    next_due_ = firstDue();
    std::size_t started = TSR_TRY(due);
    started += TSR_TRY(startAfterEnded());
    const auto abandoned = TSR_TRY(store_.query(
        {"SELECT 1 FROM job_run WHERE state = 'running' AND is_cancelled AND lease_until_ms < ? LIMIT 1", {now_ms}}));
    if (!abandoned.empty()) {
        TSR_TRY(store_.apply(endAbandoned()));
    }
    return started;
}

Result<> Scheduler::reloadIfChanged() {
    const auto changes = TSR_TRY(store_.query({"SELECT changes FROM job_schema", {}}));
    const std::int64_t count = std::get<std::int64_t>(changes.at(0).at(0));
    if (changes_ == count) {
        return {};
    }
    const auto rows = TSR_TRY(store_.query(
        {"SELECT t.job, t.position, t.considered_s, j.version FROM job_trigger t JOIN job j ON j.name = t.job "
         "WHERE NOT j.is_paused",
         {}}));
    std::vector<Watched> watched;
    unreadable_.clear();
    for (const Row& row : rows) {
        Watched one;
        one.cursor = {std::get<std::string>(row.at(0)), std::get<std::int64_t>(row.at(1)),
                      Instant(std::chrono::seconds(std::get<std::int64_t>(row.at(2))))};
        one.version = std::get<std::int64_t>(row.at(3));
        auto definition = definitions_.find(one.cursor.job, one.version);
        if (!definition && definition.error().code == ErrorCode::kInvalidArgument) {
            // Of a later version of this program, perhaps: the other jobs go on.
            unreadable_[one.cursor.job] = definition.error().describe();
            continue;
        }
        one.definition = TSR_TRY(std::move(definition));
        const auto position = static_cast<std::size_t>(one.cursor.position);
        if (position >= one.definition->triggers.size()) {
            continue;
        }
        one.trigger = &one.definition->triggers[position];
        if (const auto schedule = one.trigger->schedule()) {
            one.next = schedule->next(one.cursor.considered);
        }
        watched.push_back(std::move(one));
    }
    watched_ = std::move(watched);
    changes_ = count;
    return {};
}

Result<std::size_t> Scheduler::startDue(Instant now) {
    struct Due {
        Watched* watched;
        Instant considered;
        std::size_t runs;
    };

    std::vector<Due> due;
    std::vector<Batch> batches;
    for (Watched& one : watched_) {
        if (!one.next || *one.next > now) {
            continue;
        }
        const Schedule schedule = *one.trigger->schedule();
        const DueTimes times = dueTimes(schedule, one.cursor.considered, now, one.trigger->missed, one.trigger->grace,
                                        options_.most_times);
        if (times.times.empty()) {
            // Missed, and not to be caught up: nobody needs to know.
            one.next = schedule.next(times.considered);
            continue;
        }
        std::vector<NewRun> runs;
        for (const Instant time : times.times) {
            runs.push_back(
                runAt(*one.definition, one.version, static_cast<std::size_t>(one.cursor.position), time, "time"));
        }
        due.push_back({&one, times.considered, runs.size()});
        batches.push_back(trigger(*one.definition, one.cursor, times.considered, runs));
    }
    const auto applied = store_.applyAll(batches);
    std::size_t started = 0;
    Result<> first_error;
    for (std::size_t i = 0; i < due.size(); ++i) {
        Watched& one = *due[i].watched;
        if (!applied.at(i).value_or(false)) {
            // Somebody else was here, or may have been.
            changes_.reset();
            if (!applied.at(i) && first_error) {
                first_error = applied.at(i).error();
            }
            continue;
        }
        started += due[i].runs;
        one.cursor.considered = due[i].considered;
        one.next = one.trigger->schedule()->next(due[i].considered);
    }
    TSR_TRY(first_error);
    return started;
}

std::optional<Instant> Scheduler::firstDue() const {
    std::optional<Instant> first;
    for (const Watched& one : watched_) {
        if (one.next && (!first || *one.next < *first)) {
            first = one.next;
        }
    }
    return first;
}

Result<> Scheduler::pruneOld(std::int64_t now_ms) {
    const auto jobs = TSR_TRY(store_.query({"SELECT name, version FROM job", {}}));
    std::vector<Batch> batches;
    for (const Row& row : jobs) {
        const std::string& job = std::get<std::string>(row.at(0));
        const auto definition = definitions_.find(job, std::get<std::int64_t>(row.at(1)));
        if (!definition) {
            continue;
        }
        const auto old =
            TSR_TRY(store_.query(oldRuns(job, now_ms - std::chrono::milliseconds((*definition)->keep).count())));
        if (!old.empty()) {
            batches.push_back(prune(job, (*definition)->keep));
        }
    }
    for (const Result<bool>& applied : store_.applyAll(batches)) {
        TSR_TRY(applied);
    }
    return {};
}

/// By position, those of a run of the job that has ended so.
Result<std::vector<std::int64_t>> Scheduler::alertsOf(const std::string& job, std::int64_t version,
                                                      const std::string& state) {
    std::vector<std::int64_t> positions;
    const auto definition = definitions_.find(job, version);
    if (!definition) {
        return definition.error().code == ErrorCode::kUnavailable
                   ? Result<std::vector<std::int64_t>>(definition.error())
                   : positions;
    }
    for (std::size_t i = 0; i < (*definition)->alerts.size(); ++i) {
        if (matches((*definition)->alerts[i].on, state)) {
            positions.push_back(static_cast<std::int64_t>(i));
        }
    }
    return positions;
}

Result<std::size_t> Scheduler::startAfterEnded() {
    constexpr std::int64_t kMost = 100;
    std::vector<Batch> all;
    std::vector<std::size_t> runs;
    const auto ended =
        TSR_TRY(store_.query({"SELECT id, job, state, epoch, scheduled_s, date, version FROM job_run "
                              "WHERE ended_ms IS NOT NULL AND is_followed = 0 ORDER BY id LIMIT ?",
                              {kMost}}));
    for (const Row& row : ended) {
        const std::int64_t id = std::get<std::int64_t>(row.at(0));
        const std::int64_t version = std::get<std::int64_t>(row.at(6));
        // A test is nobody's concern but that of who started it.
        if (version < 0) {
            all.push_back(follow(id, {}, {}));
            runs.push_back(0);
            continue;
        }
        std::vector<Batch> batches;
        for (const Watched& one : watched_) {
            const auto* after = std::get_if<AfterJob>(&one.trigger->when);
            if (after == nullptr || after->job != std::get<std::string>(row.at(1)) ||
                !matches(after->end, std::get<std::string>(row.at(2)))) {
                continue;
            }
            NewRun run;
            run.key = one.cursor.job + "/after/" + std::to_string(one.cursor.position) + "/" + std::to_string(id) +
                      "/" + std::to_string(std::get<std::int64_t>(row.at(3)));
            run.version = one.version;
            run.cause = "after";
            run.scheduled = Instant(std::chrono::seconds(std::get<std::int64_t>(row.at(4))));
            run.date = std::get<std::string>(row.at(5));
            run.delay = jitterOf(one.cursor.job, run.scheduled, one.trigger->jitter);
            run.parameters = one.trigger->parameters;
            batches.push_back(createRun(*one.definition, run));
        }
        const std::vector<std::int64_t> alerts =
            TSR_TRY(alertsOf(std::get<std::string>(row.at(1)), version, std::get<std::string>(row.at(2))));
        all.push_back(follow(id, batches, alerts));
        runs.push_back(batches.size());
    }
    const auto applied = store_.applyAll(all);
    std::size_t started = 0;
    for (std::size_t i = 0; i < applied.size(); ++i) {
        started += TSR_TRY(applied[i]) ? runs[i] : 0;
    }
    return started;
}

}  // namespace tessera::jobs
