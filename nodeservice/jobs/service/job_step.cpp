#include "nodeservice/jobs/service/carrier.h"
#include "nodeservice/jobs/service/jobs.h"

namespace tessera::jobs {

namespace {

constexpr std::chrono::milliseconds kLook{100};

}  // namespace

/// Another attempt at the step finds the run that an earlier one has started, by its key.
Result<StepResult> Carrier::runJob(StepAttempt& attempt, const JobStep& step) const {
    const StepTask& task = attempt.task();
    TextPairs parameters;
    for (const auto& [name, text] : step.parameters) {
        parameters.emplace_back(name, TSR_TRY(fill(text, task.values, TemplateKind::kPlain)));
    }
    Jobs jobs(store_);
    const std::int64_t id =
        TSR_TRY(jobs.start(step.job, "job", task.effect_key, parameters, "job " + task.definition->name));
    if (task.attempt > 1) {
        // One that an earlier attempt saw fail; otherwise this is refused.
        static_cast<void>(jobs.runAgain(id, "", "job " + task.definition->name));
    }
    attempt.tell("run " + std::to_string(id) + " of '" + step.job + "'");
    bool has_ended = false;
    while (!has_ended) {
        if (!attempt.wait(kLook)) {
            // A run that was cancelled takes those that it waits for with it. One whose node only stops does not: it
            // will be waited for by another.
            if (const auto own = readRun(store_, task.run); own && own->run.is_cancelled) {
                static_cast<void>(jobs.cancelRun(id, "job " + task.definition->name));
            }
            return StepAttempt::stopped();
        }
        const auto details = jobs.run(id);
        if (!details && details.error().code != ErrorCode::kNotFound) {
            continue;
        }
        const RunSummary& run = TSR_TRY(details).run;
        has_ended = run.ended_ms != 0;
        if (has_ended && run.state != "succeeded") {
            return fail(ErrorCode::kFailedPrecondition, "run " + std::to_string(id) + " of '" + step.job + "' is " +
                                                            run.state + (run.error.empty() ? "" : ": " + run.error));
        }
    }
    return StepResult{};
}

}  // namespace tessera::jobs
