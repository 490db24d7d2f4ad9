/* UNION, INTERSECT and EXCEPT of queries of one source, as one query in FROM of a statement. PostgreSQL plans them in
 * two ways: UNION ALL of queries with the same types becomes a relation whose children are the queries; whatever else,
 * an upper relation, whose columns are Vars of the relation 0. */
#include "fdw/pg/subquery.h"

#include "nodes/makefuncs.h"
#include "nodes/nodeFuncs.h"
#include "optimizer/optimizer.h"
#include "optimizer/pathnode.h"
#include "optimizer/paths.h"
#include "optimizer/planner.h"
#include "optimizer/tlist.h"
#include "parser/parse_coerce.h"
#include "utils/lsyscache.h"

static planner_hook_type next_planner = NULL;
static create_upper_paths_hook_type next_upper_paths = NULL;

static WholeQuery* combine(TsrSetKind kind, bool all, WholeQuery* left, WholeQuery* right) {
    WholeQuery* set;

    if (left == NULL || right == NULL ||
        !tessera_is_same_source(tessera_query_source(left), tessera_query_source(right))) {
        return NULL;
    }
    set = palloc0(sizeof(WholeQuery));
    set->is_set = true;
    set->kind = kind;
    set->all = all;
    set->left = left;
    set->right = right;
    return set;
}

/* ---- UNION ALL as a relation ---- */

static Expr* withoutPlaceholder(Expr* expr) {
    while (IsA(expr, PlaceHolderVar)) {
        expr = ((PlaceHolderVar*)expr)->phexpr;
    }
    return expr;
}

/* A table of which no condition is checked here. */
static WholeQuery* wholeTable(PlannerInfo* root, RelOptInfo* rel, const AppendRelInfo* append) {
    WholeQuery* whole;
    ListCell* cell;

    if (!RELINFO(rel)->pushdown_safe || RELINFO(rel)->local_conds != NIL) {
        return NULL;
    }
    whole = palloc0(sizeof(WholeQuery));
    whole->root = root;
    whole->rel = rel;
    foreach (cell, append->translated_vars) {
        if (lfirst(cell) == NULL) {
            return NULL;
        }
        whole->outputs = lappend(whole->outputs, withoutPlaceholder(lfirst(cell)));
    }
    return whole;
}

/* Are the columns of the UNION ALL the query's own, as they are? Expressions of a query around it that has been pulled
 * up stand here instead. */
static bool hasItsColumns(const RelOptInfo* rel, const AppendRelInfo* append) {
    int columns = 0;
    ListCell* cell;

    foreach (cell, rel->subroot->processed_tlist) {
        columns += lfirst_node(TargetEntry, cell)->resjunk ? 0 : 1;
    }
    foreach (cell, append->translated_vars) {
        const Var* var = lfirst(cell);

        if (var == NULL || !IsA(var, Var) || var->varno != (int)append->child_relid ||
            var->varattno != foreach_current_index(cell) + 1) {
            return false;
        }
    }
    return columns == list_length(append->translated_vars);
}

static WholeQuery* wholeChild(PlannerInfo* root, const AppendRelInfo* append) {
    RelOptInfo* rel = find_base_rel(root, (int)append->child_relid);
    const RangeTblEntry* rte = planner_rt_fetch(append->child_relid, root);

    if (!bms_is_empty(rel->lateral_relids) || rte->security_barrier) {
        return NULL;
    }
    if (rte->rtekind == RTE_SUBQUERY) {
        return rel->subroot != NULL && rel->baserestrictinfo == NIL && hasItsColumns(rel, append)
                   ? tessera_whole_query(rel->subroot)
                   : NULL;
    }
    return rte->rtekind == RTE_RELATION && tessera_is_ours(rel) ? wholeTable(root, rel, append) : NULL;
}

WholeQuery* tessera_union_of_relations(PlannerInfo* root, Index relid) {
    WholeQuery* all = NULL;
    ListCell* cell;

    foreach (cell, root->append_rel_list) {
        const AppendRelInfo* append = lfirst_node(AppendRelInfo, cell);
        WholeQuery* child;

        if (append->parent_relid != relid || IS_DUMMY_REL(find_base_rel(root, (int)append->child_relid))) {
            continue;
        }
        child = wholeChild(root, append);
        if (child == NULL) {
            return NULL;
        }
        all = all == NULL ? child : combine(TSR_UNION, true, all, child);
        if (all == NULL) {
            return NULL;
        }
    }
    return all != NULL && all->is_set ? all : NULL;
}

