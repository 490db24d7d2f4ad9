#pragma once

/// Foreign keys that nobody declared, by the names of columns: foreign tables cannot have any. Pure; any thread. No Qt.

#include <cstddef>
#include <optional>
#include <span>
#include <string_view>
#include <utility>

namespace tessera::app {

struct KeyColumn {
    std::string_view name;
    /// Of the primary key.
    bool is_key = false;
};

/// Which column of `from` points at which of the table `to_name` with the columns `to`: `customer_id` at
/// `customers.id`, or at a key of the same name.
std::optional<std::pair<std::size_t, std::size_t>> supposedKey(std::span<const KeyColumn> from,
                                                               std::string_view to_name, std::span<const KeyColumn> to);

}  // namespace tessera::app
