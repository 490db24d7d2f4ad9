/* UPDATE and DELETE as one statement at the source, and TRUNCATE. */
#include "fdw/pg/own_changes.h"
#include "fdw/pg/replica.h"

#include "access/sysattr.h"
#include "access/table.h"
#include "catalog/pg_class.h"
#include "executor/executor.h"
#include "miscadmin.h"
#include "nodes/makefuncs.h"
#include "nodes/nodeFuncs.h"
#include "optimizer/appendinfo.h"
#include "optimizer/clauses.h"
#include "optimizer/optimizer.h"
#include "optimizer/pathnode.h"
#include "optimizer/planmain.h"
#include "parser/parsetree.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"

/* What a directly changing ForeignScan's fdw_private holds, in this order. */
enum DirectPrivate {
    DIRECT_TEXT,   /* String: the statement */
    DIRECT_PARAMS, /* IntList: which of fdw_exprs (from 1) is bound, in order; negative for a value to be stored, which
                      takes the type of its column */
    DIRECT_RETURNING, /* IntList: attributes that come back */
    DIRECT_COUNTS     /* Integer: 1 when its rows count as the statement's */
};

typedef struct DirectState {
    TsrSource* source;
    List* exprs; /* of ExprState */
    List* params;
    MemoryContext param_context;
    const TsrParam* bound; /* as the statement was started with them */
    Fetch* fetch;
    bool started;
    int columns;
    AttrNumber* returning;
    Datum* values;
    bool* nulls;
    ResultRelInfo* rri;
    bool counts;
} DirectState;

/* The scan of the table to be changed, if it is all of the plan below the ModifyTable. */
static ForeignScan* scanToReplace(ModifyTable* plan, Index rtindex, int subplan) {
    Plan* below = outerPlan(plan);

    if (IsA(below, Append) && subplan < list_length(((Append*)below)->appendplans)) {
        below = (Plan*)list_nth(((Append*)below)->appendplans, subplan);
    } else if (IsA(below, Result) && outerPlan(below) != NULL && IsA(outerPlan(below), Append) &&
               subplan < list_length(((Append*)outerPlan(below))->appendplans)) {
        below = (Plan*)list_nth(((Append*)outerPlan(below))->appendplans, subplan);
    }
    if (!IsA(below, ForeignScan)) {
        return NULL;
    }
    return ((ForeignScan*)below)->scan.scanrelid == rtindex && below->qual == NIL ? (ForeignScan*)below : NULL;
}

/* Where a source assigns in turn, a value may only look at columns that are assigned after it. */
static bool valuesAreIndependent(List* values, List* attributes, Index rtindex) {
    Bitmapset* assigned = NULL;
    ListCell* value_cell;
    ListCell* attribute_cell;

    forboth(value_cell, values, attribute_cell, attributes) {
        Bitmapset* used = NULL;

        pull_varattnos((Node*)lfirst_node(TargetEntry, value_cell)->expr, rtindex, &used);
        if (bms_overlap(used, assigned)) {
            return false;
        }
        assigned = bms_add_member(assigned, lfirst_int(attribute_cell) - FirstLowInvalidHeapAttributeNumber);
    }
    return true;
}

/* Does it have one value for all rows, which can be found here? */
static bool isFixed(Expr* expr) {
    return !contain_var_clause((Node*)expr) && !contain_volatile_functions((Node*)expr) &&
           !contain_subplans((Node*)expr);
}

static const TsrExpr* storedValue(Translation* t, Expr* expr) {
    t->params = lappend(t->params, copyObject(expr));
    return tsr_expr_value(t->statement, -list_length(t->params));
}

