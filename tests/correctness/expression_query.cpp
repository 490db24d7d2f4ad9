#include "tests/correctness/expression_query.h"

#include "common/strings.h"
#include "plugins/sdk/dialect/dialect.h"

#include <algorithm>
#include <functional>
#include <set>

namespace tessera::correctness {

namespace {

using dialect::FunctionRule;
using dialect::OperandNeed;

constexpr int kDepth = 4;

/// The column's type as signatures name it.
std::string typeName(const std::string& declared) {
    static const std::map<std::string, std::string> kNames = {
        {"smallint", "int2"},         {"integer", "int4"},        {"bigint", "int8"}, {"double precision", "float8"},
        {"numeric(20,4)", "numeric"}, {"varchar(20)", "varchar"}, {"boolean", "bool"}};
    const auto found = kNames.find(declared);
    return found == kNames.end() ? declared : found->second;
}

/// What may stand where a rule wants a constant; empty: any expression.
std::vector<std::string> fixedOperands(const FunctionRule& rule, std::size_t place, const std::string& type) {
    if (place == 0) {
        return {};
    }
    switch (rule.need) {
        case OperandNeed::kDivisor:
            return {"3::" + type, "(-2)::" + type, "100::" + type};
        case OperandNeed::kCounts:
        case OperandNeed::kPositions:
            return type == "text" ? std::vector<std::string>{"'*'", "'ab'"} : std::vector<std::string>{"1", "2", "5"};
        case OperandNeed::kLike:
        case OperandNeed::kAsciiLike:
        case OperandNeed::kFixed:
            return {"'a%'", "'%b'", "'_'", "'%\\%%'", "'%a%'"};
        case OperandNeed::kRegex:
            return {"'^a'", "'[ab]+'", "'a.b'"};
        case OperandNeed::kDecimalDigits:
            return {"0", "2"};
        default:
            return {};
    }
}

/// Functions that make texts of any length, or need more time than they are worth.
bool isExpensive(std::string_view name) {
    static const std::set<std::string_view> kExpensive = {
        "repeat", "lpad",          "rpad", "factorial", "numeric_fac", "pow", "power",
        "dpow",   "numeric_power", "gcd",  "lcm",       "numeric_exp", "exp"};
    return kExpensive.contains(name);
}

void replaceAll(std::string& text, const std::string& what, const std::string& with) {
    for (std::size_t at = text.find(what); at != std::string::npos; at = text.find(what, at + with.size())) {
        text.replace(at, what.size(), with);
    }
}

std::string list(const std::vector<Term>& terms, const char* separator) {
    std::string text;
    for (const Term& term : terms) {
        text += (text.empty() ? "" : separator) + term.text();
    }
    return text;
}

}  // namespace

std::string Term::text() const {
    std::string made;
    for (std::size_t i = 0; i < form.size(); ++i) {
        if (form[i] == '{' && i + 2 < form.size() && form[i + 2] == '}') {
            made += args.at(static_cast<std::size_t>(form[i + 1] - '0')).text();
            i += 2;
        } else {
            made += form[i];
        }
    }
    return made;
}

std::string ExpressionQuery::sql() const {
    std::string text = "SELECT ";
    const std::string grouped = list(group_by, ", ");
    if (aggregates.empty()) {
        text +=
            "t.id" + std::string(join.empty() ? "" : ", u.id") + (outputs.empty() ? "" : ", ") + list(outputs, ", ");
    } else {
        text += grouped + (grouped.empty() ? "" : ", ") + list(aggregates, ", ");
    }
    text += " FROM $t t " + join;
    if (!conditions.empty()) {
        text += " WHERE " + list(conditions, " AND ");
    }
    if (!grouped.empty()) {
        text += " GROUP BY " + grouped;
    }
    return text + tail;
}

Result<QueryGenerator> QueryGenerator::make(Mesh& mesh, std::uint32_t seed) {
    QueryGenerator generator(mesh, seed);
    const auto rows = TSR_TRY(mesh.query(
        "SELECT proname || '(' || coalesce((SELECT string_agg(typname, ',' ORDER BY place) FROM "
        "unnest(proargtypes::oid[]) WITH ORDINALITY a (type, place) JOIN pg_type t ON t.oid = a.type), '') || ')', "
        "prorettype::regtype::oid::text, (SELECT typname FROM pg_type WHERE oid = prorettype), "
        "(provolatile = 'i' AND NOT proretset AND prokind = 'f' AND provariadic = 0 AND pronargs BETWEEN 1 AND "
        "3)::text "
        "FROM pg_proc WHERE pronamespace = 'pg_catalog'::regnamespace"));
    std::map<std::string, std::string> results;
    for (const Row& row : rows.values) {
        if (row[3] == "true") {
            results.emplace(*row[0], *row[2]);
        }
    }
    for (const HostileColumn& column : generator.columns_) {
        generator.types_.push_back(typeName(column.type));
    }
    generator.addFunctions(*TSR_TRY(dialect::find(mesh.dialect())), results);
    generator.addForms();
    return generator;
}

void QueryGenerator::addFunctions(const dialect::Dialect& dialect, const std::map<std::string, std::string>& results) {
    const auto known = [&](std::string_view type) {
        return std::find(types_.begin(), types_.end(), type) != types_.end();
    };
    const auto add = [&](const FunctionRule& rule, const std::string& result) {
        const dialect::Signature parsed = dialect::parseSignature(rule.signature);
        const bool is_cast = parsed.function.starts_with("::");
        Term made{
            is_cast ? "({0})" + std::string(parsed.function) : quoteIdentifier(std::string(parsed.function)) + "(",
            result,
            {}};
        for (std::size_t i = 0; i < parsed.types.size(); ++i) {
            const std::string type(parsed.types[i]);
            const std::vector<std::string> fixed = fixedOperands(rule, i, type);
            const bool is_value = !known(type) && rule.signature.find("(" + type + ",") != std::string_view::npos;
            if (!known(type) && !is_value) {
                return;
            }
            if (!is_cast) {
                made.form += (i == 0 ? "{" : ", {") + std::to_string(i) + "}";
            }
            made.args.push_back(is_value         ? Term{quoteLiteral(type), "", {}}
                                : !fixed.empty() ? Term{oneOf(fixed), "", {}}
                                                 : Term{"", type, {}});
        }
        made.form += is_cast ? "" : ")";
        if (rule.need == OperandNeed::kAsciiOnly) {
            made = Term{made.form + " = 'ab'", "bool", made.args};
        }
        if (known(made.type) && !isExpensive(parsed.function)) {
            producers_[made.type].push_back(std::move(made));
        }
    };
    for (const FunctionRule& rule : dialect.functions) {
        const dialect::Signature parsed = dialect::parseSignature(rule.signature);
        const bool is_cast = parsed.function.starts_with("::");
        const std::string name(parsed.function);
        const std::string general = name + "(text" +
                                    std::string(rule.signature.substr(std::min(
                                        rule.signature.find_first_of(",)", name.size() + 1), rule.signature.size())));
        const auto exact = results.find(std::string(rule.signature));
        const auto named = results.find(general);
        add(rule, is_cast                  ? name.substr(2)
                  : exact != results.end() ? exact->second
                  : named != results.end() ? named->second
                                           : "");
    }
    if (dialect.builtin_functions) {
        for (const auto& [signature, result] : results) {
            const std::string name = signature.substr(0, signature.find('('));
            const bool has_text =
                signature.find("text") != std::string::npos || signature.find("varchar") != std::string::npos;
            const auto& of_text = dialect.text_functions;
            if (!has_text || std::find(of_text.begin(), of_text.end(), name) != of_text.end()) {
                add(FunctionRule{signature, ""}, result);
            }
        }
    }
}

/// What is no function: comparisons, conditionals, logic.
void QueryGenerator::addForms() {
    std::vector<Term>& conditions = producers_["bool"];
    for (const std::string& type : std::set<std::string>(types_.begin(), types_.end())) {
        const Term some{"", type, {}};
        for (const char* op : {"=", "<>", "<", "<=", ">", ">=", "IS DISTINCT FROM", "IS NOT DISTINCT FROM"}) {
            conditions.push_back({std::string("({0} ") + op + " {1})", "bool", {some, some}});
        }
        conditions.push_back({"({0} IS NULL)", "bool", {some}});
        conditions.push_back({"({0} IS NOT NULL)", "bool", {some}});
        conditions.push_back({"({0} BETWEEN {1} AND {2})", "bool", {some, some, some}});
        conditions.push_back({"({0} IN ({1}, {2}, {3}))", "bool", {some, some, some, some}});
        conditions.push_back({"({0} NOT IN ({1}, {2}))", "bool", {some, some, some}});
        conditions.push_back({"(({0}, {1}) < ({2}, {3}))", "bool", {some, some, some, some}});
        std::vector<Term>& values = producers_[type];
        const Term truth{"", "bool", {}};
        values.push_back({"CASE WHEN {0} THEN {1} ELSE {2} END", type, {truth, some, some}});
        values.push_back({"CASE {0} WHEN {1} THEN {2} END", type, {some, some, some}});
        values.push_back({"coalesce({0}, {1})", type, {some, some}});
        values.push_back({"nullif({0}, {1})", type, {some, some}});
        values.push_back({"greatest({0}, {1})", type, {some, some}});
        values.push_back({"least({0}, {1}, {2})", type, {some, some, some}});
    }
}

std::string QueryGenerator::literal(const std::string& type) {
    std::vector<const HostileColumn*> of_type;
    for (const HostileColumn& column : columns_) {
        if (typeName(column.type) == type) {
            of_type.push_back(&column);
        }
    }
    const HostileColumn& column = *of_type[below(of_type.size())];
    return quoteLiteral(oneOf(column.values)) + "::" + column.type;
}

Term QueryGenerator::leaf(const std::string& type) {
    std::vector<std::string> names;
    for (const HostileColumn& column : columns_) {
        if (typeName(column.type) == type) {
            names.push_back(column.name);
        }
    }
    const std::size_t kind = below(10);
    if (kind < 6) {
        return {(joined_ && below(2) == 0 ? "u." : "t.") + oneOf(names), type, {}};
    }
    if (kind == 6 && parameters_ != nullptr) {
        const std::string value = literal(type);
        // "'5'::integer" is bound as its text.
        std::string plain = value.substr(1, value.rfind("'::") - 1);
        replaceAll(plain, "''", "'");
        parameters_->push_back(std::move(plain));
        return {"$" + std::to_string(parameters_->size()) + "::" + value.substr(value.rfind("'::") + 3), type, {}};
    }
    return kind == 9 ? Term{"NULL::" + type, type, {}} : Term{literal(type), type, {}};
}

Term QueryGenerator::term(const std::string& type, int depth) {
    const auto found = producers_.find(type);
    if (depth <= 0 || found == producers_.end() || below(4) == 0) {
        return leaf(type);
    }
    Term made = oneOf(found->second);
    for (Term& arg : made.args) {
        if (arg.form.empty()) {
            arg = term(arg.type, depth - 1 - static_cast<int>(below(2)));
        }
    }
    return made;
}

Term QueryGenerator::condition(int depth) {
    const Term truth{"", "bool", {}};
    switch (depth > 0 ? below(8) : 7) {
        case 0:
            return {"({0} AND {1})", "bool", {condition(depth - 1), condition(depth - 1)}};
        case 1:
            return {"({0} OR {1} OR {2})", "bool", {condition(depth - 1), condition(depth - 1), condition(depth - 1)}};
        case 2:
            return {"(NOT {0})", "bool", {condition(depth - 1)}};
        case 3: {
            static const std::vector<std::string> kTests = {"TRUE", "NOT TRUE", "FALSE", "NOT FALSE", "UNKNOWN"};
            return {"({0} IS " + oneOf(kTests) + ")", "bool", {condition(depth - 1)}};
        }
        default:
            return term("bool", depth);
    }
}

ExpressionQuery QueryGenerator::next() {
    ExpressionQuery query;
    parameters_ = &query.parameters;
    joined_ = below(4) == 0;
    if (joined_) {
        static const std::vector<std::string> kKinds = {"JOIN", "LEFT JOIN", "RIGHT JOIN"};
        const std::string column = oneOf(columns_).name;
        query.join = oneOf(kKinds) + " $u u ON t." + column + " = u." + column;
    }
    for (std::size_t i = below(3) + 1; i > 0; --i) {
        query.conditions.push_back(condition(kDepth - 1));
    }
    if (below(3) == 0) {
        for (std::size_t i = below(3); i > 0; --i) {
            query.group_by.push_back(term(oneOf(types_), kDepth - 1));
        }
        query.aggregates.push_back({"count(*)", "int8", {}});
        query.aggregates.push_back({"count({0})", "int8", {term(oneOf(types_), kDepth - 1)}});
        query.aggregates.push_back({"min({0})", "int4", {term("int4", kDepth - 1)}});
        query.aggregates.push_back({"sum({0})", "int8", {term("int2", kDepth - 1)}});
    } else if (!joined_ && below(3) == 0) {
        query.tail = " ORDER BY " + leaf(oneOf(types_)).form + (below(2) == 0 ? " DESC" : " NULLS FIRST") +
                     ", t.id LIMIT " + std::to_string(below(20) + 1);
    }
    return query;
}

namespace {

/// Each way to make a term simpler: one of its arguments of the same type, NULL, or a simpler argument.
std::vector<Term> simpler(const Term& term) {
    std::vector<Term> made;
    for (const Term& arg : term.args) {
        if (arg.type == term.type) {
            made.push_back(arg);
        }
    }
    for (std::size_t i = 0; i < term.args.size(); ++i) {
        for (const Term& replacement : simpler(term.args[i])) {
            made.push_back(term);
            made.back().args[i] = replacement;
        }
    }
    if (!term.args.empty() && !term.type.empty()) {
        made.push_back({"NULL::" + term.type, term.type, {}});
    }
    return made;
}

template <class Differs>
bool shrinkList(ExpressionQuery& query, std::vector<Term> ExpressionQuery::*member, const Differs& differs) {
    for (std::size_t i = 0; i < (query.*member).size(); ++i) {
        ExpressionQuery without = query;
        (without.*member).erase((without.*member).begin() + static_cast<std::ptrdiff_t>(i));
        if (differs(without)) {
            query = std::move(without);
            return true;
        }
        for (const Term& term : simpler((query.*member)[i])) {
            ExpressionQuery changed = query;
            (changed.*member)[i] = term;
            if (differs(changed)) {
                query = std::move(changed);
                return true;
            }
        }
    }
    return false;
}

}  // namespace

ExpressionQuery minimise(ExpressionQuery query, const std::function<bool(const ExpressionQuery&)>& differs) {
    constexpr int kMostSteps = 200;
    for (int step = 0; step < kMostSteps; ++step) {
        bool shrunk = false;
        for (const auto member :
             {&ExpressionQuery::conditions, &ExpressionQuery::group_by, &ExpressionQuery::aggregates}) {
            shrunk = shrunk || shrinkList(query, member, differs);
        }
        if (!shrunk) {
            break;
        }
    }
    return query;
}

}  // namespace tessera::correctness
