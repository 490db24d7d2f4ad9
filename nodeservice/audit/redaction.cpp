#include "nodeservice/audit/redaction.h"

#include <algorithm>
#include <cctype>

namespace tessera::audit {

namespace {

bool isWordByte(char c) {
    return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_' || c == '$' ||
           (static_cast<unsigned char>(c) & 0x80U) != 0;
}

class Redaction {
  public:
    explicit Redaction(std::string_view sql) : sql_(sql) {}

    std::string run() {
        while (at_ < sql_.size()) {
            step();
        }
        while (out_.ends_with(' ')) {
            out_.pop_back();
        }
        return std::move(out_);
    }

  private:
    char peek(std::size_t ahead = 0) const { return at_ + ahead < sql_.size() ? sql_[at_ + ahead] : '\0'; }

    void step() {
        const char c = peek();
        if (std::isspace(static_cast<unsigned char>(c)) != 0) {
            blank();
            ++at_;
        } else if (c == '-' && peek(1) == '-') {
            at_ = std::min(sql_.find('\n', at_), sql_.size());
            blank();
        } else if (c == '/' && peek(1) == '*') {
            skipComment();
            blank();
        } else if (c == '\'') {
            skipText(false);
        } else if (c == '"') {
            keepName();
        } else if (c == '$' && skipDollarText()) {
            return;
        } else if (std::isdigit(static_cast<unsigned char>(c)) != 0 ||
                   (c == '.' && std::isdigit(static_cast<unsigned char>(peek(1))) != 0)) {
            skipNumber();
        } else if (isWordByte(c)) {
            keepWord();
        } else {
            out_ += c;
            ++at_;
        }
    }

    void blank() {
        if (!out_.empty() && !out_.ends_with(' ')) {
            out_ += ' ';
        }
    }

    void skipComment() {
        int depth = 0;
        do {
            if (peek() == '/' && peek(1) == '*') {
                ++depth;
                ++at_;
            } else if (peek() == '*' && peek(1) == '/') {
                --depth;
                ++at_;
            }
            ++at_;
        } while (depth > 0 && at_ < sql_.size());
        at_ = std::min(at_, sql_.size());
    }

    /// From its first quote to behind its last. Where a backslash stands before a quote, a setting of the session, or
    /// the literal before this one, decides whether the text ends there: then all the rest may be text.
    void skipText(bool has_escapes) {
        for (++at_; at_ < sql_.size(); ++at_) {
            if (peek() == '\\' && (has_escapes || peek(1) == '\\')) {
                ++at_;
            } else if (peek() == '\\' && peek(1) == '\'') {
                at_ = sql_.size();
            } else if (peek() == '\'' && peek(1) == '\'') {
                ++at_;
            } else if (peek() == '\'') {
                ++at_;
                break;
            }
        }
        at_ = std::min(at_, sql_.size());
        out_ += '?';
    }

    void keepName() {
        const std::size_t begin = at_;
        const std::size_t end = sql_.find('"', at_ + 1);
        at_ = end == std::string_view::npos ? sql_.size() : end + 1;
        out_ += end == std::string_view::npos ? std::string_view("?") : sql_.substr(begin, at_ - begin);
    }

    /// $tag$…$tag$; false for $1 and what is no quote.
    bool skipDollarText() {
        std::size_t end = at_ + 1;
        while (end < sql_.size() && isWordByte(sql_[end]) && sql_[end] != '$') {
            ++end;
        }
        if (end >= sql_.size() || sql_[end] != '$' || std::isdigit(static_cast<unsigned char>(peek(1))) != 0) {
            return false;
        }
        const std::string_view tag = sql_.substr(at_, end + 1 - at_);
        const std::size_t close = sql_.find(tag, end + 1);
        at_ = close == std::string_view::npos ? sql_.size() : close + tag.size();
        out_ += '?';
        return true;
    }

    void skipNumber() {
        while (isWordByte(peek()) || peek() == '.' ||
               ((peek() == '+' || peek() == '-') && (sql_[at_ - 1] == 'e' || sql_[at_ - 1] == 'E'))) {
            ++at_;
        }
        out_ += '?';
    }

    /// A keyword or name, or a parameter; or what stands before a quote: E'…', B'…', X'…', N'…', U&'…'.
    void keepWord() {
        const std::size_t begin = at_;
        while (isWordByte(peek())) {
            ++at_;
        }
        const std::string_view word = sql_.substr(begin, at_ - begin);
        if (peek() == '\'' && word.size() == 1) {
            skipText(word == "e" || word == "E");
        } else if (peek() == '&' && peek(1) == '\'' && (word == "u" || word == "U")) {
            ++at_;
            skipText(false);
        } else {
            out_ += word;
        }
    }

    std::string_view sql_;
    std::size_t at_ = 0;
    std::string out_;
};

}  // namespace

std::string redacted(std::string_view sql) {
    return Redaction(sql).run();
}

}  // namespace tessera::audit
