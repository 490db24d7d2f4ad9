#include "fdw/pg/links.h"

#include "catalog/pg_type.h"
#include "fmgr.h"
#include "funcapi.h"
#include "miscadmin.h"
#include "storage/ipc.h"
#include "storage/shmem.h"
#include "storage/spin.h"
#include "utils/builtins.h"
#include "utils/timestamp.h"

PG_FUNCTION_INFO_V1(tessera_links);

#define MOST_LINKS 64

/* What was seen is forgotten after one to two of these. */
#define WINDOW_US (INT64CONST(10) * 60 * 1000000)

/* Answers up to this size are about latency, from that on about throughput. */
#define SMALL_BYTES 1024
#define LARGE_BYTES (256 * 1024)

/* The planner's units are no time: a link of this speed costs what links cost by default. */
#define USUAL_BYTES_PER_S 125e6

typedef struct Window {
    double least_ms; /* 0: none */
    double most_bytes_per_s;
} Window;

typedef struct SeenLink {
    Oid database;
    Oid server;
    TimestampTz since; /* of the window of now */
    Window now;
    Window before;
} SeenLink;

typedef struct SeenLinks {
    slock_t lock;
    int count; /* guarded by lock, as what follows */
    SeenLink links[MOST_LINKS];
} SeenLinks;

static SeenLinks own; /* of a session in a server that has not loaded us beforehand */
static SeenLinks* seen = &own;
static shmem_request_hook_type nextRequest = NULL;
static shmem_startup_hook_type nextStartup = NULL;

static void request(void) {
    if (nextRequest != NULL) {
        nextRequest();
    }
    RequestAddinShmemSpace(MAXALIGN(sizeof(SeenLinks)));
}

static void startup(void) {
    bool found;

    if (nextStartup != NULL) {
        nextStartup();
    }
    seen = ShmemInitStruct("tessera links", sizeof(SeenLinks), &found);
    if (!found) {
        memset(seen, 0, sizeof(SeenLinks));
        SpinLockInit(&seen->lock);
    }
}

void tessera_links_init(void) {
    nextRequest = shmem_request_hook;
    shmem_request_hook = request;
    nextStartup = shmem_startup_hook;
    shmem_startup_hook = startup;
}

static bool isLink(const TsrSource* source) {
    return strcmp(source->connector->name, "node") == 0;
}

/* NULL: there is none, or no room for one. The lock is held. */
static SeenLink* find(Oid server, bool may_add) {
    SeenLink* link;

    for (int i = 0; i < seen->count; ++i) {
        if (seen->links[i].server == server && seen->links[i].database == MyDatabaseId) {
            return &seen->links[i];
        }
    }
    if (!may_add || seen->count == MOST_LINKS) {
        return NULL;
    }
    link = &seen->links[seen->count++];
    *link = (SeenLink){.database = MyDatabaseId, .server = server};
    return link;
}

static double lesser(double a, double b) {
    return a == 0 || (b != 0 && b < a) ? b : a;
}

void tessera_note_traffic(const TsrSource* source, const TsrScanProgress* moved, int64 elapsed_us) {
    TimestampTz now;
    SeenLink* link;

    if (!isLink(source) || moved->bytes < 0 || elapsed_us <= 0 ||
        (moved->bytes > SMALL_BYTES && moved->bytes < LARGE_BYTES)) {
        return;
    }
    now = GetCurrentTimestamp();
    SpinLockAcquire(&seen->lock);
    link = find(source->server, true);
    if (link != NULL && now - link->since > WINDOW_US) {
        link->before = link->now;
        link->now = (Window){0, 0};
        link->since = now;
    }
    if (link != NULL && moved->bytes <= SMALL_BYTES) {
        link->now.least_ms = lesser(link->now.least_ms, (double)elapsed_us / 1000 / (double)Max(moved->round_trips, 1));
    } else if (link != NULL) {
        link->now.most_bytes_per_s = Max(link->now.most_bytes_per_s, (double)moved->bytes * 1e6 / (double)elapsed_us);
    }
    SpinLockRelease(&seen->lock);
}

static LinkSpeed speedOf(const SeenLink* link) {
    return (LinkSpeed){lesser(link->now.least_ms, link->before.least_ms),
                       Max(link->now.most_bytes_per_s, link->before.most_bytes_per_s)};
}

LinkSpeed tessera_link_speed(const TsrSource* source) {
    LinkSpeed speed = {0, 0};
    const SeenLink* link;

    if (isLink(source)) {
        SpinLockAcquire(&seen->lock);
        link = find(source->server, false);
        if (link != NULL) {
            speed = speedOf(link);
        }
        SpinLockRelease(&seen->lock);
    }
    return speed;
}

SourceCosts tessera_link_costs(LinkSpeed speed, SourceCosts otherwise) {
    SourceCosts costs = otherwise;

    if (speed.bytes_per_s > 0) {
        costs.byte = otherwise.byte * USUAL_BYTES_PER_S / speed.bytes_per_s;
    }
    return costs;
}

/* ---- For people, and for nodes that plan what this one is to do ---- */

static void putLink(ReturnSetInfo* result, const ForeignServer* server, LinkSpeed speed) {
    Datum values[] = {CStringGetTextDatum(server->servername), (Datum)0, Float8GetDatum(speed.latency_ms),
                      Float8GetDatum(speed.bytes_per_s)};
    bool nulls[] = {false, true, speed.latency_ms == 0, speed.bytes_per_s == 0};
    ListCell* cell;

    foreach (cell, server->options) {
        DefElem* option = lfirst_node(DefElem, cell);

        if (strcmp(option->defname, "delegate") == 0) {
            values[1] = CStringGetTextDatum(strVal(option->arg));
            nulls[1] = false;
        }
    }
    tuplestore_putvalues(result->setResult, result->setDesc, values, nulls);
}

/* tessera.links() returns setof (server, peer, latency_ms, bytes_per_second) */
Datum tessera_links(PG_FUNCTION_ARGS) {
    ReturnSetInfo* result = (ReturnSetInfo*)fcinfo->resultinfo;
    SeenLink links[MOST_LINKS];
    int count;

    InitMaterializedSRF(fcinfo, 0);
    SpinLockAcquire(&seen->lock);
    count = seen->count;
    memcpy(links, seen->links, sizeof(SeenLink) * (Size)count);
    SpinLockRelease(&seen->lock);
    for (int i = 0; i < count; ++i) {
        ForeignServer* server =
            links[i].database == MyDatabaseId ? GetForeignServerExtended(links[i].server, FSV_MISSING_OK) : NULL;

        if (server != NULL) {
            putLink(result, server, speedOf(&links[i]));
        }
    }
    return (Datum)0;
}
