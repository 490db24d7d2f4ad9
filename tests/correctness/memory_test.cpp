/// A session that runs thousands of statements, failing ones among them, does not grow.
///
/// What a statement leaves behind is left by each round of them, while allocators and thread pools grow and shrink in
/// steps: DuckDB's process goes up and down by megabytes around one size. So rounds go on until one of them grew no
/// more than it may; where each statement leaves something, none does.

#include "tests/correctness/mesh.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <iostream>
#include <limits>

namespace tessera::correctness {
namespace {

class Memory : public testing::TestWithParam<const char*> {};

/// kB of memory that the process holds.
long residentMemory(const std::string& process) {
    std::ifstream status("/proc/" + process + "/status");
    for (std::string line; std::getline(status, line);) {
        if (line.starts_with("VmRSS:")) {
            return std::stol(line.substr(6));
        }
    }
    return -1;
}

TEST_P(Memory, OfASessionIsTheSameAfterThousandsOfStatements) {
    auto mesh = Mesh::start(GetParam());
    ASSERT_TRUE(mesh) << mesh.error().describe();
    ASSERT_TRUE(mesh->execute("SET jit = off; PREPARE p(int) AS SELECT txt FROM src.t WHERE id = $1"));
    const std::vector<std::string> statements = {
        "SELECT * FROM src.t",
        "SELECT t.b, count(*), max(u.id) FROM src.t t JOIN src.u u ON t.id > u.id GROUP BY t.b",
        "SET tessera.ship_rows = force; SELECT count(*) FROM copy.u l JOIN src.t r ON l.i4 < r.i4; RESET "
        "tessera.ship_rows",
        "SELECT count(*) FROM copy.u l LEFT JOIN src.t r ON l.i4 = r.i4 AND upper(r.txt) <> 'X'",
        "EXECUTE p(7)",
        "EXPLAIN (VERBOSE) SELECT * FROM src.t WHERE id IN (SELECT id FROM src.u) ORDER BY txt",
        "SELECT 1 / (id - 3) FROM src.t",                                  // an error here
        "SELECT * FROM tessera.remote_query('source', 'x') AS r (i int)",  // and one there
        "BEGIN; DECLARE c CURSOR FOR SELECT * FROM src.t; FETCH 2 FROM c; ROLLBACK",
    };
    const auto runAll = [&](int times) {
        for (int i = 0; i < times; ++i) {
            for (const std::string& sql : statements) {
                (void)mesh->execute(sql);
            }
        }
    };
    const auto process = mesh->query("SELECT pg_backend_pid()");
    ASSERT_TRUE(process);
    const std::string pid = *process->values.at(0).at(0);
    constexpr int kTimes = 70;
    runAll(kTimes);  // what is kept for good is there now
    constexpr long kMayGrow = 256;
    constexpr int kMostRounds = 12;
    long least = std::numeric_limits<long>::max();
    long before = residentMemory(pid);
    ASSERT_GT(before, 0);
    for (int round = 1; round <= kMostRounds && least > kMayGrow; ++round) {
        runAll(kTimes);
        const long after = residentMemory(pid);
        std::cout << GetParam() << ": " << after - before << " kB more of " << before << " in round " << round << "\n";
        least = std::min(least, after - before);
        before = after;
    }
    EXPECT_LE(least, kMayGrow) << "kB, in each " << kTimes * statements.size() << " statements";
}

INSTANTIATE_TEST_SUITE_P(Dialects, Memory, testing::Values("postgres", "mysql", "sqlite", "duckdb"),
                         [](const auto& parameter) { return std::string(parameter.param); });

}  // namespace
}  // namespace tessera::correctness
