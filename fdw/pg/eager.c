/* Eager aggregation: of a join whose aggregates are all about one side, that side is grouped at its source before it is
 * joined here. It comes as partial aggregates of each combination of the columns that joins and groups need; a row of
 * the join then holds the states of a group, which count once for each partner, as the group's rows would have.
 *
 * While PostgreSQL plans joins, each join of such a side has a counterpart here, in which the side is grouped; the
 * counterpart of the last one is aggregated to the end. */
#include "fdw/pg/subquery.h"

#include "access/nbtree.h"
#include "catalog/pg_aggregate.h"
#include "catalog/pg_type.h"
#include "nodes/makefuncs.h"
#include "nodes/nodeFuncs.h"
#include "optimizer/clauses.h"
#include "optimizer/cost.h"
#include "optimizer/optimizer.h"
#include "optimizer/pathnode.h"
#include "optimizer/paths.h"
#include "optimizer/planner.h"
#include "optimizer/prep.h"
#include "optimizer/restrictinfo.h"
#include "optimizer/tlist.h"
#include "utils/fmgroids.h"
#include "utils/guc.h"
#include "utils/lsyscache.h"
#include "utils/selfuncs.h"
#include "utils/syscache.h"
#include "utils/typcache.h"

/* So many sides of a query are tried. */
#define MOST_FACTS 8

/* Worth a try where a group has, on average, so many rows. */
#define LEAST_ROWS_PER_GROUP 1.5

typedef enum EagerMode {
    EAGER_OFF,
    EAGER_AUTO, /* where that costs less */
    EAGER_FORCE /* wherever it can be done */
} EagerMode;

static const struct config_enum_entry eagerModes[] = {
    {"off", EAGER_OFF, false}, {"auto", EAGER_AUTO, false}, {"force", EAGER_FORCE, false}, {NULL, 0, false}};

static int eagerMode = EAGER_AUTO;

/* A relation of which a part, the fact, is grouped. */
typedef struct Grouped {
    const PlannerInfo* root;
    const RelOptInfo* plain; /* the relation as it is */
    const RelOptInfo* fact;
    const RelOptInfo* groups; /* the fact's counterpart */
    RelOptInfo* rel;          /* the relation's; NULL: the fact can't be grouped */
} Grouped;

static List* allGrouped = NIL; /* of the statement that is planned */

static planner_hook_type nextPlanner = NULL;
static set_join_pathlist_hook_type nextJoinHook = NULL;
static create_upper_paths_hook_type nextUpperPaths = NULL;

static PlannedStmt* planStatement(Query* parse, const char* text, int options, ParamListInfo params) {
    List* before = allGrouped;
    PlannedStmt* plan = NULL;

    allGrouped = NIL;
    PG_TRY();
    {
        plan = nextPlanner != NULL ? nextPlanner(parse, text, options, params)
                                   : standard_planner(parse, text, options, params);
    }
    PG_FINALLY();
    { allGrouped = before; }
    PG_END_TRY();
    return plan;
}

/* ---- What may be computed before the join ---- */

/* Functions that give a value whatever they are called with; leakproof ones do, too. */
static bool mayFail(Oid function, void* context) {
    bool* is_decimal = context;

    switch (function) {
        case F_NUMERIC_ADD:
        case F_NUMERIC_SUB:
        case F_NUMERIC_MUL:
        case F_NUMERIC_UMINUS:
            *is_decimal = true;
            return false;
        case F_NUMERIC_INT2:
        case F_NUMERIC_INT4:
        case F_NUMERIC_INT8:
            return false;
        default:
            return !get_func_leakproof(function);
    }
}

typedef struct FailureScan {
    bool computes_decimals;
    bool unbounded; /* it has decimals of any length */
} FailureScan;

static bool findFailure(Node* node, FailureScan* scan) {
    if (node == NULL) {
        return false;
    }
    switch (nodeTag(node)) {
        case T_Var:
            scan->unbounded |= ((Var*)node)->vartype == NUMERICOID && ((Var*)node)->vartypmod < 0;
            return false;
        case T_Const:
        case T_Param:
        case T_CaseTestExpr:
            return false;
        case T_List:
        case T_TargetEntry:
        case T_RelabelType:
        case T_BoolExpr:
        case T_NullTest:
        case T_BooleanTest:
        case T_CaseExpr:
        case T_CaseWhen:
        case T_CoalesceExpr:
        case T_FuncExpr:
        case T_OpExpr:
        case T_DistinctExpr:
        case T_NullIfExpr:
        case T_ScalarArrayOpExpr:
            return check_functions_in_node(node, mayFail, &scan->computes_decimals) ||
                   expression_tree_walker(node, findFailure, scan);
        default:
            return true;
    }
}

