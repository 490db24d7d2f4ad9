/* GROUP BY and aggregates at the source; of partitioned tables, the part of each partition (partial.c). */
#include "fdw/pg/tessera_fdw.h"

#include "nodes/makefuncs.h"
#include "nodes/nodeFuncs.h"
#include "optimizer/clauses.h"
#include "optimizer/cost.h"
#include "optimizer/optimizer.h"
#include "optimizer/pathnode.h"
#include "optimizer/planner.h"
#include "optimizer/restrictinfo.h"
#include "optimizer/tlist.h"
#include "utils/selfuncs.h"

/* Sorting so many here costs less than wider numbers at the source. */
#define FEW_GROUPS 10000

static bool isGroupKey(PlannerInfo* root, RelOptInfo* rel, Expr* expr) {
    const TsrExpr* made = contain_var_clause((Node*)expr) ? tessera_try(root, rel, expr) : NULL;

    return made != NULL && tsr_can_group_by(RELINFO(rel)->scratch, made, tessera_collation(exprCollation((Node*)expr)));
}

bool tessera_add_group_key(PlannerInfo* root, RelOptInfo* rel, Expr* expr, Index sortgroup, List** tlist) {
    TargetEntry* entry;

    if (!isGroupKey(root, rel, expr)) {
        return false;
    }
    entry = makeTargetEntry(expr, (AttrNumber)(list_length(*tlist) + 1), NULL, false);
    entry->ressortgroupref = sortgroup;
    *tlist = lappend(*tlist, entry);
    return true;
}

/* The statement's outputs for the grouping's target; false when it can't be computed at the source. */
static bool buildGroupedTarget(PlannerInfo* root, RelOptInfo* rel, List** tlist) {
    PathTarget* target = rel->reltarget;
    List* keys = NIL;
    List* others = NIL;
    ListCell* cell;
    int i = 0;

    foreach (cell, target->exprs) {
        Expr* expr = lfirst(cell);
        Index sortgroup = get_pathtarget_sortgroupref(target, i++);

        if (sortgroup == 0 || get_sortgroupref_clause_noerr(sortgroup, root->parse->groupClause) == NULL) {
            others = lappend(others, expr);
        } else if (!tessera_add_group_key(root, rel, expr, sortgroup, &keys)) {
            return false;
        }
    }
    *tlist = keys;
    return tessera_add_outputs(root, rel, others, tlist);
}

