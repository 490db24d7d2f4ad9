/* Joins of two sharded tables by what neither is sharded by, shared out among nodes (repartition.c). */
#ifndef TESSERA_FDW_PG_REPARTITION_H
#define TESSERA_FDW_PG_REPARTITION_H

#include "fdw/pg/mesh_table.h"

typedef enum RepartitionMode {
    REPARTITION_OFF,
    REPARTITION_AUTO, /* where that costs less */
    REPARTITION_FORCE /* wherever it can be done */
} RepartitionMode;

extern int tessera_repartition_mode;

extern void tessera_register_repartition(void);

/* By whom, and by what, the rows of both sides are shared out. */
typedef struct Buckets {
    int count;
    int* workers;    /* numbers of the partitions of the first side whose nodes join a bucket each */
    Var* first_key;  /* a column of the first side */
    Var* second_key; /* which equals this one of the second, or the rows are not joined */
} Buckets;

/* NULL: the join can't be done so. */
extern Buckets* tessera_buckets(PlannerInfo* root, RelOptInfo* joinrel, RelOptInfo* first, RelOptInfo* second,
                                JoinType type, const List* restrictlist);
/* Which bucket the node of that partition joins; -1: none. */
extern int tessera_bucket_at(const Buckets* buckets, int partition);
/* The bucket's rows of the side that has the column `key`, as a node reads them for the columns of `as`. */
extern Share tessera_share_of(PlannerInfo* root, const Buckets* buckets, int bucket, const Var* key, RelOptInfo* as);

#endif
