/* A statement does not see what it changes itself, and changes a row once however often a join gives it.
 *
 * Where a source is read apart from the session that changes it (snapshot.c), the first holds by itself. It does not in
 * the transaction's own session: of sources that have no other, and of those that the transaction has changed before,
 * which no other session shows. There all that gives the rows to change is read before the first of them is changed. */
#include "fdw/pg/own_changes.h"

#include "access/hash.h"
#include "access/xact.h"
#include "executor/executor.h"
#include "lib/ilist.h"
#include "miscadmin.h"
#include "nodes/nodeFuncs.h"
#include "tcop/utility.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/plancache.h"
#include "utils/rel.h"
#include "utils/tuplestore.h"

/* ---- Who reads in the statement ---- */

typedef struct StatementScans {
    dlist_node node;
    MemoryContext query; /* whose lifetime it has */
    List* scans;         /* of ForeignScanState */
    MemoryContextCallback end;
} StatementScans;

static dlist_head allScans = DLIST_STATIC_INIT(allScans);

static StatementScans* findScans(MemoryContext query) {
    dlist_iter iterator;

    dlist_foreach(iterator, &allScans) {
        StatementScans* scans = dlist_container(StatementScans, node, iterator.cur);

        if (scans->query == query) {
            return scans;
        }
    }
    return NULL;
}

static void forgetScans(void* argument) {
    dlist_delete(&((StatementScans*)argument)->node);
}

static bool removeScans(PlanState* plan, StatementScans* scans) {
    scans->scans = list_delete_ptr(scans->scans, plan);
    return planstate_tree_walker(plan, removeScans, scans);
}

void tessera_note_scan(ForeignScanState* scan, bool has_substitute) {
    const PlannedStmt* statement = scan->ss.ps.state->es_plannedstmt;
    MemoryContext query = scan->ss.ps.state->es_query_cxt;
    StatementScans* scans;
    MemoryContext before;

    if (statement->commandType == CMD_SELECT && !statement->hasModifyingCTE) {
        return;
    }
    scans = findScans(query);
    if (scans == NULL) {
        scans = MemoryContextAllocZero(query, sizeof(StatementScans));
        scans->query = query;
        scans->end.func = forgetScans;
        scans->end.arg = scans;
        dlist_push_head(&allScans, &scans->node);
        MemoryContextRegisterResetCallback(query, &scans->end);
    }
    before = MemoryContextSwitchTo(query);
    if (has_substitute) {
        (void)removeScans(outerPlanState(scan), scans);
    }
    scans->scans = lappend(scans->scans, scan);
    MemoryContextSwitchTo(before);
}

bool tessera_reads_later(EState* estate, const TsrSource* source, const char* relation) {
    const StatementScans* scans = findScans(estate->es_query_cxt);
    ListCell* cell;

    if (scans == NULL) {
        return false;
    }
    foreach (cell, scans->scans) {
        if (tessera_scan_reads_later(lfirst(cell), source, relation)) {
            return true;
        }
    }
    return false;
}

void tessera_refuse_own_changes(Relation relation, const TsrSource* source) {
    ereport(ERROR, (errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
                    errmsg("foreign table \"%s\" can't be read again by the statement that changes it",
                           RelationGetRelationName(relation)),
                    errdetail("Only this transaction's session shows source \"%s\" as the statement has to see it, and "
                              "that would show its own changes, too.",
                              source->name),
                    errhint("Run the statement in a transaction of its own, or without RETURNING.")));
}

/* ---- Other nodes that read for this session ---- */

static bool is_read_elsewhere = false;

bool tessera_sees_otherwise(const TsrSource* source) {
    return IsolationUsesXactSnapshot() || tsr_participant_find(source->server, source->user) != NULL;
}

void tessera_note_reads_elsewhere(void) {
    is_read_elsewhere = true;
}

void tessera_forget_reads_elsewhere(void) {
    if (is_read_elsewhere) {
        is_read_elsewhere = false;
        ResetPlanCache();
    }
}

/* A transaction that keeps to one state must not run plans that were kept from before it: a session that reads
 * elsewhere shows what is there by then. PostgreSQL tells nobody that such a transaction begins, or that one becomes
 * such. It is seen where a utility statement says so, and, for those that are such because of a setting, at the end of
 * the one before. */
static void forgetUnlessLatestIsRead(void) {
    if (IsolationUsesXactSnapshot() || DefaultXactIsoLevel >= XACT_REPEATABLE_READ) {
        tessera_forget_reads_elsewhere();
    }
}

static ProcessUtility_hook_type nextUtility = NULL;

