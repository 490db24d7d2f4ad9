/* What a statement was last run with, for EXPLAIN (ANALYZE, VERBOSE). */
#include "fdw/pg/tessera_fdw.h"

#include "catalog/pg_type.h"
#include "commands/explain.h"
#include "mb/pg_wchar.h"
#include "utils/builtins.h"

/* There may be a parameter for each of a thousand keys, and one may be as long as a value can be. */
#define MOST_SHOWN 10
#define MOST_BYTES 60

/* The PostgreSQL type of a value with a fixed size; InvalidOid: what crosses as bytes. */
static Oid fixedType(TsrType type) {
    switch (type) {
        case TSR_TYPE_BOOL:
            return BOOLOID;
        case TSR_TYPE_INT16:
            return INT2OID;
        case TSR_TYPE_INT32:
            return INT4OID;
        case TSR_TYPE_INT64:
            return INT8OID;
        case TSR_TYPE_FLOAT32:
            return FLOAT4OID;
        case TSR_TYPE_FLOAT64:
            return FLOAT8OID;
        case TSR_TYPE_DATE:
            return DATEOID;
        case TSR_TYPE_TIME:
            return TIMEOID;
        case TSR_TYPE_TIMESTAMP:
            return TIMESTAMPOID;
        case TSR_TYPE_TIMESTAMPTZ:
            return TIMESTAMPTZOID;
        case TSR_TYPE_UUID:
            return UUIDOID;
        case TSR_TYPE_DECIMAL:
        case TSR_TYPE_TEXT:
        case TSR_TYPE_BYTES:
        case TSR_TYPE_BITS:
        case TSR_TYPE_LITERAL:
            break;
    }
    return InvalidOid;
}

/* As a column of one row. */
static char* fixedText(const TsrParam* param, Oid type) {
    const void* buffers[] = {NULL, param->data};
    struct ArrowArray column = {.length = 1, .n_buffers = 2, .buffers = buffers};
    Datum value;
    bool is_null;

    tessera_convert(tessera_converter(type, -1), &column, 0, 1, &value, &is_null);
    return tessera_plain_text(type, value);
}

static void appendParam(StringInfo text, const TsrParam* param) {
    Oid type = fixedType(param->type);
    bool is_cut = param->size > MOST_BYTES;
    char* shown;

    if (param->is_null) {
        appendStringInfoString(text, "NULL");
        return;
    }
    if (OidIsValid(type)) {
        shown = fixedText(param, type);
    } else if (param->type == TSR_TYPE_BYTES) {
        shown = psprintf("\\x%*s", 2 * (int)Min(param->size, MOST_BYTES), "");
        (void)hex_encode(param->data, Min(param->size, MOST_BYTES), shown + 2);
    } else {
        shown = pnstrdup(
            param->data,
            is_cut ? (Size)pg_mbcliplen(param->data, (int)Min(param->size, PG_INT32_MAX), MOST_BYTES) : param->size);
    }
    is_cut = is_cut && !OidIsValid(type);
    switch (param->type) {
        case TSR_TYPE_BOOL:
        case TSR_TYPE_INT16:
        case TSR_TYPE_INT32:
        case TSR_TYPE_INT64:
        case TSR_TYPE_FLOAT32:
        case TSR_TYPE_FLOAT64:
        case TSR_TYPE_DECIMAL:
            appendStringInfoString(text, shown);
            break;
        case TSR_TYPE_BYTES:
            appendStringInfo(text, "'%s'", shown);
            break;
        default:
            appendStringInfoString(text, quote_literal_cstr(shown));
    }
    if (is_cut) {
        appendStringInfo(text, "... (%zu bytes)", param->size);
    }
}

void tessera_explain_params(const TsrParam* params, int count, ExplainState* es) {
    StringInfoData text;

    if (count == 0) {
        return;
    }
    initStringInfo(&text);
    if (es->pstmt->dependsOnRole) {
        /* A policy's functions may know what the person does not. */
        appendStringInfo(&text, "%d, not shown where policies apply", count);
    } else {
        for (int i = 0; i < Min(count, MOST_SHOWN); ++i) {
            appendStringInfoString(&text, i == 0 ? "" : ", ");
            appendParam(&text, &params[i]);
        }
        if (count > MOST_SHOWN) {
            appendStringInfo(&text, ", and %d more", count - MOST_SHOWN);
        }
    }
    ExplainPropertyText("Remote Parameters", text.data, es);
}
