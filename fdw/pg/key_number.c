/* tessera.key_number(): a number of a join's key, the same at every node, by which keys that are no integers are shared
 * out (repartition.c). Equal keys have equal numbers, however they are written; PostgreSQL's own hashes may change with
 * its version and the machine. Only nodes know it: what a source calls equal is its own affair. */
#include "postgres.h"

#include "fmgr.h"
#include "utils/builtins.h"
#include "utils/date.h"
#include "utils/fmgrprotos.h"
#include "utils/numeric.h"
#include "utils/timestamp.h"
#include "utils/uuid.h"

PG_FUNCTION_INFO_V1(tessera_text_key_number);
PG_FUNCTION_INFO_V1(tessera_uuid_key_number);
PG_FUNCTION_INFO_V1(tessera_date_key_number);
PG_FUNCTION_INFO_V1(tessera_timestamp_key_number);
PG_FUNCTION_INFO_V1(tessera_numeric_key_number);

#define FNV_BASIS UINT64CONST(14695981039346656037)
#define FNV_PRIME UINT64CONST(1099511628211)

/* FNV-1a, without the sign's bit. */
static int64 numberOf(const void* bytes, size_t length) {
    const unsigned char* at = bytes;
    uint64 number = FNV_BASIS;

    for (size_t i = 0; i < length; ++i) {
        number = (number ^ at[i]) * FNV_PRIME;
    }
    return (int64)(number & PG_INT64_MAX);
}

/* Of a deterministic collation: what is equal has the same bytes. */
Datum tessera_text_key_number(PG_FUNCTION_ARGS) {
    const text* key = PG_GETARG_TEXT_PP(0);

    PG_RETURN_INT64(numberOf(VARDATA_ANY(key), VARSIZE_ANY_EXHDR(key)));
}

Datum tessera_uuid_key_number(PG_FUNCTION_ARGS) {
    PG_RETURN_INT64(numberOf(PG_GETARG_UUID_P(0)->data, UUID_LEN));
}

Datum tessera_date_key_number(PG_FUNCTION_ARGS) {
    PG_RETURN_INT64(PG_GETARG_DATEADT(0));
}

/* Also of those with a time zone. */
Datum tessera_timestamp_key_number(PG_FUNCTION_ARGS) {
    PG_RETURN_INT64(PG_GETARG_TIMESTAMP(0));
}

/* 1.5 is 1.50. */
Datum tessera_numeric_key_number(PG_FUNCTION_ARGS) {
    Datum trimmed = DirectFunctionCall1(numeric_trim_scale, PG_GETARG_DATUM(0));
    const char* written = DatumGetCString(DirectFunctionCall1(numeric_out, trimmed));

    PG_RETURN_INT64(numberOf(written, strlen(written)));
}
