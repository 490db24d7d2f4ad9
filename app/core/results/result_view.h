#pragma once

/// A result as somebody looks at it: the store's rows, all as they came, or some of them in another order. A value that
/// shares both; any thread.

#include "app/core/results/result_store.h"

#include <cstdint>
#include <memory>
#include <vector>

namespace tessera::app {

/// Row numbers of a store. Four bytes each: a sorted view of 100 M rows has 400 MB of them.
using RowOrder = std::vector<std::uint32_t>;

struct ResultView {
    std::shared_ptr<const ResultStore> store;
    /// Null: every row of the store, also those that are still to come.
    std::shared_ptr<const RowOrder> order;

    std::uint64_t rowCount() const { return order ? order->size() : store ? store->rowCount() : 0; }

    std::uint64_t storeRow(std::uint64_t row) const { return order ? (*order)[row] : row; }

    Result<ResultStore::Position> at(std::uint64_t row) const { return store->at(storeRow(row)); }

    std::optional<ResultStore::Position> peek(std::uint64_t row) const { return store->peek(storeRow(row)); }

    const ResultStore::Columns& columns() const { return *store->columns(); }
};

}  // namespace tessera::app
