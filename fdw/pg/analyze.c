/* ANALYZE: the true number of rows, and a random sample of them drawn at the source where it can. */
#include "fdw/pg/tessera_fdw.h"

#include "access/htup_details.h"
#include "catalog/pg_type.h"
#include "commands/vacuum.h"
#include "fmgr.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/memutils.h"
#include "utils/rel.h"
#include "utils/sampling.h"
#include <math.h>

PG_FUNCTION_INFO_V1(tessera_source_row_count);

/* Rows asked of the source for each that is wanted, so that chance seldom gives too few. */
#define OVERSAMPLING 1.2

static void destroyStatement(void* statement) {
    tsr_statement_destroy(statement);
}

static TsrStatement* newStatement(Relation relation, const TsrSource* source) {
    TableOptions options = tessera_table_options(RelationGetRelid(relation), source);
    TsrError error = {0};
    TsrStatement* statement = tsr_statement_create(source, &tessera_host, &error);
    const TsrFrom* from;

    if (statement == NULL) {
        tessera_raise(source->name, &error);
    }
    tessera_own(CurrentMemoryContext, statement, destroyStatement);
    from = tsr_from_table(statement, 1, source, options.options, options.count, &error);
    if (from == NULL) {
        tessera_raise(source->name, &error);
    }
    tsr_select_from(statement, from);
    return statement;
}

static char* render(TsrStatement* statement, const TsrSource* source) {
    TsrRendered rendered;
    TsrError error = {0};

    if (tsr_statement_render(statement, &rendered, &error) != TSR_OK) {
        tessera_raise(source->name, &error);
    }
    return pstrdup(rendered.text);
}

/* SELECT count(*); -1 when the source can't count. */
static double countRows(Relation relation, TsrSource* source) {
    TsrStatement* statement = newStatement(relation, source);
    TsrAggregate call = {.signature = "count()", .type = "int8"};
    const TsrExpr* count = tsr_expr_aggregate(statement, &call);
    Fetch* fetch;
    Datum value;
    bool is_null = true;

    if (count == NULL) {
        return -1;
    }
    tsr_select_grouped(statement);
    tsr_select_output(statement, count);
    fetch = tessera_fetch_create(CurrentMemoryContext, source, render(statement, source), 1, (Oid[]){INT8OID},
                                 (int32[]){-1});
    tessera_fetch_start(fetch, NULL, 0);
    if (!tessera_fetch_next(fetch, &value, &is_null) || is_null) {
        return -1;
    }
    return (double)DatumGetInt64(value);
}

/* The statement that returns all columns, of about `fraction` of the rows. */
static Fetch* sampleFetch(Relation relation, TsrSource* source, double fraction, AttrNumber* targets, int* columns) {
    TupleDesc tuple = RelationGetDescr(relation);
    TsrStatement* statement = newStatement(relation, source);
    Oid* types = palloc(sizeof(Oid) * (Size)(tuple->natts + 1));
    int32* typmods = palloc(sizeof(int32) * (Size)(tuple->natts + 1));

    *columns = 0;
    for (int i = 0; i < tuple->natts; ++i) {
        Form_pg_attribute attribute = TupleDescAttr(tuple, i);

        if (attribute->attisdropped) {
            continue;
        }
        tsr_select_output(
            statement, tsr_expr_column(statement, 1, tessera_column_name(RelationGetRelid(relation), attribute->attnum),
                                       tessera_type_name(attribute->atttypid)));
        types[*columns] = attribute->atttypid;
        typmods[*columns] = attribute->atttypmod;
        targets[*columns] = attribute->attnum;
        ++*columns;
    }
    if (fraction < 1) {
        tsr_select_sample(statement, fraction);
    }
    return tessera_fetch_create(CurrentMemoryContext, source, render(statement, source), *columns, types, typmods);
}

