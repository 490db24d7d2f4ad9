/* Prepared transactions whose end nobody has told their sources, after a crash or while a source was away: the log
 * says which have committed (transaction.c), all others are rolled back.
 *
 * Where the extension is preloaded, a background worker looks after that in every database; else a session that makes
 * a source with the option two_phase take part starts one for its database, which ends when nothing is in doubt. */
#include "fdw/pg/tessera_fdw.h"

#include "access/genam.h"
#include "access/heapam.h"
#include "access/table.h"
#include "access/tableam.h"
#include "access/transam.h"
#include "access/xact.h"
#include "access/xlog.h"
#include "catalog/indexing.h"
#include "catalog/pg_authid.h"
#include "catalog/pg_database.h"
#include "catalog/pg_foreign_server.h"
#include "catalog/pg_user_mapping.h"
#include "fmgr.h"
#include "miscadmin.h"
#include "nodes/value.h"
#include "pgstat.h"
#include "postmaster/bgworker.h"
#include "postmaster/interrupt.h"
#include "storage/latch.h"
#include "storage/lmgr.h"
#include "storage/lock.h"
#include "storage/procarray.h"
#include "tcop/tcopprot.h"
#include "utils/builtins.h"
#include "utils/fmgroids.h"
#include "utils/guc.h"
#include "utils/memutils.h"
#include "utils/rel.h"
#include "utils/snapmgr.h"

PG_FUNCTION_INFO_V1(tessera_resolve_in_doubt);
PGDLLEXPORT void tessera_resolver_main(Datum database);
PGDLLEXPORT void tessera_resolver_launcher(Datum argument);

static int resolveInterval = 30; /* s; 0: nothing happens by itself */

/* A prepared transaction's name, taken apart. */
typedef struct PreparedName {
    char* name;
    char* log_key; /* as tessera.two_phase_log has it */
    Oid database;
    uint64 transaction;
    Oid server;
    Oid user;
} PreparedName;

static bool parseName(const char* name, PreparedName* parsed) {
    const char* prefix = tessera_gid_prefix();
    unsigned database;
    unsigned server;
    unsigned user;
    unsigned long long transaction;
    int end = 0;

    if (strncmp(name, prefix, strlen(prefix)) != 0 ||
        sscanf(name + strlen(prefix), "%u_%llu_%u_%u%n", &database, &transaction, &server, &user, &end) != 4 ||
        name[strlen(prefix) + (size_t)end] != '\0') {
        return false;
    }
    parsed->name = pstrdup(name);
    parsed->log_key = psprintf("%s%u_%llu", prefix, database, transaction);
    parsed->database = database;
    parsed->transaction = transaction;
    parsed->server = server;
    parsed->user = user;
    return true;
}

static void collectName(void* context, const char* name) {
    List** names = context;

    *names = lappend(*names, pstrdup(name));
}

/* Is the row of a committed transaction there? With a snapshot of now: the transaction may have ended just before. */
static bool isLogged(const char* log_key) {
    Relation relation = table_open(tessera_log_table(), AccessShareLock);
    Snapshot snapshot = RegisterSnapshot(GetLatestSnapshot());
    ScanKeyData key;
    SysScanDesc scan;
    bool found;

    ScanKeyInit(&key, 1, BTEqualStrategyNumber, F_TEXTEQ, CStringGetTextDatum(log_key));
    scan = systable_beginscan(relation, InvalidOid, false, snapshot, 1, &key);
    found = HeapTupleIsValid(systable_getnext(scan));
    systable_endscan(scan);
    UnregisterSnapshot(snapshot);
    table_close(relation, AccessShareLock);
    return found;
}

/* Is its transaction over? What is too old to be known of is. */
static bool isOver(const PreparedName* name) {
    FullTransactionId id = FullTransactionIdFromU64(name->transaction);

    return !TransactionIdIsInProgress(XidFromFullTransactionId(id)) ||
           U64FromFullTransactionId(id) + (UINT64CONST(1) << 31) <
               U64FromFullTransactionId(ReadNextFullTransactionId());
}

/* Is it one of this source's? `mapped` are the users with a mapping of their own; what others prepared by the one for
 * everybody is seen by whoever uses that. */
static bool belongsTo(const PreparedName* name, const TsrSource* source, bool for_everybody, List* mapped) {
    return name->server == source->server &&
           (name->user == source->user || (for_everybody && !list_member_oid(mapped, name->user)));
}

