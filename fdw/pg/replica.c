/* Where the rows of a shard are read from when that is not where they are kept: see replica.h. */
#include "fdw/pg/replica.h"

#include "fdw/pg/missing.h"

#include "access/genam.h"
#include "access/htup_details.h"
#include "access/parallel.h"
#include "access/table.h"
#include "access/xact.h"
#include "catalog/namespace.h"
#include "catalog/pg_class.h"
#include "commands/trigger.h"
#include "fmgr.h"
#include "optimizer/plancat.h"
#include "storage/lmgr.h"
#include "utils/builtins.h"
#include "utils/guc.h"
#include "utils/inval.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/plancache.h"
#include "utils/rel.h"
#include "utils/syscache.h"
#include "utils/timestamp.h"

/* Of the warnings, for programs. */
#define OLD_ROWS MAKE_SQLSTATE('0', '1', 'T', '0', '1')
#define MISSING_ROWS MAKE_SQLSTATE('0', '1', 'T', '0', '2')

typedef enum ReadReplicas { READ_REPLICAS_OFF, READ_REPLICAS_FALLBACK } ReadReplicas;

static const struct config_enum_entry modes[] = {
    {"off", READ_REPLICAS_OFF, false}, {"fallback", READ_REPLICAS_FALLBACK, false}, {NULL, 0, false}};

static int read_replicas = READ_REPLICAS_FALLBACK;
static get_relation_info_hook_type previous_relation_info_hook = NULL;

/* The columns of tessera.read_from. */
enum { READ_SHARD = 1, READ_COPY, READ_WHAT, READ_NODE, READ_PLACE, READ_SINCE, READ_IN_STEP_AT };

PG_FUNCTION_INFO_V1(tessera_reads_changed);

/* ---- What the node says ---- */

typedef struct Reading {
    Oid shard;
    Oid copy;               /* none: it is missing */
    char* what;             /* "shard 0 of sales.orders" */
    char* node;             /* that has the shard */
    char* place;            /* of the copy */
    TimestampTz since;      /* the node can't be reached; 0: it can, but the copy is nearer, and in step */
    TimestampTz in_step_at; /* 0: nobody knows */
} Reading;

static bool isMissing(const Reading* reading) {
    return !OidIsValid(reading->copy);
}

static MemoryContext context = NULL;
static List* readings = NIL; /* of Reading */
static bool is_known = false;
static Oid table_known = InvalidOid;
/* Counts what was forgotten: what was read meanwhile may be of before. */
static uint64 forgotten = 0;

static void forget(Datum argument pg_attribute_unused(), Oid relation) {
    if (!OidIsValid(relation) || relation == table_known || !OidIsValid(table_known)) {
        is_known = false;
        ++forgotten;
    }
}

static char* textAt(HeapTuple row, TupleDesc columns, int column) {
    bool is_null;
    Datum value = heap_getattr(row, column, columns, &is_null);

    return is_null ? pstrdup("") : TextDatumGetCString(value);
}

static TimestampTz timeAt(HeapTuple row, TupleDesc columns, int column) {
    bool is_null;
    Datum value = heap_getattr(row, column, columns, &is_null);

    return is_null ? 0 : DatumGetTimestampTz(value);
}

static Reading* readingOf(HeapTuple row, TupleDesc columns) {
    Reading* made = palloc0(sizeof(Reading));
    bool is_null;

    made->shard = DatumGetObjectId(heap_getattr(row, READ_SHARD, columns, &is_null));
    made->copy = DatumGetObjectId(heap_getattr(row, READ_COPY, columns, &is_null));
    made->what = textAt(row, columns, READ_WHAT);
    made->node = textAt(row, columns, READ_NODE);
    made->place = textAt(row, columns, READ_PLACE);
    made->since = timeAt(row, columns, READ_SINCE);
    made->in_step_at = timeAt(row, columns, READ_IN_STEP_AT);
    return made;
}

