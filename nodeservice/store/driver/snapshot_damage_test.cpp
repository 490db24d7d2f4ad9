/// A snapshot that is not as it was made: on its way, and on the disk of who sends it. It is noticed, never used, and
/// the members heal by themselves.

#include "nodeservice/store/storage/log_archive.h"
#include "tests/support/store_members.h"

#include <atomic>
#include <fstream>

namespace tessera::store {
namespace {

/// Turns one bit over in the first chunks of snapshots that come by.
class DamagingTransport final : public Transport {
  public:
    DamagingTransport(Transport& way, int chunks) : way_(way), left_(chunks) {}

    void send(raft::Message message) override {
        if (message.kind == raft::MessageKind::kSnapshot && message.chunk && !message.chunk->empty() && left_ > 0) {
            --left_;
            std::string bytes = *message.chunk;
            bytes[bytes.size() / 2] = static_cast<char>(bytes[bytes.size() / 2] ^ 0x10);
            message.chunk = raft::makePayload(std::move(bytes));
        }
        way_.send(std::move(message));
    }

    int left() const { return left_; }

  private:
    Transport& way_;
    std::atomic<int> left_;
};

class SnapshotDamage : public SmallLogTest {
  protected:
    /// Everybody but `away` is so far ahead that it needs a snapshot.
    void leaveBehind(NodeId away) {
        executeSomewhere(command({"CREATE TABLE t(a, b)"}, 1, 1));
        fill(1, 10);
        ASSERT_TRUE(awaitSameState());
        seen_ = replicas_[away]->status().applied;
        stop(away);
        fill(11, 150);
        ASSERT_TRUE(waitUntil([&] {
            return std::all_of(replicas_.begin(), replicas_.end(),
                               [&](const auto& one) { return one.second->status().log_base > seen_; });
        }));
    }

    void expectWhole() {
        for (const auto& [id, replica] : replicas_) {
            EXPECT_EQ(ask(*replica, "SELECT count(*) || ' ' || sum(length(b)) FROM t", Consistency::kLinearizable),
                      "150 75000")
                << id;
            EXPECT_FALSE(replica->status().fault) << replica->status().fault->describe();
        }
        EXPECT_TRUE(awaitSameState());
    }

    std::filesystem::path newestSnapshot(NodeId id) const {
        const auto folder = folder_.path() / std::to_string(id);
        auto archive = LogArchive::open(folder / "raft.db");
        const auto snapshots = archive ? archive->snapshots() : archive.error();
        EXPECT_TRUE(snapshots) << snapshots.error().describe();
        return snapshots ? SnapshotFiles(folder).pathOf(snapshots->back()) : std::filesystem::path();
    }

    /// One bit, in the middle of its snapshot, as its disk may do it.
    void damageOnDisk(NodeId id) {
        const auto file = newestSnapshot(id);
        std::string bytes = readFile(file);
        ASSERT_FALSE(bytes.empty()) << "there is no snapshot";
        bytes[bytes.size() / 2] = static_cast<char>(bytes[bytes.size() / 2] ^ 0x01);
        std::ofstream(file, std::ios::binary) << bytes;
    }

    raft::Index seen_ = 0;
    /// Outlives the members.
    DamagingTransport damaging_{transport_, 3};
};

TEST_F(SnapshotDamage, OnItsWayItIsRefusedAndComesAgain) {
    way_ = &damaging_;
    startAll();
    const NodeId away = awaitLeader() == 3 ? 1 : 3;
    ASSERT_NO_FATAL_FAILURE(leaveBehind(away));
    start(away);
    expectWhole();
    EXPECT_GT(replicas_[away]->status().log_base, seen_) << "it came by the log, not by a snapshot";
    EXPECT_EQ(damaging_.left(), 0) << "nothing was damaged";
}

TEST_F(SnapshotDamage, OnTheLeadersDiskItIsMadeAgain) {
    startAll();
    const NodeId away = awaitLeader() == 3 ? 1 : 3;
    ASSERT_NO_FATAL_FAILURE(leaveBehind(away));
    // Of both who could send it.
    std::vector<NodeId> others;
    for (const auto& [id, replica] : replicas_) {
        others.push_back(id);
    }
    for (const NodeId id : others) {
        stop(id);
    }
    for (const NodeId id : others) {
        ASSERT_NO_FATAL_FAILURE(damageOnDisk(id));
        start(id);
    }
    start(away);
    expectWhole();
    EXPECT_GT(replicas_[away]->status().log_base, seen_);
}

/// Its data are gone, and its newest snapshot is damaged: the one before and the log behind it make the same state.
TEST_F(SnapshotDamage, TheOlderOneIsUsedWhereTheNewestIsNeeded) {
    trailing_log_bytes_ = max_log_bytes_ * 4;
    startAll();
    executeSomewhere(command({"CREATE TABLE t(a, b)"}, 1, 1));
    fill(1, 150);
    ASSERT_TRUE(awaitSameState());
    const NodeId away = awaitLeader() == 3 ? 1 : 3;
    const auto folder = folder_.path() / std::to_string(away);
    stop(away);
    ASSERT_NO_FATAL_FAILURE(damageOnDisk(away));
    for (const char* name : {"data.db", "data.db-wal", "data.db-shm"}) {
        std::filesystem::remove(folder / name);
    }
    const auto before = LogArchive::open(folder / "raft.db")->snapshots();
    ASSERT_TRUE(before && before->size() == 2 && before->front().index > 0) << "there is no older snapshot";
    // Alone: nobody sends it another one.
    hub_.disconnect(1);
    hub_.disconnect(2);
    start(away);
    EXPECT_GE(replicas_[away]->status().applied, before->back().index);
    for (const auto& [id, replica] : replicas_) {
        Replica* receiver = replica.get();
        hub_.connect(id, [receiver](raft::Message message) { receiver->receive(std::move(message)); });
    }
    expectWhole();
}

}  // namespace
}  // namespace tessera::store
