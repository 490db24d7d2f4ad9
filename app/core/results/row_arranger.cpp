#include "app/core/results/row_arranger.h"

#include "app/core/output/text_writers.h"
#include "app/core/results/value_order.h"

#include <algorithm>
#include <array>
#include <atomic>
#include <bit>
#include <limits>
#include <thread>
#include <utility>

namespace tessera::app {

namespace {

/// So few are sorted by comparing them.
constexpr std::ptrdiff_t kFewItems = 256;

/// So many are sorted by several threads.
constexpr std::ptrdiff_t kSharedItems = std::ptrdiff_t{1} << 18U;
constexpr unsigned kThreadsMax = 4;

/// Bytes of keys that are looked at one within the other, each of which takes some kilobytes of the stack.
constexpr int kLevelsMax = 64;

/// Those that only comparing tells apart are sorted in pieces, so that cancelling need not wait for all of it.
constexpr std::ptrdiff_t kSortedPiece = std::ptrdiff_t{1} << 20U;

/// Calls `row(position, store row)` for every row; `row` returns a Result<>. Advances the control, whose total is the
/// caller's, by the rows.
template <class Row>
Result<> forEachRow(const ResultStore& store, std::uint64_t row_count, TaskControl& control, const Row& row) {
    const std::size_t chunks = store.chunkCount();
    for (std::size_t chunk = 0; chunk < chunks; ++chunk) {
        const ResultStore::Span span = store.chunkSpan(chunk);
        if (span.first_row >= row_count) {
            break;
        }
        if (control.isCancelled()) {
            return TaskControl::cancelled();
        }
        ResultStore::Position position{TSR_TRY(store.readChunk(chunk)), 0};
        for (; position.row < span.row_count; ++position.row) {
            TSR_TRY(row(position, span.first_row + position.row));
        }
        control.advance(span.row_count);
    }
    return {};
}

class Sorter {
  public:
    Sorter(const ResultStore& store, ValueKind kind, RowSort sort) : store_(store), kind_(kind), sort_(sort) {}

    Result<> add(const ResultStore::Position& position, std::uint32_t row) {
        if (position.isNull(sort_.column)) {
            nulls_.push_back(row);
            return {};
        }
        const std::uint64_t key = orderKey(kind_, position.batch(), position.row, sort_.column);
        Item item{isDescending() ? ~key : key, row, 0};
        if (!isExactKey(kind_)) {
            TSR_TRY(addText(position, item));
        }
        items_.push_back(item);
        return {};
    }

    Result<std::shared_ptr<const RowOrder>> finish(TaskControl& control) {
        if (!sortItems({items_.begin(), items_.end()}, 0, 0, control)) {
            return TaskControl::cancelled();
        }
        auto order = std::make_shared<RowOrder>();
        order->reserve(items_.size() + nulls_.size());
        if (isDescending()) {
            order->insert(order->end(), nulls_.begin(), nulls_.end());
        }
        for (const Item& item : items_) {
            order->push_back(item.row);
        }
        if (!isDescending()) {
            order->insert(order->end(), nulls_.begin(), nulls_.end());
        }
        return std::shared_ptr<const RowOrder>(std::move(order));
    }

  private:
    struct Item {
        std::uint64_t key;  // inverted when descending
        std::uint32_t row;
        /// Number of the text from 1; 0 when the key has all of it.
        std::uint32_t text;
    };

    using Iterator = std::vector<Item>::iterator;

    struct Items {
        Iterator begin;
        Iterator end;

        std::ptrdiff_t size() const { return end - begin; }
    };

