#include "nodeservice/identity/password_authenticator.h"

#include "common/base64.h"

#include <gtest/gtest.h>

namespace tessera::identity {
namespace {

TEST(ParseBasic, SplitsAtTheFirstColon) {
    const auto given = parseBasic("Basic YW5uOnBhc3M6d29yZA==");
    ASSERT_TRUE(given) << given.error().describe();
    EXPECT_EQ(given->user, "ann");
    EXPECT_EQ(given->password.reveal(), "pass:word");
}

TEST(ParseBasic, RefusesEverythingElse) {
    for (const char* text : {"", "Bearer x", "Basic", "Basic !!!!", "Basic YW5u", "Basic OnB3", "Basic YQA6Yg=="}) {
        const auto given = parseBasic(text);
        ASSERT_FALSE(given) << text;
        EXPECT_EQ(given.error().code, ErrorCode::kUnauthenticated);
    }
}

TEST(PasswordAuthenticator, KnowsItsUsersByTheirVerifiers) {
    const DenyList nobody_denied;
    PasswordAuthenticator users({{"ann", ScramVerifier::derive("pencil", "salt", 4096)}}, {}, nobody_denied);
    const auto basic = [](const std::string& text) { return CallCredentials{"Basic " + encodeBase64(text)}; };
    // Twice: the second time it is remembered. A wrong one is not, before or after.
    for (int round = 0; round < 2; ++round) {
        const auto wrong = users.authenticate(basic("ann:pen"));
        ASSERT_FALSE(wrong);
        EXPECT_EQ(wrong.error().message, "the node refused user 'ann': wrong user name or password");
        const auto right = users.authenticate(basic("ann:pencil"));
        ASSERT_TRUE(right);
        EXPECT_EQ(right->role, "ann");
    }
    // No word about which of the two was wrong.
    const auto nobody = users.authenticate(basic("bob:pencil"));
    ASSERT_FALSE(nobody);
    EXPECT_EQ(nobody.error().message, "the node refused user 'bob': wrong user name or password");
    EXPECT_FALSE(users.authenticate(basic("ann:")));
}

TEST(PasswordAuthenticator, AtOnceItKnowsOnlyWhatWasRightBefore) {
    DenyList denied;
    PasswordAuthenticator users({{"ann", ScramVerifier::derive("pencil", "salt", 4096)}}, {}, denied);
    const auto basic = [](const std::string& text) { return CallCredentials{"Basic " + encodeBase64(text)}; };
    EXPECT_FALSE(users.authenticateAtOnce(basic("ann:pencil")));
    ASSERT_TRUE(users.authenticate(basic("ann:pencil")));
    const auto known = users.authenticateAtOnce(basic("ann:pencil"));
    ASSERT_TRUE(known && *known);
    EXPECT_EQ((*known)->role, "ann");
    for (const char* text : {"ann:pen", "ann:", "bob:pencil", "ann"}) {
        EXPECT_FALSE(users.authenticateAtOnce(basic(text))) << text;
    }
    EXPECT_FALSE(users.authenticateAtOnce({}));
    std::vector<Denial> denials(1);
    denials[0].user = "ann";
    denied.replaceSaid(denials);
    EXPECT_FALSE(users.authenticateAtOnce(basic("ann:pencil"))) << "though it was right before";
}

TEST(PasswordAuthenticator, WhoIsDeniedIsAsUnknown) {
    DenyList denied;
    PasswordAuthenticator users({{"ann", ScramVerifier::derive("pencil", "salt", 4096)}}, {{"etl", "CN=etl"}}, denied);
    const CallCredentials ann{"Basic " + encodeBase64("ann:pencil")};
    EXPECT_TRUE(users.authenticate(ann));
    EXPECT_TRUE(users.passwordUser("ann"));
    EXPECT_TRUE(users.certificateUser("etl", "CN=etl"));
    std::vector<Denial> denials(2);
    denials[0].user = "ann";
    denials[1].user = "etl";
    denied.replaceSaid(denials);
    const auto refused = users.authenticate(ann);
    ASSERT_FALSE(refused) << "though it is remembered";
    EXPECT_EQ(refused.error().message, "the node refused user 'ann': wrong user name or password");
    EXPECT_FALSE(users.passwordUser("ann"));
    EXPECT_FALSE(users.certificateUser("etl", "CN=etl"));
    denied.replaceSaid({});
    EXPECT_TRUE(users.authenticate(ann));
}

}  // namespace
}  // namespace tessera::identity
