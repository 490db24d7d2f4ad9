/* What comes above scans and joins: grouping and aggregates, the final order, LIMIT. */
#include "fdw/pg/tessera_fdw.h"

#include "nodes/makefuncs.h"
#include "nodes/nodeFuncs.h"
#include "optimizer/clauses.h"
#include "optimizer/cost.h"
#include "optimizer/optimizer.h"
#include "optimizer/pathnode.h"
#include "optimizer/paths.h"
#include "optimizer/planner.h"
#include "optimizer/restrictinfo.h"
#include "optimizer/tlist.h"
#include "utils/selfuncs.h"

/* May the expression be an output of the statement? One without columns or aggregates would be taken for a parameter.
 */
static bool isOutput(PlannerInfo* root, RelOptInfo* rel, Expr* expr) {
    return (contain_var_clause((Node*)expr) || contain_agg_clause((Node*)expr)) && tessera_is_exact(root, rel, expr);
}

static bool isGroupKey(PlannerInfo* root, RelOptInfo* rel, Expr* expr) {
    const TsrExpr* made = contain_var_clause((Node*)expr) ? tessera_try(root, rel, expr) : NULL;

    return made != NULL && tsr_can_group_by(RELINFO(rel)->scratch, made, tessera_collation(exprCollation((Node*)expr)));
}

/* Adds the aggregates within expressions that are finished here to what the statement returns. Their columns are group
 * keys, and there already. */
static bool addAggregates(PlannerInfo* root, RelOptInfo* rel, Node* exprs, List** tlist) {
    ListCell* cell;

    foreach (cell, pull_var_clause(exprs, PVC_INCLUDE_AGGREGATES | PVC_RECURSE_PLACEHOLDERS)) {
        Expr* expr = lfirst(cell);

        if (!isOutput(root, rel, expr)) {
            return false;
        }
        if (IsA(expr, Aggref)) {
            *tlist = add_to_flat_tlist(*tlist, list_make1(expr));
        }
    }
    return true;
}

/* The statement's outputs for the grouping's target; false when it can't be computed at the source. */
static bool buildGroupedTarget(PlannerInfo* root, RelOptInfo* rel, List** tlist) {
    PathTarget* target = rel->reltarget;
    ListCell* cell;
    int i = 0;

    foreach (cell, target->exprs) {
        Expr* expr = lfirst(cell);
        Index sortgroup = get_pathtarget_sortgroupref(target, i++);

        if (sortgroup != 0 && get_sortgroupref_clause_noerr(sortgroup, root->parse->groupClause) != NULL) {
            TargetEntry* entry;

            if (!isGroupKey(root, rel, expr)) {
                return false;
            }
            entry = makeTargetEntry(expr, (AttrNumber)(list_length(*tlist) + 1), NULL, false);
            entry->ressortgroupref = sortgroup;
            *tlist = lappend(*tlist, entry);
        } else if (isOutput(root, rel, expr)) {
            *tlist = add_to_flat_tlist(*tlist, list_make1(expr));
        } else if (!addAggregates(root, rel, (Node*)expr, tlist)) {
            return false;
        }
    }
    return true;
}

static bool classifyHaving(PlannerInfo* root, RelOptInfo* rel, List* having, List** tlist) {
    RelInfo* info = RELINFO(rel);
    ListCell* cell;

    foreach (cell, having) {
        Expr* expr = lfirst(cell);
        RestrictInfo* condition =
            make_restrictinfo(root, expr, true, false, false, root->qual_security_level, rel->relids, NULL, NULL);

        if (tessera_is_exact(root, rel, expr)) {
            info->remote_conds = lappend(info->remote_conds, condition);
        } else {
            tessera_note_refusal(info);
            info->local_conds = lappend(info->local_conds, condition);
            if (!addAggregates(root, rel, (Node*)expr, tlist)) {
                return false;
            }
        }
    }
    return true;
}

static void estimateGroups(PlannerInfo* root, RelOptInfo* rel) {
    RelInfo* info = RELINFO(rel);
    const RelInfo* below = RELINFO(info->outerrel);
    double groups = 1;

    if (root->parse->groupClause != NIL) {
        groups = estimate_num_groups(root, get_sortgrouplist_exprs(root->parse->groupClause, root->parse->targetList),
                                     below->retrieved_rows, NULL, NULL);
    }
    info->source_rows = below->retrieved_rows;
    info->retrieved_rows =
        clamp_row_est(groups * clauselist_selectivity(root, info->remote_conds, 0, JOIN_INNER, NULL));
    info->source_cost =
        below->source_cost + below->retrieved_rows * cpu_operator_cost * list_length(info->grouped_tlist);
    info->width = rel->reltarget->width;
}

static void addGroupingPaths(PlannerInfo* root, RelOptInfo* rel, GroupPathExtraData* extra) {
    Query* query = root->parse;
    RelInfo* info = RELINFO(rel);
    Cost startup;
    Cost total;
    double rows;

    if ((query->groupClause == NIL && !query->hasAggs && !root->hasHavingQual) || query->groupingSets != NIL ||
        extra->patype == PARTITIONWISE_AGGREGATE_PARTIAL || RELINFO(info->outerrel)->local_conds != NIL ||
        !tsr_can_group(info->scratch) || tessera_pushdown != PUSHDOWN_FULL) {
        return;
    }
    if (!buildGroupedTarget(root, rel, &info->grouped_tlist) ||
        !classifyHaving(root, rel, (List*)extra->havingQual, &info->grouped_tlist)) {
        return;
    }
    info->pushdown_safe = true;
    estimateGroups(root, rel);
    rows = clamp_row_est(info->retrieved_rows * clauselist_selectivity(root, info->local_conds, 0, JOIN_INNER, NULL));
    tessera_cost(root, info, info->retrieved_rows, &startup, &total);
    /* The first group comes when all rows have been read. */
    startup += info->source_cost;
    add_path(rel, (Path*)create_foreign_upper_path(root, rel, rel->reltarget, rows, startup, total, NIL, NULL, NIL));
}

