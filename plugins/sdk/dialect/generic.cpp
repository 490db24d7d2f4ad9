/// What any SQL database does alike, for ODBC sources that no other dialect is for. Nothing is known of their letters,
/// NULL order, row limits or the types of their sums: whole numbers and dates are compared, text is looked up and
/// filtered again here.
#include "plugins/sdk/dialect/dialect.h"

namespace tessera::dialect {

namespace {

using enum ir::Exactness;

constexpr TypeRule kTypes[] = {
    {"int2", "{raw}", "?", "{0}", "{0}"},
    {"int4", "{raw}", "?", "{0}", "{0}"},
    {"int8", "{raw}", "?", "{0}", "{0}"},
    // ODBC's own form, which every driver turns into its database's.
    {"date", "{d {quoted}}", "?", "{0}", "{0}"},
    {"text", "{quoted}", "?", "{0}", "", "{0}", "{0}", false, {}, kSuperset},
    {"varchar", "{quoted}", "?", "{0}", "", "{0}", "{0}", false, {}, kSuperset},
};

constexpr TypeRule kIntegerTypes[] = {
    {"int2", "{raw}", "?", "{0}", "{0}"},
    {"int4", "{raw}", "?", "{0}", "{0}"},
    {"int8", "{raw}", "?", "{0}", "{0}"},
};

constexpr FunctionRule kFunctions[] = {
    {"int8(int4)", "{0}"},
    {"int8(int2)", "{0}"},
    {"int4(int2)", "{0}"},
};

}  // namespace

const Dialect kGeneric = {
    .name = "generic",
    .types = kTypes,
    .functions = kFunctions,
    .aggregates = {},
    .conditionals = false,
    .joins = false,
    .full_join = false,
    .grouping = false,
    .sorting = false,
    .aggregate_filter = false,
    .boolean_values = false,
    .row_limit = RowLimit::kNone,
    .offset = false,
    .true_literal = "1=1",
    .false_literal = "1=0",
    .keys = KeyForm::kList,
    .plain_literals = true,
    .value = "?",
};

/// For databases whose columns hold values of any type (SQLite): a date may be a text of any form.
const Dialect kIntegers = {
    .name = "integers",
    .types = kIntegerTypes,
    .functions = kFunctions,
    .aggregates = {},
    .conditionals = false,
    .joins = false,
    .full_join = false,
    .grouping = false,
    .sorting = false,
    .aggregate_filter = false,
    .boolean_values = false,
    .row_limit = RowLimit::kNone,
    .offset = false,
    .quotes = "``",  // SQLite takes an unknown name in double quotes for a text
    .true_literal = "1=1",
    .false_literal = "1=0",
    .keys = KeyForm::kList,
    .plain_literals = true,
    .value = "?",
};

}  // namespace tessera::dialect
