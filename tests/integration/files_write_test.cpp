/// INSERT and COPY into tables of files: new files in a folder, which appear when the transaction commits, with every
/// value as it was, or an error.

#include "common/strings.h"
#include "tests/integration/type_mapping.h"
#include "tests/support/temporary_directory.h"

#include <gmock/gmock.h>

#include <filesystem>
#include <fstream>

namespace tessera {
namespace {

namespace fs = std::filesystem;

using testing::HasSubstr;

constexpr const char* kColumns =
    "b boolean, i2 smallint, i4 int, i8 bigint, f4 real, f8 float8, n numeric, s text, v varchar(9), x bytea, d date, "
    "t "
    "time, ts timestamp, tz timestamptz, u uuid, j json, span interval, list int[]";

class FilesWrite : public TypeMapping {
  protected:
    void SetUp() override {
        TypeMapping::SetUp();
        fs::permissions(folder_.path(), fs::perms(0777));
        must(
            "CREATE SERVER lake FOREIGN DATA WRAPPER tessera_fdw OPTIONS (connector 'files', read_only 'false', "
            "directory " +
            quoteLiteral(folder_.path().string()) + ")");
    }

    void table(const std::string& name, const std::string& columns, const std::string& options) {
        must("CREATE FOREIGN TABLE src." + name + " (" + columns + ") SERVER lake OPTIONS (" + options + ")");
    }

    /// Of a folder, hidden ones too.
    std::size_t countFiles(const std::string& folder) const {
        std::error_code none;
        std::size_t count = 0;
        for (fs::directory_iterator entry(folder_.path() / folder, none), end; !none && entry != end; ++entry) {
            ++count;
        }
        return count;
    }

