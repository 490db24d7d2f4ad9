#include "plugins/sdk/ir/render.h"

#include "plugins/sdk/ir/sql_writer.h"

namespace tessera::ir {

Result<Rendered> render(const Select& select, const dialect::Dialect& dialect) {
    if (dialect.form == dialect::Form::kPlan) {
        return renderPlan(select);
    }
    if (select.sample && dialect.sample_condition.empty()) {
        return fail(ErrorCode::kUnimplemented, std::string(dialect.name) + " can't sample rows");
    }
    return SqlWriter(select, dialect).write();
}

Result<Rendered> render(const Change& change, const dialect::Dialect& dialect) {
    if (dialect.value.empty()) {
        return fail(ErrorCode::kUnimplemented, std::string(dialect.name) + " has no statements that change data");
    }
    Select parts;
    parts.outputs = change.returning;
    parts.from = change.target;
    parts.where = change.where;
    SqlWriter writer(parts, dialect);
    if (writer.isAliased()) {
        return fail(ErrorCode::kUnimplemented, "a change of one table can't look at others");
    }
    return writer.write(change);
}

}  // namespace tessera::ir
