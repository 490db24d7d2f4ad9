/// Random queries for as long as asked, pushed down and on local copies. Each seed has tables, settings of the planner
/// and queries of its own; a difference is printed as a small query, and the next seed follows.

#include "tests/correctness/differential.h"

#include <CLI/CLI.hpp>

#include <cstdio>

namespace tessera::correctness {
namespace {

using std::chrono::steady_clock;

struct Options {
    std::string source;
    std::uint32_t first_seed = 1;
    std::size_t queries = 0;
    double minutes = 0;
    std::size_t queries_per_seed = 10000;
    std::string replay;
    std::vector<std::string> parameters;
};

bool parse(int argc, char** argv, Options& options) {
    CLI::App app("Random queries on foreign tables and on local copies");
    app.add_option("source", options.source,
                   "postgres, mysql, sqlite, duckdb, odbc_postgres, odbc_mariadb, odbc_sqlite, odbc_file, store")
        ->required();
    app.add_option("--seed", options.first_seed, "the first one");
    app.add_option("--queries", options.queries, "how many at least; 0: until the time is up");
    app.add_option("--minutes", options.minutes, "how long at most; 0: until all are run");
    app.add_option("--queries-per-seed", options.queries_per_seed);
    app.add_option("--replay", options.replay, "run this query on the first seed's tables, and show its plan");
    app.add_option("--parameter", options.parameters, "its parameters");
    try {
        app.parse(argc, argv);
    } catch (const CLI::ParseError& error) {
        app.exit(error);
        return false;
    }
    return true;
}

int run(const Options& options) {
    const auto begin = steady_clock::now();
    std::optional<steady_clock::time_point> end;
    if (options.minutes > 0) {
        end = begin + std::chrono::seconds(static_cast<std::int64_t>(options.minutes * 60));
    }
    const std::size_t wanted = options.queries > 0 || end ? options.queries : options.queries_per_seed;
    Tally total;
    const auto more = [&] {
        return (wanted == 0 || total.compared() < wanted) && (!end || steady_clock::now() < *end);
    };
    for (std::uint32_t seed = options.first_seed; more(); ++seed) {
        auto differential = Differential::start(
            options.source, seed, [](const std::string& text) { std::printf("DIFFERENT: %s\n", text.c_str()); });
        if (!differential) {
            std::printf("%s\n", differential.error().describe().c_str());
            return 2;
        }
        if (!options.replay.empty()) {
            std::printf("%s\n", differential->replay(options.replay, options.parameters).c_str());
            return 0;
        }
        const std::size_t left = wanted == 0 ? options.queries_per_seed : wanted - total.compared();
        const auto tally = differential->run(std::min(left, options.queries_per_seed), end);
        if (!tally) {
            std::printf("%s\n", tally.error().describe().c_str());
            return 2;
        }
        total.add(*tally);
        const double seconds = std::chrono::duration<double>(steady_clock::now() - begin).count();
        std::printf("%s, seeds %u to %u, %.0f s (%.0f a second): %s\n", options.source.c_str(), options.first_seed,
                    seed, seconds, static_cast<double>(total.compared()) / seconds, total.describe().c_str());
        std::fflush(stdout);
    }
    return total.different == 0 ? 0 : 1;
}

}  // namespace
}  // namespace tessera::correctness

int main(int argc, char** argv) {
    tessera::correctness::Options options;
    return parse(argc, argv, options) ? tessera::correctness::run(options) : 2;
}
