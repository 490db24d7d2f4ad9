#include "app/core/sql/formatter.h"

#include "app/core/sql/parser.h"
#include "app/core/sql/statement_splitter.h"
#include "app/core/sql/tokens.h"
#include "common/strings.h"

#include <algorithm>
#include <array>
#include <vector>

namespace tessera::app {

namespace {

// Keywords that are not reserved, where their place says that they are meant. Sorted.
constexpr std::array kSoftKeywords{"begin",  "between", "by",     "coalesce",  "cross",     "delete",    "except",
                                   "exists", "explain", "filter", "first",     "insert",    "into",      "last",
                                   "nulls",  "nullif",  "over",   "partition", "recursive", "returning", "rows",
                                   "set",    "update",  "values", "within"};

enum class Clause { kNone, kNewLine, kNewLineList };

class Formatter {
  public:
    Formatter(std::string_view sql, const FormatSettings& settings)
        : sql_(sql), settings_(settings), tokens_(tokensOf(sql, true)), closing_(tokens_.size(), tokens_.size()) {
        std::vector<std::size_t> open;
        for (std::size_t i = 0; i < tokens_.size(); ++i) {
            if (isSign(tokens_[i], sql_, '(')) {
                open.push_back(i);
            } else if (isSign(tokens_[i], sql_, ')') && !open.empty()) {
                closing_[open.back()] = i;
                open.pop_back();
            }
        }
    }

    std::string run() {
        for (at_ = 0; at_ < tokens_.size(); ++at_) {
            write();
        }
        while (ends_line_ && !out_.empty() && (out_.back() == '\n' || out_.back() == ' ')) {
            out_.pop_back();
        }
        return std::move(out_);
    }

  private:
    struct Block {
        /// Columns its clauses begin at.
        std::size_t indent = 0;
        /// Whether the list of the clause has a line for each item.
        bool is_list_broken = false;
        bool is_query = true;
    };

    bool is(std::size_t token, std::string_view word) const {
        return token < tokens_.size() && isKeyword(tokens_[token], sql_, word);
    }

    bool isSignAt(std::size_t token, char sign) const {
        return token < tokens_.size() && isSign(tokens_[token], sql_, sign);
    }

    void write() {
        const Token& token = tokens_[at_];
        if (token.kind == TokenKind::kComment) {
            writeComment(token);
            return;
        }
        if (isSignAt(at_, ')')) {
            closeBlock();
        }
        const Clause clause = blocks_.back().is_query && depth_in_case_ == 0 ? clauseOf() : Clause::kNone;
        if (clause != Clause::kNone && at_ > 0 && !joinsPrevious()) {
            newLine(blocks_.back().indent);
            blocks_.back().is_list_broken = false;
        } else if (isCondition()) {
            newLine(blocks_.back().indent + (is_join_ ? 0 : 2) + (is_join_ ? settings_.indent : 0));
        } else if (needsBlank()) {
            out_ += ' ';
        }
        out_ += shown(token);
        ends_line_ = false;
        depth_in_case_ += is(at_, "case") ? 1 : is(at_, "end") && depth_in_case_ > 0 ? -1 : 0;
        is_between_ = is(at_, "between") || (is_between_ && !is(at_, "and"));
        if (clause == Clause::kNewLineList) {
            startList();
        }
        if (is(at_, "join")) {
            is_join_ = true;
        } else if (clause != Clause::kNone && !is(at_, "on")) {
            is_join_ = isJoinWord(at_);
        }
        if (isSignAt(at_, '(')) {
            openBlock();
        } else if (isSignAt(at_, ',') && blocks_.back().is_list_broken) {
            newLine(blocks_.back().indent + settings_.indent);
        }
    }

    bool isJoinWord(std::size_t token) const {
        return is(token, "join") || is(token, "left") || is(token, "right") || is(token, "full") ||
               is(token, "inner") || is(token, "cross") || is(token, "natural");
    }

    Clause clauseOf() const {
        if (isSignAt(at_ + 1, '(') && (is(at_, "left") || is(at_, "right") || is(at_, "values"))) {
            return is(at_, "values") ? Clause::kNewLine : Clause::kNone;
        }
        if (is(at_, "from") && at_ > 0 && is(at_ - 1, "distinct")) {
            return Clause::kNone;
        }
        if (is(at_, "select") || is(at_, "set") || is(at_, "returning") ||
            ((is(at_, "group") || is(at_, "order")) && is(at_ + 1, "by"))) {
            return Clause::kNewLineList;
        }
        for (const char* word : {"from", "where", "having", "limit", "offset", "union", "intersect", "except", "with",
                                 "insert", "update", "delete", "values", "window", "fetch"}) {
            if (is(at_, word)) {
                return Clause::kNewLine;
            }
        }
        return isJoinWord(at_) ? Clause::kNewLine : Clause::kNone;
    }

