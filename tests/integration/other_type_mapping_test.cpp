/// Types through ODBC (PostgreSQL's and MariaDB's drivers), from another PostgreSQL as a node is one, and of memory.

#include "common/strings.h"
#include "tests/integration/type_mapping.h"
#include "tests/support/temporary_mariadb.h"

#include <gmock/gmock.h>

namespace tessera {
namespace {

using testing::HasSubstr;

class OtherTypeMapping : public TypeMapping {
  protected:
    static void SetUpTestSuite() {
        TypeMapping::SetUpTestSuite();
        auto started = TemporaryMariaDb::start();
        ASSERT_TRUE(started) << started.error().describe();
        mariadb_ = std::make_unique<TemporaryMariaDb>(std::move(*started));
        auto customer = TemporaryPostgres::start();
        ASSERT_TRUE(customer) << customer.error().describe();
        customer_ = std::make_unique<TemporaryPostgres>(std::move(*customer));
    }

    static void TearDownTestSuite() {
        mariadb_.reset();
        customer_.reset();
        TypeMapping::TearDownTestSuite();
    }

    static std::string mapping(const std::string& server, const std::string& user, const std::string& password) {
        return "CREATE USER MAPPING FOR CURRENT_USER SERVER " + server + " OPTIONS (user " + quoteLiteral(user) +
               ", password " + quoteLiteral(password) + ");";
    }

