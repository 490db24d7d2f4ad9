#pragma once

/// What can be done to a member's files while it does not run: before it starts, and when the majority of its store is
/// lost for ever.

#include "nodeservice/store/sql/data.h"
#include "nodeservice/store/storage/storage.h"

#include <filesystem>

namespace tessera::store {

/// What the snapshot in use holds beyond the data, because the node died between the two, is put into the data.
Result<> catchUpWithSnapshot(Data& data, Storage& storage, const raft::SnapshotMeta& snapshot,
                             const std::filesystem::path& folder);

/// The state that a member's files hold.
struct StoredState {
    raft::Membership membership;
    raft::Term term = 0;
    /// The last entry of its log, and the last that it has applied. Those between were not known to be committed.
    raft::Index last = 0;
    raft::Index applied = 0;
    /// Of the data, by the clock of who led then; milliseconds since 1970.
    std::int64_t time_ms = 0;
};

Result<StoredState> inspectStore(const std::filesystem::path& folder);

/// Makes the member the only one of its store, with all entries of its log, whether they were committed or not: what
/// other members acknowledged and this one has not got is lost. The others must not start again with their files.
/// Returns the state afterwards. Until it is done the files are as before.
Result<StoredState> recoverStore(const std::filesystem::path& folder, raft::NodeId id);

}  // namespace tessera::store
