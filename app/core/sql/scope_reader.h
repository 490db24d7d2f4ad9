#pragma once

/// The reading behind scopeAt(): relations, CTEs and output columns of query blocks, over the tokens of one statement.
/// Used by scope.cpp and name_check.cpp only.

#include "app/core/sql/scope.h"

namespace tessera::app {

/// A range of tokens.
struct TokenRange {
    std::size_t begin = 0;
    std::size_t end = 0;
};

class ScopeReader {
  public:
    using Relations = std::vector<ScopeRelation>;

    static constexpr std::size_t kNoToken = static_cast<std::size_t>(-1);

    ScopeReader(std::string_view sql, const NameIndex* names);

    const std::vector<Token>& tokens() const { return tokens_; }

    std::string_view sql() const { return sql_; }

    /// The token that closes a parenthesis, or the number of tokens.
    std::size_t closing(std::size_t open) const { return closing_[open]; }

    /// The word being typed is no name yet.
    void ignoreToken(std::size_t token) { ignored_ = token; }

    bool is(std::size_t token, std::string_view keyword) const {
        return token < tokens_.size() && isKeyword(tokens_[token], sql_, keyword);
    }

    bool isAny(std::size_t token, std::initializer_list<std::string_view> keywords) const;

    bool isSignAt(std::size_t token, char sign) const {
        return token < tokens_.size() && isSign(tokens_[token], sql_, sign);
    }

    /// Whether a query begins at the token.
    bool beginsQuery(std::size_t token) const {
        return isAny(token, {"select", "with", "values", "table", "insert", "update", "delete"});
    }

    /// Where the query of a statement begins: behind EXPLAIN, CREATE VIEW … AS and the like.
    std::size_t queryBegin() const;

    /// Adds the CTEs of a WITH clause and returns the token behind it. Stops before the CTE whose body holds `stop`,
    /// and says so by returning kNoToken.
    std::size_t readWith(TokenRange block, Relations& ctes, std::size_t stop = kNoToken) const;

    /// The arm of UNION, INTERSECT or EXCEPT that holds the token.
    TokenRange armAt(TokenRange block, std::size_t token) const;

    /// What the arm takes rows from; `target` is what it writes to.
    Relations relationsOf(TokenRange arm, const Relations& ctes, std::optional<ScopeRelation>* target = nullptr) const;

    std::vector<ScopeColumn> outputColumns(TokenRange block, Relations ctes, int depth = 0) const;

    /// The clause that the token stands in, by the keywords before it in the arm: "where", "group by", "join", ….
    std::string clauseAt(TokenRange arm, std::size_t token) const;

  private:
    struct Item {
        ScopeRelation relation;
        std::size_t next;  // the token behind it
    };

    std::optional<Item> readItem(std::size_t at, std::size_t end, const Relations& ctes, int depth) const;
    void readAlias(Item& item, std::size_t end) const;
    void readItems(TokenRange range, bool is_in_from, const Relations& ctes, Relations& relations,
                   std::optional<ScopeRelation>* target, int depth) const;
    Relations relationsOf(TokenRange arm, const Relations& ctes, std::optional<ScopeRelation>* target, int depth) const;
    ScopeColumn outputColumn(TokenRange item, const Relations& relations) const;
    void resolve(ScopeRelation& relation, const Relations& ctes) const;

    std::string_view sql_;
    const NameIndex* names_;
    std::vector<Token> tokens_;
    std::vector<std::size_t> closing_;
    std::size_t ignored_ = kNoToken;
};

}  // namespace tessera::app
