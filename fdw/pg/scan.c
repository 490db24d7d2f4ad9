/* Running a ForeignScan, and what EXPLAIN says of it. */
#include "fdw/pg/bind_join.h"
#include "fdw/pg/delegated_join.h"
#include "fdw/pg/file_of.h"
#include "fdw/pg/mesh_table.h"
#include "fdw/pg/own_changes.h"
#include "fdw/pg/replica.h"
#include "fdw/pg/snapshot.h"

#include "access/htup_details.h"
#include "access/sysattr.h"
#include "catalog/pg_type.h"
#include "executor/executor.h"
#include "funcapi.h"
#include "miscadmin.h"
#include "nodes/nodeFuncs.h"
#include "nodes/value.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/rel.h"
#include "utils/typcache.h"

typedef struct TesseraScanState {
    Fetch* fetch;
    bool started;
    TimestampTz started_at;
    int outputs;
    AttrNumber* targets;
    Assembly* assemblies;
    TupleDesc* rows; /* of outputs that are whole rows */
    Datum* columns;  /* of a row; an output that is assembled has several */
    bool in_order;   /* the outputs are the tuple's columns: rows are read straight into the slot */
    bool* nulls;

    ScanParams* params;
    int64 statements; /* run so far */
    SourceReads* reads;
    TsrSource* source;
    bool repeats;

    /* What goes along with the statement; NULL before the child has been run. */
    ShippedRows* shipped;
    MemoryContext shipped_context;

    int part;          /* of a table that is read in parts, or -1 */
    const char* whole; /* the statement for all of it */
    bool is_empty;     /* another part reads all */

    bool polls; /* gives an empty slot instead of a wait */
    bool later; /* and has just done so */
} TesseraScanState;

static Oid scanUser(ForeignScanState* node) {
    Oid user = (Oid)intVal(list_nth(((ForeignScan*)node->ss.ps.plan)->fdw_private, SCAN_USER));

    return OidIsValid(user) ? user : GetUserId();
}

/* The columns of a whole row, as far as they are sent; returns how many. */
static int describeRow(TupleDesc row, Oid* types, int32* typmods) {
    int columns = 0;

    for (int i = 0; i < row->natts; ++i) {
        if (!TupleDescAttr(row, i)->attisdropped) {
            types[columns] = TupleDescAttr(row, i)->atttypid;
            typmods[columns] = TupleDescAttr(row, i)->atttypmod;
            ++columns;
        }
    }
    return columns;
}

/* A whole row of its columns; returns how many those are. */
static int assembleRow(TupleDesc row, const Datum* columns, const bool* nulls, Datum* value) {
    Datum* values = palloc0(sizeof(Datum) * (Size)(row->natts + 1));
    bool* is_null = palloc(sizeof(bool) * (Size)(row->natts + 1));
    int used = 0;

    for (int i = 0; i < row->natts; ++i) {
        is_null[i] = true;
        if (!TupleDescAttr(row, i)->attisdropped) {
            values[i] = columns[used];
            is_null[i] = nulls[used];
            ++used;
        }
    }
    *value = HeapTupleGetDatum(heap_form_tuple(row, values, is_null));
    return used;
}

/* The most columns that the outputs can come as. */
static Size mostColumns(ForeignScanState* node, const List* targets, const List* assemblies) {
    TupleDesc tuple = node->ss.ss_ScanTupleSlot->tts_tupleDescriptor;
    Size most = (Size)list_length(targets) * 2 + 1;
    ListCell* cell;

    foreach (cell, assemblies) {
        if (lfirst_int(cell) == ASSEMBLE_ROW) {
            int target = list_nth_int(targets, foreach_current_index(cell));

            most += (Size)lookup_rowtype_tupdesc_copy(TupleDescAttr(tuple, target - 1)->atttypid, -1)->natts;
        }
    }
    return most;
}

