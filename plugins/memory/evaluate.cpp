#include "plugins/memory/evaluate.h"

#include "plugins/sdk/batch_builder.h"
#include "plugins/sdk/values.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <string>
#include <variant>

namespace tessera::memory {

namespace {

/// A value as the filter sees it; monostate is NULL.
using Value = std::variant<std::monostate, bool, std::int64_t, std::string>;

/// kOther: a type that can only be asked whether it is NULL.
enum class ValueKind { kBool, kInteger, kText, kOther };

enum class Comparison { kEqual, kNotEqual, kLess, kLessOrEqual, kGreater, kGreaterOrEqual };

bool isNull(const Value& value) {
    return std::holds_alternative<std::monostate>(value);
}

Error unsupported(const std::string& what) {
    return fail(ErrorCode::kUnimplemented, "the memory connector cannot evaluate " + what);
}

ValueKind kindOfType(std::string_view type) {
    static constexpr std::array<std::string_view, 6> kIntegers = {"int2",     "int4",    "int8",
                                                                  "smallint", "integer", "bigint"};
    if (std::find(kIntegers.begin(), kIntegers.end(), type) != kIntegers.end()) {
        return ValueKind::kInteger;
    }
    if (type == "text") {
        return ValueKind::kText;
    }
    if (type == "bool" || type == "boolean") {
        return ValueKind::kBool;
    }
    return ValueKind::kOther;
}

Result<Value> parseValue(const Cell& cell, ValueKind kind) {
    if (!cell) {
        return Value();
    }
    switch (kind) {
        case ValueKind::kBool:
            return Value(TSR_TRY(sdk::parseBool(*cell)));
        case ValueKind::kInteger:
            return Value(TSR_TRY(sdk::parseInt(*cell)));
        case ValueKind::kText:
        case ValueKind::kOther:
            return Value(*cell);
    }
    return Value();
}

template <class T>
T readNative(const TsrParam& param) {
    T value{};
    std::memcpy(&value, param.data, sizeof value);
    return value;
}

Result<Value> valueOfParam(const TsrParam& param) {
    if (param.is_null) {
        return Value();
    }
    switch (param.type) {
        case TSR_TYPE_BOOL:
            return Value(readNative<bool>(param));
        case TSR_TYPE_INT16:
            return Value(std::int64_t{readNative<std::int16_t>(param)});
        case TSR_TYPE_INT32:
            return Value(std::int64_t{readNative<std::int32_t>(param)});
        case TSR_TYPE_INT64:
            return Value(readNative<std::int64_t>(param));
        case TSR_TYPE_TEXT:
            return Value(std::string(static_cast<const char*>(param.data), param.size));
        default:
            return unsupported("a parameter of type " + std::string(sdk::typeName(param.type)));
    }
}

std::optional<Comparison> comparisonOf(std::string_view suffix) {
    static constexpr std::array<std::pair<std::string_view, Comparison>, 6> kSuffixes = {
        {{"eq", Comparison::kEqual},
         {"ne", Comparison::kNotEqual},
         {"lt", Comparison::kLess},
         {"le", Comparison::kLessOrEqual},
         {"gt", Comparison::kGreater},
         {"ge", Comparison::kGreaterOrEqual}}};
    for (const auto& [name, comparison] : kSuffixes) {
        if (name == suffix) {
            return comparison;
        }
    }
    return std::nullopt;
}

/// The operand kind and comparison of PostgreSQL's function: "int84lt(int8,int4)", "texteq(text,text)".
Result<std::pair<ValueKind, Comparison>> parseSignature(const std::string& signature) {
    static constexpr std::array<std::string_view, 9> kIntegerFamilies = {"int2",  "int4",  "int8",  "int24", "int28",
                                                                         "int42", "int48", "int82", "int84"};
    const std::string_view name = std::string_view(signature).substr(0, signature.find('('));
    if (name.size() > 2) {
        const std::string_view family = name.substr(0, name.size() - 2);
        const auto comparison = comparisonOf(name.substr(name.size() - 2));
        const bool integers =
            std::find(kIntegerFamilies.begin(), kIntegerFamilies.end(), family) != kIntegerFamilies.end();
        if (comparison && integers) {
            return std::pair(ValueKind::kInteger, *comparison);
        }
        if (comparison && family == "text" && *comparison <= Comparison::kNotEqual) {
            return std::pair(ValueKind::kText, *comparison);
        }
    }
    return unsupported("function " + signature);
}

template <class T>
bool compare(Comparison comparison, const T& left, const T& right) {
    switch (comparison) {
        case Comparison::kEqual:
            return left == right;
        case Comparison::kNotEqual:
            return left != right;
        case Comparison::kLess:
            return left < right;
        case Comparison::kLessOrEqual:
            return left <= right;
        case Comparison::kGreater:
            return left > right;
        case Comparison::kGreaterOrEqual:
            return left >= right;
    }
    return false;
}

}  // namespace

/// An expression whose names have been looked up.
struct Filter::Node {
    Expression::Kind kind = Expression::Kind::kConstant;
    ValueKind type = ValueKind::kBool;  // of the result
    Value constant;                     // kConstant, and kParameter, which becomes one
    std::size_t column = 0;
    ValueKind operands = ValueKind::kBool;  // kCall
    Comparison comparison = Comparison::kEqual;
    std::vector<Node> arguments;

