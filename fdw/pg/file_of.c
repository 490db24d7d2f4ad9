/* A query's rows as a file that their source writes, for exports: nothing of the rows passes through PostgreSQL. The
 * query is planned as any other, and its plan is carried out in this way only where it is one foreign scan with nothing
 * around it; it is refused otherwise, and whoever wants it reads the rows. docs/decisions/0048. */
#include "fdw/pg/file_of.h"

#include "access/htup_details.h"
#include "catalog/pg_type.h"
#include "executor/executor.h"
#include "fmgr.h"
#include "funcapi.h"
#include "nodes/nodeFuncs.h"
#include "nodes/value.h"
#include "tcop/dest.h"
#include "tcop/tcopprot.h"
#include "utils/builtins.h"
#include "utils/snapmgr.h"

PG_FUNCTION_INFO_V1(tessera_file_of);
PG_FUNCTION_INFO_V1(tessera_last_file);

typedef struct FileCall {
    char* text;
    QueryDesc* query; /* NULL: it has ended */
    Fetch* fetch;
    MemoryContextCallback forget;
} FileCall;

/* Of the last call: -1 where the file is not complete; why it was refused, or empty. */
static int64 last_rows = -1;
static char last_refusal[512];

/* ---- The plan ---- */

static PlannedStmt* planOf(const char* text) {
    List* statements = pg_parse_query(text);
    List* queries;
    Query* query;

    if (list_length(statements) != 1) {
        ereport(ERROR, (errcode(ERRCODE_SYNTAX_ERROR), errmsg("a file is made of one query")));
    }
    queries = pg_analyze_and_rewrite_fixedparams(linitial_node(RawStmt, statements), text, NULL, 0, NULL);
    query = list_length(queries) == 1 ? linitial_node(Query, queries) : NULL;
    if (query == NULL || query->commandType != CMD_SELECT) {
        ereport(ERROR, (errcode(ERRCODE_SYNTAX_ERROR), errmsg("a file is made of a SELECT")));
    }
    return pg_plan_query(query, text, 0, NULL);
}

static bool isEmpty(const List* private, int member) {
    return list_nth(private, member) == NIL;
}

/* NULL: the scan's statement is all of the plan. Values that are computed once before it are sent along. */
static const char* planRefusal(const PlannedStmt* plan) {
    const ForeignScan* scan = (const ForeignScan*)plan->planTree;
    const List* private;
    ListCell* cell;

    if (plan->hasModifyingCTE || plan->rowMarks != NIL) {
        return "the query changes or locks rows";
    }
    if (!IsA(scan, ForeignScan) || scan->operation != CMD_SELECT ||
        GetFdwRoutineByServerId(scan->fs_server)->IterateForeignScan != tessera_iterate_scan) {
        return "a part of the query is computed here";
    }
    private = scan->fdw_private;
    if (scan->scan.plan.qual != NIL) {
        return "rows are chosen here";
    }
    if (intVal(list_nth(private, SCAN_RECOMPUTED)) != 0) {
        return "its numbers may be too large for the source";
    }
    if (intVal(list_nth(private, SCAN_LOCKS)) != LOCKS_NOTHING || scan->scan.plan.lefttree != NULL ||
        !isEmpty(private, SCAN_SHIPPED) || !isEmpty(private, SCAN_KEYS) || !isEmpty(private, SCAN_PART) ||
        !isEmpty(private, SCAN_PEERS) || !isEmpty(private, SCAN_COPIES)) {
        return "its rows are read in a way of their own";
    }
    foreach (cell, (List*)list_nth(private, SCAN_ASSEMBLIES)) {
        if (lfirst_int(cell) != ASSEMBLE_VALUE) {
            return "values are put together here";
        }
    }
    return NULL;
}

/* ---- The file's columns ---- */

/* As it is in the files that jobs write of rows (nodeservice/jobs/steps/export_rows.h); NULL, or why it cannot be. */
static const char* setType(TsrFileColumn* column, Oid type, int32 typmod) {
    switch (type) {
        case BOOLOID:
        case INT2OID:
        case INT4OID:
        case INT8OID:
        case FLOAT4OID:
        case FLOAT8OID:
        case TEXTOID:
        case BYTEAOID:
        case DATEOID:
        case UUIDOID:
            break;
        case VARCHAROID:
        case TIMEOID:
        case TIMESTAMPOID:
        case TIMESTAMPTZOID:
            if (typmod >= 0) {
                return "has a length or a precision, which PostgreSQL keeps";
            }
            break;
        case NUMERICOID:
            if (typmod < (int32)VARHDRSZ) {
                return "is a number of any precision";
            }
            column->precision = (typmod - VARHDRSZ) >> 16;
            column->scale = (typmod - VARHDRSZ) & 0x7ff;
            break;
        default:
            return psprintf("is of type %s, which is written as PostgreSQL's text", format_type_be(type));
    }
    column->type = tessera_crossing_type(type);
    return NULL;
}

static const char* setColumn(TsrFileColumn* column, const TargetEntry* target, const List* outputs) {
    const Var* var = (const Var*)target->expr;
    bool found = false;

    column->name = target->resname;
    if (IsA(var, Var) && var->varattno > 0) {
        for (int i = 0; i < list_length(outputs) && !found; ++i) {
            found = list_nth_int(outputs, i) == var->varattno;
            column->output = (size_t)i;
        }
    }
    return found ? setType(column, exprType((const Node*)var), exprTypmod((const Node*)var)) : "is computed here";
}

