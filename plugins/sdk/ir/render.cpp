#include "plugins/sdk/ir/render.h"

#include "common/strings.h"

#include <initializer_list>

namespace tessera::ir {

namespace {

using dialect::Dialect;
using dialect::NullOrder;
using dialect::RowLimit;
using dialect::TypeRule;

struct Placeholder {
    std::string_view name;
    std::string_view value;
};

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

std::string fillOperands(std::string_view text, const std::vector<std::string>& operands) {
    const std::string_view first = operands.empty() ? std::string_view() : std::string_view(operands[0]);
    const std::string_view second = operands.size() < 2 ? std::string_view() : std::string_view(operands[1]);
    return fill(text, {{"0", first}, {"1", second}});
}

/// Writes one statement; collects parameters in the order of their places.
class SqlWriter {
  public:
    SqlWriter(const Select& select, const Dialect& dialect)
        : select_(select), dialect_(dialect), aliased_(!select.from->table) {}

    Rendered write() {
        std::string& sql = out_.text;
        sql = "SELECT ";
        writeTop(sql);
        writeOutputs(sql);
        sql += " FROM " + from(*select_.from);
        writeWhere(sql);
        writeGrouping(sql);
        writeOrder(sql);
        writeLimit(sql);
        return std::move(out_);
    }

  private:
    void writeOutputs(std::string& sql) {
        bool first = true;
        for (const Expr* output : select_.outputs) {
            const std::vector<const Expr*> columns = columnsOf(*output);
            for (const Expr* column : columns) {
                sql += first ? "" : ", ";
                first = false;
                sql += outputColumn(*column);
            }
            out_.columns_of_output.push_back(static_cast<int>(columns.size()));
        }
        if (first) {
            // Without columns it is the number of rows that counts. SQLite wants to see that all rows are one group.
            const bool one_group = select_.grouped && select_.group_by.empty();
            sql += one_group ? aggregateRule(dialect_, "count()")->sql : std::string_view("NULL");
        }
    }

    /// An average that is finished by the host is its sum and its count.
    std::vector<const Expr*> columnsOf(const Expr& output) {
        if (!output.output_only) {
            return {&output};
        }
        Expr* sum = scratch_.expr(ExprKind::kAggregate, "numeric");
        *sum = output;
        sum->function = "sum(" + output.function.substr(4);
        sum->output_only = false;
        Expr* count = scratch_.expr(ExprKind::kAggregate, "int8");
        *count = output;
        count->type = "int8";
        count->function = "count(any)";
        count->output_only = false;
        return {sum, count};
    }

    std::string outputColumn(const Expr& expr) {
        if (expr.type == "bool" && expr.kind != ExprKind::kColumn && !dialect_.boolean_values) {
            return repeat("CASE WHEN {0} THEN 1 WHEN NOT {0} THEN 0 END", {&expr});
        }
        const std::string text = expr.kind == ExprKind::kColumn ? columnReference(expr) : write(expr);
        const TypeRule* rule = typeRule(dialect_, expr.type);
        return rule == nullptr ? text : fill(rule->output, {{"0", text}});
    }

    std::string from(const From& item) {
        if (item.table) {
            // A subquery must have an alias in most dialects.
            const bool aliased = aliased_ || item.table->relation.starts_with('(');
            return aliased ? item.table->relation + " r" + std::to_string(item.table->id) : item.table->relation;
        }
        const std::string_view word = item.join == JoinType::kInner   ? " INNER JOIN "
                                      : item.join == JoinType::kLeft  ? " LEFT JOIN "
                                      : item.join == JoinType::kRight ? " RIGHT JOIN "
                                                                      : " FULL JOIN ";
        std::string text = "(" + from(*item.left);
        text += word;
        text += from(*item.right) + " ON ";
        return text += (item.on.empty() ? std::string(dialect_.true_literal) : conjunction(item.on)) + ")";
    }

    void writeWhere(std::string& sql) {
        std::string conditions = select_.where.empty() ? "" : conjunction(select_.where);
        if (select_.sample) {
            conditions += conditions.empty() ? "" : " AND ";
            conditions += fill(dialect_.sample_condition, {{"fraction", std::to_string(*select_.sample)}});
        }
        if (!conditions.empty()) {
            sql += " WHERE " + conditions;
        }
    }

    void writeGrouping(std::string& sql) {
        std::string_view separator = " GROUP BY ";
        for (const Expr* key : select_.group_by) {
            sql += separator;
            sql += operand(*key, false);
            separator = ", ";
        }
        if (!select_.having.empty()) {
            sql += " HAVING " + conjunction(select_.having);
        }
    }

    void writeOrder(std::string& sql) {
        std::string_view separator = " ORDER BY ";
        for (const SortKey& key : select_.order_by) {
            const std::string text = operand(*key.expr, true);
            sql += separator;
            if (dialect_.null_order == NullOrder::kKey) {
                sql += "(" + text + ") IS NULL" + (key.nulls_first ? " DESC, " : ", ");
            } else if (dialect_.null_order == NullOrder::kCase) {
                sql += "CASE WHEN " + text + " IS NULL THEN " + (key.nulls_first ? "0 ELSE 1" : "1 ELSE 0") + " END, ";
            }
            sql += text + (key.descending ? " DESC" : " ASC");
            if (dialect_.null_order == NullOrder::kClause) {
                sql += key.nulls_first ? " NULLS FIRST" : " NULLS LAST";
            }
            separator = ", ";
        }
    }

