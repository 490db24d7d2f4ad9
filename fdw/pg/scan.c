/* Running a ForeignScan, and what EXPLAIN says of it. */
#include "fdw/pg/tessera_fdw.h"

#include "catalog/pg_type.h"
#include "executor/executor.h"
#include "miscadmin.h"
#include "nodes/nodeFuncs.h"
#include "nodes/value.h"
#include "utils/builtins.h"
#include "utils/memutils.h"
#include "utils/numeric.h"

typedef struct TesseraScanState {
    Fetch* fetch;
    bool started;
    int outputs;
    AttrNumber* targets;
    bool* averages;
    Datum* columns; /* of a row; an average has two */
    bool* nulls;

    List* param_states;
    int param_count;
    int* params; /* the index in param_states of each, in order */
    MemoryContext param_context;
} TesseraScanState;

static Oid scanUser(ForeignScanState* node) {
    ForeignScan* plan = (ForeignScan*)node->ss.ps.plan;
    int relid = plan->scan.scanrelid > 0 ? (int)plan->scan.scanrelid : bms_next_member(plan->fs_relids, -1);

    return tessera_scan_user(exec_rt_fetch((Index)relid, node->ss.ps.state));
}

/* The columns that the statement returns: an average comes as its sum and its count. */
static int describeColumns(ForeignScanState* node, TesseraScanState* state, List* targets, List* averages, Oid* types,
                           int32* typmods) {
    TupleDesc tuple = node->ss.ss_ScanTupleSlot->tts_tupleDescriptor;
    int columns = 0;

    state->outputs = list_length(targets);
    for (int i = 0; i < state->outputs; ++i) {
        Form_pg_attribute attribute;

        state->targets[i] = (AttrNumber)list_nth_int(targets, i);
        state->averages[i] = list_nth_int(averages, i) != 0;
        attribute = TupleDescAttr(tuple, state->targets[i] - 1);
        types[columns] = attribute->atttypid;
        typmods[columns] = state->averages[i] ? -1 : attribute->atttypmod;
        ++columns;
        if (state->averages[i]) {
            types[columns] = INT8OID;
            typmods[columns] = -1;
            ++columns;
        }
    }
    return columns;
}

static void prepareParams(ForeignScanState* node, TesseraScanState* state, List* numbers) {
    ForeignScan* plan = (ForeignScan*)node->ss.ps.plan;
    ListCell* cell;

    state->param_count = list_length(numbers);
    if (state->param_count == 0) {
        return;
    }
    state->params = palloc(sizeof(int) * (Size)state->param_count);
    foreach (cell, numbers) {
        state->params[foreach_current_index(cell)] = lfirst_int(cell) - 1;
    }
    state->param_states = ExecInitExprList(plan->fdw_exprs, (PlanState*)node);
    state->param_context = AllocSetContextCreate(CurrentMemoryContext, "tessera_fdw parameters", ALLOCSET_SMALL_SIZES);
}

void tessera_begin_scan(ForeignScanState* node, int eflags) {
    ForeignScan* plan = (ForeignScan*)node->ss.ps.plan;
    List* private = plan->fdw_private;
    List* targets = list_nth(private, SCAN_TARGETS);
    TesseraScanState* state;
    Size most = (Size)list_length(targets) * 2 + 1;
    Oid* types;
    int32* typmods;
    int columns;

    if ((eflags & EXEC_FLAG_EXPLAIN_ONLY) != 0) {
        return;
    }
    state = palloc0(sizeof(TesseraScanState));
    node->fdw_state = state;
    state->targets = palloc(sizeof(AttrNumber) * most);
    state->averages = palloc(sizeof(bool) * most);
    state->columns = palloc(sizeof(Datum) * most);
    state->nulls = palloc(sizeof(bool) * most);
    types = palloc(sizeof(Oid) * most);
    typmods = palloc(sizeof(int32) * most);
    columns = describeColumns(node, state, targets, list_nth(private, SCAN_AVERAGES), types, typmods);
    prepareParams(node, state, list_nth(private, SCAN_PARAMS));
    state->fetch =
        tessera_fetch_create(node->ss.ps.state->es_query_cxt, tessera_source(plan->fs_server, scanUser(node)),
                             strVal(list_nth(private, SCAN_TEXT)), columns, types, typmods);
}

static void startScan(ForeignScanState* node) {
    TesseraScanState* state = node->fdw_state;
    ExprContext* context = node->ss.ps.ps_ExprContext;
    TsrParam* params = NULL;

    if (state->param_count > 0) {
        MemoryContext before;

        MemoryContextReset(state->param_context);
        before = MemoryContextSwitchTo(state->param_context);
        params = palloc(sizeof(TsrParam) * (Size)state->param_count);
        for (int i = 0; i < state->param_count; ++i) {
            ExprState* expr = list_nth(state->param_states, state->params[i]);
            bool is_null;
            Datum value = ExecEvalExpr(expr, context, &is_null);

            params[i] = tessera_param(exprType((Node*)expr->expr), value, is_null);
        }
        MemoryContextSwitchTo(before);
    }
    tessera_fetch_start(state->fetch, params, state->param_count);
    state->started = true;
}

static Datum average(Datum sum, Datum count) {
    return DirectFunctionCall2(numeric_div, sum, NumericGetDatum(int64_to_numeric(DatumGetInt64(count))));
}

TupleTableSlot* tessera_iterate_scan(ForeignScanState* node) {
    TesseraScanState* state = node->fdw_state;
    TupleTableSlot* slot = node->ss.ss_ScanTupleSlot;
    int column = 0;

    ExecClearTuple(slot);
    if (!state->started) {
        startScan(node);
    }
    if (!tessera_fetch_next(state->fetch, state->columns, state->nulls)) {
        return slot;
    }
    memset(slot->tts_isnull, true, sizeof(bool) * (Size)slot->tts_tupleDescriptor->natts);
    for (int i = 0; i < state->outputs; ++i) {
        int target = state->targets[i] - 1;

        slot->tts_isnull[target] = state->nulls[column];
        slot->tts_values[target] = state->columns[column];
        if (state->averages[i]) {
            if (!state->nulls[column]) {
                slot->tts_values[target] = average(state->columns[column], state->columns[column + 1]);
            }
            ++column;
        }
        ++column;
    }
    return ExecStoreVirtualTuple(slot);
}

void tessera_rescan(ForeignScanState* node) {
    TesseraScanState* state = node->fdw_state;

    tessera_fetch_stop(state->fetch);
    state->started = false;
}

void tessera_end_scan(ForeignScanState* node) {
    TesseraScanState* state = node->fdw_state;

    if (state != NULL) {
        tessera_fetch_stop(state->fetch);
    }
}

void tessera_explain_scan(ForeignScanState* node, ExplainState* es) {
    ForeignScan* plan = (ForeignScan*)node->ss.ps.plan;
    List* private = plan->fdw_private;
    const char* relations = strVal(list_nth(private, SCAN_RELATIONS));
    ListCell* cell;

    if (relations[0] != '\0') {
        ExplainPropertyText("Relations", relations, es);
    }
    if (es->verbose) {
        ExplainPropertyText("Source", GetForeignServer(plan->fs_server)->servername, es);
        ExplainPropertyText("Remote SQL", strVal(list_nth(private, SCAN_TEXT)), es);
        foreach (cell, (List*)list_nth(private, SCAN_REFUSALS)) {
            ExplainPropertyText("Not Pushed", strVal(lfirst(cell)), es);
        }
    }
}
