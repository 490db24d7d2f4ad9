/// What other wrappers got wrong, a test each. Each statement runs three ways, with all pushdown, with none, and on a
/// copy in a local table; rows and errors must be the same.

#include "common/strings.h"
#include "plugins/sdk/dialect/dialect.h"
#include "tests/correctness/mesh.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace tessera::correctness {
namespace {

using testing::HasSubstr;
using testing::Not;

class Traps : public testing::TestWithParam<const char*> {
  protected:
    static void TearDownTestSuite() { mesh_.reset(); }

    void SetUp() override {
        if (!mesh_ || mesh_->source().name() != GetParam()) {
            mesh_.reset();
            auto started = Mesh::start(GetParam());
            ASSERT_TRUE(started) << started.error().describe();
            mesh_ = std::make_unique<Mesh>(std::move(*started));
        }
        ASSERT_TRUE(mesh_->execute("RESET ALL"));
    }

    static void agree(const std::string& sql, const std::vector<std::optional<std::string>>& parameters = {}) {
        const Outcome expected = mesh_->run(Mesh::inSchema(sql, "copy"), parameters);
        ASSERT_NE(expected.sqlstate.substr(0, 2), "42") << sql << "\n" << expected.message;
        for (const char* mode : {"full", "off"}) {
            ASSERT_TRUE(mesh_->execute("SET tessera.pushdown = " + std::string(mode)));
            const Outcome actual = mesh_->run(Mesh::inSchema(sql, "src"), parameters);
            EXPECT_TRUE(actual == expected) << "tessera.pushdown = " << mode << "\n"
                                            << sql.substr(0, 500) << "\n"
                                            << difference(actual, expected);
        }
        ASSERT_TRUE(mesh_->execute("RESET tessera.pushdown"));
    }

    /// Of the statement that goes to the source.
    static std::string remote(const std::string& sql) {
        const std::string plan = mesh_->plan(sql);
        const std::size_t begin = plan.find("Remote SQL: ");
        return begin == std::string::npos ? plan : plan.substr(begin, plan.find('\n', begin) - begin);
    }

