/* Bind joins, executed. A batch of outer rows is kept in a hash table by its keys; the keys go to the inner side's
 * source in one statement, and each row that comes back looks for its partners among the batch. So memory holds one
 * batch of the outer side, whatever the inner side sends.
 *
 * The scan's tuple is the outer side's columns followed by the inner one's, and all expressions are about it. */
#include "fdw/pg/bind_join.h"

#include "executor/executor.h"
#include "miscadmin.h"
#include "nodes/makefuncs.h"
#include "nodes/value.h"
#include "port/pg_bitutils.h"
#include "utils/datum.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/ruleutils.h"

#define NO_ROW (-1)

/* An outer row of the batch. */
typedef struct OuterRow {
    Datum* values; /* of all its columns, then of its keys */
    bool* nulls;   /* of its columns */
    uint32 hash;
    int next;      /* in its bucket */
    bool has_keys; /* none is NULL */
    bool matched;
} OuterRow;

/* How one key is compared. */
typedef struct KeyFunctions {
    FmgrInfo outer_hash;
    FmgrInfo inner_hash;
    FmgrInfo same; /* outer = outer: not to send a key twice */
    Oid collation;
    int16 length;
    bool by_value;
} KeyFunctions;

typedef enum BindPhase {
    BIND_FILL,    /* read a batch from the outer side */
    BIND_MATCH,   /* read inner rows */
    BIND_LEFTOVER /* the outer rows without a partner */
} BindPhase;

typedef struct BindJoinState {
    CustomScanState css;
    JoinType type;
    int keys;
    List* outer_keys; /* ExprStates */
    List* inner_keys;
    ExprState* conditions;
    KeyFunctions* functions;
    PlanState* outer;
    ForeignScanState* inner;
    int outer_columns;
    int inner_columns;

    BindPhase phase;
    bool outer_ended;
    int first_keys;
    int most_keys;
    int wanted_keys; /* in the next batch */

    MemoryContext batch_context;
    OuterRow* rows;
    int row_count;
    int most_rows;
    Size bytes;
    int* buckets;
    int bucket_count; /* a power of two */
    Datum** sent;     /* the keys: [key][i] */
    int sent_count;
    int unmatched; /* rows with keys and no partner yet */

    bool inner_row; /* the scan's tuple holds one */
    uint32 inner_hash;
    int candidate; /* the next outer row to compare it with */
    int leftover;

    int64 round_trips;
    int64 keys_sent;
} BindJoinState;

static uint32 combined(uint32 hash, uint32 of_next_key) {
    return pg_rotate_left32(hash, 1) ^ of_next_key;
}

/* ---- A batch ---- */

static Size batchLimit(void) {
    return (Size)work_mem * 1024;
}

static void clearBatch(BindJoinState* state) {
    MemoryContextReset(state->batch_context);
    state->row_count = 0;
    state->bytes = 0;
    state->sent_count = 0;
    state->unmatched = 0;
    memset(state->buckets, -1, sizeof(int) * (Size)state->bucket_count);
}

/* Puts an outer row's columns into the scan's tuple. */
static void showOuter(BindJoinState* state, const OuterRow* row) {
    TupleTableSlot* slot = state->css.ss.ss_ScanTupleSlot;

    memcpy(slot->tts_values, row->values, sizeof(Datum) * (Size)state->outer_columns);
    memcpy(slot->tts_isnull, row->nulls, sizeof(bool) * (Size)state->outer_columns);
}

static void hideInner(BindJoinState* state) {
    TupleTableSlot* slot = state->css.ss.ss_ScanTupleSlot;

    memset(slot->tts_isnull + state->outer_columns, true, sizeof(bool) * (Size)state->inner_columns);
}

