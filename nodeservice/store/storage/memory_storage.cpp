#include "nodeservice/store/storage/memory_storage.h"

#include <algorithm>

namespace tessera::store {

Result<> MemoryStorage::write(const LogWrite& write) {
    if (write.hard_state) {
        stored_.hard_state = *write.hard_state;
    }
    if (!write.entries.empty()) {
        while (!stored_.entries.empty() && stored_.entries.back().index >= write.entries.front().index) {
            stored_.entries.pop_back();
        }
        stored_.entries.insert(stored_.entries.end(), write.entries.begin(), write.entries.end());
    }
    if (write.install) {
        use(*write.install);
        stored_.base = write.install->position();
        stored_.entries.clear();
    }
    if (write.compaction) {
        use(write.compaction->snapshot);
        stored_.base = write.compaction->base;
        std::erase_if(stored_.entries, [&](const raft::Entry& entry) { return entry.index <= stored_.base.index; });
    }
    return {};
}

void MemoryStorage::use(const raft::SnapshotMeta& snapshot) {
    stored_.snapshot = snapshot;
    if (staged_ == snapshot) {
        snapshot_bytes_ = std::exchange(staged_bytes_, {});
    }
    std::erase_if(received_, [&](const Bytes& one) { return one.first.index <= snapshot.index; });
}

std::vector<MemoryStorage::Bytes>::iterator MemoryStorage::receiving(const raft::SnapshotMeta& snapshot) {
    return std::find_if(received_.begin(), received_.end(), [&](const Bytes& one) { return one.first == snapshot; });
}

Result<> MemoryStorage::receiveChunk(const raft::SnapshotChunk& chunk) {
    auto received = receiving(chunk.snapshot);
    if (received == received_.end()) {
        received = received_.insert(received, {chunk.snapshot, {}});
    }
    if (chunk.offset == 0) {
        received->second.clear();
    }
    if (received->second.size() != chunk.offset) {
        return fail(ErrorCode::kDataLoss, "a snapshot of the store arrived with a gap");
    }
    received->second += *chunk.data;
    return {};
}

Result<> MemoryStorage::acceptReceived(const raft::SnapshotMeta& snapshot) {
    const auto received = receiving(snapshot);
    std::string bytes;
    if (received != received_.end()) {
        bytes = std::move(received->second);
        received_.erase(received);
    }
    if (bytes.size() != snapshot.size || checksumOf(bytes) != snapshot.checksum) {
        return fail(ErrorCode::kDataLoss, "the snapshot of the store that arrived is damaged");
    }
    staged_ = snapshot;
    staged_bytes_ = std::move(bytes);
    return {};
}

Result<std::string> MemoryStorage::readSnapshot(const raft::SnapshotMeta& snapshot, std::uint64_t offset,
                                                std::size_t max_bytes) {
    if (snapshot != stored_.snapshot || offset > snapshot_bytes_.size()) {
        return fail(ErrorCode::kNotFound,
                    "there is no snapshot of the store at entry " + std::to_string(snapshot.index) + " any more");
    }
    return snapshot_bytes_.substr(offset, max_bytes);
}

}  // namespace tessera::store
