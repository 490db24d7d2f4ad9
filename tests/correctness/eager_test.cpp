/// Joins of one side that is aggregated at its source first: the groups are those that the joined rows would have made.

#include "tests/correctness/comparing.h"

#include <gmock/gmock.h>

namespace tessera::correctness {
namespace {

using testing::HasSubstr;
using testing::Not;

/// "@u" is a table that the source of $t does not have: a local one, and one of a second server.
class EagerAggregates : public Comparing {
  protected:
    void SetUp() override {
        Comparing::SetUp();
        must("RESET ALL; SET enable_async_append = off; SET jit = off");
        must("DROP SERVER IF EXISTS elsewhere CASCADE; DROP SCHEMA IF EXISTS other; CREATE SCHEMA other");
        must(mesh_->source().importStatements("elsewhere", "other"));
        must("SET tessera.ship_rows = off; SET tessera.partial_aggregates = force");
    }

    static bool hasDecimals() { return GetParam() != std::string("sqlite"); }

    static std::string withOthers(std::string sql, const std::string& schema) {
        for (std::size_t at = sql.find('@'); at != std::string::npos; at = sql.find('@')) {
            sql.replace(at, 1, schema + ".");
        }
        return sql;
    }

    static void compareAll(const std::string& sql) {
        const Outcome expected = mesh_->run(Mesh::inSchema(withOthers(sql, "copy"), "copy"));
        ASSERT_NE(expected.sqlstate.substr(0, 2), "42") << sql << "\n" << expected.message;
        expectAlike(withOthers(sql, "copy"), expected, "with local rows");
        expectAlike(withOthers(sql, "other"), expected, "with rows of another server");
        must("SET tessera.bind_keys = 3; SET enable_hashjoin = off; SET enable_mergejoin = off");
        expectAlike(withOthers(sql, "other"), expected, "without hashes");
        must("SET enable_mergejoin = on; SET enable_nestloop = off; SET enable_hashagg = off");
        expectAlike(withOthers(sql, "copy"), expected, "sorted");
        must("RESET tessera.bind_keys; RESET enable_hashjoin; RESET enable_mergejoin; RESET enable_nestloop");
        must("RESET enable_hashagg");
    }

    /// With these dialects the source groups.
    static void checkPartial(const std::string& sql, const std::string& dialects = "postgres mysql sqlite duckdb") {
        compareAll(sql);
        for (const char* others : {"copy", "other"}) {
            if (dialects.find(GetParam()) != std::string::npos) {
                EXPECT_THAT(mesh_->plan(withOthers(sql, others)), HasSubstr("Partial aggregate on")) << sql;
            }
        }
    }

