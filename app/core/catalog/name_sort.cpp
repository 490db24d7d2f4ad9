#include "app/core/catalog/name_sort.h"

#include <algorithm>
#include <bit>
#include <cstring>
#include <future>
#include <span>

namespace tessera::app {

namespace {

using NameOf = std::function<std::string_view(std::uint32_t)>;

/// Eight characters at once.
std::uint64_t folded(std::uint64_t word) {
    constexpr std::uint64_t kEach = 0x0101010101010101;
    constexpr std::uint64_t kHigh = kEach * 0x80;
    // The highest bit of each byte says so; none of the sums goes beyond its byte.
    const std::uint64_t low7 = word & ~kHigh;
    const std::uint64_t from_a = low7 + kEach * (0x80 - 'A');
    const std::uint64_t beyond_z = low7 + kEach * (0x7F - 'Z');
    const std::uint64_t is_upper = from_a & ~beyond_z & ~word & kHigh;
    return word | (is_upper >> 2U);
}

bool isBefore(const NameKey& a, const NameKey& b) {
    return a.key != b.key ? a.key < b.key : a.text < b.text;
}

/// Many of them by two threads: each takes the half on its side of the one in the middle.
void sortByKeys(std::span<NameKey> names) {
    constexpr std::size_t kForTwoThreads = 20'000;
    if (names.size() < kForTwoThreads) {
        std::sort(names.begin(), names.end(), isBefore);
        return;
    }
    const auto middle = names.begin() + static_cast<std::ptrdiff_t>(names.size() / 2);
    std::nth_element(names.begin(), middle, names.end(), isBefore);
    const auto upper = std::async(std::launch::async, [&] { std::sort(middle, names.end(), isBefore); });
    std::sort(names.begin(), middle, isBefore);
    upper.wait();
}

/// Sorts names that are alike in their first `depth` bytes by the sixteen behind them, which stand in their keys; those
/// that are alike in these, too, by the next ones. So no two are ever compared as texts, which stand anywhere in
/// memory.
void sortFrom(std::span<NameKey> names, std::size_t depth, const NameOf& name_of) {
    sortByKeys(names);
    const std::size_t next_depth = depth + sizeof(NameKey::key);
    for (std::size_t first = 0; first < names.size();) {
        std::size_t last = first + 1;
        while (last < names.size() && names[last].key == names[first].key) {
            ++last;
        }
        const std::span<NameKey> alike = names.subspan(first, last - first);
        const bool has_more = alike.size() > 1 && std::any_of(alike.begin(), alike.end(), [&](const NameKey& entry) {
                                  return name_of(entry.text).size() > next_depth;
                              });
        if (has_more) {
            for (NameKey& entry : alike) {
                entry = nameKey(entry.text, name_of(entry.text), next_depth);
            }
            sortFrom(alike, next_depth, name_of);
        }
        first = last;
    }
}

}  // namespace

std::uint64_t sortKey(std::string_view name) {
    static_assert(std::endian::native == std::endian::little);
    std::uint64_t word = 0;
    if (!name.empty()) {
        std::memcpy(&word, name.data(), std::min(name.size(), sizeof word));
    }
    return __builtin_bswap64(folded(word));
}

NameKey nameKey(std::uint32_t text, std::string_view name, std::size_t depth) {
    const auto from = [&](std::size_t at) { return sortKey(name.substr(std::min(name.size(), at))); };
    return {{from(depth), from(depth + sizeof(std::uint64_t))}, text};
}

void sortNames(std::vector<NameKey>& names, const NameOf& name_of) {
    sortFrom(std::span(names), 0, name_of);
}

}  // namespace tessera::app
