/// Jobs on three real tessera-node processes that hold one store, of which the leader and the one that carries a run
/// out are killed. No time is asserted.

#include "nodeservice/client/store_client.h"
#include "tests/integration/jobs_nodes.h"
#include "tests/support/wait_until.h"

#include <array>
#include <iostream>
#include <map>
#include <set>
#include <thread>

namespace tessera {
namespace {

/// A, B and C hold one store; each has a PostgreSQL of its own.
class JobsOfThreeNodes : public testing::Test {
  protected:
    static constexpr std::size_t kNodes = 3;

    void SetUp() override {
        for (std::size_t i = 0; i < kNodes; ++i) {
            auto node = prepareNode(nameOf(i));
            ASSERT_TRUE(node) << node.error().describe();
            nodes_[i] = std::make_unique<TemporaryNode>(std::move(*node));
        }
        for (std::size_t i = 0; i < kNodes; ++i) {
            nodes_[i]->setYaml(kRights + yamlOf(i));
        }
        std::vector<std::thread> starting;
        std::array<Result<>, kNodes> done;
        for (std::size_t i = 0; i < kNodes; ++i) {
            starting.emplace_back([&, i] { done[i] = nodes_[i]->launch(); });
        }
        for (std::size_t i = 0; i < kNodes; ++i) {
            starting[i].join();
            ASSERT_TRUE(done[i]) << done[i].error().describe();
        }
    }

    static std::string nameOf(std::size_t i) { return std::string(1, static_cast<char>('a' + i)); }

    std::string yamlOf(std::size_t from) const {
        std::string keys;
        std::string members;
        for (std::size_t to = 0; to < kNodes; ++to) {
            const std::string address = "127.0.0.1:" + std::to_string(nodes_[to]->port());
            if (to != from) {
                keys += std::string(keys.empty() ? "" : ", ") + "{name: " + nameOf(to) + ", jwks_url: 'http://" +
                        address + "/.well-known/jwks.json'}";
            }
            members += std::string(members.empty() ? "" : ", ") + "{node: " + nameOf(to) +
                       ", id: " + std::to_string(to + 1) + ", address: '" + address + "'}";
        }
        return "identity: {nodes: [" + keys + "]}\nstore: {administrators: [tester], members: [" + members + "]}\n";
    }

    /// Asks any node that answers.
    template <class Call>
    auto ask(Call call) {
        auto answer = call(*clientOf(*nodes_[0]));
        waitUntil(
            [&] {
                for (std::size_t i = 0; i < kNodes && !answer; ++i) {
                    answer = call(*clientOf(*nodes_[i]));
                }
                return answer.has_value();
            },
            kPatience);
        return answer;
    }

    std::size_t leader() {
        std::size_t found = kNodes;
        EXPECT_TRUE(waitUntil(
            [&] {
                for (std::size_t i = 0; i < kNodes; ++i) {
                    auto store = client::StoreClient::create({"node", "127.0.0.1:" + std::to_string(nodes_[i]->port()),
                                                              TemporaryNode::kUser, TemporaryNode::kPassword});
                    const auto status = (*store)->status();
                    if (status && status->role == "leader") {
                        found = i;
                        return true;
                    }
                }
                return false;
            },
            kPatience));
        return found;
    }

    bool awaitRuns(std::size_t count) {
        return waitUntil(
            [&] {
                const auto runs = ask([](JobsClient& client) {
                    return client.runs({.job = "pair", .state = "succeeded", .limit = 10000});
                });
                return runs && runs->size() >= count;
            },
            kPatience);
    }

    void killAndLaunch(std::size_t i) {
        nodes_[i]->kill();
        const std::size_t seen = ask([](JobsClient& client) {
                                     return client.runs({.job = "pair", .state = "succeeded", .limit = 10000});
                                 })->size();
        EXPECT_TRUE(awaitRuns(seen + 4)) << "the others go on";
        const auto again = nodes_[i]->launch();
        ASSERT_TRUE(again) << again.error().describe();
    }

