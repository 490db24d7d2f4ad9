/* Shards that can't be read at all (docs/mesh.md): their node is away, and there is no copy. A session that has said so
 * gets the rows of the others, and is told which are missing. Such a shard is a relation with no rows and no source, so
 * that nothing around it is sent with it. */
#ifndef TESSERA_FDW_PG_MISSING_H
#define TESSERA_FDW_PG_MISSING_H

#include "fdw/pg/tessera_fdw.h"

extern void tessera_missing_init(void);
/* Called while the relation, which is read, is planned: without its source, or as ever, and it says what is wrong. */
extern void tessera_plan_missing(RelOptInfo* rel);
/* No shard is missing: all plans of those that were have been made void. */
extern void tessera_none_missing(void);

#endif