/* Reads the table, which is small, and mostly empty. */
static void know(void) {
    Oid schema = get_namespace_oid("tessera", true);
    bool is_any_missing = false;
    uint64 before;
    Relation table;
    SysScanDesc rows;
    HeapTuple row;

    table_known = OidIsValid(schema) ? get_relname_relid("read_from", schema) : InvalidOid;
    if (context == NULL) {
        context = AllocSetContextCreate(TopMemoryContext, "tessera_fdw read_from", ALLOCSET_SMALL_SIZES);
    }
    readings = NIL;
    MemoryContextReset(context);
    if (!OidIsValid(table_known)) {
        return; /* asked again: the extension may be made meanwhile */
    }
    table = table_open(table_known, AccessShareLock);
    before = forgotten;
    rows = systable_beginscan(table, InvalidOid, false, NULL, 0, NULL);
    while (HeapTupleIsValid(row = systable_getnext(rows))) {
        MemoryContext caller = MemoryContextSwitchTo(context);

        readings = lappend(readings, readingOf(row, RelationGetDescr(table)));
        is_any_missing = is_any_missing || isMissing(llast(readings));
        MemoryContextSwitchTo(caller);
    }
    systable_endscan(rows);
    table_close(table, AccessShareLock);
    is_known = before == forgotten;
    if (is_known && !is_any_missing) {
        tessera_none_missing();
    }
}

static const Reading* find(Oid shard) {
    ListCell* cell;

    if (!is_known) {
        know();
    }
    foreach (cell, readings) {
        const Reading* reading = lfirst(cell);

        if (reading->shard == shard) {
            return reading;
        }
    }
    return NULL;
}

/* The table has another row, or another one less: who keeps it in mind reads it anew, and plans are made anew. */
Datum tessera_reads_changed(PG_FUNCTION_ARGS) {
    TriggerData* trigger = (TriggerData*)fcinfo->context;
    HeapTuple rows[2];

    if (!CALLED_AS_TRIGGER(fcinfo)) {
        ereport(ERROR, (errcode(ERRCODE_E_R_I_E_TRIGGER_PROTOCOL_VIOLATED), errmsg("it is a trigger's")));
    }
    rows[0] = trigger->tg_trigtuple;
    rows[1] = trigger->tg_newtuple;
    for (int i = 0; i < 2; ++i) {
        bool is_null = true;
        Oid shard =
            rows[i] == NULL
                ? InvalidOid
                : DatumGetObjectId(heap_getattr(rows[i], READ_SHARD, RelationGetDescr(trigger->tg_relation), &is_null));

        if (!is_null && SearchSysCacheExists1(RELOID, ObjectIdGetDatum(shard))) {
            CacheInvalidateRelcacheByRelid(shard);
        }
    }
    CacheInvalidateRelcache(trigger->tg_relation);
    return PointerGetDatum(NULL);
}

/* ---- Planning ---- */

static void refuseChange(const Reading* reading) {
    ereport(ERROR, (errcode(ERRCODE_CANNOT_CONNECT_NOW),
                    errmsg("%s can not be changed: node '%s' can't be reached since %s", reading->what, reading->node,
                           timestamptz_to_str(reading->since)),
                    errhint("Try again when the node is back; reads go on from the copy %s.", reading->place)));
}

static bool isThere(const Reading* reading) {
    LockRelationOid(reading->copy, AccessShareLock);
    return get_rel_relkind(reading->copy) == RELKIND_FOREIGN_TABLE;
}

/* Does the shard's source take part in this transaction? What has been written there is not in the copy. */
static bool isChangedHere(const RangeTblEntry* entry, const RelOptInfo* rel) {
    return tsr_participant_find(rel->serverid, tessera_scan_user(entry)) != NULL;
}

static void relationInfo(PlannerInfo* root, Oid relation, bool inherits, RelOptInfo* rel) {
    const Reading* reading;

    if (previous_relation_info_hook != NULL) {
        previous_relation_info_hook(root, relation, inherits, rel);
    }
    if (!OidIsValid(rel->serverid) || (reading = find(relation)) == NULL) {
        return;
    }
    if (isMissing(reading)) {
        if (planner_rt_fetch(rel->relid, root)->rellockmode == AccessShareLock) {
            tessera_plan_missing(rel);
        }
        return;
    }
    /* Its rows are to be changed or locked. */
    if (planner_rt_fetch(rel->relid, root)->rellockmode != AccessShareLock) {
        if (reading->since != 0) {
            refuseChange(reading);
        }
        return;
    }
    if (read_replicas == READ_REPLICAS_FALLBACK &&
        (reading->since != 0 || !isChangedHere(planner_rt_fetch(rel->relid, root), rel)) && isThere(reading)) {
        rel->serverid = GetForeignServerIdByRelId(reading->copy);
    }
}

