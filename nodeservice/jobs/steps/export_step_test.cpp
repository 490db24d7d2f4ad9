/// The files are read back by DuckDB, workbooks by looking into them.

#include "nodeservice/jobs/steps/export_step.h"

#include "common/strings.h"
#include "nodeservice/jobs/steps/duckdb_library.h"
#include "nodeservice/jobs/steps/export_files.h"
#include "tests/support/seed.h"
#include "tests/support/temporary_directory.h"
#include "tests/support/temporary_postgres.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>

#include <algorithm>
#include <csignal>
#include <cstdlib>
#include <fstream>
#include <optional>

namespace tessera::jobs {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

class Exports : public testing::Test {
  protected:
    static void SetUpTestSuite() {
        auto started = TemporaryPostgres::start();
        ASSERT_TRUE(started) << started.error().describe();
        server_.emplace(std::move(*started));
    }

    static void TearDownTestSuite() { server_.reset(); }

    Exports() : connection_(std::move(*server_->connect())) {}

    Result<StepResult> run(ExportStep step) {
        static const auto kDefinition = std::make_shared<const Definition>();
        StepTask task;
        task.run = 7;
        task.definition = kDefinition;
        task.step.action = step;
        task.values = {{"day", {ParameterType::kDate, "2026-11-22"}}};
        StepAttempt attempt(std::move(task));
        return runExport(connection_, attempt, step, {{folder_.path()}, {}});
    }

    Result<StepResult> run(std::string query, std::string to, ExportFormat format = ExportFormat::kParquet,
                           std::vector<std::string> partition_by = {}) {
        return run(ExportStep{std::move(query), std::move(to), format, std::move(partition_by)});
    }

    std::string path(const std::string& name) const { return (folder_.path() / name).string(); }

    /// Rows as DuckDB's own CSV.
    std::string read(const std::string& relation) {
        const fs::path out = folder_.path() / "read.csv";
        const DuckDbLibrary& duckdb = **duckDbLibrary({});
        duckdb_database database = nullptr;
        duckdb_connection connection = nullptr;
        EXPECT_EQ(duckdb.open(nullptr, &database), DuckDBSuccess);
        EXPECT_EQ(duckdb.connect(database, &connection), DuckDBSuccess);
        duckdb_result result{};
        const std::string sql = "SET TimeZone = 'UTC'; COPY (SELECT * FROM " + relation + ") TO '" + out.string() +
                                "' (FORMAT csv, HEADER, NULLSTR 'NULL')";
        EXPECT_EQ(duckdb.query(connection, sql.c_str(), &result), DuckDBSuccess) << duckdb.result_error(&result);
        duckdb.destroy_result(&result);
        duckdb.disconnect(&connection);
        duckdb.close(&database);
        return readFile(out);
    }

    std::vector<std::string> names(const fs::path& folder) {
        std::vector<std::string> found;
        for (const auto& entry : fs::directory_iterator(folder)) {
            found.push_back(entry.path().filename().string());
        }
        std::sort(found.begin(), found.end());
        return found;
    }

