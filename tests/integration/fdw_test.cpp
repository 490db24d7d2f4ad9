/// The extension in a real server, on real sources: what it imports, what it sends, and how it fails. Whether results
/// are right under every dialect is tests/correctness' question.

#include "common/strings.h"
#include "tests/support/temporary_directory.h"
#include "tests/support/temporary_postgres.h"
#include "tests/support/wait_until.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <filesystem>
#include <thread>

namespace tessera {
namespace {

using postgres::Connection;
using testing::HasSubstr;
using testing::Not;

constexpr const char* kPeople = R"('{"people": {"columns": [
    {"name": "id", "type": "bigint", "value": "sequence", "key": 1, "not_null": true},
    {"name": "name", "type": "text", "value": "text"},
    {"name": "team", "type": "integer", "value": "modulo 7", "null_every": 10}], "rows": 100000}}')";

/// A node with the extension, and the customer's PostgreSQL with two tables; one pair for all tests of a process.
class Fdw : public testing::Test {
  protected:
    static void SetUpTestSuite() {
        node_ = start({.with_extension = true});
        customer_ = start({});
        ASSERT_TRUE(node_ && customer_);
        const auto made = customer_->execute(
            "CREATE TABLE customers (id int PRIMARY KEY, name text NOT NULL, city varchar(20), balance numeric(12,2));"
            "COMMENT ON TABLE customers IS 'Who buys'; COMMENT ON COLUMN customers.city IS 'Where';"
            "INSERT INTO customers SELECT i, 'Name ' || i, (ARRAY['Bern', 'Genf', NULL])[1 + i % 3], i * 1.25 FROM "
            "generate_series(1, 5000) i;"
            "CREATE TABLE orders (id int, customer int, amount numeric, placed timestamp);"
            "INSERT INTO orders SELECT i, 1 + i % 5000, i * 0.1, timestamp '2024-05-01' + i * interval '7 s' FROM "
            "generate_series(1, 20000) i;"
            "CREATE VIEW broken AS SELECT 1 / (id - 300) AS x, id FROM customers;"
            "CREATE VIEW slow AS SELECT id, pg_sleep(0.02)::text AS s FROM customers;"
            "CREATE TYPE mood AS ENUM ('sad', 'ok'); CREATE TABLE moods (m mood, j jsonb, a int[], i interval);"
            "INSERT INTO moods VALUES ('ok', '{\"a\": 1}', '{1,2}', '1 day 02:00'), (NULL, NULL, NULL, NULL);"
            "ANALYZE");
        ASSERT_TRUE(made) << made.error().describe();
    }

    static void TearDownTestSuite() {
        node_.reset();
        customer_.reset();
    }

    static std::unique_ptr<TemporaryPostgres> start(const TemporaryPostgresOptions& options) {
        auto started = TemporaryPostgres::start(options);
        EXPECT_TRUE(started) << started.error().describe();
        return started ? std::make_unique<TemporaryPostgres>(std::move(*started)) : nullptr;
    }

    void SetUp() override {
        auto opened = node_->connect();
        ASSERT_TRUE(opened) << opened.error().describe();
        connection_ = std::make_unique<Connection>(std::move(*opened));
        must(
            "SET client_min_messages = warning; DROP EXTENSION IF EXISTS tessera_fdw CASCADE; DROP SCHEMA IF EXISTS "
            "src CASCADE;"
            "CREATE SCHEMA src; CREATE EXTENSION tessera_fdw");
    }

    Result<> execute(const std::string& sql) { return connection_->execute(sql); }

    void must(const std::string& sql) {
        const auto done = execute(sql);
        ASSERT_TRUE(done) << sql << "\n" << done.error().describe();
    }

    std::string value(const std::string& sql) {
        auto result = connection_->queryValue(sql);
        EXPECT_TRUE(result) << sql << "\n" << result.error().describe();
        return result ? result->value_or("NULL") : "";
    }

