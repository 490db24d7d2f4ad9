/// A member that is killed at any moment has lost nothing that it answered, and done nothing twice. TESSERA_KILLS says
/// how often; TESSERA_SEED gives other moments.

#include "common/process.h"
#include "tests/support/seed.h"
#include "tests/support/store_members.h"

#include <gtest/gtest.h>

#include <cstdio>
#include <iostream>
#include <random>
#include <set>
#include <sstream>

namespace tessera::store {
namespace {

constexpr const char* kFolder = "TESSERA_TEST_MEMBER";

/// The member alone, in `folder`.
struct Lone {
    explicit Lone(const std::string& folder) {
        ReplicaOptions options;
        options.raft.id = 1;
        options.folder = folder;
        // Snapshots come often, so that it dies in them too.
        options.max_log_bytes = 16 << 10;
        options.trailing_log_bytes = 4 << 10;
        auto opened = Replica::open(options, transport);
        EXPECT_TRUE(opened) << opened.error().describe();
        replica = opened ? std::move(*opened) : nullptr;
        EXPECT_TRUE(waitUntil([&] { return replica->status().role == Role::kLeader; }));
    }

    ChannelHub hub;
    ChannelTransport transport{hub};
    std::unique_ptr<Replica> replica;
};

/// Writes numbers and says each that is answered, until it is killed. First those that its last life may have left
/// open, by the same number: they are done once.
[[noreturn]] void writeUntilKilled(const std::string& folder) {
    Lone lone(folder);
    const Command table = command({"CREATE TABLE IF NOT EXISTS t(a)"});
    (void)lone.replica->execute(table, kPatience);
    const std::string last = ask(*lone.replica, "SELECT coalesce(max(a), 1) FROM t", Consistency::kLinearizable);
    for (std::uint64_t number = std::stoull(last);; ++number) {
        const auto done = lone.replica->execute(
            command({"INSERT INTO t VALUES (" + std::to_string(number) + ")"}, 7, number), kPatience);
        if (done.fate == Fate::kApplied && done.outcome.error.empty()) {
            std::printf("%llu\n", static_cast<unsigned long long>(number));
            std::fflush(stdout);
        }
    }
}

std::set<std::uint64_t> numbersIn(const std::filesystem::path& file) {
    std::istringstream lines(readFile(file));
    std::set<std::uint64_t> found;
    for (std::string line; std::getline(lines, line);) {
        if (!line.empty() && line.find_first_not_of("0123456789") == std::string::npos) {
            found.insert(std::stoull(line));
        }
    }
    return found;
}

TEST(StoreKill, AtAnyMomentLosesNothingThatWasAnsweredAndDoesNothingTwice) {
    if (const char* folder = std::getenv(kFolder)) {
        writeUntilKilled(folder);
    }
    const char* asked = std::getenv("TESSERA_KILLS");
    const int kills = asked == nullptr ? 30 : std::atoi(asked);
    const std::uint32_t seed = testSeed();
    SCOPED_TRACE("TESSERA_SEED=" + std::to_string(seed));
    std::mt19937 random(seed);
    const TemporaryDirectory folder;
    const auto data = folder.path() / "member";
    std::filesystem::create_directory(data);
    std::set<std::uint64_t> answered;
    for (int kill = 0; kill < kills; ++kill) {
        const auto said = folder.path() / ("said" + std::to_string(kill));
        auto member = Process::start({.arguments = {"/proc/self/exe", "--gtest_filter=StoreKill.*"},
                                      .environment = {{kFolder, data.string()}},
                                      .standard_output = ProcessOutput::toFile(said),
                                      .signal_on_parent_death = SIGKILL});
        ASSERT_TRUE(member) << member.error().describe();
        // At some moment of its start, or of its work.
        const std::size_t wanted = random() % 4 == 0 ? 0 : random() % 40;
        ASSERT_TRUE(waitUntil([&] { return numbersIn(said).size() >= wanted; })) << readFile(said);
        const auto until = std::chrono::steady_clock::now() + std::chrono::microseconds(random() % 3000);
        while (std::chrono::steady_clock::now() < until) {
        }
        ASSERT_TRUE(member->signal(SIGKILL));
        ASSERT_TRUE(member->wait(kPatience));
        const auto numbers = numbersIn(said);
        answered.insert(numbers.begin(), numbers.end());
    }
    Lone lone(data.string());
    const std::string count = ask(*lone.replica, "SELECT count(*) FROM t", Consistency::kLinearizable);
    const std::string last = ask(*lone.replica, "SELECT max(a) FROM t", Consistency::kLinearizable);
    EXPECT_EQ(ask(*lone.replica, "SELECT count(DISTINCT a) FROM t", Consistency::kLinearizable), count);
    // Numbers follow each other, so that none is missing.
    EXPECT_EQ(count, last);
    ASSERT_FALSE(answered.empty());
    EXPECT_GE(std::stoull(last), *answered.rbegin());
    std::cout << answered.size() << " answered in " << kills << " lives, " << count << " there\n";
}

}  // namespace
}  // namespace tessera::store
