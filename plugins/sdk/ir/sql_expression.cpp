#include "common/strings.h"
#include "plugins/sdk/ir/operands.h"
#include "plugins/sdk/ir/sql_writer.h"

namespace tessera::ir {

using dialect::typeRule;
using dialect::TypeRule;

/// "char" is not char; all other names of types may stand as they are.
std::string typeText(const std::string& type) {
    return type == "char" ? quoteIdentifier(type) : type;
}

/// The template with each {name} replaced; braces that name nothing known stay.
std::string fill(std::string_view text, std::initializer_list<Placeholder> placeholders) {
    std::string result;
    while (!text.empty()) {
        const std::size_t open = text.find('{');
        result += text.substr(0, open);
        if (open == std::string_view::npos) {
            break;
        }
        text.remove_prefix(open);
        bool replaced = false;
        for (const Placeholder& placeholder : placeholders) {
            const std::size_t end = placeholder.name.size() + 1;
            if (text.size() > end && text[end] == '}' && text.substr(1, placeholder.name.size()) == placeholder.name) {
                result += placeholder.value;
                text.remove_prefix(end + 1);
                replaced = true;
                break;
            }
        }
        if (!replaced) {
            result += '{';
            text.remove_prefix(1);
        }
    }
    return result;
}

std::string SqlWriter::joined(const std::vector<const Expr*>& exprs, std::string_view separator) {
    std::string text;
    for (const Expr* expr : exprs) {
        text += text.empty() ? "" : separator;
        text += write(*expr);
    }
    return text;
}

std::string SqlWriter::columnReference(const Expr& expr) const {
    const auto renamed = renamed_.find({expr.table, expr.column});
    if (renamed != renamed_.end()) {
        return renamed->second;
    }
    std::string name = dialect::quoteIdentifier(dialect_, expr.column);
    return aliased_ ? "r" + std::to_string(expr.table) + "." + name : name;
}

std::string SqlWriter::write(const Expr& expr) {
    switch (expr.kind) {
        case ExprKind::kColumn: {
            const TypeRule* rule = typeRule(dialect_, expr.type);
            return rule == nullptr ? columnReference(expr) : fill(rule->column, {{"0", columnReference(expr)}});
        }
        case ExprKind::kConst:
            return constant(expr);
        case ExprKind::kParam:
            return param(expr);
        case ExprKind::kCall:
            return call(expr);
        case ExprKind::kAnd:
            return "(" + joined(expr.args, " AND ") + ")";
        case ExprKind::kOr:
            return "(" + joined(expr.args, " OR ") + ")";
        case ExprKind::kNot:
            return "(NOT " + write(*expr.args[0]) + ")";
        case ExprKind::kIsNull:
            return "(" + nullTested(*expr.args[0]) + " IS NULL)";
        case ExprKind::kIsNotNull:
            return "(" + nullTested(*expr.args[0]) + " IS NOT NULL)";
        case ExprKind::kKeys:
            return keys(expr, "{0}");
        case ExprKind::kIn:
            return in(expr);
        case ExprKind::kCase:
            return caseExpression(expr);
        case ExprKind::kCoalesce:
            return "COALESCE(" + arguments(expr) + ")";
        case ExprKind::kAggregate:
        case ExprKind::kWindow:
            return aggregate(expr);
        case ExprKind::kGrouping:
            return groupingCall(expr);
        case ExprKind::kExists:
            return exists(expr);
        case ExprKind::kScalar:
            return scalar(expr);
        case ExprKind::kInSubquery:
            return inSubquery(expr);
        case ExprKind::kValue:
            return value(expr);
        case ExprKind::kRowId:
            return rowId(expr);
        case ExprKind::kRowIdIs:
            return fill(dialect_.row_id_is, {{"0", write(*expr.args[0])}});
        case ExprKind::kKeyIs:
            return columnReference(expr) + " = " + write(*expr.args[0]);
    }
    return {};
}

/// A column is looked at as it is: no index knows what is made of it.
std::string SqlWriter::nullTested(const Expr& expr) {
    return expr.kind == ExprKind::kColumn ? columnReference(expr) : write(expr);
}

std::string SqlWriter::constant(const Expr& expr) {
    const TypeRule* rule = typeRule(dialect_, expr.type);
    if (!expr.value) {
        return dialect_.builtin_functions ? "NULL::" + typeText(expr.type) : std::string(rule->null_literal);
    }
    if (expr.type == "bool") {
        return std::string(*expr.value == "t" ? dialect_.true_literal : dialect_.false_literal);
    }
    std::string real = *expr.value;
    if (real.find_first_of("eE") == std::string::npos) {
        real += "e0";
    }
    const std::string text = fill(
        rule->literal,
        {{"raw", *expr.value}, {"real", real}, {"quoted", quoteLiteral(*expr.value)}, {"type", typeText(expr.type)}});
    return text[0] == '-' ? "(" + text + ")" : text;
}

std::size_t SqlWriter::placeOf(const Expr& expr, bool numbered) {
    std::size_t place = out_.params.size();
    for (std::size_t i = 0; numbered && i < out_.params.size(); ++i) {
        if (out_.params[i] == expr.param) {
            place = i;
        }
    }
    if (place == out_.params.size()) {
        out_.params.push_back(expr.param);
    }
    return place;
}

std::string SqlWriter::param(const Expr& expr) {
    const TypeRule* rule = typeRule(dialect_, expr.type);
    const std::size_t place = placeOf(expr, rule->param.find("{n}") != std::string_view::npos);
    return fill(rule->param, {{"n", std::to_string(place + 1)}, {"type", typeText(expr.type)}});
}

std::string SqlWriter::call(const Expr& expr) {
    if (expr.notation != Notation::kNone) {
        return builtin(expr);
    }
    if (const dialect::FunctionRule* rule = functionRule(dialect_, expr.function)) {
        std::string text = repeat(narrow_ && !rule->narrow.empty() ? rule->narrow : rule->sql, expr.args);
        return rule->sql.front() == '(' ? text : "(" + text + ")";
    }
    return comparison(std::string(dialect::comparisonOperator(expr.function)), *expr.args[0], *expr.args[1]);
}

/// In PostgreSQL's own notation.
std::string SqlWriter::builtin(const Expr& expr) {
    const std::string first = expr.args.empty() ? std::string() : argument(*expr.args[0]);
    switch (expr.notation) {
        case Notation::kNone:
            break;
        case Notation::kFunction:
            return quoteIdentifier(expr.symbol) + "(" + arguments(expr) + ")";
        case Notation::kOperator:
            return expr.args.size() == 1 ? "(" + expr.symbol + " " + first + ")"
                                         : "(" + first + " " + expr.symbol + " " + argument(*expr.args[1]) + ")";
        case Notation::kCast:
            return "(" + first + "::" + typeText(expr.type) + ")";
        case Notation::kAny:
            return "(" + first + " " + expr.symbol + " ANY (" + argument(*expr.args[1]) + "))";
        case Notation::kAll:
            return "(" + first + " " + expr.symbol + " ALL (" + argument(*expr.args[1]) + "))";
        case Notation::kArray:
            return "(ARRAY[" + arguments(expr) + "]::" + typeText(expr.type) + ")";
        case Notation::kSubscript: {
            std::string text = "(" + first + ")";
            for (std::size_t i = 1; i < expr.args.size(); ++i) {
                text += "[" + write(*expr.args[i]) + "]";
            }
            return text;
        }
    }
    return {};
}

std::string SqlWriter::caseExpression(const Expr& expr) {
    std::string text = "(CASE";
    for (std::size_t i = 0; i + 1 < expr.args.size(); i += 2) {
        text += " WHEN " + write(*expr.args[i]);
        text += " THEN " + argument(*expr.args[i + 1]);
    }
    return text += " ELSE " + argument(*expr.args.back()) + " END)";
}

std::string SqlWriter::argument(const Expr& expr) {
    const TypeRule* rule = typeRule(dialect_, expr.type);
    if (expr.kind == ExprKind::kColumn && rule != nullptr && !rule->equal_between.empty()) {
        return fill(rule->equal_between, {{"0", write(expr)}});
    }
    return write(expr);
}

std::string SqlWriter::arguments(const Expr& expr) {
    std::string text;
    for (const Expr* arg : expr.args) {
        text += text.empty() ? "" : ", ";
        text += argument(*arg);
    }
    return text;
}

std::string SqlWriter::repeat(std::string_view text, const std::vector<const Expr*>& args) {
    std::string result;
    while (!text.empty()) {
        const std::size_t open = text.find('{');
        result += text.substr(0, open);
        if (open == std::string_view::npos) {
            break;
        }
        if (!dialect::isPlace(text, open)) {
            result += '{';  // of ODBC's own: {fn UCASE({0})}
            text.remove_prefix(open + 1);
            continue;
        }
        result += write(*args.at(static_cast<std::size_t>(text[open + 1] - '0')));
        text.remove_prefix(open + 3);
    }
    return result;
}

std::string SqlWriter::operand(const Expr& expr, bool order) {
    const TypeRule* rule = typeRule(dialect_, expr.type);
    return fill(order ? rule->order : rule->equal, {{"0", write(expr)}});
}

bool SqlWriter::prefilters(const Expr& left, const Expr& right) const {
    // Only a column has an index to use.
    const bool is_lookup =
        (left.kind == ExprKind::kColumn && isFixed(right)) || (right.kind == ExprKind::kColumn && isFixed(left));
    return is_lookup && typeRule(dialect_, left.type)->prefilter_equal;
}

/// An operand of = or <>, opposite to `other`.
std::string SqlWriter::equalOperand(const Expr& expr, const Expr& other) {
    const TypeRule* rule = typeRule(dialect_, expr.type);
    if (!rule->equal_compared.empty()) {
        return fill(rule->equal_compared, {{"0", write(expr)}});
    }
    if (rule->equal_between.empty() || isFixed(expr) || isFixed(other)) {
        return operand(expr, false);
    }
    return fill(rule->equal_between, {{"0", write(expr)}});
}

/// The checks of columns that stand in a comparison, each with what joins it to others.
std::string SqlWriter::checks(const Expr& left, const Expr& right) {
    std::string text;
    for (const Expr* side : {&left, &right}) {
        const TypeRule* rule = side->kind == ExprKind::kColumn ? typeRule(dialect_, side->type) : nullptr;
        text += rule != nullptr && !rule->check.empty() ? fill(rule->check, {{"0", write(*side)}}) + " AND " : "";
    }
    return text;
}

std::string SqlWriter::comparison(const std::string& op, const Expr& left, const Expr& right) {
    const bool order = op != "=" && op != "<>";
    std::string text = "(" + checks(left, right);
    if (op == "=" && prefilters(left, right)) {
        text += write(left) + " = " + write(right) + " AND ";
    }
    text += order ? operand(left, true) : equalOperand(left, right);
    text += " " + op + " ";
    return text += (order ? operand(right, true) : equalOperand(right, left)) + ")";
}

std::string SqlWriter::keys(const Expr& expr, std::string_view key) {
    std::string text;
    for (int i = 0; i < select_.key_count; ++i) {
        text += i == 0 ? "" : ", ";
        text += fill(key, {{"0", param(expr)}});
    }
    return text;
}

std::string SqlWriter::keyList(const Expr& left, const Expr& keys) {
    const std::string column = operand(left, false);
    const std::size_t place = placeOf(keys, true);
    return "(" +
           fill(dialect_.key_list, {{"0", column}, {"n", std::to_string(place + 1)}, {"type", typeText(keys.type)}}) +
           ")";
}

std::string SqlWriter::in(const Expr& expr) {
    const Expr& left = *expr.args[0];
    if (!dialect_.key_list.empty() && expr.args[1]->kind == ExprKind::kKeys) {
        return keyList(left, *expr.args[1]);
    }
    const auto list = [&](bool as_operands) {
        std::string text;
        for (std::size_t i = 1; i < expr.args.size(); ++i) {
            text += i == 1 ? "" : ", ";
            const Expr& value = *expr.args[i];
            if (as_operands && value.kind == ExprKind::kKeys) {
                text += keys(value, typeRule(dialect_, value.type)->equal);
            } else {
                text += as_operands ? equalOperand(value, left) : write(value);
            }
        }
        return text;
    };
    std::string text = "(" + checks(left, *expr.args[1]);
    if (prefilters(left, *expr.args[1])) {
        text += write(left) + " IN (";
        text += list(false) + ") AND ";
    }
    // Opposite to all of them: to one that is not fixed, if there is one.
    const auto other =
        std::find_if(expr.args.begin() + 1, expr.args.end(), [](const Expr* arg) { return !isFixed(*arg); });
    text += equalOperand(left, other == expr.args.end() ? *expr.args[1] : **other) + " IN (";
    return text += list(true) + "))";
}

std::string SqlWriter::groupingCall(const Expr& expr) {
    std::string text;
    for (const Expr* key : expr.args) {
        text += text.empty() ? "GROUPING(" : ", ";
        text += operand(*key, false);
    }
    return text += ")";
}

}  // namespace tessera::ir
