#include "app/core/results/result_memory.h"

#include <QStandardPaths>
#include <utility>

namespace tessera::app {

ResultMemory::ResultMemory(Limits limits) : limits_(std::move(limits)) {
    if (limits_.folder.empty()) {
        const QString cache = QStandardPaths::writableLocation(QStandardPaths::GenericCacheLocation);
        limits_.folder = std::filesystem::path(cache.toStdString()) / "tessera" / "results";
    }
}

std::shared_ptr<ResultMemory> ResultMemory::ofProcess() {
    static const auto memory = std::make_shared<ResultMemory>(Limits{});
    return memory;
}

bool ResultMemory::reserve(std::size_t bytes, std::size_t already_held) {
    if (already_held + bytes > limits_.resident_bytes / 2) {
        return false;
    }
    if (resident_bytes_.fetch_add(bytes) + bytes > limits_.resident_bytes) {
        release(bytes);
        return false;
    }
    return true;
}

void ResultMemory::release(std::size_t bytes) {
    resident_bytes_.fetch_sub(bytes);
}

std::shared_ptr<const ResultChunk> ResultMemory::find(std::uint64_t store, std::size_t chunk) {
    const std::lock_guard lock(mutex_);
    const auto found = by_key_.find({store, chunk});
    if (found == by_key_.end()) {
        return nullptr;
    }
    entries_.splice(entries_.begin(), entries_, found->second);
    return found->second->chunk;
}

void ResultMemory::keep(std::uint64_t store, std::size_t chunk, std::shared_ptr<const ResultChunk> read) {
    const std::size_t bytes = read->byteSize();
    const std::lock_guard lock(mutex_);
    if (by_key_.contains({store, chunk})) {
        return;
    }
    entries_.push_front({{store, chunk}, std::move(read), bytes});
    by_key_[{store, chunk}] = entries_.begin();
    cached_bytes_ += bytes;
    // The newest stays however large it is: somebody is about to read it.
    while (cached_bytes_ > limits_.cached_bytes && entries_.size() > 1) {
        drop(std::prev(entries_.end()));
    }
}

void ResultMemory::forget(std::uint64_t store) {
    const std::lock_guard lock(mutex_);
    for (auto entry = entries_.begin(); entry != entries_.end();) {
        const auto next = std::next(entry);
        if (entry->key.store == store) {
            drop(entry);
        }
        entry = next;
    }
}

std::size_t ResultMemory::cachedBytes() const {
    const std::lock_guard lock(mutex_);
    return cached_bytes_;
}

void ResultMemory::drop(Entries::iterator entry) {
    cached_bytes_ -= entry->bytes;
    by_key_.erase(entry->key);
    entries_.erase(entry);
}

std::size_t ResultMemory::KeyHash::operator()(const Key& key) const {
    constexpr std::uint64_t kMultiplier = 0x9E3779B97F4A7C15U;
    return std::hash<std::uint64_t>{}(key.store * kMultiplier ^ key.chunk);
}

}  // namespace tessera::app
