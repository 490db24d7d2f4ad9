#include "app/core/results/chart_data.h"

#include "app/core/results/value_order.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <limits>
#include <numeric>
#include <optional>
#include <unordered_map>

namespace tessera::app {

namespace {

constexpr std::size_t kSeriesMax = 8;
constexpr std::size_t kBins = 32;
constexpr std::size_t kGroupsMax = 100'000;
constexpr std::uint64_t kRowsBetweenLooks = 1024;
constexpr double kMicrosecondsPerSecond = 1e6;

/// Sums of keys say nothing.
bool isKey(const client::ResultColumn& column) {
    return column.name == "id" || column.name.ends_with("_id");
}

bool isTime(ValueKind kind) {
    return kind == ValueKind::kDate || kind == ValueKind::kTimestamp;
}

/// Nothing for NULL and for what is not finite.
std::optional<double> numberAt(const ResultStore::Position& position, std::size_t column, ValueKind kind) {
    if (position.isNull(column)) {
        return std::nullopt;
    }
    const client::ResultBatch& batch = position.batch();
    double value = std::numeric_limits<double>::quiet_NaN();
    if (kind == ValueKind::kInteger) {
        value = static_cast<double>(batch.integer(position.row, column));
    } else if (kind == ValueKind::kFloat) {
        value = batch.number(position.row, column);
    } else if (kind == ValueKind::kNumeric) {
        value = std::strtod(std::string(batch.textView(position.row, column)).c_str(), nullptr);
    } else if (isTime(kind)) {
        constexpr std::uint64_t kSignBit = std::uint64_t{1} << 63U;
        const auto microseconds = static_cast<std::int64_t>(orderKey(kind, batch, position.row, column) ^ kSignBit);
        const bool is_infinite = microseconds == std::numeric_limits<std::int64_t>::max() ||
                                 microseconds == std::numeric_limits<std::int64_t>::min();
        value = is_infinite ? value : static_cast<double>(microseconds) / kMicrosecondsPerSecond;
    }
    return std::isfinite(value) ? std::optional(value) : std::nullopt;
}

class ChartMaker {
  public:
    ChartMaker(const ResultView& view, const ChartSpec& spec, TaskControl& control)
        : view_(view), spec_(spec), control_(control) {
        for (const client::ResultColumn& column : view.columns()) {
            kinds_.push_back(valueKindOf(column));
        }
        data_.kind = spec.kind;
        data_.row_count = view.rowCount();
        data_.x_name = spec.x < 0 ? std::string() : view.columns()[static_cast<std::size_t>(spec.x)].name;
        for (const int y : spec.y) {
            data_.series.push_back({view.columns()[static_cast<std::size_t>(y)].name, {}});
        }
    }

    Result<ChartData> make() {
        if (spec_.kind == ChartKind::kHistogram) {
            TSR_TRY(makeHistogram());
        } else if (spec_.kind == ChartKind::kBar || spec_.kind == ChartKind::kPie) {
            TSR_TRY(makeGroups());
        } else {
            TSR_TRY(makePoints());
        }
        return std::move(data_);
    }

  private:
    /// Calls `row(position, number)` for every step-th row.
    template <class Row>
    Result<> forEachRow(std::uint64_t step, const Row& row) {
        control_.setTotal(data_.row_count);
        std::uint64_t looked = 0;
        for (std::uint64_t at = 0; at < data_.row_count; at += step) {
            if (looked++ % kRowsBetweenLooks == 0) {
                control_.advance(kRowsBetweenLooks * step);
                if (control_.isCancelled()) {
                    return TaskControl::cancelled();
                }
            }
            const ResultStore::Position position = TSR_TRY(view_.at(at));
            row(position, at);
            ++data_.drawn_rows;
        }
        return {};
    }

    std::uint64_t step() const {
        return std::max<std::uint64_t>(1, (data_.row_count + ChartData::kPointsMax - 1) / ChartData::kPointsMax);
    }

    std::optional<double> y(const ResultStore::Position& position, std::size_t series) const {
        const auto column = static_cast<std::size_t>(spec_.y[series]);
        return numberAt(position, column, kinds_[column]);
    }

    std::string label(const ResultStore::Position& position, std::uint64_t row) const {
        if (spec_.x < 0) {
            return std::to_string(row + 1);
        }
        const auto column = static_cast<std::size_t>(spec_.x);
        return position.isNull(column) ? std::string("NULL") : position.batch().text(position.row, column);
    }

    Result<> makePoints() {
        const bool has_numbers = spec_.x < 0 || isNumber(kinds_[static_cast<std::size_t>(spec_.x)]) ||
                                 isTime(kinds_[static_cast<std::size_t>(spec_.x)]);
        data_.is_time = spec_.x >= 0 && isTime(kinds_[static_cast<std::size_t>(spec_.x)]);
        const auto add = [&](const ResultStore::Position& position, std::uint64_t row) {
            std::optional<double> x = static_cast<double>(row + 1);
            if (has_numbers && spec_.x >= 0) {
                x = numberAt(position, static_cast<std::size_t>(spec_.x), kinds_[static_cast<std::size_t>(spec_.x)]);
            }
            if (!x) {
                return;
            }
            data_.xs.push_back(*x);
            if (!has_numbers) {
                data_.categories.push_back(label(position, row));
            }
            for (std::size_t i = 0; i < data_.series.size(); ++i) {
                data_.series[i].values.push_back(y(position, i).value_or(std::numeric_limits<double>::quiet_NaN()));
            }
        };
        TSR_TRY(forEachRow(step(), add));
        if (has_numbers && spec_.kind != ChartKind::kScatter) {
            sortByX();
        }
        return {};
    }