    std::array<std::unique_ptr<TemporaryNode>, kNodes> nodes_;
};

TEST_F(JobsOfThreeNodes, KilledNodesLoseNoRunAndRepeatNoStepThatIsDone) {
    const auto done = ask([](JobsClient& client) {
        return client.apply(
            {{"pair.yaml",
              "job: pair\nowner: etl\nconcurrency: allow\n"
              "triggers: [{every: 1s, missed: catch_up, grace: 1h}]\nretries: {count: 5, wait: 1s}\n"
              "steps:\n"
              "  - {name: a, sql: \"INSERT INTO public.done VALUES (${run.id}, 'a'); SELECT pg_sleep(0.3)\"}\n"
              "  - {name: b, sql: \"INSERT INTO public.done VALUES (${run.id}, 'b'); SELECT pg_sleep(0.3)\"}\n"}},
            false);
    });
    ASSERT_TRUE(done) << done.error().describe();
    ASSERT_TRUE(done->problems.empty()) << done->problems.front().describe();
    ASSERT_TRUE(awaitRuns(3));
    killAndLaunch(leader());
    // One that carries a run out, most likely not the leader.
    std::size_t working = kNodes;
    ASSERT_TRUE(waitUntil(
        [&] {
            const auto runs = ask([](JobsClient& client) { return client.runs({.job = "pair", .state = "running"}); });
            for (const client::JobRun& run : *runs) {
                if (!run.node.empty()) {
                    working = static_cast<std::size_t>(run.node[0] - 'a');
                    return true;
                }
            }
            return false;
        },
        kPatience));
    killAndLaunch(working);
    killAndLaunch((working + 1) % kNodes);
    ASSERT_TRUE(ask([](JobsClient& client) { return client.pause("pair", true); }));
    ASSERT_TRUE(waitUntil(
        [&] {
            const auto jobs = ask([](JobsClient& client) { return client.list(); });
            return jobs && jobs->at(0).active_runs == 0;
        },
        kPatience));

    const auto runs = ask([](JobsClient& client) { return client.runs({.job = "pair", .limit = 10000}); });
    ASSERT_TRUE(runs) << runs.error().describe();
    std::map<std::pair<std::string, std::string>, int> effects;
    for (const auto& node : nodes_) {
        auto connection = node->connect("etl", "e");
        ASSERT_TRUE(connection) << connection.error().describe();
        const auto rows = connection->query("SELECT run, step FROM public.done");
        ASSERT_TRUE(rows) << rows.error().describe();
        for (const auto& row : rows->values) {
            ++effects[{*row[0], *row[1]}];
        }
    }
    std::set<std::int64_t> times;
    std::int64_t interruptions = 0;
    std::size_t twice = 0;
    for (const client::JobRun& run : *runs) {
        EXPECT_EQ(run.state, "succeeded") << run.id << ": " << run.error;
        EXPECT_TRUE(times.insert(run.scheduled_ms).second) << "two runs for one time";
        const auto details = ask([&](JobsClient& client) { return client.run(run.id); });
        ASSERT_TRUE(details) << details.error().describe();
        for (const client::JobStepRun& step : details->steps) {
            const int count = effects[{std::to_string(run.id), step.name}];
            EXPECT_GE(count, 1) << run.id << step.name;
            // A step is done again only when its node went away before the store held that it was done.
            EXPECT_LE(count, 1 + step.interruptions) << run.id << step.name;
            interruptions += step.interruptions;
            twice += count > 1 ? 1 : 0;
        }
    }
    EXPECT_EQ(*times.rbegin() - *times.begin(), static_cast<std::int64_t>(times.size() - 1) * 1000)
        << "a time without a run";
    std::cout << runs->size() << " runs, " << interruptions << " steps interrupted, " << twice
              << " of them had been done by a node that could not say so\n";
}

}  // namespace
}  // namespace tessera