static bool addAssignments(Translation* t, PlannerInfo* root, Index rtindex, Relation relation) {
    List* values = NIL;
    List* attributes = NIL;
    ListCell* value_cell;
    ListCell* attribute_cell;

    get_translated_update_targetlist(root, rtindex, &values, &attributes);
    if (!tsr_can_assign(t->statement) && !valuesAreIndependent(values, attributes, rtindex)) {
        return false;
    }
    forboth(value_cell, values, attribute_cell, attributes) {
        Expr* expr = lfirst_node(TargetEntry, value_cell)->expr;
        AttrNumber attribute = (AttrNumber)lfirst_int(attribute_cell);
        const TsrExpr* value;

        /* What the source does with a value that does not fit is its own affair; how it computes one is not. */
        value = isFixed(expr) ? storedValue(t, expr) : tessera_translate(t, expr);
        if (value == NULL || !tsr_expr_exact(value) || tsr_expr_is_sum_and_count(value)) {
            return false;
        }
        tsr_change_value(t->statement, tessera_column_name(RelationGetRelid(relation), attribute), value);
    }
    return true;
}

static List* returnedColumns(List* returning_list, Index rtindex, Relation relation) {
    Bitmapset* used = NULL;
    List* columns = NIL;
    bool whole_row;

    pull_varattnos((Node*)returning_list, rtindex, &used);
    whole_row = bms_is_member(InvalidAttrNumber - FirstLowInvalidHeapAttributeNumber, used);
    for (int i = 0; i < RelationGetNumberOfAttributes(relation); ++i) {
        if (!TupleDescAttr(RelationGetDescr(relation), i)->attisdropped &&
            (whole_row || bms_is_member(i + 1 - FirstLowInvalidHeapAttributeNumber, used))) {
            columns = lappend_int(columns, i + 1);
        }
    }
    /* RETURNING without a column still wants a row for each. */
    return columns == NIL && RelationGetNumberOfAttributes(relation) > 0 ? list_make1_int(1) : columns;
}

/* Not with SET (a, b) = (SELECT …): its values are parameters that only the plan's own target list sets. */
static bool isPlain(const PlannerInfo* root, ModifyTable* plan) {
    return root->multiexpr_params == NIL && (plan->operation == CMD_UPDATE || plan->operation == CMD_DELETE) &&
           plan->withCheckOptionLists == NIL && tessera_pushdown == PUSHDOWN_FULL;
}

/* The join that is all of the plan below the ModifyTable, if the source can do it. */
static RelOptInfo* joinToReplace(PlannerInfo* root, const ModifyTable* plan, Index rtindex, List* returning) {
    RelOptInfo* join;

    /* Of other tables' columns RETURNING would need the source's. */
    if (list_length(plan->resultRelations) != 1 || root->hasPseudoConstantQuals ||
        bms_membership(root->all_baserels) != BMS_MULTIPLE || !bms_is_member((int)rtindex, root->all_baserels) ||
        !bms_is_subset(pull_varnos(root, (Node*)returning), bms_make_singleton((int)rtindex))) {
        return NULL;
    }
    join = find_join_rel(root, root->all_baserels);
    return join != NULL && RELINFO(join) != NULL && RELINFO(join)->pushdown_safe && RELINFO(join)->local_conds == NIL
               ? join
               : NULL;
}

/* In place of a join: a scan of the target alone, with the columns by which the ModifyTable finds what it needs to be
 * told, though it will not ask for them. */
static ForeignScan* scanInsteadOf(Plan* join, RelOptInfo* rel) {
    List* tlist = NIL;
    ForeignScan* scan;
    ListCell* cell;

    foreach (cell, join->targetlist) {
        TargetEntry* entry = copyObject(lfirst_node(TargetEntry, cell));

        entry->expr = (Expr*)makeNullConst(exprType((Node*)entry->expr), exprTypmod((Node*)entry->expr),
                                           exprCollation((Node*)entry->expr));
        tlist = lappend(tlist, entry);
    }
    scan = make_foreignscan(tlist, NIL, rel->relid, NIL, NIL, NIL, NIL, NULL);
    scan->scan.plan.startup_cost = join->startup_cost;
    scan->scan.plan.total_cost = join->total_cost;
    scan->scan.plan.plan_rows = join->plan_rows;
    scan->scan.plan.plan_width = join->plan_width;
    scan->fs_server = rel->serverid;
    scan->fs_relids = bms_copy(rel->relids);
    return scan;
}

