/// Writes through the extension into a real PostgreSQL: how they are sent, what a transaction shows and undoes, and how
/// they fail. Whether contents are right under every dialect is tests/correctness' question.

#include "common/strings.h"
#include "tests/support/temporary_directory.h"
#include "tests/support/temporary_postgres.h"
#include "tests/support/wait_until.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <csignal>
#include <functional>
#include <thread>

namespace tessera {
namespace {

using postgres::Connection;
using testing::HasSubstr;
using testing::Not;

/// A node with the extension, and two customers' PostgreSQLs; for all tests of a process.
class FdwWrite : public testing::Test {
  protected:
    static void SetUpTestSuite() {
        // What is in doubt is looked after when a test says so, and not in the midst of it.
        node_ = start({.with_extension = true, .settings = {{"tessera.resolve_interval", "0"}}});
        crm_ = start({.settings = {{"max_prepared_transactions", "10"}, {"deadlock_timeout", "100ms"}}});
        erp_ = start({.settings = {{"max_prepared_transactions", "10"}}});
        ASSERT_TRUE(node_ && crm_ && erp_);
    }

    static void TearDownTestSuite() {
        node_.reset();
        crm_.reset();
        erp_.reset();
    }

    static std::unique_ptr<TemporaryPostgres> start(const TemporaryPostgresOptions& options) {
        auto started = TemporaryPostgres::start(options);
        EXPECT_TRUE(started) << started.error().describe();
        return started ? std::make_unique<TemporaryPostgres>(std::move(*started)) : nullptr;
    }

    void SetUp() override {
        for (const auto* source : {crm_.get(), erp_.get()}) {
            const auto made = source->execute(
                "SET client_min_messages = warning; DROP SCHEMA public CASCADE; CREATE SCHEMA public;"
                "CREATE TYPE public.mood AS ENUM ('sad', 'ok');"
                "CREATE TABLE public.t (id int PRIMARY KEY, name text, amount numeric(12,2), at timestamptz);"
                "CREATE TABLE public.odd (id serial PRIMARY KEY, m public.mood, doubled int GENERATED ALWAYS AS (n * "
                "2) "
                "STORED, n int, j jsonb, made date NOT NULL DEFAULT date '2020-02-02');"
                "CREATE TABLE public.bare (a int, b text)");
            ASSERT_TRUE(made) << made.error().describe();
        }
        auto opened = node_->connect();
        ASSERT_TRUE(opened) << opened.error().describe();
        connection_ = std::make_unique<Connection>(std::move(*opened));
        must(
            "SET client_min_messages = warning; DROP EXTENSION IF EXISTS tessera_fdw CASCADE;"
            "DROP SCHEMA IF EXISTS crm, erp, loc CASCADE; CREATE SCHEMA crm; CREATE SCHEMA erp; CREATE SCHEMA loc;"
            "CREATE EXTENSION tessera_fdw;" +
            server("crm", crm_->port()) + server("erp", erp_->port()) +
            "IMPORT FOREIGN SCHEMA public FROM SERVER crm INTO crm; IMPORT FOREIGN SCHEMA public FROM SERVER erp INTO "
            "erp");
    }

    static std::string server(const std::string& name, std::uint16_t port) {
        return "CREATE SERVER " + name +
               " FOREIGN DATA WRAPPER tessera_fdw OPTIONS (connector 'postgres', host '127.0.0.1', port '" +
               std::to_string(port) + "', dbname 'postgres');" + "CREATE USER MAPPING FOR CURRENT_USER SERVER " + name +
               " OPTIONS (user 'postgres', password " + quoteLiteral(TemporaryPostgres::kPassword) + ");";
    }

    void must(const std::string& sql) {
        const auto done = connection_->execute(sql);
        ASSERT_TRUE(done) << sql << "\n" << done.error().describe();
    }

    static std::string valueOf(Connection& connection, const std::string& sql) {
        auto result = connection.queryValue(sql);
        EXPECT_TRUE(result) << sql << "\n" << result.error().describe();
        return result ? result->value_or("NULL") : "";
    }

    std::string value(const std::string& sql) { return valueOf(*connection_, sql); }

    /// As the source itself sees it.
    static std::string at(const TemporaryPostgres& source, const std::string& sql) {
        auto connection = source.connect();
        EXPECT_TRUE(connection) << connection.error().describe();
        return connection ? valueOf(*connection, sql) : "";
    }

    static constexpr const char* kCheckpointer = "SELECT pid FROM pg_stat_activity WHERE backend_type = 'checkpointer'";

