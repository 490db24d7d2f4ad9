#pragma once

/// What the names at a caret can mean: the relations of the query block around it and of those that enclose it, what
/// was typed before it, and what kind of thing is expected. Reads tokens, not a grammar, so that half a statement has a
/// scope too. Pure; any thread.

#include "app/core/catalog/name_index.h"
#include "app/core/sql/tokens.h"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tessera::app {

struct ScopeColumn {
    std::string name;
    std::string type;
    std::string comment;
    bool is_key = false;

    bool operator==(const ScopeColumn&) const = default;
};

/// A table, view, CTE, subquery or function that columns may be taken from.
struct ScopeRelation {
    /// What qualifies its columns: the alias, else the name.
    std::string alias;
    std::string schema;
    /// Empty for a subquery.
    std::string name;
    /// In the index; none for CTEs, subqueries, functions and tables nobody knows.
    std::optional<std::uint32_t> table;
    /// Empty for a table of the index: columnsOf() reads them there.
    std::vector<ScopeColumn> columns;
    /// Neither in the index nor made in this statement.
    bool is_unknown = false;
    /// Of an enclosing query: its columns come behind the own ones.
    bool is_outer = false;
    /// The token that names it, in bytes of the statement.
    std::size_t begin = 0;
    std::size_t end = 0;
};

enum class Expected {
    kNothing,        // in a string or comment
    kStatement,      // the first word
    kTable,          // behind FROM, JOIN, INTO, UPDATE
    kJoinTable,      // behind JOIN: tables with their conditions too
    kExpression,     // columns, functions, values
    kJoinCondition,  // right behind ON
    kTargetColumns,  // INSERT INTO t (…), UPDATE t SET …
    kSharedColumns,  // USING (…)
    kKeyword,        // a clause or connective: an operand is complete
    kAlias,          // a new name
};

struct Scope {
    Expected expected = Expected::kNothing;
    /// "a." or "public.t." before the caret, folded.
    std::vector<std::string> qualifier;
    /// The word under the caret, up to the caret, as typed.
    std::string prefix;
    /// Bytes of the statement that an accepted proposal replaces.
    std::size_t replace_begin = 0;
    std::size_t replace_end = 0;
    /// Nearest first.
    std::vector<ScopeRelation> relations;
    /// Names of CTEs that may stand for a table here.
    std::vector<ScopeRelation> ctes;
    /// The last clause keyword before the caret: "select", "where", "group by", …; empty at the start.
    std::string clause;
    /// The statement's target: INSERT, UPDATE, DELETE, MERGE.
    std::optional<ScopeRelation> target;

    const ScopeRelation* find(std::string_view alias) const;
};

/// `caret` in bytes of the statement. The index may be null: then only the statement itself is known.
Scope scopeAt(std::string_view statement, std::size_t caret, const NameIndex* names);

std::vector<ScopeColumn> columnsOf(const ScopeRelation& relation, const NameIndex* names);

/// The function call around the caret: for signature help.
struct CallAt {
    std::vector<std::string> name;
    /// From 0.
    std::size_t argument = 0;
    /// Byte of the name.
    std::size_t begin = 0;
};

std::optional<CallAt> callAt(std::string_view statement, std::size_t caret);

}  // namespace tessera::app