    /// The error that a statement must give.
    Error error(const std::string& sql) {
        auto result = connection_->query(sql);
        EXPECT_FALSE(result) << sql;
        return result ? Error{} : result.error();
    }

    std::string explain(const std::string& sql) {
        std::string text;
        auto rows = connection_->query("EXPLAIN (VERBOSE, COSTS OFF) " + sql);
        EXPECT_TRUE(rows) << sql << "\n" << rows.error().describe();
        for (const auto& row : rows ? rows->values : decltype(rows->values){}) {
            text += row[0].value_or("") + "\n";
        }
        return text;
    }

    static std::string customerServer(const std::string& name, std::uint16_t port) {
        return "CREATE SERVER " + name +
               " FOREIGN DATA WRAPPER tessera_fdw OPTIONS (connector 'postgres', host '127.0.0.1', port '" +
               std::to_string(port) + "', dbname 'postgres');";
    }

    static std::string mapping(const std::string& name, const std::string& password = TemporaryPostgres::kPassword) {
        return "CREATE USER MAPPING FOR CURRENT_USER SERVER " + name + " OPTIONS (user 'postgres', password " +
               quoteLiteral(password) + ");";
    }

    void importCustomer() {
        must(customerServer("crm", customer_->port()) + mapping("crm") +
             "IMPORT FOREIGN SCHEMA public FROM SERVER crm INTO src");
    }

    void importPeople(const std::string& table_options = "") {
        must(std::string("CREATE SERVER toys FOREIGN DATA WRAPPER tessera_fdw OPTIONS (connector 'memory', tables ") +
             kPeople + ");" +
             "CREATE FOREIGN TABLE src.people (id bigint, name text, team int) SERVER toys OPTIONS (table_name "
             "'people'" +
             table_options + ")");
    }

    inline static std::unique_ptr<TemporaryPostgres> node_;
    inline static std::unique_ptr<TemporaryPostgres> customer_;
    std::unique_ptr<Connection> connection_;
};

TEST_F(Fdw, ImportsTablesWithTypesKeysAndComments) {
    importCustomer();
    EXPECT_EQ(
        value(
            "SELECT string_agg(attname || ' ' || format_type(atttypid, atttypmod) || attnotnull, ', ' ORDER BY attnum) "
            "FROM pg_attribute WHERE attrelid = 'src.customers'::regclass AND attnum > 0"),
        "id integertrue, name texttrue, city character varying(20)false, balance numeric(12,2)false");
    EXPECT_EQ(value("SELECT tessera.import_comments('crm', 'public', 'src')"), "2");
    EXPECT_EQ(value("SELECT obj_description('src.customers'::regclass)"), "Who buys");
    EXPECT_EQ(value("SELECT col_description('src.customers'::regclass, 3)"), "Where");
    must("CREATE SCHEMA few; IMPORT FOREIGN SCHEMA public LIMIT TO (orders) FROM SERVER crm INTO few");
    EXPECT_EQ(value("SELECT string_agg(relname, ',') FROM pg_class WHERE relnamespace = 'few'::regnamespace"),
              "orders");
    must(
        "CREATE SCHEMA rest; IMPORT FOREIGN SCHEMA public EXCEPT (orders, broken, slow, moods, caseless) FROM SERVER "
        "crm INTO "
        "rest");
    EXPECT_EQ(value("SELECT string_agg(relname, ',') FROM pg_class WHERE relnamespace = 'rest'::regnamespace"),
              "customers");
    must("DROP SCHEMA few, rest CASCADE");
}

TEST_F(Fdw, ReadsTypesWithoutAFormOfTheirOwnAsText) {
    importCustomer();
    EXPECT_EQ(value("SELECT string_agg(coalesce(m::text, '-') || j::text || a::text || i::text, '|') FROM src.moods"),
              "ok{\"a\": 1}{1,2}1 day 02:00:00");
    // An enum is text here, so it is compared as text at the source, too.
    EXPECT_EQ(value("SELECT count(*) FROM src.moods WHERE m = 'ok' AND m < 'sad'"), "1");
    EXPECT_THAT(explain("SELECT count(*) FROM src.moods WHERE m = 'ok'"), HasSubstr("\"m\"::text AS \"m\""));
}

