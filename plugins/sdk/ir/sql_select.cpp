#include "common/strings.h"
#include "plugins/sdk/ir/sql_writer.h"
#include "plugins/sdk/values.h"

namespace tessera::ir {

using dialect::RowLimit;
using dialect::typeRule;
using dialect::TypeRule;

namespace {

/// May it be that something is not equal? What stands in texts counts, too.
bool deniesEquality(std::string_view sql) {
    return sql.find("<>") != sql.npos || sql.find("NOT ") != sql.npos || sql.find("DISTINCT ") != sql.npos;
}

bool isExistence(const Expr& expr) {
    return expr.kind == ExprKind::kExists || (expr.kind == ExprKind::kNot && isExistence(*expr.args[0]));
}

}  // namespace

SqlWriter::SqlWriter(const Select& select, const dialect::Dialect& dialect)
    : SqlWriter(select, dialect, !select.from->table || hasSubquery(select)) {}

SqlWriter::SqlWriter(const Select& select, const dialect::Dialect& dialect, bool aliased)
    : select_(select), dialect_(dialect), aliased_(aliased) {}

Rendered SqlWriter::write() {
    rename(*select_.from);
    if (!select_.qualify.empty()) {
        return writeQualified();
    }
    std::string sql = head(select_);
    sql += outputs(select_, {});
    sql += rest(select_);
    if (select_.lock != RowLock::kNone) {
        sql += select_.lock == RowLock::kShare ? dialect_.lock_share : dialect_.lock_update;
        for (const int table : select_.locked) {
            sql += (table == select_.locked.front() ? " OF r" : ", r") + std::to_string(table);
        }
    }
    out_.text = std::move(sql);
    return std::move(out_);
}

/// SELECT c1, … FROM (SELECT … AS c1, …, condition AS q1 FROM …) s WHERE q1: window functions can't stand in WHERE.
Rendered SqlWriter::writeQualified() {
    std::string inner = head(select_);
    inner += outputs(select_, " AS c");
    std::string names;
    std::string conditions;
    int number = 0;
    for (const int columns : out_.columns_of_output) {
        for (int i = 0; i < columns; ++i) {
            names += (names.empty() ? "c" : ", c") + std::to_string(++number);
        }
    }
    number = 0;
    for (const Expr* condition : select_.qualify) {
        const std::string name = "q" + std::to_string(++number);
        inner += ", " + write(*condition) + " AS " + name;
        conditions += (conditions.empty() ? "" : " AND ") + name;
    }
    inner += rest(select_);
    out_.text = "SELECT " + (names.empty() ? "NULL" : names) + " FROM (" + inner + ") s WHERE " + conditions;
    return std::move(out_);
}

std::string SqlWriter::head(const Select& select) {
    std::string sql = "SELECT ";
    if (!select.distinct_on.empty()) {
        std::string_view separator = "DISTINCT ON (";
        for (const Expr* key : select.distinct_on) {
            sql += separator;
            sql += operand(*key, true);
            separator = ", ";
        }
        sql += ") ";
    } else if (select.distinct) {
        sql += "DISTINCT ";
    }
    return sql += top(select);
}

std::string SqlWriter::rest(const Select& select) {
    std::string sql = " FROM " + from(*select.from);
    sql += where(select);
    sql += grouping(select);
    if (!select.order_by.empty()) {
        sql += " ORDER BY " + sortKeys(select.order_by);
    }
    return sql += limit(select);
}

std::string SqlWriter::outputs(const Select& select, std::string_view names) {
    std::string sql;
    int number = 0;
    bool first = true;
    for (const Expr* output : select.outputs) {
        const std::vector<const Expr*> columns = columnsOf(*output);
        for (const Expr* column : columns) {
            sql += first ? "" : ", ";
            first = false;
            sql += outputColumn(*column);
            if (!names.empty()) {
                sql += names;
                sql += std::to_string(++number);
            }
        }
        out_.columns_of_output.push_back(static_cast<int>(columns.size()));
    }
    if (first) {
        // Without columns it is the number of rows that counts. SQLite wants to see that all rows are one group.
        const bool one_group = select.grouped && select.group_by.empty();
        sql += one_group ? aggregateRule(dialect_, "count()")->sql : std::string_view("NULL");
    }
    return sql;
}

/// An average that is finished by the host is its sum and its count.
std::vector<const Expr*> SqlWriter::columnsOf(const Expr& output) {
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

std::string SqlWriter::outputColumn(const Expr& expr) {
    if (expr.type == "bool" && expr.kind != ExprKind::kColumn && !dialect_.boolean_values) {
        return repeat("CASE WHEN {0} THEN 1 WHEN NOT {0} THEN 0 END", {&expr});
    }
    const std::string text = expr.kind == ExprKind::kColumn ? columnReference(expr) : write(expr);
    const TypeRule* rule = typeRule(dialect_, expr.type);
    return rule == nullptr ? text : fill(rule->output, {{"0", text}});
}

std::string SqlWriter::from(const From& item) {
    if (item.table) {
        // A subquery must have an alias in most dialects.
        const bool aliased = aliased_ || item.table->relation.starts_with('(');
        std::string text = item.table->relation;
        text += aliased ? " r" + std::to_string(item.table->id) : "";
        return text += item.table->sample.empty() ? "" : " " + item.table->sample;
    }
    if (item.shipped) {
        return shipped(*item.shipped);
    }
    return item.derived ? derived(*item.derived) : join(item);
}

std::string SqlWriter::join(const From& item) {
    const std::string_view word = item.join == JoinType::kInner   ? " INNER JOIN "
                                  : item.join == JoinType::kLeft  ? " LEFT JOIN "
                                  : item.join == JoinType::kRight ? " RIGHT JOIN "
                                                                  : " FULL JOIN ";
    std::string text = "(" + from(*item.left);
    text += word;
    text += from(*item.right) + " ON ";
    return text += (item.on.empty() ? std::string(dialect_.true_literal) : conjunction(item.on)) + ")";
}

std::string SqlWriter::where(const Select& select) {
    std::string conditions = select.where.empty() ? "" : conjunction(select.where);
    if (select.sample) {
        conditions += conditions.empty() ? "" : " AND ";
        conditions += fill(dialect_.sample_condition, {{"fraction", sdk::formatFloat(*select.sample)}});
    }
    return conditions.empty() ? "" : " WHERE " + conditions;
}

std::string SqlWriter::grouping(const Select& select) {
    const auto list = [this](const std::vector<const Expr*>& keys) {
        std::string text;
        for (const Expr* key : keys) {
            text += text.empty() ? "" : ", ";
            text += operand(*key, false);
        }
        return text;
    };
    std::string sql;
    if (!select.grouping_sets.empty()) {
        std::string_view separator = " GROUP BY GROUPING SETS (";
        for (const auto& set : select.grouping_sets) {
            sql += separator;
            sql += "(" + list(set) + ")";
            separator = ", ";
        }
        sql += ")";
    } else if (!select.group_by.empty()) {
        sql += " GROUP BY " + list(select.group_by);
    }
    return select.having.empty() ? sql : sql += " HAVING " + conjunction(select.having);
}

/// With an offset TOP can't be written; but then nothing is asked for when no row is wanted.
bool SqlWriter::limitsByTop(const Select& select) const {
    return dialect_.row_limit == RowLimit::kTop && select.limit != nullptr &&
           (select.offset == nullptr || select.limit->value == "0");
}

std::string SqlWriter::top(const Select& select) {
    return limitsByTop(select) ? "TOP " + bound(*select.limit) + " " : "";
}

std::string SqlWriter::fetch(const Select& select) {
    std::string sql;
    if (limitsByTop(select)) {
        return sql;
    }
    const bool by_top = dialect_.row_limit == RowLimit::kTop;
    if (select.offset != nullptr) {
        sql += by_top && select.order_by.empty() ? " ORDER BY (SELECT NULL)" : "";
        sql += " OFFSET " + bound(*select.offset) + " ROWS";
    }
    if (select.limit != nullptr) {
        sql += (by_top ? " FETCH NEXT " : " FETCH FIRST ") + bound(*select.limit) + " ROWS ONLY";
    }
    return sql;
}

std::string SqlWriter::limit(const Select& select) {
    if (dialect_.row_limit != RowLimit::kLimit) {
        return fetch(select);
    }
    std::string sql;
    if (select.limit != nullptr) {
        sql += " LIMIT " + bound(*select.limit);
    } else if (select.offset != nullptr && !dialect_.no_limit.empty()) {
        sql += " LIMIT " + std::string(dialect_.no_limit);
    }
    return select.offset != nullptr ? sql += " OFFSET " + bound(*select.offset) : sql;
}

std::string SqlWriter::bound(const Expr& expr) {
    return expr.kind == ExprKind::kConst && expr.value ? *expr.value : write(expr);
}

std::string SqlWriter::conjunction(const std::vector<const Expr*>& conditions) {
    std::string text;
    for (const Expr* condition : conditions) {
        const std::string written = write(*condition);
        const bool is_tested =
            within_exists_ && dialect_.exists_misses_nulls && !isExistence(*condition) && deniesEquality(written);
        text += text.empty() ? "" : " AND ";
        text += is_tested ? "(" + written + " IS TRUE)" : written;
    }
    return text;
}

}  // namespace tessera::ir
