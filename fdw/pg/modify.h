/* What modify_plan.c, which makes the statements of single rows, and modify.c, which runs them, share. */
#ifndef TESSERA_FDW_PG_MODIFY_H
#define TESSERA_FDW_PG_MODIFY_H

#include "fdw/pg/tessera_fdw.h"

/* Of the junk columns that say which row is meant. */
#define KEY_PREFIX "tessera_key_"

/* What a ModifyTable's fdw_private holds for a table, in this order. */
enum ModifyPrivate {
    MODIFY_TEXT,      /* String: the statement of one row */
    MODIFY_TARGETS,   /* IntList: attributes whose values are bound */
    MODIFY_PARAMS,    /* IntList: which of targets and then keys is bound, in order, from 1 */
    MODIFY_KEYS,      /* IntList: key attributes; SelfItemPointerAttributeNumber for a row's address */
    MODIFY_RETURNING, /* IntList: attributes that come back */
    MODIFY_CONFLICTS  /* Integer: 1 when rows that exist already are left out */
};

extern List* tessera_modify_private(Relation relation, const TsrSource* source, CmdType operation, List* targets,
                                    List* keys, List* returning, bool ignore_conflicts);
extern bool tessera_is_column_option(Oid table, AttrNumber attribute, const char* name);
/* All columns that can be written, or, with those generated at the source, read. */
extern List* tessera_all_columns(Relation relation, bool with_generated);
extern bool tessera_has_row_trigger(Relation relation, CmdType operation, bool after);

#endif
