/// DB2 for Linux, Unix and Windows 11.1 and later. Text is compared with blanks filled up, under the database's
/// collation.
#include "plugins/sdk/dialect/dialect.h"

namespace tessera::dialect {

namespace {

using enum ir::Exactness;

constexpr TypeRule kTypes[] = {
    {"bool", "{raw}", "", "", "", "({0} <> 0)"},
    {"int2", "{raw}", "CAST(? AS SMALLINT)", "{0}", "{0}"},
    {"int4", "{raw}", "CAST(? AS INTEGER)", "{0}", "{0}"},
    {"int8", "{raw}", "CAST(? AS BIGINT)", "{0}", "{0}"},
    {"numeric", "{raw}", "", "{0}", "{0}"},
    {"date", "DATE({quoted})", "CAST(? AS DATE)", "{0}", "{0}"},
    {"timestamp", "TIMESTAMP({quoted})", "CAST(? AS TIMESTAMP(6))", "{0}", "{0}"},
    {"text", "{quoted}", "?", "{0}", "", "{0}", "{0}", false, {}, kSuperset},
    {"varchar", "{quoted}", "?", "{0}", "", "{0}", "{0}", false, {}, kSuperset},
};

constexpr FunctionRule kFunctions[] = {
    {"int8(int4)", "CAST({0} AS BIGINT)"},
    {"int8(int2)", "CAST({0} AS BIGINT)"},
    {"int4(int2)", "CAST({0} AS INTEGER)"},
    {"numeric(int2)", "CAST({0} AS DECIMAL(31, 0))"},
    {"numeric(int4)", "CAST({0} AS DECIMAL(31, 0))"},
    {"numeric(int8)", "CAST({0} AS DECIMAL(31, 0))"},
};

constexpr AggregateRule kAggregates[] = {
    {"count()", "COUNT_BIG(*)"},
    {"count(any)", "COUNT_BIG({0})"},
    {"sum(int2)", "SUM(CAST({0} AS BIGINT))"},
    {"sum(int4)", "SUM(CAST({0} AS BIGINT))"},
    {"sum(int8)", "SUM(CAST({0} AS DECIMAL(31, 0)))"},
    {"min(int2)", "MIN({0})"},
    {"min(int4)", "MIN({0})"},
    {"min(int8)", "MIN({0})"},
    {"min(numeric)", "MIN({0})"},
    {"min(date)", "MIN({0})"},
    {"min(timestamp)", "MIN({0})"},
    {"max(int2)", "MAX({0})"},
    {"max(int4)", "MAX({0})"},
    {"max(int8)", "MAX({0})"},
    {"max(numeric)", "MAX({0})"},
    {"max(date)", "MAX({0})"},
    {"max(timestamp)", "MAX({0})"},
};

}  // namespace

const Dialect kDb2 = {
    .name = "db2",
    .types = kTypes,
    .functions = kFunctions,
    .aggregates = kAggregates,
    .conditionals = false,
    .aggregate_filter = false,
    .boolean_values = false,
    .null_order = NullOrder::kCase,
    .row_limit = RowLimit::kFetchFirst,
    .true_literal = "1=1",
    .false_literal = "1=0",
    .decimal_digits = 31,
    .keys = KeyForm::kList,
    .plain_literals = true,
    .value = "?",
};

}  // namespace tessera::dialect
