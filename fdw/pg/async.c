/* Asynchronous execution below an Append: its scans all run, and rows are taken from whichever source has some. What
 * early_start.c does for scans anywhere is less: a source that is started early works until its connection's buffers
 * are full.
 *
 * Of one source only so many scans run side by side; the others of the same Append wait for one of them to end. A shard
 * waits for others of its node as well, until they have taken so long that a session more is worth it: nobody knows
 * before how long a shard takes. */
#include "fdw/pg/tessera_fdw.h"

#include "executor/execAsync.h"
#include "executor/executor.h"
#include "miscadmin.h"
#include "pgstat.h"
#include "storage/latch.h"
#include "utils/timestamp.h"
#include "utils/wait_event.h"
#include <sys/eventfd.h>
#include <unistd.h>

bool tessera_async_capable(ForeignPath* path) {
    const TsrConnector* connector = RELINFO(path->path.parent)->source->connector;
    List* private = path->fdw_private;

    /* A scan that takes keys answers to its bind join, and one with a child waits for that. */
    return path->fdw_outerpath == NULL && TSR_HAS_MEMBER(connector, poll) && TSR_HAS_MEMBER(connector, cursor_socket) &&
           !(private != NIL && IsA(private, List) && linitial(private) != NULL);
}

static ForeignScanState* ourScan(const AsyncRequest* request) {
    ForeignScanState* scan = (ForeignScanState*)request->requestee;

    return scan != NULL && IsA(scan, ForeignScanState) && scan->fdwroutine->ForeignAsyncRequest == tessera_async_request
               ? scan
               : NULL;
}

/* How long a shard is waited for before the next one of its node is read beside it. */
#define SHARD_WAIT_MS 20

/* May it be started beside those of its source that the Append is reading? */
static bool mayStart(const AsyncRequest* request) {
    AppendState* append = (AppendState*)request->requestor;
    ForeignScanState* scan = ourScan(request);
    TimestampTz last_start = 0;
    int running = 0;

    for (int i = bms_next_member(append->as_asyncplans, -1); i >= 0; i = bms_next_member(append->as_asyncplans, i)) {
        ForeignScanState* other = ourScan(append->as_asyncrequests[i]);

        if (other != NULL && other != scan && tessera_scan_runs(other) && tessera_same_source(other, scan)) {
            last_start = Max(last_start, tessera_scan_started_at(other));
            ++running;
        }
    }
    return running == 0 || (running < tessera_parallel_scans && tessera_scan_is_shareable(scan) &&
                            (!tessera_scan_is_of_shard(scan) ||
                             TimestampDifferenceExceeds(last_start, GetCurrentTimestamp(), SHARD_WAIT_MS)));
}

/* Is it all that the Append still waits for? So it is where one partition is left, as in a look-up by key. */
static bool isLast(const AsyncRequest* request) {
    const AppendState* append = (const AppendState*)request->requestor;

    return append->as_syncdone && append->as_nasyncremain == 1;
}

/* Asks for a row; the request is then done, or pending until there is one. The last one just reads: to let PostgreSQL
 * wait for a single source takes two sets of descriptors for each wait, which is longer than a look-up works. */
static void produce(AsyncRequest* request) {
    ForeignScanState* scan = ourScan(request);
    TupleTableSlot* slot;

    if (isLast(request)) {
        ExecAsyncRequestDone(request, scan->ss.ps.ExecProcNodeReal(&scan->ss.ps));
        return;
    }
    if (!tessera_scan_started(scan) && !mayStart(request)) {
        ExecAsyncRequestPending(request);
        return;
    }
    tessera_scan_polls(scan, true);
    slot = scan->ss.ps.ExecProcNodeReal(&scan->ss.ps);
    if (tessera_scan_polls(scan, false)) {
        ExecAsyncRequestPending(request);
    } else {
        ExecAsyncRequestDone(request, slot);
    }
}

void tessera_async_request(AsyncRequest* request) {
    produce(request);
}

void tessera_async_notify(AsyncRequest* request) {
    produce(request);
}

/* For scans that need no wait any more: it can always be read. */
static int alwaysReady(void) {
    static int descriptor = -1;

    if (descriptor < 0) {
        descriptor = eventfd(1, EFD_CLOEXEC | EFD_NONBLOCK);
        if (descriptor < 0) {
            ereport(ERROR, (errcode_for_file_access(), errmsg("could not create an eventfd: %m")));
        }
    }
    return descriptor;
}

/* How often it is looked whether a source has taken too long, or is not there any more. */
#define WAIT_SLICE_MS 500

/* True: one has something meanwhile. */
static bool checkSources(AppendState* append) {
    bool is_any_done = false;

    for (int i = bms_next_member(append->as_asyncplans, -1); i >= 0; i = bms_next_member(append->as_asyncplans, i)) {
        ForeignScanState* scan = ourScan(append->as_asyncrequests[i]);

        if (scan != NULL && append->as_asyncrequests[i]->callback_pending && tessera_scan_started(scan)) {
            is_any_done = !tessera_scan_waits(scan) || is_any_done;
        }
    }
    return is_any_done;
}

