/// Random runs of the simulated cluster for as long as asked: `./dev fault`. Prints how each failing seed is repeated.

#include "tests/fault/workload.h"

#include <CLI/CLI.hpp>

#include <chrono>
#include <cstdio>
#include <map>
#include <string>

namespace {

using tessera::store::raft::Guard;

struct Arguments {
    std::uint64_t seed = 1;
    std::uint64_t seeds = 1000;
    double minutes = 0;
    Guard without = Guard::kNone;
};

std::map<std::string, Guard> guards() {
    std::map<std::string, Guard> named;
    for (int i = 0; i < static_cast<int>(Guard::kCount); ++i) {
        named.emplace(tessera::store::raft::guardName(static_cast<Guard>(i)), static_cast<Guard>(i));
    }
    return named;
}

}  // namespace

int main(int count, char** values) {
    Arguments arguments;
    CLI::App program(
        "Random runs of the simulated store, each decided by its seed. Says how each failing one is repeated.",
        "tessera_fault_runs");
    program.add_option("--seed", arguments.seed, "The first seed")->capture_default_str();
    CLI::Option* seeds =
        program.add_option("--seeds", arguments.seeds, "How many")->check(CLI::PositiveNumber)->capture_default_str();
    program.add_option("--minutes", arguments.minutes, "For so long, instead of a number of seeds")
        ->check(CLI::PositiveNumber)
        ->excludes(seeds);
    program.add_option("--without", arguments.without, "Leave this guard of Raft's out, to see the runs fail")
        ->type_name("GUARD")
        ->transform(CLI::CheckedTransformer(guards()));
    try {
        program.parse(count, values);
    } catch (const CLI::ParseError& error) {
        const bool is_wish = error.get_exit_code() == 0;
        program.exit(error);
        return is_wish ? 0 : 2;
    }
    tessera::store::raft::leftOut() = arguments.without;
    const auto start = std::chrono::steady_clock::now();
    const auto seconds = [&] {
        return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    };
    std::uint64_t runs = 0;
    std::uint64_t failed = 0;
    std::uint64_t steps = 0;
    std::uint64_t answered = 0;
    int undecided = 0;
    std::map<std::string, long> faults;
    for (std::uint64_t seed = arguments.seed;; ++seed) {
        const bool is_over = arguments.minutes > 0 ? seconds() > arguments.minutes * 60 : runs >= arguments.seeds;
        if (is_over) {
            break;
        }
        const auto report = tessera::fault::runWorkload({.seed = seed});
        ++runs;
        steps += report.steps;
        answered += report.answered;
        undecided += report.undecided;
        for (const auto& [name, times] : report.faults) {
            faults[name] += times;
        }
        if (report.fault) {
            ++failed;
            std::printf("seed %llu: %s\n  again: ./dev fault --seed %llu --seeds 1\n",
                        static_cast<unsigned long long>(seed), report.fault->c_str(),
                        static_cast<unsigned long long>(seed));
            std::fflush(stdout);
        }
    }
    std::printf("%llu runs, %llu failed; %.1f million steps and %llu answered operations in %.0f s\n",
                static_cast<unsigned long long>(runs), static_cast<unsigned long long>(failed),
                static_cast<double>(steps) / 1e6, static_cast<unsigned long long>(answered), seconds());
    if (undecided > 0) {
        std::printf("%d histories of a key were too long to be judged\n", undecided);
    }
    for (const auto& [name, times] : faults) {
        std::printf("  %-16s %ld\n", name.c_str(), times);
    }
    return failed == 0 ? 0 : 1;
}
