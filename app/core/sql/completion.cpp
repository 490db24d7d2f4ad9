#include "app/core/sql/completion.h"

#include "common/strings.h"

#include <algorithm>
#include <array>
#include <map>
#include <set>
#include <utility>

namespace tessera::app {

namespace {

using Kind = Proposal::Kind;

// The first list is asked for names in scope, the rest are ranks of the lists.
constexpr int kJoinRank = 900;
constexpr int kColumnRank = 800;
constexpr int kAliasRank = 700;
constexpr int kTableRank = 600;
constexpr int kSchemaRank = 500;
constexpr int kKeywordRank = 400;
constexpr int kFunctionRank = 300;
constexpr int kOuterPenalty = 50;
constexpr int kFuzzyPenalty = 1000;

constexpr std::array kStatementWords{
    "select", "with",   "insert into", "update",   "delete from", "values",     "explain", "create", "alter",
    "drop",   "begin",  "commit",      "rollback", "merge into",  "truncate",   "analyze", "set",    "show",
    "grant",  "revoke", "refresh",     "call",     "copy",        "comment on", "table"};
constexpr std::array kExpressionWords{
    "case",         "not",      "exists",   "null",     "true",         "false",
    "cast",         "distinct", "interval", "array",    "current_date", "current_timestamp",
    "current_user", "select",   "extract",  "coalesce", "nullif",       "greatest",
    "least",        "all",      "any",      "row"};
constexpr std::array kFollowingWords{"from",         "where",
                                     "group by",     "order by",
                                     "having",       "limit",
                                     "offset",       "join",
                                     "left join",    "right join",
                                     "full join",    "inner join",
                                     "cross join",   "left join lateral",
                                     "on",           "using",
                                     "as",           "and",
                                     "or",           "not",
                                     "in",           "is null",
                                     "is not null",  "between",
                                     "like",         "ilike",
                                     "asc",          "desc",
                                     "nulls first",  "nulls last",
                                     "union",        "union all",
                                     "intersect",    "except",
                                     "returning",    "set",
                                     "values",       "then",
                                     "else",         "end",
                                     "when",         "over",
                                     "partition by", "filter",
                                     "within group", "window",
                                     "on conflict",  "do update set",
                                     "do nothing",   "for update",
                                     "fetch first",  "is distinct from",
                                     "tablesample",  "collate",
                                     "at time zone", "into"};

Kind proposalKind(RelationKind kind) {
    switch (kind) {
        case RelationKind::kTable:
            return Kind::kTable;
        case RelationKind::kForeignTable:
            return Kind::kForeignTable;
        default:
            return Kind::kView;
    }
}

bool startsWith(std::string_view name, std::string_view prefix) {
    return name.size() >= prefix.size() && toLowerAscii(name.substr(0, prefix.size())) == toLowerAscii(prefix);
}

std::string upperAscii(std::string text) {
    std::transform(text.begin(), text.end(), text.begin(),
                   [](char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c; });
    return text;
}

class Completer {
  public:
    Completer(const Scope& scope, const NameIndex* names, const CompletionSettings& settings)
        : scope_(scope), names_(names), settings_(settings) {}

    std::vector<Proposal> run() {
        switch (scope_.expected) {
            case Expected::kNothing:
            case Expected::kAlias:
                break;
            case Expected::kStatement:
                addWords(kStatementWords, kKeywordRank);
                break;
            case Expected::kTable:
                addTables();
                break;
            case Expected::kJoinTable:
                addJoins();
                addTables();
                break;
            case Expected::kJoinCondition:
                addConditions();
                addExpression();
                break;
            case Expected::kTargetColumns:
                addTargetColumns();
                break;
            case Expected::kSharedColumns:
                addSharedColumns();
                break;
            case Expected::kExpression:
                addExpression();
                break;
            case Expected::kKeyword:
                addWords(kFollowingWords, kKeywordRank);
                break;
        }
        return ranked();
    }

  private:
    /// Takes a proposal whose label has the typed word at its begin, or in scope, at least in this order.
    void add(Proposal proposal, int rank, bool is_in_scope = false) {
        const std::string_view prefix = scope_.prefix;
        if (startsWith(proposal.label, prefix)) {
            proposal.score = rank;
        } else if (const auto near = is_in_scope ? fuzzyScore(prefix, proposal.label) : std::nullopt) {
            proposal.score = rank - kFuzzyPenalty + *near;
        } else {
            return;
        }
        proposals_.push_back(std::move(proposal));
    }

    template <std::size_t N>
    void addWords(const std::array<const char*, N>& words, int rank) {
        const std::string& prefix = scope_.prefix;
        const bool is_upper = prefix.empty() ? settings_.upper_case_keywords : prefix[0] >= 'A' && prefix[0] <= 'Z';
        for (const char* word : words) {
            const std::string text = is_upper ? upperAscii(word) : word;
            add({Kind::kKeyword, text, text, {}, {}, {}}, rank);
        }
    }

