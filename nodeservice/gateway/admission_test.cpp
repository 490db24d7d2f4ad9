#include "nodeservice/gateway/admission.h"

#include <gtest/gtest.h>

#include <vector>

namespace tessera::gateway {
namespace {

TEST(Admission, CountsConnectionsUsersAndWhoWaits) {
    Admission admission({.connections = 4, .connections_per_user = 2, .waiting_per_address = 2});
    auto first = admission.enter("a");
    auto second = admission.enter("a");
    ASSERT_TRUE(first && second);
    EXPECT_FALSE(admission.enter("a"));
    EXPECT_TRUE(admission.enter("b"));
    EXPECT_TRUE(first->signedIn("ann"));
    auto third = admission.enter("a");
    ASSERT_TRUE(third);
    EXPECT_TRUE(second->signedIn("ann"));
    EXPECT_FALSE(third->signedIn("ann"));
    EXPECT_TRUE(third->signedIn("bob"));
    {
        // Moved tickets give back once.
        const Admission::Ticket moved(std::move(*first));
        EXPECT_EQ(admission.connections(), 3u);
    }
    first.reset();
    EXPECT_EQ(admission.connections(), 2u);
    auto again = admission.enter("a");
    ASSERT_TRUE(again);
    EXPECT_TRUE(again->signedIn("ann"));
    const auto fourth = admission.enter("c");
    EXPECT_TRUE(fourth);
    EXPECT_FALSE(admission.enter("d"));
    EXPECT_EQ(admission.refusals(), 2u);
}

TEST(Admission, RemembersOnlySoMany) {
    Admission admission({});
    for (int i = 0; i < 10000; ++i) {
        admission.refused(std::to_string(i), "x");
    }
    EXPECT_EQ(admission.refusals(), 10000u);
}

}  // namespace
}  // namespace tessera::gateway