    /// "LEFT OUTER JOIN", "FOR UPDATE", "DO UPDATE SET" are one phrase.
    bool joinsPrevious() const {
        if (at_ == 0) {
            return true;
        }
        const std::size_t before = at_ - 1;
        if (is(at_, "join") || is(at_, "left") || is(at_, "inner")) {
            return isJoinWord(before) || is(before, "outer");
        }
        if (is(at_, "update") || is(at_, "delete") || is(at_, "select") || is(at_, "insert")) {
            return is(before, "for") || is(before, "do") || is(before, "then") || is(before, "key") ||
                   is(before, "on") || is(before, "explain") || is(before, "as") || isSignAt(before, '(');
        }
        if (is(at_, "from")) {
            return is(before, "delete");
        }
        if (is(at_, "set")) {
            return is(before, "update");
        }
        if (is(at_, "with")) {
            return !isSignAt(before, '(') && !is(before, "as") ? true : isSignAt(before, '(');
        }
        if (is(at_, "order")) {
            return !blocks_.back().is_query || is(before, "group");
        }
        return isSignAt(before, '(');
    }

    /// AND and OR of a condition begin a line, but for the AND of BETWEEN.
    bool isCondition() const {
        return blocks_.back().is_query && depth_in_case_ == 0 && !is_between_ && (is(at_, "and") || is(at_, "or"));
    }

    void openBlock() {
        const bool is_query = is(at_ + 1, "select") || is(at_ + 1, "with");
        Block block{blocks_.back().indent, false, is_query};
        if (is_query) {
            block.indent += settings_.indent;
            newLine(block.indent);
        }
        blocks_.push_back(block);
    }

    void closeBlock() {
        const bool is_query = blocks_.back().is_query;
        if (blocks_.size() > 1) {
            blocks_.pop_back();
            if (is_query) {
                newLine(blocks_.back().indent);
            }
        }
    }

    /// A list that would be too long for one line gets a line for each item.
    void startList() {
        std::size_t length = blocks_.back().indent;
        bool has_comma = false;
        int depth = 0;
        for (std::size_t i = at_ + 1; i < tokens_.size(); ++i) {
            depth += isSignAt(i, '(') ? 1 : isSignAt(i, ')') ? -1 : 0;
            if (depth < 0 || (depth == 0 && (is(i, "from") || is(i, "where") || is(i, "limit") || is(i, "having") ||
                                             is(i, "returning") || is(i, "union")))) {
                break;
            }
            has_comma = has_comma || (depth == 0 && isSignAt(i, ','));
            length += tokens_[i].end - tokens_[i].begin + 1;
        }
        const bool is_phrase = is(at_, "group") || is(at_, "order");
        blocks_.back().is_list_broken = has_comma && length > settings_.line_width;
        if (blocks_.back().is_list_broken && !is_phrase && !is(at_ + 1, "distinct")) {
            newLine(blocks_.back().indent + settings_.indent);
        }
    }

    void writeComment(const Token& token) {
        const std::size_t before = at_ == 0 ? 0 : tokens_[at_ - 1].end;
        const bool has_own_line = sql_.substr(before, token.begin - before).find('\n') != std::string_view::npos;
        if (has_own_line && at_ > 0) {
            newLine(blocks_.back().indent);
        } else if (!out_.empty() && out_.back() != ' ' && out_.back() != '\n') {
            out_ += ' ';
        }
        out_ += token.of(sql_);
        ends_line_ = false;
        if (token.of(sql_).starts_with("--") ||
            (at_ + 1 < tokens_.size() &&
             sql_.substr(token.end, tokens_[at_ + 1].begin - token.end).find('\n') != std::string_view::npos)) {
            newLine(blocks_.back().indent);
        }
    }

    bool needsBlank() const {
        if (out_.empty() || ends_line_ || out_.back() == ' ' || out_.back() == '\n') {
            return false;
        }
        const Token& before = tokens_[at_ - 1];
        const Token& token = tokens_[at_];
        const bool had_blank = before.end < token.begin;
        const std::string_view text = token.of(sql_);
        const std::string_view last = before.of(sql_);
        if (text == "," || text == ")" || text == "]" || text == ";" || text == "." || last == "(" || last == "[" ||
            last == "." || text == "::" || last == "::" || text == ":" || last == ":") {
            return false;
        }
        if (text == "(") {
            // Calls and types touch their parenthesis; keywords and operators do not.
            const bool is_call = before.isName() && !(before.kind == TokenKind::kWord && isKeywordHere(at_ - 1));
            return is_call ? had_blank && false : true;
        }
        if (text == "[") {
            return false;
        }
        if (before.kind == TokenKind::kOperator || token.kind == TokenKind::kOperator) {
            // "-1" and "@x" keep their sign; everything else stands between blanks.
            const bool is_sign = before.kind == TokenKind::kOperator && !had_blank && isPrefixOperator(at_ - 1);
            return !is_sign;
        }
        return true;
    }

