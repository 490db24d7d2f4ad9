#pragma once

/// What a person could do about a plan, in sentences. Values; any thread.

#include "app/core/plan/query_plan.h"

#include <vector>

namespace tessera::app {

/// Only what the plan's own figures show. The most telling first; at most one sentence a kind for a part.
std::vector<PlanAdvice> adviceFor(const QueryPlan& plan);

}  // namespace tessera::app