    static inline std::optional<TemporaryPostgres> server_;
    postgres::Connection connection_;
    TemporaryDirectory folder_;
};

constexpr const char* kValues =
    "SELECT 1::bigint AS id, 'a,\"b'||chr(10)||'c' AS text, ''::text AS empty, NULL::text AS nothing, "
    "1.50::numeric(8,2) "
    "AS price, true AS yes, DATE '2026-11-22' AS day, TIMESTAMPTZ '2026-11-22 01:02:03.5+01' AS at, '\\x00ff'::bytea "
    "AS "
    "bytes, 'Infinity'::float8 AS much";

TEST_F(Exports, EveryValueIsTheSameInParquet) {
    const auto done = run(kValues, path("values-${day}.parquet"));
    ASSERT_TRUE(done) << done.error().describe();
    EXPECT_EQ(done->rows, 1);
    EXPECT_GT(done->bytes, 100);
    EXPECT_EQ(read("'" + path("values-2026-11-22.parquet") + "'"),
              "id,text,empty,nothing,price,yes,day,at,bytes,much\n"
              "1,\"a,\"\"b\nc\",,NULL,1.50,true,2026-11-22,2026-11-22 00:02:03.5+00,\\x00\\xFF,inf\n");
    EXPECT_THAT(read("(SELECT column_name || ' ' || column_type FROM (DESCRIBE SELECT * FROM '" +
                     path("values-2026-11-22.parquet") + "'))"),
                testing::AllOf(HasSubstr("id BIGINT"), HasSubstr("price DECIMAL(8,2)"),
                               HasSubstr("at TIMESTAMP WITH TIME ZONE"), HasSubstr("bytes BLOB")));
}

/// A table of every type that files have, with edges and random values, and what DuckDB is to read of each as text.
constexpr const char* kManyValues = R"sql(
CREATE TYPE mood AS ENUM ('sad', 'happy');
CREATE TABLE many AS SELECT i AS id, (random() * 65535 - 32768)::int::smallint AS small,
    (random() * 4294967295 - 2147483648)::bigint::int AS whole, (random() * 1e18)::bigint - 500000000000000000 AS big,
    ((random() - 0.5) * 10 ^ (random() * 60 - 30))::float8 AS much, (random() * 1000)::float4 AS real,
    ((random() - 0.5) * 999)::numeric(4,1) AS n4, ((random() - 0.5) * 9999999)::numeric(9,2) AS n9,
    ((random() - 0.5) * 1e13)::numeric(18,5) AS n18,
    (((random() - 0.5)::numeric * 1e27) + random()::numeric / 1e9)::numeric(38,10) AS n38,
    ((random() - 0.5)::numeric * 1e37)::numeric(38,0) AS n38_0, (random() / 1e4)::numeric(38,38) AS n38_38,
    random()::numeric * 10 ^ 40::numeric AS free, random() > 0.5 AS yes,
    DATE '2000-01-01' + (random() * 2000000 - 700000)::int AS day,
    TIME '00:00' + random() * INTERVAL '86399.999999 s' AS at_time,
    TIMESTAMP '1990-01-01' + (random() - 0.5) * INTERVAL '1000 years' AS at,
    TIMESTAMPTZ '1990-01-01' + (random() - 0.5) * INTERVAL '1000 years' AS at_zone,
    md5(i::text)::uuid AS ident, decode(repeat(md5(random()::text), (random() * 3)::int), 'hex') AS bytes,
    repeat('ä' || i, (random() * 40)::int) AS text, 'short'::varchar(7) AS var, 'pad'::char(6) AS padded,
    json_build_object('a', i, 'b', NULL) AS j, jsonb_build_object('b', i, 'a', ARRAY[1, 2]) AS jb,
    ARRAY[i, NULL, 3] AS list, ARRAY['a,b', 'c"d', NULL] AS texts, make_interval(days => i % 50, secs => 1.5) AS span,
    '10.0.0.1'::inet AS address, 'happy'::mood AS mood, int4range(1, i + 2) AS range, ROW(i, 'x y')::text AS row,
    'c'::"char" AS letter, 12.5::float8::numeric::money AS money, '<a>b</a>'::xml AS tree, B'101' AS bits,
    i::oid AS number
  FROM generate_series(1, 3000) i;
INSERT INTO many(id) VALUES (9001);
INSERT INTO many(id, small, whole, big, much, real, n4, n9, n18, n38, n38_0, n38_38, free, yes, day, at_time, at, at_zone,
                 ident, bytes, text, var, padded, list)
VALUES (9002, -32768, -2147483648, -9223372036854775808, 'NaN', 'Infinity', -999.9, -9999999.99, -9999999999999.99999,
        '-9999999999999999999999999999.9999999999', '-99999999999999999999999999999999999999',
        '0.99999999999999999999999999999999999999', 'NaN', false, '4713-01-01 BC', '24:00:00', '4713-01-01 00:00:00 BC',
        '4713-01-01 00:00:00+00 BC', '00000000-0000-0000-0000-000000000000', '', '', '', '', '{}'),
       (9003, 32767, 2147483647, 9223372036854775807, '-Infinity', 'NaN', 999.9, 9999999.99, 9999999999999.99999,
        '9999999999999999999999999999.9999999999', '99999999999999999999999999999999999999',
        '-0.00000000000000000000000000000000000001', '-Infinity', true, '5874897-12-31', '23:59:59.999999',
        '294246-12-31 23:59:59.999999', '200000-12-31 23:59:59.999+00', 'ffffffff-ffff-ffff-ffff-ffffffffffff',
        '\x0001', 'twelve bytes', 'abcdefg', 'abcdef', '{NULL}'),
       (9004, 0, 0, 0, 0, -0.0, 0, 0, 0, 0, 0, 0, 0, true, 'infinity', '00:00', 'infinity', '-infinity',
        '80000000-0000-0000-0000-000000000000', '\xff', 'thirteen bytes', '1', '2', '{1}'),
       (9005, 1, 1, 1, 1e-307, 1e-37, 0.1, 10000, 100000000, 1e-10, 1e37, 1e-38, 1e-100, true, '-infinity', '12:00',
        '0044-03-15 12:00 BC', '-infinity', md5('x')::uuid, '\x', E'a\n"b"', 'x', 'y', '{2}');
)sql";

