#include "app/core/sql/scope.h"

#include "app/core/sql/scope_reader.h"

#include <algorithm>

namespace tessera::app {

namespace {

using Relations = ScopeReader::Relations;

bool isInsideText(std::string_view sql, std::size_t caret) {
    for (const Token& token : tokensOf(sql, true)) {
        const bool is_text = token.kind == TokenKind::kComment || token.kind == TokenKind::kString ||
                             token.kind == TokenKind::kNumber || token.kind == TokenKind::kNamedParameter ||
                             token.kind == TokenKind::kPositionalParameter;
        const bool reaches = caret < token.end || token.is_open || token.kind == TokenKind::kNumber ||
                             token.kind == TokenKind::kNamedParameter ||
                             (token.kind == TokenKind::kComment && sql.substr(token.begin, 2) == "--");
        if (is_text && token.begin < caret && caret <= token.end && reaches) {
            return true;
        }
    }
    return false;
}

/// Walks from the whole statement into the query blocks around the caret.
class ScopeFinder {
  public:
    ScopeFinder(std::string_view sql, std::size_t caret, const NameIndex* names)
        : reader_(sql, names), sql_(sql), caret_(caret) {}

    Scope run() {
        takePrefix();
        takeQualifier();
        findGroups();
        walk();
        expect();
        return std::move(scope_);
    }

  private:
    const std::vector<Token>& tokens() const { return reader_.tokens(); }

    void takePrefix() {
        while (here_ < tokens().size() && tokens()[here_].end < caret_) {
            ++here_;
        }
        scope_.replace_begin = scope_.replace_end = caret_;
        if (here_ < tokens().size() && tokens()[here_].end == caret_ && !tokens()[here_].isName()) {
            ++here_;
        }
        if (here_ < tokens().size() && tokens()[here_].isName() && tokens()[here_].begin < caret_) {
            const Token& word = tokens()[here_];
            scope_.prefix = sql_.substr(word.begin, caret_ - word.begin);
            scope_.replace_begin = word.begin;
            scope_.replace_end = word.end;
            reader_.ignoreToken(here_);
            if (scope_.prefix.front() == '"') {
                scope_.prefix.erase(0, 1);
            }
        }
    }

    void takeQualifier() {
        before_ = here_;
        while (before_ >= 2 && reader_.isSignAt(before_ - 1, '.') && tokens()[before_ - 2].isName()) {
            scope_.qualifier.insert(scope_.qualifier.begin(), nameOf(tokens()[before_ - 2], sql_));
            before_ -= 2;
        }
    }

    /// The open parentheses around the caret, from outside in.
    void findGroups() {
        for (std::size_t i = 0; i < before_; ++i) {
            if (reader_.isSignAt(i, '(') && reader_.closing(i) >= here_) {
                groups_.push_back(i);
            }
        }
    }

    void walk() {
        block_ = {reader_.queryBegin(), tokens().size()};
        Relations outer;
        std::size_t next = 0;
        while (true) {
            while (next < groups_.size() && (groups_[next] < block_.begin || !reader_.beginsQuery(groups_[next] + 1))) {
                ++next;
            }
            const std::size_t inner = next < groups_.size() ? groups_[next] : ScopeReader::kNoToken;
            const std::size_t inside = inner == ScopeReader::kNoToken ? before_ : inner + 1;
            const std::size_t body = reader_.readWith(block_, scope_.ctes, inside);
            if (body != ScopeReader::kNoToken) {
                takeArm(body, inner, outer);
            } else if (inner == ScopeReader::kNoToken) {
                arm_ = block_;  // a CTE's parentheses with nothing in them yet
            }
            if (inner == ScopeReader::kNoToken) {
                break;
            }
            block_ = {inner + 1, std::min(reader_.closing(inner), tokens().size())};
            ++next;
        }
        scope_.relations.insert(scope_.relations.end(), outer.begin(), outer.end());
    }

