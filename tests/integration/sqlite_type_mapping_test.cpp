/// Every declared type and every kind of value of SQLite, which keeps any value in any column, from the file to here
/// and back. The table is that of docs/connectors/sqlite.md.

#include "common/handle.h"
#include "common/strings.h"
#include "tests/integration/type_mapping.h"
#include "tests/support/temporary_directory.h"

#include <gmock/gmock.h>
#include <sqlite3.h>

#include <filesystem>

namespace tessera {
namespace {

using testing::HasSubstr;

class SqliteTypeMapping : public TypeMapping {
  protected:
    void SetUp() override {
        TypeMapping::SetUp();
        source("CREATE TABLE empty (a)");
        // The server's user writes to it, with a journal beside it.
        std::filesystem::permissions(file(), std::filesystem::perms(0666));
        std::filesystem::permissions(folder_.path(), std::filesystem::perms(0777));
        must(
            "CREATE SERVER lite FOREIGN DATA WRAPPER tessera_fdw OPTIONS (connector 'sqlite', read_only 'false', "
            "database " +
            quoteLiteral(file().string()) + ")");
    }

    std::filesystem::path file() const { return folder_.path() / "data.db"; }

    /// Runs statements on a connection of its own; returns the last row's values, with '|' between them.
    std::string source(const std::string& sql) const {
        sqlite3* opened = nullptr;
        sqlite3_open(file().c_str(), &opened);
        const Handle<sqlite3, sqlite3_close> database(opened);
        std::string row;
        char* message = nullptr;
        const auto keep = [](void* text, int count, char** values, char**) {
            auto* all = static_cast<std::string*>(text);
            all->clear();
            for (int i = 0; i < count; ++i) {
                *all += (i > 0 ? "|" : "") + std::string(values[i] != nullptr ? values[i] : "NULL");
            }
            return 0;
        };
        EXPECT_EQ(sqlite3_exec(database.get(), sql.c_str(), keep, &row, &message), SQLITE_OK) << sql << "\n" << message;
        sqlite3_free(message);
        return row;
    }

    void import() { must("IMPORT FOREIGN SCHEMA main FROM SERVER lite INTO src"); }

