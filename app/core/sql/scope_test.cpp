// Texts hold the caret as "|".
#include "app/core/sql/scope.h"

#include "app/core/testing/sample_names.h"

#include <gtest/gtest.h>

namespace tessera::app {
namespace {

struct Marked {
    std::string sql;
    std::size_t caret;
};

Marked unmark(std::string text) {
    const std::size_t caret = text.find('|');
    text.erase(caret, 1);
    return {text, caret};
}

class ScopeTest : public testing::Test {
  protected:
    Scope at(const std::string& text) const {
        const Marked marked = unmark(text);
        return scopeAt(marked.sql, marked.caret, &names_);
    }

    static std::string aliases(const Scope& scope) {
        std::string list;
        for (const ScopeRelation& relation : scope.relations) {
            list += (list.empty() ? "" : " ") + relation.alias + (relation.is_outer ? "^" : "") +
                    (relation.is_unknown ? "?" : "");
        }
        return list;
    }

    std::string columns(const Scope& scope, std::string_view alias) const {
        const ScopeRelation* relation = scope.find(alias);
        if (relation == nullptr) {
            return "(none)";
        }
        std::string list;
        for (const ScopeColumn& column : columnsOf(*relation, &names_)) {
            list += (list.empty() ? "" : " ") + column.name;
        }
        return list;
    }