static void seeIsolation(PlannedStmt* statement, const char* text, bool read_only, ProcessUtilityContext context,
                         ParamListInfo params, QueryEnvironment* environment, DestReceiver* receiver,
                         QueryCompletion* completion) {
    forgetUnlessLatestIsRead();
    (nextUtility != NULL ? nextUtility : standard_ProcessUtility)(statement, text, read_only, context, params,
                                                                  environment, receiver, completion);
    forgetUnlessLatestIsRead();
}

static void transactionEnds(XactEvent event, void* argument pg_attribute_unused()) {
    if (event == XACT_EVENT_COMMIT || event == XACT_EVENT_ABORT || event == XACT_EVENT_PREPARE) {
        forgetUnlessLatestIsRead();
    }
}

void tessera_register_reads_elsewhere(void) {
    nextUtility = ProcessUtility_hook;
    ProcessUtility_hook = seeIsolation;
    RegisterXactCallback(transactionEnds, NULL);
}

/* ---- Rows that were changed ---- */

struct ChangedRows {
    HTAB* rows;
    MemoryContext context; /* of their keys */
    int columns;
    int16* lengths;
    bool* by_value;
};

/* A row's key as bytes: what the table's entries are. */
typedef struct RowKey {
    uint32 size;
    char bytes[FLEXIBLE_ARRAY_MEMBER];
} RowKey;

static uint32 hashKey(const void* key, Size size pg_attribute_unused()) {
    const RowKey* row = *(RowKey* const*)key;

    return hash_bytes((const unsigned char*)row->bytes, (int)row->size);
}

static int compareKeys(const void* left, const void* right, Size size pg_attribute_unused()) {
    const RowKey* a = *(RowKey* const*)left;
    const RowKey* b = *(RowKey* const*)right;

    return a->size == b->size ? memcmp(a->bytes, b->bytes, a->size) : 1;
}

ChangedRows* tessera_changed_rows(MemoryContext parent, int columns, const Oid* types) {
    MemoryContext context = AllocSetContextCreate(parent, "tessera_fdw changed rows", ALLOCSET_DEFAULT_SIZES);
    ChangedRows* changed = MemoryContextAlloc(context, sizeof(ChangedRows));
    HASHCTL control = {.keysize = sizeof(RowKey*),
                       .entrysize = sizeof(RowKey*),
                       .hcxt = context,
                       .hash = hashKey,
                       .match = compareKeys};
    char align;

    changed->context = context;
    changed->columns = columns;
    changed->lengths = MemoryContextAlloc(context, sizeof(int16) * (Size)columns);
    changed->by_value = MemoryContextAlloc(context, sizeof(bool) * (Size)columns);
    for (int i = 0; i < columns; ++i) {
        get_typlenbyvalalign(types[i], &changed->lengths[i], &changed->by_value[i], &align);
    }
    changed->rows =
        hash_create("tessera_fdw changed rows", 64, &control, HASH_ELEM | HASH_FUNCTION | HASH_COMPARE | HASH_CONTEXT);
    return changed;
}

static void appendValue(StringInfo bytes, Datum value, int16 length, bool by_value) {
    if (by_value) {
        appendBinaryStringInfo(bytes, (const char*)&value, sizeof(Datum));
    } else if (length == -1) {
        struct varlena* plain = PG_DETOAST_DATUM_PACKED(value);
        uint32 size = (uint32)VARSIZE_ANY_EXHDR(plain);

        appendBinaryStringInfo(bytes, (const char*)&size, sizeof(size));
        appendBinaryStringInfo(bytes, VARDATA_ANY(plain), (int)size);
    } else {
        const char* data = DatumGetPointer(value);

        appendBinaryStringInfo(bytes, data, length > 0 ? length : (int)strlen(data) + 1);
    }
}

bool tessera_add_changed_row(ChangedRows* changed, const Datum* key, const bool* nulls) {
    MemoryContext before = MemoryContextSwitchTo(changed->context);
    StringInfoData bytes;
    RowKey* row;
    bool found;

    initStringInfo(&bytes);
    for (int i = 0; i < changed->columns; ++i) {
        appendStringInfoCharMacro(&bytes, nulls[i] ? 'n' : 'v');
        if (!nulls[i]) {
            appendValue(&bytes, key[i], changed->lengths[i], changed->by_value[i]);
        }
    }
    row = palloc(offsetof(RowKey, bytes) + (Size)bytes.len);
    row->size = (uint32)bytes.len;
    memcpy(row->bytes, bytes.data, (Size)bytes.len);
    pfree(bytes.data);
    (void)hash_search(changed->rows, &row, HASH_ENTER, &found);
    if (found) {
        pfree(row);
    }
    MemoryContextSwitchTo(before);
    return !found;
}

/* ---- Rows that are read before one is changed ---- */

