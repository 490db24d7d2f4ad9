/* What the files of fdw/pg share. Each .c file is one stage of a foreign table's life:
 * - tessera_fdw.c: loading, settings, the handler
 * - options.c, import.c, analyze.c: servers, tables and their options; IMPORT FOREIGN SCHEMA; ANALYZE
 * - translate.c, translate_node.c, aggregate.c: PostgreSQL's expressions to the IR
 * - rel.c, statistics.c, lookup.c: what is known of a relation while planning, and costs; paths with values from
 * outside
 * - join.c, upper.c, group.c, window.c, limit.c, partial.c, subquery.c, setop.c: what else goes to the source, stage by
 * stage
 * - eager.c: joins of which one side is aggregated before
 * - recheck.c: joins of rows that are locked
 * - ship.c, delegated_join.c, shard_join.c: joins that send one side's rows to the other's source, or let it read them
 * - repartition.c, mesh_table.c: joins that several nodes share out; tables of the mesh, as such nodes have them
 * - bind_plan.c, params.c, bind_exec.c: joins that send keys of one side to the other's source
 * - select.c, plan.c: the statement of a chosen path
 * - scan.c, early_start.c, async.c: running it, EXPLAIN; statements of several sources at the same time
 * - parallel.c: one table by several sessions side by side
 * - fetch.c, convert.c, wire.c, encode.c: rows and values in and out
 * - modify_plan.c, modify.c, direct.c, transaction.c: changes, and the sources' part in a transaction
 * - snapshot.c: one state of a source for a statement that reads it more than once
 * - resolver.c: transactions in doubt
 * - replica.c: copies of shards that are read in their place
 * - remote.c, file_of.c: remote_query() and the connections; a query's rows as a file that their source writes
 * - handover.c: a session that goes on on its client's own socket
 * - identity.c, policy.c, govern.c, guard.c, leak.c: who a session acts for, and what it may see
 * - host.c: errors, interrupts, ownership
 *
 * C++ objects of fdw/core are owned by memory contexts (host.c), so an ereport anywhere here leaks nothing.
 */
#ifndef TESSERA_FDW_PG_TESSERA_FDW_H
#define TESSERA_FDW_PG_TESSERA_FDW_H

/* clang-format off: postgres.h comes first */
#include "postgres.h"
/* clang-format on */

#include "fdw/core/fdw_core.h"

#include "commands/explain.h"
#include "foreign/fdwapi.h"
#include "foreign/foreign.h"
#include "nodes/pathnodes.h"
#include "parser/parsetree.h"
#include "utils/relcache.h"

/* ---- Settings ---- */

extern char* tessera_connector_path;    /* the folder of the connectors */
extern char* tessera_dialect_directory; /* of dialect files; or empty */

/* How much of a query sources may do; results are the same. */
typedef enum PushdownMode {
    PUSHDOWN_OFF,    /* choose columns */
    PUSHDOWN_FILTER, /* and rows */
    PUSHDOWN_FULL    /* and join, group, sort, limit */
} PushdownMode;

extern int tessera_pushdown;
extern int tessera_batch_memory;     /* kB that a foreign scan may hold */
extern int tessera_write_batch_size; /* kB of rows gathered before they are sent */
extern bool tessera_expect_many_rows;

/* ---- host.c ---- */

extern const TsrHost tessera_host;

/* From now on the source must answer within its query_timeout. */
extern void tessera_start_timeout(const TsrSource* source);
/* The same where the wait is not a connector's: raises an error when it has lasted too long. */
extern void tessera_check_timeout(const TsrSource* source, TimestampTz since);

/* Raises a source's error; a cancel or a time-out of our own is raised as such. `source` may be NULL. */
extern void tessera_raise(const char* source, const TsrError* error) pg_attribute_noreturn();
/* With the statement that it was given as the error's context: as it was planned, without values that only running it
 * has shown. */
extern void tessera_raise_of(const char* source, const char* statement, const TsrError* error) pg_attribute_noreturn();

/* `destroy(object)` runs when `context` is reset or deleted, unless tessera_disown() came first. */
typedef struct TesseraOwned TesseraOwned;
extern TesseraOwned* tessera_own(MemoryContext context, void* object, void (*destroy)(void* object));
extern void tessera_disown(TesseraOwned* owned); /* destroys it now */

/* ---- options.c ---- */

typedef struct TableOptions {
    TsrOption* options;
    size_t count;
} TableOptions;

/* A server as a user sees it, its options checked. Allocated in the current context. */
extern TsrSource* tessera_source(Oid server, Oid user);
/* The user whose mapping a scan of this range table entry uses. */
extern Oid tessera_scan_user(const RangeTblEntry* rte);

/* In units of seq_page_cost. */
typedef struct SourceCosts {
    Cost statement; /* of sending one and waiting for it: fdw_startup_cost */
    Cost row;       /* of moving one between processes, besides its bytes: fdw_tuple_cost */
    Cost byte;
} SourceCosts;

