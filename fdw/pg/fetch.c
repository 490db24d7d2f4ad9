/* A running statement's rows: batches from the source, turned into Datums a chunk at a time. */
#include "fdw/pg/tessera_fdw.h"

#include "miscadmin.h"
#include "utils/memutils.h"

/* Rows turned into Datums at once: enough to amortise the calls, few enough for the cache. */
#define CHUNK_ROWS 1024

struct Fetch {
    MemoryContext context;
    MemoryContext arena; /* the current chunk's values */
    TsrSource* source;
    const char* text;
    int columns;
    TsrType* types;
    Converter** converters;
    Datum** values; /* of the chunk, column by column */
    bool** nulls;

    TesseraOwned* owner;
    TsrScan* scan;
    const struct ArrowArray* batch;
    int64 batch_row; /* the first one not yet in the chunk */
    int chunk_row;
    int chunk_rows;
    int chunks; /* made since the start: while it is one, all rows so far are at hand */
    bool ended;
};

static void destroyScan(void* scan) {
    tsr_scan_destroy(scan);
}

Fetch* tessera_fetch_create(MemoryContext parent, TsrSource* source, const char* text, int columns, const Oid* types,
                            const int32* typmods) {
    MemoryContext context = AllocSetContextCreate(parent, "tessera_fdw fetch", ALLOCSET_DEFAULT_SIZES);
    MemoryContext before = MemoryContextSwitchTo(context);
    Fetch* fetch = palloc0(sizeof(Fetch));

    fetch->context = context;
    fetch->arena = AllocSetContextCreate(context, "tessera_fdw rows", ALLOCSET_DEFAULT_SIZES);
    fetch->source = source;
    fetch->text = text;
    fetch->columns = columns;
    fetch->types = palloc(sizeof(TsrType) * Max(columns, 1));
    fetch->converters = palloc(sizeof(Converter*) * Max(columns, 1));
    fetch->values = palloc(sizeof(Datum*) * Max(columns, 1));
    fetch->nulls = palloc(sizeof(bool*) * Max(columns, 1));
    for (int i = 0; i < columns; ++i) {
        fetch->types[i] = tessera_crossing_type(types[i]);
        fetch->converters[i] = tessera_converter(types[i], typmods[i]);
        fetch->values[i] = palloc(sizeof(Datum) * CHUNK_ROWS);
        fetch->nulls[i] = palloc(sizeof(bool) * CHUNK_ROWS);
    }
    MemoryContextSwitchTo(before);
    return fetch;
}

void tessera_fetch_start(Fetch* fetch, const TsrParam* params, int count) {
    TsrQuery query = {
        .struct_size = sizeof(TsrQuery),
        .text = fetch->text,
        .param_count = (size_t)count,
        .params = params,
        .column_count = (size_t)fetch->columns,
        .column_types = fetch->types,
        .batch_bytes = (size_t)tessera_batch_size * 1024,
        .expected_rows = -1,
    };
    TsrError error = {0};

    tessera_fetch_stop(fetch);
    if (tsr_scan_start(fetch->source, &tessera_host, &query, &fetch->scan, &error) != TSR_OK) {
        tessera_raise(fetch->source->name, &error);
    }
    fetch->owner = tessera_own(fetch->context, fetch->scan, destroyScan);
    fetch->ended = false;
}

/* Ends the statement. The rows handed out last still live in the arena. */
static void release(Fetch* fetch) {
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
    if (fetch->chunks > 1) {
        return false;
    }
    fetch->chunk_row = 0;
    return fetch->ended || fetch->scan != NULL;
}

/* Waits for the next batch; false at the end. */
static bool nextBatch(Fetch* fetch) {
    TsrError error = {0};

    for (;;) {
        TsrStatus status;

        CHECK_FOR_INTERRUPTS();
        status = tsr_scan_next(fetch->scan, &fetch->batch, &error);
        switch (status) {
            case TSR_OK:
                fetch->batch_row = 0;
                return true;
            case TSR_END:
                release(fetch);
                fetch->ended = true;
                return false;
            case TSR_AGAIN:
                break;
            case TSR_ERROR:
                tessera_raise(fetch->source->name, &error);
        }
    }
}

static void nextChunk(Fetch* fetch) {
    MemoryContext before;

    MemoryContextReset(fetch->arena);
    before = MemoryContextSwitchTo(fetch->arena);
    fetch->chunk_rows = (int)Min(fetch->batch->length - fetch->batch_row, CHUNK_ROWS);
    fetch->chunk_row = 0;
    ++fetch->chunks;
    for (int i = 0; i < fetch->columns; ++i) {
        tessera_convert(fetch->converters[i], fetch->batch->children[i], fetch->batch_row, fetch->chunk_rows,
                        fetch->values[i], fetch->nulls[i]);
    }
    fetch->batch_row += fetch->chunk_rows;
    MemoryContextSwitchTo(before);
}

bool tessera_fetch_next(Fetch* fetch, Datum* values, bool* nulls) {
    while (fetch->chunk_row >= fetch->chunk_rows) {
        if (fetch->ended) {
            return false;
        }
        if ((fetch->batch == NULL || fetch->batch_row >= fetch->batch->length) && !nextBatch(fetch)) {
            return false;
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

void tessera_fetch_stop(Fetch* fetch) {
    release(fetch);
    fetch->chunk_row = 0;
    fetch->chunk_rows = 0;
    fetch->chunks = 0;
    fetch->ended = false;
}
