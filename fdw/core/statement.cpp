#include "fdw/core/statement.h"

#include "common/strings.h"
#include "fdw/core/fdw_core.h"
#include "fdw/core/session_pool.h"
#include "plugins/sdk/boundary.h"
#include "plugins/sdk/connector_base.h"
#include "plugins/sdk/dialect_file/dialect_file.h"
#include "plugins/sdk/ir/builder.h"
#include "plugins/sdk/ir/operands.h"
#include "plugins/sdk/ir/render.h"
#include "plugins/sdk/values.h"

#include <array>
#include <memory>

namespace ir = tessera::ir;
namespace dialect = tessera::dialect;
namespace sdk = tessera::sdk;
using tessera::ErrorCode;
using tessera::fail;
using tessera::Result;
using tessera::fdw::allowed;
using tessera::fdw::in;
using tessera::fdw::made;
using tessera::fdw::out;

namespace {

ir::Collation collationOf(TsrCollation collation) {
    constexpr std::array kCollations = {ir::Collation::kNone, ir::Collation::kBytewise, ir::Collation::kDeterministic,
                                        ir::Collation::kNondeterministic};
    return kCollations.at(collation);
}

/// "catalog"."schema"."table", for connectors whose tables are named so; the first two may be missing.
Result<std::string> namedRelation(const dialect::Dialect& dialect, const sdk::Options& options) {
    std::string relation;
    for (const char* part : {"catalog_name", "schema_name"}) {
        if (const std::optional<std::string> name = options.find(part)) {
            relation += dialect::quoteIdentifier(dialect, *name) + ".";
        }
    }
    return relation += dialect::quoteIdentifier(dialect, TSR_TRY(options.require("table_name")));
}

Result<std::string> relationOf(const dialect::Dialect& dialect, const TsrSource& source, const TsrOption* options,
                               std::size_t count) {
    if (source.connector->relation == nullptr) {
        return namedRelation(dialect, sdk::Options(options, count));
    }
    std::string text(16384, '\0');
    TsrError error{};
    if (source.connector->relation(source.options, source.option_count, options, count, text.data(), text.size(),
                                   &error) != TSR_OK) {
        return sdk::fromReport(error);
    }
    text.resize(text.find('\0'));
    return text;
}

Result<std::vector<ir::SortKey>> sortKeys(TsrStatement* statement, const TsrSortKey* keys, std::size_t count) {
    std::vector<ir::SortKey> made;
    for (std::size_t i = 0; i < count; ++i) {
        made.push_back(TSR_TRY(statement->build.sortKey(in(keys[i].expr), collationOf(keys[i].collation),
                                                        keys[i].descending, keys[i].nulls_first)));
    }
    return made;
}

Result<const ir::Window*> window(TsrStatement* statement, const TsrWindow& spec) {
    ir::Window made;
    for (std::size_t i = 0; i < spec.partition_count; ++i) {
        const TsrSortKey& key = spec.partition_by[i];
        TSR_TRY(statement->build.checkGroupKey(in(key.expr), collationOf(key.collation)));
        made.partition_by.push_back(in(key.expr));
    }
    made.order_by = TSR_TRY(sortKeys(statement, spec.order_by, spec.order_count));
    if (spec.has_frame) {
        made.frame = {static_cast<ir::FrameMode>(spec.mode),
                      {static_cast<ir::BoundKind>(spec.start), in(spec.start_offset)},
                      {static_cast<ir::BoundKind>(spec.end), in(spec.end_offset)},
                      static_cast<ir::FrameExclusion>(spec.exclusion)};
    }
    return statement->build.window(std::move(made));
}

TsrKeyForm formOf(dialect::KeyForm form) {
    constexpr std::array kForms = {TSR_KEYS_NONE, TSR_KEYS_ARRAY, TSR_KEYS_JSON, TSR_KEYS_LIST};
    return kForms.at(static_cast<std::size_t>(form));
}

const ir::Select* closeSubquery(TsrStatement* statement) {
    const ir::Select* closed = statement->open.back();
    statement->open.pop_back();
    return closed;
}

}  // namespace

