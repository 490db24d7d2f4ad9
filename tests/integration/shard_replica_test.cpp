/// Copies of shards at other nodes: they follow the shard whoever is killed, and are read instead of it while its node
/// can't be reached, which the answer says.

#include "tests/support/curl.h"
#include "tests/support/mesh_nodes.h"
#include "tests/support/mesh_reader.h"
#include "tests/support/seed.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <random>
#include <string>
#include <vector>

namespace tessera {
namespace {

using postgres::Connection;
using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

class ShardReplica : public testing::Test {
  protected:
    static void SetUpTestSuite() {
        const std::string columns =
            " (id bigint NOT NULL, customer int NOT NULL, amount numeric(12,2), PRIMARY KEY (customer, id));";
        std::string sql = "CREATE TABLE narrow (id bigint);";
        for (const char* table : {"orders", "copy", "other", "filled", "keyless", "ruled"}) {
            sql += "CREATE TABLE " + std::string(table) + columns;
        }
        sql += "CREATE TABLE segments (customer int NOT NULL PRIMARY KEY, name text);";
        mesh_ = std::make_unique<MeshNodes>(sql + "INSERT INTO filled VALUES (1, 1, 1)");
        EXPECT_EQ(ask(0,
                      "SELECT tessera.create_sharded_table('sales.orders', 'hash (customer)', '[{\"at\": "
                      "\"a/crm.orders\", \"replicas\": [\"c/crm.copy\"]}, \"b/crm.orders\"]', key => '{customer, id}', "
                      "writers => '{tester}')"),
                  "NULL\n");
        EXPECT_THAT(ask(1, "INSERT INTO sales.orders SELECT i, i % 97, i FROM generate_series(1, 12000) i"),
                    Not(HasSubstr("error")));
    }

    static void TearDownTestSuite() { mesh_.reset(); }

    static std::string ask(std::size_t node, const std::string& sql) {
        auto at = mesh_->at(node).connect();
        return at ? answerOf(*at, sql) : at.error().message;
    }

    /// All rows of "a.orders", the table `orders` at node a's source.
    static std::string rowsOf(const std::string& place) {
        Connection source = mesh_->direct("crm_" + place.substr(0, 1));
        return answerOf(source, "SELECT id, customer, amount FROM " + place.substr(2) + " ORDER BY customer, id");
    }

    /// What another test has left there.
    static void clear(const std::string& node, const std::string& table) {
        Connection source = mesh_->direct("crm_" + node);
        EXPECT_TRUE(source.execute("DELETE FROM " + table));
    }

    static void expectInStep(const std::string& shard = "a.orders", const std::string& copy = "c.copy") {
        EXPECT_TRUE(waitUntil([&] { return rowsOf(copy) == rowsOf(shard); }, 2 * kPatience)) << states();
    }

    static std::string states(std::size_t node = 1) {
        return ask(node, "SELECT name, shard, node, place, state FROM tessera.shard_replicas ORDER BY 1, 2, 3");
    }

    static bool awaitState(const std::string& state, std::size_t node = 1) {
        return waitUntil([&] { return states(node).find(state) != std::string::npos; }, 2 * kPatience);
    }

    static void write(std::size_t node, std::mt19937& random) {
        const std::string n = std::to_string(random() % 1000);
        for (const std::string& sql :
             {"INSERT INTO sales.orders SELECT 100000 + " + n + " * 100 + i, i, i FROM generate_series(1, 50) i",
              "UPDATE sales.orders SET amount = amount + 1 WHERE id % 13 = " + n + " % 13",
              "DELETE FROM sales.orders WHERE id % 101 = " + n + " % 101"}) {
            EXPECT_TRUE(waitUntil(
                [&] {
                    const std::string answer = ask(node, sql);
                    return answer.find("error") == std::string::npos || answer.find("error 23505") == 0;
                },
                kPatience))
                << sql << ask(node, sql);
        }
    }

