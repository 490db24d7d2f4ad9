#include "app/core/sql/tokens.h"

#include "common/strings.h"

#include <algorithm>
#include <array>

namespace tessera::app {

namespace {

// PostgreSQL 15, appendix C: reserved, or reserved but for functions and types.
constexpr std::array kReserved{"all",
                               "analyse",
                               "analyze",
                               "and",
                               "any",
                               "array",
                               "as",
                               "asc",
                               "asymmetric",
                               "authorization",
                               "binary",
                               "both",
                               "case",
                               "cast",
                               "check",
                               "collate",
                               "collation",
                               "column",
                               "concurrently",
                               "constraint",
                               "create",
                               "cross",
                               "current_catalog",
                               "current_date",
                               "current_role",
                               "current_schema",
                               "current_time",
                               "current_timestamp",
                               "current_user",
                               "default",
                               "deferrable",
                               "desc",
                               "distinct",
                               "do",
                               "else",
                               "end",
                               "except",
                               "false",
                               "fetch",
                               "for",
                               "foreign",
                               "freeze",
                               "from",
                               "full",
                               "grant",
                               "group",
                               "having",
                               "ilike",
                               "in",
                               "initially",
                               "inner",
                               "intersect",
                               "into",
                               "is",
                               "isnull",
                               "join",
                               "lateral",
                               "leading",
                               "left",
                               "like",
                               "limit",
                               "localtime",
                               "localtimestamp",
                               "natural",
                               "not",
                               "notnull",
                               "null",
                               "offset",
                               "on",
                               "only",
                               "or",
                               "order",
                               "outer",
                               "overlaps",
                               "placing",
                               "primary",
                               "references",
                               "returning",
                               "right",
                               "select",
                               "session_user",
                               "similar",
                               "some",
                               "symmetric",
                               "table",
                               "tablesample",
                               "then",
                               "to",
                               "trailing",
                               "true",
                               "union",
                               "unique",
                               "user",
                               "using",
                               "variadic",
                               "verbose",
                               "when",
                               "where",
                               "window",
                               "with"};

bool isDigit(char c) {
    return c >= '0' && c <= '9';
}

bool isNameStart(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || static_cast<unsigned char>(c) >= 0x80;
}

bool isNamePart(char c) {
    return isNameStart(c) || isDigit(c) || c == '$';
}

bool isOperatorSign(char c) {
    return std::string_view("+-*/<>=~!@#%^&|`?").find(c) != std::string_view::npos;
}

class Scanner {
  public:
    Scanner(std::string_view sql, bool with_comments) : sql_(sql), with_comments_(with_comments) {}

    std::vector<Token> run() {
        while (at_ < sql_.size()) {
            step();
        }
        return std::move(tokens_);
    }

  private:
    char peek(std::size_t ahead) const { return at_ + ahead < sql_.size() ? sql_[at_ + ahead] : '\0'; }

    void add(TokenKind kind, std::size_t end, bool is_open = false) {
        if (kind != TokenKind::kComment || with_comments_) {
            tokens_.push_back({kind, at_, end, is_open});
        }
        at_ = end;
    }

    void step() {
        const char c = sql_[at_];
        if (c == ' ' || (c >= '\t' && c <= '\r')) {
            ++at_;
        } else if (c == '-' && peek(1) == '-') {
            const std::size_t end = sql_.find('\n', at_);
            add(TokenKind::kComment, std::min(end, sql_.size()), end == std::string_view::npos);
        } else if (c == '/' && peek(1) == '*') {
            blockComment();
        } else if (isNameStart(c)) {
            word();
        } else if (isDigit(c) || (c == '.' && isDigit(peek(1)))) {
            number();
        } else if (c == '\'') {
            quoted(TokenKind::kString, at_, false);
        } else if (c == '"') {
            quoted(TokenKind::kQuotedWord, at_, false);
        } else if (c == '$') {
            dollar();
        } else if (c == ':') {
            colon();
        } else if (isOperatorSign(c)) {
            operatorSigns();
        } else {
            brackets_ += c == '[' ? 1 : c == ']' && brackets_ > 0 ? -1 : 0;
            add(TokenKind::kPunctuation, at_ + 1);
        }
    }

