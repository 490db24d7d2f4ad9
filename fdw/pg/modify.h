/* What modify_plan.c, which makes the statements of single rows, and modify.c and modify_row.c, which run them, share.
 */
#ifndef TESSERA_FDW_PG_MODIFY_H
#define TESSERA_FDW_PG_MODIFY_H

#include "fdw/pg/own_changes.h"

#include "lib/ilist.h"

/* Of the junk columns that say which row is meant. */
#define KEY_PREFIX "tessera_key_"

/* What a ModifyTable's fdw_private holds for a table, in this order. */
enum ModifyPrivate {
    MODIFY_TEXT,      /* String: the statement of one row */
    MODIFY_TARGETS,   /* IntList: attributes whose values are bound */
    MODIFY_PARAMS,    /* IntList: which of targets and then keys is bound, in order, from 1 */
    MODIFY_KEYS,      /* IntList: key attributes; SelfItemPointerAttributeNumber for a row's address */
    MODIFY_RETURNING, /* IntList: attributes that come back; the last one may be SelfItemPointerAttributeNumber: the
                         row's address after the change, which is not for the row that is returned */
    MODIFY_CONFLICTS, /* Integer: 1 when rows that exist already are left out */
    MODIFY_ONCE       /* UPDATE, DELETE; Integer: 1 when the plan may give a row more than once */
};

extern List* tessera_modify_private(Relation relation, const TsrSource* source, CmdType operation, List* targets,
                                    List* keys, List* returning, bool ignore_conflicts);
extern bool tessera_is_column_option(Oid table, AttrNumber attribute, const char* name);
/* All columns that can be written, or, with those generated at the source, read. */
extern List* tessera_all_columns(Relation relation, bool with_generated);
extern bool tessera_has_row_trigger(Relation relation, CmdType operation, bool after);

/* A table that is being changed. */
typedef struct ModifyState {
    TsrHolder holder; /* first: of the session, while an ingest is open */
    dlist_node gathering;
    bool is_gathering;
    int level; /* of the subtransaction it was made in */
    Relation relation;
    TsrSource* source;
    MemoryContext context;
    CmdType operation;

    /* Where no plan says which columns are meant: those that may be left to the source when they are NULL here, and
     * those that are. The shape is what depends on it. */
    List* optional;
    Bitmapset* omitted;
    bool ignore_conflicts;
    MemoryContext shape;
    ResultRelInfo* rri;

    /* One row at a time. */
    Fetch* fetch;
    int target_count;
    AttrNumber* targets;
    Encoder** encoders; /* of the targets, and then of the keys */
    int key_count;
    AttrNumber* keys;
    AttrNumber* key_places; /* in the plan's tuple */
    int param_count;
    int* params;
    int returning_count;
    AttrNumber* returning;
    MemoryContext row_context;

    /* In bulk. */
    RowBuffer* rows; /* NULL: one row at a time */
    TsrTarget target;
    TesseraOwned* owner;
    TsrIngestion* ingestion;
    bool failed; /* by an earlier flush: what is still gathered is given up */

    ChangedRows* changed; /* UPDATE, DELETE: NULL when no row can come twice */
    int* key_targets;     /* for each key its place among the targets, or -1 */
    GuardedPlan* guarded; /* what gives the rows; or NULL */
} ModifyState;

/* ---- modify_row.c ---- */

extern Oid tessera_attribute_type(Relation relation, AttrNumber attribute);
extern void tessera_prepare_rows(ModifyState* state, List* private);
/* The plan may give a row more than once; it is to be changed once. */
extern void tessera_change_once(ModifyState* state, List* targets);
/* NULL when there was nothing to change. */
extern TupleTableSlot* tessera_change_row(ModifyState* state, TupleTableSlot* slot, TupleTableSlot* plan_slot);

#endif
