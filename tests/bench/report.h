#pragma once

/// What a benchmark found: a table on standard output, and build/bench/NAME.json for docs/benchmarks.
///
/// Machines are shared and noisy, so ours and the peer's run in turn, in one process, and what counts is the ratio of
/// their medians.

#include "common/result.h"

#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace tessera::bench {

struct Row {
    std::string id;
    std::string what;
    double value = 0;  // ours, in `unit`; less is better
    std::string unit = "ms";
    std::string peer;                 // who `ratio` compares with
    double ratio = 0;                 // the peer's value by ours: more is better
    std::optional<double> goal = {};  // the least ratio wanted
    bool at_least = false;            // the peer was not waited for to its end
};

/// One contender: runs once, or says what failed.
struct Contender {
    std::string name;
    std::function<Result<>()> run;
};

/// Medians in milliseconds of `runs` runs of each, in turn, after one that is not counted.
Result<std::vector<double>> medians(const std::vector<Contender>& contenders, int runs);

/// A contender that measures itself: less is better.
struct Measured {
    std::string name;
    std::function<Result<double>()> run;
};

/// Medians of what `runs` runs of each say, in turn, after one that is not counted.
Result<std::vector<double>> medians(const std::vector<Measured>& contenders, int runs);

/// Prints the table and writes the file.
Result<> report(const std::string& name, const std::vector<Row>& rows);

}  // namespace tessera::bench
