/* What a statement is run with: the values of its parameters, and lists of keys. */
#include "fdw/pg/bind_join.h"

#include "catalog/pg_type.h"
#include "executor/executor.h"
#include "nodes/nodeFuncs.h"
#include "nodes/value.h"
#include "utils/builtins.h"
#include "utils/datetime.h"
#include "utils/json.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"

/* A statement for one number of keys. */
typedef struct KeyText {
    int size;
    const char* text;
    List* numbers;
} KeyText;

struct ScanParams {
    List* exprs; /* ExprStates */
    List* numbers;
    /* The values of this run and of the one before live in these, in turn. */
    MemoryContext contexts[2];
    int current;
    BoundParams bound;

    TsrKeyForm form;
    int key_lists;
    Oid* key_types;
    int sizes;
    KeyText* texts;
    int key_count;
    Datum** keys;

    TsrKeyForm rows_form;
    Oid* row_types;
    const ShippedRows* rows;
};

static void prepareKeys(ScanParams* params, List* keys) {
    ListCell* cell;

    params->form = (TsrKeyForm)intVal(list_nth(keys, KEYS_FORM));
    params->key_lists = list_length(list_nth(keys, KEYS_TYPES));
    params->key_types = palloc(sizeof(Oid) * (Size)params->key_lists);
    foreach (cell, (List*)list_nth(keys, KEYS_TYPES)) {
        params->key_types[foreach_current_index(cell)] = lfirst_oid(cell);
    }
    params->sizes = list_length(list_nth(keys, KEYS_TEXTS));
    params->texts = palloc(sizeof(KeyText) * (Size)(params->sizes + 1));
    foreach (cell, (List*)list_nth(keys, KEYS_TEXTS)) {
        List* text = lfirst(cell);

        params->texts[foreach_current_index(cell)] =
            (KeyText){intVal(linitial(text)), strVal(lsecond(text)), lthird(text)};
    }
}

static void prepareRows(ScanParams* params, List* shipped) {
    List* types = lsecond(shipped);
    ListCell* cell;

    params->rows_form = (TsrKeyForm)intVal(linitial(shipped));
    params->row_types = palloc(sizeof(Oid) * (Size)list_length(types));
    foreach (cell, types) {
        params->row_types[foreach_current_index(cell)] = lfirst_oid(cell);
    }
}

ScanParams* tessera_params_create(PlanState* node, const char* text, List* exprs, List* numbers, List* keys,
                                  List* shipped) {
    ScanParams* params = palloc0(sizeof(ScanParams));

    params->bound.text = text;
    params->numbers = numbers;
    if (keys != NIL) {
        prepareKeys(params, keys);
    }
    if (shipped != NIL) {
        prepareRows(params, shipped);
    }
    if (numbers != NIL) {
        params->exprs = ExecInitExprList(exprs, node);
        for (int i = 0; i < 2; ++i) {
            params->contexts[i] =
                AllocSetContextCreate(CurrentMemoryContext, "tessera_fdw parameters", ALLOCSET_SMALL_SIZES);
        }
    }
    return params;
}

void tessera_params_keys(ScanParams* params, int count, Datum** keys) {
    params->key_count = count;
    params->keys = keys;
}

void tessera_params_ship(ScanParams* params, const ShippedRows* rows) {
    params->rows = rows;
}

/* A key as text that no setting of the session changes. */
static char* keyText(Oid type, Datum value) {
    char moment[MAXDATELEN + 1];
    Oid output;
    bool is_varlena;

    if (type == DATEOID || type == TIMESTAMPOID) {
        return pstrdup(JsonEncodeDateTime(moment, value, type, NULL));
    }
    getTypeOutputInfo(type, &output, &is_varlena);
    return OidOutputFunctionCall(output, value);
}

static void appendQuoted(StringInfo text, const char* value) {
    appendStringInfoChar(text, '"');
    for (; *value != '\0'; ++value) {
        if (*value == '"' || *value == '\\') {
            appendStringInfoChar(text, '\\');
        }
        appendStringInfoChar(text, *value);
    }
    appendStringInfoChar(text, '"');
}

/* All keys of a list as one value. */
static TsrParam keyList(const ScanParams* params, int list) {
    bool is_array = params->form == TSR_KEYS_ARRAY;
    StringInfoData text;

    initStringInfo(&text);
    appendStringInfoChar(&text, is_array ? '{' : '[');
    for (int i = 0; i < params->key_count; ++i) {
        const char* key = keyText(params->key_types[list], params->keys[list][i]);

        if (i > 0) {
            appendStringInfoChar(&text, ',');
        }
        if (is_array) {
            appendQuoted(&text, key);
        } else {
            escape_json(&text, key);
        }
    }
    appendStringInfoChar(&text, is_array ? '}' : ']');
    return (TsrParam){is_array ? TSR_TYPE_LITERAL : TSR_TYPE_TEXT, false, text.data, (size_t)text.len};
}

