/* A running statement's rows: batches from the source, turned into Datums a chunk at a time. */
#include "fdw/pg/file_of.h"
#include "fdw/pg/links.h"
#include "fdw/pg/snapshot.h"
#include "fdw/pg/tell.h"
#include "fdw/pg/wire.h"

#include "executor/executor.h"
#include "mb/pg_wchar.h"
#include "miscadmin.h"
#include "utils/memutils.h"
#include "utils/resowner.h"
#include "utils/timestamp.h"
#include "utils/tuplestore.h"

/* Rows turned into Datums at once: enough to amortise the calls, few enough for the cache. */
#define CHUNK_ROWS 1024
/* Most look-ups find no more, and need little memory. */
#define SMALL_CHUNK_ROWS 8

/* What of a scan's memory one batch may take. Besides it there are the values made of it, what the connector's buffers
 * have grown to, and the client library's own. */
#define BATCH_SHARE 16

/* Of a statement that is told: logs of jobs are kept by every member of the store. */
#define MOST_TOLD_BYTES 8192

struct Fetch {
    TsrHolder holder; /* first: of a session that others may want before the rows are read */
    MemoryContext context;
    MemoryContext arena;         /* the current chunk's values; with tuples the batch itself */
    MemoryContext retired_arena; /* of the last row handed out before the rest was stored */
    TsrSource* source;
    const char* text;
    const char* planned_text; /* for errors */
    int columns;
    Oid* pg_types;
    int32* typmods;
    TsrType* types;
    double expected_rows;
    bool reads_only;
    const char* range_text; /* or NULL; see TsrQuery, as the next one */
    bool passes_rows;
    bool is_told;
    const TsrFile* file; /* or NULL; likewise */
    const char* refusal;
    TableOptions table;
    WireReader* wire; /* made for the first tuples */
    Converter** converters;
    int chunk_room;
    Datum** values; /* of the chunk, column by column */
    bool** nulls;

    SourceReads* reads;    /* of its statement; may be NULL */
    TsrSnapshot* snapshot; /* that it runs in; or NULL */
    bool in_transaction;   /* runs in this transaction's session whatever else it does */
    TsrUse use;
    int64 affected;

    /* Rows that had to be read before they were wanted. */
    Tuplestorestate* store;
    TupleTableSlot* stored;
    bool stored_whole;       /* from the first row on */
    ResourceOwner resources; /* that was current when the statement started, and lives as long as it */

    TesseraOwned* owner;
    TsrScan* scan;
    int socket; /* of the last poll */
    TimestampTz started;
    TimestampTz waiting_since; /* of the first poll in vain since the last row; 0: none */
    const struct ArrowArray* batch;
    int64 batch_row; /* the first one not yet in the chunk */
    int chunk_row;
    int chunk_rows;
    int chunks;    /* made since the start: while it is one, all rows so far are at hand */
    bool in_place; /* rows were read out of the batch itself: none is at hand */
    bool ended;
    bool may_overflow;
    bool has_overflowed;
    TsrEncoding encoding;         /* of the batch */
    TsrScanProgress earlier_runs; /* all of them */
};

static void destroyScan(void* scan) {
    tsr_scan_destroy(scan);
}

static void yieldSession(TsrHolder* holder);

Fetch* tessera_fetch_create(MemoryContext parent, TsrSource* source, const char* text, int columns, const Oid* types,
                            const int32* typmods) {
    MemoryContext context = AllocSetContextCreate(parent, "tessera_fdw fetch", ALLOCSET_DEFAULT_SIZES);
    MemoryContext before = MemoryContextSwitchTo(context);
    Fetch* fetch = palloc0(sizeof(Fetch));

    fetch->holder.yield = yieldSession;
    fetch->context = context;
    fetch->arena = AllocSetContextCreate(context, "tessera_fdw rows", ALLOCSET_DEFAULT_SIZES);
    fetch->source = source;
    fetch->text = text;
    fetch->planned_text = text;
    fetch->columns = columns;
    fetch->expected_rows = -1;
    fetch->pg_types = palloc(sizeof(Oid) * (Size)Max(columns, 1));
    fetch->types = palloc(sizeof(TsrType) * Max(columns, 1));
    fetch->converters = palloc(sizeof(Converter*) * Max(columns, 1));
    fetch->typmods = palloc(sizeof(int32) * (Size)Max(columns, 1));
    fetch->values = palloc0(sizeof(Datum*) * Max(columns, 1));
    fetch->nulls = palloc0(sizeof(bool*) * Max(columns, 1));
    for (int i = 0; i < columns; ++i) {
        fetch->pg_types[i] = types[i];
        fetch->types[i] = tessera_crossing_type(types[i]);
        fetch->converters[i] = tessera_converter(types[i], typmods[i]);
        fetch->typmods[i] = typmods[i];
    }
    MemoryContextSwitchTo(before);
    return fetch;
}

