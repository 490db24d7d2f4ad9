#pragma once

/// What the name under a caret stands for, for hover texts and "go to definition"; the signatures of a call; and the
/// names of a statement that nothing stands behind. Pure; any thread.

#include "app/core/sql/scope.h"

#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace tessera::app {

struct NameMeaning {
    enum class Kind { kTable, kColumn, kFunction, kInStatement };

    Kind kind;
    /// The word, in bytes of the statement.
    std::size_t begin = 0;
    std::size_t end = 0;
    /// "orders.total numeric(12,2)"; the lines below it: keys, comments.
    std::string title;
    std::vector<std::string> lines;
    /// The table, or the column's.
    std::optional<std::uint32_t> table;
    /// Of kInStatement, a CTE or an alias: where it was made.
    std::size_t defined_at = 0;
};

std::optional<NameMeaning> meaningAt(std::string_view statement, std::size_t offset, const NameIndex& names);

struct Signature {
    std::string name;
    /// "a integer", "b text DEFAULT 'x'".
    std::vector<std::string> arguments;
    std::string result;
    std::string comment;
};

/// The overloads of the function, the fewest arguments first.
std::vector<Signature> signaturesOf(const CallAt& call, const NameIndex& names);

struct UnknownName {
    std::size_t begin;
    std::size_t end;
    std::string message;
    std::string name;
};

/// Tables, and columns written with their table, that the catalog does not have. Nothing for statements that are no
/// queries or changes, and nothing that could be right: system tables, tables in `created` (folded).
std::vector<UnknownName> unknownNames(std::string_view statement, const NameIndex& names,
                                      const std::set<std::string>& created = {});

/// The table that a CREATE TABLE or VIEW statement makes; empty for others.
std::string createdName(std::string_view statement);

}  // namespace tessera::app