extern SourceCosts tessera_source_costs(const TsrSource* source);
extern TableOptions tessera_table_options(Oid relation, const TsrSource* source);
extern bool tessera_bool_option(List* list, const char* name, bool otherwise);
/* The name of a column at the source. */
extern const char* tessera_column_name(Oid relation, AttrNumber attribute);

/* ---- convert.c ---- */

/* The type in which values of a PostgreSQL type cross the connector boundary. */
extern TsrType tessera_crossing_type(Oid type);

/* Reads one result column into Datums; the values live in the memory context current at the call. */
typedef struct Converter Converter;
extern Converter* tessera_converter(Oid type, int32 typmod);
extern void tessera_convert(Converter* converter, const struct ArrowArray* column, int64 first, int count,
                            Datum* values, bool* nulls);
/* A value as a parameter; what it points to lives in the current context. */
extern TsrParam tessera_param(Oid type, Datum value, bool is_null);

/* ---- params.c: what a statement is run with ---- */

typedef struct BoundParams {
    const char* text; /* the statement: with lists of keys there are several */
    TsrParam* params;
    int count;
} BoundParams;

/* Parameters of a plan node's statement: `numbers` as in SCAN_PARAMS, `keys` as in SCAN_KEYS, `shipped` as in
 * SCAN_SHIPPED. */
typedef struct ScanParams ScanParams;
extern ScanParams* tessera_params_create(PlanState* node, const char* text, List* exprs, List* numbers, List* keys,
                                         List* shipped);
/* The keys to send next: keys[k][i] is the i-th of list k. Kept by pointer. */
extern void tessera_params_keys(ScanParams* params, int count, Datum** keys);
/* What goes along from now on. Kept by pointer. */
typedef struct ShippedRows ShippedRows;
extern void tessera_params_ship(ScanParams* params, const ShippedRows* rows);
/* The values as they are now; true when they are those of the call before. */
extern bool tessera_params_bind(ScanParams* params, ExprContext* context, const BoundParams** bound);
/* Those of the last call; none before the first. */
extern const BoundParams* tessera_params_bound(const ScanParams* params);

/* ---- explain_params.c ---- */

/* The values that a statement was last run with, as the property "Remote Parameters"; nothing where it takes none. */
extern void tessera_explain_params(const TsrParam* params, int count, ExplainState* es);

/* ---- encode.c ---- */

/* The value's text, whatever the session's settings are. */
extern char* tessera_plain_text(Oid type, Datum value);

/* PostgreSQL's values on their way to a source. */
typedef struct Encoder Encoder;
extern Encoder* tessera_encoder(Oid type);
extern TsrType tessera_encoder_type(const Encoder* encoder);
/* What it points to lives in the current context, independent of the value. */
extern TsrParam tessera_encode(Encoder* encoder, Datum value, bool is_null);

/* Rows gathered to be sent together. */
typedef struct RowBuffer RowBuffer;
extern RowBuffer* tessera_row_buffer(int columns, const Oid* types);
extern void tessera_row_buffer_add(RowBuffer* buffer, TupleTableSlot* slot, const AttrNumber* attributes);
extern void tessera_row_buffer_clear(RowBuffer* buffer);
extern bool tessera_row_buffer_full(const RowBuffer* buffer);
extern const TsrParam* tessera_row_buffer_values(const RowBuffer* buffer);
extern Size tessera_row_buffer_rows(const RowBuffer* buffer);
extern const Encoder* tessera_row_buffer_encoder(const RowBuffer* buffer, int column);

/* ---- transaction.c ---- */

/* Makes the source take part in this transaction. Its session is free when this returns, and all that was written here
 * is there. */
extern TsrParticipant* tessera_join(const TsrSource* source, TsrUse use);
/* As tessera_join, by one of several who gather rows for it: the others keep theirs. */
extern TsrParticipant* tessera_join_as_writer(const TsrSource* source);
/* The part that a read must go through, or NULL: any session shows the same. */
extern TsrParticipant* tessera_participant_for_read(const TsrSource* source);
/* What names of prepared transactions of this cluster begin with. */
extern const char* tessera_gid_prefix(void);
extern Oid tessera_log_table(void);

/* ---- resolver.c ---- */

extern void tessera_register_resolver(void);
/* Sees to it that somebody looks after this database's transactions in doubt. */
extern void tessera_want_resolver(void);

/* What one statement of PostgreSQL reads of one source (snapshot.h). */
typedef struct SourceReads SourceReads;

/* ---- modify.c, direct.c ---- */