    void addColumn(const ScopeColumn& column, const ScopeRelation& relation, bool is_qualified, int rank) {
        Proposal proposal{Kind::kColumn,  column.name,  quotedIfNeeded(column.name), column.type, relation.alias,
                          column.comment, column.is_key};
        if (is_qualified) {
            proposal.insert = qualified(relation, column.name);
        }
        add(std::move(proposal), rank, true);
    }

    void addColumnsOf(const ScopeRelation& relation, int rank) {
        const std::vector<ScopeColumn> columns = columnsOf(relation, names_);
        for (const ScopeColumn& column : columns) {
            addColumn(column, relation, false, rank--);
        }
    }

    /// Columns of everything in scope; a name that two relations have is written with its relation.
    void addScopeColumns() {
        std::multiset<std::string> seen;
        std::vector<std::vector<ScopeColumn>> columns;
        for (const ScopeRelation& relation : scope_.relations) {
            columns.push_back(columnsOf(relation, names_));
            for (const ScopeColumn& column : columns.back()) {
                seen.insert(column.name);
            }
        }
        for (std::size_t i = 0; i < columns.size(); ++i) {
            const ScopeRelation& relation = scope_.relations[i];
            for (const ScopeColumn& column : columns[i]) {
                addColumn(column, relation, seen.count(column.name) > 1,
                          kColumnRank - (relation.is_outer ? kOuterPenalty : 0));
            }
        }
    }

    void addStar(const std::vector<const ScopeRelation*>& relations) {
        std::string list;
        std::size_t count = 0;
        for (const ScopeRelation* relation : relations) {
            for (const ScopeColumn& column : columnsOf(*relation, names_)) {
                // Behind "a." the first column has its qualifier already.
                const bool is_plain = relations.size() == 1 && (scope_.qualifier.empty() || count == 0);
                list += count++ == 0 ? "" : ", ";
                list += is_plain ? quotedIfNeeded(column.name) : qualified(*relation, column.name);
            }
        }
        if (count > 0 && scope_.prefix.empty()) {
            proposals_.push_back({Kind::kStar, "*", list, std::to_string(count) + " columns",
                                  relations.size() == 1 ? relations.front()->alias : "", list, false, 0, kAliasRank});
        }
    }

    void addExpression() {
        if (!scope_.qualifier.empty()) {
            addQualified();
            return;
        }
        addScopeColumns();
        for (const ScopeRelation& relation : scope_.relations) {
            if (!relation.alias.empty()) {
                add({Kind::kAlias, relation.alias, quotedIfNeeded(relation.alias) + ".", relation.name, {}, {}},
                    kAliasRank, true);
            }
        }
        if (scope_.clause == "select") {
            std::vector<const ScopeRelation*> own;
            for (const ScopeRelation& relation : scope_.relations) {
                if (!relation.is_outer) {
                    own.push_back(&relation);
                }
            }
            addStar(own);
        }
        addFunctions({});
        addWords(kExpressionWords, kKeywordRank);
        if (!scope_.prefix.empty()) {
            addWords(kFollowingWords, kFunctionRank - 1);
        }
    }

    void addQualified() {
        const std::string& last = scope_.qualifier.back();
        const ScopeRelation* relation = scope_.find(last);
        for (const ScopeRelation& candidate : scope_.relations) {
            if (scope_.qualifier.size() > 1 && candidate.name == last && candidate.schema == scope_.qualifier.front()) {
                relation = &candidate;
            }
        }
        if (relation != nullptr) {
            addColumnsOf(*relation, kColumnRank);
            if (scope_.clause == "select" || scope_.clause == "returning") {
                addStar({relation});
            }
        } else if (scope_.qualifier.size() == 1) {
            addFunctions(last);
            // A table that FROM does not name yet: "select orders." is written before its FROM.
            if (names_ != nullptr) {
                if (const auto table = names_->findTable({}, last)) {
                    ScopeRelation guess;
                    guess.alias = guess.name = last;
                    guess.table = table;
                    addColumnsOf(guess, kColumnRank);
                }
            }
        }
    }

