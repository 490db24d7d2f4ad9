// What identity providers and browsers send, good and bad, without a network.

#include "agent/signin/oidc_client.h"

#include "agent/signin/redirect_receiver.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <QByteArray>
#include <ctime>

namespace tessera::agent {
namespace {

using testing::HasSubstr;

constexpr const char* kIssuer = "https://login.example.org";

Profile profile() {
    Profile made;
    made.name = "demo";
    made.issuer = kIssuer;
    made.client = "tessera";
    return made;
}

Secret idToken(const std::string& claims) {
    const QByteArray body =
        QByteArray::fromStdString(claims).toBase64(QByteArray::Base64UrlEncoding | QByteArray::OmitTrailingEquals);
    return Secret("e30." + body.toStdString() + ".c2ln");
}

std::string claims(const std::string& issuer, const std::string& audience, std::int64_t expires,
                   const std::string& nonce) {
    return R"({"iss":")" + issuer + R"(","aud":")" + audience + R"(","sub":"u1","email":"ann@example.org","exp":)" +
           std::to_string(expires) + R"(,"nonce":")" + nonce + R"("})";
}

TEST(Discovery, NamesSafeEndpointsOfTheVeryIssuer) {
    const auto found = parseEndpoints(
        R"({"issuer":"https://login.example.org","token_endpoint":"https://login.example.org/t"})", kIssuer);
    ASSERT_TRUE(found);
    EXPECT_EQ(found->token, "https://login.example.org/t");
    EXPECT_FALSE(found->names_issuer);
    for (const char* json :
         {R"({"issuer":"https://login.example.org/","token_endpoint":"https://login.example.org/t"})",
          R"({"issuer":"https://login.example.org","token_endpoint":"http://login.example.org/t"})",
          R"({"issuer":"https://login.example.org"})", "[]", "", "<html>"}) {
        EXPECT_FALSE(parseEndpoints(json, kIssuer)) << json;
    }
}

TEST(TokenAnswers, AreBearerTokensWithALife) {
    const auto answer =
        parseTokenAnswer(200, R"({"access_token":"a","token_type":"bearer","expires_in":60,"refresh_token":"r"})");
    ASSERT_TRUE(answer);
    EXPECT_EQ(answer->access_token.reveal(), "a");
    EXPECT_EQ(answer->refresh_token.reveal(), "r");
    EXPECT_EQ(answer->life.count(), 60);
    EXPECT_EQ(parseTokenAnswer(200, R"({"access_token":"a","token_type":"Bearer","expires_in":-5})")->life.count(), 1);
    EXPECT_FALSE(parseTokenAnswer(200, R"({"access_token":"a","token_type":"DPoP"})"));
    EXPECT_FALSE(parseTokenAnswer(200, R"({"token_type":"Bearer"})"));
    EXPECT_FALSE(parseTokenAnswer(200, "nonsense"));
}

TEST(TokenAnswers, ARefusalIsInTheProvidersWords) {
    const auto refused =
        parseTokenAnswer(400, R"({"error":"invalid_grant","error_description":"grant request is invalid"})");
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, ErrorCode::kUnauthenticated);
    EXPECT_EQ(refused.error().detail, "invalid_grant");
    EXPECT_THAT(refused.error().message, HasSubstr("grant request is invalid"));
    EXPECT_EQ(parseTokenAnswer(502, "<html>").error().code, ErrorCode::kUnavailable);
}

TEST(IdTokens, SayWhoSignedInAndBelongToTheSignIn) {
    const std::int64_t now = std::time(nullptr);
    const auto person = readIdToken(idToken(claims(kIssuer, "tessera", now + 60, "n")), profile(), "n");
    ASSERT_TRUE(person) << person.error().describe();
    EXPECT_EQ(person->subject, "u1");
    EXPECT_EQ(person->name, "ann@example.org");
    for (const std::string& bad :
         {claims("https://other.example.org", "tessera", now + 60, "n"), claims(kIssuer, "other", now + 60, "n"),
          claims(kIssuer, "tessera", now - 3600, "n"), claims(kIssuer, "tessera", now + 60, "other")}) {
        EXPECT_FALSE(readIdToken(idToken(bad), profile(), "n")) << bad;
    }
    EXPECT_FALSE(readIdToken(Secret("a.b"), profile(), ""));
    EXPECT_FALSE(readIdToken(Secret(), profile(), ""));
}

TEST(Redirects, GiveTheCodeOfThisSignInOnly) {
    const RedirectReceiver::Expected expected{"st4te", kIssuer};
    const auto code = codeOf("/cb?code=c%2F1&state=st4te&iss=https%3A%2F%2Flogin.example.org", expected);
    ASSERT_TRUE(code) << code.error().describe();
    EXPECT_EQ(*code, "c/1");
    for (const char* stranger : {"/", "/cb", "/cb?code=c", "/cb?code=c&state=other", "/other?code=c&state=st4te"}) {
        EXPECT_EQ(codeOf(stranger, expected).error().code, ErrorCode::kNotFound) << stranger;
    }
    EXPECT_THAT(codeOf("/cb?code=c&state=st4te", expected).error().message, HasSubstr("another identity provider"));
    EXPECT_THAT(codeOf("/cb?code=c&state=st4te&iss=https://evil.example", expected).error().message,
                HasSubstr("another identity provider"));
    EXPECT_THAT(codeOf("/cb?error=access_denied&state=st4te&iss=https://login.example.org", expected).error().message,
                HasSubstr("access_denied"));
}

TEST(Forms, EscapeWhatTheyCarry) {
    EXPECT_EQ(formEncode({{"a", "x y&z=+"}, {"resource", "urn:t"}}), "a=x%20y%26z%3D%2B&resource=urn%3At");
    // RFC 7636, appendix B.
    EXPECT_EQ(codeChallenge("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"),
              "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM");
}

}  // namespace
}  // namespace tessera::agent
