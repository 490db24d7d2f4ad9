/// The same bad input for every connector: absurd options, names that are not there, errors of a statement, sessions
/// that are lost, deadlocks. Each is an error with a SQLSTATE, the source's name and words, and the session goes on.

#include "common/strings.h"
#include "plugins/sdk/connector_loader.h"
#include "tests/integration/type_mapping.h"
#include "tests/support/temporary_directory.h"
#include "tests/support/temporary_mariadb.h"
#include "tests/support/wait_until.h"

#include <gmock/gmock.h>
#include <libpq-fe.h>
#include <sqlite3.h>

#include <filesystem>
#include <fstream>
#include <map>
#include <thread>

namespace tessera {
namespace {

using testing::AllOf;
using testing::AnyOf;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

using Options = std::map<std::string, std::string>;

/// A source that each connector reads: a table t (id, n) with a row, in `schema`.
struct Place {
    std::string connector;
    Options server;
    Options user;
    Options table;
    std::string schema;
};

class BadSource : public TypeMapping {
  protected:
    static void SetUpTestSuite() {
        TypeMapping::SetUpTestSuite();
        auto mariadb = TemporaryMariaDb::start();
        ASSERT_TRUE(mariadb) << mariadb.error().describe();
        mariadb_ = std::make_unique<TemporaryMariaDb>(std::move(*mariadb));
        auto customer = TemporaryPostgres::start({.settings = {{"deadlock_timeout", "100ms"}}});
        ASSERT_TRUE(customer) << customer.error().describe();
        customer_ = std::make_unique<TemporaryPostgres>(std::move(*customer));
        folder_ = std::make_unique<TemporaryDirectory>();
        const std::string sql = "CREATE TABLE t (id integer PRIMARY KEY, n integer); INSERT INTO t VALUES (1, 5)";
        ASSERT_TRUE(mariadb_->execute(sql));
        ASSERT_TRUE(customer_->execute(sql + ", (2, 6)"));
        sqlite3* database = nullptr;
        const std::string file = (folder_->path() / "data.db").string();
        ASSERT_EQ(sqlite3_open(file.c_str(), &database), SQLITE_OK);
        ASSERT_EQ(sqlite3_exec(database, sql.c_str(), nullptr, nullptr, nullptr), SQLITE_OK);
        sqlite3_close(database);
        std::ofstream(folder_->path() / "t.csv") << "id,n\n1,5\n";
        std::filesystem::permissions(folder_->path(), std::filesystem::perms(0777));
        std::filesystem::permissions(file, std::filesystem::perms(0666));
    }

    static void TearDownTestSuite() {
        mariadb_.reset();
        customer_.reset();
        folder_.reset();
        TypeMapping::TearDownTestSuite();
    }

    static std::vector<Place> places() {
        const std::string file = (folder_->path() / "data.db").string();
        const std::string postgres = std::to_string(customer_->port());
        const std::string mariadb = std::to_string(mariadb_->port());
        const Options owner = {{"user", TemporaryPostgres::kUser}, {"password", TemporaryPostgres::kPassword}};
        const Options shopper = {{"user", TemporaryMariaDb::kUser}, {"password", TemporaryMariaDb::kPassword}};
        const Options table = {{"table_name", "t"}};
        return {
            {"postgres", {{"host", "127.0.0.1"}, {"port", postgres}, {"dbname", "postgres"}}, owner, table, "public"},
            {"node", {{"host", "127.0.0.1"}, {"port", postgres}, {"dbname", "postgres"}}, owner, table, "public"},
            {"odbc",
             {{"driver", "PostgreSQL Unicode"},
              {"connection_string", "SERVER=127.0.0.1;DATABASE=postgres;UseDeclareFetch=1;PORT=" + postgres}},
             owner,
             table,
             "public"},
            {"mysql", {{"host", "127.0.0.1"}, {"port", mariadb}, {"database", "test"}}, shopper, table, "test"},
            {"sqlite", {{"database", file}, {"read_only", "false"}}, {}, table, "main"},
            {"files", {{"directory", folder_->path().string()}}, {}, {{"path", "t.csv"}}, "."},
            {"memory",
             {{"tables", R"({"t": {"columns": [{"name": "id", "type": "integer"}, {"name": "n", "type": "integer"}],)"
                         R"( "rows": [[1, 5]]}})"}},
             {},
             table,
             "everything"},
        };
    }

