/// Aggregates of decimals at DuckDB, whose numbers have at most 38 digits, and in aggregates 18: where that is too few,
/// the rows are aggregated here, and nobody sees a difference. In group 0 numbers fit, in group 1 only DuckDB's wide
/// ones would do, in group 2 none does; the last ones are NULLs and an empty group.

#include "common/strings.h"
#include "tests/support/temporary_directory.h"
#include "tests/support/temporary_postgres.h"

#include <duckdb.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <memory>

namespace tessera::correctness {
namespace {

constexpr const char* kRows =
    "SELECT i AS id, i % 4 AS g, "
    "CASE i % 4 WHEN 0 THEN i * 1.25 WHEN 1 THEN -9999999999999.99 + i WHEN 2 THEN 9999999999999.99 END::DECIMAL(15,2)"
    " AS a, "
    "CASE i % 4 WHEN 0 THEN i * 0.01 WHEN 1 THEN 9876543210987.65 - i WHEN 2 THEN 9999999999999.99 END::DECIMAL(15,2)"
    " AS b, "
    "CASE i % 4 WHEN 0 THEN -0.07 WHEN 1 THEN 0.05 WHEN 2 THEN 9999999999999.99 END::DECIMAL(15,2) AS c, "
    "CASE i % 4 WHEN 0 THEN '12.3456' WHEN 1 THEN '-1234567890.5' "
    "WHEN 2 THEN '9999999999999999999999999999999999.9999' END::DECIMAL(38,4) AS w FROM range(400) t(i)";

/// Each row is a group; products of `c` fit any decimal, those of `a` and `b` only in the first of many chunks.
constexpr const char* kLateRows =
    "SELECT i AS id, CASE WHEN i < 19000 THEN 1.5 ELSE 9999999999999999.99 END::DECIMAL(18,2) AS a, "
    "CASE WHEN i < 19000 THEN 2.5 ELSE 9999999999999999.99 END::DECIMAL(18,2) AS b, 1.25::DECIMAL(5,2) AS c "
    "FROM range(20000) t(i)";

bool writeParquet(const std::filesystem::path& file, const std::string& rows) {
    duckdb_database database = nullptr;
    duckdb_connection connection = nullptr;
    duckdb_result result{};
    const std::string sql = "COPY (" + rows + ") TO " + quoteLiteral(file.string()) + " (FORMAT parquet)";
    const bool done = duckdb_open(nullptr, &database) == DuckDBSuccess &&
                      duckdb_connect(database, &connection) == DuckDBSuccess &&
                      duckdb_query(connection, sql.c_str(), &result) == DuckDBSuccess;
    EXPECT_TRUE(done) << duckdb_result_error(&result);
    duckdb_destroy_result(&result);
    duckdb_disconnect(&connection);
    duckdb_close(&database);
    if (done) {
        std::filesystem::permissions(file, std::filesystem::perms(0644));
    }
    return done;
}

class DecimalOverflow : public testing::Test {
  protected:
    void SetUp() override {
        ASSERT_TRUE(writeParquet(folder_.path() / "d.parquet", kRows));
        ASSERT_TRUE(writeParquet(folder_.path() / "late.parquet", kLateRows));
        auto node = TemporaryPostgres::start({.with_extension = true});
        ASSERT_TRUE(node) << node.error().describe();
        node_ = std::make_unique<TemporaryPostgres>(std::move(*node));
        connection_ = std::make_unique<postgres::Connection>(node_->connect().value());
        const auto made = connection_->execute(
            "CREATE EXTENSION tessera_fdw; CREATE SCHEMA src; CREATE SCHEMA copy;"
            "CREATE SERVER lake FOREIGN DATA WRAPPER tessera_fdw OPTIONS (connector 'files', fdw_startup_cost '0', "
            "directory " +
            quoteLiteral(folder_.path().string()) +
            "); IMPORT FOREIGN SCHEMA \".\" FROM SERVER lake INTO src; CREATE TABLE copy.d AS SELECT * FROM src.d;"
            "CREATE TABLE copy.late AS SELECT * FROM src.late; ANALYZE src.d; ANALYZE copy.d; ANALYZE src.late");
        ASSERT_TRUE(made) << made.error().describe();
    }

    std::vector<std::string> lines(const std::string& schema, const std::string& sql) {
        const auto rows = connection_->execute("SET search_path = " + schema)
                              ? connection_->query(sql)
                              : Result<postgres::Rows>(fail(ErrorCode::kInternal, "no path"));
        EXPECT_TRUE(rows) << sql << "\n" << rows.error().describe();
        std::vector<std::string> lines;
        for (const auto& row : rows ? rows->values : decltype(rows->values){}) {
            std::string line;
            for (const auto& value : row) {
                line += value.value_or("NULL") + "|";
            }
            lines.push_back(line);
        }
        return lines;
    }

    std::string plan(const std::string& how, const std::string& sql) {
        std::string text;
        for (const std::string& line : lines("src", "EXPLAIN (VERBOSE, COSTS OFF" + how + ") " + sql)) {
            text += line + "\n";
        }
        return text;
    }

    void compare(const std::string& sql) {
        auto expected = lines("copy", sql);
        auto actual = lines("src", sql);
        std::sort(expected.begin(), expected.end());
        std::sort(actual.begin(), actual.end());
        EXPECT_EQ(actual, expected) << sql << "\n" << plan("", sql);
    }

