#include "plugins/sdk/ir/render.h"

#include <nlohmann/json.hpp>

namespace tessera::ir {

namespace {

using Json = nlohmann::ordered_json;

class PlanWriter {
  public:
    Json write(const Expr& expr) {
        switch (expr.kind) {
            case ExprKind::kColumn:
                return {{"column", expr.column}};
            case ExprKind::kConst:
                return {{"const", {{"type", expr.type}, {"value", expr.value ? Json(*expr.value) : Json(nullptr)}}}};
            case ExprKind::kParam:
                params.push_back(expr.param);
                return {{"param", params.size()}};
            case ExprKind::kCall:
                return {{"call", expr.function}, {"args", list(expr.args)}};
            case ExprKind::kAnd:
                return {{"and", list(expr.args)}};
            case ExprKind::kOr:
                return {{"or", list(expr.args)}};
            case ExprKind::kNot:
                return {{"not", write(*expr.args[0])}};
            case ExprKind::kIsNull:
                return {{"is_null", write(*expr.args[0])}};
            case ExprKind::kIsNotNull:
                return {{"is_not_null", write(*expr.args[0])}};
            case ExprKind::kIn:
                return in(expr);
            case ExprKind::kCase:
            case ExprKind::kKeys:
            case ExprKind::kCoalesce:
            case ExprKind::kAggregate:
            case ExprKind::kWindow:
            case ExprKind::kGrouping:
            case ExprKind::kExists:
            case ExprKind::kScalar:
            case ExprKind::kInSubquery:
            case ExprKind::kValue:
            case ExprKind::kRowId:
            case ExprKind::kRowIdIs:
            case ExprKind::kKeyIs:
                break;  // the plan dialect has none
        }
        return {};
    }

    Json list(const std::vector<const Expr*>& exprs) {
        Json result = Json::array();
        for (const Expr* expr : exprs) {
            result.push_back(write(*expr));
        }
        return result;
    }

    std::vector<int> params;

  private:
    /// a IN (b, c) is a = b OR a = c.
    Json in(const Expr& expr) {
        Json any = Json::array();
        for (std::size_t i = 1; i < expr.args.size(); ++i) {
            any.push_back({{"call", expr.function}, {"args", {write(*expr.args[0]), write(*expr.args[i])}}});
        }
        return {{"or", any}};
    }
};

}  // namespace

Result<Rendered> renderPlan(const Select& select) {
    if (!select.from->table || select.grouped || select.distinct || !select.order_by.empty() ||
        select.offset != nullptr || select.sample) {
        return fail(ErrorCode::kUnimplemented, "the plan form holds one table's filter and limit");
    }
    if (select.limit != nullptr && (select.limit->kind != ExprKind::kConst || !select.limit->value)) {
        return fail(ErrorCode::kUnimplemented, "the plan form's limit is a constant");
    }
    PlanWriter writer;
    Json options = Json::object();
    for (const auto& [name, value] : select.from->table->options) {
        options[name] = value;
    }
    Json columns = Json::array();
    Rendered rendered;
    for (const Expr* output : select.outputs) {
        if (output->kind != ExprKind::kColumn) {
            return fail(ErrorCode::kUnimplemented, "the plan form's outputs are columns");
        }
        columns.push_back(output->column);
        rendered.columns_of_output.push_back(1);
    }
    Json plan = {{"version", 1}, {"scan", {{"options", options}}}, {"columns", columns}};
    if (!select.where.empty()) {
        plan["filter"] = writer.list(select.where);
    }
    if (select.limit != nullptr) {
        plan["limit"] = std::stoll(*select.limit->value);
    }
    rendered.text = plan.dump(-1, ' ', false, Json::error_handler_t::replace);
    rendered.params = std::move(writer.params);
    return rendered;
}

}  // namespace tessera::ir