TEST_F(Fdw, TextIsComparedBytewiseWhateverTheSourcesCollationSays) {
    ASSERT_TRUE(customer_->execute(
        "CREATE COLLATION IF NOT EXISTS caseless (provider = icu, locale = 'und-u-ks-level2', deterministic = false);"
        "CREATE TABLE IF NOT EXISTS caseless (id int, word text COLLATE caseless); TRUNCATE caseless;"
        "INSERT INTO caseless VALUES (1, 'a'), (2, 'A'), (3, 'b')"));
    importCustomer();
    EXPECT_THAT(explain("SELECT id FROM src.caseless WHERE word = 'a'"), HasSubstr("WHERE (\"word\" = 'a'::text)"));
    EXPECT_EQ(value("SELECT string_agg(id::text, ',') FROM src.caseless WHERE word = 'a'"), "1");
    EXPECT_EQ(value("SELECT count(DISTINCT word) FROM src.caseless"), "3");
    EXPECT_EQ(value("SELECT string_agg(id::text, ',' ORDER BY word) FROM src.caseless WHERE word LIKE '_'"), "2,1,3");
}

TEST_F(Fdw, SendsFiltersJoinsGroupsOrderAndLimit) {
    importCustomer();
    const std::string plan = explain(
        "SELECT c.city, count(*), sum(o.amount) FROM src.customers c JOIN src.orders o ON o.customer = c.id "
        "WHERE c.balance > 100 AND c.city LIKE 'B%' GROUP BY c.city HAVING count(*) > 5 ORDER BY c.city LIMIT 3");
    EXPECT_THAT(plan, HasSubstr("Foreign Scan\n"));
    EXPECT_THAT(plan, HasSubstr("Source: crm"));
    EXPECT_THAT(
        plan,
        HasSubstr(
            "Remote SQL: SELECT r1.\"city\", count(*), sum(r2.\"amount\") FROM (\"public\".\"customers\" r1 INNER JOIN "
            "\"public\".\"orders\" r2 ON (r1.\"id\" = r2.\"customer\")) WHERE (r1.\"balance\" > '100'::numeric) AND "
            "(r1.\"city\" LIKE 'B%'::text) GROUP BY r1.\"city\" HAVING (count(*) > 5) ORDER BY r1.\"city\" "
            "COLLATE \"C\" ASC NULLS LAST LIMIT 3"));
    EXPECT_THAT(plan, Not(HasSubstr("only for tests")));
}

TEST_F(Fdw, SendsOrderAndLimitWhereFewOfManyRowsAreWanted) {
    importCustomer();
    must("ANALYZE src.orders");  // 20,000 rows, of which a sort here would keep ten
    EXPECT_THAT(explain("SELECT id, placed FROM src.orders ORDER BY amount DESC LIMIT 10"),
                HasSubstr("ORDER BY \"amount\" DESC NULLS FIRST LIMIT 10"));
}

TEST_F(Fdw, SaysWhatItDidNotSend) {
    importCustomer();
    const std::string plan = explain("SELECT id FROM src.customers WHERE upper(name) = 'x' AND id < 10");
    EXPECT_THAT(plan, HasSubstr("Filter: (upper(customers.name) = 'x'::text)"));
    EXPECT_THAT(plan, HasSubstr("Not Pushed: postgres has no exact form of upper(text)"));
    EXPECT_THAT(plan, HasSubstr("WHERE (\"id\" < 10)"));
    // For programs it is one list: a JSON object has a name once.
    const std::string json = value(
        "EXPLAIN (VERBOSE, COSTS OFF, FORMAT JSON) SELECT id FROM src.customers WHERE upper(name) = 'x' AND "
        "lower(name) = 'y'");
    EXPECT_EQ(json.find("\"Not Pushed\""), json.rfind("\"Not Pushed\"")) << json;
    EXPECT_THAT(json, HasSubstr("\"Not Pushed\": [\"postgres has no exact form of upper(text)\", "));
}

