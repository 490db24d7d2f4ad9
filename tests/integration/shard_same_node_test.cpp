/// Shards of one table that stand at one node: read side by side where that takes long, each in a state of its own.

#include "tests/support/mesh_nodes.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>

namespace tessera {
namespace {

using postgres::Connection;

class ShardSameNode : public testing::Test {
  protected:
    static void SetUpTestSuite() {
        std::string sql;
        for (const char* half : {"", "_2"}) {
            const std::string rows = "rows" + std::string(half);
            sql += "CREATE TABLE " + rows + " (id int PRIMARY KEY, amount int NOT NULL);" +
                   // A source that takes its time, however quick the machine is.
                   "CREATE VIEW slow" + half + " AS SELECT id, amount FROM " + rows +
                   " WHERE pg_sleep(0.2) IS NOT NULL;";
        }
        mesh_ = std::make_unique<MeshNodes>(sql);
        Connection source = mesh_->direct(MeshNodes::databaseOf(0));
        ASSERT_TRUE(
            source.execute("INSERT INTO rows SELECT i, 2 FROM generate_series(0, 4) i; INSERT INTO rows_2 "
                           "SELECT i, 3 FROM generate_series(5, 9) i"));
        Connection b = mesh_->connect(1);
        for (const std::string name : {"rows", "slow"}) {
            ASSERT_EQ(
                answerOf(b, "SELECT tessera.create_sharded_table('sales." + name +
                                "', 'range (id)', '[{\"at\": \"a/crm." + name + "\", \"to\": [5]}, {\"at\": \"a/crm." +
                                name +
                                "_2\", \"from\": [5]}]', key => '{id}', writers => '{tester}', check_rows => false)"),
                "NULL\n");
        }
    }

    static void TearDownTestSuite() { mesh_.reset(); }

    /// What a new session at node b answers, and how many sessions with node a it has taken for that.
    static std::string answerAndSessions(const std::string& sql, const std::string& before = "") {
        Connection b = mesh_->connect(1);
        EXPECT_TRUE(b.execute(before));
        const std::string answer = answerOf(b, sql);
        return answer + answerOf(b, "SELECT count(*) FROM tessera.connections WHERE server = 'a'");
    }

    inline static std::unique_ptr<MeshNodes> mesh_;
};

constexpr const char* kSums = "SELECT count(*), sum(id), sum(amount) FROM sales.slow";

TEST_F(ShardSameNode, AreReadSideBySideWhereThatTakesLong) {
    EXPECT_EQ(answerAndSessions(kSums), "10|45|25\n2\n");
    EXPECT_EQ(answerAndSessions(kSums, "SET tessera.parallel_scans = 1"), "10|45|25\n1\n");
    // Rows one by one, too.
    EXPECT_EQ(answerAndSessions("SELECT sum(id) OVER () FROM sales.slow LIMIT 1"), "45\n2\n");
}

TEST_F(ShardSameNode, AShardIsReadInOneState) {
    // Each of them twice: what is of one shard goes through one session, one after the other.
    EXPECT_EQ(answerAndSessions("SELECT count(*) FROM sales.slow x JOIN (SELECT id, row_number() OVER (ORDER BY id) "
                                "FROM sales.slow) y ON x.id = y.id",
                                "SET tessera.pushdown = filter"),
              "10\n2\n");
}

TEST_F(ShardSameNode, WhatElseIsReadThereHasTheirState) {
    EXPECT_EQ(answerAndSessions("SELECT (SELECT count(*) FROM sales.slow), (SELECT count(*) FROM sales.rows)"),
              "10|10\n1\n");
}

TEST_F(ShardSameNode, ATransactionThatKeepsToOneStateHasOneSession) {
    EXPECT_EQ(answerAndSessions(kSums, "BEGIN ISOLATION LEVEL REPEATABLE READ"), "10|45|25\n1\n");
}

TEST_F(ShardSameNode, ATransactionSeesWhatItHasWritten) {
    Connection b = mesh_->connect(1);
    ASSERT_TRUE(b.execute("BEGIN; INSERT INTO sales.rows VALUES (-1, 1), (10, 1)"));
    EXPECT_EQ(answerOf(b, "SELECT count(*) FROM sales.rows"), "12\n");
    ASSERT_TRUE(b.execute("ROLLBACK"));
    EXPECT_EQ(answerOf(b, "SELECT count(*) FROM sales.rows"), "10\n");
}

}  // namespace
}  // namespace tessera
