#include "nodeservice/jobs/run/decide.h"

#include <algorithm>

namespace tessera::jobs {

Decision decide(const Definition& definition, const RunState& state, std::int64_t now_ms) {
    Decision decision;
    decision.is_over = true;
    for (const StepRecord& record : state.steps) {
        if (record.state == "running") {
            decision.is_over = false;
        }
        const Step* step = definition.step(record.name);
        if (record.state != "pending" || step == nullptr) {
            continue;
        }
        decision.is_over = false;
        bool is_ready = record.retry_at_ms <= now_ms;
        bool is_blocked = false;
        for (const std::string& name : step->after) {
            const StepRecord* before = state.step(name);
            const std::string before_state = before == nullptr ? "blocked" : before->state;
            is_ready = is_ready && before_state == "succeeded";
            is_blocked =
                is_blocked || before_state == "failed" || before_state == "blocked" || before_state == "cancelled";
        }
        if (is_blocked) {
            decision.block.push_back(record.name);
        } else if (is_ready) {
            decision.start.push_back(record.name);
        }
    }
    return decision;
}

}  // namespace tessera::jobs
