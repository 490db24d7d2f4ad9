#include "app/core/text/utf16_index.h"

#include "app/core/text/utf8.h"

#include <gtest/gtest.h>

#include <random>
#include <string>

namespace tessera::app {
namespace {

std::size_t unitsOneByOne(std::string_view text) {
    std::size_t units = 0;
    for (std::size_t at = 0; at < text.size(); at += characterLength(text, at)) {
        units += codePointAt(text, at) > 0xFFFF ? 2 : 1;
    }
    return units;
}

TEST(Utf16Index, CountsWhatCountingFromTheStartDoesThroughRandomChanges) {
    constexpr unsigned kSeed = 17;
    std::mt19937 random(kSeed);
    const std::string pieces[] = {"a", "é", "€", "😀", "select 1;\n"};
    std::string text;
    while (text.size() < 5 * Utf16Index::kStep) {
        text += pieces[random() % std::size(pieces)];
    }
    const auto characterAt = [&](std::size_t byte) {
        while (byte > 0 && byte < text.size() && (static_cast<unsigned char>(text[byte]) & 0xC0U) == 0x80) {
            --byte;
        }
        return byte;
    };
    Utf16Index index(
        [&](std::size_t begin, std::size_t end) { return std::string_view(text).substr(begin, end - begin); });
    for (int round = 0; round < 200; ++round) {
        const std::size_t at = characterAt(random() % (text.size() + 1));
        const std::size_t units = unitsOneByOne(std::string_view(text).substr(0, at));
        ASSERT_EQ(index.unitsBefore(at), units) << "seed " << kSeed << ", round " << round << ", byte " << at;
        ASSERT_EQ(index.byteAt(units, text.size()), at) << "seed " << kSeed << ", round " << round;
        const std::size_t change = characterAt(random() % (text.size() + 1));
        index.changesAt(change);
        if (round % 3 == 0) {
            text.erase(change, characterAt(std::min(text.size(), change + random() % 9000)) - change);
        } else {
            text.insert(change, pieces[random() % std::size(pieces)]);
        }
    }
    EXPECT_EQ(index.byteAt(index.unitsBefore(text.size()), text.size()), text.size());
    EXPECT_EQ(index.byteAt(text.size() * 2, text.size()), text.size());
}

TEST(Utf16Index, TheSecondUnitOfACharacterIsTheCharacter) {
    const std::string text = "x😀y";
    Utf16Index index(
        [&](std::size_t begin, std::size_t end) { return std::string_view(text).substr(begin, end - begin); });
    EXPECT_EQ(index.byteAt(1, text.size()), 1U);
    EXPECT_EQ(index.byteAt(2, text.size()), 1U);
    EXPECT_EQ(index.byteAt(3, text.size()), 5U);
}

TEST(Utf16Index, ReadsNoMoreThanAStepForAPlaceNearTheLast) {
    std::string text(5'000'000, 'x');
    Utf16Index index(
        [&](std::size_t begin, std::size_t end) { return std::string_view(text).substr(begin, end - begin); });
    index.unitsBefore(text.size());
    const std::size_t before = index.bytesRead();
    constexpr int kKeys = 100;
    for (int i = 0; i < kKeys; ++i) {
        index.changesAt(text.size());
        text += "é";
        EXPECT_EQ(index.unitsBefore(text.size()), 5'000'000U + static_cast<std::size_t>(i) + 1);
    }
    EXPECT_LE(index.bytesRead() - before, kKeys * Utf16Index::kStep);
}

}  // namespace
}  // namespace tessera::app
