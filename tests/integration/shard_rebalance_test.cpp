/// Shards that are planned to lie elsewhere: evenly over the nodes, or off one of them, in tables that the nodes make
/// themselves; split; and what administrators and nodes can do wrong meanwhile.

#include "tests/support/mesh_nodes.h"
#include "tests/support/mesh_reader.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <string>
#include <thread>
#include <vector>

namespace tessera {
namespace {

using postgres::Connection;
using testing::AllOf;
using testing::AnyOf;
using testing::HasSubstr;
using testing::Not;

class ShardRebalance : public testing::Test {
  protected:
    static constexpr const char* kColumns =
        "(id bigint NOT NULL, customer int NOT NULL, amount numeric(12,2), PRIMARY KEY (customer, id));";

    static void SetUpTestSuite() {
        std::string sql;
        for (const char* table : {"orders_0", "orders_1", "orders_2", "orders_3", "places", "visits", "halves", "sites",
                                  "shared", "departed", "twice", "doubled", "skewed", "kept_0", "kept_1", "kept_2",
                                  "zoned_0", "zoned_1", "zoned_2"}) {
            sql += "CREATE TABLE " + std::string(table) + " " + kColumns;
        }
        mesh_ = std::make_unique<MeshNodes>(sql + "ALTER TABLE twice DROP CONSTRAINT twice_pkey");
    }

    static void TearDownTestSuite() { mesh_.reset(); }

    static std::string ask(std::size_t node, const std::string& sql) {
        Connection at = mesh_->connect(node);
        return answerOf(at, sql);
    }

    /// Of a table whose shards have just moved.
    static std::string read(std::size_t node, const std::string& sql) {
        Connection at = mesh_->connect(node);
        return answerAgain(at, sql);
    }

    static void drop(const std::string& table) {
        EXPECT_TRUE(awaitQuiet());
        EXPECT_EQ(ask(0, "SELECT tessera.drop_sharded_table('" + table + "')"), "NULL\n");
    }

    /// No move is under way, and nothing is left at old places.
    static bool awaitQuiet() {
        const bool is_quiet = waitUntil(
            [] {
                // Of these, the one that was asked for a change knows of it.
                for (std::size_t node = 0; node < kMembers; ++node) {
                    if (ask(node, "SELECT count(*) FROM tessera.shard_moves") != "0\n") {
                        return false;
                    }
                }
                return true;
            },
            3 * kPatience);
        EXPECT_TRUE(is_quiet) << ask(1, "SELECT * FROM tessera.shard_moves");
        return is_quiet && waitUntil(
                               [] {
                                   return ask(1,
                                              "SELECT min(version) >= (SELECT max(epoch) FROM tessera.shards) AND "
                                              "bool_and(problem = '') FROM "
                                              "tessera.mesh_nodes") == "t\n";
                               },
                               kPatience);
    }

    static std::string nodesOf(const std::string& table) {
        return ask(1, "SELECT string_agg(node, '' ORDER BY shard) FROM tessera.shards WHERE name = '" + table + "'");
    }