    static Place place(const std::string& connector) {
        for (const Place& one : places()) {
            if (one.connector == connector) {
                return one;
            }
        }
        return {};
    }

    static std::string list(const Options& options) {
        std::vector<std::string> items;
        for (const auto& [name, value] : options) {
            items.push_back(quoteIdentifier(name) + " " + quoteLiteral(value));
        }
        return items.empty() ? std::string() : " OPTIONS (" + join(items, ", ") + ")";
    }

    static std::string create(const Place& place, const std::string& columns = "id int OPTIONS (key 'true'), n int") {
        Options server = place.server;
        server["connector"] = place.connector;
        return "CREATE SERVER bad FOREIGN DATA WRAPPER tessera_fdw" + list(server) +
               "; CREATE USER MAPPING FOR CURRENT_USER SERVER bad" + list(place.user) +
               "; CREATE FOREIGN TABLE src.t (" + columns + ") SERVER bad" + list(place.table);
    }

    void drop() {
        must("SET client_min_messages = error; DROP SERVER IF EXISTS bad CASCADE; RESET client_min_messages");
    }

    /// A field of the error that the statement gives.
    std::string field(const std::string& sql, int which) {
        const std::unique_ptr<PGresult, decltype(&PQclear)> result(PQexec(connection_->handle(), sql.c_str()), PQclear);
        EXPECT_EQ(PQresultStatus(result.get()), PGRES_FATAL_ERROR) << sql;
        const char* found = PQresultErrorField(result.get(), which);
        return found != nullptr ? found : "";
    }

    /// An error that is none of the program's, and says something.
    static void expectClear(const Error& error, const std::string& about) {
        EXPECT_EQ(error.sqlState().size(), 5U) << about;
        EXPECT_THAT(std::string(error.sqlState()), Not(AnyOf(StartsWith("XX"), "57P01", "HV000"))) << about << "\n"
                                                                                                   << error.describe();
        EXPECT_GT(error.message.size(), 10U) << about << "\n" << error.describe();
    }

    /// The last line that a client prints.
    static std::string lastLine(std::string text) {
        text.erase(text.find_last_not_of("\r\n ") + 1);
        return text.substr(text.rfind('\n') + 1);
    }

    static std::string sessions() {
        auto connection = customer_->connect();
        const auto found = connection->queryValue(
            "SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()");
        return found ? found->value_or("") : "";
    }

    static void endSessions() {
        ASSERT_TRUE(
            customer_->execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE backend_type = 'client "
                               "backend' AND pid <> pg_backend_pid()"));
        ASSERT_TRUE(waitUntil([] { return sessions() == "0"; }));
    }