TEST_F(Fdw, SaysOfEachStageWhyItDidNotSendIt) {
    importCustomer();
    for (const auto& [sql, reason] :
         {std::pair("SELECT string_agg(upper(name), ',') FROM src.customers",
                    "aggregate: postgres has no exact form of upper(text)"),
          std::pair("SELECT count(*) FROM src.customers WHERE upper(name) = 'X'",
                    "aggregate: conditions are checked here"),
          std::pair("SELECT lag(upper(name)) OVER (ORDER BY id) FROM src.customers",
                    "window functions: postgres has no exact form of upper(text)"),
          std::pair("SELECT DISTINCT upper(name) FROM src.customers",
                    "DISTINCT: postgres has no exact form of upper(text)"),
          std::pair("SELECT id FROM src.customers ORDER BY upper(name)",
                    "sort: postgres has no exact form of upper(text)"),
          std::pair("SELECT id FROM src.customers ORDER BY upper(name) LIMIT 3", "limit: rows are sorted here"),
          std::pair("SELECT id FROM src.customers WHERE upper(name) = 'X' LIMIT 3",
                    "limit: conditions are checked here"),
          std::pair(
              "SELECT c.id FROM src.customers c LEFT JOIN src.orders o ON o.customer = c.id AND upper(c.name) = 'X'",
              "join: postgres has no exact form of upper(text)")}) {
        EXPECT_THAT(explain(sql), HasSubstr(std::string("Not Pushed: ") + reason)) << sql;
    }
}

TEST_F(Fdw, SendsSemijoinsWindowsAndSets) {
    importCustomer();
    EXPECT_THAT(
        explain("SELECT id FROM src.customers c WHERE NOT EXISTS (SELECT 1 FROM src.orders o WHERE o.customer = "
                "c.id AND o.amount > 5)"),
        HasSubstr("FROM \"public\".\"customers\" r1 WHERE (NOT EXISTS (SELECT NULL FROM \"public\".\"orders\" r2 "
                  "WHERE (r2.\"amount\" > '5'::numeric) AND (r2.\"customer\" = r1.\"id\")))"));
    EXPECT_THAT(explain("SELECT id FROM (SELECT id, rank() OVER (PARTITION BY city ORDER BY balance) AS n FROM "
                        "src.customers) x WHERE n <= 2"),
                HasSubstr("SELECT c1, c2 FROM (SELECT \"id\" AS c1, rank() OVER (PARTITION BY \"city\" ORDER BY "
                          "\"balance\" ASC NULLS LAST) AS c2, (rank() OVER (PARTITION BY \"city\" ORDER BY \"balance\" "
                          "ASC NULLS LAST) <= 2) AS q1 FROM \"public\".\"customers\") s WHERE q1"));
    EXPECT_THAT(explain("SELECT city, count(*) FROM src.customers GROUP BY ROLLUP (city)"),
                HasSubstr("GROUP BY GROUPING SETS ((), (\"city\"))"));
}

TEST_F(Fdw, SendsValuesOfTheMomentAsParameters) {
    importCustomer();
    EXPECT_THAT(explain("SELECT id FROM src.customers WHERE id = (SELECT 5)"), HasSubstr("(\"id\" = $1::int4)"));
    EXPECT_EQ(
        value("SELECT count(*) FROM src.orders WHERE placed > now()::timestamp - interval '1000 years' AND id < 11"),
        "10");
    EXPECT_EQ(value("SELECT count(*) FROM src.customers c, LATERAL (SELECT * FROM src.orders o WHERE o.customer = c.id "
                    "AND md5('x') <> '' "
                    "OFFSET 0) o WHERE c.id < 3"),
              "8");
}

