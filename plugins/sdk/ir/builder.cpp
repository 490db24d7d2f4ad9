#include "plugins/sdk/ir/builder.h"

#include "common/strings.h"
#include "plugins/sdk/ir/operands.h"

#include <algorithm>
#include <array>

namespace tessera::ir {

namespace {

using dialect::CollationNeed;
using dialect::TypeRule;

/// Templates that repeat their operands, nested, would grow without bound.
constexpr std::size_t kMostNodes = 2000;

Error refuse(std::string reason) {
    return fail(ErrorCode::kUnimplemented, std::move(reason));
}

bool satisfies(Collation collation, CollationNeed need) {
    switch (need) {
        case CollationNeed::kNone:
            return true;
        case CollationNeed::kDeterministic:
            return collation != Collation::kNondeterministic;
        case CollationNeed::kBytewise:
            return collation == Collation::kNone || collation == Collation::kBytewise;
    }
    return false;
}

bool isDateLike(std::string_view type) {
    return type == "date" || type == "timestamp" || type == "timestamptz";
}

bool isNumber(std::string_view type) {
    return type == "int2" || type == "int4" || type == "int8" || type == "float4" || type == "float8" ||
           type == "numeric";
}

Result<> checkCollation(const dialect::Dialect& dialect, Collation collation, CollationNeed need,
                        std::string_view what) {
    if (satisfies(collation, need)) {
        return {};
    }
    return refuse(std::string(what) + " depends on the collation, which " + std::string(dialect.name) +
                  " does not share");
}

/// Does it mean the same to every system, whatever its encoding and its escapes?
bool isPlain(std::string_view text) {
    return std::all_of(text.begin(), text.end(), [](char c) { return c >= ' ' && c <= '~' && c != '\\'; });
}

Exactness leastOf(const std::vector<const Expr*>& args) {
    Exactness least = Exactness::kExact;
    for (const Expr* arg : args) {
        least = std::min(least, arg->exactness);
    }
    return least;
}

/// How exact an equality of these operands is.
Exactness exactnessOfEquality(const dialect::Dialect& dialect, const std::vector<const Expr*>& args) {
    Exactness least = Exactness::kExact;
    for (const Expr* arg : args) {
        least = std::min(least, typeRule(dialect, arg->type)->equal_exactness);
    }
    return least;
}

std::size_t sizeOf(const std::vector<const Expr*>& args) {
    std::size_t size = 1;
    for (const Expr* arg : args) {
        size += arg->size;
    }
    return size;
}

/// With operands in a template.
std::size_t sizeOf(std::string_view sql, const std::vector<const Expr*>& args) {
    std::size_t size = 1;
    for (std::size_t at = sql.find('{'); at != std::string_view::npos; at = sql.find('{', at + 1)) {
        size += dialect::isPlace(sql, at) ? args.at(static_cast<std::size_t>(sql[at + 1] - '0'))->size : 0;
    }
    return size;
}

Result<> checkLiteral(const dialect::Dialect& dialect, const TypeRule& rule, std::string_view type,
                      std::string_view value) {
    const bool quoted = rule.literal.find("{quoted}") != std::string_view::npos;
    if (isNumber(type) && !quoted) {
        if (value.find_first_of("0123456789") == std::string_view::npos) {
            return refuse(std::string(dialect.name) + " has no " + std::string(value));
        }
        const auto digits = std::count_if(value.begin(), value.end(), [](char c) { return c >= '0' && c <= '9'; });
        if (type == "numeric" && dialect.decimal_digits != 0 &&
            static_cast<std::size_t>(digits) > dialect.decimal_digits) {
            return refuse(std::string(dialect.name) + " has no number of " + std::to_string(digits) + " digits");
        }
    }
    if (dialect.plain_literals && !isPlain(value)) {
        return refuse(std::string(dialect.name) + " takes such letters only as parameters");
    }
    if (isDateLike(type) && !dialect.every_date) {
        if (value.find_first_not_of("0123456789-+: .") != std::string_view::npos || value.find('-') != 4) {
            return refuse(std::string(dialect.name) + " has no " + std::string(type) + " '" + std::string(value) + "'");
        }
    }
    return {};
}

}  // namespace

Result<> Builder::checkNoConditions(const std::vector<const Expr*>& args) const {
    for (const Expr* arg : args) {
        if (arg->type == "bool" && !dialect_.boolean_values) {
            return refuse(std::string(dialect_.name) + " has conditions, but no values of type boolean");
        }
    }
    return {};
}

Result<> Builder::checkOperands(const std::vector<const Expr*>& args) const {
    TSR_TRY(checkComputed(args));
    return checkDigits(args);
}

Result<> Builder::checkDigits(const std::vector<const Expr*>& args) const {
    if (std::any_of(args.begin(), args.end(), [](const Expr* arg) { return arg->may_overflow; })) {
        return refuse("a number may have too many digits for " + std::string(dialect_.name));
    }
    return {};
}

Result<> Builder::checkComputed(const std::vector<const Expr*>& args) {
    for (const Expr* arg : args) {
        if (arg->output_only) {
            return refuse(arg->function + " can only be finished here");
        }
        if (arg->exactness != Exactness::kExact) {
            return refuse("an operand is not computed exactly");
        }
    }
    return {};
}

Result<const Expr*> Builder::column(int table, std::string name, std::string type) {
    Expr* made = arena_.expr(ExprKind::kColumn, std::move(type));
    made->table = table;
    made->column = std::move(name);
    return made;
}

Result<const Expr*> Builder::decimalColumn(int table, std::string name, DecimalShape shape) {
    Expr* made = arena_.expr(ExprKind::kColumn, "numeric");
    made->table = table;
    made->column = std::move(name);
    made->shape = shape;
    return made;
}

Result<const Expr*> Builder::constant(std::string type, std::optional<std::string> value) {
    const TypeRule* rule = typeRule(dialect_, type);
    if (rule == nullptr || rule->literal.empty() || type == kUnknownType) {
        return refuse(std::string(dialect_.name) + " has no literal of type " + type);
    }
    if (value) {
        TSR_TRY(checkLiteral(dialect_, *rule, type, *value));
    }
    Expr* made = arena_.expr(ExprKind::kConst, std::move(type));
    made->value = std::move(value);
    if (made->type == "numeric" && made->value) {
        made->shape = shapeOfLiteral(*made->value);
    }
    return made;
}

Result<const Expr*> Builder::param(int number, std::string type) {
    const TypeRule* rule = typeRule(dialect_, type);
    if (rule == nullptr || rule->param.empty() || type == kUnknownType) {
        return refuse(std::string(dialect_.name) + " takes no parameter of type " + type);
    }
    Expr* made = arena_.expr(ExprKind::kParam, std::move(type));
    made->param = number;
    return made;
}

Result<> Builder::checkComparison(std::string_view op, Collation collation,
                                  const std::vector<const Expr*>& args) const {
    const bool equality = op == "=" || op == "<>";
    TSR_TRY(checkNoConditions(args));
    for (const Expr* arg : args) {
        const TypeRule* rule = typeRule(dialect_, arg->type);
        if (rule == nullptr || (equality ? rule->equal : rule->order).empty()) {
            return refuse(std::string(dialect_.name) + " does not compare " + arg->type + " with " + std::string(op));
        }
    }
    if (equality && exactnessOfEquality(dialect_, args) != Exactness::kExact) {
        if (op == "<>") {
            return refuse(std::string(dialect_.name) + " calls more texts equal than PostgreSQL");
        }
        if (std::count_if(args.begin(), args.end(), [](const Expr* arg) { return !isFixed(*arg); }) > 1) {
            return refuse(std::string(dialect_.name) + " may not compare texts of two collations");
        }
    }
    return checkCollation(dialect_, collation, equality ? CollationNeed::kDeterministic : CollationNeed::kBytewise,
                          "comparing with " + std::string(op));
}

Result<> Builder::checkBuiltin(const std::string& signature, const std::string& type, Collation collation,
                               const std::vector<const Expr*>& args) const {
    const std::string name = signature.substr(0, signature.find('('));
    // What is called immutable, and yet may differ between two servers: hashes, internals, the time zones' history.
    const auto begins = [&](std::string_view prefix) { return name.compare(0, prefix.size(), prefix) == 0; };
    bool is_known = !begins("hash") && !begins("pg_") && name != "timezone" && isPortableType(type);
    for (const Expr* arg : args) {
        is_known = is_known && isPortableType(arg->type);
    }
    const auto& of_text = dialect_.text_functions;
    if (collation != Collation::kNone && std::find(of_text.begin(), of_text.end(), name) == of_text.end()) {
        is_known = false;
    }
    return is_known && collation != Collation::kNondeterministic
               ? Result<>()
               : Result<>(refuse(std::string(dialect_.name) + " has no exact form of " + signature));
}

const dialect::FunctionRule* Builder::findRule(std::string& signature, const std::vector<const Expr*>& args) const {
    if (const dialect::FunctionRule* rule = functionRule(dialect_, signature)) {
        return rule;
    }
    if (args.empty() || args[0]->kind != ExprKind::kConst || args[0]->type != "text" || !args[0]->value) {
        return nullptr;
    }
    const std::size_t open = signature.find('(') + 1;
    std::string named = signature.substr(0, open) + toLowerAscii(*args[0]->value) +
                        signature.substr(signature.find_first_of(",)", open));
    const dialect::FunctionRule* rule = functionRule(dialect_, named);
    if (rule != nullptr) {
        signature = std::move(named);
    }
    return rule;
}

Expr* Builder::makeCall(std::string signature, std::string type, std::vector<const Expr*> args) {
    Expr* made = arena_.expr(ExprKind::kCall, std::move(type));
    made->function = std::move(signature);
    made->args = std::move(args);
    made->size = sizeOf(made->args);
    return made;
}

/// lower(x) = 'abc': right for an x of ASCII letters, whatever the locale; any other x passes, and is looked at again.
/// Not for <> and NOT LIKE: where PostgreSQL's locale is Turkish, lower('I') is not 'i'.
Result<const Expr*> Builder::foldedMatch(std::string signature, Collation collation, std::vector<const Expr*> args) {
    const Expr& other = *args.at(1);
    const bool is_match = signature == "texteq(text,text)" || signature == "textlike(text,text)";
    if (!is_match || other.kind != ExprKind::kConst || !other.value || !isAscii(*other.value)) {
        return refuse(args[0]->function + " agrees with PostgreSQL for ASCII only");
    }
    Expr* folded = makeCall(args[0]->function, args[0]->type, args[0]->args);
    Expr* beyond = makeCall("non_ascii(text)", "bool", {args[0]->args.at(0)});
    args[0] = folded;
    std::vector<const Expr*> either{TSR_TRY(call(std::move(signature), "bool", collation, std::move(args))), beyond};
    Expr* made = arena_.expr(ExprKind::kOr, "bool");
    made->args = std::move(either);
    made->exactness = Exactness::kSuperset;
    return made;
}

Result<const Expr*> Builder::call(std::string signature, std::string type, Collation collation,
                                  std::vector<const Expr*> args, std::optional<Builtin> builtin) {
    if (args.size() == 2 && args[0]->ascii_only) {
        return foldedMatch(std::move(signature), collation, std::move(args));
    }
    TSR_TRY(checkComputed(args));
    const std::string_view op = dialect::comparisonOperator(signature);
    const dialect::FunctionRule* rule = findRule(signature, args);
    const bool may_overflow = rule != nullptr && mayOverflow(dialect_, rule->need);
    if (!may_overflow) {
        TSR_TRY(checkDigits(args));
    }
    if (rule != nullptr) {
        const std::size_t size = sizeOf(rule->sql, args);
        if (size > kMostNodes) {
            return refuse("the expression would become too long");
        }
        TSR_TRY(checkNoConditions(args));
        TSR_TRY(checkCollation(dialect_, collation, rule->collation, signature));
        TSR_TRY(checkNeed(dialect_, rule->need, args));
        Expr* made = makeCall(std::move(signature), std::move(type), std::move(args));
        made->ascii_only = rule->need == dialect::OperandNeed::kAsciiOnly;
        made->exactness = made->ascii_only ? Exactness::kSuperset : rule->exactness;
        made->shape = shapeOf(rule->need, *made);
        made->may_overflow = may_overflow && made->shape.precision > static_cast<int>(dialect_.decimal_digits);
        made->size = size;
        return made;
    }
    if (!op.empty() && dialect_.comparisons && args.size() == 2) {
        TSR_TRY(checkComparison(op, collation, args));
        const Exactness exactness = op == "=" ? exactnessOfEquality(dialect_, args) : Exactness::kExact;
        Expr* made = makeCall(std::move(signature), std::move(type), std::move(args));
        made->exactness = exactness;
        return made;
    }
    if (!builtin || !dialect_.builtin_functions) {
        return refuse(std::string(dialect_.name) + " has no exact form of " + signature);
    }
    TSR_TRY(checkBuiltin(signature, type, collation, args));
    Expr* made = makeCall(std::move(signature), std::move(type), std::move(args));
    made->symbol = std::move(builtin->name);
    made->notation = builtin->notation;
    return made;
}

Result<const Expr*> Builder::cast(std::string type, const Expr* arg, bool same_bytes) {
    const auto is_text = [](std::string_view name) { return name == "text" || name == "varchar"; };
    if (same_bytes && (arg->type == type || (is_text(arg->type) && is_text(type)))) {
        return arg;
    }
    std::string signature = "::" + type + "(" + arg->type + ")";
    TSR_TRY(checkOperands({arg}));
    if (functionRule(dialect_, signature) != nullptr) {
        return makeCall(std::move(signature), std::move(type), {arg});
    }
    // Others' text depends on settings of the session.
    constexpr std::array<std::string_view, 13> kCastable = {"int2",     "int4",   "int8", "numeric", "text",
                                                            "varchar",  "bpchar", "uuid", "json",    "jsonb",
                                                            "_varchar", "_text",  "bool"};
    const auto is_castable = [&](const std::string& name) {
        return std::find(kCastable.begin(), kCastable.end(), name) != kCastable.end();
    };
    if (!dialect_.builtin_functions || !is_castable(type) || !is_castable(arg->type)) {
        return refuse(std::string(dialect_.name) + " has no exact cast of " + arg->type + " to " + type);
    }
    Expr* made = makeCall(std::move(signature), std::move(type), {arg});
    made->notation = Notation::kCast;
    return made;
}

Result<const Expr*> Builder::anyOf(std::string signature, Builtin builtin, std::string element, Collation collation,
                                   std::vector<const Expr*> args) {
    TSR_TRY(checkOperands(args));
    if (!dialect_.builtin_functions) {
        return refuse(std::string(dialect_.name) + " takes no array");
    }
    const Expr one = [&] {
        Expr made;
        made.type = std::move(element);
        return made;
    }();
    const std::string_view op = dialect::comparisonOperator(signature);
    if (op == "=" || op == "<>" || (!op.empty() && collation == Collation::kNone)) {
        TSR_TRY(checkComparison(op, collation, {args.at(0), &one}));
    } else {
        TSR_TRY(checkBuiltin(signature, "bool", collation, {args.at(0), &one}));
    }
    Expr* made = makeCall(std::move(signature), "bool", std::move(args));
    made->symbol = std::move(builtin.name);
    made->notation = builtin.notation;
    return made;
}

Result<const Expr*> Builder::ownNotation(Notation notation, std::string type, std::vector<const Expr*> args) {
    TSR_TRY(checkOperands(args));
    bool is_portable = dialect_.builtin_functions && isPortableType(type);
    for (const Expr* arg : args) {
        is_portable = is_portable && isPortableType(arg->type);
    }
    if (!is_portable) {
        return refuse(std::string(dialect_.name) + " takes no array");
    }
    Expr* made = makeCall({}, std::move(type), std::move(args));
    made->notation = notation;
    return made;
}

Result<const Expr*> Builder::array(std::string type, std::vector<const Expr*> args) {
    return ownNotation(Notation::kArray, std::move(type), std::move(args));
}

Result<const Expr*> Builder::subscript(std::string type, std::vector<const Expr*> args) {
    return ownNotation(Notation::kSubscript, std::move(type), std::move(args));
}

Result<const Expr*> Builder::conditional(ExprKind kind, std::string type, std::vector<const Expr*> args) {
    TSR_TRY(checkOperands(args));
    if (kind == ExprKind::kCoalesce && args.size() == 1) {
        return args[0];  // PostgreSQL's planner has dropped the NULLs; not every system takes one argument
    }
    TSR_TRY(checkNoConditions(kind == ExprKind::kCoalesce ? args : std::vector<const Expr*>{args.back()}));
    if (!dialect_.conditionals || typeRule(dialect_, type) == nullptr || type == kUnknownType) {
        return refuse(std::string(dialect_.name) + " has no CASE or COALESCE of type " + type);
    }
    Expr* made = arena_.expr(kind, std::move(type));
    made->size = sizeOf(args);
    if (made->size > kMostNodes) {
        return refuse("the expression would become too long");
    }
    if (made->type == "numeric" && dialect_.decimal_digits != 0) {
        made->shape = TSR_TRY(commonShape(kind, args));
    }
    made->args = std::move(args);
    return made;
}

Result<const Expr*> Builder::logic(ExprKind kind, std::vector<const Expr*> args) {
    if (kind == ExprKind::kNot) {
        TSR_TRY(checkOperands(args));  // what lets too many rows through would, negated, lose some
    }
    for (const Expr* arg : args) {
        if (arg->output_only) {
            return refuse(arg->function + " can only be finished here");
        }
        TSR_TRY(checkCondition(arg));
    }
    Expr* made = arena_.expr(kind, "bool");
    made->exactness = leastOf(args);
    made->args = std::move(args);
    return made;
}

Result<> Builder::checkCondition(const Expr* expr) const {
    if (expr->kind == ExprKind::kColumn && !dialect_.boolean_values && typeRule(dialect_, "bool") == nullptr) {
        return refuse(std::string(dialect_.name) + " does not say what a boolean column is");
    }
    return {};
}

Result<const Expr*> Builder::nullTest(ExprKind kind, const Expr* arg) {
    std::vector<const Expr*> args{arg};
    TSR_TRY(checkOperands(args));
    if (arg->kind != ExprKind::kColumn) {
        TSR_TRY(checkNoConditions(args));
    }
    Expr* made = arena_.expr(kind, "bool");
    made->args = std::move(args);
    return made;
}

Result<const Expr*> Builder::in(std::string signature, Collation collation, std::vector<const Expr*> args) {
    TSR_TRY(checkOperands(args));
    const std::string_view op = dialect::comparisonOperator(signature);
    if (op != "=" || !dialect_.comparisons) {
        return refuse(std::string(dialect_.name) + " has no exact form of IN with " + signature);
    }
    TSR_TRY(checkComparison(op, collation, args));
    Expr* made = arena_.expr(ExprKind::kIn, "bool");
    made->function = std::move(signature);
    made->exactness = exactnessOfEquality(dialect_, args);
    made->args = std::move(args);
    return made;
}

Result<const Expr*> Builder::inKeys(std::string signature, Collation collation, const Expr* arg, int number,
                                    std::string type) {
    if (dialect_.keys == dialect::KeyForm::kNone) {
        return refuse(std::string(dialect_.name) + " takes no lists of keys");
    }
    // A key that the source can't hold would be an error there, where it only has no match here.
    if (!dialect_.every_date && isDateLike(type)) {
        return refuse(std::string(dialect_.name) + " does not know every " + type);
    }
    TSR_TRY(param(number, type));
    Expr* keys = arena_.expr(ExprKind::kKeys, std::move(type));
    keys->param = number;
    return in(std::move(signature), collation, {arg, keys});
}

Result<> Builder::checkGroupKey(const Expr* expr, Collation collation) const {
    TSR_TRY(checkOperands({expr}));
    const TypeRule* rule = typeRule(dialect_, expr->type);
    TSR_TRY(checkNoConditions({expr}));
    if (!dialect_.grouping || rule == nullptr || rule->equal.empty() || rule->equal_exactness != Exactness::kExact) {
        return refuse(std::string(dialect_.name) + " does not group by " + expr->type);
    }
    return checkCollation(dialect_, collation, CollationNeed::kDeterministic, "grouping");
}

Result<> Builder::checkDistinct(const Expr* expr, Collation collation) const {
    TSR_TRY(checkGroupKey(expr, collation));
    const TypeRule* rule = typeRule(dialect_, expr->type);
    if (rule->equal != "{0}" || rule->output != "{0}") {
        return refuse(std::string(dialect_.name) + " compares " + expr->type + " in its own way for DISTINCT");
    }
    return {};
}

Result<> Builder::checkReturnedSortKey(const Expr* expr) const {
    const TypeRule* rule = typeRule(dialect_, expr->type);
    if (rule->order != "{0}" || dialect_.null_order != dialect::NullOrder::kClause) {
        return refuse(std::string(dialect_.name) + " sorts " + expr->type + " by what DISTINCT does not return");
    }
    return {};
}

Result<> Builder::checkSortKey(const Expr* expr, Collation collation) const {
    TSR_TRY(checkOperands({expr}));
    const TypeRule* rule = typeRule(dialect_, expr->type);
    TSR_TRY(checkNoConditions({expr}));
    if (!dialect_.sorting || rule == nullptr || rule->order.empty()) {
        return refuse(std::string(dialect_.name) + " does not sort by " + expr->type);
    }
    return checkCollation(dialect_, collation, CollationNeed::kBytewise, "sorting");
}

}  // namespace tessera::ir