    static void checkWhole(const std::string& sql) {
        compareAll(sql);
        EXPECT_THAT(mesh_->plan(withOthers(sql, "copy")), Not(HasSubstr("Partial aggregate on"))) << sql;
    }
};

TEST_P(EagerAggregates, StatesOfEveryKind) {
    const std::vector<std::string> everywhere = {"count(*)",
                                                 "count(r.txt)",
                                                 "sum(r.i2)",
                                                 "sum(r.i4)",
                                                 "sum(r.i8)",
                                                 "avg(r.i2)",
                                                 "avg(r.i4)",
                                                 "avg(r.i8)",
                                                 "min(r.i4)",
                                                 "max(r.i8)",
                                                 "min(r.txt)",
                                                 "max(r.vc)",
                                                 "bool_and(r.b)",
                                                 "every(r.b)",
                                                 "bool_or(r.b)",
                                                 "sum(r.i8), avg(r.i8), count(*), sum(r.i8) + 1",
                                                 "sum(CASE WHEN r.b THEN r.i4 END), max(coalesce(r.i4, 0))",
                                                 "sum(1)",
                                                 "min(r.f8), max(r.f8)"};
    for (const std::string& call : everywhere) {
        checkPartial("SELECT l.txt, " + call + " FROM @u l JOIN $t r ON l.i2 = r.i2 GROUP BY l.txt");
        checkPartial("SELECT " + call + " FROM @u l JOIN $t r ON l.i2 = r.i2");
        checkPartial("SELECT " + call + " FROM @u l JOIN $t r ON l.i2 = r.i2 WHERE r.i4 = 12345");
        checkPartial("SELECT l.b, r.b, " + call +
                     " FROM $t r LEFT JOIN @u l ON l.i2 = r.i2 AND l.id > 20 GROUP BY l.b, r.b HAVING count(*) > 3");
    }
    checkPartial(
        "SELECT l.b, count(*) FILTER (WHERE r.b), sum(r.i4) FILTER (WHERE r.i2 > 0) FROM @u l JOIN $t r "
        "ON l.i2 = r.i2 GROUP BY l.b",
        "postgres sqlite duckdb");
    if (!hasDecimals()) {
        return;
    }
    for (const char* call : {"sum(r.num)", "avg(r.num)", "avg(r.num), sum(r.num), max(r.num)", "min(r.d), max(r.ts)",
                             "sum(r.num * (1 - r.num))", "sum(r.num * r.i4)"}) {
        checkPartial(std::string("SELECT l.txt, ") + call + " FROM @u l JOIN $t r ON l.i2 = r.i2 GROUP BY l.txt",
                     std::string(call).find('*') == std::string::npos ? "postgres mysql duckdb" : "postgres");
    }
}

TEST_P(EagerAggregates, JoinsOfEveryKind) {
    const std::string what = "count(*), sum(r.i4), avg(r.i8) ";
    checkPartial("SELECT l.id, " + what + "FROM @u l JOIN $t r ON l.i4 = r.i4 GROUP BY l.id");
    checkPartial("SELECT l.id, " + what + "FROM @u l JOIN $t r ON l.i4 < r.i4 GROUP BY l.id");
    checkPartial("SELECT l.id, " + what + "FROM @u l JOIN $t r ON l.txt = r.txt AND l.i2 <> r.i2 GROUP BY l.id");
    checkPartial("SELECT l.id, " + what + "FROM @u l JOIN $t r ON l.i2 = r.i2 OR l.i4 = r.i4 GROUP BY l.id");
    checkPartial("SELECT l.id, " + what + "FROM $t r LEFT JOIN @u l ON l.i4 = r.i4 GROUP BY l.id");
    checkPartial("SELECT l.id, " + what + "FROM @u l RIGHT JOIN $t r ON l.i4 = r.i4 AND r.b GROUP BY l.id");
    checkPartial("SELECT r.b, " + what + "FROM $t r LEFT JOIN @u l ON l.i4 = r.i4 WHERE l.id IS NULL GROUP BY r.b");
    checkPartial("SELECT r.b, " + what +
                 "FROM $t r LEFT JOIN @u l ON l.i4 = r.i4 WHERE coalesce(l.i2, 5) = r.i2 GROUP BY r.b");
    checkPartial("SELECT r.b, " + what + "FROM $t r WHERE EXISTS (SELECT FROM @u l WHERE l.i4 = r.i4) GROUP BY r.b");
    checkPartial("SELECT r.b, " + what + "FROM $t r WHERE r.i4 IN (SELECT l.i4 FROM @u l) GROUP BY r.b");
    checkPartial("SELECT r.b, " + what +
                 "FROM $t r WHERE NOT EXISTS (SELECT FROM @u l WHERE l.i4 = r.i4) GROUP BY r.b");
    checkPartial("SELECT r.b, " + what + "FROM $t r CROSS JOIN @u l GROUP BY r.b");
    checkPartial("SELECT l.txt, m.b, " + what +
                 "FROM $t r JOIN @u l ON l.i4 = r.i4 JOIN @u m ON m.i2 = r.i2 GROUP BY l.txt, m.b");
    checkPartial("SELECT m.b, " + what +
                 "FROM $t r JOIN @u l ON l.i4 = r.i4 LEFT JOIN @t m ON m.i2 = l.i2 AND m.i8 = r.i8 GROUP BY m.b");
    // The side is a join at its source itself, or a subquery.
    checkPartial(
        "SELECT l.b, count(*), sum(r.i4), max(s.txt) FROM $t r JOIN $u s ON r.id = s.id JOIN @u l ON l.i4 = r.i4 "
        "GROUP BY l.b");
    checkPartial(
        "SELECT l.b, count(*), sum(s.i4) FROM $t r LEFT JOIN $u s ON r.id = s.id JOIN @u l ON l.i4 = r.i4 "
        "GROUP BY l.b");
    checkPartial(
        "SELECT l.b, sum(r.n) FROM (SELECT i4, i2, count(*) AS n FROM $t GROUP BY i4, i2) r "
        "JOIN @u l ON l.i4 = r.i4 GROUP BY l.b");
}

/// Where rows of one group may meet different fates, or come as NULLs, they stay rows.
TEST_P(EagerAggregates, JoinsThatNeedRows) {
    const std::string what = "count(*), sum(r.i4), avg(r.i8) ";
    checkWhole("SELECT l.id, " + what + "FROM @u l LEFT JOIN $t r ON l.i4 = r.i4 GROUP BY l.id");
    checkWhole("SELECT l.id, " + what + "FROM @u l FULL JOIN $t r ON l.i4 = r.i4 GROUP BY l.id");
    checkWhole("SELECT l.b, count(*) FROM @u l WHERE EXISTS (SELECT FROM $t r WHERE l.i4 = r.i4) GROUP BY l.b");
    checkWhole("SELECT l.b, count(*) FROM @u l WHERE NOT EXISTS (SELECT FROM $t r WHERE l.i4 = r.i4) GROUP BY l.b");
    checkWhole("SELECT l.b, count(*) FROM @u l WHERE l.i4 IN (SELECT r.i4 FROM $t r) GROUP BY l.b");
    checkWhole("SELECT l.b, sum(r.i4 + l.i2) FROM @u l JOIN $t r ON l.i4 = r.i4 GROUP BY l.b");
    checkWhole("SELECT l.b, sum(r.i4), max(l.i2) FROM @u l JOIN $t r ON l.i4 = r.i4 GROUP BY l.b");
    checkWhole("SELECT l.b, count(*) FROM @u l CROSS JOIN $t r GROUP BY l.b");
    checkWhole("SELECT l.b, count(*) FROM @u l CROSS JOIN $t r WHERE r.i4 = 12345 GROUP BY l.b");
    checkWhole("SELECT l.b, sum(r.i4) FROM @u l JOIN $t r ON l.i4 = r.i4 WHERE r.id > random() - 1 GROUP BY l.b");
    checkWhole("SELECT l.b, sum(r.i4) FROM @u l JOIN $t r ON l.i4 = r.i4 AND l.id + r.id > random() - 9 GROUP BY l.b");
    checkWhole("SELECT l.b, r.b, sum(r.i4) FROM @u l JOIN $t r ON l.i4 = r.i4 GROUP BY ROLLUP (l.b, r.b)");
    checkWhole("SELECT l.b, count(DISTINCT r.i4) FROM @u l JOIN $t r ON l.i4 = r.i4 GROUP BY l.b");
    checkWhole("SELECT l.b, string_agg(r.vc, ',' ORDER BY r.vc, r.id) FROM @u l JOIN $t r ON l.i4 = r.i4 GROUP BY l.b");
    checkWhole("SELECT l.b, sum(r.f8) IS NULL FROM @u l JOIN $t r ON l.i4 = r.i4 GROUP BY l.b");
    checkWhole("SELECT l.b, stddev(r.i4) IS NULL FROM @u l JOIN $t r ON l.i4 = r.i4 GROUP BY l.b");
    // Of equal values of these types, one may still be another one: 1.0 and 1.00, 0 and -0.
    checkWhole("SELECT l.b, count(*) FROM @u l JOIN $t r ON l.f8 = r.f8 GROUP BY l.b");
    if (hasDecimals()) {
        checkWhole("SELECT l.b, count(*) FROM @u l JOIN $t r ON l.num = r.num GROUP BY l.b");
    }
}

TEST_P(EagerAggregates, Groups) {
    const std::string from = " FROM @u l JOIN $t r ON l.i2 = r.i2 ";
    checkPartial("SELECT r.txt, l.b, count(*), sum(r.i4)" + from + "GROUP BY r.txt, l.b");
    checkPartial("SELECT r.i2, count(*), sum(r.i4)" + from + "GROUP BY r.i2");
    checkPartial("SELECT l.i2, count(*), sum(r.i4)" + from + "GROUP BY l.i2 ORDER BY l.i2 DESC NULLS LAST LIMIT 2");
    checkPartial("SELECT coalesce(r.i4, l.i4), count(*)" + from + "GROUP BY 1");
    checkPartial("SELECT r.i8, r.i8 + 1, length(l.txt), count(*) + r.i8" + from + "GROUP BY r.i8, length(l.txt)");
    checkPartial("SELECT r.i4 > 0, r.i4 > 0 AND l.b, count(*)" + from + "GROUP BY r.i4 > 0, l.b");
    checkPartial("SELECT r.i4 > 0, sum(r.i2)" + from + "WHERE l.id + r.i2 > 3 GROUP BY 1");
    checkPartial("SELECT 1, count(*)" + from + "GROUP BY 1");
    checkPartial("SELECT l.b, sum(r.i4)" + from + "GROUP BY l.b HAVING sum(r.i4) > 0 OR l.b OR avg(r.i2) < 3");
    checkPartial("SELECT l.b, sum(r.i4), rank() OVER (ORDER BY sum(r.i4) DESC, l.b)" + from + "GROUP BY l.b");
    checkPartial("SELECT DISTINCT sum(r.i4)" + from + "GROUP BY l.b");
    checkPartial("SELECT l.d, r.b, max(r.i4)" + from + "GROUP BY l.d, r.b");
    checkPartial("SELECT x.b, (SELECT sum(r.i4)" + from + "WHERE l.id < x.id) FROM copy.u x");
    checkPartial("SELECT y.n, count(*) FROM (SELECT l.id, count(*) AS n" + from + "GROUP BY l.id) y GROUP BY y.n");
    compareAll("SELECT r.f8, count(*)" + from + "GROUP BY r.f8");
    if (hasDecimals()) {
        compareAll("SELECT r.num, count(*)" + from + "GROUP BY r.num");
        compareAll("SELECT r.num + l.i4, count(*)" + from + "GROUP BY 1");
    }
    compareAll("SELECT r.vc, r.d, r.ts, min(r.i4)" + from + "GROUP BY r.vc, r.d, r.ts");
}

/// What may be an error is not computed for rows that the join does not have.
TEST_P(EagerAggregates, ErrorsOfRowsThatAreNotJoined) {
    const std::string from = " FROM @u l JOIN $t r ON l.i4 = r.i4 AND l.i4 = 5 AND l.i2 IS NOT NULL ";
    checkWhole("SELECT l.b, sum(100 / r.i2)" + from + "AND r.i2 + l.i2 <> l.i2 GROUP BY l.b");
    checkWhole("SELECT l.b, sum(r.i4 * r.i4)" + from + "GROUP BY l.b");
    checkWhole("SELECT l.b, count(*) FILTER (WHERE 100 / (r.i4 - 5 + l.id) > 0)" + from + "GROUP BY l.b");
    checkPartial("SELECT 100 / r.i4, count(*)" + from + "GROUP BY 1");
    checkPartial("SELECT r.i4 + 2147483640, count(*)" + from + "GROUP BY 1");
    // And is where it has them.
    compareAll("SELECT l.b, sum(100 / r.i2) FROM @u l JOIN $t r ON l.i4 = r.i4 GROUP BY l.b");
    compareAll("SELECT 100 / r.i4, count(*) FROM @u l JOIN $t r ON l.i4 = r.i4 GROUP BY 1");
}

TEST_P(EagerAggregates, AreChosenByCost) {
    const std::string sql = "SELECT l.txt, sum(r.i4) FROM copy.u l JOIN $t r ON l.i2 = r.i2 GROUP BY l.txt";
    must("SET tessera.partial_aggregates = off");
    EXPECT_THAT(mesh_->plan(sql), Not(HasSubstr("Partial aggregate on")));
    must("SET tessera.partial_aggregates = auto; ALTER SERVER source OPTIONS (ADD fdw_tuple_cost '5')");
    EXPECT_THAT(mesh_->plan(sql), HasSubstr("Partial aggregate on"));
    EXPECT_THAT(mesh_->plan("SELECT l.txt, sum(r.i4) FROM copy.u l JOIN $t r ON l.id = r.id GROUP BY l.txt"),
                Not(HasSubstr("Partial aggregate on")));
    must("ALTER SERVER source OPTIONS (DROP fdw_tuple_cost)");
    must("SET tessera.pushdown = filter; SET tessera.partial_aggregates = force");
    EXPECT_THAT(mesh_->plan(sql), Not(HasSubstr("Partial aggregate on")));
}

/// What a side has been grouped by does not outlive the statement that it was planned for.
TEST_P(EagerAggregates, AreForgottenAfterErrors) {
    for (int i = 0; i < 3; ++i) {
        const Outcome failed = mesh_->run(Mesh::inSchema(
            "SELECT l.b, sum(r.i4) FROM copy.u l JOIN $t r ON l.i4 = r.i4 WHERE 1 / (l.id - l.id) = 1 GROUP BY l.b",
            "src"));
        EXPECT_EQ(failed.sqlstate, "22012");
        checkPartial("SELECT l.b, sum(r.i4) FROM @u l JOIN $t r ON l.i4 = r.i4 GROUP BY l.b");
    }
}

TEST_P(EagerAggregates, ExplainSaysWhyNot) {
    const std::string from = " FROM $t r JOIN @u l ON l.i4 = r.i4";
    for (const auto& [sql, why] :
         {std::pair("SELECT r.b, count(*), stddev(r.i4)" + from + " GROUP BY 1", "an aggregate has no state of a part"),
          std::pair("SELECT r.b, sum(r.i4 / r.i2)" + from + " GROUP BY 1", "may fail for rows without a partner"),
          std::pair("SELECT r.b, sum(r.i4)" + from + " AND r.f8 = l.f8 GROUP BY 1",
                    "values of one that are equal differ"),
          std::pair("SELECT r.b, sum(r.i4)" + from + " WHERE random() + r.i4 >= r.i4 GROUP BY 1",
                    "conditions are checked here")}) {
        EXPECT_THAT(mesh_->plan(withOthers(sql, "copy")), HasSubstr("groups before the join: ")) << sql;
        EXPECT_THAT(mesh_->plan(withOthers(sql, "copy")), HasSubstr(why)) << sql;
    }
}

INSTANTIATE_TEST_SUITE_P(Dialects, EagerAggregates, testing::Values("postgres", "mysql", "sqlite", "duckdb"),
                         [](const auto& instance) { return std::string(instance.param); });

}  // namespace
}  // namespace tessera::correctness