/* ---- Others ---- */

/* The query's columns as the set operation has them. */
static List* columnsAs(PlannerInfo* query, const SetOperationStmt* operation) {
    List* columns = NIL;
    ListCell* cell;

    foreach (cell, query->processed_tlist) {
        const TargetEntry* entry = lfirst_node(TargetEntry, cell);
        Oid type;

        if (entry->resjunk) {
            continue;
        }
        type = list_nth_oid(operation->colTypes, list_length(columns));
        columns = lappend(columns, exprType((Node*)entry->expr) == type
                                       ? (Node*)entry->expr
                                       : coerce_to_common_type(NULL, (Node*)entry->expr, type, "UNION"));
    }
    return columns;
}

static bool isComparable(const SetOperationStmt* operation) {
    ListCell* cell;

    foreach (cell, operation->all ? NIL : operation->colCollations) {
        if (tessera_collation(lfirst_oid(cell)) == TSR_COLLATION_NONDETERMINISTIC) {
            return false;
        }
    }
    return true;
}

static WholeQuery* wholeLeaf(PlannerInfo* root, const RangeTblRef* leaf, const SetOperationStmt* operation) {
    RelOptInfo* rel = find_base_rel(root, leaf->rtindex);
    WholeQuery* whole = rel->subroot != NULL ? tessera_whole_query(rel->subroot) : NULL;

    if (whole != NULL) {
        whole->relid = (Index)leaf->rtindex;
        whole->outputs = columnsAs(rel->subroot, operation);
    }
    return whole != NULL && whole->outputs != NIL ? whole : NULL;
}

static WholeQuery* wholeSet(PlannerInfo* root, Node* node, const SetOperationStmt* around) {
    static const TsrSetKind kinds[] = {
        [SETOP_UNION] = TSR_UNION, [SETOP_INTERSECT] = TSR_INTERSECT, [SETOP_EXCEPT] = TSR_EXCEPT};
    const SetOperationStmt* operation;

    if (IsA(node, RangeTblRef)) {
        return wholeLeaf(root, (RangeTblRef*)node, around);
    }
    operation = (SetOperationStmt*)node;
    /* Types that an operation within is given by the one around it are given here. */
    if (!isComparable(operation) || (around != NULL && !equal(operation->colTypes, around->colTypes))) {
        return NULL;
    }
    return combine(kinds[operation->op], operation->all, wholeSet(root, operation->larg, operation),
                   wholeSet(root, operation->rarg, operation));
}

static Relids leavesOf(Node* node) {
    return IsA(node, RangeTblRef)
               ? bms_make_singleton(((RangeTblRef*)node)->rtindex)
               : bms_join(leavesOf(((SetOperationStmt*)node)->larg), leavesOf(((SetOperationStmt*)node)->rarg));
}

/* What the set operation's statement reads from: it has no other relations. */
static RelOptInfo* operandOf(RelOptInfo* rel, WholeQuery* whole) {
    RelOptInfo* from = makeNode(RelOptInfo);

    from->reloptkind = RELOPT_BASEREL;
    from->relids = bms_make_singleton(0);
    from->reltarget = rel->reltarget;
    (void)tessera_make_derived(from, whole);
    tessera_take_source(from, tessera_query_source(whole));
    return from;
}

/* Columns beyond the set operation's are for PostgreSQL's own way of finding the rows. */
static List* targetsOf(const RelOptInfo* rel, int columns) {
    List* tlist = NIL;
    ListCell* cell;

    foreach (cell, rel->reltarget->exprs) {
        int number = foreach_current_index(cell) + 1;

        tlist = lappend(tlist, makeTargetEntry(lfirst(cell), (AttrNumber)number, NULL, number > columns));
    }
    return tlist;
}

