#include "app/core/sql/transaction_words.h"

#include "app/core/sql/tokens.h"

#include <algorithm>
#include <array>

namespace tessera::app {

TransactionWord transactionWordOf(std::string_view statement) {
    const std::vector<Token> tokens = tokensOf(statement);
    if (tokens.empty()) {
        return TransactionWord::kNone;
    }
    const auto is = [&](const Token& token, std::string_view word) { return isKeyword(token, statement, word); };
    if (is(tokens.front(), "begin") || is(tokens.front(), "start")) {
        return TransactionWord::kBegin;
    }
    constexpr std::array kEnds{"commit", "end", "rollback", "abort"};
    if (std::none_of(kEnds.begin(), kEnds.end(), [&](const char* word) { return is(tokens.front(), word); })) {
        return TransactionWord::kNone;
    }
    const bool is_partial =
        std::any_of(tokens.begin(), tokens.end(), [&](const Token& token) { return is(token, "to"); });
    return is_partial ? TransactionWord::kNone : TransactionWord::kEnd;
}

}  // namespace tessera::app
