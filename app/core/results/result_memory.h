#pragma once

/// The memory that all results of the program share: a budget for batches kept since they arrived, and a cache of
/// chunks that were read back from temporary files, the least recently used of which go first. Any thread.

#include "app/core/results/result_chunk.h"

#include <atomic>
#include <cstddef>
#include <filesystem>
#include <list>
#include <memory>
#include <mutex>
#include <unordered_map>

namespace tessera::app {

class ResultMemory {
  public:
    struct Limits {
        /// Both together stay so far below 300 MB that the program around them fits in, too.
        std::size_t resident_bytes = std::size_t{128} << 20U;
        std::size_t cached_bytes = std::size_t{32} << 20U;
        /// Where temporary files are made; empty: the person's cache folder.
        std::filesystem::path folder = {};
    };

    explicit ResultMemory(Limits limits);

    /// The one that sessions use unless told otherwise.
    static std::shared_ptr<ResultMemory> ofProcess();

    /// Whether that much more may stay in memory; give it back by release(). One result gets half of all at most.
    bool reserve(std::size_t bytes, std::size_t already_held);
    void release(std::size_t bytes);

    std::shared_ptr<const ResultChunk> find(std::uint64_t store, std::size_t chunk);
    void keep(std::uint64_t store, std::size_t chunk, std::shared_ptr<const ResultChunk> read);
    /// Drops what the cache has of a store.
    void forget(std::uint64_t store);

    std::size_t residentBytes() const { return resident_bytes_.load(std::memory_order_relaxed); }

    std::size_t cachedBytes() const;

    const std::filesystem::path& folder() const { return limits_.folder; }

  private:
    struct Key {
        std::uint64_t store;
        std::size_t chunk;
        bool operator==(const Key&) const = default;
    };

    struct KeyHash {
        std::size_t operator()(const Key& key) const;
    };

    struct Entry {
        Key key;
        std::shared_ptr<const ResultChunk> chunk;
        std::size_t bytes;
    };

    using Entries = std::list<Entry>;

    void drop(Entries::iterator entry);

    Limits limits_;  // constant after construction
    std::atomic<std::size_t> resident_bytes_{0};
    mutable std::mutex mutex_;
    // Guarded by mutex_; the most recently used entry stands first.
    Entries entries_;
    std::unordered_map<Key, Entries::iterator, KeyHash> by_key_;
    std::size_t cached_bytes_ = 0;
};

}  // namespace tessera::app
