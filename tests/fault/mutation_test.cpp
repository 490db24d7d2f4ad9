/// Each guard of the core is left out in turn, and the laboratory notices.

#include "nodeservice/store/raft/guard.h"
#include "tests/fault/scenarios.h"
#include "tests/fault/workload.h"

#include <gtest/gtest.h>

#include <cctype>

namespace tessera::fault {
namespace {

using store::raft::Guard;
using store::raft::guardName;
using store::raft::leftOut;

class MutationTest : public testing::TestWithParam<Guard> {
  protected:
    void TearDown() override { leftOut() = Guard::kNone; }
};

/// The stories are quick; what none of them needs, a random run does.
std::string caughtBy() {
    for (const Scenario& scenario : scenarios()) {
        if (const auto fault = scenario.run()) {
            return scenario.name + ": " + *fault;
        }
    }
    for (std::uint64_t seed = 1; seed <= 40; ++seed) {
        if (const auto fault = runWorkload({.seed = seed}).fault) {
            return "seed " + std::to_string(seed) + ": " + *fault;
        }
    }
    return {};
}

TEST_P(MutationTest, IsCaught) {
    leftOut() = GetParam();
    const std::string by = caughtBy();
    leftOut() = Guard::kNone;
    EXPECT_FALSE(by.empty()) << "nothing misses the guard " << guardName(GetParam());
    RecordProperty("caught_by", by);
}

std::vector<Guard> guards() {
    std::vector<Guard> guards;
    for (int i = 1; i < static_cast<int>(Guard::kCount); ++i) {
        guards.push_back(static_cast<Guard>(i));
    }
    return guards;
}

INSTANTIATE_TEST_SUITE_P(Raft, MutationTest, testing::ValuesIn(guards()), [](const auto& test) {
    std::string name(guardName(test.param));
    std::erase_if(name, [](char c) { return std::isalnum(static_cast<unsigned char>(c)) == 0; });
    return name;
});

}  // namespace
}  // namespace tessera::fault
