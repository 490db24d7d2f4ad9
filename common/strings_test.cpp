#include "common/strings.h"

#include <gtest/gtest.h>

namespace tessera {
namespace {

TEST(Strings, QuotingDoublesTheQuote) {
    EXPECT_EQ(quoteIdentifier("a\"b"), "\"a\"\"b\"");
    EXPECT_EQ(quoteIdentifier("a`b", '`'), "`a``b`");
    EXPECT_EQ(quoteLiteral("it's \\ fine"), "'it''s \\ fine'");
}

TEST(Strings, BytesThatAreNoCharacterAreReplaced) {
    const std::string good = "a\u00e4\u20ac\U0001F600\U0010FFFF\uD7FF\u0800";
    EXPECT_EQ(validUtf8(good), good);
    EXPECT_EQ(validUtf8("\xff"
                        "a\x80"),
              "?a?");
    for (const std::string bad :
         {"\xc0\x80", "\xe0\x9f\x80", "\xed\xa0\x80", "\xf0\x8f\x80\x80", "\xf4\x90\x80\x80", "\xf5\x80\x80\x80"}) {
        EXPECT_EQ(validUtf8(bad), std::string(bad.size(), '?'));
    }
    // Cut within its last character.
    EXPECT_EQ(validUtf8("x\xe2\x82"), "x??");
    EXPECT_EQ(validUtf8("x\xe2\x82y"), "x??y");
}

TEST(Strings, NearestFindsTypingErrorsOnly) {
    const std::vector<std::string> keys{"listen", "sources", "postgres"};
    EXPECT_EQ(nearest("sorces", keys), "sources");
    EXPECT_EQ(nearest("Listn", keys), "listen");
    EXPECT_EQ(nearest("zzzzzz", keys), "");
    EXPECT_EQ(suggestion("zzzzzz", keys), "it may be one of: listen, sources, postgres");
}

}  // namespace
}  // namespace tessera
