#pragma once

/// What the file of a SqliteStorage keeps of the past, read beside the thread that writes it. One thread at a time.

#include "nodeservice/store/sqlite/database.h"
#include "nodeservice/store/storage/storage.h"

#include <filesystem>
#include <vector>

namespace tessera::store {

class LogArchive {
  public:
    /// The file must be there.
    static Result<LogArchive> open(const std::filesystem::path& file);

    /// Of which all entries that follow are kept; oldest first. Their memberships are left out.
    Result<std::vector<raft::SnapshotMeta>> snapshots();

    /// Writes a snapshot to a new file; kNotFound if it is not kept any more. Nothing is written for an empty one.
    Result<> copy(const raft::SnapshotMeta& snapshot, const std::filesystem::path& file);

    /// Entries that follow `after`, up to `last`, about as many as weigh `bytes`; kNotFound if they are not kept any
    /// more.
    Result<std::vector<raft::Entry>> entries(raft::Index after, raft::Index last, std::size_t bytes);

  private:
    explicit LogArchive(sqlite::Database database) : database_(std::move(database)) {}

    sqlite::Database database_;
};

}  // namespace tessera::store