    /// With an offset TOP can't be written; but then nothing is asked for when no row is wanted.
    bool limitsByTop() const {
        return dialect_.row_limit == RowLimit::kTop && select_.limit != nullptr &&
               (select_.offset == nullptr || select_.limit->value == "0");
    }

    void writeTop(std::string& sql) {
        if (limitsByTop()) {
            sql += "TOP " + bound(*select_.limit) + " ";
        }
    }

    void writeFetch(std::string& sql) {
        if (limitsByTop()) {
            return;
        }
        const bool by_top = dialect_.row_limit == RowLimit::kTop;
        if (select_.offset != nullptr) {
            sql += by_top && select_.order_by.empty() ? " ORDER BY (SELECT NULL)" : "";
            sql += " OFFSET " + bound(*select_.offset) + " ROWS";
        }
        if (select_.limit != nullptr) {
            sql += (by_top ? " FETCH NEXT " : " FETCH FIRST ") + bound(*select_.limit) + " ROWS ONLY";
        }
    }

    void writeLimit(std::string& sql) {
        if (dialect_.row_limit != RowLimit::kLimit) {
            writeFetch(sql);
            return;
        }
        if (select_.limit != nullptr) {
            sql += " LIMIT " + bound(*select_.limit);
        } else if (select_.offset != nullptr && !dialect_.no_limit.empty()) {
            sql += " LIMIT " + std::string(dialect_.no_limit);
        }
        if (select_.offset != nullptr) {
            sql += " OFFSET " + bound(*select_.offset);
        }
    }

    std::string bound(const Expr& expr) {
        return expr.kind == ExprKind::kConst && expr.value ? *expr.value : write(expr);
    }

    std::string conjunction(const std::vector<const Expr*>& conditions) { return joined(conditions, " AND "); }

    std::string joined(const std::vector<const Expr*>& exprs, std::string_view separator) {
        std::string text;
        for (const Expr* expr : exprs) {
            text += text.empty() ? "" : separator;
            text += write(*expr);
        }
        return text;
    }

    std::string columnReference(const Expr& expr) {
        std::string name = dialect::quoteIdentifier(dialect_, expr.column);
        return aliased_ ? "r" + std::to_string(expr.table) + "." + name : name;
    }

    std::string write(const Expr& expr) {
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
            case ExprKind::kIn:
                return in(expr);
            case ExprKind::kCase:
                return caseExpression(expr);
            case ExprKind::kCoalesce:
                return "COALESCE(" + arguments(expr) + ")";
            case ExprKind::kAggregate:
                return aggregate(expr);
        }
        return {};
    }

    /// A column is looked at as it is: no index knows what is made of it.
    std::string nullTested(const Expr& expr) {
        return expr.kind == ExprKind::kColumn ? columnReference(expr) : write(expr);
    }

    /// "char" is not char; all other names of types may stand as they are.
    static std::string typeText(const std::string& type) { return type == "char" ? quoteIdentifier(type) : type; }

    std::string constant(const Expr& expr) {
        const TypeRule* rule = typeRule(dialect_, expr.type);
        if (!expr.value) {
            return dialect_.builtin_functions ? "NULL::" + typeText(expr.type) : "NULL";
        }
        if (expr.type == "bool") {
            return std::string(*expr.value == "t" ? dialect_.true_literal : dialect_.false_literal);
        }
        std::string real = *expr.value;
        if (real.find_first_of("eE") == std::string::npos) {
            real += "e0";
        }
        const std::string text = fill(rule->literal, {{"raw", *expr.value},
                                                      {"real", real},
                                                      {"quoted", quoteLiteral(*expr.value)},
                                                      {"type", typeText(expr.type)}});
        return text[0] == '-' ? "(" + text + ")" : text;
    }

    std::string param(const Expr& expr) {
        const TypeRule* rule = typeRule(dialect_, expr.type);
        std::size_t place = out_.params.size();
        const bool numbered = rule->param.find("{n}") != std::string_view::npos;
        for (std::size_t i = 0; numbered && i < out_.params.size(); ++i) {
            if (out_.params[i] == expr.param) {
                place = i;
            }
        }
        if (place == out_.params.size()) {
            out_.params.push_back(expr.param);
        }
        return fill(rule->param, {{"n", std::to_string(place + 1)}, {"type", typeText(expr.type)}});
    }

    std::string call(const Expr& expr) {
        if (!expr.symbol.empty()) {
            return builtin(expr);
        }
        if (const dialect::FunctionRule* rule = functionRule(dialect_, expr.function)) {
            std::string text = repeat(rule->sql, expr.args);
            return rule->sql.front() == '(' ? text : "(" + text + ")";
        }
        return comparison(std::string(dialect::comparisonOperator(expr.function)), *expr.args[0], *expr.args[1]);
    }

