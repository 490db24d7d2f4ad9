#include "plugins/sdk/ir/sql_writer.h"

#include <algorithm>
#include <utility>

namespace tessera::ir {

using dialect::typeRule;
using dialect::TypeRule;

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

std::string SqlWriter::derivedOutputs(const Select& select, bool as_operand) {
    std::string text;
    int number = 0;
    for (const Expr* output : select.outputs) {
        text += number == 0 ? "" : ", ";
        if (as_operand) {
            text += combinedOutput(*output);
        } else {
            text += output->kind == ExprKind::kColumn ? columnReference(*output) : write(*output);
        }
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
    if (!item.numbered) {
        for (const Expr* output : item.select->outputs) {
            renamed_.erase({output->table, output->column});  // within, it is what it is
        }
    }
    std::string text = item.lateral ? "LATERAL (" : "(";
    text += item.select->set ? combined(*item.select) : query(*item.select, false);
    renamed_ = outside;
    return text + ") s" + std::to_string(item.id);
}

/// PostgreSQL's.
std::string SqlWriter::called(const ShippedRows& rows) {
    std::string columns;
    for (std::size_t i = 0; i < rows.types.size(); ++i) {
        columns += (i == 0 ? "c" : ", c") + std::to_string(i + 1) + " " + typeText(rows.types[i]);
    }
    return rows.call + " s" + std::to_string(rows.id) + "(" + columns + ")";
}

std::string SqlWriter::shipped(const ShippedRows& rows) {
    if (!rows.call.empty()) {
        return called(rows);
    }
    const bool by_column = dialect_.rows == dialect::KeyForm::kArray;
    std::string columns;
    std::string definitions;
    std::string names;
    std::string place;
    for (std::size_t i = 0; i < rows.types.size(); ++i) {
        if (by_column || i == 0) {
            out_.params.push_back(rows.param - static_cast<int>(i));
            place = std::to_string(out_.params.size());
        }
        const std::string type = typeText(rows.types[i]);
        const std::string from_zero = std::to_string(i);
        const std::string from_one = std::to_string(i + 1);
        const auto filled = [&](std::string_view text) {
            return fill(text, {{"n", place}, {"type", type}, {"i", from_zero}, {"k", from_one}});
        };
        const std::string_view value = typeRule(dialect_, rows.types[i])->shipped;
        columns += (i == 0 ? "" : ", ") + fill(value, {{"0", filled(dialect_.row_cell)}});
        columns += by_column ? "" : " AS c" + from_one;
        names += (i == 0 ? "c" : ", c") + from_one;
        definitions += (i == 0 ? "" : ", ") + filled(dialect_.row_definition);
    }
    std::string text = fill(dialect_.row_source, {{"columns", columns}, {"definitions", definitions}, {"n", place}});
    text += " s" + std::to_string(rows.id);
    return by_column ? text + "(" + names + ")" : text;
}

/// A subquery with its columns named c1, c2, …; `as_operand`: of a set operation.
std::string SqlWriter::query(const Select& select, bool as_operand) {
    const auto outside = renamed_;
    rename(*select.from);
    std::string text = head(select);
    text += derivedOutputs(select, as_operand);
    text += rest(select);
    renamed_ = outside;
    return text;
}

/// As the source compares them: it may know the columns under several collations, or call more rows equal.
std::string SqlWriter::combinedOutput(const Expr& expr) {
    const TypeRule* rule = typeRule(dialect_, expr.type);
    std::string text = write(expr);
    if (dialect_.builtin_functions) {
        text += "::" + typeText(expr.type);
    }
    const std::string_view equal = rule->equal_between.empty() ? rule->equal : rule->equal_between;
    return equal.empty() ? text : fill(equal, {{"0", text}});
}

/// A set operation; what its columns were made for comparing is undone.
std::string SqlWriter::combined(const Select& select) {
    std::string columns;
    bool changed = false;
    int number = 0;
    for (const Expr* output : select.outputs) {
        const std::string_view undo = typeRule(dialect_, output->type)->from_equal;
        const std::string name = "c" + std::to_string(++number);
        columns += (number == 1 ? "" : ", ") + fill(undo, {{"0", name}}) + " AS " + name;
        changed = changed || undo != "{0}";
    }
    std::string text = setOperation(select);
    return changed ? "SELECT " + columns + " FROM (" + text + ") s" : text;
}

std::string SqlWriter::setOperation(const Select& select) {
    static constexpr std::string_view kWords[] = {" UNION ", " INTERSECT ", " EXCEPT "};
    const SetOperation& set = *select.set;
    const bool goes_on = set.left->set && set.left->set->kind == set.kind && set.left->set->all == set.all;
    std::string text = goes_on ? setOperation(*set.left) : setOperand(*set.left);
    text += kWords[static_cast<std::size_t>(set.kind)];
    text += set.all ? "ALL " : "";
    return text += setOperand(*set.right);
}

/// Not every source takes parentheses around an operand.
std::string SqlWriter::setOperand(const Select& select) {
    std::string text = select.set ? setOperation(select) : query(select, true);
    const bool is_plain = !select.set && select.order_by.empty() && select.limit == nullptr && select.offset == nullptr;
    return is_plain ? text : "SELECT * FROM (" + text + ") s";
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
    } else if (item.shipped) {
        for (std::size_t i = 1; i <= item.shipped->types.size(); ++i) {
            const std::string column = "c" + std::to_string(i);
            renamed_[{-item.shipped->id, column}] = "s" + std::to_string(item.shipped->id) + "." + column;
        }
    } else if (!item.table) {
        rename(*item.left);
        rename(*item.right);
    }
}

std::string SqlWriter::exists(const Expr& expr) {
    const auto outside = renamed_;
    const bool was_within = std::exchange(within_exists_, true);
    rename(*expr.subquery->from);
    std::string text = "EXISTS (" + head(*expr.subquery);
    const bool one_group = expr.subquery->grouped && expr.subquery->group_by.empty();
    text += one_group ? aggregateRule(dialect_, "count()")->sql : std::string_view("NULL");
    text += rest(*expr.subquery) + ")";
    within_exists_ = was_within;
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
    const Expr& left = *expr.args[0];
    const Expr& output = *expr.subquery->outputs.at(0);
    std::string text = "(" + equalOperand(left, output) + " IN (";
    const auto outside = renamed_;
    rename(*expr.subquery->from);
    text += head(*expr.subquery);
    text += equalOperand(output, left);
    text += rest(*expr.subquery) + "))";
    renamed_ = outside;
    return text;
}

}  // namespace tessera::ir
