#include "nodeservice/identity/delegation/node_token.h"

#include "nodeservice/identity/delegation/delegation.h"
#include "tests/support/temporary_directory.h"

#include <gtest/gtest.h>

namespace tessera::identity {
namespace {

class NodeToken : public testing::Test {
  protected:
    /// What `here` asks of tokens of the node "a", whose keys are `key`'s.
    static TokenVerifier verifierOf(const std::string& here, const NodeKey& key) {
        Issuer acting{
            {.issuer = "a", .algorithms = {Algorithm::kEdDsa}, .audiences = {here}, .types = {kDelegationType}},
            [keys = key.jwkSet()]() -> Result<KeyDocument> {
                return KeyDocument{keys, std::chrono::seconds(300)};
            }};
        std::vector<Issuer> issuers;
        issuers.push_back(nodeTokensOf(std::move(acting)));
        return TokenVerifier(std::move(issuers));
    }

    TemporaryDirectory folder_;
    NodeKey a_ = *NodeKey::load(folder_.path() / "a.key");
    NodeKey other_ = *NodeKey::load(folder_.path() / "other.key");
};

TEST_F(NodeToken, IsForOneNodeAndOfOneNode) {
    const auto token = makeNodeToken(a_, "a", "b");
    ASSERT_TRUE(token) << token.error().describe();
    auto at_b = verifierOf("b", a_);
    const auto verified = at_b.verify(token->reveal());
    ASSERT_TRUE(verified) << verified.error().describe();
    EXPECT_EQ((*verified)->issuer, "a");
    auto at_c = verifierOf("c", a_);
    EXPECT_FALSE(at_c.verify(token->reveal()));
    const auto forged = makeNodeToken(other_, "a", "b");
    ASSERT_TRUE(forged);
    EXPECT_FALSE(at_b.verify(forged->reveal()));
    const auto strange = makeNodeToken(a_, "d", "b");
    ASSERT_TRUE(strange);
    EXPECT_FALSE(at_b.verify(strange->reveal()));
}

TEST_F(NodeToken, BringsNobody) {
    const auto token = makeNodeToken(a_, "a", "b");
    ASSERT_TRUE(token);
    std::vector<Issuer> delegations;
    delegations.push_back(
        {{.issuer = "a", .algorithms = {Algorithm::kEdDsa}, .audiences = {"b"}, .types = {kDelegationType}},
         [keys = a_.jwkSet()]() -> Result<KeyDocument> {
             return KeyDocument{keys, std::chrono::seconds(300)};
         }});
    TokenVerifier verifier(std::move(delegations));
    EXPECT_FALSE(verifier.verify(token->reveal()));
}

}  // namespace
}  // namespace tessera::identity
