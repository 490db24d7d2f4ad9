/// Three real tessera-node processes behind proxies of our own, with kill -9, SIGSTOP and networks that are cut in
/// every way, one fault after another in an order that a seed gives, while clients write. No acknowledged write is lost
/// or done twice, no two members lead in one term, and the members' logs are the same where both have them. How long it
/// takes from healing to the next acknowledged write, and until the member is up to date, is said; no time is asserted.

#include "tests/support/seed.h"
#include "tests/support/store_writers.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <csignal>
#include <functional>
#include <iostream>
#include <map>
#include <random>
#include <sstream>

namespace tessera {
namespace {

using std::chrono::milliseconds;
using Clock = std::chrono::steady_clock;

struct Fault {
    std::string name;
    /// Of the leader, or of another member.
    bool is_leaders = true;
    std::function<void(Nodes&, std::size_t member)> begin;
    std::function<void(Nodes&, std::size_t member)> end;
    /// The others go on meanwhile.
    bool leaves_majority = true;
};

void healLinks(Nodes& nodes, std::size_t /*member*/) {
    nodes.heal();
}

void start(Nodes& nodes, std::size_t member) {
    const auto launched = nodes.at(member).launch();
    EXPECT_TRUE(launched) << launched.error().describe();
}

void toOthers(const std::function<void(std::size_t)>& act, std::size_t member) {
    for (std::size_t other = 0; other < kMembers; ++other) {
        if (other != member) {
            act(other);
        }
    }
}

std::vector<Fault> faults() {
    const auto kill = [](Nodes& nodes, std::size_t member) { nodes.at(member).kill(); };
    const auto pause = [](Nodes& nodes, std::size_t member) { ::kill(nodes.at(member).pid(), SIGSTOP); };
    const auto resume = [](Nodes& nodes, std::size_t member) { ::kill(nodes.at(member).pid(), SIGCONT); };
    const auto isolate = [](Nodes& nodes, std::size_t member) { nodes.isolate(member); };
    const auto mute = [](Nodes& nodes, std::size_t member) {
        toOthers([&](std::size_t other) { nodes.cut(member, other); }, member);
    };
    const auto deafen = [](Nodes& nodes, std::size_t member) {
        toOthers([&](std::size_t other) { nodes.cut(other, member); }, member);
    };
    const auto part = [](Nodes& nodes, std::size_t member) {
        nodes.cut(member, (member + 1) % kMembers);
        nodes.cut((member + 1) % kMembers, member);
    };
    const auto slow = [](Nodes& nodes, std::size_t member) {
        toOthers([&](std::size_t other) { nodes.setSpeed(member, other, {.latency = milliseconds(150)}); }, member);
    };
    const auto fast = [](Nodes& nodes, std::size_t member) {
        toOthers([&](std::size_t other) { nodes.setSpeed(member, other, {}); }, member);
    };
    const auto cutAll = [](Nodes& nodes, std::size_t /*member*/) {
        for (std::size_t i = 0; i < kMembers; ++i) {
            nodes.isolate(i);
        }
    };
    return {
        {"kill -9 of the leader", true, kill, start},
        {"kill -9 of a follower", false, kill, start},
        {"SIGSTOP of the leader", true, pause, resume},
        {"SIGSTOP of a follower", false, pause, resume},
        {"the leader is cut off", true, isolate, healLinks},
        {"a follower is cut off", false, isolate, healLinks},
        {"nobody hears the leader, which hears all", true, mute, healLinks},
        {"the leader hears nobody, and is heard", true, deafen, healLinks},
        {"nobody hears a follower", false, mute, healLinks},
        {"a follower hears nobody", false, deafen, healLinks},
        {"the leader and one follower do not hear each other", true, part, healLinks},
        {"the leader is slow", true, slow, fast},
        {"nobody hears anybody", true, cutAll, healLinks, false},
    };
}

class StoreFaults : public testing::Test {
  protected:
    void SetUp() override { ASSERT_NO_FATAL_FAILURE(nodes_.start()); }

    /// Nobody takes itself for the leader any more.
    bool awaitNoLeader() {
        return waitUntil(
            [&] {
                for (std::size_t i = 0; i < kMembers; ++i) {
                    const auto status = statusOf(nodes_.at(i));
                    if (!status || status->role == "leader") {
                        return false;
                    }
                }
                return true;
            },
            kPatience);
    }

