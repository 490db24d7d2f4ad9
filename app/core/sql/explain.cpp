#include "app/core/sql/explain.h"

#include "app/core/sql/tokens.h"

#include <algorithm>
#include <initializer_list>

namespace tessera::app {

namespace {

bool isAnyKeyword(const Token& token, std::string_view sql, std::initializer_list<std::string_view> keywords) {
    return std::any_of(keywords.begin(), keywords.end(),
                       [&](std::string_view keyword) { return isKeyword(token, sql, keyword); });
}

}  // namespace

Result<ExplainPrefix> explainPrefixFor(std::string_view statement, bool wants_measured) {
    const std::vector<Token> tokens = tokensOf(statement);
    const auto first = std::find_if(tokens.begin(), tokens.end(), [&](const Token& token) {
        return !isSign(token, statement, '(');  // (SELECT …) UNION …
    });
    if (first == tokens.end()) {
        return fail(ErrorCode::kInvalidArgument, "there is no statement to explain");
    }
    if (isKeyword(*first, statement, "explain")) {
        return fail(ErrorCode::kInvalidArgument, "this is an EXPLAIN already", "run it, or take the word away");
    }
    if (!isAnyKeyword(*first, statement,
                      {"select", "with", "values", "table", "insert", "update", "delete", "merge", "execute"})) {
        std::string word(first->of(statement));
        std::transform(word.begin(), word.end(), word.begin(),
                       [](char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c; });
        return fail(ErrorCode::kInvalidArgument, "there is no plan for " + word + " statements",
                    "SELECT, INSERT, UPDATE, DELETE, MERGE, VALUES and EXECUTE have one");
    }
    const bool may_change =
        isKeyword(*first, statement, "execute") || std::any_of(tokens.begin(), tokens.end(), [&](const Token& token) {
            return isAnyKeyword(token, statement, {"insert", "update", "delete", "merge", "into", "share"});
        });
    const bool is_measured = wants_measured && !may_change;
    return ExplainPrefix{
        is_measured ? "EXPLAIN (ANALYZE, VERBOSE, BUFFERS, FORMAT JSON) " : "EXPLAIN (VERBOSE, FORMAT JSON) ",
        is_measured};
}

}  // namespace tessera::app
