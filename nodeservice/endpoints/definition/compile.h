#pragma once

/// The SQL of endpoints: where its parameters stand, and the statement with $1, $2, … that PostgreSQL prepares. Values
/// never become part of it. Pure; any thread.

#include "nodeservice/endpoints/definition/definition.h"

#include <string>
#include <string_view>
#include <vector>

namespace tessera::endpoints {

struct Placeholder {
    std::size_t begin = 0;
    std::size_t end = 0;
    std::string name;
};

/// What is outside of quotes and comments of a statement.
struct SqlFacts {
    /// `:name`, but neither `::type` nor within quotes.
    std::vector<Placeholder> placeholders;
    /// Words of the statement itself, in small letters, in their order.
    std::vector<std::string> words;
    /// Where the statement ends: its semicolon, if it has one.
    std::size_t end = 0;
};

/// An error for what is not one statement: a second one behind a semicolon, a quotation that does not end, `$1`. Its
/// position counts bytes from 1.
Result<SqlFacts> readSql(std::string_view sql);

/// Each `:name` becomes `($n::type)`, by the parameters' order.
std::string compileSql(const Definition& definition);

}  // namespace tessera::endpoints
