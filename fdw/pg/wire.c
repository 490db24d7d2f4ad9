/* Tuples of a binary COPY, read where they lie: how a column's values become Datums is chosen once, and whatever has
 * room for it becomes a Datum in place. A field's size takes four bytes before its value, which is enough for a varlena
 * header, and PostgreSQL's numeric is never larger on disk than on the wire. */
#include "fdw/pg/wire.h"

#include "catalog/pg_type.h"
#include "fmgr.h"
#include "lib/stringinfo.h"
#include "mb/pg_wchar.h"
#include "port/pg_bswap.h"
#include "utils/builtins.h"
#include "utils/date.h"
#include "utils/datetime.h"
#include "utils/fmgrprotos.h"
#include "utils/lsyscache.h"
#include "utils/numeric.h"
#include "utils/timestamp.h"
#include "utils/uuid.h"

#define WIRE_NULL (-1)

typedef struct WireColumn WireColumn;
typedef Datum (*WireRead)(WireColumn* column, char* value, int32 size);

struct WireColumn {
    WireRead read;
    int32 typmod;
    FmgrInfo input; /* of types that cross as text, and of those whose typmod changes the value */
    Oid io_param;
};

struct WireReader {
    const char* source;
    int column_count;
    int current; /* the column being read, for the error's context */
    WireColumn columns[FLEXIBLE_ARRAY_MEMBER];
};

static void malformed(void) {
    ereport(ERROR, (errcode(ERRCODE_PROTOCOL_VIOLATION), errmsg("a row is not as PostgreSQL's binary COPY writes it")));
}

static uint16 loadUint16(const char* bytes) {
    uint16 value;

    memcpy(&value, bytes, sizeof value);
    return pg_ntoh16(value);
}

static uint32 loadUint32(const char* bytes) {
    uint32 value;

    memcpy(&value, bytes, sizeof value);
    return pg_ntoh32(value);
}

static uint64 loadUint64(const char* bytes) {
    uint64 value;

    memcpy(&value, bytes, sizeof value);
    return pg_ntoh64(value);
}

static inline void mustHaveSize(int32 size, Size expected) {
    if (unlikely(size != (int32)expected)) {
        malformed();
    }
}

/* ---- Types of fixed size ---- */

static Datum readBool(WireColumn* column pg_attribute_unused(), char* value, int32 size) {
    mustHaveSize(size, sizeof(char));
    return BoolGetDatum(value[0] != 0);
}

static Datum readInt16(WireColumn* column pg_attribute_unused(), char* value, int32 size) {
    mustHaveSize(size, sizeof(int16));
    return Int16GetDatum((int16)loadUint16(value));
}

static Datum readInt32(WireColumn* column pg_attribute_unused(), char* value, int32 size) {
    mustHaveSize(size, sizeof(int32));
    return Int32GetDatum((int32)loadUint32(value));
}

static Datum readInt64(WireColumn* column pg_attribute_unused(), char* value, int32 size) {
    mustHaveSize(size, sizeof(int64));
    return Int64GetDatum((int64)loadUint64(value));
}

static Datum readFloat4(WireColumn* column pg_attribute_unused(), char* value, int32 size) {
    uint32 bits;
    float4 number;

    mustHaveSize(size, sizeof number);
    bits = loadUint32(value);
    memcpy(&number, &bits, sizeof number);
    return Float4GetDatum(number);
}

static Datum readFloat8(WireColumn* column pg_attribute_unused(), char* value, int32 size) {
    uint64 bits;
    float8 number;

    mustHaveSize(size, sizeof number);
    bits = loadUint64(value);
    memcpy(&number, &bits, sizeof number);
    return Float8GetDatum(number);
}

