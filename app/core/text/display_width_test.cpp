#include "app/core/text/display_width.h"

#include <gtest/gtest.h>

namespace tessera::app {
namespace {

TEST(DisplayWidth, CountsColumnsNotBytes) {
    EXPECT_EQ(displayWidth("abc"), 3U);
    EXPECT_EQ(displayWidth("Köln"), 4U);
    EXPECT_EQ(displayWidth("東京"), 4U);
    EXPECT_EQ(displayWidth("e\u0301"), 1U);
    EXPECT_EQ(displayWidth("😀"), 2U);
}

TEST(DisplayWidth, ControlCharactersCannotReachTheTerminal) {
    EXPECT_EQ(printable("a\nb\tc"), "a↵b→c");
    EXPECT_EQ(printable("\x1b[31mred"), "\\x1B[31mred");
    EXPECT_EQ(printable("\xFF"), "\uFFFD");
    EXPECT_EQ(printable("plain"), "plain");
}

TEST(DisplayWidth, ElidedFitsAndNeverCutsACharacter) {
    EXPECT_EQ(elided("abcdef", 6), "abcdef");
    EXPECT_EQ(elided("abcdef", 4), "abc…");
    EXPECT_EQ(elided("東京都", 4), "東…");
}

}  // namespace
}  // namespace tessera::app