/// Columns as text on both sides: of PostgreSQL `theirs`, of the file `ours`; most are the same as they are.
struct TextOf {
    const char* column;
    const char* theirs;
    const char* ours;
};

constexpr TextOf kTexts[] = {
    {"id", nullptr, nullptr},
    {"small", nullptr, nullptr},
    {"whole", nullptr, nullptr},
    {"big", nullptr, nullptr},
    {"n4", nullptr, nullptr},
    {"n9", nullptr, nullptr},
    {"n18", nullptr, nullptr},
    {"n38", nullptr, nullptr},
    {"n38_0", nullptr, nullptr},
    {"n38_38", nullptr, R"(regexp_replace(CAST(n38_38 AS VARCHAR), '^(-?)\.', '\10.'))"},
    {"free", nullptr, nullptr},
    {"yes", nullptr, nullptr},
    {"day", "replace(day::text, ' BC', ' (BC)')", nullptr},
    {"at_time", nullptr, nullptr},
    {"at", R"(regexp_replace(at::text, '^(\S+) (.*) BC$', '\1 (BC) \2'))", nullptr},
    {"at_zone", R"(regexp_replace(at_zone::text, '^(\S+) (.*) BC$', '\1 (BC) \2'))", nullptr},
    {"ident", nullptr, nullptr},
    {"bytes", "upper(encode(bytes, 'hex'))", "hex(bytes)"},
    {"text", nullptr, nullptr},
    {"var", nullptr, nullptr},
    {"padded", "format('%s', padded)", "coalesce(padded, '')"},
    {"j", nullptr, nullptr},
    {"jb", nullptr, nullptr},
    {"list", nullptr, nullptr},
    {"texts", nullptr, nullptr},
    {"span", nullptr, nullptr},
    {"address", "format('%s', address)", "coalesce(address, '')"},
    {"mood", nullptr, nullptr},
    {"range", nullptr, nullptr},
    {"row", nullptr, nullptr},
    {"letter", nullptr, nullptr},
    {"money", nullptr, nullptr},
    {"tree", nullptr, nullptr},
    {"bits", nullptr, nullptr},
    {"number", nullptr, nullptr},
};