    inline static std::unique_ptr<TemporaryMariaDb> mariadb_;
    inline static std::unique_ptr<TemporaryPostgres> customer_;
    inline static std::unique_ptr<TemporaryDirectory> folder_;
};

TEST_F(BadSource, AbsurdValuesOfEveryOption) {
    sdk::ConnectorLoader loader(TSR_CONNECTOR_DIR);
    const std::vector<std::string> absurd = {"",
                                             " ",
                                             "-1",
                                             "many",
                                             "99999999999999999999",
                                             "1e999",
                                             "'; SELECT 1",
                                             "{\"a\": [1",
                                             "%s%n%s%n",
                                             "../../../etc/passwd",
                                             "é😀",
                                             "a\nb",
                                             std::string(5000, 'x'),
                                             "A=" + std::string(5000, 'x')};
    for (const Place& good : places()) {
        const auto connector = loader.load(good.connector);
        ASSERT_TRUE(connector) << connector.error().describe();
        for (std::size_t i = 0; i < (*connector)->option_count; ++i) {
            const TsrOptionSpec& spec = (*connector)->options[i];
            if (spec.name == std::string("host")) {
                continue;  // The resolver would be asked for each, who may take many seconds to say no.
            }
            for (const std::string& value : absurd) {
                const std::string about = good.connector + " " + spec.name + " = " + value.substr(0, 30);
                Place bad = good;
                const bool is_column = (spec.scopes & (TSR_SCOPE_SERVER | TSR_SCOPE_USER | TSR_SCOPE_TABLE)) == 0;
                Options& options = (spec.scopes & TSR_SCOPE_SERVER) != 0 ? bad.server
                                   : (spec.scopes & TSR_SCOPE_USER) != 0 ? bad.user
                                                                         : bad.table;
                if (!is_column) {
                    options[spec.name] = value;
                }
                const auto made = connection_->execute(
                    is_column ? create(bad, "id int, n int" + list({{spec.name, value}})) : create(bad));
                if (!made) {
                    expectClear(made.error(), about);
                } else if (const auto rows = connection_->query("SELECT id, n FROM src.t"); !rows) {
                    expectClear(rows.error(), about);
                } else if (const auto changed = connection_->execute("BEGIN; UPDATE src.t SET n = n; ROLLBACK");
                           !changed) {
                    expectClear(changed.error(), about);
                }
                (void)connection_->execute("ROLLBACK");
                ASSERT_EQ(outcome("SELECT 1"), "1") << about;
                drop();
            }
        }
        must(create(good));
        EXPECT_THAT(outcome("SELECT n FROM src.t WHERE id = 1"), "5") << good.connector;
        drop();
    }
}

TEST_F(BadSource, WhatIsNotThereIsNamed) {
    EXPECT_EQ(error("CREATE FOREIGN TABLE src.x (a int) SERVER nowhere").sqlState(), "42704");
    EXPECT_EQ(error("IMPORT FOREIGN SCHEMA public FROM SERVER nowhere INTO src").sqlState(), "42704");
    EXPECT_THAT(error("SELECT * FROM tessera.remote_query('nowhere', 'SELECT 1') AS q(a int)").message,
                HasSubstr("\"nowhere\""));
    for (const Place& good : places()) {
        SCOPED_TRACE(good.connector);
        must(create(good, "id int, n int, lost int"));
        if (good.connector != "memory") {  // which imports the same whatever the name
            const Error schema = error("IMPORT FOREIGN SCHEMA nosuch FROM SERVER bad INTO src");
            EXPECT_EQ(schema.sqlState(), "3F000") << schema.describe();
            EXPECT_THAT(schema.message, AllOf(HasSubstr("source \"bad\""), HasSubstr("nosuch")));
        }
        const Error column = error("SELECT lost FROM src.t");
        EXPECT_EQ(column.sqlState(), "42703") << column.describe();
        EXPECT_THAT(column.message, AllOf(HasSubstr("source \"bad\""), HasSubstr("lost")));
        EXPECT_EQ(outcome("SELECT n FROM src.t WHERE id = 1"), "5");
        must("ALTER FOREIGN TABLE src.t OPTIONS (SET " + good.table.begin()->first + " 'gone.csv')");
        const Error table = error("SELECT n FROM src.t");
        EXPECT_THAT(std::string(table.sqlState()), AnyOf("42P01", "58P01")) << table.describe();
        EXPECT_THAT(table.message, AllOf(HasSubstr("source \"bad\""), HasSubstr("gone")));
        drop();
    }
}

TEST_F(BadSource, ErrorsHaveTheStatementAndTheSourcesOwnContext) {
    ASSERT_TRUE(
        customer_->execute("CREATE OR REPLACE FUNCTION fails(i int) RETURNS int LANGUAGE plpgsql AS $$ BEGIN RAISE "
                           "'no % here', i USING DETAIL = 'its detail', HINT = 'its hint', ERRCODE = 'P0123'; END $$; "
                           "CREATE OR REPLACE VIEW broken AS SELECT fails(id) AS n, id FROM t"));
    for (const char* connector : {"postgres", "node"}) {
        SCOPED_TRACE(connector);
        Place bad = place(connector);
        bad.table["table_name"] = "broken";
        must(create(bad));
        const std::string sql = "SELECT n FROM src.t WHERE id > 0";
        EXPECT_EQ(field(sql, PG_DIAG_SQLSTATE), "P0123");
        EXPECT_EQ(field(sql, PG_DIAG_MESSAGE_PRIMARY), "source \"bad\": no 1 here");
        EXPECT_EQ(field(sql, PG_DIAG_MESSAGE_DETAIL), "its detail");
        EXPECT_EQ(field(sql, PG_DIAG_MESSAGE_HINT), "its hint");
        EXPECT_THAT(field(sql, PG_DIAG_CONTEXT),
                    AllOf(HasSubstr("at the source: PL/pgSQL function public.fails(integer)"),
                          HasSubstr("remote SQL: SELECT"), HasSubstr("broken")));
        drop();
    }
    for (const Place& good : places()) {
        SCOPED_TRACE(good.connector);
        must(create(good, "id int, n int, lost int"));
        EXPECT_THAT(field("SELECT lost FROM src.t", PG_DIAG_CONTEXT), HasSubstr("remote SQL: "));
        // A long one is cut between two characters; values that are parameters are not told.
        std::string names;
        for (int i = 0; i < 1000; ++i) {
            names += (i > 0 ? ", 'é" : "'é") + std::to_string(i) + "'";
        }
        const std::string context =
            field("SELECT lost FROM src.t WHERE lost::text IN (" + names + ") OR lost > 0", PG_DIAG_CONTEXT);
        EXPECT_LT(context.size(), 2100U);
        if (good.connector == "postgres" || good.connector == "mysql" || good.connector == "sqlite") {
            EXPECT_THAT(
                field("INSERT INTO src.t (id, lost) SELECT i, i FROM generate_series(101, 103) i", PG_DIAG_CONTEXT),
                HasSubstr("remote SQL: rows in bulk into "));
        }
        drop();
    }
    must(create(place("postgres"), "id int, n int, lost int"));
    must("PREPARE by_number (int) AS SELECT lost FROM src.t WHERE n = $1; SET plan_cache_mode = force_generic_plan");
    EXPECT_THAT(field("EXECUTE by_number (4711)", PG_DIAG_CONTEXT), AllOf(HasSubstr("$1"), Not(HasSubstr("4711"))));
}

/// What a server's administrator has set must not change what rows are.
TEST_F(BadSource, TheSqlModeOfAMariaDbChangesNothing) {
    const std::string hostile =
        "SET GLOBAL sql_mode = 'EMPTY_STRING_IS_NULL,PAD_CHAR_TO_FULL_LENGTH,HIGH_NOT_PRECEDENCE,"
        "NO_UNSIGNED_SUBTRACTION,REAL_AS_FLOAT,IGNORE_SPACE,NO_ZERO_DATE,NO_AUTO_VALUE_ON_ZERO'";
    const std::string usual = mariadb_->execute("SELECT @@GLOBAL.sql_mode").value_or("");
    Place odbc = place("mysql");
    odbc.connector = "odbc";
    odbc.server = {{"driver", "MariaDB Unicode"},
                   {"connection_string", "SERVER=127.0.0.1;OPTION=2;PORT=" + std::to_string(mariadb_->port())}};
    Place direct = place("mysql");
    for (Place* good : {&direct, &odbc}) {
        SCOPED_TRACE(good->connector);
        good->table = {{"schema_name", "test"}, {"table_name", "modes"}};
        if (good->connector == "odbc") {
            good->table = {{"catalog_name", "test"}, {"table_name", "modes"}};
        }
        ASSERT_TRUE(
            mariadb_->execute("DROP TABLE IF EXISTS modes; CREATE TABLE modes (id INT PRIMARY KEY, s VARCHAR(9), c "
                              "CHAR(5), u INT UNSIGNED); INSERT INTO modes VALUES (1, '', 'ab', 0), (2, 'a', '', 7)"));
        std::vector<std::string> seen;
        for (const std::string& mode : {std::string(), hostile, std::string("SET GLOBAL sql_mode = 'ORACLE'"),
                                        std::string("SET GLOBAL sql_mode = ''")}) {
            ASSERT_TRUE(mode.empty() || mariadb_->execute(mode));
            must(create(*good, "id int OPTIONS (key 'true'), s varchar(9), c char(5), u bigint"));
            must("INSERT INTO src.t VALUES (3, '', 'x\\y', 0)");
            std::string all;
            for (const char* sql :
                 {"SELECT string_agg(concat_ws('|', id, s, c, u, s IS NULL, octet_length(c)), ';' ORDER BY id) FROM "
                  "src.t",
                  "SELECT count(*) FROM src.t WHERE s = ''", "SELECT count(*) FROM src.t WHERE s IS NULL",
                  "SELECT count(*) FROM src.t WHERE NOT (id BETWEEN 2 AND 3)",
                  "SELECT count(*) FROM src.t WHERE u - 1 < 0", "SELECT min(u - 5) FROM src.t",
                  "SELECT count(*) FROM src.t WHERE c = 'ab'", "SELECT count(*) FROM src.t WHERE c = 'x\\y'",
                  "SELECT count(*) FROM src.t WHERE s || 'x' = 'x'"}) {
                all += outcome(sql) + "\n";
            }
            const auto long_one = connection_->execute("INSERT INTO src.t VALUES (4, 'a', repeat('x', 5), 4294967296)");
            all += long_one ? "in" : std::string(long_one.error().sqlState());
            seen.push_back(all);
            must("DELETE FROM src.t WHERE id > 2");
            drop();
            must("SELECT tessera.close_connections()");
        }
        EXPECT_THAT(seen.front(), AllOf(HasSubstr("\n2\n0\n1\n2\n-5\n1\n1\n2\n"), Not(HasSubstr("error"))));
        for (const std::string& other : seen) {
            EXPECT_EQ(other, seen.front());
        }
        ASSERT_TRUE(mariadb_->execute("SET GLOBAL sql_mode = " + quoteLiteral(lastLine(usual))));
    }
}

TEST_F(BadSource, SessionsThatAreLostBeforeWithinAndAtTheEndOfATransaction) {
    for (const char* connector : {"postgres", "node", "odbc"}) {
        SCOPED_TRACE(connector);
        must(create(place(connector)));
        EXPECT_EQ(outcome("SELECT n FROM src.t WHERE id = 1"), "5");
        endSessions();  // idle: replaced without a word
        EXPECT_EQ(outcome("SELECT n FROM src.t WHERE id = 1"), "5");
        must("BEGIN; UPDATE src.t SET n = 7 WHERE id = 1");
        endSessions();
        const Error within = error("UPDATE src.t SET n = 8 WHERE id = 1");
        EXPECT_THAT(std::string(within.sqlState()), StartsWith("08")) << within.describe();
        EXPECT_THAT(within.message, HasSubstr("source \"bad\""));
        EXPECT_EQ(error("SELECT 1").sqlState(), "25P02");
        must("ROLLBACK");
        EXPECT_EQ(outcome("SELECT n FROM src.t WHERE id = 1"), "5");
        must("BEGIN; UPDATE src.t SET n = 7 WHERE id = 1; CREATE TABLE src.mine ()");
        endSessions();
        EXPECT_THAT(std::string(error("COMMIT").sqlState()), AnyOf("08006", "08007"));
        EXPECT_EQ(outcome("SELECT n FROM src.t WHERE id = 1"), "5");
        EXPECT_EQ(outcome("SELECT to_regclass('src.mine')"), "NULL") << "half of a transaction";
        must("BEGIN; UPDATE src.t SET n = 7 WHERE id = 1; COMMIT");
        endSessions();  // after the commit: nothing is lost
        EXPECT_EQ(outcome("SELECT n FROM src.t WHERE id = 1"), "7");
        must("UPDATE src.t SET n = 5 WHERE id = 1");
        EXPECT_EQ(outcome("SELECT count(*) FROM tessera.connections"), "1");
        drop();
        must("SELECT tessera.close_connections()");
        EXPECT_TRUE(waitUntil([] { return sessions() == "0"; })) << "sessions were left at the source";
    }
}

TEST_F(BadSource, DeadlocksAtTheSource) {
    for (const char* connector : {"postgres", "node", "odbc"}) {
        SCOPED_TRACE(connector);
        must(create(place(connector)));
        auto other = node_->connect();
        ASSERT_TRUE(other);
        must("BEGIN; UPDATE src.t SET n = 10 WHERE id = 1");
        ASSERT_TRUE(other->execute("BEGIN; UPDATE src.t SET n = 20 WHERE id = 2"));
        Result<> theirs;
        std::thread waiting([&] { theirs = other->execute("UPDATE src.t SET n = 20 WHERE id = 1; COMMIT"); });
        const auto mine = connection_->execute("UPDATE src.t SET n = 10 WHERE id = 2; COMMIT");
        if (!mine) {
            (void)connection_->execute("ROLLBACK");
        }
        waiting.join();
        ASSERT_NE(mine.has_value(), theirs.has_value());
        const Error found = (mine ? theirs : mine).error();
        EXPECT_EQ(found.sqlState(), "40P01") << found.describe();
        EXPECT_THAT(found.message, HasSubstr("source \"bad\""));
        EXPECT_EQ(outcome("SELECT count(DISTINCT n) FROM src.t"), "1");
        must("UPDATE src.t SET n = id + 4");
        (void)other->execute("ROLLBACK");
        other = node_->connect();
        drop();
    }
}

}  // namespace
}  // namespace tessera
