/* The plan of a chosen path: the statement for the source, and how its columns become the scan's tuples. */
#include "fdw/pg/tessera_fdw.h"

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

const TsrExpr* tessera_must_translate(Translation* t, Expr* expr) {
    const TsrExpr* made = tessera_translate(t, expr);

    if (made == NULL) {
        elog(ERROR, "tessera_fdw planned an expression that it can't send: %s", tsr_refusal(t->statement));
    }
    return made;
}

static const TsrFrom* buildFrom(Translation* t, RelOptInfo* rel) {
    RelInfo* info = RELINFO(rel);
    const TsrFrom* from;

    if (IS_JOIN_REL(rel)) {
        static const TsrJoin joins[] = {[JOIN_INNER] = TSR_JOIN_INNER,
                                        [JOIN_LEFT] = TSR_JOIN_LEFT,
                                        [JOIN_FULL] = TSR_JOIN_FULL,
                                        [JOIN_RIGHT] = TSR_JOIN_RIGHT};
        const TsrFrom* left = buildFrom(t, info->outerrel);
        const TsrFrom* right = buildFrom(t, info->innerrel);
        const TsrExpr** on = palloc(sizeof(TsrExpr*) * (list_length(info->joinclauses) + 1));
        size_t count = 0;
        ListCell* cell;

        foreach (cell, info->joinclauses) {
            on[count++] = tessera_must_translate(t, lfirst_node(RestrictInfo, cell)->clause);
        }
        from = tsr_from_join(t->statement, joins[info->jointype], left, right, on, count);
    } else {
        TableOptions options = tessera_table_options(info->table, info->source);
        TsrError error = {0};

        from = tsr_from_table(t->statement, (int)rel->relid, info->source, options.options, options.count, &error);
        if (from == NULL) {
            tessera_raise(info->source->name, &error);
        }
    }
    return from;
}

/* "(crm.customers c) INNER JOIN (crm.orders o)"; empty for a table alone. */
static char* describeRelations(PlannerInfo* root, RelOptInfo* rel) {
    static const char* const words[] = {
        [JOIN_INNER] = "INNER JOIN", [JOIN_LEFT] = "LEFT JOIN", [JOIN_FULL] = "FULL JOIN", [JOIN_RIGHT] = "RIGHT JOIN"};
    RelInfo* info = RELINFO(rel);
    RangeTblEntry* rte;
    const char* name;

    if (IS_UPPER_REL(rel)) {
        return psprintf("Aggregate on (%s)", describeRelations(root, info->outerrel));
    }
    if (IS_JOIN_REL(rel)) {
        return psprintf("(%s) %s (%s)", describeRelations(root, info->outerrel), words[info->jointype],
                        describeRelations(root, info->innerrel));
    }
    rte = planner_rt_fetch(rel->relid, root);
    name = quote_qualified_identifier(get_namespace_name(get_rel_namespace(rte->relid)), get_rel_name(rte->relid));
    return strcmp(rte->eref->aliasname, get_rel_name(rte->relid)) == 0
               ? pstrdup(name)
               : psprintf("%s %s", name, quote_identifier(rte->eref->aliasname));
}

/* What the statement returns, and where in the scan's tuple it goes. */
typedef struct Outputs {
    List* targets;  /* of int: attribute numbers */
    List* averages; /* of int: 0 or 1 */
} Outputs;

static void addOutput(Translation* t, Outputs* outputs, Expr* expr, AttrNumber target) {
    const TsrExpr* made = tessera_must_translate(t, expr);

    tsr_select_output(t->statement, made);
    outputs->targets = lappend_int(outputs->targets, target);
    outputs->averages = lappend_int(outputs->averages, tsr_expr_is_sum_and_count(made) ? 1 : 0);
}

/* What row-wise changes of a table without a key find the row by; not every source has such a thing. */
static void addRowId(Translation* t, Outputs* outputs, RelOptInfo* rel) {
    const TsrExpr* row_id = tsr_expr_row_id(t->statement, (int)rel->relid);

    if (row_id != NULL) {
        tsr_select_output(t->statement, row_id);
        outputs->targets = lappend_int(outputs->targets, SelfItemPointerAttributeNumber);
        outputs->averages = lappend_int(outputs->averages, 0);
    }
}

