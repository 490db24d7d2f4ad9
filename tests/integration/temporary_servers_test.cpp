// The servers that tests start work, can be reached as a customer's would be, and leave nothing behind.

#include "tests/support/temporary_mariadb.h"
#include "tests/support/temporary_postgres.h"

#include <gtest/gtest.h>
#include <signal.h>

namespace tessera {
namespace {

namespace fs = std::filesystem;

TEST(TemporaryPostgres, AnswersOverTcpWithItsPassword) {
    auto server = TemporaryPostgres::start();
    ASSERT_TRUE(server) << server.error().describe();
    auto connection = server->connect();
    ASSERT_TRUE(connection) << connection.error().describe();
    const auto version = connection->queryValue("SHOW server_version_num");
    ASSERT_TRUE(version) << version.error().describe();
    EXPECT_EQ(version->value_or("").substr(0, 2), "15");

    auto settings = server->settings();
    settings.password = "wrong";
    const auto refused = postgres::Connection::open(settings);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, ErrorCode::kUnauthenticated);
}

TEST(TemporaryPostgres, KeepsRowsAndErrorsWhole) {
    auto server = TemporaryPostgres::start();
    ASSERT_TRUE(server) << server.error().describe();
    ASSERT_TRUE(server->execute("CREATE TABLE t (a int, b text)"));
    auto connection = server->connect();
    ASSERT_TRUE(connection) << connection.error().describe();
    ASSERT_TRUE(connection->copyIn("COPY t FROM STDIN (FORMAT csv)", "1,one\n2,\n3,\"thr\"\"ee\"\n"));
    const auto rows = connection->query("SELECT a, b FROM t WHERE a >= $1 ORDER BY a", {"2"});
    ASSERT_TRUE(rows) << rows.error().describe();
    EXPECT_EQ(rows->columns, (std::vector<std::string>{"a", "b"}));
    ASSERT_EQ(rows->values.size(), 2u);
    EXPECT_EQ(rows->values[0][1], std::nullopt);
    EXPECT_EQ(rows->values[1][1], "thr\"ee");
    const auto updated = connection->query("UPDATE t SET b = 'x'");
    ASSERT_TRUE(updated);
    EXPECT_EQ(updated->affected, 3);

    const auto wrong = connection->query("SELECT nothing FROM t");
    ASSERT_FALSE(wrong);
    EXPECT_EQ(wrong.error().sqlstate, "42703");
    EXPECT_EQ(wrong.error().position, 8);
    const auto bad_copy = connection->copyIn("COPY t FROM STDIN (FORMAT csv)", "x,y\n");
    ASSERT_FALSE(bad_copy);
    EXPECT_EQ(bad_copy.error().sqlstate, "22P02");
    EXPECT_TRUE(connection->query("SELECT 1"));
}

TEST(TemporaryPostgres, WhatItSaysWhenItEndsASessionIsKept) {
    auto server = TemporaryPostgres::start();
    ASSERT_TRUE(server) << server.error().describe();
    const std::string end = "SELECT pg_terminate_backend(pg_backend_pid()), pg_sleep(60)";
    auto first = server->connect();
    ASSERT_TRUE(first) << first.error().describe();
    const auto executed = first->execute(end);
    ASSERT_FALSE(executed);
    EXPECT_EQ(executed.error().sqlState(), "57P01");
    auto second = server->connect();
    ASSERT_TRUE(second) << second.error().describe();
    const auto asked = second->query(end + " WHERE $1 = 'x'", {"x"});
    ASSERT_FALSE(asked);
    EXPECT_EQ(asked.error().sqlState(), "57P01");
    EXPECT_EQ(second->query("SELECT 1").error().code, ErrorCode::kUnavailable);
}

TEST(TemporaryPostgres, LeavesNoProcessAndNoFolder) {
    pid_t pid = 0;
    fs::path folder;
    {
        auto server = TemporaryPostgres::start();
        ASSERT_TRUE(server) << server.error().describe();
        pid = server->cluster().pid();
        folder = server->folder();
        EXPECT_EQ(::kill(pid, 0), 0);
    }
    EXPECT_NE(::kill(pid, 0), 0);
    EXPECT_FALSE(fs::exists(folder));
}

TEST(TemporaryPostgres, ComesBackAfterACrash) {
    auto server = TemporaryPostgres::start();
    ASSERT_TRUE(server) << server.error().describe();
    ASSERT_TRUE(server->execute("CREATE TABLE kept (a int)"));
    ASSERT_TRUE(server->cluster().signal(SIGKILL));
    ASSERT_TRUE(server->cluster().wait(std::chrono::seconds(30)));
    const auto gone = server->connect();
    ASSERT_FALSE(gone);
    EXPECT_EQ(gone.error().code, ErrorCode::kUnavailable);
    const auto restarted = server->cluster().start();
    ASSERT_TRUE(restarted) << restarted.error().describe();
    const auto kept = server->execute("SELECT * FROM kept");
    EXPECT_TRUE(kept) << kept.error().describe() << "\n" << server->log();
}

TEST(TemporaryPostgres, RunsOurExtensionAndConnectors) {
    auto server = TemporaryPostgres::start({.with_extension = true});
    ASSERT_TRUE(server) << server.error().describe();
    const auto created = server->execute(
        "CREATE EXTENSION tessera_fdw;"
        "CREATE SERVER numbers FOREIGN DATA WRAPPER tessera_fdw OPTIONS (connector 'files', directory '/usr/share');");
    EXPECT_TRUE(created) << created.error().describe() << "\n" << server->log();
}

TEST(TemporaryMariaDb, AnswersOverTcpWithItsPassword) {
    auto server = TemporaryMariaDb::start();
    ASSERT_TRUE(server) << server.error().describe();
    const auto answer = server->execute(
        "CREATE TABLE t (a int, b text); INSERT INTO t VALUES (1, 'één'), (2, NULL);"
        "SELECT * FROM t; SELECT current_user()");
    ASSERT_TRUE(answer) << answer.error().describe();
    EXPECT_EQ(*answer, "1\téén\n2\tNULL\ntester@%\n");
    const auto wrong = server->execute("SELECT nothing");
    ASSERT_FALSE(wrong);
    EXPECT_NE(wrong.error().detail.find("Unknown column"), std::string::npos) << wrong.error().describe();
}

TEST(TemporaryMariaDb, ComesBackAfterACrash) {
    auto server = TemporaryMariaDb::start();
    ASSERT_TRUE(server) << server.error().describe();
    const pid_t former = server->process().pid();
    server->kill();
    EXPECT_NE(::kill(former, 0), 0);
    EXPECT_FALSE(server->execute("SELECT 1"));
    const auto restarted = server->restart();
    ASSERT_TRUE(restarted) << restarted.error().describe();
    const auto answer = server->execute("SELECT 1");
    ASSERT_TRUE(answer) << answer.error().describe();
    EXPECT_EQ(*answer, "1\n");
}

}  // namespace
}  // namespace tessera
