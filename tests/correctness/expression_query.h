#pragma once

/// Random queries on the tables t and u of a mesh, made of what its dialect says it can do: expressions are drawn from
/// the dialect's own tables. The same seed gives the same queries.

#include "plugins/sdk/dialect/dialect.h"
#include "tests/correctness/mesh.h"

#include <functional>
#include <map>
#include <random>
#include <string>
#include <vector>

namespace tessera::correctness {

/// An expression: "{0} + {1}" of its arguments.
struct Term {
    std::string form;
    std::string type;
    std::vector<Term> args;

    std::string text() const;
};

struct ExpressionQuery {
    std::vector<Term> outputs;
    std::vector<Term> conditions;
    std::vector<Term> group_by;
    std::vector<Term> aggregates;
    std::string join;  // "JOIN $u u ON t.i4 = u.i4", or empty
    std::string tail;  // ORDER BY … LIMIT …, or empty
    std::vector<std::string> parameters;

    /// With $t and $u for the tables.
    std::string sql() const;
};

class QueryGenerator {
  public:
    /// Asks the node for the types of the functions' results.
    static Result<QueryGenerator> make(Mesh& mesh, std::uint32_t seed);

    ExpressionQuery next();

  private:
    QueryGenerator(const Mesh& mesh, std::uint32_t seed) : columns_(mesh.source().table().columns()), random_(seed) {}

    std::size_t below(std::size_t bound) { return static_cast<std::size_t>(random_() % bound); }

    template <class T>
    const T& oneOf(const std::vector<T>& list) {
        return list[below(list.size())];
    }

    void addFunctions(const dialect::Dialect& dialect, const std::map<std::string, std::string>& results);
    void addForms();
    std::string literal(const std::string& type);
    Term leaf(const std::string& type);
    Term term(const std::string& type, int depth);
    Term condition(int depth);

    std::vector<HostileColumn> columns_;
    std::vector<std::string> types_;
    std::map<std::string, std::vector<Term>> producers_;  // by the type of the result; args are named by their types
    std::mt19937 random_;
    bool joined_ = false;
    std::vector<std::string>* parameters_ = nullptr;
};

/// The smallest query found that `differs` still holds for: without outputs, conditions and parts of expressions.
ExpressionQuery minimise(ExpressionQuery query, const std::function<bool(const ExpressionQuery&)>& differs);

}  // namespace tessera::correctness
