#include "nodeservice/store/raft/membership.h"

#include <gtest/gtest.h>

namespace tessera::store::raft {
namespace {

TEST(MembershipTest, EncodesToTheSame) {
    for (const Membership& membership :
         {Membership{}, Membership{{1}, {}, {}, {}}, Membership{{1, 2, 30}, {1, 4}, {5, 6}, {4}}}) {
        const auto decoded = Membership::decode(membership.encode());
        ASSERT_TRUE(decoded) << membership.encode();
        EXPECT_EQ(*decoded, membership);
    }
}

TEST(MembershipTest, RefusesWhatIsNone) {
    for (const char* text : {"", "1;2", "1;;;;", "a;;;", "1,;;;", ",1;;;", "0;;;", "1;;; "}) {
        EXPECT_FALSE(Membership::decode(text)) << text;
    }
}

TEST(MembershipTest, QuorumsOfOddAndEvenNumbers) {
    const auto quorum = [](const Membership& membership, std::set<NodeId> yes) {
        return membership.isQuorum([&](NodeId node) { return yes.contains(node); });
    };
    EXPECT_FALSE(quorum({}, {1}));
    EXPECT_TRUE(quorum({{1}, {}, {}, {}}, {1}));
    EXPECT_FALSE(quorum({{1, 2}, {}, {}, {}}, {1}));
    EXPECT_TRUE(quorum({{1, 2, 3}, {}, {4, 5}, {}}, {1, 3}));
    EXPECT_FALSE(quorum({{1, 2, 3}, {}, {4, 5}, {}}, {1, 4, 5}));
    EXPECT_FALSE(quorum({{1, 2, 3, 4}, {}, {}, {}}, {1, 3}));
}

TEST(MembershipTest, AJointOneNeedsBothMajorities) {
    const Membership joint{{1, 4, 5}, {1, 2, 3}, {}, {}};
    const auto reached = joint.reachedByQuorum([](NodeId node) { return node * 10; });
    EXPECT_EQ(reached, 20);  // 40 in the new one, 20 in the old
    EXPECT_TRUE(joint.isQuorum([](NodeId node) { return node == 1 || node == 2 || node == 4; }));
    EXPECT_FALSE(joint.isQuorum([](NodeId node) { return node != 2 && node != 3; }));
}

TEST(MembershipTest, WhatAJointOneEndsIn) {
    const Membership joint{{1, 4}, {1, 2, 3}, {5}, {3}};
    EXPECT_EQ(joint.afterJoint(), (Membership{{1, 4}, {}, {3, 5}, {}}));
}

}  // namespace
}  // namespace tessera::store::raft
