/// What a member does whose files are damaged, or whose disk takes no more: three real nodes. The others go on, the
/// member says which file it is, and comes back with what they have.

#include "tests/support/store_nodes.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>

#include <filesystem>
#include <fstream>
#include <string>

namespace tessera {
namespace {

namespace fs = std::filesystem;

using testing::HasSubstr;

class StoreDamage : public testing::Test {
  protected:
    static void SetUpTestSuite() {
        nodes_ = std::make_unique<Nodes>(Nodes::Links::kNone);
        nodes_->start();
        ASSERT_TRUE(write("CREATE TABLE t(a, b)"));
        for (int i = 0; i < 20; ++i) {
            ASSERT_TRUE(insert());
        }
        // What is damaged must be there.
        expectAlike();
    }

    static void TearDownTestSuite() { nodes_.reset(); }

    /// By whoever of the first two takes it.
    static bool write(const std::string& sql) {
        return waitUntil(
            [&] {
                return clientOf(nodes_->at(0))->execute({{sql}}, std::chrono::seconds(5)) ||
                       clientOf(nodes_->at(1))->execute({{sql}}, std::chrono::seconds(5));
            },
            kPatience);
    }

    static bool insert() {
        ++rows_;
        // Once, however often it is sent.
        return write("INSERT OR IGNORE INTO t(rowid, a, b) VALUES (" + std::to_string(rows_) + ", " +
                     std::to_string(rows_) + ", '" + std::string(20'000, 'x') + "')");
    }

    static std::string contents(std::size_t member) {
        const auto rows =
            ask(*clientOf(nodes_->at(member)), "SELECT count(*) || ' ' || sum(a) || ' ' || sum(length(b)) FROM t");
        return rows && !rows->empty() ? rows->front() : rows.error().describe();
    }

    static void expectAlike() {
        for (std::size_t i = 0; i < kMembers; ++i) {
            EXPECT_EQ(contents(i), std::to_string(rows_) + " " + std::to_string(rows_ * (rows_ + 1) / 2) + " " +
                                       std::to_string(rows_ * 20'000));
        }
        EXPECT_TRUE(waitUntil(
            [&] {
                std::map<std::uint64_t, std::set<std::uint64_t>> hashes;
                for (std::size_t i = 0; i < kMembers; ++i) {
                    const auto status = clientOf(nodes_->at(i))->status();
                    if (!status) {
                        return false;
                    }
                    hashes[status->applied_index].insert(status->hash);
                }
                return hashes.size() == 1 && hashes.begin()->second.size() == 1;
            },
            kPatience))
            << "the members' states differ";
    }

    static fs::path file(const std::string& name) { return nodes_->at(2).dataDirectory() / "store" / name; }

    /// Nonsense instead of what stands in the file's middle.
    static void damage(const std::string& name) {
        // What stands beside it in a log of SQLite's goes into the file first.
        const auto whole =
            runChecked({.arguments = {"sqlite3", file(name).string(), "PRAGMA wal_checkpoint(TRUNCATE)"}}, kPatience);
        ASSERT_TRUE(whole) << whole.error().describe();
        const auto size = fs::file_size(file(name));
        ASSERT_GT(size, 100'000U) << name;
        std::fstream out(file(name), std::ios::binary | std::ios::in | std::ios::out);
        constexpr std::size_t kPart = 40'000;
        out.seekp(static_cast<std::streamoff>(size / 2 - kPart));
        out << std::string(2 * kPart, '\xA5');
        ASSERT_TRUE(out.good());
    }

    inline static std::unique_ptr<Nodes> nodes_;
    inline static std::int64_t rows_ = 0;
};

TEST_F(StoreDamage, DamagedDataAreMadeAgain) {
    ASSERT_EQ(nodes_->at(2).stop().describe(), ExitStatus{}.describe());
    ASSERT_NO_FATAL_FAILURE(damage("data.db"));
    ASSERT_TRUE(insert());
    ASSERT_TRUE(nodes_->at(2).launch());
    EXPECT_THAT(nodes_->at(2).log(), HasSubstr("store.data_damaged"));
    EXPECT_THAT(nodes_->at(2).log(), HasSubstr("data.db"));
    EXPECT_TRUE(fs::exists(file("data.db.damaged")));
    expectAlike();
}

TEST_F(StoreDamage, ADamagedLogIsSaidAndComesFromTheOthers) {
    ASSERT_EQ(nodes_->at(2).stop().describe(), ExitStatus{}.describe());
    ASSERT_NO_FATAL_FAILURE(damage("raft.db"));
    const auto refused = nodes_->at(2).launchAndWait();
    ASSERT_TRUE(refused) << refused.error().describe();
    EXPECT_NE(refused->status.exit_code, 0);
    EXPECT_THAT(refused->error, HasSubstr("raft.db"));
    EXPECT_THAT(refused->error, HasSubstr("damaged"));
    ASSERT_TRUE(insert());
    // A member that has lost what it promised comes back as a new one.
    const auto changed = [](client::StoreChange change) {
        return waitUntil(
            [&] {
                return clientOf(nodes_->at(0))->changeMember(3, change) ||
                       clientOf(nodes_->at(1))->changeMember(3, change);
            },
            kPatience);
    };
    ASSERT_TRUE(changed(client::StoreChange::kRemove));
    fs::remove_all(nodes_->at(2).dataDirectory() / "store");
    nodes_->isToJoin(2);
    ASSERT_TRUE(nodes_->at(2).launch());
    ASSERT_TRUE(changed(client::StoreChange::kLearner));
    ASSERT_TRUE(changed(client::StoreChange::kVoter));
    ASSERT_TRUE(insert());
    expectAlike();
}

/// A bound on the size of files is what a full disk looks like to a process of its own.
TEST_F(StoreDamage, AMemberWhoseDiskIsFullStandsAsideAndComesBack) {
    ASSERT_EQ(nodes_->at(2).stop().describe(), ExitStatus{}.describe());
    rlimit before{};
    ASSERT_EQ(getrlimit(RLIMIT_FSIZE, &before), 0);
    // More than its PostgreSQL needs, and little enough for the store to come to it.
    constexpr rlim_t kMost = rlim_t{3} << 20U;
    const rlimit little{kMost, before.rlim_max};
    ASSERT_EQ(setrlimit(RLIMIT_FSIZE, &little), 0);
    const auto launched = nodes_->at(2).launch();
    ASSERT_EQ(setrlimit(RLIMIT_FSIZE, &before), 0);
    ASSERT_TRUE(launched) << launched.error().describe();
    std::string fault;
    EXPECT_TRUE(waitUntil(
        [&] {
            EXPECT_TRUE(insert());
            const auto status = clientOf(nodes_->at(2))->status();
            fault = status ? status->fault : "";
            return !fault.empty();
        },
        kPatience));
    EXPECT_THAT(fault, HasSubstr(".db")) << "which file";
    ASSERT_TRUE(insert());
    EXPECT_EQ(contents(0), contents(1));
    nodes_->at(2).stop();
    ASSERT_TRUE(nodes_->at(2).launch());
    expectAlike();
}

}  // namespace
}  // namespace tessera
