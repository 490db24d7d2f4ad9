#pragma once

/// What three real nodes that hold one store go through: one fault after another in an order that a seed gives, while
/// clients write. No acknowledged write is lost or done twice, no two members lead in one term, and the members' logs
/// are the same where both have them. How long it takes from healing to the next acknowledged write, and until the
/// member is up to date, is said; no time is asserted.

#include "tests/support/seed.h"
#include "tests/support/store_writers.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <cstdint>
#include <functional>
#include <iostream>
#include <map>
#include <random>
#include <set>
#include <sstream>
#include <string>
#include <vector>

namespace tessera {

struct Fault {
    std::string name;
    /// Of the leader, or of another member.
    bool is_leaders = true;
    std::function<void(std::size_t member)> begin;
    std::function<void(std::size_t member)> end;
    /// The others go on meanwhile.
    bool leaves_majority = true;
    /// How many writes it lasts at least.
    std::size_t writes = 60;
};

class StoreOrdeal : public testing::Test {
  protected:
    using Clock = std::chrono::steady_clock;

    virtual ThreeNodes& nodes() = 0;

    /// kill -9 and SIGSTOP.
    std::vector<Fault> faultsOfProcesses() {
        const auto kill = [this](std::size_t member) { nodes().at(member).kill(); };
        const auto start = [this](std::size_t member) {
            const auto launched = nodes().at(member).launch();
            EXPECT_TRUE(launched) << launched.error().describe();
        };
        const auto pause = [this](std::size_t member) { ::kill(nodes().at(member).pid(), SIGSTOP); };
        const auto resume = [this](std::size_t member) { ::kill(nodes().at(member).pid(), SIGCONT); };
        return {
            {"kill -9 of the leader", true, kill, start},
            {"kill -9 of a follower", false, kill, start},
            {"SIGSTOP of the leader", true, pause, resume},
            {"SIGSTOP of a follower", false, pause, resume},
        };
    }

    void goThrough(std::vector<Fault> all) {
        const std::uint32_t seed = testSeed();
        SCOPED_TRACE("TESSERA_SEED=" + std::to_string(seed));
        std::cout << "seed " << seed << "\n";
        const auto made = untilReached<client::StoreWritten>(
            [&] { return clientOf(nodes().at(0))->execute({{"CREATE TABLE written(value TEXT)"}}, kPatience); });
        ASSERT_TRUE(made) << made.error().describe();
        std::mt19937 random(seed);
        std::shuffle(all.begin(), all.end(), random);
        Writers writers(nodes(), "written");
        ASSERT_TRUE(writers.awaitMore(10));
        for (const Fault& fault : all) {
            ASSERT_NO_FATAL_FAILURE(suffer(fault, writers));
        }
        ASSERT_NO_FATAL_FAILURE(expectAll(writers));
        expectOneLeaderOfATerm();
        expectSameLogs();
        RecordProperty("slowest_recovery_ms", static_cast<int>(slowest_));
    }

  private:
    /// Nobody takes itself for the leader any more.
    bool awaitNoLeader() {
        return waitUntil(
            [&] {
                for (std::size_t i = 0; i < kMembers; ++i) {
                    const auto status = statusOf(nodes().at(i));
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
        const std::size_t leader = nodes().awaitLeader();
        ASSERT_LT(leader, kMembers);
        const std::size_t member = fault.is_leaders ? leader : (leader + 1) % kMembers;
        fault.begin(member);
        const auto begun = Clock::now();
        EXPECT_TRUE(fault.leaves_majority ? writers.awaitMore(fault.writes) : awaitNoLeader()) << "writes stopped";
        const std::size_t before = writers.acknowledged();
        fault.end(member);
        const auto healed = Clock::now();
        EXPECT_TRUE(writers.awaitMore(1)) << "no write after healing; " << before << " before";
        const auto written = Clock::now();
        std::uint64_t wanted = 0;
        for (std::size_t i = 0; i < kMembers; ++i) {
            const auto status = clientOf(nodes().at(i))->status();
            wanted = std::max(wanted, status ? status->commit_index : 0);
        }
        EXPECT_TRUE(waitUntil(
            [&] {
                const auto status = clientOf(nodes().at(member))->status();
                return status && status->applied_index >= wanted;
            },
            kPatience))
            << "the member does not come back";
        const auto ms = [](Clock::time_point from, Clock::time_point until) {
            return std::chrono::duration_cast<std::chrono::milliseconds>(until - from).count();
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
            const auto rows = ask(*clientOf(nodes().at(i)), "SELECT value FROM written");
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
            std::istringstream log(nodes().at(i).log());
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
            nodes().at(i).stop();
            const auto listed =
                runChecked({.arguments = {"sqlite3", "-separator", " ",
                                          (nodes().at(i).dataDirectory() / "store" / "raft.db").string(),
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

    std::int64_t slowest_ = 0;
};

}  // namespace tessera
