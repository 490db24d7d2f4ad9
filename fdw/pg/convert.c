/* Values between Arrow and PostgreSQL. Types with a form of their own at the boundary are converted directly; any other
 * crosses as text and goes through its input and output functions. */
#include "fdw/pg/tessera_fdw.h"

#include "catalog/pg_type.h"
#include "fmgr.h"
#include "utils/builtins.h"
#include "utils/date.h"
#include "utils/datetime.h"
#include "utils/lsyscache.h"
#include "utils/numeric.h"
#include "utils/timestamp.h"
#include "utils/uuid.h"

#define DAYS_1970_TO_2000 10957
#define MICROSECONDS_1970_TO_2000 (INT64CONST(10957) * 86400 * 1000000)

struct Converter {
    TsrType type;
    Oid pg_type;
    int32 typmod;
    FmgrInfo input; /* of types that cross as text, and of those whose typmod changes the value */
    Oid io_param;
    bool through_input;
};

TsrType tessera_crossing_type(Oid type) {
    switch (type) {
        case BOOLOID:
            return TSR_TYPE_BOOL;
        case INT2OID:
            return TSR_TYPE_INT16;
        case INT4OID:
            return TSR_TYPE_INT32;
        case INT8OID:
            return TSR_TYPE_INT64;
        case FLOAT4OID:
            return TSR_TYPE_FLOAT32;
        case FLOAT8OID:
            return TSR_TYPE_FLOAT64;
        case NUMERICOID:
            return TSR_TYPE_DECIMAL;
        case TEXTOID:
        case VARCHAROID:
        case BPCHAROID:
            return TSR_TYPE_TEXT;
        case BYTEAOID:
            return TSR_TYPE_BYTES;
        case DATEOID:
            return TSR_TYPE_DATE;
        case TIMEOID:
            return TSR_TYPE_TIME;
        case TIMESTAMPOID:
            return TSR_TYPE_TIMESTAMP;
        case TIMESTAMPTZOID:
            return TSR_TYPE_TIMESTAMPTZ;
        case UUIDOID:
            return TSR_TYPE_UUID;
        default:
            return TSR_TYPE_LITERAL;
    }
}

Converter* tessera_converter(Oid type, int32 typmod) {
    Converter* converter = palloc0(sizeof(Converter));
    Oid input;

    converter->type = tessera_crossing_type(type);
    converter->pg_type = type;
    converter->typmod = typmod;
    converter->through_input = converter->type == TSR_TYPE_LITERAL || converter->type == TSR_TYPE_DECIMAL ||
                               (converter->type == TSR_TYPE_TEXT && typmod >= 0);
    if (converter->through_input) {
        getTypeInputInfo(type, &input, &converter->io_param);
        fmgr_info(input, &converter->input);
    }
    return converter;
}

static Datum dateFromArrow(int32 days) {
    DateADT date;

    if (days == PG_INT32_MIN) {
        return DateADTGetDatum(DATEVAL_NOBEGIN);
    }
    if (days == PG_INT32_MAX) {
        return DateADTGetDatum(DATEVAL_NOEND);
    }
    if (days < PG_INT32_MIN + DAYS_1970_TO_2000 || !IS_VALID_DATE(days - DAYS_1970_TO_2000)) {
        ereport(ERROR,
                (errcode(ERRCODE_DATETIME_VALUE_OUT_OF_RANGE), errmsg("date out of range: day %d since 1970", days)));
    }
    date = days - DAYS_1970_TO_2000;
    return DateADTGetDatum(date);
}

static Datum timestampFromArrow(const Converter* converter, int64 microseconds) {
    Timestamp timestamp;

    if (microseconds == PG_INT64_MIN) {
        TIMESTAMP_NOBEGIN(timestamp);
        return TimestampGetDatum(timestamp);
    }
    if (microseconds == PG_INT64_MAX) {
        TIMESTAMP_NOEND(timestamp);
        return TimestampGetDatum(timestamp);
    }
    if (microseconds < PG_INT64_MIN + MICROSECONDS_1970_TO_2000 ||
        !IS_VALID_TIMESTAMP(microseconds - MICROSECONDS_1970_TO_2000)) {
        ereport(ERROR, (errcode(ERRCODE_DATETIME_VALUE_OUT_OF_RANGE),
                        errmsg("timestamp out of range: " INT64_FORMAT " microseconds since 1970", microseconds)));
    }
    timestamp = microseconds - MICROSECONDS_1970_TO_2000;
    AdjustTimestampForTypmod(&timestamp, converter->typmod);
    return TimestampGetDatum(timestamp);
}

static Datum timeFromArrow(const Converter* converter, int64 microseconds) {
    TimeADT time = microseconds;

    AdjustTimeForTypmod(&time, converter->typmod);
    return TimeADTGetDatum(time);
}

static Datum uuidFromArrow(const uint8* bytes) {
    pg_uuid_t* uuid = palloc(sizeof(pg_uuid_t));

    memcpy(uuid->data, bytes, UUID_LEN);
    return UUIDPGetDatum(uuid);
}

/* Text, bytes and whatever crosses as text. */
static Datum bytesFromArrow(Converter* converter, const char* bytes, int32 size) {
    if (converter->through_input) {
        char* text = pnstrdup(bytes, (Size)size);
        Datum datum = InputFunctionCall(&converter->input, text, converter->io_param, converter->typmod);

        pfree(text);
        return datum;
    }
    return PointerGetDatum(cstring_to_text_with_len(bytes, size));
}

