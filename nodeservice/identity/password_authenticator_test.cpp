#include "nodeservice/identity/password_authenticator.h"

#include <gtest/gtest.h>

namespace tessera::identity {
namespace {

TEST(ParseBasic, SplitsAtTheFirstColon) {
    const auto principal = parseBasic("Basic YW5uOnBhc3M6d29yZA==");
    ASSERT_TRUE(principal) << principal.error().describe();
    EXPECT_EQ(principal->role, "ann");
    EXPECT_EQ(principal->password->reveal(), "pass:word");
}

TEST(ParseBasic, RefusesEverythingElse) {
    for (const char* text : {"", "Bearer x", "Basic", "Basic !!!!", "Basic YW5u", "Basic OnB3", "Basic YQA6Yg=="}) {
        const auto principal = parseBasic(text);
        ASSERT_FALSE(principal) << text;
        EXPECT_EQ(principal.error().code, ErrorCode::kUnauthenticated);
    }
}

}  // namespace
}  // namespace tessera::identity
