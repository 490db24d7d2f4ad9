#include "plugins/sqlite/transaction.h"

#include "common/strings.h"
#include "plugins/sqlite/values.h"

namespace tessera::sqlite {

namespace {

/// Rows between two questions to the host.
constexpr std::int64_t kRowsBetweenPolls = 256;

}  // namespace

Result<> beginTransaction(Database& database, const TsrTransaction& transaction, bool read_only) {
    // One that keeps a snapshot may never write; it is then not in the way of those who do.
    const bool writes = !read_only && !transaction.read_only && transaction.isolation == TSR_ISOLATION_READ_COMMITTED;
    return database.run(writes ? "BEGIN IMMEDIATE" : "BEGIN");
}

Result<> runStep(Database& database, TsrStep step, const std::string& name) {
    const Database::Uninterrupted uninterrupted(database);
    switch (step) {
        case TSR_STEP_COMMIT:
            return database.run("COMMIT");
        case TSR_STEP_ROLLBACK:
            // Some errors have rolled it back already.
            return sqlite3_get_autocommit(database.handle()) != 0 ? Result<>() : database.run("ROLLBACK");
        case TSR_STEP_SAVEPOINT:
            return database.run("SAVEPOINT " + quoteIdentifier(name));
        case TSR_STEP_RELEASE:
            return database.run("RELEASE " + quoteIdentifier(name));
        case TSR_STEP_ROLLBACK_TO:
            return database.run("ROLLBACK TO " + quoteIdentifier(name));
        default:
            break;
    }
    Error error = fail(ErrorCode::kUnimplemented, "SQLite has no prepared transactions");
    error.sqlstate = "0A000";
    return error;
}

Result<std::unique_ptr<sdk::Ingest>> Ingest::start(Database& database, const sdk::Target& target) {
    std::string columns;
    std::string places;
    for (const std::string_view column : target.columns) {
        columns += (columns.empty() ? "" : ", ") + quoteIdentifier(std::string(column));
        places += places.empty() ? "?" : ", ?";
    }
    Statement statement = TSR_TRY(
        database.prepare("INSERT INTO " + std::string(target.relation) + " (" + columns + ") VALUES (" + places + ")"));
    return std::unique_ptr<sdk::Ingest>(new Ingest(database, std::move(statement), target.columns.size()));
}

Result<> Ingest::rows(std::span<const TsrParam> values) {
    for (std::size_t first = 0; first < values.size(); first += columns_) {
        for (std::size_t i = 0; i < columns_; ++i) {
            TSR_TRY(bindParam(statement_.get(), static_cast<int>(i) + 1, values[first + i]));
        }
        const Result<bool> stepped = database_.step(statement_.get());
        sqlite3_reset(statement_.get());
        TSR_TRY(stepped);
        if (++count_ % kRowsBetweenPolls == 0 && sdk::isCancelled(database_.host())) {
            return sdk::cancelled();
        }
    }
    return {};
}

}  // namespace tessera::sqlite
