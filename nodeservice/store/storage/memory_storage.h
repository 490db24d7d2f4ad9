#pragma once

/// Storage in memory: for tests and simulations, where it outlives the node that uses it.

#include "nodeservice/store/storage/storage.h"

namespace tessera::store {

class MemoryStorage : public Storage {
  public:
    MemoryStorage() = default;

    explicit MemoryStorage(raft::StoredLog stored) : stored_(std::move(stored)) {}

    Result<raft::StoredLog> load() override { return stored_; }

    const raft::StoredLog& stored() const { return stored_; }

    Result<> write(const LogWrite& write) override;
    Result<> receiveChunk(const raft::SnapshotChunk& chunk) override;
    Result<> acceptReceived(const raft::SnapshotMeta& snapshot) override;
    Result<> saveSnapshot(const raft::SnapshotMeta& snapshot, std::string_view bytes) override;
    Result<std::string> readSnapshot(const raft::SnapshotMeta& snapshot, std::uint64_t offset,
                                     std::size_t max_bytes) override;

  private:
    raft::StoredLog stored_;
    void use(const raft::SnapshotMeta& snapshot);

    std::string snapshot_bytes_;
    raft::SnapshotMeta staged_;
    std::string staged_bytes_;
    raft::SnapshotMeta receiving_;
    std::string received_;
};

}  // namespace tessera::store
