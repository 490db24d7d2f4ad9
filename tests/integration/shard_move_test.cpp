/// A shard goes to another node while it is written from all of them: no row is lost or doubled, whoever is killed
/// meanwhile, and whoever knows an old map does not write. Writers do each change until it is done, so that what there
/// has to be in the end is known.

#include "tests/support/mesh_nodes.h"
#include "tests/support/seed.h"
#include "tests/support/shard_writer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <map>
#include <memory>
#include <random>
#include <string>
#include <thread>
#include <vector>

namespace tessera {
namespace {

using postgres::Connection;
using std::chrono::milliseconds;
using testing::AllOf;
using testing::HasSubstr;

class ShardMove : public testing::Test {
  protected:
    static constexpr int kRows = 12000;

    static void SetUpTestSuite() {
        const std::string columns =
            " (id bigint NOT NULL, customer int NOT NULL, amount numeric(12,2), PRIMARY KEY (customer, id));";
        mesh_ = std::make_unique<MeshNodes>("CREATE TABLE orders" + columns + "CREATE TABLE spare" + columns +
                                            "CREATE TABLE other" + columns + "CREATE TABLE narrow (id bigint)");
        EXPECT_EQ(ask(0,
                      "SELECT tessera.create_sharded_table('sales.orders', 'hash (customer)', '[\"a/crm.orders\", "
                      "\"b/crm.orders\"]', key => '{customer, id}', writers => '{tester}')"),
                  "NULL\n");
        EXPECT_THAT(ask(0, "INSERT INTO sales.orders SELECT i, i % 97, i FROM generate_series(1, " +
                               std::to_string(kRows) + ") i"),
                    testing::Not(HasSubstr("error")));
    }

    static void TearDownTestSuite() { mesh_.reset(); }

    static std::string ask(std::size_t node, const std::string& sql) {
        Connection at = mesh_->connect(node);
        return answerAgain(at, sql);
    }

    static void move(const std::string& place, const std::string& more = {}) {
        EXPECT_EQ(ask(2, "SELECT tessera.move_shard('sales.orders', 0, '" + place + "'" + more + ")"), "NULL\n");
    }

    /// Shard 1.
    static std::string throttle(int speed) {
        return ask(1, "SELECT tessera.throttle_move('sales.orders', 1, " + std::to_string(speed) + ")");
    }

    static std::string placeOf(std::size_t node) {
        auto at = mesh_->at(node).connect();
        return at ? answerOf(*at,
                             "SELECT node || '/' || place FROM tessera.shards WHERE name = 'sales.orders' AND "
                             "shard = 0")
                  : at.error().message;
    }

    /// At every node, and that it is no more on its way.
    static bool awaitPlace(const std::string& place) {
        return waitUntil(
            [&] {
                for (std::size_t node = 0; node < kMembers; ++node) {
                    if (placeOf(node) != place + "\n") {
                        return false;
                    }
                }
                return true;
            },
            2 * kPatience);
    }

    /// Everything that the writers did is there once, at every node, and at the sources nothing else.
    static void expect(const std::map<std::int64_t, std::int64_t>& rows, const std::vector<std::string>& tables) {
        std::string expected;
        for (const auto& [id, amount] : rows) {
            expected += std::to_string(id) + "|" + std::to_string(id % 97) + "|" + std::to_string(amount) + ".00\n";
        }
        for (std::size_t node = 0; node < kMembers; ++node) {
            EXPECT_EQ(ask(node, "SELECT id, customer, amount FROM sales.orders WHERE id >= 100000 ORDER BY id"),
                      expected)
                << Nodes::nameOf(node);
            EXPECT_EQ(ask(node, "SELECT count(*), sum(id), sum(amount) FROM sales.orders WHERE id < 100000"),
                      "12000|72006000|72006000.00\n");
        }
        std::int64_t count = 0;
        for (const std::string& table : tables) {
            Connection source = mesh_->direct("crm_" + table.substr(0, 1));
            count += std::stoll(answerOf(source, "SELECT count(*) FROM " + table.substr(2)));
        }
        EXPECT_EQ(count, kRows + static_cast<std::int64_t>(rows.size()));
    }

