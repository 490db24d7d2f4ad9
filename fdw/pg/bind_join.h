/* What planning and running a bind join share. */
#ifndef TESSERA_FDW_PG_BIND_JOIN_H
#define TESSERA_FDW_PG_BIND_JOIN_H

#include "fdw/pg/tessera_fdw.h"

#include "nodes/extensible.h"

#define BIND_JOIN_NAME "Bind Join"

/* Of the first batch where only some of the rows may be wanted. */
#define BIND_FIRST_KEYS 50
/* A batch holds at most this many times as many rows as keys: those without one, and those with the same. */
#define BIND_ROWS_PER_KEY 8

/* What a bind join's CustomScan holds in custom_private, and in custom_exprs. */
enum BindPrivate {
    BIND_JOIN_TYPE, /* Integer: JoinType */
    BIND_OPERATORS, /* OidList: for each key its equality (inner = outer) and collation */
    BIND_BATCH      /* IntList: keys in the first batch, and in the others */
};

enum BindExprs { BIND_OUTER_KEYS, BIND_INNER_KEYS, BIND_CONDITIONS };

extern const CustomScanMethods tessera_bind_methods;

#endif
