/// The Builder's whole statements within a statement.
#include "plugins/sdk/ir/builder.h"

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

}  // namespace

/// What is not computed exactly there can't be mended here: the rows never come.
Result<> Builder::checkSubquery(const Select& subquery) const {
    if (!dialect_.subqueries) {
        return refuse(std::string(dialect_.name) + " is sent no subqueries");
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
    if (subquery->limit != nullptr && !dialect_.limited_in) {
        return refuse(std::string(dialect_.name) + " has no IN with LIMIT");
    }
    Expr* made = TSR_TRY(this->subquery(ExprKind::kInSubquery, "bool", subquery));
    made->function = std::move(signature);
    made->args = {left};
    return made;
}

Result<const From*> Builder::derived(int id, const Select* subquery) {
    TSR_TRY(checkSubquery(*subquery));
    From* made = arena_.from();
    made->derived = Derived{id, subquery, true};
    return made;
}

}  // namespace tessera::ir