/* The columns that the statement returns. */
static int describeColumns(ForeignScanState* node, TesseraScanState* state, List* targets, List* assemblies, Oid* types,
                           int32* typmods) {
    TupleDesc tuple = node->ss.ss_ScanTupleSlot->tts_tupleDescriptor;
    int columns = 0;

    state->outputs = list_length(targets);
    state->in_order = state->outputs == tuple->natts;
    for (int i = 0; i < state->outputs; ++i) {
        Form_pg_attribute attribute;

        state->targets[i] = (AttrNumber)list_nth_int(targets, i);
        state->assemblies[i] = (Assembly)list_nth_int(assemblies, i);
        state->in_order = state->in_order && state->targets[i] == i + 1 && state->assemblies[i] == ASSEMBLE_VALUE;
        if (state->targets[i] == SelfItemPointerAttributeNumber) {
            types[columns] = TIDOID;
            typmods[columns] = -1;
            ++columns;
            continue;
        }
        attribute = TupleDescAttr(tuple, state->targets[i] - 1);
        if (state->assemblies[i] == ASSEMBLE_ROW) {
            state->rows[i] = lookup_rowtype_tupdesc_copy(attribute->atttypid, attribute->atttypmod);
            columns += describeRow(state->rows[i], types + columns, typmods + columns);
            continue;
        }
        types[columns] = tessera_part_type(state->assemblies[i], attribute->atttypid);
        typmods[columns] = state->assemblies[i] == ASSEMBLE_VALUE ? attribute->atttypmod : -1;
        ++columns;
        if (state->assemblies[i] != ASSEMBLE_VALUE) {
            types[columns] = INT8OID;
            typmods[columns] = -1;
            ++columns;
        }
    }
    return columns;
}

/* Does the plan hand it values? Parameters without a type are signals between nodes: all that is below a ModifyTable
 * has one. */
static bool takesValues(const ForeignScanState* node) {
    const List* types = node->ss.ps.state->es_plannedstmt->paramExecTypes;
    int param = -1;

    while ((param = bms_next_member(node->ss.ps.plan->extParam, param)) >= 0) {
        if (OidIsValid(list_nth_oid(types, param))) {
            return true;
        }
    }
    return false;
}

/* Such values may change, and a rescan without them asks again where not all rows are at hand. */
static bool mayRepeat(const ForeignScanState* node, int eflags) {
    return (eflags & EXEC_FLAG_REWIND) != 0 || takesValues(node) ||
           list_nth(((const ForeignScan*)node->ss.ps.plan)->fdw_private, SCAN_KEYS) != NIL;
}

