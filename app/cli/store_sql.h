#pragma once

/// SQL for the store, as it is typed: where statements end, and which only read. Pure.

#include <string>
#include <string_view>
#include <vector>

namespace tessera::cli {

/// Whole statements, without what stands between them; what is left at the end is the last one. A trigger's body is a
/// part of its statement.
std::vector<std::string> splitStatements(std::string_view text);

/// Does it end with a semicolon that ends a statement, or hold nothing at all?
bool isComplete(const std::string& text);

/// By its words: SELECT, VALUES, EXPLAIN, and WITH before SELECT or VALUES. The store itself knows better, and refuses
/// a query that writes.
bool onlyReads(std::string_view statement);

}  // namespace tessera::cli
