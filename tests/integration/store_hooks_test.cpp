/// Faults on purpose at the members of a test cluster, over their own service: three real nodes.

#include "common/process.h"
#include "nodeservice/client/store_faults_client.h"
#include "tests/support/store_nodes.h"
#include "tests/support/temporary_directory.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <map>
#include <mutex>
#include <thread>

namespace tessera {
namespace {

using client::StoreFaults;
using client::StoreFaultsClient;
using client::StoreFaultsState;
using testing::HasSubstr;

std::shared_ptr<StoreFaultsClient> faultsOf(const TemporaryNode& node, const std::string& user = TemporaryNode::kUser,
                                            const std::string& password = TemporaryNode::kPassword) {
    auto made = StoreFaultsClient::create({"node", "127.0.0.1:" + std::to_string(node.port()), user, password});
    EXPECT_TRUE(made) << made.error().describe();
    return made.value_or(nullptr);
}

/// What the member is disturbed by from now on.
Result<StoreFaultsState> disturb(const TemporaryNode& node, const StoreFaults& faults) {
    return untilReached<StoreFaultsState>([&] { return faultsOf(node)->set(faults); });
}

class StoreHooks : public testing::Test {
  protected:
    static void SetUpTestSuite() {
        nodes_ = std::make_unique<Nodes>(Nodes::Links::kNone,
                                         NodesMore{.sections = "  name: test-store\n  test_faults: true\n"});
        nodes_->start();
        ASSERT_TRUE(untilReached<client::StoreWritten>([] {
            return clientOf(nodes_->at(nodes_->awaitLeader()))
                ->execute({{"CREATE TABLE t(a INTEGER PRIMARY KEY)"}}, kPatience);
        }));
        awaitAlike();
    }

    static void TearDownTestSuite() { nodes_.reset(); }

    void TearDown() override {
        for (std::size_t i = 0; i < kMembers; ++i) {
            EXPECT_TRUE(disturb(nodes_->at(i), {}));
        }
        awaitAlike();
    }

    static void awaitAlike() {
        EXPECT_TRUE(waitUntil(
            [] {
                std::set<std::pair<std::uint64_t, std::uint64_t>> states;
                for (std::size_t i = 0; i < kMembers; ++i) {
                    const auto status = clientOf(nodes_->at(i))->status();
                    if (!status || status->applied_index != status->commit_index || status->leader.id == 0) {
                        return false;
                    }
                    states.insert({status->applied_index, status->hash});
                }
                return states.size() == 1;
            },
            kPatience))
            << "the members' states differ";
    }

    /// Writes at all members for as long as it lives, and knows what was acknowledged.
    class Writing {
      public:
        Writing() {
            for (std::size_t i = 0; i < kMembers; ++i) {
                threads_.emplace_back([this, i] { work(i); });
            }
        }

        ~Writing() { stop(); }

        Writing(const Writing&) = delete;
        Writing& operator=(const Writing&) = delete;

        void stop() {
            is_over_ = true;
            for (std::thread& thread : threads_) {
                if (thread.joinable()) {
                    thread.join();
                }
            }
        }

        /// Another one, from now on.
        bool awaitAcknowledged(std::chrono::milliseconds most) {
            const std::size_t before = count();
            return waitUntil([&] { return count() > before; }, most);
        }

        std::size_t count() {
            const std::lock_guard lock(mutex_);
            return acknowledged_.size();
        }

        std::set<std::string> acknowledged() {
            const std::lock_guard lock(mutex_);
            return acknowledged_;
        }

      private:
        void work(std::size_t member) {
            const auto client = clientOf(nodes_->at(member));
            while (!is_over_) {
                const std::string number = std::to_string(++number_);
                if (client->execute({{"INSERT INTO t VALUES (" + number + ")"}}, std::chrono::seconds(2))) {
                    const std::lock_guard lock(mutex_);
                    acknowledged_.insert(number);
                }
            }
        }

        inline static std::atomic<int> number_ = 0;
        std::atomic<bool> is_over_ = false;
        std::mutex mutex_;
        std::set<std::string> acknowledged_;
        std::vector<std::thread> threads_;
    };

    static void expectAllThere(Writing& writing) {
        writing.stop();
        for (std::size_t i = 0; i < kMembers; ++i) {
            const auto rows = ask(*clientOf(nodes_->at(i)), "SELECT a FROM t");
            ASSERT_TRUE(rows) << rows.error().describe();
            const std::set<std::string> there(rows->begin(), rows->end());
            for (const std::string& number : writing.acknowledged()) {
                EXPECT_TRUE(there.contains(number)) << "lost: " << number;
            }
        }
    }

