#include "app/core/results/cell_summary.h"

#include "app/core/results/value_order.h"

#include <algorithm>
#include <cstdlib>
#include <unordered_set>

namespace tessera::app {

namespace {

__extension__ using Wide = __int128;

/// Numerics are added as whole numbers of this many decimal places.
constexpr int kPlaces = 12;
/// Before the point: a hundred million of such numbers have a sum below 2^127.
constexpr int kDigitsMax = 17;

std::uint64_t hashOf(std::string_view text) {
    // FNV-1a, then mixed: short numbers would otherwise differ in few bits.
    std::uint64_t hash = 0xCBF29CE484222325U;
    for (const char c : text) {
        hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001B3U;
    }
    hash ^= hash >> 32U;
    hash *= 0xD6E8FEB86659FD93U;
    return hash ^ hash >> 32U;
}

/// The decimal as whole units of 10^-kPlaces; nothing when it does not fit exactly.
std::optional<Wide> scaled(std::string_view text) {
    const bool is_negative = text.starts_with('-');
    text.remove_prefix(is_negative ? 1 : 0);
    Wide value = 0;
    int places = -1;
    int digits = 0;
    for (const char c : text) {
        if (c == '.' && places < 0) {
            places = 0;
        } else if (c >= '0' && c <= '9') {
            if (places == kPlaces) {
                if (c != '0') {
                    return std::nullopt;
                }
                continue;
            }
            places += places >= 0 ? 1 : 0;
            digits += places < 0 ? 1 : 0;
            if (digits > kDigitsMax) {
                return std::nullopt;
            }
            value = value * 10 + (c - '0');
        } else {
            return std::nullopt;
        }
    }
    for (int place = std::max(places, 0); place < kPlaces; ++place) {
        value *= 10;
    }
    return is_negative ? -value : value;
}

std::string writtenOf(Wide units, bool has_places) {
    const bool is_negative = units < 0;
    std::string digits;
    for (Wide rest = is_negative ? -units : units; rest != 0; rest /= 10) {
        digits += static_cast<char>('0' + static_cast<int>(rest % 10));
    }
    const std::size_t least = has_places ? kPlaces + 1 : 1;
    digits.resize(std::max(digits.size(), least), '0');
    std::reverse(digits.begin(), digits.end());
    if (has_places) {
        digits.insert(digits.size() - kPlaces, 1, '.');
        digits.resize(digits.find_last_not_of('0') + 1);
        if (digits.ends_with('.')) {
            digits.pop_back();
        }
    }
    if (is_negative) {
        digits.insert(0, 1, '-');
    }
    return digits;
}

class Summarizer {
  public:
    Summarizer(const ResultView& view, const CellSelection& cells) : store_(*view.store) {
        for (const int column : cells.columns) {
            kinds_.push_back(valueKindOf(view.columns()[static_cast<std::size_t>(column)]));
        }
        is_one_kind_ = !kinds_.empty() && isComparable(kinds_[0]) &&
                       std::all_of(kinds_.begin(), kinds_.end(), [this](ValueKind kind) { return kind == kinds_[0]; });
    }

    Result<> add(const ResultStore::Position& position, std::size_t index, int column) {
        const auto at = static_cast<std::size_t>(column);
        ++summary_.cells;
        if (position.isNull(at)) {
            ++summary_.nulls;
            return {};
        }
        const ValueKind kind = kinds_[index];
        const client::ResultBatch& batch = position.batch();
        if (kind == ValueKind::kInteger) {
            addInteger(batch.integer(position.row, at));
            addDistinct(static_cast<std::uint64_t>(batch.integer(position.row, at)) * 0x9E3779B97F4A7C15U);
        } else if (kind == ValueKind::kFloat) {
            addRounded(batch.number(position.row, at));
            addDistinct(orderKey(kind, batch, position.row, at) * 0x9E3779B97F4A7C15U);
        } else if (batch.column(at).encoding == client::ColumnEncoding::kText) {
            std::string whole;
            std::string_view text = batch.textView(position.row, at);
            if (position.chunk->longText(position.row, at) != nullptr) {
                text = whole = TSR_TRY(store_.readText(position, at));
            }
            if (kind == ValueKind::kNumeric) {
                addNumeric(text);
            }
            addDistinct(hashOf(canonicalText(kind, text)));
        } else {
            addDistinct(hashOf(batch.text(position.row, at)));
        }
        if (is_one_kind_) {
            addExtreme(kind, position, at);
        }
        return {};
    }

