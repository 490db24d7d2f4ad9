#include "app/core/catalog/tags.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace tessera::app {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

TEST(Tags, AreWordsBehindANumberSign) {
    EXPECT_THAT(tagsOf("#PII Names of people.\n\n#gdpr/art-9\t#pii"), ElementsAre("pii", "gdpr/art-9"));
    EXPECT_THAT(tagsOf("Kept #quarterly, see #öffentlich."), ElementsAre("quarterly", "öffentlich"));
}

TEST(Tags, AreNoHeadingsNumbersOrParts) {
    for (const char* comment :
         {"# Heading", "## pii", "issue #42", "C#sharp", "https://x.example/#pii", "#", "", "a #- b"}) {
        EXPECT_THAT(tagsOf(comment), IsEmpty()) << comment;
    }
}

TEST(Tags, AreFoundByTheirBegin) {
    EXPECT_TRUE(hasTag("x #Personal", "pers"));
    EXPECT_TRUE(hasTag("x #Personal", ""));
    EXPECT_FALSE(hasTag("x #Personal", "personally"));
    EXPECT_FALSE(hasTag("x #impersonal", "pers"));
    EXPECT_FALSE(hasTag("personal", ""));
}

TEST(Tags, OfLinesOfTheirOwnAtTheEndAreLeftOut) {
    EXPECT_EQ(withoutTagLines("Flights.\n\n#public #daily\n #x\n"), "Flights.");
    EXPECT_EQ(withoutTagLines("Kept #quarterly, see there."), "Kept #quarterly, see there.");
    EXPECT_EQ(withoutTagLines("#a\nText #b"), "#a\nText #b");
    EXPECT_EQ(withoutTagLines("#public"), "");
    EXPECT_EQ(withoutTagLines(""), "");
    EXPECT_EQ(withoutTagLines("# Heading"), "# Heading");
}

}  // namespace
}  // namespace tessera::app
