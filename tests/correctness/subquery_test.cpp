/// Subqueries in FROM, in conditions and in the select list, of one source with what is around them: the same rows as
/// without any pushdown, and one statement at the source where the dialect can say it.
///
/// Replay with the seed that a failure prints: TESSERA_SEED=n.

#include "tests/correctness/comparing.h"

#include <random>

namespace tessera::correctness {
namespace {

class Subqueries : public Comparing {};

TEST_P(Subqueries, InFromAreJoinedAndGroupedAtTheSource) {
    check("SELECT t.id, s.n FROM $t t JOIN (SELECT i4, count(*) AS n FROM $u GROUP BY i4) s ON s.i4 = t.i4");
    check("SELECT t.id, s.m FROM $t t LEFT JOIN (SELECT vc, max(id) AS m FROM $u GROUP BY vc) s ON s.vc = t.vc");
    check(
        "SELECT t.id FROM $t t LEFT JOIN (SELECT vc, max(id) AS m FROM $u GROUP BY vc) s ON s.vc = t.vc "
        "WHERE s.m IS NULL AND t.b");
    compare("SELECT s.n, count(*) FROM (SELECT i4, count(*) AS n FROM $t GROUP BY i4) s GROUP BY s.n");
    check("SELECT count(*) FROM (SELECT DISTINCT vc, b FROM $t) s");
    check(
        "SELECT a.n, b.n FROM (SELECT b, count(*) n FROM $t GROUP BY b) a JOIN (SELECT b, count(*) n FROM $u GROUP BY "
        "b) b ON a.b = b.b");
    check("SELECT t.id, s.id FROM $t t JOIN (SELECT id, vc FROM $u ORDER BY id LIMIT 7) s ON s.vc = t.vc");
    check("SELECT max(n) FROM (SELECT i2, count(*) AS n FROM (SELECT DISTINCT i2, i4 FROM $t) d GROUP BY i2) s");
    check(
        "SELECT x.id FROM $t x JOIN (SELECT s.vc FROM (SELECT vc, count(*) n FROM $u GROUP BY vc) s JOIN $t y ON y.vc "
        "= s.vc GROUP BY s.vc HAVING max(s.n) > 1) z ON z.vc = x.vc ORDER BY x.id LIMIT 5");
}

/// Of two columns that are equal, the one that the subquery around them returns is the one to sort by.
TEST_P(Subqueries, OnASideThatMayBeMissingAreSortedByWhatTheyReturn) {
    const std::string joined =
        "SELECT s.id, t.id, u.id FROM ((SELECT min(id) AS id, f8 FROM $t GROUP BY f8) s JOIN (SELECT * FROM $t WHERE "
        "id < 9) t ON t.i4 = s.id) RIGHT JOIN $u u ON u.f8 = t.f8 AND t.i2 NOT IN (SELECT x.i2 FROM $t x)";
    check(joined + " ORDER BY s.f8, s.id, t.id, u.id LIMIT 9", "postgres sqlite duckdb");
    check(
        "SELECT s.id, t.id, u.id FROM (SELECT * FROM $t t WHERE id < 9) t JOIN (SELECT id, i4 FROM $u WHERE id > 2) "
        "s ON s.id = t.i4 FULL JOIN (SELECT * FROM $u WHERE id < 10) u ON u.i2 = t.i2 ORDER BY s.id, t.id, u.id",
        "postgres duckdb");
}

TEST_P(Subqueries, InFromAsWholeRows) {
    compare("SELECT s FROM (SELECT i4, count(*) AS n FROM $t GROUP BY i4) s");
    compare(
        "SELECT count(s), max(s.n) FROM (SELECT i4, count(*) AS n FROM $t GROUP BY i4) s JOIN $u u ON u.i4 = "
        "s.i4 WHERE s IS NOT NULL");
}

/// What is read within a subquery is read with the same permissions as without.
TEST_P(Subqueries, NeedPermissionsOfTheTablesWithin) {
    must(
        "CREATE ROLE reader; GRANT USAGE ON SCHEMA src TO reader; GRANT SELECT ON src.t TO reader;"
        "DO $do$ BEGIN EXECUTE 'CREATE USER MAPPING FOR reader SERVER source' || coalesce("
        "(SELECT ' OPTIONS (' || string_agg(format('%I %L', split_part(o, '=', 1),"
        " substr(o, strpos(o, '=') + 1)), ', ') || ')'"
        " FROM pg_user_mappings, unnest(umoptions) o WHERE srvname = 'source'), ''); END $do$");
    const std::vector<std::string> statements = {
        "SELECT t.id FROM $t t JOIN (SELECT i4, count(*) n FROM $u GROUP BY i4) s ON s.i4 = t.i4",
        "SELECT count(*) FROM (SELECT i4 FROM (SELECT i4, count(*) n FROM $u GROUP BY i4) x GROUP BY i4) s",
        "SELECT t.id FROM $t t WHERE t.id > (SELECT count(*) FROM $u u WHERE u.b = t.b)",
        "SELECT t.id, (SELECT count(*) FROM $u u WHERE u.b = t.b) FROM $t t",
        "SELECT t.id FROM $t t WHERE t.id NOT IN (SELECT u.id FROM $u u WHERE u.id IS NOT NULL)"};
    for (const std::string& sql : statements) {
        must("RESET ROLE; REVOKE SELECT ON src.u FROM reader; SET ROLE reader");
        EXPECT_EQ(mesh_->run(Mesh::inSchema(sql, "src")).sqlstate, "42501") << sql;
        must("RESET ROLE; GRANT SELECT ON src.u TO reader; SET ROLE reader");
        EXPECT_EQ(mesh_->run(Mesh::inSchema(sql, "src")).sqlstate, "") << sql;
        EXPECT_EQ(mesh_->plan(sql).rfind("Foreign Scan", 0), 0U) << sql;
    }
    must("RESET ROLE; DROP OWNED BY reader; DROP USER MAPPING IF EXISTS FOR reader SERVER source; DROP ROLE reader");
}

TEST_P(Subqueries, AsValues) {
    check("SELECT t.id FROM $t t WHERE t.id > (SELECT count(*) FROM $u u WHERE u.i4 = t.i4)");
    check("SELECT t.id FROM $t t WHERE t.i4 = (SELECT max(u.i4) FROM $u u WHERE u.vc = t.vc AND u.b)");
    check("SELECT t.id, (SELECT min(u.id) FROM $u u WHERE u.vc = t.vc) FROM $t t");
    check(
        "SELECT t.id, (SELECT min(u.id) FROM $u u WHERE u.i8 > t.i8 AND u.id > (SELECT count(*) FROM $t x WHERE x.b = "
        "t.b AND x.i2 = 5)) FROM $t t");
    check("SELECT t.id, (SELECT u.vc FROM $u u WHERE u.id = t.id) FROM $t t", "postgres mysql duckdb");
    check(
        "SELECT t.id, (SELECT u.vc FROM $u u WHERE u.b = t.b ORDER BY u.id LIMIT 1) AS first FROM $t t ORDER BY t.id "
        "LIMIT 4");
    compare("SELECT t.id, (SELECT u.vc FROM $u u WHERE u.b = t.b) FROM $t t");  // several rows: an error
    check(
        "SELECT t.id FROM $t t WHERE EXISTS (SELECT 1 FROM $u u WHERE u.vc = t.vc GROUP BY u.vc HAVING count(*) > 1)");
    check(
        "SELECT t.b, count(*) FILTER (WHERE true) FROM $t t WHERE t.id < (SELECT count(*) FROM $u u WHERE u.i2 <> "
        "t.i2) GROUP BY t.b",
        "postgres duckdb");
}

TEST_P(Subqueries, WithInAndNotIn) {
    for (const auto& column : mesh_->source().table().columns()) {
        const std::string name = column.name;
        const bool is_date = column.type == "date" || column.type == "timestamp";
        const char* dialects = is_date ? "postgres mysql duckdb" : "postgres mysql sqlite duckdb";
        check("SELECT t.id FROM $t t WHERE t." + name + " NOT IN (SELECT u." + name + " FROM $u u)", dialects);
        check("SELECT t.id FROM $t t WHERE t." + name + " NOT IN (SELECT u." + name + " FROM $u u WHERE u." + name +
                  " IS NOT NULL AND u.id > t.id)",
              dialects);
        check("SELECT t.id FROM $t t WHERE (t." + name + " IN (SELECT u." + name + " FROM $u u)) IS NOT TRUE OR t.b",
              dialects);
        check(
            "SELECT t.id FROM $t t WHERE t.b OR t." + name + " IN (SELECT u." + name + " FROM $u u WHERE u.i2 = t.i2)",
            dialects);
    }
    check("SELECT t.id FROM $t t WHERE t.b OR t.id IN (SELECT u.id FROM $u u ORDER BY u.id LIMIT 3)",
          "postgres sqlite duckdb");
}

/// A NULL that is compared has the type that it is compared with.
TEST_P(Subqueries, OfNullsThatAreWanted) {
    for (const auto& column : mesh_->source().table().columns()) {
        const std::string null = "NULL::" + column.type;
        compare("SELECT t.id FROM $t t WHERE t.b OR t." + column.name + " NOT IN (SELECT " + null +
                " FROM $u u WHERE u.i2 = t.i2)");
        compare("SELECT t.id, (SELECT " + null + " FROM $u u WHERE u.id = t.id LIMIT 1) = t." + column.name +
                " FROM $t t");
        compare("SELECT t.id, s.x FROM $t t LEFT JOIN (SELECT i4, " + null +
                " AS x, count(*) AS n FROM $u GROUP BY i4) s ON s.i4 = t.i4 WHERE s.x = t." + column.name +
                " OR s.x IS NULL");
    }
    check("SELECT t.id FROM $t t WHERE t.b OR t.vc NOT IN (SELECT NULL::text FROM $u u WHERE u.i2 = t.i2)");
}

TEST_P(Subqueries, OfAnotherTableThanTheSourceStayHere) {
    must("CREATE TABLE IF NOT EXISTS public.here AS SELECT generate_series(1, 9) AS id");
    for (const char* sql :
         {"SELECT t.id FROM $t t WHERE EXISTS (SELECT 1 FROM public.here h WHERE h.id = t.i4)",
          "SELECT t.id, (SELECT count(*) FROM public.here h JOIN $u u ON u.id = h.id WHERE u.b = t.b) FROM $t t",
          "SELECT t.id FROM $t t JOIN (SELECT h.id, count(*) n FROM public.here h GROUP BY h.id) s ON s.id = t.id"}) {
        compare(sql);
        EXPECT_NE(mesh_->plan(sql).find("public.here"), std::string::npos);
    }
}

TEST_P(Subqueries, OfCommonTableExpressions) {
    for (const char* sql :
         {"WITH s AS (SELECT vc, count(*) n FROM $u GROUP BY vc) SELECT t.id, s.n FROM $t t JOIN s ON s.vc = t.vc "
          "WHERE s.n = (SELECT max(n) FROM s)",
          "WITH s AS MATERIALIZED (SELECT id, vc FROM $u WHERE b) SELECT a.id, b.id FROM s a JOIN s b ON a.vc = b.vc",
          "WITH s AS (SELECT id, vc FROM $u ORDER BY id LIMIT 9) SELECT a.id, b.id FROM s a JOIN s b ON a.vc = b.vc",
          "WITH RECURSIVE r AS (SELECT 1 AS id UNION ALL SELECT r.id + 1 FROM r WHERE r.id < 5) SELECT t.id FROM $t t "
          "WHERE t.id IN (SELECT id FROM r)"}) {
        compare(sql);
    }
}

TEST_P(Subqueries, KeepTheTypesOfTheirNulls) {
    compare("SELECT t.id FROM $t t WHERE (t.b IN (SELECT NULL::bool FROM $u u)) IS NULL");
    compare("SELECT t.id FROM $t t WHERE t.vc NOT IN (SELECT NULL::varchar FROM $u u WHERE u.id < t.id)");
    compare(
        "SELECT s.id, u.id FROM (SELECT id, NULL::bool AS c FROM $t ORDER BY id LIMIT 8) s LEFT JOIN $u u ON s.c "
        "ORDER BY s.id, u.id");
}

/// Also where the value does not fit the type of what is selected: a NULL there is no answer, whatever the value.
TEST_P(Subqueries, NotInOfAnotherType) {
    compare("SELECT t.id FROM $t t WHERE t.i8 NOT IN (SELECT u.i4::int8 FROM $u u)");
    compare("SELECT t.id FROM $t t WHERE t.i8 NOT IN (SELECT u.i4 FROM $u u)");
    compare("SELECT t.id FROM $t t WHERE t.i4 NOT IN (SELECT u.i2 FROM $u u)");
    compare("SELECT t.id, t.i8 IN (SELECT u.i8 FROM $u u) FROM $t t");
    compare("SELECT t.id FROM $t t WHERE t.ts NOT IN (SELECT u.d FROM $u u)");
}

/// Constants may leave nothing of it in the subquery's aggregate.
TEST_P(Subqueries, WithAggregatesOfWhatStandsAround) {
    compare("SELECT DISTINCT (SELECT max(t.i4) FROM copy.u x WHERE x.id = 1) FROM $t t JOIN $u u ON u.vc = t.vc");
    compare("SELECT t.id FROM $t t WHERE t.i2 = (SELECT max(CASE WHEN true THEN t.i2 ELSE u.i2 END) FROM $u u)");
    compare("SELECT t.id, (SELECT count(CASE WHEN true THEN t.vc ELSE u.vc END) FROM $u u) FROM $t t");
    compare(
        "SELECT t.id FROM $t t WHERE t.i2 IN (SELECT (SELECT max(int2xor(NULL::int2, u.i2)) FROM $t x WHERE x.id < 3) "
        "FROM $u u)");
    compare("SELECT (SELECT max(int2xor(NULL::int2, u.i2)) FROM $t x WHERE x.id = 3) FROM $u u");
}

/// Conditions without columns are of the join, whoever checks them.
TEST_P(Subqueries, AboutWhatIsNotEqual) {
    for (const std::string condition :
         {"u.i4 = t.i4 AND u.b <> t.b", "u.b <> t.b AND u.i2 < t.i2", "u.b IS DISTINCT FROM t.b",
          "u.i2 = t.i2 AND u.i4 IS DISTINCT FROM t.i4", "u.i4 = t.i4 AND NOT (u.b = t.b)", "u.b <> t.b"}) {
        const std::string exists = "EXISTS (SELECT 1 FROM $u u WHERE " + condition + ")";
        compare("SELECT t.id, " + exists + " FROM $t t");
        compare("SELECT t.id FROM $t t WHERE " + exists);
        compare("SELECT t.id FROM $t t WHERE NOT " + exists);
        compare("SELECT t.id FROM $t t WHERE t.id < 3 OR " + exists);
        compare("SELECT count(*) FILTER (WHERE " + exists + ") FROM $t t");
    }
}

TEST_P(Subqueries, InConditionsWithoutColumns) {
    compare(
        "SELECT t.id, u.id FROM $t t RIGHT JOIN (SELECT * FROM $u WHERE NULL::bool NOT IN (SELECT NULL::bool FROM $t)) "
        "u ON t.id = u.id");
    compare("SELECT t.id, u.id FROM $t t JOIN $u u ON t.id = u.id WHERE row(1, 2) IN (SELECT id, i4 FROM $u)");
    compare(
        "SELECT t.id, u.id FROM $t t LEFT JOIN (SELECT * FROM $u WHERE '2024-02-29 00:00:00'::timestamp NOT IN (SELECT "
        "ts FROM $t)) u ON t.d = u.d");
}

/// Not every source takes them there.
TEST_P(Subqueries, InConditionsOfOuterJoins) {
    compare("SELECT t.id, u.id FROM $t t LEFT JOIN $u u ON NOT EXISTS (SELECT 1 FROM $t x WHERE x.vc = u.vc)");
    compare("SELECT t.id, u.id FROM $u u LEFT JOIN $t t ON u.i4 IN (SELECT x.i4 FROM $t x WHERE x.b)");
    compare(
        "SELECT t.id, u.id FROM $u u LEFT JOIN (SELECT * FROM $t y WHERE y.i4 NOT IN (SELECT x.i4 FROM $u x WHERE "
        "x.i4 IS NOT NULL)) t ON t.i2 = u.i2");
}

/// A column's collation, and one that was made for an expression.
TEST_P(Subqueries, MayHaveAnotherCollation) {
    compare("SELECT u.id FROM $u u WHERE u.vc IN (SELECT CASE WHEN t.b THEN t.vc ELSE 'x' END FROM $t t)");
    compare("SELECT u.id FROM $u u WHERE u.txt IN (SELECT t.vc FROM $t t)");
    compare("SELECT u.id FROM $u u WHERE u.txt NOT IN (u.vc, 'x')");
}

/// A whole row of a join is made of its columns, where the join has one for each of its rows.
TEST_P(Subqueries, AndJoinsGiveWholeRows) {
    check("SELECT t, u.id FROM $t t JOIN $u u ON t.id = u.id");
    check("SELECT t, u FROM $t t JOIN $u u ON t.id = u.id JOIN $u w ON w.id = u.id WHERE t.b");
    compare("SELECT t, u FROM $t t LEFT JOIN $u u ON t.id = u.id + 50");
    compare("SELECT t, u FROM $t t FULL JOIN $u u ON t.id = u.id + 50");
    compare("SELECT t FROM $t t WHERE EXISTS (SELECT FROM $u u WHERE u.id = t.id)");
    compare("SELECT t.txt, count(u), min(u::text) FROM $t t JOIN $u u ON t.id = u.id GROUP BY t.txt");
    compare("SELECT t, w FROM $t t LEFT JOIN ($u u JOIN $u w ON u.id = w.id) ON t.id = u.id + 50");
}

/// LATERAL: with a bound, groups and such, one statement where the source has it, else looked up for each outer row;
/// without, flattened by PostgreSQL where that is the same.
TEST_P(Subqueries, OfEachRowAround) {
    const std::string plain = "postgres duckdb";
    check(
        "SELECT t.id, x.id, x.txt FROM $t t, LATERAL (SELECT u.id, u.txt FROM $u u WHERE u.i2 <= t.i2 ORDER BY u.id "
        "DESC LIMIT 2) x",
        plain);
    check(
        "SELECT t.id, x.id FROM $t t LEFT JOIN LATERAL (SELECT u.id FROM $u u WHERE u.vc = t.vc ORDER BY u.id "
        "LIMIT 1 OFFSET 1) x ON x.id > 3",
        "postgres");
    check(
        "SELECT t.id, x.m FROM $u t, LATERAL (SELECT max(u.i4) AS m, count(*) AS n FROM $t u WHERE u.id < t.id) x "
        "WHERE x.n > 2",
        plain);
    check(
        "SELECT t.id, x.n, x.s FROM $u t LEFT JOIN LATERAL (SELECT count(*) AS n, sum(u.i4) AS s FROM $t u WHERE "
        "u.txt = t.txt) x ON true",
        plain);
    check(
        "SELECT t.id, x.b, x.n FROM $u t, LATERAL (SELECT u.b, count(*) AS n FROM $t u WHERE u.i4 = t.i4 "
        "GROUP BY u.b HAVING count(*) > 1) x",
        plain);
    check("SELECT t.id, x.i4 FROM $u t, LATERAL (SELECT DISTINCT u.i4 FROM $t u WHERE u.i2 = t.i2) x", plain);
    check(
        "SELECT t.id, x.y, x.d FROM $u t, LATERAL (SELECT t.i4 AS y, u.d FROM $t u WHERE u.d > t.d ORDER BY u.d, "
        "u.id LIMIT 1) x",
        plain);
    check(
        "SELECT t.id, x.id, y.n FROM $u t, LATERAL (SELECT u.id, u.i8 FROM $t u WHERE u.i2 = t.i2 ORDER BY u.id "
        "LIMIT 3) x, LATERAL (SELECT count(*) AS n FROM $u v WHERE v.i8 = x.i8 OR v.i2 = t.i2) y",
        "postgres");
    check(
        "SELECT t.id, v.id, x.id FROM $u t JOIN $t v ON v.id = t.id, LATERAL (SELECT u.id FROM $t u WHERE u.i4 = "
        "t.i4 AND u.i8 = v.i8 ORDER BY u.id LIMIT 1) x WHERE v.b",
        plain);
    check(
        "SELECT t.b, count(*), sum(x.id) FROM $t t, LATERAL (SELECT u.id FROM $u u WHERE u.i4 = t.i4 ORDER BY u.id "
        "LIMIT 2) x GROUP BY t.b ORDER BY 1",
        plain);
    check(
        "SELECT g.i4, x.id FROM (SELECT i4, count(*) AS n FROM $t GROUP BY i4) g, LATERAL (SELECT u.id FROM $u u "
        "WHERE u.i4 = g.i4 AND u.id > g.n ORDER BY u.id LIMIT 2) x",
        "postgres");
    check(
        "SELECT t.id, x.id FROM $u t, LATERAL (SELECT u.id FROM $t u WHERE EXISTS (SELECT FROM $u w WHERE w.i4 = "
        "u.i4 AND w.id <> t.id) AND u.i2 = t.i2 ORDER BY u.id LIMIT 2) x",
        "postgres");
    check(
        "SELECT t.id, x.id FROM $u t, LATERAL (SELECT u.id FROM $t u WHERE u.i4 = t.i4 UNION SELECT w.id FROM $u w "
        "WHERE w.i2 = t.i2) x",
        "postgres");
    compare(
        "SELECT t.id, x.id, x.n FROM $u t, LATERAL (SELECT u.id, row_number() OVER (ORDER BY u.id) AS n FROM $t u "
        "WHERE u.i4 = t.i4) x");
    compare(
        "SELECT t.id, x.id FROM $u t, LATERAL (SELECT u.id FROM $t u JOIN $u w ON w.id = u.id WHERE u.i4 = t.i4 "
        "ORDER BY u.id LIMIT 2) x");
    compare(
        "SELECT t.id, x.id FROM $u t LEFT JOIN LATERAL (SELECT u.id, u.i2 FROM $t u WHERE u.i4 = t.i4 ORDER BY "
        "u.id LIMIT 2) x ON x.i2 > t.i2 OR t.b");
    compare(
        "SELECT w.id, (SELECT count(*) FROM $u t, LATERAL (SELECT u.id FROM $t u WHERE u.i4 = t.i4 AND u.i2 = w.i2 "
        "ORDER BY u.id LIMIT 2) x) FROM $u w");
    compare(
        "SELECT d.id FROM (SELECT DISTINCT t.id FROM $u t, LATERAL (SELECT u.id FROM $t u WHERE u.i4 = t.i4 ORDER "
        "BY u.id LIMIT 2) x) d JOIN $u w ON w.id = d.id");
    // Where the rows of both are those of a semijoin, or some are missing on the left.
    compare(
        "SELECT t.id FROM $u t WHERE EXISTS (SELECT FROM $t v, LATERAL (SELECT u.id FROM $u u WHERE u.i4 = v.i4 "
        "ORDER BY u.id LIMIT 1) x WHERE x.id = t.id)");
    compare(
        "SELECT w.id, t.id, x.id FROM $u w LEFT JOIN ($t t CROSS JOIN LATERAL (SELECT u.id FROM $u u WHERE u.i4 = "
        "t.i4 ORDER BY u.id LIMIT 1) x) ON w.id = t.id");
    compare(
        "SELECT w.id, t.id, x.id FROM $u w FULL JOIN (SELECT * FROM $t WHERE i4 > 0) t ON w.id = t.id CROSS JOIN "
        "LATERAL (SELECT u.id FROM $u u WHERE u.i4 = t.i4 ORDER BY u.id LIMIT 1) x");
    // It needs values from elsewhere, or as many rows as the other has to say.
    compare(
        "SELECT t.id, x.id FROM copy.u t, LATERAL (SELECT u.id FROM $t u WHERE u.i4 = t.i4 ORDER BY u.id LIMIT 2) "
        "x");
    compare(
        "SELECT t.id, x.id FROM $u t, LATERAL (SELECT u.id FROM $t u WHERE u.i4 = t.i4 ORDER BY u.id LIMIT "
        "abs(t.i2::int) % 3) x");
    compare(
        "SELECT t.id, x.id FROM $u t, LATERAL (SELECT u.id FROM copy.t u WHERE u.i4 = t.i4 ORDER BY u.id LIMIT 2) "
        "x");
    compare("SELECT t.id, x.g FROM $u t, LATERAL generate_series(1, t.id % 3) x(g)");
    check("SELECT t.id, x.i4 FROM $t t, LATERAL (SELECT u.i4 FROM $u u WHERE u.id = t.id) x");
    check("SELECT t.id, x.i4 FROM $t t LEFT JOIN LATERAL (SELECT u.i4 FROM $u u WHERE u.id = t.id) x ON true");
}

/// Each time it stands there, it is another plan.
TEST_P(Subqueries, InKeysThatAreUsedAgain) {
    const std::string key = "((SELECT t.i2 FROM $t r ORDER BY r.id LIMIT 1) < t.i4)";
    for (const std::string& used :
         {key, key + " IS NULL", key + " OR min(t.id) > 3", "coalesce(" + key + ", random() < 0)"}) {
        compare("SELECT min(t.id), " + key + " FROM $t t GROUP BY 2 HAVING " + used);
        compare("SELECT min(t.id), " + key + ", " + used + " FROM $t t GROUP BY 2");
        compare("SELECT u.id, s.c FROM $u u LEFT JOIN (SELECT min(t.id), " + key + " AS c, " + used +
                " AS d FROM $t t GROUP BY 2) s ON s.c AND s.d IS NOT NULL");
    }
}

/// 0 and -0 are equal, and a source may run a subquery once for both.
TEST_P(Subqueries, ReturnWhichZeroItWasOutside) {
    const std::string zeros = "(SELECT id, least(f8, 1) * 0 AS zero FROM $t WHERE f8 < 100 ORDER BY id LIMIT 40) z";
    for (const std::string sql :
         {"SELECT z.id, (SELECT z.zero FROM $t t ORDER BY t.id LIMIT 1) FROM ",
          "SELECT z.id, (SELECT least(z.zero, t.f8) FROM $t t WHERE t.f8 > 0 ORDER BY t.id LIMIT 1) FROM ",
          "SELECT z.id, (SELECT max(z.zero * t.i4) FROM $t t WHERE t.i4 > 0) FROM ",
          "SELECT z.id, (SELECT s.x FROM (SELECT z.zero AS x, t.id FROM $t t) s ORDER BY s.id LIMIT 1) FROM "}) {
        compare(sql + zeros);
    }
    compare("SELECT z.id, w.n FROM " + zeros +
            " CROSS JOIN LATERAL (SELECT z.zero AS n FROM $t ORDER BY id LIMIT 1) w");
    check("SELECT t.id, (SELECT count(*) FROM $u u WHERE u.f8 = t.f8) FROM $t t");
}

INSTANTIATE_TEST_SUITE_P(Correctness, Subqueries, testing::Values("postgres", "mysql", "sqlite", "duckdb"),
                         [](const auto& instance) { return std::string(instance.param); });

}  // namespace
}  // namespace tessera::correctness
