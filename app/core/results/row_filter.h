#pragma once

/// What the filter field says, as conditions that are evaluated here or written as SQL for the server: `delay > 15 and
/// state = 'CA'`, `remark is null`, `name contains berg`; anything else is looked for in every column, whatever the
/// case of its letters. Values; any thread.

#include "app/core/results/result_store.h"
#include "common/result.h"

#include <string>
#include <string_view>
#include <vector>

namespace tessera::app {

struct FilterCondition {
    enum class Operator {
        kContains,
        kEqual,
        kNotEqual,
        kLess,
        kLessOrEqual,
        kGreater,
        kGreaterOrEqual,
        kIsNull,
        kIsNotNull
    };

    /// -1: any column; only with kContains.
    int column = -1;
    Operator op = Operator::kContains;
    std::string value;
};

class RowFilter {
  public:
    /// Empty text keeps every row. An error when a comparison is asked of a type that cannot be compared here.
    static Result<RowFilter> parse(std::string_view text, const ResultStore::Columns& columns);

    bool isEmpty() const { return conditions_.empty(); }

    const std::vector<FilterCondition>& conditions() const { return conditions_; }

    /// As PostgreSQL's WHERE: a comparison with NULL keeps nothing.
    Result<bool> matches(const ResultStore& store, const ResultStore::Position& position) const;

    /// The conditions for a WHERE, by the columns' names.
    std::string sql() const;

  private:
    Result<bool> matches(const FilterCondition& condition, const ResultStore& store,
                         const ResultStore::Position& position) const;

    ResultStore::Columns columns_;
    std::vector<FilterCondition> conditions_;
};

/// Whether the text is there, whatever the case of its letters. `folded` must be lower case.
bool containsFolded(std::string_view text, std::string_view folded);
std::string foldCase(std::string_view text);

}  // namespace tessera::app
