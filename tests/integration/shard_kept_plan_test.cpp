/// Sessions with kept plans while the tables below them go: whatever a node knows of the map in that moment, the answer
/// is right, or 40001, so that it is asked again.

#include "tests/support/mesh_nodes.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <cstdio>
#include <future>
#include <map>
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

class ShardKeptPlan : public testing::Test {
  protected:
    static void SetUpTestSuite() {
        const std::string columns =
            " (id bigint NOT NULL, customer int NOT NULL, amount numeric(12,2), PRIMARY KEY (customer, id));";
        std::string sql;
        for (const char* table : {"early", "early_next", "gone", "many", "many_next"}) {
            sql += "CREATE TABLE " + std::string(table) + columns;
        }
        mesh_ = std::make_unique<MeshNodes>(sql);
    }

    static void TearDownTestSuite() { mesh_.reset(); }

    static std::string ask(std::size_t node, const std::string& sql) {
        Connection at = mesh_->connect(node);
        return answerOf(at, sql);
    }

    static void declare(const std::string& table) {
        ASSERT_EQ(ask(0, "SELECT tessera.create_sharded_table('s." + table + "', 'hash (customer)', '[\"a/crm." +
                             table + "\"]', key => '{customer, id}', writers => '{tester}')"),
                  "NULL\n");
        for (std::size_t node = 0; node < kMembers; ++node) {
            ASSERT_TRUE(waitUntil(
                [&] { return ask(node, "SELECT to_regclass('s." + table + "')") == "s." + table + "\n"; }, kPatience));
        }
        ASSERT_THAT(ask(0, "INSERT INTO s." + table + " SELECT i, i % 97, 1 FROM generate_series(1, 1000) i"),
                    Not(HasSubstr("error")));
    }

    static std::string placeOf(std::size_t node, const std::string& table) {
        return ask(node, "SELECT node FROM tessera.shards WHERE name = 's." + table + "'");
    }

    static bool awaitPlace(const std::string& table, const std::string& node) {
        return waitUntil([&] { return placeOf(1, table) == node + "\n"; }, 2 * kPatience);
    }

    /// Prepared, and used, for reading and for writing.
    static void keep(Connection& at, const std::string& table) {
        ASSERT_TRUE(at.execute("SET plan_cache_mode = force_generic_plan; PREPARE seen AS SELECT count(*) FROM s." +
                               table + "; PREPARE changed AS UPDATE s." + table +
                               " SET amount = amount + 1 WHERE customer = 1 AND id = 1"));
        ASSERT_EQ(answerOf(at, "EXECUTE seen"), "1000\n");
        ASSERT_THAT(answerOf(at, "EXECUTE changed"), Not(HasSubstr("error")));
    }

    inline static std::unique_ptr<MeshNodes> mesh_;
};

/// The node that the shard has gone to does not serve the new map yet, as somebody reads there since before.
TEST_F(ShardKeptPlan, TheNewPlaceIsNotThereYet) {
    declare("early");
    Connection b = mesh_->connect(1);
    keep(b, "early");
    Connection reader = mesh_->connect(2);
    ASSERT_TRUE(reader.execute("BEGIN"));
    ASSERT_EQ(answerOf(reader, "SELECT count(*) FROM s.early"), "1000\n");
    EXPECT_EQ(ask(1, "SELECT tessera.move_shard('s.early', 0, 'c/crm.early_next')"), "NULL\n");
    ASSERT_TRUE(awaitPlace("early", "c"));
    const auto told = AllOf(HasSubstr("error 40001"), HasSubstr("node 'c'"), HasSubstr("shard map"));
    EXPECT_TRUE(waitUntil(
        [&] {
            const std::string answer = answerOf(b, "EXECUTE seen");
            EXPECT_THAT(answer, AnyOf("1000\n", HasSubstr("error 40001")));
            return answer.find("node 'c'") != std::string::npos;
        },
        kPatience));
    EXPECT_THAT(answerOf(b, "EXECUTE seen"), told);
    EXPECT_THAT(answerOf(b, "EXECUTE changed"), told);
    EXPECT_THAT(ask(1, "SELECT count(*) FROM s.early"), told);
    ASSERT_TRUE(reader.execute("COMMIT"));
    for (const char* sql : {"EXECUTE seen", "EXECUTE changed"}) {
        EXPECT_TRUE(waitUntil(
            [&] {
                const std::string answer = answerOf(b, sql);
                EXPECT_THAT(answer, AnyOf("1000\n", "", HasSubstr("error 40001")));
                return answer.find("error") == std::string::npos;
            },
            kPatience));
    }
    EXPECT_EQ(ask(2, "SELECT amount FROM s.early WHERE customer = 1 AND id = 1"), "3.00\n");
}

