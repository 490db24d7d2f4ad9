/// Splits, rebalancing and draining go on after a kill -9 in each of their phases, of the node that rows go to and of
/// the one that they leave, while rows change: none is lost or doubled, and nothing is left at old places. What a phase
/// waits for holds it until the node is killed: a lock on a row at the source, a change or a reader that is not at its
/// end; copying and deleting stand still behind their first part until they are let go.

#include "tests/support/mesh_nodes.h"
#include "tests/support/seed.h"
#include "tests/support/shard_writer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdint>
#include <cstdio>
#include <map>
#include <memory>
#include <string>

namespace tessera {
namespace {

using postgres::Connection;
using testing::HasSubstr;
using testing::Not;

enum class Victim { kFrom, kTo };

class ShardKill : public testing::Test {
  protected:
    /// Of each shard about as many as two parts of a copy have.
    static constexpr int kRowsOfShard = 6000;
    static constexpr std::size_t kWriter = 1;
    /// Of numbers that no writer has.
    static constexpr const char* kHeldId = "99999";

    static void SetUpTestSuite() {
        std::string sql;
        for (const char* table : {"split_from", "split_to", "even_from", "even_to", "off_from", "off_to"}) {
            for (int shard = 0; shard < 4; ++shard) {
                sql += "CREATE TABLE " + std::string(table) + std::to_string(shard) +
                       " (id bigint NOT NULL, customer int NOT NULL, amount numeric(12,2), PRIMARY KEY (customer, "
                       "id));";
            }
        }
        mesh_ = std::make_unique<MeshNodes>(sql);
    }

    static void TearDownTestSuite() { mesh_.reset(); }

    void TearDown() override {
        writer_.reset();
        EXPECT_EQ(ask(0, "SELECT tessera.drop_sharded_table('" + table_ + "')"), "NULL\n");
    }

    /// At whichever moment: a node that is just started, or has lost its peer, is asked again.
    static std::string ask(std::size_t node, const std::string& sql) {
        std::string answer;
        waitUntil(
            [&] {
                auto at = mesh_->at(node).connect();
                answer = at ? answerOf(*at, sql) : "error 08006 " + at.error().describe();
                return answer.find("error 08") != 0 && answer.find("error 40001") != 0;
            },
            kPatience);
        return answer;
    }

    /// The table, all of whose shards are at node a, as `name`0 and so on, is filled and written from node b.
    void declare(const std::string& name, std::size_t shards) {
        table_ = "s." + name;
        rows_ = static_cast<std::int64_t>(shards) * kRowsOfShard;
        std::string places;
        for (std::size_t i = 0; i < shards; ++i) {
            places += (i == 0 ? "\"a/crm." : ", \"a/crm.") + name + std::to_string(i) + "\"";
        }
        ASSERT_EQ(ask(0, "SELECT tessera.create_sharded_table('" + table_ + "', 'hash (customer)', '[" + places +
                             "]', key => '{customer, id}', writers => '{tester}')"),
                  "NULL\n");
        ASSERT_THAT(ask(0, "INSERT INTO " + table_ + " SELECT i, i % 97, i FROM generate_series(1, " +
                               std::to_string(rows_) + ") i"),
                    Not(HasSubstr("error")));
        ASSERT_TRUE(waitUntil([&] { return ask(kWriter, "SELECT to_regclass('" + table_ + "')") == table_ + "\n"; },
                              kPatience));
        writer_ = std::make_unique<ShardWriter>(*mesh_, table_, kWriter, testSeed());
        writer_->start();
    }

    struct UnderWay {
        std::string shard;
        std::string to;
        std::size_t from_node = 0;
        std::size_t to_node = 0;

        /// Of a split, the first of two.
        std::string table() const {
            const std::size_t begin = to.find('.') + 1;
            return to.substr(begin, to.find(',') - begin);
        }
    };