    void addFunctions(std::string_view schema) {
        if (names_ == nullptr || (scope_.prefix.empty() && schema.empty())) {
            return;
        }
        std::set<std::string> overloads;
        for (const NameIndex::Match& match :
             names_->withPrefix(scope_.prefix, kProposalsMax, NameIndex::Kind::kFunction)) {
            const NameIndex::Function& function = names_->functions()[match.number];
            const std::string own_schema(names_->text(function.schema));
            const auto& path = names_->searchPath();
            const bool is_reachable =
                schema.empty() ? std::find(path.begin(), path.end(), own_schema) != path.end() : own_schema == schema;
            const std::string name(names_->text(function.name));
            const std::string arguments(names_->text(function.arguments));
            if (!is_reachable || !overloads.insert(name + "(" + arguments).second) {
                continue;
            }
            Proposal proposal{Kind::kFunction,
                              name,
                              quotedIfNeeded(name) + "()",
                              "(" + arguments + ") → " + std::string(names_->text(function.result)),
                              own_schema,
                              std::string(names_->text(function.comment)),
                              false,
                              arguments.empty() ? 0U : 1U};
            // A short name is what was meant more often than a long one with the same begin.
            add(std::move(proposal), kFunctionRank - static_cast<int>(std::min<std::size_t>(name.size(), 99)));
        }
    }

    Proposal tableProposal(std::uint32_t number, bool needs_schema) const {
        const NameIndex::Table& table = names_->tables()[number];
        const std::string name(names_->text(table.name));
        const std::string schema(names_->text(table.schema));
        return {proposalKind(table.kind),
                name,
                (needs_schema ? quotedIfNeeded(schema) + "." : "") + quotedIfNeeded(name),
                std::string(kindText(table.kind)),
                schema,
                std::string(names_->text(table.comment))};
    }

    bool needsSchema(std::uint32_t number) const {
        return names_->findTable({}, names_->text(names_->tables()[number].name)) != number;
    }

    void addTables() {
        if (scope_.qualifier.empty()) {
            for (const ScopeRelation& cte : scope_.ctes) {
                add({Kind::kAlias, cte.name, quotedIfNeeded(cte.name), "WITH", {}, {}}, kTableRank + 1, true);
            }
        }
        if (names_ == nullptr) {
            return;
        }
        const std::string schema = scope_.qualifier.empty() ? std::string() : scope_.qualifier.back();
        std::size_t added = 0;
        // Of a wanted schema any table may come late in the order of names.
        const std::size_t limit = schema.empty() ? kProposalsMax : names_->tables().size();
        for (const NameIndex::Match& match : names_->withPrefix(scope_.prefix, limit, NameIndex::Kind::kTable)) {
            if (!schema.empty() && names_->text(names_->tables()[match.number].schema) != schema) {
                continue;
            }
            const bool needs_schema = schema.empty() && needsSchema(match.number);
            add(tableProposal(match.number, needs_schema), kTableRank - (needs_schema ? 1 : 0));
            if (++added == kProposalsMax) {
                break;
            }
        }
        if (schema.empty()) {
            for (const std::string& name : names_->schemas()) {
                add({Kind::kSchema, name, quotedIfNeeded(name) + ".", "schema", {}, {}}, kSchemaRank, true);
            }
        }
    }

    /// "orders o ON o.customer_id = c.id" for every table that a key or a comment leads to.
    void addJoins() {
        if (names_ == nullptr || !scope_.qualifier.empty()) {
            return;
        }
        for (const ScopeRelation& relation : scope_.relations) {
            if (!relation.table || relation.is_outer) {
                continue;
            }
            for (const std::uint32_t partner : joinPartners(*relation.table, *names_)) {
                addJoin(relation, partner);
            }
        }
    }

    void addJoin(const ScopeRelation& relation, std::uint32_t partner) {
        const NameIndex::Table& table = names_->tables()[partner];
        ScopeRelation joined;
        joined.name = names_->text(table.name);
        joined.schema = names_->text(table.schema);
        joined.table = partner;
        joined.alias = aliasFor(joined.name, scope_.relations);
        const std::string on = settings_.upper_case_keywords ? " ON " : " on ";
        for (const JoinCondition& condition : joinConditions(relation, joined, *names_)) {
            if (condition.basis == JoinBasis::kSameName) {
                continue;
            }
            Proposal proposal = tableProposal(partner, needsSchema(partner));
            proposal.kind = Kind::kJoin;
            proposal.insert += " " + joined.alias + on + condition.text;
            proposal.detail = condition.text;
            proposal.join_basis = condition.basis;
            add(std::move(proposal), kJoinRank);
        }
    }

    void addConditions() {
        if (names_ == nullptr || scope_.relations.size() < 2 || !scope_.qualifier.empty()) {
            return;
        }
        // The relation joined here is the last one that begins before the caret.
        const ScopeRelation* joined = nullptr;
        for (const ScopeRelation& relation : scope_.relations) {
            if (!relation.is_outer && relation.end <= scope_.replace_begin) {
                joined = &relation;
            }
        }
        for (const ScopeRelation& relation : scope_.relations) {
            if (joined == nullptr || &relation == joined || relation.is_outer || relation.begin > joined->begin) {
                continue;
            }
            for (const JoinCondition& condition : joinConditions(relation, *joined, *names_)) {
                Proposal proposal{Kind::kJoin, condition.text, condition.text, {}, {}, {}};
                proposal.join_basis = condition.basis;
                add(std::move(proposal), kJoinRank, true);
            }
        }
    }