    void suffer(const Fault& fault, Writers& writers) {
        SCOPED_TRACE(fault.name);
        const std::size_t leader = nodes_.awaitLeader();
        ASSERT_LT(leader, kMembers);
        const std::size_t member = fault.is_leaders ? leader : (leader + 1) % kMembers;
        fault.begin(nodes_, member);
        const auto begun = Clock::now();
        EXPECT_TRUE(fault.leaves_majority ? writers.awaitMore(60) : awaitNoLeader()) << "writes stopped";
        const std::size_t before = writers.acknowledged();
        fault.end(nodes_, member);
        const auto healed = Clock::now();
        EXPECT_TRUE(writers.awaitMore(1)) << "no write after healing; " << before << " before";
        const auto written = Clock::now();
        std::uint64_t wanted = 0;
        for (std::size_t i = 0; i < kMembers; ++i) {
            const auto status = clientOf(nodes_.at(i))->status();
            wanted = std::max(wanted, status ? status->commit_index : 0);
        }
        EXPECT_TRUE(waitUntil(
            [&] {
                const auto status = clientOf(nodes_.at(member))->status();
                return status && status->applied_index >= wanted;
            },
            kPatience))
            << "the member does not come back";
        const auto ms = [](Clock::time_point from, Clock::time_point until) {
            return std::chrono::duration_cast<milliseconds>(until - from).count();
        };
        std::cout << fault.name << " (" << Nodes::nameOf(member) << ", " << ms(begun, healed)
                  << " ms): next acknowledged write " << ms(healed, written) << " ms after healing, member up to date "
                  << ms(healed, Clock::now()) << " ms after\n";
        slowest_ = std::max(slowest_, ms(healed, Clock::now()));
    }

    /// Every acknowledged write is there once, on every member, and nothing else.
    void expectAll(Writers& writers) {
        writers.stop();
        const std::set<std::string> written = writers.values();
        for (std::size_t i = 0; i < kMembers; ++i) {
            const auto rows = ask(*clientOf(nodes_.at(i)), "SELECT value FROM written");
            ASSERT_TRUE(rows) << Nodes::nameOf(i) << ": " << rows.error().describe();
            EXPECT_EQ(rows->size(), written.size()) << Nodes::nameOf(i);
            EXPECT_EQ(std::set<std::string>(rows->begin(), rows->end()), written) << Nodes::nameOf(i);
        }
        std::cout << written.size() << " writes acknowledged, all there once on every member\n";
    }

    /// As the members' own logs say: who led in which term.
    void expectOneLeaderOfATerm() {
        std::map<std::string, std::set<std::string>> leaders;
        for (std::size_t i = 0; i < kMembers; ++i) {
            std::istringstream log(nodes_.at(i).log());
            for (std::string line; std::getline(log, line);) {
                const std::size_t term = line.find("term=");
                if (line.find("store.leads ") != std::string::npos && term != std::string::npos) {
                    leaders[line.substr(term, line.find(' ', term) - term)].insert(Nodes::nameOf(i));
                }
            }
        }
        EXPECT_GT(leaders.size(), 3U) << "the logs do not say who led";
        for (const auto& [term, members] : leaders) {
            EXPECT_EQ(members.size(), 1U) << "two members led in " << term;
        }
        std::cout << leaders.size() << " terms had a leader, each one\n";
    }

    /// Where two members have an entry, it is of the same term, and the same.
    void expectSameLogs() {
        std::map<std::uint64_t, std::string> entries;
        std::size_t compared = 0;
        for (std::size_t i = 0; i < kMembers; ++i) {
            nodes_.at(i).stop();
            const auto listed = runChecked({.arguments = {"sqlite3", "-separator", " ",
                                                          (nodes_.at(i).dataDirectory() / "store" / "raft.db").string(),
                                                          "SELECT position, term, sum FROM entry"}},
                                           kPatience);
            ASSERT_TRUE(listed) << listed.error().describe();
            std::istringstream lines(*listed);
            for (std::string line; std::getline(lines, line);) {
                const auto [entry, is_new] = entries.emplace(std::stoull(line), line);
                compared += is_new ? 0 : 1;
                EXPECT_EQ(entry->second, line) << Nodes::nameOf(i);
            }
        }
        EXPECT_GT(compared, 100U);
        std::cout << entries.size() << " entries of the log, " << compared << " comparisons\n";
    }

    Nodes nodes_;
    std::int64_t slowest_ = 0;
};

TEST_F(StoreFaults, NoAcknowledgedWriteIsLostAndNoTwoLeadInATerm) {
    const std::uint32_t seed = testSeed();
    SCOPED_TRACE("TESSERA_SEED=" + std::to_string(seed));
    std::cout << "seed " << seed << "\n";
    const auto made = untilReached<client::StoreWritten>(
        [&] { return clientOf(nodes_.at(0))->execute({{"CREATE TABLE written(value TEXT)"}}, kPatience); });
    ASSERT_TRUE(made) << made.error().describe();
    std::mt19937 random(seed);
    std::vector<Fault> all = faults();
    std::shuffle(all.begin(), all.end(), random);
    Writers writers(nodes_, "written");
    ASSERT_TRUE(writers.awaitMore(10));
    for (const Fault& fault : all) {
        ASSERT_NO_FATAL_FAILURE(suffer(fault, writers));
    }
    ASSERT_NO_FATAL_FAILURE(expectAll(writers));
    expectOneLeaderOfATerm();
    expectSameLogs();
    RecordProperty("slowest_recovery_ms", static_cast<int>(slowest_));
}

}  // namespace
}  // namespace tessera
