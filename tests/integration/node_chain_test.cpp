/// Four nodes in a row: how many of them may act for a person, and that no way leads round.

#include "tests/integration/node_row.h"
#include "tests/support/wait_until.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace tessera {
namespace {

using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

constexpr const char* kOrders = "SELECT id FROM reports.orders ORDER BY id";

/// Each looks at the next one's tables, the last also at the first one's: `reports` lies on the last, and `round` is
/// the first one's view of it.
class NodeChain : public NodeRowTest {
  protected:
    static void SetUpTestSuite() {
        prepare({"first", "second", "third", "last"});
        writeFile(node("last").folder() / "init/10.sql", R"(
CREATE SCHEMA IF NOT EXISTS reports;
CREATE TABLE IF NOT EXISTS reports.orders (id bigint PRIMARY KEY, tenant text NOT NULL);
INSERT INTO reports.orders VALUES (1, 'acme'), (2, 'other'), (3, 'acme') ON CONFLICT DO NOTHING;
SELECT tessera.create_policy('reports.orders', 'own', 'tenant = (SELECT tessera.claim(''tenant''))');
CREATE OR REPLACE VIEW reports.who AS SELECT tessera.user_id() AS person, tessera.actor_chain()::text AS actors;
GRANT USAGE ON SCHEMA reports TO tessera_user, tessera_reader;
GRANT SELECT ON reports.orders, reports.who TO tessera_user, tessera_reader;
)");
        writeFile(node("first").folder() / "init/10.sql", R"(
CREATE SCHEMA IF NOT EXISTS round;
CREATE OR REPLACE VIEW round.orders AS SELECT * FROM reports.orders;
GRANT USAGE ON SCHEMA round TO tessera_user, tessera_reader;
GRANT SELECT ON round.orders TO tessera_user, tessera_reader;
)");
        node("first").setYaml(identityOf("first") + "init: init\n" + peerOf("second", "reports"));
        node("second").setYaml(identityOf("second") + peerOf("third", "reports"));
        limit("third", "");
        limit("last", "");
        for (const char* name : {"last", "third", "second", "first"}) {
            launch(name);
        }
    }

    /// Takes effect when it is launched again.
    static void limit(const std::string& name, const std::string& most_nodes) {
        const std::string identity = identityOf(name, most_nodes.empty() ? "" : "  max_nodes: " + most_nodes + "\n");
        node(name).setYaml(name == "last" ? identity + "init: init\n" + peerOf("first", "round")
                                          : identity + peerOf("last", "reports"));
    }

    static void relaunch(const std::string& name, const std::string& most_nodes) {
        limit(name, most_nodes);
        node(name).stop();
        launch(name);
    }

    static std::string ask(const std::string& name, const std::string& sql) {
        return NodeRowTest::ask(node(name), token("ann", "acme"), sql);
    }

    /// Sessions that nodes keep with a peer notice only then that it was started again.
    static bool answersAgain(const std::string& name) {
        return waitUntil([&] { return ask(name, kOrders) == "1\n3\n"; }, std::chrono::seconds(60));
    }
};

TEST_F(NodeChain, ThreeNodesMayActUnlessSaidOtherwise) {
    EXPECT_EQ(ask("first", kOrders), "1\n3\n");
    EXPECT_EQ(ask("first", "SELECT * FROM reports.who"), "ann|{third,second,first}\n");
    EXPECT_EQ(NodeRowTest::ask(node("first"), token("bob", "other"), kOrders), "2\n");
}

TEST_F(NodeChain, NoWayLeadsRound) {
    ASSERT_TRUE(waitUntil([] { return ask("last", "SELECT to_regclass('round.orders')") == "round.orders\n"; }))
        << node("last").log();
    const std::string refused = ask("last", "SELECT * FROM round.orders");
    EXPECT_THAT(refused, StartsWith("error ")) << refused;
    EXPECT_THAT(refused, HasSubstr("the node 'last' is asked by way of itself"));
    EXPECT_EQ(ask("last", kOrders), "1\n3\n") << "and all of them go on";
    EXPECT_EQ(ask("first", kOrders), "1\n3\n");
}

TEST_F(NodeChain, ALongerOneIsNotBegunByTheNodeThatKnowsIt) {
    relaunch("third", "2");
    ASSERT_TRUE(answersAgain("second"));
    std::string refused;
    ASSERT_TRUE(waitUntil([&] { return (refused = ask("first", kOrders)).find("too far away") != std::string::npos; }))
        << refused;
    EXPECT_THAT(refused, StartsWith("error "));
    EXPECT_THAT(refused, HasSubstr("the node 'last' is too far away: 2 nodes at most"));
    EXPECT_THAT(node("last").log(), Not(HasSubstr("identity.refused"))) << "it was never asked";
    relaunch("third", "");
    EXPECT_TRUE(answersAgain("first"));
}

TEST_F(NodeChain, NorTakenByTheNodeThatAllowsFewer) {
    relaunch("last", "2");
    ASSERT_TRUE(answersAgain("second"));
    EXPECT_EQ(ask("second", "SELECT * FROM reports.who"), "ann|{third,second}\n");
    EXPECT_THAT(ask("first", kOrders), StartsWith("error "));
    EXPECT_TRUE(waitUntil([] {
        return node("last").log().find("more nodes act for the person than are allowed") != std::string::npos;
    })) << node("last").log();
    relaunch("last", "");
    EXPECT_TRUE(answersAgain("first"));
}

}  // namespace
}  // namespace tessera
