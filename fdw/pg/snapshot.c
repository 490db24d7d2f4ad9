/* One state of each source for one statement of PostgreSQL, as its own tables have it: where a plan asks a source more
 * than once, by several scans or by one that is run again, all of it is read in one snapshot there. A plan that asks
 * once does so without a transaction, in one round trip.
 *
 * This is for sources that take no part in the transaction; those that do are read in its own sessions
 * (transaction.c). */
#include "fdw/pg/tessera_fdw.h"

#include "access/xact.h"
#include "lib/ilist.h"

struct SourceReads {
    dlist_node node;
    MemoryContext query; /* whose lifetime it has */
    uint32 server;
    uint32 user;
    int scans;        /* begun and not ended */
    bool several;     /* more than one has begun */
    bool repeats;     /* one of them may be run again */
    bool was_changed; /* by this transaction before: then only its own session shows that */
    TsrSnapshot* snapshot;
    MemoryContextCallback end;
};

static dlist_head allReads = DLIST_STATIC_INIT(allReads);

static void endSnapshot(SourceReads* reads) {
    TsrSnapshot* snapshot = reads->snapshot;

    reads->snapshot = NULL;
    if (snapshot != NULL) {
        tsr_snapshot_destroy(snapshot);
    }
}

static void forget(void* argument) {
    SourceReads* reads = argument;

    dlist_delete(&reads->node);
    endSnapshot(reads);
}

static SourceReads* find(MemoryContext query, const TsrSource* source) {
    dlist_iter iterator;

    dlist_foreach(iterator, &allReads) {
        SourceReads* reads = dlist_container(SourceReads, node, iterator.cur);

        if (reads->query == query && reads->server == source->server && reads->user == source->user) {
            return reads;
        }
    }
    return NULL;
}

SourceReads* tessera_reads_begin(EState* estate, const TsrSource* source, bool repeats) {
    SourceReads* reads = find(estate->es_query_cxt, source);

    if (reads == NULL) {
        reads = MemoryContextAllocZero(estate->es_query_cxt, sizeof(SourceReads));
        reads->query = estate->es_query_cxt;
        reads->server = source->server;
        reads->user = source->user;
        reads->was_changed = tsr_participant_find(source->server, source->user) != NULL;
        reads->end.func = forget;
        reads->end.arg = reads;
        dlist_push_head(&allReads, &reads->node);
        MemoryContextRegisterResetCallback(estate->es_query_cxt, &reads->end);
    } else {
        reads->several = true;
    }
    reads->repeats = reads->repeats || repeats;
    ++reads->scans;
    return reads;
}

void tessera_reads_end(SourceReads* reads) {
    if (--reads->scans == 0 && reads->snapshot != NULL) {
        tsr_snapshot_keep(reads->snapshot);
        endSnapshot(reads);
    }
}

TsrSnapshot* tessera_reads_snapshot(SourceReads* reads) {
    TsrHolder* holder;

    if (reads == NULL) {
        return NULL;
    }
    if (reads->snapshot == NULL && (reads->several || reads->repeats)) {
        reads->snapshot = tsr_snapshot_create(reads->several);
    }
    holder = reads->snapshot != NULL ? tsr_snapshot_holder(reads->snapshot) : NULL;
    if (holder != NULL) {
        holder->yield(holder);
    }
    return reads->snapshot;
}

bool tessera_reads_apart(const SourceReads* reads, const TsrSource* source) {
    const TsrParticipant* participant;

    if (reads == NULL || reads->snapshot != NULL) {
        return reads != NULL;
    }
    participant = tsr_participant_find(source->server, source->user);
    if (participant == NULL) {
        return !IsolationUsesXactSnapshot();
    }
    /* It has come to take part by what the statement itself changes, which is not to be seen by it. */
    return !reads->was_changed && !IsolationUsesXactSnapshot() &&
           (tsr_participant_capabilities(participant) & TSR_CAN_READ_BESIDE) != 0;
}

bool tessera_reads_share(const SourceReads* reads) {
    return reads->snapshot == NULL || tsr_snapshot_can_share(reads->snapshot);
}
