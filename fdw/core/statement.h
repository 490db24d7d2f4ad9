#pragma once

/// The statement that the host builds through fdw_core.h, as statement.cpp and statement_change.cpp know it.

#include "common/result.h"
#include "fdw/core/fdw_core.h"
#include "plugins/sdk/ir/builder.h"
#include "plugins/sdk/ir/render.h"

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

/// TsrExpr and TsrFrom are the IR's own, under the names that C knows.
struct TsrStatement {
    explicit TsrStatement(const tessera::dialect::Dialect& d) : build(d) {}

    tessera::ir::Builder build;

    /// Of the statement's parts, the one that the calls of tsr_select_… are about.
    tessera::ir::Select& current() { return open.empty() ? select : *open.back(); }

    tessera::ir::Select select;
    std::vector<tessera::ir::Select*> open;     // subqueries that have been begun and not yet used
    std::optional<tessera::ir::Change> change;  // instead of a SELECT; its conditions and outputs are those of `select`
    std::string refusal;
    int subqueries = 0;
    tessera::ir::Rendered rendered;
};

namespace tessera::fdw {

inline const ir::Expr* in(const TsrExpr* expr) {
    return reinterpret_cast<const ir::Expr*>(expr);
}

inline const ir::From* in(const TsrFrom* from) {
    return reinterpret_cast<const ir::From*>(from);
}

inline const TsrFrom* out(const ir::From* from) {
    return reinterpret_cast<const TsrFrom*>(from);
}

inline std::vector<const ir::Expr*> in(const TsrExpr* const* args, std::size_t count) {
    std::vector<const ir::Expr*> exprs;
    for (std::size_t i = 0; i < count; ++i) {
        exprs.push_back(in(args[i]));
    }
    return exprs;
}

/// Runs a body that returns Result<const ir::Expr*>; a refusal is kept with the statement.
template <class Body>
const TsrExpr* made(TsrStatement* statement, Body&& body) noexcept {
    try {
        Result<const ir::Expr*> expr = body();
        if (expr) {
            return reinterpret_cast<const TsrExpr*>(*expr);
        }
        statement->refusal = expr.error().message;
    } catch (...) {
        statement->refusal.clear();  // out of memory: not pushed down, and the plan stays right
    }
    return nullptr;
}

/// Likewise for checks.
template <class Body>
bool allowed(TsrStatement* statement, Body&& body) noexcept {
    try {
        Result<> check = body();
        if (check) {
            return true;
        }
        statement->refusal = check.error().message;
    } catch (...) {
        statement->refusal.clear();
    }
    return false;
}

}  // namespace tessera::fdw