    TemporaryDirectory folder_;
    std::unique_ptr<TemporaryPostgres> node_;
    std::unique_ptr<postgres::Connection> connection_;
};

constexpr const char* kAggregates[] = {
    "sum(a * b)",
    "sum(a * (1 - b) * (1 + c))",
    "avg(a * b * c)",
    "min(a * b * c), max(a * b * c), count(a * b * c)",
    "sum(a + b + c), sum(a - b)",
    "sum(w * a)",
    "sum(w + w), sum(w - a)",
    "sum(a * b) FILTER (WHERE id % 8 < 4)",
    "sum(a * b * c) * 2, count(*)",
    "sum(CASE WHEN id > 20 THEN a * b ELSE 0.0000 END)",
    "sum(round(a * b, 1))",
};

TEST_F(DecimalOverflow, AggregatesAreTheSameWhereNumbersFitAndWhereTheyDoNot) {
    for (const std::string aggregate : kAggregates) {
        for (const std::string group : {"g = 0", "g = 1", "g = 2", "g = 3", "g = 9", "g < 2", "true"}) {
            compare("SELECT " + aggregate + " FROM d WHERE " + group);
            compare("SELECT g, " + aggregate + " FROM d WHERE " + group + " GROUP BY g");
        }
    }
}

TEST_F(DecimalOverflow, WhatComesAboveThemIsTheSame) {
    for (const std::string product : {"a * b", "a * b * c", "w * a"}) {
        const std::string sum = "sum(" + product + ")";
        compare("SELECT g FROM d GROUP BY g HAVING " + sum + " > 0");
        compare("SELECT g, " + sum + " AS s FROM d GROUP BY g ORDER BY s DESC NULLS LAST LIMIT 2");
        compare("SELECT DISTINCT " + sum + " FROM d GROUP BY id % 2, g");
        compare("SELECT g, sum(" + sum + ") OVER (ORDER BY g) FROM d GROUP BY g");
        compare("SELECT * FROM (SELECT g, " + sum + " AS s FROM d GROUP BY g) x WHERE s < 0 OR s IS NULL");
        compare("SELECT g, " + sum + " FROM d GROUP BY ROLLUP (g)");
        for (const std::string operation : {"UNION", "UNION ALL", "INTERSECT", "EXCEPT"}) {
            compare("SELECT g, " + sum + " FROM d GROUP BY g " + operation + " SELECT g, min(" + product +
                    ") FROM d WHERE g < 2 GROUP BY g");
        }
        compare("SELECT count(*) FROM d WHERE g = 0 AND " + product + " > (SELECT min(" + product + ") FROM d)");
        // Run again and again with another value, some here and some there.
        compare("SELECT v.g, (SELECT " + sum + " FROM d WHERE d.g = v.g) FROM (VALUES (0), (2), (1), (2), (0)) v(g)");
        compare("SELECT v.g, s FROM (VALUES (2), (0), (1)) v(g), LATERAL (SELECT " + sum +
                " AS s FROM d WHERE d.g = v.g OFFSET 0) x");
    }
}

/// Once a group has been handed out, it is too late to compute them here.
TEST_F(DecimalOverflow, WhatIsComputedOfGroupsDoesNotFailAfterTheFirst) {
    compare("SELECT id, sum(c * c), min(a) * max(b) FROM late GROUP BY id");
    compare("SELECT id, sum(c * c), a * b FROM late GROUP BY id, a, b");
    compare("SELECT a * b, sum(c * c) FROM late GROUP BY a * b");
    compare("SELECT id, sum(c * c) FROM late GROUP BY id, a, b HAVING a * b > 5");
}

TEST_F(DecimalOverflow, IsComputedAtTheSourceWhereNumbersFit) {
    const std::string fits = "SELECT g, sum(a * (1 - b) * (1 + c)) FROM d WHERE g = 0 GROUP BY g";
    const std::string too_large = "SELECT g, sum(a * (1 - b) * (1 + c)) FROM d WHERE g = 2 GROUP BY g";
    for (const std::string& sql : {fits, too_large}) {
        const std::string text = plan("", sql);
        EXPECT_EQ(text.rfind("Foreign Scan", 0), 0U) << text;
        EXPECT_NE(text.find("Computed Here: if a number"), std::string::npos) << text;
        EXPECT_NE(text.find("Remote SQL: SELECT \"g\", sum("), std::string::npos) << text;
        EXPECT_EQ(text.find("DECIMAL(38,0)"), std::string::npos) << text;
    }
    const std::string run = ", ANALYZE, TIMING OFF, SUMMARY OFF";
    EXPECT_NE(plan(run, fits).find("Aggregate (never executed)"), std::string::npos) << plan(run, fits);
    EXPECT_EQ(plan(run, too_large).find("never executed"), std::string::npos) << plan(run, too_large);
}

TEST_F(DecimalOverflow, OtherErrorsAreErrors) {
    ASSERT_TRUE(connection_->execute("PREPARE p AS SELECT sum(a * b * c) FROM src.d; EXECUTE p"));
    std::filesystem::remove(folder_.path() / "d.parquet");
    const auto failed = connection_->query("EXECUTE p");
    ASSERT_FALSE(failed);
    EXPECT_EQ(failed.error().sqlstate, "58P01");
}

}  // namespace
}  // namespace tessera::correctness
