/* Window functions and DISTINCT at the source. */
#include "fdw/pg/tessera_fdw.h"

#include "access/stratnum.h"
#include "nodes/makefuncs.h"
#include "nodes/nodeFuncs.h"
#include "optimizer/clauses.h"
#include "optimizer/cost.h"
#include "optimizer/optimizer.h"
#include "optimizer/pathnode.h"
#include "optimizer/restrictinfo.h"
#include "optimizer/tlist.h"
#include "utils/lsyscache.h"
#include "utils/selfuncs.h"
#include <math.h>

/* What of the stage below is returned again: the keys that rows have been grouped by. */
static List* keysBelow(const RelInfo* info) {
    List* keys = NIL;
    ListCell* cell;

    if (!IS_UPPER_REL(info->outerrel)) {
        return NIL;
    }
    foreach (cell, RELINFO(info->outerrel)->tlist) {
        TargetEntry* entry = lfirst_node(TargetEntry, cell);

        if (entry->ressortgroupref != 0) {
            TargetEntry* key = makeTargetEntry(entry->expr, (AttrNumber)(list_length(keys) + 1), NULL, false);

            key->ressortgroupref = entry->ressortgroupref;
            keys = lappend(keys, key);
        }
    }
    return keys;
}

/* Stands in the target because a window or a group is made by it, and nobody above looks at it: it stays NULL. */
static bool isUnused(PlannerInfo* root, Index sortgroup) {
    return sortgroup != 0 && get_sortgroupref_tle(sortgroup, root->processed_tlist)->resjunk &&
           get_sortgroupref_clause_noerr(sortgroup, root->parse->sortClause) == NULL &&
           get_sortgroupref_clause_noerr(sortgroup, root->parse->distinctClause) == NULL;
}

/* The outputs for a stage's target: those that are looked at first, so that what is within them is never left out. */
static bool addTarget(PlannerInfo* root, RelOptInfo* rel, List** tlist) {
    PathTarget* target = root->upper_targets[RELINFO(rel)->stage];
    List* used = NIL;
    List* unused = NIL;
    ListCell* cell;
    int i = 0;

    foreach (cell, target->exprs) {
        if (isUnused(root, get_pathtarget_sortgroupref(target, i++))) {
            unused = lappend(unused, lfirst(cell));
        } else {
            used = lappend(used, lfirst(cell));
        }
    }
    if (!tessera_add_outputs(root, rel, used, tlist)) {
        return false;
    }
    foreach (cell, unused) {
        /* One that needs nothing of the source would be taken for a parameter. */
        if (tessera_needs_source(lfirst(cell)) && tlist_member(lfirst(cell), *tlist) == NULL) {
            *tlist = lappend(*tlist, makeTargetEntry(lfirst(cell), (AttrNumber)(list_length(*tlist) + 1), NULL, true));
        }
    }
    return true;
}

/* Why not, or NULL. */
static const char* refusal(PlannerInfo* root, const RelInfo* info) {
    if (root->parse->hasTargetSRFs) {
        return "functions that return sets are called here";
    }
    return RELINFO(info->outerrel)->local_conds != NIL ? "conditions are checked here" : NULL;
}

static void addPath(PlannerInfo* root, RelOptInfo* rel, double rows, List* pathkeys, List* private) {
    RelInfo* info = RELINFO(rel);
    Cost startup;
    Cost total;

    tessera_cost(root, info, info->retrieved_rows, &startup, &total);
    /* The first row comes when all have been read and sorted. */
    startup += info->source_cost;
    tessera_favour(rel, 0, &startup, &total);
    add_path(rel, (Path*)create_foreign_upper_path(root, rel, root->upper_targets[info->stage], rows, startup, total,
                                                   pathkeys, tessera_outer_path(info), private));
}

/* ---- Window functions ---- */

/* PostgreSQL has taken conditions on a window function (row_number() <= 3) out of the query around, since its own
 * WindowAgg would stop by them. */
