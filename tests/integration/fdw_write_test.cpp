/// Writes through the extension into a real PostgreSQL: how they are sent, what a transaction shows and undoes, and how
/// they fail. Whether contents are right under every dialect is tests/correctness' question.

#include "common/strings.h"
#include "tests/support/temporary_directory.h"
#include "tests/support/temporary_postgres.h"
#include "tests/support/wait_until.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sqlite3.h>

#include <filesystem>
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
        node_ = start({.with_extension = true});
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

}  // namespace
}  // namespace tessera
