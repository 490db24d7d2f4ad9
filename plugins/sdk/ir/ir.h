#pragma once

/// The relational IR: what is asked of one source, in PostgreSQL's terms and in no system's syntax.
///
/// The extension's planner builds a Select out of PostgreSQL's nodes; ir/render.h writes it down in a source's dialect,
/// or as the JSON plan form for connectors that are no SQL systems. Types are PostgreSQL type names (pg_type.typname,
/// "int4"), functions are PostgreSQL function signatures ("int4eq(int4,int4)", of pg_catalog only). Expressions belong
/// to the Arena they were made in and live as long as it does. Pure data; one thread at a time.

#include <cstddef>
#include <deque>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace tessera::ir {

/// How what the source computes relates to what PostgreSQL would compute. What is neither is not in a dialect's tables.
enum class Exactness {
    kSuperset,  // as a filter it lets every right row through, and perhaps others: filtered again locally
    kExact,
};

enum class ExprKind {
    kColumn,
    kConst,
    kParam,
    kCall,
    kAnd,
    kOr,
    kNot,
    kIsNull,
    kIsNotNull,
    kIn,    // args[0] equals one of args[1…]; `function` is the equality
    kKeys,  // as args[1] of kIn: a list of values bound at execution, number `param`, each of `type`
    kCase,  // args: condition, value, condition, value, …, and at last the value otherwise
    kCoalesce,
    kAggregate,   // args may be empty: count(*)
    kWindow,      // a function that needs a window: rank()
    kGrouping,    // GROUPING(args): which keys are not grouped by in this row
    kExists,      // `subquery` has rows
    kScalar,      // the only output of `subquery`'s only row, NULL when it has none; several rows are an error
    kInSubquery,  // args[0] equals the only output of one of `subquery`'s rows; `function` is the equality
    kValue,       // a parameter that the source takes for the type of the column it meets
    kRowId,       // what tells the rows of a table apart that has no key: a tid, or an int8
    kRowIdIs,     // args[0] is a table's row id
    kKeyIs,       // the column is the kValue args[0]: as the source's own key compares
};

struct Expr;
struct Select;

struct SortKey {
    const Expr* expr = nullptr;
    bool descending = false;
    bool nulls_first = false;
};

enum class FrameMode { kRange, kRows, kGroups };
enum class FrameExclusion { kNothing, kCurrentRow, kGroup, kTies };
enum class BoundKind { kUnboundedPreceding, kPreceding, kCurrentRow, kFollowing, kUnboundedFollowing };

struct Bound {
    BoundKind kind = BoundKind::kUnboundedPreceding;
    const Expr* offset = nullptr;  // kPreceding, kFollowing
};

struct Frame {
    FrameMode mode = FrameMode::kRange;
    Bound start;
    Bound end{BoundKind::kCurrentRow};
    FrameExclusion exclusion = FrameExclusion::kNothing;
};

/// What a window function looks at. Without a frame: from the partition's start to the current row's peers.
struct Window {
    std::vector<const Expr*> partition_by;
    std::vector<SortKey> order_by;
    std::optional<Frame> frame;
};

/// How a call is written that a dialect writes as PostgreSQL does.
enum class Notation {
    kNone,      // as the dialect's rule for the function says
    kFunction,  // symbol(args)
    kOperator,  // arg symbol arg, symbol arg
    kCast,      // arg::type
    kAny,       // arg symbol ANY (arg)
    kAll,       // arg symbol ALL (arg)
    kArray,     // ARRAY[args]::type
    kSubscript  // (arg)[arg]…
};

/// The digits a numeric can have: in all, and behind the point. Nobody knows when precision is 0.
struct DecimalShape {
    int precision = 0;
    int scale = 0;

    bool operator==(const DecimalShape&) const = default;
};

struct Expr {
    ExprKind kind = ExprKind::kConst;
    std::string type;                     // of the value
    int table = 0;                        // kColumn: Table::id
    std::string column;                   // kColumn: its name at the source
    std::optional<std::string> value;     // kConst: as PostgreSQL writes it, ISO dates, UTC; nothing is NULL
    int param = 0;                        // kParam: its number in the host
    std::string function;                 // kCall, kIn, kAggregate, kWindow: the signature
    Notation notation = Notation::kNone;  // kCall
    std::string symbol;                   // kCall with a notation: the operator's or the function's name
    DecimalShape shape;                   // of numeric type
    bool distinct = false;                // kAggregate
    const Expr* filter = nullptr;         // kAggregate, also over a window
    std::vector<SortKey> order_by;     // kAggregate: the order of its input; WITHIN GROUP of an ordered-set aggregate
    const Window* over = nullptr;      // kWindow; kAggregate when it is a window function
    const Select* subquery = nullptr;  // kExists, kScalar, kInSubquery
    std::vector<const Expr*> args;
    std::size_t size = 1;  // of its text, in nodes: a template may repeat its operands
    Exactness exactness = Exactness::kExact;
    /// An average that the source can't compute as PostgreSQL does: it is only possible as an output, as sum and count.
    bool output_only = false;
    /// lower() and upper(): agrees with PostgreSQL for ASCII only, so that it may only be compared with such constants.
    bool ascii_only = false;
    /// A number that may have more digits than the source holds, which is an error there and none in PostgreSQL: only
    /// an argument of an aggregate, and that only where the host can compute it itself instead.
    bool may_overflow = false;
    /// kAggregate: there is a narrow form (FunctionRule::narrow) of something within it, and it is to be written.
    bool has_narrow_form = false;
    bool narrow = false;
};

