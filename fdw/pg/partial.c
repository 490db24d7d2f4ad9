/* Partial aggregates: of each partition the source computes counts, sums and extremes, out of which the transition
 * states are made here that PostgreSQL's own aggregates combine. So partitions of unlike sources aggregate where they
 * are. */
#include "fdw/pg/tessera_fdw.h"

#include "access/htup_details.h"
#include "catalog/pg_aggregate.h"
#include "catalog/pg_type.h"
#include "nodes/execnodes.h"
#include "nodes/makefuncs.h"
#include "nodes/nodeFuncs.h"
#include "optimizer/cost.h"
#include "optimizer/pathnode.h"
#include "optimizer/planner.h"
#include "port/pg_bswap.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/fmgroids.h"
#include "utils/lsyscache.h"
#include "utils/numeric.h"
#include "utils/syscache.h"

/* ---- Partitionwise aggregation ---- */

static planner_hook_type next_planner = NULL;
static create_upper_paths_hook_type next_upper_paths = NULL;
static bool partitionwise_setting; /* of the session, while a statement is planned */

/* PostgreSQL's default is to aggregate partitions together. What is switched on holds for one query of a statement. */
static PlannedStmt* planStatement(Query* parse, const char* text, int options, ParamListInfo params) {
    bool before = enable_partitionwise_aggregate;
    bool outer_setting = partitionwise_setting;
    PlannedStmt* plan = NULL;

    partitionwise_setting = before;
    PG_TRY();
    {
        plan = next_planner != NULL ? next_planner(parse, text, options, params)
                                    : standard_planner(parse, text, options, params);
    }
    PG_FINALLY();
    {
        enable_partitionwise_aggregate = before;
        partitionwise_setting = outer_setting;
    }
    PG_END_TRY();
    return plan;
}

static void endQuery(PlannerInfo* root, UpperRelationKind stage, RelOptInfo* input, RelOptInfo* output, void* extra) {
    if (next_upper_paths != NULL) {
        next_upper_paths(root, stage, input, output, extra);
    }
    if (stage == UPPERREL_FINAL) {
        enable_partitionwise_aggregate = partitionwise_setting;
    }
}

void tessera_install_partial(void) {
    next_planner = planner_hook;
    planner_hook = planStatement;
    next_upper_paths = create_upper_paths_hook;
    create_upper_paths_hook = endQuery;
}

/* Does the query add floating point? In another order it gives another last digit. */
static bool addsFloats(PlannerInfo* root) {
    ListCell* cell;

    foreach (cell, root->agginfos) {
        const Aggref* node = ((AggInfo*)lfirst(cell))->representative_aggref;

        switch (node->aggtranstype) {
            case FLOAT4OID:
            case FLOAT8OID:
                if (node->aggfnoid == F_SUM_FLOAT4 || node->aggfnoid == F_SUM_FLOAT8) {
                    return true;
                }
                break;
            case FLOAT8ARRAYOID:
                return true;
            default:
                break;
        }
    }
    return false;
}

void tessera_want_partitionwise(PlannerInfo* root, const RelOptInfo* rel) {
    const AppendRelInfo* parent =
        rel->reloptkind == RELOPT_OTHER_MEMBER_REL ? root->append_rel_array[rel->relid] : NULL;

    if (parent != NULL && tessera_pushdown == PUSHDOWN_FULL && !addsFloats(root) &&
        find_base_rel(root, (int)parent->parent_relid)->part_scheme != NULL) {
        enable_partitionwise_aggregate = true;
    }
}

/* ---- Parts and states ---- */

/* How the state of an aggregate is made. */
static Assembly assemblyOf(const Aggref* node) {
    HeapTuple tuple;
    Form_pg_aggregate form;
    bool is_value;

    switch (node->aggfnoid) {
        case F_AVG_INT2:
        case F_AVG_INT4:
            return ASSEMBLE_COUNT_AND_SUM;
        case F_AVG_FLOAT8:
            return ASSEMBLE_FLOAT_SUMS;
        case F_SUM_INT8:
        case F_AVG_INT8:
            return ASSEMBLE_INT8_STATE;
        case F_SUM_NUMERIC:
        case F_AVG_NUMERIC:
            return ASSEMBLE_NUMERIC_STATE;
        default:
            break;
    }
    tuple = SearchSysCache1(AGGFNOID, ObjectIdGetDatum(node->aggfnoid));
    if (!HeapTupleIsValid(tuple)) {
        elog(ERROR, "cache lookup failed for aggregate %u", node->aggfnoid);
    }
    form = (Form_pg_aggregate)GETSTRUCT(tuple);
    /* What has no final function is its own state: count, sum, min, max, bool_and, … */
    is_value = !OidIsValid(form->aggfinalfn) && OidIsValid(form->aggcombinefn) && form->aggtranstype != INTERNALOID;
    ReleaseSysCache(tuple);
    return is_value ? ASSEMBLE_VALUE : ASSEMBLE_IMPOSSIBLE;
}

bool tessera_can_be_partial(PlannerInfo* root, const Aggref* node) {
    Assembly assembly;
    ListCell* cell;

    if (node->aggsplit != AGGSPLIT_INITIAL_SERIAL) {
        return false;
    }
    assembly = assemblyOf(node);
    if (assembly != ASSEMBLE_FLOAT_SUMS) {
        return assembly != ASSEMBLE_IMPOSSIBLE;
    }
    /* Its state lacks the sum of squares, which an aggregate that shares it may want. */
    foreach (cell, root->agginfos) {
        const AggInfo* other = lfirst(cell);

        if (other->transno == node->aggtransno && other->representative_aggref->aggfnoid != F_AVG_FLOAT8) {
            return false;
        }
    }
    return true;
}

