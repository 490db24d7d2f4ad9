/* The one header between the extension's PostgreSQL side (fdw/pg, C) and its own side (fdw/core, C++).
 *
 * Everything here is plain C: no call throws or jumps, and fdw/core never calls PostgreSQL. Functions that can fail
 * fill a TsrError and return TSR_ERROR; the caller raises it after the call has returned. What a *_create or *_start
 * function gives is owned by the caller, who ties the matching *_destroy to a memory context. One backend has one
 * thread.
 */
#ifndef TESSERA_FDW_CORE_FDW_CORE_H
#define TESSERA_FDW_CORE_FDW_CORE_H

#include "plugins/sdk/connector.h"

#ifdef __cplusplus
extern "C" {
#endif

/* ---- Connectors ------------------------------------------------------------------------------------------------- */

/* The connector `name` of the folder `directory`; loaded once, valid until the process ends. NULL: *error says why. */
const TsrConnector* tsr_connector_find(const char* directory, const char* name, TsrError* error);

/* Are the options known to the connector where they stand, and none that is required missing? `where` names the object
 * in the error: "server \"crm\"". Scopes is the set of places the options were gathered from. */
TsrStatus tsr_options_check(const TsrConnector* connector, uint32_t scopes, const char* where, const TsrOption* options,
                            size_t option_count, TsrError* error);

/* ---- Who it is for ---------------------------------------------------------------------------------------------- */

/* Asks the node at its socket for a token; see TsrHost::delegate. `sealed`: the session's identity with its ticket. */
TsrStatus tsr_delegation_request(const TsrHost* host, const char* socket, const char* sealed, const char* audience,
                                 char* token, size_t size, TsrError* error);

/* Asks the node at its socket about the shard map, for the role that signed in: "apply" and the like, and what it is
 * about. The answer ends with a zero byte within `size`. */
TsrStatus tsr_mesh_request(const TsrHost* host, const char* socket, const char* role, const char* action,
                           const char* body, char* answer, size_t size, TsrError* error);

/* ---- Memory ------------------------------------------------------------------------------------------------------ */

/* From now on C++ asks `find`, in whichever thread allocates, before it reports that there is no memory: true when it
 * may try again. */
void tsr_memory_on_failure(bool (*find)(void));

/* ---- Sources: a server as one user sees it ------------------------------------------------------------------------
 */

typedef struct TsrSource {
    uint32_t server; /* oid */
    uint32_t user;   /* oid */
    const char* name;
    const TsrConnector* connector;
    size_t option_count; /* the server's and the user mapping's */
    const TsrOption* options;
    bool two_phase;           /* the server's option of that name: what spans sources ends in two phases */
    uint32_t query_timeout_s; /* how long an answer may be awaited; 0: for ever */
    uint32_t idle_timeout_s;  /* a session idle for longer is not used again; 0: however long */
} TsrSource;

/* Sessions are kept for the next statement. Servers or mappings have changed: those idle now are closed, busy ones when
 * they are given back. */
void tsr_sessions_invalidate(void);
/* Closes the idle sessions, of one server unless it is 0; returns how many. */
int tsr_sessions_close(uint32_t server);

/* A session for those who watch; lives until the next call into this library. */
typedef struct TsrSessionReport {
    uint32_t server;
    uint32_t user;
    bool idle;
    bool in_transaction;
    bool changed;
    int64_t opened_us; /* since 1970 */
    int64_t used_us;
    int64_t statements;
    const char* last_error; /* or empty */
} TsrSessionReport;

size_t tsr_session_count(void);
TsrSessionReport tsr_session_at(size_t index);

/* What the source says of a table's size; remembered for a minute. */
TsrStatus tsr_source_statistics(const TsrSource* source, const TsrHost* host, uint32_t table,
                                const TsrOption* table_options, size_t option_count, TsrStatistics* statistics,
                                TsrError* error);

/* What it says of a column of that name; remembered likewise. All zero when it says nothing. */
TsrStatus tsr_source_column_statistics(const TsrSource* source, const TsrHost* host, uint32_t table,
                                       const TsrOption* table_options, size_t option_count, const char* column,
                                       TsrColumnStatistics* statistics, TsrError* error);

/* How many pages it says that the table has, 0 when it can't be read in ranges of them; remembered likewise. */
TsrStatus tsr_source_page_count(const TsrSource* source, const TsrHost* host, uint32_t table,
                                const TsrOption* table_options, size_t option_count, int64_t* pages, TsrError* error);

typedef struct TsrTableList TsrTableList;
TsrStatus tsr_table_list_create(const TsrSource* source, const TsrHost* host, const char* schema,
                                const char* only_table, TsrTableList** list, TsrError* error);
size_t tsr_table_list_size(const TsrTableList* list);
const TsrTable* tsr_table_list_at(const TsrTableList* list, size_t index);
void tsr_table_list_destroy(TsrTableList* list);

/* ---- Statements: what is asked of a source -------------------------------------------------------------------------
 */

typedef struct TsrStatement TsrStatement; /* owns the expressions made in it */
typedef struct TsrExpr TsrExpr;
typedef struct TsrFrom TsrFrom;

typedef enum TsrCollation {
    TSR_COLLATION_NONE = 0,
    TSR_COLLATION_BYTEWISE = 1,
    TSR_COLLATION_DETERMINISTIC = 2,
    TSR_COLLATION_NONDETERMINISTIC = 3
} TsrCollation;

typedef enum TsrLogic { TSR_AND = 0, TSR_OR = 1, TSR_NOT = 2 } TsrLogic;

typedef enum TsrJoin { TSR_JOIN_INNER = 0, TSR_JOIN_LEFT = 1, TSR_JOIN_RIGHT = 2, TSR_JOIN_FULL = 3 } TsrJoin;

typedef enum TsrRowLock { TSR_LOCK_NONE = 0, TSR_LOCK_SHARE = 1, TSR_LOCK_UPDATE = 2 } TsrRowLock;

typedef enum TsrChange { TSR_INSERT = 0, TSR_UPDATE = 1, TSR_DELETE = 2 } TsrChange;

/* In the source's dialect; where each source of the connector has its own, a session is asked once. */
TsrStatement* tsr_statement_create(const TsrSource* source, const TsrHost* host, TsrError* error);
void tsr_statement_destroy(TsrStatement* statement);

/* Types are pg_type.typname, functions are signatures "int4eq(int4,int4)" of pg_catalog. Each returns NULL when the
 * source can't say it as PostgreSQL means it; tsr_refusal() then tells why, for EXPLAIN. Arguments may not be NULL
 * pointers. */
const TsrExpr* tsr_expr_column(TsrStatement* statement, int table, const char* column, const char* type);
/* A numeric(precision, scale). */
const TsrExpr* tsr_expr_decimal_column(TsrStatement* statement, int table, const char* column, int precision,
                                       int scale);
const TsrExpr* tsr_expr_const(TsrStatement* statement, const char* type, const char* value_or_null);
const TsrExpr* tsr_expr_param(TsrStatement* statement, int number, const char* type);
/* A value to be stored or to be found in a key: the source takes it for the column's own type. */
const TsrExpr* tsr_expr_value(TsrStatement* statement, int number);
/* What tells the rows of a table without a key apart while a transaction lasts, of type tid; and the comparison. */
const TsrExpr* tsr_expr_row_id(TsrStatement* statement, int table);
const TsrExpr* tsr_expr_row_id_is(TsrStatement* statement, int table, const TsrExpr* value);
const TsrExpr* tsr_expr_key_is(TsrStatement* statement, int table, const char* column, const char* type,
                               const TsrExpr* value);
/* `builtin`: the function's name, or the operator's when is_operator, where it is PostgreSQL's own, immutable and
 * returns no set; else NULL. */
const TsrExpr* tsr_expr_call(TsrStatement* statement, const char* signature, const char* builtin, bool is_operator,
                             const char* type, TsrCollation collation, const TsrExpr* const* args, size_t count);
/* `same_bytes`: the types' values are the same, nothing is computed. */
const TsrExpr* tsr_expr_cast(TsrStatement* statement, const char* type, const TsrExpr* arg, bool same_bytes);
/* left operator ANY (array), or ALL; `element` is the type of the array's elements, `signature` and `op` the
 * operator's. */
const TsrExpr* tsr_expr_any(TsrStatement* statement, const char* signature, const char* op, bool all,
                            const char* element, TsrCollation collation, const TsrExpr* left, const TsrExpr* array);
const TsrExpr* tsr_expr_array(TsrStatement* statement, const char* type, const TsrExpr* const* args, size_t count);
/* args: the array, then an index for each dimension. */
const TsrExpr* tsr_expr_subscript(TsrStatement* statement, const char* type, const TsrExpr* const* args, size_t count);
/* args: condition, value, condition, value, …, and the value otherwise. */
const TsrExpr* tsr_expr_case(TsrStatement* statement, const char* type, const TsrExpr* const* args, size_t count);
const TsrExpr* tsr_expr_coalesce(TsrStatement* statement, const char* type, const TsrExpr* const* args, size_t count);
const TsrExpr* tsr_expr_logic(TsrStatement* statement, TsrLogic logic, const TsrExpr* const* args, size_t count);
const TsrExpr* tsr_expr_null_test(TsrStatement* statement, bool is_null, const TsrExpr* arg);
/* args[0] IN (the others); `signature` is the equality's. */
const TsrExpr* tsr_expr_in(TsrStatement* statement, const char* signature, TsrCollation collation,
                           const TsrExpr* const* args, size_t count);

/* arg is one of a list of values that only execution knows, parameter `number`, each of `type`. */
const TsrExpr* tsr_expr_in_keys(TsrStatement* statement, const char* signature, TsrCollation collation,
                                const TsrExpr* arg, int number, const char* type);

/* How that list is bound; and how many parameters stand for it in the text, where each key has one. */
typedef enum TsrKeyForm {
    TSR_KEYS_NONE = 0,
    TSR_KEYS_ARRAY = 1, /* one TSR_TYPE_LITERAL: PostgreSQL's text of an array */
    TSR_KEYS_JSON = 2,  /* one TSR_TYPE_TEXT: a JSON array of texts */
    TSR_KEYS_LIST = 3   /* a parameter for each key */
} TsrKeyForm;

TsrKeyForm tsr_key_form(const TsrStatement* statement);
void tsr_select_key_count(TsrStatement* statement, int count);

typedef struct TsrSortKey {
    const TsrExpr* expr;
    TsrCollation collation;
    bool descending;
    bool nulls_first;
} TsrSortKey;

typedef enum TsrFrameMode { TSR_FRAME_RANGE = 0, TSR_FRAME_ROWS = 1, TSR_FRAME_GROUPS = 2 } TsrFrameMode;

typedef enum TsrBound {
    TSR_BOUND_UNBOUNDED_PRECEDING = 0,
    TSR_BOUND_PRECEDING = 1,
    TSR_BOUND_CURRENT_ROW = 2,
    TSR_BOUND_FOLLOWING = 3,
    TSR_BOUND_UNBOUNDED_FOLLOWING = 4
} TsrBound;

typedef enum TsrExclusion {
    TSR_EXCLUDE_NOTHING = 0,
    TSR_EXCLUDE_CURRENT_ROW = 1,
    TSR_EXCLUDE_GROUP = 2,
    TSR_EXCLUDE_TIES = 3
} TsrExclusion;

typedef struct TsrWindow {
    const TsrSortKey* partition_by; /* only `expr` and `collation` count */
    size_t partition_count;
    const TsrSortKey* order_by;
    size_t order_count;
    bool has_frame; /* else the default one */
    TsrFrameMode mode;
    TsrBound start;
    const TsrExpr* start_offset; /* of TSR_BOUND_PRECEDING and _FOLLOWING */
    TsrBound end;
    const TsrExpr* end_offset;
    TsrExclusion exclusion;
} TsrWindow;

/* A call of an aggregate or, with `over`, of a window function. */
typedef struct TsrAggregate {
    const char* signature;
    const char* type;
    TsrCollation collation;
    const TsrExpr* const* args; /* of an ordered-set aggregate: its direct arguments */
    size_t arg_count;
    bool distinct;
    const TsrExpr* filter; /* may be NULL */
    const TsrSortKey* order_by;
    size_t order_count;
    const TsrWindow* over; /* may be NULL */
    bool needs_window;     /* rank() and its like: no aggregates */
} TsrAggregate;

const TsrExpr* tsr_expr_aggregate(TsrStatement* statement, const TsrAggregate* call);
/* GROUPING(args) */
const TsrExpr* tsr_expr_grouping(TsrStatement* statement, const TsrExpr* const* args, size_t count);
/* Is there a row of `from` for which all conditions hold? They may be about what stands around it, too. */
const TsrExpr* tsr_expr_exists(TsrStatement* statement, const TsrFrom* from, const TsrExpr* const* conditions,
                               size_t count);
/* The last refusal; empty when there was none. Lives until the next call with this statement. */
const char* tsr_refusal(const TsrStatement* statement);
/* The caller has a refusal of its own: "a whole row can't be sent". Returns NULL. */
const TsrExpr* tsr_refuse(TsrStatement* statement, const char* reason);

/* As a filter: false means that rows may pass which PostgreSQL would drop, so that it must be applied again. */
bool tsr_expr_exact(const TsrExpr* expr);
/* An aggregate of numbers that may have more digits than the source holds, which is never tsr_expr_exact(): then the
 * statement fails before its first row, with an SQLSTATE of class 22, and what it computes has to be computed here. */
bool tsr_expr_may_overflow(const TsrExpr* expr);
/* An aggregate that the source computes quicker by tsr_write_narrow(). */
bool tsr_expr_has_narrow_form(const TsrExpr* expr);
/* Before any expression is made: the source may compute with fewer digits, and fail as above when they don't do. */
void tsr_write_narrow(TsrStatement* statement);
/* Can the source take them for one expression? Said too often rather than too seldom. */
bool tsr_may_be_taken_for_one(const TsrExpr* a, const TsrExpr* b);
/* Does it come as two columns, sum (numeric) and count (bigint), to be divided here? */
bool tsr_expr_is_sum_and_count(const TsrExpr* expr);
bool tsr_can_filter_by(TsrStatement* statement, const TsrExpr* condition);
bool tsr_can_group_by(TsrStatement* statement, const TsrExpr* expr, TsrCollation collation);
bool tsr_can_sort_by(TsrStatement* statement, const TsrExpr* expr, TsrCollation collation);
bool tsr_can_join(const TsrStatement* statement, TsrJoin join);
bool tsr_can_group(const TsrStatement* statement);
bool tsr_can_limit(const TsrStatement* statement, bool with_offset);
/* May a bound of LIMIT be a parameter? And must that be a number that is not negative? */
bool tsr_can_bind_limit(const TsrStatement* statement);
bool tsr_limit_needs_number(const TsrStatement* statement);
bool tsr_can_group_by_sets(const TsrStatement* statement);
/* May rows be made distinct by comparing this output as it is returned? */
bool tsr_can_be_distinct(TsrStatement* statement, const TsrExpr* expr, TsrCollation collation);
/* And may such rows be sorted by it? */
bool tsr_can_sort_as_returned(TsrStatement* statement, const TsrExpr* expr);
bool tsr_can_be_distinct_on(const TsrStatement* statement);
bool tsr_can_sample(const TsrStatement* statement);

/* NULL: *error says why (the connector refused the table's options). */
const TsrFrom* tsr_from_table(TsrStatement* statement, int table, const TsrSource* source,
                              const TsrOption* table_options, size_t option_count, TsrError* error);
/* The table with a random sample of about so many percent of its rows, by PostgreSQL's method SYSTEM or BERNOULLI where
 * the source has them, otherwise row by row, and then only as the one table of the SELECT. NULL: it can't; with a seed,
 * most can't. */
const TsrFrom* tsr_from_sample(TsrStatement* statement, const TsrFrom* table, bool by_system, double percent,
                               const double* seed_or_null);
const TsrFrom* tsr_from_join(TsrStatement* statement, TsrJoin join, const TsrFrom* left, const TsrFrom* right,
                             const TsrExpr* const* on, size_t count);
/* The rows of `from` for which all conditions hold, with these columns (made by tsr_expr_column). Around it the columns
 * go on under their own tables. */
const TsrFrom* tsr_from_subquery(TsrStatement* statement, const TsrFrom* from, const TsrExpr* const* conditions,
                                 size_t condition_count, const TsrExpr* const* columns, size_t column_count);

/* Rows of these types that come with the statement, bound as `number`, `number` - 1, …: its columns are "c1", "c2", …
 * of table *table. NULL, with tsr_refusal(): the source takes none, or not of these types. */
const TsrFrom* tsr_from_rows(TsrStatement* statement, int number, const char* const* types, size_t count, int* table);
/* Rows of these types that the call of a function at the source gives; columns as of tsr_from_rows(). Of a PostgreSQL
 * only. */
const TsrFrom* tsr_from_call(TsrStatement* statement, const char* call, const char* const* types, size_t count,
                             int* table);
/* How they are bound: TSR_KEYS_ARRAY, each column as PostgreSQL's text of an array; or TSR_KEYS_JSON, all as the first
 * number, a JSON array of arrays of texts. */
TsrKeyForm tsr_rows_form(const TsrStatement* statement);

/* A subquery: between begin and one of the calls that end it, tsr_select_… are about the subquery. */
void tsr_subquery_begin(TsrStatement* statement);
void tsr_subquery_abandon(TsrStatement* statement);

typedef enum TsrSetKind { TSR_UNION = 0, TSR_INTERSECT = 1, TSR_EXCEPT = 2 } TsrSetKind;

/* Of the two subqueries begun last, with the same number of outputs, makes one, which only stands in FROM. False with
 * tsr_refusal(): it is still begun, but void. */
bool tsr_subquery_combine(TsrStatement* statement, TsrSetKind kind, bool all);
/* In FROM: its outputs are the columns "c1", "c2", … of table *table. `lateral`: it is about items of FROM before it.
 * NULL, with tsr_refusal(), like expressions. */
const TsrFrom* tsr_subquery_from(TsrStatement* statement, bool lateral, int* table);
const TsrExpr* tsr_subquery_exists(TsrStatement* statement);
/* Its one output as a value. */
const TsrExpr* tsr_subquery_scalar(TsrStatement* statement);
/* left IN (subquery with one output); `signature` is the equality's. */
const TsrExpr* tsr_subquery_in(TsrStatement* statement, const char* signature, TsrCollation collation,
                               const TsrExpr* left);
bool tsr_can_nest(const TsrStatement* statement);
/* May HAVING repeat a group's key that is no plain column? */
bool tsr_can_repeat_keys(const TsrStatement* statement);
/* Also in the condition of an outer join? */
bool tsr_can_nest_in_on(const TsrStatement* statement);
/* May a subquery in FROM be about what stands around the statement that it is in FROM of? */
bool tsr_can_correlate_derived(const TsrStatement* statement);

/* As dialect::Lateral. */
typedef enum TsrLateral { TSR_LATERAL_NONE, TSR_LATERAL_PLAIN, TSR_LATERAL_ANY } TsrLateral;

TsrLateral tsr_lateral(const TsrStatement* statement);

/* The statement itself, part by part. */
void tsr_select_from(TsrStatement* statement, const TsrFrom* from);
void tsr_select_output(TsrStatement* statement, const TsrExpr* expr);
void tsr_select_where(TsrStatement* statement, const TsrExpr* condition);
/* Only the rows of a range of the table's row ids; parameters `first` and `last` are its ends. False when its rows are
 * not found so; tsr_refusal() tells why. */
bool tsr_select_row_range(TsrStatement* statement, int table, int first, int last);
void tsr_select_group_by(TsrStatement* statement, const TsrExpr* key);
void tsr_select_grouped(TsrStatement* statement);
/* One of GROUPING SETS: some of the keys that are grouped by. */
void tsr_select_grouping_set(TsrStatement* statement, const TsrExpr* const* keys, size_t count);
void tsr_select_distinct(TsrStatement* statement);
void tsr_select_distinct_on(TsrStatement* statement, const TsrExpr* key);
void tsr_select_having(TsrStatement* statement, const TsrExpr* condition);
/* A condition on window functions. */
void tsr_select_qualify(TsrStatement* statement, const TsrExpr* condition);
void tsr_select_order_by(TsrStatement* statement, const TsrExpr* key, bool descending, bool nulls_first);
void tsr_select_limit(TsrStatement* statement, const TsrExpr* limit_or_null, const TsrExpr* offset_or_null);
void tsr_select_sample(TsrStatement* statement, double fraction);
void tsr_select_lock(TsrStatement* statement, TsrRowLock lock);
/* Of a join: not of all its tables, but of this one, and of others for which this is called. */
void tsr_select_locked(TsrStatement* statement, int table);
/* May the source find rows of a few keys without reading the table? */
bool tsr_has_indexes(const TsrStatement* statement);
/* Can rows be locked at all? And of some tables of a join, but not of others? */
bool tsr_can_lock(const TsrStatement* statement);
bool tsr_can_lock_some(const TsrStatement* statement);

/* Instead of a SELECT: outputs are what RETURNING gives, conditions as for a SELECT. */
void tsr_change(TsrStatement* statement, TsrChange change, const TsrFrom* target);
/* The target as the source names it; lives as long as the statement. */
const char* tsr_change_relation(const TsrStatement* statement);
/* A column's new value, of INSERT and UPDATE. */
void tsr_change_value(TsrStatement* statement, const char* column, const TsrExpr* value);
/* UPDATE, DELETE: the conditions and values look at these, too. */
void tsr_change_others(TsrStatement* statement, const TsrFrom* others);
/* INSERT: a row that some unique key has already is left out. */
void tsr_change_ignore_conflicts(TsrStatement* statement);
/* False with tsr_refusal(): the source can't do that in one statement. */
bool tsr_can_change(TsrStatement* statement, TsrChange change, bool returning);
/* Likewise: UPDATE, DELETE of all rows that a condition finds, instead of rows found by their keys. */
bool tsr_can_change_many(TsrStatement* statement);
bool tsr_can_ignore_conflicts(const TsrStatement* statement);
/* May values be expressions of columns? False where a source would see columns that it has already changed. */
bool tsr_can_assign(TsrStatement* statement);

typedef struct TsrRendered {
    const char* text;
    size_t param_count;
    const int* params; /* the numbers given to tsr_expr_param, in the order in which they are bound */
} TsrRendered;

/* In the connector's dialect; lives as long as the statement. */
TsrStatus tsr_statement_render(TsrStatement* statement, TsrRendered* rendered, TsrError* error);
/* Empties the targets of several DELETEs, of as many of them in one statement as *together says. */
TsrStatus tsr_truncate_render(TsrStatement* const* statements, size_t count, bool cascade, bool restart_sequences,
                              TsrRendered* rendered, size_t* together, TsrError* error);

/* ---- Transactions: the sources that take part in the host's ---------------------------------------------------------
 */

typedef struct TsrParticipant TsrParticipant;

/* Whoever has rows under way in a participant's session. Before anyone else uses the session, the host has it yield:
 * read the rest into a store of its own, or send what it has gathered. */
typedef struct TsrHolder {
    void (*yield)(struct TsrHolder* holder);
} TsrHolder;

typedef enum TsrUse { TSR_USE_READ = 0, TSR_USE_CHANGE = 1 } TsrUse;

/* Makes the source take part, if it does not yet: begins `wanted` there, and sets savepoints for subtransactions up to
 * `level` (1 is the transaction itself). Refuses what could not be undone together. Nobody may hold the session. */
TsrStatus tsr_participant_join(const TsrSource* source, const TsrHost* host, const TsrTransaction* wanted, int level,
                               TsrUse use, TsrParticipant** participant, TsrError* error);
/* NULL: the source takes no part, and each read of it is a transaction of its own. */
TsrParticipant* tsr_participant_find(uint32_t server, uint32_t user);
uint32_t tsr_participant_capabilities(const TsrParticipant* participant);
TsrHolder* tsr_participant_holder(const TsrParticipant* participant);
void tsr_participant_hold(TsrParticipant* participant, TsrHolder* holder_or_null);

/* Someone who holds a session that has reached the level, or NULL. */
TsrHolder* tsr_transaction_holder(int level);

bool tsr_transaction_empty(void);
/* Must it end in two phases? `host_changed`: the host's own data changed, too. */
bool tsr_transaction_needs_two_phases(bool host_changed);
/* Then: SERVER_USER of each source that is to prepare, separated by blanks; lives until the next call. */
const char* tsr_transaction_two_phase_parts(void);
/* The subtransaction of that level is over. */
TsrStatus tsr_transaction_end_level(int level, bool commit, TsrError* error);
/* The first phase: each changed source that can prepares PREFIX_SERVER_USER. */
TsrStatus tsr_transaction_prepare(const char* prefix, TsrError* error);
/* Commits in the sources that are not prepared, at the same time. */
TsrStatus tsr_transaction_commit(TsrError* error);
/* The second phase; then the sessions go back. Returns how many sources have yet to be told. */
size_t tsr_transaction_commit_prepared(void);
/* Never fails and is bounded; then the sessions go back. False when a source without transactions keeps its changes. */
bool tsr_transaction_rollback(void);
void tsr_transaction_end(void);

/* What is prepared at the source under names that begin with `prefix`, and the end of one of them. */
TsrStatus tsr_source_list_prepared(const TsrSource* source, const TsrHost* host, const char* prefix, TsrNameSink sink,
                                   void* context, TsrError* error);
TsrStatus tsr_source_finish_prepared(const TsrSource* source, const TsrHost* host, const char* name, bool commit,
                                     TsrError* error);

/* Rows on their way into a table, in a participant's session. What `target` points to must outlive it. */
typedef struct TsrIngestion TsrIngestion;
TsrStatus tsr_ingestion_start(TsrParticipant* participant, const TsrTarget* target, TsrIngestion** ingestion,
                              TsrError* error);
TsrStatus tsr_ingestion_rows(TsrIngestion* ingestion, const TsrParam* values, size_t row_count, TsrError* error);
/* *row_count rows are in. */
TsrStatus tsr_ingestion_finish(TsrIngestion* ingestion, int64_t* row_count, TsrError* error);
/* Gives up what is not finished. */
void tsr_ingestion_destroy(TsrIngestion* ingestion);

/* ---- Scans: a statement that runs ----------------------------------------------------------------------------------
 */

typedef struct TsrScan TsrScan;

/* One state of a source for several scans, as it is when the first of them starts. Where sessions of the source can
 * share a snapshot, each scan has its own; else they share one, and whoever holds it yields to the next. A source
 * without transactions has no such state: its scans then see it as it is when each of them starts. */
typedef struct TsrSnapshot TsrSnapshot;
/* `shares`: scans may run side by side. */
TsrSnapshot* tsr_snapshot_create(bool shares);
/* All its statements went well: what its transactions may have done at the source stays. */
void tsr_snapshot_keep(TsrSnapshot* snapshot);
/* Scans of it that still run go on; its transactions end with the last of them. Bounded, never fails. */
void tsr_snapshot_destroy(TsrSnapshot* snapshot);
/* Who must yield before another scan of it can start, or NULL. */
TsrHolder* tsr_snapshot_holder(const TsrSnapshot* snapshot);
/* Of the scan that was started last. */
void tsr_snapshot_hold(TsrSnapshot* snapshot, TsrHolder* holder);
/* Can the sessions of its source share it? Known once a scan has started; true before. */
bool tsr_snapshot_can_share(const TsrSnapshot* snapshot);

/* Takes a session of the source (connects when none is idle) and starts the statement. A kept session that turns out to
 * be dead is replaced once. The source and what it points to need not outlive the call. */
TsrStatus tsr_scan_start(const TsrSource* source, const TsrHost* host, const TsrQuery* query, TsrScan** scan,
                         TsrError* error);
/* In the snapshot, which nobody may hold; all scans of one are of one source. */
TsrStatus tsr_scan_start_at(TsrSnapshot* snapshot, const TsrSource* source, const TsrHost* host, const TsrQuery* query,
                            TsrScan** scan, TsrError* error);
/* In a participant's session, which nobody may hold; never started twice. */
TsrStatus tsr_scan_start_in(TsrParticipant* participant, const TsrHost* host, const TsrQuery* query, TsrScan** scan,
                            TsrError* error);
/* After TSR_END: the rows that the statement changed, or -1. */
int64_t tsr_scan_affected(const TsrScan* scan);
/* TSR_OK: *batch holds rows until the next call; TSR_AGAIN: look after your signals and call again. */
TsrStatus tsr_scan_next(TsrScan* scan, const struct ArrowArray** batch, TsrError* error);
/* As tsr_scan_next(), but TSR_AGAIN also instead of a wait: then *socket can be read when there is more, or is -1
 * when there is nothing to wait for but the next call. */
TsrStatus tsr_scan_poll(TsrScan* scan, const struct ArrowArray** batch, int* socket, TsrError* error);

/* The last batch becomes the caller's, who releases it. */
void tsr_scan_take_batch(TsrScan* scan, struct ArrowArray* taken);

/* What came so far, and what it took. */
typedef struct TsrScanProgress {
    TsrEncoding encoding; /* of the last batch */
    int64_t rows;
    int64_t bytes;       /* -1 when the connector does not count them; likewise round_trips */
    int64_t round_trips; /* of the statement, without the connection's own */
    int64_t wait_us;     /* for the source; when the connector does not measure it, the time spent in the connector */
    int64_t readers;     /* how many ranges of one table are read side by side, or 1 */
} TsrScanProgress;

void tsr_scan_progress(const TsrScan* scan, TsrScanProgress* progress);
/* Ends the statement at the source too, and gives the session back. */
void tsr_scan_destroy(TsrScan* scan);

#ifdef __cplusplus
}
#endif

#endif