    /// The shard that is in the phase, as soon as one is.
    UnderWay await(const std::string& state, const std::string& condition = "true") {
        std::string found;
        EXPECT_TRUE(waitUntil(
            [&] {
                found = ask(kWriter,
                            "SELECT shard, from_place, coalesce(to_place, 'a/') FROM tessera.shard_moves "
                            "WHERE name = '" +
                                table_ + "' AND state = '" + state + "' AND " + condition + " LIMIT 1");
                return !found.empty() && found.find("error") == std::string::npos;
            },
            3 * kPatience))
            << "not " << state << ", " << condition << ": " << moves() << mesh_->at(2).log();
        const std::size_t first = found.find('|');
        const std::size_t second = found.find('|', first + 1);
        if (second == std::string::npos) {
            return {};
        }
        const auto nodeAt = [&](std::size_t at) { return static_cast<std::size_t>(found[at] - 'a'); };
        return {found.substr(0, first), found.substr(second + 1, found.size() - second - 2), nodeAt(first + 1),
                nodeAt(second + 1)};
    }

    /// One row a second: it stands still.
    void hold(const UnderWay& move) { throttle(move.shard, "1"); }

    void letGo(const UnderWay& move) { throttle(move.shard, "0"); }

    void throttle(const std::string& shard, const std::string& speed) {
        EXPECT_EQ(ask(kWriter, "SELECT tessera.throttle_move('" + table_ + "', " + shard + ", " + speed + ")"),
                  "NULL\n");
    }

    /// Whatever is on its way still, or comes.
    static bool letAllGo() {
        return waitUntil(
            [] {
                ask(kWriter,
                    "SELECT tessera.throttle_move(name, shard, 0) FROM tessera.shard_moves WHERE rows_per_second > 0");
                return moves().empty();
            },
            4 * kPatience);
    }

    bool hasProblem(const UnderWay& move) const {
        return ask(kWriter, "SELECT problem <> '' FROM tessera.shard_moves WHERE name = '" + table_ +
                                "' AND shard = " + move.shard) == "t\n";
    }

    static std::string moves() { return ask(kWriter, "SELECT * FROM tessera.shard_moves"); }

    /// `before`: while it is away.
    template <class Before>
    static void killAndLaunch(std::size_t node, Before&& before) {
        mesh_->at(node).kill();
        before();
        const auto launched = mesh_->at(node).launch();
        ASSERT_TRUE(launched) << launched.error().describe();
    }

    static void killAndLaunch(std::size_t node) {
        killAndLaunch(node, [] {});
    }

    /// How often one was begun, also anew.
    static std::size_t begun() {
        std::size_t count = 0;
        for (std::size_t node = 0; node < kMembers; ++node) {
            const std::string log = mesh_->at(node).log();
            for (std::size_t at = 0; (at = log.find("mesh.shard_moving", at)) != std::string::npos; ++at) {
                ++count;
            }
        }
        return count;
    }

    /// Nobody sees then any more how far the last try was.
    template <class Before>
    static void killAndBeginAnew(std::size_t node, Before&& before) {
        const std::size_t begun_before = begun();
        killAndLaunch(node, before);
        EXPECT_TRUE(waitUntil([&] { return begun() > begun_before; }, 2 * kPatience)) << moves();
    }

    static std::size_t nodeOf(const UnderWay& move, Victim victim) {
        return victim == Victim::kFrom ? move.from_node : move.to_node;
    }

    /// A session at the node in whose transaction the statement has been done.
    Connection holding(std::size_t node, const std::string& sql) {
        Connection held = mesh_->connect(node);
        EXPECT_TRUE(waitUntil(
            [&] {
                EXPECT_TRUE(held.execute("BEGIN"));
                const auto done = held.query(sql);
                if (!done) {
                    EXPECT_TRUE(held.execute("ROLLBACK"));
                }
                return done.has_value();
            },
            kPatience))
            << sql;
        return held;
    }

    void whileCopying(Victim victim) {
        const UnderWay move = await("copying", "rows_copied > 0");
        killAndBeginAnew(nodeOf(move, victim), [&] {
            if (victim == Victim::kFrom) {
                // Whoever copies sees that when it asks for the next part.
                letGo(move);
                EXPECT_TRUE(waitUntil([&] { return hasProblem(move); }, 2 * kPatience)) << moves();
                hold(move);
            }
        });
    }

