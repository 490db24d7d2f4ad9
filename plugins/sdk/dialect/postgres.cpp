/// PostgreSQL 12 and later, with the session settings of plugins/postgres. Text is compared bytewise: sorted with
/// COLLATE "C"; equality is bytewise under every deterministic collation.
#include "plugins/sdk/dialect/dialect.h"

namespace tessera::dialect {

namespace {

using enum ir::Exactness;
using enum CollationNeed;

/// Two columns may have two collations, and PostgreSQL would not choose between them. Against a constant the column
/// keeps its own, for the sake of its indexes.
constexpr std::string_view kBytewiseText = "{0} COLLATE \"C\"";

constexpr TypeRule kTypes[] = {
    {"bool", "{raw}", "${n}::bool", "{0}", "{0}"},
    {"int2", "{quoted}::int2", "${n}::int2", "{0}", "{0}"},
    {"int4", "{raw}", "${n}::int4", "{0}", "{0}"},
    {"int8", "{quoted}::int8", "${n}::int8", "{0}", "{0}"},
    {"float4", "{quoted}::float4", "${n}::float4", "{0}", "{0}"},
    {"float8", "{quoted}::float8", "${n}::float8", "{0}", "{0}"},
    {"numeric", "{quoted}::numeric", "${n}::numeric", "{0}", "{0}"},
    {"text", "{quoted}::text", "${n}::text", "{0}", kBytewiseText, "{0}", "{0}", false, kBytewiseText},
    {"varchar", "{quoted}::varchar", "${n}::varchar", "{0}", kBytewiseText, "{0}", "{0}", false, kBytewiseText},
    {"bpchar", "{quoted}::bpchar", "${n}::bpchar", "{0}", kBytewiseText, "{0}", "{0}", false, kBytewiseText},
    {"bytea", "{quoted}::bytea", "${n}::bytea", "{0}", "{0}"},
    {"date", "{quoted}::date", "${n}::date", "{0}", "{0}"},
    {"time", "{quoted}::time", "${n}::time", "{0}", "{0}"},
    {"timestamp", "{quoted}::timestamp", "${n}::timestamp", "{0}", "{0}"},
    {"timestamptz", "{quoted}::timestamptz", "${n}::timestamptz", "{0}", "{0}"},
    {"uuid", "{quoted}::uuid", "${n}::uuid", "{0}", "{0}"},
    // Any other type crosses as text, and is neither grouped nor sorted by.
    {"*", "{quoted}::{type}", "${n}::{type}", "", "", "{0}", "{0}::text"},
};

constexpr FunctionRule kFunctions[] = {
    {"textlike(text,text)", "{0} LIKE {1}", kExact, kDeterministic, PatternNeed::kLike},
    {"textnlike(text,text)", "{0} NOT LIKE {1}", kExact, kDeterministic, PatternNeed::kLike},
    // How letters beyond ASCII are folded depends on the server: such rows all come and are looked at here.
    {"texticlike(text,text)", "({0} ILIKE {1} OR octet_length({0}) <> char_length({0}))", kSuperset, kDeterministic,
     PatternNeed::kAsciiLike},
    {"texticnlike(text,text)", "({0} NOT ILIKE {1} OR octet_length({0}) <> char_length({0}))", kSuperset,
     kDeterministic, PatternNeed::kAsciiLike},
    {"numeric(int2)", "{0}::numeric"},
    {"numeric(int4)", "{0}::numeric"},
    {"numeric(int8)", "{0}::numeric"},
    {"float8(int2)", "{0}::float8"},
    {"float8(int4)", "{0}::float8"},
    {"int8(int4)", "{0}::int8"},
    {"int8(int2)", "{0}::int8"},
    {"int4(int2)", "{0}::int4"},
    {"timestamp(date)", "{0}::timestamp"},
};

/// Functions of text whose result depends on no locale and no encoding of the server. Not here: lower, upper, initcap
/// and regular expressions, which ask the locale what a letter is.
constexpr std::string_view kTextFunctions[] = {
    "ascii",
    "btrim",
    "char_length",
    "character_length",
    "jsonb_exists",
    "json_array_element_text",
    "json_object_field",
    "json_object_field_text",
    "jsonb_object_field",
    "jsonb_object_field_text",
    "left",
    "length",
    "lpad",
    "ltrim",
    "md5",
    "octet_length",
    "overlay",
    "position",
    "repeat",
    "replace",
    "reverse",
    "right",
    "rpad",
    "rtrim",
    "split_part",
    "starts_with",
    "strpos",
    "substr",
    "substring",
    "textcat",
    "textlen",
    "translate",
    "date_part",
    "date_trunc",
    "extract",
};

constexpr FunctionRule kAggregates[] = {
    {"count()", "count(*)"},
    {"count(any)", "count({0})"},
    {"sum(int2)", "sum({0})"},
    {"sum(int4)", "sum({0})"},
    {"sum(int8)", "sum({0})"},
    {"sum(numeric)", "sum({0})"},
    {"sum(float4)", "sum({0})"},
    {"sum(float8)", "sum({0})"},
    {"avg(int2)", "avg({0})"},
    {"avg(int4)", "avg({0})"},
    {"avg(int8)", "avg({0})"},
    {"avg(numeric)", "avg({0})"},
    {"avg(float4)", "avg({0})"},
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
    {"min(text)", "min({0} COLLATE \"C\")", kExact, kBytewise},
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
    {"max(text)", "max({0} COLLATE \"C\")", kExact, kBytewise},
};

}  // namespace

const Dialect kPostgres = {
    .name = "postgres",
    .types = kTypes,
    .functions = kFunctions,
    .aggregates = kAggregates,
    .builtin_functions = true,
    .text_functions = kTextFunctions,
    .sample_condition = "random() < {fraction}",
    .every_date = true,
};

}  // namespace tessera::dialect
