/// Every type of DuckDB in Parquet, CSV and JSON files, through an import. The table is that of
/// docs/connectors/files.md.

#include "common/strings.h"
#include "tests/integration/type_mapping.h"
#include "tests/support/temporary_directory.h"

#include <duckdb.h>
#include <gmock/gmock.h>

#include <filesystem>
#include <fstream>

namespace tessera {
namespace {

using testing::HasSubstr;

class FilesTypeMapping : public TypeMapping {
  protected:
    void SetUp() override {
        TypeMapping::SetUp();
        std::filesystem::permissions(folder_.path(), std::filesystem::perms(0755));
        must("CREATE SERVER lake FOREIGN DATA WRAPPER tessera_fdw OPTIONS (connector 'files', directory " +
             quoteLiteral(folder_.path().string()) + ")");
    }

    void import() { must("IMPORT FOREIGN SCHEMA \".\" FROM SERVER lake INTO src"); }

    /// "COPY (…) TO 'name'", by a DuckDB of the test.
    void write(const std::string& name, const std::string& select) const {
        duckdb_database database = nullptr;
        duckdb_connection connection = nullptr;
        ASSERT_EQ(duckdb_open(nullptr, &database), DuckDBSuccess);
        ASSERT_EQ(duckdb_connect(database, &connection), DuckDBSuccess);
        duckdb_result result{};
        const std::string sql = "COPY (" + select + ") TO " + quoteLiteral((folder_.path() / name).string());
        EXPECT_EQ(duckdb_query(connection, sql.c_str(), &result), DuckDBSuccess) << sql << "\n"
                                                                                 << duckdb_result_error(&result);
        duckdb_destroy_result(&result);
        duckdb_disconnect(&connection);
        duckdb_close(&database);
    }

    static std::string selectOf(const std::vector<Reading>& readings) {
        std::vector<std::string> values;
        for (const Reading& reading : readings) {
            values.push_back("CAST(" + reading.literal + " AS " + reading.declared + ") AS " + reading.column);
        }
        return "SELECT " + join(values, ", ");
    }