void tessera_fetch_expect(Fetch* fetch, double rows, bool passes_rows) {
    fetch->reads_only = true;
    fetch->expected_rows = rows;
    fetch->passes_rows = passes_rows;
}

void tessera_fetch_in_ranges(Fetch* fetch, const char* text, Oid table) {
    MemoryContext before = MemoryContextSwitchTo(fetch->context);

    fetch->range_text = text;
    fetch->table = tessera_table_options(table, fetch->source);
    MemoryContextSwitchTo(before);
}

void tessera_fetch_file(Fetch* fetch, const TsrFile* file) {
    fetch->file = file;
}

const char* tessera_fetch_refusal(const Fetch* fetch) {
    return fetch->refusal;
}

void tessera_fetch_may_overflow(Fetch* fetch) {
    fetch->may_overflow = true;
}

bool tessera_fetch_has_overflowed(const Fetch* fetch) {
    return fetch->has_overflowed;
}

static int64 addKnown(int64 sum, int64 more) {
    return sum < 0 || more < 0 ? -1 : sum + more;
}

TsrScanProgress tessera_fetch_progress(const Fetch* fetch) {
    TsrScanProgress sum = fetch->earlier_runs;
    TsrScanProgress now;

    if (fetch->scan == NULL) {
        return sum;
    }
    tsr_scan_progress(fetch->scan, &now);
    sum.rows += now.rows;
    sum.bytes = addKnown(sum.bytes, now.bytes);
    sum.round_trips = addKnown(sum.round_trips, now.round_trips);
    sum.wait_us += now.wait_us;
    sum.readers = Max(sum.readers, now.readers);
    return sum;
}

/* Where the statement runs: in the transaction's session, in the snapshot of PostgreSQL's statement, or in a session
 * of its own. */
static TsrStatus startScan(Fetch* fetch, const TsrQuery* query, TsrError* error) {
    TsrParticipant* participant = NULL;
    TsrStatus status;

    fetch->snapshot = NULL;
    if (fetch->in_transaction) {
        participant = tessera_join(fetch->source, fetch->use);
    } else if (tessera_reads_apart(fetch->reads, fetch->source)) {
        fetch->snapshot = tessera_reads_snapshot(fetch->reads);
    } else {
        participant = tessera_participant_for_read(fetch->source);
    }
    tessera_start_timeout(fetch->source);
    if (fetch->snapshot != NULL) {
        status = tsr_scan_start_at(fetch->snapshot, fetch->source, &tessera_host, query, &fetch->scan, error);
        if (status == TSR_OK) {
            tsr_snapshot_hold(fetch->snapshot, &fetch->holder);
        }
        return status;
    }
    status = participant != NULL ? tsr_scan_start_in(participant, &tessera_host, query, &fetch->scan, error)
                                 : tsr_scan_start(fetch->source, &tessera_host, query, &fetch->scan, error);
    if (participant != NULL && status == TSR_OK) {
        tsr_participant_hold(participant, &fetch->holder);
    }
    return status;
}

/* Is it a file that the source does not write? */
static bool isRefused(Fetch* fetch, const TsrError* error) {
    if (fetch->file == NULL || strcmp(error->sqlstate, "0A000") != 0) {
        return false;
    }
    fetch->refusal = MemoryContextStrdup(fetch->context, error->message);
    return true;
}

/* Does another way to the rows take over? */
static bool hasOverflowed(Fetch* fetch, const TsrError* error) {
    fetch->has_overflowed =
        fetch->may_overflow && fetch->chunks == 0 && !fetch->in_place && strncmp(error->sqlstate, "22", 2) == 0;
    return fetch->has_overflowed;
}

void tessera_tell_statement(const TsrSource* source, const char* text) {
    int length = (int)strlen(text);
    int shown = pg_mbcliplen(text, length, MOST_TOLD_BYTES);

    if (tessera_tell_remote) {
        ereport(NOTICE, (errmsg_internal("remote SQL of %s: %.*s%s", source->name, shown, text,
                                         shown < length ? " [...]" : "")));
    }
}