    /// Reads the arm around the caret; what an inner query sees of it becomes `outer`.
    void takeArm(std::size_t body, std::size_t inner, Relations& outer) {
        const std::size_t at = inner == ScopeReader::kNoToken ? before_ : inner;
        arm_ = reader_.armAt({std::min(body, block_.end), block_.end}, at);
        std::optional<ScopeRelation> target;
        Relations own = reader_.relationsOf(arm_, scope_.ctes, &target);
        if (inner == ScopeReader::kNoToken) {
            scope_.target = std::move(target);
            scope_.relations = std::move(own);
            return;
        }
        const bool is_from_item =
            inner > 0 && (reader_.isAny(inner - 1, {"from", "join", "using", "lateral"}) ||
                          (reader_.isSignAt(inner - 1, ',') && isFromClause(reader_.clauseAt(arm_, inner))));
        if (is_from_item && !reader_.is(inner - 1, "lateral")) {
            return;
        }
        std::erase_if(own, [&](const ScopeRelation& relation) {
            return is_from_item && relation.begin >= tokens()[inner].begin;
        });
        for (ScopeRelation& relation : own) {
            relation.is_outer = true;
        }
        outer.insert(outer.begin(), own.begin(), own.end());
    }

    static bool isFromClause(std::string_view clause) {
        return clause == "from" || clause == "join" || clause == "using" || clause == "on";
    }

    void expect() {
        scope_.clause = reader_.clauseAt(arm_, before_);
        addTargetToRelations();
        if (before_ <= arm_.begin) {
            scope_.expected = scope_.qualifier.empty() ? Expected::kStatement : Expected::kNothing;
            return;
        }
        if (const auto special = expectInGroup()) {
            scope_.expected = *special;
            return;
        }
        scope_.expected = expectBehind(before_ - 1);
        if (!scope_.qualifier.empty() && scope_.expected != Expected::kTable &&
            scope_.expected != Expected::kJoinTable && scope_.expected != Expected::kTargetColumns) {
            scope_.expected = Expected::kExpression;
        }
    }

    void addTargetToRelations() {
        if (!scope_.target || !reader_.is(arm_.begin, "insert")) {
            return;
        }
        if (scope_.clause == "returning" || scope_.clause == "set" || scope_.clause == "where") {
            scope_.relations = {*scope_.target};
            ScopeRelation excluded = *scope_.target;
            excluded.alias = "excluded";
            if (scope_.clause != "returning") {
                scope_.relations.push_back(std::move(excluded));
            }
        }
    }

    /// INSERT INTO t (…) and JOIN … USING (…).
    std::optional<Expected> expectInGroup() const {
        if (groups_.empty() || groups_.back() < arm_.begin || !scope_.qualifier.empty()) {
            return std::nullopt;
        }
        const std::size_t open = groups_.back();
        if (reader_.beginsQuery(open + 1)) {
            return open + 1 == before_ ? std::optional(Expected::kStatement) : std::nullopt;
        }
        if (open > 0 && reader_.is(open - 1, "using")) {
            return Expected::kSharedColumns;
        }
        if (scope_.target && reader_.is(arm_.begin, "insert") && open > 0 && tokens()[open - 1].end == targetEnd()) {
            return Expected::kTargetColumns;
        }
        return std::nullopt;
    }

    std::size_t targetEnd() const {
        // Behind an alias the column list follows just as well.
        std::size_t end = scope_.target->end;
        if (scope_.target->alias != scope_.target->name) {
            for (const Token& token : tokens()) {
                if (token.begin >= end && nameOf(token, sql_) == scope_.target->alias) {
                    return token.end;
                }
            }
        }
        return end;
    }

    Expected expectBehind(std::size_t last) const {
        const bool is_top = groups_.empty() || groups_.back() < arm_.begin;
        const bool is_from = isFromClause(scope_.clause) && is_top;
        if (reader_.is(last, "join")) {
            return Expected::kJoinTable;
        }
        if (reader_.isAny(last, {"from", "into", "only", "lateral", "update", "table"}) ||
            (reader_.is(last, "using") && is_top)) {
            const bool is_comparison = reader_.is(last, "from") && last > 0 && reader_.is(last - 1, "distinct");
            return is_comparison || (reader_.is(last, "from") && !is_top) ? Expected::kExpression : Expected::kTable;
        }
        if (reader_.isSignAt(last, ',') && is_from) {
            return Expected::kTable;
        }
        if (reader_.is(last, "on") && scope_.clause == "on") {
            return Expected::kJoinCondition;
        }
        if (reader_.is(last, "set") || (reader_.isSignAt(last, ',') && scope_.clause == "set" && is_top)) {
            return Expected::kTargetColumns;
        }
        if (reader_.is(last, "as")) {
            return is_top ? Expected::kAlias : Expected::kExpression;
        }
        return isOperand(last) ? Expected::kKeyword : Expected::kExpression;
    }

