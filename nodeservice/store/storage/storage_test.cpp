/// The same suite on storage in memory and in SQLite, and what damage of a file looks like.

#include "nodeservice/store/storage/memory_storage.h"
#include "nodeservice/store/storage/sqlite_storage.h"
#include "tests/support/temporary_directory.h"
#include "tests/support/wait_until.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>

namespace tessera::store {
namespace {

using raft::Entry;
using raft::EntryKind;
using raft::makePayload;

enum class Kind { kMemory, kSqlite };

class StorageTest : public testing::TestWithParam<Kind> {
  protected:
    StorageTest() { reopen(); }

    void reopen() {
        if (GetParam() == Kind::kSqlite) {
            storage_.reset();
            auto storage = SqliteStorage::open(file());
            ASSERT_TRUE(storage) << storage.error().describe();
            storage_ = std::move(*storage);
        } else if (!storage_) {
            storage_ = std::make_unique<MemoryStorage>();
        }
    }

    std::filesystem::path file() const { return folder_.path() / "raft.db"; }

    raft::StoredLog load() {
        reopen();
        auto stored = storage_->load();
        EXPECT_TRUE(stored) << stored.error().describe();
        return stored.value_or(raft::StoredLog{});
    }

    TemporaryDirectory folder_;
    std::unique_ptr<Storage> storage_;
};

Entry entry(raft::Index index, raft::Term term) {
    return {index, term, EntryKind::kCommand, makePayload("entry " + std::to_string(index))};
}

raft::SnapshotMeta snapshotOf(raft::Index index, const std::string& bytes) {
    raft::SnapshotMeta meta;
    meta.index = index;
    meta.term = 1;
    meta.membership.voters = {1, 2, 3};
    meta.size = bytes.size();
    meta.checksum = checksumOf(bytes);
    return meta;
}

TEST_P(StorageTest, BeginsEmpty) {
    EXPECT_EQ(load(), raft::StoredLog{});
}

TEST_P(StorageTest, KeepsHardStateAndEntries) {
    ASSERT_TRUE(storage_->write({.hard_state = raft::HardState{3, 2}, .entries = {entry(1, 1), entry(2, 3)}}));
    const auto stored = load();
    EXPECT_EQ(stored.hard_state, (raft::HardState{3, 2}));
    EXPECT_EQ(stored.entries, (std::vector<Entry>{entry(1, 1), entry(2, 3)}));
    ASSERT_TRUE(storage_->write({.entries = {entry(3, 3)}}));
    EXPECT_EQ(load().entries.size(), 3);
    EXPECT_EQ(load().hard_state, (raft::HardState{3, 2}));
}

TEST_P(StorageTest, NewEntriesReplaceWhatStandsThereAndBehind) {
    ASSERT_TRUE(storage_->write({.entries = {entry(1, 1), entry(2, 1), entry(3, 1)}}));
    ASSERT_TRUE(storage_->write({.entries = {entry(2, 2)}}));
    EXPECT_EQ(load().entries, (std::vector<Entry>{entry(1, 1), entry(2, 2)}));
}

TEST_P(StorageTest, CompactsToABase) {
    ASSERT_TRUE(storage_->write({.entries = {entry(1, 1), entry(2, 1), entry(3, 1), entry(4, 1)}}));
    const auto meta = snapshotOf(3, "state");
    ASSERT_TRUE(storage_->saveSnapshot(meta, "state"));
    ASSERT_TRUE(storage_->write({.compaction = Compaction{meta, {2, 1}}}));
    const auto stored = load();
    EXPECT_EQ(stored.snapshot, meta);
    EXPECT_EQ(stored.base, (raft::Position{2, 1}));
    EXPECT_EQ(stored.entries, (std::vector<Entry>{entry(3, 1), entry(4, 1)}));
}

TEST_P(StorageTest, ReceivesASnapshotInChunks) {
    const std::string bytes(1000, 'z');
    const auto meta = snapshotOf(30, bytes);
    ASSERT_TRUE(storage_->write({.entries = {entry(1, 1)}}));
    for (std::uint64_t offset = 0; offset < bytes.size(); offset += 300) {
        ASSERT_TRUE(storage_->receiveChunk({meta, offset, makePayload(bytes.substr(offset, 300))}));
    }
    ASSERT_TRUE(storage_->acceptReceived(meta));
    EXPECT_EQ(storage_->load()->snapshot.index, 0);  // not yet in use
    ASSERT_TRUE(storage_->write({.install = meta}));
    EXPECT_EQ(load().snapshot, meta);
    EXPECT_TRUE(load().entries.empty());
    EXPECT_EQ(storage_->readSnapshot(meta, 0, 2000).value(), bytes);
    EXPECT_EQ(storage_->readSnapshot(meta, 250, 100).value(), bytes.substr(250, 100));
    EXPECT_EQ(storage_->readSnapshot(meta, 1000, 100).value(), "");
}

/// A node may die between a new snapshot and the write that puts it to use.
TEST_P(StorageTest, TheSnapshotInUseOutlivesOneThatIsNotUsed) {
    const auto old = snapshotOf(3, "old");
    ASSERT_TRUE(storage_->saveSnapshot(old, "old"));
    ASSERT_TRUE(storage_->write({.install = old}));
    ASSERT_TRUE(storage_->saveSnapshot(snapshotOf(9, "new"), "new"));
    EXPECT_EQ(load().snapshot, old);
    EXPECT_EQ(storage_->readSnapshot(old, 0, 100).value(), "old");
    EXPECT_EQ(storage_->readSnapshot(snapshotOf(9, "new"), 0, 100).error().code, ErrorCode::kNotFound);
}

TEST_P(StorageTest, ADamagedSnapshotIsRefusedAndForgotten) {
    const auto meta = snapshotOf(30, "what was sent");
    ASSERT_TRUE(storage_->receiveChunk({meta, 0, makePayload("what was s3nt")}));
    EXPECT_EQ(storage_->acceptReceived(meta).error().code, ErrorCode::kDataLoss);
    EXPECT_EQ(storage_->receiveChunk({meta, 13, makePayload("x")}).error().code, ErrorCode::kDataLoss);
    ASSERT_TRUE(storage_->receiveChunk({meta, 0, makePayload("what was sent")}));
    EXPECT_TRUE(storage_->acceptReceived(meta));
}

/// A node that lags may make a snapshot of its own while the leader's comes in.
TEST_P(StorageTest, CompactingLeavesANewerSnapshotThatComesIn) {
    const auto incoming = snapshotOf(30, "incoming");
    ASSERT_TRUE(storage_->write({.entries = {entry(1, 1), entry(2, 1), entry(3, 1)}}));
    ASSERT_TRUE(storage_->receiveChunk({incoming, 0, makePayload("inco")}));
    const auto own = snapshotOf(3, "own");
    ASSERT_TRUE(storage_->receiveChunk({own, 0, makePayload("ow")}));
    ASSERT_TRUE(storage_->receiveChunk({own, 2, makePayload("n")}));
    ASSERT_TRUE(storage_->acceptReceived(own));
    ASSERT_TRUE(storage_->write({.compaction = Compaction{own, {3, 1}}}));
    EXPECT_EQ(storage_->readSnapshot(own, 0, 10).value(), "own");
    ASSERT_TRUE(storage_->receiveChunk({incoming, 4, makePayload("ming")}));
    ASSERT_TRUE(storage_->acceptReceived(incoming));
    ASSERT_TRUE(storage_->write({.install = incoming}));
    EXPECT_EQ(storage_->readSnapshot(incoming, 0, 10).value(), "incoming");
}

INSTANTIATE_TEST_SUITE_P(Store, StorageTest, testing::Values(Kind::kMemory, Kind::kSqlite),
                         [](const auto& test) { return test.param == Kind::kMemory ? "Memory" : "Sqlite"; });

/// What is not referred to any more goes bit by bit: a compaction is as short a write as any other.
class OldRowsTest : public testing::Test {
  protected:
    static constexpr raft::Index kEntries = 1000;