/* The row's columns, copied; its keys, computed. */
static void keepOuter(BindJoinState* state, TupleTableSlot* slot, OuterRow* row) {
    ExprContext* context = state->css.ss.ps.ps_ExprContext;
    TupleDesc columns = slot->tts_tupleDescriptor;
    MemoryContext before = MemoryContextSwitchTo(state->batch_context);
    int n = state->outer_columns;
    ListCell* cell;

    slot_getallattrs(slot);
    row->values = palloc(sizeof(Datum) * (Size)(n + state->keys));
    row->nulls = palloc(sizeof(bool) * (Size)(n + 1));
    state->bytes += (Size)(n + state->keys) * sizeof(Datum) + (Size)n + sizeof(OuterRow);
    for (int i = 0; i < n; ++i) {
        Form_pg_attribute column = TupleDescAttr(columns, i);

        row->nulls[i] = slot->tts_isnull[i];
        row->values[i] = row->nulls[i] ? (Datum)0 : datumCopy(slot->tts_values[i], column->attbyval, column->attlen);
        if (!row->nulls[i] && !column->attbyval) {
            state->bytes += datumGetSize(row->values[i], false, column->attlen);
        }
    }
    row->matched = false;
    row->has_keys = true;
    row->hash = 0;
    MemoryContextSwitchTo(before);
    showOuter(state, row);
    hideInner(state);
    foreach (cell, state->outer_keys) {
        int k = foreach_current_index(cell);
        const KeyFunctions* functions = &state->functions[k];
        bool is_null;
        Datum value = ExecEvalExprSwitchContext(lfirst(cell), context, &is_null);

        if (is_null) {
            row->has_keys = false;
            return;
        }
        before = MemoryContextSwitchTo(state->batch_context);
        row->values[n + k] = datumCopy(value, functions->by_value, functions->length);
        MemoryContextSwitchTo(before);
        row->hash =
            combined(row->hash,
                     DatumGetUInt32(FunctionCall1Coll((FmgrInfo*)&functions->outer_hash, functions->collation, value)));
    }
}

static bool hasSameKeys(const BindJoinState* state, const OuterRow* a, const OuterRow* b) {
    for (int k = 0; k < state->keys; ++k) {
        const KeyFunctions* functions = &state->functions[k];

        if (!DatumGetBool(FunctionCall2Coll((FmgrInfo*)&functions->same, functions->collation,
                                            a->values[state->outer_columns + k],
                                            b->values[state->outer_columns + k]))) {
            return false;
        }
    }
    return true;
}

/* Into the hash table; its keys to those that are sent, unless they are there. */
static void enterRow(BindJoinState* state, int index) {
    OuterRow* row = &state->rows[index];
    int* bucket = &state->buckets[row->hash & (uint32)(state->bucket_count - 1)];
    bool known = false;

    for (int i = *bucket; i != NO_ROW && !known; i = state->rows[i].next) {
        known = state->rows[i].hash == row->hash && hasSameKeys(state, &state->rows[i], row);
    }
    row->next = *bucket;
    *bucket = index;
    ++state->unmatched;
    if (!known) {
        for (int k = 0; k < state->keys; ++k) {
            state->sent[k][state->sent_count] = row->values[state->outer_columns + k];
        }
        ++state->sent_count;
    }
}

/* Reads outer rows until the batch is full; sends its keys. False when there are no more rows. */
static bool fillBatch(BindJoinState* state) {
    bool keeps_all = state->type == JOIN_LEFT || state->type == JOIN_ANTI;

    clearBatch(state);
    while (!state->outer_ended && state->sent_count < state->wanted_keys && state->row_count < state->most_rows &&
           state->bytes < batchLimit()) {
        TupleTableSlot* slot = ExecProcNode(state->outer);

        if (TupIsNull(slot)) {
            state->outer_ended = true;
            break;
        }
        keepOuter(state, slot, &state->rows[state->row_count]);
        ResetExprContext(state->css.ss.ps.ps_ExprContext);
        if (state->rows[state->row_count].has_keys) {
            enterRow(state, state->row_count);
            ++state->row_count;
        } else if (keeps_all) {
            ++state->row_count;
        }
    }
    state->wanted_keys = state->most_keys;
    if (state->sent_count > 0) {
        tessera_scan_keys(state->inner, state->sent_count, state->sent);
        ++state->round_trips;
        state->keys_sent += state->sent_count;
    }
    return state->row_count > 0;
}

