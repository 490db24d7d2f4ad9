/// What several nodes do together: joins that run where the data is, look-ups by key through a node, endpoints, and a
/// shard that moves. Three real nodes, on links of 1 Gbit/s and 1 ms each way, which the stock wrapper crosses, too.

#include "tests/bench/mesh_bench.h"

#include "common/process.h"

#include <algorithm>
#include <cstdio>
#include <cstdlib>

namespace tessera::bench {

Measured pgbenchOf(const PgbenchTarget& target, const std::filesystem::path& script, int clients, int seconds) {
    return {target.name, [target, script, clients, seconds]() -> Result<double> {
                const std::string count = std::to_string(clients);
                const auto text = TSR_TRY(runChecked(
                    {.arguments = {"pgbench", "-n", "-M", "prepared", "-f", script.string(), "-c", count, "-j",
                                   clients == 1 ? "1" : "2", "-T", std::to_string(seconds), target.connection},
                     .environment = {{"PGPASSWORD", target.password}}},
                    std::chrono::seconds(seconds + 120)));
                const std::size_t at = text.find("tps = ");
                const std::size_t failed = text.find("number of failed transactions: 0 ");
                if (at == std::string::npos || failed == std::string::npos) {
                    return fail(ErrorCode::kInternal, "pgbench did not measure: " + text);
                }
                return 1e6 / std::stod(text.substr(at + 6));
            }};
}

namespace {

int numberIn(const char* variable, int otherwise) {
    const char* text = std::getenv(variable);
    return text != nullptr ? std::atoi(text) : otherwise;
}

/// All parts, or those that are named. "--short": once each, and less of it.
Result<> run(std::vector<std::string> wanted) {
    MeshSize size;
    if (std::erase(wanted, "--short") > 0) {
        size = {.orders = 300'000, .people = 30'000, .shard_mb = 20, .seconds = 2, .runs = 1, .is_short = true};
    }
    size.orders = numberIn("TESSERA_BENCH_ORDERS", size.orders);
    size.people = numberIn("TESSERA_BENCH_PEOPLE", size.people);
    size.shard_mb = numberIn("TESSERA_BENCH_SHARD_MB", size.shard_mb);
    if (size.shard_mb < 1 || size.shard_mb > 100000) {
        return fail(ErrorCode::kInvalidArgument, "TESSERA_BENCH_SHARD_MB is 1 to 100000");
    }
    if (size.orders < 1000 || size.people < 1000) {
        return fail(ErrorCode::kInvalidArgument, "TESSERA_BENCH_ORDERS and TESSERA_BENCH_PEOPLE are 1000 at least");
    }
    for (const std::string& name : wanted) {
        if (name != "joins" && name != "shards" && name != "endpoints" && name != "move") {
            return fail(ErrorCode::kInvalidArgument, "there is no part '" + name + "'",
                        "joins, shards, endpoints, move; or --short");
        }
    }
    const auto is_wanted = [&](const char* name) {
        return wanted.empty() || std::find(wanted.begin(), wanted.end(), name) != wanted.end();
    };
    std::vector<Row> rows;
    if (is_wanted("joins")) {
        TSR_TRY(benchJoins(size, rows));
    }
    if (is_wanted("shards")) {
        TSR_TRY(benchShards(size, rows));
    }
    if (is_wanted("endpoints")) {
        TSR_TRY(benchEndpoints(size, rows));
    }
    if (is_wanted("move")) {
        TSR_TRY(benchMove(size, rows));
    }
    std::string name = size.is_short ? "mesh-short" : "mesh";
    for (const std::string& part : wanted) {
        name += "-" + part;
    }
    return report(name, rows);
}

}  // namespace
}  // namespace tessera::bench

int main(int argc, char** argv) {
    const tessera::Result<> done = tessera::bench::run({argv + 1, argv + argc});
    if (!done) {
        std::fprintf(stderr, "bench: %s\n", done.error().describe().c_str());
        return 1;
    }
}