    bool isPrefixOperator(std::size_t token) const {
        if (token == 0) {
            return true;
        }
        const Token& before = tokens_[token - 1];
        return before.kind == TokenKind::kOperator || isSignAt(token - 1, '(') || isSignAt(token - 1, ',') ||
               isSignAt(token - 1, '[') || (before.kind == TokenKind::kWord && isKeywordHere(token - 1));
    }

    bool isKeywordHere(std::size_t token) const {
        const std::string word = nameOf(tokens_[token], sql_);
        const bool is_qualified = (token > 0 && isSignAt(token - 1, '.')) || isSignAt(token + 1, '.');
        if (is_qualified || word == "coalesce" || word == "nullif") {
            return false;
        }
        const bool is_function = isSignAt(token + 1, '(') && (word == "left" || word == "right");
        return !is_function && (isReservedWord(word) ||
                                std::binary_search(kSoftKeywords.begin(), kSoftKeywords.end(), word,
                                                   [](std::string_view a, std::string_view b) { return a < b; }));
    }

    std::string shown(const Token& token) const {
        std::string text(token.of(sql_));
        if (token.kind != TokenKind::kWord || !isKeywordHere(at_)) {
            return text;
        }
        for (char& c : text) {
            const bool is_lower = c >= 'a' && c <= 'z';
            const bool is_upper = c >= 'A' && c <= 'Z';
            c = settings_.upper_case_keywords && is_lower    ? static_cast<char>(c - 'a' + 'A')
                : !settings_.upper_case_keywords && is_upper ? static_cast<char>(c - 'A' + 'a')
                                                             : c;
        }
        return text;
    }

    void newLine(std::size_t indent) {
        while (!out_.empty() && out_.back() == ' ') {
            out_.pop_back();
        }
        if (ends_line_) {
            // Only the indentation of the line that was just begun changes.
            out_.resize(out_.rfind('\n'));
        }
        if (!out_.empty()) {
            out_ += '\n';
            out_.append(indent, ' ');
            ends_line_ = true;
        }
    }

    std::string_view sql_;
    const FormatSettings& settings_;
    std::vector<Token> tokens_;
    std::vector<std::size_t> closing_;
    std::size_t at_ = 0;
    std::vector<Block> blocks_{Block{}};
    int depth_in_case_ = 0;
    bool is_between_ = false;
    bool is_join_ = false;
    /// A line was begun and has nothing but its indentation.
    bool ends_line_ = false;
    std::string out_;
};

/// Whether the texts have the same words and signs, the letter case of plain words aside.
bool haveSameTokens(std::string_view a, std::string_view b) {
    const std::vector<Token> left = tokensOf(a, true);
    const std::vector<Token> right = tokensOf(b, true);
    return std::equal(left.begin(), left.end(), right.begin(), right.end(), [&](const Token& x, const Token& y) {
        return x.kind == y.kind &&
               (x.kind == TokenKind::kWord ? toLowerAscii(x.of(a)) == toLowerAscii(y.of(b)) : x.of(a) == y.of(b));
    });
}

}  // namespace

Result<std::string> formatStatement(std::string_view statement, const FormatSettings& settings) {
    const auto fingerprint = fingerprintOf(statement);
    if (!fingerprint) {
        return fail(ErrorCode::kInvalidArgument, "the statement does not parse, so it is left as it is",
                    "mend what is marked, then format again");
    }
    std::string formatted = Formatter(statement, settings).run();
    // The fingerprint leaves constants out; the tokens do not.
    if (fingerprintOf(formatted) != fingerprint || !haveSameTokens(statement, formatted)) {
        return fail(ErrorCode::kInternal, "formatting would have changed the statement, so it is left as it is");
    }
    return formatted;
}

std::string formatScript(std::string_view script, const FormatSettings& settings) {
    std::string result;
    std::size_t copied = 0;
    for (const StatementRange& statement : splitStatements(script)) {
        const auto formatted = formatStatement(statement.of(script), settings);
        result += script.substr(copied, statement.begin - copied);
        result += formatted ? *formatted : std::string(statement.of(script));
        copied = statement.end;
    }
    result += script.substr(copied);
    return result;
}

}  // namespace tessera::app
