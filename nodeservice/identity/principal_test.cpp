#include "nodeservice/identity/principal.h"

#include <gtest/gtest.h>

namespace tessera::identity {
namespace {

Principal person(const char* role, const char* context) {
    return {role, context == nullptr ? nullptr : std::make_shared<const std::string>(context)};
}

TEST(Principal, IsTheSamePersonWithAnotherToken) {
    const Principal ann =
        person("analyst", R"({"issuer":"https://i","subject":"ann","actors":[],"claims":{"jti":1},"expires":1})");
    EXPECT_TRUE(isSamePerson(
        ann,
        person("analyst", R"({"issuer":"https://i","subject":"ann","actors":[],"claims":{"jti":2},"expires":2})")));
    EXPECT_FALSE(isSamePerson(ann, person("analyst", R"({"issuer":"https://i","subject":"bob","actors":[]})")));
    EXPECT_FALSE(isSamePerson(ann, person("analyst", R"({"issuer":"https://j","subject":"ann","actors":[]})")));
    EXPECT_FALSE(isSamePerson(ann, person("analyst", R"({"issuer":"https://i","subject":"ann","actors":["n"]})")));
    EXPECT_FALSE(isSamePerson(ann, person("analyst", nullptr)));
    EXPECT_FALSE(isSamePerson(ann, person("writer", ann.context->c_str())));
    EXPECT_TRUE(isSamePerson(person("tester", nullptr), person("tester", nullptr)));
    EXPECT_FALSE(isSamePerson(person("a", "{}"), person("a", "not JSON")));
}

}  // namespace
}  // namespace tessera::identity
