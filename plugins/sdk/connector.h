/* What a connector is: a shared library with one exported function, tessera_connector(), that returns this table.
 *
 * The boundary is plain C: opaque handles, no exception, no C++ type, no PostgreSQL header. Who allocates frees.
 * Strings are UTF-8, NUL-terminated unless a size stands beside them, and live until the call returns, unless said
 * otherwise.
 *
 * Threads: a session and its cursors belong to one thread at a time, the caller's. A connector may start threads of its
 * own; they must block all signals before they run (the host is a PostgreSQL backend) and end when the session is
 * closed.
 *
 * Waiting: a call that may wait long asks host->poll_signal() at least every 50 ms. At TSR_SIGNAL_CANCEL it stops the
 * work, at the source too, and returns TSR_ERROR with SQLSTATE 57014. At TSR_SIGNAL_ATTENTION next() may return
 * TSR_AGAIN with its state intact, and is called again.
 *
 * One statement at a time: a session has at most one open cursor or ingest. The host opens another session for a second
 * one, or reads the first to its end.
 *
 * Transactions: outside begin() … a final step, each statement is a transaction of its own. Whoever never changes data
 * leaves capabilities() and what follows it NULL.
 */
#ifndef TESSERA_PLUGINS_SDK_CONNECTOR_H
#define TESSERA_PLUGINS_SDK_CONNECTOR_H

#include "plugins/sdk/arrow.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define TSR_CONNECTOR_ABI_MAJOR 1u  /* another major is refused */
#define TSR_CONNECTOR_ABI_MINOR 11u /* a minor only adds members at the end of structs that begin with struct_size */

typedef enum TsrStatus {
    TSR_OK = 0,
    TSR_END = 1,   /* next(): no more rows */
    TSR_AGAIN = 2, /* next(): nothing yet, look after your signals and call again */
    TSR_ERROR = 3  /* *error says what */
} TsrStatus;

/* The statement's person is told what follows as CONTEXT; callers of endpoints, who see no SQL, are not. */
#define TSR_AT_THE_SOURCE "at the source: "

typedef struct TsrError {
    char sqlstate[6];   /* always set */
    char message[1024]; /* one sentence that names the thing */
    char detail[1024];  /* or empty; behind a line's beginning TSR_AT_THE_SOURCE, where in the source it happened */
    char hint[512];     /* what to do, or empty */
    int32_t position;   /* character in the statement's text from 1, or 0 */
} TsrError;

typedef enum TsrSignal { TSR_SIGNAL_NONE = 0, TSR_SIGNAL_ATTENTION = 1, TSR_SIGNAL_CANCEL = 2 } TsrSignal;

/* What the host offers to a connector; lives longer than every session opened with it. */
typedef struct TsrHost {
    size_t struct_size;
    /* Has the person cancelled, or has the host something to do? Any thread; never blocks. */
    TsrSignal (*poll_signal)(const struct TsrHost* host);

    /* Since ABI 1.5; NULL: nobody to delegate. */

    /* A token by which another node, `audience`, knows whom this session acts for: it serves once, within a minute, as
     * a password. Writes a NUL-terminated text. Fails when the session acts for nobody. Waits a few seconds at most;
     * the thread that called open() only. */
    TsrStatus (*delegate)(const struct TsrHost* host, const char* audience, char* token, size_t size, TsrError* error);

    /* Since ABI 1.7 */

    /* The folder of the operator's dialect files (plugins/sdk/dialect_file), or empty. The thread that called open()
     * only; the text lives until that returns. */
    const char* (*dialect_directory)(const struct TsrHost* host);

    /* Since ABI 1.8; NULL: no node's host. */

    /* The unix socket at which the node answers for its replicated store (common/store_link.h); empty: there is none.
     * Lives as long as the host. Any thread. */
    const char* (*store_socket)(const struct TsrHost* host);
    /* The role that signed in to this session, whatever SET ROLE and owners of functions and views make of it. Any
     * thread. */
    const char* (*session_role)(const struct TsrHost* host);
} TsrHost;

/* The types that values cross in. The host says which it wants for each result column; a connector delivers exactly
 * that Arrow format or fails with an error that names column and value, never with a changed value. */