TEST_F(Fdw, KnowsTrueRowCountsBeforeAndAfterAnalyze) {
    importCustomer();
    const auto estimate = [&] {
        return value("SELECT (regexp_match(src.plan('SELECT * FROM src.customers'), 'rows=(\\d+)'))[1]");
    };
    must(
        "CREATE FUNCTION src.plan(text) RETURNS text LANGUAGE plpgsql AS "
        "$$DECLARE line text; BEGIN EXECUTE 'EXPLAIN ' || $1 INTO line; RETURN line; END$$");
    EXPECT_EQ(estimate(), "5000");
    EXPECT_EQ(value("SELECT tessera.source_row_count('src.customers')"), "5000");
    EXPECT_EQ(value("SELECT tessera.source_row_count('src.slow')"), "NULL");  // a view
    must("ANALYZE src.customers");
    EXPECT_EQ(value("SELECT reltuples FROM pg_class WHERE oid = 'src.customers'::regclass"), "5000");
    EXPECT_EQ(value("SELECT n_distinct FROM pg_stats WHERE schemaname = 'src' AND tablename = 'customers' AND attname "
                    "= 'city'"),
              "2");
    EXPECT_EQ(estimate(), "5000");
}

TEST_F(Fdw, RefusesServersItCannotServe) {
    const auto create = [](const std::string& options) {
        return "CREATE SERVER wrong FOREIGN DATA WRAPPER tessera_fdw OPTIONS (" + options + ")";
    };
    Error missing = error("CREATE SERVER wrong FOREIGN DATA WRAPPER tessera_fdw");
    EXPECT_THAT(missing.message, HasSubstr("requires the option \"connector\""));
    EXPECT_EQ(missing.sqlstate, "HV00J");
    EXPECT_THAT(error(create("connector 'oracle'")).message, HasSubstr("'oracle'"));
    EXPECT_THAT(error(create("connector '../postgres'")).describe(), HasSubstr("../postgres"));
    Error unknown = error(create("connector 'postgres', hots 'x'"));
    EXPECT_THAT(unknown.message, HasSubstr("no option 'hots'"));
    EXPECT_THAT(unknown.hint, HasSubstr("host"));
    EXPECT_EQ(unknown.sqlstate, "HV00D");
    // A secret belongs to the user mapping, not where everyone can read it.
    EXPECT_THAT(error(create("connector 'postgres', password 'x'")).message, HasSubstr("no option 'password'"));
    EXPECT_THAT(error(create("connector 'sqlite'")).message, HasSubstr("requires the option 'database'"));
}

TEST_F(Fdw, NamesTheTableAndMappingWhoseOptionsAreWrong) {
    importCustomer();
    must("CREATE FOREIGN TABLE src.odd (id int) SERVER crm OPTIONS (table_nam 'customers')");
    EXPECT_THAT(error("SELECT * FROM src.odd").message,
                HasSubstr("foreign table \"odd\": the connector 'postgres' has no option 'table_nam'"));
    must("ALTER USER MAPPING FOR CURRENT_USER SERVER crm OPTIONS (ADD pasword 'x')");
    EXPECT_THAT(error("SELECT * FROM src.customers").message,
                HasSubstr("for server \"crm\": the connector 'postgres' has no option 'pasword'"));
}

TEST_F(Fdw, ReportsTheSourcesOwnErrors) {
    importCustomer();
    const Error division = error("SELECT * FROM src.broken");
    EXPECT_EQ(division.sqlstate, "22012");
    EXPECT_THAT(division.message, HasSubstr("source \"crm\": division by zero"));
    must("CREATE FOREIGN TABLE src.gone (id int) SERVER crm OPTIONS (schema_name 'public', table_name 'gone')");
    EXPECT_EQ(error("SELECT * FROM src.gone").sqlstate, "42P01");
    EXPECT_EQ(value("SELECT count(*) FROM src.customers"), "5000");  // the session serves on
}

