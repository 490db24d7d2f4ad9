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
}

Result<> MemoryStorage::receiveChunk(const raft::SnapshotChunk& chunk) {
    if (chunk.offset == 0) {
        receiving_ = chunk.snapshot;
        received_.clear();
    }
    if (receiving_ != chunk.snapshot || received_.size() != chunk.offset) {
        return fail(ErrorCode::kDataLoss, "a snapshot of the store arrived with a gap");
    }
    received_ += *chunk.data;
    return {};
}

Result<> MemoryStorage::acceptReceived(const raft::SnapshotMeta& snapshot) {
    const std::string received = std::exchange(received_, {});
    if (receiving_ != snapshot || received.size() != snapshot.size || checksumOf(received) != snapshot.checksum) {
        return fail(ErrorCode::kDataLoss, "the snapshot of the store that arrived is damaged");
    }
    staged_ = snapshot;
    staged_bytes_ = received;
    return {};
}

Result<> MemoryStorage::saveSnapshot(const raft::SnapshotMeta& snapshot, std::string_view bytes) {
    staged_ = snapshot;
    staged_bytes_ = bytes;
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
