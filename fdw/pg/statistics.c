/* What the source knows of a column's values, for the planner, where ANALYZE has not been run here. */
#include "fdw/pg/statistics.h"

#include "access/htup_details.h"
#include "access/sysattr.h"
#include "access/table.h"
#include "catalog/pg_statistic.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"
#include "utils/selfuncs.h"
#include "utils/syscache.h"
#include <math.h>

static get_relation_stats_hook_type nextStatsHook = NULL;

/* The table of ours that the entry is; NULL for all else. The entry may be of a subquery's range table. */
static RelOptInfo* ourTable(PlannerInfo* root, const RangeTblEntry* rte) {
    if (rte->rtekind != RTE_RELATION || rte->inh) {
        return NULL;
    }
    for (int i = 1; i < root->simple_rel_array_size; ++i) {
        RelOptInfo* rel = root->simple_rel_array[i];

        if (rel != NULL && root->simple_rte_array[i] == rte) {
            return tessera_is_ours(rel) && OidIsValid(RELINFO(rel)->table) ? rel : NULL;
        }
    }
    return NULL;
}

static bool isAnalyzed(Oid table, AttrNumber attribute) {
    return SearchSysCacheExists3(STATRELATTINH, ObjectIdGetDatum(table), Int16GetDatum(attribute), BoolGetDatum(false));
}

static TsrColumnStatistics statisticsAtSource(const RelInfo* info, AttrNumber attribute) {
    TableOptions options = tessera_table_options(info->table, info->source);
    TsrColumnStatistics statistics;
    TsrError error = {0};

    if (tsr_source_column_statistics(info->source, &tessera_host, info->table, options.options, options.count,
                                     tessera_column_name(info->table, attribute), &statistics, &error) != TSR_OK) {
        tessera_raise(info->source->name, &error);
    }
    return statistics;
}

/* Tables with fewer rows are read in no time, index or not: not worth a question to the source. */
#define MANY_ROWS 10000

/* The column's index as TsrColumnStatistics has it; 0 also for what is no table of ours. */
static int indexOf(PlannerInfo* root, const Var* var) {
    const RelOptInfo* rel = var->varattno > 0 ? root->simple_rel_array[var->varno] : NULL;

    return rel != NULL && tessera_is_ours(rel) && OidIsValid(RELINFO(rel)->table) && rel->tuples >= MANY_ROWS
               ? statisticsAtSource(RELINFO(rel), var->varattno).index
               : 0;
}

bool tessera_may_find_by(PlannerInfo* root, List* exprs) {
    ListCell* cell;

    foreach (cell, exprs) {
        const Node* expr = lfirst(cell);

        while (IsA(expr, RelabelType)) {
            expr = (const Node*)((const RelabelType*)expr)->arg;
        }
        /* Of an expression there may be an index of its own. */
        if (!IsA(expr, Var) || ((const Var*)expr)->varlevelsup > 0 || indexOf(root, (const Var*)expr) >= 0) {
            return true;
        }
    }
    return exprs == NIL;
}

/* As a row of pg_statistic without values: nothing in it tells of single rows. */
static HeapTuple asTuple(Oid table, AttrNumber attribute, const TsrColumnStatistics* statistics) {
    Relation catalog = table_open(StatisticRelationId, AccessShareLock);
    Datum values[Natts_pg_statistic] = {0};
    bool nulls[Natts_pg_statistic] = {false};
    HeapTuple tuple;

    values[Anum_pg_statistic_starelid - 1] = ObjectIdGetDatum(table);
    values[Anum_pg_statistic_staattnum - 1] = Int16GetDatum(attribute);
    values[Anum_pg_statistic_stainherit - 1] = BoolGetDatum(false);
    values[Anum_pg_statistic_stanullfrac - 1] = Float4GetDatum((float4)statistics->null_fraction);
    values[Anum_pg_statistic_stawidth - 1] = Int32GetDatum((int32)statistics->width);
    values[Anum_pg_statistic_stadistinct - 1] = Float4GetDatum((float4)statistics->distinct);
    for (int i = 0; i < STATISTIC_NUM_SLOTS; ++i) {
        values[Anum_pg_statistic_stakind1 - 1 + i] = Int16GetDatum(0);
        values[Anum_pg_statistic_staop1 - 1 + i] = ObjectIdGetDatum(InvalidOid);
        values[Anum_pg_statistic_stacoll1 - 1 + i] = ObjectIdGetDatum(InvalidOid);
        nulls[Anum_pg_statistic_stanumbers1 - 1 + i] = true;
        nulls[Anum_pg_statistic_stavalues1 - 1 + i] = true;
    }
    tuple = heap_form_tuple(RelationGetDescr(catalog), values, nulls);
    table_close(catalog, AccessShareLock);
    return tuple;
}

static bool statisticsOf(PlannerInfo* root, RangeTblEntry* rte, AttrNumber attribute, VariableStatData* variable) {
    RelOptInfo* rel;
    TsrColumnStatistics statistics;

    if (nextStatsHook != NULL && nextStatsHook(root, rte, attribute, variable)) {
        return true;
    }
    rel = ourTable(root, rte);
    if (rel == NULL || attribute <= 0 || isAnalyzed(rte->relid, attribute)) {
        return false;
    }
    statistics = statisticsAtSource(RELINFO(rel), attribute);
    if (statistics.distinct == 0 && statistics.null_fraction == 0) {
        return false;
    }
    variable->statsTuple = asTuple(rte->relid, attribute, &statistics);
    variable->freefunc = heap_freetuple;
    variable->acl_ok = true;
    return true;
}

void tessera_take_widths(RelOptInfo* rel) {
    RelInfo* info = RELINFO(rel);

    for (int attribute = 1; attribute <= rel->max_attr; ++attribute) {
        TsrColumnStatistics statistics;

        if (!bms_is_member(attribute - FirstLowInvalidHeapAttributeNumber, info->attrs_used) ||
            get_typlen(get_atttype(info->table, (AttrNumber)attribute)) >= 0 ||
            isAnalyzed(info->table, (AttrNumber)attribute)) {
            continue;
        }
        statistics = statisticsAtSource(info, (AttrNumber)attribute);
        if (statistics.width > 0) {
            rel->attr_widths[attribute - rel->min_attr] = (int32)ceil(statistics.width);
        }
    }
}

void tessera_register_statistics(void) {
    nextStatsHook = get_relation_stats_hook;
    get_relation_stats_hook = statisticsOf;
}