    /// While clients write, `faults` come to the leader: another one leads soon, and after healing nothing is lost.
    static void disturbLeader(const StoreFaults& faults) {
        Writing writing;
        ASSERT_TRUE(writing.awaitAcknowledged(kPatience));
        const std::size_t leader = nodes_->awaitLeader();
        const auto set = disturb(nodes_->at(leader), faults);
        ASSERT_TRUE(set) << set.error().describe();
        EXPECT_EQ(set->faults, faults);
        const auto begin = std::chrono::steady_clock::now();
        const std::size_t other = nodes_->awaitLeader(leader);
        const auto took = std::chrono::steady_clock::now() - begin;
        ASSERT_LT(other, kMembers);
        std::printf("another leader after %lld ms\n",
                    static_cast<long long>(std::chrono::duration_cast<std::chrono::milliseconds>(took).count()));
        EXPECT_TRUE(writing.awaitAcknowledged(kPatience)) << "without that member";
        ASSERT_TRUE(disturb(nodes_->at(leader), {}));
        awaitLeaderOf(leader);
        EXPECT_TRUE(writing.awaitAcknowledged(kPatience));
        expectAllThere(writing);
    }

    /// The member knows who leads again.
    static void awaitLeaderOf(std::size_t member) {
        EXPECT_TRUE(waitUntil(
            [&] {
                const auto status = clientOf(nodes_->at(member))->status();
                return status && status->leader.id != 0;
            },
            kPatience));
    }

