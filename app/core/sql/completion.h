#pragma once

/// What could be written at a caret: columns of the relations in scope, tables by search path, functions with their
/// arguments, joins by keys, the expansion of a star, keywords that fit. Pure; any thread.

#include "app/core/sql/join_conditions.h"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tessera::app {

struct Proposal {
    enum class Kind {
        kColumn,
        kTable,
        kView,
        kForeignTable,
        kFunction,
        kKeyword,
        kAlias,
        kSchema,
        kJoin,
        kStar,
        kSnippet
    };

    Kind kind;
    /// What the list shows, and what the typed word is looked for in.
    std::string label;
    /// What stands in the text after it was accepted.
    std::string insert;
    /// A type, a function's arguments, a kind.
    std::string detail;
    /// The table, schema or source it comes from.
    std::string origin;
    std::string comment;
    bool is_key = false;
    /// How many bytes before the end of `insert` the caret goes: inside a call's parentheses.
    std::size_t caret_back = 0;
    /// The nearest first.
    int score = 0;
    /// Of a join: what says that its columns belong together.
    std::optional<JoinBasis> join_basis = std::nullopt;
};

struct CompletionSettings {
    bool upper_case_keywords = true;
};

inline constexpr std::size_t kProposalsMax = 200;

/// Begins of names only, but for the few names in scope, which are matched fuzzily too. p99 below 10 ms.
std::vector<Proposal> complete(const Scope& scope, const NameIndex* names, const CompletionSettings& settings = {});

/// When complete() found nothing: names that have the typed characters in order. Reads the whole index: a worker's
/// work.
std::vector<Proposal> completeFuzzily(const Scope& scope, const NameIndex& names);

/// An alias for a table that none of the relations has: "oi" for order_items.
std::string aliasFor(std::string_view table, const std::vector<ScopeRelation>& taken);

}  // namespace tessera::app
