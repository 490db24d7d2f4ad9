/// What is wrong at a source or in its options is a clear error, names the source, shows no secret, leaves no
/// connection behind, and the session goes on. PostgreSQL's part of this is in fdw_test, fdw_write_test and
/// fdw_transfer_test.

#include "common/handle.h"
#include "common/strings.h"
#include "tests/integration/type_mapping.h"
#include "tests/support/temporary_directory.h"
#include "tests/support/temporary_mariadb.h"
#include "tests/support/wait_until.h"

#include <gmock/gmock.h>
#include <sqlite3.h>

#include <filesystem>
#include <fstream>
#include <thread>

namespace tessera {
namespace {

using testing::AnyOf;
using testing::HasSubstr;
using testing::Not;

class BadInput : public TypeMapping {
  protected:
    static void SetUpTestSuite() {
        TypeMapping::SetUpTestSuite();
        auto started = TemporaryMariaDb::start();
        ASSERT_TRUE(started) << started.error().describe();
        server_ = std::make_unique<TemporaryMariaDb>(std::move(*started));
    }

    static void TearDownTestSuite() {
        server_.reset();
        TypeMapping::TearDownTestSuite();
    }

    void SetUp() override {
        TypeMapping::SetUp();
        std::filesystem::permissions(folder_.path(), std::filesystem::perms(0777));
        must("CREATE SERVER shop FOREIGN DATA WRAPPER tessera_fdw OPTIONS (" + mysqlOptions() + ");" + mapping("shop") +
             "CREATE SERVER lite FOREIGN DATA WRAPPER tessera_fdw OPTIONS (connector 'sqlite', read_only 'false', "
             "busy_timeout '100', database " +
             quoteLiteral((folder_.path() / "data.db").string()) +
             "); CREATE SERVER lake FOREIGN DATA WRAPPER tessera_fdw OPTIONS (connector 'files', directory " +
             quoteLiteral(folder_.path().string()) + ")");
    }

    static std::string mysqlOptions() {
        return "connector 'mysql', host '127.0.0.1', port '" + std::to_string(server_->port()) + "', database 'test'";
    }

    static std::string mapping(const std::string& name, const std::string& password = TemporaryMariaDb::kPassword) {
        return "CREATE USER MAPPING FOR CURRENT_USER SERVER " + name + " OPTIONS (user '" + TemporaryMariaDb::kUser +
               "', password " + quoteLiteral(password) + ");";
    }

    static std::string mysql(const std::string& sql) {
        const auto done = server_->execute(sql);
        EXPECT_TRUE(done) << sql << "\n" << done.error().describe();
        return done.value_or("");
    }

    /// The node's sessions at the MariaDB server.
    static std::string sessions() {
        return mysql("SELECT id FROM information_schema.processlist WHERE user = 'tester' AND id <> connection_id()");
    }

    static void endSessions() {
        for (const std::string& id : split(sessions(), '\n')) {
            if (!id.empty()) {
                (void)server_->execute("KILL " + id);
            }
        }
    }

    static std::vector<std::string> split(const std::string& text, char at) {
        std::vector<std::string> parts(1);
        for (const char c : text) {
            if (c == at) {
                parts.emplace_back();
            } else {
                parts.back() += c;
            }
        }
        return parts;
    }

    Handle<sqlite3, sqlite3_close> sqlite(const std::string& sql) const {
        sqlite3* opened = nullptr;
        sqlite3_open((folder_.path() / "data.db").c_str(), &opened);
        Handle<sqlite3, sqlite3_close> database(opened);
        EXPECT_EQ(sqlite3_exec(opened, sql.c_str(), nullptr, nullptr, nullptr), SQLITE_OK) << sqlite3_errmsg(opened);
        std::error_code ignored;
        std::filesystem::permissions(folder_.path() / "data.db", std::filesystem::perms(0666), ignored);
        return database;
    }

