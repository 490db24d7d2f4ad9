#pragma once

/// Makes IR expressions that a dialect can say, and says why where it can't.
///
///     Builder build(dialect);
///     const Expr* column = TSR_TRY(build.column(1, "price", "int4"));
///     const Expr* filter = TSR_TRY(build.call("int4gt(int4,int4)", "bool", Collation::kNone, {column, bound}));
///     // filter->exactness: kExact, or kSuperset: the rows must be filtered again
///
/// The Error's message of a refusal is meant for EXPLAIN: "mysql has no lower(text)". Owns the expressions it made.

#include "common/result.h"
#include "plugins/sdk/dialect/dialect.h"
#include "plugins/sdk/ir/ir.h"

#include <optional>
#include <string>
#include <vector>

namespace tessera::ir {

/// How the host calls a type that is not PostgreSQL's own.
inline constexpr std::string_view kUnknownType = "?";

/// What PostgreSQL compares text by.
enum class Collation { kNone, kBytewise, kDeterministic, kNondeterministic };

/// A function that every PostgreSQL computes alike: of pg_catalog, immutable, not returning a set.
struct Builtin {
    std::string name;  // the function's, or the operator's
    Notation notation = Notation::kFunction;
};

/// A call of an aggregate or of a window function.
struct AggregateCall {
    std::string signature;
    std::string type;
    Collation collation = Collation::kNone;
    std::vector<const Expr*> args = {};
    bool distinct = false;
    const Expr* filter = nullptr;
    std::vector<SortKey> order_by = {};
    const Window* over = nullptr;
};

/// Does a window function that is no aggregate look at its frame? With one that doesn't, some sources take none.
bool looksAtFrame(std::string_view signature);

class Builder {
  public:
    explicit Builder(const dialect::Dialect& dialect) : dialect_(dialect) {}

    const dialect::Dialect& dialect() const { return dialect_; }

    Arena& arena() { return arena_; }

    /// From now on aggregates are written in their narrow form: the host can do without the result. Only they, for what
    /// is computed of groups could fail after the first of them has been handed out.
    void writeNarrow() { narrow_ = true; }

    Result<const Expr*> column(int table, std::string name, std::string type);
    /// `value` as PostgreSQL writes it (ISO dates, UTC); nothing is NULL.
    /// Of type numeric(precision, scale).
    Result<const Expr*> decimalColumn(int table, std::string name, DecimalShape shape);
    Result<const Expr*> constant(std::string type, std::optional<std::string> value);
    Result<const Expr*> param(int number, std::string type);
    Result<const Expr*> call(std::string signature, std::string type, Collation collation,
                             std::vector<const Expr*> args, std::optional<Builtin> builtin = {});
    /// The value as another type; `same_bytes`: nothing is computed.
    Result<const Expr*> cast(std::string type, const Expr* arg, bool same_bytes);
    /// args[0] operator ANY or ALL (args[1]), an array of `element`; `signature` is the operator's function.
    Result<const Expr*> anyOf(std::string signature, Builtin builtin, std::string element, Collation collation,
                              std::vector<const Expr*> args);
    /// ARRAY[args], and args[0][args[1]]…
    Result<const Expr*> array(std::string type, std::vector<const Expr*> args);
    Result<const Expr*> subscript(std::string type, std::vector<const Expr*> args);
    /// kCase, kCoalesce; see ExprKind.
    Result<const Expr*> conditional(ExprKind kind, std::string type, std::vector<const Expr*> args);
    /// kAnd, kOr, kNot.
    Result<const Expr*> logic(ExprKind kind, std::vector<const Expr*> args);
    /// kIsNull, kIsNotNull.
    Result<const Expr*> nullTest(ExprKind kind, const Expr* arg);
    /// args[0] IN (args[1], …); `signature` is the equality's.
    Result<const Expr*> in(std::string signature, Collation collation, std::vector<const Expr*> args);
    /// arg is one of a list of values that is bound at execution as parameter `number`.
    Result<const Expr*> inKeys(std::string signature, Collation collation, const Expr* arg, int number,
                               std::string type);
    Result<const Expr*> aggregate(AggregateCall call);
    /// A function that needs a window; the call has one.
    Result<const Expr*> windowFunction(AggregateCall call);
    Result<const Expr*> grouping(std::vector<const Expr*> keys);
    /// EXISTS (SELECT … FROM from WHERE where).
    Result<const Expr*> exists(const From* from, std::vector<const Expr*> where);
    Result<const Expr*> exists(const Select* subquery);
    /// The subquery's only output as a value.
    Result<const Expr*> scalar(const Select* subquery);
    /// left IN (subquery); `signature` is the equality's.
    Result<const Expr*> in(std::string signature, Collation collation, const Expr* left, const Select* subquery);
    /// In FROM, with all its outputs. `lateral`: it is about items of FROM before it.
    Result<const From*> derived(int id, const Select* subquery, bool lateral = false);
    /// Rows of these types that come along, bound as ShippedRows says.
    Result<const From*> shippedRows(int id, int number, std::vector<std::string> types);
    /// Of a function of a PostgreSQL's that returns setof record.
    Result<const From*> calledRows(int id, std::string call, std::vector<std::string> types);
    /// Two subqueries as one; they need not agree with what stands around them.
    Result<> combine(Select& into, SetKind kind, bool all, const Select* left, const Select* right) const;
    Result<SortKey> sortKey(const Expr* expr, Collation collation, bool descending, bool nulls_first);
    Result<const Window*> window(Window window);

