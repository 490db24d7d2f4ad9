/// The program tessera_fault_runs (`./dev fault`): its help, and what it says to arguments that it can't take.

#include "common/process.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace tessera::fault {
namespace {

using testing::HasSubstr;

ProcessResult runs(std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), TSR_FAULT_RUNS);
    const auto result = run({.arguments = std::move(arguments)}, std::chrono::minutes(2));
    EXPECT_TRUE(result) << result.error().describe();
    return result.value_or(ProcessResult{});
}

TEST(FaultRuns, HelpNamesEveryOption) {
    const auto help = runs({"--help"});
    EXPECT_EQ(help.status.exit_code, 0);
    for (const char* option : {"--seed", "--seeds", "--minutes", "--without", "log-matching"}) {
        EXPECT_THAT(help.output, HasSubstr(option));
    }
}

TEST(FaultRuns, ArgumentsThatAreNoneAreNamed) {
    const std::vector<std::pair<std::vector<std::string>, std::string>> wrong = {
        {{"--seeds", "many"}, "--seeds"},
        {{"--seeds", "0"}, "--seeds"},
        {{"--seed"}, "--seed"},
        {{"--minutes", "-1"}, "--minutes"},
        {{"--sed", "5"}, "--sed"},
        {{"7"}, "7"},
        {{"--without", "everything"}, "--without"},
        {{"--seeds", "1", "--minutes", "1"}, "--minutes"}};
    for (const auto& [arguments, named] : wrong) {
        const auto result = runs(arguments);
        EXPECT_EQ(result.status.exit_code, 2) << named;
        EXPECT_THAT(result.error, HasSubstr(named));
        EXPECT_EQ(result.output, "");
    }
}

TEST(FaultRuns, ASeedIsRunAndCounted) {
    const auto result = runs({"--seed", "7", "--seeds", "1"});
    EXPECT_EQ(result.status.exit_code, 0) << result.output << result.error;
    EXPECT_THAT(result.output, HasSubstr("1 runs, 0 failed"));
}

}  // namespace
}  // namespace tessera::fault
