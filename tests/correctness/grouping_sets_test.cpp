/// GROUPING SETS, ROLLUP and CUBE, pushed down, not pushed down and on local copies, must give the same rows.

#include "tests/correctness/comparing.h"

namespace tessera::correctness {
namespace {

class GroupingSets : public Comparing {};

TEST_P(GroupingSets, GiveWhatPostgresGives) {
    for (const char* sql :
         {"SELECT vc, b, count(*), sum(i4) FROM $t GROUP BY ROLLUP (vc, b)",
          "SELECT vc, b, count(*), grouping(vc), grouping(vc, b) FROM $t GROUP BY CUBE (vc, b)",
          "SELECT vc, b, max(i4) FROM $t GROUP BY GROUPING SETS ((vc), (b), ())",
          "SELECT vc, b, i2, count(*) FROM $t GROUP BY GROUPING SETS ((vc, b), (i2)), b",
          "SELECT vc, count(*) FROM $t GROUP BY ROLLUP (vc) HAVING count(*) > 3 OR grouping(vc) = 1",
          "SELECT vc, upper(vc), count(*) + 1 FROM $t GROUP BY ROLLUP (vc)",
          "SELECT coalesce(vc, 'all'), count(*) FROM $t GROUP BY ROLLUP (vc)",
          "SELECT count(*), sum(i4) FROM $t WHERE i4 = 12345 GROUP BY GROUPING SETS ((), ())",
          "SELECT vc, count(*) FROM $t GROUP BY ROLLUP (vc) ORDER BY grouping(vc), vc LIMIT 4",
          "SELECT t.vc, u.b, count(*) FROM $t t JOIN $u u ON t.i4 = u.i4 GROUP BY CUBE (t.vc, u.b)"}) {
        check(sql, "postgres duckdb");
    }
    for (const char* sql :
         {"SELECT t.vc, u.vc, count(*) FROM $t t JOIN $u u ON t.vc = u.vc GROUP BY GROUPING SETS "
          "((t.vc), (u.vc)) ORDER BY "
          "t.vc, u.vc, 3 LIMIT 5",
          "SELECT vc, count(*) FROM $t WHERE vc = 'x' GROUP BY ROLLUP (vc)",
          "SELECT upper(vc), count(*) FROM $t GROUP BY ROLLUP (upper(vc))",
          "SELECT max(id) FROM $t GROUP BY CASE WHEN b THEN i4 ELSE i2 END HAVING CASE WHEN b THEN "
          "i4 ELSE i2 END > 1 OR min(id) = 5",
          "(SELECT id, 2 FROM $t) UNION ALL (SELECT id, i4 FROM $u) ORDER BY 2, 1 LIMIT 9",
          "(SELECT 0::bigint, id FROM $t) UNION ALL (SELECT i8, id FROM $u) ORDER BY 1, 2 LIMIT 9",
          // One of two equal keys is NULL where only the other is in the set.
          "SELECT i8, i8, count(*) FROM $t GROUP BY ROLLUP (1, 2)",
          "SELECT vc, vc::text, count(*) FROM $t GROUP BY CUBE (1, 2)",
          "SELECT ts, ts::timestamp(6), count(*) FROM $t GROUP BY CUBE (1, 2)",
          "SELECT i4, i4::int8, i4::int8 + 0, count(*) FROM $t GROUP BY GROUPING SETS ((1), (2), (3))",
          "SELECT vc, count(*), rank() OVER (ORDER BY count(*), vc) FROM $t GROUP BY ROLLUP (vc)"}) {
        compare(sql);
    }
}

/// Keys that are one column once the parameters are known: sources then take the wrong one of them for NULL.
TEST_P(GroupingSets, ByKeysThatAParameterMakesEqual) {
    must("SET plan_cache_mode = force_generic_plan");
    for (const char* keys : {"CASE WHEN $1 > 0 THEN i4 ELSE i2 END, i4", "CASE WHEN $1 > 0 THEN i4 END, i4 + ($1 - $1)",
                             "i4 + $1, i4", "i4, i4 * $1", "b, b AND $1 > 0", "b OR $1 > 5, b", "i4 / $1, i4"}) {
        for (const std::string schema : {"src", "copy"}) {
            must("PREPARE by_" + schema + "(int) AS SELECT " + keys + ", count(*) FROM " + schema +
                 ".t WHERE abs(id) < 1000 GROUP BY CUBE (1, 2)");
        }
        for (const char* value : {"0", "1", "-1", "NULL"}) {
            const Outcome actual = mesh_->run("EXECUTE by_src(" + std::string(value) + ")");
            const Outcome expected = mesh_->run("EXECUTE by_copy(" + std::string(value) + ")");
            EXPECT_EQ(actual, expected) << keys << ", " << value << "\n" << difference(actual, expected);
        }
        must("DEALLOCATE by_src; DEALLOCATE by_copy");
    }
    must("RESET plan_cache_mode");
    check("SELECT i4 / 10, i4 % 10, count(*) FROM $t GROUP BY ROLLUP (1, 2)", "postgres");
    check("SELECT left(vc, 1), vc, count(*) FROM $t GROUP BY ROLLUP (1, 2)", "postgres duckdb");
}

INSTANTIATE_TEST_SUITE_P(Dialects, GroupingSets, testing::Values("postgres", "mysql", "sqlite", "duckdb"),
                         [](const auto& parameter) { return std::string(parameter.param); });

}  // namespace
}  // namespace tessera::correctness
