#include "plugins/postgres/transaction.h"

#include "common/strings.h"

#include <array>
#include <string_view>

namespace tessera::postgres_connector {

namespace {

/// For a rollback, which must not hold up the person who waits for their error.
constexpr std::chrono::seconds kRollbackLimit(2);

std::string statementOf(TsrStep step, const std::string& name) {
    switch (step) {
        case TSR_STEP_COMMIT:
            return "COMMIT";
        case TSR_STEP_ROLLBACK:
            return "ROLLBACK";
        case TSR_STEP_SAVEPOINT:
            return "SAVEPOINT " + quoteIdentifier(name);
        case TSR_STEP_RELEASE:
            return "RELEASE SAVEPOINT " + quoteIdentifier(name);
        case TSR_STEP_ROLLBACK_TO:
            return "ROLLBACK TO SAVEPOINT " + quoteIdentifier(name);
        case TSR_STEP_PREPARE:
            return "PREPARE TRANSACTION " + quoteLiteral(name);
        case TSR_STEP_COMMIT_PREPARED:
            return "COMMIT PREPARED " + quoteLiteral(name);
        case TSR_STEP_ROLLBACK_PREPARED:
            return "ROLLBACK PREPARED " + quoteLiteral(name);
    }
    return "ROLLBACK";
}

bool isRollback(TsrStep step) {
    return step == TSR_STEP_ROLLBACK || step == TSR_STEP_ROLLBACK_TO || step == TSR_STEP_ROLLBACK_PREPARED;
}

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

}  // namespace

Result<> beginTransaction(Connection& connection, const TsrTransaction& transaction) {
    std::string sql = std::string("START TRANSACTION ISOLATION LEVEL ") + isolationName(transaction.isolation);
    // Not "READ WRITE", which a standby refuses.
    sql += transaction.read_only ? " READ ONLY" : "";
    if (transaction.snapshot != nullptr) {
        sql += "; SET TRANSACTION SNAPSHOT " + quoteLiteral(transaction.snapshot);
    }
    TSR_TRY(connection.send(sql));
    TSR_TRY(connection.collect(Connection::Clock::time_point::max(), Connection::Heed::kCancel));
    return {};
}

Result<> TransactionStep::start(Connection& connection, TsrStep step, const std::string& name) {
    step_ = step;
    return connection.send(statementOf(step, name));
}

Result<> TransactionStep::finish(Connection& connection) {
    const auto deadline =
        isRollback(step_) ? Connection::Clock::now() + kRollbackLimit : Connection::Clock::time_point::max();
    auto answer = connection.collect(deadline, Connection::Heed::kNothing);
    if (!answer) {
        const bool lost = answer.error().sqlState().starts_with("08") || answer.error().sqlState() == "57014";
        return step_ == TSR_STEP_COMMIT && lost ? sdk::outcomeUnknown(connection.source(), answer.error().message)
                                                : std::move(answer.error());
    }
    // A transaction that had failed before ends with another answer, and no error.
    const bool ends = step_ == TSR_STEP_COMMIT || step_ == TSR_STEP_PREPARE;
    if (ends && std::string_view(PQcmdStatus(answer->get())) == "ROLLBACK") {
        Error error = fail(ErrorCode::kAborted, connection.source() + " rolled the transaction back: it had failed");
        error.sqlstate = "40000";
        return error;
    }
    return {};
}

Result<std::string> exportSnapshot(Connection& connection) {
    const PgResult result = TSR_TRY(connection.run("SELECT pg_export_snapshot()", {}));
    return std::string(PQgetvalue(result.get(), 0, 0));
}

Result<std::vector<std::string>> listPrepared(Connection& connection, const std::string& prefix) {
    const std::array<const char*, 1> params = {prefix.c_str()};
    const PgResult result = TSR_TRY(connection.run(
        "SELECT gid FROM pg_prepared_xacts WHERE database = current_database() AND starts_with(gid, $1) ORDER BY gid",
        params));
    std::vector<std::string> names;
    for (int row = 0; row < PQntuples(result.get()); ++row) {
        names.emplace_back(PQgetvalue(result.get(), row, 0));
    }
    return names;
}

}  // namespace tessera::postgres_connector