/* The complete aggregate that the part of a state is. */
static Aggref* part(const Aggref* node, Oid function, Oid type) {
    Aggref* copy = copyObject(unconstify(Aggref*, node));

    copy->aggsplit = AGGSPLIT_SIMPLE;
    copy->aggfnoid = function;
    copy->aggtype = type;
    return copy;
}

List* tessera_partial_parts(Expr* expr, Assembly* assembly) {
    const Aggref* node = (const Aggref*)expr;
    Oid sum;
    Oid type;

    *assembly = ASSEMBLE_VALUE;
    if (!IsA(expr, Aggref) || node->aggsplit != AGGSPLIT_INITIAL_SERIAL) {
        return list_make1(expr);
    }
    *assembly = assemblyOf(node);
    switch (node->aggfnoid) {
        case F_AVG_INT2:
            sum = F_SUM_INT2;
            type = INT8OID;
            break;
        case F_AVG_INT4:
            sum = F_SUM_INT4;
            type = INT8OID;
            break;
        case F_AVG_FLOAT8:
            sum = F_SUM_FLOAT8;
            type = FLOAT8OID;
            break;
        case F_SUM_INT8:
        case F_AVG_INT8:
            sum = F_SUM_INT8;
            type = NUMERICOID;
            break;
        case F_SUM_NUMERIC:
        case F_AVG_NUMERIC:
            sum = F_SUM_NUMERIC;
            type = NUMERICOID;
            break;
        default:
            return list_make1(part(node, node->aggfnoid, node->aggtype));
    }
    return list_make2(part(node, sum, type), part(node, F_COUNT_ANY, INT8OID));
}

Oid tessera_part_type(Assembly assembly, Oid state) {
    switch (assembly) {
        case ASSEMBLE_COUNT_AND_SUM:
            return INT8OID;
        case ASSEMBLE_FLOAT_SUMS:
            return FLOAT8OID;
        case ASSEMBLE_INT8_STATE:
        case ASSEMBLE_NUMERIC_STATE:
            return NUMERICOID;
        default:
            return state;
    }
}

/* ---- At run time ---- */

/* numeric_avg_accum() and numeric_avg_serialize() work only for an aggregate that runs. */
static Datum callInAggregate(PGFunction function, Datum first, bool first_is_null, Datum second) {
    LOCAL_FCINFO(call, 2);
    WindowAggState* aggregate = makeNode(WindowAggState);
    Datum result;

    aggregate->curaggcontext = CurrentMemoryContext;
    InitFunctionCallInfoData(*call, NULL, 2, InvalidOid, (Node*)aggregate, NULL);
    call->args[0].value = first;
    call->args[0].isnull = first_is_null;
    call->args[1].value = second;
    call->args[1].isnull = false;
    result = function(call);
    if (call->isnull) {
        elog(ERROR, "an aggregate's state is NULL");
    }
    return result;
}

/* A state of numeric sums as PostgreSQL serialises it: the number of values, their sum, and what is known of scales and
 * of values that are no numbers. Made of one value, the sum, and then told the true number of values. */
static Datum serializedState(Numeric sum, int64 count, bool of_int8) {
    Datum state = callInAggregate(numeric_avg_accum, (Datum)0, true, NumericGetDatum(sum));
    bytea* bytes = DatumGetByteaPP(callInAggregate(numeric_avg_serialize, state, false, (Datum)0));
    const Size after_sum = sizeof(int32) + 4 * sizeof(int64); /* which the state of bigints does not have */
    Size size = VARSIZE_ANY_EXHDR(bytes) - (of_int8 ? after_sum : 0);
    bytea* result = palloc(VARHDRSZ + size);

    SET_VARSIZE(result, VARHDRSZ + size);
    memcpy(VARDATA(result), VARDATA_ANY(bytes), size);
    if (!numeric_is_nan(sum) && !numeric_is_inf(sum)) {
        uint64 network = pg_hton64((uint64)count);

        memcpy(VARDATA(result), &network, sizeof(network));
    }
    return PointerGetDatum(result);
}

static Datum arrayOf(Oid type, Datum* values, int count) {
    return PointerGetDatum(construct_array(values, count, type, 8, FLOAT8PASSBYVAL, TYPALIGN_DOUBLE));
}

Datum tessera_assemble(Assembly assembly, const Datum* parts, const bool* nulls, bool* is_null) {
    *is_null = nulls[0];
    switch (assembly) {
        case ASSEMBLE_AVERAGE:
            return *is_null ? (Datum)0
                            : DirectFunctionCall2(numeric_div, parts[0],
                                                  NumericGetDatum(int64_to_numeric(DatumGetInt64(parts[1]))));
        case ASSEMBLE_COUNT_AND_SUM: {
            Datum state[] = {parts[1], nulls[0] ? Int64GetDatum(0) : parts[0]};

            *is_null = false;
            return arrayOf(INT8OID, state, 2);
        }
        case ASSEMBLE_FLOAT_SUMS: {
            Datum state[] = {Float8GetDatum((float8)DatumGetInt64(parts[1])), nulls[0] ? Float8GetDatum(0) : parts[0],
                             Float8GetDatum(0)};

            *is_null = false;
            return arrayOf(FLOAT8OID, state, 3);
        }
        case ASSEMBLE_INT8_STATE:
        case ASSEMBLE_NUMERIC_STATE:
            return *is_null ? (Datum)0
                            : serializedState(DatumGetNumeric(parts[0]), DatumGetInt64(parts[1]),
                                              assembly == ASSEMBLE_INT8_STATE);
        default:
            return parts[0];
    }
}
