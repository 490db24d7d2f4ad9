/// SQLite 3.40 and later, with the session settings of plugins/sqlite (case_sensitive_like). Any column may hold any
/// type: what a sum would silently read as a number is turned into text, which the connector refuses. Dates are text
/// and numeric is floating point there: neither is pushed.
#include "plugins/sdk/dialect/dialect.h"

namespace tessera::dialect {

namespace {

using enum ir::Exactness;
using enum CollationNeed;

constexpr TypeRule kTypes[] = {
    {"bool", "{raw}", "?", "{0}", "{0}", "({0} <> 0)"},
    {"int2", "{raw}", "?", "{0}", "{0}"},
    {"int4", "{raw}", "?", "{0}", "{0}"},
    {"int8", "{raw}", "?", "{0}", "{0}"},
    {"float8", "{real}", "?", "{0}", "{0}"},
    {"text", "{quoted}", "?", "{0} COLLATE BINARY", "{0} COLLATE BINARY"},
    {"varchar", "{quoted}", "?", "{0} COLLATE BINARY", "{0} COLLATE BINARY"},
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
    {"textlike(text,text)", "{0} LIKE {1} ESCAPE '\\'", kExact, kDeterministic, PatternNeed::kLike},
    {"textnlike(text,text)", "{0} NOT LIKE {1} ESCAPE '\\'", kExact, kDeterministic, PatternNeed::kLike},
    {"texticlike(text,text)", "(LOWER({0}) LIKE LOWER({1}) ESCAPE '\\' OR LENGTH(CAST({0} AS BLOB)) <> LENGTH({0}))",
     kSuperset, kDeterministic, PatternNeed::kAsciiLike},
    {"texticnlike(text,text)",
     "(LOWER({0}) NOT LIKE LOWER({1}) ESCAPE '\\' OR LENGTH(CAST({0} AS BLOB)) <> LENGTH({0}))", kSuperset,
     kDeterministic, PatternNeed::kAsciiLike},
    {"int8(int4)", "{0}"},
    {"int8(int2)", "{0}"},
    {"int4(int2)", "{0}"},
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
    .true_literal = "1",
    .false_literal = "0",
    .no_limit = "-1",
    .sample_condition = "(random() & 16777215) < {fraction} * 16777216",
    .keys = KeyForm::kList,
    .value = "?",
    .insert_nothing = "DEFAULT VALUES",
    .ignore_conflicts = " ON CONFLICT DO NOTHING",
    .insert_returning = true,
    .update_returning = true,
    .delete_returning = true,
    .row_id = "'(' || ({row}rowid >> 16) || ',' || ({row}rowid & 65535) || ')'",
    .row_id_is =
        "rowid = (SELECT (CAST(substr(v, 2) AS INTEGER) << 16) | CAST(substr(v, instr(v, ',') + 1) AS "
        "INTEGER) FROM (SELECT {0} AS v))",
};

}  // namespace tessera::dialect