    Result<> addText(const ResultStore::Position& position, Item& item) {
        const bool is_numeric = kind_ == ValueKind::kNumeric;
        std::string whole;
        std::string_view text = position.batch().textView(position.row, sort_.column);
        if (position.chunk->longText(position.row, sort_.column) != nullptr) {
            text = whole = TSR_TRY(store_.readText(position, sort_.column));
        }
        if (!is_numeric && text.size() <= sizeof item.key) {
            return {};
        }
        texts_.append(text);
        ends_.push_back(texts_.size());
        item.text = static_cast<std::uint32_t>(ends_.size());
        if (texts_.size() > kSortedTextBytesMax) {
            return fail(ErrorCode::kResourceExhausted, "the column has too much text to be sorted here",
                        "sort on the server instead");
        }
        return {};
    }

    std::string_view textOf(const Item& item) const {
        if (item.text == 0) {
            return {};
        }
        const std::size_t begin = item.text == 1 ? 0 : ends_[item.text - 2];
        return std::string_view(texts_).substr(begin, ends_[item.text - 1] - begin);
    }

    bool isDescending() const { return sort_.direction == SortDirection::kDescending; }

    bool isBefore(const Item& a, const Item& b) const {
        if (a.key != b.key) {
            return a.key < b.key;
        }
        if (a.text != 0 || b.text != 0) {
            // A text that the key holds whole comes before one that begins with it.
            const int order =
                a.text == 0 || b.text == 0 ? (a.text == 0 ? -1 : 1) : compareTexts(kind_, textOf(a), textOf(b));
            if (order != 0) {
                return (order < 0) != isDescending();
            }
        }
        return a.row < b.row;
    }

    bool hasByteKeys() const { return kind_ == ValueKind::kText || kind_ == ValueKind::kPadded; }

    /// The keys are the texts' bytes from `depth` on; those before are the same. False: cancelled. By the highest byte
    /// in which they differ, then each of those with the same byte, and so on.
    bool sortItems(Items items, std::size_t depth, int level, TaskControl& control) {
        std::uint64_t differing = 0;
        while ((differing = differingBits(items)) == 0) {
            if (items.size() < 2) {
                return true;
            }
            if (isExactKey(kind_) || (hasByteKeys() && isWholeText(*items.begin))) {
                return sortByRow(items, level, control);
            }
            if (!hasByteKeys()) {
                return sortInPieces(items.begin, items.end, control);
            }
            if (control.isCancelled()) {
                return false;
            }
            depth += sizeof(Item::key);
            takeKeys(items, depth);
        }
        if (level >= kLevelsMax) {
            // Texts each of which begins with the one before: comparing needs no stack.
            return sortInPieces(items.begin, items.end, control);
        }
        if (items.size() <= kFewItems) {
            return sortFew(items, depth, level, control);
        }
        return sortByByte(items, differing, depth, level, control);
    }

    static std::uint64_t differingBits(Items items) {
        std::uint64_t differing = 0;
        for (auto item = items.begin; item != items.end; ++item) {
            differing |= item->key ^ items.begin->key;
        }
        return differing;
    }

    /// Whether the text ends within the key: no text has zeros.
    bool isWholeText(const Item& item) const { return ((isDescending() ? ~item.key : item.key) & 0xFFU) == 0; }

    void takeKeys(Items items, std::size_t depth) {
        for (auto item = items.begin; item != items.end; ++item) {
            const std::string_view text = canonicalText(kind_, textOf(*item));
            const std::uint64_t key = orderKeyOfText(ValueKind::kText, text.substr(std::min(depth, text.size())));
            item->key = isDescending() ? ~key : key;
        }
    }

    /// Of items that are the same: as they came.
    bool sortByRow(Items items, int level, TaskControl& control) {
        if (items.size() <= kFewItems || level >= kLevelsMax) {
            std::sort(items.begin, items.end, [](const Item& a, const Item& b) { return a.row < b.row; });
            return !control.isCancelled();
        }
        for (auto item = items.begin; item != items.end; ++item) {
            item->key = item->row;
        }
        return sortItems(items, 0, level + 1, control);
    }

