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
    for (const auto& [column, value] : change.values) {
        parts.outputs.push_back(value);
    }
    parts.from = change.target;
    parts.where = change.where;
    const bool takes_others = change.kind == ChangeKind::kUpdate ? dialect.update_from : dialect.delete_using;
    const bool has_subquery = hasSubquery(parts);
    const bool is_aliased = has_subquery || change.others != nullptr;
    if ((change.others != nullptr && !takes_others) || (has_subquery && !dialect.change_subqueries) ||
        (is_aliased && !change.returning.empty() && !dialect.returning_alias)) {
        return fail(ErrorCode::kUnimplemented, "a change of one table can't look at others");
    }
    parts.outputs = change.returning;
    Rendered written = SqlWriter(parts, dialect, is_aliased).write(change);
    const std::string& relation = change.target->table->relation;
    if (has_subquery && change.kind == ChangeKind::kUpdate && dialect.update_sees_itself &&
        written.text.find(relation) != written.text.rfind(relation)) {
        return fail(ErrorCode::kUnimplemented,
                    "the source's UPDATE sees in its subqueries what it has changed already");
    }
    return written;
}

}  // namespace tessera::ir