void tessera_begin_scan(ForeignScanState* node, int eflags) {
    ForeignScan* plan = (ForeignScan*)node->ss.ps.plan;
    List* private = plan->fdw_private;
    List* targets = list_nth(private, SCAN_TARGETS);
    TesseraScanState* state;
    List* part;
    List* copies;
    Size most;
    ScanLocks locks = (ScanLocks)intVal(list_nth(private, SCAN_LOCKS));
    Oid* types;
    int32* typmods;
    int columns;

    if ((eflags & EXEC_FLAG_EXPLAIN_ONLY) != 0 || locks == RECHECKS_ROW) {
        return;
    }
    most = mostColumns(node, targets, list_nth(private, SCAN_ASSEMBLIES));
    state = palloc0(sizeof(TesseraScanState));
    node->fdw_state = state;
    state->targets = palloc(sizeof(AttrNumber) * most);
    state->assemblies = palloc(sizeof(Assembly) * most);
    state->rows = palloc0(sizeof(TupleDesc) * most);
    state->columns = palloc(sizeof(Datum) * most);
    state->nulls = palloc(sizeof(bool) * most);
    types = palloc(sizeof(Oid) * most);
    typmods = palloc(sizeof(int32) * most);
    columns = describeColumns(node, state, targets, list_nth(private, SCAN_ASSEMBLIES), types, typmods);
    state->params = tessera_params_create((PlanState*)node, strVal(list_nth(private, SCAN_TEXT)), plan->fdw_exprs,
                                          list_nth(private, SCAN_PARAMS), list_nth(private, SCAN_KEYS),
                                          list_nth(private, SCAN_SHIPPED));
    part = list_nth(private, SCAN_PART);
    state->part = part != NIL ? linitial_int(list_nth(part, PART_RANGE)) : -1;
    state->whole = part != NIL ? strVal(list_nth(part, PART_WHOLE)) : NULL;
    copies = list_nth(private, SCAN_COPIES);
    tessera_warn_of_copies(copies);
    state->source = tessera_source(plan->fs_server, scanUser(node));
    if (copies != NIL) {
        tessera_audit_source(state->source->name);
    }
    state->fetch = tessera_fetch_create(node->ss.ps.state->es_query_cxt, state->source,
                                        strVal(list_nth(private, SCAN_TEXT)), columns, types, typmods);
    if (intVal(list_nth(private, SCAN_RECOMPUTED)) != 0) {
        tessera_fetch_may_overflow(state->fetch);
    }
    state->repeats = mayRepeat(node, eflags);
    tessera_note_scan(node, intVal(list_nth(private, SCAN_RECOMPUTED)) != 0);
    if (locks == LOCKS_ROWS) {
        tessera_fetch_for(state->fetch, TSR_USE_READ);
    } else {
        state->reads =
            tessera_reads_begin(node->ss.ps.state, state->source, state->repeats, list_nth(private, SCAN_SHARD));
        tessera_fetch_among(state->fetch, state->reads);
        /* Where rows are dropped here, their number says nothing of how many come. */
        tessera_fetch_expect(state->fetch, plan->scan.plan.qual == NIL ? plan->scan.plan.plan_rows : -1,
                             intVal(list_nth(private, SCAN_PASSES_ROWS)) != 0);
        if (list_nth(private, SCAN_RANGES) != NULL) {
            tessera_fetch_in_ranges(state->fetch, strVal(list_nth(private, SCAN_RANGES)),
                                    tessera_copy_of(copies, RelationGetRelid(node->ss.ss_currentRelation)));
        }
    }
}

/* Only in a snapshot of its own is each row in exactly one part. In the transaction's session, where the statements
 * come one after the other, a row could move from one part to another in between: there the first part reads all. */
static bool readsAll(const TesseraScanState* state) {
    return state->part >= 0 && !tessera_reads_apart(state->reads, state->source);
}

/* In the plan of an UPDATE or DELETE: does the scan give the rows that are changed, and reads no other tables? */
static bool givesTarget(const ForeignScanState* node) {
    const ForeignScan* plan = (const ForeignScan*)node->ss.ps.plan;
    int relation;

    return bms_get_singleton_member(plan->fs_relids, &relation) &&
           list_member_int(node->ss.ps.state->es_plannedstmt->resultRelations, relation);
}

bool tessera_scan_reads_later(const ForeignScanState* node, const TsrSource* source, const char* relation) {
    const TesseraScanState* state = node->fdw_state;
    const char* mentioned;

    if (state->source->server != source->server || state->source->user != source->user ||
        (state->started && !state->repeats) ||
        (state->reads != NULL && tessera_reads_apart(state->reads, state->source))) {
        return false;
    }
    mentioned = strstr(strVal(list_nth(((ForeignScan*)node->ss.ps.plan)->fdw_private, SCAN_TEXT)), relation);
    return mentioned != NULL && (!givesTarget(node) || strstr(mentioned + 1, relation) != NULL);
}

/* The child's rows, as long as it has no others. */
static void gatherShipped(ForeignScanState* node) {
    TesseraScanState* state = node->fdw_state;
    const List* shipped = list_nth(((ForeignScan*)node->ss.ps.plan)->fdw_private, SCAN_SHIPPED);

    if (shipped == NIL || state->shipped != NULL) {
        return;
    }
    if (state->shipped_context == NULL) {
        state->shipped_context =
            AllocSetContextCreate(node->ss.ps.state->es_query_cxt, "tessera_fdw shipped rows", ALLOCSET_DEFAULT_SIZES);
    }
    MemoryContextReset(state->shipped_context);
    state->shipped = tessera_gather_rows(outerPlanState(node), state->shipped_context);
    tessera_params_ship(state->params, state->shipped);
}

