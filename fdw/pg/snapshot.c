/* One state of each source for one statement of PostgreSQL, as its own tables have it: where a plan asks a source more
 * than once, by several scans or by one that is run again, all of it is read in one snapshot there. A plan that asks
 * once does so without a transaction, in one round trip.
 *
 * A node can't share its snapshot among sessions, so that there one scan comes after the other. Where all that a plan
 * asks a node for are shards of one table, each shard is read in a state of its own, as it is where shards are at
 * several nodes, and so they can be read side by side.
 *
 * This is for sources that take no part in the transaction; those that do are read in its own sessions
 * (transaction.c). */
#include "fdw/pg/snapshot.h"

#include "access/xact.h"
#include "lib/ilist.h"
#include "nodes/value.h"

/* Of a source, or of a shard there. */
struct SourceReads {
    dlist_node node;
    MemoryContext query; /* whose lifetime it has */
    uint32 server;
    uint32 user;
    const char* tables; /* of which a shard is read; NULL: it is something else */
    int shard;
    int scans;        /* begun and not ended */
    bool several;     /* more than one has begun */
    bool repeats;     /* one of them may be run again */
    bool was_changed; /* by this transaction before: then only its own session shows that */
    TsrSnapshot* snapshot;
    MemoryContextCallback end;
};

static dlist_head allReads = DLIST_STATIC_INIT(allReads); /* the last begun first */

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

static bool isOfSource(const SourceReads* reads, MemoryContext query, uint32 server, uint32 user) {
    return reads->query == query && reads->server == server && reads->user == user;
}

static bool isOfShard(const SourceReads* reads, const char* tables, int shard) {
    return reads->shard == shard &&
           (tables == NULL ? reads->tables == NULL : reads->tables != NULL && strcmp(reads->tables, tables) == 0);
}

static SourceReads* find(MemoryContext query, const TsrSource* source, const char* tables, int shard) {
    dlist_iter iterator;

    dlist_foreach(iterator, &allReads) {
        SourceReads* reads = dlist_container(SourceReads, node, iterator.cur);

        if (isOfSource(reads, query, source->server, source->user) && isOfShard(reads, tables, shard)) {
            return reads;
        }
    }
    return NULL;
}

/* Those that have one state, which is the first's. */
typedef struct OneState {
    SourceReads* first;
    int scans;
    bool several;
    bool repeats;
} OneState;

/* All scans have begun before the first is started. */
static OneState stateOf(SourceReads* reads) {
    OneState all = {NULL, 0, false, false};
    bool is_apart = reads->tables != NULL;
    dlist_iter iterator;

    dlist_foreach(iterator, &allReads) {
        SourceReads* one = dlist_container(SourceReads, node, iterator.cur);

        if (isOfSource(one, reads->query, reads->server, reads->user)) {
            is_apart = is_apart && isOfShard(one, reads->tables, one->shard);
            all.several = all.several || one->several || all.first != NULL;
            all.repeats = all.repeats || one->repeats;
            all.scans += one->scans;
            all.first = one;
        }
    }
    return is_apart ? (OneState){reads, reads->scans, reads->several, reads->repeats} : all;
}

SourceReads* tessera_reads_begin(EState* estate, const TsrSource* source, bool repeats, const List* shard) {
    const char* tables = shard != NIL ? strVal(linitial(shard)) : NULL;
    int number = shard != NIL ? intVal(lsecond(shard)) : 0;
    SourceReads* reads = find(estate->es_query_cxt, source, tables, number);

    if (reads == NULL) {
        reads = MemoryContextAllocZero(estate->es_query_cxt, sizeof(SourceReads));
        reads->query = estate->es_query_cxt;
        reads->server = source->server;
        reads->user = source->user;
        reads->tables = tables;
        reads->shard = number;
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
    OneState state;

    --reads->scans;
    state = stateOf(reads);
    if (state.scans == 0 && state.first->snapshot != NULL) {
        tsr_snapshot_keep(state.first->snapshot);
        endSnapshot(state.first);
    }
}

TsrSnapshot* tessera_reads_snapshot(SourceReads* reads) {
    TsrHolder* holder;
    OneState state;

    if (reads == NULL) {
        return NULL;
    }
    state = stateOf(reads);
    if (state.first->snapshot == NULL && (state.several || state.repeats)) {
        state.first->snapshot = tsr_snapshot_create(state.several);
    }
    holder = state.first->snapshot != NULL ? tsr_snapshot_holder(state.first->snapshot) : NULL;
    if (holder != NULL) {
        holder->yield(holder);
    }
    return state.first->snapshot;
}

bool tessera_reads_apart(SourceReads* reads, const TsrSource* source) {
    const TsrParticipant* participant;

    if (reads == NULL || stateOf(reads).first->snapshot != NULL) {
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

bool tessera_reads_shard(SourceReads* reads) {
    return reads->tables != NULL && stateOf(reads).first == reads;
}

bool tessera_reads_share(SourceReads* reads) {
    const TsrSnapshot* snapshot = stateOf(reads).first->snapshot;

    return snapshot == NULL || tsr_snapshot_can_share(snapshot);
}
