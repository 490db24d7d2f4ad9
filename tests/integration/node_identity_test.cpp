/// Signing in at a real node with tokens of an identity provider, as far as the session that runs the statement.

#include "tests/support/temporary_node.h"
#include "tests/support/token_maker.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <ctime>

namespace tessera {
namespace {

using nlohmann::json;
using testing::HasSubstr;
using testing::Not;

constexpr const char* kYaml = R"yaml(
identity:
  issuers:
    - name: corp
      issuer: https://login.example.org
      jwks_file: "@FOLDER@/keys.json"
      algorithms: [ES256]
  roles:
    - {role: chief, issuer: corp, when: [{claim: [groups], any: [chiefs]}, {claim: [email], matches: ".*@example\\.org"}]}
    - {role: analyst, issuer: corp, when: [{claim: [groups], any: [analysts]}]}
)yaml";

class NodeIdentity : public testing::Test {
  protected:
    static void SetUpTestSuite() {
        key_ = std::make_unique<SigningKey>(SigningKey::p256("k1"));
        auto node = TemporaryNode::prepare({.yaml = kYaml});
        ASSERT_TRUE(node) << node.error().describe();
        node_ = std::make_unique<TemporaryNode>(std::move(*node));
        writeFile(node_->folder() / "keys.json", jwkSet({key_.get()}));
        const auto launched = node_->launch();
        ASSERT_TRUE(launched) << launched.error().describe();
    }

    static void TearDownTestSuite() { node_.reset(); }

    static json claims(const std::string& subject, const std::vector<std::string>& groups) {
        const auto now = std::time(nullptr);
        return {{"iss", "https://login.example.org"},
                {"aud", "node"},
                {"sub", subject},
                {"exp", now + 300},
                {"iat", now},
                {"groups", groups},
                {"email", subject + "@example.org"}};
    }

    static std::string token(const std::string& subject, const std::vector<std::string>& groups = {"analysts"}) {
        return makeToken(claims(subject, groups), *key_, "ES256");
    }

    /// The single value that the statement gives, or its error.
    static std::string ask(const std::string& bearer, const std::string& sql, const std::string& role = "") {
        const auto client = node_->clientWithToken(bearer, role);
        if (!client) {
            return "no client";
        }
        auto answer = runQuery(*client, sql);
        if (!answer) {
            return std::string(errorCodeName(answer.error().code)) + ": " + answer.error().message;
        }
        return answer->rows.empty() ? "no row" : answer->rows[0][0].value_or("NULL");
    }

