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

/* What the node that joins reads from its peer. */
typedef struct PeerRead {
    const char* source;    /* the peer's server here, for EXPLAIN */
    const char* peer;      /* the peer's own name */
    const char* statement; /* for it */
    double rows;           /* that are expected */
    int width;             /* bytes of such a row, as expected */
    Cost more_cost;        /* than reading it here */
    const char* reader;    /* the server here of the node that reads */
    List* within;          /* of PeerRead: what the peer, for that, reads at others */
} PeerRead;

/* What the node of `at` is to read for the columns `vars` of `rel`, which is of another node. NULL: it can't. Asks the
 * node, once in a while, whether it reaches the other. */
extern PeerRead* tessera_peer_read(PlannerInfo* root, const RelOptInfo* at, RelOptInfo* rel, List* vars);
/* The one row that the statement gives; false: it gives none. At most three columns. */
extern bool tessera_ask_for(TsrSource* at, const char* statement, int columns, const Oid* types, Datum* values,
                            bool* nulls);
/* The function's call that reads it there. */
extern char* tessera_peer_call(const PeerRead* read);

/* ship.c: of PeerRead, what the relation's statement reads at other nodes. */
extern List* tessera_reads_within(const RelInfo* info);
/* The same as SCAN_PEERS, of which tessera_explain_links() tells. */
extern List* tessera_plan_peer_reads(const RelInfo* info);
/* What is expected to cross each link, and with ANALYZE, `moved` being what came here, what did. */
extern void tessera_explain_links(const ForeignScan* plan, const List* peer_reads, TsrSource* source,
                                  const TsrScanProgress* moved, ExplainState* es);

/* A scan of a shard of the table, tessera_mesh_name(), is over. Whoever asks by tessera.peer_reads() is told the sum of
 * all that ended with the statement. */
extern void tessera_note_shard_read(const char* table, const TsrScanProgress* moved);

/* remote.c: what the statement gives at the source, as the result of a function that returns setof record;
 * `may_change`: in this transaction's session, and it counts as a change. */
extern Datum tessera_rows_of(FunctionCallInfo fcinfo, TsrSource* source, const char* statement, const TsrParam* params,
                             int count, bool may_change, TsrScanProgress* moved);

#endif
