#include "tests/fault/scenarios.h"

#include <gtest/gtest.h>

namespace tessera::fault {
namespace {

class ScenarioTest : public testing::TestWithParam<Scenario> {};

TEST_P(ScenarioTest, EndsWell) {
    const auto fault = GetParam().run();
    EXPECT_FALSE(fault) << *fault;
}

INSTANTIATE_TEST_SUITE_P(Raft, ScenarioTest, testing::ValuesIn(scenarios()),
                         [](const auto& test) { return test.param.name; });

}  // namespace
}  // namespace tessera::fault