    CellSummary finish() {
        summary_.is_sum_rounded = is_rounded_;
        const auto whole = static_cast<double>(whole_);
        const double parts = static_cast<double>(units_) / kUnit;
        summary_.rounded_sum = rounded_ + whole + parts;
        if (summary_.numbers > 0) {
            summary_.average = summary_.rounded_sum / static_cast<double>(summary_.numbers);
            if (!is_rounded_) {
                constexpr Wide kUnits = 1'000'000'000'000;
                summary_.sum = writtenOf(whole_ * kUnits + units_, true);
            }
        }
        summary_.distinct = seen_.size();
        return std::move(summary_);
    }

  private:
    static constexpr double kUnit = 1e12;

    void addInteger(std::int64_t value) {
        ++summary_.numbers;
        whole_ += value;
        // Ends where whole_ * kUnits would overflow: about 10^26.
        constexpr Wide kWholeMax = static_cast<Wide>(100'000'000'000'000) * 1'000'000'000'000;
        if (whole_ > kWholeMax || whole_ < -kWholeMax) {
            is_rounded_ = true;
        }
    }

    void addNumeric(std::string_view text) {
        if (const auto units = scaled(text)) {
            ++summary_.numbers;
            units_ += *units;
        } else {
            addRounded(std::strtod(std::string(text).c_str(), nullptr));
        }
    }

    void addRounded(double value) {
        ++summary_.numbers;
        is_rounded_ = true;
        rounded_ += value;
    }

    void addDistinct(std::uint64_t hash) {
        if (seen_.size() < CellSummary::kDistinctMax) {
            seen_.insert(hash);
        } else if (!summary_.has_more_distinct) {
            summary_.has_more_distinct = !seen_.contains(hash);
        }
    }

    void addExtreme(ValueKind kind, const ResultStore::Position& position, std::size_t column) {
        const std::uint64_t key = orderKey(kind, position.batch(), position.row, column);
        const auto text = [&] {
            std::string value = position.batch().text(position.row, column);
            return kind == ValueKind::kBoolean ? std::string(value == "t" ? "true" : "false") : value;
        };
        const auto beats = [&](std::uint64_t best_key, const std::optional<std::string>& best, int sign) {
            if (!best || key != best_key) {
                return !best || (sign < 0 ? key < best_key : key > best_key);
            }
            return !isExactKey(kind) && compareTexts(kind, text(), *best) * sign > 0;
        };
        if (beats(smallest_key_, summary_.smallest, -1)) {
            smallest_key_ = key;
            summary_.smallest = text();
        }
        if (beats(largest_key_, summary_.largest, 1)) {
            largest_key_ = key;
            summary_.largest = text();
        }
    }

    const ResultStore& store_;
    std::vector<ValueKind> kinds_;
    bool is_one_kind_ = false;
    CellSummary summary_;
    Wide whole_ = 0;
    Wide units_ = 0;
    double rounded_ = 0;
    bool is_rounded_ = false;
    std::uint64_t smallest_key_ = 0;
    std::uint64_t largest_key_ = 0;
    std::unordered_set<std::uint64_t> seen_;
};

}  // namespace

Result<CellSummary> summarizeCells(const ResultView& view, const CellSelection& cells, TaskControl& control) {
    control.setTotal(cells.rowCount());
    Summarizer summarizer(view, cells);
    std::uint64_t rows = 0;
    constexpr std::uint64_t kRowsBetweenLooks = 4096;
    const auto add = [&](const ResultStore::Position& position, std::uint64_t row) -> Result<> {
        if (++rows % kRowsBetweenLooks == 0) {
            control.advance(kRowsBetweenLooks);
            if (control.isCancelled()) {
                return TaskControl::cancelled();
            }
        }
        for (std::size_t i = 0; i < cells.columns.size(); ++i) {
            if (!cells.contains || cells.contains(row, cells.columns[i])) {
                TSR_TRY(summarizer.add(position, i, cells.columns[i]));
            }
        }
        return {};
    };
    TSR_TRY(forEachSelectedRow(view, cells, add));
    return summarizer.finish();
}

}  // namespace tessera::app
