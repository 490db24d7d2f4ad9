/* Joins of sharded tables with other tables of the mesh, done by each shard's node. */
#ifndef TESSERA_FDW_PG_SHARD_JOIN_H
#define TESSERA_FDW_PG_SHARD_JOIN_H

#include "fdw/pg/tessera_fdw.h"

extern void tessera_register_shard_joins(void);
/* generic_plan.c: kept plans that find their shard when they are run. */
extern void tessera_install_generic_plans(void);

#endif
