#include "nodeservice/identity/delegation/delegation.h"

#include "nodeservice/identity/token/base64url.h"
#include "nodeservice/identity/token_authenticator.h"
#include "tests/support/temporary_directory.h"
#include "tests/support/token_maker.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <ctime>
#include <filesystem>

namespace tessera::identity {
namespace {

using nlohmann::json;
using std::chrono::system_clock;
using testing::HasSubstr;

constexpr const char* kCorp = "https://login.example.org";

const DenyList kNobodyDenied;

Issuer issuerOfKeys(const std::string& name, Algorithm algorithm, const std::string& audience, const std::string& type,
                    std::string keys) {
    return {{.issuer = name, .algorithms = {algorithm}, .audiences = {audience}, .types = {type}},
            [keys]() -> Result<KeyDocument> {
                return KeyDocument{keys, std::chrono::seconds(300)};
            }};
}

/// A node with a key and a signer of its own, which trusts the others that it is told of.
struct TestNode {
    explicit TestNode(const std::string& called)
        : name(called), signer(*ContextSigner::create()), key(*NodeKey::load(folder.path() / "node.key")) {}

    DelegationIssuer issuer(std::size_t most = kMostNodes) const { return {name, most, signer, key}; }

    /// Signed in here, as far as the sealed identity.
    std::string sealed(const json& claims, const std::vector<std::string>& nodes = {}, int seconds = 300) const {
        const system_clock::time_point end = system_clock::now() + std::chrono::seconds(seconds);
        return signer.seal(contextOf({kCorp, claims.at("sub").get<std::string>(), claims, end, nodes}));
    }

    TemporaryDirectory folder;
    std::string name;
    ContextSigner signer;
    NodeKey key;
};

json ann() {
    return {{"iss", kCorp}, {"sub", "ann"}, {"tenant", "acme"}, {"groups", {"analysts"}}};
}

class Delegation : public testing::Test {
  protected:
    Delegation() : corp_(SigningKey::p256("k1")), near_("near"), middle_("middle"), far_("far") {}

    TokenOptions farOptions(const std::vector<std::string>& nodes = {"near", "middle"}) const {
        TokenOptions options;
        options.issuers.push_back(issuerOfKeys(kCorp, Algorithm::kEs256, "far", "jwt", jwkSet({&corp_})));
        options.rules.push_back(
            {"analyst", kCorp, {*ClaimMatcher::make({"groups"}, ClaimMatcher::Kind::kAny, {"analysts"})}, nodes});
        for (const TestNode* node : {&near_, &middle_}) {
            options.nodes.push_back(
                issuerOfKeys(node->name, Algorithm::kEdDsa, "far", kDelegationType, node->key.jwkSet()));
        }
        options.node = "far";
        return options;
    }

    static Result<Principal> signIn(TokenAuthenticator& at, const std::string& token) {
        return at.signIn("token", token, Channel{true, "10.0.0.1", true});
    }

    static json contextOf(const Principal& principal) { return json::parse(*principal.context); }