void tessera_start_scan(ForeignScanState* node) {
    TesseraScanState* state = node->fdw_state;
    const BoundParams* bound;
    bool same;
    bool all = readsAll(state);

    gatherShipped(node);
    same = tessera_params_bind(state->params, node->ss.ps.ps_ExprContext, &bound);
    state->started = true;
    state->started_at = GetCurrentTimestamp();
    state->is_empty = all && state->part > 0;
    if (!state->is_empty && (!same || !tessera_fetch_rewind(state->fetch))) {
        tessera_fetch_text(state->fetch, all ? state->whole : bound->text);
        tessera_fetch_start(state->fetch, bound->params, bound->count);
        ++state->statements;
    }
}

Fetch* tessera_start_file(ForeignScanState* node, const TsrFile* file) {
    static const Oid types[] = {BYTEAOID};
    static const int32 typmods[] = {-1};
    TesseraScanState* state = node->fdw_state;
    const BoundParams* bound;
    Fetch* fetch;

    (void)tessera_params_bind(state->params, node->ss.ps.ps_ExprContext, &bound);
    fetch = tessera_fetch_create(node->ss.ps.state->es_query_cxt, state->source, bound->text, 1, types, typmods);
    tessera_fetch_among(fetch, state->reads);
    tessera_fetch_file(fetch, file);
    tessera_fetch_start(fetch, bound->params, bound->count);
    return fetch;
}

bool tessera_may_start_early(const ForeignScanState* node) {
    const ForeignScan* plan = (ForeignScan*)node->ss.ps.plan;
    const TesseraScanState* state = node->fdw_state;

    return state != NULL && !state->started && bms_is_empty(plan->scan.plan.extParam) &&
           list_nth(plan->fdw_private, SCAN_KEYS) == NIL &&
           (outerPlan(plan) == NULL || intVal(list_nth(plan->fdw_private, SCAN_RECOMPUTED)) != 0);
}

bool tessera_same_source(ForeignScanState* a, ForeignScanState* b) {
    return ((ForeignScan*)a->ss.ps.plan)->fs_server == ((ForeignScan*)b->ss.ps.plan)->fs_server &&
           scanUser(a) == scanUser(b);
}

bool tessera_scan_polls(ForeignScanState* node, bool on) {
    TesseraScanState* state = node->fdw_state;
    bool later = state->later;

    state->polls = on;
    state->later = false;
    return later;
}

bool tessera_scan_started(const ForeignScanState* node) {
    return ((TesseraScanState*)node->fdw_state)->started;
}

bool tessera_scan_runs(const ForeignScanState* node) {
    const TesseraScanState* state = node->fdw_state;

    return state->started && tessera_fetch_runs(state->fetch);
}

TimestampTz tessera_scan_started_at(const ForeignScanState* node) {
    return ((TesseraScanState*)node->fdw_state)->started_at;
}

bool tessera_scan_is_of_shard(const ForeignScanState* node) {
    const TesseraScanState* state = node->fdw_state;

    return state->reads != NULL && tessera_reads_shard(state->reads) && tessera_scan_is_shareable(node);
}

bool tessera_scan_is_shareable(const ForeignScanState* node) {
    const TesseraScanState* state = node->fdw_state;

    return tessera_reads_apart(state->reads, state->source) && tessera_reads_share(state->reads);
}

int tessera_scan_socket(const ForeignScanState* node) {
    const TesseraScanState* state = node->fdw_state;

    return state->is_empty ? -1 : tessera_fetch_socket(state->fetch);
}