TEST_F(Fdw, ReportsAWrongPasswordAndAnUnreachableServer) {
    must(customerServer("crm", customer_->port()) + mapping("crm", "not it"));
    must("CREATE FOREIGN TABLE src.c (id int) SERVER crm OPTIONS (table_name 'customers')");
    const Error password = error("SELECT * FROM src.c");
    EXPECT_EQ(password.sqlstate, "28P01");
    EXPECT_THAT(password.describe(), Not(HasSubstr("not it")));
    must(customerServer("nowhere", 1) + mapping("nowhere"));
    must("CREATE FOREIGN TABLE src.n (id int) SERVER nowhere OPTIONS (table_name 'customers')");
    const Error refused = error("SELECT * FROM src.n");
    EXPECT_EQ(refused.sqlstate.substr(0, 2), "08");
    EXPECT_THAT(refused.message, HasSubstr("source \"nowhere\""));
    EXPECT_THAT(refused.message, HasSubstr("127.0.0.1"));
    importPeople();
    EXPECT_EQ(value("SELECT count(*) FROM src.people"), "100000");
}

TEST_F(Fdw, UsesChangedOptionsAtOnce) {
    importCustomer();
    EXPECT_EQ(value("SELECT count(*) FROM src.customers"), "5000");
    must("ALTER USER MAPPING FOR CURRENT_USER SERVER crm OPTIONS (SET password 'not it')");
    EXPECT_EQ(error("SELECT count(*) FROM src.customers").sqlstate, "28P01");
    must("ALTER USER MAPPING FOR CURRENT_USER SERVER crm OPTIONS (SET password 'only for tests')");
    EXPECT_EQ(value("SELECT count(*) FROM src.customers"), "5000");
}

TEST_F(Fdw, SessionsAreUsedAgainUntilTheyWereIdleTooLong) {
    must(customerServer("crm", customer_->port()) + mapping("crm") + "ALTER SERVER crm OPTIONS (ADD idle_timeout '1')");
    const std::string process = "SELECT pid FROM tessera.remote_query('crm', 'SELECT pg_backend_pid()') AS r (pid int)";
    const std::string first = value(process);
    must("SELECT pg_sleep(1.1)");
    const std::string second = value(process);
    EXPECT_NE(second, first);
    must("ALTER SERVER crm OPTIONS (SET idle_timeout '3600')");
    const std::string third = value(process);
    EXPECT_EQ(value(process), third);
    EXPECT_EQ(value("SELECT count(*) FROM tessera.connections WHERE server = 'crm'"), "1");
    EXPECT_EQ(error("ALTER SERVER crm OPTIONS (SET idle_timeout 'soon')").sqlstate, "HV024");
}

TEST_F(Fdw, AnErrorInMidScanIsAnErrorAndNeverAnEarlyEnd) {
    importPeople(", fail_after_rows '70000', fail_sqlstate '08006'");
    const Error broken = error("SELECT count(*) FROM src.people");
    EXPECT_EQ(broken.sqlstate, "08006");
    EXPECT_THAT(broken.message, HasSubstr("source \"toys\""));
    EXPECT_EQ(value("SELECT count(*) FROM (SELECT id FROM src.people LIMIT 10) x"), "10");
}