static Datum readDate(WireColumn* column pg_attribute_unused(), char* value, int32 size) {
    DateADT date;

    mustHaveSize(size, sizeof date);
    date = (DateADT)loadUint32(value);
    if (!DATE_NOT_FINITE(date) && !IS_VALID_DATE(date)) {
        ereport(ERROR, (errcode(ERRCODE_DATETIME_VALUE_OUT_OF_RANGE), errmsg("date out of range")));
    }
    return DateADTGetDatum(date);
}

static Datum readTime(WireColumn* column, char* value, int32 size) {
    TimeADT time;

    mustHaveSize(size, sizeof time);
    time = (TimeADT)loadUint64(value);
    if (time < 0 || time > USECS_PER_DAY) {
        ereport(ERROR, (errcode(ERRCODE_DATETIME_VALUE_OUT_OF_RANGE), errmsg("time out of range")));
    }
    AdjustTimeForTypmod(&time, column->typmod);
    return TimeADTGetDatum(time);
}

static Datum readTimestamp(WireColumn* column, char* value, int32 size) {
    Timestamp timestamp;

    mustHaveSize(size, sizeof timestamp);
    timestamp = (Timestamp)loadUint64(value);
    if (!TIMESTAMP_NOT_FINITE(timestamp) && !IS_VALID_TIMESTAMP(timestamp)) {
        ereport(ERROR, (errcode(ERRCODE_DATETIME_VALUE_OUT_OF_RANGE), errmsg("timestamp out of range")));
    }
    if (column->typmod >= 0) {
        AdjustTimestampForTypmod(&timestamp, column->typmod);
    }
    return TimestampGetDatum(timestamp);
}

static Datum readUuid(WireColumn* column pg_attribute_unused(), char* value, int32 size) {
    mustHaveSize(size, UUID_LEN);
    return UUIDPGetDatum((pg_uuid_t*)value);
}

/* ---- Bytes and text ---- */

static Datum readBytes(WireColumn* column pg_attribute_unused(), char* value, int32 size) {
    char* start = value - VARHDRSZ_SHORT;

    if (size + VARHDRSZ_SHORT > VARATT_SHORT_MAX) {
        /* A long header must be aligned. */
        return PointerGetDatum(cstring_to_text_with_len(value, size));
    }
    SET_VARSIZE_SHORT(start, size + VARHDRSZ_SHORT);
    return PointerGetDatum(start);
}

static Datum readText(WireColumn* column, char* value, int32 size) {
    pg_verify_mbstr(PG_UTF8, value, size, false);
    return readBytes(column, value, size);
}

/* The byte behind a value is the next field's, or a spare one. */
static Datum readThroughInput(WireColumn* column, char* value, int32 size) {
    char behind = value[size];
    Datum datum;

    pg_verify_mbstr(PG_UTF8, value, size, false);
    value[size] = '\0';
    datum = InputFunctionCall(&column->input, value, column->io_param, column->typmod);
    value[size] = behind;
    return datum;
}

/* varchar(n): whatever is short enough stays as it is. */
static Datum readVarchar(WireColumn* column, char* value, int32 size) {
    int32 most = column->typmod - VARHDRSZ;

    if (size <= most) {
        return readText(column, value, size);
    }
    return readThroughInput(column, value, size);
}

/* char(n) is padded to its length. */
static Datum readBpchar(WireColumn* column, char* value, int32 size) {
    pg_verify_mbstr(PG_UTF8, value, size, false);
    if (pg_mbstrlen_with_len(value, size) == column->typmod - VARHDRSZ) {
        return readBytes(column, value, size);
    }
    return readThroughInput(column, value, size);
}

/* ---- numeric ---- */

/* The wire: four 16-bit numbers (digits, weight, sign, scale) and the digits in base 10000. */
#define NUMERIC_WIRE_HEADER 8
#define NUMERIC_WIRE_NEGATIVE 0x4000
#define NUMERIC_WIRE_FIRST_SPECIAL 0xC000
#define NUMERIC_BASE_DIGITS 4
/* The disk: see "Numeric's on-disk format" in PostgreSQL's numeric.c. The short form, which has 16 bits before the
 * digits, is required where it is possible. */