typedef enum TsrType {
    TSR_TYPE_BOOL = 1,         /* "b" */
    TSR_TYPE_INT16 = 2,        /* "s" */
    TSR_TYPE_INT32 = 3,        /* "i" */
    TSR_TYPE_INT64 = 4,        /* "l" */
    TSR_TYPE_FLOAT32 = 5,      /* "f" */
    TSR_TYPE_FLOAT64 = 6,      /* "g" */
    TSR_TYPE_DECIMAL = 7,      /* "u": digits as PostgreSQL's numeric reads them; NaN, Infinity, -Infinity */
    TSR_TYPE_TEXT = 8,         /* "u": valid UTF-8 without U+0000 */
    TSR_TYPE_BYTES = 9,        /* "z" */
    TSR_TYPE_DATE = 10,        /* "tdD": days since 1970-01-01; INT32_MIN and INT32_MAX are -infinity and infinity */
    TSR_TYPE_TIME = 11,        /* "ttu": microseconds since midnight */
    TSR_TYPE_TIMESTAMP = 12,   /* "tsu:": microseconds since 1970-01-01 00:00:00; INT64_MIN/MAX as for dates */
    TSR_TYPE_TIMESTAMPTZ = 13, /* "tsu:UTC" */
    TSR_TYPE_UUID = 14,        /* "w:16" */
    TSR_TYPE_LITERAL = 15,     /* "u": the input syntax of the PostgreSQL type (json, interval, arrays, enums, …) */
    TSR_TYPE_BITS = 16         /* only of values that are sent: the digits 0 and 1 of a bit string, as text */
} TsrType;

typedef struct TsrOption {
    const char* name;
    const char* value;
} TsrOption;

/* Where an option may stand. */
typedef enum TsrOptionScope {
    TSR_SCOPE_SERVER = 1,
    TSR_SCOPE_USER = 2, /* user mapping */
    TSR_SCOPE_TABLE = 4,
    TSR_SCOPE_COLUMN = 8
} TsrOptionScope;

typedef struct TsrOptionSpec {
    const char* name;
    uint32_t scopes; /* TsrOptionScope bits */
    bool required;
    bool secret; /* never shown */
    const char* description;
} TsrOptionSpec;

/* One value that a statement is run with; data is the native value of a fixed-width type, else the bytes. */
typedef struct TsrParam {
    TsrType type;
    bool is_null;
    const void* data;
    size_t size;
} TsrParam;

/* How a batch holds its rows. */
typedef enum TsrEncoding {
    TSR_ENCODING_ARROW = 0, /* a struct array with a child of the wanted format for each column */
    /* A binary array ("z") with a tuple for each row, as PostgreSQL's COPY (FORMAT binary) writes them: the number of
     * fields in 16 bits, then of each field its size in 32 bits, -1 for NULL, and its value as PostgreSQL's send
     * function for the column's TsrType writes it; TEXT and LITERAL are their bytes, checked by nobody. All numbers are
     * big endian. The tuples lie one behind the other, with a spare byte after the last, and may be overwritten until
     * the batch is released. */
    TSR_ENCODING_TUPLES = 1
} TsrEncoding;

/* A column of a file: one of the statement's, as which name and type it stands there. */
typedef struct TsrFileColumn {
    const char* name;
    size_t output; /* which of the statement's columns, from 0 */
    TsrType type;
    int32_t precision; /* of TSR_TYPE_DECIMAL; likewise the next */
    int32_t scale;
} TsrFileColumn;

typedef struct TsrFile {
    const char* format; /* "parquet"; "csv", with a line of names; "json", with an object a line */
    size_t output_count;
    size_t column_count;
    const TsrFileColumn* columns;
} TsrFile;