static bool addRunConditions(PlannerInfo* root, RelOptInfo* rel, List** tlist) {
    RelInfo* info = RELINFO(rel);
    ListCell* window;
    ListCell* cell;

    foreach (window, root->parse->windowClause) {
        foreach (cell, lfirst_node(WindowClause, window)->runCondition) {
            Expr* expr = lfirst(cell);
            RestrictInfo* condition = make_restrictinfo(root, expr, true, false, false, root->qual_security_level,
                                                        info->outerrel->relids, NULL, NULL);

            if (tessera_is_exact(root, rel, expr)) {
                info->remote_conds = lappend(info->remote_conds, condition);
            } else {
                tessera_note_refusal(info);
                info->local_conds = lappend(info->local_conds, condition);
                if (!tessera_add_parts(root, rel, (Node*)expr, tlist)) {
                    return false;
                }
            }
        }
    }
    return true;
}

static bool mustSort(PlannerInfo* root) {
    ListCell* cell;

    foreach (cell, root->parse->windowClause) {
        WindowClause* clause = lfirst_node(WindowClause, cell);

        if (clause->partitionClause != NIL || clause->orderClause != NIL) {
            return true;
        }
    }
    return false;
}

void tessera_window_paths(PlannerInfo* root, RelOptInfo* rel) {
    RelInfo* info = RELINFO(rel);
    RelInfo* below = RELINFO(info->outerrel);
    const char* why = refusal(root, info);
    double rows = below->retrieved_rows;
    Cost startup = 0;

    info->tlist = keysBelow(info);
    if (why == NULL && (!addRunConditions(root, rel, &info->tlist) || !addTarget(root, rel, &info->tlist))) {
        why = tsr_refusal(info->scratch);
    }
    if (why != NULL) {
        tessera_note(below, "window functions", why);
        return;
    }
    info->pushdown_safe = true;
    info->retrieved_rows = clamp_row_est(rows * clauselist_selectivity(root, info->remote_conds, 0, JOIN_INNER, NULL));
    info->source_rows = below->source_rows;
    info->source_cost = below->source_cost + rows * cpu_operator_cost * list_length(root->parse->windowClause);
    if (mustSort(root)) {
        tessera_add_sort_cost(info, rows, rows, &startup, &info->source_cost);
    }
    info->width = tessera_tlist_width(root, info->tlist);
    addPath(root, rel, info->retrieved_rows, NIL, NIL);
}

void tessera_select_windows(Translation* t, RelOptInfo* rel) {
    ListCell* cell;

    foreach (cell, RELINFO(rel)->remote_conds) {
        tsr_select_qualify(t->statement, tessera_must_translate(t, lfirst_node(RestrictInfo, cell)->clause));
    }
}

/* ---- DISTINCT ---- */

/* Rows of tables are made distinct by grouping them, which compares as the dialect says. */
static bool addDistinctKeys(PlannerInfo* root, RelOptInfo* rel, List** tlist) {
    RelInfo* info = RELINFO(rel);
    PathTarget* target = root->upper_targets[UPPERREL_DISTINCT];
    bool has_key = false;
    ListCell* cell;
    int i = 0;

    info->by_grouping = !IS_UPPER_REL(info->outerrel);
    foreach (cell, target->exprs) {
        Expr* expr = lfirst(cell);
        Index sortgroup = get_pathtarget_sortgroupref(target, i++);

        if (!tessera_needs_source(expr)) {
            if (contain_volatile_functions((Node*)expr)) {
                tsr_refuse(info->scratch, "a value is another one in each row");
                return false;
            }
            continue; /* the same in every row */
        }
        if (sortgroup == 0 || get_sortgroupref_clause_noerr(sortgroup, root->parse->distinctClause) == NULL) {
            /* Of the groups below. */
            TargetEntry* unused = makeTargetEntry(expr, (AttrNumber)(list_length(*tlist) + 1), NULL, true);

            *tlist = lappend(*tlist, unused);
            continue;
        }
        if (info->by_grouping) {
            if (!tessera_add_group_key(root, rel, expr, sortgroup, tlist)) {
                return false;
            }
        } else {
            const TsrExpr* made = tessera_try(root, rel, expr);

            if (made == NULL ||
                !tsr_can_be_distinct(info->scratch, made, tessera_collation(exprCollation((Node*)expr)))) {
                return false;
            }
            *tlist = add_to_flat_tlist(*tlist, list_make1(expr));
        }
        has_key = true;
    }
    if (!has_key) {
        tsr_refuse(info->scratch, "it is about no column");
    }
    return has_key;
}