    Result<Value> evaluate(const Table& table, std::int64_t row) const;
    Result<Value> evaluateJunction(const Table& table, std::int64_t row) const;
};

Result<Value> Filter::Node::evaluateJunction(const Table& table, std::int64_t row) const {
    // One false decides AND, one true decides OR; without either, a NULL makes the whole NULL.
    const bool decisive = kind == Expression::Kind::kOr;
    bool unknown = false;
    for (const Node& argument : arguments) {
        const Value value = TSR_TRY(argument.evaluate(table, row));
        if (isNull(value)) {
            unknown = true;
        } else if (std::get<bool>(value) == decisive) {
            return Value(decisive);
        }
    }
    return unknown ? Value() : Value(!decisive);
}

Result<Value> Filter::Node::evaluate(const Table& table, std::int64_t row) const {
    using Kind = Expression::Kind;
    switch (kind) {
        case Kind::kColumn:
            return parseValue(table.cell(row, column), type);
        case Kind::kConstant:
        case Kind::kParameter:
            return constant;
        case Kind::kAnd:
        case Kind::kOr:
            return evaluateJunction(table, row);
        case Kind::kCall: {
            const Value left = TSR_TRY(arguments[0].evaluate(table, row));
            const Value right = TSR_TRY(arguments[1].evaluate(table, row));
            if (isNull(left) || isNull(right)) {
                return Value();
            }
            return Value(operands == ValueKind::kText
                             ? compare(comparison, std::get<std::string>(left), std::get<std::string>(right))
                             : compare(comparison, std::get<std::int64_t>(left), std::get<std::int64_t>(right)));
        }
        case Kind::kNot:
        case Kind::kIsNull:
        case Kind::kIsNotNull: {
            const Value value = TSR_TRY(arguments[0].evaluate(table, row));
            if (kind == Kind::kNot) {
                return isNull(value) ? Value() : Value(!std::get<bool>(value));
            }
            return Value(isNull(value) == (kind == Kind::kIsNull));
        }
    }
    return Value();
}

Filter::Filter(const Table& table) : table_(&table) {}

Filter::~Filter() = default;
Filter::Filter(Filter&&) noexcept = default;
Filter& Filter::operator=(Filter&&) noexcept = default;

Result<Filter::Node> Filter::compileCall(const Expression& expression, std::span<const TsrParam> params) const {
    const auto [kind, comparison] = TSR_TRY(parseSignature(expression.name));
    if (expression.arguments.size() != 2) {
        return fail(ErrorCode::kInvalidArgument, "function " + expression.name + " takes two arguments");
    }
    Node node;
    node.kind = Expression::Kind::kCall;
    node.operands = kind;
    node.comparison = comparison;
    for (const Expression& argument : expression.arguments) {
        Node operand = TSR_TRY(compileNode(argument, params));
        if (operand.type != kind) {
            return fail(ErrorCode::kInvalidArgument,
                        "an argument of function " + expression.name + " has another type");
        }
        node.arguments.push_back(std::move(operand));
    }
    return node;
}

Result<Filter::Node> Filter::compileNode(const Expression& expression, std::span<const TsrParam> params) const {
    using Kind = Expression::Kind;
    Node node;
    node.kind = expression.kind;
    switch (expression.kind) {
        case Kind::kColumn: {
            const auto column = table_->findColumn(expression.name);
            if (!column) {
                return fail(ErrorCode::kNotFound,
                            "table '" + table_->name + "' has no column '" + expression.name + "'");
            }
            node.column = *column;
            node.type = kindOfType(table_->columns[*column].pg_type);
            return node;
        }
        case Kind::kConstant:
            node.type = kindOfType(expression.name);
            node.constant = TSR_TRY(parseValue(expression.constant, node.type));
            return node;
        case Kind::kParameter: {
            if (expression.parameter < 1 || expression.parameter > params.size()) {
                return fail(ErrorCode::kInvalidArgument,
                            "there is no parameter $" + std::to_string(expression.parameter));
            }
            const TsrParam& param = params[expression.parameter - 1];
            node.type = param.type == TSR_TYPE_TEXT   ? ValueKind::kText
                        : param.type == TSR_TYPE_BOOL ? ValueKind::kBool
                                                      : ValueKind::kInteger;
            node.constant = TSR_TRY(valueOfParam(param));
            return node;
        }
        case Kind::kCall:
            return compileCall(expression, params);
        case Kind::kAnd:
        case Kind::kOr:
        case Kind::kNot:
        case Kind::kIsNull:
        case Kind::kIsNotNull:
            break;
    }
    const bool wants_booleans = expression.kind <= Kind::kNot;
    for (const Expression& argument : expression.arguments) {
        node.arguments.push_back(TSR_TRY(compileNode(argument, params)));
        if (wants_booleans && node.arguments.back().type != ValueKind::kBool) {
            return fail(ErrorCode::kInvalidArgument, "an argument of AND, OR or NOT is not boolean");
        }
    }
    return node;
}

Result<Filter> Filter::compile(const std::vector<Expression>& conditions, const Table& table,
                               std::span<const TsrParam> params) {
    Filter filter(table);
    for (const Expression& condition : conditions) {
        filter.conditions_.push_back(TSR_TRY(filter.compileNode(condition, params)));
        if (filter.conditions_.back().type != ValueKind::kBool) {
            return fail(ErrorCode::kInvalidArgument, "a condition of the plan is not boolean");
        }
    }
    return filter;
}

Result<bool> Filter::matches(std::int64_t row) const {
    for (const Node& condition : conditions_) {
        const Value value = TSR_TRY(condition.evaluate(*table_, row));
        if (isNull(value) || !std::get<bool>(value)) {
            return false;
        }
    }
    return true;
}

}  // namespace tessera::memory