struct GuardedPlan {
    dlist_node node;
    PlanState* plan;
    ExecProcNodeMtd next; /* its own function */
    /* The tables that are to be changed, side by side. */
    List* tables;    /* of Relation */
    List* relations; /* of char*: as their sources name them */
    List* sources;   /* of TsrSource */
    Tuplestorestate* store;
    TupleTableSlot* stored;
    TupleTableSlot* slot; /* as the plan gives them */
    MemoryContextCallback end;
};

static dlist_head allGuarded = DLIST_STATIC_INIT(allGuarded);

static GuardedPlan* findGuarded(const PlanState* plan) {
    dlist_iter iterator;

    dlist_foreach(iterator, &allGuarded) {
        GuardedPlan* guarded = dlist_container(GuardedPlan, node, iterator.cur);

        if (guarded->plan == plan) {
            return guarded;
        }
    }
    return NULL;
}

static void forgetGuarded(void* argument) {
    dlist_delete(&((GuardedPlan*)argument)->node);
}

/* The place in the lists of a table of which more will be read; -1: there is none. */
static int readLater(const GuardedPlan* guarded) {
    ListCell* cell;

    foreach (cell, guarded->relations) {
        if (tessera_reads_later(guarded->plan->state, list_nth(guarded->sources, foreach_current_index(cell)),
                                lfirst(cell))) {
            return foreach_current_index(cell);
        }
    }
    return -1;
}

/* From here on: a row that was read. */
static TupleTableSlot* nextStored(PlanState* plan) {
    const GuardedPlan* guarded = findGuarded(plan);
    bool should_free;
    MinimalTuple row;

    if (!tuplestore_gettupleslot(guarded->store, true, false, guarded->stored)) {
        return ExecClearTuple(guarded->slot);
    }
    row = ExecFetchSlotMinimalTuple(guarded->stored, &should_free);
    ExecForceStoreMinimalTuple(row, guarded->slot, should_free);
    return guarded->slot;
}

static void storeAll(GuardedPlan* guarded, TupleTableSlot* first) {
    PlanState* plan = guarded->plan;
    MemoryContext before = MemoryContextSwitchTo(plan->state->es_query_cxt);
    bool is_fixed;

    guarded->store = tuplestore_begin_heap(false, false, work_mem);
    guarded->stored = MakeSingleTupleTableSlot(ExecGetResultType(plan), &TTSOpsMinimalTuple);
    guarded->slot = MakeSingleTupleTableSlot(ExecGetResultType(plan), ExecGetResultSlotOps(plan, &is_fixed));
    for (TupleTableSlot* slot = first; !TupIsNull(slot); slot = ExecProcNode(plan)) {
        tuplestore_puttupleslot(guarded->store, slot);
    }
    plan->ExecProcNode = nextStored;
    MemoryContextSwitchTo(before);
}

/* The first call: with the first row it is known which scans are still to be run. */
static TupleTableSlot* firstRow(PlanState* plan) {
    GuardedPlan* guarded = findGuarded(plan);
    TupleTableSlot* slot;
    int later;

    plan->ExecProcNode = guarded->next;
    slot = ExecProcNode(plan);
    if (TupIsNull(slot) || readLater(guarded) < 0) {
        return slot;
    }
    storeAll(guarded, slot);
    (void)removeScans(plan, findScans(plan->state->es_query_cxt));
    later = readLater(guarded);
    if (later >= 0) {
        tessera_refuse_own_changes(list_nth(guarded->tables, later), list_nth(guarded->sources, later));
    }
    return nextStored(plan);
}

GuardedPlan* tessera_guard_plan(PlanState* plan, Relation relation, TsrSource* source) {
    MemoryContext before = MemoryContextSwitchTo(plan->state->es_query_cxt);
    GuardedPlan* guarded = findGuarded(plan);

    if (guarded == NULL) {
        guarded = palloc0(sizeof(GuardedPlan));
        guarded->plan = plan;
        guarded->next = plan->ExecProcNode;
        guarded->end.func = forgetGuarded;
        guarded->end.arg = guarded;
        dlist_push_head(&allGuarded, &guarded->node);
        MemoryContextRegisterResetCallback(plan->state->es_query_cxt, &guarded->end);
        plan->ExecProcNode = firstRow;
    }
    guarded->relations = lappend(
        guarded->relations, pstrdup(tsr_change_relation(tessera_change_statement(relation, source, TSR_INSERT, 1))));
    guarded->tables = lappend(guarded->tables, relation);
    guarded->sources = lappend(guarded->sources, source);
    MemoryContextSwitchTo(before);
    return guarded;
}

void tessera_guard_end(GuardedPlan* guarded) {
    if (guarded->store != NULL) {
        tuplestore_end(guarded->store);
        ExecDropSingleTupleTableSlot(guarded->stored);
        ExecDropSingleTupleTableSlot(guarded->slot);
        guarded->store = NULL;
    }
}