/* A mapping by which prepared transactions may have been made. */
typedef struct Mapping {
    Oid server;
    Oid user;
    bool for_everybody;
    List* mapped;
} Mapping;

static bool hasName(List* names, const char* name) {
    ListCell* cell;

    foreach (cell, names) {
        if (strcmp(strVal(lfirst(cell)), name) == 0) {
            return true;
        }
    }
    return false;
}

/* ---- The log's rows, which nobody needs when all sources have been told ---- */

/* What is known of the sources after they have been asked. */
typedef struct Census {
    List* asked;  /* Mappings */
    List* exists; /* Strings: log keys of what is prepared, or may be, at one of them */
} Census;

/* A row of the log whose transaction is over. */
typedef struct LogRow {
    char* key;
    char* parts;
} LogRow;

static bool parseKey(const char* key, PreparedName* parsed) {
    return parseName(psprintf("%s_0_0", key), parsed);
}

/* To be read before the sources are asked: what these transactions had to prepare they have prepared before, and a
 * source that says nothing of it has been told how it ended. */
static List* readLog(void) {
    Relation relation = table_open(tessera_log_table(), AccessShareLock);
    Snapshot snapshot = RegisterSnapshot(GetLatestSnapshot());
    SysScanDesc scan = systable_beginscan(relation, InvalidOid, false, snapshot, 0, NULL);
    List* rows = NIL;
    HeapTuple tuple;

    while (HeapTupleIsValid(tuple = systable_getnext(scan))) {
        LogRow* row = palloc(sizeof(LogRow));
        PreparedName name;
        Datum values[2];
        bool nulls[2];

        heap_deform_tuple(tuple, RelationGetDescr(relation), values, nulls);
        row->key = TextDatumGetCString(values[0]);
        row->parts = TextDatumGetCString(values[1]);
        if (row->parts[0] != '\0' && parseKey(row->key, &name) && name.database == MyDatabaseId && isOver(&name)) {
            rows = lappend(rows, row);
        }
    }
    systable_endscan(scan);
    UnregisterSnapshot(snapshot);
    table_close(relation, AccessShareLock);
    return rows;
}

/* Has the source been asked as the user who prepared there? One that is no more has nothing to be told. */
static bool isAsked(const Census* census, Oid server, Oid user) {
    ListCell* cell;

    foreach (cell, census->asked) {
        const Mapping* mapping = lfirst(cell);

        if (mapping->server == server &&
            (mapping->user == user || (mapping->for_everybody && !list_member_oid(mapping->mapped, user)))) {
            return true;
        }
    }
    return GetForeignServerExtended(server, FSV_MISSING_OK) == NULL;
}

static bool allAreAsked(const Census* census, const char* parts) {
    unsigned server;
    unsigned user;
    int size;

    for (; sscanf(parts, "%u_%u%n", &server, &user, &size) == 2; parts += size) {
        if (!isAsked(census, server, user)) {
            return false;
        }
    }
    return *parts == '\0';
}

/* Deletes those of the rows that nobody will ask for. */
static void pruneLog(List* rows, const Census* census) {
    Relation relation;
    Snapshot snapshot;
    ListCell* cell;

    if (rows == NIL || XactReadOnly) {
        return;
    }
    /* One at a time; writers go on. */
    relation = table_open(tessera_log_table(), ShareUpdateExclusiveLock);
    snapshot = RegisterSnapshot(GetLatestSnapshot());

    foreach (cell, rows) {
        const LogRow* row = lfirst(cell);
        ScanKeyData key;
        SysScanDesc scan;
        HeapTuple tuple;

        if (hasName(census->exists, row->key) || !allAreAsked(census, row->parts)) {
            continue;
        }
        ScanKeyInit(&key, 1, BTEqualStrategyNumber, F_TEXTEQ, CStringGetTextDatum(row->key));
        scan = systable_beginscan(relation, InvalidOid, false, snapshot, 1, &key);
        tuple = systable_getnext(scan);
        if (HeapTupleIsValid(tuple)) {
            simple_heap_delete(relation, &tuple->t_self);
        }
        systable_endscan(scan);
    }
    UnregisterSnapshot(snapshot);
    table_close(relation, NoLock);
}