TEST_F(Exports, RandomValuesOfEveryTypeAreTheSame) {
    const std::uint32_t seed = testSeed();
    SCOPED_TRACE("TESSERA_SEED=" + std::to_string(seed));
    const auto execute = [&](const std::string& sql) {
        const auto done = connection_.execute(sql);
        ASSERT_TRUE(done) << done.error().describe();
    };
    execute("SELECT setseed(" + std::to_string(static_cast<double>(seed % 1000) / 1000) + ")");
    execute("SET timezone = 'UTC'");
    execute(kManyValues);
    const auto done =
        run("SELECT *, much::text AS much_text, real::text AS real_text FROM many ORDER BY id", path("many.parquet"));
    ASSERT_TRUE(done) << done.error().describe();
    EXPECT_EQ(done->rows, 3005);
    for (const TextOf& one : kTexts) {
        const std::string name = quoteIdentifier(one.column);
        const auto expected =
            connection_.query("SELECT coalesce(" + (one.theirs == nullptr ? name + "::text" : std::string(one.theirs)) +
                              ", '<null>') FROM many ORDER BY id");
        ASSERT_TRUE(expected) << expected.error().describe();
        std::string text = "t\n";
        for (const auto& row : expected->values) {
            // Lines of a file: quotes and ends of lines are written as something else on both sides.
            std::string value = *row.at(0);
            std::replace(value.begin(), value.end(), '\n', '|');
            std::replace(value.begin(), value.end(), '"', '|');
            std::replace(value.begin(), value.end(), ',', '|');
            text += "=" + value + "\n";
        }
        EXPECT_TRUE(read("(SELECT '=' || translate(coalesce(CAST(" +
                         (one.ours == nullptr ? name : std::string(one.ours)) +
                         " AS VARCHAR), '<null>'), chr(10) || '\",', '|||') AS t FROM '" + path("many.parquet") +
                         "' ORDER BY id)") == text)
            << one.column;
    }
    // Their digits are written differently.
    EXPECT_EQ(read("(SELECT count(*) AS n FROM '" + path("many.parquet") +
                   "' WHERE much IS DISTINCT FROM CAST(much_text AS DOUBLE) OR real IS DISTINCT FROM CAST(real_text AS "
                   "FLOAT))"),
              "n\n0\n");
}

TEST_F(Exports, WhatFilesCannotHoldIsSaid) {
    const auto message = [&](const std::string& query) {
        const auto done = run(query, path("x.parquet"));
        return done ? std::string("no error") : done.error().describe();
    };
    EXPECT_THAT(message("SELECT 'NaN'::numeric(8,2) AS price"),
                testing::AllOf(HasSubstr("column 'price' holds NaN"), HasSubstr("\"price\"::text")));
    EXPECT_THAT(message("SELECT '294276-12-31'::timestamp AS late"), HasSubstr("column 'late' holds a time after"));
    EXPECT_FALSE(fs::exists(path("x.parquet")));
}

TEST_F(Exports, RowsKeepTheirOrder) {
    ASSERT_TRUE(run("SELECT (i * 7919) % 200003 AS n FROM generate_series(1, 200002) i ORDER BY 1 DESC",
                    path("ordered.parquet")));
    EXPECT_EQ(read("(SELECT count(*) AS wrong FROM (SELECT n, lag(n) OVER (ORDER BY file_row_number) AS b FROM "
                   "read_parquet('" +
                   path("ordered.parquet") + "', file_row_number = true)) WHERE n > b)"),
              "wrong\n0\n");
}

TEST_F(Exports, NoRowsAreAFileWithItsColumns) {
    ASSERT_TRUE(run("SELECT 1 AS a, 'x'::text AS b WHERE false", path("none.parquet")));
    EXPECT_EQ(read("'" + path("none.parquet") + "'"), "a,b\n");
}

TEST_F(Exports, CsvAndJsonHoldTheRows) {
    ASSERT_TRUE(run("SELECT 1 AS a, 'x' AS b -- a comment", path("t.csv"), ExportFormat::kCsv));
    EXPECT_EQ(readFile(path("t.csv")), "a,b\n1,x\n");
    ASSERT_TRUE(run("SELECT 1 AS a, NULL::text AS b;", path("t.json"), ExportFormat::kJson));
    EXPECT_EQ(readFile(path("t.json")), "{\"a\":1,\"b\":null}\n");
}