    void SetUp() override {
        reopen();
        std::vector<Entry> entries;
        for (raft::Index index = 1; index <= kEntries; ++index) {
            entries.push_back(entry(index, 1));
        }
        ASSERT_TRUE(storage_->write({.entries = entries}));
        compactAt(100);
        compactAt(900);
        compactAt(kEntries - 1);
    }

    void compactAt(raft::Index index) {
        const std::string bytes(std::size_t{3} << 20U, 'z');
        const auto meta = snapshotOf(index, bytes);
        ASSERT_TRUE(storage_->saveSnapshot(meta, bytes));
        ASSERT_TRUE(storage_->write({.compaction = Compaction{meta, {index - 1, 1}}}));
    }

    void reopen() {
        storage_.reset();
        auto opened = SqliteStorage::open(file());
        ASSERT_TRUE(opened) << opened.error().describe();
        storage_ = std::move(*opened);
    }

    std::filesystem::path file() const { return folder_.path() / "raft.db"; }

    std::size_t snapshots() const {
        const std::filesystem::directory_iterator files(folder_.path());
        return static_cast<std::size_t>(std::count_if(begin(files), end(files), [](const auto& file) {
            return file.path().filename().string().starts_with("snapshot-");
        }));
    }

    std::int64_t count(const std::string& what) const {
        auto database = sqlite::Database::open(file());
        auto rows = database->prepare("SELECT count(*) FROM " + what);
        return rows && rows->step() ? rows->integer(0) : -1;
    }

