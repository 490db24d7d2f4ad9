/* What a plan that is kept for any parameters costs, where it looks at the key of a sharded table when it is run. To
 * PostgreSQL it costs as much as all partitions, so that it would plan a look-up anew each time, which takes longer
 * than the look-up itself. */
#include "fdw/pg/tessera_fdw.h"

#include "access/stratnum.h"
#include "access/table.h"
#include "nodes/plannodes.h"
#include "optimizer/planner.h"
#include "utils/partcache.h"
#include "utils/rel.h"

static planner_hook_type nextPlanner = NULL;

/* Do all steps compare with `=`? Then about one partition is left. */
static bool isByKey(List* steps, Oid table) {
    Relation relation = table_open(table, NoLock); /* locked by the planner */
    int equal = RelationGetPartitionKey(relation)->strategy == PARTITION_STRATEGY_HASH ? HTEqualStrategyNumber
                                                                                       : BTEqualStrategyNumber;
    bool all = steps != NIL;
    ListCell* cell;

    foreach (cell, steps) {
        all = all && IsA(lfirst(cell), PartitionPruneStepOp) &&
              ((PartitionPruneStepOp*)lfirst(cell))->opstrategy == equal;
    }
    table_close(relation, NoLock);
    return all;
}

/* Of what the partitions cost that will not be read. */
static Cost savedByPruning(const PlannedStmt* statement, const Append* append) {
    const PartitionPruneInfo* pruning = append->part_prune_info;
    const PartitionedRelPruneInfo* top;
    Cost sum = 0;
    Cost most = 0;
    ListCell* cell;

    if (pruning == NULL || list_length(pruning->prune_infos) != 1) {
        return 0;
    }
    top = linitial(linitial_node(List, pruning->prune_infos));
    if (!isByKey(top->initial_pruning_steps, rt_fetch(top->rtindex, statement->rtable)->relid)) {
        return 0;
    }
    foreach (cell, append->appendplans) {
        const Plan* plan = lfirst(cell);

        sum += plan->total_cost;
        most = Max(most, plan->total_cost);
    }
    return sum - most;
}

/* Takes it from the costs of the plan's nodes; returns how much of the topmost. */
static Cost discount(const PlannedStmt* statement, Plan* plan) {
    Cost saved = 0;
    ListCell* cell;

    if (plan == NULL) {
        return 0;
    }
    if (IsA(plan, Append)) {
        saved = savedByPruning(statement, (Append*)plan);
        foreach (cell, saved > 0 ? NIL : ((Append*)plan)->appendplans) {
            saved += discount(statement, lfirst(cell));
        }
    } else {
        saved = discount(statement, outerPlan(plan)) + discount(statement, innerPlan(plan));
    }
    saved = Min(saved, plan->total_cost);
    plan->total_cost -= saved;
    plan->startup_cost = Min(plan->startup_cost, plan->total_cost);
    return saved;
}

static PlannedStmt* planStatement(Query* parse, const char* text, int options, ParamListInfo params) {
    PlannedStmt* plan = nextPlanner != NULL ? nextPlanner(parse, text, options, params)
                                            : standard_planner(parse, text, options, params);

    (void)discount(plan, plan->planTree);
    return plan;
}

void tessera_install_generic_plans(void) {
    nextPlanner = planner_hook;
    planner_hook = planStatement;
}
