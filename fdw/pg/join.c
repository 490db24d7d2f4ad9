/* Joins of tables of one source, as one statement of that source. */
#include "fdw/pg/tessera_fdw.h"

#include "optimizer/cost.h"
#include "optimizer/optimizer.h"
#include "optimizer/pathnode.h"
#include "optimizer/paths.h"
#include "optimizer/restrictinfo.h"

static bool hasWholeRow(List* exprs, Relids relids) {
    List* vars =
        pull_var_clause((Node*)exprs, PVC_RECURSE_PLACEHOLDERS | PVC_RECURSE_AGGREGATES | PVC_RECURSE_WINDOWFUNCS);
    ListCell* cell;

    foreach (cell, vars) {
        Var* var = lfirst_node(Var, cell);

        if (var->varlevelsup == 0 && bms_is_member(var->varno, relids) && var->varattno <= 0) {
            return true;
        }
    }
    return false;
}

static TsrJoin joinOf(JoinType type) {
    switch (type) {
        case JOIN_LEFT:
            return TSR_JOIN_LEFT;
        case JOIN_RIGHT:
            return TSR_JOIN_RIGHT;
        case JOIN_FULL:
            return TSR_JOIN_FULL;
        default:
            return TSR_JOIN_INNER;
    }
}

/* Placeholders are evaluated at a place in the plan that a single statement no longer has. */
static bool needsPlaceholder(PlannerInfo* root, Relids relids) {
    ListCell* cell;

    foreach (cell, root->placeholder_list) {
        PlaceHolderInfo* placeholder = lfirst(cell);

        if (bms_is_subset(placeholder->ph_eval_at, relids)) {
            return true;
        }
    }
    return false;
}

/* Splits the join's conditions: of an outer join, those of its ON clause must all hold at the source. */
static bool classifyJoinConditions(PlannerInfo* root, RelOptInfo* joinrel, JoinType jointype, List* restrictlist) {
    RelInfo* info = RELINFO(joinrel);
    ListCell* cell;

    foreach (cell, restrictlist) {
        RestrictInfo* condition = lfirst_node(RestrictInfo, cell);
        bool exact = tessera_may_send(root, joinrel, condition) && tessera_is_exact(root, joinrel, condition->clause);
        bool in_on = IS_OUTER_JOIN(jointype) && !RINFO_IS_PUSHED_DOWN(condition, joinrel->relids);

        if (in_on) {
            if (!exact) {
                return false;
            }
            info->joinclauses = lappend(info->joinclauses, condition);
        } else if (exact && jointype == JOIN_INNER) {
            info->joinclauses = lappend(info->joinclauses, condition);
        } else if (exact) {
            info->remote_conds = lappend(info->remote_conds, condition);
        } else {
            tessera_note_refusal(info);
            info->local_conds = lappend(info->local_conds, condition);
        }
    }
    return true;
}

/* Where the two sides' own conditions go: into WHERE, or, for a side that the join fills with NULLs, into ON. */
static bool mergeSideConditions(RelInfo* info, const RelInfo* outer, const RelInfo* inner) {
    switch (info->jointype) {
        case JOIN_INNER:
            info->remote_conds = list_concat(info->remote_conds, outer->remote_conds);
            info->remote_conds = list_concat(info->remote_conds, inner->remote_conds);
            return true;
        case JOIN_LEFT:
            info->joinclauses = list_concat(info->joinclauses, inner->remote_conds);
            info->remote_conds = list_concat(info->remote_conds, outer->remote_conds);
            return true;
        case JOIN_RIGHT:
            info->joinclauses = list_concat(info->joinclauses, outer->remote_conds);
            info->remote_conds = list_concat(info->remote_conds, inner->remote_conds);
            return true;
        default:
            return outer->remote_conds == NIL && inner->remote_conds == NIL;
    }
}

static bool canJoin(PlannerInfo* root, RelOptInfo* joinrel, JoinType jointype, RelOptInfo* outerrel,
                    RelOptInfo* innerrel) {
    const RelInfo* outer = RELINFO(outerrel);
    const RelInfo* inner = RELINFO(innerrel);

    if (jointype != JOIN_INNER && jointype != JOIN_LEFT && jointype != JOIN_RIGHT && jointype != JOIN_FULL) {
        return false;
    }
    return outer != NULL && inner != NULL && outer->pushdown_safe && inner->pushdown_safe &&
           outer->local_conds == NIL && inner->local_conds == NIL && tessera_pushdown == PUSHDOWN_FULL &&
           tsr_can_join(outer->scratch, joinOf(jointype)) && !needsPlaceholder(root, joinrel->relids) &&
           !hasWholeRow(joinrel->reltarget->exprs, joinrel->relids);
}

static void estimateJoin(PlannerInfo* root, RelOptInfo* joinrel) {
    RelInfo* info = RELINFO(joinrel);
    const RelInfo* outer = RELINFO(info->outerrel);
    const RelInfo* inner = RELINFO(info->innerrel);
    Selectivity local = clauselist_selectivity(root, info->local_conds, 0, JOIN_INNER, NULL);

    info->width = joinrel->reltarget->width;
    info->retrieved_rows = clamp_row_est(joinrel->rows / Max(local, 1.0e-6));
    info->source_rows = outer->retrieved_rows + inner->retrieved_rows;
    info->source_cost = tessera_join_source_cost(outer, inner, info->retrieved_rows);
}

void tessera_join_paths(PlannerInfo* root, RelOptInfo* joinrel, RelOptInfo* outerrel, RelOptInfo* innerrel,
                        JoinType jointype, JoinPathExtraData* extra) {
    RelInfo* info;
    Cost startup;
    Cost total;

    /* Considered before, in the other order. Rows that are locked or changed are read table by table. */
    if (joinrel->fdw_private != NULL || root->parse->commandType != CMD_SELECT || root->rowMarks != NIL ||
        !bms_is_empty(joinrel->lateral_relids)) {
        return;
    }
    info = palloc0(sizeof(RelInfo));
    joinrel->fdw_private = info;
    if (!canJoin(root, joinrel, jointype, outerrel, innerrel)) {
        return;
    }
    info->source = RELINFO(outerrel)->source;
    info->scratch = RELINFO(outerrel)->scratch;
    info->outerrel = outerrel;
    info->innerrel = innerrel;
    info->jointype = jointype;
    if (!classifyJoinConditions(root, joinrel, jointype, extra->restrictlist) ||
        !mergeSideConditions(info, RELINFO(outerrel), RELINFO(innerrel)) ||
        hasWholeRow(extract_actual_clauses(info->local_conds, false), joinrel->relids)) {
        return;
    }
    info->pushdown_safe = true;
    estimateJoin(root, joinrel);
    tessera_cost(root, info, info->retrieved_rows, &startup, &total);
    add_path(joinrel, (Path*)create_foreign_join_path(root, joinrel, NULL, joinrel->rows, startup, total, NIL,
                                                      joinrel->lateral_relids, NULL, NIL));
    tessera_add_ordered_paths(root, joinrel);
}
