#pragma once

/// DuckDB's library, loaded when an export first needs it: it is large, and most nodes never do. Any thread.

#include "common/result.h"

#include <duckdb.h>

#include <filesystem>

namespace tessera::jobs {

struct DuckDbLibrary {
    decltype(&::duckdb_open) open = nullptr;
    decltype(&::duckdb_close) close = nullptr;
    decltype(&::duckdb_connect) connect = nullptr;
    decltype(&::duckdb_disconnect) disconnect = nullptr;
    decltype(&::duckdb_query) query = nullptr;
    decltype(&::duckdb_result_error) result_error = nullptr;
    decltype(&::duckdb_destroy_result) destroy_result = nullptr;
    decltype(&::duckdb_interrupt) interrupt = nullptr;
};

/// `file`: where it stands, beside the connectors. Loaded once and never unloaded. kFailedPrecondition when it is not
/// there.
Result<const DuckDbLibrary*> duckDbLibrary(const std::filesystem::path& file);

}  // namespace tessera::jobs
