#pragma once

/// What a dialect's rules ask of a function's operands, beyond their types.

#include "common/result.h"
#include "plugins/sdk/dialect/dialect.h"
#include "plugins/sdk/ir/ir.h"

#include <string_view>
#include <vector>

namespace tessera::ir {

/// The error says for EXPLAIN what the operands are not.
Result<> checkNeed(const dialect::Dialect& dialect, dialect::OperandNeed need, const std::vector<const Expr*>& args);

/// May the result have more digits than the dialect has room for?
bool mayOverflow(const dialect::Dialect& dialect, dialect::OperandNeed need);

/// Are its value and all it depends on known when the statement is planned at the source?
bool isFixed(const Expr& expr);

/// Can a source take the two expressions for one? Because they are one text (types are not looked at: a dialect writes
/// some casts as nothing), or after it has worked out what is fixed in them: `CASE WHEN $1 THEN a ELSE b END` is a or
/// b, `a + 0` is a. Of what has an order, a filter, a window or a subquery, it is said if all else is alike.
bool mayBeTakenForOne(const Expr& a, const Expr& b);

bool isAscii(std::string_view text);

/// Does the value mean the same at every PostgreSQL? Not so what names objects, or depends on a locale.
bool isPortableType(std::string_view type);

/// Of a constant such as "-12.50".
DecimalShape shapeOfLiteral(std::string_view digits);

/// Of a call that met its need; of integers made numeric, too.
DecimalShape shapeOf(dialect::OperandNeed need, const Expr& call);

/// Of CASE and COALESCE: where the branches have different scales, PostgreSQL keeps each one's, and other systems make
/// them alike.
Result<DecimalShape> commonShape(ExprKind kind, const std::vector<const Expr*>& args);

}  // namespace tessera::ir