/* The change as a statement of the source; false when it can't be one. `rel`: what is read, the target or a join. */
static bool writeChange(Translation* t, PlannerInfo* root, ModifyTable* plan, Index rtindex, Relation relation,
                        List* conditions, List* returning, TsrRendered* rendered) {
    TsrChange change = plan->operation == CMD_UPDATE ? TSR_UPDATE : TSR_DELETE;
    TsrError error = {0};
    ListCell* cell;

    t->statement =
        tessera_change_statement(relation, RELINFO(find_base_rel(root, (int)rtindex))->source, change, (int)rtindex);
    if (!tsr_can_change(t->statement, change, returning != NIL) || !tsr_can_change_many(t->statement) ||
        tessera_reads_query(RelationGetRelid(relation)) ||
        (change == TSR_UPDATE && !addAssignments(t, root, rtindex, relation))) {
        return false;
    }
    if (IS_JOIN_REL(t->rel)) {
        tessera_select_beside(t, t->rel, rtindex);
    }
    foreach (cell, conditions) {
        tsr_select_where(t->statement, tessera_must_translate(t, lfirst(cell)));
    }
    tessera_return_columns(t->statement, relation, returning, (int)rtindex);
    return !t->refused && tsr_statement_render(t->statement, rendered, &error) == TSR_OK;
}

bool tessera_plan_direct(PlannerInfo* root, ModifyTable* plan, Index rtindex, int subplan) {
    ForeignScan* scan = isPlain(root, plan) ? scanToReplace(plan, rtindex, subplan) : NULL;
    List* returning_list = plan->returningLists != NIL ? (List*)list_nth(plan->returningLists, subplan) : NIL;
    RelOptInfo* join = NULL;
    Relation relation;
    Translation t = {.root = root};
    TsrRendered rendered;
    List* params = NIL;
    List* returning;
    bool is_written;

    if (scan == NULL && isPlain(root, plan)) {
        join = joinToReplace(root, plan, rtindex, returning_list);
    }
    if (scan == NULL && join == NULL) {
        return false;
    }
    t.rel = join != NULL ? join : find_base_rel(root, (int)rtindex);
    relation = table_open(planner_rt_fetch(rtindex, root)->relid, NoLock);
    returning = returning_list != NIL ? returnedColumns(returning_list, rtindex, relation) : NIL;
    is_written = writeChange(&t, root, plan, rtindex, relation, join == NULL ? scan->fdw_recheck_quals : NIL, returning,
                             &rendered);
    table_close(relation, NoLock);
    if (!is_written) {
        return false;
    }
    for (size_t i = 0; i < rendered.param_count; ++i) {
        params = lappend_int(params, rendered.params[i]);
    }
    if (join != NULL) {
        scan = scanInsteadOf(outerPlan(plan), find_base_rel(root, (int)rtindex));
        outerPlan(plan) = (Plan*)scan;
    }
    scan->operation = plan->operation;
    scan->resultRelation = rtindex;
    scan->fdw_exprs = t.params;
    scan->fdw_private =
        list_make4(makeString(pstrdup(rendered.text)), params, returning, makeInteger(plan->canSetTag ? 1 : 0));
    return true;
}

