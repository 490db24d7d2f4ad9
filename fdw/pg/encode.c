/* Rows for a source: PostgreSQL's values as parameters, in a buffer that is bounded in bytes. */
#include "fdw/pg/tessera_fdw.h"

#include "catalog/pg_type.h"
#include "fmgr.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/guc.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"

struct Encoder {
    TsrType type;
    Oid pg_type;
    FmgrInfo output; /* of types that cross as text */
    bool depends_on_session;
};

/* The text of a few types depends on settings; of all others it does not. */
static bool dependsOnSession(Oid type) {
    char category;
    bool preferred;

    get_type_category_preferred(type, &category, &preferred);
    return (category != TYPCATEGORY_STRING && category != TYPCATEGORY_ENUM && category != TYPCATEGORY_NUMERIC &&
            type != JSONOID && type != JSONBOID && type != XMLOID) ||
           type == FLOAT4OID || type == FLOAT8OID;
}

/* ISO dates, UTC, digits that read back the same. */
static char* outputPlainly(FmgrInfo* output, Datum value, bool depends_on_session) {
    char* text;
    int nest;

    if (!depends_on_session) {
        return OutputFunctionCall(output, value);
    }
    nest = NewGUCNestLevel();
    (void)set_config_option("datestyle", "ISO", PGC_USERSET, PGC_S_SESSION, GUC_ACTION_SAVE, true, 0, false);
    (void)set_config_option("intervalstyle", "postgres", PGC_USERSET, PGC_S_SESSION, GUC_ACTION_SAVE, true, 0, false);
    (void)set_config_option("timezone", "UTC", PGC_USERSET, PGC_S_SESSION, GUC_ACTION_SAVE, true, 0, false);
    (void)set_config_option("extra_float_digits", "3", PGC_USERSET, PGC_S_SESSION, GUC_ACTION_SAVE, true, 0, false);
    text = OutputFunctionCall(output, value);
    AtEOXact_GUC(true, nest);
    return text;
}

char* tessera_plain_text(Oid type, Datum value) {
    FmgrInfo output;
    Oid function;
    bool is_varlena;

    getTypeOutputInfo(type, &function, &is_varlena);
    fmgr_info(function, &output);
    return outputPlainly(&output, value, dependsOnSession(type));
}

static bool crossesAsOutput(const Encoder* encoder) {
    return encoder->type == TSR_TYPE_DECIMAL || encoder->type == TSR_TYPE_BITS || encoder->type == TSR_TYPE_LITERAL;
}

Encoder* tessera_encoder(Oid type) {
    Encoder* encoder = palloc0(sizeof(Encoder));
    Oid output;
    bool is_varlena;

    encoder->type = type == BITOID || type == VARBITOID ? TSR_TYPE_BITS : tessera_crossing_type(type);
    encoder->pg_type = type;
    if (crossesAsOutput(encoder)) {
        getTypeOutputInfo(type, &output, &is_varlena);
        fmgr_info(output, &encoder->output);
        encoder->depends_on_session = encoder->type == TSR_TYPE_LITERAL && dependsOnSession(type);
    }
    return encoder;
}

/* A text takes the type of the column it meets (an enum, a domain, …), so it goes as a literal. */
TsrType tessera_encoder_type(const Encoder* encoder) {
    return encoder->type == TSR_TYPE_TEXT ? TSR_TYPE_LITERAL : encoder->type;
}

TsrParam tessera_encode(Encoder* encoder, Datum value, bool is_null) {
    TsrParam param;
    void* copy;

    if (is_null) {
        return (TsrParam){tessera_encoder_type(encoder), true, NULL, 0};
    }
    if (crossesAsOutput(encoder)) {
        char* text = outputPlainly(&encoder->output, value, encoder->depends_on_session);

        return (TsrParam){encoder->type, false, text, strlen(text)};
    }
    param = tessera_param(encoder->pg_type, value, false);
    if (encoder->type == TSR_TYPE_TEXT || encoder->type == TSR_TYPE_BYTES) {
        /* It still points into the value. */
        copy = palloc(param.size + 1);
        memcpy(copy, param.data, param.size);
        param.data = copy;
        param.type = tessera_encoder_type(encoder);
    }
    return param;
}

struct RowBuffer {
    MemoryContext context; /* the values; reset with each clear */
    Encoder** encoders;
    int columns;
    TsrParam* values;
    Size rows;
    Size capacity;
};

RowBuffer* tessera_row_buffer(int columns, const Oid* types) {
    RowBuffer* buffer = palloc0(sizeof(RowBuffer));

    buffer->context = AllocSetContextCreate(CurrentMemoryContext, "tessera_fdw rows to write", ALLOCSET_DEFAULT_SIZES);
    buffer->columns = columns;
    buffer->encoders = palloc(sizeof(Encoder*) * (Size)(columns + 1));
    for (int i = 0; i < columns; ++i) {
        buffer->encoders[i] = tessera_encoder(types[i]);
    }
    buffer->capacity = 64;
    buffer->values = palloc(sizeof(TsrParam) * buffer->capacity * (Size)(columns + 1));
    return buffer;
}

void tessera_row_buffer_add(RowBuffer* buffer, TupleTableSlot* slot, const AttrNumber* attributes) {
    MemoryContext before;
    TsrParam* row;

    if (buffer->rows == buffer->capacity) {
        buffer->capacity *= 2;
        buffer->values =
            repalloc_huge(buffer->values, sizeof(TsrParam) * buffer->capacity * (Size)(buffer->columns + 1));
    }
    slot_getallattrs(slot);
    before = MemoryContextSwitchTo(buffer->context);
    row = buffer->values + buffer->rows * (Size)buffer->columns;
    for (int i = 0; i < buffer->columns; ++i) {
        int place = attributes[i] - 1;

        row[i] = tessera_encode(buffer->encoders[i], slot->tts_values[place], slot->tts_isnull[place]);
    }
    ++buffer->rows;
    MemoryContextSwitchTo(before);
}

void tessera_row_buffer_clear(RowBuffer* buffer) {
    MemoryContextReset(buffer->context);
    buffer->rows = 0;
}

bool tessera_row_buffer_full(const RowBuffer* buffer) {
    return MemoryContextMemAllocated(buffer->context, false) >= (Size)tessera_write_batch_size * 1024 ||
           buffer->rows * sizeof(TsrParam) * (Size)buffer->columns >= (Size)tessera_write_batch_size * 1024 * 4;
}

const TsrParam* tessera_row_buffer_values(const RowBuffer* buffer) {
    return buffer->values;
}

Size tessera_row_buffer_rows(const RowBuffer* buffer) {
    return buffer->rows;
}

const Encoder* tessera_row_buffer_encoder(const RowBuffer* buffer, int column) {
    return buffer->encoders[column];
}
