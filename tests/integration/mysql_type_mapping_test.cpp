/// Every type of MariaDB and MySQL, from the source to here and back, through an import as people do it. The table is
/// that of docs/connectors/mysql.md.

#include "tests/integration/type_mapping.h"
#include "tests/support/temporary_mariadb.h"

#include <gmock/gmock.h>

namespace tessera {
namespace {

using testing::HasSubstr;

class MysqlTypeMapping : public TypeMapping {
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
        source("DROP DATABASE IF EXISTS shop; CREATE DATABASE shop");
        must(
            "CREATE SERVER shop FOREIGN DATA WRAPPER tessera_fdw OPTIONS (connector 'mysql', host '127.0.0.1', port '" +
            std::to_string(server_->port()) + "', database 'shop'); CREATE USER MAPPING FOR CURRENT_USER SERVER shop " +
            "OPTIONS (user '" + TemporaryMariaDb::kUser + "', password '" + TemporaryMariaDb::kPassword + "')");
    }

    static std::string source(const std::string& sql) {
        const auto done = server_->execute("SET NAMES utf8mb4; SET time_zone = '+00:00';" + sql,
                                           sql.starts_with("DROP DATABASE") ? "mysql" : "shop");
        EXPECT_TRUE(done) << sql << "\n" << done.error().describe();
        return done.value_or("");
    }

    void import() { must("IMPORT FOREIGN SCHEMA shop FROM SERVER shop INTO src"); }

