#include "plugins/sdk/batch_builder.h"

#include <gtest/gtest.h>

#include <limits>
#include <numeric>
#include <string>
#include <vector>

namespace tessera::sdk {
namespace {

TEST(BatchBuilder, BuildsColumnsWithNulls) {
    BatchBuilder rows({TSR_TYPE_INT32, TSR_TYPE_TEXT, TSR_TYPE_BOOL});
    for (int i = 0; i < 10; ++i) {
        if (i % 3 == 0) {
            rows.appendNull(0);
        } else {
            ASSERT_TRUE(rows.appendInt(0, i));
        }
        ASSERT_TRUE(rows.appendBytes(1, std::string(static_cast<std::size_t>(i), 'x')));
        ASSERT_TRUE(rows.appendBool(2, i % 2 == 0));
        rows.endRow();
    }
    ArrowArray array;
    rows.finish(&array);
    ASSERT_EQ(array.length, 10);
    ASSERT_EQ(array.n_children, 3);
    EXPECT_EQ(array.children[0]->null_count, 4);
    EXPECT_EQ(static_cast<const std::int32_t*>(array.children[0]->buffers[1])[5], 5);
    EXPECT_EQ(static_cast<const std::uint8_t*>(array.children[0]->buffers[0])[0], 0b10110110);
    const auto* offsets = static_cast<const std::int32_t*>(array.children[1]->buffers[1]);
    EXPECT_EQ(offsets[10] - offsets[9], 9);
    EXPECT_EQ(static_cast<const std::uint8_t*>(array.children[2]->buffers[1])[0], 0b01010101);
    array.release(&array);
    EXPECT_EQ(rows.rowCount(), 0);
}

TEST(BatchBuilder, RefusesWhatDoesNotFit) {
    BatchBuilder rows({TSR_TYPE_INT16, TSR_TYPE_FLOAT64, TSR_TYPE_TEXT, TSR_TYPE_UUID});
    EXPECT_EQ(rows.appendInt(0, 40000).error().sqlState(), "22003");
    EXPECT_FALSE(rows.appendInt(1, (std::int64_t{1} << 53) + 1));
    EXPECT_FALSE(rows.appendBytes(2, "\xff"));
    EXPECT_FALSE(rows.appendBytes(3, "short"));
    EXPECT_FALSE(rows.appendText(0, "12x"));
}

TEST(BatchBuilder, MakesTuplesAsBinaryCopyHasThem) {
    using std::string_literals::operator""s;
    BatchBuilder rows(
        {TSR_TYPE_INT16, TSR_TYPE_TEXT, TSR_TYPE_DECIMAL, TSR_TYPE_DATE, TSR_TYPE_BOOL, TSR_TYPE_TIMESTAMP}, 1000);
    EXPECT_EQ(rows.encoding(), TSR_ENCODING_TUPLES);
    ASSERT_TRUE(rows.appendInt(0, -2));
    ASSERT_TRUE(rows.appendBytes(1, "ä"));
    ASSERT_TRUE(rows.appendBytes(2, "1.5e1"));
    ASSERT_TRUE(rows.appendInt(3, 10'958));
    ASSERT_TRUE(rows.appendBool(4, true));
    ASSERT_TRUE(rows.appendInt(5, std::numeric_limits<std::int64_t>::max()));
    rows.endRow();
    for (std::size_t column = 0; column < 6; ++column) {
        rows.appendNull(column);
    }
    rows.endRow();
    EXPECT_EQ(rows.rowCount(), 2);
    ArrowArray array;
    rows.finish(&array);
    ASSERT_EQ(array.length, 2);
    const auto* offsets = static_cast<const std::int32_t*>(array.buffers[1]);
    const std::string bytes(static_cast<const char*>(array.buffers[2]), static_cast<std::size_t>(offsets[2]));
    const std::string null = "\377\377\377\377";
    EXPECT_EQ(bytes.substr(0, static_cast<std::size_t>(offsets[1])),
              "\0\6"
              "\0\0\0\2\377\376"
              "\0\0\0\2\303\244"
              "\0\0\0\12\0\1\0\0\0\0\0\0\0\17"
              "\0\0\0\4\0\0\0\1"
              "\0\0\0\1\1"
              "\0\0\0\10\177\377\377\377\377\377\377\377"s);
    EXPECT_EQ(bytes.substr(static_cast<std::size_t>(offsets[1])), "\0\6"s + null + null + null + null + null + null);
    array.release(&array);
    EXPECT_EQ(rows.rowCount(), 0);
    EXPECT_EQ(rows.byteSize(), 0U);
    EXPECT_EQ(rows.appendInt(0, 40'000).error().sqlState(), "22003");
    EXPECT_EQ(rows.appendInt(3, std::numeric_limits<std::int32_t>::min() + 1).error().sqlState(), "22003");
}

TEST(BatchBuilder, TakesRunsOfAColumn) {
    BatchBuilder rows({TSR_TYPE_INT32});
    std::vector<std::int32_t> values(100);
    std::iota(values.begin(), values.end(), 0);
    const std::uint64_t validity[] = {~std::uint64_t{0} ^ 0b1010, ~std::uint64_t{0}};
    for (const std::size_t count : {std::size_t{100}, std::size_t{3}, std::size_t{70}}) {
        rows.appendRun(0, values.data(), validity, count);
        rows.addRows(static_cast<std::int64_t>(count));
    }
    rows.appendRun(0, values.data(), nullptr, 9);
    rows.addRows(9);
    ArrowArray array;
    rows.finish(&array);
    const ArrowArray& column = *array.children[0];
    ASSERT_EQ(column.length, 182);
    EXPECT_EQ(column.null_count, 2 + 1 + 2);
    const auto* bits = static_cast<const std::uint8_t*>(column.buffers[0]);
    for (const int null : {1, 3, 101, 104, 106}) {
        EXPECT_EQ(bits[null / 8] >> (null % 8) & 1, 0) << null;
    }
    EXPECT_EQ(bits[181 / 8] >> (181 % 8) & 1, 1);
    EXPECT_EQ(static_cast<const std::int32_t*>(column.buffers[1])[103 + 69], 69);
    array.release(&array);
}

TEST(BatchBuilder, TriesOnlyWhatNeedsNoCheck) {
    constexpr std::int64_t kInfinity = std::numeric_limits<std::int64_t>::max();
    for (const bool tuples : {false, true}) {
        const std::vector<TsrType> types = {TSR_TYPE_INT16, TSR_TYPE_INT32, TSR_TYPE_TIMESTAMP, TSR_TYPE_TEXT};
        BatchBuilder rows = tuples ? BatchBuilder(types, 1000) : BatchBuilder(types);
        EXPECT_FALSE(rows.tryInt(0, 40'000));
        EXPECT_TRUE(rows.tryInt(0, -32'768));
        EXPECT_FALSE(rows.tryInt(1, std::int64_t{1} << 31));
        EXPECT_FALSE(rows.tryFloat(1, 1.0));
        EXPECT_TRUE(rows.tryInt(1, 5));
        EXPECT_FALSE(rows.tryInt(2, kInfinity));
        EXPECT_TRUE(rows.tryInt(2, 0));
        for (const std::string_view text : {std::string_view("1234567\0", 8), std::string_view("12345678\0", 9),
                                            std::string_view("Z\xfcrich"), std::string_view("1234567\xff")}) {
            EXPECT_FALSE(rows.tryText(3, text)) << text;
        }
        EXPECT_FALSE(rows.tryInt(3, 1));
        EXPECT_TRUE(rows.tryText(3, "plain \x7f, and longer than a word"));
        rows.endRow();
        EXPECT_EQ(rows.rowCount(), 1);
    }
}

TEST(BatchBuilder, CountsRowsWithoutColumns) {
    BatchBuilder rows({});
    rows.addRows(7);
    ArrowArray array;
    rows.finish(&array);
    EXPECT_EQ(array.length, 7);
    array.release(&array);
}

}  // namespace
}  // namespace tessera::sdk
