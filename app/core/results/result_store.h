#pragma once

/// The rows of one statement as they arrive, by column: immutable chunks of rows, the first of which stay in memory and
/// the rest in a temporary file (ResultMemory says how much). Appended by one thread (the transport's), which waits for
/// the disk when it is slow; read by any number, and rows that a reader has seen counted are there. No reader waits for
/// a writer's disk. A result with columns but no memory left is slower to read, never shorter.

#include "app/core/results/result_chunk.h"
#include "app/core/results/result_memory.h"

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <vector>

namespace tessera::app {

class ResultStore {
  public:
    using Columns = std::vector<client::ResultColumn>;

    /// A row: of `chunk` row `row`. Holding it keeps the chunk alive.
    struct Position {
        std::shared_ptr<const ResultChunk> chunk;
        std::size_t row = 0;

        const client::ResultBatch& batch() const { return *chunk->batch; }

        bool isNull(std::size_t column) const { return chunk->batch->isNull(row, column); }
    };

    /// The rows of a chunk in the store.
    struct Span {
        std::uint64_t first_row = 0;
        std::size_t row_count = 0;
    };

    explicit ResultStore(std::shared_ptr<ResultMemory> memory = ResultMemory::ofProcess());
    /// Gives memory and disk back in the background.
    ~ResultStore();
    ResultStore(const ResultStore&) = delete;
    ResultStore& operator=(const ResultStore&) = delete;

    /// Once, before the first append().
    void setColumns(Columns columns);
    /// Null until they are known.
    std::shared_ptr<const Columns> columns() const;

    /// An error when the disk took no more: the rows before stay readable, this batch is not stored.
    Result<> append(std::shared_ptr<const client::ResultBatch> batch);
    /// No row is stored after this has returned. Any thread; does not wait for the disk.
    void close();

    std::uint64_t rowCount() const { return row_count_.load(std::memory_order_acquire); }

    /// Of all rows, wherever they are.
    std::uint64_t byteSize() const { return byte_size_.load(std::memory_order_relaxed); }

    /// Of those in the temporary file.
    std::uint64_t fileBytes() const { return file_bytes_.load(std::memory_order_relaxed); }

    /// `row` must be below a rowCount() seen before. O(log chunks); may read from the disk.
    Result<Position> at(std::uint64_t row) const;
    /// As at(), but nothing when the row is on the disk only.
    std::optional<Position> peek(std::uint64_t row) const;

    /// For readers of everything, who would only spoil the cache.
    std::size_t chunkCount() const;
    Span chunkSpan(std::size_t chunk) const;
    Result<std::shared_ptr<const ResultChunk>> readChunk(std::size_t chunk) const;
    /// With long texts whole.
    Result<std::shared_ptr<const client::ResultBatch>> readBatch(std::size_t chunk) const;

    /// How many bytes the value has as text, and a part of it. Not for NULL. A 1 GB value is read in parts.
    static std::uint64_t textSize(const Position& position, std::size_t column);
    Result<std::string> readText(const Position& position, std::size_t column, std::uint64_t offset = 0,
                                 std::uint64_t size_max = UINT64_MAX) const;

  private:
    struct Slot {
        std::uint64_t first_row = 0;
        /// Null when it is in the file only.
        std::shared_ptr<const ResultChunk> resident;
        std::uint64_t offset = 0;
        bool is_in_file = false;
        bool has_long_texts = false;
    };

    std::size_t slotOf(std::uint64_t row) const;
    Result<std::shared_ptr<const ResultChunk>> readSlot(const Slot& slot) const;
    std::pair<std::size_t, Slot> slotAt(std::uint64_t row) const;
    Slot copyOfSlot(std::size_t chunk) const;
    Result<Slot> makeSlot(std::shared_ptr<const client::ResultBatch> batch);

    const std::shared_ptr<ResultMemory> memory_;
    const std::uint64_t id_;
    mutable std::mutex mutex_;
    std::shared_ptr<const Columns> columns_;  // guarded by mutex_
    std::vector<Slot> slots_;                 // guarded by mutex_
    bool is_closed_ = false;                  // guarded by mutex_
    /// Made by the appending thread at the first need, before any slot that is in it is published.
    std::unique_ptr<SpillFile> file_;
    std::size_t resident_bytes_ = 0;  // the appending thread's
    std::atomic<std::uint64_t> row_count_{0};
    std::atomic<std::uint64_t> byte_size_{0};
    std::atomic<std::uint64_t> file_bytes_{0};
};

}  // namespace tessera::app