Oid tessera_table_to_read(const RelOptInfo* rel, Oid table) {
    const Reading* reading;

    if (GetForeignServerIdByRelId(table) == rel->serverid || (reading = find(table)) == NULL) {
        return table;
    }
    return reading->copy;
}

/* Plans say where they read. */
static void modeChanged(int mode, void* extra pg_attribute_unused()) {
    if (mode != read_replicas) {
        ResetPlanCache();
    }
}

/* ---- Running ---- */

/* What the statement that runs has been told. */
static TimestampTz told_at = 0;
static List* told = NIL; /* of Oid */

static bool isTold(Oid shard) {
    MemoryContext before = MemoryContextSwitchTo(TopMemoryContext);
    bool found;

    if (told_at != GetCurrentStatementStartTimestamp()) {
        list_free(told);
        told = NIL;
        told_at = GetCurrentStatementStartTimestamp();
    }
    found = list_member_oid(told, shard);
    if (!found) {
        told = lappend_oid(told, shard);
    }
    MemoryContextSwitchTo(before);
    return found;
}

void tessera_warn_of_copies(List* copies) {
    for (int i = 0; i + 1 < list_length(copies); i += 2) {
        const Reading* reading = find(list_nth_oid(copies, i));

        if (reading == NULL || reading->since == 0 || IsParallelWorker() || isTold(reading->shard)) {
            continue;
        }
        ereport(WARNING,
                (errcode(OLD_ROWS),
                 errmsg("%s is read from its copy %s, which may lack the last changes: node '%s' can't be reached "
                        "since %s",
                        reading->what, reading->place, reading->node, timestamptz_to_str(reading->since)),
                 reading->in_step_at != 0
                     ? errdetail("The copy was in step at %s.", timestamptz_to_str(reading->in_step_at))
                     : 0));
    }
}

void tessera_explain_copies(List* copies, ExplainState* es) {
    for (int i = 0; i + 1 < list_length(copies); i += 2) {
        const Reading* reading = find(list_nth_oid(copies, i));

        if (reading != NULL) {
            ExplainPropertyText("Read From", psprintf("the copy %s of %s", reading->place, reading->what), es);
        }
    }
}

Oid tessera_copy_of(List* copies, Oid table) {
    for (int i = 0; i + 1 < list_length(copies); i += 2) {
        if (list_nth_oid(copies, i) == table) {
            return list_nth_oid(copies, i + 1);
        }
    }
    return table;
}

void tessera_before_change(Oid table) {
    const Reading* reading = find(table);

    if (reading == NULL || isMissing(reading)) {
        return; /* its source says what is wrong */
    }
    if (reading->since != 0) {
        refuseChange(reading);
    } else {
        /* Plans that read the copy would not see the change in this transaction. */
        ResetPlanCache();
    }
}

char* tessera_describe_missing(Oid shard) {
    const Reading* reading = find(shard);

    /* It may have come back since the plan was made. */
    return reading == NULL ? psprintf("a shard (%s)", get_rel_name(shard)) : pstrdup(reading->what);
}

void tessera_warn_of_missing(Oid shard) {
    const Reading* reading = find(shard);

    if (isTold(shard)) {
        return;
    }
    ereport(WARNING, (errcode(MISSING_ROWS),
                      reading == NULL ? errmsg("%s is missing", tessera_describe_missing(shard))
                                      : errmsg("%s is missing: node '%s' can't be reached since %s", reading->what,
                                               reading->node, timestamptz_to_str(reading->since)),
                      errdetail("The rows are those of the other shards.")));
}

bool tessera_is_read_from_copy_of_away(Oid shard) {
    const Reading* reading = OidIsValid(shard) ? find(shard) : NULL;

    return reading != NULL && reading->since != 0;
}

void tessera_replica_init(void) {
    DefineCustomEnumVariable("tessera.read_replicas", "Whether copies of shards are read.",
                             "fallback: where the node of a shard can't be reached; off: never.", &read_replicas,
                             READ_REPLICAS_FALLBACK, modes, PGC_USERSET, 0, NULL, modeChanged, NULL);
    previous_relation_info_hook = get_relation_info_hook;
    get_relation_info_hook = relationInfo;
    CacheRegisterRelcacheCallback(forget, (Datum)0);
}
