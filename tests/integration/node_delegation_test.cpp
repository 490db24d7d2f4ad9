/// Three nodes in a row: who signs in at the first is the same person at the last, where a policy on a table asks for a
/// claim.

#include "tests/support/temporary_node.h"
#include "tests/support/token_maker.h"
#include "tests/support/wait_until.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <ctime>
#include <filesystem>
#include <thread>

namespace tessera {
namespace {

using nlohmann::json;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

namespace fs = std::filesystem;

constexpr const char* kListen = "tls_certificate: @FOLDER@/node.pem, tls_key: @FOLDER@/node.key";

class NodeDelegation : public testing::Test {
  protected:
    static void SetUpTestSuite() {
        key_ = std::make_unique<SigningKey>(SigningKey::p256("k1"));
        for (const char* name : {"near", "middle", "far"}) {
            auto node = TemporaryNode::prepare({.name = name, .listen = kListen});
            ASSERT_TRUE(node) << node.error().describe();
            nodes_.push_back(std::make_unique<TemporaryNode>(std::move(*node)));
        }
        makeCertificate();
        near().setYaml(identity("middle, far", "") + "init: init\n" + peers({peer("middle", middle(), "reports")}));
        middle().setYaml(identity("near, far", "") + peers({peer("far", far(), "reports")}));
        // A way back, for the test of loops: it is there when the others are.
        far().setYaml(identity("near, middle", "") + "init: init\n" + peers({peer("near", near(), "round")}));
        writeFile(far().folder() / "init/10.sql", R"(
CREATE SCHEMA IF NOT EXISTS reports;
CREATE TABLE IF NOT EXISTS reports.orders (id bigint PRIMARY KEY, tenant text NOT NULL);
INSERT INTO reports.orders VALUES (1, 'acme'), (2, 'other'), (3, 'acme') ON CONFLICT DO NOTHING;
SELECT tessera.create_policy('reports.orders', 'own', 'tenant = (SELECT tessera.claim(''tenant''))');
CREATE OR REPLACE VIEW reports.who AS SELECT tessera.user_id() AS person, tessera.actor_chain()::text AS actors,
    session_user::text AS role, tessera.identity() ->> 'issuer' AS issuer;
GRANT USAGE ON SCHEMA reports TO tessera_user, tessera_reader;
GRANT SELECT ON reports.orders, reports.who TO tessera_user, tessera_reader;
)");
        writeFile(near().folder() / "init/10.sql", R"(
CREATE SCHEMA IF NOT EXISTS round;
CREATE OR REPLACE VIEW round.orders AS SELECT * FROM reports.orders;
GRANT USAGE ON SCHEMA round TO tessera_user, tessera_reader;
GRANT SELECT ON round.orders TO tessera_user, tessera_reader;
)");
        for (TemporaryNode* node : {&far(), &middle(), &near()}) {
            writeFile(node->folder() / "keys.json", jwkSet({key_.get()}));
            const auto launched = node->launch();
            ASSERT_TRUE(launched) << launched.error().describe();
        }
    }

    static void TearDownTestSuite() { nodes_.clear(); }

    static TemporaryNode& near() { return *nodes_[0]; }

    static TemporaryNode& middle() { return *nodes_[1]; }

    static TemporaryNode& far() { return *nodes_[2]; }

    /// One for all, as an organisation's authority vouches for all.
    static void makeCertificate() {
        const fs::path first = near().folder();
        const auto made =
            runChecked({.arguments = {"openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256",
                                      "-nodes", "-days", "2", "-subj", "/CN=localhost", "-addext",
                                      "subjectAltName=DNS:localhost,IP:127.0.0.1", "-keyout",
                                      (first / "node.key").string(), "-out", (first / "node.pem").string()}},
                       std::chrono::seconds(60));
        ASSERT_TRUE(made) << made.error().describe();
        fs::permissions(first / "node.key", fs::perms::owner_read | fs::perms::group_read | fs::perms::others_read);
        for (TemporaryNode* node : {&middle(), &far()}) {
            fs::copy_file(first / "node.key", node->folder() / "node.key");
            fs::copy_file(first / "node.pem", node->folder() / "node.pem");
        }
    }