    void blockComment() {
        int depth = 0;
        std::size_t end = at_;
        while (end < sql_.size()) {
            const std::string_view two = sql_.substr(end, 2);
            if (two == "/*") {
                ++depth;
                end += 2;
            } else if (two == "*/") {
                end += 2;
                if (--depth == 0) {
                    break;
                }
            } else {
                ++end;
            }
        }
        add(TokenKind::kComment, end, depth > 0);
    }

    void word() {
        std::size_t end = at_;
        while (end < sql_.size() && isNamePart(sql_[end])) {
            ++end;
        }
        const bool is_prefix = end < sql_.size() && sql_[end] == '\'' && end == at_ + 1;
        if (is_prefix && std::string_view("eEbBxXnN").find(sql_[at_]) != std::string_view::npos) {
            quoted(TokenKind::kString, end, sql_[at_] == 'e' || sql_[at_] == 'E');
        } else if (end == at_ + 1 && (sql_[at_] == 'u' || sql_[at_] == 'U') && sql_.substr(end, 1) == "&" &&
                   end + 1 < sql_.size() && (sql_[end + 1] == '\'' || sql_[end + 1] == '"')) {
            quoted(sql_[end + 1] == '"' ? TokenKind::kQuotedWord : TokenKind::kString, end + 1, false);
        } else {
            add(TokenKind::kWord, end);
        }
    }

    void number() {
        std::size_t end = at_;
        while (end < sql_.size() && isDigit(sql_[end])) {
            ++end;
        }
        // "1..2" is a range of numbers in PL/pgSQL, not two fractions.
        if (end < sql_.size() && sql_[end] == '.' && !(end + 1 < sql_.size() && sql_[end + 1] == '.')) {
            ++end;
            while (end < sql_.size() && isDigit(sql_[end])) {
                ++end;
            }
        }
        if (end < sql_.size() && (sql_[end] == 'e' || sql_[end] == 'E')) {
            std::size_t digits = end + 1;
            digits += digits < sql_.size() && (sql_[digits] == '+' || sql_[digits] == '-') ? 1 : 0;
            if (digits < sql_.size() && isDigit(sql_[digits])) {
                end = digits;
                while (end < sql_.size() && isDigit(sql_[end])) {
                    ++end;
                }
            }
        }
        add(TokenKind::kNumber, end);
    }

    void quoted(TokenKind kind, std::size_t open, bool has_escapes) {
        const char quote = sql_[open];
        std::size_t end = open + 1;
        while (end < sql_.size()) {
            if (has_escapes && sql_[end] == '\\') {
                end += 2;
            } else if (sql_[end] != quote) {
                ++end;
            } else if (end + 1 < sql_.size() && sql_[end + 1] == quote) {
                end += 2;
            } else {
                add(kind, end + 1);
                return;
            }
        }
        add(kind, sql_.size(), true);
    }

    void dollar() {
        if (isDigit(peek(1))) {
            std::size_t end = at_ + 1;
            while (end < sql_.size() && isDigit(sql_[end])) {
                ++end;
            }
            add(TokenKind::kPositionalParameter, end);
            return;
        }
        std::size_t tag_end = at_ + 1;
        while (tag_end < sql_.size() && isNamePart(sql_[tag_end]) && sql_[tag_end] != '$') {
            ++tag_end;
        }
        if (tag_end >= sql_.size() || sql_[tag_end] != '$') {
            add(TokenKind::kPunctuation, at_ + 1);
            return;
        }
        const std::string_view tag = sql_.substr(at_, tag_end + 1 - at_);
        const std::size_t close = sql_.find(tag, tag_end + 1);
        const bool is_open = close == std::string_view::npos;
        add(TokenKind::kString, is_open ? sql_.size() : close + tag.size(), is_open);
    }

    void colon() {
        if (peek(1) == ':' || peek(1) == '=') {
            add(TokenKind::kOperator, at_ + 2);
        } else if (brackets_ == 0 && isNameStart(peek(1))) {
            std::size_t end = at_ + 1;
            while (end < sql_.size() && isNamePart(sql_[end])) {
                ++end;
            }
            add(TokenKind::kNamedParameter, end);
        } else {
            // a[1:n] is a slice.
            add(TokenKind::kPunctuation, at_ + 1);
        }
    }

