#include "app/core/catalog/name_index.h"

#include "app/core/testing/sample_names.h"
#include "common/strings.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <map>
#include <random>
#include <set>

namespace tessera::app {
namespace {

std::vector<std::string> namesOf(const NameIndex& index, const std::vector<NameIndex::Match>& matches) {
    std::vector<std::string> names;
    for (const NameIndex::Match& match : matches) {
        names.emplace_back(index.nameOf(match));
    }
    return names;
}

TEST(NameIndex, FindsTablesBySearchPathAndBySchema) {
    const NameIndex index = sampleNames();
    const auto orders = index.findTable("", "orders");
    ASSERT_TRUE(orders);
    EXPECT_EQ(index.text(index.tables()[*orders].schema), "public");
    const auto crm = index.findTable("crm", "orders");
    ASSERT_TRUE(crm);
    EXPECT_EQ(index.text(index.tables()[*crm].schema), "crm");
    EXPECT_FALSE(index.findTable("", "Leads 2024"));  // not in the path
    EXPECT_TRUE(index.findTable("crm", "Leads 2024"));
    EXPECT_FALSE(index.findTable("crm", "leads 2024"));  // as SQL: quoted names are exact
    EXPECT_FALSE(index.findTable("", "order"));
    const auto columns = index.columnsOf(index.tables()[*orders]);
    ASSERT_EQ(columns.size(), 4U);
    EXPECT_EQ(index.text(columns[3].type), "numeric(12,2)");
    EXPECT_EQ(columns[0].key_position, 1);
}

TEST(NameIndex, PrefixesIgnoreCaseAndComeInOrder) {
    const NameIndex index = sampleNames();
    EXPECT_EQ(namesOf(index, index.withPrefix("ORD", 10)),
              (std::vector<std::string>{"order_id", "order_items", "order_no", "orders", "orders"}));
    EXPECT_EQ(namesOf(index, index.withPrefix("le", 10)), (std::vector<std::string>{"Lead Id", "Leads 2024"}));
    EXPECT_EQ(index.withPrefix("o", 2).size(), 2U);
    EXPECT_EQ(namesOf(index, index.withPrefix("ro", 9, NameIndex::Kind::kFunction)),
              (std::vector<std::string>{"round", "round", "rout", "row_number"}));
    EXPECT_EQ(index.functionsNamed("round").size(), 2U);
    EXPECT_TRUE(index.functionsNamed("rou").empty());
}

TEST(NameIndex, FuzzySearchPrefersBeginsOfWords) {
    const NameIndex index = sampleNames();
    const auto names = namesOf(index, index.fuzzy("oi", 3));
    ASSERT_FALSE(names.empty());
    EXPECT_TRUE(names[0] == "order_items" || names[0] == "order_id") << names[0];
    EXPECT_FALSE(fuzzyScore("xyz", "order_items"));
    EXPECT_GT(*fuzzyScore("oi", "order_items"), *fuzzyScore("oi", "origin"));
}

TEST(NameIndex, WordsAreFoundInNamesAndComments) {
    const NameIndex index = sampleNames();
    EXPECT_EQ(namesOf(index, index.containing("bought", 5)), (std::vector<std::string>{"customers"}));
    EXPECT_EQ(namesOf(index, index.containing("customer paid", 5)), (std::vector<std::string>{"placed_at"}));
    EXPECT_TRUE(index.containing("  ", 5).empty());
}

TEST(NameIndex, ForeignKeysAreSeenFromBothSides) {
    const NameIndex index = sampleNames();
    const auto orders = index.findTable("", "orders");
    const auto items = index.findTable("", "order_items");
    ASSERT_EQ(index.foreignKeysOf(*orders).size(), 1U);
    EXPECT_EQ(index.foreignKeysOf(*items).front(), index.foreignKeysOf(*orders).front());
}

TEST(NameIndex, RandomNamesAreFoundAsASimpleSearchFindsThem) {
    std::mt19937 random(7);
    NameIndexBuilder builder;
    builder.addToSearchPath("s");
    std::vector<std::string> all;
    for (int i = 0; i < 3000; ++i) {
        std::string name;
        for (std::size_t length = 1 + random() % 12; name.size() < length;) {
            name += "abcABC_é"[random() % 8];
        }
        builder.addTable("s", name, RelationKind::kTable, "");
        all.push_back(name);
    }
    const NameIndex index = builder.finish();
    const auto lower = [](std::string text) {
        for (char& c : text) {
            c = c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
        }
        return text;
    };
    for (const std::string prefix : {"a", "aB", "abcabcab", "abcabcabc", "_", "zz", ""}) {
        std::multiset<std::string> expected;
        for (const std::string& name : all) {
            if (lower(name).starts_with(lower(prefix))) {
                expected.insert(name);
            }
        }
        const auto found = namesOf(index, index.withPrefix(prefix, all.size()));
        EXPECT_EQ(std::multiset<std::string>(found.begin(), found.end()), expected) << prefix;
    }
    for (const std::string& name : all) {
        EXPECT_TRUE(index.findTable("", name)) << name;
    }
}

// Enough names for two threads, alike in many bytes, in both cases and beyond ASCII.
TEST(NameIndex, NamesStandInTheOrderOfTheirFoldedBytes) {
    constexpr unsigned kSeed = 11;
    constexpr std::uint32_t kCount = 40'000;
    std::mt19937 random(kSeed);
    const std::vector<std::string> parts{"a", "B", "order_items_of_", "ORDER_ITEMS_OF_", "_", "\xC3\x9C", "@", "[",
                                         "{", "7"};
    NameIndexBuilder builder;
    std::map<std::string, std::size_t> first_seen;

    struct Expected {
        std::string folded;
        std::size_t name;
        std::uint32_t table;

        auto operator<=>(const Expected&) const = default;
    };

    std::vector<Expected> expected;
    for (std::uint32_t table = 0; table < kCount; ++table) {
        std::string name;
        for (std::size_t length = 1 + random() % 7; length > 0; --length) {
            name += parts[random() % parts.size()];
        }
        builder.addTable("s", name, RelationKind::kTable, "");
        const std::size_t seen = first_seen.emplace(name, first_seen.size()).first->second;
        expected.push_back({toLowerAscii(name), seen, table});
    }
    std::sort(expected.begin(), expected.end());
    const NameIndex index = builder.finish();
    const auto matches = index.withPrefix("", kCount);
    ASSERT_EQ(matches.size(), kCount);
    for (std::size_t i = 0; i < matches.size(); ++i) {
        ASSERT_EQ(matches[i].number, expected[i].table) << i << ": " << index.nameOf(matches[i]) << ", seed " << kSeed;
    }
}

TEST(NameIndex, FuzzySearchScoresAsLookingAtEachNameDoes) {
    constexpr unsigned kSeed = 23;
    std::mt19937 random(kSeed);
    NameIndexBuilder builder;
    std::vector<std::string> all;
    const std::string alphabet = "abcABC_ .1@[é";
    for (int i = 0; i < 2000; ++i) {
        std::string name;
        // Up to and beyond the bits of a word.
        for (std::size_t length = 1 + random() % (i % 10 == 0 ? 70 : 14); name.size() < length;) {
            name += alphabet[random() % alphabet.size()];
        }
        builder.addTable("s", name, RelationKind::kTable, "");
        builder.addColumn(name, "text", false, 0, "");
        all.push_back(name);
    }
    const NameIndex index = builder.finish();
    for (const std::string pattern :
         {"a", "ab", "B1", "c_a", "abcabc", "@", "[a", "é", "1.", "zz", "aaaaaaaaaaaaaaa", ""}) {
        std::multiset<int, std::greater<>> expected;
        for (const std::string& name : all) {
            if (const auto score = fuzzyScore(pattern, name)) {
                expected.insert(*score);
            }
        }
        std::multiset<int, std::greater<>> found;
        for (const NameIndex::Match& match : index.fuzzy(pattern, all.size(), NameIndex::Kind::kTable)) {
            EXPECT_EQ(match.score, fuzzyScore(pattern, index.nameOf(match))) << index.nameOf(match);
            found.insert(match.score);
        }
        EXPECT_EQ(found, expected) << "'" << pattern << "', seed " << kSeed;
        const auto best = index.fuzzy(pattern, 5);
        const auto some = index.fuzzy(pattern, 50);
        ASSERT_LE(best.size(), some.size());
        EXPECT_TRUE(std::equal(best.begin(), best.end(), some.begin())) << pattern;
        EXPECT_TRUE(
            std::is_sorted(some.begin(), some.end(), [](const auto& a, const auto& b) { return a.score > b.score; }));
    }
    EXPECT_TRUE(index.fuzzy("a", 0).empty());
}

}  // namespace
}  // namespace tessera::app
