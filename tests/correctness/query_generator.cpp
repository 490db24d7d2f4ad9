#include "tests/correctness/query_generator.h"

#include "common/strings.h"
#include "plugins/sdk/dialect_file/dialect_file.h"

#include <algorithm>
#include <set>

namespace tessera::correctness {

namespace {

using dialect::FunctionRule;
using dialect::OperandNeed;

/// Holes of producers: any expression, a column's value within bounds, and such a one that is not zero.
constexpr const char* kTame = "tame";
constexpr const char* kNotZero = "not zero";

/// The column's type as signatures name it.
std::string typeName(const std::string& declared) {
    static const std::map<std::string, std::string> kNames = {
        {"smallint", "int2"},         {"integer", "int4"},
        {"bigint", "int8"},           {"double precision", "float8"},
        {"real", "float4"},           {"numeric(20,4)", "numeric"},
        {"numeric(12,2)", "numeric"}, {"varchar(20)", "varchar"},
        {"boolean", "bool"},          {"timestamp with time zone", "timestamptz"},
        {"integer[]", "_int4"},       {"text[]", "_text"}};
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
        "repeat",        "lpad", "rpad", "factorial",   "numeric_fac", "pow",     "power", "dpow",
        "numeric_power", "gcd",  "lcm",  "numeric_exp", "exp",         "interval"};  // of a type modifier: few numbers
                                                                                     // are one
    return kExpensive.contains(name);
}

bool isHole(const Term& arg) {
    return arg.args.empty() && (arg.form.empty() || arg.form == kTame || arg.form == kNotZero);
}

Result<std::map<std::string, std::string>> functionResults(postgres::Connection& connection) {
    const auto rows = TSR_TRY(connection.query(
        "SELECT proname || '(' || coalesce((SELECT string_agg(typname, ',' ORDER BY place) FROM "
        "unnest(proargtypes::oid[]) WITH ORDINALITY a (type, place) JOIN pg_type t ON t.oid = a.type), '') || ')', "
        "(SELECT typname FROM pg_type WHERE oid = prorettype) FROM pg_proc WHERE pronamespace = "
        "'pg_catalog'::regnamespace AND provolatile = 'i' AND NOT proretset AND prokind = 'f' AND provariadic = 0 AND "
        "pronargs BETWEEN 1 AND 3"));
    std::map<std::string, std::string> results;
    for (const auto& row : rows.values) {
        results.emplace(*row[0], *row[1]);
    }
    return results;
}

}  // namespace

bool alwaysLooksAlike(const std::string& type) {
    static const std::set<std::string> kTypes = {"int2", "int4", "int8",      "text",        "varchar", "bool",
                                                 "date", "time", "timestamp", "timestamptz", "uuid",    "bytea"};
    return kTypes.contains(type);
}

Result<QueryGenerator> QueryGenerator::make(postgres::Connection& copies, const Source& source) {
    QueryGenerator generator(source);
    std::set<std::string> types;
    for (const HostileColumn& column : generator.columns_) {
        types.insert(typeName(column.type));
    }
    generator.types_.assign(types.begin(), types.end());
    generator.addFunctions(*TSR_TRY(dialect::findOrLoad(source.dialect())), TSR_TRY(functionResults(copies)));
    generator.addForms();
    generator.probe(copies);
    return generator;
}

void QueryGenerator::addProducer(Term producer) {
    if (std::find(types_.begin(), types_.end(), producer.type) != types_.end()) {
        candidates_.push_back(std::move(producer));
    }
}