    /// May the expression stand as a condition?
    Result<> checkCondition(const Expr* expr) const;
    /// May rows be grouped, or compared for DISTINCT, by the expression?
    Result<> checkGroupKey(const Expr* expr, Collation collation) const;
    /// Likewise for SELECT DISTINCT, which compares what it returns.
    Result<> checkDistinct(const Expr* expr, Collation collation) const;
    /// May what SELECT DISTINCT returns be sorted by this output?
    Result<> checkReturnedSortKey(const Expr* expr) const;
    Result<> checkSortKey(const Expr* expr, Collation collation) const;

  private:
    /// Operands must be what PostgreSQL computes, and computable at all.
    Result<> checkOperands(const std::vector<const Expr*>& args) const;
    /// The two parts of it.
    static Result<> checkComputed(const std::vector<const Expr*>& args);
    Result<> checkDigits(const std::vector<const Expr*>& args) const;
    /// Where conditions are no values, none is an operand; nor is a column that is read as a condition.
    Result<> checkNoConditions(const std::vector<const Expr*>& args) const;
    Result<> checkComparison(std::string_view op, Collation collation, const std::vector<const Expr*>& args) const;
    /// The rule for the signature, also with constants named by their values; renames the signature to the rule's.
    const dialect::FunctionRule* findRule(std::string& signature, const std::vector<const Expr*>& args) const;
    Result<const Expr*> foldedMatch(std::string signature, Collation collation, std::vector<const Expr*> args);
    Expr* makeCall(std::string signature, std::string type, std::vector<const Expr*> args);
    Result<const Expr*> ownNotation(Notation notation, std::string type, std::vector<const Expr*> args);

    Result<> checkAggregate(const AggregateCall& call, const dialect::AggregateRule& rule) const;
    Result<> checkOverWindow(const AggregateCall& call) const;
    Result<> checkFrame(const Frame& frame) const;
    Result<> checkSubquery(const Select& subquery) const;
    Result<> checkCombined(const Expr& left, const Expr& right, bool all) const;
    Result<Expr*> subquery(ExprKind kind, std::string type, const Select* subquery);

    Result<> checkBuiltin(const std::string& signature, const std::string& type, Collation collation,
                          const std::vector<const Expr*>& args) const;

    const dialect::Dialect& dialect_;
    Arena arena_;
    bool narrow_ = false;
};

}  // namespace tessera::ir
