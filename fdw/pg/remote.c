/* For what SQL can't say: statements in the source's own words; and a look at the sessions with sources. */
#include "fdw/pg/tessera_fdw.h"

#include "access/genam.h"
#include "access/table.h"
#include "access/transam.h"
#include "access/xact.h"
#include "access/xlog.h"
#include "catalog/indexing.h"
#include "catalog/pg_authid.h"
#include "catalog/pg_foreign_server.h"
#include "catalog/pg_type.h"
#include "catalog/pg_user_mapping.h"
#include "fmgr.h"
#include "funcapi.h"
#include "miscadmin.h"
#include "storage/procarray.h"
#include "utils/acl.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/fmgroids.h"
#include "utils/rel.h"
#include "utils/snapmgr.h"
#include "utils/timestamp.h"

PG_FUNCTION_INFO_V1(tessera_remote_query);
PG_FUNCTION_INFO_V1(tessera_remote_execute);
PG_FUNCTION_INFO_V1(tessera_connections);
PG_FUNCTION_INFO_V1(tessera_close_connections);
PG_FUNCTION_INFO_V1(tessera_resolve_in_doubt);

/* ---- remote_query, remote_execute ---- */

static TsrSource* usableSource(const char* name) {
    ForeignServer* server = GetForeignServerByName(name, false);
    AclResult acl = pg_foreign_server_aclcheck(server->serverid, GetUserId(), ACL_USAGE);

    if (acl != ACLCHECK_OK) {
        aclcheck_error(acl, OBJECT_FOREIGN_SERVER, name);
    }
    return tessera_source(server->serverid, GetUserId());
}

/* The values of the variadic text[]; the source takes each for the type of the place where it stands. */
static TsrParam* textParams(ArrayType* array, int* count) {
    Datum* values;
    bool* nulls;
    TsrParam* params;

    deconstruct_array(array, TEXTOID, -1, false, TYPALIGN_INT, &values, &nulls, count);
    params = palloc(sizeof(TsrParam) * (Size)(*count + 1));
    for (int i = 0; i < *count; ++i) {
        char* value = nulls[i] ? NULL : TextDatumGetCString(values[i]);

        params[i] = (TsrParam){TSR_TYPE_LITERAL, nulls[i], value, nulls[i] ? 0 : strlen(value)};
    }
    return params;
}

/* A statement in the source's own words may change anything: it runs in this transaction's session, if the source has
 * transactions, and counts as a change unless this transaction may only read. */
static Fetch* startText(FunctionCallInfo fcinfo, int columns, const Oid* types, const int32* typmods) {
    TsrSource* source = usableSource(NameStr(*PG_GETARG_NAME(0)));
    const char* statement = text_to_cstring(PG_GETARG_TEXT_PP(1));
    int count;
    TsrParam* params = textParams(PG_GETARG_ARRAYTYPE_P(2), &count);
    Fetch* fetch = tessera_fetch_create(CurrentMemoryContext, source, statement, columns, types, typmods);
    TsrParticipant* participant = tessera_join(source, TSR_USE_READ);

    if ((tsr_participant_capabilities(participant) & TSR_CAN_TRANSACT) != 0) {
        tessera_fetch_for(fetch, XactReadOnly ? TSR_USE_READ : TSR_USE_CHANGE);
    }
    tessera_fetch_start(fetch, params, count);
    return fetch;
}

/* tessera.remote_query(server name, statement text, VARIADIC parameters text[]) returns setof record */
Datum tessera_remote_query(PG_FUNCTION_ARGS) {
    ReturnSetInfo* result = (ReturnSetInfo*)fcinfo->resultinfo;
    TupleDesc row;
    Oid* types;
    int32* typmods;
    Datum* values;
    bool* nulls;
    Fetch* fetch;

    InitMaterializedSRF(fcinfo, 0);
    row = result->setDesc;
    types = palloc(sizeof(Oid) * (Size)(row->natts + 1));
    typmods = palloc(sizeof(int32) * (Size)(row->natts + 1));
    values = palloc(sizeof(Datum) * (Size)(row->natts + 1));
    nulls = palloc(sizeof(bool) * (Size)(row->natts + 1));
    for (int i = 0; i < row->natts; ++i) {
        types[i] = TupleDescAttr(row, i)->atttypid;
        typmods[i] = TupleDescAttr(row, i)->atttypmod;
    }
    fetch = startText(fcinfo, row->natts, types, typmods);
    while (tessera_fetch_next(fetch, values, nulls)) {
        tuplestore_putvalues(result->setResult, row, values, nulls);
    }
    tessera_fetch_stop(fetch);
    return (Datum)0;
}

/* tessera.remote_execute(server name, statement text, VARIADIC parameters text[]) returns bigint: rows changed */
Datum tessera_remote_execute(PG_FUNCTION_ARGS) {
    Fetch* fetch = startText(fcinfo, 0, NULL, NULL);
    int64 count;

    while (tessera_fetch_next(fetch, NULL, NULL)) {
    }
    count = tessera_fetch_affected(fetch);
    tessera_fetch_stop(fetch);
    if (count < 0) {
        PG_RETURN_NULL();
    }
    PG_RETURN_INT64(count);
}