void tessera_begin_direct(ForeignScanState* node, int eflags) {
    ForeignScan* plan = (ForeignScan*)node->ss.ps.plan;
    EState* estate = node->ss.ps.state;
    List* returning = list_nth(plan->fdw_private, DIRECT_RETURNING);
    Size most = (Size)list_length(returning) + 1;
    DirectState* state;
    Oid* types;
    int32* typmods;
    ListCell* cell;

    if ((eflags & EXEC_FLAG_EXPLAIN_ONLY) != 0) {
        return;
    }
    state = palloc0(sizeof(DirectState));
    node->fdw_state = state;
    state->rri = node->resultRelInfo;
    state->counts = intVal(list_nth(plan->fdw_private, DIRECT_COUNTS)) != 0;
    state->returning = palloc(sizeof(AttrNumber) * most);
    state->values = palloc(sizeof(Datum) * most);
    state->nulls = palloc(sizeof(bool) * most);
    types = palloc(sizeof(Oid) * most);
    typmods = palloc(sizeof(int32) * most);
    foreach (cell, returning) {
        AttrNumber attribute = (AttrNumber)lfirst_int(cell);
        Form_pg_attribute column = TupleDescAttr(RelationGetDescr(state->rri->ri_RelationDesc), attribute - 1);

        types[state->columns] = column->atttypid;
        typmods[state->columns] = column->atttypmod;
        state->returning[state->columns++] = attribute;
    }
    state->exprs = ExecInitExprList(plan->fdw_exprs, (PlanState*)node);
    state->params = list_nth(plan->fdw_private, DIRECT_PARAMS);
    state->param_context = AllocSetContextCreate(estate->es_query_cxt, "tessera_fdw parameters", ALLOCSET_SMALL_SIZES);
    tessera_before_change(RelationGetRelid(state->rri->ri_RelationDesc));
    state->source = tessera_source(plan->fs_server, tessera_scan_user(exec_rt_fetch(plan->resultRelation, estate)));
    state->fetch =
        tessera_fetch_create(estate->es_query_cxt, state->source, strVal(list_nth(plan->fdw_private, DIRECT_TEXT)),
                             state->columns, types, typmods);
    tessera_fetch_for(state->fetch, TSR_USE_CHANGE);
}

static TsrParam* evaluateParams(ForeignScanState* node, DirectState* state) {
    ExprContext* context = node->ss.ps.ps_ExprContext;
    MemoryContext before = MemoryContextSwitchTo(state->param_context);
    TsrParam* params = palloc(sizeof(TsrParam) * (Size)(list_length(state->params) + 1));
    ListCell* cell;

    foreach (cell, state->params) {
        int number = lfirst_int(cell);
        ExprState* expr = list_nth(state->exprs, abs(number) - 1);
        Oid type = exprType((Node*)expr->expr);
        bool is_null;
        Datum value = ExecEvalExpr(expr, context, &is_null);

        params[foreach_current_index(cell)] =
            number < 0 ? tessera_encode(tessera_encoder(type), value, is_null) : tessera_param(type, value, is_null);
    }
    MemoryContextSwitchTo(before);
    return params;
}

/* Counts a row, or all of them; `times` is -1 where the source does not say. */
static void countRows(ForeignScanState* node, DirectState* state, int64 times) {
    if (state->counts && times > 0) {
        node->ss.ps.state->es_processed += (uint64)times;
    }
    if (node->ss.ps.instrument != NULL && times > 0) {
        node->ss.ps.instrument->tuplecount += state->columns > 0 ? 0 : (double)times;
    }
}

static void start(ForeignScanState* node, DirectState* state) {
    EState* estate = node->ss.ps.state;
    Relation relation = state->rri->ri_RelationDesc;

    /* Else the statement is nothing but this change: scans that are not yet run are of subqueries that went with it. */
    if (estate->es_plannedstmt->hasModifyingCTE &&
        tessera_reads_later(estate, state->source,
                            tsr_change_relation(tessera_change_statement(relation, state->source, TSR_UPDATE, 1)))) {
        tessera_refuse_own_changes(relation, state->source);
    }
    state->bound = evaluateParams(node, state);
    tessera_fetch_start(state->fetch, state->bound, list_length(state->params));
    state->started = true;
}

