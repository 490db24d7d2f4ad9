/// Joins of two other nodes' tables that one of them does: the center gets the result, and the orders' node reads the
/// people's node itself, as the same person.

#include "nodeservice/identity/delegation/delegation.h"
#include "nodeservice/identity/token/base64url.h"
#include "nodeservice/postgres/connection.h"
#include "tests/integration/node_row.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <ctime>
#include <optional>

namespace tessera {
namespace {

using postgres::Connection;
using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

class NodeJoin : public NodeRowTest {
  protected:
    static void SetUpTestSuite() {
        prepare({"center", "shop", "crm"});
        writeFile(node("crm").folder() / "init/10.sql", R"(
CREATE SCHEMA IF NOT EXISTS crm;
CREATE TABLE IF NOT EXISTS crm.people (id int PRIMARY KEY, name text, tenant text NOT NULL, born date, score numeric);
INSERT INTO crm.people SELECT i, 'person ''' || i || '''', CASE WHEN i % 3 = 0 THEN 'other' ELSE 'acme' END,
    date '1980-01-01' + i, CASE WHEN i % 7 > 0 THEN i / 8.0 END FROM generate_series(1, 500) i ON CONFLICT DO NOTHING;
SELECT tessera.create_policy('crm.people', 'own', 'tenant = (SELECT tessera.claim(''tenant''))');
CREATE TABLE IF NOT EXISTS crm.cities (person int PRIMARY KEY, city text);
INSERT INTO crm.cities SELECT i, 'city ' || i % 20 FROM generate_series(1, 600) i ON CONFLICT DO NOTHING;
GRANT USAGE ON SCHEMA crm TO tessera_user, tessera_reader;
GRANT SELECT ON crm.people, crm.cities TO tessera_user, tessera_reader;
ANALYZE crm.people, crm.cities;
)");
        writeFile(node("shop").folder() / "init/10.sql", R"(
CREATE SCHEMA IF NOT EXISTS shop;
CREATE TABLE IF NOT EXISTS shop.orders (id int PRIMARY KEY, person int, amount numeric, born date);
INSERT INTO shop.orders SELECT i, nullif(i % 700, 0), i / 4.0, date '1980-01-01' + i % 700
    FROM generate_series(1, 20000) i ON CONFLICT DO NOTHING;
GRANT USAGE ON SCHEMA shop TO tessera_user, tessera_reader;
GRANT SELECT ON shop.orders TO tessera_user, tessera_reader;
ANALYZE shop.orders;
)");
        node("crm").setYaml(identityOf("crm") + "init: init\n");
        node("shop").setYaml(identityOf("shop") + "init: init\n" + peerOf("crm", "crm"));
        const std::string shop = peerOf("shop", "shop");
        node("center").setYaml(identityOf("center") + shop +
                               peerOf("crm", "crm").substr(std::string("peers:\n").size()));
        for (const char* name : {"crm", "shop", "center"}) {
            launch(name);
        }
    }

    void SetUp() override {
        auto opened = connect("ann", "acme");
        ASSERT_TRUE(opened) << opened.error().describe();
        connection_.emplace(std::move(*opened));
    }

    static Result<Connection> connect(const std::string& subject, const std::string& tenant) {
        return Connection::open({.host = "127.0.0.1",
                                 .port = node("center").port(),
                                 .user = "analyst",
                                 .password = token(subject, tenant),
                                 .database = "tessera",
                                 .more = {{"sslmode", "require"}}});
    }

    /// At the shop, with a delegation as the center makes them.
    static Result<Connection> connectAsCenterFor(const std::string& subject, const std::string& tenant) {
        using identity::encodeBase64Url;
        const auto key = TSR_TRY(identity::NodeKey::load(node("center").dataDirectory() / "node.key"));
        const auto now = std::time(nullptr);
        const nlohmann::json claims = {{"sub", subject}, {"tenant", tenant}, {"groups", {"analysts"}}};
        const nlohmann::json said = {
            {"iss", "center"},
            {"aud", "shop"},
            {"sub", subject},
            {"iat", now},
            {"exp", now + 60},
            {"jti", subject + std::to_string(now)},
            {"act", {{"sub", "center"}}},
            {"person", {{"issuer", "https://login.example.org"}, {"claims", claims}, {"expires", now + 300}}}};
        const nlohmann::json header = {{"alg", "EdDSA"}, {"typ", identity::kDelegationType}, {"kid", key.id()}};
        std::string token = encodeBase64Url(header.dump()) + "." + encodeBase64Url(said.dump());
        token += "." + encodeBase64Url(TSR_TRY(key.sign(token)));
        return Connection::open({.host = "127.0.0.1",
                                 .port = node("shop").port(),
                                 .user = "token",
                                 .password = token,
                                 .database = "tessera",
                                 .more = {{"sslmode", "require"}}});
    }

    static std::string ask(Connection& connection, const std::string& sql) {
        const auto rows = connection.query(sql);
        if (!rows) {
            return "error " + rows.error().sqlstate + " " + rows.error().describe();
        }
        std::string text;
        for (const auto& row : rows->values) {
            for (const auto& value : row) {
                text += value.value_or("NULL") + "|";
            }
            text += "\n";
        }
        return text;
    }

    std::string ask(const std::string& sql) { return ask(*connection_, sql); }

    void set(const std::string& mode) { ASSERT_TRUE(connection_->execute("SET tessera.delegated_joins = " + mode)); }

    std::string plan(const std::string& sql) { return ask("EXPLAIN (VERBOSE, COSTS OFF) " + sql); }

    /// The same rows, and the join is the shop's.
    void compare(const std::string& sql, bool is_delegated = true) {
        set("off");
        const std::string expected = ask(sql);
        EXPECT_THAT(expected, Not(HasSubstr("error")));
        set("force");
        EXPECT_EQ(plan(sql).find("tessera.peer_rows") != std::string::npos, is_delegated) << sql << "\n" << plan(sql);
        EXPECT_EQ(ask(sql), expected) << sql << "\n" << plan(sql);
    }

    std::optional<Connection> connection_;
};

TEST_F(NodeJoin, OfTwoOtherNodesIsDoneByOneOfThem) {
    set("force");
    const std::string text = plan(
        "SELECT p.name, sum(o.amount) FROM shop.orders o JOIN crm.people p ON p.id = o.person WHERE p.id < 50 GROUP BY "
        "p.name");
    EXPECT_THAT(text, AllOf(HasSubstr("Foreign Scan"), HasSubstr("read there from its peer: p"),
                            HasSubstr("tessera.peer_rows('crm', "), HasSubstr("GROUP BY"), HasSubstr("Source: shop")));
    EXPECT_THAT(text, Not(HasSubstr("Join (")));
}

TEST_F(NodeJoin, GivesTheSameRowsAsJoiningHere) {
    compare("SELECT count(*), sum(o.amount) FROM shop.orders o JOIN crm.people p ON p.id = o.person");
    compare(
        "SELECT p.tenant, count(*), sum(p.score), min(p.born), max(p.name) FROM shop.orders o LEFT JOIN crm.people p "
        "ON "
        "p.id = o.person AND p.name LIKE '%''%5%' GROUP BY 1 ORDER BY 1");
    compare("SELECT count(*), count(o.id), count(p.id) FROM shop.orders o FULL JOIN crm.people p ON p.id = o.person");
    compare("SELECT count(*) FROM crm.people p RIGHT JOIN shop.orders o ON p.id = o.person AND p.born = o.born");
    compare("SELECT count(*) FROM shop.orders o WHERE EXISTS (SELECT FROM crm.people p WHERE p.id = o.person)");
    compare("SELECT count(*) FROM shop.orders o WHERE NOT EXISTS (SELECT FROM crm.people p WHERE p.id = o.person)");
    compare(
        "SELECT o.id, p.name, p.born, p.score FROM shop.orders o JOIN crm.people p ON p.id = o.person WHERE p.score > "
        "3.5 "
        "ORDER BY o.id DESC LIMIT 20");
    compare(
        "SELECT count(*) FROM shop.orders o JOIN crm.people p ON p.id = o.person JOIN crm.people q ON q.id = p.id + 1 "
        "WHERE q.born > '1980-03-01'");
}

/// A policy at the peer that is read holds, as it is asked by the person.
TEST_F(NodeJoin, KnowsWhoAsks) {
    const std::string sql = "SELECT count(DISTINCT p.id) FROM shop.orders o JOIN crm.people p ON p.id = o.person";
    set("force");
    EXPECT_THAT(plan(sql), HasSubstr("tessera.peer_rows"));
    EXPECT_EQ(ask(sql), "334|\n");
    auto bob = connect("bob", "other");
    ASSERT_TRUE(bob) << bob.error().describe();
    ASSERT_TRUE(bob->execute("SET tessera.delegated_joins = force"));
    EXPECT_EQ(ask(*bob, sql), "166|\n");
}

TEST_F(NodeJoin, StaysHereWhereTheNodeCanNotReadTheOther) {
    const std::string sql = "SELECT count(*) FROM shop.orders o JOIN crm.people p ON p.id = o.person";
    // The people's node knows nobody.
    ASSERT_TRUE(connection_->execute("SET tessera.delegate_to = 'crm'"));
    compare(sql, false);
    ASSERT_TRUE(connection_->execute("SET tessera.delegate_to = 'shop'"));
    compare(sql);
    // Values that only execution knows.
    ASSERT_TRUE(connection_->execute(
        "RESET tessera.delegate_to; SET plan_cache_mode = force_generic_plan; PREPARE q (int) AS SELECT count(*) FROM "
        "shop.orders o JOIN crm.people p ON p.id = o.person WHERE p.id < $1"));
    set("off");
    const std::string expected = ask("EXECUTE q (40)");
    set("force");
    EXPECT_EQ(ask("EXECUTE q (40)"), expected);
}

/// The costs: a result of one row against hundreds of rows that would come here, and go there again.
TEST_F(NodeJoin, IsChosenByCost) {
    set("auto");
    EXPECT_THAT(plan("SELECT count(*), sum(o.amount) FROM shop.orders o JOIN crm.cities c ON c.person = o.person"),
                HasSubstr("tessera.peer_rows"));
}

/// What is at the shop's peer, for a session there that the center has opened for the person.
TEST_F(NodeJoin, PeersAreReadAsThePersonOnly) {
    auto session = connectAsCenterFor("ann", "acme");
    ASSERT_TRUE(session) << session.error().describe();
    const auto ask_shop = [&](const std::string& sql) { return ask(*session, sql); };
    EXPECT_EQ(ask_shop("SELECT tessera.user_id(), tessera.actor_chain()"), "ann|{center}|\n");
    EXPECT_THAT(ask_shop("SELECT * FROM tessera.peer_rows('nobody', 'SELECT 1', 1) AS x (a int)"),
                HasSubstr("this node has no peer \"nobody\""));
    EXPECT_EQ(ask_shop("SELECT tessera.reaches('crm'), tessera.reaches('nobody')"), "t|f|\n");
    EXPECT_EQ(ask_shop("SELECT count(*) FROM tessera.peer_rows('crm', 'SELECT id FROM crm.people', 1) AS x (id int)"),
              "334|\n");
    EXPECT_THAT(ask_shop("SELECT * FROM tessera.peer_rows('crm', 'SELECT nothing', 1) AS x (a int)"),
                HasSubstr("column \"nothing\" does not exist"));
    EXPECT_EQ(ask_shop("SELECT 1"), "1|\n");
}

/// It would go past the foreign tables here, and what is said about them here.
TEST_F(NodeJoin, NobodyReadsPeersInWordsOfTheirOwn) {
    for (const char* statement : {"SELECT id FROM crm.people", "SELECT 1", "DELETE FROM crm.people RETURNING 1"}) {
        EXPECT_THAT(ask("SELECT * FROM tessera.peer_rows('crm', '" + std::string(statement) + "', 1) AS x (id int)"),
                    AllOf(HasSubstr("error 42501"), HasSubstr("for nodes that ask on a person's behalf")));
    }
    EXPECT_EQ(ask("SELECT tessera.reaches('crm')"), "f|\n");
    auto service = postgres::Connection::open({.host = "127.0.0.1",
                                               .port = node("center").port(),
                                               .user = TemporaryNode::kUser,
                                               .password = TemporaryNode::kPassword,
                                               .database = "tessera"});
    ASSERT_TRUE(service) << service.error().describe();
    EXPECT_FALSE(service->query("SELECT * FROM tessera.peer_rows('crm', 'SELECT 1', 1) AS x (id int)"));
}

}  // namespace
}  // namespace tessera
