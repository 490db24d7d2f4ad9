/// Three members of a replicated SQL database in one process: under faults, all come to the same state, entry by entry
/// (the watcher compares their hashes at every index).

#include "nodeservice/store/storage/sqlite_storage.h"
#include "tests/fault/cluster.h"
#include "tests/fault/sql_machine.h"
#include "tests/support/temporary_directory.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <ctime>

namespace tessera::fault {
namespace {

class SqlClusterTest : public testing::TestWithParam<std::uint64_t> {
  protected:
    SqlClusterTest() : random_(GetParam()) {
        setenv("TZ", "UTC", 1);
        tzset();
        ClusterOptions options;
        options.seed = GetParam();
        options.raft.heartbeat_ticks = 2;
        options.machine = [this](NodeId node) {
            return std::make_unique<SqlMachine>(folder_.path() / ("data" + std::to_string(node)));
        };
        options.storage = [this](NodeId node) {
            auto storage = store::SqliteStorage::open(folder_.path() / ("raft" + std::to_string(node) + ".db"));
            EXPECT_TRUE(storage) << storage.error().describe();
            return std::unique_ptr<store::Storage>(std::move(*storage));
        };
        cluster_ = std::make_unique<Cluster>(options);
        lead();
    }

    void lead() {
        ASSERT_TRUE(cluster_->runUntil([&] { return cluster_->leader() != 0; }, 5000));
    }

    std::string command(const std::string& sql, std::uint64_t client = 0, std::uint64_t sequence = 0) {
        store::Command made;
        made.client = client;
        made.sequence = sequence;
        made.now_ms = 1'700'000'000'000 + static_cast<std::int64_t>(cluster_->now());
        made.seed = random_.next();
        made.statements = {{sql, {}}};
        return made.encode();
    }

    /// Until it is answered, as a client with an idempotency key may.
    void write(const std::string& sql) {
        ++sequence_;
        bool is_done = false;
        for (int i = 0; i < 200 && !is_done && !cluster_->fault(); ++i) {
            const NodeId leader = cluster_->leader();
            if (leader != 0) {
                cluster_->propose(leader, command(sql, 7, sequence_), [&is_done, live = live_](const Outcome& outcome) {
                    if (*live) {
                        is_done = is_done || outcome.kind == Outcome::Kind::kDone;
                    }
                });
            }
            cluster_->runUntil([&] { return is_done; }, 200);
        }
        // Answers that come later find nobody.
        *live_ = false;
        live_ = std::make_shared<bool>(true);
        ASSERT_TRUE(is_done) << cluster_->fault().value_or("no answer");
    }

    void trouble(int step) {
        const NodeId node = random_.pick(cluster_->ids());
        switch (step % 5) {
            case 0:
                cluster_->kill(node);
                cluster_->at(300, [this, node] { cluster_->restart(node); });
                break;
            case 1:
                cluster_->network().heal();
                cluster_->network().isolate(node, cluster_->ids());
                cluster_->at(500, [this] { cluster_->network().heal(); });
                break;
            case 2:
                cluster_->snapshot(node, 2);
                break;
            case 3:
                cluster_->network().setLoss(0.1);
                break;
            default:
                cluster_->network().heal();
        }
    }

    TemporaryDirectory folder_;
    Random random_;
    std::unique_ptr<Cluster> cluster_;
    std::uint64_t sequence_ = 0;
    std::shared_ptr<bool> live_ = std::make_shared<bool>(true);
};

TEST_P(SqlClusterTest, AllMembersComeToTheSameStateAndNoWriteIsLostOrDoubled) {
    write("CREATE TABLE t(i INTEGER PRIMARY KEY, v DEFAULT (random()), at DEFAULT CURRENT_TIMESTAMP)");
    constexpr int kWrites = 40;
    for (int i = 1; i <= kWrites; ++i) {
        write(i % 4 == 0 ? "UPDATE t SET v = random() % 1000 WHERE i % 2 = 0 OR at < datetime()"
                         : "INSERT INTO t(v) SELECT random() FROM (SELECT 1 UNION SELECT 2) ORDER BY random()");
        if (i % 2 == 0) {
            trouble(i / 2);
        }
        ASSERT_FALSE(HasFatalFailure());
    }
    // An error is an outcome like any other, and the log goes on.
    write("INSERT INTO t(i) VALUES (1)");
    write("INSERT INTO nowhere VALUES (1)");
    cluster_->network().heal();
    cluster_->run(600);
    for (const NodeId node : cluster_->ids()) {
        if (!cluster_->isUp(node)) {
            cluster_->restart(node);
        }
    }
    EXPECT_TRUE(cluster_->runUntil([&] { return cluster_->isSettled(); }, 10000));
    EXPECT_FALSE(cluster_->fault()) << *cluster_->fault();
    const int inserted = (kWrites - kWrites / 4) * 2;
    for (const NodeId node : cluster_->ids()) {
        EXPECT_EQ(cluster_->machine(node).read("SELECT count(*) FROM t"), std::to_string(inserted) + " ");
        EXPECT_EQ(cluster_->machine(node).read("SELECT sum(v % 1000003) FROM t"),
                  cluster_->machine(1).read("SELECT sum(v % 1000003) FROM t"));
    }
}

/// One member's data is changed behind the store's back: the next entry that touches it shows.
TEST_P(SqlClusterTest, DivergenceIsNoticed) {
    write("CREATE TABLE t(i INTEGER PRIMARY KEY, v)");
    write("INSERT INTO t(v) VALUES (1), (2), (3)");
    ASSERT_TRUE(cluster_->runUntil([&] { return cluster_->isSettled(); }, 5000));
    auto data = store::sqlite::Database::open(folder_.path() / "data2.db");
    ASSERT_TRUE(data && data->execute("DELETE FROM t WHERE i = 2"));
    write("UPDATE t SET v = v + 1");
    cluster_->run(500);
    ASSERT_TRUE(cluster_->fault());
    EXPECT_NE(cluster_->fault()->find("has another state at entry"), std::string::npos) << *cluster_->fault();
}

INSTANTIATE_TEST_SUITE_P(Store, SqlClusterTest, testing::Values(1, 2));

}  // namespace
}  // namespace tessera::fault
