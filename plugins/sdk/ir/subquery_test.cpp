#include "plugins/sdk/ir/builder.h"
#include "plugins/sdk/ir/render.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace tessera::ir {
namespace {

using testing::HasSubstr;

/// A statement on a table "t" with the columns a and b, and subqueries on a table "u".
class SubqueryTest {
  public:
    explicit SubqueryTest(const dialect::Dialect& dialect) : build(dialect) {
        select.from = table(1, "\"t\"");
        select.outputs = {column(1, "a")};
    }

    const From* table(int id, const char* relation) {
        From* from = build.arena().from();
        from->table = Table{id, relation, {}};
        return from;
    }

    const Expr* column(int table, const char* name) { return build.column(table, name, "int4").value(); }

    const Expr* equal(const Expr* left, const Expr* right) {
        return build.call("int4eq(int4,int4)", "bool", Collation::kNone, {left, right}).value();
    }

    /// SELECT max(x) FROM u WHERE y = t.b, or without max() where not `grouped`.
    Select* correlated(bool grouped) {
        Select* made = build.arena().select();
        made->from = table(2, "\"u\"");
        made->where = {equal(column(2, "y"), column(1, "b"))};
        made->grouped = grouped;
        AggregateCall max;
        max.signature = "max(int4)";
        max.type = "int4";
        max.args = {column(2, "x")};
        made->outputs = {grouped ? build.aggregate(max).value() : column(2, "x")};
        return made;
    }

    std::string text() { return render(select, build.dialect()).value().text; }

