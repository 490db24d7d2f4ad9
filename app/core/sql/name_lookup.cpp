#include "app/core/sql/name_lookup.h"

#include "app/core/sql/scope_reader.h"

#include <algorithm>
#include <array>

namespace tessera::app {

namespace {

/// Position of the name in a list of tokens; none when the offset is not in a name.
std::optional<std::size_t> nameTokenAt(const std::vector<Token>& tokens, std::size_t offset) {
    for (std::size_t i = 0; i < tokens.size(); ++i) {
        if (tokens[i].isName() && tokens[i].begin <= offset && offset <= tokens[i].end) {
            return i;
        }
    }
    return std::nullopt;
}

class MeaningFinder {
  public:
    MeaningFinder(std::string_view sql, const NameIndex& names) : sql_(sql), names_(names), tokens_(tokensOf(sql)) {}

    std::optional<NameMeaning> run(std::size_t offset) {
        const auto at = nameTokenAt(tokens_, offset);
        if (!at) {
            return std::nullopt;
        }
        token_ = tokens_[*at];
        const std::string name = nameOf(token_, sql_);
        const bool is_word = token_.kind == TokenKind::kWord;
        std::vector<std::string> qualifier;
        for (std::size_t i = *at; i >= 2 && isSign(tokens_[i - 1], sql_, '.') && tokens_[i - 2].isName(); i -= 2) {
            qualifier.insert(qualifier.begin(), nameOf(tokens_[i - 2], sql_));
        }
        const bool is_call = *at + 1 < tokens_.size() && isSign(tokens_[*at + 1], sql_, '(');
        // Behind the word: the word itself then counts as written.
        const Scope scope = scopeAt(sql_, token_.begin, &names_);
        if (auto meaning = column(scope, qualifier, name)) {
            return meaning;
        }
        if (auto meaning = relation(scope, qualifier, name)) {
            return meaning;
        }
        if (is_call && (!is_word || !isReservedWord(name))) {
            return function(qualifier, name);
        }
        return std::nullopt;
    }

  private:
    NameMeaning made(NameMeaning::Kind kind, std::string title) const {
        return {kind, token_.begin, token_.end, std::move(title), {}, {}, 0};
    }

    std::optional<NameMeaning> column(const Scope& scope, const std::vector<std::string>& qualifier,
                                      const std::string& name) const {
        if (scope.expected == Expected::kTable || scope.expected == Expected::kJoinTable) {
            return std::nullopt;
        }
        for (const ScopeRelation& relation : scope.relations) {
            if (!qualifier.empty() && relation.alias != qualifier.back()) {
                continue;
            }
            for (const ScopeColumn& column : columnsOf(relation, &names_)) {
                if (column.name != name) {
                    continue;
                }
                const std::string owner = relation.name.empty() ? relation.alias : relation.name;
                NameMeaning meaning = made(NameMeaning::Kind::kColumn, owner + "." + name + "  " + column.type);
                meaning.table = relation.table;
                meaning.defined_at = relation.begin;
                if (column.is_key) {
                    meaning.lines.emplace_back("part of the primary key");
                }
                if (!column.comment.empty()) {
                    meaning.lines.push_back(column.comment);
                }
                if (relation.table) {
                    const std::string_view comment = names_.text(names_.tables()[*relation.table].comment);
                    if (!comment.empty()) {
                        meaning.lines.push_back(owner + ": " + std::string(comment));
                    }
                }
                return meaning;
            }
        }
        return std::nullopt;
    }

    std::optional<NameMeaning> relation(const Scope& scope, const std::vector<std::string>& qualifier,
                                        const std::string& name) const {
        std::optional<std::uint32_t> table;
        for (const ScopeRelation& candidate : scope.relations) {
            const bool is_here = candidate.begin <= token_.begin && token_.end <= candidate.end;
            if ((!is_here || candidate.name != name) && (candidate.alias != name || !qualifier.empty())) {
                continue;
            }
            if (!candidate.table) {
                return inStatement(scope, candidate, name);
            }
            table = candidate.table;
            break;
        }
        if (!table && (scope.expected == Expected::kTable || scope.expected == Expected::kJoinTable || scope.target)) {
            const auto cte = std::find_if(scope.ctes.begin(), scope.ctes.end(),
                                          [&](const ScopeRelation& known) { return known.name == name; });
            if (qualifier.empty() && cte != scope.ctes.end()) {
                return inStatement(scope, *cte, name);
            }
            table = names_.findTable(qualifier.empty() ? std::string() : qualifier.back(), name);
        }
        return table ? std::optional(describe(*table)) : std::nullopt;
    }