static Datum fromArrow(Converter* converter, const struct ArrowArray* column, int64 row) {
    const void* data = column->buffers[1];

    switch (converter->type) {
        case TSR_TYPE_BOOL:
            return BoolGetDatum((((const uint8*)data)[row / 8] >> (row % 8)) & 1);
        case TSR_TYPE_INT16:
            return Int16GetDatum(((const int16*)data)[row]);
        case TSR_TYPE_INT32:
            return Int32GetDatum(((const int32*)data)[row]);
        case TSR_TYPE_INT64:
            return Int64GetDatum(((const int64*)data)[row]);
        case TSR_TYPE_FLOAT32:
            return Float4GetDatum(((const float4*)data)[row]);
        case TSR_TYPE_FLOAT64:
            return Float8GetDatum(((const float8*)data)[row]);
        case TSR_TYPE_DATE:
            return dateFromArrow(((const int32*)data)[row]);
        case TSR_TYPE_TIME:
            return timeFromArrow(converter, ((const int64*)data)[row]);
        case TSR_TYPE_TIMESTAMP:
        case TSR_TYPE_TIMESTAMPTZ:
            return timestampFromArrow(converter, ((const int64*)data)[row]);
        case TSR_TYPE_UUID:
            return uuidFromArrow((const uint8*)data + row * UUID_LEN);
        case TSR_TYPE_DECIMAL:
        case TSR_TYPE_TEXT:
        case TSR_TYPE_BYTES:
        case TSR_TYPE_BITS:
        case TSR_TYPE_LITERAL: {
            const int32* offsets = data;

            return bytesFromArrow(converter, (const char*)column->buffers[2] + offsets[row],
                                  offsets[row + 1] - offsets[row]);
        }
    }
    elog(ERROR, "unknown type %d at the connector boundary", (int)converter->type);
}

void tessera_convert(Converter* converter, const struct ArrowArray* column, int64 first, int count, Datum* values,
                     bool* nulls) {
    const uint8* valid = column->null_count == 0 ? NULL : column->buffers[0];

    for (int i = 0; i < count; ++i) {
        int64 row = column->offset + first + i;

        nulls[i] = valid != NULL && ((valid[row / 8] >> (row % 8)) & 1) == 0;
        values[i] = nulls[i] ? (Datum)0 : fromArrow(converter, column, row);
    }
}

static TsrParam fixedParam(TsrType type, const void* value, size_t size) {
    void* copy = palloc(size);

    memcpy(copy, value, size);
    return (TsrParam){type, false, copy, size};
}

static TsrParam textParam(TsrType type, Oid pg_type, Datum value) {
    char* text = tessera_plain_text(pg_type, value);

    return (TsrParam){type, false, text, strlen(text)};
}

static int64 timestampToArrow(Timestamp timestamp) {
    int64 micros;

    if (TIMESTAMP_IS_NOBEGIN(timestamp)) {
        return PG_INT64_MIN;
    }
    if (TIMESTAMP_IS_NOEND(timestamp)) {
        return PG_INT64_MAX;
    }
    if (__builtin_add_overflow(timestamp, MICROSECONDS_1970_TO_2000, &micros) || micros == PG_INT64_MAX) {
        ereport(ERROR, (errcode(ERRCODE_DATETIME_VALUE_OUT_OF_RANGE),
                        errmsg("timestamp out of range: sources are told no later year than 294246")));
    }
    return micros;
}

static int32 dateToArrow(DateADT date) {
    if (DATE_IS_NOBEGIN(date)) {
        return PG_INT32_MIN;
    }
    return DATE_IS_NOEND(date) ? PG_INT32_MAX : date + DAYS_1970_TO_2000;
}

TsrParam tessera_param(Oid pg_type, Datum value, bool is_null) {
    TsrType type = tessera_crossing_type(pg_type);

    if (is_null) {
        return (TsrParam){type, true, NULL, 0};
    }
    switch (type) {
        case TSR_TYPE_BOOL:
            return fixedParam(type, &(uint8){DatumGetBool(value) ? 1 : 0}, sizeof(uint8));
        case TSR_TYPE_INT16:
            return fixedParam(type, &(int16){DatumGetInt16(value)}, sizeof(int16));
        case TSR_TYPE_INT32:
            return fixedParam(type, &(int32){DatumGetInt32(value)}, sizeof(int32));
        case TSR_TYPE_INT64:
            return fixedParam(type, &(int64){DatumGetInt64(value)}, sizeof(int64));
        case TSR_TYPE_FLOAT32:
            return fixedParam(type, &(float4){DatumGetFloat4(value)}, sizeof(float4));
        case TSR_TYPE_FLOAT64:
            return fixedParam(type, &(float8){DatumGetFloat8(value)}, sizeof(float8));
        case TSR_TYPE_DATE:
            return fixedParam(type, &(int32){dateToArrow(DatumGetDateADT(value))}, sizeof(int32));
        case TSR_TYPE_TIME:
            return fixedParam(type, &(int64){DatumGetTimeADT(value)}, sizeof(int64));
        case TSR_TYPE_TIMESTAMP:
        case TSR_TYPE_TIMESTAMPTZ:
            return fixedParam(type, &(int64){timestampToArrow(DatumGetTimestamp(value))}, sizeof(int64));
        case TSR_TYPE_UUID:
            return fixedParam(type, DatumGetUUIDP(value)->data, UUID_LEN);
        case TSR_TYPE_TEXT:
        case TSR_TYPE_BYTES: {
            bytea* bytes = DatumGetByteaPP(value);

            return (TsrParam){type, false, VARDATA_ANY(bytes), VARSIZE_ANY_EXHDR(bytes)};
        }
        case TSR_TYPE_DECIMAL:
        case TSR_TYPE_BITS:
        case TSR_TYPE_LITERAL:
            break;
    }
    return textParam(type, pg_type, value);
}
