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
    EXPECT_FALSE(fourth->isSupernumerary());
    EXPECT_TRUE(admission.enter("d")->isSupernumerary());
    EXPECT_EQ(admission.refusals(), 2u);
}

TEST(Admission, AFewMoreThanThereMayBeComeInToBeToldSo) {
    Admission admission({.connections = 1, .connections_per_user = 1, .waiting_per_address = 5});
    auto only = admission.enter("a");
    ASSERT_TRUE(only && only->signedIn("ann"));
    std::vector<Admission::Ticket> more;
    for (std::size_t i = 0; i < kMostSupernumeraries; ++i) {
        auto ticket = admission.enter("b" + std::to_string(i % 4));
        ASSERT_TRUE(ticket);
        EXPECT_TRUE(ticket->isSupernumerary());
        more.push_back(std::move(*ticket));
    }
    EXPECT_FALSE(admission.enter("c"));
    EXPECT_EQ(admission.connections(), 1u);
    EXPECT_EQ(admission.refusals(), kMostSupernumeraries + 1);
    only.reset();
    EXPECT_FALSE(admission.enter("c")->isSupernumerary()) << "there is room again, whoever is still being told";
    more.clear();
    EXPECT_EQ(admission.connections(), 0u);
    // They wait like others.
    const auto first = admission.enter("d");
    for (int i = 0; i < 4; ++i) {
        more.push_back(std::move(*admission.enter("d")));
    }
    EXPECT_FALSE(admission.enter("d"));
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
