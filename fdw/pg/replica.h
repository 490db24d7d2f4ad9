/* Copies of shards that are read in the place of the shards (docs/mesh.md). The node says which in the table
 * tessera.read_from: those of shards whose node it can't reach, and its own copies of reference tables; and shards that
 * can't be read at all. The choice is
 * the planner's: a plan reads the copy's relation at the copy's source, and is made anew when the node says otherwise.
 */
#ifndef TESSERA_FDW_PG_REPLICA_H
#define TESSERA_FDW_PG_REPLICA_H

#include "fdw/pg/tessera_fdw.h"

extern void tessera_replica_init(void);
/* What is read when the relation, a table, is: itself, or the copy that its source was chosen for. */
extern Oid tessera_table_to_read(const RelOptInfo* rel, Oid table);
/* `copies`, as in SCAN_COPIES: says of each that its rows may be old. */
extern void tessera_warn_of_copies(List* copies);
extern void tessera_explain_copies(List* copies, ExplainState* es);
/* The copy that is read of the table, or the table itself. */
extern Oid tessera_copy_of(List* copies, Oid table);
/* Of a shard that is missing (missing.h): "shard 1 of sales.orders", and the warning that it is. */
extern char* tessera_describe_missing(Oid shard);
extern void tessera_warn_of_missing(Oid shard);
/* Is the shard read from a copy because its node can't be reached? */
extern bool tessera_is_read_from_copy_of_away(Oid shard);
/* The table is about to be changed: raises an error when it is a shard that can't be reached. */
extern void tessera_before_change(Oid table);

#endif