/* Is there no column in the condition, outside of aggregates, but those that are keys themselves? */
static bool namesOnlyKeys(Expr* expr, List* tlist) {
    List* parts = pull_var_clause((Node*)expr, PVC_INCLUDE_AGGREGATES | PVC_RECURSE_PLACEHOLDERS);
    ListCell* cell;

    foreach (cell, parts) {
        if (IsA(lfirst(cell), Var) && tlist_member(lfirst(cell), tlist) == NULL) {
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
        RestrictInfo* condition = make_restrictinfo(root, expr, true, false, false, root->qual_security_level,
                                                    RELINFO(rel)->outerrel->relids, NULL, NULL);

        if (!tsr_can_repeat_keys(info->scratch) && !namesOnlyKeys(expr, *tlist)) {
            tsr_refuse(info->scratch, "HAVING can't repeat a key that is computed");
        } else if (tessera_is_exact(root, rel, expr)) {
            info->remote_conds = lappend(info->remote_conds, condition);
            continue;
        }
        tessera_note_refusal(info);
        info->local_conds = lappend(info->local_conds, condition);
        if (!tessera_add_parts(root, rel, (Node*)expr, tlist)) {
            return false;
        }
    }
    return true;
}

/* How many groups there are, of all grouping sets. */
static double countGroups(PlannerInfo* root, RelOptInfo* rel, List* tlist) {
    Query* query = root->parse;
    double rows = RELINFO(RELINFO(rel)->outerrel)->retrieved_rows;
    double groups = 0;
    ListCell* cell;

    if (query->groupingSets == NIL) {
        return query->groupClause == NIL
                   ? 1
                   : estimate_num_groups(root, get_sortgrouplist_exprs(query->groupClause, tlist), rows, NULL, NULL);
    }
    foreach (cell, query->groupingSets) {
        List* exprs = NIL;
        ListCell* ref;

        foreach (ref, (List*)lfirst(cell)) {
            exprs = lappend(exprs, get_sortgroupref_tle((Index)lfirst_int(ref), tlist)->expr);
        }
        groups += exprs == NIL ? 1 : estimate_num_groups(root, exprs, rows, NULL, NULL);
    }
    return groups;
}

void tessera_cost_groups(PlannerInfo* root, RelOptInfo* rel, double groups, Cost* startup, Cost* total) {
    RelInfo* info = RELINFO(rel);
    const RelInfo* below = RELINFO(info->outerrel);

    info->source_rows = below->retrieved_rows;
    info->retrieved_rows =
        clamp_row_est(groups * clauselist_selectivity(root, info->remote_conds, 0, JOIN_INNER, NULL));
    info->source_cost = below->source_cost + below->retrieved_rows * cpu_operator_cost * list_length(info->tlist) *
                                                 Max(list_length(root->parse->groupingSets), 1);
    info->width = tessera_tlist_width(root, info->tlist);
    tessera_cost(root, info, info->retrieved_rows, startup, total);
    /* The first group comes when all rows have been read. */
    *startup += info->source_cost;
}

/* Are two of the keys one expression, or may the source take them for one, such as x and a cast of x that does nothing
 * there, or CASE WHEN $1 THEN x END? In a set with only one of them the other is NULL, which no SQL can say. */
static bool hasEqualKeys(PlannerInfo* root, RelOptInfo* rel) {
    List* keys = get_sortgrouplist_exprs(root->parse->groupClause, root->processed_tlist);
    int i;
    int j;

    for (i = 0; i < list_length(keys); ++i) {
        const TsrExpr* key = tessera_try(root, rel, list_nth(keys, i));

        for (j = 0; j < i; ++j) {
            const TsrExpr* other = tessera_try(root, rel, list_nth(keys, j));

            if (equal(list_nth(keys, i), list_nth(keys, j)) ||
                (key != NULL && other != NULL && tsr_may_be_taken_for_one(key, other))) {
                return true;
            }
        }
    }
    return false;
}

/* Why not, or NULL. */
static const char* refusal(PlannerInfo* root, RelOptInfo* rel) {
    const RelInfo* info = RELINFO(rel);

    if (RELINFO(info->outerrel)->local_conds != NIL) {
        return "conditions are checked here";
    }
    if (!tsr_can_group(info->scratch)) {
        return "the source does not group";
    }
    if (root->parse->groupingSets != NIL && !tsr_can_group_by_sets(info->scratch)) {
        return "the source has no grouping sets";
    }
    if (root->parse->groupingSets != NIL && hasEqualKeys(root, rel)) {
        return "two keys of its grouping sets are the same";
    }
    return NULL;
}

/* Does the statement say that its rows are one group? The aggregate of the query may have become a constant. */
static bool saysThatItGroups(const Query* query, const RelInfo* info) {
    ListCell* cell;

    if (query->groupClause != NIL || query->groupingSets != NIL || info->remote_conds != NIL) {
        return true;
    }
    foreach (cell, info->tlist) {
        if (contain_agg_clause((Node*)lfirst_node(TargetEntry, cell)->expr)) {
            return true;
        }
    }
    return false;
}

/* Would the source be quicker if it were allowed to give up? */
static bool hasNarrowForm(PlannerInfo* root, RelOptInfo* rel) {
    RelInfo* info = RELINFO(rel);
    ListCell* cell;

    if (info->stage != UPPERREL_GROUP_AGG) {
        return false;
    }
    foreach (cell, info->tlist) {
        Expr* expr = lfirst_node(TargetEntry, cell)->expr;
        const TsrExpr* made = IsA(expr, Aggref) ? tessera_try(root, rel, expr) : NULL;

        if (made != NULL && tsr_expr_has_narrow_form(made)) {
            return true;
        }
    }
    return false;
}

/* PostgreSQL's own way to the groups: a copy, as add_path() may free the path. NULL when there is none. */
static Path* localGroups(RelOptInfo* rel) {
    const AggPath* best = NULL;
    AggPath* copy;
    ListCell* cell;

    foreach (cell, rel->pathlist) {
        const Path* path = lfirst(cell);

        if (IsA(path, AggPath) && ((const AggPath*)path)->aggsplit == AGGSPLIT_SIMPLE && path->param_info == NULL &&
            (best == NULL || path->total_cost < best->path.total_cost)) {
            best = (const AggPath*)path;
        }
    }
    if (best == NULL) {
        return NULL;
    }
    copy = makeNode(AggPath);
    *copy = *best;
    return (Path*)copy;
}

void tessera_group_paths(PlannerInfo* root, RelOptInfo* rel, GroupPathExtraData* extra) {
    Query* query = root->parse;
    RelInfo* info = RELINFO(rel);
    RelInfo* below = RELINFO(info->outerrel);
    bool partial = info->stage == UPPERREL_PARTIAL_GROUP_AGG;
    const char* why;
    Cost startup;
    Cost total;
    double rows;

    if ((query->groupClause == NIL && !query->hasAggs && !root->hasHavingQual) ||
        (!partial && extra->patype == PARTITIONWISE_AGGREGATE_PARTIAL) || tessera_pushdown != PUSHDOWN_FULL) {
        return;
    }
    why = refusal(root, rel);
    if (why == NULL && (!buildGroupedTarget(root, rel, &info->tlist) ||
                        (!partial && !classifyHaving(root, rel, (List*)extra->havingQual, &info->tlist)))) {
        why = tsr_refusal(info->scratch);
    }
    if (why == NULL && !saysThatItGroups(query, info)) {
        why = "there is none left";
    }
    if (why != NULL) {
        tessera_note(below, "aggregate", why);
        return;
    }
    if (tessera_outer_path(info) == NULL && (info->may_overflow || hasNarrowForm(root, rel))) {
        info->local_groups = localGroups(rel);
    }
    if (info->may_overflow && info->local_groups == NULL) {
        tessera_note(below, "aggregate", "a number may have too many digits for the source");
        return;
    }
    info->pushdown_safe = true;
    tessera_cost_groups(root, rel, countGroups(root, rel, extra->targetList), &startup, &total);
    info->sorted_here = info->local_groups != NULL && info->retrieved_rows <= FEW_GROUPS;
    rows = clamp_row_est(info->retrieved_rows * clauselist_selectivity(root, info->local_conds, 0, JOIN_INNER, NULL));
    tessera_favour(rel, 0, &startup, &total);
    add_path(rel, (Path*)create_foreign_upper_path(
                      root, rel, rel->reltarget, rows, startup, total, NIL,
                      info->local_groups != NULL ? info->local_groups : tessera_outer_path(info), NIL));
}

void tessera_select_groups(Translation* t, RelOptInfo* rel) {
    RelInfo* info = RELINFO(rel);
    Query* query = t->root->parse;
    ListCell* cell;

    tsr_select_grouped(t->statement);
    foreach (cell, info->tlist) {
        TargetEntry* entry = lfirst_node(TargetEntry, cell);

        if (entry->ressortgroupref != 0 && query->groupingSets == NIL) {
            tsr_select_group_by(t->statement, tessera_must_translate(t, entry->expr));
        }
    }
    foreach (cell, query->groupingSets) {
        List* refs = lfirst(cell);
        const TsrExpr** keys = palloc(sizeof(TsrExpr*) * (list_length(refs) + 1));
        ListCell* ref;

        foreach (ref, refs) {
            keys[foreach_current_index(ref)] =
                tessera_must_translate(t, get_sortgroupref_tle((Index)lfirst_int(ref), info->tlist)->expr);
        }
        tsr_select_grouping_set(t->statement, keys, (size_t)list_length(refs));
    }
    foreach (cell, extract_actual_clauses(info->remote_conds, false)) {
        tsr_select_having(t->statement, tessera_must_translate(t, lfirst(cell)));
    }
}
