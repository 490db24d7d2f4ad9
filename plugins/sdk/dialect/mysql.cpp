/// MySQL 8 and MariaDB 10.6 and later, with the session settings of plugins/mysql (ANSI_QUOTES, NO_BACKSLASH_ESCAPES,
/// UTC). Their collations ignore case, accents or trailing blanks, so text is compared as the bytes of its UTF-8.
#include "plugins/sdk/dialect/dialect.h"

namespace tessera::dialect {

namespace {

using enum ir::Exactness;
using enum CollationNeed;

constexpr std::string_view kBytes = "CAST(CONVERT({0} USING utf8mb4) AS BINARY)";

constexpr TypeRule kTypes[] = {
    // tinyint(1) holds any number; the connector reads what is not 0 as true only when it is 1.
    {"bool", "{raw}", "?", "{0}", "{0}", "({0} <> 0)"},
    {"int2", "{raw}", "?", "{0}", "{0}"},
    {"int4", "{raw}", "?", "{0}", "{0}"},
    {"int8", "{raw}", "?", "{0}", "{0}"},
    {"float8", "{real}", "?", "{0}", "{0}"},
    // A parameter would be compared as floating point.
    {"numeric", "{raw}", "", "{0}", "{0}"},
    {"text", "{quoted}", "?", kBytes, kBytes, "{0}", "{0}", true},
    {"varchar", "{quoted}", "?", kBytes, kBytes, "{0}", "{0}", true},
    {"date", "DATE{quoted}", "?", "{0}", "{0}"},
    {"timestamp", "TIMESTAMP{quoted}", "?", "{0}", "{0}"},
};

constexpr FunctionRule kFunctions[] = {
    {"textlike(text,text)", "CONVERT({0} USING utf8mb4) COLLATE utf8mb4_bin LIKE {1} ESCAPE '\\'", kExact,
     kDeterministic, PatternNeed::kLike},
    {"textnlike(text,text)", "CONVERT({0} USING utf8mb4) COLLATE utf8mb4_bin NOT LIKE {1} ESCAPE '\\'", kExact,
     kDeterministic, PatternNeed::kLike},
    {"texticlike(text,text)",
     "(CONVERT({0} USING utf8mb4) COLLATE utf8mb4_general_ci LIKE {1} ESCAPE '\\' "
     "OR OCTET_LENGTH(CONVERT({0} USING utf8mb4)) <> CHAR_LENGTH({0}))",
     kSuperset, kDeterministic, PatternNeed::kAsciiLike},
    {"texticnlike(text,text)",
     "(CONVERT({0} USING utf8mb4) COLLATE utf8mb4_general_ci NOT LIKE {1} ESCAPE '\\' "
     "OR OCTET_LENGTH(CONVERT({0} USING utf8mb4)) <> CHAR_LENGTH({0}))",
     kSuperset, kDeterministic, PatternNeed::kAsciiLike},
    {"numeric(int2)", "{0}"},
    {"numeric(int4)", "{0}"},
    {"numeric(int8)", "{0}"},
    {"int8(int4)", "{0}"},
    {"int8(int2)", "{0}"},
    {"int4(int2)", "{0}"},
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

}  // namespace

const Dialect kMysql = {
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
    .limited_in = false,
    .correlated_derived = false,
    .null_order = NullOrder::kKey,
    .no_limit = "18446744073709551615",
    .sample_condition = "RAND() < {fraction}",
    .decimal_digits = 65,
    .keys = KeyForm::kList,
    .value = "?",
    .insert_nothing = "() VALUES ()",
    .insert_returning = true,  // MariaDB; MySQL says that it can't
    .delete_returning = true,
    .lock_share = " LOCK IN SHARE MODE",
    .lock_update = " FOR UPDATE",
    .assigns_in_turn = true,
};

}  // namespace tessera::dialect
