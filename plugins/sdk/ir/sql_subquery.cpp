#include "plugins/sdk/ir/sql_writer.h"

#include <algorithm>

namespace tessera::ir {

namespace {

bool hasSubquery(const Expr* expr);

bool anyHas(const std::vector<const Expr*>& exprs) {
    return std::any_of(exprs.begin(), exprs.end(), [](const Expr* expr) { return hasSubquery(expr); });
}

bool anyHas(const std::vector<SortKey>& keys) {
    return std::any_of(keys.begin(), keys.end(), [](const SortKey& key) { return hasSubquery(key.expr); });
}

bool hasSubquery(const Expr* expr) {
    if (expr == nullptr) {
        return false;
    }
    return expr->subquery != nullptr || anyHas(expr->args) || anyHas(expr->order_by) || hasSubquery(expr->filter) ||
           (expr->over != nullptr && (anyHas(expr->over->partition_by) || anyHas(expr->over->order_by)));
}

}  // namespace

bool hasSubquery(const Select& select) {
    return anyHas(select.outputs) || anyHas(select.where) || anyHas(select.group_by) || anyHas(select.having) ||
           anyHas(select.qualify) || anyHas(select.distinct_on) || anyHas(select.order_by);
}

std::string SqlWriter::derivedOutputs(const Select& select) {
    std::string text;
    int number = 0;
    for (const Expr* output : select.outputs) {
        text += number == 0 ? "" : ", ";
        text += output->kind == ExprKind::kColumn ? columnReference(*output) : write(*output);
        text += " AS c" + std::to_string(++number);
    }
    if (number > 0) {
        return text;
    }
    // SQLite wants to see that all rows are one group.
    const bool one_group = select.grouped && select.group_by.empty();
    return (one_group ? std::string(aggregateRule(dialect_, "count()")->sql) : "NULL") + " AS c1";
}

std::string SqlWriter::derived(const Derived& item) {
    const auto outside = renamed_;
    for (const Expr* output : item.select->outputs) {
        renamed_.erase({output->table, output->column});  // within, it is what it is
    }
    rename(*item.select->from);
    std::string text = "(" + head(*item.select);
    text += derivedOutputs(*item.select);
    text += rest(*item.select) + ") s" + std::to_string(item.id);
    renamed_ = outside;
    return text;
}

void SqlWriter::rename(const From& item) {
    if (item.derived) {
        const std::string table = "s" + std::to_string(item.derived->id) + ".";
        int number = 0;
        for (const Expr* output : item.derived->select->outputs) {
            const std::string column = "c" + std::to_string(++number);
            if (item.derived->numbered) {
                renamed_[{-item.derived->id, column}] = table + column;
            } else {
                renamed_[{output->table, output->column}] = table + column;
            }
        }
    } else if (!item.table) {
        rename(*item.left);
        rename(*item.right);
    }
}

std::string SqlWriter::exists(const Expr& expr) {
    const auto outside = renamed_;
    rename(*expr.subquery->from);
    std::string text = "EXISTS (" + head(*expr.subquery);
    const bool one_group = expr.subquery->grouped && expr.subquery->group_by.empty();
    text += one_group ? aggregateRule(dialect_, "count()")->sql : std::string_view("NULL");
    text += rest(*expr.subquery) + ")";
    renamed_ = outside;
    return text;
}

std::string SqlWriter::scalar(const Expr& expr) {
    const auto outside = renamed_;
    rename(*expr.subquery->from);
    std::string text = "(" + head(*expr.subquery);
    text += write(*expr.subquery->outputs.at(0));
    text += rest(*expr.subquery) + ")";
    renamed_ = outside;
    return text;
}

std::string SqlWriter::inSubquery(const Expr& expr) {
    std::string text = "(" + operand(*expr.args[0], false) + " IN (";
    const auto outside = renamed_;
    rename(*expr.subquery->from);
    text += head(*expr.subquery);
    text += operand(*expr.subquery->outputs.at(0), false);
    text += rest(*expr.subquery) + "))";
    renamed_ = outside;
    return text;
}

}  // namespace tessera::ir
