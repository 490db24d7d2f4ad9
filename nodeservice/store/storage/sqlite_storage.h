#pragma once

/// Storage in one SQLite file in WAL mode, synchronous at every commit: hard state, log and which snapshot is in use
/// change in one transaction. Snapshots are files beside it (snapshot_files.h). Every row carries a checksum of what it
/// holds, so that damage is noticed and named.

#include "nodeservice/store/sqlite/checkpointer.h"
#include "nodeservice/store/sqlite/database.h"
#include "nodeservice/store/sqlite/statement_cache.h"
#include "nodeservice/store/storage/snapshot_files.h"

#include <functional>
#include <memory>
#include <optional>
#include <vector>

namespace tessera::store {

class SqliteStorage : public Storage {
  public:
    /// `disk`, for the snapshots' files, outlives it.
    static Result<std::unique_ptr<SqliteStorage>> open(const std::filesystem::path& path, const char* vfs = nullptr,
                                                       Disk& disk = Disk::system());

    /// What is written goes from SQLite's log into the file by tidy() and a thread of its own.
    Result<> tidyApart();

    Result<raft::StoredLog> load() override;
    Result<> write(const LogWrite& write) override;
    void tidy() override;

    Result<> receiveChunk(const raft::SnapshotChunk& chunk) override;
    Result<> acceptReceived(const raft::SnapshotMeta& snapshot) override;
    Result<> adoptSnapshot(const raft::SnapshotMeta& snapshot, const std::filesystem::path& sealed) override;
    Result<std::string> readSnapshot(const raft::SnapshotMeta& snapshot, std::uint64_t offset,
                                     std::size_t max_bytes) override;
    Result<> lendSnapshot(const raft::SnapshotMeta& snapshot, const std::filesystem::path& file) override;

  private:
    /// The one row of the table meta.
    struct Meta {
        raft::HardState hard_state;
        raft::Position base;
        raft::SnapshotMeta snapshot;
    };

    SqliteStorage(sqlite::Database database, std::filesystem::path path, Disk& disk)
        : database_(std::move(database)), path_(std::move(path)), snapshots_(path_.parent_path(), disk) {}

    Result<> prepareTables();
    Result<Meta> readMeta();
    Result<> writeMeta(const Meta& meta);
    Result<> writeEntries(const std::vector<raft::Entry>& entries);
    /// With `body`, something goes of what is old.
    Result<> transaction(const std::function<Result<>()>& body);
    Result<> apply(const LogWrite& write);
    Result<> keepOlder(const raft::SnapshotMeta& before, const Compaction& compaction);
    Result<std::vector<raft::SnapshotMeta>> kept(const Meta& meta);
    Result<> dropSomeOldEntries();
    Result<> moveParts(const std::vector<raft::SnapshotMeta>& wanted);
    Result<> moveSnapshot(const raft::SnapshotMeta& snapshot);
    Result<> expectInUse(const raft::SnapshotMeta& snapshot);
    Error snapshotDamaged(const raft::SnapshotMeta& snapshot) const;
    Error damaged(const std::string& what) const;

    std::unique_ptr<sqlite::Checkpointer> checkpointer_;
    sqlite::Database database_;
    /// Behind the connection, as they go first.
    sqlite::StatementCache statements_;
    std::filesystem::path path_;
    /// The last entry's index, if it is known that none is behind it.
    std::optional<raft::Index> last_;
    /// They go bit by bit, with what is written: all at once would be a long write.
    raft::Index old_entries_up_to_ = 0;
    SnapshotFiles snapshots_;
};

}  // namespace tessera::store
