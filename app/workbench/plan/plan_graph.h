// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

/// A plan as a graph, from left to right as rows go: a box for each source, then the parts of the plan up to the
/// result. Lines are as thick as what goes along them, the slowest path is marked. Pure; GUI thread, because of texts
/// for people.

#include "app/core/plan/query_plan.h"
#include "app/workbench/graph/graph.h"

#include <vector>

namespace tessera::workbench {

struct PlanGraph {
    Graph graph;
    /// Of each box the part of the plan that is meant; of a source the part that reads from it and took most.
    std::vector<const app::PlanNode*> parts;

    /// Null for an unknown box.
    const app::PlanNode* partOf(const QString& box_id) const;
    /// The id of the part's own box; empty for a part that is not in the plan.
    QString idOf(const app::PlanNode* part) const;
};

PlanGraph planGraph(const app::QueryPlan& plan);

}  // namespace tessera::workbench
