#include "nodeservice/store/driver/recovery.h"

#include "nodeservice/store/driver/storage_thread.h"
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

/// The file as the snapshot of `meta`, whose size and checksum are filled in, beside the one in use.
Result<> saveSnapshot(Files& files, raft::SnapshotMeta& meta, const std::filesystem::path& file) {
    std::string bytes(kSnapshotChunkBytes, '\0');
    const auto eachPart = [&](const auto& use) -> Result<> {
        std::ifstream in(file, std::ios::binary);
        while (in.read(bytes.data(), static_cast<std::streamsize>(bytes.size())), in.gcount() > 0) {
            TSR_TRY(use(std::string_view(bytes).substr(0, static_cast<std::size_t>(in.gcount()))));
        }
        return in.eof() ? Result<>() : Result<>(fail(ErrorCode::kUnavailable, "cannot read '" + file.string() + "'"));
    };
    meta.checksum = checksumOf({});
    TSR_TRY(eachPart([&](std::string_view part) -> Result<> {
        meta.checksum = checksumOf(part, meta.checksum);
        meta.size += part.size();
        return {};
    }));
    std::uint64_t offset = 0;
    auto taken = eachPart([&](std::string_view part) {
        auto done = files.storage->receiveChunk({meta, offset, raft::makePayload(std::string(part))});
        offset += part.size();
        return done;
    });
    TSR_TRY(std::move(taken));
    removeDatabase(file);
    return files.storage->acceptReceived(meta);
}

}  // namespace

Result<> catchUpWithSnapshot(Data& data, Storage& storage, const raft::SnapshotMeta& snapshot,
                             const std::filesystem::path& folder) {
    if (data.applied() >= snapshot.index) {
        return {};
    }
    const auto file = folder / "installed.db";
    TSR_TRY(copySnapshot(storage, snapshot, file));
    TSR_TRY(data.restore(file));
    std::error_code ignored;
    std::filesystem::remove(file, ignored);
    return {};
}

Result<StoredState> inspectStore(const std::filesystem::path& folder) {
    return stateOf(TSR_TRY(openFiles(folder)));
}

Result<StoredState> recoverStore(const std::filesystem::path& folder, raft::NodeId id) {
    Files files = TSR_TRY(openFiles(folder));
    const StoredState before = TSR_TRY(stateOf(files));
    // An entry of its own tells this state from what others may make of the same log.
    const raft::Entry mark{before.last + 1, before.term + 1, raft::EntryKind::kNoop, raft::makePayload({})};
    TSR_TRY(writeState(files, mark, folder / "recovered.db"));
    raft::SnapshotMeta meta;
    meta.index = mark.index;
    meta.term = mark.term;
    meta.membership.voters.insert(id);
    TSR_TRY(saveSnapshot(files, meta, folder / "recovered.db"));
    // In one write: before it nothing has changed, and behind it the data catches up.
    TSR_TRY(files.storage->write({.hard_state = raft::HardState{mark.term, raft::kNoNode}, .install = meta}));
    files.log = TSR_TRY(files.storage->load());
    TSR_TRY(catchUpWithSnapshot(*files.data, *files.storage, files.log.snapshot, folder));
    return stateOf(files);
}

}  // namespace tessera::store