    /// After a backend was killed: until the server notices, it takes connections, and ends them then.
    static bool hasBegunAnew(const TemporaryPostgres& server, const std::string& checkpointer_before) {
        return waitUntil([&] {
            auto connection = server.connect();
            const auto checkpointer =
                connection ? connection->queryValue(kCheckpointer) : fail(ErrorCode::kInternal, "");
            return checkpointer && *checkpointer && **checkpointer != checkpointer_before;
        });
    }

    Error error(const std::string& sql) {
        auto result = connection_->query(sql);
        EXPECT_FALSE(result) << sql;
        return result ? Error{} : result.error();
    }

    std::string rows(const std::string& sql) {
        std::string text;
        auto result = connection_->query(sql);
        EXPECT_TRUE(result) << sql << "\n" << result.error().describe();
        for (const auto& row : result ? result->values : decltype(result->values){}) {
            text += text.empty() ? "" : ";";
            for (std::size_t i = 0; i < row.size(); ++i) {
                text += (i > 0 ? "," : "") + row[i].value_or("NULL");
            }
        }
        return text;
    }

    std::string explain(const std::string& sql) { return rows("EXPLAIN (VERBOSE, COSTS OFF) " + sql); }

    inline static std::unique_ptr<TemporaryPostgres> node_;
    inline static std::unique_ptr<TemporaryPostgres> crm_;
    inline static std::unique_ptr<TemporaryPostgres> erp_;
    std::unique_ptr<Connection> connection_;
};

TEST_F(FdwWrite, InsertsInBulkAndShowsItsOwnRows) {
    must(
        "BEGIN; INSERT INTO crm.t SELECT i, 'name ' || i, i * 1.5, timestamptz '2024-01-01 00:00+00' + i * interval '1 "
        "h' "
        "FROM generate_series(1, 30000) i");
    EXPECT_EQ(value("SELECT count(*) || ' ' || sum(amount) FROM crm.t"), "30000 675022500.00");
    EXPECT_EQ(at(*crm_, "SELECT count(*) FROM t"), "0");
    must("COMMIT");
    EXPECT_EQ(at(*crm_, "SELECT count(*) || ' ' || max(name) || ' ' || max(at) FROM t"),
              "30000 name 9999 2027-06-04 00:00:00+00");
    must("INSERT INTO crm.t VALUES (-1, E'tab\\t, line\\n, back\\\\slash', NULL, 'infinity')");
    EXPECT_EQ(at(*crm_,
                 "SELECT name = E'tab\\t, line\\n, back\\\\slash' AND amount IS NULL AND at = 'infinity' FROM t WHERE "
                 "id = -1"),
              "t");
}

TEST_F(FdwWrite, RollsBackAndKeepsSavepoints) {
    must(
        "BEGIN; INSERT INTO crm.t VALUES (1, 'a'); SAVEPOINT s; INSERT INTO crm.t VALUES (2, 'b'); UPDATE crm.t SET "
        "name = "
        "'x'; ROLLBACK TO s; INSERT INTO crm.t VALUES (3, 'c'); SAVEPOINT s2; DELETE FROM crm.t WHERE id = 1; RELEASE "
        "s2; "
        "COMMIT");
    EXPECT_EQ(rows("SELECT id, name FROM crm.t ORDER BY id"), "3,c");
    must("BEGIN; DELETE FROM crm.t; ROLLBACK");
    EXPECT_EQ(at(*crm_, "SELECT count(*) FROM t"), "1");
    must(
        "DO $$ BEGIN FOR i IN 1..5 LOOP BEGIN INSERT INTO crm.t VALUES (i, 'loop'); EXCEPTION WHEN unique_violation "
        "THEN "
        "NULL; END; END LOOP; END $$");
    EXPECT_EQ(rows("SELECT id, name FROM crm.t ORDER BY id"), "1,loop;2,loop;3,c;4,loop;5,loop");
}

TEST_F(FdwWrite, ChangesRowsDirectlyOrOneByOne) {
    must("INSERT INTO crm.t SELECT i, 'n' || i, i FROM generate_series(1, 10) i");
    EXPECT_THAT(explain("UPDATE crm.t SET name = 'big', amount = amount + 1 WHERE id > 8"),
                testing::AllOf(HasSubstr("Foreign Update on crm.t"), HasSubstr("UPDATE \"public\".\"t\" SET")));
    EXPECT_EQ(rows("UPDATE crm.t SET name = 'big', amount = amount + 1 WHERE id > 8 RETURNING id, amount, name"),
              "9,10.00,big;10,11.00,big");
    EXPECT_THAT(explain("DELETE FROM crm.t WHERE random() < 0"), Not(HasSubstr("Foreign Delete")));
    EXPECT_EQ(rows("DELETE FROM crm.t WHERE id = 3 AND random() >= 0 RETURNING *"), "3,n3,3.00,NULL");
    must("CREATE TABLE loc.k (k int); INSERT INTO loc.k VALUES (1), (2)");
    EXPECT_EQ(rows("UPDATE crm.t SET id = id + 100, name = name || '!' FROM loc.k WHERE k = id RETURNING id, name, k"),
              "101,n1!,1;102,n2!,2");
    EXPECT_EQ(at(*crm_, "SELECT string_agg(id || name, ',' ORDER BY id) FROM t"),
              "4n4,5n5,6n6,7n7,8n8,9big,10big,101n1!,102n2!");
    // Without a key, by the row's address.
    must("INSERT INTO crm.bare VALUES (1, 'a'), (1, 'a'), (2, 'b')");
    EXPECT_EQ(rows("DELETE FROM crm.bare WHERE random() >= 0 AND a = 1 RETURNING a, b"), "1,a;1,a");
    EXPECT_EQ(rows("UPDATE crm.bare SET b = b || random()::int / 2 RETURNING a, left(b, 1)"), "2,b");
}

TEST_F(FdwWrite, LeavesDefaultsAndGeneratedColumnsToTheSource) {
    EXPECT_EQ(
        rows("INSERT INTO crm.odd (n, m, j) VALUES (21, 'ok', '{\"a\": [1]}') RETURNING id, m, doubled, n, j, made"),
        "1,ok,42,21,{\"a\": [1]},2020-02-02");
    must("INSERT INTO crm.odd (n, m) SELECT i, 'sad' FROM generate_series(1, 3) i");
    EXPECT_EQ(rows("SELECT id, m, doubled FROM crm.odd ORDER BY id"), "1,ok,42;2,sad,2;3,sad,4;4,sad,6");
    EXPECT_EQ(rows("UPDATE crm.odd SET n = 5, m = 'sad' WHERE id = 1 RETURNING m, doubled"), "sad,10");
}

TEST_F(FdwWrite, TriggersChecksAndPartitionsSeeWhatTheSourceStored) {
    must(
        "CREATE TABLE loc.log (what text); CREATE FUNCTION loc.note() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
        "INSERT "
        "INTO loc.log VALUES (TG_OP || ' ' || coalesce(NEW.id, OLD.id) || ' ' || coalesce(NEW.name, '-')); RETURN "
        "NULL; END $$;"
        "CREATE TRIGGER noted AFTER INSERT OR UPDATE OR DELETE ON crm.t FOR EACH ROW EXECUTE FUNCTION loc.note();"
        "CREATE FUNCTION loc.louder() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN NEW.name = upper(NEW.name); RETURN "
        "NEW; "
        "END $$; CREATE TRIGGER louder BEFORE INSERT OR UPDATE ON crm.t FOR EACH ROW EXECUTE FUNCTION loc.louder()");
    must(
        "INSERT INTO crm.t VALUES (1, 'one'), (2, 'two'); UPDATE crm.t SET amount = 5 WHERE id = 2; DELETE FROM crm.t "
        "WHERE "
        "id = 1");
    EXPECT_EQ(rows("SELECT what FROM loc.log"), "INSERT 1 ONE;INSERT 2 TWO;UPDATE 2 TWO;DELETE 1 -");
    EXPECT_EQ(at(*crm_, "SELECT name || amount FROM t"), "TWO5.00");

    must(
        "CREATE TABLE loc.parts (id int, name text, amount numeric(12,2), at timestamptz) PARTITION BY RANGE (id);"
        "DROP TRIGGER noted ON crm.t; DROP TRIGGER louder ON crm.t; DELETE FROM crm.t;"
        "ALTER TABLE loc.parts ATTACH PARTITION crm.t FOR VALUES FROM (0) TO (100);"
        "ALTER TABLE loc.parts ATTACH PARTITION erp.t FOR VALUES FROM (100) TO (200);"
        "CREATE TABLE loc.rest PARTITION OF loc.parts DEFAULT");
    must("INSERT INTO loc.parts SELECT i, 'p' || i FROM generate_series(0, 299, 10) i");
    EXPECT_EQ(at(*crm_, "SELECT count(*) FROM t") + at(*erp_, "SELECT count(*) FROM t"), "1010");
    EXPECT_EQ(value("SELECT count(*) FROM loc.rest"), "10");
    must("UPDATE loc.parts SET name = name || '!' WHERE id % 20 = 0; DELETE FROM loc.parts WHERE id >= 150");
    EXPECT_EQ(value("SELECT count(*) FILTER (WHERE name LIKE '%!') || ' ' || count(*) FROM loc.parts"), "8 15");
}

TEST_F(FdwWrite, CopyIsSentInBulk) {
    std::string text;
    for (int i = 1; i <= 20000; ++i) {
        text += std::to_string(i) + "\tcopied\n";
    }
    const auto copied = connection_->copyIn("COPY crm.t (id, name) FROM STDIN", text);
    ASSERT_TRUE(copied) << copied.error().describe();
    EXPECT_EQ(at(*crm_, "SELECT count(*) FROM t WHERE name = 'copied'"), "20000");
    EXPECT_EQ(value("SELECT statements < 50 FROM tessera.connections WHERE server = 'crm' AND statements > 0"), "t");
}

TEST_F(FdwWrite, SnapshotsLastAsTheIsolationLevelSays) {
    must("INSERT INTO crm.t VALUES (1, 'old')");
    must("BEGIN ISOLATION LEVEL REPEATABLE READ");
    EXPECT_EQ(value("SELECT name FROM crm.t"), "old");
    ASSERT_TRUE(crm_->execute("UPDATE t SET name = 'new'"));
    EXPECT_EQ(value("SELECT name FROM crm.t"), "old");
    EXPECT_EQ(error("UPDATE crm.t SET name = 'mine'").sqlState(), "40001");
    must("ROLLBACK");
    EXPECT_EQ(value("SELECT name FROM crm.t"), "new");
    must("BEGIN READ ONLY");
    EXPECT_EQ(error("DELETE FROM crm.t").sqlState(), "25006");
    must("ROLLBACK");
}

TEST_F(FdwWrite, AConcurrentChangeIsSeenBeforeItIsOverwritten) {
    must("INSERT INTO crm.t VALUES (1, 'counter', 0)");
    auto other = node_->connect();
    ASSERT_TRUE(other);
    must("BEGIN; UPDATE crm.t SET amount = amount + 1 WHERE id = 1");
    std::thread waiting([&] {
        // By rows, as random() stays here: it waits for the row, and then adds to what it has become.
        EXPECT_TRUE(other->execute("UPDATE crm.t SET amount = amount + 10 WHERE id = 1 AND random() >= 0"));
    });
    ASSERT_TRUE(waitUntil(
        [&] { return at(*crm_, "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'") == "1"; }));
    must("COMMIT");
    waiting.join();
    EXPECT_EQ(at(*crm_, "SELECT amount FROM t"), "11.00");
    must("BEGIN; SELECT * FROM crm.t WHERE id = 1 FOR UPDATE");
    EXPECT_FALSE(crm_->execute("SET lock_timeout = '50ms'; UPDATE t SET amount = 0"));
    must("COMMIT");
}

TEST_F(FdwWrite, FailuresAreErrorsAndTheSessionGoesOn) {
    must("INSERT INTO crm.t VALUES (1, 'a')");
    EXPECT_EQ(error("INSERT INTO crm.t VALUES (2, 'b'), (1, 'twice')").sqlState(), "23505");
    EXPECT_EQ(error("UPDATE crm.t SET id = NULL").sqlState(), "23502");
    EXPECT_EQ(rows("SELECT id FROM crm.t"), "1");
    // Lost while writing: all of it is undone, and the next transaction has a new session.
    must("BEGIN; INSERT INTO crm.t VALUES (5, 'x') RETURNING id");
    const std::string end_all =
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid() AND application_name = "
        "'tessera'";
    ASSERT_TRUE(crm_->execute(end_all));
    EXPECT_EQ(error("INSERT INTO crm.t VALUES (6, 'y') RETURNING id").sqlState(), "08006");
    must("ROLLBACK; INSERT INTO crm.t VALUES (7, 'z')");
    EXPECT_EQ(rows("SELECT id FROM crm.t ORDER BY id"), "1;7");
    // Lost before the commit: whether it happened is not known here.
    must("BEGIN; INSERT INTO crm.t VALUES (8, 'w') RETURNING id");
    ASSERT_TRUE(crm_->execute(end_all));
    EXPECT_EQ(error("COMMIT").sqlState(), "08007");
    EXPECT_EQ(rows("SELECT id FROM crm.t ORDER BY id"), "1;7");
    // A deferred constraint speaks at the commit, and nothing stays.
    ASSERT_TRUE(crm_->execute("ALTER TABLE bare ADD UNIQUE (a) DEFERRABLE INITIALLY DEFERRED"));
    must("BEGIN; INSERT INTO crm.bare VALUES (1), (1); CREATE TABLE loc.gone (i int)");
    EXPECT_EQ(error("COMMIT").sqlState(), "23505");
    EXPECT_EQ(value("SELECT to_regclass('loc.gone') IS NULL"), "t");
}

TEST_F(FdwWrite, ACancelEndsAWriteAtTheSource) {
    ASSERT_TRUE(crm_->execute(
        "CREATE FUNCTION slow() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM pg_sleep(30); RETURN "
        "NEW; END $$; CREATE TRIGGER slow BEFORE INSERT ON t FOR EACH ROW EXECUTE FUNCTION slow()"));
    must("SET statement_timeout = '300ms'");
    EXPECT_EQ(error("INSERT INTO crm.t VALUES (1, 'a')").sqlState(), "57014");
    must("RESET statement_timeout");
    EXPECT_TRUE(waitUntil([&] {
        return at(*crm_,
                  "SELECT count(*) FROM pg_stat_activity WHERE pid <> pg_backend_pid() AND application_name = "
                  "'tessera' AND state = 'active'") == "0";
    }));
    must("ALTER SERVER crm OPTIONS (ADD query_timeout '1')");
    EXPECT_THAT(error("INSERT INTO crm.t VALUES (1, 'a')").message, HasSubstr("no answer within 1 s"));
    EXPECT_EQ(rows("SELECT id FROM crm.t"), "");
}

TEST_F(FdwWrite, DeadlocksAtTheSourceAreReportedAsThat) {
    must("INSERT INTO crm.t VALUES (1, 'a'), (2, 'b')");
    auto other = node_->connect();
    ASSERT_TRUE(other);
    must("BEGIN; UPDATE crm.t SET name = 'x' WHERE id = 1");
    ASSERT_TRUE(other->execute("BEGIN; UPDATE crm.t SET name = 'y' WHERE id = 2"));
    Result<> theirs;
    std::thread waiting([&] { theirs = other->execute("UPDATE crm.t SET name = 'y' WHERE id = 1; COMMIT"); });
    const auto mine = connection_->execute("UPDATE crm.t SET name = 'x' WHERE id = 2; COMMIT");
    if (!mine) {
        (void)connection_->execute("ROLLBACK");
    }
    waiting.join();
    ASSERT_NE(mine.has_value(), theirs.has_value());
    EXPECT_EQ((mine ? theirs : mine).error().sqlState(), "40P01");
}

TEST_F(FdwWrite, TwoSourcesCommitInTwoPhases) {
    must("ALTER SERVER crm OPTIONS (ADD two_phase 'true'); ALTER SERVER erp OPTIONS (ADD two_phase 'true')");
    must("BEGIN; INSERT INTO crm.t VALUES (1, 'a'); INSERT INTO erp.t VALUES (1, 'b'); COMMIT");
    EXPECT_EQ(value("SELECT count(*) FROM tessera.two_phase_log"), "1");
    EXPECT_EQ(at(*crm_, "SELECT count(*) FROM t") + at(*erp_, "SELECT count(*) FROM t"), "11");
    // One source alone needs no second phase.
    must("INSERT INTO crm.t VALUES (2, 'a')");
    EXPECT_EQ(value("SELECT count(*) FROM tessera.two_phase_log"), "1");
    // The second can't be prepared: the first is rolled back.
    ASSERT_TRUE(erp_->execute("ALTER TABLE bare ADD UNIQUE (a) DEFERRABLE INITIALLY DEFERRED"));
    must("BEGIN; INSERT INTO crm.t VALUES (3, 'a'); INSERT INTO erp.bare VALUES (1), (1)");
    EXPECT_EQ(error("COMMIT").sqlState(), "23505");
    EXPECT_EQ(at(*crm_, "SELECT count(*) FROM t WHERE id = 3"), "0");
    EXPECT_EQ(at(*crm_, "SELECT count(*) FROM pg_prepared_xacts"), "0");
    must("BEGIN; INSERT INTO crm.t VALUES (4, 'a')");
    EXPECT_THAT(error("PREPARE TRANSACTION 'own'").message, HasSubstr("cannot PREPARE"));
}

/// Rows of the log go when no source can ask for them any more, and not before.
TEST_F(FdwWrite, TheLogForgetsWhatAllSourcesHaveBeenTold) {
    must("ALTER SERVER crm OPTIONS (ADD two_phase 'true'); ALTER SERVER erp OPTIONS (ADD two_phase 'true')");
    const auto rows = [&] { return value("SELECT count(*) FROM tessera.two_phase_log"); };
    const auto change = [](int id) {
        const std::string row = "(" + std::to_string(id) + ", 'a')";
        return "BEGIN; INSERT INTO crm.t VALUES " + row + "; INSERT INTO erp.t VALUES " + row + "; COMMIT";
    };
    for (int i = 0; i < 3; ++i) {
        must(change(100 + i));
    }
    EXPECT_EQ(rows(), "3");
    EXPECT_EQ(value("SELECT tessera.resolve_in_doubt()"), "0");
    EXPECT_EQ(rows(), "0");
    // One of the sources is not asked: it may still hold something.
    must(change(200));
    must("ALTER SERVER erp OPTIONS (SET two_phase 'false')");
    EXPECT_EQ(value("SELECT tessera.resolve_in_doubt()"), "0");
    EXPECT_EQ(rows(), "1");
    must("ALTER SERVER erp OPTIONS (SET two_phase 'true', SET port '1')");
    EXPECT_EQ(value("SELECT tessera.resolve_in_doubt()"), "0");
    EXPECT_EQ(rows(), "1");
    must("ALTER SERVER erp OPTIONS (SET port '" + std::to_string(erp_->port()) + "')");
    // It does, of a transaction that has committed here: the row is there until that has been committed there.
    const std::string key = value("SELECT transaction FROM tessera.two_phase_log");
    const std::string part = value("SELECT split_part(parts, ' ', 2) FROM tessera.two_phase_log");
    ASSERT_TRUE(erp_->execute("BEGIN; INSERT INTO t VALUES (8, 'late'); PREPARE TRANSACTION " +
                              quoteLiteral(key + "_" + part)));
    EXPECT_EQ(value("SELECT tessera.resolve_in_doubt()"), "1");
    EXPECT_EQ(at(*erp_, "SELECT name FROM t WHERE id = 8"), "late");
    EXPECT_EQ(rows(), "0");
    // Of a transaction that has not ended nothing is known.
    must("BEGIN; INSERT INTO crm.t VALUES (2, 'a'); INSERT INTO erp.t VALUES (2, 'b')");
    auto other = node_->connect();
    ASSERT_TRUE(other);
    EXPECT_EQ(valueOf(*other, "SELECT tessera.resolve_in_doubt()"), "0");
    must("COMMIT");
    EXPECT_EQ(rows(), "1");
}

TEST_F(FdwWrite, WhatACrashLeftInDoubtIsResolved) {
    must("ALTER SERVER crm OPTIONS (ADD two_phase 'true'); ALTER SERVER erp OPTIONS (ADD two_phase 'true')");
    // The backend is killed when crm has prepared and erp, whose deferred trigger waits, has not.
    ASSERT_TRUE(
        erp_->execute("CREATE FUNCTION wait() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM pg_sleep(3); RETURN "
                      "NULL; END $$; CREATE CONSTRAINT TRIGGER wait AFTER INSERT ON t DEFERRABLE INITIALLY DEFERRED "
                      "FOR EACH ROW EXECUTE FUNCTION wait()"));
    must("BEGIN; INSERT INTO crm.t VALUES (1, 'a'); INSERT INTO erp.t VALUES (1, 'b')");
    const auto pid = static_cast<pid_t>(std::stoi(value("SELECT pg_backend_pid()")));
    std::thread committing([&] { EXPECT_FALSE(connection_->execute("COMMIT")); });
    ASSERT_TRUE(waitUntil([&] { return at(*crm_, "SELECT count(*) FROM pg_prepared_xacts") == "1"; }));
    const std::string checkpointer = at(*node_, kCheckpointer);
    ::kill(pid, SIGKILL);
    committing.join();
    ASSERT_TRUE(hasBegunAnew(*node_, checkpointer));
    ASSERT_TRUE(waitUntil([&] {
        auto again = node_->connect();
        if (again) {
            connection_ = std::make_unique<Connection>(std::move(*again));
        }
        return again.has_value();
    }));
    ASSERT_TRUE(waitUntil([&] {
        return at(*erp_,
                  "SELECT count(*) FROM pg_stat_activity WHERE pid <> pg_backend_pid() AND application_name = "
                  "'tessera'") == "0";
    }));
    EXPECT_GE(std::stoi(value("SELECT tessera.resolve_in_doubt()")), 1);
    EXPECT_EQ(at(*crm_, "SELECT count(*) FROM pg_prepared_xacts") + at(*erp_, "SELECT count(*) FROM pg_prepared_xacts"),
              "00");
    EXPECT_EQ(at(*crm_, "SELECT count(*) FROM t") + at(*erp_, "SELECT count(*) FROM t"), "00");

    // Committed here, but a source was not told: the log's row says that it must commit.
    ASSERT_TRUE(
        crm_->execute("BEGIN; INSERT INTO t VALUES (9, 'told'); PREPARE TRANSACTION " +
                      quoteLiteral(value("SELECT 'tessera_' || system_identifier || '_' || (SELECT oid FROM "
                                         "pg_database WHERE datname = current_database()) || '_3_' || (SELECT oid FROM "
                                         "pg_foreign_server WHERE srvname = 'crm') || '_' || "
                                         "'postgres'::regrole::oid FROM pg_control_system()"))));
    must(
        "INSERT INTO tessera.two_phase_log SELECT 'tessera_' || system_identifier || '_' || (SELECT oid FROM "
        "pg_database WHERE "
        "datname = current_database()) || '_3' FROM pg_control_system()");
    EXPECT_EQ(value("SELECT tessera.resolve_in_doubt()"), "1");
    EXPECT_EQ(at(*crm_, "SELECT name FROM t WHERE id = 9"), "told");
}

/// A node of its own, whose worker looks every second; nobody calls anything.
TEST_F(FdwWrite, WhatACrashLeftInDoubtIsResolvedByItself) {
    for (const bool preloaded : {true, false}) {
        TemporaryPostgresOptions options{.with_extension = true, .settings = {{"tessera.resolve_interval", "1"}}};
        if (preloaded) {
            options.settings.emplace_back("shared_preload_libraries", "tessera_fdw");
        }
        const auto node = start(options);
        ASSERT_TRUE(node);
        ASSERT_TRUE(node->execute(
            "CREATE SCHEMA crm; CREATE SCHEMA erp; CREATE EXTENSION tessera_fdw;" + server("crm", crm_->port()) +
            server("erp", erp_->port()) +
            "ALTER SERVER crm OPTIONS (ADD two_phase 'true'); ALTER SERVER erp OPTIONS (ADD two_phase 'true');"
            "IMPORT FOREIGN SCHEMA public FROM SERVER crm INTO crm; IMPORT FOREIGN SCHEMA public FROM SERVER erp INTO "
            "erp"));
        // crm has prepared, and erp's deferred trigger waits.
        ASSERT_TRUE(erp_->execute(
            "CREATE OR REPLACE FUNCTION wait() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM pg_sleep(2); "
            "RETURN "
            "NULL; END $$; CREATE CONSTRAINT TRIGGER wait AFTER INSERT ON t DEFERRABLE INITIALLY DEFERRED FOR EACH "
            "ROW EXECUTE FUNCTION wait()"));
        const auto killWhile = [&](const std::string& id, const std::function<void()>& meanwhile) {
            auto writer = node->connect();
            ASSERT_TRUE(writer);
            ASSERT_TRUE(writer->execute("BEGIN; INSERT INTO crm.t VALUES (" + id +
                                        ", 'a'); INSERT INTO erp.t VALUES (" + id + ", 'b')"));
            const auto pid = static_cast<pid_t>(std::stoi(valueOf(*writer, "SELECT pg_backend_pid()")));
            std::thread committing([&] { (void)writer->execute("COMMIT"); });
            EXPECT_TRUE(waitUntil([&] { return at(*crm_, "SELECT count(*) FROM pg_prepared_xacts") == "1"; }));
            meanwhile();
            const std::string checkpointer = at(*node, kCheckpointer);
            ::kill(pid, SIGKILL);
            committing.join();
            EXPECT_TRUE(hasBegunAnew(*node, checkpointer));
        };
        const auto resolved = [&] {
            return waitUntil([&] {
                if (!preloaded) {
                    // The next change of such a source, and no call, is what starts the worker.
                    auto user = node->connect();
                    EXPECT_TRUE(user && user->execute("UPDATE crm.t SET name = 'nobody' WHERE id = -1"));
                }
                return at(*crm_, "SELECT count(*) FROM pg_prepared_xacts") == "0" &&
                       at(*erp_, "SELECT count(*) FROM pg_prepared_xacts") == "0";
            });
        };
        // Before the node's own commit: rolled back.
        killWhile("1", [] {});
        EXPECT_TRUE(resolved()) << preloaded;
        EXPECT_EQ(at(*crm_, "SELECT count(*) FROM t") + at(*erp_, "SELECT count(*) FROM t"), "00");
        // After it, when erp was told and crm, which does not move, was not: committed.
        pid_t stopped = 0;
        killWhile("2", [&] {
            stopped = static_cast<pid_t>(
                std::stoi(at(*crm_, "SELECT pid FROM pg_stat_activity WHERE query LIKE 'PREPARE%'")));
            ::kill(stopped, SIGSTOP);
            // From here on the worker, too, may commit what crm has prepared.
            EXPECT_TRUE(waitUntil([&] { return at(*erp_, "SELECT count(*) FROM t WHERE id = 2") == "1"; }));
        });
        const std::string checkpointer = at(*crm_, kCheckpointer);
        ::kill(stopped, SIGKILL);
        EXPECT_TRUE(hasBegunAnew(*crm_, checkpointer));
        EXPECT_TRUE(resolved()) << preloaded;
        EXPECT_EQ(at(*crm_, "SELECT name FROM t WHERE id = 2"), "a");
        ASSERT_TRUE(crm_->execute("DELETE FROM t"));
        ASSERT_TRUE(erp_->execute("DROP TRIGGER wait ON t; DELETE FROM t"));
    }
}

TEST_F(FdwWrite, SaysWhatASourceCannotUndo) {
    must(
        "CREATE SERVER toys FOREIGN DATA WRAPPER tessera_fdw OPTIONS (connector 'memory', tables '{\"p\": "
        "{\"columns\": "
        "[{\"name\": \"id\", \"type\": \"bigint\", \"value\": \"sequence\"}], \"rows\": 3}}');"
        "CREATE FOREIGN TABLE loc.p (id bigint) SERVER toys OPTIONS (table_name 'p')");
    EXPECT_THAT(error("INSERT INTO loc.p VALUES (1)").message, HasSubstr("can only be read"));
    EXPECT_THAT(error("TRUNCATE loc.p").message, HasSubstr("no statements that change data"));
    for (const char* sql :
         {"INSERT INTO crm.t VALUES (1) ON CONFLICT (id) DO UPDATE SET name = 'x'",
          "WITH i AS (INSERT INTO crm.t VALUES (1) ON CONFLICT (id) DO UPDATE SET name = 'x' RETURNING "
          "id) SELECT * FROM i"}) {
        const auto refused = error(sql);
        EXPECT_THAT(refused.message, HasSubstr("foreign table \"t\" supports no ON CONFLICT DO UPDATE"));
        EXPECT_EQ(refused.sqlState(), "0A000");
        EXPECT_THAT(refused.hint, HasSubstr("tessera.remote_execute()"));
    }
    EXPECT_THAT(error("INSERT INTO crm.t VALUES (1) ON CONFLICT (id) DO NOTHING").message,
                HasSubstr("supports no ON CONFLICT with columns"));
    EXPECT_THAT(error("MERGE INTO crm.t USING (VALUES (1)) v (id) ON t.id = v.id WHEN MATCHED THEN DELETE").message,
                HasSubstr("MERGE"));
    EXPECT_EQ(rows("INSERT INTO crm.t VALUES (1, 'a'), (2, 'b') ON CONFLICT DO NOTHING RETURNING id"), "1;2");
    EXPECT_EQ(rows("INSERT INTO crm.t VALUES (1, 'a'), (3, 'c') ON CONFLICT DO NOTHING RETURNING id"), "3");
    must("TRUNCATE crm.t, crm.bare");
    EXPECT_EQ(at(*crm_, "SELECT count(*) FROM t"), "0");
}

TEST_F(FdwWrite, RunsStatementsInTheSourcesOwnWords) {
    EXPECT_EQ(value("SELECT tessera.remote_execute('crm', 'INSERT INTO public.t VALUES ($1, $2)', '7', 'seven')"), "1");
    EXPECT_EQ(rows("SELECT * FROM tessera.remote_query('crm', 'SELECT id, name FROM public.t WHERE id = $1', '7') AS r "
                   "(id int, "
                   "name text)"),
              "7,seven");
    must("BEGIN; SELECT tessera.remote_execute('crm', 'DELETE FROM public.t'); ROLLBACK");
    EXPECT_EQ(at(*crm_, "SELECT count(*) FROM t"), "1");
    EXPECT_EQ(error("SELECT tessera.remote_execute('crm', 'SELECT 1/0')").sqlState(), "22012");
    must("DROP ROLE IF EXISTS guest; CREATE ROLE guest; GRANT USAGE ON SCHEMA tessera TO guest; SET ROLE guest");
    EXPECT_EQ(error("SELECT tessera.remote_execute('crm', 'SELECT 1')").sqlState(), "42501");
    EXPECT_EQ(rows("SELECT server FROM tessera.connections"), "");  // those of other roles are not shown
    must("RESET ROLE");
    EXPECT_EQ(rows("SELECT server, state, in_transaction FROM tessera.connections WHERE server = 'crm'"), "crm,idle,f");
    EXPECT_EQ(value("SELECT tessera.close_connections('crm')"), "1");
    EXPECT_EQ(value("SELECT count(*) FROM tessera.connections WHERE server = 'crm'"), "0");
}

}  // namespace
}  // namespace tessera
