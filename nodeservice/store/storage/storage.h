#pragma once

/// Where a node keeps its log and its newest snapshot. One thread at a time; a store with threads gives it one of its
/// own.

#include "common/result.h"
#include "nodeservice/store/raft/types.h"

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

namespace tessera::store {

struct Compaction {
    raft::SnapshotMeta snapshot;
    /// What stands before the first entry that is kept.
    raft::Position base;
};

/// One atomic change of what is stored, in this order.
struct LogWrite {
    std::optional<raft::HardState> hard_state{};
    /// What is stored at the first one's index or behind it goes.
    std::vector<raft::Entry> entries{};
    /// The log is now nothing but this snapshot's position.
    std::optional<raft::SnapshotMeta> install{};
    std::optional<Compaction> compaction{};
};

class Storage {
  public:
    virtual ~Storage() = default;

    /// What was last written, checked: damage is kDataLoss, and says what is damaged.
    virtual Result<raft::StoredLog> load() = 0;

    /// Durable and whole when it returns; after an error, as before or whole, and the node must not go on with it.
    virtual Result<> write(const LogWrite& write) = 0;

    /// What need not be done before a write is durable: after it, when nobody waits for it any more.
    virtual void tidy() {}

    /// A part of a snapshot that comes from another node, beside the one in use. Offset 0 begins anew. Need not be
    /// durable: a node that starts anew asks for all of it again.
    virtual Result<> receiveChunk(const raft::SnapshotChunk& chunk) = 0;

    /// Makes what was received durable beside the snapshot in use, if it is `snapshot` to the last bit. Else kDataLoss,
    /// and what was received is gone. The write() of its `install` puts it to use, and drops the other; a process that
    /// dies before leaves none of it.
    virtual Result<> acceptReceived(const raft::SnapshotMeta& snapshot) = 0;

    /// The same for a snapshot of this node's own data; the write() of its `compaction` puts it to use.
    Result<> saveSnapshot(const raft::SnapshotMeta& snapshot, std::string_view bytes);

    /// The same for one in a file that sealSnapshot() (snapshot_files.h) has made, and that is the storage's then.
    virtual Result<> adoptSnapshot(const raft::SnapshotMeta& snapshot, const std::filesystem::path& sealed);

    /// At most `max_bytes` of the snapshot in use, from `offset`; kNotFound if that is another one than `snapshot`.
    virtual Result<std::string> readSnapshot(const raft::SnapshotMeta& snapshot, std::uint64_t offset,
                                             std::size_t max_bytes) = 0;

    /// Writes the snapshot in use, checked, to a new file.
    Result<> copySnapshot(const raft::SnapshotMeta& snapshot, const std::filesystem::path& file);

    /// The same, or another name for the storage's own file: to be read only.
    virtual Result<> lendSnapshot(const raft::SnapshotMeta& snapshot, const std::filesystem::path& file) {
        return copySnapshot(snapshot, file);
    }
};

inline constexpr std::size_t kSnapshotChunkBytes = std::size_t{256} << 10U;

/// FNV-1a, continued from `hash`: the same on every machine.
inline std::uint64_t checksumOf(std::string_view bytes, std::uint64_t hash = 0xCBF29CE484222325ULL) {
    for (const char byte : bytes) {
        hash = (hash ^ static_cast<unsigned char>(byte)) * 0x100000001B3ULL;
    }
    return hash;
}

}  // namespace tessera::store
