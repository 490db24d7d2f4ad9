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
/// What follows from what has just been recorded is done at once so many times: a step's end, the run's, what is next.
constexpr int kMostRounds = 4;

}  // namespace

void Worker::tick(std::int64_t now_ms, std::int64_t steady_ms) {
    collect();
    // Before the steps' ends are: who follows a log stops reading when the run has ended.
    keepLog();
    for (auto it = held_.begin(); it != held_.end();) {
        const bool is_in_doubt = steady_ms - it->second.renewed_steady_ms >= giveUpMs();
        it = is_in_doubt ? letGo(it) : std::next(it);
    }
    keepLeases(steady_ms);
    for (int round = 0; round < kMostRounds && goOn(now_ms, steady_ms); ++round) {
    }
}

std::map<std::int64_t, Worker::Held>::iterator Worker::letGo(std::map<std::int64_t, Held>::iterator held) {
    stopSteps(held->first, held->second);
    return held_.erase(held);
}

/// What the store holds of the runs here, what follows from it, which others there is room for, and all of that in one
/// go. False: nothing did.
bool Worker::goOn(std::int64_t now_ms, std::int64_t steady_ms) {
    std::vector<std::int64_t> ids;
    for (const auto& [run, held] : held_) {
        ids.push_back(run);
    }
    wishes_.clear();
    ending_ = 0;
    if (!ids.empty()) {
        const auto states = readRuns(store_, ids);
        if (!states) {
            return false;
        }
        for (auto it = held_.begin(); it != held_.end();) {
            const auto state = states->find(it->first);
            const bool is_ours = state != states->end() && advance(state->second, it->second, now_ms, steady_ms);
            it = is_ours ? std::next(it) : letGo(it);
        }
    }
    claimMore(now_ms, steady_ms, ending_);
    std::vector<Batch> batches;
    for (const Wish& wish : wishes_) {
        batches.push_back(wish.batch);
    }
    const auto applied = store_.applyAll(batches);
    bool has_changed = false;
    for (std::size_t i = 0; i < wishes_.size(); ++i) {
        const bool is_applied = applied.at(i).value_or(false);
        has_changed = has_changed || is_applied;
        if (wishes_[i].then && (is_applied || !applied.at(i))) {
            wishes_[i].then(is_applied ? Fate::kApplied : Fate::kUnknown);
        }
    }
    wishes_.clear();
    return has_changed;
}

