/* The plan of a chosen path: the statement for the source, and how its columns become the scan's tuples. */
#include "fdw/pg/bind_join.h"
#include "fdw/pg/delegated_join.h"
#include "fdw/pg/mesh_table.h"

#include "access/sysattr.h"
#include "access/table.h"
#include "catalog/pg_type.h"
#include "nodes/makefuncs.h"
#include "nodes/nodeFuncs.h"
#include "nodes/value.h"
#include "optimizer/optimizer.h"
#include "optimizer/paths.h"
#include "optimizer/planmain.h"
#include "optimizer/prep.h"
#include "optimizer/restrictinfo.h"
#include "optimizer/tlist.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"

static void destroyStatement(void* statement) {
    tsr_statement_destroy(statement);
}

/* A bind join's keys: the n-th list has the number -n. */
static void addKeys(Translation* t, List* keys) {
    ListCell* cell;

    foreach (cell, keys) {
        BindKey key = tessera_bind_key_from_list(lfirst(cell));
        const TsrExpr* made =
            tsr_expr_in_keys(t->statement, tessera_signature(get_opcode(key.equality)),
                             tessera_collation(key.collation), tessera_must_translate(t, key.inner),
                             -(foreach_current_index(cell) + 1), tessera_type_name(exprType((Node*)key.outer)));

        if (made == NULL) {
            elog(ERROR, "tessera_fdw planned keys that it can't send: %s", tsr_refusal(t->statement));
        }
        tsr_select_where(t->statement, made);
    }
}

void tessera_select_order(Translation* t, RelOptInfo* rel, List* pathkeys) {
    List* target = IS_UPPER_REL(rel) ? get_tlist_exprs(RELINFO(rel)->tlist, true) : NIL;
    ListCell* cell;

    if (IS_UPPER_REL(rel) && RELINFO(rel)->stage == UPPERREL_DISTINCT && t->root->parse->hasDistinctOn) {
        return; /* it has its own */
    }
    foreach (cell, pathkeys) {
        PathKey* pathkey = lfirst_node(PathKey, cell);
        Expr* expr = tessera_sort_expr(t->root, rel, pathkey, target);

        if (expr == NULL) {
            t->refused = true;
            return;
        }
        tsr_select_order_by(t->statement, tessera_must_translate(t, expr),
                            pathkey->pk_strategy == BTGreaterStrategyNumber, pathkey->pk_nulls_first);
    }
}

void tessera_select_limit(Translation* t) {
    Expr* limit = tessera_limit_bound(t->statement, t->root->parse, false);
    Expr* offset = tessera_limit_bound(t->statement, t->root->parse, true);

    tsr_select_limit(t->statement, limit != NULL ? tessera_must_translate(t, limit) : NULL,
                     offset != NULL ? tessera_must_translate(t, offset) : NULL);
}

/* A base relation's clauses: the scan's own, and those that come with parameters from outside. */
static void splitScanClauses(PlannerInfo* root, RelOptInfo* rel, List* clauses, List** remote, List** local) {
    RelInfo* info = RELINFO(rel);
    ListCell* cell;

    foreach (cell, clauses) {
        RestrictInfo* condition = lfirst_node(RestrictInfo, cell);
        bool is_remote = list_member_ptr(info->remote_conds, condition);
        bool is_local = list_member_ptr(info->local_conds, condition);

        if (condition->pseudoconstant) {
            continue;
        }
        if (!is_remote && !is_local) {
            is_remote = tessera_may_send(root, rel, condition) && tessera_is_exact(root, rel, condition->clause);
            is_local = !is_remote;
        }
        if (is_remote) {
            *remote = lappend(*remote, condition->clause);
        }
        if (is_local) {
            *local = lappend(*local, condition->clause);
        }
    }
}

static List* paramNumbers(const TsrRendered* rendered) {
    List* numbers = NIL;

    for (size_t i = 0; i < rendered->param_count; ++i) {
        numbers = lappend_int(numbers, rendered->params[i]);
    }
    return numbers;
}

