#include "nodeservice/identity/token/token_verifier.h"

#include "nodeservice/identity/token/base64url.h"
#include "tests/support/token_maker.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <openssl/hmac.h>

#include <functional>

namespace tessera::identity {
namespace {

using nlohmann::json;
using std::chrono::seconds;
using std::chrono::system_clock;
using testing::HasSubstr;

constexpr std::int64_t kNow = 1800000000;
constexpr const char* kIssuer = "https://login.example.org";

const SigningKey& rsa() {
    static const SigningKey key = SigningKey::rsa("r");
    return key;
}

const SigningKey& ec() {
    static const SigningKey key = SigningKey::p256("e");
    return key;
}

const SigningKey& ed() {
    static const SigningKey key = SigningKey::ed25519("d");
    return key;
}

json goodClaims() {
    return {{"iss", kIssuer},    {"sub", "ann"},     {"aud", "lake"},
            {"exp", kNow + 300}, {"iat", kNow - 10}, {"email", "ann@example.org"},
            {"azp", "workbench"}};
}

json with(json object, const char* name, json value) {
    object[name] = std::move(value);
    return object;
}

json without(json object, const char* name) {
    object.erase(name);
    return object;
}

Issuer issuer() {
    const std::string set = jwkSet({&rsa(), &ec(), &ed()});
    TokenRules rules;
    rules.issuer = kIssuer;
    rules.algorithms = {Algorithm::kRs256, Algorithm::kPs256, Algorithm::kEs256, Algorithm::kEdDsa};
    rules.audiences = {"lake", "tessera"};
    rules.clients = {"workbench"};
    return {rules, [set]() -> Result<KeyDocument> { return KeyDocument{set}; }};
}

/// The reason of the refusal, or "accepted".
std::string verdict(const std::string& token, const std::function<void(TokenRules&)>& change = {}) {
    Issuer known = issuer();
    if (change) {
        change(known.rules);
    }
    std::vector<Issuer> issuers;
    issuers.push_back(std::move(known));
    TokenVerifier verifier(std::move(issuers), [] { return system_clock::time_point(seconds(kNow)); });
    const auto verified = verifier.verify(token);
    if (!verified) {
        EXPECT_EQ(verified.error().code, ErrorCode::kUnauthenticated);
        return verified.error().message;
    }
    return "accepted";
}

std::string signedEc(const json& claims) {
    return makeToken(claims, ec(), "ES256");
}

TEST(TokenVerifier, AcceptsEveryAlgorithmOfItsIssuer) {
    EXPECT_EQ(verdict(makeToken(goodClaims(), rsa(), "RS256")), "accepted");
    EXPECT_EQ(verdict(makeToken(goodClaims(), rsa(), "PS256")), "accepted");
    EXPECT_EQ(verdict(makeToken(goodClaims(), ec(), "ES256")), "accepted");
    EXPECT_EQ(verdict(makeToken(goodClaims(), ed(), "EdDSA")), "accepted");
    EXPECT_EQ(verdict(signedEc(with(goodClaims(), "aud", {"x", "tessera"}))), "accepted");
    EXPECT_EQ(verdict(makeToken({{"alg", "ES256"}, {"kid", "e"}, {"typ", "application/AT+JWT"}}, goodClaims(), ec(),
                                "ES256")),
              "accepted");
    EXPECT_EQ(verdict(makeToken({{"alg", "ES256"}}, goodClaims(), ec(), "ES256")), "accepted") << "one key fits";
    EXPECT_EQ(verdict(signedEc(with(goodClaims(), "exp", kNow + 300.5))), "accepted");
}

TEST(TokenVerifier, GivesTheClaims) {
    std::vector<Issuer> issuers;
    issuers.push_back(issuer());
    TokenVerifier verifier(std::move(issuers), [] { return system_clock::time_point(seconds(kNow)); });
    for (int i = 0; i < 2; ++i) {  // the second time it is remembered
        const auto token = verifier.verify(signedEc(goodClaims()));
        ASSERT_TRUE(token);
        EXPECT_EQ((*token)->subject, "ann");
        EXPECT_EQ((*token)->issuer, kIssuer);
        EXPECT_EQ((*token)->claims.at("email"), "ann@example.org");
        EXPECT_EQ((*token)->expires, system_clock::time_point(seconds(kNow + 330)));
    }
}

TEST(TokenVerifier, AlgorithmsAreNotConfused) {
    const json claims = goodClaims();
    for (const char* name : {"none", "None", "NONE", "nOnE", "", "HS256", "HS512", "RS512", "ES384", "rs256", "RS1"}) {
        const std::string unsigned_part =
            encodeBase64Url(json{{"alg", name}, {"kid", "r"}}.dump()) + "." + encodeBase64Url(claims.dump()) + ".";
        EXPECT_THAT(verdict(unsigned_part + encodeBase64Url("x")), HasSubstr("not one that is accepted")) << name;
        EXPECT_NE(verdict(unsigned_part), "accepted") << name;
    }
    // HMAC with the public key as its secret.
    const std::string header = encodeBase64Url(json{{"alg", "HS256"}, {"kid", "r"}}.dump());
    const std::string message = header + "." + encodeBase64Url(claims.dump());
    const std::string pem = rsa().publicPem();
    unsigned char mac[32];
    unsigned int size = sizeof mac;
    HMAC(EVP_sha256(), pem.data(), static_cast<int>(pem.size()), reinterpret_cast<const unsigned char*>(message.data()),
         message.size(), mac, &size);
    EXPECT_THAT(verdict(message + "." + encodeBase64Url({reinterpret_cast<char*>(mac), size})),
                HasSubstr("not one that is accepted"));
    // A key of another type than the algorithm's, named by the sender.
    EXPECT_THAT(verdict(makeToken({{"alg", "RS256"}, {"kid", "e"}}, claims, rsa(), "RS256")), HasSubstr("by a key"));
    EXPECT_THAT(verdict(makeToken({{"alg", "ES256"}, {"kid", "d"}}, claims, ec(), "ES256")), HasSubstr("by a key"));
    EXPECT_THAT(verdict(makeToken({{"alg", "EdDSA"}, {"kid", "e"}}, claims, ed(), "EdDSA")), HasSubstr("by a key"));
    // The right key, the other padding.
    EXPECT_THAT(verdict(makeToken({{"alg", "PS256"}, {"kid", "r"}}, claims, rsa(), "RS256")), HasSubstr("is wrong"));
    EXPECT_THAT(verdict(makeToken({{"alg", "RS256"}, {"kid", "r"}}, claims, rsa(), "PS256")), HasSubstr("is wrong"));
    // Good, but its issuer is said not to use it.
    EXPECT_THAT(
        verdict(makeToken(claims, rsa(), "RS256"), [](TokenRules& rules) { rules.algorithms = {Algorithm::kEs256}; }),
        HasSubstr("does not sign with RS256"));
}

TEST(TokenVerifier, KeysComeFromTheIssuerAlone) {
    const SigningKey mine = SigningKey::p256("e");
    const json claims = goodClaims();
    EXPECT_THAT(verdict(makeToken(claims, mine, "ES256")), HasSubstr("is wrong"));
    for (const char* name : {"jwk", "jku", "x5u", "x5c"}) {
        const json value = std::string(name) == "jwk" ? mine.jwk() : json("https://evil.example.org/keys");
        EXPECT_THAT(verdict(makeToken({{"alg", "ES256"}, {"kid", "e"}, {name, value}}, claims, mine, "ES256")),
                    HasSubstr(std::string("header has '") + name + "'"));
    }
    for (const char* id : {"../../../../dev/null", "e' OR '1'='1", "e\n", "E", "x"}) {
        EXPECT_THAT(verdict(makeToken({{"alg", "ES256"}, {"kid", id}}, claims, ec(), "ES256")), HasSubstr("by a key"))
            << id;
    }
    EXPECT_THAT(verdict(makeToken({{"alg", "ES256"}, {"kid", std::string(257, 'e')}}, claims, ec(), "ES256")),
                HasSubstr("too long"));
    EXPECT_THAT(verdict(makeToken({{"alg", "ES256"}, {"kid", 1}}, claims, ec(), "ES256")), HasSubstr("not a text"));
}

TEST(TokenVerifier, NothingThatMustBeUnderstoodIsPassedOver) {
    for (const char* name : {"crit", "b64", "zip", "enc", "cty"}) {
        EXPECT_THAT(verdict(makeToken({{"alg", "ES256"}, {"kid", "e"}, {name, json::array({"x"})}}, goodClaims(), ec(),
                                      "ES256")),
                    HasSubstr(name));
    }
    EXPECT_THAT(
        verdict(makeToken({{"alg", "ES256"}, {"kid", "e"}, {"typ", "logout+jwt"}}, goodClaims(), ec(), "ES256")),
        HasSubstr("of type 'logout+jwt'"));
    EXPECT_THAT(verdict(makeToken({{"alg", "ES256"}, {"kid", "e"}, {"typ", 7}}, goodClaims(), ec(), "ES256")),
                HasSubstr("'typ' is not a text"));
}

TEST(TokenVerifier, ItsFormIsExact) {
    const std::string good = signedEc(goodClaims());
    ASSERT_EQ(verdict(good), "accepted");
    const std::size_t last = good.rfind('.');
    EXPECT_THAT(verdict(""), HasSubstr("three parts"));
    EXPECT_THAT(verdict("a.b"), HasSubstr("three parts"));
    EXPECT_THAT(verdict(good + ".x"), HasSubstr("three parts"));
    EXPECT_THAT(verdict("a.b.c.d.e"), HasSubstr("three parts"));
    EXPECT_THAT(verdict(good.substr(0, last + 1)), HasSubstr("signature"));
    EXPECT_THAT(verdict(good + "="), HasSubstr("signature is not base64url"));
    EXPECT_THAT(verdict(good + "\n"), HasSubstr("signature is not base64url"));
    EXPECT_THAT(verdict(" " + good), HasSubstr("header is not base64url"));
    EXPECT_THAT(verdict(std::string(20000, 'a')), HasSubstr("more than 16384 bytes"));
    EXPECT_THAT(verdict(signedEc(with(goodClaims(), "x", std::string(20000, 'a')))), HasSubstr("more than 16384"));
    // 64 bytes leave two bits over, which must be zero: another spelling is another token.
    std::string other = good;
    const std::string digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    other.back() = digits[digits.find(other.back()) + 1];
    EXPECT_THAT(verdict(other), HasSubstr("not base64url"));
    std::string changed = good;
    changed[last - 5] = changed[last - 5] == 'A' ? 'B' : 'A';
    EXPECT_NE(verdict(changed), "accepted");
}

TEST(TokenVerifier, ItsJsonHasOneMeaning) {
    const std::string header = R"({"alg":"ES256","kid":"e"})";
    const std::string claims = goodClaims().dump();
    const auto judged = [](const std::string& h, const std::string& c) {
        return verdict(makeTokenOfTexts(h, c, ec(), "ES256"));
    };
    ASSERT_EQ(judged(header, claims), "accepted");
    EXPECT_THAT(judged(R"({"alg":"none","alg":"ES256","kid":"e"})", claims), HasSubstr("'alg' occurs twice"));
    EXPECT_THAT(judged(header, R"({"sub":"eve",)" + claims.substr(1)), HasSubstr("'sub' occurs twice"));
    EXPECT_THAT(judged(header, R"({"s\u0075b":"eve",)" + claims.substr(1)), HasSubstr("'sub' occurs twice"));
    EXPECT_THAT(judged(header, R"({"a":{"b":1,"b":2},)" + claims.substr(1)), HasSubstr("'b' occurs twice"));
    EXPECT_THAT(judged(header, claims + "x"), HasSubstr("not JSON"));
    EXPECT_THAT(judged(header, "\xEF\xBB\xBF" + claims), HasSubstr("byte order mark"));
    EXPECT_THAT(judged(header, "[1]"), HasSubstr("not a JSON object"));
    EXPECT_THAT(judged(header, R"({"a":"\u0000",)" + claims.substr(1)), HasSubstr("U+0000"));
    EXPECT_THAT(judged(header, "{\"a\":\"\xff\"," + claims.substr(1)), HasSubstr("not JSON"));
    EXPECT_THAT(judged(header, R"({"a":1e999,)" + claims.substr(1)), HasSubstr("not JSON"));
    EXPECT_THAT(judged(header, R"({"a":)" + std::string(16, '[') + std::string(16, ']') + "," + claims.substr(1)),
                HasSubstr("more than 16 levels"));
    EXPECT_THAT(judged(header, std::string(10000, '[')), HasSubstr("more than 16 levels"));
    EXPECT_THAT(judged(R"({"alg":"ES256","x":")" + std::string(4096, 'x') + "\"}", claims), HasSubstr("4096 bytes"));
}

TEST(TokenVerifier, ItsTimesAreKept) {
    const json claims = goodClaims();
    EXPECT_EQ(verdict(signedEc(with(claims, "exp", kNow - 29))), "accepted") << "within the skew";
    EXPECT_THAT(verdict(signedEc(with(claims, "exp", kNow - 30))), HasSubstr("has expired"));
    EXPECT_THAT(verdict(signedEc(with(claims, "exp", kNow - 31)), [](TokenRules& rules) { rules.skew = seconds(60); }),
                HasSubstr("has expired"));
    EXPECT_THAT(verdict(signedEc(without(claims, "exp"))), HasSubstr("never expires"));
    for (const json& value : {json("1900000000"), json(-1), json(nullptr), json(true), json(1e300), json({kNow})}) {
        EXPECT_THAT(verdict(signedEc(with(claims, "exp", value))), HasSubstr("'exp' is not a time")) << value;
    }
    for (const char* name : {"nbf", "iat"}) {
        EXPECT_EQ(verdict(signedEc(with(claims, name, kNow + 30))), "accepted");
        EXPECT_THAT(verdict(signedEc(with(claims, name, kNow + 31))), HasSubstr("in the future")) << name;
        EXPECT_THAT(verdict(signedEc(with(claims, name, "now"))), HasSubstr("not a time")) << name;
    }
}

TEST(TokenVerifier, ItIsOfTheIssuerForUsAndForOneOfItsClients) {
    const json claims = goodClaims();
    for (const char* name : {"https://login.example.org/", "https://LOGIN.example.org", "http://login.example.org"}) {
        EXPECT_THAT(verdict(signedEc(with(claims, "iss", name))), HasSubstr("issuer is not known")) << name;
    }
    EXPECT_THAT(verdict(signedEc(without(claims, "iss"))), HasSubstr("names no issuer"));
    EXPECT_THAT(verdict(signedEc(with(claims, "iss", json::array({kIssuer})))), HasSubstr("'iss' is not a text"));
    EXPECT_THAT(verdict(signedEc(with(claims, "aud", "lakes"))), HasSubstr("another audience"));
    EXPECT_THAT(verdict(signedEc(with(claims, "aud", json::array()))), HasSubstr("another audience"));
    EXPECT_THAT(verdict(signedEc(with(claims, "aud", {"lake", 7}))), HasSubstr("audience is not a text"));
    EXPECT_THAT(verdict(signedEc(without(claims, "aud"))), HasSubstr("no audience"));
    EXPECT_THAT(verdict(signedEc(with(claims, "azp", "other"))), HasSubstr("client 'other'"));
    EXPECT_THAT(verdict(signedEc(without(claims, "azp"))), HasSubstr("client ''"));
    EXPECT_EQ(verdict(signedEc(with(without(claims, "azp"), "client_id", "workbench"))), "accepted");
    EXPECT_THAT(verdict(signedEc(without(claims, "sub"))), HasSubstr("no subject"));
}

TEST(TokenVerifier, EcdsaSignaturesHaveTheirExactForm) {
    const std::string good = signedEc(goodClaims());
    const std::string message = good.substr(0, good.rfind('.'));
    const auto judged = [&](const std::string& signature) {
        return verdict(message + "." + encodeBase64Url(signature));
    };
    const std::string plain = *decodeBase64Url(good.substr(good.rfind('.') + 1));
    ASSERT_EQ(judged(plain), "accepted");
    const std::string zero(32, '\0');
    const std::string order = "\xFF\xFF\xFF\xFF" + std::string(4, '\0') + std::string(8, '\xFF') +
                              "\xBC\xE6\xFA\xAD\xA7\x17\x9E\x84\xF3\xB9\xCA\xC2\xFC\x63\x25\x51";
    ASSERT_EQ(order.size(), 32u);
    const std::string r = plain.substr(0, 32);
    const std::string s = plain.substr(32);
    for (const std::string& signature :
         {zero + zero, zero + s, r + zero, order + s, r + order, order + order, std::string(64, '\xFF'), s + r, r,
          plain + std::string(1, '\0'), std::string(1, '\0') + plain, std::string(63, '\x01')}) {
        EXPECT_THAT(judged(signature), HasSubstr("is wrong"));
    }
    // The DER form that other protocols use.
    EXPECT_THAT(judged("\x30\x44\x02\x20" + r + "\x02\x20" + s), HasSubstr("is wrong"));
}

TEST(TokenVerifier, WhatItRemembersIsBoundedInNumberAndTime) {
    std::vector<Issuer> issuers;
    issuers.push_back(issuer());
    auto now = system_clock::time_point(seconds(kNow));
    TokenVerifier verifier(std::move(issuers), [&now] { return now; });
    const std::string token = signedEc(with(goodClaims(), "exp", kNow + 20));
    ASSERT_TRUE(verifier.verify(token));
    now += seconds(49);
    EXPECT_TRUE(verifier.verify(token));
    now += seconds(1);
    EXPECT_FALSE(verifier.verify(token)) << "remembered beyond its end";
    now = system_clock::time_point(seconds(kNow));
    for (std::size_t i = 0; i < TokenVerifier::kMostRemembered + 100; ++i) {
        ASSERT_TRUE(verifier.verify(makeToken(with(goodClaims(), "jti", i), ed(), "EdDSA")));
    }
    EXPECT_TRUE(verifier.verify(token));
}

}  // namespace
}  // namespace tessera::identity
