/* The bounds of LIMIT that are known only at execution. In PostgreSQL NULL is no bound, and a negative number an error;
 * sources that mean something else by them are told a number in any case. */
#include "fdw/pg/tessera_fdw.h"

#include "catalog/pg_type.h"
#include "fmgr.h"
#include "nodes/makefuncs.h"
#include "parser/parse_func.h"

PG_FUNCTION_INFO_V1(tessera_row_limit);
PG_FUNCTION_INFO_V1(tessera_row_offset);

/* As good as none; and the sum of two is still a bigint. */
#define MOST_ROWS (INT64CONST(1) << 61)

static int64 offsetOf(FunctionCallInfo fcinfo, int arg) {
    int64 offset = PG_ARGISNULL(arg) ? 0 : PG_GETARG_INT64(arg);

    if (offset < 0) {
        ereport(ERROR,
                (errcode(ERRCODE_INVALID_ROW_COUNT_IN_RESULT_OFFSET_CLAUSE), errmsg("OFFSET must not be negative")));
    }
    return Min(offset, MOST_ROWS);
}

/* PostgreSQL looks at the offset first. */
Datum tessera_row_limit(PG_FUNCTION_ARGS) {
    int64 limit = PG_ARGISNULL(0) ? MOST_ROWS : PG_GETARG_INT64(0);

    (void)offsetOf(fcinfo, 1);
    if (limit < 0) {
        ereport(ERROR, (errcode(ERRCODE_INVALID_ROW_COUNT_IN_LIMIT_CLAUSE), errmsg("LIMIT must not be negative")));
    }
    PG_RETURN_INT64(Min(limit, MOST_ROWS));
}

Datum tessera_row_offset(PG_FUNCTION_ARGS) {
    PG_RETURN_INT64(offsetOf(fcinfo, 0));
}

static Expr* call(const char* name, List* args) {
    Oid types[] = {INT8OID, INT8OID};
    Oid function =
        LookupFuncName(list_make2(makeString("tessera"), makeString(pstrdup(name))), list_length(args), types, true);

    return OidIsValid(function)
               ? (Expr*)makeFuncExpr(function, INT8OID, args, InvalidOid, InvalidOid, COERCE_EXPLICIT_CALL)
               : NULL;
}

Expr* tessera_limit_bound(const TsrStatement* statement, const Query* query, bool is_offset) {
    Expr* bound = (Expr*)(is_offset ? query->limitOffset : query->limitCount);
    Expr* offset = (Expr*)query->limitOffset;

    if (bound == NULL || IsA(bound, Const) || !tsr_limit_needs_number(statement)) {
        return bound;
    }
    if (is_offset) {
        return call("row_offset", list_make1(bound));
    }
    if (offset == NULL) {
        offset = (Expr*)makeConst(INT8OID, -1, InvalidOid, sizeof(int64), Int64GetDatum(0), false, FLOAT8PASSBYVAL);
    }
    return call("row_limit", list_make2(bound, offset));
}
