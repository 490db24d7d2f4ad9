#include "plugins/sdk/ir/sql_writer.h"

#include <utility>

namespace tessera::ir {

using dialect::AggregateRule;
using dialect::NullOrder;

namespace {

/// The rule's template with its places made plain: each of them stands there, as {…}.
std::string templateOf(const AggregateRule& rule, bool distinct) {
    std::string text(rule.sql);
    if (distinct && text.find("{distinct}") == std::string::npos) {
        text.insert(text.find('{'), "{distinct}");
    }
    return text.find("{tail}") == std::string::npos ? text + "{tail}" : text;
}

}  // namespace

std::string SqlWriter::aggregate(const Expr& expr) {
    const AggregateRule* rule =
        expr.kind == ExprKind::kWindow ? windowRule(dialect_, expr.function) : aggregateRule(dialect_, expr.function);
    const std::string filled = templateOf(*rule, expr.distinct);
    std::string_view text = filled;
    const bool narrow_around = std::exchange(narrow_, narrow_ || expr.narrow);
    std::string sql;
    while (!text.empty()) {
        const std::size_t open = text.find('{');
        sql += text.substr(0, open);
        if (open == std::string_view::npos) {
            break;
        }
        const std::string_view place = text.substr(open + 1, text.find('}', open) - open - 1);
        text.remove_prefix(open + place.size() + 2);
        if (place == "args") {
            for (std::size_t i = 0; i < expr.args.size(); ++i) {
                sql += (i == 0 ? "" : ", ") + aggregateArgument(expr, i);
            }
        } else if (place == "distinct") {
            sql += expr.distinct ? "DISTINCT " : "";
        } else if (place == "order") {
            sql += expr.order_by.empty() ? "" : " ORDER BY " + sortKeys(expr.order_by);
        } else if (place == "tail") {
            sql += expr.filter != nullptr ? " FILTER (WHERE " + write(*expr.filter) + ")" : "";
            sql += expr.over != nullptr ? " OVER (" + window(*expr.over) + ")" : "";
        } else {
            sql += aggregateArgument(expr, static_cast<std::size_t>(place[0] - '0'));
        }
    }
    narrow_ = narrow_around;
    return sql;
}

std::string SqlWriter::aggregateArgument(const Expr& expr, std::size_t index) {
    const Expr& arg = *expr.args.at(index);
    if (!expr.distinct) {
        return write(arg);
    }
    // With DISTINCT, what is sorted by must be an argument, letter by letter.
    return operand(arg, !expr.order_by.empty());
}

std::string SqlWriter::sortKeys(const std::vector<SortKey>& keys) {
    std::string sql;
    for (const SortKey& key : keys) {
        sql += sql.empty() ? "" : ", ";
        if (dialect_.null_order == NullOrder::kKey) {
            sql += "(" + operand(*key.expr, true) + ") IS NULL" + (key.nulls_first ? " DESC, " : ", ");
        }
        if (dialect_.null_order == NullOrder::kCase) {
            sql += "CASE WHEN " + operand(*key.expr, true) + " IS NULL THEN " +
                   (key.nulls_first ? "0 ELSE 1" : "1 ELSE 0") + " END, ";
        }
        sql += operand(*key.expr, true) + (key.descending ? " DESC" : " ASC");
        if (dialect_.null_order == NullOrder::kClause) {
            sql += key.nulls_first ? " NULLS FIRST" : " NULLS LAST";
        }
    }
    return sql;
}

std::string SqlWriter::window(const Window& window) {
    std::string sql;
    for (const Expr* key : window.partition_by) {
        sql += sql.empty() ? "PARTITION BY " : ", ";
        const std::string value = operand(*key, false);
        // MySQL 8.0 sorts a NULL of a computed key among the empty texts, and ends a partition between the two.
        // Written again, as each place of a parameter is bound on its own.
        sql += dialect_.null_order == NullOrder::kKey && value.find('(') != std::string::npos
                   ? "(" + value + ") IS NULL, " + operand(*key, false)
                   : value;
    }
    if (!window.order_by.empty()) {
        sql += sql.empty() ? "" : " ";
        sql += "ORDER BY " + sortKeys(window.order_by);
    }
    if (window.frame) {
        sql += sql.empty() ? "" : " ";
        sql += frame(*window.frame);
    }
    return sql;
}

std::string SqlWriter::frame(const Frame& frame) {
    static constexpr std::string_view kModes[] = {"RANGE", "ROWS", "GROUPS"};
    static constexpr std::string_view kExclusions[] = {"", " EXCLUDE CURRENT ROW", " EXCLUDE GROUP", " EXCLUDE TIES"};
    std::string sql(kModes[static_cast<std::size_t>(frame.mode)]);
    sql += " BETWEEN " + frameBound(frame.start);
    sql += " AND " + frameBound(frame.end);
    return sql += kExclusions[static_cast<std::size_t>(frame.exclusion)];
}

std::string SqlWriter::frameBound(const Bound& bound) {
    switch (bound.kind) {
        case BoundKind::kUnboundedPreceding:
            return "UNBOUNDED PRECEDING";
        case BoundKind::kPreceding:
            return frameOffset(*bound.offset) + " PRECEDING";
        case BoundKind::kCurrentRow:
            return "CURRENT ROW";
        case BoundKind::kFollowing:
            return frameOffset(*bound.offset) + " FOLLOWING";
        case BoundKind::kUnboundedFollowing:
            return "UNBOUNDED FOLLOWING";
    }
    return {};
}

/// Some read only plain digits there.
std::string SqlWriter::frameOffset(const Expr& offset) {
    return dialect_.constant_frames ? this->bound(offset) : write(offset);
}

}  // namespace tessera::ir
