#pragma once

/// What many cells have in common: counts, sum, average, extremes, how many differ. For a thread of the task pool; its
/// memory is bounded however many cells there are.

#include "app/core/results/cell_selection.h"
#include "app/core/thread/background_task.h"

#include <optional>
#include <string>

namespace tessera::app {

struct CellSummary {
    /// Values are told apart up to this many.
    static constexpr std::uint64_t kDistinctMax = 1'000'000;

    std::uint64_t cells = 0;
    std::uint64_t nulls = 0;
    std::uint64_t numbers = 0;
    /// Exact, as PostgreSQL writes a numeric; empty without numbers, or where is_sum_rounded.
    std::string sum;
    /// Floats, NaN and very large numerics are added as floating point numbers.
    bool is_sum_rounded = false;
    double rounded_sum = 0;
    double average = 0;
    /// Of columns of one kind that can be compared; in PostgreSQL's order. Long texts by their first kCutTextBytes.
    std::optional<std::string> smallest;
    std::optional<std::string> largest;
    /// NULL does not count. By 64-bit hashes: among a million values two are taken for one once in 37 million times.
    std::uint64_t distinct = 0;
    bool has_more_distinct = false;
};

Result<CellSummary> summarizeCells(const ResultView& view, const CellSelection& cells, TaskControl& control);

}  // namespace tessera::app