/* NULL with *refusal. */
static TsrFile* fileOf(const PlannedStmt* plan, const char* format, const char** refusal) {
    const List* outputs = list_nth(((const ForeignScan*)plan->planTree)->fdw_private, SCAN_TARGETS);
    List* targets = plan->planTree->targetlist;
    TsrFileColumn* columns = palloc0(sizeof(TsrFileColumn) * (Size)(list_length(targets) + 1));
    TsrFile* file = palloc0(sizeof(TsrFile));
    ListCell* cell;

    foreach (cell, targets) {
        const TargetEntry* target = lfirst_node(TargetEntry, cell);
        const char* why = target->resjunk ? NULL : setColumn(&columns[file->column_count++], target, outputs);

        if (why != NULL) {
            *refusal = psprintf("column \"%s\" %s", target->resname, why);
            return NULL;
        }
    }
    if (file->column_count == 0) {
        *refusal = "the query has no columns";
        return NULL;
    }
    file->format = format;
    file->output_count = (size_t)list_length(outputs);
    file->columns = columns;
    return file;
}

/* ---- Running it ---- */

static void end(FileCall* call) {
    QueryDesc* query = call->query;

    call->query = NULL;
    if (query != NULL) {
        tessera_fetch_stop(call->fetch);
        ExecutorFinish(query);
        ExecutorEnd(query);
        FreeQueryDesc(query);
    }
}

/* The text goes with the call's memory, also when an error is caught. */
static void forgetText(void* argument pg_attribute_unused()) {
    tessera_audit_inner(NULL);
}

static void tellEnd(const FileCall* call, int64 rows) {
    tessera_audit_inner_ended(call->text, call->query->plannedstmt->queryId, rows);
}

/* Nobody wants the rest: what there was is told of, with no rows, for the file would have said how many. */
static void abandon(Datum datum) {
    FileCall* call = (FileCall*)DatumGetPointer(datum);

    if (call->query != NULL) {
        tellEnd(call, 0);
    }
    end(call);
}

/* NULL, or why there is no file. */
static const char* begin(FileCall* call, const char* text, const char* format) {
    PlannedStmt* plan = planOf(text);
    const char* refusal = planRefusal(plan);
    TsrFile* file = refusal == NULL ? fileOf(plan, format, &refusal) : NULL;

    if (file == NULL) {
        return refusal;
    }
    call->query = CreateQueryDesc(plan, text, GetActiveSnapshot(), InvalidSnapshot, None_Receiver, NULL, NULL, 0);
    ExecutorStart(call->query, 0);
    call->fetch = tessera_start_file(castNode(ForeignScanState, call->query->planstate), file);
    return tessera_fetch_refusal(call->fetch);
}

static void refuse(const char* why, bool is_error) {
    if (is_error) {
        ereport(ERROR, (errcode(ERRCODE_FEATURE_NOT_SUPPORTED), errmsg("no source writes this file: %s", why)));
    }
    strlcpy(last_refusal, why, sizeof last_refusal);
}

/* tessera.file_of(query text, format text, must boolean) returns setof bytea */
Datum tessera_file_of(PG_FUNCTION_ARGS) {
    ReturnSetInfo* result = (ReturnSetInfo*)fcinfo->resultinfo;
    FuncCallContext* context;
    FileCall* call;
    Datum piece;
    bool is_null;

    if (SRF_IS_FIRSTCALL()) {
        MemoryContext before;
        const char* refusal;

        context = SRF_FIRSTCALL_INIT();
        before = MemoryContextSwitchTo(context->multi_call_memory_ctx);
        call = palloc0(sizeof(FileCall));
        context->user_fctx = call;
        RegisterExprContextCallback(result->econtext, abandon, PointerGetDatum(call));
        last_rows = -1;
        last_refusal[0] = '\0';
        call->text = text_to_cstring(PG_GETARG_TEXT_PP(0));
        call->forget.func = forgetText;
        MemoryContextRegisterResetCallback(context->multi_call_memory_ctx, &call->forget);
        tessera_audit_inner(call->text);
        refusal = begin(call, call->text, text_to_cstring(PG_GETARG_TEXT_PP(1)));
        MemoryContextSwitchTo(before);
        if (refusal != NULL) {
            refuse(refusal, PG_GETARG_BOOL(2));
            end(call);
        }
    }
    context = SRF_PERCALL_SETUP();
    call = context->user_fctx;
    if (call->query != NULL) {
        if (tessera_fetch_next(call->fetch, &piece, &is_null)) {
            SRF_RETURN_NEXT(context, piece);
        }
        last_rows = tessera_fetch_affected(call->fetch);
        tellEnd(call, last_rows);
    }
    UnregisterExprContextCallback(result->econtext, abandon, PointerGetDatum(call));
    end(call);
    SRF_RETURN_DONE(context);
}

/* tessera.last_file() returns (rows bigint, refusal text) */
Datum tessera_last_file(PG_FUNCTION_ARGS) {
    TupleDesc row;
    Datum values[2] = {Int64GetDatum(last_rows), CStringGetTextDatum(last_refusal)};
    bool nulls[2] = {last_rows < 0, last_refusal[0] == '\0'};

    if (get_call_result_type(fcinfo, NULL, &row) != TYPEFUNC_COMPOSITE) {
        elog(ERROR, "tessera.last_file() returns a row");
    }
    PG_RETURN_DATUM(HeapTupleGetDatum(heap_form_tuple(BlessTupleDesc(row), values, nulls)));
}
