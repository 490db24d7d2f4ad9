#include "app/core/sql/scope_reader.h"

#include <algorithm>

namespace tessera::app {

namespace {

// Deeper than anyone writes; text may be anything.
constexpr int kDepthMax = 24;

}  // namespace

ScopeReader::ScopeReader(std::string_view sql, const NameIndex* names)
    : sql_(sql), names_(names), tokens_(tokensOf(sql)), closing_(tokens_.size(), tokens_.size()) {
    std::vector<std::size_t> open;
    for (std::size_t i = 0; i < tokens_.size(); ++i) {
        if (isSignAt(i, '(')) {
            open.push_back(i);
        } else if (isSignAt(i, ')') && !open.empty()) {
            closing_[open.back()] = i;
            open.pop_back();
        }
    }
}

bool ScopeReader::isAny(std::size_t token, std::initializer_list<std::string_view> keywords) const {
    return std::any_of(keywords.begin(), keywords.end(), [&](std::string_view word) { return is(token, word); });
}

std::size_t ScopeReader::queryBegin() const {
    if (!isAny(0, {"explain", "create", "declare", "prepare", "copy"})) {
        return 0;
    }
    for (std::size_t i = 1; i < tokens_.size(); ++i) {
        if (isSignAt(i, '(')) {
            i = closing_[i];
        } else if (beginsQuery(i) && (is(0, "explain") || isAny(i - 1, {"as", "for"}))) {
            return i;
        }
    }
    return 0;
}

std::size_t ScopeReader::readWith(TokenRange block, Relations& ctes, std::size_t stop) const {
    std::size_t at = block.begin;
    if (!is(at, "with")) {
        return at;
    }
    ++at;
    at += is(at, "recursive") ? 1 : 0;
    while (at < block.end && tokens_[at].isName()) {
        ScopeRelation cte;
        cte.alias = cte.name = nameOf(tokens_[at], sql_);
        cte.begin = tokens_[at].begin;
        cte.end = tokens_[at].end;
        ++at;
        std::vector<std::string> column_names;
        if (isSignAt(at, '(')) {
            for (std::size_t i = at + 1; i < std::min(closing_[at], block.end); ++i) {
                if (tokens_[i].isName()) {
                    column_names.push_back(nameOf(tokens_[i], sql_));
                }
            }
            at = closing_[at] + 1;
        }
        while (isAny(at, {"as", "not", "materialized"})) {
            ++at;
        }
        if (!isSignAt(at, '(')) {
            return std::min(at, block.end);
        }
        const std::size_t close = std::min(closing_[at], block.end);
        if (stop > at && stop <= close && stop != kNoToken) {
            return kNoToken;
        }
        cte.columns = outputColumns({at + 1, close}, ctes, 1);
        for (std::size_t i = 0; i < column_names.size(); ++i) {
            if (i < cte.columns.size()) {
                cte.columns[i].name = column_names[i];
            } else {
                cte.columns.push_back({column_names[i], {}, {}, false});
            }
        }
        ctes.push_back(std::move(cte));
        at = std::min(close + 1, block.end);
        if (!isSignAt(at, ',')) {
            return at;
        }
        ++at;
    }
    return std::min(at, block.end);
}

TokenRange ScopeReader::armAt(TokenRange block, std::size_t token) const {
    TokenRange arm = block;
    for (std::size_t i = block.begin; i < block.end; ++i) {
        if (isSignAt(i, '(')) {
            i = closing_[i];
        } else if (isAny(i, {"union", "intersect", "except"})) {
            if (i >= token) {
                arm.end = i;
                break;
            }
            arm.begin = i + 1 + (isAny(i + 1, {"all", "distinct"}) ? 1 : 0);
        }
    }
    arm.begin = std::min(arm.begin, arm.end);
    return arm;
}

ScopeReader::Relations ScopeReader::relationsOf(TokenRange arm, const Relations& ctes,
                                                std::optional<ScopeRelation>* target) const {
    return relationsOf(arm, ctes, target, 0);
}

ScopeReader::Relations ScopeReader::relationsOf(TokenRange arm, const Relations& ctes,
                                                std::optional<ScopeRelation>* target, int depth) const {
    Relations relations;
    readItems(arm, false, ctes, relations, target, depth);
    return relations;
}

void ScopeReader::readItems(TokenRange range, bool is_in_from, const Relations& ctes, Relations& relations,
                            std::optional<ScopeRelation>* target, int depth) const {
    bool wants_item = is_in_from;
    bool is_target = false;
    for (std::size_t i = range.begin; i < range.end && depth < kDepthMax; ++i) {
        const bool is_comparison =
            is(i, "from") && i > 0 && is(i - 1, "distinct") && i > 1 && isAny(i - 2, {"is", "not"});
        if ((is(i, "from") && !is_comparison) || is(i, "join") || (is(i, "using") && !isSignAt(i + 1, '('))) {
            is_in_from = wants_item = true;
            is_target = is(i, "from") && i > range.begin && is(i - 1, "delete");
        } else if ((is(i, "update") && i == range.begin) || (is(i, "into") && i > range.begin)) {
            wants_item = is_target = true;
        } else if (isAny(i, {"where", "group", "having", "order", "limit", "offset", "fetch", "for", "window",
                             "returning", "set", "values", "select"})) {
            is_in_from = wants_item = false;
        } else if (is(i, "on")) {
            wants_item = false;
        } else if (isSignAt(i, ',')) {
            wants_item = is_in_from;
        } else if (wants_item && !isAny(i, {"lateral", "only"})) {
            wants_item = false;
            if (isSignAt(i, '(') && !beginsQuery(i + 1)) {
                // Joins in parentheses.
                readItems({i + 1, std::min(closing_[i], range.end)}, true, ctes, relations, nullptr, depth + 1);
                i = closing_[i];
            } else if (auto item = readItem(i, range.end, ctes, depth)) {
                if (is_target && target != nullptr) {
                    *target = item->relation;
                }
                if (!(is_target && is(i - 1, "into"))) {
                    relations.push_back(std::move(item->relation));
                }
                is_target = false;
                i = item->next - 1;
            }
        } else if (isSignAt(i, '(')) {
            i = closing_[i];
        }
    }
}

std::optional<ScopeReader::Item> ScopeReader::readItem(std::size_t at, std::size_t end, const Relations& ctes,
                                                       int depth) const {
    Item item{{}, at};
    ScopeRelation& relation = item.relation;
    relation.begin = tokens_[at].begin;
    if (isSignAt(at, '(')) {
        const std::size_t close = std::min(closing_[at], end);
        relation.columns = outputColumns({at + 1, close}, ctes, depth + 1);
        item.next = close + 1;
        relation.end = close < tokens_.size() ? tokens_[close].end : sql_.size();
        readAlias(item, end);
        return item;
    }
    if (!tokens_[at].isName() || at == ignored_ ||
        (tokens_[at].kind == TokenKind::kWord && isReservedWord(nameOf(tokens_[at], sql_)))) {
        return std::nullopt;
    }
    std::vector<std::string> chain{nameOf(tokens_[at], sql_)};
    std::size_t last = at;
    while (isSignAt(last + 1, '.') && last + 2 < end && tokens_[last + 2].isName() && last + 2 != ignored_) {
        last += 2;
        chain.push_back(nameOf(tokens_[last], sql_));
    }
    if (isSignAt(last + 1, '.')) {
        return std::nullopt;  // "public." is being typed
    }
    relation.name = relation.alias = chain.back();
    relation.schema = chain.size() > 1 ? chain[chain.size() - 2] : std::string();
    relation.end = tokens_[last].end;
    item.next = last + 1;
    const bool is_insert_target = at > 0 && is(at - 1, "into");
    if (isSignAt(item.next, '(') && !is_insert_target) {
        item.next = closing_[item.next] + 1;
        relation.columns = {{chain.back(), {}, {}, false}};
        if (is(item.next, "with") && is(item.next + 1, "ordinality")) {
            item.next += 2;
            relation.columns.push_back({"ordinality", "bigint", {}, false});
        }
    } else {
        resolve(relation, ctes);
    }
    readAlias(item, end);
    return item;
}

void ScopeReader::readAlias(Item& item, std::size_t end) const {
    std::size_t at = item.next;
    at += is(at, "as") ? 1 : 0;
    const bool is_name = at < end && tokens_[at].isName() && at != ignored_ &&
                         !isAny(at, {"set", "values", "overriding", "cross", "natural"}) &&
                         (tokens_[at].kind == TokenKind::kQuotedWord || !isReservedWord(nameOf(tokens_[at], sql_)));
    item.next = std::min(std::max(item.next, at), tokens_.size());
    if (!is_name) {
        return;
    }
    item.relation.alias = nameOf(tokens_[at], sql_);
    item.next = at + 1;
    if (!isSignAt(item.next, '(') || (at > 1 && is(at - 2, "into"))) {
        return;
    }
    // f(…) AS t (a integer, b text), or new names of the first columns.
    const std::size_t close = std::min(closing_[item.next], end);
    std::vector<ScopeColumn>& columns = item.relation.columns;
    std::size_t number = 0;
    bool is_begin = true;
    for (std::size_t i = item.next + 1; i < close; ++i) {
        if (is_begin && tokens_[i].isName()) {
            if (number == columns.size()) {
                columns.emplace_back();
            }
            columns[number++].name = nameOf(tokens_[i], sql_);
        }
        is_begin = isSignAt(i, ',');
        i = isSignAt(i, '(') ? closing_[i] : i;
    }
    item.next = close + 1;
}

void ScopeReader::resolve(ScopeRelation& relation, const Relations& ctes) const {
    if (relation.schema.empty()) {
        const auto cte = std::find_if(ctes.rbegin(), ctes.rend(),
                                      [&](const ScopeRelation& known) { return known.name == relation.name; });
        if (cte != ctes.rend()) {
            relation.columns = cte->columns;
            return;
        }
    }
    if (names_ != nullptr) {
        relation.table = names_->findTable(relation.schema, relation.name);
    }
    relation.is_unknown = !relation.table;
}

std::string ScopeReader::clauseAt(TokenRange arm, std::size_t token) const {
    std::string clause;
    for (std::size_t i = arm.begin; i < std::min(token, arm.end); ++i) {
        if (isSignAt(i, '(')) {
            if (closing_[i] >= token) {
                continue;  // the token stands inside
            }
            i = closing_[i];
        } else if (isAny(i, {"group", "order"}) && is(i + 1, "by")) {
            clause = is(i, "group") ? "group by" : "order by";
        } else if (is(i, "from") && i > 1 && is(i - 1, "distinct") && isAny(i - 2, {"is", "not"})) {
            continue;
        } else if (isAny(i, {"select", "from", "where", "having", "limit", "offset", "join", "on", "set", "values",
                             "returning", "into", "update", "using", "window", "delete", "insert"})) {
            clause = nameOf(tokens_[i], sql_);
        }
    }
    return clause;
}

std::vector<ScopeColumn> ScopeReader::outputColumns(TokenRange block, Relations ctes, int depth) const {
    std::vector<ScopeColumn> columns;
    if (depth > kDepthMax || block.begin >= block.end) {
        return columns;
    }
    std::size_t begin = readWith(block, ctes);
    while (isSignAt(begin, '(')) {
        ++begin;
    }
    if (begin >= block.end) {
        return columns;
    }
    const TokenRange arm = armAt({begin, block.end}, begin);
    if (is(arm.begin, "values") && isSignAt(arm.begin + 1, '(')) {
        std::size_t count = 1;
        for (std::size_t i = arm.begin + 2; i < std::min(closing_[arm.begin + 1], arm.end); ++i) {
            i = isSignAt(i, '(') ? closing_[i] : i;
            count += isSignAt(i, ',') ? 1 : 0;
        }
        for (std::size_t i = 1; i <= count; ++i) {
            columns.push_back({"column" + std::to_string(i), {}, {}, false});
        }
        return columns;
    }
    const Relations relations = relationsOf(arm, ctes, nullptr, depth + 1);
    const std::string_view list = isAny(arm.begin, {"insert", "update", "delete"}) ? "returning" : "select";
    std::size_t at = arm.begin;
    while (at < arm.end && !is(at, list)) {
        at = isSignAt(at, '(') ? std::min(closing_[at] + 1, arm.end) : at + 1;
    }
    ++at;
    if (is(at, "distinct") && is(at + 1, "on") && isSignAt(at + 2, '(')) {
        at = closing_[at + 2] + 1;
    }
    at += isAny(at, {"distinct", "all"}) ? 1 : 0;
    std::size_t item_begin = at;
    for (; at <= arm.end; ++at) {
        const bool ends = at == arm.end || isAny(at, {"from", "where", "group", "having", "order", "limit", "offset",
                                                      "window", "fetch", "for", "into"});
        if (!ends && !isSignAt(at, ',')) {
            at = isSignAt(at, '(') ? std::min(closing_[at], arm.end - 1) : at;
            continue;
        }
        if (item_begin < at && isSignAt(item_begin, '(') == false && tokens_[at - 1].of(sql_) == "*" &&
            (at - item_begin == 1 || isSignAt(at - 2, '.'))) {
            const std::string alias = at - item_begin > 2 ? nameOf(tokens_[at - 3], sql_) : std::string();
            for (const ScopeRelation& relation : relations) {
                if (alias.empty() || relation.alias == alias) {
                    const std::vector<ScopeColumn> own = columnsOf(relation, names_);
                    columns.insert(columns.end(), own.begin(), own.end());
                }
            }
        } else if (item_begin < at) {
            columns.push_back(outputColumn({item_begin, at}, relations));
        }
        item_begin = at + 1;
        if (ends) {
            break;
        }
    }
    return columns;
}

ScopeColumn ScopeReader::outputColumn(TokenRange item, const Relations& relations) const {
    const std::size_t last = item.end - 1;
    const auto is_free_name = [&](std::size_t token) {
        return tokens_[token].kind == TokenKind::kQuotedWord ||
               (tokens_[token].kind == TokenKind::kWord && !isReservedWord(nameOf(tokens_[token], sql_)));
    };
    if (last > item.begin && tokens_[last].isName()) {
        const bool follows_operand =
            tokens_[last - 1].isName()
                ? !isReservedWord(nameOf(tokens_[last - 1], sql_)) || isAny(last - 1, {"end", "null", "true", "false"})
                : tokens_[last - 1].kind != TokenKind::kOperator && !isSignAt(last - 1, '.');
        if (is(last - 1, "as") || (follows_operand && is_free_name(last))) {
            return {nameOf(tokens_[last], sql_), {}, {}, false};
        }
    }
    if (is(item.begin, "case")) {
        return {"case", {}, {}, false};
    }
    if (!tokens_[item.begin].isName()) {
        return {"?column?", {}, {}, false};
    }
    std::size_t at = item.begin;
    std::string qualifier;
    while (at + 2 < item.end && isSignAt(at + 1, '.') && tokens_[at + 2].isName()) {
        qualifier = nameOf(tokens_[at], sql_);
        at += 2;
    }
    const std::string name = nameOf(tokens_[at], sql_);
    const bool is_whole = at == last;
    if (!is_whole && !isSignAt(at + 1, '(') && tokens_[at + 1].of(sql_) != "::") {
        return {"?column?", {}, {}, false};
    }
    for (const ScopeRelation& relation : relations) {
        if (!is_whole || (!qualifier.empty() && relation.alias != qualifier)) {
            continue;
        }
        for (ScopeColumn& column : columnsOf(relation, names_)) {
            if (column.name == name) {
                column.is_key = false;
                return column;
            }
        }
    }
    return {name, {}, {}, false};
}

}  // namespace tessera::app