static void addColumns(Translation* t, Outputs* outputs, RelOptInfo* rel) {
    RelInfo* info = RELINFO(rel);
    Relation relation = table_open(info->table, NoLock);
    TupleDesc columns = RelationGetDescr(relation);
    bool whole_row = bms_is_member(InvalidAttrNumber - FirstLowInvalidHeapAttributeNumber, info->attrs_used);

    for (int i = 0; i < columns->natts; ++i) {
        Form_pg_attribute column = TupleDescAttr(columns, i);

        if (!column->attisdropped &&
            (whole_row || bms_is_member(column->attnum - FirstLowInvalidHeapAttributeNumber, info->attrs_used))) {
            addOutput(t, outputs,
                      (Expr*)makeVar((int)rel->relid, column->attnum, column->atttypid, column->atttypmod,
                                     column->attcollation, 0),
                      column->attnum);
        }
    }
    if (bms_is_member(SelfItemPointerAttributeNumber - FirstLowInvalidHeapAttributeNumber, info->attrs_used)) {
        addRowId(t, outputs, rel);
    }
    table_close(relation, NoLock);
}

static void addTargets(Translation* t, Outputs* outputs, List* scan_tlist) {
    ListCell* cell;

    foreach (cell, scan_tlist) {
        TargetEntry* entry = lfirst_node(TargetEntry, cell);

        addOutput(t, outputs, entry->expr, entry->resno);
    }
}

/* The scan tuple of a join: the columns that are needed above it and by conditions checked here. */
static List* joinTargets(RelOptInfo* rel) {
    RelInfo* info = RELINFO(rel);
    List* tlist = add_to_flat_tlist(NIL, pull_var_clause((Node*)rel->reltarget->exprs, PVC_RECURSE_PLACEHOLDERS));
    ListCell* cell;

    foreach (cell, info->local_conds) {
        tlist = add_to_flat_tlist(
            tlist, pull_var_clause((Node*)lfirst_node(RestrictInfo, cell)->clause, PVC_RECURSE_PLACEHOLDERS));
    }
    return tlist;
}