void tessera_select_stages(Translation* t, RelOptInfo* rel) {
    if (!IS_UPPER_REL(rel)) {
        return;
    }
    tessera_select_stages(t, RELINFO(rel)->outerrel);
    switch (RELINFO(rel)->stage) {
        case UPPERREL_GROUP_AGG:
        case UPPERREL_PARTIAL_GROUP_AGG:
            tessera_select_groups(t, rel);
            break;
        case UPPERREL_DISTINCT:
            tessera_select_distinct(t, rel);
            break;
        case UPPERREL_WINDOW:
            tessera_select_windows(t, rel);
            break;
        default:
            break;
    }
}

/* What has been noted at this and the stages below. */
static List* allRefusals(RelOptInfo* rel) {
    List* refusals = NIL;

    for (;; rel = RELINFO(rel)->outerrel) {
        refusals = list_concat(list_copy(RELINFO(rel)->refusals), refusals);
        if (!IS_UPPER_REL(rel)) {
            return refusals;
        }
    }
}

/* What the statement of a whole query returns: all that the query does and that needs the source. */
static List* wholeTargets(const ForeignPath* path) {
    List* tlist = NIL;
    ListCell* cell;

    foreach (cell, path->path.pathtarget->exprs) {
        Expr* expr = lfirst(cell);

        if (tessera_needs_source(expr) || tessera_has_subplan((Node*)expr)) {
            tlist = add_to_flat_tlist(tlist, list_make1(expr));
        }
    }
    return tlist;
}

/* Conditions are checked again where rows are locked, but only there; and a subquery in them would stand in the plan.
 */
static List* withoutSubplans(PlannerInfo* root, List* conditions) {
    List* kept = NIL;
    ListCell* cell;

    if (root->rowMarks != NIL || root->parse->commandType != CMD_SELECT) {
        return conditions;
    }
    foreach (cell, conditions) {
        if (!tessera_has_subplan(lfirst(cell))) {
            kept = lappend(kept, lfirst(cell));
        }
    }
    return kept;
}

/* Narrows the statement, which is whole but for that, to the pages; see PartPrivate. */
static List* planPart(Translation* t, RelOptInfo* rel, List* pages) {
    TsrRendered whole;
    TsrError error = {0};
    List* part;

    if (tsr_statement_render(t->statement, &whole, &error) != TSR_OK) {
        tessera_raise(RELINFO(rel)->source->name, &error);
    }
    part = list_make2(pages, makeString(pstrdup(whole.text)));
    if (!tessera_select_pages(t->statement, (int)rel->relid, pages)) {
        elog(ERROR, "tessera_fdw planned pages that it can't send: %s", tsr_refusal(t->statement));
    }
    return part;
}

