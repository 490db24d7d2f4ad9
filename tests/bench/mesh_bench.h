#pragma once

/// What the parts of mesh_bench share: how much is measured, and pgbench.

#include "tests/bench/report.h"

#include <filesystem>
#include <string>
#include <vector>

namespace tessera::bench {

/// Figures for the documentation, or a look whether everything runs. TESSERA_BENCH_ORDERS and TESSERA_BENCH_PEOPLE
/// change the rows of the two tables, TESSERA_BENCH_SHARD_MB the size of the shard that moves.
struct MeshSize {
    int orders = 10'000'000;
    int people = 1'000'000;
    int shard_mb = 1000;
    /// Seconds of each run of pgbench and wrk.
    int seconds = 8;
    int runs = 3;
    bool is_short = false;
};

/// Where pgbench connects to.
struct PgbenchTarget {
    std::string name;
    /// For libpq, without the password.
    std::string connection;
    std::string password;
};

/// Microseconds between two transactions of the script in prepared mode, connections not counted.
Measured pgbenchOf(const PgbenchTarget& target, const std::filesystem::path& script, int clients, int seconds);

/// Joins over shaped links, and look-ups by key.
Result<> benchJoins(const MeshSize& size, std::vector<Row>& rows);

/// A table of four shards: aggregates over them, and look-ups by key.
Result<> benchShards(const MeshSize& size, std::vector<Row>& rows);

/// Endpoints beside the same statement in pgbench's prepared mode.
Result<> benchEndpoints(const MeshSize& size, std::vector<Row>& rows);

/// A shard that moves while it is written to.
Result<> benchMove(const MeshSize& size, std::vector<Row>& rows);

}  // namespace tessera::bench