typedef struct TsrQuery {
    size_t struct_size;
    const char* text; /* a statement in the connector's dialect; for dialect "plan", the JSON form of plugins/sdk/ir */
    size_t param_count;
    const TsrParam* params;
    size_t column_count; /* 0 is allowed (count the rows): then batches have only a length */
    const TsrType* column_types;
    size_t batch_bytes; /* about how large a batch should be; the first one may be smaller, to come sooner */

    /* Since ABI 1.3. */
    bool takes_tuples;    /* batches may come in TSR_ENCODING_TUPLES, too: the connector decides, once a cursor */
    double expected_rows; /* -1 when the host has no idea */

    /* Since ABI 1.6. Where the statement gives rows of one table, each at most once and in any order: the same for the
     * rows of a range of the table's row ids, with two more parameters behind the others, the range's first row id and
     * its last, INT64. Up to `most_readers` ranges may be read side by side, in one state of the table. Else NULL. */
    const char* range_text;
    size_t most_readers;
    size_t table_option_count; /* the table's */
    const TsrOption* table_options;

    /* Since ABI 1.9. The statement gives rows of one table as they are, with conditions at most, in any order: whoever
     * reads it need not hold more than what is being read. */
    bool passes_rows;

    /* Since ABI 1.11, of sessions with TSR_CAN_GIVE_FILES; else NULL. Wanted are not the rows but a file of them: each
     * row of a batch is a piece of it, one behind the other, in one column of TSR_TYPE_BYTES. The file has the values
     * that the rows would have: where that is not certain, execute() fails with SQLSTATE 0A000; a value that its type
     * here cannot be is an error, as it is among rows. After TSR_END, affected() is how many rows are in the file. */
    const TsrFile* file;
} TsrQuery;

/* What a cursor knows of itself. */
typedef struct TsrCursorState {
    size_t struct_size;
    TsrEncoding encoding; /* of the batches; known with the first one */
    int64_t bytes;        /* received from the source so far; -1 when not known, likewise the next two */
    int64_t round_trips;  /* requests sent to the source, each waited for */
    int64_t wait_us;      /* how long the source was waited for */
    int64_t readers;      /* since ABI 1.6: how many ranges are read side by side, or 1 */
} TsrCursorState;

/* A table or view of the source. The pointers are the connector's and live until the callback that got them returns. */
typedef struct TsrColumn {
    const char* name;
    const char* pg_type; /* a PostgreSQL type as format_type() spells it: "integer", "numeric(10,2)", "text" */
    bool not_null;
    int32_t key_position; /* place in the primary key from 1, or 0 */
    const char* comment;  /* or NULL */
    size_t option_count;  /* column options to store, e.g. what the source is known to do exactly */
    const TsrOption* options;
} TsrColumn;

typedef struct TsrTable {
    const char* name;
    const char* comment; /* or NULL */
    double row_count;    /* -1 when not known */
    size_t column_count;
    const TsrColumn* columns;
    size_t option_count; /* table options that address it, e.g. schema_name, table_name */
    const TsrOption* options;
    const char* skipped; /* NULL, or why some of its columns could not be taken (a notice to the person) */
} TsrTable;

typedef void (*TsrTableSink)(void* context, const TsrTable* table);

typedef struct TsrStatistics {
    double row_count;  /* -1 when not known */
    double byte_count; /* -1 when not known */
} TsrStatistics;

/* What a session can do beside reading. */
typedef enum TsrCapability {
    TSR_CAN_CHANGE = 1,          /* execute() takes statements that change data; affected() counts */
    TSR_CAN_INGEST = 2,          /* start_ingest() and what follows it */
    TSR_CAN_TRANSACT = 4,        /* begin(); the rollback undoes all that was changed and ingested */
    TSR_CAN_SAVEPOINT = 8,       /* the steps of savepoints */
    TSR_CAN_PREPARE = 16,        /* two-phase commit: the steps of prepared transactions, list_prepared() */
    TSR_CAN_SHARE_SNAPSHOT = 32, /* export_snapshot(), and TsrTransaction::snapshot */
    TSR_CAN_GIVE_FILES = 128,    /* TsrQuery::file */
    TSR_CAN_READ_BESIDE = 64     /* a session that reads and one that changes the same tables are in nobody's way */
} TsrCapability;

typedef enum TsrIsolation {
    TSR_ISOLATION_READ_COMMITTED = 1,
    TSR_ISOLATION_REPEATABLE_READ = 2,
    TSR_ISOLATION_SERIALIZABLE = 3
} TsrIsolation;

typedef struct TsrTransaction {
    size_t struct_size;
    TsrIsolation isolation; /* at least this */
    bool read_only;
    const char* snapshot;      /* NULL, or what another session of the source exported: both see the same */
    const char* prepared_name; /* NULL, or what TSR_STEP_PREPARE may name it: some sources want it from the start */
} TsrTransaction;