    inline static std::unique_ptr<Mesh> mesh_;
};

TEST_P(Traps, OrWithThreeArms) {
    agree("SELECT id FROM $t WHERE i4 = 1 OR txt = 'a' OR vc = 'x'");
    agree("SELECT id FROM $t WHERE i4 = 1 OR txt = 'a' OR vc = 'x' OR (b AND i2 < 0) OR d IS NULL");
    EXPECT_THAT(remote("SELECT id FROM $t WHERE i4 = 1 OR i2 = 5 OR i8 = 0"), HasSubstr(" OR "));
}

TEST_P(Traps, FilterOfAggregates) {
    agree(
        "SELECT count(*) FILTER (WHERE i4 > 0), sum(i2) FILTER (WHERE txt IS NULL), max(i8) FILTER (WHERE b) FROM $t");
    agree("SELECT b, count(*) FILTER (WHERE i4 > 0), count(DISTINCT i4) FILTER (WHERE i2 > 0) FROM $t GROUP BY b");
    agree("SELECT b FROM $t GROUP BY b HAVING count(*) FILTER (WHERE i4 > 0) > 3");
}

TEST_P(Traps, FiltersOfTheNullableSide) {
    agree("SELECT t.id, u.id FROM $t t LEFT JOIN $u u ON t.i4 = u.i4 WHERE u.txt IS NULL OR u.i2 > 0");
    agree("SELECT t.id, u.id FROM $t t LEFT JOIN $u u ON t.i4 = u.i4 AND u.i2 > 0 AND t.b");
    agree("SELECT t.id, u.id FROM $t t LEFT JOIN $u u ON t.i4 = u.i4 WHERE coalesce(u.i2, 5) = 5");
    agree("SELECT t.id, u.id FROM $t t FULL JOIN $u u ON t.i4 = u.i4 AND u.b WHERE t.id IS NULL OR u.id IS NULL");
    agree("SELECT t.id, u.n FROM $t t LEFT JOIN (SELECT i4, 1 AS n FROM $u WHERE i2 > 0) u ON t.i4 = u.i4");
}

TEST_P(Traps, OrderAndLimitUnderAnotherCollation) {
    agree("SELECT id FROM $t ORDER BY txt COLLATE \"en-x-icu\", id LIMIT 5");
    agree("SELECT id FROM $t ORDER BY vc COLLATE \"de-x-icu\" DESC, id LIMIT 5");
    agree("SELECT id FROM $t ORDER BY txt, id LIMIT 5");
    EXPECT_THAT(remote("SELECT id FROM $t ORDER BY txt COLLATE \"en-x-icu\", id LIMIT 5"), Not(HasSubstr("LIMIT")));
}

TEST_P(Traps, OrderAndLimitUnderAnotherNullOrder) {
    for (const char* column : {"i4", "vc", "d", "f8", "b"}) {
        for (const char* order : {"", " DESC", " NULLS FIRST", " DESC NULLS LAST"}) {
            agree("SELECT id FROM $t ORDER BY " + std::string(column) + order + ", id LIMIT 5");
        }
    }
}

TEST_P(Traps, HashOperators) {
    agree("SELECT id, i4 # 5, i2 # i2, i8 # -1 FROM $t WHERE i4 # 5 = 4 OR i8 # 1 < 0");
    agree("SELECT id FROM $t WHERE i4 & 5 = 4 OR i4 | 1 = 1 OR ~i4 = -6 OR i4 << 1 = 10 OR i4 >> 1 = 2");
}

TEST_P(Traps, IsDistinctFrom) {
    for (const char* column : {"i4", "txt", "d", "b", "f8"}) {
        agree("SELECT id FROM $t WHERE " + std::string(column) + " IS DISTINCT FROM NULL");
        agree("SELECT id FROM $t WHERE " + std::string(column) + " IS NOT DISTINCT FROM NULL");
    }
    agree("SELECT id FROM $t WHERE i4 IS DISTINCT FROM i2");
    agree("SELECT id FROM $t WHERE txt IS NOT DISTINCT FROM vc");
    agree("SELECT id FROM $t WHERE NOT (txt IS DISTINCT FROM 'A')");
    agree("SELECT t.id, u.id FROM $t t JOIN $u u ON t.i4 IS NOT DISTINCT FROM u.i4");
}

// SQLite's checks of a column's type stand beside the comparison: NULL must not make them so.
TEST_P(Traps, AListWithAColumnThatIsNull) {
    agree("SELECT id FROM $t WHERE 5 = ANY (ARRAY[i4, 5])");
    agree("SELECT id FROM $t WHERE NOT (5 = ANY (ARRAY[i4, 6]))");
    agree("SELECT id FROM $t WHERE 'a' IN (txt, 'a')");
    agree("SELECT id FROM $t WHERE f8 IN (1.5, f8) OR id IN (i4, i2)");
}

// MariaDB takes a quotient for no longer than the number it divides, also when it becomes text; the sign is lost room.
TEST_P(Traps, QuotientsAsText) {
    agree("SELECT DISTINCT (i2 / 3::bigint)::varchar FROM $t");
    agree("SELECT (i2 / 3::bigint)::varchar, count(*) FROM $t GROUP BY 1");
    agree("SELECT id FROM $u WHERE (2147483648::bigint + i2) NOT IN (SELECT i2 / 3::bigint FROM $t)");
}

TEST_P(Traps, NullParameters) {
    ASSERT_TRUE(mesh_->execute("SET plan_cache_mode = force_generic_plan"));
    for (const char* condition :
         {"i4 = $1::int", "i4 <> $1::int", "NOT (i4 = $1::int)", "i4 IS DISTINCT FROM $1::int", "i4 IN (1, $1::int)",
          "i4 NOT IN (1, $1::int)", "coalesce($1::int, i4) = 5", "$1::int IS NULL AND i4 = 5", "i4 = ANY ($1::int[])",
          "i4 <> ALL ($1::int[])", "txt = $1::text", "txt || $1::text IS NULL", "d > $1::date", "b = $1::bool",
          "txt LIKE $1::text", "i4 BETWEEN $1::int AND 5"}) {
        agree("SELECT id FROM $t WHERE " + std::string(condition), {std::nullopt});
    }
}

TEST_P(Traps, CoalesceAndNot) {
    for (const char* condition :
         {"NOT (coalesce(b, i4 > 0))", "NOT (i4 > 0) IS TRUE", "coalesce(txt, NULL) = 'a'", "NOT coalesce(b, false)",
          "coalesce(i4, i2, 0) = 0", "NOT (i4 = 5 AND txt IS NULL)", "NOT (i4 IS NULL OR b)", "(NOT b) IS NOT TRUE",
          "coalesce(txt, vc, '') = ''", "NOT (txt IN ('a', NULL))", "NOT (NOT (b IS NULL))",
          "coalesce(i4 > 0, txt = 'a', true)"}) {
        agree("SELECT id FROM $t WHERE " + std::string(condition));
    }
}

TEST_P(Traps, MoreThanTwoThousandParameters) {
    ASSERT_TRUE(mesh_->execute("SET plan_cache_mode = force_generic_plan"));
    std::string sql = "SELECT id FROM $t WHERE id IN (";
    std::string negated = "SELECT id FROM $t WHERE id NOT IN (";
    std::vector<std::optional<std::string>> values;
    for (int i = 1; i <= 2500; ++i) {
        const std::string place = (i == 1 ? "$" : ", $") + std::to_string(i) + "::int";
        sql += place;
        negated += place;
        values.emplace_back(std::to_string(3 * i));
    }
    agree(sql + ")", values);
    agree(negated + ")", values);
    std::string list;
    for (int i = 1; i <= 5000; ++i) {
        list += (i == 1 ? "" : ", ") + std::to_string(2 * i);
    }
    agree("SELECT id FROM $t WHERE id IN (" + list + ")");
}

TEST_P(Traps, LettersOfAnotherCase) {
    for (const char* text : {"a", "A", "ab", "aB", "null", "NULL", "x", "X", "under_score"}) {
        for (const char* column : {"txt", "vc"}) {
            agree("SELECT id FROM $t WHERE " + std::string(column) + " = " + quoteLiteral(text));
            agree("SELECT id FROM $t WHERE " + std::string(column) + " <> " + quoteLiteral(text));
        }
    }
    agree("SELECT txt, count(*) FROM $t GROUP BY txt");
    agree("SELECT DISTINCT vc FROM $t");
    agree("SELECT min(txt), max(vc) FROM $t");
    agree("SELECT t.id, u.id FROM $t t JOIN $u u ON t.txt = u.txt");
}

TEST_P(Traps, Accents) {
    for (const char* text : {"\xC3\xA1", "a\xCC\x81", "\xC3\xA9", "\xC3\x89", "e", "\xC3\x9F", "ss", "SS", "\xC4\xB1",
                             "i", "\xC4\xB0", "k", "\xE2\x84\xAA"}) {
        agree("SELECT id FROM $t WHERE txt = " + quoteLiteral(text));
        agree("SELECT id FROM $t WHERE txt > " + quoteLiteral(text));
        agree("SELECT id FROM $t WHERE vc IN ('x', " + quoteLiteral(text) + ")");
    }
}

TEST_P(Traps, TrailingBlanks) {
    for (const char* text : {"a", "a ", "", " ", "x", "x "}) {
        agree("SELECT id FROM $t WHERE txt = " + quoteLiteral(text));
        agree("SELECT id FROM $t WHERE vc <> " + quoteLiteral(text));
        agree("SELECT id FROM $t WHERE txt LIKE " + quoteLiteral(text));
    }
    agree("SELECT vc, count(*) FROM $t GROUP BY vc");
    agree("SELECT id, length(txt) FROM $t WHERE length(txt) = 2");
}

TEST_P(Traps, BarsAreNoOr) {
    agree("SELECT id FROM $t WHERE txt || '' = 'abc'");
    agree("SELECT id FROM $t WHERE txt || vc = 'ax'");
    agree("SELECT id, txt || 'x' FROM $t WHERE (txt || NULL) IS NULL");
    agree("SELECT id FROM $t WHERE b OR txt || 'b' = 'ab'");
}

TEST_P(Traps, Backslashes) {
    agree("SELECT id FROM $t WHERE txt = 'a\\b' OR txt = '\\'");
    agree("SELECT id FROM $t WHERE txt LIKE 'a\\\\b' OR txt LIKE '%\\\\%'");
    agree("SELECT id FROM $t WHERE replace(txt, '\\', '/') = 'a/b'");
    agree("SELECT id FROM $t WHERE txt IN ('\\', 'O''Hara', '\"quoted\"')");
    agree("SELECT id FROM $t WHERE txt = $1::text", {"a\\b"});
    agree("SELECT 'a\\nb', count(*) FROM $t WHERE txt <> 'tab\\there' GROUP BY 1");
}

TEST_P(Traps, IntegerDivisionAndRemainderBySign) {
    agree("SELECT id, i4 / 7, i4 / -7, i4 % 7, i4 % -7, mod(i8, 3), i8 / 10 FROM $t");
    agree("SELECT id FROM $t WHERE i4 / 7 = -306783378 OR i4 % 7 = -1 OR i4 % -7 = -2");
    agree("SELECT i4 / 2, sum(i2 / 2), count(*) FROM $t GROUP BY i4 / 2");
    agree("SELECT id FROM $t WHERE i2 > 0 AND 100 / i2 > 3");
    agree("SELECT id FROM $t WHERE 1 / i4 = 1");   // somewhere it is 1 / 0
    agree("SELECT id FROM $t WHERE i4 / -1 > 0");  // the least integer has no opposite
}

TEST_P(Traps, TextToDate) {
    agree("SELECT id FROM $t WHERE '2024-02-29'::text::date = d");
    agree("SELECT id FROM $t WHERE txt::date = d AND txt ~ '^2'");
    agree("SELECT id FROM $t WHERE d = '2024-02-30'::text::date");
    agree("SELECT id FROM $t WHERE d = $1::date", {"2024-02-29"});
    agree("SELECT id FROM $t WHERE d::text LIKE '2024-%' OR ts::text LIKE '1999%'");
    agree("SELECT id FROM $t WHERE txt::int = 10 AND txt IN ('10', '9')");
}

TEST_P(Traps, TypesOfAveragesAndSums) {
    const std::string all =
        "avg(i2), avg(i4), avg(i8), sum(i2), sum(i4), sum(i8), pg_typeof(avg(i2)), "
        "pg_typeof(avg(i8)), pg_typeof(sum(i2)), pg_typeof(sum(i4)), pg_typeof(sum(i8))";
    agree("SELECT " + all + " FROM $t WHERE i8 < 1000");
    agree("SELECT b, " + all + " FROM $t GROUP BY b");
    agree("SELECT " + all + " FROM $t WHERE i4 = 12345");
    agree("SELECT avg(i4) / 3, sum(i4) * 2.5, avg(i4)::text FROM $t WHERE i4 BETWEEN 0 AND 1000");
    agree("SELECT avg(f8), sum(f8) FROM $t WHERE f8 IN (0.5, 1.5, 100)");
    agree("SELECT sum(i8) FROM (SELECT i8 FROM $t UNION ALL SELECT 9223372036854775807) x");
}

TEST_P(Traps, LikeWithEscapes) {
    for (const char* like : {"LIKE 'a!_b' ESCAPE '!'", "LIKE 'under!_%' ESCAPE '!'", "LIKE 'a\\_b'", "LIKE 'a\\%b'",
                             "LIKE 'a\\_b' ESCAPE ''", "NOT LIKE '%\\%%'", "LIKE '\\\\'", "ILIKE 'A\\_B'",
                             "LIKE 'a#%b' ESCAPE '#'", "NOT LIKE '%!!%' ESCAPE '!'"}) {
        agree("SELECT id FROM $t WHERE txt " + std::string(like) + " OR vc " + like);
    }
    agree("SELECT id FROM $t WHERE txt LIKE 'a\\'");  // ends within an escape: an error
    agree("SELECT id FROM $t WHERE txt LIKE vc");
    agree("SELECT id FROM $t WHERE txt LIKE $1::text", {"a\\_%"});
}

TEST_P(Traps, TimeZonesAndTheHoursThatClocksRepeat) {
    for (const char* zone : {"UTC", "Europe/Berlin", "America/St_Johns", "Pacific/Apia", "+14"}) {
        ASSERT_TRUE(mesh_->execute("SET timezone = " + quoteLiteral(zone)));
        agree("SELECT id, ts, d FROM $t WHERE ts > '2000-01-01' AND d > '2000-01-01'");
        agree("SELECT id FROM $t WHERE ts > '2024-02-29 00:00:00+00'::timestamptz");
        agree("SELECT id, ts::timestamptz FROM $t WHERE ts::timestamptz = '2024-02-29 23:59:59'");
        agree("SELECT id FROM $t WHERE ts = '2024-03-31 02:30:00' OR ts AT TIME ZONE 'Europe/Berlin' > '2024-02-29'");
        agree("SELECT date_trunc('day', ts), count(*) FROM $t WHERE ts > '1970-01-01' GROUP BY 1");
    }
    if (GetParam() == std::string_view("postgres")) {
        ASSERT_TRUE(mesh_->execute("SET timezone = 'Europe/Berlin'"));
        agree("SELECT id, timestamptz_a FROM $v WHERE timestamptz_a = '2024-10-27 02:30:00+01'");
        agree("SELECT id, timestamptz_a::date, date_trunc('hour', timestamptz_a) FROM $v");
        agree("SELECT id FROM $v WHERE timestamptz_a + interval '1 day' = timestamptz_b");
    }
}

TEST_P(Traps, FloatsAsText) {
    agree("SELECT id, f8, f8::text FROM $t");
    agree("SELECT id FROM $t WHERE f8 = 0.1 OR f8 = 123456.789::float8 OR f8::text = '0.1'");
    agree("SELECT id FROM $t WHERE f8 = $1::float8", {"0.1"});
    agree("SELECT id FROM $t WHERE f8 > 0.1 AND f8 < 0.10000000000000002");
    agree("SELECT f8, count(*) FROM $t GROUP BY f8");
    agree("SELECT id, f8::float4 FROM $t WHERE f8::float4 = 0.1::float4");
    agree("SELECT id, f8 * 3, f8 / 3 FROM $t WHERE f8 BETWEEN 0 AND 1000000");
}

INSTANTIATE_TEST_SUITE_P(Dialects, Traps,
                         testing::Values("postgres", "mysql", "sqlite", "duckdb", "odbc_postgres", "odbc_mariadb",
                                         "odbc_sqlite", "odbc_file"),
                         [](const auto& parameter) { return std::string(parameter.param); });

}  // namespace
}  // namespace tessera::correctness
