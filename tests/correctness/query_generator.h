#pragma once

/// Random queries over t and u of a source, made of what its dialect says it can do: expressions are drawn from the
/// dialect's own tables, statements are of every shape. The same seed gives the same queries. Each has one right
/// answer: rows are only cut off in a total order, and keys of groups are of types whose equal values look alike.
///
/// Tables are named as the search path has them: t and u of the source, t2 and u2 of a second server, and copy.t,
/// which is local.

#include "nodeservice/postgres/connection.h"
#include "plugins/sdk/dialect/dialect.h"
#include "tests/correctness/sources.h"
#include "tests/correctness/term.h"

#include <map>
#include <random>
#include <string>
#include <vector>

namespace tessera::correctness {

struct RandomQuery {
    Term root;
    std::vector<std::string> parameters;
    /// What each alias in it stands for.
    std::map<std::string, std::string> relations;

    std::string sql() const { return root.text(); }

    /// Its own order is total; without one the rows are a set. What has been made smaller may have lost it.
    bool isOrdered() const {
        return root.form.starts_with("EXPLAIN") ||
               (!root.args.empty() && root.args.back().form.find(" ORDER BY ") != std::string::npos);
    }
};

/// Do values of the type that are equal have the same text? Floats have two zeros, numerics trailing ones, and so on.
bool alwaysLooksAlike(const std::string& type);

class QueryGenerator {
  public:
    /// Asks for the types of functions, and which of them fail, of a connection whose t and u are local.
    static Result<QueryGenerator> make(postgres::Connection& copies, const Source& source);

    void reseed(std::uint32_t seed) { random_.seed(seed); }

    RandomQuery next();

  private:
    struct Column {
        std::string text;
        std::string type;
        bool looks_alike = false;  // when equal
    };

    /// What an expression may name.
    struct Scope {
        std::vector<Column> columns;
        std::vector<std::string> ids;  // one of each tells the rows apart
    };

    explicit QueryGenerator(const Source& source) : columns_(source.table().columns()) {}

    // query_generator.cpp: expressions
    void addFunctions(const dialect::Dialect& dialect, const std::map<std::string, std::string>& results);
    void addForms();
    void addProducer(Term producer);
    void probe(postgres::Connection& copies);
    std::string literal(const std::string& type);
    Term column(const std::string& type);
    Term tame(const std::string& type, bool not_zero);
    Term leaf(const std::string& type);
    Term term(const std::string& type, int depth);
    Term condition(int depth);
    std::string parameter(const std::string& value, const std::string& type);

    // query_shapes.cpp: statements
    Term table(bool small);
    Term derived(bool lateral);
    Term relation(bool small);
    Term from();
    Term where();
    Term key(const std::string& type);
    Term keys(std::size_t count);
    std::string keyType();
    std::string ids() const;
    Term aggregate();
    Term exists();
    Term in();
    Term scalar(const std::string& type);
    std::string limit();
    Term rows();
    Term distinct();
    Term groups();
    Term windows();
    Term setOperation(int depth, const std::vector<std::string>& types);
    void declare(const std::string& alias, const std::string& text);

    std::string newAlias() { return "r" + std::to_string(aliases_++); }

    std::size_t below(std::size_t bound) { return static_cast<std::size_t>(random_() % bound); }

    bool chance(std::size_t percent) { return below(100) < percent; }

    template <class T>
    const T& oneOf(const std::vector<T>& list) {
        return list[below(list.size())];
    }

    std::vector<HostileColumn> columns_;
    std::vector<std::string> types_;
    std::vector<Term> candidates_;                        // before they are probed
    std::map<std::string, std::vector<Term>> producers_;  // by the type of the result; holes are named by their types
    std::map<std::string, std::vector<Term>> failing_;    // those that fail on some values
    std::mt19937 random_;

    // The query under way
    Scope scope_;
    RandomQuery* query_ = nullptr;
    Term with_;
    int aliases_ = 0;
    int subqueries_ = 0;
    bool is_mixed_ = false;  // with tables of other servers
};

}  // namespace tessera::correctness