    void writeSome(raft::Index last) {
        const auto before = storage_->load();
        ASSERT_TRUE(before) << before.error().describe();
        for (raft::Index index = before->base.index + before->entries.size() + 1; index <= last; ++index) {
            ASSERT_TRUE(storage_->write({.entries = {entry(index, 1)}}));
        }
    }

    TemporaryDirectory folder_;
    std::unique_ptr<SqliteStorage> storage_;
};

TEST_F(OldRowsTest, TheyGoWithWhatIsWritten) {
    EXPECT_GT(count("entry"), 500) << "not all at once";
    writeSome(kEntries + 40);
    EXPECT_EQ(count("entry"), 42) << "from the base on";
    EXPECT_TRUE(waitUntil([&] { return snapshots() == 1; })) << snapshots();
    EXPECT_EQ(storage_->load()->base.index, kEntries - 2);
    EXPECT_EQ(storage_->load()->entries.size(), 42);
}

TEST_F(OldRowsTest, AlsoThoseOfAProcessBefore) {
    reopen();
    EXPECT_EQ(storage_->load()->base.index, kEntries - 2);
    EXPECT_EQ(storage_->load()->entries.size(), 2);
    writeSome(kEntries + 40);
    EXPECT_EQ(count("entry"), 42);
    EXPECT_TRUE(waitUntil([&] { return snapshots() == 1; })) << snapshots();
}

/// Debian's SQLite would write zeros in their place.
TEST_F(OldRowsTest, TheyAreNotWrittenOver) {
    auto database = sqlite::Database::open(file());
    auto row = database->prepare("PRAGMA secure_delete");
    ASSERT_TRUE(row && row->step());
    EXPECT_EQ(row->integer(0), 2);
}

class DamageTest : public testing::Test {
  protected:
    /// A file of some entries, all of it in the main file.
    void SetUp() override {
        auto storage = SqliteStorage::open(file());
        ASSERT_TRUE(storage) << storage.error().describe();
        for (raft::Index i = 1; i <= 20; ++i) {
            Entry made = entry(i, 1);
            made.data = makePayload(std::string(2000, 'x') + std::to_string(i));
            ASSERT_TRUE((*storage)->write({.hard_state = raft::HardState{1, 1}, .entries = {made}}));
        }
    }

    Result<raft::StoredLog> load() {
        auto storage = TSR_TRY(SqliteStorage::open(file()));
        return storage->load();
    }

    std::filesystem::path file() const { return folder_.path() / "raft.db"; }

    TemporaryDirectory folder_;
};

TEST_F(DamageTest, AnEntryIsNamed) {
    auto database = sqlite::Database::open(file());
    ASSERT_TRUE(database && database->execute("UPDATE entry SET data = data || 'y' WHERE position = 17"));
    const auto stored = load();
    ASSERT_FALSE(stored);
    EXPECT_EQ(stored.error().code, ErrorCode::kDataLoss);
    EXPECT_NE(stored.error().message.find("entry 17 of the store's log in '" + file().string()), std::string::npos)
        << stored.error().message;
}

TEST_F(DamageTest, AGapIsNamed) {
    auto database = sqlite::Database::open(file());
    ASSERT_TRUE(database && database->execute("DELETE FROM entry WHERE position = 5"));
    EXPECT_NE(load().error().message.find("entry 5 "), std::string::npos);
}

TEST_F(DamageTest, TheHardStateIsChecked) {
    auto database = sqlite::Database::open(file());
    ASSERT_TRUE(database && database->execute("UPDATE meta SET vote = 2"));
    EXPECT_EQ(load().error().code, ErrorCode::kDataLoss);
}

/// Bytes of every page are changed in turn: it is noticed, or what is read is what was written.
TEST_F(DamageTest, NoPageIsReadWrong) {
    const auto whole = load();
    ASSERT_TRUE(whole);
    const std::string bytes = readFile(file());
    int noticed = 0;
    for (std::size_t at = 200; at < bytes.size(); at += 1024) {
        std::string changed = bytes;
        for (std::size_t i = at; i < at + 16; ++i) {
            changed[i] = static_cast<char>(changed[i] ^ 0x5A);
        }
        std::ofstream(file(), std::ios::binary) << changed;
        const auto stored = load();
        if (stored) {
            EXPECT_EQ(*stored, *whole) << "changed at " << at;
        } else {
            ++noticed;
        }
    }
    EXPECT_GT(noticed, 10);
}

}  // namespace
}  // namespace tessera::store
