#pragma once

/// Storage in memory: for tests and simulations, where it outlives the node that uses it.

#include "nodeservice/store/storage/storage.h"

#include <string>
#include <utility>
#include <vector>

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
    Result<std::string> readSnapshot(const raft::SnapshotMeta& snapshot, std::uint64_t offset,
                                     std::size_t max_bytes) override;

  private:
    using Bytes = std::pair<raft::SnapshotMeta, std::string>;

    void use(const raft::SnapshotMeta& snapshot);
    std::vector<Bytes>::iterator receiving(const raft::SnapshotMeta& snapshot);

    raft::StoredLog stored_;

    std::string snapshot_bytes_;
    raft::SnapshotMeta staged_;
    std::string staged_bytes_;
    std::vector<Bytes> received_;
};

}  // namespace tessera::store
