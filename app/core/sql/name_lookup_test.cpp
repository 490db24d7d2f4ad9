#include "app/core/sql/name_lookup.h"

#include "app/core/testing/sample_names.h"

#include <gtest/gtest.h>

namespace tessera::app {
namespace {

class NameLookupTest : public testing::Test {
  protected:
    std::optional<NameMeaning> at(const std::string& sql, std::string_view word) const {
        return meaningAt(sql, sql.find(word) + 1, names_);
    }

    std::string unknown(const std::string& sql, const std::set<std::string>& created = {}) const {
        std::string list;
        for (const UnknownName& name : unknownNames(sql, names_, created)) {
            list += (list.empty() ? "" : " ") + sql.substr(name.begin, name.end - name.begin);
        }
        return list;
    }

    NameIndex names_ = sampleNames();
};

TEST_F(NameLookupTest, TellsColumnsTablesFunctionsAndCtesApart) {
    const std::string sql =
        "with big as (select id from orders) select c.name, round(1), total from customers c, "
        "public.orders ord, big";
    auto meaning = at(sql, "name,");
    ASSERT_TRUE(meaning);
    EXPECT_EQ(meaning->title, "customers.name  text");
    EXPECT_EQ(meaning->lines, (std::vector<std::string>{"Full name", "customers: People who bought something"}));
    EXPECT_EQ(at(sql, "total")->title, "orders.total  numeric(12,2)");
    EXPECT_EQ(at(sql, "round")->title, "round(numeric) → numeric");
    EXPECT_EQ(at(sql, "customers")->title, "public.customers  table");
    EXPECT_EQ(at(sql, "orders ord")->title, "public.orders  foreign table");
    EXPECT_EQ(at(sql, "orders)")->title, "public.orders  foreign table");
    EXPECT_EQ(at(sql, "c.name")->title, "public.customers  table");
    meaning = meaningAt(sql, sql.rfind("big") + 1, names_);
    ASSERT_TRUE(meaning);
    EXPECT_EQ(meaning->kind, NameMeaning::Kind::kInStatement);
    EXPECT_EQ(meaning->defined_at, sql.find("big"));
    EXPECT_FALSE(at(sql, "select"));
    EXPECT_FALSE(at("select 'orders' from customers", "orders"));
}

TEST_F(NameLookupTest, SignaturesFollowTheSearchPath) {
    const auto signatures = signaturesOf({{"round"}, 0, 0}, names_);
    ASSERT_EQ(signatures.size(), 2U);
    EXPECT_EQ(signatures[1].arguments, (std::vector<std::string>{"numeric", "integer"}));
    EXPECT_TRUE(signaturesOf({{"rout"}, 0, 0}, names_).empty());
    EXPECT_EQ(signaturesOf({{"crm", "rout"}, 0, 0}, names_).at(0).arguments[1], "b text DEFAULT 'x'::text");
}

TEST_F(NameLookupTest, OnlyWhatCannotBeRightIsUnknown) {
    EXPECT_EQ(unknown("select c.name, c.nope, x.y from customers c, nowhere n"), "nowhere nope");
    EXPECT_EQ(unknown("select * from (select 1 from missing) q, crm.\"Leads 2024\""), "missing");
    EXPECT_EQ(unknown("select t.relname from pg_class t, pg_catalog.pg_namespace n, information_schema.tables"), "");
    EXPECT_EQ(unknown("with r as (select 1 as a) select r.a from r"), "");
    EXPECT_EQ(unknown("select fresh.a from fresh", {"fresh"}), "");
    EXPECT_EQ(unknown("update orders o set total = o.totl where o.ctid is null"), "totl");
    EXPECT_EQ(unknown("insert into gone (a) select id from customers"), "gone");
    EXPECT_EQ(unknown("delete from crm.lead where id = 1"), "crm.lead");
    EXPECT_EQ(unknown("create table x as select * from nowhere"), "");
    EXPECT_EQ(unknown("select * from generate_series(1, 2) g where g.g > 1"), "");
}

TEST_F(NameLookupTest, KnowsWhatAStatementCreates) {
    EXPECT_EQ(createdName("create temp table if not exists s.Fresh (a int)"), "fresh");
    EXPECT_EQ(createdName("create or replace view v as select 1"), "v");
    EXPECT_EQ(createdName("select 1"), "");
}

}  // namespace
}  // namespace tessera::app
