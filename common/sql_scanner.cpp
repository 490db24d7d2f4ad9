#include "common/sql_scanner.h"

namespace tessera {

namespace {

bool isDigit(char c) {
    return c >= '0' && c <= '9';
}

bool isWordCharacter(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || isDigit(c) || c == '_' ||
           static_cast<unsigned char>(c) >= 0x80;
}

}  // namespace

std::size_t SqlScanner::after(std::string_view end, std::size_t from) const {
    const std::size_t found = sql_.find(end, from);
    return found == std::string_view::npos ? sql_.size() + 1 : found + end.size();
}

/// Doubled quotes are two quotations side by side, which comes to the same.
std::size_t SqlScanner::afterQuote(char quote, bool has_backslashes) const {
    for (std::size_t i = at_ + 1; i < sql_.size(); ++i) {
        if (has_backslashes && sql_[i] == '\\') {
            ++i;
        } else if (sql_[i] == quote) {
            return i + 1;
        }
    }
    return sql_.size() + 1;
}

std::size_t SqlScanner::afterComment() const {
    int depth = 0;
    for (std::size_t i = at_; i < sql_.size(); ++i) {
        const std::string_view pair = sql_.substr(i, 2);
        if (pair == "/*") {
            ++depth;
            ++i;
        } else if (pair == "*/") {
            ++i;
            if (--depth == 0) {
                return i + 1;
            }
        }
    }
    return sql_.size() + 1;
}

std::size_t SqlScanner::afterDollar() const {
    std::size_t end = at_ + 1;
    while (end < sql_.size() && isWordCharacter(sql_[end])) {
        ++end;
    }
    const bool is_quote = end < sql_.size() && sql_[end] == '$' && !isDigit(sql_[at_ + 1]);
    return is_quote ? after(sql_.substr(at_, end + 1 - at_), end + 1) : at_ + 1;
}

std::size_t SqlScanner::afterToken() const {
    if (isHere("--")) {
        return after("\n", at_);
    }
    if (isHere("/*")) {
        return afterComment();
    }
    const char c = sql_[at_];
    if (c == '"') {
        return afterQuote('"', false);
    }
    if (c == '\'') {
        const bool is_escaping =
            at_ > 0 && (sql_[at_ - 1] == 'e' || sql_[at_ - 1] == 'E') && (at_ == 1 || !isWordCharacter(sql_[at_ - 2]));
        return afterQuote('\'', is_escaping);
    }
    const bool is_within_word = at_ > 0 && (isWordCharacter(sql_[at_ - 1]) || sql_[at_ - 1] == '$');
    return c == '$' && !is_within_word ? afterDollar() : at_ + 1;
}

}  // namespace tessera
