#include "app/core/results/row_arranger.h"

#include "app/core/output/text_batch.h"
#include "app/core/results/cell_summary.h"
#include "app/core/results/value_order.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>
#include <numeric>
#include <random>

namespace tessera::app {
namespace {

using testing::ElementsAre;

client::ResultColumn columnOf(const std::string& type) {
    return {"v", type, 0, client::ColumnEncoding::kText};
}

std::shared_ptr<ResultStore> storeOf(ResultStore::Columns columns, std::vector<client::ResultBatch::Column> data,
                                     std::size_t rows) {
    auto store = std::make_shared<ResultStore>();
    store->setColumns(std::move(columns));
    EXPECT_TRUE(store->append(std::make_shared<const client::ResultBatch>(rows, std::move(data))));
    return store;
}

std::shared_ptr<ResultStore> storeOfTexts(const std::string& type, const TextRow& values) {
    return storeOf({columnOf(type)}, {textColumn(values)}, values.size());
}

/// The values in the order asked for; "-" is NULL.
std::vector<std::string> sorted(const std::string& type, const TextRow& values,
                                SortDirection direction = SortDirection::kAscending) {
    const auto store = storeOfTexts(type, values);
    TaskControl control;
    const auto order = arrangeRows(*store, {}, RowSort{0, direction}, control);
    EXPECT_TRUE(order) << order.error().describe();
    std::vector<std::string> texts;
    for (const std::uint32_t row : **order) {
        texts.push_back(values[row].value_or("-"));
    }
    return texts;
}

// What PostgreSQL 15 answers to ORDER BY v of the same values.
TEST(RowSort, NumericsAreNumbersAndNullsStandWherePostgreSqlPutsThem) {
    const TextRow values{"10",
                         "9",
                         std::nullopt,
                         "NaN",
                         "-0.5",
                         "1e3",
                         "0.00",
                         "99999999999999999999.2",
                         "99999999999999999999.1",
                         "-Infinity",
                         "Infinity"};
    EXPECT_THAT(sorted("numeric", values),
                ElementsAre("-Infinity", "-0.5", "0.00", "9", "10", "1e3", "99999999999999999999.1",
                            "99999999999999999999.2", "Infinity", "NaN", "-"));
    EXPECT_THAT(sorted("numeric(10,2)", {"1.50", std::nullopt, "2.00"}, SortDirection::kDescending),
                ElementsAre("-", "2.00", "1.50"));
}

TEST(RowSort, TextIsBytewise) {
    EXPECT_THAT(sorted("text", {"b", "A", "é", "a", "", "Z", "abcdefghij", "abcdefgh", "abcdefghi"}),
                ElementsAre("", "A", "Z", "a", "abcdefgh", "abcdefghi", "abcdefghij", "b", "é"));
    EXPECT_THAT(sorted("text", {"abcdefgh", "abcdefghz", "abcdefgha"}, SortDirection::kDescending),
                ElementsAre("abcdefghz", "abcdefgha", "abcdefgh"));
}

TEST(RowSort, TimesAreMomentsNotTexts) {
    EXPECT_THAT(sorted("date", {"10000-01-01", "2026-11-21", "0044-03-15 BC", "infinity", "0001-01-01"}),
                ElementsAre("0044-03-15 BC", "0001-01-01", "2026-11-21", "10000-01-01", "infinity"));
    EXPECT_THAT(sorted("timestamp with time zone",
                       {"2026-11-21 12:00:00+02", "2026-11-21 11:30:00.5+00", "2026-11-21 11:30:00+01:30"}),
                ElementsAre("2026-11-21 12:00:00+02", "2026-11-21 11:30:00+01:30", "2026-11-21 11:30:00.5+00"));
}

TEST(RowSort, EqualValuesStayAsTheyCame) {
    EXPECT_THAT(sorted("numeric", {"1.0", "0", "1.00", "1"}), ElementsAre("0", "1.0", "1.00", "1"));
    EXPECT_THAT(sorted("numeric", {"1.0", "0", "1.00", "1"}, SortDirection::kDescending),
                ElementsAre("1.0", "1.00", "1", "0"));
    EXPECT_THAT(sorted("character(3)", {"b  ", "a  ", "a"}), ElementsAre("a  ", "a", "b  "));
}

TEST(RowSort, ManyRowsAreSortedByTheBytesOfTheirKeys) {
    constexpr std::size_t kRows = 3'000'000;
    std::vector<std::optional<std::int64_t>> values;
    for (std::size_t i = 0; i < kRows; ++i) {
        values.emplace_back(static_cast<std::int64_t>(i * 7919 % kRows) - 1'000'000);
    }
    const auto store = storeOf({{"v", "bigint", 20, client::ColumnEncoding::kInt64}}, {integerColumn(values)}, kRows);
    TaskControl control;
    const auto order = arrangeRows(*store, {}, RowSort{0}, control);
    ASSERT_TRUE(order);
    ASSERT_EQ((*order)->size(), kRows);
    for (std::size_t i = 1; i < kRows; ++i) {
        ASSERT_LT(*values[(**order)[i - 1]], *values[(**order)[i]]);
    }
    control.cancel();
    EXPECT_EQ(arrangeRows(*store, {}, RowSort{0}, control).error().code, ErrorCode::kCancelled);
}

/// Of most of them the first eight letters are the same; some are equal.
TEST(RowSort, ManyTextsThatBeginAlikeAreSortedByTheBytesBehind) {
    constexpr std::size_t kRows = 1'200'000;
    TextRow values;
    for (std::size_t i = 0; i < kRows; ++i) {
        const std::string number = std::to_string(i * 7919 % (kRows / 2));
        values.emplace_back(i % 10 == 0 ? number : "customer " + number);
    }
    const auto store = storeOfTexts("text", values);
    TaskControl control;
    const auto order = arrangeRows(*store, {}, RowSort{0, SortDirection::kDescending}, control);
    ASSERT_TRUE(order);
    ASSERT_EQ((*order)->size(), kRows);
    for (std::size_t i = 1; i < kRows; ++i) {
        const std::uint32_t before = (**order)[i - 1];
        const std::uint32_t row = (**order)[i];
        const int compared = values[row]->compare(*values[before]);
        ASSERT_TRUE(compared < 0 || (compared == 0 && before < row)) << *values[before] << ", " << *values[row];
    }
}

TEST(RowSort, RandomTextsAreSortedAsAStableComparisonDoes) {
    constexpr unsigned kSeed = 41;
    std::mt19937 random(kSeed);
    // Many begin alike, over more than one key's bytes; many are equal; some are the begin of others.
    const auto randomText = [&] {
        std::string text;
        for (unsigned i = random() % 6; i > 0; --i) {
            text += std::vector<std::string>{"a", "ab", "customer ", "customer of old ", "é", "ÿ"}[random() % 6];
        }
        return text;
    };
    TextRow values;
    for (int i = 0; i < 20'000; ++i) {
        values.emplace_back(random() % 50 == 0 ? std::nullopt : std::optional(randomText()));
    }
    // Each the begin of the next: no end of bytes to look at one within the other.
    for (std::size_t i = 0; i < 2000; ++i) {
        values.emplace_back(std::string(i, 'a'));
    }
    const auto store = storeOfTexts("text", values);
    TaskControl control;
    for (const SortDirection direction : {SortDirection::kAscending, SortDirection::kDescending}) {
        std::vector<std::uint32_t> expected(values.size());
        std::iota(expected.begin(), expected.end(), 0U);
        const bool is_descending = direction == SortDirection::kDescending;
        std::stable_sort(expected.begin(), expected.end(), [&](std::uint32_t a, std::uint32_t b) {
            if (!values[a] || !values[b]) {
                return is_descending ? !values[a] && values[b] : values[a] && !values[b];
            }
            return is_descending ? *values[a] > *values[b] : *values[a] < *values[b];
        });
        const auto order = arrangeRows(*store, {}, RowSort{0, direction}, control);
        ASSERT_TRUE(order);
        EXPECT_EQ(**order, expected) << "seed " << kSeed;
    }
}

TEST(RowSort, LongEqualTextsAreSortedAsTheyCame) {
    const std::string text(1'000'000, 'x');
    const TextRow values{text, text + "b", text, text + "a", text};
    const auto store = storeOfTexts("text", values);
    TaskControl control;
    const auto order = arrangeRows(*store, {}, RowSort{0}, control);
    ASSERT_TRUE(order);
    EXPECT_EQ(**order, (RowOrder{0, 2, 4, 3, 1}));
}

TEST(RowSort, RefusesWhatItCannotOrderAsPostgreSqlDoes) {
    const auto store = storeOfTexts("jsonb", {"{}"});
    TaskControl control;
    const auto order = arrangeRows(*store, {}, RowSort{0}, control);
    ASSERT_FALSE(order);
    EXPECT_NE(order.error().hint.find("server"), std::string::npos);
}

class Filtering : public testing::Test {
  protected:
    std::vector<std::uint32_t> rows(std::string_view text) {
        const auto filter = RowFilter::parse(text, *store_->columns());
        EXPECT_TRUE(filter) << filter.error().describe();
        TaskControl control;
        return **arrangeRows(*store_, *filter, std::nullopt, control);
    }