/* ---- Matching ---- */

/* The next inner row into the scan's tuple; false at the end. */
static bool nextInner(BindJoinState* state) {
    ExprContext* context = state->css.ss.ps.ps_ExprContext;
    TupleTableSlot* scan = state->css.ss.ss_ScanTupleSlot;

    /* Whoever needs one partner at most has no use for more rows. */
    if (state->sent_count == 0 || ((state->type == JOIN_SEMI || state->type == JOIN_ANTI) && state->unmatched == 0)) {
        return false;
    }
    for (;;) {
        TupleTableSlot* slot = ExecProcNode((PlanState*)state->inner);
        bool is_null = false;
        ListCell* cell;

        if (TupIsNull(slot)) {
            return false;
        }
        slot_getallattrs(slot);
        memcpy(scan->tts_values + state->outer_columns, slot->tts_values, sizeof(Datum) * (Size)state->inner_columns);
        memcpy(scan->tts_isnull + state->outer_columns, slot->tts_isnull, sizeof(bool) * (Size)state->inner_columns);
        ResetExprContext(context);
        state->inner_hash = 0;
        foreach (cell, state->inner_keys) {
            const KeyFunctions* functions = &state->functions[foreach_current_index(cell)];
            Datum value = ExecEvalExprSwitchContext(lfirst(cell), context, &is_null);

            if (is_null) {
                break;
            }
            state->inner_hash = combined(
                state->inner_hash,
                DatumGetUInt32(FunctionCall1Coll((FmgrInfo*)&functions->inner_hash, functions->collation, value)));
        }
        if (!is_null) {
            state->candidate = state->buckets[state->inner_hash & (uint32)(state->bucket_count - 1)];
            return true;
        }
    }
}

/* The next outer row that the inner one joins with; NULL when there is none. */
static OuterRow* nextPartner(BindJoinState* state) {
    ExprContext* context = state->css.ss.ps.ps_ExprContext;
    bool once = state->type == JOIN_SEMI || state->type == JOIN_ANTI;

    while (state->candidate != NO_ROW) {
        OuterRow* row = &state->rows[state->candidate];

        state->candidate = row->next;
        if (row->hash != state->inner_hash || (once && row->matched)) {
            continue;
        }
        ResetExprContext(context);
        showOuter(state, row);
        if (ExecQual(state->conditions, context)) {
            state->unmatched -= row->matched ? 0 : 1;
            row->matched = true;
            return row;
        }
    }
    return NULL;
}

/* The scan's tuple as a result, if the conditions on the result hold. */
static TupleTableSlot* result(BindJoinState* state) {
    ScanState* scan = &state->css.ss;
    int columns = state->outer_columns + state->inner_columns;
    TupleTableSlot* slot;

    ResetExprContext(scan->ps.ps_ExprContext);
    if (!ExecQual(scan->ps.qual, scan->ps.ps_ExprContext)) {
        InstrCountFiltered2(state, 1);
        return NULL;
    }
    if (scan->ps.ps_ProjInfo != NULL) {
        return ExecProject(scan->ps.ps_ProjInfo);
    }
    /* Not the scan's own slot, which changes half by half: whoever materialized it would not see that. */
    slot = scan->ps.ps_ResultTupleSlot;
    ExecClearTuple(slot);
    memcpy(slot->tts_values, scan->ss_ScanTupleSlot->tts_values, sizeof(Datum) * (Size)columns);
    memcpy(slot->tts_isnull, scan->ss_ScanTupleSlot->tts_isnull, sizeof(bool) * (Size)columns);
    return ExecStoreVirtualTuple(slot);
}

static TupleTableSlot* matchRows(BindJoinState* state) {
    for (;;) {
        CHECK_FOR_INTERRUPTS();
        if (!state->inner_row) {
            if (!nextInner(state)) {
                state->phase = BIND_LEFTOVER;
                state->leftover = 0;
                return NULL;
            }
            state->inner_row = true;
        }
        while (nextPartner(state) != NULL) {
            TupleTableSlot* slot = state->type == JOIN_ANTI ? NULL : result(state);

            if (slot != NULL) {
                return slot;
            }
        }
        state->inner_row = false;
    }
}