extern "C" {

TsrStatement* tsr_statement_create(const TsrSource* source, const TsrHost* host, TsrError* error) {
    TsrStatement* created = nullptr;
    sdk::guarded(error, [&]() -> Result<TsrStatus> {
        const std::string name = TSR_TRY(tessera::fdw::SessionPool::instance().dialectOf(*source, *host));
        const auto* const dialect = TSR_TRY(dialect::findOrLoad(name));
        created = new TsrStatement(*dialect);
        return TSR_OK;
    });
    return created;
}

void tsr_statement_destroy(TsrStatement* statement) {
    delete statement;
}

const TsrExpr* tsr_expr_column(TsrStatement* statement, int table, const char* column, const char* type) {
    return made(statement, [&] { return statement->build.column(table, column, type); });
}

const TsrExpr* tsr_expr_decimal_column(TsrStatement* statement, int table, const char* column, int precision,
                                       int scale) {
    return made(statement, [&] { return statement->build.decimalColumn(table, column, {precision, scale}); });
}

const TsrExpr* tsr_expr_const(TsrStatement* statement, const char* type, const char* value_or_null) {
    return made(statement, [&] {
        return statement->build.constant(
            type, value_or_null != nullptr ? std::optional<std::string>(value_or_null) : std::nullopt);
    });
}

const TsrExpr* tsr_expr_param(TsrStatement* statement, int number, const char* type) {
    return made(statement, [&] { return statement->build.param(number, type); });
}

const TsrExpr* tsr_expr_value(TsrStatement* statement, int number) {
    return made(statement, [&] {
        ir::Expr* value = statement->build.arena().expr(ir::ExprKind::kValue, "");
        value->param = number;
        return Result<const ir::Expr*>(value);
    });
}

const TsrExpr* tsr_expr_row_id(TsrStatement* statement, int table) {
    return made(statement, [&]() -> Result<const ir::Expr*> {
        if (statement->build.dialect().row_id.empty()) {
            return fail(ErrorCode::kUnimplemented, "the source's rows have no address");
        }
        ir::Expr* row_id = statement->build.arena().expr(ir::ExprKind::kRowId, "tid");
        row_id->table = table;
        return row_id;
    });
}

const TsrExpr* tsr_expr_row_id_is(TsrStatement* statement, int table, const TsrExpr* value) {
    return made(statement, [&] {
        ir::Expr* is = statement->build.arena().expr(ir::ExprKind::kRowIdIs, "bool");
        is->table = table;
        is->args = {in(value)};
        return Result<const ir::Expr*>(is);
    });
}

const TsrExpr* tsr_expr_key_is(TsrStatement* statement, int table, const char* column, const char* type,
                               const TsrExpr* value) {
    return made(statement, [&] {
        ir::Expr* is = statement->build.arena().expr(ir::ExprKind::kKeyIs, type);
        is->table = table;
        is->column = column;
        is->args = {in(value)};
        return Result<const ir::Expr*>(is);
    });
}

const TsrExpr* tsr_expr_call(TsrStatement* statement, const char* signature, const char* builtin, bool is_operator,
                             const char* type, TsrCollation collation, const TsrExpr* const* args, size_t count) {
    return made(statement, [&] {
        const ir::Notation notation = is_operator ? ir::Notation::kOperator : ir::Notation::kFunction;
        auto own = builtin != nullptr ? std::optional<ir::Builtin>({builtin, notation}) : std::nullopt;
        return statement->build.call(signature, type, collationOf(collation), in(args, count), std::move(own));
    });
}

const TsrExpr* tsr_expr_cast(TsrStatement* statement, const char* type, const TsrExpr* arg, bool same_bytes) {
    return made(statement, [&] { return statement->build.cast(type, in(arg), same_bytes); });
}

const TsrExpr* tsr_expr_any(TsrStatement* statement, const char* signature, const char* op, bool all,
                            const char* element, TsrCollation collation, const TsrExpr* left, const TsrExpr* array) {
    return made(statement, [&] {
        const ir::Notation notation = all ? ir::Notation::kAll : ir::Notation::kAny;
        return statement->build.anyOf(signature, {op, notation}, element, collationOf(collation),
                                      {in(left), in(array)});
    });
}

const TsrExpr* tsr_expr_array(TsrStatement* statement, const char* type, const TsrExpr* const* args, size_t count) {
    return made(statement, [&] { return statement->build.array(type, in(args, count)); });
}

const TsrExpr* tsr_expr_subscript(TsrStatement* statement, const char* type, const TsrExpr* const* args, size_t count) {
    return made(statement, [&] { return statement->build.subscript(type, in(args, count)); });
}

const TsrExpr* tsr_expr_case(TsrStatement* statement, const char* type, const TsrExpr* const* args, size_t count) {
    return made(statement, [&] { return statement->build.conditional(ir::ExprKind::kCase, type, in(args, count)); });
}

const TsrExpr* tsr_expr_coalesce(TsrStatement* statement, const char* type, const TsrExpr* const* args, size_t count) {
    return made(statement,
                [&] { return statement->build.conditional(ir::ExprKind::kCoalesce, type, in(args, count)); });
}

const TsrExpr* tsr_expr_logic(TsrStatement* statement, TsrLogic logic, const TsrExpr* const* args, size_t count) {
    constexpr std::array kKinds = {ir::ExprKind::kAnd, ir::ExprKind::kOr, ir::ExprKind::kNot};
    return made(statement, [&] { return statement->build.logic(kKinds.at(logic), in(args, count)); });
}

const TsrExpr* tsr_expr_null_test(TsrStatement* statement, bool is_null, const TsrExpr* arg) {
    return made(statement, [&] {
        return statement->build.nullTest(is_null ? ir::ExprKind::kIsNull : ir::ExprKind::kIsNotNull, in(arg));
    });
}

const TsrExpr* tsr_expr_in(TsrStatement* statement, const char* signature, TsrCollation collation,
                           const TsrExpr* const* args, size_t count) {
    return made(statement, [&] { return statement->build.in(signature, collationOf(collation), in(args, count)); });
}

const TsrExpr* tsr_expr_in_keys(TsrStatement* statement, const char* signature, TsrCollation collation,
                                const TsrExpr* arg, int number, const char* type) {
    return made(statement,
                [&] { return statement->build.inKeys(signature, collationOf(collation), in(arg), number, type); });
}

TsrKeyForm tsr_key_form(const TsrStatement* statement) {
    return formOf(statement->build.dialect().keys);
}

TsrKeyForm tsr_rows_form(const TsrStatement* statement) {
    return formOf(statement->build.dialect().rows);
}

void tsr_select_key_count(TsrStatement* statement, int count) {
    statement->select.key_count = count;
}

const TsrExpr* tsr_expr_aggregate(TsrStatement* statement, const TsrAggregate* call) {
    return made(statement, [&]() -> Result<const ir::Expr*> {
        ir::AggregateCall made;
        made.signature = call->signature;
        made.type = call->type;
        made.collation = collationOf(call->collation);
        made.args = in(call->args, call->arg_count);
        made.distinct = call->distinct;
        made.filter = in(call->filter);
        made.order_by = TSR_TRY(sortKeys(statement, call->order_by, call->order_count));
        if (call->over != nullptr) {
            TsrWindow over = *call->over;
            over.has_frame = over.has_frame && (!call->needs_window || ir::looksAtFrame(made.signature));
            made.over = TSR_TRY(window(statement, over));
        }
        return call->needs_window ? statement->build.windowFunction(std::move(made))
                                  : statement->build.aggregate(std::move(made));
    });
}

const TsrExpr* tsr_expr_grouping(TsrStatement* statement, const TsrExpr* const* args, size_t count) {
    return made(statement, [&] { return statement->build.grouping(in(args, count)); });
}

const TsrExpr* tsr_expr_exists(TsrStatement* statement, const TsrFrom* from, const TsrExpr* const* conditions,
                               size_t count) {
    return made(statement, [&] { return statement->build.exists(in(from), in(conditions, count)); });
}

const char* tsr_refusal(const TsrStatement* statement) {
    return statement->refusal.c_str();
}

const TsrExpr* tsr_refuse(TsrStatement* statement, const char* reason) {
    return made(statement, [&]() -> Result<const ir::Expr*> { return fail(ErrorCode::kUnimplemented, reason); });
}

bool tsr_expr_exact(const TsrExpr* expr) {
    return in(expr)->exactness == ir::Exactness::kExact && !in(expr)->may_overflow;
}

bool tsr_expr_may_overflow(const TsrExpr* expr) {
    return in(expr)->kind == ir::ExprKind::kAggregate && in(expr)->may_overflow;
}

bool tsr_expr_has_narrow_form(const TsrExpr* expr) {
    return in(expr)->kind == ir::ExprKind::kAggregate && in(expr)->has_narrow_form;
}

void tsr_write_narrow(TsrStatement* statement) {
    statement->build.writeNarrow();
}

bool tsr_expr_is_sum_and_count(const TsrExpr* expr) {
    return in(expr)->output_only;
}

bool tsr_may_be_taken_for_one(const TsrExpr* a, const TsrExpr* b) {
    return ir::mayBeTakenForOne(*in(a), *in(b));
}

bool tsr_can_filter_by(TsrStatement* statement, const TsrExpr* condition) {
    return allowed(statement, [&] { return statement->build.checkCondition(in(condition)); });
}

bool tsr_can_group_by(TsrStatement* statement, const TsrExpr* expr, TsrCollation collation) {
    return allowed(statement, [&] { return statement->build.checkGroupKey(in(expr), collationOf(collation)); });
}

bool tsr_can_sort_by(TsrStatement* statement, const TsrExpr* expr, TsrCollation collation) {
    return allowed(statement, [&] { return statement->build.checkSortKey(in(expr), collationOf(collation)); });
}

bool tsr_can_join(const TsrStatement* statement, TsrJoin join) {
    const dialect::Dialect& dialect = statement->build.dialect();
    return dialect.joins && (join != TSR_JOIN_FULL || dialect.full_join);
}

bool tsr_can_group(const TsrStatement* statement) {
    return statement->build.dialect().grouping;
}

bool tsr_can_group_by_sets(const TsrStatement* statement) {
    return statement->build.dialect().grouping_sets;
}

bool tsr_can_be_distinct(TsrStatement* statement, const TsrExpr* expr, TsrCollation collation) {
    return allowed(statement, [&] { return statement->build.checkDistinct(in(expr), collationOf(collation)); });
}

bool tsr_can_sort_as_returned(TsrStatement* statement, const TsrExpr* expr) {
    return allowed(statement, [&] { return statement->build.checkReturnedSortKey(in(expr)); });
}

bool tsr_can_be_distinct_on(const TsrStatement* statement) {
    return statement->build.dialect().distinct_on;
}

bool tsr_can_limit(const TsrStatement* statement, bool with_offset) {
    const dialect::Dialect& dialect = statement->build.dialect();
    return dialect.row_limit != dialect::RowLimit::kNone && (!with_offset || dialect.offset);
}

bool tsr_can_bind_limit(const TsrStatement* statement) {
    return statement->build.dialect().bound_limits != dialect::BoundLimits::kNone;
}

bool tsr_limit_needs_number(const TsrStatement* statement) {
    return statement->build.dialect().bound_limits == dialect::BoundLimits::kNumbers;
}

bool tsr_can_sample(const TsrStatement* statement) {
    return !statement->build.dialect().sample_condition.empty();
}

const TsrFrom* tsr_from_table(TsrStatement* statement, int table, const TsrSource* source,
                              const TsrOption* table_options, size_t option_count, TsrError* error) {
    const TsrFrom* from = nullptr;
    sdk::guarded(error, [&]() -> Result<TsrStatus> {
        ir::From* item = statement->build.arena().from();
        item->table = ir::Table{table, {}, sdk::Options(table_options, option_count).all(), {}};
        if (statement->build.dialect().form == dialect::Form::kSql) {
            item->table->relation =
                TSR_TRY(relationOf(statement->build.dialect(), *source, table_options, option_count));
        }
        from = out(item);
        return TSR_OK;
    });
    return from;
}

const TsrFrom* tsr_from_sample(TsrStatement* statement, const TsrFrom* table, bool by_system, double percent,
                               const double* seed_or_null) {
    const dialect::Dialect& dialect = statement->build.dialect();
    const ir::Table& sampled = *in(table)->table;
    if (dialect.table_sample && !sampled.relation.starts_with('(')) {
        ir::From* item = statement->build.arena().from();
        item->table = sampled;
        item->table->sample =
            std::string("TABLESAMPLE ") + (by_system ? "SYSTEM (" : "BERNOULLI (") + sdk::formatFloat(percent) + ")";
        if (seed_or_null != nullptr) {
            item->table->sample += " REPEATABLE ('" + sdk::formatFloat(*seed_or_null) + "'::float8)";
        }
        return out(item);
    }
    if (seed_or_null != nullptr || dialect.sample_condition.empty()) {
        tsr_refuse(statement, seed_or_null != nullptr ? "the source has no repeatable samples"
                                                      : "the source can't choose at random");
        return nullptr;
    }
    statement->current().sample = percent / 100;
    return table;
}

const TsrFrom* tsr_from_join(TsrStatement* statement, TsrJoin join, const TsrFrom* left, const TsrFrom* right,
                             const TsrExpr* const* on, size_t count) {
    constexpr std::array kJoins = {ir::JoinType::kInner, ir::JoinType::kLeft, ir::JoinType::kRight,
                                   ir::JoinType::kFull};
    ir::From* item = statement->build.arena().from();
    item->join = kJoins.at(join);
    item->left = in(left);
    item->right = in(right);
    item->on = in(on, count);
    return out(item);
}

const TsrFrom* tsr_from_subquery(TsrStatement* statement, const TsrFrom* from, const TsrExpr* const* conditions,
                                 size_t condition_count, const TsrExpr* const* columns, size_t column_count) {
    ir::Select* select = statement->build.arena().select();
    select->from = in(from);
    select->where = in(conditions, condition_count);
    select->outputs = in(columns, column_count);
    ir::From* item = statement->build.arena().from();
    item->derived = ir::Derived{++statement->subqueries, select};
    return out(item);
}

const TsrFrom* tsr_from_rows(TsrStatement* statement, int number, const char* const* types, size_t count, int* table) {
    const TsrFrom* from = nullptr;
    allowed(statement, [&]() -> Result<> {
        from = out(TSR_TRY(statement->build.shippedRows(++statement->subqueries, number, {types, types + count})));
        *table = -statement->subqueries;
        return {};
    });
    return from;
}

const TsrFrom* tsr_from_call(TsrStatement* statement, const char* call, const char* const* types, size_t count,
                             int* table) {
    const TsrFrom* from = nullptr;
    allowed(statement, [&]() -> Result<> {
        from = out(TSR_TRY(statement->build.calledRows(++statement->subqueries, call, {types, types + count})));
        *table = -statement->subqueries;
        return {};
    });
    return from;
}

void tsr_subquery_begin(TsrStatement* statement) {
    statement->open.push_back(statement->build.arena().select());
}

void tsr_subquery_abandon(TsrStatement* statement) {
    statement->open.pop_back();
}

bool tsr_subquery_combine(TsrStatement* statement, TsrSetKind kind, bool all) {
    constexpr std::array kKinds = {ir::SetKind::kUnion, ir::SetKind::kIntersect, ir::SetKind::kExcept};
    const ir::Select* right = closeSubquery(statement);
    const ir::Select* left = closeSubquery(statement);
    ir::Select* both = statement->build.arena().select();
    statement->open.push_back(both);
    return allowed(statement, [&] { return statement->build.combine(*both, kKinds.at(kind), all, left, right); });
}

const TsrFrom* tsr_subquery_from(TsrStatement* statement, bool lateral, int* table) {
    const ir::Select* subquery = closeSubquery(statement);
    const TsrFrom* from = nullptr;
    allowed(statement, [&]() -> Result<> {
        from = out(TSR_TRY(statement->build.derived(++statement->subqueries, subquery, lateral)));
        *table = -statement->subqueries;
        return {};
    });
    return from;
}

const TsrExpr* tsr_subquery_exists(TsrStatement* statement) {
    const ir::Select* subquery = closeSubquery(statement);
    return made(statement, [&] { return statement->build.exists(subquery); });
}

const TsrExpr* tsr_subquery_scalar(TsrStatement* statement) {
    const ir::Select* subquery = closeSubquery(statement);
    return made(statement, [&] { return statement->build.scalar(subquery); });
}

const TsrExpr* tsr_subquery_in(TsrStatement* statement, const char* signature, TsrCollation collation,
                               const TsrExpr* left) {
    const ir::Select* subquery = closeSubquery(statement);
    return made(statement, [&] { return statement->build.in(signature, collationOf(collation), in(left), subquery); });
}

bool tsr_can_nest(const TsrStatement* statement) {
    return statement->build.dialect().subqueries;
}

bool tsr_can_repeat_keys(const TsrStatement* statement) {
    return statement->build.dialect().keys_in_having;
}

bool tsr_can_nest_in_on(const TsrStatement* statement) {
    return statement->build.dialect().subqueries_in_on;
}

bool tsr_can_correlate_derived(const TsrStatement* statement) {
    return statement->build.dialect().correlated_derived;
}

TsrLateral tsr_lateral(const TsrStatement* statement) {
    constexpr std::array kForms = {TSR_LATERAL_NONE, TSR_LATERAL_PLAIN, TSR_LATERAL_ANY};
    return kForms.at(static_cast<std::size_t>(statement->build.dialect().lateral));
}

void tsr_select_from(TsrStatement* statement, const TsrFrom* from) {
    statement->current().from = in(from);
}

void tsr_select_output(TsrStatement* statement, const TsrExpr* expr) {
    statement->current().outputs.push_back(in(expr));
}

void tsr_select_where(TsrStatement* statement, const TsrExpr* condition) {
    statement->current().where.push_back(in(condition));
}

bool tsr_select_row_range(TsrStatement* statement, int table, int first, int last) {
    const auto bound = [&](const char* signature, int number) {
        return made(statement, [&]() -> Result<const ir::Expr*> {
            if (statement->build.dialect().row_number.empty()) {
                return fail(ErrorCode::kUnimplemented, "the source's rows have no numbers");
            }
            ir::Expr* row_number = statement->build.arena().expr(ir::ExprKind::kRowId, "int8");
            row_number->table = table;
            return statement->build.call(signature, "bool", ir::Collation::kNone,
                                         {row_number, TSR_TRY(statement->build.param(number, "int8"))});
        });
    };
    const TsrExpr* from = bound("int8ge(int8,int8)", first);
    const TsrExpr* to = from != nullptr ? bound("int8le(int8,int8)", last) : nullptr;
    if (to == nullptr) {
        return false;
    }
    tsr_select_where(statement, from);
    tsr_select_where(statement, to);
    return true;
}

void tsr_select_grouped(TsrStatement* statement) {
    statement->current().grouped = true;
}

void tsr_select_grouping_set(TsrStatement* statement, const TsrExpr* const* keys, size_t count) {
    statement->current().grouped = true;
    statement->current().grouping_sets.push_back(in(keys, count));
}

void tsr_select_distinct(TsrStatement* statement) {
    statement->current().distinct = true;
}

void tsr_select_distinct_on(TsrStatement* statement, const TsrExpr* key) {
    statement->current().distinct = true;
    statement->current().distinct_on.push_back(in(key));
}

void tsr_select_group_by(TsrStatement* statement, const TsrExpr* key) {
    statement->current().grouped = true;
    statement->current().group_by.push_back(in(key));
}

void tsr_select_having(TsrStatement* statement, const TsrExpr* condition) {
    statement->current().having.push_back(in(condition));
}

void tsr_select_qualify(TsrStatement* statement, const TsrExpr* condition) {
    statement->select.qualify.push_back(in(condition));
}

void tsr_select_order_by(TsrStatement* statement, const TsrExpr* key, bool descending, bool nulls_first) {
    // A constant orders nothing; and written down it would be the number of a column.
    if (in(key)->kind != ir::ExprKind::kConst) {
        statement->current().order_by.push_back({in(key), descending, nulls_first});
    }
}

void tsr_select_limit(TsrStatement* statement, const TsrExpr* limit_or_null, const TsrExpr* offset_or_null) {
    statement->current().limit = in(limit_or_null);
    statement->current().offset = in(offset_or_null);
}

void tsr_select_sample(TsrStatement* statement, double fraction) {
    statement->current().sample = fraction;
}

void tsr_select_lock(TsrStatement* statement, TsrRowLock lock) {
    constexpr std::array kLocks = {ir::RowLock::kNone, ir::RowLock::kShare, ir::RowLock::kUpdate};
    statement->select.lock = kLocks.at(lock);
}

void tsr_select_locked(TsrStatement* statement, int table) {
    statement->select.locked.push_back(table);
}

bool tsr_has_indexes(const TsrStatement* statement) {
    return statement->build.dialect().has_indexes;
}

bool tsr_can_lock(const TsrStatement* statement) {
    return !statement->build.dialect().lock_update.empty();
}

bool tsr_can_lock_some(const TsrStatement* statement) {
    return statement->build.dialect().lock_of;
}

TsrStatus tsr_statement_render(TsrStatement* statement, TsrRendered* rendered, TsrError* error) {
    return sdk::guarded(error, [&]() -> Result<TsrStatus> {
        if (statement->change) {
            statement->change->where = statement->select.where;
            statement->change->returning = statement->select.outputs;
        }
        statement->rendered = TSR_TRY(statement->change ? ir::render(*statement->change, statement->build.dialect())
                                                        : ir::render(statement->select, statement->build.dialect()));
        *rendered = {statement->rendered.text.c_str(), statement->rendered.params.size(),
                     statement->rendered.params.data()};
        return TSR_OK;
    });
}
}
