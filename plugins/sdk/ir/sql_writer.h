#pragma once

/// Writes one Select or Change as SQL, for ir/render.cpp. Its parts, by file: sql_select.cpp a SELECT's clauses,
/// sql_change.cpp the statements that change data,
/// sql_subquery.cpp subqueries, sql_expression.cpp expressions, sql_aggregate.cpp aggregates and windows. Parameters
/// are collected in the order of their places, so everything is written from left to right. Used once; one thread.

#include "plugins/sdk/ir/render.h"

#include <initializer_list>
#include <map>

namespace tessera::ir {

struct Placeholder {
    std::string_view name;
    std::string_view value;
};

/// The template with each {name} replaced; braces that name nothing known stay.
std::string fill(std::string_view text, std::initializer_list<Placeholder> placeholders);

/// As a name of a type stands in PostgreSQL's SQL.
std::string typeText(const std::string& type);

/// Does a subquery stand anywhere in it?
bool hasSubquery(const Select& select);

class SqlWriter {
  public:
    SqlWriter(const Select& select, const dialect::Dialect& dialect);
    /// `aliased`: its tables get aliases, and its columns are qualified by them.
    SqlWriter(const Select& select, const dialect::Dialect& dialect, bool aliased);

    Rendered write();
    /// Whose conditions and returned columns are those of the Select.
    Rendered write(const Change& change);

  private:
    // ---- sql_change.cpp

    std::string insertedValues(const std::vector<std::pair<std::string, const Expr*>>& values);
    std::string assignments(const std::vector<std::pair<std::string, const Expr*>>& values);
    std::string value(const Expr& expr);
    std::string rowId(const Expr& expr) const;

    // ---- sql_select.cpp

    /// All but the outputs, which stand between the first of these and the second.
    std::string head(const Select& select);
    std::string rest(const Select& select);
    Rendered writeQualified();
    /// `names`: what a number follows to name each column; empty: no names.
    std::string outputs(const Select& select, std::string_view names);
    std::vector<const Expr*> columnsOf(const Expr& output);
    std::string outputColumn(const Expr& expr);
    std::string from(const From& item);
    std::string join(const From& item);
    std::string where(const Select& select);
    std::string grouping(const Select& select);
    bool limitsByTop(const Select& select) const;
    std::string top(const Select& select);
    std::string fetch(const Select& select);
    std::string limit(const Select& select);
    std::string bound(const Expr& expr);
    std::string conjunction(const std::vector<const Expr*>& conditions);

    // ---- sql_subquery.cpp

    std::string derived(const Derived& item);
    std::string called(const ShippedRows& rows);
    std::string shipped(const ShippedRows& rows);
    std::string query(const Select& select, bool as_operand);
    std::string derivedOutputs(const Select& select, bool as_operand);
    std::string combined(const Select& select);
    std::string combinedOutput(const Expr& expr);
    std::string setOperation(const Select& select);
    std::string setOperand(const Select& select);
    /// Names the columns of the item's subqueries, for all that stands beside and above them.
    void rename(const From& item);
    std::string exists(const Expr& expr);
    std::string scalar(const Expr& expr);
    std::string inSubquery(const Expr& expr);

    // ---- sql_expression.cpp

    std::string write(const Expr& expr);
    std::string joined(const std::vector<const Expr*>& exprs, std::string_view separator);
    std::string columnReference(const Expr& expr) const;
    std::string nullTested(const Expr& expr);
    std::string constant(const Expr& expr);
    /// Where the parameter is bound, from 0; a numbered one has one place for all its uses.
    std::size_t placeOf(const Expr& expr, bool numbered);
    std::string param(const Expr& expr);
    std::string call(const Expr& expr);
    std::string builtin(const Expr& expr);
    std::string caseExpression(const Expr& expr);
    std::string groupingCall(const Expr& expr);
    /// Within an expression columns of two collations may meet, and the source could not choose: they get one.
    std::string argument(const Expr& expr);
    std::string arguments(const Expr& expr);
    /// Fills a template anew for each place of an operand, so that a positional parameter is bound as often as it
    /// stands there.
    std::string repeat(std::string_view text, const std::vector<const Expr*>& args);
    std::string operand(const Expr& expr, bool order);
    bool prefilters(const Expr& left, const Expr& right) const;
    std::string equalOperand(const Expr& expr, const Expr& other);
    std::string checks(const Expr& left, const Expr& right);
    std::string comparison(const std::string& op, const Expr& left, const Expr& right);
    std::string in(const Expr& expr);
    /// One parameter for each of the keys; `key`: {0}, or what a key needs around it.
    std::string keys(const Expr& expr, std::string_view key);
    /// All of them in one parameter.
    std::string keyList(const Expr& left, const Expr& keys);

    // ---- sql_aggregate.cpp

    std::string aggregate(const Expr& expr);
    std::string aggregateArgument(const Expr& expr, std::size_t index);
    std::string window(const Window& window);
    std::string frame(const Frame& frame);
    std::string frameBound(const Bound& bound);
    std::string frameOffset(const Expr& offset);
    std::string sortKeys(const std::vector<SortKey>& keys);

    const Select& select_;
    const dialect::Dialect& dialect_;
    const bool aliased_;
    /// The columns of subqueries in reach, under their names outside: by table and column within.
    std::map<std::pair<int, std::string>, std::string> renamed_;
    /// Within an aggregate that is written in its narrow form.
    bool narrow_ = false;
    bool within_exists_ = false;
    Arena scratch_;
    Rendered out_;
};

}  // namespace tessera::ir
