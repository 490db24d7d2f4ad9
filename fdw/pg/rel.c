/* Base relations while they are planned: which conditions go to the source, how many rows come back, what that costs.
 */
#include "fdw/pg/replica.h"
#include "fdw/pg/statistics.h"

#include "access/sysattr.h"
#include "nodes/value.h"
#include "optimizer/cost.h"
#include "optimizer/optimizer.h"
#include "optimizer/pathnode.h"
#include "optimizer/paths.h"
#include "optimizer/restrictinfo.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/ruleutils.h"
#include <math.h>

/* Of finding one key at the source by an index, which it is taken to have where a key selects at most this part of the
 * rows. */
#define KEY_LOOKUP_COST 0.5
#define INDEXED_SELECTIVITY 1.0e-4

/* When nobody knows how many rows a table has. */
#define UNKNOWN_ROWS 1000.0

static void destroyStatement(void* statement) {
    tsr_statement_destroy(statement);
}

void tessera_note(RelInfo* info, const char* what, const char* why) {
    const char* text = what != NULL ? psprintf("%s: %s", what, why) : why;
    ListCell* cell;

    foreach (cell, info->refusals) {
        if (strcmp(strVal(lfirst(cell)), text) == 0) {
            return;
        }
    }
    if (why[0] != '\0') {
        info->refusals = lappend(info->refusals, makeString(pstrdup(text)));
    }
}

void tessera_note_refusal(RelInfo* info) {
    tessera_note(info, NULL, tsr_refusal(info->scratch));
}

void tessera_classify_conditions(PlannerInfo* root, RelOptInfo* rel) {
    RelInfo* info = RELINFO(rel);
    ListCell* cell;

    foreach (cell, rel->baserestrictinfo) {
        RestrictInfo* condition = lfirst_node(RestrictInfo, cell);
        const TsrExpr* made = tessera_may_send(root, rel, condition) ? tessera_try(root, rel, condition->clause) : NULL;

        if (made != NULL && !tsr_can_filter_by(info->scratch, made)) {
            made = NULL;
        }
        if (made != NULL) {
            info->remote_conds = lappend(info->remote_conds, condition);
        } else {
            tessera_note_refusal(info);
        }
        if (made == NULL || !tsr_expr_exact(made)) {
            info->local_conds = lappend(info->local_conds, condition);
        }
    }
}

/* Never analysed: ask the source, which often knows. */
static void fetchRowCount(RelOptInfo* rel, const RelInfo* info) {
    TableOptions options = tessera_table_options(info->table, info->source);
    TsrStatistics statistics = {-1, -1};
    TsrError error = {0};

    if (tsr_source_statistics(info->source, &tessera_host, info->table, options.options, options.count, &statistics,
                              &error) != TSR_OK) {
        tessera_raise(info->source->name, &error);
    }
    rel->tuples = statistics.row_count >= 0 ? statistics.row_count : UNKNOWN_ROWS;
    if (statistics.byte_count > 0) {
        rel->pages = (BlockNumber)Min(ceil(statistics.byte_count / BLCKSZ), (double)MaxBlockNumber);
    }
}

/* Of finding the rows of so many keys at the source, if reading all of them costs `all`. Where nobody told us whether
 * there is an index: what selects so few rows is seldom without one, where there are indexes at all. */
static Cost findingCost(const RelInfo* info, Cost all, double keys, double matches_per_key) {
    if (!tsr_has_indexes(info->scratch) || matches_per_key > Max(1.0, info->source_rows * INDEXED_SELECTIVITY)) {
        return all;
    }
    return Min(all, keys * KEY_LOOKUP_COST + keys * matches_per_key * cpu_tuple_cost);
}

void tessera_rel_size(PlannerInfo* root, RelOptInfo* rel, Oid foreigntableid) {
    RelInfo* info = palloc0(sizeof(RelInfo));
    TsrError error = {0};
    ListCell* cell;

    rel->fdw_private = info;
    info->table = tessera_table_to_read(rel, foreigntableid);
    info->copy_of = info->table != foreigntableid ? foreigntableid : InvalidOid;
    info->keeps_rows = true;
    info->pushdown_safe = !tessera_is_sampled(root, rel); /* the sample is of the table's rows, not of a join's */
    info->source = tessera_source(rel->serverid, tessera_scan_user(planner_rt_fetch(rel->relid, root)));
    info->scratch = tsr_statement_create(info->source, &tessera_host, &error);
    if (info->scratch == NULL) {
        tessera_raise(info->source->name, &error);
    }
    tessera_own(CurrentMemoryContext, info->scratch, destroyStatement);
    tessera_classify_conditions(root, rel);

    pull_varattnos((Node*)rel->reltarget->exprs, rel->relid, &info->attrs_used);
    foreach (cell, info->local_conds) {
        pull_varattnos((Node*)lfirst_node(RestrictInfo, cell)->clause, rel->relid, &info->attrs_used);
    }

    if (rel->tuples < 0) {
        fetchRowCount(rel, info);
    }
    rel->tuples = tessera_sampled_rows(root, rel, rel->tuples);
    tessera_take_widths(rel);
    set_baserel_size_estimates(root, rel);
    info->width = rel->reltarget->width;
    info->source_rows = Max(rel->tuples, 1.0);
    info->retrieved_rows = clamp_row_est(
        rel->tuples * clauselist_selectivity(root, info->remote_conds, (int)rel->relid, JOIN_INNER, NULL));
    info->source_cost = findingCost(info, info->source_rows * cpu_tuple_cost, 1.0,
                                    info->remote_conds == NIL ? info->source_rows : info->retrieved_rows);
}

