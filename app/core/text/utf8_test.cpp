#include "app/core/text/utf8.h"

#include <gtest/gtest.h>

#include <string>

namespace tessera::app {
namespace {

TEST(Utf8, CharacterPositionsBecomeByteOffsets) {
    const std::string text = "é😀x";
    EXPECT_EQ(byteOffsetOfCharacter(text, 1), 0U);
    EXPECT_EQ(byteOffsetOfCharacter(text, 2), 2U);
    EXPECT_EQ(byteOffsetOfCharacter(text, 3), 6U);
    EXPECT_EQ(byteOffsetOfCharacter(text, 4), 7U);
    EXPECT_EQ(byteOffsetOfCharacter(text, 99), 7U);
    EXPECT_EQ(byteOffsetOfCharacter(text, 0), 0U);
}

TEST(Utf8, CombiningMarksAndTabsAndCarriageReturnsAreCharactersOfTheirOwn) {
    const std::string text = "e\u0301\t\r\nz";
    EXPECT_EQ(text[byteOffsetOfCharacter(text, 6)], 'z');
}

TEST(Utf8, BrokenBytesCountAsOneCharacterEach) {
    const std::string text = "\xC3(\xFFz\xE2\x82";
    EXPECT_EQ(byteOffsetOfCharacter(text, 4), 3U);
    EXPECT_EQ(codePointAt(text, 0), U'\uFFFD');
    EXPECT_EQ(characterLength(text, 4), 1U);
}

TEST(Utf8, FirstCharactersNeverCutsOne) {
    EXPECT_EQ(firstCharacters("a😀b", 2), "a😀");
    EXPECT_EQ(firstCharacters("ab", 9), "ab");
}

TEST(Utf8, LineAtNamesTheLineAndLeavesItsEndOut) {
    const std::string text = "one\r\ntwo\nthree";
    const LineSpan second = lineAt(text, 6);
    EXPECT_EQ(second.number, 2U);
    EXPECT_EQ(text.substr(second.begin, second.end - second.begin), "two");
    EXPECT_EQ(lineAt(text, 0).end, 3U);
    EXPECT_EQ(lineAt(text, text.size()).number, 3U);
    EXPECT_EQ(lineAt("", 0).end, 0U);
}

TEST(Utf8, APositionAtALineEndBelongsToThatLine) {
    EXPECT_EQ(lineAt("ab\ncd", 2).number, 1U);
}

}  // namespace
}  // namespace tessera::app
