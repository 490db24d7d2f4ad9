/// The checker itself: it must accept what is right and find each planted bug.

#include "tests/fault/linearizability.h"

#include "tests/fault/random.h"

#include <gtest/gtest.h>

#include <map>

namespace tessera::fault {
namespace {

Operation write(const std::string& value, std::uint64_t called, std::uint64_t returned) {
    return {.kind = OperationKind::kWrite,
            .key = "k",
            .value = value,
            .expected = {},
            .answer = "ok",
            .called = called,
            .returned = returned};
}

Operation read(const std::string& answer, std::uint64_t called, std::uint64_t returned) {
    return {.kind = OperationKind::kRead,
            .key = "k",
            .value = {},
            .expected = {},
            .answer = answer,
            .called = called,
            .returned = returned};
}

constexpr std::uint64_t kNever = Operation::kNever;

TEST(LinearizabilityTest, ConcurrentReadsMaySeeEither) {
    EXPECT_FALSE(findNonLinearizable({write("1", 1, 2), write("2", 3, 8), read("1", 4, 5), read("2", 6, 7)}));
    EXPECT_FALSE(findNonLinearizable({read("-", 1, 2), write("1", 3, 4), read("1", 5, 6)}));
}

TEST(LinearizabilityTest, AStaleReadIsFound) {
    EXPECT_TRUE(findNonLinearizable({write("1", 1, 2), write("2", 3, 4), read("1", 5, 6)}));
}

TEST(LinearizabilityTest, ReadsThatGoBackAreFound) {
    EXPECT_TRUE(findNonLinearizable({write("1", 1, 2), write("2", 3, 8), read("2", 4, 5), read("1", 6, 7)}));
}

TEST(LinearizabilityTest, ALostWriteIsFound) {
    EXPECT_TRUE(findNonLinearizable({write("1", 1, 2), read("-", 3, 4)}));
}

TEST(LinearizabilityTest, AWriteFromNowhereIsFound) {
    EXPECT_TRUE(findNonLinearizable({write("1", 1, 2), read("7", 3, 4)}));
}

TEST(LinearizabilityTest, AnOpenWriteMayHappenLateOrNever) {
    EXPECT_FALSE(findNonLinearizable({write("1", 1, kNever), read("-", 2, 3), read("1", 4, 5)}));
    EXPECT_FALSE(findNonLinearizable({write("1", 1, kNever), read("-", 2, 3)}));
    EXPECT_TRUE(findNonLinearizable({write("1", 1, kNever), read("1", 2, 3), read("-", 4, 5)}));
}

TEST(LinearizabilityTest, AnAppendAppliedTwiceIsFound) {
    Operation append{.kind = OperationKind::kAppend,
                     .key = "k",
                     .value = "a",
                     .expected = {},
                     .answer = "a",
                     .called = 1,
                     .returned = 2};
    EXPECT_FALSE(findNonLinearizable({append, read("a", 3, 4)}));
    EXPECT_TRUE(findNonLinearizable({append, read("a,a", 3, 4)}));
}

TEST(LinearizabilityTest, TwoWinnersOfOneCompareAndSetAreFound) {
    const auto cas = [](const std::string& value, std::uint64_t called, std::uint64_t returned) {
        return Operation{.kind = OperationKind::kCompareAndSet,
                         .key = "k",
                         .value = value,
                         .expected = "-",
                         .answer = "ok",
                         .called = called,
                         .returned = returned};
    };
    EXPECT_FALSE(findNonLinearizable({cas("1", 1, 4)}));
    EXPECT_TRUE(findNonLinearizable({cas("1", 1, 4), cas("2", 2, 3)}));
}

/// Random histories of a register that is right, and the same with one answer changed to an older value.
TEST(LinearizabilityTest, RandomHistories) {
    int found = 0;
    for (std::uint64_t seed = 1; seed <= 50; ++seed) {
        Random random(seed);
        History history;
        std::string state = "-";
        std::uint64_t moment = 0;
        for (int i = 0; i < 40; ++i) {
            const std::uint64_t called = moment;
            moment += 10;
            // Overlaps its neighbours, but takes effect in the middle.
            const std::uint64_t returned = called + 10 + random.below(9);
            if (random.chance(0.5)) {
                state = std::to_string(i);
                history.push_back(write(state, called, returned));
            } else {
                history.push_back(read(state, called, returned));
            }
        }
        EXPECT_FALSE(findNonLinearizable(history)) << "seed " << seed;
        for (auto operation = history.rbegin(); operation != history.rend(); ++operation) {
            if (operation->kind == OperationKind::kRead) {
                operation->answer = "-";
                break;
            }
        }
        found += findNonLinearizable(history) ? 1 : 0;
    }
    EXPECT_GE(found, 45);
}

}  // namespace
}  // namespace tessera::fault
