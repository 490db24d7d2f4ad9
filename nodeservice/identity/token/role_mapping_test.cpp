#include "nodeservice/identity/token/role_mapping.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace tessera::identity {
namespace {

using nlohmann::json;
using testing::ElementsAre;
using testing::IsEmpty;
using Kind = ClaimMatcher::Kind;

const json kClaims = {{"email", "ann@example.org"},
                      {"groups", {"sales", "staff", 7}},
                      {"realm", {{"roles", {"a", "b"}}, {"level", 3}}},
                      {"verified", true},
                      {"nothing", nullptr},
                      {"lines", "x\nadmin"}};

bool matches(std::vector<std::string> path, Kind kind, std::vector<std::string> values) {
    const auto matcher = ClaimMatcher::make(std::move(path), kind, std::move(values));
    EXPECT_TRUE(matcher);
    return matcher && matcher->matches(kClaims);
}

TEST(ClaimMatcher, Equal) {
    EXPECT_TRUE(matches({"email"}, Kind::kEqual, {"ann@example.org"}));
    EXPECT_TRUE(matches({"verified"}, Kind::kEqual, {"true"}));
    EXPECT_TRUE(matches({"realm", "level"}, Kind::kEqual, {"3"}));
    EXPECT_FALSE(matches({"email"}, Kind::kEqual, {"ANN@example.org"}));
    EXPECT_FALSE(matches({"groups"}, Kind::kEqual, {"sales"})) << "a list is not a value";
    EXPECT_FALSE(matches({"nothing"}, Kind::kEqual, {"null"}));
    EXPECT_FALSE(matches({"missing"}, Kind::kEqual, {""}));
    EXPECT_FALSE(matches({"email", "x"}, Kind::kEqual, {"ann@example.org"}));
}

TEST(ClaimMatcher, AnyAndAll) {
    EXPECT_TRUE(matches({"groups"}, Kind::kAny, {"x", "staff"}));
    EXPECT_TRUE(matches({"groups"}, Kind::kAny, {"7"}));
    EXPECT_TRUE(matches({"email"}, Kind::kAny, {"ann@example.org"}));
    EXPECT_FALSE(matches({"groups"}, Kind::kAny, {"x", "sale"}));
    EXPECT_TRUE(matches({"realm", "roles"}, Kind::kAll, {"b", "a"}));
    EXPECT_FALSE(matches({"realm", "roles"}, Kind::kAll, {"a", "c"}));
    EXPECT_FALSE(matches({"missing"}, Kind::kAll, {"a"}));
}

TEST(ClaimMatcher, PatternsMatchAsAWhole) {
    EXPECT_TRUE(matches({"email"}, Kind::kPattern, {"[a-z]+@example\\.org"}));
    EXPECT_TRUE(matches({"groups"}, Kind::kPattern, {"sta.*|x"}));
    EXPECT_FALSE(matches({"email"}, Kind::kPattern, {"ann"}));
    EXPECT_FALSE(matches({"email"}, Kind::kPattern, {"x|ann"}));
    EXPECT_FALSE(matches({"lines"}, Kind::kPattern, {"x.*admin"}));
    EXPECT_FALSE(ClaimMatcher::make({"email"}, Kind::kPattern, {"("}));
    EXPECT_FALSE(ClaimMatcher::make({"email"}, Kind::kPattern, {"(a)\\1"}));
}

TEST(ClaimMatcher, NeedsClaimAndValue) {
    EXPECT_FALSE(ClaimMatcher::make({}, Kind::kAny, {"x"}));
    EXPECT_FALSE(ClaimMatcher::make({"x"}, Kind::kAll, {})) << "all of nothing would match everybody";
}

TEST(RolesOf, AreThoseOfTheIssuersRulesInTheirOrder) {
    const auto in = [](const char* group) { return *ClaimMatcher::make({"groups"}, Kind::kAny, {group}); };
    const std::vector<RoleRule> rules = {{"boss", "corp", {in("sales"), in("board")}},
                                         {"seller", "corp", {in("sales"), in("staff")}},
                                         {"guest", "corp", {}},
                                         {"seller", "corp", {}},
                                         {"partner", "partner", {}}};
    EXPECT_THAT(rolesOf(rules, "corp", kClaims), ElementsAre("seller", "guest"));
    EXPECT_THAT(rolesOf(rules, "partner", kClaims), ElementsAre("partner"));
    EXPECT_THAT(rolesOf(rules, "stranger", kClaims), IsEmpty());
}

}  // namespace
}  // namespace tessera::identity
