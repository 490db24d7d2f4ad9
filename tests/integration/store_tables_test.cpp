/// The replicated store's tables as foreign tables of a node's PostgreSQL (the connector `store`): reads, changes that
/// go through the log when their transaction commits, and who may. Real nodes: one alone, and three.

#include "nodeservice/client/jobs_client.h"
#include "tests/support/node_test.h"
#include "tests/support/store_nodes.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <memory>
#include <string>

namespace tessera {
namespace {

using client::StoreClient;
using testing::AllOf;
using testing::HasSubstr;
using testing::StartsWith;

constexpr const char* kSources =
    "sources:\n"
    "  - {name: store, connector: store, import: [{schema: main, into: store}]}\n"
    "  - name: unsure\n"
    "    connector: store\n"
    "    options: {consistency: none}\n"
    "    import: [{schema: main, into: unsure}]\n"
    "init: '@FOLDER@/init'\n";

/// Whoever may do all of it as far as PostgreSQL is concerned.
constexpr const char* kInit =
    "GRANT USAGE ON SCHEMA store, unsure TO PUBLIC;"
    "GRANT SELECT, INSERT, UPDATE, DELETE, TRUNCATE ON ALL TABLES IN SCHEMA store, unsure TO PUBLIC;"
    "DROP FUNCTION IF EXISTS public.helpful();"
    "CREATE FUNCTION public.helpful() RETURNS bigint LANGUAGE sql SECURITY DEFINER AS "
    "'SELECT count(*) FROM store.account';"
    "GRANT EXECUTE ON FUNCTION public.helpful() TO PUBLIC";

constexpr const char* kTables[] = {
    "CREATE TABLE account (id INTEGER PRIMARY KEY, owner TEXT UNIQUE, balance INTEGER NOT NULL DEFAULT 0, "
    "seen TEXT COLLATE NOCASE) STRICT",
    "CREATE TABLE plain (word TEXT, number REAL, bytes BLOB)",
    "CREATE TABLE at (id INTEGER PRIMARY KEY, moment TIMESTAMP DEFAULT CURRENT_TIMESTAMP)",
    "INSERT INTO account VALUES (1, 'ada', 100, 'x'), (2, 'bob', 50, NULL)"};

Result<> write(StoreClient& client, const std::string& sql) {
    const auto done = client.execute({{sql}}, kPatience);
    return done ? Result<>() : Result<>(done.error());
}

std::string targetOf(const TemporaryNode& node, const std::string& user, const std::string& password) {
    return "host=127.0.0.1 dbname=tessera port=" + std::to_string(node.port()) + " user=" + user + " password='" +
           password + "'";
}

class StoreTables : public testing::Test {
  protected:
    static void SetUpTestSuite() {
        auto made = TemporaryNode::prepare(
            {.yaml = std::string(kSources) + "store: {readers: [reader], writers: [writer], administrators: [tester]}\n"
                                             "jobs: {run_as: [writer], administrators: [tester]}\n",
             .users = "{name: reader, password: r}, {name: writer, password: w}, {name: stranger, password: s}"});
        ASSERT_TRUE(made) << made.error().describe();
        node_ = std::make_unique<TemporaryNode>(std::move(*made));
        std::filesystem::create_directory(node_->folder() / "init");
        ASSERT_TRUE(node_->launch());
        auto client = clientOf(*node_);
        for (const char* sql : kTables) {
            const auto done = write(*client, sql);
            ASSERT_TRUE(done) << done.error().describe();
        }
        // The control plane's tables come with the first job.
        const auto jobs = client::JobsClient::create(
            {"node", "127.0.0.1:" + std::to_string(node_->port()), TemporaryNode::kUser, TemporaryNode::kPassword});
        ASSERT_TRUE(jobs);
        const auto applied =
            (*jobs)->apply({{"one.yaml", "job: one\nowner: writer\nsteps:\n  - {name: only, sql: SELECT 1}\n"}}, false);
        ASSERT_TRUE(applied) << applied.error().describe();
        ASSERT_TRUE(applied->problems.empty()) << applied->problems.front().describe();
        node_->stop();
        writeFile(node_->folder() / "init" / "rights.sql", kInit);
        const auto again = node_->launch();
        ASSERT_TRUE(again) << again.error().describe();
    }