    /// One of the rows that have been copied has changed since, and somebody at the target's source has it locked.
    void whileCatchingUp(Victim victim) {
        const UnderWay move = await("copying", "rows_copied > 0");
        Connection source = mesh_->direct(MeshNodes::databaseOf(move.to_node));
        ASSERT_TRUE(source.execute("BEGIN"));
        // The writer's node may still tell how far the last try was, whose rows have been deleted.
        std::string key;
        ASSERT_TRUE(waitUntil(
            [&] {
                key = answerOf(source, "SELECT 'customer = ' || customer || ' AND id = ' || id FROM " + move.table() +
                                           " WHERE id < 90000 ORDER BY customer, id LIMIT 1 FOR UPDATE");
                return key.starts_with("customer = ");
            },
            kPatience))
            << move.to << ": " << key;
        EXPECT_THAT(ask(kWriter, "UPDATE " + table_ + " SET amount = amount WHERE " + key), Not(HasSubstr("error")));
        letGo(move);
        Connection looking = mesh_->direct("plain");
        EXPECT_TRUE(waitUntil(
            [&] {
                return answerOf(looking,
                                "SELECT count(*) > 0 FROM pg_stat_activity WHERE wait_event_type = 'Lock' "
                                "AND datname = '" +
                                    MeshNodes::databaseOf(move.to_node) + "'") == "t\n";
            },
            2 * kPatience))
            << moves();
        await("copying");
        hold(move);
        killAndBeginAnew(nodeOf(move, victim), [&] { EXPECT_TRUE(source.execute("ROLLBACK")); });
    }

    /// The fence waits for who is changing the shard.
    void whileSwitching(Victim victim) {
        const UnderWay move = await("copying", "rows_copied > 0");
        const std::string customer = ask(move.from_node, "SELECT min(customer) FROM tessera_shard." + gate(move));
        Connection change = holding(move.from_node, "INSERT INTO " + table_ + " VALUES (" + kHeldId + ", " +
                                                        customer.substr(0, customer.size() - 1) + ", 1)");
        letGo(move);
        await("switching");
        hold(move);
        killAndBeginAnew(nodeOf(move, victim), [&] { (void)change.execute("ROLLBACK"); });
    }

    /// The map says the new place already; the old one is there for a reader who began before.
    void behindTheSwitch(Victim victim) {
        const UnderWay move = await("copying", "rows_copied > 0");
        Connection reader = holding(move.from_node, "SELECT count(*) FROM " + table_);
        letGo(move);
        await("deleting", "rows_deleted = 0 AND shard = " + move.shard);
        hold(move);
        killAndLaunch(nodeOf(move, victim));
    }

    void whileDeleting(Victim victim) {
        const UnderWay old = await("deleting", "rows_deleted > 0");
        // Nobody goes on with it but the node of the old place: the other is only where the rows are now.
        killAndLaunch(victim == Victim::kFrom ? old.from_node : 2);
    }

    /// At node a.
    std::string gate(const UnderWay& move) const {
        const std::string found = ask(move.from_node,
                                      "SELECT c.relname FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid WHERE "
                                      "i.inhparent = '" +
                                          table_ + "'::regclass AND c.relname ~ '_s" + move.shard + "_e'");
        return found.substr(0, found.size() - 1);
    }

    void killInEachPhase(Victim victim) {
        whileCopying(victim);
        whileCatchingUp(victim);
        whileSwitching(victim);
        behindTheSwitch(victim);
        whileDeleting(victim);
        EXPECT_TRUE(letAllGo()) << moves();
        expectWhole();
    }

