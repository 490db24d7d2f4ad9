#include "agent/signin/refresh_time.h"

#include <gtest/gtest.h>

#include <array>
#include <random>
#include <set>

namespace tessera::agent {
namespace {

using std::chrono::milliseconds;
using std::chrono::minutes;

/// A hundred agents whose people signed in at one moment, as when an office opens.
TEST(RefreshTime, IsAheadOfExpiryAndEachAgentsOwn) {
    constexpr unsigned kSeed = 20260104;
    SCOPED_TRACE(testing::Message() << "seed " << kSeed);
    std::mt19937 random(kSeed);
    std::uniform_real_distribution<double> chance(0, 1);
    constexpr milliseconds kLife = minutes(60);
    std::set<milliseconds> times;
    std::array<int, 4> quarters{};
    for (int agent = 0; agent < 100; ++agent) {
        const milliseconds time = untilRefresh(kLife, kLife, chance(random));
        ASSERT_GE(time, minutes(36));
        ASSERT_LE(time, minutes(48));
        times.insert(time);
        ++quarters.at(static_cast<std::size_t>((time - minutes(36)) / minutes(3)));
    }
    EXPECT_EQ(times.size(), 100u);
    for (const int agents : quarters) {
        EXPECT_GE(agents, 10) << "of 100 in a quarter of the time";
    }
}

TEST(RefreshTime, ReachesBothEndsOfItsWindow) {
    constexpr milliseconds kLife = minutes(10);
    EXPECT_EQ(untilRefresh(kLife, kLife, 0), minutes(8));
    EXPECT_EQ(untilRefresh(kLife, kLife, 0.5), minutes(7));
    EXPECT_EQ(untilRefresh(kLife, kLife, 1), minutes(6));
}

TEST(RefreshTime, CountsWhatOfItsLifeHasPassed) {
    EXPECT_EQ(untilRefresh(minutes(5), minutes(10), 0.5), minutes(2));
    // As after a machine's sleep.
    EXPECT_EQ(untilRefresh(minutes(2), minutes(10), 0.5), kSoonestRefresh);
    EXPECT_EQ(untilRefresh(minutes(-90), minutes(10), 0.5), kSoonestRefresh);
    EXPECT_EQ(untilRefresh(milliseconds(0), milliseconds(0), 0.5), kSoonestRefresh);
}

/// Whose provider was away for a while, and who failed at one moment.
TEST(RefreshTime, FailuresAreFollowedByEverLongerPausesOfEachAgentsOwn) {
    constexpr unsigned kSeed = 20261122;
    SCOPED_TRACE(testing::Message() << "seed " << kSeed);
    std::mt19937 random(kSeed);
    std::uniform_real_distribution<double> chance(0, 1);
    milliseconds most = kFirstRetry;
    for (int failures = 1; failures <= 12; ++failures) {
        std::set<milliseconds> times;
        for (int agent = 0; agent < 100; ++agent) {
            const milliseconds time = untilRetry(failures, chance(random));
            ASSERT_GE(time, most / 2) << failures;
            ASSERT_LT(time, most) << failures;
            times.insert(time);
        }
        EXPECT_GE(times.size(), 90u) << failures;
        most = std::min(most * 2, kLongestRetry);
    }
    EXPECT_EQ(most, kLongestRetry);
    EXPECT_EQ(untilRetry(1000000, 0), kLongestRetry / 2) << "of years without a provider, too";
}

constexpr milliseconds kLife = minutes(10);
constexpr milliseconds kNothing{0};

Moment someTime() {
    return {std::chrono::system_clock::time_point(std::chrono::hours(24 * 365)),
            std::chrono::steady_clock::time_point(std::chrono::hours(5))};
}

TEST(TokenLife, EndsAndIsRefreshedBefore) {
    const Moment start = someTime();
    const TokenLife life(start, kLife, 0.5);
    EXPECT_EQ(life.left(start), kLife);
    EXPECT_EQ(life.untilNext(start), minutes(7));
    EXPECT_EQ(life.untilNext(start + minutes(7)), kNothing);
    EXPECT_EQ(life.left(start + minutes(11)), minutes(-1));
}

TEST(TokenLife, AFailureIsFollowedByAPause) {
    const Moment start = someTime();
    TokenLife life(start, kLife, 0.5);
    const Moment due = start + minutes(7);
    life.refreshFailed(due, 0);
    EXPECT_EQ(life.untilNext(due), kFirstRetry / 2);
    life.refreshFailed(due, 0);
    EXPECT_EQ(life.untilNext(due), kFirstRetry);
    EXPECT_EQ(life.left(due), minutes(3)) << "it is as good as before";
}

TEST(TokenLife, AMachineThatSleepsFindsItEnded) {
    const Moment start = someTime();
    const TokenLife life(start, kLife, 0.5);
    Moment awake = start;
    awake.system += minutes(30);
    awake.steady += minutes(1);
    EXPECT_EQ(life.left(awake), minutes(-20));
    EXPECT_LT(life.untilNext(awake), kNothing);
}

/// A clock that was an hour ahead when the token came, and is put right.
TEST(TokenLife, AClockThatIsSetBackMakesItLastNoLonger) {
    const Moment start = someTime();
    const TokenLife life(start, kLife, 0.5);
    Moment corrected = start + minutes(8);
    corrected.system -= minutes(60);
    EXPECT_EQ(life.left(corrected), minutes(2));
    EXPECT_EQ(life.untilNext(corrected), minutes(-1));
}

}  // namespace
}  // namespace tessera::agent