TupleTableSlot* tessera_iterate_direct(ForeignScanState* node) {
    DirectState* state = node->fdw_state;
    TupleTableSlot* slot = node->ss.ss_ScanTupleSlot;

    ExecClearTuple(slot);
    if (!state->started) {
        start(node, state);
    }
    if (!tessera_fetch_next(state->fetch, state->values, state->nulls)) {
        if (state->columns == 0) {
            countRows(node, state, tessera_fetch_affected(state->fetch));
        }
        return slot;
    }
    countRows(node, state, 1);
    memset(slot->tts_isnull, true, sizeof(bool) * (Size)slot->tts_tupleDescriptor->natts);
    for (int i = 0; i < state->columns; ++i) {
        slot->tts_values[state->returning[i] - 1] = state->values[i];
        slot->tts_isnull[state->returning[i] - 1] = state->nulls[i];
    }
    ExecStoreVirtualTuple(slot);
    slot->tts_tableOid = RelationGetRelid(state->rri->ri_RelationDesc);
    if (state->rri->ri_projectReturning != NULL) {
        state->rri->ri_projectReturning->pi_exprContext->ecxt_scantuple = slot;
    }
    return slot;
}

void tessera_end_direct(ForeignScanState* node) {
    DirectState* state = node->fdw_state;

    if (state != NULL) {
        tessera_fetch_stop(state->fetch);
    }
}

void tessera_explain_direct(ForeignScanState* node, ExplainState* es) {
    ForeignScan* plan = (ForeignScan*)node->ss.ps.plan;
    const DirectState* state = node->fdw_state;

    if (es->verbose) {
        ExplainPropertyText("Source", GetForeignServer(plan->fs_server)->servername, es);
        ExplainPropertyText("Remote SQL", strVal(list_nth(plan->fdw_private, DIRECT_TEXT)), es);
        if (es->analyze && state != NULL && state->started) {
            tessera_explain_params(state->bound, list_length(state->params), es);
        }
    }
}

/* ---- TRUNCATE ---- */

static void checkTruncatable(Relation relation) {
    ForeignTable* table = GetForeignTable(RelationGetRelid(relation));
    ForeignServer* server = GetForeignServer(table->serverid);

    if (!tessera_bool_option(table->options, "truncatable",
                             tessera_bool_option(server->options, "truncatable", true)) ||
        tessera_updatable(relation) == 0) {
        ereport(ERROR, (errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
                        errmsg("foreign table \"%s\" does not allow truncates", RelationGetRelationName(relation))));
    }
}

/* PostgreSQL gives all tables of one server together. */
void tessera_truncate(List* relations, DropBehavior behavior, bool restart_sequences) {
    Relation first = linitial(relations);
    TsrSource* source = tessera_source(GetForeignTable(RelationGetRelid(first))->serverid, GetUserId());
    TsrStatement** statements = palloc(sizeof(TsrStatement*) * (Size)list_length(relations));
    TsrRendered rendered;
    TsrError error = {0};
    ListCell* cell;

    foreach (cell, relations) {
        checkTruncatable(lfirst(cell));
        statements[foreach_current_index(cell)] = tessera_change_statement(lfirst(cell), source, TSR_DELETE, 1);
    }
    for (int done = 0; done < list_length(relations);) {
        size_t together;
        Fetch* fetch;

        if (tsr_truncate_render(statements + done, (size_t)(list_length(relations) - done), behavior == DROP_CASCADE,
                                restart_sequences, &rendered, &together, &error) != TSR_OK) {
            tessera_raise(source->name, &error);
        }
        fetch = tessera_fetch_create(CurrentMemoryContext, source, rendered.text, 0, NULL, NULL);
        tessera_fetch_for(fetch, TSR_USE_CHANGE);
        tessera_fetch_start(fetch, NULL, 0);
        while (tessera_fetch_next(fetch, NULL, NULL)) {
        }
        done += (int)together;
    }
}