/* Commits or rolls back what a source has prepared of ended transactions of this database, but only names of `known`
 * where that is not NULL. Adds to *left what is in doubt afterwards; returns how many it ended. */
static int resolveSource(const Mapping* mapping, List** known, List** left, Census* census) {
    TsrSource* source = tessera_source(mapping->server, mapping->user);
    List* names = NIL;
    TsrError error = {0};
    ListCell* cell;
    int count = 0;

    if (tsr_source_list_prepared(source, &tessera_host, psprintf("%s%u_", tessera_gid_prefix(), MyDatabaseId),
                                 collectName, &names, &error) != TSR_OK) {
        ereport(WARNING, (errmsg("source \"%s\": %s", source->name, error.message)));
        return 0;
    }
    census->asked = lappend(census->asked, (void*)mapping);
    foreach (cell, names) {
        PreparedName name;

        if (!parseName(lfirst(cell), &name)) {
            continue;
        }
        if (!belongsTo(&name, source, mapping->for_everybody, mapping->mapped) || !isOver(&name)) {
            census->exists = lappend(census->exists, makeString(name.log_key));
            continue;
        }
        if (known != NULL && !hasName(*known, name.name)) {
            *left = lappend(*left, makeString(name.name));
            census->exists = lappend(census->exists, makeString(name.log_key));
            continue;
        }
        if (tsr_source_finish_prepared(source, &tessera_host, name.name, isLogged(name.log_key), &error) != TSR_OK) {
            ereport(WARNING, (errmsg("source \"%s\": %s", source->name, error.message)));
            *left = lappend(*left, makeString(name.name));
            census->exists = lappend(census->exists, makeString(name.log_key));
            continue;
        }
        ++count;
    }
    return count;
}

/* The server's mappings; the one for everybody is used as the current user. */
static List* mappingsOf(Oid server) {
    Relation relation = table_open(UserMappingRelationId, AccessShareLock);
    SysScanDesc scan = systable_beginscan(relation, InvalidOid, false, NULL, 0, NULL);
    HeapTuple tuple;
    List* users = NIL;
    List* mappings = NIL;
    bool for_everybody = false;
    ListCell* cell;

    while (HeapTupleIsValid(tuple = systable_getnext(scan))) {
        Form_pg_user_mapping mapping = (Form_pg_user_mapping)GETSTRUCT(tuple);

        if (mapping->umserver == server && OidIsValid(mapping->umuser)) {
            users = lappend_oid(users, mapping->umuser);
        } else if (mapping->umserver == server) {
            for_everybody = true;
        }
    }
    systable_endscan(scan);
    table_close(relation, AccessShareLock);
    foreach (cell, users) {
        Mapping* mapping = palloc(sizeof(Mapping));

        *mapping = (Mapping){server, lfirst_oid(cell), false, users};
        mappings = lappend(mappings, mapping);
    }
    if (for_everybody && !list_member_oid(users, GetUserId())) {
        Mapping* mapping = palloc(sizeof(Mapping));

        *mapping = (Mapping){server, GetUserId(), true, users};
        mappings = lappend(mappings, mapping);
    }
    return mappings;
}

static List* twoPhaseServers(void) {
    Relation relation = table_open(ForeignServerRelationId, AccessShareLock);
    SysScanDesc scan = systable_beginscan(relation, InvalidOid, false, NULL, 0, NULL);
    HeapTuple tuple;
    List* servers = NIL;

    while (HeapTupleIsValid(tuple = systable_getnext(scan))) {
        ForeignServer* server = GetForeignServer(((Form_pg_foreign_server)GETSTRUCT(tuple))->oid);

        if (strcmp(GetForeignDataWrapper(server->fdwid)->fdwname, "tessera_fdw") == 0 &&
            tessera_bool_option(server->options, "two_phase", false)) {
            servers = lappend_oid(servers, server->serverid);
        }
    }
    systable_endscan(scan);
    table_close(relation, AccessShareLock);
    return servers;
}

static List* twoPhaseMappings(void) {
    List* mappings = NIL;
    ListCell* cell;

    foreach (cell, twoPhaseServers()) {
        mappings = list_concat(mappings, mappingsOf(lfirst_oid(cell)));
    }
    return mappings;
}

