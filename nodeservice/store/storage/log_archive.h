#pragma once

/// What the files of a SqliteStorage keep of the past, read beside the thread that writes it. One thread at a time.

#include "nodeservice/store/sqlite/database.h"
#include "nodeservice/store/storage/snapshot_files.h"

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
    LogArchive(sqlite::Database database, std::filesystem::path folder)
        : database_(std::move(database)), snapshots_(std::move(folder)) {}

    sqlite::Database database_;
    SnapshotFiles snapshots_;
};

}  // namespace tessera::store