extern void tessera_install_modify(void);
extern int tessera_updatable(Relation relation);
extern void tessera_add_update_targets(PlannerInfo* root, Index rtindex, RangeTblEntry* rte, Relation relation);
extern List* tessera_plan_modify(PlannerInfo* root, ModifyTable* plan, Index rtindex, int subplan);
extern void tessera_begin_modify(ModifyTableState* node, ResultRelInfo* rri, List* private, int subplan, int eflags);
extern TupleTableSlot* tessera_exec_insert(EState* estate, ResultRelInfo* rri, TupleTableSlot* slot,
                                           TupleTableSlot* plan_slot);
extern TupleTableSlot* tessera_exec_update(EState* estate, ResultRelInfo* rri, TupleTableSlot* slot,
                                           TupleTableSlot* plan_slot);
extern TupleTableSlot* tessera_exec_delete(EState* estate, ResultRelInfo* rri, TupleTableSlot* slot,
                                           TupleTableSlot* plan_slot);
extern void tessera_end_modify(EState* estate, ResultRelInfo* rri);
extern void tessera_begin_insert(ModifyTableState* node, ResultRelInfo* rri);
extern void tessera_explain_modify(ModifyTableState* node, ResultRelInfo* rri, List* private, int subplan,
                                   ExplainState* es);
/* All rows gathered for the source are in its tables when this returns. */
extern void tessera_send_gathered_rows(const TsrSource* source);
/* Those of statements of an aborted subtransaction are not sent. */
extern void tessera_forget_gathered_rows(int level);
/* INSERT, UPDATE or DELETE of one table, without a query that it may be read through. */
extern TsrStatement* tessera_change_statement(Relation relation, const TsrSource* source, TsrChange change, int table);
extern void tessera_return_columns(TsrStatement* statement, Relation relation, List* attributes, int table);
/* Is it read through a query, which shows values otherwise than they are stored? */
extern bool tessera_reads_query(Oid table);

extern bool tessera_plan_direct(PlannerInfo* root, ModifyTable* plan, Index rtindex, int subplan);
extern void tessera_begin_direct(ForeignScanState* node, int eflags);
extern TupleTableSlot* tessera_iterate_direct(ForeignScanState* node);
extern void tessera_end_direct(ForeignScanState* node);
extern void tessera_explain_direct(ForeignScanState* node, ExplainState* es);
extern void tessera_truncate(List* relations, DropBehavior behavior, bool restart_sequences);

/* ---- fetch.c ---- */

/* A statement's rows, one at a time; works in a context of its own below `context`. */
typedef struct Fetch Fetch;
extern Fetch* tessera_fetch_create(MemoryContext context, TsrSource* source, const char* text, int columns,
                                   const Oid* types, const int32* typmods);
/* The statement only reads, and about so many rows; -1: no idea. See TsrQuery. */
extern void tessera_fetch_expect(Fetch* fetch, double rows, bool passes_rows);
/* The connector may read the table so instead, with `text` for each range of row ids. */
extern void tessera_fetch_in_ranges(Fetch* fetch, const char* text, Oid table);
/* Runs the statement, anew when it ran before; `params` are copied. */
extern void tessera_fetch_start(Fetch* fetch, const TsrParam* params, int count);
/* From now on another statement with the same columns. */
extern void tessera_fetch_text(Fetch* fetch, const char* text);
/* Back to the first row, without asking the source again; false when not all rows are at hand. */
extern bool tessera_fetch_rewind(Fetch* fetch);
/* An error of class 22 before the first row is no error, but the end: something else computes the rows. */
extern void tessera_fetch_may_overflow(Fetch* fetch);
extern bool tessera_fetch_has_overflowed(const Fetch* fetch);
/* The next row's columns: arrays that live until the next call. False at the end. */
extern bool tessera_fetch_next(Fetch* fetch, Datum* values, bool* nulls);
/* The same without a wait: false with *later when there is no row yet. */
extern bool tessera_fetch_poll(Fetch* fetch, Datum* values, bool* nulls, bool* later);
/* What can be read when there may be more; -1: ask again at once. Raises an error when the wait has lasted too long. */
extern int tessera_fetch_socket(const Fetch* fetch);
/* In the middle of a wait: has nothing come yet? Raises an error when the source is not there any more. */
extern bool tessera_fetch_waits(Fetch* fetch);
extern bool tessera_fetch_runs(const Fetch* fetch); /* a statement is under way */
extern void tessera_fetch_stop(Fetch* fetch);
/* The statement is one of several that are to see one state of the source. */
extern void tessera_fetch_among(Fetch* fetch, SourceReads* reads);
/* It is run in this transaction's own session: for what changes or locks rows. */
extern void tessera_fetch_for(Fetch* fetch, TsrUse use);
/* At the end: the rows that the statement changed. */
extern int64 tessera_fetch_affected(const Fetch* fetch);
/* Of all its runs together. */
extern TsrScanProgress tessera_fetch_progress(const Fetch* fetch);

/* ---- rel.c: a relation while it is planned ---- */