    SigningKey corp_;
    TestNode near_;
    TestNode middle_;
    TestNode far_;
};

TEST_F(Delegation, BringsThePersonWithClaimsAndActors) {
    const auto token = near_.issuer().issue(near_.sealed(ann()), "far");
    ASSERT_TRUE(token) << token.error().describe();
    TokenAuthenticator far(farOptions(), kNobodyDenied);
    const auto principal = signIn(far, token->reveal());
    ASSERT_TRUE(principal) << principal.error().describe();
    EXPECT_EQ(principal->role, "analyst");
    const json context = contextOf(*principal);
    EXPECT_EQ(context.at("subject"), "ann");
    EXPECT_EQ(context.at("issuer"), kCorp);
    EXPECT_EQ(context.at("claims").at("tenant"), "acme");
    EXPECT_EQ(context.at("actors"), json({"near"}));
    EXPECT_NEAR(context.at("expires").get<double>(), static_cast<double>(std::time(nullptr)) + 300, 5)
        << "the session ends with the person's token, not with the delegation";
}

TEST_F(Delegation, GoesOnOverASecondNode) {
    const auto token = middle_.issuer().issue(middle_.sealed(ann(), {"near"}), "far");
    ASSERT_TRUE(token) << token.error().describe();
    TokenAuthenticator far(farOptions(), kNobodyDenied);
    const auto principal = signIn(far, token->reveal());
    ASSERT_TRUE(principal) << principal.error().describe();
    EXPECT_EQ(contextOf(*principal).at("actors"), json({"middle", "near"}));
    // A role that names the last node only is not for those whom it got from another.
    TokenAuthenticator strict(farOptions({"middle"}), kNobodyDenied);
    const auto again = middle_.issuer().issue(middle_.sealed(ann(), {"near"}), "far");
    EXPECT_EQ(signIn(strict, again->reveal()).error().code, ErrorCode::kPermissionDenied);
    const auto direct = middle_.issuer().issue(middle_.sealed(ann()), "far");
    EXPECT_TRUE(signIn(strict, direct->reveal()));
}

TEST_F(Delegation, LoopsAndLongChainsAreRefusedBySender) {
    const std::string sealed = near_.sealed(ann(), {"middle"});
    const auto back = near_.issuer().issue(sealed, "middle");
    ASSERT_FALSE(back);
    EXPECT_THAT(back.error().message, HasSubstr("circle"));
    EXPECT_FALSE(near_.issuer().issue(sealed, "near"));
    EXPECT_TRUE(near_.issuer(2).issue(sealed, "far"));
    const auto long_chain = near_.issuer(1).issue(sealed, "far");
    ASSERT_FALSE(long_chain);
    EXPECT_THAT(long_chain.error().message, HasSubstr("too far away"));
}

TEST_F(Delegation, OnlyWhatThisProcessSealedIsPassedOn) {
    const std::string good = near_.sealed(ann());
    EXPECT_TRUE(near_.issuer().issue(good, "far"));
    EXPECT_FALSE(near_.issuer().issue(middle_.sealed(ann()), "far")) << "another node's";
    std::string forged = good;
    forged.replace(forged.find("acme"), 4, "evil");
    EXPECT_FALSE(near_.issuer().issue(forged, "far"));
    EXPECT_FALSE(near_.issuer().issue(good.substr(0, good.find('\n')), "far"));
    EXPECT_FALSE(near_.issuer().issue(good.substr(0, good.size() - 1), "far"));
    EXPECT_FALSE(near_.issuer().issue("", "far"));
    EXPECT_FALSE(near_.issuer().issue(near_.sealed(ann(), {}, -1), "far")) << "expired";
}

TEST_F(Delegation, ServesOnceAndForOneAudience) {
    TokenAuthenticator far(farOptions(), kNobodyDenied);
    const auto token = near_.issuer().issue(near_.sealed(ann()), "far");
    EXPECT_TRUE(signIn(far, token->reveal()));
    EXPECT_FALSE(signIn(far, token->reveal())) << "a second time";
    const auto elsewhere = near_.issuer().issue(near_.sealed(ann()), "middle");
    EXPECT_FALSE(signIn(far, elsewhere->reveal()));
    const auto by_grpc = near_.issuer().issue(near_.sealed(ann()), "far");
    EXPECT_FALSE(far.signIn("token", by_grpc->reveal(), Channel{true, "10.0.0.1", false}));
}

/// Signs whatever it is told to as the node `near`.
std::string forge(const TestNode& node, const json& claims, const std::string& type = kDelegationType) {
    const auto encoded = [](const json& part) { return encodeBase64Url(part.dump()); };
    std::string token = encoded({{"alg", "EdDSA"}, {"typ", type}, {"kid", node.key.id()}}) + "." + encoded(claims);
    return token + "." + encodeBase64Url(*node.key.sign(token));
}

TEST_F(Delegation, WhatATrustedNodeMayNotSay) {
    const auto now = std::time(nullptr);
    int id = 0;
    const json good = {{"iss", "near"},
                       {"aud", "far"},
                       {"sub", "ann"},
                       {"iat", now},
                       {"exp", now + 60},
                       {"act", {{"sub", "near"}}},
                       {"person", {{"issuer", kCorp}, {"claims", ann()}, {"expires", now + 300}}}};
    TokenAuthenticator far(farOptions(), kNobodyDenied);
    const auto attempt = [&](const std::string& pointer, const json& value, const std::string& type = kDelegationType) {
        json claims = good;
        claims["jti"] = "j" + std::to_string(++id);
        if (value.is_discarded()) {
            claims.erase(pointer.substr(1));
        } else if (!pointer.empty()) {
            claims[json::json_pointer(pointer)] = value;
        }
        return signIn(far, forge(near_, claims, type)).has_value();
    };
    const json none = json::parse("", nullptr, false);
    EXPECT_TRUE(attempt("", {}));
    EXPECT_FALSE(attempt("/act", none));
    EXPECT_FALSE(attempt("/act", {{"sub", "middle"}})) << "for another node";
    EXPECT_FALSE(attempt("/act/act", {{"sub", "near"}})) << "twice";
    EXPECT_FALSE(attempt("/act/act", {{"sub", "far"}})) << "by way of us";
    EXPECT_FALSE(attempt("/act/act", {{"sub", 7}}));
    EXPECT_FALSE(attempt("/act/act", {{"sub", "stranger"}})) << "no role names it";
    EXPECT_FALSE(attempt("/act/act", {{"sub", "a"}, {"act", {{"sub", "b"}, {"act", {{"sub", "c"}}}}}}));
    EXPECT_FALSE(attempt("/exp", now + 3600));
    EXPECT_FALSE(attempt("/exp", now - 60));
    EXPECT_FALSE(attempt("/jti", none));
    EXPECT_FALSE(attempt("/person", none));
    EXPECT_FALSE(attempt("/person/expires", now - 1));
    EXPECT_FALSE(attempt("/person/expires", "later"));
    EXPECT_FALSE(attempt("/person/issuer", "https://elsewhere.example.org")) << "no role is for that issuer's people";
    EXPECT_FALSE(attempt("/person/claims", json::array()));
    EXPECT_FALSE(attempt("/person/claims/groups", {"others"}));
    EXPECT_FALSE(attempt("/iss", kCorp)) << "as the identity provider itself";
    EXPECT_FALSE(attempt("", {}, "JWT"));
    EXPECT_TRUE(attempt("", {}));
}

TEST_F(Delegation, AnIdentityProvidersTokenIsNoDelegation) {
    const auto now = std::time(nullptr);
    TokenAuthenticator far(farOptions(), kNobodyDenied);
    const json claims = {{"iss", "near"},
                         {"aud", "far"},
                         {"sub", "ann"},
                         {"exp", now + 60},
                         {"jti", "x"},
                         {"act", {{"sub", "near"}}},
                         {"person", {{"issuer", kCorp}, {"claims", ann()}, {"expires", now + 300}}}};
    const json header = {{"alg", "ES256"}, {"typ", kDelegationType}, {"kid", "k1"}};
    EXPECT_FALSE(signIn(far, makeToken(header, claims, corp_, "ES256")));
}

TEST_F(Delegation, TheKeyStaysAndIsNobodyElses) {
    const auto file = near_.folder.path() / "node.key";
    EXPECT_EQ(NodeKey::load(file)->id(), near_.key.id());

    struct stat facts {};

    ASSERT_EQ(::stat(file.c_str(), &facts), 0);
    EXPECT_EQ(facts.st_mode & 0777U, 0600U);
    const auto keys = parseJwkSet(near_.key.jwkSet());
    ASSERT_TRUE(keys);
    ASSERT_EQ(keys->keys.size(), 1U);
    EXPECT_EQ(keys->keys[0].id(), near_.key.id());
    std::filesystem::permissions(file, std::filesystem::perms::others_read, std::filesystem::perm_options::add);
    EXPECT_FALSE(NodeKey::load(file)) << "others can read it";
    writeFile(far_.folder.path() / "broken.key", "no key");
    std::filesystem::permissions(far_.folder.path() / "broken.key", std::filesystem::perms::owner_read);
    EXPECT_FALSE(NodeKey::load(far_.folder.path() / "broken.key"));
}

}  // namespace
}  // namespace tessera::identity
