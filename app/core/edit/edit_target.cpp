#include "app/core/edit/edit_target.h"

#include "app/core/sql/scope.h"
#include "app/core/sql/tokens.h"

#include <algorithm>
#include <array>
#include <optional>

namespace tessera::app {

namespace {

Error refusal(std::string message, std::string hint = {}) {
    return fail(ErrorCode::kFailedPrecondition, std::move(message), std::move(hint));
}

constexpr const char* kOneTable = "its rows are not those of one table";

/// SELECT items FROM table …, cut into its parts.
class Query {
  public:
    Query(std::string_view sql, std::vector<Token> tokens) : sql_(sql), tokens_(std::move(tokens)) {}

    /// The item's column of the table, "*", or an empty text for anything else.
    struct Item {
        std::string column;
    };

    Result<std::vector<Item>> items() {
        if (tokens_.empty() || !is(0, "select") || is(1, "distinct")) {
            return refusal("only rows of a SELECT without DISTINCT can be changed");
        }
        TSR_TRY(checkClauses());
        std::vector<Item> items;
        std::size_t begin = is(1, "all") ? 2 : 1;
        int depth = 0;
        for (std::size_t i = begin; i <= from_; ++i) {
            depth += isSign(tokens_[i], sql_, '(') || isSign(tokens_[i], sql_, '[') ? 1 : 0;
            depth -= isSign(tokens_[i], sql_, ')') || isSign(tokens_[i], sql_, ']') ? 1 : 0;
            if (i == from_ || (depth == 0 && isSign(tokens_[i], sql_, ','))) {
                items.push_back({columnOf(begin, i)});
                begin = i + 1;
            }
        }
        return items;
    }

  private:
    bool is(std::size_t at, std::string_view word) const {
        return at < tokens_.size() && isKeyword(tokens_[at], sql_, word);
    }

    bool isSignAt(std::size_t at, char sign) const { return at < tokens_.size() && isSign(tokens_[at], sql_, sign); }

    /// Finds FROM, reads the one table behind it, and refuses whatever makes rows of several or of groups.
    Result<> checkClauses() {
        int depth = 0;
        for (std::size_t i = 0; i < tokens_.size(); ++i) {
            depth += isSign(tokens_[i], sql_, '(') ? 1 : 0;
            depth -= isSign(tokens_[i], sql_, ')') ? 1 : 0;
            if (depth > 0) {
                continue;
            }
            constexpr std::array kRefused{"group", "having",  "union", "intersect", "except",
                                          "join",  "lateral", "into",  "window",    "tablesample"};
            if (std::any_of(kRefused.begin(), kRefused.end(), [&](const char* word) { return is(i, word); })) {
                return refusal(kOneTable, "select from one table, without joins and groups");
            }
            if (from_ == 0 && is(i, "from")) {
                from_ = i;
            }
        }
        if (from_ == 0) {
            return refusal(kOneTable);
        }
        return readTable();
    }

    Result<> readTable() {
        std::size_t at = from_ + 1;
        if (is(at, "only")) {
            ++at;
        }
        if (at >= tokens_.size() || !tokens_[at].isName()) {
            return refusal(kOneTable);
        }
        names_ = {nameOf(tokens_[at], sql_)};
        for (++at; isSignAt(at, '.') && at + 1 < tokens_.size() && tokens_[at + 1].isName(); at += 2) {
            names_.push_back(nameOf(tokens_[at + 1], sql_));
        }
        if (isSignAt(at, '(')) {
            return refusal("its rows come from a function");
        }
        if (is(at, "as")) {
            ++at;
        }
        constexpr std::array kClauses{"where", "order", "limit", "offset", "fetch", "for"};
        const auto is_clause = [&](std::size_t i) {
            return std::any_of(kClauses.begin(), kClauses.end(), [&](const char* word) { return is(i, word); });
        };
        if (at < tokens_.size() && tokens_[at].isName() && !is_clause(at)) {
            names_ = {nameOf(tokens_[at], sql_)};
            ++at;
        }
        if (at < tokens_.size() && !is_clause(at) && !isSignAt(at, ';')) {
            return refusal(kOneTable, "select from one table, without joins and groups");
        }
        return {};
    }

