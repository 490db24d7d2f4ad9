/// Three nodes in a row: who signs in at the first is the same person at the last, where a policy on a table asks for a
/// claim.

#include "tests/integration/node_row.h"
#include "tests/support/wait_until.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <ctime>
#include <sstream>

namespace tessera {
namespace {

using nlohmann::json;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

class NodeDelegation : public NodeRowTest {
  protected:
    static void SetUpTestSuite() {
        prepare({"near", "middle", "far"});
        const std::string audited = "audit: {statements: true}\n";
        near().setYaml(audited + identityOf("near") + "init: init\n" + peerOf("middle", "reports"));
        middle().setYaml(identityOf("middle") + peerOf("far", "reports"));
        // A way back, for the test of loops: it is there when the others are.
        far().setYaml(audited + identityOf("far") + "init: init\n" + peerOf("near", "round"));
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
        for (const char* name : {"far", "middle", "near"}) {
            launch(name);
        }
    }

    static TemporaryNode& near() { return node("near"); }

    static TemporaryNode& middle() { return node("middle"); }

    static TemporaryNode& far() { return node("far"); }
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

/// A node that is reached by other nodes alone: people send it no SQL, nodes that their role names do, for them.
TEST_F(NodeDelegation, WhoMayOnlyCallEndpointsIsBroughtByNodesAlone) {
    far().stop();
    std::string identity = identityOf("far");
    const std::string role = "{role: analyst, ";
    identity.insert(identity.find(role) + role.size(), "endpoints_only: true, ");
    far().setYaml("audit: {statements: true}\n" + identity + "init: init\n" + peerOf("near", "round"));
    launch("far");
    EXPECT_THAT(ask(far(), token("ann", "acme"), "SELECT id FROM reports.orders"),
                testing::AllOf(StartsWith("error 42501"), HasSubstr("'analyst' may only call endpoints")));
    EXPECT_TRUE(waitUntil([] {
        return ask(near(), token("ann", "acme"), "SELECT id FROM reports.orders ORDER BY id") == "1\n3\n";
    })) << ask(near(), token("ann", "acme"), "SELECT id FROM reports.orders ORDER BY id");
    EXPECT_THAT(ask(middle(), token("ann", "acme"), "SELECT * FROM reports.who"), HasSubstr("ann|{middle}|analyst"));
    far().stop();
    far().setYaml("audit: {statements: true}\n" + identityOf("far") + "init: init\n" + peerOf("near", "round"));
    launch("far");
    EXPECT_TRUE(waitUntil([] { return ask(far(), token("ann", "acme"), "SELECT 1") == "1\n"; }));
}

TEST_F(NodeDelegation, EachNodesAuditSaysWhoByWayOfWhomAndWhichNodesWereAsked) {
    const auto entryWith = [](const TemporaryNode& node, const std::string& marker) {
        json found;
        EXPECT_TRUE(waitUntil([&] {
            std::istringstream lines(readFile(node.dataDirectory() / "log" / "audit.jsonl"));
            for (std::string line; std::getline(lines, line);) {
                json entry = json::parse(line, nullptr, false);
                if (entry.is_object() && entry.at("text").get<std::string>().find(marker) != std::string::npos) {
                    found = std::move(entry);
                }
            }
            return found.is_object();
        })) << marker;
        return found.is_object() ? found : json::object();
    };
    EXPECT_EQ(ask(near(), token("ann", "acme"), "SELECT count(*) AS of_the_audit FROM reports.orders"), "2\n");
    const json here = entryWith(near(), "of_the_audit");
    EXPECT_EQ(here.value("subject", ""), "ann");
    EXPECT_EQ(here.value("actors", json()), json::array());
    EXPECT_EQ(here.value("nodes", json()), json({"middle"}));
    EXPECT_EQ(here.value("sources", json()), json::array());
    EXPECT_EQ(here.value("rows", -1), 1);
    EXPECT_GT(here.value("ms", 0.0), 0);
    // What came of it, two nodes away.
    const json there = entryWith(far(), "\"orders\"");
    EXPECT_EQ(there.value("subject", ""), "ann");
    EXPECT_EQ(there.value("issuer", ""), "https://login.example.org");
    EXPECT_EQ(there.value("actors", json()), json({"middle", "near"}));
    EXPECT_EQ(there.value("role", ""), "analyst");
    EXPECT_EQ(there.value("client", ""), "127.0.0.1");
    EXPECT_EQ(there.value("nodes", json()), json::array());
    EXPECT_EQ(there.value("sqlstate", ""), "00000");
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
                            "SELECT * FROM tessera.peer_rows('middle', 'SELECT 1', 1) AS r(x int)",
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
