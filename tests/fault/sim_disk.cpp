#include "tests/fault/sim_disk.h"

namespace tessera::fault {

using store::LogWrite;

void SimDisk::crash() {
    if (before_lost_sync_) {
        memory_ = *before_lost_sync_;
        before_lost_sync_.reset();
    }
}

Result<store::raft::StoredLog> SimDisk::load() {
    if (is_torn_) {
        return tessera::fail(ErrorCode::kDataLoss, "the log of the store is damaged");
    }
    return used().load();
}

Result<> SimDisk::write(const LogWrite& write) {
    const DiskFault fault = fault_;
    if (fault != DiskFault::kFull) {
        fault_ = DiskFault::kNone;
    }
    LogWrite done = write;
    switch (fault) {
        case DiskFault::kNone:
            break;
        case DiskFault::kError:
            return tessera::fail(ErrorCode::kUnavailable, "cannot write the store's log: input/output error");
        case DiskFault::kFull:
            return tessera::fail(ErrorCode::kResourceExhausted, "cannot write the store's log: the disk is full");
        case DiskFault::kShort:
            done.entries.resize(done.entries.size() / 2);
            break;
        case DiskFault::kLostSync:
            if (!storage_ && !before_lost_sync_) {
                before_lost_sync_ = std::make_unique<store::MemoryStorage>(memory_);
            }
            break;
        case DiskFault::kTornPage:
            is_torn_ = true;
            break;
    }
    TSR_TRY(used().write(done));
    if (storage_) {
        TSR_TRY(memory_.write(done));
    }
    if (fault == DiskFault::kShort) {
        return tessera::fail(ErrorCode::kUnavailable, "cannot write the store's log: input/output error");
    }
    return {};
}

Result<> SimDisk::receiveChunk(const store::raft::SnapshotChunk& chunk) {
    return used().receiveChunk(chunk);
}

Result<> SimDisk::acceptReceived(const store::raft::SnapshotMeta& snapshot) {
    return used().acceptReceived(snapshot);
}

Result<std::string> SimDisk::readSnapshot(const store::raft::SnapshotMeta& snapshot, std::uint64_t offset,
                                          std::size_t max_bytes) {
    return used().readSnapshot(snapshot, offset, max_bytes);
}

bool SimDisk::holds(const store::raft::Position& position) const {
    const auto& stored = memory_.stored();
    if (position.index <= stored.base.index) {
        return true;  // it was committed, or it would not have been compacted
    }
    const std::size_t at = position.index - stored.base.index - 1;
    return at < stored.entries.size() && stored.entries[at].term == position.term;
}

}  // namespace tessera::fault