bool tessera_scan_waits(const ForeignScanState* node) {
    const TesseraScanState* state = node->fdw_state;

    return !state->is_empty && tessera_fetch_waits(state->fetch);
}

static bool nextRow(TesseraScanState* state, Datum* values, bool* nulls) {
    if (state->is_empty) {
        return false;
    }
    return state->polls ? tessera_fetch_poll(state->fetch, values, nulls, &state->later)
                        : tessera_fetch_next(state->fetch, values, nulls);
}

/* The source has no more rows, or none because of a number that it can't hold: then the local plan has them all. */
static TupleTableSlot* endOfRows(ForeignScanState* node) {
    const TesseraScanState* state = node->fdw_state;
    TupleTableSlot* slot = node->ss.ss_ScanTupleSlot;
    MemoryContext before;
    TupleTableSlot* local;

    if (!tessera_fetch_has_overflowed(state->fetch)) {
        return slot;
    }
    /* Nodes keep what they make for as long as the query runs; we are called in a context for one row. */
    before = MemoryContextSwitchTo(node->ss.ps.state->es_query_cxt);
    local = ExecProcNode(outerPlanState(node));
    MemoryContextSwitchTo(before);
    return TupIsNull(local) ? slot : ExecCopySlot(slot, local);
}

TupleTableSlot* tessera_iterate_scan(ForeignScanState* node) {
    TesseraScanState* state = node->fdw_state;
    TupleTableSlot* slot = node->ss.ss_ScanTupleSlot;
    int column = 0;

    ExecClearTuple(slot);
    if (!state->started) {
        tessera_start_scan(node);
    }
    if (state->in_order) {
        return nextRow(state, slot->tts_values, slot->tts_isnull) ? ExecStoreVirtualTuple(slot) : endOfRows(node);
    }
    if (!nextRow(state, state->columns, state->nulls)) {
        return endOfRows(node);
    }
    memset(slot->tts_isnull, true, sizeof(bool) * (Size)slot->tts_tupleDescriptor->natts);
    for (int i = 0; i < state->outputs; ++i) {
        int target = state->targets[i] - 1;

        if (state->targets[i] == SelfItemPointerAttributeNumber) {
            slot->tts_tid = *(ItemPointer)DatumGetPointer(state->columns[column++]);
            continue;
        }
        if (state->assemblies[i] == ASSEMBLE_ROW) {
            column +=
                assembleRow(state->rows[i], state->columns + column, state->nulls + column, &slot->tts_values[target]);
            slot->tts_isnull[target] = false;
            continue;
        }
        slot->tts_isnull[target] = state->nulls[column];
        slot->tts_values[target] = state->columns[column];
        if (state->assemblies[i] != ASSEMBLE_VALUE) {
            slot->tts_values[target] = tessera_assemble(state->assemblies[i], state->columns + column,
                                                        state->nulls + column, &slot->tts_isnull[target]);
            ++column;
        }
        ++column;
    }
    return ExecStoreVirtualTuple(slot);
}

void tessera_rescan(ForeignScanState* node) {
    TesseraScanState* state = node->fdw_state;

    if (state == NULL) {
        return; /* it only rechecks */
    }
    /* The next row decides whether the statement must run again: its parameters may be the same as before. */
    state->started = false;
    if (outerPlanState(node) != NULL && outerPlanState(node)->chgParam != NULL) {
        state->shipped = NULL;
    }
}

void tessera_scan_keys(ForeignScanState* node, int count, Datum** keys) {
    TesseraScanState* state = node->fdw_state;

    tessera_params_keys(state->params, count, keys);
    ExecReScan((PlanState*)node);
}

/* For the node that has this one read it (delegated_join.c). */
static void noteShardRead(const ForeignScanState* node) {
    const TesseraScanState* state = node->fdw_state;
    const char* table = node->ss.ss_currentRelation != NULL && state->statements > 0
                            ? tessera_mesh_name(RelationGetRelid(node->ss.ss_currentRelation))
                            : NULL;
    TsrScanProgress moved;

    if (table != NULL) {
        moved = tessera_fetch_progress(state->fetch);
        tessera_note_shard_read(table, &moved);
    }
}

