/* What memory a session may take: the setting tessera.session_memory, which a superuser gives to a role.
 *
 * The kernel keeps the limit (RLIMIT_DATA: private writable memory, not the shared buffers), so that it holds for
 * PostgreSQL, the connectors and the libraries behind them alike. PostgreSQL and the C libraries report an allocation
 * that failed as an error. C++ needs memory to do so: its first allocation that fails gets some from a reserve, and
 * the statement is ended at its next check for interrupts. Beyond the reserve std::bad_alloc becomes an error at the
 * connectors' boundary. */
#include "fdw/core/fdw_core.h"
#include "fdw/pg/tessera_fdw.h"

#include "access/xact.h"
#include "miscadmin.h"
#include "utils/guc.h"
#include <malloc.h>
#include <signal.h>
#include <stdio.h>
#include <sys/resource.h>
#include <unistd.h>

#define RESERVE_BYTES ((rlim_t)16 << 20)

static int session_memory = 0;     /* MB; 0: as much as the system gives */
static rlim_t used_by_process = 0; /* when the first limit was set: what a session takes is counted from there */
static rlim_t limit = RLIM_INFINITY;

/* Read and written in whichever thread allocates; setrlimit() is the process's. */
static volatile sig_atomic_t reserve_is_open = false;

static emit_log_hook_type next_log = NULL;

static bool setLimit(rlim_t bytes) {
    struct rlimit current;

    if (getrlimit(RLIMIT_DATA, &current) != 0) {
        return false;
    }
    current.rlim_cur = Min(bytes, current.rlim_max);
    return setrlimit(RLIMIT_DATA, &current) == 0;
}

/* The private writable memory that the process has now. */
static rlim_t usedNow(void) {
    unsigned long pages[6] = {0};
    FILE* file = fopen("/proc/self/statm", "re");

    if (file != NULL) {
        if (fscanf(file, "%lu %lu %lu %lu %lu %lu", &pages[0], &pages[1], &pages[2], &pages[3], &pages[4], &pages[5]) !=
            6) {
            pages[5] = 0;
        }
        fclose(file);
    }
    return (rlim_t)pages[5] * (rlim_t)sysconf(_SC_PAGESIZE);
}

/* Of C++, in any thread, when there is no memory: true when it may try again. */
static bool openReserve(void) {
    if (limit == RLIM_INFINITY || reserve_is_open || !setLimit(limit + RESERVE_BYTES)) {
        return false;
    }
    reserve_is_open = true;
    kill(MyProcPid, SIGINT);
    return true;
}

static void closeReserve(void) {
    if (reserve_is_open) {
        reserve_is_open = false;
        malloc_trim(0);
        setLimit(limit);
    }
}

static void endOfTransaction(XactEvent event pg_attribute_unused(), void* argument pg_attribute_unused()) {
    closeReserve();
}

static void endOfSubtransaction(SubXactEvent event, SubTransactionId id pg_attribute_unused(),
                                SubTransactionId parent pg_attribute_unused(), void* argument pg_attribute_unused()) {
    if (event == SUBXACT_EVENT_ABORT_SUB) {
        closeReserve();
    }
}

/* PostgreSQL's word for it would be a user's request. */
static void sayWhy(ErrorData* error) {
    if (reserve_is_open && error->sqlerrcode == ERRCODE_QUERY_CANCELED) {
        error->sqlerrcode = ERRCODE_OUT_OF_MEMORY;
        error->message = pstrdup("out of memory");
    }
    if (limit != RLIM_INFINITY && error->sqlerrcode == ERRCODE_OUT_OF_MEMORY && error->hint == NULL) {
        error->hint = psprintf("A session of this role may take %d MB.", session_memory);
    }
    if (next_log != NULL) {
        next_log(error);
    }
}

static void assignSessionMemory(int megabytes, void* extra pg_attribute_unused()) {
    if (megabytes == 0) {
        if (limit != RLIM_INFINITY) {
            limit = RLIM_INFINITY;
            setLimit(limit);
        }
        return;
    }
    if (used_by_process == 0) {
        used_by_process = usedNow();
        tsr_memory_on_failure(openReserve);
    }
    limit = used_by_process + ((rlim_t)megabytes << 20);
    if (!setLimit(limit)) {
        elog(WARNING, "the memory of the session cannot be limited: %m");
    }
}

void tessera_memory_init(void) {
    DefineCustomIntVariable("tessera.session_memory", "How much memory the session may take.",
                            "Parallel workers may take as much each. 0: as much as the system gives.", &session_memory,
                            0, 0, 1024 * 1024, PGC_SUSET, GUC_UNIT_MB, NULL, assignSessionMemory, NULL);
    RegisterXactCallback(endOfTransaction, NULL);
    RegisterSubXactCallback(endOfSubtransaction, NULL);
    next_log = emit_log_hook;
    emit_log_hook = sayWhy;
}
