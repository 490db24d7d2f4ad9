// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/core/sql/join_conditions.h"

#include "app/core/catalog/supposed_key.h"
#include "app/core/sql/tokens.h"

#include <algorithm>
#include <array>
#include <optional>
#include <string_view>
#include <utility>

namespace tessera::app {

namespace {

/// More guesses than that help nobody.
constexpr std::size_t kGuessesMax = 3;

/// As a person reads it who has written `left` first.
JoinCondition equality(const ScopeRelation& left, std::string_view own, const ScopeRelation& right,
                       std::string_view other, JoinBasis basis) {
    return {qualified(right, other) + " = " + qualified(left, own), basis};
}

std::vector<JoinCondition> byForeignKeys(const ScopeRelation& left, const ScopeRelation& right,
                                         const NameIndex& names) {
    std::vector<JoinCondition> conditions;
    if (!left.table || !right.table) {
        return conditions;
    }
    for (const NameIndex::ForeignKey* key : names.foreignKeysOf(*left.table)) {
        const bool is_own = key->table == *left.table && key->referenced_table == *right.table;
        if (!is_own && !(key->table == *right.table && key->referenced_table == *left.table)) {
            continue;
        }
        std::string condition;
        for (const auto& [own, referenced] : key->columns) {
            condition += condition.empty() ? "" : " AND ";
            condition += qualified(right, names.text(is_own ? referenced : own)) + " = " +
                         qualified(left, names.text(is_own ? own : referenced));
        }
        conditions.push_back({std::move(condition), JoinBasis::kForeignKey});
    }
    return conditions;
}

std::vector<KeyColumn> keyColumnsOf(const std::vector<ScopeColumn>& columns) {
    std::vector<KeyColumn> keys;
    for (const ScopeColumn& column : columns) {
        keys.push_back({column.name, column.is_key});
    }
    return keys;
}

bool isOfName(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '.';
}

/// The parts of each dotted name in a comment: {"geography", "airports", "iata"}.
std::vector<std::vector<std::string_view>> dottedNames(std::string_view comment) {
    std::vector<std::vector<std::string_view>> found;
    while (!comment.empty()) {
        const std::size_t length = std::find_if_not(comment.begin(), comment.end(), isOfName) - comment.begin();
        std::string_view word = comment.substr(0, length);
        comment.remove_prefix(std::max<std::size_t>(length, 1));
        // The end of a sentence.
        while (word.ends_with('.')) {
            word.remove_suffix(1);
        }
        std::vector<std::string_view> parts;
        for (std::size_t dot = word.find('.'); dot != std::string_view::npos; dot = word.find('.')) {
            parts.push_back(word.substr(0, dot));
            word.remove_prefix(dot + 1);
        }
        if (!parts.empty()) {
            parts.push_back(word);
            found.push_back(std::move(parts));
        }
    }
    return found;
}

/// "table.column" or "schema.table.column"
bool isColumnOf(const std::vector<std::string_view>& parts, const ScopeRelation& relation, std::string_view column) {
    const bool has_schema = parts.size() == 3;
    return (has_schema || parts.size() == 2) && parts.back() == column && parts[parts.size() - 2] == relation.name &&
           (!has_schema || relation.schema.empty() || parts.front() == relation.schema);
}

using Pair = std::pair<std::string, std::string>;

/// Which column of `from` has a comment that names which column of `to`.
std::vector<Pair> namedByComments(const ScopeRelation& from, const std::vector<ScopeColumn>& own,
                                  const ScopeRelation& to, const std::vector<ScopeColumn>& others) {
    std::vector<Pair> pairs;
    if (from.name.empty() || to.name.empty()) {
        return pairs;
    }
    for (const ScopeColumn& column : own) {
        for (const auto& parts : dottedNames(column.comment)) {
            for (const ScopeColumn& other : others) {
                if (isColumnOf(parts, to, other.name)) {
                    pairs.emplace_back(column.name, other.name);
                }
            }
        }
    }
    return pairs;
}

/// Equality of these means little, whatever their columns are called.
bool isIdentifying(std::string_view type) {
    constexpr std::array kNever{"double precision", "real", "boolean", "json", "jsonb", "xml", "bytea", "point"};
    return !type.empty() && std::find(kNever.begin(), kNever.end(), type) == kNever.end();
}

}  // namespace

std::string qualified(const ScopeRelation& relation, std::string_view column) {
    return quotedIfNeeded(relation.alias) + "." + quotedIfNeeded(column);
}

std::vector<JoinCondition> joinConditions(const ScopeRelation& left, const ScopeRelation& right,
                                          const NameIndex& names) {
    std::vector<JoinCondition> conditions = byForeignKeys(left, right, names);
    if (!conditions.empty()) {
        return conditions;
    }
    const std::vector<ScopeColumn> own = columnsOf(left, &names);
    const std::vector<ScopeColumn> others = columnsOf(right, &names);
    const std::vector<KeyColumn> own_keys = keyColumnsOf(own);
    const std::vector<KeyColumn> other_keys = keyColumnsOf(others);
    if (const auto key = supposedKey(own_keys, right.name, other_keys)) {
        return {equality(left, own[key->first].name, right, others[key->second].name, JoinBasis::kKeyName)};
    }
    if (const auto key = supposedKey(other_keys, left.name, own_keys)) {
        return {equality(left, own[key->second].name, right, others[key->first].name, JoinBasis::kKeyName)};
    }
    for (const auto& [column, other] : namedByComments(left, own, right, others)) {
        conditions.push_back(equality(left, column, right, other, JoinBasis::kComment));
    }
    for (const auto& [other, column] : namedByComments(right, others, left, own)) {
        conditions.push_back(equality(left, column, right, other, JoinBasis::kComment));
    }
    if (!conditions.empty()) {
        return conditions;
    }
    for (const ScopeColumn& column : own) {
        const auto same = std::find_if(others.begin(), others.end(), [&](const ScopeColumn& other) {
            return other.name == column.name && other.type == column.type;
        });
        // An "id" counts within its own table.
        if (same != others.end() && column.name != "id" && isIdentifying(column.type) &&
            conditions.size() < kGuessesMax) {
            conditions.push_back(equality(left, column.name, right, same->name, JoinBasis::kSameName));
        }
    }
    return conditions;
}

std::set<std::uint32_t> joinPartners(std::uint32_t table, const NameIndex& names) {
    std::set<std::uint32_t> partners;
    for (const NameIndex::ForeignKey* key : names.foreignKeysOf(table)) {
        partners.insert(key->table == table ? key->referenced_table : key->table);
    }
    for (const NameIndex::Column& column : names.columnsOf(names.tables()[table])) {
        for (const auto& parts : dottedNames(names.text(column.comment))) {
            const bool has_schema = parts.size() == 3;
            const auto named = has_schema || parts.size() == 2
                                   ? names.findTable(has_schema ? parts[0] : "", parts[parts.size() - 2])
                                   : std::nullopt;
            if (named && *named != table) {
                partners.insert(*named);
            }
        }
    }
    return partners;
}

}  // namespace tessera::app