void tessera_fetch_start(Fetch* fetch, const TsrParam* params, int count) {
    TsrQuery query = {
        .struct_size = sizeof(TsrQuery),
        .text = fetch->text,
        .param_count = (size_t)count,
        .params = params,
        .column_count = (size_t)fetch->columns,
        .column_types = fetch->types,
        .batch_bytes = (size_t)tessera_batch_memory * 1024 / BATCH_SHARE,
        .takes_tuples = fetch->reads_only,
        .expected_rows = tessera_expect_many_rows ? -1 : fetch->expected_rows,
        .range_text = fetch->range_text,
        .most_readers = (size_t)tessera_parallel_scans,
        .table_option_count = fetch->table.count,
        .table_options = fetch->table.options,
        .passes_rows = fetch->passes_rows,
        .file = fetch->file,
    };
    TsrError error = {0};
    TimestampTz started = GetCurrentTimestamp();

    tessera_fetch_stop(fetch);
    if (!fetch->is_told) {
        fetch->is_told = true;
        tessera_tell_statement(fetch->source, fetch->text);
    }
    if (fetch->retired_arena != NULL) {
        MemoryContextDelete(fetch->retired_arena);
        fetch->retired_arena = NULL;
    }
    if (startScan(fetch, &query, &error) != TSR_OK) {
        if (isRefused(fetch, &error) || hasOverflowed(fetch, &error)) {
            fetch->ended = true;
            return;
        }
        tessera_raise_of(fetch->source->name, fetch->planned_text, &error);
    }
    fetch->resources = CurrentResourceOwner;
    fetch->affected = -1;
    fetch->started = started;
    fetch->owner = tessera_own(fetch->context, fetch->scan, destroyScan);
    fetch->ended = false;
}

/* Ends the statement. The rows handed out last still live in the arena. */
static void release(Fetch* fetch) {
    TsrParticipant* participant = tsr_participant_find(fetch->source->server, fetch->source->user);

    if (participant != NULL && tsr_participant_holder(participant) == &fetch->holder) {
        tsr_participant_hold(participant, NULL);
    }
    fetch->earlier_runs = tessera_fetch_progress(fetch);
    fetch->batch = NULL;
    fetch->batch_row = 0;
    tessera_disown(fetch->owner);
    fetch->owner = NULL;
    fetch->scan = NULL;
}

void tessera_fetch_text(Fetch* fetch, const char* text) {
    fetch->text = text;
}

bool tessera_fetch_rewind(Fetch* fetch) {
    if (fetch->store != NULL) {
        if (fetch->stored_whole) {
            tuplestore_rescan(fetch->store);
        }
        return fetch->stored_whole;
    }
    if (fetch->chunks > 1 || fetch->in_place) {
        return false;
    }
    fetch->chunk_row = 0;
    return fetch->ended || fetch->scan != NULL;
}

static void releaseBatch(void* batch) {
    ((struct ArrowArray*)batch)->release(batch);
}

/* Values of tuples lie in the batch, so that it lives as long as they: in the arena. */
static void keepTuples(Fetch* fetch) {
    struct ArrowArray* kept;

    if (fetch->wire == NULL) {
        MemoryContext before = MemoryContextSwitchTo(fetch->context);

        fetch->wire = tessera_wire_reader(fetch->source->name, fetch->columns, fetch->pg_types, fetch->typmods);
        MemoryContextSwitchTo(before);
    }
    MemoryContextReset(fetch->arena);
    kept = MemoryContextAlloc(fetch->arena, sizeof(struct ArrowArray));
    tsr_scan_take_batch(fetch->scan, kept);
    tessera_own(fetch->arena, kept, releaseBatch);
    fetch->batch = kept;
}

static void beginBatch(Fetch* fetch) {
    TsrScanProgress progress;

    tsr_scan_progress(fetch->scan, &progress);
    fetch->encoding = progress.encoding;
    fetch->batch_row = 0;
    if (fetch->encoding == TSR_ENCODING_TUPLES) {
        keepTuples(fetch);
    }
}