    /// Moves it there while all nodes in `from` write, and `meanwhile` happens.
    /// What was left at the old places is deleted.
    static bool awaitSwept() {
        return waitUntil([] { return ask(1, "SELECT count(*) FROM tessera.shard_moves") == "0\n"; }, 2 * kPatience);
    }

    template <class Meanwhile>
    static void moveUnderWrites(const std::string& place, const std::vector<std::size_t>& from, unsigned seed,
                                const std::vector<std::string>& tables, Meanwhile&& meanwhile) {
        std::vector<std::unique_ptr<ShardWriter>> writers;
        for (const std::size_t node : from) {
            writers.push_back(
                std::make_unique<ShardWriter>(*mesh_, "sales.orders", node, seed + static_cast<unsigned>(node)));
            writers.back()->start();
        }
        meanwhile();
        EXPECT_TRUE(awaitPlace(place)) << ask(1, "SELECT * FROM tessera.shard_moves") << mesh_->at(2).log();
        std::map<std::int64_t, std::int64_t> rows;
        for (const auto& writer : writers) {
            const auto written = writer->finish();
            rows.insert(written.begin(), written.end());
            std::printf("writer: %lld changes, %lld tried again, the longest took %lld ms\n",
                        static_cast<long long>(writer->changes()), static_cast<long long>(writer->refusals()),
                        static_cast<long long>(writer->longest().count()));
        }
        expect(rows, tables);
        EXPECT_THAT(ask(0, "DELETE FROM sales.orders WHERE id >= 100000"), testing::Not(HasSubstr("error")));
    }

