// Texts hold the caret as "|".
#include "app/core/sql/completion.h"

#include "app/core/testing/sample_names.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace tessera::app {
namespace {

class CompletionTest : public testing::Test {
  protected:
    std::vector<Proposal> at(std::string text) const {
        const std::size_t caret = text.find('|');
        text.erase(caret, 1);
        return complete(scopeAt(text, caret, &names_), &names_);
    }

    static std::vector<std::string> inserts(const std::vector<Proposal>& proposals, std::size_t limit = 100) {
        std::vector<std::string> texts;
        for (const Proposal& proposal : proposals) {
            if (texts.size() < limit) {
                texts.push_back(proposal.insert);
            }
        }
        return texts;
    }

    static bool has(const std::vector<Proposal>& proposals, std::string_view insert) {
        return std::any_of(proposals.begin(), proposals.end(),
                           [&](const Proposal& proposal) { return proposal.insert == insert; });
    }

    NameIndex names_ = sampleNames();
};

TEST_F(CompletionTest, BehindAnAliasStandItsColumnsOnlyInTheirOrder) {
    EXPECT_EQ(inserts(at("select 1 from orders o join customers c on o.|")),
              (std::vector<std::string>{"id", "customer_id", "placed_at", "total"}));
    const auto proposals = at("select o.p| from orders o join customers c on true");
    EXPECT_EQ(inserts(proposals), (std::vector<std::string>{"placed_at"}));
    EXPECT_EQ(proposals[0].detail, "timestamp with time zone");
    EXPECT_EQ(proposals[0].comment, "When the customer paid");
}

TEST_F(CompletionTest, NamesThatTwoRelationsHaveAreQualified) {
    const auto proposals = at("select i| from orders o join customers c on true");
    EXPECT_TRUE(has(proposals, "o.id"));
    EXPECT_TRUE(has(proposals, "c.id"));
    EXPECT_FALSE(has(proposals, "id"));
    EXPECT_EQ(inserts(at("select cust| from orders o join customers c on true"), 1),
              (std::vector<std::string>{"customer_id"}));
}

TEST_F(CompletionTest, TablesFollowTheSearchPathAndOthersGetTheirSchema) {
    const auto proposals = at("select * from ord|");
    EXPECT_EQ(inserts(proposals, 3), (std::vector<std::string>{"order_items", "orders", "crm.orders"}));
    EXPECT_EQ(inserts(at("select * from crm.|")), (std::vector<std::string>{"\"Leads 2024\"", "orders"}));
    EXPECT_TRUE(has(at("select * from cr|"), "crm."));
    EXPECT_EQ(inserts(at("with totals as (select 1) select * from t|"), 1), (std::vector<std::string>{"totals"}));
}

TEST_F(CompletionTest, JoinsAreProposedFromKeysAndFromNames) {
    EXPECT_EQ(inserts(at("select * from orders o join |"), 1),
              (std::vector<std::string>{"order_items oi ON oi.order_id = o.id"}));
    EXPECT_EQ(inserts(at("select * from orders o join order_items i on |"), 1),
              (std::vector<std::string>{"i.order_id = o.id"}));
    EXPECT_EQ(inserts(at("select * from orders o join customers c on |"), 1),
              (std::vector<std::string>{"c.id = o.customer_id"}));
    EXPECT_EQ(inserts(at("select * from customers c join orders o on |"), 1),
              (std::vector<std::string>{"o.customer_id = c.id"}));
}

/// Two sources, between which there are no keys.
TEST_F(CompletionTest, JoinsAcrossSourcesAreProposedFromCommentsAndElseFromSameNames) {
    NameIndexBuilder builder;
    builder.addSchema("geography");
    builder.addSchema("lake");
    builder.addTable("geography", "airports", RelationKind::kForeignTable, "Where planes land");
    builder.addColumn("iata", "character varying(4)", true, 1, "");
    builder.addColumn("state", "character(2)", false, 0, "");
    builder.addColumn("latitude", "double precision", false, 0, "");
    builder.addTable("geography", "zipcodes", RelationKind::kForeignTable, "");
    builder.addColumn("zip_code", "character(5)", true, 1, "");
    builder.addColumn("state", "character(2)", false, 0, "");
    builder.addColumn("latitude", "double precision", false, 0, "");
    builder.addTable("lake", "flights", RelationKind::kForeignTable, "");
    builder.addColumn("origin", "text", false, 0, "Where it left from: `geography.airports.iata`.");
    builder.addColumn("destination", "text", false, 0, "See airports.iata");
    builder.addColumn("note", "text", false, 0,
                      "Not of airport.iata, nor geography.airports.iata2, nor x.airports.iata");
    names_ = builder.finish();
    const auto of_joins = [&](const char* text) {
        std::vector<std::pair<std::string, JoinBasis>> joins;
        for (const Proposal& proposal : at(text)) {
            if (proposal.join_basis) {
                joins.emplace_back(proposal.insert, *proposal.join_basis);
            }
        }
        return joins;
    };
    using Joins = std::vector<std::pair<std::string, JoinBasis>>;
    const Joins said{{"f.origin = a.iata", JoinBasis::kComment}, {"f.destination = a.iata", JoinBasis::kComment}};
    EXPECT_EQ(of_joins("select * from geography.airports a join lake.flights f on |"), said);
    // The other way round, with the table: the comment with its schema is enough to find it.
    const Joins whole = of_joins("select * from lake.flights f join |");
    ASSERT_EQ(whole.size(), 2);
    EXPECT_EQ(whole[0].first, "geography.airports a ON a.iata = f.origin");
    EXPECT_EQ(whole[0].second, JoinBasis::kComment);
    // Numbers that are seldom equal are no guess.
    EXPECT_EQ(of_joins("select * from geography.airports a join geography.zipcodes z on |"),
              (Joins{{"z.state = a.state", JoinBasis::kSameName}}));
    // A guess is no reason to propose a table.
    EXPECT_TRUE(of_joins("select * from geography.zipcodes z join |").empty());
}

TEST_F(CompletionTest, AStarIsWrittenOut) {
    EXPECT_TRUE(has(at("select | from customers"), "id, name, country"));
    EXPECT_TRUE(has(at("select c.| from customers c join orders o on true"), "id, c.name, c.country"));
    EXPECT_TRUE(has(at("insert into customers (|"), "id, name, country"));
}

TEST_F(CompletionTest, FunctionsComeWithTheirArgumentsAndOnlyFromThePath) {
    const auto proposals = at("select ro|");
    std::vector<std::string> details;
    for (const Proposal& proposal : proposals) {
        if (proposal.kind == Proposal::Kind::kFunction) {
            details.push_back(proposal.label + proposal.detail);
        }
    }
    EXPECT_EQ(details, (std::vector<std::string>{"round(numeric) → numeric", "round(numeric, integer) → numeric",
                                                 "row_number() → bigint"}));
    EXPECT_EQ(inserts(at("select crm.r|")), (std::vector<std::string>{"rout()"}));
}

TEST_F(CompletionTest, KeywordsFitTheirPlaceAndTheTypedCase) {
    EXPECT_TRUE(has(at("SEL|"), "SELECT"));
    EXPECT_TRUE(has(at("sel|"), "select"));
    EXPECT_FALSE(has(at("sel|"), "from"));
    EXPECT_EQ(inserts(at("select * from orders wh|"), 1), (std::vector<std::string>{"where"}));
    EXPECT_EQ(inserts(at("select * from orders GR|"), 1), (std::vector<std::string>{"GROUP BY"}));
    EXPECT_TRUE(at("select 'sel|'").empty());
    EXPECT_TRUE(at("select a as x|").empty());
}

TEST_F(CompletionTest, TargetsAndSharedColumns) {
    EXPECT_EQ(inserts(at("update orders set t|"), 1), (std::vector<std::string>{"total"}));
    EXPECT_EQ(inserts(at("select * from orders join customers using (|")), (std::vector<std::string>{"id"}));
}

TEST_F(CompletionTest, NamesInScopeAreFoundByTheirLettersInOrder) {
    EXPECT_EQ(inserts(at("select o.pa| from orders o"), 1), (std::vector<std::string>{"placed_at"}));
    std::string text = "select * from oit";
    const Scope scope = scopeAt(text, text.size(), &names_);
    EXPECT_TRUE(complete(scope, &names_).empty());
    EXPECT_EQ(inserts(completeFuzzily(scope, names_), 1), (std::vector<std::string>{"order_items"}));
}

TEST_F(CompletionTest, WithoutACatalogTheStatementItselfIsKnown) {
    const std::string text = "with x as (select 1 as abc) select a from x";
    const std::size_t caret = text.find("a from") + 1;
    EXPECT_TRUE(has(complete(scopeAt(text, caret, nullptr), nullptr), "abc"));
}

}  // namespace
}  // namespace tessera::app