#define NUMERIC_DISK_SHORT 0x8000
#define NUMERIC_DISK_SHORT_NEGATIVE 0x2000
#define NUMERIC_DISK_SHORT_SCALE_SHIFT 7
#define NUMERIC_DISK_SHORT_MOST_SCALE 63
#define NUMERIC_DISK_SHORT_WEIGHT_NEGATIVE 0x0040
#define NUMERIC_DISK_SHORT_WEIGHT_MASK 0x003F
#define NUMERIC_DISK_SHORT_LEAST_WEIGHT (-64)
#define NUMERIC_DISK_SHORT_MOST_WEIGHT 63

typedef struct WireNumeric {
    int digit_count;
    int weight;
    uint16 sign;
    int scale;
    const char* digits;
} WireNumeric;

/* Does a typmod leave the value as it is? */
static bool fitsNumericTypmod(int32 typmod, const WireNumeric* number) {
    int precision = ((typmod - VARHDRSZ) >> 16) & 0xFFFF;
    int scale = (((typmod - VARHDRSZ) & 0x7FF) ^ 1024) - 1024;

    return number->scale == scale && (number->weight + 1) * NUMERIC_BASE_DIGITS <= precision - scale;
}

/* In numeric.c's own form: no zeros at either end, nothing beyond the scale. Senders keep it; zero has no digits. */
static bool isCanonical(const WireNumeric* number) {
    static const int powers[NUMERIC_BASE_DIGITS] = {1, 10, 100, 1000};
    int last = number->digit_count - 1;
    int beyond = (last - number->weight) * NUMERIC_BASE_DIGITS - number->scale;
    int last_digit;

    if (number->digit_count == 0) {
        return number->weight == 0 && number->sign == 0;
    }
    last_digit = loadUint16(number->digits + last * 2);
    return loadUint16(number->digits) != 0 && last_digit != 0 && beyond < NUMERIC_BASE_DIGITS &&
           (beyond <= 0 || last_digit % powers[beyond] == 0);
}

static Datum readNumericByFunction(WireColumn* column, char* value, int32 size) {
    StringInfoData buffer;

    buffer.data = value;
    buffer.len = size;
    buffer.maxlen = size;
    buffer.cursor = 0;
    return DirectFunctionCall3(numeric_recv, PointerGetDatum(&buffer), ObjectIdGetDatum(InvalidOid),
                               Int32GetDatum(column->typmod));
}

static Datum readNumeric(WireColumn* column, char* value, int32 size) {
    char* start = (char*)INTALIGN(value - sizeof(int32)); /* where the varlena begins: before the digits are read */
    WireNumeric number;
    uint16 header;
    char* to;

    if (size < NUMERIC_WIRE_HEADER) {
        malformed();
    }
    number.digit_count = loadUint16(value);
    number.weight = (int16)loadUint16(value + 2);
    number.sign = loadUint16(value + 4);
    number.scale = loadUint16(value + 6);
    number.digits = value + NUMERIC_WIRE_HEADER;
    mustHaveSize(size, NUMERIC_WIRE_HEADER + (Size)number.digit_count * 2);
    if ((number.sign & ~NUMERIC_WIRE_NEGATIVE) != 0 || number.scale > NUMERIC_DISK_SHORT_MOST_SCALE ||
        number.weight < NUMERIC_DISK_SHORT_LEAST_WEIGHT || number.weight > NUMERIC_DISK_SHORT_MOST_WEIGHT ||
        !isCanonical(&number) || (column->typmod >= VARHDRSZ && !fitsNumericTypmod(column->typmod, &number))) {
        return readNumericByFunction(column, value, size);
    }
    header = (uint16)(NUMERIC_DISK_SHORT | (number.sign != 0 ? NUMERIC_DISK_SHORT_NEGATIVE : 0) |
                      (number.scale << NUMERIC_DISK_SHORT_SCALE_SHIFT) |
                      (number.weight < 0 ? NUMERIC_DISK_SHORT_WEIGHT_NEGATIVE : 0) |
                      (number.weight & NUMERIC_DISK_SHORT_WEIGHT_MASK));
    SET_VARSIZE(start, VARHDRSZ + sizeof header + (Size)number.digit_count * 2);
    memcpy(start + VARHDRSZ, &header, sizeof header);
    to = start + VARHDRSZ + sizeof header;
    for (int i = 0; i < number.digit_count; ++i) {
        uint16 digit = loadUint16(number.digits + i * 2);

        if (digit >= 10000) {
            malformed();
        }
        memcpy(to + i * 2, &digit, sizeof digit);
    }
    return PointerGetDatum(start);
}

