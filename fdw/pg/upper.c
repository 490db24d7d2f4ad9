/* What comes above scans and joins, stage by stage: grouping (group.c), window functions and DISTINCT (window.c), the
 * final order, LIMIT. One SELECT holds them all, in that order; a stage goes down when all below it has. */
#include "fdw/pg/tessera_fdw.h"

#include "nodes/nodeFuncs.h"
#include "optimizer/clauses.h"
#include "optimizer/optimizer.h"
#include "optimizer/pathnode.h"
#include "optimizer/paths.h"
#include "optimizer/planner.h"
#include "optimizer/tlist.h"
#include "utils/lsyscache.h"

/* ---- What a stage returns ---- */

bool tessera_needs_source(Expr* expr) {
    return contain_var_clause((Node*)expr) || contain_agg_clause((Node*)expr) || contain_window_function((Node*)expr);
}

/* An aggregate of numbers that may be too large for the source: groups can be computed here instead. */
static bool mayBeRecomputed(PlannerInfo* root, RelOptInfo* rel, Expr* expr) {
    RelInfo* info = RELINFO(rel);
    const TsrExpr* made = info->stage == UPPERREL_GROUP_AGG && IsA(expr, Aggref) ? tessera_try(root, rel, expr) : NULL;

    if (made == NULL || !tsr_expr_may_overflow(made)) {
        return false;
    }
    info->may_overflow = true;
    return true;
}

/* May the expression be an output of the statement? One that needs nothing of the source would be taken for a
 * parameter. */
static bool isOutput(PlannerInfo* root, RelOptInfo* rel, Expr* expr) {
    Assembly assembly = ASSEMBLE_VALUE;
    ListCell* cell;

    if (!tessera_needs_source(expr)) {
        return false;
    }
    if (IsA(expr, Aggref) && ((Aggref*)expr)->aggsplit != AGGSPLIT_SIMPLE &&
        !tessera_can_be_partial(root, (Aggref*)expr)) {
        tsr_refuse(RELINFO(rel)->scratch, "its partial state is not known");
        return false;
    }
    foreach (cell, tessera_partial_parts(expr, &assembly)) {
        if (!tessera_is_exact(root, rel, lfirst(cell)) && !mayBeRecomputed(root, rel, lfirst(cell))) {
            return false;
        }
    }
    return true;
}

static bool isGrouped(RelOptInfo* rel) {
    for (; IS_UPPER_REL(rel); rel = RELINFO(rel)->outerrel) {
        if (RELINFO(rel)->stage == UPPERREL_GROUP_AGG || RELINFO(rel)->stage == UPPERREL_PARTIAL_GROUP_AGG) {
            return true;
        }
    }
    return false;
}

static bool hasStrayColumn(Node* node, List* tlist) {
    if (node == NULL || IsA(node, Const) || IsA(node, Aggref) || tlist_member((Expr*)node, tlist) != NULL) {
        return false;
    }
    return IsA(node, Var) || expression_tree_walker(node, hasStrayColumn, tlist);
}

bool tessera_add_parts(PlannerInfo* root, RelOptInfo* rel, Node* node, List** tlist) {
    RelInfo* info = RELINFO(rel);
    bool grouped = isGrouped(rel);
    ListCell* cell;

    /* A subquery is a plan of its own wherever it stands, so that a key with one is not found again. */
    if ((info->stage == UPPERREL_GROUP_AGG || info->stage == UPPERREL_PARTIAL_GROUP_AGG) &&
        hasStrayColumn(node, *tlist)) {
        tsr_refuse(info->scratch, "a key with a subquery is computed from again");
        return false;
    }
    foreach (cell, pull_var_clause(node, PVC_INCLUDE_AGGREGATES | PVC_INCLUDE_WINDOWFUNCS | PVC_RECURSE_PLACEHOLDERS)) {
        Expr* expr = lfirst(cell);

        if (!isOutput(root, rel, expr)) {
            return false;
        }
        /* A column above groups is one of their keys, or within one, and there already. */
        if (!IsA(expr, Var) || !grouped) {
            *tlist = add_to_flat_tlist(*tlist, list_make1(expr));
        }
    }
    return true;
}