    /// Each row is there once, at every node, and at the sources nothing else is.
    void expectWhole() {
        const std::map<std::int64_t, std::int64_t> written = writer_->finish();
        std::string expected;
        for (const auto& [id, amount] : written) {
            expected += std::to_string(id) + "|" + std::to_string(id % 97) + "|" + std::to_string(amount) + ".00\n";
        }
        const std::string sum = std::to_string(rows_ * (rows_ + 1) / 2);
        for (std::size_t node = 0; node < kMembers; ++node) {
            EXPECT_EQ(ask(node, "SELECT id, customer, amount FROM " + table_ + " WHERE id >= 100000 ORDER BY id"),
                      expected)
                << Nodes::nameOf(node);
            EXPECT_EQ(ask(node, "SELECT count(*), sum(id), sum(amount) FROM " + table_ + " WHERE id < 100000"),
                      std::to_string(rows_) + "|" + sum + "|" + sum + ".00\n")
                << Nodes::nameOf(node);
        }
        std::int64_t there = 0;
        for (std::size_t node = 0; node < kMembers; ++node) {
            Connection source = mesh_->direct(MeshNodes::databaseOf(node));
            const std::string count = answerOf(
                source,
                "SELECT coalesce(sum((xpath('/row/n/text()', query_to_xml(format('SELECT count(*) AS n FROM %I', "
                "tablename), false, true, '')))[1]::text::bigint), 0) FROM pg_tables WHERE schemaname = 'public' AND "
                "tablename LIKE '" +
                    table_.substr(2) + "%'");
            there += std::stoll(count);
        }
        EXPECT_EQ(there, rows_ + static_cast<std::int64_t>(written.size()));
        std::printf("%s: %lld changes, %lld tried again\n", table_.c_str(), static_cast<long long>(writer_->changes()),
                    static_cast<long long>(writer_->refusals()));
    }

    void split(const std::string& name, Victim victim) {
        declare(name, 2);
        ASSERT_EQ(ask(kWriter, "SELECT tessera.split_shard('" + table_ + "', 0, node => 'c', rows_per_second => 1)"),
                  "NULL\n");
        killInEachPhase(victim);
        EXPECT_EQ(ask(kWriter,
                      "SELECT string_agg(node, '' ORDER BY shard) FROM tessera.shards WHERE name = '" + table_ + "'"),
                  "cac\n");
    }

    void rebalance(const std::string& name, Victim victim) {
        declare(name, 4);
        // What is planned by is told every ten seconds.
        ASSERT_TRUE(waitUntil(
            [&] {
                return ask(kWriter, "SELECT sum(rows) >= " + std::to_string(rows_) +
                                        " FROM tessera.shards WHERE name = '" + table_ + "'") == "t\n";
            },
            kPatience));
        ASSERT_EQ(
            ask(kWriter, "SELECT count(*) > 1 FROM tessera.rebalance('" + table_ + "', '{a,c}', rows_per_second => 1)"),
            "t\n");
        killInEachPhase(victim);
        EXPECT_EQ(
            ask(kWriter, "SELECT string_agg(node, '' ORDER BY node) FROM tessera.shards WHERE name = '" + table_ + "'"),
            "aacc\n");
    }

    void drain(const std::string& name, Victim victim) {
        declare(name, 2);
        ASSERT_THAT(ask(kWriter, "SELECT * FROM tessera.drain_node('a', rows_per_second => 1)"),
                    HasSubstr(table_ + "|"));
        killInEachPhase(victim);
        EXPECT_EQ(ask(kWriter, "SELECT count(*) FROM tessera.shards WHERE node = 'a'"), "0\n");
        EXPECT_EQ(ask(kWriter, "SELECT tessera.undrain_node('a')"), "NULL\n");
    }

    inline static std::unique_ptr<MeshNodes> mesh_;
    std::string table_;
    std::int64_t rows_ = 0;
    std::unique_ptr<ShardWriter> writer_;
};

TEST_F(ShardKill, ASplitWhenItsNodeIsKilled) {
    split("split_to", Victim::kTo);
}

TEST_F(ShardKill, ASplitWhenTheNodeOfTheShardIsKilled) {
    split("split_from", Victim::kFrom);
}

TEST_F(ShardKill, RebalancingWhenANodeThatGetsShardsIsKilled) {
    rebalance("even_to", Victim::kTo);
}

TEST_F(ShardKill, RebalancingWhenTheFullNodeIsKilled) {
    rebalance("even_from", Victim::kFrom);
}

TEST_F(ShardKill, DrainingWhenANodeThatGetsShardsIsKilled) {
    drain("off_to", Victim::kTo);
}

TEST_F(ShardKill, DrainingWhenTheDrainedNodeIsKilled) {
    drain("off_from", Victim::kFrom);
}

}  // namespace
}  // namespace tessera