/* Before the join it is computed also for rows that no partner has, where it must not be an error. */
static bool failsNever(Node* node) {
    FailureScan scan = {false, false};

    return !findFailure(node, &scan) && !(scan.computes_decimals && scan.unbounded);
}

static bool isExtreme(Oid function) {
    HeapTuple tuple = SearchSysCache1(AGGFNOID, ObjectIdGetDatum(function));
    bool result;

    if (!HeapTupleIsValid(tuple)) {
        elog(ERROR, "cache lookup failed for aggregate %u", function);
    }
    result = OidIsValid(((Form_pg_aggregate)GETSTRUCT(tuple))->aggsortop);
    ReleaseSysCache(tuple);
    return result;
}

/* Aggregates whose states of parts can be made, and combined any number of times, and which no rows make fail. */
static bool isCombinable(const Aggref* node) {
    switch (node->aggfnoid) {
        case F_COUNT_:
        case F_COUNT_ANY:
        case F_SUM_INT2:
        case F_SUM_INT4:
        case F_SUM_INT8:
        case F_SUM_NUMERIC:
        case F_AVG_INT2:
        case F_AVG_INT4:
        case F_AVG_INT8:
        case F_AVG_NUMERIC:
        case F_BOOL_AND:
        case F_BOOL_OR:
        case F_EVERY:
            break;
        default:
            if (!isExtreme(node->aggfnoid)) {
                return false;
            }
    }
    return failsNever((Node*)node->args) && failsNever((Node*)node->aggfilter);
}

/* May the query aggregate in two steps at all? */
static bool mayAggregateInParts(const PlannerInfo* root) {
    const Query* query = root->parse;

    return eagerMode != EAGER_OFF && tessera_pushdown == PUSHDOWN_FULL && query->commandType == CMD_SELECT &&
           query->hasAggs && query->groupingSets == NIL && !query->hasTargetSRFs && root->rowMarks == NIL &&
           root->agginfos != NIL && root->numOrderedAggs == 0 && !root->hasNonPartialAggs && !root->hasNonSerialAggs &&
           root->placeholder_list == NIL && !root->hasLateralRTEs &&
           root->join_search_private == NULL; /* GEQO throws relations away */
}

/* Are they about this relation alone? */
static bool aggregateOnly(PlannerInfo* root, const RelOptInfo* fact) {
    ListCell* cell;

    foreach (cell, root->agginfos) {
        Node* node = (Node*)((AggInfo*)lfirst(cell))->representative_aggref;

        if (!bms_is_subset(pull_varnos(root, node), fact->relids)) {
            return false;
        }
    }
    return true;
}

/* The query's aggregates as partial ones; NIL when one of them can't be. */
static List* partialAggregates(const PlannerInfo* root) {
    List* partial = NIL;
    ListCell* cell;

    foreach (cell, root->agginfos) {
        const Aggref* node = ((AggInfo*)lfirst(cell))->representative_aggref;
        Aggref* copy;

        if (!isCombinable(node)) {
            return NIL;
        }
        copy = makeNode(Aggref);
        *copy = *node;
        mark_partial_aggref(copy, AGGSPLIT_INITIAL_SERIAL);
        partial = lappend(partial, copy);
    }
    return partial;
}

/* ---- The keys by which the fact is grouped ---- */

typedef struct KeyScan {
    const RelOptInfo* fact; /* NULL: columns of all relations */
    List* whole;            /* expressions of GROUP BY that are of the fact: keys as they are */
    List* columns;          /* others that are needed above it */
} KeyScan;

/* Columns outside of aggregates and of the keys that are known. */
static bool collectColumns(Node* node, KeyScan* scan) {
    if (node == NULL || IsA(node, Aggref) || list_member(scan->whole, node)) {
        return false;
    }
    if (IsA(node, Var)) {
        const Var* var = (const Var*)node;

        if (var->varlevelsup == 0 && (scan->fact == NULL || bms_is_member(var->varno, scan->fact->relids))) {
            scan->columns = list_append_unique(scan->columns, node);
        }
        return false;
    }
    return expression_tree_walker(node, collectColumns, scan);
}