/* The next batch; false at the end and, unless `later` is NULL, instead of a wait. */
static bool nextBatch(Fetch* fetch, bool* later) {
    TsrScanProgress progress;
    TsrError error = {0};

    for (;;) {
        TsrStatus status;

        CHECK_FOR_INTERRUPTS();
        tessera_start_timeout(fetch->source);
        status = later != NULL ? tsr_scan_poll(fetch->scan, &fetch->batch, &fetch->socket, &error)
                               : tsr_scan_next(fetch->scan, &fetch->batch, &error);
        switch (status) {
            case TSR_OK:
                fetch->waiting_since = 0;
                beginBatch(fetch);
                return true;
            case TSR_END:
                fetch->affected = tsr_scan_affected(fetch->scan);
                tsr_scan_progress(fetch->scan, &progress);
                tessera_note_traffic(fetch->source, &progress, GetCurrentTimestamp() - fetch->started);
                release(fetch);
                fetch->ended = true;
                return false;
            case TSR_AGAIN:
                if (later != NULL) {
                    fetch->waiting_since = fetch->waiting_since == 0 ? GetCurrentTimestamp() : fetch->waiting_since;
                    *later = true;
                    return false;
                }
                break;
            case TSR_ERROR:
                if (!hasOverflowed(fetch, &error)) {
                    tessera_raise_of(fetch->source->name, fetch->planned_text, &error);
                }
                release(fetch);
                fetch->ended = true;
                return false;
        }
    }
}

static void makeRoom(Fetch* fetch) {
    if (fetch->chunk_rows <= fetch->chunk_room) {
        return;
    }
    fetch->chunk_room = fetch->chunk_rows <= SMALL_CHUNK_ROWS ? SMALL_CHUNK_ROWS : CHUNK_ROWS;
    for (int i = 0; i < fetch->columns; ++i) {
        if (fetch->values[i] != NULL) {
            pfree(fetch->values[i]);
            pfree(fetch->nulls[i]);
        }
        fetch->values[i] = MemoryContextAlloc(fetch->context, sizeof(Datum) * (Size)fetch->chunk_room);
        fetch->nulls[i] = MemoryContextAlloc(fetch->context, sizeof(bool) * (Size)fetch->chunk_room);
    }
}

static void nextChunk(Fetch* fetch) {
    MemoryContext before;

    MemoryContextReset(fetch->arena);
    before = MemoryContextSwitchTo(fetch->arena);
    fetch->chunk_rows = (int)Min(fetch->batch->length - fetch->batch_row, CHUNK_ROWS);
    fetch->chunk_row = 0;
    makeRoom(fetch);
    ++fetch->chunks;
    for (int i = 0; i < fetch->columns; ++i) {
        tessera_convert(fetch->converters[i], fetch->batch->children[i], fetch->batch_row, fetch->chunk_rows,
                        fetch->values[i], fetch->nulls[i]);
    }
    fetch->batch_row += fetch->chunk_rows;
    MemoryContextSwitchTo(before);
}

/* Tuples become values as they are asked for, in their place. */
static void nextTuple(Fetch* fetch, Datum* values, bool* nulls) {
    const int32* offsets = fetch->batch->buffers[1];
    /* The connector lends the memory to be written to, which Arrow's types can't say. */
    char* tuples = (char*)(uintptr_t)fetch->batch->buffers[2];
    int64 row = fetch->batch_row++;
    MemoryContext before = MemoryContextSwitchTo(fetch->arena);

    fetch->in_place = true;
    tessera_wire_read(fetch->wire, tuples + offsets[row], offsets[row + 1] - offsets[row], values, nulls);
    MemoryContextSwitchTo(before);
}

/* A row out of the store. */
static bool nextStored(Fetch* fetch, Datum* values, bool* nulls) {
    /* A tuple from disk is allocated where we are, and freed when the next one comes: not in the context of one row. */
    MemoryContext before = MemoryContextSwitchTo(fetch->context);
    bool found = tuplestore_gettupleslot(fetch->store, true, false, fetch->stored);

    MemoryContextSwitchTo(before);
    if (!found) {
        return false;
    }
    slot_getallattrs(fetch->stored);
    memcpy(values, fetch->stored->tts_values, sizeof(Datum) * (Size)fetch->columns);
    memcpy(nulls, fetch->stored->tts_isnull, sizeof(bool) * (Size)fetch->columns);
    return true;
}

static bool nextFetched(Fetch* fetch, Datum* values, bool* nulls, bool* later) {
    while (fetch->chunk_row >= fetch->chunk_rows) {
        if (fetch->ended) {
            return false;
        }
        if ((fetch->batch == NULL || fetch->batch_row >= fetch->batch->length) && !nextBatch(fetch, later)) {
            return false;
        }
        if (fetch->encoding == TSR_ENCODING_TUPLES && fetch->batch->length > 0) {
            nextTuple(fetch, values, nulls);
            return true;
        }
        nextChunk(fetch);
    }
    for (int i = 0; i < fetch->columns; ++i) {
        values[i] = fetch->values[i][fetch->chunk_row];
        nulls[i] = fetch->nulls[i][fetch->chunk_row];
    }
    ++fetch->chunk_row;
    return true;
}

