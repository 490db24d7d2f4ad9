/// What the dialects write whose systems are not at hand when tests run: SQL Server, Oracle, Teradata, DB2, and the
/// generic ones. The texts were checked against the systems' manuals.
#include "plugins/sdk/ir/builder.h"
#include "plugins/sdk/ir/render.h"

#include <gtest/gtest.h>

namespace tessera::ir {
namespace {

using dialect::Dialect;

struct Statement {
    explicit Statement(const Dialect& dialect) : build(dialect) {
        From* from = build.arena().from();
        from->table = Table{1, dialect::quoteIdentifier(dialect, "my \"t]\""), {}};
        select.from = from;
        select.outputs = {column("id", "int4")};
    }

    const Expr* column(const char* name, const char* type) { return build.column(1, name, type).value(); }

    Result<const Expr*> compare(const char* signature, const char* name, const char* type, const char* value) {
        const Expr* bound = TSR_TRY(build.constant(type, value));
        return build.call(signature, "bool", Collation::kBytewise, {column(name, type), bound});
    }

    void where(Result<const Expr*> condition) {
        ASSERT_TRUE(condition) << condition.error().message;
        select.where.push_back(*condition);
    }

    void bounds(const char* limit, const char* offset) {
        select.limit = limit != nullptr ? build.constant("int8", limit).value() : nullptr;
        select.offset = offset != nullptr ? build.constant("int8", offset).value() : nullptr;
    }

    std::string text() { return render(select, build.dialect()).value().text; }

