/// Joins of two other nodes' tables that one of them does: the center gets the result, and the orders' node reads the
/// people's node itself, as the same person.

#include "nodeservice/identity/delegation/delegation.h"
#include "nodeservice/identity/token/base64url.h"
#include "nodeservice/postgres/connection.h"
#include "tests/integration/node_row.h"
#include "tests/support/fault_proxy.h"
#include "tests/support/seed.h"
#include "tests/support/wait_until.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <ctime>
#include <optional>
#include <random>
#include <thread>

namespace tessera {
namespace {

using postgres::Connection;
using testing::AllOf;
using testing::ContainsRegex;
using testing::HasSubstr;
using testing::Not;

class NodeJoin : public NodeRowTest {
  protected:
    static void SetUpTestSuite() {
        prepare({"center", "shop", "crm", "hr"});
        writeFile(node("crm").folder() / "init/10.sql", R"(
CREATE SCHEMA IF NOT EXISTS crm;
CREATE TABLE IF NOT EXISTS crm.people (id int PRIMARY KEY, name text, tenant text NOT NULL, born date, score numeric);
INSERT INTO crm.people SELECT i, 'person ''' || i || '''', CASE WHEN i % 3 = 0 THEN 'other' ELSE 'acme' END,
    date '1980-01-01' + i, CASE WHEN i % 7 > 0 THEN i / 8.0 END FROM generate_series(1, 500) i ON CONFLICT DO NOTHING;
SELECT tessera.create_policy('crm.people', 'own', 'tenant = (SELECT tessera.claim(''tenant''))');
CREATE TABLE IF NOT EXISTS crm.cities (person int PRIMARY KEY, city text);
INSERT INTO crm.cities SELECT i, 'city ' || i % 20 FROM generate_series(1, 600) i ON CONFLICT DO NOTHING;
GRANT USAGE ON SCHEMA crm TO tessera_user, tessera_reader;
CREATE OR REPLACE VIEW crm.slow AS SELECT id FROM crm.people WHERE pg_sleep(0.2) IS NOT NULL;
CREATE TABLE IF NOT EXISTS crm.letters (id int PRIMARY KEY, person int, body text);
INSERT INTO crm.letters SELECT i, i % 700, repeat('letter ', 40) FROM generate_series(1, 2000) i ON CONFLICT DO NOTHING;
GRANT SELECT ON crm.people, crm.cities, crm.slow, crm.letters TO tessera_user, tessera_reader;
GRANT UPDATE, DELETE ON crm.cities TO tessera_user, tessera_reader;
GRANT pg_read_all_stats TO tester;
ANALYZE crm.people, crm.cities;
)");
        writeFile(node("hr").folder() / "init/10.sql", R"(
CREATE SCHEMA IF NOT EXISTS hr;
CREATE TABLE IF NOT EXISTS hr.salaries (person int PRIMARY KEY, grade int, salary numeric);
INSERT INTO hr.salaries SELECT i, nullif(i % 9, 0), 1000 + i / 3.0 FROM generate_series(100, 400) i ON CONFLICT DO NOTHING;
GRANT USAGE ON SCHEMA hr TO tessera_user, tessera_reader;
GRANT SELECT ON hr.salaries TO tessera_user, tessera_reader;
ANALYZE hr.salaries;
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
        between_ = std::make_unique<FaultProxy>(node("crm").port());
        node("hr").setYaml(identityOf("hr") + "init: init\n");
        node("crm").setYaml(identityOf("crm") + "init: init\n" + peersOf({"hr"}));
        node("shop").setYaml(identityOf("shop") + "init: init\n" + peersOf({"crm", "hr"}, between_->port()));
        writeFile(
            node("center").folder() / "init/10.sql",
            "CREATE OR REPLACE FUNCTION public.administer(sql text) RETURNS void LANGUAGE plpgsql SECURITY DEFINER "
            "AS 'BEGIN EXECUTE sql; END'; GRANT EXECUTE ON FUNCTION public.administer TO PUBLIC");
        node("center").setYaml(identityOf("center") + "init: init\n" + peersOf({"shop", "crm", "hr"}));
        for (const char* name : {"hr", "crm", "shop", "center"}) {
            launch(name);
        }
    }

    static void TearDownTestSuite() {
        between_.reset();
        NodeRowTest::TearDownTestSuite();
    }

    /// Its section `peers`, with each one's schema of the same name.
    static std::string peersOf(const std::vector<std::string>& names, std::uint16_t crm = 0) {
        const std::string head = "peers:\n";
        std::string yaml = head;
        for (const std::string& name : names) {
            yaml += peerOf(name, name, name == "crm" ? crm : std::uint16_t{0}).substr(head.size());
        }
        return yaml;
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

    /// The link on which the shop reads the crm.
    inline static std::unique_ptr<FaultProxy> between_;
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

/// Another session reads the peer, so that it is not asked for what only this transaction sees there.
TEST_F(NodeJoin, SeesWhatItsTransactionHasWritten) {
    const std::string sql = "SELECT count(*), min(c.city) FROM shop.orders o JOIN crm.cities c ON c.person = o.person";
    set("force");
    ASSERT_EQ(ask("SELECT administer('GRANT UPDATE, DELETE ON crm.cities TO analyst')"), "|\n");
    ASSERT_TRUE(connection_->execute("SET plan_cache_mode = force_generic_plan; PREPARE kept AS " + sql));
    const std::string before = ask("EXECUTE kept");
    for (int round = 0; round < 2; ++round) {
        ASSERT_THAT(plan(sql), HasSubstr("tessera.peer_rows"));
        ASSERT_EQ(ask("EXECUTE kept"), before);
        ASSERT_TRUE(connection_->execute("BEGIN"));
        ASSERT_THAT(ask("UPDATE crm.cities SET city = 'a new one' WHERE person <= 300"), Not(HasSubstr("error")));
        const std::string changed = ask("EXECUTE kept");
        EXPECT_THAT(changed, HasSubstr("|a new one|"));
        EXPECT_EQ(ask(sql), changed) << plan(sql);
        ASSERT_THAT(ask("DELETE FROM crm.cities WHERE person <= 300"), Not(HasSubstr("error")));
        const std::string fewer = ask("EXECUTE kept");
        EXPECT_THAT(fewer, Not(HasSubstr("a new one")));
        EXPECT_EQ(ask(sql), fewer) << plan(sql);
        ASSERT_TRUE(connection_->execute("ROLLBACK"));
    }
    // Nor for what it sees no more.
    ASSERT_TRUE(connection_->execute("BEGIN ISOLATION LEVEL REPEATABLE READ"));
    EXPECT_THAT(plan(sql), Not(HasSubstr("tessera.peer_rows")));
    ASSERT_TRUE(connection_->execute("ROLLBACK"));
    EXPECT_THAT(plan(sql), HasSubstr("tessera.peer_rows"));
}

/// A plan that is kept from before a transaction that keeps to one state is made anew for it: the node that joins would
/// read its peer as it is by then.
TEST_F(NodeJoin, KeptPlansReadNothingNewerThanTheirTransaction) {
    set("force");
    ASSERT_EQ(ask("SELECT administer('GRANT UPDATE ON crm.cities TO analyst')"), "|\n");
    auto writer = connect("ann", "acme");
    ASSERT_TRUE(writer) << writer.error().describe();
    const std::string sql =
        "SELECT count(*) FROM shop.orders o JOIN crm.cities c ON c.person = o.person WHERE c.city = 'elsewhere'";
    ASSERT_TRUE(connection_->execute("SET plan_cache_mode = force_generic_plan"));
    const std::vector<std::string> ways[] = {
        {"BEGIN ISOLATION LEVEL REPEATABLE READ"},
        {"BEGIN", "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ"},
        {"SET default_transaction_isolation = 'repeatable read'", "BEGIN"},
        {"SELECT set_config('default_transaction_isolation', 'repeatable read', false)", "BEGIN"},
    };
    for (const std::vector<std::string>& way : ways) {
        SCOPED_TRACE(way.front());
        ASSERT_TRUE(connection_->execute("PREPARE kept AS " + sql));
        EXPECT_THAT(plan("EXECUTE kept"), HasSubstr("tessera.peer_rows"));
        const std::string before = ask("EXECUTE kept");
        for (const std::string& statement : way) {
            ASSERT_TRUE(connection_->execute(statement));
        }
        EXPECT_EQ(ask("EXECUTE kept"), before);
        ASSERT_THAT(ask(*writer,
                        "UPDATE crm.cities SET city = 'elsewhere' WHERE person = "
                        "(SELECT max(person) FROM crm.cities WHERE city <> 'elsewhere')"),
                    Not(HasSubstr("error")));
        EXPECT_EQ(ask("EXECUTE kept"), before);
        ASSERT_TRUE(connection_->execute("COMMIT; RESET default_transaction_isolation"));
        EXPECT_NE(ask("EXECUTE kept"), before);
        ASSERT_TRUE(connection_->execute("DEALLOCATE kept"));
    }
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

/// What crosses the links is told by those who moved it: the node that joins knows what it has read.
TEST_F(NodeJoin, ExplainSaysWhatCrossesEachLink) {
    const std::string sql = "SELECT count(*), sum(o.amount) FROM shop.orders o JOIN crm.people p ON p.id = o.person";
    const std::string analyze = "EXPLAIN (ANALYZE, VERBOSE, COSTS OFF, TIMING OFF, SUMMARY OFF) " + sql;
    set("off");
    EXPECT_THAT(ask(analyze), Not(HasSubstr("Link: ")));
    set("force");
    EXPECT_THAT(ask("EXPLAIN (VERBOSE) " + sql),
                AllOf(ContainsRegex("Link: from crm to shop, expected [0-9]+ rows, [0-9]+ bytes\\|"),
                      ContainsRegex("Link: from shop to here, expected 1 rows, [0-9]+ bytes\\|")));
    for (int run = 0; run < 2; ++run) {
        EXPECT_THAT(ask(analyze), AllOf(ContainsRegex("Link: from crm to shop, moved 334 rows, [1-9][0-9]+ bytes\\|"),
                                        ContainsRegex("Link: from shop to here, moved 1 rows, [1-9][0-9]* bytes\\|")));
    }
    EXPECT_THAT(ask("EXPLAIN (ANALYZE, VERBOSE, FORMAT JSON) " + sql),
                AllOf(HasSubstr("\"Links\": ["), HasSubstr("\"From\": \"crm\""), HasSubstr("\"Rows\": 334")));
}

/// One node reads two others; and one that is read by its peer reads another for that itself.
TEST_F(NodeJoin, OfThreeNodesIsDoneByOneOfThem) {
    const std::string sql =
        "SELECT count(*), sum(o.amount), sum(s.salary) FROM shop.orders o JOIN crm.people p ON p.id = o.person JOIN "
        "hr.salaries s ON s.person = p.id";
    compare(sql);
    set("force");
    EXPECT_THAT(plan(sql), AllOf(HasSubstr("Source: shop"), HasSubstr("tessera.peer_rows('crm', "),
                                 HasSubstr("tessera.peer_rows('hr', "), Not(HasSubstr("Join ("))));
    EXPECT_THAT(ask("EXPLAIN (ANALYZE, VERBOSE, COSTS OFF, TIMING OFF) " + sql),
                AllOf(HasSubstr("Link: from crm to "), HasSubstr("Link: from hr to "),
                      HasSubstr("Link: from shop to here, moved 1 rows")));
}

class RandomJoin {
  public:
    explicit RandomJoin(std::mt19937_64& random) : random_(random) {}

    std::string sql() {
        std::vector<Table> tables = {{"shop.orders o", "o.person", {"o.amount", "o.id"}, "o.id % 5 = 1"},
                                     {"crm.people p", "p.id", {"p.score", "length(p.name)"}, "p.score > 9.5"},
                                     {"crm.cities c", "c.person", {"c.person", "length(c.city)"}, "c.city <> 'city 3'"},
                                     {"hr.salaries s", "s.person", {"s.salary", "s.grade"}, "s.grade < 5"}};
        std::shuffle(tables.begin(), tables.end(), random_);
        tables.resize(2 + pick(3));
        std::string from = tables[0].name;
        for (std::size_t i = 1; i < tables.size(); ++i) {
            static constexpr const char* kKinds[] = {" JOIN ", " JOIN ", " LEFT JOIN ", " FULL JOIN ", " RIGHT JOIN "};
            from += kKinds[pick(5)] + tables[i].name + " ON " + tables[i].key + " = " + tables[pick(i)].key;
        }
        std::string where = pick(2) == 0 ? " WHERE " + tables[pick(tables.size())].condition : "";
        if (pick(3) == 0) {
            where += std::string(where.empty() ? " WHERE " : " AND ") + (pick(2) == 0 ? "" : "NOT ") +
                     "EXISTS (SELECT FROM hr.salaries x WHERE x.person = " + tables[0].key + ")";
        }
        const std::string value = tables[pick(tables.size())].values[pick(2)];
        const std::string other = tables[pick(tables.size())].values[pick(2)];
        switch (pick(3)) {
            case 0:
                return "SELECT count(*), sum(" + value + "), count(" + other + ") FROM " + from + where;
            case 1:
                return "SELECT " + value + " AS v, count(*), max(" + other + ") FROM " + from + where +
                       " GROUP BY 1 ORDER BY 1 LIMIT 30";
            default:
                return "SELECT DISTINCT " + value + " AS v, " + other + " AS w FROM " + from + where +
                       " ORDER BY 1, 2 LIMIT 40";
        }
    }

  private:
    struct Table {
        std::string name;
        std::string key;
        std::vector<std::string> values;
        std::string condition;
    };

    std::size_t pick(std::size_t count) { return random_() % count; }

    std::mt19937_64& random_;
};

TEST_F(NodeJoin, RandomJoinsGiveTheSameRowsWhereverTheyAreDone) {
    SCOPED_TRACE("TESSERA_SEED=" + std::to_string(testSeed()));
    std::mt19937_64 random(testSeed());
    int delegated = 0;
    for (int i = 0; i < 40; ++i) {
        const std::string sql = RandomJoin(random).sql();
        SCOPED_TRACE(sql);
        set("off");
        const std::string expected = ask(sql);
        ASSERT_THAT(expected, Not(HasSubstr("error")));
        for (const std::string mode : {"auto", "force"}) {
            for (const std::string side : {"", "shop", "crm"}) {
                set(mode);
                ASSERT_TRUE(connection_->execute("SET tessera.delegate_to = '" + side + "'"));
                const std::string chosen = plan(sql);
                delegated += chosen.find("tessera.peer_rows") != std::string::npos ? 1 : 0;
                ASSERT_EQ(ask(sql), expected) << mode << " " << side << "\n" << chosen;
            }
        }
    }
    EXPECT_GT(delegated, 40);
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

class NodeLinks : public NodeJoin {};

/// A link is as fast as it was seen to be, and the costs of a join that would cross it say so.
TEST_F(NodeLinks, ThatAreSlowAreNotChosen) {
    const std::string sql =
        "SELECT count(*), sum(o.amount) FROM shop.orders o JOIN crm.cities c ON c.person = o.person";
    set("auto");
    EXPECT_THAT(plan(sql), HasSubstr("tessera.peer_rows"));
    between_->setSpeed({.latency = std::chrono::milliseconds(20), .bytes_per_second = 200'000});
    set("force");
    EXPECT_EQ(ask("SELECT count(*), max(length(l.body)) FROM shop.orders o JOIN crm.letters l ON l.id = o.id"),
              "2000|280|\n");
    auto other = connect("ann", "acme");
    ASSERT_TRUE(other) << other.error().describe();
    ASSERT_TRUE(other->execute("SET tessera.delegated_joins = auto"));
    EXPECT_THAT(ask(*other, "EXPLAIN (VERBOSE) " + sql), Not(HasSubstr("tessera.peer_rows")));
    EXPECT_EQ(ask("SELECT server, peer, latency_ms > 0 FROM tessera.links WHERE server IN ('shop', 'crm') ORDER BY 1"),
              "crm|crm|t|\nshop|shop|t|\n");
}

/// A node that dies in mid-query: the one who asked is told which it was, and goes on when it is back.
class NodeJoinFault : public NodeJoin {
  protected:
    /// Runs the join until the crm is being read, kills the node, and gives what the join says.
    std::string killInMidQuery(const std::string& name) {
        set("force");
        std::string answer;
        std::thread query(
            [&] { answer = ask("SELECT count(*) FROM shop.orders o JOIN crm.slow p ON p.id = o.person"); });
        auto watcher = node("crm").connect();
        const bool runs = watcher && waitUntil(
                                         [&] {
                                             const auto found = watcher->queryValue(
                                                 "SELECT count(*) FROM pg_stat_activity WHERE state = 'active' AND "
                                                 "query LIKE '%slow%' AND pid <> pg_backend_pid()");
                                             return found && *found != "0";
                                         },
                                         std::chrono::seconds(60));
        EXPECT_TRUE(runs);
        node(name).kill();
        query.join();
        return answer;
    }

    void comesBack(const std::string& name) {
        const std::string sql = "SELECT count(*) FROM shop.orders o JOIN crm.people p ON p.id = o.person";
        launch(name);
        EXPECT_EQ(ask("SELECT 1"), "1|\n");
        std::string answer;
        EXPECT_TRUE(waitUntil([&] { return (answer = ask(sql)) == "9619|\n"; }, std::chrono::seconds(60))) << answer;
    }
};

TEST_F(NodeJoinFault, TheNodeThatJoinsIsNamedWhenItDies) {
    EXPECT_THAT(killInMidQuery("shop"), AllOf(HasSubstr("error 08"), HasSubstr("shop")));
    comesBack("shop");
}

TEST_F(NodeJoinFault, TheNodeThatIsReadIsNamedWhenItDies) {
    EXPECT_THAT(killInMidQuery("crm"), AllOf(HasSubstr("error 08"), HasSubstr("crm")));
    comesBack("crm");
}

}  // namespace
}  // namespace tessera
