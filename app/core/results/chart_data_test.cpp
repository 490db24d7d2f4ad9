#include "app/core/results/chart_data.h"

#include "app/core/output/text_batch.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

namespace tessera::app {
namespace {

using testing::ElementsAre;

ResultStore::Columns columnsOf(const std::vector<std::string>& types) {
    ResultStore::Columns columns;
    for (const std::string& type : types) {
        const auto encoding = type == "bigint" ? client::ColumnEncoding::kInt64 : client::ColumnEncoding::kText;
        columns.push_back({"c" + std::to_string(columns.size()), type, 0, encoding});
    }
    return columns;
}

ResultView viewOf(const std::vector<std::string>& types, std::vector<client::ResultBatch::Column> data,
                  std::size_t rows) {
    auto store = std::make_shared<ResultStore>();
    store->setColumns(columnsOf(types));
    EXPECT_TRUE(store->append(std::make_shared<const client::ResultBatch>(rows, std::move(data))));
    return {store, nullptr};
}

ChartData chartOf(const ResultView& view, const ChartSpec& spec) {
    TaskControl control;
    return *makeChart(view, spec, control);
}

TEST(Chart, TypesSuggestItsKind) {
    EXPECT_EQ(defaultChart(columnsOf({"date", "bigint", "numeric"})).kind, ChartKind::kLine);
    EXPECT_THAT(defaultChart(columnsOf({"date", "bigint", "numeric"})).y, ElementsAre(1, 2));
    EXPECT_EQ(defaultChart(columnsOf({"text", "bigint"})).kind, ChartKind::kBar);
    EXPECT_EQ(defaultChart(columnsOf({"bigint", "bigint"})).kind, ChartKind::kScatter);
    EXPECT_EQ(defaultChart(columnsOf({"numeric"})).kind, ChartKind::kHistogram);
    EXPECT_TRUE(defaultChart(columnsOf({"text", "jsonb"})).y.empty());
    ResultStore::Columns columns = columnsOf({"bigint", "text", "numeric"});
    columns[0].name = "id";
    EXPECT_THAT(defaultChart(columns).y, ElementsAre(2));
}

TEST(Chart, BarsAreSumsOfEveryRow) {
    const ResultView view = viewOf(
        {"text", "numeric"}, {textColumn({"CA", "NY", "CA", std::nullopt}), textColumn({"1.5", "2", "3", "4"})}, 4);
    const ChartData data = chartOf(view, {ChartKind::kBar, 0, {1}});
    EXPECT_THAT(data.categories, ElementsAre("CA", "NY", "NULL"));
    EXPECT_THAT(data.series[0].values, ElementsAre(4.5, 2, 4));
}

TEST(Chart, ManyCategoriesBecomeOther) {
    TextRow names;
    std::vector<std::optional<std::int64_t>> values;
    for (int i = 0; i < 40; ++i) {
        names.emplace_back("n" + std::to_string(i));
        values.emplace_back(i);
    }
    const ChartData data =
        chartOf(viewOf({"text", "bigint"}, {textColumn(names), integerColumn(values)}, 40), {ChartKind::kPie, 0, {1}});
    EXPECT_EQ(data.categories.size(), ChartData::kCategoriesMax + 1);
    EXPECT_EQ(data.categories[0], "n39");
    EXPECT_EQ(data.other_categories, 16U);
    EXPECT_EQ(data.series[0].values.back(), 120);
}

TEST(Chart, LinesGoByTimeAndSkipNulls) {
    const ResultView view = viewOf(
        {"date", "bigint"},
        {textColumn({"2026-01-02", "2026-01-01", std::nullopt, "infinity"}), integerColumn({2, std::nullopt, 3, 4})},
        4);
    const ChartData data = chartOf(view, {ChartKind::kLine, 0, {1}});
    ASSERT_EQ(data.xs.size(), 2U);
    EXPECT_TRUE(data.is_time);
    EXPECT_EQ(data.xs[1] - data.xs[0], 86'400);
    EXPECT_TRUE(std::isnan(data.series[0].values[0]));
    EXPECT_EQ(data.series[0].values[1], 2);
}

TEST(Chart, LargeResultsAreSampledAndSaySo) {
    std::vector<std::optional<std::int64_t>> values;
    constexpr std::size_t kRows = 120'000;
    for (std::size_t i = 0; i < kRows; ++i) {
        values.emplace_back(static_cast<std::int64_t>(i));
    }
    const ResultView view = viewOf({"bigint"}, {integerColumn(values)}, kRows);
    const ChartData line = chartOf(view, {ChartKind::kLine, -1, {0}});
    EXPECT_EQ(line.row_count, kRows);
    EXPECT_EQ(line.drawn_rows, kRows / 3);
    const ChartData histogram = chartOf(view, {ChartKind::kHistogram, -1, {0}});
    double sum = 0;
    for (const double count : histogram.series[0].values) {
        sum += count;
    }
    EXPECT_EQ(sum, static_cast<double>(histogram.drawn_rows));
}

}  // namespace
}  // namespace tessera::app
