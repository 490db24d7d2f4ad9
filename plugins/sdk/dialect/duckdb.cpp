/// DuckDB 1.4. Text is bytes compared in order; NULLs sort last both ways unless told otherwise.
#include "plugins/sdk/dialect/dialect.h"

namespace tessera::dialect {

namespace {

using enum ir::Exactness;
using enum CollationNeed;

constexpr TypeRule kTypes[] = {
    {"bool", "{raw}", "CAST(${n} AS BOOLEAN)", "{0}", "{0}"},
    {"int2", "{raw}", "CAST(${n} AS SMALLINT)", "{0}", "{0}"},
    {"int4", "{raw}", "CAST(${n} AS INTEGER)", "{0}", "{0}"},
    {"int8", "{raw}", "CAST(${n} AS BIGINT)", "{0}", "{0}"},
    {"float4", "CAST({quoted} AS FLOAT)", "CAST(${n} AS FLOAT)", "{0}", "{0}"},
    {"float8", "CAST({quoted} AS DOUBLE)", "CAST(${n} AS DOUBLE)", "{0}", "{0}"},
    // A parameter's scale is not known beforehand, and DuckDB would compare as floating point.
    {"numeric", "{raw}", "", "{0}", "{0}"},
    {"text", "{quoted}", "CAST(${n} AS VARCHAR)", "{0}", "{0}"},
    {"varchar", "{quoted}", "CAST(${n} AS VARCHAR)", "{0}", "{0}"},
    {"date", "DATE {quoted}", "CAST(${n} AS DATE)", "{0}", "{0}"},
    {"time", "TIME {quoted}", "CAST(${n} AS TIME)", "{0}", "{0}"},
    {"timestamp", "TIMESTAMP {quoted}", "CAST(${n} AS TIMESTAMP)", "{0}", "{0}"},
    {"timestamptz", "TIMESTAMPTZ {quoted}", "CAST(${n} AS TIMESTAMPTZ)", "{0}", "{0}"},
    {"uuid", "CAST({quoted} AS UUID)", "CAST(${n} AS UUID)", "{0}", "{0}"},
};

constexpr FunctionRule kFunctions[] = {
    {"textlike(text,text)", "{0} LIKE {1} ESCAPE '\\'", kExact, kDeterministic, PatternNeed::kLike},
    {"textnlike(text,text)", "{0} NOT LIKE {1} ESCAPE '\\'", kExact, kDeterministic, PatternNeed::kLike},
    {"texticlike(text,text)", "({0} ILIKE {1} ESCAPE '\\' OR strlen({0}) <> length({0}))", kSuperset, kDeterministic,
     PatternNeed::kAsciiLike},
    {"texticnlike(text,text)", "({0} NOT ILIKE {1} ESCAPE '\\' OR strlen({0}) <> length({0}))", kSuperset,
     kDeterministic, PatternNeed::kAsciiLike},
    {"numeric(int2)", "CAST({0} AS DECIMAL(38,0))"},
    {"numeric(int4)", "CAST({0} AS DECIMAL(38,0))"},
    {"numeric(int8)", "CAST({0} AS DECIMAL(38,0))"},
    {"float8(int2)", "CAST({0} AS DOUBLE)"},
    {"float8(int4)", "CAST({0} AS DOUBLE)"},
    {"int8(int4)", "CAST({0} AS BIGINT)"},
    {"int8(int2)", "CAST({0} AS BIGINT)"},
    {"int4(int2)", "CAST({0} AS INTEGER)"},
    {"timestamp(date)", "CAST({0} AS TIMESTAMP)"},
};

constexpr AggregateRule kAggregates[] = {
    {"count()", "count(*)"},
    {"count(any)", "count({0})"},
    {"sum(int2)", "sum({0})"},
    {"sum(int4)", "sum({0})"},
    {"sum(int8)", "sum({0})"},
    {"sum(numeric)", "sum({0})"},
    {"sum(float8)", "sum({0})"},
    {"avg(float8)", "avg({0})"},
    {"min(int2)", "min({0})"},
    {"min(int4)", "min({0})"},
    {"min(int8)", "min({0})"},
    {"min(numeric)", "min({0})"},
    {"min(float4)", "min({0})"},
    {"min(float8)", "min({0})"},
    {"min(date)", "min({0})"},
    {"min(time)", "min({0})"},
    {"min(timestamp)", "min({0})"},
    {"min(timestamptz)", "min({0})"},
    {"min(text)", "min({0})", kBytewise},
    {"max(int2)", "max({0})"},
    {"max(int4)", "max({0})"},
    {"max(int8)", "max({0})"},
    {"max(numeric)", "max({0})"},
    {"max(float4)", "max({0})"},
    {"max(float8)", "max({0})"},
    {"max(date)", "max({0})"},
    {"max(time)", "max({0})"},
    {"max(timestamp)", "max({0})"},
    {"max(timestamptz)", "max({0})"},
    {"max(text)", "max({0})", kBytewise},
    {"bit_and(int2)", "bit_and({0})"},
    {"bit_and(int4)", "bit_and({0})"},
    {"bit_and(int8)", "bit_and({0})"},
    {"bit_or(int2)", "bit_or({0})"},
    {"bit_or(int4)", "bit_or({0})"},
    {"bit_or(int8)", "bit_or({0})"},
    {"bit_xor(int2)", "bit_xor({0})"},
    {"bit_xor(int4)", "bit_xor({0})"},
    {"bit_xor(int8)", "bit_xor({0})"},
    {"bool_and(bool)", "bool_and({0})"},
    {"bool_or(bool)", "bool_or({0})"},
    {"every(bool)", "bool_and({0})"},
    {"string_agg(text,text)", "string_agg({0}, {1}{order})", kNone, ArgumentNeed::kSeparator},
};

constexpr AggregateRule kWindowFunctions[] = {
    {"row_number()", "ROW_NUMBER()"},
    {"rank()", "RANK()"},
    {"dense_rank()", "DENSE_RANK()"},
    {"percent_rank()", "PERCENT_RANK()"},
    {"cume_dist()", "CUME_DIST()"},
    {"ntile(int4)", "NTILE({0})", kNone, ArgumentNeed::kCounts},
    {"lag(anyelement)", "LAG({0})"},
    {"lag(anyelement,int4)", "LAG({0}, {1})", kNone, ArgumentNeed::kCounts},
    {"lag(anycompatible,int4,anycompatible)", "LAG({0}, {1}, {2})", kNone, ArgumentNeed::kCounts},
    {"lead(anyelement)", "LEAD({0})"},
    {"lead(anyelement,int4)", "LEAD({0}, {1})", kNone, ArgumentNeed::kCounts},
    {"lead(anycompatible,int4,anycompatible)", "LEAD({0}, {1}, {2})", kNone, ArgumentNeed::kCounts},
    {"first_value(anyelement)", "FIRST_VALUE({0})"},
    {"last_value(anyelement)", "LAST_VALUE({0})"},
    {"nth_value(anyelement,int4)", "NTH_VALUE({0}, {1})", kNone, ArgumentNeed::kCounts},
};

}  // namespace

const Dialect kDuckdb = {
    .name = "duckdb",
    .types = kTypes,
    .functions = kFunctions,
    .aggregates = kAggregates,
    .window_functions = kWindowFunctions,
    .grouping_sets = true,
    .aggregate_windows = true,
    .constant_frames = true,
    .subqueries = true,
    .sample_condition = "random() < {fraction}",
    .decimal_digits = 38,
    .keys = KeyForm::kJson,
    .key_list = "{0} IN (SELECT unnest(from_json_strict(${n}, '[\"{type}\"]')))",
};

}  // namespace tessera::dialect
