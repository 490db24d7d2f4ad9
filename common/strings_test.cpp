#include "common/strings.h"

#include <gtest/gtest.h>

namespace tessera {
namespace {

TEST(Strings, QuotingDoublesTheQuote) {
    EXPECT_EQ(quoteIdentifier("a\"b"), "\"a\"\"b\"");
    EXPECT_EQ(quoteIdentifier("a`b", '`'), "`a``b`");
    EXPECT_EQ(quoteLiteral("it's \\ fine"), "'it''s \\ fine'");
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
