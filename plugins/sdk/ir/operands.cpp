#include "plugins/sdk/ir/operands.h"

#include <algorithm>
#include <charconv>
#include <optional>

namespace tessera::ir {

namespace {

using dialect::OperandNeed;

constexpr long long kMostCount = 1000;

Error refuse(std::string reason) {
    return fail(ErrorCode::kUnimplemented, std::move(reason));
}

bool isInteger(std::string_view type) {
    return type == "int2" || type == "int4" || type == "int8";
}

std::optional<long long> constantInteger(const Expr& expr) {
    long long value = 0;
    if (expr.kind != ExprKind::kConst || !expr.value || !isInteger(expr.type)) {
        return std::nullopt;
    }
    const char* end = expr.value->data() + expr.value->size();
    return std::from_chars(expr.value->data(), end, value).ptr == end ? std::optional(value) : std::nullopt;
}

/// Does a LIKE pattern end in the middle of an escape?
bool endsWithinEscape(std::string_view pattern) {
    const std::size_t last = pattern.find_last_not_of('\\');
    const std::size_t backslashes = pattern.size() - (last == std::string_view::npos ? 0 : last + 1);
    return backslashes % 2 == 1;
}

Result<> checkPattern(OperandNeed need, const Expr& pattern) {
    if (pattern.kind != ExprKind::kConst || !pattern.value || endsWithinEscape(*pattern.value)) {
        return refuse("the pattern is no constant");
    }
    if (need == OperandNeed::kAsciiLike && !isAscii(*pattern.value)) {
        return refuse("the pattern holds letters beyond ASCII");
    }
    return {};
}

/// Integers and texts after the first operand are constants; the first integer is at least `least`.
Result<> checkCounts(const std::vector<const Expr*>& args, long long least) {
    for (std::size_t i = 1; i < args.size(); ++i) {
        const Expr& arg = *args[i];
        if (isInteger(arg.type)) {
            const std::optional<long long> value = constantInteger(arg);
            if (!value || *value < (i == 1 ? least : 0) || *value > kMostCount) {
                return refuse("a number is no constant from " + std::to_string(least));
            }
        } else if (arg.kind != ExprKind::kConst || !arg.value || arg.value->empty()) {
            return refuse("a text is no constant");
        }
    }
    return {};
}

DecimalShape sumShape(const DecimalShape& a, const DecimalShape& b) {
    const int scale = std::max(a.scale, b.scale);
    return {std::max(a.precision - a.scale, b.precision - b.scale) + 1 + scale, scale};
}

DecimalShape productShape(const DecimalShape& a, const DecimalShape& b) {
    return {a.precision + b.precision, a.scale + b.scale};
}

/// Nothing when an operand's is not known, or there is none.
std::optional<DecimalShape> resultShape(OperandNeed need, const std::vector<const Expr*>& args) {
    const DecimalShape& left = args.at(0)->shape;
    const DecimalShape& right = args.back()->shape;
    if (left.precision == 0) {
        return std::nullopt;
    }
    if (need == OperandNeed::kDecimal) {
        return left;
    }
    if (need == OperandNeed::kDecimalDigits) {
        const std::optional<long long> digits = constantInteger(*args.at(1));
        return digits && *digits >= 0 && *digits <= left.scale
                   ? std::optional(DecimalShape{left.precision + 1, static_cast<int>(*digits)})
                   : std::nullopt;
    }
    if (right.precision == 0) {
        return std::nullopt;
    }
    return need == OperandNeed::kDecimalSum ? sumShape(left, right) : productShape(left, right);
}

Result<> checkDecimals(const dialect::Dialect& dialect, OperandNeed need, const std::vector<const Expr*>& args) {
    const std::optional<DecimalShape> made = resultShape(need, args);
    const bool too_long = made && made->precision > static_cast<int>(dialect.decimal_digits);
    if (!made || (too_long && !mayOverflow(dialect, need)) || made->scale > dialect.decimal_scale) {
        return refuse("the number of digits is not known, or too large for " + std::string(dialect.name));
    }
    return {};
}

/// A pattern that every regular expression engine reads alike: letters, digits, . ^ $ |, groups, sets, and * + ? after
/// what can be repeated.
bool isPlainRegex(std::string_view pattern) {
    constexpr std::string_view kLiteral =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789 _@,;:<>=!#%&~/'\"-";
    int depth = 0;
    bool repeatable = false;
    for (std::size_t i = 0; i < pattern.size(); ++i) {
        const char c = pattern[i];
        if (c == '[') {
            const std::size_t end = pattern.find(']', i + 1);
            const std::string_view set =
                end == std::string_view::npos ? std::string_view() : pattern.substr(i + 1, end - i - 1);
            const bool plain = std::all_of(
                set.begin(), set.end(), [](unsigned char letter) { return letter < 128 && std::isalnum(letter) != 0; });
            if (set.empty() || !plain) {
                return false;
            }
            i = end;
            repeatable = true;
        } else if (c == '(') {
            ++depth;
            repeatable = false;
        } else if (c == ')') {
            if (--depth < 0 || i == 0 || pattern[i - 1] == '(' || pattern[i - 1] == '|') {
                return false;
            }
            repeatable = true;
        } else if (c == '*' || c == '+' || c == '?') {
            if (!repeatable) {
                return false;
            }
            repeatable = false;
        } else if (c == '^' || c == '$' || c == '|') {
            if (c == '|' && (i == 0 || i + 1 == pattern.size() || pattern[i - 1] == '(' || pattern[i - 1] == '|')) {
                return false;
            }
            repeatable = false;
        } else if (c == '.' || kLiteral.find(c) != std::string_view::npos) {
            repeatable = true;
        } else {
            return false;
        }
    }
    return depth == 0 && !pattern.empty();
}

bool areWrittenAlike(const Expr& a, const Expr& b) {
    return a.kind == b.kind && a.table == b.table && a.column == b.column && a.value == b.value && a.param == b.param &&
           a.function == b.function && a.symbol == b.symbol && a.distinct == b.distinct &&
           std::equal(a.args.begin(), a.args.end(), b.args.begin(), b.args.end(),
                      [](const Expr* x, const Expr* y) { return areWrittenAlike(*x, *y); });
}

/// May a fixed operand leave the call's other one as it is, as in a + 0, a * 1 and b = true?
bool mayBeNeutral(const Expr& operand, const Expr& call) {
    const std::optional<long long> number = constantInteger(operand);
    return isFixed(operand) && (operand.type == call.type || (isInteger(operand.type) && isInteger(call.type))) &&
           (!number || *number == 0 || *number == 1);
}

/// The expression, and what may be left of it.
void collectForms(const Expr& expr, std::vector<const Expr*>& forms) {
    forms.push_back(&expr);
    const bool is_call = expr.kind == ExprKind::kCall;
    const bool may_vanish = expr.kind == ExprKind::kCase || expr.kind == ExprKind::kCoalesce ||
                            expr.kind == ExprKind::kAnd || expr.kind == ExprKind::kOr || expr.kind == ExprKind::kNot ||
                            (is_call && std::any_of(expr.args.begin(), expr.args.end(),
                                                    [&](const Expr* arg) { return mayBeNeutral(*arg, expr); }));
    if (!may_vanish) {
        return;
    }
    for (std::size_t i = 0; i < expr.args.size(); ++i) {
        const bool is_condition = expr.kind == ExprKind::kCase && i % 2 == 0 && i + 1 < expr.args.size();
        if (!is_condition && !isFixed(*expr.args[i])) {
            collectForms(*expr.args[i], forms);
        }
    }
}

}  // namespace

bool mayOverflow(const dialect::Dialect& dialect, OperandNeed need) {
    return dialect.decimal_overflow_fails && (need == OperandNeed::kDecimalSum || need == OperandNeed::kDecimalProduct);
}

bool isFixed(const Expr& expr) {
    return expr.kind == ExprKind::kConst || expr.kind == ExprKind::kParam || expr.kind == ExprKind::kKeys;
}

bool mayBeTakenForOne(const Expr& a, const Expr& b) {
    std::vector<const Expr*> forms_of_a;
    std::vector<const Expr*> forms_of_b;
    collectForms(a, forms_of_a);
    collectForms(b, forms_of_b);
    return std::any_of(forms_of_a.begin(), forms_of_a.end(), [&](const Expr* form) {
        return std::any_of(forms_of_b.begin(), forms_of_b.end(),
                           [&](const Expr* other) { return areWrittenAlike(*form, *other); });
    });
}

bool isAscii(std::string_view text) {
    return std::all_of(text.begin(), text.end(), [](unsigned char c) { return c < 128; });
}

bool isPortableType(std::string_view type) {
    const std::string_view element = type.starts_with('_') ? type.substr(1) : type;
    return type != "?" && element != "?" && element != "money" && element != "xml" && element != "oid" &&
           !element.starts_with("reg") && !element.starts_with("pg_") && element != "aclitem" && element != "name" &&
           element != "xid" && element != "cid" && element != "tid" && element != "refcursor";
}

Result<> checkNeed(const dialect::Dialect& dialect, OperandNeed need, const std::vector<const Expr*>& args) {
    switch (need) {
        case OperandNeed::kNone:
        case OperandNeed::kAsciiOnly:
            return {};
        case OperandNeed::kFixed:
            return isFixed(*args.at(1)) ? Result<>() : Result<>(refuse("the pattern is computed"));
        case OperandNeed::kLike:
        case OperandNeed::kAsciiLike:
            return checkPattern(need, *args.at(1));
        case OperandNeed::kRegex: {
            const Expr& pattern = *args.at(1);
            return pattern.kind == ExprKind::kConst && pattern.value && isPlainRegex(*pattern.value)
                       ? Result<>()
                       : Result<>(refuse("the pattern is none that is read alike everywhere"));
        }
        case OperandNeed::kDivisor: {
            const std::optional<long long> divisor = constantInteger(*args.at(1));
            return divisor && *divisor != 0 && *divisor != -1 ? Result<>() : Result<>(refuse("the divisor may be 0"));
        }
        case OperandNeed::kCounts:
            return checkCounts(args, 0);
        case OperandNeed::kPositions:
            return checkCounts(args, 1);
        case OperandNeed::kDecimal:
        case OperandNeed::kDecimalDigits:
        case OperandNeed::kDecimalSum:
        case OperandNeed::kDecimalProduct:
            return checkDecimals(dialect, need, args);
    }
    return {};
}

DecimalShape shapeOfLiteral(std::string_view digits) {
    const auto count = [](std::string_view text) {
        return static_cast<int>(std::count_if(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; }));
    };
    const std::size_t point = digits.find('.');
    return {count(digits), point == std::string_view::npos ? 0 : count(digits.substr(point))};
}