TEST_F(Exports, AWorkbookHoldsTheRows) {
    const auto done = run("SELECT i AS id, 'name ' || i AS name, i % 2 = 0 AS even FROM generate_series(1, 100) i",
                          path("t.xlsx"), ExportFormat::kXlsx);
    ASSERT_TRUE(done) << done.error().describe();
    EXPECT_EQ(done->rows, 100);
    EXPECT_EQ(readFile(path("t.xlsx")).substr(0, 2), "PK");
    const auto wide = run("SELECT repeat('x', 40000) AS long", path("long.xlsx"), ExportFormat::kXlsx);
    ASSERT_FALSE(wide);
    EXPECT_THAT(wide.error().message, HasSubstr("row 1, column 'long'"));
    EXPECT_FALSE(fs::exists(path("long.xlsx")));
}

TEST_F(Exports, PartitionsReplaceTheFolderAsAWhole) {
    const std::string query = "SELECT i AS id, 'shop ' || i % 3 AS shop FROM generate_series(1, ";
    ExportStep step{query + "30) i", path("orders"), ExportFormat::kParquet, {"shop"}};
    const auto done = run(step);
    ASSERT_TRUE(done) << done.error().describe();
    EXPECT_EQ(names(path("orders")),
              (std::vector<std::string>{"_manifest.json", "shop=shop%200", "shop=shop%201", "shop=shop%202"}));
    EXPECT_EQ(read("(SELECT count(*) AS n FROM '" + path("orders") + "/*/*.parquet')"), "n\n30\n");
    // What is there no more is gone, and nothing of the draft stays.
    step.query = query + "2) i";
    ASSERT_TRUE(run(step));
    EXPECT_EQ(names(path("orders")), (std::vector<std::string>{"_manifest.json", "shop=shop%201", "shop=shop%202"}));
    EXPECT_THAT(names(folder_.path()), testing::Not(testing::Contains(HasSubstr(".part-"))));
    // One that fails replaces nothing.
    step.query = "SELECT i AS id, (1 / (5 - i))::text AS shop FROM generate_series(1, 30) i";
    EXPECT_FALSE(run(step));
    EXPECT_EQ(names(path("orders")), (std::vector<std::string>{"_manifest.json", "shop=shop%201", "shop=shop%202"}));
    EXPECT_THAT(names(folder_.path()), testing::Not(testing::Contains(HasSubstr(".part-"))));
}

TEST_F(Exports, AFolderThatHoldsSomethingElseIsNotReplaced) {
    fs::create_directory(path("mine"));
    std::ofstream(path("mine") + "/notes.txt") << "mine";
    const auto done = run("SELECT 1 AS a, 2 AS b", path("mine"), ExportFormat::kParquet, {"b"});
    ASSERT_FALSE(done);
    EXPECT_THAT(done.error().message, HasSubstr("holds something else than an export"));
    EXPECT_EQ(readFile(path("mine") + "/notes.txt"), "mine");
}

TEST_F(Exports, ALargeOnePassesThroughInBoundedMemory) {
    const auto done =
        run("SELECT i AS id, md5(i::text) AS hash FROM generate_series(1, 300000) i", path("large.parquet"));
    ASSERT_TRUE(done) << done.error().describe();
    EXPECT_EQ(done->rows, 300000);
    EXPECT_EQ(read("(SELECT count(DISTINCT hash) AS n FROM '" + path("large.parquet") + "')"), "n\n300000\n");
}