using OptionList = std::vector<std::pair<std::string, std::string>>;

struct Table {
    int id = 0;               // a number unique in the statement
    std::string relation;     // FROM item in the source's syntax
    OptionList options;       // the table's, for the plan form
    std::string sample = {};  // TABLESAMPLE …, for dialects that have it
};

enum class JoinType { kInner, kLeft, kRight, kFull };

/// A subquery in FROM.
struct Derived {
    int id = 0;  // a number unique among the statement's subqueries
    const Select* select = nullptr;
    /// Outside, its outputs are the columns "c1", "c2", … of the table -id. Otherwise they are columns, and go on under
    /// the tables that they are of within: the writer renames them.
    bool numbered = false;
    bool lateral = false;  // it is about items of FROM to its left
};

/// Rows that come with the statement: parameter `param`, or `param`, `param - 1`, …, one for each column; or that a
/// function at the source gives. Its columns are "c1", "c2", … of the table -id.
struct ShippedRows {
    int id = 0;  // as Derived::id
    int param = 0;
    std::vector<std::string> types;
    std::string call = {};  // not empty: of the function, and there is no parameter
};

/// A table, a subquery, rows that come along, or a join of two items. Semi- and antijoins are conditions: kExists.
struct From {
    std::optional<Table> table;
    std::optional<Derived> derived;
    std::optional<ShippedRows> shipped;
    JoinType join = JoinType::kInner;
    const From* left = nullptr;
    const From* right = nullptr;
    std::vector<const Expr*> on;  // all of them hold
};

enum class RowLock { kNone, kShare, kUpdate };

enum class SetKind { kUnion, kIntersect, kExcept };

/// Of two queries with outputs of the same types.
struct SetOperation {
    SetKind kind = SetKind::kUnion;
    bool all = false;
    const Select* left = nullptr;
    const Select* right = nullptr;
};

struct Select {
    std::vector<const Expr*> outputs;
    std::optional<SetOperation> set;  // instead of all that follows, and `outputs` are the left query's: only in FROM
    bool distinct = false;
    std::vector<const Expr*> distinct_on;  // with `distinct`: one row for each of these; they begin the order
    const From* from = nullptr;
    std::vector<const Expr*> where;  // all of them hold; likewise having
    bool grouped = false;            // with no group_by: one group of all rows
    std::vector<const Expr*> group_by;
    std::vector<std::vector<const Expr*>> grouping_sets;  // if any: of the keys in group_by; all of the grouping
    std::vector<const Expr*> having;
    std::vector<const Expr*>
        qualify;  // all of them hold for the rows that come: about window functions; then no order or limit
    std::vector<SortKey> order_by;
    const Expr* limit = nullptr;
    const Expr* offset = nullptr;
    int key_count = 1;             // how many parameters stand for a list of keys where each has one
    std::optional<double> sample;  // about this fraction of the rows, at random
    RowLock lock = RowLock::kNone;
    std::vector<int> locked;  // the tables it is of; empty: all
};

enum class ChangeKind { kInsert, kUpdate, kDelete };

/// A statement that changes a table.
struct Change {
    ChangeKind kind = ChangeKind::kInsert;
    const From* target = nullptr;                             // one table
    const From* others = nullptr;                             // what kUpdate and kDelete look at beside it, if anything
    std::vector<std::pair<std::string, const Expr*>> values;  // columns and what they get; none for kDelete
    bool ignore_conflicts = false;                            // kInsert
    std::vector<const Expr*> where;                           // all of them hold
    std::vector<const Expr*> returning;
};

/// Owns expressions, windows, subqueries and FROM items; their addresses are stable.
class Arena {
  public:
    Expr* expr(ExprKind kind, std::string type) {
        Expr& made = exprs_.emplace_back();
        made.kind = kind;
        made.type = std::move(type);
        return &made;
    }

    From* from() { return &froms_.emplace_back(); }

    Window* window() { return &windows_.emplace_back(); }

    Select* select() { return &selects_.emplace_back(); }

  private:
    std::deque<Expr> exprs_;
    std::deque<From> froms_;
    std::deque<Window> windows_;
    std::deque<Select> selects_;
};

}  // namespace tessera::ir
