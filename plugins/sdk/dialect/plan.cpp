/// For connectors that are no SQL systems: the JSON plan form (ir/plan_form.cpp) of one table's scan, with comparisons
/// of integers and text, boolean logic and LIMIT. The templates are not used: an entry only says that the form may hold
/// it.
#include "plugins/sdk/dialect/dialect.h"

namespace tessera::dialect {

namespace {

constexpr TypeRule kTypes[] = {
    {"int2", "{raw}", "?", "{0}", "{0}"}, {"int4", "{raw}", "?", "{0}", "{0}"}, {"int8", "{raw}", "?", "{0}", "{0}"},
    {"text", "{quoted}", "?", "{0}", ""}, {"bool", "{raw}", "?", "", ""},
};

}  // namespace

const Dialect kPlan = {
    .name = "plan",
    .form = Form::kPlan,
    .types = kTypes,
    .functions = {},
    .aggregates = {},
    .conditionals = false,
    .joins = false,
    .full_join = false,
    .grouping = false,
    .sorting = false,
    .aggregate_filter = false,
    .offset = false,
};

}  // namespace tessera::dialect