    /// A line goes from left to right whatever the order of the rows.
    void sortByX() {
        std::vector<std::size_t> order(data_.xs.size());
        std::iota(order.begin(), order.end(), 0);
        std::stable_sort(order.begin(), order.end(),
                         [this](std::size_t a, std::size_t b) { return data_.xs[a] < data_.xs[b]; });
        const auto arrange = [&order](std::vector<double>& values) {
            std::vector<double> arranged;
            for (const std::size_t at : order) {
                arranged.push_back(values[at]);
            }
            values = std::move(arranged);
        };
        arrange(data_.xs);
        for (ChartSeries& series : data_.series) {
            arrange(series.values);
        }
    }

    Result<> makeGroups() {
        std::unordered_map<std::string, std::size_t> places;
        std::vector<std::string> names;
        std::vector<std::vector<double>> sums(data_.series.size());
        bool has_too_many = false;
        const auto add = [&](const ResultStore::Position& position, std::uint64_t row) {
            const auto [place, is_new] = places.try_emplace(label(position, row), names.size());
            if (is_new) {
                has_too_many = has_too_many || names.size() >= kGroupsMax;
                if (has_too_many) {
                    return;
                }
                names.push_back(place->first);
                for (std::vector<double>& sum : sums) {
                    sum.push_back(0);
                }
            }
            for (std::size_t i = 0; i < sums.size() && place->second < names.size(); ++i) {
                sums[i][place->second] += y(position, i).value_or(0);
            }
        };
        TSR_TRY(forEachRow(1, add));
        if (has_too_many) {
            return fail(ErrorCode::kResourceExhausted, "the column has too many different values for bars or slices",
                        "choose another column, or group in the statement");
        }
        keepLargest(names, sums);
        return {};
    }

    void keepLargest(const std::vector<std::string>& names, const std::vector<std::vector<double>>& sums) {
        std::vector<std::size_t> order(names.size());
        std::iota(order.begin(), order.end(), 0);
        if (names.size() > ChartData::kCategoriesMax && !sums.empty()) {
            std::stable_sort(order.begin(), order.end(),
                             [&](std::size_t a, std::size_t b) { return std::abs(sums[0][a]) > std::abs(sums[0][b]); });
        }
        const std::size_t kept = std::min(names.size(), ChartData::kCategoriesMax);
        for (std::size_t place = 0; place < kept; ++place) {
            data_.categories.push_back(names[order[place]]);
            for (std::size_t i = 0; i < sums.size(); ++i) {
                data_.series[i].values.push_back(sums[i][order[place]]);
            }
        }
        if (kept == names.size()) {
            return;
        }
        data_.other_categories = names.size() - kept;
        data_.categories.emplace_back("other");
        for (std::size_t i = 0; i < sums.size(); ++i) {
            double rest = 0;
            for (std::size_t place = kept; place < names.size(); ++place) {
                rest += sums[i][order[place]];
            }
            data_.series[i].values.push_back(rest);
        }
    }

    Result<> makeHistogram() {
        data_.series.resize(std::min<std::size_t>(data_.series.size(), 1));
        std::vector<double> values;
        const auto add = [&](const ResultStore::Position& position, std::uint64_t /*row*/) {
            if (const auto value = y(position, 0)) {
                values.push_back(*value);
            }
        };
        if (!data_.series.empty()) {
            TSR_TRY(forEachRow(step(), add));
        }
        if (values.empty()) {
            return {};
        }
        data_.x_name = data_.series[0].name;
        const auto [least, most] = std::minmax_element(values.begin(), values.end());
        data_.bin_width = *most > *least ? (*most - *least) / kBins : 1;
        data_.series[0].values.assign(kBins, 0);
        for (std::size_t bin = 0; bin < kBins; ++bin) {
            data_.xs.push_back(*least + data_.bin_width * static_cast<double>(bin));
        }
        for (const double value : values) {
            const auto bin = static_cast<std::size_t>((value - *least) / data_.bin_width);
            data_.series[0].values[std::min(bin, kBins - 1)] += 1;
        }
        return {};
    }

    const ResultView& view_;
    const ChartSpec& spec_;
    TaskControl& control_;
    std::vector<ValueKind> kinds_;
    ChartData data_;
};

}  // namespace

bool isChartable(const client::ResultColumn& column) {
    return isNumber(valueKindOf(column));
}

ChartSpec defaultChart(const ResultStore::Columns& columns) {
    ChartSpec spec;
    int time = -1;
    int name = -1;
    for (int i = 0; i < static_cast<int>(columns.size()); ++i) {
        const ValueKind kind = valueKindOf(columns[static_cast<std::size_t>(i)]);
        if (isNumber(kind)) {
            spec.y.push_back(i);
        } else if (isTime(kind)) {
            time = time < 0 ? i : time;
        } else {
            name = name < 0 ? i : name;
        }
    }
    if (spec.y.empty()) {
        return spec;
    }
    std::stable_partition(spec.y.begin(), spec.y.end(),
                          [&](int column) { return !isKey(columns[static_cast<std::size_t>(column)]); });
    if (time >= 0) {
        spec.kind = ChartKind::kLine;
        spec.x = time;
    } else if (name >= 0) {
        spec.kind = ChartKind::kBar;
        spec.x = name;
        spec.y.resize(1);
    } else if (spec.y.size() == 1) {
        spec.kind = ChartKind::kHistogram;
    } else {
        spec.kind = ChartKind::kScatter;
        spec.x = spec.y[0];
        spec.y = {spec.y[1]};
    }
    spec.y.resize(std::min(spec.y.size(), kSeriesMax));
    return spec;
}

Result<ChartData> makeChart(const ResultView& view, const ChartSpec& spec, TaskControl& control) {
    return ChartMaker(view, spec, control).make();
}

}  // namespace tessera::app