static TupleTableSlot* leftoverRows(BindJoinState* state) {
    bool wanted = state->type == JOIN_LEFT || state->type == JOIN_ANTI;

    while (wanted && state->leftover < state->row_count) {
        OuterRow* row = &state->rows[state->leftover++];
        TupleTableSlot* slot;

        if (row->matched) {
            continue;
        }
        showOuter(state, row);
        hideInner(state);
        slot = result(state);
        if (slot != NULL) {
            return slot;
        }
    }
    state->phase = BIND_FILL;
    return NULL;
}

static TupleTableSlot* execBindJoin(CustomScanState* node) {
    BindJoinState* state = (BindJoinState*)node;

    for (;;) {
        TupleTableSlot* slot = NULL;

        switch (state->phase) {
            case BIND_FILL:
                if (state->outer_ended || !fillBatch(state)) {
                    if (state->outer_ended) {
                        return NULL;
                    }
                    break;
                }
                state->phase = BIND_MATCH;
                state->inner_row = false;
                break;
            case BIND_MATCH:
                slot = matchRows(state);
                break;
            case BIND_LEFTOVER:
                slot = leftoverRows(state);
                break;
        }
        if (slot != NULL) {
            return slot;
        }
    }
}

/* ---- Begin and end ---- */

static void chooseFunctions(BindJoinState* state, const List* operators) {
    state->functions = palloc0(sizeof(KeyFunctions) * (Size)state->keys);
    for (int k = 0; k < state->keys; ++k) {
        KeyFunctions* functions = &state->functions[k];
        Oid equality = list_nth_oid(operators, 2 * k);
        Oid inner_hash;
        Oid outer_hash;
        Oid inner_same;
        Oid outer_same;
        Oid outer_type;

        if (!get_op_hash_functions(equality, &inner_hash, &outer_hash) ||
            !get_compatible_hash_operators(equality, &inner_same, &outer_same)) {
            elog(ERROR, "tessera_fdw planned a bind join on operator %u, which has no hash functions", equality);
        }
        fmgr_info(inner_hash, &functions->inner_hash);
        fmgr_info(outer_hash, &functions->outer_hash);
        fmgr_info(get_opcode(outer_same), &functions->same);
        functions->collation = list_nth_oid(operators, 2 * k + 1);
        op_input_types(outer_same, &outer_type, &outer_type);
        get_typlenbyval(outer_type, &functions->length, &functions->by_value);
    }
}

static void beginBindJoin(CustomScanState* node, EState* estate, int eflags) {
    BindJoinState* state = (BindJoinState*)node;
    CustomScan* plan = (CustomScan*)node->ss.ps.plan;
    List* batch = list_nth(plan->custom_private, BIND_BATCH);
    int below = eflags & ~(EXEC_FLAG_REWIND | EXEC_FLAG_BACKWARD | EXEC_FLAG_MARK);

    state->outer = ExecInitNode(linitial(plan->custom_plans), estate, below);
    state->inner = (ForeignScanState*)ExecInitNode(lsecond(plan->custom_plans), estate, below);
    node->custom_ps = list_make2(state->outer, state->inner);
    state->type = (JoinType)intVal(list_nth(plan->custom_private, BIND_JOIN_TYPE));
    state->first_keys = linitial_int(batch);
    state->most_keys = lsecond_int(batch);
    if ((eflags & EXEC_FLAG_EXPLAIN_ONLY) != 0) {
        return;
    }
    state->outer_keys = ExecInitExprList(list_nth(plan->custom_exprs, BIND_OUTER_KEYS), (PlanState*)node);
    state->inner_keys = ExecInitExprList(list_nth(plan->custom_exprs, BIND_INNER_KEYS), (PlanState*)node);
    state->conditions = ExecInitQual(list_nth(plan->custom_exprs, BIND_CONDITIONS), (PlanState*)node);
    state->keys = list_length(state->outer_keys);
    chooseFunctions(state, list_nth(plan->custom_private, BIND_OPERATORS));
    state->outer_columns = ExecGetResultType(state->outer)->natts;
    state->inner_columns = ExecGetResultType((PlanState*)state->inner)->natts;

    state->batch_context = AllocSetContextCreate(CurrentMemoryContext, "bind join", ALLOCSET_DEFAULT_SIZES);
    state->most_rows = state->most_keys * BIND_ROWS_PER_KEY;
    state->rows = palloc(sizeof(OuterRow) * (Size)state->most_rows);
    state->bucket_count = 16;
    while (state->bucket_count < state->most_keys) {
        state->bucket_count *= 2;
    }
    state->buckets = palloc(sizeof(int) * (Size)state->bucket_count);
    state->sent = palloc(sizeof(Datum*) * (Size)state->keys);
    for (int k = 0; k < state->keys; ++k) {
        state->sent[k] = palloc(sizeof(Datum) * (Size)state->most_keys);
    }
    state->wanted_keys = state->first_keys;
    ExecStoreAllNullTuple(node->ss.ss_ScanTupleSlot);
    node->ss.ps.ps_ExprContext->ecxt_scantuple = node->ss.ss_ScanTupleSlot;
}