    bool sortFew(Items items, std::size_t depth, int level, TaskControl& control) {
        std::sort(items.begin, items.end, [](const Item& a, const Item& b) { return a.key < b.key; });
        for (auto begin = items.begin; begin != items.end;) {
            const auto end = std::find_if(begin, items.end, [&](const Item& item) { return item.key != begin->key; });
            if (end - begin > 1 && !sortItems({begin, end}, depth, level + 1, control)) {
                return false;
            }
            begin = end;
        }
        return true;
    }

    /// In place (American flag sort: McIlroy, Bostic and McIlroy, "Engineering Radix Sort", 1993).
    bool sortByByte(Items items, std::uint64_t differing, std::size_t depth, int level, TaskControl& control) {
        constexpr int kByteBits = 8;
        const int shift = (static_cast<int>(std::bit_width(differing)) - 1) / kByteBits * kByteBits;
        const auto byteOf = [shift](const Item& item) { return (item.key >> shift) & 0xFFU; };
        std::array<std::ptrdiff_t, 257> ends{};
        for (auto item = items.begin; item != items.end; ++item) {
            ++ends.at(byteOf(*item) + 1);
        }
        for (std::size_t byte = 0; byte < 256; ++byte) {
            ends.at(byte + 1) += ends.at(byte);
        }
        std::array<std::ptrdiff_t, 257> places = ends;
        for (std::size_t byte = 0; byte < 256; ++byte) {
            while (places.at(byte) < ends.at(byte + 1)) {
                Item& here = items.begin[places.at(byte)];
                const std::size_t own = byteOf(here);
                if (own == byte) {
                    ++places.at(byte);
                } else {
                    std::swap(here, items.begin[places.at(own)++]);
                }
            }
        }
        std::atomic<std::size_t> next{0};
        std::atomic<bool> is_sorted{true};
        // The first large split: its parts are shared, and are what progress is counted in.
        const bool is_shared = items.size() >= kSharedItems && !is_shared_.exchange(true);
        const auto sortBuckets = [&] {
            for (std::size_t byte = next++; byte < 256 && is_sorted; byte = next++) {
                const Items bucket{items.begin + ends.at(byte), items.begin + ends.at(byte + 1)};
                if (control.isCancelled() || !sortItems(bucket, depth, level + 1, control)) {
                    is_sorted = false;
                }
                control.advance(is_shared ? static_cast<std::uint64_t>(bucket.size()) : 0);
            }
        };
        std::vector<std::jthread> helpers;
        if (is_shared) {
            for (unsigned i = 1; i < std::clamp(std::thread::hardware_concurrency(), 1U, kThreadsMax); ++i) {
                helpers.emplace_back(sortBuckets);
            }
        }
        sortBuckets();
        helpers.clear();
        return is_sorted;
    }

    bool sortInPieces(Iterator begin, Iterator end, TaskControl& control) {
        const auto before = [this](const Item& a, const Item& b) { return isBefore(a, b); };
        const auto at = [&](std::ptrdiff_t index) { return begin + std::min(index, end - begin); };
        for (std::ptrdiff_t piece = 0; piece < end - begin; piece += kSortedPiece) {
            std::sort(at(piece), at(piece + kSortedPiece), before);
            if (control.isCancelled()) {
                return false;
            }
        }
        for (std::ptrdiff_t width = kSortedPiece; width < end - begin; width *= 2) {
            for (std::ptrdiff_t piece = 0; piece + width < end - begin; piece += 2 * width) {
                std::inplace_merge(at(piece), at(piece + width), at(piece + 2 * width), before);
                if (control.isCancelled()) {
                    return false;
                }
            }
        }
        return true;
    }