    /// "a", "t.a", "s.t.a" and "*" in their forms, with a label or without.
    std::string columnOf(std::size_t begin, std::size_t end) const {
        std::vector<std::string> path;
        std::size_t at = begin;
        while (at < end) {
            if (tokens_[at].of(sql_) == "*") {
                path.emplace_back("*");
            } else if (tokens_[at].isName() &&
                       !(tokens_[at].kind == TokenKind::kWord && isReservedWord(nameOf(tokens_[at], sql_)))) {
                path.push_back(nameOf(tokens_[at], sql_));
            } else {
                return {};
            }
            ++at;
            if (at + 1 >= end || !isSign(tokens_[at], sql_, '.')) {
                break;
            }
            ++at;
        }
        if (path.empty() || !isOwn(path)) {
            return {};
        }
        if (is(at, "as") && at + 2 == end) {
            return path.back();
        }
        const bool has_label = at + 1 == end && tokens_[at].isName() && path.back() != "*";
        return at == end || has_label ? path.back() : std::string();
    }

    /// What stands before the column is the table, or nothing.
    bool isOwn(const std::vector<std::string>& path) const {
        const std::size_t qualifiers = path.size() - 1;
        return qualifiers <= names_.size() &&
               std::equal(path.begin(), path.end() - 1, names_.end() - static_cast<std::ptrdiff_t>(qualifiers));
    }

    const std::string_view sql_;
    const std::vector<Token> tokens_;
    std::size_t from_ = 0;
    /// What the table's columns may be qualified with: its alias, else its name, maybe with a schema.
    std::vector<std::string> names_;
};

/// The table as the node knows it.
Result<const NameIndex::Table*> tableOf(std::string_view statement, const NameIndex* names, std::string& schema) {
    if (names == nullptr) {
        return refusal("the names of the node are not known yet", "try again in a moment");
    }
    // Seen from the select list: at the end the table may be a word that is still being typed.
    const Scope scope = scopeAt(statement, tokensOf(statement)[1].begin, names);
    if (scope.relations.size() != 1 || !scope.relations.front().table) {
        return refusal("its table is not known to the catalog");
    }
    const NameIndex::Table& table = names->tables()[*scope.relations.front().table];
    if (table.kind != RelationKind::kTable && table.kind != RelationKind::kForeignTable) {
        return refusal("it is of a view", "change the rows of the table behind it");
    }
    schema = scope.relations.front().schema;
    return &table;
}

}  // namespace

Result<EditTarget> editTargetOf(std::string_view statement, const std::vector<client::ResultColumn>& columns,
                                const NameIndex* names) {
    Query query(statement, tokensOf(statement));
    const std::vector<Query::Item> items = TSR_TRY(query.items());
    EditTarget target;
    const NameIndex::Table& table = *TSR_TRY(tableOf(statement, names, target.schema));
    target.schema = names->text(table.schema);
    target.table = names->text(table.name);
    const auto known = names->columnsOf(table);
    const auto add = [&](const NameIndex::Column& column) {
        target.columns.push_back({std::string(names->text(column.name)), std::string(names->text(column.type)),
                                  column.key_position > 0, column.not_null});
    };
    for (const Query::Item& item : items) {
        if (item.column == "*") {
            std::for_each(known.begin(), known.end(), add);
            continue;
        }
        const auto found = std::find_if(known.begin(), known.end(), [&](const NameIndex::Column& column) {
            return !item.column.empty() && names->text(column.name) == item.column;
        });
        if (found == known.end()) {
            target.columns.emplace_back();
        } else {
            add(*found);
        }
    }
    if (target.columns.size() != columns.size()) {
        return refusal("its columns are not those that the catalog knows", "read the catalog again");
    }
    std::size_t keys = 0;
    for (const NameIndex::Column& column : known) {
        const bool is_shown = std::any_of(target.columns.begin(), target.columns.end(),
                                          [&](const auto& shown) { return shown.name == names->text(column.name); });
        keys += column.key_position > 0 ? 1 : 0;
        if (column.key_position > 0 && !is_shown) {
            return refusal("it does not have the key column '" + std::string(names->text(column.name)) + "'",
                           "select it, too");
        }
    }
    if (keys == 0) {
        return table.kind == RelationKind::kForeignTable
                   ? refusal("its table has no key, by which a row is found again",
                             "name the key at the source: ALTER FOREIGN TABLE … ALTER COLUMN … OPTIONS (key 'true')")
                   : refusal("its table has no primary key, by which a row is found again");
    }
    return target;
}

}  // namespace tessera::app
