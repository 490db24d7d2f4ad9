/// Random runs of the simulated cluster for as long as asked: `./dev fault`. Prints how each failing seed is repeated.

#include "tests/fault/workload.h"

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <string>

namespace {

using tessera::store::raft::Guard;

struct Arguments {
    std::uint64_t seed = 1;
    std::uint64_t seeds = 1000;
    double minutes = 0;
    Guard without = Guard::kNone;
};

Guard guardNamed(const std::string& name) {
    for (int i = 0; i < static_cast<int>(Guard::kCount); ++i) {
        if (tessera::store::raft::guardName(static_cast<Guard>(i)) == name) {
            return static_cast<Guard>(i);
        }
    }
    std::fprintf(stderr, "tessera_fault_runs: there is no guard '%s'\n", name.c_str());
    std::exit(2);
}

Arguments parse(int count, char** values) {
    Arguments arguments;
    for (int i = 1; i + 1 < count; i += 2) {
        const std::string name = values[i];
        const std::string value = values[i + 1];
        if (name == "--seed") {
            arguments.seed = std::stoull(value);
        } else if (name == "--seeds") {
            arguments.seeds = std::stoull(value);
        } else if (name == "--minutes") {
            arguments.minutes = std::stod(value);
        } else if (name == "--without") {
            arguments.without = guardNamed(value);
        } else {
            std::fprintf(stderr, "tessera_fault_runs takes --seed, --seeds, --minutes and --without, not '%s'\n",
                         name.c_str());
            std::exit(2);
        }
    }
    return arguments;
}

}  // namespace

int main(int count, char** values) {
    const Arguments arguments = parse(count, values);
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
