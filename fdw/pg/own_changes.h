/* What a statement changes and is not to see; what a transaction has changed and others do not see. */
#ifndef TESSERA_FDW_PG_OWN_CHANGES_H
#define TESSERA_FDW_PG_OWN_CHANGES_H

#include "fdw/pg/tessera_fdw.h"

/* A scan begins; `has_substitute`: its child is only run when the source gives no row at all. */
extern void tessera_note_scan(ForeignScanState* scan, bool has_substitute);
/* Will a scan of the statement read `relation`, as the source names it, later than now, and where it would see what has
 * been changed there? Not meant is the scan of the rows to change: what it gives twice is left out. */
extern bool tessera_reads_later(EState* estate, const TsrSource* source, const char* relation);
extern void tessera_refuse_own_changes(Relation relation, const TsrSource* source) pg_attribute_noreturn();

/* ---- Other nodes that read for this session (delegated_join.c, shard_join.c) ---- */

extern void tessera_register_reads_elsewhere(void);
/* Does this transaction see the source otherwise than they would: with its own changes, or as it was before? */
extern bool tessera_sees_otherwise(const TsrSource* source);
/* While a plan is made: they read in it. */
extern void tessera_note_reads_elsewhere(void);
/* Such plans, where they are kept, are of no use any more: a source takes part in the transaction, or the transaction
 * keeps to one state. */
extern void tessera_forget_reads_elsewhere(void);

/* The rows that a statement has changed, by key. */
typedef struct ChangedRows ChangedRows;
extern ChangedRows* tessera_changed_rows(MemoryContext context, int columns, const Oid* types);
/* False: it is one of them already. */
extern bool tessera_add_changed_row(ChangedRows* changed, const Datum* key, const bool* nulls);

/* The plan that gives the rows of a ModifyTable: it is read to its end before the first row is handed out where it, run
 * on, would see what has been changed. An error when another part of the statement would. */
typedef struct GuardedPlan GuardedPlan;
/* Before it is first run, for each of the tables that are changed. */
extern GuardedPlan* tessera_guard_plan(PlanState* plan, Relation relation, TsrSource* source);
extern void tessera_guard_end(GuardedPlan* guarded);

#endif
