#pragma once

/// Moves a column of a DuckDB chunk into a batch, a whole vector at a time: as it lies in memory where the types agree,
/// else value by value, checked. What the wanted type cannot hold exactly is an error that names column and value.
/// Owned by a cursor.

#include "plugins/files/values.h"
#include "plugins/sdk/batch_builder.h"

namespace tessera::files {

class ColumnConverter {
  public:
    ColumnConverter(std::string name, ColumnType source, TsrType wanted)
        : name_(std::move(name)), source_(std::move(source)), wanted_(wanted) {}

    /// Appends the first `count` values of `vector` to column `column` of `rows`.
    Result<> append(duckdb_vector vector, std::size_t count, std::size_t column, sdk::BatchBuilder& rows) const;

  private:
    struct Input;

    Result<> appendAll(const Input& input, std::size_t column, sdk::BatchBuilder& rows) const;
    template <class T>
    Result<> appendIntegers(const Input& input, TsrType same, std::size_t column, sdk::BatchBuilder& rows) const;
    template <class T>
    Result<> appendFloats(const Input& input, TsrType same, std::size_t column, sdk::BatchBuilder& rows) const;
    Result<> appendStamps(const Input& input, std::int64_t micros_per_unit, std::size_t column,
                          sdk::BatchBuilder& rows) const;
    Result<> appendDays(const Input& input, std::size_t column, sdk::BatchBuilder& rows) const;
    /// By way of the value's text: for pairs of types that have no shorter way.
    Result<> appendAsText(const Input& input, std::size_t column, sdk::BatchBuilder& rows) const;

    std::string name_;
    ColumnType source_;
    TsrType wanted_;
};

}  // namespace tessera::files
