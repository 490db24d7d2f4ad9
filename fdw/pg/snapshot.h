/* The states in which one statement of PostgreSQL reads its sources. */
#ifndef TESSERA_FDW_PG_SNAPSHOT_H
#define TESSERA_FDW_PG_SNAPSHOT_H

#include "fdw/pg/tessera_fdw.h"

/* A scan begins; `repeats`: it may be run more than once; `shard`: SCAN_SHARD. */
extern SourceReads* tessera_reads_begin(EState* estate, const TsrSource* source, bool repeats, const List* shard);
/* And it ended well. */
extern void tessera_reads_end(SourceReads* reads);
/* The snapshot that such a scan must be started in, or NULL; nobody holds it. */
extern TsrSnapshot* tessera_reads_snapshot(SourceReads* reads);
/* Is the source read apart from the transaction's own session? */
extern bool tessera_reads_apart(SourceReads* reads, const TsrSource* source);
/* Is it a shard's, in a state of its own? */
extern bool tessera_reads_shard(SourceReads* reads);
/* Can scans run side by side without one having to yield? */
extern bool tessera_reads_share(SourceReads* reads);

#endif