    inline static std::unique_ptr<MeshNodes> mesh_;
};

TEST_F(ShardReplica, FollowsItsShard) {
    ASSERT_TRUE(awaitState("sales.orders|0|c|crm.copy|in step")) << states() << mesh_->at(2).log();
    expectInStep();
    EXPECT_GT(rowsOf("c.copy").size(), 10000U);
    std::mt19937 random(testSeed());
    for (std::size_t node = 0; node < kMembers; ++node) {
        write(node, random);
        expectInStep();
    }
    EXPECT_EQ(ask(2, "SELECT replicas FROM tessera.shards WHERE name = 'sales.orders' ORDER BY shard"),
              "{\"c/crm.copy (in step)\"}\n{}\n");
    EXPECT_EQ(ask(2,
                  "SELECT problem, behind_since IS NULL, in_step_at > now() - interval '1 hour' FROM "
                  "tessera.shard_replicas"),
              "|t|t\n");
    // Only who keeps it writes it.
    EXPECT_THAT(ask(2,
                    "SELECT has_table_privilege('tester', c.oid, 'SELECT'), has_table_privilege('tester', c.oid, "
                    "'INSERT') FROM pg_class c WHERE relnamespace = 'tessera_shard'::regnamespace AND relname ~ "
                    "'_s0_r[0-9]+$'"),
                "t|f\n");
}

TEST_F(ShardReplica, IsAddedAndDropped) {
    clear("c", "other");
    EXPECT_EQ(ask(1, "SELECT tessera.add_replica('sales.orders', 1, 'c/crm.other')"), "NULL\n");
    ASSERT_TRUE(awaitState("sales.orders|1|c|crm.other|in step")) << states() << mesh_->at(2).log();
    expectInStep("b.orders", "c.other");
    EXPECT_THAT(ask(1, "SELECT tessera.move_shard('sales.orders', 1, 'c/crm.other')"),
                HasSubstr("shard 1 of sales.orders has a replica at node 'c', which would be away with it"));
    EXPECT_EQ(ask(0, "SELECT tessera.drop_replica('sales.orders', 1, 'c/crm.other')"), "NULL\n");
    EXPECT_THAT(states(), Not(HasSubstr("crm.other")));
    EXPECT_THAT(ask(0, "SELECT tessera.drop_replica('sales.orders', 1, 'c/crm.other')"),
                HasSubstr("shard 1 of sales.orders has no replica c/crm.other"));
    // Nobody notes keys for it any more.
    EXPECT_TRUE(waitUntil(
        [] {
            return ask(1,
                       "SELECT count(*) FROM pg_class WHERE relnamespace = 'tessera_shard'::regnamespace AND relname "
                       "LIKE '%\\_s1\\_%notes'") == "0\n";
        },
        kPatience));
    EXPECT_GT(rowsOf("c.other").size(), 10000U);
}

TEST_F(ShardReplica, IsRefusedWhereItCanNotBe) {
    clear("c", "other");
    const auto adding = [](const std::string& place, int shard = 1) {
        return ask(0, "SELECT tessera.add_replica('sales.orders', " + std::to_string(shard) + ", '" + place + "')");
    };
    EXPECT_THAT(adding("nowhere"), HasSubstr("'nowhere' is not a place"));
    EXPECT_THAT(adding("c/crm.nothing"), HasSubstr("node 'c' has no table crm.nothing"));
    EXPECT_THAT(adding("c/crm.narrow"), HasSubstr("has no column 'customer'"));
    EXPECT_THAT(adding("b/crm.other"), AllOf(HasSubstr("shard 1 of sales.orders is at node 'b' already"),
                                             HasSubstr("a replica lies at a node of its own")));
    EXPECT_THAT(adding("a/crm.orders"), HasSubstr("a/crm.orders is a shard of sales.orders already"));
    EXPECT_THAT(adding("c/crm.copy"), HasSubstr("or a replica of one"));
    EXPECT_THAT(adding("c/crm.other", 0), HasSubstr("has a replica at node 'c' already"));
    EXPECT_THAT(adding("c/crm.filled"), HasSubstr("c/crm.filled has rows already"));
    EXPECT_THAT(adding("c/crm.other", 9), HasSubstr("sales.orders has no shard 9"));
    EXPECT_THAT(ask(0, "SELECT tessera.move_shard('sales.orders', 0, 'c/crm.other')"),
                HasSubstr("has a replica at node 'c', which would be away with it"));
    const auto declaring = [](const std::string& shards, const std::string& more = ", key: [customer, id]") {
        return ask(0, "SELECT * FROM tessera.apply_mesh('tables: [{name: sales.more, shard_by: hash (customer)" + more +
                          ", shards: " + shards + "}]', true)");
    };
    EXPECT_THAT(declaring("[{at: b/crm.keyless, replicas: [c/crm.other]}]", ""),
                HasSubstr("the rows of the table can not be told apart"));
    EXPECT_THAT(declaring("[{at: b/crm.keyless, replicas: [b/crm.other]}]"),
                HasSubstr("is at the node of the shard itself, and would be away with it"));
    EXPECT_THAT(declaring("[{at: b/crm.keyless, replicas: [c/crm.other, c/crm.keyless]}]"),
                HasSubstr("the shard has two replicas at node 'c'"));
    EXPECT_THAT(declaring("[{at: b/crm.keyless, replicas: [a/crm.keyless]}, {at: a/crm.keyless}]"),
                HasSubstr("the table a/crm.keyless is of shard 0 and of shard 1"));
    EXPECT_THAT(declaring("[{at: b/crm.keyless, replicas: [c/crm.copy]}]"), HasSubstr("or a replica of one"));
    EXPECT_EQ(declaring("[{at: b/crm.keyless, replicas: [c/crm.other]}]"), "sales.more|created\n");
    // Each the other's copy.
    EXPECT_THAT(
        ask(0,
            "SELECT * FROM tessera.apply_mesh('tables: [{name: sales.x, shard_by: reference, key: [id], shards: "
            "[{at: b/crm.keyless, replicas: [a/crm.keyless]}]}, {name: sales.y, shard_by: reference, key: [id], "
            "shards: [{at: a/crm.keyless, replicas: [b/crm.keyless]}]}]')"),
        AllOf(HasSubstr("a/crm.keyless is of sales.x, too"), HasSubstr("b/crm.keyless is of sales.x, too")));
    // Its policies would not hold for who reads the sharded table.
    mesh_->at(2).kill();
    writeFile(mesh_->at(2).folder() / "init/policies.sql",
              "SELECT tessera.create_policy('crm.ruled', 'none', 'false')");
    const auto launched = mesh_->at(2).launch();
    ASSERT_TRUE(launched) << launched.error().describe();
    EXPECT_THAT(adding("c/crm.ruled"), HasSubstr("c/crm.ruled has policies or masks"));
}

/// A file that names replicas says which there are; one that names none leaves them.
TEST_F(ShardReplica, IsDeclaredInAFile) {
    const auto apply = [](const std::string& of_first) {
        return ask(2,
                   "SELECT * FROM tessera.apply_mesh('tables: [{name: sales.kept, shard_by: hash (customer), key: "
                   "[customer, id], writers: [tester], shards: [{at: b/crm.keyless" +
                       of_first + "}]}]')");
    };
    EXPECT_EQ(apply(""), "sales.kept|created\n");
    EXPECT_EQ(apply(", replicas: [c/crm.keyless]"), "sales.kept|changed\n");
    EXPECT_TRUE(awaitState("sales.kept|0|c|crm.keyless|in step")) << states();
    EXPECT_EQ(apply(""), "sales.kept|unchanged\n");
    EXPECT_EQ(apply(", replicas: [a/crm.keyless]"), "sales.kept|changed\n");
    EXPECT_TRUE(awaitState("sales.kept|0|a|crm.keyless|in step")) << states();
    EXPECT_THAT(states(), Not(HasSubstr("|c|crm.keyless")));
    EXPECT_EQ(apply(", replicas: []"), "sales.kept|changed\n");
    EXPECT_THAT(states(), Not(HasSubstr("sales.kept")));
    EXPECT_EQ(ask(0, "SELECT tessera.drop_sharded_table('sales.kept')"), "NULL\n");
}

/// Either node, at moments of the seed's, while rows change.
TEST_F(ShardReplica, FollowsAgainWhoeverIsKilled) {
    ASSERT_TRUE(awaitState("sales.orders|0|c|crm.copy|in step")) << states();
    std::mt19937 random(testSeed());
    for (const std::size_t killed : {std::size_t{2}, std::size_t{0}}) {
        write(1, random);
        mesh_->at(killed).kill();
        if (killed == 2) {
            write(1, random);
        }
        const auto launched = mesh_->at(killed).launch();
        ASSERT_TRUE(launched) << launched.error().describe();
        write(1, random);
        expectInStep();
        EXPECT_TRUE(awaitState("sales.orders|0|c|crm.copy|in step")) << states();
    }
}

/// What an answer by HTTP says of it.
std::string fallbackOf(const TemporaryNode& node, const std::string& sql) {
    return runCurl("http://127.0.0.1:" + std::to_string(node.port()) + "/api/v1/query",
                   std::string("user = \"") + TemporaryNode::kUser + ":" + TemporaryNode::kPassword +
                       "\"\nheader = \"Content-Type: application/json\"\n",
                   {"--data-binary", nlohmann::json{{"sql", sql}}.dump()})
        .header("Tessera-Fallback");
}

TEST_F(ShardReplica, IsReadWhileTheNodeIsAway) {
    ASSERT_TRUE(awaitState("sales.orders|0|c|crm.copy|in step")) << states();
    expectInStep();
    const std::string all = "SELECT count(*), sum(id), sum(amount), count(DISTINCT customer) FROM sales.orders";
    const std::string expected = ask(1, all);
    ASSERT_THAT(expected, Not(HasSubstr("error")));
    const std::string of_shard = ask(0, "SELECT min(customer) FROM tessera_shard.orders_t1_s0_e1");
    const std::string of_key = "SELECT count(*) FROM sales.orders WHERE customer = " + of_shard;
    const std::string of_key_expected = ask(1, of_key);
    MeshReader b(mesh_->connect(1));
    MeshReader c(mesh_->connect(2));
    // A plan of before serves afterwards, too.
    EXPECT_THAT(b.ask("PREPARE kept AS " + all), Not(HasSubstr("error")));
    EXPECT_EQ(b.ask("EXECUTE kept"), expected);
    EXPECT_EQ(b.warnings(), "");
    EXPECT_EQ(fallbackOf(mesh_->at(1), of_key), "");
    mesh_->at(0).kill();
    for (MeshReader* reader : {&b, &c}) {
        // What is asked in the moment in which it goes away may fail, but never gives less.
        EXPECT_TRUE(waitUntil(
            [&] {
                const std::string answer = reader->ask(all);
                EXPECT_TRUE(answer == expected || answer.find("error 08") == 0) << answer;
                return answer == expected;
            },
            kPatience));
        EXPECT_THAT(reader->warnings(),
                    AllOf(HasSubstr("shard 0 of sales.orders is read from its copy c/crm.copy, which may lack the last "
                                    "changes: node 'a' can't be reached since 20"),
                          HasSubstr("The copy was in step at 20")));
        EXPECT_EQ(reader->ask(of_key), of_key_expected);
        EXPECT_THAT(reader->warnings(), HasSubstr("shard 0 of sales.orders"));
        EXPECT_THAT(reader->ask("EXPLAIN (VERBOSE, COSTS OFF) " + of_key),
                    HasSubstr("Read From: the copy c/crm.copy of shard 0 of sales.orders"));
        EXPECT_EQ(reader->warnings(), "");
        for (const std::string& sql : {"UPDATE sales.orders SET amount = 0 WHERE customer = " + of_shard,
                                       "DELETE FROM sales.orders WHERE customer = " + of_shard,
                                       "INSERT INTO sales.orders VALUES (1000000, " + of_shard + ", 1)",
                                       "SELECT * FROM sales.orders WHERE customer = " + of_shard + " FOR UPDATE"}) {
            EXPECT_THAT(reader->ask(sql),
                        AllOf(HasSubstr("error 57P03"),
                              HasSubstr("shard 0 of sales.orders can not be changed: node 'a' can't be reached since"),
                              HasSubstr("reads go on from the copy c/crm.copy")))
                << sql;
        }
        EXPECT_EQ(reader->ask("SET tessera.read_replicas = off"), "");
        EXPECT_EQ(reader->ask(of_key).find("error 08"), 0U);
        EXPECT_THAT(reader->ask("RESET tessera.read_replicas"), Not(HasSubstr("error")));
        EXPECT_EQ(reader->ask(all), expected);
    }
    EXPECT_EQ(fallbackOf(mesh_->at(1), of_key), "replica");
    EXPECT_EQ(b.ask("EXECUTE kept"), expected);
    EXPECT_THAT(b.warnings(), HasSubstr("shard 0 of sales.orders"));
    EXPECT_TRUE(awaitState("sales.orders|0|c|crm.copy|behind", 2)) << states(2);
    EXPECT_THAT(ask(2, "SELECT problem <> '', behind_since < now() FROM tessera.shard_replicas"), "t|t\n");

    const auto launched = mesh_->at(0).launch();
    ASSERT_TRUE(launched) << launched.error().describe();
    EXPECT_TRUE(waitUntil(
        [&] {
            b.warnings();
            EXPECT_EQ(b.ask("EXECUTE kept"), expected);
            return b.warnings().empty();
        },
        kPatience));
    const std::string change = "UPDATE sales.orders SET amount = amount + 1 WHERE customer = " + of_shard;
    EXPECT_TRUE(waitUntil([&] { return c.ask(change).find("error") == std::string::npos; }, kPatience))
        << c.ask(change);
    expectInStep();
}

/// Not all of its rows are there: a part of them is no answer.
TEST_F(ShardReplica, IsNotReadBeforeItIsWhole) {
    clear("c", "other");
    Connection lock = mesh_->direct("crm_c");
    ASSERT_TRUE(lock.execute("BEGIN; LOCK TABLE other IN EXCLUSIVE MODE"));
    EXPECT_EQ(ask(0, "SELECT tessera.add_replica('sales.orders', 1, 'c/crm.other')"), "NULL\n");
    EXPECT_THAT(states(), HasSubstr("sales.orders|1|c|crm.other|copying"));
    mesh_->at(1).kill();
    Connection a = mesh_->connect(0);
    EXPECT_TRUE(
        waitUntil([&] { return answerOf(a, "SELECT count(*) FROM sales.orders").find("error 08") == 0; }, kPatience));
    for (int tried = 0; tried < 20; ++tried) {
        EXPECT_THAT(answerOf(a, "SELECT count(*) FROM sales.orders"), HasSubstr("error 08"));
    }
    ASSERT_TRUE(lock.execute("ROLLBACK"));
    const auto launched = mesh_->at(1).launch();
    ASSERT_TRUE(launched) << launched.error().describe();
    EXPECT_TRUE(awaitState("sales.orders|1|c|crm.other|in step")) << states();
    EXPECT_EQ(ask(2, "SELECT tessera.drop_replica('sales.orders', 1, 'c/crm.other')"), "NULL\n");
}

/// A small table that each node has a copy of: read where it is asked for, written at one place.
TEST_F(ShardReplica, OfAReferenceTableIsReadWhereItIs) {
    EXPECT_EQ(ask(2,
                  "SELECT tessera.create_reference_table('sales.segments', 'a/crm.segments', '{b/crm.segments, "
                  "c/crm.segments}', key => '{customer}', writers => '{tester}')"),
              "NULL\n");
    EXPECT_THAT(ask(1, "INSERT INTO sales.segments SELECT i, 'segment ' || i % 5 FROM generate_series(0, 96) i"),
                Not(HasSubstr("error")));
    const auto in_step = [] {
        return states(1).find("sales.segments|0|b|crm.segments|in step") != std::string::npos &&
               states(1).find("sales.segments|0|c|crm.segments|in step") != std::string::npos;
    };
    ASSERT_TRUE(waitUntil(in_step, kPatience)) << states();
    const std::string joined =
        "SELECT s.name, count(*), sum(o.amount) FROM sales.orders o JOIN sales.segments s USING (customer) WHERE "
        "o.id < 12000 GROUP BY s.name ORDER BY 1";
    // Who joins is ShardJoin's to show.
    const auto plan = [&](std::size_t node) {
        return ask(node, "EXPLAIN (VERBOSE, COSTS OFF) SELECT * FROM sales.segments");
    };
    for (const std::size_t node : {std::size_t{1}, std::size_t{2}}) {
        const std::string copy = Nodes::nameOf(node) + "/crm.segments";
        EXPECT_TRUE(waitUntil(
            [&] {
                return plan(node).find("Read From: the copy " + copy + " of shard 0 of sales.segments") !=
                       std::string::npos;
            },
            kPatience))
            << plan(node);
        EXPECT_TRUE(waitUntil([&] { return ask(node, joined) == ask(0, joined); }, kPatience))
            << ask(node, joined) << ask(0, joined);
        MeshReader reader(mesh_->connect(node));
        EXPECT_THAT(reader.ask(joined), HasSubstr("segment 0|"));
        EXPECT_EQ(reader.warnings(), "");
    }
    // Written from everywhere; who writes sees it at once, everybody else a moment later.
    for (std::size_t node = 0; node < kMembers; ++node) {
        Connection at = mesh_->connect(node);
        const std::string n = std::to_string(node);
        const std::string count = "SELECT count(*) FROM sales.segments WHERE name = 'by " + n + "'";
        ASSERT_EQ(answerOf(at, count), "0\n");
        ASSERT_TRUE(at.execute("PREPARE counted AS " + count + "; EXECUTE counted; BEGIN"));
        EXPECT_EQ(answerOf(at, "UPDATE sales.segments SET name = 'by " + n + "' WHERE customer = 1" + n +
                                   " RETURNING customer"),
                  "1" + n + "\n");
        EXPECT_EQ(answerOf(at, count), "1\n");
        EXPECT_EQ(answerOf(at, "EXECUTE counted"), "1\n");
        ASSERT_TRUE(at.execute("COMMIT"));
        for (std::size_t other = 0; other < kMembers; ++other) {
            EXPECT_TRUE(waitUntil([&] { return ask(other, count) == "1\n"; }, kPatience)) << Nodes::nameOf(other);
        }
    }
    const auto wrong = [](const std::string& table) {
        return ask(0, "SELECT * FROM tessera.apply_mesh('tables: [{name: sales.wrong, shard_by: reference, " + table +
                          "}]', true)");
    };
    EXPECT_THAT(wrong("key: [id], shards: [{at: a/crm.keyless}, {at: b/crm.keyless}]"),
                HasSubstr("a reference table has one shard, not several"));
    EXPECT_THAT(wrong("shards: [{at: a/crm.keyless}]"), HasSubstr("a reference table has no key"));
    EXPECT_THAT(wrong("key: [id], shards: [{at: a/crm.keyless, default: true}]"),
                HasSubstr("the one shard of a reference table has all rows"));
    // Its owner away: the copies go on, and say so.
    mesh_->at(0).kill();
    MeshReader b(mesh_->connect(1));
    const std::string count = "SELECT count(*) FROM sales.segments";
    EXPECT_TRUE(waitUntil([&] { return b.ask(count) == "97\n" && !b.warnings().empty(); }, kPatience));
    EXPECT_THAT(b.ask("DELETE FROM sales.segments"), HasSubstr("error 57P03"));
    const auto launched = mesh_->at(0).launch();
    ASSERT_TRUE(launched) << launched.error().describe();
    EXPECT_TRUE(waitUntil([&] { return b.ask(count) == "97\n" && b.warnings().empty(); }, kPatience));
}

}  // namespace
}  // namespace tessera
