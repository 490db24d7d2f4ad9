#pragma once

/// Storage in one SQLite file in WAL mode, synchronous at every commit: hard state, log and snapshot change in one
/// transaction. Every row carries a checksum of what it holds, so that damage is noticed and named.

#include "nodeservice/store/sqlite/checkpointer.h"
#include "nodeservice/store/sqlite/database.h"
#include "nodeservice/store/sqlite/statement_cache.h"
#include "nodeservice/store/storage/storage.h"

#include <functional>
#include <memory>
#include <optional>

namespace tessera::store {

class SqliteStorage : public Storage {
  public:
    static Result<std::unique_ptr<SqliteStorage>> open(const std::filesystem::path& path, const char* vfs = nullptr);

    /// What is written goes from SQLite's log into the file by tidy() and a thread of its own.
    Result<> tidyApart();

    Result<raft::StoredLog> load() override;
    Result<> write(const LogWrite& write) override;
    void tidy() override;
    Result<> receiveChunk(const raft::SnapshotChunk& chunk) override;
    Result<> acceptReceived(const raft::SnapshotMeta& snapshot) override;
    Result<> saveSnapshot(const raft::SnapshotMeta& snapshot, std::string_view bytes) override;
    Result<std::string> readSnapshot(const raft::SnapshotMeta& snapshot, std::uint64_t offset,
                                     std::size_t max_bytes) override;

  private:
    /// The one row of the table meta.
    struct Meta {
        raft::HardState hard_state;
        raft::Position base;
        raft::SnapshotMeta snapshot;
    };

    /// What has come of a snapshot since its first part, so that it need not all be read again at the end: a large one
    /// would hold up the log for that long. What lies on the disk has sums of its own, which readers check.
    struct Received {
        raft::SnapshotMeta snapshot;
        std::uint64_t size = 0;
        std::uint64_t checksum = 0;
    };

    SqliteStorage(sqlite::Database database, std::filesystem::path path)
        : database_(std::move(database)), path_(std::move(path)) {}

    Result<> prepareTables();
    Result<Meta> readMeta();
    Result<> writeMeta(const Meta& meta);
    Result<> writeEntries(const std::vector<raft::Entry>& entries);
    Result<> transaction(const std::function<Result<>()>& body);
    Result<> apply(const LogWrite& write);
    Result<Received> readReceived(const raft::SnapshotMeta& snapshot);
    Result<> dropParts(const raft::SnapshotMeta& snapshot);
    Result<> keepOlder(const raft::SnapshotMeta& before, const Compaction& compaction);
    Result<> dropOlderParts(const raft::SnapshotMeta& snapshot);
    Result<> insertPart(const raft::SnapshotMeta& snapshot, std::uint64_t offset, std::string_view bytes);
    Error damaged(const std::string& what) const;

    std::unique_ptr<sqlite::Checkpointer> checkpointer_;
    sqlite::Database database_;
    /// Behind the connection, as they go first.
    sqlite::StatementCache statements_;
    std::filesystem::path path_;
    /// The last entry's index, if it is known that none is behind it.
    std::optional<raft::Index> last_;
    /// None: it began before this storage was opened.
    std::optional<Received> received_;
};

}  // namespace tessera::store