void Worker::release() {
    collect();
    keepLog();
    std::vector<Batch> batches;
    for (const auto& [run, held] : held_) {
        RunRecord record;
        record.id = run;
        record.epoch = held.epoch;
        for (const auto& [name, under_way] : held.steps) {
            StepRecord step;
            step.name = name;
            step.attempt = under_way.attempt;
            // What was stopped because the node stops has not failed.
            if (under_way.result && *under_way.result) {
                static_cast<void>(store_.apply(completeStep(record, step, **under_way.result)));
            }
        }
        batches.push_back(releaseRun(record));
    }
    static_cast<void>(store_.applyAll(batches));
    held_.clear();
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

void Worker::keepLog() {
    for (LogLine& line : runner_.takeLog()) {
        log_[line.run].push_back(std::move(line));
    }
    if (log_.empty()) {
        return;
    }
    std::vector<Batch> batches;
    for (const auto& [run, lines] : log_) {
        batches.push_back(addLog(lines));
    }
    const auto applied = store_.applyAll(batches);
    std::size_t at = 0;
    for (auto it = log_.begin(); it != log_.end(); ++at) {
        // It may be there all the same if that is not known: a line told twice is better than one that is lost.
        it = applied.at(at) ? log_.erase(it) : std::next(it);
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

void Worker::claimMore(std::int64_t now_ms, std::int64_t steady_ms, std::size_t ending) {
    // More than it takes, as some may be for other nodes.
    const auto rows = store_.query(claimable(now_ms, static_cast<std::int64_t>(options_.most_runs) * 4));
    if (!rows || rows->empty()) {
        return;
    }
    std::vector<std::pair<RunRecord, std::shared_ptr<const Definition>>> wanted;
    std::vector<std::int64_t> ids;
    for (const Row& row : *rows) {
        RunRecord run;
        run.id = std::get<std::int64_t>(row.at(0));
        run.job = std::get<std::string>(row.at(1));
        run.version = std::get<std::int64_t>(row.at(2));
        run.epoch = std::get<std::int64_t>(row.at(3));
        const bool is_awaited = std::get<std::string>(row.at(4)) == "job";
        const std::size_t taken = held_.size() - ending + wanted.size();
        if ((taken >= options_.most_runs && !is_awaited) || held_.contains(run.id)) {
            continue;
        }
        const auto definition = definitions_.find(run.job, run.version);
        const bool may_run = definition && ((*definition)->nodes.empty() ||
                                            std::find((*definition)->nodes.begin(), (*definition)->nodes.end(),
                                                      options_.node) != (*definition)->nodes.end());
        if (may_run) {
            ids.push_back(run.id);
            wanted.emplace_back(std::move(run), *definition);
        }
    }
    const auto states = ids.empty() ? Result<std::map<std::int64_t, RunState>>() : readRuns(store_, ids);
    for (const auto& [run, definition] : wanted) {
        const bool is_known = states && states->contains(run.id);
        wishClaim(run, is_known ? &states->at(run.id) : nullptr, definition, now_ms, steady_ms);
    }
}

void Worker::wishClaim(const RunRecord& run, const RunState* state, const std::shared_ptr<const Definition>& definition,
                       std::int64_t now_ms, std::int64_t steady_ms) {
    Batch batch = claim(run, options_.node, options_.lease, definition->timeout);
    RunState taken;
    std::vector<StepRecord> started;
    const auto is_under_way = [](const StepRecord& step) { return step.state == "running"; };
    // What becomes of steps that were under way elsewhere is the claim's to say.
    if (state != nullptr && state->run.epoch == run.epoch &&
        std::none_of(state->steps.begin(), state->steps.end(), is_under_way)) {
        taken = *state;
        ++taken.run.epoch;
        for (const std::string& name : decide(*definition, taken, now_ms).start) {
            if (started.size() < options_.most_steps_of_run) {
                started.push_back(*taken.step(name));
                const Batch start = startStep(taken.run, started.back());
                batch.insert(batch.end(), start.begin(), start.end());
            }
        }
    }
    wish(std::move(batch), [=, this, id = run.id, epoch = run.epoch + 1](Fate fate) mutable {
        Held& held = held_[id];
        held.epoch = epoch;
        held.is_sure = fate == Fate::kApplied;
        leased(id, held, steady_ms);
        for (StepRecord& step : started) {
            if (held.is_sure) {
                ++step.attempt;
                launch(taken, definition, step, held, steady_ms);
            }
        }
    });
}

void Worker::keepLeases(std::int64_t steady_ms) {
    std::vector<std::int64_t> runs;
    std::vector<Batch> renewals;
    for (const auto& [run, held] : held_) {
        if (steady_ms - held.renewed_steady_ms >= options_.lease.count() / kRenewAfterPart) {
            runs.push_back(run);
            renewals.push_back(renew(run, held.epoch, options_.lease));
        }
    }
    if (runs.empty()) {
        return;
    }
    const auto renewed = store_.applyAll(renewals);
    for (std::size_t i = 0; i < runs.size(); ++i) {
        const auto held = held_.find(runs[i]);
        if (renewed.at(i) && *renewed.at(i)) {
            leased(held->first, held->second, steady_ms);
        } else if (renewed.at(i)) {
            letGo(held);
        }
    }
}

bool Worker::advance(const RunState& state, Held& held, std::int64_t now_ms, std::int64_t steady_ms) {
    const std::int64_t run = state.run.id;
    // An older state than this node's own claim is a stale read, unless the claim was lost.
    if (state.run.epoch < held.epoch) {
        return held.is_sure;
    }
    if (state.run.epoch != held.epoch || state.run.state != "running" || state.run.node != options_.node) {
        return false;
    }
    held.is_sure = true;
    const auto definition = definitions_.find(state.run.job, state.run.version);
    if (!definition) {
        return true;
    }
    if (state.run.is_cancelled || state.run.deadline_ms <= now_ms) {
        stopSteps(run, held);
        const bool is_late = !state.run.is_cancelled;
        ++ending_;
        wish(stopRun(state.run, is_late ? "failed" : "cancelled",
                     is_late ? "it took longer than " + durationWords((*definition)->timeout) : std::string()));
        return true;
    }
    if (carryOut(state, *definition, held, now_ms, steady_ms)) {
        return true;
    }
    const Decision decision = decide(**definition, state, now_ms);
    if (!decision.block.empty()) {
        wish(blockSteps(state.run, decision.block));
    }
    std::size_t under_way = held.steps.size();
    for (const std::string& name : decision.start) {
        if (under_way++ < options_.most_steps_of_run) {
            StepRecord started = *state.step(name);
            wish(startStep(state.run, started),
                 [this, run, state, started, steady_ms, known = *definition](Fate fate) mutable {
                     ++started.attempt;
                     if (const auto found = held_.find(run); fate == Fate::kApplied && found != held_.end()) {
                         launch(state, known, started, found->second, steady_ms);
                     }
                 });
        }
    }
    if (decision.is_over) {
        ++ending_;
        wish(endRun(state.run));
    }
    return true;
}

/// What the store says is under way is under way here: also when the answer to its start was lost.
bool Worker::carryOut(const RunState& state, const std::shared_ptr<const Definition>& definition, Held& held,
                      std::int64_t now_ms, std::int64_t steady_ms) {
    RunState expected = state;
    std::vector<Batch> ends;
    for (StepRecord& step : expected.steps) {
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
            ends.push_back(endOf(state.run, *definition, step, *under_way.result));
        }
    }
    const bool is_over = !ends.empty() && decide(*definition, expected, now_ms).is_over;
    if (!is_over) {
        for (Batch& end : ends) {
            wish(std::move(end));
        }
        return false;
    }
    // The run ends with its last steps, not a round later.
    ends.push_back(endRun(state.run));
    Batch together;
    for (const Batch& end : ends) {
        together.insert(together.end(), end.begin(), end.end());
    }
    ++ending_;
    wish(std::move(together));
    return true;
}

void Worker::launch(const RunState& state, const std::shared_ptr<const Definition>& definition,
                    const StepRecord& record, Held& held, std::int64_t steady_ms) {
    UnderWay& under_way = held.steps[record.name];
    under_way = {record.attempt, steady_ms, std::nullopt};
    auto values = runValues(
        *definition, state.run.parameters,
        valuesOfRun(state.run.id, state.run.job, state.run.date, Instant(std::chrono::seconds(state.run.scheduled_s))));
    if (!values) {
        under_way.result = std::move(values).error();
        return;
    }
    runner_.start({state.run.id, state.run.epoch, record.attempt,
                   "run-" + std::to_string(state.run.id) + "/" + record.name +
                       (record.redone == 0 ? "" : "/" + std::to_string(record.redone)),
                   definition, *definition->step(record.name), std::move(*values)});
}

Batch Worker::endOf(const RunRecord& run, const Definition& definition, StepRecord& step,
                    const Result<StepResult>& result) {
    const StepRecord before = step;
    if (result) {
        step.state = "succeeded";
        return completeStep(run, before, *result);
    }
    const Retries& retries = definition.retriesOf(*definition.step(step.name));
    const std::string why = result.error().describe();
    // What is wrong with the step itself does not get better.
    const bool is_final = result.error().code == ErrorCode::kInvalidArgument || step.failures >= retries.count;
    step.state = is_final ? "failed" : "pending";
    return is_final ? failStep(run, before, why)
                    : retryStep(run, before, why, retries.waitAfter(static_cast<int>(before.failures) + 1));
}

}  // namespace tessera::jobs