    void addTargetColumns() {
        const ScopeRelation* target = scope_.target ? &*scope_.target : nullptr;
        if (target == nullptr && !scope_.relations.empty()) {
            target = &scope_.relations.front();
        }
        if (target == nullptr || !scope_.qualifier.empty()) {
            return;
        }
        addColumnsOf(*target, kColumnRank);
        if (scope_.clause != "set") {
            addStar({target});
        }
    }

    void addSharedColumns() {
        std::map<std::string, int> counts;
        for (const ScopeRelation& relation : scope_.relations) {
            for (const ScopeColumn& column : columnsOf(relation, names_)) {
                ++counts[column.name];
            }
        }
        for (const ScopeRelation& relation : scope_.relations) {
            for (const ScopeColumn& column : columnsOf(relation, names_)) {
                if (std::exchange(counts[column.name], 0) > 1) {
                    addColumn(column, relation, false, kColumnRank);
                }
            }
        }
    }

    std::vector<Proposal> ranked() {
        std::stable_sort(proposals_.begin(), proposals_.end(),
                         [](const Proposal& a, const Proposal& b) { return a.score > b.score; });
        std::set<std::pair<std::string, std::string>> seen;
        std::vector<Proposal> kept;
        for (Proposal& proposal : proposals_) {
            // A function's overloads differ in their arguments only.
            const std::string& distinct = proposal.kind == Kind::kFunction ? proposal.detail : proposal.label;
            if (kept.size() < kProposalsMax && seen.emplace(proposal.insert, distinct).second) {
                kept.push_back(std::move(proposal));
            }
        }
        return kept;
    }

    const Scope& scope_;
    const NameIndex* names_;
    const CompletionSettings& settings_;
    std::vector<Proposal> proposals_;
};

}  // namespace

std::vector<Proposal> complete(const Scope& scope, const NameIndex* names, const CompletionSettings& settings) {
    return Completer(scope, names, settings).run();
}

std::vector<Proposal> completeFuzzily(const Scope& scope, const NameIndex& names) {
    const bool wants_table = scope.expected == Expected::kTable || scope.expected == Expected::kJoinTable;
    std::vector<Proposal> proposals;
    if (scope.prefix.size() < 2 || !(wants_table || scope.expected == Expected::kExpression)) {
        return proposals;
    }
    const auto kind = wants_table ? NameIndex::Kind::kTable : NameIndex::Kind::kFunction;
    constexpr std::size_t kFuzzyMax = 50;
    for (const NameIndex::Match& match : names.fuzzy(scope.prefix, kFuzzyMax, kind)) {
        const std::string name(names.nameOf(match));
        if (kind == NameIndex::Kind::kFunction) {
            const NameIndex::Function& function = names.functions()[match.number];
            proposals.push_back({Kind::kFunction, name, quotedIfNeeded(name) + "()",
                                 "(" + std::string(names.text(function.arguments)) + ")",
                                 std::string(names.text(function.schema)), std::string(names.text(function.comment)),
                                 false, 1});
            continue;
        }
        const NameIndex::Table& table = names.tables()[match.number];
        const std::string schema(names.text(table.schema));
        const bool needs_schema = names.findTable({}, name) != match.number && scope.qualifier.empty();
        if (!scope.qualifier.empty() && schema != scope.qualifier.back()) {
            continue;
        }
        proposals.push_back({proposalKind(table.kind), name,
                             (needs_schema ? quotedIfNeeded(schema) + "." : "") + quotedIfNeeded(name),
                             std::string(kindText(table.kind)), schema, std::string(names.text(table.comment))});
    }
    return proposals;
}

std::string aliasFor(std::string_view table, const std::vector<ScopeRelation>& taken) {
    std::string initials;
    for (std::size_t i = 0; i < table.size(); ++i) {
        const bool is_letter = (table[i] >= 'a' && table[i] <= 'z') || (table[i] >= 'A' && table[i] <= 'Z');
        if (is_letter && (i == 0 || table[i - 1] == '_' || table[i - 1] == ' ')) {
            initials += toLowerAscii(table.substr(i, 1));
        }
    }
    initials = initials.empty() || isReservedWord(initials) ? "t" : initials;
    const auto is_taken = [&](const std::string& alias) {
        return isReservedWord(alias) || std::any_of(taken.begin(), taken.end(), [&](const ScopeRelation& relation) {
                   return relation.alias == alias;
               });
    };
    std::string alias = initials;
    for (int number = 2; is_taken(alias); ++number) {
        alias = initials + std::to_string(number);
    }
    return alias;
}

}  // namespace tessera::app
