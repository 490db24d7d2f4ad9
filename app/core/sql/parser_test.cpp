#include "app/core/sql/parser.h"

#include <gtest/gtest.h>

namespace tessera::app {
namespace {

TEST(Parser, SaysNothingOfWhatParses) {
    EXPECT_FALSE(syntaxErrorOf("select a.b, count(*) from t a where x > :limit::int group by 1"));
    EXPECT_FALSE(syntaxErrorOf("create function f() returns int begin atomic select 1; end"));
}

TEST(Parser, PointsAtTheCharacterBehindEmojiTabsAndParameters) {
    const std::string_view sql = "select '😀é',\n\t:a_long_name frm, from from t";
    const auto error = syntaxErrorOf(sql);
    ASSERT_TRUE(error);
    EXPECT_EQ(error->message, "syntax error at or near \"from\"");
    EXPECT_EQ(error->offset, sql.find("from from"));
}

TEST(Parser, AnErrorAtTheEndIsBehindTheLastCharacter) {
    const auto error = syntaxErrorOf("select 'é' from");
    ASSERT_TRUE(error);
    EXPECT_EQ(error->offset, std::string_view("select 'é' from").size());
}

TEST(Parser, AnOpenQuoteAndAZeroByteAreErrors) {
    EXPECT_TRUE(syntaxErrorOf("select 'abc"));
    const auto error = syntaxErrorOf(std::string_view("select 1\0, 2", 12));
    ASSERT_TRUE(error);
    EXPECT_EQ(error->offset, 8U);
}

TEST(Parser, FingerprintsTellMeaningFromLayout) {
    EXPECT_EQ(fingerprintOf("select a,b from t where c=1"), fingerprintOf("SELECT a,\n  b\nFROM t\nWHERE c = 1"));
    EXPECT_NE(fingerprintOf("select a from t"), fingerprintOf("select b from t"));
    EXPECT_FALSE(fingerprintOf("select from where"));
}

}  // namespace
}  // namespace tessera::app