    inline static std::unique_ptr<Nodes> nodes_;
};

TEST_F(StoreHooks, AnIsolatedLeaderIsSucceededAndComesBack) {
    disturbLeader({.is_isolated = true});
}

TEST_F(StoreHooks, ALeaderThatStandsStillIsSucceededAndComesBack) {
    disturbLeader({.is_paused = true});
}

TEST_F(StoreHooks, LossDelayAndACutLinkLoseNothing) {
    Writing writing;
    ASSERT_TRUE(writing.awaitAcknowledged(kPatience));
    const std::size_t leader = nodes_->awaitLeader();
    const std::size_t other = (leader + 1) % kMembers;
    const auto disturbed = faultsOf(nodes_->at(leader));
    const auto cut_off = faultsOf(nodes_->at(other));
    const auto begin = disturb(nodes_->at(leader), {.lost_percent = 20, .delay = std::chrono::milliseconds(5)});
    ASSERT_TRUE(begin) << begin.error().describe();
    EXPECT_EQ(begin->faults.lost_percent, 20);
    const auto begin_of_cut = disturb(nodes_->at(other), {.cut = {leader + 1}});
    ASSERT_TRUE(begin_of_cut) << begin_of_cut.error().describe();
    EXPECT_TRUE(writing.awaitAcknowledged(kPatience));
    constexpr std::uint64_t kMany = 20;
    EXPECT_TRUE(waitUntil(
        [&] {
            const auto now = disturbed->get();
            const auto now_of_cut = cut_off->get();
            return now && now->counts.lost >= begin->counts.lost + kMany &&
                   now->counts.late >= begin->counts.late + kMany && now_of_cut &&
                   now_of_cut->counts.cut >= begin_of_cut->counts.cut + kMany;
        },
        kPatience))
        << "messages are lost, late and cut off";
    EXPECT_TRUE(writing.awaitAcknowledged(kPatience));
    for (std::size_t i = 0; i < kMembers; ++i) {
        ASSERT_TRUE(disturb(nodes_->at(i), {}));
    }
    EXPECT_TRUE(writing.awaitAcknowledged(kPatience));
    expectAllThere(writing);
}

/// A hand-over that takes longer than a time-out is given up, as on a busy machine: then it is asked for again.
TEST_F(StoreHooks, AnElectionIsForced) {
    const std::size_t leader = nodes_->awaitLeader();
    EXPECT_TRUE(waitUntil(
        [&] {
            const auto status = clientOf(nodes_->at(leader))->status();
            const bool leads = status && status->role == "leader";
            EXPECT_TRUE(!leads || faultsOf(nodes_->at(leader))->elect());
            return status && !leads;
        },
        kPatience))
        << "another one";
    EXPECT_LT(nodes_->awaitLeader(leader), kMembers);
}

/// Members that hear their leader stay with it, whatever one of them wants. On a busy machine one may not hear it for
/// so long that there is an election anyway: it is tried again then, and one that the time-out brings would come each
/// time.
TEST_F(StoreHooks, ATimeOutOfOneThatHearsItsLeaderChangesNothing) {
    constexpr int kTrials = 8;
    bool is_same = false;
    for (int trial = 0; trial < kTrials && !is_same; ++trial) {
        const std::size_t leader = nodes_->awaitLeader();
        const std::uint64_t before = statusOf(nodes_->at(leader))->term;
        ASSERT_TRUE(faultsOf(nodes_->at((leader + 1) % kMembers))->elect());
        ASSERT_TRUE(untilReached<client::StoreWritten>([&] {
            return clientOf(nodes_->at(leader))->execute({{"INSERT OR IGNORE INTO t VALUES (-1)"}}, kPatience);
        }));
        is_same = statusOf(nodes_->at(leader))->term == before;
    }
    EXPECT_TRUE(is_same) << "another term, " << kTrials << " times";
}

TEST_F(StoreHooks, OnlyAdministratorsDisturbAndOnlyAsFarAsItMakesSense) {
    const auto refused = faultsOf(nodes_->at(0), "reader", "r")->set({.is_isolated = true});
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, ErrorCode::kPermissionDenied);
    EXPECT_FALSE(faultsOf(nodes_->at(0))->get()->faults.is_isolated);
    const auto stranger = faultsOf(nodes_->at(0))->set({.cut = {77}});
    ASSERT_FALSE(stranger);
    EXPECT_THAT(stranger.error().message, HasSubstr("77"));
    EXPECT_FALSE(faultsOf(nodes_->at(0))->set({.lost_percent = 101}));
    EXPECT_FALSE(faultsOf(nodes_->at(0))->set({.delay = std::chrono::hours(1)}));
    EXPECT_THAT(nodes_->at(0).log(), HasSubstr("store.test_faults")) << "the log says what kind of cluster it is";
}

TEST_F(StoreHooks, ThePersonAtTheShellDoesAllOfIt) {
    const TemporaryDirectory folder;
    const auto mesh = folder.path() / "mesh.yaml";
    std::string text = "mesh: trial\nnodes:\n";
    for (std::size_t i = 0; i < kMembers; ++i) {
        text += "  - {name: " + Nodes::nameOf(i) + ", address: '127.0.0.1:" + std::to_string(nodes_->at(i).port()) +
                "', user: " + TemporaryNode::kUser + ", password: '" + TemporaryNode::kPassword + "'}\n";
    }
    writeFile(mesh, text);
    const auto tessera = [&](std::vector<std::string> arguments) {
        arguments.insert(arguments.begin(), {TESSERA_BUILD_DIR "/bin/tessera", "store", "fault"});
        auto result =
            run({.arguments = std::move(arguments), .environment = {{"TESSERA_MESH", mesh.string()}}}, kPatience);
        EXPECT_TRUE(result) << result.error().describe();
        return result ? *result : ProcessResult{};
    };
    const ProcessResult set = tessera({"set", "2", "--delay", "10ms", "--lose", "5", "--cut", "3", "-f", "csv"});
    EXPECT_EQ(set.status.exit_code, 0) << set.error;
    EXPECT_THAT(set.output, HasSubstr("\"cut from 3, loses 5 %, 10 ms late\""));
    EXPECT_EQ(faultsOf(nodes_->at(1))->get()->faults.delay, std::chrono::milliseconds(10));
    EXPECT_THAT(tessera({"list"}).output, HasSubstr("10 ms late"));
    EXPECT_TRUE(waitUntil([&] { return faultsOf(nodes_->at(1))->get().value_or(StoreFaultsState{}).counts.late > 0; },
                          kPatience));
    EXPECT_THAT(tessera({"list"}).output, testing::ContainsRegex("[1-9][0-9]* late"));
    const ProcessResult healed = tessera({"heal"});
    EXPECT_EQ(healed.status.exit_code, 0) << healed.error;
    EXPECT_EQ(faultsOf(nodes_->at(1))->get()->faults, StoreFaults{});
    EXPECT_EQ(tessera({"elect", "1"}).status.exit_code, 0);
    const ProcessResult nothing = tessera({"set", "2"});
    EXPECT_NE(nothing.status.exit_code, 0);
    EXPECT_THAT(nothing.error, HasSubstr("how the member is to be disturbed is not said"));
    const ProcessResult stranger = tessera({"set", "9", "--isolate"});
    EXPECT_NE(stranger.status.exit_code, 0);
    EXPECT_THAT(stranger.error, HasSubstr("no member 9"));
}

/// A node that is stopped while it stands still does stop.
TEST_F(StoreHooks, AMemberThatStandsStillCanBeStopped) {
    const std::size_t member = (nodes_->awaitLeader() + 1) % kMembers;
    ASSERT_TRUE(disturb(nodes_->at(member), {.is_paused = true}));
    EXPECT_EQ(nodes_->at(member).stop().describe(), ExitStatus{}.describe());
    EXPECT_THAT(nodes_->at(member).log(), HasSubstr("store.faults"));
    ASSERT_TRUE(nodes_->at(member).launch());
    const auto healed = untilReached<StoreFaultsState>([&] { return faultsOf(nodes_->at(member))->get(); });
    ASSERT_TRUE(healed) << healed.error().describe();
    EXPECT_EQ(healed->faults, StoreFaults{});
}

TEST(StoreWithoutHooks, ANodeOfNoTestClusterTakesNoFaults) {
    auto node = TemporaryNode::start({});
    ASSERT_TRUE(node) << node.error().describe();
    const auto refused = faultsOf(*node)->set({.is_isolated = true});
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, ErrorCode::kUnimplemented);
    EXPECT_THAT(refused.error().hint, HasSubstr("test_faults"));
}

}  // namespace
}  // namespace tessera
