/* Sources work at the same time. PostgreSQL asks the scans of a plan one after the other; when a plan that is run to
 * its end has scans of several sources, the first statement of each is started before the first row is asked for. What
 * a source sends ahead stays in its connection's buffers.
 *
 * Only scans that the plan will surely reach are started, unless another side turns out to be empty: none below a
 * LIMIT, in a subplan, or with values of other nodes. One of each source: a session runs one statement at a time.
 * EXPLAIN without ANALYZE runs nothing and starts nothing. */
#include "fdw/pg/tessera_fdw.h"

#include "executor/executor.h"
#include "nodes/extensible.h"

static ExecutorRun_hook_type nextRunHook = NULL;

/* ForeignScanStates to start, in the order in which they will be read; one of each server and user. */
typedef struct Starters {
    List* scans;
} Starters;

static void addScan(Starters* starters, ForeignScanState* scan) {
    ListCell* cell;

    if (scan->fdwroutine->BeginForeignScan != tessera_begin_scan || !tessera_may_start_early(scan)) {
        return;
    }
    foreach (cell, starters->scans) {
        if (tessera_same_source(lfirst(cell), scan)) {
            return;
        }
    }
    starters->scans = lappend(starters->scans, scan);
}

static void collect(Starters* starters, PlanState* node);

static void collectAll(Starters* starters, PlanState** nodes, int count) {
    for (int i = 0; i < count; ++i) {
        collect(starters, nodes[i]);
    }
}

static bool isZero(Node* bound) {
    return bound != NULL && IsA(bound, Const) && !((Const*)bound)->constisnull &&
           DatumGetInt64(((Const*)bound)->constvalue) == 0;
}

/* Only what reads all of its input, or the first row of each, lets a LIMIT above it start something. */
static void collectBelowLimit(Starters* starters, const Limit* limit, PlanState* child) {
    if (isZero(limit->limitCount)) {
        return;
    }
    if (IsA(child, SortState) || IsA(child, MergeAppendState) ||
        (IsA(child, AggState) && ((Agg*)child->plan)->aggstrategy != AGG_SORTED)) {
        collect(starters, child);
    }
}

static void collect(Starters* starters, PlanState* node) {
    if (node == NULL) {
        return;
    }
    switch (nodeTag(node)) {
        case T_ForeignScanState:
            addScan(starters, (ForeignScanState*)node);
            break;
        case T_HashJoinState:
            /* The hash table is made first. */
            collect(starters, innerPlanState(node));
            collect(starters, outerPlanState(node));
            break;
        case T_NestLoopState:
        case T_MergeJoinState:
            collect(starters, outerPlanState(node));
            collect(starters, innerPlanState(node));
            break;
        case T_HashState:
        case T_SortState:
        case T_IncrementalSortState:
        case T_AggState:
        case T_GroupState:
        case T_UniqueState:
        case T_MaterialState:
        case T_WindowAggState:
        case T_SetOpState:
        case T_ProjectSetState:
            collect(starters, outerPlanState(node));
            break;
        case T_ResultState:
            if (((ResultState*)node)->resconstantqual == NULL) {
                collect(starters, outerPlanState(node));
            }
            break;
        case T_SubqueryScanState:
            collect(starters, ((SubqueryScanState*)node)->subplan);
            break;
        case T_AppendState:
            if (((AppendState*)node)->as_prune_state == NULL) {
                collectAll(starters, ((AppendState*)node)->appendplans, ((AppendState*)node)->as_nplans);
            }
            break;
        case T_MergeAppendState:
            if (((MergeAppendState*)node)->ms_prune_state == NULL) {
                collectAll(starters, ((MergeAppendState*)node)->mergeplans, ((MergeAppendState*)node)->ms_nplans);
            }
            break;
        case T_CustomScanState:
            /* A bind join: its inner side waits for keys, and says so. */
            if (((CustomScanState*)node)->custom_ps != NIL) {
                collect(starters, linitial(((CustomScanState*)node)->custom_ps));
            }
            break;
        case T_LimitState:
            collectBelowLimit(starters, (Limit*)node->plan, outerPlanState(node));
            break;
        default:
            break;
    }
}

static void startEarly(QueryDesc* query) {
    Starters starters = {NIL};
    MemoryContext before = MemoryContextSwitchTo(query->estate->es_query_cxt);
    ListCell* cell;

    collect(&starters, query->planstate);
    if (list_length(starters.scans) > 1) {
        foreach (cell, starters.scans) {
            tessera_start_scan(lfirst(cell));
        }
    }
    list_free(starters.scans);
    MemoryContextSwitchTo(before);
}

static void runPlan(QueryDesc* query, ScanDirection direction, uint64 count, bool once) {
    /* A cursor may never read on. */
    if (count == 0 && ScanDirectionIsForward(direction) && query->operation == CMD_SELECT) {
        startEarly(query);
    }
    if (nextRunHook != NULL) {
        nextRunHook(query, direction, count, once);
    } else {
        standard_ExecutorRun(query, direction, count, once);
    }
}

void tessera_register_early_start(void) {
    nextRunHook = ExecutorRun_hook;
    ExecutorRun_hook = runPlan;
}