    const ResultStore& store_;
    const ValueKind kind_;
    const RowSort sort_;
    std::vector<Item> items_;
    RowOrder nulls_;
    std::string texts_;
    std::vector<std::size_t> ends_;
    /// Other threads sort, too.
    std::atomic<bool> is_shared_{false};
};

}  // namespace

Result<std::shared_ptr<const RowOrder>> arrangeRows(const ResultStore& store, const RowFilter& filter,
                                                    const std::optional<RowSort>& sort, TaskControl& control) {
    const std::uint64_t row_count = store.rowCount();
    if (row_count > std::numeric_limits<std::uint32_t>::max()) {
        return fail(ErrorCode::kResourceExhausted, "the result has too many rows to be arranged here",
                    "filter or sort on the server instead");
    }
    // To sort what was read is as much again.
    control.setTotal(sort ? 2 * row_count : row_count);
    if (!sort) {
        auto order = std::make_shared<RowOrder>();
        const auto add = [&](const ResultStore::Position& position, std::uint64_t row) -> Result<> {
            if (TSR_TRY(filter.matches(store, position))) {
                order->push_back(static_cast<std::uint32_t>(row));
            }
            return {};
        };
        TSR_TRY(forEachRow(store, row_count, control, add));
        return std::shared_ptr<const RowOrder>(std::move(order));
    }
    const client::ResultColumn& column = (*store.columns())[sort->column];
    const ValueKind kind = valueKindOf(column);
    if (!isComparable(kind)) {
        return fail(ErrorCode::kInvalidArgument, "values of type " + column.type_name + " are not sorted here",
                    "sort on the server instead");
    }
    Sorter sorter(store, kind, *sort);
    const auto add = [&](const ResultStore::Position& position, std::uint64_t row) -> Result<> {
        const bool is_kept = filter.isEmpty() || TSR_TRY(filter.matches(store, position));
        return is_kept ? sorter.add(position, static_cast<std::uint32_t>(row)) : Result<>{};
    };
    TSR_TRY(forEachRow(store, row_count, control, add));
    return sorter.finish(control);
}

std::string arrangedSql(std::string_view sql, const ResultStore::Columns& columns, const RowFilter& filter,
                        const std::optional<RowSort>& sort) {
    // On a line of its own: the statement may end with a comment.
    std::string arranged = "SELECT * FROM (\n" + std::string(sql) + "\n) AS result";
    if (!filter.isEmpty()) {
        arranged += "\nWHERE " + filter.sql();
    }
    if (sort) {
        arranged += "\nORDER BY " + quotedIdentifier(columns[sort->column].name) +
                    (sort->direction == SortDirection::kDescending ? " DESC" : "");
    }
    return arranged;
}

Result<RowOrder> findRows(const ResultView& view, std::string_view text, TaskControl& control) {
    const ResultStore& store = *view.store;
    const std::string folded = foldCase(text);
    const std::uint64_t row_count = view.rowCount();
    const std::size_t columns = view.columns().size();
    const auto has = [&](const ResultStore::Position& position) {
        for (std::size_t column = 0; column < columns; ++column) {
            if (position.isNull(column)) {
                continue;
            }
            const client::ResultBatch& batch = position.batch();
            const bool is_text = batch.column(column).encoding == client::ColumnEncoding::kText;
            if (is_text ? containsFolded(batch.textView(position.row, column), folded)
                        : containsFolded(batch.text(position.row, column), folded)) {
                return true;
            }
        }
        return false;
    };
    RowOrder found;
    control.setTotal(row_count);
    if (!view.order) {
        const auto add = [&](const ResultStore::Position& position, std::uint64_t row) -> Result<> {
            if (has(position)) {
                found.push_back(static_cast<std::uint32_t>(row));
            }
            return {};
        };
        TSR_TRY(forEachRow(store, row_count, control, add));
        return found;
    }
    constexpr std::uint64_t kRowsBetweenLooks = 1024;
    for (std::uint64_t row = 0; row < row_count; ++row) {
        if (row % kRowsBetweenLooks == 0) {
            control.advance(row == 0 ? 0 : kRowsBetweenLooks);
            if (control.isCancelled()) {
                return TaskControl::cancelled();
            }
        }
        const ResultStore::Position position = TSR_TRY(view.at(row));
        if (has(position)) {
            found.push_back(static_cast<std::uint32_t>(row));
        }
    }
    return found;
}

}  // namespace tessera::app
