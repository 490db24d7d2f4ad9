#include "tests/fault/workload.h"

#include "nodeservice/store/storage/sqlite_storage.h"
#include "tests/support/temporary_directory.h"

#include <gtest/gtest.h>

namespace tessera::fault {
namespace {

/// Few seeds here, in four tests that run beside each other; `./dev fault` runs as many as asked.
class WorkloadTest : public testing::TestWithParam<std::uint64_t> {};

TEST_P(WorkloadTest, RandomFaultsBreakNothing) {
    constexpr std::uint64_t kSeeds = 25;
    for (std::uint64_t seed = GetParam() * kSeeds + 1; seed <= (GetParam() + 1) * kSeeds; ++seed) {
        const WorkloadReport report = runWorkload({.seed = seed});
        ASSERT_FALSE(report.fault) << *report.fault << "\nagain: ./dev fault --seed " << seed << " --seeds 1";
        EXPECT_GT(report.steps, 100);
        EXPECT_EQ(report.undecided, 0) << "seed " << seed;
    }
}

INSTANTIATE_TEST_SUITE_P(Raft, WorkloadTest, testing::Range<std::uint64_t>(0, 4));

/// The same on SQLite, and the same to the last step: what storage is used makes no difference.
TEST(WorkloadSqliteTest, RunsAsInMemory) {
    for (std::uint64_t seed = 1; seed <= 3; ++seed) {
        const TemporaryDirectory folder;
        const WorkloadReport report =
            runWorkload({.seed = seed, .duration = 700, .storage = [&](NodeId node) {
                             auto storage = store::SqliteStorage::open(folder.path() / (std::to_string(node) + ".db"));
                             EXPECT_TRUE(storage) << storage.error().describe();
                             return std::unique_ptr<store::Storage>(std::move(*storage));
                         }});
        EXPECT_FALSE(report.fault) << *report.fault;
        EXPECT_EQ(report.trace_hash, runWorkload({.seed = seed, .duration = 700}).trace_hash);
    }
}

/// A leader that had left the voters, and was started anew, alone had the entry that said so: nobody could be elected.
TEST(WorkloadRegressionTest, SeedsThatFoundBugs) {
    for (const std::uint64_t seed : {202825U, 203196U, 205434U, 205958U, 206288U, 206338U, 208077U}) {
        const WorkloadReport report = runWorkload({.seed = seed});
        EXPECT_FALSE(report.fault) << "seed " << seed << ": " << *report.fault;
    }
}

TEST(WorkloadReplayTest, ASeedGivesTheSameRun) {
    const WorkloadReport first = runWorkload({.seed = 42});
    const WorkloadReport again = runWorkload({.seed = 42});
    EXPECT_EQ(first.trace_hash, again.trace_hash);
    EXPECT_EQ(first.steps, again.steps);
    EXPECT_EQ(first.answered, again.answered);
    EXPECT_NE(first.trace_hash, runWorkload({.seed = 43}).trace_hash);
}

/// Every kind of fault is made at all, and most operations are answered in spite of them.
TEST(WorkloadReplayTest, AllFaultsAreMade) {
    std::map<std::string, int> faults;
    std::size_t operations = 0;
    std::size_t answered = 0;
    for (std::uint64_t seed = 1; seed <= 20; ++seed) {
        const WorkloadReport report = runWorkload({.seed = seed});
        operations += report.operations;
        answered += report.answered;
        for (const auto& [name, times] : report.faults) {
            faults[name] += times;
        }
    }
    for (const char* name :
         {"kill", "kill-in-stage", "pause", "isolate", "one-way", "segment", "loss", "loss-every", "duplicate",
          "reorder", "force-election", "transfer", "membership", "snapshot", "disk", "clock"}) {
        EXPECT_GT(faults[name], 0) << name;
    }
    EXPECT_GT(answered * 4, operations);
}

}  // namespace
}  // namespace tessera::fault
