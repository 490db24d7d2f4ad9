#pragma once

/// The words and signs of SQL text as PostgreSQL's scanner sees them, but tolerant: text that is being typed has open
/// quotes and half words, and pg_query_scan() gives nothing at all for those. Pure; any thread.

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace tessera::app {

enum class TokenKind : std::uint8_t {
    kWord,
    kQuotedWord,
    kNumber,
    kString,
    /// $1
    kPositionalParameter,
    /// :name, a parameter that the workbench fills in.
    kNamedParameter,
    kOperator,
    /// One of ( ) [ ] , . ; and a colon that is no parameter.
    kPunctuation,
    kComment,
};

struct Token {
    TokenKind kind;
    std::size_t begin;
    std::size_t end;
    /// Ends with the text although its quote or comment was never closed.
    bool is_open = false;

    std::string_view of(std::string_view sql) const { return sql.substr(begin, end - begin); }

    bool isName() const { return kind == TokenKind::kWord || kind == TokenKind::kQuotedWord; }
};

std::vector<Token> tokensOf(std::string_view sql, bool with_comments = false);

/// A name as the server stores it: lower case, or what stands between the quotes.
std::string nameOf(const Token& token, std::string_view sql);

/// Whether it is this keyword (lower case).
bool isKeyword(const Token& token, std::string_view sql, std::string_view keyword);
bool isSign(const Token& token, std::string_view sql, char sign);

/// As SQL needs it: quoted where it is a reserved word or has other characters than a plain name.
std::string quotedIfNeeded(std::string_view name);

bool isReservedWord(std::string_view folded);

/// Where a named parameter stands, without its colon being part of the name.
struct ParameterUse {
    std::string name;
    std::size_t begin;
    std::size_t end;
};

std::vector<ParameterUse> namedParametersOf(std::string_view sql);

/// The statement with :name as $1, $2, …; `names` in order of the numbers.
struct BoundStatement {
    std::string sql;
    std::vector<std::string> names;
    std::vector<ParameterUse> uses;

    /// Where a byte of `sql` stands in the text it was made from.
    std::size_t originalOffset(std::size_t offset) const;
};

BoundStatement bindNamedParameters(std::string_view sql);

}  // namespace tessera::app
