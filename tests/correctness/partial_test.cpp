/// Partitions on unlike sources aggregate where they are: the states that are made of what they return must be those
/// that PostgreSQL would have made.

#include "common/strings.h"
#include "tests/correctness/sources.h"
#include "tests/support/temporary_postgres.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace tessera::correctness {
namespace {

using postgres::Connection;
using RowList = std::vector<std::vector<std::optional<std::string>>>;

/// A table of one partition a source. Their ids overlap, which the bounds deny; no statement here looks at the key.
class PartialAggregates : public testing::Test {
  protected:
    static void SetUpTestSuite() {
        auto node = TemporaryPostgres::start({.with_extension = true});
        ASSERT_TRUE(node) << node.error().describe();
        node_ = std::make_unique<TemporaryPostgres>(std::move(*node));
        connection_ = std::make_unique<Connection>(node_->connect().value());
        must("CREATE EXTENSION tessera_fdw");
        attach("parts", {"postgres", "mysql", "sqlite", "duckdb"}, "id, i2, i4, i8, f8, txt, vc, b");
        attach("decimals", {"postgres", "mysql", "duckdb"}, "id, num, d, ts, vc");
    }

    static void TearDownTestSuite() {
        connection_.reset();
        node_.reset();
        sources_.clear();
    }

    /// Makes a partitioned table with these columns, and its copy.
    static void attach(const std::string& name, const std::vector<std::string>& dialects, const std::string& columns) {
        for (const std::string& dialect : dialects) {
            const std::string schema = name + "_" + dialect;
            sources_.push_back(makeSource(dialect).value());
            std::string import = sources_.back()->importStatements();
            replaceAll(import, "SERVER source", "SERVER " + schema);
            replaceAll(import, "INTO src", "INTO " + schema);
            replaceAll(import, " src.", " " + schema + ".");
            must("CREATE SCHEMA " + schema + ";" + import);
            dropOtherColumns(schema + ".t", columns);
            must("ANALYZE " + schema + ".t");
        }
        const std::string first = name + "_" + dialects.front() + ".t";
        must("CREATE TABLE " + name + " (LIKE " + first + ") PARTITION BY RANGE (id)");
        int low = 0;
        for (const std::string& dialect : dialects) {
            const std::string from = std::to_string(low);
            const std::string to = std::to_string(low += 1000);
            must("ALTER TABLE " + name + " ATTACH PARTITION " + name + "_" + dialect + ".t FOR VALUES FROM (" + from +
                 ") TO (" + to + ")");
        }
        // In the partitions' order, which side by side would be that of arrival: sums of floats depend on it.
        must("SET tessera.pushdown = off; SET enable_async_append = off; CREATE TABLE " + name +
             "_copy AS SELECT * FROM " + name + "; RESET tessera.pushdown; RESET enable_async_append; ANALYZE " + name +
             "_copy");
    }

    static void dropOtherColumns(const std::string& table, const std::string& columns) {
        const auto others = connection_->query("SELECT attname FROM pg_attribute WHERE attrelid = '" + table +
                                               "'::regclass AND attnum > 0 AND NOT attname = ANY (string_to_array('" +
                                               columns + "', ', '))");
        for (const auto& row : others->values) {
            must("ALTER FOREIGN TABLE " + table + " DROP COLUMN " + *row[0]);
        }
        // Sources differ a little in what they call a type; a partition's columns must not.
        for (const auto& [column, type] :
             {std::pair("id", "integer"), std::pair("i2", "smallint"), std::pair("i4", "integer"),
              std::pair("vc", "varchar(20)"), std::pair("num", "numeric(20,4)")}) {
            if ((columns + ",").find(std::string(column) + ",") != std::string::npos) {
                must("ALTER FOREIGN TABLE " + table + " ALTER COLUMN " + column + " TYPE " + type);
            }
        }
    }

    static void replaceAll(std::string& text, const std::string& what, const std::string& with) {
        for (std::size_t at = text.find(what); at != std::string::npos; at = text.find(what, at + with.size())) {
            text.replace(at, what.size(), with);
        }
    }

    static void must(const std::string& sql) {
        const auto done = connection_->execute(sql);
        ASSERT_TRUE(done) << sql << "\n" << done.error().describe();
    }

    static RowList rows(const std::string& sql) {
        auto result = connection_->query(sql);
        EXPECT_TRUE(result) << sql << "\n" << result.error().describe();
        RowList values = result ? std::move(result->values) : RowList{};
        std::sort(values.begin(), values.end());
        return values;
    }

    static std::string plan(const std::string& sql) {
        std::string text;
        for (const auto& row : rows("EXPLAIN (VERBOSE, COSTS OFF) " + sql)) {
            text += row[0].value_or("") + "\n";
        }
        return text;
    }

