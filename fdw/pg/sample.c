/* TABLESAMPLE. PostgreSQL takes it of a partitioned table, whose partitions may be foreign, and then leaves it to the
 * wrapper: a wrapper that doesn't look returns all rows. */
#include "fdw/pg/tessera_fdw.h"

#include "nodes/parsenodes.h"
#include "parser/parsetree.h"
#include "utils/fmgroids.h"
#include "utils/lsyscache.h"

static const TableSampleClause* clauseOf(PlannerInfo* root, const RelOptInfo* rel) {
    return rel->relid == 0 ? NULL : planner_rt_fetch(rel->relid, root)->tablesample;
}

bool tessera_is_sampled(PlannerInfo* root, const RelOptInfo* rel) {
    return clauseOf(root, rel) != NULL;
}

static void refuse(PlannerInfo* root, const RelOptInfo* rel, const char* why) {
    ereport(ERROR, (errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
                    errmsg("cannot take a TABLESAMPLE of foreign table \"%s\": %s",
                           get_rel_name(planner_rt_fetch(rel->relid, root)->relid), why)));
}

/* An argument, which has been evaluated as far as it can be. */
static const Const* argument(PlannerInfo* root, const RelOptInfo* rel, Expr* expr) {
    if (!IsA(expr, Const)) {
        refuse(root, rel, "its arguments must be known when it is planned");
    }
    if (((Const*)expr)->constisnull) {
        ereport(ERROR, (errcode(ERRCODE_INVALID_TABLESAMPLE_ARGUMENT),
                        errmsg("an argument of the TABLESAMPLE of foreign table \"%s\" is null",
                               get_rel_name(planner_rt_fetch(rel->relid, root)->relid))));
    }
    return (const Const*)expr;
}

static double percentage(PlannerInfo* root, const RelOptInfo* rel) {
    float4 percent = DatumGetFloat4(argument(root, rel, linitial(clauseOf(root, rel)->args))->constvalue);

    if (!(percent >= 0 && percent <= 100)) {
        ereport(ERROR,
                (errcode(ERRCODE_INVALID_TABLESAMPLE_ARGUMENT), errmsg("sample percentage must be between 0 and 100")));
    }
    return percent;
}

const TsrFrom* tessera_sampled(Translation* t, const RelOptInfo* rel, const TsrFrom* table) {
    const TableSampleClause* clause = clauseOf(t->root, rel);
    double seed = 0;
    const TsrFrom* sampled;

    if (clause == NULL) {
        return table;
    }
    if (clause->tsmhandler != F_BERNOULLI && clause->tsmhandler != F_SYSTEM) {
        refuse(t->root, rel, "the method must be BERNOULLI or SYSTEM");
    }
    if (clause->repeatable != NULL) {
        seed = DatumGetFloat8(argument(t->root, rel, clause->repeatable)->constvalue);
    }
    sampled = tsr_from_sample(t->statement, table, clause->tsmhandler == F_SYSTEM, percentage(t->root, rel),
                              clause->repeatable != NULL ? &seed : NULL);
    if (sampled == NULL) {
        refuse(t->root, rel, tsr_refusal(t->statement));
    }
    return sampled;
}

double tessera_sampled_rows(PlannerInfo* root, const RelOptInfo* rel, double rows) {
    return clauseOf(root, rel) == NULL ? rows : rows * percentage(root, rel) / 100;
}