    static void TearDownTestSuite() { node_.reset(); }

    void SetUp() override {
        client_ = clientOf(*node_);
        ASSERT_TRUE(write(*client_, "DELETE FROM account WHERE id > 2"));
        ASSERT_TRUE(write(*client_, "DELETE FROM plain"));
        ASSERT_TRUE(write(*client_,
                          "UPDATE account SET balance = iif(id = 1, 100, 50), "
                          "owner = iif(id = 1, 'ada', 'bob'), seen = iif(id = 1, 'x', NULL)"));
    }

    static SessionClient session(const std::string& user) {
        return SessionClient(targetOf(*node_, user, user.substr(0, 1)));
    }

    std::string inStore(const std::string& sql) {
        const auto rows = ask(*client_, sql);
        EXPECT_TRUE(rows) << rows.error().describe();
        return rows && !rows->empty() ? rows->front() : "(none)";
    }

    inline static std::unique_ptr<TemporaryNode> node_;
    std::shared_ptr<StoreClient> client_;
};

TEST_F(StoreTables, AreReadAsTheStoreHoldsThem) {
    const auto reader = session("reader");
    EXPECT_EQ(reader.ask("SELECT string_agg(owner || ' ' || balance, ', ' ORDER BY id) FROM store.account"),
              "ada 100, bob 50");
    // What was answered before is seen, always.
    for (int i = 0; i < 20; ++i) {
        ASSERT_TRUE(write(*client_, "UPDATE account SET balance = " + std::to_string(i) + " WHERE id = 2"));
        ASSERT_EQ(reader.ask("SELECT balance FROM store.account WHERE id = 2"), std::to_string(i));
    }
    EXPECT_EQ(reader.ask("SELECT count(*) FROM store.account a JOIN unsure.account b USING (id)"), "2");
    EXPECT_THAT(reader.ask("EXPLAIN (VERBOSE) SELECT count(*) FROM store.account WHERE balance > 3"),
                HasSubstr("Foreign Scan"));
    // The store's own tables are nobody's.
    EXPECT_EQ(reader.ask("SELECT count(*) FROM information_schema.tables WHERE table_name LIKE '\\_tessera%'"), "0");
}

TEST_F(StoreTables, KeepOneStateForATransactionThatWantsIt) {
    const auto reader = session("reader");
    reader.ask("BEGIN ISOLATION LEVEL REPEATABLE READ");
    EXPECT_EQ(reader.ask("SELECT balance FROM store.account WHERE id = 1"), "100");
    ASSERT_TRUE(write(*client_, "UPDATE account SET balance = 7 WHERE id = 1"));
    EXPECT_EQ(reader.ask("SELECT balance FROM store.account WHERE id = 1"), "100");
    reader.ask("COMMIT");
    EXPECT_EQ(reader.ask("SELECT balance FROM store.account WHERE id = 1"), "7");
}

TEST_F(StoreTables, ChangeWhenTheTransactionCommits) {
    const auto writer = session("writer");
    EXPECT_EQ(writer.ask("BEGIN"), "(done)");
    EXPECT_EQ(writer.ask("INSERT INTO store.account (id, owner) SELECT i, 'o' || i FROM generate_series(3, 1500) i"),
              "(done)");
    EXPECT_THAT(writer.ask("UPDATE store.account SET balance = 1 WHERE id = 1"),
                StartsWith("(error) ERROR:  source \"store\": the replicated store can't be read by a transaction that "
                           "has changed it\nHINT:  what it changes is there when it has committed: read before, or in "
                           "a transaction of its own\nCONTEXT:  remote SQL: SELECT "));
    writer.ask("ROLLBACK");
    EXPECT_EQ(inStore("SELECT count(*) FROM account"), "2");

    EXPECT_EQ(writer.ask("INSERT INTO store.account (id, owner) SELECT i, 'o' || i FROM generate_series(3, 1500) i"),
              "(done)");
    EXPECT_EQ(inStore("SELECT count(*) || ' ' || sum(balance) FROM account"), "1500 150");
    EXPECT_EQ(writer.ask("UPDATE store.account SET balance = balance + 1, seen = owner WHERE id <= 3"), "(done)");
    EXPECT_EQ(inStore("SELECT group_concat(balance || ifnull(seen, '-')) FROM account WHERE id <= 4"),
              "101ada,51bob,1o3,0-");
    EXPECT_EQ(writer.ask("DELETE FROM store.account WHERE id > 2"), "(done)");
    EXPECT_EQ(inStore("SELECT count(*) FROM account"), "2");
    // Tables without a key, and values of every kind.
    EXPECT_EQ(writer.ask("INSERT INTO store.plain VALUES ('ä''?', 0.1, '\\x00ff'), (NULL, -1e300, ''), ('', 0, NULL)"),
              "(done)");
    EXPECT_EQ(writer.ask("UPDATE store.plain SET number = 2 WHERE word = 'ä''?'"), "(done)");
    EXPECT_EQ(writer.ask("SELECT string_agg(concat(word, '|', number, '|', bytes), ' ' ORDER BY number) FROM "
                         "store.plain"),
              "|-1e+300|\\x |0| ä'?|2|\\x00ff");
    EXPECT_EQ(writer.ask("TRUNCATE store.plain"), "(done)");
    EXPECT_EQ(inStore("SELECT count(*) FROM plain"), "0");
    // What the store fills in is the same on all members, and known afterwards.
    EXPECT_EQ(writer.ask("INSERT INTO store.at (id) VALUES (1)"), "(done)");
    EXPECT_EQ(writer.ask("SELECT moment > now() AT TIME ZONE 'utc' - interval '1 hour' FROM store.at"), "t");
}

TEST_F(StoreTables, ChangesAreUndoneToASavepoint) {
    const auto writer = session("writer");
    writer.ask("BEGIN");
    EXPECT_EQ(writer.ask("INSERT INTO store.account (id) VALUES (10)"), "(done)");
    writer.ask("SAVEPOINT a");
    EXPECT_EQ(writer.ask("INSERT INTO store.account (id) VALUES (11)"), "(done)");
    writer.ask("SAVEPOINT b");
    EXPECT_EQ(writer.ask("INSERT INTO store.account (id) VALUES (12)"), "(done)");
    writer.ask("RELEASE b");
    writer.ask("ROLLBACK TO a");
    EXPECT_EQ(writer.ask("INSERT INTO store.account (id) VALUES (13)"), "(done)");
    EXPECT_EQ(writer.ask("COMMIT"), "(done)");
    EXPECT_EQ(inStore("SELECT group_concat(id) FROM account WHERE id > 2"), "10,13");
}

TEST_F(StoreTables, RowsThatOthersHaveChangedAreNotOverwritten) {
    const auto writer = session("writer");
    writer.ask("BEGIN");
    EXPECT_EQ(writer.ask("UPDATE store.account SET balance = balance + 10 WHERE id = 1"), "(done)");
    ASSERT_TRUE(write(*client_, "UPDATE account SET balance = balance + 1 WHERE id = 1"));
    EXPECT_EQ(writer.ask("COMMIT"),
              "(error) ERROR:  source \"store\": the replicated store: a row was changed meanwhile by somebody else\n"
              "HINT:  run the transaction again\n");
    EXPECT_EQ(inStore("SELECT balance FROM account WHERE id = 1"), "101");
    // Also a change that the column's own order does not see, one of another column, and a row that has gone.
    for (const char* other : {"UPDATE account SET seen = 'X' WHERE id = 1",
                              "UPDATE account SET owner = 'eve' WHERE id = 1", "DELETE FROM account WHERE id = 1"}) {
        writer.ask("BEGIN");
        EXPECT_EQ(writer.ask("UPDATE store.account SET balance = 0 WHERE id = 1"), "(done)");
        ASSERT_TRUE(write(*client_, other));
        EXPECT_THAT(writer.ask("COMMIT"), HasSubstr("changed meanwhile")) << other;
    }
    ASSERT_TRUE(write(*client_, "INSERT INTO account VALUES (1, 'ada', 100, 'x')"));
    // Another row's change disturbs nobody.
    writer.ask("BEGIN");
    EXPECT_EQ(writer.ask("DELETE FROM store.account WHERE id = 1"), "(done)");
    ASSERT_TRUE(write(*client_, "UPDATE account SET balance = 1 WHERE id = 2"));
    EXPECT_EQ(writer.ask("COMMIT"), "(done)");
    ASSERT_TRUE(write(*client_, "INSERT INTO account VALUES (1, 'ada', 100, 'x')"));
}

TEST_F(StoreTables, WhatCannotBeChangedLeavesAllAsItWas) {
    const auto writer = session("writer");
    EXPECT_THAT(writer.ask("INSERT INTO store.account (id, owner) VALUES (5, 'eve'), (6, 'ada')"),
                HasSubstr("UNIQUE constraint failed: account.owner"));
    writer.ask("BEGIN");
    EXPECT_EQ(writer.ask("INSERT INTO store.account (id, owner) VALUES (1, 'twice')"), "(done)");
    EXPECT_EQ(writer.ask("CREATE TEMP TABLE here AS SELECT 1"), "(done)");
    EXPECT_THAT(writer.ask("COMMIT"), StartsWith("(error) ERROR:  source \"store\": the replicated store: UNIQUE"));
    EXPECT_THAT(writer.ask("SELECT * FROM here"), HasSubstr("does not exist"));
    EXPECT_THAT(writer.ask("INSERT INTO store.account (id) VALUES (7) RETURNING id"), HasSubstr("(error)"));
    EXPECT_THAT(writer.ask("INSERT INTO store.account (id) VALUES (7) ON CONFLICT DO NOTHING"), HasSubstr("(error)"));
    EXPECT_THAT(writer.ask("INSERT INTO store.plain (bytes) SELECT decode(repeat('00', 1000000), 'hex') FROM "
                           "generate_series(1, 9)"),
                HasSubstr("takes 7 MiB"));
    EXPECT_EQ(inStore("SELECT count(*) FROM account"), "2");
    EXPECT_EQ(inStore("SELECT count(*) FROM plain"), "0");
}

TEST_F(StoreTables, AreForWhomTheStoreLetsIn) {
    const auto stranger = session("stranger");
    const auto refused = AllOf(StartsWith("(error)"), HasSubstr("the role 'stranger' may not read the store"));
    EXPECT_THAT(stranger.ask("SELECT * FROM store.account"), refused);
    EXPECT_THAT(stranger.ask("SELECT count(*) FROM unsure.account"), refused);
    EXPECT_THAT(stranger.ask("INSERT INTO store.account (id) VALUES (9)"), StartsWith("(error)"));
    // Whoever's function it is: who signed in is asked for.
    EXPECT_THAT(stranger.ask("SELECT public.helpful()"), HasSubstr("may not read the store"));
    const auto reader = session("reader");
    EXPECT_EQ(reader.ask("SELECT public.helpful()"), "2");
    EXPECT_THAT(reader.ask("INSERT INTO store.account (id) VALUES (9)"),
                HasSubstr("the role 'reader' may not write the store"));
    EXPECT_THAT(reader.ask("UPDATE store.account SET balance = 0"), HasSubstr("may not write"));
    EXPECT_THAT(reader.ask("DELETE FROM store.account"), HasSubstr("may not write"));
    EXPECT_EQ(inStore("SELECT count(*) || ' ' || sum(balance) FROM account"), "2 150");
}

TEST_F(StoreTables, TheControlPlaneIsOnlyRead) {
    const auto writer = session("writer");
    EXPECT_EQ(writer.ask("SELECT count(*) > 0 FROM store.job_schema"), "t");
    EXPECT_THAT(
        writer.ask("UPDATE store.job_schema SET changes = changes + 1"),
        AllOf(StartsWith("(error)"), HasSubstr("'job_schema' is the control plane's"), HasSubstr("'tessera job'")));
    EXPECT_THAT(writer.ask("INSERT INTO store.job (name, version, is_paused) VALUES ('forged', 1, 0)"),
                HasSubstr("control plane's"));
    EXPECT_THAT(writer.ask("DELETE FROM store.job_schema"), HasSubstr("control plane's"));
    EXPECT_THAT(writer.ask("SELECT tessera.remote_execute('store', 'DROP TABLE job')"), StartsWith("(error)"));
    const auto by_service = client_->execute({{"UPDATE job_schema SET changes = 9"}}, kPatience);
    ASSERT_FALSE(by_service);
    EXPECT_THAT(by_service.error().message, HasSubstr("'tessera job'"));
    EXPECT_EQ(inStore("SELECT group_concat(name) FROM job"), "one");
}

TEST(StoreTablesOfThreeNodes, SeeWhatWasAnsweredBeforeOnWhicheverNode) {
    Nodes nodes(Nodes::Links::kOwn, {.sections = "  writers: [writer]\n" + std::string(kSources),
                                     .users = ", {name: writer, password: w}"});
    ASSERT_NO_FATAL_FAILURE(nodes.start());
    const std::size_t leader = nodes.awaitLeader();
    ASSERT_LT(leader, kMembers);
    auto client = clientOf(nodes.at(leader));
    for (const char* sql : kTables) {
        const auto done = untilReached<bool>([&]() -> Result<bool> {
            TSR_TRY(write(*client, sql));
            return true;
        });
        ASSERT_TRUE(done) << done.error().describe();
    }
    // The tables are there at a node's next start.
    const std::size_t follower = (leader + 1) % kMembers;
    const std::size_t other = (leader + 2) % kMembers;
    for (const std::size_t member : {follower, other}) {
        ASSERT_TRUE(waitUntil(
            [&] {
                return ask(*clientOf(nodes.at(member)), "SELECT count(*) FROM account", client::StoreConsistency::kNone)
                           .value_or(Rows{}) == Rows{"2"};
            },
            kPatience));
        nodes.at(member).stop();
        writeFile(nodes.at(member).folder() / "init" / "rights.sql", kInit);
        const auto again = nodes.at(member).launch();
        ASSERT_TRUE(again) << again.error().describe();
    }
    const SessionClient writer(targetOf(nodes.at(follower), "writer", "w"));
    const SessionClient reader(targetOf(nodes.at(other), "reader", "r"));
    for (int i = 0; i < 10; ++i) {
        ASSERT_EQ(writer.ask("UPDATE store.account SET balance = " + std::to_string(i) + " WHERE id = 1"), "(done)");
        ASSERT_EQ(reader.ask("SELECT balance FROM store.account WHERE id = 1"), std::to_string(i));
    }
    // A member that hears nobody says so, and shows what it holds to those who don't mind.
    nodes.isolate(other);
    EXPECT_THAT(reader.ask("SELECT balance FROM store.account WHERE id = 1"), StartsWith("(error)"));
    EXPECT_EQ(reader.ask("SELECT balance FROM unsure.account WHERE id = 1"), "9");
    nodes.heal();
}

}  // namespace
}  // namespace tessera