    static void check(const std::string& table, const std::string& call, std::size_t partitions,
                      const std::string& rest = "") {
        const std::string what = "SELECT " + call + " FROM ";
        EXPECT_EQ(rows(what + table + rest), rows(what + table + "_copy" + rest)) << call << rest << "\n"
                                                                                  << plan(what + table + rest);
        const std::string text = plan(what + table + rest);
        std::size_t partial = 0;
        for (std::size_t at = text.find("Partial aggregate on"); at != std::string::npos;
             at = text.find("Partial aggregate on", at + 1)) {
            ++partial;
        }
        EXPECT_EQ(partial, partitions) << what << table << rest << "\n" << text;
    }

    inline static std::vector<std::unique_ptr<Source>> sources_;
    inline static std::unique_ptr<TemporaryPostgres> node_;
    inline static std::unique_ptr<Connection> connection_;
};

TEST_F(PartialAggregates, StatesOfEveryKind) {
    for (const char* call : {"count(*)", "count(txt)", "sum(i2)", "sum(i4)", "sum(i8)", "avg(i2)", "avg(i4)", "avg(i8)",
                             "min(i4)", "max(i8)", "min(txt)", "max(txt)", "bool_and(b)", "bool_or(b)",
                             "sum(i8), avg(i8)", "avg(i4), avg(i2), sum(i2), count(*)"}) {
        check("parts", call, 4);
        check("parts", call, 4, " WHERE i4 > 0");
        check("parts", std::string("count(*), ") + call, 4, " WHERE i4 = 12345");  // no rows
        check("parts", std::string("vc, ") + call, 4, " GROUP BY vc");
        check("parts", std::string("b, ") + call, 4, " WHERE i2 < 1000 GROUP BY b HAVING count(*) > 1");
    }
    // In which order floats are added is to be seen in their last digit, so that is only done for who asks; these add
    // up.
    must("SET enable_partitionwise_aggregate = on");
    const std::string exact = " WHERE f8 IN (0.5, 1.5, -0.5, 100, 1, -1, 0)";
    for (const char* call : {"sum(f8)", "avg(f8)", "avg(f8), sum(f8), count(f8)"}) {
        check("parts", call, 4, exact);
        check("parts", std::string("b, ") + call, 4, exact + " GROUP BY b");
    }
    must("RESET enable_partitionwise_aggregate");
    check("parts", "sum(f8)", 0, exact);
}

TEST_F(PartialAggregates, StatesOfDecimals) {
    for (const char* call : {"sum(num)", "avg(num)", "avg(num), sum(num), max(num)", "min(d), max(ts)"}) {
        check("decimals", call, 3);
        check("decimals", call, 3, " WHERE num < 0");
        check("decimals", std::string("vc, ") + call, 3, " GROUP BY vc");
    }
}

TEST_F(PartialAggregates, SomePartitionsHere) {
    must("CREATE TABLE near PARTITION OF parts FOR VALUES FROM (10000) TO (20000)");
    must("INSERT INTO near SELECT 10000 + id, i2, i4, i8, f8, txt, vc, b FROM parts_copy");
    must("DROP TABLE IF EXISTS mixed_copy; CREATE TABLE mixed_copy AS TABLE parts");
    const std::string sql = "SELECT vc, count(*), sum(i8), avg(i4), max(txt) FROM ";
    EXPECT_EQ(rows(sql + "parts GROUP BY vc"), rows(sql + "mixed_copy GROUP BY vc"));
    EXPECT_NE(plan(sql + "parts GROUP BY vc").find("Partial aggregate on"), std::string::npos);
    must("DROP TABLE near");
}

/// What has no state that can be made here is aggregated here, of rows.
TEST_F(PartialAggregates, OthersStayHere) {
    // For sums of floats, as in the copy.
    EXPECT_TRUE(rows("SELECT set_config('enable_async_append', 'off', false)") == rows("SELECT 'off'"));
    for (const char* call : {"stddev(i4)", "avg(f8), variance(f8)", "string_agg(vc, ',' ORDER BY vc)",
                             "count(DISTINCT vc)", "stddev(i8), sum(i8)"}) {
        check("parts", call, 0, " WHERE f8 IN (0.5, 1.5, -0.5, 100, 1, -1, 0) AND vc IS NOT NULL");
    }
    EXPECT_EQ(rows("SHOW enable_partitionwise_aggregate"), rows("SELECT 'off'"));
    EXPECT_TRUE(rows("SELECT set_config('enable_async_append', 'on', false)") == rows("SELECT 'on'"));
}

}  // namespace
}  // namespace tessera::correctness