    NameIndex names_ = sampleNames();
};

TEST_F(ScopeTest, RelationsStandBehindTheCaretToo) {
    const Scope scope = at("select c.na| from customers c join orders as o on o.customer_id = c.id");
    EXPECT_EQ(aliases(scope), "c o");
    EXPECT_EQ(scope.expected, Expected::kExpression);
    EXPECT_EQ(scope.qualifier, (std::vector<std::string>{"c"}));
    EXPECT_EQ(scope.prefix, "na");
    EXPECT_EQ(scope.clause, "select");
    EXPECT_EQ(columns(scope, "c"), "id name country");
}

TEST_F(ScopeTest, HalfWrittenTextHasAScope) {
    EXPECT_EQ(aliases(at("select | from orders o where")), "o");
    EXPECT_EQ(aliases(at("select o.| from orders o, customers")), "o customers");
    EXPECT_EQ(aliases(at("select * from orders o where o.total > (1 + |")), "o");
    EXPECT_EQ(aliases(at("select * from orders wh|")), "orders");
    EXPECT_EQ(aliases(at("select * from nowhere n where |")), "n?");
    EXPECT_EQ(at("select * from orders wh|").expected, Expected::kKeyword);
}

TEST_F(ScopeTest, WhatIsExpectedFollowsFromTheWordsBefore) {
    EXPECT_EQ(at("|").expected, Expected::kStatement);
    EXPECT_EQ(at("sel|").expected, Expected::kStatement);
    EXPECT_EQ(at("select |").expected, Expected::kExpression);
    EXPECT_EQ(at("select a |").expected, Expected::kKeyword);
    EXPECT_EQ(at("select * |").expected, Expected::kKeyword);
    EXPECT_EQ(at("select 2 * |").expected, Expected::kExpression);
    EXPECT_EQ(at("select * from |").expected, Expected::kTable);
    EXPECT_EQ(at("select * from crm.|").expected, Expected::kTable);
    EXPECT_EQ(at("select * from a, |").expected, Expected::kTable);
    EXPECT_EQ(at("select * from a left join |").expected, Expected::kJoinTable);
    EXPECT_EQ(at("select * from a join b on |").expected, Expected::kJoinCondition);
    EXPECT_EQ(at("select * from a where x is distinct from |").expected, Expected::kExpression);
    EXPECT_EQ(at("select extract(year from |").expected, Expected::kExpression);
    EXPECT_EQ(at("select 'a|b'").expected, Expected::kNothing);
    EXPECT_EQ(at("select 1 -- com|").expected, Expected::kNothing);
    EXPECT_EQ(at("select 1 /* x | y */").expected, Expected::kNothing);
    EXPECT_EQ(at("select '|").expected, Expected::kNothing);
    EXPECT_EQ(at("select x as |").expected, Expected::kAlias);
    EXPECT_EQ(at("select * from a order by |").expected, Expected::kExpression);
    EXPECT_EQ(at("update |").expected, Expected::kTable);
    EXPECT_EQ(at("delete from |").expected, Expected::kTable);
    EXPECT_EQ(at("select 1 union |").expected, Expected::kStatement);
}

TEST_F(ScopeTest, CommonTableExpressionsAreTables) {
    const Scope scope =
        at("with recent as (select id, total as amount, c.*, count(*), total::int from orders o join customers c on "
           "true), "
           "named (a, b) as (select 1, 2) select | from recent r, named");
    EXPECT_EQ(aliases(scope), "r named");
    EXPECT_EQ(columns(scope, "r"), "id amount id name country count total");
    EXPECT_EQ(columns(scope, "named"), "a b");
    EXPECT_EQ(scope.ctes.size(), 2U);
}

TEST_F(ScopeTest, InsideACteOnlyTheEarlierOnesAreSeen) {
    const Scope scope = at("with a as (select 1 as x), b as (select | from a), c as (select 2) select * from orders");
    EXPECT_EQ(aliases(scope), "a");
    EXPECT_EQ(columns(scope, "a"), "x");
    ASSERT_EQ(scope.ctes.size(), 1U);
}

TEST_F(ScopeTest, SubqueriesSeeTheQueryAroundThemButNotInFrom) {
    EXPECT_EQ(aliases(at("select * from customers c where exists (select 1 from orders o where o.|)")), "o c^");
    EXPECT_EQ(aliases(at("select * from customers c, (select | from orders) x")), "orders");
    EXPECT_EQ(aliases(at("select * from customers c, lateral (select | from orders) x")), "orders c^");
    EXPECT_EQ(aliases(at("select * from customers c join lateral (select | from orders) x on true, order_items i")),
              "orders c^");
    const Scope outside = at("select | from (select id, name n from customers) x");
    EXPECT_EQ(columns(outside, "x"), "id n");
}

TEST_F(ScopeTest, EveryArmOfAUnionHasItsOwnTables) {
    EXPECT_EQ(aliases(at("select id from customers union all select | from orders")), "orders");
    EXPECT_EQ(aliases(at("select | from customers union all select id from orders")), "customers");
}

TEST_F(ScopeTest, TargetsOfChanges) {
    Scope scope = at("insert into orders (id, |");
    EXPECT_EQ(scope.expected, Expected::kTargetColumns);
    ASSERT_TRUE(scope.target);
    EXPECT_EQ(scope.target->name, "orders");
    scope = at("update orders o set |");
    EXPECT_EQ(scope.expected, Expected::kTargetColumns);
    EXPECT_EQ(aliases(scope), "o");
    EXPECT_EQ(aliases(at("update orders o set total = 1 from customers c where |")), "o c");
    EXPECT_EQ(aliases(at("delete from orders o using customers c where |")), "o c");
    EXPECT_EQ(aliases(at("insert into orders (id) values (1) on conflict (id) do update set total = |")),
              "orders excluded");
    EXPECT_EQ(aliases(at("insert into orders (id) select | from customers")), "customers");
    EXPECT_EQ(aliases(at("insert into orders values (1) returning |")), "orders");
}

TEST_F(ScopeTest, UsingOffersSharedColumns) {
    EXPECT_EQ(at("select * from orders join order_items using (|)").expected, Expected::kSharedColumns);
}

TEST_F(ScopeTest, FunctionsAndValuesAreRelations) {
    const Scope scope =
        at("select | from generate_series(1, 3) g, (values (1, 'a')) v (n, t), unnest(array[1]) with "
           "ordinality as u (x, place), json_to_record('{}') as j (a int, b numeric(3,1))");
    EXPECT_EQ(aliases(scope), "g v u j");
    EXPECT_EQ(columns(scope, "v"), "n t");
    EXPECT_EQ(columns(scope, "u"), "x place");
    EXPECT_EQ(columns(scope, "j"), "a b");
}

TEST_F(ScopeTest, ExplainAndCreateStandBeforeTheQuery) {
    EXPECT_EQ(aliases(at("explain (analyze, verbose) select | from orders")), "orders");
    EXPECT_EQ(aliases(at("create view v as with x as (select 1) select | from orders, x")), "orders x");
}

TEST_F(ScopeTest, QuotedNamesAreExact) {
    const Scope scope = at("select | from crm.\"Leads 2024\" l");
    EXPECT_EQ(columns(scope, "l"), "Lead Id");
    EXPECT_EQ(aliases(at("select | from \"ORDERS\"")), "ORDERS?");
}

TEST_F(ScopeTest, NoTextBreaksIt) {
    const std::string text =
        "with r as (select (1), $$x$$ from (a join b using (c)) where x in (select 1)) insert into t (a) select * from "
        "r union (select 'x' , ) order by 1 returning *; )) ((( , . select from join on update set where";
    for (std::size_t from = 0; from < text.size(); from += 3) {
        for (std::size_t to = from; to < text.size(); to += 7) {
            const std::string part = text.substr(from, to - from);
            for (std::size_t caret = 0; caret <= part.size(); caret += 5) {
                scopeAt(part, caret, &names_);
                callAt(part, caret);
            }
        }
    }
    scopeAt(std::string(3000, '('), 2999, &names_);
    std::string nested;
    for (int i = 0; i < 200; ++i) {
        nested += "select * from (";
    }
    scopeAt(nested, nested.size(), &names_);
}

TEST(CallAt, FindsTheFunctionAndTheArgument) {
    const auto at = [](const std::string& text) {
        const Marked marked = unmark(text);
        return callAt(marked.sql, marked.caret);
    };
    const auto call = at("select round(avg(x), |");
    ASSERT_TRUE(call);
    EXPECT_EQ(call->name, (std::vector<std::string>{"round"}));
    EXPECT_EQ(call->argument, 1U);
    EXPECT_EQ(at("select crm.rout(|)")->name, (std::vector<std::string>{"crm", "rout"}));
    EXPECT_EQ(at("select round(array[1, 2|], 3)")->argument, 0U);
    EXPECT_FALSE(at("select (1, |)"));
    EXPECT_FALSE(at("select round(1)|"));
    EXPECT_EQ(at("select round(x, 'a,|")->argument, 1U);
}

}  // namespace
}  // namespace tessera::app
