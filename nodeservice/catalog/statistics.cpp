#include "nodeservice/catalog/statistics.h"

#include "common/log.h"

#include <libpq-fe.h>

#include <chrono>

namespace tessera::catalog {

namespace {

constexpr const char* kNeverAnalyzed =
    "SELECT format('%I.%I', n.nspname, c.relname) FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace "
    "JOIN pg_foreign_table t ON t.ftrelid = c.oid JOIN pg_foreign_server s ON s.oid = t.ftserver "
    "JOIN pg_foreign_data_wrapper w ON w.oid = s.srvfdw WHERE w.fdwname = 'tessera_fdw' AND c.reltuples < 0 ORDER BY 1";

// A sample of a table that takes longer is not worth what it costs the source.
constexpr const char* kTableTimeout = "SET statement_timeout = '60s'";

}  // namespace

Result<> analyzeNewTables(postgres::Connection& connection, const std::function<bool()>& stop) {
    const auto begin = std::chrono::steady_clock::now();
    std::size_t analyzed = 0;
    TSR_TRY(connection.execute(kTableTimeout));
    const postgres::Rows tables = TSR_TRY(connection.query(kNeverAnalyzed));
    for (const auto& row : tables.values) {
        if (stop()) {
            return {};
        }
        const std::string table = row[0].value_or("");
        if (auto done = connection.execute("ANALYZE " + table); done) {
            ++analyzed;
        } else if (PQstatus(connection.handle()) != CONNECTION_OK) {
            return Error(std::move(done).error()).withContext("analysing " + table);
        } else {
            log::warn("statistics.failed", {{"table", table}, {"error", done.error().message}});
        }
    }
    if (!tables.values.empty()) {
        const auto took =
            std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now() - begin);
        log::info("statistics.done", {{"tables", analyzed}, {"ms", took.count()}});
    }
    return {};
}

}  // namespace tessera::catalog
