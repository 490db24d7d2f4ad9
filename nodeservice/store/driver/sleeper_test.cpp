#include "nodeservice/store/driver/sleeper.h"

#include <gtest/gtest.h>

#include <future>
#include <thread>

namespace tessera::store {
namespace {

constexpr std::chrono::hours kNever{1};
constexpr std::chrono::milliseconds kAtOnce{0};

/// In a thread of its own: whether it goes on after the sleep.
std::future<bool> asleep(Sleeper& sleeper, raft::Index seen, std::chrono::milliseconds least) {
    return std::async(std::launch::async, [&sleeper, seen, least] { return sleeper.sleep(seen, least, kNever); });
}

TEST(SleeperTest, WhatIsWrittenEndsIt) {
    AppliedIndex applied;
    Sleeper sleeper(applied);
    for (raft::Index index = 1; index <= 1000; ++index) {
        auto slept = asleep(sleeper, index - 1, kAtOnce);
        applied.set(index);
        EXPECT_TRUE(slept.get());
    }
}

TEST(SleeperTest, WhatWasWrittenBeforeItBeganDoesToo) {
    AppliedIndex applied;
    Sleeper sleeper(applied);
    applied.set(7);
    EXPECT_TRUE(sleeper.sleep(6, kAtOnce, kNever));
}

TEST(SleeperTest, TheLeastTimeIsSleptWhateverIsWritten) {
    AppliedIndex applied;
    Sleeper sleeper(applied);
    auto slept = asleep(sleeper, 0, kNever);
    applied.set(1);
    EXPECT_EQ(slept.wait_for(std::chrono::milliseconds(20)), std::future_status::timeout);
    sleeper.wake();
    EXPECT_TRUE(slept.get());
}

TEST(SleeperTest, ACallIsNotLostWhileItIsAwake) {
    AppliedIndex applied;
    Sleeper sleeper(applied);
    sleeper.wake();
    EXPECT_TRUE(sleeper.sleep(0, kNever, kNever));
    auto slept = asleep(sleeper, 0, kNever);
    EXPECT_EQ(slept.wait_for(std::chrono::milliseconds(20)), std::future_status::timeout) << "one call, one sleep";
    sleeper.stop();
    EXPECT_FALSE(slept.get());
}

TEST(SleeperTest, StoppedItNeverSleepsAgain) {
    AppliedIndex applied;
    Sleeper sleeper(applied);
    auto slept = asleep(sleeper, 0, kAtOnce);
    sleeper.stop();
    EXPECT_FALSE(slept.get());
    EXPECT_FALSE(sleeper.sleep(0, kNever, kNever));
    EXPECT_TRUE(sleeper.stopsWithin(kNever));
}

TEST(SleeperTest, TheMostTimeEndsIt) {
    AppliedIndex applied;
    Sleeper sleeper(applied);
    EXPECT_TRUE(sleeper.sleep(0, kAtOnce, std::chrono::milliseconds(1)));
    EXPECT_FALSE(sleeper.stopsWithin(std::chrono::milliseconds(1)));
}

TEST(SleeperTest, EachOfSeveralIsWoken) {
    AppliedIndex applied;
    Sleeper one(applied);
    Sleeper other(applied);
    auto first = asleep(one, 0, kAtOnce);
    auto second = asleep(other, 0, kAtOnce);
    applied.set(1);
    EXPECT_TRUE(first.get());
    EXPECT_TRUE(second.get());
}

}  // namespace
}  // namespace tessera::store