typedef struct RelInfo {
    bool pushdown_safe; /* all of the relation can be one statement at its source */
    TsrSource* source;
    TsrStatement* scratch; /* to try out what the source can say */

    /* RestrictInfos. Those that let too many rows through stand in both lists. */
    List* remote_conds;
    List* local_conds;
    List* refusals; /* of String: why the local ones are not remote; for EXPLAIN */

    bool order_pushable; /* root->query_pathkeys can be sorted at the source */

    /* Base relations. */
    Oid table;
    Oid copy_of;            /* the shard in whose place `table` is read (replica.h) */
    const char* mesh_table; /* all of a table of the mesh, as the source, a node, has it (mesh_table.h); else NULL */
    const char* share;      /* instead of all: "part 1 of 3" */
    const char* mesh_name;  /* what the table is called, for EXPLAIN */
    bool is_everywhere;     /* that node has a copy */
    Bitmapset* attrs_used;  /* offset by FirstLowInvalidHeapAttributeNumber */

    /* Of Shipment: rows that are not of the source, of this relation or of those within it. */
    List* shipments;

    /* A join whose rows may have to be checked again, one by one: the same join done here. */
    Path* recheck;
    bool keeps_rows; /* of every table each row that comes is one of its own, never NULLs for want of one */

    /* Joins. */
    RelOptInfo* outerrel; /* upper relations: the one below */
    RelOptInfo* innerrel;
    JoinType jointype;
    List* joinclauses;
    bool has_lateral; /* a side is LATERAL about the other, or has such sides */
    Relids hidden;    /* read, but only for whether they have rows: the inner sides of semi- and antijoins */

    /* Subqueries in FROM that are all of this source; NULL for tables. */
    struct WholeQuery* query;
    int derived_table; /* the table of its columns in the statement that is being written */

    /* Upper relations. */
    UpperRelationKind stage;
    List* tlist;      /* what the statement returns; group keys are labelled; resjunk: nobody reads it, it stays NULL */
    bool by_grouping; /* DISTINCT that is a GROUP BY */
    bool may_overflow;  /* the source may refuse numbers that PostgreSQL has: there are local_groups then */
    bool sorted_here;   /* the source groups quicker when it does no more */
    Path* local_groups; /* the same done here, for when a number does not fit the source */

    double retrieved_rows; /* that cross to us */
    double source_rows;    /* that the source handles to find them */
    Cost source_cost;      /* of finding them */
    int width;
} RelInfo;

#define RELINFO(rel) ((RelInfo*)(rel)->fdw_private)

extern ForeignScan* tessera_plan(PlannerInfo* root, RelOptInfo* rel, Oid foreigntableid, ForeignPath* path, List* tlist,
                                 List* scan_clauses, Plan* outer_plan);

/* Is the relation planned by this wrapper? */
static inline bool tessera_is_ours(const RelOptInfo* rel) {
    return rel->fdwroutine != NULL && rel->fdwroutine->GetForeignPlan == tessera_plan && rel->fdw_private != NULL;
}

extern void tessera_rel_size(PlannerInfo* root, RelOptInfo* baserel, Oid foreigntableid);
extern void tessera_base_paths(PlannerInfo* root, RelOptInfo* baserel, Oid foreigntableid);
/* Also the sorted paths that the query could use. */
extern void tessera_add_ordered_paths(PlannerInfo* root, RelOptInfo* rel);
/* The cost of fetching `rows` rows of the relation. */
extern void tessera_cost(PlannerInfo* root, const RelInfo* info, double rows, Cost* startup, Cost* total);
/* Of one statement that looks up `keys` keys, which are compared with the expressions of `by`. */
extern Cost tessera_lookup_cost(PlannerInfo* root, const RelInfo* info, List* by, double keys, double matches_per_key);
/* Of joining two relations at their source. */
extern Cost tessera_join_source_cost(const RelInfo* outer, const RelInfo* inner, double rows);
/* Of computing LATERAL for each row. */
extern Cost tessera_lateral_source_cost(const RelInfo* outer, const RelInfo* inner);
/* Of sorting `rows` rows at the source, of which the first `wanted` come: not before all have been found. */
extern void tessera_add_sort_cost(const RelInfo* info, double rows, double wanted, Cost* startup, Cost* total);
/* Sorts the relation's own conditions by where they are evaluated. */
extern void tessera_classify_conditions(PlannerInfo* root, RelOptInfo* rel);
/* Keeps for EXPLAIN why `what` is not done at the source; without `what` it is a condition. */
extern void tessera_note(RelInfo* info, const char* what, const char* why);
/* Likewise the last refusal of the scratch statement. */
extern void tessera_note_refusal(RelInfo* info);

/* ---- leak.c ---- */

/* May the relation's source evaluate the condition before the relation's policies have? Asked of every condition of a
 * scan or a join before it is sent. */
extern bool tessera_may_send(PlannerInfo* root, RelOptInfo* rel, RestrictInfo* condition);

/* ---- identity.c ---- */

