#include "nodeservice/catalog/statistics.h"

#include "common/log.h"

#include <libpq-fe.h>

#include <chrono>
#include <string>

namespace tessera::catalog {

namespace {

constexpr const char* kNeverAnalyzed =
    "SELECT c.oid::regclass FROM pg_class c JOIN pg_foreign_table t ON t.ftrelid = c.oid "
    "JOIN pg_foreign_server s ON s.oid = t.ftserver JOIN pg_foreign_data_wrapper w ON w.oid = s.srvfdw "
    "WHERE w.fdwname = 'tessera_fdw' AND c.reltuples < 0 ORDER BY 1";

// A sample of a table that takes longer is not worth what it costs the source.
constexpr const char* kSettings = "SET statement_timeout = '60s'; SET search_path = pg_catalog";

constexpr const char* kIsModerate = "SELECT tessera.source_row_count($1::regclass) BETWEEN 0 AND 20000000";

/// Is the table analysed now? An error only when the session is lost.
Result<bool> analyze(postgres::Connection& connection, const std::string& table) {
    auto is_moderate = connection.queryValue(kIsModerate, {table});
    if (is_moderate && *is_moderate != "t") {
        return false;
    }
    const Result<> done = is_moderate ? connection.execute("ANALYZE " + table) : Result<>(is_moderate.error());
    if (done) {
        return true;
    }
    if (PQstatus(connection.handle()) != CONNECTION_OK) {
        return Error(done.error()).withContext("analysing " + table);
    }
    log::warn("statistics.failed", {{"table", table}, {"error", done.error().message}});
    return false;
}

}  // namespace

Result<std::size_t> analyzeNewTables(postgres::Connection& connection, const std::function<bool()>& stop) {
    const auto begin = std::chrono::steady_clock::now();
    TSR_TRY(connection.execute(kSettings));
    const postgres::Rows tables = TSR_TRY(connection.query(kNeverAnalyzed));
    std::size_t analyzed = 0;
    for (const auto& row : tables.values) {
        if (stop()) {
            break;
        }
        analyzed += TSR_TRY(analyze(connection, row[0].value_or(""))) ? 1 : 0;
    }
    if (analyzed > 0) {
        const auto took =
            std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now() - begin);
        log::info("statistics.done", {{"tables", analyzed}, {"ms", took.count()}});
    }
    return tables.values.size() - analyzed;
}

}  // namespace tessera::catalog