void tessera_end_scan(ForeignScanState* node) {
    TesseraScanState* state = node->fdw_state;

    if (state != NULL) {
        tessera_fetch_stop(state->fetch);
        noteShardRead(node);
        if (state->reads != NULL) {
            tessera_reads_end(state->reads);
            state->reads = NULL;
        }
    }
}

static void explainProgress(const Fetch* fetch, ExplainState* es) {
    TsrScanProgress progress = tessera_fetch_progress(fetch);

    ExplainPropertyInteger("Rows Received", NULL, progress.rows, es);
    if (progress.bytes >= 0) {
        ExplainPropertyInteger("Bytes Received", NULL, progress.bytes, es);
    }
    if (progress.round_trips >= 0) {
        ExplainPropertyInteger("Round Trips", NULL, progress.round_trips, es);
    }
    if (progress.readers > 1) {
        ExplainPropertyInteger("Readers", NULL, progress.readers, es);
    }
    if (es->timing) {
        ExplainPropertyFloat("Source Wait", "ms", (double)progress.wait_us / 1000, 3, es);
    }
}

/* A line each for people; for programs a list, because a JSON object has a name once. */
static void explainRefusals(List* refusals, ExplainState* es) {
    List* texts = NIL;
    ListCell* cell;

    foreach (cell, refusals) {
        if (es->format == EXPLAIN_FORMAT_TEXT) {
            ExplainPropertyText("Not Pushed", strVal(lfirst(cell)), es);
        } else {
            texts = lappend(texts, strVal(lfirst(cell)));
        }
    }
    if (texts != NIL) {
        ExplainPropertyList("Not Pushed", texts, es);
    }
}

static void explainLinks(ForeignScanState* node, ExplainState* es) {
    const TesseraScanState* state = node->fdw_state;
    ForeignScan* plan = (ForeignScan*)node->ss.ps.plan;
    TsrScanProgress moved;

    if (es->analyze && state != NULL && state->statements > 0) {
        moved = tessera_fetch_progress(state->fetch);
        tessera_explain_links(plan, list_nth(plan->fdw_private, SCAN_PEERS), state->source, &moved, es);
    } else {
        tessera_explain_links(plan, list_nth(plan->fdw_private, SCAN_PEERS), NULL, NULL, es);
    }
}

void tessera_explain_scan(ForeignScanState* node, ExplainState* es) {
    ForeignScan* plan = (ForeignScan*)node->ss.ps.plan;
    List* private = plan->fdw_private;
    const char* relations = strVal(list_nth(private, SCAN_RELATIONS));

    if (relations[0] != '\0') {
        ExplainPropertyText("Relations", relations, es);
    }
    tessera_explain_copies(list_nth(private, SCAN_COPIES), es);
    if (intVal(list_nth(private, SCAN_RECOMPUTED)) != 0) {
        ExplainPropertyText("Computed Here", "if a number has too many digits for the source", es);
    }
    if (es->verbose) {
        ExplainPropertyText("Source", GetForeignServer(plan->fs_server)->servername, es);
        ExplainPropertyText("Remote SQL", strVal(list_nth(private, SCAN_TEXT)), es);
        if (es->analyze && node->fdw_state != NULL) {
            const TesseraScanState* state = node->fdw_state;
            const BoundParams* bound = tessera_params_bound(state->params);

            tessera_explain_params(bound->params, bound->count, es);
            ExplainPropertyInteger("Remote Statements", NULL, state->statements, es);
        }
        explainRefusals((List*)list_nth(private, SCAN_REFUSALS), es);
        if (es->analyze && node->fdw_state != NULL) {
            explainProgress(((TesseraScanState*)node->fdw_state)->fetch, es);
        }
        explainLinks(node, es);
    }
}