    TemporaryDirectory folder_;
};

TEST_F(FilesTypeMapping, ReadsEveryTypeOfParquet) {
    const std::string most = "170141183460469231731687303715884105727";
    const std::vector<Reading> readings = {
        {"b", "BOOLEAN", "true", "boolean", "true"},
        {"i1", "TINYINT", "-128", "smallint", "-128"},
        {"i8", "BIGINT", "-9223372036854775808", "bigint", "-9223372036854775808"},
        {"u1", "UTINYINT", "255", "smallint", "255"},
        {"u2", "USMALLINT", "65535", "integer", "65535"},
        {"u4", "UINTEGER", "4294967295", "bigint", "4294967295"},
        {"u8", "UBIGINT", "18446744073709551615", "numeric(20,0)", "18446744073709551615"},
        // Parquet has no integers of 128 bits: DuckDB writes floating point numbers, and so they are read.
        {"huge", "HUGEINT", "1e20::HUGEINT", "double precision", "1e+20"},
        {"f4", "FLOAT", "0.1", "real", "0.1"},
        {"f8", "DOUBLE", "0.1", "double precision", "0.1"},
        {"nan", "DOUBLE", "'NaN'", "double precision", "NaN"},
        {"inf", "FLOAT", "'-inf'", "real", "-Infinity"},
        {"n", "DECIMAL(38,10)", "'-1234567890123456789012345678.0123456789'", "numeric(38,10)",
         "-1234567890123456789012345678.0123456789"},
        {"small_n", "DECIMAL(4,1)", "'-0.5'", "numeric(4,1)", "-0.5"},
        {"s", "VARCHAR", "'Žluť 😀'", "text", "Žluť 😀"},
        {"s_nul", "VARCHAR", "'a' || chr(0) || 'b'", "text", "error 22021"},
        {"e", "ENUM('a', 'ü')", "'ü'", "text", "ü"},
        {"x", "BLOB", "'\\x00\\xFF'", "bytea", "\\x00ff"},
        {"u", "UUID", "'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11'", "uuid", "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11"},
        {"d", "DATE", "'0044-03-15 (BC)'", "date", "0044-03-15 BC"},
        {"t", "TIME", "'23:59:59.999999'", "time without time zone", "23:59:59.999999"},
        {"ts", "TIMESTAMP", "'2024-02-29 12:34:56.789012'", "timestamp without time zone",
         "2024-02-29 12:34:56.789012"},
        {"ts_s", "TIMESTAMP_S", "'2024-02-29 12:34:56'", "timestamp without time zone", "2024-02-29 12:34:56"},
        {"ts_ns", "TIMESTAMP_NS", "'2024-02-29 12:34:56.789012'", "timestamp without time zone",
         "2024-02-29 12:34:56.789012"},
        {"ts_lost", "TIMESTAMP_NS", "'2024-02-29 12:34:56.789012345'", "timestamp without time zone", "error 22008"},
        {"tz", "TIMESTAMPTZ", "'2024-10-27 02:30:00+02'", "timestamp with time zone", "2024-10-27 00:30:00+00"},
        {"span", "INTERVAL", "INTERVAL '14 months 3 days 4 hours 500 milliseconds'", "interval",
         "1 year 2 mons 3 days 04:00:00.5"},
        {"list", "INTEGER[]", "[1, NULL, 3]", "json", "[1,null,3]"},
        {"words", "VARCHAR[]", "['a\"b', NULL]", "json", R"(["a\"b",null])"},
        {"fixed", "INTEGER[2]", "[1, 2]", "json", "[1,2]"},
        {"row", "STRUCT(a INTEGER, b VARCHAR)", "{'a': 1, 'b': 'x'}", "json", R"({"a":1,"b":"x"})"},
        {"map", "MAP(VARCHAR, INTEGER)", "MAP {'k': 1}", "json", R"({"k":1})"},
        {"j", "JSON", "'{\"a\": null}'", "json", "{\"a\": null}"},
    };
    write("t.parquet", selectOf(readings));
    import();
    expectReadings("t", readings);
    must("CREATE FOREIGN TABLE src.whole (ts_lost text) SERVER lake OPTIONS (path 't.parquet')");
    EXPECT_EQ(outcome("SELECT ts_lost FROM src.whole"), "2024-02-29 12:34:56.789012345");
    EXPECT_EQ(most.size(), 39U);
}

TEST_F(FilesTypeMapping, TypesOfTextFilesAreThoseOfTheirValues) {
    std::ofstream(folder_.path() / "t.csv") << "i;huge;f;d;ts;b;s;mixed\n"
                                               "1;170141183460469231731687303715884105727;0.5;2024-02-29;2024-02-29 "
                                               "12:00:00;true;a;1\n"
                                               "-9;1;1e3;1999-12-31;1999-12-31 00:00:00.5;false;;x\n";
    std::ofstream(folder_.path() / "j.json")
        << R"({"i": 1, "f": 1.5, "s": "é", "l": [1, 2], "o": {"a": null}, "d": "2024-02-29", "huge": 18446744073709551616})"
        << "\n";
    import();
    EXPECT_EQ(
        outcome("SELECT string_agg(attname || ' ' || format_type(atttypid, atttypmod), ', ' ORDER BY attnum) FROM "
                "pg_attribute WHERE attrelid = 'src.t'::regclass AND attnum > 0"),
        "i bigint, huge double precision, f double precision, d date, ts timestamp without time zone, b boolean, s "
        "text, mixed text");
    EXPECT_EQ(outcome("SELECT string_agg(concat_ws(' ', i, f, d, ts, b, s, mixed), '|' ORDER BY i) FROM src.t"),
              "-9 1000 1999-12-31 1999-12-31 00:00:00.5 f x|1 0.5 2024-02-29 2024-02-29 12:00:00 t a 1");
    EXPECT_EQ(outcome("SELECT concat_ws(' ', i, f, s, l, o, d) FROM src.j"), R"(1 1.5 é [1,2] {"a":null} 2024-02-29)");
    // Digits that a floating point number loses are kept by who declares the column so.
    must("CREATE FOREIGN TABLE src.words (huge text) SERVER lake OPTIONS (path 't.csv', all_varchar 'true')");
    EXPECT_EQ(outcome("SELECT max(huge) FROM src.words WHERE length(huge) > 1"),
              "170141183460469231731687303715884105727");
}

TEST_F(FilesTypeMapping, ALaterValueThatDoesNotFitIsAnErrorWithItsLine) {
    std::ofstream csv(folder_.path() / "t.csv");
    csv << "n,s\n";
    for (int i = 0; i < 60'000; ++i) {
        csv << i << ",x\n";
    }
    csv << "many,x\n";
    csv.close();
    import();
    const Error found = error("SELECT sum(n) FROM src.t");
    EXPECT_EQ(found.sqlState(), "22018") << found.describe();
    EXPECT_THAT(found.describe(), HasSubstr("60002"));
    EXPECT_EQ(outcome("SELECT 1"), "1");
}

TEST_F(FilesTypeMapping, BytesThatAreNoTextAreAnError) {
    std::ofstream(folder_.path() / "t.csv") << "s,i\nZ\xfcrich,1\n";
    import();
    notices();
    must(
        "DROP FOREIGN TABLE IF EXISTS src.t; CREATE FOREIGN TABLE src.t (s text, i bigint) SERVER lake OPTIONS (path "
        "'t.csv')");
    const Error found = error("SELECT s FROM src.t");
    EXPECT_THAT(found.sqlState(), testing::AnyOf("22021", "22023")) << found.describe();
    must("ALTER FOREIGN TABLE src.t OPTIONS (ADD encoding 'latin-1')");
    EXPECT_EQ(outcome("SELECT s FROM src.t"), "Zürich");
}

TEST_F(FilesTypeMapping, ImportSaysWhatItLeavesOut) {
    write("good.parquet", "SELECT 1 AS a");
    std::ofstream(folder_.path() / "bad.parquet") << "not at all";
    import();
    EXPECT_THAT(notices(), HasSubstr("'bad.parquet' cannot be read"));
    EXPECT_EQ(outcome("SELECT a FROM src.good"), "1");
}

}  // namespace
}  // namespace tessera