    TemporaryDirectory folder_;
};

TEST_F(FilesWrite, EveryValueIsReadAgainAsItWas) {
    const std::string values =
        "SELECT * FROM (VALUES (true, (-32768)::int2, 2147483647, -9223372036854775808, 0.1::real, 0.1::float8, "
        "-12345678901234567890.123456789::numeric, 'Žluť 😀 \"\\', 'x '::varchar(9), '\\x00ff'::bytea, '0044-03-15 "
        "BC'::date, '23:59:59.999999'::time, '2024-02-29 12:34:56.789012'::timestamp, '2024-10-27 "
        "02:30:00+02'::timestamptz, 'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11'::uuid, '[1,  null]'::json, '1 year 2 mons 3 "
        "days 04:05:06.5'::interval, '{{1,NULL}}'::int[]), (false, 0, 0, 0, 'NaN', '-Infinity', 0.500000000, '', '', "
        "'', "
        "'9999-12-31', '00:00', '1970-01-01', '1970-01-01+00', NULL, 'null', '00:00', '{}'), (NULL, NULL, NULL, NULL, "
        "NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL)) v";
    must("CREATE TABLE src.own (" + std::string(kColumns) + "); INSERT INTO src.own " + values);
    table("t", kColumns, "path 'made/here/*.parquet'");
    must("INSERT INTO src.t SELECT * FROM src.own");
    EXPECT_EQ(countFiles("made/here"), 1U);
    const std::string rows = "SELECT string_agg(r::text, '|' ORDER BY i8) FROM src.";
    EXPECT_EQ(outcome(rows + "t r"), outcome(rows + "own r"));
    // As other programs see it: an import has the types.
    must("IMPORT FOREIGN SCHEMA made FROM SERVER lake INTO src");
    EXPECT_EQ(
        outcome("SELECT string_agg(format_type(atttypid, atttypmod), ', ' ORDER BY attnum) FROM pg_attribute "
                "WHERE attrelid = 'src.here'::regclass AND attnum BETWEEN 1 AND 15"),
        "boolean, smallint, integer, bigint, real, double precision, numeric(29,9), text, text, bytea, date, time "
        "without time zone, timestamp without time zone, timestamp with time zone, uuid");
}

/// Whoever scans them holds a row group: it is no larger the wider the rows are.
TEST_F(FilesWrite, ARowGroupHoldsTwoMegabytesOfValues) {
    table("wide", "a bigint, b text", "path 'wide/*.parquet'");
    table("narrow", "a bigint", "path 'narrow/*.parquet'");
    must("INSERT INTO src.wide SELECT i, repeat(md5(i::text), 6) FROM generate_series(1, 50000) i");
    must("INSERT INTO src.narrow SELECT i FROM generate_series(1, 200000) i");
    const auto largest = [this](const std::string& name) {
        return outcome("SELECT * FROM tessera.remote_query('lake', " +
                       quoteLiteral("SELECT CAST(max(row_group_num_rows) AS VARCHAR) FROM parquet_metadata('" +
                                    (folder_.path() / name / "*.parquet").string() + "')") +
                       ") r(rows text)");
    };
    EXPECT_EQ(largest("wide"), "8192");  // of 200 bytes
    EXPECT_EQ(largest("narrow"), "122880");
    EXPECT_EQ(outcome("SELECT concat_ws(chr(44), count(*), sum(a), count(DISTINCT b)) FROM src.wide"),
              "50000,1250025000,50000");
}

TEST_F(FilesWrite, FilesAppearWhenTheTransactionCommits) {
    table("t", "id int, s text", "path 'out/*.parquet'");
    must("INSERT INTO src.t VALUES (1, 'first')");
    must("BEGIN; INSERT INTO src.t VALUES (2, 'second'); INSERT INTO src.t SELECT 3, 'third'");
    auto other = node_->connect();
    ASSERT_TRUE(other);
    EXPECT_EQ(*other->queryValue("SELECT count(*) FROM src.t"), "1");
    must("COMMIT");
    EXPECT_EQ(*other->queryValue("SELECT count(*) FROM src.t"), "3");
    EXPECT_EQ(countFiles("out"), 3U);
    must("BEGIN; INSERT INTO src.t VALUES (4, 'gone'); ROLLBACK");
    EXPECT_EQ(error("INSERT INTO src.t SELECT i, (1 / (5000 - i))::text FROM generate_series(1, 6000) i").sqlState(),
              "22012");
    EXPECT_EQ(countFiles("out"), 3U);
    must(
        "BEGIN; INSERT INTO src.t VALUES (5, 'kept'); SAVEPOINT a; INSERT INTO src.t VALUES (6, 'gone'); ROLLBACK TO "
        "a; "
        "INSERT INTO src.t VALUES (7, 'kept'); RELEASE a; COMMIT");
    EXPECT_EQ(outcome("SELECT string_agg(id::text, ',' ORDER BY id) FROM src.t"), "1,2,3,5,7");
    EXPECT_EQ(countFiles("out"), 5U);
}

TEST_F(FilesWrite, CopyMakesOneFile) {
    table("t", "id int, s text", "path 'out/*.parquet'");
    std::string rows;
    for (int i = 0; i < 50'000; ++i) {
        rows += std::to_string(i) + "\ttext " + std::to_string(i) + "\n";
    }
    const auto copied = connection_->copyIn("COPY src.t FROM STDIN", rows);
    ASSERT_TRUE(copied) << copied.error().describe();
    EXPECT_EQ(countFiles("out"), 1U);
    EXPECT_EQ(outcome("SELECT concat_ws(' ', count(*), sum(id), max(s)) FROM src.t"), "50000 1249975000 text 9999");
}

TEST_F(FilesWrite, TheTypesOfTheFilesDecide) {
    table("first", "n numeric(6,2), i int, f real, s text, more text", "path 'out/*.parquet'");
    must("INSERT INTO src.first VALUES (1234.50, 1, 0.5, 'a', NULL)");
    table("t", "n numeric, i bigint, f float8, s text", "path 'out/*.parquet'");
    must("INSERT INTO src.t (s, n) VALUES ('b', 7.5)");  // its own order; the rest is NULL
    EXPECT_EQ(outcome("SELECT string_agg(r::text, ' ' ORDER BY s) FROM src.first r"), "(1234.50,1,0.5,a,) (7.50,,,b,)");
    for (const auto& [column, value] : {std::pair("n", "0.001"), std::pair("n", "123456.5"), std::pair("n", "'NaN'"),
                                        std::pair("i", "2147483648"), std::pair("f", "0.1")}) {
        const Error found = error("INSERT INTO src.t (" + std::string(column) + ") VALUES (" + value + ")");
        EXPECT_EQ(found.sqlState(), "22003") << found.describe();
        EXPECT_THAT(found.message, HasSubstr("column '" + std::string(column) + "'"));
    }
    must("ALTER FOREIGN TABLE src.t ADD COLUMN absent int");
    EXPECT_EQ(error("INSERT INTO src.t (absent) VALUES (1)").sqlState(), "42703");
    EXPECT_EQ(countFiles("out"), 2U);
}

TEST_F(FilesWrite, CsvKeepsNullsAndEmptyTextsApart) {
    table("t", "i int, s text, d date", "path 'out/*.csv', delimiter ';', nullstr '\\N'");
    must("INSERT INTO src.t VALUES (1, '', '2024-02-29'), (2, NULL, NULL), (3, E'a;\"b\"\\nc', '1999-12-31')");
    const std::string rows = "SELECT string_agg(concat_ws('/', i, quote_nullable(s), d), ' ' ORDER BY i) FROM ";
    EXPECT_EQ(
        outcome(rows + "src.t"),
        outcome(rows + "(VALUES (1, '', '2024-02-29'::date), (2, NULL, NULL), (3, E'a;\"b\"\\nc', '1999-12-31')) v "
                       "(i, s, d)"));
    table("plain", "i int, s text", "path 'plain/*.csv.gz'");
    EXPECT_THAT(error("INSERT INTO src.plain VALUES (1, '')").hint, HasSubstr("nullstr"));
    EXPECT_EQ(countFiles("plain"), 0U);
    must("INSERT INTO src.plain VALUES (1, NULL), (2, 'b')");
    EXPECT_EQ(outcome("SELECT string_agg(concat_ws('/', i, s), ' ' ORDER BY i) FROM src.plain"), "1 2/b");
}

TEST_F(FilesWrite, SaysWhereNoFileCanBeMade) {
    std::ofstream(folder_.path() / "one.csv") << "i\n1\n";
    table("one", "i int", "path 'one.csv'");
    table("deep", "i int", "path '**/*.parquet'");
    table("hive", "i int, year int", "path 'h/*.parquet', hive_partitioning 'true'");
    table("json", "i int", "path 'j/*.json'");
    table("skipped", "i int", "path 'k/*.csv', skip '1'");
    table("outside", "i int", "path '../*.parquet'");
    for (const char* name : {"one", "deep", "hive", "json", "skipped"}) {
        const Error found = error("INSERT INTO src." + std::string(name) + " (i) VALUES (1)");
        EXPECT_EQ(found.sqlState(), "0A000") << name << ": " << found.describe();
    }
    EXPECT_EQ(error("INSERT INTO src.outside VALUES (1)").sqlState(), "42501");
    table("t", "i int", "path 'out/*.parquet'");
    must("INSERT INTO src.t VALUES (1)");
    EXPECT_EQ(error("UPDATE src.t SET i = 2").sqlState(), "0A000");
    EXPECT_EQ(error("DELETE FROM src.t").sqlState(), "0A000");
    EXPECT_EQ(error("INSERT INTO src.t VALUES (2) RETURNING i").sqlState(), "0A000");
    must("ALTER SERVER lake OPTIONS (SET read_only 'true')");
    EXPECT_THAT(error("INSERT INTO src.t VALUES (2)").message, HasSubstr("can only be read"));
    EXPECT_EQ(outcome("SELECT count(*) FROM src.t"), "1");
}

}  // namespace
}  // namespace tessera