/* Are equal values the same, whatever is computed of them? */
static bool equalsAreSame(Expr* expr) {
    Oid type = exprType((Node*)expr);
    const TypeCacheEntry* entry = lookup_type_cache(type, TYPECACHE_BTREE_OPFAMILY);
    Oid function = OidIsValid(entry->btree_opf) ? get_opfamily_proc(entry->btree_opf, entry->btree_opintype,
                                                                    entry->btree_opintype, BTEQUALIMAGE_PROC)
                                                : InvalidOid;

    return OidIsValid(function) && (type != BPCHAROID || exprTypmod((Node*)expr) >= 0) &&
           DatumGetBool(
               OidFunctionCall1Coll(function, exprCollation((Node*)expr), ObjectIdGetDatum(entry->btree_opintype)));
}

/* Is the fact's column needed for a join of it? */
static bool isJoined(PlannerInfo* root, const RelOptInfo* fact, const Var* var) {
    const RelOptInfo* base = find_base_rel(root, var->varno);
    Relids needed = bms_copy(base->attr_needed[var->varattno - base->min_attr]);

    needed = bms_del_member(needed, 0); /* for what stands above all joins */
    return !bms_is_subset(needed, fact->relids);
}

/* NIL where there are none: a group of nothing would be a row, also of no rows. */
static List* keysOf(PlannerInfo* root, RelOptInfo* rel, const RelOptInfo* fact) {
    KeyScan scan = {.fact = fact};
    List* exprs = get_sortgrouplist_exprs(root->parse->groupClause, root->processed_tlist);
    KeyScan of_mixed;
    List* mixed = NIL;
    ListCell* cell;

    foreach (cell, exprs) {
        Expr* expr = lfirst(cell);
        Relids relids = pull_varnos(root, (Node*)expr);
        List* tried = NIL;

        if (!bms_is_empty(relids) && bms_is_subset(relids, fact->relids) && failsNever((Node*)expr) &&
            tessera_add_group_key(root, rel, expr, 1, &tried)) {
            scan.whole = lappend(scan.whole, expr);
        } else {
            mixed = lappend(mixed, expr);
        }
    }
    /* Of these also columns that are keys elsewhere: what is computed of equal values may differ. */
    of_mixed = (KeyScan){.fact = fact};
    collectColumns((Node*)mixed, &of_mixed);
    scan.columns = of_mixed.columns;
    collectColumns((Node*)root->processed_tlist, &scan);
    collectColumns(root->parse->havingQual, &scan);
    foreach (cell, fact->reltarget->exprs) {
        if (!IsA(lfirst(cell), Var)) {
            return NIL;
        }
        if (isJoined(root, fact, lfirst(cell))) {
            scan.columns = list_append_unique(scan.columns, lfirst(cell));
        }
    }
    foreach (cell, scan.columns) {
        if (lfirst_node(Var, cell)->varattno <= 0 || !equalsAreSame(lfirst(cell))) {
            return NIL;
        }
    }
    return list_concat_unique(scan.whole, scan.columns);
}

/* ---- The fact in groups ---- */

static Grouped* remember(PlannerInfo* root, const RelOptInfo* plain, const RelOptInfo* fact, const RelOptInfo* groups,
                         RelOptInfo* rel) {
    Grouped* grouped = palloc(sizeof(Grouped));

    *grouped = (Grouped){.root = root, .plain = plain, .fact = fact, .groups = groups, .rel = rel};
    allGrouped = lappend(allGrouped, grouped);
    return grouped;
}

static Grouped* find(const PlannerInfo* root, const RelOptInfo* plain, const RelOptInfo* fact) {
    ListCell* cell;

    foreach (cell, allGrouped) {
        Grouped* grouped = lfirst(cell);

        if (grouped->root == root && grouped->plain == plain && grouped->fact == fact) {
            return grouped;
        }
    }
    return NULL;
}

static int countFacts(const PlannerInfo* root) {
    int count = 0;
    ListCell* cell;

    foreach (cell, allGrouped) {
        const Grouped* grouped = lfirst(cell);

        count += grouped->root == root && grouped->plain == grouped->fact && grouped->rel != NULL;
    }
    return count;
}