static void addPath(PlannerInfo* root, RelOptInfo* rel, const SetOperationStmt* top) {
    RelInfo* info = RELINFO(rel);
    double rows = ((Path*)linitial(rel->pathlist))->rows;
    Cost startup;
    Cost total;

    info->source_cost = tessera_query_cost(RELINFO(info->outerrel)->query);
    info->source_rows = rows;
    info->retrieved_rows = rows;
    info->width = tessera_tlist_width(root, info->tlist);
    tessera_cost(root, info, rows, &startup, &total);
    if (!top->all) {
        startup += info->source_cost;
    }
    add_path(rel, (Path*)create_foreign_upper_path(root, rel, rel->reltarget, rows, startup, total, NIL, NULL, NIL));
}

static void addSetOperation(PlannerInfo* root, RelOptInfo* rel) {
    SetOperationStmt* top = (SetOperationStmt*)root->parse->setOperations;
    WholeQuery* whole;
    RelOptInfo* from;
    RelInfo* info;

    if (tessera_pushdown != PUSHDOWN_FULL || root->hasRecursion || !bms_equal(rel->relids, leavesOf((Node*)top))) {
        return;
    }
    whole = wholeSet(root, (Node*)top, NULL);
    if (whole == NULL) {
        return;
    }
    from = operandOf(rel, whole);
    if (!tessera_can_be_derived(root, from)) {
        return;
    }
    info = palloc0(sizeof(RelInfo));
    info->stage = UPPERREL_SETOP;
    info->outerrel = from;
    info->source = RELINFO(from)->source;
    info->scratch = RELINFO(from)->scratch;
    info->pushdown_safe = true;
    info->tlist = targetsOf(rel, list_length(top->colTypes));
    rel->fdw_private = info;
    tessera_take_source(rel, from);
    addPath(root, rel, top);
}

static void addUpperPaths(PlannerInfo* root, UpperRelationKind stage, RelOptInfo* input, RelOptInfo* output,
                          void* extra) {
    if (next_upper_paths != NULL) {
        next_upper_paths(root, stage, input, output, extra);
    }
    if (stage == UPPERREL_SETOP) {
        addSetOperation(root, output);
    }
}

/* ---- EXPLAIN ---- */

/* Of the statement that is being planned: scans whose columns are Vars of no relation, and the first query of each. */
static List* scans = NIL;
static List* first_queries = NIL;

void tessera_name_set_columns(ForeignScan* scan, const RelOptInfo* from) {
    const WholeQuery* first = RELINFO(from)->query;

    while (first->is_set) {
        first = first->left;
    }
    scans = lappend(scans, scan);
    first_queries = lappend_int(first_queries, (int)first->relid);
}

/* EXPLAIN calls the columns as the first query does. Not before the plan is complete: by the relation 0 its parts find
 * one another's columns. By now it is where the query's range table begins in the plan's. */
static void nameColumns(void) {
    ListCell* cell;
    ListCell* query;
    ListCell* target;

    forboth(cell, scans, query, first_queries) {
        foreach (target, lfirst_node(ForeignScan, cell)->fdw_scan_tlist) {
            TargetEntry* entry = lfirst_node(TargetEntry, target);

            if (entry->resjunk) {
                entry->expr = (Expr*)makeNullConst(exprType((Node*)entry->expr), -1, InvalidOid);
            } else {
                castNode(Var, entry->expr)->varno += lfirst_int(query);
            }
        }
    }
}

static PlannedStmt* planStatement(Query* parse, const char* text, int options, ParamListInfo params) {
    List* outer_scans = scans;
    List* outer_queries = first_queries;
    PlannedStmt* plan = NULL;

    scans = NIL;
    first_queries = NIL;
    PG_TRY();
    {
        plan = next_planner != NULL ? next_planner(parse, text, options, params)
                                    : standard_planner(parse, text, options, params);
        nameColumns();
    }
    PG_FINALLY();
    {
        scans = outer_scans;
        first_queries = outer_queries;
    }
    PG_END_TRY();
    return plan;
}

void tessera_install_set_operations(void) {
    next_planner = planner_hook;
    planner_hook = planStatement;
    next_upper_paths = create_upper_paths_hook;
    create_upper_paths_hook = addUpperPaths;
}