    inline static std::unique_ptr<TemporaryMariaDb> server_;
    TemporaryDirectory folder_;
};

TEST_F(BadInput, OptionsWithImpossibleValuesAreNamed) {
    mysql("DROP TABLE IF EXISTS t; CREATE TABLE t (a INT)");
    for (const auto& [option, value] :
         {std::pair("port", "many"), std::pair("port", "70000"), std::pair("sslmode", "perhaps"),
          std::pair("zero_dates", "maybe"), std::pair("connect_timeout", "-1"), std::pair("tinyint1_is_bool", "2x")}) {
        const std::string action = std::string(option) == "port" ? "SET " : "ADD ";
        must("ALTER SERVER shop OPTIONS (" + action + option + " '" + value + "')");
        must(
            "CREATE FOREIGN TABLE IF NOT EXISTS src.t (a int) SERVER shop OPTIONS (schema_name 'test', table_name "
            "'t')");
        const Error found = error("SELECT * FROM src.t");
        EXPECT_THAT(found.message, HasSubstr(option)) << found.describe();
        EXPECT_THAT(found.sqlState(), AnyOf("HV024", "22023", "HV00D")) << found.describe();
        must("ALTER SERVER shop OPTIONS (" +
             (action == "SET " ? "SET port '" + std::to_string(server_->port()) + "'" : std::string("DROP ") + option) +
             ")");
    }
    EXPECT_EQ(outcome("SELECT count(*) FROM src.t"), "0");
    for (const auto& [server, option] : {std::pair("lite", "busy_timeout"), std::pair("lake", "threads")}) {
        must("ALTER SERVER " + std::string(server) + " OPTIONS (" + (std::string(server) == "lite" ? "SET " : "ADD ") +
             option + " 'soon')");
        const Error found = error("IMPORT FOREIGN SCHEMA main FROM SERVER " + std::string(server) + " INTO src");
        EXPECT_THAT(found.message, HasSubstr(option)) << found.describe();
    }
}

TEST_F(BadInput, TablesThatChangedSinceTheImport) {
    mysql(
        "DROP TABLE IF EXISTS drift; CREATE TABLE drift (id INT, n INT, s VARCHAR(9)); INSERT INTO drift VALUES (1, 5, "
        "'a')");
    sqlite("CREATE TABLE drift (id INTEGER, n INTEGER, s TEXT); INSERT INTO drift VALUES (1, 5, 'a')");
    std::ofstream(folder_.path() / "drift.csv") << "id,n,s\n1,5,a\n";
    must(
        "CREATE SCHEMA IF NOT EXISTS my; CREATE SCHEMA IF NOT EXISTS li; CREATE SCHEMA IF NOT EXISTS fi;"
        "IMPORT FOREIGN SCHEMA test LIMIT TO (drift) FROM SERVER shop INTO my; IMPORT FOREIGN SCHEMA main FROM SERVER "
        "lite INTO li; IMPORT FOREIGN SCHEMA \".\" LIMIT TO (drift) FROM SERVER lake INTO fi");
    const auto all = [&](const std::string& columns) {
        return outcome("SELECT " + columns + " FROM my.drift") + " " + outcome("SELECT " + columns + " FROM li.drift") +
               " " + outcome("SELECT " + columns + " FROM fi.drift");
    };
    EXPECT_EQ(all("concat(id, n, s)"), "15a 15a 15a");
    // Another order of the columns, and a type that holds more.
    mysql("ALTER TABLE drift MODIFY s VARCHAR(9) FIRST, MODIFY n BIGINT");
    sqlite("DROP TABLE drift; CREATE TABLE drift (s TEXT, n BIGINT, id INTEGER); INSERT INTO drift VALUES ('a', 5, 1)");
    std::ofstream(folder_.path() / "drift.csv") << "s,n,id\na,5,1\n";
    EXPECT_EQ(all("concat(id, n, s)"), "15a 15a 15a");
    // Values that the column here can't hold.
    mysql("ALTER TABLE drift MODIFY n VARCHAR(9); UPDATE drift SET n = 'five'");
    sqlite("UPDATE drift SET n = 'five'");
    std::ofstream(folder_.path() / "drift.csv") << "s,n,id\na,five,1\n";
    for (const char* schema : {"my", "li", "fi"}) {
        const Error found = error("SELECT n FROM " + std::string(schema) + ".drift");
        EXPECT_THAT(found.sqlState(), AnyOf("22P02", "22003", "HV004", "22018")) << schema << ": " << found.describe();
        EXPECT_THAT(found.message, HasSubstr("'n'")) << schema;
        EXPECT_EQ(outcome("SELECT s FROM " + std::string(schema) + ".drift"), "a");
    }
    mysql("ALTER TABLE drift DROP n");
    sqlite("DROP TABLE drift; CREATE TABLE drift (s TEXT, id INTEGER); INSERT INTO drift VALUES ('a', 1)");
    std::ofstream(folder_.path() / "drift.csv") << "s,id\na,1\n";
    EXPECT_EQ(all("n"), "error 42703 error 42703 error 42703");
    EXPECT_EQ(all("s"), "a a a");
    mysql("DROP TABLE drift");
    sqlite("DROP TABLE drift");
    std::filesystem::remove(folder_.path() / "drift.csv");
    EXPECT_EQ(all("s"), "error 42P01 error 42P01 error 58P01");
    must("DROP SCHEMA my, li, fi CASCADE");
}

TEST_F(BadInput, ADeadlockAtMariaDb) {
    mysql(
        "DROP TABLE IF EXISTS d; CREATE TABLE d (id INT PRIMARY KEY, s TEXT); INSERT INTO d VALUES (1, 'a'), (2, 'b')");
    must("IMPORT FOREIGN SCHEMA test LIMIT TO (d) FROM SERVER shop INTO src");
    auto other = node_->connect();
    ASSERT_TRUE(other);
    must("BEGIN; UPDATE src.d SET s = 'x' WHERE id = 1");
    ASSERT_TRUE(other->execute("BEGIN; UPDATE src.d SET s = 'y' WHERE id = 2"));
    Result<> theirs;
    std::thread waiting([&] { theirs = other->execute("UPDATE src.d SET s = 'y' WHERE id = 1; COMMIT"); });
    const auto mine = connection_->execute("UPDATE src.d SET s = 'x' WHERE id = 2; COMMIT");
    if (!mine) {
        (void)connection_->execute("ROLLBACK");
    }
    waiting.join();
    ASSERT_NE(mine.has_value(), theirs.has_value());
    const Error found = (mine ? theirs : mine).error();
    EXPECT_EQ(found.sqlState(), "40P01");
    EXPECT_THAT(found.message, HasSubstr("source \"shop\""));
    EXPECT_EQ(outcome("SELECT count(DISTINCT s) FROM src.d"), "1");
}

TEST_F(BadInput, AConnectionLostBeforeWithinAndAtTheEndOfATransaction) {
    mysql("DROP TABLE IF EXISTS l; CREATE TABLE l (id INT PRIMARY KEY)");
    must("IMPORT FOREIGN SCHEMA test LIMIT TO (l) FROM SERVER shop INTO src");
    must("INSERT INTO src.l VALUES (1)");
    endSessions();  // idle: replaced without a word
    ASSERT_TRUE(waitUntil([] { return sessions().empty(); }));
    EXPECT_EQ(outcome("SELECT count(*) FROM src.l"), "1");
    must("BEGIN; UPDATE src.l SET id = 2; SELECT count(*) FROM src.l");
    endSessions();
    ASSERT_TRUE(waitUntil([] { return sessions().empty(); }));
    const Error within = error("SELECT count(*) FROM src.l");
    EXPECT_EQ(within.sqlState().substr(0, 2), "08") << within.describe();
    EXPECT_THAT(within.message, HasSubstr("source \"shop\""));
    must("ROLLBACK");
    EXPECT_EQ(outcome("SELECT id FROM src.l"), "1");
    must("BEGIN; UPDATE src.l SET id = 3");
    endSessions();
    ASSERT_TRUE(waitUntil([] { return sessions().empty(); }));
    EXPECT_THAT(error("COMMIT").sqlState(), AnyOf("08007", "08006"));
    EXPECT_EQ(outcome("SELECT id FROM src.l"), "1");
}

TEST_F(BadInput, SecretsAreNeitherInErrorsNorInTheLog) {
    const std::string secret = "s3cret-of-nobody";
    must("SET log_statement = 'none'; CREATE SERVER wrong FOREIGN DATA WRAPPER tessera_fdw OPTIONS (" + mysqlOptions() +
         ");" + mapping("wrong", secret));
    must("CREATE FOREIGN TABLE src.w (a int) SERVER wrong OPTIONS (schema_name 'test', table_name 't')");
    const Error refused = error("SELECT * FROM src.w");
    EXPECT_EQ(refused.sqlState(), "28P01");
    EXPECT_THAT(refused.describe() + refused.detail + refused.hint, Not(HasSubstr(secret)));
    EXPECT_THAT(node_->log(), Not(HasSubstr(secret)));
    EXPECT_THAT(error("INSERT INTO src.w VALUES (1)").describe(), Not(HasSubstr(secret)));
    EXPECT_THAT(outcome("SELECT coalesce(string_agg(c::text, ' '), '') FROM tessera.connections c"),
                Not(HasSubstr(secret)));
}

TEST_F(BadInput, ErrorsLeaveNoConnectionsBehind) {
    mysql("DROP TABLE IF EXISTS e; CREATE TABLE e (id INT PRIMARY KEY, d TEXT); INSERT INTO e VALUES (1, 'no number')");
    must(
        "CREATE FOREIGN TABLE src.e (id int OPTIONS (key 'true'), d int) SERVER shop OPTIONS (schema_name 'test', "
        "table_name 'e')");
    for (int i = 0; i < 30; ++i) {
        EXPECT_THAT(outcome("SELECT d FROM src.e"), HasSubstr("error 22"));
        EXPECT_EQ(outcome("INSERT INTO src.e (id) VALUES (1)"), "error 23505");
        must("DO $$ BEGIN PERFORM d FROM src.e; EXCEPTION WHEN others THEN NULL; END $$");
    }
    EXPECT_LE(split(sessions(), '\n').size(), 3U);
    EXPECT_EQ(outcome("SELECT count(*) FROM src.e"), "1");
}

TEST_F(BadInput, AnotherWriterHoldsTheSqliteFile) {
    auto holder = sqlite("CREATE TABLE b (id INTEGER PRIMARY KEY); INSERT INTO b VALUES (1)");
    must("IMPORT FOREIGN SCHEMA main LIMIT TO (b) FROM SERVER lite INTO src");
    ASSERT_EQ(sqlite3_exec(holder.get(), "BEGIN EXCLUSIVE", nullptr, nullptr, nullptr), SQLITE_OK);
    for (const char* sql : {"INSERT INTO src.b VALUES (2)", "SELECT * FROM src.b"}) {
        const Error found = error(sql);
        EXPECT_EQ(found.sqlState(), "55P03") << found.describe();
        EXPECT_THAT(found.message, HasSubstr("source \"lite\""));
    }
    ASSERT_EQ(sqlite3_exec(holder.get(), "COMMIT", nullptr, nullptr, nullptr), SQLITE_OK);
    must("INSERT INTO src.b VALUES (2)");
    EXPECT_EQ(outcome("SELECT count(*) FROM src.b"), "2");
}

}  // namespace
}  // namespace tessera