/* Steps of a transaction. `name` is a savepoint's (letters and digits) or a prepared transaction's. Steps are not ended
 * by TSR_SIGNAL_CANCEL: their time is bounded by the connector, a rollback's to about 2 s. A commit whose outcome is
 * not known fails with SQLSTATE 08007. */
typedef enum TsrStep {
    TSR_STEP_COMMIT = 1,
    TSR_STEP_ROLLBACK = 2,
    TSR_STEP_SAVEPOINT = 3,
    TSR_STEP_RELEASE = 4,
    TSR_STEP_ROLLBACK_TO = 5,     /* the savepoint stays */
    TSR_STEP_PREPARE = 6,         /* ends the session's transaction; it waits under its name, also over a crash */
    TSR_STEP_COMMIT_PREPARED = 7, /* outside a transaction, in any session of the user; likewise the next */
    TSR_STEP_ROLLBACK_PREPARED = 8
} TsrStep;

typedef void (*TsrNameSink)(void* context, const char* name);

/* Where rows are put. */
typedef struct TsrTarget {
    size_t struct_size;
    const char* relation; /* as relation() gives it for the table without its option "query", or schema.table, quoted */
    size_t option_count;
    const TsrOption* options; /* the table's */
    size_t column_count;      /* those not named get their default at the source */
    const char* const* columns;
    const TsrType* types;
} TsrTarget;

typedef struct TsrColumnStatistics {
    size_t struct_size;
    const char* name;     /* at the source; lives until the sink returns */
    double null_fraction; /* 0 when not known, likewise width */
    double width;         /* bytes on average */
    double distinct;      /* how many values, or, negative, their part of the rows; 0 when not known */
    int32_t index; /* since 1.10: 1 where an index finds rows by this column alone, -1 where none does; 0 when not
                    * known */
} TsrColumnStatistics;

typedef void (*TsrColumnSink)(void* context, const TsrColumnStatistics* column);

typedef struct TsrSession TsrSession; /* a connection to the source, with its user's credentials */
typedef struct TsrCursor TsrCursor;   /* a running statement */
typedef struct TsrIngest TsrIngest;   /* rows on their way into a table */

