#include "nodeservice/jobs/run/worker.h"

#include "nodeservice/jobs/run/decide.h"

#include <algorithm>

namespace tessera::jobs {

namespace {

/// What happens so many parts of a lease after it was renewed.
constexpr std::int64_t kRenewAfterPart = 3;
/// The last quarter belongs to steps that take a while to stop.
constexpr std::int64_t kGiveUpNumerator = 3;
constexpr std::int64_t kGiveUpDenominator = 4;

Instant instantOf(std::int64_t seconds) {
    return Instant(std::chrono::seconds(seconds));
}

std::string timeText(Instant instant) {
    const auto day = std::chrono::floor<std::chrono::days>(instant);
    const std::chrono::year_month_day date(day);
    const std::chrono::hh_mm_ss time(instant - day);
    std::array<char, 32> text{};
    std::snprintf(text.data(), text.size(), "%04d-%02u-%02uT%02d:%02d:%02dZ", static_cast<int>(date.year()),
                  static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
                  static_cast<int>(time.hours().count()), static_cast<int>(time.minutes().count()),
                  static_cast<int>(time.seconds().count()));
    return text.data();
}

Values valuesOfRun(const RunRecord& run) {
    return {{"run.id", {ParameterType::kInteger, std::to_string(run.id)}},
            {"run.job", {ParameterType::kText, run.job}},
            {"run.date", {ParameterType::kDate, run.date}},
            {"run.time", {ParameterType::kTime, timeText(instantOf(run.scheduled_s))}}};
}

}  // namespace

void Worker::tick(std::int64_t now_ms, std::int64_t steady_ms) {
    collect();
    for (auto it = held_.begin(); it != held_.end();) {
        const bool is_in_doubt = steady_ms - it->second.renewed_steady_ms >= giveUpMs();
        if (is_in_doubt || !advance(it->first, it->second, now_ms, steady_ms)) {
            stopSteps(it->first, it->second);
            it = held_.erase(it);
        } else {
            ++it;
        }
    }
    claimMore(now_ms, steady_ms);
}

std::int64_t Worker::giveUpMs() const {
    return options_.lease.count() * kGiveUpNumerator / kGiveUpDenominator;
}

/// `steady_ms`: before the store was asked.
void Worker::leased(std::int64_t run, Held& held, std::int64_t steady_ms) {
    held.renewed_steady_ms = steady_ms;
    runner_.allow(run, steady_ms + giveUpMs());
}

void Worker::collect() {
    for (StepReport& report : runner_.takeEnded()) {
        const auto held = held_.find(report.run);
        if (held == held_.end()) {
            continue;
        }
        const auto step = held->second.steps.find(report.step);
        if (step != held->second.steps.end() && step->second.attempt == report.attempt && !step->second.result) {
            step->second.result = std::move(report.result);
        }
    }
}

void Worker::stopSteps(std::int64_t run, Held& held) {
    for (const auto& [name, under_way] : held.steps) {
        if (!under_way.result) {
            runner_.stop(run, name);
        }
    }
    held.steps.clear();
}

void Worker::claimMore(std::int64_t now_ms, std::int64_t steady_ms) {
    if (held_.size() >= options_.most_runs) {
        return;
    }
    // More than it takes, as some may be for other nodes.
    const auto rows = store_.query(claimable(now_ms, static_cast<std::int64_t>(options_.most_runs) * 4));
    if (!rows) {
        return;
    }
    for (const Row& row : *rows) {
        RunRecord run;
        run.id = std::get<std::int64_t>(row.at(0));
        run.job = std::get<std::string>(row.at(1));
        run.version = std::get<std::int64_t>(row.at(2));
        run.epoch = std::get<std::int64_t>(row.at(3));
        if (held_.size() >= options_.most_runs || held_.contains(run.id)) {
            continue;
        }
        const auto definition = definitions_.find(run.job, run.version);
        const bool may_run = definition && ((*definition)->nodes.empty() ||
                                            std::find((*definition)->nodes.begin(), (*definition)->nodes.end(),
                                                      options_.node) != (*definition)->nodes.end());
        if (!may_run) {
            continue;
        }
        const auto is_taken = store_.apply(claim(run, options_.node, options_.lease, (*definition)->timeout));
        if (is_taken.value_or(false)) {
            Held& held = held_[run.id];
            held.epoch = run.epoch + 1;
            leased(run.id, held, steady_ms);
        }
        // Taken and not known to be: the lease ends, and the run is taken again.
    }
}

Result<bool> Worker::keepLease(std::int64_t run, Held& held, std::int64_t steady_ms) {
    if (steady_ms - held.renewed_steady_ms < options_.lease.count() / kRenewAfterPart) {
        return true;
    }
    const bool is_renewed = TSR_TRY(store_.apply(renew(run, held.epoch, options_.lease)));
    if (is_renewed) {
        leased(run, held, steady_ms);
    }
    return is_renewed;
}

bool Worker::advance(std::int64_t run, Held& held, std::int64_t now_ms, std::int64_t steady_ms) {
    const auto lease = keepLease(run, held, steady_ms);
    if (lease && !*lease) {
        return false;
    }
    const auto state = readRun(store_, run);
    if (!state) {
        return state.error().code != ErrorCode::kNotFound;
    }
    // An older state than this node's own claim is a stale read.
    if (state->run.epoch < held.epoch) {
        return true;
    }
    if (state->run.epoch != held.epoch || state->run.state != "running") {
        return false;
    }
    const auto definition = definitions_.find(state->run.job, state->run.version);
    if (!definition) {
        return true;
    }
    if (state->run.is_cancelled || state->run.deadline_ms <= now_ms) {
        stopSteps(run, held);
        const bool is_late = !state->run.is_cancelled;
        static_cast<void>(store_.apply(
            stopRun(state->run, is_late ? "failed" : "cancelled",
                    is_late ? "it took longer than " + durationWords((*definition)->timeout) : std::string())));
        return true;
    }
    carryOut(*state, *definition, held, steady_ms);
    const Decision decision = decide(**definition, *state, now_ms);
    if (!decision.block.empty()) {
        static_cast<void>(store_.apply(blockSteps(state->run, decision.block)));
    }
    for (const std::string& name : decision.start) {
        if (held.steps.size() < options_.most_steps_of_run &&
            store_.apply(startStep(state->run, *state->step(name))).value_or(false)) {
            StepRecord started = *state->step(name);
            ++started.attempt;
            launch(*state, *definition, started, held, steady_ms);
        }
    }
    if (decision.is_over) {
        static_cast<void>(store_.apply(endRun(state->run)));
    }
    return true;
}

/// What the store says is under way is under way here: also when the answer to its start was lost.
void Worker::carryOut(const RunState& state, const std::shared_ptr<const Definition>& definition, Held& held,
                      std::int64_t steady_ms) {
    for (const StepRecord& step : state.steps) {
        const auto found = held.steps.find(step.name);
        if (step.state != "running") {
            // Its end is recorded. A stale read may not have seen its start.
            if (found != held.steps.end() && step.attempt >= found->second.attempt) {
                held.steps.erase(found);
            }
            continue;
        }
        if (found == held.steps.end() || found->second.attempt < step.attempt) {
            launch(state, definition, step, held, steady_ms);
            continue;
        }
        UnderWay& under_way = found->second;
        const std::chrono::milliseconds timeout = definition->step(step.name)->timeout;
        if (!under_way.result && timeout.count() > 0 && steady_ms - under_way.started_steady_ms >= timeout.count()) {
            runner_.stop(state.run.id, step.name);
            under_way.result = fail(ErrorCode::kDeadlineExceeded,
                                    "the step took longer than " + durationWords(definition->step(step.name)->timeout));
        }
        if (under_way.result) {
            record(state, *definition, step, *under_way.result);
        }
    }
}

void Worker::launch(const RunState& state, const std::shared_ptr<const Definition>& definition,
                    const StepRecord& record, Held& held, std::int64_t steady_ms) {
    UnderWay& under_way = held.steps[record.name];
    under_way = {record.attempt, steady_ms, std::nullopt};
    auto values = runValues(*definition, state.run.parameters, valuesOfRun(state.run));
    if (!values) {
        under_way.result = std::move(values).error();
        return;
    }
    runner_.start({state.run.id, state.run.epoch, record.attempt,
                   "run-" + std::to_string(state.run.id) + "/" + record.name, definition,
                   *definition->step(record.name), std::move(*values)});
}

void Worker::record(const RunState& state, const Definition& definition, const StepRecord& record,
                    const Result<StepResult>& result) {
    if (result) {
        static_cast<void>(store_.apply(completeStep(state.run, record, *result)));
        return;
    }
    const Retries& retries = definition.retriesOf(*definition.step(record.name));
    const std::string why = result.error().describe();
    // What is wrong with the step itself does not get better.
    const bool is_final = result.error().code == ErrorCode::kInvalidArgument || record.failures >= retries.count;
    static_cast<void>(store_.apply(
        is_final ? failStep(state.run, record, why)
                 : retryStep(state.run, record, why, retries.waitAfter(static_cast<int>(record.failures) + 1))));
}

}  // namespace tessera::jobs
