/* What planning and running a bind join share, and the scan below it. */
#ifndef TESSERA_FDW_PG_BIND_JOIN_H
#define TESSERA_FDW_PG_BIND_JOIN_H

#include "fdw/pg/tessera_fdw.h"

#include "nodes/extensible.h"

/* A join's equality between the inner side, at a source, and the outer one. */
typedef struct BindKey {
    Expr* inner;
    Expr* outer;
    Oid equality; /* operator: inner = outer */
    Oid collation;
} BindKey;

/* Nodes of a BindKey, for lists that are copied; and back. */
extern List* tessera_bind_key_to_list(const BindKey* key);
extern BindKey tessera_bind_key_from_list(List* list);

/* How a ForeignScan below a bind join gets its keys, in this order. */
enum KeyPrivate {
    KEYS_FORM,  /* Integer: TsrKeyForm */
    KEYS_TYPES, /* OidList: of each list */
    KEYS_TEXTS, /* TSR_KEYS_LIST: for each size a List of Integer, String, IntList: size, statement, SCAN_PARAMS */
};

/* The most keys in one statement. */
#define BIND_MOST_KEYS 1000

extern List* tessera_plan_keys(TsrStatement* statement, const TsrSource* source, List* keys);
/* Runs the scan for these keys: key_values[k][i] is key k's i-th value; none is NULL. */
extern void tessera_scan_keys(ForeignScanState* node, int count, Datum** key_values);

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