/* The statement's outputs: keys, then aggregates. False: the source can't. */
static bool buildOutputs(PlannerInfo* root, RelOptInfo* rel, List* keys, List* aggregates) {
    RelInfo* info = RELINFO(rel);
    ListCell* cell;

    foreach (cell, keys) {
        if (!tessera_add_group_key(root, rel, lfirst(cell), (Index)foreach_current_index(cell) + 1, &info->tlist)) {
            return false;
        }
    }
    if (!tessera_add_outputs(root, rel, aggregates, &info->tlist)) {
        return false;
    }
    foreach (cell, info->tlist) {
        add_column_to_pathtarget(rel->reltarget, lfirst_node(TargetEntry, cell)->expr, 0);
    }
    return true;
}

/* NULL and the reason when it can't be grouped, or is not worth it. */
static RelOptInfo* groupFact(PlannerInfo* root, RelOptInfo* fact, const char** why) {
    List* aggregates = partialAggregates(root);
    RelOptInfo* rel = makeNode(RelOptInfo);
    RelInfo* info = palloc0(sizeof(RelInfo));
    List* keys;
    Cost startup;
    Cost total;

    rel->reloptkind = RELOPT_UPPER_REL;
    rel->relids = fact->relids;
    rel->consider_startup = fact->consider_startup;
    rel->reltarget = create_empty_pathtarget();
    rel->fdw_private = info;
    tessera_take_source(rel, fact);
    info->stage = UPPERREL_PARTIAL_GROUP_AGG;
    info->outerrel = fact;
    info->source = RELINFO(fact)->source;
    info->scratch = RELINFO(fact)->scratch;
    info->shipments = RELINFO(fact)->shipments;
    if (aggregates == NIL) {
        *why = "an aggregate has no state of a part, or may fail for rows without a partner";
        return NULL;
    }
    if (!tsr_can_group(info->scratch)) {
        *why = "the source does not group";
        return NULL;
    }
    keys = keysOf(root, rel, fact);
    if (keys == NIL) {
        *why = "there is no key, or values of one that are equal differ";
        return NULL;
    }
    if (!buildOutputs(root, rel, keys, aggregates)) {
        *why = tsr_refusal(info->scratch);
        return NULL;
    }
    info->pushdown_safe = true;
    tessera_cost_groups(root, rel, estimate_num_groups(root, keys, RELINFO(fact)->retrieved_rows, NULL, NULL), &startup,
                        &total);
    rel->rows = info->retrieved_rows;
    rel->reltarget->width = info->width;
    if (eagerMode != EAGER_FORCE && rel->rows * LEAST_ROWS_PER_GROUP > fact->rows) {
        *why = "there would be as many groups as rows, or nearly";
        return NULL;
    }
    add_path(rel, (Path*)create_foreign_upper_path(root, rel, rel->reltarget, rel->rows, startup, total, NIL,
                                                   tessera_outer_path(info), NIL));
    set_cheapest(rel);
    return rel;
}

/* Groups the relation, if it is at a source and has not been tried. */
static void tryFact(PlannerInfo* root, RelOptInfo* rel) {
    RelOptInfo* groups = NULL;
    const char* why = "";

    if (!tessera_is_ours(rel) || find(root, rel, rel) != NULL || countFacts(root) >= MOST_FACTS) {
        return;
    }
    if ((rel->reloptkind == RELOPT_BASEREL || rel->reloptkind == RELOPT_JOINREL) && RELINFO(rel)->pushdown_safe &&
        bms_is_empty(rel->lateral_relids) && aggregateOnly(root, rel)) {
        if (RELINFO(rel)->local_conds == NIL) {
            groups = groupFact(root, rel, &why);
        } else {
            why = "conditions are checked here";
        }
        tessera_note(RELINFO(rel), "groups before the join", why);
    }
    remember(root, rel, rel, groups, groups);
}

/* ---- Joins of groups ---- */