bool tessera_fetch_next(Fetch* fetch, Datum* values, bool* nulls) {
    return fetch->store != NULL ? nextStored(fetch, values, nulls) : nextFetched(fetch, values, nulls, NULL);
}

bool tessera_fetch_poll(Fetch* fetch, Datum* values, bool* nulls, bool* later) {
    return fetch->store != NULL ? nextStored(fetch, values, nulls) : nextFetched(fetch, values, nulls, later);
}

int tessera_fetch_socket(const Fetch* fetch) {
    if (fetch->store != NULL || fetch->ended || fetch->waiting_since == 0) {
        return -1;
    }
    tessera_check_timeout(fetch->source, fetch->waiting_since);
    return fetch->socket;
}

bool tessera_fetch_waits(Fetch* fetch) {
    bool later = false;

    return tessera_fetch_socket(fetch) >= 0 && !nextBatch(fetch, &later) && later;
}

bool tessera_fetch_runs(const Fetch* fetch) {
    return fetch->scan != NULL;
}

static TupleDesc storedRow(const Fetch* fetch) {
    TupleDesc row = CreateTemplateTupleDesc(fetch->columns);

    for (int i = 0; i < fetch->columns; ++i) {
        TupleDescInitEntry(row, (AttrNumber)(i + 1), NULL, fetch->pg_types[i], -1, 0);
    }
    return row;
}

/* Someone else needs the session: what is left of the rows is read now, to memory, and to disk beyond work_mem. Those
 * that were handed out already are kept as well, while they are at hand, so that a rescan finds the same rows. */
static void yieldSession(TsrHolder* holder) {
    Fetch* fetch = (Fetch*)holder;
    MemoryContext before = MemoryContextSwitchTo(fetch->context);
    ResourceOwner resources = CurrentResourceOwner;
    Datum* values = palloc(sizeof(Datum) * (Size)(fetch->columns + 1));
    bool* nulls = palloc(sizeof(bool) * (Size)(fetch->columns + 1));
    TupleDesc row = storedRow(fetch);
    int handed_out = fetch->chunk_row;
    Tuplestorestate* store;

    CurrentResourceOwner = fetch->resources;
    store = tuplestore_begin_heap(true, false, work_mem);
    CurrentResourceOwner = resources;
    fetch->stored_whole = fetch->chunks <= 1 && !fetch->in_place;
    if (fetch->stored_whole) {
        fetch->chunk_row = 0;
    }
    /* The arena's last row may still be in use: what is read from here on goes to another. */
    fetch->retired_arena = fetch->arena;
    fetch->arena = AllocSetContextCreate(fetch->context, "tessera_fdw rows", ALLOCSET_DEFAULT_SIZES);
    while (nextFetched(fetch, values, nulls, NULL)) {
        tuplestore_putvalues(store, row, values, nulls);
    }
    if (fetch->stored_whole && handed_out > 0) {
        tuplestore_skiptuples(store, handed_out, true);
    }
    fetch->stored = MakeSingleTupleTableSlot(row, &TTSOpsMinimalTuple);
    fetch->store = store;
    pfree(values);
    pfree(nulls);
    MemoryContextSwitchTo(before);
}

void tessera_fetch_among(Fetch* fetch, SourceReads* reads) {
    fetch->reads = reads;
}

void tessera_fetch_for(Fetch* fetch, TsrUse use) {
    fetch->in_transaction = true;
    fetch->use = use;
}

int64 tessera_fetch_affected(const Fetch* fetch) {
    return fetch->affected;
}

void tessera_fetch_stop(Fetch* fetch) {
    release(fetch);
    if (fetch->store != NULL) {
        tuplestore_end(fetch->store);
        ExecDropSingleTupleTableSlot(fetch->stored);
        fetch->store = NULL;
        fetch->stored = NULL;
    }
    fetch->chunk_row = 0;
    fetch->chunk_rows = 0;
    fetch->chunks = 0;
    fetch->in_place = false;
    fetch->waiting_since = 0;
    fetch->ended = false;
    fetch->has_overflowed = false;
}
