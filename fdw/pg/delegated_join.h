/* Delegated joins: tables of two other nodes are joined by one of them, which reads the rest from its peer itself, as
 * the same person; only the result comes here. ship.c puts it into the join. */
#ifndef TESSERA_FDW_PG_DELEGATED_JOIN_H
#define TESSERA_FDW_PG_DELEGATED_JOIN_H

#include "fdw/pg/tessera_fdw.h"

#include "fmgr.h"

typedef enum DelegationMode {
    DELEGATION_OFF,
    DELEGATION_AUTO, /* where that costs less */
    DELEGATION_FORCE /* wherever it can be done */
} DelegationMode;

extern int tessera_delegation_mode;

extern void tessera_register_delegated_joins(void);

/* May the join be done by the node `at`, as far as the settings say? */
extern bool tessera_may_join_at(const RelOptInfo* at);

/* What the node of `at` calls to read `rel`, which is of another node, from there: a function's call that gives the
 * columns `vars`. NULL: it can't. Asks the node, once in a while, whether it reaches the other. */
extern char* tessera_peer_call(PlannerInfo* root, const RelOptInfo* at, RelOptInfo* rel, List* vars);

/* remote.c: what the statement gives at the source, as the result of a function that returns setof record;
 * `may_change`: in this transaction's session, and it counts as a change. */
extern Datum tessera_rows_of(FunctionCallInfo fcinfo, TsrSource* source, const char* statement, const TsrParam* params,
                             int count, bool may_change);

#endif