    inline static std::unique_ptr<SigningKey> key_;
    inline static std::unique_ptr<TemporaryNode> node_;
};

TEST_F(NodeIdentity, AStatementRunsAsThePerson) {
    const std::string ann = token("ann");
    EXPECT_EQ(ask(ann, "SELECT tessera.claim('email')"), "ann@example.org");
    EXPECT_EQ(ask(ann, "SELECT tessera.user_id()"), "ann");
    EXPECT_EQ(ask(ann, "SELECT session_user || '/' || current_user"), "analyst/analyst");
    EXPECT_EQ(ask(ann, "SELECT tessera.identity() ->> 'issuer'"), "https://login.example.org");
}

TEST_F(NodeIdentity, SqlDoesNotChangeWhoItIs) {
    const std::string ann = token("ann");
    for (const char* attack :
         {"SET tessera.identity = '{}'", "SELECT set_config('tessera.identity', '{\"claims\":{}}', false)",
          "SET ROLE chief", "SET SESSION AUTHORIZATION chief", "SET ROLE tessera_user",
          "CREATE TABLE public.mine (x int)", "CREATE EXTENSION dblink", "COPY (SELECT 1) TO '/tmp/x'",
          "SELECT pg_read_file('postgresql.conf')", "SELECT rolpassword FROM pg_authid",
          "ALTER ROLE analyst PASSWORD 'known'", "ALTER ROLE analyst SET search_path = pg_temp",
          "DO $$ BEGIN EXECUTE 'ALTER USER CURRENT_USER PASSWORD NULL'; END $$", "ALTER ROLE analyst RESET ALL"}) {
        EXPECT_THAT(ask(ann, attack), HasSubstr(": ")) << attack;
        EXPECT_EQ(ask(ann, "SELECT tessera.claim('email')"), "ann@example.org") << attack;
    }
    EXPECT_EQ(ask(ann, "DISCARD ALL"), "no row");
    EXPECT_EQ(ask(ann, "SELECT tessera.claim('email')"), "ann@example.org");
}

TEST_F(NodeIdentity, PooledSessionsDoNotChangeHands) {
    const std::string ann = token("ann");
    const std::string bob = token("bob");
    for (int i = 0; i < 20; ++i) {
        EXPECT_EQ(ask(ann, "SELECT tessera.user_id()"), "ann");
        EXPECT_EQ(ask(bob, "SELECT tessera.user_id()"), "bob");
    }
    // The same person and another token: other claims.
    EXPECT_EQ(ask(token("ann", {"analysts", "x"}), "SELECT tessera.claim('groups', '1')"), "x");
    EXPECT_EQ(ask(ann, "SELECT tessera.claim('groups', '1')"), "NULL");
    // And of one with a password nobody knows a claim.
    const auto answer = runQuery(*node_->client(), "SELECT tessera.user_id()");
    ASSERT_TRUE(answer);
    EXPECT_EQ(answer->rows[0][0], std::nullopt);
}

TEST_F(NodeIdentity, TheClaimsChooseTheRoles) {
    const std::string both = token("cid", {"chiefs", "analysts"});
    EXPECT_EQ(ask(both, "SELECT session_user"), "chief") << "the first of the rules";
    EXPECT_EQ(ask(both, "SELECT session_user", "analyst"), "analyst");
    EXPECT_EQ(ask(both, "SELECT session_user", "token"), "chief");
    EXPECT_THAT(ask(token("ann"), "SELECT 1", "chief"), HasSubstr("PERMISSION_DENIED: "));
    EXPECT_THAT(ask(token("ann"), "SELECT 1", "tester"), HasSubstr("PERMISSION_DENIED: "));
    EXPECT_THAT(ask(token("ann"), "SELECT 1", "tessera_node"), HasSubstr("PERMISSION_DENIED: "));
    EXPECT_THAT(ask(token("dan", {}), "SELECT 1"), HasSubstr("PERMISSION_DENIED: "));
    json elsewhere = claims("eve", {"chiefs"});
    elsewhere["email"] = "eve@elsewhere.org";
    EXPECT_THAT(ask(makeToken(elsewhere, *key_, "ES256"), "SELECT 1"), HasSubstr("PERMISSION_DENIED: "));
}

TEST_F(NodeIdentity, RefusalsSayNothingButTheLogDoes) {
    const std::string refused = "UNAUTHENTICATED: the token was refused";
    json late = claims("ann", {"analysts"});
    late["exp"] = std::time(nullptr) - 60;
    EXPECT_EQ(ask(makeToken(late, *key_, "ES256"), "SELECT 1"), refused);
    EXPECT_EQ(ask(makeToken(claims("ann", {}), SigningKey::p256("k1"), "ES256"), "SELECT 1"), refused);
    EXPECT_EQ(ask("x", "SELECT 1"), refused);
    EXPECT_THAT(node_->log(), HasSubstr("it has expired"));
    EXPECT_THAT(node_->log(), HasSubstr("its signature is wrong"));
    EXPECT_THAT(node_->log(), Not(HasSubstr(token("ann").substr(0, 40))));
}

TEST_F(NodeIdentity, TheRolesCannotBeSignedInToOtherwise) {
    for (const char* password : {"", "analyst", "x"}) {
        EXPECT_FALSE(node_->connect("analyst", password));
    }
    auto owned = node_->connect();
    ASSERT_TRUE(owned);
    EXPECT_EQ(*owned->queryValue("SELECT count(*) FROM pg_roles WHERE rolname IN ('analyst', 'chief') AND NOT "
                                 "rolsuper AND NOT rolbypassrls AND NOT rolcreaterole AND NOT rolcreatedb"),
              "2");
    EXPECT_EQ(*owned->queryValue("SELECT count(*) FROM pg_class c JOIN pg_roles r ON r.oid = c.relowner WHERE "
                                 "rolname IN ('analyst', 'chief')"),
              "0");
}

/// The last one: it slows down whoever comes from this address.
TEST_F(NodeIdentity, WrongCallsAreSlowedDown) {
    const std::string ann = token("ann");
    EXPECT_EQ(ask(ann, "SELECT 1"), "1");
    for (int i = 0; i < 4; ++i) {
        EXPECT_THAT(ask("guess", "SELECT 1"), HasSubstr("UNAUTHENTICATED: "));
    }
    EXPECT_THAT(ask("guess", "SELECT 1"), HasSubstr("RESOURCE_EXHAUSTED: too many failed sign-ins"));
    EXPECT_THAT(ask(ann, "SELECT 1"), HasSubstr("RESOURCE_EXHAUSTED: ")) << "who is right is told no sooner";
    EXPECT_THAT(node_->log(), HasSubstr("identity.call_refused client=127.0.0.1 protocol=grpc"));
}

}  // namespace
}  // namespace tessera
