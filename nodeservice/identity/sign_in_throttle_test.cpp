#include "nodeservice/identity/sign_in_throttle.h"

#include "nodeservice/identity/password_authenticator.h"
#include "nodeservice/identity/scheme_authenticator.h"

#include <gtest/gtest.h>

namespace tessera::identity {
namespace {

TEST(SignInThrottle, SlowsGuessesDown) {
    SignInThrottle throttle;
    for (int i = 0; i < 3; ++i) {
        throttle.failed("a", "ann");
        EXPECT_EQ(throttle.delay("a", "ann").count(), 0);
    }
    throttle.failed("a", "ann");
    EXPECT_EQ(throttle.delay("a", "ann").count(), 250);
    throttle.failed("a", "ann");
    EXPECT_EQ(throttle.delay("a", "ann").count(), 500);
    for (int i = 0; i < 100; ++i) {
        throttle.failed("a", "ann");
    }
    EXPECT_EQ(throttle.delay("a", "ann").count(), 4000);
    EXPECT_GT(throttle.delayLeft("a", "ann").count(), 3000);
    // Others are not slowed down by it.
    EXPECT_EQ(throttle.delay("b", "ann").count(), 0);
    EXPECT_EQ(throttle.delay("a", "bob").count(), 0);
    throttle.succeeded("a", "ann");
    EXPECT_EQ(throttle.delay("a", "ann").count(), 0);
}

TEST(SignInThrottle, RemembersOnlySoMany) {
    SignInThrottle throttle;
    for (int i = 0; i < 10000; ++i) {
        throttle.failed("a", std::to_string(i));
    }
    EXPECT_EQ(throttle.size(), SignInThrottle::kMostRemembered);
}

/// Calls are sent away: one that waits would keep its thread.
TEST(SignInThrottle, CallsAreSentAwayAfterWrongOnes) {
    const DenyList denied;
    PasswordAuthenticator passwords({{"ann", *ScramVerifier::of(Secret("right"))}}, {}, denied);
    SignInThrottle throttle;
    StrangerRegistry strangers;
    SchemeAuthenticator authenticator(passwords, nullptr, nullptr, throttle, strangers);
    const auto call = [&](const std::string& basic, const std::string& peer) {
        return authenticator.authenticate({.authorization = basic, .is_protected = true, .peer = peer});
    };
    const std::string right = "Basic YW5uOnJpZ2h0";
    const std::string wrong = "Basic YW5uOndyb25n";
    for (int i = 0; i < 4; ++i) {
        EXPECT_EQ(call(wrong, "10.0.0.1").error().code, ErrorCode::kUnauthenticated);
        EXPECT_EQ(call("", "10.0.0.1").error().code, ErrorCode::kUnauthenticated);
    }
    EXPECT_EQ(call(wrong, "10.0.0.1").error().code, ErrorCode::kResourceExhausted);
    EXPECT_EQ(call(right, "10.0.0.1").error().code, ErrorCode::kResourceExhausted);
    EXPECT_TRUE(call(right, "10.0.0.2"));
    for (int i = 0; i < 20; ++i) {
        EXPECT_EQ(call("", "10.0.0.3").error().code, ErrorCode::kUnauthenticated) << "no credentials are no guess";
    }
    EXPECT_TRUE(call(right, "10.0.0.3"));
}

}  // namespace
}  // namespace tessera::identity