    bool isOperand(std::size_t last) const {
        const Token& token = tokens()[last];
        switch (token.kind) {
            case TokenKind::kWord:
                return !isReservedWord(nameOf(token, sql_))
                           ? !reader_.isAny(last, {"by", "between", "set", "values", "recursive", "when"})
                           : reader_.isAny(last, {"end", "null", "true", "false", "asc", "desc", "isnull", "notnull",
                                                  "current_date", "current_timestamp", "current_user"});
            case TokenKind::kOperator:
                return token.of(sql_) == "*" && last > 0 &&
                       (reader_.isAny(last - 1, {"select", "returning", "distinct"}) ||
                        reader_.isSignAt(last - 1, '.') || reader_.isSignAt(last - 1, ','));
            case TokenKind::kPunctuation:
                return reader_.isSignAt(last, ')') || reader_.isSignAt(last, ']');
            default:
                return true;
        }
    }

    ScopeReader reader_;
    std::string_view sql_;
    std::size_t caret_;
    Scope scope_;
    /// The token under the caret, or the first one behind it.
    std::size_t here_ = 0;
    /// The first token of what is being typed, with its qualifier.
    std::size_t before_ = 0;
    std::vector<std::size_t> groups_;
    TokenRange block_;
    TokenRange arm_;
};

}  // namespace

const ScopeRelation* Scope::find(std::string_view alias) const {
    const auto found = std::find_if(relations.begin(), relations.end(),
                                    [&](const ScopeRelation& relation) { return relation.alias == alias; });
    return found == relations.end() ? nullptr : &*found;
}

Scope scopeAt(std::string_view statement, std::size_t caret, const NameIndex* names) {
    caret = std::min(caret, statement.size());
    if (isInsideText(statement, caret)) {
        return {};
    }
    return ScopeFinder(statement, caret, names).run();
}

std::vector<ScopeColumn> columnsOf(const ScopeRelation& relation, const NameIndex* names) {
    if (!relation.table || names == nullptr) {
        return relation.columns;
    }
    std::vector<ScopeColumn> columns;
    for (const NameIndex::Column& column : names->columnsOf(names->tables()[*relation.table])) {
        columns.push_back({std::string(names->text(column.name)), std::string(names->text(column.type)),
                           std::string(names->text(column.comment)), column.key_position > 0});
    }
    // "FROM t AS a (x, y)" renames the first ones.
    for (std::size_t i = 0; i < std::min(columns.size(), relation.columns.size()); ++i) {
        columns[i].name = relation.columns[i].name;
    }
    return columns;
}

std::optional<CallAt> callAt(std::string_view statement, std::size_t caret) {
    if (isInsideText(statement, caret)) {
        const auto tokens = tokensOf(statement, true);
        const bool is_comment = std::any_of(tokens.begin(), tokens.end(), [&](const Token& token) {
            return token.kind == TokenKind::kComment && token.begin < caret && caret <= token.end;
        });
        if (is_comment) {
            return std::nullopt;
        }
    }
    const std::vector<Token> tokens = tokensOf(statement);

    struct Open {
        std::size_t token;
        std::size_t commas;
    };

    std::vector<Open> open;
    for (std::size_t i = 0; i < tokens.size() && tokens[i].begin < caret; ++i) {
        if (isSign(tokens[i], statement, '(') || isSign(tokens[i], statement, '[')) {
            open.push_back({i, 0});
        } else if ((isSign(tokens[i], statement, ')') || isSign(tokens[i], statement, ']')) && !open.empty()) {
            if (tokens[i].end <= caret) {
                open.pop_back();
            }
        } else if (isSign(tokens[i], statement, ',') && !open.empty()) {
            ++open.back().commas;
        }
    }
    for (auto at = open.rbegin(); at != open.rend(); ++at) {
        if (at->token == 0 || !isSign(tokens[at->token], statement, '(')) {
            continue;
        }
        std::size_t name = at->token - 1;
        const bool is_function =
            tokens[name].isName() &&
            (tokens[name].kind == TokenKind::kQuotedWord || !isReservedWord(nameOf(tokens[name], statement)) ||
             isKeyword(tokens[name], statement, "left") || isKeyword(tokens[name], statement, "right"));
        if (!is_function) {
            continue;
        }
        CallAt call{{nameOf(tokens[name], statement)}, at->commas, tokens[name].begin};
        if (name >= 2 && isSign(tokens[name - 1], statement, '.') && tokens[name - 2].isName()) {
            call.name.insert(call.name.begin(), nameOf(tokens[name - 2], statement));
        }
        return call;
    }
    return std::nullopt;
}

}  // namespace tessera::app