DecimalShape shapeOf(OperandNeed need, const Expr& call) {
    if (call.type != "numeric") {
        return {};
    }
    if (call.function == "numeric(int2)") {
        return {5, 0};
    }
    if (call.function == "numeric(int4)") {
        return {10, 0};
    }
    if (call.function == "numeric(int8)") {
        return {19, 0};
    }
    if (call.function.starts_with("floor(") || call.function.starts_with("ceil")) {
        return {call.args[0]->shape.precision + 1, 0};
    }
    return need == OperandNeed::kNone ? DecimalShape{} : resultShape(need, call.args).value_or(DecimalShape{});
}

Result<DecimalShape> commonShape(ExprKind kind, const std::vector<const Expr*>& args) {
    std::optional<DecimalShape> common;
    for (std::size_t i = 0; i < args.size(); ++i) {
        const bool is_condition = kind == ExprKind::kCase && i % 2 == 0 && i + 1 < args.size();
        if (is_condition || (args[i]->kind == ExprKind::kConst && !args[i]->value)) {
            continue;
        }
        const DecimalShape& shape = args[i]->shape;
        if (shape.precision == 0 || (common && common->scale != shape.scale)) {
            return refuse("numbers of different scales would be made alike");
        }
        common = {std::max(shape.precision, common ? common->precision : 0), shape.scale};
    }
    return common.value_or(DecimalShape{});
}

}  // namespace tessera::ir
