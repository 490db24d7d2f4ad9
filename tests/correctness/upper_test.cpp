/// Joins of every kind and what comes above them — DISTINCT, window functions, aggregates that are
/// ordered — run pushed down, not pushed down, and on local copies, and must give the same rows. What a dialect is
/// listed with must be one statement at the source.
///
/// Replay with the seed that a failure prints: TESSERA_SEED=n.

#include "common/strings.h"
#include "tests/correctness/sources.h"
#include "tests/support/temporary_postgres.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace tessera::correctness {
namespace {

using postgres::Connection;
using RowList = std::vector<std::vector<std::optional<std::string>>>;

constexpr const char* kAllDialects = "postgres mysql sqlite duckdb";

class Upper : public testing::TestWithParam<const char*> {
  protected:
    static void TearDownTestSuite() {
        connection_.reset();
        node_.reset();
        source_.reset();
    }

    void SetUp() override {
        if (source_ && source_->dialect() == GetParam()) {
            must("RESET ALL");
            return;
        }
        TearDownTestSuite();
        auto source = makeSource(GetParam());
        ASSERT_TRUE(source) << source.error().describe();
        source_ = std::move(*source);
        auto node = TemporaryPostgres::start({.with_extension = true});
        ASSERT_TRUE(node) << node.error().describe();
        node_ = std::make_unique<TemporaryPostgres>(std::move(*node));
        connection_ = std::make_unique<Connection>(node_->connect().value());
        must("CREATE EXTENSION tessera_fdw; CREATE SCHEMA src; CREATE SCHEMA copy;" + source_->importStatements());
        // A far source: what can be done there is done there, however cheap it would be here.
        must("ALTER SERVER source OPTIONS (ADD fdw_startup_cost '100000')");
        must(
            "SET tessera.pushdown = off; CREATE TABLE copy.t AS SELECT * FROM src.t;"
            "CREATE TABLE copy.u AS SELECT * FROM src.u; ANALYZE copy.t, copy.u, src.t, src.u; RESET tessera.pushdown");
    }

    static void must(const std::string& sql) {
        const auto done = connection_->execute(sql);
        ASSERT_TRUE(done) << sql << "\n" << done.error().describe();
    }

    static std::string inSchema(std::string sql, const std::string& schema) {
        for (std::size_t at = sql.find('$'); at != std::string::npos; at = sql.find('$')) {
            sql.replace(at, 1, schema + ".");
        }
        return sql;
    }

    /// The rows as a set, or the error's SQLSTATE.
    static RowList outcome(const std::string& sql) {
        auto rows = connection_->query(sql);
        if (!rows) {
            return {{"error " + rows.error().sqlstate + " " + rows.error().message}};
        }
        std::sort(rows->values.begin(), rows->values.end());
        return std::move(rows->values);
    }

    static std::string plan(const std::string& sql) {
        std::string text;
        auto rows = connection_->query("EXPLAIN (VERBOSE, COSTS OFF) " + inSchema(sql, "src"));
        EXPECT_TRUE(rows) << sql << "\n" << rows.error().describe();
        for (const auto& row : rows ? rows->values : RowList{}) {
            text += row[0].value_or("") + "\n";
        }
        return text;
    }

    static void compare(const std::string& sql) {
        const RowList expected = outcome(inSchema(sql, "copy"));
        ASSERT_FALSE(!expected.empty() && !expected[0].empty() && expected[0][0] &&
                     expected[0][0]->rfind("error", 0) == 0)
            << sql << "\n"
            << *expected[0][0];
        const RowList pushed = outcome(inSchema(sql, "src"));
        EXPECT_EQ(pushed, expected) << "pushed down differs; TESSERA_SEED=" << seed() << "\n"
                                    << sql << "\n"
                                    << plan(sql);
        must("SET tessera.pushdown = off");
        const RowList local = outcome(inSchema(sql, "src"));
        must("RESET tessera.pushdown");
        EXPECT_EQ(local, expected) << "not pushed differs; TESSERA_SEED=" << seed() << "\n" << sql;
    }

    /// Compares; and with these dialects the plan is one remote statement.
    void check(const std::string& sql, const std::string& dialects = kAllDialects) {
        compare(sql);
        if (dialects.find(GetParam()) != std::string::npos) {
            const std::string text = plan(sql);
            EXPECT_EQ(text.rfind("Foreign Scan", 0), 0U) << sql << "\n" << text;
        }
    }