/* A value of a shipped row. */
static void appendCell(StringInfo text, const ScanParams* params, int64 row, int column) {
    int64 at = row * params->rows->columns + column;
    Oid type = params->row_types[column];
    const char* value;

    if (params->rows->nulls[at]) {
        appendStringInfoString(text, params->rows_form == TSR_KEYS_ARRAY ? "NULL" : "null");
        return;
    }
    value = type == DATEOID || type == TIMESTAMPOID ? keyText(type, params->rows->values[at])
                                                    : tessera_plain_text(type, params->rows->values[at]);
    if (params->rows_form == TSR_KEYS_ARRAY) {
        appendQuoted(text, value);
    } else {
        escape_json(text, value);
    }
}

/* A column of the shipped rows, or all of them, as one value. */
static TsrParam shippedValue(const ScanParams* params, int column) {
    bool is_array = params->rows_form == TSR_KEYS_ARRAY;
    int columns = params->rows->columns;
    StringInfoData text;

    initStringInfo(&text);
    appendStringInfoChar(&text, is_array ? '{' : '[');
    for (int64 row = 0; row < params->rows->count; ++row) {
        if (row > 0) {
            appendStringInfoChar(&text, ',');
        }
        if (is_array) {
            appendCell(&text, params, row, column);
            continue;
        }
        for (int i = 0; i < columns; ++i) {
            appendStringInfoChar(&text, i == 0 ? '[' : ',');
            appendCell(&text, params, row, i);
        }
        appendStringInfoChar(&text, ']');
    }
    appendStringInfoChar(&text, is_array ? '}' : ']');
    return (TsrParam){is_array ? TSR_TYPE_LITERAL : TSR_TYPE_TEXT, false, text.data, (size_t)text.len};
}

/* A text or a bytea is the Datum's own, which the next row may overwrite. */
static TsrParam copied(TsrParam param) {
    if (!param.is_null && (param.type == TSR_TYPE_TEXT || param.type == TSR_TYPE_BYTES)) {
        void* copy = palloc(param.size + 1);

        memcpy(copy, param.data, param.size);
        param.data = copy;
    }
    return param;
}

/* The n-th parameter of a list with one for each key: what is left over repeats the last one. */
static TsrParam keyAt(const ScanParams* params, int list, int size, int n) {
    int index = Min(n % size, params->key_count - 1);

    return copied(tessera_param(params->key_types[list], params->keys[list][index], false));
}

static TsrParam evaluate(const ScanParams* params, ExprContext* context, int number) {
    ExprState* expr = list_nth(params->exprs, number - 1);
    bool is_null;
    Datum value = ExecEvalExpr(expr, context, &is_null);

    return copied(tessera_param(exprType((Node*)expr->expr), value, is_null));
}

static const KeyText* textFor(const ScanParams* params) {
    int i = 0;

    while (i + 1 < params->sizes && params->texts[i].size < params->key_count) {
        ++i;
    }
    return &params->texts[i];
}

static bool isSame(const BoundParams* a, const BoundParams* b) {
    if (a->text != b->text || a->count != b->count) {
        return false;
    }
    for (int i = 0; i < a->count; ++i) {
        const TsrParam* x = &a->params[i];
        const TsrParam* y = &b->params[i];

        if (x->is_null != y->is_null || x->size != y->size || (!x->is_null && memcmp(x->data, y->data, x->size) != 0)) {
            return false;
        }
    }
    return true;
}

bool tessera_params_bind(ScanParams* params, ExprContext* context, const BoundParams** bound) {
    BoundParams before = params->bound;
    BoundParams* now = &params->bound;
    MemoryContext outside;
    List* numbers = params->numbers;
    int* seen; /* how many keys of each list are bound */
    int size = 1;
    ListCell* cell;

    *bound = now;
    if (numbers == NIL) {
        return true;
    }
    if (params->form == TSR_KEYS_LIST) {
        const KeyText* text = textFor(params);

        now->text = text->text;
        numbers = text->numbers;
        size = text->size;
    }
    params->current = 1 - params->current;
    MemoryContextReset(params->contexts[params->current]);
    outside = MemoryContextSwitchTo(params->contexts[params->current]);
    now->count = list_length(numbers);
    now->params = palloc(sizeof(TsrParam) * (Size)now->count);
    seen = palloc0(sizeof(int) * (Size)(params->key_lists + 1));
    foreach (cell, numbers) {
        int number = lfirst_int(cell);
        TsrParam* param = &now->params[foreach_current_index(cell)];

        if (number > 0) {
            *param = evaluate(params, context, number);
        } else if (params->rows != NULL) {
            *param = shippedValue(params, -number - 1);
        } else if (params->form == TSR_KEYS_LIST) {
            *param = keyAt(params, -number - 1, size, seen[-number - 1]++);
        } else {
            *param = keyList(params, -number - 1);
        }
    }
    MemoryContextSwitchTo(outside);
    return isSame(&before, now);
}

const BoundParams* tessera_params_bound(const ScanParams* params) {
    return &params->bound;
}
