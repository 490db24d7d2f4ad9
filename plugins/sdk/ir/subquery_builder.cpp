/// The Builder's whole statements within a statement.
#include "plugins/sdk/ir/builder.h"
#include "plugins/sdk/ir/sql_writer.h"

#include <algorithm>
#include <set>

namespace tessera::ir {

namespace {

Error refuse(std::string reason) {
    return fail(ErrorCode::kUnimplemented, std::move(reason));
}

/// Can it have no second row?
bool hasOneRow(const Select& select) {
    const bool one_group = select.grouped && select.group_by.empty() && select.grouping_sets.empty();
    return one_group || (select.limit != nullptr && select.limit->value == "1");
}

bool hasOperation(dialect::SetOperations has, SetKind kind, bool all) {
    using dialect::SetOperations;
    if (kind == SetKind::kUnion) {
        return has != SetOperations::kNone;
    }
    return has == SetOperations::kAll || (has == SetOperations::kDistinct && !all);
}

bool isSameType(std::string_view left, std::string_view right) {
    const auto is_text = [](std::string_view type) { return type == "text" || type == "varchar"; };
    return left == right || (is_text(left) && is_text(right));
}

bool hasWindow(const Expr& expr) {
    return expr.over != nullptr ||
           std::any_of(expr.args.begin(), expr.args.end(), [](const Expr* arg) { return hasWindow(*arg); });
}

/// As it comes out of a table or of a computation in its own type: not widened on the way.
bool isOfItsType(const Expr& expr) {
    const bool is_conversion =
        expr.kind == ExprKind::kCall && (expr.function.starts_with("::") || expr.function.starts_with(expr.type + "("));
    return !is_conversion && (expr.type != "numeric" || expr.kind == ExprKind::kColumn);
}

/// Of one table, without windows and subqueries?
bool isPlain(const Select& select) {
    const auto has_window = [](const Expr* output) { return hasWindow(*output); };
    return !select.set && select.from->table && select.qualify.empty() && !hasSubquery(select) &&
           std::none_of(select.outputs.begin(), select.outputs.end(), has_window) &&
           std::none_of(select.order_by.begin(), select.order_by.end(),
                        [&](const SortKey& key) { return has_window(key.expr); });
}

/// The numbers that columns of FROM's items have.
void collectTables(const From* from, std::set<int>& found) {
    if (from == nullptr) {
        return;
    }
    if (from->table) {
        found.insert(from->table->id);
    } else if (from->shipped) {
        found.insert(-from->shipped->id);
    } else if (from->derived && from->derived->numbered) {
        found.insert(-from->derived->id);
    } else if (from->derived) {
        collectTables(from->derived->select->from, found);
    }
    collectTables(from->left, found);
    collectTables(from->right, found);
}

bool hasFloatOfOthers(const Expr& expr, const std::set<int>& tables) {
    const bool is_float = expr.type == "float4" || expr.type == "float8";
    return (expr.kind == ExprKind::kColumn && is_float && !tables.contains(expr.table)) ||
           std::any_of(expr.args.begin(), expr.args.end(),
                       [&](const Expr* arg) { return hasFloatOfOthers(*arg, tables); });
}

/// Is a floating point number of the query around it in what it returns?
bool returnsFloatOfOthers(const Select& subquery) {
    std::set<int> tables;
    collectTables(subquery.from, tables);
    return std::any_of(subquery.outputs.begin(), subquery.outputs.end(),
                       [&](const Expr* output) { return hasFloatOfOthers(*output, tables); });
}

}  // namespace

/// What is not computed exactly there can't be mended here: the rows never come.
Result<> Builder::checkSubquery(const Select& subquery) const {
    if (!dialect_.subqueries) {
        return refuse(std::string(dialect_.name) + " is sent no subqueries");
    }
    if (dialect_.subqueries_merge_zeros && returnsFloatOfOthers(subquery)) {
        return refuse(std::string(dialect_.name) + " takes 0 and -0 of the query around a subquery for one");
    }
    TSR_TRY(checkOperands(subquery.outputs));
    TSR_TRY(checkOperands(subquery.where));
    TSR_TRY(checkOperands(subquery.having));
    for (const Expr* output : subquery.outputs) {
        if (output->kind != ExprKind::kColumn) {
            TSR_TRY(checkNoConditions({output}));
        }
    }
    return {};
}

Result<Expr*> Builder::subquery(ExprKind kind, std::string type, const Select* subquery) {
    TSR_TRY(checkSubquery(*subquery));
    Expr* made = arena_.expr(kind, std::move(type));
    made->subquery = subquery;
    return made;
}

Result<const Expr*> Builder::exists(const Select* subquery) {
    return this->subquery(ExprKind::kExists, "bool", subquery);
}

Result<const Expr*> Builder::scalar(const Select* subquery) {
    const Expr* output = subquery->outputs.at(0);
    if (typeRule(dialect_, output->type) == nullptr || output->type == kUnknownType) {
        return refuse(std::string(dialect_.name) + " has no subquery of type " + output->type);
    }
    TSR_TRY(checkNoConditions({output}));
    if (dialect_.one_row_subqueries && !hasOneRow(*subquery)) {
        return refuse(std::string(dialect_.name) + " does not object to a subquery with several rows");
    }
    return this->subquery(ExprKind::kScalar, output->type, subquery);
}

Result<const Expr*> Builder::in(std::string signature, Collation collation, const Expr* left, const Select* subquery) {
    const std::vector<const Expr*> operands{left, subquery->outputs.at(0)};
    TSR_TRY(checkOperands(operands));
    if (dialect::comparisonOperator(signature) != "=" || !dialect_.comparisons) {
        return refuse(std::string(dialect_.name) + " has no exact form of IN with " + signature);
    }
    TSR_TRY(checkComparison("=", collation, operands));
    for (const Expr* operand : operands) {
        if (typeRule(dialect_, operand->type)->equal_exactness != Exactness::kExact) {
            return refuse(std::string(dialect_.name) + " calls more texts equal than PostgreSQL");
        }
    }
    // What is computed has the narrowest type that the source can think of.
    const bool is_of_table = operands[1]->kind == ExprKind::kColumn && operands[1]->table > 0;
    const bool is_null = operands[1]->kind == ExprKind::kConst && !operands[1]->value;
    const bool is_one_type = left->type == operands[1]->type && isOfItsType(*left) && is_of_table &&
                             (left->type != "numeric" || left->shape == operands[1]->shape);
    if (dialect_.in_of_one_type && !is_one_type && !is_null) {
        return refuse(std::string(dialect_.name) + " has no exact IN of two types");
    }
    if (subquery->limit != nullptr && !dialect_.limited_in) {
        return refuse(std::string(dialect_.name) + " has no IN with LIMIT");
    }
    Expr* made = TSR_TRY(this->subquery(ExprKind::kInSubquery, "bool", subquery));
    made->function = std::move(signature);
    made->args = {left};
    return made;
}

Result<const From*> Builder::derived(int id, const Select* subquery, bool lateral) {
    if (lateral && (dialect_.lateral == dialect::Lateral::kNone ||
                    (dialect_.lateral == dialect::Lateral::kPlain && !isPlain(*subquery)))) {
        return refuse(std::string(dialect_.name) + " has no such LATERAL");
    }
    if (!subquery->set) {
        TSR_TRY(checkSubquery(*subquery));
    }
    From* made = arena_.from();
    made->derived = Derived{id, subquery, true, lateral};
    return made;
}

Result<const From*> Builder::shippedRows(int id, int number, std::vector<std::string> types) {
    if (dialect_.rows == dialect::KeyForm::kNone) {
        return refuse(std::string(dialect_.name) + " takes no rows with a statement");
    }
    for (const std::string& type : types) {
        const dialect::TypeRule* rule = typeRule(dialect_, type);
        if (rule == nullptr || rule->shipped.empty()) {
            return refuse("values of type " + type + " are not sent along");
        }
    }
    From* made = arena_.from();
    made->shipped = ShippedRows{id, number, std::move(types)};
    return made;
}

Result<const From*> Builder::calledRows(int id, std::string call, std::vector<std::string> types) {
    if (!dialect_.builtin_functions) {
        return refuse(std::string(dialect_.name) + " has no such function");
    }
    From* made = arena_.from();
    *made = *TSR_TRY(shippedRows(id, 0, std::move(types)));
    made->shipped->call = std::move(call);
    return made;
}

/// The source makes both values of one type of its own choice, which must not change either.
Result<> Builder::checkCombined(const Expr& left, const Expr& right, bool all) const {
    const dialect::TypeRule* rule = typeRule(dialect_, left.type);
    if (!isSameType(left.type, right.type) || rule == nullptr || left.type == kUnknownType) {
        return refuse(std::string(dialect_.name) + " may make something else of " + left.type + " and " + right.type);
    }
    TSR_TRY(checkNoConditions({&left, &right}));
    if (left.type == "numeric" && !dialect_.builtin_functions) {
        const bool known = left.shape.precision != 0 && right.shape.precision != 0;
        if (!known || left.shape.scale != right.shape.scale) {
            return refuse("numbers of different scales would be made alike");
        }
    }
    // Of rows that are equal one stays. 0 and -0 are, and systems choose otherwise.
    if (!all && (left.type == "float4" || left.type == "float8") && !dialect_.builtin_functions) {
        return refuse(std::string(dialect_.name) + " has its own choice of equal floating point numbers");
    }
    return all ? Result<>() : checkGroupKey(&left, Collation::kDeterministic);
}

Result<> Builder::combine(Select& into, SetKind kind, bool all, const Select* left, const Select* right) const {
    if (!hasOperation(dialect_.set_operations, kind, all)) {
        return refuse(std::string(dialect_.name) + " has no such set operation");
    }
    for (const Select* query : {left, right}) {
        if (!query->set) {
            TSR_TRY(checkSubquery(*query));
        }
    }
    for (std::size_t i = 0; i < left->outputs.size(); ++i) {
        TSR_TRY(checkCombined(*left->outputs[i], *right->outputs.at(i), all));
    }
    into.set = SetOperation{kind, all, left, right};
    into.outputs = left->outputs;
    return {};
}

}  // namespace tessera::ir