    inline static std::unique_ptr<TemporaryMariaDb> mariadb_;
    inline static std::unique_ptr<TemporaryPostgres> customer_;
};

TEST_F(OtherTypeMapping, OdbcOfMariaDb) {
    const std::vector<Reading> readings = {
        {"i1", "TINYINT", "-128", "smallint", "-128"},
        {"u1", "TINYINT UNSIGNED", "255", "smallint", "255"},
        {"u2", "SMALLINT UNSIGNED", "65535", "integer", "65535"},
        {"u4", "INT UNSIGNED", "4294967295", "bigint", "4294967295"},
        {"u8", "BIGINT UNSIGNED", "18446744073709551615", "numeric(20,0)", "18446744073709551615"},
        {"n", "DECIMAL(38,10)", "-1234567890123456789012345678.0123456789", "numeric(38,10)",
         "-1234567890123456789012345678.0123456789"},
        {"f8", "DOUBLE", "0.1", "double precision", "0.1"},
        {"s", "VARCHAR(9) CHARACTER SET utf8mb4", "'é 😀  '", "character varying(9)", "é 😀  "},
        {"e", "ENUM('a', 'b')", "'b'", "character(1)", "b"},
        {"several", "SET('x', 'y')", "'y,x'", "character(3)", "x,y"},
        {"j", "JSON", "'[1, null]'", "text", "[1, null]"},
        {"x", "VARBINARY(9)", "x'00ff27'", "bytea", "\\x00ff27"},
        {"d", "DATE", "'9999-12-31'", "date", "9999-12-31"},
        {"ts", "DATETIME(6)", "'2024-02-29 12:34:56.789012'", "timestamp without time zone",
         "2024-02-29 12:34:56.789012"},
        {"tz", "TIMESTAMP(6) NULL", "'2024-10-27 00:30:00'", "timestamp with time zone", "2024-10-27 00:30:00+00"},
        {"y", "YEAR", "2155", "smallint", "2155"},
    };
    const auto made = mariadb_->execute("SET NAMES utf8mb4; SET time_zone = '+00:00'; DROP TABLE IF EXISTS t;" +
                                        createStatements("t", readings));
    ASSERT_TRUE(made) << made.error().describe();
    ASSERT_TRUE(
        mariadb_->execute("SET sql_mode = ''; CREATE OR REPLACE TABLE z (d DATE); INSERT INTO z VALUES "
                          "('0000-00-00')"));
    must(
        "CREATE SERVER my FOREIGN DATA WRAPPER tessera_fdw OPTIONS (connector 'odbc', driver 'MariaDB Unicode', "
        "connection_string 'SERVER=127.0.0.1;PORT=" +
        std::to_string(mariadb_->port()) + "');" + mapping("my", TemporaryMariaDb::kUser, TemporaryMariaDb::kPassword) +
        "IMPORT FOREIGN SCHEMA test FROM SERVER my INTO src");
    expectReadings("t", readings);
    EXPECT_EQ(outcome("SELECT d FROM src.z"), "NULL");  // the driver makes it that
}

TEST_F(OtherTypeMapping, OdbcOfPostgres) {
    const std::vector<Reading> readings = {
        {"b", "boolean", "true", "boolean", "true"},
        {"i8", "bigint", "-9223372036854775808", "bigint", "-9223372036854775808"},
        {"n", "numeric(30,10)", "'NaN'", "numeric(30,10)", "NaN"},
        {"f8", "float8", "'0.1'", "double precision", "0.1"},
        {"s", "text", "'é 😀  '", "text", "é 😀  "},
        {"c", "char(5)", "'ab'", "character(5)", "ab"},
        {"x", "bytea", "'\\x00ff27'", "bytea", "\\x00ff27"},
        {"d", "date", "'2024-02-29'", "date", "2024-02-29"},
        {"ts", "timestamp", "'2024-02-29 12:34:56.789012'", "timestamp without time zone",
         "2024-02-29 12:34:56.789012"},
        {"tz", "timestamptz", "'2024-10-27 02:30:00+02'", "timestamp with time zone", "2024-10-27 00:30:00+00"},
        {"u", "uuid", "'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11'", "uuid", "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11"},
    };
    ASSERT_TRUE(customer_->execute("DROP TABLE IF EXISTS t; " + createStatements("t", readings)));
    must(
        "CREATE SERVER pg FOREIGN DATA WRAPPER tessera_fdw OPTIONS (connector 'odbc', driver 'PostgreSQL Unicode', "
        "connection_string 'SERVER=127.0.0.1;DATABASE=postgres;UseDeclareFetch=1;PORT=" +
        std::to_string(customer_->port()) + "');" +
        mapping("pg", TemporaryPostgres::kUser, TemporaryPostgres::kPassword) +
        "IMPORT FOREIGN SCHEMA public LIMIT TO (t) FROM SERVER pg INTO src");
    expectReadings("t", readings);
}

TEST_F(OtherTypeMapping, NodesKeepEveryTypeOfPostgres) {
    const std::vector<Reading> readings = {
        {"nan", "numeric", "'NaN'", "numeric", "NaN"},
        {"inf", "numeric", "'-Infinity'", "numeric", "-Infinity"},
        {"f4", "float4", "'NaN'", "real", "NaN"},
        {"d", "date", "'-infinity'", "date", "-infinity"},
        {"bc", "date", "'4713-01-01 BC'", "date", "4713-01-01 BC"},
        {"ts", "timestamp", "'294276-12-31 23:59:59.999999'", "timestamp without time zone",
         "294276-12-31 23:59:59.999999"},
        {"tz", "timestamptz", "'infinity'", "timestamp with time zone", "infinity"},
        {"t", "time", "'24:00:00'", "time without time zone", "24:00:00"},
        {"tt", "timetz", "'23:59:59.5+05:30'", "time with time zone", "23:59:59.5+05:30"},
        {"span", "interval", "'1 year -2 mons 3 days -04:05:06.5'", "interval", "10 mons 3 days -04:05:06.5"},
        {"bits", "bit(5)", "B'10101'", "bit(5)", "10101"},
        {"vbits", "bit varying", "B''", "bit varying", ""},
        {"list", "int[]", "'[2:3][0:1]={{1,NULL},{3,4}}'", "integer[]", "[2:3][0:1]={{1,NULL},{3,4}}"},
        {"words", "text[]", R"(ARRAY['a"b', NULL, 'c,d', ''])", "text[]", R"({"a\"b",NULL,"c,d",""})"},
        {"range", "int4range", "'[1,5)'", "int4range", "[1,5)"},
        {"multi", "datemultirange", "'{[2024-01-01,2024-02-01)}'", "datemultirange", "{[2024-01-01,2024-02-01)}"},
        {"address", "inet", "'10.0.0.1/8'", "inet", "10.0.0.1/8"},
        {"mac", "macaddr", "'08:00:2b:01:02:03'", "macaddr", "08:00:2b:01:02:03"},
        {"jb", "jsonb", R"('{"b": 1, "a": [1.50, null]}')", "jsonb", R"({"a": [1.50, null], "b": 1})"},
        {"j", "json", R"('{"a":1,"a":2}')", "json", R"({"a":1,"a":2})"},
        {"x", "xml", "'<a/>'", "xml", "<a/>"},
        {"place", "point", "'(0.1,-0)'", "point", "(0.1,-0)"},
        {"money", "money", "12.50", "money", "$12.50"},
        {"mood", "mood", "'ok'", "text", "ok"},
        {"pair", "pair", "'(1,\"a b\")'", "text", "(1,\"a b\")"},
        {"positive", "positive", "5", "integer", "5"},
    };
    ASSERT_TRUE(customer_->execute(
        "DROP TABLE IF EXISTS n; DROP TYPE IF EXISTS mood, pair; DROP DOMAIN IF EXISTS positive; CREATE TYPE mood AS "
        "ENUM "
        "('sad', 'ok'); CREATE TYPE pair AS (a int, b text); CREATE DOMAIN positive AS int CHECK (value > 0);" +
        createStatements("n", readings)));
    must(
        "CREATE SERVER peer FOREIGN DATA WRAPPER tessera_fdw OPTIONS (connector 'node', host '127.0.0.1', dbname "
        "'postgres', port '" +
        std::to_string(customer_->port()) + "');" +
        mapping("peer", TemporaryPostgres::kUser, TemporaryPostgres::kPassword) +
        "IMPORT FOREIGN SCHEMA public LIMIT TO (n) FROM SERVER peer INTO src");
    EXPECT_THAT(notices(), HasSubstr("\"n\""));
    expectReadings("n", readings);
    // Both ways.
    must("CREATE TABLE src.copy AS SELECT * FROM src.n");
    EXPECT_THAT(error("DELETE FROM src.n").message, HasSubstr("it has no key"));
    // Microseconds since 1970 hold no later year than 294246, and must not turn into an early one.
    EXPECT_EQ(error("INSERT INTO src.n SELECT * FROM src.copy").sqlState(), "22008");
    EXPECT_EQ(error("SELECT count(*) FROM src.n WHERE ts < (SELECT ts FROM src.copy)").sqlState(), "22008");
    must(
        "UPDATE src.copy SET ts = '294246-12-31 23:59:59.999999'; TRUNCATE src.n; INSERT INTO src.n SELECT * FROM "
        "src.copy; INSERT INTO src.n SELECT * FROM src.copy");
    EXPECT_EQ(outcome("SELECT count(DISTINCT r::text) FROM src.n r"), "1");
    EXPECT_EQ(outcome("SELECT count(*) FROM src.n"), "2");
}

TEST_F(OtherTypeMapping, MemoryReadsTheTextOfEveryType) {
    const std::string tables = R"json({"t": {"columns": [
        {"name": "b", "type": "boolean"}, {"name": "i", "type": "smallint"}, {"name": "n", "type": "numeric(6,2)"},
        {"name": "f", "type": "double precision"}, {"name": "x", "type": "bytea"}, {"name": "d", "type": "date"},
        {"name": "tz", "type": "timestamptz"}, {"name": "u", "type": "uuid"}, {"name": "s", "type": "interval"},
        {"name": "l", "type": "int[]"}, {"name": "j", "type": "jsonb"}],
        "rows": [[true, -32768, "1.50", "NaN", "\\x00ff", "infinity", "2024-10-27 02:30:00+02",
                  "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11", "1 mon", "{1,NULL}", "{\"a\": 1}"],
                 [null, null, null, null, null, null, null, null, null, null, null]]},
        "bad": {"columns": [{"name": "i", "type": "smallint"}, {"name": "d", "type": "date"}],
                "rows": [["many", "soon"]]}})json";
    must("CREATE SERVER toys FOREIGN DATA WRAPPER tessera_fdw OPTIONS (connector 'memory', tables " +
         quoteLiteral(tables) + "); IMPORT FOREIGN SCHEMA everything FROM SERVER toys INTO src");
    EXPECT_EQ(
        outcome("SELECT string_agg(r::text, ' ' ORDER BY i) FROM src.t r"),
        "(t,-32768,1.50,NaN,\"\\\\x00ff\",infinity,\"2024-10-27 00:30:00+00\",a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11,"
        "\"1 mon\",\"{1,NULL}\",\"{\"\"a\"\": 1}\") (,,,,,,,,,,)");
    EXPECT_THAT(outcome("SELECT i FROM src.bad"), HasSubstr("error 22"));
    EXPECT_THAT(outcome("SELECT d FROM src.bad"), HasSubstr("error 22"));
}

}  // namespace
}  // namespace tessera