/* Starts what may now be; true: it did. */
static bool startMore(AppendState* append) {
    bool is_any_started = false;

    for (int i = bms_next_member(append->as_asyncplans, -1); i >= 0; i = bms_next_member(append->as_asyncplans, i)) {
        AsyncRequest* request = append->as_asyncrequests[i];
        ForeignScanState* scan = ourScan(request);

        if (scan != NULL && request->callback_pending && !tessera_scan_started(scan) && mayStart(request)) {
            tessera_start_scan(scan);
            is_any_started = true;
        }
    }
    return is_any_started;
}

/* The sockets of what runs; 0: of something that has rows, or is another wrapper's. `waits`: some are not started. */
static int addSockets(AppendState* append, WaitEventSet* set, bool* waits) {
    int sockets = 0;

    *waits = false;
    for (int i = bms_next_member(append->as_asyncplans, -1); i >= 0; i = bms_next_member(append->as_asyncplans, i)) {
        AsyncRequest* request = append->as_asyncrequests[i];
        ForeignScanState* scan = ourScan(request);

        if (scan == NULL && request->callback_pending) {
            return 0; /* of another wrapper: its sockets are not known here */
        }
        if (scan == NULL || !request->callback_pending) {
            continue;
        }
        if (tessera_scan_started(scan)) {
            int socket = tessera_scan_socket(scan);

            if (socket < 0) {
                return 0; /* it has rows */
            }
            AddWaitEventToSet(set, WL_SOCKET_READABLE, socket, NULL, NULL);
            ++sockets;
        } else {
            *waits = *waits || (tessera_parallel_scans > 1 && tessera_scan_is_of_shard(scan));
        }
    }
    return sockets;
}

/* Until one has something, or more than those that run now may: false then. */
static bool waitOn(AppendState* append, WaitEventSet* set) {
    WaitEvent event;
    bool waits;
    int sockets;

    AddWaitEventToSet(set, WL_LATCH_SET, PGINVALID_SOCKET, MyLatch, NULL);
    AddWaitEventToSet(set, WL_EXIT_ON_PM_DEATH, PGINVALID_SOCKET, NULL, NULL);
    sockets = addSockets(append, set, &waits);
    while (sockets > 0) {
        int occurred = WaitEventSetWait(set, waits ? SHARD_WAIT_MS : WAIT_SLICE_MS, &event, 1, PG_WAIT_EXTENSION);

        if (occurred == 1 && (event.events & WL_LATCH_SET) == 0) {
            break;
        }
        ResetLatch(MyLatch);
        CHECK_FOR_INTERRUPTS();
        if (checkSources(append)) {
            break;
        }
        if (waits && startMore(append)) {
            return false;
        }
    }
    return true;
}

static bool waitForRunning(AppendState* append) {
    WaitEventSet* set = CreateWaitEventSet(CurrentMemoryContext, append->as_nasyncplans + 2);
    volatile bool is_done = true;

    PG_TRY();
    { is_done = waitOn(append, set); }
    PG_FINALLY();
    { FreeWaitEventSet(set); }
    PG_END_TRY();
    return is_done;
}

/* PostgreSQL's Append waits for its sockets only: neither a cancel nor a time-out would be noticed. So the wait is
 * here, before the first of them is added. */
static void waitForAny(AppendState* append) {
    while (!waitForRunning(append)) {
    }
}

/* The set that is being filled, once something is in it that can be read at once. */
static const WaitEventSet* wokenAtOnce = NULL;

/* The Append waits for nothing else than its sockets, not even for rows that are here: something of its set is to be
 * readable at once. */
static void wakeAtOnce(AppendState* append, AsyncRequest* request) {
    if (wokenAtOnce != append->as_eventset) {
        AddWaitEventToSet(append->as_eventset, WL_SOCKET_READABLE, alwaysReady(), NULL, request);
        wokenAtOnce = append->as_eventset;
    }
}

void tessera_async_configure_wait(AsyncRequest* request) {
    AppendState* append = (AppendState*)request->requestor;
    ForeignScanState* scan = ourScan(request);
    /* Only the postmaster's death is waited for so far. */
    bool is_first = GetNumRegisteredWaitEvents(append->as_eventset) == 1;
    int socket;

    if (is_first) {
        wokenAtOnce = NULL;
    }
    if (!tessera_scan_started(scan)) {
        if (!mayStart(request)) {
            return;
        }
        tessera_start_scan(scan);
    }
    /* Where the Append has something else to do it does not wait. */
    if (is_first && append->as_syncdone) {
        waitForAny(append);
    }
    socket = tessera_scan_socket(scan);
    if (socket >= 0) {
        AddWaitEventToSet(append->as_eventset, WL_SOCKET_READABLE, socket, NULL, request);
    } else {
        wakeAtOnce(append, request);
    }
}