extern void tessera_identity_init(void);
extern void tessera_mesh_init(void); /* mesh.c */
extern bool tessera_has_identity(void);
/* Raises unless the signature is the node's over the verb, the challenge given last, and the context. */
extern void tessera_check_signature(const char* verb, const char* context, bytea* signature);
/* As JSON, for so many bytes; no end follows. */
extern const char* tessera_identity_context(size_t* length);
/* TsrHost::delegate. */
extern TsrStatus tessera_delegate(const TsrHost* host, const char* audience, char* token, size_t size, TsrError* error);

/* ---- audit.c ---- */

extern void tessera_audit_init(void);
/* The statement that runs asks a server that no table of it belongs to. */
extern void tessera_audit_source(const char* server);

/* ---- govern.c, guard.c ---- */

extern void tessera_govern_init(void);

extern void tessera_guard_init(void);
extern void tessera_policy_clock_init(void);

/* ---- memory.c ---- */

extern void tessera_memory_init(void);

/* ---- join.c, upper.c and its stages: group.c, window.c ---- */

extern bool tessera_is_semijoin(JoinType type);

extern void tessera_join_paths(PlannerInfo* root, RelOptInfo* joinrel, RelOptInfo* outerrel, RelOptInfo* innerrel,
                               JoinType jointype, JoinPathExtraData* extra);
extern void tessera_upper_paths(PlannerInfo* root, UpperRelationKind stage, RelOptInfo* input_rel,
                                RelOptInfo* output_rel, void* extra);

extern void tessera_group_paths(PlannerInfo* root, RelOptInfo* rel, GroupPathExtraData* extra);
/* Of finding so many groups of the relation below at its source; sets what the relation's RelInfo knows of that. */
extern void tessera_cost_groups(PlannerInfo* root, RelOptInfo* rel, double groups, Cost* startup, Cost* total);
extern void tessera_window_paths(PlannerInfo* root, RelOptInfo* rel);
extern void tessera_distinct_paths(PlannerInfo* root, RelOptInfo* rel);
/* A stage at the source beats the same done here where all else is equal: stages above may follow it, and rows that
 * nobody wants are never on their way. `rel` and those below it, and so many more. */
extern void tessera_favour(RelOptInfo* rel, int stages, Cost* startup, Cost* total);
/* Bytes of a row, about. */
extern int tessera_tlist_width(PlannerInfo* root, List* tlist);
/* Does it need columns, aggregates or window functions? */
extern bool tessera_needs_source(Expr* expr);
/* Adds the expressions to what the statement returns, or the parts out of which they are finished here; false: refused.
 */
extern bool tessera_add_outputs(PlannerInfo* root, RelOptInfo* rel, List* exprs, List** tlist);
extern bool tessera_add_parts(PlannerInfo* root, RelOptInfo* rel, Node* node, List** tlist);
extern bool tessera_add_group_key(PlannerInfo* root, RelOptInfo* rel, Expr* expr, Index sortgroup, List** tlist);

/* ---- partial.c: outputs that come in parts ---- */

typedef enum Assembly {
    ASSEMBLE_VALUE,         /* of one part: itself */
    ASSEMBLE_AVERAGE,       /* sum and count: their quotient */
    ASSEMBLE_COUNT_AND_SUM, /* sum and count from here on: states of avg(int2), avg(int4), */
    ASSEMBLE_FLOAT_SUMS,    /* avg(float8), */
    ASSEMBLE_INT8_STATE,    /* sum(int8), avg(int8), */
    ASSEMBLE_NUMERIC_STATE, /* sum(numeric), avg(numeric) */
    ASSEMBLE_ROW,           /* a table's columns: its row */
    ASSEMBLE_IMPOSSIBLE
} Assembly;

/* May the source compute what the partial aggregate's state is made of? */
extern bool tessera_can_be_partial(PlannerInfo* root, const Aggref* node);
/* What the source computes for an output: the expression itself, unless it is a partial aggregate. */
extern List* tessera_partial_parts(Expr* expr, Assembly* assembly);
/* The type of the first part; of a second it is int8. */
extern Oid tessera_part_type(Assembly assembly, Oid type);
/* Lets partitions aggregate apart where some are foreign. */
extern void tessera_install_partial(void);
extern void tessera_want_partitionwise(PlannerInfo* root, const RelOptInfo* rel);
extern Datum tessera_assemble(Assembly assembly, const Datum* parts, const bool* nulls, bool* is_null);

/* ---- eager.c: partial aggregates below joins ---- */

extern void tessera_register_eager_aggregation(void);

/* ---- lookup.c: look-ups by key from a nested loop ---- */

extern void tessera_add_lookup_paths(PlannerInfo* root, RelOptInfo* rel);

/* ---- bind_plan.c, bind_exec.c: look-ups of many keys at a time; see bind_join.h ---- */

extern void tessera_register_bind_join(void);

