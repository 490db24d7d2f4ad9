/// The power fails after each single change of the log's file and of the snapshots' files: what was confirmed is there,
/// and nothing is half there.

#include "nodeservice/store/storage/recording_vfs.h"
#include "nodeservice/store/storage/sqlite_storage.h"
#include "tests/support/temporary_directory.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdio>
#include <map>
#include <set>

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
            RecordingVfs::write(vfs.after(count, torn), folder.path() / "replay");
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

/// A store that makes snapshots, receives one and makes another, with every change of its files written down.
class SnapshotCrashTest : public testing::Test {
  protected:
    using Bytes = RecordingVfs::Failure::Bytes;

    void SetUp() override {
        auto opened = SqliteStorage::open(folder_.path() / "raft.db", vfs_.name(), vfs_.disk());
        ASSERT_TRUE(opened) << opened.error().describe();
        storage_ = std::move(*opened);
        note();
        raft::SnapshotMeta founding;
        founding.membership.voters = {1, 2, 3};
        confirm({.install = founding});
        append(1, 6);
        compact(4, 2);
        append(7, 9);
        compact(8, 4);
        receive(40);
        append(41, 42);
        compact(42, 40);
        storage_.reset();
    }

    /// What was confirmed up to here.
    void note() {
        states_.push_back(storage_->load().value());
        confirmed_.push_back(vfs_.count());
    }

    void confirm(const LogWrite& write) {
        const auto written = storage_->write(write);
        ASSERT_TRUE(written) << written.error().describe();
        note();
    }

    void append(raft::Index first, raft::Index last) {
        for (raft::Index i = first; i <= last; ++i) {
            confirm({.entries = {entry(i, 1)}});
        }
    }

    raft::SnapshotMeta metaOf(raft::Index index) {
        raft::SnapshotMeta meta;
        meta.index = index;
        meta.term = 1;
        meta.membership.voters = {1, 2, 3};
        std::string& bytes = contents_[index];
        for (std::size_t i = 0; i < kSnapshotBytes; ++i) {
            bytes += static_cast<char>(index * 31 + i * 7 + i / 4096);
        }
        return meta;
    }

    /// As Replica's own: a copy, which is sealed and adopted, and then referred to.
    void compact(raft::Index index, raft::Index base) {
        raft::SnapshotMeta meta = metaOf(index);
        const auto file = folder_.path() / "snapshot.part";
        {
            const auto made = vfs_.disk().create(file);
            ASSERT_TRUE(made);
            ASSERT_TRUE(vfs_.disk().write(*made, file, 0, contents_[index]));
        }
        ASSERT_TRUE(sealSnapshot(
            file, meta, [] { return true; }, vfs_.disk()));
        ASSERT_TRUE(storage_->adoptSnapshot(meta, file));
        confirm({.compaction = Compaction{meta, {base, 1}}});
    }

    void receive(raft::Index index) {
        constexpr std::size_t kChunk = 8000;
        raft::SnapshotMeta meta = metaOf(index);
        SnapshotSums sums;
        sums.add(contents_[index]);
        meta.size = sums.size();
        meta.checksum = sums.checksum();
        for (std::size_t at = 0; at < meta.size; at += kChunk) {
            ASSERT_TRUE(storage_->receiveChunk({meta, at, raft::makePayload(contents_[index].substr(at, kChunk))}));
        }
        ASSERT_TRUE(storage_->acceptReceived(meta));
        confirm({.install = meta});
    }

    /// What is broken when the power fails after the first `count` changes; empty if nothing is.
    std::string faultAfter(std::size_t count, RecordingVfs::Failure failure) {
        std::size_t least = 0;
        while (least + 1 < confirmed_.size() && confirmed_[least + 1] <= count) {
            ++least;
        }
        auto files = vfs_.afterFailure(count, failure);
        const auto folder = folder_.path() / "replay";
        RecordingVfs::write(files, folder);
        if (!seen_.emplace(least, std::move(files)).second) {
            return {};
        }
        auto storage = SqliteStorage::open(folder / "raft.db");
        if (!storage) {
            return storage.error().message;
        }
        const auto state = (*storage)->load();
        if (!state) {
            return state.error().message;
        }
        if (*state != states_[least] && (least + 1 == states_.size() || *state != states_[least + 1])) {
            return "another state than was confirmed";
        }
        const raft::Index next = state->entries.empty() ? state->base.index + 1 : state->entries.back().index + 1;
        if (const auto written = (*storage)->write({.entries = {entry(next, 9)}}); !written) {
            return written.error().message;
        }
        storage->reset();
        return faultOfFiles(folder, state->snapshot);
    }