/* Vitter's reservoir over whatever comes: all rows, or the source's sample. */
static int drawRows(Relation relation, Fetch* fetch, const AttrNumber* targets, int columns, HeapTuple* rows,
                    int wanted, double* seen) {
    TupleDesc tuple = RelationGetDescr(relation);
    Datum* row = palloc(sizeof(Datum) * (Size)(columns + 1));
    bool* row_nulls = palloc(sizeof(bool) * (Size)(columns + 1));
    Datum* values = palloc0(sizeof(Datum) * (Size)(tuple->natts + 1));
    bool* nulls = palloc(sizeof(bool) * (Size)(tuple->natts + 1));
    ReservoirStateData state;
    double to_skip = -1;
    int kept = 0;

    reservoir_init_selection_state(&state, wanted);
    memset(nulls, true, sizeof(bool) * (Size)(tuple->natts + 1));
    *seen = 0;
    while (tessera_fetch_next(fetch, row, row_nulls)) {
        int place = -1;

        vacuum_delay_point();
        if (kept < wanted) {
            place = kept++;
        } else {
            if (to_skip < 0) {
                to_skip = reservoir_get_next_S(&state, *seen, wanted);
            }
            if (to_skip <= 0) {
                place = (int)(wanted * sampler_random_fract(&state.randstate));
                heap_freetuple(rows[place]);
            }
            to_skip -= 1;
        }
        *seen += 1;
        if (place < 0) {
            continue;
        }
        for (int i = 0; i < columns; ++i) {
            values[targets[i] - 1] = row[i];
            nulls[targets[i] - 1] = row_nulls[i];
        }
        rows[place] = heap_form_tuple(tuple, values, nulls);
    }
    return kept;
}

static TsrStatistics fetchStatistics(Oid table, TsrSource* source) {
    TableOptions options = tessera_table_options(table, source);
    TsrStatistics statistics = {-1, -1};
    TsrError error = {0};

    if (tsr_source_statistics(source, &tessera_host, table, options.options, options.count, &statistics, &error) !=
        TSR_OK) {
        tessera_raise(source->name, &error);
    }
    return statistics;
}

static int acquireSample(Relation relation, int elevel, HeapTuple* rows, int wanted, double* total, double* dead) {
    TsrSource* source =
        tessera_source(GetForeignTable(RelationGetRelid(relation))->serverid, relation->rd_rel->relowner);
    AttrNumber* targets = palloc(sizeof(AttrNumber) * (Size)(RelationGetNumberOfAttributes(relation) + 1));
    double count = countRows(relation, source);
    double fraction = 1;
    double seen;
    int columns;
    int kept;
    Fetch* fetch;

    if (count > wanted * OVERSAMPLING && tsr_can_sample(newStatement(relation, source))) {
        fraction = wanted * OVERSAMPLING / count;
    }
    fetch = sampleFetch(relation, source, fraction, targets, &columns);
    tessera_fetch_expect(fetch, count >= 0 ? fraction * count : -1, true);
    tessera_fetch_start(fetch, NULL, 0);
    kept = drawRows(relation, fetch, targets, columns, rows, wanted, &seen);
    *total = count >= 0 ? count : seen;
    if (*total == 0) {
        /* Policies there may hide from whoever analyses what others see: statistics are of all rows, as those of tables
         * with policies here. */
        *total = Max(fetchStatistics(RelationGetRelid(relation), source).row_count, 0);
    }
    *dead = 0;
    ereport(elevel, (errmsg("\"%s\": %.0f rows at source \"%s\", %d in the sample", RelationGetRelationName(relation),
                            *total, source->name, kept)));
    return kept;
}

/* tessera.source_row_count(regclass) returns double precision: what the source says without reading; NULL: nothing. */
Datum tessera_source_row_count(PG_FUNCTION_ARGS) {
    Oid table = PG_GETARG_OID(0);
    TsrSource* source = tessera_source(GetForeignTable(table)->serverid, GetUserId());
    TsrStatistics statistics = fetchStatistics(table, source);

    if (statistics.row_count < 0) {
        PG_RETURN_NULL();
    }
    PG_RETURN_FLOAT8(statistics.row_count);
}

bool tessera_analyze(Relation relation, AcquireSampleRowsFunc* func, BlockNumber* pages) {
    Oid table = RelationGetRelid(relation);
    TsrSource* source = tessera_source(GetForeignTable(table)->serverid, relation->rd_rel->relowner);
    TsrStatistics statistics = fetchStatistics(table, source);

    *pages =
        statistics.byte_count > 0 ? (BlockNumber)Min(ceil(statistics.byte_count / BLCKSZ), (double)MaxBlockNumber) : 1;
    *func = acquireSample;
    return true;
}