/* ---- ship.c: rows that go along with a statement ---- */

extern void tessera_register_shipped_rows(void);
/* Can one statement hold what goes along with both? */
extern bool tessera_ship_together(const RelInfo* a, const RelInfo* b);
/* Is the column one of the rows that go along with the relation's statement? And what it is there. */
extern bool tessera_is_shipped(const RelOptInfo* rel, const Var* var);
extern const TsrExpr* tessera_shipped_column(TsrStatement* statement, const RelOptInfo* rel, const Var* var);
extern const TsrFrom* tessera_shipped_rows(TsrStatement* statement, const RelOptInfo* rel);
extern char* tessera_describe_shipped(PlannerInfo* root, const RelOptInfo* rel);
/* SCAN_SHIPPED of the relation's statement. */
extern List* tessera_plan_shipment(const TsrStatement* statement, const RelInfo* info);
/* The child of the relation's scan: what computes the shipped rows, or checks rows again; NULL when there is none. */
extern Path* tessera_outer_path(const RelInfo* info);
/* Of computing the rows and sending them: so much a row, and a byte of it. */
extern void tessera_add_shipment_cost(const RelInfo* info, const SourceCosts* costs, Cost* startup, Cost* total);

/* Row after row, in the memory context that they were gathered in. */
struct ShippedRows {
    int columns;
    int64 count;
    Datum* values;
    bool* nulls;
};

/* All rows of the child. */
extern ShippedRows* tessera_gather_rows(PlanState* child, MemoryContext context);

/* ---- parallel.c: parts of one table side by side ---- */

extern int tessera_parallel_scans; /* of one source, side by side */

/* How a ForeignScan of a range of pages stands in fdw_private. */
enum PartPrivate {
    PART_RANGE, /* IntList: its number, the first page or -1, the page behind the last or -1 */
    PART_WHOLE  /* String: the statement that reads all of the table */
};

extern void tessera_register_parallel_scans(void);
extern void tessera_add_parallel_path(PlannerInfo* root, RelOptInfo* rel);
extern bool tessera_select_pages(TsrStatement* statement, int table, List* range); /* false: tsr_refusal() */
/* Narrows a table's statement, with parameters `numbers` (SCAN_PARAMS), for TsrQuery::range_text; NULL: it can't. */
extern char* tessera_plan_ranges(PlannerInfo* root, const Path* path, TsrStatement* statement, const List* numbers);

/* ---- async.c ---- */

extern bool tessera_async_capable(ForeignPath* path);
extern void tessera_async_request(AsyncRequest* request);
extern void tessera_async_configure_wait(AsyncRequest* request);
extern void tessera_async_notify(AsyncRequest* request);

/* ---- early_start.c: sources work at the same time ---- */

extern void tessera_register_early_start(void);
/* Sends the scan's statement; iterating does when nobody has before. */
extern void tessera_start_scan(ForeignScanState* node);
/* Has it not been sent, and does it need nothing that the plan computes? */
extern bool tessera_may_start_early(const ForeignScanState* node);
/* Do both read from one server as one user? */
extern bool tessera_same_source(ForeignScanState* a, ForeignScanState* b);
/* From now on, or no more, the scan gives an empty slot also instead of a wait; returns whether it did so last. */
extern bool tessera_scan_polls(ForeignScanState* node, bool on);
extern bool tessera_scan_started(const ForeignScanState* node);
extern bool tessera_scan_runs(const ForeignScanState* node); /* it has rows under way */
/* When it was started last. */
extern TimestampTz tessera_scan_started_at(const ForeignScanState* node);
/* Does it read a shard that can be read beside others, in a session more? */
extern bool tessera_scan_is_of_shard(const ForeignScanState* node);
/* Can another scan of its source run beside it? */
extern bool tessera_scan_is_shareable(const ForeignScanState* node);
/* See tessera_reads_later(). */
extern bool tessera_scan_reads_later(const ForeignScanState* node, const TsrSource* source, const char* relation);
/* See tessera_fetch_socket and tessera_fetch_waits. */
extern int tessera_scan_socket(const ForeignScanState* node);
extern bool tessera_scan_waits(const ForeignScanState* node);

/* ---- translate.c ---- */

typedef struct Translation {
    PlannerInfo* root;
    RelOptInfo* rel; /* whose expressions these are */
    TsrStatement* statement;
    List* params;   /* expressions to evaluate here and send along; number n is the n-th; the outermost's */
    Expr* case_arg; /* what CASE compares, while its conditions are translated */
    bool refused;   /* something that must be sent can't be: the statement is void */

    /* Of a subquery: what stands around it, and as what it stands there; NULL in FROM. */
    struct Translation* outer;
    SubPlan* subplan;
    List* laterals;  /* LATERAL in FROM: PlannerParamItems of columns beside it there */
    int first_table; /* is added to the range table's numbers */
    List* copies;    /* SCAN_COPIES so far; the outermost's */
} Translation;