    static std::string identity(const std::string& others, const std::string& more) {
        std::string yaml = "identity:\n" + more +
                           "  issuers: [{name: corp, issuer: https://login.example.org, jwks_file: "
                           "\"@FOLDER@/keys.json\", algorithms: [ES256], audiences: [mesh], clock_skew: 0}]\n"
                           "  roles:\n    - {role: analyst, issuer: corp, nodes: [" +
                           others + "], when: [{claim: [groups], any: [analysts]}]}\n  nodes:\n";
        for (const auto& [name, node] : std::vector<std::pair<std::string, TemporaryNode*>>{
                 {"near", &near()}, {"middle", &middle()}, {"far", &far()}}) {
            if (others.find(name) != std::string::npos) {
                yaml += "    - {name: " + name + ", jwks_url: \"https://127.0.0.1:" + std::to_string(node->port()) +
                        "/.well-known/jwks.json\", ca_file: \"@FOLDER@/node.pem\"}\n";
            }
        }
        return yaml;
    }

    static std::string peer(const std::string& name, const TemporaryNode& node, const std::string& schema) {
        return "{name: " + name + ", people: delegate, tls_ca: \"@FOLDER@/node.pem\", address: \"127.0.0.1:" +
               std::to_string(node.port()) + "\", user: " + TemporaryNode::kUser +
               ", password: " + TemporaryNode::kPassword + ", import: [{schema: " + schema + ", into: " + schema +
               "}]}";
    }

    static std::string peers(const std::vector<std::string>& list) {
        std::string yaml = "peers:\n";
        for (const std::string& entry : list) {
            yaml += "  - " + entry + "\n";
        }
        return yaml;
    }

    static std::string token(const std::string& subject, const std::string& tenant, int seconds = 300,
                             const json& groups = {"analysts"}) {
        const auto now = std::time(nullptr);
        return makeToken({{"iss", "https://login.example.org"},
                          {"aud", "mesh"},
                          {"sub", subject},
                          {"exp", now + seconds},
                          {"iat", now},
                          {"groups", groups},
                          {"tenant", tenant}},
                         *key_, "ES256");
    }

    static std::string answerOf(const Result<QueryAnswer>& answer) {
        if (!answer) {
            return "error " + answer.error().sqlstate + " " + answer.error().describe();
        }
        std::string text;
        for (const auto& row : answer->rows) {
            for (std::size_t i = 0; i < row.size(); ++i) {
                text += (i == 0 ? "" : "|") + row[i].value_or("NULL");
            }
            text += "\n";
        }
        return text;
    }

    static std::string ask(const TemporaryNode& node, const std::string& bearer, const std::string& sql) {
        return answerOf(runQuery(*node.clientWithToken(bearer), sql));
    }

