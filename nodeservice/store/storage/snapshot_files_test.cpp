/// Snapshots as files beside the log's: a process that dies at any step, files that are damaged, and those of earlier
/// releases, which held them in the log's file.

#include "nodeservice/store/storage/log_archive.h"
#include "nodeservice/store/storage/sqlite_storage.h"
#include "tests/support/temporary_directory.h"
#include "tests/support/wait_until.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>

namespace tessera::store {
namespace {

using raft::makePayload;
using sqlite::number;

/// Of more than two parts.
std::string stateOf(char what) {
    std::string bytes(700'000, what);
    for (std::size_t i = 0; i < bytes.size(); i += 1000) {
        bytes.replace(i, 6, std::to_string(100'000 + i % 900'000));
    }
    return bytes;
}

raft::SnapshotMeta snapshotOf(raft::Index index, const std::string& bytes) {
    return {index, 1, {}, bytes.size(), checksumOf(bytes)};
}

class SnapshotFilesTest : public testing::Test {
  protected:
    void SetUp() override {
        std::filesystem::create_directories(folder());
        storage_ = open(folder());
        std::vector<raft::Entry> entries;
        for (raft::Index index = 1; index <= 9; ++index) {
            entries.push_back({index, 1, raft::EntryKind::kCommand, makePayload("entry")});
        }
        ASSERT_TRUE(storage_->write({.entries = entries}));
        ASSERT_TRUE(storage_->saveSnapshot(old_, old_bytes_));
        ASSERT_TRUE(storage_->write({.compaction = Compaction{old_, {3, 1}}}));
    }

    static std::unique_ptr<SqliteStorage> open(const std::filesystem::path& folder) {
        auto storage = SqliteStorage::open(folder / "raft.db");
        EXPECT_TRUE(storage) << storage.error().describe();
        return storage ? std::move(*storage) : nullptr;
    }

    std::filesystem::path folder() const { return temporary_.path() / "store"; }

    std::filesystem::path fileOf(const raft::SnapshotMeta& snapshot) const {
        return SnapshotFiles(folder()).pathOf(snapshot);
    }

    /// What another process finds if this one dies here: all of `expected`, and nothing that was begun.
    void expectIfKilledNow(const raft::SnapshotMeta& expected, const std::string& bytes, const std::string& step) {
        const auto copy = temporary_.path() / ("killed " + step);
        // What was begun is of any length.
        for (const bool is_torn : {false, true}) {
            std::filesystem::remove_all(copy);
            std::filesystem::copy(folder(), copy);
            for (const auto& file : std::filesystem::directory_iterator(copy)) {
                if (is_torn && file.path().extension() == ".part") {
                    std::filesystem::resize_file(file.path(), file.file_size() / 2);
                }
            }
            const auto storage = open(copy);
            ASSERT_TRUE(storage);
            const auto stored = storage->load();
            ASSERT_TRUE(stored) << step << ": " << stored.error().describe();
            EXPECT_EQ(stored->snapshot, expected) << step;
            const auto read = storage->readSnapshot(expected, 0, SIZE_MAX);
            ASSERT_TRUE(read) << step << ": " << read.error().describe();
            EXPECT_TRUE(*read == bytes) << step;
            EXPECT_TRUE(waitUntil([&] { return namesIn(copy) == namesOf(copy); })) << step << ": " << namesIn(copy);
        }
    }

    /// Of the snapshots that the log refers to.
    static std::string namesOf(const std::filesystem::path& folder) {
        std::string names;
        const auto snapshots = LogArchive::open(folder / "raft.db")->snapshots();
        for (const raft::SnapshotMeta& snapshot : snapshots.value()) {
            names += snapshot.size == 0 ? "" : SnapshotFiles(folder).pathOf(snapshot).filename().string() + " ";
        }
        return names;
    }

    static std::string namesIn(const std::filesystem::path& folder) {
        std::vector<std::string> found;
        for (const auto& file : std::filesystem::directory_iterator(folder)) {
            const std::string name = file.path().filename();
            if (name.starts_with("snapshot-") || name.ends_with(".part")) {
                found.push_back(name);
            }
        }
        std::sort(found.begin(), found.end());
        std::string names;
        for (const std::string& name : found) {
            names += name + " ";
        }
        return names;
    }

    const std::string old_bytes_ = stateOf('o');
    const std::string new_bytes_ = stateOf('n');
    const raft::SnapshotMeta old_ = snapshotOf(5, old_bytes_);
    const raft::SnapshotMeta new_ = snapshotOf(8, new_bytes_);
    const TemporaryDirectory temporary_;
    std::unique_ptr<SqliteStorage> storage_;
};

TEST_F(SnapshotFilesTest, AProcessMayDieAtEachStepOfOneThatIsMade) {
    const auto made = folder() / "snapshot.part";
    std::ofstream(made, std::ios::binary) << new_bytes_;
    expectIfKilledNow(old_, old_bytes_, "copied");
    auto meta = snapshotOf(8, "");
    ASSERT_TRUE(sealSnapshot(made, meta, [] { return true; }));
    EXPECT_EQ(meta, new_);
    expectIfKilledNow(old_, old_bytes_, "sealed");
    ASSERT_TRUE(storage_->adoptSnapshot(new_, made));
    EXPECT_TRUE(std::filesystem::exists(fileOf(new_)));
    expectIfKilledNow(old_, old_bytes_, "named");
    ASSERT_TRUE(storage_->write({.compaction = Compaction{new_, {4, 1}}}));
    expectIfKilledNow(new_, new_bytes_, "in use");
    EXPECT_TRUE(std::filesystem::exists(fileOf(old_))) << "the log still follows it";
    ASSERT_TRUE(storage_->write({.compaction = Compaction{new_, {8, 1}}}));
    EXPECT_TRUE(waitUntil([&] { return !std::filesystem::exists(fileOf(old_)); }));
    expectIfKilledNow(new_, new_bytes_, "the old one has gone");
}

TEST_F(SnapshotFilesTest, AProcessMayDieAtEachStepOfOneThatComes) {
    for (std::size_t offset = 0; offset < new_bytes_.size(); offset += 300'000) {
        ASSERT_TRUE(storage_->receiveChunk({new_, offset, makePayload(new_bytes_.substr(offset, 300'000))}));
        expectIfKilledNow(old_, old_bytes_, "at " + std::to_string(offset));
    }
    ASSERT_TRUE(storage_->acceptReceived(new_));
    expectIfKilledNow(old_, old_bytes_, "named");
    ASSERT_TRUE(storage_->write({.install = new_}));
    expectIfKilledNow(new_, new_bytes_, "in use");
    EXPECT_TRUE(waitUntil([&] { return !std::filesystem::exists(fileOf(old_)); }));
    expectIfKilledNow(new_, new_bytes_, "the old one has gone");
}

/// A reader of the past, or who puts it into the data, may be at it.
TEST_F(SnapshotFilesTest, OneThatIsLentOutlivesItsName) {
    const auto lent = folder() / "installed-5.part";
    ASSERT_TRUE(storage_->lendSnapshot(old_, lent));
    ASSERT_TRUE(storage_->saveSnapshot(new_, new_bytes_));
    ASSERT_TRUE(storage_->write({.compaction = Compaction{new_, {8, 1}}}));
    ASSERT_TRUE(waitUntil([&] { return !std::filesystem::exists(fileOf(old_)); }));
    EXPECT_TRUE(readFile(lent).substr(0, old_.size) == old_bytes_);
}

TEST_F(SnapshotFilesTest, NoDamageIsReadAsTheSnapshot) {
    const std::string whole = readFile(fileOf(old_));
    const auto expectRefused = [&](const std::string& bytes, const std::string& what) {
        std::ofstream(fileOf(old_), std::ios::binary | std::ios::trunc) << bytes;
        const auto storage = open(folder());
        const auto read = storage->readSnapshot(old_, 0, SIZE_MAX);
        ASSERT_FALSE(read) << what;
        EXPECT_EQ(read.error().code, ErrorCode::kDataLoss) << what;
        EXPECT_NE(read.error().message.find(fileOf(old_).string()), std::string::npos) << read.error().message;
    };
    for (std::size_t at = 0; at < whole.size(); at += at < old_.size ? 40'000 : 5) {
        std::string changed = whole;
        changed[at] = static_cast<char>(changed[at] ^ 0x04);
        expectRefused(changed, "changed at " + std::to_string(at));
    }
    for (const std::size_t size : {std::size_t{0}, std::size_t{4096}, old_bytes_.size(), whole.size() - 1}) {
        expectRefused(whole.substr(0, size), "torn at " + std::to_string(size));
    }
    expectRefused(whole + "x", "longer");
    std::filesystem::remove(fileOf(old_));
    EXPECT_EQ(open(folder())->readSnapshot(old_, 0, 10).error().code, ErrorCode::kDataLoss) << "it is gone";
}

TEST_F(SnapshotFilesTest, AnyStretchIsRead) {
    for (const std::size_t offset : {0, 1, 262'143, 262'144, 500'000, 699'999, 700'000}) {
        for (const std::size_t most : {1, 1000, 300'000, 1'000'000}) {
            EXPECT_TRUE(storage_->readSnapshot(old_, offset, most).value() == old_bytes_.substr(offset, most))
                << offset << " " << most;
        }
    }
}

/// The tables as earlier releases wrote them.
class PartsInTheLog : public SnapshotFilesTest {
  protected:
    void SetUp() override {
        SnapshotFilesTest::SetUp();
        ASSERT_TRUE(storage_->saveSnapshot(new_, new_bytes_));
        ASSERT_TRUE(storage_->write({.compaction = Compaction{new_, {4, 1}}}));
        storage_.reset();
        auto database = sqlite::Database::open(folder() / "raft.db");
        ASSERT_TRUE(database && database->execute(R"sql(CREATE TABLE part(
            snapshot_index INTEGER, snapshot_term INTEGER, checksum INTEGER, start INTEGER, data BLOB, sum INTEGER,
            PRIMARY KEY(snapshot_index, snapshot_term, checksum, start)))sql"));
        putParts(*database, old_, old_bytes_);
        putParts(*database, new_, new_bytes_);
        putParts(*database, snapshotOf(20, "never ended"), "never");
    }

    void putParts(sqlite::Database& database, const raft::SnapshotMeta& snapshot, const std::string& bytes) {
        std::filesystem::remove(fileOf(snapshot));
        for (std::size_t start = 0; start < bytes.size(); start += 262'144) {
            auto row = database.prepare("INSERT INTO part VALUES (?, ?, ?, ?, ?, 0)");
            ASSERT_TRUE(row && row->run({number(snapshot.index), number(snapshot.term), number(snapshot.checksum),
                                         number(start), sqlite::Blob{bytes.substr(start, 262'144)}}));
        }
    }

    void expectMoved() {
        storage_ = open(folder());
        ASSERT_TRUE(storage_);
        EXPECT_TRUE(storage_->readSnapshot(new_, 0, SIZE_MAX).value() == new_bytes_);
        auto archive = LogArchive::open(folder() / "raft.db");
        ASSERT_TRUE(archive);
        ASSERT_TRUE(archive->copy(old_, folder() / "copy"));
        EXPECT_TRUE(readFile(folder() / "copy") == old_bytes_);
        EXPECT_EQ(namesIn(folder()), namesOf(folder()));
        EXPECT_EQ(storage_->load()->entries.size(), 5);
        auto database = sqlite::Database::open(folder() / "raft.db");
        auto pages = database->prepare("SELECT page_count FROM pragma_page_count()");
        ASSERT_TRUE(pages && pages->step());
        EXPECT_LT(pages->integer(0), 20) << "the log's file is as large as before";
    }
};

TEST_F(PartsInTheLog, AreMovedToFiles) {
    expectMoved();
}

TEST_F(PartsInTheLog, AreMovedAgainIfThatWasCutShort) {
    std::ofstream(fileOf(old_).string() + ".part") << old_bytes_.substr(0, 1000);
    std::ofstream(fileOf(new_)) << new_bytes_.substr(0, 1000);
    expectMoved();
}

TEST_F(PartsInTheLog, DamagedOnesAreMissing) {
    {
        auto database = sqlite::Database::open(folder() / "raft.db");
        ASSERT_TRUE(database && database->execute("DELETE FROM part WHERE start > 0 AND snapshot_index = 8"));
    }
    storage_ = open(folder());
    ASSERT_TRUE(storage_);
    EXPECT_EQ(storage_->load()->entries.size(), 5);
    EXPECT_EQ(storage_->readSnapshot(new_, 0, 10).error().code, ErrorCode::kDataLoss);
}

}  // namespace
}  // namespace tessera::store