/* tessera.resolve_in_doubt() returns integer: prepared transactions that were ended */
Datum tessera_resolve_in_doubt(PG_FUNCTION_ARGS) {
    List* rows = readLog();
    List* left = NIL;
    Census census = {NIL, NIL};
    ListCell* cell;
    int count = 0;

    (void)fcinfo;
    foreach (cell, twoPhaseMappings()) {
        count += resolveSource(lfirst(cell), NULL, &left, &census);
    }
    pruneLog(rows, &census);
    PG_RETURN_INT32(count);
}

/* ---- The workers ---- */

/* A transaction that has just committed may be about to tell its sources itself: what is in doubt must be so for that
 * long before a worker ends it. */
#define GRACE_MS 1000L

/* Runs `step` in a transaction of its own. What it fails with is logged: the others go on. */
static void inTransaction(void (*step)(void* argument), void* argument) {
    StartTransactionCommand();
    PushActiveSnapshot(GetTransactionSnapshot());
    PG_TRY();
    {
        step(argument);
        PopActiveSnapshot();
        CommitTransactionCommand();
    }
    PG_CATCH();
    {
        HOLD_INTERRUPTS();
        EmitErrorReport();
        AbortCurrentTransaction();
        FlushErrorState();
        RESUME_INTERRUPTS();
    }
    PG_END_TRY();
}

typedef struct Pass {
    MemoryContext context; /* of the lists */
    List* mappings;
    const Mapping* mapping; /* at hand */
    List* known;
    List* left;
    List* rows; /* of the log */
    Census census;
} Pass;

static void findMappings(void* argument) {
    Pass* pass = argument;
    MemoryContext before = MemoryContextSwitchTo(pass->context);

    if (OidIsValid(tessera_log_table())) {
        pass->rows = readLog();
        pass->mappings = twoPhaseMappings();
    }
    MemoryContextSwitchTo(before);
}

static void resolveMapping(void* argument) {
    Pass* pass = argument;
    MemoryContext before = MemoryContextSwitchTo(pass->context);

    resolveSource(pass->mapping, &pass->known, &pass->left, &pass->census);
    MemoryContextSwitchTo(before);
}

static void pruneAfterwards(void* argument) {
    Pass* pass = argument;

    pruneLog(pass->rows, &pass->census);
}

/* Looks at all sources; returns what is in doubt afterwards. */
static List* resolveAll(MemoryContext context, List* known) {
    Pass pass = {.context = context, .known = known};
    ListCell* cell;

    inTransaction(findMappings, &pass);
    foreach (cell, pass.mappings) {
        pass.mapping = lfirst(cell);
        inTransaction(resolveMapping, &pass);
    }
    inTransaction(pruneAfterwards, &pass);
    return pass.left;
}

static void rest(long milliseconds) {
    (void)WaitLatch(MyLatch, WL_LATCH_SET | WL_TIMEOUT | WL_EXIT_ON_PM_DEATH, milliseconds, PG_WAIT_EXTENSION);
    ResetLatch(MyLatch);
    CHECK_FOR_INTERRUPTS();
    if (ConfigReloadPending) {
        ConfigReloadPending = false;
        ProcessConfigFile(PGC_SIGHUP);
    }
}

/* One worker a database: the others have nothing to do. */
static bool isOnlyOne(void) {
    LOCKTAG tag;

    SET_LOCKTAG_ADVISORY(tag, MyDatabaseId, 0x7465, 0x7373, 2);
    return LockAcquire(&tag, ExclusiveLock, true, true) != LOCKACQUIRE_NOT_AVAIL;
}

static void takeLock(void* argument) {
    *(bool*)argument = isOnlyOne();
}

/* Of one database; `bgw_extra` begins with true when one look is enough, else it goes on while something is in doubt.
 */
void tessera_resolver_main(Datum database) {
    MemoryContext context = AllocSetContextCreate(TopMemoryContext, "tessera_fdw resolver", ALLOCSET_DEFAULT_SIZES);
    bool once = MyBgworkerEntry->bgw_extra[0] != 0;
    bool is_only = false;
    List* known = NIL;

    pqsignal(SIGHUP, SignalHandlerForConfigReload);
    pqsignal(SIGTERM, die);
    BackgroundWorkerUnblockSignals();
    BackgroundWorkerInitializeConnectionByOid(DatumGetObjectId(database), InvalidOid, 0);
    inTransaction(takeLock, &is_only);
    while (is_only && resolveInterval > 0) {
        known = resolveAll(context, known);
        if (known == NIL) {
            break;
        }
        rest(GRACE_MS);
        known = resolveAll(context, known);
        if (known == NIL || once) {
            break;
        }
        rest(resolveInterval * 1000L);
    }
}