/* ---- Tuples ---- */

static WireRead readerOf(Oid type, int32 typmod) {
    switch (tessera_crossing_type(type)) {
        case TSR_TYPE_BOOL:
            return readBool;
        case TSR_TYPE_INT16:
            return readInt16;
        case TSR_TYPE_INT32:
            return readInt32;
        case TSR_TYPE_INT64:
            return readInt64;
        case TSR_TYPE_FLOAT32:
            return readFloat4;
        case TSR_TYPE_FLOAT64:
            return readFloat8;
        case TSR_TYPE_DECIMAL:
            return readNumeric;
        case TSR_TYPE_BYTES:
            return readBytes;
        case TSR_TYPE_DATE:
            return readDate;
        case TSR_TYPE_TIME:
            return readTime;
        case TSR_TYPE_TIMESTAMP:
        case TSR_TYPE_TIMESTAMPTZ:
            return readTimestamp;
        case TSR_TYPE_UUID:
            return readUuid;
        case TSR_TYPE_TEXT:
            return typmod < VARHDRSZ ? readText : type == BPCHAROID ? readBpchar : readVarchar;
        case TSR_TYPE_BITS:
        case TSR_TYPE_LITERAL:
            break;
    }
    return readThroughInput;
}

WireReader* tessera_wire_reader(const char* source, int columns, const Oid* types, const int32* typmods) {
    WireReader* reader = palloc0(offsetof(WireReader, columns) + sizeof(WireColumn) * (Size)columns);

    reader->source = source;
    reader->column_count = columns;
    for (int i = 0; i < columns; ++i) {
        WireColumn* column = &reader->columns[i];
        Oid input;

        column->typmod = typmods[i];
        column->read = readerOf(types[i], typmods[i]);
        getTypeInputInfo(types[i], &input, &column->io_param);
        fmgr_info(input, &column->input);
    }
    return reader;
}

static void addContext(void* argument) {
    const WireReader* reader = argument;

    errcontext("column %d of the rows from source \"%s\"", reader->current + 1, reader->source);
}

void tessera_wire_read(WireReader* reader, char* tuple, int32 size, Datum* values, bool* nulls) {
    ErrorContextCallback context = {error_context_stack, addContext, reader};
    char* at = tuple + sizeof(uint16);
    char* end = tuple + size;

    error_context_stack = &context;
    reader->current = 0;
    if (size < (int32)sizeof(uint16) || loadUint16(tuple) != reader->column_count) {
        malformed();
    }
    for (int i = 0; i < reader->column_count; ++i) {
        WireColumn* column = &reader->columns[i];
        int32 length;

        reader->current = i;
        if (end - at < (ptrdiff_t)sizeof(int32)) {
            malformed();
        }
        length = (int32)loadUint32(at);
        at += sizeof(int32);
        nulls[i] = length == WIRE_NULL;
        if (nulls[i]) {
            values[i] = (Datum)0;
            continue;
        }
        if (length < 0 || length > end - at) {
            malformed();
        }
        values[i] = column->read(column, at, length);
        at += length;
    }
    if (at != end) {
        malformed();
    }
    error_context_stack = context.previous;
}
