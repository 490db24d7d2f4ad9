/// Joins of a local relation with one at a source to which the local rows are sent: the source does the join and what
/// stands above it, and the rows are those of a join of two local copies.

#include "plugins/sdk/dialect/dialect.h"
#include "tests/correctness/comparing.h"

#include <gmock/gmock.h>

namespace tessera::correctness {
namespace {

using testing::HasSubstr;
using testing::Not;

class ShippedRows : public Comparing {
  protected:
    void SetUp() override {
        Comparing::SetUp();
        must("RESET ALL; SET enable_async_append = off; SET jit = off; SET tessera.ship_rows = force");
    }

    /// Compares, and rows go along with the only remote statement.
    static void checkShipped(const std::string& sql, const std::string& dialects = "postgres mysql sqlite duckdb") {
        compare(sql);
        if (dialects.find(GetParam()) != std::string::npos) {
            expectShipped(sql);
        }
    }

    static void expectShipped(const std::string& sql) {
        const std::string text = mesh_->plan(sql);
        EXPECT_EQ(text.rfind("Foreign Scan", 0), 0U) << sql << "\n" << text;
        EXPECT_THAT(text, HasSubstr("shipped rows of")) << sql;
    }

    static bool ships(const std::string& type) {
        const dialect::TypeRule* rule = dialect::typeRule(*dialect::find(mesh_->dialect()).value(), nameOf(type));
        return rule != nullptr && !rule->shipped.empty();
    }

