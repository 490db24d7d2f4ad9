/* Joins of tables of one source, as one statement of that source. A semijoin is an EXISTS, an antijoin a NOT EXISTS:
 * conditions on the outer side; the tables of their inner side can't be seen from outside. */
#include "fdw/pg/tessera_fdw.h"

#include "catalog/pg_class.h"
#include "optimizer/cost.h"
#include "optimizer/optimizer.h"
#include "optimizer/pathnode.h"
#include "optimizer/paths.h"
#include "optimizer/restrictinfo.h"

bool tessera_is_semijoin(JoinType type) {
    return type == JOIN_SEMI || type == JOIN_ANTI;
}

/* Do the expressions need a system column of `relids`, or a whole row that may be missing, or any column of `hidden`?
 */
static bool needsTooMuch(List* exprs, Relids relids, Relids hidden, bool keeps_rows) {
    List* vars =
        pull_var_clause((Node*)exprs, PVC_RECURSE_PLACEHOLDERS | PVC_RECURSE_AGGREGATES | PVC_RECURSE_WINDOWFUNCS);
    ListCell* cell;

    foreach (cell, vars) {
        Var* var = lfirst_node(Var, cell);

        if (var->varlevelsup == 0 &&
            ((bms_is_member(var->varno, relids) && (var->varattno < 0 || (var->varattno == 0 && !keeps_rows))) ||
             bms_is_member(var->varno, hidden))) {
            return true;
        }
    }
    return false;
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

/* Notes on both sides why they are not joined at the source. */
static bool refuseJoin(RelOptInfo* outerrel, RelOptInfo* innerrel, const char* reason) {
    tessera_note(RELINFO(outerrel), "join", reason);
    tessera_note(RELINFO(innerrel), "join", reason);
    return false;
}

/* Splits the join's conditions. Those that decide which rows find a partner must all be exact, unless the others are
 * dropped: then they may be looked at afterwards. */
static bool classifyJoinConditions(PlannerInfo* root, RelOptInfo* joinrel, List* restrictlist) {
    RelInfo* info = RELINFO(joinrel);
    ListCell* cell;

    foreach (cell, restrictlist) {
        RestrictInfo* condition = lfirst_node(RestrictInfo, cell);
        const TsrExpr* made =
            tessera_may_send(root, joinrel, condition) ? tessera_try(root, joinrel, condition->clause) : NULL;
        bool exact = made != NULL && tsr_expr_exact(made);
        bool in_on = info->jointype == JOIN_SEMI ||
                     (IS_OUTER_JOIN(info->jointype) && !RINFO_IS_PUSHED_DOWN(condition, joinrel->relids));

        if (in_on && exact && info->jointype != JOIN_SEMI && info->jointype != JOIN_ANTI &&
            tessera_has_subplan((Node*)condition->clause) && !tsr_can_nest_in_on(info->scratch)) {
            tsr_refuse(info->scratch, "the source takes no subquery in the condition of an outer join");
            return false;
        }
        if (in_on && !exact) {
            return false;
        }
        if (in_on || (exact && info->jointype == JOIN_INNER)) {
            info->joinclauses = lappend(info->joinclauses, condition);
            continue;
        }
        if (made != NULL) {
            info->remote_conds = lappend(info->remote_conds, condition);
        }
        if (!exact) {
            tessera_note_refusal(info);
            info->local_conds = lappend(info->local_conds, condition);
        }
    }
    return true;
}

/* Conditions of a side that are checked here can be checked after the join, where the join keeps or drops that side's
 * rows as they are. */
static bool liftLocalConditions(RelInfo* info, const RelInfo* outer, const RelInfo* inner) {
    bool keeps_outer = info->jointype != JOIN_RIGHT && info->jointype != JOIN_FULL;
    bool keeps_inner = info->jointype == JOIN_INNER || info->jointype == JOIN_RIGHT;

    if ((outer->local_conds != NIL && !keeps_outer) || (inner->local_conds != NIL && !keeps_inner)) {
        return false;
    }
    info->local_conds = list_concat_copy(outer->local_conds, inner->local_conds);
    /* Once for each row of the side is not once for each row of the join. */
    if (contain_volatile_functions((Node*)extract_actual_clauses(info->local_conds, false))) {
        return false;
    }
    info->refusals = list_concat_copy(outer->refusals, inner->refusals);
    return true;
}

static bool isLateralJoin(const RelOptInfo* outerrel, const RelOptInfo* innerrel) {
    return bms_overlap(innerrel->lateral_relids, outerrel->relids);
}

static bool takesLateral(JoinType jointype, const RelOptInfo* outerrel, const RelOptInfo* innerrel) {
    const RelInfo* outer = RELINFO(outerrel);
    const RelInfo* inner = RELINFO(innerrel);

    if (isLateralJoin(outerrel, innerrel) && jointype != JOIN_INNER && jointype != JOIN_LEFT) {
        return false;
    }
    return tsr_lateral(outer->scratch) != TSR_LATERAL_PLAIN || jointype == JOIN_INNER ||
           (jointype == JOIN_LEFT && !inner->has_lateral) || (!outer->has_lateral && !inner->has_lateral);
}

/* Can LATERAL be joined on the join's conditions? They have been sorted. */
static bool takesLateralOn(const RelInfo* info) {
    const RelInfo* inner = RELINFO(info->innerrel);
    List* conditions = list_concat_copy(info->joinclauses, inner->remote_conds);

    return tsr_lateral(info->scratch) != TSR_LATERAL_PLAIN || conditions == NIL ||
           (info->jointype == JOIN_INNER && !tessera_has_subplan((Node*)extract_actual_clauses(conditions, false)));
}

/* Can the sides be read by one statement at all? */
static bool canReadTogether(PlannerInfo* root, RelOptInfo* joinrel, JoinType jointype, RelOptInfo* outerrel,
                            RelOptInfo* innerrel) {
    const RelInfo* outer = RELINFO(outerrel);
    const RelInfo* inner = RELINFO(innerrel);

    if (jointype == JOIN_UNIQUE_OUTER || jointype == JOIN_UNIQUE_INNER || outer == NULL || inner == NULL ||
        !outer->pushdown_safe || !inner->pushdown_safe || tessera_pushdown != PUSHDOWN_FULL ||
        !tessera_ship_together(outer, inner) || isLateralJoin(innerrel, outerrel)) {
        return false; /* LATERAL stands behind what it is about: the sides will come the other way round, too */
    }
    if (!takesLateral(jointype, outerrel, innerrel)) {
        return refuseJoin(outerrel, innerrel, "the source has no such LATERAL");
    }
    if (!tsr_can_join(outer->scratch, tessera_join_kind(jointype))) {
        return refuseJoin(outerrel, innerrel,
                          jointype == JOIN_FULL ? "the source has no full join" : "the source has none");
    }
    if (needsPlaceholder(root, joinrel->relids)) {
        return refuseJoin(outerrel, innerrel, "an expression of a subquery is evaluated below it");
    }
    return true;
}

/* Is the query an UPDATE or DELETE of one foreign table? Its joins are no paths, for rows that are changed here are
 * read table by table; but what a join is stays known, for a change of which the source does all (direct.c). */
static bool changesForeignTable(PlannerInfo* root) {
    const Query* query = root->parse;

    return (query->commandType == CMD_UPDATE || query->commandType == CMD_DELETE) && query->rowMarks == NIL &&
           bms_num_members(root->all_result_relids) == 1 &&
           planner_rt_fetch((Index)query->resultRelation, root)->relkind == RELKIND_FOREIGN_TABLE;
}

/* Can the target of a change be taken out of the join, leaving FROM items and conditions? */
static bool separatesTarget(PlannerInfo* root, JoinType jointype, const RelOptInfo* outerrel,
                            const RelOptInfo* innerrel) {
    int target = root->parse->resultRelation;

    if (bms_is_member(target, innerrel->relids)) {
        return jointype == JOIN_INNER;
    }
    return !bms_is_member(target, outerrel->relids) || jointype == JOIN_INNER || tessera_is_semijoin(jointype);
}

/* Fills the join's RelInfo; false when it is not the source's to do. */
static bool planJoin(PlannerInfo* root, RelOptInfo* joinrel, RelOptInfo* outerrel, RelOptInfo* innerrel,
                     List* restrictlist) {
    RelInfo* info = RELINFO(joinrel);
    const RelInfo* outer = RELINFO(outerrel);
    const RelInfo* inner = RELINFO(innerrel);
    List* needed;

    info->source = outer->source;
    info->scratch = outer->scratch;
    info->outerrel = outerrel;
    info->innerrel = innerrel;
    info->shipments = list_concat_copy(outer->shipments, inner->shipments);
    info->keeps_rows = info->jointype == JOIN_INNER && outer->keeps_rows && inner->keeps_rows;
    info->hidden = bms_union(outer->hidden, inner->hidden);
    if (tessera_is_semijoin(info->jointype)) {
        info->hidden = bms_add_members(info->hidden, innerrel->relids);
    }
    if (!liftLocalConditions(info, outer, inner)) {
        return refuseJoin(outerrel, innerrel, "conditions of a side are checked here");
    }
    if (!classifyJoinConditions(root, joinrel, restrictlist)) {
        return refuseJoin(outerrel, innerrel, tsr_refusal(info->scratch));
    }
    if (isLateralJoin(outerrel, innerrel) && !takesLateralOn(info)) {
        return refuseJoin(outerrel, innerrel, "the source has no such LATERAL");
    }
    info->has_lateral = outer->has_lateral || inner->has_lateral || isLateralJoin(outerrel, innerrel);
    needed = list_concat_copy(joinrel->reltarget->exprs, extract_actual_clauses(info->local_conds, false));
    needed = list_concat(needed, extract_actual_clauses(info->remote_conds, false));
    if (!changesForeignTable(root) && needsTooMuch(needed, joinrel->relids, info->hidden, info->keeps_rows)) {
        return refuseJoin(outerrel, innerrel, "it needs a whole row, or columns of what must only exist");
    }
    if (!changesForeignTable(root) && tessera_needs_recheck(root) && !tessera_can_recheck(root, joinrel)) {
        return refuseJoin(outerrel, innerrel, "its rows are locked, or may have to be checked again");
    }
    return true;
}

static void estimateJoin(PlannerInfo* root, RelOptInfo* joinrel) {
    RelInfo* info = RELINFO(joinrel);
    const RelInfo* outer = RELINFO(info->outerrel);
    const RelInfo* inner = RELINFO(info->innerrel);
    Selectivity local = clauselist_selectivity(root, info->local_conds, 0, JOIN_INNER, NULL);

    info->width = joinrel->reltarget->width;
    info->retrieved_rows = clamp_row_est(joinrel->rows / Max(local, 1.0e-6));
    info->source_rows = outer->retrieved_rows + inner->retrieved_rows;
    info->source_cost = isLateralJoin(info->outerrel, info->innerrel)
                            ? tessera_lateral_source_cost(outer, inner)
                            : tessera_join_source_cost(outer, inner, info->retrieved_rows);
}

void tessera_join_paths(PlannerInfo* root, RelOptInfo* joinrel, RelOptInfo* outerrel, RelOptInfo* innerrel,
                        JoinType jointype, JoinPathExtraData* extra) {
    RelInfo* info = RELINFO(joinrel);
    bool changes = changesForeignTable(root);
    Cost startup;
    Cost total;

    /* Considered before, with other sides. */
    if ((info != NULL && info->pushdown_safe) || (changes && !separatesTarget(root, jointype, outerrel, innerrel)) ||
        !bms_is_empty(joinrel->lateral_relids) || !canReadTogether(root, joinrel, jointype, outerrel, innerrel)) {
        return;
    }
    info = palloc0(sizeof(RelInfo));
    info->jointype = jointype;
    joinrel->fdw_private = info;
    if (!planJoin(root, joinrel, outerrel, innerrel, extra->restrictlist)) {
        return;
    }
    info->pushdown_safe = true;
    if (changes) {
        return;
    }
    estimateJoin(root, joinrel);
    tessera_cost(root, info, info->retrieved_rows, &startup, &total);
    add_path(joinrel, (Path*)create_foreign_join_path(root, joinrel, NULL, joinrel->rows, startup, total, NIL,
                                                      joinrel->lateral_relids, tessera_outer_path(info), NIL));
    tessera_add_ordered_paths(root, joinrel);
}
