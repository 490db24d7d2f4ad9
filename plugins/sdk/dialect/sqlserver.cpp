/// SQL Server 2012 and later, Azure SQL. Its collations mostly ignore case, and trailing blanks always: text is looked
/// up and filtered again. A `datetime` is kept in ticks of 1/300 s and compared with its fraction, so that moments stay
/// here.
#include "plugins/sdk/dialect/dialect.h"

namespace tessera::dialect {

namespace {

using enum ir::Exactness;

constexpr TypeRule kTypes[] = {
    {"bool", "{raw}", "", "", "", "({0} <> 0)"},
    {"int2", "{raw}", "CAST(? AS smallint)", "{0}", "{0}"},
    {"int4", "{raw}", "CAST(? AS int)", "{0}", "{0}"},
    {"int8", "{raw}", "CAST(? AS bigint)", "{0}", "{0}"},
    {"numeric", "{raw}", "", "{0}", "{0}"},
    {"date", "CAST({quoted} AS date)", "CAST(? AS date)", "{0}", "{0}"},
    {"text", "N{quoted}", "?", "{0}", "", "{0}", "{0}", false, {}, kSuperset},
    {"varchar", "N{quoted}", "?", "{0}", "", "{0}", "{0}", false, {}, kSuperset},
    {"uuid", "CAST({quoted} AS uniqueidentifier)", "CAST(? AS uniqueidentifier)", "{0}", ""},
};

constexpr FunctionRule kFunctions[] = {
    {"int8(int4)", "CAST({0} AS bigint)"},
    {"int8(int2)", "CAST({0} AS bigint)"},
    {"int4(int2)", "CAST({0} AS int)"},
    {"numeric(int2)", "CAST({0} AS decimal(38, 0))"},
    {"numeric(int4)", "CAST({0} AS decimal(38, 0))"},
    {"numeric(int8)", "CAST({0} AS decimal(38, 0))"},
};

constexpr AggregateRule kAggregates[] = {
    {"count()", "COUNT_BIG(*)"},
    {"count(any)", "COUNT_BIG({0})"},
    {"sum(int2)", "SUM(CAST({0} AS bigint))"},
    {"sum(int4)", "SUM(CAST({0} AS bigint))"},
    {"sum(int8)", "SUM(CAST({0} AS decimal(38, 0)))"},
    {"min(int2)", "MIN({0})"},
    {"min(int4)", "MIN({0})"},
    {"min(int8)", "MIN({0})"},
    {"min(numeric)", "MIN({0})"},
    {"min(date)", "MIN({0})"},
    {"max(int2)", "MAX({0})"},
    {"max(int4)", "MAX({0})"},
    {"max(int8)", "MAX({0})"},
    {"max(numeric)", "MAX({0})"},
    {"max(date)", "MAX({0})"},
};

}  // namespace

const Dialect kSqlServer = {
    .name = "sqlserver",
    .types = kTypes,
    .functions = kFunctions,
    .aggregates = kAggregates,
    .conditionals = false,
    .aggregate_filter = false,
    .boolean_values = false,
    .null_order = NullOrder::kCase,
    .row_limit = RowLimit::kTop,
    .quotes = "[]",
    .true_literal = "1=1",
    .false_literal = "1=0",
    .decimal_digits = 38,
    .keys = KeyForm::kList,
    .value = "?",
};

}  // namespace tessera::dialect