    /// The snapshots that the log refers to are there whole, and there is no other file of one.
    std::string faultOfFiles(const std::filesystem::path& folder, const raft::SnapshotMeta& newest) {
        std::vector<raft::SnapshotMeta> wanted = olderIn(folder);
        if (newest.size > 0) {
            wanted.push_back(newest);
        }
        std::set<std::string> names;
        SnapshotFiles snapshots(folder);
        for (const raft::SnapshotMeta& snapshot : wanted) {
            const auto bytes = snapshots.read(snapshot, 0, snapshot.size);
            if (!bytes) {
                return bytes.error().message;
            }
            if (*bytes != contents_[snapshot.index]) {
                return "the snapshot of entry " + std::to_string(snapshot.index) + " is another";
            }
            names.insert(snapshots.pathOf(snapshot).filename());
        }
        for (const auto& file : std::filesystem::directory_iterator(folder)) {
            const std::string name = file.path().filename();
            if (!name.starts_with("raft.db") && !names.contains(name)) {
                return "'" + name + "' is left over";
            }
        }
        return {};
    }

    static std::vector<raft::SnapshotMeta> olderIn(const std::filesystem::path& folder) {
        std::vector<raft::SnapshotMeta> older;
        auto database = sqlite::Database::open(folder / "raft.db");
        auto rows = database->prepare("SELECT position, term, size, checksum FROM older WHERE size > 0");
        while (*rows->step()) {
            older.push_back({rows->number(0), rows->number(1), {}, rows->number(2), rows->number(3)});
        }
        return older;
    }

    /// The first that is found.
    std::string firstFault() {
        for (std::size_t count = confirmed_.front(); count <= vfs_.count(); ++count) {
            for (const Bytes bytes : {Bytes::kAll, Bytes::kEverySecondPage, Bytes::kSynced}) {
                for (const bool keeps_names : {true, false}) {
                    const std::string fault = faultAfter(count, {bytes, keeps_names});
                    if (!fault.empty()) {
                        return fault + " (after change " + std::to_string(count) + ", bytes " +
                               std::to_string(static_cast<int>(bytes)) + (keeps_names ? "" : ", names lost") + ")";
                    }
                }
            }
        }
        return {};
    }

    static constexpr std::size_t kSnapshotBytes = 20'000;

    const TemporaryDirectory folder_;
    RecordingVfs vfs_;
    std::unique_ptr<SqliteStorage> storage_;
    std::map<raft::Index, std::string> contents_;
    std::vector<raft::StoredLog> states_;
    /// How many changes of files there were when the state was confirmed.
    std::vector<std::size_t> confirmed_;
    /// States of the disk, with what was confirmed by then.
    std::set<std::pair<std::size_t, RecordingVfs::Files>> seen_;
};

TEST_F(SnapshotCrashTest, APowerFailureAtEachChangeLosesNoSnapshotInUse) {
    EXPECT_EQ(firstFault(), "");
    EXPECT_GT(seen_.size(), 100);
    std::printf("%zu states of the disk, of %zu changes\n", seen_.size(), vfs_.count());
}

/// What the test above would say of files that are not synced, and of names that are not.
TEST_F(SnapshotCrashTest, WhatIsNotSyncedIsFoundToBeLost) {
    vfs_.ignore(RecordingVfs::Change::Kind::kSyncBytes);
    EXPECT_THAT(firstFault(), testing::HasSubstr("snapshot"));
}

TEST_F(SnapshotCrashTest, ANameThatIsNotSyncedIsFoundToBeLost) {
    vfs_.ignore(RecordingVfs::Change::Kind::kSyncNames);
    EXPECT_THAT(firstFault(), testing::HasSubstr("snapshot"));
}

}  // namespace
}  // namespace tessera::store
