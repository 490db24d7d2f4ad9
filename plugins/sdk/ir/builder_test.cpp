#include "plugins/sdk/ir/builder.h"

#include <gtest/gtest.h>

namespace tessera::ir {
namespace {

const Expr* textColumn(Builder& build) {
    return build.column(1, "name", "text").value();
}

std::string refusal(const Result<const Expr*>& made) {
    return made ? "(made)" : made.error().message;
}

TEST(Builder, ComparesTextWhereTheCollationAllows) {
    Builder build(dialect::kPostgres);
    const Expr* bound = build.constant("text", "x").value();
    const std::vector<const Expr*> args{textColumn(build), bound};
    EXPECT_TRUE(build.call("texteq(text,text)", "bool", Collation::kDeterministic, args));
    EXPECT_FALSE(build.call("texteq(text,text)", "bool", Collation::kNondeterministic, args));
    EXPECT_TRUE(build.call("text_lt(text,text)", "bool", Collation::kBytewise, args));
    EXPECT_EQ(refusal(build.call("text_lt(text,text)", "bool", Collation::kDeterministic, args)),
              "comparing with < depends on the collation, which postgres does not share");
}

TEST(Builder, RefusesWhatItDoesNotKnow) {
    Builder build(dialect::kMysql);
    EXPECT_EQ(refusal(build.call("initcap(text)", "text", Collation::kBytewise, {textColumn(build)})),
              "mysql has no exact form of initcap(text)");
    EXPECT_FALSE(build.constant("interval", "1 day"));
    EXPECT_FALSE(build.param(1, "numeric"));  // would be compared as floating point
}

TEST(Builder, RefusesLiteralsThatTheSourceLacks) {
    Builder mysql(dialect::kMysql);
    EXPECT_FALSE(mysql.constant("float8", "NaN"));
    EXPECT_FALSE(mysql.constant("date", "infinity"));
    EXPECT_FALSE(mysql.constant("date", "0044-03-15 BC"));
    EXPECT_FALSE(mysql.constant("date", "12024-01-01"));
    EXPECT_TRUE(mysql.constant("date", "2024-02-29"));
    Builder duckdb(dialect::kDuckdb);
    EXPECT_TRUE(duckdb.constant("float8", "NaN"));
    EXPECT_TRUE(duckdb.constant("numeric", std::string(38, '9')));
    EXPECT_FALSE(duckdb.constant("numeric", std::string(39, '9')));
    Builder postgres(dialect::kPostgres);
    EXPECT_TRUE(postgres.constant("date", "infinity"));
    EXPECT_TRUE(postgres.constant("numeric", "NaN"));
}

TEST(Builder, MatchesOnlyConstantPatterns) {
    Builder build(dialect::kSqlite);
    const auto like = [&](const Expr* pattern) {
        return build.call("textlike(text,text)", "bool", Collation::kBytewise, {textColumn(build), pattern});
    };
    EXPECT_TRUE(like(build.constant("text", "a%").value()));
    EXPECT_TRUE(like(build.constant("text", "a\\\\").value()));
    EXPECT_FALSE(like(build.constant("text", "a\\").value()));  // an error in PostgreSQL, which must stay one
    EXPECT_FALSE(like(build.constant("text", std::nullopt).value()));
    EXPECT_FALSE(like(textColumn(build)));
}

TEST(Builder, KeepsASupersetAsAFilterButNotBelowNot) {
    Builder build(dialect::kDuckdb);
    const Expr* ilike = build
                            .call("texticlike(text,text)", "bool", Collation::kBytewise,
                                  {textColumn(build), build.constant("text", "a%").value()})
                            .value();
    EXPECT_EQ(ilike->exactness, Exactness::kSuperset);
    EXPECT_EQ(build.logic(ExprKind::kAnd, {ilike, ilike}).value()->exactness, Exactness::kSuperset);
    EXPECT_FALSE(build.logic(ExprKind::kNot, {ilike}));
    EXPECT_FALSE(build.nullTest(ExprKind::kIsNull, ilike));
    EXPECT_FALSE(build.call("texticlike(text,text)", "bool", Collation::kBytewise,
                            {textColumn(build), build.constant("text", "é%").value()}));
}

TEST(Builder, AveragesOfIntegersAreFinishedByTheHost) {
    Builder mysql(dialect::kMysql);
    const Expr* column = mysql.column(1, "n", "int4").value();
    const Expr* average = mysql.aggregate({"avg(int4)", "numeric", Collation::kNone, {column}}).value();
    EXPECT_TRUE(average->output_only);
    EXPECT_FALSE(mysql.checkSortKey(average, Collation::kNone));
    EXPECT_FALSE(mysql.aggregate({"avg(int4)", "numeric", Collation::kNone, {column}, true}));
    Builder postgres(dialect::kPostgres);
    EXPECT_FALSE(
        postgres.aggregate({"avg(int4)", "numeric", Collation::kNone, {postgres.column(1, "n", "int4").value()}})
            .value()
            ->output_only);
}

TEST(Builder, PostgresTakesItsOwnFunctionsWhereNoLocaleMatters) {
    Builder postgres(dialect::kPostgres);
    const auto call = [&](const char* signature, Collation collation, const Expr* arg) {
        return postgres.call(signature, "int4", collation, {arg},
                             Builtin{std::string(signature).substr(0, 4), Notation::kFunction});
    };
    EXPECT_TRUE(call("int4abs(int4)", Collation::kNone, postgres.column(1, "n", "int4").value()));
    EXPECT_TRUE(call("length(text)", Collation::kBytewise, textColumn(postgres)));
    EXPECT_FALSE(call("length(text)", Collation::kNondeterministic, textColumn(postgres)));
    EXPECT_FALSE(call("upper(text)", Collation::kBytewise, textColumn(postgres)));
    EXPECT_FALSE(call("hashint4(int4)", Collation::kNone, postgres.column(1, "n", "int4").value()));
    EXPECT_FALSE(
        call("int4abs(int4)", Collation::kNone, postgres.column(1, "n", "?").value()));  // a type of the user's
    EXPECT_FALSE(postgres.call("length(text)", "int4", Collation::kBytewise, {textColumn(postgres)}));  // not immutable
    Builder mysql(dialect::kMysql);
    EXPECT_FALSE(mysql.call("initcap(text)", "text", Collation::kBytewise, {textColumn(mysql)},
                            Builtin{"initcap", Notation::kFunction}));
}

TEST(Builder, ThePlanFormNeitherGroupsNorSorts) {
    Builder build(dialect::kPlan);
    const Expr* column = build.column(1, "n", "int4").value();
    EXPECT_FALSE(build.checkSortKey(column, Collation::kNone));
    EXPECT_FALSE(build.checkGroupKey(column, Collation::kNone));
    EXPECT_FALSE(build.aggregate({"count()", "int8"}));
    EXPECT_FALSE(build.conditional(ExprKind::kCoalesce, "int4", {column, column}));
}

}  // namespace
}  // namespace tessera::ir
