/// SQLite 3.40 and later, with the session settings of plugins/sqlite (case_sensitive_like). Any column may hold any
/// type: what a sum would silently read as a number is turned into text, which the connector refuses, and comparisons
/// look at their columns' types. Dates are text and numeric is floating point there: neither is pushed.
#include "plugins/sdk/dialect/dialect.h"

namespace tessera::dialect {

namespace {

using enum ir::Exactness;
using enum CollationNeed;

constexpr TypeRule checked(TypeRule rule, std::string_view check) {
    rule.check = check;
    return rule;
}

constexpr TypeRule kTypes[] = {
    shippedAs("({0} = 't')", {"bool", "{raw}", "?", "{0}", "{0}", "to_bool({0})"}),
    shippedAs("CAST({0} AS INTEGER)", checked({"int2", "{raw}", "?", "{0}", "{0}"}, "is_integer({0})")),
    shippedAs("CAST({0} AS INTEGER)", checked({"int4", "{raw}", "?", "{0}", "{0}"}, "is_integer({0})")),
    shippedAs("CAST({0} AS INTEGER)", checked({"int8", "{raw}", "?", "{0}", "{0}"}, "is_integer({0})")),
    checked({"float8", "{real}", "?", "{0}", "{0}"}, "is_number({0})"),
    shippedAs("{0}", checked({"text", "{quoted}", "?", "{0} COLLATE BINARY", "{0} COLLATE BINARY"}, "is_text({0})")),
    shippedAs("{0}", checked({"varchar", "{quoted}", "?", "{0} COLLATE BINARY", "{0} COLLATE BINARY"}, "is_text({0})")),
};

constexpr std::string_view kSumOfIntegers =
    "CASE WHEN TOTAL(typeof({0}) NOT IN ('integer', 'null')){tail} > 0 THEN 'a value that is no integer' ELSE "
    "SUM({distinct}{0}){tail} END";
constexpr std::string_view kSumOfReals =
    "CASE WHEN TOTAL(typeof({0}) NOT IN ('integer', 'real', 'null')){tail} > 0 THEN 'a value that is no number' ELSE "
    "SUM({distinct}{0}){tail} END";
constexpr std::string_view kAverageOfReals =
    "CASE WHEN TOTAL(typeof({0}) NOT IN ('integer', 'real', 'null')){tail} > 0 THEN 'a value that is no number' ELSE "
    "AVG({distinct}{0}){tail} END";

constexpr FunctionRule kFunctions[] = {
    {"textlike(text,text)", "{0} LIKE {1} ESCAPE '\\'", kExact, kDeterministic, OperandNeed::kLike},
    {"textnlike(text,text)", "{0} NOT LIKE {1} ESCAPE '\\'", kExact, kDeterministic, OperandNeed::kLike},
    {"texticlike(text,text)", "(LOWER({0}) LIKE LOWER({1}) ESCAPE '\\' OR LENGTH(CAST({0} AS BLOB)) <> LENGTH({0}))",
     kSuperset, kDeterministic, OperandNeed::kAsciiLike},
    {"texticnlike(text,text)",
     "(LOWER({0}) NOT LIKE LOWER({1}) ESCAPE '\\' OR LENGTH(CAST({0} AS BLOB)) <> LENGTH({0}))", kSuperset,
     kDeterministic, OperandNeed::kAsciiLike},
    {"int8(int4)", "{0}"},
    {"int8(int2)", "{0}"},
    {"int4(int2)", "{0}"},
    {"int2pl(int2,int2)", "int2pl({0}, {1})"},
    {"int2mi(int2,int2)", "int2mi({0}, {1})"},
    {"int2mul(int2,int2)", "int2mul({0}, {1})"},
    {"int2div(int2,int2)", "int2div({0}, {1})"},
    {"int2mod(int2,int2)", "int2mod({0}, {1})"},
    {"mod(int2,int2)", "int2mod({0}, {1})"},
    {"int2and(int2,int2)", "int2and({0}, {1})"},
    {"int2or(int2,int2)", "int2or({0}, {1})"},
    {"int2xor(int2,int2)", "int2xor({0}, {1})"},
    {"int2um(int2)", "int2um({0})"},
    {"int2abs(int2)", "int2abs({0})"},
    {"abs(int2)", "int2abs({0})"},
    {"int4pl(int4,int4)", "int4pl({0}, {1})"},
    {"int4mi(int4,int4)", "int4mi({0}, {1})"},
    {"int4mul(int4,int4)", "int4mul({0}, {1})"},
    {"int4div(int4,int4)", "int4div({0}, {1})"},
    {"int4mod(int4,int4)", "int4mod({0}, {1})"},
    {"mod(int4,int4)", "int4mod({0}, {1})"},
    {"int4and(int4,int4)", "int4and({0}, {1})"},
    {"int4or(int4,int4)", "int4or({0}, {1})"},
    {"int4xor(int4,int4)", "int4xor({0}, {1})"},
    {"int4um(int4)", "int4um({0})"},
    {"int4abs(int4)", "int4abs({0})"},
    {"abs(int4)", "int4abs({0})"},
    {"int8pl(int8,int8)", "int8pl({0}, {1})"},
    {"int8mi(int8,int8)", "int8mi({0}, {1})"},
    {"int8mul(int8,int8)", "int8mul({0}, {1})"},
    {"int8div(int8,int8)", "int8div({0}, {1})"},
    {"int8mod(int8,int8)", "int8mod({0}, {1})"},
    {"mod(int8,int8)", "int8mod({0}, {1})"},
    {"int8and(int8,int8)", "int8and({0}, {1})"},
    {"int8or(int8,int8)", "int8or({0}, {1})"},
    {"int8xor(int8,int8)", "int8xor({0}, {1})"},
    {"int8um(int8)", "int8um({0})"},
    {"int8abs(int8)", "int8abs({0})"},
    {"abs(int8)", "int8abs({0})"},
    {"int24pl(int2,int4)", "int4pl({0}, {1})"},
    {"int24mi(int2,int4)", "int4mi({0}, {1})"},
    {"int24mul(int2,int4)", "int4mul({0}, {1})"},
    {"int24div(int2,int4)", "int4div({0}, {1})"},
    {"int42pl(int4,int2)", "int4pl({0}, {1})"},
    {"int42mi(int4,int2)", "int4mi({0}, {1})"},
    {"int42mul(int4,int2)", "int4mul({0}, {1})"},
    {"int42div(int4,int2)", "int4div({0}, {1})"},
    {"int28pl(int2,int8)", "int8pl({0}, {1})"},
    {"int28mi(int2,int8)", "int8mi({0}, {1})"},
    {"int28mul(int2,int8)", "int8mul({0}, {1})"},
    {"int28div(int2,int8)", "int8div({0}, {1})"},
    {"int82pl(int8,int2)", "int8pl({0}, {1})"},
    {"int82mi(int8,int2)", "int8mi({0}, {1})"},
    {"int82mul(int8,int2)", "int8mul({0}, {1})"},
    {"int82div(int8,int2)", "int8div({0}, {1})"},
    {"int48pl(int4,int8)", "int8pl({0}, {1})"},
    {"int48mi(int4,int8)", "int8mi({0}, {1})"},
    {"int48mul(int4,int8)", "int8mul({0}, {1})"},
    {"int48div(int4,int8)", "int8div({0}, {1})"},
    {"int84pl(int8,int4)", "int8pl({0}, {1})"},
    {"int84mi(int8,int4)", "int8mi({0}, {1})"},
    {"int84mul(int8,int4)", "int8mul({0}, {1})"},
    {"int84div(int8,int4)", "int8div({0}, {1})"},
    {"int4(int8)", "to_int4({0})"},
    {"int2(int8)", "to_int2({0})"},
    {"int2(int4)", "to_int2({0})"},
    {"::text(int2)", "CAST(to_int8({0}) AS TEXT)"},
    {"::varchar(int2)", "CAST(to_int8({0}) AS TEXT)"},
    {"::text(int4)", "CAST(to_int8({0}) AS TEXT)"},
    {"::varchar(int4)", "CAST(to_int8({0}) AS TEXT)"},
    {"::text(int8)", "CAST(to_int8({0}) AS TEXT)"},
    {"::varchar(int8)", "CAST(to_int8({0}) AS TEXT)"},
    {"int4(bool)", "CASE WHEN {0} THEN 1 WHEN NOT {0} THEN 0 END"},
    {"text(bool)", "CASE WHEN {0} THEN 'true' WHEN NOT {0} THEN 'false' END"},
    {"length(text)", "char_length({0})"},
    {"char_length(text)", "char_length({0})"},
    {"character_length(text)", "char_length({0})"},
    {"octet_length(text)", "octet_length_of({0})"},
    {"textcat(text,text)", "({0} || {1})"},
    // In an empty text SQLite's replace() overlooks a NULL.
    {"replace(text,text,text)", "CASE WHEN {2} IS NOT NULL THEN replace({0}, {1}, {2}) END", kExact, kDeterministic},
    {"strpos(text,text)", "strpos({0}, {1})", kExact, kDeterministic},
    {"position(text,text)", "strpos({0}, {1})", kExact, kDeterministic},
    {"btrim(text)", "trim({0}, ' ')"},
    {"btrim(text,text)", "trim({0}, {1})"},
    {"ltrim(text)", "ltrim({0}, ' ')"},
    {"ltrim(text,text)", "ltrim({0}, {1})"},
    {"rtrim(text)", "rtrim({0}, ' ')"},
    {"rtrim(text,text)", "rtrim({0}, {1})"},
    {"reverse(text)", "reverse({0})"},
    {"left(text,int4)", "text_left({0}, {1})"},
    {"right(text,int4)", "text_right({0}, {1})"},
    {"substring(text,int4)", "substring_of({0}, {1})"},
    {"substring(text,int4,int4)", "substring_of({0}, {1}, {2})"},
    {"substr(text,int4)", "substring_of({0}, {1})"},
    {"substr(text,int4,int4)", "substring_of({0}, {1}, {2})"},
    {"repeat(text,int4)", "repeat({0}, {1})", kExact, CollationNeed::kNone, OperandNeed::kCounts},
    {"lpad(text,int4)", "lpad({0}, {1}, ' ')", kExact, CollationNeed::kNone, OperandNeed::kCounts},
    {"lpad(text,int4,text)", "lpad({0}, {1}, {2})", kExact, CollationNeed::kNone, OperandNeed::kCounts},
    {"rpad(text,int4)", "rpad({0}, {1}, ' ')", kExact, CollationNeed::kNone, OperandNeed::kCounts},
    {"rpad(text,int4,text)", "rpad({0}, {1}, {2})", kExact, CollationNeed::kNone, OperandNeed::kCounts},
    {"starts_with(text,text)", "starts_with({0}, {1})", kExact, kDeterministic},
    {"split_part(text,text,int4)", "split_part({0}, {1}, {2})", kExact, kDeterministic},
    {"translate(text,text,text)", "translate({0}, {1}, {2})"},
    {"ascii(text)", "ascii({0})"},
    {"lower(text)", "lower({0})", kExact, CollationNeed::kNone, OperandNeed::kAsciiOnly},
    {"upper(text)", "upper({0})", kExact, CollationNeed::kNone, OperandNeed::kAsciiOnly},
    {"non_ascii(text)", "(length(CAST({0} AS BLOB)) <> length({0}))"},
    {"float8pl(float8,float8)", "float8pl({0}, {1})"},
    {"float8mi(float8,float8)", "float8mi({0}, {1})"},
    {"float8mul(float8,float8)", "float8mul({0}, {1})"},
    {"float8div(float8,float8)", "float8div({0}, {1})"},
    {"float8um(float8)", "float8um({0})"},
    {"float8abs(float8)", "float8abs({0})"},
    {"abs(float8)", "float8abs({0})"},
    {"floor(float8)", "float8floor({0})"},
    {"ceil(float8)", "float8ceil({0})"},
    {"ceiling(float8)", "float8ceil({0})"},
    {"trunc(float8)", "float8trunc({0})"},
    {"round(float8)", "float8round({0})"},
    {"sign(float8)", "float8sign({0})"},
    {"sqrt(float8)", "float8sqrt({0})"},
    {"float8(int2)", "to_float8({0})"},
    {"float8(int4)", "to_float8({0})"},
    {"float8(int8)", "to_float8({0})"},
};

constexpr AggregateRule kAggregates[] = {
    {"count()", "COUNT(*)"},
    {"count(any)", "COUNT({0})"},
    {"sum(int2)", kSumOfIntegers},
    {"sum(int4)", kSumOfIntegers},
    {"sum(int8)", kSumOfIntegers},
    {"sum(float8)", kSumOfReals},
    {"avg(float8)", kAverageOfReals},
    {"min(int2)", "MIN({0})"},
    {"min(int4)", "MIN({0})"},
    {"min(int8)", "MIN({0})"},
    {"min(float8)", "MIN({0})"},
    {"min(text)", "MIN({0} COLLATE BINARY)", kBytewise},
    {"max(int2)", "MAX({0})"},
    {"max(int4)", "MAX({0})"},
    {"max(int8)", "MAX({0})"},
    {"max(float8)", "MAX({0})"},
    {"max(text)", "MAX({0} COLLATE BINARY)", kBytewise},
    {"bool_and(bool)", "MIN({0})"},
    {"bool_or(bool)", "MAX({0})"},
    {"every(bool)", "MIN({0})"},
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

const Dialect kSqlite = {
    .name = "sqlite",
    .types = kTypes,
    .functions = kFunctions,
    .aggregates = kAggregates,
    .window_functions = kWindowFunctions,
    .full_join = false,  // before 3.39
    .aggregate_windows = true,
    .group_frames = true,
    .constant_frames = true,
    .subqueries = true,
    .one_row_subqueries = true,
    .set_operations = SetOperations::kDistinct,
    .bound_limits = BoundLimits::kNumbers,
    .true_literal = "1",
    .false_literal = "0",
    .no_limit = "-1",
    .sample_condition = "(random() & 16777215) < {fraction} * 16777216",
    .keys = KeyForm::kList,
    .rows = KeyForm::kJson,
    .row_source = "(SELECT {columns} FROM json_each(?))",
    .row_cell = "json_extract(value, '$[{i}]')",
    .value = "?",
    .insert_nothing = "DEFAULT VALUES",
    .ignore_conflicts = " ON CONFLICT DO NOTHING",
    .insert_returning = true,
    .update_returning = true,
    .delete_returning = true,
    .change_subqueries = true,
    .update_from = true,
    .row_id = "'(' || ({row}rowid >> 16) || ',' || ({row}rowid & 65535) || ')'",
    .row_id_is =
        "rowid = (SELECT (CAST(substr(v, 2) AS INTEGER) << 16) | CAST(substr(v, instr(v, ',') + 1) AS "
        "INTEGER) FROM (SELECT {0} AS v))",
    .row_number = "{row}rowid",
    .update_sees_itself = true,
};

/// Changes are a part of the log, which each member applies by itself: they may use neither functions that only a
/// reader's connection has, nor rows that are known only when they are applied.
const Dialect kStore = [] {
    Dialect store = kSqlite;
    store.name = "store";
    store.ignore_conflicts = {};
    store.changes_by_condition = false;
    store.insert_returning = false;
    store.update_returning = false;
    store.delete_returning = false;
    store.change_subqueries = false;
    store.update_from = false;
    return store;
}();

}  // namespace tessera::dialect