/* The join as it is with the fact grouped, without paths yet. */
static RelOptInfo* makeCounterpart(const RelOptInfo* joinrel, const Grouped* side) {
    RelOptInfo* rel = makeNode(RelOptInfo);
    ListCell* cell;

    rel->reloptkind = RELOPT_JOINREL;
    rel->relids = joinrel->relids;
    rel->consider_startup = joinrel->consider_startup;
    rel->has_eclass_joins = joinrel->has_eclass_joins;
    rel->reltarget = create_empty_pathtarget();
    foreach (cell, joinrel->reltarget->exprs) {
        if (!IsA(lfirst(cell), Var) || !bms_is_member(lfirst_node(Var, cell)->varno, side->fact->relids)) {
            add_column_to_pathtarget(rel->reltarget, lfirst(cell), 0);
        }
    }
    foreach (cell, side->groups->reltarget->exprs) {
        add_column_to_pathtarget(rel->reltarget, lfirst(cell), 0);
    }
    rel->reltarget->width = joinrel->reltarget->width + side->groups->reltarget->width;
    rel->rows = clamp_row_est(joinrel->rows * side->groups->rows / Max(side->fact->rows, 1.0));
    return rel;
}

/* Do rows of one group meet the same fate in the join? */
static bool joinsGroups(const Grouped* side, List* conditions) {
    List* clauses = list_concat(extract_actual_clauses(conditions, false), extract_actual_clauses(conditions, true));
    KeyScan scan = {.fact = side->fact, .whole = NIL};
    ListCell* cell;

    collectColumns((Node*)clauses, &scan);
    foreach (cell, scan.columns) {
        if (!list_member(side->groups->reltarget->exprs, lfirst(cell))) {
            return false;
        }
    }
    return !contain_volatile_functions((Node*)clauses);
}

static void joinGroups(PlannerInfo* root, RelOptInfo* joinrel, const Grouped* side, RelOptInfo* other, bool is_outer,
                       JoinType type, JoinPathExtraData* extra) {
    Grouped* join;

    if (!joinsGroups(side, extra->restrictlist)) {
        return;
    }
    if (side->rel->cheapest_total_path == NULL) {
        if (side->rel->pathlist == NIL) {
            return;
        }
        set_cheapest(side->rel);
    }
    join = find(root, joinrel, side->fact);
    if (join == NULL) {
        join = remember(root, joinrel, side->fact, side->groups, makeCounterpart(joinrel, side));
    }
    add_paths_to_joinrel(root, join->rel, is_outer ? side->rel : other, is_outer ? other : side->rel, type,
                         extra->sjinfo, extra->restrictlist);
}

/* Those of one side, whose rows the join gives as they are, as often as they have partners. */
static void joinGroupsOf(PlannerInfo* root, RelOptInfo* joinrel, RelOptInfo* side, RelOptInfo* other, bool is_outer,
                         JoinType type, JoinPathExtraData* extra) {
    int count;

    tryFact(root, side);
    count = list_length(allGrouped); /* of which there will be more */
    for (int i = 0; i < count; ++i) {
        const Grouped* grouped = list_nth(allGrouped, i);

        if (grouped->root == root && grouped->plain == side && grouped->rel != NULL) {
            joinGroups(root, joinrel, grouped, other, is_outer, type, extra);
        }
    }
}

static bool isCounterpart(const RelOptInfo* rel) {
    ListCell* cell;

    foreach (cell, allGrouped) {
        if (((const Grouped*)lfirst(cell))->rel == rel) {
            return true;
        }
    }
    return false;
}

static void addGroupedJoins(PlannerInfo* root, RelOptInfo* joinrel, RelOptInfo* outerrel, RelOptInfo* innerrel,
                            JoinType type, JoinPathExtraData* extra) {
    if (nextJoinHook != NULL) {
        nextJoinHook(root, joinrel, outerrel, innerrel, type, extra);
    }
    if (joinrel->reloptkind != RELOPT_JOINREL || isCounterpart(joinrel) || !mayAggregateInParts(root)) {
        return;
    }
    if (type == JOIN_INNER || type == JOIN_LEFT || type == JOIN_SEMI || type == JOIN_ANTI ||
        type == JOIN_UNIQUE_INNER) {
        joinGroupsOf(root, joinrel, outerrel, innerrel, true, type, extra);
    }
    if (type == JOIN_INNER || type == JOIN_RIGHT || type == JOIN_UNIQUE_OUTER) {
        joinGroupsOf(root, joinrel, innerrel, outerrel, false, type, extra);
    }
}

/* ---- Above the joins ---- */

