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

}  // namespace
}  // namespace tessera::agent
