#pragma once

/// The rows of one statement as they arrive, by column: shared immutable batches and where each begins. Appended by one
/// thread (the transport's), read by any number; a reader never waits for longer than an append takes, and rows it has
/// seen counted are there. at() is the only way to a row, so that batches may one day come back from disk there.

#include "nodeservice/client/types.h"

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <vector>

namespace tessera::app {

class ResultStore {
  public:
    /// A row: `batch` row `row`. Holding it keeps the batch alive.
    struct Position {
        std::shared_ptr<const client::ResultBatch> batch;
        std::size_t row = 0;
    };

    using Columns = std::vector<client::ResultColumn>;

    /// Once, before the first append().
    void setColumns(Columns columns);
    /// Null until they are known.
    std::shared_ptr<const Columns> columns() const;

    void append(std::shared_ptr<const client::ResultBatch> batch);

    std::uint64_t rowCount() const { return row_count_.load(std::memory_order_acquire); }

    std::size_t byteSize() const { return byte_size_.load(std::memory_order_relaxed); }

    /// `row` must be below a rowCount() seen before. O(log batches).
    Position at(std::uint64_t row) const;

  private:
    struct Chunk {
        std::uint64_t first_row;
        std::shared_ptr<const client::ResultBatch> batch;
    };

    mutable std::mutex mutex_;
    std::shared_ptr<const Columns> columns_;  // guarded by mutex_
    std::vector<Chunk> chunks_;               // guarded by mutex_
    std::atomic<std::uint64_t> row_count_{0};
    std::atomic<std::size_t> byte_size_{0};
};

}  // namespace tessera::app