/* What the last step reads: the keys of the query's groups, what else it needs, and the states. */
static PathTarget* stateTarget(PlannerInfo* root, const RelOptInfo* output, const Grouped* join, Node* having) {
    PathTarget* target = create_empty_pathtarget();
    KeyScan others = {.whole = get_sortgrouplist_exprs(root->parse->groupClause, root->processed_tlist)};
    ListCell* cell;

    foreach (cell, root->parse->groupClause) {
        const SortGroupClause* clause = lfirst_node(SortGroupClause, cell);

        add_column_to_pathtarget(target, list_nth(others.whole, foreach_current_index(cell)), clause->tleSortGroupRef);
    }
    collectColumns((Node*)output->reltarget->exprs, &others);
    collectColumns(having, &others);
    add_new_columns_to_pathtarget(target, others.columns);
    foreach (cell, join->groups->reltarget->exprs) {
        if (IsA(lfirst(cell), Aggref)) {
            add_column_to_pathtarget(target, lfirst(cell), 0);
        }
    }
    return set_pathtarget_cost_width(root, target);
}

static void addLastStep(PlannerInfo* root, RelOptInfo* output, Path* path, AggStrategy strategy, Node* having) {
    List* keys = root->parse->groupClause;
    double groups = 1;
    AggClauseCosts costs = {0};
    AggPath* aggregate;

    if (keys != NIL) {
        groups =
            estimate_num_groups(root, get_sortgrouplist_exprs(keys, root->processed_tlist), path->rows, NULL, NULL);
    }
    get_agg_clause_costs(root, AGGSPLIT_FINAL_DESERIAL, &costs);
    aggregate = create_agg_path(root, output, path, output->reltarget, strategy, AGGSPLIT_FINAL_DESERIAL, keys,
                                (List*)having, &costs, groups);
    if (eagerMode == EAGER_FORCE) {
        aggregate->path.startup_cost = aggregate->path.total_cost = 0;
    }
    add_path(output, (Path*)aggregate);
}

static void finishGroups(PlannerInfo* root, RelOptInfo* output, const Grouped* join, const GroupPathExtraData* extra) {
    Path* path;

    if (join->rel->pathlist == NIL) {
        return;
    }
    set_cheapest(join->rel);
    path = (Path*)create_projection_path(root, join->rel, join->rel->cheapest_total_path,
                                         stateTarget(root, output, join, extra->havingQual));
    if ((extra->flags & GROUPING_CAN_USE_HASH) != 0) {
        addLastStep(root, output, path, AGG_HASHED, extra->havingQual);
    }
    if ((extra->flags & GROUPING_CAN_USE_SORT) != 0) {
        if (root->parse->groupClause == NIL) {
            addLastStep(root, output, path, AGG_PLAIN, extra->havingQual);
            return;
        }
        path = (Path*)create_sort_path(root, join->rel, path, root->group_pathkeys, -1.0);
        addLastStep(root, output, path, AGG_SORTED, extra->havingQual);
    }
}

static void addGroupPaths(PlannerInfo* root, UpperRelationKind stage, RelOptInfo* input, RelOptInfo* output,
                          void* extra) {
    ListCell* cell;

    if (nextUpperPaths != NULL) {
        nextUpperPaths(root, stage, input, output, extra);
    }
    // Where one source can do all of it, that is what to ask of it; costs that are nearly alike do not decide.
    if (stage != UPPERREL_GROUP_AGG || (eagerMode == EAGER_AUTO && tessera_is_ours(output))) {
        return;
    }
    foreach (cell, allGrouped) {
        const Grouped* grouped = lfirst(cell);

        if (grouped->root == root && grouped->plain == input && grouped->fact != input && grouped->rel != NULL) {
            finishGroups(root, output, grouped, extra);
        }
    }
}

void tessera_register_eager_aggregation(void) {
    DefineCustomEnumVariable("tessera.partial_aggregates",
                             "Lets the planner aggregate a side of a join at its source before it joins it here.",
                             "auto: where that costs less; force: wherever it can be done.", &eagerMode, EAGER_AUTO,
                             eagerModes, PGC_USERSET, 0, NULL, NULL, NULL);
    nextPlanner = planner_hook;
    planner_hook = planStatement;
    nextJoinHook = set_join_pathlist_hook;
    set_join_pathlist_hook = addGroupedJoins;
    nextUpperPaths = create_upper_paths_hook;
    create_upper_paths_hook = addGroupPaths;
}
