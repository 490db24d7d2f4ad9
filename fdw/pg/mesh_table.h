/* Tables of the mesh as each node that serves them has them, whole: what shards' nodes join with (shard_join.c). */
#ifndef TESSERA_FDW_PG_MESH_TABLE_H
#define TESSERA_FDW_PG_MESH_TABLE_H

#include "fdw/pg/tessera_fdw.h"

/* Of a shard's table, or a copy's: the name by which each node that serves the sharded table has all of it
 * (nodeservice/mesh/shard_sql.h). NULL: it is none. */
extern char* tessera_mesh_name(Oid table);
/* All partitions that have rows, if they are foreign tables of ours; NIL: not all are, or there is none. */
extern List* tessera_shards_of(RelOptInfo* rel);
/* Is it a table of the mesh that other nodes may read for us, all of it? */
extern bool tessera_is_whole(PlannerInfo* root, RelOptInfo* rel);
extern bool tessera_is_reference(const RelOptInfo* rel);
/* Does the query read such a table for another node? */
extern bool tessera_is_for_node(const PlannerInfo* root);

/* For SCAN_SHARD: which shard of which tables a scan of `rel` reads; NIL: it reads something else. */
extern List* tessera_plan_shard(PlannerInfo* root, const RelOptInfo* rel);

/* A part of a table's rows. */
typedef struct Share {
    RestrictInfo* condition; /* on the rows */
    RelOptInfo* as;          /* the relation whose columns they are: the table, or a partition of it */
    int count;               /* about how many such parts there are */
    const char* name;        /* for EXPLAIN */
} Share;

/* A copy of `rel` that is of the source of `at`; `share`: of so much of it, or NULL. NULL: that does not have it. */
extern RelOptInfo* tessera_stand_in(PlannerInfo* root, RelOptInfo* rel, const RelOptInfo* at, const Share* share);
/* Of all of a table of the mesh, by the name that it has at each node that serves it. */
extern TableOptions tessera_mesh_table_options(const char* name);

#endif