static void endBindJoin(CustomScanState* node) {
    ListCell* cell;

    foreach (cell, node->custom_ps) {
        ExecEndNode(lfirst(cell));
    }
}

static void rescanBindJoin(CustomScanState* node) {
    BindJoinState* state = (BindJoinState*)node;
    Bitmapset* changed = node->ss.ps.chgParam;

    if (changed != NULL) {
        UpdateChangedParamSet(state->outer, changed);
        UpdateChangedParamSet((PlanState*)state->inner, changed);
    }
    if (state->outer->chgParam == NULL) {
        ExecReScan(state->outer);
    }
    /* The inner side is run again when the first keys are sent. */
    clearBatch(state);
    state->phase = BIND_FILL;
    state->outer_ended = false;
    state->wanted_keys = state->first_keys;
    ExecStoreAllNullTuple(node->ss.ss_ScanTupleSlot);
}

static void explainBindJoin(CustomScanState* node, List* ancestors, ExplainState* es) {
    static const char* const types[] = {
        [JOIN_INNER] = "Inner", [JOIN_LEFT] = "Left", [JOIN_SEMI] = "Semi", [JOIN_ANTI] = "Anti"};
    const BindJoinState* state = (BindJoinState*)node;
    CustomScan* plan = (CustomScan*)node->ss.ps.plan;
    List* context = set_deparse_context_plan(es->deparse_cxt, (Plan*)plan, ancestors);
    List* conditions = list_nth(plan->custom_exprs, BIND_CONDITIONS);

    ExplainPropertyText("Join Type", types[state->type], es);
    ExplainPropertyText("Join Cond",
                        deparse_expression((Node*)make_ands_explicit(conditions), context,
                                           es->verbose || list_length(es->rtable) > 1, false),
                        es);
    ExplainPropertyInteger("Keys per Batch", NULL, state->most_keys, es);
    if (es->analyze) {
        ExplainPropertyInteger("Round Trips", NULL, state->round_trips, es);
        ExplainPropertyInteger("Keys Sent", NULL, state->keys_sent, es);
    }
}

static const CustomExecMethods execMethods = {
    .CustomName = BIND_JOIN_NAME,
    .BeginCustomScan = beginBindJoin,
    .ExecCustomScan = execBindJoin,
    .EndCustomScan = endBindJoin,
    .ReScanCustomScan = rescanBindJoin,
    .ExplainCustomScan = explainBindJoin,
};

static Node* createState(CustomScan* plan pg_attribute_unused()) {
    BindJoinState* state = (BindJoinState*)newNode(sizeof(BindJoinState), T_CustomScanState);

    state->css.methods = &execMethods;
    return (Node*)state;
}

const CustomScanMethods tessera_bind_methods = {.CustomName = BIND_JOIN_NAME, .CreateCustomScanState = createState};