    Builder build;
    Select select;
};

struct Golden {
    const Dialect& dialect;
    const char* text;
};

TEST(Golden, Filters) {
    const Golden goldens[] = {
        {dialect::kSqlServer,
         "SELECT [id] FROM [my \"t]]\"] WHERE ([id] < (-5)) AND ([name] = N'O''Hara') AND ([flag] <> 0) AND ([flag] IS "
         "NULL) AND ([big] IN (CAST(? AS bigint), 7))"},
        {dialect::kOracle,
         "SELECT \"id\" FROM \"my \"\"t]\"\"\" WHERE (\"id\" < (-5)) AND (\"name\" = 'O''Hara') AND (\"flag\" <> 0) "
         "AND "
         "(\"flag\" IS NULL) AND (\"big\" IN (?, 7))"},
        {dialect::kTeradata,
         "SELECT \"id\" FROM \"my \"\"t]\"\"\" WHERE (\"id\" < (-5)) AND (\"name\" = 'O''Hara') AND (\"flag\" <> 0) "
         "AND "
         "(\"flag\" IS NULL) AND (\"big\" IN (CAST(? AS BIGINT), 7))"},
        {dialect::kDb2,
         "SELECT \"id\" FROM \"my \"\"t]\"\"\" WHERE (\"id\" < (-5)) AND (\"name\" = 'O''Hara') AND (\"flag\" <> 0) "
         "AND "
         "(\"flag\" IS NULL) AND (\"big\" IN (CAST(? AS BIGINT), 7))"},
    };
    for (const Golden& golden : goldens) {
        Statement statement(golden.dialect);
        statement.where(statement.compare("int4lt(int4,int4)", "id", "int4", "-5"));
        statement.where(statement.compare("texteq(text,text)", "name", "text", "O'Hara"));
        statement.where(statement.column("flag", "bool"));
        statement.where(statement.build.nullTest(ExprKind::kIsNull, statement.column("flag", "bool")));
        statement.where(statement.build.in("int8eq(int8,int8)", Collation::kNone,
                                           {statement.column("big", "int8"), statement.build.param(1, "int8").value(),
                                            statement.build.constant("int8", "7").value()}));
        EXPECT_EQ(statement.text(), golden.text) << golden.dialect.name;
    }
}

TEST(Golden, DatesAndMoments) {
    const auto dated = [](const Dialect& dialect) {
        Statement statement(dialect);
        statement.where(statement.compare("date_ge(date,date)", "day", "date", "2024-02-29"));
        return statement.text().substr(statement.text().find(" WHERE ") + 7);
    };
    EXPECT_EQ(dated(dialect::kSqlServer), "([day] >= CAST('2024-02-29' AS date))");
    EXPECT_EQ(dated(dialect::kTeradata), "(\"day\" >= DATE '2024-02-29')");
    EXPECT_EQ(dated(dialect::kDb2), "(\"day\" >= DATE('2024-02-29'))");
    EXPECT_EQ(dated(dialect::kGeneric), "(\"day\" >= {d '2024-02-29'})");
    Statement oracle(dialect::kOracle);
    EXPECT_FALSE(oracle.compare("date_ge(date,date)", "day", "date", "2024-02-29"));  // its DATE has a time of day
    oracle.where(oracle.compare("timestamp_lt(timestamp,timestamp)", "at", "timestamp", "2024-02-29 12:00:00.000001"));
    EXPECT_EQ(oracle.text(),
              "SELECT \"id\" FROM \"my \"\"t]\"\"\" WHERE (\"at\" < TIMESTAMP '2024-02-29 12:00:00.000001')");
    // Ticks of 1/300 s.
    EXPECT_FALSE(Statement(dialect::kSqlServer)
                     .compare("timestamp_lt(timestamp,timestamp)", "at", "timestamp", "2024-02-29 12:00:00"));
}

TEST(Golden, OrderAndLimit) {
    const Golden goldens[] = {
        {dialect::kSqlServer,
         "SELECT [id] FROM [my \"t]]\"] ORDER BY CASE WHEN [id] IS NULL THEN 0 ELSE 1 END, [id] DESC OFFSET 2 ROWS "
         "FETCH "
         "NEXT 5 ROWS ONLY"},
        {dialect::kOracle,
         "SELECT \"id\" FROM \"my \"\"t]\"\"\" ORDER BY \"id\" DESC NULLS FIRST OFFSET 2 ROWS FETCH FIRST 5 ROWS ONLY"},
        {dialect::kDb2,
         "SELECT \"id\" FROM \"my \"\"t]\"\"\" ORDER BY CASE WHEN \"id\" IS NULL THEN 0 ELSE 1 END, \"id\" DESC OFFSET "
         "2 "
         "ROWS FETCH FIRST 5 ROWS ONLY"},
    };
    for (const Golden& golden : goldens) {
        Statement statement(golden.dialect);
        statement.select.order_by = {{statement.column("id", "int4"), true, true}};
        statement.bounds("5", "2");
        EXPECT_EQ(statement.text(), golden.text) << golden.dialect.name;
    }
    Statement top(dialect::kSqlServer);
    top.bounds("5", nullptr);
    EXPECT_EQ(top.text(), "SELECT TOP 5 [id] FROM [my \"t]]\"]");
    top.bounds("5", "2");  // an offset needs an order
    EXPECT_EQ(top.text(), "SELECT [id] FROM [my \"t]]\"] ORDER BY (SELECT NULL) OFFSET 2 ROWS FETCH NEXT 5 ROWS ONLY");
    top.bounds("0", "2");  // FETCH NEXT 0 is an error
    EXPECT_EQ(top.text(), "SELECT TOP 0 [id] FROM [my \"t]]\"]");
    top.bounds(nullptr, "2");
    EXPECT_EQ(top.text(), "SELECT [id] FROM [my \"t]]\"] ORDER BY (SELECT NULL) OFFSET 2 ROWS");
    Statement teradata(dialect::kTeradata);
    teradata.select.order_by = {{teradata.column("id", "int4"), false, false}};
    teradata.bounds("5", nullptr);
    EXPECT_EQ(teradata.text(), "SELECT TOP 5 \"id\" FROM \"my \"\"t]\"\"\" ORDER BY \"id\" ASC NULLS LAST");
}

TEST(Golden, Groups) {
    const Golden goldens[] = {
        {dialect::kSqlServer,
         "SELECT [id], COUNT_BIG(*), SUM(CAST([id] AS bigint)), COUNT_BIG([id]), MAX([id]) FROM [my \"t]]\"] GROUP BY "
         "[id] HAVING (COUNT_BIG(*) > 1)"},
        {dialect::kOracle,
         "SELECT \"id\", COUNT(*), SUM(\"id\"), COUNT(\"id\"), MAX(\"id\") FROM \"my \"\"t]\"\"\" GROUP BY \"id\" "
         "HAVING "
         "(COUNT(*) > 1)"},
        {dialect::kTeradata,
         "SELECT \"id\", CAST(COUNT(*) AS BIGINT), SUM(CAST(\"id\" AS DECIMAL(38, 0))), CAST(COUNT(\"id\") AS BIGINT), "
         "MAX(\"id\") FROM \"my \"\"t]\"\"\" GROUP BY \"id\" HAVING (CAST(COUNT(*) AS BIGINT) > 1)"},
        {dialect::kDb2,
         "SELECT \"id\", COUNT_BIG(*), SUM(CAST(\"id\" AS BIGINT)), COUNT_BIG(\"id\"), MAX(\"id\") FROM \"my "
         "\"\"t]\"\"\" GROUP BY \"id\" HAVING (COUNT_BIG(*) > 1)"},
    };
    for (const Golden& golden : goldens) {
        Statement statement(golden.dialect);
        Builder& build = statement.build;
        const Expr* id = statement.column("id", "int4");
        const Expr* count = build.aggregate({"count()", "int8", Collation::kNone, {}}).value();
        statement.select.outputs = {id, count,
                                    build.aggregate({"avg(int4)", "numeric", Collation::kNone, {id}}).value(),
                                    build.aggregate({"max(int4)", "int4", Collation::kNone, {id}}).value()};
        statement.select.grouped = true;
        statement.select.group_by = {id};
        statement.select.having = {
            build.call("int84gt(int8,int4)", "bool", Collation::kNone, {count, build.constant("int4", "1").value()})
                .value()};
        EXPECT_EQ(statement.text(), golden.text) << golden.dialect.name;
    }
}

TEST(Golden, JoinsOfTables) {
    Statement statement(dialect::kSqlServer);
    From* right = statement.build.arena().from();
    right->table = Table{2, "[sales].[dbo].[orders]", {}};
    From* join = statement.build.arena().from();
    join->join = JoinType::kFull;
    join->left = statement.select.from;
    join->right = right;
    join->on = {statement.build
                    .call("int4eq(int4,int4)", "bool", Collation::kNone,
                          {statement.column("id", "int4"), statement.build.column(2, "customer", "int4").value()})
                    .value()};
    statement.select.from = join;
    EXPECT_EQ(statement.text(),
              "SELECT r1.[id] FROM ([my \"t]]\"] r1 FULL JOIN [sales].[dbo].[orders] r2 ON (r1.[id] = r2.[customer]))");
    join->on = {};
    join->join = JoinType::kInner;
    EXPECT_EQ(statement.text(), "SELECT r1.[id] FROM ([my \"t]]\"] r1 INNER JOIN [sales].[dbo].[orders] r2 ON 1=1)");
}

TEST(Golden, AConditionAsOutputIsANumber) {
    Statement statement(dialect::kSqlServer);
    statement.select.outputs = {statement.compare("int4lt(int4,int4)", "id", "int4", "5").value()};
    EXPECT_EQ(statement.text(), "SELECT CASE WHEN ([id] < 5) THEN 1 WHEN NOT ([id] < 5) THEN 0 END FROM [my \"t]]\"]");
}

/// What more than PostgreSQL is equal there may only choose rows to be looked at again.
TEST(Golden, TextIsLookedUpAndFilteredAgain) {
    for (const Dialect* dialect :
         {&dialect::kSqlServer, &dialect::kOracle, &dialect::kTeradata, &dialect::kDb2, &dialect::kGeneric}) {
        Statement statement(*dialect);
        const auto equal = statement.compare("texteq(text,text)", "name", "text", "x");
        ASSERT_TRUE(equal) << dialect->name;
        EXPECT_EQ((*equal)->exactness, Exactness::kSuperset) << dialect->name;
        EXPECT_FALSE(statement.build.logic(ExprKind::kNot, {*equal})) << dialect->name;
        EXPECT_FALSE(statement.compare("textne(text,text)", "name", "text", "x")) << dialect->name;
        EXPECT_FALSE(statement.compare("text_lt(text,text)", "name", "text", "x")) << dialect->name;
        const Expr* name = statement.column("name", "text");
        EXPECT_FALSE(statement.build.checkGroupKey(name, Collation::kBytewise)) << dialect->name;
        EXPECT_FALSE(statement.build.checkSortKey(name, Collation::kBytewise)) << dialect->name;
        const auto in = statement.build.in("texteq(text,text)", Collation::kBytewise,
                                           {name, statement.build.constant("text", "x").value()});
        ASSERT_TRUE(in) << dialect->name;
        EXPECT_EQ((*in)->exactness, Exactness::kSuperset) << dialect->name;
        EXPECT_EQ(static_cast<bool>(statement.build.constant("text", "é")), dialect == &dialect::kSqlServer)
            << dialect->name;
        EXPECT_EQ(static_cast<bool>(statement.build.constant("text", "a\\")), dialect == &dialect::kSqlServer)
            << dialect->name;
        EXPECT_TRUE(statement.build.param(1, "text")) << dialect->name;
        EXPECT_FALSE(statement.build.call("texteq(text,text)", "bool", Collation::kBytewise,
                                          {name, statement.column("other", "text")}))
            << dialect->name;
    }
}

TEST(Golden, ConditionsAreNoValues) {
    for (const Dialect* dialect : {&dialect::kSqlServer, &dialect::kOracle, &dialect::kTeradata, &dialect::kDb2}) {
        Statement statement(*dialect);
        const Expr* flag = statement.column("flag", "bool");
        const Expr* small = statement.compare("int4lt(int4,int4)", "id", "int4", "5").value();
        EXPECT_FALSE(statement.build.call("booleq(bool,bool)", "bool", Collation::kNone, {flag, small}));
        EXPECT_FALSE(statement.build.nullTest(ExprKind::kIsNull, small));
        EXPECT_TRUE(statement.build.nullTest(ExprKind::kIsNull, flag));
        EXPECT_FALSE(statement.build.aggregate({"count(any)", "int8", Collation::kNone, {flag}}));
        EXPECT_FALSE(statement.build.checkGroupKey(flag, Collation::kNone));
        EXPECT_FALSE(statement.build.checkSortKey(flag, Collation::kNone));
        EXPECT_TRUE(statement.build.logic(ExprKind::kNot, {flag}));
    }
}

TEST(Golden, TheGenericDialectsKnowLittle) {
    Statement generic(dialect::kGeneric);
    const Expr* id = generic.column("id", "int4");
    EXPECT_FALSE(generic.build.aggregate({"count()", "int8", Collation::kNone, {}}));
    EXPECT_FALSE(generic.build.checkGroupKey(id, Collation::kNone));
    EXPECT_FALSE(generic.build.checkSortKey(id, Collation::kNone));
    EXPECT_FALSE(generic.build.checkCondition(generic.column("flag", "bool")));
    EXPECT_FALSE(generic.build.logic(ExprKind::kNot, {generic.column("flag", "bool")}));
    EXPECT_FALSE(generic.build.constant("numeric", "1.5"));
    EXPECT_FALSE(generic.build.constant("timestamp", "2024-02-29 00:00:00"));
    Statement integers(dialect::kIntegers);
    EXPECT_TRUE(integers.compare("int4lt(int4,int4)", "id", "int4", "5"));
    EXPECT_FALSE(integers.compare("date_ge(date,date)", "day", "date", "2024-02-29"));
    EXPECT_FALSE(integers.compare("texteq(text,text)", "name", "text", "x"));
}

}  // namespace
}  // namespace tessera::ir
