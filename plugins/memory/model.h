#pragma once

/// What the memory connector knows: the tables of a server, and the plan of a scan. Both arrive as JSON (see
/// README.md); after parsing they are plain values. Errors name the place in the JSON. Any thread.

#include "common/result.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace tessera::memory {

/// A cell in PostgreSQL's text form; none is NULL.
using Cell = std::optional<std::string>;

enum class Pattern { kSequence, kModulo, kText };

struct Column {
    std::string name;
    std::string pg_type;
    bool not_null = false;
    int key_position = 0;
    /// How a generated table's values are made from the row number, which counts from 1.
    Pattern pattern = Pattern::kSequence;
    std::int64_t modulus = 1;
    /// Every how many rows a generated value is NULL; 0 is never.
    std::int64_t null_every = 0;
};

/// Either `rows` as they were written down, or `generated_rows` made from the columns' patterns.
struct Table {
    std::string name;
    std::string comment;
    std::vector<Column> columns;
    std::vector<std::vector<Cell>> rows;
    std::optional<std::int64_t> generated_rows;

    std::int64_t rowCount() const { return generated_rows.value_or(static_cast<std::int64_t>(rows.size())); }

    Cell cell(std::int64_t row, std::size_t column) const;
    std::optional<std::size_t> findColumn(std::string_view column_name) const;
};

/// The value of the server option `tables`.
Result<std::vector<Table>> parseTables(std::string_view json);

/// A filter over the rows of a table. Which members count depends on the kind.
struct Expression {
    enum class Kind { kColumn, kConstant, kParameter, kCall, kAnd, kOr, kNot, kIsNull, kIsNotNull };

    Kind kind = Kind::kConstant;
    std::string name;           // kColumn: the column; kCall: "int4eq(int4,int4)"; kConstant: its type, "int8"
    Cell constant;              // kConstant
    std::size_t parameter = 0;  // kParameter, from 1
    std::vector<Expression> arguments;
};

struct Plan {
    std::vector<std::pair<std::string, std::string>> table_options;
    std::vector<std::string> columns;
    /// A row is taken when all of them are true.
    std::vector<Expression> filter;
    std::optional<std::int64_t> limit;
};

/// The text of a query in dialect "plan".
Result<Plan> parsePlan(std::string_view json);

}  // namespace tessera::memory