static void addConditions(Translation* t, List* conditions, void (*add)(TsrStatement*, const TsrExpr*)) {
    ListCell* cell;

    foreach (cell, conditions) {
        add(t->statement, tessera_must_translate(t, lfirst(cell)));
    }
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

static void addGrouping(Translation* t, List* scan_tlist, Query* query) {
    ListCell* cell;

    tsr_select_grouped(t->statement);
    foreach (cell, scan_tlist) {
        TargetEntry* entry = lfirst_node(TargetEntry, cell);

        if (entry->ressortgroupref != 0 &&
            get_sortgroupref_clause_noerr(entry->ressortgroupref, query->groupClause) != NULL) {
            tsr_select_group_by(t->statement, tessera_must_translate(t, entry->expr));
        }
    }
}

static void addOrder(Translation* t, RelOptInfo* rel, List* pathkeys) {
    List* target = IS_UPPER_REL(rel) ? get_tlist_exprs(RELINFO(rel)->grouped_tlist, true) : NIL;
    ListCell* cell;

    foreach (cell, pathkeys) {
        PathKey* pathkey = lfirst_node(PathKey, cell);
        Expr* expr = tessera_sort_expr(t->root, rel, pathkey, target);

        if (expr == NULL) {
            elog(ERROR, "tessera_fdw planned a sort that it can't send");
        }
        tsr_select_order_by(t->statement, tessera_must_translate(t, expr),
                            pathkey->pk_strategy == BTGreaterStrategyNumber, pathkey->pk_nulls_first);
    }
}

static void addLimit(Translation* t, Query* query) {
    const TsrExpr* limit = query->limitCount != NULL ? tessera_must_translate(t, (Expr*)query->limitCount) : NULL;
    const TsrExpr* offset = query->limitOffset != NULL ? tessera_must_translate(t, (Expr*)query->limitOffset) : NULL;

    tsr_select_limit(t->statement, limit, offset);
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

/* Rows that this statement will change, or was told to lock, stay as they are until it has done so. */
static TsrRowLock rowLock(PlannerInfo* root, RelOptInfo* rel) {
    PlanRowMark* mark;

    if (!IS_SIMPLE_REL(rel)) {
        return TSR_LOCK_NONE;
    }
    if (bms_is_member((int)rel->relid, root->all_result_relids)) {
        return TSR_LOCK_UPDATE;
    }
    mark = get_plan_rowmark(root->rowMarks, rel->relid);
    if (mark == NULL || mark->strength == LCS_NONE) {
        return TSR_LOCK_NONE;
    }
    return mark->strength == LCS_FORKEYSHARE || mark->strength == LCS_FORSHARE ? TSR_LOCK_SHARE : TSR_LOCK_UPDATE;
}

static List* paramNumbers(const TsrRendered* rendered) {
    List* numbers = NIL;

    for (size_t i = 0; i < rendered->param_count; ++i) {
        numbers = lappend_int(numbers, rendered->params[i]);
    }
    return numbers;
}

ForeignScan* tessera_plan(PlannerInfo* root, RelOptInfo* rel, Oid foreigntableid pg_attribute_unused(),
                          ForeignPath* path, List* tlist, List* scan_clauses, Plan* outer_plan) {
    RelInfo* info = RELINFO(rel);
    RelOptInfo* scanned = IS_UPPER_REL(rel) ? info->outerrel : rel;
    /* Integers come from upper.c, keys from bind_plan.c. */
    bool limited = path->fdw_private != NIL && IsA(path->fdw_private, IntList) && lsecond_int(path->fdw_private) != 0;
    List* keys = path->fdw_private != NIL && IsA(path->fdw_private, List) ? linitial(path->fdw_private) : NIL;
    TsrError error = {0};
    TsrStatement* statement = tsr_statement_create(info->source, &tessera_host, &error);
    Translation t = {root, scanned, statement, NIL, NULL};
    Outputs outputs = {NIL, NIL};
    List* remote = NIL;
    List* local = NIL;
    List* scan_tlist = NIL;
    TsrRendered rendered;
    TsrRowLock lock;
    List* private;

    if (statement == NULL) {
        tessera_raise(info->source->name, &error);
    }
    tessera_own(CurrentMemoryContext, statement, destroyStatement);
    tsr_select_from(statement, buildFrom(&t, scanned));
    if (IS_SIMPLE_REL(rel)) {
        splitScanClauses(root, rel, scan_clauses, &remote, &local);
        addColumns(&t, &outputs, rel);
        addConditions(&t, remote, tsr_select_where);
    } else if (IS_JOIN_REL(rel)) {
        local = extract_actual_clauses(info->local_conds, false);
        scan_tlist = joinTargets(rel);
        addTargets(&t, &outputs, scan_tlist);
        addConditions(&t, extract_actual_clauses(info->remote_conds, false), tsr_select_where);
    } else {
        local = extract_actual_clauses(info->local_conds, false);
        scan_tlist = info->grouped_tlist;
        addTargets(&t, &outputs, scan_tlist);
        addConditions(&t, extract_actual_clauses(RELINFO(scanned)->remote_conds, false), tsr_select_where);
        addGrouping(&t, scan_tlist, root->parse);
        addConditions(&t, extract_actual_clauses(info->remote_conds, false), tsr_select_having);
    }
    addKeys(&t, keys);
    addOrder(&t, rel, path->path.pathkeys);
    if (limited) {
        addLimit(&t, root->parse);
    }
    lock = rowLock(root, rel);
    tsr_select_lock(statement, lock);
    if (tsr_statement_render(statement, &rendered, &error) != TSR_OK) {
        tessera_raise(info->source->name, &error);
    }
    private = list_make5(makeString(pstrdup(rendered.text)), outputs.targets, outputs.averages, paramNumbers(&rendered),
                         makeString(IS_SIMPLE_REL(rel) ? pstrdup("") : describeRelations(root, rel)));
    private = lappend(private, info->refusals);
    private = lappend(private, keys == NIL ? NIL : tessera_plan_keys(statement, info->source, keys));
    private = lappend(private, makeInteger(lock != TSR_LOCK_NONE ? 1 : 0));
    return make_foreignscan(tlist, local, IS_SIMPLE_REL(rel) ? rel->relid : 0, t.params, private, scan_tlist,
                            IS_SIMPLE_REL(rel) ? remote : NIL, outer_plan);
}
