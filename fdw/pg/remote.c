/* For what SQL can't say: statements in the source's own words; and a look at the sessions with sources. */
#include "fdw/pg/delegated_join.h"

#include "access/xact.h"
#include "catalog/pg_authid.h"
#include "catalog/pg_type.h"
#include "fmgr.h"
#include "funcapi.h"
#include "miscadmin.h"
#include "utils/acl.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/timestamp.h"

PG_FUNCTION_INFO_V1(tessera_remote_query);
PG_FUNCTION_INFO_V1(tessera_remote_execute);
PG_FUNCTION_INFO_V1(tessera_connections);
PG_FUNCTION_INFO_V1(tessera_close_connections);

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
static void mayChange(Fetch* fetch, TsrSource* source) {
    TsrParticipant* participant = tessera_join(source, TSR_USE_READ);

    if ((tsr_participant_capabilities(participant) & TSR_CAN_TRANSACT) != 0) {
        tessera_fetch_for(fetch, XactReadOnly ? TSR_USE_READ : TSR_USE_CHANGE);
    }
}

Datum tessera_rows_of(FunctionCallInfo fcinfo, TsrSource* source, const char* statement, const TsrParam* params,
                      int count, bool may_change, TsrScanProgress* moved) {
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
    tessera_audit_source(source->name);
    fetch = tessera_fetch_create(CurrentMemoryContext, source, statement, row->natts, types, typmods);
    if (may_change) {
        mayChange(fetch, source);
    }
    tessera_fetch_start(fetch, params, count);
    while (tessera_fetch_next(fetch, values, nulls)) {
        tuplestore_putvalues(result->setResult, row, values, nulls);
    }
    tessera_fetch_stop(fetch);
    if (moved != NULL) {
        *moved = tessera_fetch_progress(fetch);
    }
    return (Datum)0;
}

/* tessera.remote_query(server name, statement text, VARIADIC parameters text[]) returns setof record */
Datum tessera_remote_query(PG_FUNCTION_ARGS) {
    TsrSource* source = usableSource(NameStr(*PG_GETARG_NAME(0)));
    int count;
    TsrParam* params = textParams(PG_GETARG_ARRAYTYPE_P(2), &count);

    return tessera_rows_of(fcinfo, source, text_to_cstring(PG_GETARG_TEXT_PP(1)), params, count, true, NULL);
}

/* tessera.remote_execute(server name, statement text, VARIADIC parameters text[]) returns bigint: rows changed */
Datum tessera_remote_execute(PG_FUNCTION_ARGS) {
    TsrSource* source = usableSource(NameStr(*PG_GETARG_NAME(0)));
    int param_count;
    TsrParam* params = textParams(PG_GETARG_ARRAYTYPE_P(2), &param_count);
    Fetch* fetch =
        tessera_fetch_create(CurrentMemoryContext, source, text_to_cstring(PG_GETARG_TEXT_PP(1)), 0, NULL, NULL);
    int64 count;

    tessera_audit_source(source->name);
    mayChange(fetch, source);
    tessera_fetch_start(fetch, params, param_count);
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