Cost tessera_join_source_cost(const RelInfo* outer, const RelInfo* inner, double rows) {
    Cost hashed = outer->source_cost + inner->source_cost +
                  (outer->retrieved_rows + inner->retrieved_rows) * 2.0 * cpu_operator_cost;
    Cost into_inner =
        outer->source_cost + findingCost(inner, hashed, outer->retrieved_rows, rows / outer->retrieved_rows);
    Cost into_outer =
        inner->source_cost + findingCost(outer, hashed, inner->retrieved_rows, rows / inner->retrieved_rows);

    return Min(hashed, Min(into_inner, into_outer)) + rows * cpu_operator_cost;
}

Cost tessera_lateral_source_cost(const RelInfo* outer, const RelInfo* inner) {
    /* Where there are no indexes, it is made a join of all groups. */
    return outer->source_cost + inner->source_cost * (tsr_has_indexes(inner->scratch) ? outer->retrieved_rows : 1.0) +
           outer->retrieved_rows * cpu_operator_cost;
}

/* Of one row that crosses to us. */
static Cost rowCost(const RelInfo* info, const SourceCosts* costs) {
    return costs->row + costs->byte * info->width + cpu_tuple_cost;
}

void tessera_cost(PlannerInfo* root, const RelInfo* info, double rows, Cost* startup, Cost* total) {
    SourceCosts costs = tessera_source_costs(info->source);
    QualCost local;

    cost_qual_eval(&local, info->local_conds, root);
    *startup = costs.statement + local.startup;
    *total = *startup + info->source_cost + rows * (rowCost(info, &costs) + local.per_tuple);
    tessera_add_shipment_cost(info, &costs, startup, total);
}

Cost tessera_lookup_cost(PlannerInfo* root, const RelInfo* info, List* by, double keys, double matches_per_key) {
    SourceCosts costs = tessera_source_costs(info->source);
    double rows = keys * matches_per_key;
    Cost finding = findingCost(info, info->source_cost, keys, matches_per_key);
    QualCost local;

    if (finding < info->source_cost && !tessera_may_find_by(root, by)) {
        finding = info->source_cost;
    }
    cost_qual_eval(&local, info->local_conds, root);
    return costs.statement + finding + rows * (rowCost(info, &costs) + local.per_tuple);
}

void tessera_add_sort_cost(const RelInfo* info, double rows, double wanted, Cost* startup, Cost* total) {
    /* What PostgreSQL's own sort costs (cost_tuplesort: a heap of the wanted rows where they are few), but a little
     * less: there it needs no second process to hold the rows. */
    double comparisons = 2.0 * wanted < rows ? log2(2.0 * Max(wanted, 1.0)) : log2(Max(rows, 2.0));
    Cost sort = 2.0 * cpu_operator_cost * rows * comparisons * 0.95;

    *startup += info->source_cost + sort;
    *total += sort;
}

/* All of root->query_pathkeys, if the source can sort by them. */
static List* sortablePathkeys(PlannerInfo* root, RelOptInfo* rel) {
    ListCell* cell;

    foreach (cell, root->query_pathkeys) {
        if (tessera_sort_expr(root, rel, lfirst_node(PathKey, cell), NIL) == NULL) {
            tessera_note(RELINFO(rel), "sort", tsr_refusal(RELINFO(rel)->scratch));
            return NIL;
        }
    }
    return root->query_pathkeys;
}

void tessera_add_ordered_paths(PlannerInfo* root, RelOptInfo* rel) {
    RelInfo* info = RELINFO(rel);
    List* pathkeys = tessera_pushdown == PUSHDOWN_FULL ? sortablePathkeys(root, rel) : NIL;
    Cost startup;
    Cost total;

    info->order_pushable = pathkeys != NIL;
    if (pathkeys == NIL) {
        return;
    }
    tessera_cost(root, info, info->retrieved_rows, &startup, &total);
    tessera_add_sort_cost(info, info->retrieved_rows, info->retrieved_rows, &startup, &total);
    if (IS_JOIN_REL(rel)) {
        add_path(rel, (Path*)create_foreign_join_path(root, rel, NULL, rel->rows, startup, total, pathkeys,
                                                      rel->lateral_relids, tessera_outer_path(info), NIL));
    } else {
        add_path(rel, (Path*)create_foreignscan_path(root, rel, NULL, rel->rows, startup, total, pathkeys,
                                                     rel->lateral_relids, NULL, NIL));
    }
}

void tessera_base_paths(PlannerInfo* root, RelOptInfo* rel, Oid foreigntableid pg_attribute_unused()) {
    RelInfo* info = RELINFO(rel);
    Path* path;
    Cost startup;
    Cost total;

    tessera_cost(root, info, info->retrieved_rows, &startup, &total);
    path =
        (Path*)create_foreignscan_path(root, rel, NULL, rel->rows, startup, total, NIL, rel->lateral_relids, NULL, NIL);
    if (tessera_is_sampled(root, rel)) {
        /* A statement takes one sample, however often its rows are read. */
        add_path(rel, (Path*)create_material_path(rel, path));
        return;
    }
    add_path(rel, path);
    tessera_add_ordered_paths(root, rel);
    tessera_add_lookup_paths(root, rel);
    tessera_add_parallel_path(root, rel);
    tessera_want_partitionwise(root, rel);
}
