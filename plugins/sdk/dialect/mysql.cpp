/// MySQL 8 and MariaDB 10.6 and later, with the session settings of plugins/mysql (ANSI_QUOTES, NO_BACKSLASH_ESCAPES,
/// UTC). Their collations ignore case, accents or trailing blanks, so text is compared as the bytes of its UTF-8.
#include "plugins/sdk/dialect/dialect.h"

namespace tessera::dialect {

namespace {

using enum ir::Exactness;
using enum CollationNeed;

constexpr std::string_view kBytes = "CAST(CONVERT({0} USING utf8mb4) AS BINARY)";
constexpr std::string_view kTextOfBytes = "CONVERT({0} USING utf8mb4)";

constexpr TypeRule kTypes[] = {
    // tinyint(1) holds any number; the connector reads what is not 0 as true only when it is 1.
    shippedAs("({0} = 't')", {"bool", "{raw}", "?", "{0}", "{0}", "({0} <> 0)"}),
    shippedAs("CAST({0} AS SIGNED)", {"int2", "{raw}", "?", "{0}", "{0}"}),
    shippedAs("CAST({0} AS SIGNED)", {"int4", "{raw}", "?", "{0}", "{0}"}),
    shippedAs("CAST({0} AS SIGNED)", {"int8", "{raw}", "?", "{0}", "{0}"}),
    {"float8", "{real}", "?", "{0}", "{0}"},
    // A parameter would be compared as floating point.
    {"numeric", "{raw}", "", "{0}", "{0}"},
    shippedAs("{0}", {"text", "{quoted}", "?", kBytes, kBytes, "{0}", "{0}", true, {}, kExact, {}, kTextOfBytes}),
    shippedAs("{0}", {"varchar", "{quoted}", "?", kBytes, kBytes, "{0}", "{0}", true, {}, kExact, {}, kTextOfBytes}),
    {"date", "DATE{quoted}", "?", "{0}", "{0}"},
    {"timestamp", "TIMESTAMP{quoted}", "?", "{0}", "{0}"},
};

constexpr FunctionRule kFunctions[] = {
    {"textlike(text,text)", "CONVERT({0} USING utf8mb4) COLLATE utf8mb4_bin LIKE {1} ESCAPE '\\'", kExact,
     kDeterministic, OperandNeed::kLike},
    {"textnlike(text,text)", "CONVERT({0} USING utf8mb4) COLLATE utf8mb4_bin NOT LIKE {1} ESCAPE '\\'", kExact,
     kDeterministic, OperandNeed::kLike},
    {"texticlike(text,text)",
     "(CONVERT({0} USING utf8mb4) COLLATE utf8mb4_general_ci LIKE {1} ESCAPE '\\' "
     "OR OCTET_LENGTH(CONVERT({0} USING utf8mb4)) <> CHAR_LENGTH({0}))",
     kSuperset, kDeterministic, OperandNeed::kAsciiLike},
    {"texticnlike(text,text)",
     "(CONVERT({0} USING utf8mb4) COLLATE utf8mb4_general_ci NOT LIKE {1} ESCAPE '\\' "
     "OR OCTET_LENGTH(CONVERT({0} USING utf8mb4)) <> CHAR_LENGTH({0}))",
     kSuperset, kDeterministic, OperandNeed::kAsciiLike},
    {"numeric(int2)", "{0}"},
    {"numeric(int4)", "{0}"},
    {"numeric(int8)", "{0}"},
    {"int8(int4)", "{0}"},
    {"int8(int2)", "{0}"},
    {"int4(int2)", "{0}"},
    {"int2pl(int2,int2)",
     "((CAST({0} AS SIGNED) + CAST({1} AS SIGNED)) + 9223372036854743040 - 9223372036854743040 - 9223372036854743040 + "
     "9223372036854743040)"},
    {"int2mi(int2,int2)",
     "((CAST({0} AS SIGNED) - CAST({1} AS SIGNED)) + 9223372036854743040 - 9223372036854743040 - 9223372036854743040 + "
     "9223372036854743040)"},
    {"int2mul(int2,int2)",
     "((CAST({0} AS SIGNED) * CAST({1} AS SIGNED)) + 9223372036854743040 - 9223372036854743040 - 9223372036854743040 + "
     "9223372036854743040)"},
    {"int2div(int2,int2)", "(CAST({0} AS SIGNED) DIV CAST({1} AS SIGNED) + 0)", kExact, CollationNeed::kNone,
     OperandNeed::kDivisor},
    {"int2mod(int2,int2)", "(CAST({0} AS SIGNED) % CAST({1} AS SIGNED))", kExact, CollationNeed::kNone,
     OperandNeed::kDivisor},
    {"mod(int2,int2)", "(CAST({0} AS SIGNED) % CAST({1} AS SIGNED))", kExact, CollationNeed::kNone,
     OperandNeed::kDivisor},
    {"int2and(int2,int2)", "CAST({0} & {1} AS SIGNED)"},
    {"int2or(int2,int2)", "CAST({0} | {1} AS SIGNED)"},
    {"int2xor(int2,int2)", "CAST({0} ^ {1} AS SIGNED)"},
    {"int2um(int2)",
     "((- CAST({0} AS SIGNED)) + 9223372036854743040 - 9223372036854743040 - 9223372036854743040 + "
     "9223372036854743040)"},
    {"int2abs(int2)",
     "((ABS(CAST({0} AS SIGNED))) + 9223372036854743040 - 9223372036854743040 - 9223372036854743040 + "
     "9223372036854743040)"},
    {"abs(int2)",
     "((ABS(CAST({0} AS SIGNED))) + 9223372036854743040 - 9223372036854743040 - 9223372036854743040 + "
     "9223372036854743040)"},
    {"int4pl(int4,int4)",
     "((CAST({0} AS SIGNED) + CAST({1} AS SIGNED)) + 9223372034707292160 - 9223372034707292160 - 9223372034707292160 + "
     "9223372034707292160)"},
    {"int4mi(int4,int4)",
     "((CAST({0} AS SIGNED) - CAST({1} AS SIGNED)) + 9223372034707292160 - 9223372034707292160 - 9223372034707292160 + "
     "9223372034707292160)"},
    {"int4mul(int4,int4)",
     "((CAST({0} AS SIGNED) * CAST({1} AS SIGNED)) + 9223372034707292160 - 9223372034707292160 - 9223372034707292160 + "
     "9223372034707292160)"},
    {"int4div(int4,int4)", "(CAST({0} AS SIGNED) DIV CAST({1} AS SIGNED) + 0)", kExact, CollationNeed::kNone,
     OperandNeed::kDivisor},
    {"int4mod(int4,int4)", "(CAST({0} AS SIGNED) % CAST({1} AS SIGNED))", kExact, CollationNeed::kNone,
     OperandNeed::kDivisor},
    {"mod(int4,int4)", "(CAST({0} AS SIGNED) % CAST({1} AS SIGNED))", kExact, CollationNeed::kNone,
     OperandNeed::kDivisor},
    {"int4and(int4,int4)", "CAST({0} & {1} AS SIGNED)"},
    {"int4or(int4,int4)", "CAST({0} | {1} AS SIGNED)"},
    {"int4xor(int4,int4)", "CAST({0} ^ {1} AS SIGNED)"},
    {"int4um(int4)",
     "((- CAST({0} AS SIGNED)) + 9223372034707292160 - 9223372034707292160 - 9223372034707292160 + "
     "9223372034707292160)"},
    {"int4abs(int4)",
     "((ABS(CAST({0} AS SIGNED))) + 9223372034707292160 - 9223372034707292160 - 9223372034707292160 + "
     "9223372034707292160)"},
    {"abs(int4)",
     "((ABS(CAST({0} AS SIGNED))) + 9223372034707292160 - 9223372034707292160 - 9223372034707292160 + "
     "9223372034707292160)"},
    {"int8pl(int8,int8)", "(CAST({0} AS SIGNED) + CAST({1} AS SIGNED))"},
    {"int8mi(int8,int8)", "(CAST({0} AS SIGNED) - CAST({1} AS SIGNED))"},
    {"int8mul(int8,int8)", "(CAST({0} AS SIGNED) * CAST({1} AS SIGNED))"},
    {"int8div(int8,int8)", "(CAST({0} AS SIGNED) DIV CAST({1} AS SIGNED) + 0)", kExact, CollationNeed::kNone,
     OperandNeed::kDivisor},
    {"int8mod(int8,int8)", "(CAST({0} AS SIGNED) % CAST({1} AS SIGNED))", kExact, CollationNeed::kNone,
     OperandNeed::kDivisor},
    {"mod(int8,int8)", "(CAST({0} AS SIGNED) % CAST({1} AS SIGNED))", kExact, CollationNeed::kNone,
     OperandNeed::kDivisor},
    {"int8and(int8,int8)", "CAST({0} & {1} AS SIGNED)"},
    {"int8or(int8,int8)", "CAST({0} | {1} AS SIGNED)"},
    {"int8xor(int8,int8)", "CAST({0} ^ {1} AS SIGNED)"},
    {"int8um(int8)", "(- CAST({0} AS SIGNED))"},
    {"int8abs(int8)", "(ABS(CAST({0} AS SIGNED)))"},
    {"abs(int8)", "(ABS(CAST({0} AS SIGNED)))"},
    {"int24pl(int2,int4)",
     "((CAST({0} AS SIGNED) + CAST({1} AS SIGNED)) + 9223372034707292160 - 9223372034707292160 - 9223372034707292160 + "
     "9223372034707292160)"},
    {"int24mi(int2,int4)",
     "((CAST({0} AS SIGNED) - CAST({1} AS SIGNED)) + 9223372034707292160 - 9223372034707292160 - 9223372034707292160 + "
     "9223372034707292160)"},
    {"int24mul(int2,int4)",
     "((CAST({0} AS SIGNED) * CAST({1} AS SIGNED)) + 9223372034707292160 - 9223372034707292160 - 9223372034707292160 + "
     "9223372034707292160)"},
    {"int24div(int2,int4)", "(CAST({0} AS SIGNED) DIV CAST({1} AS SIGNED) + 0)", kExact, CollationNeed::kNone,
     OperandNeed::kDivisor},
    {"int42pl(int4,int2)",
     "((CAST({0} AS SIGNED) + CAST({1} AS SIGNED)) + 9223372034707292160 - 9223372034707292160 - 9223372034707292160 + "
     "9223372034707292160)"},
    {"int42mi(int4,int2)",
     "((CAST({0} AS SIGNED) - CAST({1} AS SIGNED)) + 9223372034707292160 - 9223372034707292160 - 9223372034707292160 + "
     "9223372034707292160)"},
    {"int42mul(int4,int2)",
     "((CAST({0} AS SIGNED) * CAST({1} AS SIGNED)) + 9223372034707292160 - 9223372034707292160 - 9223372034707292160 + "
     "9223372034707292160)"},
    {"int42div(int4,int2)", "(CAST({0} AS SIGNED) DIV CAST({1} AS SIGNED) + 0)", kExact, CollationNeed::kNone,
     OperandNeed::kDivisor},
    {"int28pl(int2,int8)", "(CAST({0} AS SIGNED) + CAST({1} AS SIGNED))"},
    {"int28mi(int2,int8)", "(CAST({0} AS SIGNED) - CAST({1} AS SIGNED))"},
    {"int28mul(int2,int8)", "(CAST({0} AS SIGNED) * CAST({1} AS SIGNED))"},
    {"int28div(int2,int8)", "(CAST({0} AS SIGNED) DIV CAST({1} AS SIGNED) + 0)", kExact, CollationNeed::kNone,
     OperandNeed::kDivisor},
    {"int82pl(int8,int2)", "(CAST({0} AS SIGNED) + CAST({1} AS SIGNED))"},
    {"int82mi(int8,int2)", "(CAST({0} AS SIGNED) - CAST({1} AS SIGNED))"},
    {"int82mul(int8,int2)", "(CAST({0} AS SIGNED) * CAST({1} AS SIGNED))"},
    {"int82div(int8,int2)", "(CAST({0} AS SIGNED) DIV CAST({1} AS SIGNED) + 0)", kExact, CollationNeed::kNone,
     OperandNeed::kDivisor},
    {"int48pl(int4,int8)", "(CAST({0} AS SIGNED) + CAST({1} AS SIGNED))"},
    {"int48mi(int4,int8)", "(CAST({0} AS SIGNED) - CAST({1} AS SIGNED))"},
    {"int48mul(int4,int8)", "(CAST({0} AS SIGNED) * CAST({1} AS SIGNED))"},
    {"int48div(int4,int8)", "(CAST({0} AS SIGNED) DIV CAST({1} AS SIGNED) + 0)", kExact, CollationNeed::kNone,
     OperandNeed::kDivisor},
    {"int84pl(int8,int4)", "(CAST({0} AS SIGNED) + CAST({1} AS SIGNED))"},
    {"int84mi(int8,int4)", "(CAST({0} AS SIGNED) - CAST({1} AS SIGNED))"},
    {"int84mul(int8,int4)", "(CAST({0} AS SIGNED) * CAST({1} AS SIGNED))"},
    {"int84div(int8,int4)", "(CAST({0} AS SIGNED) DIV CAST({1} AS SIGNED) + 0)", kExact, CollationNeed::kNone,
     OperandNeed::kDivisor},
    {"int4(int8)",
     "((CAST({0} AS SIGNED)) + 9223372034707292160 - 9223372034707292160 - 9223372034707292160 + 9223372034707292160)"},
    {"int2(int8)",
     "((CAST({0} AS SIGNED)) + 9223372036854743040 - 9223372036854743040 - 9223372036854743040 + 9223372036854743040)"},
    {"int2(int4)",
     "((CAST({0} AS SIGNED)) + 9223372036854743040 - 9223372036854743040 - 9223372036854743040 + 9223372036854743040)"},
    {"::text(int2)", "CAST({0} AS CHAR)"},
    {"::varchar(int2)", "CAST({0} AS CHAR)"},
    {"::text(int4)", "CAST({0} AS CHAR)"},
    {"::varchar(int4)", "CAST({0} AS CHAR)"},
    {"::text(int8)", "CAST({0} AS CHAR)"},
    {"::varchar(int8)", "CAST({0} AS CHAR)"},
    {"int4(bool)", "CASE WHEN {0} THEN 1 WHEN NOT {0} THEN 0 END"},
    {"text(bool)", "CASE WHEN {0} THEN 'true' WHEN NOT {0} THEN 'false' END"},
    {"length(text)", "CHAR_LENGTH(CONVERT({0} USING utf8mb4))"},
    {"char_length(text)", "CHAR_LENGTH(CONVERT({0} USING utf8mb4))"},
    {"character_length(text)", "CHAR_LENGTH(CONVERT({0} USING utf8mb4))"},
    {"octet_length(text)", "OCTET_LENGTH(CONVERT({0} USING utf8mb4))"},
    {"textcat(text,text)", "CONCAT(CONVERT({0} USING utf8mb4), CONVERT({1} USING utf8mb4))"},
    // MariaDB's REPLACE overlooks a NULL when there is nothing to replace.
    {"replace(text,text,text)",
     "CASE WHEN {2} IS NOT NULL THEN REPLACE(CONVERT({0} USING utf8mb4) COLLATE utf8mb4_bin, "
     "CONVERT({1} USING utf8mb4), CONVERT({2} USING utf8mb4)) END",
     kExact, kDeterministic},
    {"strpos(text,text)", "LOCATE(CONVERT({1} USING utf8mb4), CONVERT({0} USING utf8mb4) COLLATE utf8mb4_bin)", kExact,
     kDeterministic},
    {"position(text,text)", "LOCATE(CONVERT({1} USING utf8mb4), CONVERT({0} USING utf8mb4) COLLATE utf8mb4_bin)",
     kExact, kDeterministic},
    {"btrim(text)", "TRIM(CONVERT({0} USING utf8mb4))"},
    {"ltrim(text)", "LTRIM(CONVERT({0} USING utf8mb4))"},
    {"rtrim(text)", "RTRIM(CONVERT({0} USING utf8mb4))"},
    {"reverse(text)", "REVERSE(CONVERT({0} USING utf8mb4))"},
    {"left(text,int4)", "LEFT(CONVERT({0} USING utf8mb4), {1})", kExact, CollationNeed::kNone, OperandNeed::kCounts},
    {"right(text,int4)", "RIGHT(CONVERT({0} USING utf8mb4), {1})", kExact, CollationNeed::kNone, OperandNeed::kCounts},
    {"substring(text,int4)", "SUBSTRING(CONVERT({0} USING utf8mb4), {1})", kExact, CollationNeed::kNone,
     OperandNeed::kPositions},
    {"substring(text,int4,int4)", "SUBSTRING(CONVERT({0} USING utf8mb4), {1}, {2})", kExact, CollationNeed::kNone,
     OperandNeed::kPositions},
    {"substr(text,int4)", "SUBSTRING(CONVERT({0} USING utf8mb4), {1})", kExact, CollationNeed::kNone,
     OperandNeed::kPositions},
    {"substr(text,int4,int4)", "SUBSTRING(CONVERT({0} USING utf8mb4), {1}, {2})", kExact, CollationNeed::kNone,
     OperandNeed::kPositions},
    {"repeat(text,int4)", "REPEAT(CONVERT({0} USING utf8mb4), {1})", kExact, CollationNeed::kNone,
     OperandNeed::kCounts},
    {"lpad(text,int4)", "LPAD(CONVERT({0} USING utf8mb4), {1}, ' ')", kExact, CollationNeed::kNone,
     OperandNeed::kCounts},
    {"lpad(text,int4,text)", "LPAD(CONVERT({0} USING utf8mb4), {1}, {2})", kExact, CollationNeed::kNone,
     OperandNeed::kCounts},
    {"rpad(text,int4)", "RPAD(CONVERT({0} USING utf8mb4), {1}, ' ')", kExact, CollationNeed::kNone,
     OperandNeed::kCounts},
    {"rpad(text,int4,text)", "RPAD(CONVERT({0} USING utf8mb4), {1}, {2})", kExact, CollationNeed::kNone,
     OperandNeed::kCounts},
    {"starts_with(text,text)",
     "(LOCATE(CAST(CONVERT({1} USING utf8mb4) AS BINARY), CAST(CONVERT({0} USING utf8mb4) AS BINARY)) = 1)", kExact,
     kDeterministic},
    {"md5(text)", "MD5(CONVERT({0} USING utf8mb4))"},
    {"lower(text)", "LOWER(CONVERT({0} USING utf8mb4))", kExact, CollationNeed::kNone, OperandNeed::kAsciiOnly},
    {"upper(text)", "UPPER(CONVERT({0} USING utf8mb4))", kExact, CollationNeed::kNone, OperandNeed::kAsciiOnly},
    {"non_ascii(text)", "(OCTET_LENGTH(CONVERT({0} USING utf8mb4)) <> CHAR_LENGTH(CONVERT({0} USING utf8mb4)))"},
    {"float8pl(float8,float8)", "({0} + {1})"},
    {"float8mi(float8,float8)", "({0} - {1})"},
    {"float8abs(float8)", "ABS({0})"},
    {"abs(float8)", "ABS({0})"},
    {"float8(int8)", "({0} + 0E0)"},
    {"float8(int2)", "({0} + 0E0)"},
    {"float8(int4)", "({0} + 0E0)"},
    {"numeric_add(numeric,numeric)", "({0} + {1})", kExact, CollationNeed::kNone, OperandNeed::kDecimalSum},
    {"numeric_sub(numeric,numeric)", "({0} - {1})", kExact, CollationNeed::kNone, OperandNeed::kDecimalSum},
    {"numeric_mul(numeric,numeric)", "({0} * {1})", kExact, CollationNeed::kNone, OperandNeed::kDecimalProduct},
    {"numeric_uminus(numeric)", "(- {0})", kExact, CollationNeed::kNone, OperandNeed::kDecimal},
    {"numeric_abs(numeric)", "ABS({0})", kExact, CollationNeed::kNone, OperandNeed::kDecimal},
    {"abs(numeric)", "ABS({0})", kExact, CollationNeed::kNone, OperandNeed::kDecimal},
    {"round(numeric,int4)", "ROUND({0}, {1})", kExact, CollationNeed::kNone, OperandNeed::kDecimalDigits},
    {"floor(numeric)", "FLOOR({0})", kExact, CollationNeed::kNone, OperandNeed::kDecimal},
    {"ceil(numeric)", "CEIL({0})", kExact, CollationNeed::kNone, OperandNeed::kDecimal},
    {"ceiling(numeric)", "CEIL({0})", kExact, CollationNeed::kNone, OperandNeed::kDecimal},
    {"extract(year,date)", "YEAR({1})"},
    {"extract(month,date)", "MONTH({1})"},
    {"extract(day,date)", "DAY({1})"},
    {"extract(quarter,date)", "QUARTER({1})"},
    {"extract(dow,date)", "(DAYOFWEEK({1}) - 1)"},
    {"extract(isodow,date)", "(WEEKDAY({1}) + 1)"},
    {"extract(doy,date)", "DAYOFYEAR({1})"},
    {"extract(week,date)", "WEEK({1}, 3)"},
    {"extract(year,timestamp)", "YEAR({1})"},
    {"date_part(year,timestamp)", "(YEAR({1}) + 0E0)"},
    {"extract(month,timestamp)", "MONTH({1})"},
    {"date_part(month,timestamp)", "(MONTH({1}) + 0E0)"},
    {"extract(day,timestamp)", "DAY({1})"},
    {"date_part(day,timestamp)", "(DAY({1}) + 0E0)"},
    {"extract(quarter,timestamp)", "QUARTER({1})"},
    {"date_part(quarter,timestamp)", "(QUARTER({1}) + 0E0)"},
    {"extract(dow,timestamp)", "(DAYOFWEEK({1}) - 1)"},
    {"date_part(dow,timestamp)", "((DAYOFWEEK({1}) - 1) + 0E0)"},
    {"extract(isodow,timestamp)", "(WEEKDAY({1}) + 1)"},
    {"date_part(isodow,timestamp)", "((WEEKDAY({1}) + 1) + 0E0)"},
    {"extract(doy,timestamp)", "DAYOFYEAR({1})"},
    {"date_part(doy,timestamp)", "(DAYOFYEAR({1}) + 0E0)"},
    {"extract(week,timestamp)", "WEEK({1}, 3)"},
    {"date_part(week,timestamp)", "(WEEK({1}, 3) + 0E0)"},
    {"extract(hour,timestamp)", "HOUR({1})"},
    {"date_part(hour,timestamp)", "(HOUR({1}) + 0E0)"},
    {"extract(minute,timestamp)", "MINUTE({1})"},
    {"date_part(minute,timestamp)", "(MINUTE({1}) + 0E0)"},
    {"extract(second,timestamp)", "(SECOND({1}) + MICROSECOND({1}) * 0.000001)"},
    {"date_trunc(year,timestamp)", "CAST(DATE_FORMAT({1}, '%Y-01-01') AS DATETIME)"},
    {"date_trunc(quarter,timestamp)", "CAST(MAKEDATE(YEAR({1}), 1) + INTERVAL (QUARTER({1}) - 1) QUARTER AS DATETIME)"},
    {"date_trunc(month,timestamp)", "CAST(DATE_FORMAT({1}, '%Y-%m-01') AS DATETIME)"},
    {"date_trunc(week,timestamp)", "CAST(DATE({1}) - INTERVAL WEEKDAY({1}) DAY AS DATETIME)"},
    {"date_trunc(day,timestamp)", "CAST(DATE_FORMAT({1}, '%Y-%m-%d') AS DATETIME)"},
    {"date_trunc(hour,timestamp)", "CAST(DATE_FORMAT({1}, '%Y-%m-%d %H:00:00') AS DATETIME)"},
    {"date_trunc(minute,timestamp)", "CAST(DATE_FORMAT({1}, '%Y-%m-%d %H:%i:00') AS DATETIME)"},
    {"date_trunc(second,timestamp)", "CAST(DATE_FORMAT({1}, '%Y-%m-%d %H:%i:%s') AS DATETIME)"},
    {"date_mi(date,date)", "DATEDIFF({0}, {1})"},
    {"date(timestamp)", "DATE({0})"},
    {"timestamp(date)", "CAST({0} AS DATETIME)"},
};

constexpr AggregateRule kAggregates[] = {
    {"count()", "COUNT(*)"},
    {"count(any)", "COUNT({0})"},
    {"sum(int2)", "SUM({0})"},
    {"sum(int4)", "SUM({0})"},
    {"sum(int8)", "SUM({0})"},
    {"sum(numeric)", "SUM({0})"},
    {"sum(float8)", "SUM({0})"},
    {"avg(float8)", "AVG({0})"},
    {"min(int2)", "MIN({0})"},
    {"min(int4)", "MIN({0})"},
    {"min(int8)", "MIN({0})"},
    {"min(numeric)", "MIN({0})"},
    {"min(float8)", "MIN({0})"},
    {"min(date)", "MIN({0})"},
    {"min(timestamp)", "MIN({0})"},
    {"min(text)", "CONVERT(MIN(CAST(CONVERT({0} USING utf8mb4) AS BINARY)){tail} USING utf8mb4)", kBytewise},
    {"max(int2)", "MAX({0})"},
    {"max(int4)", "MAX({0})"},
    {"max(int8)", "MAX({0})"},
    {"max(numeric)", "MAX({0})"},
    {"max(float8)", "MAX({0})"},
    {"max(date)", "MAX({0})"},
    {"max(timestamp)", "MAX({0})"},
    {"max(text)", "CONVERT(MAX(CAST(CONVERT({0} USING utf8mb4) AS BINARY)){tail} USING utf8mb4)", kBytewise},
    {"bool_and(bool)", "MIN({0})"},
    {"bool_or(bool)", "MAX({0})"},
    {"every(bool)", "MIN({0})"},
};

/// Not here: PERCENT_RANK and CUME_DIST, which MariaDB rounds to ten digits; a default for LAG and LEAD, which only
/// MySQL has.
constexpr AggregateRule kWindowFunctions[] = {
    {"row_number()", "ROW_NUMBER()"},
    {"rank()", "RANK()"},
    {"dense_rank()", "DENSE_RANK()"},
    {"ntile(int4)", "NTILE({0})", kNone, ArgumentNeed::kCounts},
    {"lag(anyelement)", "LAG({0})"},
    {"lag(anyelement,int4)", "LAG({0}, {1})", kNone, ArgumentNeed::kCounts},
    {"lead(anyelement)", "LEAD({0})"},
    {"lead(anyelement,int4)", "LEAD({0}, {1})", kNone, ArgumentNeed::kCounts},
    {"first_value(anyelement)", "FIRST_VALUE({0})"},
    {"last_value(anyelement)", "LAST_VALUE({0})"},
    {"nth_value(anyelement,int4)", "NTH_VALUE({0}, {1})", kNone, ArgumentNeed::kCounts},
};

constexpr Dialect kNewest = {
    .name = "mysql",
    .types = kTypes,
    .functions = kFunctions,
    .aggregates = kAggregates,
    .window_functions = kWindowFunctions,
    .full_join = false,
    .aggregate_filter = false,
    .aggregate_windows = true,
    .constant_frames = true,
    .subqueries = true,
    .keys_in_having = false,
    .in_of_one_type = true,
    .limited_in = false,
    .correlated_derived = false,
    .set_operations = SetOperations::kUnion,  // MySQL has the others since 8.0.31 only
    .null_order = NullOrder::kKey,
    .bound_limits = BoundLimits::kNumbers,
    .no_limit = "18446744073709551615",
    .sample_condition = "RAND() < {fraction}",
    .decimal_digits = 65,
    .decimal_scale = 30,
    .keys = KeyForm::kList,
    .rows = KeyForm::kJson,
    .row_source = "(SELECT {columns} FROM JSON_TABLE(?, '$[*]' COLUMNS ({definitions})) j)",
    .row_cell = "j{k}",
    .row_definition = "j{k} LONGTEXT CHARACTER SET utf8mb4 PATH '$[{i}]'",
    .value = "?",
    .insert_nothing = "() VALUES ()",
    .insert_returning = true,
    .delete_returning = true,
    .lock_share = " LOCK IN SHARE MODE",
    .lock_update = " FOR UPDATE",
    .assigns_in_turn = true,
};

constexpr Dialect mariaDb105() {
    Dialect dialect = kNewest;
    dialect.name = "mysql_mariadb_10_5";
    dialect.rows = KeyForm::kNone;  // JSON_TABLE is MariaDB's since 10.6
    return dialect;
}

constexpr Dialect mariaDb102() {
    Dialect dialect = mariaDb105();
    dialect.name = "mysql_mariadb_10_2";
    dialect.insert_returning = false;
    return dialect;
}

constexpr Dialect mysql8() {
    Dialect dialect = kNewest;
    dialect.name = "mysql_8";
    dialect.insert_returning = false;
    dialect.delete_returning = false;
    return dialect;
}

constexpr Dialect mysql5() {
    Dialect dialect = mysql8();
    dialect.name = "mysql_5";
    dialect.rows = KeyForm::kNone;
    dialect.window_functions = {};
    dialect.aggregate_windows = false;
    return dialect;
}

}  // namespace

const Dialect kMysql = kNewest;
const Dialect kMariaDb105 = mariaDb105();
const Dialect kMariaDb102 = mariaDb102();
const Dialect kMysql8 = mysql8();
const Dialect kMysql5 = mysql5();

}  // namespace tessera::dialect