    NameMeaning inStatement(const Scope& scope, const ScopeRelation& relation, const std::string& name) const {
        NameMeaning meaning = made(NameMeaning::Kind::kInStatement, name);
        meaning.defined_at = relation.begin;
        for (const ScopeRelation& cte : scope.ctes) {
            if (!relation.name.empty() && cte.name == relation.name) {
                meaning.defined_at = cte.begin;
            }
        }
        std::string list;
        for (const ScopeColumn& column : columnsOf(relation, &names_)) {
            list += (list.empty() ? "" : ", ") + column.name + (column.type.empty() ? "" : " ") + column.type;
        }
        meaning.lines.push_back(list.empty() ? "not in the catalog" : list);
        return meaning;
    }

    NameMeaning describe(std::uint32_t number) const {
        const NameIndex::Table& table = names_.tables()[number];
        NameMeaning meaning = made(NameMeaning::Kind::kTable, std::string(names_.text(table.schema)) + "." +
                                                                  std::string(names_.text(table.name)) + "  " +
                                                                  std::string(kindText(table.kind)));
        meaning.table = number;
        if (const std::string_view comment = names_.text(table.comment); !comment.empty()) {
            meaning.lines.emplace_back(comment);
        }
        constexpr std::size_t kColumnsShown = 12;
        std::string list;
        std::size_t count = 0;
        for (const NameIndex::Column& column : names_.columnsOf(table)) {
            if (count++ < kColumnsShown) {
                list += (list.empty() ? "" : ", ") + std::string(names_.text(column.name));
            }
        }
        if (count > kColumnsShown) {
            list += ", … (" + std::to_string(count) + ")";
        }
        meaning.lines.push_back(list);
        return meaning;
    }

    std::optional<NameMeaning> function(const std::vector<std::string>& qualifier, const std::string& name) const {
        CallAt call;
        call.name = qualifier;
        call.name.push_back(name);
        const std::vector<Signature> signatures = signaturesOf(call, names_);
        if (signatures.empty()) {
            return std::nullopt;
        }
        NameMeaning meaning = made(NameMeaning::Kind::kFunction, name);
        meaning.title.clear();
        constexpr std::size_t kShown = 6;
        for (std::size_t i = 0; i < std::min(signatures.size(), kShown); ++i) {
            std::string text = name + "(";
            for (std::size_t k = 0; k < signatures[i].arguments.size(); ++k) {
                text += (k == 0 ? "" : ", ") + signatures[i].arguments[k];
            }
            text += ") → " + signatures[i].result;
            if (i == 0) {
                meaning.title = text;
            } else {
                meaning.lines.push_back(text);
            }
        }
        if (!signatures.front().comment.empty()) {
            meaning.lines.push_back(signatures.front().comment);
        }
        return meaning;
    }

