/// The Builder's aggregates, window functions and what goes with them.
#include "plugins/sdk/ir/builder.h"

#include <algorithm>
#include <array>

namespace tessera::ir {

namespace {

using dialect::AggregateRule;
using dialect::ArgumentNeed;

Error refuse(std::string reason) {
    return fail(ErrorCode::kUnimplemented, std::move(reason));
}

bool isConstant(const Expr& expr) {
    return expr.kind == ExprKind::kConst && expr.value.has_value();
}

bool isPositiveConstant(const Expr& expr) {
    return isConstant(expr) && !expr.value->empty() && (*expr.value)[0] != '-' && *expr.value != "0";
}

bool isFloat(std::string_view type) {
    return type == "float4" || type == "float8";
}

/// Is its JSON the same whatever the session's settings are?
bool hasPlainJson(std::string_view type) {
    static constexpr std::array<std::string_view, 12> kTypes = {
        "bool", "int2", "int4", "int8", "numeric", "text", "varchar", "bpchar", "date", "timestamp", "uuid", "time"};
    return type == "json" || type == "jsonb" || std::find(kTypes.begin(), kTypes.end(), type) != kTypes.end();
}

/// Is there a narrow form for something in it?
bool hasNarrowForm(const dialect::Dialect& dialect, const Expr& expr) {
    const dialect::FunctionRule* rule = expr.kind == ExprKind::kCall ? functionRule(dialect, expr.function) : nullptr;
    return (rule != nullptr && !rule->narrow.empty()) ||
           std::any_of(expr.args.begin(), expr.args.end(),
                       [&](const Expr* arg) { return hasNarrowForm(dialect, *arg); });
}

std::string nameOf(const std::string& signature) {
    return signature.substr(0, signature.find('('));
}

Result<> checkArguments(const AggregateCall& call, ArgumentNeed need) {
    const auto& args = call.args;
    const auto refused = [&](const char* what) { return refuse(nameOf(call.signature) + "() " + what); };
    switch (need) {
        case ArgumentNeed::kNone:
            break;
        case ArgumentNeed::kJson:
            if (!std::all_of(args.begin(), args.end(), [](const Expr* arg) { return hasPlainJson(arg->type); })) {
                return refused("writes values as the session's settings say");
            }
            break;
        case ArgumentNeed::kSeparator:
            if (!isConstant(*args.at(1))) {
                return refused("has a separator that is no constant");
            }
            break;
        case ArgumentNeed::kCounts:
            for (std::size_t i = args.size() > 1 ? 1 : 0; i < std::min<std::size_t>(args.size(), 2); ++i) {
                if (!isPositiveConstant(*args[i])) {
                    return refused("counts by what is no constant above zero");
                }
            }
            break;
    }
    return {};
}

}  // namespace

bool looksAtFrame(std::string_view signature) {
    return signature.find("_value(") != std::string_view::npos;
}

Result<> Builder::checkAggregate(const AggregateCall& call, const AggregateRule& rule) const {
    const std::string dialect(dialect_.name);
    if (rule.collation == dialect::CollationNeed::kBytewise && call.collation != Collation::kNone &&
        call.collation != Collation::kBytewise) {
        return refuse(call.signature + " depends on the collation, which " + dialect + " does not share");
    }
    TSR_TRY(checkArguments(call, rule.arguments));
    if (!call.order_by.empty() && rule.sql.find("{order}") == std::string_view::npos) {
        return refuse(dialect + " has no ORDER BY in " + nameOf(call.signature) + "()");
    }
    // DISTINCT must have a place, or stand before an argument that stands there once and alone.
    const std::size_t place = rule.sql.find('{');
    const bool has_place = rule.sql.find("{distinct}") != std::string_view::npos ||
                           (place != std::string_view::npos && place == rule.sql.find('(') + 1 &&
                            rule.sql.find("{0}") == rule.sql.rfind("{0}"));
    if (call.distinct && !has_place) {
        return refuse(dialect + " has no DISTINCT in " + nameOf(call.signature) + "()");
    }
    return {};
}

Result<> Builder::checkOverWindow(const AggregateCall& call) const {
    const std::string dialect(dialect_.name);
    if (!dialect_.aggregate_windows) {
        return refuse(dialect + " has no window functions");
    }
    // Their sums depend on the order of the additions, and a frame that moves adds in another one.
    const bool adds = call.signature.rfind("sum(", 0) == 0 || call.signature.rfind("avg(", 0) == 0;
    if (adds && isFloat(call.type) && !dialect_.builtin_functions) {
        return refuse(dialect + " adds floating point in another order within a frame");
    }
    return {};
}

Result<const Expr*> Builder::aggregate(AggregateCall call) {
    TSR_TRY(call.over == nullptr ? checkComputed(call.args) : checkOperands(call.args));
    TSR_TRY(checkNoConditions(call.args));
    const AggregateRule* rule = aggregateRule(dialect_, call.signature);
    // What PostgreSQL divides exactly can be fetched as sum and count, and divided here.
    const bool average = rule == nullptr && call.signature.rfind("avg(", 0) == 0 && call.signature != "avg(float8)" &&
                         aggregateRule(dialect_, "sum(" + call.signature.substr(4)) != nullptr &&
                         aggregateRule(dialect_, "count(any)") != nullptr;
    const bool exact_average = average && call.type == "numeric" && !call.distinct;
    if (!dialect_.grouping || (rule == nullptr && !exact_average) || call.type == kUnknownType) {
        return refuse(std::string(dialect_.name) + " has no exact form of " + call.signature);
    }
    if (rule != nullptr) {
        TSR_TRY(checkAggregate(call, *rule));
    }
    if (call.distinct) {
        for (const Expr* arg : call.args) {
            TSR_TRY(checkGroupKey(arg, call.collation));
            // The source would read it as text there, but not in ORDER BY, and find two expressions.
            if (!call.order_by.empty() && arg->type == "varchar" && call.signature.find("any") == std::string::npos) {
                return refuse("DISTINCT and ORDER BY of a varchar are not sent together");
            }
        }
    }
    if (call.over != nullptr) {
        TSR_TRY(checkOverWindow(call));
    }
    if (call.filter != nullptr) {
        TSR_TRY(checkOperands({call.filter}));
        if (!dialect_.aggregate_filter) {
            return refuse(std::string(dialect_.name) + " has no FILTER");
        }
    }
    Expr* made = arena_.expr(ExprKind::kAggregate, std::move(call.type));
    made->function = std::move(call.signature);
    made->distinct = call.distinct;
    made->filter = call.filter;
    made->order_by = std::move(call.order_by);
    made->over = call.over;
    made->args = std::move(call.args);
    made->output_only = rule == nullptr;
    made->may_overflow =
        std::any_of(made->args.begin(), made->args.end(), [](const Expr* arg) { return arg->may_overflow; });
    made->has_narrow_form = hasNarrowForm(dialect_, *made);
    made->narrow = narrow_ && made->has_narrow_form && made->over == nullptr;
    return made;
}

Result<const Expr*> Builder::windowFunction(AggregateCall call) {
    TSR_TRY(checkOperands(call.args));
    TSR_TRY(checkNoConditions(call.args));
    const AggregateRule* rule = windowRule(dialect_, call.signature);
    if (rule == nullptr || typeRule(dialect_, call.type) == nullptr || call.type == kUnknownType) {
        return refuse(std::string(dialect_.name) + " has no exact form of " + call.signature);
    }
    TSR_TRY(checkAggregate(call, *rule));
    Expr* made = arena_.expr(ExprKind::kWindow, std::move(call.type));
    made->function = std::move(call.signature);
    made->over = call.over;
    made->args = std::move(call.args);
    return made;
}

Result<const Expr*> Builder::grouping(std::vector<const Expr*> keys) {
    if (!dialect_.grouping_sets) {
        return refuse(std::string(dialect_.name) + " has no GROUPING()");
    }
    Expr* made = arena_.expr(ExprKind::kGrouping, "int4");
    made->args = std::move(keys);
    return made;
}

Result<const Expr*> Builder::exists(const From* from, std::vector<const Expr*> where) {
    TSR_TRY(checkOperands(where));
    Select* subquery = arena_.select();
    subquery->from = from;
    subquery->where = std::move(where);
    Expr* made = arena_.expr(ExprKind::kExists, "bool");
    made->subquery = subquery;
    return made;
}

Result<SortKey> Builder::sortKey(const Expr* expr, Collation collation, bool descending, bool nulls_first) {
    TSR_TRY(checkSortKey(expr, collation));
    return SortKey{expr, descending, nulls_first};
}

Result<> Builder::checkFrame(const Frame& frame) const {
    const bool groups = frame.mode == FrameMode::kGroups || frame.exclusion != FrameExclusion::kNothing;
    if (groups && !dialect_.group_frames) {
        return refuse(std::string(dialect_.name) + " has no frames of groups");
    }
    for (const Bound& bound : {frame.start, frame.end}) {
        if (bound.offset == nullptr) {
            continue;
        }
        TSR_TRY(checkOperands({bound.offset}));
        if (frame.mode == FrameMode::kRange && !dialect_.range_frames) {
            return refuse(std::string(dialect_.name) + " has no exact form of a frame's range");
        }
        if (dialect_.constant_frames && (!isConstant(*bound.offset) || (*bound.offset->value)[0] == '-')) {
            return refuse("the frame's bound is no constant");
        }
    }
    return {};
}

Result<const Window*> Builder::window(Window window) {
    if (window.frame) {
        TSR_TRY(checkFrame(*window.frame));
    }
    Window* made = arena_.window();
    *made = std::move(window);
    return made;
}

}  // namespace tessera::ir