    TemporaryDirectory folder_;
};

TEST_F(SqliteTypeMapping, ReadsEveryDeclaredType) {
    const std::vector<Reading> readings = {
        {"i", "INTEGER", "-9223372036854775808", "bigint", "-9223372036854775808"},
        {"ti", "TINYINT UNSIGNED", "255", "bigint", "255"},
        {"ub", "UNSIGNED BIG INT", "9223372036854775807", "bigint", "9223372036854775807"},
        {"b1", "BOOLEAN", "1", "boolean", "true"},
        {"b2", "BOOLEAN", "2", "boolean", "error 22P02"},
        {"b3", "BOOLEAN", "'true'", "boolean", "error 22P02"},
        {"r", "REAL", "0.1", "double precision", "0.1"},
        {"r_whole", "DOUBLE PRECISION", "3", "double precision", "3"},
        {"r_inf", "FLOAT", "-9e999", "double precision", "-Infinity"},
        {"r_nan", "REAL", "9e999 - 9e999", "double precision", "NULL"},
        {"n", "DECIMAL(10,2)", "'12.50'", "numeric", "12.5"},
        {"n_int", "NUMERIC", "12345678901234567", "numeric", "12345678901234567"},
        {"n_text", "NUMERIC", "'abc'", "numeric", "error 22P02"},
        {"s", "VARCHAR(3)", "'longer than three'", "text", "longer than three"},
        {"s_number", "TEXT", "12.50", "text", "12.5"},
        {"s_nul", "TEXT", "'a' || char(0) || 'b'", "text", "error 22021"},
        {"s_bad", "TEXT", "CAST(x'61ff' AS TEXT)", "text", "error 22021"},
        {"s_blob", "CLOB", "x'61'", "text", "error 22P02"},
        {"x", "BLOB", "x'00ff'", "bytea", "\\x00ff"},
        {"x_text", "BLOB", "'text'", "bytea", "error 22P02"},
        {"d", "DATE", "'2024-02-29'", "date", "2024-02-29"},
        {"d_time", "DATE", "'2024-02-29 00:00:00.000'", "date", "2024-02-29"},
        {"d_noon", "DATE", "'2024-02-29 12:00'", "date", "error 22P02"},
        {"d_julian", "DATE", "2460370.5", "date", "error 22P02"},
        {"d_epoch", "DATE", "1709164800", "date", "error 22P02"},
        {"d_us", "DATE", "'02/29/2024'", "date", "error 22P02"},
        {"d_no_such", "DATE", "'2023-02-29'", "date", "error 22P02"},
        {"d_empty", "DATE", "''", "date", "error 22P02"},
        {"ts", "DATETIME", "'2024-02-29T12:34:56.789'", "timestamp without time zone", "2024-02-29 12:34:56.789"},
        {"ts_minutes", "TIMESTAMP", "'2024-02-29 12:34'", "timestamp without time zone", "2024-02-29 12:34:00"},
        {"ts_zulu", "DATETIME", "'2024-02-29T12:34:56Z'", "timestamp without time zone", "2024-02-29 12:34:56"},
        {"ts_epoch", "DATETIME", "1709210096", "timestamp without time zone", "error 22P02"},
        {"tz", "TIMESTAMPTZ", "'2024-03-31 02:30:00+02:00'", "timestamp with time zone", "2024-03-31 00:30:00+00"},
        {"tz2", "TIMESTAMP WITH TIME ZONE", "'2024-02-29 12:00:00'", "timestamp with time zone",
         "2024-02-29 12:00:00+00"},
        {"t", "TIME", "'23:59:59.5'", "time without time zone", "23:59:59.5"},
        {"t_long", "TIME", "'25:00:00'", "time without time zone", "error 22P02"},
        {"u", "UUID", "'A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11'", "uuid", "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11"},
        {"u_bytes", "GUID", "x'a0eebc999c0b4ef8bb6d6bb9bd380a11'", "uuid", "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11"},
        {"u_short", "UUID", "x'00'", "uuid", "error 22P02"},
        {"j", "JSON", R"('{"a": [1, null]}')", "json", R"({"a": [1, null]})"},
        {"j_bad", "JSON", "'{'", "json", "error 22P02"},
        {"none", "", "'untyped'", "text", "untyped"},
        {"any_int", "SOMETHING", "5", "text", "5"},
    };
    source(createStatements("t", readings));
    import();
    expectReadings("t", readings);
}

TEST_F(SqliteTypeMapping, AColumnOfMixedTypesIsReadUpToTheValueThatDoesNotFit) {
    source(
        "CREATE TABLE m (id INTEGER PRIMARY KEY, n INTEGER, s TEXT); INSERT INTO m VALUES (1, 5, 'a'), (2, '6', 7), "
        "(3, 'seven', x'62'), (4, 8.0, NULL), (5, 8.5, 'b')");
    import();
    // Affinity: '6' and 8.0 have become integers, 7 a text.
    EXPECT_EQ(outcome("SELECT string_agg(n::text, ',' ORDER BY id) FROM src.m WHERE id IN (1, 2, 4)"), "5,6,8");
    EXPECT_EQ(outcome("SELECT string_agg(s, ',' ORDER BY id) FROM src.m WHERE id IN (1, 2, 5)"), "a,7,b");
    const Error word = error("SELECT n FROM src.m ORDER BY id");
    EXPECT_EQ(word.sqlState(), "22P02");
    EXPECT_THAT(word.message, HasSubstr("column 'n' holds a text 'seven', which is no value of type bigint"));
    EXPECT_THAT(word.hint, HasSubstr("any type in any column"));
    EXPECT_THAT(error("SELECT n FROM src.m WHERE id = 5").message, HasSubstr("a real '8.5'"));
    EXPECT_THAT(error("SELECT s FROM src.m WHERE id = 3").message, HasSubstr("a blob of 1 bytes"));
    // To SQLite a text is larger than any number, and a blob than any text: no comparison there lets them through.
    for (const char* condition : {"n > 100", "n <> 5", "NOT (n = 5)", "n NOT IN (5, 6)", "n IS DISTINCT FROM 5",
                                  "CASE WHEN n < 10 THEN false ELSE true END", "s > 'a'", "s <> '7'"}) {
        EXPECT_EQ(error("SELECT count(*) FROM src.m WHERE " + std::string(condition)).sqlState(), "22P02") << condition;
        EXPECT_EQ(error("SELECT id FROM src.m WHERE " + std::string(condition)).sqlState(), "22P02") << condition;
    }
    EXPECT_EQ(error("SELECT max(n) FROM src.m").sqlState(), "22P02");
    EXPECT_EQ(outcome("SELECT count(*) FROM src.m WHERE id < 3 AND n > 5"), "1");
    source(
        "CREATE TABLE flags (id INTEGER PRIMARY KEY, b BOOLEAN); INSERT INTO flags VALUES (1, 1), (2, 0), (3, 'yes')");
    must("IMPORT FOREIGN SCHEMA main LIMIT TO (flags) FROM SERVER lite INTO src");
    EXPECT_EQ(error("SELECT count(*) FROM src.flags WHERE b").sqlState(), "22P02");
    EXPECT_EQ(outcome("SELECT id FROM src.flags WHERE b AND id < 3"), "1");
    // As text, all of them can be read.
    must("CREATE FOREIGN TABLE src.words (id bigint, n text) SERVER lite OPTIONS (table_name 'm')");
    EXPECT_EQ(outcome("SELECT string_agg(n, ',' ORDER BY id) FROM src.words"), "5,6,seven,8,8.5");
}

TEST_F(SqliteTypeMapping, WritesEveryTypeOrSaysThatItCannot) {
    source(
        "CREATE TABLE w (id INTEGER PRIMARY KEY, i INTEGER, b BOOLEAN, r REAL, n DECIMAL(20,4), s TEXT, x BLOB, d "
        "DATE, "
        "ts DATETIME, tz TIMESTAMPTZ, t TIME, u UUID, j JSON) ");
    import();
    expectWritings("w", {{"i", "-9223372036854775808", "-9223372036854775808"},
                         {"i", "9223372036854775808", "error 22003"},
                         {"b", "false", "false"},
                         {"r", "0.1", "0.1"},
                         {"r", "-2.5e-300", "-2.5e-300"},
                         {"r", "'Infinity'", "Infinity"},
                         {"r", "'NaN'", "error 22003"},
                         {"n", "12345678901234567", "12345678901234567"},
                         {"n", "-0.0001", "-0.0001"},
                         {"n", "0.12345678901234567", "error 22003"},
                         {"n", "'NaN'", "error 22003"},
                         {"s", R"('a\b''" 😀 ')", R"(a\b'" 😀 )"},
                         {"s", "''", ""},
                         {"x", "'\\x00ff27'", "\\x00ff27"},
                         {"x", "'\\x'", "\\x"},
                         {"d", "'2024-02-29'", "2024-02-29"},
                         {"d", "'0044-03-15 BC'", "0044-03-15 BC"},
                         {"d", "'infinity'", "infinity"},
                         {"ts", "'2024-02-29 23:59:59.999999'", "2024-02-29 23:59:59.999999"},
                         {"ts", "'-infinity'", "-infinity"},
                         {"tz", "'2024-10-27 02:30:00+02'", "2024-10-27 00:30:00+00"},
                         {"t", "'24:00:00'", "24:00:00"},
                         {"u", "'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11'", "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11"},
                         {"j", "'[1,  2]'", "[1,  2]"}});
    // As SQLite's own functions read them.
    must(
        "INSERT INTO src.w (d, ts, tz, u) VALUES ('2024-02-29', '2024-02-29 12:00:00.5', '2024-10-27 02:30:00+02', "
        "'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11')");
    EXPECT_EQ(source("SELECT typeof(d), date(d, '+1 day'), time(ts), datetime(tz), u FROM w"),
              "text|2024-03-01|12:00:00|2024-10-27 00:30:00|a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11");
}

TEST_F(SqliteTypeMapping, IntervalsAndArraysAreTheirText) {
    source("CREATE TABLE a (id INTEGER PRIMARY KEY, span TEXT, list TEXT)");
    must(
        "CREATE FOREIGN TABLE src.a (id bigint OPTIONS (key 'true'), span interval, list int[]) SERVER lite OPTIONS "
        "(table_name 'a')");
    must(
        "SET intervalstyle = 'iso_8601'; INSERT INTO src.a VALUES (1, '1 year 2 mons -3 days 04:05:06.5', "
        "'{{1,NULL}}')");
    EXPECT_EQ(source("SELECT span, list FROM a"), "1 year 2 mons -3 days +04:05:06.5|{{1,NULL}}");
    must("RESET intervalstyle");
    EXPECT_EQ(outcome("SELECT span::text || list::text FROM src.a"), "1 year 2 mons -3 days +04:05:06.5{{1,NULL}}");
    source("INSERT INTO a VALUES (2, 'soon', NULL)");
    EXPECT_EQ(error("SELECT span FROM src.a").sqlState(), "22007");
}

TEST_F(SqliteTypeMapping, ImportSaysWhatItLeavesOut) {
    source("CREATE TABLE good (a); CREATE TABLE gone (a); CREATE VIEW broken AS SELECT a FROM gone; DROP TABLE gone");
    import();
    EXPECT_THAT(notices(), HasSubstr("table \"broken\": "));
    EXPECT_EQ(outcome("SELECT count(*) FROM pg_class WHERE relnamespace = 'src'::regnamespace AND relname = 'broken'"),
              "0");
}

}  // namespace
}  // namespace tessera
