#pragma once

/// How a dialect file writes the members of Dialect: for its schema and its reader.

#include "plugins/sdk/dialect_file/dialect_file.h"

namespace tessera::dialect {

/// In the enums' order.
inline const std::vector<std::string> kExactnessNames = {"exact", "superset"};
inline const std::vector<std::string> kCollationNames = {"none", "deterministic", "bytewise"};
inline const std::vector<std::string> kOperandNames = {"any",     "fixed",  "regex",     "like",       "ascii_like",
                                                       "divisor", "counts", "positions", "ascii_only", "decimal"};
inline const std::vector<std::string> kNullOrderNames = {"clause", "key", "case"};
inline const std::vector<std::string> kRowLimitNames = {"limit", "top", "fetch_first", "none"};
inline const std::vector<std::string> kSetOperationNames = {"none", "union", "distinct", "all"};

struct Switch {
    const char* key;
    bool Dialect::*member;
    const char* doc;
};

inline constexpr Switch kSwitches[] = {
    {"comparisons", &Dialect::comparisons, "Comparisons of the types that have `equal` and `order`."},
    {"joins", &Dialect::joins, "Joins of its tables."},
    {"full_join", &Dialect::full_join, "FULL JOIN."},
    {"grouping", &Dialect::grouping, "GROUP BY, HAVING and DISTINCT."},
    {"grouping_sets", &Dialect::grouping_sets, "GROUPING SETS, ROLLUP and CUBE."},
    {"sorting", &Dialect::sorting, "ORDER BY."},
    {"offset", &Dialect::offset, "OFFSET."},
    {"conditionals", &Dialect::conditionals, "CASE and COALESCE."},
    {"boolean_values", &Dialect::boolean_values,
     "Conditions are values, too: they may be selected, compared and grouped by."},
    {"aggregate_filter", &Dialect::aggregate_filter, "FILTER of aggregates."},
    {"aggregate_windows", &Dialect::aggregate_windows, "Aggregates as window functions."},
    {"group_frames", &Dialect::group_frames, "Frames by GROUPS, and EXCLUDE."},
    {"range_frames", &Dialect::range_frames, "Frames by RANGE with a distance."},
    {"subqueries", &Dialect::subqueries, "Subqueries as values, with IN and EXISTS, and in FROM."},
    {"subqueries_in_on", &Dialect::subqueries_in_on, "Subqueries in the condition of an outer join."},
    {"keys_in_having", &Dialect::keys_in_having, "HAVING may repeat a key of GROUP BY that is no plain column."},
    {"limited_in", &Dialect::limited_in, "x IN (SELECT … LIMIT 1)."},
    {"correlated_derived", &Dialect::correlated_derived,
     "A subquery in FROM may be about what stands around its statement."},
    {"has_indexes", &Dialect::has_indexes, "Rows of a few keys are found without reading the whole table."},
    {"plain_literals", &Dialect::plain_literals,
     "Texts that are not plain ASCII, or hold a backslash, are only sent as parameters."},
};

/// What `extends` may be.
std::vector<std::string> extensibleNames();

}  // namespace tessera::dialect
