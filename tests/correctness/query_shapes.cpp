/// The shapes of statements that QueryGenerator draws.

#include "tests/correctness/query_generator.h"

#include <algorithm>

namespace tessera::correctness {

namespace {

constexpr int kDepth = 3;
constexpr int kMostSubqueries = 3;

Term outputs(std::vector<Term> terms) {
    return {"{*}", "", std::move(terms)};
}

/// "SELECT … FROM … WHERE …", then the rest.
Term select(const std::string& form, Term list, Term from, Term where) {
    return {form, kQueryTerm, {std::move(list), std::move(from), std::move(where)}};
}

}  // namespace

RandomQuery QueryGenerator::next() {
    RandomQuery query;
    query_ = &query;
    scope_ = {};
    with_ = {"?WITH {*} ", "", {}};
    aliases_ = 0;
    subqueries_ = 0;
    is_mixed_ = chance(15);
    Term body;
    switch (below(10)) {
        case 0:
            body = distinct();
            break;
        case 1:
        case 2:
            body = groups();
            break;
        case 3:
            body = windows();
            break;
        case 4: {
            std::vector<std::string> types;
            for (std::size_t i = 1 + below(3); i > 0; --i) {
                types.push_back(keyType());
            }
            body = setOperation(1 + static_cast<int>(below(2)), types);
            if (chance(30)) {
                // Rows that are equal look alike: which of them are cut off makes no difference.
                std::string order;
                for (std::size_t i = 0; i < types.size(); ++i) {
                    order += (i == 0 ? "" : ", ") + std::to_string(i + 1) + (chance(30) ? " DESC" : "");
                }
                body = {"{0} ORDER BY " + order + limit(), kQueryTerm, {std::move(body)}};
            }
            break;
        }
        default:
            body = rows();
    }
    query.root = {"{0}{1}", "", {std::move(with_), std::move(body)}};
    query_ = nullptr;
    return query;
}

std::string QueryGenerator::keyType() {
    static const std::vector<std::string> kNone = {"json", "jsonb", "interval", "float4", "_int4", "_text"};
    for (;;) {
        const std::string& type = oneOf(types_);
        if (std::find(kNone.begin(), kNone.end(), type) == kNone.end()) {
            return type;
        }
    }
}

/// A value of which equal ones look alike: whichever of a group is shown, it is the same.
Term QueryGenerator::key(const std::string& type) {
    std::vector<const Column*> columns;
    bool any_alike = false;
    for (const Column& column : scope_.columns) {
        if (column.type == type && column.looks_alike) {
            columns.push_back(&column);
        }
    }
    any_alike = !type.starts_with("float") && type != "numeric";
    if (!columns.empty() && (!any_alike || chance(50))) {
        return {oneOf(columns)->text, type, {}};
    }
    return any_alike ? term(type, kDepth - 1) : Term{literal(type), type, {}};
}

Term QueryGenerator::keys(std::size_t count) {
    Term list = outputs({});
    for (std::size_t i = 0; i < count; ++i) {
        list.args.push_back(key(keyType()));
    }
    return list;
}

/// One value of these for each row of the joins.
std::string QueryGenerator::ids() const {
    std::string text;
    for (const std::string& id : scope_.ids) {
        text += (text.empty() ? "" : ", ") + id;
    }
    return text;
}

std::string QueryGenerator::limit() {
    const std::string count = std::to_string(1 + below(9));
    std::string text = " LIMIT " + (chance(20) ? parameter(count, "bigint") : count);
    return text += chance(30) ? " OFFSET " + std::to_string(below(4)) : "";
}

Term QueryGenerator::table(bool small) {
    const std::string alias = newAlias();
    std::string name = chance(60) ? "t" : "u";
    if (is_mixed_) {
        name = chance(50) ? name + "2" : chance(30) ? "copy.t" : name;
    }
    declare(alias, name);
    if (small) {
        name = "(SELECT * FROM " + name + " WHERE id < " + std::to_string(4 + below(12)) + ")";
    }
    return {name + " " + alias, kRelationTerm, {}};
}

/// A subquery in FROM with the columns id, c0, …; a lateral one may name what stands before it.
Term QueryGenerator::derived(bool lateral) {
    Scope outer = scope_;
    if (!lateral) {
        scope_.columns.clear();
    }
    scope_.ids.clear();
    Term base = table(false);
    const std::string id = scope_.ids.front();
    std::vector<Column> made;
    Term list = outputs({});
    std::string form = "SELECT {0} FROM {1}{2}";
    const std::size_t kind = below(4);
    if (kind == 0) {
        const std::string type = keyType();
        list.args = {
            {"min(" + id + ") AS id", "", {}}, {"{0} AS c0", "", {key(type)}}, {"{0} AS c1", "", {aggregate()}}};
        made = {{"c0", type, true}, {"c1", list.args[2].args[0].type, false}};
        form += " GROUP BY 2";
    } else if (kind == 1) {
        const std::string type = keyType();
        list.args = {{id + " AS id", "", {}},
                     {"row_number() OVER (PARTITION BY {0} ORDER BY " + id + ") AS c0", "", {key(type)}}};
        made = {{"c0", "int8", true}};
    } else {
        list.args = {{id + " AS id", "", {}}};
        for (std::size_t i = 0; i <= below(3); ++i) {
            const std::string type = oneOf(types_);
            const std::string name = "c" + std::to_string(i);
            list.args.push_back({"{0} AS " + name, "", {term(type, kDepth - 1)}});
            made.push_back({name, type, false});
        }
        form += kind == 2 ? " ORDER BY " + id + limit() : "";
    }
    Term inner = select(form, std::move(list), std::move(base), where());
    const std::string alias = newAlias();
    scope_ = std::move(outer);
    for (const Column& column : made) {
        if (column.type.empty()) {
            continue;
        }
        const bool is_inexact = column.type == "numeric" || column.type.starts_with("float") ||
                                column.type == "interval" || column.type.starts_with("json");
        scope_.columns.push_back({alias + "." + column.text, column.type, column.looks_alike || !is_inexact});
    }
    scope_.columns.push_back({alias + ".id", "int4", true});
    scope_.ids.push_back(alias + ".id");
    query_->relations[alias] = std::string(lateral ? "LATERAL (" : "(") + inner.text() + ")";
    if (!lateral && chance(25)) {
        const std::string name = "w" + alias;
        with_.args.push_back({name + " AS " + (chance(40) ? "MATERIALIZED " : "") + "({0})", "", {std::move(inner)}});
        return {name + " " + alias, kRelationTerm, {}};
    }
    return {std::string(lateral ? "LATERAL " : "") + "({0}) " + alias, kRelationTerm, {std::move(inner)}};
}

Term QueryGenerator::relation(bool small) {
    return chance(20) ? derived(false) : table(small);
}

Term QueryGenerator::from() {
    const std::size_t joins = std::min(below(4), below(4));
    Term tree = relation(joins > 1);
    for (std::size_t i = 0; i < joins; ++i) {
        if (chance(8)) {
            const bool keeps = chance(50);
            tree = {std::string("({0} ") + (keeps ? "LEFT JOIN {1} ON true" : "CROSS JOIN {1}") + ")",
                    kRelationTerm,
                    {std::move(tree), derived(true)}};
            continue;
        }
        static const std::vector<std::string> kJoins = {"JOIN", "LEFT JOIN", "RIGHT JOIN", "FULL JOIN"};
        const std::string kind = oneOf(kJoins);
        const std::vector<Column> left = scope_.columns;
        Term side = relation(joins > 1);
        const Column& one = scope_.columns[left.size() + below(scope_.columns.size() - left.size())];
        std::vector<std::string> fitting;
        for (const Column& column : left) {
            if (column.type == one.type && !one.type.starts_with("json")) {
                fitting.push_back(column.text);
            }
        }
        const std::string other = fitting.empty() ? scope_.ids.front() : oneOf(fitting);
        const std::string key = fitting.empty() ? scope_.ids.back() : one.text;
        Term on{"{&}", "", {{key + " = " + other, "", {}}}};
        if (kind != "FULL JOIN" && chance(40)) {
            on.args.push_back(condition(kDepth - 1));
        }
        tree = {"({0} " + kind + " {1} ON {2})", kRelationTerm, {std::move(tree), std::move(side), std::move(on)}};
    }
    return tree;
}

Term QueryGenerator::where() {
    Term list{"? WHERE {&}", "", {}};
    for (std::size_t i = below(3); i > 0; --i) {
        list.args.push_back(condition(kDepth));
    }
    return list;
}

/// Without parentheses, as its ORDER BY or FILTER need names that stand for one row.
Term QueryGenerator::aggregate() {
    struct Kind {
        const char* form;  // # is what orders the rows
        const char* type;  // of the argument; "key", "ordered": of any, as a key, one that has an order
        const char* result;
    };

    static const std::vector<Kind> kKinds = {
        {"count(*)", "", "int8"},
        {"count({0})", "any", "int8"},
        {"count(DISTINCT {0})", "key", "int8"},
        {"min({0})", "ordered", "same"},
        {"max({0})", "ordered", "same"},
        {"sum({0})", "int2", "int8"},
        {"sum({0})", "int4", "int8"},
        {"sum({0})", "int8", "numeric"},
        {"sum({0})", "numeric", "numeric"},
        {"avg({0})", "int4", "numeric"},
        {"avg({0})", "int8", "numeric"},
        {"avg({0})", "numeric", "numeric"},
        {"var_pop({0})", "int4", "numeric"},
        {"stddev_samp({0})", "int2", "numeric"},
        {"bool_and({0})", "bool", "bool"},
        {"bool_or({0})", "bool", "bool"},
        {"bit_or({0})", "int4", "int4"},
        {"string_agg({0}, ',' ORDER BY {0}, #)", "text", "text"},
        {"array_agg({0} ORDER BY #)", "key", ""},
        {"jsonb_agg({0} ORDER BY #)", "int4", ""},
        {"percentile_disc(0.5) WITHIN GROUP (ORDER BY {0})", "ordered", "same"},
        {"mode() WITHIN GROUP (ORDER BY {0})", "ordered", "same"},
    };
    const Kind& kind = oneOf(kKinds);
    std::string type = kind.type;
    Term made{kind.form, kind.result, {}};
    if (type == "ordered") {
        static const std::vector<std::string> kOrdered = {"int2",    "int4", "int8", "float8",
                                                          "numeric", "text", "date", "timestamp"};
        type = oneOf(kOrdered);
    } else if (type == "key") {
        type = keyType();
    }
    if (std::find(types_.begin(), types_.end(), type) == types_.end() && !type.empty()) {
        type = type == "any" ? oneOf(types_) : "int4";
    }
    if (!type.empty()) {
        made.args.push_back(std::string(kind.type) == "any" ? term(type, kDepth - 1) : key(type));
    }
    if (made.type == "same") {
        made.type = type;
    }
    if (const std::size_t at = made.form.find('#'); at != std::string::npos) {
        made.form.replace(at, 1, ids());
    }
    if (chance(20)) {
        made.args.push_back(condition(kDepth - 1));
        made.form += " FILTER (WHERE {" + std::to_string(made.args.size() - 1) + "})";
    }
    return made;
}

Term QueryGenerator::exists() {
    if (++subqueries_ > kMostSubqueries) {
        return term("bool", 1);
    }
    const Scope outer = scope_;
    Term inner = table(false);
    Term condition_list{"{&}", "", {}};
    const std::string type = keyType();
    std::vector<std::string> around;
    std::vector<std::string> within;
    for (std::size_t i = 0; i < scope_.columns.size(); ++i) {
        if (scope_.columns[i].type == type) {
            (i < outer.columns.size() ? around : within).push_back(scope_.columns[i].text);
        }
    }
    if (around.empty() || within.empty()) {
        condition_list.args.push_back({scope_.ids.back() + " = " + scope_.ids.front(), "", {}});
    } else {
        condition_list.args.push_back({oneOf(within) + " = " + oneOf(around), "", {}});
    }
    if (chance(50)) {
        condition_list.args.push_back(condition(1));
    }
    scope_ = outer;
    return {std::string(chance(50) ? "" : "NOT ") + "EXISTS (SELECT 1 FROM {0} WHERE {1})",
            "bool",
            {std::move(inner), std::move(condition_list)}};
}

Term QueryGenerator::in() {
    if (++subqueries_ > kMostSubqueries) {
        return term("bool", 1);
    }
    const std::string type = keyType();
    Term left = term(type, 1);
    const Scope outer = scope_;
    if (chance(60)) {
        scope_ = {};
    }
    Term inner = table(false);
    Term output = term(type, 1);
    Term filter{"? WHERE {&}", "", {}};
    if (chance(70)) {
        filter.args.push_back(condition(1));
    }
    scope_ = outer;
    return {std::string("({0} ") + (chance(60) ? "IN" : "NOT IN") + " (SELECT {1} FROM {2}{3}))",
            "bool",
            {std::move(left), std::move(output), std::move(inner), std::move(filter)}};
}

/// A value of one row at most.
Term QueryGenerator::scalar(const std::string& type) {
    if (++subqueries_ > kMostSubqueries) {
        return leaf(type);
    }
    const Scope outer = scope_;
    scope_.ids.clear();
    Term inner = table(false);
    const std::string id = scope_.ids.front();
    const bool is_count = type == "int8" && chance(70);
    const bool is_extreme =
        !is_count && alwaysLooksAlike(type) && type != "bool" && type != "uuid" && type != "bytea" && chance(50);
    Term output = is_count ? Term{"count(*)", "", {}} : term(type, 1);
    Term filter{"? WHERE {&}", "", {}};
    filter.args.push_back(condition(1));
    scope_ = outer;
    if (is_count || is_extreme) {
        return {std::string("(SELECT ") + (is_count ? "{0}" : "max({0})") + " FROM {1}{2})",
                type,
                {std::move(output), std::move(inner), std::move(filter)}};
    }
    return {"(SELECT {0} FROM {1}{2} ORDER BY " + id + " LIMIT 1)",
            type,
            {std::move(output), std::move(inner), std::move(filter)}};
}

Term QueryGenerator::rows() {
    Term tables = from();
    Term list = outputs({});
    for (const std::string& id : scope_.ids) {
        list.args.push_back({id, "", {}});
    }
    for (std::size_t i = below(3) + 1; i > 0; --i) {
        list.args.push_back(term(oneOf(types_), kDepth));
    }
    std::string form = "SELECT {0} FROM {1}{2}";
    Term made = select(form, std::move(list), std::move(tables), where());
    if (chance(35)) {
        static const std::vector<std::string> kOrders = {"", " DESC", " NULLS FIRST", " DESC NULLS LAST"};
        made.args.push_back(key(keyType()));
        made.form += " ORDER BY {3}" + oneOf(kOrders) + ", " + ids() + (chance(70) ? limit() : "");
    }
    return made;
}

Term QueryGenerator::distinct() {
    Term tables = from();
    if (chance(40)) {
        Term list = keys(1);
        for (const std::string& id : scope_.ids) {
            list.args.push_back({id, "", {}});
        }
        return select("SELECT DISTINCT ON (1) {0} FROM {1}{2} ORDER BY 1" +
                          std::string(chance(50) ? " DESC NULLS LAST, " : ", ") + ids(),
                      std::move(list), std::move(tables), where());
    }
    Term list = keys(1 + below(3));
    return select("SELECT DISTINCT {0} FROM {1}{2}", std::move(list), std::move(tables), where());
}

Term QueryGenerator::groups() {
    static const std::vector<std::string> kSets = {" GROUP BY %",        " GROUP BY %",
                                                   " GROUP BY %",        " GROUP BY ROLLUP (%)",
                                                   " GROUP BY CUBE (%)", " GROUP BY GROUPING SETS ((%), ())"};
    Term tables = from();
    Term list = keys(below(3));
    std::string places;
    for (std::size_t i = 1; i <= list.args.size(); ++i) {
        places += (i == 1 ? "" : ", ") + std::to_string(i);
    }
    std::string form = "SELECT {0} FROM {1}{2}";
    if (!places.empty()) {
        const std::string set = oneOf(kSets);
        form += set.substr(0, set.find('%')) + places + set.substr(set.find('%') + 1);
    }
    for (std::size_t i = 1 + below(3); i > 0; --i) {
        list.args.push_back(aggregate());
    }
    form += chance(20) ? " HAVING count(*) > 1" : "";
    return select(form, std::move(list), std::move(tables), where());
}

Term QueryGenerator::windows() {
    static const std::vector<std::string> kFunctions = {
        "row_number()", "rank()",           "dense_rank()",    "lag({0})",
        "lead({0}, 2)", "first_value({0})", "last_value({0})", "nth_value({0}, 2)",
        "ntile(3)",     "cume_dist()",      "count({0})",      "max({0})"};
    static const std::vector<std::string> kFrames = {
        "", "", " ROWS 2 PRECEDING", " ROWS BETWEEN CURRENT ROW AND 2 FOLLOWING", " GROUPS 1 PRECEDING"};
    Term tables = from();
    Term list = outputs({});
    for (const std::string& id : scope_.ids) {
        list.args.push_back({id, "", {}});
    }
    static const std::vector<std::string> kTypes = {"int2", "int4", "int8", "text", "date"};
    Term over{oneOf(kFunctions) + " OVER (PARTITION BY {1} ORDER BY {2}" + (chance(50) ? " DESC, " : ", ") + ids() +
                  oneOf(kFrames) + ")",
              "",
              {key(oneOf(kTypes)), key(keyType()), key(keyType())}};
    if (chance(30)) {
        over.form.replace(over.form.find("PARTITION BY {1} "), 17, "");
    }
    list.args.push_back(std::move(over));
    return select("SELECT {0} FROM {1}{2}", std::move(list), std::move(tables), where());
}

Term QueryGenerator::setOperation(int depth, const std::vector<std::string>& types) {
    if (depth <= 0) {
        const Scope outer = scope_;
        scope_ = {};
        Term tables = relation(false);
        Term list = outputs({});
        for (const std::string& type : types) {
            list.args.push_back(key(type));
        }
        Term made = select("SELECT {0} FROM {1}{2}", std::move(list), std::move(tables), where());
        scope_ = outer;
        return made;
    }
    static const std::vector<std::string> kOperators = {"UNION",         "UNION ALL", "INTERSECT",
                                                        "INTERSECT ALL", "EXCEPT",    "EXCEPT ALL"};
    Term left = setOperation(depth - 1, types);
    Term right = setOperation(static_cast<int>(below(static_cast<std::size_t>(depth))), types);
    return {"({0}) " + oneOf(kOperators) + " ({1})", kQueryTerm, {std::move(left), std::move(right)}};
}

}  // namespace tessera::correctness