/// The whole table is dropped; a node has not heard of it yet.
TEST_F(ShardKeptPlan, TheTableIsGone) {
    declare("gone");
    Connection b = mesh_->connect(1);
    keep(b, "gone");
    Connection reader = mesh_->connect(1);
    ASSERT_TRUE(reader.execute("BEGIN"));
    ASSERT_EQ(answerOf(reader, "SELECT count(*) FROM s.gone"), "1000\n");
    auto dropped = std::async(std::launch::async, [] { return ask(2, "SELECT tessera.drop_sharded_table('s.gone')"); });
    // Only b has the table still.
    ASSERT_TRUE(waitUntil([] { return ask(0, "SELECT to_regclass('s.gone')") == "NULL\n"; }, kPatience));
    for (const char* sql : {"EXECUTE seen", "EXECUTE changed"}) {
        EXPECT_THAT(answerOf(b, sql), AllOf(HasSubstr("error 40001"), HasSubstr("node 'a'"))) << sql;
    }
    ASSERT_TRUE(reader.execute("COMMIT"));
    EXPECT_THAT(dropped.get(), AnyOf("NULL\n", HasSubstr("error")));
    EXPECT_TRUE(waitUntil([] { return ask(1, "SELECT to_regclass('s.gone')") == "NULL\n"; }, kPatience));
    EXPECT_THAT(answerOf(b, "EXECUTE seen"), AllOf(HasSubstr("error 42P01"), HasSubstr("s.gone")));
}

/// All the time, at every node.
TEST_F(ShardKeptPlan, WhileAShardGoesToAndFro) {
    declare("many");
    std::atomic<bool> is_done = false;
    std::vector<std::future<std::map<std::string, int>>> readers;
    for (std::size_t node = 0; node < kMembers; ++node) {
        readers.push_back(std::async(std::launch::async, [&, node] {
            Connection at = mesh_->connect(node);
            keep(at, "many");
            std::map<std::string, int> answers;
            while (!is_done) {
                for (const char* sql : {"EXECUTE seen", "EXECUTE changed"}) {
                    const std::string answer = answerOf(at, sql);
                    ++answers[answer.substr(0, answer.find(' ', sizeof "error"))];
                    EXPECT_THAT(answer, AnyOf("1000\n", "", HasSubstr("error 40001")));
                }
            }
            return answers;
        }));
    }
    for (const char* place : {"c/crm.many_next", "b/crm.many", "a/crm.many_next", "b/crm.many_next"}) {
        EXPECT_EQ(ask(1, "SELECT tessera.move_shard('s.many', 0, '" + std::string(place) + "')"), "NULL\n");
        EXPECT_TRUE(awaitPlace("many", std::string(place, 1))) << ask(1, "SELECT * FROM tessera.shard_moves");
        EXPECT_TRUE(
            waitUntil([] { return ask(1, "SELECT count(*) FROM tessera.shard_moves") == "0\n"; }, 2 * kPatience));
    }
    is_done = true;
    for (auto& reader : readers) {
        for (const auto& [answer, count] : reader.get()) {
            std::printf("%d times '%s'\n", count, answer.substr(0, answer.find('\n')).c_str());
        }
    }
}

}  // namespace
}  // namespace tessera