bool tessera_add_outputs(PlannerInfo* root, RelOptInfo* rel, List* exprs, List** tlist) {
    ListCell* cell;

    foreach (cell, exprs) {
        Expr* expr = lfirst(cell);

        if (!tessera_needs_source(expr)) {
            continue;
        }
        if (isOutput(root, rel, expr)) {
            *tlist = add_to_flat_tlist(*tlist, list_make1(expr));
        } else if (!tessera_add_parts(root, rel, (Node*)expr, tlist)) {
            return false;
        }
    }
    return true;
}

/* Of a value, about. What an aggregate or window function gives is often one of its arguments. */
static int32 widthOf(PlannerInfo* root, Expr* expr) {
    List* args = NIL;

    if (IsA(expr, Var) && ((Var*)expr)->varno != 0) {
        const Var* var = (const Var*)expr;
        const RelOptInfo* rel = find_base_rel(root, (int)var->varno);
        int32 width = rel->attr_widths[var->varattno - rel->min_attr];

        if (width > 0) {
            return width;
        }
    } else if (IsA(expr, RelabelType)) {
        return widthOf(root, ((RelabelType*)expr)->arg);
    } else if (IsA(expr, WindowFunc)) {
        args = ((WindowFunc*)expr)->args;
    } else if (IsA(expr, Aggref) && ((Aggref*)expr)->args != NIL) {
        args = list_make1(linitial_node(TargetEntry, ((Aggref*)expr)->args)->expr);
    }
    return args != NIL && exprType(linitial(args)) == exprType((Node*)expr)
               ? widthOf(root, linitial(args))
               : get_typavgwidth(exprType((Node*)expr), exprTypmod((Node*)expr));
}

int tessera_tlist_width(PlannerInfo* root, List* tlist) {
    int width = 0;
    ListCell* cell;

    foreach (cell, tlist) {
        TargetEntry* entry = lfirst_node(TargetEntry, cell);

        width += entry->resjunk ? 0 : widthOf(root, entry->expr);
    }
    return width;
}

/* Without it, plans of the same cost tie, and the part done here often wins (LIMIT above a scan, few groups): 11 of the
 * 68 tests of pushed stages on PostgreSQL fail, with a hundredth none. It is no measure of time: k stages count for
 * 1 - 0.95^k, 19 % of four, and where the part here is cheaper by more than that it stays here. */
void tessera_favour(RelOptInfo* rel, int stages, Cost* startup, Cost* total) {
    for (; IS_UPPER_REL(rel); rel = RELINFO(rel)->outerrel) {
        ++stages;
    }
    for (; stages > 0; --stages) {
        *startup *= 0.95;
        *total *= 0.95;
    }
}

/* What is computed here above the statement costs little, but for subqueries, which are run for each row. */
static void addSubplanCost(const PathTarget* target, double rows, Cost* startup, Cost* total) {
    if (tessera_has_subplan((Node*)target->exprs)) {
        *startup += target->cost.startup;
        *total += target->cost.startup + rows * target->cost.per_tuple;
    }
}

/* PostgreSQL keeps no targets of a set operation: its columns are all that there is. */
static PathTarget* targetOf(PlannerInfo* root, UpperRelationKind stage, RelOptInfo* input) {
    return root->parse->setOperations != NULL ? input->reltarget : root->upper_targets[stage];
}

/* ---- ORDER BY ---- */

/* For EXPLAIN and plan.c: does this path also sort, and limit? */
static List* finalPrivate(bool sorted, bool limited) {
    return list_make2_int(sorted, limited);
}

static bool isDistinctOn(PlannerInfo* root, const RelOptInfo* rel) {
    return IS_UPPER_REL(rel) && RELINFO(rel)->stage == UPPERREL_DISTINCT && root->parse->hasDistinctOn;
}