/* The expression in the IR, or NULL with tsr_refusal(statement). A Var of another relation, a Param, or whatever needs
 * nothing of the source becomes a parameter. */
extern const TsrExpr* tessera_translate(Translation* translation, Expr* expr);
/* The condition as a parameter list and expression of `statement`; raises an error where it can't be said. */
extern const TsrExpr* tessera_must_translate(Translation* translation, Expr* expr);
/* Tries it in the relation's scratch statement. */
extern const TsrExpr* tessera_try(PlannerInfo* root, RelOptInfo* rel, Expr* expr);
extern bool tessera_is_exact(PlannerInfo* root, RelOptInfo* rel, Expr* expr);
/* The arguments of a node; NULL when one of them can't be said. *count is their number. */
extern const TsrExpr** tessera_arguments(Translation* translation, List* list, size_t* count);
extern TsrCollation tessera_collation(Oid collation);
/* "int4eq(int4,int4)"; NULL for a function that is not PostgreSQL's own. */
extern const char* tessera_signature(Oid function);
/* pg_type.typname of a builtin type; "?" for others, which may bear a builtin's name and mean nothing to a source. */
extern const char* tessera_type_name(Oid type);
/* The member of the pathkey's class that the source can sort by, or NULL. `target` limits it to expressions of an upper
 * relation's output; may be NULL. */
extern Expr* tessera_sort_expr(PlannerInfo* root, RelOptInfo* rel, PathKey* pathkey, List* target);

/* ---- aggregate.c ---- */

extern const TsrExpr* tessera_translate_aggregate(Translation* translation, Aggref* node);
extern const TsrExpr* tessera_translate_window(Translation* translation, WindowFunc* node);
extern const TsrExpr* tessera_translate_grouping(Translation* translation, GroupingFunc* node);
/* Is it the order that the type has by default? The dialects know no other. */
extern bool tessera_is_default_order(Oid opfamily, Oid type);

/* ---- sample.c: TABLESAMPLE of a partitioned table ---- */

extern bool tessera_is_sampled(PlannerInfo* root, const RelOptInfo* rel);
/* The table, or its sample where one is asked for. */
extern const TsrFrom* tessera_sampled(Translation* translation, const RelOptInfo* rel, const TsrFrom* table);
extern double tessera_sampled_rows(PlannerInfo* root, const RelOptInfo* rel, double rows);

/* ---- select.c ---- */

/* Never NULL: where the expression can't be sent, translation->refused is set. */
extern const TsrExpr* tessera_must_translate(Translation* translation, Expr* expr);
extern TsrJoin tessera_join_kind(JoinType type);
/* The scan or join below the stages of an upper relation. */
extern RelOptInfo* tessera_scanned(RelOptInfo* rel);
/* FROM and WHERE. */
extern void tessera_select_rows(Translation* translation, RelOptInfo* rel);
/* Of an UPDATE or DELETE of the table `target`: what else the join reads, and its conditions. */
extern void tessera_select_beside(Translation* translation, RelOptInfo* rel, Index target);
extern void tessera_select_table(Translation* translation, RelOptInfo* rel, List* conditions);
/* GROUP BY and HAVING; conditions on window functions, which else stand in the outputs; DISTINCT. */
extern void tessera_select_groups(Translation* translation, RelOptInfo* rel);
extern void tessera_select_windows(Translation* translation, RelOptInfo* rel);
extern void tessera_select_distinct(Translation* translation, RelOptInfo* rel);
/* The stages up to `rel`, in their order; then ORDER BY, and the query's LIMIT. */
extern void tessera_select_stages(Translation* translation, RelOptInfo* rel);
extern void tessera_select_order(Translation* translation, RelOptInfo* rel, List* pathkeys);
extern void tessera_select_limit(Translation* translation);

/* What the statement returns, and where in the scan's tuple it goes. */
typedef struct Outputs {
    List* targets;    /* of int: attribute numbers */
    List* assemblies; /* of int: enum Assembly */
} Outputs;

extern void tessera_add_columns(Translation* translation, Outputs* outputs, RelOptInfo* rel);
extern void tessera_add_targets(Translation* translation, Outputs* outputs, List* tlist);
/* The scan tuple of a join: the columns that are needed above it and by conditions checked here. */
extern List* tessera_join_targets(RelOptInfo* rel);
/* "(crm.customers c) INNER JOIN (crm.orders o)" */
extern char* tessera_describe(PlannerInfo* root, RelOptInfo* rel);

/* ---- recheck.c: rows of joins that are locked, or met rows that are changed ---- */

