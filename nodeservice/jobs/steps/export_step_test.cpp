/// The files are read back by DuckDB, workbooks by looking into them.

#include "nodeservice/jobs/steps/export_step.h"

#include "nodeservice/jobs/steps/duckdb_library.h"
#include "nodeservice/jobs/steps/export_files.h"
#include "tests/support/temporary_directory.h"
#include "tests/support/temporary_postgres.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

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
    EXPECT_THAT(message("SELECT 1 AS shop, 2 AS b", path("x"), {"shpo"}), HasSubstr("shop"));
    fs::create_symlink("/etc", path("link"));
    EXPECT_THAT(message("SELECT 1 AS a", path("link/x.parquet")), HasSubstr("jobs.export_folders"));
    fs::create_directory(path("folder"));
    EXPECT_THAT(message("SELECT 1 AS a", path("folder")), HasSubstr("is a folder, the export is a file"));
    std::ofstream(path("file")) << "x";
    EXPECT_THAT(message("SELECT 1 AS a", path("file/x.parquet")), HasSubstr("cannot make the folder"));
}

}  // namespace
}  // namespace tessera::jobs