    inline static std::unique_ptr<MeshNodes> mesh_;
};

TEST_F(ShardRebalance, SharesShardsAndDrainsANode) {
    ASSERT_EQ(ask(0,
                  "SELECT tessera.create_sharded_table('sales.orders', 'hash (customer)', '[\"a/crm.orders_0\", "
                  "\"a/crm.orders_1\", \"a/crm.orders_2\", \"a/crm.orders_3\"]', key => '{customer, id}', writers => "
                  "'{tester}')"),
              "NULL\n");
    ASSERT_THAT(ask(0, "INSERT INTO sales.orders SELECT i, i % 97, i FROM generate_series(1, 4000) i"),
                Not(HasSubstr("error")));
    // What it is planned by: as the shards' node has told.
    EXPECT_TRUE(waitUntil([] { return ask(2, "SELECT sum(rows) FROM tessera.shards") == "4000\n"; }, kPatience));
    const std::string dry =
        ask(2,
            "SELECT sharded_table, from_place, to_place, rows > 500, bytes > 10000, seconds > 0 FROM "
            "tessera.rebalance(dry_run => true)");
    EXPECT_EQ(std::count(dry.begin(), dry.end(), '\n'), 2) << dry;
    EXPECT_THAT(dry, AllOf(HasSubstr("sales.orders|a/crm.orders_"), HasSubstr("|b/crm.orders_s"),
                           HasSubstr("|c/crm.orders_s"), HasSubstr("|t|t|t\n")));
    EXPECT_EQ(nodesOf("sales.orders"), "aaaa\n");
    EXPECT_EQ(ask(0, "SELECT count(*) FROM tessera.shard_moves"), "0\n");

    EXPECT_EQ(ask(2, "SELECT count(*) FROM tessera.rebalance('sales.orders')"), "2\n");
    EXPECT_TRUE(awaitQuiet());
    EXPECT_EQ(ask(1, "SELECT string_agg(shards::text, '' ORDER BY shards) FROM tessera.mesh_nodes"), "112\n");
    EXPECT_EQ(read(1, "SELECT count(*), sum(id), sum(amount) FROM sales.orders"), "4000|8002000|8002000.00\n");
    EXPECT_TRUE(waitUntil([] { return ask(2, "SELECT sum(rows) FROM tessera.shards") == "4000\n"; }, kPatience));
    EXPECT_EQ(ask(0, "SELECT count(*) FROM tessera.rebalance('sales.orders')"), "0\n");  // as even as can be

    // Off node b, which gets none then.
    EXPECT_EQ(ask(2, "SELECT count(*) FROM tessera.drain_node('b', true)"), "1\n");
    EXPECT_EQ(ask(2, "SELECT count(*) FROM tessera.drain_node('b')"), "1\n");
    EXPECT_TRUE(awaitQuiet());
    EXPECT_EQ(ask(0, "SELECT shards, is_drained FROM tessera.mesh_nodes WHERE node = 'b'"), "0|t\n");
    EXPECT_EQ(read(1, "SELECT count(*), sum(id), sum(amount) FROM sales.orders"), "4000|8002000|8002000.00\n");
    EXPECT_THAT(ask(0, "SELECT tessera.move_shard('sales.orders', 0, 'b/crm.places')"),
                AllOf(HasSubstr("error 55000"), HasSubstr("node 'b' is drained"), HasSubstr("tessera mesh undrain b")));
    EXPECT_THAT(ask(0, "SELECT * FROM tessera.rebalance(nodes => '{a,b}')"), HasSubstr("node 'b' is drained"));
    EXPECT_THAT(ask(0,
                    "SELECT tessera.create_sharded_table('s.places', 'hash (customer)', '[\"b/crm.places\"]', key => "
                    "'{customer, id}')"),
                HasSubstr("node 'b' is drained"));
    EXPECT_EQ(ask(0, "SELECT tessera.undrain_node('b')"), "NULL\n");
    EXPECT_THAT(ask(0, "SELECT tessera.undrain_node('b')"), HasSubstr("node 'b' is not drained"));
    EXPECT_THAT(ask(0, "SELECT * FROM tessera.drain_node('bb')"), HasSubstr("no node 'bb' serves the shard map"));
    EXPECT_THAT(ask(0, "SELECT * FROM tessera.rebalance('sales.ordrs')"),
                HasSubstr("there is no sharded table 'sales.ordrs'"));
    EXPECT_THAT(ask(0, "SELECT * FROM tessera.rebalance(nodes => '{a,x}')"), HasSubstr("no node 'x' serves"));
    Connection reader = mesh_->connect(0, "reader", "r");
    EXPECT_THAT(answerOf(reader, "SELECT * FROM tessera.drain_node('a')"), HasSubstr("error 42501"));
    drop("sales.orders");
}

/// Both are whole, the new one has the next number, and all is as in the beginning.
TEST_F(ShardRebalance, SplitsByRangeListAndHash) {
    const auto declare = [](const std::string& name, const std::string& by, const std::string& shards) {
        return ask(0, "SELECT tessera.create_sharded_table('" + name + "', '" + by + "', '[" + shards +
                          "]', key => '{customer, id}', writers => '{tester}')");
    };
    const auto split = [](const std::string& name, int shard, const std::string& how) {
        return ask(1, "SELECT tessera.split_shard('" + name + "', " + std::to_string(shard) +
                          (how.empty() ? "" : ", " + how) + ")");
    };
    const auto fill = [](const std::string& name) {
        // A node without shards of it may hear of it a moment later.
        EXPECT_TRUE(waitUntil([&] { return ask(1, "SELECT to_regclass('" + name + "')") == name + "\n"; }, kPatience));
        EXPECT_THAT(ask(1, "INSERT INTO " + name + " SELECT i, i % 100, i FROM generate_series(1, 2000) i"),
                    Not(HasSubstr("error")));
    };
    const auto expectWhole = [](const std::string& name) {
        for (std::size_t node = 0; node < kMembers; ++node) {
            EXPECT_EQ(ask(node, "SELECT count(*), sum(id), sum(amount) FROM " + name), "2000|2001000|2001000.00\n");
            EXPECT_EQ(ask(node, "SELECT count(*) FROM " + name + " WHERE customer = 60"), "20\n");
        }
    };
    const auto bounds = [](const std::string& name) {
        return ask(2, "SELECT shard, node, rows_of FROM tessera.shards WHERE name = '" + name + "' ORDER BY shard");
    };

    ASSERT_EQ(
        declare("s.visits", "range (customer)",
                R"({"at": "a/crm.visits", "from": ["0"], "to": ["100"]}, {"at": "b/crm.visits", "default": true})"),
        "NULL\n");
    fill("s.visits");
    EXPECT_THAT(split("s.visits", 0, ""), AllOf(HasSubstr("error 22023"), HasSubstr("split at one key")));
    EXPECT_THAT(split("s.visits", 0, "at => '{x}'"),
                AllOf(HasSubstr("error 22P02"), HasSubstr("these bounds can not be")));
    EXPECT_THAT(split("s.visits", 0, "at => '{100}'"), AllOf(HasSubstr("error 42P17"), HasSubstr("empty range")));
    EXPECT_THAT(split("s.visits", 1, "at => '{5}'"), HasSubstr("the default shard has no bounds"));
    EXPECT_THAT(split("s.visits", 1, "\"from\" => '{50}', \"to\" => '{200}'"), HasSubstr("would overlap"));
    EXPECT_EQ(split("s.visits", 0, "at => '{50}', node => 'c'"), "NULL\n");
    EXPECT_THAT(split("s.visits", 0, "at => '{20}'"), HasSubstr("is on its way to c/crm.visits_s0_"));
    EXPECT_TRUE(awaitQuiet());
    EXPECT_EQ(bounds("s.visits"), "0|c|from 0 to before 50\n1|b|default\n2|c|from 50 to before 100\n");
    expectWhole("s.visits");
    EXPECT_EQ(split("s.visits", 1, "\"from\" => '{100}', \"to\" => '{200}'"), "NULL\n");
    EXPECT_TRUE(awaitQuiet());
    EXPECT_THAT(bounds("s.visits"), HasSubstr("1|b|default\n2|c|from 50 to before 100\n3|b|from 100 to before 200\n"));
    EXPECT_THAT(ask(0, "INSERT INTO s.visits VALUES (1, 150, 1)"), Not(HasSubstr("error")));
    EXPECT_THAT(ask(2, "DELETE FROM s.visits WHERE customer = 150"), Not(HasSubstr("error")));
    expectWhole("s.visits");
    drop("s.visits");

    ASSERT_EQ(declare("s.halves", "hash (customer)", R"("a/crm.halves", "b/crm.halves", "c/crm.halves")"), "NULL\n");
    fill("s.halves");
    EXPECT_THAT(split("s.halves", 1, "at => '{5}'"), HasSubstr("shards by hash have no values"));
    EXPECT_EQ(split("s.halves", 1, ""), "NULL\n");
    EXPECT_TRUE(awaitQuiet());
    EXPECT_EQ(bounds("s.halves"), "0|a|hash 0 of 3\n1|b|hash 1 of 6\n2|c|hash 2 of 3\n3|b|hash 4 of 6\n");
    expectWhole("s.halves");
    drop("s.halves");

    std::string low;
    for (int i = 0; i < 100; ++i) {
        low += (i == 0 ? "\"" : ", \"") + std::to_string(i) + "\"";
    }
    ASSERT_EQ(declare("s.sites", "list (customer)", R"({"at": "a/crm.sites", "values": [)" + low + "]}"), "NULL\n");
    fill("s.sites");
    EXPECT_THAT(split("s.sites", 0, "\"values\" => '{7,100}'"), HasSubstr("'100' is none of the shard's values"));
    EXPECT_EQ(split("s.sites", 0, "\"values\" => '{60,61}', node => 'b'"), "NULL\n");
    EXPECT_TRUE(awaitQuiet());
    EXPECT_THAT(bounds("s.sites"), AllOf(HasSubstr("0|b|0, 1, "), HasSubstr("1|b|60, 61\n")));
    expectWhole("s.sites");
    drop("s.sites");
}

/// Whatever is rebalanced, drained or asked for.
TEST_F(ShardRebalance, ATableIsKeptToItsNodes) {
    const auto declare = [](const std::string& nodes, const std::string& shards) {
        return ask(0,
                   "SELECT * FROM tessera.apply_mesh($mesh${tables: [{name: s.kept, shard_by: hash (customer), key: "
                   "[customer, id], writers: [tester], nodes: " +
                       nodes + ", shards: " + shards + "}]}$mesh$)");
    };
    const std::string shards = "[{at: a/crm.kept_0}, {at: a/crm.kept_1}, {at: a/crm.kept_2}]";
    EXPECT_THAT(declare("[b, c]", shards), AllOf(HasSubstr("error 55000"), HasSubstr("s.kept is kept to b, c")));
    EXPECT_THAT(declare("[a]", "[{at: a/crm.kept_0, replicas: [b/crm.kept_0]}]"), HasSubstr("is kept to a"));
    ASSERT_THAT(declare("[a, b]", shards), HasSubstr("created"));
    ASSERT_THAT(ask(0, "INSERT INTO s.kept SELECT i, i % 97, i FROM generate_series(1, 3000) i"),
                Not(HasSubstr("error")));
    EXPECT_TRUE(waitUntil(
        [] { return ask(2, "SELECT sum(rows) FROM tessera.shards WHERE name = 's.kept'") == "3000\n"; }, kPatience));
    for (const char* elsewhere : {"SELECT tessera.move_shard('s.kept', 0, 'c/crm.kept_0')",
                                  "SELECT tessera.split_shard('s.kept', 0, node => 'c')",
                                  "SELECT tessera.add_replica('s.kept', 0, 'c/crm.kept_0')"}) {
        EXPECT_THAT(ask(1, elsewhere), AllOf(HasSubstr("error 55000"), HasSubstr("s.kept is kept to a, b")))
            << elsewhere;
    }
    EXPECT_EQ(ask(2, "SELECT count(*) FROM tessera.rebalance('s.kept')"), "1\n");
    EXPECT_TRUE(awaitQuiet());
    EXPECT_EQ(ask(1, "SELECT string_agg(DISTINCT node, '') FROM tessera.shards WHERE name = 's.kept'"), "ab\n");
    EXPECT_EQ(
        ask(2, "SELECT count(*) FROM tessera.drain_node('a') WHERE sharded_table = 's.kept' AND to_place LIKE 'b/%'"),
        "2\n");
    EXPECT_TRUE(awaitQuiet());
    EXPECT_EQ(nodesOf("s.kept"), "bbb\n");
    EXPECT_EQ(ask(2, "SELECT tessera.undrain_node('a')"), "NULL\n");
    // Declared anew with other nodes, it goes there.
    std::string exported = ask(0, "SELECT tessera.export_mesh('s.kept')");
    ASSERT_THAT(exported, HasSubstr("nodes: [a, b]"));
    exported.replace(exported.find("nodes: [a, b]"), 13, "nodes: [c]");
    EXPECT_THAT(ask(1, "SELECT * FROM tessera.apply_mesh($mesh$" + exported + "$mesh$)"), HasSubstr("changed"));
    EXPECT_EQ(ask(2, "SELECT count(*) FROM tessera.rebalance('s.kept')"), "3\n");
    EXPECT_TRUE(awaitQuiet());
    EXPECT_EQ(nodesOf("s.kept"), "ccc\n");
    EXPECT_EQ(read(1, "SELECT count(*), sum(id), sum(amount) FROM s.kept"), "3000|4501500|4501500.00\n");
    drop("s.kept");
}

/// By what nodes say of themselves, and not by their names.
TEST_F(ShardRebalance, ATableIsKeptToNodesWithALabel) {
    const auto create = [](const std::string& nodes) {
        return ask(0,
                   "SELECT tessera.create_sharded_table('s.zoned', 'hash (customer)', '[\"a/crm.zoned_0\", "
                   "\"a/crm.zoned_1\", \"a/crm.zoned_2\"]', key => '{customer, id}', writers => '{tester}', nodes => "
                   "'" +
                       nodes + "')");
    };
    const std::string told = "SELECT string_agg(node || array_to_string(labels, ','), ' ' ORDER BY node) FROM ";
    EXPECT_TRUE(waitUntil([&] { return create("{zone=us}").find("s.zoned is kept to zone=us") != std::string::npos; },
                          kPatience));
    EXPECT_THAT(create("{zone=eo}"), AllOf(HasSubstr("error 42704"), HasSubstr("no node has the label 'zone=eo'"),
                                           HasSubstr("there are: zone=eu, zone=us")));
    ASSERT_EQ(create("{zone=eu}"), "NULL\n");
    EXPECT_EQ(ask(2, "SELECT nodes FROM tessera.sharded_tables WHERE name = 's.zoned'"), "{zone=eu}\n");
    EXPECT_TRUE(
        waitUntil([&] { return ask(1, told + "tessera.mesh_nodes") == "azone=eu bzone=eu czone=us\n"; }, kPatience));
    ASSERT_THAT(ask(0, "INSERT INTO s.zoned SELECT i, i % 97, i FROM generate_series(1, 3000) i"),
                Not(HasSubstr("error")));
    EXPECT_TRUE(waitUntil(
        [] { return ask(2, "SELECT sum(rows) FROM tessera.shards WHERE name = 's.zoned'") == "3000\n"; }, kPatience));
    EXPECT_THAT(ask(1, "SELECT tessera.move_shard('s.zoned', 0, 'c/crm.zoned_0')"),
                AllOf(HasSubstr("error 55000"), HasSubstr("s.zoned is kept to zone=eu")));
    EXPECT_EQ(ask(2, "SELECT count(*) FROM tessera.rebalance('s.zoned')"), "1\n");
    EXPECT_TRUE(awaitQuiet());
    EXPECT_EQ(ask(1, "SELECT string_agg(DISTINCT node, '') FROM tessera.shards WHERE name = 's.zoned'"), "ab\n");
    EXPECT_EQ(
        ask(2, "SELECT count(*) FROM tessera.drain_node('a') WHERE sharded_table = 's.zoned' AND to_place LIKE 'b/%'"),
        "2\n");
    EXPECT_TRUE(awaitQuiet());
    EXPECT_EQ(nodesOf("s.zoned"), "bbb\n");
    EXPECT_EQ(ask(2, "SELECT tessera.undrain_node('a')"), "NULL\n");
    // Declared anew with another label, it goes there.
    std::string exported = ask(0, "SELECT tessera.export_mesh('s.zoned')");
    ASSERT_THAT(exported, HasSubstr("nodes: [\"zone=eu\"]"));
    exported.replace(exported.find("zone=eu"), 7, "zone=us");
    EXPECT_THAT(ask(1, "SELECT * FROM tessera.apply_mesh($mesh$" + exported + "$mesh$)"), HasSubstr("changed"));
    EXPECT_EQ(ask(2, "SELECT count(*) FROM tessera.rebalance('s.zoned')"), "3\n");
    EXPECT_TRUE(awaitQuiet());
    EXPECT_EQ(nodesOf("s.zoned"), "ccc\n");
    EXPECT_EQ(read(1, "SELECT count(*), sum(id), sum(amount) FROM s.zoned"), "3000|4501500|4501500.00\n");
    drop("s.zoned");
}

/// Whoever is first has it; the other is told so, and the map is one of both.
TEST_F(ShardRebalance, TwoAdministratorsAtOnce) {
    ASSERT_EQ(ask(0,
                  "SELECT tessera.create_sharded_table('s.shared', 'hash (customer)', '[\"a/crm.shared\", "
                  "\"b/crm.shared\"]', key => '{customer, id}', writers => '{tester}')"),
              "NULL\n");
    ASSERT_THAT(ask(0, "INSERT INTO s.shared SELECT i, i % 100, i FROM generate_series(1, 1000) i"),
                Not(HasSubstr("error")));
    for (int round = 0; round < 3; ++round) {
        std::string answers[kMembers];
        std::vector<std::thread> administrators;
        for (std::size_t i = 0; i < kMembers; ++i) {
            administrators.emplace_back([&, i] {
                answers[i] = i == 2 ? ask(2, "SELECT tessera.split_shard('s.shared', 0)")
                                    : ask(i, std::string("SELECT tessera.move_shard('s.shared', 0, 'c/crm.") +
                                                 (i == 0 ? "shared" : "places") + "', 2000)");
            });
        }
        for (std::thread& one : administrators) {
            one.join();
        }
        int done = 0;
        for (const std::string& answer : answers) {
            done += answer == "NULL\n" ? 1 : 0;
            EXPECT_THAT(answer, AnyOf("NULL\n", AllOf(HasSubstr("error 55000"), HasSubstr("is on its way to")),
                                      AllOf(HasSubstr("error 40001"), HasSubstr("others keep changing"))));
        }
        EXPECT_EQ(done, 1) << answers[0] << answers[1] << answers[2];
        EXPECT_EQ(ask(0, "SELECT tessera.cancel_move('s.shared', 0)"), "NULL\n");
        EXPECT_TRUE(awaitQuiet());
        EXPECT_EQ(read(2, "SELECT count(*), sum(id) FROM s.shared"), "1000|500500\n");
    }
    drop("s.shared");
}

/// The node that a shard goes to is away for good: the shard is read and written where it is, and the move is ended by
/// whoever looks after it.
TEST_F(ShardRebalance, ANodeLeavesInMidMove) {
    ASSERT_EQ(ask(0,
                  "SELECT tessera.create_sharded_table('s.left', 'hash (customer)', '[\"a/crm.departed\", "
                  "\"b/crm.departed\"]', key => '{customer, id}', writers => '{tester}')"),
              "NULL\n");
    ASSERT_THAT(ask(0, "INSERT INTO s.left SELECT i, i % 100, i FROM generate_series(1, 20000) i"),
                Not(HasSubstr("error")));
    EXPECT_EQ(ask(0, "SELECT tessera.move_shard('s.left', 0, 'c/crm.departed', 1000)"), "NULL\n");
    EXPECT_TRUE(
        waitUntil([] { return ask(1, "SELECT rows_copied > 0 FROM tessera.shard_moves") == "t\n"; }, kPatience));
    mesh_->at(2).kill();
    EXPECT_THAT(ask(1, "INSERT INTO s.left SELECT i, i % 100, i FROM generate_series(20001, 20100) i"),
                Not(HasSubstr("error")));
    EXPECT_EQ(read(0, "SELECT count(*) FROM s.left"), "20100\n");
    EXPECT_EQ(ask(0, "SELECT state FROM tessera.shard_moves"), "copying\n");
    EXPECT_EQ(ask(0, "SELECT tessera.cancel_move('s.left', 0)"), "NULL\n");
    EXPECT_EQ(ask(1, "SELECT state, from_place FROM tessera.shard_moves"), "deleting|c/crm.departed\n");
    // It can be drained as well, for when it is back.
    EXPECT_EQ(ask(0, "SELECT count(*) FROM tessera.drain_node('c')"), "0\n");
    const auto launched = mesh_->at(2).launch();
    EXPECT_TRUE(launched) << launched.error().describe();
    EXPECT_TRUE(awaitQuiet());
    Connection c = mesh_->direct("crm_c");
    EXPECT_EQ(answerOf(c, "SELECT count(*) FROM departed"), "0\n");
    EXPECT_EQ(ask(0, "SELECT tessera.undrain_node('c')"), "NULL\n");
    EXPECT_EQ(read(2, "SELECT count(*) FROM s.left"), "20100\n");
    drop("s.left");
}

/// A source that lets a key stand there twice: a table with a key does not take such rows, and says so.
TEST_F(ShardRebalance, KeysThatStandThereTwice) {
    Connection a = mesh_->direct("crm_a");
    ASSERT_EQ(answerOf(a, "INSERT INTO twice VALUES (1, 5, 1), (1, 5, 2) RETURNING id"), "1\n1\n");
    ASSERT_EQ(ask(0,
                  "SELECT tessera.create_sharded_table('s.twice', 'hash (customer)', '[\"a/crm.twice\"]', key => "
                  "'{customer, id}', writers => '{tester}')"),
              "NULL\n");
    EXPECT_EQ(ask(0, "SELECT tessera.move_shard('s.twice', 0, 'b/crm.places')"), "NULL\n");
    EXPECT_TRUE(waitUntil(
        [] { return ask(1, "SELECT problem LIKE '%duplicate key%' FROM tessera.shard_moves") == "t\n"; }, kPatience))
        << ask(1, "SELECT * FROM tessera.shard_moves");
    EXPECT_EQ(read(1, "SELECT count(*) FROM s.twice"), "2\n");
    EXPECT_EQ(ask(0, "SELECT tessera.cancel_move('s.twice', 0)"), "NULL\n");
    EXPECT_TRUE(awaitQuiet());
    EXPECT_EQ(answerOf(a, "DELETE FROM twice WHERE amount = 2 RETURNING id"), "1\n");
    drop("s.twice");
}

/// Somebody has put a key at two places: such a table is not taken, or, where nobody looks at the rows, a key is where
/// it belongs, and what can not be shared out is told.
TEST_F(ShardRebalance, AKeyThatStandsInTwoShards) {
    Connection a = mesh_->direct("crm_a");
    Connection b = mesh_->direct("crm_b");
    ASSERT_EQ(answerOf(a, "INSERT INTO doubled VALUES (1, 5, 1), (2, 60, 2) RETURNING id"), "1\n2\n");
    ASSERT_EQ(answerOf(b, "INSERT INTO doubled VALUES (1, 5, 9) RETURNING id"), "1\n");
    const auto declare = [](const std::string& more) {
        return ask(0,
                   R"(SELECT tessera.create_sharded_table('s.doubled', 'range (customer)', '[{"at": "a/crm.doubled", )"
                   R"("to": ["50"]}, {"at": "b/crm.doubled", "from": ["50"]}]', key => '{customer, id}', )"
                   "writers => '{tester}'" +
                       more + ")");
    };
    EXPECT_THAT(declare(""), HasSubstr("1 row of a/crm.doubled belongs to another shard"));
    ASSERT_EQ(declare(", check_rows => false"), "NULL\n");
    EXPECT_EQ(ask(0, "SELECT amount FROM s.doubled WHERE customer = 5"), "1.00\n");
    EXPECT_THAT(ask(0, "INSERT INTO s.doubled VALUES (1, 5, 7)"), HasSubstr("error 23505"));
    EXPECT_EQ(ask(0, "SELECT tessera.split_shard('s.doubled', 0, at => '{20}')"), "NULL\n");
    EXPECT_TRUE(waitUntil(
        [] {
            return ask(1,
                       "SELECT problem LIKE '%no partition of relation%' FROM tessera.shard_moves WHERE name = "
                       "'s.doubled' AND problem <> ''") == "t\n";
        },
        kPatience))
        << ask(1, "SELECT * FROM tessera.shard_moves");
    EXPECT_EQ(ask(0, "SELECT tessera.cancel_move('s.doubled', 0)"), "NULL\n");
    EXPECT_TRUE(awaitQuiet());
    EXPECT_EQ(answerOf(a, "SELECT count(*) FROM doubled"), "2\n");
    EXPECT_EQ(answerOf(b, "SELECT count(*) FROM doubled"), "1\n");
    drop("s.doubled");
}

/// All rows have one key: rebalancing says that it can't help, and a split does no harm.
TEST_F(ShardRebalance, SkewedKeys) {
    ASSERT_EQ(ask(0,
                  "SELECT tessera.create_sharded_table('s.skewed', 'hash (customer)', '[\"a/crm.skewed\", "
                  "\"b/crm.skewed\"]', key => '{customer, id}', writers => '{tester}')"),
              "NULL\n");
    ASSERT_THAT(ask(0, "INSERT INTO s.skewed SELECT i, 7, i FROM generate_series(1, 3000) i"), Not(HasSubstr("error")));
    EXPECT_TRUE(waitUntil(
        [] { return ask(2, "SELECT sum(rows) FROM tessera.shards WHERE name = 's.skewed'") == "3000\n"; }, kPatience));
    MeshReader administrator(mesh_->connect(0));
    EXPECT_THAT(administrator.ask("SELECT * FROM tessera.rebalance('s.skewed', dry_run => true)"),
                Not(HasSubstr("error")));
    EXPECT_THAT(administrator.warnings(), HasSubstr("of s.skewed has most of the rows"));
    const std::string shard = ask(0, "SELECT shard FROM tessera.shards WHERE name = 's.skewed' AND rows = 3000");
    EXPECT_EQ(ask(0, "SELECT tessera.split_shard('s.skewed', " + shard + ")"), "NULL\n");
    EXPECT_TRUE(awaitQuiet());
    EXPECT_EQ(ask(1, "SELECT count(*) FROM tessera.shards WHERE name = 's.skewed'"), "3\n");
    for (std::size_t node = 0; node < kMembers; ++node) {
        EXPECT_EQ(ask(node, "SELECT count(*), sum(id) FROM s.skewed WHERE customer = 7"), "3000|4501500\n");
    }
    drop("s.skewed");
}

}  // namespace
}  // namespace tessera