/* Must the join's rows be checked again where a row that they met has changed (EvalPlanQual)? */
extern bool tessera_needs_recheck(PlannerInfo* root);
/* Prepares the join for that, and for the locks that are asked of its tables; false: it must be done here. */
extern bool tessera_can_recheck(PlannerInfo* root, RelOptInfo* joinrel);
/* Locks the tables that the query asks it of. */
extern TsrRowLock tessera_lock_rows(TsrStatement* statement, PlannerInfo* root, RelOptInfo* rel);
/* The plan made of RelInfo.recheck, with the scan's tuple as its result. */
extern Plan* tessera_recheck_plan(Plan* plan, List* scan_tlist);
extern bool tessera_recheck_scan(ForeignScanState* node, TupleTableSlot* slot);

/* ---- limit.c ---- */

/* The bound of the query as the statement's source is to be told it; NULL: it has none, or it can't be told. */
extern Expr* tessera_limit_bound(const TsrStatement* statement, const Query* query, bool is_offset);

/* ---- subquery.c ---- */

typedef struct WholeQuery WholeQuery;

extern void tessera_install_subqueries(void);
/* The subquery in FROM that the relation is; NULL with translation->refused. */
extern const TsrFrom* tessera_derived_table(Translation* translation, const RelOptInfo* rel);
extern const TsrExpr* tessera_derived_column(Translation* translation, const RelInfo* info, const Var* var);
extern char* tessera_describe_derived(const RelInfo* info, const char* alias);
extern const TsrExpr* tessera_translate_subplan(Translation* translation, SubPlan* node);
/* In a correlated subquery: what the parameter stands for, if it is one of the correlation. */
extern const TsrExpr* tessera_translate_correlation(Translation* translation, const Param* param, bool* is_correlated);
extern bool tessera_has_subplan(Node* node);
/* At the end of planning: a statement whose outputs are all that the query's are, with the subqueries in them. */
extern void tessera_add_whole_path(PlannerInfo* root, RelOptInfo* final_rel);
extern bool tessera_is_correlated(Translation* translation, Expr* expr);
/* What permissions are needed for, and what a plan is made anew for, stands in the plan also of relations that are
 * within subqueries of the statement. */
extern void tessera_keep_relations(PlannerInfo* root, RelOptInfo* rel);

/* ---- setop.c ---- */

extern void tessera_install_set_operations(void);
/* The scan is of a set operation of which `from` is the operand: lets EXPLAIN name its columns. */
extern void tessera_name_set_columns(ForeignScan* scan, const RelOptInfo* from);

/* ---- plan.c, scan.c, import.c, analyze.c ---- */

/* What a ForeignScan's fdw_private holds, in this order. */
enum ScanPrivate {
    SCAN_TEXT,       /* String: the statement */
    SCAN_TARGETS,    /* IntList: attribute number of the scan tuple for each output */
    SCAN_ASSEMBLIES, /* IntList of enum Assembly: how each output is made of what comes */
    SCAN_PARAMS,     /* IntList: fdw_exprs (from 1) bound, in order; -k: key of the k-th list, or shipped column k */
    SCAN_RELATIONS,  /* String, for EXPLAIN; empty for a single table */
    SCAN_REFUSALS,   /* List of String, for EXPLAIN */
    SCAN_KEYS,       /* see KeyPrivate; NIL for a scan that takes no keys */
    SCAN_LOCKS,      /* Integer: enum ScanLocks */
    SCAN_USER,       /* Integer: whose mapping is used; 0: the current user's */
    SCAN_SHIPPED, /* Integer TsrKeyForm, and OidList: of the columns of the rows that the child gives; NIL: no child */
    SCAN_PART,    /* see PartPrivate; NIL for a scan of all */
    SCAN_RECOMPUTED,  /* Integer: 1 where the child computes the rows when a number does not fit the source */
    SCAN_RANGES,      /* String: the statement for a range of row ids; NULL: it is not to be read so */
    SCAN_PASSES_ROWS, /* Integer: 1 where TsrQuery::passes_rows */
    SCAN_PEERS,       /* what the source reads at other nodes, for EXPLAIN: see delegated_join.c */
    SCAN_COPIES,      /* OidList: shards, and behind each the copy that is read in its place */
    SCAN_SHARD        /* String, Integer: tables of the mesh, and which shard of theirs; see snapshot.c; or NIL */
};

typedef enum ScanLocks {
    LOCKS_NOTHING,
    LOCKS_ROWS,  /* at the source, until the transaction ends */
    RECHECKS_ROW /* it is below a join at the source, and gives only the row that is checked again: it never runs */
} ScanLocks;

extern void tessera_begin_scan(ForeignScanState* node, int eflags);
extern TupleTableSlot* tessera_iterate_scan(ForeignScanState* node);
extern void tessera_rescan(ForeignScanState* node);
extern void tessera_end_scan(ForeignScanState* node);
extern void tessera_explain_scan(ForeignScanState* node, ExplainState* es);
extern List* tessera_import(ImportForeignSchemaStmt* stmt, Oid server);
extern bool tessera_analyze(Relation relation, AcquireSampleRowsFunc* func, BlockNumber* pages);

#endif