TEST_F(Fdw, ASourceThatDiesInMidScanIsAnErrorAndIsFoundAgainLater) {
    auto source = start({});
    ASSERT_TRUE(
        source->execute("CREATE TABLE big AS SELECT i, repeat('x', 200) AS pad FROM generate_series(1, 200000) i"));
    must(customerServer("crm", source->port()) + mapping("crm") +
         "IMPORT FOREIGN SCHEMA public FROM SERVER crm INTO src");
    const std::string backend = value("SELECT pg_backend_pid()");
    must("BEGIN; DECLARE c CURSOR FOR SELECT * FROM src.big; FETCH 10 FROM c");
    ASSERT_TRUE(
        source->execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'tessera' AND "
                        "pid <> pg_backend_pid()"));
    const Error died = error("FETCH ALL FROM c");
    // Which of the two arrives is a race: the server's last word, or the end of the connection.
    EXPECT_THAT(died.sqlstate.substr(0, 2), testing::AnyOf("57", "08")) << died.describe();
    EXPECT_THAT(died.message, HasSubstr("source \"crm\""));
    must("ROLLBACK");
    EXPECT_EQ(value("SELECT count(*) FROM src.big"), "200000");
    // An idle connection that died meanwhile is replaced without a word.
    ASSERT_TRUE(
        source->execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'tessera' AND "
                        "pid <> pg_backend_pid()"));
    EXPECT_EQ(value("SELECT count(*) FROM src.big"), "200000");
    EXPECT_EQ(value("SELECT pg_backend_pid()"), backend);
}

TEST_F(Fdw, DamagedFilesAreErrorsThatNameThem) {
    TemporaryDirectory folder;
    writeFile(folder.path() / "damaged.parquet", "PAR1 this is no Parquet file PAR1");
    writeFile(folder.path() / "no.db",
              "this is no database, but it is long enough to have a header of one, at least nearly so, well, ......");
    writeFile(folder.path() / "fine.csv", "a,b\n1,x\n2,y\n");
    const std::string path = folder.path().string();
    must("CREATE SERVER files FOREIGN DATA WRAPPER tessera_fdw OPTIONS (connector 'files', directory " +
         quoteLiteral(path) + ")");
    must("CREATE FOREIGN TABLE src.damaged (a int) SERVER files OPTIONS (path 'damaged.parquet')");
    must("CREATE FOREIGN TABLE src.fine (a int, b text) SERVER files OPTIONS (path 'fine.csv')");
    must("CREATE FOREIGN TABLE src.missing (a int) SERVER files OPTIONS (path 'missing.csv')");
    must("CREATE FOREIGN TABLE src.outside (a text) SERVER files OPTIONS (path '../../etc/passwd', format 'csv')");
    must("CREATE SERVER lite FOREIGN DATA WRAPPER tessera_fdw OPTIONS (connector 'sqlite', database " +
         quoteLiteral(path + "/no.db") + ")");
    must("CREATE FOREIGN TABLE src.lite (a int) SERVER lite OPTIONS (table_name 'a')");
    const std::string backend = value("SELECT pg_backend_pid()");
    for (const auto& [table, file] : {std::pair("damaged", "damaged.parquet"), std::pair("missing", "missing.csv"),
                                      std::pair("outside", "passwd"), std::pair("lite", "no.db")}) {
        EXPECT_THAT(error(std::string("SELECT * FROM src.") + table).message, HasSubstr(file)) << table;
    }
    EXPECT_EQ(value("SELECT string_agg(b, '' ORDER BY a) FROM src.fine"), "xy");
    EXPECT_EQ(value("SELECT pg_backend_pid()"), backend);
}

TEST_F(Fdw, CancelReachesTheSource) {
    importCustomer();
    const auto running = [&] {
        return customer_->connect()
            .value()
            .queryValue(
                "SELECT count(*) FROM pg_stat_activity WHERE state = 'active' AND application_name = 'tessera' AND pid "
                "<> pg_backend_pid()")
            .value()
            .value();
    };
    const std::string pid = value("SELECT pg_backend_pid()");
    std::thread canceller([&] {
        EXPECT_TRUE(waitUntil([&] { return running() == "1"; }));
        EXPECT_TRUE(node_->execute("SELECT pg_cancel_backend(" + pid + ")"));
    });
    const Error cancelled = error("SELECT count(s) FROM src.slow WHERE s IS NOT NULL");
    canceller.join();
    EXPECT_EQ(cancelled.sqlstate, "57014");
    EXPECT_THAT(cancelled.message, HasSubstr("user request"));
    EXPECT_TRUE(waitUntil([&] { return running() == "0"; }));
    must("SET statement_timeout = 200");
    EXPECT_THAT(error("SELECT count(s) FROM src.slow WHERE s IS NOT NULL").message, HasSubstr("statement timeout"));
    must("RESET statement_timeout");
    EXPECT_EQ(value("SELECT count(*) FROM src.customers"), "5000");
}

