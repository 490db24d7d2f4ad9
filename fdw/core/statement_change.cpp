/// The parts of fdw_core.h that are about statements which change rows.

#include "common/strings.h"
#include "fdw/core/statement.h"
#include "plugins/sdk/boundary.h"

#include <array>

namespace ir = tessera::ir;
namespace dialect = tessera::dialect;
namespace sdk = tessera::sdk;
using tessera::ErrorCode;
using tessera::fail;
using tessera::Result;
using tessera::fdw::allowed;
using tessera::fdw::in;

extern "C" {

void tsr_change(TsrStatement* statement, TsrChange change, const TsrFrom* target) {
    constexpr std::array kKinds = {ir::ChangeKind::kInsert, ir::ChangeKind::kUpdate, ir::ChangeKind::kDelete};
    statement->change.emplace();
    statement->change->kind = kKinds.at(change);
    statement->change->target = in(target);
}

const char* tsr_change_relation(const TsrStatement* statement) {
    return statement->change->target->table->relation.c_str();
}

void tsr_change_value(TsrStatement* statement, const char* column, const TsrExpr* value) {
    statement->change->values.emplace_back(column, in(value));
}

void tsr_change_others(TsrStatement* statement, const TsrFrom* others) {
    statement->change->others = in(others);
}

void tsr_change_ignore_conflicts(TsrStatement* statement) {
    statement->change->ignore_conflicts = true;
}

bool tsr_can_change(TsrStatement* statement, TsrChange change, bool returning) {
    const dialect::Dialect& dialect = statement->build.dialect();
    const std::array returns = {dialect.insert_returning, dialect.update_returning, dialect.delete_returning};
    return allowed(statement, [&]() -> Result<> {
        if (dialect.value.empty()) {
            return fail(ErrorCode::kUnimplemented, "the source has no statements that change data");
        }
        if (returning && !returns.at(change)) {
            return fail(ErrorCode::kUnimplemented, "the source's statement returns no rows");
        }
        return {};
    });
}

bool tsr_can_change_many(TsrStatement* statement) {
    return allowed(statement, [&]() -> Result<> {
        return statement->build.dialect().changes_by_condition
                   ? Result<>()
                   : Result<>(fail(ErrorCode::kUnimplemented, "the source's rows are changed one by one"));
    });
}

bool tsr_can_ignore_conflicts(const TsrStatement* statement) {
    return !statement->build.dialect().ignore_conflicts.empty();
}

bool tsr_can_assign(TsrStatement* statement) {
    return !statement->build.dialect().assigns_in_turn;
}

TsrStatus tsr_truncate_render(TsrStatement* const* statements, size_t count, bool cascade, bool restart_sequences,
                              TsrRendered* rendered, size_t* together, TsrError* error) {
    return sdk::guarded(error, [&]() -> Result<TsrStatus> {
        TsrStatement& first = *statements[0];
        const dialect::Dialect& dialect = first.build.dialect();
        if (dialect.value.empty()) {
            return fail(ErrorCode::kUnimplemented, "the source has no statements that change data");
        }
        *together = dialect.truncate ? count : 1;
        std::vector<std::string> tables;
        for (std::size_t i = 0; i < *together; ++i) {
            tables.emplace_back(tsr_change_relation(statements[i]));
        }
        first.rendered.text = (dialect.truncate ? "TRUNCATE TABLE " : "DELETE FROM ") + tessera::join(tables, ", ");
        if (dialect.truncate) {
            first.rendered.text += restart_sequences ? " RESTART IDENTITY" : "";
            first.rendered.text += cascade ? " CASCADE" : "";
        }
        *rendered = {first.rendered.text.c_str(), 0, nullptr};
        return TSR_OK;
    });
}
}
