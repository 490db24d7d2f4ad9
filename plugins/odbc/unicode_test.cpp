#include "plugins/odbc/unicode.h"

#include <gtest/gtest.h>

namespace tessera::odbc {
namespace {

TEST(OdbcUnicode, CrossesBothWays) {
    for (const char* text : {"", "plain", "Žluť 🐎 '\"\\%_\n\t$1", "\xEF\xBF\xBF", "\xF4\x8F\xBF\xBF", "ſ߿ࠀ"}) {
        EXPECT_EQ(fromWide(toWide(text)).value(), text);
    }
    EXPECT_EQ(toWide("🐎"), u"\xD83D\xDC0E");
}

TEST(OdbcUnicode, HalfAPairIsNoText) {
    for (const std::u16string& text :
         {std::u16string(u"a\xD83D"), std::u16string(u"\xD83Dz"), std::u16string(u"\xDC0E")}) {
        EXPECT_EQ(fromWide(text).error().sqlstate, "22021");
    }
    EXPECT_EQ(fromWideForMessage(u"a\xD83Dz"), "a\xEF\xBF\xBDz");
}

}  // namespace
}  // namespace tessera::odbc
