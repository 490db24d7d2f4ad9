#include "app/core/sql/statement_splitter.h"

#include "common/strings.h"

#include <string>

namespace tessera::app {

namespace {

bool isIdentifierStart(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || static_cast<unsigned char>(c) >= 0x80;
}

bool isIdentifierPart(char c) {
    return isIdentifierStart(c) || (c >= '0' && c <= '9') || c == '$';
}

bool isSpace(char c) {
    return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\f' || c == '\v';
}

class Splitter {
  public:
    explicit Splitter(std::string_view sql) : sql_(sql) {}

    std::vector<StatementRange> run() {
        while (at_ < sql_.size()) {
            step();
        }
        finish(sql_.size());
        return std::move(statements_);
    }

  private:
    char peek(std::size_t ahead) const { return at_ + ahead < sql_.size() ? sql_[at_ + ahead] : '\0'; }

    void step() {
        const char c = sql_[at_];
        if (isSpace(c)) {
            ++at_;
        } else if (c == '-' && peek(1) == '-') {
            const std::size_t line_end = sql_.find('\n', at_);
            at_ = line_end == std::string_view::npos ? sql_.size() : line_end + 1;
        } else if (c == '/' && peek(1) == '*') {
            skipBlockComment();
        } else if (c == ';' && body_depth_ == 0 && !(is_rule_ && parentheses_ > 0)) {
            ++at_;
            finish(at_);
        } else {
            token(c);
        }
    }

    void token(char c) {
        if (!begun_) {
            begun_ = true;
            begin_ = at_;
        }
        if (c == '\'') {
            skipQuoted('\'', false);
        } else if (c == '"') {
            skipQuoted('"', false);
        } else if (c == '$') {
            skipDollar();
        } else if (isIdentifierStart(c)) {
            word();
        } else if (c >= '0' && c <= '9') {
            while (at_ < sql_.size() && isIdentifierPart(sql_[at_])) {
                ++at_;
            }
        } else {
            parentheses_ += c == '(' ? 1 : c == ')' && parentheses_ > 0 ? -1 : 0;
            ++at_;
        }
        last_token_end_ = at_;
    }

    /// A keyword, an identifier, or the letter before an escape string: E'it\'s'.
    void word() {
        const std::size_t start = at_;
        while (at_ < sql_.size() && isIdentifierPart(sql_[at_])) {
            ++at_;
        }
        const std::string word = toLowerAscii(sql_.substr(start, at_ - start));
        if (word == "e" && at_ < sql_.size() && sql_[at_] == '\'') {
            skipQuoted('\'', true);
            return;
        }
        ++words_;
        if (words_ == 1) {
            is_create_ = word == "create";
        }
        if (is_create_) {
            trackCreate(word);
        }
        previous_word_ = word;
    }

    /// Only CREATE FUNCTION and CREATE PROCEDURE have SQL bodies, only CREATE RULE has statements in parentheses.
    void trackCreate(const std::string& word) {
        constexpr int kKindWithin = 4;  // "create or replace function"
        if (words_ <= kKindWithin) {
            has_body_ = has_body_ || word == "function" || word == "procedure";
            is_rule_ = is_rule_ || word == "rule";
        }
        if (!has_body_) {
            return;
        }
        if (word == "atomic" && previous_word_ == "begin") {
            ++body_depth_;
        } else if (body_depth_ > 0 && word == "case") {
            ++body_depth_;
        } else if (body_depth_ > 0 && word == "end") {
            --body_depth_;
        }
    }

    void skipQuoted(char quote, bool backslash_escapes) {
        ++at_;
        while (at_ < sql_.size()) {
            if (backslash_escapes && sql_[at_] == '\\') {
                at_ += 2;
            } else if (sql_[at_] != quote) {
                ++at_;
            } else if (peek(1) == quote) {
                at_ += 2;
            } else {
                ++at_;
                return;
            }
        }
        at_ = sql_.size();
    }

    /// $$…$$ and $tag$…$tag$; a parameter like $1 is none.
    void skipDollar() {
        std::size_t tag_end = at_ + 1;
        if (tag_end < sql_.size() && isIdentifierStart(sql_[tag_end])) {
            while (tag_end < sql_.size() && isIdentifierPart(sql_[tag_end]) && sql_[tag_end] != '$') {
                ++tag_end;
            }
        }
        if (tag_end >= sql_.size() || sql_[tag_end] != '$') {
            ++at_;
            return;
        }
        const std::string_view tag = sql_.substr(at_, tag_end + 1 - at_);
        const std::size_t close = sql_.find(tag, tag_end + 1);
        at_ = close == std::string_view::npos ? sql_.size() : close + tag.size();
    }

    void skipBlockComment() {
        int depth = 0;
        while (at_ < sql_.size()) {
            if (sql_[at_] == '/' && peek(1) == '*') {
                ++depth;
                at_ += 2;
            } else if (sql_[at_] == '*' && peek(1) == '/') {
                at_ += 2;
                if (--depth == 0) {
                    return;
                }
            } else {
                ++at_;
            }
        }
    }

    void finish(std::size_t terminator) {
        if (begun_) {
            statements_.push_back({begin_, last_token_end_, terminator});
        }
        begun_ = false;
        words_ = 0;
        parentheses_ = 0;
        body_depth_ = 0;
        is_create_ = has_body_ = is_rule_ = false;
        previous_word_.clear();
    }

    std::string_view sql_;
    std::size_t at_ = 0;
    std::vector<StatementRange> statements_;

    // Of the statement being read.
    bool begun_ = false;
    std::size_t begin_ = 0;
    std::size_t last_token_end_ = 0;
    int words_ = 0;
    int parentheses_ = 0;
    int body_depth_ = 0;
    bool is_create_ = false;
    bool has_body_ = false;
    bool is_rule_ = false;
    std::string previous_word_;
};

/// Whether the caret stands behind a statement with nothing but blanks of the same line in between.
bool followsOnSameLine(std::string_view sql, std::size_t terminator, std::size_t offset) {
    if (offset < terminator) {
        return false;
    }
    const std::string_view between = sql.substr(terminator, offset - terminator);
    return between.find_first_not_of(" \t") == std::string_view::npos;
}

}  // namespace

std::vector<StatementRange> splitStatements(std::string_view sql) {
    return Splitter(sql).run();
}

std::optional<StatementRange> statementAt(std::string_view sql, std::size_t offset) {
    std::optional<StatementRange> before;
    for (const StatementRange& statement : splitStatements(sql)) {
        if (before && followsOnSameLine(sql, before->terminator, offset) && offset < statement.begin) {
            return before;
        }
        if (offset < statement.terminator) {
            return statement;
        }
        before = statement;
    }
    return before;
}

}  // namespace tessera::app