/* Rows made distinct as they are returned can only be sorted by what is returned. */
static bool isDistinctAsReturned(PlannerInfo* root, const RelOptInfo* rel) {
    return IS_UPPER_REL(rel) && RELINFO(rel)->stage == UPPERREL_DISTINCT && !RELINFO(rel)->by_grouping &&
           !root->parse->hasDistinctOn;
}

static bool canSortBy(PlannerInfo* root, RelOptInfo* input, PathKey* pathkey) {
    RelInfo* info = RELINFO(input);
    Expr* expr = tessera_sort_expr(root, input, pathkey, get_tlist_exprs(info->tlist, true));

    if (expr == NULL) {
        return false;
    }
    /* Members of a class may differ where grouping sets have put NULLs. */
    if (root->parse->groupingSets != NIL && list_length(pathkey->pk_eclass->ec_members) > 1) {
        tsr_refuse(info->scratch, "of two equal columns one may be NULL");
        return false;
    }
    return !isDistinctAsReturned(root, input) ||
           tsr_can_sort_as_returned(info->scratch, tessera_try(root, input, expr));
}

/* ORDER BY over groups, windows, distinct rows. Over tables and joins it is a path of theirs (rel.c). */
static void addOrderedPaths(PlannerInfo* root, RelOptInfo* input, RelOptInfo* ordered) {
    RelInfo* info = RELINFO(ordered);
    RelInfo* below = RELINFO(input);
    ListCell* cell;
    Cost startup;
    Cost total;

    if (root->parse->sortClause == NIL || root->parse->hasTargetSRFs || tessera_pushdown != PUSHDOWN_FULL) {
        return;
    }
    if (!IS_UPPER_REL(input)) {
        info->pushdown_safe = below->order_pushable;
        return;
    }
    if (isDistinctOn(root, input)) {
        info->pushdown_safe = true; /* its path is sorted */
        return;
    }
    foreach (cell, root->sort_pathkeys) {
        if (!canSortBy(root, input, lfirst_node(PathKey, cell))) {
            tessera_note(below, "sort", tsr_refusal(below->scratch));
            return;
        }
    }
    info->pushdown_safe = true;
    tessera_cost(root, below, below->retrieved_rows, &startup, &total);
    tessera_add_sort_cost(below, below->retrieved_rows, below->retrieved_rows, &startup, &total);
    tessera_favour(input, 1, &startup, &total);
    addSubplanCost(targetOf(root, UPPERREL_ORDERED, input), below->retrieved_rows, &startup, &total);
    add_path(ordered, (Path*)create_foreign_upper_path(root, input, targetOf(root, UPPERREL_ORDERED, input),
                                                       below->retrieved_rows, startup, total, root->sort_pathkeys,
                                                       tessera_outer_path(info), finalPrivate(true, false)));
}

/* ---- LIMIT ---- */

/* A bound that the source can be told: a constant, or, where the dialect binds them, a parameter. */
static bool isLimit(PlannerInfo* root, RelOptInfo* rel, bool is_offset) {
    Node* given = is_offset ? root->parse->limitOffset : root->parse->limitCount;
    Expr* bound;

    if (given == NULL) {
        return true;
    }
    if (IsA(given, Const)) {
        return !((Const*)given)->constisnull && DatumGetInt64(((Const*)given)->constvalue) >= 0;
    }
    bound = tessera_limit_bound(RELINFO(rel)->scratch, root->parse, is_offset);
    return bound != NULL && tsr_can_bind_limit(RELINFO(rel)->scratch) && !contain_var_clause((Node*)bound) &&
           tessera_is_exact(root, rel, bound);
}

/* PostgreSQL then asks for nothing, so that no round trip is needed for it; tools that want to know a result's columns,
 * and nodes that read from each other, begin with such a query. */