    /// Compares the rows; and their number is one remote statement. The rows may be so many that a join here is
    /// cheaper.
    void checkCounted(const std::string& sql, const std::string& dialects = kAllDialects) {
        compare(sql);
        check("SELECT count(*) FROM (" + sql + ") x", dialects);
    }

    static bool hasColumn(const std::string& name) {
        const auto& columns = source_->table().columns();
        return std::any_of(columns.begin(), columns.end(), [&](const auto& column) { return column.name == name; });
    }

    inline static std::unique_ptr<Source> source_;
    inline static std::unique_ptr<TemporaryPostgres> node_;
    inline static std::unique_ptr<Connection> connection_;
};

TEST_P(Upper, SemijoinsAndAntijoins) {
    for (const auto& column : source_->table().columns()) {
        const std::string equal = "u." + column.name + " = t." + column.name;
        const bool is_date = column.type == "date" || column.type == "timestamp";
        const char* dialects = is_date ? "postgres mysql duckdb" : kAllDialects;
        check("SELECT t.id, t.txt FROM $t t WHERE EXISTS (SELECT 1 FROM $u u WHERE " + equal + ")", dialects);
        check("SELECT t.id FROM $t t WHERE NOT EXISTS (SELECT 1 FROM $u u WHERE " + equal + ")", dialects);
        check("SELECT t.id FROM $t t WHERE t." + column.name + " IN (SELECT u." + column.name + " FROM $u u WHERE u.b)",
              dialects);
        compare("SELECT t.id FROM $t t WHERE t." + column.name + " NOT IN (SELECT u." + column.name + " FROM $u u)");
    }
    for (
        const char* sql :
        {"SELECT t.id FROM $t t WHERE EXISTS (SELECT 1 FROM $u u WHERE u.i4 = t.i4 AND u.i8 > t.i8)",
         "SELECT t.id FROM $t t WHERE EXISTS (SELECT 1 FROM $u u WHERE u.i4 = t.i4 AND (u.b OR t.b)) AND t.i8 > 0",
         "SELECT t.id FROM $t t WHERE EXISTS (SELECT 1 FROM $u u WHERE u.vc = t.vc AND EXISTS (SELECT 1 FROM $t x "
         "WHERE "
         "x.i4 = u.i4))",
         "SELECT t.id FROM $t t WHERE NOT EXISTS (SELECT 1 FROM $u u WHERE u.vc = t.vc AND NOT EXISTS (SELECT 1 FROM "
         "$t "
         "x WHERE x.i4 = u.i4 AND x.b))",
         "SELECT t.id FROM $t t WHERE EXISTS (SELECT 1 FROM $u u JOIN $t x ON x.vc = u.vc WHERE u.i4 = t.i4)",
         "SELECT t.id FROM $t t WHERE EXISTS (SELECT 1 FROM $u u WHERE u.i4 = t.i4) AND NOT EXISTS (SELECT 1 FROM $u v "
         "WHERE v.vc = t.vc AND v.id < t.id)",
         "SELECT t.id FROM $t t LEFT JOIN $u u ON u.i4 = t.i4 AND u.vc = t.vc WHERE u.i4 IS NULL",
         "SELECT t.vc, count(*) FROM $t t WHERE EXISTS (SELECT 1 FROM $u u WHERE u.i4 = t.i4) GROUP BY t.vc",
         "SELECT t.id FROM $t t WHERE NOT EXISTS (SELECT 1 FROM $u u WHERE u.i4 = t.i4) ORDER BY t.vc, t.id LIMIT 3"}) {
        check(sql);
    }
}

TEST_P(Upper, JoinTreesOfAnyShape) {
    const std::string semi = "(SELECT * FROM $u x WHERE EXISTS (SELECT 1 FROM $t y WHERE y.i2 = x.i2 AND y.b)) u";
    checkCounted("SELECT t.id, u.id FROM $t t LEFT JOIN " + semi + " ON u.i4 = t.i4");
    checkCounted("SELECT t.id, u.id FROM " + semi + " RIGHT JOIN $t t ON u.i4 = t.i4 AND u.vc = t.vc WHERE t.i8 > 0");
    checkCounted("SELECT t.id, u.txt FROM $t t LEFT JOIN " + semi + " ON u.i4 = t.i4 WHERE u.id IS NULL OR u.b");
    for (const char* sql : {"SELECT t.id, u.id FROM (SELECT * FROM $t WHERE i4 > 0) t FULL JOIN (SELECT * FROM $u "
                            "WHERE b) u ON t.vc = u.vc",
                            "SELECT t.id, u.id, v.id FROM ((SELECT * FROM $t WHERE i4 > 0) t FULL JOIN (SELECT * FROM "
                            "$u WHERE b) u ON t.vc = "
                            "u.vc) LEFT JOIN $u v ON v.id = t.id AND v.i4 = 5",
                            "SELECT t.id, u.id FROM $t t FULL JOIN $u u ON t.i4 = u.i4 WHERE t.b OR u.b IS NULL"}) {
        checkCounted(sql, "postgres duckdb");
    }
    for (const char* sql :
         {"SELECT a.id, b.id FROM $t a, $u b WHERE a.id < 9", "SELECT a.id, b.i4 FROM $t a CROSS JOIN $u b",
          "SELECT a.id, b.id, c.id FROM $t a LEFT JOIN ($u b JOIN $t c ON c.vc = b.vc AND c.i2 < 10) "
          "ON b.i4 = a.i4 AND a.b",
          "SELECT a.id, b.id, c.id FROM ($t a LEFT JOIN $u b ON b.i4 = a.i4) LEFT JOIN $u c ON c.vc "
          "= b.vc AND a.id < c.id",
          "SELECT a.id, b.id, c.id FROM $t a LEFT JOIN ($u b LEFT JOIN $t c ON c.vc = b.vc) ON b.i4 "
          "= a.i4 WHERE a.i8 > 0 "
          "AND (c.id IS NULL OR c.b)",
          "SELECT a.id, d.id FROM $t a JOIN $u b ON b.id = a.id LEFT JOIN $t c ON c.id = b.i4 LEFT "
          "JOIN $u d ON d.id = c.id"}) {
        checkCounted(sql);
    }
}

TEST_P(Upper, LocalConditionsOnJoins) {
    // None of the sources knows upper() as PostgreSQL does.
    for (const char* sql :
         {"SELECT t.id, u.id FROM $t t JOIN $u u ON t.i4 = u.i4 WHERE upper(t.txt) = 'A'",
          "SELECT t.id, u.id FROM $t t LEFT JOIN $u u ON t.i4 = u.i4 WHERE upper(t.txt) = 'A'",
          "SELECT t.id, u.id FROM $t t LEFT JOIN $u u ON t.i4 = u.i4 AND upper(u.txt) = 'A'",
          "SELECT t.id, u.id FROM $t t LEFT JOIN $u u ON t.i4 = u.i4 AND upper(t.txt) = 'A'",
          "SELECT t.id, u.id FROM $t t LEFT JOIN $u u ON t.i4 = u.i4 WHERE upper(u.txt) = 'A' OR u.id IS NULL",
          "SELECT t.id, u.id FROM $t t LEFT JOIN $u u ON t.i4 = u.i4 AND u.txt ILIKE 'a%'",
          "SELECT t.id, u.id FROM $t t LEFT JOIN $u u ON t.i4 = u.i4 WHERE t.txt ILIKE 'a%'",
          "SELECT t.id, u.id FROM $t t JOIN $u u ON t.i4 = u.i4 AND t.txt ILIKE 'a%'",
          "SELECT t.id, u.id FROM $t t FULL JOIN (SELECT * FROM $u WHERE upper(txt) = 'A') u ON t.i4 = u.i4",
          "SELECT t.id FROM $t t WHERE upper(t.txt) = 'A' AND EXISTS (SELECT 1 FROM $u u WHERE t.i4 = u.i4)",
          "SELECT t.id FROM $t t WHERE NOT EXISTS (SELECT 1 FROM $u u WHERE t.i4 = u.i4 AND upper(u.txt) = 'A')",
          "SELECT t.id FROM $t t WHERE txt ILIKE 'A%' AND NOT EXISTS (SELECT 1 FROM $u u WHERE t.i4 = u.i4 AND u.txt "
          "ILIKE "
          "'a%')",
          "SELECT count(*) FROM $t t JOIN $u u ON t.i4 = u.i4 WHERE upper(t.txt) = 'A'",
          "SELECT t.id FROM $t t JOIN $u u ON t.i4 = u.i4 WHERE upper(t.txt) = 'A' ORDER BY t.id LIMIT 2"}) {
        compare(sql);
    }
    check("SELECT t.id, u.id FROM $t t JOIN $u u ON t.i4 = u.i4 AND t.vc = u.vc WHERE upper(t.txt) = 'A'");
    check(
        "SELECT t.id, u.id FROM $t t LEFT JOIN $u u ON t.i4 = u.i4 AND t.vc = u.vc AND t.id = u.id WHERE t.txt ILIKE "
        "'a%'");
}

TEST_P(Upper, Distinct) {
    for (const auto& column : source_->table().columns()) {
        const bool is_date = column.type == "date" || column.type == "timestamp";
        check("SELECT DISTINCT " + column.name + " FROM $t", is_date ? "postgres mysql duckdb" : kAllDialects);
    }
    for (const char* sql : {"SELECT DISTINCT txt, vc, b FROM $t", "SELECT DISTINCT vc, 1 FROM $t WHERE i4 > 0",
                            "SELECT DISTINCT t.vc, u.b FROM $t t JOIN $u u ON t.i4 = u.i4",
                            "SELECT DISTINCT b, count(*) FROM $t GROUP BY b, vc",
                            "SELECT DISTINCT vc FROM $t ORDER BY vc DESC NULLS LAST LIMIT 4"}) {
        check(sql);
    }
    compare("SELECT DISTINCT upper(vc) FROM $t");
    compare("SELECT count(*) FROM (SELECT DISTINCT b, random() FROM $t) x");  // as many as there are rows
    compare("SELECT DISTINCT avg(i4) FROM $t GROUP BY vc");
    check("SELECT DISTINCT vc, count(*) FROM $t GROUP BY vc, b", "postgres duckdb");
    check("SELECT DISTINCT b, count(*) AS n FROM $t GROUP BY b, vc ORDER BY n, b LIMIT 2", "postgres duckdb");
    check("SELECT DISTINCT vc, max(i4) OVER (PARTITION BY vc) FROM $t", "postgres duckdb");
    check("SELECT DISTINCT ON (vc) vc, id FROM $t ORDER BY vc, id DESC", "postgres");
    check("SELECT DISTINCT ON (vc) vc, upper(txt), id FROM $t ORDER BY vc DESC NULLS LAST, i4, id LIMIT 3", "postgres");
    check("SELECT DISTINCT ON (b, vc) id, length(txt) FROM $t WHERE b ORDER BY b, vc, id", "postgres");
    check("SELECT DISTINCT ON (t.b) t.id, u.id FROM $t t JOIN $u u ON t.vc = u.vc ORDER BY t.b, t.id, u.id",
          "postgres");
    check("SELECT DISTINCT ON (b) b, vc, count(*) FROM $t GROUP BY b, vc ORDER BY b, count(*), vc", "postgres");
}

/// Windows whose rows have one order, so that every function has one value.
TEST_P(Upper, WindowFunctions) {
    const std::string over = " OVER (PARTITION BY vc ORDER BY i4, id) FROM $t";
    for (const char* call : {"row_number()",     "rank()",   "dense_rank()", "ntile(3)",         "lag(i4)",
                             "lag(txt, 2)",      "lead(i8)", "lead(b, 1)",   "first_value(txt)", "last_value(i4)",
                             "nth_value(vc, 2)", "count(*)", "count(txt)",   "sum(i4)",          "avg(i4)",
                             "min(txt)",         "max(i8)",  "avg(i2)",      "sum(i2)",          "bool_and(b)"}) {
        check(std::string("SELECT id, ") + call + over);
    }
    for (const char* call :
         {"lag(i4, 1, 7)", "lead(txt, 2, 'none')", "count(*) FILTER (WHERE b)", "percent_rank()", "cume_dist()"}) {
        check(std::string("SELECT id, ") + call + over, "postgres sqlite duckdb");
    }
    for (const char* call : {"ntile(i2::int)", "lag(i4, i2::int)", "string_agg(vc, ',')", "array_agg(i4)", "stddev(i4)",
                             "sum(f8) FILTER (WHERE f8 < 1000)", "jsonb_agg(vc)"}) {
        if (std::string(call).find("i2") == std::string::npos) {
            check(std::string("SELECT id, ") + call + over, "postgres");
        } else {
            check(std::string("SELECT id, ") + call + " OVER (ORDER BY id) FROM $t WHERE i2 = 5", "postgres");
        }
    }
    if (hasColumn("num")) {
        check("SELECT id, sum(num)" + over);
        check("SELECT id, avg(num)" + over, "postgres");
        check("SELECT id, lag(num)" + over);
    }
    check("SELECT id, lag(d) OVER (ORDER BY id), first_value(ts) OVER (ORDER BY id) FROM $t", "postgres mysql duckdb");
    for (const auto& column : source_->table().columns()) {
        const bool is_date = column.type == "date" || column.type == "timestamp";
        const char* dialects = is_date ? "postgres mysql duckdb" : kAllDialects;
        for (const char* order : {"", " DESC", " NULLS FIRST", " DESC NULLS LAST"}) {
            check("SELECT id, rank() OVER (ORDER BY " + column.name + order + "), count(*) OVER (PARTITION BY " +
                      column.name + ") FROM $t",
                  dialects);
        }
    }
}

TEST_P(Upper, WindowFrames) {
    for (const char* frame :
         {"ROWS BETWEEN 2 PRECEDING AND 1 FOLLOWING", "ROWS UNBOUNDED PRECEDING",
          "ROWS BETWEEN 1 FOLLOWING AND 3 FOLLOWING", "ROWS BETWEEN CURRENT ROW AND UNBOUNDED FOLLOWING",
          "RANGE BETWEEN CURRENT ROW AND UNBOUNDED FOLLOWING",
          "ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING", "ROWS BETWEEN 3 PRECEDING AND 2 PRECEDING"}) {
        const std::string window = std::string(" OVER (PARTITION BY b ORDER BY i4, id ") + frame + ")";
        check("SELECT id, sum(i4)" + window + ", count(txt)" + window + ", first_value(vc)" + window +
              ", last_value(i8)" + window + ", nth_value(id, 2)" + window + ", min(i2)" + window + " FROM $t");
        check("SELECT id, max(txt)" + window + ", count(*)" + window + " FROM $t");
    }
    check(
        "SELECT id, row_number() OVER (ORDER BY id ROWS 2 PRECEDING), lag(vc) OVER (ORDER BY id GROUPS 1 PRECEDING) "
        "FROM $t");
    for (const char* frame :
         {"GROUPS BETWEEN 1 PRECEDING AND 1 FOLLOWING", "ROWS BETWEEN 2 PRECEDING AND CURRENT ROW EXCLUDE CURRENT ROW",
          "RANGE UNBOUNDED PRECEDING EXCLUDE TIES", "GROUPS UNBOUNDED PRECEDING EXCLUDE GROUP"}) {
        const std::string window = std::string(" OVER (PARTITION BY b ORDER BY vc ") + frame + ")";
        check("SELECT id, count(i4)" + std::string(" OVER (ORDER BY i4, id ") + frame +
                  "), count(*) OVER (ORDER BY i4, id " + frame + ") FROM $t",
              "postgres sqlite");
        if (std::string(frame).find("ROWS") == std::string::npos) {
            check("SELECT id, sum(i4)" + window + ", count(*)" + window + " FROM $t", "postgres sqlite");
        }
    }
    check(
        "SELECT id, sum(i4) OVER (ORDER BY i4 RANGE BETWEEN 5 PRECEDING AND 1 FOLLOWING) FROM $t WHERE i4 < 1000 AND "
        "i4 > "
        "-1000",
        "postgres");
    check(
        "SELECT id, count(*) OVER (ORDER BY ts RANGE BETWEEN '1 year' PRECEDING AND CURRENT ROW) FROM $t WHERE ts > "
        "'1900-01-01'",
        "postgres");
}

TEST_P(Upper, WindowsAboveAndBelow) {
    for (const char* sql :
         {"SELECT vc, count(*), rank() OVER (ORDER BY count(*) DESC), sum(count(*)) OVER () FROM $t GROUP BY vc",
          "SELECT vc, max(i4), row_number() OVER (ORDER BY vc) AS n FROM $t GROUP BY vc ORDER BY n DESC LIMIT 4",
          "SELECT id, row_number() OVER w, sum(i4) OVER w FROM $t WINDOW w AS (PARTITION BY b ORDER BY id)",
          "SELECT t.id, u.id, row_number() OVER (PARTITION BY t.vc ORDER BY t.id, u.id) FROM $t t JOIN $u u ON t.i4 = "
          "u.i4",
          "SELECT id, rank() OVER (ORDER BY i4) + 1, row_number() OVER (ORDER BY vc, id) FROM $t ORDER BY id LIMIT 5",
          "SELECT id, upper(vc), lag(vc) OVER (ORDER BY id) FROM $t"}) {
        check(sql);
    }
    for (const char* sql :
         {"SELECT id FROM (SELECT id, rank() OVER (ORDER BY vc) AS n, i4 FROM $t) x WHERE n < 5 AND i4 > 0",
          "SELECT count(*) FROM (SELECT id, count(*) OVER (ORDER BY id) AS n FROM $t) x WHERE n <= 7",
          "SELECT id, upper(lag(txt) OVER (ORDER BY id)) FROM $t WHERE upper(txt) = 'A'",
          "SELECT vc, sum(sum(f8)) OVER () FROM $t WHERE f8 IN (1, 0.5, 100) GROUP BY vc",
          "SELECT id, lag(upper(vc)) OVER (ORDER BY id) FROM $t",
          "SELECT id, sum(i4) OVER (ORDER BY upper(vc), id) FROM $t LIMIT 500"}) {
        compare(sql);
    }
}

/// The first rows of each group are chosen at the source.
TEST_P(Upper, ConditionsOnWindowFunctions) {
    for (const char* sql :
         {"SELECT id FROM (SELECT id, row_number() OVER (PARTITION BY b ORDER BY i4, id) AS n FROM $t) x WHERE n <= 3",
          "SELECT id, vc, n FROM (SELECT id, vc, rank() OVER (PARTITION BY b ORDER BY vc) AS n FROM $t WHERE i4 > 0) x "
          "WHERE "
          "n < 3",
          "SELECT vc, c, n FROM (SELECT vc, count(*) AS c, dense_rank() OVER (ORDER BY count(*) DESC) AS n FROM $t "
          "GROUP BY "
          "vc) x WHERE n <= 2",
          "SELECT a FROM (SELECT avg(i4) OVER (PARTITION BY b) AS a, row_number() OVER (ORDER BY id) AS n FROM $t) x "
          "WHERE "
          "n <= 5",
          "SELECT id FROM (SELECT t.id, row_number() OVER (PARTITION BY u.b ORDER BY t.id, u.id) AS n FROM $t t JOIN "
          "$u u "
          "USING (vc)) x WHERE n <= 3 ORDER BY id LIMIT 4"}) {
        compare(sql);
        const std::string text = plan(sql);
        EXPECT_EQ(text.find("WindowAgg"), std::string::npos) << text;
        EXPECT_NE(text.find(") s WHERE q1"), std::string::npos) << text;
    }
}

/// A key that stands around the statement is a parameter of it.
TEST_P(Upper, WindowsOverWhatStandsAround) {
    for (const char* sql :
         {"SELECT r.id, w.id, w.n FROM (SELECT * FROM $u WHERE id < 5) r CROSS JOIN LATERAL (SELECT id, row_number() "
          "OVER (PARTITION BY r.ts ORDER BY id) AS n FROM $t) w",
          "SELECT r.id, w.id, w.n FROM (SELECT * FROM $u WHERE id < 5) r CROSS JOIN LATERAL (SELECT id, row_number() "
          "OVER (PARTITION BY r.txt ORDER BY id) AS n FROM $t) w",
          "SELECT r.id, w.n FROM (SELECT * FROM $u WHERE id < 5) r CROSS JOIN LATERAL (SELECT DISTINCT r.i4, b AS n "
          "FROM $t) w",
          "SELECT r.id, w.n FROM (SELECT * FROM $u WHERE id < 5) r CROSS JOIN LATERAL (SELECT r.i4, count(*) AS n "
          "FROM $t GROUP BY r.i4) w"}) {
        compare(sql);
    }
}

INSTANTIATE_TEST_SUITE_P(Dialects, Upper, testing::Values("postgres", "mysql", "sqlite", "duckdb"),
                         [](const auto& parameter) { return std::string(parameter.param); });

}  // namespace
}  // namespace tessera::correctness
