/* What fdw/core and the connectors get from PostgreSQL: interrupts; and what PostgreSQL gets of them: errors,
 * ownership. */
#include "fdw/pg/session_role.h"
#include "fdw/pg/tessera_fdw.h"

#include "mb/pg_wchar.h"
#include "miscadmin.h"
#include "utils/memutils.h"
#include "utils/timestamp.h"

/* When a source must have answered, in microseconds; 0: whenever it does. Read by connectors' threads. */
static volatile int64 answer_due = 0;
static uint32 answer_timeout_s = 0;

static int64 now(void) {
    return (int64)GetCurrentTimestamp();
}

void tessera_start_timeout(const TsrSource* source) {
    answer_timeout_s = source->query_timeout_s;
    answer_due = answer_timeout_s > 0 ? now() + (int64)answer_timeout_s * USECS_PER_SEC : 0;
}

static bool timedOut(void) {
    return answer_due != 0 && now() > answer_due;
}

/* Any thread may ask: these are plain flags that the signal handlers set. */
static TsrSignal pollSignal(const TsrHost* host pg_attribute_unused()) {
    if (timedOut()) {
        return TSR_SIGNAL_CANCEL;
    }
    if (!InterruptPending) {
        return TSR_SIGNAL_NONE;
    }
    return QueryCancelPending || ProcDiePending ? TSR_SIGNAL_CANCEL : TSR_SIGNAL_ATTENTION;
}

static const char* dialectDirectory(const TsrHost* host pg_attribute_unused()) {
    return tessera_dialect_directory != NULL ? tessera_dialect_directory : "";
}

const TsrHost tessera_host = {sizeof(TsrHost),  pollSignal,           tessera_delegate,
                              dialectDirectory, tessera_store_socket, tessera_session_role};

static int packedSqlState(const char* sqlstate) {
    if (strlen(sqlstate) != 5 || strcmp(sqlstate, "00000") == 0) {
        return ERRCODE_FDW_ERROR;
    }
    return MAKE_SQLSTATE(sqlstate[0], sqlstate[1], sqlstate[2], sqlstate[3], sqlstate[4]);
}

static void raiseTimeout(const char* source, uint32 timeout_s) {
    ereport(ERROR, (errcode(ERRCODE_QUERY_CANCELED),
                    errmsg("source \"%s\": no answer within %u s", source != NULL ? source : "?", timeout_s),
                    errhint("The server's option query_timeout sets how long is waited.")));
}

void tessera_check_timeout(const TsrSource* source, TimestampTz since) {
    if (source->query_timeout_s > 0 && now() - since > (int64)source->query_timeout_s * USECS_PER_SEC) {
        raiseTimeout(source->name, source->query_timeout_s);
    }
}

/* As much of it as helps: one with thousands of values would hide the message. */
static int addStatement(const char* statement) {
    const int most = 2000;
    const int size = (int)Min(strlen(statement), PG_INT32_MAX);

    if (size <= most) {
        return errcontext("remote SQL: %s", statement);
    }
    return errcontext("remote SQL: %.*s…", pg_mbcliplen(statement, size, most), statement);
}

/* Where in the detail that begins, or its end. */
static const char* contextIn(const char* detail) {
    const char* mark = TSR_AT_THE_SOURCE;
    const char* at = detail;

    while (strncmp(at, mark, strlen(mark)) != 0) {
        const char* line = strchr(at, '\n');

        if (line == NULL) {
            return at + strlen(at);
        }
        at = line + 1;
    }
    return at;
}

void tessera_raise(const char* source, const TsrError* error) {
    tessera_raise_of(source, NULL, error);
}

void tessera_raise_of(const char* source, const char* statement, const TsrError* error) {
    const char* context = contextIn(error->detail);
    /* Without the end of the line before it. */
    const int detail_size = (int)(context - error->detail) - (*context != '\0' && context > error->detail ? 1 : 0);

    /* A statement that stopped because we were cancelled: PostgreSQL knows why, and says it in its own words. */
    CHECK_FOR_INTERRUPTS();
    if (timedOut() && strcmp(error->sqlstate, "57014") == 0) {
        answer_due = 0;
        raiseTimeout(source, answer_timeout_s);
    }
    ereport(ERROR, (errcode(packedSqlState(error->sqlstate)),
                    source != NULL ? errmsg("source \"%s\": %s", source, error->message) : errmsg("%s", error->message),
                    detail_size > 0 ? errdetail_internal("%.*s", detail_size, error->detail) : 0,
                    error->hint[0] != '\0' ? errhint("%s", error->hint) : 0,
                    *context != '\0' ? errcontext("%s", context) : 0, statement != NULL ? addStatement(statement) : 0));
    pg_unreachable();
}

struct TesseraOwned {
    MemoryContextCallback callback;
    void* object;
    void (*destroy)(void* object);
};

static void destroyOwned(void* argument) {
    TesseraOwned* owned = argument;

    if (owned->object != NULL) {
        void* object = owned->object;

        owned->object = NULL;
        owned->destroy(object);
    }
}

TesseraOwned* tessera_own(MemoryContext context, void* object, void (*destroy)(void* object)) {
    TesseraOwned* owned = MemoryContextAllocExtended(context, sizeof(TesseraOwned), MCXT_ALLOC_NO_OOM);

    if (owned == NULL) {
        destroy(object);
        ereport(ERROR, (errcode(ERRCODE_OUT_OF_MEMORY), errmsg("out of memory")));
    }
    owned->object = object;
    owned->destroy = destroy;
    owned->callback.func = destroyOwned;
    owned->callback.arg = owned;
    MemoryContextRegisterResetCallback(context, &owned->callback);
    return owned;
}

void tessera_disown(TesseraOwned* owned) {
    if (owned != NULL) {
        destroyOwned(owned);
    }
}
