#pragma once

/// Decides which rows of a memory table a plan takes, with SQL's three-valued logic.
///
/// What can be evaluated is exactly what the dialect table lets the host send: = <> < <= > >= on smallint, integer and
/// bigint in any mix, = and <> on text (bytewise), AND, OR, NOT and IS [NOT] NULL.

#include "common/result.h"
#include "plugins/memory/model.h"
#include "plugins/sdk/connector.h"

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

namespace tessera::memory {

/// A plan's filter, ready to run over the rows of one table; keeps a reference to the table. One thread at a time.
class Filter {
  public:
    /// Checks every column, parameter and function, so that no row meets an unknown one. The parameters are copied.
    static Result<Filter> compile(const std::vector<Expression>& conditions, const Table& table,
                                  std::span<const TsrParam> params);

    ~Filter();
    Filter(Filter&&) noexcept;
    Filter& operator=(Filter&&) noexcept;

    /// Are all conditions true for the row? False and NULL both are no. Fails when a cell is not of its column's type.
    Result<bool> matches(std::int64_t row) const;

  private:
    struct Node;

    explicit Filter(const Table& table);
    Result<Node> compileNode(const Expression& expression, std::span<const TsrParam> params) const;
    Result<Node> compileCall(const Expression& expression, std::span<const TsrParam> params) const;

    const Table* table_;
    std::vector<Node> conditions_;
};

}  // namespace tessera::memory
