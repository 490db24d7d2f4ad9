#include "app/core/results/result_store.h"

#include <algorithm>

namespace tessera::app {

void ResultStore::setColumns(Columns columns) {
    const std::lock_guard lock(mutex_);
    columns_ = std::make_shared<const Columns>(std::move(columns));
}

std::shared_ptr<const ResultStore::Columns> ResultStore::columns() const {
    const std::lock_guard lock(mutex_);
    return columns_;
}

void ResultStore::append(std::shared_ptr<const client::ResultBatch> batch) {
    const std::size_t rows = batch->rowCount();
    if (rows == 0) {
        return;
    }
    const std::size_t bytes = batch->byteSize();
    const std::lock_guard lock(mutex_);
    const std::uint64_t first_row = row_count_.load(std::memory_order_relaxed);
    chunks_.push_back({first_row, std::move(batch)});
    byte_size_.fetch_add(bytes, std::memory_order_relaxed);
    row_count_.store(first_row + rows, std::memory_order_release);
}

ResultStore::Position ResultStore::at(std::uint64_t row) const {
    const std::lock_guard lock(mutex_);
    const auto after =
        std::upper_bound(chunks_.begin(), chunks_.end(), row,
                         [](std::uint64_t value, const Chunk& chunk) { return value < chunk.first_row; });
    const Chunk& chunk = *std::prev(after);
    return {chunk.batch, static_cast<std::size_t>(row - chunk.first_row)};
}

}  // namespace tessera::app