    inline static std::unique_ptr<TemporaryMariaDb> server_;
};

TEST_F(MysqlTypeMapping, ReadsEveryType) {
    const std::string nines(65, '9');
    const std::vector<Reading> readings = {
        {"flag", "BOOLEAN", "1", "boolean", "true"},
        {"not_flag", "TINYINT(1)", "7", "boolean", "error 22003"},
        {"i1", "TINYINT", "-128", "smallint", "-128"},
        {"u1", "TINYINT UNSIGNED", "255", "smallint", "255"},
        {"u2", "SMALLINT UNSIGNED", "65535", "integer", "65535"},
        {"i3", "MEDIUMINT", "-8388608", "integer", "-8388608"},
        {"u3", "MEDIUMINT UNSIGNED", "16777215", "integer", "16777215"},
        {"u4", "INT UNSIGNED ZEROFILL", "4294967295", "bigint", "4294967295"},
        {"i8", "BIGINT", "-9223372036854775808", "bigint", "-9223372036854775808"},
        {"u8", "BIGINT UNSIGNED", "18446744073709551615", "numeric(20,0)", "18446744073709551615"},
        {"whole_n", "DECIMAL(65,0)", nines, "numeric(65,0)", nines},
        {"scaled", "DECIMAL(38,30)", "-12345678.123456789012345678901234567891", "numeric(38,30)",
         "-12345678.123456789012345678901234567891"},
        {"single", "FLOAT", "0.1", "real", "0.1"},
        {"tenth", "DOUBLE", "0.1", "double precision", "0.1"},
        {"smallest", "DOUBLE", "2.2250738585072014E-308", "double precision", "2.2250738585072014e-308"},
        {"bit1", "BIT(1)", "b'1'", "boolean", "true"},
        {"bit64", "BIT(64)", "b'1000000000000000000000000000000000000000000000000000000000000001'", "bit(64)",
         "1000000000000000000000000000000000000000000000000000000000000001"},
        {"choice", "ENUM('a', 'B b', 'ü')", "'ü'", "text", "ü"},
        {"several", "SET('x', 'y', 'z')", "'z,x'", "text", "x,z"},
        {"document", "JSON", R"('{"a": [1, null, "é"]}')", "json", R"({"a": [1, null, "é"]})"},
        {"padded", "CHAR(5)", "'ab  '", "character varying(5)", "ab"},
        {"blanks", "VARCHAR(9)", "'ab  '", "character varying(9)", "ab  "},
        {"latin", "VARCHAR(9) CHARACTER SET latin1", "'Zürich€'", "character varying(9)", "Zürich€"},
        {"wide", "TEXT CHARACTER SET utf16", "'😀 ß'", "text", "😀 ß"},
        {"zero_byte", "VARCHAR(9)", "concat('a', char(0), 'b')", "character varying(9)", "error 22021"},
        {"bytes4", "BINARY(4)", "x'6100'", "bytea", "\\x61000000"},
        {"bytes", "VARBINARY(9)", "x'00ff27'", "bytea", "\\x00ff27"},
        {"tiny_blob", "TINYBLOB", "''", "bytea", "\\x"},
        {"long_blob", "LONGBLOB", "x'ff'", "bytea", "\\xff"},
        {"day", "DATE", "'9999-12-31'", "date", "9999-12-31"},
        {"day1000", "DATE", "'1000-01-01'", "date", "1000-01-01"},
        {"moment", "DATETIME(6)", "'2024-02-29 23:59:59.999999'", "timestamp without time zone",
         "2024-02-29 23:59:59.999999"},
        {"instant", "TIMESTAMP(3) NULL", "'2038-01-19 03:14:07.5'", "timestamp with time zone",
         "2038-01-19 03:14:07.5+00"},
        {"clock", "TIME(6)", "'23:59:59.000001'", "time without time zone", "23:59:59.000001"},
        {"midnight", "TIME", "'24:00:00'", "time without time zone", "24:00:00"},
        {"long_time", "TIME", "'838:59:59'", "time without time zone", "error 22008"},
        {"negative", "TIME", "'-01:30:00'", "time without time zone", "error 22008"},
        {"year4", "YEAR", "2155", "smallint", "2155"},
        {"year0", "YEAR", "'0000'", "smallint", "0"},
        {"place", "POINT", "POINT(1, 2)", "bytea", "\\x000000000101000000000000000000f03f0000000000000040"},
    };
    source(createStatements("t", readings));
    import();
    expectReadings("t", readings);
    EXPECT_EQ(outcome("SELECT count(*) FROM src.t WHERE u8 > 18446744073709551614 AND u8 = 18446744073709551615"), "1");
}

TEST_F(MysqlTypeMapping, ReadsTypesThatOnlyMariaDbHas) {
    if (TemporaryMariaDb::isMysql()) {
        GTEST_SKIP() << "MySQL has no such types";
    }
    const std::vector<Reading> readings = {
        {"key_uuid", "UUID", "'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11'", "uuid", "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11"},
        {"address", "INET6", "'::1'", "text", "::1"},
        {"address4", "INET4", "'10.0.0.1'", "text", "10.0.0.1"}};
    source(createStatements("t", readings));
    import();
    expectReadings("t", readings);
}

TEST_F(MysqlTypeMapping, ZeroAndPartialDatesAreErrorsNullsOrText) {
    source(
        "SET sql_mode = ''; CREATE TABLE z (id INT, zero DATE NOT NULL, part DATE, moment DATETIME, stamp TIMESTAMP);"
        "INSERT INTO z VALUES (1, '0000-00-00', '2024-00-10', '2024-02-00 01:02:03', '0000-00-00 00:00:00')");
    import();
    for (const char* column : {"zero", "part", "moment", "stamp"}) {
        const Error found = error("SELECT " + std::string(column) + " FROM src.z");
        EXPECT_EQ(found.sqlState(), "22008") << found.describe();
        EXPECT_THAT(found.message, HasSubstr("column '" + std::string(column) + "'"));
        EXPECT_THAT(found.hint, HasSubstr("zero_dates"));
    }
    must(
        "CREATE FOREIGN TABLE src.words (zero text, part text, moment text) SERVER shop OPTIONS (schema_name 'shop', "
        "table_name 'z')");
    EXPECT_EQ(outcome("SELECT zero || '/' || part || '/' || moment FROM src.words"),
              "0000-00-00/2024-00-10/2024-02-00 01:02:03");
    // A filter at the source must not find what can't be read here.
    EXPECT_EQ(outcome("SELECT count(*) FROM src.z WHERE part > '2024-01-01'"), "0");
    must("ALTER SERVER shop OPTIONS (ADD zero_dates 'null')");
    EXPECT_EQ(outcome("SELECT concat_ws('|', id, zero, part, moment, stamp) FROM src.z"), "1");
}

TEST_F(MysqlTypeMapping, TimesBeyondADayAreIntervals) {
    source(
        "CREATE TABLE spans (id INT PRIMARY KEY, t TIME(3)); INSERT INTO spans VALUES (1, '838:59:59'), (2, "
        "'-838:59:59'), (3, '-00:00:00.5'), (4, NULL)");
    must(
        "CREATE FOREIGN TABLE src.spans (id int OPTIONS (key 'true'), t interval) SERVER shop OPTIONS (schema_name "
        "'shop', table_name 'spans')");
    EXPECT_EQ(outcome("SELECT string_agg(coalesce(t::text, '-'), ' ' ORDER BY id) FROM src.spans"),
              "838:59:59 -838:59:59 -00:00:00.5 -");
    EXPECT_EQ(outcome("SELECT count(*) FROM src.spans WHERE t > '34 days'"), "1");
    must("INSERT INTO src.spans VALUES (5, '100:30:00.25'), (6, '-00:00:01')");
    EXPECT_EQ(source("SELECT t FROM spans WHERE id > 4 ORDER BY id"), "100:30:00.250\n-00:00:01.000\n");
    EXPECT_EQ(error("INSERT INTO src.spans VALUES (7, '1 mon')").sqlState().substr(0, 2), "22");
}

TEST_F(MysqlTypeMapping, InstantsAreTheSameInEveryTimeZone) {
    source(
        "CREATE TABLE i (id INT, stamp TIMESTAMP(6) NULL, moment DATETIME(6)); SET time_zone = '+05:30';"
        "INSERT INTO i VALUES (1, '2024-03-31 06:30:00', '2024-03-31 02:30:00'), (2, '2024-10-27 06:30:00.25', NULL)");
    import();
    must("SET timezone = 'Europe/Berlin'");  // the first is an hour that the clocks leave out, the second one they
                                             // repeat
    EXPECT_EQ(outcome("SELECT string_agg(stamp::text, ' ' ORDER BY id) FROM src.i"),
              "2024-03-31 03:00:00+02 2024-10-27 02:00:00.25+01");
    EXPECT_EQ(outcome("SELECT moment::text FROM src.i WHERE id = 1"), "2024-03-31 02:30:00");
    EXPECT_EQ(outcome("SELECT id FROM src.i WHERE stamp = '2024-10-27 02:00:00.25+01'"), "2");
    must("INSERT INTO src.i VALUES (3, '2024-10-27 02:00:00+02', '2024-10-27 02:30:00')");
    EXPECT_EQ(source("SELECT stamp, moment FROM i WHERE id = 3"),
              "2024-10-27 00:00:00.000000\t2024-10-27 02:30:00.000000\n");
}

TEST_F(MysqlTypeMapping, WritesEveryTypeOrSaysThatItCannot) {
    source(
        "CREATE TABLE w (id INT PRIMARY KEY AUTO_INCREMENT, flag TINYINT(1), i1 TINYINT, u1 TINYINT UNSIGNED, u8 "
        "BIGINT "
        "UNSIGNED, n DECIMAL(6,2), f FLOAT, d DOUBLE, s VARCHAR(5), latin VARCHAR(5) CHARACTER SET latin1, e "
        "ENUM('a','b'), st SET('x','y'), j JSON CHECK (json_valid(j)), b VARBINARY(3), day DATE, moment DATETIME(6), "
        "stamp TIMESTAMP(6) NULL, t TIME(6), y YEAR, bits BIT(4), bits9 BIT(9))");
    import();
    expectWritings("w", {{"flag", "true", "true"},
                         {"i1", "-128", "-128"},
                         {"i1", "128", "error 22003"},
                         {"u1", "-1", "error 22003"},
                         {"u8", "18446744073709551615", "18446744073709551615"},
                         {"u8", "18446744073709551616", "error 22003"},
                         {"u8", "-1", "error 22003"},
                         {"n", "1234.5", "1234.50"},
                         {"n", "12345.5", "error 22003"},
                         {"n", "'NaN'", "error 22003"},
                         {"f", "0.1", "0.1"},
                         {"d", "0.1", "0.1"},
                         {"d", "1.7976931348623157e308", "1.7976931348623157e+308"},
                         {"d", "'NaN'", "error 22003"},
                         {"d", "'-Infinity'", "error 22003"},
                         {"s", R"('a\b''"')", R"(a\b'")"},
                         {"s", "'😀  '", "😀  "},
                         {"s", "E'\\n%_\\t'", "\n%_\t"},
                         {"s", "'sixsix'", "error 22001"},
                         {"latin", "'é€'", "é€"},
                         {"latin", "'Ж'", "error 22007"},
                         {"e", "'b'", "b"},
                         {"e", "'c'", "error 22P02"},
                         {"st", "'y,x'", "x,y"},
                         {"st", "'x,q'", "error 22P02"},
                         {"j", "'[1, null]'", "[1, null]"},
                         {"b", "'\\x00ff27'", "\\x00ff27"},
                         {"b", "'\\x'", "\\x"},
                         {"b", "'\\x01020304'", "error 22001"},
                         {"day", "'2024-02-29'", "2024-02-29"},
                         {"day", "'infinity'", "error 22003"},
                         {"day", "'0044-03-15 BC'", "error 22003"},
                         {"day", "'10000-01-01'", "error 22003"},
                         {"moment", "'0999-12-31 23:59:59.999999'", "0999-12-31 23:59:59.999999"},
                         {"moment", "'-infinity'", "error 22003"},
                         {"stamp", "'2038-01-19 03:14:07.999999+00'", "2038-01-19 03:14:07.999999+00"},
                         {"stamp", "'1969-12-31 00:00:00+00'", "error 22007"},
                         {"t", "'24:00:00'", "24:00:00"},
                         {"t", "'23:59:59.999999'", "23:59:59.999999"},
                         {"y", "2155", "2155"},
                         {"y", "2156", "error 22003"},
                         {"bits", "B'1010'", "1010"},
                         {"bits", "B'10000'", "error 22026"},
                         {"bits9", "B'100110001'", "100110001"},
                         {"bits9", "B'000000000'", "000000000"}});
    // Row by row, too.
    must("INSERT INTO src.w (id, bits9) VALUES (1, B'100110001'), (2, NULL)");
    must("UPDATE src.w SET bits9 = ~bits9 WHERE id = 1; UPDATE src.w SET bits9 = B'000110001' WHERE id = 2");
    EXPECT_EQ(source("SELECT bits9 + 0 FROM w ORDER BY id"), "206\n49\n");
}

TEST_F(MysqlTypeMapping, ImportSaysWhatItLeavesOut) {
    source(
        "CREATE TABLE good (a INT); CREATE TABLE gone (a INT); CREATE VIEW broken AS SELECT a FROM gone; DROP TABLE "
        "gone");
    import();
    EXPECT_THAT(notices(), HasSubstr("table \"broken\""));
    EXPECT_EQ(outcome("SELECT string_agg(relname, ',') FROM pg_class WHERE relnamespace = 'src'::regnamespace"),
              "good");
}

}  // namespace
}  // namespace tessera