/* Can the source sort by the clause, as ORDER BY has it? */
static bool canSort(PlannerInfo* root, RelOptInfo* rel, SortGroupClause* clause) {
    Expr* expr = (Expr*)get_sortgroupclause_expr(clause, root->processed_tlist);
    const TsrExpr* made = tessera_needs_source(expr) ? tessera_try(root, rel, expr) : NULL;
    Oid opfamily;
    Oid input;
    int16 strategy;

    return made != NULL && get_ordering_op_properties(clause->sortop, &opfamily, &input, &strategy) &&
           tessera_is_default_order(opfamily, exprType((Node*)expr)) &&
           tsr_can_sort_by(RELINFO(rel)->scratch, made, tessera_collation(exprCollation((Node*)expr)));
}

static bool canBeDistinctOn(PlannerInfo* root, RelOptInfo* rel) {
    RelInfo* info = RELINFO(rel);
    ListCell* cell;

    if (!tsr_can_be_distinct_on(info->scratch)) {
        tsr_refuse(info->scratch, "the source has no DISTINCT ON");
        return false;
    }
    foreach (cell, list_concat_copy(root->parse->distinctClause, root->parse->sortClause)) {
        if (!canSort(root, rel, lfirst_node(SortGroupClause, cell))) {
            return false;
        }
    }
    info->tlist = keysBelow(info);
    return tessera_add_outputs(root, rel, root->upper_targets[UPPERREL_DISTINCT]->exprs, &info->tlist);
}

void tessera_distinct_paths(PlannerInfo* root, RelOptInfo* rel) {
    Query* query = root->parse;
    RelInfo* info = RELINFO(rel);
    RelInfo* below = RELINFO(info->outerrel);
    const char* why = refusal(root, info);
    Cost startup = 0;

    if (why == NULL &&
        !(query->hasDistinctOn ? canBeDistinctOn(root, rel)
                               : tsr_can_group(info->scratch) && addDistinctKeys(root, rel, &info->tlist))) {
        why = tsr_refusal(info->scratch);
    }
    if (why != NULL) {
        tessera_note(below, "DISTINCT", why);
        return;
    }
    info->pushdown_safe = true;
    info->retrieved_rows =
        clamp_row_est(estimate_num_groups(root, get_sortgrouplist_exprs(query->distinctClause, root->processed_tlist),
                                          below->retrieved_rows, NULL, NULL));
    info->source_rows = below->source_rows;
    info->source_cost =
        below->source_cost + below->retrieved_rows * cpu_operator_cost * list_length(query->distinctClause);
    info->width = tessera_tlist_width(root, info->tlist);
    if (query->hasDistinctOn) {
        tessera_add_sort_cost(info, below->retrieved_rows, below->retrieved_rows, &startup, &info->source_cost);
    }
    /* DISTINCT ON takes the first row of each group in the order of the statement. */
    addPath(root, rel, info->retrieved_rows, query->hasDistinctOn ? root->sort_pathkeys : NIL, NIL);
}

/* DISTINCT ON and ORDER BY as the query has them: of pathkeys some may be missing, and they must begin alike. */
static void selectDistinctOn(Translation* t) {
    Query* query = t->root->parse;
    List* tlist = t->root->processed_tlist;
    ListCell* cell;

    foreach (cell, query->distinctClause) {
        tsr_select_distinct_on(t->statement,
                               tessera_must_translate(t, (Expr*)get_sortgroupclause_expr(lfirst(cell), tlist)));
    }
    foreach (cell, query->sortClause) {
        SortGroupClause* clause = lfirst_node(SortGroupClause, cell);
        Oid opfamily;
        Oid input;
        int16 strategy;

        get_ordering_op_properties(clause->sortop, &opfamily, &input, &strategy);
        tsr_select_order_by(t->statement, tessera_must_translate(t, (Expr*)get_sortgroupclause_expr(clause, tlist)),
                            strategy == BTGreaterStrategyNumber, clause->nulls_first);
    }
}

void tessera_select_distinct(Translation* t, RelOptInfo* rel) {
    RelInfo* info = RELINFO(rel);
    ListCell* cell;

    if (t->root->parse->hasDistinctOn) {
        selectDistinctOn(t);
    } else if (!info->by_grouping) {
        tsr_select_distinct(t->statement);
    } else {
        foreach (cell, info->tlist) {
            TargetEntry* key = lfirst_node(TargetEntry, cell);

            if (!key->resjunk) {
                tsr_select_group_by(t->statement, tessera_must_translate(t, key->expr));
            }
        }
    }
}
