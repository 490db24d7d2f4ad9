#pragma once

/// A node's disk: a Storage whose writes can fail, as disks do. It outlives the node.

#include "nodeservice/store/storage/memory_storage.h"

#include <memory>

namespace tessera::fault {

enum class DiskFault {
    kNone,
    kError,     ///< EIO: nothing is written.
    kFull,      ///< ENOSPC: nothing is written, until mend().
    kShort,     ///< The first entries are written, then an error.
    kLostSync,  ///< Success is reported, but a crash undoes it, and what follows it.
    kTornPage,  ///< Written, but what is read after a crash is damaged.
};

class SimDisk : public store::Storage {
  public:
    /// In memory, unless there is a storage to use.
    explicit SimDisk(std::unique_ptr<store::Storage> storage = nullptr) : storage_(std::move(storage)) {}

    /// Happens to the next write of the log; kFull to all.
    void failNext(DiskFault fault) { fault_ = fault; }

    void mend() { fault_ = DiskFault::kNone; }

    /// The machine lost power.
    void crash();

    Result<store::raft::StoredLog> load() override;
    Result<> write(const store::LogWrite& write) override;
    Result<> receiveChunk(const store::raft::SnapshotChunk& chunk) override;
    Result<> acceptReceived(const store::raft::SnapshotMeta& snapshot) override;
    Result<std::string> readSnapshot(const store::raft::SnapshotMeta& snapshot, std::uint64_t offset,
                                     std::size_t max_bytes) override;

    /// What was written, for who watches.
    const store::raft::StoredLog& held() const { return memory_.stored(); }

    bool holds(const store::raft::Position& position) const;

  private:
    store::Storage& used() { return storage_ ? *storage_ : static_cast<store::Storage&>(memory_); }

    std::unique_ptr<store::Storage> storage_;
    /// The storage itself, or a copy of the log in it.
    store::MemoryStorage memory_;
    DiskFault fault_ = DiskFault::kNone;
    bool is_torn_ = false;
    std::unique_ptr<store::MemoryStorage> before_lost_sync_;
};

}  // namespace tessera::fault
