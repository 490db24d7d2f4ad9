/// The power fails after each single write of the log's file: what was confirmed is there, and nothing is half there.

#include "nodeservice/store/storage/recording_vfs.h"
#include "nodeservice/store/storage/sqlite_storage.h"
#include "tests/support/temporary_directory.h"

#include <gtest/gtest.h>

namespace tessera::store {
namespace {

raft::Entry entry(raft::Index index, raft::Term term, std::size_t size = 40) {
    return {index, term, raft::EntryKind::kCommand,
            raft::makePayload(std::string(size, static_cast<char>('a' + index % 26)))};
}

/// Hard states, appends, truncations, a compaction and an installed snapshot.
std::vector<LogWrite> writes() {
    std::vector<LogWrite> writes;
    raft::SnapshotMeta founding;
    founding.membership.voters = {1, 2, 3};
    writes.push_back({.install = founding});
    for (raft::Index i = 1; i <= 12; ++i) {
        writes.push_back({.hard_state = raft::HardState{i / 4 + 1, i % 3}, .entries = {entry(i, i / 4 + 1, i * 300)}});
    }
    writes.push_back({.hard_state = raft::HardState{9, 1}, .entries = {entry(8, 9), entry(9, 9)}});
    raft::SnapshotMeta own = founding;
    own.index = 7;
    own.term = 2;
    writes.push_back({.compaction = Compaction{own, {5, 2}}});
    raft::SnapshotMeta installed = founding;
    installed.index = 40;
    installed.term = 9;
    writes.push_back({.install = installed});
    writes.push_back({.entries = {entry(41, 9), entry(42, 9, 9000)}});
    return writes;
}

TEST(StorageCrashTest, EveryPrefixOfTheWritesSurvives) {
    const TemporaryDirectory folder;
    RecordingVfs vfs;
    std::vector<raft::StoredLog> states;
    /// How many changes of files there were when a write was confirmed.
    std::vector<std::size_t> confirmed;
    {
        auto storage = SqliteStorage::open(folder.path() / "raft.db", vfs.name());
        ASSERT_TRUE(storage) << storage.error().describe();
        states.push_back((*storage)->load().value());
        confirmed.push_back(vfs.changes().size());
        for (const LogWrite& write : writes()) {
            ASSERT_TRUE((*storage)->write(write));
            states.push_back((*storage)->load().value());
            confirmed.push_back(vfs.changes().size());
        }
    }
    std::size_t checked = 0;
    for (std::size_t count = confirmed.front(); count <= vfs.changes().size(); ++count) {
        std::size_t least = 0;
        while (least + 1 < confirmed.size() && confirmed[least + 1] <= count) {
            ++least;
        }
        const auto& last = vfs.changes()[count - 1];
        const bool is_write = last.kind == RecordingVfs::Change::Kind::kWrite && last.bytes.size() > 1;
        for (const std::int64_t torn : {std::int64_t{-1}, static_cast<std::int64_t>(last.bytes.size() / 2)}) {
            if (torn >= 0 && (!is_write || confirmed[least] == count)) {
                continue;
            }
            vfs.replay(count, folder.path() / "replay", torn);
            auto storage = SqliteStorage::open(folder.path() / "replay" / "raft.db");
            ASSERT_TRUE(storage) << "after change " << count << ": " << storage.error().describe();
            const auto state = (*storage)->load();
            ASSERT_TRUE(state) << "after change " << count << ": " << state.error().describe();
            const bool is_whole = *state == states[least] || (least + 1 < states.size() && *state == states[least + 1]);
            EXPECT_TRUE(is_whole) << "after change " << count << ", torn " << torn;
            ++checked;
        }
    }
    EXPECT_GT(checked, 60);
}

/// Every write is synchronous: between two confirmations there is a sync of the log's file.
TEST(StorageCrashTest, NothingIsConfirmedBeforeItIsSynced) {
    const TemporaryDirectory folder;
    RecordingVfs vfs;
    auto storage = SqliteStorage::open(folder.path() / "raft.db", vfs.name());
    ASSERT_TRUE(storage) << storage.error().describe();
    for (const LogWrite& write : writes()) {
        ASSERT_TRUE((*storage)->write(write));
        EXPECT_EQ(vfs.changes().back().kind, RecordingVfs::Change::Kind::kSync);
    }
}

}  // namespace
}  // namespace tessera::store