TEST_F(Fdw, StopsTheSourceWhenNoMoreRowsAreWanted) {
    importPeople(", fail_after_rows '90000'");
    // Filtered here, so that the source is not told the LIMIT; it must not be read to where it fails.
    EXPECT_EQ(value("SELECT id FROM src.people WHERE md5(name) <> '' LIMIT 1"), "1");
}

TEST_F(Fdw, ScansOneSourceTwiceAtOnce) {
    importCustomer();
    EXPECT_EQ(value("SELECT count(*) FROM src.customers a, src.customers b WHERE upper(a.name) = upper(b.name)"),
              "5000");
    must(
        "BEGIN; DECLARE a CURSOR FOR SELECT id FROM src.customers ORDER BY id; DECLARE b CURSOR FOR SELECT id FROM "
        "src.customers ORDER BY id DESC");
    EXPECT_EQ(value("FETCH 1 FROM a"), "1");
    EXPECT_EQ(value("FETCH 1 FROM b"), "5000");
    EXPECT_EQ(value("FETCH 1 FROM a"), "2");
    must("COMMIT");
}

TEST_F(Fdw, ErrorsWithinASubtransactionLeaveNothingBehind) {
    importCustomer();
    must(
        "DO $$BEGIN FOR i IN 1..50 LOOP BEGIN PERFORM * FROM src.broken; EXCEPTION WHEN division_by_zero THEN NULL; "
        "END; END LOOP; END$$");
    EXPECT_EQ(value("SELECT count(*) FROM src.customers"), "5000");
    const auto connections = customer_->connect().value().queryValue(
        "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'tessera' AND pid <> pg_backend_pid()");
    EXPECT_LE(std::stoi(connections.value().value()), 4);
}

TEST_F(Fdw, WhatIsNotUpdatableIsOnlyRead) {
    importCustomer();
    must("ALTER SERVER crm OPTIONS (ADD updatable 'false')");
    EXPECT_THAT(error("INSERT INTO src.customers VALUES (0, 'x', 'y', 1)").message,
                HasSubstr("foreign table \"customers\" does not allow inserts"));
    EXPECT_THAT(error("UPDATE src.customers SET name = 'x'").message,
                HasSubstr("foreign table \"customers\" does not allow updates"));
    must("ALTER FOREIGN TABLE src.customers OPTIONS (ADD updatable 'true'); BEGIN");
    must("INSERT INTO src.customers VALUES (0, 'x', 'y', 1); ROLLBACK");
    importPeople();
    EXPECT_THAT(error("INSERT INTO src.people VALUES (0, 'x')").message, HasSubstr("can only be read"));
    EXPECT_THAT(error("UPDATE src.people SET name = 'x'").message, HasSubstr("cannot update foreign table \"people\""));
}

TEST_F(Fdw, LockedRowsAndLocalUpdatesReadTablesOneByOne) {
    importCustomer();
    must("CREATE TABLE src.local AS SELECT generate_series(1, 10) AS id, 0::numeric AS total");
    must(
        "UPDATE src.local l SET total = x.s FROM (SELECT customer, sum(amount) AS s FROM src.orders GROUP BY 1) x "
        "WHERE x.customer = l.id");
    EXPECT_EQ(value("SELECT count(*) FROM src.local WHERE total > 0"), "10");
    EXPECT_EQ(value("SELECT c.name FROM src.customers c JOIN src.orders o ON o.customer = c.id WHERE c.id = 3 AND o.id "
                    "= 2 FOR UPDATE"),
              "Name 3");
}

}  // namespace
}  // namespace tessera