    inline static std::unique_ptr<SigningKey> key_;
    inline static std::vector<std::unique_ptr<TemporaryNode>> nodes_;
};

TEST_F(NodeDelegation, ThePersonsClaimDecidesTwoNodesAway) {
    EXPECT_EQ(ask(near(), token("ann", "acme"), "SELECT id FROM reports.orders ORDER BY id"), "1\n3\n");
    EXPECT_EQ(ask(near(), token("bob", "other"), "SELECT id FROM reports.orders ORDER BY id"), "2\n");
    EXPECT_EQ(ask(near(), token("cid", "nobody's"), "SELECT id FROM reports.orders"), "");
    EXPECT_EQ(ask(near(), token("ann", "acme"), "SELECT * FROM reports.who"),
              "ann|{middle,near}|analyst|https://login.example.org\n");
    EXPECT_EQ(ask(middle(), token("ann", "acme"), "SELECT * FROM reports.who"),
              "ann|{middle}|analyst|https://login.example.org\n");
    EXPECT_EQ(ask(far(), token("ann", "acme"), "SELECT * FROM reports.who"),
              "ann|{}|analyst|https://login.example.org\n");
}

TEST_F(NodeDelegation, SessionsWithPeersDoNotChangeHands) {
    const std::string ann = token("ann", "acme");
    const std::string bob = token("bob", "other");
    for (int i = 0; i < 10; ++i) {
        EXPECT_EQ(ask(near(), ann, "SELECT count(*), min(tenant) FROM reports.orders"), "2|acme\n");
        EXPECT_EQ(ask(near(), bob, "SELECT count(*), min(tenant) FROM reports.orders"), "1|other\n");
    }
}

TEST_F(NodeDelegation, AViewsOwnerLendsNothing) {
    EXPECT_EQ(ask(near(), token("bob", "other"), "SELECT id FROM round.orders"), "2\n");
}

TEST_F(NodeDelegation, WhoHasNoTokenIsPassedOnToNobody) {
    for (const char* sql :
         {"SELECT * FROM reports.orders", "SELECT * FROM round.orders", "SELECT * FROM reports.who"}) {
        const std::string refused = answerOf(runQuery(*near().client(), sql));
        EXPECT_THAT(refused, StartsWith("error 28000")) << sql;
        EXPECT_THAT(refused, HasSubstr("for people who signed in with a token"));
    }
    EXPECT_THAT(ask(far(), token("dan", "acme", 300, json::array()), "SELECT 1"), StartsWith("error "));
}

TEST_F(NodeDelegation, SqlSeesNeitherTicketNorTokenNorWhereTheyComeFrom) {
    const std::string ann = token("ann", "acme");
    EXPECT_EQ(ask(near(), ann,
                  "SELECT count(*) FROM jsonb_object_keys(tessera.identity()) AS k WHERE k NOT IN "
                  "('subject', 'issuer', 'claims', 'actors', 'nodes', 'expires')"),
              "0\n");
    for (const char* sql : {"SHOW tessera.identity", "SELECT current_setting('tessera.identity')",
                            "SHOW tessera.delegation_socket", "SELECT current_setting('tessera.delegation_socket')",
                            "SELECT * FROM tessera.remote_query('middle', 'SELECT 1') AS r(x int)",
                            "CREATE SERVER mine FOREIGN DATA WRAPPER tessera_fdw OPTIONS (connector 'node', host "
                            "'127.0.0.1', port '1', delegate 'mine')"}) {
        EXPECT_THAT(ask(near(), ann, sql), StartsWith("error 42501")) << sql;
    }
    const std::string seen = ask(near(), ann,
                                 "SELECT string_agg(srvoptions::text, ' ') || (SELECT "
                                 "coalesce(string_agg(umoptions::text, ' '), '') FROM pg_user_mappings) FROM "
                                 "pg_foreign_server");
    EXPECT_THAT(seen, Not(HasSubstr(TemporaryNode::kPassword)));
    // The peer's statistics views and logs hold no token either: all of them begin so.
    EXPECT_EQ(ask(near(), ann, "SELECT id FROM reports.orders ORDER BY id"), "1\n3\n");
    for (const auto& node : nodes_) {
        EXPECT_THAT(node->log(), Not(HasSubstr("eyJ")));
        EXPECT_THAT(readFile(node->dataDirectory() / "log" / "postgres.log"), Not(HasSubstr("eyJ")));
    }
}

TEST_F(NodeDelegation, GoingRoundInACircleIsRefused) {
    ASSERT_TRUE(waitUntil([] {
        return ask(far(), token("ann", "acme"), "SELECT to_regclass('round.orders')") == "round.orders\n";
    })) << far().log();
    const std::string refused = ask(far(), token("ann", "acme"), "SELECT * FROM round.orders");
    EXPECT_THAT(refused, StartsWith("error ")) << refused;
    EXPECT_THAT(refused, HasSubstr("circle"));
}

TEST_F(NodeDelegation, WhenTheTokenEndsSoDoesWhatItOpenedFarAway) {
    // Long enough for this machine, however slow it is at the moment.
    for (int seconds = 4; seconds <= 128; seconds *= 2) {
        const std::time_t end = std::time(nullptr) + seconds;
        auto session = postgres::Connection::open(
            {.host = "127.0.0.1",
             .port = near().port(),
             .user = "token",
             .password = token("ann", "acme", seconds),
             .database = "tessera",
             .more = {{"sslmode", "verify-full"}, {"sslrootcert", (near().folder() / "node.pem").string()}}});
        const auto before = session ? session->queryValue("SELECT count(*) FROM reports.orders")
                                    : Result<std::optional<std::string>>(session.error());
        if (!before && std::time(nullptr) >= end) {
            continue;
        }
        ASSERT_TRUE(before) << before.error().describe();
        EXPECT_EQ(*before, "2");
        EXPECT_TRUE(waitUntil([&] { return !session->queryValue("SELECT count(*) FROM reports.orders"); },
                              std::chrono::seconds(seconds + 60)));
        // By the clock that the node asks: time() may be a tick behind it.
        EXPECT_GE(std::chrono::system_clock::to_time_t(std::chrono::system_clock::now()), end);
        return;
    }
    FAIL() << "no session within two minutes";
}

}  // namespace
}  // namespace tessera
