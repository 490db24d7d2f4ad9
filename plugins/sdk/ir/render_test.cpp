#include "plugins/sdk/ir/render.h"

#include "plugins/sdk/ir/builder.h"

#include <gtest/gtest.h>

namespace tessera::ir {
namespace {

/// A statement on one table "t" of a dialect.
struct Statement {
    explicit Statement(const dialect::Dialect& dialect) : build(dialect) {
        From* from = build.arena().from();
        from->table = Table{1, "\"t\"", {{"table_name", "t"}}};
        select.from = from;
    }

    const Expr* column(const char* name, const char* type) { return build.column(1, name, type).value(); }

    const Expr* constant(const char* type, const char* value) { return build.constant(type, value).value(); }

    const Expr* call(const char* signature, std::vector<const Expr*> args) {
        return build.call(signature, "bool", Collation::kBytewise, std::move(args)).value();
    }

    std::string text() { return render(select, build.dialect()).value().text; }

    std::string where(const Expr* condition) {
        select.where = {condition};
        const std::string all = text();
        return all.substr(all.find(" WHERE ") + 7);
    }

    Builder build;
    Select select;
};

TEST(Render, QuotesWhatComesFromOutside) {
    Statement statement(dialect::kPostgres);
    statement.select.outputs = {statement.column("a\"b", "text")};
    const Expr* filter =
        statement.call("texteq(text,text)", {statement.column("a\"b", "text"), statement.constant("text", "O'Hara\\")});
    statement.select.where = {filter};
    EXPECT_EQ(statement.text(), R"(SELECT "a""b" FROM "t" WHERE ("a""b" = 'O''Hara\'::text))");
}

TEST(Render, CountsRowsWithoutColumns) {
    EXPECT_EQ(Statement(dialect::kDuckdb).text(), "SELECT NULL FROM \"t\"");
}

TEST(Render, GivesNullsTheirTypeWhereFunctionsAreChosenByIt) {
    const auto written = [](const dialect::Dialect& dialect, const char* type) {
        Statement statement(dialect);
        statement.select.outputs = {statement.build.constant(type, std::nullopt).value()};
        return statement.text();
    };
    EXPECT_EQ(written(dialect::kDuckdb, "text"), "SELECT CAST(NULL AS VARCHAR) FROM \"t\"");
    EXPECT_EQ(written(dialect::kDuckdb, "numeric"), "SELECT NULL FROM \"t\"");
    EXPECT_EQ(written(dialect::kPostgres, "text"), "SELECT NULL::text FROM \"t\"");
    EXPECT_EQ(written(dialect::kMysql, "text"), "SELECT NULL FROM \"t\"");
}

TEST(Render, ComparesMysqlTextAsBytesAndKeepsItsIndexes) {
    Statement statement(dialect::kMysql);
    const Expr* name = statement.column("name", "text");
    EXPECT_EQ(statement.where(statement.call("texteq(text,text)", {name, statement.constant("text", "x")})),
              "(\"name\" = 'x' AND CAST(CONVERT(\"name\" USING utf8mb4) AS BINARY) = CAST(CONVERT('x' USING utf8mb4) "
              "AS BINARY))");
    EXPECT_EQ(statement.where(statement.call("textne(text,text)", {name, statement.constant("text", "x")})),
              "(CAST(CONVERT(\"name\" USING utf8mb4) AS BINARY) <> CAST(CONVERT('x' USING utf8mb4) AS BINARY))");
}

TEST(Render, WritesNumbersAsTheSourceReadsThem) {
    Statement mysql(dialect::kMysql);
    EXPECT_EQ(mysql.where(mysql.call("float8lt(float8,float8)",
                                     {mysql.column("x", "float8"), mysql.constant("float8", "-0.5")})),
              "(\"x\" < (-0.5e0))");
    EXPECT_EQ(mysql.where(mysql.call("float8lt(float8,float8)",
                                     {mysql.column("x", "float8"), mysql.constant("float8", "1e+20")})),
              "(\"x\" < 1e+20)");
    EXPECT_EQ(mysql.where(mysql.column("flag", "bool")), "(\"flag\" <> 0)");
}

TEST(Render, NumbersParametersOrRepeatsThem) {
    const auto rendered = [](const dialect::Dialect& dialect) {
        Statement statement(dialect);
        const Expr* param = statement.build.param(7, "text").value();
        statement.select.where = {statement.call("texteq(text,text)", {statement.column("name", "text"), param}),
                                  statement.call("texteq(text,text)", {param, statement.column("name", "text")})};
        return render(statement.select, statement.build.dialect()).value();
    };
    EXPECT_EQ(rendered(dialect::kPostgres).text,
              "SELECT NULL FROM \"t\" WHERE (\"name\" = $1::text) AND ($1::text = \"name\")");
    EXPECT_EQ(rendered(dialect::kPostgres).params, std::vector<int>{7});
    // Once for the index and once for the bytes, in each of the two conditions.
    EXPECT_EQ(rendered(dialect::kMysql).params, (std::vector<int>{7, 7, 7, 7}));
}

TEST(Render, BindsKeysAsOneListOrOneByOne) {
    const auto rendered = [](const dialect::Dialect& dialect, const char* type, const char* equality) {
        Statement statement(dialect);
        statement.select.key_count = 3;
        const Expr* other = statement.build.param(1, "int4").value();
        const Expr* column = statement.column("k", type);
        statement.select.where = {
            statement.call("int4eq(int4,int4)", {statement.column("n", "int4"), other}),
            statement.build.inKeys(equality, Collation::kDeterministic, column, -1, type).value()};
        return render(statement.select, dialect).value();
    };
    const Rendered array = rendered(dialect::kPostgres, "int8", "int8eq(int8,int8)");
    EXPECT_EQ(array.text, "SELECT NULL FROM \"t\" WHERE (\"n\" = $1::int4) AND (\"k\" = ANY($2::int8[]))");
    EXPECT_EQ(array.params, (std::vector<int>{1, -1}));
    const Rendered list = rendered(dialect::kSqlite, "int4", "int4eq(int4,int4)");
    EXPECT_EQ(list.text,
              "SELECT NULL FROM \"t\" WHERE (is_integer(\"n\") AND \"n\" = ?) AND (is_integer(\"k\") AND \"k\" IN (?, "
              "?, ?))");
    EXPECT_EQ(list.params, (std::vector<int>{1, -1, -1, -1}));
    // For the index, and for the bytes.
    EXPECT_EQ(rendered(dialect::kMysql, "text", "texteq(text,text)").params,
              (std::vector<int>{1, -1, -1, -1, -1, -1, -1}));
}

TEST(Render, RefusesKeysThatASourceCannotHold) {
    Statement mysql(dialect::kMysql);
    EXPECT_FALSE(mysql.build.inKeys("date_eq(date,date)", Collation::kNone, mysql.column("d", "date"), -1, "date"));
    Statement plan(dialect::kPlan);
    EXPECT_FALSE(plan.build.inKeys("int4eq(int4,int4)", Collation::kNone, plan.column("k", "int4"), -1, "int4"));
}

TEST(Render, GivesColumnsWithinAnExpressionOneCollation) {
    Statement statement(dialect::kPostgres);
    const Expr* joined =
        statement.build
            .call("textcat(text,text)", "text", Collation::kBytewise,
                  {statement.column("a", "text"), statement.column("b", "varchar")}, Builtin{"||", Notation::kOperator})
            .value();
    EXPECT_EQ(statement.where(statement.call("texteq(text,text)", {joined, statement.constant("text", "x")})),
              "((\"a\" COLLATE \"C\" || \"b\" COLLATE \"C\") = 'x'::text)");
    const Expr* length =
        statement.build
            .call("length(text)", "int4", Collation::kBytewise, {joined}, Builtin{"length", Notation::kFunction})
            .value();
    const Expr* condition = statement.call("int4eq(int4,int4)", {length, statement.constant("int4", "1")});
    EXPECT_EQ(statement.where(
                  statement.build.conditional(ExprKind::kCase, "bool", {condition, condition, condition}).value()),
              "(CASE WHEN (\"length\"((\"a\" COLLATE \"C\" || \"b\" COLLATE \"C\")) = 1) THEN "
              "(\"length\"((\"a\" COLLATE \"C\" || \"b\" COLLATE \"C\")) = 1) ELSE "
              "(\"length\"((\"a\" COLLATE \"C\" || \"b\" COLLATE \"C\")) = 1) END)");
}

TEST(Render, PutsNullsWherePostgresHasThem) {
    const auto ordered = [](const dialect::Dialect& dialect) {
        Statement statement(dialect);
        statement.select.order_by = {{statement.column("n", "int4"), true, true}};
        return statement.text();
    };
    EXPECT_EQ(ordered(dialect::kDuckdb), "SELECT NULL FROM \"t\" ORDER BY \"n\" DESC NULLS FIRST");
    EXPECT_EQ(ordered(dialect::kMysql), "SELECT NULL FROM \"t\" ORDER BY (\"n\") IS NULL DESC, \"n\" DESC");
}

TEST(Render, OffsetAloneNeedsALimitInSomeDialects) {
    const auto skipped = [](const dialect::Dialect& dialect) {
        Statement statement(dialect);
        statement.select.offset = statement.constant("int8", "5");
        return statement.text();
    };
    EXPECT_EQ(skipped(dialect::kPostgres), "SELECT NULL FROM \"t\" OFFSET 5");
    EXPECT_EQ(skipped(dialect::kSqlite), "SELECT NULL FROM \"t\" LIMIT -1 OFFSET 5");
}

TEST(Render, AnAverageComesAsSumAndCount) {
    Statement statement(dialect::kDuckdb);
    const Expr* column = statement.column("n", "int4");
    statement.select.outputs = {statement.build.aggregate({"avg(int4)", "numeric", Collation::kNone, {column}}).value(),
                                statement.build.aggregate({"max(int4)", "int4", Collation::kNone, {column}}).value()};
    const Rendered rendered = render(statement.select, statement.build.dialect()).value();
    EXPECT_EQ(rendered.text, "SELECT sum(\"n\"), count(\"n\"), max(\"n\") FROM \"t\"");
    EXPECT_EQ(rendered.columns_of_output, (std::vector<int>{2, 1}));
}

TEST(Render, JoinsNameTheirTables) {
    Builder build(dialect::kPostgres);
    From* left = build.arena().from();
    left->table = Table{1, "a", {}};
    From* right = build.arena().from();
    right->table = Table{2, "b", {}};
    From* joined = build.arena().from();
    joined->join = JoinType::kLeft;
    joined->left = left;
    joined->right = right;
    Select select;
    select.from = joined;
    select.outputs = {build.column(2, "x", "jsonb").value()};
    EXPECT_EQ(render(select, build.dialect()).value().text, "SELECT r2.\"x\"::text FROM (a r1 LEFT JOIN b r2 ON TRUE)");
}

TEST(Render, ThePlanForm) {
    Statement statement(dialect::kPlan);
    const Expr* id = statement.column("id", "int8");
    statement.select.outputs = {id};
    statement.select.where = {statement.build
                                  .in("int8eq(int8,int8)", Collation::kNone,
                                      {id, statement.constant("int8", "1"), statement.build.param(3, "int8").value()})
                                  .value()};
    statement.select.limit = statement.constant("int8", "10");
    const Rendered rendered = render(statement.select, statement.build.dialect()).value();
    EXPECT_EQ(rendered.text,
              R"json({"version":1,"scan":{"options":{"table_name":"t"}},"columns":["id"],"filter":[{"or":[)json"
              R"json({"call":"int8eq(int8,int8)","args":[{"column":"id"},{"const":{"type":"int8","value":"1"}}]},)json"
              R"json({"call":"int8eq(int8,int8)","args":[{"column":"id"},{"param":1}]}]}],"limit":10})json");
    EXPECT_EQ(rendered.params, std::vector<int>{3});
    statement.select.order_by = {{id, false, false}};
    EXPECT_FALSE(render(statement.select, statement.build.dialect()));
}

}  // namespace
}  // namespace tessera::ir