    std::string builtin(const Expr& expr) {
        if (!expr.is_operator) {
            return quoteIdentifier(expr.symbol) + "(" + arguments(expr) + ")";
        }
        std::string text = "(";
        if (expr.args.size() == 2) {
            text += argument(*expr.args[0]) + " ";
        }
        text += expr.symbol + " ";
        return text += argument(*expr.args.back()) + ")";
    }

    std::string caseExpression(const Expr& expr) {
        std::string text = "(CASE";
        for (std::size_t i = 0; i + 1 < expr.args.size(); i += 2) {
            text += " WHEN " + write(*expr.args[i]);
            text += " THEN " + argument(*expr.args[i + 1]);
        }
        return text += " ELSE " + argument(*expr.args.back()) + " END)";
    }

    /// Within an expression columns of two collations may meet, and the source could not choose: they get one.
    std::string argument(const Expr& expr) {
        const TypeRule* rule = typeRule(dialect_, expr.type);
        if (expr.kind == ExprKind::kColumn && rule != nullptr && !rule->equal_between.empty()) {
            return fill(rule->equal_between, {{"0", write(expr)}});
        }
        return write(expr);
    }

    std::string arguments(const Expr& expr) {
        std::string text;
        for (const Expr* arg : expr.args) {
            text += text.empty() ? "" : ", ";
            text += argument(*arg);
        }
        return text;
    }

    /// Fills a template anew for each place of an operand, so that a positional parameter is bound as often as it
    /// stands there.
    std::string repeat(std::string_view text, const std::vector<const Expr*>& args) {
        std::string result;
        while (!text.empty()) {
            const std::size_t open = text.find('{');
            result += text.substr(0, open);
            if (open == std::string_view::npos) {
                break;
            }
            result += write(*args.at(static_cast<std::size_t>(text[open + 1] - '0')));
            text.remove_prefix(open + 3);
        }
        return result;
    }

    std::string operand(const Expr& expr, bool order) {
        const TypeRule* rule = typeRule(dialect_, expr.type);
        return fill(order ? rule->order : rule->equal, {{"0", write(expr)}});
    }

    static bool isFixed(const Expr& expr) { return expr.kind == ExprKind::kConst || expr.kind == ExprKind::kParam; }

    bool prefilters(const Expr& left, const Expr& right) {
        // Only a column has an index to use.
        const bool is_lookup =
            (left.kind == ExprKind::kColumn && isFixed(right)) || (right.kind == ExprKind::kColumn && isFixed(left));
        return is_lookup && typeRule(dialect_, left.type)->prefilter_equal;
    }

    /// An operand of = or <>, opposite to `other`.
    std::string equalOperand(const Expr& expr, const Expr& other) {
        const TypeRule* rule = typeRule(dialect_, expr.type);
        if (rule->equal_between.empty() || isFixed(expr) || isFixed(other)) {
            return operand(expr, false);
        }
        return fill(rule->equal_between, {{"0", write(expr)}});
    }

    std::string comparison(const std::string& op, const Expr& left, const Expr& right) {
        const bool order = op != "=" && op != "<>";
        std::string text = "(";
        if (op == "=" && prefilters(left, right)) {
            text += write(left) + " = " + write(right) + " AND ";
        }
        text += order ? operand(left, true) : equalOperand(left, right);
        text += " " + op + " ";
        return text += (order ? operand(right, true) : equalOperand(right, left)) + ")";
    }

    std::string in(const Expr& expr) {
        const Expr& left = *expr.args[0];
        const auto list = [&](bool as_operands) {
            std::string text;
            for (std::size_t i = 1; i < expr.args.size(); ++i) {
                text += i == 1 ? "" : ", ";
                text += as_operands ? operand(*expr.args[i], false) : write(*expr.args[i]);
            }
            return text;
        };
        std::string text = "(";
        if (prefilters(left, *expr.args[1])) {
            text += write(left) + " IN (";
            text += list(false) + ") AND ";
        }
        text += operand(left, false) + " IN (";
        return text += list(true) + "))";
    }

    std::string aggregate(const Expr& expr) {
        const dialect::FunctionRule* rule = aggregateRule(dialect_, expr.function);
        std::vector<std::string> operands;
        for (const Expr* arg : expr.args) {
            operands.push_back(expr.distinct ? "DISTINCT " + operand(*arg, false) : write(*arg));
        }
        std::string text = fillOperands(rule->sql, operands);
        if (expr.filter != nullptr) {
            text += " FILTER (WHERE " + write(*expr.filter) + ")";
        }
        return text;
    }

    const Select& select_;
    const Dialect& dialect_;
    const bool aliased_;
    Arena scratch_;
    Rendered out_;
};

}  // namespace

Result<Rendered> render(const Select& select, const Dialect& dialect) {
    if (dialect.form == dialect::Form::kPlan) {
        return renderPlan(select);
    }
    if (select.sample && dialect.sample_condition.empty()) {
        return fail(ErrorCode::kUnimplemented, std::string(dialect.name) + " can't sample rows");
    }
    return SqlWriter(select, dialect).write();
}

}  // namespace tessera::ir