    inline static std::unique_ptr<MeshNodes> mesh_;
};

TEST_F(ShardMove, LosesAndDoublesNothingUnderWrites) {
    moveUnderWrites("c/crm.spare", {0, 1, 2}, testSeed(), {"c.spare", "b.orders"}, [] { move("c/crm.spare"); });
    EXPECT_TRUE(awaitSwept()) << ask(1, "SELECT * FROM tessera.shard_moves") << mesh_->at(0).log();
    Connection old = mesh_->direct("crm_a");
    EXPECT_EQ(answerOf(old, "SELECT count(*) FROM orders"), "0\n");
    EXPECT_EQ(ask(2, "SELECT count(*) FROM sales.orders"), "12000\n");
    // What says how long it took, for whoever looks.
    const std::string log = mesh_->at(2).log();
    // The tables of the move do not stand in the way of those that serve the shard.
    EXPECT_THAT(log, testing::Not(HasSubstr("is not a table")));
    const std::size_t at = log.find("mesh.shard_moved");
    std::printf("%s\n", at == std::string::npos ? "?" : log.substr(at, log.find('\n', at) - at).c_str());
    // The old gate tells who still knows it.
    Connection c = mesh_->connect(2);
    const std::string gate = answerOf(c,
                                      "SELECT s FROM tessera.remote_query('a', 'SELECT name::text FROM "
                                      "tessera_shard.relation WHERE is_tombstone') AS t (s text)");
    EXPECT_THAT(gate, HasSubstr("error 42501"));  // not everybody's to ask
    Connection a = mesh_->connect(0);
    for (const char* sql : {"SELECT count(*) FROM tessera_shard.orders_t1_s0_e1",
                            "INSERT INTO tessera_shard.orders_t1_s0_e1 VALUES (1, 1, 1)"}) {
        EXPECT_THAT(answerOf(a, sql), AllOf(HasSubstr("error 40001"), HasSubstr("a shard of sales.orders has moved")));
    }
}

TEST_F(ShardMove, IsRefusedWhereItCanNotBe) {
    const auto moving = [](const std::string& place, int shard = 1) {
        return ask(0, "SELECT tessera.move_shard('sales.orders', " + std::to_string(shard) + ", '" + place + "')");
    };
    EXPECT_THAT(moving("nowhere"), HasSubstr("'nowhere' is not a place"));
    EXPECT_THAT(moving("b/crm.nothing"), HasSubstr("node 'b' has no table crm.nothing"));
    EXPECT_THAT(moving("c/crm.narrow"), HasSubstr("c/crm.narrow has no column 'customer'"));
    EXPECT_THAT(moving("b/crm.orders"), HasSubstr("b/crm.orders is a shard of sales.orders already"));
    EXPECT_THAT(moving("c/crm.other", 7), HasSubstr("sales.orders has no shard 7"));
    Connection c = mesh_->direct("crm_c");
    EXPECT_EQ(answerOf(c, "INSERT INTO other VALUES (1, 1, 1) RETURNING id"), "1\n");
    EXPECT_THAT(moving("c/crm.other"), HasSubstr("c/crm.other has rows already"));
    EXPECT_EQ(answerOf(c, "DELETE FROM other RETURNING id"), "1\n");
    EXPECT_THAT(ask(0, "SELECT tessera.cancel_move('sales.orders', 1)"), HasSubstr("is not on its way anywhere"));
}

TEST_F(ShardMove, IsCancelled) {
    const std::string before = placeOf(0);
    EXPECT_EQ(ask(2, "SELECT tessera.move_shard('sales.orders', 1, 'c/crm.other', 1)"), "NULL\n");
    EXPECT_THAT(ask(0, "SELECT tessera.move_shard('sales.orders', 1, 'a/crm.other')"),
                HasSubstr("shard 1 of sales.orders is on its way to c/crm.other"));
    EXPECT_TRUE(
        waitUntil([] { return ask(1, "SELECT rows_copied > 0 FROM tessera.shard_moves") == "t\n"; }, kPatience));
    EXPECT_EQ(ask(1, "SELECT name, shard, from_place, to_place, state, problem FROM tessera.shard_moves"),
              "sales.orders|1|b/crm.orders|c/crm.other|copying|\n");
    EXPECT_EQ(ask(1, "SELECT tessera.cancel_move('sales.orders', 1)"), "NULL\n");
    // As it was before, and the place, too, though its node is killed before it has deleted anything.
    mesh_->at(2).kill();
    EXPECT_EQ(ask(1, "SELECT name, shard, from_place, to_place, state FROM tessera.shard_moves"),
              "sales.orders|1|c/crm.other|NULL|deleting\n");
    EXPECT_EQ(placeOf(0), before);
    Connection c = mesh_->direct("crm_c");
    EXPECT_THAT(answerOf(c, "SELECT count(*) FROM other"), testing::Not("0\n"));
    EXPECT_THAT(ask(0, "SELECT tessera.move_shard('sales.orders', 1, 'c/crm.other')"),
                AllOf(HasSubstr("at c/crm.other are being deleted"), HasSubstr("tessera shard cancel sales.orders 1")));
    const auto launched = mesh_->at(2).launch();
    EXPECT_TRUE(launched) << launched.error().describe();
    EXPECT_EQ(throttle(0), "NULL\n");
    EXPECT_TRUE(awaitSwept()) << ask(1, "SELECT * FROM tessera.shard_moves") << mesh_->at(2).log();
    EXPECT_EQ(answerOf(c, "SELECT count(*) FROM other"), "0\n");
    EXPECT_EQ(ask(1, "SELECT count(*) FROM sales.orders"), "12000\n");
}

TEST_F(ShardMove, ItsPaceIsChangedOnItsWay) {
    EXPECT_TRUE(awaitSwept());
    EXPECT_THAT(throttle(500), HasSubstr("is not on its way anywhere"));
    EXPECT_EQ(ask(2, "SELECT tessera.move_shard('sales.orders', 1, 'c/crm.other', 1)"), "NULL\n");
    EXPECT_THAT(throttle(-1), HasSubstr("rows_per_second is below 0"));
    const auto shows = [](const std::string& moving) {
        return waitUntil(
            [&] {
                return ask(0, "SELECT state, rows_copied, rows_per_second FROM tessera.shard_moves") == moving + "\n";
            },
            kPatience);
    };
    // Nobody would see the end of it at this pace; the part after that is not waited for.
    EXPECT_TRUE(shows("copying|5000|1"));
    EXPECT_EQ(throttle(2), "NULL\n");
    EXPECT_TRUE(shows("copying|5000|2"));
    EXPECT_EQ(throttle(1000000), "NULL\n");
    EXPECT_TRUE(awaitSwept()) << ask(1, "SELECT * FROM tessera.shard_moves") << mesh_->at(2).log();
    EXPECT_EQ(ask(0, "SELECT place FROM tessera.shards WHERE name = 'sales.orders' AND shard = 1"), "crm.other\n");
    EXPECT_EQ(ask(2, "SELECT tessera.move_shard('sales.orders', 1, 'b/crm.orders')"), "NULL\n");
    EXPECT_TRUE(awaitSwept());
    EXPECT_EQ(ask(1, "SELECT count(*) FROM sales.orders"), "12000\n");
}

TEST_F(ShardMove, OldRowsAreKeptWhenThatIsAsked) {
    EXPECT_TRUE(awaitSwept());
    const auto rowsAt = [](const std::string& database, const std::string& table) {
        Connection source = mesh_->direct(database);
        return answerOf(source, "SELECT count(*) FROM " + table);
    };
    const std::string rows = rowsAt("crm_b", "orders");
    EXPECT_EQ(ask(2, "SELECT tessera.move_shard('sales.orders', 1, 'b/crm.spare', keep_old => true)"), "NULL\n");
    const auto isAt = [](const std::string& place) {
        return waitUntil(
            [&] {
                return ask(0, "SELECT place FROM tessera.shards WHERE name = 'sales.orders' AND shard = 1") ==
                       place + "\n";
            },
            kPatience);
    };
    EXPECT_TRUE(isAt("crm.spare"));
    EXPECT_TRUE(awaitSwept());
    EXPECT_EQ(rowsAt("crm_b", "orders"), rows);
    EXPECT_EQ(rowsAt("crm_b", "spare"), rows);
    Connection b = mesh_->direct("crm_b");
    EXPECT_EQ(answerOf(b, "WITH d AS (DELETE FROM orders RETURNING 1) SELECT count(*) FROM d"), rows);
    // Slowly, and somebody ends it in the middle.
    EXPECT_EQ(ask(2, "SELECT tessera.move_shard('sales.orders', 1, 'b/crm.orders', 1000)"), "NULL\n");
    EXPECT_TRUE(isAt("crm.orders"));
    EXPECT_EQ(ask(0, "SELECT tessera.cancel_move('sales.orders', 1)"), "NULL\n");
    EXPECT_TRUE(awaitSwept());
    EXPECT_EQ(ask(1, "SELECT count(*) FROM sales.orders"), "12000\n");
    EXPECT_EQ(answerOf(b, "WITH d AS (DELETE FROM spare RETURNING 1) SELECT count(*) > 0 FROM d"), "t\n");
}

/// The node that copies, the one that is copied from, and the store's leader, at moments of the seed's.
TEST_F(ShardMove, GoesOnWhoeverIsKilled) {
    std::mt19937 random(testSeed());
    // From wherever the other tests have left it.
    EXPECT_TRUE(awaitSwept());
    const bool is_at_c = placeOf(0) == "c/crm.spare\n";
    const std::size_t from = is_at_c ? 2 : 0;
    const std::size_t to = is_at_c ? 0 : 2;
    const std::string place = is_at_c ? "a/crm.spare" : "c/crm.spare";
    moveUnderWrites(place, {1}, static_cast<unsigned>(random()), {place.substr(0, 1) + ".spare", "b.orders"}, [&] {
        move(place, ", 3000");
        for (const std::size_t next : {to, from, kMembers}) {
            std::this_thread::sleep_for(milliseconds(random() % 2500));
            const std::size_t killed = next < kMembers ? next : mesh_->nodes().awaitLeader();
            mesh_->at(killed).kill();
            const auto launched = mesh_->at(killed).launch();
            EXPECT_TRUE(launched) << launched.error().describe();
        }
    });
}

}  // namespace
}  // namespace tessera