    void operatorSigns() {
        std::size_t end = at_ + 1;
        while (end < sql_.size() && isOperatorSign(sql_[end]) && sql_.substr(end, 2) != "--" &&
               sql_.substr(end, 2) != "/*") {
            ++end;
        }
        // As PostgreSQL: an operator ends with + or - only if it has one of these signs, so that "a=-1" is "a = -1".
        while (end > at_ + 1 && (sql_[end - 1] == '+' || sql_[end - 1] == '-') &&
               sql_.substr(at_, end - at_).find_first_of("~!@#%^&|`?") == std::string_view::npos) {
            --end;
        }
        add(TokenKind::kOperator, end);
    }

    std::string_view sql_;
    bool with_comments_;
    std::size_t at_ = 0;
    int brackets_ = 0;
    std::vector<Token> tokens_;
};

}  // namespace

std::vector<Token> tokensOf(std::string_view sql, bool with_comments) {
    return Scanner(sql, with_comments).run();
}

std::string nameOf(const Token& token, std::string_view sql) {
    std::string_view text = token.of(sql);
    if (token.kind != TokenKind::kQuotedWord) {
        return toLowerAscii(text);
    }
    text.remove_prefix(text.find('"') + 1);
    if (!token.is_open) {
        text.remove_suffix(1);
    }
    std::string name;
    for (std::size_t i = 0; i < text.size(); ++i) {
        name += text[i];
        i += text[i] == '"' ? 1 : 0;
    }
    return name;
}

bool isKeyword(const Token& token, std::string_view sql, std::string_view keyword) {
    return token.kind == TokenKind::kWord && token.end - token.begin == keyword.size() &&
           toLowerAscii(token.of(sql)) == keyword;
}

bool isSign(const Token& token, std::string_view sql, char sign) {
    return token.kind == TokenKind::kPunctuation && sql[token.begin] == sign;
}

bool isReservedWord(std::string_view folded) {
    return std::binary_search(kReserved.begin(), kReserved.end(), folded,
                              [](std::string_view a, std::string_view b) { return a < b; });
}

std::string quotedIfNeeded(std::string_view name) {
    const auto is_plain = [](char c) { return (c >= 'a' && c <= 'z') || c == '_' || isDigit(c); };
    const bool needs_quotes = name.empty() || isDigit(name.front()) ||
                              !std::all_of(name.begin(), name.end(), is_plain) || isReservedWord(name);
    return needs_quotes ? quoteIdentifier(name) : std::string(name);
}

std::vector<ParameterUse> namedParametersOf(std::string_view sql) {
    std::vector<ParameterUse> uses;
    for (const Token& token : tokensOf(sql)) {
        if (token.kind == TokenKind::kNamedParameter) {
            uses.push_back({std::string(token.of(sql).substr(1)), token.begin, token.end});
        }
    }
    return uses;
}

BoundStatement bindNamedParameters(std::string_view sql) {
    BoundStatement bound;
    bound.uses = namedParametersOf(sql);
    std::size_t copied = 0;
    for (const ParameterUse& use : bound.uses) {
        auto found = std::find(bound.names.begin(), bound.names.end(), use.name);
        if (found == bound.names.end()) {
            bound.names.push_back(use.name);
            found = bound.names.end() - 1;
        }
        bound.sql += sql.substr(copied, use.begin - copied);
        bound.sql += '$' + std::to_string(found - bound.names.begin() + 1);
        copied = use.end;
    }
    bound.sql += sql.substr(copied);
    return bound;
}

std::size_t BoundStatement::originalOffset(std::size_t offset) const {
    std::size_t shift = 0;  // original = bound + shift, behind the uses passed so far
    for (const ParameterUse& use : uses) {
        const std::size_t begin = use.begin - shift;
        if (offset < begin) {
            break;
        }
        const auto number = std::find(names.begin(), names.end(), use.name) - names.begin() + 1;
        const std::size_t length = 1 + std::to_string(number).size();
        if (offset < begin + length) {
            return use.begin;
        }
        shift += use.end - use.begin - length;  // may wrap, and back
    }
    return offset + shift;
}

}  // namespace tessera::app
