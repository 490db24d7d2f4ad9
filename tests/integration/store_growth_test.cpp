/// Real nodes whose number changes while clients write: 1 → 3 → 5 → 3. What was acknowledged is there once, and who was
/// let go disturbs nobody.

#include "tests/support/store_writers.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <iostream>
#include <map>
#include <set>

namespace tessera {
namespace {

using client::StoreChange;
using testing::ElementsAre;

constexpr std::size_t kNodes = 5;

/// A to E, of which A begins alone.
class GrowingNodes : public ThreeNodes {
  public:
    TemporaryNode& node(std::size_t i) { return i < kMembers ? at(i) : *later_[i - kMembers]; }

    void start() {
        for (std::size_t i = 0; i < kMembers; ++i) {
            ASSERT_NO_FATAL_FAILURE(prepare(i, {}));
        }
        for (std::size_t i = kMembers; i < kNodes; ++i) {
            auto made = TemporaryNode::prepare({.name = nameOf(i)});
            ASSERT_TRUE(made) << made.error().describe();
            later_.push_back(std::make_unique<TemporaryNode>(std::move(*made)));
        }
        for (std::size_t i = 0; i < kNodes; ++i) {
            node(i).setYaml(yamlOf(i));
        }
        launch(0);
    }

    void launch(std::size_t i) {
        const auto done = node(i).launch();
        ASSERT_TRUE(done) << done.error().describe();
    }

    /// Of all that run.
    std::size_t leader() {
        std::size_t found = kNodes;
        EXPECT_TRUE(waitUntil(
            [&] {
                for (std::size_t i = 0; i < kNodes; ++i) {
                    const auto status = node(i).pid() < 0
                                            ? Result<client::StoreStatus>(fail(ErrorCode::kUnavailable, "left out"))
                                            : clientOf(node(i))->status();
                    found = status && status->role == "leader" ? i : found;
                }
                return found < kNodes;
            },
            kPatience));
        return found;
    }

    /// Asked of whoever leads, until it is so: a learner may have too little of the log to be promoted yet.
    void change(std::size_t member, StoreChange change, bool is_voter) {
        EXPECT_TRUE(waitUntil(
            [&] {
                const auto client = clientOf(node(leader()));
                const auto done = client->changeMember(member + 1, change);
                last_ = done ? "" : done.error().describe();
                const auto status = client->status();
                return status && status->outgoing.empty() && votersOf(*status).contains(nameOf(member)) == is_voter &&
                       (change != StoreChange::kLearner || !status->learners.empty());
            },
            kPatience))
            << nameOf(member) << ": " << last_;
    }

    static std::set<std::string> votersOf(const client::StoreStatus& status) {
        std::set<std::string> names;
        for (const client::StoreMember& member : status.voters) {
            names.insert(member.node);
        }
        return names;
    }

    std::set<std::string> voters() {
        const auto status = statusOf(node(leader()));
        EXPECT_TRUE(status) << status.error().describe();
        return status ? votersOf(*status) : std::set<std::string>();
    }

  private:
    std::string yamlOf(std::size_t of) {
        std::string keys;
        std::string members;
        for (std::size_t i = 0; i < kNodes; ++i) {
            const std::string address = "127.0.0.1:" + std::to_string(node(i).port());
            if (i != of) {
                keys += std::string(keys.empty() ? "" : ", ") + "{name: " + nameOf(i) + ", jwks_url: 'http://" +
                        address + "/.well-known/jwks.json'}";
            }
            members += std::string(members.empty() ? "" : ", ") + "{node: " + nameOf(i) +
                       ", id: " + std::to_string(i + 1) + ", address: '" + address + "'" +
                       (i == 0 ? "}" : ", founder: false}");
        }
        return "identity: {nodes: [" + keys + "]}\nstore: {members: [" + members + "], administrators: [" +
               TemporaryNode::kUser + "]}\n";
    }

    std::vector<std::unique_ptr<TemporaryNode>> later_;
    std::string last_;
};

class StoreGrowth : public testing::Test {
  protected:
    void SetUp() override {
        ASSERT_NO_FATAL_FAILURE(nodes_.start());
        const auto made = untilReached<client::StoreWritten>(
            [&] { return clientOf(nodes_.at(0))->execute({{"CREATE TABLE grown(value TEXT)"}}, kPatience); });
        ASSERT_TRUE(made) << made.error().describe();
    }

    void letIn(std::size_t member) {
        ASSERT_NO_FATAL_FAILURE(nodes_.launch(member));
        nodes_.change(member, StoreChange::kLearner, false);
        nodes_.change(member, StoreChange::kVoter, true);
    }

    GrowingNodes nodes_;
};

TEST_F(StoreGrowth, FromOneToFiveAndBackToThreeLosesNothing) {
    constexpr std::size_t kEach = 30;
    Writers writers(nodes_, "grown");
    ASSERT_TRUE(writers.awaitMore(kEach)) << "one alone";
    for (const std::size_t member : {1, 2}) {
        ASSERT_NO_FATAL_FAILURE(letIn(member));
    }
    ASSERT_TRUE(writers.awaitMore(kEach)) << "three";
    for (const std::size_t member : {3, 4}) {
        ASSERT_NO_FATAL_FAILURE(letIn(member));
    }
    EXPECT_THAT(nodes_.voters(), ElementsAre("a", "b", "c", "d", "e"));
    ASSERT_TRUE(writers.awaitMore(kEach)) << "five";
    // Who leads goes first, then one who follows: two of those that writers do not ask.
    std::set<std::size_t> gone;
    for (int i = 0; i < 2; ++i) {
        const std::size_t leader = nodes_.leader();
        const std::size_t leaves = i == 0 ? leader : leader == 4 || gone.contains(4) ? std::size_t{3} : std::size_t{4};
        nodes_.change(leaves, StoreChange::kRemove, false);
        gone.insert(leaves);
        ASSERT_TRUE(writers.awaitMore(kEach)) << GrowingNodes::nameOf(leaves) << " is gone";
    }
    EXPECT_EQ(nodes_.voters().size(), 3U);
    // They still run, and hear nobody: however often they would stand for election, the term stays.
    const auto before = statusOf(nodes_.node(nodes_.leader()));
    ASSERT_TRUE(before) << before.error().describe();
    ASSERT_TRUE(writers.awaitMore(3 * kEach));
    const auto after = statusOf(nodes_.node(nodes_.leader()));
    ASSERT_TRUE(after) << after.error().describe();
    EXPECT_EQ(after->term, before->term);
    EXPECT_EQ(after->member.node, before->member.node);

    writers.stop();
    const std::set<std::string> written = writers.values();
    std::set<std::uint64_t> hashes;
    for (std::size_t i = 0; i < kNodes; ++i) {
        if (gone.contains(i)) {
            continue;
        }
        const auto rows = ask(*clientOf(nodes_.node(i)), "SELECT value FROM grown");
        ASSERT_TRUE(rows) << GrowingNodes::nameOf(i) << ": " << rows.error().describe();
        EXPECT_EQ(rows->size(), written.size()) << GrowingNodes::nameOf(i);
        EXPECT_EQ(std::set<std::string>(rows->begin(), rows->end()), written) << GrowingNodes::nameOf(i);
    }
    std::cout << "written " << written.size() << ", longest pause " << writers.longestPause().count() << " ms\n";
}

}  // namespace
}  // namespace tessera