static bool wantsNoRow(const Query* query) {
    const Const* count = (const Const*)query->limitCount;

    return count != NULL && IsA(count, Const) && !count->constisnull && DatumGetInt64(count->constvalue) == 0;
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
    if (wantsNoRow(query)) {
        tessera_note(below, "limit", "no row is wanted");
        return;
    }
    if (IS_UPPER_REL(input) && below->stage == UPPERREL_ORDERED) {
        input = below->outerrel;
        below = RELINFO(input);
        sorted = true;
    } else if (query->sortClause != NIL && root->sort_pathkeys != NIL) {
        tessera_note(below, "limit", "rows are sorted here");
        return;
    }
    if (below->local_conds != NIL) {
        tessera_note(below, "limit", "conditions are checked here");
        return;
    }
    if (!tsr_can_limit(below->scratch, query->limitOffset != NULL) || !isLimit(root, input, false) ||
        !isLimit(root, input, true)) {
        tessera_note(below, "limit", "the source can't be told the bound");
        return;
    }
    rows = below->retrieved_rows;
    if (extra->count_est != 0) {
        /* Not known before it is bound: a tenth, as PostgreSQL assumes. */
        rows = extra->count_est > 0 ? Min(rows, (double)extra->count_est) : rows * 0.10;
    }
    rows = clamp_row_est(rows);
    tessera_cost(root, below, rows, &startup, &total);
    if (sorted && !isDistinctOn(root, input)) {
        tessera_add_sort_cost(below, below->retrieved_rows, rows, &startup, &total);
    } else {
        /* The source, too, stops when it has found enough. */
        total -= below->source_cost * (1 - rows / Max(below->retrieved_rows, rows));
    }
    tessera_favour(input, sorted ? 2 : 1, &startup, &total);
    addSubplanCost(targetOf(root, UPPERREL_FINAL, input), rows, &startup, &total);
    RELINFO(final)->pushdown_safe = true;
    add_path(final, (Path*)create_foreign_upper_path(root, input, targetOf(root, UPPERREL_FINAL, input), rows, startup,
                                                     total, sorted ? root->sort_pathkeys : NIL,
                                                     tessera_outer_path(below), finalPrivate(sorted, true)));
}

/* Rows chosen by window functions come as they are: nothing is done above. */
static bool isQualified(const RelOptInfo* rel) {
    return IS_UPPER_REL(rel) && RELINFO(rel)->stage == UPPERREL_WINDOW && RELINFO(rel)->remote_conds != NIL;
}

void tessera_upper_paths(PlannerInfo* root, UpperRelationKind stage, RelOptInfo* input, RelOptInfo* output,
                         void* extra) {
    RelInfo* info;

    if (stage == UPPERREL_FINAL && root->limit_tuples > 0 && RELINFO(input) != NULL && IS_UPPER_REL(input) &&
        RELINFO(input)->stage == UPPERREL_ORDERED && !RELINFO(input)->pushdown_safe) {
        tessera_note(RELINFO(RELINFO(input)->outerrel), "limit", "rows are sorted here");
    }
    if (RELINFO(input) == NULL || !RELINFO(input)->pushdown_safe || output->fdw_private != NULL ||
        stage == UPPERREL_PARTIAL_DISTINCT || isQualified(input) || RELINFO(input)->may_overflow ||
        (stage == UPPERREL_ORDERED && RELINFO(input)->sorted_here)) {
        return;
    }
    info = palloc0(sizeof(RelInfo));
    info->stage = stage;
    info->outerrel = input;
    info->source = RELINFO(input)->source;
    info->scratch = RELINFO(input)->scratch;
    info->shipments = RELINFO(input)->shipments;
    output->fdw_private = info;
    switch (stage) {
        case UPPERREL_GROUP_AGG:
        case UPPERREL_PARTIAL_GROUP_AGG:
            tessera_group_paths(root, output, extra);
            break;
        case UPPERREL_WINDOW:
            tessera_window_paths(root, output);
            break;
        case UPPERREL_DISTINCT:
            tessera_distinct_paths(root, output);
            break;
        case UPPERREL_ORDERED:
            addOrderedPaths(root, input, output);
            break;
        case UPPERREL_FINAL:
            addFinalPaths(root, input, output, extra);
            tessera_add_whole_path(root, output);
            break;
        default:
            break;
    }
}
