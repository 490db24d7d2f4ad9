#include "plugins/odbc/transaction.h"

namespace tessera::odbc {

namespace {

constexpr std::chrono::seconds kRollbackLimit(2);
/// Of a step that a cancel does not end.
constexpr std::chrono::seconds kStepLimit(600);

Result<> runStep(Link& link, TsrStep step, const std::string& name) {
    switch (step) {
        case TSR_STEP_COMMIT:
            return link.endTransaction(true);
        case TSR_STEP_ROLLBACK:
            return link.endTransaction(false);
        default: {
            const std::string sql = savepointStatement(link.facts().dbms->savepoints, step, name);
            return sql.empty() ? Result<>() : link.execute(sql);
        }
    }
}

}  // namespace

std::string savepointStatement(Savepoints form, TsrStep step, const std::string& name) {
    const bool is_sqlserver = form == Savepoints::kSqlServer;
    switch (step) {
        case TSR_STEP_SAVEPOINT:
            return (is_sqlserver ? "SAVE TRANSACTION " : "SAVEPOINT ") + name +
                   (form == Savepoints::kDb2 ? " ON ROLLBACK RETAIN CURSORS" : "");
        case TSR_STEP_RELEASE:
            return is_sqlserver || form == Savepoints::kWithoutRelease ? "" : "RELEASE SAVEPOINT " + name;
        case TSR_STEP_ROLLBACK_TO:
            return (is_sqlserver ? "ROLLBACK TRANSACTION " : "ROLLBACK TO SAVEPOINT ") + name;
        default:
            return "";
    }
}

Result<> Transaction::begin(const TsrTransaction& transaction) {
    return connection_.run<void>([isolation = transaction.isolation](const std::shared_ptr<Link>& link) {
        return link->beginTransaction(isolation);
    });
}

Result<> Transaction::start(TsrStep step, const std::string& name) {
    step_ = step;
    outcome_ = std::make_shared<Outcome>();
    if (connection_.worker().isBusy()) {
        connection_.giveUp();
        Error error = fail(ErrorCode::kUnavailable, "the driver of " + connection_.options().where +
                                                        " has not come back from the last statement");
        error.sqlstate = "08006";
        return error;
    }
    connection_.worker().start([outcome = outcome_, step, name, link = connection_.link()] {
        outcome->result = runStep(*link, step, name);
        outcome->lost = !outcome->result && link->isDead();
    });
    return {};
}

Result<> Transaction::finish() {
    const bool is_rollback = step_ == TSR_STEP_ROLLBACK || step_ == TSR_STEP_ROLLBACK_TO;
    const std::string& where = connection_.options().where;
    if (!connection_.worker().settle(is_rollback ? kRollbackLimit : kStepLimit)) {
        connection_.giveUp();
        if (step_ == TSR_STEP_COMMIT) {
            return sdk::outcomeUnknown(where, "no answer");
        }
        Error error = fail(ErrorCode::kUnavailable, where + " gives no answer");
        error.sqlstate = "08006";
        return error;
    }
    Result<> result = connection_.noted(std::move(outcome_->result));
    if (outcome_->lost) {
        connection_.giveUp();
        if (step_ == TSR_STEP_COMMIT) {
            return sdk::outcomeUnknown(where, result.error().message);
        }
    }
    return result;
}

}  // namespace tessera::odbc
