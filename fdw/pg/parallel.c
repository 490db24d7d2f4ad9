/* One large table, read by several sessions side by side, in one state of the source, in one of two ways.
 *
 * Where sessions can share a snapshot: an Append of scans, each of a range of the table's pages. Which parts there are
 * is a matter of speed alone: the last range has no end, so that the table may grow.
 *
 * Where the connector can have its own sessions see one state, and rows are found by a number: one scan, and the
 * connector divides. There the work is done by threads of this process, which cost less than an Append does. */
#include "fdw/pg/tessera_fdw.h"

#include "optimizer/cost.h"
#include "optimizer/optimizer.h"
#include "optimizer/pathnode.h"
#include "utils/guc.h"
#include <math.h>

int tessera_parallel_scans = 4;
static int leastSize = 64 * 1024; /* kB */

/* Of what one session needs, so much of it a second one saves, and each further one. The rest is done here, one row
 * after the other. */
#define SAVED_BY_EACH 0.6

static const TsrExpr* bound(TsrStatement* statement, int table, const char* signature, const char* op, int page) {
    const TsrExpr* args[2] = {tsr_expr_row_id(statement, table),
                              tsr_expr_const(statement, "tid", psprintf("(%d,0)", page))};

    if (args[0] == NULL || args[1] == NULL) {
        return NULL;
    }
    return tsr_expr_call(statement, signature, op, true, "bool", TSR_COLLATION_NONE, args, 2);
}

static bool isSuitable(PlannerInfo* root, const RelOptInfo* rel) {
    const RelInfo* info = RELINFO(rel);
    double bytes = info->retrieved_rows * info->width;

    return tessera_parallel_scans > 1 && tessera_pushdown == PUSHDOWN_FULL && IS_SIMPLE_REL(rel) &&
           info->query == NULL && OidIsValid(info->table) && root->parse->commandType == CMD_SELECT &&
           root->rowMarks == NIL && bms_is_empty(rel->lateral_relids) &&
           root->simple_rte_array[rel->relid]->tablesample == NULL && bytes >= leastSize * 1024.0;
}

static int64 pageCount(const RelInfo* info) {
    TableOptions options = tessera_table_options(info->table, info->source);
    TsrError error = {0};
    int64 pages = 0;

    if (tsr_source_page_count(info->source, &tessera_host, info->table, options.options, options.count, &pages,
                              &error) != TSR_OK) {
        tessera_raise(info->source->name, &error);
    }
    return pages;
}

/* Pages from and to, of part `number` from 0; -1 is no bound. */
static List* pageRange(int64 pages, int parts, int number) {
    int from = number == 0 ? -1 : (int)Min(pages * number / parts, (int64)PG_INT32_MAX);
    int to = number == parts - 1 ? -1 : (int)Min(pages * (number + 1) / parts, (int64)PG_INT32_MAX);

    return list_make3_int(number, from, to);
}

void tessera_add_parallel_path(PlannerInfo* root, RelOptInfo* rel) {
    const RelInfo* info = RELINFO(rel);
    SourceCosts costs = tessera_source_costs(info->source);
    int parts;
    List* paths = NIL;
    AppendPath* append;
    int64 pages;
    Cost startup;
    Cost total;

    if (!isSuitable(root, rel) || !enable_async_append ||
        bound(info->scratch, (int)rel->relid, "tidge(tid,tid)", ">=", 0) == NULL) {
        return;
    }
    pages = pageCount(info);
    parts = (int)Min((int64)tessera_parallel_scans, pages);
    if (parts < 2) {
        return;
    }
    tessera_cost(root, info, info->retrieved_rows, &startup, &total);
    /* A range of pages is read whole. */
    total += info->source_rows * cpu_tuple_cost - info->source_cost;
    for (int i = 0; i < parts; ++i) {
        paths = lappend(paths, create_foreignscan_path(root, rel, NULL, clamp_row_est(rel->rows / parts), startup,
                                                       startup + (total - startup) / parts, NIL, NULL, NULL,
                                                       list_make2(NIL, pageRange(pages, parts, i))));
    }
    append = create_append_path(root, rel, paths, NIL, NIL, NULL, 0, false, rel->rows);
    /* Besides the statements: a snapshot is taken, and ended. */
    append->path.startup_cost = startup + 2 * costs.statement;
    append->path.total_cost = append->path.startup_cost + (total - startup) / (1.0 + SAVED_BY_EACH * (parts - 1));
    add_path(rel, (Path*)append);
}

bool tessera_select_pages(TsrStatement* statement, int table, List* range) {
    int from = lsecond_int(range);
    int to = lthird_int(range);
    const TsrExpr* low = from >= 0 ? bound(statement, table, "tidge(tid,tid)", ">=", from) : NULL;
    const TsrExpr* high = to >= 0 ? bound(statement, table, "tidlt(tid,tid)", "<", to) : NULL;

    if ((from >= 0 && low == NULL) || (to >= 0 && high == NULL)) {
        return false;
    }
    if (low != NULL) {
        tsr_select_where(statement, low);
    }
    if (high != NULL) {
        tsr_select_where(statement, high);
    }
    return true;
}

/* The range's ends are bound last, in this order. */
static bool bindsRangeLast(const TsrRendered* range, const List* numbers, int first) {
    int count = list_length(numbers);

    for (int i = 0; i < count; ++i) {
        if (i >= (int)range->param_count || range->params[i] != list_nth_int(numbers, i)) {
            return false;
        }
    }
    return range->param_count == (size_t)count + 2 && range->params[count] == first &&
           range->params[count + 1] == first + 1;
}

char* tessera_plan_ranges(PlannerInfo* root, const Path* path, TsrStatement* statement, const List* numbers) {
    const RelOptInfo* rel = path->parent;
    int first = 1;
    ListCell* cell;
    TsrRendered range;
    TsrError error = {0};

    foreach (cell, numbers) {
        first = Max(first, lfirst_int(cell) + 1);
    }
    if (!isSuitable(root, rel) || path->pathkeys != NIL || path->param_info != NULL ||
        tessera_reads_query(RELINFO(rel)->table) ||
        !tsr_select_row_range(statement, (int)rel->relid, first, first + 1)) {
        return NULL;
    }
    if (tsr_statement_render(statement, &range, &error) != TSR_OK) {
        tessera_raise(RELINFO(rel)->source->name, &error);
    }
    return bindsRangeLast(&range, numbers, first) ? pstrdup(range.text) : NULL;
}

void tessera_register_parallel_scans(void) {
    DefineCustomIntVariable("tessera.parallel_scans", "How many sessions read one source side by side.",
                            "Partitions and parts of large tables, below one Append; 1: one after the other.",
                            &tessera_parallel_scans, 4, 1, 64, PGC_USERSET, 0, NULL, NULL, NULL);
    DefineCustomIntVariable("tessera.min_parallel_scan_size",
                            "How many bytes a scan must be expected to fetch to be divided.", NULL, &leastSize,
                            64 * 1024, 0, INT_MAX, PGC_USERSET, GUC_UNIT_KB, NULL, NULL, NULL);
}
