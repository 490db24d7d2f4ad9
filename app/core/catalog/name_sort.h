#pragma once

/// Names in the order of their folded bytes (ASCII letters in lower case): how a NameIndex keeps them. Any thread.

#include <array>
#include <cstdint>
#include <functional>
#include <string_view>
#include <vector>

namespace tessera::app {

/// The first eight bytes, folded, the first of them as the highest; zeros behind the name's end.
std::uint64_t sortKey(std::string_view name);

/// A name by sixteen of its folded bytes.
struct NameKey {
    std::array<std::uint64_t, 2> key;
    /// The name's number; of names that are alike the lower one comes first.
    std::uint32_t text;
};

/// Of its bytes from `depth` on; zeros behind its end.
NameKey nameKey(std::uint32_t text, std::string_view name, std::size_t depth = 0);

/// Sorts names that were given their keys; those that are alike in them are asked for.
void sortNames(std::vector<NameKey>& names, const std::function<std::string_view(std::uint32_t)>& name_of);

}  // namespace tessera::app
