#pragma once

/// A result as a chart wants it: which columns, in which form, and the points to draw. Bars and slices are sums over
/// every row; lines, areas, points and histograms are of every n-th row once there are more than kPointsMax, and say
/// so. For a thread of the task pool, but for defaultChart().

#include "app/core/results/result_view.h"
#include "app/core/thread/background_task.h"

#include <string>
#include <vector>

namespace tessera::app {

enum class ChartKind { kLine, kBar, kArea, kScatter, kHistogram, kPie };

struct ChartSpec {
    ChartKind kind = ChartKind::kBar;
    /// The store's column; -1: the number of the row.
    int x = -1;
    std::vector<int> y;
};

struct ChartSeries {
    std::string name;
    std::vector<double> values;
};

struct ChartData {
    static constexpr std::uint64_t kPointsMax = 50'000;
    /// Bars and slices; the rest is one more, called "other".
    static constexpr std::size_t kCategoriesMax = 24;

    ChartKind kind = ChartKind::kBar;
    std::string x_name;
    /// One for each value of a series, or empty where x has numbers.
    std::vector<std::string> categories;
    std::vector<double> xs;
    /// Of a histogram: what one bar is wide; xs are where bars begin.
    double bin_width = 0;
    /// xs are seconds since 1970.
    bool is_time = false;
    std::vector<ChartSeries> series;
    std::uint64_t row_count = 0;
    std::uint64_t drawn_rows = 0;
    /// Values of x that were put together as "other".
    std::uint64_t other_categories = 0;
};

bool isChartable(const client::ResultColumn& column);

/// What the types suggest: times make a line, names with numbers bars, two numbers points, one number a histogram.
/// Nothing to draw: no y.
ChartSpec defaultChart(const ResultStore::Columns& columns);

Result<ChartData> makeChart(const ResultView& view, const ChartSpec& spec, TaskControl& control);

}  // namespace tessera::app
