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

}  // namespace tessera::ir