    static std::string nameOf(const std::string& type) {
        return type.rfind("numeric", 0) == 0       ? "numeric"
               : type.rfind("varchar", 0) == 0     ? "varchar"
               : type.rfind("timestamptz", 0) == 0 ? "timestamptz"
               : type == "integer"                 ? "int4"
               : type == "smallint"                ? "int2"
               : type == "bigint"                  ? "int8"
               : type == "boolean"                 ? "bool"
               : type == "double precision"        ? "float8"
                                                   : type;
    }
};

TEST_P(ShippedRows, ValuesOfEveryTypeComeAsTheyWere) {
    int shipped = 0;
    for (const HostileColumn& column : mesh_->source().table().columns()) {
        const std::string name = "l." + column.name;
        const std::vector<std::string> statements = {
            "SELECT r.id, " + name + " FROM copy.t l JOIN $t r ON r.id = l.id",
            "SELECT r.id, " + name + " FROM $u r LEFT JOIN copy.t l ON r.id = l.id + 20",
        };
        for (const std::string& sql : statements) {
            compare(sql);
            if (ships(column.type)) {
                expectShipped(sql);
                ++shipped;
            }
        }
        for (const std::string op : {"=", "<>", "<", ">="}) {
            compare("SELECT l.id, r.id FROM copy.u l JOIN $t r ON " + name + " " + op + " r." + column.name);
        }
        compare("SELECT " + name + ", count(*), min(r.id) FROM copy.u l JOIN $t r ON r.id = l.id GROUP BY " + name);
        compare("SELECT DISTINCT " + name + " FROM copy.u l JOIN $t r ON r.id <= l.id");
        compare("SELECT max(" + name + "::text COLLATE \"C\"), min(" + name +
                "::text COLLATE \"C\") FROM copy.u l JOIN $t r ON r.id = l.id");
    }
    EXPECT_GE(shipped, 12);
}

/// What the sources' own tables can't hold may be in local rows: it must come back as it was, or stay here.
TEST_P(ShippedRows, ValuesThatSourcesCannotHold) {
    must(
        "DROP TABLE IF EXISTS copy.odd; CREATE TABLE copy.odd (id int, f8 float8, f4 float4, d date, ts timestamp, "
        "tz timestamptz, txt text, num numeric, u uuid, b bool, bin bytea, i8 bigint, tm time);"
        "INSERT INTO copy.odd VALUES "
        "(1, 'NaN', 'NaN', '4713-01-01 BC', '0044-03-15 12:00 BC', '0044-03-15 BC', E'\\x01\\t\\n\\r\\\\\"', 'NaN', "
        "'00000000-0000-0000-0000-000000000000', true, '\\x00ff', -9223372036854775808, '24:00:00'),"
        "(2, 'Infinity', '-Infinity', 'infinity', '-infinity', 'infinity', '{NULL,\"a\"}', 'Infinity', "
        "'ffffffff-ffff-ffff-ffff-ffffffffffff', false, '', 9223372036854775807, '23:59:59.999999'),"
        "(3, '-0', '1e-45', '9999-12-31', '294246-01-01', '2024-03-31 01:30:00.123456+00', "
        "'[\"x\", null]', 1e300, NULL, NULL, '\\x', 9007199254740993, '00:00'),"
        "(4, 1.7976931348623157e308, 3.4028235e38, '5874897-12-31', '1582-10-10', '1883-11-18 12:03:57+00', '', "
        "0.000000000000000000000000000001, NULL, NULL, NULL, 0, NULL),"
        "(5, 0.1, 0.1, NULL, NULL, NULL, NULL, 1.50, NULL, NULL, NULL, NULL, NULL); ANALYZE copy.odd");
    for (const std::string column : {"f8", "f4", "d", "ts", "tz", "txt", "num", "u", "b", "bin", "i8", "tm"}) {
        must("SET TimeZone = 'America/New_York'; SET DateStyle = 'German'; SET extra_float_digits = -5");
        compare("SELECT o." + column + ", r.id FROM copy.odd o JOIN $t r ON r.id = o.id");
        compare("SELECT o." + column + ", sum(r.i4) FROM copy.odd o LEFT JOIN $t r ON r.id = o.id GROUP BY 1");
    }
    expectShipped("SELECT o.txt, o.i8, r.id FROM copy.odd o JOIN $t r ON r.id = o.id");
    if (mesh_->dialect() == "postgres") {
        expectShipped(
            "SELECT o, r.id FROM (SELECT id, f8, f4, d, ts, tz, num, u, b, bin, tm FROM copy.odd) o "
            "JOIN $t r ON r.id = o.id WHERE o.d > '1000-01-01'");
    }
}

TEST_P(ShippedRows, JoinsOfEveryKind) {
    checkShipped("SELECT l.id, r.id, l.txt FROM copy.u l JOIN $t r ON l.i4 = r.i4");
    checkShipped("SELECT l.id, r.id FROM copy.u l JOIN $t r ON l.id < r.id AND r.id < l.id + 5");
    checkShipped("SELECT l.id, r.id, r.txt FROM copy.u l LEFT JOIN $t r ON l.i4 = r.i4 AND r.id > 10");
    checkShipped("SELECT l.id, r.id FROM $t r LEFT JOIN copy.u l ON l.i4 = r.i4 AND l.id > 10 AND r.id < 90");
    checkShipped("SELECT l.id, r.id FROM copy.u l FULL JOIN $t r ON l.id = r.id - 20", "postgres duckdb");
    checkShipped("SELECT r.id, r.txt FROM $t r WHERE EXISTS (SELECT FROM copy.u l WHERE l.i4 = r.i4 AND l.id < r.id)");
    checkShipped("SELECT r.id FROM $t r WHERE NOT EXISTS (SELECT FROM copy.u l WHERE l.i4 = r.i4)");
    checkShipped("SELECT l.id, l.txt FROM copy.u l WHERE EXISTS (SELECT FROM $t r WHERE l.i4 = r.i4 AND l.id < r.id)");
    checkShipped("SELECT l.id FROM copy.u l WHERE NOT EXISTS (SELECT FROM $t r WHERE l.i4 = r.i4)");
    checkShipped("SELECT l.id, r.id, s.id FROM copy.u l JOIN $t r ON l.i4 = r.i4 JOIN $u s ON s.id = r.id");
    checkShipped("SELECT l.id, r.id, s.id FROM $t r JOIN $u s ON s.id = r.id LEFT JOIN copy.u l ON l.i4 = s.i4");
    checkShipped("SELECT l.id, m.i8, r.id FROM copy.u l JOIN copy.t m ON l.id = m.id JOIN $t r ON r.i4 = l.i4");
    checkShipped("SELECT l.g, r.id FROM generate_series(1, 50, 7) l(g) JOIN $t r ON r.id = l.g");
    checkShipped(
        "SELECT l.x, l.y, r.id FROM (VALUES (1, 'a'), (2, NULL), (NULL, 'c')) l(x, y) JOIN $t r ON r.id = l.x");
    checkShipped("SELECT l.n, r.id FROM (SELECT i4, count(*) AS n FROM copy.t GROUP BY i4) l JOIN $t r ON r.i4 = l.i4");
}

TEST_P(ShippedRows, WhatStandsAboveThem) {
    const std::string from = " FROM copy.u l JOIN $t r ON l.i2 = r.i2 ";
    checkShipped("SELECT l.txt, count(*), sum(r.i4), min(l.i4), max(r.i8)" + from + "GROUP BY l.txt");
    checkShipped("SELECT count(*), count(l.b), sum(l.i4)" + from);
    checkShipped("SELECT r.b, count(DISTINCT l.i4)" + from + "GROUP BY r.b HAVING count(*) > 3");
    checkShipped("SELECT l.id, r.id" + from + "ORDER BY l.id DESC, r.id LIMIT 7 OFFSET 2");
    checkShipped("SELECT DISTINCT l.i2, r.b" + from);
    checkShipped("SELECT l.id, r.id, row_number() OVER (PARTITION BY l.i2 ORDER BY l.id, r.id)" + from);
    checkShipped("SELECT l.i2, r.b, count(*)" + from + "GROUP BY ROLLUP (l.i2, r.b)", "postgres duckdb");
    checkShipped("SELECT l.i2 + r.i4, length(l.txt)" + from +
                 "WHERE l.i2 IS NOT NULL AND l.i4 > -1000 AND r.i4 BETWEEN -1000 AND 1000");
    compare("SELECT x.id, (SELECT count(*)" + from + "WHERE r.id < x.id) FROM copy.u x");
    compare("SELECT * FROM copy.u x JOIN LATERAL (SELECT l.id, sum(r.id)" + from +
            "WHERE l.id <= x.i4 GROUP BY l.id) y ON true");
    compare("WITH w AS (SELECT l.id, count(*)" + from + "GROUP BY l.id) SELECT * FROM w a JOIN w b ON a.id = b.id + 1");
    compare("SELECT l.id" + from + "UNION SELECT id FROM $u");
    compare("SELECT l.i4, r.i4 FROM copy.u l JOIN $t r ON l.id = r.id AND random() >= 0");
    compare("SELECT l, r.id" + from);
    compare("SELECT l.ctid IS NULL, r.id" + from);
    compare("SELECT x.s FROM (SELECT l.id AS k, l.i4 + 0 AS s FROM copy.u l) x RIGHT JOIN $t r ON x.k = r.id");
}

TEST_P(ShippedRows, NoRowsAndRowsThatChange) {
    checkShipped("SELECT l.id, r.id FROM copy.u l JOIN $t r ON l.i4 = r.i4 WHERE l.id < 0");
    checkShipped("SELECT r.id, l.id FROM $t r LEFT JOIN copy.u l ON l.i4 = r.i4 AND l.id < 0");
    checkShipped("SELECT count(*) FROM copy.u l JOIN $t r ON l.i4 = r.i4 WHERE l.id < 0");
    must("DEALLOCATE ALL; SET plan_cache_mode = force_generic_plan");
    for (const char* schema : {"src", "copy"}) {
        must(Mesh::inSchema(std::string("PREPARE ") + schema +
                                "_p(int, text) AS SELECT l.id, count(*), max(r.id) FROM copy.u l JOIN "
                                "$t r ON l.i2 = r.i2 AND r.id > $1 WHERE l.id < $1 + 30 OR l.txt = $2 GROUP BY l.id",
                            schema));
    }
    for (const char* values : {"3, 'a'", "50, NULL", "NULL, 'a'", "3, 'a'", "-100, ''"}) {
        EXPECT_EQ(mesh_->run(std::string("EXECUTE src_p(") + values + ")"),
                  mesh_->run(std::string("EXECUTE copy_p(") + values + ")"))
            << values;
    }
    EXPECT_THAT(mesh_->plan("EXECUTE src_p(1, 'a')"), HasSubstr("shipped rows of"));
}

/// A rescan with other parameters computes the local rows anew; without, they are kept.
TEST_P(ShippedRows, InsideOfNestedLoops) {
    must("SET enable_hashjoin = off; SET enable_mergejoin = off; SET enable_memoize = off; SET enable_material = off");
    const std::string inner = "(SELECT count(*) FROM copy.u l JOIN $t r ON l.i2 = r.i2 ";
    compare("SELECT x.id, " + inner + "WHERE l.id < x.id) FROM copy.u x");
    compare("SELECT x.id, " + inner + "WHERE r.id < x.id) FROM copy.u x");
    compare("SELECT x.id, y.n FROM copy.u x, LATERAL " + inner.substr(0, 16) + " AS n" + inner.substr(16) +
            "WHERE l.id < x.id AND r.id > x.id) y");
    EXPECT_THAT(mesh_->plan("SELECT x.id, " + inner + "WHERE l.id < x.id) FROM copy.u x"),
                HasSubstr("shipped rows of"));
}

TEST_P(ShippedRows, OnlyWhereWanted) {
    const std::string sql = "SELECT l.i2, count(*) FROM copy.u l JOIN $t r ON l.i2 < r.i4 GROUP BY l.i2";
    must("SET tessera.ship_rows = off; SET tessera.partial_aggregates = off");
    EXPECT_THAT(mesh_->plan(sql), Not(HasSubstr("shipped")));
    compare(sql);
    must("SET tessera.ship_rows = auto");
    EXPECT_THAT(mesh_->plan(sql), HasSubstr("shipped")) << "few rows come back, and few go there";
    must("SET tessera.most_shipped_rows = 5");
    EXPECT_THAT(mesh_->plan(sql), Not(HasSubstr("shipped")));
    must("RESET tessera.most_shipped_rows; ALTER SERVER source OPTIONS (ADD ship_rows 'false')");
    EXPECT_THAT(mesh_->plan(sql), Not(HasSubstr("shipped")));
    must("ALTER SERVER source OPTIONS (DROP ship_rows); SET tessera.pushdown = filter");
    EXPECT_THAT(mesh_->plan(sql), Not(HasSubstr("shipped")));
    must("RESET tessera.pushdown");
    EXPECT_THAT(mesh_->plan("SELECT l.id FROM copy.u l JOIN $t r ON l.id = r.id FOR UPDATE OF l"),
                Not(HasSubstr("shipped")));
}

INSTANTIATE_TEST_SUITE_P(Dialects, ShippedRows, testing::Values("postgres", "mysql", "sqlite", "duckdb"),
                         [](const auto& parameter) { return std::string(parameter.param); });

}  // namespace
}  // namespace tessera::correctness
