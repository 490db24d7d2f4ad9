#pragma once

/// A dialect: what a source's SQL can say exactly as PostgreSQL would, as data.
///
/// Templates hold {0}, {1}, … for operands. What is not in the tables is not pushed down: a wrong result is the worst
/// bug there is. Immutable; any thread.

#include "common/result.h"
#include "plugins/sdk/ir/ir.h"

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace tessera::dialect {

/// What a function needs of PostgreSQL's collation for its input, so that the source's bytewise text agrees with it.
enum class CollationNeed {
    kNone,
    kDeterministic,  // equal means the same bytes
    kBytewise,       // order is the order of bytes, PostgreSQL's "C"
};

/// What some of a function's operands must be.
enum class OperandNeed {
    kNone,
    kFixed,      // args[1] is a constant or a parameter
    kRegex,      // args[1] is a constant that every regular expression engine reads alike
    kLike,       // args[1] is a constant pattern that does not end within an escape
    kAsciiLike,  // and only ASCII
    kDivisor,    // args[1] is a constant, and neither 0 nor -1
    kCounts,     // integers after args[0] are constants from 0 to 1000, texts constants that are not empty
    kPositions,  // likewise, and args[1] is at least 1
    kAsciiOnly,  // the result is right for ASCII only: see Expr::ascii_only
    // Numerics have known shapes, and so has the result, which fits Dialect::decimal_digits:
    kDecimal,         // of one operand
    kDecimalDigits,   // args[0] is rounded to args[1] digits, a constant that is not above its scale
    kDecimalSum,      // or may not fit, where decimal_overflow_fails: see Expr::may_overflow
    kDecimalProduct,  // likewise
};

/// How the values of one PostgreSQL type are written. An empty template: not possible.
struct TypeRule {
    std::string_view type;
    std::string_view literal;         // {raw} the digits, {real} with an exponent, {quoted} a quoted string, {type}
    std::string_view param;           // {n} the place, counted from 1; {type}
    std::string_view equal;           // {0}: its operand where only equality matters (=, IN, GROUP BY, DISTINCT)
    std::string_view order;           // {0}: its operand where order matters (<, ORDER BY)
    std::string_view column = "{0}";  // {0}: a column of that type as an operand
    std::string_view output = "{0}";  // {0}: as the connector should receive it
    /// Equality through `equal` alone would miss the source's indexes: compare as it is, too, where one side is a
    /// constant.
    bool prefilter_equal = false;
    /// {0}: its operand in an equality with another column or expression; empty: as `equal`.
    std::string_view equal_between = {};
    /// kSuperset: equal to PostgreSQL is equal to the source, but not the other way round (letters' case, trailing
    /// blanks): = and IN are filtered again, and <>, joins and groups stay here.
    ir::Exactness equal_exactness = ir::Exactness::kExact;
    /// {0}: a column, where the source's columns hold values of any type: a condition that is an error for one that is
    /// not of this type, which would compare with others in some way. It stands beside the column's comparisons.
    std::string_view check = {};
    std::string_view from_equal = "{0}";  // {0}: what `equal` has made of a value, made a value again
    /// {0}: its operand of = and <>, whatever the other one is; empty: as `equal` and `equal_between`.
    std::string_view equal_compared = {};
    /// {0}: a text, as PostgreSQL writes a value of this type, made that value; empty: such values are not sent along
    /// as rows. Every value must come to be itself.
    std::string_view shipped = {};
    std::string_view null_literal = "NULL";  // typed, where functions and operators are chosen by it
};

constexpr TypeRule withNull(std::string_view null_literal, TypeRule rule) {
    rule.null_literal = null_literal;
    return rule;
}

constexpr TypeRule shippedAs(std::string_view shipped, TypeRule rule) {
    rule.shipped = shipped;
    return rule;
}

/// The signature's function may be a cast, "::text(int4)", and may name constant operands by their value:
/// "extract(year,timestamp)".
struct FunctionRule {
    std::string_view signature;
    std::string_view sql;
    ir::Exactness exactness = ir::Exactness::kExact;
    CollationNeed collation = CollationNeed::kNone;
    OperandNeed need = OperandNeed::kNone;
    /// Quicker, but an error (SQLSTATE class 22) for some numbers: for statements whose result the host can compute
    /// itself instead. Empty: as `sql`.
    std::string_view narrow = {};
};

/// What an aggregate's or window function's arguments must be, beyond its signature.
enum class ArgumentNeed {
    kNone,
    kJson,       // of types whose JSON depends on no setting of the session
    kSeparator,  // the second is a constant
    kCounts,     // integers after the first, and ntile's only one, are constants above zero
};

/// An aggregate or a window function. The signature may be its name alone, for all its forms. {args}: all arguments;
/// {order}: where its own ORDER BY stands, without the place it can have none; {distinct}: where DISTINCT stands,
/// before the only {0} or {args} where there is no such place; {tail}: where FILTER and OVER stand, without the place
/// at the end.
struct AggregateRule {
    std::string_view signature;
    std::string_view sql;
    CollationNeed collation = CollationNeed::kNone;
    ArgumentNeed arguments = ArgumentNeed::kNone;
};

enum class Form { kSql, kPlan };

/// How a list of keys, of which only execution knows how many, is bound.
enum class KeyForm {
    kNone,
    kArray,  // one parameter: PostgreSQL's array
    kJson,   // one parameter: a JSON array
    kList,   // IN (…) with a parameter for each
};

/// UNION with and without ALL; and INTERSECT and EXCEPT without; and with it.
enum class SetOperations { kNone, kUnion, kDistinct, kAll };

enum class NullOrder {
    kClause,  // ORDER BY x NULLS FIRST
    kKey,     // ORDER BY x IS NULL DESC, x
    kCase,    // ORDER BY CASE WHEN x IS NULL THEN 0 ELSE 1 END, x
};

enum class RowLimit {
    kLimit,       // LIMIT 5 OFFSET 2
    kTop,         // SELECT TOP 5; ORDER BY … OFFSET 2 ROWS FETCH NEXT 5 ROWS ONLY; only constants
    kFetchFirst,  // OFFSET 2 ROWS FETCH FIRST 5 ROWS ONLY; only constants
    kNone,
};

/// A subquery in FROM that is about what stands before it there.
enum class Lateral {
    kNone,
    /// Of one table, about tables, with no windows or subqueries; the statement's own FROM has it, in an inner join or
    /// a left one without a condition, and that in inner joins or on the left of left ones.
    kPlain,
    kAny,
};

/// LIMIT and OFFSET as parameters.
enum class BoundLimits {
    kNone,
    kNumbers,     // that are neither NULL nor negative
    kAsPostgres,  // NULL is no bound, and what is negative an error
};

struct Dialect {
    std::string_view name;
    Form form = Form::kSql;
    std::span<const TypeRule> types;
    std::span<const FunctionRule> functions;
    std::span<const AggregateRule> aggregates;             // DISTINCT: each argument is wrapped in its type's `equal`
    std::span<const AggregateRule> window_functions = {};  // those that aren't aggregates
    bool comparisons = true;                               // the comparisons of the types above
    /// The source is a PostgreSQL: immutable functions and operators of PostgreSQL's own go under their names. Those
    /// that take text are only these, which do not depend on a locale.
    bool builtin_functions = false;
    std::span<const std::string_view> text_functions = {};
    bool conditionals = true;  // CASE and COALESCE
    bool joins = true;
    bool full_join = true;
    bool grouping = true;
    bool sorting = true;
    bool grouping_sets = false;
    bool distinct_on = false;
    bool aggregate_filter = true;
    bool aggregate_windows = false;  // aggregates as window functions; of floats only where builtin_functions
    bool group_frames = false;       // GROUPS and EXCLUDE
    bool range_frames = false;       // RANGE n PRECEDING
    bool constant_frames = false;    // frames' bounds are constants
    /// Conditions are values: they may be compared, tested for NULL, grouped by. Otherwise they only stand as
    /// conditions, and a condition that is an output is written as 1 or 0.
    bool boolean_values = true;
    bool subqueries = false;          // as values, with IN, and whole ones in FROM
    bool one_row_subqueries = false;  // a subquery as a value takes its first row: there may be no second
    bool keys_in_having = true;       // HAVING may repeat a key of the groups that is no plain column
    /// x NOT IN (SELECT …) forgets the NULLs when x does not fit the type of what is selected: both have one type.
    bool in_of_one_type = false;
    /// EXISTS finds rows that are not meant when one of its conditions is that something is not equal, and it is NULL.
    /// Such conditions are asked IS TRUE, which hides from the source that they compare.
    bool exists_misses_nulls = false;
    /// A subquery is run once for all values of an outer column that are equal: which zero it was is lost.
    bool subqueries_merge_zeros = false;
    bool subqueries_in_on = true;    // also in the condition of an outer join
    bool limited_in = true;          // x IN (SELECT … LIMIT 1)
    bool correlated_derived = true;  // a subquery in FROM may be about what stands around its statement
    Lateral lateral = Lateral::kNone;
    SetOperations set_operations = SetOperations::kNone;
    NullOrder null_order = NullOrder::kClause;
    RowLimit row_limit = RowLimit::kLimit;
    bool offset = true;
    BoundLimits bound_limits = BoundLimits::kNone;
    std::string_view quotes = "\"\"";  // before and after an identifier; the latter is doubled within
    std::string_view true_literal = "TRUE";
    std::string_view false_literal = "FALSE";
    std::string_view no_limit = {};          // what LIMIT needs before OFFSET when there is none; empty: nothing
    std::string_view sample_condition = {};  // {fraction}; empty: can't sample
    bool table_sample = false;               // has PostgreSQL's TABLESAMPLE
    std::size_t decimal_digits = 0;          // the most digits a numeric may have; 0: no bound
    int decimal_scale = 0;                   // and the most behind the point
    bool decimal_overflow_fails = false;     // sums and products of more digits are errors (SQLSTATE class 22)
    KeyForm keys = KeyForm::kNone;
    std::string_view key_list = {};  // {0} is one of the keys {n} of {type}; for kArray and kJson
    bool has_indexes = true;         // rows of a few keys may be found without reading the table
    /// Rows that come with a statement, as an item of FROM with the columns c1, c2, …: kArray, each column a parameter;
    /// or kJson, all of them one, a JSON array of arrays of texts. {columns}: `row_cell` of each, made a value of its
    /// type; {definitions}: `row_definition` of each, where they must be declared. In all three: {n} the parameter,
    /// {type} the column's type, {i} its number from 0, {k} from 1.
    KeyForm rows = KeyForm::kNone;
    std::string_view row_source = {};
    std::string_view row_cell = {};
    std::string_view row_definition = {};
    bool every_date = false;      // BC, infinity and years beyond 9999 too
    bool plain_literals = false;  // only printable ASCII, where others may be lost on the way; and no backslash

    /// Changes. Empty templates: not possible.
    std::string_view value = {};             // {n}: a parameter that takes the type of the column it meets
    std::string_view insert_nothing = {};    // what stands for the columns and values of a row of defaults
    std::string_view ignore_conflicts = {};  // at the end of an INSERT
    bool changes_by_condition = true;        // UPDATE and DELETE of all rows that a condition finds
    bool insert_returning = false;
    bool update_returning = false;
    bool delete_returning = false;
    bool change_subqueries = false;  // UPDATE and DELETE may look at other tables in subqueries, under aliases;
    bool update_from = false;        // and UPDATE in FROM,
    bool delete_using = false;       // DELETE in USING;
    bool returning_alias = false;    // and then RETURNING knows the table by its alias
    /// As text that PostgreSQL's tid reads; {row}: the table's name and a point, or nothing.
    std::string_view row_id = {};
    std::string_view row_id_is = {};   // {0}: such a text
    std::string_view row_number = {};  // an int8 that tells a table's rows apart, and finds them by range
    std::string_view lock_share = {};  // at the end of a SELECT
    std::string_view lock_update = {};
    bool lock_of = false;   // OF, and the aliases of the tables that are meant
    bool truncate = false;  // TRUNCATE of several tables, within a transaction; else each is emptied by DELETE
    /// Subqueries of an UPDATE find rows that it has changed already as they have become.
    bool update_sees_itself = false;
    /// UPDATE assigns one column after the other: a later value sees what an earlier column has become.
    bool assigns_in_turn = false;
};

/// By name; an error that names it when there is none.
Result<const Dialect*> find(std::string_view name);
std::span<const Dialect* const> all();

/// The rule for a type, or nullptr.
const TypeRule* typeRule(const Dialect& dialect, std::string_view type);
const FunctionRule* functionRule(const Dialect& dialect, std::string_view signature);
const AggregateRule* aggregateRule(const Dialect& dialect, std::string_view signature);
const AggregateRule* windowRule(const Dialect& dialect, std::string_view signature);

/// The function and the types of a signature.
struct Signature {
    std::string_view function;
    std::vector<std::string_view> types;
};

Signature parseSignature(std::string_view signature);

/// The comparison that a PostgreSQL function is: "=", "<>", "<", "<=", ">", ">=" for int48lt(int4,int8) and its like;
/// empty for other functions.
std::string_view comparisonOperator(std::string_view signature);

/// Does an operand's place, {0} to {9}, stand in the template there?
bool isPlace(std::string_view text, std::size_t at);

/// An identifier in the dialect's quotes.
std::string quoteIdentifier(const Dialect& dialect, std::string_view name);

extern const Dialect kPostgres;
extern const Dialect kMysql;       // MariaDB 10.6 and later, of whose abilities the next four lack some
extern const Dialect kMariaDb105;  // 10.5
extern const Dialect kMariaDb102;  // 10.2 to 10.4
extern const Dialect kMysql8;      // MySQL 8.0.4 and later
extern const Dialect kMysql5;      // MySQL before that
extern const Dialect kSqlite;
extern const Dialect kStore;  // the replicated store: what it reads is a SQLite file, what it changes are rows
extern const Dialect kDuckdb;
extern const Dialect kPlan;
extern const Dialect kSqlServer;
extern const Dialect kOracle;
extern const Dialect kTeradata;
extern const Dialect kDb2;
extern const Dialect kGeneric;
extern const Dialect kIntegers;

}  // namespace tessera::dialect