TEST_F(Exports, SaysWhatIsWrong) {
    const auto message = [&](const std::string& query, const std::string& to, const std::vector<std::string>& by = {}) {
        const auto done = run(query, to, ExportFormat::kParquet, by);
        return done ? std::string("no error") : done.error().describe();
    };
    EXPECT_THAT(message("SELECT 1 AS a", "/etc/passwd"), HasSubstr("jobs.export_folders"));
    EXPECT_THAT(message("SELECT 1 AS a", path("../elsewhere.parquet")), HasSubstr("jobs.export_folders"));
    EXPECT_THAT(message("SELECT 1 AS a", "relative.parquet"), HasSubstr("jobs.export_folders"));
    EXPECT_THAT(message("SELECT 1 AS a", "s3://bucket/x"), HasSubstr("jobs.s3"));
    EXPECT_THAT(message("SELEC 1", path("x.parquet")), HasSubstr("syntax error"));
    EXPECT_THAT(message("DELETE FROM x RETURNING 1", path("x.parquet")), HasSubstr("syntax error"));
    EXPECT_THAT(message("SELECT 1 AS a, 2 AS a", path("x.parquet")), HasSubstr("two columns 'a'"));
    EXPECT_THAT(message("SELECT 1 AS a, 2 AS \"A\"", path("x.parquet")),
                HasSubstr("the query's columns 'a' and 'A' differ only by case"));
    EXPECT_TRUE(run("SELECT 1 AS a, 2 AS \"A\"", path("both.xlsx"), ExportFormat::kXlsx)) << "a sheet's are text";
    EXPECT_THAT(message("SELECT 1 AS shop, 2 AS b", path("x"), {"shpo"}), HasSubstr("shop"));
    fs::create_symlink("/etc", path("link"));
    EXPECT_THAT(message("SELECT 1 AS a", path("link/x.parquet")), HasSubstr("jobs.export_folders"));
    fs::create_directory(path("folder"));
    EXPECT_THAT(message("SELECT 1 AS a", path("folder")), HasSubstr("is a folder, the export is a file"));
    std::ofstream(path("file")) << "x";
    EXPECT_THAT(message("SELECT 1 AS a", path("file/x.parquet")), HasSubstr("cannot make the folder"));
}

/// A query that fails in its midst, a disk without room, a name that no file can have: the old export stays, and
/// nothing is left beside it.
TEST_F(Exports, OneThatFailsLeavesTheOldOneAndNothingElse) {
    for (const char* name : {"x.parquet", "x.csv"}) {
        const ExportFormat format =
            std::string_view(name).ends_with("csv") ? ExportFormat::kCsv : ExportFormat::kParquet;
        ASSERT_TRUE(run("SELECT 1 AS old", path(name), format));
        const std::string before = readFile(path(name));
        const auto midst = run("SELECT 1000 / (i - 300000) AS a FROM generate_series(1, 400000) i", path(name), format);
        ASSERT_FALSE(midst);
        EXPECT_THAT(midst.error().describe(), HasSubstr("division by zero"));
        {
            // As on a full disk: what is written beyond it fails.
            const auto old_signal = std::signal(SIGXFSZ, SIG_IGN);
            rlimit old_limit{};
            ASSERT_EQ(::getrlimit(RLIMIT_FSIZE, &old_limit), 0);
            rlimit small = old_limit;
            small.rlim_cur = 64 << 10;
            ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &small), 0);
            const auto full = run("SELECT md5(i::text) AS a FROM generate_series(1, 200000) i", path(name), format);
            ::setrlimit(RLIMIT_FSIZE, &old_limit);
            std::signal(SIGXFSZ, old_signal);
            ASSERT_FALSE(full);
            EXPECT_THAT(full.error().describe(), HasSubstr(name));
        }
        EXPECT_EQ(readFile(path(name)), before);
    }
    const auto long_name = run("SELECT 1 AS a", path(std::string(300, 'x')));
    ASSERT_FALSE(long_name);
    EXPECT_THAT(long_name.error().describe(), HasSubstr("name too long"));
    EXPECT_THAT(names(folder_.path()), testing::IsSupersetOf({"x.csv", "x.parquet"}));
    for (const std::string& name : names(folder_.path())) {
        EXPECT_FALSE(name.starts_with(".")) << name;
    }
}

}  // namespace
}  // namespace tessera::jobs