ForeignScan* tessera_plan(PlannerInfo* root, RelOptInfo* rel, Oid foreigntableid pg_attribute_unused(),
                          ForeignPath* path, List* tlist, List* scan_clauses, Plan* outer_plan) {
    RelInfo* info = RELINFO(rel);
    /* Integers come from upper.c and subquery.c, keys from bind_plan.c, ranges of pages from parallel.c. */
    bool limited = path->fdw_private != NIL && IsA(path->fdw_private, IntList) && lsecond_int(path->fdw_private) != 0;
    bool is_whole = path->fdw_private != NIL && IsA(path->fdw_private, IntList) && list_length(path->fdw_private) > 2;
    bool is_list = path->fdw_private != NIL && IsA(path->fdw_private, List);
    List* keys = is_list ? linitial(path->fdw_private) : NIL;
    List* pages = is_list && list_length(path->fdw_private) > 1 ? lsecond(path->fdw_private) : NIL;
    List* part;
    char* ranges = NULL;
    TsrError error = {0};
    TsrStatement* statement = tsr_statement_create(info->source, &tessera_host, &error);
    Translation t = {.root = root, .rel = tessera_scanned(rel), .statement = statement};
    bool is_table = IS_SIMPLE_REL(rel) && info->query == NULL && !is_whole;
    bool recomputed = outer_plan != NULL && info->local_groups != NULL;
    Outputs outputs = {NIL, NIL};
    List* remote = NIL;
    List* local = NIL;
    List* scan_tlist = NIL;
    TsrRendered rendered;
    TsrRowLock lock;
    List* private;
    ForeignScan* scan;

    if (statement == NULL) {
        tessera_raise(info->source->name, &error);
    }
    tessera_own(CurrentMemoryContext, statement, destroyStatement);
    if (recomputed) {
        tsr_write_narrow(statement);
    }
    if (is_table) {
        splitScanClauses(root, rel, scan_clauses, &remote, &local);
        tessera_select_table(&t, rel, remote);
        tessera_add_columns(&t, &outputs, rel);
    } else {
        /* Those without columns, too: no node above checks them for a join. */
        local = list_concat(extract_actual_clauses(info->local_conds, true),
                            extract_actual_clauses(info->local_conds, false));
        scan_tlist = is_whole ? wholeTargets(path) : IS_UPPER_REL(rel) ? info->tlist : tessera_join_targets(rel);
        tessera_select_rows(&t, t.rel);
        tessera_select_stages(&t, rel);
        tessera_add_targets(&t, &outputs, scan_tlist);
    }
    addKeys(&t, keys);
    tessera_select_order(&t, rel, path->path.pathkeys);
    if (limited) {
        tessera_select_limit(&t);
    }
    if (t.refused) {
        elog(ERROR, "tessera_fdw planned what it can't send: %s", tsr_refusal(statement));
    }
    lock = tessera_lock_rows(statement, root, rel);
    part = pages != NIL ? planPart(&t, rel, pages) : NIL;
    if (tsr_statement_render(statement, &rendered, &error) != TSR_OK) {
        tessera_raise(info->source->name, &error);
    }
    private = list_make5(makeString(pstrdup(rendered.text)), outputs.targets, outputs.assemblies,
                         paramNumbers(&rendered), makeString(is_table ? pstrdup("") : tessera_describe(root, rel)));
    if (is_table && path->fdw_private == NIL && lock == TSR_LOCK_NONE) {
        ranges = tessera_plan_ranges(root, &path->path, statement, list_nth(private, SCAN_PARAMS));
    }
    private = lappend(private, allRefusals(rel));
    private = lappend(private, keys == NIL ? NIL : tessera_plan_keys(statement, info->source, keys));
    private = lappend(private, makeInteger(lock != TSR_LOCK_NONE ? LOCKS_ROWS : LOCKS_NOTHING));
    private = lappend(private, makeInteger((int)rel->userid));
    private = lappend(private, tessera_plan_shipment(statement, info));
    private = lappend(private, part);
    private = lappend(private, makeInteger(recomputed));
    private = lappend(private, ranges != NULL ? makeString(ranges) : NULL);
    private = lappend(private, makeInteger(is_table && path->path.pathkeys == NIL));
    private = lappend(private, tessera_plan_peer_reads(info));
    private = lappend(private, t.copies);
    private = lappend(private, tessera_plan_shard(root, rel));
    tessera_keep_relations(root, rel);
    if (IS_SIMPLE_REL(rel) && info->query != NULL && !is_whole) {
        tlist = make_tlist_from_pathtarget(path->path.pathtarget); /* not of all its columns */
    }
    if (recomputed) {
        outer_plan = change_plan_targetlist(outer_plan, copyObject(scan_tlist), path->path.parallel_safe);
    } else if (outer_plan != NULL && info->shipments == NIL) {
        outer_plan = tessera_recheck_plan(outer_plan, scan_tlist);
    }
    scan = make_foreignscan(tlist, local, is_table ? rel->relid : 0, t.params, private, scan_tlist,
                            is_table ? withoutSubplans(root, remote) : NIL, outer_plan);
    if (bms_is_member(0, t.rel->relids)) {
        tessera_name_set_columns(scan, t.rel);
    }
    return scan;
}
