#include "nodeservice/identity/endpoints_only.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace tessera::identity {
namespace {

using testing::HasSubstr;

Principal principal(const std::string& role, const std::string& context) {
    return {.role = role, .context = std::make_shared<const std::string>(context)};
}

TEST(EndpointsOnly, RefusesTheirOwnStatementsAndSaysWhatToDo) {
    const EndpointsOnly rule{{"app"}};
    EXPECT_TRUE(rule.checkStatements({.role = "analyst"}));
    EXPECT_TRUE(EndpointsOnly{}.checkStatements({.role = "app"}));
    const auto refused = rule.checkStatements({.role = "app"});
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, ErrorCode::kPermissionDenied);
    EXPECT_THAT(refused.error().message, HasSubstr("'app' may only call endpoints"));
    EXPECT_THAT(refused.error().hint, HasSubstr("/api/v1/endpoints/NAME"));
}

TEST(EndpointsOnly, ANodeThatActsForSomebodyIsNotThem) {
    const EndpointsOnly rule{{"app"}};
    EXPECT_TRUE(rule.checkStatements(principal("app", R"({"subject": "ann", "nodes": ["near"]})")));
    // Whom else a token names as acting is no node.
    for (const char* context : {R"({"subject": "ann", "nodes": []})", R"({"subject": "ann", "actors": ["x"]})",
                                R"({"nodes": "near"})", R"([])", "no JSON"}) {
        EXPECT_FALSE(rule.checkStatements(principal("app", context))) << context;
    }
}

}  // namespace
}  // namespace tessera::identity