typedef struct TsrConnector {
    size_t struct_size;
    uint32_t abi_major;
    uint32_t abi_minor;
    const char* name;
    const char* version;
    /* The dialect of plugins/sdk/dialect its text is in, or a dialect file's absolute path; "plan": it takes the JSON
     * form of the IR; "": each session says its own, session_dialect(). */
    const char* dialect;
    size_t option_count;
    const TsrOptionSpec* options;

    /* Connect. Options are the server's and the user mapping's together. Bounded by connect_timeout (10 s when not
     * given). */
    TsrStatus (*open)(const TsrHost* host, const TsrOption* options, size_t option_count, TsrSession** session,
                      TsrError* error);
    void (*close)(TsrSession* session);
    /* Is the session usable for a next statement? Cheap and local (a socket's state); false makes the host drop it. */
    bool (*usable)(TsrSession* session);

    /* Every table of a schema of the source, or only `table` when it is not NULL. `schema` is the name given to IMPORT
     * FOREIGN SCHEMA. */
    TsrStatus (*list_tables)(TsrSession* session, const char* schema, const char* table, TsrTableSink sink,
                             void* context, TsrError* error);
    /* What the source knows cheaply of a table's size, from its catalogs or metadata, without reading the table. */
    TsrStatus (*statistics)(TsrSession* session, const TsrOption* table_options, size_t option_count,
                            TsrStatistics* statistics, TsrError* error);
    /* The FROM item for a table, when it is more than quoted schema_name.table_name; NULL member: the host builds that.
     * Writes a NUL-terminated text; fails when it needs more than `size` bytes. */
    TsrStatus (*relation)(const TsrOption* server_options, size_t server_option_count, const TsrOption* table_options,
                          size_t table_option_count, char* text, size_t size, TsrError* error);

    /* Start a statement. Should return quickly: long waits belong into next(). */
    TsrStatus (*execute)(TsrSession* session, const TsrQuery* query, TsrCursor** cursor, TsrError* error);
    /* The next batch, in one encoding or the other. The caller releases it. */
    TsrStatus (*next)(TsrCursor* cursor, struct ArrowArray* batch, TsrError* error);
    /* Ends the statement, at the source too when it still runs; bounded (at most about 1 s), never fails. The session
     * may then be unusable: the host asks. */
    void (*close_cursor)(TsrCursor* cursor);

    /* ---- Since ABI 1.1; NULL when the connector only reads ---- */

    /* Of this session: TsrCapability bits. Cheap and local. */
    uint32_t (*capabilities)(TsrSession* session);
    /* After TSR_END: how many rows the statement inserted, updated or deleted; -1 when the source does not say. */
    int64_t (*affected)(TsrCursor* cursor);

    TsrStatus (*begin)(TsrSession* session, const TsrTransaction* transaction, TsrError* error);
    /* Sends a step; finish_step() waits for its end. The host may start one in each of several sessions and then finish
     * them, so that they run at the same time. After a failed step the session may be unusable: the host asks. */
    TsrStatus (*start_step)(TsrSession* session, TsrStep step, const char* name, TsrError* error);
    TsrStatus (*finish_step)(TsrSession* session, TsrError* error);
    /* Of the running transaction, which must be at least repeatable read; valid while that runs. */
    TsrStatus (*export_snapshot)(TsrSession* session, char* text, size_t size, TsrError* error);
    /* The names of the prepared transactions that begin with `prefix`. */
    TsrStatus (*list_prepared)(TsrSession* session, const char* prefix, TsrNameSink sink, void* context,
                               TsrError* error);

    /* Bulk insert. What `target` points to lives until the ingest is closed. A row that can't be taken may be reported
     * by a later call: all rows of an ingest are in, or none. */
    TsrStatus (*start_ingest)(TsrSession* session, const TsrTarget* target, TsrIngest** ingest, TsrError* error);
    /* `values`: row after row, column_count each. */
    TsrStatus (*ingest)(TsrIngest* ingest, const TsrParam* values, size_t row_count, TsrError* error);
    TsrStatus (*finish_ingest)(TsrIngest* ingest, int64_t* row_count, TsrError* error);
    /* Without finish_ingest() before it, gives the rows up; bounded, never fails. */
    void (*close_ingest)(TsrIngest* ingest);

    /* ---- Since ABI 1.2; NULL unless `dialect` is "" ---- */

    /* The dialect of this session's source, which it found out when it was opened. Cheap and local; the text lives as
     * long as the session. */
    const char* (*session_dialect)(TsrSession* session);

    /* ---- Since ABI 1.3; NULL: Arrow batches, nothing counted ---- */

    /* At any time; cheap and local. */
    void (*cursor_state)(TsrCursor* cursor, TsrCursorState* state);

    /* ---- Since ABI 1.4; NULL: nothing is known of columns ---- */

    /* What the source's catalogs say of the columns' values, as far as they do, without reading the table. */
    TsrStatus (*column_statistics)(TsrSession* session, const TsrOption* table_options, size_t option_count,
                                   TsrColumnSink sink, void* context, TsrError* error);
    /* Pages of a table, counted as in its row ids ("(page,item)"), so that ranges of them can be read apart: each row
     * has one id as long as a snapshot lasts. 0 when there are none, or the ids are not found by range. */
    TsrStatus (*page_count)(TsrSession* session, const TsrOption* table_options, size_t option_count, int64_t* pages,
                            TsrError* error);
    /* As next(), but TSR_AGAIN instead of a wait. */
    TsrStatus (*poll)(TsrCursor* cursor, struct ArrowArray* batch, TsrError* error);
    /* After poll() gave TSR_AGAIN: the socket that can be read when it is worth another call; -1 when there is none. */
    int (*cursor_socket)(TsrCursor* cursor);
} TsrConnector;

/* Does a connector, perhaps of an earlier minor, have the member? */
#define TSR_HAS_MEMBER(connector, member)                                                        \
    ((connector)->struct_size >= offsetof(TsrConnector, member) + sizeof((connector)->member) && \
     (connector)->member != NULL)

/* The one exported symbol; the table is static. */
#define TSR_CONNECTOR_ENTRY "tessera_connector"
typedef const TsrConnector* (*TsrConnectorEntry)(void);

#ifdef __cplusplus
}
#endif

#endif