    std::string_view sql_;
    const NameIndex& names_;
    std::vector<Token> tokens_;
    Token token_{};
};

/// Commas of types like numeric(10,2) and of defaults are no ends of arguments.
std::vector<std::string> argumentsOf(std::string_view text) {
    std::vector<std::string> arguments;
    int depth = 0;
    std::size_t begin = 0;
    for (const Token& token : tokensOf(text)) {
        depth += isSign(token, text, '(') ? 1 : isSign(token, text, ')') ? -1 : 0;
        if (depth == 0 && isSign(token, text, ',')) {
            arguments.emplace_back(text.substr(begin, token.begin - begin));
            begin = token.end + 1;
        }
    }
    if (begin < text.size()) {
        arguments.emplace_back(text.substr(begin));
    }
    return arguments;
}

bool isSystemName(const ScopeRelation& relation) {
    return relation.schema == "pg_catalog" || relation.schema == "information_schema" ||
           relation.schema.starts_with("pg_temp") || (relation.schema.empty() && relation.name.starts_with("pg_"));
}

}  // namespace

std::optional<NameMeaning> meaningAt(std::string_view statement, std::size_t offset, const NameIndex& names) {
    return MeaningFinder(statement, names).run(offset);
}

std::vector<Signature> signaturesOf(const CallAt& call, const NameIndex& names) {
    std::vector<Signature> signatures;
    for (const std::uint32_t number : names.functionsNamed(call.name.back())) {
        const NameIndex::Function& function = names.functions()[number];
        const std::string_view schema = names.text(function.schema);
        const auto& path = names.searchPath();
        const bool is_meant = call.name.size() > 1 ? schema == call.name.front()
                                                   : std::find(path.begin(), path.end(), schema) != path.end();
        if (is_meant) {
            signatures.push_back({call.name.back(), argumentsOf(names.text(function.arguments)),
                                  std::string(names.text(function.result)), std::string(names.text(function.comment))});
        }
    }
    std::stable_sort(signatures.begin(), signatures.end(),
                     [](const Signature& a, const Signature& b) { return a.arguments.size() < b.arguments.size(); });
    return signatures;
}

std::string createdName(std::string_view statement) {
    const std::vector<Token> tokens = tokensOf(statement);
    if (tokens.empty() || !isKeyword(tokens[0], statement, "create")) {
        return {};
    }
    for (std::size_t i = 1; i + 1 < tokens.size(); ++i) {
        if (isKeyword(tokens[i], statement, "table") || isKeyword(tokens[i], statement, "view")) {
            ++i;
            while (i < tokens.size() &&
                   (isKeyword(tokens[i], statement, "if") || isKeyword(tokens[i], statement, "not") ||
                    isKeyword(tokens[i], statement, "exists"))) {
                ++i;
            }
            if (i + 2 < tokens.size() && isSign(tokens[i + 1], statement, '.')) {
                i += 2;
            }
            return i < tokens.size() && tokens[i].isName() ? nameOf(tokens[i], statement) : std::string();
        }
    }
    return {};
}

std::vector<UnknownName> unknownNames(std::string_view statement, const NameIndex& names,
                                      const std::set<std::string>& created) {
    std::vector<UnknownName> unknown;
    const ScopeReader reader(statement, &names);
    const std::vector<Token>& tokens = reader.tokens();
    if (!reader.isAny(0, {"select", "with", "insert", "update", "delete", "explain", "values", "table"})) {
        return unknown;
    }
    const auto add = [&](std::size_t begin, std::size_t end, std::string name, std::string message) {
        const bool is_new = std::none_of(unknown.begin(), unknown.end(),
                                         [&](const UnknownName& known) { return known.begin == begin; });
        if (is_new) {
            unknown.push_back({begin, end, std::move(message), std::move(name)});
        }
    };
    const auto check_relation = [&](const ScopeRelation& relation) {
        if (relation.is_unknown && !isSystemName(relation) && created.count(relation.name) == 0) {
            const std::string shown = (relation.schema.empty() ? "" : relation.schema + ".") + relation.name;
            add(relation.begin, relation.end, relation.name, "there is no table \"" + shown + "\" in the catalog");
        }
    };
    for (std::size_t i = 0; i < tokens.size(); ++i) {
        // Each block once: behind its first word.
        if (reader.isAny(i, {"select", "set", "where", "returning", "values"})) {
            const Scope scope = scopeAt(statement, tokens[i].end, &names);
            // The caret right behind the word takes the word for a prefix: the scope is the block's.
            std::for_each(scope.relations.begin(), scope.relations.end(), check_relation);
            if (scope.target) {
                check_relation(*scope.target);
            }
        }
        const bool is_column = i >= 2 && tokens[i].isName() && reader.isSignAt(i - 1, '.') && tokens[i - 2].isName() &&
                               !(i >= 3 && reader.isSignAt(i - 3, '.')) && !reader.isSignAt(i + 1, '.') &&
                               !reader.isSignAt(i + 1, '(');
        if (!is_column) {
            continue;
        }
        const Scope scope = scopeAt(statement, tokens[i].begin, &names);
        if (scope.expected == Expected::kTable || scope.expected == Expected::kJoinTable) {
            continue;
        }
        const ScopeRelation* relation = scope.find(nameOf(tokens[i - 2], statement));
        if (relation == nullptr || !relation->table) {
            continue;
        }
        const std::string name = nameOf(tokens[i], statement);
        constexpr std::array kSystemColumns{"ctid", "xmin", "xmax", "cmin", "cmax", "tableoid"};
        const std::vector<ScopeColumn> columns = columnsOf(*relation, &names);
        const bool is_there =
            std::any_of(columns.begin(), columns.end(), [&](const ScopeColumn& column) { return column.name == name; });
        if (!is_there && std::find(kSystemColumns.begin(), kSystemColumns.end(), name) == kSystemColumns.end()) {
            add(tokens[i].begin, tokens[i].end, name, "\"" + relation->name + "\" has no column \"" + name + "\"");
        }
    }
    return unknown;
}

}  // namespace tessera::app
