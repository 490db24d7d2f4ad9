#include "plugins/mysql/transaction.h"

#include "common/strings.h"

#include <cstddef>

namespace tessera::mysql {

namespace {

constexpr std::chrono::seconds kRollbackLimit(2);
/// Of a step that a cancel does not end.
constexpr std::chrono::seconds kStepLimit(600);

const char* isolationName(TsrIsolation isolation) {
    switch (isolation) {
        case TSR_ISOLATION_SERIALIZABLE:
            return "SERIALIZABLE";
        case TSR_ISOLATION_REPEATABLE_READ:
            return "REPEATABLE READ";
        case TSR_ISOLATION_READ_COMMITTED:
            break;
    }
    return "READ COMMITTED";
}

bool isRollback(TsrStep step) {
    return step == TSR_STEP_ROLLBACK || step == TSR_STEP_ROLLBACK_TO || step == TSR_STEP_ROLLBACK_PREPARED;
}

const char* preparedName(const TsrTransaction& transaction) {
    constexpr std::size_t kEnd = offsetof(TsrTransaction, prepared_name) + sizeof(TsrTransaction::prepared_name);
    return transaction.struct_size >= kEnd ? transaction.prepared_name : nullptr;
}

}  // namespace

Result<> Transaction::begin(const TsrTransaction& transaction) {
    const char* name = preparedName(transaction);
    xa_name_ = name != nullptr ? quoteLiteral(name) : "";
    TSR_TRY(connection_.run(std::string("SET TRANSACTION ISOLATION LEVEL ") + isolationName(transaction.isolation)));
    if (name != nullptr) {
        TSR_TRY(connection_.run("XA START " + xa_name_));
        return {};
    }
    // Not "READ WRITE", which a read-only replica refuses.
    const bool keeps_snapshot = transaction.isolation != TSR_ISOLATION_READ_COMMITTED;
    std::string sql = "START TRANSACTION";
    sql += transaction.read_only ? " READ ONLY" : "";
    sql += transaction.read_only && keeps_snapshot ? "," : "";
    sql += keeps_snapshot ? " WITH CONSISTENT SNAPSHOT" : "";
    TSR_TRY(connection_.run(sql));
    return {};
}

std::deque<std::string> Transaction::statementsOf(TsrStep step, const std::string& name) const {
    const bool xa = !xa_name_.empty();
    switch (step) {
        case TSR_STEP_COMMIT:
            return xa ? std::deque<std::string>{"XA END " + xa_name_, "XA COMMIT " + xa_name_ + " ONE PHASE"}
                      : std::deque<std::string>{"COMMIT"};
        case TSR_STEP_ROLLBACK:
            return xa ? std::deque<std::string>{"XA END " + xa_name_, "XA ROLLBACK " + xa_name_}
                      : std::deque<std::string>{"ROLLBACK"};
        case TSR_STEP_SAVEPOINT:
            return {"SAVEPOINT " + quoteIdentifier(name)};
        case TSR_STEP_RELEASE:
            return {"RELEASE SAVEPOINT " + quoteIdentifier(name)};
        case TSR_STEP_ROLLBACK_TO:
            return {"ROLLBACK TO SAVEPOINT " + quoteIdentifier(name)};
        case TSR_STEP_PREPARE:
            return {"XA END " + quoteLiteral(name), "XA PREPARE " + quoteLiteral(name)};
        case TSR_STEP_COMMIT_PREPARED:
            return {"XA COMMIT " + quoteLiteral(name)};
        case TSR_STEP_ROLLBACK_PREPARED:
            return {"XA ROLLBACK " + quoteLiteral(name)};
    }
    return {"ROLLBACK"};
}

Result<> Transaction::start(TsrStep step, const std::string& name) {
    step_ = step;
    if (step == TSR_STEP_PREPARE && xa_name_ != quoteLiteral(name)) {
        Error error = fail(ErrorCode::kFailedPrecondition,
                           "the transaction was not begun under the name that it shall be prepared under");
        error.sqlstate = "55000";
        return error;
    }
    statements_ = statementsOf(step, name);
    running_ = std::move(statements_.front());
    statements_.pop_front();
    wanted_ = mysql_real_query_start(&code_, connection_.get(), running_.data(), running_.size());
    return {};
}

Error Transaction::failure(Error error) const {
    if (step_ == TSR_STEP_COMMIT && error.sqlState().starts_with("08")) {
        return sdk::outcomeUnknown("MySQL server at " + connection_.options().where(), error.message);
    }
    return error;
}

Result<> Transaction::finish() {
    const auto deadline =
        Connection::Clock::now() + (isRollback(step_) ? std::chrono::seconds(kRollbackLimit) : kStepLimit);
    while (true) {
        connection_.finishBy(deadline, wanted_,
                             [&](int ready) { return mysql_real_query_cont(&code_, connection_.get(), ready); });
        wanted_ = 0;
        // After a failed XA END the transaction is still to be rolled back.
        if (code_ != 0 && (statements_.empty() || !isRollback(step_))) {
            return failure(connection_.lastError());
        }
        if (statements_.empty()) {
            break;
        }
        running_ = std::move(statements_.front());
        statements_.pop_front();
        wanted_ = mysql_real_query_start(&code_, connection_.get(), running_.data(), running_.size());
    }
    if (step_ == TSR_STEP_COMMIT || step_ == TSR_STEP_ROLLBACK) {
        xa_name_.clear();
    }
    return {};
}

Result<std::vector<std::string>> listPrepared(Connection& connection, const std::string& prefix) {
    std::vector<std::string> names;
    for (const TextRow& row : TSR_TRY(connection.run("XA RECOVER"))) {
        const std::string name = row.size() > 3 ? row[3].value_or("") : "";
        if (name.starts_with(prefix)) {
            names.push_back(name);
        }
    }
    return names;
}

}  // namespace tessera::mysql