    std::string where(std::string_view text) { return RowFilter::parse(text, *store_->columns())->sql(); }

    std::shared_ptr<ResultStore> store_ =
        storeOf({{"state", "text", 25, client::ColumnEncoding::kText},
                 {"delay", "numeric", 1700, client::ColumnEncoding::kText},
                 {"N", "bigint", 20, client::ColumnEncoding::kInt64}},
                {textColumn({"CA", "ÄÖ and", std::nullopt, "ny 50%"}), textColumn({"15.0", "9", "100.5", std::nullopt}),
                 integerColumn({1, 2, std::nullopt, 4})},
                4);
};

TEST_F(Filtering, ComparesAsPostgreSqlDoes) {
    EXPECT_THAT(rows("delay > 9.5"), ElementsAre(0, 2));
    EXPECT_THAT(rows("delay = 15"), ElementsAre(0));
    EXPECT_THAT(rows("delay <> 15"), ElementsAre(1, 2));
    EXPECT_THAT(rows("state is null"), ElementsAre(2));
    EXPECT_THAT(rows("state = 'CA' and n <= 1"), ElementsAre(0));
    EXPECT_THAT(rows("\"N\" >= 2"), ElementsAre(1, 3));
    EXPECT_THAT(rows("state > 'CA'"), ElementsAre(1, 3));
    EXPECT_THAT(rows("state contains 'c'"), ElementsAre(0));
}

TEST_F(Filtering, OtherTextIsLookedForInEveryColumn) {
    EXPECT_THAT(rows("ca"), ElementsAre(0));
    EXPECT_THAT(rows("äö"), ElementsAre(1));
    EXPECT_THAT(rows("5"), ElementsAre(0, 2, 3));
    EXPECT_THAT(rows("nowhere > 3"), ElementsAre());
    EXPECT_THAT(rows("  "), ElementsAre(0, 1, 2, 3));
}

TEST_F(Filtering, IsWrittenAsSqlThatMeansTheSame) {
    EXPECT_EQ(where("delay > 9.5 and state = 'O''Neil'"), "\"delay\" > 9.5 AND \"state\" = 'O''Neil'");
    EXPECT_EQ(where("state contains '50%'"), "(\"state\"::text ILIKE E'%50\\\\%%')");
    EXPECT_EQ(where("state is not null"), "\"state\" IS NOT NULL");
    const auto filter = RowFilter::parse("n = 1", *store_->columns());
    EXPECT_EQ(arrangedSql("select 1 -- x", *store_->columns(), *filter, RowSort{1, SortDirection::kDescending}),
              "SELECT * FROM (\nselect 1 -- x\n) AS result\nWHERE \"N\" = 1\nORDER BY \"delay\" DESC");
}

TEST_F(Filtering, SaysWhatIsNoNumber) {
    const auto filter = RowFilter::parse("delay > late", *store_->columns());
    ASSERT_FALSE(filter);
    EXPECT_NE(filter.error().message.find("late"), std::string::npos);
}

TEST_F(Filtering, FindsRowsOfAnOrderedView) {
    TaskControl control;
    const ResultView view{store_, std::make_shared<const RowOrder>(RowOrder{3, 2, 0})};
    EXPECT_THAT(*findRows(view, "5", control), ElementsAre(0, 1, 2));
    EXPECT_THAT(*findRows({store_, nullptr}, "ny", control), ElementsAre(3));
}

CellSummary summaryOf(const std::shared_ptr<ResultStore>& store) {
    TaskControl control;
    const ResultView view{store, nullptr};
    return *summarizeCells(view, CellSelection::everything(view), control);
}

TEST(CellSummary, NumericsAreAddedExactly) {
    const CellSummary summary =
        summaryOf(storeOfTexts("numeric", {"0.1", "0.2", std::nullopt, "10", "9", "1234567890.30", "0.10"}));
    EXPECT_EQ(summary.cells, 7U);
    EXPECT_EQ(summary.nulls, 1U);
    EXPECT_EQ(summary.sum, "1234567909.7");
    EXPECT_EQ(summary.smallest, "0.1");
    EXPECT_EQ(summary.largest, "1234567890.30");
    EXPECT_EQ(summary.distinct, 5U);
    EXPECT_FALSE(summary.is_sum_rounded);
}

TEST(CellSummary, SumsOfIntegersDoNotOverflow) {
    constexpr std::int64_t kMax = std::numeric_limits<std::int64_t>::max();
    const auto store =
        storeOf({{"v", "bigint", 20, client::ColumnEncoding::kInt64}}, {integerColumn({kMax, kMax, 2})}, 3);
    EXPECT_EQ(summaryOf(store).sum, "18446744073709551616");
}

TEST(CellSummary, TextHasExtremesButNoSum) {
    const CellSummary summary = summaryOf(storeOfTexts("text", {"b", "A", "b", ""}));
    EXPECT_EQ(summary.numbers, 0U);
    EXPECT_TRUE(summary.sum.empty());
    EXPECT_EQ(summary.smallest, "");
    EXPECT_EQ(summary.largest, "b");
    EXPECT_EQ(summary.distinct, 3U);
}

TEST(CellSummary, CountsOnlySelectedCells) {
    const auto store = storeOfTexts("numeric", {"1", "2", "4", "8"});
    TaskControl control;
    CellSelection cells{{{0, 1}, {3, 3}}, {0}, [](std::uint64_t row, int /*column*/) { return row != 1; }};
    const auto summary = summarizeCells({store, nullptr}, cells, control);
    ASSERT_TRUE(summary);
    EXPECT_EQ(summary->sum, "9");
    EXPECT_EQ(summary->cells, 2U);
    cells.contains = nullptr;
    const auto ordered = std::make_shared<const RowOrder>(RowOrder{3, 2, 1, 0});
    EXPECT_EQ(summarizeCells({store, ordered}, cells, control)->sum, "13");
}

}  // namespace
}  // namespace tessera::app