void QueryGenerator::addFunctions(const dialect::Dialect& dialect, const std::map<std::string, std::string>& results) {
    const auto known = [&](std::string_view type) {
        return std::find(types_.begin(), types_.end(), type) != types_.end();
    };
    const auto add = [&](const FunctionRule& rule, const std::string& result) {
        const dialect::Signature parsed = dialect::parseSignature(rule.signature);
        const bool is_cast = parsed.function.starts_with("::");
        Term made{
            is_cast ? "({0})" + std::string(parsed.function) : quoteIdentifier(std::string(parsed.function)) + "({*})",
            result,
            {}};
        for (std::size_t i = 0; i < parsed.types.size(); ++i) {
            const std::string type(parsed.types[i]);
            const std::vector<std::string> fixed = fixedOperands(rule, i, type);
            const bool is_value = !known(type) && rule.signature.find("(" + type + ",") != std::string_view::npos;
            if (!known(type) && !is_value) {
                return;
            }
            made.args.push_back(is_value         ? Term{quoteLiteral(type), "", {}}
                                : !fixed.empty() ? Term{oneOf(fixed), "", {}}
                                                 : Term{"", type, {}});
        }
        if (rule.need == OperandNeed::kAsciiOnly) {
            made = Term{made.form.substr(0, made.form.size()) + " = 'ab'", "bool", made.args};
        }
        // Arguments keep their number.
        if (const std::size_t all = made.form.find("{*}"); all != std::string::npos) {
            std::string places;
            for (std::size_t i = 0; i < made.args.size(); ++i) {
                places += (i == 0 ? "{" : ", {") + std::to_string(i) + "}";
            }
            made.form.replace(all, 3, places);
        }
        if (!isExpensive(parsed.function)) {
            addProducer(std::move(made));
        }
    };
    for (const FunctionRule& rule : dialect.functions) {
        const dialect::Signature parsed = dialect::parseSignature(rule.signature);
        const std::string name(parsed.function);
        const std::string general = name + "(text" +
                                    std::string(rule.signature.substr(std::min(
                                        rule.signature.find_first_of(",)", name.size() + 1), rule.signature.size())));
        const auto exact = results.find(std::string(rule.signature));
        const auto named = results.find(general);
        add(rule, name.starts_with("::")   ? name.substr(2)
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

/// What is written as no function: comparisons, conditionals, operators.
void QueryGenerator::addForms() {
    for (const std::string& type : types_) {
        const Term some{"", type, {}};
        for (const char* op : {"=", "<>", "<", "<=", ">", ">=", "IS DISTINCT FROM", "IS NOT DISTINCT FROM"}) {
            addProducer({std::string("({0} ") + op + " {1})", "bool", {some, some}});
        }
        addProducer({"({0} IS NULL)", "bool", {some}});
        addProducer({"({0} IS NOT NULL)", "bool", {some}});
        addProducer({"({0} BETWEEN {1} AND {2})", "bool", {some, some, some}});
        addProducer({"({0} IN ({1}, {2}, {3}))", "bool", {some, some, some, some}});
        addProducer({"({0} NOT IN ({1}, {2}))", "bool", {some, some, some}});
        addProducer({"({0} = ANY (ARRAY[{1}, {2}]))", "bool", {some, some, some}});
        addProducer({"(({0}, {1}) < ({2}, {3}))", "bool", {some, some, some, some}});
        const Term truth{"", "bool", {}};
        addProducer({"CASE WHEN {0} THEN {1} ELSE {2} END", type, {truth, some, some}});
        addProducer({"CASE {0} WHEN {1} THEN {2} END", type, {some, some, some}});
        addProducer({"coalesce({0}, {1})", type, {some, some}});
        addProducer({"nullif({0}, {1})", type, {some, some}});
        addProducer({"greatest({0}, {1})", type, {some, some}});
        addProducer({"least({0}, {1}, {2})", type, {some, some, some}});
        for (const char* op : {"+", "-", "*", "/", "%", "||", "&", "|", "#"}) {
            addProducer({std::string("({0} ") + op + " {1})", type, {some, some}});
        }
    }
    const Term text{"", "text", {}};
    for (const char* pattern : {"LIKE 'a%'", "NOT LIKE '%b'", "ILIKE 'A_%'", "LIKE '%\\%%'", "~ '^[ab]+'"}) {
        addProducer({std::string("({0} ") + pattern + ")", "bool", {text}});
    }
    for (const char* field : {"year", "month", "day", "dow", "doy", "quarter", "epoch"}) {
        addProducer({std::string("extract(") + field + " FROM {0})", "numeric", {{"", "timestamp", {}}}});
    }
    for (const char* days : {"1 day", "1 month", "-36 hours"}) {
        addProducer({"({0} + interval " + quoteLiteral(days) + ")", "timestamp", {{"", "timestamp", {}}}});
    }
}

/// Which of the candidates are expressions at all, and which fail on what the tables hold: a query full of those would
/// only ever compare errors. Overflows are kept away by arguments within bounds, where that is enough.
void QueryGenerator::probe(postgres::Connection& copies) {
    const auto fails = [&](const Term& producer) {
        Term applied = producer;
        for (std::size_t i = 0; i < applied.args.size(); ++i) {
            Term& arg = applied.args[i];
            if (isHole(arg)) {
                const std::string form = arg.form;
                scope_ = {};
                declare(i % 2 == 0 ? "a" : "b", "");
                arg = form.empty() ? column(arg.type) : tame(arg.type, form == kNotZero);
            }
        }
        const auto typed = copies.query("SELECT count(x), bool_and(pg_typeof(x) = '" + applied.type +
                                        "'::regtype) FROM (SELECT " + applied.text() + " AS x FROM t a, u b) s");
        if (!typed) {
            return typed.error().sqlstate;
        }
        return typed->values[0][1] == "t" ? std::string() : std::string("42804");
    };
    for (Term& candidate : candidates_) {
        std::string state;
        for (const char* hole : {"", kTame, kNotZero}) {
            for (Term& arg : candidate.args) {
                if (isHole(arg)) {
                    arg.form = hole;
                }
            }
            state = fails(candidate);
            if (state.empty() || state.starts_with("42")) {
                break;
            }
        }
        if (state.empty()) {
            producers_[candidate.type].push_back(candidate);
        } else if (!state.starts_with("42")) {
            failing_[candidate.type].push_back(candidate);
        }
    }
    candidates_.clear();
    scope_ = {};
}

void QueryGenerator::declare(const std::string& alias, const std::string& text) {
    for (const HostileColumn& column : columns_) {
        const std::string type = typeName(column.type);
        const bool is_number = type == "numeric" || type == "float8";
        scope_.columns.push_back({alias + "." + column.name, type, is_number || alwaysLooksAlike(type)});
    }
    scope_.ids.push_back(alias + ".id");
    if (query_ != nullptr) {
        query_->relations[alias] = text;
    }
}

std::string QueryGenerator::literal(const std::string& type) {
    std::vector<const HostileColumn*> of_type;
    for (const HostileColumn& column : columns_) {
        if (typeName(column.type) == type) {
            of_type.push_back(&column);
        }
    }
    const HostileColumn& column = *oneOf(of_type);
    return quoteLiteral(oneOf(column.values)) + "::" + column.type;
}

std::string QueryGenerator::parameter(const std::string& value, const std::string& type) {
    query_->parameters.push_back(value);
    return "$" + std::to_string(query_->parameters.size()) + "::" + type;
}

Term QueryGenerator::column(const std::string& type) {
    std::vector<const Column*> of_type;
    for (const Column& column : scope_.columns) {
        if (column.type == type) {
            of_type.push_back(&column);
        }
    }
    return of_type.empty() ? Term{literal(type), type, {}} : Term{oneOf(of_type)->text, type, {}};
}

Term QueryGenerator::tame(const std::string& type, bool not_zero) {
    const Term any = column(type);
    const bool is_number = type.starts_with("int") || type.starts_with("float") || type == "numeric";
    if (is_number && type != "interval") {
        const Term small{"CASE WHEN {0} BETWEEN -100 AND 100 THEN {0} END", type, {any}};
        return not_zero ? Term{"nullif({0}, 0)", type, {small}} : small;
    }
    if (type == "date" || type.starts_with("timestamp")) {
        return {"CASE WHEN {0} BETWEEN '1900-01-01' AND '2100-01-01' THEN {0} END", type, {any}};
    }
    return any;
}

Term QueryGenerator::leaf(const std::string& type) {
    const std::size_t kind = below(10);
    if (kind < 6) {
        return column(type);
    }
    if (kind == 9) {
        return {"NULL::" + type, type, {}};
    }
    const std::string value = literal(type);
    if (kind > 6) {
        return {value, type, {}};
    }
    // "'5'::integer" is bound as its text.
    const std::size_t end = value.rfind("'::");
    std::string plain = value.substr(1, end - 1);
    for (std::size_t at = plain.find("''"); at != std::string::npos; at = plain.find("''", at + 1)) {
        plain.erase(at, 1);
    }
    return {parameter(plain, value.substr(end + 3)), type, {}};
}

Term QueryGenerator::term(const std::string& type, int depth) {
    constexpr std::size_t kFailing = 2;  // of a hundred
    const auto& from = chance(kFailing) ? failing_ : producers_;
    const auto found = from.find(type);
    if (depth <= 0 || found == from.end() || below(4) == 0) {
        return depth > 0 && chance(4) ? scalar(type) : leaf(type);
    }
    Term made = oneOf(found->second);
    for (Term& arg : made.args) {
        if (isHole(arg)) {
            arg = arg.form.empty() ? term(arg.type, depth - 1 - static_cast<int>(below(2)))
                                   : tame(arg.type, arg.form == kNotZero);
        }
    }
    return made;
}

Term QueryGenerator::condition(int depth) {
    if (depth <= 0) {
        return term("bool", 1);
    }
    switch (below(12)) {
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
        case 4:
            return exists();
        case 5:
            return in();
        default:
            return term("bool", depth);
    }
}

}  // namespace tessera::correctness
