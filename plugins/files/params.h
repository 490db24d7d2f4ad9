#pragma once

/// Binds parameters to a DuckDB statement with their own types. Used by the thread that owns the statement.

#include "common/result.h"
#include "plugins/sdk/connector.h"

#include <duckdb.h>

#include <cstdint>
#include <optional>
#include <string_view>

namespace tessera::files {

/// `index` counts from 1. What DuckDB cannot hold exactly (a numeric NaN, more than 38 digits) is an error.
Result<> bindParam(duckdb_prepared_statement statement, std::uint64_t index, const TsrParam& param);

/// Digits with an optional sign and point as DuckDB's decimal of the same scale; empty when they are not, or too many.
std::optional<duckdb_decimal> parseDecimal(std::string_view digits);

/// A value as a new row's; a numeric is its digits. Who calls destroys it.
Result<duckdb_value> makeValue(const TsrParam& param);

}  // namespace tessera::files
