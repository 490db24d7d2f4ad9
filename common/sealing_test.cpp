#include "common/sealing.h"

#include <gtest/gtest.h>

namespace tessera {
namespace {

TEST(Sealing, OpensWithItsKeyAndNameOnly) {
    const Secret key = sealingKeyOf(Secret("a text of enough entropy, let us say"));
    const std::string sealed = seal(key, "mine", Secret("what nobody may read"));
    EXPECT_EQ(sealed.find("nobody"), std::string::npos);
    ASSERT_TRUE(unseal(key, "mine", sealed));
    EXPECT_EQ(unseal(key, "mine", sealed)->reveal(), "what nobody may read");
    EXPECT_FALSE(unseal(key, "yours", sealed));
    EXPECT_FALSE(unseal(sealingKeyOf(Secret("another")), "mine", sealed));
    EXPECT_NE(seal(key, "mine", Secret("what nobody may read")), sealed);
}

TEST(Sealing, WhatIsChangedOrCutDoesNotOpen) {
    const Secret key = sealingKeyOf(Secret("key"));
    const std::string sealed = seal(key, "mine", Secret("secret"));
    for (std::size_t at = 0; at < sealed.size(); ++at) {
        std::string changed = sealed;
        changed[at] = static_cast<char>(changed[at] ^ 1);
        EXPECT_FALSE(unseal(key, "mine", changed)) << at;
        EXPECT_FALSE(unseal(key, "mine", sealed.substr(0, at))) << at;
    }
}

}  // namespace
}  // namespace tessera