/* For EXPLAIN and plan.c: does this path also sort, and limit? */
static List* finalPrivate(bool sorted, bool limited) {
    return list_make2_int(sorted, limited);
}

/* ORDER BY over groups. Over tables and joins it is a path of theirs (rel.c). */
static void addOrderedPaths(PlannerInfo* root, RelOptInfo* input, RelOptInfo* ordered) {
    RelInfo* info = RELINFO(ordered);
    RelInfo* below = RELINFO(input);
    ListCell* cell;
    Cost startup;
    Cost total;

    if (root->parse->sortClause == NIL || root->parse->hasTargetSRFs) {
        return;
    }
    if (input->reloptkind == RELOPT_BASEREL || input->reloptkind == RELOPT_JOINREL) {
        info->pushdown_safe = below->order_pushable;
        return;
    }
    foreach (cell, root->sort_pathkeys) {
        if (tessera_sort_expr(root, input, lfirst_node(PathKey, cell), get_tlist_exprs(below->grouped_tlist, true)) ==
            NULL) {
            tessera_note_refusal(below);
            return;
        }
    }
    info->pushdown_safe = true;
    tessera_cost(root, below, below->retrieved_rows, &startup, &total);
    tessera_add_sort_cost(below, below->retrieved_rows, below->retrieved_rows, &startup, &total);
    add_path(ordered,
             (Path*)create_foreign_upper_path(root, input, root->upper_targets[UPPERREL_ORDERED], below->retrieved_rows,
                                              startup, total, root->sort_pathkeys, NULL, finalPrivate(true, false)));
}

/* A bound that the source can be told: a constant, or, where the dialect binds them, a parameter. */
static bool isLimit(PlannerInfo* root, RelOptInfo* rel, Node* bound) {
    if (bound == NULL) {
        return true;
    }
    if (IsA(bound, Const)) {
        return !((Const*)bound)->constisnull && DatumGetInt64(((Const*)bound)->constvalue) >= 0;
    }
    return tsr_can_bind_limit(RELINFO(rel)->scratch) && !contain_var_clause(bound) &&
           tessera_is_exact(root, rel, (Expr*)bound);
}

static void addFinalPaths(PlannerInfo* root, RelOptInfo* input, RelOptInfo* final, FinalPathExtraData* extra) {
    Query* query = root->parse;
    RelInfo* below = RELINFO(input);
    bool sorted = false;
    double rows;
    Cost startup;
    Cost total;

    if (query->commandType != CMD_SELECT || query->hasTargetSRFs || query->rowMarks != NIL || !extra->limit_needed ||
        query->limitOption == LIMIT_OPTION_WITH_TIES || tessera_pushdown != PUSHDOWN_FULL) {
        return;
    }
    if (IS_UPPER_REL(input) && below->stage == UPPERREL_ORDERED) {
        input = below->outerrel;
        below = RELINFO(input);
        sorted = true;
    } else if (query->sortClause != NIL && root->sort_pathkeys != NIL) {
        return; /* sorted here: the source can't know which rows come first */
    }
    if (below->local_conds != NIL || !tsr_can_limit(below->scratch, query->limitOffset != NULL) ||
        !isLimit(root, input, query->limitCount) || !isLimit(root, input, query->limitOffset)) {
        return;
    }
    rows = below->retrieved_rows;
    if (extra->count_est > 0) {
        rows = Min(rows, (double)extra->count_est);
    }
    rows = clamp_row_est(rows);
    tessera_cost(root, below, rows, &startup, &total);
    if (sorted) {
        tessera_add_sort_cost(below, below->retrieved_rows, rows, &startup, &total);
    } else {
        /* The source, too, stops when it has found enough. */
        total -= below->source_cost * (1 - rows / Max(below->retrieved_rows, rows));
    }
    /* Against a LIMIT applied here: no rows are on their way that nobody wants. */
    startup *= 0.99;
    total *= 0.99;
    RELINFO(final)->pushdown_safe = true;
    add_path(final,
             (Path*)create_foreign_upper_path(root, input, root->upper_targets[UPPERREL_FINAL], rows, startup, total,
                                              sorted ? root->sort_pathkeys : NIL, NULL, finalPrivate(sorted, true)));
}

void tessera_upper_paths(PlannerInfo* root, UpperRelationKind stage, RelOptInfo* input, RelOptInfo* output,
                         void* extra) {
    RelInfo* info;

    if (RELINFO(input) == NULL || !RELINFO(input)->pushdown_safe || output->fdw_private != NULL ||
        (stage != UPPERREL_GROUP_AGG && stage != UPPERREL_ORDERED && stage != UPPERREL_FINAL)) {
        return;
    }
    info = palloc0(sizeof(RelInfo));
    info->stage = stage;
    info->outerrel = input;
    info->source = RELINFO(input)->source;
    info->scratch = RELINFO(input)->scratch;
    output->fdw_private = info;
    if (stage == UPPERREL_GROUP_AGG) {
        addGroupingPaths(root, output, extra);
    } else if (stage == UPPERREL_ORDERED) {
        addOrderedPaths(root, input, output);
    } else {
        addFinalPaths(root, input, output, extra);
    }
}