    Builder build;
    Select select;
};

TEST(Subquery, StandsAsAValueAndSeesWhatIsAround) {
    SubqueryTest t(dialect::kPostgres);
    t.select.where = {t.equal(t.column(1, "a"), t.build.scalar(t.correlated(true)).value())};
    EXPECT_EQ(t.text(),
              "SELECT r1.\"a\" FROM \"t\" r1 WHERE (r1.\"a\" = "
              "(SELECT max(r2.\"x\") FROM \"u\" r2 WHERE (r2.\"y\" = r1.\"b\")))");
}

TEST(ShippedRows, AreAnItemOfFromInEachDialectsWay) {
    const auto text = [](const dialect::Dialect& dialect) {
        SubqueryTest t(dialect);
        const From* rows = t.build.shippedRows(3, -1, {"int4", "text"}).value();
        From* join = t.build.arena().from();
        join->left = t.select.from;
        join->right = rows;
        join->on = {t.equal(t.column(1, "a"), t.column(-3, "c1"))};
        t.select.from = join;
        t.select.outputs = {t.build.column(-3, "c2", "text").value()};
        const Rendered rendered = render(t.select, dialect).value();
        return rendered.text + " <- " + testing::PrintToString(rendered.params);
    };
    EXPECT_EQ(text(dialect::kPostgres),
              "SELECT s3.c2 FROM (\"t\" r1 INNER JOIN unnest($1::int4[], $2::text[]) s3(c1, c2) ON (r1.\"a\" = s3.c1)) "
              "<- { -1, -2 }");
    EXPECT_EQ(text(dialect::kSqlite),
              "SELECT s3.c2 FROM (\"t\" r1 INNER JOIN (SELECT CAST(json_extract(value, '$[0]') AS INTEGER) AS c1, "
              "json_extract(value, '$[1]') AS c2 FROM json_each(?)) s3 ON (is_integer(r1.\"a\") AND is_integer(s3.c1) "
              "AND r1.\"a\" = s3.c1)) <- { -1 }");
    EXPECT_EQ(text(dialect::kMysql),
              "SELECT s3.c2 FROM (\"t\" r1 INNER JOIN (SELECT CAST(j1 AS SIGNED) AS c1, j2 AS c2 FROM JSON_TABLE(?, "
              "'$[*]' COLUMNS (j1 LONGTEXT CHARACTER SET utf8mb4 PATH '$[0]', j2 LONGTEXT CHARACTER SET utf8mb4 PATH "
              "'$[1]')) j) s3 ON (r1.\"a\" = s3.c1)) <- { -1 }");
    Builder oracle(dialect::kOracle);
    EXPECT_FALSE(oracle.shippedRows(1, -1, {"int4"}));
    Builder mysql(dialect::kMysql);
    EXPECT_FALSE(mysql.shippedRows(1, -1, {"int4", "numeric"}));
}

TEST(Subquery, IsAliasedWhereverItStands) {
    SubqueryTest t(dialect::kPostgres);
    t.select.outputs = {t.build.scalar(t.correlated(false)).value()};
    EXPECT_EQ(t.text(), "SELECT (SELECT r2.\"x\" FROM \"u\" r2 WHERE (r2.\"y\" = r1.\"b\")) FROM \"t\" r1");
}

TEST(Subquery, WithASecondRowIsNoErrorInSqliteAndNotSent) {
    SubqueryTest t(dialect::kSqlite);
    EXPECT_TRUE(t.build.scalar(t.correlated(true)));
    EXPECT_FALSE(t.build.scalar(t.correlated(false)));
    Select* limited = t.correlated(false);
    limited->limit = t.build.constant("int8", "1").value();
    EXPECT_TRUE(t.build.scalar(limited));
}

TEST(Subquery, ComparesTextAsTheDialectDoes) {
    SubqueryTest t(dialect::kMysql);
    Select* names = t.build.arena().select();
    names->from = t.table(2, "\"u\"");
    names->outputs = {t.build.column(2, "name", "text").value()};
    const Expr* left = t.build.column(1, "a", "text").value();
    const auto in = t.build.in("texteq(text,text)", Collation::kDeterministic, left, names);
    ASSERT_TRUE(in) << in.error().message;
    t.select.where = {*in};
    EXPECT_THAT(t.text(), HasSubstr("WHERE (CAST(CONVERT(r1.\"a\" USING utf8mb4) AS BINARY) IN (SELECT "
                                    "CAST(CONVERT(r2.\"name\" USING utf8mb4) AS BINARY) FROM \"u\" r2))"));
    names->limit = t.build.constant("int8", "3").value();
    EXPECT_FALSE(t.build.in("texteq(text,text)", Collation::kDeterministic, left, names));
}

TEST(Subquery, InFromNumbersItsColumns) {
    SubqueryTest t(dialect::kDuckdb);
    Select* inner = t.correlated(true);
    inner->where.clear();
    inner->group_by = {t.column(2, "y")};
    inner->outputs.push_back(t.column(2, "y"));
    From* join = t.build.arena().from();
    join->left = t.select.from;
    join->right = t.build.derived(1, inner).value();
    join->on = {t.equal(t.column(1, "a"), t.column(-1, "c2"))};
    t.select.from = join;
    t.select.outputs = {t.column(-1, "c1")};
    EXPECT_EQ(t.text(),
              "SELECT s1.c1 FROM (\"t\" r1 INNER JOIN (SELECT max(r2.\"x\") AS c1, r2.\"y\" AS c2 FROM \"u\" "
              "r2 GROUP BY r2.\"y\") s1 ON (r1.\"a\" = s1.c2))");
}

TEST(Subquery, InFromMayBeAboutWhatStandsBeforeIt) {
    SubqueryTest t(dialect::kDuckdb);
    Select* inner = t.correlated(true);
    inner->outputs.push_back(t.column(1, "a"));
    From* join = t.build.arena().from();
    join->join = JoinType::kLeft;
    join->left = t.select.from;
    join->right = t.build.derived(1, inner, true).value();
    t.select.from = join;
    t.select.outputs = {t.column(-1, "c1")};
    EXPECT_THAT(t.text(), HasSubstr("(\"t\" r1 LEFT JOIN LATERAL (SELECT max(r2.\"x\") AS c1, r1.\"a\" AS c2 FROM "));
    EXPECT_FALSE(SubqueryTest(dialect::kMysql).build.derived(1, inner, true));
    EXPECT_FALSE(SubqueryTest(dialect::kSqlite).build.derived(1, inner, true));
}

/// SELECT a FROM t UNION ALL SELECT name FROM u, both of the type, as columns of table -1.
Result<std::string> unionOf(const dialect::Dialect& dialect, const std::string& type, bool all,
                            DecimalShape left = {10, 2}, DecimalShape right = {10, 2}) {
    SubqueryTest t(dialect);
    const auto query = [&](int id, const char* relation, const char* column, DecimalShape shape) {
        Select* made = t.build.arena().select();
        made->from = t.table(id, relation);
        made->outputs = {type == "numeric" ? t.build.decimalColumn(id, column, shape).value()
                                           : t.build.column(id, column, type).value()};
        return made;
    };
    Select* both = t.build.arena().select();
    TSR_TRY(t.build.combine(*both, SetKind::kUnion, all, query(1, "t", "a", left), query(2, "u", "name", right)));
    t.select.from = TSR_TRY(t.build.derived(1, both));
    t.select.outputs = {t.build.column(-1, "c1", type).value()};
    return t.text();
}

TEST(SetOperation, ComparesWhatItsQueriesReturn) {
    EXPECT_EQ(unionOf(dialect::kPostgres, "text", false).value(),
              "SELECT s1.c1 FROM (SELECT r1.\"a\"::text COLLATE \"C\" AS c1 FROM t r1 UNION SELECT "
              "r2.\"name\"::text COLLATE \"C\" AS c1 FROM u r2) s1");
    EXPECT_EQ(unionOf(dialect::kMysql, "text", false).value(),
              "SELECT s1.c1 FROM (SELECT CONVERT(c1 USING utf8mb4) AS c1 FROM (SELECT CAST(CONVERT(r1.\"a\" USING "
              "utf8mb4) AS BINARY) AS c1 FROM t r1 UNION SELECT CAST(CONVERT(r2.\"name\" USING utf8mb4) AS BINARY) AS "
              "c1 FROM u r2) s) s1");
    EXPECT_EQ(unionOf(dialect::kDuckdb, "int4", true).value(),
              "SELECT s1.c1 FROM (SELECT r1.\"a\" AS c1 FROM t r1 UNION ALL SELECT r2.\"name\" AS c1 FROM u r2) s1");
}

TEST(SetOperation, RefusesWhatTheSourceMayMakeAlike) {
    EXPECT_TRUE(unionOf(dialect::kDuckdb, "numeric", false));
    EXPECT_FALSE(unionOf(dialect::kDuckdb, "numeric", true, {10, 2}, {10, 3}));
    EXPECT_FALSE(unionOf(dialect::kMysql, "numeric", true, {10, 2}, {0, 0}));
    EXPECT_TRUE(unionOf(dialect::kPostgres, "numeric", false, {10, 2}, {0, 0}));
    EXPECT_FALSE(unionOf(dialect::kDuckdb, "float8", false));  // 0 and -0
    EXPECT_TRUE(unionOf(dialect::kDuckdb, "float8", true));
    EXPECT_FALSE(unionOf(dialect::kSqlite, "date", true));
    EXPECT_FALSE(unionOf(dialect::kPostgres, "json", false));
}

TEST(SetOperation, AsksForNoParenthesesAroundItsQueries) {
    SubqueryTest t(dialect::kSqlite);
    const auto query = [&](int id, bool limited) {
        Select* made = t.build.arena().select();
        made->from = t.table(id, "t");
        made->outputs = {t.column(id, "a")};
        made->limit = limited ? t.build.constant("int8", "2").value() : nullptr;
        return made;
    };
    Select* inner = t.build.arena().select();
    ASSERT_TRUE(t.build.combine(*inner, SetKind::kExcept, false, query(1, false), query(2, true)));
    Select* outer = t.build.arena().select();
    ASSERT_TRUE(t.build.combine(*outer, SetKind::kExcept, false, query(3, false), inner));
    t.select.from = t.build.derived(1, outer).value();
    t.select.outputs = {t.column(-1, "c1")};
    EXPECT_EQ(
        t.text(),
        "SELECT s1.c1 FROM (SELECT r3.\"a\" AS c1 FROM t r3 EXCEPT SELECT * FROM (SELECT r1.\"a\" AS c1 FROM t r1 "
        "EXCEPT SELECT * FROM (SELECT r2.\"a\" AS c1 FROM t r2 LIMIT 2) s) s) s1");
    Select* all = t.build.arena().select();
    EXPECT_FALSE(t.build.combine(*all, SetKind::kExcept, true, query(1, false), query(2, false)));
}

TEST(Subquery, MustBeExactWithin) {
    SubqueryTest t(dialect::kSqlite);
    Select* inner = t.correlated(true);
    const auto filter = t.build.call("texticlike(text,text)", "bool", Collation::kBytewise,
                                     {t.build.column(2, "n", "text").value(), t.build.constant("text", "a%").value()});
    ASSERT_TRUE(filter);
    inner->where = {*filter};
    EXPECT_FALSE(t.build.scalar(inner));
    EXPECT_FALSE(t.build.exists(inner));
    EXPECT_FALSE(t.build.derived(1, inner));
}

}  // namespace
}  // namespace tessera::ir
