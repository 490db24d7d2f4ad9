#include "app/core/sql/formatter.h"

#include "app/core/sql/parser.h"

#include <gtest/gtest.h>

namespace tessera::app {
namespace {

std::string formatted(std::string_view sql) {
    const auto result = formatStatement(sql);
    return result ? *result : "refused: " + result.error().message;
}

TEST(Formatter, ClausesStandOnLinesOfTheirOwn) {
    EXPECT_EQ(
        formatted("select a.x,count(*) from t a left join u b on a.id=b.id and b.y>1 where a.x between 1 and 5 and "
                  "(b.z is null or b.z<>-1) group by a.x order by 2 desc limit 10"),
        "SELECT a.x, count(*)\n"
        "FROM t a\n"
        "LEFT JOIN u b ON a.id = b.id\n"
        "    AND b.y > 1\n"
        "WHERE a.x BETWEEN 1 AND 5\n"
        "  AND (b.z IS NULL OR b.z <> -1)\n"
        "GROUP BY a.x\n"
        "ORDER BY 2 DESC\n"
        "LIMIT 10");
}

TEST(Formatter, SubqueriesAreIndentedAndLongListsBroken) {
    EXPECT_EQ(formatted("with x as (select 1 as a) select a from (select a from x) q"),
              "WITH x AS (\n    SELECT 1 AS a\n)\nSELECT a\nFROM (\n    SELECT a\n    FROM x\n) q");
    EXPECT_EQ(formatted("select first_long_column_name, second_long_column_name, third_long_column_name, "
                        "fourth_long_column_name from t"),
              "SELECT\n    first_long_column_name,\n    second_long_column_name,\n    third_long_column_name,\n"
              "    fourth_long_column_name\nFROM t");
}

TEST(Formatter, CommentsStringsAndParametersStay) {
    EXPECT_EQ(formatted("select 'Select  from' -- why\n, :p::int /* in */ from t -- end"),
              "SELECT 'Select  from' -- why\n, :p::int /* in */\nFROM t -- end");
}

TEST(Formatter, WhatDoesNotParseIsRefused) {
    EXPECT_EQ(formatted("selec 1"), "refused: the statement does not parse, so it is left as it is");
    EXPECT_EQ(formatScript("select  1;\nselec  2;\n\n-- x\nselect   3"), "SELECT 1;\nselec  2;\n\n-- x\nSELECT 3");
}

TEST(Formatter, ManyStatementsKeepTheirMeaningAndAreStable) {
    for (const char* sql : {
             "insert into t (a, b) values (1, 'x'), (2, $$y$$) on conflict (a) do update set b = excluded.b returning "
             "*",
             "update t set a = a + 1, b = left(b, 3) from u where t.id = u.id and not exists (select 1 from v)",
             "delete from t using u where t.id=u.id",
             "select case when a then 1 when b and c then 2 else 3 end, x::numeric(10,2), arr[1:2], (r).f from t",
             "select sum(x) over (partition by a order by b rows between 1 preceding and current row) from t window w "
             "as "
             "(order by z)",
             "select * from a natural join b cross join c join lateral (select 1) d on true",
             "select 1 union all select 2 except (select 3 order by 1)",
             "create table t (a int primary key, b text default 'x' check (b <> ''))",
             "select e'\\n', U&'\\0041', b'01', 1e-5, - -1, a->>'b', not a, x is distinct from y from \"T\" for update "
             "of t",
             "select extract(year from d), coalesce(a, b), array[1, 2], row(1, 2), interval '1 day' from t",
             "with recursive r(n) as (values (1) union all select n + 1 from r where n < 5) select * from r",
             "explain (analyze, verbose) select 1",
             "create function f(a int) returns int language sql begin atomic select a; end",
         }) {
        const std::string once = formatted(sql);
        EXPECT_EQ(once.find("refused"), std::string::npos) << sql << "\n" << once;
        EXPECT_EQ(formatted(once), once) << sql;
        EXPECT_EQ(fingerprintOf(once), fingerprintOf(sql)) << once;
    }
}

}  // namespace
}  // namespace tessera::app
