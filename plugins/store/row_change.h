#pragma once

/// The statements that change rows of one table, taken apart, so that each can be made to hold only for rows that are
/// as they were when they were read. Pure; any thread.

#include <optional>
#include <string>
#include <string_view>

namespace tessera::store_tables {

/// UPDATE … SET … WHERE …, or DELETE FROM … WHERE …: of one table, with anonymous parameters ("?").
struct RowChange {
    /// Up to WHERE, and the blank behind it.
    std::string_view head;
    /// The table as the statement names it.
    std::string_view relation;
    /// Behind WHERE.
    std::string_view condition;
    /// Parameters before the condition.
    std::size_t head_parameters = 0;
};

/// Nothing for every other statement. The views are of `sql`.
std::optional<RowChange> takeApart(std::string_view sql);

}  // namespace tessera::store_tables