/* ---- Sessions ---- */

static Datum timestampOf(int64_t since_1970) {
    return TimestampTzGetDatum(since_1970 - ((int64)(POSTGRES_EPOCH_JDATE - UNIX_EPOCH_JDATE) * USECS_PER_DAY));
}

/* A person sees their own sessions; who may see others' statistics, all. */
Datum tessera_connections(PG_FUNCTION_ARGS) {
    ReturnSetInfo* result = (ReturnSetInfo*)fcinfo->resultinfo;

    InitMaterializedSRF(fcinfo, 0);
    for (size_t i = 0; i < tsr_session_count(); ++i) {
        TsrSessionReport session = tsr_session_at(i);
        ForeignServer* server = GetForeignServerExtended(session.server, FSV_MISSING_OK);
        char* user = GetUserNameFromId(session.user, true);
        Datum values[9];
        bool nulls[9] = {false};

        if (!has_privs_of_role(GetUserId(), session.user) && !has_privs_of_role(GetUserId(), ROLE_PG_READ_ALL_STATS)) {
            continue;
        }
        nulls[0] = server == NULL;
        values[0] = nulls[0] ? (Datum)0 : CStringGetTextDatum(server->servername);
        nulls[1] = user == NULL;
        values[1] = nulls[1] ? (Datum)0 : CStringGetTextDatum(user);
        values[2] = CStringGetTextDatum(session.idle ? "idle" : "in use");
        values[3] = BoolGetDatum(session.in_transaction);
        values[4] = BoolGetDatum(session.changed);
        values[5] = timestampOf(session.opened_us);
        values[6] = timestampOf(session.used_us);
        values[7] = Int64GetDatum(session.statements);
        nulls[8] = session.last_error[0] == '\0';
        values[8] = nulls[8] ? (Datum)0 : CStringGetTextDatum(session.last_error);
        tuplestore_putvalues(result->setResult, result->setDesc, values, nulls);
    }
    return (Datum)0;
}

/* tessera.close_connections(server name DEFAULT NULL) returns integer: idle sessions closed */
Datum tessera_close_connections(PG_FUNCTION_ARGS) {
    Oid server = PG_ARGISNULL(0) ? InvalidOid : GetForeignServerByName(NameStr(*PG_GETARG_NAME(0)), false)->serverid;

    PG_RETURN_INT32(tsr_sessions_close(server));
}

/* ---- In-doubt transactions ---- */

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

/* Commits or rolls back what a source has prepared of ended transactions of this database; returns how many. */
static int resolveSource(TsrSource* source) {
    List* names = NIL;
    TsrError error = {0};
    ListCell* cell;
    int count = 0;

    if (tsr_source_list_prepared(source, &tessera_host, psprintf("%s%u_", tessera_gid_prefix(), MyDatabaseId),
                                 collectName, &names, &error) != TSR_OK) {
        ereport(WARNING, (errmsg("source \"%s\": %s", source->name, error.message)));
        return 0;
    }
    foreach (cell, names) {
        PreparedName name;

        if (!parseName(lfirst(cell), &name) || name.server != source->server || name.user != source->user ||
            !isOver(&name)) {
            continue;
        }
        if (tsr_source_finish_prepared(source, &tessera_host, name.name, isLogged(name.log_key), &error) != TSR_OK) {
            ereport(WARNING, (errmsg("source \"%s\": %s", source->name, error.message)));
            continue;
        }
        ++count;
    }
    return count;
}

static List* usersOf(Oid server) {
    Relation relation = table_open(UserMappingRelationId, AccessShareLock);
    SysScanDesc scan = systable_beginscan(relation, InvalidOid, false, NULL, 0, NULL);
    HeapTuple tuple;
    List* users = NIL;

    while (HeapTupleIsValid(tuple = systable_getnext(scan))) {
        Form_pg_user_mapping mapping = (Form_pg_user_mapping)GETSTRUCT(tuple);

        if (mapping->umserver == server) {
            users = list_append_unique_oid(users, OidIsValid(mapping->umuser) ? mapping->umuser : GetUserId());
        }
    }
    systable_endscan(scan);
    table_close(relation, AccessShareLock);
    return users;
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

/* tessera.resolve_in_doubt() returns integer: prepared transactions that were ended */
Datum tessera_resolve_in_doubt(PG_FUNCTION_ARGS) {
    ListCell* server_cell;
    ListCell* user_cell;
    int count = 0;

    (void)fcinfo;
    foreach (server_cell, twoPhaseServers()) {
        foreach (user_cell, usersOf(lfirst_oid(server_cell))) {
            count += resolveSource(tessera_source(lfirst_oid(server_cell), lfirst_oid(user_cell)));
        }
    }
    PG_RETURN_INT32(count);
}