static BackgroundWorker workerFor(const char* function, Oid database, bool once) {
    BackgroundWorker worker = {0};

    worker.bgw_flags = BGWORKER_SHMEM_ACCESS | BGWORKER_BACKEND_DATABASE_CONNECTION;
    worker.bgw_start_time = BgWorkerStart_RecoveryFinished;
    worker.bgw_restart_time = BGW_NEVER_RESTART;
    snprintf(worker.bgw_library_name, BGW_MAXLEN, "$libdir/tessera_fdw");
    snprintf(worker.bgw_function_name, BGW_MAXLEN, "%s", function);
    snprintf(worker.bgw_name, BGW_MAXLEN, "tessera_fdw resolver");
    snprintf(worker.bgw_type, BGW_MAXLEN, "tessera_fdw resolver");
    worker.bgw_main_arg = ObjectIdGetDatum(database);
    worker.bgw_extra[0] = (char)once;
    return worker;
}

static void listDatabases(void* argument) {
    List** databases = argument;
    Relation relation = table_open(DatabaseRelationId, AccessShareLock);
    TableScanDesc scan = table_beginscan_catalog(relation, 0, NULL);
    HeapTuple tuple;

    while (HeapTupleIsValid(tuple = heap_getnext(scan, ForwardScanDirection))) {
        Form_pg_database database = (Form_pg_database)GETSTRUCT(tuple);

        if (database->datallowconn && !database->datistemplate) {
            MemoryContext before = MemoryContextSwitchTo(TopMemoryContext);

            *databases = lappend_oid(*databases, database->oid);
            MemoryContextSwitchTo(before);
        }
    }
    table_endscan(scan);
    table_close(relation, AccessShareLock);
}

/* Where the extension is preloaded: looks into one database after the other, all the time. */
void tessera_resolver_launcher(Datum argument pg_attribute_unused()) {
    pqsignal(SIGHUP, SignalHandlerForConfigReload);
    pqsignal(SIGTERM, die);
    BackgroundWorkerUnblockSignals();
    BackgroundWorkerInitializeConnection(NULL, NULL, 0);
    for (;;) {
        List* databases = NIL;
        ListCell* cell;

        if (resolveInterval > 0) {
            inTransaction(listDatabases, &databases);
        }
        foreach (cell, databases) {
            BackgroundWorker worker = workerFor("tessera_resolver_main", lfirst_oid(cell), true);
            BackgroundWorkerHandle* handle;

            worker.bgw_notify_pid = MyProcPid;
            if (RegisterDynamicBackgroundWorker(&worker, &handle)) {
                (void)WaitForBackgroundWorkerShutdown(handle);
                pfree(handle);
            }
        }
        list_free(databases);
        rest(resolveInterval > 0 ? resolveInterval * 1000L : 60000L);
    }
}

static bool hasLauncher = false;

void tessera_want_resolver(void) {
    BackgroundWorker worker = workerFor("tessera_resolver_main", MyDatabaseId, false);

    /* Where there is no place for a worker, the next session tries again. */
    if (!hasLauncher && resolveInterval > 0) {
        (void)RegisterDynamicBackgroundWorker(&worker, NULL);
    }
}

void tessera_register_resolver(void) {
    DefineCustomIntVariable("tessera.resolve_interval", "How often transactions in doubt are looked after.",
                            "0: only by tessera.resolve_in_doubt().", &resolveInterval, 30, 0, 86400, PGC_SIGHUP,
                            GUC_UNIT_S, NULL, NULL, NULL);
    if (process_shared_preload_libraries_in_progress) {
        BackgroundWorker worker = workerFor("tessera_resolver_launcher", InvalidOid, false);

        worker.bgw_restart_time = 10;
        snprintf(worker.bgw_name, BGW_MAXLEN, "tessera_fdw resolver launcher");
        snprintf(worker.bgw_type, BGW_MAXLEN, "tessera_fdw resolver launcher");
        RegisterBackgroundWorker(&worker);
        hasLauncher = true;
    }
}
