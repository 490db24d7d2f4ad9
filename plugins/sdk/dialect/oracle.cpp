/// Oracle 12c and later. An empty text is NULL there, and FLOAT is a decimal number: text is only looked up and
/// filtered again, floating point stays here. Its DATE has a time of day and is imported as a timestamp.
#include "plugins/sdk/dialect/dialect.h"

namespace tessera::dialect {

namespace {

using enum ir::Exactness;

constexpr TypeRule kTypes[] = {
    {"bool", "{raw}", "", "", "", "({0} <> 0)"},
    {"int2", "{raw}", "?", "{0}", "{0}"},
    {"int4", "{raw}", "?", "{0}", "{0}"},
    {"int8", "{raw}", "?", "{0}", "{0}"},
    {"numeric", "{raw}", "", "{0}", "{0}"},
    {"timestamp", "TIMESTAMP {quoted}", "CAST(? AS TIMESTAMP)", "{0}", "{0}"},
    {"text", "{quoted}", "?", "{0}", "", "{0}", "{0}", false, {}, kSuperset},
    {"varchar", "{quoted}", "?", "{0}", "", "{0}", "{0}", false, {}, kSuperset},
};

constexpr FunctionRule kFunctions[] = {
    {"int8(int4)", "{0}"},    {"int8(int2)", "{0}"},    {"int4(int2)", "{0}"},
    {"numeric(int2)", "{0}"}, {"numeric(int4)", "{0}"}, {"numeric(int8)", "{0}"},
};

constexpr AggregateRule kAggregates[] = {
    {"count()", "COUNT(*)"},        {"count(any)", "COUNT({0})"}, {"sum(int2)", "SUM({0})"}, {"sum(int4)", "SUM({0})"},
    {"sum(int8)", "SUM({0})"},      {"min(int2)", "MIN({0})"},    {"min(int4)", "MIN({0})"}, {"min(int8)", "MIN({0})"},
    {"min(timestamp)", "MIN({0})"}, {"max(int2)", "MAX({0})"},    {"max(int4)", "MAX({0})"}, {"max(int8)", "MAX({0})"},
    {"max(timestamp)", "MAX({0})"},
};

}  // namespace

const Dialect kOracle = {
    .name = "oracle",
    .types = kTypes,
    .functions = kFunctions,
    .aggregates = kAggregates,
    .conditionals = false,
    .aggregate_filter = false,
    .boolean_values = false,
    .row_limit = RowLimit::kFetchFirst,
    .true_literal = "1=1",
    .false_literal = "1=0",
    .decimal_digits = 38,
    .keys = KeyForm::kList,
    .plain_literals = true,
    .value = "?",
};

}  // namespace tessera::dialect
