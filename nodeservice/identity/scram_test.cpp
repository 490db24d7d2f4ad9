#include "nodeservice/identity/scram.h"

#include "common/base64.h"
#include "nodeservice/identity/role_keys.h"

#include <gtest/gtest.h>

namespace tessera::identity {
namespace {

const Secret kPassword{"pencil"};

/// The whole exchange; what the client's last message becomes on its way is the caller's.
template <class Change>
Result<> exchange(const ScramVerifier& verifier, const std::string& password, Change change) {
    ScramServer server(verifier, {});
    ScramClient client{Secret(password)};
    const std::string client_first = client.first();
    const std::string server_first = TSR_TRY(server.begin("SCRAM-SHA-256", client_first));
    std::string client_final = TSR_TRY(client.final(server_first));
    change(client_final);
    const std::string server_final = TSR_TRY(server.finish(client_final));
    return client.verify(server_final);
}

ErrorCode codeOf(const Result<>& result) {
    return result ? ErrorCode::kOk : result.error().code;
}

/// RFC 4231's first, second and sixth; and one with an empty key, between others with keys.
TEST(Scram, ComputesTheMacOfTheStandard) {
    const auto mac = [](const std::string& key, const std::string& text) {
        std::string digits;
        for (const char byte : hmacSha256(key, text)) {
            char two[3];
            std::snprintf(two, sizeof two, "%02x", static_cast<unsigned char>(byte));
            digits += two;
        }
        return digits;
    };
    EXPECT_EQ(mac(std::string(20, '\x0b'), "Hi There"),
              "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7");
    EXPECT_EQ(mac("Jefe", "what do ya want for nothing?"),
              "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
    EXPECT_EQ(mac("", ""), "b613679a0814d9ec772f95d778c35fc5ff1697c493715653c6c712144292c5ad");
    EXPECT_EQ(mac(std::string(131, '\xaa'), "Test Using Larger Than Block-Size Key - Hash Key First"),
              "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54");
}

TEST(Scram, LetsInWhoKnowsThePassword) {
    const auto verifier = ScramVerifier::of(kPassword);
    ASSERT_TRUE(verifier);
    const auto unchanged = [](std::string&) {};
    EXPECT_EQ(codeOf(exchange(*verifier, "pencil", unchanged)), ErrorCode::kOk);
    EXPECT_EQ(codeOf(exchange(*verifier, "pencils", unchanged)), ErrorCode::kUnauthenticated);
    EXPECT_TRUE(verifier->matches("pencil"));
    EXPECT_FALSE(verifier->matches(""));
}

TEST(Scram, RefusesChangedMessages) {
    const auto verifier = ScramVerifier::of(kPassword);
    ASSERT_TRUE(verifier);
    EXPECT_EQ(codeOf(exchange(*verifier, "pencil", [](std::string& text) { text.replace(0, 6, "c=eSws"); })),
              ErrorCode::kUnauthenticated);
    EXPECT_EQ(codeOf(exchange(*verifier, "pencil", [](std::string& text) { text.replace(9, 1, "*"); })),
              ErrorCode::kInvalidArgument);
    EXPECT_EQ(codeOf(exchange(*verifier, "pencil", [](std::string& text) { text.resize(text.size() - 4); })),
              ErrorCode::kInvalidArgument);
    EXPECT_EQ(codeOf(exchange(*verifier, "pencil", [](std::string& text) { text.clear(); })),
              ErrorCode::kInvalidArgument);
}

TEST(Scram, SeesThatThePlusWasRemoved) {
    const auto verifier = ScramVerifier::of(kPassword);
    ASSERT_TRUE(verifier);
    // Without TLS a client that could bind says "y"; with TLS it would have bound.
    EXPECT_TRUE(ScramServer(*verifier, {}).begin("SCRAM-SHA-256", "y,,n=,r=abc"));
    const auto downgraded = ScramServer(*verifier, {"hash"}).begin("SCRAM-SHA-256", "y,,n=,r=abc");
    ASSERT_FALSE(downgraded);
    EXPECT_EQ(downgraded.error().code, ErrorCode::kUnauthenticated);
}

TEST(Scram, BindsToTheChannel) {
    const ScramVerifier verifier = ScramVerifier::derive("pencil", "salt", 1);
    ScramServer server(verifier, {"hash"});
    EXPECT_FALSE(ScramServer(verifier, {}).begin("SCRAM-SHA-256-PLUS", "p=tls-server-end-point,,n=,r=abc"));
    const auto first = server.begin("SCRAM-SHA-256-PLUS", "p=tls-server-end-point,,n=,r=abc");
    ASSERT_TRUE(first);
    const std::string nonce = first->substr(2, first->find(',') - 2);
    const auto other = server.finish("c=" + encodeBase64("p=tls-server-end-point,,other") + ",r=" + nonce +
                                     ",p=" + encodeBase64(std::string(32, 'x')));
    ASSERT_FALSE(other);
    EXPECT_EQ(other.error().message, "the sign-in belongs to another TLS connection");
}

TEST(Scram, RefusesMalformedFirstMessages) {
    const ScramVerifier verifier = ScramVerifier::derive("pencil", "salt", 1);
    for (const char* text : {"", "n", "n,", "n,,", "n,,n=", "n,,n=,", "n,,n=,r=", "n,a=x,n=,r=abc", "n,,m=1,n=,r=abc",
                             "p=tls-unique,,n=,r=abc", "x,,n=,r=abc", "n,,r=abc,n=", "n,,n=,r=a\x01"}) {
        EXPECT_FALSE(ScramServer(verifier, {}).begin("SCRAM-SHA-256", text)) << text;
    }
    EXPECT_FALSE(ScramServer(verifier, {}).begin("PLAIN", "n,,n=,r=abc"));
}

TEST(ScramVerifier, IsPostgresqlsText) {
    const auto verifier = ScramVerifier::of(kPassword);
    ASSERT_TRUE(verifier);
    const auto again = ScramVerifier::parse(verifier->text());
    ASSERT_TRUE(again);
    EXPECT_EQ(again->text(), verifier->text());
    for (const char* text : {"", "pencil", "md5abc", "SCRAM-SHA-256$4096:", "SCRAM-SHA-256$0:c2FsdA==$AA==:AA==",
                             "SCRAM-SHA-256$x:c2FsdA==$AA==:AA==", "SCRAM-SHA-256$$:"}) {
        EXPECT_FALSE(ScramVerifier::parse(text)) << text;
    }
}

TEST(ScramVerifier, RefusesPasswordsThatAreNotNormalised) {
    EXPECT_TRUE(ScramVerifier::of(Secret("Z\xc3\xbcrich")));
    EXPECT_FALSE(
        ScramVerifier::of(Secret("o\xef\xac\x83"
                                 "ce")));  // the ligature ffi
}

TEST(RoleKeys, GiveEachRoleItsOwn) {
    const RoleKeys keys;
    const auto verifier = ScramVerifier::parse(keys.verifierOf("ann"));
    ASSERT_TRUE(verifier);
    EXPECT_TRUE(verifier->matches(keys.passwordOf("ann").reveal()));
    EXPECT_FALSE(verifier->matches(keys.passwordOf("bob").reveal()));
    EXPECT_FALSE(verifier->matches(RoleKeys().passwordOf("ann").reveal()));
}

}  // namespace
}  // namespace tessera::identity
