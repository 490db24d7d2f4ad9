#pragma once

/// A part of a random statement: an expression, a relation, a clause, or all of it, as a tree that can be made smaller.

#include <functional>
#include <string>
#include <vector>

namespace tessera::correctness {

/// Kinds of terms besides the types of values.
inline constexpr const char* kQueryTerm = "query";
inline constexpr const char* kRelationTerm = "relation";

struct Term {
    /// {0}, {1}, … stand for the arguments, {*} for all of them with commas between, {&} with AND. One that begins with
    /// '?' is nothing when it has no argument left. Without arguments it is taken as it is.
    std::string form;
    /// pg_type.typname of a value, one of the kinds above, or empty for what can't be replaced.
    std::string type;
    std::vector<Term> args;

    std::string text() const;

    /// May arguments be removed?
    bool isList() const;
    bool isValue() const;
};

/// All terms of the tree, each before its arguments.
void forEachTerm(const Term& term, const std::function<void(const Term&)>& visit);

/// The smallest tree found that `differs` still holds for: terms are replaced by parts of them or by NULL, and lists
/// lose elements.
Term minimise(Term root, const std::function<bool(const Term&)>& differs);

}  // namespace tessera::correctness
