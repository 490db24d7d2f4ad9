#include "nodeservice/store/driver/recovery.h"

#include "common/log.h"
#include "nodeservice/store/storage/log_archive.h"
#include "nodeservice/store/storage/snapshot_files.h"
#include "nodeservice/store/storage/sqlite_storage.h"

#include <fstream>
#include <memory>
#include <string>

namespace tessera::store {

namespace {

struct Files {
    std::unique_ptr<SqliteStorage> storage;
    raft::StoredLog log;
    std::unique_ptr<Data> data;
};

Result<Files> openFiles(const std::filesystem::path& folder) {
    const auto file = folder / "raft.db";
    std::error_code error;
    if (!std::filesystem::exists(file, error)) {
        return fail(ErrorCode::kNotFound, "there is no store in '" + folder.string() + "'");
    }
    Files files;
    files.storage = TSR_TRY(SqliteStorage::open(file));
    files.log = TSR_TRY(files.storage->load());
    files.data = TSR_TRY(Data::open(folder / "data.db"));
    TSR_TRY(catchUpWithSnapshot(*files.data, *files.storage, files.log.snapshot, folder));
    return files;
}

Result<StoredState> stateOf(const Files& files) {
    StoredState state;
    state.membership = files.log.snapshot.membership;
    for (const raft::Entry& entry : files.log.entries) {
        if (entry.kind == raft::EntryKind::kMembership && entry.index > files.log.snapshot.index) {
            state.membership = TSR_TRY(raft::Membership::decode(entry.text()));
        }
    }
    state.term = files.log.hard_state.term;
    state.last = files.log.entries.empty() ? files.log.snapshot.index : files.log.entries.back().index;
    state.applied = files.data->applied();
    state.time_ms = files.data->nowMs();
    return state;
}

void removeDatabase(const std::filesystem::path& file) {
    std::error_code ignored;
    for (const char* suffix : {"", "-wal", "-shm"}) {
        std::filesystem::remove(file.string() + suffix, ignored);
    }
}

/// What the data would be if all of the log were committed, and `mark` behind it.
Result<> writeState(const Files& files, const raft::Entry& mark, const std::filesystem::path& file) {
    const auto copy = file.string() + ".copy";
    removeDatabase(copy);
    removeDatabase(file);
    TSR_TRY(files.data->backUp(copy));
    {
        const auto data = TSR_TRY(Data::open(copy, Data::Durability::kNone));
        for (const raft::Entry& entry : files.log.entries) {
            if (entry.index > data->applied()) {
                TSR_TRY(data->apply(entry));
            }
        }
        TSR_TRY(data->apply(mark));
        TSR_TRY(data->backUp(file));
    }
    removeDatabase(copy);
    return {};
}

/// By entries alone if the log still has all that the data lack, or else behind the older snapshot. `damage`: what is
/// wrong with the newest, which is the answer if neither will do.
Result<> catchUpWithLog(Data& data, const std::filesystem::path& log, const raft::SnapshotMeta& newest,
                        const std::filesystem::path& file, const Error& damage) {
    constexpr std::size_t kBytesAtOnce = std::size_t{4} << 20U;
    auto archive = TSR_TRY(LogArchive::open(log));
    bool has_restored = false;
    while (data.applied() < newest.index) {
        const auto entries = archive.entries(data.applied(), newest.index, kBytesAtOnce);
        if (entries) {
            for (const raft::Entry& entry : *entries) {
                TSR_TRY(data.apply(entry));
            }
            continue;
        }
        const auto snapshots = TSR_TRY(archive.snapshots());
        const raft::SnapshotMeta& older = snapshots.front();
        if (entries.error().code != ErrorCode::kNotFound || has_restored || older.index >= newest.index ||
            older.index <= data.applied() || older.size == 0 || !archive.copy(older, file) || !data.restore(file)) {
            return damage;
        }
        has_restored = true;
    }
    return {};
}

}  // namespace

Result<> catchUpWithSnapshot(Data& data, Storage& storage, const raft::SnapshotMeta& snapshot,
                             const std::filesystem::path& folder) {
    if (data.applied() >= snapshot.index) {
        return {};
    }
    const auto file = folder / "installed.part";
    auto caught_up = storage.copySnapshot(snapshot, file);
    if (caught_up) {
        caught_up = data.restore(file);
    }
    std::error_code ignored;
    const auto log = folder / "raft.db";
    if (!caught_up && caught_up.error().code == ErrorCode::kDataLoss && std::filesystem::exists(log, ignored)) {
        log::warn("store.snapshot_damaged", {{"error", caught_up.error().message},
                                             {"hint", "an older one and the log behind it are used instead"}});
        caught_up = catchUpWithLog(data, log, snapshot, file, caught_up.error());
    }
    std::filesystem::remove(file, ignored);
    return caught_up;
}

Result<StoredState> inspectStore(const std::filesystem::path& folder) {
    return stateOf(TSR_TRY(openFiles(folder)));
}

Result<StoredState> recoverStore(const std::filesystem::path& folder, raft::NodeId id) {
    Files files = TSR_TRY(openFiles(folder));
    const StoredState before = TSR_TRY(stateOf(files));
    // An entry of its own tells this state from what others may make of the same log.
    const raft::Entry mark{before.last + 1, before.term + 1, raft::EntryKind::kNoop, raft::makePayload({})};
    TSR_TRY(writeState(files, mark, folder / "recovered.part"));
    raft::SnapshotMeta meta;
    meta.index = mark.index;
    meta.term = mark.term;
    meta.membership.voters.insert(id);
    TSR_TRY(sealSnapshot(folder / "recovered.part", meta, [] { return true; }));
    TSR_TRY(files.storage->adoptSnapshot(meta, folder / "recovered.part"));
    // In one write: before it nothing has changed, and behind it the data catches up.
    TSR_TRY(files.storage->write({.hard_state = raft::HardState{mark.term, raft::kNoNode}, .install = meta}));
    files.log = TSR_TRY(files.storage->load());
    TSR_TRY(catchUpWithSnapshot(*files.data, *files.storage, files.log.snapshot, folder));
    return stateOf(files);
}

}  // namespace tessera::store
